# SPDX-License-Identifier: GPL-3.0-or-later
# Upgrades of the ESP32 family over the air: through safeboot, which fetches; the two-slot layout of
# before; devices stranded half way.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
FW=$TMPDIR/fw
OLD=http://192.168.1.2/old/tasmota32c3.bin
mkdir -p "$FW"
c3() {
	"$B/make-image" --chip esp32c3 "$@"
}
c3 --kind factory --build 14.2.0 -o "$FW/factory.bin"
c3 --kind factory --layout two-slot --build 11.1.0 -o "$FW/two-slot.bin"
c3 --kind app --build 15.2.0 -o "$FW/tasmota32c3.bin"
c3 --kind app --layout two-slot --build 11.1.0 -o "$FW/old32.bin"
c3 --kind app --layout two-slot --build 12.5.0 -o "$FW/next32.bin"
"$B/make-image" --build 8.5.0-full -o "$FW/esp8266.bin"
printf 'network * rssi -50\nmqtt ok\nip 127.0.0.12\n' >"$TMPDIR/net.scn"
{ cat "$TMPDIR/net.scn"; printf 'upgrade forgets\n'; } >"$TMPDIR/forgets.scn"
{ cat "$TMPDIR/forgets.scn"; printf 'safeboot at 0.05 times 1\n'; } >"$TMPDIR/stranded.scn"

# join: it learns its network, and has joined.
join() {
	timeout 60 "$B/tasmite" --plain --timeout 50 --until 'with IP address [12]' --send 'Status 2' \
		--send "Backlog OtaUrl $OLD; SSId1 home; Password1 secret-key" "$DEV" >"$TMPDIR/join" 2>&1 ||
		bad "the device did not join: $(tail -n 3 "$TMPDIR/join")"
}
# device FACTORY SCENARIO [ARGS...]
device() {
	local image=$1 scn=$2
	shift 2
	rm -f "$TMPDIR/flash.bin"
	sim_start --chip esp32c3 --boot-image "$FW/$image.bin" --scenario "$TMPDIR/$scn.scn" --speed 5 "$@"
	join
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
# The flash has this file at that place.
holds() {
	cmp -s -i "0:$2" -n "$(stat -c %s "$1")" "$1" "$TMPDIR/flash.bin" || bad "at $2 is not $1"
}
# What the boot loader started last.
runs() {
	grep -E 'boot application at' "$TMPDIR/trace" | tail -n 1 | grep -q "$1" ||
		bad "it does not run from $1: $(grep 'boot application' "$TMPDIR/trace" | tail -n 3)"
}

begin upgrade32__goes_through_safeboot__by_itself
device factory net
run 0 "$FW/tasmota32c3.bin"
json 'd["result"] == "done" and d["version"] == "15.2.0" and d["restarts"] == 2 and d["otaurl_restored"]'
err 'asked for /[a-z0-9]+/tasmota32c3.bin'
holds "$FW/tasmota32c3.bin" 0xE0000
runs 0e0000
sim_stop
end

begin upgrade32__with_two_slots__into_the_other_one
device two-slot net
run 0 "$FW/next32.bin"
json 'd["result"] == "done" and d["restarts"] == 1'
holds "$FW/old32.bin" 0x10000
holds "$FW/next32.bin" 0x1D0000
runs 1d0000
sim_stop
end

begin upgrade32__refuses__what_is_for_another_chip
device factory net
run 1 "$FW/esp8266.bin"
err 'is for ESP8266, the device is an ESP32-C3'
run 1 "$FW/factory.bin"
err 'whole flash'
runs 0e0000
end

begin upgrade32__ends_in_safeboot__when_that_gets_nothing
hand "fault ota-magic"
run 1 "$FW/tasmota32c3.bin"
json 'd["result"] in ("refused", "half-way") and d["variant"] == "safeboot"'
err 'safeboot'
runs 010000
end

begin upgrade32__stranded_in_safeboot__goes_the_rest
hand "fault clear"
run 0 "$FW/tasmota32c3.bin"
json 'd["result"] == "done" and d["version"] == "15.2.0" and d["restarts"] == 1'
runs 0e0000
sim_stop
end

begin upgrade32__forgets_in_safeboot__and_that_is_told
device factory forgets
run 1 "$FW/tasmota32c3.bin"
json 'd["result"] == "half-way" and d["variant"] == "safeboot"'
runs 010000
run 0 "$FW/tasmota32c3.bin"
json 'd["result"] == "done"'
runs 0e0000
sim_stop
end

begin upgrade32__found_in_safeboot__goes_the_rest
device factory stranded
runs 010000
tm_start 120 40 "$B/tasmite" "$DEV"
see 'sonoff'
tm_line "/upgrade $FW/tasmota32c3.bin"
see 'half way of an upgrade' 60
tm_keys y
see 'upgrade: Done\. It runs 15\.2' 150
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
tm_stop
runs 0e0000
sim_stop
end

begin upgrade32__tells__a_restart_in_safeboot
device factory net --fault wifi-reset:200000
run 1 "$FW/tasmota32c3.bin"
json 'd["result"] in ("reset", "half-way") and d["variant"] == "safeboot"'
runs 010000
sim_stop
end

begin upload32__goes_by_safeboot
device factory net --web 0
wait_for 60 grep -q '^web ' "$TMPDIR/sim.out" || bad "its page did not come"
timeout 200 "$B/tasmite" upload --yes --json "$FW/tasmota32c3.bin" \
	"127.0.0.12:$(sed -nE 's/^web ([0-9]+)$/\1/p' "$TMPDIR/sim.out")" >"$TMPDIR/out" 2>"$TMPDIR/err" ||
	bad "upload: $(tail -n 5 "$TMPDIR/err")"
json 'd["result"] == "done" and d["version"] == "15.2.0"'
err 'waits for its safeboot'
holds "$FW/tasmota32c3.bin" 0xE0000
runs 0e0000
sim_stop
end

finish
