/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stub's differences, compiled for this machine, on a played chip (stub_native.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tasmite/base/bytes.h"
#include "tasmite/proto/deflate.h"
#include "tasmite/proto/stub_wire.h"

#include "../../src/proto/differ.h"
#include "stub_native.h"

#define WAIT   2000
#define SECTOR 4096u
#define FRAME  1500u

static int setup(void **state)
{
	*state = native_new();
	return 0;
}

static int teardown(void **state)
{
	native_free(*state);
	return 0;
}

/* ---- a stream ----------------------------------------------------------------------------- */
struct maker {
	uint8_t *out;
	size_t n, made;
	uint8_t last[32768];
	size_t last_n;
	uint32_t adler;
	struct deflater *deflater;
	struct differ *differ;
};

static void maker_begin(struct maker *m)
{
	memset(m, 0, sizeof *m);
	m->out = malloc(1u << 20);
	m->adler = 1;
	m->deflater = deflater_new();
	m->differ = differ_new();
}

static void maker_end(struct maker *m)
{
	for (unsigned i = 0; i < 4; i++)
		m->out[m->n++] = (uint8_t)(m->adler >> (24 - 8 * i));
	deflater_free(m->deflater);
	differ_free(m->differ);
}

static void maker_sector(struct maker *m, const uint8_t *flash, uint32_t addr, const uint8_t *bytes)
{
	uint32_t from = addr > STUB_OLD_BACK ? addr - STUB_OLD_BACK : 0;
	uint8_t rest[SECTOR];
	bool known[DIFFER_OLD_MAX / DIFFER_UNIT];
	struct differ_part part[STUB_PARTS_MAX];
	size_t parts, at = 0, keep = sizeof m->last - SECTOR;

	memset(known, true, sizeof known);
	memcpy(rest, bytes, SECTOR);
	parts = differ_find(m->differ, flash + from,
	    from + STUB_OLD_KEPT < NATIVE_FLASH ? STUB_OLD_KEPT : NATIVE_FLASH - from, known, bytes,
	    SECTOR, DIFFER_NONE, part, STUB_PARTS_MAX);
	m->out[m->n++] = (uint8_t)parts;
	for (size_t i = 0; i < parts; at += part[i++].length) {
		put_le16(m->out + m->n, part[i].length);
		put_le16(m->out + m->n + 2, part[i].old);
		m->n += 4;
		for (size_t k = 0; k < part[i].length && part[i].old != DIFFER_NONE; k++)
			rest[at + k] = (uint8_t)(rest[at + k] - flash[from + part[i].old + k]);
	}
	m->n += deflater_sector(
	    m->deflater, m->last, m->last_n, rest, SECTOR, m->out + m->n, 2 * SECTOR);
	if (m->last_n > keep) {
		memmove(m->last, m->last + m->last_n - keep, keep);
		m->last_n = keep;
	}
	memcpy(m->last + m->last_n, bytes, SECTOR);
	m->last_n += SECTOR;
	m->adler = deflate_adler(m->adler, bytes, SECTOR);
}

/* ---- a host --------------------------------------------------------------------------------- */
struct host {
	struct native *n;
	const uint8_t *stream;
	size_t size;
	uint32_t next, acked;
	uint32_t status;
};

static void host_go(struct host *h)
{
	while (h->status == STUB_OK && h->next * FRAME < h->size &&
	       (h->next - h->acked + 1) * (FRAME + 100) <= 28000) {
		size_t at = h->next * FRAME, n = h->size - at < FRAME ? h->size - at : FRAME;

		native_send(h->n, STUB_DATA, 0, &h->next, 1, h->stream + at, n);
		h->next++;
	}
}

static void host_heard(void *ctx, const struct native_answer *a)
{
	struct host *h = ctx;

	if (!a->good || a->op != STUB_ACK)
		return;
	h->acked = native_word(a, 0);
	h->status = a->status;
	host_go(h);
}

