/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unreadable bytes, and the rate that would make them readable.
 *
 * A slower sender makes long runs of equal bits: its bytes have few transitions and many are zero.
 * How few tells how much slower. A faster sender's bits are skipped, which leaves as many
 * transitions as text has; nothing tells these rates apart, but some are more common.
 */
#include "tasmite/core/garble.h"

#include <limits.h>
#include <string.h>

#include "tasmite/base/utf8.h"

#define LOOK_MAX 256 /* of one call */
#define BLOCK	 64
/* Text has no such bytes, noise has them to a half and more. */
#define BAD_MIN	 (BLOCK / 4)
#define GOOD_MAX (BLOCK / 16)
/* Told when it lasts (the ROM's words take 50 ms), or is long. */
#define TELL_BLOCKS 2
#define TELL_AFTER  MONO_S(2)
#define TELL_AT	    24

void garble_init(struct garble *g)
{
	memset(g, 0, sizeof(*g));
}

static bool control(uint8_t c)
{
	return (c < ' ' && !(c >= '\a' && c <= '\r') && c != 0x1b) || c == 0x7f;
}

static unsigned count_bad(const uint8_t *p, size_t n)
{
	unsigned bad = 0;
	size_t i = 0;

	while (i < 3 && (p[i] & 0xC0) == 0x80)
		i++; /* may be the rest of a character that began in the block before */
	while (i < n) {
		uint32_t c;
		int len = p[i] < 0x80 ? 1 : utf8_decode(p + i, n - i, &c);

		if (len == UTF8_PARTIAL)
			break;
		if (len < 1 || (len == 1 && control(p[i])) || (len > 1 && utf8_width(c) < 0))
			bad++;
		i += len < 1 ? 1 : (size_t)len;
	}
	return bad;
}

/* Changes of the line's level in a byte: start bit, eight bits, least first, stop bit. */
static unsigned transitions(uint8_t byte)
{
	unsigned frame = (unsigned)byte << 1 | 1u << 9;

	return (unsigned)__builtin_popcount((frame ^ frame >> 1) & 0x1ff);
}

static void forget_run(struct garble *g)
{
	g->blocks = 0;
	g->bytes = g->transitions = g->zeros = 0;
	g->noticed = false;
}

static void add_to_run(struct garble *g, mono_t now)
{
	if (!g->blocks)
		g->since = now;
	g->blocks++;
	if (g->blocks > 4096)
		return; /* more tells no more */
	for (size_t i = 0; i < BLOCK; i++) {
		g->bytes++;
		g->transitions += transitions(g->block[i]);
		g->zeros += g->block[i] == 0;
	}
}

static void take_block(struct garble *g, mono_t now)
{
	unsigned bad = count_bad(g->block, BLOCK);

	if (bad >= BAD_MIN)
		add_to_run(g, now);
	else if (bad <= GOOD_MAX)
		forget_run(g);
}

bool garble_rx(struct garble *g, uint32_t baud, const uint8_t *bytes, size_t n, mono_t now)
{
	bool was;

	if (baud != g->baud) {
		garble_init(g);
		g->baud = baud;
	}
	was = g->noticed;
	for (size_t i = 0; i < n && i < LOOK_MAX; i++) {
		g->block[g->fill++] = bytes[i];
		if (g->fill == BLOCK) {
			g->fill = 0;
			take_block(g, now);
		}
	}
	if (g->blocks >= TELL_AT || (g->blocks >= TELL_BLOCKS && now - g->since >= TELL_AFTER))
		g->noticed = true;
	return g->noticed && !was;
}

bool garble_unreadable(const struct garble *g, mono_t *since)
{
	if (g->noticed)
		*since = g->since;
	return g->noticed;
}

/* ---- the estimate ------------------------------------------------------------------------------ */

/* What a receiver that is so many times too fast sees of text, in thousandths: reckoned by reading
 * lines of Tasmota's log at one rate and sampling them at another. */
static const struct {
	int ratio, transitions, zeros;
} seen[] = {{1300, 4180, 0}, {1540, 3640, 0}, {2000, 3040, 40}, {3000, 1630, 120},
    {3900, 1610, 170}, {6000, 1040, 530}, {7800, 1040, 530}, {12000, 1000, 950}};

#define SEEN	  (sizeof(seen) / sizeof(seen[0]))
#define UNRELATED 4000 /* transitions that a faster sender leaves at the least, mostly */

/* Rates that these devices and their adapters use; bias: how uncommon they are. */
static const struct {
	uint32_t baud;
	int bias;
} common[] = {{115200, 0}, {74880, 0}, {9600, 100}, {57600, 200}, {19200, 200}, {230400, 250},
    {921600, 300}, {460800, 350}, {38400, 300}, {1500000, 400}, {2400, 600}, {4800, 600}};

#define COMMON (sizeof(common) / sizeof(common[0]))

static int between(int x, int x0, int y0, int x1, int y1)
{
	return x <= x0 ? y0 : x >= x1 ? y1 : y0 + (y1 - y0) * (x - x0) / (x1 - x0);
}

static int distance(const struct garble *g, uint32_t baud)
{
	int ratio = (int)((uint64_t)g->baud * 1000 / baud);
	int got = (int)((uint64_t)g->transitions * 1000 / g->bytes);
	int zeros = (int)((uint64_t)g->zeros * 1000 / g->bytes);
	size_t i = 1;

	if (ratio < 1100)
		return (got > UNRELATED ? 0 : (UNRELATED - got) / 2) + 2 * zeros;
	while (i < SEEN - 1 && seen[i].ratio < ratio)
		i++;
	got -= between(
	    ratio, seen[i - 1].ratio, seen[i - 1].transitions, seen[i].ratio, seen[i].transitions);
	zeros -= between(ratio, seen[i - 1].ratio, seen[i - 1].zeros, seen[i].ratio, seen[i].zeros);
	return (got < 0 ? -got : got) + 2 * (zeros < 0 ? -zeros : zeros);
}

void garble_rates(const struct garble *g, uint32_t rates[GARBLE_RATES])
{
	int best[GARBLE_RATES];

	for (size_t i = 0; i < GARBLE_RATES; i++) {
		best[i] = INT_MAX;
		rates[i] = 0;
	}
	for (size_t i = 0; i < COMMON; i++) {
		int far = common[i].bias + (g->bytes ? distance(g, common[i].baud) : 0);
		size_t at = GARBLE_RATES;

		if (common[i].baud == g->baud)
			continue;
		for (; at > 0 && far < best[at - 1]; at--)
			if (at < GARBLE_RATES) {
				best[at] = best[at - 1];
				rates[at] = rates[at - 1];
			}
		if (at < GARBLE_RATES) {
			best[at] = far;
			rates[at] = common[i].baud;
		}
	}
}
