/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings in a folder of their own: the three kinds, what is appended to, rotation, secrets. */
#define _GNU_SOURCE /* mkdtemp, memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/app/recorder.h"
#include "tasmite/core/rawlog.h"
#include "tasmite/core/tasmota/secrets.h"
#include "tasmite/io/files.h"

struct fixture {
	char dir[64];
	char path[128];
	struct recorder_options o;
	struct err err;
	char told[8192];
};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	strcpy(f.dir, "/tmp/tasmite-recorder.XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.path, sizeof(f.path), "%s/a", f.dir);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char name[160];

	unlink(f->path);
	for (int i = 1; i < 6; i++) {
		snprintf(name, sizeof(name), "%s.%d", f->path, i);
		unlink(name);
	}
	snprintf(name, sizeof(name), "%s/link", f->dir);
	unlink(name);
	return rmdir(f->dir);
}

static struct recorder *start(struct fixture *f, enum recorder_kind kind)
{
	struct recorder *r;

	f->o.kind = kind;
	r = recorder_open(f->path, &f->o, 0, &f->err);
	if (!r)
		fail_msg("%s", f->err.text);
	return r;
}

static void rx(struct recorder *r, const char *text, mono_t now)
{
	recorder_rx(r, (const uint8_t *)text, strlen(text), now);
}

static void stop(struct recorder *r)
{
	struct err err = {0};

	assert_int_equal(recorder_close(r, &err), ERR_OK);
}

static const char *content(struct fixture *f, const char *suffix, size_t *n)
{
	char name[160];
	uint8_t *data;
	size_t size;

	snprintf(name, sizeof(name), "%s%s", f->path, suffix);
	if (files_read(name, sizeof(f->told) - 1, &data, &size, &f->err) != ERR_OK)
		return NULL;
	memcpy(f->told, data, size + 1);
	free(data);
	if (n)
		*n = size;
	return f->told;
}

/* The records as "K:bytes;", times left out. */
static const char *records(struct fixture *f)
{
	static char out[8192];
	struct rawlog_reader reader;
	struct rawlog_record rec;
	size_t n = 0, at = 0, used, k = 0;
	const uint8_t *bytes = (const uint8_t *)content(f, "", &n);

	rawlog_reader_init(&reader);
	out[0] = '\0';
	while (rawlog_next(&reader, bytes + at, n - at, &used, &rec, NULL) > 0) {
		at += used;
		k += (size_t)snprintf(out + k, sizeof(out) - k, "%c:%.*s;", rec.kind, (int)rec.n,
		    (const char *)rec.bytes);
	}
	assert_int_equal(at, n);
	return out;
}

static void recorder__keeps__the_bytes_alone(void **state)
{
	struct fixture *f = *state;
	struct recorder *r = start(f, RECORDER_BYTES);

	rx(r, "a\x1b[3", 0);
	recorder_tx(r, "Power", 5, "\n", 0);
	recorder_note(r, 'B', "74880 8N1", 0);
	recorder_break(r);
	rx(r, "1mb\r\n", 0);
	stop(r);
	assert_string_equal(content(f, "", NULL), "a\x1b[31mb\r\n");
}

static void recorder__writes_text__stamped_with_what_was_sent(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	f->o.stamp = TEXTLOG_CLOCK;
	f->o.sent = true;
	r = start(f, RECORDER_TEXT);
	rx(r, "one\r", MONO_S(1));
	recorder_tx(r, "Power", 5, "\n", MONO_S(2));
	rx(r, "\ntwo", MONO_S(3));
	(void)recorder_tick(r, MONO_S(4)); /* a prompt is told too */
	assert_non_null(strstr(content(f, "", NULL), "two"));
	recorder_break(r);
	rx(r, "three", MONO_S(5));
	stop(r);
	assert_string_equal(content(f, "", NULL),
	    "00:00:01.000 one\n00:00:02.000 > Power\n00:00:03.000 two\n00:00:05.000 three\n");
	f->o.sent = false;
	f->o.stamp = TEXTLOG_OFF;
	r = start(f, RECORDER_TEXT);
	recorder_tx(r, "Power", 5, "\n", 0);
	rx(r, "four\n", 0);
	stop(r);
	assert_non_null(strstr(content(f, "", NULL), "three\nfour\n"));
}

