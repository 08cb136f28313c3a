# SPDX-License-Identifier: GPL-3.0-or-later
# What the stub makes possible, in the session and by the sub-commands: only what differs is written,
# backup, restore, verify, what stays, and what becomes of work that was interrupted.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
cd "$TMPDIR" || exit 2
A=$TMPDIR/a.bin C=$TMPDIR/changed.bin
"$B/make-image" --build 6.1.1-minimal --size 96K -o "$A"
"$B/make-image" --build 8.5.0-minimal --size 96K -o "$TMPDIR/b.bin"
FLASH=$TMPDIR/flash.bin
# A chip on which every byte tells its place: settings, other firmware.
python3 - "$FLASH" "$A" <<'PY'
import random, sys
random.seed(5)
open(sys.argv[1], "wb").write(random.randbytes(1 << 20))
PY
cp "$FLASH" "$TMPDIR/first.bin"
sim_start --speed 0

# t CODE WORDS...: a sub-command on this port
t() {
	local want=$1 got
	shift
	timeout 60 "$B/tasmite" "$@" --port "$DEV" --timeout 30 >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
	got=$?
	[ "$got" = "$want" ] || bad "tasmite $*: exit code $got, not $want: $(tail -n 4 "$TMPDIR/err")"
}
err() {
	grep -qE -- "$1" "$TMPDIR/err" || bad "not on standard error: $1: $(cat "$TMPDIR/err")"
}
not_err() {
	grep -qE -- "$1" "$TMPDIR/err" && bad "on standard error: $1"
}
# same FILE [OFFSET]: the flash holds it there. rest FROM: from there on it is as at first.
same() {
	cmp -s -i 0:"$((${2:-0}))" -n "$(stat -c %s "$1")" "$1" "$FLASH" || bad "the flash differs from ${1##*/}"
}
rest() {
	cmp -s -i $(($1)) "${2:-$TMPDIR/first.bin}" "$FLASH" || bad "the rest of the flash was touched"
}
blank() { # OFFSET LENGTH
	[ "$(tail -c +$(($1 + 1)) "$FLASH" | head -c $(($2)) | tr -d '\377' | wc -c)" = 0 ] || bad "not blank at $1"
}
writes() {
	"$B/virtual-device" --hand "$CTL" -c state | sed -nE 's/.*"flash_erases":([0-9]+).*/\1/p'
}

# ---- the sub-commands: one power-up, many programs ----------------------------------------------
begin flash__by_stub__verified
enter_loader
t 0 flash --yes "$A"
err 'the stub runs'
err 'written in .* verified \(MD5\)'
same "$A"
rest 98304
end

begin flash__again__nothing_is_written
before=$(writes)
t 0 flash --yes "$A"
err 'all of it is there already'
[ "$(writes)" = "$before" ] || bad "it erased something"
end

begin flash__changed_file__only_what_differs
python3 - "$A" "$C" <<'PY'
import sys, zlib
d = bytearray(open(sys.argv[1], "rb").read())
# 16 bytes of text within the second segment's payload, checksum put right
at = 50000
old = d[at:at + 16]
d[at:at + 16] = bytes(b ^ 0x55 for b in old)  # an even number of equal XORs: the checksum stays
open(sys.argv[2], "wb").write(d)
PY
before=$(writes)
t 0 flash --yes "$C"
err '4(\.0)? KB of 96(\.0)? KB differ'
[ $(($(writes) - before)) = 1 ] || bad "$(($(writes) - before)) erases"
same "$C"
t 0 flash --yes --full "$A"
not_err 'differ, only they'
same "$A"
end

begin flash__next_release__only_differences_are_sent
M=$TMPDIR/moved.bin
python3 - "$A" "$M" <<'PY'
import sys
d = bytearray(open(sys.argv[1], "rb").read())
# code that moved: the same bytes in another order, so the checksum stays
d[5000:67000] = d[66300:67000] + d[5000:66300]
open(sys.argv[2], "wb").write(d)
PY
t 0 flash --yes "$A"
t 0 flash --yes --baud 115200 "$M"
err '([0-9]+) of [0-9]+ sectors sent as differences'
err 'written in .* verified \(MD5\)'
same "$M"
# Kept for the next time, from others' eyes.
n=$(find "$XDG_STATE_HOME/tasmite/flashed" -name '*.bin' -perm 0600 | wc -l)
[ "$n" -ge 3 ] && [ "$n" -le 8 ] || bad "$n files kept"
[ -z "$(find "$XDG_STATE_HOME/tasmite/flashed" -type f ! -perm 0600)" ] || bad "others can read them"
[ "$(stat -c %a "$XDG_STATE_HOME/tasmite/flashed")" = 700 ] || bad "others can list them"
# Who knows nothing sends all of it.
mkdir -p "$TMPDIR/nobody"
(cd "$TMPDIR/nobody" && HOME=$TMPDIR/nobody XDG_STATE_HOME=$TMPDIR/nobody t 0 flash --yes --baud 115200 "$A") || bad "it failed"
not_err 'as differences'
same "$A"
end

