# SPDX-License-Identifier: GPL-3.0-or-later
# The sub-commands without a screen: exit codes, what goes to standard output and what to standard
# error, JSON, refusals, and the port that goes away.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
NEW=$TMPDIR/new.bin
"$B/make-image" --build 6.1.1-minimal --size 64K -o "$TMPDIR/old.bin"
"$B/make-image" --build 8.5.0-minimal --size 64K -o "$NEW"
SIZE=$(stat -c %s "$NEW")
sim_start --boot-image "$TMPDIR/old.bin" --speed 0

# run CODE WORDS...: tasmite with these words, no terminal; output in $TMPDIR/out and $TMPDIR/err.
run() {
	local want=$1 got
	shift
	timeout 60 "$B/tasmite" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
	got=$?
	[ "$got" = "$want" ] || bad "tasmite $*: exit code $got, not $want: $(tail -n 3 "$TMPDIR/err")"
}
out() {
	grep -qE -- "$1" "$TMPDIR/out" || bad "not on standard output: $1"
}
err() {
	grep -qE -- "$1" "$TMPDIR/err" || bad "not on standard error: $1: $(cat "$TMPDIR/err")"
}
no_out() {
	[ -s "$TMPDIR/out" ] && bad "something is on standard output: $(head -n 3 "$TMPDIR/out")"
}
# json EXPRESSION: standard output is one JSON value d, of which that is true.
json() {
	python3 -m json.tool "$TMPDIR/out" >/dev/null 2>&1 || bad "no JSON: $(head -n 3 "$TMPDIR/out")"
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$TMPDIR/out" "$1" 2>/dev/null || bad "JSON: not so: $1: $(cat "$TMPDIR/out")"
}
# The flash at an offset holds exactly this file.
holds() {
	cmp -s -i 0:"$((${2:-0}))" -n "$(stat -c %s "$1")" "$1" "$TMPDIR/flash.bin"
}
# erased FROM LENGTH
erased() {
	[ "$(tail -c +$(($1 + 1)) "$TMPDIR/flash.bin" | head -c $(($2)) | tr -d '\377' | wc -c)" = 0 ]
}

begin usage__ends_with_2
run 2 flash
run 2 flash --port "$DEV"
run 2 flash --no-such-option
err 'no-such-option'
run 2 flash "$NEW"
err 'which port'
run 2 chip
run 2 chip --port "$DEV" --timeout soon
run 2 erase --port "$DEV" --yes 1 2
run 2 erase --port "$DEV" --yes 0x1000
run 2 erase --port "$DEV" --yes 0x1000 0
run 2 image
no_out
end

begin yes__is_needed__without_a_terminal
run 2 flash --port "$DEV" "$NEW"
err 'needs --yes'
run 2 erase --port "$DEV" all
err 'needs --yes'
no_out
holds "$TMPDIR/old.bin" || bad "the flash was touched"
end

begin port__that_is_absent__ends_with_4
run 4 flash --port "$TMPDIR/nowhere" --yes "$NEW"
err 'no such port'
no_out
run 4 chip --port "$TMPDIR/nowhere" --json
json 'd["result"] == "failed" and d["exit_code"] == 4 and any("no such port" in t for t in d["text"])'
end

begin file__that_is_wrong__ends_with_1
run 1 flash --port "$DEV" --yes "$TMPDIR/absent.bin"
err 'absent.bin'
head -c 3000 <(gzip -c "$NEW") >"$TMPDIR/half.bin.gz"
run 1 flash --port "$DEV" --yes "$TMPDIR/half.bin.gz"
err 'gzip file is damaged'
echo '<!DOCTYPE html><html><body>Not Found</body></html>' >"$TMPDIR/page.bin"
run 1 flash --port "$DEV" --yes "$TMPDIR/page.bin"
err 'web page'
head -c 40000 "$NEW" >"$TMPDIR/short.bin"
run 1 flash --port "$DEV" --yes "$TMPDIR/short.bin"
err 'cut off'
# The header of an ESP32 image, with nothing whole behind it.
{ printf '\351\003\002\057\200\000\010\100\356\000\000\000\000\000\000\000\000\000\000\000\000\000\000\001' &&
	head -c 65512 /dev/zero; } >"$TMPDIR/esp32.bin"
run 1 flash --port "$DEV" --yes "$TMPDIR/esp32.bin"
err "damaged: wrong checksum"
no_out
head -c 65536 /dev/zero >"$TMPDIR/zero.bin"
run 1 flash --port "$DEV" --yes "$TMPDIR/zero.bin"
: >"$TMPDIR/empty.bin"
run 1 flash --port "$DEV" --yes "$TMPDIR/empty.bin"
run 1 flash --port "$DEV" --yes "$NEW@1"
err 'multiple of 4096'
run 1 flash --port "$DEV" --yes "$NEW@0x10000"
err 'boots from offset 0x0'
run 1 flash --port "$DEV" --yes "$NEW" "$TMPDIR/old.bin"
err 'overlap'
run 1 flash --port "$DEV" --yes --json "$TMPDIR/page.bin"
json 'd["result"] == "failed" and d["exit_code"] == 1 and any("web page" in t for t in d["text"])'
holds "$TMPDIR/old.bin" || bad "the flash was touched"
end

begin timeout__ends_the_waiting__with_1
run 1 chip --port "$DEV" --timeout 1
err 'no boot loader within 1 s'
no_out
run 1 flash --port "$DEV" --yes --json --timeout 1 "$NEW"
json 'd["result"] == "timeout" and d["exit_code"] == 1'
err 'hold the button'
end

