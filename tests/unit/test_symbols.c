/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ELF files made here, whole, cut and damaged; map files; readable names. */
#include "tasmite/core/tasmota/symbols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/bytes.h"

struct file {
	uint8_t bytes[4096];
	size_t n;
};

static bool read_file(void *ctx, uint64_t offset, void *dst, size_t n)
{
	struct file *f = ctx;

	if (offset > f->n || n > f->n - offset)
		return false;
	memcpy(dst, f->bytes + offset, n);
	return true;
}

static struct symbols *read_it(struct file *f, struct err *err)
{
	struct symbols_source from = {.read = read_file, .ctx = f, .size = f->n};

	return symbols_read(&from, err);
}

static void section(
    uint8_t *p, uint32_t type, uint32_t flags, uint32_t offset, uint32_t size, uint32_t link)
{
	put_le32(p + 4, type);
	put_le32(p + 8, flags);
	put_le32(p + 16, offset);
	put_le32(p + 20, size);
	put_le32(p + 24, link);
}

static void symbol(uint8_t *p, uint32_t name, uint32_t at, uint32_t size, uint8_t type, uint16_t in)
{
	put_le32(p, name);
	put_le32(p + 4, at);
	put_le32(p + 8, size);
	p[12] = type;
	put_le16(p + 14, in);
}

/* Names at 60, symbols at 200, sections at 400: 0 none, 1 code, 2 symbols, 3 names. */
static void make_elf(struct file *f)
{
	static const char names[] = "\0setup\0_Z13MqttReconnectv\0ets_printf\0data\0.L12\0gone";

	memset(f, 0, sizeof(*f));
	f->n = 600;
	memcpy(f->bytes, "\177ELF\1\1\1", 7);
	put_le16(f->bytes + 18, 94);
	put_le32(f->bytes + 32, 400);
	put_le16(f->bytes + 46, 40);
	put_le16(f->bytes + 48, 4);
	memcpy(f->bytes + 60, names, sizeof(names));
	symbol(f->bytes + 216, 1, 0x40201000, 0x100, 2, 1);   /* setup */
	symbol(f->bytes + 232, 7, 0x40201100, 0x80, 2, 1);    /* MqttReconnect */
	symbol(f->bytes + 248, 26, 0x40002400, 0, 0, 0xfff1); /* ets_printf */
	symbol(f->bytes + 264, 37, 0x3ffe8000, 64, 1, 1);     /* data: no function */
	symbol(f->bytes + 280, 42, 0x40201010, 0, 0, 1);      /* a label */
	symbol(f->bytes + 296, 47, 0x40201200, 0x10, 2, 0);   /* undefined */
	section(f->bytes + 440, 1, 4 | 2, 0, 0, 0);
	section(f->bytes + 480, 2, 0, 200, 7 * 16, 3);
	section(f->bytes + 520, 3, 0, 60, sizeof(names), 0);
}

static const char *name_at(const struct symbols *s, uint32_t at, uint32_t *behind)
{
	static char name[100];

	return symbols_find(s, at, name, sizeof(name), behind) ? name : NULL;
}

static void symbols_read__finds__functions_of_an_elf(void **state)
{
	struct err err = {0};
	struct file f;
	struct symbols *s;
	uint32_t behind = 0;

	(void)state;
	make_elf(&f);
	s = read_it(&f, &err);
	assert_non_null(s);
	assert_int_equal(symbols_count(s), 3);
	assert_string_equal(symbols_kind(s), "ELF for Xtensa");
	assert_string_equal(name_at(s, 0x40201000, &behind), "setup");
	assert_int_equal(behind, 0);
	assert_string_equal(name_at(s, 0x402010ff, &behind), "setup");
	assert_int_equal(behind, 0xff);
	assert_string_equal(name_at(s, 0x40201100, &behind), "MqttReconnect");
	assert_null(name_at(s, 0x40201180, &behind));
	assert_null(name_at(s, 0x40200fff, &behind));
	assert_string_equal(name_at(s, 0x40002410, &behind), "ets_printf");
	assert_null(name_at(s, 0x40009000, &behind)); /* too far behind a name without a size */
	assert_null(name_at(s, 0x3ffe8000, &behind));
	symbols_free(s);
	assert_false(symbols_find(NULL, 0x40201000, (char[10]){0}, 10, &behind));
}

