# SPDX-License-Identifier: GPL-3.0-or-later
# Which file a device takes, where none is at hand; and a chip whose port is its own USB, which goes
# with each reset and comes back.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
T=$TMPDIR
# The session's folders: none has firmware.
export HOME=$TMPDIR/home
mkdir -p "$HOME" "$T/here"

run() {
	local want=$1 got
	shift
	timeout 60 "$@" >"$T/out" 2>"$T/err" </dev/null
	got=$?
	[ "$got" = "$want" ] || bad "$*: exit code $got, not $want: $(tail -n 5 "$T/err")"
}
out() {
	grep -qE -- "$1" "$T/out" || bad "not on standard output: $1: $(cat "$T/out")"
}

begin chip__names__its_file
while read -r chip size file where; do
	sim_stop
	rm -f "$T/flash.bin"
	sim_start --speed 0 --button down --chip $chip --flash-size $size
	enter_loader
	run 0 "$B/tasmite" chip --port "$DEV"
	if [ "$file" = none ]; then
		out 'Tasmota: +no file for it: '
	else
		out "Tasmota: +$file, written to 0x0"
		out "^ +$where$file\$"
	fi
	run 0 "$B/tasmite" chip --json --port "$DEV"
	python3 - "$file" "$T/out" <<'PY' || bad "not in the JSON: $file"
import json, sys
t = json.load(open(sys.argv[2]))["chip"]["tasmota"]
good = t.get("file") == sys.argv[1] and t["url"].endswith("/" + sys.argv[1])
sys.exit(not (good or (sys.argv[1] == "none" and "file" not in t and t["note"])))
PY
done <<'TABLE'
esp8266 1M tasmota.bin http://ota.tasmota.com/tasmota/release/
esp8266 4M tasmota.bin http://ota.tasmota.com/tasmota/release/
esp8285 1M tasmota.bin http://ota.tasmota.com/tasmota/release/
esp32 4M tasmota32.factory.bin http://ota.tasmota.com/tasmota32/release/
esp32s2 4M tasmota32s2.factory.bin http://ota.tasmota.com/tasmota32/release/
esp32s3 8M tasmota32s3.factory.bin http://ota.tasmota.com/tasmota32/release/
esp32c2 4M tasmota32c2.factory.bin http://ota.tasmota.com/tasmota32/release/
esp32c3 4M tasmota32c3.factory.bin http://ota.tasmota.com/tasmota32/release/
esp32c3 2M none -
esp32c5 4M tasmota32c5.factory.bin http://ota.tasmota.com/tasmota32/release/
esp32c6 4M tasmota32c6.factory.bin http://ota.tasmota.com/tasmota32/release/
esp32h2 4M none -
esp32p4 16M tasmota32p4.factory.bin http://ota.tasmota.com/tasmota32/release/
TABLE
end

begin flash__without_firmware__panel_names_it
sim_stop
rm -f "$T/flash.bin"
sim_start --speed 0 --button down --chip esp32c3
enter_loader
tm_start 160 45 cd "$T/here" '&&' "$B/tasmite" "$DEV"
see 'is open'
tm_line '/flash'
see 'No .bin in this folder'
see 'device takes its chip tells'
tm_keys C-u
tm_line '/chip'
see 'Its Tasmota is tasmota32c3.factory.bin' 20
see 'ota.tasmota.com/tasmota32/release/'
see 'identified; nothing was changed'
tm_line '/flash'
see 'firmware to fetch'
see 'tasmota32c3.factory.bin'
tm_keys C-u
end

begin chooser__names__what_is_not_here
"$B/make-image" --chip esp32s3 --kind factory --size 192K -o "$T/here/tasmota32s3.factory.bin" >/dev/null
"$B/make-image" --chip esp32c3 --kind app --size 128K -o "$T/here/mine.bin" >/dev/null
tm_line '/flash'
see 'Firmware at hand, for ESP32-C3'
see 'tasmota32s3.factory.bin +not for this ESP32-C3'
see 'mine.bin +Tasmota'
see 'not here: tasmota32c3.factory.bin.* +for this ESP32-C3: http'
tm_keys Escape
gone 'Firmware at hand'
end

begin session__refuses__what_does_not_belong_together
tm_line "/flash $T/here/tasmota32s3.factory.bin --yes"
see 'device is an ESP32-C3' 20
see 'take tasmota32c3.factory.bin for 0x0'
see '│ +take tasmota32c3.factory.bin for 0x0'
see 'Nothing on the device was changed'
tm_line "/flash $T/here/mine.bin@0x0 --yes"
see 'this is an application alone; at 0x0'
[ "$(tr -d '\377' <"$T/flash.bin" | wc -c)" = 0 ] || bad "the flash was touched"
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
tm_stop
sim_stop
end

# ---- the chip's own USB ------------------------------------------------------------------------
# Loader and table, and safeboot and application: between them the new firmware, which runs at once,
# keeps its settings.
same_app() {
	wait_for 10 cmp -s -n $((0x9000)) "$T/new.bin" "$T/flash.bin" &&
		wait_for 10 cmp -s -i $((0x10000)) -n $(($(stat -c %s "$T/new.bin") - 0x10000)) "$T/new.bin" "$T/flash.bin"
}
for c in esp32c3 esp32s3 esp32c6; do
	begin "usb__goes_and_comes_back__$c"
	rm -f "$T/flash.bin" "$T/trace"
	"$B/make-image" --chip $c --kind factory --size 128K -o "$T/old.bin" >/dev/null
	"$B/make-image" --chip $c --kind factory --size 192K --build 14.2.0 -o "$T/new.bin" >/dev/null
	sim_start --chip $c --usb-jtag on --wdt-ms 2500 --adapter "$ADAPTERS" --boot-image "$T/old.bin"
	wait_for 10 test -e "$ADAPTERS/ttyACM0" || wait_for 5 grep -q 'usb comes' "$T/trace"
	run 0 env $(shim_env "$B/tasmite") "$B/tasmite" flash --yes --port /dev/ttyACM0 "$T/new.bin"
	same_app || bad "the flash differs from the file"
	grep -q 'verified (MD5)' "$T/err" || bad "$(tail -n 5 "$T/err")"
	[ "$(trace_count 'usb goes')" -ge 1 ] || bad "the port never went"
	[ "$(trace_count 'watchdog off')" -ge 1 ] || bad "the watchdog was left on"
	wait_for 10 eval 'tail -n 4 "$T/trace" | grep -q "usb comes"' || bad "it was not started"
	sim_stop
	end
done

begin usb__goes_and_comes_back__in_the_session
rm -f "$T/flash.bin" "$T/trace"
"$B/make-image" --chip esp32c3 --kind factory --size 192K --build 14.2.0 -o "$T/new.bin" >/dev/null
sim_start --chip esp32c3 --usb-jtag on --wdt-ms 2500 --adapter "$ADAPTERS"
tm_start 160 45 env $(shim_env "$B/tasmite") "$B/tasmite" /dev/ttyACM0
see 'ttyACM0 is open' 20
tm_line "/flash $T/new.bin --yes"
see 'verified \(MD5\)' 60
same_app || bad "the flash differs from the file"
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
tm_stop
sim_stop
end
finish
