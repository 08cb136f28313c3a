# SPDX-License-Identifier: GPL-3.0-or-later
# Python's serial module (rfc2217://) at the virtual device.
. "$(dirname "$0")/lib.sh"
needs pyserial test -n "$python"

"$B/make-image" --build 8.5.0-minimal -o "$TMPDIR/app.bin"
# The module waits 50 ms for the answer to one line before it sets the other: in between the chip is
# let go with GPIO0 high. Only a board whose EN rises more slowly gets into its loader that way.
sim_start --boot-image "$TMPDIR/app.bin" --rfc2217 0 --lines on --en-ms 150
"$python" tests/peers/pyserial.py "$(port_of rfc2217)" "$TMPDIR/trace"
