# SPDX-License-Identifier: GPL-3.0-or-later
# make install and uninstall: what is installed, with PREFIX and DESTDIR, a folder with a blank in it
# too; that nothing is left. dist.sh does it with the tarball.
. "$(dirname "$0")/lib_install.sh"

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
	files_in "$root"
}

begin install__puts__all_into_its_places
mk install DESTDIR="$root" PREFIX=/usr
installed_in /usr >"$TMPDIR/want"
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
[ "$(files)" = /usr/share/zsh/site-functions/_other ] || bad "left: $(files)"
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

finish
