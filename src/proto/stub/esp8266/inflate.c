/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inflate (RFC 1950 and 1951), as a stream: input comes frame by frame from write_more(), output
 * goes into the ring of 32 KiB that is the window and from which the flash is written. Whatever
 * the input, nothing is read before the stream's begin or written beyond the ring or the plan.
 */
#include "stub.h"

#ifdef __XTENSA__
#pragma GCC optimize("O2", "no-tree-loop-distribute-patterns") /* for speed: here it counts */
#endif

#define END_OF_BLOCK 256u
#define TICK_CODES   16u
#define ADLER	     65521u
#define ADLER_BYTES  256u
#define ADLER_LAG    1024u /* bytes that may be made and not summed: the ring is used again */
#define MATCH_MAX    258u

static const uint8_t length_order[19] = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

/* Sees to n (up to 24) bits. */
static bool fill(struct stub *s, uint32_t n)
{
	while (s->hold_count < n) {
		if (s->in == s->in_end && !write_more(s))
			return false;
		s->hold_bits |= (uint32_t)*s->in++ << s->hold_count;
		s->hold_count += 8u;
	}
	return true;
}

static uint32_t take(struct stub *s, uint32_t n)
{
	uint32_t bits = s->hold_bits & ((1u << n) - 1u);

	s->hold_bits >>= n;
	s->hold_count -= n;
	return bits;
}

/* Adler-32 over what was made since it was looked at. Sums of up to 256 bytes fit. */
static void adler_update(struct stub *s, uint32_t to)
{
	const uint8_t *dict = (const uint8_t *)s->dict;
	uint32_t a = s->adler_a, b = s->adler_b, at = s->adler_to, n;

	while (at != to) {
		n = to - at < ADLER_BYTES ? to - at : ADLER_BYTES;
		for (; n; n--) {
			a += dict[at++ % DICT_SIZE];
			b += a;
		}
		a = (a & 0xFFFFu) + (a >> 16) * 15u;
		b = (b & 0xFFFFu) + (b >> 16) * 15u;
	}
	s->adler_a = a;
	s->adler_b = b;
	s->adler_to = at;
}

/* Differences are summed when they are complete. */
static void adler_follow(struct stub *s)
{
	if (s->made - s->adler_to >= ADLER_LAG && !(s->plan_flags & STUB_PLAN_DELTA))
		adler_update(s, s->made);
}

static uint32_t adler_value(struct stub *s)
{
	uint32_t a, b;

	adler_update(s, s->made);
	a = s->adler_a;
	b = s->adler_b;
	while (a >= ADLER)
		a -= ADLER;
	while (b >= ADLER)
		b -= ADLER;
	return b << 16 | a;
}

/* --- codes --------------------------------------------------------------------------------- */

/* The first code of each length goes into the table, backwards as they are sent. */
static void table_fill(struct huffman *h, uint32_t symbol, uint32_t code, uint32_t len)
{
	uint32_t at = 0, i;

	for (i = 0; i < len; i++)
		at |= (code >> i & 1u) << (len - 1u - i);
	for (; at < 1u << h->root; at += 1u << len)
		h->table[at] = (uint16_t)(symbol << 4 | len);
}

/* Makes a set of codes from the lengths of n symbols; false: there is no such set. One that is
 * not complete is only taken when it has at most one code, as zlib does. */
