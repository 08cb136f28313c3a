/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine against a script: each line is a command as it must arrive, decoded from its
 * bytes, and what is answered. The ROM's rules on numbers and refusals, case by case.
 *
 *	FLASH_DATA 0 1800 = 0107     what must come, and the two status bytes of the answer
 *	FLASH_DATA 0 1800 = none     no answer
 *	READ_REG 60000210 = 1c       the value read (status ok)
 *	FLASH_DATA 1 1800            answered with 0000
 *	READBACK 17fc = 1a           a word of the flash is read, and with it W0: the value
 *	READBACK 17fc                ... what the image has there
 *
 * Numbers are hex. DATA shows number and length; its payload is checked against the image.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/bytes.h"
#include "tasmite/proto/engine.h"

struct peer {
	struct engine *e;
	struct engine_job job;
	mono_t now;
	const char *script; /* what is still to come */
	bool identity;	    /* identified: the script counts */
	uint32_t size_id;   /* JEDEC id */
	uint32_t magic;	    /* what the chip says it is; 0: an ESP8266 */
	bool hangs;	    /* in the first FLASH_BEGIN: no flash */
	bool hung;
	uint32_t begun;	 /* address of the last FLASH_BEGIN */
	uint32_t stored; /* bytes the ROM took since */
	bool readback;	 /* the script has the words read back */
	bool w0_follows;
	uint32_t w0;
	bool ended;
	enum engine_event_kind end;
	uint8_t sync[4];
};

static uint8_t image[64 * 1024];

/* ---- the wire ----------------------------------------------------------------------------------- */
static size_t unframe(const uint8_t *in, size_t n, uint8_t *out)
{
	size_t o = 0;
	assert_int_equal(in[0], 0xC0);
	assert_int_equal(in[n - 1], 0xC0);
	for (size_t i = 1; i + 1 < n; i++) {
		uint8_t b = in[i];
		assert_int_not_equal(b, 0xC0);
		if (b == 0xDB)
			b = in[++i] == 0xDC ? 0xC0 : 0xDB;
		out[o++] = b;
	}
	return o;
}

static void answer(struct peer *p, uint8_t op, uint32_t value, unsigned status)
{
	uint8_t raw[10] = {1, op, 2, 0}, out[24];
	size_t o = 0;
	put_le32(raw + 4, value);
	raw[8] = (uint8_t)(status >> 8);
	raw[9] = (uint8_t)status;
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
	for (size_t i = 0; i < o; i++)
		engine_rx(p->e, out + i, 1, p->now);
}

static void describe(const uint8_t *f, size_t n, char *out, size_t size)
{
	uint32_t w[6] = {0};
	for (size_t i = 0; i < 6 && 12 + 4 * i <= n; i++)
		w[i] = get_le32(f + 8 + 4 * i);
	const char *name = engine_command_name(f[1]);
	switch (f[1]) {
	case 2:
	case 5:
		snprintf(out, size, "%s %x %x %x %x", name, w[0], w[1], w[2], w[3]);
		break;
	case 3:
	case 7:
		snprintf(out, size, "%s %x %x", name, w[1], w[0]);
		break;
	case 9:
		if (n == 8 + 9 * 16) {
			snprintf(out, size, "READBACK %x", get_le32(f + 8 + 3 * 16 + 4) >> 8);
			break;
		}
		snprintf(out, size, "%s %x %x", name, w[0], w[1]);
		break;
	case 10:
		snprintf(out, size, "%s %x", name, w[0]);
		break;
	case 11:
		snprintf(out, size, "%s %x", name, w[1]);
		break;
	default:
		snprintf(out, size, "%s", name);
		break;
	}
}

