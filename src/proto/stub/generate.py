#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""generate.py TEXT TEXT_ADDR DATA DATA_ADDR ENTRY NAME FIRST FIRST_ADDR FIRST_ENTRY: the C file of a
stub, on standard output. FIRST is what takes it in.

TEXT and DATA are the two sections as they go into the chip. The first word of DATA is where the
stub finds which build it is: the beginning of the MD5 of both, taken before that word is set.
"""
import hashlib
import struct
import sys

PER_LINE = 22


def padded(path):
    with open(path, "rb") as f:
        b = f.read()
    return b + bytes(-len(b) % 4)


def array(name, b):
    rows = [b[i:i + PER_LINE] for i in range(0, len(b), PER_LINE)]
    lines = ["\t" + ",".join(str(x) for x in row) + "," for row in rows]
    return "static const uint8_t %s[%d] = {\n%s\n};\n" % (name, len(b), "\n".join(lines))


def main():
    text, data = padded(sys.argv[1]), padded(sys.argv[3])
    first = padded(sys.argv[7])
    build = struct.unpack("<I", hashlib.md5(text + data).digest()[:4])[0]
    data = struct.pack("<I", build) + data[4:]
    print("""/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made by `make stub` from src/proto/stub/%(name)s. Not to be edited. */
#include "tasmite/proto/stub.h"

/* clang-format off */
%(text)s
%(data)s
%(first)s
/* clang-format on */
const struct stub_blob *stub_%(name)s(void)
{
	static const struct stub_blob blob = {
	    .text = text,
	    .text_size = sizeof text,
	    .text_addr = 0x%(text_addr)08Xu,
	    .data = data,
	    .data_size = sizeof data,
	    .data_addr = 0x%(data_addr)08Xu,
	    .entry = 0x%(entry)08Xu,
	    .build = 0x%(build)08Xu,
	    .first = first,
	    .first_size = sizeof first,
	    .first_addr = 0x%(first_addr)08Xu,
	    .first_entry = 0x%(first_entry)08Xu,
	};

	return &blob;
}""" % {
        "name": sys.argv[6], "text": array("text", text), "data": array("data", data),
        "text_addr": int(sys.argv[2], 16), "data_addr": int(sys.argv[4], 16),
        "entry": int(sys.argv[5], 16), "build": build, "first": array("first", first),
        "first_addr": int(sys.argv[8], 16), "first_entry": int(sys.argv[9], 16)})


main()
