# SPDX-License-Identifier: GPL-3.0-or-later
# Flashing from inside the session by hand: wrong way first, then right, then the boot.
# Ports: pty; with KINDS=all also adapter rfc2217.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-full -o "$TMPDIR/old.bin"
"$B/make-image" --build 8.5.0-minimal -o "$TMPDIR/new.bin"
# No waiting for wire and flash (rates still have to match); the real timing is for `make bench`.
port_start --boot-image "$TMPDIR/old.bin" --speed 0
tm_start 120 40 $TASMITE "$PORT"
see "$PORT_NAME is open"

# A server is tried again now and then: by that time a boot is over, and the board quiet.
back_again() {
	see 'back again' 15
	if [ "$PORT_KIND" = rfc2217 ]; then
		boot_normally
	fi
}

begin flash__asks__before_it_writes
tm_line "/flash $TMPDIR/new.bin"
see 'Write firmware'
see 'Lost:'
tm_keys n
see 'nothing was changed'
cmp -s -n "$(stat -c %s "$TMPDIR/old.bin")" "$TMPDIR/old.bin" "$TMPDIR/flash.bin" || bad "the flash was touched"
end

begin flash__refuses__what_is_no_image
echo '<!DOCTYPE html><html><body>Not Found</body></html>' >"$TMPDIR/page.bin"
tm_line "/flash $TMPDIR/page.bin"
see 'web page'
head -c 100000 "$TMPDIR/new.bin" >"$TMPDIR/short.bin"
tm_line "/flash $TMPDIR/short.bin"
see 'short.bin.*(truncated|cut|shorter)'
end

begin flash__tells__that_the_button_was_not_held
tm_line "/flash $TMPDIR/new.bin"
see 'Write firmware'
tm_keys y
see 'hold the button'
hand "power off"
hand "power on"
see 'started normally'
# The application speaks now, at a rate of its own: that takes the reason from nobody's eyes.
sleep 2
tm_shows '▶ it started normally' || bad "the reason was replaced"
end

begin flash__writes__and_keeps_the_session
enter_loader
see 'written in .*(and verified|checked by)' 60
see 'release the button'
cmp -n "$(stat -c %s "$TMPDIR/new.bin")" "$TMPDIR/new.bin" "$TMPDIR/flash.bin" || bad "the flash differs from the file"
boot_normally
see 'boot mode:\(3,'
see '8\.5\.0\(' 10
see 'It has started: Tasmota 8\.5\.0'
tm_shows '│ Now release' && bad "it still asks for the button"
end

begin flash__is_cancelled__while_waiting
tm_line "/flash $TMPDIR/old.bin --yes"
see '▶ connect'
tm_line '/cancel'
see 'cancelled'
see 'Nothing on the device was changed'
# The application runs on, at its rate: what is sent now must reach it.
tm_line 'Status 2'
see 'STATUS2'
boot_normally
see 'Project tasmota' 10
end

begin flash__waits__through_a_replug
tm_line '/clear'
gone 'Project tasmota'
tm_line "/flash $TMPDIR/new.bin --yes"
see '▶ connect'
hand "unplug"
see 'the port is away'
hand "button down"
hand "replug"
see 'written in .*(and verified|checked by)' 60
boot_normally
see '8\.5\.0\(' 10
end

begin flash__is_cancelled__while_the_port_is_away
tm_line '/clear'
gone 'Project tasmota'
tm_line "/flash $TMPDIR/old.bin --yes"
see '▶ connect'
hand "unplug"
see 'the port is away'
tm_line '/cancel'
see 'Nothing on the device was changed'
hand "button up"
hand "replug"
back_again
see 'WIF: WifiManager active' 10
end

begin chip__identifies
enter_loader
tm_line '/chip'
see 'ESP8266EX'
see '26 MHz'
see '1 MB'
end

# Where the adapter gives the power, pulling it out is the power-cycle.
begin boot__is_awaited__over_a_pulled_plug
tm_line '/clear'
gone 'WifiManager'
hand "button up"
hand "unplug"
see 'went away'
hand "replug"
back_again
# The power came with the plug, and the boot was over when the port was there: the application is
# heard at the ROM's rate, and that is noticed.
see "● $PORT_NAME.* 115200 8N1" 10
for try in 1 2 3 4 5; do # a line typed into the boot is lost, as on a board
	tm_line 'Status 2'
	wait_for 2 tm_shows StatusFWR && break
done
see 'StatusFWR'
end

begin quit__asks__while_flashing
tm_line "/flash $TMPDIR/old.bin --yes"
tm_keys F10
see 'Leave while flashing'
tm_keys n
end
finish
