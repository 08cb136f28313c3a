/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing and reading the virtual ESP32 family's flash by the ROM, against esp-serial-protocol.md 2,
 * 2.3 to 2.6 and 4.2. */
#include "sim_peer32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <zlib.h>

static struct peer P;
static uint8_t DATA[0x8000];

static int teardown(void **state)
{
	(void)state;
	peer_fini(&P);
	return 0;
}

static struct peer *loader(enum sim_chip chip)
{
	for (size_t i = 0; i < sizeof(DATA); i++)
		DATA[i] = (uint8_t)(i * 31 + (i >> 8) * 7);
	peer32_init(&P, chip, NULL);
	peer32_ready(&P);
	return &P;
}

static const uint8_t *mem(const struct peer *p)
{
	return sim_device_flash(sim_link_device(p->l))->mem;
}

/* A chip that is not blank. */
static void fill(struct peer *p)
{
	struct sim_flash *f = sim_device_flash(sim_link_device(p->l));

	memset(f->mem, 0x11, f->size);
}

/* --- plain ---------------------------------------------------------------------------------------- */

static void begin__erases_exactly_what_is_announced__no_sector_more(void **state)
{
	static const struct {
		uint32_t at, size, first, end;
	} cases[] = {{0x10000, 0x1000, 0x10000, 0x11000}, {0x10000, 0x20000, 0x10000, 0x30000},
	    {0x5000, 0x30000, 0x5000, 0x35000}, {0xF000, 1, 0xF000, 0x10000},
	    {0x3FF000, 0x1000, 0x3FF000, 0x400000}, {0x20000, 0, 0x20000, 0x20000}};
	struct peer *p = loader(SIM_ESP32C6);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fill(p);
		peer32_assert(peer32_begin(p, 2, cases[i].size, 1, 0x400, cases[i].at), 0, 0);
		for (uint32_t a = 0; a < 0x400000; a += 0x800)
			assert_int_equal(
			    mem(p)[a], a >= cases[i].first && a < cases[i].end ? 0xFF : 0x11);
	}
}

static void begin__wants_its_number_of_words__four_or_five(void **state)
{
	static const uint32_t words[5] = {0x1000, 4, 0x400, 0x10000, 0};
	struct peer *p = loader(SIM_ESP32);

	(void)state;
	peer32_assert(peer32_words(p, 2, 5, words), 1, 5);
	peer32_assert(peer32_words(p, 0x10, 5, words), 1, 5);
	peer32_assert(peer32_words(p, 2, 4, words), 0, 0);
	peer_fini(p);
	p = loader(SIM_ESP32S2);
	peer32_assert(peer32_words(p, 2, 4, words), 1, 5);
	peer32_assert(peer32_words(p, 2, 5, words), 0, 0);
	peer32_assert(peer32_words(p, 0x10, 5, words), 0, 0);
}

static void begin__is_refused__blocks_too_big_or_not_within_the_flash(void **state)
{
	struct peer *p = loader(SIM_ESP32S3);

	(void)state;
	fill(p);
	peer32_assert(peer32_begin(p, 2, 0x1000, 1, 0x1801, 0x10000), 1, 5);
	peer32_assert(peer32_begin(p, 2, 0x1000, 1, 0x400, 0x10004), 1, 6);
	peer32_assert(peer32_begin(p, 2, 0x2000, 1, 0x400, 0x3FF000), 1, 6);
	peer32_assert(peer32_data(p, 3, DATA, 0x400, 0), 1, 5);
	assert_int_equal(mem(p)[0x10000], 0x11);
	assert_int_equal(mem(p)[0x3FF000], 0x11);
}

static void begin__is_refused__past_2_mb_until_the_size_is_told(void **state)
{
	static const uint32_t params[6] = {0, 0x400000, 0x10000, 0x1000, 0x100, 0xFFFF};
	struct peer *p = &P;

	(void)state;
	peer32_init(p, SIM_ESP32, NULL);
	peer_enter_loader(p);
	peer_sync(p);
	peer32_assert(peer32_begin(p, 2, 0x400, 1, 0x400, 0), 1, 6);
	peer32_assert(peer32_words(p, 0x0D, 2, (uint32_t[]){0, 0}), 0, 0);
	peer32_assert(peer32_begin(p, 2, 0x400, 1, 0x400, 0x200000), 1, 6);
	peer32_assert(peer32_begin(p, 2, 0x400, 1, 0x400, 0x1FF000), 0, 0);
	peer32_assert(peer32_words(p, 0x0B, 6, params), 0, 0);
	peer32_assert(peer32_begin(p, 2, 0x400, 1, 0x400, 0x200000), 0, 0);
}

