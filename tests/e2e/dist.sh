# SPDX-License-Identifier: GPL-3.0-or-later
# The tarball of make dist, unpacked where no git is: it has all that is built from, builds, installs
# into DESTDIR what it should, runs from there, and takes it away again. With DIST=all it passes its
# unit tests too, which takes minutes (make check-dist).
. "$(dirname "$0")/lib_install.sh"

version=$("$B/tasmite" --version | cut -d ' ' -f 2)
tree=$TMPDIR/tasmite-$version
root="$TMPDIR/a root"

# mk ARGS...: in the tree, as somebody does who has unpacked it; quick rather than good
mk() {
	(
		unset B MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES SAN FUZZING WERROR CI CPPFLAGS LDFLAGS
		cd "$tree" && GIT_DIR=/nonexistent make -s --no-print-directory -j"$(nproc 2>/dev/null || echo 2)" \
			CC="${CC:-cc}" CFLAGS=-O0 "$@"
	) >"$TMPDIR/make.out" 2>&1 || bad "make $*: $(tail -n 5 "$TMPDIR/make.out")"
}

begin dist__has__all_that_is_built_from
mkdir -p "$root"
if git rev-parse --git-dir >/dev/null 2>&1; then
	make -s --no-print-directory dist >"$TMPDIR/make.out" 2>&1 || bad "make dist: $(tail -n 5 "$TMPDIR/make.out")"
	tar -xzf "build/tasmite-$version.tar.gz" -C "$TMPDIR"
	git ls-tree -r --name-only HEAD | sed 's/^/\//' | sort >"$TMPDIR/want"
	files_in "$tree" | diff "$TMPDIR/want" - >"$TMPDIR/diff" || bad "$(head -n 10 "$TMPDIR/diff")"
else # this is what somebody has unpacked
	mkdir "$tree" && tar -c --exclude=./build . | tar -x -C "$tree"
fi
end

begin dist__builds__outside_of_git
mk all
[ "$("$tree/build/tasmite" --version)" = "$("$B/tasmite" --version)" ] || bad "it does not run"
end

begin dist__installs__and_leaves_nothing
mk install DESTDIR="$root" PREFIX=/opt/t
installed_in /opt/t >"$TMPDIR/want"
files_in "$root" | diff "$TMPDIR/want" - >"$TMPDIR/diff" || bad "other files: $(cat "$TMPDIR/diff")"
"$root/opt/t/bin/tasmite" --help >"$TMPDIR/out" 2>&1 || bad "it does not run: $(head -n 3 "$TMPDIR/out")"
mk uninstall DESTDIR="$root" PREFIX=/opt/t
[ -z "$(files_in "$root")" ] || bad "left: $(files_in "$root")"
end

if [ "${DIST:-}" = all ]; then
	begin dist__passes__its_unit_tests
	mk unit
	(
		unset B
		cd "$tree" && GIT_DIR=/nonexistent tests/run.sh build $(find tests/unit -name 'test_*.c' -exec basename {} .c \;)
	) >"$TMPDIR/units" 2>&1 || bad "$(grep -A 20 '^FAIL' "$TMPDIR/units" | head -n 40)"
	grep -qE '^[1-9][0-9]+ passed, 0 failed' "$TMPDIR/units" || bad "$(tail -n 5 "$TMPDIR/units")"
	end
fi

finish
