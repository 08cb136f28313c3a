# SPDX-License-Identifier: GPL-3.0-or-later
# Every request of RFC 2217 at real servers, and at the virtual device's, which is to be like them.
. "$(dirname "$0")/lib.sh"
needs requests test -n "$python" -a -s "$B/peers/rfc2217_server.py"
needs requests command -v ser2net

modem_up() {
	hand "modem cts=1 dsr=1 dcd=1 ri=0"
}
try_all() {
	"$python" tests/peers/requests.py "$@" || failures=$((failures + 1))
}
start_ser2net() {
	cat >"$TMPDIR/ser2net.yaml" <<END
connection: &sonoff
  accepter: telnet(rfc2217),tcp,127.0.0.1,$port
  connector: serialdev,$1,115200n81,local
END
	server_start "$port" "$(command -v ser2net)" -n -u -c "$TMPDIR/ser2net.yaml"
}

begin requests__servers_start
adapter_start
modem_up
port=$(free_port)
start_ser2net /dev/ttyUSB0
try_all ser2net "$port" "$TMPDIR/trace"
server_stop
port=$(free_port)
start_ser2net "$DEV"
try_all bare "$port"
server_stop
port=$(free_port)
server_start "$port" "$python" "$B/peers/rfc2217_server.py" -p "$port" /dev/ttyUSB0
try_all pyserial "$port" "$TMPDIR/trace"
server_stop
sim_stop
rm -f "$TMPDIR/trace"
sim_start --rfc2217 0
modem_up
try_all device "$(port_of rfc2217)" "$TMPDIR/trace"
end
finish
