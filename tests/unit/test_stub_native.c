/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stub of the ESP8266, compiled for this machine, on a played chip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tasmite/proto/deflate.h"
#include "tasmite/proto/digest.h"
#include "tasmite/proto/stub_wire.h"

#include "stub_native.h"

#define WAIT 2000

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

/* --- a host that writes -------------------------------------------------------------------- */

struct writer {
	struct native *n;
	uint8_t *stream; /* what DATA carries */
	size_t size, piece;
	uint32_t next, frames, acked;
	size_t window, under_way;
	uint32_t drop;	/* frame that is lost the first time, or ~0u */
	uint32_t twice; /* frame that is sent twice, or ~0u */
	uint32_t spoil; /* frame that is damaged the first time, or ~0u */
	uint32_t acks, naks, nak;
	uint32_t status, address;
	bool halt;
	uint8_t (*proof)[16]; /* digests that come unasked */
};

static void writer_one(struct writer *w, uint32_t number)
{
	size_t at = number * w->piece, count = w->size - at < w->piece ? w->size - at : w->piece;
	uint8_t noise[] = {0xC0, STUB_DATA, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xC0};

	if (number == w->drop) {
		w->drop = ~0u;
		return;
	}
	if (number == w->spoil) {
		w->spoil = ~0u;
		native_raw(w->n, noise, sizeof noise);
		return;
	}
	native_send(w->n, STUB_DATA, 0, &number, 1, w->stream + at, count);
	if (number == w->twice)
		native_send(w->n, STUB_DATA, 0, &number, 1, w->stream + at, count);
}

static void writer_go(struct writer *w)
{
	/* Every frame as if all of it were escaped, but for noise. */
	while (!w->halt && w->next < w->frames &&
	       (w->next - w->acked + 1) * (w->piece + 80) <= w->window)
		writer_one(w, w->next++);
}

static void writer_heard(void *ctx, const struct native_answer *a)
{
	struct writer *w = ctx;

	if (!a->good)
		return;
	if (a->op == STUB_PROVE && w->proof && a->n == 20 && native_word(a, 0) < 3)
		memcpy(w->proof[native_word(a, 0)], a->data + 4, 16);
	if (a->op == STUB_ACK) {
		w->acks++;
		w->acked = native_word(a, 0);
		w->status = a->status;
		w->address = native_word(a, 4);
		if (a->status)
			w->halt = true;
		writer_go(w);
	} else if (a->op == STUB_NAK) {
		/* Once per number: the ones after it left before the host knew. */
		if (w->naks++ && w->nak == native_word(a, 0))
			return;
		w->nak = native_word(a, 0);
		w->next = native_word(a, 0);
		writer_go(w);
	}
}

static uint8_t *packed(const uint8_t *bytes, size_t n, size_t *size)
{
	struct deflater *d = deflater_new();
	uint8_t *out = malloc(n + n / 8 + 1000);
	bool end = false;
	size_t used = n;

	*size = deflater_run(d, bytes, &used, true, out, n + n / 8 + 1000, &end);
	assert_true(end);
	deflater_free(d);
	return out;
}

/* Something between text and noise, with blank parts, as firmware is. */
static uint8_t *firmware(size_t n, uint32_t seed)
{
	uint8_t *b = malloc(n);
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		if (i >= 600 && x >> 30)
			b[i] = b[i - 3 - (x >> 8) % 500];
		else
			b[i] = (uint8_t)(x >> 20);
		if (i / 4096 % 7 == 5 && i % 4096 > 900)
			b[i] = 0xFF;
	}
	return b;
}

static void plan(
    struct native *n, uint8_t serial, uint32_t flags, const uint32_t *runs, size_t count)
{
	uint32_t words[64] = {0, flags | STUB_PLAN_LAST};

	memcpy(words + 2, runs, count * 8);
	native_send(n, STUB_PLAN, serial, words, 2 + 2 * count, NULL, 0);
	assert_true(native_wait(n, STUB_PLAN, serial, 500));
}

static void writer_begin(
    struct writer *w, struct native *n, const uint8_t *bytes, size_t size, bool deflate)
{
	memset(w, 0, sizeof *w);
	w->n = n;
	w->drop = w->twice = w->spoil = ~0u;
	w->piece = 1024;
	w->window = 30000;
	if (deflate) {
		w->stream = packed(bytes, size, &w->size);
	} else {
		w->stream = malloc(size);
		memcpy(w->stream, bytes, size);
		w->size = size;
	}
	w->frames = (uint32_t)((w->size + w->piece - 1) / w->piece);
	n->heard = writer_heard;
	n->ctx = w;
}

