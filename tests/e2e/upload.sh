# SPDX-License-Identifier: GPL-3.0-or-later
# Uploads to the device's own web page, over real TCP: old and new firmware, with and without a serial
# line. Each ends in the right verdict, and the device in a state that is told.
. "$(dirname "$0")/lib_upgrade.sh"

mkdir -p "$FW/old" "$FW/new"
for b in 14.2.0-minimal 15.2.0-full; do
	"$B/make-image" --build $b -o "$FW/$b.img"
done
cp "$FW/6.1.1-classic.img" "$FW/old/sonoff-classic.bin"
cp "$FW/6.1.1-minimal.img" "$FW/old/sonoff-minimal.bin"
cp "$FW/6.1.1-classic.img" "$FW/alone/sonoff-classic.bin"
cp "$FW/15.2.0-full.img" "$FW/new/tasmota.bin"
cp "$FW/14.2.0-minimal.img" "$FW/new/tasmota-minimal.bin"
cp "$FW/15.2.0-full.img" "$FW/alone/tasmota.bin"
printf 'network * rssi -50\nmqtt ok\nip 127.0.0.11\n' >"$TMPDIR/net.scn"

page_port() {
	wait_for 60 grep -q '^web ' "$TMPDIR/sim.out" || bad "its page did not come: $(cat "$TMPDIR/sim.out")"
	sed -nE 's/^web ([0-9]+)$/\1/p' "$TMPDIR/sim.out"
}
# device BUILD [ARGS...]: it has joined; its page is $PAGE. Minimal builds keep no settings: a full one
# was there before.
device() {
	local build=$1 full=6.1.1-full
	shift
	case $build in 14*) full=14.2.0-full ;; esac
	rm -f "$TMPDIR/flash.bin"
	sim_start --boot-image "$FW/$full.img" --scenario "$TMPDIR/net.scn" --speed 5
	wait_for 60 listens || bad "the device does not listen: $(tail -n 3 "$TMPDIR/join")"
	timeout 60 "$B/tasmite" --plain --timeout 50 --until 'with IP address 127' \
		--send "Backlog SSID1 home; Password1 secret-key${SET:+; $SET}" "$DEV" >"$TMPDIR/join" 2>&1 ||
		bad "the device did not join: $(tail -n 3 "$TMPDIR/join")"
	sim_stop
	sim_start --boot-image "$FW/$build.img" --scenario "$TMPDIR/net.scn" --speed 5 --web 0 "$@"
	PAGE=127.0.0.11:$(page_port)
}
# run CODE WORDS...: tasmite upload with these words; JSON in $TMPDIR/out.
run() {
	local want=$1 got
	shift
	timeout 200 "$B/tasmite" upload --yes --json "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
	got=$?
	[ "$got" = "$want" ] || bad "upload $*: exit code $got, not $want: $(tail -n 5 "$TMPDIR/err")"
}
begin upload__without_a_serial_line__old_page
device 6.1.1-minimal
run 0 "$FW/alone/sonoff-classic.bin" "$PAGE"
json 'd["result"] == "done" and d["from"] == "6.1.1" and d["version"] == "6.1.1" and d["by_page"]'
holds "$FW/6.1.1-classic.img"
sim_stop
end

begin upload__without_a_serial_line__new_page
device 14.2.0-minimal
run 0 "$FW/alone/tasmota.bin" "$PAGE"
json 'd["result"] == "done" and d["from"] == "14.2.0" and d["version"] == "15.2.0" and d["by_page"]'
holds "$FW/15.2.0-full.img"
sim_stop
end

begin upload__through_minimal__by_two_uploads
device 14.2.0-full
run 0 "$FW/new/tasmota.bin" "$PAGE"
json 'd["result"] == "done" and d["version"] == "15.2.0"'
err 'sends tasmota-minimal\.bin'
err 'sends tasmota\.bin'
holds "$FW/15.2.0-full.img"
sim_stop
end

begin upload__with_a_serial_line__the_log_tells
device 6.1.1-full
run 0 --port "$DEV" "$FW/old/sonoff-classic.bin" "$PAGE"
json 'd["result"] == "done" and d["version"] == "6.1.1" and not d["by_page"]'
err 'sends sonoff-minimal\.bin'
holds "$FW/6.1.1-classic.img"
sim_stop
end

begin upload__refuses__what_the_device_can_not_take
device 6.1.1-full
run 1 "$FW/alone/sonoff-classic.bin" "$PAGE"
json 'd["result"] == "not-begun" and "minimal" in d["text"]'
"$B/make-image" --chip esp32 --kind app -o "$FW/tasmota32.bin"
run 1 --port "$DEV" "$FW/tasmota32.bin" "$PAGE"
err 'is for ESP32, the device is an ESP8266'
holds "$FW/6.1.1-full.img"
end

