# SPDX-License-Identifier: GPL-3.0-or-later
# What is sent and how: history over sessions, escapes, hex, macros, pastes, delays, direct mode,
# line end and echo. The port is a bare pseudo-terminal: what arrives is compared byte by byte.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
GOT=$TMPDIR/got
HIST=$XDG_STATE_HOME/tasmite/history
BACK=$TMPDIR/back
mkdir -p "$XDG_CONFIG_HOME/tasmite"

# The other end of the port: notes what comes and when, sends what is written to $BACK.
python3 - "$DEV" "$GOT" "$BACK" <<'PY' &
import os, pty, select, sys, time, tty
master, slave = pty.openpty()
tty.setraw(slave)
os.symlink(os.ttyname(slave), sys.argv[1])
os.mkfifo(sys.argv[3])
back = os.open(sys.argv[3], os.O_RDWR)
got, times = open(sys.argv[2], "ab", 0), open(sys.argv[2] + ".times", "a", 1)
while True:
    for fd in select.select([master, back], [], [])[0]:
        data = os.read(fd, 4096)
        if fd == back:
            os.write(master, data)
        else:
            got.write(data)
            times.write("%f %d\n" % (time.monotonic(), len(data)))
PY
PEER=$!
trap 'kill $PEER 2>/dev/null; other kill-server 2>/dev/null; cleanup' EXIT
wait_for 10 test -e "$DEV" -a -e "$GOT" || bad "no port"

got_is() {
	[ "$(od -An -v -tx1 "$GOT" | tr -d ' \n')" = "$1" ]
}
# got HEX: exactly these bytes have come since the last `fresh`.
got() {
	wait_for 5 got_is "$1" || bad "came: $(od -An -v -tx1 "$GOT" | tr -d '\n'), expected: $1"
}
fresh() {
	: >"$GOT"
	: >"$GOT.times"
}
hex() {
	printf '%b' "$1" | od -An -v -tx1 | tr -d ' \n'
}
# A second session, on a tmux of its own.
other() {
	tmux -S "$SOCK.2" -f /dev/null "$@"
}
start() {
	tm_start 120 40 "$B/tasmite" "$DEV"
	see 'sonoff is open'
}
start

begin eol__cycles__by_a_key_and_is_in_sight
see '8N1 .*LF ECHO'
tm_keys M-l
see 'CRLF ECHO'
tm_line 'a'
see '› a'
got "$(hex 'a\r\n')"
fresh
tm_keys M-l
see 'CR ECHO'
tm_keys M-l
see 'no end ECHO'
tm_line '/eol next'
see ' LF ECHO'
fresh
end

begin echo__is_switched__by_a_key
tm_keys M-e
see 'LF echo'
tm_line 'not shown'
got "$(hex 'not shown\n')"
tm_shows '› not shown' && bad "it is shown"
tm_keys M-e
see 'LF ECHO'
fresh
end

begin escapes__are_read__only_when_switched_on
tm_line 'a\x41\e'
got "$(hex 'a\\x41\\e\n')"
fresh
tm_line '/set escapes on'
see 'escapes = on'
tm_line '\x00\xfF\r\n\t\e\0\\end'
got "00ff0d0a091b005c656e640a"
tm_line '/set escapes off'
fresh
end

begin sendhex__sends__exactly_the_bytes
tm_line '/sendhex DE AD "tx t" 0d 00'
got "dead747820740d00"
fresh
tm_line '/sendhex DE XX'
see 'XX|expected'
got ""
tm_line '/sendhex 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23'
got "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
fresh
end

begin sendhex__makes_the_edit_line__take_bytes
tm_line '/sendhex on'
see '^ HEX +❯'
tm_line 'de ad 0x0d'
got "dead0d"
fresh
# A password is none the less one in digits.
tm_line '50 61 73 73 77 6f 72 64 31 20 68 75 6e 74 65 72 32 33 78 0a'
got "$(hex 'Password1 hunter23x\n')"
fresh
tm_line '"Password1 hunter23x" 0a'
got "$(hex 'Password1 hunter23x\n')"
fresh
wait_for 5 grep -q 'de ad' "$HIST" || bad "not in the history"
grep -q -e '68 75 6e' -e hunter23x "$HIST" && bad "a password is in the history"
tm_line 'Status 5'
see '❯ Status 5'
got ""
tm_keys C-c
tm_line '/sendhex off'
gone '^ HEX'
tm_line 'Status 5'
got "$(hex 'Status 5\n')"
fresh
end

