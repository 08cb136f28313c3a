# SPDX-License-Identifier: GPL-3.0-or-later
# The adapter's lines: whoever opens or leaves, and however, the chip is not reset; the commands;
# what is remembered of an adapter; into the boot loader without a hand.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
ADAPTERS_JSON=$XDG_STATE_HOME/tasmite/adapters.json
"$B/make-image" --build 6.1.1-full -o "$TMPDIR/app.bin"
"$B/make-image" --build 8.5.0-minimal -o "$TMPDIR/new.bin"
adapter_start --usb 0403:6001:A50285BI --boot-image "$TMPDIR/app.bin"
wait_for 5 grep -q 'mode app' "$TMPDIR/trace"

# session ARGS...: opened on the adapter
session() {
	tm_start 120 40 env $(shim_env "$B/tasmite") "$B/tasmite" "$@" /dev/ttyUSB0
	see 'ttyUSB0 is open'
}
leave() {
	tm_keys F10
	wait_for 5 tm_ended || bad "F10 did not leave"
	[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
	closed
	tm_stop
}
closed() {
	wait_for 5 eval '[ -z "$(program_pid)" ]' || bad "the port stays open"
}
# Who has the adapter open; what was killed leaves its note behind.
program_pid() {
	local note pid
	for note in "$ADAPTERS"/open/*; do
		pid=$(basename "$note" | cut -d . -f 2)
		kill -0 "$pid" 2>/dev/null && echo "$pid" && return
	done
}
kill_with() {
	kill "-$1" "$(program_pid)"
	wait_for 5 tm_ended || bad "signal $1 did not end it"
	closed
	tm_stop
}
# never MARK WHAT REGEX: no such event since line MARK of the trace
never() {
	traced_since "$1" | grep -qE "^$3" && bad "$2: $(traced_since "$1" | grep -B3 -E "^$3" | head -n 8 | tr '\n' ';')"
}
traced() {
	traced_since "$1" | grep -qE "^$2"
}
# happens MARK REGEX [SECONDS]
happens() {
	wait_for "${3:-5}" traced "$1" "$2" || bad "not in the trace: $2"
}

# ---- nobody resets the chip ----------------------------------------------------------------------
# RTS without DTR holds EN low for as long as it lasts: what the user asked for, see below.
for pair in auto:auto on:on off:off keep:keep on:off on:keep auto:off keep:off; do
	begin "lines__open_and_leave__without_a_reset__dtr_${pair%:*}_rts_${pair#*:}"
	mark=$(trace_lines)
	session --dtr "${pair%:*}" --rts "${pair#*:}"
	tm_line '/port ttyUSB0'
	wait_for 5 eval '[ "$(traced_since $mark | grep -c "host opens")" = 2 ]' || bad "not opened again"
	leave
	[ "$pair" = auto:auto ] && session --dtr auto && kill_with TERM && closed
	session --dtr "${pair%:*}" --rts "${pair#*:}"
	kill_with 9
	# Nobody tidied up behind it; the next one opens what it left.
	session --dtr "${pair%:*}" --rts "${pair#*:}"
	adapter_unplug
	see 'went away'
	adapter_plug ttyUSB0
	see 'back again'
	leave
	never "$mark" "EN was pulsed" 'EN'
	end
done

begin lines__hold_the_chip__when_asked_to
mark=$(trace_lines)
session --dtr off --rts on
happens "$mark" 'EN low'
see 'dtr RTS'
leave
# It was asked for, so it stays; opened with both off the chip runs again.
never "$mark" "EN was let go" 'EN high'
mark=$(trace_lines)
session --dtr off --rts off
happens "$mark" 'mode app'
leave
end

begin lines__native_usb__starts_with_both_set
sim_stop
adapter_start --usb 303a:1001:AABBCC --adapter-name ttyUSB0 --boot-image "$TMPDIR/app.bin"
wait_for 5 grep -q 'mode app' "$TMPDIR/trace"
mark=$(trace_lines)
session
see 'DTR RTS'
leave
never "$mark" "EN was pulsed" 'EN'
never "$mark" "a line moved" 'lines DTR=0|lines DTR=1 RTS=0'
sim_stop
adapter_start --usb 0403:6001:A50285BI --boot-image "$TMPDIR/app.bin"
wait_for 5 grep -q 'mode app' "$TMPDIR/trace"
end

# ---- commands ------------------------------------------------------------------------------------
session

begin lines__reset__shows_the_boot
tm_line '/clear'
gone 'Project sonoff|WIF: '
mark=$(trace_lines)
tm_line '/reset'
see 'rst cause:2, boot mode:\(3,[0-9]\)'
see 'Project sonoff'
see 'WIF: '
see '● ttyUSB0 .* 115200 8N1'
happens "$mark" 'host rate 74880'
happens "$mark" 'EN high'
[ "$(traced_since "$mark" | grep -c '^EN low')" = 1 ] || bad "reset more than once"
tm_line 'Status 2'
see 'STATUS2'
end

begin lines__reset__is_ended_by_who_leaves
leave
mark=$(trace_lines)
session
tm_line '/reset'
happens "$mark" 'EN low' # it has begun
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
closed
tm_stop
happens "$mark" 'EN high'
happens "$mark" 'mode app'
session
end

begin lines__bootloader__is_reached
tm_line '/bootloader'
see 'rst cause:2, boot mode:\(1,[0-9]\)'
see 'Boot loader' 5
tm_line '/reset'
wait_for 5 eval 'tm_shows "boot mode:\(3,"' || bad "/reset did not bring it back"
see '● ttyUSB0 .* 115200 8N1'
end

begin lines__dtr_and_rts__lit_in_the_status_line
mark=$(trace_lines)
see '8N1  dtr rts'
tm_line '/dtr'
see '8N1  DTR rts'
tm_line '/rts on'
see '8N1  DTR RTS'
# RTS last would hold the chip in reset for a moment.
tm_line '/rts off'
see '8N1  DTR rts'
tm_line '/dtr off'
see '8N1  dtr rts'
tm_line '/dtr maybe'
see '/dtr \[on\|off\]'
happens "$mark" 'GPIO0 low'
never "$mark" "EN was pulsed" 'EN'
end

begin lines__are_clicked
tm_line '/set mouse on'
see 'mouse = on'
row=$(tm_text | head -n 1)
before_dtr=${row%%dtr rts*}
click=$(printf '\033[<0;%d;1M' $((${#before_dtr} + 2)))
tm_type "$click"
see '8N1  DTR rts'
tm_type "$click"
see '8N1  dtr rts'
tm_line '/set mouse off'
see 'mouse = off'
end

begin lines__inputs__are_seen
hand "modem cts=1"
see 'dtr rts CTS dsr'
hand "modem cts=0"
see 'dtr rts cts dsr'
end

begin lines__break
mark=$(trace_lines)
tm_line '/break 200'
see 'break, 200 ms'
happens "$mark" 'break on'
happens "$mark" 'break off'
tm_line '/break 0'
see '/break \[MILLISECONDS\] \(1 to 10000\)'
[ "$(traced_since "$mark" | grep -c '^break on')" = 1 ] || bad "a break of 0 ms"
end

begin lines__format_and_flow
mark=$(trace_lines)
tm_line '/format 7E1'
see '115200 7E1'
happens "$mark" 'format 7E1'
tm_line '/format 9X3'
see 'format'
see '115200 7E1'
tm_line '/format 8N1'
see '115200 8N1'
mark=$(trace_lines)
tm_line '/flow rtscts'
see 'flow control rtscts'
happens "$mark" 'format 8N1.*rtscts'
tm_line '/flow none'
see 'flow control none'
tm_line 'Status 5'
see 'STATUS5'
never "$mark" "EN was pulsed" 'EN'
end

# ---- what is remembered --------------------------------------------------------------------------
begin lines__are_remembered__for_this_adapter
tm_line '/dtr on'
see 'DTR rts'
leave
grep -q '"dtr": "on"' "$ADAPTERS_JSON" || bad "not in adapters.json: $(cat "$ADAPTERS_JSON")"
[ "$(stat -c %a "$ADAPTERS_JSON")" = 600 ] || bad "others can read adapters.json"
mark=$(trace_lines)
session
see '8N1  DTR rts'
leave
session --dtr off
see '8N1  dtr rts'
leave
session
see '8N1  DTR rts'
tm_line '/dtr off'
see '8N1  dtr rts'
leave
never "$mark" "EN was pulsed" 'EN'
end

begin lines__mistakes__are_told
"$B/tasmite" --dtr maybe /dev/ttyUSB0 >"$TMPDIR/out" 2>&1 && bad "taken"
grep -q 'dtr.*auto' "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
end

# ---- into the boot loader without a hand ---------------------------------------------------------
# device ARGS...: a new one with the application, known to nobody
device() {
	sim_stop
	rm -rf "$ADAPTERS" "$TMPDIR/flash.bin" "$ADAPTERS_JSON"
	adapter_start --usb 0403:6001:A50285BI --boot-image "$TMPDIR/app.bin" "$@"
	wait_for 5 grep -q 'mode app' "$TMPDIR/trace"
}
resets() {
	traced_since "$1" | grep -c '^EN low'
}
is_written() {
	cmp -n "$(stat -c %s "$1")" "$1" "$TMPDIR/flash.bin" || bad "the flash differs from $1"
}

begin flash__by_lines__at_the_first_try
device --speed 0
session
mark=$(trace_lines)
tm_line "/flash $TMPDIR/new.bin --yes"
see 'written in .*(and verified|checked by)' 60
see '8\.5\.0\(' 10
is_written "$TMPDIR/new.bin"
[ "$(resets "$mark")" = 2 ] || bad "$(resets "$mark") resets, not one to the loader and one to the application"
never "$mark" "the button was used" 'button'
see '● ttyUSB0 .* 115200 8N1  dtr rts'
tm_line 'Status 2'
see 'STATUS2'
grep -q '"reset": "tight-50"' "$ADAPTERS_JSON" || bad "not remembered: $(cat "$ADAPTERS_JSON")"
leave
end

begin flash__by_lines__where_EN_is_slow
device --en-ms 100 --speed 0
session
mark=$(trace_lines)
tm_line "/flash $TMPDIR/new.bin --yes"
see 'written in .*(and verified|checked by)' 60
see '8\.5\.0\(' 10
is_written "$TMPDIR/new.bin"
tries=$(($(resets "$mark") - 1))
[ "$tries" -ge 1 ] && [ "$tries" -le 5 ] || bad "$tries tries"
# What worked is tried first the next time.
mark=$(trace_lines)
tm_line "/flash $TMPDIR/app.bin --yes"
wait_for 60 cmp -n "$(stat -c %s "$TMPDIR/app.bin")" "$TMPDIR/app.bin" "$TMPDIR/flash.bin" || bad "not written again"
happens "$mark" 'mode app' 10
[ "$(resets "$mark")" = 2 ] || bad "$(resets "$mark") resets the second time"
leave
end

begin flash__by_lines__without_a_screen
device --speed 0
shim "$B/tasmite" flash --port 0403:6001 --yes "$TMPDIR/new.bin" >"$TMPDIR/out" 2>&1 ||
	bad "code $?: $(tail -n 3 "$TMPDIR/out" | tr '\n' ' ')"
is_written "$TMPDIR/new.bin"
wait_for 5 eval 'tail -n 5 "$TMPDIR/trace" | grep -q "host closes"'
[ "$(resets 0)" = 2 ] || bad "$(resets 0) resets"
end
finish