# What the files are is known only when the device is being asked already.
begin upload__tells__a_file_that_is_not_what_was_said
run 1 --minimal "$FW/6.1.1-full.img" "$FW/old/sonoff-classic.bin" "$PAGE"
json 'd["result"] == "not-begun" and "is no minimal build" in d["text"]'
run 1 "$FW/nothing.bin" "$PAGE"
json 'd["result"] == "not-begun" and "nothing.bin" in d["text"]'
tm_start 120 40 "$B/tasmite" "$DEV"
see 'sonoff'
tm_line "/upload $FW/old/sonoff-classic.bin $PAGE --minimal $FW/6.1.1-full.img"
see 'upload: Not begun' 20
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
tm_stop
holds "$FW/6.1.1-full.img"
end

begin upload__tells__a_page_that_is_not_there
hand "fault wifi-refused"
run 1 "$FW/old/sonoff-classic.bin" "$PAGE"
json 'd["result"] == "unreachable" and "refused" in d["text"]'
holds "$FW/6.1.1-full.img"
sim_stop
end

begin upload__tells__what_the_old_page_says
device 6.1.1-minimal --fault ota-magic
run 1 "$FW/alone/sonoff-classic.bin" "$PAGE"
json 'd["result"] == "refused" and d["said"] == "Magic byte is not 0xE9" and d["version"] == "6.1.1"'
hand "fault clear"
hand "fault ota-room:400000"
run 1 "$FW/alone/sonoff-classic.bin" "$PAGE"
json 'd["said"] == "Upload buffer miscompare" and "does not fit" not in d["said"]'
holds "$FW/6.1.1-minimal.img"
# The failure stays until /up is asked for: the next one goes all the same.
hand "fault clear"
run 0 "$FW/alone/sonoff-classic.bin" "$PAGE"
holds "$FW/6.1.1-classic.img"
sim_stop
end

begin upload__tells__what_the_new_page_says
device 14.2.0-minimal --fault ota-magic
run 1 "$FW/alone/tasmota.bin" "$PAGE"
json 'd["result"] == "refused" and d["said"] == "Invalid file signature" and d["version"] == "14.2.0"'
hand "fault clear"
hand "fault ota-room:400000"
run 1 "$FW/alone/tasmota.bin" "$PAGE"
json 'd["said"] == "Not enough space"'
holds "$FW/14.2.0-minimal.img"
sim_stop
end

begin upload__tells__a_device_that_closes_in_the_middle
device 6.1.1-minimal --fault wifi-cut:100000
run 1 "$FW/alone/sonoff-classic.bin" "$PAGE"
json 'd["result"] == "cut" and d["version"] == "6.1.1" and d["variant"] == "minimal"'
holds "$FW/6.1.1-minimal.img"
sim_stop
end

begin upload__tells__a_restart_in_the_middle
device 6.1.1-minimal --fault wifi-reset:100000
run 1 --port "$DEV" "$FW/alone/sonoff-classic.bin" "$PAGE"
json 'd["result"] == "reset" and d["version"] == "6.1.1" and d["variant"] == "minimal"'
holds "$FW/6.1.1-minimal.img"
sim_stop
end

begin upload__wants_a_password__and_the_right_one
SET='WebPassword joker' device 14.2.0-minimal
run 1 "$FW/alone/tasmota.bin" "$PAGE"
json 'd["result"] == "password"'
printf 'wrong\n' >"$TMPDIR/pw"
run 1 --password-file "$TMPDIR/pw" "$FW/alone/tasmota.bin" "$PAGE"
json 'd["result"] == "password"'
holds "$FW/14.2.0-minimal.img"
printf 'joker\n' >"$TMPDIR/pw"
run 0 --password-file "$TMPDIR/pw" "$FW/alone/tasmota.bin" "$PAGE"
json 'd["result"] == "done" and d["version"] == "15.2.0"'
holds "$FW/15.2.0-full.img"
sim_stop
end

begin upload__from_the_session__asks_for_the_password
SET='WebPassword joker' device 6.1.1-minimal --wifi-rate 60000
tm_start 120 40 "$B/tasmite" "$DEV"
see 'sonoff'
tm_line "/upload $FW/alone/sonoff-classic.bin $PAGE"
see 'wants its password' 60
tm_type 'joker'
tm_keys Enter
see 'Upload to the' 60
see 'half way|runs 6\.1\.1 minimal' 10
tm_keys y
see '┌? ?Upload' 20
see '[0-9]+ KB/s' 60
see 'upload: Done\. It runs 6\.1\.1' 150
tm_hides 'joker' || bad "the password is on the screen"
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
tm_stop
holds "$FW/6.1.1-classic.img"
sim_stop
end

begin upload__in_the_session__is_not_left_without_a_question
device 6.1.1-minimal --wifi-rate 4000
tm_start 120 40 "$B/tasmite" "$DEV"
see 'sonoff'
tm_line "/upload $FW/alone/sonoff-classic.bin $PAGE"
see 'Upload to the' 60
tm_keys y
see '[0-9]+ KB/s' 60
tm_keys C-q
see 'Leave during an upload'
tm_keys n
gone 'Leave during an upload'
tm_line '/quit'
see 'Leave during an upload'
tm_keys y
wait_for 10 tm_ended || bad "it does not end"
[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
tm_stop
sim_stop
end

finish
