/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine when things go wrong: whatever the fault, it ends in bounded time, never says
 * "done" of a flash that differs, names the cause, and a second try succeeds.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "enginesim.h"

#define IMAGE (200u * 1024)
#define LESS  (90u * 1024)
#define SEEDS 6

static uint8_t image[IMAGE], other[IMAGE];
static struct rig rig;

static struct rig_config flash_config(uint32_t baud, int seed)
{
	struct rig_config c = {.button = true, .data = {image}};
	c.job.kind = ENGINE_FLASH;
	c.job.part_count = 1;
	c.job.parts[0].length = IMAGE;
	c.job.app_baud = 115200;
	c.job.baud = baud;
	c.seed = (uint64_t)seed;
	c.cut = (enum rig_cut)(seed % 3);
	return c;
}

/* What must hold at any end. */
static void check_end(void)
{
	bool noisy = rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_CHECKSUM) > 0;
	const struct engine_failure *f = engine_failure(rig.e);
	assert_true(rig.ended);
	assert_int_equal(engine_deadline(rig.e), MONO_NEVER);
	if (rig.end == ENGINE_EV_DONE) {
		assert_true(rig_flash_is(&rig, 0, image, IMAGE));
		assert_int_equal(f->cause, ENGINE_CAUSE_NONE);
		return;
	}
	if (rig.end == ENGINE_EV_FAILED)
		assert_int_not_equal(f->cause, ENGINE_CAUSE_NONE);
	/* What it says of the device is true. */
	assert_true(f->flash_touched || rig_flash(&rig)->erases == 0);
	/* ... as far as the ROM's XOR can tell, which is not far on a link full of errors. */
	if (!noisy)
		assert_true(rig_flash_is(&rig, f->written_from, image + f->written_from,
		    f->written_to - f->written_from));
	assert_true(f->written_from <= f->written_to && f->written_to <= f->erased_to);
	if (f->erased_from == f->erased_to)
		assert_int_equal(rig_flash(&rig)->programs, 0);
}

/* After a failure: the fault is gone, the user starts again. */
static void second_try(void)
{
	bool connected = engine_failure(rig.e)->still_connected;
	uint32_t baud = engine_baud(rig.e);
	sim_link_fault_clear(rig.link, rig.now);
	engine_free(rig.e);
	rig.pending = (struct rig_pending){0};
	rig.cfg.job.connected = connected;
	rig.cfg.job.connected_baud = connected ? baud : 0;
	rig.cfg.fault_after_identity = false;
	rig.e = engine_new(&rig.cfg.job, rig.now);
	rig.ended = false;
	rig.events = 0;
	if (!connected) {
		if (!sim_link_plugged(rig.link))
			sim_link_replug(rig.link, rig.now);
		sim_link_power(rig.link, false, rig.now);
		assert_false(rig_run(&rig, 500000));
		sim_link_button(rig.link, true, rig.now);
		sim_link_power(rig.link, true, rig.now);
	}
	assert_true(rig_run(&rig, 120000000));
	assert_int_equal(rig.end, ENGINE_EV_DONE);
	assert_true(rig_flash_is(&rig, 0, image, IMAGE));
	assert_int_equal(rig_count(&rig, ENGINE_EV_RETRY, -1), 0);
}

static void run_fault(const char *spec, uint32_t baud, int seed)
{
	struct rig_config c = flash_config(baud, seed);
	c.fault[0] = spec;
	c.fault_after_identity = true;
	rig_init(&rig, &c);
	sim_flash_load(rig_flash(&rig), 0, other, sizeof other);
	assert_true(rig_run(&rig, 800000000));
	check_end();
}

/* ---- faults of the wire: gone through, or named -------------------------------------------------- */
static void fault__is_gone_through__wire(void **state)
{
	static const char *const specs[] = {"drop:1e-5", "flip:1e-5", "insert:1e-5", "delay:100",
	    "delay:700", "answer-lost:1", "answer-lost:20", "answer-lost:0.05", "drop:1e-3,dir=rx"};
	static const uint32_t rates[] = {115200, 460800, 0};
	(void)state;
	for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
		unsigned done = 0;
		for (int seed = 1; seed <= SEEDS; seed++) {
			run_fault(specs[i], rates[seed % 3], seed);
			done += rig.end == ENGINE_EV_DONE;
			if (rig.end != ENGINE_EV_DONE) {
				enum engine_cause k = engine_failure(rig.e)->cause;
				assert_true(k == ENGINE_CAUSE_CHECKSUM ||
					    k == ENGINE_CAUSE_NO_ANSWER ||
					    k == ENGINE_CAUSE_REFUSED);
				second_try();
			}
			rig_fini(&rig);
		}
		print_message("%-18s %u of %d done\n", specs[i], done, SEEDS);
		assert_true(done * 4 >= SEEDS * 3u);
	}
}

