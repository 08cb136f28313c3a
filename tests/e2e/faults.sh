# SPDX-License-Identifier: GPL-3.0-or-later
# Every fault of the virtual device during a flash, in one and the same session: it lives on, names
# what happened, never calls a flash done that differs from the file, and once the fault is gone
# the same command succeeds.
# Ports: pty; with KINDS=all also adapter rfc2217.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-minimal --size 64K -o "$TMPDIR/old.bin"
"$B/make-image" --build 8.5.0-minimal --size 64K -o "$TMPDIR/new.bin"
# No waiting for wire and flash; but a change of the rate has its moments, and a server's client is
# not quick enough for those where time is skipped.
speed=0
trouble='damaged|no answer|slower|failed:'
if [ "$PORT_KIND" = rfc2217 ]; then
	speed=1
	# Through a server a change of the rate may miss its moment: it is told, and gone through.
	trouble='damaged|failed:'
fi
port_start --boot-image "$TMPDIR/old.bin" --speed "$speed" --seed 7
# Wide, so that the program's own sentences stand on one line.
tm_start 200 50 $TASMITE --baud 74880 "$PORT"
see "$PORT_NAME is open"
# The ROM alone: what the stub does of it is shown in stub.sh and, for all seeds, in the soak test.
tm_line "/set flash-stub off"

same_flash() {
	cmp -s -n "$(stat -c %s "$TMPDIR/new.bin")" "$TMPDIR/new.bin" "$TMPDIR/flash.bin"
}
# An empty screen, so that what is seen next is of this try.
fresh() {
	tm_line '/cancel'
	tm_line '/clear'
	gone 'written in|failed:|cancelled in|connect|again:'
}
start_flash() {
	fresh
	tm_line "/flash $TMPDIR/new.bin --yes"
}
# ended SECONDS: a result is on the screen; it is not called done when it is not.
ended() {
	see 'written in|failed:|cancelled in' "$1"
	if tm_shows 'written in'; then
		same_flash || bad "called done, but the flash differs from the file"
	fi
}
alive() {
	tm_ended && bad "the program has ended"
	tm_type 'still here'
	see '❯ still here'
	tm_keys C-c
	gone 'still here'
}
# The fault is gone: the same command; with "hand" the loader is entered anew.
second_try() {
	hand "fault clear"
	start_flash
	if [ "${1:-}" = hand ]; then
		see '▶ connect'
		enter_loader
	fi
	see 'written in .* checked by the ROM' 20
	tm_shows "$trouble" && bad "the second try had trouble too"
	same_flash || bad "the second try: the flash differs from the file"
}
# The loader, and in the flash something else than the file, so that only writing makes them the same.
spoil() {
	fresh
	enter_loader
	see 'boot mode:\(1,' # not earlier: whose banner was not heard seems to be where it was
	tm_line "/flash $TMPDIR/old.bin --yes --baud 921600"
	see 'written in' 20
	same_flash && bad "the flash was to be different now"
}

for fault in drop:1e-4 flip:1e-4 insert:1e-4; do
	begin "fault__is_told__$fault"
	spoil
	hand "fault $fault"
	start_flash
	ended 30
	# Gone through or given up: told in either case.
	see 'damaged|no answer|out of step|slower' 1
	tm_shows 'failed:' && see 'failed: (blocks arrive damaged|the chip (stopped answering|refused a command))' 1
	alive
	second_try
	end
done

for fault in drop:3e-3 flip:3e-3 insert:3e-3; do
	begin "fault__is_named_and_ends__$fault"
	spoil
	hand "fault $fault,dir=tx,after=4000"
	start_flash
	ended 60
	see 'failed: (blocks arrive damaged|the chip (stopped answering|refused a command))' 1
	see 'Next: the same command again' 1
	# A damaged change of the rate leaves the loader at one that nobody knows: it is told.
	again=
	tm_shows 'the loader still answers' || again=hand
	alive
	second_try $again
	end
done

begin fault__is_gone_through__delay
spoil
hand "fault delay:60"
start_flash
ended 60
see 'written in' 1
alive
second_try
end

begin fault__is_gone_through__answer_lost
spoil
hand "fault answer-lost:0.04"
start_flash
ended 60
see 'no answer' 1
see 'written in' 1
alive
second_try
end

begin fault__is_named__no_answer_any_more
spoil
hand "fault drop:1,dir=rx,after=400"
start_flash
ended 60
see 'failed: the chip stopped answering' 1
see 'Next: ' 1
alive
second_try hand
end

begin fault__is_named__reset_in_the_middle
spoil
hand "fault reset@BYTE:30000"
start_flash
ended 30
see 'write failed: the chip restarted in the middle' 1
see 'New and checked: 0x00000 to' 1
see 'will not start until the flash is written whole' 1
see 'Next: ' 1
alive
second_try hand
end

begin fault__is_named__reset_into_the_application
spoil
hand "button up"
hand "fault reset@BYTE:30000"
start_flash
ended 30
see 'failed: the chip restarted in the middle' 1
alive
second_try hand
end

begin fault__is_named__power_dip_while_erasing
spoil
hand "fault brownout-erase"
start_flash
ended 30
see 'erase failed: the chip restarted in the middle: weak power' 1
see 'Erased \(or partly\)' 1
alive
second_try
end

begin fault__is_named__unplugged
spoil
hand "fault unplug@BYTE:30000"
start_flash
ended 30
see 'failed: the port went away' 1
see 'Next: plug the adapter in' 1
alive
hand "replug"
see 'back again'
second_try hand
end

begin fault__is_named__write_protect
spoil
hand "fault write-protect"
for _ in 1 2; do
	start_flash
	ended 30
	see 'failed: the flash chip is write-protected' 1
	see 'Nothing on the device was changed' 1
done
alive
second_try
end

begin fault__is_named__worn_sector
spoil
hand "fault worn:5"
for _ in 1 2; do
	start_flash
	ended 30
	see 'failed: the flash does not keep what is written' 1
	see 'at 0x04[0-9a-f]{3}' 1
done
alive
second_try
end

begin session__leaves__after_all_that
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
end
finish
