#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# readme.sh [FILE]: says what README.md (or FILE) tells that is not so: words of the program that its sources don't have
# (between "<!-- words" and "<!-- end -->", in quotes, cut at "…"), files and make targets that are not
# there. No output and 0: all is well.
set -u
readme=${1:-README.md}
cd "$(dirname "$0")/.." || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

# Strings that are cut over lines are joined.
find src include -name '*.[ch]' -exec cat {} + | tr '\n' ' ' | sed -E 's/"[[:space:]]*(\\[[:space:]]*)?"//g' >"$scratch/sources"
sed -n '/^<!-- words/,/^<!-- end/p' "$readme" | grep -o '“[^”]*”' | sed 's/^“//; s/”$//; s/…/\
/g' | sed 's/^[ :,.()]*//; s/[ :,()]*$//' | awk 'length($0) > 3' >"$scratch/words"
[ "$(wc -l <"$scratch/words")" -ge 15 ] || echo "README.md: the table of words is gone"
while IFS= read -r words; do
	grep -qF -- "$words" "$scratch/sources" || echo "README.md: the program does not say: $words"
done <"$scratch/words"

for picture in $(sed -nE 's/^!\[.*\]\((.*)\)$/\1/p' "$readme"); do
	[ -e "$picture" ] || echo "README.md: there is no $picture"
done
# Each word of a command that begins with make, but for its options and variables: a target, or a
# program that is built from a file.
{
	grep -oE '`make [^`]*' "$readme"
	sed -nE 's/^ {4}(.*[ ;&])?(make .*)/\2/p' "$readme"
} | sed -E 's/^`//; s/^make //; s/[A-Z_]+=("[^"]*"|[^ ]*)//g; s/ *[#&|;(].*//' | tr -s ' ' '\n' | sort -u >"$scratch/targets"
while IFS= read -r target; do
	case $target in
	'' | -*) continue ;;
	build/unit/*) [ -e "tests/${target#build/}.c" ] && continue ;;
	build/*) grep -qF "\$(B)/${target#build/}:" Makefile && continue ;;
	*) grep -qE "^$target:" Makefile && continue ;;
	esac
	echo "README.md: there is no make $target"
done <"$scratch/targets"