/* So many errors that an 8-bit XOR must not be trusted with them. */
static void fault__ends_in_failure__wire_hopeless(void **state)
{
	static const char *const specs[] = {
	    "drop:1e-3", "flip:1e-3", "insert:1e-3", "flip:1e-2", "drop:1,dir=rx", "drop:1"};
	(void)state;
	for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
		for (int seed = 1; seed <= SEEDS; seed++) {
			run_fault(specs[i], seed % 2 ? 115200 : 460800, seed);
			assert_int_equal(rig.end, ENGINE_EV_FAILED);
			if (i == 0 && seed == 1)
				second_try();
			rig_fini(&rig);
		}
	}
}

/* One fault costs a block and what it takes to be noticed. */
static void fault__costs_little__single(void **state)
{
	static const struct {
		const char *spec;
		double most; /* seconds */
	} cases[] = {
	    /* one more block */
	    {"flip:1,dir=tx,count=1,after=100000", 0.2},
	    /* ... and it is not known whether it was stored: a wait, SYNC, two or three sectors */
	    {"answer-lost:30", 1.2},
	};
	(void)state;
	run_fault("write-protect,count=0", 460800, 1);
	rig_fini(&rig);
	struct rig_config c = flash_config(460800, 1);
	rig_init(&rig, &c);
	assert_true(rig_run(&rig, 100000000));
	double plain =
	    (double)(rig.stage_at[ENGINE_ST_WRITE][1] - rig.stage_at[ENGINE_ST_WRITE][0]) / 1e6;
	rig_fini(&rig);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		run_fault(cases[i].spec, 460800, 1);
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		assert_true(rig_count(&rig, ENGINE_EV_RETRY, -1) > 0);
		double t =
		    (double)(rig.stage_at[ENGINE_ST_WRITE][1] - rig.stage_at[ENGINE_ST_WRITE][0]) /
		    1e6;
		print_message("%s: %.3f s more than %.3f\n", cases[i].spec, t - plain, plain);
		assert_true(t - plain < cases[i].most);
		rig_fini(&rig);
	}
}

/* ---- what the XOR can't see ---------------------------------------------------------------------- */
/* Blocks of 6 KiB that end in their own ways. */
static void fill_tails(uint8_t *dst, size_t n)
{
	static const uint8_t value[] = {0xFF, 0, 0x55};
	rig_fill(dst, n, 3);
	for (size_t block = 0; (block + 1) * 0x1800 <= n; block++) {
		size_t tail = block % 7 == 6 ? 0x17FF : (size_t)1 << 2 * (block % 7);
		tail = tail > 0x17FF ? 0x17FF : tail;
		memset(dst + (block + 1) * 0x1800 - tail, value[block % 3], tail);
	}
}

/* One byte added or lost in a way that leaves the XOR as it was: seen, sent again, right. */
static void readback__sees__a_shift(void **state)
{
	static uint8_t tails[IMAGE];
	unsigned seen = 0, blind = 0;
	(void)state;
	fill_tails(tails, sizeof tails);
	for (unsigned i = 0; i < 96; i++) {
		const uint8_t *data = i % 4 < 2 ? image : tails;
		struct rig_config c = flash_config(460800, (int)i);
		c.data[0] = data;
		c.job.parts[0].length = LESS;
		c.shift = i % 2 ? 1 : -1;
		c.shift_frame = 1 + i / 8;
		c.shift_at = 40 + i * 977 % 5900;
		c.job.no_readback = i % 16 > 11;
		c.job.no_verify = true; /* the second pass would see some of it, too */
		rig_init(&rig, &c);
		assert_true(rig_run(&rig, 200000000));
		bool same = rig_flash_is(&rig, 0, data, LESS);
		if (c.job.no_readback) {
			blind += rig.end == ENGINE_EV_DONE && !same;
		} else {
			assert_true(same || rig.end != ENGINE_EV_DONE);
			assert_true(rig.end == ENGINE_EV_DONE ||
				    engine_failure(rig.e)->cause == ENGINE_CAUSE_CHECKSUM);
			seen += rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_CHECKSUM) > 0;
		}
		assert_int_equal(engine_readback(rig.e), !c.job.no_readback);
		rig_fini(&rig);
	}
	print_message("%u seen; %u wrong without\n", seen, blind);
	assert_true(seen > 50 && blind > 12);
}

