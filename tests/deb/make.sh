#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make.sh VERSION TARBALL FOLDER: a Debian source package of the tarball, and the package built of it,
# in FOLDER. debian/ is written there, since it is made of what the Makefile knows.
set -eu
version=$1 tarball=$2 folder=$3
here=$(cd "$(dirname "$0")/../.." && pwd)
rm -rf "$folder"
mkdir -p "$folder"
cp "$tarball" "$folder/tasmite_$version.orig.tar.gz"
tar -C "$folder" -xzf "$tarball"
tree=$folder/tasmite-$version
mkdir -p "$tree/debian/source"
libs=$(make -s -C "$here" print-libs | sed 's/ /, /g')
date=$(LC_ALL=C date -R -u ${SOURCE_DATE_EPOCH:+-d @$SOURCE_DATE_EPOCH})
who="tasmite's authors <${DEBEMAIL:-tasmite@localhost}>"

cat >"$tree/debian/control" <<EOF
Source: tasmite
Section: comm
Priority: optional
Maintainer: $who
Build-Depends: debhelper-compat (= 13), pkg-config, gawk | mawk, $libs
Standards-Version: 4.6.2
Rules-Requires-Root: no

Package: tasmite
Architecture: linux-any
Depends: \${shlibs:Depends}, \${misc:Depends}
Suggests: bash-completion
Description: serial terminal for Tasmota devices, with flashing built in
 A terminal for people who flash and set up Sonoff and other devices with
 Tasmota (ESP8266, ESP8285 and the ESP32 family). The log, an edit line and
 the flasher live in one window, on one port.
 .
 It knows Tasmota's commands, reads its log and says what is wrong, waits for
 the boot loader and says how to get there, and writes and verifies firmware.
EOF
cat >"$tree/debian/changelog" <<EOF
tasmite ($version-1) unstable; urgency=medium

  * Built from the sources.

 -- $who  $date
EOF
cat >"$tree/debian/copyright" <<EOF
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: tasmite

Files: *
Copyright: 2026 tasmite's authors
License: GPL-3+
 This program is free software: you can redistribute it and/or modify it under
 the terms of the GNU General Public License as published by the Free Software
 Foundation, either version 3 of the License, or (at your option) any later
 version.
 .
 On Debian systems the license is in /usr/share/common-licenses/GPL-3.
EOF
# The tests want tmux, Python and a quiet machine: make check is for developers.
cat >"$tree/debian/rules" <<'EOF'
#!/usr/bin/make -f
export DEB_BUILD_MAINT_OPTIONS = hardening=+all
%:
	dh $@
override_dh_auto_build:
	dh_auto_build -- PREFIX=/usr all completions
override_dh_auto_test:
override_dh_auto_install:
	dh_auto_install -- PREFIX=/usr zshdir=/usr/share/zsh/vendor-completions
EOF
chmod 755 "$tree/debian/rules"
echo "3.0 (quilt)" >"$tree/debian/source/format"
echo "README.md" >"$tree/debian/docs"
# The picture is the README's.
echo "tests/golden/story.svg usr/share/doc/tasmite/tests/golden/" >"$tree/debian/install"

(cd "$tree" && dpkg-buildpackage -us -uc)
if command -v lintian >/dev/null 2>&1; then
	# No address: it is uploaded nowhere. The ELF file is a fuzzer's case, made by hand.
	(cd "$folder" && lintian --fail-on error --allow-root \
		--suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog,source-is-missing \
		./tasmite_*.changes)
else
	echo "lintian is not installed: the package was not looked at by it"
fi
ls "$folder"/*.deb "$folder"/*.dsc
