# SPDX-License-Identifier: GPL-3.0-or-later
# Upgrades over the air: the device fetches from the program over real TCP, from an address of its own.
# Each ends in the right verdict, and the device in a state that is told.
. "$(dirname "$0")/lib_upgrade.sh"

begin upgrade__full_to_full__by_itself_through_minimal
cp "$FW/6.1.1-classic.img" "$FW/sonoff-classic.bin"
cp "$FW/6.1.1-minimal.img" "$FW/sonoff-minimal.bin"
device 6.1.1-full "$TMPDIR/net.scn"
run 0 "$FW/sonoff-classic.bin"
json 'd["result"] == "done" and d["restarts"] == 2 and d["otaurl_restored"]'
err 'asked for /[a-z0-9]+/sonoff-minimal.bin'
holds "$FW/6.1.1-classic.img"
restored
sim_stop
end

begin upgrade__full_to_full__with_room_for_both
"$B/make-image" --build 6.1.1-full --size 500K -o "$FW/alone/sonoff.bin"
device 6.1.1-classic "$TMPDIR/net.scn"
run 0 "$FW/alone/sonoff.bin"
json 'd["result"] == "done" and d["restarts"] == 1 and d["attempts"] == 1 and d["otaurl_restored"]'
holds "$FW/alone/sonoff.bin"
restored
sim_stop
end

begin upgrade__refuses__without_room_and_without_minimal
cp "$FW/6.1.1-classic.img" "$FW/alone/sonoff-classic.bin"
device 6.1.1-full "$TMPDIR/net.scn"
run 1 "$FW/alone/sonoff-classic.bin"
json 'd["result"] == "not-begun"'
err 'needs the minimal build'
end

begin upgrade__refuses__what_is_too_big
"$B/make-image" --build 6.1.1-classic --size 960K -o "$FW/alone/sonoff-big.bin"
run 1 "$FW/alone/sonoff-big.bin"
json 'd["result"] == "not-begun"'
err 'too much even beside the minimal build'
holds "$FW/6.1.1-full.img"
restored
end

begin upgrade__refuses__what_is_for_another_chip_or_too_far
"$B/make-image" --chip esp32 --kind app -o "$FW/tasmota32.bin"
run 1 "$FW/tasmota32.bin"
err 'is for ESP32, the device is an ESP8266'
cp "$FW/8.5.0-full.img" "$FW/alone/tasmota.bin"
run 1 "$FW/alone/tasmota.bin"
err 'Install 6.7.1 first'
holds "$FW/6.1.1-full.img"
sim_stop
end

begin upgrade__minimal_to_classic__in_one_step
device 6.1.1-minimal "$TMPDIR/net.scn"
run 0 "$FW/alone/sonoff-classic.bin"
json 'd["result"] == "done" and d["restarts"] == 1 and d["attempts"] == 1'
holds "$FW/6.1.1-classic.img"
sim_stop
end

begin upgrade__tells__what_is_too_big_for_minimal_too
device 6.1.1-minimal "$TMPDIR/net.scn"
run 1 "$FW/alone/sonoff-big.bin"
json 'd["result"] == "not-begun"'
err 'are free beside the minimal build'
holds "$FW/6.1.1-minimal.img"
restored
sim_stop
end

begin upgrade__takes_gzip__where_only_that_fits
mkdir -p "$FW/gz"
gzip -9 -c "$FW/8.5.0-full.img" >"$FW/gz/tasmota.bin.gz"
gzip -9 -c "$FW/8.5.0-minimal.img" >"$FW/gz/tasmota-minimal.bin.gz"
device 8.5.0-minimal "$TMPDIR/net.scn"
run 0 "$FW/gz/tasmota.bin.gz"
json 'd["result"] == "done" and d["version"] == "8.5.0"'
holds "$FW/8.5.0-full.img"
sim_stop
device 6.1.1-minimal "$TMPDIR/net.scn"
gzip -9 -c "$FW/6.1.1-classic.img" >"$FW/gz/sonoff-classic.bin.gz"
run 1 "$FW/gz/sonoff-classic.bin.gz"
err 'takes no gzip'
sim_stop
end

begin upgrade__tells__a_restart_in_the_middle
device 6.1.1-minimal "$TMPDIR/net.scn" --wifi-rate 20000
run 1 "$FW/alone/sonoff-classic.bin" &
runner=$!
wait_for 60 grep -q 'upgrade: sends' "$TMPDIR/err"
hand reset
wait $runner
json 'd["result"] == "reset" and d["otaurl_restored"]'
holds "$FW/6.1.1-minimal.img"
sim_stop
end

begin upgrade__from_the_session__asks_and_follows
device 6.1.1-minimal "$TMPDIR/net.scn"
tm_start 120 40 "$B/tasmite" "$DEV"
see 'sonoff'
tm_line "/upgrade $FW/alone/sonoff-classic.bin"
see 'Upgrade over the air' 60
see 'half way of an upgrade'
tm_keys y
see 'upgrade: Done\. It runs 6\.1\.1' 150
see '┌? ?Upgrade'
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
tm_stop
holds "$FW/6.1.1-classic.img"
sim_stop
end

begin upgrade__tells__a_device_in_another_network
device 6.1.1-minimal "$TMPDIR/far.scn"
run 1 "$FW/alone/sonoff-classic.bin"
err 'no address in the network of 203.0.113.5'
sim_stop
end

begin upgrade__tells__a_server_that_is_cut_or_not_there
device 6.1.1-minimal "$TMPDIR/net.scn"
run 1 http://127.0.0.1:9/sonoff.bin
json 'd["result"] == "refused" and d["otaurl_restored"]'
err 'connection refused'
python3 - "$TMPDIR/cutport" <<'PY' &
import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(8)
open(sys.argv[1], "w").write(str(s.getsockname()[1]) + "\n")
for _ in range(4):
    c, _a = s.accept()
    c.recv(2000)
    c.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 400000\r\n\r\n\xe9\x01\x03\x20" + 50000 * b"x")
    c.close()
PY
server=$!
wait_for 10 grep -q . "$TMPDIR/cutport"
run 1 "http://127.0.0.1:$(cat "$TMPDIR/cutport")/sonoff.bin"
json 'd["result"] == "refused"'
err 'connection lost'
kill $server 2>/dev/null
holds "$FW/6.1.1-minimal.img"
sim_stop
end

begin upgrade__ends__where_nobody_answers
"$B/make-image" --build other -o "$FW/other.img"
sim_start --boot-image "$FW/other.img" --speed 5
run 3 "$FW/alone/sonoff-classic.bin"
json 'd["result"] == "mute"'
sim_stop
end

finish