begin flash__packed_file
gzip -kf "$C"
t 0 flash --yes "$C.gz"
same "$C"
end

begin flash__no_verify__says_so
t 0 flash --yes --no-verify "$A"
err 'not verified'
same "$A"
end

begin verify__good_and_bad
t 0 verify "$A"
err 'byte for byte'
t 1 verify "$C"
err '0x0c000 to 0x0cfff'
err 'nothing|Nothing'
same "$A"
end

begin backup__mode_md5_and_no_overwriting
umask 022
t 0 backup "$TMPDIR/whole.bin"
cmp -s "$TMPDIR/whole.bin" "$FLASH" || bad "the copy differs"
[ "$(stat -c %a "$TMPDIR/whole.bin")" = 600 ] || bad "others can read it"
(cd "$TMPDIR" && md5sum -c --status whole.bin.md5) || bad "the MD5 beside it is wrong"
err 'passwords'
cp "$TMPDIR/whole.bin" "$TMPDIR/kept.bin"
t 1 backup "$TMPDIR/whole.bin"
err 'is there already'
cmp -s "$TMPDIR/whole.bin" "$TMPDIR/kept.bin" || bad "the copy was overwritten"
t 0 backup "$TMPDIR/part.bin" 0x3000 8k
cmp -s -n 8192 -i 0:12288 "$TMPDIR/part.bin" "$FLASH" || bad "the part differs"
[ "$(stat -c %s "$TMPDIR/part.bin")" = 8192 ] || bad "its length"
end

begin restore__is_byte_identical
t 0 erase --yes all
blank 0 1048576
t 0 flash --yes "$TMPDIR/whole.bin"
cmp -s "$TMPDIR/whole.bin" "$FLASH" || bad "the restored flash differs"
end

begin erase__area_and_settings_kept
t 0 erase --yes 0x2000 8k
blank 0x2000 8192
cmp -s -i 16384 "$TMPDIR/whole.bin" "$FLASH" || bad "more than the area is gone"
t 0 erase --yes --keep-settings all
blank 0 0xF4000
rest 0xF4000 "$TMPDIR/whole.bin"
err 'stay as they are'
t 0 flash --yes --erase --keep-settings "$A"
same "$A"
blank 98304 $((0xF4000 - 98304))
rest 0xF4000 "$TMPDIR/whole.bin"
end

begin flash__several__at_offsets
python3 - "$TMPDIR/second.bin" <<'PY'
import struct, sys, zlib
# an application of the second form, which may lie anywhere
code, mapped = bytes(range(256)) * 16, bytes(4096)
body = struct.pack("<4BI", 0xEA, 4, 3, 0x20, 0x40100004) + struct.pack("<II", 0, len(mapped)) + mapped
body += struct.pack("<4BI", 0xE9, 1, 3, 0x20, 0x40100004) + struct.pack("<II", 0x40100000, len(code)) + code
body += bytes(-(len(body) + 1) % 16)
check = 0xEF
for b in code:
    check ^= b
body += bytes([check])
body += struct.pack("<I", zlib.crc32(body) ^ 0xFFFFFFFF)
open(sys.argv[1], "wb").write(body)
PY
t 1 flash --yes "$A" "$TMPDIR/second.bin@0x1000"
err 'overlap'
t 0 flash --yes "$A" "$TMPDIR/second.bin@0x40000"
same "$A"
same "$TMPDIR/second.bin" 0x40000
end

begin flash__header__announced
python3 - "$TMPDIR/b.bin" "$TMPDIR/want.bin" <<'PY'
import sys
d = bytearray(open(sys.argv[1], "rb").read())
d[2], d[3] = 2, 0x4F  # DIO, 4 MB, 80 MHz
open(sys.argv[2], "wb").write(d)
PY
t 0 flash --yes --mode dio --size 4MB --freq 80m "$TMPDIR/b.bin"
err 'b\.bin: '
same "$TMPDIR/want.bin"
t 2 flash --yes --mode fast "$A"
err 'qio, qout, dio, dout'
end

