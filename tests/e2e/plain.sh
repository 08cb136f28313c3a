# SPDX-License-Identifier: GPL-3.0-or-later
# The session without a screen, as scripts use it: lines in and out, what ends it and with which
# code, no escape codes, secrets, a reader that goes away or is slow.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
sim_start --boot-image "$TMPDIR/app.bin" --power on --speed 0

# plain CODE WORDS...: without input; output in $TMPDIR/out and $TMPDIR/err.
plain() {
	local want=$1 got
	shift
	timeout 30 "$B/tasmite" --plain "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
	got=$?
	[ "$got" = "$want" ] || bad "--plain $*: exit code $got, not $want: $(tail -n 3 "$TMPDIR/err")"
}
out() {
	grep -qE -- "$1" "$TMPDIR/out" || bad "not on standard output: $1: $(tail -n 3 "$TMPDIR/out")"
}
err() {
	grep -qE -- "$1" "$TMPDIR/err" || bad "not on standard error: $1: $(cat "$TMPDIR/err")"
}

# It hears nothing before it has booted.
answers() {
	timeout 5 "$B/tasmite" --plain --send Power --until POWER --timeout 1 "$DEV" </dev/null
}
wait_for 20 answers || bad "the device does not answer"

begin plain__waits__until_it_is_seen
plain 0 --send 'Status 5' --until 'STATUS5 = .*"Mac"' --timeout 20 "$DEV"
out '^[0-9:]+ RSL: stat/sonoff/STATUS5 = .*}}$'
[ -s "$TMPDIR/err" ] && bad "something on standard error: $(cat "$TMPDIR/err")"
tail -c 1 "$TMPDIR/out" | od -An -c | grep -q '\\n' || bad "the last line has no end"
end

begin plain__ends_with_1__when_it_is_not_seen
plain 1 --until 'nothing says this' --timeout 0.3 "$DEV"
err 'nothing matched nothing says this within 0.3 s'
plain 1 --until 'nothing says this' --exit-after 0.3 "$DEV"
end

begin plain__sends__standard_input_line_by_line
printf 'Power 1\r\nPower 0\nStatus 2' |
	timeout 30 "$B/tasmite" --plain --exit-after 1 --stamp=iso "$DEV" >"$TMPDIR/out" 2>"$TMPDIR/err"
[ $? = 0 ] || bad "exit code: $(cat "$TMPDIR/err")"
out '^20[0-9-]{8}T[0-9:.]{12}[+-][0-9:]{5} .*CMD: Power 1$'
out 'RESULT = \{"POWER":"ON"\}'
out 'RESULT = \{"POWER":"OFF"\}'
out 'STATUS2 = ' # a last line without an end is a line
end

begin plain__masks__secrets_everywhere
printf 'Backlog SSID1 home; Password1 hunter22x\n' |
	timeout 30 "$B/tasmite" --plain --exit-after 1.5 --log="$TMPDIR/b.log" --log-raw="$TMPDIR/r.raw" \
		--set log-format=text "$DEV" >"$TMPDIR/out" 2>"$TMPDIR/err"
out '"Password1":"\*+"'
grep -l hunter22x "$TMPDIR/out" "$TMPDIR/err" "$TMPDIR/b.log" "$TMPDIR/r.raw" >"$TMPDIR/who" && bad "in $(cat "$TMPDIR/who")"
grep -q '> Backlog SSID1 home; Password1 \*\*\*' "$TMPDIR/b.log" || bad "not in the text: $(cat "$TMPDIR/b.log")"
grep -qa 'Password1 \*\*\*' "$TMPDIR/r.raw" || bad "not in the raw recording"
[ "$(stat -c %a "$TMPDIR/b.log" "$TMPDIR/r.raw" | sort -u)" = 600 ] || bad "others may read them"
end

begin plain__shows_stand_ins__colours_when_asked
printf '\033[31mred\033[0m \033]0;title\007 bell\a end of it\r\n' >"$TMPDIR/wild"
for color in '' --color=never --color=auto --color --color=always; do
	patient_start "$TMPDIR/wild"
	timeout 30 "$B/tasmite" --plain $color --until 'end of it' --timeout 20 "$PATIENT" >"$TMPDIR/out" 2>&1 </dev/null ||
		bad "not seen with '$color': $(cat "$TMPDIR/out")"
	patient_stop
	if [ "$color" != --color ] && [ "$color" != --color=always ]; then
		grep -q $'\033' "$TMPDIR/out" && bad "an escape code got through"
		out 'red ␛]0;title␇ bell␇ end of it'
	else
		grep -q $'\033\\[0;31mred\033\\[0m' "$TMPDIR/out" || bad "no colours: $(od -c "$TMPDIR/out" | head)"
		grep -q $'\033]' "$TMPDIR/out" && bad "more than colours got through"
	fi
