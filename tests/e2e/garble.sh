# SPDX-License-Identifier: GPL-3.0-or-later
# A wrong rate: the bytes are seen to be unreadable, and the right rate is offered.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
port_start --boot-image "$TMPDIR/app.bin"
wait_for 5 grep -q 'mode app' "$TMPDIR/trace"
for i in $(seq 8); do
	echo "00:00:0$i MQT: tele/sonoff/STATE = {\"Time\":\"2024-08-14T00:12:0$i\",\"Heap\":2$i}"
done >"$TMPDIR/words"
# speak_until REGEX: the chip says some lines; true when the screen shows it
speak_until() {
	hand "emit $TMPDIR/words"
	tm_shows "$1"
}

begin garble__offers__the_right_rate
tm_start 120 40 $TASMITE --set baud=9600 "$PORT"
see "$PORT_NAME is open"
wait_for 20 speak_until 'unreadable for [0-9]+ s at 9600 baud'
see 'Alt-r tries 115200'
tm_keys M-r
see 'trying 115200 baud: Alt-r tries 74880'
see '/baud 9600 goes back'
wait_for 10 speak_until 'MQT: tele/sonoff/STATE' || bad 'not readable at 115200'
end

begin garble__tries__one_rate_after_another
tm_keys M-r
see 'trying 74880 baud: Alt-r tries 57600'
tm_keys M-r
see 'trying 57600 baud'
tm_keys M-r
see 'back at 9600 baud; Alt-r tries 115200'
tm_line '/baud likely'
wait_for 5 eval 'tm_text | head -n 1 | grep -q 115200' || bad "not at 115200"
end

begin garble__leaves__a_boot_alone
tm_line '/clear'
hand "power off"
hand "power on"
see 'Project sonoff'
gone 'unreadable'
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
end
finish