static void data__is_stored__block_by_block(void **state)
{
	struct peer *p = loader(SIM_ESP32C3);

	(void)state;
	peer32_assert(peer32_begin(p, 2, 0x3000, 2, 0x1800, 0x10000), 0, 0);
	peer32_assert(peer32_data(p, 3, DATA, 0x1800, 0), 0, 0);
	peer32_assert(peer32_data(p, 3, DATA + 0x1800, 0x1800, 1), 0, 0);
	assert_memory_equal(mem(p) + 0x10000, DATA, 0x3000);
}

static void data__keeps_the_numbers__twice_skipped_and_damaged(void **state)
{
	struct peer *p = loader(SIM_ESP32);
	uint8_t bad[16 + 0x400] = {0, 4, 0, 0, 1};

	(void)state;
	peer32_assert(peer32_begin(p, 2, 0x1000, 4, 0x400, 0x10000), 0, 0);
	peer32_assert(peer32_data(p, 3, DATA, 0x400, 0), 0, 0);
	peer32_assert(peer32_data(p, 3, DATA, 0x400, 0), 1, 5);
	peer32_assert(peer32_data(p, 3, DATA, 0x400, 2), 1, 5);
	peer32_assert(peer32_command(p, 3, bad, sizeof(bad), 0x01), 1, 7);
	peer32_assert(peer32_data(p, 3, DATA, 0x400, 1), 1, 5);
	peer32_assert(peer32_data(p, 3, DATA + 0x400, 0x400, 2), 0, 0);
	assert_memory_equal(mem(p) + 0x10000, DATA, 0x800);
}

static void data__tells_a_flash_that_does_not_keep__read_back(void **state)
{
	struct peer *p = loader(SIM_ESP32);
	char err[80];

	(void)state;
	assert_true(sim_link_fault(p->l, "worn:16", p->now, err, sizeof(err)));
	memset(DATA, 0x5A, 0x400);
	peer32_assert(peer32_begin(p, 2, 0x1000, 4, 0x400, 0x10000), 0, 0);
	peer32_assert(peer32_data(p, 3, DATA, 0x400, 0), 1, 8);
}

static void erase_and_data__take_the_flashs_time__each(void **state)
{
	struct peer *p = loader(SIM_ESP32C3);
	sim_time from = p->now;

	(void)state;
	/* A block of 64 KiB and a sector: 150 and 45 ms. */
	peer32_begin(p, 2, 0x11000, 1, 0x400, 0x20000);
	assert_in_range(p->now - from, 195000, 265000);
}

static void end__reboots_or_runs__by_its_word(void **state)
{
	struct peer *p = loader(SIM_ESP32C3);

	(void)state;
	sim_link_button(p->l, false, p->now);
	peer32_begin(p, 2, 0, 0, 0x400, 0);
	peer32_assert(peer32_words(p, 4, 1, (uint32_t[]){0}), 0, 0);
	peer_wait(p, 100000);
	assert_true(peer_traced(p, "reset cause 3"));
	/* The straps are as they were latched: back in the loader. */
	assert_true(peer_saw(p, "rst:0xc (RTC_SW_CPU_RST),boot:0x5"));
	peer_sync(p);
	peer32_assert(peer32_words(p, 0x0D, 2, (uint32_t[]){0, 0}), 0, 0);
	peer32_begin(p, 2, 0, 0, 0x400, 0);
	peer32_assert(peer32_words(p, 4, 1, (uint32_t[]){1}), 0, 0);
	assert_true(peer_saw(p, "invalid header: 0xffffffff"));
}

/* --- deflated ------------------------------------------------------------------------------------- */

static uLong deflated(uint8_t *dst, uLong room, uint32_t n)
{
	assert_int_equal(compress2(dst, &room, DATA, n, 9), Z_OK);
	return room;
}

