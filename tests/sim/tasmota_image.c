/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Generator of images. Layout as Arduino's builds have it: a boot loader of one segment at 0, the
 * program's image with its own header at 0x1000.
 */
#include "tasmota_image.h"
#include "tasmota_ident.h"
#include "tasmota_marks.h"

#include <string.h>

#define OLD_FORMAT  "Project %s %s (Topic %s, Fallback %s, GroupTopic %s) Version %s-2_3_0"
#define MID_FORMAT  "Project %s %s Version %s%s-2_7_4_1"
#define NEW_FORMAT  "Project %s - %s Version %s%s-2_7_7(%s)"
#define OLD_OTA	    "http://sonoff.maddox.co.uk/tasmota/sonoff.bin"
#define NEW_OTA	    "http://ota.tasmota.com/tasmota/release/tasmota.bin.gz"
#define LATE_FORMAT "Project %s - %s Version %s%s-2.7.8(%s)"
#define AUTO	    "%s-minimal%s"

static const struct tas_marks BUILDS[] = {
    {"6.1.1-full", TAS_V(6, 1, 1, 0), false, false, true, 517 * 1024, OLD_FORMAT, OLD_OTA "|" AUTO},
    {"6.1.1-minimal", TAS_V(6, 1, 1, 0), true, false, false, 346240, OLD_FORMAT, OLD_OTA},
    {"6.1.1-classic", TAS_V(6, 1, 1, 0), false, false, false, 486 * 1024, OLD_FORMAT,
	OLD_OTA "|" AUTO},
    {"8.5.0-full", TAS_V(8, 5, 0, 0), false, true, true, 609536, MID_FORMAT,
	NEW_OTA "|" AUTO "|tasmota"},
    {"8.5.0-minimal", TAS_V(8, 5, 0, 0), true, true, false, 387472, MID_FORMAT, NEW_OTA "|minimal"},
    {"14.2.0-full", TAS_V(14, 2, 0, 0), false, true, true, 610 * 1024, NEW_FORMAT,
	NEW_OTA "|" AUTO "|tasmota|(release-%s)"},
    {"14.2.0-minimal", TAS_V(14, 2, 0, 0), true, true, false, 376 * 1024, NEW_FORMAT,
	NEW_OTA "|minimal|(release-%s)"},
    {"15.2.0-full", TAS_V(15, 2, 0, 0), false, true, true, 600 * 1024, LATE_FORMAT,
	NEW_OTA "|" AUTO "|tasmota|(release-%s)"},
    {"other", 0, false, false, false, 300 * 1024, "A program of somebody else", ""},
};

const char *tas_image_name(size_t i)
{
	return i < sizeof(BUILDS) / sizeof(BUILDS[0]) ? BUILDS[i].name : NULL;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* Code-like filling: few distinct words, many of them near each other, so that it compresses
 * about as a real program does. No word looks like a version. */
void tas_marks_fill(uint8_t *p, size_t n, uint32_t seed)
{
	uint32_t x = seed, recent[64];

	memset(recent, 0x5A, sizeof(recent));
	for (size_t i = 0; i + 4 <= n; i += 4) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		uint32_t w = recent[x >> 8 & 63];
		if (x % 100 < 62) {
			w = (x & 0x9FFFFFFFU) | 0x80004000U;
			recent[x >> 16 & 63] = w;
		}
		put32(p + i, w);
	}
	memset(p + (n & ~(size_t)3), 0x5A, n & 3);
}

struct cursor {
	uint8_t *image;
	size_t at;
	uint8_t sum;
};

static void header(
    struct cursor *c, const struct tas_image_spec *s, unsigned segments, uint32_t entry)
{
	uint8_t *p = c->image + c->at;

	p[0] = 0xE9;
	p[1] = (uint8_t)segments;
	p[2] = s->mode;
	p[3] = s->flash;
	put32(p + 4, entry);
	c->at += 8;
	c->sum = 0xEF;
}

static uint8_t *segment(struct cursor *c, uint32_t addr, uint32_t len)
{
	put32(c->image + c->at, addr);
	put32(c->image + c->at + 4, len);
	uint8_t *data = c->image + c->at + 8;
	tas_marks_fill(data, len, addr ^ len);
	c->at += 8 + len;
	return data;
}

static void sum_up(struct cursor *c, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		c->sum ^= data[i];
}

static void finish(struct cursor *c)
{
	size_t end = c->at | 15U;

	memset(c->image + c->at, 0, end - c->at);
	c->image[end] = c->sum;
	c->at = end + 1;
}

static size_t text(uint8_t *p, const char *s, size_t n)
{
	p[0] = 0;
	memcpy(p + 1, s, n);
	p[n + 1] = 0;
	return n + 2;
}

