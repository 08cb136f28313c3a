/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One direction of a serial wire; see wire.h. */
#include "wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BITS_PER_CHAR 10

/* Rates that differ by less than this arrive clean: 3.5 % in 1/1000. */
#define TOLERANCE_PERMILLE 35

/* A bit is read at its middle and 15 % to both sides; where these disagree the edge was too near
 * and the bit is read wrong. With 9.5 bits from the start edge to the stop bit's middle this puts
 * the limit of the sampler at 3.7 %, next to the tolerance above. */
#define APERTURE_PERCENT 15

int64_t sim_wire_bit_ps(uint32_t baud)
{
	if (baud == 0)
		baud = 1;
	return (1000000000000 + baud / 2) / baud;
}

void sim_wire_init(struct sim_wire *w, size_t max)
{
	memset(w, 0, sizeof(*w));
	w->max = max;
	w->tx_bit_ps = sim_wire_bit_ps(115200);
	w->rx_bit_ps = w->tx_bit_ps;
}

void sim_wire_fini(struct sim_wire *w)
{
	free(w->queue);
	free(w->air);
	memset(w, 0, sizeof(*w));
}

static void grow_queue(struct sim_wire *w, size_t need)
{
	size_t cap = w->cap ? w->cap : 256;
	uint8_t *fresh;

	while (cap < need)
		cap *= 2;
	if (cap == w->cap)
		return;
	fresh = malloc(cap);
	if (!fresh)
		abort();
	for (size_t i = 0; i < w->len; i++)
		fresh[i] = w->queue[(w->head + i) % w->cap];
	free(w->queue);
	w->queue = fresh;
	w->head = 0;
	w->cap = cap;
}

void sim_wire_send(struct sim_wire *w, const void *bytes, size_t n, int64_t now_ps)
{
	const uint8_t *b = bytes;

	if (n > w->max - w->len) {
		w->lost += n - (w->max - w->len);
		n = w->max - w->len;
	}
	if (n == 0)
		return;
	grow_queue(w, w->len + n);
	if (w->len == 0 && w->free_ps < now_ps)
		w->free_ps = now_ps;
	for (size_t i = 0; i < n; i++)
		w->queue[(w->head + w->len++) % w->cap] = b[i];
}

void sim_wire_set_tx(struct sim_wire *w, int64_t bit_ps)
{
	assert(bit_ps > 0);
	w->tx_bit_ps = bit_ps;
}

void sim_wire_set_rx(struct sim_wire *w, int64_t bit_ps)
{
	assert(bit_ps > 0);
	w->rx_bit_ps = bit_ps;
}

void sim_wire_set_raw(struct sim_wire *w, bool raw, int64_t now_ps)
{
	w->raw = raw;
	if (!raw && w->rx_pos_ps < now_ps)
		w->rx_pos_ps = now_ps;
}

void sim_wire_cut(struct sim_wire *w, int64_t now_ps)
{
	w->len = 0;
	w->head = 0;
	w->air_len = 0;
	w->free_ps = now_ps;
	w->rx_pos_ps = now_ps;
}

static int64_t air_end(const struct sim_air *a)
{
	return a->start_ps + BITS_PER_CHAR * a->bit_ps;
}

/* Level of bit cell k of a character: start bit, eight data bits from the lowest, stop bit. */
static bool cell(uint8_t byte, int64_t k)
{
	if (k <= 0)
		return false;
	if (k >= BITS_PER_CHAR - 1)
		return true;
	return (byte >> (k - 1)) & 1;
}

static bool level_at(const struct sim_wire *w, int64_t t)
{
	for (size_t i = 0; i < w->air_len; i++) {
		const struct sim_air *a = &w->air[i];

		if (t >= a->start_ps && t < air_end(a))
			return cell(a->byte, (t - a->start_ps) / a->bit_ps);
	}
	return true;
}

static bool rates_agree(int64_t a, int64_t b)
{
	int64_t diff = a > b ? a - b : b - a;

	return diff * 1000 <= b * TOLERANCE_PERMILLE;
}

struct edge {
	int64_t at_ps;
	size_t index;
	bool start; /* the edge is the character's own start bit */
};

/* A falling edge inside a character that the receiver entered half way. */
static bool edge_within(const struct sim_wire *w, const struct sim_air *a, int64_t *at)
{
	bool prev = level_at(w, w->rx_pos_ps);

	for (int64_t k = 1; k < BITS_PER_CHAR; k++) {
		int64_t t = a->start_ps + k * a->bit_ps;
		bool now = cell(a->byte, k);

		if (t <= w->rx_pos_ps)
			continue;
		if (prev && !now) {
			*at = t;
			return true;
		}
		prev = now;
	}
	return false;
}

static bool find_edge(const struct sim_wire *w, struct edge *e)
{
	for (size_t i = 0; i < w->air_len; i++) {
		const struct sim_air *a = &w->air[i];

		e->index = i;
		e->start = a->start_ps >= w->rx_pos_ps;
		if (e->start) {
			e->at_ps = a->start_ps;
			return true;
		}
		if (air_end(a) > w->rx_pos_ps && edge_within(w, a, &e->at_ps))
			return true;
	}
	return false;
}