/* ---- the script ---------------------------------------------------------------------------------- */
/* The next line, cut at " = "; the answer's text or "". */
static void next_line(struct peer *p, char *want, size_t size, char *reply, size_t reply_size)
{
	char line[120];
	const char *end = strchr(p->script, '\n');
	size_t n = end ? (size_t)(end - p->script) : strlen(p->script);
	assert_true(n < sizeof line);
	memcpy(line, p->script, n);
	line[n] = '\0';
	p->script += n + (end != NULL);
	char *eq = strstr(line, " = ");
	snprintf(reply, reply_size, "%s", eq ? eq + 3 : "");
	if (eq)
		*eq = '\0';
	snprintf(want, size, "%s", line);
}

static void check_payload(struct peer *p, const uint8_t *f, size_t n, bool stored)
{
	uint32_t len = get_le32(f + 8);
	uint8_t sum = 0xEF;
	assert_int_equal(n, 24 + len);
	for (uint32_t i = 0; i < len; i++) {
		uint32_t at = p->begun + p->stored + i - p->job.parts[0].offset;
		assert_int_equal(f[24 + i], at < p->job.parts[0].length ? image[at] : 0xFF);
		sum ^= f[24 + i];
	}
	assert_int_equal(get_le32(f + 4), sum);
	if (stored)
		p->stored += len;
}

/* Nine registers: the SPI unit set up, address, W0, go, and the unit as it was before. */
static void check_readback(struct peer *p, const uint8_t *f, uint32_t value)
{
	static const uint32_t want[9][4] = {
	    {0x6000021C, 0xD0000000, UINT32_MAX, 0},
	    {0x60000220, 0x5C001F00, UINT32_MAX, 0},
	    {0x60000224, 0x70000003, UINT32_MAX, 0},
	    {0x60000204, 0, UINT32_MAX, 0},
	    {0x60000240, 0, UINT32_MAX, 0},
	    {0x60000200, 1 << 18, UINT32_MAX, 0},
	    {0x6000021C, 0x11111111, UINT32_MAX, 10},
	    {0x60000220, 0x22222222, UINT32_MAX, 0},
	    {0x60000224, 0x33333333, UINT32_MAX, 0},
	};
	uint32_t at = (get_le32(f + 8 + 3 * 16 + 4) >> 8) - p->job.parts[0].offset;
	for (size_t i = 0; i < 9; i++)
		for (size_t k = 0; k < 4; k++)
			if (i != 3 || k != 1)
				assert_int_equal(get_le32(f + 8 + 16 * i + 4 * k), want[i][k]);
	p->w0_follows = true;
	p->w0 = value != UINT32_MAX ? value : get_le32(image + at);
}

static void scripted(struct peer *p, const uint8_t *f, size_t n)
{
	char got[120], want[120], reply[40];
	if (p->w0_follows) {
		/* the second half of a word's reading */
		assert_int_equal(f[1], 10);
		assert_int_equal(get_le32(f + 8), 0x60000240);
		p->w0_follows = false;
		answer(p, 10, p->w0, 0);
		return;
	}
	describe(f, n, got, sizeof got);
	next_line(p, want, sizeof want, reply, sizeof reply);
	assert_string_equal(got, want);
	bool none = strcmp(reply, "none") == 0;
	unsigned long value = none || !*reply ? 0 : strtoul(reply, NULL, 16);
	if (f[1] == 2) {
		p->begun = get_le32(f + 20);
		p->stored = 0;
	}
	if (f[1] == 3)
		check_payload(p, f, n, !none && value < 0x100);
	if (strncmp(want, "READBACK", 8) == 0 && !none)
		check_readback(p, f, *reply ? (uint32_t)value : UINT32_MAX);
	if (none)
		return;
	if (f[1] == 8) {
		for (int i = 0; i < 8; i++)
			answer(p, 8, get_le32(f + 8), 0);
	} else if (f[1] == 10) {
		answer(p, 10, (uint32_t)value, 0);
	} else {
		answer(p, f[1], 0, p->w0_follows ? 0 : (unsigned)value);
	}
}

