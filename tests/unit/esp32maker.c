/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images of the ESP32 family made for tests, written from the format's description. */
#include "esp32maker.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/bytes.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/proto/digest.h"

#define ROOM (5u << 20)

const char make32_tasmota[] = "{\"StatusFWR\":{\"Version\":\"%s\"\n%s - %s Version "
			      "%s%s-3_1_0(%s)\n%s-minimal%s\nSerial logging "
			      "disabled\nhttp://ota.tasmota.com/tasmota32/release/tasmota32.bin";
const char make32_safeboot[] = "{\"StatusFWR\":{\"Version\":\"%s\"\n%s - %s Version "
			       "%s%s-3_1_0(%s)\nSerial logging disabled\nWARNING This version "
			       "does not support persistent settings";

const struct made32_row make32_since_12[] = {
    {1, 2, 0x9000, 0x5000, "nvs"},
    {1, 0, 0xe000, 0x2000, "otadata"},
    {0, 0, 0x10000, 0xd0000, "safeboot"},
    {0, 0x10, 0xe0000, 0x2d0000, "app0"},
    {1, 0x82, 0x3b0000, 0x50000, "spiffs"},
    {0, 0, 0, 0, NULL},
};
const struct made32_row make32_before_12[] = {
    {1, 2, 0x9000, 0x5000, "nvs"},
    {1, 0, 0xe000, 0x2000, "otadata"},
    {0, 0x10, 0x10000, 0x1c0000, "app0"},
    {0, 0x11, 0x1d0000, 0x1c0000, "app1"},
    {1, 0x82, 0x390000, 0x70000, "spiffs"},
    {0, 0, 0, 0, NULL},
};

static uint8_t segment(struct made32 *m, uint32_t addr, const void *p, size_t n)
{
	uint8_t sum = 0;

	put_le32(m->data + m->n, addr);
	put_le32(m->data + m->n + 4, (uint32_t)n);
	memcpy(m->data + m->n + 8, p, n);
	for (size_t i = 0; i < n; i++)
		sum ^= m->data[m->n + 8 + i];
	m->n += 8 + n;
	return sum;
}

static void finish(struct made32 *m, uint8_t sum)
{
	while (m->n % 16 != 15)
		m->data[m->n++] = 0;
	m->data[m->n++] = sum;
	if (m->data[23] == 1) {
		uint8_t sha[DIGEST_SHA256_SIZE];

		digest_sha256(m->data, m->n, sha);
		memcpy(m->data + m->n, sha, sizeof(sha));
		m->n += sizeof(sha);
	}
}

static struct made32 begin(uint16_t chip, unsigned segments)
{
	struct made32 m = {xcalloc(1, ROOM), 24};

	m.data[0] = 0xe9;
	m.data[1] = (uint8_t)segments;
	m.data[2] = 2;
	m.data[3] = 0x2f;
	put_le32(m.data + 4, 0x40080400);
	m.data[8] = 0xee;
	put_le16(m.data + 12, chip);
	return m;
}

struct made32 make32_app(const struct made32_app *app)
{
	struct made32 m = begin(app->chip, 2);
	uint8_t *body = xcalloc(1, 4096), ram[300], sum = 0xef;

	put_le16(m.data + 15, app->min_revision);
	put_le16(m.data + 17, app->max_revision);
	m.data[23] = app->sha;
	put_le32(body, 0xabcd5432);
	if (app->project)
		memcpy(body + 48, app->project, strlen(app->project));
	memcpy(body + 112, "v5.3.2", 7);
	memset(body + 144, 0xa7, 32);
	if (app->text) {
		memcpy(body + 512, app->text, strlen(app->text) + 1);
		for (uint8_t *p = body + 512; *p || p[1]; p++)
			if (*p == '\n')
				*p = '\0';
	}
	for (size_t i = 0; i < sizeof(ram); i++)
		ram[i] = (uint8_t)(i * 31 + 7);
	/* Flash addresses of the ESP32 and of those after the S2. */
	sum ^= segment(&m, app->chip == 0 ? 0x3f400020 : 0x3c000020, body, 4096);
	sum ^= segment(&m, app->chip == 0 ? 0x40080000 : 0x40380000, ram, sizeof(ram));
	finish(&m, sum);
	free(body);
	return m;
}

struct made32 make32_loader(uint16_t chip)
{
	struct made32 m = begin(chip, 1);
	uint8_t ram[600];

	for (size_t i = 0; i < sizeof(ram); i++)
		ram[i] = (uint8_t)(i * 13 + 1);
	m.data[23] = 1;
	finish(&m, 0xef ^ segment(&m, chip == 0 ? 0x40078000 : 0x403c8700, ram, sizeof(ram)));
	return m;
}

void make32_table(uint8_t *p, const struct made32_row *rows)
{
	size_t at = 0;

	memset(p, 0xff, 0xc00);
	for (; rows->name; rows++, at += 32) {
		memset(p + at, 0, 32);
		p[at] = 0xaa;
		p[at + 1] = 0x50;
		p[at + 2] = rows->type;
		p[at + 3] = rows->subtype;
		put_le32(p + at + 4, rows->offset);
		put_le32(p + at + 8, rows->size);
		memcpy(p + at + 12, rows->name, strlen(rows->name));
	}
	p[at] = p[at + 1] = 0xeb;
	digest_md5(p, at, p + at + 16);
}

void make32_otadata(uint8_t *p, uint32_t sequence, uint32_t state)
{
	uint32_t crc = 0;

	memset(p, 0xff, 32);
	put_le32(p, sequence);
	put_le32(p + 24, state);
	/* Bit by bit, with zeros to begin with. */
	for (int i = 0; i < 4; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
	}
	put_le32(p + 28, ~crc);
}

static void put_app(struct made32 *m, uint32_t offset, const struct made32_app *app)
{
	struct made32 a = make32_app(app);

	memcpy(m->data + offset, a.data, a.n);
	if (offset + a.n > m->n)
		m->n = offset + a.n;
	free(a.data);
}

struct made32 make32_factory(uint16_t chip, uint32_t loader_offset, const struct made32_row *rows,
    const struct made32_app *factory, const struct made32_app *ota_0)
{
	struct made32 m = {xcalloc(1, ROOM), 0x10000}, loader = make32_loader(chip);

	memset(m.data, 0xff, ROOM);
	memcpy(m.data + loader_offset, loader.data, loader.n);
	free(loader.data);
	make32_table(m.data + 0x8000, rows);
	make32_otadata(m.data + 0xe000, 1, UINT32_MAX);
	for (; rows->name; rows++) {
		if (rows->type == 0 && rows->subtype == 0 && factory)
			put_app(&m, rows->offset, factory);
		if (rows->type == 0 && rows->subtype == 0x10 && ota_0)
			put_app(&m, rows->offset, ota_0);
	}
	return m;
}
