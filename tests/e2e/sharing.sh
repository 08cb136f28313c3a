# SPDX-License-Identifier: GPL-3.0-or-later
# Several programs and one port, several ports and one program: who has it is told by name, who
# waits gets it, signals give it away and take it back; which port is opened when none is named.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
python=$(command -v /usr/bin/python3 || command -v python3)
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
adapter_start --usb 0403:6001:A50285BI --boot-image "$TMPDIR/app.bin"
wait_for 5 grep -q 'mode app' "$TMPDIR/trace"

# session ARGS...: without waiting for the port
session() {
	tm_start 120 40 env $(shim_env "$B/tasmite") "$@"
}
leave() {
	tm_keys F10
	wait_for 5 tm_ended || bad "F10 did not leave"
	tm_stop
}
# Processes that have an adapter open, one a line; what was killed leaves its note behind.
holders() {
	local note pid
	for note in "$ADAPTERS"/open/*; do
		pid=$(basename "$note" | cut -d . -f 2)
		kill -0 "$pid" 2>/dev/null && echo "$pid"
	done
}
held_by() {
	[ "$(holders | sort -u | tr '\n' ' ')" = "$1 " ]
}
nobody_has_it() {
	[ -z "$(holders)" ]
}
# hold NAME: a process of that name has the port open, until hold_end
hold() {
	shim "$python" -c '
import fcntl, os, sys, time
open("/proc/self/comm", "w").write(sys.argv[1])
fd = os.open("/dev/ttyUSB0", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
print(os.getpid(), flush=True)
time.sleep(60)' "$1" >"$TMPDIR/holder" 2>"$TMPDIR/holder.err" &
	wait_for 5 test -s "$TMPDIR/holder" || bad "$1 did not get the port: $(tail -n 1 "$TMPDIR/holder.err")"
	holder=$(cat "$TMPDIR/holder")
}
hold_end() {
	kill "$holder"
	wait_for 5 nobody_has_it || bad "the port stays held"
	rm -f "$TMPDIR/holder"
}

# ---- one port, two programs ----------------------------------------------------------------------
begin sharing__two_sessions__the_second_waits
session "$B/tasmite" /dev/ttyUSB0
see 'ttyUSB0 is open'
first=$(holders)
tm2() {
	tmux -S "$TMPDIR/tmux2.sock" -f /dev/null "$@"
}
tm2 new-session -d -s t -x 120 -y 40 \
	"env XDG_STATE_HOME='$TMPDIR/state2' $(shim_env "$B/tasmite") '$B/tasmite' ttyUSB0"
second() {
	tm2 capture-pane -p -t t
}
second_shows() {
	second | tr '\n' ' ' | grep -qE "$1"
}
wait_for 10 second_shows "in use by tasmite \(process $first\)" || bad "not told: $(second | head -n 5)"
wait_for 5 second_shows '○ ttyUSB0 waiting' || bad "it does not wait"
held_by "$first" || bad "the second has it open: $(holders)"
tm_line 'Power'
see 'RESULT = \{"POWER"'
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
wait_for 5 second_shows '● ttyUSB0' || bad "the second did not open it: $(second | head -n 5)"
tm2 send-keys -t t F10
wait_for 5 nobody_has_it || bad "the second did not leave"
tm_stop
[ "$(trace_count 'EN')" = 0 ] || bad "EN was pulsed"
end

if command -v picocom >/dev/null; then
	begin sharing__picocom__is_named
	tm_start 80 24 env $(shim_env "$(command -v picocom)") picocom -q -b 115200 /dev/ttyUSB0
	wait_for 5 eval '[ -n "$(holders)" ]' || bad "picocom did not open it"
	other=$(holders)
	rc=0
	shim "$B/tasmite" chip --port ttyUSB0 --timeout 5 >"$TMPDIR/out" 2>&1 || rc=$?
	[ "$rc" = 4 ] || bad "exit code $rc"
	grep -q "in use by picocom (process $other)" "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
	shim "$B/tasmite" list >"$TMPDIR/out" 2>&1
	grep -q "used by picocom ($other)" "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
	tm_stop
	wait_for 5 nobody_has_it || bad "picocom lives"
	end
else
	echo "skipped: sharing__picocom__is_named: picocom is not installed"
fi

for name in ModemManager brltty; do
	begin "sharing__${name}__is_named_with_the_remedy"
	hold "$name"
	session "$B/tasmite" ttyUSB0
	see "in use by $name \(process $holder\)"
	shim "$B/tasmite" chip --port ttyUSB0 --timeout 5 >"$TMPDIR/out" 2>&1 && bad "it got the port"
	case $name in
	ModemManager) advice='sudo systemctl stop ModemManager' ;;
	*) advice='sudo systemctl mask --now brltty-udev brltty' ;;
	esac
	grep -qF "in use by $name (process $holder): $advice" "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
	shim "$B/tasmite" list >/dev/null 2>"$TMPDIR/out"
	grep -q "ttyUSB0 is in use by $name: sudo systemctl" "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
	shim "$B/tasmite" list --json | "$python" -c '
import json, sys
p, = map(json.loads, sys.stdin)
assert p["busy"] is True and p["holder"] == sys.argv[1] and p["holder_pid"] == int(sys.argv[2]), p
' "$name" "$holder" || bad "list --json"
	hold_end
	see '● ttyUSB0 .* 115200 8N1'
	leave
	end
done

begin sharing__no_permission__says_what_to_type
chmod 000 "$ADAPTERS/dev/ttyUSB0"
sleep 1.1 # a node that is newer is being set up
session "$B/tasmite" ttyUSB0
see 'not permitted to use ttyUSB0'
shim "$B/tasmite" list >"$TMPDIR/out" 2>&1
grep -q 'no permission for ttyUSB0: it belongs to root: sudo chown' "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
shim "$B/tasmite" list --json | grep -q '"permitted":false' || bad "list --json: permitted"
chmod 660 "$ADAPTERS/dev/ttyUSB0"
see '● ttyUSB0 .* 115200 8N1' 3
leave
end

# The usual case: the node is the group's, and the user is not in it. Needs root to be somebody else.
nobody_may() {
	setpriv --reuid 65534 --regid 65534 --clear-groups env "TASMITE_SHIM=$open/adapters" \
		"LD_PRELOAD=$open/shim.so" XDG_STATE_HOME=/nonexistent "$open/tasmite" "$@"
}
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && getent group dialout >/dev/null &&
	! ldd "$B/tasmite" | grep -q libasan; then
	begin sharing__no_permission__names_the_group
	open=$(mktemp -d /tmp/tasmite-nobody.XXXXXX)
	cp -a "$ADAPTERS" "$open/adapters"
	cp "$B/tasmite" "$B/shim.so" "$open"
	chmod 755 "$open"
	chgrp dialout "$open/adapters/dev/ttyUSB0"
	sleep 1.1
	nobody_may chip --port ttyUSB0 --timeout 5 >"$TMPDIR/out" 2>&1 && bad "it got the port"
	grep -qF "sudo adduser \$USER dialout" "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
	nobody_may list >"$TMPDIR/out" 2>&1
	grep -qF "sudo adduser \$USER dialout" "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
	rm -rf "$open"
	end
else
	echo "skipped: sharing__no_permission__names_the_group: needs root, setpriv, the group dialout and no sanitizer"
fi

# ---- signals -------------------------------------------------------------------------------------
begin sharing__signals__give_it_away_and_take_it_back
session "$B/tasmite" ttyUSB0
see 'ttyUSB0 is open'
pid=$(holders)
kill -USR1 "$pid"
see 'released for another program'
wait_for 5 nobody_has_it || bad "not released"
hold esptool
sleep 1.2
held_by "$holder" || bad "taken back without being asked"
kill -USR2 "$pid"
see 'in use by esptool'
hold_end
see '● ttyUSB0 .* 115200 8N1'
tm_line 'Power'
see 'RESULT = \{"POWER"'
kill -USR2 "$pid" # nothing to take back
tm_line '/stamp off' # of two signals at once nobody knows which was first
see 'stamp off'
kill -USR1 "$pid"
see '○ ttyUSB0'
kill -USR2 "$pid"
see '● ttyUSB0'
[ "$(trace_count 'EN')" = 0 ] || bad "EN was pulsed"
end

begin sharing__signals__release_a_port_that_is_away
adapter_unplug
see 'went away'
kill -USR1 "$pid"
see 'released' 3
adapter_plug ttyUSB0
hold esptool
sleep 1.2
held_by "$holder" || bad "opened while it was given away"
hold_end
kill -USR2 "$pid"
see '● ttyUSB0'
leave
end

# ---- which port ----------------------------------------------------------------------------------
begin ports__the_only_one__is_opened
session "$B/tasmite"
see 'ttyUSB0 is open'
leave
end

begin ports__are_found__by_what_is_known_of_them
for word in 0403:6001 0403:6001:A50285BI FT232R_USB a50285bi /dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0; do
	session "$B/tasmite" "$word"
	see '● .* 115200 8N1' || bad "not by $word"
	held_by "$(holders)" || bad "not open by $word"
	leave
done
session ESPTOOL_PORT=ttyUSB0 "$B/tasmite"
see 'ttyUSB0 is open'
leave
shim "$B/tasmite" chip --port 10c4:ea60 --timeout 2 >"$TMPDIR/out" 2>&1 && bad "there is none"
grep -q 'no such port: 10c4:ea60; there are: ttyUSB0' "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
end

"$B/virtual-device" --adapter "$ADAPTERS" --lines on --control "$TMPDIR/hand2" --usb 1a86:7523 \
	--boot-image "$TMPDIR/app.bin" >"$TMPDIR/sim2.out" 2>&1 &
second_pid=$!
wait_for 5 test -e "$ADAPTERS/dev/ttyUSB1"

begin ports__two__are_listed_to_choose_from
session "$B/tasmite"
see 'ttyUSB0 +FT232R USB UART +0403:6001 ftdi_sio'
see 'ttyUSB1 +USB Serial +1A86:7523 ch341'
nobody_has_it || bad "one was opened without a question"
tm_keys Down Enter
see 'ttyUSB1 is open'
tm_keys F2
see 'Ports'
see 'ttyUSB0 +FT232R USB UART'
tm_keys Up Up Enter
see 'ttyUSB0 is open'
tm_line '/port 1a86:7523'
see '● .* 115200 8N1'
wait_for 5 eval 'ls "$ADAPTERS/open" | grep -q "^ttyUSB1"' || bad "not open by its USB ids"
leave
shim "$B/tasmite" chip --timeout 2 >"$TMPDIR/out" 2>&1 && bad "it took one of two"
grep -q 'which port' "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
session ESPTOOL_PORT=1a86:7523 "$B/tasmite"
see '● .* 115200 8N1'
wait_for 5 eval 'ls "$ADAPTERS/open" | grep -q "^ttyUSB1"' || bad "ESPTOOL_PORT was not taken"
leave
end

begin ports__list__for_machines
shim "$B/tasmite" list --json >"$TMPDIR/out" || bad "exit code $?"
"$python" - "$TMPDIR/out" <<'PY' || bad "list --json: $(cat "$TMPDIR/out")"
import json, sys
a, b = map(json.loads, open(sys.argv[1]))
assert (a["name"], a["path"], a["vid"], a["pid"], a["serial"], a["driver"]) == \
    ("ttyUSB0", "/dev/ttyUSB0", "0403", "6001", "A50285BI", "ftdi_sio"), a
assert a["by_id"] == "usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0" and a["busy"] is False and a["permitted"], a
assert (b["name"], b["vid"], b["pid"], b["driver"]) == ("ttyUSB1", "1a86", "7523", "ch341-uart"), b
PY
kill "$second_pid"
wait "$second_pid" 2>/dev/null
sim_stop
shim "$B/tasmite" list >"$TMPDIR/out" 2>&1
grep -q 'ttyUSB' "$TMPDIR/out" && bad "what is gone is listed"
end

# ---- a pseudo-terminal that has ended ------------------------------------------------------------
# The number is given to the next who wants a terminal: to a shell's window, say. What is typed there
# is not to be read from under it.
begin sharing__a_terminal_with_the_lost_ports_number__is_left_alone
cat >"$TMPDIR/stranger.py" <<'PY'
import os, pty, select, sys, time, tty
folder = sys.argv[1]
def wait(name):
    end = time.monotonic() + 60
    while not os.path.exists(folder + name) and time.monotonic() < end:
        time.sleep(0.02)
def say(name, text=""):
    with open(folder + name + ".new", "w") as f:
        f.write(text + "\n")
    os.rename(folder + name + ".new", folder + name)
master, slave = pty.openpty()
path = os.ttyname(slave)
tty.setraw(slave)
os.symlink(path, folder + "/lost")
say("/made")
wait("/end")
os.close(slave)
os.close(master)
others, mine, end = [], None, time.monotonic() + 20
while mine is None and time.monotonic() < end:
    pair = pty.openpty()
    if os.ttyname(pair[1]) == path:
        mine = pair
    else:
        others.append(pair)
        if len(others) > 40:
            for fd in others.pop(0):
                os.close(fd)
        time.sleep(0.02)
if mine is None:
    say("/has", "no")
    sys.exit()
tty.setraw(mine[1])
say("/has", "yes")
wait("/type")
os.write(mine[0], b"what is typed")
time.sleep(0.3)
got = b""
while select.select([mine[1]], [], [], 0.3)[0]:
    got += os.read(mine[1], 100)
say("/got", got.decode())
wait("/over")
PY
python3 "$TMPDIR/stranger.py" "$TMPDIR" &
stranger=$!
wait_for 10 test -e "$TMPDIR/made" || bad "no pseudo-terminal"
tm_start 200 40 "$B/tasmite" "$TMPDIR/lost"
see 'lost is open'
touch "$TMPDIR/end"
see '○ .*waiting'
wait_for 30 test -e "$TMPDIR/has" || bad "the stranger does nothing"
if [ "$(cat "$TMPDIR/has")" = yes ]; then
	see 'is another pseudo-terminal now, and left alone'
	touch "$TMPDIR/type"
	wait_for 20 test -e "$TMPDIR/got" || bad "nothing is read there"
	[ "$(cat "$TMPDIR/got")" = "what is typed" ] || bad "of what is typed there it gets '$(cat "$TMPDIR/got")'"
	see '○ .*waiting' 1
	# Who makes the link anew means it.
	ln -s "$(readlink "$TMPDIR/lost")" "$TMPDIR/lost.new" && mv "$TMPDIR/lost.new" "$TMPDIR/lost"
	see '● lost '
	end
else
	echo "skipped: $case_name: somebody else got the number"
fi
touch "$TMPDIR/over"
wait $stranger
leave
finish