/* A chip whose registers can't read the flash: all goes as without. */
static void readback__is_given_up__not_working(void **state)
{
	static const char *const blank[] = {NULL, "flip:1,dir=tx,count=1,after=100000"};
	(void)state;
	for (int i = 0; i < 6; i++) {
		struct rig_config c = flash_config(i % 2 ? 115200 : 460800, i);
		c.fault[0] = "no-spi-user";
		c.fault[1] = blank[i / 3];
		rig_init(&rig, &c);
		assert_true(rig_run(&rig, 200000000));
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		check_end();
		assert_false(engine_readback(rig.e));
		if (i < 3)
			assert_int_equal(rig_count(&rig, ENGINE_EV_RETRY, -1), 0);
		rig_fini(&rig);
	}
}

/* Many links that add or lose bytes now and then. */
static void readback__never_wrong__many_seeds(void **state)
{
	static const char *const specs[] = {
	    "insert:1e-5", "insert:3e-5", "insert:5e-5", "drop:1e-5", "drop:3e-5", "drop:5e-5"};
	unsigned done = 0;
	(void)state;
	for (int seed = 0; seed < 300; seed++) {
		struct rig_config c = flash_config(seed % 2 ? 921600 : 460800, seed);
		c.job.parts[0].length = 32u * 1024 - (uint32_t)seed;
		c.fault[0] = specs[seed % 6];
		c.fault_after_identity = true;
		rig_init(&rig, &c);
		sim_flash_load(rig_flash(&rig), 0, other, sizeof other);
		assert_true(rig_run(&rig, 200000000));
		if (rig.end == ENGINE_EV_DONE)
			assert_true(rig_flash_is(&rig, 0, image, c.job.parts[0].length));
		done += rig.end == ENGINE_EV_DONE;
		rig_fini(&rig);
	}
	print_message("%u of 300 done\n", done);
	assert_true(done > 270);
}

/* ---- faults of the board --------------------------------------------------------------------------- */
static void fault__is_named__board(void **state)
{
	static const struct {
		const char *spec;
		enum engine_cause cause;
	} cases[] = {
	    {"reset@BYTE:100000", ENGINE_CAUSE_RESET},
	    {"reset@BYTE:1000", ENGINE_CAUSE_RESET},
	    {"reset@BYTE:206000", ENGINE_CAUSE_RESET},
	    {"brownout-erase", ENGINE_CAUSE_RESET},
	    {"brownout-erase:5", ENGINE_CAUSE_RESET},
	    {"unplug@BYTE:100000", ENGINE_CAUSE_IO},
	    {"write-protect", ENGINE_CAUSE_PROTECTED},
	    {"worn:7", ENGINE_CAUSE_READBACK},
	    {"worn:49", ENGINE_CAUSE_READBACK},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (int seed = 1; seed <= 6; seed++) {
			run_fault(cases[i].spec, seed % 2 ? 115200 : 460800, seed);
			assert_int_equal(rig.end, ENGINE_EV_FAILED);
			const struct engine_failure *f = engine_failure(rig.e);
			if (f->cause != cases[i].cause)
				print_message(
				    "%s seed %d: cause %d\n", cases[i].spec, seed, (int)f->cause);
			assert_int_equal(f->cause, cases[i].cause);
			if (f->cause == ENGINE_CAUSE_READBACK) {
				uint32_t worn = (uint32_t)atoi(cases[i].spec + 5) * 4096;
				assert_int_equal(f->offset, worn);
				assert_int_equal(f->command, 3);
				assert_int_equal(f->code, 8);
			}
			second_try();
			rig_fini(&rig);
		}
	}
}

