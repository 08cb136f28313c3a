/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plain host of the virtual device for its own tests; see sim_peer.h. */
#include "sim_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer than any erase of the tests. */
#define PATIENCE 90000000

static void collect(void *ctx, sim_time at, const char *text)
{
	struct peer *p = ctx;
	size_t need = strlen(text) + 32;

	if (p->trace_len + need > p->trace_cap) {
		p->trace_cap = (p->trace_len + need) * 2;
		p->trace = realloc(p->trace, p->trace_cap);
		if (!p->trace)
			abort();
	}
	p->trace_len += (size_t)snprintf(
	    p->trace + p->trace_len, p->trace_cap - p->trace_len, "%lld %s\n", (long long)at, text);
}

void peer_init(struct peer *p, const struct sim_link_config *cfg)
{
	struct sim_link_config c = cfg ? *cfg : (struct sim_link_config){0};
	char err[128];

	memset(p, 0, sizeof(*p));
	c.device.no_app = !c.device.scenario;
	c.device.trace = collect;
	c.device.trace_ctx = p;
	p->l = sim_link_new(&c, err, sizeof(err));
	if (!p->l)
		abort();
}

void peer_fini(struct peer *p)
{
	sim_link_free(p->l);
	free(p->trace);
}

static void take(struct peer *p)
{
	uint8_t byte;
	sim_time at;

	while (sim_link_receive_at(p->l, &byte, &at, p->now)) {
		if (p->n < sizeof(p->rx))
			p->rx[p->n++] = byte;
		p->last = at;
	}
}

void peer_wait(struct peer *p, sim_time us)
{
	p->now += us;
	take(p);
}

void peer_forget(struct peer *p)
{
	p->n = 0;
}

void peer_send(struct peer *p, const void *bytes, size_t n)
{
	sim_link_send(p->l, bytes, n, p->now);
}

void peer_enter_loader(struct peer *p)
{
	sim_link_power(p->l, false, p->now);
	sim_link_button(p->l, true, p->now);
	sim_link_power(p->l, true, p->now);
	peer_wait(p, 100000);
	peer_forget(p);
}

void peer_frame(struct peer *p, uint8_t dir, uint8_t op, const void *data, size_t n, uint32_t sum)
{
	static const uint8_t end = 0xC0;
	uint8_t head[8] = {dir, op, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)sum,
	    (uint8_t)(sum >> 8), (uint8_t)(sum >> 16), (uint8_t)(sum >> 24)};
	const uint8_t *d = data;

	peer_send(p, &end, 1);
	for (size_t i = 0; i < 8 + n; i++) {
		uint8_t b = i < 8 ? head[i] : d[i - 8];
		uint8_t esc[2] = {0xDB, b == 0xC0 ? 0xDC : 0xDD};

		if (b == 0xC0 || b == 0xDB)
			peer_send(p, esc, 2);
		else
			peer_send(p, &b, 1);
	}
	peer_send(p, &end, 1);
}

unsigned peer_answers(struct peer *p, struct answer *a)
{
	uint8_t frame[16];
	size_t n = 0;
	bool in = false, esc = false;

	memset(a, 0, sizeof(*a));
	for (size_t i = 0; i < p->n; i++) {
		uint8_t b = p->rx[i];

		if (b == 0xC0) {
			if (in && n == 10) {
				if (a->times == 0)
					memcpy(a->raw, frame, 10);
				if (memcmp(a->raw, frame, 10) == 0)
					a->times++;
			}
			in = !in || n == 0;
			n = 0;
			continue;
		}
		if (!in)
			continue;
		if (b == 0xDB) {
			esc = true;
			continue;
		}
		if (esc)
			b = b == 0xDC ? 0xC0 : 0xDB;
		esc = false;
		if (n < sizeof(frame))
			frame[n++] = b;
	}
	return a->times;
}

