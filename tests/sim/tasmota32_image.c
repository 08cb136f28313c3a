/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images of the ESP32 family; see tasmota32_image.h. */
#include "tasmota32_image.h"

#include "md5.h"
#include "sha256.h"
#include "tasmota_ident.h"
#include "tasmota_marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_AT      0x8000u
#define TABLE_SIZE    0xC00u
#define APP_USUAL     (700u * 1024)
#define SAFEBOOT_SIZE (300u * 1024)
#define APP_DESC      0xABCD5432u
#define FORMAT	      "Project %s - %s Version %s%s-3_3_7(%s)"

struct part {
	uint8_t type, sub;
	uint32_t at, size;
	const char *label;
};

/* The first layout: seen in factory images of 12.0 and later; the second in those of 9.x to 11.x. */
static const struct part layouts[][6] = {
    {{1, 0x02, 0x9000, 0x5000, "nvs"}, {1, 0x00, 0xE000, 0x2000, "otadata"},
	{0, 0x00, 0x10000, 0xD0000, "safeboot"}, {0, 0x10, 0xE0000, 0x2D0000, "app0"},
	{1, 0x82, 0x3B0000, 0x50000, "spiffs"}},
    {{1, 0x02, 0x9000, 0x5000, "nvs"}, {1, 0x00, 0xE000, 0x2000, "otadata"},
	{0, 0x10, 0x10000, 0x1C0000, "app0"}, {0, 0x11, 0x1D0000, 0x1C0000, "app1"},
	{1, 0x82, 0x390000, 0x70000, "spiffs"}},
    {{1, 0x00, 0x9000, 0x2000, "otadata"}, {1, 0x02, 0xB000, 0x8000, "nvs"},
	{0, 0x00, 0x20000, 0x120000, "safeboot"}, {0, 0x10, 0x140000, 0x2A0000, "app0"},
	{1, 0x82, 0x3E0000, 0x20000, "spiffs"}},
};

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static const struct part *find(enum tas32_layout layout, uint8_t type, uint8_t sub)
{
	for (const struct part *p = layouts[layout]; p->label; p++)
		if (p->type == type && p->sub == sub)
			return p;
	return NULL;
}

/* What each layout has. */
static const struct part *need(enum tas32_layout layout, uint8_t type, uint8_t sub)
{
	const struct part *p = find(layout, type, sub);

	if (!p)
		abort();
	return p;
}

uint32_t tas32_app_offset(enum tas32_layout layout)
{
	return need(layout, 0, 0x10)->at;
}

/* --- images ----------------------------------------------------------------------------------- */

struct cursor {
	uint8_t *image;
	size_t at;
	uint8_t sum;
};

static void header(struct cursor *c, const struct tas32_spec *s, unsigned segments, uint32_t entry)
{
	uint8_t *p = c->image + c->at;

	memset(p, 0, 24);
	p[0] = 0xE9;
	p[1] = (uint8_t)segments;
	p[2] = s->mode;
	p[3] = s->flash;
	put32(p + 4, entry);
	p[8] = 0xEE;
	p[12] = (uint8_t)s->chip->id;
	p[13] = (uint8_t)(s->chip->id >> 8);
	p[14] = (uint8_t)(s->revision / 100);
	p[15] = (uint8_t)s->revision;
	p[16] = (uint8_t)(s->revision >> 8);
	p[17] = 0xFF; /* any revision up to this */
	p[18] = 0xFF;
	p[23] = 1;
	c->at += 24;
	c->sum = 0xEF;
}

static uint8_t *segment(struct cursor *c, uint32_t addr, uint32_t len)
{
	uint8_t *p = c->image + c->at;

	put32(p, addr);
	put32(p + 4, len);
	tas_marks_fill(p + 8, len, addr ^ len);
	c->at += 8 + len;
	return p + 8;
}

static void sum_up(struct cursor *c, const uint8_t *p, size_t n)
{
	while (n--)
		c->sum ^= *p++;
}

/* Checksum at the end of its row, then the hash. */
static size_t finish(struct cursor *c, size_t start)
{
	size_t end = c->at | 15;
	struct sim_sha256 h;

	memset(c->image + c->at, 0, end - c->at);
	c->image[end] = c->sum;
	sim_sha256_init(&h);
	sim_sha256_add(&h, c->image + start, end + 1 - start);
	sim_sha256_end(&h, c->image + end + 1);
	c->at = end + 33;
	return c->at;
}

