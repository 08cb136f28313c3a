/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine and an ESP32 that is asked who it is: every answer of its loader refused, lost,
 * late, empty or wrong, once and for ever. Once is gone through, for ever ends, with the cause and the
 * command named; nothing is changed on the device.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "esp32maker.h"
#include "rigrows.h"

#define MAGIC_REG 0x40001000u
/* Registers of the C3. */
#define C3_MAC	0x60008844u
#define C3_SPI	0x60002000u
#define C3_USER 0x60002018u
#define C3_W0	0x60002058u

static struct rig rig;

static struct rig_config config(const struct rig_row *row, enum engine_kind kind, uint32_t n)
{
	struct rig_row r = *row;
	r.chip = row->chip ? row->chip : SIM_ESP32C3;
	return row_config(&r, kind, n);
}

/* ---- who it is ----------------------------------------------------------------------------------- */
static void identify__bad_answers__asked_again_or_named(void **state)
{
	(void)state;
	static const struct rig_row rows[] = {
	    /* which chip it is */
	    {.rule = {{RIG_REFUSE, OP_READ, MAGIC_REG, 1, 2, 1}}, .name = "ESP32-C3"},
	    {.rule = {{RIG_REFUSE, OP_READ, MAGIC_REG, 1, 0, 1}}, .name = "ESP32-C3"},
	    {.rule = {{RIG_REFUSE, OP_READ, MAGIC_REG, 1, 0, 5}},
		.chip = SIM_ESP32,
		.cause = ENGINE_CAUSE_NOT_8266,
		.command = OP_SECURITY,
		.code = 5,
		.name = "unknown chip 0"},
	    {.rule = {{RIG_VALUE, OP_READ, MAGIC_REG, 1, 0, 0x123}}, .name = "ESP32-C3"},
	    {.rule = {{RIG_VALUE, OP_READ, MAGIC_REG, 1, 0, 0x123}},
		.chip = SIM_ESP32,
		.cause = ENGINE_CAUSE_NOT_8266,
		.command = OP_SECURITY,
		.code = 5,
		.name = "unknown chip 291"},
	    {.rule = {{RIG_COUNTS, OP_READ, MAGIC_REG, 1, 0, 7}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_READ},
	    {.rule = {{RIG_REFUSE, OP_SECURITY, 0, 1, 2, 5}}, .name = "ESP32-C3"},
	    {.rule = {{RIG_REFUSE, OP_SECURITY, 0, 1, 0, 5}},
		.cause = ENGINE_CAUSE_NOT_8266,
		.command = OP_SECURITY,
		.code = 5,
		.name = "unknown chip 0"},
	    {.rule = {{RIG_EMPTY, OP_SECURITY, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NOT_8266,
		.command = OP_SECURITY},
	    {.rule = {{RIG_REFUSE, OP_SECURITY, 0, 1, 0, 5}},
		.chip = SIM_ESP32S2,
		.name = "ESP32-S2"},
	    {.rule = {{RIG_BYTE, OP_SECURITY, 0, 1, 0, 12 << 8 | 99}},
		.cause = ENGINE_CAUSE_NOT_8266,
		.command = OP_SECURITY,
		.name = "unknown chip 99"},
	    {.rule = {{RIG_LOSE, OP_SECURITY, 0, 1, 1, 0}}, .name = "ESP32-C3"},
	    {.rule = {{RIG_MISS, OP_SECURITY, 0, 1, 2, 0}}, .name = "ESP32-C3"},
	    {.rule = {{RIG_LATE, OP_SECURITY, 0, 1, 1, 400000}}, .name = "ESP32-C3"},
	    {.rule = {{RIG_LOSE, OP_SECURITY, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_SECURITY},
	    /* its registers */
	    {.rule = {{RIG_REFUSE, OP_READ, C3_MAC, 1, 2, 1}}},
	    {.rule = {{RIG_REFUSE, OP_READ, C3_MAC, 1, 0, 1}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_READ,
		.code = 1},
	    {.rule = {{RIG_VALUE, OP_READ, C3_MAC, 2, 1, 1}}},
	    {.rule = {{RIG_COUNTS, OP_READ, C3_MAC, 1, 0, 1}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_READ},
	    {.rule = {{RIG_LOSE, OP_READ, C3_MAC, 1, 4, 0}}},
	    {.rule = {{RIG_LATE, OP_READ, C3_MAC, 1, 1, 400000}}},
	    {.rule = {{RIG_LOSE, OP_READ, C3_MAC, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_READ},
	};
	static const uint8_t mac[6] = {0x34, 0x85, 0x18, 0x12, 0x34, 0x56};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig_config c = config(&rows[i], ENGINE_IDENTIFY, 0);
		row_begin(&rig, &c);
		row_finish(&rig, &rows[i], i);
		const struct engine_chip *chip = engine_chip_info(rig.e);
		if (rows[i].name)
			assert_string_equal(chip->name, rows[i].name);
		assert_int_equal(chip->known, rows[i].cause == ENGINE_CAUSE_NONE);
		if (chip->known)
			assert_memory_equal(chip->mac, mac, 6);
		assert_true(row_kept(&rig, 0, ROW_FLASH));
		rig_fini(&rig);
	}
}

/* What its eFuses say about secrets in the flash: the count of bits decides. */
static void identify__security_info__told(void **state)
{
	(void)state;
	static const struct {
		uint32_t byte;
		bool boot, encrypted;
	} cases[] = {
	    {0 << 8 | 1, true, false},
	    {0 << 8 | 2, false, false},
	    {4 << 8 | 1, false, true},
	    {4 << 8 | 3, false, false},
	    {4 << 8 | 7, false, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct rig_row row = {
		    .rule = {{RIG_BYTE, OP_SECURITY, 0, 1, 0, cases[i].byte}}};
		struct rig_config c = config(&row, ENGINE_IDENTIFY, 0);
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		assert_int_equal(engine_chip_info(rig.e)->secure_boot, cases[i].boot);
		assert_int_equal(engine_chip_info(rig.e)->flash_encrypted, cases[i].encrypted);
		assert_false(engine_chip_info(rig.e)->secure_download);
		rig_fini(&rig);
	}
}

/* ... of the first ESP32, in its registers. */
static void identify__efuses_of_the_first__told(void **state)
{
	(void)state;
	static const struct {
		uint32_t reg, value;
		bool single, encrypted, boot;
		const char *part;
	} cases[] = {
	    {0x3FF5A000, 1 << 20, false, true, false, NULL},
	    {0x3FF5A000, 3 << 20, false, false, false, NULL},
	    {0x3FF5A018, 0x10, false, false, true, NULL},
	    {0x3FF5A018, 0x20, false, false, true, NULL},
	    {0x3FF5A00C, 1, true, false, false, NULL},
	    {0x3FF5A00C, 4 << 9, false, false, false, "ESP32-U4WDH"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct rig_row row = {
		    .rule = {{RIG_VALUE, OP_READ, cases[i].reg, 1, 0, cases[i].value}},
		    .chip = SIM_ESP32};
		struct rig_config c = config(&row, ENGINE_IDENTIFY, 0);
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		const struct engine_chip *chip = engine_chip_info(rig.e);
		assert_int_equal(chip->single_core, cases[i].single);
		assert_int_equal(chip->flash_encrypted, cases[i].encrypted);
		assert_int_equal(chip->secure_boot, cases[i].boot);
		if (cases[i].part)
			assert_string_equal(chip->part, cases[i].part);
		rig_fini(&rig);
	}
}

/* ---- the flash ----------------------------------------------------------------------------------- */
static void identify__flash_that_answers_badly__asked_again_or_named(void **state)
{
	(void)state;
	static const struct rig_row rows[] = {
	    {.rule = {{RIG_REFUSE, OP_ATTACH, 0, 1, 2, 1}}},
	    {.rule = {{RIG_REFUSE, OP_ATTACH, 0, 1, 0, 1}},
		.cause = ENGINE_CAUSE_NO_FLASH,
		.command = OP_ATTACH,
		.code = 1},
	    {.rule = {{RIG_LOSE, OP_ATTACH, 0, 1, 1, 0}}},
	    {.rule = {{RIG_LOSE, OP_ATTACH, 0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_ATTACH},
	    /* the unit's registers */
	    {.rule = {{RIG_REFUSE, OP_WRITE, C3_USER, 1, 2, 1}}},
	    {.rule = {{RIG_REFUSE, OP_WRITE, C3_USER, 1, 0, 1}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_WRITE,
		.code = 1},
	    {.rule = {{RIG_LOSE, OP_WRITE, C3_USER, 1, 1, 0}}},
	    {.rule = {{RIG_LOSE, OP_WRITE, C3_USER, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_WRITE},
	    /* is it ready? */
	    {.rule = {{RIG_REFUSE, OP_READ, C3_SPI, 1, 2, 1}}},
	    {.rule = {{RIG_REFUSE, OP_READ, C3_SPI, 1, 0, 1}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_READ,
		.code = 1},
	    {.rule = {{RIG_LOSE, OP_READ, C3_SPI, 1, 2, 0}}},
	    {.rule = {{RIG_LOSE, OP_READ, C3_SPI, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_READ},
	    {.rule = {{RIG_VALUE, OP_READ, C3_SPI, 1, 5, 1 << 18}}},
	    {.rule = {{RIG_VALUE, OP_READ, C3_SPI, 1, 0, 1 << 18}},
		.cause = ENGINE_CAUSE_NO_FLASH,
		.command = OP_READ},
	    /* what it says */
	    {.rule = {{RIG_REFUSE, OP_READ, C3_W0, 1, 2, 1}}},
	    {.rule = {{RIG_REFUSE, OP_READ, C3_W0, 1, 0, 1}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_READ,
		.code = 1},
	    {.rule = {{RIG_LOSE, OP_READ, C3_W0, 1, 2, 0}}},
	    {.rule = {{RIG_LOSE, OP_READ, C3_W0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_READ},
	    {.rule = {{RIG_VALUE, OP_READ, C3_W0, 1, 1, 5}}},
	    {.rule = {{RIG_COUNTS, OP_READ, C3_W0, 1, 0, 5}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = OP_READ},
	    {.rule = {{RIG_VALUE, OP_READ, C3_W0, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_FLASH,
		.command = OP_WRITE},
	    {.rule = {{RIG_VALUE, OP_READ, C3_W0, 1, 0, 0xFFFFFF}},
		.cause = ENGINE_CAUSE_NO_FLASH,
		.command = OP_WRITE},
	    /* the unit as it was: id, table of parameters, status, twice each, come before */
	    {.rule = {{RIG_REFUSE, OP_WRITE, C3_USER, 7, 2, 1}}},
	    {.rule = {{RIG_REFUSE, OP_WRITE, C3_USER, 7, 0, 1}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_WRITE,
		.code = 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig_config c = config(&rows[i], ENGINE_IDENTIFY, 0);
		row_begin(&rig, &c);
		row_finish(&rig, &rows[i], i);
		if (rows[i].cause == ENGINE_CAUSE_NONE)
			assert_int_equal(engine_chip_info(rig.e)->flash_size, ROW_FLASH);
		assert_true(row_kept(&rig, 0, ROW_FLASH));
		rig_fini(&rig);
	}
}

/* XMC's numbers: half awake it answers with one that is none of these. */
static void identify__xmc__by_its_numbers(void **state)
{
	(void)state;
	static const struct {
		uint32_t id;
		bool asks; /* for the table of parameters, and wakes it */
	} cases[] = {
	    {0x164020, false},
	    {0x134020, false},
	    {0x204020, false},
	    {0x124020, true},
	    {0x214020, true},
	    {0x174120, false},
	    {0x204120, false},
	    {0x164120, true},
	    {0x214120, true},
	    {0x155020, false},
	    {0x165020, false},
	    {0x145020, true},
	    {0x175020, true},
	    {0x166020, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		/* Every register of data says that number; its last byte is XMC's. */
		const struct rig_row row = {
		    .rule = {{RIG_VALUE, OP_READ, C3_W0, 1, 0, cases[i].id}}};
		struct rig_config c = config(&row, ENGINE_IDENTIFY, 0);
		row_begin(&rig, &c);
		row_finish(&rig, &row, i);
		assert_int_equal(engine_chip_info(rig.e)->flash_woken, cases[i].asks);
		assert_int_equal(engine_chip_info(rig.e)->flash_id, cases[i].id);
		rig_fini(&rig);
	}
}

static void usb__watchdogs_that_are_kept__named(void **state)
{
	(void)state;
	static const struct rig_row rows[] = {
	    {.rule = {{RIG_REFUSE, OP_WRITE, 0x600080A8, 1, 2, 1}}},
	    {.rule = {{RIG_REFUSE, OP_WRITE, 0x600080A8, 1, 0, 1}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = OP_WRITE,
		.code = 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig_config c = config(&rows[i], ENGINE_IDENTIFY, 0);
		c.link.device.usb_jtag = true;
		c.link.device.usb_stays = true;
		c.job.usb_jtag = true;
		c.job.connected = true;
		c.job.connected_baud = 115200;
		row_begin_usb(&rig, &c);
		row_finish(&rig, &rows[i], i);
		rig_fini(&rig);
	}
}

/* ---- the partition table -------------------------------------------------------------------------- */
#define OTADATA 0xe000u

static void with_table(const struct made32_row *rows, uint32_t sequence)
{
	uint8_t table[0xC00], record[32];
	memset(table, 0xFF, sizeof table);
	make32_table(table, rows);
	sim_flash_load(rig_flash(&rig), 0x8000, table, sizeof table);
	make32_otadata(record, sequence, UINT32_MAX);
	sim_flash_load(rig_flash(&rig), OTADATA + 0x1000, record, sizeof record);
}

static void table__bad_answers__read_again_or_done_without(void **state)
{
	(void)state;
	static const struct made32_row rows_of[] = {{1, 2, 0x9000, 0x5000, "nvs"},
	    {1, 0, OTADATA, 0x2000, "otadata"}, {0, 0x10, 0x10000, 0x80000, "app0"}, {0}};
	static const struct {
		struct rig_rule rule;
		bool table, otadata;
	} cases[] = {
	    {{RIG_LATE, OP_SLOW, 0, 1, 1, 1000}, true, true},
	    {{RIG_REFUSE, OP_SLOW, 0, 2, 1, 9}, true, true},
	    {{RIG_EMPTY, OP_SLOW, 0, 1, 1, 0}, true, true},
	    {{RIG_LOSE, OP_SLOW, 0, 3, 1, 0}, true, true},
	    {{RIG_LATE, OP_SLOW, 0, 3, 1, 500000}, true, true},
	    {{RIG_OTHER, OP_SLOW, 0, 5, 1, 0}, true, true},
	    {{RIG_REFUSE, OP_SLOW, 0, 1, 0, 9}, false, false},
	    {{RIG_OTHER, OP_SLOW, 0, 1, 0, 0}, false, false},
	    {{RIG_REFUSE, OP_MD5, 0, 1, 2, 9}, true, true},
	    {{RIG_REFUSE, OP_MD5, 0, 1, 0, 9}, false, false},
	    /* the table is proven, what it names is not */
	    {{RIG_OTHER, OP_MD5, 0, 2, 0, 0}, true, false},
	    {{RIG_OTHER, OP_MD5, 0, 3, 0, 0}, true, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_row row = {.cause = ENGINE_CAUSE_NONE};
		row.rule[0] = cases[i].rule;
		struct rig_config c = config(&row, ENGINE_IDENTIFY, 0);
		size_t n = 1, m = 1;
		c.job.want_table = true;
		c.cut = (enum rig_cut)(i % 3);
		row_begin(&rig, &c);
		with_table(rows_of, 1);
		row_finish(&rig, &row, i);
		const uint8_t *table = engine_partitions(rig.e, &n);
		const uint8_t *ota = engine_otadata(rig.e, &m);
		assert_int_equal(n, cases[i].table ? 0xC00 : 0);
		assert_int_equal(m, cases[i].otadata ? 0x2000 : 0);
		assert_true((table != NULL) == cases[i].table && (ota != NULL) == cases[i].otadata);
		if (table)
			assert_true(rig_flash_is(&rig, 0x8000, table, n));
		if (ota) {
			assert_true(rig_flash_is(&rig, OTADATA, ota, 64));
			assert_true(rig_flash_is(&rig, OTADATA + 0x1000, ota + 0x1000, 64));
		}
		rig_fini(&rig);
	}
}

/* What stands at 0x8000 is told as it is; the choice of an application only where a table names it. */
static void table__without_otadata__told_as_it_is(void **state)
{
	(void)state;
	static const struct made32_row none[] = {
	    {1, 2, 0x9000, 0x5000, "nvs"}, {0, 0, 0x10000, 0x80000, "factory"}, {0}};
	static const struct made32_row small[] = {
	    {1, 0, OTADATA, 0x1000, "otadata"}, {0, 0x10, 0x10000, 0x80000, "app0"}, {0}};
	static const struct made32_row *const tables[] = {none, small, NULL};
	for (size_t i = 0; i < 3; i++) {
		const struct rig_row row = {.cause = ENGINE_CAUSE_NONE};
		struct rig_config c = config(&row, ENGINE_IDENTIFY, 0);
		size_t n, m;
		c.job.want_table = true;
		row_begin(&rig, &c);
		if (tables[i])
			with_table(tables[i], 1);
		assert_true(rig_run(&rig, ROW_MIN));
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		const uint8_t *table = engine_partitions(rig.e, &n);
		assert_non_null(table);
		assert_true(rig_flash_is(&rig, 0x8000, table, n));
		assert_null(engine_otadata(rig.e, &m));
		assert_int_equal(m, 0);
		rig_fini(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(identify__bad_answers__asked_again_or_named),
	    cmocka_unit_test(identify__security_info__told),
	    cmocka_unit_test(identify__efuses_of_the_first__told),
	    cmocka_unit_test(identify__flash_that_answers_badly__asked_again_or_named),
	    cmocka_unit_test(identify__xmc__by_its_numbers),
	    cmocka_unit_test(usb__watchdogs_that_are_kept__named),
	    cmocka_unit_test(table__bad_answers__read_again_or_done_without),
	    cmocka_unit_test(table__without_otadata__told_as_it_is),
	};
	row_fill();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
