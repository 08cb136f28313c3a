# SPDX-License-Identifier: GPL-3.0-or-later
# Uploads to a device in no network, by the access point of its own: in a network of the script's own,
# which has the address 192.168.4.1.
if [ -z "${OWN_NETWORK:-}" ]; then
	if ! unshare -rn true 2>/dev/null || ! command -v ip >/dev/null; then
		echo "skipped: upload_ap: no network of its own can be made here"
		exit 0
	fi
	OWN_NETWORK=1 exec unshare -rn bash "$0"
fi
ip link set lo up
ip address add 192.168.4.1/32 dev lo
. "$(dirname "$0")/lib_upgrade.sh"

"$B/make-image" --build 14.2.0-minimal -o "$FW/14.2.0-minimal.img"
"$B/make-image" --build 15.2.0-full -o "$FW/tasmota.bin"
printf '# no network in reach\n' >"$TMPDIR/none.scn"
device_ap() {
	rm -f "$TMPDIR/flash.bin"
	sim_start --boot-image "$FW/14.2.0-minimal.img" --scenario "$TMPDIR/none.scn" --speed 5 --web 80
	wait_for 60 grep -q '^web 80' "$TMPDIR/sim.out" || bad "its page did not come: $(cat "$TMPDIR/sim.out")"
}

begin upload_ap__by_its_own_access_point__address_unsaid
device_ap
timeout 200 "$B/tasmite" upload --yes --json --port "$DEV" "$FW/tasmota.bin" >"$TMPDIR/out" 2>"$TMPDIR/err" ||
	bad "upload: $(tail -n 5 "$TMPDIR/err")"
json 'd["result"] == "done" and d["address"] == "192.168.4.1" and d["version"] == "15.2.0"'
holds "$FW/tasmota.bin"
sim_stop
end

begin upload_ap__from_the_session__address_unsaid
device_ap
tm_start 120 40 "$B/tasmite" "$DEV"
see 'sonoff'
tm_line "/upload $FW/tasmota.bin"
see 'The device at 192\.168\.4\.1 runs 14\.2\.0 minimal' 60
tm_keys y
see 'upload: Done\. It runs 15\.2' 150
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
tm_stop
holds "$FW/tasmota.bin"
sim_stop
end

begin upload_ap__without_a_port__that_address_is_tried
device_ap
timeout 200 "$B/tasmite" upload --yes --json "$FW/tasmota.bin" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null ||
	bad "upload: $(tail -n 5 "$TMPDIR/err")"
json 'd["result"] == "done" and d["address"] == "192.168.4.1" and d["by_page"]'
sim_stop
end

finish