struct answer peer_command(struct peer *p, uint8_t op, const void *data, size_t n, uint32_t sum)
{
	sim_time until = p->now + PATIENCE, first;
	struct answer a;

	peer_forget(p);
	peer_frame(p, 0, op, data, n, sum);
	for (;;) {
		sim_time next = sim_link_next(p->l);

		if (next == SIM_NEVER || next > until)
			break;
		if (next > p->now)
			p->now = next;
		take(p);
		if (peer_answers(p, &a))
			break;
	}
	a.at = p->now;
	first = a.at;
	/* A SYNC's other answers, or those to an unknown command after one, at 9600 too. */
	peer_wait(p, 150000);
	peer_answers(p, &a);
	a.at = first;
	return a;
}

struct answer peer_words(struct peer *p, uint8_t op, unsigned n, const uint32_t *words)
{
	uint8_t data[256];

	for (unsigned i = 0; i < 4 * n; i++)
		data[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
	return peer_command(p, op, data, 4 * (size_t)n, 0);
}

struct answer peer_sync_once(struct peer *p)
{
	uint8_t data[36] = {0x07, 0x07, 0x12, 0x20};

	memset(data + 4, 0x55, 32);
	return peer_command(p, 8, data, sizeof(data), 0);
}

void peer_sync(struct peer *p)
{
	peer_sync_once(p);
	peer_sync_once(p);
}

struct answer peer_begin(
    struct peer *p, uint32_t size, uint32_t blocks, uint32_t block, uint32_t offset)
{
	return peer_words(p, 2, 4, (uint32_t[]){size, blocks, block, offset});
}

struct answer peer_data(struct peer *p, const void *payload, uint32_t n, uint32_t number)
{
	static uint8_t data[16 + 0x2000];
	uint8_t sum = 0xEF;

	memset(data, 0, 16);
	for (int i = 0; i < 4; i++) {
		data[i] = (uint8_t)(n >> (8 * i));
		data[4 + i] = (uint8_t)(number >> (8 * i));
	}
	memcpy(data + 16, payload, n);
	for (uint32_t i = 0; i < n; i++)
		sum ^= data[16 + i];
	return peer_command(p, 3, data, 16 + n, sum);
}

uint32_t peer_read_reg(struct peer *p, uint32_t addr)
{
	struct answer a = peer_words(p, 10, 1, &addr);

	return a.raw[4] | (uint32_t)a.raw[5] << 8 | (uint32_t)a.raw[6] << 16 |
	       (uint32_t)a.raw[7] << 24;
}

struct answer peer_write_reg(
    struct peer *p, uint32_t addr, uint32_t value, uint32_t mask, uint32_t delay)
{
	return peer_words(p, 9, 4, (uint32_t[]){addr, value, mask, delay});
}

bool peer_saw(const struct peer *p, const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i + len <= p->n; i++)
		if (memcmp(p->rx + i, text, len) == 0)
			return true;
	return false;
}

bool peer_traced(const struct peer *p, const char *text)
{
	return p->trace && strstr(p->trace, text);
}

unsigned peer_trace_count(const struct peer *p, const char *text)
{
	unsigned n = 0;

	for (const char *at = p->trace; at && (at = strstr(at, text)); at++)
		n++;
	return n;
}

size_t peer_image(uint8_t *dst, uint32_t load, uint32_t n)
{
	size_t total = (16 + n) / 16 * 16 + 16;
	uint8_t sum = 0xEF;

	memset(dst, 0, total);
	dst[0] = 0xE9;
	dst[1] = 1;
	for (int i = 0; i < 4; i++) {
		dst[8 + i] = (uint8_t)(load >> (8 * i));
		dst[12 + i] = (uint8_t)(n >> (8 * i));
	}
	for (uint32_t i = 0; i < n; i++) {
		dst[16 + i] = (uint8_t)(i * 7 + 3);
		sum ^= dst[16 + i];
	}
	dst[total - 1] = sum;
	return total;
}
