# SPDX-License-Identifier: GPL-3.0-or-later
# The program through a real ser2net in front of the adapter, lines and 74880 included.
. "$(dirname "$0")/lib.sh"
needs ser2net command -v ser2net
export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config

"$B/make-image" --build 6.1.1-full --size 64K -o "$TMPDIR/old.bin"
"$B/make-image" --build 8.5.0-minimal --size 64K -o "$TMPDIR/new.bin"
adapter_start --boot-image "$TMPDIR/old.bin" --en-ms 10
port=$(free_port)
url=rfc2217://127.0.0.1:$port
cat >"$TMPDIR/ser2net.yaml" <<END
connection: &sonoff
  accepter: telnet(rfc2217),tcp,127.0.0.1,$port
  connector: serialdev,/dev/ttyUSB0,115200n81,local
  options:
    kickolduser: true
END
server_start "$port" "$(command -v ser2net)" -n -u -c "$TMPDIR/ser2net.yaml"
SAYS_IT_IS='ser2net \(RFC 2217\)'
check_session "$url"
check_flash "$url"

begin ser2net__comes_back__when_the_adapter_does
tm_start 120 40 "$B/tasmite" "$url"
see 'is open'
# Pulled in the middle of a boot this ser2net (4.3.11) at times keeps the connection, and says nothing.
heard() {
	tm_line 'Status 2'
	wait_for 2 tm_shows 'STATUS2'
}
wait_for 10 heard || bad "no answer to a command"
tm_line '/clear'
gone STATUS2
adapter_unplug
see 'the port went away'
# While the server has it open it would get another name.
wait_for 5 eval 'tail -n 1 "$TMPDIR/trace" | grep -q "host closes"' || bad "the server keeps it"
adapter_plug ttyUSB0
see 'is open .*back again after' 30
tm_line 'Status 2'
see 'STATUS2'
tm_keys C-q
wait_for 10 tm_ended || bad "it does not end"
tm_stop
end

begin ser2net__says__that_there_is_no_adapter
adapter_unplug
tm_start 120 40 "$B/tasmite" "$url"
see 'Device open failure'
tm_stop
end
finish