static void symbols_read__refuses__what_is_cut_or_of_another_machine(void **state)
{
	struct err err = {0};
	struct symbols *s;
	struct file f;

	(void)state;
	for (size_t n = 0; n < 560; n++) {
		make_elf(&f);
		f.n = n;
		s = read_it(&f, &err);
		if (s)
			fail_msg("%zu bytes were enough", n);
	}
	make_elf(&f);
	put_le16(f.bytes + 18, 62);
	assert_null(read_it(&f, &err));
	assert_non_null(strstr(err.text, "not for an ESP"));
	make_elf(&f);
	put_le32(f.bytes + 484, 1); /* no table of symbols */
	assert_null(read_it(&f, &err));
	assert_int_equal(err.code, ERR_NOENT);
	assert_non_null(strstr(err.text, "stripped"));
	memcpy(f.bytes, "hello, ", 7);
	assert_null(read_it(&f, &err));
	assert_int_equal(err.code, ERR_FORMAT);
}

/* Each byte of the file in turn is something else: whatever is found, nothing breaks. */
static void symbols_read__survives__any_byte_changed(void **state)
{
	static const uint8_t with[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	struct err err = {0};
	struct symbols *s;
	struct file f;
	uint32_t behind;

	(void)state;
	for (size_t i = 0; i < 600; i++)
		for (size_t k = 0; k < sizeof(with); k++) {
			make_elf(&f);
			f.bytes[i] = with[k];
			s = read_it(&f, &err);
			if (!s)
				continue;
			for (uint32_t at = 0x40200f00; at < 0x40201300; at += 0x40)
				(void)name_at(s, at, &behind);
			symbols_free(s);
		}
}

static void symbols_read__reads__a_map_file(void **state)
{
	static const char map[] = "Memory Configuration\n\n"
				  " .text.setup    0x40201010      0x1c4 sketch/a.o\n"
				  "                0x40201010                setup\n"
				  " .text._ZN6Client4stopEv\n"
				  "                0x402011d4       0x30 lib/c.o\r\n"
				  " .literal.loop  0x40201300        0x8 sketch/a.o\n"
				  "                0x4000228c                ets_isr = 0x4000228c\n"
				  " .data.x        0x3ffe8000       0x10 a.o\n"
				  "                0x123456789012345 much\n";
	struct err err = {0};
	struct symbols *s;
	uint32_t behind = 0;
	struct file f;

	(void)state;
	f.n = sizeof(map) - 1;
	memcpy(f.bytes, map, f.n);
	s = read_it(&f, &err);
	if (!s)
		fail_msg("%s", err.text);
	assert_string_equal(symbols_kind(s), "map file");
	assert_string_equal(name_at(s, 0x40201050, &behind), "setup");
	assert_int_equal(behind, 0x40);
	assert_string_equal(name_at(s, 0x402011d8, &behind), "Client::stop");
	assert_null(name_at(s, 0x40201208, &behind));
	assert_string_equal(name_at(s, 0x4000228c, &behind), "ets_isr");
	symbols_free(s);
}

/* A map of that many functions, each 16 bytes, in no order; read as it is asked for. */
struct large {
	uint32_t functions;
	uint64_t most; /* bytes that one step has asked for */
	uint64_t asked;
};

#define LARGE_LINE 43u

static bool read_large(void *ctx, uint64_t offset, void *dst, size_t n)
{
	struct large *l = ctx;
	uint8_t *to = dst;

	if (offset + n > (uint64_t)l->functions * LARGE_LINE)
		return false;
	l->asked += n;
	while (n) {
		uint32_t i = (uint32_t)(offset / LARGE_LINE), at = i * 7919u % l->functions;
		size_t from = offset % LARGE_LINE,
		       k = LARGE_LINE - from < n ? LARGE_LINE - from : n;
		char line[64];

		snprintf(line, sizeof(line), " .text.f%06u 0x%08x 0x10 some/file.o\n", at,
		    0x40200000u + at * 16);
		memcpy(to, line + from, k);
		to += k;
		offset += k;
		n -= k;
	}
	return true;
}

/* 120,000 functions (5 MB): found one by one, and no step has taken more than a piece. */
static void symbols_step__reads__a_large_map_in_slices(void **state)
{
	struct large l = {.functions = 120011};
	struct symbols_source from = {
	    .read = read_large, .ctx = &l, .size = (uint64_t)l.functions * LARGE_LINE};
	struct symbols_reading *r = symbols_begin(&from);
	struct symbols *s = NULL;
	struct err err = {0};
	uint32_t behind, steps = 0;
	int rc;

	(void)state;
	do {
		uint64_t before = l.asked;

		rc = symbols_step(r, &s, &err);
		if (l.asked - before > l.most)
			l.most = l.asked - before;
		steps++;
	} while (rc == ERR_AGAIN);
	symbols_end(r);
	assert_int_equal(rc, ERR_OK);
	assert_true(steps > 30);
	assert_true(l.most <= 512 * 1024);
	assert_int_equal(symbols_count(s), l.functions);
	for (uint32_t i = 0; i < l.functions; i += 997) {
		char want[20];

		snprintf(want, sizeof(want), "f%06u", i);
		assert_string_equal(name_at(s, 0x40200000u + i * 16 + 5, &behind), want);
		assert_int_equal(behind, 5);
	}
	symbols_free(s);
}

static void symbols_end__is_safe__in_the_middle(void **state)
{
	struct large l = {.functions = 40000};
	struct symbols_source from = {
	    .read = read_large, .ctx = &l, .size = (uint64_t)l.functions * LARGE_LINE};

	(void)state;
	for (int steps = 0; steps < 12; steps++) {
		struct symbols_reading *r = symbols_begin(&from);
		struct symbols *s = NULL;
		struct err err = {0};

		for (int i = 0; i < steps; i++)
			assert_int_equal(symbols_step(r, &s, &err), ERR_AGAIN);
		symbols_end(r);
	}
	symbols_end(NULL);
}

static void symbols_readable__writes__names(void **state)
{
	static const struct {
		const char *mangled, *readable;
	} cases[] = {
	    {"setup", "setup"},
	    {"_Z13MqttReconnectv", "MqttReconnect"},
	    {"_ZL9hidden_fni", "hidden_fn"},
	    {"_ZN10WiFiClientC2Ev", "WiFiClient::WiFiClient"},
	    {"_ZN10WiFiClientD0Ev", "WiFiClient::~WiFiClient"},
	    {"_ZNK6String6lengthEv", "String::length"},
	    {"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector::push_back"},
	    {"_ZN4be_vIN1a1bEE3runEv", "be_v::run"},
	    {"_Z999short", "_Z999short"},
	    {"_Z", "_Z"},
	    {"_ZN", "_ZN"},
	    {"_ZN3abc", "_ZN3abc"},
	    {"_ZN3abcI", "_ZN3abcI"},
	    {"", ""},
	};
	char name[60];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		symbols_readable(cases[i].mangled, name, sizeof(name));
		assert_string_equal(name, cases[i].readable);
	}
}

