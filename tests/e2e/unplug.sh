# SPDX-License-Identifier: GPL-3.0-or-later
# The adapter is pulled in the middle of each kind of work (hotplug.sh does it between them) and put
# back at once or later, under another name each time: what is told, what goes on, what is done again;
# and nothing is ever done to another adapter that has taken the name meanwhile. UNPLUGS=all: in each
# stage of each work with the flash, some minutes; else in a few.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_unplug.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-minimal --size 128K -o "$TMPDIR/app.bin"
"$B/make-image" --build 8.5.0-minimal --size 128K -o "$TMPDIR/new.bin"
"$B/make-image" --build 6.1.1-full -o "$TMPDIR/long.bin"
"$B/make-image" --chip esp32c3 --kind factory -o "$TMPDIR/c3.bin" >/dev/null
stages=

# device ARGS...: a new one, and the session on it
device() {
	tm_stop
	sim_stop
	rm -rf "$ADAPTERS" "$TMPDIR/flash.bin" "$XDG_STATE_HOME" "$TMPDIR"/{copy,first,rescue-backup}*
	mkdir -p "$XDG_STATE_HOME/tasmite" && chmod 700 "$XDG_STATE_HOME/tasmite" && echo 99 >"$XDG_STATE_HOME/tasmite/tips"
	name=ttyUSB0
	adapter_start --usb 0403:6001:A50285BI "$@"
	tm_start 160 60 "cd $TMPDIR && env $(shim_env "$B/tasmite") $B/tasmite ttyUSB0"
	see 'ttyUSB0 is open'
}
failed_at() {
	tm_text | grep -oE '✘ (connect|identify|stub|backup|compare|erase|write|checked|verify)' | head -n 1 | cut -c 5-
}
same_flash() {
	cmp -s -n "$(stat -c %s "$1")" "$1" "$TMPDIR/flash.bin"
}
# An empty screen: what is seen next is of this try.
no_result() {
	tm_line '/cancel'
	tm_line '/clear'
	wait_for 1 tm_hides 'written in|copied to|erased in|failed:|cancelled in|connect|went away|goes on when'
}
fresh() {
	wait_for 15 no_result || bad "the last result stays"
}
# pull_at BYTE COMMAND DONE: it is pulled when so many bytes were sent, and what comes of it. 1: it was
# done before.
pull_at() {
	fresh
	hand "fault unplug@BYTE:$1"
	tm_line "$2"
	# Until the loader has answered nothing can be lost: it waits for the port and goes on.
	see "$3|failed: |the port is away: it goes on" 60
	hand "fault clear"
	if tm_shows "$3"; then
		return 1
	fi
	pulled=$((pulled + 1))
	if tm_shows 'it goes on when it is back'; then
		stages="$stages connect"
		put_back
		see "$3" 60
		return 0
	fi
	see 'failed: .*(went away|lost)' 1
	see 'Next: ' 1
	stages="$stages $(failed_at)"
	put_back
}
# pulls COMMAND DONE BYTE...: at each, then once without
pulls() {
	local command=$1 done=$2 n
	shift 2
	stages=
	for n in "$@"; do
		pull_at "$n" "$command" "$done" || break
	done
	fresh
	tm_line "$command"
	see "$done" 60
}
# went_through STAGE...: it was pulled in each of them
went_through() {
	local s
	for s in "$@"; do
		case " $stages " in *" $s "*) ;; *) bad "never pulled while it is at '$s', but at:$stages" ;; esac
	done
}
# pull_on FAULT STAGE COMMAND [WHEN]: it is pulled when that fault strikes, which is in that stage; the
# fault waits for it from the beginning, or from when WHEN is seen
pull_on() {
	fresh
	[ -n "${4:-}" ] || hand "fault unplug@$1"
	tm_line "$3"
	if [ -n "${4:-}" ]; then
		see "$4" 60
		hand "fault unplug@$1"
	fi
	see 'failed: |written in|holds this file|erased in|goes on when' 90
	hand "fault clear"
	pulled=$((pulled + 1))
	see "✘ $2" 1
	see 'failed: .*(went away|lost)' 1
	see 'Next: ' 1
	stages="$stages $2"
	put_back
}
# pull_at_start COMMAND: it is pulled when all is done but the start of the application: that is no failure
pull_at_start() {
	fresh
	tm_line "$1"
	see '▶ write' 60
	hand "fault unplug@EN:1"
	see 'written in .*(and verified|checked)|failed: ' 90
	hand "fault clear"
	pulled=$((pulled + 1))
	tm_shows 'failed: ' && bad "what was done is called failed"
	stages="$stages run"
	put_back
}
answers() {
	tm_line 'Status 2'
	wait_for 1 tm_shows STATUS2
}
left_cleanly() {
	tm_keys F10
	wait_for 5 tm_ended || bad "F10 did not leave"
	[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
}
if [ "${UNPLUGS:-}" = all ]; then
	rom_places="40 300 3000 20000 40000 60000"
	esp32_places="400 1000 3000 8000 20000 100000 40"
	places="20 100 200 300 400 600 900 1200 1500 2000 3000 4500 6000 8000 10000 13000 16000 20000 25000 30000 40000 50000 60000"
else
	places="1500 30000"
fi

begin unplug__flash__every_stage_of_the_stub
device --boot-image "$TMPDIR/app.bin"
pulls "/flash $TMPDIR/new.bin --yes --full" 'written in .*(and verified|checked)' $places
same_flash "$TMPDIR/new.bin" || bad "the flash differs"
echo "# stub: pulled at:$stages"
went_through stub write
end

begin unplug__flash__comparing_ending_and_starting
stages=
pull_on REQUEST:0x48 compare "/flash $TMPDIR/long.bin --yes"
pull_on REQUEST:0x4B write "/flash $TMPDIR/long.bin --yes --full"
pull_at_start "/flash $TMPDIR/long.bin --yes --full"
same_flash "$TMPDIR/long.bin" || bad "the flash differs"
wait_for 20 answers || bad "what was written does not run"
end

begin unplug__verify__says_nothing_of_the_flash
pull_on REQUEST:0x47 verify "/verify $TMPDIR/long.bin"
tm_shows 'holds this file|differ' && bad "a result is told"
fresh
tm_line "/verify $TMPDIR/long.bin"
see 'the flash holds this file' 30
end

begin unplug__erase__can_be_done_again
pull_on REQUEST:0x4D erase "/erase 0x10000 0x8000 --yes"
fresh
tm_line "/erase 0x10000 0x8000 --yes"
see 'erased in' 60
[ "$(tail -c +65537 "$TMPDIR/flash.bin" | head -c 32768 | tr -d '\377' | wc -c)" = 0 ] || bad "not erased"
end

if [ "${UNPLUGS:-}" = all ]; then
# What is written is proven as it is read back; where that is not to be trusted, it is asked for again.
begin unplug__flash__every_request_of_the_stub
stages=
for step in 05=stub 07=stub 06=stub 49=write 52=write 4A=write 4B=write; do
	pull_on "REQUEST:0x${step%=*}" "${step#*=}" "/flash $TMPDIR/new.bin --yes --full"
done
hand "fault read-mhz:40"
pull_on REQUEST:0x47 verify "/flash $TMPDIR/new.bin --yes --full" '▶ write'
end

begin unplug__flash__every_stage_of_the_rom
pulls "/flash $TMPDIR/app.bin --yes --no-stub" 'written in .*(and verified|checked)' $rom_places
same_flash "$TMPDIR/app.bin" || bad "the flash differs"
echo "# ROM: pulled at:$stages"
went_through write
pull_on REQUEST:0x03 checked "/flash $TMPDIR/app.bin --yes --no-stub" '▶ checked'
pull_at_start "/flash $TMPDIR/app.bin --yes --no-stub"
same_flash "$TMPDIR/app.bin" || bad "the flash differs"
end
fi

# What the chip says tells when it is read, compared, erased, checked: by the panel then.
# pull_in STAGE COMMAND
pull_in() {
	fresh
	# It may be over before it is seen.
	for _ in 1 2 3 4 5; do
		tm_line "$2"
		see "▶ $1|holds this file|copied to|erased in" 60
		tm_shows "▶ $1" && break
		fresh
		rm -f "$TMPDIR"/{copy,first}*
	done
	pull
	see "✘ $1" 10
	see 'failed: .*(went away|lost)' 1
	see 'Next: ' 1
	stages="$stages $1"
	put_back
}

begin unplug__backup__leaves_no_whole_copy
stages=
pull_in backup "/backup $TMPDIR/copy.bin"
[ -e "$TMPDIR/copy.bin" ] && bad "part of a copy has the name of a whole one"
fresh
tm_line "/backup $TMPDIR/copy.bin 0 64k"
see 'the flash is copied to' 30
cmp -s -n 65536 "$TMPDIR/copy.bin" "$TMPDIR/flash.bin" || bad "the copy differs"
end

begin unplug__backup__before_a_flash__writes_nothing
cp "$TMPDIR/flash.bin" "$TMPDIR/before.bin"
pull_in backup "/flash $TMPDIR/new.bin --yes --backup $TMPDIR/first.bin"
see 'Nothing on the device was changed' 1
cmp -s "$TMPDIR/before.bin" "$TMPDIR/flash.bin" || bad "the flash was touched"
[ -e "$TMPDIR/first.bin" ] && bad "part of a copy has the name of a whole one"
end

left_cleanly

if [ "${UNPLUGS:-}" = all ]; then
begin unplug__erase__in_the_middle__can_be_done_again
device --boot-image "$TMPDIR/long.bin" --sector-ms 60
stages=
pull_in erase "/erase --yes"
fresh
tm_line "/erase --yes"
see 'erased in' 60
[ "$(tr -d '\377' <"$TMPDIR/flash.bin" | wc -c)" = 0 ] || bad "not erased"
end
left_cleanly

begin unplug__esp32__every_stage
device --chip esp32c3
pulls "/flash $TMPDIR/c3.bin --yes --full" 'written in .*(and verified|checked)' $esp32_places
# The application that was started may have written into its first sectors.
cmp -s -i 65536 -n $(($(stat -c %s "$TMPDIR/c3.bin") - 65536)) "$TMPDIR/c3.bin" "$TMPDIR/flash.bin" ||
	bad "the flash differs"
echo "# ESP32-C3: pulled at:$stages"
went_through write
pull_on REQUEST:0x13 compare "/flash $TMPDIR/c3.bin --yes"
# The first that is asked for is of the first chunk: whether writing works as it is done.
pull_on REQUEST:0x13 write "/flash $TMPDIR/c3.bin --yes --full" '▶ write'
pull_on REQUEST:0x13,after=1 verify "/flash $TMPDIR/c3.bin --yes --full" '▶ write'
pull_at_start "/flash $TMPDIR/c3.bin --yes --full"
end
left_cleanly
fi

# ---- commands ----------------------------------------------------------------------------------
for i in $(seq 12); do
	echo "Mem$((i % 5 + 1)) number $i"
done >"$TMPDIR/script.txt"
# arrives_later COMMAND COUNT: it is pulled when some have arrived; the rest is sent on the user's word
arrives_later() {
	tm_line '/clear'
	tm_line "$1"
	see 'CMD: Mem2 number 1|RESULT = .*Mem2' 15
	pull
	see "[0-9]+ of $2 commands have arrived" 10
	see 'not sent|never answered' 1
	see 'sends them again when the port is back' 1
	put_back
	wait_for 20 answers || bad "no answer after it is back"
	tm_line '/send --again'
	see "all $2 commands have arrived" 60
}
begin unplug__script__goes_on_when_told
device --boot-image "$TMPDIR/long.bin" --power on
wait_for 20 answers || bad "no answer"
arrives_later "/send $TMPDIR/script.txt" 12
end

begin unplug__backlog__goes_on_when_told
arrives_later "Backlog Mem2 number 1; Mem3 some more words to make it long; Mem4 and more of them here; Mem5 yet more; Mem1 the end" 5
end

begin unplug__setup__keeps_what_was_entered
tm_line '/clear'
tm_line '/setup'
see 'Set-up: what the device has now' 20
tm_type 'my net'
see 'SSId1 my net|SSID1 my net'
pull
wait_for 5 nobody_has_it || bad "the lost port is held open"
tm_type 'work'
see 'my network'
tm_keys Enter
see 'port is away|no port|not open|waiting' 5
see 'my network' 1
put_back
wait_for 5 tm_shows 'my network' || bad "what was entered is lost"
# The device needs a moment after its power: told when it can't be sent, and tried again.
sent() {
	tm_keys Enter
	wait_for 15 tm_shows 'set-up: (all [0-9]+ commands have|the command has) arrived'
}
wait_for 30 sent || bad "not sent"
end

begin unplug__rescue__asks_the_same_step_again
left_cleanly
device --boot-image "$TMPDIR/long.bin" --power on
see '✘ Wi-Fi +no network is set' 30
tm_line '/rescue'
see 'Rescue, step 1 of' 10
tm_keys s
see 'step 2 of [0-9]: Copy the flash'
tm_keys y
see '▶ backup' 60
pull
see 'rescue: it did not work' 10
compgen -G "$TMPDIR/rescue-backup-*.bin" >/dev/null && bad "part of a copy has the name of a whole one"
put_back
tm_line '/rescue'
see 'step 2 of [0-9]: Copy the flash'
# With the question open.
pull
wait_for 5 nobody_has_it || bad "the lost port is held open"
tm_keys y
see 'port is away' 5
put_back
tm_line '/rescue'
see 'step 2 of [0-9]: Copy the flash'
tm_keys Escape
end

# ---- another adapter takes the name -------------------------------------------------------------
other_pid=
other_begin() {
	"$B/virtual-device" --pty "$TMPDIR/other" --control "$TMPDIR/other.ctl" --flash "$TMPDIR/other.bin" \
		--trace "$TMPDIR/other.trace" --boot-image "$TMPDIR/long.bin" --adapter "$ADAPTERS" \
		--adapter-name "$1" --usb "$2" --lines on --power off >"$TMPDIR/other.out" 2>&1 &
	other_pid=$!
	wait_for 10 test -e "$ADAPTERS/dev/$1" || bad "the other adapter did not come"
	cp "$TMPDIR/other.bin" "$TMPDIR/other.before"
}
other_end() {
	kill "$other_pid" && wait "$other_pid" 2>/dev/null
	cmp -s "$TMPDIR/other.bin" "$TMPDIR/other.before" || bad "the other device's flash was touched"
	grep -q 'host opens' "$TMPDIR/other.trace" && bad "the other adapter was opened"
	rm -f "$TMPDIR"/other*
}
begin unplug__another_adapter__is_left_alone
tm_line '/clear'
pull
wait_for 5 nobody_has_it || bad "the lost port is held open"
other_begin ttyUSB0 10c4:ea60:0099
see 'ttyUSB0 is another adapter now' 10
see '/port ttyUSB0 opens it' 1
tm_line 'Power 1'
see 'port is away|not open|no port|waiting' 5
other_end
put_back
wait_for 20 answers || bad "no answer after it is back"
end

begin unplug__another_adapter__gets_no_flash
device --boot-image "$TMPDIR/app.bin" --lines off
tm_line "/flash $TMPDIR/new.bin --yes"
see '▶ connect'
pull
wait_for 5 nobody_has_it || bad "the lost port is held open"
see 'the port is away: it goes on'
other_begin ttyUSB0 0403:6001:OTHERONE
see 'ttyUSB0 is another adapter now' 10
see 'the port is away: it goes on' 1
other_end
hand "button down"
put_back
see 'written in .*(and verified|checked)' 60
same_flash "$TMPDIR/new.bin" || bad "the flash differs"
hand "button up"
end
left_cleanly
finish
