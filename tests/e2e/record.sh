# SPDX-License-Identifier: GPL-3.0-or-later
# Recording from the session: kinds beside each other, the scrollback first, rotation, what it
# refuses, and the disk that is full for a while.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
LOGS=$TMPDIR/state/tasmite/logs
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
sim_start --boot-image "$TMPDIR/app.bin" --power off
# Wide: sentences with paths are to stand in one row.
tm_start 220 40 "$B/tasmite" "$DEV"
see 'sonoff is open'
hand "power on"
see 'Project sonoff'

answer() { # COMMAND REGEX: a line is sent and answered
	tm_line "$1"
	see "$2" 15
}
answer 'Power 1' '"POWER":"ON"'

begin record__writes__the_scrollback_first
tm_line "/record text $TMPDIR/late.txt --all"
see 'recording to .*late.txt \(text'
answer 'Power 0' '"POWER":"OFF"'
tm_line '/record text'
see 'recorded .* to .*late.txt'
grep -qE '^[0-9:.]{12} > Power 1$' "$TMPDIR/late.txt" || bad "what was sent before is missing"
grep -qE '^[0-9:.]{12} .*"POWER":"ON"' "$TMPDIR/late.txt" || bad "what was answered before is missing"
grep -qE '^[0-9:.]{12} .*"POWER":"OFF"' "$TMPDIR/late.txt" || bad "what came then is missing"
[ "$(grep -c '"POWER":"ON"' "$TMPDIR/late.txt")" = 1 ] || bad "something twice"
end

begin record__runs__both_kinds_beside_each_other
tm_line "/record bytes $TMPDIR/a.log"
see 'recording to .*a.log'
tm_line "/record raw $TMPDIR/a.raw"
see 'a.log \+ a.raw'
answer 'Password1 hunter22x' '"Password1":"\*+"'
tm_keys F9
see 'recorded .*a.raw'
grep -q 'Password1' "$TMPDIR/a.log" || bad "nothing in the bytes"
grep -qa 'Password1' "$TMPDIR/a.raw" || bad "nothing in the raw recording"
grep -rqa hunter22x "$TMPDIR/a.log" "$TMPDIR/a.raw" "$TMPDIR/state" && bad "the secret is in a file"
# The bytes are those of the raw recording's R records.
python3 - "$TMPDIR/a.raw" "$TMPDIR/a.log" <<'PY' || bad "the two recordings differ"
import sys
d, at, got = open(sys.argv[1], "rb").read(), 14, b""
def varint():
    global at
    v = shift = 0
    while True:
        b = d[at]; at += 1
        v |= (b & 127) << shift; shift += 7
        if b < 128: return v
assert d[:14] == b"tasmite raw 1\n"
kinds = set()
while at < len(d):
    kind = d[at:at + 1]; at += 1
    varint(); n = varint()
    kinds.add(kind)
    if kind == b"R": got += d[at:at + n]
    at += n
assert {b"W", b"B", b"T", b"R"} <= kinds, kinds
log = open(sys.argv[2], "rb").read()
assert log and got == log[-len(got):], (log, got)
PY
end

begin record__asks_nothing__and_truncates_nothing
echo 'precious' >"$TMPDIR/old.txt"
tm_line "/record text $TMPDIR/old.txt"
see 'recording to .*old.txt'
answer 'Power 1' '"POWER":"ON"'
tm_line '/record off'
see 'recorded .*old.txt'
[ "$(head -n 1 "$TMPDIR/old.txt")" = precious ] || bad "the file was truncated"
tm_line "/record raw $TMPDIR/old.txt"
see 'no recording: .*no raw recording'
tm_line "/record text $TMPDIR/a.raw"
see 'no recording: .*is a raw recording'
end

begin record__names__by_port_and_time
tm_keys F9
see 'recording to .*logs/sonoff-20'
tm_line '/record raw'
wait_for 5 eval 'ls "$LOGS"/sonoff-20*.raw' || bad "no raw recording"
tm_line '/record'
wait_for 5 eval 'ls "$LOGS"/sonoff-20*.log' || bad "no recording"
[ "$(stat -c %a "$LOGS")" = 700 ] || bad "the folder is open to others"
tm_shows '⏺' && wait_for 5 tm_hides '⏺'
end

begin record__does_not_wait__for_the_end
tm_line "/record text $TMPDIR/now.txt"
see 'recording to .*now.txt'
tm_line 'Power 2'
wait_for 5 grep -q '> Power 2' "$TMPDIR/now.txt" || bad "not written while it runs"
tm_line '/record off'
end

begin record__rotates__at_its_size
python3 -c '
import sys
for i in range(40000): sys.stdout.write("line %06d of many, to fill a file with it until it is full and goes on\n" % i)' >"$TMPDIR/many"
patient_start "$TMPDIR/many"
for kind in bytes raw; do
	timeout 60 "$B/tasmite" --plain --set log-format=$kind --set log-rotate=1 --set log-keep=10 --until 'line 039999' \
		--log="$TMPDIR/turn.$kind" "$PATIENT" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null ||
		bad "$kind: $?: $(cat "$TMPDIR/err")"
	patient_stop
	patient_start "$TMPDIR/many"
	[ "$(ls "$TMPDIR"/turn.$kind* | wc -l)" = 3 ] || bad "not rotated: $(ls -l "$TMPDIR"/turn.*)"
done
cat $(ls -r "$TMPDIR"/turn.bytes*) | cmp -s - "$TMPDIR/many" || bad "something is lost"
for f in "$TMPDIR"/turn.bytes.*; do
	[ "$(tail -c 1 "$f" | od -An -tx1)" = " 0a" ] || bad "$f ends within a line"
done
for f in "$TMPDIR"/turn.raw.2 "$TMPDIR"/turn.raw.1 "$TMPDIR"/turn.raw; do
	"$B/tasmite" replay --plain "$f" </dev/null >>"$TMPDIR/again" 2>"$TMPDIR/err" || bad "$f can't be played"
done
# A line that the turn of the file cut stands in two.
tr -d '\n' <"$TMPDIR/again" | cmp -s - <(tr -d '\n' <"$TMPDIR/many") || bad "something is lost of the raw recording"
end
finish
