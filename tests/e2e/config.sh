# SPDX-License-Identifier: GPL-3.0-or-later
# The configuration in the real program: mistakes at the start and while it runs, changes taken over,
# profiles, where a value came from, and files that must never be read.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
CONF=$XDG_CONFIG_HOME/tasmite/config
ROOT=$PWD
case $B in /*) ;; *) B=$PWD/$B ;; esac
mkdir -p "$XDG_CONFIG_HOME/tasmite" "$TMPDIR/here"

# Two bare ports.
python3 - "$DEV" "$TMPDIR/other" <<'PY' &
import os, pty, select, sys, tty
masters = []
for name in sys.argv[1:]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.symlink(os.ttyname(slave), name)
    masters.append(master)
while True:
    for fd in select.select(masters, [], [])[0]:
        with open(sys.argv[1 + masters.index(fd)] + ".got", "ab", 0) as f:
            f.write(os.read(fd, 4096))
PY
PEER=$!
trap 'kill $PEER 2>/dev/null; cleanup' EXIT
wait_for 10 test -e "$TMPDIR/other" || bad "no ports"

leave() {
	tm_keys F10
	wait_for 5 tm_ended || bad "F10 did not leave"
	tm_stop
}
# Replaces the file as editors do.
replace() {
	printf '%s\n' "$1" >"$CONF.new" && mv "$CONF.new" "$CONF"
}

# Hostile files in the folder where it is started, and relative places in the environment.
cd "$TMPDIR/here" || exit 2
mkdir -p .config/tasmite tasmite/themes config/tasmite .local/state/tasmite themes
for f in config tasmite.conf .tasmite .tasmiterc tasmiterc tasmite/config .config/tasmite/config config/tasmite/config; do
	[ -d "$f" ] || printf 'baud = 4711\nmacros { F11 = "evil" }\n' >"$f"
done
printf 'set editing-mode vi\n"x": "EVIL"\n' >.inputrc
printf 'evil history\n' >.local/state/tasmite/history
printf 'evil history\n' >history

begin config__in_the_present_folder__is_never_read
tm_start 200 40 env XDG_CONFIG_HOME=config XDG_STATE_HOME=.local/state HOME="$TMPDIR/here/.." "$B/tasmite" "$DEV"
see 'sonoff is open \(115200 8N1\)'
tm_type 'x'
see '❯ x$'
tm_keys C-c Up
sleep 0.1
tm_shows 'evil|EVIL' && bad "a file of this folder was read"
leave
end

begin config__with_mistakes__keeps_its_good_lines_at_the_start
cat >"$CONF" <<'CONF'
eol = crlf
baud = fast
buad = 1
macros {
	F11 = "Status 5"
	F99 = "x"
	F12 = "one\ntwo"
}
labels { F11 = Net F12 = Two }
set wrap off
profile kitchen {
	baud = 74880
	keys { F8 = /clear }
	macros { F11 = "Status 11" }
}
profile cellar { port = "OTHER" eol = lf }
echo = off
CONF
sed -i "s|OTHER|$TMPDIR/other|" "$CONF"
tm_start 200 40 "$B/tasmite" "$DEV"
see 'config:2: baud: expected a number from 50 to 4000000'
see "config:3: unknown setting 'buad', did you mean 'baud'"
see "config:6: 'F99' is no key"
see "config:10: expected '=' after 'set'"
see 'all else of the configuration is in force'
see 'CRLF echo'
see 'F11 Net  F12 Two'
end

begin set__tells__where_a_value_came_from
tm_line '/set eol?'
see 'eol = crlf +\(user file, line 1 of .*config\)'
tm_line '/set baud?'
see 'baud = 115200 +\(built in\)'
tm_line '/set wrap off'
tm_line '/set wrap?'
see 'wrap = off +\(set in this session\)'
tm_line '/set wrp'
see 'no setting "wrp", did you mean .wrap.'
tm_type '/set char'
tm_keys Tab
see '/set char-delay'
tm_keys C-c
tm_type '/set flow rt'
tm_keys Tab
see '/set flow rtscts'
tm_keys C-c
end

begin config__changed__is_in_force_at_once
tm_line '/clear'
replace 'baud = 9600
eol = cr
wrap = on
keys { F3 = "/chip" Alt-l = "" Alt-n = "/eol next" }
macros { F12 = "Status 2" }
profile kitchen { baud = 74880 }'
see 'the changed configuration is in force; changed: .*baud'
see '9600 8N1 .*CR ECHO'
tm_shows 'F3 Chip .*F12 Status 2' || bad "the key bar is the old one"
tm_shows 'F11 Net' && bad "a macro that is gone is still there"
tm_line '/set wrap?'
see 'wrap = off +\(set in this session\)'
tm_keys M-l M-n
see ' no end ECHO'
end

begin config__written_in_place__is_noticed_too
printf 'baud = 19200\n' >>"$CONF"
see '19200 8N1'
end

begin config__with_mistakes__changes_nothing_while_it_runs
tm_line '/clear'
replace 'baud = 300
wrap = perhaps
macros { F12 = "new" }
keys {
	F5 = /flsh
}'
see 'config:2: wrap: expected one of'
see "config:5: F5: there is no command /flsh, did you mean '/flash'"
see 'the settings before stay in force'
tm_shows '19200 8N1' || bad "the rate changed"
tm_shows 'F12 Status 2' || bad "the macro changed"
replace 'baud = 300'
see '300 8N1'
see 'the changed configuration is in force'
end

begin config__that_goes_away__changes_nothing
tm_line '/clear'
mv "$CONF" "$CONF.away"
tm_line '/set pace?'
see 'pace = 64'
tm_shows '300 8N1' || bad "the rate changed"
mkdir "$CONF"
see 'the configuration is not read: .* is a folder'
rmdir "$CONF"
printf 'baud = 600\n' >"$CONF"
see '600 8N1'
end

begin macro__of_this_session__outlives_a_change
tm_line '/macro Alt-1 "by hand"'
see 'Alt-1 +by hand'
tm_line '/clear'
replace 'baud = 1200'
see '1200 8N1'
tm_line '/macro'
see 'Alt-1 +by hand'
leave
end

begin config__with_an_unknown_theme__can_be_mended
replace 'theme = nosuch'
tm_start 200 40 "$B/tasmite" "$DEV"
see 'no theme "nosuch"'
replace 'theme = light'
see 'the changed configuration is in force; changed: theme'
tm_line '/set theme?'
see 'theme = light +\(user file, line 1'
leave
end

begin config__behind_a_link__is_noticed
mkdir -p "$TMPDIR/dots"
rm -f "$CONF"
printf 'baud = 2400\n' >"$TMPDIR/dots/config"
ln -s "$TMPDIR/dots/config" "$CONF"
tm_start 200 40 "$B/tasmite" --eol cr "$DEV"
see '2400 8N1 +rx 0 +tx 0 +CR ECHO'
printf 'baud = 4800\neol = lf\n' >"$TMPDIR/dots/config"
see '4800 8N1'
tm_shows 'CR ECHO' || bad "the command line does not win"
leave
rm -f "$CONF"
end

begin profile__is_opened__by_its_name
cat >"$CONF" <<CONF
baud = 9600
macros { F11 = "Status 1" }
profile kitchen {
	port = "$DEV"
	baud = 74880
	eol = crlf
	macros { F11 = "Status 11" }
	labels { F11 = Kitchen }
}
profile cellar { port = "$TMPDIR/other" echo = off }
CONF
tm_start 200 40 "$B/tasmite" kitchen
see 'sonoff is open \(74880 8N1\)'
see 'CRLF ECHO +kitchen'
see 'F11 Kitchen'
tm_line '/set baud?'
see 'baud = 74880 +\(profile, line 5 of .*config\)'
end

begin profile__is_taken__while_it_runs
tm_line '/set baud 300'
see '300 8N1'
tm_line '/set echo on'
tm_type '/profile ce'
tm_keys Tab
see '/profile cellar'
tm_keys Enter
see 'profile cellar; changed: '
see 'other is open'
# cellar says nothing of the rate: what was /set stays; of the echo it does
see '300 8N1 .*LF echo +cellar'
see 'F11 Status 1'
tm_line '/profile nosuch'
see 'there is no profile "nosuch"'
tm_line '/profile kichen'
see "there is no profile \"kichen\", did you mean 'kitchen'"
tm_line '/profile'
see 'Profiles'
see 'cellar +now'
tm_keys Escape
gone 'Profiles'
tm_line '/profile kitchen'
see '74880 8N1 .*CRLF .*kitchen'
# and it stays so when the file changes
printf '# more\n' >>"$CONF"
tm_line '/clear'
printf 'stamp = off\n' >>"$CONF"
see 'the changed configuration is in force'
see '74880 8N1 .*CRLF'
# a mistake in the file tells nothing of the profile
printf 'profile kitchen {\n' >>"$CONF"
see 'nothing of the changed configuration is used'
see 'CRLF .*kitchen'
tm_line '/clear'
sed -i '$d' "$CONF"
see 'the changed configuration is in force'
see '74880 8N1 .*CRLF .*kitchen'
end

begin profile__is_saved__without_passwords
tm_line '/set line-delay 7'
see 'line-delay = 7'
tm_line "/macro F12 \"it's {1s} a \\\\\\\\ x\" --label Mine"
see 'F12 +Mine'
tm_line '/macro Alt-2 "Password1 hunter22x"'
see 'Alt-2 .*\*+'
tm_line '/profile --save shed'
see 'profile shed is saved'
see '1 macros with a password are left out'
see 'the changed configuration is in force'
grep -q hunter22x "$CONF" && bad "the password is in the file"
tm_line '/profile --save shed'
see 'there is a profile shed'
tm_line '/profile --save ../x'
see 'a profile.s name has letters'
leave
tm_start 200 40 "$B/tasmite" shed
see 'sonoff is open \(74880 8N1\)'
see 'F12 Mine'
tm_line '/set line-delay?'
see 'line-delay = 7 +\(profile, line'
leave
end

begin config__named__must_be_there
"$B/tasmite" --config nosuch "$DEV" >"$TMPDIR/out" 2>&1
[ $? = 2 ] || bad "not refused"
grep -q 'nosuch' "$TMPDIR/out" || bad "it says: $(cat "$TMPDIR/out")"
printf 'baud = 1200\n' >mine
tm_start 200 40 "$B/tasmite" --config mine "$DEV"
see '1200 8N1'
printf 'baud = 2400\n' >mine
see '2400 8N1'
leave
end
cd "$ROOT" || exit 2
finish