begin flash__without_the_stub__by_the_rom
t 0 flash --yes --no-stub "$A"
err 'checked by the ROM'
not_err 'the stub runs'
same "$A"
end

begin backup__before_a_flash
enter_loader
cp "$FLASH" "$TMPDIR/before.bin"
t 0 flash --yes --backup "$TMPDIR/first-copy.bin" "$TMPDIR/b.bin"
cmp -s "$TMPDIR/before.bin" "$TMPDIR/first-copy.bin" || bad "the copy differs"
same "$TMPDIR/b.bin"
end

begin backup__disk_full__changes_nothing
cp "$FLASH" "$TMPDIR/before.bin"
(ulimit -f 300; trap '' XFSZ; timeout 60 "$B/tasmite" flash --yes --port "$DEV" --timeout 30 \
	--backup "$TMPDIR/no-room.bin" "$A" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null)
code=$?
[ $code = 1 ] || bad "exit code $code: $(tail -n 3 "$TMPDIR/err")"
err "can't be written"
err 'Nothing on the device was changed'
[ -e "$TMPDIR/no-room.bin" ] && bad "half a copy has the name of a whole one"
cmp -s "$TMPDIR/before.bin" "$FLASH" || bad "the flash was touched"
end

begin flash__interrupted__goes_on_where_it_stopped
"$B/make-image" --build 6.1.1-full --size 300K -o "$TMPDIR/big.bin"
enter_loader
hand "fault unplug@BYTE:150000"
t 4 flash --yes "$TMPDIR/big.bin"
err 'went away'
hand "fault clear"
hand "replug"
wait_for 5 test -e "$DEV"
enter_loader
t 0 flash --yes "$TMPDIR/big.bin"
err 'differ, only they are written'
same "$TMPDIR/big.bin"
end

begin backup__interrupted__leaves_no_whole_one
enter_loader
rm -f "$TMPDIR/cut.bin"*
hand "fault unplug@BYTE:16000"
t 4 backup "$TMPDIR/cut.bin"
[ -e "$TMPDIR/cut.bin" ] && bad "half a copy has the name of a whole one"
hand "fault clear"
hand "replug"
wait_for 5 test -e "$DEV"
enter_loader
t 0 backup "$TMPDIR/cut.bin"
cmp -s "$TMPDIR/cut.bin" "$FLASH" || bad "the copy differs"
end

begin stub__does_not_start__the_rom_goes_on
enter_loader
hand "fault no-ram-code"
t 0 flash --yes "$A"
err 'the stub does not run'
err 'checked by the ROM'
same "$A"
hand "fault clear"
end

# ---- the session ----------------------------------------------------------------------------------
tm_start 120 40 "$B/tasmite" "$DEV"
see "sonoff is open"

begin session__offers__a_backup_first
cp "$FLASH" "$TMPDIR/before.bin"
tm_line "/flash $C"
see 'No Tasmota was seen'
see 'b  copy all of it'
tm_keys b
see '▶ connect'
enter_loader
see 'the flash is copied to' 60
see 'written in .* verified' 60
copy=$(ls "$TMPDIR"/sonoff-backup-*.bin)
cmp -s "$copy" "$TMPDIR/before.bin" || bad "the copy differs"
same "$C"
end

begin session__flashes__again_at_once
tm_line "/flash $C --yes"
see 'all of it is there already' 30
see '│ written in' # and the panel is free again
tm_line "/verify $A"
see 'Differs: 0x0c000 to 0x0cfff' 30
tm_line "/backup $TMPDIR/again.bin"
see 'It holds passwords' 60
tm_line "/backup $TMPDIR/again.bin"
see 'not overwritten|is there already'
end

begin session__chooses__a_file
tm_keys C-l
tm_line '/flash'
see 'Firmware at hand'
tm_type 'changed'
see 'changed.bin.*6\.1\.1'
tm_keys Enter
see 'Write firmware'
tm_keys n
see 'nothing was changed'
end

begin session__is_cancelled__in_the_middle
enter_loader
tm_line '/set flash-baud 115200'
tm_line "/flash $TMPDIR/big.bin --yes --full"
see '▶ write' 30
tm_line '/cancel'
see 'cancelled' 10
tm_line '/set flash-baud 0'
tm_line "/flash $TMPDIR/big.bin --yes"
see 'written in .* verified' 60
same "$TMPDIR/big.bin"
end

begin setting__off__the_rom_alone
tm_line '/set flash-stub off'
tm_line "/flash $A --yes"
see 'checked by the ROM' 60
same "$A"
end
finish
