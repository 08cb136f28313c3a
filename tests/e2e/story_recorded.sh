# SPDX-License-Identifier: GPL-3.0-or-later
# The whole story in one session, from the adapter to the report: the released build that does not
# join, the minimal one, the classic one over the air. tests/golden/story is the recording of it
# (`make story` makes it anew: STORY=record); else each step is looked for here and there.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
KEPT=tests/golden/story
STORY=${STORY:-check}
MARKS=$TMPDIR/marks
FW=$TMPDIR/firmware
mkdir -p "$FW" "$KEPT"
: >"$MARKS"
steps=0

# ---- the recording ------------------------------------------------------------------------------
# Each step needs the one before it.
end_or_leave() {
	end
	[ -z "$case_bad" ] || finish
}
recording() {
	[ "$STORY" = record ]
}
# As a person types; the test has no time for that.
write() {
	local i
	if ! recording; then
		tm_type "$1"
		return
	fi
	for ((i = 0; i < ${#1}; i++)); do
		case ${1:i:1} in
		';') tm_type '\;' ;; # a ";" by itself ends tmux's own command
		*) tm_type "${1:i:1}" ;;
		esac
		sleep 0.04
	done
	sleep 0.4
}
line() {
	write "$1"
	tm_keys Enter
}
# The screen of a step in the recording.
kept() {
	awk -v name="$1" '/^== / {on = $2 == name; next} on' "$KEPT/screens.txt"
}
# All patterns are on one screen, which is kept in $TMPDIR/shot.
shows_all() {
	local p
	tm capture-pane -e -p -t t >"$TMPDIR/shot.ansi"
	sed -E 's/\x1b\[[0-9;:]*m//g; s/[\x0e\x0f]//g' "$TMPDIR/shot.ansi" >"$TMPDIR/shot"
	for p; do
		grep -qE -- "$p" "$TMPDIR/shot" || return 1
	done
}
missing() {
	local p
	for p; do
		grep -qE -- "$p" "$TMPDIR/shot" || echo "$p"
	done
}
keep() {
	local name=$1 caption=$2 n
	n=$(printf %02d "$steps")
	{
		echo "== $name"
		cat "$TMPDIR/shot"
	} >>"$KEPT/screens.txt"
	# shellcheck disable=SC2046
	"$B/screen-svg" "$caption" $(tm display-message -p -t t '#{cursor_x} #{cursor_y}') \
		<"$TMPDIR/shot.ansi" >"$KEPT/$n-$name.svg" || bad "no picture of $name"
	printf '\n## %d. %s\n\n![%s](%s)\n' "$steps" "$caption" "$name" "$n-$name.svg" >>"$KEPT/README.md"
}
# step NAME CAPTION PATTERN...: all patterns are on the screen, and on the recorded one.
step() {
	local name=$1 caption=$2 p
	shift 2
	steps=$((steps + 1))
	[ -z "$case_bad" ] || return
	wait_for 90 shows_all "$@" || bad "$name: not seen: $(missing "$@" | head -n 1)"
	echo "$caption" >>"$MARKS"
	if recording; then
		keep "$name" "$caption"
		sleep 2.5
		return
	fi
	[ "$(kept "$name" | wc -l)" = 40 ] || bad "$name is not in the recording: make story"
	for p; do
		kept "$name" | grep -qE -- "$p" || bad "the recording of $name is old ($p): make story"
	done
	grep -qxF "## $steps. $caption" "$KEPT/README.md" || bad "$KEPT/README.md is old ($name): make story"
}
if recording; then
	rm -f "$KEPT"/*
	cat >"$KEPT/README.md" <<'PAGE'
# A Sonoff that does not join, from the adapter to the report

One session on the virtual device, recorded by `make story` (`tests/e2e/story_recorded.sh`); each test
run goes through it again. As a film: `asciinema play tests/golden/story/story.cast`. The screens as text:
[screens.txt](screens.txt).

The board is a Sonoff Basic on four wires (3V3, RX, TX, GND), the firmware that of summer 2018, whose
released build does not join networks on some boards.
PAGE
fi

# ---- the world ----------------------------------------------------------------------------------
cat >"$TMPDIR/world.scn" <<'SCN'
network home key secret-99 rssi -58 channel 11
network workshop key hammer-and-nail rssi -71 channel 6
mqtt ok
ip 127.0.0.9
when version >= 6.1.0 and <= 6.2.1.15 and core 2_3_0 and not minimal and not classic: joins fail ap_not_found
SCN
# The test's files are small, in a slow flash: a busy machine may fall back to a slow rate, a quick one
# must not be over between two looks.
small="--size 96K"
slow="--sector-ms 250 --block-ms 2000"
recording && small='' slow=''
# shellcheck disable=SC2086
for build in full minimal classic; do
	"$B/make-image" --build 6.1.1-$build $small -o "$FW/sonoff-$build.bin"
done
mv "$FW/sonoff-full.bin" "$FW/sonoff.bin"
# shellcheck disable=SC2086
adapter_start --lines off --usb 0403:6001:A50285BI --scenario "$TMPDIR/world.scn" --power off --wifi-rate 40000 $slow
adapter_unplug
"$B/virtual-device" --adapter "$ADAPTERS" --usb '10c4:ea60:0001:CP2102 USB to UART Bridge Controller' \
	--control "$TMPDIR/other-hand" --flash "$TMPDIR/other.bin" --power off >"$TMPDIR/other.out" 2>&1 &
other_pid=$!
other_hand() {
	"$B/virtual-device" --hand "$TMPDIR/other-hand" -c "$1"
}
wait_for 10 other_hand unplug || bad "no second adapter: $(cat "$TMPDIR/other.out")"
other_stop() {
	kill "$other_pid" 2>/dev/null
	wait "$other_pid" 2>/dev/null
}
trap 'other_stop; cleanup' EXIT
record=
recording && record="python3 $PWD/tests/e2e/cast.py --out $PWD/$KEPT/story.cast --marks $MARKS --title tasmite"
# shellcheck disable=SC2046
tm_start 120 40 cd "$FW" '&&' $record env $(shim_env "$B/tasmite") "$B/tasmite"

# ---- 1: the adapter -----------------------------------------------------------------------------
begin story__1__picks_the_adapter_by_its_name
step nothing 'tasmite is started; no adapter is plugged in yet' 'no serial port is plugged in'
adapter_plug ttyUSB0
other_hand 'replug name=ttyUSB1' >/dev/null
tm_keys F2
step chooser 'F2: the adapters have names, not only numbers' 'ttyUSB0 .*FT232R USB UART' 'ttyUSB1 .*CP2102'
tm_keys Enter
step open 'The FTDI adapter is open; the board has no power yet' 'ttyUSB0 is open' '● ttyUSB0 FT232R USB UART +115200 8N1'
end_or_leave

# ---- 2: the file, the boot loader ---------------------------------------------------------------
begin story__2__tells_the_file_and_the_way_into_the_boot_loader
line '/flash sonoff.bin'
step file '/flash: what the file is, before anything is written' 'Write firmware' 'sonoff\.bin' '6\.'
tm_keys y
step waiting 'It waits for the boot loader and says how to get there' 'hold the button' '▶ connect'
# Tried first is a reset by the lines; what comes meanwhile is lost.
for _ in 1 2 3 4 5; do
	hand "power off"
	hand "power on"
	wait_for 8 tm_shows 'started normally' && break
done
step heard 'Power without the button: it says what it hears' 'button was not held|started normally'
end_or_leave

# ---- 3: written ---------------------------------------------------------------------------------
begin story__3__writes_and_verifies
enter_loader
step writing 'The button held, the power cycled: it goes on by itself' '✔ erase|▶ write' '% .*left' 'of the wire'
step written 'Written and verified; the next step of the hands is told' 'written in ' 'release'
boot_normally
step boots 'The boot log of the new firmware flows' 'Version 6\.1\.1-2_3_0' '✔ Firmware +Sonoff-Tasmota 6\.1\.1'
end_or_leave

# ---- 4: the credentials -------------------------------------------------------------------------
begin story__4__keeps_the_password
write 'Backlog SSID1 home; Password1 secret-99'
step password 'Wi-Fi: the password is dots from the first letter' 'Backlog SSID1 home; Password1 •+'
tm_keys Enter
step sent 'Sent, split as the firmware takes it; asterisks in the log' '"Password1":"\*+"' 'have arrived'
end_or_leave

# ---- 5: what is wrong ---------------------------------------------------------------------------
begin story__5__names_the_build
step verdicts 'Not the password, not the router: this build is known for it' '✘ Wi-Fi "home" +AP not found' '✘ Access point' \
	'known'
end_or_leave

# ---- 6: minimal, and over the air ---------------------------------------------------------------
begin story__6__minimal_works
line '/flash sonoff-minimal.bin'
see 'Write firmware'
tm_keys y
see 'hold the button'
enter_loader
see 'sonoff-minimal.*' 60
wait_for 60 shows_all 'written in ' '✔ (verif|check)' || bad "minimal is not written"
boot_normally
step minimal 'The minimal build joins with the same credentials' '✔ Wi-Fi "home" +connected' '✔ IP address +127\.0\.0\.9'
end_or_leave

begin story__6__upgrades_over_the_air
line '/upgrade sonoff-classic.bin'
step question '/upgrade: what the device has been asked, and what would be done' 'Upgrade over the air' 'half way of an upgrade'
tm_keys y
step serving 'The device fetches the file from this program' 'upgrade: asked for' 'sends' '[0-9] KB/s'
step upgraded 'The new version was read from the log: done' 'Done\. It runs 6\.1\.1' '✔ Wi-Fi "home" +connected'
end_or_leave

# ---- a slip on the way --------------------------------------------------------------------------
begin story__tells_a_wrong_password
line 'Backlog SSID1 workshop; Password1 hammer-and-nial'
step slip 'To the workshop, with a slip in the password: told at once' '✘ Wi-Fi +refused: wrong key' 'AP incorrect password'
line 'Password1 hammer-and-nail'
step mended 'Mended' '✔ Wi-Fi +connected "workshop"' '✔ IP address'
end_or_leave

# ---- 7: the report ------------------------------------------------------------------------------
begin story__7__reports_all_of_it
line '/report story.md'
step report '/report: a page for the forum, names shortened, no secret' '# Device report'
tm_keys s
step saved 'Saved as a file to paste' 'saved in story\.md'
end_or_leave

begin story__ends__with_nothing_secret_in_it
tm_keys F10
wait_for 10 tm_ended || bad "it does not end"
[ "$(tm_code)" = 0 ] || bad "exit code $(tm_code)"
tm_stop
md=$FW/story.md
grep -q 'wrote sonoff.bin' "$md" || bad "the report does not tell the first file"
grep -q 'wrote sonoff-minimal.bin' "$md" || bad "... nor the second"
grep -q 'over the air, sonoff-classic.bin: Done' "$md" || bad "... nor the upgrade"
grep -qE 'secret-99|hammer-and' "$md" && bad "a secret is in the report"
grep -qE 'secret-99|hammer-and' "$KEPT"/* && bad "a secret is in the recording"
grep -rqE 'secret-99|hammer-and' "$XDG_STATE_HOME" && bad "a secret is in the history"
end_or_leave

begin recording__has__these_steps_and_no_more
if recording; then
	cp "$md" "$KEPT/report.md"
	printf '\n## The report\n\nIt is saved as [report.md](report.md).\n' >>"$KEPT/README.md"
else
	[ "$(grep -c '^== ' "$KEPT/screens.txt")" = "$steps" ] || bad "the recording has other steps: make story"
	python3 - "$KEPT/story.cast" "$MARKS" <<'PY' || bad "the film has other marks: make story"
import json, sys
events = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8").read().splitlines()]
times = [e[0] for e in events[1:]]
marks = [e[2] for e in events[1:] if e[1] == "m"]
sys.exit(events[0]["version"] != 2 or times != sorted(times) or
         marks != open(sys.argv[2], encoding="utf-8").read().splitlines())
PY
	grep -q 'tests/golden/story/README.md' README.md || bad "README.md has no link to it"
fi
end_or_leave
finish
