# SPDX-License-Identifier: GPL-3.0-or-later
# What looks after the sources: it finds what it is for, whatever the compiler is called.
. "$(dirname "$0")/lib.sh"

# headers COMPILER: lint's findings about headers
headers() {
	CC=$1 bash tests/lint.sh "$B" headers >"$TMPDIR/out" 2>&1
}

begin lint__takes__a_compiler_of_two_words
headers "env ${CC:-cc}" || bad "$(head -n 5 "$TMPDIR/out")"
grep -q '^lint: 0 found' "$TMPDIR/out" || bad "$(cat "$TMPDIR/out")"
headers "env no-such-compiler" && bad "a compiler that is none: nothing is found"
grep -q '^tools: env no-such-compiler does not run' "$TMPDIR/out" || bad "$(head -n 5 "$TMPDIR/out")"
end

begin readme__knows__what_make_makes
cp README.md "$TMPDIR/README.md"
for good in 'make build/unit/test_cmd' 'make -j2 build/tasmite' 'make check TESTS="no such" KINDS=all' 'make man check'; do
	printf 'Say `%s`.\n' "$good" >>"$TMPDIR/README.md"
done
sh tests/readme.sh "$TMPDIR/README.md" >"$TMPDIR/out" 2>&1
[ ! -s "$TMPDIR/out" ] || bad "$(cat "$TMPDIR/out")"
printf 'Or `make build/unit/test_none`, `make check brass`, `make build/nothing`:\n\n    cd x && make wonders  # all\n' \
	>>"$TMPDIR/README.md"
sh tests/readme.sh "$TMPDIR/README.md" >"$TMPDIR/out" 2>&1
printf 'README.md: there is no make %s\n' brass build/nothing build/unit/test_none wonders >"$TMPDIR/want"
sort "$TMPDIR/out" | cmp -s - "$TMPDIR/want" || bad "$(cat "$TMPDIR/out")"
end

finish
