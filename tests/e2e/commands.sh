# SPDX-License-Identifier: GPL-3.0-or-later
# The edit line knows Tasmota's commands: completion, hints, warnings, help, dots.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-minimal -o "$TMPDIR/app.bin"
sim_start --boot-image "$TMPDIR/app.bin" --power off
tm_start 120 40 "$B/tasmite" "$DEV"
see "sonoff is open"
hand "power on"
see '✔ Firmware +Sonoff-Tasmota 6.1.1'
# The edit line and what stands above it; the log may show the same words.
edit_shows() {
	tm_text | grep -B1 -E '^ (❯|·) ' | grep -qE -- "$1"
}
edit() {
	wait_for 10 edit_shows "$1" || bad "not in the edit line: $1"
}

begin edit__completes__names_of_the_device
tm_type 'seriallo'
tm_keys Tab
edit '❯ SerialLog $|❯ SerialLog  .*log level on the serial console'
tm_keys C-c
tm_type 'Backlog ssid1 home; blinkt'
tm_keys Tab
edit 'ssid1 home; BlinkTime '
edit '2\.\.3600'
tm_keys C-c
gone 'BlinkTime'
end

begin edit__shows__choices_with_what_they_are
tm_type 'ssi'
tm_keys Tab
edit '❯ SSId'
tm_keys Tab
see '│  SSId1  +network name of AP1/AP2 +│'
tm_keys Escape
gone '│  SSId1 '
edit '❯ SSId'
tm_keys Tab
see '│  SSId1 '
tm_keys Down Down
see '▸ ?SSId2'
tm_keys Enter
edit '❯ SSId2 '
tm_keys C-c
tm_type 'power1 '
tm_keys Tab
see '│  toggle '
tm_type 'tog'
gone '│  blink '
tm_keys Tab
edit '❯ power1 toggle'
tm_keys C-c
tm_type '/st'
tm_keys Tab
edit '/stamp'
tm_keys C-c
tm_type '/re'
tm_keys Tab
see '│  /reset +reset the chip by RTS'
tm_keys Escape
gone 'reset the chip by RTS'
tm_keys C-c
end

begin edit__hints__the_command_under_the_cursor
tm_type 'Backlog SSID1 home; Module 1'
edit '1: Sonoff Basic  Module <number>\|0 · restarts'
for _ in $(seq 12); do tm_keys Left; done
edit 'SSId<1\.\.2> <ssid>\|0\|1  network name'
tm_keys C-c
end

begin edit__warns__of_mistakes_and_sends_them_all_the_same
tm_type 'SerialLg 2'
edit '! unknown: did you mean SerialLog\?'
tm_keys C-c
tm_type 'SerialLog 9'
edit '! SerialLog takes 0\.\.4'
tm_keys C-c
tm_type 'SSId3 x'
edit '! SSId takes the numbers 1 to 2'
tm_keys C-c
tm_type 'Topic 1'
edit "! the value 1 means the firmware's default"
tm_keys C-c
tm_type 'Topic 1abc'
edit '! up to 6\.1\.1 a value that begins with the number 1'
tm_keys C-c
tm_type 'Backlog SSId1 home ; Power'
edit '! this version keeps the blank before the ;'
tm_keys C-c
tm_type 'Backlog Password1 abcdefgh;xyz'
edit '! the ; ends Password here'
tm_keys C-c
tm_type 'Password1 abc'
edit '! a Wi-Fi key has at least 8 characters, this one 3'
tm_keys C-c
tm_type 'SSId1 Müller'
edit '! letters beyond ASCII: the device drops the whole line'
tm_keys C-c
tm_type 'SerialLog 3 4 5 Nonsense'
tm_keys C-c
tm_line 'SerialLg 2'
see '› SerialLg 2'
see '"Command":"Unknown"'
end

begin help__tells__of_commands_of_the_device
tm_line '/help Password1'
see 'Password<1..2> <password>'
see 'WiFi key of AP1/AP2'
see 'The value is a secret'
tm_keys Escape
gone 'The value is a secret'
tm_line '/help wifi'
see 'WifiConfig'
tm_keys Escape
gone 'WiFiScan'
tm_line '/help reset'
see 'Pulses RTS'
see 'And a command of Tasmota'
tm_keys Escape
gone 'Pulses RTS'
tm_line '/help nosuchthing'
see 'no help for'
end

begin help__searches__the_commands_of_the_device
tm_keys F1
see '\[Commands\]'
tm_type 'syslog server'
see 'LogHost +syslog server +Tasmota'
gone '/flash '
tm_keys Enter
see 'LogHost <host>\|1'
tm_keys Escape
gone 'LogHost <host>'
end

begin help__tells__of_the_command_in_the_edit_line
tm_type 'Backlog SSID1 x; TelePeriod 10'
edit 'TelePeriod'
tm_keys F1
see 'seconds between telemetry messages$| seconds between telemetry messages +│'
see 'Group: MQTT'
tm_keys Escape
gone 'Group: MQTT'
edit 'SSID1 x; TelePeriod 10'
tm_keys C-c
end

begin edit__shows__dots_until_a_key_shows_the_letters
tm_type 'Password1 h'
edit '❯ Password1 • '
tm_type 'unter22x'
edit '❯ Password1 •{9}'
tm_text | grep -q hunter22x && bad "on the screen"
tm_keys M-s
edit '❯ Password1 hunter22x'
tm_keys M-s
edit '❯ Password1 •{9}'
tm_keys M-s
edit '❯ Password1 hunter22x'
tm_keys Enter
see '› Password1 \*{9}'
gone 'hunter22x'
tm_type 'OtaUrl http://me:secret77@192.168.1.1/x.bin'
edit 'OtaUrl http://me:•{8}@192'
tm_keys C-c
end

begin edit__hides__them_again_by_itself
tm_type 'Password1 hunter22x'
tm_keys M-s
edit '❯ Password1 hunter22x'
gone 'hunter22x' 30
edit '❯ Password1 •{9}'
tm_keys C-c
tm_keys F10
wait_for 10 tm_ended || bad "F10 did not leave"
end
finish
