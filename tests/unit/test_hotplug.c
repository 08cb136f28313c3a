/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hot-plug in a folder of the test's own that plays /dev. Each wait ends with the event. */
#define _XOPEN_SOURCE 700 /* mkdtemp, nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/io/hotplug_int.h"
#include "tasmite/io/clock.h"

#define DEADLINE MONO_S(5)
/* A little more than what is gathered into one. */
#define QUIET MONO_MS(60)

struct fixture {
	struct loop *l;
	struct hotplug *h;
	char root[64], dev[80];
	int calls;
	mono_t last;
	bool free_in_call;
};

static void on_change(void *ctx, mono_t now)
{
	struct fixture *f = ctx;

	f->calls++;
	f->last = now;
	if (f->free_in_call) {
		hotplug_free(f->h);
		f->h = NULL;
	}
}

static int setup(void **state)
{
	static struct fixture f;
	struct err err;

	memset(&f, 0, sizeof(f));
	strcpy(f.root, "/tmp/tasmite-plug.XXXXXX");
	assert_non_null(mkdtemp(f.root));
	snprintf(f.dev, sizeof(f.dev), "%s/dev", f.root);
	assert_int_equal(mkdir(f.dev, 0700), 0);
	f.l = loop_new(&err);
	assert_non_null(f.l);
	*state = &f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	hotplug_free(f->h);
	loop_free(f->l);
	return nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void begin(struct fixture *f, const char *path)
{
	f->h = hotplug_new_at(f->l, f->dev, false, path, on_change, f);
}

static const char *in(const struct fixture *f, const char *name)
{
	static char path[2][160];
	static int next;

	next = !next;
	snprintf(path[next], sizeof(path[next]), "%s/%s", f->root, name);
	return path[next];
}

static void touch(const struct fixture *f, const char *name)
{
	int fd = open(in(f, name), O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

/* Turns until there is one call more; then for a while, to see whether it stays the only one. */
static void expect_one(struct fixture *f)
{
	mono_t end = clock_now() + DEADLINE;
	int want = f->calls + 1;
	struct err err;

	while (f->calls < want && clock_now() < end)
		assert_int_equal(loop_turn(f->l, end, &err), ERR_OK);
	assert_int_equal(f->calls, want);
	end = clock_now() + QUIET;
	while (clock_now() < end)
		assert_int_equal(loop_turn(f->l, end, &err), ERR_OK);
	assert_int_equal(f->calls, want);
}

/* What was done must not be told: what is done next must be the only thing that is. */
static void expect_none(struct fixture *f)
{
	mono_t end = clock_now() + QUIET;
	int before = f->calls;
	struct err err;

	while (clock_now() < end)
		assert_int_equal(loop_turn(f->l, end, &err), ERR_OK);
	assert_int_equal(f->calls, before);
}

static void node__is_told__when_it_comes_changes_and_goes(void **state)
{
	struct fixture *f = *state;

	begin(f, "");
	touch(f, "dev/ttyUSB0");
	expect_one(f);
	assert_int_equal(chmod(in(f, "dev/ttyUSB0"), 0660), 0);
	expect_one(f);
	assert_int_equal(rename(in(f, "dev/ttyUSB0"), in(f, "dev/ttyUSB1")), 0);
	expect_one(f);
	assert_int_equal(unlink(in(f, "dev/ttyUSB1")), 0);
	expect_one(f);
}

static void changes__that_come_together__are_told_once(void **state)
{
	struct fixture *f = *state;

	begin(f, "");
	for (int i = 0; i < 100; i++) {
		touch(f, "dev/ttyUSB0");
		assert_int_equal(chmod(in(f, "dev/ttyUSB0"), 0660), 0);
		assert_int_equal(unlink(in(f, "dev/ttyUSB0")), 0);
	}
	expect_one(f);
}

static void other_things__in_dev__are_not_told(void **state)
{
	struct fixture *f = *state;

	begin(f, "");
	touch(f, "dev/loop7");
	touch(f, "dev/tty12");
	assert_int_equal(mkdir(in(f, "dev/pts"), 0700), 0);
	expect_none(f);
	touch(f, "dev/ttyACM0");
	expect_one(f);
}

static void opening_and_writing__is_no_change(void **state)
{
	struct fixture *f = *state;
	int fd;

	touch(f, "dev/ttyUSB0");
	begin(f, in(f, "dev/ttyUSB0"));
	fd = open(in(f, "dev/ttyUSB0"), O_RDWR);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	expect_none(f);
}

static void by_id__is_seen__when_its_folders_come_later(void **state)
{
	struct fixture *f = *state;

	begin(f, "");
	assert_int_equal(mkdir(in(f, "dev/serial"), 0700), 0);
	expect_one(f);
	assert_int_equal(mkdir(in(f, "dev/serial/by-id"), 0700), 0);
	expect_one(f);
	assert_int_equal(symlink("../../ttyUSB0", in(f, "dev/serial/by-id/usb-x")), 0);
	expect_one(f);
	/* udev takes them away with the last adapter, and makes new ones. */
	assert_int_equal(unlink(in(f, "dev/serial/by-id/usb-x")), 0);
	assert_int_equal(rmdir(in(f, "dev/serial/by-id")), 0);
	assert_int_equal(rmdir(in(f, "dev/serial")), 0);
	expect_one(f);
	assert_int_equal(mkdir(in(f, "dev/serial"), 0700), 0);
	expect_one(f);
	assert_int_equal(mkdir(in(f, "dev/serial/by-id"), 0700), 0);
	expect_one(f);
	assert_int_equal(symlink("../../ttyUSB0", in(f, "dev/serial/by-id/usb-x")), 0);
	expect_one(f);
}

static void path__elsewhere__is_told_by_its_own_name_only(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(in(f, "run"), 0700), 0);
	begin(f, in(f, "run/sonoff"));
	touch(f, "run/other");
	expect_none(f);
	assert_int_equal(symlink("/dev/pts/99", in(f, "run/sonoff")), 0);
	expect_one(f);
	assert_int_equal(unlink(in(f, "run/sonoff")), 0);
	expect_one(f);
	assert_int_equal(symlink("/dev/pts/98", in(f, "run/new")), 0);
	expect_none(f);
	assert_int_equal(rename(in(f, "run/new"), in(f, "run/sonoff")), 0);
	expect_one(f);
}

static void path__in_folders_not_there__is_waited_for_step_by_step(void **state)
{
	struct fixture *f = *state;

	begin(f, in(f, "a/b/port"));
	touch(f, "x");
	expect_none(f);
	assert_int_equal(mkdir(in(f, "a"), 0700), 0);
	expect_one(f);
	touch(f, "y"); /* the folder above is no longer looked at */
	expect_none(f);
	assert_int_equal(mkdir(in(f, "a/b"), 0700), 0);
	expect_one(f);
	touch(f, "a/b/port");
	expect_one(f);
}

static void link__makes__what_it_leads_to_watched(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(in(f, "run"), 0700), 0);
	assert_int_equal(symlink("run/device", in(f, "my-port")), 0);
	begin(f, in(f, "my-port"));
	touch(f, "run/device");
	expect_one(f);
}

static void write_file(const struct fixture *f, const char *name, const char *text)
{
	FILE *file = fopen(in(f, name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void file__is_told__when_it_was_written_or_replaced(void **state)
{
	struct fixture *f = *state;

	f->h = hotplug_new_file(f->l, in(f, "dev/config"), on_change, f);
	expect_none(f);
	write_file(f, "dev/config", "a");
	expect_one(f);
	write_file(f, "dev/config", "b"); /* in place */
	expect_one(f);
	write_file(f, "dev/config.new", "c"); /* as editors do */
	expect_none(f);
	assert_int_equal(rename(in(f, "dev/config.new"), in(f, "dev/config")), 0);
	expect_one(f);
	write_file(f, "dev/other", "x");
	write_file(f, "dev/ttyUSB0", "x"); /* no port is waited for here */
	expect_none(f);
}

static void file__in_folders_not_there__is_told_when_it_comes(void **state)
{
	struct fixture *f = *state;

	f->h = hotplug_new_file(f->l, in(f, "a/b/config"), on_change, f);
	assert_int_equal(mkdir(in(f, "a"), 0700), 0);
	expect_one(f);
	assert_int_equal(mkdir(in(f, "a/b"), 0700), 0);
	expect_one(f);
	write_file(f, "a/b/config", "x");
	expect_one(f);
}

static void file__behind_a_link__is_told_when_it_was_written(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(in(f, "dots"), 0700), 0);
	write_file(f, "dots/config", "x");
	assert_int_equal(symlink("../dots/config", in(f, "dev/config")), 0);
	f->h = hotplug_new_file(f->l, in(f, "dev/config"), on_change, f);
	expect_none(f);
	write_file(f, "dots/config", "y");
	expect_one(f);
}

static void new__without_inotify__looks_once_a_second(void **state)
{
	struct fixture *f = *state;
	mono_t began = clock_now(), end = began + DEADLINE;
	struct err err;

	assert_int_equal(loop_turn(f->l, began, &err), ERR_OK);
	f->h = hotplug_new_at(f->l, f->dev, true, "", on_change, f);
	while (f->calls < 2 && clock_now() < end)
		assert_int_equal(loop_turn(f->l, end, &err), ERR_OK);
	assert_int_equal(f->calls, 2);
	assert_true(f->last - began >= MONO_MS(2000));
}

static void free__works__from_within_the_call(void **state)
{
	struct fixture *f = *state;

	f->free_in_call = true;
	begin(f, "");
	touch(f, "dev/ttyUSB0");
	expect_one(f);
	assert_null(f->h);
	touch(f, "dev/ttyUSB1");
	expect_none(f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(node__is_told__when_it_comes_changes_and_goes),
	    T(changes__that_come_together__are_told_once),
	    T(other_things__in_dev__are_not_told),
	    T(opening_and_writing__is_no_change),
	    T(by_id__is_seen__when_its_folders_come_later),
	    T(path__elsewhere__is_told_by_its_own_name_only),
	    T(path__in_folders_not_there__is_waited_for_step_by_step),
	    T(link__makes__what_it_leads_to_watched),
	    T(file__is_told__when_it_was_written_or_replaced),
	    T(file__in_folders_not_there__is_told_when_it_comes),
	    T(file__behind_a_link__is_told_when_it_was_written),
	    T(new__without_inotify__looks_once_a_second),
	    T(free__works__from_within_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
