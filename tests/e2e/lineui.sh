# SPDX-License-Identifier: GPL-3.0-or-later
# The session by lines (--plain in a terminal), as with a screen reader: no escape sequence, and yet
# help, flashing with its question, verdicts, the answers to a Backlog, the form, lists. And commands
# in a pipe.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-full -o "$TMPDIR/old.bin"
"$B/make-image" --build 8.5.0-full -o "$TMPDIR/new.bin"
sim_start --boot-image "$TMPDIR/old.bin" --speed 0 --power off
# All that comes goes into a file, too, byte by byte.
tm_start 110 50 "TERM=dumb script -qfc '$B/tasmite --plain $DEV' '$TMPDIR/typed'"
see '/help lists all'
# What was said since the last look.
said_from=0
said() {
	wait_for "${2:-15}" said_now "$1" || bad "not said: $1"
}
said_now() {
	tail -c "+$((said_from + 1))" "$TMPDIR/typed" | tr -d '\r' | grep -qE -- "$1"
}
say() {
	said_from=$(wc -c <"$TMPDIR/typed")
	tm_line "$1"
}

begin lines__tell__what_the_device_panel_has
hand "power on"
said 'Project sonoff'
said '^tasmite: Firmware: good, .*6\.1\.1'
say 'SSID1 nowhere'
said '"SSId1":"nowhere"'
end

begin lines__tell__how_a_backlog_went
say 'Backlog Password1 hunter22x; Module 1'
said '"Module":"1 \(Sonoff Basic\)"'
said '^tasmite: .*(arrived|stored)'
said '^tasmite: Wi-Fi: good, connected' 40
grep -q 'RSL.*hunter22x' "$TMPDIR/typed" && bad "the password is told"
end

begin lines__tell__help_lists_and_questions
say '/help'
said '^  F5 +/flash +write firmware to the device'
said '/set \[NAME \[VALUE\]\] +show or change a setting'
say '/help /flash'
said 'waits for the boot loader'
said '--keep-settings leaves'
say '/device basic'
said '\[3V3\]--\(RX\)'
say '/hex'
said '^tasmite: /hex is for the screen'
say '/nonsense'
said '^tasmite: .*nonsense'
say '/theme'
said 'is for the screen'
say '/port'
said '^tasmite: '
if said_now 'a number chooses'; then say ''; fi
end

begin lines__flash__with_the_question_and_the_result
say "/flash --no-stub $TMPDIR/new.bin" # the stub's machine code is much work for a busy machine
said '^tasmite: Write '
said '^tasmite: .*y .*, n .*\?$'
say 'perhaps'
said '^tasmite: .*y .*, n .*\?$'
say 'y'
said '^tasmite: .*Hold its button'
enter_loader
said '^tasmite: write done' 120
said '^tasmite: .*(written|verified)' 120
said '^tasmite: .*release the button'
boot_normally
said '^tasmite: Firmware: good, .*8\.5\.0' 30
end

begin lines__fill__the_form
say '/setup'
said 'an empty line keeps what is in brackets' 30
said '^tasmite: .*\[.*\].*:$'
say 'attic'
said '^tasmite: .*\[.*\].*:$'
say '.'
said '^tasmite: y .*, n '
said_now 'attic' || bad "the form does not show what will be sent"
say 'n'
said '^tasmite: |^$'
say 'Power 1'
said 'POWER.*ON'
end

begin lines__hold__no_escape_sequence
grep -q "$(printf '\033')" "$TMPDIR/typed" && bad "there is one: $(grep -a "$(printf '\033')" "$TMPDIR/typed" | head -n 1 | od -c | head -n 5)"
end

begin lines__leave__by_quit
say '/quit'
wait_for 10 tm_ended || bad "it did not leave"
[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
tm_stop
end

begin pipe__takes__commands_and_waits_for_each
printf '/chip\n/mark all is done\n/quit\n' >"$TMPDIR/in"
timeout 200 "$B/tasmite" --plain "$DEV" <"$TMPDIR/in" >"$TMPDIR/out" 2>"$TMPDIR/err" &
pid=$!
wait_for 60 grep -qi 'hold .*button' "$TMPDIR/err" || bad "it does not say how: $(tail -n 5 "$TMPDIR/err")"
enter_loader
wait "$pid" || bad "exit code: $(tail -n 5 "$TMPDIR/err" "$TMPDIR/out")"
grep -nE 'identified; nothing|all is done' "$TMPDIR/err" | sed 's/.*\(identified\|all is done\).*/\1/' | tr '\n' ' ' |
	grep -q 'identified all is done ' || bad "the second command did not wait: $(cat "$TMPDIR/err")"
grep -q 'tasmite:' "$TMPDIR/out" && bad "words of the program's own on standard output"
boot_normally
end

# What is found out in pieces is waited for.
begin pipe__waits__for_what_a_file_is
yes tasmota | head -c 60000000 | gzip >"$TMPDIR/large.bin.gz"
printf '/image %s\n' "$TMPDIR/large.bin.gz" |
	timeout 30 "$B/tasmite" --plain --exit-after 0.01 "$DEV" >"$TMPDIR/out" 2>"$TMPDIR/err"
[ $? = 0 ] || bad "exit code"
grep -q '^size: 60000000 bytes' "$TMPDIR/err" || bad "not told: $(cat "$TMPDIR/err")"
end

begin pipe__sends__a_slash_by_two
printf '//x\n' | timeout 30 "$B/tasmite" --plain --exit-after 1 --log-raw="$TMPDIR/s.raw" "$DEV" >"$TMPDIR/out" 2>"$TMPDIR/err"
grep -qa '^[^ ]* *T.*/x\|> /x' "$TMPDIR/s.raw" || "$B/tasmite" replay --plain "$TMPDIR/s.raw" | grep -q '^> /x$' || bad "not sent: $(cat "$TMPDIR/err")"
end

finish
