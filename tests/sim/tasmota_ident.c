/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Identification of a build by its image.
 *
 * The version is exact where the image carries it: the marker A5 5A A5 5A vvvvvvvv 5A A5 5A A5 of
 * 7.1.2..9.3.0. Earlier images have no marker, later ones keep FFFFFFFF there; both have the steps
 * of the settings' migration as an ascending run of constants, and their own version as a constant
 * in front of it. Without such a run the device plays 6.1.1, or 9.3.1 when the marker is there.
 */
#include "tasmota_ident.h"

#include <stdio.h>
#include <string.h>

static const uint8_t MARK_HEAD[4] = {0xA5, 0x5A, 0xA5, 0x5A};
static const uint8_t MARK_TAIL[4] = {0x5A, 0xA5, 0x5A, 0xA5};

struct span {
	const uint8_t *p;
	size_t n;
};

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* One image: header, segments, checksum byte at the end of a 16-byte line. */
static uint32_t part_end(const uint8_t *flash, size_t n, uint32_t at)
{
	if ((size_t)at + 9 > n || flash[at] != 0xE9)
		return 0;
	/* The ESP32 family's header is longer: where an ESP8266 has its first segment's address
	 * these have "no write-protect pin". */
	uint32_t p = at + (flash[at + 8] == 0xEE ? 24 : 8);
	for (unsigned i = 0; i < flash[at + 1]; i++) {
		if ((size_t)p + 8 > n)
			return 0;
		uint32_t len = le32(flash + p + 4);
		if (len > n || (size_t)p + 8 + len > n)
			return 0;
		p += 8 + len;
	}
	return (p | 15U) + 1;
}

uint32_t tas_image_size(const uint8_t *flash, size_t n)
{
	uint32_t first = part_end(flash, n, 0);
	if (!first || flash[8] == 0xEE)
		return first;
	uint32_t second = first <= 0x1000 ? part_end(flash, n, 0x1000) : 0;
	return second ? second : first;
}

static const uint8_t *find(struct span s, const void *needle, size_t m)
{
	const uint8_t *nd = needle;

	while (s.n >= m) {
		const uint8_t *hit = memchr(s.p, nd[0], s.n - m + 1);
		if (!hit)
			return NULL;
		if (!memcmp(hit, nd, m))
			return hit;
		s.n -= (size_t)(hit + 1 - s.p);
		s.p = hit + 1;
	}
	return NULL;
}

static bool has(struct span s, const char *text)
{
	return find(s, text, strlen(text)) != NULL;
}

/* The word stands alone between two zero bytes. */
static bool has_cstr(struct span s, const char *word)
{
	char buf[32];
	size_t n = strlen(word);

	buf[0] = 0;
	memcpy(buf + 1, word, n + 1);
	return find(s, buf, n + 2) != NULL;
}

/* Copies the C string around `at` into dst; false when it does not fit or is no text. */
static bool cstr_around(struct span s, const uint8_t *at, char *dst, size_t size)
{
	const uint8_t *b = at, *e = at;

	while (b > s.p && b[-1] && (size_t)(at - b) < size)
		b--;
	while (e < s.p + s.n && *e && (size_t)(e - b) < size)
		e++;
	if ((size_t)(e - b) >= size || e == s.p + s.n)
		return false;
	memcpy(dst, b, (size_t)(e - b));
	dst[e - b] = 0;
	return true;
}

/* "2_3_0", "3.3.7", "STAGE" */
static bool is_core(const char *p)
{
	return (p[0] >= '1' && p[0] <= '9' && (p[1] == '_' || p[1] == '.')) ||
	       !strncmp(p, "STAGE", 5);
}

