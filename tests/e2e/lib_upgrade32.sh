# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What the scripts about upgrades of the ESP32 family share, beside lib_upgrade.sh.
. "$(dirname "${BASH_SOURCE[0]}")/lib_upgrade.sh"

OLD=http://192.168.1.2/old/tasmota32c3.bin
c3() {
	"$B/make-image" --chip esp32c3 "$@"
}
c3 --kind factory --build 14.2.0 -o "$FW/factory.bin"
c3 --kind factory --layout two-slot --build 11.1.0 -o "$FW/two-slot.bin"
c3 --kind app --build 15.2.0 -o "$FW/tasmota32c3.bin"
c3 --kind app --layout two-slot --build 11.1.0 -o "$FW/old32.bin"
c3 --kind app --layout two-slot --build 12.5.0 -o "$FW/next32.bin"
{ cat "$TMPDIR/net.scn"; printf 'upgrade forgets\n'; } >"$TMPDIR/forgets.scn"
{ cat "$TMPDIR/forgets.scn"; printf 'safeboot at 0.05 times 1\n'; } >"$TMPDIR/stranded.scn"

# device32 FACTORY SCENARIO [ARGS...]: it has joined, and its OtaUrl is $OLD.
device32() {
	local image=$1 scn=$2
	shift 2
	rm -f "$TMPDIR/flash.bin"
	sim_start --chip esp32c3 --boot-image "$FW/$image.bin" --scenario "$TMPDIR/$scn.scn" --speed 5 "$@"
	wait_for 60 listens || bad "the device does not listen: $(tail -n 3 "$TMPDIR/join")"
	timeout 60 "$B/tasmite" --plain --timeout 50 --until 'with IP address 127' \
		--send "Backlog OtaUrl $OLD; SSId1 home; Password1 secret-key" "$DEV" >"$TMPDIR/join" 2>&1 ||
		bad "the device did not join: $(tail -n 3 "$TMPDIR/join")"
}
# The flash has this file at that place.
holds_at() {
	cmp -s -i "0:$1" -n "$(stat -c %s "$2")" "$2" "$TMPDIR/flash.bin" || bad "at $1 is not $2"
}
# Where the boot loader started from last.
runs_from() {
	grep -E 'boot application at' "$TMPDIR/trace" | tail -n 1 | grep -q "$1" ||
		bad "it does not run from $1: $(grep 'boot application' "$TMPDIR/trace" | tail -n 3)"
}