/* The status of END. */
static uint32_t write_all(struct native *n, const uint32_t *runs, size_t count,
    const uint8_t *stream, size_t size, int ms)
{
	struct host h = {.n = n, .stream = stream, .size = size};
	uint32_t words[34] = {0, STUB_PLAN_LAST | STUB_PLAN_DEFLATE | STUB_PLAN_DELTA};

	memcpy(words + 2, runs, count * 8);
	native_send(n, STUB_PLAN, 2, words, 2 + 2 * count, NULL, 0);
	assert_true(native_wait(n, STUB_PLAN, 2, 500));
	assert_int_equal(n->last.status, STUB_OK);
	n->heard = host_heard;
	n->ctx = &h;
	host_go(&h);
	for (int t = 0; t < ms && h.acked * FRAME < size && h.status == STUB_OK; t += 50)
		native_run(n, 50);
	native_send(n, STUB_END, 3, NULL, 0, NULL, 0);
	assert_true(native_wait(n, STUB_END, 3, ms));
	n->heard = NULL;
	return n->last.status;
}

static void fast(struct native *n, uint32_t divider)
{
	native_send(n, STUB_BAUD, 1, &divider, 1, NULL, 0);
	assert_true(native_wait(n, STUB_BAUD, 1, WAIT));
	native_run(n, 2);
	n->divider = divider;
}

/* Flash that holds something, and that something moved and changed here and there. */
static uint8_t *release(struct native *n, uint32_t seed, uint32_t moved, bool up)
{
	uint8_t *b = malloc(NATIVE_FLASH);
	uint32_t x = seed;

	for (size_t i = 0; i < NATIVE_FLASH; i++) {
		x = x * 1664525u + 1013904223u;
		n->flash[i] = (uint8_t)(x >> 24);
	}
	memcpy(b, n->flash, NATIVE_FLASH);
	for (size_t i = 0; i + moved < NATIVE_FLASH; i++)
		b[up ? i + moved : i] = n->flash[up ? i : i + moved];
	for (size_t i = 0; i < NATIVE_FLASH; i += 97)
		b[i] = (uint8_t)(b[i] + 8);
	return b;
}

static void check(
    struct native *n, uint32_t divider, const uint32_t *runs, size_t count, uint32_t moved, bool up)
{
	uint8_t *image = release(n, moved, moved, up), *whole = malloc(NATIVE_FLASH);
	uint32_t bytes = 0;
	struct maker m;

	maker_begin(&m);
	memcpy(whole, n->flash, NATIVE_FLASH);
	for (size_t i = 0; i < count; i++) {
		for (uint32_t at = runs[2 * i]; at < runs[2 * i] + runs[2 * i + 1]; at += SECTOR)
			maker_sector(&m, n->flash, at, image + at);
		memcpy(whole + runs[2 * i], image + runs[2 * i], runs[2 * i + 1]);
		bytes += runs[2 * i + 1];
	}
	maker_end(&m);
	assert_true(m.n < bytes / 8);
	fast(n, divider);
	assert_int_equal(write_all(n, runs, count, m.out, m.n, 60000), STUB_OK);
	assert_int_equal(native_word(&n->last, 2), bytes);
	assert_memory_equal(n->flash, whole, NATIVE_FLASH);
	assert_int_equal(n->overflows, 0);
	free(image);
	free(whole);
	free(m.out);
}

static void delta__blocks__moved_up(void **state)
{
	const uint32_t run[2] = {0, 0x50000};

	check(*state, 26, run, 1, 3000, true);
	assert_int_equal(((struct native *)*state)->blocks, 5);
}

static void delta__blocks__moved_down_far(void **state)
{
	const uint32_t run[2] = {0x3000, 0x45000};

	check(*state, 56, run, 1, 20000, false);
	assert_int_equal(((struct native *)*state)->blocks, 3);
}

static void delta__runs__near_and_far(void **state)
{
	const uint32_t runs[] = {
	    0x1000, 0x1000, 0x3000, 0x2000, 0x9000, 0x18000, 0x80000, 0x5000, 0xF0000, 0x10000};

	check(*state, 113, runs, 5, 500, true);
}

