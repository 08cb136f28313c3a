# SPDX-License-Identifier: GPL-3.0-or-later
# `tasmite send`: commands and scripts to the console without a screen: exit codes, answers, what is
# sent again, refused, asked for; no secret anywhere.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
mkdir -p "$XDG_CONFIG_HOME/tasmite"
"$B/make-image" --build 8.5.0-full -o "$TMPDIR/app.bin"
sim_start --boot-image "$TMPDIR/app.bin" --power on --speed 0

# send CODE WORDS...: without input; output in $TMPDIR/out and $TMPDIR/err
send() {
	local want=$1 got
	shift
	timeout 60 "$B/tasmite" send --port "$DEV" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
	got=$?
	[ "$got" = "$want" ] || bad "send $*: exit code $got, not $want: $(tail -n 3 "$TMPDIR/err")"
}
out() {
	grep -qE -- "$1" "$TMPDIR/out" || bad "not on standard output: $1: $(tail -n 3 "$TMPDIR/out")"
}
err() {
	grep -qE -- "$1" "$TMPDIR/err" || bad "not on standard error: $1: $(cat "$TMPDIR/err")"
}
# json EXPRESSION: standard output is one JSON value d, of which that is true.
json() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$TMPDIR/out" "$1" 2>/dev/null || bad "JSON: not so: $1: $(cat "$TMPDIR/out")"
}
no_secret() {
	grep -qF hunter22x "$TMPDIR/out" "$TMPDIR/err" && bad "the secret is in the output"
}

# It hears nothing before it has booted.
answers() {
	timeout 5 "$B/tasmite" --plain --send Power --until POWER --timeout 1 "$DEV" </dev/null
}
wait_for 20 answers || bad "the device does not answer"

begin send__prints__each_answer
send 0 "Power1 on" "Status 2" "Mem1 hello"
[ "$(sed -n 1p "$TMPDIR/out")" = '{"POWER":"ON"}' ] || bad "first: $(head -n 1 "$TMPDIR/out")"
out '^\{"StatusFWR":\{"Version":"8\.5\.0'
[ "$(tail -n 1 "$TMPDIR/out")" = '{"Mem1":"hello"}' ] || bad "last: $(tail -n 1 "$TMPDIR/out")"
err 'send: all 3 commands have arrived'
send 0 "Status 0" # many lines answer it: all of them are waited for
out StatusPRM
out StatusSTS
[ -s "$TMPDIR/err" ] && bad "words for one command that arrived: $(cat "$TMPDIR/err")"
end

begin send__masks__secrets
send 0 --json 'Backlog SSID1 home; Password1 hunter22x; Mem2 x'
json 'd["result"] == "done" and d["exit_code"] == 0'
json '[c["state"] for c in d["commands"]] == ["stored"] * 3 or d["commands"]'
json '"Password1 *********" in [c["command"] for c in d["commands"]]'
json 'any(a.get("Mem2") == "x" for a in d["answers"])'
no_secret
wait_for 20 answers || bad "no restart" # for the network
end

begin send__refuses__what_is_no_command
send 2 Power on
err "'on' is no command: a command and its value are one word"
send 2 'Backlog Password1 ab;cdefgh'
err 'behind the ; is no command'
send 2
send 1 missing.txt
err missing.txt
send 4 --port "$TMPDIR/no-such-port" Power
timeout 20 "$B/tasmite" send Power </dev/null >"$TMPDIR/out" 2>"$TMPDIR/err"
[ $? = 2 ] || bad "without a port: $?"
err 'which port'
end

begin send__tells__what_failed__and_stops_there
send 1 "Mem1 one" "NoSuchThing 1" "Mem2 two"
err 'send: 1 of 3 commands have arrived.*, what follows was not sent:' # it may restart meanwhile
err 'NoSuchThing 1: unknown to this firmware'
err 'Mem2 two: not sent'
grep -q Mem2 "$TMPDIR/out" && bad "it did not stop"
send 1 --keep-going --json "Mem1 one" "NoSuchThing 1" "Mem2 two"
json '[c["state"] for c in d["commands"]] == ["stored", "unknown", "stored"]'
send 1 --quiet "NoSuchThing 1"
[ -s "$TMPDIR/out" ] || [ -s "$TMPDIR/err" ] && bad "words in spite of --quiet"
end

