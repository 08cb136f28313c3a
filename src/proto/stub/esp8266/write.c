/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing: the plan, the order of DATA frames, the stream they make, and what is said about it. */
#include "stub.h"

#define PLAIN_MAX 256u /* bytes copied between two ticks */

static void plan_reset(struct stub *s)
{
	s->made = s->done = s->total = 0;
	s->write_run = s->erase_run = 0;
	s->run_count = 0;
	s->unit_left = 0;
	s->erased = s->flashed = 0;
	s->expected = s->consumed = 0;
	s->status = s->status_addr = s->status_number = 0;
	s->taken = s->streaming = s->tell = false;
	s->in = s->in_end = 0;
	s->nak_number = ~0u;
	proof_stop(s);
}

/* All runs are known: how much data they take; the flash may begin. */
static void plan_start(struct stub *s, uint32_t flags)
{
	uint32_t i;

	for (i = 0; i < s->run_count; i++)
		if (!(s->runs[i].len & STUB_RUN_ERASE))
			s->total += s->runs[i].len;
	s->write_addr = s->erase_addr = s->runs[0].addr;
	s->plan_flags = flags;
	s->piece_end = s->total;
	s->ready = 0;
	if (flags & STUB_PLAN_DELTA)
		delta_begin(s);
	s->planning = false;
	s->streaming = s->total != 0;
	s->busy_op = STUB_DATA;
	flash_release(s);
}

static uint32_t plan_add(struct stub *s, uint32_t addr, uint32_t len)
{
	const struct run *last = s->run_count ? &s->runs[s->run_count - 1u] : 0;
	uint32_t n = len & ~STUB_RUN_ERASE;

	if (s->run_count == STUB_RUNS_MAX)
		return STUB_E_LENGTH;
	if (!n || addr % SECTOR || n % SECTOR || !flash_range(s, addr, n))
		return STUB_E_RANGE;
	if (last && addr < last->addr + (last->len & ~STUB_RUN_ERASE))
		return STUB_E_RANGE;
	s->runs[s->run_count].addr = addr;
	s->runs[s->run_count++].len = len;
	return STUB_OK;
}

/* The payload is n words. */
static uint32_t plan_take(struct stub *s, const uint8_t *p, uint32_t n)
{
	uint32_t first = get_word(p), flags = get_word(p + 4), error;

	if (first == 0) {
		flash_hold(s);
		plan_reset(s);
		s->planning = true;
	}
	if (!s->planning)
		return STUB_E_STATE;
	if (first != s->run_count)
		return STUB_E_NUMBER;
	for (p += 8, n -= 2u; n; n -= 2u, p += 8) {
		error = plan_add(s, get_word(p), get_word(p + 4));
		if (error)
			return error;
	}
	if (flags & STUB_PLAN_LAST) {
		if (!s->run_count)
			return STUB_E_LENGTH;
		plan_start(s, flags);
	}
	return STUB_OK;
}

uint32_t write_plan(struct stub *s, const uint8_t *p, uint32_t bytes)
{
	uint32_t error;

	if (bytes < 8u || bytes % 8u)
		return STUB_E_LENGTH;
	error = plan_take(s, p, bytes / 4u);
	if (error && s->planning) {
		s->planning = false;
		s->run_count = 0;
	}
	return error;
}

void write_stop(struct stub *s)
{
	flash_hold(s);
	plan_reset(s);
	s->planning = false;
	s->status = STUB_E_STATE;
}

void write_fail(struct stub *s, uint32_t status, uint32_t addr)
{
	if (s->status)
		return;
	s->status = status;
	s->status_addr = addr;
	s->status_number = s->expected;
	s->tell = true; /* not now: a frame may be half out */
}

/* --- what is said -------------------------------------------------------------------------- */

void write_ack(struct stub *s, uint32_t op, uint32_t serial, uint32_t status)
{
	link_begin(s, op, serial, status);
	link_word(s, s->expected);
	link_word(s, s->consumed);
	link_word(s, s->flashed);
	link_word(s, s->erased);
	link_word(s, s->status ? s->status_addr : s->write_addr);
	link_word(s, s->status ? s->status_number : s->expected);
	link_end(s);
	s->busy_ms = s->ms;
}

static void ack(struct stub *s)
{
	s->tell = false;
	write_ack(s, STUB_ACK, 0, s->status);
}

void write_tell(struct stub *s)
{
	if (s->tell)
		ack(s);
}

void write_nak(struct stub *s, uint32_t reason)
{
	if (!s->streaming || s->status ||
	    (s->nak_number == s->expected && s->ms - s->nak_ms < STUB_NAK_MS))
		return;
	s->nak_number = s->expected;
	s->nak_ms = s->ms;
	link_begin(s, STUB_NAK, 0, STUB_OK);
	link_word(s, s->expected);
	link_word(s, reason);
	link_end(s);
}

