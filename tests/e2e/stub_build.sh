#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The stub that is checked in is the one that its sources make. Wants the cross compiler of the
# release that made it: another one makes other, equally good bytes.
set -u
cd "$(dirname "$0")/../.." || exit 2

made=12.2.0 # what `xtensa-lx106-elf-gcc -dumpfullversion` said
have=$(xtensa-lx106-elf-gcc -dumpfullversion 2>/dev/null)
if [ -z "$have" ] || ! command -v xtensa-lx106-elf-ld >/dev/null; then
	echo "skipped: stub_build: gcc-xtensa-lx106 or binutils-xtensa-lx106 is not installed"
	exit 0
fi
if [ "$have" != "$made" ]; then
	echo "skipped: stub_build: made by gcc $made, here is $have"
	exit 0
fi
if ! sh src/proto/stub/build.sh "$TMPDIR/stub" >"$TMPDIR/log" 2>&1; then
	echo "not ok stub_build: it does not compile: $(head -n 3 "$TMPDIR/log")"
elif cmp -s "$TMPDIR/stub/stub_esp8266_gen.c" src/proto/stub_esp8266_gen.c; then
	echo "ok stub_build: the same bytes"
else
	echo "not ok stub_build: src/proto/stub_esp8266_gen.c is not what the sources make (make stub)"
fi
# Elsewhere, too.
mkdir -p "$TMPDIR/x/src/proto" "$TMPDIR/x/include/tasmite/proto"
cp -r src/proto/stub "$TMPDIR/x/src/proto/"
cp include/tasmite/proto/stub_wire.h "$TMPDIR/x/include/tasmite/proto/"
if sh "$TMPDIR/x/src/proto/stub/build.sh" "$TMPDIR/other" >"$TMPDIR/log" 2>&1 &&
	cmp -s "$TMPDIR/other/stub_esp8266_gen.c" src/proto/stub_esp8266_gen.c; then
	echo "ok stub_build: the same bytes in another folder"
else
	echo "not ok stub_build: another folder gives other bytes"
fi
