# SPDX-License-Identifier: GPL-3.0-or-later
# tasmota-webserial-esptool at the virtual device: by RFC 2217 with its lines, by the
# pseudo-terminal with the button.
. "$(dirname "$0")/lib.sh"
needs webserial test -d "$MODULES/tasmota-webserial-esptool"

"$B/make-image" --build 6.1.1-full -o "$TMPDIR/old.bin"
"$B/make-image" --build 8.5.0-minimal -o "$TMPDIR/new.bin"
sim_start --boot-image "$TMPDIR/old.bin" --rfc2217 0 --lines on $QUICK
node tests/peers/webserial.js "$MODULES" "$(port_of rfc2217)" "$DEV" "$TMPDIR/new.bin" \
	"$TMPDIR/flash.bin" "$TMPDIR/trace"
