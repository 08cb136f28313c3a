# SPDX-License-Identifier: GPL-3.0-or-later
# The session's journey on every kind of port: boot, commands and secrets, a flash by hand, the boot
# of the new firmware, the port pulled and put back.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
CAPTURE=$TMPDIR/rec.log
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/old.bin"
"$B/make-image" --build 8.5.0-minimal --size 64K -o "$TMPDIR/new.bin"

# The boards have no reset lines here (the circuit is not wired): everything is done by hand.
start_pty() {
	sim_start --boot-image "$TMPDIR/old.bin" --power off
	tm_start 120 40 "$B/tasmite" --log="$CAPTURE" "$DEV"
}
start_adapter() {
	sim_start --boot-image "$TMPDIR/old.bin" --power off --adapter "$ADAPTERS"
	tm_start 120 40 env $(shim_env "$B/tasmite") "$B/tasmite" --log="$CAPTURE" /dev/ttyUSB0
}
start_rfc2217() {
	sim_start --boot-image "$TMPDIR/old.bin" --power off --rfc2217 0
	tm_start 120 40 "$B/tasmite" --log="$CAPTURE" "rfc2217://127.0.0.1:$(net_port rfc2217)"
}
start_tcp() {
	sim_start --boot-image "$TMPDIR/old.bin" --power off --tcp 0
	tm_start 120 40 "$B/tasmite" --log="$CAPTURE" "tcp://127.0.0.1:$(net_port tcp)"
}
talk() {
	hand "power on"
	see 'Project sonoff'
	tm_line 'Backlog SSID1 home; Password1 hunter22x; Module 1'
	see '› Backlog SSID1 home;Password1 \*+;Module 1'
	see 'backlog: all 3 commands have arrived' 30
	see '"SSId1":"home"'
	see '"Password1":"\*+"'
	tm_text | grep -q hunter22x && bad "the password is on the screen"
	grep -rqs hunter22x "$CAPTURE" "$XDG_STATE_HOME" && bad "the password is in a file"
}
flash_by_hand() {
	tm_line '/clear'
	tm_line "/flash $TMPDIR/new.bin"
	see 'Write firmware'
	tm_keys y
	see '▶ connect'
	enter_loader
	see 'written in .*(and verified|checked by)' 60
	cmp -n "$(stat -c %s "$TMPDIR/new.bin")" "$TMPDIR/new.bin" "$TMPDIR/flash.bin" ||
		bad "the flash differs from the file"
	boot_normally
	see '8\.5\.0\(' 10
}
pull() {
	tm_type 'typed before'
	see 'typed before'
	hand "unplug"
	see 'went away|closed|hung up|lost'
	hand "replug"
	see 'back again' 15
	see 'typed before'
	tm_keys C-c
	gone 'typed before'
}
leave() {
	tm_keys F10
	wait_for 5 tm_ended || bad "F10 did not leave"
	[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
	tm_stop
	sim_stop
	rm -rf "$TMPDIR/flash.bin" "$TMPDIR/trace" "$XDG_STATE_HOME" "$CAPTURE" "$ADAPTERS"
}

for kind in pty adapter rfc2217; do
	begin "journey__$kind"
	"start_$kind"
	see 'is open'
	talk
	flash_by_hand
	[ "$kind" = rfc2217 ] || pull # a server keeps its port; its own end is tried with the peers
	leave
	end
done

begin journey__tcp
start_tcp
see 'is open'
talk
leave
end
finish
