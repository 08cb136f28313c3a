/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The masking funnel against the catalogue: each secret command, in each place where a device repeats
 * it, known before or not, cut at every byte: by a read, by a pause in the middle, by a line that
 * ends there, by a beginning that is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/catalog.h"
#include "tasmite/core/tasmota/secrets.h"

/* No three of its letters stand anywhere else in these tests. */
#define SECRET "Zq7Wk9Xv2Jy"

/* ---- what a command looks like -------------------------------------------------------------------- */

struct sample {
	char name[48]; /* with its number */
	char upper[48];
	char value[96]; /* with the secret in it */
	bool answers;	/* its JSON answer holds the value */
};

static void make(const struct catalog_row *row, struct sample *s)
{
	memset(s, 0, sizeof(*s));
	if (row->index_max < 0)
		str_copy(s->name, sizeof(s->name), row->name);
	else
		str_fmt(s->name, sizeof(s->name), "%s%d", row->name, row->index_max);
	for (size_t i = 0; row->name[i]; i++) /* the device tells the number apart */
		s->upper[i] = row->name[i] >= 'a' && row->name[i] <= 'z' ? (char)(row->name[i] - 32)
									 : row->name[i];
	s->answers = true;
	if (strchr(row->args, '+')) {
		str_copy(s->value, sizeof(s->value), "home+" SECRET);
		s->answers = false;
	} else if (row->args[0] == '[') {
		str_copy(s->value, sizeof(s->value), "[10.0.0.1:80,admin:" SECRET "] Power");
		s->answers = false;
	} else if (row->args[0] == '{') {
		str_copy(s->value, sizeof(s->value), "{\"KeyL\":\"" SECRET "\"}");
	} else if (str_starts(row->args, "<mac>=")) {
		str_copy(s->value, sizeof(s->value), "AABBCCDDEEFF=" SECRET);
	} else {
		str_copy(s->value, sizeof(s->value), SECRET);
	}
}

/* ---- the places ------------------------------------------------------------------------------------ */

enum { PLACES = 14 };

/* false: there is no such place for this command. */
static bool place(const struct sample *s, int i, char *dst, size_t size)
{
	switch (i) {
	case 0:
		return str_fmt(dst, size, "00:00:09 CMD: %s %s\r\n", s->name, s->value);
	case 1:
		return str_fmt(dst, size,
		    "12:00:09.123-024 CMD: Backlog SSID1 home;%s %s;Module 1\r\n", s->name,
		    s->value);
	case 2:
		return str_fmt(
		    dst, size, "RSL: Group 0, Index 1, Command %s, Data %s\n", s->upper, s->value);
	case 3:
		return str_fmt(dst, size, "CMD: Group 0, Index 1, Command \"%s\", Data \"%s\"\n",
		    s->upper, s->value);
	case 4:
		return str_fmt(dst, size,
		    "CMD: Grp 0, Cmd '%s', Idx 1, Len 11, Pld -99, Data '%s'\r\n", s->upper,
		    s->value);
	case 5:
		str_fmt(
		    dst, size, "RSL: stat/sonoff/RESULT = {\"%s\":\"%s\"}\n", s->name, s->value);
		return s->answers && !strchr(s->value, '{');
	case 6:
		str_fmt(
		    dst, size, "RSL: RESULT = {\r\n  \"%s\": \"%s\"\r\n}\r\n", s->name, s->value);
		return s->answers && !strchr(s->value, '{');
	case 7:
		return str_fmt(dst, size,
		    "RSL: RESULT = {\"Command\":\"Error\",\"Input\":\"%s %s\"}\r\n", s->upper,
		    s->value);
	case 8:
		return str_fmt(dst, size, "CMD: cmnd/sonoff/%s %s\r\n", s->name, s->value);
	case 9:
		return str_fmt(dst, size, "CMD: _%s   %s\r\n", s->name, s->value);
	case 10:
		return str_fmt(dst, size, "\xff\x80\x02 CMD: %s %s\r\n", s->name, s->value);
	case 11:
		return str_fmt(dst, size, "CMD: backlog2 %s %s \r\n", s->upper, s->value);
	case 12:
		return str_fmt(
		    dst, size, "00:00:01 CMD: OtaUrl http://me:%s@10.0.0.1:80/x.bin\r\n", SECRET);
	default:
		return str_fmt(dst, size, "UPL: http://me:%s@10.0.0.1:80/x.bin\r\n", SECRET);
	}
}