static void recorder__writes_raw__with_all_there_is(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	f->o.wall_offset_us = 1234567;
	r = start(f, RECORDER_RAW);
	recorder_note(r, 'B', "115200 8N1", 0);
	recorder_note(r, 'B', "115200 8N1", 0); /* no news */
	recorder_tx(r, "Power", 5, "\r\n", 0);
	rx(r, "on\r\n", 0);
	recorder_note(r, 'N', "own word", 0);
	recorder_note(r, 'G', "gone", 0);
	stop(r);
	assert_string_equal(
	    records(f), "W:1234567;B:115200 8N1;T:Power\r\n;R:on\r\n;N:own word;G:gone;");
	r = start(f, RECORDER_RAW); /* appended to */
	rx(r, "x", 0);
	stop(r);
	assert_non_null(strstr(records(f), "G:gone;W:1234567;R:x;"));
}

static void recorder_open__refuses__a_file_of_another_kind(void **state)
{
	struct fixture *f = *state;
	struct recorder *r = start(f, RECORDER_BYTES);
	size_t n, before;

	rx(r, "some text, longer than the head of a raw one\n", 0);
	stop(r);
	f->o.kind = RECORDER_RAW;
	assert_null(recorder_open(f->path, &f->o, 0, &f->err));
	assert_non_null(strstr(f->err.text, "no raw recording"));
	unlink(f->path);
	r = start(f, RECORDER_RAW);
	rx(r, "bytes", 0);
	stop(r);
	(void)content(f, "", &before);
	f->o.kind = RECORDER_TEXT;
	assert_null(recorder_open(f->path, &f->o, 0, &f->err));
	assert_non_null(strstr(f->err.text, "is a raw recording"));
	/* A cut end would swallow what comes behind it. */
	f->o.kind = RECORDER_RAW;
	assert_int_equal(truncate(f->path, (off_t)before - 2), 0);
	assert_null(recorder_open(f->path, &f->o, 0, &f->err));
	assert_non_null(strstr(f->err.text, "is not whole"));
	(void)content(f, "", &n);
	assert_int_equal(n, before - 2); /* nothing was changed */
}

/* A raw recording of that many records. */
static void long_recording(struct fixture *f, int records)
{
	struct recorder *r = start(f, RECORDER_RAW);
	char text[1000];

	memset(text, 'x', sizeof(text));
	for (int i = 0; i < records; i++)
		recorder_rx(r, (const uint8_t *)text, sizeof(text), i * 1000);
	stop(r);
}

/* Offsets of the records of the file's end: only their kinds and bytes. */
static void last_records(struct fixture *f, char *dst, size_t size)
{
	struct rawlog_reader reader;
	struct rawlog_record rec;
	uint8_t *data;
	size_t n, at = 0, used;

	assert_int_equal(files_read(f->path, 1 << 24, &data, &n, &f->err), ERR_OK);
	rawlog_reader_init(&reader);
	dst[0] = '\0';
	while (rawlog_next(&reader, data + at, n - at, &used, &rec, NULL) > 0) {
		size_t k = strlen(dst);

		at += used;
		if (rec.n < 100 && k < size)
			snprintf(dst + k, size - k, "%c:%.*s;", rec.kind, (int)rec.n,
			    (const char *)rec.bytes);
	}
	assert_int_equal(at, n);
	free(data);
}

