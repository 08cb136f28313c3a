/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine and the stub: every answer of it refused, lost, cut short or wrong, once and for
 * ever. Once is gone through; for ever ends, with what is to blame named.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "enginesim.h"
#include "stub_peer.h"

#define KIB   1024u
#define MIN   (60 * (int64_t)1000000)
#define IMAGE (80u * KIB + 10)

static struct stub_peer peer;
static uint8_t image[IMAGE], before[PEER_FLASH];

/* Without a cause it is done. */
struct row {
	struct peer_rule rule[2];
	enum engine_cause cause;
	uint8_t command, status; /* named in the failure */
	bool same;		 /* the flash holds the data already */
};

static struct peer_config config(const struct row *row, enum engine_kind kind)
{
	struct peer_config c = {0};
	c.job.kind = kind;
	c.job.part_count = 1;
	c.job.parts[0] = (struct engine_part){0x10000, kind == ENGINE_ERASE ? 0x15000u : IMAGE};
	c.job.baud = 460800;
	c.data[0] = image;
	memcpy(c.rule, row->rule, sizeof row->rule);
	return c;
}

static void begin(const struct peer_config *c, bool same)
{
	stub_peer_init(&peer, c);
	memcpy(peer.flash, before, sizeof before);
	if (same)
		memcpy(peer.flash + 0x10000, image, IMAGE);
}

static void finish(const struct row *row, size_t i)
{
	bool ended = stub_peer_play(&peer, 10 * MIN), good = row->cause == ENGINE_CAUSE_NONE;
	const struct engine_failure *f = engine_failure(peer.e);
	const struct peer_rule *first = &row->rule[0];
	bool met = first->op == 0 || peer.said[0] >= (first->from ? first->from : 1);
	if (!ended || !met || f->cause != row->cause || f->command != row->command ||
	    f->status != row->status)
		print_message(
		    "row %zu: ended %d, kind %d, cause %d in %s (%s, %02x), at %s, %u said\n", i,
		    ended, (int)peer.end, (int)f->cause, engine_stage_name(f->stage),
		    engine_command_name(f->command), f->status, engine_state_name(peer.e),
		    peer.said[0]);
	assert_true(ended && met);
	assert_int_equal(peer.end, good ? ENGINE_EV_DONE : ENGINE_EV_FAILED);
	assert_int_equal(f->cause, row->cause);
	assert_int_equal(f->command, row->command);
	assert_int_equal(f->status, row->status);
	/* Another job needs no power-cycle. */
	assert_true(good || f->still_connected);
}

static void expect_around(void)
{
	assert_memory_equal(peer.flash, before, 0x10000);
	assert_memory_equal(peer.flash + 0x25000, before + 0x25000, PEER_FLASH - 0x25000);
}

