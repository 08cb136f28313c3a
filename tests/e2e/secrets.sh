# SPDX-License-Identifier: GPL-3.0-or-later
# Five secrets are set on devices of three times, which repeat them in every way they have, cut at every
# byte. No four letters in a row of any of them may be on a screen, in a file, or in the process's
# arguments.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config XDG_DATA_HOME=$TMPDIR/data
FILES=$TMPDIR/files # what the user has the program write
SCREENS=$TMPDIR/screens
# None of their letters ends an escape sequence: what goes to the terminal is looked at, too.
secrets=(QxvZwkpTyN jTtYWuscVz fRszNugqEo vkOeTqaySw yniUjxvQwF)
# Each run of four letters: a line a pattern.
for s in "${secrets[@]}"; do
	for ((i = 0; i + 4 <= ${#s}; i++)); do
		printf '%s\n' "${s:i:4}"
	done
done >"$TMPDIR/patterns"
mkdir -p "$FILES" "$SCREENS"
# Commands that write a file, besides those below: as soon as they are there.
writers=(report)

look() { # NAME: what the screen shows now is kept
	tm_text >"$SCREENS/$1"
}
nowhere() { # PLACE...: none of the patterns is there
	local where
	where=$(grep -raFo -f "$TMPDIR/patterns" "$@" 2>/dev/null | sort | uniq -c | head -n 5)
	[ -z "$where" ] || bad "found: $where"
}
# What a device may say of a command: the places, as all firmwares write them.
places() { # NAME VALUE
	local upper=${1^^}
	upper=${upper%%[0-9]*}
	printf '00:00:09 CMD: %s %s\r\n' "$1" "$2"
	printf '00:00:09 CMD: Backlog SSID1 home;%s %s;Module 1\r\n' "$1" "$2"
	printf '00:00:09 RSL: Group 0, Index 1, Command %s, Data %s\n' "$upper" "$2"
	printf '00:00:09 CMD: Group 0, Index 1, Command "%s", Data "%s"\n' "$upper" "$2"
	printf "00:00:09.123 CMD: Grp 0, Cmd '%s', Idx 1, Len 10, Pld -99, Data '%s'\r\n" "$upper" "$2"
	printf '00:00:09 RSL: stat/sonoff/RESULT = {"%s":"%s"}\n' "$1" "$2"
	printf '00:00:09 RSL: RESULT = {"Command":"Error","Input":"%s %s"}\r\n' "$upper" "$2"
	printf '00:00:09 OTA: http://me:%s@10.0.0.1:80/x.bin\r\n' "$2"
}
# Every beginning of each of them, as a device that is reset there says it, and every end, as one whose
# buffer ran over.
cuts() { # FILE
	local line i
	while IFS= read -r line; do
		for ((i = 1; i <= ${#line}; i++)); do
			printf '%s\r\n%s\r\n' "${line:0:i}" "${line:i}"
		done
	done <"$1"
}

for build in 6.1.1-full 8.5.0-full 15.2.0-full; do
	begin "secrets__are_kept_nowhere__$build"
	rm -f "$TMPDIR/flash.bin"
	"$B/make-image" --build "$build" -o "$TMPDIR/app.bin"
	sim_start --boot-image "$TMPDIR/app.bin" --power off --speed 0
	tm_start 120 40 "$B/tasmite" --log="$FILES/$build.log" --debug-log "$FILES/$build.debug" "$DEV"
	tm pipe-pane -t t "cat >>'$SCREENS/$build.raw'"
	see "sonoff is open"
	tm_line "/record raw $FILES/$build.raw"
	see 'raw'
	hand "power on"
	see '✔ Firmware'
	tm_line "SerialLog 3"
	see 'SerialLog'

	# Five ways to set one.
	tm_line "Password1 ${secrets[0]}"
	see '› Password1 \*{10}'
	look "$build.1"
	tm_type "Backlog MqttHost 10.0.0.1; MqttPassword ${secrets[1]}; Topic x"
	see 'MqttPassword •{10}; Topic x'
	look "$build.2"
	tm_keys Enter
	see '› Backlog MqttHost 10.0.0.1;MqttPassword \*{10};Topic x'
	tm_line "/macro F11 WebPassword ${secrets[2]}"
	gone '❯ /macro F11'
	look "$build.3"
	tm_keys F11
	see '› WebPassword \*{10}'
	tm_line "OtaUrl http://me:${secrets[3]}@10.0.0.1/x.bin"
	see '› OtaUrl http://me:\*{10}@'
	tm_keys C-]
	see 'DIRECT'
	tm_line "Password2 ${secrets[4]}"
	tm_keys C-]
	gone 'DIRECT'
	look "$build.4"
	# An error of the late ones repeats all of it; a name with a slip is told, too.
	tm_line "Pasword1 ${secrets[0]}"
	see '› Pasword1 \*+'
	tm_line "MqttPasword ${secrets[1]}"
	see '› MqttPasword \*+'
	see '"Command":"Unknown"'
	look "$build.5"

	# By a script that asks for it, and in the form, which is left without sending.
	printf 'MqttPassword ${KEY}\n' >"$TMPDIR/script.txt"
	tm_line "/send $TMPDIR/script.txt"
	see 'Values for script.txt'
	tm_type "${secrets[1]}"
	see '••••'
	look "$build.6"
	tm_keys Enter
	see 'script.txt: .*arrived' 30
	look "$build.7"
	tm_line "/setup"
	see 'Set-up: what the device has now' 30
	tm_keys Tab
	tm_type "${secrets[0]}"
	see 'Password1 •+'
	look "$build.8"
	tm_keys Escape
	gone 'Set-up: what the device has now'

	# They are set: else nothing could be found. The restart that is due comes now.
	for s in "${secrets[@]}"; do
		wait_for 20 grep -qaF "$s" "$TMPDIR/flash.bin" || bad "the device does not have ${s:0:3}..."
	done
	hand "power off"
	tm_line "/clear"
	gone 'MqttPasword'
	hand "power on"
	see 'Project (sonoff|tasmota)'

	# All that a device says, whole and cut.
	: >"$TMPDIR/said"
	for n in "Password1 0" "MqttPassword 1" "WebPassword 2" "MqttPassword2 3" "Password3 4"; do
		places "${n% *}" "${secrets[${n##* }]}" >>"$TMPDIR/said"
	done
	{
		cat "$TMPDIR/said"
		cuts "$TMPDIR/said"
		printf '\r\n00:00:10 APP: all is said\r\n'
	} >"$TMPDIR/emit"
	hand "emit $TMPDIR/emit"
	see 'all is said' 60
	for i in 1 2 3 4 5 6; do
		tm_keys PPage
		look "$build.p$i"
	done
	tm_keys C-End
	tm_line "/save $FILES/$build.saved --all"
	wait_for 20 grep -q 'all is said' "$FILES/$build.saved" || bad "nothing was saved"
	for more in "${writers[@]}"; do
		grep -q "\"$more\"" include/tasmite/core/cmd.h || continue
		tm_line "/$more $FILES/$build.$more"
		see 's saves it'
		look "$build.$more"
		tm_type s
		wait_for 20 test -s "$FILES/$build.$more" || bad "/$more wrote nothing"
		tm_keys Escape
		gone 's saves it'
	done
	tm_line '/profile --save mine'
	tm_line '/help Password1'
	see 'WiFi key'
	tm_keys Escape
	gone 'WiFi key'
	for i in $(seq 8); do
		tm_keys Up
		look "$build.up$i"
	done
	tm_keys C-c
	tm_keys C-r
	tm_type "assw"
	look "$build.search"
	tm_keys C-c

	pid=$(tm list-panes -t t -F '#{pane_pid}')
	for p in $(ps -o pid= --ppid "$pid") "$pid"; do
		tr '\0' '\n' <"/proc/$p/cmdline" >>"$TMPDIR/args"
	done
	grep -q tasmite "$TMPDIR/args" || bad "these are not the program's arguments"
	tm_keys F10
	wait_for 10 tm_ended || bad "F10 did not leave"
	tm_text >"$SCREENS/$build.end"
	tm_stop
	sim_stop

	for f in "$FILES/$build.log" "$FILES/$build.raw" "$FILES/$build.saved" "$SCREENS/$build.raw" \
		"$TMPDIR/state/tasmite/history"; do
		grep -q 'assword' "$f" || bad "nothing in $f"
	done
	nowhere "$TMPDIR/state" "$TMPDIR/config" "$TMPDIR/data" "$FILES" "$SCREENS" "$TMPDIR/args"
	end
done

# The halves come apart: between them the screen has shown what there was, cut at each byte.
begin "secrets__are_masked__split_over_reads"
sim_start --boot-image "$TMPDIR/app.bin" --power off --speed 0
tm_start 120 40 "$B/tasmite" --log="$FILES/split.log" "$DEV"
tm pipe-pane -t t "cat >>'$SCREENS/split.raw'"
see "sonoff is open"
tm_line "Password1 ${secrets[0]}" # nobody hears it: no restart comes in between
see '› Password1 \*{10}'
hand "power on"
see 'Project tasmota'
line="RSL: RESULT = {\"Password1\":\"${secrets[0]}\"}"
for ((cut = 15; cut <= ${#line}; cut++)); do
	printf '\r\n%s of all: %s' "$cut" "${line:0:cut}" >"$TMPDIR/half"
	hand "emit $TMPDIR/half"
	see "$cut of all: RSL"
	look "split.$cut"
	printf '%s\r\n' "${line:cut}" >"$TMPDIR/half"
	hand "emit $TMPDIR/half"
done
see "${#line} of all: RSL: RESULT = .\"Password1\":\"\*{10}\"}"
tm_keys F10
wait_for 10 tm_ended || bad "F10 did not leave"
tm_stop
sim_stop
[ "$(grep -cE 'of all: RSL: RESULT = ..Password1.:.\*{10}.\}' "$FILES/split.log")" -ge 15 ] ||
	bad "most lines are not there" # the device says other things in between
nowhere "$TMPDIR/state" "$TMPDIR/config" "$FILES" "$SCREENS"
end

begin "secrets__are_shown__to_who_asks_for_it"
sim_start --boot-image "$TMPDIR/app.bin" --power off --speed 0
tm_start 120 40 "$B/tasmite" --show-secrets "$DEV"
see "sonoff is open"
hand "power on"
see 'Project tasmota'
tm_type "Password1 ${secrets[0]}"
see "❯ Password1 ${secrets[0]}"
tm_keys Enter
see "› Password1 ${secrets[0]}"
see "CMD: Password1 ${secrets[0]}"
tm_keys F10
wait_for 10 tm_ended || bad "F10 did not leave"
nowhere "$TMPDIR/state" "$TMPDIR/config"
end
finish
