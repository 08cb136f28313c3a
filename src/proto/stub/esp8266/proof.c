/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proof of what is written while the rest still is: as the write goes on, what lies behind it is
 * read back from the flash, a KiB between two programs, and hashed while the chip is busy. Only the
 * flash's own bytes count here, never those in RAM.
 */
#include "stub.h"

void proof_stop(struct stub *s)
{
	s->proof_left = s->proof_piece = s->proof_have = 0;
	s->proof_ready = false;
}

static void piece_begin(struct stub *s)
{
	s->proof_piece = s->proof_left < s->proof_stride ? s->proof_left : s->proof_stride;
	md5_begin(&s->proof_md5);
}

uint32_t proof_ask(struct stub *s, uint32_t serial, const uint8_t *p, uint32_t bytes)
{
	if (bytes != 12u)
		return STUB_E_LENGTH;
	if (!s->run_count || s->planning || s->status)
		return STUB_E_STATE;
	if (!get_word(p + 8) || get_word(p + 8) % CHUNK ||
	    !flash_range(s, get_word(p), get_word(p + 4)))
		return STUB_E_RANGE;
	proof_stop(s);
	s->proof_serial = serial;
	s->proof_index = 0;
	s->proof_addr = get_word(p);
	s->proof_left = get_word(p + 4);
	s->proof_stride = get_word(p + 8);
	piece_begin(s);
	return STUB_OK;
}

/* All before that address is as the plan leaves it. */
static uint32_t settled(const struct stub *s)
{
	if (s->done == s->total && s->erase_run >= s->run_count)
		return ~0u;
	return s->write_addr < s->erase_addr ? s->write_addr : s->erase_addr;
}

/* With the chip idle. */
void proof_read(struct stub *s)
{
	uint32_t n = (s->proof_piece + CHUNK - 1u) / CHUNK;

	if (!n || s->proof_have || s->proof_hold)
		return;
	if (n > PIECE_CHUNKS)
		n = PIECE_CHUNKS;
	if (s->proof_addr + n * CHUNK > settled(s))
		return;
	flash_read_fast(s, s->proof_addr, s->piece, n);
	s->proof_addr += n * CHUNK;
	s->proof_have = n;
	s->proof_at = s->piece;
}

void proof_hash(struct stub *s)
{
	uint32_t n = s->proof_piece < CHUNK ? s->proof_piece : CHUNK;

	if (!s->proof_have || s->proof_hold)
		return;
	if (n == CHUNK)
		md5_block(&s->proof_md5, s->proof_at);
	s->proof_piece -= n;
	s->proof_left -= n;
	s->proof_have--;
	if (!s->proof_piece) {
		md5_end(&s->proof_md5, s->proof_at, n % CHUNK);
		s->proof_ready = true;
	}
	s->proof_at += CHUNK_WORDS;
}

bool proof_open(const struct stub *s)
{
	return s->proof_left || s->proof_ready;
}

/* Between two frames. */
void proof_tell(struct stub *s)
{
	if (!s->proof_ready)
		return;
	s->proof_ready = false;
	link_begin(s, STUB_PROVE, s->proof_serial, STUB_OK);
	link_word(s, s->proof_index++);
	link_bytes(s, s->proof_md5.state, 16);
	link_end(s);
	piece_begin(s);
}
