/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine and the ESP8266's ROM: answers refused, lost, late or wrong, once and for ever.
 * Once is gone through, for ever ends, with the cause and the command named, or is done without.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "rigrows.h"

#define MAGIC_REG  0x40001000u
#define EFUSE_REG  0x3FF00050u
#define CLKDIV_REG 0x60000014u
#define CMD_REG	   0x60000200u
#define ADDR_REG   0x60000204u
#define STATUS_REG 0x60000210u
#define USER_REG   0x6000021Cu
#define W0_REG	   0x60000240u

static struct rig rig;

/* ---- who it is ----------------------------------------------------------------------------------- */
static void identify__bad_answers__asked_again_or_named(void **state)
{
	(void)state;
	static const struct rig_row rows[] = {
	    /* twelve questions at once; where one goes wrong each is asked for itself */
	    {.rule = {{RIG_REFUSE, OP_READ, MAGIC_REG, 1, 1, 5}}, .name = "ESP8266EX"},
	    {.rule = {{RIG_REFUSE, OP_READ, MAGIC_REG, 1, 4, 5}}, .name = "ESP8266EX"},
	    {.rule = {{RIG_REFUSE, OP_READ, MAGIC_REG, 1, 0, 5}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_READ,
		.code = 5},
	    {.rule = {{RIG_VALUE, OP_READ, EFUSE_REG, 2, 1, 7}}, .name = "ESP8266EX"},
	    {.rule = {{RIG_LOSE, OP_READ, EFUSE_REG, 2, 1, 0}}, .name = "ESP8266EX"},
	    {.rule = {{RIG_MISS, OP_READ, CLKDIV_REG, 2, 2, 0}}, .name = "ESP8266EX"},
	    {.rule = {{RIG_COUNTS, OP_READ, EFUSE_REG, 1, 0, 7}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_READ},
	    {.rule = {{RIG_LOSE, OP_READ, EFUSE_REG, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_READ},
	    {.rule = {{RIG_VALUE, OP_READ, MAGIC_REG, 1, 0, 0x000007C6}},
		.cause = ENGINE_CAUSE_NOT_8266,
		.command = OP_READ,
		.name = "ESP32-S2"},
	    {.rule = {{RIG_VALUE, OP_READ, MAGIC_REG, 1, 0, 0x12345678}},
		.cause = ENGINE_CAUSE_NOT_8266,
		.command = OP_READ,
		.name = "unknown chip"},
	    /* the flash's pins */
	    {.rule = {{RIG_REFUSE, OP_BEGIN, 0, 1, 2, 6}}},
	    {.rule = {{RIG_REFUSE, OP_BEGIN, 0, 1, 0, 6}},
		.cause = ENGINE_CAUSE_NO_FLASH,
		.command = OP_BEGIN,
		.code = 6},
	    {.rule = {{RIG_LOSE, OP_BEGIN, 0, 1, 1, 0}}},
	    {.rule = {{RIG_LOSE, OP_BEGIN, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_BEGIN},
	    /* its id: four questions and four readings at once, then one by one */
	    {.rule = {{RIG_REFUSE, OP_WRITE, W0_REG, 1, 1, 5}}},
	    {.rule = {{RIG_REFUSE, OP_WRITE, W0_REG, 1, 0, 5}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_WRITE,
		.code = 5},
	    {.rule = {{RIG_REFUSE, OP_READ, W0_REG, 1, 3, 5}}},
	    {.rule = {{RIG_REFUSE, OP_READ, W0_REG, 1, 0, 5}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_READ,
		.code = 5},
	    {.rule = {{RIG_VALUE, OP_READ, W0_REG, 2, 2, 9}}},
	    {.rule = {{RIG_COUNTS, OP_READ, W0_REG, 1, 0, 9}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_READ},
	    {.rule = {{RIG_VALUE, OP_READ, W0_REG, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_FLASH,
		.command = OP_READ},
	    {.rule = {{RIG_VALUE, OP_READ, W0_REG, 1, 0, 0xFFFFFF}},
		.cause = ENGINE_CAUSE_NO_FLASH,
		.command = OP_READ},
	    {.rule = {{RIG_LOSE, OP_READ, W0_REG, 1, 6, 0}}},
	    {.rule = {{RIG_LOSE, OP_READ, W0_REG, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_READ},
	    {.rule = {{RIG_VALUE, OP_READ, STATUS_REG, 2, 1, 0x40}}},
	    {.rule = {{RIG_LOSE, OP_READ, STATUS_REG, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_READ},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig_config c = row_config(&rows[i], ENGINE_IDENTIFY, 0);
		row_begin(&rig, &c);
		row_finish(&rig, &rows[i], i);
		const struct engine_chip *chip = engine_chip_info(rig.e);
		assert_int_equal(chip->known, rows[i].cause == ENGINE_CAUSE_NONE);
		if (chip->known) {
			assert_int_equal(chip->flash_size, ROW_FLASH);
			assert_int_equal(chip->crystal_khz, 26000);
			assert_int_equal(chip->flash_status, 0);
		}
		assert_true(row_kept(&rig, 0, ROW_FLASH));
		rig_fini(&rig);
	}
}

/* ---- the job against the chip ----------------------------------------------------------------------- */
/* Protect bits that stay, a size that is not told: named before anything is touched. */
static void job__does_not_fit__named_before_anything(void **state)
{
	(void)state;
	static const struct {
		struct rig_rule rule;
		enum engine_kind kind;
		uint32_t at, n;
		enum engine_cause cause;
	} cases[] = {
	    {{RIG_VALUE, OP_READ, STATUS_REG, 1, 0, 0x1C}, ENGINE_FLASH, 0, 5000,
		ENGINE_CAUSE_PROTECTED},
	    {{RIG_VALUE, OP_READ, STATUS_REG, 1, 0, 0x04}, ENGINE_ERASE, 0, 0x1000,
		ENGINE_CAUSE_PROTECTED},
	    /* an id that tells no size: as far as any ROM reaches, and not the whole */
	    {{RIG_VALUE, OP_READ, W0_REG, 1, 0, 0x0040EF}, ENGINE_ERASE, 0, 0,
		ENGINE_CAUSE_SIZE_UNKNOWN},
	    {{RIG_VALUE, OP_READ, W0_REG, 1, 0, 0x0040EF}, ENGINE_ERASE, 4u << 20, 0x1000,
		ENGINE_CAUSE_TOO_LARGE},
	    /* what the ROM alone can't do */
	    {{RIG_VALUE, OP_READ, W0_REG, 1, 0, 0x1440EF}, ENGINE_READ, 0, 0x1000,
		ENGINE_CAUSE_STUB},
	    {{RIG_VALUE, OP_READ, W0_REG, 1, 0, 0x1440EF}, ENGINE_VERIFY, 0, 0x1000,
		ENGINE_CAUSE_STUB},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_row row = {
		    .cause = cases[i].cause, .command = i == 2 || i == 3 ? OP_READ : OP_PARAMS};
		row.rule[0] = cases[i].rule;
		struct rig_config c = row_config(&row, cases[i].kind, cases[i].n);
		c.job.parts[0].offset = cases[i].at;
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		assert_false(engine_failure(rig.e)->flash_touched);
		assert_true(row_kept(&rig, 0, ROW_FLASH));
		rig_fini(&rig);
	}
}

/* The flash's size is told to the ROM; one that does not take it can do what fits all the same. */
static void job__size_refused__only_what_is_reached(void **state)
{
	(void)state;
	static const struct {
		struct rig_rule rule;
		uint32_t flash, at;
		bool good;
	} cases[] = {
	    {{RIG_REFUSE, OP_PARAMS, 0, 1, 2, 5}, 1u << 20, 0, true},
	    {{RIG_REFUSE, OP_PARAMS, 0, 1, 0, 5}, 1u << 20, 0, true},
	    {{RIG_LOSE, OP_PARAMS, 0, 1, 1, 0}, 1u << 20, 0, true},
	    {{RIG_REFUSE, OP_PARAMS, 0, 1, 0, 5}, 8u << 20, 0, true},
	    {{RIG_REFUSE, OP_PARAMS, 0, 1, 0, 5}, 8u << 20, 6u << 20, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_row row = {.cause = ENGINE_CAUSE_NONE};
		row.rule[0] = cases[i].rule;
		if (!cases[i].good) {
			row.cause = ENGINE_CAUSE_REFUSED;
			row.command = OP_PARAMS;
			row.code = 5;
		}
		struct rig_config c = row_config(&row, ENGINE_FLASH, 9000);
		c.link.device.flash_size = cases[i].flash;
		c.job.parts[0].offset = cases[i].at;
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		assert_int_equal(rig_flash_is(&rig, cases[i].at, row_image, 9000), cases[i].good);
		rig_fini(&rig);
	}
}

/* ---- one sector by the registers ---------------------------------------------------------------------- */
static bool blank(uint32_t from, uint32_t to)
{
	const uint8_t *mem = rig_flash(&rig)->mem;
	for (uint32_t i = from; i < to; i++)
		if (mem[i] != 0xFF)
			return false;
	return true;
}

/* Where the registers don't do what they should the proven way is taken, which takes the next sector
 * along and says so. The status was read twice for the identity. */
static void sector__bad_answers__erased_otherwise(void **state)
{
	(void)state;
	static const struct {
		struct rig_rule rule;
		bool otherwise;
	} cases[] = {
	    {{RIG_LATE, OP_WRITE, CMD_REG, 1, 1, 1000}, false},
	    {{RIG_REFUSE, OP_WRITE, CMD_REG, 1, 0, 5}, true},
	    {{RIG_REFUSE, OP_WRITE, STATUS_REG, 3, 0, 5}, true},
	    {{RIG_VALUE, OP_READ, STATUS_REG, 3, 1, 0}, true}, /* not enabled */
	    {{RIG_REFUSE, OP_READ, STATUS_REG, 3, 1, 5}, true},
	    {{RIG_REFUSE, OP_WRITE, ADDR_REG, 1, 0, 5}, true},
	    {{RIG_VALUE, OP_READ, STATUS_REG, 4, 5, 3}, false}, /* busy */
	    {{RIG_VALUE, OP_READ, STATUS_REG, 4, 0, 3}, true},	/* ... for ever */
	    {{RIG_VALUE, OP_READ, STATUS_REG, 4, 0, 2}, true},	/* enabled as before */
	    {{RIG_LOSE, OP_READ, STATUS_REG, 3, 2, 0}, false},
	    {{RIG_LOSE, OP_WRITE, CMD_REG, 1, 2, 0}, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_row row = {.cause = ENGINE_CAUSE_NONE};
		row.rule[0] = cases[i].rule;
		struct rig_config c = row_config(&row, ENGINE_ERASE, 0x1000);
		c.job.parts[0].offset = 0x3000;
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		uint32_t to = cases[i].otherwise ? 0x5000 : 0x4000;
		assert_true(blank(0x3000, to));
		assert_true(row_kept(&rig, 0, 0x3000) && row_kept(&rig, to, ROW_FLASH));
		assert_int_equal(engine_failure(rig.e)->erased_from, 0x3000);
		assert_int_equal(engine_failure(rig.e)->erased_to, to);
		assert_int_equal(
		    rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_ERASE), cases[i].otherwise);
		rig_fini(&rig);
	}
}

/* ... but never one that is to be kept. */
static void sector__next_one_is_kept__refused(void **state)
{
	(void)state;
	struct rig_row row = {.rule = {{RIG_REFUSE, OP_WRITE, CMD_REG, 1, 0, 5}},
	    .cause = ENGINE_CAUSE_REFUSED,
	    .command = OP_WRITE};
	struct rig_config c = row_config(&row, ENGINE_ERASE, 0x1000);
	c.job.parts[0].offset = 0x3000;
	c.job.keep_count = 1;
	c.job.keep[0] = (struct engine_part){0x4000, 0x1000};
	row_begin(&rig, &c);
	row_finish(&rig, &row, 0);
	assert_true(row_kept(&rig, 0, ROW_FLASH));
	rig_fini(&rig);
}

/* What became of it is not to be learned, by questions each of which is answered in part: it ends. */
static void status__never_read__ends(void **state)
{
	(void)state;
	static const struct {
		enum engine_kind kind;
		struct rig_rule first;
	} cases[] = {
	    {ENGINE_ERASE, {RIG_LOSE, OP_READ, STATUS_REG, 3, 0, 0}},
	    {ENGINE_ERASE, {RIG_LOSE, OP_READ, STATUS_REG, 4, 0, 0}},
	    /* of a block that the flash did not keep */
	    {ENGINE_FLASH, {RIG_LOSE, OP_READ, STATUS_REG, 3, 0, 0}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_row row = {.cause = ENGINE_CAUSE_NO_ANSWER, .command = OP_READ};
		row.rule[0] = cases[i].first;
		row.rule[1] = (struct rig_rule){RIG_REFUSE, OP_DATA, 0, 1, 0, 8};
		struct rig_config c = row_config(
		    &row, cases[i].kind, cases[i].kind == ENGINE_ERASE ? 0x1000 : ROW_IMAGE);
		c.job.no_readback = true;
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		assert_true(row_kept(&rig, 0x8000, ROW_FLASH));
		rig_fini(&rig);
	}
}

/* ---- writing -------------------------------------------------------------------------------------------- */
static void write__bad_answers__gone_through_or_named(void **state)
{
	(void)state;
	static const struct rig_row rows[] = {
	    /* the first BEGIN names the flash's pins */
	    {.rule = {{RIG_REFUSE, OP_BEGIN, 0, 2, 1, 6}}},
	    {.rule = {{RIG_REFUSE, OP_BEGIN, 0, 2, 0, 6}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_BEGIN,
		.code = 6},
	    {.rule = {{RIG_LOSE, OP_BEGIN, 0, 2, 1, 0}}},
	    {.rule = {{RIG_MISS, OP_BEGIN, 0, 2, 1, 0}}},
	    {.rule = {{RIG_LATE, OP_BEGIN, 0, 2, 1, 5000000}}},
	    {.rule = {{RIG_LOSE, OP_BEGIN, 0, 2, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_BEGIN},
	    {.rule = {{RIG_DAMAGE, OP_DATA, 0, 2, 1, 0}}},
	    {.rule = {{RIG_DAMAGE, OP_DATA, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_CHECKSUM,
		.command = OP_DATA,
		.code = 7},
	    {.rule = {{RIG_LOSE, OP_DATA, 0, 2, 1, 0}}},
	    {.rule = {{RIG_LATE, OP_DATA, 0, 2, 1, 900000}}},
	    {.rule = {{RIG_MISS, OP_DATA, 0, 1, 2, 0}}},
	    {.rule = {{RIG_LOSE, OP_DATA, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_DATA},
	    {.rule = {{RIG_REFUSE, OP_DATA, 0, 2, 1, 5}}},
	    {.rule = {{RIG_REFUSE, OP_DATA, 0, 1, 0, 1}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_DATA,
		.code = 1},
	    {.rule = {{RIG_REFUSE, OP_DATA, 0, 1, 1, 8},
		 {RIG_REFUSE, OP_WRITE, STATUS_REG, 3, 1, 5}}},
	    {.rule = {{RIG_REFUSE, OP_DATA, 0, 1, 1, 8},
		 {RIG_REFUSE, OP_READ, STATUS_REG, 3, 1, 5}}},
	    {.rule = {{RIG_REFUSE, OP_DATA, 0, 1, 1, 8}, {RIG_LOSE, OP_READ, STATUS_REG, 3, 2, 0}}},
	    {.rule = {{RIG_REFUSE, OP_DATA, 0, 1, 0, 8}},
		.cause = ENGINE_CAUSE_READBACK,
		.command = OP_DATA,
		.code = 8},
	    {.rule = {{RIG_REFUSE, OP_DATA, 0, 1, 1, 8}, {RIG_VALUE, OP_READ, STATUS_REG, 3, 0, 4}},
		.cause = ENGINE_CAUSE_PROTECTED,
		.command = OP_DATA,
		.code = 8},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig_config c = row_config(&rows[i], ENGINE_FLASH, ROW_IMAGE);
		c.cut = (enum rig_cut)(i % 3);
		row_begin(&rig, &c);
		row_finish(&rig, &rows[i], i);
		if (rows[i].cause == ENGINE_CAUSE_NONE)
			assert_true(rig_flash_is(&rig, 0, row_image, ROW_IMAGE));
		assert_true(engine_failure(rig.e)->flash_touched);
		assert_true(row_kept(&rig, 0x5000, ROW_FLASH));
		rig_fini(&rig);
	}
}

/* ---- reading back ------------------------------------------------------------------------------------------ */
/* The registers are saved by two equal readings each, and a word is read by a question whose refusal
 * says nothing of the data: where that does not work the ROM's XOR is all there is. */
static void readback__bad_answers__done_without(void **state)
{
	(void)state;
	static const struct {
		struct rig_rule rule;
		bool works;
	} cases[] = {
	    {{RIG_LATE, OP_READ, USER_REG, 1, 1, 1000}, true},
	    {{RIG_REFUSE, OP_READ, USER_REG, 1, 3, 5}, true},
	    {{RIG_REFUSE, OP_READ, USER_REG, 1, 0, 5}, false},
	    {{RIG_COUNTS, OP_READ, USER_REG, 1, 0, 5}, false},
	    {{RIG_VALUE, OP_READ, USER_REG, 2, 1, 5}, true},
	    {{RIG_LOSE, OP_READ, USER_REG, 1, 1, 0}, true},
	    {{RIG_LOSE, OP_READ, USER_REG, 1, 0, 0}, false},
	    {{RIG_REFUSE, OP_WRITE, USER_REG, 1, 1, 5}, true},
	    {{RIG_REFUSE, OP_WRITE, USER_REG, 1, 0, 5}, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_row row = {.cause = ENGINE_CAUSE_NONE};
		row.rule[0] = cases[i].rule;
		struct rig_config c = row_config(&row, ENGINE_FLASH, ROW_IMAGE);
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		if (engine_readback(rig.e) != cases[i].works)
			print_message("case %zu\n", i);
		assert_int_equal(engine_readback(rig.e), cases[i].works);
		assert_true(rig_flash_is(&rig, 0, row_image, ROW_IMAGE));
		rig_fini(&rig);
	}
}

/* After the proof a word that can't be had any more is a fault of the link: the block is written
 * once more. */
static void readback__silent_after_the_proof__written_again(void **state)
{
	(void)state;
	const struct rig_row row = {.rule = {{RIG_REFUSE, OP_WRITE, USER_REG, 6, 6, 5}}};
	struct rig_config c = row_config(&row, ENGINE_FLASH, ROW_IMAGE);
	row_begin(&rig, &c);
	row_finish(&rig, &row, 0);
	assert_true(engine_readback(rig.e));
	assert_true(rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_CHECKSUM) > 0);
	assert_true(rig_flash_is(&rig, 0, row_image, ROW_IMAGE));
	rig_fini(&rig);
}

/* ---- the rate ------------------------------------------------------------------------------------------------ */
static void baud__bad_answers__slower_or_judged_by_less(void **state)
{
	(void)state;
	static const struct {
		struct rig_rule rule;
		uint32_t rate; /* thousands */
	} cases[] = {
	    /* the trial's question; the rate was read twice for the identity */
	    {{RIG_VALUE, OP_READ, CLKDIV_REG, 3, 1, 7}, 460},
	    {{RIG_REFUSE, OP_READ, CLKDIV_REG, 3, 1, 5}, 460},
	    {{RIG_LOSE, OP_READ, CLKDIV_REG, 3, 1, 0}, 460},
	    /* the probes: eight, and once more */
	    {{RIG_VALUE, OP_READ, CLKDIV_REG, 5, 1, 7}, 928},
	    {{RIG_LOSE, OP_READ, CLKDIV_REG, 5, 1, 0}, 928},
	    {{RIG_VALUE, OP_READ, CLKDIV_REG, 4, 16, 7}, 460},
	    {{RIG_LOSE, OP_READ, CLKDIV_REG, 4, 16, 0}, 460},
	    /* the load; a loader that takes none is judged by the registers */
	    {{RIG_REFUSE, OP_MEM_BEGIN, 0, 1, 0, 5}, 928},
	    {{RIG_LOSE, OP_MEM_BEGIN, 0, 1, 1, 0}, 460},
	    {{RIG_DAMAGE, OP_MEM_DATA, 0, 2, 1, 0}, 460},
	    {{RIG_LOSE, OP_MEM_DATA, 0, 1, 1, 0}, 460},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_row row = {.cause = ENGINE_CAUSE_NONE};
		row.rule[0] = cases[i].rule;
		struct rig_config c = row_config(&row, ENGINE_FLASH, ROW_IMAGE);
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		const struct engine_event *ev = rig_last(&rig, ENGINE_EV_BAUD);
		if (ev->value / 1000 != cases[i].rate)
			print_message("case %zu: %u\n", i, (unsigned)ev->value);
		assert_int_equal(ev->value / 1000, cases[i].rate);
		assert_int_equal(ev->ok, cases[i].rate == 928);
		assert_true(rig_flash_is(&rig, 0, row_image, ROW_IMAGE));
		rig_fini(&rig);
	}
}

/* ---- the stub's way up ----------------------------------------------------------------------------------------- */
/* It does not come, by whatever goes wrong on its way: the ROM does the work, and what that can't do is
 * said. */
static void upload__bad_answers__the_rom_does_it(void **state)
{
	(void)state;
	static const struct {
		struct rig_rule rule;
		bool change; /* of the rate: the quick way is tried first */
	} cases[] = {
	    {{RIG_DENY, OP_MEM_BEGIN, 0, 1, 0, 5}, false},
	    {{RIG_LOSE, OP_MEM_BEGIN, 0, 1, 0, 0}, false},
	    {{RIG_DAMAGE, OP_MEM_DATA, 0, 1, 0, 0}, false},
	    {{RIG_LOSE, OP_MEM_DATA, 0, 1, 0, 0}, false},
	    {{RIG_DENY, OP_MEM_END, 0, 1, 0, 5}, false},
	    {{RIG_MISS, OP_MEM_END, 0, 1, 0, 0}, false},
	    {{RIG_DAMAGE, OP_MEM_DATA, 0, 1, 0, 0}, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (int read = 0; read < 2; read++) {
			struct rig_row row = {.cause = ENGINE_CAUSE_NONE};
			row.rule[0] = cases[i].rule;
			struct rig_config c =
			    row_config(&row, read ? ENGINE_READ : ENGINE_FLASH, ROW_IMAGE);
			c.stub = true;
			c.job.no_baud_change = !cases[i].change;
			row_begin(&rig, &c);
			bool ended = rig_run(&rig, 5 * ROW_MIN);
			if (!ended || rig.end != (read ? ENGINE_EV_FAILED : ENGINE_EV_DONE))
				print_message("case %zu: %d, cause %d, at %s\n", i, (int)rig.end,
				    (int)engine_failure(rig.e)->cause, engine_state_name(rig.e));
			assert_true(ended);
			assert_int_equal(rig.end, read ? ENGINE_EV_FAILED : ENGINE_EV_DONE);
			const struct engine_event *ev = rig_last(&rig, ENGINE_EV_STUB);
			assert_non_null(ev);
			assert_false(ev->ok);
			assert_false(engine_has_stub(rig.e));
			if (read)
				assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_STUB);
			else
				assert_true(rig_flash_is(&rig, 0, row_image, ROW_IMAGE));
			assert_true(row_kept(&rig, 0x5000, ROW_FLASH));
			rig_fini(&rig);
		}
}

/* Once is gone through: from the block that did not arrive on, in small ones. */
static void upload__bad_answers_once__it_comes(void **state)
{
	(void)state;
	static const struct rig_rule rules[] = {
	    {RIG_DENY, OP_MEM_BEGIN, 0, 1, 1, 5},
	    {RIG_DAMAGE, OP_MEM_DATA, 0, 2, 2, 0},
	    {RIG_LOSE, OP_MEM_DATA, 0, 1, 1, 0},
	    {RIG_DENY, OP_MEM_END, 0, 1, 1, 5},
	};
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct rig_row row = {.cause = ENGINE_CAUSE_NONE};
		row.rule[0] = rules[i];
		struct rig_config c = row_config(&row, ENGINE_READ, 64);
		c.stub = true;
		c.job.no_baud_change = true;
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		assert_true(engine_has_stub(rig.e));
		assert_memory_equal(rig.taken, row_before, 64);
		assert_true(rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_CHECKSUM) > 0);
		rig_fini(&rig);
	}
}

/* The file can't be read any more. */
static void driver__no_data__ends_connected(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 3; i++) {
		struct rig_row row = {.cause = ENGINE_CAUSE_DATA};
		struct rig_config c = row_config(&row, ENGINE_FLASH, ROW_IMAGE);
		c.no_data = i;
		row_begin(&rig, &c);
		assert_true(rig_run(&rig, ROW_MIN));
		assert_int_equal(rig.end, ENGINE_EV_FAILED);
		assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_DATA);
		assert_true(engine_failure(rig.e)->still_connected);
		assert_true(row_kept(&rig, 0x5000, ROW_FLASH));
		rig_fini(&rig);
	}
}

/* What is behind 16 MB neither stub nor three bytes of address reach: read it can't be. */
static void stub__not_loaded__flash_beyond_its_reach(void **state)
{
	(void)state;
	struct rig_row row = {.rule = {{RIG_VALUE, OP_READ, W0_REG, 1, 0, 0x1940EF}},
	    .cause = ENGINE_CAUSE_STUB,
	    .command = OP_PARAMS};
	struct rig_config c = row_config(&row, ENGINE_READ, 0x1000);
	c.stub = true;
	row_begin(&rig, &c);
	row_finish(&rig, &row, 0);
	assert_int_equal(rig.commands[OP_MEM_BEGIN], 0);
	assert_int_equal(engine_chip_info(rig.e)->flash_size, 32u << 20);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(identify__bad_answers__asked_again_or_named),
	    cmocka_unit_test(job__does_not_fit__named_before_anything),
	    cmocka_unit_test(job__size_refused__only_what_is_reached),
	    cmocka_unit_test(sector__bad_answers__erased_otherwise),
	    cmocka_unit_test(sector__next_one_is_kept__refused),
	    cmocka_unit_test(status__never_read__ends),
	    cmocka_unit_test(write__bad_answers__gone_through_or_named),
	    cmocka_unit_test(readback__bad_answers__done_without),
	    cmocka_unit_test(readback__silent_after_the_proof__written_again),
	    cmocka_unit_test(baud__bad_answers__slower_or_judged_by_less),
	    cmocka_unit_test(upload__bad_answers__the_rom_does_it),
	    cmocka_unit_test(upload__bad_answers_once__it_comes),
	    cmocka_unit_test(driver__no_data__ends_connected),
	    cmocka_unit_test(stub__not_loaded__flash_beyond_its_reach),
	};
	row_fill();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
