/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The question before anything is lost. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/app/flash_task.h"

static bool says(const struct session_ask *ask, const char *words)
{
	for (int i = 0; i < ask->text_count; i++)
		if (strstr(ask->text[i], words))
			return true;
	return false;
}

static void flash_request_question__tells__of_the_settings(void **state)
{
	struct session_ask ask;
	struct flash_request r;

	(void)state;
	flash_request_init(&r, ENGINE_FLASH);
	r.file_count = 1;
	r.files[0].info.kind = IMAGE_ESP8266;
	flash_request_question(&r, NULL, &ask);
	assert_true(says(&ask, "The settings stay"));
	assert_false(says(&ask, "all its settings"));
	/* a copy of a whole flash goes over them */
	r.files[0].info.kind = IMAGE_ESP8266_BACKUP;
	flash_request_question(&r, NULL, &ask);
	assert_false(says(&ask, "The settings stay"));
	assert_true(says(&ask, "all its settings"));
	r.files[0].info.kind = IMAGE_ESP8266;
	r.erase_all = true;
	flash_request_question(&r, NULL, &ask);
	assert_false(says(&ask, "The settings stay"));
	assert_true(says(&ask, "all its settings"));
	flash_request_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flash_request_question__tells__of_the_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
