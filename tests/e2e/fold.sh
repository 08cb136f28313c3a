# SPDX-License-Identifier: GPL-3.0-or-later
# JSON answers in the real program: folded, as a tree, by key and by command; find, copy and save keep
# to the device's bytes.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
NET='00:00:35 RSL: stat/sonoff/STATUS5 = {"StatusNET":{"Hostname":"sonoff-1","IPAddress":"192.168.1.20"}}'
STATE='00:00:40 MQT: tele/sonoff/STATE = {"Vcc":3.171,"POWER":"ON","Wifi":{"AP":1,"RSSI":72}}'
printf '%s\r\n' "$NET" '00:00:36 no answer' "$STATE" '00:00:41 {"cut":{"in":1}' >"$TMPDIR/fed"
patient_start "$TMPDIR/fed"
tm_start 150 30 "$B/tasmite" "$PATIENT"
see '"in":1'

begin fold__opens__the_newest_answer
tm_line '/fold'
see '▾ 00:00:40 MQT: tele/sonoff/STATE = \{ '
see '^│ +"POWER":"ON", '
see '^│ +"RSSI":72\}\} '
tm_shows '▾ 00:00:35' && bad "the other one, too"
tm_line '/fold'
see '▸ 00:00:40 MQT: tele/sonoff/STATE = \{…3.keys\}'
end

begin fold__takes__all_of_a_pane
tm_keys BTab
see '\[Log'
tm_keys O
see 'json folded'
see '▸ 00:00:35 RSL: stat/sonoff/STATUS5 = \{…1.key\}'
see '▸ 00:00:40'
tm_keys O
see '^│ +"IPAddress":"192.168.1.20"\}\} '
see '00:00:41 \{"cut":\{"in":1\}'
end

begin fold__leaves__find_copy_and_save_alone
tm_keys Escape
see '^ ❯'
tm_line '/fold folded'
see '▸ 00:00:35'
tm_line '/find RSSI'
see 'find 1 of 1'
tm_line '/fold'
see '^│ +"RSSI":72\}\} '
tm_line "/save $TMPDIR/saved.txt"
see 'saved in'
grep -qF "$NET" "$TMPDIR/saved.txt" && grep -qF "$STATE" "$TMPDIR/saved.txt" || bad "saved: $(cat "$TMPDIR/saved.txt")"
tm_line '/copy'
see 'copied'
wait_for 5 eval 'cat "$TMPDIR"/state/tasmite/* 2>/dev/null | grep -qF "$STATE"' || bad "not copied: $(ls -R "$TMPDIR/state")"
tm_line '/fold line'
see 'json line'
gone '▸ 00:00'
gone '▾ 00:00'
tm_keys F10
wait_for 5 tm_ended || bad "F10 did not leave"
end
finish
