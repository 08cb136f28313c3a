#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing of the things named, each as PACKAGE=KIND:NAME:
#   cmd   a command          pc   a module of pkg-config          file   a file
# What is there already, from wherever it came, is left alone; then no network is needed.
set -eu

there() { # KIND NAME
	case $1 in
	cmd) command -v "$2" >/dev/null 2>&1 ;;
	pc) command -v "${PKG_CONFIG:-pkg-config}" >/dev/null 2>&1 &&
		"${PKG_CONFIG:-pkg-config}" --exists "$2" ;;
	file) [ -e "$2" ] ;;
	*) echo "deps: no such kind: $1" >&2 && exit 2 ;;
	esac
}

missing=
for item in "$@"; do
	rest=${item#*=}
	there "${rest%%:*}" "${rest#*:}" || missing="$missing ${item%%=*}"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "These Debian packages, or what they are called on this system, are missing:$missing" >&2
	echo "There is no apt-get here to install them: please do it your system's way." >&2
	exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "Missing:$missing" >&2
		echo "Please run as root: apt-get install$missing" >&2
		exit 1
	fi
	sudo=sudo
fi
echo "Installing:$missing"
# A list that can't be refreshed may still be good enough; the installation will tell.
$sudo apt-get -q update || echo "deps: the package lists could not be refreshed" >&2
# shellcheck disable=SC2086 # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing
