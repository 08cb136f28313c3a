#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# cov.sh BUILD: lines and branches of core and proto that the tests of that build went through.
set -eu
cd "$1/obj"
top=$(cd "$OLDPWD" && pwd)
cd "$top"
for data in $(find "$1/obj/core" "$1/obj/proto" -name '*.gcda' | sort); do
	gcov -n -b -r -s "$top" -o "$data" "$data" 2>/dev/null |
		awk '/^File/ {file = $2} /^Lines/ {lines = $0} /^Taken/ {taken = $0}
		     /^Branches/ {branches = $0}
		     /^Lines|^Taken/ && file ~ /src\/(core|proto)\// {print file, $0}'
done | tr -d "'" | awk '
	{
		split($0, part, /[:% ]+/)
		file = $1
		percent = part[4]
		total = $NF
		if ($2 ~ /^Lines/) { lines[file] = total; hit[file] = percent * total / 100 }
		else { branches[file] = total; taken[file] = percent * total / 100 }
	}
	END {
		for (f in lines) {
			printf "%-40s lines %5.1f %% of %5d", f, 100 * hit[f] / lines[f], lines[f]
			if (branches[f])
				printf "   branches %5.1f %% of %5d", 100 * taken[f] / branches[f], branches[f]
			printf "\n"
			l += lines[f]; h += hit[f]; b += branches[f]; t += taken[f]
		}
		if (!l) { print "no coverage was recorded"; exit 1 }
		printf "%-40s lines %5.1f %% of %5d   branches %5.1f %% of %5d\n", "~ all", 100 * h / l, l, \
			b ? 100 * t / b : 0, b
	}' > "$1/coverage.txt"
sort "$1/coverage.txt"
