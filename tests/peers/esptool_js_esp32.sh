# SPDX-License-Identifier: GPL-3.0-or-later
# esptool-js flashes virtual chips of the ESP32 family by their ROMs.
. "$(dirname "$0")/lib.sh"
needs esptool_js_esp32 test -d "$MODULES/esptool-js"

rc=0
for chip in esp32 esp32s3 esp32c3 esp32c6; do
	"$B/make-image" --chip $chip --kind factory --layout moved --size 128K -o "$TMPDIR/$chip.bin"
	sim_start --chip $chip --rfc2217 0 --lines on $QUICK
	node tests/peers/esptool_js_esp32.js "$MODULES" "$(port_of rfc2217)" "$TMPDIR/trace" \
		"$TMPDIR/flash.bin" $chip "$TMPDIR/$chip.bin" || rc=1
	sim_stop
	rm -f "$TMPDIR/flash.bin"
done
exit $rc
