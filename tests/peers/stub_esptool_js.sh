# SPDX-License-Identifier: GPL-3.0-or-later
# esptool-js with the stub that it carries, which runs as machine code on the virtual chip.
. "$(dirname "$0")/lib.sh"
needs stub_esptool_js test -d "$MODULES/esptool-js"

"$B/make-image" --build 6.1.1-full -o "$TMPDIR/old.bin"
"$B/make-image" --build 8.5.0-minimal -o "$TMPDIR/new.bin"
sim_start --boot-image "$TMPDIR/old.bin" --rfc2217 0 --lines on $QUICK
node tests/peers/stub_esptool_js.js "$MODULES" "$(port_of rfc2217)" "$TMPDIR/new.bin" \
	"$TMPDIR/flash.bin" "$TMPDIR/trace"
