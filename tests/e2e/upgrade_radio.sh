# SPDX-License-Identifier: GPL-3.0-or-later
# Upgrades over the air when something is wrong with the way or the updater: each ends in the right
# verdict, with the device's own words, and nothing is changed in it.
. "$(dirname "$0")/lib_upgrade.sh"

FILE=$FW/alone/sonoff-classic.bin
cp "$FW/6.1.1-classic.img" "$FILE"
device 6.1.1-minimal "$TMPDIR/net.scn"

begin radio__nobody_is_there__is_no_request
hand "fault wifi-refused"
run 1 "$FILE"
json 'd["result"] == "no-request" and d["requests"] == 0 and d["otaurl_restored"]'
end

begin radio__cut_each_time__is_told_with_the_devices_words
hand "fault clear"
hand "fault wifi-cut:100000,count=4"
run 1 "$FILE"
json 'd["result"] == "refused" and d["attempts"] == 4 and d["variant"] == "minimal"'
err 'connection lost'
end

begin radio__silent_in_the_middle__is_told_with_the_devices_words
hand "fault clear"
hand "fault wifi-stall:100000,count=4"
run 1 "$FILE"
json 'd["result"] == "refused" and d["attempts"] == 4'
err 'ERROR\[6\]'
end

begin updater__finds_no_room__is_told_with_the_devices_words
hand "fault clear"
hand "fault ota-room:300000"
run 1 "$FILE"
json 'd["result"] == "refused"'
err 'To less space'
end

begin updater__gets_no_image__is_told_with_the_devices_words
hand "fault clear"
hand "fault ota-magic"
run 1 "$FILE"
json 'd["result"] == "refused"'
err 'Verify bin header failed'
holds "$FW/6.1.1-minimal.img"
end

begin radio__cut_once__goes_on_with_the_next_attempt
hand "fault clear"
hand "fault wifi-cut:100000"
run 0 "$FILE"
json 'd["result"] == "done" and d["attempts"] == 2'
holds "$FW/6.1.1-classic.img"
restored
sim_stop
end

begin radio__kept_apart_by_the_access_point__tells_the_likely_causes
device 6.1.1-minimal "$TMPDIR/net.scn" --speed 1 --fault wifi-isolated
run 1 "$FILE"
json 'd["result"] == "no-request" and d["requests"] == 0 and "It runs 6.1.1 (minimal)" in d["text"]'
err 'Likely causes'
holds "$FW/6.1.1-minimal.img"
sim_stop
end

finish