/* What every session begins with. */
static void unscripted(struct peer *p, const uint8_t *f)
{
	uint32_t addr = get_le32(f + 8), value = 0;
	p->hung = p->hung || (p->hangs && f[1] == 2);
	if (p->hung)
		return;
	if (f[1] == 8) {
		for (int i = 0; i < 8; i++)
			answer(p, 8, addr, 0);
		return;
	}
	if (f[1] == 10 && addr == 0x40001000)
		value = p->magic ? p->magic : 0xFFF0C101;
	else if (f[1] == 10 && addr == 0x60000014)
		value = 451;
	else if (f[1] == 10 && addr == 0x60000240)
		value = p->size_id;
	answer(p, f[1], value, 0);
}

static void act(struct peer *p)
{
	static uint8_t frame[16384], wire[16384];
	struct engine_action a;
	while (engine_next(p->e, &a, p->now)) {
		size_t n = 0;
		if (a.kind == ENGINE_NEED_DATA)
			engine_data(p->e, image + a.offset, a.length);
		if (a.kind == ENGINE_WRITE)
			memcpy(wire, a.bytes, n = a.n);
		engine_done(p->e, 0, a.baud, p->now);
		/* one frame, or two at once */
		for (size_t at = 0, len; at < n; at += len) {
			const uint8_t *end = memchr(wire + at + 1, 0xC0, n - at - 1);
			assert_non_null(end);
			len = (size_t)(end + 1 - (wire + at));
			size_t got = unframe(wire + at, len, frame);
			if (p->identity)
				scripted(p, frame, got);
			else
				unscripted(p, frame);
		}
	}
}

static void run(struct peer *p, const struct engine_job *job, const char *script)
{
	p->job = *job;
	p->job.connected = true;
	p->job.connected_baud = 115200;
	p->job.no_baud_change = true;
	p->job.no_readback = !p->readback;
	p->job.no_stub = true;
	p->job.no_verify = true;
	p->script = script;
	p->e = engine_new(&p->job, 0);
	assert_non_null(p->e);
	for (int i = 0; i < 2000 && !p->ended; i++) {
		struct engine_event ev;
		act(p);
		while (engine_event(p->e, &ev)) {
			if (ev.kind == ENGINE_EV_IDENTITY) {
				p->identity = true;
				engine_proceed(p->e, p->now);
			}
			p->ended = p->ended || ev.kind >= ENGINE_EV_DONE;
			p->end = ev.kind;
		}
		mono_t d = engine_deadline(p->e);
		if (d != MONO_NEVER && d > p->now)
			p->now = d;
		engine_tick(p->e, p->now);
	}
	assert_true(p->ended);
	/* all of it was used */
	assert_string_equal(p->script, "");
}

struct script {
	const char *title;
	struct engine_job job;
	uint32_t id;
	const char *text;
	enum engine_event_kind end;
	enum engine_cause cause;
	uint32_t erased_from, erased_to, written_to;
};

#define FLASH(offset, length)                                                        \
	{                                                                            \
		.kind = ENGINE_FLASH, .part_count = 1, .parts = { {offset, length} } \
	}
#define ERASE(offset, length)                                                        \
	{                                                                            \
		.kind = ENGINE_ERASE, .part_count = 1, .parts = { {offset, length} } \
	}

#define SAVE                                                           \
	"READ_REG 6000021c = 11111111\nREAD_REG 6000021c = 11111111\n" \
	"READ_REG 60000220 = 22222222\nREAD_REG 60000220 = 22222222\n" \
	"READ_REG 60000224 = 33333333\nREAD_REG 60000224 = 33333333\n"

