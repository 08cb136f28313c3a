# SPDX-License-Identifier: GPL-3.0-or-later
# Commands over a bad link and through a pulled plug; the log's level after each boot; the rate that
# follows the device; who has taken the console.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
rm -rf "$XDG_STATE_HOME" "$XDG_CONFIG_HOME"
mkdir -p "$XDG_CONFIG_HOME/tasmite"
"$B/make-image" --build 6.1.1-full -o "$TMPDIR/app.bin"

# missing: which lines of the script are not in the flash (the simulator's own form of settings)
missing() {
	python3 - "$TMPDIR/flash.bin" "$TMPDIR/sixty.txt" <<'PY'
import struct, sys
flash, best = open(sys.argv[1], "rb").read(), None
for sector in range(0xF4, 0xFC):
    block = flash[sector * 4096:(sector + 1) * 4096]
    count, length = struct.unpack_from("<II", block, 4)
    if block[:4] == b"TSIM" and length <= 4080 and (best is None or count > best[0]):
        best = count, block[16:16 + length]
have = dict(p.partition(b"=")[::2] for p in (best[1] if best else b"").split(b"\0"))
for line in open(sys.argv[2], "rb").read().splitlines():
    key, _, value = line.partition(b" ")
    if have.get(key) != value:
        print(line.decode(), "->", have.get(key))
PY
}
all_stored() {
	[ -z "$(missing)" ]
}
python3 - >"$TMPDIR/sixty.txt" <<'PY'
print("SSId1 home net\nPassword1 pass;word 1\nMqttHost broker.lan\nMqttUser somebody\nTopic lamp")
for i in range(1, 9):
    print("PulseTime%d %d\nSwitchMode%d %d" % (i, 100 + i, i, i % 7 or 5))
for i in range(1, 6):
    print("Var%d variable number %d\nMem%d memory number %d" % (i, i, i, i))
for i in range(1, 5):
    print("FriendlyName%d Name %d\nStateText%d s%d" % (i, i, i, i))
words = ("TelePeriod 60 PowerOnState 1 LedState 3 SysLog 1 WebLog 3 BlinkTime 7 BlinkCount 9 "
         "ButtonDebounce 77 SwitchDebounce 66 WebRefresh 3000 Altitude 123 LogPort 1514 "
         "Latitude 1.5 Longitude 2.5 MqttRetry 30 Sleep 40 SetOption0 0 SetOption11 1 "
         "SetOption13 1 SetOption32 30 SetOption20 1").split()
for key, value in zip(words[::2], words[1::2]):
    print(key, value)
PY
[ "$(wc -l <"$TMPDIR/sixty.txt")" = 60 ] || bad "not 60 commands"

# saved: the log since the last /clear; how many retries it tells of one by one, and in the end
saved() {
	rm -f "$TMPDIR/log.txt"
	tm_line "/save $TMPDIR/log.txt --all"
	wait_for 10 grep -q 'commands have arrived' "$TMPDIR/log.txt" || bad "not saved"
	told=$(grep -c 'sent again: line ' "$TMPDIR/log.txt")
	said=$(sed -nE 's/.*have arrived, ([0-9]+) sent more than once.*/\1/p' "$TMPDIR/log.txt")
	said=${said:-0}
}

begin script__arrives_whole__over_a_link_that_loses_bytes
sim_start --boot-image "$TMPDIR/app.bin" --power off --speed 2 --seed 11
tm_start 120 40 "$B/tasmite $DEV"
see 'is open'
hand "power on"
see 'WIF: '
hand "fault drop:1/2000"
for round in 1 2 3; do
	tm_line "/send $TMPDIR/sixty.txt"
	see 'sixty.txt: all 60 commands have arrived' 120
	wait_for 15 all_stored || bad "not stored: $(missing)"
	saved
	[ "$told" = "$said" ] || bad "$said retries, $told told"
	tm_line /clear
	gone 'all 60 commands have arrived'
done
# A worse one, so that there is something to be made up for in any case.
hand "fault clear"
hand "fault drop:1/300"
tm_line "/send $TMPDIR/sixty.txt"
see 'sixty.txt: all 60 commands have arrived, [0-9]+ sent more' 200
wait_for 15 all_stored || bad "not stored: $(missing)"
saved
[ "$told" = "$said" ] || bad "$said retries, $told told"
[ "$told" -gt 0 ] || bad "no retry was told"
end

begin plug__pulled__is_told_and_made_up_for_by_a_key
hand "fault clear"
sed -i 's/number/NUMBER/' "$TMPDIR/sixty.txt"
tm_line /clear
hand "fault unplug@BYTE:700"
tm_line "/send $TMPDIR/sixty.txt"
see 'sixty.txt: [0-9]+ of 60 commands have arrived' 60
see 'Topic lamp: not sent'
see 'Alt-a sends them again when the port is back'
tm_shows 'pass;word' && bad "the password is on the screen"
hand "fault clear"
hand "replug"
see 'back again' 20
tm_line /clear
tm_keys M-a
see 'sixty.txt: all 60 commands have arrived' 120
wait_for 15 all_stored || bad "not stored: $(missing)"
tm_keys C-q
wait_for 10 tm_ended
tm_stop
sim_stop
end

