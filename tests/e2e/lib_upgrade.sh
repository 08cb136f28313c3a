# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What the scripts about upgrades over the air share: firmware, devices that have joined, the command
# without a screen and what it says.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
FW=$TMPDIR/fw
OLD=http://192.168.1.2/old/sonoff.bin
mkdir -p "$FW/alone"
for b in 6.1.1-full 6.1.1-classic 6.1.1-minimal 8.5.0-full 8.5.0-minimal 14.2.0-full; do
	"$B/make-image" --build $b -o "$FW/$b.img"
done
printf 'network * rssi -50\nmqtt ok\nip 127.0.0.9\n' >"$TMPDIR/net.scn"
printf 'network * rssi -50\nmqtt ok\nip 203.0.113.5\n' >"$TMPDIR/far.scn"

# Its console listens: what is said before is lost.
listens() {
	timeout 10 "$B/tasmite" --plain --exit-after 2 --send 'Status 2' --until StatusFWR "$DEV" \
		>"$TMPDIR/join" 2>&1
}
# device BUILD SCENARIO [ARGS...]: it has joined, and its OtaUrl is $OLD. Minimal builds keep no
# settings: a full one was there before.
device() {
	local build=$1 scn=$2 full=6.1.1-full
	shift 2
	case $build in 8*) full=8.5.0-full ;; esac
	rm -f "$TMPDIR/flash.bin"
	sim_start --boot-image "$FW/$full.img" --scenario "$scn" --speed 5
	wait_for 60 listens || bad "the device does not listen: $(tail -n 3 "$TMPDIR/join")"
	timeout 60 "$B/tasmite" --plain --timeout 50 --until 'with IP address (127|203)' \
		--send "Backlog OtaUrl $OLD; SSId1 home; Password1 secret-key" "$DEV" >"$TMPDIR/join" 2>&1 ||
		bad "the device did not join: $(tail -n 3 "$TMPDIR/join")"
	sim_stop
	sim_start --boot-image "$FW/$build.img" --scenario "$scn" --speed 5 "$@"
	timeout 60 "$B/tasmite" --plain --timeout 50 --until 'with IP address (127|203)' "$DEV" \
		>"$TMPDIR/join" 2>&1 || bad "$build did not join: $(tail -n 3 "$TMPDIR/join")"
}
# run CODE WORDS...: tasmite upgrade with these words; JSON in $TMPDIR/out.
run() {
	local want=$1 got
	shift
	timeout 200 "$B/tasmite" upgrade --port "$DEV" --yes --json "$@" \
		>"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
	got=$?
	[ "$got" = "$want" ] || bad "upgrade $*: exit code $got, not $want: $(tail -n 5 "$TMPDIR/err")"
}
json() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$TMPDIR/out" "$1" 2>/dev/null ||
		bad "JSON: not so: $1: $(cat "$TMPDIR/out") $(tail -n 5 "$TMPDIR/err")"
}
err() {
	grep -qE -- "$1" "$TMPDIR/err" || bad "not on standard error: $1: $(cat "$TMPDIR/err")"
}
# The flash begins with this file.
holds() {
	cmp -s -n "$(stat -c %s "$1")" "$1" "$TMPDIR/flash.bin" || bad "the flash is not $1"
}
# The old OtaUrl stands there again.
restored() {
	timeout 60 "$B/tasmite" --plain --timeout 50 --send OtaUrl --until "\"OtaUrl\":\"$OLD\"" "$DEV" \
		>"$TMPDIR/otaurl" 2>&1 || bad "OtaUrl: $(tail -n 2 "$TMPDIR/otaurl")"
}

# session [ARGS...]: one with an upgrade under way, of which the device has not got all: it takes its time.
session() {
	device 6.1.1-minimal "$TMPDIR/net.scn" --wifi-rate 20000 "$@"
	tm_start 120 40 "$B/tasmite" "$DEV" 2\>"$TMPDIR/stderr"
	see 'sonoff is open'
	tm_line "/upgrade $FW/alone/sonoff-classic.bin"
	see 'Upgrade over the air' 60
	tm_keys y
	see 'upgrade: sends' 60
}
