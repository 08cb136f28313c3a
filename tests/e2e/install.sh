# SPDX-License-Identifier: GPL-3.0-or-later
# make install, uninstall and dist: what is installed, with PREFIX and DESTDIR, a folder with a blank
# in it too; that nothing is left; that the tarball has all that is built from and needs no git.
. "$(dirname "$0")/lib.sh"

unset MAKEFLAGS MAKELEVEL
root="$TMPDIR/a root"
# A build that is there is taken as it is: this is no place to compile.
(mkdir -p "$TMPDIR/b" && cd "$TMPDIR/b" && ln -s "$B"/* .)
for s in bash zsh fish; do
	rm -f "$TMPDIR/b/tasmite.$s" && "$B/tasmite" --completion $s >"$TMPDIR/b/tasmite.$s"
done
# mk ARGS...: with nothing to be made anew
mk() {
	make -s --no-print-directory B="$TMPDIR/b" -o "$TMPDIR/b/tasmite" -o "$TMPDIR/b/tasmite.bash" \
		-o "$TMPDIR/b/tasmite.zsh" -o "$TMPDIR/b/tasmite.fish" "$@" >"$TMPDIR/make.out" 2>&1 ||
		bad "make $*: $(tail -n 5 "$TMPDIR/make.out")"
}
files() {
	(cd "$root" && find . -type f | sort)
}

begin install__puts__all_into_its_places
mk install DESTDIR="$root" PREFIX=/usr
{
	printf '%s\n' ./usr/bin/tasmite ./usr/share/applications/tasmite.desktop \
		./usr/share/bash-completion/completions/tasmite ./usr/share/fish/vendor_completions.d/tasmite.fish \
		./usr/share/icons/hicolor/scalable/apps/tasmite.svg ./usr/share/man/man1/tasmite.1 \
		./usr/share/man/man5/tasmite-themes.5 ./usr/share/man/man5/tasmite.conf.5 \
		./usr/share/man/man7/tasmite-commands.7 ./usr/share/zsh/site-functions/_tasmite
	for t in themes/*.theme; do echo "./usr/share/tasmite/$t"; done
} | sort >"$TMPDIR/want"
files | diff "$TMPDIR/want" - >"$TMPDIR/diff" || bad "other files: $(cat "$TMPDIR/diff")"
[ "$("$root/usr/bin/tasmite" --version)" = "$("$B/tasmite" --version)" ] || bad "it does not run"
[ "$(stat -c %a "$root/usr/bin/tasmite" "$root/usr/share/man/man1/tasmite.1" | tr '\n' ' ')" = "755 644 " ] ||
	bad "modes"
cmp -s "$root/usr/share/man/man1/tasmite.1" man/tasmite.1 || bad "another man page"
end

begin uninstall__leaves__nothing
mkdir -p "$root/usr/share/zsh/site-functions"
echo mine >"$root/usr/share/zsh/site-functions/_other"
mk uninstall DESTDIR="$root" PREFIX=/usr
[ "$(files)" = ./usr/share/zsh/site-functions/_other ] || bad "left: $(files)"
rm "$root/usr/share/zsh/site-functions/_other"
mk uninstall DESTDIR="$root" PREFIX=/usr # once more is no mistake
[ -z "$(find "$root" -name '*tasmite*' -o -name zsh -o -name fish -o -name bash-completion)" ] || bad "folders are left"
end

begin install__takes__prefix_and_folders
mk install DESTDIR="$root" PREFIX=/opt/t bindir=/opt/bin mandir=/opt/man zshdir=/opt/z
[ -x "$root/opt/bin/tasmite" ] && [ -e "$root/opt/man/man1/tasmite.1" ] && [ -e "$root/opt/z/_tasmite" ] &&
	[ -e "$root/opt/t/share/tasmite/themes/dark.theme" ] || bad "$(files)"
mk uninstall DESTDIR="$root" PREFIX=/opt/t bindir=/opt/bin mandir=/opt/man zshdir=/opt/z
[ -z "$(files)" ] || bad "left: $(files)"
end

begin desktop_entry__is__valid
if command -v desktop-file-validate >/dev/null; then
	desktop-file-validate man/tasmite.desktop >"$TMPDIR/out" 2>&1 || bad "$(cat "$TMPDIR/out")"
else
	for key in Type=Application Name= Exec=tasmite Icon=tasmite Terminal=true Categories=; do
		grep -q "^$key" man/tasmite.desktop || bad "no $key"
	done
fi
end

begin dist__has__all_that_is_built_from
if git rev-parse --git-dir >/dev/null 2>&1; then
	version=$("$B/tasmite" --version | cut -d ' ' -f 2)
	git archive --prefix="tasmite-$version/" HEAD | tar -x -C "$TMPDIR"
	(cd "$TMPDIR/tasmite-$version" && find . -type f | sed 's/^\.\///' | sort) >"$TMPDIR/have"
	git ls-tree -r --name-only HEAD | sort | diff - "$TMPDIR/have" >"$TMPDIR/diff" || bad "$(cat "$TMPDIR/diff")"
	# Outside of git: what is generated is made, and all rules have what they need.
	(
		cd "$TMPDIR/tasmite-$version" && unset B && GIT_DIR=/nonexistent make -s V=1 -n all install DESTDIR="$TMPDIR/none" &&
			make -s build/gen/themes.c build/gen/catalog.c build/gen/logwords.c
	) >"$TMPDIR/out" 2>&1 || bad "$(tail -n 5 "$TMPDIR/out")"
else
	echo "skipped: dist__has__all_that_is_built_from: no git here"
fi
end

finish
