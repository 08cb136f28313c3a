/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a byte costs on arrival: the masking funnel, the log and the doctor over 50 MB of
 * Tasmota-like lines, each alone and all together, beside memcpy over the same bytes in the same
 * pieces. Best of five. Prints MB/s (1e6 bytes) and the share of memcpy's speed.
 * And what a million lines (100 MB) cost: memory, searches, filters, highlighting; times, the longest
 * slice of them, and the share of their limits.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/filter.h"
#include "tasmite/core/find.h"
#include "tasmite/core/highlight.h"
#include "tasmite/core/lines.h"
#include "tasmite/core/session.h"
#include "tasmite/core/tasmota/secrets.h"

#define TOTAL ((size_t)50 * 1000 * 1000)
#define PIECE ((size_t)16384) /* what one turn of the loop reads from a busy port */
#define RUNS  5

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int one_line(char *s, size_t size, unsigned n)
{
	unsigned sec = n / 10 % 60, min = n / 600 % 60, hour = n / 36000 % 24;
	int at = snprintf(s, size, "%02u:%02u:%02u.%03u ", hour, min, sec, n % 1000);
	char *p = s + at;

	size -= (size_t)at;
	switch (n % 8) {
	case 0:
		return at + snprintf(p, size,
				"MQT: tele/sonoff/STATE = {\"Time\":\"2024-08-14T%02u:%02u:%02u\","
				"\"Uptime\":\"0T00:%02u:15\",\"Heap\":%u,\"SleepMode\":\"Dynamic\","
				"\"POWER\":\"ON\",\"Wifi\":"
				"{\"AP\":1,\"SSId\":\"home\",\"RSSI\":%u,\"Channel\":11}}\r\n",
				hour, min, sec, min, 20 + n % 9, n % 100);
	case 1:
		return at + snprintf(p, size, "WIF: Checking connection... %u\r\n", n);
	case 2:
		return at + snprintf(p, size,
				"RSL: stat/sonoff/RESULT = {\"POWER\":\"%s\",\"n\":%u}\r\n",
				n & 8 ? "ON" : "OFF", n);
	case 3:
		return at +
		       snprintf(p, size,
			   "MQT: Connect failed to 192.168.2.12:1883, rc -%u. Retry in %u sec\r\n",
			   n % 5, n % 120);
	case 4:
		return at + snprintf(p, size, "CMD: Status %u\r\n", n % 12);
	case 5:
		return at +
		       snprintf(p, size,
			   "RSL: stat/sonoff/STATUS5 = {\"StatusNET\":{\"Hostname\":\"sonoff-%u\","
			   "\"IPAddress\":\"192.168.1.%u\",\"Mac\":\"AA:BB:CC:DD:EE:FF\","
			   "\"Webserver\":2}}\r\n",
			   n % 9999, n % 250);
	case 6:
		return at + snprintf(p, size, "SRC: Serial\r\n");
	default:
		return at + snprintf(p, size,
				"CFG: Saved to flash at F%X, Count %u, Bytes 4096\r\n", n % 16, n);
	}
}

static uint8_t *make_log(void)
{
	uint8_t *log = xmalloc(TOTAL + 1000);
	size_t at = 0;

	for (unsigned n = 0; at < TOTAL; n++)
		at += (size_t)one_line((char *)log + at, 1000, n);
	return log;
}

struct bench {
	const uint8_t *log;
	uint8_t *copy;
	bool learned;  /* five secrets were sent */
	uint64_t sink; /* keeps the work from being left out */
};

static void run_memcpy(struct bench *b)
{
	for (size_t at = 0; at < TOTAL; at += PIECE)
		memcpy(b->copy + at, b->log + at, TOTAL - at < PIECE ? TOTAL - at : PIECE);
	b->sink += b->copy[TOTAL / 2];
}

static struct secrets *new_secrets(const struct bench *b)
{
	static const char line[] =
	    "Backlog SSID1 home; Password1 Hunter22!; Password2 secondKey1; "
	    "MqttPassword mqttpw99; WebPassword admin4web; IfxToken tok3n-of-influx";
	struct secrets *s = secrets_new();
	struct buf out;

