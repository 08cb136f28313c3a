/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The history file: kept, folded, shared by two sessions, never readable by others. */
#define _DEFAULT_SOURCE /* mkdtemp, flock */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/io/histfile.h"

struct session {
	struct histfile *file;
	char got[2048]; /* "line|line|" since it was forgotten last */
	int forgotten;
	int whole; /* lines that came of a whole file */
};

struct fixture {
	char folder[64], path[128];
	struct session a, b;
	struct err err;
};

static void on_anew(void *ctx)
{
	struct session *s = ctx;

	s->got[0] = '\0';
	s->forgotten++;
}

static void on_line(void *ctx, const char *line, bool whole)
{
	struct session *s = ctx;

	if (whole)
		s->whole++;

	str_cat(s->got, sizeof(s->got), line);
	str_cat(s->got, sizeof(s->got), "|");
}

static const struct histfile_ops ops = {.anew = on_anew, .line = on_line};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	strcpy(f.folder, "/tmp/tasmite-histfile.XXXXXX");
	assert_non_null(mkdtemp(f.folder));
	snprintf(f.path, sizeof(f.path), "%s/history", f.folder);
	f.a.file = histfile_new(f.path, 5, &ops, &f.a);
	f.b.file = histfile_new(f.path, 5, &ops, &f.b);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	histfile_free(f->a.file);
	histfile_free(f->b.file);
	unlink(f->path);
	return rmdir(f->folder);
}