/* Sends it all; the status that END got. */
static uint32_t writer_end(struct writer *w, uint8_t serial, int ms)
{
	struct native *n = w->n;
	uint32_t last = 0;

	writer_go(w);
	for (int t = 0; t < ms && w->acked < w->frames && !w->halt; t += 50) {
		native_run(n, 50);
		if (t % 1000 == 0 && w->acked == last && native_pending(n) == 0) {
			w->next = w->acked;
			writer_go(w);
		}
		last = w->acked;
	}
	native_send(n, STUB_END, serial, NULL, 0, NULL, 0);
	assert_true(native_wait(n, STUB_END, serial, ms));
	n->heard = NULL;
	free(w->stream);
	return n->last.status;
}

/* --- tests --------------------------------------------------------------------------------- */

static void stub__hello__says_what_is_there(void **state)
{
	struct native *n = *state;

	assert_int_equal(n->seen[STUB_HELLO], 1); /* unasked */
	assert_int_equal(n->last.serial, 0);
	native_send(n, STUB_HELLO, 7, NULL, 0, NULL, 0);
	assert_true(native_wait(n, STUB_HELLO, 7, WAIT));
	assert_int_equal(n->last.status, STUB_OK);
	assert_int_equal(n->last.n, 48);
	assert_int_equal(native_word(&n->last, 0), STUB_PROTOCOL);
	assert_true(native_word(&n->last, 1) >= 24 * 1024);
	assert_int_equal(native_word(&n->last, 2), 0x12345678);
	assert_int_equal(native_word(&n->last, 3), NATIVE_DIVIDER);
	assert_int_equal(native_word(&n->last, 4), 0x1440EF);
	assert_int_equal(native_word(&n->last, 6), 0x3FF00050);
}

static void stub__sync__value_zero(void **state)
{
	struct native *n = *state;
	uint8_t sync[46] = {0xC0, 0, 8, 36, 0, 0, 0, 0, 0, 7, 7, 0x12, 0x20};
	uint32_t answers = n->answers;

	memset(sync + 13, 0x55, 32);
	sync[45] = 0xC0;
	native_raw(n, sync, sizeof sync);
	native_run(n, 50);
	assert_int_equal(n->answers, answers + 1);
	assert_int_equal(n->last.op, 1); /* the ROM's form, not the stub's */
	assert_int_equal(n->last.serial, 8);
	native_send(n, STUB_HELLO, 7, NULL, 0, NULL, 0);
	assert_true(native_wait(n, STUB_HELLO, 7, WAIT));
	assert_int_equal(native_word(&n->last, 10), 0); /* and no bad frame */
}

static void stub__echo__every_byte(void **state)
{
	struct native *n = *state;
	uint8_t bytes[4096];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 / 3);
	native_send(n, STUB_ECHO, 9, NULL, 0, bytes, sizeof bytes);
	assert_true(native_wait(n, STUB_ECHO, 9, WAIT));
	assert_int_equal(n->last.n, sizeof bytes);
	assert_memory_equal(n->last.data, bytes, sizeof bytes);
}

static void stub__bad_frames__counted_and_silent(void **state)
{
	struct native *n = *state;
	uint8_t bad[] = {0xC0, 0x43, 1, 2, 3, 4, 5, 6, 0xC0};
	uint8_t longer[6000];
	uint32_t answers = n->answers;

	memset(longer, 0x55, sizeof longer);
	native_raw(n, bad, sizeof bad);
	native_raw(n, longer, sizeof longer);
	native_raw(n, bad, 1);
	native_run(n, 700);
	assert_int_equal(n->answers, answers);
	native_send(n, STUB_HELLO, 3, NULL, 0, NULL, 0);
	assert_true(native_wait(n, STUB_HELLO, 3, WAIT));
	assert_int_equal(native_word(&n->last, 10), 2);
	assert_int_equal(native_word(&n->last, 11), 0);
}

static void stub__own_answers__not_answered(void **state)
{
	struct native *n = *state;
	uint32_t answers = n->answers;

	native_send(n, STUB_ECHO | 0x80, 5, NULL, 0, (const uint8_t *)"\0\0text", 6);
	native_run(n, 100);
	assert_int_equal(n->answers, answers);
}