static void deflated_data__is_unpacked__in_blocks_of_any_cut(void **state)
{
	static const uint32_t blocks[] = {0x400, 0x1800, 0x10};
	struct peer *p = loader(SIM_ESP32C3);
	uint8_t z[0x2000];
	uint32_t n = (uint32_t)deflated(z, sizeof(z), 0x7001), at = 0x10000;

	(void)state;
	assert_true(n > 0x100 && n < 0x1800);
	for (size_t i = 0; i < 3; i++, at += 0x10000) {
		uint32_t block = blocks[i], seq = 0;

		peer32_assert(
		    peer32_begin(p, 0x10, 0x7400, (n + block - 1) / block, block, at), 0, 0);
		for (uint32_t o = 0; o < n; o += block, seq++)
			peer32_assert(
			    peer32_data(p, 0x11, z + o, n - o < block ? n - o : block, seq), 0, 0);
		assert_memory_equal(mem(p) + at, DATA, 0x7001);
		assert_int_equal(mem(p)[at + 0x7001], 0xFF);
	}
}

static struct reply in_one(struct peer *p, const uint8_t *z, uint32_t n, uint32_t size)
{
	peer32_assert(peer32_begin(p, 0x10, size, 1, 0x1800, 0x10000), 0, 0);
	return peer32_data(p, 0x11, z, n, 0);
}

static void deflated_data__is_refused__each_for_its_reason(void **state)
{
	struct peer *p = loader(SIM_ESP32);
	uint8_t z[0x2000], bad[0x2000];
	uint32_t n = (uint32_t)deflated(z, sizeof(z), 0x1000);

	(void)state;
	/* More comes out than was announced; exactly as much is right. */
	peer32_assert(in_one(p, z, n, 0xC00), 1, 0x0B);
	peer32_assert(in_one(p, z, n, 0x1000), 0, 0);
	memcpy(bad, z, n);
	bad[n - 1] ^= 1;
	peer32_assert(in_one(p, bad, n, 0x1000), 1, 0x0C);
	memcpy(bad, z, n);
	bad[0] = 0;
	peer32_assert(in_one(p, bad, n, 0x1000), 1, 0x0B);
	/* Something behind the stream's end. */
	memcpy(bad, z, n);
	memset(bad + n, 0, 4);
	peer32_assert(in_one(p, bad, n + 4, 0x1000), 1, 0x0B);
	peer32_assert(peer32_begin(p, 0x10, 0x1000, 0, 0x1800, 0x10000), 1, 0x0D);
	/* Plain data in a deflated transfer. */
	peer32_assert(peer32_begin(p, 0x10, 0x1000, 1, 0x1800, 0x10000), 0, 0);
	peer32_assert(peer32_data(p, 3, DATA, 0x400, 0), 1, 5);
}

static void deflated_end__tells_what_is_missing__06(void **state)
{
	struct peer *p = loader(SIM_ESP32);
	uint8_t z[0x2000];
	uint32_t n = (uint32_t)deflated(z, sizeof(z), 0x1000);

	(void)state;
	peer32_assert(peer32_begin(p, 0x10, 0x1000, 2, 0x100, 0x10000), 0, 0);
	peer32_assert(peer32_data(p, 0x11, z, n < 0x80 ? n / 2 : 0x80, 0), 0, 0);
	peer32_assert(peer32_words(p, 0x12, 1, (uint32_t[]){1}), 1, 6);
}

/* --- reading -------------------------------------------------------------------------------------- */

static void md5__comes_as_ascii__of_known_texts(void **state)
{
	/* RFC 1321, A.5 */
	static const struct {
		const char *text, *sum;
	} cases[] = {{"", "d41d8cd98f00b204e9800998ecf8427e"},
	    {"abc", "900150983cd24fb0d6963f7d28e17f72"},
	    {"1234567890123456789012345678901234567890"
	     "1234567890123456789012345678901234567890",
		"57edf4a22be3c955ac49da2e2107b67a"}};
	struct peer *p = loader(SIM_ESP32);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint32_t n = (uint32_t)strlen(cases[i].text);
		struct reply r;

		sim_flash_load(sim_device_flash(sim_link_device(p->l)), 0x12345, cases[i].text, n);
		r = peer32_words(p, 0x13, 4, (uint32_t[]){0x12345, n, 0, 0});
		assert_int_equal(r.n, 8 + 32 + 4);
		assert_memory_equal(r.raw + 8, cases[i].sum, 32);
		assert_int_equal(r.raw[8 + 32], 0);
	}
}

