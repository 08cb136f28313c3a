# SPDX-License-Identifier: GPL-3.0-or-later
# The disk is full for a while: it is told at once, the session goes on, recordings go on when there is
# room again and say what they lack; of what was there before nothing is lost. The disk is made full by
# the shim (tests/shim/edge.h); DISKFULL=tmpfs takes a small file system instead, which only root can.
. "$(dirname "$0")/lib.sh"

export XDG_CONFIG_HOME=$TMPDIR/config
DISK=$TMPDIR/disk
FULL=$TMPDIR/full
mkdir -p "$DISK"
if [ "${DISKFULL:-}" = tmpfs ]; then
	mount -t tmpfs -o size=16m tmpfs "$DISK" || exit 1
	trap 'umount -l "$DISK"; cleanup' EXIT
	fill() { dd if=/dev/zero of="$DISK/ballast" bs=4096 status=none 2>/dev/null; }
	drain() { rm -f "$DISK/ballast"; }
	tasmite=$B/tasmite
else
	fill() { touch "$FULL"; }
	drain() { rm -f "$FULL"; }
	asan=$(ldd "$B/tasmite" | sed -nE 's/.*libasan[^ ]* => ([^ ]+).*/\1/p')
	tasmite="env EDGE_FULL=$FULL EDGE_HOME=$DISK LD_PRELOAD=${asan:+$asan:}$B/edge.so $B/tasmite"
fi
export XDG_STATE_HOME=$DISK/state
mkdir -p "$XDG_STATE_HOME/tasmite" && chmod 700 "$XDG_STATE_HOME/tasmite" && echo 99 >"$XDG_STATE_HOME/tasmite/tips"
"$B/make-image" --build 6.1.1-full -o "$TMPDIR/app.bin"
sim_start --boot-image "$TMPDIR/app.bin" --power off
tm_start 220 45 "$tasmite" "$DEV"
see 'sonoff is open'
hand "power on"
see 'Project sonoff' 20
answer() { # COMMAND REGEX: a line is sent and answered
	tm_line "$1"
	see "$2" 15
}
for kind in bytes text raw; do
	begin "diskfull__is_told_and_gone_through__$kind"
	tm_line '/clear'
	tm_line "/record $kind $DISK/rec.$kind"
	see "recording to .*rec.$kind"
	answer 'Power 0' '"POWER":"OFF"'
	fill
	answer 'Power 1' '"POWER":"ON"'
	see "! recording: cannot record to .*rec.$kind: No space left on device; the session goes on" 10
	answer 'Power 2' '"POWER":"OFF"'
	drain
	see '· recording: the disk takes it again, and nothing is missing' 10
	answer 'Power 1' 'Power 1'
	tm_line '/record off'
	see "recorded .* to .*rec.$kind"
	[ "$kind" = raw ] || [ "$(grep -c 'RESULT = {"POWER"' "$DISK/rec.$kind")" -ge 3 ] || bad "it lacks what came meanwhile"
	end
done

begin diskfull__raw__can_still_be_played
"$B/tasmite" replay --plain "$DISK/rec.raw" </dev/null >"$TMPDIR/played" 2>"$TMPDIR/err" || bad "$(cat "$TMPDIR/err")"
[ "$(grep -c 'RESULT = {"POWER"' "$TMPDIR/played")" -ge 3 ] || bad "it lacks what came meanwhile"
end

# A real disk has room in the page that is begun.
if [ "${DISKFULL:-}" != tmpfs ]; then
begin diskfull__history__keeps_what_it_has
answer 'Status 1' 'STATUS1'
wait_for 5 grep -q '^Status 1$' "$XDG_STATE_HOME/tasmite/history" || bad "not in the history"
cp "$XDG_STATE_HOME/tasmite/history" "$TMPDIR/history"
fill
tm_line 'Status 3'
see 'history not saved: .*No space left on device' 10
see 'STATUS3' 10
cmp -s "$TMPDIR/history" <(head -c "$(stat -c %s "$TMPDIR/history")" "$XDG_STATE_HOME/tasmite/history") || bad "the history lost lines"
[ "$(tail -c 1 "$XDG_STATE_HOME/tasmite/history" | od -An -tx1)" = " 0a" ] || bad "half a line is left"
end
fi

begin diskfull__save_and_report__leave_what_is_there
echo precious >"$TMPDIR/precious"
drain
cp "$TMPDIR/precious" "$DISK/saved.txt"
cp "$TMPDIR/precious" "$DISK/report.md"
fill
tm_line "/save $DISK/saved.txt"
see 'Replace the file'
tm_keys y
see 'not saved: .*No space left on device' 10
cmp -s "$TMPDIR/precious" "$DISK/saved.txt" || bad "what was there is lost"
[ -e "$DISK/saved.txt.unfinished" ] && bad "something is left behind"
tm_line "/report $DISK/report.md"
see 'Report: s saves it'
tm_keys s
see 'Replace the file'
tm_keys y
see 'not saved: .*No space left on device' 10
cmp -s "$TMPDIR/precious" "$DISK/report.md" || bad "what was there is lost"
[ "$(find "$DISK" -name 'report.md*' | wc -l)" = 1 ] || bad "something is left behind: $(ls "$DISK")"
tm_keys Escape
gone 'Report: s saves it'
end