static void recorder_step__looks_over__a_long_recording(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;
	struct err err = {0};
	char seen[256];
	int steps = 0, rc;

	long_recording(f, 3000); /* 3 MB */
	r = start(f, RECORDER_RAW);
	rx(r, "while it is looked over", 5000);
	recorder_tx(r, "sent", 4, "\n", 6000);
	while ((rc = recorder_step(r, 65536, &err)) > 0)
		steps++;
	assert_int_equal(rc, ERR_OK);
	assert_true(steps > 20);
	rx(r, "afterwards", 7000);
	assert_int_equal(recorder_step(r, 65536, &err), ERR_OK);
	stop(r);
	last_records(f, seen, sizeof(seen));
	assert_string_equal(seen, "W:0;W:0;R:while it is looked over;T:sent\n;R:afterwards;");
	/* closed before it was looked over: nothing is lost either */
	r = start(f, RECORDER_RAW);
	rx(r, "short", 8000);
	stop(r);
	last_records(f, seen, sizeof(seen));
	assert_non_null(strstr(seen, "R:afterwards;W:0;R:short;"));
}

static void recorder_step__refuses__an_end_that_is_cut(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;
	struct err err = {0};
	struct stat st;
	off_t size;
	int rc;

	long_recording(f, 200);
	assert_int_equal(stat(f->path, &st), 0);
	size = st.st_size - 5;
	assert_int_equal(truncate(f->path, size), 0);
	r = start(f, RECORDER_RAW);
	rx(r, "lost", 1000);
	while ((rc = recorder_step(r, 65536, &err)) > 0)
		;
	assert_int_equal(rc, ERR_FORMAT);
	assert_non_null(strstr(err.text, "is not whole: record to another file"));
	rx(r, "lost too", 1000);
	assert_int_equal(recorder_close(r, &err), ERR_FORMAT);
	/* the same when it is closed before */
	r = start(f, RECORDER_RAW);
	rx(r, "lost", 1000);
	assert_int_equal(recorder_close(r, &err), ERR_FORMAT);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_size, size);
	assert_int_equal(truncate(f->path, 0), 0);
}

/* More than may wait: the look is finished first. */
static void recorder_step__loses_nothing__of_a_flood(void **state)
{
	struct fixture *f = *state;
	char text[60000];
	struct recorder *r;
	struct stat st;

	long_recording(f, 300);
	memset(text, 'y', sizeof(text));
	r = start(f, RECORDER_RAW);
	for (int i = 0; i < 100; i++)
		recorder_rx(r, (const uint8_t *)text, sizeof(text), i);
	stop(r);
	assert_int_equal(stat(f->path, &st), 0);
	assert_true(st.st_size > 300 * 1000 + 100 * 60000);
}

static void recorder_open__refuses__a_file_in_use(void **state)
{
	struct fixture *f = *state;
	struct recorder *r = start(f, RECORDER_RAW);

	assert_null(recorder_open(f->path, &f->o, 0, &f->err));
	assert_int_equal(f->err.code, ERR_BUSY);
	stop(r);
}

static void recorder_open__follows_no_link__for_a_name_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;
	char link[160];

	snprintf(link, sizeof(link), "%s/link", f->dir);
	assert_int_equal(symlink(f->path, link), 0);
	f->o.own_name = true;
	assert_null(recorder_open(link, &f->o, 0, &f->err));
	assert_int_equal(access(f->path, F_OK), -1);
	f->o.own_name = false;
	r = recorder_open(link, &f->o, 0, &f->err);
	assert_non_null(r);
	rx(r, "x", 0);
	stop(r);
	assert_string_equal(content(f, "", NULL), "x");
}

static void recorder__rotates__at_a_lines_end(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	f->o.rotate = 10;
	f->o.keep = 2;
	r = start(f, RECORDER_BYTES);
	rx(r, "0123456789 more", 0);
	rx(r, " and its end\nsecond", 0);
	rx(r, " file\n", 0);
	rx(r, "third\nfourth, ", 0);
	rx(r, "longer\nfifth", 0);
	stop(r);
	assert_string_equal(content(f, "", NULL), "fifth");
	assert_string_equal(content(f, ".1", NULL), "third\nfourth, longer\n");
	assert_string_equal(content(f, ".2", NULL), "second file\n");
	assert_null(content(f, ".3", NULL)); /* the first file: two are kept */
}

