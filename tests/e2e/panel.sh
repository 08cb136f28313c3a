# SPDX-License-Identifier: GPL-3.0-or-later
# What the session says of the device: verdicts in the panel and the lines they rest on, next steps, a
# start awaited by hand, how the starts went, what the device says of itself.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config

# device BUILD SCENARIO ARGS...: off, and the session on it
device() {
	local build=$1 scenario=$2
	shift 2
	"$B/make-image" --build "$build" -o "$TMPDIR/app.bin"
	rm -f "$TMPDIR/flash.bin"
	sim_start --boot-image "$TMPDIR/app.bin" --power off --scenario "$scenario" "$@"
	tm_start 120 40 "$B/tasmite" "$DEV"
	see 'is open'
}
leave() {
	tm_keys C-q
	wait_for 10 tm_ended || bad "Ctrl-Q did not leave"
	tm_stop
	sim_stop
	rm -f "$TMPDIR/flash.bin"
}

begin panel__follows__the_build_that_does_not_join
device 6.1.1-full story-2018
hand "power on"
see '✔ Firmware +Sonoff-Tasmota'
tm_line 'Backlog SSID1 home; Password1 secret99'
see '▶ Wi-Fi "home" +connecting' 20
see '✘ Wi-Fi "home" +AP not found' 60
see 'known for' 60
see '→ write another build' 10
tm_keys F6
see '▸. Boots'
tm_keys Down Down
see '▸✘ Wi-Fi'
tm_keys Enter
see '◆ .*WIF: Connect failed as AP cannot be reached'
tm_keys n
see 'Firmware at hand|which file' 10
tm_keys C-c
gone 'Firmware at hand|which file|❯ /flash'
end
begin why__tells__of_a_line_that_was_dropped
tm_line '/clear'
tm_line '/why wifi'
see 'dropped from the log since|the log has dropped'
tm_line '/why off'
leave
end

begin panel__follows__a_device_that_joins
device 8.5.0-full default
tm_line '/watch'
see 'awaited for 120 s'
see '74880 8N1'
hand "power on"
see 'rst cause:1, boot mode:\(3,'
see 'the ROM.s text at 74880 ends here' 10
see '115200 8N1'
see 'Project tasmota' 10
tm_line 'Backlog SSID1 home; Password1 secret99; MqttHost 192.168.1.7'
see '✔ Wi-Fi "home" +connected' 60
see '✔ IP address +[0-9.]+' 30
see '✔ MQTT +connected' 60
tm_line '/timeline'
see 'ROM|firmware [0-9]+ ms' 10
see 'MQTT [0-9.]+ s'
see '▓'
tm_keys Escape
gone 'The way to'
tm_line '/clear'
tm_line 'Status 0'
see 'Uptime +[0-9]+T' 20
see 'Free memory +[0-9]+ kB'
see 'Signal +'
leave
end

begin watch__ends__by_hand_and_in_time
device 8.5.0-full default
tm_line '/watch'
see 'power the device off and on'
tm_keys Escape
see 'not awaited any more, back to 115200'
see '115200 8N1'
tm_line '/watch 1'
see 'no start was heard in the time given, back to 115200' 20
tm_line '/watch off'
see 'no start is being awaited'
tm_line '/watch 0'
see '/watch \[SECONDS\|off\]'
# a device that runs and speaks meanwhile is listened to, and does not end it
hand "power on"
see 'HTP: Web server active' 20
tm_line '/clear'
tm_line '/watch'
see 'awaited for 120 s'
hand "power off"
hand "power on"
see 'rst cause:1, boot mode:\(3,' 20
see 'the ROM.s text at 74880 ends here' 10
see 'HTP: Web server active' 20
tm_line '/watch'
see 'ROM at 74880'
enter_loader
see 'this is the boot loader' 20
tm_line '/clear'
boot_normally
see 'Project tasmota' 20
see '115200 8N1'
leave
end

begin watch__follows__an_esp32
"$B/make-image" --chip esp32 --kind factory -o "$TMPDIR/app.bin"
rm -f "$TMPDIR/flash.bin"
sim_start --chip esp32 --boot-image "$TMPDIR/app.bin" --power off
tm_start 120 40 "$B/tasmite" "$DEV"
see 'is open'
tm_line '/watch'
see '74880 8N1'
hand "power on"
see 'boot: ' 20
see '115200 8N1' 20
see '✔ Firmware +Tasmota' 20
# known by now: no other rate any more
tm_line '/clear'
tm_line '/watch'
see 'read at 115200'
hand "power off"
hand "power on"
see 'rst:0x1 ' 20
see 'the device has started' 10
leave
end