/* C strings, '|' between them. Returns where the next one goes. */
static uint8_t *strings(uint8_t *q, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, "|");
		q += text(q, words, n);
		words += n + (words[n] == '|');
	}
	return q;
}

/* The strings and constants by which a build is known. */
void tas_marks_put(uint8_t *p, const struct tas_marks *b)
{
	static const uint8_t marker[12] = {
	    0xA5, 0x5A, 0xA5, 0x5A, 0, 0, 0, 0, 0x5A, 0xA5, 0x5A, 0xA5};
	static const uint32_t steps[] = {TAS_V(5, 8, 0, 9), TAS_V(5, 8, 0, 12), TAS_V(5, 9, 1, 1),
	    TAS_V(5, 10, 0, 8), TAS_V(5, 12, 0, 4), TAS_V(5, 13, 1, 2), TAS_V(5, 14, 0, 1),
	    TAS_V(6, 0, 0, 1), TAS_V(6, 0, 0, 2), TAS_V(6, 2, 1, 9), TAS_V(6, 6, 0, 20),
	    TAS_V(7, 0, 0, 3), TAS_V(7, 1, 2, 5), TAS_V(8, 2, 0, 2), TAS_V(9, 0, 0, 1),
	    TAS_V(10, 1, 0, 2), TAS_V(12, 0, 2, 3), TAS_V(13, 4, 0, 2), TAS_V(14, 1, 0, 1)};
	uint8_t *q = p + 0x2000;

	q += text(q, b->format, strlen(b->format));
	q = strings(q, b->words);
	/* What every build has: the client's and the host's names, the topic, the prefixes, tags. */
	if (b->version)
		q = strings(q,
		    "DVES_%06X|%s-%04d|%prefix%/%topic%/|cmnd|stat|tele|CFG: Use defaults|"
		    "APP: Serial logging disabled|APP: Restarting|WIF: Connected|MQT: |RSL: "
		    "|Sonoff Basic|Sonoff RF|Sonoff SV|WifiConfig");
	if (b->version)
		q = strings(q, b->version < TAS_V(7, 0, 0, 0) ? "sonoff|sonoffs|Sonoff"
							      : "tasmotas|Tasmota|Sonoff-Tasmota");
	if (b->minimal) {
		static const char warn[] =
		    "WARNING This version does not support persistent settings";
		q += text(q, warn, sizeof(warn) - 1);
	}
	if (b->rules)
		text(q, "Rule|RuleTimer|Event|Var|Mem", 28);
	if (b->marker) {
		memcpy(p + 0x1000, marker, sizeof(marker));
		put32(p + 0x1004, b->version > TAS_V(9, 3, 0, 0) ? 0xFFFFFFFFU : b->version);
	}
	/* The program's own version stands in front of the steps of its settings' migration. */
	if (b->version)
		put32(p + 0x800, b->version);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && steps[i] < b->version; i++)
		put32(p + 0x1100 + 8 * i, steps[i]);
}

static const struct tas_marks *find(const char *name)
{
	for (size_t i = 0; i < sizeof(BUILDS) / sizeof(BUILDS[0]); i++)
		if (!strcmp(BUILDS[i].name, name))
			return &BUILDS[i];
	return NULL;
}

size_t tas_image_make(const struct tas_image_spec *spec, uint8_t *dst)
{
	const struct tas_marks *b = find(spec->build);
	size_t size = (spec->size ? spec->size : b ? b->size : 0) & ~(size_t)15;

	if (!b || size < 0x10000 || size > TAS_IMAGE_MAX)
		return 0;
	bool old = b->version < TAS_V(7, 0, 0, 0);
	struct cursor c = {dst, 0, 0};
	header(&c, spec, 1, old ? 0x4010F29CU : 0x4010F45CU);
	uint32_t len = old ? 0x568 : 0xE00;
	sum_up(&c, segment(&c, 0x4010F000U, len), len);
	finish(&c);
	memset(dst + c.at, 0xAA, 0x1000 - c.at);
	c.at = 0x1000;

	static const uint32_t rest[][2] = {{0x40100000U, 0x13C}, {0x4010013CU, 0x6B20},
	    {0x3FFE8000U, 0x514}, {0x3FFE8520U, 0x4A4}};
	uint32_t others = 0;
	for (int i = 0; i < 4; i++)
		others += 8 + rest[i][1];
	header(&c, spec, 5, 0x401000B8U);
	uint32_t irom = (uint32_t)(size - 16 - c.at - 8 - others) & ~3U;
	uint8_t *data = segment(&c, 0x40201010U, irom);
	tas_marks_put(data, b);
	sum_up(&c, data, irom);
	for (int i = 0; i < 4; i++)
		sum_up(&c, segment(&c, rest[i][0], rest[i][1]), rest[i][1]);
	finish(&c);
	return c.at;
}
