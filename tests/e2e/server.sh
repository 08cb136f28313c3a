# SPDX-License-Identifier: GPL-3.0-or-later
# The session at an RFC 2217 server that dies, stalls or answers rubbish: it says what happened, lives
# on, and is back when the server is.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-minimal --size 64K -o "$TMPDIR/old.bin"
"$B/make-image" --build 8.5.0-minimal --size 64K -o "$TMPDIR/new.bin"

# serve ARGS...: a new device behind a new server; session: the program at it
serve() {
	tm_stop
	sim_stop
	rm -rf "$TMPDIR/flash.bin" "$XDG_STATE_HOME"
	sim_start --boot-image "$TMPDIR/old.bin" --speed 0 --lines on --en-ms 10 --rfc2217 0 "$@"
	url=rfc2217://127.0.0.1:$(net_port rfc2217)
	wait_for 5 grep -q 'mode app' "$TMPDIR/trace" || bad "the application does not run"
}
session() {
	tm_start 120 40 "$B/tasmite" "$url"
}
answers() {
	tm_keys C-u # what was typed while it was away waits in the edit line
	tm_line 'Status 2'
	wait_for 2 tm_shows STATUS2
}
cleared() { # answers may still be on their way
	tm_line '/clear'
	wait_for 1 tm_hides STATUS2
}
# A line typed into a boot is lost.
works() {
	wait_for 5 cleared || bad "old answers go on and on"
	wait_for 10 answers || bad "no answer to a command"
	wait_for 5 cleared || bad "answers go on and on"
}
alive() {
	tm_ended && bad "the program has ended with $(tm_code)"
	tm_type 'still here'
	see '❯ still here'
	tm_keys C-c
	gone 'still here'
}
leave() {
	tm_keys F10
	wait_for 5 tm_ended || bad "F10 did not leave"
	[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
}
same_flash() {
	cmp -s -n "$(stat -c %s "$TMPDIR/new.bin")" "$TMPDIR/new.bin" "$TMPDIR/flash.bin"
}

# ---- it dies -----------------------------------------------------------------------------------
begin server__dies__while_the_session_idles
serve
session
see 'is open'
see 'virtual-device \(RFC 2217\)'
works
tm_type 'typed before'
see 'typed before'
hand "net kick"
see 'the server closed the' 5
see 'back again' 15
see 'typed before'
tm_keys C-c
gone 'typed before'
works
end

begin server__dies__in_the_greeting
hand "net die@byte:40"
hand "net kick"
wait_for 15 cleared
wait_for 15 answers || bad "not back after it died in the greeting"
alive
leave
end

begin server__dies__while_a_flash_is_written
serve
session
see 'is open'
hand "net die@byte:30000"
tm_line "/flash $TMPDIR/new.bin --yes"
see 'failed: the port went away' 30
same_flash && bad "nothing was left to write"
see 'back again' 15
alive
tm_line '/cancel'
tm_line '/clear'
gone 'failed:'
tm_line "/flash $TMPDIR/new.bin --yes"
see 'written in .*(and verified|checked by)' 60
same_flash || bad "the flash differs from the file"
leave
end

begin server__dies__without_a_screen
serve
hand "net die@byte:30000"
timeout 60 "$B/tasmite" flash --port "$url" --yes "$TMPDIR/new.bin" >"$TMPDIR/out" 2>&1
code=$?
[ "$code" = 4 ] || bad "exit code $code: $(tail -n 3 "$TMPDIR/out")"
grep -q -E 'the server (closed|dropped) the connection' "$TMPDIR/out" || bad "not said: $(tail -n 3 "$TMPDIR/out")"
end

# ---- it stalls ---------------------------------------------------------------------------------
begin server__stalls__before_the_greeting
serve --rfc2217-fault stall
session
see 'accepted the connection' 10
alive
hand "net clear"
see 'is open' 15
works
end

begin server__stalls__in_the_session
hand "net stall"
tm_line 'Status 2'
alive
tm_line '/dtr on'
tm_line '/dtr off'
tm_line '/baud 9600'
tm_line '/baud 115200'
alive
hand "net clear"
works
end

begin server__stalls__while_a_flash_is_written
hand "net stall"
tm_line "/flash $TMPDIR/new.bin --yes"
see '▶ connect'
alive
hand "net clear"
see 'written in .*(and verified|checked by)' 60
same_flash || bad "the flash differs from the file"
end

# It takes nothing any more: what is to be sent waits here, and nothing else does.
begin server__is_deaf__and_holds_nobody_up
hand "net deaf"
for _ in 1 2 3; do
	tm_line 'Status 2'
done
alive
hand "net clear"
works
hand "net deaf"
tm_line 'Status 2'
leave
end

begin server__stalls__without_a_screen
serve --rfc2217-fault stall
timeout 60 "$B/tasmite" chip --port "$url" --timeout 20 >"$TMPDIR/out" 2>&1
code=$?
[ "$code" = 4 ] || bad "exit code $code: $(cat "$TMPDIR/out")"
grep -q 'says nothing: it may be busy' "$TMPDIR/out" || bad "not said: $(cat "$TMPDIR/out")"
end

# ---- it answers rubbish ------------------------------------------------------------------------
begin server__answers_rubbish__from_the_start
serve --rfc2217-fault rubbish
session
see 'is open' 10
alive
for _ in 1 2 3 4 5 6; do
	tm_line '/dtr on'
	tm_line '/dtr off'
	tm_line '/baud 9600'
	tm_line '/baud 115200'
done
alive
tm_text | head -n 1 | grep -q ' 115200 8N1' || bad "the status line: $(tm_text | head -n 1)"
hand "net clear"
hand "net kick"
see 'back again' 15
works
leave
end

begin server__answers_rubbish__while_a_flash_is_written
serve
session
see 'is open'
hand "net rubbish"
tm_line "/flash $TMPDIR/new.bin --yes"
see 'written in|failed:' 60
if tm_shows 'written in'; then
	same_flash || bad "called done, but the flash differs from the file"
fi
alive
hand "net clear"
tm_line '/cancel'
tm_line '/clear'
gone 'written in|failed:'
hand "net kick"
see 'back again' 15
tm_line "/flash $TMPDIR/new.bin --yes"
see 'written in .*(and verified|checked by)' 60
same_flash || bad "the flash differs from the file"
leave
end

begin server__never_answers_the_lines__flashes_all_the_same
serve --rfc2217-mute control
timeout 60 "$B/tasmite" flash --port "$url" --yes --timeout 30 "$TMPDIR/new.bin" >"$TMPDIR/out" 2>&1 ||
	bad "flash: code $?: $(tail -n 3 "$TMPDIR/out")"
same_flash || bad "the flash differs from the file"
end
finish