/* The button was let go: the restarted chip runs what is left in its flash. */
static void fault__is_named__reset_into_application(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct rig_config c = flash_config(i % 2 ? 115200 : 460800, i);
		rig_init(&rig, &c);
		assert_true(rig_until(&rig, ENGINE_EV_PROGRESS, -1, 10000000));
		assert_false(rig_run(&rig, 1200000 + i * 77000));
		sim_link_button(rig.link, false, rig.now);
		sim_device_reset_pin(sim_link_device(rig.link), rig.now);
		sim_time at = rig.now;
		assert_true(rig_run(&rig, 60000000));
		assert_int_equal(rig.end, ENGINE_EV_FAILED);
		assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_RESET);
		assert_true(rig.now - at < 5000000);
		check_end();
		second_try();
		rig_fini(&rig);
	}
}

static void fault__is_named__power_gone(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct rig_config c = flash_config(i % 2 ? 115200 : 460800, i);
		rig_init(&rig, &c);
		assert_true(rig_until(&rig, ENGINE_EV_PROGRESS, -1, 10000000));
		assert_false(rig_run(&rig, i * 177000));
		sim_link_power(rig.link, false, rig.now);
		sim_time at = rig.now;
		assert_true(rig_run(&rig, 60000000));
		assert_int_equal(rig.end, ENGINE_EV_FAILED);
		assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_NO_ANSWER);
		assert_false(engine_failure(rig.e)->still_connected);
		assert_true(rig.now - at < 30000000);
		check_end();
		second_try();
		rig_fini(&rig);
	}
}

/* ---- cancel ------------------------------------------------------------------------------------------ */
static void cancel__ends_within_a_second__any_moment(void **state)
{
	char seen[64][24];
	size_t states = 0;
	(void)state;
	for (int i = 0; i < 400; i++) {
		struct rig_config c = flash_config(i % 2 ? 115200 : 460800, i);
		rig_init(&rig, &c);
		/* dense while connecting and identifying, then over the whole */
		if (rig_run(&rig, i < 300 ? i * 2311 : i * 24000)) {
			rig_fini(&rig);
			continue;
		}
		const char *name = engine_state_name(rig.e);
		size_t k = 0;
		while (k < states && strcmp(seen[k], name) != 0)
			k++;
		if (k == states && states < 64 && strlen(name) < 24)
			strcpy(seen[states++], name);
		engine_cancel(rig.e, rig.now);
		sim_time at = rig.now;
		assert_true(rig_run(&rig, 1000000));
		assert_int_equal(rig.end, ENGINE_EV_CANCELLED);
		assert_true(rig.now - at <= 1000000);
		check_end();
		engine_cancel(rig.e, rig.now);
		engine_proceed(rig.e, rig.now);
		engine_port_lost(rig.e, rig.now);
		rig_run(&rig, 1000);
		assert_int_equal(rig.end, ENGINE_EV_CANCELLED);
		if (i % 10 == 0)
			second_try();
		rig_fini(&rig);
	}
	/* the moments were spread over the states, or this proves little */
	print_message("%zu states\n", states);
	assert_true(states >= 12);
}

/* ---- the driver fails ---------------------------------------------------------------------------------- */
static void driver__failed_action__ends(void **state)
{
	(void)state;
	struct engine_job job = {
	    .kind = ENGINE_IDENTIFY, .connected = true, .connected_baud = 9600};
	for (int kind = 0; kind < 2; kind++) {
		struct engine *e = engine_new(&job, 0);
		struct engine_action a;
		assert_true(engine_next(e, &a, 0));
		assert_int_equal(a.kind, ENGINE_BAUD);
		assert_false(engine_next(e, &a, 0)); /* one at a time */
		engine_done(e, 0, 9600, 0);
		assert_true(engine_next(e, &a, 0));
		assert_int_equal(a.kind, ENGINE_WRITE);
		if (kind == 0)
			engine_done(e, -10, 0, 0);
		else
			engine_port_lost(e, 0);
		struct engine_event ev = {0}, last = {0};
		while (engine_event(e, &ev))
			last = ev;
		assert_int_equal(last.kind, ENGINE_EV_FAILED);
		assert_int_equal(engine_failure(e)->cause, ENGINE_CAUSE_IO);
		assert_false(engine_next(e, &a, 0));
		engine_done(e, 0, 0, 0);
		engine_tick(e, 1);
		engine_free(e);
	}
}