static void stub__unknown_op__said(void **state)
{
	struct native *n = *state;

	native_send(n, 0x5F, 1, NULL, 0, NULL, 0);
	assert_true(native_wait(n, 0x5F, 1, WAIT));
	assert_int_equal(n->last.status, STUB_E_OP);
	native_send(n, STUB_MD5, 2, NULL, 0, NULL, 0);
	assert_true(native_wait(n, STUB_MD5, 2, WAIT));
	assert_int_equal(n->last.status, STUB_E_LENGTH);
}

static void stub__baud__changes_and_falls_back(void **state)
{
	struct native *n = *state;
	uint32_t divider = 26;

	native_send(n, STUB_BAUD, 1, &divider, 1, NULL, 0);
	assert_true(native_wait(n, STUB_BAUD, 1, WAIT));
	native_run(n, 5);
	native_send(n, STUB_ECHO, 2, NULL, 0, (const uint8_t *)"x", 1);
	assert_false(native_wait(n, STUB_ECHO, 2, 500)); /* the host is still slow */
	native_run(n, 700);
	native_send(n, STUB_ECHO, 3, NULL, 0, (const uint8_t *)"x", 1);
	assert_true(native_wait(n, STUB_ECHO, 3, 500)); /* and the stub is again */
	native_send(n, STUB_BAUD, 1, &divider, 1, NULL, 0);
	assert_true(native_wait(n, STUB_BAUD, 1, WAIT)); /* the same serial: done again */
	native_run(n, 5);
	n->divider = divider;
	native_send(n, STUB_ECHO, 5, NULL, 0, (const uint8_t *)"x", 1);
	assert_true(native_wait(n, STUB_ECHO, 5, 500));
	native_run(n, 2000);
	native_send(n, STUB_ECHO, 6, NULL, 0, (const uint8_t *)"x", 1);
	assert_true(native_wait(n, STUB_ECHO, 6, 500)); /* it stays */
}

static void check_write(
    struct native *n, bool deflate, uint32_t divider, uint32_t size, uint32_t old)
{
	uint8_t *image = firmware(size, 1);
	uint32_t run[2] = {0x3000, size};
	struct writer w;

	for (uint32_t i = 0; i < old; i++)
		n->flash[i] = (uint8_t)(i * 13);
	native_send(n, STUB_BAUD, 1, &divider, 1, NULL, 0);
	assert_true(native_wait(n, STUB_BAUD, 1, WAIT));
	native_run(n, 2);
	n->divider = divider;
	plan(n, 2, deflate ? STUB_PLAN_DEFLATE : 0, run, 1);
	writer_begin(&w, n, image, size, deflate);
	assert_int_equal(writer_end(&w, 3, 20000), STUB_OK);
	assert_int_equal(native_word(&n->last, 2), size);
	assert_memory_equal(n->flash + 0x3000, image, size);
	assert_int_equal(n->overflows, 0);
	assert_int_equal(w.naks, 0);
	for (uint32_t i = 0x3000 + size; i < old; i++)
		assert_int_equal(n->flash[i], (uint8_t)(i * 13));
	free(image);
}

static void stub__write_plain__is_in_the_flash(void **state)
{
	check_write(*state, false, 56, 0x15000, 0x20000);
}

static void stub__write_deflate__is_in_the_flash(void **state)
{
	struct native *n = *state;

	check_write(n, true, 26, 0x4B000, 0x60000);
	assert_int_equal(n->blocks, 3); /* 0x10000 to 0x3FFFF; 13 sectors before, 14 after */
	assert_int_equal(n->sectors, 13 + 14);
}

/* Pages at once where the chip select can be held, quarters of them where it can't; what is blank at
 * their ends is left out. */
static void check_programs(struct native *n, uint32_t programs)
{
	uint8_t image[0x2000];
	uint32_t run[2] = {0x5000, sizeof image};
	struct writer w;

	memset(image, 0x5A, sizeof image);
	memset(image + 0x400, 0xFF, 0x100); /* a page */
	memset(image + 0x600, 0xFF, 0x40);  /* the first quarter of one */
	memset(image + 0x780, 0xFF, 0x80);  /* the last half */
	memset(image + 0x840, 0xFF, 0x80);  /* within */
	plan(n, 2, 0, run, 1);
	writer_begin(&w, n, image, sizeof image, false);
	assert_int_equal(writer_end(&w, 3, 20000), STUB_OK);
	assert_memory_equal(n->flash + 0x5000, image, sizeof image);
	assert_int_equal(n->programs, programs);
}

static void stub__write__pages_at_once(void **state)
{
	check_programs(*state, 31);
}

