/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cases of bad answers; see rigrows.h. */
#include "rigrows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

uint8_t row_image[ROW_IMAGE], row_before[ROW_FLASH];

void row_fill(void)
{
	rig_fill(row_image, sizeof row_image, 77);
	rig_fill(row_before, sizeof row_before, 9);
}

struct rig_config row_config(const struct rig_row *row, enum engine_kind kind, uint32_t n)
{
	struct rig_config c = {.button = true, .seed = 3, .data = {row_image}};
	bool family = row->chip > SIM_ESP8285;
	c.stub = family; /* whose ROM does what a stub does */
	c.link.device.chip = row->chip;
	c.link.device.flash_size = ROW_FLASH;
	c.link.usb_latency_us = 1000;
	c.job.kind = kind;
	c.job.part_count = n > 0;
	c.job.parts[0].length = n;
	c.job.parts[0].offset = kind == ENGINE_FLASH && family ? 0x10000 : 0;
	c.job.app_baud = 115200;
	memcpy(c.rule, row->rule, sizeof row->rule);
	return c;
}

void row_begin(struct rig *r, const struct rig_config *c)
{
	rig_init(r, c);
	sim_flash_load(rig_flash(r), 0, row_before, sizeof row_before);
}

void row_begin_usb(struct rig *r, const struct rig_config *c)
{
	struct rig_config powered = *c;
	powered.no_power = true;
	row_begin(r, &powered);
	sim_link_power(r->link, true, 0);
	r->now = 700000;
	sim_link_advance(r->link, r->now);
}

void row_finish(struct rig *r, const struct rig_row *row, size_t i)
{
	bool ended = rig_run(r, 20 * ROW_MIN), good = row->cause == ENGINE_CAUSE_NONE;
	const struct engine_failure *f = engine_failure(r->e);
	const struct rig_rule *first = &r->cfg.rule[0];
	bool met = first->op == 0 || r->seen[0] >= (first->from ? first->from : 1);
	if (!ended || !met || f->cause != row->cause || f->command != (good ? 0 : row->command))
		print_message(
		    "row %zu: ended %d, kind %d, cause %d in %s (%s, %02x), at %s, %u seen\n", i,
		    ended, (int)r->end, (int)f->cause, engine_stage_name(f->stage),
		    engine_command_name(f->command), f->code, engine_state_name(r->e), r->seen[0]);
	assert_true(ended && met);
	assert_int_equal(r->end, good ? ENGINE_EV_DONE : ENGINE_EV_FAILED);
	assert_int_equal(f->cause, row->cause);
	if (row->name)
		assert_string_equal(engine_chip_info(r->e)->name, row->name);
	if (good)
		return;
	assert_int_equal(f->command, row->command);
	assert_int_equal(f->code, row->code);
	/* SYNC found it each time. */
	assert_true(f->still_connected);
}

bool row_kept(struct rig *r, uint32_t from, uint32_t to)
{
	return rig_flash_is(r, from, row_before + from, to - from);
}