static const struct script scripts[] = {
    {"plain, the last block shorter and padded", FLASH(0, 0x3002), 0x1640EF,
	"FLASH_BEGIN 2000 3 1800 0\n"
	"FLASH_DATA 0 1800\n"
	"FLASH_DATA 1 1800\n"
	"FLASH_DATA 2 4",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x4000, 0x3002},
    {"a smaller chip is made known", FLASH(0, 0x2000), 0x1440EF,
	"SPI_SET_PARAMS 100000\n"
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800\n"
	"FLASH_DATA 1 800",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x2000, 0x2000},
    {"a stale code with status 0 is a success", FLASH(0, 0x2000), 0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0 = 0006\n"
	"FLASH_DATA 0 1800 = 0005\n"
	"FLASH_DATA 1 800 = 0007",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x2000, 0x2000},
    {"07: again as the next number, and once more over all", FLASH(0, 0x2000), 0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800 = 0107\n"
	"FLASH_DATA 1 1800\n"
	"FLASH_DATA 2 800\n"
	"FLASH_BEGIN 0 2 1800 0\n"
	"FLASH_DATA 0 200\nFLASH_DATA 1 200\nFLASH_DATA 2 200\nFLASH_DATA 3 200\n"
	"FLASH_DATA 4 200\nFLASH_DATA 5 200\nFLASH_DATA 6 200\nFLASH_DATA 7 200\n"
	"FLASH_DATA 8 200\nFLASH_DATA 9 200\nFLASH_DATA a 200\nFLASH_DATA b 200\n"
	"FLASH_DATA c 200\nFLASH_DATA d 200\nFLASH_DATA e 200\nFLASH_DATA f 200",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x2000, 0x2000},
    {"no answer: SYNC, then the sectors concerned anew", FLASH(0, 0x6000), 0x1640EF,
	"FLASH_BEGIN 3000 4 1800 0\n"
	"FLASH_DATA 0 1800\n"
	"FLASH_DATA 1 1800 = none\n"
	"SYNC\n"
	/* the block from 1800 to 3000 touches sectors 1 and 2 */
	"FLASH_BEGIN 1000 4 1800 1000\n"
	"FLASH_DATA 0 1800\n"
	"FLASH_DATA 1 1800\n"
	"FLASH_DATA 2 1800\n"
	"FLASH_DATA 3 800",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x6000, 0x6000},
    {"05 out of the blue: at a sector anew, checked in the end", FLASH(0, 0x1400), 0x1640EF,
	"FLASH_BEGIN 1000 1 1800 0\n"
	"FLASH_DATA 0 1400 = 0105\n"
	"FLASH_BEGIN 1000 1 1800 0\n"
	"FLASH_DATA 0 1400\n"
	"FLASH_BEGIN 0 1 1800 0\n"
	"FLASH_DATA 0 200\nFLASH_DATA 1 200\nFLASH_DATA 2 200\nFLASH_DATA 3 200\n"
	"FLASH_DATA 4 200\nFLASH_DATA 5 200\nFLASH_DATA 6 200\nFLASH_DATA 7 200\n"
	"FLASH_DATA 8 200\nFLASH_DATA 9 200",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x2000, 0x1400},
    {"08: is it protected? no: erased and written again, sector by sector", FLASH(0, 0x2000),
	0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800 = 0108\n"
	"WRITE_REG 60000210 0\n"
	"READ_REG 60000210 = 0\n"
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1000\n"
	"FLASH_DATA 1 1000",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x2000, 0x2000},
    {"08 on a protected flash", FLASH(0, 0x2000), 0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800 = 0108\n"
	"WRITE_REG 60000210 0\n"
	"READ_REG 60000210 = 1c",
	ENGINE_EV_FAILED, ENGINE_CAUSE_PROTECTED, 0, 0x2000, 0},
    {"08 for ever", FLASH(0, 0x2000), 0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800 = 0108\nWRITE_REG 60000210 0\nREAD_REG 60000210\n"
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1000 = 0108\nWRITE_REG 60000210 0\nREAD_REG 60000210\n"
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1000 = 0108\nWRITE_REG 60000210 0\nREAD_REG 60000210",
	ENGINE_EV_FAILED, ENGINE_CAUSE_READBACK, 0, 0x2000, 0},
    {"read back: proven on the first block, one word of each", FLASH(0, 0x2000), 0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800\n" SAVE "READBACK 17fc\nREADBACK 0\n"
	"FLASH_DATA 1 800\n"
	"READBACK 1ffc",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x2000, 0x2000},
    {"... a wrong answer is asked for again", FLASH(0, 0x2000), 0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800\n" SAVE "READBACK 17fc = 5\nREADBACK 17fc\nREADBACK 0\n"
	"FLASH_DATA 1 800\n"
	"READBACK 1ffc = 5\nREADBACK 1ffc",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x2000, 0x2000},
    {"... nothing is right, twice: without it", FLASH(0, 0x2000), 0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800\n" SAVE
	"READBACK 17fc = 0\nREADBACK 17fc = 0\nREADBACK 0 = 0\nREADBACK 0 = 0\n"
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800\n"
	"READBACK 17fc = 0\nREADBACK 17fc = 0\nREADBACK 0 = 0\nREADBACK 0 = 0\n"
	"FLASH_DATA 1 800",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x2000, 0x2000},
    {"... the end is wrong: from the sector on anew, and once more over all", FLASH(0, 0x1C00),
	0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800\n" SAVE "READBACK 17fc\nREADBACK 0\n"
	"FLASH_DATA 1 400\n"
	"READBACK 1bfc = 5\nREADBACK 1bfc = 6\n"
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800\nREADBACK 17fc\n"
	"FLASH_DATA 1 400\nREADBACK 1bfc\n"
	"FLASH_BEGIN 0 2 1800 0\n"
	"FLASH_DATA 0 200\nREADBACK 1fc\nFLASH_DATA 1 200\nREADBACK 3fc\n"
	"FLASH_DATA 2 200\nREADBACK 5fc\nFLASH_DATA 3 200\nREADBACK 7fc\n"
	"FLASH_DATA 4 200\nREADBACK 9fc\nFLASH_DATA 5 200\nREADBACK bfc\n"
	"FLASH_DATA 6 200\nREADBACK dfc\nFLASH_DATA 7 200\nREADBACK ffc\n"
	"FLASH_DATA 8 200\nREADBACK 11fc\nFLASH_DATA 9 200\nREADBACK 13fc\n"
	"FLASH_DATA a 200\nREADBACK 15fc\nFLASH_DATA b 200\nREADBACK 17fc\n"
	"FLASH_DATA c 200\nREADBACK 19fc\nFLASH_DATA d 200\nREADBACK 1bfc",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x2000, 0x1C00},
    {"... unanswered before the proof: without it", FLASH(0, 0x2000), 0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0\n"
	"FLASH_DATA 0 1800\n" SAVE "READBACK 17fc = none\nREAD_REG 60000240 = none\nSYNC\n"
	"READBACK 17fc = none\nREAD_REG 60000240 = none\nSYNC\n"
	"FLASH_DATA 1 800",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x2000, 0x2000},
    {"a refused FLASH_BEGIN is never followed by data", FLASH(0, 0x2000), 0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0 = 0106\n"
	"FLASH_BEGIN 1000 2 1800 0 = 0106",
	ENGINE_EV_FAILED, ENGINE_CAUSE_REFUSED, 0, 0x2000, 0},
    {"silence for ever", FLASH(0, 0x2000), 0x1640EF,
	"FLASH_BEGIN 1000 2 1800 0 = none\n"
	"SYNC = none\nSYNC = none\nSYNC = none",
	ENGINE_EV_FAILED, ENGINE_CAUSE_NO_ANSWER, 0, 0x2000, 0},
    {"an odd number of sectors: evenly, and the last two once more", ERASE(0x2000, 0x3000),
	0x1640EF,
	"FLASH_BEGIN 1000 2 1800 2000\n"
	"FLASH_BEGIN 1000 2 1800 3000",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0x2000, 0x5000, 0},
    {"one sector by the registers", ERASE(0x2000, 0x1000), 0x1640EF,
	"WRITE_REG 60000200 40000000\n"
	"WRITE_REG 60000210 0\nREAD_REG 60000210 = 2\n"
	"WRITE_REG 60000204 2000\n"
	"WRITE_REG 60000210 0\nREAD_REG 60000210 = 3\n"
	"WRITE_REG 60000210 0\nREAD_REG 60000210 = 0",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0x2000, 0x3000, 0},
    {"... which do nothing: the proven way, and it is told", ERASE(0x2000, 0x1000), 0x1640EF,
	"WRITE_REG 60000200 40000000\n"
	"WRITE_REG 60000210 0\nREAD_REG 60000210 = 0\n"
	"FLASH_BEGIN 1000 1 1800 2000",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0x2000, 0x4000, 0},
    {"... which erase nothing", ERASE(0x2000, 0x1000), 0x1640EF,
	"WRITE_REG 60000200 40000000\n"
	"WRITE_REG 60000210 0\nREAD_REG 60000210 = 2\n"
	"WRITE_REG 60000204 2000\n"
	"WRITE_REG 60000210 0\nREAD_REG 60000210 = 2\n"
	"FLASH_BEGIN 1000 1 1800 2000",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0x2000, 0x4000, 0},
    {"the whole chip", {.kind = ENGINE_ERASE}, 0x1440EF,
	"SPI_SET_PARAMS 100000\n"
	"FLASH_BEGIN f0000 0 1800 0",
	ENGINE_EV_DONE, ENGINE_CAUSE_NONE, 0, 0x100000, 0},
    {"the whole chip, of a size nobody knows", {.kind = ENGINE_ERASE}, 0x0040EF, "",
	ENGINE_EV_FAILED, ENGINE_CAUSE_SIZE_UNKNOWN, 0, 0, 0},
};