static void slow_read__yields_64_bytes__whatever_was_asked(void **state)
{
	struct peer *p = loader(SIM_ESP32C6);
	struct reply r;

	(void)state;
	sim_flash_load(sim_device_flash(sim_link_device(p->l)), 0x3FFFC0, DATA, 64);
	r = peer32_words(p, 0x0E, 2, (uint32_t[]){0x3FFFC0, 64});
	assert_int_equal(r.n, 8 + 64 + 4);
	assert_memory_equal(r.raw + 8, DATA, 64);
	r = peer32_words(p, 0x0E, 2, (uint32_t[]){0x3FFFC0, 6});
	assert_int_equal(r.n, 8 + 64 + 4);
	assert_memory_equal(r.raw + 8, DATA, 6);
	assert_memory_not_equal(r.raw + 8, DATA, 7);
	peer32_assert(peer32_words(p, 0x0E, 2, (uint32_t[]){0, 65}), 1, 5);
	peer32_assert(peer32_words(p, 0x0E, 2, (uint32_t[]){0x3FFFC4, 64}), 1, 9);
}

static void power__is_lost_in_an_erase__half_done(void **state)
{
	struct peer *p = loader(SIM_ESP32);
	uint32_t words[4] = {0x10000, 1, 0x400, 0x10000};
	uint8_t data[16];

	(void)state;
	fill(p);
	for (int i = 0; i < 16; i++)
		data[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
	peer_frame(p, 0, 2, data, 16, 0);
	peer_wait(p, 50000);
	sim_link_power(p->l, false, p->now);
	assert_int_equal(mem(p)[0x10000], 0xFF);
	assert_int_not_equal(mem(p)[0x1F000], 0xFF);
}

/* Whatever comes: nothing breaks, and after a power cycle it works as ever. */
static void loader__survives__frames_of_rubbish(void **state)
{
	struct peer *p = loader(SIM_ESP32C3);
	struct sim_device *dev = sim_link_device(p->l);
	uint64_t rng = 7;
	uint8_t data[0x500];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		size_t n = sim_rand(&rng) % (i % 10 ? 40 : sizeof(data));

		for (size_t k = 0; k < n; k++)
			data[k] = (uint8_t)(sim_rand(&rng) % 5 ? 0 : sim_rand(&rng));
		peer_frame(p, 0, (uint8_t)(sim_rand(&rng) % 0x16), data, n, sim_rand(&rng));
		peer_wait(p, 200000);
		peer_forget(p);
		if (sim_device_mode(dev) != SIM_MODE_LOADER || sim_device_baud(dev) > 120000 ||
		    sim_device_baud(dev) < 110000)
			peer32_ready(p);
	}
	assert_true(peer_trace_count(p, " command ") > 2500);
	peer32_ready(p);
	peer32_assert(peer32_begin(p, 2, 0x1000, 4, 0x400, 0x10000), 0, 0);
	peer32_assert(peer32_data(p, 3, DATA, 0x400, 0), 0, 0);
	assert_memory_equal(mem(p) + 0x10000, DATA, 0x400);
}

#define CASE(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(begin__erases_exactly_what_is_announced__no_sector_more),
	    CASE(begin__wants_its_number_of_words__four_or_five),
	    CASE(begin__is_refused__blocks_too_big_or_not_within_the_flash),
	    CASE(begin__is_refused__past_2_mb_until_the_size_is_told),
	    CASE(data__is_stored__block_by_block),
	    CASE(data__keeps_the_numbers__twice_skipped_and_damaged),
	    CASE(data__tells_a_flash_that_does_not_keep__read_back),
	    CASE(erase_and_data__take_the_flashs_time__each),
	    CASE(end__reboots_or_runs__by_its_word),
	    CASE(deflated_data__is_unpacked__in_blocks_of_any_cut),
	    CASE(deflated_data__is_refused__each_for_its_reason),
	    CASE(deflated_end__tells_what_is_missing__06),
	    CASE(md5__comes_as_ascii__of_known_texts),
	    CASE(slow_read__yields_64_bytes__whatever_was_asked),
	    CASE(loader__survives__frames_of_rubbish),
	    CASE(power__is_lost_in_an_erase__half_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
