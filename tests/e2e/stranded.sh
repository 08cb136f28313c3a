# SPDX-License-Identifier: GPL-3.0-or-later
# Devices stranded half way of an upgrade, in minimal or in safeboot: told, and brought the rest of the
# way.
. "$(dirname "$0")/lib_upgrade32.sh"

begin stranded__forgets_in_safeboot__and_that_is_told
device32 factory forgets
run 1 "$FW/tasmota32c3.bin"
json 'd["result"] == "half-way" and d["variant"] == "safeboot"'
runs_from 010000
run 0 "$FW/tasmota32c3.bin"
json 'd["result"] == "done"'
runs_from 0e0000
sim_stop
end

begin stranded__found_in_safeboot__goes_the_rest
device32 factory stranded
runs_from 010000
tm_start 120 40 "$B/tasmite" "$DEV"
see 'sonoff'
tm_line "/upgrade $FW/tasmota32c3.bin"
see 'half way of an upgrade' 60
tm_keys y
see 'upgrade: Done\. It runs 15\.2' 150
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
tm_stop
runs_from 0e0000
sim_stop
end

begin stranded__in_minimal__is_told_and_goes_the_rest
cp "$FW/6.1.1-classic.img" "$FW/sonoff-classic.bin"
cp "$FW/6.1.1-minimal.img" "$FW/sonoff-minimal.bin"
device 6.1.1-full "$TMPDIR/forgets.scn"
run 1 "$FW/sonoff-classic.bin"
json 'd["result"] == "half-way" and d["variant"] == "minimal" and d["otaurl_restored"]'
err 'Half of the way'
holds "$FW/6.1.1-minimal.img"
run 0 "$FW/sonoff-classic.bin"
json 'd["result"] == "done" and d["restarts"] == 1'
holds "$FW/6.1.1-classic.img"
sim_stop
end

finish
