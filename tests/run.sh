#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs all unit programs and end-to-end scripts of a build, some at a time, each with a deadline,
# shows the output of those that failed and ends with the sum: "N passed, N failed".
#
#   tests/run.sh BUILD [NAME...]      NAME: test_lines, session, ...: only those
#   SCRIPTS=tests/peers tests/run.sh BUILD [NAME...]   that folder's scripts instead, no unit programs
#
# A unit program counts by CMocka's summary. A script of tests/e2e says "ok NAME",
# "not ok NAME: why" or "skipped: NAME: why" on standard output, a line per case; it finds the
# build in $B, a folder of its own in $TMPDIR and $HOME, and is killed with all its children at the
# end. Files that begin with "lib" are parts of others. JOBS and TEST_TIMEOUT (seconds) may be set.
#
# A script that says "# Ports: pty adapter rfc2217." runs once on a port of each kind ($PORT_KIND,
# tests/e2e/lib.sh), under the name script@kind but for the first; on those after "; with KINDS=all
# also" only when KINDS=all is set: they take their time.
set -u
cd "$(dirname "$0")/.." || exit 2
[ $# -ge 1 ] || { echo "usage: tests/run.sh BUILD [NAME...]" >&2; exit 2; }
B=$(cd "$1" && pwd) || exit 2
shift
only=" $* "
# One more than there are processors: what drives a terminal waits most of its time.
jobs=${JOBS:-$(($(nproc 2>/dev/null || echo 2) + 1))}
timeout=${TEST_TIMEOUT:-240}
scripts=${SCRIPTS:-tests/e2e}
out=$B/results${SCRIPTS:+-$(basename "$SCRIPTS")}
work=$(mktemp -d "${TMPDIR:-/tmp}/tasmite-check.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
rm -rf "$out"
mkdir -p "$out"
unset CDPATH DISPLAY TMUX TMUX_PANE COLUMNS LINES NO_COLOR XDG_CONFIG_HOME XDG_STATE_HOME \
	XDG_DATA_HOME INPUTRC MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
export B LC_ALL=C.UTF-8 TZ=UTC CMOCKA_MESSAGE_OUTPUT=stdout
# In a file each: what a program in a terminal prints is seen by nobody.
export ASAN_OPTIONS="detect_leaks=1:log_path=$out/sanitizer.asan${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}"
export UBSAN_OPTIONS="print_stacktrace=1:log_path=$out/sanitizer.ubsan${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}"

wanted() {
	[ "$only" = "  " ] || [ "${only#* "$1" }" != "$only" ]
}

# The kinds of port that a script runs on; the first is what it runs on by itself.
kinds_of() {
	local line
	line=$(sed -nE 's/^# Ports: ([a-z0-9 ]+)(; with KINDS=all also ([a-z0-9 ]+))?\.$/\1;\3/p' "$1")
	if [ "${KINDS:-}" = all ]; then
		line=${line/;/ }
	fi
	line=${line%%;*}
	echo "${line:-pty}"
}

# NAME COMMAND...: output and exit code into files. A script's name may end with @KIND.
run_one() {
	local name=$1 home=$work/$1 start=$SECONDS rc socket kind=pty
	[ "${name%@*}" = "$name" ] || kind=${name#*@}
	shift
	mkdir -p "$home/tmp"
	(
		export HOME=$home TMPDIR=$home/tmp TMUX_TMPDIR=$home/tmp PORT_KIND=$kind
		exec timeout -k 5 "$timeout" "$@" >"$out/$name.out" 2>"$out/$name.err" </dev/null
	)
	rc=$?
	for socket in "$home"/tmp/tmux-*/* "$home"/tmp/*.sock; do
		[ -S "$socket" ] && tmux -S "$socket" kill-server 2>/dev/null
	done
	echo "$rc" >"$out/$name.rc"
	echo $((SECONDS - start)) >"$out/$name.seconds"
	rm -rf "$home"
}

names=()
start() {
	names+=("$1")
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
	run_one "$@" &
}

# The slow ones first.
for script in "$scripts"/*.sh; do
	name=$(basename "$script" .sh)
	[ -e "$script" ] && [ "${name#lib}" = "$name" ] || continue
	for kind in $(kinds_of "$script"); do
		whole=$name
		[ "$kind" = pty ] || whole=$name@$kind
		wanted "$name" || wanted "$whole" || continue
		start "$whole" bash "$script"
	done
done
for source in $([ -n "${SCRIPTS:-}" ] || echo tests/unit/test_*.c); do
	name=$(basename "$source" .c)
	[ -e "$source" ] && wanted "$name" || continue
	start "$name" "$B/unit/$name"
done
wait

# A script that drives terminals beside others on a busy machine may miss a deadline: one that failed
# is tried once more, alone, and the first try is shown. What is really broken fails twice; what a
# sanitizer found counts in any case.
for name in "${names[@]}"; do
	case $name in test_*) continue ;; esac
	if [ "$(cat "$out/$name.rc" 2>/dev/null || echo 127)" = 0 ] &&
		! grep -q '^not ok ' "$out/$name.out"; then
		continue
	fi
	printf 'again %s: its first try failed:\n' "$name"
	grep -a -A 45 '^not ok ' "$out/$name.out" | head -n 120 | sed 's/^/    /'
	run_one "$name" bash "$scripts/${name%@*}.sh"
done

# NAME PATTERN: the sum of the numbers that the pattern's first group catches.
sum_of() {
	cat "$out/$1.out" "$out/$1.err" 2>/dev/null | sed -nE "s/$2/\\1/p" |
		awk '{n += $1} END {print n + 0}'
}

count_unit() {
	p=$(sum_of "$1" '^\[  PASSED  \] ([0-9]+) test.*')
	f=$(sum_of "$1" '^\[  FAILED  \] ([0-9]+) test.*')
	s=$(sum_of "$1" '^\[  SKIPPED \] ([0-9]+) test.*')
}

count_script() {
	p=$(grep -c '^ok ' "$out/$1.out")
	f=$(grep -c '^not ok ' "$out/$1.out")
	s=$(grep -c '^skipped: ' "$out/$1.out")
}

passed=0 failed=0 skipped=0
for name in "${names[@]}"; do
	rc=$(cat "$out/$name.rc" 2>/dev/null || echo 127)
	case $name in
	test_*) count_unit "$name" ;;
	*) count_script "$name" ;;
	esac
	why=
	[ "$f" -gt 0 ] && why="$f failed"
	if [ "$rc" = 124 ] || [ "$rc" = 137 ]; then
		why="not done after $timeout s"
		f=$((f + 1))
	elif [ "$rc" != 0 ] && [ "$f" = 0 ]; then
		why="ended with code $rc"
		f=1
	elif [ $((p + f + s)) = 0 ]; then
		why="ran no test"
		f=1
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	if [ -n "$why" ]; then
		printf 'FAIL %s: %s\n' "$name" "$why"
		cat "$out/$name.out" "$out/$name.err" 2>/dev/null | tail -n 200 | sed 's/^/    /'
	else
		printf 'ok   %-24s %4d tests %4d s\n' "$name" "$p" "$(cat "$out/$name.seconds")"
		grep '^skipped: ' "$out/$name.out"
	fi
done
# Two contexts in one program, as the stub's tests have them, always make ASan warn that it may see
# what is not there; what it saw stands beside that. A report of this alone is none.
context='^==[0-9]+==WARNING: ASan (doesn.t fully support makecontext|is ignoring requested __asan_handle)'
context+='|^False positive error reports may follow|^For details see http'
for report in "$out"/sanitizer.*; do
	[ -e "$report" ] && grep -qEv "$context" "$report" || continue
	printf 'FAIL sanitizer report %s\n' "$(basename "$report")"
	head -n 60 "$report" | sed 's/^/    /'
	failed=$((failed + 1))
done
if [ $((passed + failed + skipped)) = 0 ]; then
	echo "no test was run" >&2
	failed=1
fi
echo
echo "$passed passed, $failed failed$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
[ "$failed" = 0 ]
