#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# build.sh OUT: compiles the stub of the ESP8266 into OUT and writes OUT/stub_esp8266_gen.c. The
# same sources and compiler give the same bytes, wherever they are built.
set -eu
cd "$(dirname "$0")/../../.."
out=$1
cross=${STUB_CROSS:-xtensa-lx106-elf-}
dir=src/proto/stub/esp8266
mkdir -p "$out"
elf=$out/stub_esp8266.elf
# One program as a whole, so that the compiler sees all calls.
"${cross}gcc" -std=c11 -Os -flto -flto-partition=one -ffreestanding -fno-builtin -nostdlib \
	-mtext-section-literals -fno-jump-tables -fno-tree-loop-distribute-patterns \
	-fno-inline-small-functions -fno-tree-loop-im -mno-target-align -falign-functions=1 \
	-fno-tree-loop-optimize -fno-caller-saves \
	-Wall -Wextra -Wshadow -Wconversion -Werror -Iinclude \
	-Wl,-T,"$dir/stub.ld" -Wl,--build-id=none -o "$elf" "$dir"/*.c
"${cross}objcopy" -O binary -j .text "$elf" "$out/stub_text.bin"
"${cross}objcopy" -O binary -j .data "$elf" "$out/stub_data.bin"
address() { # SECTION
	"${cross}objdump" -h "$elf" | awk -v s="$1" '$2 == s {print $4}'
}
# What takes it in.
first=$out/stub_esp8266_first.elf
"${cross}gcc" -std=c11 -Os -ffreestanding -fno-builtin -nostdlib -mtext-section-literals \
	-fno-jump-tables -fno-tree-loop-distribute-patterns -fno-inline-small-functions -mno-target-align -falign-functions=1 \
	-Wall -Wextra -Wshadow -Wconversion -Werror -Iinclude -I"$dir" \
	-Wl,-T,"$dir/first/first.ld" -Wl,--build-id=none -o "$first" "$dir"/first/*.c
"${cross}objcopy" -O binary -j .text "$first" "$out/stub_first.bin"
first_entry=$("${cross}nm" "$first" | awk '$3 == "first_entry" {print $1}')
entry=$("${cross}nm" "$elf" | awk '$3 == "stub_entry" {print $1}')
python3 src/proto/stub/generate.py "$out/stub_text.bin" "$(address .text)" "$out/stub_data.bin" \
	"$(address .data)" "$entry" esp8266 "$out/stub_first.bin" \
	"$("${cross}objdump" -h "$first" | awk '$2 == ".text" {print $4}')" "$first_entry" \
	>"$out/stub_esp8266_gen.c"
