# SPDX-License-Identifier: GPL-3.0-or-later
# The log panes in the real program: search, filter, split, places, forms, copying, saving.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
make_log() {
	printf ' ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\n'
	printf '00:00:00 Project sonoff Sonoff (Topic sonoff) Version 6.1.1-2_3_0\r\n'
	seq 1 3000 | awk '{
		t = sprintf("%02d:%02d:%02d", int($1 / 3600), int($1 / 60) % 60, $1 % 60)
		if ($1 % 1000 == 7) printf "%s MQT: Connect failed, rc=-4 number %d\r\n", t, $1
		else if ($1 % 3 == 0) printf "%s WIF: Connected %d\r\n", t, $1
		else printf "%s CMD: Status %d\r\n", t, $1
		if ($1 == 1500) printf " ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n"
	}'
}
make_log >"$TMPDIR/fed"
patient_start "$TMPDIR/fed"
tm_start 120 30 "$B/tasmite" "$PATIENT"
see 'Status 2999|Connected 3000'
keys() {
	tm_keys "$@"
}
# Back to the edit line. What follows too soon would make an Alt key of it.
leave() {
	keys Escape
	see '^ ❯'
}

begin find__jumps__while_it_is_typed
keys F3
see 'Find:'
tm_type 'rc=-4'
see '3 of 3'
see 'rc=-4 number 2007'
see 'scrolled back|new lines? —'
keys Enter
see 'find 3 of 3: rc=-4'
keys n
see 'find 2 of 3'
see 'number 1007'
keys n
see 'find 1 of 3'
keys n
see 'none before: the newest one'
see 'find 3 of 3'
keys N
see 'none after: the oldest one'
see 'find 1 of 3'
keys Escape
gone 'find 1 of 3'
leave
tm_line '/follow'
gone 'follows'
end

begin find__tells__what_is_wrong_with_a_pattern
keys F3
tm_type 'x('
see 'Find: x\('
see 'parenthes'
keys C-r
see 'not found'
leave
end

begin filter__shows__only_some
keys F4
tm_type 'MQT'
see '3 of 30'
see 'Log: MQT'
keys Enter
gone 'WIF: Connected'
tm_line '/split WIF "!Connected 3000"'
see 'Log 1: MQT'
see 'Log 2: WIF'
see 'Connected 2997'
gone 'WIF: Connected 3000'
tm_line '/filter --off'
see 'WIF: Connected 3000'
tm_line '/close'
gone 'Log 1'
see 'Log: MQT'
tm_line '/filter --off'
gone 'Log: MQT'
end

begin goto__finds__resets_and_marks
tm_line '/mark the end'
see 'mark: the end'
keys BTab
keys '{'
see 'rst cause:2'
gone 'mark: the end'
keys '{'
see 'Project sonoff'
keys ']'
see 'mark: the end'
leave
tm_line '/goto 99:99'
see 'is no moment'
tm_line '/goto -1h'
see 'rst cause:1'
tm_line '/goto end'
see 'mark: the end'
end

begin goto__finds__resets_that_the_filter_hides
tm_line '/filter WIF'
see 'Log: WIF'
top() { # REGEX: the first row of the log
	wait_for 5 eval "tm_text | sed -n 3p | grep -q '$1'" || bad "not at the top: $1"
}
keys BTab
keys '{'
top 'WIF: Connected 1503'
keys '{'
top 'WIF: Connected 3 '
keys '}'
top 'WIF: Connected 1503'
leave
tm_line '/filter --off'
tm_line '/goto end'
see 'mark: the end'
end

begin view__shows__bytes_and_line_ends
keys F7
see '0000  '
see 'Log · hex'
keys F7
gone 'Log · hex'
tm_line '/raw'
see '␍␊'
tm_line '/view text'
gone '␍␊'
tm_line '/stamp iso'
see '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:'
tm_line '/stamp clock'
end

