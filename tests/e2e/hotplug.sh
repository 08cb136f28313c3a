# SPDX-License-Identifier: GPL-3.0-or-later
# The adapter is pulled and put back while the session idles, is typed into, is flooded, waits for
# the boot loader, erases, writes; every other time it comes back under another name. CYCLES of each
# (3); with CYCLES=50 this is the full show. Prints how long the way back took.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
CYCLES=${CYCLES:-3}
SETTLE=20
CAPTURE=$TMPDIR/rec.log
FLOOD=$TMPDIR/flood
least=0
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
"$B/make-image" --build 8.5.0-minimal -o "$TMPDIR/new.bin"
name=ttyUSB0
cycles_done=0
: >"$TMPDIR/ways"

# device ARGS...: a new one, and the session on it
device() {
	tm_stop
	sim_stop
	rm -rf "$ADAPTERS" "$TMPDIR/flash.bin" "$XDG_STATE_HOME" "$CAPTURE"
	name=ttyUSB0
	adapter_start --usb 0403:6001:A50285BI --boot-image "$TMPDIR/app.bin" "$@"
	wait_for 5 grep -q 'mode app' "$TMPDIR/trace"
}
session() {
	tm_start 120 60 env $(shim_env "$B/tasmite") "$B/tasmite" "$@" ttyUSB0
	see 'ttyUSB0 is open'
	pid=$(basename "$(ls -d "$ADAPTERS"/open/*)" | cut -d . -f 2)
}
traced() {
	traced_since "$1" | grep -qE "^$2"
}
last_back() {
	tm_text | grep 'back again after [0-9.]* s' | tail -n 1
}
is_back() {
	local last
	last=$(last_back)
	[ -n "$last" ] && [ "$last" != "$back_before" ] && tm_shows "● ${name} "
}
nobody_has_it() {
	[ -z "$(ls "$ADAPTERS/open")" ]
}
cpu_ticks() {
	sed 's/.*) //' "/proc/$pid/stat" | awk '{print $12 + $13}'
}
# A second away costs nothing. The screen has been drawn by then.
costs_nothing() {
	local before after
	sleep 0.2
	before=$(cpu_ticks)
	sleep 1
	after=$(cpu_ticks)
	[ $((after - before)) -le 1 ] || bad "$((after - before)) ticks of CPU in a second away"
}
pull() {
	back_before=$(last_back)
	adapter_unplug
	wait_for 5 nobody_has_it || bad "the lost port is held open"
	see '○ .*waiting' 5
	[ "$1" != 1 ] || costs_nothing
}
# put_back CYCLE: from when the node can be used to its being open, by the device's clock
put_back() {
	local mark way
	mark=$(trace_lines)
	if [ $(($1 % 2)) = 1 ]; then
		[ "$name" = ttyUSB0 ] && name=ttyUSB$((1 + $1 % 3)) || name=ttyUSB0
	fi
	adapter_plug "$name" "$SETTLE"
	wait_for 5 traced "$mark" 'host opens' || bad "cycle $1: not opened again as $name"
	wait_for 5 is_back || bad "cycle $1: it does not say that it is back as $name"
	tm_ended && bad "cycle $1: the program has ended with $(tm_code)"
	way=$(tail -n "+$((mark + 1))" "$TMPDIR/trace" | awk -v settle="$SETTLE" '
		/ plugged in$/ {at = $1}
		/ host opens$/ {printf "%d\n", ($1 - at) * 1000 - settle; exit}')
	echo "$way" >>"$TMPDIR/ways"
	[ "$way" -lt 200 ] || bad "cycle $1: back after $way ms"
	cycles_done=$((cycles_done + 1))
}
# A device that has just got its power hears nothing yet.
answers() {
	tm_line 'Status 2'
	wait_for 1 tm_shows STATUS2
}
lives() {
	wait_for 10 answers || bad "no answer to a command"
}
left_cleanly() {
	tm_keys F10
	wait_for 5 tm_ended || bad "F10 did not leave"
	[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
}

# ---- idle and typing ---------------------------------------------------------------------------
device
session
begin hotplug__idle
for ((i = 1; i <= CYCLES; i++)); do
	pull "$i"
	put_back "$i"
done
see '● .* 115200 8N1' 10
lives
end

begin hotplug__while_typing
tm_type 'Backlog '
for ((i = 1; i <= CYCLES; i++)); do
	tm_type 'ab'
	pull "$i"
	tm_type 'cd'
	put_back "$i"
	tm_type 'e '
done
want=$((CYCLES < 12 ? CYCLES : 12))
typed_words() {
	tm_text | grep '❯' | tail -n 1 | grep -o 'abcde' | wc -l
}
all_typed() {
	[ "$(typed_words)" -ge "$want" ]
}
wait_for 5 all_typed || bad "$(typed_words) of $CYCLES words of the typed line are there"
tm_keys C-c
lives
left_cleanly
end

# ---- a flood -----------------------------------------------------------------------------------
# Of what the device sent the recording has all up to some byte; the wire lost the rest.
flood_py() {
	python3 - "$@" <<'PY'
import sys

def flood(cycle):
    return b"".join(b"MQT: tele/sonoff/STATE = {\"cycle\":%d,\"n\":%d,\"heap\":%d}\r\n" %
                    (cycle, n, n * 7919 % 30000) for n in range(30000))

if sys.argv[1] == "make":
    open(sys.argv[2], "wb").write(flood(int(sys.argv[3])))
    sys.exit()
capture, cycles = open(sys.argv[2], "rb").read(), int(sys.argv[3])
starts = [capture.find(flood(i)[:40]) for i in range(1, cycles + 1)] + [len(capture)]
least = 1 << 30
for i in range(cycles):
    part, sent = capture[starts[i]:starts[i + 1]], flood(i + 1)
    n = 0
    while n < len(part) and part[n] == sent[n]:
        n += 1
    # Behind it: the end of the line, and the boot loader's banner (twice) at a rate of its own.
    if starts[i] < 0 or len(part) - n > 600:
        sys.exit("cycle %d: %d bytes are as they were sent, %d are not" % (i + 1, n, len(part) - n))
    least = min(least, n)
print(least)
PY
}
begin hotplug__in_a_flood
device
session --baud 3000000 --log="$CAPTURE"
hand "button down" # the boot loader is silent once its banner is over
for ((i = 1; i <= CYCLES; i++)); do
	adapter_unplug
	wait_for 5 nobody_has_it || bad "held open"
	back_before=$(last_back)
	mark=$(trace_lines)
	adapter_plug "$name"
	wait_for 5 is_back || bad "cycle $i: not back before the flood"
	wait_for 5 traced "$mark" 'mode rom-autobaud' || bad "cycle $i: not in the boot loader"
	flood_py make "$FLOOD" "$i"
	hand "baud 3000000"
	hand "emit $FLOOD"
	see "\"cycle\":$i,\"n\":[1-9][0-9]{3}" || bad "cycle $i: nothing flows"
	pull "$i"
	put_back "$i"
done
hand "button up"
left_cleanly
least=$(flood_py check "$CAPTURE" "$CYCLES" 2>"$TMPDIR/least") || bad "the recording: $(cat "$TMPDIR/least")"
end

# ---- flashing ----------------------------------------------------------------------------------
begin hotplug__waiting_for_the_loader
device --lines off --speed 0
session
tm_line "/flash $TMPDIR/new.bin --yes"
see '▶ connect'
for ((i = 1; i <= CYCLES; i++)); do
	pull "$i"
	see 'the port is away'
	[ "$i" = "$CYCLES" ] && hand "button down"
	put_back "$i"
	tm_shows '✘ connect' && bad "cycle $i: it gave up"
done
# by the stub, or by the ROM: where time is skipped, a change of the rate may miss its moment
see 'written in .*(and verified|checked by)' 60
cmp -n "$(stat -c %s "$TMPDIR/new.bin")" "$TMPDIR/new.bin" "$TMPDIR/flash.bin" || bad "the flash differs"
hand "button up"
left_cleanly
end

# flash_cycles STAGE WORDS OPTION: it fails, says so, and the next one starts over; the last one is left alone
flash_cycles() {
	for ((i = 1; i <= CYCLES; i++)); do
		tm_line '/clear'
		tm_line "/flash $TMPDIR/new.bin --yes $3"
		see "▶ $1" 20
		pull "$i"
		see "✘ $1"
		see "$2"
		put_back "$i"
	done
	tm_line '/clear'
	tm_line "/flash $TMPDIR/new.bin --no-stub --yes"
	see 'written in .*(and verified|checked by)' 90
	cmp -n "$(stat -c %s "$TMPDIR/new.bin")" "$TMPDIR/new.bin" "$TMPDIR/flash.bin" || bad "the flash differs"
	see '8\.5\.0\(' 15
	left_cleanly
}
begin hotplug__erasing
device --sector-ms 12 --block-ms 150
session
flash_cycles erase 'went away|lost' --no-stub # the stub erases while it writes
end

begin hotplug__writing
device --sector-ms 1 --block-ms 5 --page-ms 0.1
session
flash_cycles write 'went away|lost' --full
end

sort -n "$TMPDIR/ways" | awk -v least="$least" '{a[NR] = $1}
	END {printf "%d ways back: %d ms at the middle, %d ms at the longest; a flood was recorded for %d bytes at least\n",
		NR, a[int((NR + 1) / 2)], a[NR], least}'
finish
