# SPDX-License-Identifier: GPL-3.0-or-later
# The shim and the virtual device's ways to the host, seen by a program that is not ours: what the
# other scripts rest on when they say "an adapter was pulled" or "a server died".
. "$(dirname "$0")/lib.sh"

export B CTL TMPDIR TRACE=$TMPDIR/trace
python=$(command -v /usr/bin/python3 || command -v python3)
probe() {
	local name=$1
	begin "shim__${name}"
	shift
	shim "$python" tests/shim/probe.py "$name" "$@" >"$TMPDIR/probe.out" 2>&1 ||
		bad "$(tail -n 3 "$TMPDIR/probe.out" | tr '\n' ' ')"
	end
}
port_of() {
	sed -nE "s/^$1 ([0-9]+)$/\1/p" "$TMPDIR/sim.out"
}

"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
adapter_start --usb 0403:6001:A50285BI --boot-image "$TMPDIR/app.bin"
wait_for 5 grep -q 'mode app' "$TRACE"
probe looks_like_an_adapter
probe lines_go_through
probe last_close_drops_the_lines
probe killed_one_drops_them_too
probe exclusive_means_busy
probe resets_and_hears_the_rom
probe settings_are_kept_in_order
probe low_latency_is_taken
probe link_elsewhere_leads_to_it
probe unplugged_is_as_on_linux
probe node_settles
sim_stop

sim_start --boot-image "$TMPDIR/app.bin" --rfc2217 0 --tcp 0 --lines on
wait_for 5 grep -q 'mode app' "$TRACE"
probe server_serves_one "$(port_of rfc2217)"
probe server_dies "$(port_of rfc2217)"
probe raw_server_passes_bytes "$(port_of tcp)"
finish
