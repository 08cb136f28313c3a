/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of boards: names, pages, steps. */
#include "tasmite/core/tasmota/boards.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void find__takes__names_and_aliases(void **state)
{
	static const struct {
		const char *name, *board;
	} cases[] = {
	    {"basic", "Sonoff Basic R1"},
	    {"Sonoff Basic R2", "Sonoff Basic R2"},
	    {"sonoff  basic-r2", "Sonoff Basic R2"},
	    {"BASIC", "Sonoff Basic R1"},
	    {"sonoff", "Sonoff Basic R1"},
	    {"s20", "Sonoff S20"},
	    {"mini", "Sonoff Mini"},
	    {"MiniR4", "Sonoff Mini R3"},
	    {"pow r2", "Sonoff POW R2"},
	    {"pow", "Sonoff POW"},
	    {"th16", "Sonoff TH10/TH16"},
	    {"rf bridge", "Sonoff RF Bridge"},
	    {"nsp", "Sonoff NSPanel"},	 /* beginning of one name */
	    {"panel", "Sonoff NSPanel"}, /* part of one name */
	    {"esp8266", "Generic ESP8266"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct board *b = boards_find(cases[i].name);

		assert_non_null(b);
		assert_string_equal(boards_name(b), cases[i].board);
	}
}

static void find__refuses__nothing_unknown_and_ambiguous(void **state)
{
	static const char *const names[] = {"", "  ", "--", "toaster", "ifan", "4ch r", "r2",
	    "a name that is much longer than any board's name could ever become in this table"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_null(boards_find(names[i]));
}

static void find__finds__every_board_by_its_own_name(void **state)
{
	size_t n = 0;

	(void)state;
	for (; boards_at(n); n++)
		assert_ptr_equal(boards_find(boards_name(boards_at(n))), boards_at(n));
	assert_true(n >= 30);
	assert_null(boards_at(n));
	assert_null(boards_at((size_t)-1));
}

static const char *page_of(const char *name, struct sbuf *out)
{
	const struct board *b = boards_find(name);

	assert_non_null(b);
	sbuf_clear(out);
	boards_describe(b, out);
	return sbuf_str(out);
}

static void describe__tells__what_the_board_needs(void **state)
{
	struct sbuf out;
	const char *page;

	(void)state;
	sbuf_init(&out, 8192);
	page = page_of("basic", &out);
	assert_non_null(strstr(page, "[3V3]--(RX)--(TX)--(GND)--(IO14)\n"));
	assert_non_null(strstr(page, "ESP8266EX, 1 MB"));
	assert_non_null(strstr(page, "Module:  1 (Sonoff Basic)\n"));
	page = page_of("basic r2", &out);
	assert_non_null(strstr(page, "DOUT, no other works"));
	page = page_of("s31", &out);
	assert_non_null(strstr(page, "CSE7766"));
	assert_non_null(strstr(page, "3.3 V to VCC"));
	page = page_of("rf bridge", &out);
	assert_non_null(strstr(page, "slide switch"));
	page = page_of("thr3", &out);
	assert_non_null(strstr(page, "[3V3]--(TX)--(RX)--(GND)--(IO0)\n"));
	sbuf_fini(&out);
}

static void describe__warns__on_every_page(void **state)
{
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 8192);
	for (size_t i = 0; boards_at(i); i++) {
		sbuf_clear(&out);
		boards_describe(boards_at(i), &out);
		assert_non_null(strstr(sbuf_str(&out), "UNPLUG IT"));
		assert_non_null(strstr(sbuf_str(&out), "3.3 V only"));
		assert_non_null(strstr(sbuf_str(&out), "GPIO0:   "));
		assert_false(out.cut);
	}
	sbuf_fini(&out);
}

static void howto__names__button_or_pad_in_short_lines(void **state)
{
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 2000);
	boards_howto_loader(boards_find("basic"), &out);
	assert_non_null(strstr(sbuf_str(&out), "3. Hold its button down.\n"));
	assert_non_null(strstr(sbuf_str(&out), "release the button"));
	sbuf_clear(&out);
	boards_howto_loader(boards_find("touch"), &out);
	assert_non_null(strstr(sbuf_str(&out), "3. Bridge the GPIO0 pad to GND.\n"));
	assert_null(strstr(sbuf_str(&out), "button"));
	for (size_t i = 0; boards_at(i); i++) {
		size_t lines = 0;

		sbuf_clear(&out);
		boards_howto_loader(boards_at(i), &out);
		for (const char *p = sbuf_str(&out); *p; lines++) {
			size_t len = strcspn(p, "\n");
			assert_true(len <= 40);
			assert_int_equal(p[len], '\n');
			p += len + 1;
		}
		assert_int_equal(lines, 5);
	}
	sbuf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(find__takes__names_and_aliases),
	    cmocka_unit_test(find__refuses__nothing_unknown_and_ambiguous),
	    cmocka_unit_test(find__finds__every_board_by_its_own_name),
	    cmocka_unit_test(describe__tells__what_the_board_needs),
	    cmocka_unit_test(describe__warns__on_every_page),
	    cmocka_unit_test(howto__names__button_or_pad_in_short_lines),
	};

	return cmocka_run_group_tests_name("boards", tests, NULL, NULL);
}
