# SPDX-License-Identifier: GPL-3.0-or-later
# A set-up by script, by form and by hand, on old and new firmware: what the device has in its flash is
# what was meant, byte for byte, or it was said beforehand why that can't be.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
rm -rf "$XDG_CONFIG_HOME" "$XDG_STATE_HOME"
mkdir -p "$XDG_CONFIG_HOME/tasmite"
unset WIFI_KEY 2>/dev/null

# stored KEY: the setting as it is in the flash (the simulator's own form, see tasmota_set.c)
stored() {
	python3 - "$TMPDIR/flash.bin" "$1" <<'PY'
import struct, sys
flash, best = open(sys.argv[1], "rb").read(), None
for sector in range(0xF4, 0xFC):
    block = flash[sector * 4096:(sector + 1) * 4096]
    count, length = struct.unpack_from("<II", block, 4)
    if block[:4] == b"TSIM" and length <= 4080 and (best is None or count > best[0]):
        best = count, block[16:16 + length]
for line in (best[1] if best else b"").split(b"\0"):
    key, _, value = line.partition(b"=")
    if key.decode() == sys.argv[2]:
        sys.stdout.buffer.write(value)
PY
}
is_stored() {
	[ "$(stored "$1"; echo .)" = "$2." ]
}
# has KEY VALUE: within the seconds that a save takes
has() {
	wait_for 15 is_stored "$1" "$2" || bad "$1 is '$(stored "$1")', not '$2'"
}

SCRIPT=$TMPDIR/lamp.txt
cat >"$SCRIPT" <<'TXT'
# a lamp
SSId1 My Net
Password1 ${WIFI_KEY}
SSId2 ${NET2}
Password2 a;b "c" %d \n'{
MqttHost broker.lan
MqttPort 8883
MqttUser some body
MqttPassword p%s;;\q
TelePeriod 60
Topic lamp
wait WIF: Connecting
delay 5
PowerOnState 1
Mem1 ${API_TOKEN}
TXT

session_start() { # BUILD
	"$B/make-image" --build "$1" -o "$TMPDIR/app.bin"
	rm -f "$TMPDIR/flash.bin"
	sim_start --boot-image "$TMPDIR/app.bin" --power off --speed 3
	tm_start 120 40 "env NET2='two  blanks ' $B/tasmite $DEV"
	see 'is open'
	hand "power on"
	see '00:00:00.*(Project|Projekt)'
	see 'WIF: '
}
session_stop() {
	tm_keys C-q
	wait_for 10 tm_ended
	tm_stop
	sim_stop
}

for build in 6.1.1-full 8.5.0-full 15.2.0-full; do
	session_start $build

	begin "script__is_stored_as_meant__$build"
	tm_line "/send $SCRIPT"
	see 'Values for lamp.txt'
	see 'API_TOKEN'
	tm_type 'pass "word" ;%\'
	see '••••'
	tm_keys Tab
	tm_type 'tok en;42'
	tm_keys Enter
	see 'SSId2: it ends in a blank, which is stored'
	see 'lamp.txt: all 12 commands have arrived' 60
	tm_shows 'tok en' && bad "the token is on the screen"
	has Mem1 'tok en;42'
	tm_shows 'pass "word"' && bad "the password is on the screen"
	has Password1 'pass "word" ;%\'
	has Password2 "a;b \"c\" %d \\n'{"
	has SSId1 'My Net'
	has SSId2 'two  blanks '
	has MqttUser 'some body'
	has MqttPassword 'p%s;;\q'
	has Topic lamp
	has TelePeriod 60
	has PowerOnState 1
	end

	begin "form__shows_and_changes__$build"
	tm_line /setup
	see 'Set-up: what the device has now' 20
	see 'Wi-Fi 1 +My Net'
	see 'MQTT host +broker.lan'
	see 'Nothing is changed yet'
	tm_keys C-u
	tm_type ' leading'
	see 'skips blanks before a value'
	tm_keys Enter
	see 'Wi-Fi 1: the console skips'
	tm_keys C-u
	tm_type 'Other Net '
	see 'Other Net␣'
	tm_keys Tab
	tm_type 'key of; it\'
	see 'Password1 ••••••••••'
	tm_keys Up
	tm_keys Enter
	see 'set-up: all 2 commands have arrived' 60
	has SSId1 'Other Net '
	has Password1 'key of; it\'
	has MqttHost broker.lan
	end

	begin "hand__asks_about_a_semicolon__$build"
	tm_line 'Backlog SSId2 guest ; Password2 five;six!;Topic desk'
	see 'A ; in a value'
	tm_keys y
	see 'backlog: all 3 commands have arrived' 60
	has SSId2 guest
	has Password2 'five;six!'
	has Topic desk
	see 'WIF: ' 30
	tm_line 'Backlog Mem4 x;y!'
	see 'A ; in a value'
	tm_keys n
	gone 'A ; in a value'
	see '❯ Backlog Mem4 x;y!'
	tm_keys Enter
	see 'A ; in a value'
	tm_keys s
	see 'backlog: 1 of 2 commands have arrived' 30
	has Mem4 x
	tm_line 'FriendlyName1 q"u %s\te;x '
	has FriendlyName1 'q"u %s\te;x '
	end

	begin "trap__is_told__beforehand__$build"
	printf 'MqttUser 1\nMem1 x\n' >"$TMPDIR/trap.txt"
	tm_line "/send $TMPDIR/trap.txt"
	see "MqttUser: the value 1 means the firmware's default"
	see 'will not be stored as they are written'
	tm_keys n
	gone 'will not be stored'
	has MqttUser 'some body'
	end

	begin "error__stops_a_script__$build"
	printf 'Mem3 before\nNoSuchCommand 5\nMem2 behind\n' >"$TMPDIR/bad.txt"
	tm_line "/send $TMPDIR/bad.txt"
	see 'bad.txt stops at line 2: NoSuchCommand 5' 30
	see 'bad.txt: 1 of 3 commands have arrived'
	tm_line "/send $TMPDIR/bad.txt --keep-going"
	see 'bad.txt: 2 of 3 commands have arrived' 30
	has Mem2 behind
	end

	begin "again__after_an_erase__$build"
	tm_line '/clear' # before: what comes after the start may come once only
	tm_line 'Reset 1'
	wait_for 30 is_stored Topic '' || bad "nothing was erased"
	see 'Project (sonoff|tasmota)' 30
	see 'WIF: ' 30
	tm_line '/setup again'
	see 'set-up: all [0-9]+ commands have arrived' 90
	has Topic desk
	has Password1 'key of; it\'
	has MqttPassword 'p%s;;\q'
	has Mem2 behind
	end

	begin "save__keeps_no_password__$build"
	tm_line "/setup --save lamp-${build%%.*}"
	see 'is saved to'
	grep -q "SSId1 = 'Other Net '" "$XDG_CONFIG_HOME/tasmite/config" || bad "not saved"
	grep -rqF 'key of; it' "$XDG_CONFIG_HOME" "$XDG_STATE_HOME" && bad "the password is in a file"
	end
	session_stop
done

finish
