# SPDX-License-Identifier: GPL-3.0-or-later
# Leaving in every way gives the terminal back; suspend and resume.
# Ports: pty adapter rfc2217.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
port_start --boot-image "$TMPDIR/app.bin" --speed 0

# A shell line that notes the terminal's modes before and after.
tm_start 100 30 "env PS1='shell> ' sh -i"
see 'shell>'
# The program in our own terminal: others may be running at the same time.
tasmite_pid() {
	local p
	p=$(tm display-message -p -t t '#{pane_pid}')
	while [ -n "$p" ] && [ "$(cat "/proc/$p/comm")" != tasmite ]; do
		p=$(awk '{print $NF}' "/proc/$p/task/$p/children")
	done
	echo "$p"
}
run_again() {
	tm_line "clear; stty -a >$TMPDIR/before; $TASMITE $PORT; echo code \$?; stty -a >$TMPDIR/after; echo back-in-the-shell"
	see 'F10 Quit'
	see "$PORT_NAME is open"
	pid=$(tasmite_pid)
}
same_terminal() {
	see '^back-in-the-shell' 10
	cmp -s "$TMPDIR/before" "$TMPDIR/after" || bad "stty differs: $(diff "$TMPDIR/before" "$TMPDIR/after" | tail -1)"
	[ "$(tm display-message -p -t t '#{alternate_on}#{cursor_flag}#{mouse_any_flag}#{keypad_flag}#{keypad_cursor_flag}')" = 01000 ] ||
		bad "screen modes: $(tm display-message -p -t t 'alternate #{alternate_on} cursor #{cursor_flag} mouse #{mouse_any_flag} keypad #{keypad_flag} #{keypad_cursor_flag}')"
}

for sig in TERM HUP; do
	begin "signal__gives_the_terminal_back__$sig"
	run_again
	kill -$sig "$pid"
	same_terminal
	see 'code (143|129)'
	end
done

begin signal__does_not_kill__INT
run_again
kill -INT "$pid"
see 'Ctrl-Q or F10'
tm_keys C-q
same_terminal
see 'code 0'
end

for sig in SEGV ABRT; do
	begin "crash__gives_the_terminal_back__$sig"
	run_again
	tm_line "/record $TMPDIR/crash-$sig.log"
	see 'recording (bytes )?to'
	tm_line 'Module'
	see 'RESULT = '
	kill -$sig "$pid"
	same_terminal
	see 'internal error'
	grep -q 'RESULT = ' "$TMPDIR/crash-$sig.log" || bad "the recording lacks its last second"
	end
done

begin suspend__returns_to_the_shell__and_back
run_again
tm_type 'kept over the stop'
see 'kept over the stop'
tm_keys C-z
see 'Stopped|Suspended'
[ "$(tm display-message -p -t t '#{alternate_on}')" = 0 ] || bad "the alternate screen is still on"
hand "power off"
hand "power on"
tm_line "clear; fg"
see 'kept over the stop'
see 'Project sonoff'
tm_keys C-c C-q
see 'shell>'
tm_line "stty -a >$TMPDIR/after; echo back-in-the-shell"
same_terminal
end

begin start__says__what_is_wrong
tm_line "clear; $TASMITE --set nonsense=1 $PORT; echo code \$?"
see 'nonsense'
see 'code 2'
tm_line "clear; $TASMITE --no-such-option; echo code \$?"
see 'no-such-option'
see 'code 2'
tm_line "clear; $TASMITE $PORT </dev/null; echo code \$?"
see 'needs a terminal'
see 'code 1'
end

begin start__waits__for_a_port_that_is_not_there
tm_line "clear; $TASMITE $TMPDIR/nowhere"
see 'nowhere'
see 'waiting for nowhere'
tm_keys C-q
see 'shell>'
end
finish
