# SPDX-License-Identifier: GPL-3.0-or-later
# Six minutes of a device's log in as many seconds, with reconnects; `make endurance` takes eight hours
# of it.
. "$(dirname "$0")/lib.sh"

begin endurance__what_is_recorded__is_what_was_sent
case $(cat "$B/flags") in
*-fsanitize=*) echo "skipped: $case_name: a sanitizer has to be preloaded first" ;;
*)
	timeout 200 python3 tests/endurance/endurance.py 0.1 60 3 >"$TMPDIR/figures" 2>&1 || bad "$(cat "$TMPDIR/figures")"
	[ "$(grep -c 'WRONG' "$TMPDIR/figures")" = 0 ] || bad "$(cat "$TMPDIR/figures")"
	grep -q 'reconnects recorded *3 gone, 3 back' "$TMPDIR/figures" || bad "no reconnects: $(cat "$TMPDIR/figures")"
	end
	;;
esac
finish