/* The project line's format: "<Project> %s ... <Version> %s-2_3_0" and its later forms. */
static bool parse_format(struct tas_build *b, const char *f)
{
	const char *core = strstr(f, "%s-");
	while (core && !is_core(core + 3))
		core = strstr(core + 3, "%s-");
	if (!core || !strchr(f, ' ') || strchr(f, ' ') > core)
		return false;
	size_t n = core[3] == 'S' ? 5 : strspn(core + 3, "0123456789_.");
	snprintf(b->core, sizeof(b->core), "%.*s", (int)(n < 15 ? n : 15), core + 3);
	const char *sp = strchr(f, ' ');
	snprintf(b->word_project, sizeof(b->word_project), "%.*s", (int)(sp - f), f);
	const char *v = core;
	while (v > f && (v[-1] == 's' || v[-1] == '%'))
		v--;
	const char *ve = v;
	while (ve > f && ve[-1] == ' ')
		ve--;
	const char *vb = ve;
	while (vb > f && vb[-1] != ' ')
		vb--;
	snprintf(b->word_version, sizeof(b->word_version), "%.*s", (int)(ve - vb), vb);
	b->fmt_dash = strstr(f, " - ") != NULL;
	b->fmt_built = strstr(core, "(%s)") != NULL;
	b->fmt_topic = strchr(f, '(') && strchr(f, '(') < core;
	return true;
}

static bool find_format(struct tas_build *b, struct span s)
{
	char text[200];
	struct span rest = s;

	for (;;) {
		const uint8_t *hit = find(rest, "%s-", 3);
		if (!hit)
			return false;
		if (cstr_around(s, hit, text, sizeof(text)) && parse_format(b, text))
			return true;
		rest.n -= (size_t)(hit + 3 - rest.p);
		rest.p = hit + 3;
	}
}

static bool plausible(uint32_t v)
{
	return (v >> 24) >= 5 && (v >> 24) <= 20 && (v >> 16 & 255) <= 12 && (v >> 8 & 255) <= 12 &&
	       (v & 255) <= 40;
}

/* The longest strictly ascending run of version constants (gaps up to 32 bytes): the steps of the
 * settings' migration. Its last one is a lower bound of the version. */
static uint32_t migration(struct span s, size_t *where)
{
	uint32_t best = 0, prev = 0;
	size_t best_len = 0, len = 0, prev_at = 0, begin = 0;

	for (size_t i = 0; i + 4 <= s.n; i += 4) {
		uint32_t v = le32(s.p + i);
		if (!plausible(v))
			continue;
		if (!(len && v > prev && i - prev_at <= 32)) {
			len = 0;
			begin = i;
		}
		len++;
		prev = v;
		prev_at = i;
		if (len > best_len) {
			best_len = len;
			best = v;
			*where = begin;
		}
	}
	return best_len >= 6 ? best : 0;
}

/* The version itself is the first constant of the program (which begins at 0x1000) that lies in
 * front of the migration and is not below its last step: so in some eighty images from 5.14 to
 * 13.3, the marker agreeing where there is one. Round numbers such as 0x08000000 are no versions. */
static uint32_t in_front(struct span s, size_t where, uint32_t bound)
{
	for (size_t i = 0x1040; i + 4 <= where; i += 4) {
		uint32_t v = le32(s.p + i);
		unsigned minor = v >> 16 & 255;
		if (v < bound || (v >> 24) > (bound >> 24) + 1 || !(v & 0xFFFFFF) ||
		    minor > (v >> 24 == 5 ? 14U : 7U) || (v >> 8 & 255) > 4 || (v & 255) > 31)
			continue;
		return v;
	}
	return bound;
}