static void refuses(struct file *f, int code, const char *words)
{
	struct err err = {0};

	assert_null(read_it(f, &err));
	assert_int_equal(err.code, code);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in '%s'", words, err.text);
}

static void symbols_read__tells__what_is_damaged(void **state)
{
	struct file f;

	(void)state;
	make_elf(&f);
	f.bytes[4] = 2; /* 64 bits */
	refuses(&f, ERR_FORMAT, "not for an ESP");
	make_elf(&f);
	f.bytes[5] = 2; /* big-endian */
	refuses(&f, ERR_FORMAT, "not for an ESP");
	make_elf(&f);
	put_le16(f.bytes + 48, 0);
	refuses(&f, ERR_FORMAT, "its table of sections is damaged");
	make_elf(&f);
	put_le16(f.bytes + 48, 16385);
	refuses(&f, ERR_FORMAT, "its table of sections is damaged");
	make_elf(&f);
	put_le16(f.bytes + 46, 41);
	refuses(&f, ERR_FORMAT, "its table of sections is damaged");
	make_elf(&f);
	put_le32(f.bytes + 32, 0xfffffff0u);
	refuses(&f, ERR_FORMAT, "it is cut: its table of sections");
	make_elf(&f);
	put_le32(f.bytes + 480 + 24, 4); /* the names' section is behind the last */
	refuses(&f, ERR_FORMAT, "its symbol table is damaged or too large");
	make_elf(&f);
	put_le32(f.bytes + 480 + 24, 1); /* ... is no section of names */
	refuses(&f, ERR_FORMAT, "its symbol table is damaged or too large");
	make_elf(&f);
	put_le32(f.bytes + 520 + 20, 0);
	refuses(&f, ERR_FORMAT, "its symbol table is damaged or too large");
	make_elf(&f);
	put_le32(f.bytes + 520 + 20, 0x7fffffffu);
	refuses(&f, ERR_FORMAT, "its symbol table is damaged or too large");
	make_elf(&f);
	put_le32(f.bytes + 480 + 20, 0xfffffff0u);
	refuses(&f, ERR_FORMAT, "its symbol table is damaged or too large");
	make_elf(&f);
	put_le32(f.bytes + 480 + 16, 0xfffffff0u);
	refuses(&f, ERR_FORMAT, "it is cut: its symbol table");
	make_elf(&f);
	put_le32(f.bytes + 520 + 16, 580);
	refuses(&f, ERR_FORMAT, "it is cut: its symbol table");
	make_elf(&f);
	put_le32(f.bytes + 480 + 20, 16); /* the empty one alone */
	refuses(&f, ERR_NOENT, "it names no functions");
	memset(&f, 0, sizeof(f));
	refuses(&f, ERR_FORMAT, "neither an ELF file nor a map file");
}

