# SPDX-License-Identifier: GPL-3.0-or-later
# Upgrades of the ESP32 family over the air: through safeboot, which fetches; the two-slot layout of
# before; its web page.
. "$(dirname "$0")/lib_upgrade32.sh"

begin upgrade32__goes_through_safeboot__by_itself
device32 factory net
run 0 "$FW/tasmota32c3.bin"
json 'd["result"] == "done" and d["version"] == "15.2.0" and d["restarts"] == 2 and d["otaurl_restored"]'
err 'asked for /[a-z0-9]+/tasmota32c3.bin'
holds_at 0xE0000 "$FW/tasmota32c3.bin"
runs_from 0e0000
sim_stop
end

begin upgrade32__with_two_slots__into_the_other_one
device32 two-slot net
run 0 "$FW/next32.bin"
json 'd["result"] == "done" and d["restarts"] == 1'
holds_at 0x10000 "$FW/old32.bin"
holds_at 0x1D0000 "$FW/next32.bin"
runs_from 1d0000
sim_stop
end

begin upgrade32__refuses__what_is_for_another_chip
device32 factory net
run 1 "$FW/8.5.0-full.img"
err 'is for ESP8266, the device is an ESP32-C3'
run 1 "$FW/factory.bin"
err 'whole flash'
runs_from 0e0000
end

begin upgrade32__ends_in_safeboot__when_that_gets_nothing
hand "fault ota-magic"
run 1 "$FW/tasmota32c3.bin"
json 'd["result"] == "refused" and d["variant"] == "safeboot" and d["attempts"] == 4'
err 'Verify Bin Header Failed'
runs_from 010000
end

begin upgrade32__stranded_in_safeboot__goes_the_rest
hand "fault clear"
run 0 "$FW/tasmota32c3.bin"
json 'd["result"] == "done" and d["version"] == "15.2.0" and d["restarts"] == 1'
runs_from 0e0000
sim_stop
end

begin upgrade32__tells__a_restart_in_safeboot
device32 factory net --fault wifi-reset:200000
run 1 "$FW/tasmota32c3.bin"
json 'd["result"] == "half-way" and d["variant"] == "safeboot" and d["attempts"] == 1'
runs_from 010000
sim_stop
end

begin upload32__goes_by_safeboot
device32 factory net --web 0
wait_for 60 grep -q '^web ' "$TMPDIR/sim.out" || bad "its page did not come"
timeout 200 "$B/tasmite" upload --yes --json "$FW/tasmota32c3.bin" \
	"127.0.0.9:$(sed -nE 's/^web ([0-9]+)$/\1/p' "$TMPDIR/sim.out")" >"$TMPDIR/out" 2>"$TMPDIR/err" ||
	bad "upload: $(tail -n 5 "$TMPDIR/err")"
json 'd["result"] == "done" and d["version"] == "15.2.0"'
err 'waits for its safeboot'
holds_at 0xE0000 "$FW/tasmota32c3.bin"
runs_from 0e0000
sim_stop
end

finish