static bool codes_make(struct stub *s, struct huffman *h, const uint8_t *lengths, uint32_t n)
{
	uint32_t offset[16], code[16], i, len, left = 1;

	for (i = 0; i < 16u; i++)
		h->count[i] = 0;
	for (i = 0; i < 1u << h->root; i++)
		h->table[i] = 0;
	for (i = 0; i < n; i++)
		h->count[lengths[i]]++;
	h->count[0] = 0;
	offset[0] = offset[1] = code[0] = code[1] = 0;
	for (i = 1; i < 16u; i++) {
		left <<= 1;
		if (h->count[i] > left)
			return false;
		left -= h->count[i];
		if (i < 15u) {
			offset[i + 1u] = offset[i] + h->count[i];
			code[i + 1u] = (code[i] + h->count[i]) << 1;
		}
	}
	for (i = 0; i < n; i++) {
		if (i % TICK_CODES == 0)
			stub_tick(s);
		len = lengths[i];
		if (!len)
			continue;
		h->symbols[offset[len]++] = (uint16_t)i;
		if (len <= h->root)
			table_fill(h, i, code[len], len);
		code[len]++;
	}
	return left == 0 || (offset[15] <= 1u && h->count[1] == offset[15]);
}

/* A symbol of a code that is longer than the table, bit by bit; ~0: there is none. */
static uint32_t symbol_long(struct stub *s, const struct huffman *h)
{
	uint32_t len, code = 0, first = 0, index = 0;

	for (len = 1; len < 16u; len++) {
		if (!fill(s, len))
			return ~0u;
		code |= s->hold_bits >> (len - 1u) & 1u;
		if (code - first < h->count[len]) {
			(void)take(s, len);
			return h->symbols[index + code - first];
		}
		index += h->count[len];
		first = (first + h->count[len]) << 1;
		code <<= 1;
	}
	return ~0u;
}

static uint32_t symbol(struct stub *s, const struct huffman *h)
{
	uint32_t entry;

	/* Four bytes follow the last code, so this asks for none that don't come. */
	if (!fill(s, 15))
		return ~0u;
	entry = h->table[s->hold_bits & ((1u << h->root) - 1u)];
	if (!entry)
		return symbol_long(s, h);
	s->hold_bits >>= entry & 15u;
	s->hold_count -= entry & 15u;
	return entry >> 4;
}

static bool codes_fixed(struct stub *s)
{
	uint32_t i;

	for (i = 0; i < MAX_LITLEN; i++)
		s->lengths[i] = i < 144u ? 8 : i < 256u ? 9 : i < 280u ? 7 : 8;
	for (; i < MAX_LITLEN + MAX_DIST; i++)
		s->lengths[i] = 5;
	return codes_make(s, &s->litlen, s->lengths, MAX_LITLEN) &&
	       codes_make(s, &s->dist, s->lengths + MAX_LITLEN, MAX_DIST);
}

/* The run-length coded lengths of both sets. */
static bool lengths_read(struct stub *s, uint32_t n)
{
	uint32_t i = 0, sym, repeat;
	uint8_t value;

	while (i < n) {
		stub_tick(s);
		sym = symbol(s, &s->litlen);
		if (sym > 18u || !fill(s, 7))
			return false;
		value = 0;
		repeat = 1;
		if (sym < 16u) {
			value = (uint8_t)sym;
		} else if (sym == 16u) {
			if (!i)
				return false;
			value = s->lengths[i - 1u];
			repeat = 3u + take(s, 2);
		} else {
			repeat = sym == 17u ? 3u + take(s, 3) : 11u + take(s, 7);
		}
		if (repeat > n - i)
			return false;
		while (repeat--)
			s->lengths[i++] = value;
	}
	return true;
}

static bool codes_dynamic(struct stub *s)
{
	uint8_t order[19];
	uint32_t i, litlens, dists, n;

	if (!fill(s, 14))
		return false;
	litlens = 257u + take(s, 5);
	dists = 1u + take(s, 5);
	n = 4u + take(s, 4);
	if (litlens > 286u || dists > 30u)
		return false;
	for (i = 0; i < 19u; i++)
		order[i] = 0;
	for (i = 0; i < n; i++) {
		if (!fill(s, 3))
			return false;
		order[length_order[i]] = (uint8_t)take(s, 3);
	}
	if (!codes_make(s, &s->litlen, order, 19) || !lengths_read(s, litlens + dists))
		return false;
	/* Without its end a block has none. */
	return s->lengths[END_OF_BLOCK] && codes_make(s, &s->litlen, s->lengths, litlens) &&
	       codes_make(s, &s->dist, s->lengths + litlens, dists);
}

