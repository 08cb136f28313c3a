# SPDX-License-Identifier: GPL-3.0-or-later
# esptool-js at the virtual device: identifies, and may not write without a stub.
. "$(dirname "$0")/lib.sh"
needs esptool_js test -d "$MODULES/esptool-js"

"$B/make-image" --build 6.1.1-full -o "$TMPDIR/old.bin"
sim_start --boot-image "$TMPDIR/old.bin" --rfc2217 0 --lines on $QUICK
node tests/peers/esptool_js.js "$MODULES" "$(port_of rfc2217)" "$TMPDIR/trace" "$TMPDIR/flash.bin"
