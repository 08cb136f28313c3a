#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BENCH...: one after the other, and at the end what of them missed its limit. A missed limit
# says more of the machine than of the program, so it fails only with BENCH_STRICT=1; a bench that
# breaks always does. Each ends with 0, with 3 for a missed limit (a line with MISSED), or else.
set -u
out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT
missed=() broken=()
for bench in "$@"; do
	echo "== $bench"
	"$bench" 2>&1 | tee "$out"
	code=${PIPESTATUS[0]}
	while IFS= read -r line; do
		missed+=("$(basename "$bench"):${line}")
	done < <(grep 'MISSED' "$out")
	case $code in
	0 | 3) ;;
	*) broken+=("$(basename "$bench"), exit code $code") ;;
	esac
done
if [ ${#missed[@]} -gt 0 ]; then
	printf '== missed: %d\n' "${#missed[@]}"
	printf '%s\n' "${missed[@]}"
fi
if [ ${#broken[@]} -gt 0 ]; then
	printf '== broken: %d\n' "${#broken[@]}"
	printf '%s\n' "${broken[@]}"
	exit 1
fi
if [ "${BENCH_STRICT:-0}" = 1 ] && [ ${#missed[@]} -gt 0 ]; then
	exit 1
fi
exit 0