static void delta__slow_wire__same(void **state)
{
	const uint32_t run[2] = {0x10000, 0x28000};

	check(*state, 451, run, 1, 11000, true);
}

/* ---- what is wrong -------------------------------------------------------------------------- */
/* A stream that begins with a head; the rest is a stored block of zeros. */
static uint32_t with_head(struct native *n, const uint16_t *head, size_t parts, uint32_t said)
{
	static const uint32_t run[2] = {0x10000, 0x2000};
	uint8_t stream[2 * SECTOR] = {(uint8_t)said};
	size_t at = 1;

	for (size_t i = 0; i < 2 * parts; i++, at += 2)
		put_le16(stream + at, head[i]);
	stream[at] = 1; /* the last block, stored */
	put_le16(stream + at + 1, SECTOR);
	put_le16(stream + at + 3, (uint16_t)~SECTOR);
	return write_all(n, run, 1, stream, at + 5 + SECTOR, 5000);
}

static void delta__bad_heads__refused(void **state)
{
	struct native *n = *state;
	static const uint16_t sums[] = {4095, 0}, more[] = {4096, 0, 1, 0},
			      none[] = {0, 0, 4096, 0}, far[] = {4096, STUB_OLD_KEPT - 4095},
			      wrap[] = {4096, 0xFFFE};
	static const struct {
		const uint16_t *head;
		size_t parts;
	} bad[] = {{sums, 1}, {more, 2}, {none, 2}, {far, 1}, {wrap, 1}};

	memset(n->flash, 0x5A, NATIVE_FLASH);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(with_head(n, bad[i].head, bad[i].parts, (uint32_t)bad[i].parts),
		    STUB_E_INFLATE);
	assert_int_equal(with_head(n, sums, 1, STUB_PARTS_MAX + 1), STUB_E_INFLATE);
	/* Sectors may have been erased ahead, but nothing is written. */
	for (uint32_t i = 0; i < 0x2000; i++)
		assert_true(n->flash[0x10000 + i] == 0x5A || n->flash[0x10000 + i] == 0xFF);
	for (uint32_t i = 0x12000; i < NATIVE_FLASH; i++)
		assert_int_equal(n->flash[i], 0x5A);
}

static void delta__wrong_sum__told(void **state)
{
	struct native *n = *state;
	uint8_t *image = release(n, 5, 600, true);
	const uint32_t run[2] = {0x10000, SECTOR};
	struct maker m;

	maker_begin(&m);
	maker_sector(&m, n->flash, 0x10000, image + 0x10000);
	m.adler ^= 1;
	maker_end(&m);
	assert_int_equal(write_all(n, run, 1, m.out, m.n, 5000), STUB_E_INFLATE);
	free(m.out);
	free(image);
}

/* The flash holds something else than the host thinks: the sum tells. */
static void delta__other_flash__told(void **state)
{
	struct native *n = *state;
	uint8_t *image = release(n, 5, 600, true);
	const uint32_t run[2] = {0x10000, SECTOR};
	struct maker m;

	maker_begin(&m);
	maker_sector(&m, n->flash, 0x10000, image + 0x10000);
	maker_end(&m);
	n->flash[0x10000 + 100] ^= 0x10;
	assert_int_equal(write_all(n, run, 1, m.out, m.n, 5000), STUB_E_INFLATE);
	free(m.out);
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(delta__blocks__moved_up, setup, teardown),
	    cmocka_unit_test_setup_teardown(delta__blocks__moved_down_far, setup, teardown),
	    cmocka_unit_test_setup_teardown(delta__runs__near_and_far, setup, teardown),
	    cmocka_unit_test_setup_teardown(delta__slow_wire__same, setup, teardown),
	    cmocka_unit_test_setup_teardown(delta__bad_heads__refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(delta__wrong_sum__told, setup, teardown),
	    cmocka_unit_test_setup_teardown(delta__other_flash__told, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