/* ---- what came out --------------------------------------------------------------------------------- */

static bool holds(const char *text, size_t n, const char *part, size_t len)
{
	for (size_t i = 0; i + len <= n; i++)
		if (!memcmp(text + i, part, len))
			return true;
	return false;
}

/* Not even three letters of it. */
static void assert_masked(struct buf *out, const char *what)
{
	const char *text = buf_len(out) ? (const char *)buf_bytes(out) : "";

	for (size_t i = 0; i + 3 <= strlen(SECRET); i++)
		if (holds(text, buf_len(out), &SECRET[i], 3))
			fail_msg("'%.*s' of '%s'", (int)buf_len(out), text, what);
}

static void feed(struct secrets *s, const char *bytes, size_t n, struct buf *out)
{
	secrets_rx(s, (const uint8_t *)bytes, n, 0, out);
}

static struct secrets *fresh(const struct sample *sample, bool known)
{
	struct secrets *s = secrets_new();
	struct buf out;
	char line[256];

	if (known) {
		buf_init(&out, 1000);
		/* Both, since the URL's is a secret of its own. */
		str_fmt(line, sizeof(line), "Backlog %s %s;OtaUrl http://me:" SECRET "@h/",
		    sample->name, sample->value);
		secrets_tx_line(s, line, strlen(line), &out);
		assert_masked(&out, line);
		buf_fini(&out);
	}
	return s;
}

static void each(void (*fn)(const struct sample *s, bool known, const char *text))
{
	size_t rows = 0;

	for (size_t i = 0; i < catalog_count(); i++) {
		struct sample s;
		char text[300];

		if (!catalog_at(i)->secret)
			continue;
		rows++;
		make(catalog_at(i), &s);
		for (int k = 0; k < PLACES; k++)
			for (int known = 0; place(&s, k, text, sizeof(text)) && known < 2; known++)
				fn(&s, known, text);
	}
	assert_int_equal(rows, 16);
}

/* ---- cuts -------------------------------------------------------------------------------------------- */

static void split_by_reads(const struct sample *sample, bool known, const char *text)
{
	size_t n = strlen(text);
	struct buf out;

	buf_init(&out, 4096);
	for (size_t cut = 0; cut <= n; cut++) {
		for (int pause = 0; pause < 2; pause++) {
			struct secrets *s = fresh(sample, known);

			buf_clear(&out);
			feed(s, text, cut, &out);
			if (pause) /* half of it is shown */
				secrets_tick(s, MONO_S(1), &out);
			assert_masked(&out, text);
			feed(s, text + cut, n - cut, &out);
			secrets_flush(s, &out);
			assert_masked(&out, text);
			assert_int_equal(buf_len(&out), n);
			secrets_free(s);
		}
	}
	buf_fini(&out);
}

static void secrets_rx__masks__each_secret_command_split_anywhere(void **state)
{
	(void)state;
	each(split_by_reads);
}

/* The device was reset there, or the terminal wraps there and the rest comes in the next line. */
static void broken_off(const struct sample *sample, bool known, const char *text)
{
	static const char boot[] = "\r\n\xfe\x8f\r\n00:00:00 Project sonoff\r\n";
	static const char other[] = "00:00:01 CFG: Saved to flash\r\n";
	size_t n = strlen(text);
	struct buf out;

	buf_init(&out, 4096);
	for (size_t cut = 0; cut <= n; cut++) {
		struct secrets *s = fresh(sample, known);

		buf_clear(&out);
		feed(s, text, cut, &out);
		feed(s, boot, sizeof(boot) - 1, &out);
		secrets_flush(s, &out);
		assert_masked(&out, text);
		assert_true(
		    holds((const char *)buf_bytes(&out), buf_len(&out), "Project sonoff", 14));
		secrets_free(s);
		/* Another line comes in its middle. */
		s = fresh(sample, known);
		buf_clear(&out);
		feed(s, text, cut, &out);
		feed(s, other, sizeof(other) - 1, &out);
		secrets_flush(s, &out);
		assert_masked(&out, text);
		secrets_free(s);
	}
	buf_fini(&out);
}