static void symbols_read__takes__code_without_a_type(void **state)
{
	static const struct {
		uint32_t at;
		uint16_t section;
		bool is;
	} cases[] = {
	    {0x40201400, 1, true},	 /* code */
	    {0x3ffe8000, 3, false},	 /* data */
	    {0x40001000, 0xfff1, true},	 /* of the ROM */
	    {0x00000800, 0xfff1, false}, /* a size, not an address */
	    {0x40201400, 9, false},	 /* no such section */
	    {0x40201400, 0, false},	 /* undefined */
	    {0, 1, false},
	};
	struct err err = {0};
	uint32_t behind;
	struct file f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct symbols *s;

		make_elf(&f);
		put_le16(f.bytes + 18, 243);
		symbol(f.bytes + 248, 26, cases[i].at, 0, 0, cases[i].section);
		s = read_it(&f, &err);
		assert_non_null(s);
		assert_string_equal(symbols_kind(s), "ELF for RISC-V");
		assert_int_equal(symbols_count(s), cases[i].is ? 3 : 2);
		assert_int_equal(name_at(s, cases[i].at, &behind) != NULL, cases[i].is);
		symbols_free(s);
	}
	make_elf(&f);
	symbol(f.bytes + 248, 5000, 0x40002400, 0, 0, 1); /* a name behind all names */
	{
		struct symbols *s = read_it(&f, &err);

		assert_int_equal(symbols_count(s), 2);
		symbols_free(s);
	}
}

static struct symbols *of_map(struct file *f, const char *map)
{
	struct err err = {0};

	f->n = strlen(map);
	memcpy(f->bytes, map, f->n);
	return read_it(f, &err);
}

static void symbols_find__takes__the_nearest_name(void **state)
{
	struct file f;
	struct symbols *s = of_map(&f, " .text.outer    0x40201000     0x1000 a.o\n"
				       "                0x40201000                label\n"
				       "                0x40201100                inner\n"
				       "                0x40203000                alone\n"
				       "                0x40203000                again\n");
	uint32_t behind = 0;

	(void)state;
	assert_non_null(s);
	assert_int_equal(symbols_count(s), 5);
	/* Of the same address what has a size. */
	assert_string_equal(name_at(s, 0x40201050, &behind), "outer");
	/* A label within a section that has a size: it is nearer. */
	assert_string_equal(name_at(s, 0x40201104, &behind), "inner");
	assert_string_equal(name_at(s, 0x40203001, &behind), "again");
	assert_int_equal(behind, 1);
	assert_string_equal(name_at(s, 0x40206fff, &behind), "again");
	assert_null(name_at(s, 0x40207000, &behind));
	symbols_free(s);
}

