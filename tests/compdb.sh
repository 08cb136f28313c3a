#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# compdb.sh FOLDER COMMAND SOURCE...: a compilation database on standard output.
set -eu
folder=$1 command=$(printf '%s' "$2" | sed 's/[\\"]/\\&/g')
shift 2
sep='['
for source in "$@"; do
	printf '%s\n{"directory": "%s", "file": "%s", "command": "%s -c %s"}' \
		"$sep" "$folder" "$source" "$command" "$source"
	sep=,
done
printf '\n]\n'
