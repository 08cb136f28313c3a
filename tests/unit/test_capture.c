/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Captures, in a folder of their own; the full disk is a limit on the file's size. */
#define _DEFAULT_SOURCE /* mkdtemp */
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

#include "tasmite/io/capture.h"
#include "tasmite/io/files.h"

struct fixture {
	char dir[64];
	char path[128];
	struct err err;
};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	strcpy(f.dir, "/tmp/tasmite-capture.XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.path, sizeof(f.path), "%s/a.log", f.dir);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	return rmdir(f->dir);
}

static size_t size_of(const struct fixture *f)
{
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	return (size_t)st.st_size;
}

static void limit_files_to(rlim_t bytes)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static struct capture *open_capture(struct fixture *f)
{
	struct capture *c = capture_open(f->path, &f->err);

	assert_non_null(c);
	return c;
}

static void open__creates__a_private_file_and_its_folder(void **state)
{
	struct fixture *f = *state;
	char path[160], sub[128];
	struct stat st;
	struct capture *c;

	snprintf(sub, sizeof(sub), "%s/logs", f->dir);
	snprintf(path, sizeof(path), "%s/x.log", sub);
	c = capture_open(path, &f->err);
	assert_non_null(c);
	assert_string_equal(capture_path(c), path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(sub, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(capture_close(c, &f->err), ERR_OK);
	unlink(path);
	rmdir(sub);
}

static void open__appends__to_what_is_there(void **state)
{
	struct fixture *f = *state;
	struct capture *c;
	uint8_t *data;
	size_t size;

	assert_int_equal(files_append(f->path, "old ", 4, 0600, &f->err), ERR_OK);
	c = open_capture(f);
	assert_int_equal(capture_write(c, "n\0w", 3, 0, &f->err), ERR_OK);
	assert_int_equal(capture_bytes(c), 3);
	assert_int_equal(capture_close(c, &f->err), ERR_OK);
	assert_int_equal(files_read(f->path, 100, &data, &size, &f->err), ERR_OK);
	assert_int_equal(size, 7);
	assert_memory_equal(data, "old n\0w", 7);
	free(data);
}

static void open__refuses__what_is_no_regular_file(void **state)
{
	struct fixture *f = *state;

	assert_null(capture_open("/dev/null", &f->err));
	assert_int_equal(f->err.code, ERR_INVAL);
	assert_null(capture_open(f->dir, &f->err));
	assert_int_equal(f->err.code, ERR_INVAL);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	f->err.code = 0;
	assert_null(capture_open(f->path, &f->err));
	assert_int_equal(f->err.code, ERR_INVAL);
}

static void tick__writes__after_a_second_not_before(void **state)
{
	struct fixture *f = *state;
	struct capture *c = open_capture(f);

	assert_true(capture_tick(c, MONO_S(1), &f->err) == MONO_NEVER);
	assert_int_equal(capture_write(c, "abc", 3, MONO_S(5), &f->err), ERR_OK);
	assert_int_equal(capture_write(c, "def", 3, MONO_S(5) + 500, &f->err), ERR_OK);
	assert_true(capture_tick(c, MONO_S(6) - 1, &f->err) == MONO_S(6));
	assert_int_equal(size_of(f), 0);
	assert_true(capture_tick(c, MONO_S(6), &f->err) == MONO_NEVER);
	assert_int_equal(size_of(f), 6);
	assert_int_equal(capture_close(c, &f->err), ERR_OK);
}

static void write__goes_out__when_64_kib_have_gathered(void **state)
{
	struct fixture *f = *state;
	struct capture *c = open_capture(f);
	static uint8_t block[65535];

	assert_int_equal(capture_write(c, block, sizeof(block), 0, &f->err), ERR_OK);
	assert_int_equal(size_of(f), 0);
	assert_int_equal(capture_write(c, block, 1, 0, &f->err), ERR_OK);
	assert_int_equal(size_of(f), 65536);
	assert_int_equal(capture_close(c, &f->err), ERR_OK);
}

static void write__takes__more_than_the_queue_holds(void **state)
{
	struct fixture *f = *state;
	struct capture *c = open_capture(f);
	size_t n = (9u << 20) + 17;
	uint8_t *big = calloc(1, n);

	assert_non_null(big);
	assert_int_equal(capture_write(c, big, n, 0, &f->err), ERR_OK);
	assert_int_equal(capture_lost(c), 0);
	assert_int_equal(capture_close(c, &f->err), ERR_OK);
	assert_int_equal(size_of(f), n);
	free(big);
}

static void full_disk__is_told__kept_and_tried_again(void **state)
{
	struct fixture *f = *state;
	struct capture *c = open_capture(f);
	static uint8_t block[100000];
	uint8_t *data;
	size_t size;

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)(i * 7 + i / 256);
	signal(SIGXFSZ, SIG_IGN);
	limit_files_to(1000);
	assert_true(capture_write(c, block, sizeof(block), 0, &f->err) < 0);
	assert_non_null(strstr(f->err.text, f->path));
	assert_true(capture_error(c)->code < 0);
	assert_int_equal(capture_lost(c), 0);
	/* Told with each write as long as it lasts; tried again after a second. */
	f->err.code = 0;
	assert_true(capture_write(c, "z", 1, 1, &f->err) < 0);
	assert_true(f->err.code < 0);
	assert_true(capture_tick(c, MONO_S(1), &f->err) == MONO_S(2));
	limit_files_to(RLIM_INFINITY);
	assert_true(capture_tick(c, MONO_S(2), &f->err) == MONO_NEVER);
	assert_int_equal(capture_error(c)->code, ERR_OK);
	assert_int_equal(capture_bytes(c), sizeof(block) + 1);
	assert_int_equal(capture_close(c, &f->err), ERR_OK);
	assert_int_equal(files_read(f->path, 1000000, &data, &size, &f->err), ERR_OK);
	assert_int_equal(size, sizeof(block) + 1);
	assert_memory_equal(data, block, sizeof(block));
	assert_int_equal(data[sizeof(block)], 'z');
	free(data);
}

static void full_disk__counts__what_the_queue_cannot_keep(void **state)
{
	struct fixture *f = *state;
	struct capture *c = open_capture(f);
	size_t n = 5u << 20;
	uint8_t *big = calloc(1, n);

	assert_non_null(big);
	signal(SIGXFSZ, SIG_IGN);
	limit_files_to(1000);
	assert_true(capture_write(c, big, n, 0, &f->err) < 0);
	assert_int_equal(capture_lost(c) + capture_bytes(c), n);
	assert_true(capture_lost(c) >= (1u << 20) - 65536 - 1000);
	assert_true(capture_close(c, &f->err) < 0);
	limit_files_to(RLIM_INFINITY);
	assert_int_equal(size_of(f), 1000);
	free(big);
}

/* One hole, not many: nothing is taken again before all that waited is in the file. */
static void full_disk__leaves__one_gap_that_is_told_once(void **state)
{
	struct fixture *f = *state;
	struct capture *c = open_capture(f);
	size_t n = 5u << 20, kept;
	uint8_t *big = calloc(1, n);

	assert_non_null(big);
	signal(SIGXFSZ, SIG_IGN);
	limit_files_to(1000);
	assert_true(capture_write(c, big, n, 0, &f->err) < 0);
	kept = capture_bytes(c);
	assert_int_equal(capture_gap(c, 1), 0);
	assert_true(capture_write(c, "lost", 4, 1, &f->err) < 0);
	/* Some room is none yet. */
	limit_files_to(1u << 20);
	assert_true(capture_write_whole(c, "lost too", 8, MONO_S(2), &f->err) < 0);
	assert_int_equal(capture_gap(c, MONO_S(2)), 0);
	limit_files_to(RLIM_INFINITY);
	assert_int_equal(capture_gap(c, MONO_S(2)), 0); /* it is not tried before its time */
	assert_int_equal(capture_gap(c, MONO_S(4)), n - kept + 12);
	assert_int_equal(capture_gap(c, MONO_S(4)), 0);
	assert_int_equal(capture_write(c, "kept", 4, MONO_S(4), &f->err), ERR_OK);
	assert_int_equal(capture_close(c, &f->err), ERR_OK);
	assert_int_equal(size_of(f), kept + 4);
	free(big);
}

static void close__tells__how_much_is_lost(void **state)
{
	struct fixture *f = *state;
	struct capture *c = open_capture(f);

	signal(SIGXFSZ, SIG_IGN);
	limit_files_to(1);
	assert_int_equal(capture_write(c, "0123456789", 10, 0, &f->err), ERR_OK);
	assert_true(capture_close(c, &f->err) < 0);
	limit_files_to(RLIM_INFINITY);
	assert_non_null(strstr(f->err.text, "the last 9 "));
	assert_non_null(strstr(f->err.text, f->path));
}

/* With nothing kept there is no moment without a file. */
static void rotate__empties__the_file_when_none_is_kept(void **state)
{
	struct fixture *f = *state;
	struct capture *c = open_capture(f);

	assert_int_equal(capture_write(c, "old", 3, 0, &f->err), ERR_OK);
	assert_int_equal(capture_rotate(c, 0, 0, &f->err), ERR_OK);
	assert_int_equal(size_of(f), 0);
	assert_int_equal(capture_file_size(c), 0);
	assert_int_equal(capture_write(c, "newer", 5, 0, &f->err), ERR_OK);
	assert_int_equal(capture_close(c, &f->err), ERR_OK);
	assert_int_equal(size_of(f), 5);
}

static void rescue__writes__what_is_queued(void **state)
{
	struct fixture *f = *state;
	struct capture *c = open_capture(f);

	capture_rescue(c);
	assert_int_equal(size_of(f), 0);
	assert_int_equal(capture_write(c, "last words", 10, 0, &f->err), ERR_OK);
	assert_int_equal(size_of(f), 0);
	capture_rescue(c);
	assert_int_equal(size_of(f), 10);
	assert_int_equal(capture_close(c, &f->err), ERR_OK);
}

static void close__takes__null(void **state)
{
	(void)state;
	assert_int_equal(capture_close(NULL, NULL), ERR_OK);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(open__creates__a_private_file_and_its_folder),
	    T(open__appends__to_what_is_there),
	    T(open__refuses__what_is_no_regular_file),
	    T(tick__writes__after_a_second_not_before),
	    T(write__goes_out__when_64_kib_have_gathered),
	    T(write__takes__more_than_the_queue_holds),
	    T(full_disk__is_told__kept_and_tried_again),
	    T(full_disk__counts__what_the_queue_cannot_keep),
	    T(full_disk__leaves__one_gap_that_is_told_once),
	    T(close__tells__how_much_is_lost),
	    T(rotate__empties__the_file_when_none_is_kept),
	    T(rescue__writes__what_is_queued),
	    cmocka_unit_test(close__takes__null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
