# SPDX-License-Identifier: GPL-3.0-or-later
# Espressif's esptool (Python) at virtual chips of the ESP32 family, by their ROMs. It comes from no
# package that the other peers are from: where no Python has it, that is said.
. "$(dirname "$0")/lib.sh"

tool=
for p in /usr/bin/python3 python3; do
	[ -z "$tool" ] && "$p" -c 'import serial, esptool' 2>/dev/null && tool=$p
done
if [ -z "$tool" ]; then
	echo "skipped: esptool_py: no Python here has the modules esptool and serial"
	exit 0
fi

# Over RFC 2217 its two lines arrive one after the other, which a reset circuit does not survive
# (esptool says so itself): the button is held, and each run begins with the power.
et() {
	hand "power off"
	hand "power on"
	timeout 120 "$tool" -m esptool --port "rfc2217://127.0.0.1:$(port_of rfc2217)" --no-stub \
		--before no_reset --after no_reset "$@" >"$TMPDIR/et.out" 2>&1 ||
		bad "esptool $*: code $?: $(tr -d '\r' <"$TMPDIR/et.out" | grep -v '^ *$' | tail -n 2 | tr '\n' '|')"
}
said() {
	grep -qE "$1" "$TMPDIR/et.out" || bad "esptool does not say $1"
}
# held OFFSET FILE: the flash holds it there
held() {
	cmp -s "$2" <(tail -c +$(($1 + 1)) "$TMPDIR/flash.bin" | head -c "$(stat -c %s "$2")") ||
		bad "the flash differs from $2"
}

for chip in esp32 esp32s2 esp32s3 esp32c2 esp32c3 esp32c5 esp32c6 esp32h2 esp32p4; do
	label=${chip#esp32}
	label=ESP32${label:+-${label^^}}
	"$B/make-image" --chip $chip --kind factory --layout moved --size 128K -o "$TMPDIR/factory.bin"
	"$B/make-image" --chip $chip --kind app --size 70K -o "$TMPDIR/app.bin"
	rm -f "$TMPDIR/flash.bin"
	sim_start --chip $chip --rfc2217 0 --lines on --speed 0 --button down

	begin "esptool_py__identifies__$chip"
	et --baud 460800 flash_id
	said "Chip is (ESP8684|$label)"
	said "34:85:18:12:34:56"
	said "Detected flash size: 4MB"
	end

	begin "esptool_py__writes_deflated__$chip"
	et --baud 921600 write_flash 0 "$TMPDIR/factory.bin"
	said "Hash of data verified"
	held 0 "$TMPDIR/factory.bin"
	end

	begin "esptool_py__writes_plain_verifies_and_reads__$chip"
	et write_flash --no-compress 0x300000 "$TMPDIR/app.bin"
	held 0x300000 "$TMPDIR/app.bin"
	et verify_flash 0 "$TMPDIR/factory.bin"
	said "verify OK"
	et read_flash 0x8000 0x100 "$TMPDIR/read.bin"
	cmp -s "$TMPDIR/read.bin" <(tail -c +$((0x8001)) "$TMPDIR/factory.bin" | head -c 256) ||
		bad "it reads something else"
	end
	sim_stop
done

begin esptool_py__writes__in_secure_download_mode
rm -f "$TMPDIR/flash.bin"
"$B/make-image" --chip esp32s3 --kind app --size 70K -o "$TMPDIR/app.bin"
sim_start --chip esp32s3 --secure-download on --rfc2217 0 --lines on --speed 0 --button down
et --chip esp32s3 write_flash --no-compress --flash_size 4MB 0x10000 "$TMPDIR/app.bin"
said "Secure Download Mode"
held 0x10000 "$TMPDIR/app.bin"
sim_stop
end
finish
