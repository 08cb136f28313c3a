#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# cov.sh BUILD: lines and branches of core and proto that the tests of that build went through.
# Files that no test linked count with nothing.
set -eu
B=$1
top=$PWD
find "$B/obj/core" "$B/obj/proto" -name '*.gcno' | sort | while read -r notes; do
	gcov -n -b -r -s "$top" -o "$notes" "$notes" 2>/dev/null
done | tr -d "'" | awk '
	function percent() { match($0, /[0-9.]+%/); return substr($0, RSTART, RLENGTH - 1) }
	/^File/ { file = $2; ours = file ~ /^src\/(core|proto)\// }
	!ours { next }
	/^Lines executed/ { lines[file] = $NF; hit[file] = percent() * $NF / 100 }
	/^Taken at least once/ { branches[file] = $NF; taken[file] = percent() * $NF / 100 }
	function row(name, h, l, t, b) {
		printf "%-36s lines %5.1f %% of %5d   branches %5.1f %% of %5d\n", name, 100 * h / l, l,
			b ? 100 * t / b : 100, b
	}
	END {
		for (f in lines) {
			row(f, hit[f], lines[f], taken[f], branches[f])
			l += lines[f]; h += hit[f]; b += branches[f]; t += taken[f]
		}
		if (!l) { print "no coverage was recorded"; exit 1 }
		row("together", h, l, t, b)
	}' >"$B/coverage.txt"
sort "$B/coverage.txt"
