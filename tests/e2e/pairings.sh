# SPDX-License-Identifier: GPL-3.0-or-later
# Files and devices that don't go together: refused before anything is touched, with the reason and
# what to take instead; --force writes what can be written. And where files belong that come in
# parts. The devices' partition table is none of the usual ones.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
T=$TMPDIR
CHIPS="esp32 esp32s3 esp32c3 esp32c6"
APP=$((0x140000)) # of the layout "moved"

make_image() {
	"$B/make-image" "$@" >/dev/null || bad "make-image $*"
}
begin files__made
for c in $CHIPS; do
	make_image --chip $c --kind factory --layout moved --size 128K -o "$T/$c-factory.bin"
	make_image --chip $c --kind app --size 128K -o "$T/$c-app.bin"
	make_image --chip $c --kind safeboot -o "$T/$c-safeboot.bin"
	make_image --chip $c --kind bootloader -o "$T/$c-loader.bin"
	make_image --chip $c --kind partitions --layout moved -o "$T/$c-table.bin"
	make_image --chip $c --kind app --size $((0x2c0000)) -o "$T/$c-large.bin"
	make_image --chip $c --kind factory --layout two-slot --size 128K -o "$T/$c-two.bin"
	gzip -kf "$T/$c-factory.bin"
	head -c 100000 "$T/$c-app.bin" >"$T/$c-cut.bin"
done
make_image --build 8.5.0-minimal --size 64K -o "$T/8266.bin"
gzip -kf "$T/8266.bin"
printf '<!DOCTYPE html>\n<html><head><title>x</title></head></html>\n' >"$T/page.bin"
printf 'PK\003\004 and what follows' >"$T/zip.bin"
head -c 65536 /dev/zero | tr '\0' '\001' >"$T/data.bin"
end

# run CODE WORDS...: the loader stays where it is, and is found again
run() {
	local want=$1 got
	shift
	timeout 60 "$B/tasmite" "$@" >"$T/out" 2>"$T/err" </dev/null
	got=$?
	[ "$got" = "$want" ] || bad "tasmite $*: exit code $got, not $want: $(tail -n 5 "$T/err")"
}
err() {
	grep -qE -- "$1" "$T/err" || bad "not on standard error: $1: $(cat "$T/err")"
}
# refused REASON WORDS...
refused() {
	local reason=$1
	shift
	run 1 flash --port "$DEV" --yes "$@"
	err "$reason"
	cmp -s "$T/before.bin" "$T/flash.bin" || bad "the flash was touched: $*"
}
# holds FILE AT
holds() {
	cmp -s -i 0:"$(($2))" -n "$(stat -c %s "$1")" "$1" "$T/flash.bin" || bad "not at $2: $1"
}
# device CHIP ARGS...: in its loader, with the factory file of its chip
device() {
	local c=$1
	sim_stop
	rm -f "$T/flash.bin"
	sim_start --speed 0 --button down --chip "$@"
	enter_loader
	[ -e "$T/$c-factory.bin" ] || return
	run 0 flash --port "$DEV" --yes "$T/$c-factory.bin.gz"
	holds "$T/$c-factory.bin" 0
	cp "$T/flash.bin" "$T/before.bin"
}

