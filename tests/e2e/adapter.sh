# SPDX-License-Identifier: GPL-3.0-or-later
# The session on a USB adapter with reset lines: opening and leaving leave the chip alone, an
# adapter that is pulled comes back under whatever name.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
adapter_start --usb 0403:6001:A50285BI --boot-image "$TMPDIR/app.bin"
wait_for 5 grep -q 'mode app' "$TMPDIR/trace"

begin list__names__the_adapter
shim "$B/tasmite" list >"$TMPDIR/list"
grep -q 'ttyUSB0.*FT232R USB UART.*0403:6001.*A50285BI.*ftdi_sio' "$TMPDIR/list" ||
	bad "$(cat "$TMPDIR/list")"
end

begin session__opens__without_a_reset
tm_start 120 40 env $(shim_env "$B/tasmite") "$B/tasmite" /dev/ttyUSB0
see 'ttyUSB0 is open'
tm_line 'Power'
see 'RESULT = \{"POWER"'
[ "$(trace_count 'EN')" = 0 ] || bad "EN was pulsed: $(grep -B3 'EN' "$TMPDIR/trace" | tr '\n' ' ')"
end

nobody_has_it() {
	[ -z "$(ls "$ADAPTERS/open")" ]
}
all_back() {
	[ "$(tm_text | grep -c 'back again')" = 3 ]
}
begin session__comes_back__same_name_and_another
for name in ttyUSB0 ttyUSB1 ttyUSB0; do
	adapter_unplug
	wait_for 5 nobody_has_it || bad "the lost port is held open"
	before=$(trace_lines)
	adapter_plug "$name" 30
	wait_for 5 sh -c "tail -n +$((before + 1)) '$TMPDIR/trace' | grep -q 'host opens'" ||
		bad "not opened again as $name"
	wait_for 5 sh -c "tail -n +$((before + 1)) '$TMPDIR/trace' | grep -q 'rate 115299'"
done
wait_for 5 all_back || bad "not said three times that it is back"
tm_line 'Status 1'
see 'STATUS1|STATUSPRM|StatusPRM'
[ "$(trace_count 'EN')" = 0 ] || bad "EN was pulsed"
end

begin session__leaves__without_a_reset
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
wait_for 5 sh -c "tail -n 1 '$TMPDIR/trace' | grep -q 'host closes'" || bad "the port stays open"
[ "$(trace_count 'EN')" = 0 ] || bad "EN was pulsed"
end
finish
