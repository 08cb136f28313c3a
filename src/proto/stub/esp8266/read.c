/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the flash: digests, all of it. The next chunk comes from the chip while the
 * present one is worked on. */
#include "stub.h"

#define TICK_CHUNKS 4u
#define BLANK_MAX   BLOCK /* blank bytes that are kept back to be told at once */

/* --- digests ------------------------------------------------------------------------------- */

struct digests {
	uint32_t op, serial;
	uint32_t words;	     /* of a digest */
	bool fast;	     /* read at the full clock */
	uint32_t first, has; /* its index; digests in s->digests */
	uint32_t done, total;
};

static void digests_send(struct stub *s, struct digests *d)
{
	link_begin(s, d->op, d->serial, STUB_OK);
	link_word(s, d->first);
	link_word(s, d->has);
	link_bytes(s, s->digests, d->has * d->words * 4u);
	link_end(s);
	d->first += d->has;
	d->has = 0;
	s->busy_ms = s->ms;
}

/* Some chunks of a range, up to n bytes (64 and more); how many bytes they were. Alone on the chip,
 * the next chunk is read while this one is hashed. While a stream is written the chip is held for
 * the reading only, and writes while the processor hashes. */
static uint32_t digest_some(struct stub *s, struct md5 *m, uint32_t addr, uint32_t n, bool fast)
{
	bool shared = s->streaming;
	uint32_t most = shared ? PIECE_CHUNKS : SECTOR / CHUNK, i;
	uint32_t count = n / CHUNK < most ? n / CHUNK : most;
	uint32_t *words = s->piece;

	s->proof_addr -= s->proof_have * CHUNK; /* their buffer is needed: they are read again */
	s->proof_have = 0;
	s->proof_hold = true;
	flash_hold(s);
	if (fast)
		flash_fast_begin(s, addr);
	else
		flash_read_begin(s, addr);
	for (i = 1; i <= count; i++) {
		flash_read_end(words);
		addr += CHUNK;
		if (i == count && fast)
			flash_fast_end(s);
		else if (i < count && fast)
			flash_fast_next(s, addr);
		else if (i < count)
			flash_read_begin(s, addr);
		if (shared) {
			words += CHUNK_WORDS;
			continue;
		}
		md5_block(m, words);
		if (i % TICK_CHUNKS == 0)
			stub_tick(s);
	}
	flash_release(s);
	for (i = 0; shared && i < count; i++) {
		stub_work(s, chip_cycles());
		md5_block(m, s->piece + i * CHUNK_WORDS);
	}
	s->proof_hold = false;
	return count * CHUNK;
}

static void digest(struct stub *s, struct digests *d, uint32_t addr, uint32_t n)
{
	struct md5 m;
	uint32_t i;

	if (d->has * d->words == DIGEST_WORDS || (d->has && s->ms - s->busy_ms >= STUB_BUSY_MS))
		digests_send(s, d);
	md5_begin(&m);
	for (; n >= CHUNK; n -= i, addr += i) {
		i = digest_some(s, &m, addr, n, d->fast);
		d->done += i;
		stub_tick_busy(s, d->done, d->total);
	}
	if (n) {
		flash_hold(s);
		flash_read_begin(s, addr);
		flash_read_end(s->chunk);
		flash_release(s);
	}
	md5_end(&m, s->chunk, n);
	for (i = 0; i < d->words; i++)
		s->digests[d->has * d->words + i] = m.state[i];
	d->has++;
}

static uint32_t md5_strides(struct stub *s, struct digests *d, const uint8_t *p, uint32_t bytes)
{
	uint32_t addr, left, stride, n;

	if (bytes != 16u)
		return STUB_E_LENGTH;
	addr = get_word(p);
	left = get_word(p + 4);
	stride = get_word(p + 8);
	if (!stride || stride % 4u || !flash_range(s, addr, left))
		return STUB_E_RANGE;
	d->total = left;
	for (; left; left -= n, addr += n) {
		n = left < stride ? left : stride;
		digest(s, d, addr, n);
	}
	return STUB_OK;
}

static uint32_t md5_ranges(struct stub *s, struct digests *d, const uint8_t *p, uint32_t bytes)
{
	uint32_t i;

	if (bytes < 4u || (bytes - 4u) % 8u)
		return STUB_E_LENGTH;
	for (i = 4u; i < bytes; i += 8u) {
		if (!flash_range(s, get_word(p + i), get_word(p + i + 4u)))
			return STUB_E_RANGE;
		d->total += get_word(p + i + 4u);
	}
	for (i = 4u; i < bytes; i += 8u)
		digest(s, d, get_word(p + i), get_word(p + i + 4u));
	return STUB_OK;
}