static void driver__never_done__ends(void **state)
{
	(void)state;
	struct engine_job job = {.kind = ENGINE_IDENTIFY};
	struct engine *e = engine_new(&job, 0);
	struct engine_action a;
	assert_true(engine_next(e, &a, 0));
	assert_true(engine_deadline(e) > 5000000 && engine_deadline(e) < 60000000);
	engine_tick(e, engine_deadline(e));
	assert_int_equal(engine_failure(e)->cause, ENGINE_CAUSE_IO);
	engine_free(e);
}

static void driver__no_data__ends_connected(void **state)
{
	(void)state;
	struct rig_config c = flash_config(115200, 1);
	rig_init(&rig, &c);
	assert_true(rig_until(&rig, ENGINE_EV_PROGRESS, -1, 10000000));
	/* by hand from here, to give the wrong number of bytes */
	struct engine_action a;
	sim_time end = rig.now + 20000000;
	bool asked = false;
	while (!asked && rig.now < end) {
		while (!asked && engine_next(rig.e, &a, rig.now)) {
			asked = a.kind == ENGINE_NEED_DATA;
			if (asked) {
				engine_data(rig.e, image, a.length - 1);
			} else if (a.kind == ENGINE_WRITE) {
				sim_link_send(rig.link, a.bytes, a.n, rig.now);
			} else if (a.kind == ENGINE_BAUD) {
				sim_link_baud(rig.link, a.baud, rig.now);
			}
			engine_done(rig.e, 0, a.baud, rig.now);
		}
		uint8_t b[64];
		sim_time t = sim_link_next(rig.link);
		rig.now = t < rig.now ? rig.now : t < end ? t : end;
		size_t n = sim_link_receive(rig.link, b, sizeof b, rig.now);
		engine_rx(rig.e, b, n, rig.now);
	}
	assert_true(asked);
	assert_true(rig_run(&rig, 1000));
	assert_int_equal(rig.end, ENGINE_EV_FAILED);
	assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_DATA);
	assert_true(engine_failure(rig.e)->still_connected);
	rig_fini(&rig);
}

/* ---- hostile answers -------------------------------------------------------------------------------------- */
/* A value that lets the session go on, most of the time. */
static uint32_t hostile_value(const uint8_t *sent, uint64_t s)
{
	uint32_t addr = (uint32_t)sent[9] | (uint32_t)sent[10] << 8 | (uint32_t)sent[11] << 16 |
			(uint32_t)sent[12] << 24;
	if (s % 61 == 0)
		return (uint32_t)(s >> 11);
	switch (addr) {
	case 0x40001000:
		return 0xFFF0C101;
	case 0x60000014:
		return 451;
	case 0x60000240:
		return 0x1640EF;
	case 0x60000210:
		return s % 5 ? 0 : (uint32_t)(s >> 20 & 0xFF);
	default:
		return 0;
	}
}

/* An answer to what was sent: well formed, or nearly so. */
static size_t hostile_answer(const uint8_t *sent, uint64_t s, uint8_t *out)
{
	uint8_t raw[10] = {1, sent[2], 2, 0, sent[9], sent[10], sent[11], sent[12], 0, 0};
	size_t o = 0;
	if (sent[2] == 10)
		for (int i = 0; i < 4; i++)
			raw[4 + i] = (uint8_t)(hostile_value(sent, s) >> (8 * i));
	if (s % 50 == 0)
		raw[8] = (uint8_t)(s >> 8);
	if (s % 10 == 0)
		raw[9] = (uint8_t)(s >> 16 & 15);
	if (s % 77 == 0)
		raw[2] = (uint8_t)(s >> 24);
	if (s % 83 == 0)
		raw[1] = (uint8_t)(s >> 32);
	out[o++] = 0xC0;
	for (size_t i = 0; i < sizeof raw; i++) {
		if (raw[i] == 0xC0 || raw[i] == 0xDB) {
			out[o++] = 0xDB;
			out[o++] = raw[i] == 0xC0 ? 0xDC : 0xDD;
		} else {
			out[o++] = raw[i];
		}
	}
	out[o++] = 0xC0;
	return o;
}