static void stub__write__quarters_without_hold(void **state)
{
	struct native *n;

	native_free(*state);
	*state = n = native_new_no_hold();
	check_programs(n, 128 - 4 - 1 - 2 - 2);
}

static void stub__write__quarters_slowly(void **state)
{
	struct native *n = *state;
	uint8_t image[0x1000];
	uint32_t run[2] = {0x5000, sizeof image};
	struct writer w;

	memset(image, 0x5A, sizeof image);
	plan(n, 2, STUB_PLAN_SLOW, run, 1);
	writer_begin(&w, n, image, sizeof image, false);
	assert_int_equal(writer_end(&w, 3, 20000), STUB_OK);
	assert_memory_equal(n->flash + 0x5000, image, sizeof image);
	assert_int_equal(n->programs, 64);
}

static void stub__write__blank_sectors_not_erased(void **state)
{
	struct native *n = *state;

	check_write(n, true, 56, 0x30000, 0x12000);
	assert_int_equal(n->blocks, 0); /* two sectors of its block are used: not worth it */
	assert_int_equal(n->sectors, 13 + 2);
}

static void stub__write__lost_damaged_doubled(void **state)
{
	struct native *n = *state;
	uint8_t *image = firmware(0x10000, 5);
	uint32_t run[2] = {0x10000, 0x10000};
	struct writer w;

	plan(n, 2, STUB_PLAN_DEFLATE, run, 1);
	writer_begin(&w, n, image, 0x10000, true);
	w.drop = 2;
	w.twice = 5;
	w.spoil = 9;
	assert_int_equal(writer_end(&w, 3, 20000), STUB_OK);
	assert_memory_equal(n->flash + 0x10000, image, 0x10000);
	assert_true(w.naks >= 2);
	free(image);
}

/* A zlib stream of stored blocks, as long as these may be. */
static uint8_t *stored(const uint8_t *bytes, size_t n, size_t *size)
{
	uint8_t *out = malloc(n + n / 1000 + 100);
	uint32_t a = 1, b = 0;
	size_t to = 0;

	out[to++] = 0x78;
	out[to++] = 0x01;
	for (size_t at = 0, part; at < n; at += part) {
		part = n - at < 65535 ? n - at : 65535;
		out[to++] = at + part == n;
		out[to++] = (uint8_t)part;
		out[to++] = (uint8_t)(part >> 8);
		out[to++] = (uint8_t)~part;
		out[to++] = (uint8_t)(~part >> 8);
		memcpy(out + to, bytes + at, part);
		to += part;
	}
	for (size_t i = 0; i < n; i++) {
		a = (a + bytes[i]) % 65521;
		b = (b + a) % 65521;
	}
	out[to++] = (uint8_t)(b >> 8);
	out[to++] = (uint8_t)b;
	out[to++] = (uint8_t)(a >> 8);
	out[to++] = (uint8_t)a;
	*size = to;
	return out;
}

static void check_stream(struct native *n, const uint8_t *image, size_t size, bool store)
{
	uint32_t run[2] = {0, (uint32_t)size}, divider = 26;
	struct writer w;

	native_send(n, STUB_BAUD, 1, &divider, 1, NULL, 0);
	assert_true(native_wait(n, STUB_BAUD, 1, WAIT));
	native_run(n, 2);
	n->divider = divider;
	plan(n, 2, STUB_PLAN_DEFLATE, run, 1);
	writer_begin(&w, n, image, size, true);
	if (store) {
		free(w.stream);
		w.stream = stored(image, size, &w.size);
		w.frames = (uint32_t)((w.size + w.piece - 1) / w.piece);
	}
	assert_int_equal(writer_end(&w, 3, 20000), STUB_OK);
	assert_memory_equal(n->flash, image, size);
}

/* What is made faster than the flash takes it is summed before the ring is used again. */
static void stub__write__summed_in_time__stored_and_runs(void **state)
{
	const size_t size = 0x28000;
	uint8_t *image = firmware(size, 4);

	check_stream(*state, image, size, true);
	native_free(*state);
	*state = native_new();
	for (size_t i = 0; i < size; i++)
		image[i] = (uint8_t)(i / 5000);
	check_stream(*state, image, size, false);
	free(image);
}