static void engine__follows__script(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		const struct script *s = &scripts[i];
		struct peer p = {.size_id = s->id, .readback = strstr(s->text, "READBACK")};
		print_message("%s\n", s->title);
		run(&p, &s->job, s->text);
		const struct engine_failure *f = engine_failure(p.e);
		assert_int_equal(p.end, s->end);
		assert_int_equal(f->cause, s->cause);
		assert_int_equal(f->erased_from, s->erased_from);
		assert_int_equal(f->erased_to, s->erased_to);
		assert_int_equal(f->written_to, s->written_to);
		assert_int_equal(f->flash_touched, s->erased_to > 0);
		engine_free(p.e);
	}
}

static void identify__refuses__what_it_finds(void **state)
{
	(void)state;
	static const struct {
		struct peer peer;
		enum engine_cause cause;
		const char *name;
	} cases[] = {
	    {{.size_id = 0x1640EF, .magic = 0x00F01D83}, ENGINE_CAUSE_NOT_8266, "ESP32"},
	    {{.size_id = 0x1640EF, .magic = 0x12345678}, ENGINE_CAUSE_NOT_8266, "unknown chip"},
	    {{.size_id = 0xFFFFFF}, ENGINE_CAUSE_NO_FLASH, "ESP8266EX"},
	    {{.size_id = 0}, ENGINE_CAUSE_NO_FLASH, "ESP8266EX"},
	    {{.size_id = 0x1640EF, .hangs = true}, ENGINE_CAUSE_NO_FLASH, "ESP8266EX"},
	};
	const struct engine_job job = {.kind = ENGINE_IDENTIFY};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct peer p = cases[i].peer;
		run(&p, &job, "");
		assert_int_equal(p.end, ENGINE_EV_FAILED);
		assert_int_equal(engine_failure(p.e)->cause, cases[i].cause);
		assert_string_equal(engine_chip_info(p.e)->name, cases[i].name);
		assert_false(engine_chip_info(p.e)->known);
		assert_false(engine_failure(p.e)->flash_touched);
		engine_free(p.e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(engine__follows__script),
	    cmocka_unit_test(identify__refuses__what_it_finds),
	};
	for (size_t i = 0; i < sizeof image; i++)
		image[i] = (uint8_t)(i * 31 + (i >> 8) * 7);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