static uint64_t hostile_next(uint64_t s)
{
	s ^= s << 13;
	s ^= s >> 7;
	return s ^ s << 17;
}

struct hostile {
	struct engine *e;
	mono_t now;
	uint64_t s;
	bool over, wrote_flash;
};

static bool hostile_act(struct hostile *h, uint8_t sent[16])
{
	struct engine_action a;
	bool wrote = false;
	while (engine_next(h->e, &a, h->now)) {
		if (a.kind == ENGINE_NEED_DATA)
			engine_data(h->e, image, a.length);
		if (a.kind == ENGINE_WRITE) {
			/* of two frames the second is what an answer is waited for */
			size_t at = a.n - 1;
			while (a.bytes[at - 1] != 0xC0)
				at--;
			at--;
			wrote = true;
			memcpy(sent, a.bytes + at, a.n - at < 16 ? a.n - at : 16);
			h->wrote_flash = h->wrote_flash || sent[2] == 3;
		}
		engine_done(h->e, 0, a.baud, h->now);
	}
	return wrote;
}

static void hostile_step(struct hostile *h, bool answers)
{
	uint8_t sent[16] = {0}, r[400];
	struct engine_event ev;
	size_t n = 0;
	bool wrote = hostile_act(h, sent);
	h->s = hostile_next(h->s);
	if (wrote && answers && h->s % 40 != 0)
		n = hostile_answer(sent, h->s, r);
	else if (!answers || h->s % 9 == 0)
		for (n = 0; n < (h->s >> 8) % sizeof r; n++)
			r[n] = (uint8_t)((h->s >> (n % 50)) * (n | 1));
	if (n)
		engine_rx(h->e, r, n, h->now);
	mono_t d = engine_deadline(h->e);
	h->now = !wrote && d != MONO_NEVER && d > h->now ? d : h->now + 500;
	if (engine_deadline(h->e) <= h->now)
		engine_tick(h->e, h->now);
	while (engine_event(h->e, &ev)) {
		h->over = h->over || ev.kind >= ENGINE_EV_DONE;
		if (ev.kind == ENGINE_EV_IDENTITY)
			engine_proceed(h->e, h->now);
		assert_true(ev.kind != ENGINE_EV_DONE || answers);
	}
}

static void hostile__ends_or_waits__random_answers(void **state)
{
	(void)state;
	unsigned ended = 0, wrote = 0;
	for (unsigned round = 0; round < 300; round++) {
		struct engine_job job = {.kind = ENGINE_FLASH,
		    .part_count = 1,
		    .parts = {{0, 40000}},
		    .connected = true,
		    .connected_baud = 115200,
		    .no_baud_change = round % 2,
		    .no_stub = round % 4 < 2};
		struct hostile h = {.e = engine_new(&job, 0), .s = hostile_next(round + 1)};
		for (int step = 0; step < 3000 && !h.over; step++)
			hostile_step(&h, round % 3 != 2);
		ended += h.over;
		wrote += h.wrote_flash;
		engine_free(h.e);
	}
	print_message("%u ended, %u came to writing\n", ended, wrote);
	assert_true(ended > 100 && wrote > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fault__is_gone_through__wire),
	    cmocka_unit_test(fault__ends_in_failure__wire_hopeless),
	    cmocka_unit_test(fault__costs_little__single),
	    cmocka_unit_test(readback__sees__a_shift),
	    cmocka_unit_test(readback__is_given_up__not_working),
	    cmocka_unit_test(readback__never_wrong__many_seeds),
	    cmocka_unit_test(fault__is_named__board),
	    cmocka_unit_test(fault__is_named__reset_into_application),
	    cmocka_unit_test(fault__is_named__power_gone),
	    cmocka_unit_test(cancel__ends_within_a_second__any_moment),
	    cmocka_unit_test(driver__failed_action__ends),
	    cmocka_unit_test(driver__never_done__ends),
	    cmocka_unit_test(driver__no_data__ends_connected),
	    cmocka_unit_test(hostile__ends_or_waits__random_answers),
	};
	rig_fill(image, sizeof image, 1);
	rig_fill(other, sizeof other, 2);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
