# SPDX-License-Identifier: GPL-3.0-or-later
# A flood against the server of an upgrade, from the device's own address and from another: nothing but
# the images is given, the session goes on, the upgrade comes to its end. COUNT requests (500; FULL=1:
# 10,000). tests/bench/bench_upgrade.py measures the same.
. "$(dirname "$0")/lib_upgrade.sh"

FULL=${FULL:-}
COUNT=${COUNT:-$([ -n "$FULL" ] && echo 10000 || echo 500)}
# So slow that it lasts as long as the flood: bytes a second, of a clock that runs five times as fast.
RATE=$([ -n "$FULL" ] && echo 1500 || echo 8000)
REC=$TMPDIR/rec.log
cp "$FW/6.1.1-classic.img" "$FW/sonoff-classic.bin"
cp "$FW/6.1.1-minimal.img" "$FW/sonoff-minimal.bin"

# flood ARGS...: its figures in $TMPDIR/flood
flood() {
	[ -z "$case_bad" ] && timeout 400 python3 tests/e2e/httpflood.py --pid "$pid" --device 127.0.0.9 --path "$path" \
		--image "$FW/sonoff-classic.bin" --image "$FW/sonoff-minimal.bin" "$@" \
		>"$TMPDIR/flood" 2>"$TMPDIR/flood.err"
}
figures() {
	[ -n "$case_bad" ] || python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$TMPDIR/flood" "$1" || bad "not so: $1: $(cat "$TMPDIR/flood" "$TMPDIR/flood.err")"
}
# What is typed is there, while the flood goes on.
types() {
	local i
	for i in 1 2 3 4 5; do
		tm_type "flood$i"
		see "❯ flood$i" 10
		tm_keys C-u
		gone "❯ flood$i" 10
	done
}
# begin_upgrade: from the session; $path and $pid of its server
begin_upgrade() {
	rm -f "$REC"
	tm_start 120 40 "$B/tasmite" "--log=$REC" "$DEV"
	see 'is open'
	tm_line "/upgrade $FW/sonoff-classic.bin"
	see 'Upgrade over the air' 60
	tm_keys y
	see 'upgrade: sends' 30
	wait_for 10 path_known
	pid=$(pgrep -n -f "^$B/tasmite --log=$REC")
	[ -n "$path" ] && [ -n "$pid" ] || bad "no path or process: $path, $pid"
}
path_known() {
	path=$(sed -nE 's,.*"OtaUrl":"http://127\.0\.0\.1:[0-9]+(/[a-z0-9]+/[a-z.-]+)".*,\1,p' "$REC" | head -n 1)
	[ -n "$path" ]
}
# tells_refusals N: the first ones one by one, in few lines how many more; N at least in all
tells_refusals() {
	rm -f "$TMPDIR/log.txt"
	tm_line "/save $TMPDIR/log.txt --all"
	wait_for 10 grep -qF 'upgrade: Done' "$TMPDIR/log.txt" || bad "the log is not saved"
	told=$(grep -cE 'turned away|no such file here' "$TMPDIR/log.txt")
	more=$(sed -nE 's/.* ([0-9]+) more requests? (was|were) refused, the last from 127\.0\.0\.[89]$/\1/p' "$TMPDIR/log.txt" |
		awk '{n += $1} END {print n + 0, NR}')
	[ $((told + ${more% *})) -ge "$1" ] || bad "$told refusals and $more more (in lines) are told of, not $1"
	[ "$told" -le 20 ] && [ "${more#* }" -le 10 ] || bad "refusals take $told lines and ${more#* }"
}
completes() {
	[ -z "$case_bad" ] || { tm_stop; sim_stop; return; }
	see 'upgrade: Done\. It runs 6\.1\.1' 300
	[ -z "${1:-}" ] || tells_refusals "$1"
	tm_keys F10
	wait_for 10 tm_ended || bad "it does not end"
	tm_stop
	holds "$FW/6.1.1-classic.img"
	restored
	sim_stop
}

begin upgrade__in_a_flood__serves_nothing_but_images
device 6.1.1-full "$TMPDIR/net.scn" --wifi-rate "$RATE"
begin_upgrade
flood --count "$COUNT" --slow 30 &
flooder=$!
types
wait $flooder || bad "the flood: $(cat "$TMPDIR/flood" "$TMPDIR/flood.err")"
figures "d['sent'] == $COUNT and not d['wrong'] and d['statuses'].get('404', 0) > $COUNT / 20"
figures "d['images_served'] == 0 and d['slow_sent_away'] > 0"
figures "d['memory_most_kb'] - d['memory_first_kb'] < 16384 and d['descriptors'] < 80"
completes "$(sed -nE 's/.*"404": ([0-9]+).*/\1/p' "$TMPDIR/flood")"
end

# Whoever knows the path and has the device's address takes the file too, and hangs up in the middle.
begin upgrade__follows_the_device__where_others_fetch_too
device 6.1.1-full "$TMPDIR/net.scn" --wifi-rate "$RATE"
begin_upgrade
flood --count $((COUNT / 5)) --slow 5 --real &
flooder=$!
wait $flooder || bad "the flood: $(cat "$TMPDIR/flood" "$TMPDIR/flood.err")"
figures "d['images_served'] > 0 and not d['wrong']"
completes
end
finish
