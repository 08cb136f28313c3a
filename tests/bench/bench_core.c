/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a byte costs on arrival: the masking funnel, the log and the reader of facts over 50 MB of
 * Tasmota-like lines, each alone and all together, beside memcpy over the same bytes in the same
 * pieces. Best of five. Prints MB/s (1e6 bytes) and the share of memcpy's speed.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/lines.h"
#include "tasmite/core/tasmota/facts.h"
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

static void read_facts(struct lines *l, uint64_t *next, struct facts *f)
{
	struct line_ref r;

	for (; *next < lines_end(l) && lines_get(l, *next, &r) && !r.partial; (*next)++)
		facts_line(f, r.bytes, r.len, r.time);
}

/* Any of the three may be left out. */
static void run_core(struct bench *b, bool mask, bool log, bool facts)
{
	struct secrets *s = new_secrets(b);
	struct lines *l = lines_new((size_t)256 << 20);
	struct facts f;
	struct buf out;
	uint64_t next = 0;

	facts_init(&f);
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
		if (facts)
			read_facts(l, &next, &f);
		buf_clear(&out);
	}
	b->sink += lines_end(l) + f.revision;
	buf_fini(&out);
	lines_free(l);
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

static void run_facts(struct bench *b)
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

int main(void)
{
	struct bench b = {make_log(), xmalloc(TOTAL), false, 0};
	double base = best(&b, run_memcpy);

	printf("%-42s %8.0f MB/s\n", "memcpy", base);
	report(&b, "lines", run_lines, base);
	report(&b, "lines, facts", run_facts, base);
	report(&b, "secrets (none known)", run_secrets, base);
	report(&b, "secrets (none known), lines, facts", run_all, base);
	b.learned = true;
	report(&b, "secrets (five known)", run_secrets, base);
	report(&b, "secrets (five known), lines, facts", run_all, base);
	free(b.copy);
	return b.sink == 0;
}
