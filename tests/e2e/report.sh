# SPDX-License-Identifier: GPL-3.0-or-later
# /report and /elf: what is in the page is what is saved, secrets and names are not; nothing is
# replaced unasked; a crash is told with the functions of a map file.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-full -o "$TMPDIR/old.bin"
sim_start --boot-image "$TMPDIR/old.bin" --speed 0 --scenario exception
tm_start 100 40 "cd $TMPDIR && $B/tasmite $DEV"
see 'is open'
boot_normally

begin elf__tells__a_crash_in_words
see 'stack<<<' 20
tm_line '/elf'
see 'cause 28: read through a null pointer'
see 'epc1 +0x402[0-9a-f]+ +flash'
see 'Function names: /elf FILE'
tm_keys Escape
gone 'Function names'
end

begin elf__names__functions_by_a_map
# The scenario crashes at 0x4020e608.
printf ' .text._Z13MqttReconnectv\n                0x4020e5f8       0x40 a.o\n' >"$TMPDIR/old.map"
tm_line "/elf $TMPDIR/old.map"
see 'MqttReconnect \+ 0x10'
see 'functions by old.map'
tm_keys Escape
gone 'functions by'
echo 'no symbols here' >"$TMPDIR/other.map"
tm_line "/elf $TMPDIR/other.map"
see 'neither an ELF'
end

begin report__masks__and_saves_what_it_shows
tm_line 'Backlog SSID1 ourhouse; Password1 hush-hush-9'
see 'SSID1 ourhouse'
tm_line '/report first.md'
see '# Device report'
tm_keys s
see 'saved in first.md'
tm_keys Escape
gone '# Device report'
wait_for 5 test -s "$TMPDIR/first.md" || bad "no file"
[ "$(stat -c %a "$TMPDIR/first.md")" = 600 ] || bad "mode $(stat -c %a "$TMPDIR/first.md")"
grep -q 'hush' "$TMPDIR/first.md" && bad "the password is in it"
grep -q 'ourhouse' "$TMPDIR/first.md" && bad "the network's name is in it"
grep -q 'SSID1 ou…' "$TMPDIR/first.md" || bad "what was sent is not in it"
grep -q 'Firmware: Sonoff-Tasmota 6.1.1' "$TMPDIR/first.md" || bad "no firmware in it"
grep -q 'exception 28' "$TMPDIR/first.md" || bad "no finding in it"
grep -q 'MqttReconnect + 0x10' "$TMPDIR/first.md" || bad "no function in it"
end

begin report__asks__before_it_replaces
echo mine >"$TMPDIR/mine.md"
tm_line '/report mine.md'
see '# Device report'
tm_keys s
see 'Replace the file'
tm_keys n
see 'not saved'
[ "$(cat "$TMPDIR/mine.md")" = mine ] || bad "the file was touched"
tm_keys Escape
gone '# Device report'
tm_line '/report mine.md'
see '# Device report'
tm_keys s
see 'Replace the file'
tm_keys y
see 'saved in mine.md'
grep -q 'Device report' "$TMPDIR/mine.md" || bad "not replaced"
end
finish
