/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash engine's events where nobody takes them: bounded, and what must not be lost is there. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tasmite/proto/engine.h"

#define TEXT_MAX 65536u

static const char banner[] = "\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\n\r\n";

/* Listens at the ROM's rate. */
static struct engine *listening(void)
{
	struct engine_job job = {.kind = ENGINE_IDENTIFY, .app_baud = 115200};
	struct engine *e = engine_new(&job, 0);
	struct engine_action a;
	assert_non_null(e);
	while (engine_next(e, &a, 0))
		engine_done(e, 0, a.baud, 0);
	return e;
}

struct taken {
	size_t text, heard, all;
	enum engine_event_kind last;
	uint8_t first_byte;
};

static struct taken take(struct engine *e)
{
	struct taken t = {0};
	struct engine_event ev;
	while (engine_event(e, &ev)) {
		if (ev.kind == ENGINE_EV_TEXT && t.text == 0)
			t.first_byte = ev.text[0];
		t.text += ev.kind == ENGINE_EV_TEXT ? ev.n : 0;
		t.heard += ev.kind == ENGINE_EV_HEARD;
		t.last = ev.kind;
		t.all++;
	}
	return t;
}

static void events__text_not_taken__kept_up_to_its_room(void **state)
{
	(void)state;
	struct engine *e = listening();
	static uint8_t text[16384];
	memset(text, 'x', sizeof text);
	for (int i = 0; i < 6; i++)
		engine_rx(e, text, sizeof text, 1000 * i);
	struct taken t = take(e);
	assert_int_equal(t.text, TEXT_MAX);
	/* It has room again when all was taken. */
	engine_rx(e, (const uint8_t *)"again", 5, 10000);
	t = take(e);
	assert_int_equal(t.text, 5);
	assert_int_equal(t.first_byte, 'a');
	engine_free(e);
}

/* A board that restarts again and again, and a driver that is busy: the end is told all the same. */
static void events__many_not_taken__the_last_is_there(void **state)
{
	(void)state;
	struct engine *e = listening();
	for (int i = 0; i < 400; i++)
		engine_rx(e, (const uint8_t *)banner, sizeof banner - 1, 1000 * i);
	engine_port_lost(e, 500000);
	assert_int_equal(engine_failure(e)->cause, ENGINE_CAUSE_IO);
	struct taken t = take(e);
	assert_int_equal(t.last, ENGINE_EV_FAILED);
	assert_true(t.heard > 20 && t.heard < 400);
	assert_true(t.all <= 128);
	/* What was not kept is gone, and comes no more. */
	assert_int_equal(take(e).all, 0);
	engine_free(e);
}

/* An end is the end: nothing moves any more, whatever is fed. */
static void events__after_the_end__none(void **state)
{
	(void)state;
	struct engine *e = listening();
	struct engine_action a;
	engine_cancel(e, 1000);
	struct taken t = take(e);
	assert_int_equal(t.last, ENGINE_EV_CANCELLED);
	engine_rx(e, (const uint8_t *)banner, sizeof banner - 1, 2000);
	engine_tick(e, 60000000);
	engine_cancel(e, 60000000);
	engine_proceed(e, 60000000);
	engine_data(e, (const uint8_t *)banner, 4);
	engine_done(e, 0, 0, 60000000);
	engine_port_lost(e, 60000000);
	assert_false(engine_next(e, &a, 60000000));
	assert_int_equal(engine_deadline(e), MONO_NEVER);
	assert_int_equal(take(e).all, 0);
	assert_int_equal(engine_failure(e)->cause, ENGINE_CAUSE_NONE);
	engine_free(e);
}

static void names__are_there__stages_and_commands(void **state)
{
	(void)state;
	for (int i = 0; i < ENGINE_STAGES; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(engine_stage_name((enum engine_stage)i),
			    engine_stage_name((enum engine_stage)k));
	assert_string_equal(engine_stage_name(ENGINE_STAGES), "unknown");
	assert_string_equal(engine_command_name(0x02), "FLASH_BEGIN");
	assert_string_equal(engine_command_name(0x13), "SPI_FLASH_MD5");
	assert_string_equal(engine_command_name(0x41), "HELLO");
	/* None such. */
	assert_string_equal(engine_command_name(0x0C), "command");
	assert_string_equal(engine_command_name(0x30), "command");
	assert_string_equal(engine_command_name(0x7F), "request");
	assert_string_equal(engine_boot_pin(5), "GPIO9");
	assert_null(engine_boot_pin(4711));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(events__text_not_taken__kept_up_to_its_room),
	    cmocka_unit_test(events__many_not_taken__the_last_is_there),
	    cmocka_unit_test(events__after_the_end__none),
	    cmocka_unit_test(names__are_there__stages_and_commands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