static void recorder__rotates_raw__into_files_of_their_own(void **state)
{
	struct fixture *f = *state;
	struct recorder *r;

	f->o.rotate = 60;
	f->o.keep = 3;
	r = start(f, RECORDER_RAW);
	recorder_note(r, 'B', "9600 8E1", 0);
	rx(r, "a line that fills the first file\n", 0);
	rx(r, "second\n", MONO_S(1));
	stop(r);
	assert_string_equal(records(f), "W:1000000;B:9600 8E1;R:second\n;");
}

static void recorder__goes_on__where_it_cannot_rotate(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	char name[160];
	struct recorder *r;

	f->o.rotate = 4;
	f->o.keep = 1;
	snprintf(name, sizeof(name), "%s.1", f->path);
	r = start(f, RECORDER_BYTES);
	rx(r, "12345", 0);
	(void)recorder_tick(r, MONO_S(1));
	assert_int_equal(mkdir(name, 0700), 0); /* a folder is in the way */
	rx(r, "\nnext\n", 0);
	assert_true(recorder_trouble(r, &err) < 0);
	assert_non_null(strstr(err.text, "rename"));
	assert_int_equal(recorder_trouble(r, &err), ERR_OK);
	stop(r);
	assert_string_equal(content(f, "", NULL), "12345\nnext\n");
	rmdir(name);
}

/* Longer than the queue: what is lost is lost in whole records. */
static void recorder__stays_readable__when_the_disk_was_full(void **state)
{
	struct fixture *f = *state;
	size_t n = 60000, at = 0, used, got = 0, marks = 0, size;
	mono_t time = 0;
	char *line = malloc(n);
	struct rawlog_reader reader;
	struct rawlog_record rec;
	struct rlimit before, full;
	struct recorder *r;
	uint8_t *data;

	signal(SIGXFSZ, SIG_IGN);
	memset(line, 'x', n);
	r = start(f, RECORDER_RAW);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	full = before;
	full.rlim_cur = 100001;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	for (int i = 0; i < 100; i++) /* 6 MB; the queue has 4 */
		recorder_rx(r, (const uint8_t *)line, n, MONO_MS(i));
	assert_true(capture_lost(recorder_capture(r)) > 0);
	assert_true(capture_error(recorder_capture(r))->code < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)recorder_tick(r, MONO_S(5));
	assert_int_equal(capture_error(recorder_capture(r))->code, 0);
	rx(r, "it goes on", MONO_S(6));
	stop(r);
	assert_int_equal(files_read(f->path, 8u << 20, &data, &size, &f->err), ERR_OK);
	rawlog_reader_init(&reader);
	while (rawlog_next(&reader, data + at, size - at, &used, &rec, NULL) > 0) {
		at += used;
		got += rec.kind == 'R';
		marks += rec.kind == 'N' && memmem(rec.bytes, rec.n, "missing", 7);
		time += rec.delta_us;
	}
	assert_int_equal(at, size);
	assert_int_equal(marks, 1);
	assert_int_equal(time, MONO_S(6)); /* lost records leave their time to the next */
	assert_true(got > 60 && got < 100);
	assert_int_equal(rec.n, 10);
	assert_memory_equal(rec.bytes, "it goes on", 10);
	free(data);
	free(line);
}