static void stub__write__erase_runs_and_several(void **state)
{
	struct native *n = *state;
	uint8_t *image = firmware(0x5000, 8);
	uint32_t runs[6] = {0x1000, 0x3000, 0x6000, 0x20000 | STUB_RUN_ERASE, 0x30000, 0x2000};
	struct writer w;

	memset(n->flash, 0x12, 0x40000);
	plan(n, 2, STUB_PLAN_DEFLATE, runs, 3);
	writer_begin(&w, n, image, 0x5000, true);
	assert_int_equal(writer_end(&w, 3, 20000), STUB_OK);
	assert_int_equal(native_word(&n->last, 2), 0x25000);
	assert_int_equal(native_word(&n->last, 3), 0x25000);
	assert_memory_equal(n->flash + 0x1000, image, 0x3000);
	assert_memory_equal(n->flash + 0x30000, image + 0x3000, 0x2000);
	assert_int_equal(n->flash[0xFFF], 0x12);
	assert_int_equal(n->flash[0x5FFF], 0x12);
	for (uint32_t i = 0x6000; i < 0x26000; i++)
		assert_int_equal(n->flash[i], 0xFF);
	assert_int_equal(n->flash[0x26000], 0x12);
	assert_int_equal(n->flash[0x32000], 0x12);
	free(image);
}

static void stub__write__requests_between_do_not_disturb(void **state)
{
	struct native *n = *state;
	uint8_t *image = firmware(0x8000, 3), digest[16];
	uint32_t run[2] = {0, 0x8000}, md5[4] = {0x40000, 0x1000, 0x1000, 16};
	struct writer w;

	memset(n->flash + 0x40000, 0x77, 0x1000);
	digest_md5(n->flash + 0x40000, 0x1000, digest);
	plan(n, 2, STUB_PLAN_DEFLATE, run, 1);
	writer_begin(&w, n, image, 0x8000, true);
	w.frames -= 3;
	writer_go(&w);
	native_send(n, STUB_END, 4, NULL, 0, NULL, 0);
	native_send(n, STUB_MD5, 5, md5, 4, NULL, 0);
	assert_true(native_wait(n, STUB_END, 4, 5000));
	assert_int_equal(n->last.status, STUB_E_SHORT);
	assert_true(native_wait(n, STUB_MD5, 5, 5000));
	assert_memory_equal(n->last.data + 8, digest, 16);
	w.frames += 3;
	assert_int_equal(writer_end(&w, 3, 20000), STUB_OK);
	assert_memory_equal(n->flash, image, 0x8000);
	free(image);
}

/* The proof is of the flash's own bytes, said before END's answer. */
static void stub__prove__what_is_in_the_flash(void **state)
{
	struct native *n = *state;
	uint8_t *image = firmware(0x23000, 5), digest[16], proof[3][16] = {{0}};
	uint32_t run[4] = {0x1000, 0x20000, 0x22000, 0x3000};
	uint32_t ask[3] = {0x1000, 0x20000 + 0x1000 + 1000 - 1000 % 4 + 2, 0x10000};

	for (int worn = 0; worn < 2; worn++) {
		struct writer w;
		n->worn = worn ? 0x1234 : ~0u;
		plan(n, (uint8_t)(2 + worn), STUB_PLAN_DEFLATE, run, 2);
		native_send(n, STUB_PROVE, 9, ask, 3, NULL, 0);
		assert_true(native_wait(n, STUB_PROVE, 9, 500));
		assert_int_equal(n->last.status, STUB_OK);
		assert_int_equal(n->last.n, 0);
		n->seen[STUB_PROVE] = 0;
		writer_begin(&w, n, image, 0x23000, true);
		w.proof = proof;
		assert_int_equal(writer_end(&w, (uint8_t)(20 + worn), 20000), STUB_OK);
		for (uint32_t i = 0; i < 3; i++) {
			uint32_t left = ask[1] - i * 0x10000,
				 part = left < 0x10000 ? left : 0x10000;
			digest_md5(n->flash + 0x1000 + i * 0x10000, part, digest);
			assert_memory_equal(proof[i], digest, 16);
		}
		digest_md5(image, 0x10000, digest);
		assert_int_equal(memcmp(proof[0], digest, 16) != 0, worn);
	}
	native_send(n, STUB_PROVE, 11, ask, 2, NULL, 0);
	assert_true(native_wait(n, STUB_PROVE, 11, WAIT));
	assert_int_equal(n->last.status, STUB_E_LENGTH);
	free(image);
}