	if (!b->learned)
		return s;
	buf_init(&out, 1000);
	secrets_tx_line(s, line, sizeof(line) - 1, &out);
	buf_fini(&out);
	return s;
}

static void read_lines(struct lines *l, uint64_t *next, struct session *s)
{
	struct line_ref r;

	for (; *next < lines_end(l) && lines_get(l, *next, &r) && !r.partial; (*next)++)
		session_device_line(s, r.bytes, r.len, *next, r.time);
}

/* Any of the three may be left out. */
static void run_core(struct bench *b, bool mask, bool log, bool doctor)
{
	struct secrets *s = new_secrets(b);
	struct lines *l = lines_new((size_t)256 << 20);
	struct session *session = session_new();
	struct buf out;
	uint64_t next = 0;

	buf_init(&out, PIECE + SECRETS_HOLD_MAX);
	for (size_t at = 0; at < TOTAL; at += PIECE) {
		size_t n = TOTAL - at < PIECE ? TOTAL - at : PIECE;
		const uint8_t *p = b->log + at;

		if (mask) {
			secrets_rx(s, p, n, (mono_t)at, &out);
			p = buf_bytes(&out);
			n = buf_len(&out);
		}
		if (log)
			lines_rx(l, p, n, (mono_t)at);
		if (doctor)
			read_lines(l, &next, session);
		buf_clear(&out);
	}
	b->sink += lines_end(l) + session->facts.revision;
	buf_fini(&out);
	lines_free(l);
	session_free(session);
	secrets_free(s);
}

static void run_secrets(struct bench *b)
{
	run_core(b, true, false, false);
}

static void run_lines(struct bench *b)
{
	run_core(b, false, true, false);
}

static void run_doctor(struct bench *b)
{
	run_core(b, false, true, true);
}

static void run_all(struct bench *b)
{
	run_core(b, true, true, true);
}

static double best(struct bench *b, void (*run)(struct bench *))
{
	double least = 1e9;

	for (int i = 0; i < RUNS; i++) {
		double t0 = now_s(), t;

		run(b);
		t = now_s() - t0;
		if (t < least)
			least = t;
	}
	return (double)TOTAL / least / 1e6;
}

static void report(struct bench *b, const char *what, void (*run)(struct bench *), double base)
{
	double v = best(b, run);

	printf("%-42s %8.0f MB/s  %5.3f of memcpy\n", what, v, v / base);
}

/* ---- a million lines ----------------------------------------------------------------------------- */

#define MANY	 1000000u
#define SLICE	 ((size_t)256 * 1024)
#define SLICE_MS 20.0 /* how long a key may wait */
#define RARE	 5000u

/* One of them: of each kind that is searched for there are MANY / RARE. */
static int many_line(char *s, size_t size, unsigned n)
{
	int at = one_line(s, size, n) - 2;

	switch (n % RARE) {
	case 17:
		return at + snprintf(s + at, size - (size_t)at, " rc=-4%u\r\n", n % 10);
	case 18:
		return at + snprintf(s + at, size - (size_t)at, " EXCEPTION (28)\r\n");
	case 19:
		return at + snprintf(s + at, size - (size_t)at, " 0123456789ABC\r\n");
	default:
		return at + snprintf(s + at, size - (size_t)at, " %016llx\r\n", n * 2654435761ull);
	}
}

static struct lines *make_many(size_t *bytes)
{
	struct lines *l = lines_new((size_t)256 << 20);
	char text[1000];

	*bytes = 0;
	for (unsigned n = 0; n < MANY; n++) {
		int len = many_line(text, sizeof(text), n);

		lines_rx(l, (const uint8_t *)text, (size_t)len, (mono_t)n * 100);
		*bytes += (size_t)len;
	}
	return l;
}

struct many {
	const struct lines *log;
	double total, worst; /* ms */
};

/* Times the slices of one search until it is done. */
static void time_slices(
    struct many *m, bool (*step)(void *what, const struct lines *l, size_t budget), void *what)
{
	bool more = true;