static void secrets_rx__masks__what_breaks_off(void **state)
{
	(void)state;
	each(broken_off);
}

/* Four letters of it are the least that is known again without what stands before. */
static void assert_no_four(struct buf *out, const char *what)
{
	for (size_t i = 0; i + 4 <= strlen(SECRET); i++)
		if (holds((const char *)buf_bytes(out), buf_len(out), &SECRET[i], 4))
			fail_msg("'%.*s' of '%s'", (int)buf_len(out), (const char *)buf_bytes(out),
			    what);
}

/* The port was opened there, or bytes were lost, or the device's buffer had room for the rest alone
 * (and took that for a command): known secrets only, since nothing else tells what it is. */
static void begun_late(const struct sample *sample, bool known, const char *text)
{
	static const char *const before[] = {"", "\r\n", "00:00:09 CMD: "};
	size_t n = strlen(text);
	struct buf out;

	buf_init(&out, 4096);
	for (size_t cut = 0; known && cut <= n; cut++) {
		for (int b = 0; b < 3; b++) {
			struct secrets *s = fresh(sample, known);

			secrets_flush(s, &out);
			buf_clear(&out);
			feed(s, before[b], strlen(before[b]), &out);
			for (size_t i = cut; i < n; i++)
				feed(s, text + i, 1, &out);
			secrets_flush(s, &out);
			assert_int_equal(buf_len(&out), strlen(before[b]) + n - cut);
			assert_no_four(&out, text);
			secrets_free(s);
		}
	}
	buf_fini(&out);
}

static void secrets_rx__masks__the_rest_of_what_was_sent(void **state)
{
	(void)state;
	each(begun_late);
}

/* Byte by byte, with a pause after each: as slow as can be. */
static void slowly(const struct sample *sample, bool known, const char *text)
{
	struct secrets *s = fresh(sample, known);
	struct buf out;

	buf_init(&out, 4096);
	for (size_t i = 0; text[i]; i++) {
		feed(s, text + i, 1, &out);
		secrets_tick(s, MONO_S(1), &out);
	}
	assert_masked(&out, text);
	buf_fini(&out);
	secrets_free(s);
}

static void secrets_rx__masks__what_comes_byte_by_byte(void **state)
{
	(void)state;
	each(slowly);
}

/* ---- lines that are sent ------------------------------------------------------------------------------ */

/* Each beginning of the line, as it is typed; the rest of the line stays to be read. */
static void secrets_spans__marks__each_secret_command_while_it_is_typed(void **state)
{
	struct secrets *s = secrets_new();

	(void)state;
	for (size_t i = 0; i < catalog_count(); i++) {
		static const char *const heads[] = {"", "Backlog SSID1 home; ", "backlog0 "};
		struct sample sample;
		uint8_t mask[300];
		char line[300];

		if (!catalog_at(i)->secret)
			continue;
		make(catalog_at(i), &sample);
		for (int h = 0; h < 3; h++) {
			size_t at, n;

			str_fmt(line, sizeof(line), "%s%s %s", heads[h], sample.name, sample.value);
			at = (size_t)(strstr(line, SECRET) - line);
			for (n = at + 1; n <= at + strlen(SECRET); n++) {
				secrets_spans(s, line, n, mask);
				for (size_t k = at; k < n; k++)
					if (!mask[k])
						fail_msg("%.*s: %zu is shown", (int)n, line, k);
				assert_int_equal(mask[0], 0);
			}
		}
	}
	secrets_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(secrets_rx__masks__each_secret_command_split_anywhere),
	    cmocka_unit_test(secrets_rx__masks__what_breaks_off),
	    cmocka_unit_test(secrets_rx__masks__the_rest_of_what_was_sent),
	    cmocka_unit_test(secrets_rx__masks__what_comes_byte_by_byte),
	    cmocka_unit_test(secrets_spans__marks__each_secret_command_while_it_is_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
