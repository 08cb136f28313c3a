# SPDX-License-Identifier: GPL-3.0-or-later
# The port goes away during an upgrade: the device's OtaUrl is what it was when it is back, or it is
# told what to type.
. "$(dirname "$0")/lib_upgrade.sh"
cp "$FW/6.1.1-classic.img" "$FW/alone/sonoff-classic.bin"

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