/* --- the stream ---------------------------------------------------------------------------- */

/* The frame whose bytes are in use is used up. */
static void taken_end(struct stub *s)
{
	if (!s->taken)
		return;
	s->taken = false;
	s->expected++;
	link_drop(s);
	ack(s);
}

/* A DATA frame: whether it is the next one and its bytes are there to be used. */
static bool data_take(struct stub *s)
{
	const uint8_t *frame = frame_of(s);
	uint32_t n = s->frame_len, number;

	if (n < 6u || n > 6u + STUB_DATA_MAX) {
		link_drop(s);
		write_nak(s, STUB_E_LENGTH);
		return false;
	}
	number = get_word(frame + 2);
	if (number == s->expected) {
		s->in = frame + 6;
		s->in_end = frame + n;
		s->consumed += n - 6u;
		s->taken = true;
		return true;
	}
	link_drop(s);
	if (number < s->expected)
		ack(s);
	else
		write_nak(s, STUB_E_NUMBER);
	return false;
}

/* DATA when no stream is under way: as late ones of a stream that is complete or has failed. */
void write_late(struct stub *s)
{
	uint32_t number = s->frame_len >= 6u ? get_word(frame_of(s) + 2) : 0;

	link_drop(s);
	if (!s->run_count)
		s->status = STUB_E_STATE;
	else if (number >= s->expected)
		write_fail(s, STUB_E_LONG, s->write_addr);
	ack(s);
}

bool write_more(struct stub *s)
{
	do {
		taken_end(s);
		for (;;) {
			if (s->status)
				return false;
			stub_tick(s);
			proof_tell(s);
			if (!link_take(s))
				continue;
			if (frame_of(s)[0] == STUB_DATA) {
				if (data_take(s))
					break;
			} else if (!stub_request(s)) {
				return false;
			}
		}
	} while (s->in == s->in_end);
	return true;
}

bool write_wait(struct stub *s, uint32_t n)
{
	if (n > s->piece_end - s->made) {
		write_fail(s, STUB_E_LONG, s->write_addr);
		return false;
	}
	while (n > DICT_SIZE - (s->made - s->done)) {
		if (s->status)
			return false;
		stub_tick_busy(s, s->flashed, s->total);
	}
	return true;
}

static bool plain_stream(struct stub *s)
{
	uint8_t *dict = (uint8_t *)s->dict;
	uint32_t n;

	while (s->made != s->total) {
		if (s->in == s->in_end && !write_more(s))
			return false;
		n = (uint32_t)(s->in_end - s->in);
		if (n > PLAIN_MAX)
			n = PLAIN_MAX;
		if (!write_room(s, n))
			return false;
		for (; n; n--)
			dict[s->made++ % DICT_SIZE] = *s->in++;
		stub_tick(s);
	}
	return true;
}

/* Takes the whole stream, or until it fails or another request ends it. */
void write_stream(struct stub *s)
{
	bool good = s->plan_flags & STUB_PLAN_DEFLATE ? inflate_stream(s) : plain_stream(s);

	if (good && s->in != s->in_end)
		write_fail(s, STUB_E_LONG, s->write_addr);
	else if (good && s->made != s->total)
		write_fail(s, STUB_E_SHORT, s->write_addr);
	else if (!good && (s->taken || !s->frame_ready))
		write_fail(s, STUB_E_INFLATE, s->write_addr);
	taken_end(s);
	s->streaming = false;
	write_tell(s);
}

/* Until all is in the flash; what became of it. */
uint32_t write_finish(struct stub *s)
{
	if (!s->run_count)
		return STUB_E_STATE;
	if (s->streaming && !s->status)
		return STUB_E_SHORT; /* and the stream goes on */
	while (!s->status && (s->done != s->total || s->erase_run < s->run_count ||
				 s->flash != FLASH_IDLE || proof_open(s)))
		stub_tick_busy(s, s->flashed, s->total);
	return s->status;
}

/* A plan of one run without data. */
uint32_t write_erase(struct stub *s, uint32_t addr, uint32_t n)
{
	uint32_t error;

	flash_hold(s);
	plan_reset(s);
	s->planning = false;
	error = plan_add(s, addr, n | STUB_RUN_ERASE);
	if (error)
		return error;
	plan_start(s, 0);
	s->busy_op = STUB_ERASE;
	while (!s->status && s->erase_run < s->run_count)
		stub_tick_busy(s, s->erased, n);
	s->tell = false;
	return s->status;
}