begin interrupt__ends_with_5
: >"$TMPDIR/err" # what stands there now would be taken for the new program's words
"$B/tasmite" flash --port "$DEV" --yes "$NEW" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
pid=$!
wait_for 10 grep -q 'hold the button' "$TMPDIR/err" || bad "it does not wait"
# A shell that is not interactive starts what runs beside it with SIGINT ignored: it must be
# caught all the same.
kill -INT $pid
wait $pid
code=$?
[ $code = 5 ] || bad "exit code $code"
err 'Nothing on the device was changed'
no_out
end

begin chip__tells_what_it_is
enter_loader
run 0 chip --port "$DEV" --timeout 30
out 'ESP8266EX'
out '^MAC: +5C:CF:7F'
out '26 MHz'
out '1 MB'
err 'the boot loader answers'
enter_loader
run 0 chip --port "$DEV" --timeout 30 --json
json 'd["result"] == "done" and d["exit_code"] == 0 and d["chip"]["flash_size"] == 1 << 20 and d["chip"]["crystal_mhz"] == 26 and d["chip"]["esp8285"] is False'
end

begin flash__writes__and_says_so
enter_loader
run 0 flash --port "$DEV" --yes --timeout 30 "$NEW"
no_out
err 'written in .* and verified'
holds "$NEW" || bad "the flash differs from the file"
end

begin flash__writes__json
enter_loader
run 0 flash --port "$DEV" --yes --timeout 30 --json "$TMPDIR/old.bin"
json 'd["result"] == "done" and d["exit_code"] == 0 and d["seconds"] >= 0 and d["retries"] >= 0'
err 'written in'
holds "$TMPDIR/old.bin" || bad "the flash differs from the file"
end

begin flash__writes__at_an_offset_and_a_rate
# An application of the second form, for 0x1000 and beyond: EA, the mapped part, then segments as
# of the first form, a checksum and a CRC.
python3 - "$TMPDIR/data.bin" <<'PY'
import struct, sys, zlib
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
enter_loader
run 0 flash --port "$DEV" --yes --timeout 30 --no-clkdiv "$NEW" "$TMPDIR/data.bin@0xF0000"
holds "$NEW" || bad "the flash differs from the file"
holds "$TMPDIR/data.bin" 0xF0000 || bad "the flash differs from the data at 0xF0000"
end

begin erase__takes__an_area_and_no_more
enter_loader
cp "$TMPDIR/flash.bin" "$TMPDIR/before.bin"
run 0 erase --port "$DEV" --yes --timeout 30 0x2000 8k
err 'erased in'
no_out
erased 0x2000 0x2000 || bad "the area is not blank"
cmp -s -n 8192 "$TMPDIR/before.bin" "$TMPDIR/flash.bin" || bad "what lies before the area is gone"
cmp -s -i 16384 "$TMPDIR/before.bin" "$TMPDIR/flash.bin" || bad "what lies behind the area is gone"
end

begin erase__takes__all
enter_loader
run 0 erase --port "$DEV" --yes --timeout 30 --json all
json 'd["result"] == "done" and d["exit_code"] == 0'
erased 0 1048576 || bad "the flash is not blank"
end

begin flash__first_erases_all__on_demand
enter_loader
run 0 flash --port "$DEV" --yes --timeout 30 "$TMPDIR/data.bin@0xF0000" "$TMPDIR/old.bin"
enter_loader
run 0 flash --port "$DEV" --yes --timeout 30 --erase "$NEW"
holds "$NEW" || bad "the flash differs from the file"
erased "$SIZE" $((1048576 - SIZE)) || bad "the rest is not blank"
end

begin port__that_goes_away__ends_with_4
enter_loader
hand "fault unplug@BYTE:40000"
run 4 flash --port "$DEV" --yes --full --timeout 30 "$TMPDIR/old.bin"
no_out
err 'the port went away'
err 'Next: plug the adapter in'
err 'Erased'
hand "fault clear"
hand "replug"
wait_for 5 test -e "$DEV"
enter_loader
hand "fault unplug@BYTE:40000"
run 4 flash --port "$DEV" --yes --full --timeout 30 --json "$TMPDIR/old.bin"
json 'd["result"] == "failed" and d["exit_code"] == 4 and any("went away" in t for t in d["text"])'
hand "fault clear"
hand "replug"
wait_for 5 test -e "$DEV"
enter_loader
run 0 flash --port "$DEV" --yes --timeout 30 "$TMPDIR/old.bin"
holds "$TMPDIR/old.bin" || bad "the flash differs from the file"
end

begin flash__that_fails__ends_with_1
enter_loader
hand "fault write-protect"
run 1 flash --port "$DEV" --yes --timeout 30 --json "$NEW"
json 'd["result"] == "failed" and d["exit_code"] == 1 and any("write-protected" in t for t in d["text"])'
hand "fault clear"
end

begin image__tells_what_files_are
run 0 image "$NEW" "$TMPDIR/page.bin"
out 'Tasmota 8\.5\.0, minimal build'
out 'a web page'
run 0 image --json "$NEW"
json 'd["firmware"] == "Tasmota" and d["version"] == "8.5.0" and d["image"]["checksum_ok"] is True'
run 3 image "$TMPDIR/page.bin"
run 1 image "$TMPDIR/absent.bin"
err 'absent.bin'
end
finish