static size_t boot_loader(const struct tas32_spec *s, uint8_t *dst)
{
	struct cursor c = {dst, 0, 0};
	const uint32_t lens[] = {0x4A0, 0x334C, 0xBDC};
	uint32_t at = s->chip->ram_load;

	header(&c, s, 3, at + 0x10000);
	for (int i = 0; i < 3; i++, at += 0x8000)
		sum_up(&c, segment(&c, at, lens[i]), lens[i]);
	return finish(&c, 0);
}

static void marks_of(
    const struct tas32_spec *s, bool safeboot, struct tas_marks *b, char words[300])
{
	const char *suffix = s->chip->name + 5; /* after "esp32" */

	if (safeboot)
		snprintf(words, 300,
		    "http://ota.tasmota.com/tasmota32/release/tasmota32%s.bin|"
		    "safeboot|(release-%%s)",
		    suffix);
	else
		snprintf(words, 300,
		    "http://ota.tasmota.com/tasmota32/release/tasmota32%s.bin|"
		    "tasmota32%s|(release-%%s)",
		    suffix, suffix);
	*b = (struct tas_marks){.version = s->version,
	    .minimal = safeboot,
	    .marker = s->version != 0,
	    .rules = !safeboot,
	    .format = s->version ? FORMAT : "A program of somebody else",
	    .words = s->version ? words : ""};
}

/* The description that ESP-IDF puts first; Tasmota leaves version and project empty. */
static void description(uint8_t *p)
{
	memset(p, 0, 256);
	put32(p, APP_DESC);
	memcpy(p + 80, "00:00:00", 8);
	memcpy(p + 96, "Jan  1 2026", 11);
	memcpy(p + 112, "v5.3.2", 6);
}

static size_t application(const struct tas32_spec *s, bool safeboot, uint8_t *dst, size_t size)
{
	struct cursor c = {dst, 0, 0};
	struct tas_marks marks;
	char words[300];
	uint32_t data = (uint32_t)size / 4 & ~15u, ram = 0x4000, code;
	uint8_t *p;

	code = (uint32_t)(size - 24 - 3 * 8 - 16 - 32 - data - ram) & ~3u;
	header(&c, s, 3, s->chip->code_map + 0x1234);
	marks_of(s, safeboot, &marks, words);
	p = segment(&c, s->chip->data_map + 0x20, data);
	description(p);
	tas_marks_put(p + 0x1000, &marks);
	sum_up(&c, p, data);
	sum_up(&c, segment(&c, s->chip->ram_load, ram), ram);
	sum_up(&c, segment(&c, s->chip->code_map + 0x20, code), code);
	return finish(&c, 0);
}

/* --- what a factory image has more ------------------------------------------------------------ */

static void table(enum tas32_layout layout, uint8_t *dst)
{
	uint8_t *e = dst;

	memset(dst, 0xFF, TABLE_SIZE);
	for (const struct part *p = layouts[layout]; p->label; p++, e += 32) {
		memset(e, 0, 32);
		e[0] = 0xAA;
		e[1] = 0x50;
		e[2] = p->type;
		e[3] = p->sub;
		put32(e + 4, p->at);
		put32(e + 8, p->size);
		memcpy(e + 12, p->label, strlen(p->label));
	}
	e[0] = 0xEB;
	e[1] = 0xEB;
	sim_md5(dst, (size_t)(e - dst), e + 16);
}

/* The first slot, once chosen: the well-known boot_app0. */
static void ota_choice(uint8_t *dst)
{
	memset(dst, 0xFF, 32);
	put32(dst, 1);
	put32(dst + 28, 0x4743989A);
}

static size_t factory(const struct tas32_spec *s, uint8_t *dst, size_t app)
{
	const struct part *safeboot = find(s->layout, 0, 0x00), *slot = need(s->layout, 0, 0x10);

	memset(dst, 0xFF, slot->at);
	boot_loader(s, dst + s->chip->boot);
	table(s->layout, dst + TABLE_AT);
	ota_choice(dst + need(s->layout, 1, 0x00)->at);
	if (safeboot)
		application(s, true, dst + safeboot->at, SAFEBOOT_SIZE);
	return slot->at + application(s, false, dst + slot->at, app);
}

size_t tas32_image_make(const struct tas32_spec *spec, uint8_t *dst)
{
	size_t app = spec->size ? spec->size : APP_USUAL;

	if (app < 0x10000 || app > need(spec->layout, 0, 0x10)->size)
		return 0;
	switch (spec->kind) {
	case TAS32_FACTORY:
		return factory(spec, dst, app);
	case TAS32_APP:
		return application(spec, false, dst, app);
	case TAS32_SAFEBOOT:
		return application(spec, true, dst, SAFEBOOT_SIZE);
	case TAS32_BOOTLOADER:
		return boot_loader(spec, dst);
	default:
		table(spec->layout, dst);
		return TABLE_SIZE;
	}
}