static void drop_air(struct sim_wire *w, size_t n)
{
	memmove(w->air, w->air + n, (w->air_len - n) * sizeof(*w->air));
	w->air_len -= n;
}

static void drop_seen(struct sim_wire *w)
{
	size_t n = 0;

	while (n < w->air_len && air_end(&w->air[n]) <= w->rx_pos_ps)
		n++;
	if (n)
		drop_air(w, n);
}

static void begin_due(struct sim_wire *w, int64_t now_ps)
{
	while (w->len > 0 && w->free_ps <= now_ps) {
		struct sim_air *a;

		if (w->air_len == w->air_cap) {
			w->air_cap = w->air_cap ? w->air_cap * 2 : 16;
			w->air = realloc(w->air, w->air_cap * sizeof(*w->air));
			if (!w->air)
				abort();
		}
		a = &w->air[w->air_len++];
		a->start_ps = w->free_ps;
		a->bit_ps = w->tx_bit_ps;
		a->byte = w->queue[w->head];
		w->head = (w->head + 1) % w->cap;
		w->len--;
		w->free_ps = air_end(a);
	}
}

void sim_wire_begin(struct sim_wire *w, int64_t now_ps)
{
	begin_due(w, now_ps);
}

void sim_wire_drop(struct sim_wire *w, int64_t now_ps)
{
	begin_due(w, now_ps);
	w->len = 0;
	w->head = 0;
}

static bool read_bit(const struct sim_wire *w, int64_t middle)
{
	int64_t off = w->rx_bit_ps * APERTURE_PERCENT / 100;
	bool early = level_at(w, middle - off);
	bool late = level_at(w, middle + off);
	bool mid = level_at(w, middle);

	return early == late ? mid : !mid;
}

/* Samples one character from its start edge. */
static void sample(struct sim_wire *w, int64_t start, struct sim_rxchar *out)
{
	int64_t half = w->rx_bit_ps / 2;
	uint8_t byte = 0;

	for (int k = 0; k < 8; k++)
		if (read_bit(w, start + (k + 1) * w->rx_bit_ps + half))
			byte |= (uint8_t)(1 << k);
	out->byte = byte;
	out->framing = !read_bit(w, start + 9 * w->rx_bit_ps + half);
	w->rx_pos_ps = start + 9 * w->rx_bit_ps + half;
}

static bool take_raw(struct sim_wire *w, int64_t now_ps, struct sim_rxchar *out)
{
	if (w->air_len == 0 || air_end(&w->air[0]) > now_ps)
		return false;
	out->air = w->air[0];
	out->byte = out->air.byte;
	out->framing = false;
	out->at_ps = air_end(&out->air);
	w->rx_pos_ps = out->at_ps;
	drop_air(w, 1);
	return true;
}

bool sim_wire_take(struct sim_wire *w, int64_t now_ps, struct sim_rxchar *out)
{
	struct edge e;

	begin_due(w, now_ps);
	if (w->raw)
		return take_raw(w, now_ps, out);
	while (find_edge(w, &e)) {
		const struct sim_air *a = &w->air[e.index];
		bool clean = e.start && rates_agree(a->bit_ps, w->rx_bit_ps);

		out->air = *a;
		out->at_ps = e.at_ps + BITS_PER_CHAR * (clean ? a->bit_ps : w->rx_bit_ps);
		if (out->at_ps > now_ps)
			return false;
		if (clean) {
			out->byte = a->byte;
			out->framing = false;
			w->rx_pos_ps = out->at_ps;
		} else if (level_at(w, e.at_ps + w->rx_bit_ps / 2)) {
			/* A glitch shorter than half a bit is no start bit. */
			w->rx_pos_ps = e.at_ps + w->rx_bit_ps / 2;
			drop_seen(w);
			continue;
		} else {
			sample(w, e.at_ps, out);
		}
		drop_seen(w);
		return true;
	}
	drop_seen(w);
	return false;
}

int64_t sim_wire_deadline(const struct sim_wire *w)
{
	int64_t next = w->len ? w->free_ps : SIM_WIRE_NEVER;
	int64_t done = SIM_WIRE_NEVER;
	struct edge e;

	if (w->raw) {
		if (w->air_len)
			done = air_end(&w->air[0]);
	} else if (find_edge(w, &e)) {
		const struct sim_air *a = &w->air[e.index];
		bool clean = e.start && rates_agree(a->bit_ps, w->rx_bit_ps);

		done = e.at_ps + BITS_PER_CHAR * (clean ? a->bit_ps : w->rx_bit_ps);
	}
	return done < next ? done : next;
}

int64_t sim_wire_end(const struct sim_wire *w)
{
	return w->free_ps + (int64_t)w->len * BITS_PER_CHAR * w->tx_bit_ps;
}

bool sim_wire_idle(const struct sim_wire *w, int64_t now_ps)
{
	return w->len == 0 && w->free_ps <= now_ps;
}
