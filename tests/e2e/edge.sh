# SPDX-License-Identifier: GPL-3.0-or-later
# Each call at the system's edge fails in turn (tests/shim/edge.py): a quick choice. EDGE=full: all of
# them, in an hour; SEED=N chooses others among those that are made often.
. "$(dirname "$0")/lib.sh"

python3 tests/shim/edge.py "${EDGE:-quick}" || failures=1
finish
