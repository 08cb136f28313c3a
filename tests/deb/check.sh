#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# check.sh FOLDER: the package of that folder in a Debian made anew: it installs with what it depends
# on, runs, and leaves nothing when it is purged. Wants root, and a mirror ($MIRROR).
set -eu
folder=$1
deb=$(ls "$folder"/tasmite_*.deb)
suite=${SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
root=$(mktemp -d "${TMPDIR:-/var/tmp}/tasmite-deb.XXXXXX")
trap 'rm -rf "$root"' EXIT
trap 'exit 1' HUP INT TERM
debootstrap --variant=minbase "$suite" "$root" "${MIRROR:-http://deb.debian.org/debian}" >"$root.log" 2>&1 || {
	tail -n 5 "$root.log" >&2
	rm -f "$root.log"
	exit 1
}
rm -f "$root.log"
in_root() {
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
# What apt itself keeps of any package is not the package's.
files() {
	(cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./var/lib/apt -o -path ./var/cache \
		-o -path ./var/log -o -path ./var/lib/dpkg \) -prune -o -print | sort)
}
cp "$deb" "$root/tmp/tasmite.deb"
in_root apt-get -q update
# What it depends on is there before, so that what is left is the package's alone.
in_root apt-get -q install -y --no-install-recommends $(dpkg-deb -f "$deb" Depends |
	tr ',' '\n' | sed -E 's/\(.*\)//; s/\|.*//')
files >"$root.before"
in_root apt-get -q install -y /tmp/tasmite.deb
in_root tasmite --version
in_root tasmite list || [ $? = 3 ]
in_root sh -c 'tasmite --completion bash >/dev/null && test -e /usr/share/bash-completion/completions/tasmite'
printf '00:00:00 Project sonoff Sonoff Version 6.1.1-2_3_0\n00:00:07 WIF: Connect failed as AP cannot be reached\n' \
	>"$root/tmp/boot.log"
in_root tasmite diagnose /tmp/boot.log || [ $? = 1 ]
rm -f "$root/tmp/boot.log"
in_root apt-get -q purge -y tasmite
files | diff "$root.before" - >"$root.diff" || {
	echo "left or lost after the purge:" >&2
	cat "$root.diff" >&2
	rm -f "$root".before "$root".diff
	exit 1
}
rm -f "$root".before "$root".diff
in_root dpkg -s tasmite >/dev/null 2>&1 && { echo "it is still known to dpkg" >&2; exit 1; }
echo "installed, ran and purged in a fresh $suite: nothing is left"
