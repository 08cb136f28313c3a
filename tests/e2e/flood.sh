# SPDX-License-Identifier: GPL-3.0-or-later
# A log at 3 Mbaud: all of it is recorded as it was sent, what is typed meanwhile appears, scrolling
# works, and the program leaves cleanly in the middle of the next flood. Times are for `make bench`.
# Ports: pty; with KINDS=all also adapter rfc2217.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
CAPTURE=$TMPDIR/rec.log
FLOOD=$TMPDIR/flood
port_start --speed 1 --power on
tm_start 100 30 $TASMITE --baud 3000000 --log="$CAPTURE" "$PORT"
see "$PORT_NAME is open"
# Of an empty flash the ROM says little, and again and again: the button keeps it silent.
enter_loader
wait_for 5 eval '"$B/virtual-device" --hand "$CTL" -c state | grep -q "\"mode\":\"rom-autobaud\""' ||
	bad "the boot loader is not there"
hand "baud 3000000"
# The banner at another rate is over.
before=0
banner_is_over() {
	local now
	now=$(stat -c %s "$CAPTURE")
	[ "$now" -gt 0 ] && [ "$now" = "$before" ] && return 0
	before=$now
	sleep 0.2
	return 1
}
wait_for 10 banner_is_over
python3 - "$FLOOD" <<'PY'
import random, sys
rng, out = random.Random(3), bytearray()
n = 0
while len(out) < 2000000:
    n += 1
    kind = n % 7
    if kind == 0:
        out += b"00:00:%02d WIF: line %d " % (n % 60, n) + b"x" * rng.randrange(300) + b"\r\n"
    elif kind == 1:
        out += ("\x1b[3%dmcolour %d\x1b[0m é€😀\n" % (n % 8, n)).encode()
    elif kind == 2:
        out += bytes(rng.randrange(256) for _ in range(rng.randrange(100))).replace(b"\n", b".") + b"\n"
    else:
        out += b"MQT: tele/sonoff/STATE = {\"n\":%d,\"heap\":%d}\r\n" % (n, rng.randrange(30))
open(sys.argv[1], "wb").write(out)
PY
SIZE=$(stat -c %s "$FLOOD")
arrived() {
	[ "$(stat -c %s "$CAPTURE")" -ge $((before + SIZE)) ]
}

begin flood__leaves_room__for_keys
hand "emit $FLOOD"
wait_for 10 eval '[ "$(stat -c %s "$CAPTURE")" -gt $((before + 50000)) ]' || bad "nothing flows"
tm_type 'typed in the flood'
see 'typed in the flood'
tm_keys C-c
gone 'typed in the flood'
tm_keys PPage
see 'new'
tm_keys F1
see 'keys and commands'
tm_keys Escape
gone 'keys and commands'
tm_keys End
arrived && bad "the flood was over before the keys"
end

begin flood__is_recorded__byte_by_byte
wait_for 60 arrived || bad "recorded $(stat -c %s "$CAPTURE") of $((before + SIZE))"
tail -c +$((before + 1)) "$CAPTURE" | cmp - "$FLOOD" >"$TMPDIR/cmp" 2>&1 || bad "the recording differs: $(cat "$TMPDIR/cmp")"
end

begin flood__does_not_hold__who_leaves
size=$(stat -c %s "$CAPTURE")
hand "emit $FLOOD"
wait_for 10 eval '[ "$(stat -c %s "$CAPTURE")" -gt $((size + 50000)) ]' || bad "nothing flows"
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
# What had come until then is in the file, whole.
tail -c +$((size + 1)) "$CAPTURE" >"$TMPDIR/rest"
cmp -s -n "$(stat -c %s "$TMPDIR/rest")" "$TMPDIR/rest" "$FLOOD" || bad "the recording's end differs"
end
finish
