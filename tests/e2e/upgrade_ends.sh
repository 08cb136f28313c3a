# SPDX-License-Identifier: GPL-3.0-or-later
# However an upgrade ends, the device's OtaUrl is what it was, or it is told what to type: cancelled,
# left, killed, unplugged.
. "$(dirname "$0")/lib_upgrade.sh"
cp "$FW/6.1.1-classic.img" "$FW/alone/sonoff-classic.bin"

# A session with an upgrade under way; the device takes its time.
session() {
	device 6.1.1-minimal "$TMPDIR/net.scn" --wifi-rate 20000
	tm_start 120 40 "$B/tasmite" "$DEV" 2\>"$TMPDIR/stderr"
	see 'sonoff is open'
	tm_line "/upgrade $FW/alone/sonoff-classic.bin"
	see 'Upgrade over the air' 60
	tm_keys y
	see 'upgrade: sends' 60
}
# The device asks for nothing but what it was told to, and least of all for what the old OtaUrl names.
old_untouched() {
	grep -q "UPL: $OLD" "$TMPDIR/trace" && bad "the old address was fetched"
}

begin upgrade__is_cancelled__and_the_device_gives_up_first
session
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
see '192.168.1.2/old/sonoff.bin'
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

# The power of the device came with the plug.
begin upgrade__unplugged__puts_the_address_back_when_the_port_is_back
session
hand "unplug"
see 'the port is away'
hand "replug"
see 'OtaUrl is put back when it returns|sonoff is open.*back again' 150
see 'upgrade: (The|Cancelled|Done).*' 150
gone '┌? ?Upgrade.*puts the old OtaUrl back' 60
tm_line '/clear'
tm_line 'OtaUrl'
see "\"OtaUrl\":\"$OLD\"" 30
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
tm_stop
sim_stop
end

begin upgrade__unplugged_for_good__is_left__and_tells_what_to_type
session
hand "unplug"
see 'the port is away'
tm_line '/cancel'
see 'OtaUrl is put back when it returns'
tm_keys C-q
see 'The port is away'
tm_keys y
wait_for 10 tm_ended || bad "it does not end"
grep -q "not put back: type OtaUrl $OLD" "$TMPDIR/stderr" || bad "it says $(cat "$TMPDIR/stderr")"
tm_stop
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

begin upgrade_without_a_screen__loses_its_port
device 6.1.1-minimal "$TMPDIR/net.scn" --wifi-rate 20000
run 4 "$FW/alone/sonoff-classic.bin" &
runner=$!
wait_for 60 grep -q 'upgrade: sends' "$TMPDIR/err"
sim_stop
wait $runner
json 'not d["otaurl_restored"]'
err "type OtaUrl $OLD"
end

finish