done
end

begin plain__tells__what_color_wants
"$B/tasmite" --plain --color=sometimes /dev/null >"$TMPDIR/out" 2>"$TMPDIR/err" && bad "taken"
err 'wants always, never or auto, not sometimes'
end

begin plain__tells__what_is_wrong_with_the_port
plain 4 /dev/no-such-port
err 'no such port'
# Unless it is to be waited for.
(
	wait_for 10 grep -qs 'is waited for' "$TMPDIR/err"
	ln -s "$(readlink -f "$DEV")" "$TMPDIR/later"
) &
plain 0 --wait --send 'Status 5' --until 'STATUS5 =' --timeout 20 "$TMPDIR/later"
err 'no such port.*is waited for'
[ "$(grep -c 'waited for' "$TMPDIR/err")" = 1 ] || bad "told again and again: $(cat "$TMPDIR/err")"
wait $!
plain 2 --until 'no(' "$DEV"
err 'parenthesis'
plain 2 --timeout 5 "$DEV"
err '--timeout needs --until'
timeout 10 "$B/tasmite" --send x "$DEV" >"$TMPDIR/out" 2>"$TMPDIR/err"
[ $? = 2 ] || bad "--send without --plain is not refused"
end

begin plain__ends_quietly__when_its_reader_goes
(
	timeout 30 "$B/tasmite" --plain --send 'Status 0' "$DEV" 2>"$TMPDIR/err" </dev/null
	echo $? >"$TMPDIR/rc"
) | head -n 1 >"$TMPDIR/out"
wait_for 10 test -s "$TMPDIR/rc" || bad "it goes on"
[ "$(cat "$TMPDIR/rc")" = 0 ] || bad "exit code $(cat "$TMPDIR/rc")"
[ -s "$TMPDIR/err" ] && bad "not quietly: $(cat "$TMPDIR/err")"
end

begin plain__ends_with_5__when_interrupted
wait_for 20 answers || bad "the device does not answer"
"$B/tasmite" --plain --log="$TMPDIR/int.log" --send 'Status 1' "$DEV" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
pid=$!
wait_for 10 grep -q STATUS1 "$TMPDIR/out" || bad "no answer"
kill -INT $pid
wait $pid
[ $? = 5 ] || bad "not 5"
grep -q STATUS1 "$TMPDIR/int.log" || bad "the recording is not whole"
end

begin plain__waits__for_a_slow_reader
python3 -c '
import sys
for i in range(200000): sys.stdout.write("line %06d of many, more than any pipe takes at once\r\n" % i)' >"$TMPDIR/many"
mkfifo "$TMPDIR/slow"
patient_start "$TMPDIR/many"
timeout 60 "$B/tasmite" --plain --until 'line 199999' --timeout 50 "$PATIENT" >"$TMPDIR/slow" 2>"$TMPDIR/err" </dev/null &
pid=$!
exec 7<"$TMPDIR/slow"
head -c 1000 <&7 >"$TMPDIR/first"
sleep 0.5 # that is the slow reader
cat <&7 >"$TMPDIR/rest"
wait $pid || bad "ended with $?: $(cat "$TMPDIR/err")"
patient_stop
exec 7<&-
cat "$TMPDIR/first" "$TMPDIR/rest" | grep '^line' | cmp -s - <(tr -d '\r' <"$TMPDIR/many") ||
	bad "not all came through: $(cat "$TMPDIR/first" "$TMPDIR/rest" | wc -l)"
end

begin plain__ends_with_4__when_the_port_goes
"$B/tasmite" --plain --send 'Status 1' "$DEV" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
pid=$!
wait_for 10 grep -q STATUS1 "$TMPDIR/out" || bad "no answer"
sim_stop
wait $pid
[ $? = 4 ] || bad "not 4"
err 'the port went away'
end
finish
