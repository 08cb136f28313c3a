# SPDX-License-Identifier: GPL-3.0-or-later
# Recordings played: with their times, paused, as text, cut, damaged, and files that have no times.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config TZ=UTC
RAW=$TMPDIR/night.raw
# A recording of a night in the past, made by hand: 2024-02-03 04:05:06 UTC.
python3 - "$RAW" <<'PY'
import sys
def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128]); n >>= 7
    return out + bytes([n])
def record(kind, delta, text):
    return kind + varint(delta) + varint(len(text)) + text
open(sys.argv[1], "wb").write(b"tasmite raw 1\n"
    + record(b"W", 0, b"1706933106000000")
    + record(b"B", 0, b"74880 8N1")
    + record(b"N", 1000, b"it began like this")
    + record(b"R", 500000, b"first line\r\n")
    + record(b"T", 500000, b"Status 5\r\n")
    + record(b"x", 10, b"from a later version")
    + record(b"R", 1000, b"00:00:01 CMD: Sta") + record(b"R", 1000, b"tus 5\r\n")
    + record(b"G", 1000, b"unplugged") + record(b"C", 1000, b"")
    + record(b"W", 0, b"1706940306000000")
    + record(b"R", 2000000, b"two hours later\r\n"))
PY

begin replay__writes__text
"$B/tasmite" replay --plain --stamp=iso "$RAW" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null ||
	bad "exit code $?: $(cat "$TMPDIR/err")"
cat >"$TMPDIR/want" <<'EOT'
2024-02-03T04:05:06.501+00:00 first line
2024-02-03T04:05:07.001+00:00 > Status 5
2024-02-03T04:05:07.002+00:00 00:00:01 CMD: Status 5
2024-02-03T06:05:08.000+00:00 two hours later
EOT
cmp -s "$TMPDIR/out" "$TMPDIR/want" || bad "not so: $(diff "$TMPDIR/out" "$TMPDIR/want")"
[ -s "$TMPDIR/err" ] && bad "something on standard error: $(cat "$TMPDIR/err")"
end

begin replay__keeps__the_times
from=$(date +%s%N)
"$B/tasmite" replay --plain --speed 2 "$RAW" >"$TMPDIR/out" </dev/null
ms=$((($(date +%s%N) - from) / 1000000))
# 3 seconds of it, twice as fast; what lies between the two sessions is not waited for.
[ "$ms" -ge 1450 ] || bad "too fast: $ms ms"
[ "$ms" -lt 8000 ] || bad "too slow: $ms ms"
end

begin replay__plays__in_the_screen
tm_start 120 30 "$B/tasmite" replay --speed 4 "$RAW"
see 'night.raw replay'
see '04:05:06.501   first line'
see '04:05:07.001 › Status 5'
see '06:05:08.000   two hours later'
see 'it began like this'
see 'the recording ends here'
see 'replay, ended'
see '74880 8N1'
tm_line 'Power'
see 'not sent: this is a replay'
tm_keys C-c
tm_line '/port /dev/null'
see 'this is a replay: a port needs'
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
tm_stop
end

begin replay__pauses__and_goes_on
tm_start 120 30 "$B/tasmite" replay --speed 0.5 "$RAW"
see 'it began like this'
tm_line '/pause'
see 'replay, paused'
sleep 2 # the next line would have come by now
tm_shows 'first line' && bad "it did not pause"
tm_line '/pause'
see 'first line' 10
# Space does the same in the log; over, it is the page again.
tm_keys BTab
see '\[Log\]'
tm_keys Space
see 'replay, paused'
tm_keys Space
gone 'replay, paused'
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
tm_stop
end

begin replay__plays__what_is_cut_as_far_as_it_goes
size=$(stat -c %s "$RAW")
head -c $((size - 3)) "$RAW" >"$TMPDIR/cut.raw"
"$B/tasmite" replay --plain "$TMPDIR/cut.raw" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null || bad "exit code $?"
grep -q 'CMD: Status 5' "$TMPDIR/out" || bad "not played"
grep -q 'two hours' "$TMPDIR/out" && bad "half a record was played"
grep -q 'the recording was cut' "$TMPDIR/err" || bad "not told: $(cat "$TMPDIR/err")"
end

begin replay__says__what_is_damaged
{
	cat "$RAW"
	printf 'R\001\377\377\377\377\177more'
} >"$TMPDIR/bad.raw"
"$B/tasmite" replay --plain "$TMPDIR/bad.raw" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
[ $? = 1 ] || bad "not 1"
grep -q 'two hours later' "$TMPDIR/out" || bad "what is good was not played"
grep -q "bad.raw: damaged at byte $size: a record is too long" "$TMPDIR/err" || bad "not told: $(cat "$TMPDIR/err")"
"$B/tasmite" replay --plain "$TMPDIR/none.raw" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null && bad "a file that is not there is played"
grep -q 'cannot read .*none.raw' "$TMPDIR/err" || bad "not told: $(cat "$TMPDIR/err")"
end

begin replay__plays__a_file_without_times
printf 'just\r\nsome \033[31mtext\r\nPassword1 hunter22x\r\n' >"$TMPDIR/bytes"
"$B/tasmite" replay --plain "$TMPDIR/bytes" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null || bad "exit code $?"
printf 'just\nsome text\nPassword1 *********\n' | cmp -s - "$TMPDIR/out" || bad "not so: $(cat "$TMPDIR/out")"
: >"$TMPDIR/empty"
"$B/tasmite" replay --plain "$TMPDIR/empty" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null || bad "an empty one: $?"
end

begin replay__gives__what_was_recorded
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
sim_start --boot-image "$TMPDIR/app.bin" --power on --speed 0
timeout 30 "$B/tasmite" --plain --send 'Status 0' --until STATUS11 --log="$TMPDIR/a.log" --log-raw="$TMPDIR/a.raw" \
	"$DEV" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
"$B/tasmite" replay --plain "$TMPDIR/a.raw" 2>"$TMPDIR/err" </dev/null | grep -v '^> ' >"$TMPDIR/again"
cmp -s "$TMPDIR/out" "$TMPDIR/again" || bad "not the same: $(diff "$TMPDIR/out" "$TMPDIR/again" | head -n 5)"
end
finish
