# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What the end-to-end scripts share: the virtual device, the program in tmux, waiting with a
# deadline. tests/run.sh sets B, HOME and TMPDIR and ends what is left over.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
B=${B:-$PWD/build}
TMPDIR=${TMPDIR:-/tmp}
DEV=$TMPDIR/sonoff
CTL=$TMPDIR/hand
SOCK=$TMPDIR/tmux.sock
# The hints for newcomers have been seen: the screens are those of every other day.
TIPS=${XDG_STATE_HOME:-$HOME/.local/state}/tasmite/tips
mkdir -p "${TIPS%/*}" && chmod 700 "${TIPS%/*}" && echo 99 >"$TIPS"
failures=0
case_name=
case_bad=

# ---- cases: "begin NAME", checks, "end"; a case without a failed check is ok -------------------
begin() {
	case_name=$1${PORT_KIND:+@$PORT_KIND}
	case_name=${case_name%@pty}
	case_bad=
}
bad() {
	[ -n "$case_bad" ] && return 1
	case_bad=$*
	printf 'not ok %s: %s\n' "$case_name" "$case_bad"
	failures=$((failures + 1))
	if tmux -S "$SOCK" has-session 2>/dev/null; then
		echo "--- the screen:"
		tm_text
		echo "---"
	fi
	return 1
}
end() {
	[ -n "$case_bad" ] || printf 'ok %s\n' "$case_name"
}
finish() {
	exit $((failures > 0))
}
# check WHAT COMMAND...
check() {
	local what=$1
	shift
	"$@" >/dev/null 2>&1 || bad "$what"
}

# ---- the virtual device ------------------------------------------------------------------------
sim_pid=
# sim_start ARGS...: the port is $DEV, the hand $CTL, the flash $TMPDIR/flash.bin
sim_start() {
	"$B/virtual-device" --pty "$DEV" --control "$CTL" --flash "$TMPDIR/flash.bin" \
		--trace "$TMPDIR/trace" "$@" >"$TMPDIR/sim.out" 2>&1 &
	sim_pid=$!
	wait_for 10 test -e "$DEV" -a -S "$CTL" || bad "the virtual device did not start: $(cat "$TMPDIR/sim.out")"
}
# net_port rfc2217|tcp: where its server listens
net_port() {
	wait_for 5 grep -q "^$1 " "$TMPDIR/sim.out"
	sed -nE "s/^$1 ([0-9]+)\$/\\1/p" "$TMPDIR/sim.out"
}
# port_start ARGS...: the device behind a port of $PORT_KIND (pty, adapter, rfc2217), its reset lines
# not wired. $PORT is how it is called, $PORT_NAME what the program calls it, $TASMITE the program as
# words of a command line.
PORT_KIND=${PORT_KIND:-pty}
PORT=$DEV
PORT_NAME=sonoff
TASMITE=$B/tasmite
port_start() {
	case $PORT_KIND in
	adapter)
		sim_start --adapter "$ADAPTERS" "$@"
		PORT=/dev/ttyUSB0
		PORT_NAME=ttyUSB0
		TASMITE="env $(shim_env "$B/tasmite") $B/tasmite"
		;;
	rfc2217)
		sim_start --rfc2217 0 "$@"
		PORT=rfc2217://127.0.0.1:$(net_port rfc2217)
		PORT_NAME=${PORT#rfc2217://}
		;;
	*)
		sim_start "$@"
		;;
	esac
}
sim_stop() {
	[ -n "$sim_pid" ] || return 0
	kill "$sim_pid" 2>/dev/null
	wait "$sim_pid" 2>/dev/null
	sim_pid=
}
hand() {
	"$B/virtual-device" --hand "$CTL" -c "$1" >/dev/null || bad "hand: $1"
}
# Button held, power cycled: the boot loader.
enter_loader() {
	hand "power off"
	hand "button down"
	hand "power on"
}
boot_normally() {
	hand "power off"
	hand "button up"
	hand "power on"
}

