/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plain host for the ESP32 family; see sim_peer32.h. */
#include "sim_peer32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PATIENCE 90000000

void peer32_init(struct peer *p, enum sim_chip chip, const struct sim_link_config *cfg)
{
	struct sim_link_config c = cfg ? *cfg : (struct sim_link_config){0};

	c.device.chip = chip;
	if (!c.device.flash_size)
		c.device.flash_size = 0x400000;
	peer_init(p, &c);
}

static void count(struct reply *r, const uint8_t *frame, size_t n)
{
	if (n < 8 || frame[0] != 1)
		return;
	if (r->times == 0) {
		memcpy(r->raw, frame, n);
		r->n = n;
	}
	if (r->n == n && memcmp(r->raw, frame, n) == 0)
		r->times++;
}

static void replies(const struct peer *p, struct reply *r)
{
	uint8_t frame[sizeof(r->raw)];
	size_t n = 0;
	bool in = false, esc = false;

	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < p->n; i++) {
		uint8_t b = p->rx[i];

		if (b == 0xC0) {
			if (in)
				count(r, frame, n);
			in = !in || n == 0;
			n = 0;
		} else if (in && b == 0xDB) {
			esc = true;
		} else if (in && n < sizeof(frame)) {
			frame[n++] = esc ? (b == 0xDC ? 0xC0 : 0xDB) : b;
			esc = false;
		}
	}
}

struct reply peer32_command(struct peer *p, uint8_t op, const void *data, size_t n, uint32_t sum)
{
	sim_time until = p->now + PATIENCE;
	struct reply r;

	peer_forget(p);
	peer_frame(p, 0, op, data, n, sum);
	for (;;) {
		sim_time next = sim_link_next(p->l);

		if (next == SIM_NEVER || next > until)
			break;
		peer_wait(p, next > p->now ? next - p->now : 0);
		replies(p, &r);
		if (r.times)
			break;
	}
	peer_wait(p, 50000); /* the other answers to a SYNC */
	replies(p, &r);
	return r;
}

struct reply peer32_words(struct peer *p, uint8_t op, unsigned n, const uint32_t *words)
{
	uint8_t data[64];

	for (unsigned i = 0; i < 4 * n; i++)
		data[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
	return peer32_command(p, op, data, 4 * (size_t)n, 0);
}

struct reply peer32_data(
    struct peer *p, uint8_t op, const void *payload, uint32_t n, uint32_t number)
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
	return peer32_command(p, op, data, 16 + n, sum);
}

struct reply peer32_begin(
    struct peer *p, uint8_t op, uint32_t size, uint32_t blocks, uint32_t block, uint32_t offset)
{
	unsigned n = sim_device_row(sim_link_device(p->l))->chip == SIM_ESP32 ? 4 : 5;

	return peer32_words(p, op, n, (uint32_t[]){size, blocks, block, offset, 0});
}

uint32_t peer32_read_reg(struct peer *p, uint32_t addr)
{
	struct reply r = peer32_words(p, 0x0A, 1, &addr);

	peer32_assert(r, 0, 0);
	return r.raw[4] | (uint32_t)r.raw[5] << 8 | (uint32_t)r.raw[6] << 16 |
	       (uint32_t)r.raw[7] << 24;
}

void peer32_assert(struct reply r, uint8_t status, uint8_t code)
{
	assert_int_equal(r.n, 12);
	assert_int_equal(r.raw[2], 4);
	assert_int_equal(r.raw[8], status);
	assert_int_equal(r.raw[9], code);
	assert_int_equal(r.raw[10] | r.raw[11], 0);
}

void peer32_ready(struct peer *p)
{
	static const uint32_t attach[2] = {0, 0};
	static const uint32_t params[6] = {0, 0x400000, 0x10000, 0x1000, 0x100, 0xFFFF};

	peer_enter_loader(p);
	peer_sync_once(p);
	peer_sync_once(p);
	peer32_assert(peer32_words(p, 0x0D, 2, attach), 0, 0);
	peer32_assert(peer32_words(p, 0x0B, 6, params), 0, 0);
}
