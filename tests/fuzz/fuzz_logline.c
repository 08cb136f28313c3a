/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any line to the log reader: what it yields are pieces of the line, a line with its CR reads as
 * without, and members of its JSON are within it and in order. A template and the answers to Status 0
 * are the same lines again.
 */
#include "fuzz.h"

#include "tasmite/core/tasmota/logline.h"
#include "tasmite/core/tasmota/setup.h"
#include "tasmite/core/tasmota/status.h"

static struct loglines *reader;

static void within(struct logtext t, const uint8_t *line, size_t n)
{
	const uint8_t *p = (const uint8_t *)t.p;

	require(!t.n || (p >= line && p + t.n <= line + n));
}

static bool same(struct logtext a, struct logtext b, const uint8_t *x, const uint8_t *y)
{
	return a.n == b.n && (!a.n || (const uint8_t *)a.p - x == (const uint8_t *)b.p - y);
}

static void check(const uint8_t *line, size_t n, struct logline *l)
{
	logline_read(reader, line, n, l);
	require(l->kind < LOGLINE_KINDS && logline_name(l->kind)[0] && l->seconds >= -1);
	within(l->text, line, n);
	within(l->text2, line, n);
	within(l->version, line, n);
	within(l->variant, line, n);
	within(l->core, line, n);
	within(l->topic, line, n);
	(void)logline_meaning(l->kind);
}

static void with_cr(const uint8_t *line, size_t n, const struct logline *was)
{
	uint8_t *copy = malloc(n + 1);
	struct logline l;

	require(copy != NULL);
	memcpy(copy, line, n);
	copy[n] = '\r';
	check(copy, n + 1, &l);
	if (n < LOGLINE_MAX && (!n || line[n - 1] != '\r')) {
		require(l.kind == was->kind && l.num == was->num && l.num2 == was->num2);
		require(same(l.text, was->text, copy, line));
		require(same(l.version, was->version, copy, line));
	}
	free(copy);
}

static void members(const uint8_t *line, size_t n)
{
	struct logtext json = {(const char *)line, n}, key, value;
	size_t at = 0, before = 0, count = 0;

	while (logline_member(json, &at, &key, &value)) {
		require(at > before && at <= n && ++count <= n);
		within(key, line, n);
		within(value, line, n);
		(void)logtext_number(value, 0);
		(void)logtext_is_address(value);
		before = at;
	}
}

static void plain(const char *s)
{
	for (; *s; s++)
		require((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void answers(
    const uint8_t *line, size_t n, const struct logline *l, struct status *st, struct setup *setup)
{
	char *text = malloc(n + 1), why[100] = "";

	require(text != NULL);
	memcpy(text, line, n);
	text[n] = '\0';
	(void)status_event(st, l, 1000);
	(void)setup_status(setup, text, n);
	if (!setup_template_ok(text, why, sizeof(why)))
		require(why[0]);
	free(text);
}

static void told(const struct status *st, struct setup *setup)
{
	struct backlog b;
	char why[200];

	plain(st->version);
	plain(st->hardware);
	plain(st->ssid);
	plain(st->hostname);
	plain(st->address);
	plain(st->mqtt_host);
	plain(st->restart);
	setup_start(setup);
	backlog_init(&b);
	/* Nothing was changed: nothing is to be sent. */
	require(setup_backlog(setup, false, &b) == 0);
	backlog_fini(&b);
	backlog_init(&b);
	require(setup_backlog(setup, true, &b) == b.count);
	backlog_plan(&b, setup->fw, true);
	backlog_fini(&b);
	for (int f = 0; f < SETUP_FIELDS; f++) {
		require(!setup_secret((enum setup_field)f) || !setup->now[f][0]);
		(void)setup_trap(setup, (enum setup_field)f, why, sizeof(why));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct status st;
	struct setup *setup = calloc(1, sizeof(*setup));
	struct logline l;

	require(setup != NULL);
	if (!reader)
		reader = loglines_new();
	status_init(&st);
	for (size_t at = 0; at < n;) {
		const uint8_t *lf = memchr(data + at, '\n', n - at);
		size_t len = lf ? (size_t)(lf - data) - at : n - at;

		check(data + at, len, &l);
		with_cr(data + at, len, &l);
		members(data + at, len);
		answers(data + at, len, &l, &st, setup);
		at += len + 1;
	}
	told(&st, setup);
	free(setup);
	return 0;
}
