# SPDX-License-Identifier: GPL-3.0-or-later
# A chip with USB of its own, as pyserial sees it.
. "$(dirname "$0")/lib.sh"
needs usb_jtag test -n "$python"

"$B/make-image" --chip esp32c3 --kind factory --size 128K -o "$TMPDIR/factory.bin"
sim_start --chip esp32c3 --usb-jtag on --wdt-ms 1500 --adapter "$ADAPTERS" \
	--boot-image "$TMPDIR/factory.bin"
python=$(command -v "$python")
rc=0
env $(shim_env "$python") "$python" tests/peers/usb_jtag.py /dev/ttyACM0 || rc=1

begin usb_jtag__application__runs_after_all_that
wait_for 10 eval 'tail -n 4 "$TMPDIR/trace" | grep -q "usb comes"' || bad "USB does not come back"
[ "$(trace_count 'mode app')" -ge 2 ] || bad "the application does not run again"
end
[ $rc = 0 ] || failures=1
finish