begin macro__goes__onto_a_key_with_its_label
tm_line '/macro F11 "Status 5" --label Net'
see 'F11 Net'
tm_keys F11
got "$(hex 'Status 5\n')"
fresh
tm_line '/macro F12 Status 2'
see 'F12 Status 2'
tm_keys F12
got "$(hex 'Status 2\n')"
tm_line '/clear'
tm_line '/macro'
see 'F11 +Net +Status 5'
see 'F12 +Status 2 +Status 2'
tm_line "/macro F12 ''"
see 'F12 is free'
fresh
end

begin macro__tells__what_a_key_did_before
tm_line '/macro F6 Power'
see 'F6 .*Power +\(before: /focus device\)'
tm_line '/macro F6 /focus'
see 'F6 .*/focus'
end

begin macro__hides__passwords_in_its_list
tm_line '/macro Alt-1 "Password1 hunter22x"'
see 'Alt-1 .*Password1 \*+'
tm_line '/macro'
tm_text | grep -q hunter22x && bad "on the screen"
grep -q hunter22x "$HIST" && bad "in the history"
grep -q 'macro Alt-1' "$HIST" || bad "the line is not in the history"
end

begin macro__has__lines_and_pauses
tm_line '/macro F11 "one\ntwo{700ms}three\n/stamp off\n//slash" --label Steps'
see 'F11 Steps'
fresh
tm_keys F11
see 'macro: 2 of 5 lines'
got "$(hex 'one\ntwo\nthree\n/slash\n')"
see 'stamp off|5 lines sent'
gone 'of 5 lines  '
python3 - "$GOT.times" <<'PY' || bad "no pause: $(cat "$GOT.times")"
import sys
t = [float(l.split()[0]) for l in open(sys.argv[1])]
sys.exit(max(b - a for a, b in zip(t, t[1:])) < 0.65)
PY
tm_line '/stamp on'
fresh
end

paste() {
	printf '%b' "$1" >"$TMPDIR/clip"
	tm load-buffer "$TMPDIR/clip"
	tm paste-buffer -p -t t
}

begin paste__asks_once__and_shows_what
paste 'one\ntwo\nPassword1 hunter22x\n/stamp off\n'
see '4 lines .* would be sent'
see '1 of them begin with /'
see 'Password1 \*+'
tm_text | grep -q hunter22x && bad "the password is in the question"
tm_keys n
gone 'would be sent'
got ""
paste 'one\r\ntwo\n\nthree\n'
see '3 lines'
tm_keys y
got "$(hex 'one\ntwo\nthree\n')"
fresh
end

begin paste__is_paced__and_stopped_by_esc
tm_line '/set line-delay 300'
see 'line-delay = 300'
paste 'l1\nl2\nl3\nl4\nl5\nl6\nl7\nl8\nl9\n'
see '9 lines'
tm_keys y
see 'paste: 3 of 9 lines +Esc: stop'
see 'paste 3/9|paste 4/9'
tm_line 'typed meanwhile'
tm_keys Escape
see 'sending stopped: .* lines not sent'
gone 'paste: . of 9'
before=$(cat "$GOT")
tm_line '/set line-delay 0'
see 'line-delay = 0'
tm_line 'next'
wait_for 5 grep -q next "$GOT" || bad "the next line does not come"
[ "$(cat "$GOT")" = "$before
next" ] || bad "more came after the stop: $(cat "$GOT")"
grep -q 'l8' "$GOT" && bad "all was sent"
fresh
end

begin paste__goes_before__what_is_entered_meanwhile
tm_line '/set line-delay 150'
see 'line-delay = 150'
paste 'p1\np2\np3\n'
see '3 lines'
tm_keys y
see 'paste: 1 of 3'
tm_line 'behind'
got "$(hex 'p1\np2\np3\nbehind\n')"
tm_line '/set line-delay 0'
fresh
end

begin delay__holds__after_each_character
tm_line '/set char-delay 60'
see 'char-delay = 60'
fresh
tm_line 'abcdefgh'
tm_type 'the keys go on'
see 'the keys go on'
got "$(hex 'abcdefgh\n')"
python3 - "$GOT.times" <<'PY' || bad "not so: $(cat "$GOT.times")"
import sys
rows = [l.split() for l in open(sys.argv[1])]
t = [float(r[0]) for r in rows]
gaps = [b - a for a, b in zip(t, t[1:])]
# One gap may look shorter where the reader was late for the byte before it.
sys.exit(len(rows) != 9 or min(gaps) < 0.02 or t[-1] - t[0] < 0.42)
PY
tm_keys C-c
fresh
tm_line 'a line that takes seconds'
wait_for 5 grep -q 'a l' "$GOT" || bad "nothing comes"
tm_line '/cancel'
see 'sending stopped: 0 lines not sent, and the last one was cut'
grep -q seconds "$GOT" && bad "it was not stopped"
tm_line '/set char-delay 0'
see 'char-delay = 0'
fresh
end

begin direct__sends__each_key_and_shows_the_way_out
tm_type 'half a line'
see 'half a line'
tm_keys C-]
see 'DIRECT +Ctrl-\] leaves'
gone '❯ half'
tm_type 'ab'
got "6162"
tm_keys Enter
got "61620a"
fresh
tm_keys C-c C-q C-t
got "031114"
fresh
tm_keys Up F1 F10 C-Right BSpace Tab
got "1b5b411b4f501b5b32317e1b5b313b35437f09"
fresh
tm_keys Escape
got "1b"
fresh
tm_type '/quit'
got "$(hex '/quit')"
fresh
tm_keys C-]
gone 'DIRECT'
see '❯ half a line'
got ""
tm_keys C-c
tm_line '/direct'
see 'DIRECT'
tm_keys C-]
gone 'DIRECT'
grep -q 'quit' "$HIST" && bad "in the history"
fresh
end

