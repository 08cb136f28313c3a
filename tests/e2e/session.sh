# SPDX-License-Identifier: GPL-3.0-or-later
# The session on the virtual Sonoff: boot, commands, secrets, scrolling, the port that goes away.
# Ports: pty adapter rfc2217.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
CAPTURE=$TMPDIR/rec.log
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
port_start --boot-image "$TMPDIR/app.bin" --power off
tm_start 120 40 $TASMITE --log="$CAPTURE" "$PORT"
see "$PORT_NAME is open"

begin session__shows__the_boot
hand "power on"
see 'Project sonoff .*'
see 'WIF: Connecting to AP1'
see '✔ Firmware'
end

begin session__sends__a_backlog
tm_line 'Backlog SSID1 home; Password1 hunter22x; Module 1'
see '› Backlog SSID1 home;Password1 \*+;Module 1'
see '"SSId1":"home"'
see '"Password1":"\*+"'
end

begin session__hides__the_secret_everywhere
tm_type 'Password1 hunter22x'
see 'Password1 •+'
tm_keys Enter
see '› Password1 \*+' 5
wait_for 5 grep -q 'Password1' "$CAPTURE" || bad "nothing recorded"
tm_text | grep -q hunter22x && bad "on the screen"
grep -rq hunter22x "$CAPTURE" "$TMPDIR/state" && bad "in a file: $(grep -rl hunter22x "$CAPTURE" "$TMPDIR/state")"
grep -q 'SSID1 home' "$TMPDIR/state/tasmite/history" || bad "history was not kept"
[ "$(stat -c %a "$TMPDIR/state/tasmite/history")" = 600 ] || bad "history is readable by others"
[ "$(stat -c %a "$CAPTURE")" = 600 ] || bad "recording is readable by others"
end

begin edit__keeps__ctrl_c_from_killing
tm_type 'half a line'
see 'half a line'
tm_keys C-c
gone 'half a line'
tm_ended && bad "Ctrl-C ended the program"
end

begin edit__completes__commands
tm_type '/ech'
tm_keys Tab
see '/echo '
tm_keys C-c
end

begin edit__recalls__history
tm_line '/stamp off'
see 'stamp off'
tm_keys Up
see '❯ /stamp off'
tm_keys C-c
tm_line '/stamp on'
end

begin help__opens__and_closes
tm_keys F1
see 'F10'
see 'keys and commands'
tm_keys Enter
see 'it goes to the device'
tm_keys Escape
gone 'it goes to the device'
tm_keys F1
see 'keys and commands'
tm_type 'reset the'
see '/reset +reset the chip by RTS +F8'
gone '/quit'
tm_keys Escape
gone 'Commands'
end

begin device__shows__pads
tm_line '/device basic'
see '\[3V3\]--\(RX\)--\(TX\)--\(GND\)'
tm_keys Escape
gone 'Mains:'
end

begin log__freezes__while_scrolled_back
for i in 1 2 3 4 5 6 7 8 9; do tm_line "Power"; done
see 'POWER' 10
sleep 0.2
tm_keys PPage
before=$(tm_text | sed -n 3,20p | cut -c 1-70)
tm_line '/focus log'
hand "power off"
hand "power on"
see 'new' 5
[ "$before" = "$(tm_text | sed -n 3,20p | cut -c 1-70)" ] || bad "the view moved"
tm_keys End
see 'Project sonoff' 5
see '\[Log'
tm_keys Escape
gone '\[Log'
end

begin port__comes_back__with_all_kept
tm_type 'typed before'
see 'typed before'
hand "unplug"
see 'went away'
see 'typed before'
hand "replug"
see 'back again' 10
see 'typed before'
tm_keys C-c
hand "power off"
hand "power on"
see 'Project sonoff'
end

begin port__changes__without_the_words_of_a_loss
tm_line "/port $TMPDIR/nosuch"
see 'no such port'
tm_shows 'went away: no such' && bad "it says that the port went away"
tm_line "/port $PORT"
see "$PORT_NAME is open.*8N1"
tm_line '/set format 7E1'
see "$PORT_NAME .*115200 7E1"
tm_line '/set format 8N1'
see "$PORT_NAME .*115200 8N1"
end

begin theme__stays__when_the_new_one_is_missing
tm_line '/theme nosuch'
see 'no theme "nosuch"'
tm_line '/clear'
gone 'no theme "nosuch"'
tm_line '/set wrap off'
see 'wrap = off'
tm_shows 'no theme "nosuch"' && bad "it complains again"
tm_line '/set wrap on'
end

begin screen__survives__every_size
for size in "80 24" "40 12" "60 16" "20 5" "10 3" "1 1" "250 70" "120 40"; do
	tm_resize ${size% *} ${size#* }
	sleep 0.05
	tm_ended && bad "ended at $size"
done
see 'F10 Quit'
end

begin session__leaves__cleanly
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
end
finish