/* --- blocks -------------------------------------------------------------------------------- */

/* The length and distance of a match: extra bits follow a rule. False: there is no such one. */
static bool match_read(struct stub *s, uint32_t sym, uint32_t *length, uint32_t *distance)
{
	uint32_t extra;

	sym -= 257u;
	if (sym > 28u)
		return false;
	extra = sym < 8u ? 0 : (sym - 4u) >> 2;
	if (sym == 28u) {
		*length = MATCH_MAX;
	} else {
		if (!fill(s, extra))
			return false;
		*length = 3u + (sym < 8u ? sym : ((4u + (sym & 3u)) << extra)) + take(s, extra);
	}
	sym = symbol(s, &s->dist);
	if (sym > 29u)
		return false;
	extra = sym < 4u ? 0 : (sym - 2u) >> 1;
	if (!fill(s, extra))
		return false;
	*distance = 1u + (sym < 4u ? sym : ((2u + (sym & 1u)) << extra)) + take(s, extra);
	return *distance <= s->made;
}

/* The state of a block's loop, kept in registers. */
struct fast {
	const uint8_t *in, *in_end;
	uint32_t bits, count, made;
	uint32_t until; /* bytes that there is room for */
};

static void fast_load(const struct stub *s, struct fast *f)
{
	uint32_t until = s->done + DICT_SIZE;

	f->in = s->in;
	f->in_end = s->in_end;
	f->bits = s->hold_bits;
	f->count = s->hold_count;
	f->made = s->made;
	f->until = until < s->piece_end ? until : s->piece_end;
}

static void fast_save(struct stub *s, const struct fast *f)
{
	s->in = f->in;
	s->hold_bits = f->bits;
	s->hold_count = f->count;
	s->made = f->made;
}

static uint32_t copy(uint8_t *dict, uint32_t at, uint32_t distance, uint32_t length)
{
	uint32_t from = (at - distance) % DICT_SIZE, to = at % DICT_SIZE, i;
	const uint8_t *p = dict + from, *end = p + length;
	uint8_t *q = dict + to;

	if (from + length <= DICT_SIZE && to + length <= DICT_SIZE) {
		do {
			*q++ = *p++;
		} while (p != end);
	} else {
		for (i = 0; i < length; i++)
			dict[(at + i) % DICT_SIZE] = dict[(at + i - distance) % DICT_SIZE];
	}
	return at + length;
}

/* One match, from its length's symbol on, by the slow way. False: the stream is wrong or over. */
static bool match(struct stub *s, uint32_t sym)
{
	uint32_t length, distance;

	if (!match_read(s, sym, &length, &distance) || !write_room(s, length))
		return false;
	s->made = copy((uint8_t *)s->dict, s->made, distance, length);
	return true;
}

static bool block_codes(struct stub *s)
{
	uint8_t *const dict = (uint8_t *)s->dict;
	const uint16_t *const table = s->litlen_table;
	struct fast f;
	uint32_t sym;

	for (fast_load(s, &f);;) {
		uint32_t now = chip_cycles();

		if (stub_due(s, now)) {
			fast_save(s, &f);
			stub_work(s, now);
			fast_load(s, &f);
		}
		for (; f.count < 15u && f.in != f.in_end; f.count += 8u)
			f.bits |= (uint32_t)*f.in++ << f.count;
		sym = table[f.bits % (1u << ROOT_LITLEN)];
		if (f.count >= 15u && f.made != f.until && sym - 1u < (END_OF_BLOCK << 4) - 1u) {
			f.bits >>= sym & 15u;
			f.count -= sym & 15u;
			dict[f.made++ % DICT_SIZE] = (uint8_t)(sym >> 4);
			continue;
		}
		fast_save(s, &f);
		adler_follow(s);
		sym = symbol(s, &s->litlen);
		if (sym < END_OF_BLOCK) {
			if (!write_room(s, 1))
				return false;
			dict[s->made++ % DICT_SIZE] = (uint8_t)sym;
		} else if (sym == END_OF_BLOCK) {
			return true;
		} else if (!match(s, sym)) {
			return false;
		}
		fast_load(s, &f);
	}
}