static void stub__write__failures_are_named(void **state)
{
	struct native *n = *state;
	uint8_t *image = firmware(0x8000, 3);
	uint32_t run[2] = {0, 0x8000}, less[2] = {0, 0x7000}, more[2] = {0, 0x9000};
	struct writer w;

	n->flash[0x4000] = 0;
	n->worn = 0x4000;
	plan(n, 2, STUB_PLAN_DEFLATE, run, 1);
	writer_begin(&w, n, image, 0x8000, true);
	assert_int_equal(writer_end(&w, 3, 20000), STUB_E_ERASE);
	assert_int_equal(native_word(&n->last, 4), 0x4000);
	n->worn = ~0u;
	plan(n, 4, STUB_PLAN_DEFLATE, less, 1);
	writer_begin(&w, n, image, 0x8000, true);
	assert_int_equal(writer_end(&w, 5, 20000), STUB_E_LONG);
	plan(n, 6, STUB_PLAN_DEFLATE, more, 1);
	writer_begin(&w, n, image, 0x8000, true);
	assert_int_equal(writer_end(&w, 7, 20000), STUB_E_SHORT);
	plan(n, 8, STUB_PLAN_DEFLATE, run, 1);
	writer_begin(&w, n, image, 0x8000, true);
	w.stream[w.size - 1] ^= 1; /* Adler-32 */
	assert_int_equal(writer_end(&w, 9, 20000), STUB_E_INFLATE);
	plan(n, 10, STUB_PLAN_DEFLATE, run, 1);
	writer_begin(&w, n, image, 0x8000, true);
	assert_int_equal(writer_end(&w, 11, 20000), STUB_OK); /* and it works after all that */
	assert_memory_equal(n->flash, image, 0x8000);
	free(image);
}

static void stub__protected__cleared_or_said(void **state)
{
	struct native *n = *state;
	uint32_t area[2] = {0x1000, 0x2000};

	memset(n->flash, 0, 0x4000);
	n->status = 0x1C;
	n->locked = true;
	native_send(n, STUB_ERASE, 1, area, 2, NULL, 0);
	assert_true(native_wait(n, STUB_ERASE, 1, WAIT));
	assert_int_equal(n->last.status, STUB_E_PROTECTED);
	n->locked = false;
	native_send(n, STUB_ERASE, 1, area, 2, NULL, 0);
	assert_true(native_wait(n, STUB_ERASE, 1, WAIT));
	assert_int_equal(n->last.status, STUB_E_PROTECTED); /* the same request: the same answer */
	native_send(n, STUB_ERASE, 2, area, 2, NULL, 0);
	assert_true(native_wait(n, STUB_ERASE, 2, WAIT));
	assert_int_equal(n->last.status, STUB_OK);
	assert_int_equal(n->status, 0);
	assert_int_equal(n->sectors, 2);
	assert_int_equal(n->flash[0xFFF], 0);
	assert_int_equal(n->flash[0x1000], 0xFF);
	assert_int_equal(n->flash[0x3000], 0);
}

static void stub__erase__says_busy(void **state)
{
	struct native *n = *state;
	uint32_t area[2] = {0, NATIVE_FLASH};

	memset(n->flash, 0, NATIVE_FLASH);
	native_send(n, STUB_ERASE, 1, area, 2, NULL, 0);
	assert_true(native_wait(n, STUB_ERASE, 1, 5000));
	assert_int_equal(n->blocks, 16);
	assert_in_range(n->seen[STUB_BUSY], 8, 10); /* 2.4 s */
	n->flash[5] = 0;
	native_send(n, STUB_ERASE_CHIP, 2, NULL, 0, NULL, 0);
	assert_true(native_wait(n, STUB_ERASE_CHIP, 2, 5000));
	assert_int_equal(n->last.status, STUB_OK);
	assert_int_equal(n->flash[5], 0xFF);
	assert_in_range(n->seen[STUB_BUSY], 19, 23);
}

static void stub__ranges__refused_beyond_the_flash(void **state)
{
	struct native *n = *state;
	uint32_t wrong[][2] = {{0, 0x101000}, {0x100000, 0x1000}, {0xFFFFF000, 0x2000},
	    {0x800, 0x1000}, {0, 0x800}, {0, 0}};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		native_send(n, STUB_ERASE, (uint8_t)(i + 1), wrong[i], 2, NULL, 0);
		assert_true(native_wait(n, STUB_ERASE, (uint8_t)(i + 1), WAIT));
		assert_int_equal(n->last.status, STUB_E_RANGE);
	}
	assert_int_equal(n->sectors + n->blocks, 0);
}