begin copy__reaches__clipboard_and_file
tm set-option -s set-clipboard on
tm_line '/find --plain Status 1001'
see 'find 1 of 1|1 of 1'
keys BTab
keys v j
see 'y copies'
keys y
see '2 lines copied'
printf '00:16:41 CMD: Status 1001\n00:16:42 WIF: Connected 1002\n' >"$TMPDIR/want"
wait_for 5 sh -c "tmux -S '$SOCK' show-buffer | cmp -s - '$TMPDIR/want'" || bad "the clipboard: $(tm show-buffer)"
cmp -s "$TMPDIR/want" "$TMPDIR/state/tasmite/clipboard.txt" || bad "the file: $(cat "$TMPDIR/state/tasmite/clipboard.txt")"
[ "$(stat -c %a "$TMPDIR/state/tasmite/clipboard.txt")" = 600 ] || bad "others may read what was copied"
keys Escape
gone '1 of 1'
leave
end

begin save__writes__what_is_shown_and_replaces_nothing_unasked
tm_line '/find --off'
tm_line '/stamp off'
see 'stamp off'
tm_line '/filter MQT'
see 'Log: MQT'
# What the filter hides of an answer is told beside the edit line.
tm_line '/set eol?'
see '❯.*eol = '
tm_line '/save --all'
see '/save FILE'
[ -e ./--all ] && bad "an option became a file"
tm_line "/save $TMPDIR/saved.txt"
see '4 lines saved in' # and a mark
grep -c 'rc=-4 number' "$TMPDIR/saved.txt" | grep -qx 3 || bad "saved: $(cat "$TMPDIR/saved.txt")"
grep -q 'WIF: Connected' "$TMPDIR/saved.txt" && bad "what the filter hides was saved"
[ "$(stat -c %a "$TMPDIR/saved.txt")" = 600 ] || bad "others may read what was saved"
tm_line "/save $TMPDIR/saved.txt --all"
see 'Replace the file\?'
keys n
gone 'Replace the file\?'
grep -q 'WIF: Connected' "$TMPDIR/saved.txt" && bad "replaced in spite of no"
tm_line "/save $TMPDIR/saved.txt --all"
see 'Replace the file\?'
keys y
wait_for 5 grep -q 'WIF: Connected 3000' "$TMPDIR/saved.txt" || bad "not replaced"
tm_line '/filter --off'
end

begin panes__survive__every_size
tm_line '/split WIF'
tm_line '/split'
tm_line '/hex'
for size in "80 24" "40 12" "20 5" "10 3" "1 1" "250 70" "120 30"; do
	tm_resize ${size% *} ${size#* }
done
see 'Log 3 · hex'
see 'Log 2: WIF'
tm_ended && bad "ended"
end

patient_stop

begin find__comes_back__in_the_next_session
tm_stop
patient_stop
patient_start "$TMPDIR/fed"
tm_start 120 30 "$B/tasmite" "$PATIENT"
see 'Status 2999|Connected 3000'
tm_line 'Password1 hunter22x'
see '› Password1 \*+'
for text in 'number 1007' 'hunter22x' 'Connected 99'; do
	keys F3
	see 'Find:'
	tm_type "$text"
	keys Enter
	see 'find [0-9]|0 found'
	keys Escape
	gone 'find [0-9]'
	leave
done
keys F4
see 'Filter:'
tm_type 'MQT !1007'
keys Enter
see 'Log: MQT !1007'
keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
grep -rq hunter22x "$TMPDIR/state" && bad "the secret is in a file: $(grep -rl hunter22x "$TMPDIR/state")"
tm_stop
tm_start 120 30 "$B/tasmite" "$TMPDIR/nosuch"
see 'no such port'
keys F3
see 'Find:'
keys Up
see 'Find: Connected 99'
keys Up
see 'Find: number 1007'
keys Escape
gone 'Find:'
keys F4
see 'Filter:'
keys Up
see 'Filter: MQT !1007'
keys Escape
gone 'Filter:'
keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
end
finish
