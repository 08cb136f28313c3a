# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What the scripts of the peers share, on top of what the end-to-end scripts do.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

MODULES=$B/peers/node_modules
export B CTL
python=
for p in /usr/bin/python3 python3; do
	[ -z "$python" ] && "$p" -c 'import serial' 2>/dev/null && python=$p
done

# needs NAME COMMAND...: where a peer is not there for want of a registry the script ends with that
# said; for any other reason it has failed.
needs() {
	local name=$1
	shift
	"$@" >/dev/null 2>&1 && return 0
	if [ -e "$B/peers/offline" ]; then
		echo "skipped: $name: $(cat "$B/peers/offline")"
		exit 0
	fi
	echo "not ok $name: it is not installed (make check-peers installs it)"
	exit 1
}
port_of() {
	sed -nE "s/^$1 ([0-9]+)$/\1/p" "$TMPDIR/sim.out"
}
# A TCP port that nobody has. Ports of this kind are not given out anew at once.
free_port() {
	"${python:-python3}" -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}
# listens PORT: in /proc, so that the server is not disturbed by a connection
listens() {
	grep -qi ":$(printf '%04X' "$1") 0*:0000 0A" /proc/net/tcp
}
server_pid=
# server_start PORT COMMAND...: under the shim, until server_stop or the end
server_start() {
	local port=$1
	shift
	# Not by `shim`: a function would be a shell of its own, and what is killed must be the server.
	env $(shim_env "$1") "$@" >"$TMPDIR/server.out" 2>&1 &
	server_pid=$!
	wait_for 10 listens "$port" || bad "the server does not listen: $(tail -n 3 "$TMPDIR/server.out")"
}
server_stop() {
	[ -n "$server_pid" ] || return 0
	kill "$server_pid" 2>/dev/null
	wait "$server_pid" 2>/dev/null
	server_pid=
}
trap 'server_stop; cleanup' EXIT

# Nothing waits for the simulated wire and flash; EN rises as slowly as on a board with a capacitor.
QUICK="--speed 0 --en-ms 10"

# ---- the program at a server in front of the adapter: cases named after the script --------------
PEER=$(basename "$0" .sh)
OPENING=resets_nothing
SAYS_IT_IS='RFC 2217 server' # in the status line
# check_session URL: the boot is seen, at both rates; a command and its answer; the lines
check_session() {
	local from
	begin "${PEER}__session__opens_and_${OPENING}"
	wait_for 10 grep -q 'mode app' "$TMPDIR/trace" || bad "the application does not run"
	from=$(trace_lines)
	tm_start 120 40 "$B/tasmite" "$1"
	see "is open" 15
	see "$SAYS_IT_IS"
	if [ "$OPENING" = resets ]; then
		see 'Project sonoff' # the server's doing, but the boot is followed
	else
		sleep 0.5
		traced_since "$from" | grep -q '^EN low' && bad "it was reset"
	fi
	end

	begin "${PEER}__session__resets_and_hears_the_rom_at_74880"
	from=$(trace_lines)
	tm_line '/reset'
	see 'rst cause:2, boot mode:\(3,7\)'
	see 'Project sonoff'
	traced_since "$from" | grep -q '^EN low' || bad "EN was not pulled"
	traced_since "$from" | grep -q '^host rate 74880' || bad "the adapter was not set to 74880"
	# Both ends at the application's rate again: what is sent now reaches it.
	wait_for 10 eval 'traced_since "$from" | grep -q "^host rate 115200"' || bad "the rate stays"
	wait_for 10 eval 'traced_since "$from" | grep -q "^rate 115299"' || bad "it does not boot"
	end

	begin "${PEER}__session__sends_a_command"
	tm_line 'Status 2'
	see 'STATUS2 = '
	end

	begin "${PEER}__session__sets_the_lines"
	from=$(trace_lines)
	tm_line '/dtr on'
	wait_for 5 eval 'traced_since "$from" | grep -q "^lines DTR=1 RTS=0"' || bad "DTR is not on"
	tm_line '/dtr off'
	wait_for 5 eval 'traced_since "$from" | tail -n 2 | grep -q "^lines DTR=0 RTS=0"' || bad "DTR is not off"
	end

	begin "${PEER}__session__into_the_loader_by_the_lines"
	tm_line '/bootloader'
	see 'boot mode:\(1,' 15
	end

	begin "${PEER}__session__leaves"
	tm_keys C-q
	wait_for 10 tm_ended || bad "it does not end"
	[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
	tm_stop
	end
}
# check_flash URL: without a screen, into the loader by the lines, then with the button held
check_flash() {
	local from
	begin "${PEER}__flash__into_the_loader_by_the_lines"
	boot_normally
	flash_one "$1" "$TMPDIR/new.bin"
	end

	begin "${PEER}__flash__with_the_button_held"
	enter_loader
	flash_one "$1" "$TMPDIR/old.bin"
	# Held at the reset that ends the flashing, the button leads into the loader again. Only let
	# go before EN has risen it does not, which is some milliseconds and nothing to rely on.
	from=$(trace_lines)
	boot_normally
	wait_for 10 eval 'traced_since "$from" | grep -q "^mode app"' || bad "the application does not run"
	end
}
flash_one() {
	timeout 60 "$B/tasmite" flash --port "$1" --yes "$2" >"$TMPDIR/flash.out" 2>&1 ||
		bad "flash: code $?: $(tr '\n' '|' <"$TMPDIR/flash.out")"
	cmp -n "$(stat -c %s "$2")" "$2" "$TMPDIR/flash.bin" >/dev/null || bad "the flash differs from $2"
}
