# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# An adapter that is pulled and put back under another name each time, beside lib.sh.

name=ttyUSB0
pulled=0
has_it() {
	compgen -G "$ADAPTERS/open/$name.*" >/dev/null
}
nobody_has_it() {
	! has_it
}
is_open() {
	tm_shows "● $name " && has_it
}
pull() {
	adapter_unplug
	pulled=$((pulled + 1))
}
# put_back: under another name; every other time before it is noticed that it was away
put_back() {
	if [ $((pulled % 2)) = 0 ]; then
		wait_for 5 nobody_has_it || bad "the lost port is held open"
		see '○ .*waiting' 5
	fi
	[ "$name" = ttyUSB0 ] && name=ttyUSB$((1 + pulled % 3)) || name=ttyUSB0
	adapter_plug "$name" 20
	wait_for 10 is_open || bad "not opened again as $name"
}