/* Between what was kept and what came after stands how much is missing, in a line of its own. */
static void recorder__marks__what_the_disk_did_not_take(void **state)
{
	static const enum recorder_kind kinds[] = {RECORDER_BYTES, RECORDER_TEXT};
	struct fixture *f = *state;
	struct rlimit before, full;
	size_t n = 70000, size;
	char *line = malloc(n);
	char *mark;
	uint8_t *data;

	assert_non_null(line);
	signal(SIGXFSZ, SIG_IGN);
	memset(line, 'x', n);
	line[n - 2] = '\n';
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	full = before;
	full.rlim_cur = 1000;
	for (size_t k = 0; k < 2; k++) {
		struct recorder *r = start(f, kinds[k]);

		assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
		for (int i = 0; i < 70; i++)
			recorder_rx(r, (const uint8_t *)line, n, MONO_MS(i));
		assert_true(capture_lost(recorder_capture(r)) > 0);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		if (k == 0)
			(void)recorder_tick(r, MONO_S(5)); /* at once, not with the next bytes */
		rx(r, "it goes on\n", MONO_S(6));
		stop(r);
		assert_int_equal(files_read(f->path, 8u << 20, &data, &size, &f->err), ERR_OK);
		mark = strstr((char *)data, "are missing in this recording");
		assert_non_null(mark);
		assert_null(strstr(mark + 1, "are missing"));
		while (*mark != '[')
			mark--;
		assert_int_equal(mark[-1], '\n');
		assert_int_equal(data[size - 1], '\n');
		assert_non_null(strstr(mark, "]\n"));
		assert_non_null(strstr(mark, "it goes on\n"));
		free(data);
		unlink(f->path);
	}
	free(line);
}

/* What the funnel gives for a line that was sent and its echo, cut at every byte, goes into all three
 * kinds: the secret is in none, and not a byte is missing. */
static void recorder__holds_no_secret__however_it_is_cut(void **state)
{
	static const char sent[] = "Backlog SSID1 home; Password1 hunter22x";
	static const char heard[] = "00:00:01 CMD: Backlog SSID1 home; Password1 hunter22x\r\n"
				    "RSL: {\"Password1\":\"hunter22x\"}\r\n";
	struct fixture *f = *state;

	f->o.sent = true;
	for (int kind = RECORDER_BYTES; kind <= RECORDER_RAW; kind++)
		for (size_t cut = 0; cut < sizeof(heard); cut++) {
			struct secrets *s = secrets_new();
			struct recorder *r = start(f, (enum recorder_kind)kind);
			struct buf out;
			size_t n;

			buf_init(&out, 8192);
			secrets_tx_line(s, sent, strlen(sent), &out);
			recorder_tx(
			    r, (const char *)buf_bytes(&out), buf_len(&out), "\n", MONO_S(1));
			for (int half = 0; half < 2; half++) {
				buf_clear(&out);
				secrets_rx(s, (const uint8_t *)heard + (half ? cut : 0),
				    half ? strlen(heard) - cut : cut, MONO_S(2), &out);
				recorder_rx(r, buf_bytes(&out), buf_len(&out), MONO_S(2));
			}
			buf_clear(&out);
			secrets_flush(s, &out);
			recorder_rx(r, buf_bytes(&out), buf_len(&out), MONO_S(2));
			stop(r);
			assert_non_null(content(f, "", &n));
			for (size_t i = 0; i + 6 <= n; i++)
				assert_memory_not_equal(f->told + i, "hunter", 6);
			if (kind == RECORDER_BYTES)
				assert_int_equal(n, strlen(heard));
			unlink(f->path);
			buf_fini(&out);
			secrets_free(s);
		}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(recorder__keeps__the_bytes_alone),
	    T(recorder__writes_text__stamped_with_what_was_sent),
	    T(recorder__writes_raw__with_all_there_is),
	    T(recorder_open__refuses__a_file_of_another_kind),
	    T(recorder_step__looks_over__a_long_recording),
	    T(recorder_step__refuses__an_end_that_is_cut),
	    T(recorder_step__loses_nothing__of_a_flood),
	    T(recorder_open__refuses__a_file_in_use),
	    T(recorder_open__follows_no_link__for_a_name_of_its_own),
	    T(recorder__rotates__at_a_lines_end),
	    T(recorder__rotates_raw__into_files_of_their_own),
	    T(recorder__goes_on__where_it_cannot_rotate),
	    T(recorder__stays_readable__when_the_disk_was_full),
	    T(recorder__marks__what_the_disk_did_not_take),
	    T(recorder__holds_no_secret__however_it_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
