#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# readme.sh: says what README.md tells that is not so: words of the program that its sources don't have
# (between "<!-- words" and "<!-- end -->", in quotes, cut at "…"), files and make targets that are not
# there. No output and 0: all is well.
set -u
cd "$(dirname "$0")/.." || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

# Strings that are cut over lines are joined.
find src include -name '*.[ch]' -exec cat {} + | tr '\n' ' ' | sed -E 's/"[[:space:]]*(\\[[:space:]]*)?"//g' >"$scratch/sources"
sed -n '/^<!-- words/,/^<!-- end/p' README.md | grep -o '“[^”]*”' | sed 's/^“//; s/”$//; s/…/\
/g' | sed 's/^[ :,.()]*//; s/[ :,()]*$//' | awk 'length($0) > 3' >"$scratch/words"
[ "$(wc -l <"$scratch/words")" -ge 15 ] || echo "README.md: the table of words is gone"
while IFS= read -r words; do
	grep -qF -- "$words" "$scratch/sources" || echo "README.md: the program does not say: $words"
done <"$scratch/words"

for picture in $(sed -nE 's/^!\[.*\]\((.*)\)$/\1/p' README.md); do
	[ -e "$picture" ] || echo "README.md: there is no $picture"
done
for target in $(grep -oE '(`| {4})make [a-z-]+' README.md | sed 's/.*make //' | sort -u); do
	grep -qE "^$target:" Makefile || echo "README.md: there is no make $target"
done