	m->total = m->worst = 0;
	while (more) {
		double t = now_s();

		more = step(what, m->log, SLICE);
		t = (now_s() - t) * 1e3;
		m->total += t;
		if (t > m->worst)
			m->worst = t;
	}
}

static bool step_find(void *what, const struct lines *l, size_t budget)
{
	return find_step(what, l, budget);
}

static bool step_filter(void *what, const struct lines *l, size_t budget)
{
	return filter_step(what, l, budget);
}

static void print_many(
    const char *what, const char *pattern, const struct many *m, uint64_t hits, double limit)
{
	printf("%-6s %-35s %6.0f ms  %5.3f of %.0f ms  longest slice %5.2f ms  %5.3f of %.0f ms  "
	       "%llu lines\n",
	    what, pattern, m->total, m->total / limit, limit, m->worst, m->worst / SLICE_MS,
	    SLICE_MS, (unsigned long long)hits);
}

static void bench_find(const struct lines *l, const char *pattern, double limit)
{
	struct find *f = find_new();
	struct many m = {.log = l}, best_run = {.total = 1e9};
	uint64_t hits = 0;

	for (int i = 0; i < 3; i++) {
		find_set(f, pattern_new(pattern, PATTERN_SMART, NULL));
		time_slices(&m, step_find, f);
		if (m.total < best_run.total)
			best_run = m;
		hits = find_count(f, NULL);
	}
	print_many("find", pattern, &best_run, hits, limit);
	find_free(f);
}

static void bench_filter(const struct lines *l, const char *terms, double limit)
{
	struct filter *f = filter_new();
	struct many m = {.log = l}, best_run = {.total = 1e9};
	uint64_t shown = 0;

	for (int i = 0; i < 3; i++) {
		filter_set(f, terms, PATTERN_SMART, 0, NULL);
		time_slices(&m, step_filter, f);
		if (m.total < best_run.total)
			best_run = m;
		shown = filter_count(f, l, 0, UINT64_MAX);
	}
	print_many("filter", terms, &best_run, shown, limit);
	filter_free(f);
}

static void bench_highlight(const struct lines *l)
{
	struct highlight_span spans[HIGHLIGHT_MAX_SPANS];
	struct highlight *h = highlight_new();
	size_t count = 0, lines = 100000;
	struct line_ref ref;
	double t = now_s();

	for (uint64_t i = 0; i < lines; i++)
		if (lines_get(l, i * 7, &ref))
			count += highlight_line(h, &ref, spans);
	t = (now_s() - t) * 1e6 / (double)lines;
	printf("highlight, built-in rules: %.2f us a line, %.1f spans\n", t,
	    (double)count / (double)lines);
	highlight_free(h);
}

static void bench_many(void)
{
	static const struct {
		const char *pattern;
		double limit;
	} searches[] = {
	    {"rc=-4[0-9]", 250}, {"(?i)exception \\(2[89]\\)", 250}, {"\\b[0-9A-F]{13}\\b", 500}};
	size_t bytes;
	struct lines *l = make_many(&bytes);

	printf("%u lines, %.1f MB: memory %.3f of the bytes (limit 1.25)\n", MANY,
	    (double)bytes / 1e6, (double)lines_memory(l) / (double)bytes);
	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		char term[100];

		bench_find(l, searches[i].pattern, searches[i].limit);
		snprintf(term, sizeof(term), "\"%s\"", searches[i].pattern);
		bench_filter(l, term, searches[i].limit);
	}
	bench_filter(l, "WIF MQT !failed", 250);
	bench_highlight(l);
	lines_free(l);
}

int main(void)
{
	struct bench b = {make_log(), xmalloc(TOTAL), false, 0};
	double base = best(&b, run_memcpy);

	printf("%-42s %8.0f MB/s\n", "memcpy", base);
	report(&b, "lines", run_lines, base);
	report(&b, "lines, doctor", run_doctor, base);
	report(&b, "secrets (none known)", run_secrets, base);
	report(&b, "secrets (none known), lines, doctor", run_all, base);
	b.learned = true;
	report(&b, "secrets (five known)", run_secrets, base);
	report(&b, "secrets (five known), lines, doctor", run_all, base);
	bench_many();
	free(b.copy);
	return b.sink == 0;
}