begin direct__hides_later__the_password_that_was_typed
tm_line '/clear'
tm_keys C-]
see 'DIRECT'
tm_type 'Password1 s3cretword'
tm_keys Enter
got "$(hex 'Password1 s3cretword\n')"
tm_keys C-]
gone 'DIRECT'
printf 'xx s3cretword yy\r\n' >"$BACK"
see 'xx \*+ yy'
grep -q s3cretword "$HIST" && bad "in the history"
fresh
end

begin history__recalls__what_begins_so
tm_line 'Status 5'
tm_line 'Module 1'
tm_line 'Status 2'
see '› Status 2'
tm_type 'Stat'
tm_keys Up
see '❯ Status 2(  |$)'
tm_keys Up
see '❯ Status 5(  |$)'
tm_keys Down Down
see '❯ Stat(  |$)'
tm_keys C-c
tm_line 'Module 1'
see '› Module 1'
tm_keys Up Up
see '❯ Status 2(  |$)'
tm_keys C-c
end

begin history__is_shared__by_sessions_and_private
[ "$(stat -c %a "$HIST")" = 600 ] || bad "mode $(stat -c %a "$HIST")"
other new-session -d -x 100 -y 30 "$B/tasmite $TMPDIR/nosuch"
wait_for 5 eval 'other capture-pane -p | grep -q "no such port"' || bad "no second session"
other send-keys '/mark from another session' Enter
wait_for 5 grep -q 'from another session' "$HIST" || bad "the other one keeps nothing"
tm_keys C-r
tm_type 'another'
see 'from another session'
tm_keys C-c
gone "i-search"
tm_keys Up
see '❯ /mark from another session'
tm_keys C-c
tm_line 'from the first'
see '› from the first'
other send-keys Up
wait_for 5 eval 'other capture-pane -p | grep -q "❯ from the first"' || bad "nothing comes back"
other kill-server
end

begin history__comes_back__in_the_next_session
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
tm_stop
start
tm_type 'Mod'
tm_keys Up
see '❯ Module 1(  |$)'
tm_keys C-c
[ "$(grep -c '^Module 1$' "$HIST")" = 2 ] || bad "the file is not append-only"
tm_keys Up Up Up Up Up Up Up Up
tm_text | grep -q hunter22x && bad "a password is in it"
tm_keys C-c
end

begin send__tells__that_the_port_is_gone
tm_line '/set line-delay 500'
see 'line-delay = 500'
paste 'a1\na2\na3\na4\na5\na6\n'
see '6 lines'
tm_keys y
see 'paste: 1 of 6'
kill $PEER
rm -f "$DEV" # its number may be another port soon
see 'sonoff went away'
see '[45] more lines not sent'
tm_line 'typed and kept'
see 'not sent: the port is not open'
end

tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
finish
