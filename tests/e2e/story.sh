# SPDX-License-Identifier: GPL-3.0-or-later
# The summer of 2018, whole: the released build is flashed, does not join though its credentials are
# right, is named as known to fail; the ladder leads to the classic build, which joins; the report
# tells it all and no secret.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
mkdir -p "$TMPDIR/fw"
"$B/make-image" --build 6.1.1-full -o "$TMPDIR/fw/sonoff.bin"
"$B/make-image" --build 6.1.1-classic -o "$TMPDIR/fw/sonoff-classic.bin"
sim_start --scenario story-2018 --speed 0 --power off
tm_start 120 40 "cd $TMPDIR/fw && $B/tasmite $DEV"
see 'is open'

begin story__flashes__the_released_build
tm_line '/flash sonoff.bin'
see 'Write firmware'
tm_keys y
see 'hold the button'
enter_loader
see 'written in ' 60
boot_normally
see 'Version 6\.1\.1-2_3_0' 20
see '✔ Firmware +Sonoff-Tasmota 6\.1\.1'
end

begin story__names__the_build_after_two_joins
tm_line 'Backlog SSID1 cellar; Password1 hush-hush-9'
see 'Connecting to AP1 cellar' 60
# The release's fallback after both joins have failed: no access point either.
see 'WPSConfig active' 60
see '✘ Wi-Fi "cellar" +AP not found'
see '✘ Access point'
tm_line '/report'
see 'this build is known for failing to join'
see 'Firmware runs ✔'
see 'Access point ✘ this mode opens none'
see 'Joins "ce…" ✘'
tm_keys Space
see 'write another build: the current tasmota.bin, sonoff-classic'
tm_keys Escape
gone 'Esc: close'
end

begin story__leads__to_the_classic_build
tm_line '/rescue'
see 'Rescue, step 1 of 4: Write the current build'
see 'known for failing to join'
see 'No such file is at hand'
tm_keys s
see 'Rescue, step 2 of 4: Write classic'
see 'sonoff-classic\.bin'
see 'Lost: what is in the flash'
tm_keys y
see 'hold the button'
enter_loader
see 'written in ' 60
boot_normally
see 'Backlog SSID1 cellar; Password1 *$' 60
tm_line 'hush-hush-9'
see '✔ Wi-Fi "cellar" +connected' 60
see 'rescue: the fault went with it' 60
end

begin story__reports__all_of_it
see '✔ IP address' 60
tm_line '/report story.md'
see '# Device report'
tm_keys s
see 'saved in story.md'
md=$TMPDIR/fw/story.md
wait_for 5 test -s "$md" || bad "no file"
grep -q 'Device flashed ✔ · Firmware runs ✔' "$md" || bad "no marks"
grep -qE 'so far: .*Joins "ce…" ✘ AP not found \([0-9]+\)' "$md" || bad "not what was before"
grep -q 'Joins "ce…" ✔' "$md" || bad "not how it is now"
grep -q 'wrote sonoff.bin' "$md" || bad "not the first file"
grep -q 'wrote sonoff-classic.bin, all erased before' "$md" || bad "not the second file"
grep -q 'rescue, classic: the fault went with it' "$md" || bad "not the end"
grep -qE 'hush|cellar' "$md" && bad "a secret or a name is in it"
end
finish
