#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Puts the golden screens into README.md, between "<!-- screen: FILE -->" and "<!-- end -->". With
# --check: says whether README.md is up to date.
set -eu
cd "$(dirname "$0")/.."
new=$(awk '
function show(file,  line, on) {
	print "```"
	while ((getline line < file) > 0) {
		if (line ~ /^== /)
			on = line ~ /^== 120x40/
		else if (on)
			print line
	}
	close(file)
	print "```"
}
/^<!-- screen: / { print; show($3); skip = 1; next }
/^<!-- end -->/ { skip = 0 }
!skip { print }
' README.md)
if [ "${1:-}" = --check ]; then
	[ "$new" = "$(cat README.md)" ] || {
		echo "README.md: its screen is not the golden one: tests/readme.sh" >&2
		exit 1
	}
else
	printf '%s\n' "$new" >README.md
fi
