# SPDX-License-Identifier: GPL-3.0-or-later
# The adapter is pulled in the middle of each kind of work (hotplug.sh does it between them) and put
# back at once or later, under another name each time: what is told, what goes on, what is done again;
# and nothing is ever done to another adapter that has taken the name meanwhile. UNPLUGS=all pulls at
# more places of each work.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-minimal --size 128K -o "$TMPDIR/app.bin"
"$B/make-image" --build 8.5.0-minimal --size 128K -o "$TMPDIR/new.bin"
"$B/make-image" --chip esp32c3 --kind factory -o "$TMPDIR/c3.bin" >/dev/null
name=ttyUSB0
pulled=0
stages=

# device ARGS...: a new one, and the session on it
device() {
	tm_stop
	sim_stop
	rm -rf "$ADAPTERS" "$TMPDIR/flash.bin" "$XDG_STATE_HOME"
	mkdir -p "$XDG_STATE_HOME/tasmite" && chmod 700 "$XDG_STATE_HOME/tasmite" && echo 99 >"$XDG_STATE_HOME/tasmite/tips"
	name=ttyUSB0
	adapter_start --usb 0403:6001:A50285BI "$@"
	tm_start 160 60 "cd $TMPDIR && env $(shim_env "$B/tasmite") $B/tasmite ttyUSB0"
	see 'ttyUSB0 is open'
}
has_it() {
	compgen -G "$ADAPTERS/open/$name.*" >/dev/null
}
nobody_has_it() {
	! has_it
}
is_open() {
	tm_shows "● $name " && has_it
}
pull() {
	adapter_unplug
	pulled=$((pulled + 1))
}
# put_back: under another name; every other time before it is noticed that it was away
put_back() {
	if [ $((pulled % 2)) = 0 ]; then
		wait_for 5 nobody_has_it || bad "the lost port is held open"
		see '○ .*waiting' 5
	fi
	[ "$name" = ttyUSB0 ] && name=ttyUSB$((1 + pulled % 3)) || name=ttyUSB0
	adapter_plug "$name" 20
	wait_for 10 is_open || bad "not opened again as $name"
}
failed_at() {
	tm_text | grep -oE '✘ (connect|identify|stub|backup|compare|erase|write|checked|verify)' | head -n 1 | cut -c 5-
}
same_flash() {
	cmp -s -n "$(stat -c %s "$1")" "$1" "$TMPDIR/flash.bin"
}
# An empty screen: what is seen next is of this try.
fresh() {
	tm_line '/cancel'
	tm_line '/clear'
	gone 'written in|failed:|cancelled in|connect|went away|goes on when' 5
}
# pull_at BYTE COMMAND DONE: it is pulled when so many bytes were sent, and what comes of it. 1: it was
# done before.
pull_at() {
	fresh
	hand "fault unplug@BYTE:$1"
	tm_line "$2"
	# Until the loader has answered nothing can be lost: it waits for the port and goes on.
	see "$3|failed: |the port is away: it goes on" 60
	if tm_shows "$3"; then
		hand "fault clear"
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
left_cleanly() {
	tm_keys F10
	wait_for 5 tm_ended || bad "F10 did not leave"
	[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
}
if [ "${UNPLUGS:-}" = all ]; then
	places="20 100 200 300 400 600 900 1200 1500 2000 3000 4500 6000 8000 10000 13000 16000 20000 25000 30000 40000 50000 60000"
else
	places="40 300 1500 6000 9000 16000 30000"
fi

begin unplug__flash__every_stage_of_the_stub
device --boot-image "$TMPDIR/app.bin"
pulls "/flash $TMPDIR/new.bin --yes --full" 'written in .*(and verified|checked)' $places
same_flash "$TMPDIR/new.bin" || bad "the flash differs"
echo "# stub: pulled at:$stages"
went_through stub write
end

begin unplug__flash__every_stage_of_the_rom
pulls "/flash $TMPDIR/app.bin --yes --no-stub" 'written in .*(and verified|checked)' 40 300 3000 40000
same_flash "$TMPDIR/app.bin" || bad "the flash differs"
echo "# ROM: pulled at:$stages"
end
left_cleanly
finish
