# SPDX-License-Identifier: GPL-3.0-or-later
# tasmite image: what it prints and the exit codes that scripts rely on.
. "$(dirname "$0")/lib.sh"

good=$TMPDIR/good.bin
"$B/make-image" --build 8.5.0-minimal -o "$good"
out=$TMPDIR/out
# image_is CODE ARGS...: runs it and compares the exit code
image_is() {
	local want=$1 got
	shift
	"$B/tasmite" image "$@" >"$out" 2>"$out.err"
	got=$?
	[ "$got" = "$want" ] || bad "exit code $got, not $want: $*"
}
has() {
	grep -q -e "$1" "$out" || bad "no \"$1\" in: $(cat "$out")"
}
has_err() {
	grep -q -e "$1" "$out.err" || bad "no \"$1\" on standard error: $(cat "$out.err")"
}

begin image__tells__a_good_file
image_is 0 "$good"
has '^what: Tasmota 8\.5\.0, minimal build, core 2_7_4_1, .* for ESP8266, fits 1 MB$'
has '^damage: none$'
end

begin image__prints__one_json_object_a_line
echo '<html>' >"$TMPDIR/page.bin"
image_is 0 --json "$good" "$TMPDIR/page.bin"
[ "$(wc -l <"$out")" = 2 ] || bad "not two lines"
python3 - "$out" <<'PY' || bad "not the JSON it should be"
import json, sys
a, b = [json.loads(line) for line in open(sys.argv[1])]
assert (a["kind"], a["fault"], a["firmware"], a["version"], a["variant"]) == \
    ("esp8266", "none", "Tasmota", "8.5.0", "minimal"), a
assert a["flash_mode"] == "DOUT" and a["application"]["checksum_ok"] is True, a
assert b["kind"] == "html" and "firmware" not in b, b
PY
end

begin image__survives__a_name_that_is_no_utf8
odd=$TMPDIR/$(printf 'odd\377\033[31m.bin')
cp "$good" "$odd"
image_is 0 --json "$odd"
python3 -c 'import json,sys; json.load(open(sys.argv[1]))' "$out" || bad "not JSON"
image_is 0 "$odd"
! grep -q "$(printf '\033')" "$out" || bad "an escape came through"
end

begin image__reports__damage_by_1
head -c 100000 "$good" >"$TMPDIR/cut.bin"
image_is 1 "$TMPDIR/cut.bin"
has '^damage: cut off$'
image_is 1 "$good" "$TMPDIR/cut.bin"
end

begin image__reports__damaged_packing_by_1
gzip -c "$good" | head -c 3000 >"$TMPDIR/cut.bin.gz"
image_is 1 "$TMPDIR/cut.bin.gz"
has "^damage: can't be unpacked"
has '^instead: download it again'
end

begin image__reports__an_unreadable_file_by_1
image_is 1 "$TMPDIR/nosuch.bin"
has_err 'nosuch\.bin: No such file'
image_is 1 "$TMPDIR"
end

begin image__answers__wrong_usage_by_2
image_is 2
has_err 'FILE'
image_is 2 --nonsense "$good"
has_err 'nonsense'
end

begin image__answers__no_firmware_by_3
: >"$TMPDIR/empty.bin"
gzip -c "$good" >"$TMPDIR/good.bin.gz"
image_is 3 "$TMPDIR/page.bin"
has '^instead: .*raw'
image_is 3 "$TMPDIR/empty.bin"
end

begin image__looks__into_packed_files
image_is 0 "$TMPDIR/good.bin.gz"
has '^what: Tasmota 8\.5\.0, minimal build, .*, packed with gzip$'
has '^packed: with gzip, .* as good\.bin; '
image_is 0 --json "$TMPDIR/good.bin.gz"
python3 - "$out" "$good" "$TMPDIR/good.bin.gz" <<'PY' || bad "not the JSON it should be"
import json, os, sys
d = json.load(open(sys.argv[1]))
assert d["size"] == os.path.getsize(sys.argv[2]) and d["packed_size"] == os.path.getsize(sys.argv[3]), d
assert d["kind"] == "esp8266" and d["version"] == "8.5.0", d
PY
end

# A small factory file whose table lies within the file; another chip's application.
begin image__reads__files_of_the_esp32_family
corpus=$(dirname "$0")/../fuzz/corpus/image
image_is 0 "$corpus/esp32-app"
has '^chip: ESP32-C3$'
has '^  SHA-256: right$'
has '^goes to: the application partition'
image_is 0 --json "$corpus/table"
python3 - "$out" <<'PY' || bad "not the JSON it should be"
import json, sys
d = json.load(open(sys.argv[1]))
assert d["kind"] == "esp32-partitions" and d["safeboot_layout"] is True, d
assert [p["offset"] for p in d["partitions"] if p["name"] == "app0"] == [0xe0000], d
PY
image_is 1 "$corpus/factory"
has '^  fault: partition "otadata" at 0x8200 lies over'
has '^in "app0": Tasmota.*, whole, SHA-256 right'
has '^  starts: this one'
image_is 1 --json "$corpus/factory"
python3 - "$out" <<'PY' || bad "not the JSON it should be"
import json, sys
d = json.load(open(sys.argv[1]))
apps = {a["partition"]: a for a in d["applications"]}
assert apps["app0"]["starts"] is True and apps["app0"]["sha256"] == "right", d
assert apps["safeboot"]["starts"] is False and d["fault"] == "table", d
PY
end

finish