uint32_t read_md5(struct stub *s, const uint8_t *p, uint32_t bytes, bool ranges)
{
	const uint8_t *frame = frame_of(s);
	struct digests d = {frame[0], frame[1], 0, false, 0, 0, 0, 0};
	bool words = bytes >= 4u && bytes % 4u == 0; /* else no word could be loaded */
	uint32_t size = words ? get_word(ranges ? p : p + bytes - 4u) : 0, error;

	d.fast = size & STUB_DIGEST_FAST;
	size &= ~STUB_DIGEST_FAST;
	if (size != 8u && size != 16u)
		return STUB_E_LENGTH;
	d.words = size / 4u;
	error = ranges ? md5_ranges(s, &d, p, bytes) : md5_strides(s, &d, p, bytes);
	if (error)
		return error;
	digests_send(s, &d);
	return STUB_ANSWERED;
}

/* --- all of it ----------------------------------------------------------------------------- */

struct reading {
	uint32_t pos, end, chunk, window, acked;
	uint32_t blank; /* bytes before pos that are blank and not yet told */
	struct md5 md5;
	uint32_t *tail; /* what is left of the last chunk when its whole blocks are hashed */
};

/* What the program says meanwhile; false: another request, which ends the reading. */
static bool listen(struct stub *s, struct reading *r)
{
	const uint8_t *frame = frame_of(s);
	uint32_t acked;

	if (!link_take(s))
		return true;
	if (frame[0] != STUB_CHUNK_ACK)
		return false;
	acked = s->frame_len == 6u ? get_word(frame + 2) : 0;
	if (acked > r->acked && acked <= r->pos)
		r->acked = acked;
	link_drop(s);
	return true;
}

static void tell_blank(struct stub *s, struct reading *r)
{
	if (!r->blank)
		return;
	link_begin(s, STUB_CHUNK, 0, STUB_S_BLANK);
	link_word(s, r->pos - r->blank);
	link_word(s, r->blank);
	link_end(s);
	r->blank = 0;
}

/* n bytes into the ring that writing uses; whether all of them are blank. */
static bool fetch(struct stub *s, struct reading *r, uint32_t n)
{
	uint32_t *words = s->dict, all = ~0u, addr = r->pos, i;

	flash_read_begin(s, addr);
	for (; n >= CHUNK; n -= CHUNK, words += CHUNK_WORDS) {
		flash_read_end(words);
		if (n > CHUNK)
			flash_read_begin(s, addr += CHUNK);
		md5_block(&r->md5, words);
		for (i = 0; i < CHUNK_WORDS; i++)
			all &= words[i];
		stub_tick(s);
	}
	if (n) {
		flash_read_end(words);
		r->tail = words;
		for (i = 0; i < n; i++)
			all &= 0xFFFFFF00u | ((uint8_t *)words)[i];
	}
	return all == ~0u;
}

static bool read_chunk(struct stub *s, struct reading *r)
{
	uint32_t n = r->end - r->pos < r->chunk ? r->end - r->pos : r->chunk;

	for (;;) {
		if (!listen(s, r))
			return false;
		if (!r->window || r->pos + n - r->acked <= r->window || r->acked == r->pos)
			break;
		tell_blank(s, r);
		stub_tick(s);
	}
	if (fetch(s, r, n)) {
		r->blank += n;
		r->pos += n;
		if (r->blank >= BLANK_MAX)
			tell_blank(s, r);
		return true;
	}
	tell_blank(s, r);
	stub_awake(s);
	link_begin(s, STUB_CHUNK, 0, STUB_OK);
	link_word(s, r->pos);
	link_bytes(s, s->dict, n);
	link_end(s);
	r->pos += n;
	return true;
}

uint32_t read_flash(struct stub *s, const uint8_t *p, uint32_t bytes)
{
	struct reading r;
	uint32_t serial = (frame_of(s))[1], length;

	if (bytes != 16u)
		return STUB_E_LENGTH;
	r.pos = r.acked = get_word(p);
	length = get_word(p + 4);
	r.chunk = get_word(p + 8) / CHUNK * CHUNK;
	r.window = get_word(p + 12);
	if (!r.chunk || r.chunk > STUB_DATA_MAX || !flash_range(s, r.pos, length))
		return STUB_E_RANGE;
	r.end = r.pos + length;
	r.blank = 0;
	md5_begin(&r.md5);
	link_drop(s);
	flash_hold(s);
	while (r.pos < r.end)
		if (!read_chunk(s, &r))
			return STUB_ANSWERED; /* ended by another request, which is still in the frame */
	tell_blank(s, &r);
	length %= CHUNK;
	md5_end(&r.md5, length ? r.tail : s->chunk, length);
	link_begin(s, STUB_READ, serial, STUB_OK);
	link_bytes(s, r.md5.state, 16);
	link_end(s);
	return STUB_ANSWERED;
}