for c in $CHIPS; do
	other=esp32s3
	[ $c = esp32s3 ] && other=esp32c3
	take='the device is an ESP32.*; take tasmota32.*\.factory\.bin for 0x0, from http'
	begin "flash__another_chip__refused_$c"
	device $c
	refused "$take" "$T/8266.bin"
	refused "$take" "$T/8266.bin.gz"
	refused 'boots from offset 0x0 only' "$T/8266.bin@0x10000"
	refused "$take" "$T/$other-factory.bin"
	refused "$take" "$T/$other-factory.bin.gz"
	refused "$take" "$T/$other-app.bin"
	refused "$take" "$T/$other-app.bin@0x140000"
	refused "$take" "$T/$other-loader.bin"
	refused "$take" "$T/$c-app.bin" "$T/8266.bin"
	end

	begin "flash__another_place__refused_$c"
	refused 'application alone.*take tasmota32.*from http' "$T/$c-app.bin@0x0"
	refused 'no partition for an application begins at 0x10000; leave the offset out: it goes to 0x140000' \
		"$T/$c-app.bin@0x10000"
	refused '0xb000 is the place of "nvs"' "$T/$c-app.bin@0xb000"
	refused '0x20000 is the place of "safeboot"' "$T/$c-app.bin@0x20000"
	refused 'factory image belongs to 0x0' "$T/$c-factory.bin@0x10000"
	refused 'boot loader belongs to' "$T/$c-loader.bin@0x20000"
	refused 'partition table belongs to 0x8000' "$T/$c-table.bin@0x9000"
	refused 'what starts the device is at 0x20000' "$T/data.bin@0x20000"
	refused 'what starts the device is at 0x8000' "$T/data.bin@0x8000"
	refused 'overlap in the flash' "$T/$c-factory.bin" "$T/data.bin@0x20000"
	end

	begin "flash__other_files__refused_$c"
	refused 'partition "app0" only' "$T/$c-large.bin"
	refused 'web page' "$T/page.bin"
	refused 'zip archive' "$T/zip.bin"
	refused 'cut off' "$T/$c-cut.bin"
	refused '--erase takes what starts it.*take tasmota32' --erase "$T/$c-app.bin"
	end

	begin "flash__in_parts__each_to_its_place_$c"
	run 0 flash --port "$DEV" --yes "$T/$c-safeboot.bin" "$T/$c-app.bin" "$T/data.bin@0x3e0000"
	holds "$T/$c-safeboot.bin" 0x20000
	holds "$T/$c-app.bin" $APP
	holds "$T/data.bin" 0x3e0000
	err 'app.bin goes to 0x140000'
	cmp -s -n $((0x20000)) "$T/before.bin" "$T/flash.bin" || bad "more was written"
	# by the table that is written in the same go, on a flash that has none
	run 0 flash --port "$DEV" --yes --erase "$T/$c-loader.bin" "$T/$c-table.bin" "$T/$c-app.bin"
	holds "$T/$c-app.bin" $APP
	holds "$T/$c-table.bin" 0x8000
	cp "$T/flash.bin" "$T/before.bin"
	# two slots: otadata tells
	run 0 flash --port "$DEV" --yes "$T/$c-two.bin"
	run 0 flash --port "$DEV" --yes "$T/$c-app.bin"
	holds "$T/$c-app.bin" 0x10000
	run 0 flash --port "$DEV" --yes "$T/$c-app.bin@0x1d0000"
	err 'is not the slot that starts'
	holds "$T/$c-app.bin" 0x1d0000
	end

	begin "force__writes__what_is_refused_$c"
	run 0 flash --port "$DEV" --yes --force "$T/$c-app.bin@0x40000"
	err 'written all the same, as asked'
	holds "$T/$c-app.bin" 0x40000
	run 0 flash --port "$DEV" --yes --force "$T/8266.bin"
	holds "$T/8266.bin" 0
	run 0 flash --port "$DEV" --yes --force "$T/$other-factory.bin"
	holds "$T/$other-factory.bin" 0
	cp "$T/flash.bin" "$T/before.bin"
	# never past the end, and never to a place that nobody has said
	refused 'only what has a place and fits' --force "$T/$c-large.bin@0x3f0000"
	refused 'the device is an ESP32' --force "$T/$other-app.bin"
	end
done

begin esp8266__refuses__what_is_not_for_it
device esp8266
head -c 1048576 /dev/zero | tr '\0' '\377' >"$T/before.bin"
for c in $CHIPS; do
	refused 'not for an ESP8266; take the file without "32" in its name' "$T/$c-factory.bin"
	refused 'not for an ESP8266' "$T/$c-app.bin"
	refused 'not for an ESP8266' "$T/$c-app.bin@0x10000"
done
refused 'not for an ESP8266' "$T/esp32-factory.bin.gz"
refused 'boots from offset 0x0 only' "$T/8266.bin@0x10000"
refused 'web page' "$T/page.bin"
refused 'firmware begins with the byte E9' "$T/data.bin"
end

begin esp8266__force__writes_it
run 0 flash --port "$DEV" --yes --force "$T/esp32c3-app.bin@0x10000"
err 'written all the same, as asked'
holds "$T/esp32c3-app.bin" 0x10000
run 0 flash --port "$DEV" --yes --force "$T/8266.bin.gz@0x40000"
holds "$T/8266.bin" 0x40000
run 1 flash --port "$DEV" --yes --force "$T/esp32c3-app.bin"
err 'not for an ESP8266'
end
# What needs a later chip dies at its start: refused, and written on one's own word.
begin image__for_a_later_revision__refused
make_image --chip esp32c3 --kind app --size 128K --min-revision 3 -o "$T/rev3.bin"
make_image --chip esp32c3 --kind app --size 128K --min-revision 101 -o "$T/rev101.bin"
c=esp32c3
device $c --revision 0.4
run 0 flash --port "$DEV" --yes "$T/rev3.bin"
holds "$T/rev3.bin" $APP
cp "$T/flash.bin" "$T/before.bin"
refused 'needs revision v1.1 of the ESP32-C3 or later, this one is v0.4' "$T/rev101.bin"
run 0 flash --port "$DEV" --yes --force "$T/rev101.bin"
holds "$T/rev101.bin" $APP
run 0 chip --port "$DEV"
grep -q '^revision: v0.4$' "$T/out" || bad "not told: $(cat "$T/out")"
end

finish