begin script__is_stopped__by_a_key
rm -f "$TMPDIR/flash.bin"
sim_start --boot-image "$TMPDIR/app.bin" --power off
tm_start 120 40 "$B/tasmite $DEV"
see 'is open'
hand "power on"
see 'WIF: '
printf 'Mem1 first\nwait 10m never said\nMem2 last\n' >"$TMPDIR/wait.txt"
tm_line "/send $TMPDIR/wait.txt"
see 'RESULT = ."Mem1":"first"' 20
see 'waits for it'
tm_line 'Mem3 between' # what is entered meanwhile goes its way
see 'RESULT = ."Mem3":"between"' 20
tm_keys Escape
see 'wait.txt: 1 of 2 commands have arrived' 20
see 'line 3: Mem2 last: not sent'
tm_keys C-q
wait_for 10 tm_ended
tm_stop
sim_stop
end

begin typed_line__lost_on_the_way__is_told
rm -f "$TMPDIR/flash.bin"
sim_start --boot-image "$TMPDIR/app.bin" --power off
tm_start 120 40 "$B/tasmite $DEV"
see 'is open'
hand "power on"
see 'WIF: ' 20
tm_line 'LedState 3'
see 'CMD: LedState 3' 20
see 'RESULT = ."LedState":3' 20
hand "power off"
tm_line 'LedPower'
see 'LedPower: neither echo nor answer came' 20
tm_shows 'LedState 3: ' && bad "one that arrived is told of"
tm_keys C-q
wait_for 10 tm_ended
tm_stop
sim_stop
end

begin line__waits_for_the_script__and_that_is_said
sim_start --boot-image "$TMPDIR/app.bin" --power off --speed 0.2
tm_start 120 40 "$B/tasmite $DEV"
see 'is open'
hand "power on"
see 'WIF: ' 20
tm_line "/send $TMPDIR/sixty.txt"
see 'CMD: PulseTime1 ' 20
tm_line 'LedPower'
see 'sent when sixty.txt lets it'
see 'sixty.txt: all 60 commands have arrived' 60
see 'CMD: LedPower' 30
tm_keys C-q
wait_for 10 tm_ended
tm_stop
sim_stop
end

begin level__waits__for_a_line_that_is_half_typed
rm -f "$TMPDIR/flash.bin"
sim_start --boot-image "$TMPDIR/app.bin" --power off
tm_start 120 40 "$B/tasmite --set serial-log=2 $DEV"
see 'is open'
hand "power on"
tm_keys C-]
see DIRECT
tm_type 'LedSt' # the device may not listen yet
see 'WIF: (Connect failed|Connected)' 40 # well behind the moment of the level
tm_shows '› SerialLog' && bad "into the half line"
tm_type 'ate'
tm_keys Enter
see 'CMD: (LedSt)?ate' 20
see '› SerialLog 2' 20
see 'CMD: SerialLog 2' 20
tm_keys C-]
gone DIRECT
tm_keys C-q
wait_for 10 tm_ended
tm_stop
sim_stop
end

begin level__is_set__after_each_boot_and_not_before_a_line
rm -f "$TMPDIR/flash.bin"
sim_start --boot-image "$TMPDIR/app.bin" --power off
tm_start 120 40 "$B/tasmite --set serial-log=2 $DEV"
see 'is open'
see ' tx 0 '
hand "power on"
see '› SerialLog 2' 20
see 'SerialLog.:.2' 20
tm_line /clear
tm_line 'Restart 1'
see 'APP: Restarting' 20
see '› SerialLog 2' 20
see 'SerialLog.:.2'
end

begin rate__follows__the_device
tm_line /clear
tm_line 'Baudrate 9600'
see 'the device goes on at 9600 baud: the port follows' 20
see ' 9600 8N1'
tm_line 'PowerOnState'
see 'RESULT = ."PowerOnState":' 20
tm_line 'Baudrate 115200'
see 'the device goes on at 115200 baud' 20
tm_line 'LedState'
see 'RESULT = ."LedState":' 20
tm_keys C-q
wait_for 10 tm_ended
tm_stop
sim_stop
end

begin console__taken__is_said
printf 'say "00:00:01 SNS: Hardware Serial" at 1\n' >"$TMPDIR/taken.scn"
sim_start --boot-image "$TMPDIR/app.bin" --power off --scenario "$TMPDIR/taken.scn"
tm_start 120 40 "$B/tasmite $DEV"
see 'is open'
hand "power on"
see 'a sensor of this module takes the serial port' 20
tm_keys C-q
wait_for 10 tm_ended
tm_stop
sim_stop
end

finish
