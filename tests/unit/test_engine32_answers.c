/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine and an ESP32 at work: every answer of its loader refused, lost, late, empty or
 * wrong, once and for ever. Once is gone through, for ever ends, with the cause and the command
 * named; what was not to be changed is as before.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "rigrows.h"

#define MAGIC_REG 0x40001000u

static struct rig rig;

static struct rig_config config(const struct rig_row *row, enum engine_kind kind, uint32_t n)
{
	struct rig_row r = *row;
	r.chip = row->chip ? row->chip : SIM_ESP32C3;
	return row_config(&r, kind, n);
}

/* ---- the rate -------------------------------------------------------------------------------------- */
static void baud__bad_answers__slower_or_as_before(void **state)
{
	(void)state;
	static const struct {
		struct rig_rule rule;
		uint32_t rate;
		bool secure;
	} cases[] = {
	    {{RIG_DENY, OP_BAUD, 0, 1, 1, 5}, 115200, false},
	    {{RIG_MISS, OP_BAUD, 0, 1, 1, 0}, 460800, false},
	    {{RIG_LOSE, OP_BAUD, 0, 1, 1, 0}, 460800, false},
	    {{RIG_MISS, OP_BAUD, 0, 1, 3, 0}, 115200, false},
	    /* the registers that are read for a trial: the magic, which was read twice before */
	    {{RIG_VALUE, OP_READ, MAGIC_REG, 3, 4, 7}, 921600, false},
	    {{RIG_REFUSE, OP_READ, MAGIC_REG, 6, 1, 7}, 921600, false},
	    {{RIG_LOSE, OP_READ, MAGIC_REG, 3, 1, 0}, 921600, false},
	    {{RIG_VALUE, OP_READ, MAGIC_REG, 3, 8, 7}, 460800, false},
	    {{RIG_LOSE, OP_READ, MAGIC_REG, 3, 8, 0}, 460800, false},
	    /* secure download mode: the security info, which was asked for once */
	    {{RIG_REFUSE, OP_SECURITY, 0, 2, 1, 5}, 921600, true},
	    {{RIG_LOSE, OP_SECURITY, 0, 2, 1, 0}, 921600, true},
	    {{RIG_REFUSE, OP_SECURITY, 0, 2, 2, 5}, 460800, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_row row = {.cause = ENGINE_CAUSE_NONE};
		row.rule[0] = cases[i].rule;
		struct rig_config c = config(&row, ENGINE_FLASH, ROW_IMAGE);
		c.link.device.secure_download = cases[i].secure;
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		const struct engine_event *ev = rig_last(&rig, ENGINE_EV_BAUD);
		assert_int_equal(ev->value, cases[i].rate);
		assert_int_equal(ev->ok, cases[i].rate == 921600);
		assert_true(rig_flash_is(&rig, 0x10000, row_image, ROW_IMAGE));
		rig_fini(&rig);
	}
}

/* The answers of a trial go on coming at the old rate: the chip does not change, and says that it
 * has. */
static void baud__chip_that_only_says_so__found_again(void **state)
{
	(void)state;
	const struct rig_row row = {.rule = {{RIG_LOSE, OP_READ, MAGIC_REG, 3, 0, 0}}};
	struct rig_config c = config(&row, ENGINE_FLASH, ROW_IMAGE);
	row_begin(&rig, &c);
	row_finish(&rig, &row, 0);
	/* No rate carried an answer: the first one is left. */
	assert_int_equal(rig_last(&rig, ENGINE_EV_BAUD)->value, 115200);
	assert_true(rig_flash_is(&rig, 0x10000, row_image, ROW_IMAGE));
	rig_fini(&rig);
}

static void home__rate_that_stays__done_all_the_same(void **state)
{
	(void)state;
	static const struct rig_rule rules[] = {
	    {RIG_DENY, OP_BAUD, 0, 2, 0, 5}, {RIG_LOSE, OP_BAUD, 0, 2, 0, 0}};
	for (size_t i = 0; i < 2; i++) {
		struct rig_row row = {.cause = ENGINE_CAUSE_NONE};
		row.rule[0] = rules[i];
		struct rig_config c = config(&row, ENGINE_FLASH, ROW_IMAGE);
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		assert_int_equal(engine_baud(rig.e), 921600);
		assert_true(rig_flash_is(&rig, 0x10000, row_image, ROW_IMAGE));
		rig_fini(&rig);
	}
}

/* ---- comparing --------------------------------------------------------------------------------------- */
static void compare__bad_answers__asked_again_or_named(void **state)
{
	(void)state;
	static const struct rig_row rows[] = {
	    {.rule = {{RIG_REFUSE, OP_MD5, 0, 1, 2, 6}}},
	    {.rule = {{RIG_REFUSE, OP_MD5, 0, 1, 0, 6}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_MD5,
		.code = 6},
	    {.rule = {{RIG_EMPTY, OP_MD5, 0, 1, 2, 0}}},
	    {.rule = {{RIG_EMPTY, OP_MD5, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_MD5},
	    /* no hexadecimal number: a byte before, between and behind the digits */
	    {.rule = {{RIG_BYTE, OP_MD5, 0, 1, 1, 0 << 8 | '/'}}},
	    {.rule = {{RIG_BYTE, OP_MD5, 0, 1, 1, 1 << 8 | ':'}}},
	    {.rule = {{RIG_BYTE, OP_MD5, 0, 1, 1, 31 << 8 | '@'}}},
	    {.rule = {{RIG_BYTE, OP_MD5, 0, 1, 1, 30 << 8 | 'G'}}},
	    {.rule = {{RIG_BYTE, OP_MD5, 0, 1, 1, 30 << 8 | '`'}}},
	    {.rule = {{RIG_BYTE, OP_MD5, 0, 1, 0, 31 << 8 | 'g'}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_MD5},
	    {.rule = {{RIG_CAPITAL, OP_MD5, 0, 1, 0, 0}}},
	    {.rule = {{RIG_LOSE, OP_MD5, 0, 1, 4, 0}}},
	    {.rule = {{RIG_LATE, OP_MD5, 0, 1, 1, 700000}}},
	    {.rule = {{RIG_LOSE, OP_MD5, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_MD5},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig_config c = config(&rows[i], ENGINE_FLASH, ROW_IMAGE);
		row_begin(&rig, &c);
		sim_flash_load(rig_flash(&rig), 0x10000, row_image, ROW_IMAGE);
		row_finish(&rig, &rows[i], i);
		/* The same is there: nothing is to be written, whatever was misheard. */
		if (rows[i].cause == ENGINE_CAUSE_NONE)
			assert_int_equal(rig_last(&rig, ENGINE_EV_PLAN)->done, 0);
		assert_false(engine_failure(rig.e)->flash_touched);
		assert_true(rig_flash_is(&rig, 0x10000, row_image, ROW_IMAGE) &&
			    row_kept(&rig, 0, 0x10000));
		rig_fini(&rig);
	}
}

/* A digest that is misheard as another one: too much is written, not too little. */
static void compare__wrong_digest__writes_too_much(void **state)
{
	(void)state;
	const struct rig_row row = {.rule = {{RIG_OTHER, OP_MD5, 0, 1, 3, 0}}};
	struct rig_config c = config(&row, ENGINE_FLASH, ROW_IMAGE);
	row_begin(&rig, &c);
	sim_flash_load(rig_flash(&rig), 0x10000, row_image, ROW_IMAGE);
	row_finish(&rig, &row, 0);
	/* The piece, and two of its sectors. */
	assert_int_equal(rig_last(&rig, ENGINE_EV_PLAN)->done, 0x2000);
	assert_true(rig_flash_is(&rig, 0x10000, row_image, ROW_IMAGE));
	rig_fini(&rig);
}

/* ---- writing ------------------------------------------------------------------------------------------ */
static void write__bad_answers__gone_through_or_named(void **state)
{
	(void)state;
	static const struct rig_row rows[] = {
	    {.rule = {{RIG_REFUSE, OP_PARAMS, 0, 1, 2, 5}}},
	    {.rule = {{RIG_LOSE, OP_PARAMS, 0, 1, 1, 0}}},
	    /* a loader that was started anew knows of no flash */
	    {.rule = {{RIG_DENY, OP_DEFL, 0, 1, 1, 6}}},
	    {.rule = {{RIG_DENY, OP_DEFL, 0, 1, 3, 6}}},
	    {.rule = {{RIG_DENY, OP_DEFL, 0, 1, 0, 6}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_DEFL,
		.code = 6},
	    {.rule = {{RIG_DENY, OP_DEFL, 0, 1, 1, 6}, {RIG_REFUSE, OP_ATTACH, 0, 2, 0, 1}},
		.cause = ENGINE_CAUSE_NO_FLASH,
		.command = OP_ATTACH,
		.code = 1},
	    {.rule = {{RIG_DENY, OP_DEFL, 0, 1, 1, 6}, {RIG_REFUSE, OP_PARAMS, 0, 2, 0, 5}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_PARAMS,
		.code = 5},
	    /* blocks of that size, perhaps */
	    {.rule = {{RIG_DENY, OP_DEFL, 0, 1, 2, 1}}},
	    {.rule = {{RIG_DENY, OP_DEFL, 0, 1, 0, 1}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_DEFL,
		.code = 1},
	    {.rule = {{RIG_LOSE, OP_DEFL, 0, 1, 1, 0}}},
	    {.rule = {{RIG_MISS, OP_DEFL, 0, 1, 1, 0}}},
	    {.rule = {{RIG_LATE, OP_DEFL, 0, 1, 1, 4000000}}},
	    {.rule = {{RIG_LOSE, OP_DEFL, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_DEFL},
	    /* blocks */
	    {.rule = {{RIG_DAMAGE, OP_PACKED, 0, 1, 1, 0}}},
	    {.rule = {{RIG_DAMAGE, OP_PACKED, 0, 2, 4, 0}}},
	    {.rule = {{RIG_DAMAGE, OP_PACKED, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_CHECKSUM,
		.command = OP_PACKED,
		.code = 7},
	    {.rule = {{RIG_REFUSE, OP_PACKED, 0, 1, 1, 7}}},
	    {.rule = {{RIG_REFUSE, OP_PACKED, 0, 1, 1, 5}}},
	    {.rule = {{RIG_REFUSE, OP_PACKED, 0, 1, 0, 5}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_PACKED,
		.code = 5},
	    {.rule = {{RIG_REFUSE, OP_PACKED, 0, 1, 1, 8}}},
	    {.rule = {{RIG_REFUSE, OP_PACKED, 0, 1, 0, 8}},
		.cause = ENGINE_CAUSE_READBACK,
		.command = OP_PACKED,
		.code = 8},
	    {.rule = {{RIG_LOSE, OP_PACKED, 0, 1, 1, 0}}},
	    {.rule = {{RIG_MISS, OP_PACKED, 0, 1, 1, 0}}},
	    {.rule = {{RIG_LOSE, OP_PACKED, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_PACKED},
	    /* the first chunk's proof */
	    {.rule = {{RIG_REFUSE, OP_MD5, 0, 1, 2, 6}}},
	    {.rule = {{RIG_REFUSE, OP_MD5, 0, 1, 0, 6}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_MD5,
		.code = 6},
	    {.rule = {{RIG_OTHER, OP_MD5, 0, 1, 1, 0}}},
	    {.rule = {{RIG_LOSE, OP_MD5, 0, 1, 1, 0}}},
	    {.rule = {{RIG_OTHER, OP_MD5, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_WORN,
		.command = OP_MD5},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig_config c = config(&rows[i], ENGINE_FLASH, ROW_IMAGE);
		c.job.full = true; /* nothing is compared before */
		c.cut = (enum rig_cut)(i % 3);
		row_begin(&rig, &c);
		row_finish(&rig, &rows[i], i);
		bool good = rows[i].cause == ENGINE_CAUSE_NONE;
		if (good)
			assert_true(rig_flash_is(&rig, 0x10000, row_image, ROW_IMAGE));
		assert_true(engine_failure(rig.e)->flash_touched);
		assert_true(row_kept(&rig, 0, 0x10000) && row_kept(&rig, 0x15000, ROW_FLASH));
		rig_fini(&rig);
	}
}

/* Without the flash's size told nothing is begun. */
static void write__size_refused__nothing_touched(void **state)
{
	(void)state;
	const struct rig_row row = {.rule = {{RIG_REFUSE, OP_PARAMS, 0, 1, 0, 5}},
	    .cause = ENGINE_CAUSE_REFUSED,
	    .command = OP_PARAMS,
	    .code = 5};
	struct rig_config c = config(&row, ENGINE_FLASH, ROW_IMAGE);
	row_begin(&rig, &c);
	row_finish(&rig, &row, 0);
	assert_int_equal(rig.seen[0], 3);
	assert_false(engine_failure(rig.e)->flash_touched);
	assert_true(row_kept(&rig, 0, ROW_FLASH));
	rig_fini(&rig);
}

/* The only block's answer is lost: the flash's MD5 tells that it arrived, and it is not sent again. */
static void write__last_answer_lost__proven_instead(void **state)
{
	(void)state;
	const struct rig_row row = {.rule = {{RIG_LOSE, OP_PACKED, 0, 1, 1, 0}}};
	struct rig_config c = config(&row, ENGINE_FLASH, 1000);
	c.job.full = true;
	row_begin(&rig, &c);
	row_finish(&rig, &row, 0);
	assert_int_equal(rig.commands[OP_PACKED], 1);
	assert_int_equal(rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_SEQUENCE), 0);
	assert_int_equal(rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_TIMEOUT), 1);
	assert_true(rig_flash_is(&rig, 0x10000, row_image, 1000));
	rig_fini(&rig);
}

/* ... where nothing can be proven it is. */
static void write__last_answer_lost__sent_again_in_secure_mode(void **state)
{
	(void)state;
	const struct rig_row row = {.rule = {{RIG_LOSE, OP_DATA, 0, 4, 1, 0}}};
	struct rig_config c = config(&row, ENGINE_FLASH, 1000);
	c.link.device.secure_download = true;
	row_begin(&rig, &c);
	row_finish(&rig, &row, 0);
	/* A sector in four blocks, twice. */
	assert_int_equal(rig.commands[OP_DATA], 8);
	assert_int_equal(rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_SEQUENCE), 1);
	assert_true(rig_flash_is(&rig, 0x10000, row_image, 1000));
	rig_fini(&rig);
}

/* Packed data that it can't unpack, twice: plain from then on. */
static void write__can_not_be_unpacked__plain(void **state)
{
	(void)state;
	for (uint32_t code = 0x0B; code <= 0x0D; code++) {
		const struct rig_row row = {.rule = {{RIG_REFUSE, OP_PACKED, 0, 1, 2, code}}};
		struct rig_config c = config(&row, ENGINE_FLASH, ROW_IMAGE);
		c.job.full = true;
		row_begin(&rig, &c);
		row_finish(&rig, &row, code);
		assert_int_equal(rig.commands[OP_PACKED], 2);
		assert_true(rig.commands[OP_DATA] > 0);
		assert_true(rig_flash_is(&rig, 0x10000, row_image, ROW_IMAGE));
		rig_fini(&rig);
	}
}

/* ---- verifying ---------------------------------------------------------------------------------------- */
static void verify__bad_answers__asked_again_or_named(void **state)
{
	(void)state;
	static const struct rig_row rows[] = {
	    {.rule = {{RIG_REFUSE, OP_MD5, 0, 1, 2, 6}}},
	    {.rule = {{RIG_REFUSE, OP_MD5, 0, 1, 0, 6}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_MD5,
		.code = 6},
	    /* the piece is misheard: its sectors are right, and it is asked for again */
	    {.rule = {{RIG_OTHER, OP_MD5, 0, 1, 1, 0}}},
	    {.rule = {{RIG_OTHER, OP_MD5, 0, 1, 1, 0}, {RIG_REFUSE, OP_MD5, 0, 1, 2, 6}}},
	    {.rule = {{RIG_OTHER, OP_MD5, 0, 1, 1, 0}, {RIG_REFUSE, OP_MD5, 0, 1, 0, 6}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_MD5,
		.code = 6},
	    {.rule = {{RIG_OTHER, OP_MD5, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_VERIFY,
		.command = OP_MD5},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig_config c = config(&rows[i], ENGINE_VERIFY, ROW_IMAGE);
		struct engine_part area;
		row_begin(&rig, &c);
		sim_flash_load(rig_flash(&rig), 0, row_image, ROW_IMAGE);
		row_finish(&rig, &rows[i], i);
		bool differs = rows[i].cause == ENGINE_CAUSE_VERIFY;
		assert_int_equal(engine_mismatches(rig.e, &area, 1), differs);
		assert_false(engine_failure(rig.e)->flash_touched);
		rig_fini(&rig);
	}
}

/* A flash that reads differently each time: all of it is named. Pieces differ, their sectors don't. */
static void verify__never_the_same__all_of_it_named(void **state)
{
	(void)state;
	/* Each piece's digest, the first of six. */
	const struct rig_row row = {
	    .rule = {{RIG_OTHER, OP_MD5, 0, 1, 1, 0}, {RIG_OTHER, OP_MD5, 0, 6, 1, 0}},
	    .cause = ENGINE_CAUSE_VERIFY,
	    .command = OP_MD5};
	struct rig_config c = config(&row, ENGINE_VERIFY, ROW_IMAGE);
	struct engine_part area;
	c.rule[2] = (struct rig_rule){RIG_OTHER, OP_MD5, 0, 11, 1, 0};
	row_begin(&rig, &c);
	sim_flash_load(rig_flash(&rig), 0, row_image, ROW_IMAGE);
	row_finish(&rig, &row, 0);
	assert_int_equal(engine_mismatches(rig.e, &area, 1), 1);
	assert_int_equal(area.offset, 0);
	assert_int_equal(area.length, 0x5000);
	rig_fini(&rig);
}

/* ---- reading ------------------------------------------------------------------------------------------- */
static void read__bad_answers__byte_exact_or_named(void **state)
{
	(void)state;
	static const struct rig_row rows[] = {
	    {.rule = {{RIG_REFUSE, OP_SLOW, 0, 1, 1, 9}}},
	    {.rule = {{RIG_REFUSE, OP_SLOW, 0, 6, 1, 9}}},
	    {.rule = {{RIG_REFUSE, OP_SLOW, 0, 1, 0, 9}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_SLOW,
		.code = 9},
	    {.rule = {{RIG_EMPTY, OP_SLOW, 0, 2, 1, 0}}},
	    {.rule = {{RIG_EMPTY, OP_SLOW, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_SLOW},
	    {.rule = {{RIG_LOSE, OP_SLOW, 0, 2, 1, 0}}},
	    {.rule = {{RIG_LOSE, OP_SLOW, 0, 4, 1, 0}}},
	    {.rule = {{RIG_MISS, OP_SLOW, 0, 3, 1, 0}}},
	    {.rule = {{RIG_LATE, OP_SLOW, 0, 3, 1, 500000}}},
	    {.rule = {{RIG_LOSE, OP_SLOW, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_SLOW},
	    {.rule = {{RIG_OTHER, OP_SLOW, 0, 5, 1, 0}}},
	    {.rule = {{RIG_OTHER, OP_SLOW, 0, 5, 0, 0}},
		.cause = ENGINE_CAUSE_CHECKSUM,
		.command = OP_MD5},
	    {.rule = {{RIG_REFUSE, OP_MD5, 0, 1, 2, 6}}},
	    {.rule = {{RIG_REFUSE, OP_MD5, 0, 1, 0, 6}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_MD5,
		.code = 6},
	    {.rule = {{RIG_OTHER, OP_MD5, 0, 1, 1, 0}}},
	    {.rule = {{RIG_LOSE, OP_MD5, 0, 1, 1, 0}}},
	    {.rule = {{RIG_OTHER, OP_MD5, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_CHECKSUM,
		.command = OP_MD5},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig_config c = config(&rows[i], ENGINE_READ, 3001);
		c.job.parts[0].offset = 0x5000;
		c.cut = (enum rig_cut)(i % 3);
		row_begin(&rig, &c);
		row_finish(&rig, &rows[i], i);
		if (rows[i].cause == ENGINE_CAUSE_NONE) {
			assert_int_equal(rig.taken_n, 3001);
			assert_memory_equal(rig.taken, row_before + 0x5000, 3001);
		} else {
			assert_int_equal(rig.taken_n, 0);
		}
		assert_true(row_kept(&rig, 0, ROW_FLASH));
		rig_fini(&rig);
	}
}

/* ---- erasing -------------------------------------------------------------------------------------------- */
static void erase__bad_answers__again_or_named(void **state)
{
	(void)state;
	static const struct rig_row rows[] = {
	    {.rule = {{RIG_DENY, OP_BEGIN, 0, 1, 2, 6}}},
	    {.rule = {{RIG_DENY, OP_BEGIN, 0, 1, 0, 6}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_BEGIN,
		.code = 6},
	    {.rule = {{RIG_LOSE, OP_BEGIN, 0, 1, 1, 0}}},
	    {.rule = {{RIG_MISS, OP_BEGIN, 0, 1, 1, 0}}},
	    {.rule = {{RIG_LOSE, OP_BEGIN, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_BEGIN},
	};
	static uint8_t blank[0x3000];
	memset(blank, 0xFF, sizeof blank);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig_config c = config(&rows[i], ENGINE_ERASE, 0x3000);
		c.job.parts[0].offset = 0x9000;
		row_begin(&rig, &c);
		row_finish(&rig, &rows[i], i);
		if (rows[i].cause == ENGINE_CAUSE_NONE)
			assert_true(rig_flash_is(&rig, 0x9000, blank, sizeof blank));
		assert_int_equal(engine_failure(rig.e)->erased_from, 0x9000);
		assert_int_equal(engine_failure(rig.e)->erased_to, 0xC000);
		assert_true(row_kept(&rig, 0, 0x9000) && row_kept(&rig, 0xC000, ROW_FLASH));
		rig_fini(&rig);
	}
}

/* ---- the end -------------------------------------------------------------------------------------------- */
/* By USB without lines: the wish for the loader is taken back, then its watchdog restarts it. What
 * of that fails, fails nothing. */
static void usb_end__bad_answers__done_all_the_same(void **state)
{
	(void)state;
	static const struct {
		struct rig_rule rule;
		bool said, loader; /* that it restarts; where it is then */
	} cases[] = {
	    {{RIG_LATE, OP_WRITE, 0x6000812C, 1, 1, 1000}, true, false},
	    {{RIG_REFUSE, OP_WRITE, 0x6000812C, 1, 0, 5}, true, false},
	    {{RIG_LOSE, OP_WRITE, 0x6000812C, 1, 0, 0}, true, false},
	    /* the first silences the watchdogs */
	    {{RIG_DENY, OP_WRITE, 0x600080B0, 2, 0, 5}, false, true},
	    {{RIG_MISS, OP_WRITE, 0x600080B0, 2, 0, 0}, false, true},
	    /* it does not say so, but its port goes with it */
	    {{RIG_LOSE, OP_WRITE, 0x600080B0, 2, 0, 0}, false, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_row row = {.chip = SIM_ESP32S3};
		row.rule[0] = cases[i].rule;
		struct rig_config c = config(&row, ENGINE_FLASH, ROW_IMAGE);
		c.link.device.usb_jtag = true;
		c.link.device.usb_stays = true;
		c.job.usb_jtag = true;
		c.job.connected = true;
		c.job.connected_baud = 115200;
		row_begin_usb(&rig, &c);
		row_finish(&rig, &row, i);
		assert_true(rig_flash_is(&rig, 0x10000, row_image, ROW_IMAGE));
		if (engine_in_loader(rig.e) != cases[i].loader)
			print_message("case %zu\n", i);
		assert_int_equal(engine_by_watchdog(rig.e), cases[i].said);
		assert_int_equal(engine_in_loader(rig.e), cases[i].loader);
		rig_fini(&rig);
	}
}

/* The file can't be read any more: while it is digested, and while it is written. */
static void driver__no_data__ends_connected(void **state)
{
	(void)state;
	static const unsigned asked[] = {1, 5, 6, 9};
	for (size_t i = 0; i < 4; i++) {
		const struct rig_row row = {.cause = ENGINE_CAUSE_DATA};
		struct rig_config c = config(&row, ENGINE_FLASH, ROW_IMAGE);
		c.no_data = asked[i];
		row_begin(&rig, &c);
		assert_true(rig_run(&rig, ROW_MIN));
		assert_int_equal(rig.end, ENGINE_EV_FAILED);
		assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_DATA);
		assert_true(engine_failure(rig.e)->still_connected);
		/* Five sectors are digested first. */
		assert_int_equal(engine_failure(rig.e)->flash_touched, asked[i] > 5);
		assert_true(row_kept(&rig, 0, 0x10000) && row_kept(&rig, 0x15000, ROW_FLASH));
		rig_fini(&rig);
	}
}

/* It took a rate at which neither hears the other, and can't be told to return: where there are lines
 * a reset brings it back, and the rate stays as it is then. */
static void baud__out_of_reach__reset_by_the_lines(void **state)
{
	(void)state;
	const struct rig_row row = {.cause = ENGINE_CAUSE_NONE};
	struct rig_config c = config(&row, ENGINE_FLASH, ROW_IMAGE);
	c.button = false;
	c.link.device.lines = true;
	c.job.has_lines = true;
	c.broken_above = 200000;
	row_begin(&rig, &c);
	row_finish(&rig, &row, 0);
	assert_true(rig_flash_is(&rig, 0x10000, row_image, ROW_IMAGE));
	assert_true(rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_SLOWER) > 0);
	/* Into the loader twice, and out of it once. */
	assert_true(rig_count(&rig, ENGINE_EV_RESET, -1) >= 5);
	assert_int_equal(engine_baud(rig.e), 115200);
	assert_false(engine_in_loader(rig.e));
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(baud__bad_answers__slower_or_as_before),
	    cmocka_unit_test(baud__chip_that_only_says_so__found_again),
	    cmocka_unit_test(home__rate_that_stays__done_all_the_same),
	    cmocka_unit_test(compare__bad_answers__asked_again_or_named),
	    cmocka_unit_test(compare__wrong_digest__writes_too_much),
	    cmocka_unit_test(write__bad_answers__gone_through_or_named),
	    cmocka_unit_test(write__size_refused__nothing_touched),
	    cmocka_unit_test(write__last_answer_lost__proven_instead),
	    cmocka_unit_test(write__last_answer_lost__sent_again_in_secure_mode),
	    cmocka_unit_test(write__can_not_be_unpacked__plain),
	    cmocka_unit_test(verify__bad_answers__asked_again_or_named),
	    cmocka_unit_test(verify__never_the_same__all_of_it_named),
	    cmocka_unit_test(read__bad_answers__byte_exact_or_named),
	    cmocka_unit_test(erase__bad_answers__again_or_named),
	    cmocka_unit_test(usb_end__bad_answers__done_all_the_same),
	    cmocka_unit_test(driver__no_data__ends_connected),
	    cmocka_unit_test(baud__out_of_reach__reset_by_the_lines),
	};
	row_fill();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
