# SPDX-License-Identifier: GPL-3.0-or-later
# The program through the example server of Python's serial module in front of the adapter.
. "$(dirname "$0")/lib.sh"
needs pyserver test -n "$python" -a -s "$B/peers/rfc2217_server.py"
export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config

"$B/make-image" --build 6.1.1-full --size 64K -o "$TMPDIR/old.bin"
"$B/make-image" --build 8.5.0-minimal --size 64K -o "$TMPDIR/new.bin"
adapter_start --boot-image "$TMPDIR/old.bin" --en-ms 10
port=$(free_port)
url=rfc2217://127.0.0.1:$port
server_start "$port" "$python" "$B/peers/rfc2217_server.py" -p "$port" /dev/ttyUSB0
# With each client this server asserts RTS before DTR, which is a reset; at each end DTR falls first.
OPENING=resets
check_session "$url"
check_flash "$url"
finish
