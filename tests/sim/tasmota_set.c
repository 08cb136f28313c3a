/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings in flash. The format is this simulator's own: "TSIM", count, length, sum, then
 * key=value lines ended by zero bytes.
 */
#include "tasmota_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 4096U
#define HEAD   16U

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t sum(const uint8_t *p, size_t n)
{
	uint32_t h = 2166136261U;
	while (n--)
		h = (h ^ *p++) * 16777619U;
	return h;
}

void tas_set_clear(struct tas_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->e[i].val);
	s->n = 0;
	s->dirty = false;
}

/* Index of an entry; s->n when there is none. */
static size_t entry(const struct tas_set *s, const char *key)
{
	size_t i = 0;

	while (i < s->n && strcmp(s->e[i].key, key))
		i++;
	return i;
}

const char *tas_set_get(const struct tas_set *s, const char *key)
{
	size_t i = entry(s, key);
	return i < s->n ? s->e[i].val : "";
}

bool tas_set_has(const struct tas_set *s, const char *key)
{
	return entry(s, key) < s->n;
}

long tas_set_num(const struct tas_set *s, const char *key, long def)
{
	size_t i = entry(s, key);
	return i < s->n ? strtol(s->e[i].val, NULL, 10) : def;
}

static char *dup_text(const char *text)
{
	size_t n = strlen(text) + 1;
	char *p = malloc(n);
	if (!p)
		abort();
	return memcpy(p, text, n);
}

void tas_set_put(struct tas_set *s, const char *key, const char *val)
{
	size_t i = entry(s, key);
	struct tas_set_entry *e = &s->e[i];

	if (i < s->n && !strcmp(e->val, val))
		return;
	if (i == s->n) {
		if (s->n == TAS_SET_MAX)
			return;
		s->n++;
		snprintf(e->key, sizeof(e->key), "%s", key);
		e->val = NULL;
	}
	char *copy = dup_text(val);
	free(e->val);
	e->val = copy;
	s->dirty = true;
}

void tas_set_putn(struct tas_set *s, const char *key, long val)
{
	char text[24];
	snprintf(text, sizeof(text), "%ld", val);
	tas_set_put(s, key, text);
}

void tas_set_del(struct tas_set *s, const char *key)
{
	size_t i = entry(s, key);

	if (i == s->n)
		return;
	free(s->e[i].val);
	s->e[i] = s->e[--s->n];
	s->dirty = true;
}

size_t tas_set_text(const struct tas_set *s)
{
	static const char *const keys[] = {"SSId", "Password", "Mqtt", "Topic", "Hostname",
	    "FriendlyName", "DeviceName", "OtaUrl", "WebPassword", "GroupTopic", "FullTopic",
	    "Ntp"};
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			if (!strncmp(s->e[i].key, keys[k], strlen(keys[k]))) {
				n += strlen(s->e[i].val) + 1;
				break;
			}
	return n;
}

static uint32_t slots(const struct sim_app_host *host)
{
	return host->settings_slots ? host->settings_slots : TAS_SET_SLOTS;
}

static uint32_t address(const struct sim_app_host *host, uint32_t sector)
{
	return host->settings_at ? host->settings_at + (TAS_SET_TOP - sector) * SECTOR
				 : sector * SECTOR;
}

static bool read_sector(const struct sim_app_host *host, uint32_t sector, uint8_t buf[SECTOR])
{
	host->flash_read(host->ctx, address(host, sector), buf, SECTOR);
	uint32_t len = get32(buf + 8);
	return !memcmp(buf, "TSIM", 4) && len <= SECTOR - HEAD &&
	       get32(buf + 12) == sum(buf + HEAD, len);
}

static void parse(struct tas_set *s, const uint8_t *p, size_t n)
{
	while (n) {
		const uint8_t *end = memchr(p, 0, n);
		if (!end)
			return;
		char key[24];
		const char *line = (const char *)p;
		const char *eq = strchr(line, '=');
		if (eq && (size_t)(eq - line) < sizeof(key)) {
			memcpy(key, line, (size_t)(eq - line));
			key[eq - line] = 0;
			tas_set_put(s, key, eq + 1);
		}
		n -= (size_t)(end + 1 - p);
		p = end + 1;
	}
}

bool tas_set_load(struct tas_set *s, const struct sim_app_host *host)
{
	uint8_t buf[SECTOR];
	bool found = false;

	tas_set_clear(s);
	for (uint32_t i = 0; i < slots(host); i++) {
		if (!read_sector(host, TAS_SET_TOP - i, buf))
			continue;
		if (found && get32(buf + 4) <= s->count)
			continue;
		found = true;
		s->sector = TAS_SET_TOP - i;
		s->count = get32(buf + 4);
	}
	if (!found) {
		s->sector = TAS_SET_TOP + 1;
		s->count = 0;
		return false;
	}
	read_sector(host, s->sector, buf);
	parse(s, buf + HEAD, get32(buf + 8));
	s->dirty = false;
	return true;
}

void tas_set_save(struct tas_set *s, const struct sim_app_host *host, bool first)
{
	uint8_t buf[SECTOR];
	size_t at = HEAD;

	memset(buf, 0xFF, sizeof(buf));
	for (size_t i = 0; i < s->n; i++) {
		size_t k = strlen(s->e[i].key), v = strlen(s->e[i].val);
		if (at + k + v + 2 > SECTOR)
			break;
		memcpy(buf + at, s->e[i].key, k);
		buf[at + k] = '=';
		memcpy(buf + at + k + 1, s->e[i].val, v + 1);
		at += k + v + 2;
	}
	s->count++;
	memcpy(buf, "TSIM", 4);
	put32(buf + 4, s->count);
	put32(buf + 8, (uint32_t)(at - HEAD));
	put32(buf + 12, sum(buf + HEAD, at - HEAD));
	s->sector =
	    first || s->sector <= TAS_SET_TOP - slots(host) + 1 ? TAS_SET_TOP : s->sector - 1;
	host->flash_erase_sector(host->ctx, address(host, s->sector));
	host->flash_program(host->ctx, address(host, s->sector), buf, (at + 3U) & ~3U);
	for (uint32_t i = 1; first && i < slots(host); i++)
		host->flash_erase_sector(host->ctx, address(host, TAS_SET_TOP - i));
	s->dirty = false;
}
