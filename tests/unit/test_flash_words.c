/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words at the end of a flash. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/app/flash_words.h"

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
	    cmocka_unit_test(flash_words_started__replaces__the_steps),
	    cmocka_unit_test(flash_words_started__keeps__what_failed),
	    cmocka_unit_test(flash_words_loader__says__it_did_not_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
