# SPDX-License-Identifier: GPL-3.0-or-later
# DTR and RTS enter the boot loader and leave it: nobody holds a button.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
"$B/make-image" --build 6.1.1-classic -o "$TMPDIR/new.bin"

resets() {
	grep -c 'EN low' "$TMPDIR/trace"
}
booted() {
	wait_for 5 grep -q 'mode app' "$TMPDIR/trace" || bad "the device does not boot"
}
runs_again() {
	wait_for 5 sh -c "grep ' mode ' '$TMPDIR/trace' | tail -n 1 | grep -q 'mode app'" ||
		bad "the application was not started: $(tail -n 3 "$TMPDIR/trace" | tr '\n' ' ')"
}

begin chip__needs_no_hand__clean_circuit
adapter_start --usb 0403:6001:A50285BI --boot-image "$TMPDIR/app.bin"
booted
timeout 30 env $(shim_env "$B/tasmite") "$B/tasmite" chip --port /dev/ttyUSB0 >"$TMPDIR/out" 2>"$TMPDIR/err" ||
	bad "$(cat "$TMPDIR/err")"
grep -q 'ESP8266EX' "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
grep -q 'boot loader (tight-50)' "$TMPDIR/err" || bad "$(cat "$TMPDIR/err")"
grep -q 'hold the button' "$TMPDIR/err" && bad "a button is asked for"
[ "$(resets)" = 2 ] || bad "$(resets) resets, not one in and one out"
runs_again
end

begin flash__needs_no_hand
timeout 60 env $(shim_env "$B/tasmite") "$B/tasmite" flash --port /dev/ttyUSB0 --yes "$TMPDIR/new.bin" 2>"$TMPDIR/err" ||
	bad "$(cat "$TMPDIR/err")"
grep -q 'starts by itself' "$TMPDIR/err" || bad "$(cat "$TMPDIR/err")"
[ "$(resets)" = 4 ] || bad "$(resets) resets"
runs_again
end

begin flash__says_so__loader_comes_again
hand "button down"
timeout 60 env $(shim_env "$B/tasmite") "$B/tasmite" chip --port /dev/ttyUSB0 >"$TMPDIR/out" 2>"$TMPDIR/err" ||
	bad "$(cat "$TMPDIR/err")"
grep -q 'Its boot loader has started, not the firmware' "$TMPDIR/err" || bad "$(cat "$TMPDIR/err")"
grep -q 'release the button' "$TMPDIR/err" || bad "$(cat "$TMPDIR/err")"
timeout 60 env $(shim_env "$B/tasmite") "$B/tasmite" flash --port /dev/ttyUSB0 --yes "$TMPDIR/app.bin" 2>"$TMPDIR/err" ||
	bad "$(cat "$TMPDIR/err")"
grep -q 'starts by itself' "$TMPDIR/err" && bad "it does not: $(cat "$TMPDIR/err")"
grep -q 'Its boot loader has started, not the firmware' "$TMPDIR/err" || bad "$(cat "$TMPDIR/err")"
hand "button up"
end
sim_stop

begin chip__slow_en__remembered
rm -rf "$XDG_STATE_HOME"
adapter_start --usb 0403:6001:A50285BI --boot-image "$TMPDIR/app.bin" --en-ms 100
booted
for try in first second; do
	timeout 30 env $(shim_env "$B/tasmite") "$B/tasmite" chip --port /dev/ttyUSB0 >"$TMPDIR/out" 2>"$TMPDIR/err" ||
		bad "$try: $(cat "$TMPDIR/err")"
	grep -q 'boot loader (tight-550)' "$TMPDIR/err" || bad "$try: $(cat "$TMPDIR/err")"
	runs_again
done
# two in and one out; then, known, one in and one out
[ "$(resets)" = 5 ] || bad "$(resets) resets"
end
sim_stop

begin chip__no_circuit__by_hand
rm -rf "$XDG_STATE_HOME"
adapter_start --usb 0403:6001:A50285BI --boot-image "$TMPDIR/app.bin" --lines off
booted
timeout 40 env $(shim_env "$B/tasmite") "$B/tasmite" chip --port /dev/ttyUSB0 >"$TMPDIR/out" 2>"$TMPDIR/err" &
pid=$!
wait_for 20 grep -q 'do not reset it: by hand' "$TMPDIR/err" || bad "$(cat "$TMPDIR/err")"
enter_loader
wait "$pid" || bad "$(cat "$TMPDIR/err")"
grep -q 'release the button' "$TMPDIR/err" || bad "$(cat "$TMPDIR/err")"
[ -e "$XDG_STATE_HOME/tasmite/adapters.json" ] && bad "something useless is remembered"
end
sim_stop

begin session__flashes__through_rfc2217
sim_start --boot-image "$TMPDIR/app.bin" --rfc2217 0 --lines on
booted
port=$(sed -nE 's/^rfc2217 ([0-9]+)$/\1/p' "$TMPDIR/sim.out")
tm_start 120 40 "$B/tasmite" "rfc2217://127.0.0.1:$port"
see 'is open'
[ "$(resets)" = 0 ] || bad "opening has reset it"
tm_line '/chip'
see '\(classic-5'
see '(starts by itself|reset by RTS)'
see 'boot mode:\(3,7\)'
see 'Project sonoff'
[ "$(resets)" = 2 ] || bad "$(resets) resets"
runs_again
end

begin session__says_so__loader_comes_again
hand "button down"
tm_line '/chip'
see 'Its boot loader has started'
see 'release the button'
hand "button up"
end
finish
