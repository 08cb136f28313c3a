# SPDX-License-Identifier: GPL-3.0-or-later
# The adapter is pulled in each stage of an upgrade, and put back under another name: each
# ends and says how, and the device's OtaUrl is what it was. Likewise in those of an upload, which goes on
# by the page alone. UNPLUGS=all: in each stage; else in those in which nothing has been sent yet.
. "$(dirname "$0")/lib_upgrade.sh"
. "$(dirname "$0")/lib_unplug.sh"

mkdir -p "$XDG_STATE_HOME/tasmite" && chmod 700 "$XDG_STATE_HOME/tasmite" && echo 99 >"$XDG_STATE_HOME/tasmite/tips"
cp "$FW/6.1.1-classic.img" "$FW/alone/sonoff-classic.bin"

# adapter ARGS...: a device that has joined, behind an adapter, and the session on it
adapter() {
	device 6.1.1-minimal "$TMPDIR/net.scn"
	sim_stop
	name=ttyUSB0
	adapter_start --usb 0403:6001:A50285BI --scenario "$TMPDIR/net.scn" --speed 5 --wifi-rate 20000 "$@"
	tm_start 160 50 "env $(shim_env "$B/tasmite") $B/tasmite ttyUSB0 2>$TMPDIR/stderr"
	see 'ttyUSB0 is open'
	joined
}
has_joined() {
	tm_line 'Status 5'
	wait_for 2 tm_shows '"IPAddress":"127'
}
# What it was asked more than once is answered as often.
no_answer_left() {
	tm_line '/clear'
	wait_for 1 tm_hides '"IPAddress":"127'
}
# The power of the device came with the plug. What it said before does not count.
joined() {
	tm_line '/clear'
	wait_for 60 has_joined || bad "it has not joined"
	wait_for 15 no_answer_left || bad "it goes on answering"
}
has_old() {
	tm_line 'OtaUrl'
	wait_for 2 tm_shows "\"OtaUrl\":\"$OLD\""
}
old_again() {
	tm_line '/clear'
	wait_for 60 has_old || bad "OtaUrl is another"
}
begun() {
	tm_line "/upgrade $FW/alone/sonoff-classic.bin"
	see 'Upgrade over the air' 60
}
left() {
	tm_keys C-q
	wait_for 10 tm_ended || bad "it does not end"
}
# pull_when WORDS: ... are seen, and back; the upgrade ends by itself
pull_when() {
	see "$1" 120
	pull
	see 'the port is away|upgrade: The port went away' 10
	put_back
	see 'upgrade: (The|Cancelled|Done|Half|Nothing).*' 200
	gone '┌? ?Upgrade.*puts the old OtaUrl back' 90
	joined
	old_again
}

adapter
begin unplug_air__asking__begins_nothing
hand "fault unplug@BYTE:4"
tm_line "/upgrade $FW/alone/sonoff-classic.bin"
see 'upgrade: The port went away before anything was begun' 20
hand "fault clear"
put_back
joined
end

begin unplug_air__with_the_question_open__begins_nothing
begun
pull
see 'upgrade: The port went away before anything was begun' 20
gone 'Upgrade over the air'
put_back
joined
old_again
end

begin unplug_air__setting_the_address__puts_it_back
begun
hand "fault unplug@BYTE:4"
tm_keys y
see 'the port is away' 20
hand "fault clear"
pulled=$((pulled + 1))
put_back
see 'upgrade: The port went away in the middle' 90
joined
old_again
holds "$FW/6.1.1-minimal.img"
end

if [ "${UNPLUGS:-}" = all ]; then
begin unplug_air__starting__puts_the_address_back
begun
tm_keys y
pull_when '› Upgrade 1'
end

begin unplug_air__sending__puts_the_address_back
begun
tm_keys y
pull_when 'upgrade: sends'
holds "$FW/6.1.1-minimal.img"
end

begin unplug_air__putting_it_back__does_it_again
begun
tm_keys y
see 'upgrade: sends' 60
tm_line '/cancel'
pull_when 'puts the old OtaUrl back'
end

begin unplug_air__written__ends_as_it_was
begun
tm_keys y
pull_when 'all sent; the device writes|the device restarts'
end
fi
left
tm_stop

# ---- an upload ----------------------------------------------------------------------------------
# upload_begun: asked of the device and of its page; the question stands.
page_listens() {
	(exec 3<>"/dev/tcp/${PAGE%:*}/${PAGE#*:}") 2>/dev/null
}
upload_begun() {
	wait_for 20 page_listens || bad "its page does not come"
	tm_line '/clear'
	tm_line "/upload $FW/alone/sonoff-classic.bin $PAGE"
	see 'Upload to the' 60
}
sim_stop
rm -rf "$ADAPTERS"
adapter --web 0
PAGE=127.0.0.9:$(sed -nE 's/^web ([0-9]+)$/\1/p' "$TMPDIR/sim.out")
begin unplug_air__an_upload_that_asks__says_that_the_page_is_away
hand "fault unplug@BYTE:4"
tm_line "/upload $FW/alone/sonoff-classic.bin $PAGE"
see 'went away' 20
hand "fault clear"
pulled=$((pulled + 1))
see 'upload: The device is not there'
put_back
joined
holds "$FW/6.1.1-minimal.img"
end

if [ "${UNPLUGS:-}" = all ]; then
begin unplug_air__an_upload_in_question__says_that_the_page_is_away
upload_begun
pull
see 'went away'
tm_keys y
see 'upload: .* not there' 100
put_back
joined
holds "$FW/6.1.1-minimal.img"
end

begin unplug_air__an_upload_that_sends__says_that_it_broke_off
upload_begun
tm_keys y
see '[0-9]+ KB/s' 60
pull
put_back
see 'upload: The upload broke off.*' 60
see 'It runs 6\.1\.1 \(minimal\)' 60
gone '▶ Upgrade'
joined
holds "$FW/6.1.1-minimal.img"
end

# Pulled before it has copied all of it, it may run either; which it is, is told.
begin unplug_air__an_upload_that_is_written__tells_what_runs
upload_begun
tm_keys y
see 'all sent; the device writes|the device restarts' 120
pull
put_back
see 'upload: .*(broke off|Done|not known)' 200
see 'It runs 6\.1\.1' 10
joined
end
fi
left
finish
