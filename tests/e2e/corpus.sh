# SPDX-License-Identifier: GPL-3.0-or-later
# Replays the fuzzers' corpora: what was found once is never found again.
. "$(dirname "$0")/lib.sh"

for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	begin "corpus__$name"
	files=(tests/fuzz/corpus/"${name#fuzz_}"/*)
	[ -e "${files[0]}" ] || bad "it has no corpus"
	out=$("$B/fuzz/$name" "${files[@]}" 2>&1) || bad "$out"
	[ "$out" = "${#files[@]} files" ] || bad "read '$out' of ${#files[@]} files"
	end
done
finish