static void find_version(struct tas_build *b, struct span s)
{
	const uint8_t *m = find(s, MARK_HEAD, 4);
	while (m && !((size_t)(s.p + s.n - m) >= 12 && !memcmp(m + 8, MARK_TAIL, 4))) {
		struct span rest = {m + 1, s.n - (size_t)(m + 1 - s.p)};
		m = find(rest, MARK_HEAD, 4);
	}
	if (m) {
		b->tasmota = true;
		b->version = le32(m + 4);
		b->exact = b->version != 0xFFFFFFFFU;
		if (b->exact)
			return;
	}
	size_t where = 0;
	uint32_t bound = migration(s, &where);
	b->version = bound ? in_front(s, where, bound) : 0;
	if (m && b->version < TAS_V(9, 3, 1, 0))
		b->version = TAS_V(9, 3, 1, 0);
	else if (!b->version)
		b->version = TAS_V(6, 1, 1, 0);
}

static void find_ota(struct tas_build *b, struct span s)
{
	struct span rest = s;
	char text[sizeof(b->ota)];

	for (;;) {
		const uint8_t *hit = find(rest, "http://", 7);
		if (!hit)
			return;
		if (cstr_around(s, hit, text, sizeof(text)) && strstr(text, ".bin") &&
		    !strchr(text, '%') && !strncmp(text, "http://", 7)) {
			snprintf(b->ota, sizeof(b->ota), "%s", text);
			return;
		}
		rest.n -= (size_t)(hit + 7 - rest.p);
		rest.p = hit + 7;
	}
}

/* The ESP32 family's builds name themselves all. */
static bool find_variant32(struct tas_build *b, struct span s)
{
	static const char *const words[] = {"tasmota32", "tasmota32s2", "tasmota32s3",
	    "tasmota32c2", "tasmota32c3", "tasmota32c5", "tasmota32c6", "tasmota32h2",
	    "tasmota32p4", "safeboot"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has_cstr(s, words[i])) {
			snprintf(b->variant, sizeof(b->variant), "%s", words[i]);
			b->minimal = !strcmp(words[i], "safeboot");
			return true;
		}
	return false;
}

static void find_variant(struct tas_build *b, struct span s)
{
	static const char *const words[] = {
	    "lite", "sensors", "knx", "display", "ircustom", "ir", "zbbridge"};
	const char *base = strrchr(b->ota, '/');

	snprintf(b->variant, sizeof(b->variant), "full");
	if (find_variant32(b, s))
		return;
	if (has(s, "WARNING This version does not support persistent settings") &&
	    !has(s, "%s-minimal%s")) {
		b->minimal = true;
		snprintf(b->variant, sizeof(b->variant), "minimal");
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char dashed[24];
		snprintf(dashed, sizeof(dashed), "-%s.", words[i]);
		if (has_cstr(s, words[i]) || (base && strstr(base, dashed))) {
			snprintf(b->variant, sizeof(b->variant), "%s", words[i]);
			return;
		}
	}
	/* The classic build of 6.x names itself nowhere: it is the one without rules. */
	if (b->version < TAS_V(6, 5, 0, 0) && !has(s, "RuleTimer"))
		snprintf(b->variant, sizeof(b->variant), "classic");
}

static void find_banner(struct tas_build *b, struct span s)
{
	static const char *const names[] = {"ESPURNA", "ESPHome", "eWeLink", "ESPEasy", "WLED"};

	snprintf(b->banner, sizeof(b->banner), "other program");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (has(s, names[i])) {
			snprintf(b->banner, sizeof(b->banner), "%s", names[i]);
			return;
		}
}

void tas_ident(struct tas_build *b, const uint8_t *flash, size_t n)
{
	memset(b, 0, sizeof(*b));
	b->size = tas_image_size(flash, n);
	struct span s = {flash, b->size && b->size <= n ? b->size : n};

	b->tasmota = find_format(b, s);
	if (b->tasmota)
		find_version(b, s);
	if (!b->tasmota) {
		find_banner(b, s);
		return;
	}
	find_ota(b, s);
	find_variant(b, s);
	b->release = has(s, "(release-%s)");
	b->german = has(s, "mit IP-Adresse");
	if (!b->ota[0])
		snprintf(
		    b->ota, sizeof(b->ota), "http://ota.tasmota.com/tasmota/release/tasmota.bin");
}