static bool block_stored(struct stub *s)
{
	uint8_t *dict = (uint8_t *)s->dict;
	uint32_t n, check;

	(void)take(s, s->hold_count & 7u);
	if (!fill(s, 16))
		return false;
	n = take(s, 16);
	if (!fill(s, 16))
		return false;
	check = take(s, 16);
	if (n != (check ^ 0xFFFFu))
		return false;
	for (; n; n--) {
		if (!fill(s, 8) || !write_room(s, 1))
			return false;
		dict[s->made++ % DICT_SIZE] = (uint8_t)take(s, 8);
		adler_follow(s);
		stub_tick(s);
	}
	return true;
}

static bool block(struct stub *s, uint32_t kind)
{
	if (kind == 0)
		return block_stored(s);
	if (kind == 1)
		return codes_fixed(s) && block_codes(s);
	return kind == 2 && codes_dynamic(s) && block_codes(s);
}

static bool header(struct stub *s)
{
	uint32_t method, flags;

	if (!fill(s, 16))
		return false;
	method = take(s, 8);
	flags = take(s, 8);
	for (flags |= method << 8; flags >= 31u * 256u; flags -= 31u * 256u)
		;
	while (flags >= 31u)
		flags -= 31u;
	return (method & 15u) == 8u && method >> 4 <= 7u && flags == 0;
}

static void codes_init(struct huffman *h, uint16_t *table, uint16_t *symbols, uint32_t root)
{
	h->table = table;
	h->symbols = symbols;
	h->root = root;
}

/* To the last block, and what is left of its last byte. */
static bool blocks(struct stub *s)
{
	uint32_t last;

	do {
		if (!fill(s, 3))
			return false;
		last = take(s, 1);
		if (!block(s, take(s, 2)))
			return false;
	} while (!last);
	(void)take(s, s->hold_count & 7u);
	return true;
}

/* A sector of a stream of differences. */
static bool sector(struct stub *s)
{
	uint32_t parts, i;

	if (!fill(s, 8))
		return false;
	parts = take(s, 8);
	if (parts > STUB_PARTS_MAX)
		return false;
	for (i = 0; i < 2u * parts; i++) {
		if (!fill(s, 16))
			return false;
		s->part[i / 2u] = s->part[i / 2u] >> 16 | take(s, 16) << 16;
	}
	if (!delta_sector(s, parts) || !blocks(s) || s->made != s->piece_end)
		return false;
	delta_add(s);
	while (s->adler_to != s->ready) {
		adler_update(s, s->adler_to + ADLER_BYTES);
		stub_tick(s);
	}
	return true;
}

static bool sectors(struct stub *s)
{
	while (s->made != s->total)
		if (!sector(s))
			return false;
	return true;
}

bool inflate_stream(struct stub *s)
{
	uint32_t i, sum = 0;

	s->hold_bits = s->hold_count = 0;
	s->adler_a = 1;
	s->adler_b = s->adler_to = 0;
	codes_init(&s->litlen, s->litlen_table, s->litlen_symbols, ROOT_LITLEN);
	codes_init(&s->dist, s->dist_table, s->dist_symbols, ROOT_DIST);
	if (s->plan_flags & STUB_PLAN_DELTA ? !sectors(s) : !header(s) || !blocks(s))
		return false;
	for (i = 0; i < 4u; i++) {
		if (!fill(s, 8))
			return false;
		sum = sum << 8 | take(s, 8);
	}
	return sum == adler_value(s);
}
