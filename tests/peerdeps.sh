#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Sees to the peers: installs the programs that are missing (as tests/deps.sh takes them) and puts
# the modules for node, of the versions that were tried, into BUILD/peers. Where there is no
# registry, BUILD/peers/offline says so and what needs one is skipped; any other trouble is an error.
#
#   tests/peerdeps.sh BUILD PACKAGE=KIND:NAME...
set -eu
b=$1/peers
shift
mkdir -p "$b"
rm -f "$b/offline"
log=$b/fetch.log
# Words of npm's and apt's for a registry that can't be reached; one that says no is another thing.
silence='ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT'
silence="$silence|Could not resolve|Temporary failure|Could not connect|Unable to connect"
silence="$silence|Connection timed out|Connection failed|Network is unreachable"
modules="tasmota-webserial-esptool@7.3.7 esptool-js@0.7.0"

# COMMAND...: 0 done, 1 no registry; ends all on other trouble.
fetch() {
	if LC_ALL=C "$@" >"$log" 2>&1; then
		return 0
	fi
	cat "$log" >&2
	if grep -qE "$silence" "$log"; then
		echo "no registry: $1 got no answer" >"$b/offline"
		return 1
	fi
	echo "peerdeps: $* failed" >&2
	exit 1
}

fetch sh tests/deps.sh "$@" || exit 0

for m in $modules; do
	version=$(sed -nE 's/^ *"version": "([^"]+)".*/\1/p' "$b/node_modules/${m%@*}/package.json" \
		2>/dev/null | head -n 1) || version=
	[ "$version" = "${m##*@}" ] || missing=yes
done
if [ -n "${missing:-}" ]; then
	echo "Fetching: $modules"
	# All in one go: what is not named would be taken away again.
	# shellcheck disable=SC2086 # a list of words
	fetch npm install --prefix "$b" --no-save --no-package-lock --ignore-scripts --no-audit \
		--no-fund --fetch-retries 1 $modules || exit 0
fi

# Debian's example server comes with the documentation, which small systems leave out.
example=rfc2217_server.py
if [ ! -e "$b/$example" ]; then
	doc=usr/share/doc/python3-serial/examples/$example
	if [ -e "/$doc" ]; then
		cp "/$doc" "$b/$example"
	else
		fetch sh -c 'cd "$0" && { apt-get -q download python3-serial ||
			{ apt-get -q update && apt-get -q download python3-serial; }; }' "$b" || exit 0
		dpkg-deb --fsys-tarfile "$b"/python3-serial_*.deb | tar -xO -f - "./$doc" >"$b/$example"
		rm -f "$b"/python3-serial_*.deb
	fi
fi
