#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The first hour: hints that go away, themes that are seen before they are taken.
. "$(dirname "$0")/lib.sh"
trap cleanup EXIT

begin "first start: a hint stands in the empty edit line, the next one after each thing done"
rm -f "$TIPS"
sim_start --speed 0 --power on
tm_start 120 40 "$B/tasmite" "$DEV"
see "F1 all commands"
tm_line "Status 0"
see "Tab completes commands"
gone "F1 all commands"
end

begin "what was shown does not come back in the next session"
tm_line "/quit"
wait_for 10 tm_ended || bad "it does not end"
tm_stop
check "the count is kept, for nobody else to read" test "$(stat -c %a "$TIPS")" = 600
tm_start 120 40 "$B/tasmite" "$DEV"
see "PgUp scrolls back"
gone "F1 all commands"
tm_line "/set tips off"
gone "PgUp scrolls back"
end

begin "themes: shown while one moves, Esc brings back what was in use"
tm_line "/theme"
see "in use"
tm_keys Down Down
colours() {
	tm capture-pane -p -e -t t | grep -F "❯" | md5sum
}
differs() {
	[ "$(colours)" != "$before" ]
}
same() {
	[ "$(colours)" = "$before" ]
}
tm_keys Escape
gone "in use"
before=$(colours)
tm_line "/theme"
see "in use"
tm_type "termite"
wait_for 10 differs || bad "the theme under the cursor is not shown"
tm_keys Escape
gone "in use"
wait_for 10 same || bad "Esc does not bring back the colours"
tm_line "/theme"
see "in use"
tm_keys Escape
gone "in use"
tm_line "/set theme?"
see "theme = dark"
end

finish