begin diskfull__backup__no_part_passes_for_it
tm_line '/clear'
tm_line "/backup $DISK/copy.bin 0 64k"
see '▶ connect'
enter_loader
see "failed|can't be written|copied to" 60
see "the backup can't be written to .*: No space left on device" 1
[ -e "$DISK/copy.bin" ] && bad "part of a copy has the name of a whole one"
drain
tm_line '/cancel'
tm_line '/clear'
boot_normally
see 'WIF: Connecting' 20
tm_line "/backup $DISK/copy.bin 0 64k"
see '▶ connect'
enter_loader
see 'the flash is copied to' 60
see 'power off for 2 s and on again' 20
cmp -s -n 65536 "$DISK/copy.bin" "$TMPDIR/flash.bin" || bad "the copy differs"
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
end

begin diskfull__at_the_end__is_told_with_how_much
boot_normally
tm_stop
fill
tm_start 200 30 "$tasmite --log=$DISK/end.log $DEV 2>$TMPDIR/end.err"
see 'sonoff is open'
see 'Project sonoff|WIF: Connecting' 20
tm_keys F10
wait_for 10 tm_ended || bad "F10 did not leave"
[ "$(tm_code)" = 1 ] || bad "exit code $(tm_code)"
grep -q 'the end of the recording is lost: cannot record to .*end.log, the last .*B: No space left on device' "$TMPDIR/end.err" ||
	bad "not told: $(cat "$TMPDIR/end.err")"
drain
end
tm_stop

# More than is kept for the disk: the file has one gap, and says how wide.
begin diskfull__too_long__leaves_one_marked_gap
python3 - "$TMPDIR/many" <<'PY'
import sys
with open(sys.argv[1], "w") as f:
    for i in range(130000):
        f.write("line %06d of many, to make more than four megabytes of log\n" % i)
    f.write("the end of it\n")
PY
# gated: the rest of it comes when it is told to
python3 - "$TMPDIR/many" "$PATIENT" "$TMPDIR/go" <<'PY' &
import os, pty, sys, time, tty
master, slave = pty.openpty()
tty.setraw(slave)
os.symlink(os.ttyname(slave), sys.argv[2])
data = open(sys.argv[1], "rb").read()
last = data.rindex(b"the end")
while data[:last]:
    n = os.write(master, data[:min(4096, last)])
    data, last = data[n:], last - n
while not os.path.exists(sys.argv[3]):
    time.sleep(0.02)
os.write(master, data)
time.sleep(600)
PY
patient_pid=$!
wait_for 10 test -e "$PATIENT" || bad "no port"
fill
$tasmite --plain --log="$DISK/gap.log" --until 'the end of it' --timeout 100 "$PATIENT" \
	>"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
pid=$!
wait_for 60 grep -q 'line 129999' "$TMPDIR/out" || bad "not all of it came: $(tail -n 1 "$TMPDIR/out")"
wait_for 10 grep -q 'No space left on device' "$TMPDIR/err" || bad "not told: $(cat "$TMPDIR/err")"
wait_for 10 grep -q 'from here on bytes are missing' "$TMPDIR/err" || bad "the loss is not told: $(cat "$TMPDIR/err")"
drain
wait_for 10 grep -q 'the disk takes it again; .* are missing' "$TMPDIR/err" || bad "$(cat "$TMPDIR/err")"
touch "$TMPDIR/go"
wait "$pid"
rc=$?
[ "$rc" = 0 ] || bad "exit code $rc: $(cat "$TMPDIR/err")"
patient_stop
python3 - "$TMPDIR/many" "$DISK/gap.log" <<'PY' || bad "the recording is not as it should be"
import re, sys
sent, got = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read()
marks = re.findall(rb"\n\[(.*) are missing in this recording: the disk took nothing more\]\n", got)
assert len(marks) == 1, (len(marks), len(got))
before, after = re.split(rb"\n?\[.* are missing in this recording: the disk took nothing more\]\n", got)
assert sent.startswith(before) and len(before) >= 4 << 20, len(before)
assert after and sent.endswith(after), after[-100:]
size = float(marks[0].split()[0]) * (1 << 20 if b"MB" in marks[0] else 1 << 10)
assert abs(len(sent) - len(before) - len(after) - size) < size * 0.06 + 2, (marks, len(sent) - len(before) - len(after))
PY
end
finish