static void content_is(struct fixture *f, const char *want)
{
	char text[2048] = "";
	FILE *file = fopen(f->path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	assert_string_equal(text, want);
}

static void content_make(struct fixture *f, const char *text)
{
	FILE *file = fopen(f->path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static mode_t mode_of(struct fixture *f)
{
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	return st.st_mode & 0777;
}

static void histfile_append__keeps__lines_for_the_owner_only(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(histfile_read(f->a.file, &f->err), ERR_OK); /* no file yet */
	assert_int_equal(f->a.forgotten, 0);
	assert_int_equal(histfile_append(f->a.file, "one", &f->err), ERR_OK);
	assert_int_equal(histfile_append(f->a.file, "two", &f->err), ERR_OK);
	content_is(f, "one\ntwo\n");
	assert_int_equal(mode_of(f), 0600);
	assert_int_equal(histfile_read(f->a.file, &f->err), ERR_OK);
	assert_string_equal(f->a.got, ""); /* its own lines are not handed on */
	chmod(f->path, 0644);
	assert_int_equal(histfile_append(f->a.file, "three", &f->err), ERR_OK);
	assert_int_equal(mode_of(f), 0600);
}

static void histfile_read__hands_on__what_others_appended(void **state)
{
	struct fixture *f = *state;

	histfile_append(f->a.file, "a1", &f->err);
	histfile_append(f->b.file, "b1", &f->err);
	assert_string_equal(f->b.got, "a1|"); /* before its own, in the file's order */
	histfile_append(f->a.file, "a2", &f->err);
	assert_string_equal(f->a.got, "b1|");
	assert_int_equal(histfile_read(f->b.file, &f->err), ERR_OK);
	assert_string_equal(f->b.got, "a1|a2|");
	assert_int_equal(f->b.whole, 1);
	assert_int_equal(f->b.forgotten, 1);
	content_is(f, "a1\nb1\na2\n");
}

static void histfile_read__folds__a_file_read_as_a_whole(void **state)
{
	struct fixture *f = *state;

	content_make(f, "a\nb\na\n\nc\nb\n");
	assert_int_equal(histfile_read(f->a.file, &f->err), ERR_OK);
	assert_string_equal(f->a.got, "a|c|b|");
	content_make(f, "1\n2\n3\n4\n5\n6\n7\n");
	assert_int_equal(histfile_read(f->b.file, &f->err), ERR_OK);
	assert_string_equal(f->b.got, "3|4|5|6|7|");
}

static void histfile_read__leaves__a_line_that_is_being_written(void **state)
{
	struct fixture *f = *state;

	content_make(f, "a\nhal");
	assert_int_equal(histfile_read(f->a.file, &f->err), ERR_OK);
	assert_string_equal(f->a.got, "a|");
	/* nobody ended it: the next line doesn't become part of it */
	assert_int_equal(histfile_append(f->b.file, "b", &f->err), ERR_OK);
	content_is(f, "a\nb\n");
	assert_int_equal(histfile_read(f->a.file, &f->err), ERR_OK);
	assert_string_equal(f->a.got, "a|b|");
}

static void histfile_append__never_waits__for_the_lock(void **state)
{
	struct fixture *f = *state;
	int fd;

	histfile_append(f->a.file, "a", &f->err);
	fd = open(f->path, O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	alarm(5);
	assert_int_equal(histfile_append(f->a.file, "b", &f->err), ERR_AGAIN);
	alarm(0);
	close(fd);
	content_is(f, "a\n");
	assert_int_equal(histfile_append(f->a.file, "b", &f->err), ERR_OK);
	content_is(f, "a\nb\n");
}

static void histfile_shorten__keeps__the_newest_of_many(void **state)
{
	struct fixture *f = *state;

	content_make(f, "1\n2\n3\n4\n5\n6\n7\n8\n9\n6\n");
	histfile_read(f->a.file, &f->err);
	assert_int_equal(histfile_shorten(f->a.file, &f->err), ERR_OK);
	content_is(f, "1\n2\n3\n4\n5\n6\n7\n8\n9\n6\n"); /* ten are not too many of five */
	assert_int_equal(histfile_append(f->a.file, "x", &f->err), ERR_OK);
	histfile_read(f->b.file, &f->err);
	assert_int_equal(histfile_shorten(f->a.file, &f->err), ERR_OK);
	content_is(f, "7\n8\n9\n6\nx\n");
	assert_int_equal(mode_of(f), 0600);
	/* the other session sees that it is another file, and loses nothing */
	assert_int_equal(histfile_append(f->b.file, "y", &f->err), ERR_OK);
	assert_string_equal(f->b.got, "7|8|9|6|x|");
	assert_int_equal(f->b.forgotten, 2);
	content_is(f, "7\n8\n9\n6\nx\ny\n");
}

static void histfile_read__refuses__what_is_no_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkfifo(f->path, 0600), 0);
	alarm(5);
	assert_int_equal(histfile_read(f->a.file, &f->err), ERR_INVAL);
	assert_int_equal(histfile_append(f->a.file, "x", &f->err), ERR_INVAL);
	alarm(0);
}

/* What a session has entered before there was a file stays known to it. */
static void histfile_append__forgets_nothing__when_it_makes_the_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(histfile_read(f->a.file, &f->err), ERR_OK);
	assert_int_equal(histfile_append(f->a.file, "first", &f->err), ERR_OK);
	assert_int_equal(histfile_append(f->a.file, "second", &f->err), ERR_OK);
	assert_int_equal(histfile_read(f->a.file, &f->err), ERR_OK);
	assert_int_equal(f->a.forgotten, 0);
	assert_string_equal(f->a.got, "");
	/* another one has read nothing yet: all of it comes */
	assert_int_equal(histfile_read(f->b.file, &f->err), ERR_OK);
	assert_string_equal(f->b.got, "first|second|");
	assert_int_equal(f->b.forgotten, 1);
	/* a file that was replaced is another one, an empty one too */
	unlink(f->path);
	assert_int_equal(histfile_append(f->b.file, "third", &f->err), ERR_OK);
	assert_int_equal(f->b.forgotten, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    CASE(histfile_append__keeps__lines_for_the_owner_only),
	    CASE(histfile_append__forgets_nothing__when_it_makes_the_file),
	    CASE(histfile_read__hands_on__what_others_appended),
	    CASE(histfile_read__folds__a_file_read_as_a_whole),
	    CASE(histfile_read__leaves__a_line_that_is_being_written),
	    CASE(histfile_append__never_waits__for_the_lock),
	    CASE(histfile_shorten__keeps__the_newest_of_many),
	    CASE(histfile_read__refuses__what_is_no_file),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