static void stub__md5__strides_and_ranges(void **state)
{
	struct native *n = *state;
	uint32_t words[] = {0x1003, 0x2345, 0x1000, 16},
		 ranges[] = {8, 0, 55, 64, 56, 100, 64, 9, 0};
	uint8_t digest[16];

	for (uint32_t i = 0; i < 0x8000; i++)
		n->flash[i] = (uint8_t)(i * i >> 3);
	native_send(n, STUB_MD5, 1, words, 4, NULL, 0);
	assert_true(native_wait(n, STUB_MD5, 1, WAIT));
	assert_int_equal(native_word(&n->last, 1), 3);
	for (uint32_t i = 0; i < 3; i++) {
		digest_md5(n->flash + 0x1003 + 0x1000 * i, i < 2 ? 0x1000 : 0x345, digest);
		assert_memory_equal(n->last.data + 8 + 16 * i, digest, 16);
	}
	native_send(n, STUB_MD5_RANGES, 2, ranges, 9, NULL, 0);
	assert_true(native_wait(n, STUB_MD5_RANGES, 2, WAIT));
	assert_int_equal(native_word(&n->last, 1), 4);
	for (uint32_t i = 0; i < 4; i++) {
		digest_md5(n->flash + ranges[1 + 2 * i], ranges[2 + 2 * i], digest);
		assert_memory_equal(n->last.data + 8 + 8 * i, digest, 8);
	}
}

struct collector {
	uint32_t next, got, index;
	uint8_t bytes[NATIVE_FLASH];
	struct native *n;
	bool mute;
	uint32_t blanks;
};

static void collect_digests(void *ctx, const struct native_answer *a)
{
	struct collector *c = ctx;

	if (a->op != STUB_MD5)
		return;
	assert_int_equal(native_word(a, 0), c->index);
	memcpy(c->bytes + 8 * c->index, a->data + 8, native_word(a, 1) * 8);
	c->index += native_word(a, 1);
}

static void stub__md5__many_in_several_answers(void **state)
{
	struct native *n = *state;
	uint32_t words[] = {0, NATIVE_FLASH, 0x1000, 8};
	struct collector *c = calloc(1, sizeof *c);
	uint8_t digest[16];

	for (uint32_t i = 0; i < NATIVE_FLASH; i++)
		n->flash[i] = (uint8_t)(i * i >> 9);
	n->heard = collect_digests;
	n->ctx = c;
	native_send(n, STUB_MD5, 1, words, 4, NULL, 0);
	for (int i = 0; i < 40 && c->index < 256; i++)
		native_run(n, 100);
	assert_int_equal(c->index, 256);
	for (uint32_t i = 0; i < 256; i++) {
		digest_md5(n->flash + 0x1000 * i, 0x1000, digest);
		assert_memory_equal(c->bytes + 8 * i, digest, 8);
	}
	free(c);
}

static void collect_chunks(void *ctx, const struct native_answer *a)
{
	struct collector *c = ctx;
	uint32_t at = native_word(a, 0), count = (uint32_t)a->n - 4;

	if (a->op != STUB_CHUNK)
		return;
	assert_int_equal(at, c->next);
	if (a->status == STUB_S_BLANK) {
		count = native_word(a, 1);
		memset(c->bytes + at, 0xFF, count);
		c->blanks += count;
	} else {
		memcpy(c->bytes + at, a->data + 4, count);
	}
	c->next = at + count;
	if (!c->mute)
		native_send(c->n, STUB_CHUNK_ACK, 0, &c->next, 1, NULL, 0);
}

static void stub__read__all_of_it(void **state)
{
	struct native *n = *state;
	uint32_t words[] = {0x101, 0x30007, 1024, 8192}, divider = 26;
	struct collector *c = calloc(1, sizeof *c);
	uint8_t digest[16];
	int64_t since;

	native_send(n, STUB_BAUD, 1, &divider, 1, NULL, 0);
	assert_true(native_wait(n, STUB_BAUD, 1, WAIT));
	native_run(n, 2);
	n->divider = divider;
	for (uint32_t i = 0; i < 0x20000; i++)
		n->flash[i] = (uint8_t)(i * i >> 7);
	n->heard = collect_chunks;
	n->ctx = c;
	c->n = n;
	c->next = 0x101;
	since = n->now;
	native_send(n, STUB_READ, 2, words, 4, NULL, 0);
	assert_true(native_wait(n, STUB_READ, 2, 4000));
	assert_int_equal(c->next, 0x101 + 0x30007);
	assert_memory_equal(c->bytes + 0x101, n->flash + 0x101, 0x30007);
	digest_md5(n->flash + 0x101, 0x30007, digest);
	assert_memory_equal(n->last.data, digest, 16);
	assert_in_range(c->blanks, 0x10000 - 2048, 0x11000);
	/* 128 KiB of data: at most a tenth more than the wire takes. */
	assert_true(n->now - since < 0x20000 * 260LL * 11 / 10);
	free(c);
}