# ---- the virtual device as a USB adapter, for programs under the shim ---------------------------
ADAPTERS=$TMPDIR/adapters
# adapter_start ARGS...: /dev/ttyUSB0 (unless --adapter-name or --usb say else), with reset lines
adapter_start() {
	sim_start --adapter "$ADAPTERS" --lines on "$@"
}
# adapter_plug [NAME] [SETTLE_MS]: without a name the lowest that nobody has open
adapter_plug() {
	hand "replug${1:+ name=$1}${2:+ settle=$2}"
}
adapter_unplug() {
	hand "unplug"
}
# shim PROGRAM ARGS...: sees the adapters. shim_env PROGRAM: the same as words for `env`.
# A sanitized program wants its sanitizer first.
shim_env() {
	local asan
	asan=$(ldd "$1" 2>/dev/null | sed -nE 's/.*libasan[^ ]* => ([^ ]+).*/\1/p')
	printf 'TASMITE_SHIM=%s LD_PRELOAD=%s%s' "$ADAPTERS" "${asan:+$asan:}" "$B/shim.so"
}
shim() {
	env $(shim_env "$1") "$@"
}
# How many events of that look the trace has; traced_since N: those after its Nth line.
trace_count() {
	grep -cE "^[0-9.]+ $1" "$TMPDIR/trace"
}
trace_lines() {
	wc -l <"$TMPDIR/trace"
}
traced_since() {
	tail -n "+$(($1 + 1))" "$TMPDIR/trace" | sed 's/^[0-9.]* //'
}

# wait_for SECONDS COMMAND...
wait_for() {
	local end=$(($(date +%s%N) + $1 * 1000000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s%N)" -lt "$end" ] || return 1
		sleep 0.03
	done
}

# ---- a port that can wait: the virtual device can't, as no UART can -----------------------------
PATIENT=$TMPDIR/patient
patient_pid=
# patient_start FILE: what is in it comes out of the port $PATIENT as fast as it is read
patient_start() {
	rm -f "$PATIENT"
	python3 - "$1" "$PATIENT" <<'PY' &
import os, pty, sys, time, tty
master, slave = pty.openpty()
tty.setraw(slave)
os.symlink(os.ttyname(slave), sys.argv[2])
data = open(sys.argv[1], "rb").read()
while data:
    data = data[os.write(master, data[:4096]):]
time.sleep(600)
PY
	patient_pid=$!
	wait_for 10 test -e "$PATIENT" || bad "no port"
}
patient_stop() {
	[ -n "$patient_pid" ] && kill "$patient_pid" && wait "$patient_pid" 2>/dev/null
	patient_pid=
}

# ---- the program in tmux -----------------------------------------------------------------------
tm() {
	tmux -S "$SOCK" -f /dev/null "$@"
}
# tm_start W H COMMAND
tm_start() {
	local w=$1 h=$2
	shift 2
	rm -f "$TMPDIR/code"
	tm new-session -d -s t -x "$w" -y "$h" "sleep 86400" \; \
		set-option -g status off \; set-option -g remain-on-exit on \; \
		set-option -g default-terminal tmux-256color \; set-option -g escape-time 0 \; \
		set-option -g window-size manual \; resize-window -t t -x "$w" -y "$h" \; \
		respawn-pane -k -t t "$*; echo \$? >'$TMPDIR/code'"
}
tm_keys() {
	tm send-keys -t t "$@"
}
tm_type() {
	tm send-keys -t t -l -- "$1"
}
# A whole line and Enter.
tm_line() {
	tm_type "$1"
	tm_keys Enter
}
tm_text() {
	tm capture-pane -p -t t
}
tm_resize() {
	tm resize-window -t t -x "$1" -y "$2"
}
tm_shows() {
	tm_text | grep -qE -- "$1"
}
# see REGEX [SECONDS]: it is on the screen by then
see() {
	wait_for "${2:-10}" tm_shows "$1" || bad "not seen: $1"
}
tm_hides() {
	! tm_shows "$1"
}
# gone REGEX [SECONDS]: it is on the screen no more. A lone Esc needs this before the next key, or
# the two would be one Alt key.
gone() {
	wait_for "${2:-5}" tm_hides "$1" || bad "still there: $1"
}
# The program has ended; its exit code.
# The shell around the program notes its exit code; tmux at times loses it.
tm_ended() {
	[ -s "$TMPDIR/code" ]
}
tm_code() {
	cat "$TMPDIR/code"
}
# tmux leaves its socket behind.
tm_silent() {
	! tm has-session 2>/dev/null
}
tm_stop() {
	tm kill-server 2>/dev/null
	wait_for 5 tm_silent
	rm -f "$SOCK"
}
cleanup() {
	tm kill-server 2>/dev/null
	sim_stop
	patient_stop
}
trap cleanup EXIT