static void symbols_read__leaves__lines_of_a_map_that_name_nothing(void **state)
{
	static const char *const lines[] = {
	    " .text.gone     0x40201000        0x0 a.o", /* thrown away by the linker */
	    " .text.low      0x00001000       0x10 a.o", /* not where code is */
	    " .rodata.text   0x40201000       0x10 a.o", /* no function's section */
	    " .text.         0x40201000       0x10 a.o", /* no name */
	    " .text..L12     0x40201000       0x10 a.o", /* a label */
	    "                0x40201000                . = ALIGN (0x4)",
	    "                0x40201000                0x4020",
	    "                0x40201000                name=1",
	    "                0x140201000               name",
	    "                0x                        name",
	    "                40201000                  name",
	    " .text.apart\nOther\n                0x40201000 0x10 a.o",
	    "LOAD /some/crt0.o",
	};
	struct file f;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct symbols *s = of_map(&f, lines[i]);

		if (s)
			fail_msg("a function was found in '%s'", lines[i]);
	}
}

static void symbols_read__knows__the_sections_of_functions(void **state)
{
	static const char *const sections[] = {
	    ".text.one", ".irom0.text.one", ".iram1.one", ".iram.text.one"};
	uint32_t behind;
	struct file f;

	(void)state;
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		struct symbols *s;
		char line[80];

		snprintf(line, sizeof(line), " %s\t0x4020ab10 0x20 a.o\r\n", sections[i]);
		s = of_map(&f, line);
		assert_non_null(s);
		assert_string_equal(name_at(s, 0x4020ab1f, &behind), "one");
		symbols_free(s);
	}
}

static void symbols_readable__leaves__what_it_cannot_read(void **state)
{
	static const struct {
		const char *mangled, *readable;
	} cases[] = {
	    {"_ZN12_GLOBAL__N_13fooEv", "(anonymous)::foo"},
	    {"_ZNSt6thread4joinEv", "std::thread::join"},
	    {"_ZN3FooC1IiEEv", "Foo::Foo"},
	    {"_ZN3FooC9Ev", "_ZN3FooC9Ev"},
	    {"_ZNC1Ev", "_ZNC1Ev"},
	    {"_ZN3FooplERKS_", "_ZN3FooplERKS_"}, /* an operator */
	    {"_ZN3FooI4abcdE3runEv", "Foo::run"},
	    {"_ZN3FooINS_3BarILi4EEEE3runEv", "Foo::run"},
	    {"_ZN3FooI99aE3runEv", "_ZN3FooI99aE3runEv"},
	    {"_ZN3FooI4", "_ZN3FooI4"},
	    {"_Z0v", "_Z0v"},
	    {"_ZL", "_ZL"},
	};
	char name[60];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		symbols_readable(cases[i].mangled, name, sizeof(name));
		assert_string_equal(name, cases[i].readable);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(symbols_read__finds__functions_of_an_elf),
	    cmocka_unit_test(symbols_read__refuses__what_is_cut_or_of_another_machine),
	    cmocka_unit_test(symbols_read__survives__any_byte_changed),
	    cmocka_unit_test(symbols_read__reads__a_map_file),
	    cmocka_unit_test(symbols_step__reads__a_large_map_in_slices),
	    cmocka_unit_test(symbols_end__is_safe__in_the_middle),
	    cmocka_unit_test(symbols_readable__writes__names),
	    cmocka_unit_test(symbols_read__tells__what_is_damaged),
	    cmocka_unit_test(symbols_read__takes__code_without_a_type),
	    cmocka_unit_test(symbols_find__takes__the_nearest_name),
	    cmocka_unit_test(symbols_read__leaves__lines_of_a_map_that_name_nothing),
	    cmocka_unit_test(symbols_read__knows__the_sections_of_functions),
	    cmocka_unit_test(symbols_readable__leaves__what_it_cannot_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