begin reset__is_where_a_start_is_counted_from
"$B/make-image" --build 8.5.0-full -o "$TMPDIR/app.bin"
rm -f "$TMPDIR/flash.bin"
adapter_start --boot-image "$TMPDIR/app.bin" --scenario mqtt-refused
tm_start 120 40 env $(shim_env "$B/tasmite") "$B/tasmite" /dev/ttyUSB0
see 'is open'
tm_line 'Backlog SSID1 home; Password1 secret99; MqttHost 192.168.1.7'
see '✘ MQTT +refused: user or' 60
tm_line '/clear'
tm_line '/reset'
see 'rst cause:2, boot mode:\(3,' 20
see 'the ROM.s text at 74880 ends here' 10
see '✘ MQTT +refused: user or' 60
tm_line '/timeline'
see 'from the reset by tasmite' 10
see 'ROM [0-9]+ ms · firmware [0-9]+ ms · Wi-Fi [0-9.]+ s · address [0-9.]+ s'
tm_keys q
gone 'from the reset by tasmite'
# a command of the device is put into the edit line; what is typed there is not overwritten
tm_line '/next'
see '❯ Backlog MqttUser NAME; MqttPassword' 10
tm_keys C-c
gone 'MqttUser NAME'
tm_keys F6
see '▸'
tm_type n
see '❯ Backlog MqttUser NAME; MqttPassword' 10
tm_line ' '
tm_line '/next 9'
see '/next \[N\] \(1 to 6\)' 10
leave
end

begin reset__tells__that_nothing_came
rm -f "$TMPDIR/flash.bin"
adapter_start --boot-image "$TMPDIR/app.bin" --lines off --power off
tm_start 120 40 env $(shim_env "$B/tasmite") "$B/tasmite" /dev/ttyUSB0
see 'is open'
tm_line '/reset'
see 'nothing came after the reset' 30
see '115200 8N1'
leave
end

begin replay__goes__through_the_doctor
tm_start 120 40 "$B/tasmite" replay --speed=0 tests/data/logs/story-6.1.1.log
see 'the recording ends here' 20
see 'known for' 10
see '✘ Wi-Fi'
tm_keys C-q
wait_for 10 tm_ended || bad "Ctrl-Q did not leave"
tm_stop
end

# 30 MB as fast as they are read: not one start is missed, and setting it off leaves the panel alone.
begin flood__is_read__to_its_last_line
python3 - "$TMPDIR/flood" <<'PY'
import sys
with open(sys.argv[1], "w") as f:
    for boot in range(300):
        f.write(" ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n")
        f.write("00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_123456, GroupTopic "
                "sonoffs) Version 6.4.1(sonoff)-2_3_0\r\n")
        for i in range(1000):
            f.write(f'00:{i // 60 % 60:02}:{i % 60:02} MQT: tele/sonoff/SENSOR = '
                    f'{{"Time":"2018-11-04T13:04:05","Count":{i},"Boot":{boot}}}\r\n')
    f.write("00:16:41 WIF: Connected\r\n00:16:42 MQT: unfin")
PY
for on in on off; do
	mkdir -p "$XDG_CONFIG_HOME/tasmite"
	echo "doctor = $on" >"$XDG_CONFIG_HOME/tasmite/config"
	patient_start "$TMPDIR/flood"
	tm_start 120 40 "$B/tasmite" "$PATIENT"
	see 'WIF: Connected' 60
	if [ $on = on ]; then
		see '✔ Wi-Fi +connected' 30
		see '\(300$|\(300 times|300 +│' 10
		tm_line '/clear'
		gone 'WIF: Connected'
		tm_shows 'Not read' && bad "what was read counts as not read"
	else
		see '· Wi-Fi' 5
	fi
	tm_keys C-q
	wait_for 10 tm_ended || bad "Ctrl-Q did not leave"
	tm_stop
	patient_stop
done
rm -f "$XDG_CONFIG_HOME/tasmite/config"
end
finish