/* ---- who is there ----------------------------------------------------------------------------------- */
/* A greeting that is refused, cut short, or of a window too small for anything: not used. */
static void found__bad_greeting__not_used(void **state)
{
	(void)state;
	static const struct {
		struct peer_rule rule;
		bool leaves; /* it is asked to give way */
	} cases[] = {
	    {{PEER_STATUS, STUB_HELLO, 1, 0, STUB_E_OP}, false},
	    {{PEER_CUT, STUB_HELLO, 1, 0, 2}, false},
	    {{PEER_CUT, STUB_HELLO, 1, 0, 44}, true},
	    {{PEER_WORD, STUB_HELLO, 1, 0, 0 << 16 | 77}, false},
	    {{PEER_WORD, STUB_HELLO, 1, 0, 1 << 16 | 511}, true},
	    {{PEER_WORD, STUB_HELLO, 1, 0, 2 << 16 | 1}, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct row row = {.cause = ENGINE_CAUSE_NONE};
		row.rule[0] = cases[i].rule;
		struct peer_config c = config(&row, ENGINE_FLASH);
		begin(&c, false);
		(void)stub_peer_play(&peer, 20000000);
		assert_int_equal(peer.requests[STUB_RUN] > 0, cases[i].leaves);
		assert_int_equal(peer.requests[STUB_PLAN], 0);
		assert_memory_equal(peer.flash, before, PEER_FLASH);
		stub_peer_fini(&peer);
	}
}

/* A flash that is not there, as the greeting has it. */
static void found__no_flash__named(void **state)
{
	(void)state;
	const struct row row = {.rule = {{PEER_WORD, STUB_HELLO, 1, 0, 4 << 16 | 0}},
	    .cause = ENGINE_CAUSE_NO_FLASH,
	    .command = STUB_HELLO};
	struct peer_config c = config(&row, ENGINE_FLASH);
	begin(&c, false);
	finish(&row, 0);
	assert_memory_equal(peer.flash, before, PEER_FLASH);
	stub_peer_fini(&peer);
}

/* ---- flashing ----------------------------------------------------------------------------------------- */
static void flash__bad_answers__gone_through_or_named(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {.rule = {{PEER_LOSE, STUB_FLASH_SIZE, 1, 3, 0}}},
	    {.rule = {{PEER_STATUS, STUB_FLASH_SIZE, 1, 0, STUB_E_RANGE}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = STUB_FLASH_SIZE,
		.status = STUB_E_RANGE},
	    {.rule = {{PEER_LOSE, STUB_FLASH_SIZE, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = STUB_FLASH_SIZE},
	    /* the comparison: a sample of sectors, then all of them where one was right */
	    {.rule = {{PEER_LOSE, STUB_MD5_RANGES, 1, 1, 0}}},
	    {.rule = {{PEER_CUT, STUB_MD5_RANGES, 1, 1, 4}}},
	    {.rule = {{PEER_CUT, STUB_MD5_RANGES, 1, 1, 12}}},
	    {.rule = {{PEER_WORD, STUB_MD5_RANGES, 1, 1, 0 << 16 | 60000}}},
	    {.rule = {{PEER_STATUS, STUB_MD5_RANGES, 1, 0, STUB_E_RANGE}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = STUB_MD5_RANGES,
		.status = STUB_E_RANGE},
	    {.rule = {{PEER_CUT, STUB_MD5_RANGES, 1, 0, 12}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = STUB_MD5_RANGES},
	    {.rule = {{PEER_LOSE, STUB_MD5, 1, 1, 0}}, .same = true},
	    {.rule = {{PEER_CUT, STUB_MD5, 1, 1, 20}}, .same = true},
	    {.rule = {{PEER_STATUS, STUB_MD5, 1, 0, STUB_E_RANGE}},
		.same = true,
		.cause = ENGINE_CAUSE_REFUSED,
		.command = STUB_MD5,
		.status = STUB_E_RANGE},
	    /* the plan */
	    {.rule = {{PEER_LOSE, STUB_PLAN, 1, 2, 0}}},
	    {.rule = {{PEER_STATUS, STUB_PLAN, 1, 0, STUB_E_RANGE}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = STUB_PLAN,
		.status = STUB_E_RANGE},
	    /* the stream */
	    {.rule = {{PEER_CUT, STUB_ACK, 1, 3, 20}}},
	    {.rule = {{PEER_WORD, STUB_ACK, 2, 1, 0 << 16 | 60000}}},
	    {.rule = {{PEER_WORD, STUB_ACK, 2, 2, 2 << 16 | 0xFFFF}}},
	    {.rule = {{PEER_LOSE, STUB_ACK, 1, 0, 0}}},
	    {.rule = {{PEER_STATUS, STUB_ACK, 3, 1, STUB_E_INFLATE}}},
	    {.rule = {{PEER_STATUS, STUB_ACK, 3, 1, STUB_E_TIMEOUT}}},
	    {.rule = {{PEER_STATUS, STUB_ACK, 3, 0, STUB_E_INFLATE}},
		.cause = ENGINE_CAUSE_CHECKSUM,
		.command = STUB_END,
		.status = STUB_E_INFLATE},
	    {.rule = {{PEER_STATUS, STUB_ACK, 3, 0, STUB_E_WRITE}},
		.cause = ENGINE_CAUSE_WORN,
		.command = STUB_END,
		.status = STUB_E_WRITE},
	    {.rule = {{PEER_STATUS, STUB_ACK, 3, 0, STUB_E_ERASE}},
		.cause = ENGINE_CAUSE_WORN,
		.command = STUB_END,
		.status = STUB_E_ERASE},
	    {.rule = {{PEER_STATUS, STUB_ACK, 3, 0, STUB_E_PROTECTED}},
		.cause = ENGINE_CAUSE_PROTECTED,
		.command = STUB_END,
		.status = STUB_E_PROTECTED},
	    /* its end */
	    {.rule = {{PEER_LOSE, STUB_END, 1, 1, 0}}},
	    {.rule = {{PEER_STATUS, STUB_END, 1, 1, STUB_E_SHORT}}},
	    /* what it proves by itself; what it does not is asked for in the end */
	    {.rule = {{PEER_LOSE, STUB_PROVE, 1, 0, 0}}},
	    {.rule = {{PEER_CUT, STUB_PROVE, 2, 0, 12}}},
	    {.rule = {{PEER_STATUS, STUB_PROVE, 2, 0, STUB_E_STATE}}},
	    {.rule = {{PEER_WORD, STUB_PROVE, 2, 0, 0 << 16 | 999}}},
	    {.rule = {{PEER_WORD, STUB_PROVE, 2, 0, 1 << 16 | 1}}},
	    {.rule = {{PEER_LOSE, STUB_PROVE, 1, 0, 0}, {PEER_LOSE, STUB_MD5, 1, 2, 0}}},
	    {.rule = {{PEER_LOSE, STUB_PROVE, 1, 0, 0},
		 {PEER_STATUS, STUB_MD5, 1, 0, STUB_E_RANGE}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = STUB_MD5,
		.status = STUB_E_RANGE},
	    /* a digest that is misheard, of pieces, then of sectors */
	    {.rule = {{PEER_LOSE, STUB_PROVE, 1, 0, 0}, {PEER_WORD, STUB_MD5, 1, 1, 2 << 16}}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct peer_config c = config(&rows[i], ENGINE_FLASH);
		c.cut = (enum peer_cut)(i % 3);
		begin(&c, rows[i].same);
		finish(&rows[i], i);
		if (rows[i].cause == ENGINE_CAUSE_NONE)
			assert_memory_equal(peer.flash + 0x10000, image, IMAGE);
		expect_around();
		stub_peer_fini(&peer);
	}
}

/* It does not see the flash: the ROM has talked to it, so that one goes on. */
static void flash__stub_sees_no_flash__gives_way_to_the_rom(void **state)
{
	(void)state;
	const struct row row = {.rule = {{PEER_STATUS, STUB_ACK, 3, 0, STUB_E_NO_FLASH}}};
	struct peer_config c = config(&row, ENGINE_FLASH);
	begin(&c, false);
	/* The model has no more than SYNC of the ROM. */
	(void)stub_peer_play(&peer, 5000000);
	assert_int_equal(peer.requests[STUB_RUN], 1);
	assert_int_equal(peer.mode, PEER_LOADER);
	const struct engine_event *ev = stub_peer_last(&peer, ENGINE_EV_STUB);
	assert_non_null(ev);
	assert_false(ev->ok);
	assert_false(engine_has_stub(peer.e));
	expect_around();
	stub_peer_fini(&peer);
}

/* The flash is to blame: all is looked at once more, and only what differs is named; where that look
 * fails the blame stays. */
static void flash__worn__looked_at_once_more(void **state)
{
	(void)state;
	static const struct peer_rule rules[] = {
	    {PEER_LOSE, STUB_PROVE, 0, 0, 0},
	    {PEER_STATUS, STUB_MD5, 3, 0, STUB_E_RANGE},
	    {PEER_LOSE, STUB_MD5, 3, 0, 0},
	    {PEER_LOSE, STUB_HELLO, 2, 0, 0},
	    {PEER_CUT, STUB_HELLO, 2, 0, 8},
	};
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct row row = {
		    .cause = ENGINE_CAUSE_WORN, .command = STUB_END, .status = STUB_E_WRITE};
		row.rule[0] = rules[i];
		struct peer_config c = config(&row, ENGINE_FLASH);
		struct engine_part area;
		c.fault.worn = 0x13000;
		begin(&c, false);
		finish(&row, i);
		assert_int_equal(engine_failure(peer.e)->offset, 0x13000);
		if (i != 1 && i != 2)
			assert_true(engine_mismatches(peer.e, &area, 1) >= 1);
		expect_around();
		stub_peer_fini(&peer);
	}
}

/* ---- comparing ------------------------------------------------------------------------------------------ */
static void verify__bad_answers__asked_again_or_named(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {.rule = {{PEER_LOSE, STUB_MD5, 1, 2, 0}}, .same = true},
	    {.rule = {{PEER_CUT, STUB_MD5, 1, 1, 6}}, .same = true},
	    {.rule = {{PEER_WORD, STUB_MD5, 1, 1, 1 << 16 | 900}}, .same = true},
	    /* a piece is misheard: its sectors are right, and it is asked for again */
	    {.rule = {{PEER_WORD, STUB_MD5, 1, 1, 3 << 16 | 5}}, .same = true},
	    {.rule = {{PEER_WORD, STUB_MD5, 1, 1, 3 << 16 | 5}, {PEER_LOSE, STUB_MD5, 1, 1, 0}},
		.same = true},
	    {.rule = {{PEER_WORD, STUB_MD5, 1, 1, 3 << 16 | 5},
		 {PEER_STATUS, STUB_MD5, 1, 0, STUB_E_LENGTH}},
		.same = true,
		.cause = ENGINE_CAUSE_REFUSED,
		.command = STUB_MD5,
		.status = STUB_E_LENGTH},
	    {.rule = {{PEER_CUT, STUB_MD5, 1, 0, 6}},
		.same = true,
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = STUB_MD5},
	    {.rule = {{PEER_LOSE, STUB_STATUS, 1, 0, 0}},
		.same = true}, /* the way back to the usual rate, in the end */
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct peer_config c = config(&rows[i], ENGINE_VERIFY);
		struct engine_part area;
		c.cut = (enum peer_cut)(i % 3);
		begin(&c, rows[i].same);
		finish(&rows[i], i);
		assert_int_equal(engine_mismatches(peer.e, &area, 1), 0);
		assert_false(engine_failure(peer.e)->flash_touched);
		expect_around();
		stub_peer_fini(&peer);
	}
}

/* ---- reading -------------------------------------------------------------------------------------------- */
static void read__bad_answers__byte_exact_or_named(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {.rule = {{PEER_STATUS, STUB_READ, 1, 0, STUB_E_RANGE}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = STUB_READ,
		.status = STUB_E_RANGE},
	    /* without an MD5 at its end it is asked for */
	    {.rule = {{PEER_CUT, STUB_READ, 1, 0, 0}}},
	    {.rule = {{PEER_CUT, STUB_READ, 1, 0, 0}, {PEER_LOSE, STUB_MD5, 1, 1, 0}}},
	    {.rule = {{PEER_CUT, STUB_READ, 1, 0, 0}, {PEER_STATUS, STUB_MD5, 1, 0, STUB_E_LENGTH}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = STUB_MD5,
		.status = STUB_E_LENGTH},
	    {.rule = {{PEER_CUT, STUB_READ, 1, 0, 0}, {PEER_CUT, STUB_MD5, 1, 0, 20}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = STUB_MD5},
	    {.rule = {{PEER_LOSE, STUB_READ, 1, 1, 0}}},
	    /* pieces that say nothing, or not what they are */
	    {.rule = {{PEER_STATUS, STUB_CHUNK, 3, 1, STUB_E_STATE}}},
	    {.rule = {{PEER_STATUS, STUB_CHUNK, 3, 1, STUB_S_BLANK}}},
	    {.rule = {{PEER_CUT, STUB_CHUNK, 2, 1, 2}}},
	    {.rule = {{PEER_CUT, STUB_CHUNK, 2, 1, 4}}},
	    {.rule = {{PEER_WORD, STUB_CHUNK, 2, 1, 0 << 16 | 1}}},
	    {.rule = {{PEER_LOSE, STUB_CHUNK, 4, 2, 0}}},
	    {.rule = {{PEER_WORD, STUB_CHUNK, 4, 1, 5 << 16 | 1}}},
	    {.rule = {{PEER_WORD, STUB_CHUNK, 1, 0, 5 << 16 | 1}},
		.cause = ENGINE_CAUSE_CHECKSUM,
		.command = STUB_READ},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct peer_config c = config(&rows[i], ENGINE_READ);
		c.cut = (enum peer_cut)(i % 3);
		begin(&c, false);
		finish(&rows[i], i);
		if (rows[i].cause == ENGINE_CAUSE_NONE)
			assert_int_equal(peer.taken_n, IMAGE);
		assert_memory_equal(peer.taken, before + 0x10000, peer.taken_n);
		assert_memory_equal(peer.flash, before, PEER_FLASH);
		stub_peer_fini(&peer);
	}
}

/* ---- erasing -------------------------------------------------------------------------------------------- */
static void erase__bad_answers__again_or_named(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {.rule = {{PEER_LOSE, STUB_ERASE, 1, 1, 0}}},
	    {.rule = {{PEER_LOSE, STUB_BUSY, 1, 0, 0}}},
	    {.rule = {{PEER_WORD, STUB_BUSY, 1, 0, 0 << 16 | STUB_MD5}}},
	    {.rule = {{PEER_STATUS, STUB_ERASE, 1, 0, STUB_E_ERASE}},
		.cause = ENGINE_CAUSE_WORN,
		.command = STUB_END,
		.status = STUB_E_ERASE},
	    {.rule = {{PEER_STATUS, STUB_ERASE, 1, 0, STUB_E_TIMEOUT}},
		.cause = ENGINE_CAUSE_WORN,
		.command = STUB_END,
		.status = STUB_E_TIMEOUT},
	    {.rule = {{PEER_STATUS, STUB_ERASE, 1, 0, STUB_E_PROTECTED}},
		.cause = ENGINE_CAUSE_PROTECTED,
		.command = STUB_END,
		.status = STUB_E_PROTECTED},
	    {.rule = {{PEER_STATUS, STUB_ERASE, 1, 0, STUB_E_RANGE}},
		.cause = ENGINE_CAUSE_REFUSED,
		.command = STUB_ERASE,
		.status = STUB_E_RANGE},
	    {.rule = {{PEER_LOSE, STUB_ERASE, 1, 0, 0}},
		.cause = ENGINE_CAUSE_NO_ANSWER,
		.command = STUB_ERASE},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct peer_config c = config(&rows[i], ENGINE_ERASE);
		begin(&c, false);
		finish(&rows[i], i);
		for (uint32_t k = 0x10000; rows[i].cause == ENGINE_CAUSE_NONE && k < 0x25000; k++)
			assert_int_equal(peer.flash[k], 0xFF);
		assert_int_equal(engine_failure(peer.e)->erased_from, 0x10000);
		assert_int_equal(engine_failure(peer.e)->erased_to, 0x25000);
		expect_around();
		stub_peer_fini(&peer);
	}
}

/* ---- the rate --------------------------------------------------------------------------------------------- */
static void rate__bad_answers__slower_or_as_before(void **state)
{
	(void)state;
	static const struct {
		struct peer_rule rule;
		uint32_t rate; /* thousands */
		bool fell;
	} cases[] = {
	    {{PEER_STATUS, STUB_BAUD, 1, 1, STUB_E_RANGE}, 230, true},
	    {{PEER_STATUS, STUB_BAUD, 1, 2, STUB_E_RANGE}, 115, true},
	    /* it says another one than it takes: where it is then takes a while to find */
	    {{PEER_WORD, STUB_BAUD, 1, 1, 0 << 16 | 9}, 115, true},
	    {{PEER_LOSE, STUB_BAUD, 1, 1, 0}, 230, true},
	    {{PEER_LOSE, STUB_ECHO, 1, 1, 0}, 460, false},
	    {{PEER_CUT, STUB_ECHO, 1, 1, 9}, 460, false},
	    {{PEER_WORD, STUB_ECHO, 1, 1, 3 << 16 | 9}, 460, false},
	    {{PEER_STATUS, STUB_ECHO, 1, 1, STUB_E_LENGTH}, 460, false},
	    {{PEER_LOSE, STUB_ECHO, 1, 3, 0}, 230, true},
	    {{PEER_WORD, STUB_ECHO, 1, 3, 3 << 16 | 9}, 230, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct row row = {.cause = ENGINE_CAUSE_NONE};
		row.rule[0] = cases[i].rule;
		struct peer_config c = config(&row, ENGINE_FLASH);
		begin(&c, false);
		finish(&row, i);
		const struct engine_event *ev = stub_peer_last(&peer, ENGINE_EV_BAUD);
		assert_non_null(ev);
		if (ev->value / 1000 != cases[i].rate || ev->ok == cases[i].fell)
			print_message("case %zu: %u, %d\n", i, (unsigned)ev->value, ev->ok);
		assert_int_equal(ev->value / 1000, cases[i].rate);
		assert_int_equal(!ev->ok, cases[i].fell);
		assert_memory_equal(peer.flash + 0x10000, image, IMAGE);
		/* Whatever happened, it is where the next program looks for it. */
		assert_int_equal(peer.rate / 1000, 115);
		stub_peer_fini(&peer);
	}
}

/* In the end nothing is at stake any more: what is refused or lost then fails nothing. */
static void end__bad_answers__done_all_the_same(void **state)
{
	(void)state;
	static const struct {
		struct peer_rule rule;
		bool run, loader;
	} cases[] = {
	    {{PEER_STATUS, STUB_BAUD, 2, 0, STUB_E_RANGE}, false, true},
	    {{PEER_LOSE, STUB_BAUD, 2, 0, 0}, false, true},
	    {{PEER_LOSE, STUB_STATUS, 1, 0, 0}, false, true},
	    {{PEER_STATUS, STUB_RUN, 1, 0, STUB_E_OP}, true, true},
	    {{PEER_LOSE, STUB_RUN, 1, 0, 0}, true, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct row row = {.cause = ENGINE_CAUSE_NONE};
		row.rule[0] = cases[i].rule;
		struct peer_config c = config(&row, ENGINE_FLASH);
		c.job.run = cases[i].run;
		begin(&c, false);
		finish(&row, i);
		assert_int_equal(engine_in_loader(peer.e), cases[i].loader);
		assert_memory_equal(peer.flash + 0x10000, image, IMAGE);
		stub_peer_fini(&peer);
	}
}

/* ---- the driver ------------------------------------------------------------------------------------------- */
/* A driver that reports a write when the answer is there already: nothing is asked twice. */
static void driver__done_late__same_work(void **state)
{
	(void)state;
	static const enum engine_kind kinds[] = {
	    ENGINE_FLASH, ENGINE_VERIFY, ENGINE_READ, ENGINE_ERASE};
	static const int64_t late[] = {1, 3000, 40000};
	for (size_t i = 0; i < 12; i++) {
		const struct row row = {.cause = ENGINE_CAUSE_NONE};
		enum engine_kind kind = kinds[i % 4];
		struct peer_config c = config(&row, kind);
		c.done_late = late[i / 4];
		c.cut = (enum peer_cut)(i % 3);
		begin(&c, kind == ENGINE_VERIFY);
		finish(&row, i);
		if (kind == ENGINE_FLASH)
			assert_memory_equal(peer.flash + 0x10000, image, IMAGE);
		if (kind == ENGINE_READ)
			assert_memory_equal(peer.taken, before + 0x10000, IMAGE);
		assert_int_equal(peer.requests[STUB_PLAN], kind == ENGINE_FLASH);
		assert_int_equal(peer.requests[STUB_ERASE], kind == ENGINE_ERASE);
		stub_peer_fini(&peer);
	}
}

/* The file can't be read any more: while it is digested nothing is touched yet, later it is. */
static void driver__no_data__ends_connected(void **state)
{
	(void)state;
	static const unsigned asked[] = {1, 21, 22, 30};
	for (size_t i = 0; i < 4; i++) {
		/* 21 sectors to digest; a trial of the first may come in between */
		struct row row = {.cause = ENGINE_CAUSE_DATA};
		struct peer_config c = config(&row, ENGINE_FLASH);
		c.no_data = asked[i];
		begin(&c, false);
		assert_true(stub_peer_play(&peer, MIN));
		assert_int_equal(peer.end, ENGINE_EV_FAILED);
		const struct engine_failure *f = engine_failure(peer.e);
		assert_int_equal(f->cause, ENGINE_CAUSE_DATA);
		assert_true(f->still_connected);
		assert_int_equal(f->flash_touched, asked[i] > 21);
		expect_around();
		stub_peer_fini(&peer);
	}
}

/* ---- what a stub may be like ------------------------------------------------------------------------------- */
static void window__any_size__written_right(void **state)
{
	(void)state;
	static const uint32_t windows[] = {512, 1000, 4096, 65535, 200000};
	for (size_t i = 0; i < 5; i++) {
		const struct row row = {.cause = ENGINE_CAUSE_NONE};
		struct peer_config c = config(&row, ENGINE_FLASH);
		c.window = windows[i];
		begin(&c, false);
		finish(&row, i);
		assert_memory_equal(peer.flash + 0x10000, image, IMAGE);
		/* Never more than 64 KiB are under way. */
		assert_int_equal(stub_peer_last(&peer, ENGINE_EV_STUB)->value,
		    windows[i] < 65536 ? windows[i] : 65536);
		stub_peer_fini(&peer);
	}
}

/* One of an earlier job runs at a rate that this job does not want, or must not change. */
static void rate__of_an_earlier_job__as_this_one_wants(void **state)
{
	(void)state;
	static const struct {
		uint32_t wanted, rate, left;
		bool none;
	} cases[] = {
	    {115200, 928571, 115, false}, /* slower */
	    {230400, 928571, 115, false},
	    {0, 115200, 115, true},
	    {0, 464285, 464, true},
	};
	for (size_t i = 0; i < 4; i++) {
		const struct row row = {.cause = ENGINE_CAUSE_NONE};
		struct peer_config c = config(&row, ENGINE_FLASH);
		c.job.baud = cases[i].wanted;
		c.job.no_baud_change = cases[i].none;
		c.rate = cases[i].rate;
		begin(&c, false);
		finish(&row, i);
		assert_memory_equal(peer.flash + 0x10000, image, IMAGE);
		if (cases[i].wanted)
			assert_int_equal(stub_peer_last(&peer, ENGINE_EV_BAUD)->value / 1000,
			    cases[i].wanted / 1000);
		assert_int_equal(peer.rate / 1000, cases[i].left);
		stub_peer_fini(&peer);
	}
}

/* A stream that never gets on: one number over and over ends as a link that damages everything. */
static void stream__one_number_for_ever__ends(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    /* every sign that a frame was taken says: still the third */
	    {.rule = {{PEER_WORD, STUB_ACK, 3, 0, 0 << 16 | 2}, {PEER_WORD, STUB_STATUS, 1, 0, 2}},
		.cause = ENGINE_CAUSE_CHECKSUM,
		.command = STUB_PLAN},
	};
	struct peer_config c = config(&rows[0], ENGINE_FLASH);
	begin(&c, false);
	assert_true(stub_peer_play(&peer, 10 * MIN));
	assert_int_equal(peer.end, ENGINE_EV_FAILED);
	assert_int_equal(engine_failure(peer.e)->cause, ENGINE_CAUSE_CHECKSUM);
	assert_true(engine_failure(peer.e)->flash_touched);
	expect_around();
	stub_peer_fini(&peer);
}

/* At the new rate nothing is heard of it, nor at the old one any more: it is looked for at both, and
 * that ends. */
static void rate__never_heard_again__named(void **state)
{
	(void)state;
	const struct row row = {
	    .rule = {{PEER_LOSE, STUB_ECHO, 1, 0, 0}, {PEER_LOSE, STUB_STATUS, 1, 0, 0}},
	    .cause = ENGINE_CAUSE_NO_ANSWER,
	    .command = STUB_STATUS};
	struct peer_config c = config(&row, ENGINE_FLASH);
	begin(&c, false);
	finish(&row, 0);
	assert_false(engine_failure(peer.e)->flash_touched);
	assert_memory_equal(peer.flash, before, PEER_FLASH);
	stub_peer_fini(&peer);
}

/* A file that begins blank: those sectors are erased without data. That the stub stands behind them
 * does not say that they are. */
static void flash__blank_beginning__erased_and_written(void **state)
{
	(void)state;
	static uint8_t blank_first[IMAGE];
	memcpy(blank_first, image, IMAGE);
	memset(blank_first, 0xFF, 0x5000);
	for (int worn = 0; worn < 2; worn++) {
		struct row row = {.cause = ENGINE_CAUSE_NONE};
		if (worn) {
			row.cause = ENGINE_CAUSE_WORN;
			row.command = STUB_END;
			row.status = STUB_E_WRITE;
		}
		struct peer_config c = config(&row, ENGINE_FLASH);
		c.data[0] = blank_first;
		c.erase_us = 50000;
		c.fault.worn = worn ? 0x15800 : 0;
		begin(&c, false);
		finish(&row, 0);
		assert_int_equal(stub_peer_last(&peer, ENGINE_EV_PLAN)->value, 0x5000);
		if (worn)
			assert_true(engine_failure(peer.e)->written_to <= 0x15000);
		else
			assert_memory_equal(peer.flash + 0x10000, blank_first, IMAGE);
		expect_around();
		stub_peer_fini(&peer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(found__bad_greeting__not_used),
	    cmocka_unit_test(found__no_flash__named),
	    cmocka_unit_test(flash__bad_answers__gone_through_or_named),
	    cmocka_unit_test(flash__stub_sees_no_flash__gives_way_to_the_rom),
	    cmocka_unit_test(flash__worn__looked_at_once_more),
	    cmocka_unit_test(verify__bad_answers__asked_again_or_named),
	    cmocka_unit_test(read__bad_answers__byte_exact_or_named),
	    cmocka_unit_test(erase__bad_answers__again_or_named),
	    cmocka_unit_test(rate__bad_answers__slower_or_as_before),
	    cmocka_unit_test(end__bad_answers__done_all_the_same),
	    cmocka_unit_test(driver__done_late__same_work),
	    cmocka_unit_test(driver__no_data__ends_connected),
	    cmocka_unit_test(window__any_size__written_right),
	    cmocka_unit_test(rate__of_an_earlier_job__as_this_one_wants),
	    cmocka_unit_test(stream__one_number_for_ever__ends),
	    cmocka_unit_test(rate__never_heard_again__named),
	    cmocka_unit_test(flash__blank_beginning__erased_and_written),
	};
	rig_fill(image, sizeof image, 4);
	rig_fill(before, sizeof before, 8);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