static void stub__read__window_and_end_by_another_request(void **state)
{
	struct native *n = *state;
	uint32_t words[] = {0, 0x20000, 1024, 4096};
	struct collector *c = calloc(1, sizeof *c);

	memset(n->flash, 0, 0x20000);
	n->heard = collect_chunks;
	n->ctx = c;
	c->n = n;
	c->mute = true;
	native_send(n, STUB_READ, 2, words, 4, NULL, 0);
	native_run(n, 2000);
	assert_int_equal(c->next, 4096);
	native_send(n, STUB_CHUNK_ACK, 0, &c->next, 1, NULL, 0);
	native_run(n, 2000);
	assert_int_equal(c->next, 8192);
	native_send(n, STUB_ECHO, 3, NULL, 0, (const uint8_t *)"here", 4);
	assert_true(native_wait(n, STUB_ECHO, 3, WAIT));
	assert_int_equal(n->seen[STUB_READ], 0);
	free(c);
}

static void stub__registers__read_and_written(void **state)
{
	struct native *n = *state;
	uint32_t wanted[] = {0x40001000, 0x60000014},
		 quad[] = {0x60000208, 0x55, 0xFF, 0x6000021C, 4, 4};

	native_send(n, STUB_READ_REG, 1, wanted, 2, NULL, 0);
	assert_true(native_wait(n, STUB_READ_REG, 1, WAIT));
	assert_int_equal(native_word(&n->last, 0), 0x40001000);
	assert_int_equal(native_word(&n->last, 1), NATIVE_DIVIDER);
	native_send(n, STUB_WRITE_REG, 2, quad, 6, NULL, 0);
	assert_true(native_wait(n, STUB_WRITE_REG, 2, WAIT));
	assert_int_equal(n->last.status, STUB_OK);
	native_send(n, STUB_READ_REG, 3, quad, 1, NULL, 0);
	assert_true(native_wait(n, STUB_READ_REG, 3, WAIT));
	assert_int_equal(native_word(&n->last, 0), 0x288155);
	native_send(n, STUB_WRITE_REG, 4, quad, 5, NULL, 0);
	assert_true(native_wait(n, STUB_WRITE_REG, 4, WAIT));
	assert_int_equal(n->last.status, STUB_E_LENGTH);
}

static void stub__run__leaves(void **state)
{
	struct native *n = *state;
	uint32_t how = STUB_RUN_LOADER;

	native_send(n, STUB_RUN, 1, &how, 1, NULL, 0);
	assert_true(native_wait(n, STUB_RUN, 1, WAIT));
	assert_int_equal(n->left, NATIVE_HERE);
	native_run(n, 10);
	assert_int_equal(n->left, NATIVE_LOADER);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(stub__hello__says_what_is_there),
	    TEST(stub__sync__value_zero),
	    TEST(stub__echo__every_byte),
	    TEST(stub__bad_frames__counted_and_silent),
	    TEST(stub__own_answers__not_answered),
	    TEST(stub__unknown_op__said),
	    TEST(stub__baud__changes_and_falls_back),
	    TEST(stub__write_plain__is_in_the_flash),
	    TEST(stub__write_deflate__is_in_the_flash),
	    TEST(stub__write__pages_at_once),
	    TEST(stub__write__quarters_without_hold),
	    TEST(stub__write__quarters_slowly),
	    TEST(stub__write__summed_in_time__stored_and_runs),
	    TEST(stub__write__blank_sectors_not_erased),
	    TEST(stub__write__lost_damaged_doubled),
	    TEST(stub__write__erase_runs_and_several),
	    TEST(stub__write__requests_between_do_not_disturb),
	    TEST(stub__prove__what_is_in_the_flash),
	    TEST(stub__write__failures_are_named),
	    TEST(stub__protected__cleared_or_said),
	    TEST(stub__erase__says_busy),
	    TEST(stub__ranges__refused_beyond_the_flash),
	    TEST(stub__md5__strides_and_ranges),
	    TEST(stub__md5__many_in_several_answers),
	    TEST(stub__read__all_of_it),
	    TEST(stub__read__window_and_end_by_another_request),
	    TEST(stub__registers__read_and_written),
	    TEST(stub__run__leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
