#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# demo.sh BUILD: the session on a simulated Sonoff Basic, which ends with it. The flash holds the
# simulator's own small build; the session finds the hand that holds button and power at the
# socket in TASMITE_DEMO. Nothing of the user's is touched.
set -eu
B=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/tasmite-demo.XXXXXX")
device=
finish() {
	[ -z "$device" ] || kill "$device" 2>/dev/null || :
	[ -z "$device" ] || wait "$device" 2>/dev/null || :
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

"$B/make-image" "$dir/flash.bin"
"$B/virtual-device" --pty "$dir/sonoff" --control "$dir/control" --flash "$dir/flash.bin" \
	--power on >"$dir/device.log" 2>&1 &
device=$!
tries=100
while [ ! -e "$dir/sonoff" ] || [ ! -S "$dir/control" ]; do
	tries=$((tries - 1))
	if [ "$tries" -eq 0 ] || ! kill -0 "$device" 2>/dev/null; then
		echo "demo: the simulated device did not start:" >&2
		cat "$dir/device.log" >&2
		exit 1
	fi
	sleep 0.05
done
XDG_STATE_HOME=$dir/state TASMITE_DEMO=$dir/control "$B/tasmite" "$dir/sonoff"
