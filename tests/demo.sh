#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# demo.sh BUILD: the session on a simulated Sonoff Basic, and below it the hand that holds the board's
# button and power. Images to flash are put into BUILD/demo. Nothing of the user's is touched.
set -eu
B=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/tasmite-demo.XXXXXX")
device=
sock=
finish() {
	# A closed window or a detach ends the session too: its port ends here.
	[ -z "$sock" ] || tmux -S "$sock" kill-server 2>/dev/null || :
	[ -z "$device" ] || kill "$device" 2>/dev/null || :
	[ -z "$device" ] || wait "$device" 2>/dev/null || :
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

mkdir -p "$B/demo"
for build in 6.1.1-full 6.1.1-minimal 6.1.1-classic 8.5.0-full 14.2.0-full; do
	"$B/make-image" --build "$build" -o "$B/demo/sonoff-$build.bin"
done
"$B/virtual-device" --pty "$dir/sonoff" --control "$dir/control" --flash "$dir/flash.bin" \
	--boot-image "$B/demo/sonoff-6.1.1-full.bin" --power off >"$dir/device.log" 2>&1 &
device=$!
tries=100
while [ ! -e "$dir/sonoff" ] || [ ! -S "$dir/control" ]; do
	tries=$((tries - 1))
	if [ "$tries" -eq 0 ] || ! kill -0 "$device" 2>/dev/null; then
		echo "demo: the simulated device did not start:" >&2
		cat "$dir/device.log" >&2
		exit 1
	fi
	sleep 0.05
done
# Where no language is set at all, as in a bare installation, the frames would have no lines.
[ -n "${LC_ALL:-}${LC_CTYPE:-}${LANG:-}" ] || export LC_ALL=C.UTF-8
export XDG_STATE_HOME="$dir/state"
# Two panes: the session, and below it the hand that holds button and power. F12 changes between
# them; the session's end ends both. The tmux server is the demo's own.
sock=$dir/tmux
B=$(cd "$B" && pwd)
unset TMUX
tmux -S "$sock" -f /dev/null new-session -d -x "$(tput cols)" -y "$(tput lines)" \
	"'$B/tasmite' '$dir/sonoff'; tmux -S '$sock' kill-server" \; \
	set-option -g status off \; set-option -g escape-time 0 \; \
	set-option -g default-terminal "tmux-256color" \; \
	set-option -g pane-border-status bottom \; \
	set-option -g pane-border-format ' F12: to the other pane ' \; \
	bind-key -n F12 select-pane -t :.+ \; \
	split-window -v -l 9 "'$B/virtual-device' --hand '$dir/control'" \; \
	select-pane -t 0
# The power comes once the session is there to see it.
(sleep 1.5 && "$B/virtual-device" --hand "$dir/control" -c "power on" >/dev/null 2>&1) &
tmux -S "$sock" attach-session || :
