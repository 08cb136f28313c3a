# SPDX-License-Identifier: GPL-3.0-or-later
# However an upgrade ends, the device's OtaUrl is what it was, or it is told what to type: cancelled,
# left, killed.
. "$(dirname "$0")/lib_upgrade.sh"
cp "$FW/6.1.1-classic.img" "$FW/alone/sonoff-classic.bin"
# The old OtaUrl names a server that notes who comes: nobody may, since the device reads OtaUrl anew for
# each of its attempts, and it was not told to take what lies there.
python3 - "$TMPDIR" <<'PY' &
import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(8)
open(sys.argv[1] + "/oldport", "w").write(str(s.getsockname()[1]) + "\n")
while True:
    c, _a = s.accept()
    open(sys.argv[1] + "/oldasked", "ab").write(c.recv(200))
    c.close()
PY
old_server=$!
wait_for 10 grep -q . "$TMPDIR/oldport"
OLD=http://127.0.0.1:$(cat "$TMPDIR/oldport")/old.bin
old_untouched() {
	[ ! -e "$TMPDIR/oldasked" ] || bad "the old address was fetched: $(cat "$TMPDIR/oldasked")"
}

begin upgrade__is_cancelled__and_the_device_gives_up_first
session --speed 1
tm_line '/cancel'
see 'waits until the device tries no more'
see 'upgrade: puts the old OtaUrl back' 90
see 'upgrade: Cancelled' 60
tm_line '/clear'
tm_line 'OtaUrl'
see "\"OtaUrl\":\"$OLD\"" 30
holds "$FW/6.1.1-minimal.img"
old_untouched
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
tm_stop
sim_stop
end

begin upgrade__is_cancelled__twice__and_tells_what_to_type
session
tm_line '/cancel'
see 'waits until the device tries no more'
tm_line '/cancel'
see 'was not put back: type OtaUrl' 10
see '/old\.bin'
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
tm_stop
sim_stop
end

begin quit__asks__and_puts_the_address_back
session
tm_keys C-q
see 'Leave during an upgrade'
tm_keys n
gone 'Leave during an upgrade'
tm_keys C-q
see 'Leave during an upgrade'
tm_keys y
see 'the program ends when OtaUrl is put back'
wait_for 90 tm_ended || bad "it does not end"
[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
[ ! -s "$TMPDIR/stderr" ] || bad "it says $(cat "$TMPDIR/stderr")"
tm_stop
restored
old_untouched
sim_stop
end

begin quit__does_not_wait__the_second_time
session
tm_keys C-q
see 'Leave during an upgrade'
tm_keys y
see 'the program ends when OtaUrl is put back'
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
grep -q "not put back: type OtaUrl $OLD" "$TMPDIR/stderr" || bad "it says $(cat "$TMPDIR/stderr")"
tm_stop
sim_stop
end

begin session__is_killed__and_puts_the_address_back
session
kill -TERM "$(pgrep -n -f "^$B/tasmite $DEV")"
wait_for 90 tm_ended || bad "it does not end"
tm_stop
restored
old_untouched
sim_stop
end

begin upgrade_without_a_screen__is_interrupted
device 6.1.1-minimal "$TMPDIR/net.scn" --wifi-rate 20000
run 5 "$FW/alone/sonoff-classic.bin" &
runner=$!
wait_for 60 grep -q 'upgrade: sends' "$TMPDIR/err"
pkill_program() {
	kill -INT "$(pgrep -n -f "^$B/tasmite upgrade --port $DEV")"
}
pkill_program
wait $runner
json 'd["result"] == "cancelled" and d["otaurl_restored"]'
restored
old_untouched
run 5 "$FW/alone/sonoff-classic.bin" &
runner=$!
wait_for 60 grep -q 'upgrade: sends' "$TMPDIR/err"
pkill_program
wait_for 10 grep -q 'tries no more' "$TMPDIR/err"
pkill_program
wait $runner
json 'd["result"] == "cancelled" and not d["otaurl_restored"]'
err "type OtaUrl $OLD"
sim_stop
end

begin upgrade__stranded_device__is_offered_the_rest_of_the_way
device 6.1.1-minimal "$TMPDIR/net.scn"
tm_start 120 40 "$B/tasmite" --set "firmware-dir=$FW/alone" "$DEV"
see 'sonoff is open'
hand reset
see '→ load the full build' 60
tm_line '/next'
see 'alone/sonoff-c.*Tasmota' 30 # a long folder leaves little room for the name
tm_type 'classic'
tm_keys Enter
see 'Upgrade over the air' 60
see 'half way of an upgrade'
tm_keys n
see 'upgrade: Cancelled'
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
tm_stop
sim_stop
end

kill $old_server
finish
