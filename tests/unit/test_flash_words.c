/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words at the end of a flash. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/app/flash_words.h"
#include "tasmite/base/str.h"

/* Nothing of what went wrong is cut off. */
static void flash_words_add__takes_more_lines__for_long_words(void **state)
{
	struct flash_view view = {.state = FLASH_FAILED};
	char whole[700] = "", text[1000];

	(void)state;
	for (int i = 0; i < 60; i++)
		str_cat(whole, sizeof(whole), i ? " adapter" : "adapter");
	flash_words_add(&view, true, "%s", whole);
	assert_int_equal(view.text_count, 3);
	text[0] = '\0';
	for (int i = 0; i < view.text_count; i++) {
		assert_true(view.text_bad[i]);
		assert_true(str_ends(view.text[i], "adapter"));
		assert_true(str_starts(view.text[i], "adapter"));
		str_cat(text, sizeof(text), i ? " " : "");
		str_cat(text, sizeof(text), view.text[i]);
	}
	assert_string_equal(text, whole);

	memset(&view, 0, sizeof(view)); /* no blank: between characters */
	str_copy(whole, sizeof(whole), "x");
	for (int i = 0; i < 100; i++)
		str_cat(whole, sizeof(whole), "é");
	flash_words_add(&view, false, "%s", whole);
	assert_int_equal(view.text_count, 2);
	assert_int_equal(strlen(view.text[0]), 159);
	assert_int_equal(strlen(view.text[1]), 201 - 159);
	whole[strlen(whole) - 2] = '\0'; /* and one place later */
	memmove(whole + 1, whole, strlen(whole) + 1);
	memset(&view, 0, sizeof(view));
	flash_words_add(&view, false, "%s", whole);
	assert_int_equal(strlen(view.text[0]), 158);

	memset(&view, 0, sizeof(view));
	flash_words_add(&view, false, "%s", "");
	assert_int_equal(view.text_count, 1);
	for (int i = 0; i < 20; i++)
		flash_words_add(&view, false, "%s", whole);
	assert_int_equal(view.text_count, 12);
}

static void flash_words_started__replaces__the_steps(void **state)
{
	struct flash_view view = {.state = FLASH_DONE};

	(void)state;
	flash_words_add(&view, false, "written in 10.8 s");
	flash_words_started(&view, "Tasmota 8.5.0"); /* no steps stand there */
	assert_int_equal(view.text_count, 1);
	flash_words_add(&view, false, "Now release the button,");
	flash_words_add(&view, false, "power off for 2 s and on again.");
	uint64_t before = view.revision;

	flash_words_started(&view, "Tasmota 8.5.0");
	assert_int_equal(view.text_count, 2);
	assert_string_equal(view.text[0], "written in 10.8 s");
	assert_string_equal(view.text[1], "It has started: Tasmota 8.5.0");
	assert_true(view.revision != before);
}

static void flash_words_started__keeps__what_failed(void **state)
{
	struct flash_view view = {.state = FLASH_FAILED};

	(void)state;
	flash_words_add(&view, true, "write failed");
	flash_words_add(&view, false, "Next: the same command again");
	flash_words_started(&view, "Tasmota 8.5.0");
	assert_int_equal(view.text_count, 2);
	assert_string_equal(view.text[1], "Next: the same command again");
}

static void flash_words_loader__says__it_did_not_start(void **state)
{
	struct flash_view view = {.state = FLASH_DONE};

	(void)state;
	flash_words_add(&view, false, "written in 10.8 s");
	flash_words_add(&view, false, "It was reset by RTS and starts by itself.");
	flash_words_loader(&view, false);
	assert_int_equal(view.text_count, 4);
	assert_string_equal(view.text[0], "written in 10.8 s");
	assert_string_equal(view.text[1], "Its boot loader has started, not the firmware.");
	assert_string_equal(view.text[2], "Now release the button,");
	flash_words_loader(&view, true);
	assert_int_equal(view.text_count, 5);
	assert_string_equal(view.text[2], "DTR holds GPIO0 low: /dtr off. Or the button:");
	flash_words_started(&view, "Tasmota 8.5.0");
	assert_int_equal(view.text_count, 2);
	view.state = FLASH_FAILED;
	flash_words_loader(&view, true);
	assert_int_equal(view.text_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flash_words_add__takes_more_lines__for_long_words),
	    cmocka_unit_test(flash_words_started__replaces__the_steps),
	    cmocka_unit_test(flash_words_started__keeps__what_failed),
	    cmocka_unit_test(flash_words_loader__says__it_did_not_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