begin send__asks__the_version__before_a_doubtful_value
send 0 'FriendlyName1 1 lamp' # 1 at the start is the default up to 6.1.1 only
send 2 'FriendlyName1 1'
err 'FriendlyName1: the value 1 means'
err 'needs --yes'
send 1 --yes 'FriendlyName1 1'
end

begin script__takes__values
cat >"$TMPDIR/lamp.txt" <<'END'
# a lamp
Mem1 ${NAME}
Password1 ${WIFI_KEY}
delay 200ms
wait 20s no such text # comments behind are text
END
send 2 "$TMPDIR/lamp.txt"
err 'the script wants values: NAME \(line 2\), WIFI_KEY \(line 3\)'
sed -i '$d' "$TMPDIR/lamp.txt"
printf 'values { NAME = "of the file" }\nprofile lamp { port = "%s"\n values { NAME = "of the profile" } }\n' "$DEV" \
	>"$XDG_CONFIG_HOME/tasmite/config"
WIFI_KEY=hunter22x send 0 "$TMPDIR/lamp.txt"
out '"Mem1":"of the file"'
no_secret
WIFI_KEY=hunter22x send 0 --port lamp "$TMPDIR/lamp.txt"
out '"Mem1":"of the profile"'
WIFI_KEY=hunter22x timeout 60 "$B/tasmite" send --port lamp - <"$TMPDIR/lamp.txt" >"$TMPDIR/out" 2>&1 ||
	bad "from standard input: $(cat "$TMPDIR/out")"
rm "$XDG_CONFIG_HOME/tasmite/config"
end

begin script__asks__for_a_secret_without_showing_it
sed -i /NAME/d "$TMPDIR/lamp.txt"
tm_start 100 24 "$B/tasmite send --port $DEV $TMPDIR/lamp.txt"
see 'WIFI_KEY \(line 2\):'
tm_line hunter22x
wait_for 20 tm_ended || bad "it did not end"
[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
tm_shows hunter && bad "it is shown"
tm_stop
# Ctrl-C there sends nothing, and the terminal shows again what is typed.
tm_start 100 24 "$B/tasmite send --port $DEV $TMPDIR/lamp.txt"
see 'WIFI_KEY \(line 2\):'
tm_keys C-c
wait_for 20 tm_ended || bad "Ctrl-C does not end it"
[ "$(tm_code)" = 5 ] || bad "exit code $(tm_code)"
tm_stop
end

begin send__is_interrupted
printf 'Mem1 a\nwait 10m never said\nMem2 b\n' >"$TMPDIR/wait.txt"
"$B/tasmite" send --port "$DEV" "$TMPDIR/wait.txt" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
pid=$!
wait_for 20 grep -q '"Mem1":"a"' "$TMPDIR/out" || bad "not begun"
kill -INT $pid
wait $pid
[ $? = 5 ] || bad "exit code"
err 'Mem2 b: not sent'
end
sim_stop

begin send__makes_up_for__lost_bytes
sim_start --boot-image "$TMPDIR/app.bin" --power on --speed 0 --seed 5
wait_for 20 answers || bad "the device does not answer"
hand "fault drop:1/60"
set --
for i in 1 2 3 4 5; do
	set -- "$@" "Mem$i number $i" "Var$i variable $i"
done
send 0 --json "$@"
json 'd["retries"] > 0 and all(c["state"] in ("stored", "answered") for c in d["commands"])'
hand "fault clear"
end

begin send__ends_with_3__where_nobody_answers
hand "power off"
send 3 --timeout 2 Power
err 'the console says nothing'
end
finish
