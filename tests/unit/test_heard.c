/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a chip says before it talks the loader's protocol. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../src/proto/heard.h"

static size_t feed(struct heard *h, const char *text)
{
	size_t banners = 0;
	for (; *text; text++)
		banners += heard_byte(h, (uint8_t)*text);
	return banners;
}

static void heard_byte__reads_banner__modes(void **state)
{
	struct heard h;
	(void)state;
	heard_init(&h);
	assert_int_equal(feed(&h, "\r\n ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n"), 1);
	assert_int_equal(h.cause, 2);
	assert_int_equal(h.mode, 3);
	assert_int_equal(feed(&h, " ets Jan  8 2013,rst cause:1, boot mode:(1,7)\r\n"), 1);
	assert_int_equal(h.cause, 1);
	assert_int_equal(h.mode, 1);
}

static void heard_byte__is_not_fooled__near_misses(void **state)
{
	struct heard h;
	(void)state;
	heard_init(&h);
	assert_int_equal(feed(&h, "boot mode:(9,1) boot mode:(x,1) boot mode: (1,1) boot mod"), 0);
	assert_int_equal(feed(&h, "bboot mode:(1"), 1);
	assert_int_equal(feed(&h, "boot mode:(boot mode:(1"), 1);
}

static void heard_judge__tells__text_from_garbage(void **state)
{
	struct heard h;
	(void)state;
	heard_init(&h);
	feed(&h, "00:00:00 CFG");
	assert_int_equal(heard_judge(&h), HEARD_LITTLE);
	feed(&h, ": Loaded from flash\r\n");
	assert_int_equal(heard_judge(&h), HEARD_TEXT);
	heard_run(&h);
	feed(&h, "a\x80\xF8z\x1Cq\xE0\x06\x9E\xC3r\x01\x8CP\xF0\x1E\x83k");
	assert_int_equal(heard_judge(&h), HEARD_GARBAGE);
}

static void heard_byte__reads_the_family__loader_and_flash(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int mode;
	} cases[] = {
	    {"rst:0x1 (POWERON),boot:0x5 (DOWNLOAD(USB/UART0/1))\r\nwaiting for download\r\n", 1},
	    {"rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nconfigsip: 0\r\n", 3},
	    {"waiting for downloads\r\n", 1},
	    {"waiting for a download\r\n", -1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct heard h;
		heard_init(&h);
		for (const char *p = cases[i].text; *p; p++)
			(void)heard_byte(&h, (uint8_t)*p);
		assert_int_equal(h.mode, cases[i].mode);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(heard_byte__reads_the_family__loader_and_flash),
	    cmocka_unit_test(heard_byte__reads_banner__modes),
	    cmocka_unit_test(heard_byte__is_not_fooled__near_misses),
	    cmocka_unit_test(heard_judge__tells__text_from_garbage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
