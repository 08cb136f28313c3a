# SPDX-License-Identifier: GPL-3.0-or-later
# A device that sends anything: nothing of it reaches the user's terminal but as text in the log.
# Ports: pty; with KINDS=all also adapter rfc2217.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
CAPTURE=$TMPDIR/rec.log
# On a pseudo-terminal a device of its own: what is written to the FIFO comes out of the port; what
# the port is sent is thrown away. It ends with the FIFO's last writer.
feeder_start() {
	cat >"$TMPDIR/feed.py" <<'PY'
import os, pty, sys, tty, select
link, fifo = sys.argv[1], sys.argv[2]
master, slave = pty.openpty()
tty.setraw(slave)
os.symlink(os.ttyname(slave), link)
src = os.open(fifo, os.O_RDWR)
while True:
    r, _, _ = select.select([src, master], [], [])
    if master in r:
        os.read(master, 65536)
    if src in r:
        data = os.read(src, 65536)
        while data:
            r, w, _ = select.select([master], [master], [])
            if r:
                os.read(master, 65536)
            if w:
                data = data[os.write(master, data[:4096]):]
PY
	mkfifo "$TMPDIR/fifo"
	python3 "$TMPDIR/feed.py" "$DEV" "$TMPDIR/fifo" &
	sim_pid=$!
	wait_for 10 test -e "$DEV"
}
# Else the virtual device's chip, in its boot loader, where it says nothing of its own.
if [ "$PORT_KIND" = pty ]; then
	feeder_start
else
	port_start --speed 0
fi
# At another rate: it has come whole when no more comes.
size=0
banner_is_over() {
	local now
	now=$(stat -c %s "$CAPTURE")
	[ "$now" -gt 0 ] && [ "$now" = "$size" ] && return 0
	size=$now
	sleep 0.2
	return 1
}
tm_start 100 30 $TASMITE --baud 3000000 --log="$CAPTURE" "$PORT"
see "$PORT_NAME is open"
if [ "$PORT_KIND" != pty ]; then
	enter_loader
	wait_for 10 eval '"$B/virtual-device" --hand "$CTL" -c state | grep -q "rom-autobaud"' ||
		bad "the boot loader is not there"
	hand "baud 3000000"
	wait_for 10 banner_is_over
fi
before=$(stat -c %s "$CAPTURE")
feed() {
	cat "$@" >>"$TMPDIR/sent"
	if [ "$PORT_KIND" = pty ]; then
		cat "$@" >"$TMPDIR/fifo"
	else
		cat "$@" >"$TMPDIR/part"
		hand "emit $TMPDIR/part"
	fi
}
recorded() {
	echo $(($(stat -c %s "$CAPTURE") - before))
}
# All that was sent has been taken, and the program still answers.
settled() {
	wait_for 60 eval '[ "$(recorded)" -ge "$(stat -c %s "$TMPDIR/sent")" ]' ||
		bad "recorded $(recorded) of $(stat -c %s "$TMPDIR/sent") bytes"
	tm_line "/clear"
	tm_type 'still alive'
	see 'still alive'
	tm_keys C-c
	gone 'still alive'
}
same_capture() {
	tail -c "+$((before + 1))" "$CAPTURE" | cmp - "$TMPDIR/sent" >"$TMPDIR/cmp" 2>&1 ||
		bad "the recording differs: $(cat "$TMPDIR/cmp")"
}
untouched() {
	local got
	got=$(tm display-message -p -t t '#{alternate_on}#{cursor_flag}#{mouse_any_flag}#{insert_flag}#{keypad_cursor_flag} #{pane_title} #{scroll_region_upper}-#{scroll_region_lower}')
	[ "$got" = "$modes" ] || bad "the terminal's modes changed from '$modes' to '$got'"
	tm_text | tail -1 | grep -q 'F10 Quit' || bad "the key bar is gone"
	tm_text | head -1 | grep -q "● $PORT_NAME" || bad "the status line is gone"
}
wait_for 5 eval '[ "$(tm display-message -p -t t "#{scroll_region_lower}")" = 29 ]'
modes=$(tm display-message -p -t t '#{alternate_on}#{cursor_flag}#{mouse_any_flag}#{insert_flag}#{keypad_cursor_flag} #{pane_title} #{scroll_region_upper}-#{scroll_region_lower}')

begin hostile__escape_sequences
# A line end first: a banner at another rate ends within a line.
printf '\n\033]0;owned\007\033[?1049l\033[2J\033[H\033[5;10r\033[?1000h\033[?25l\033c\033[8;5;5t\033P+q\033\\\033(0lqk\016\017\033[4h\033]52;c;aGk=\007\233?1049l\302\233?25l\n' >"$TMPDIR/esc"
feed "$TMPDIR/esc"
see '␛\]0;owned␇'
untouched
settled
end

begin hostile__all_byte_values
python3 -c 'import os,sys; sys.stdout.buffer.write(bytes(range(256))*200 + bytes(range(255,-1,-1))*200)' >"$TMPDIR/bytes"
feed "$TMPDIR/bytes"
settled
untouched
end

begin hostile__random_bytes
head -c 2000000 /dev/urandom >"$TMPDIR/random"
feed "$TMPDIR/random"
settled
untouched
end

begin hostile__ten_megabytes_without_a_line_end
head -c 10000000 /dev/zero | tr '\0' x >"$TMPDIR/long"
feed "$TMPDIR/long"
settled
untouched
end

begin hostile__invalid_utf8
python3 -c 'import sys; o=sys.stdout.buffer
for s in (b"\xc3(", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf", b"\xfe\xff", b"\xe2\x80\xae rtl", b"\xef\xbb\xbf"): o.write(s + b"\n")' >"$TMPDIR/utf8"
feed "$TMPDIR/utf8"
see '<C3>\('
see '<ED><A0><80>'
settled
untouched
end

begin hostile__recording_is_what_was_sent
same_capture
end
finish
