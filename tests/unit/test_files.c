/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files, in a folder of their own that is HOME. */
#define _DEFAULT_SOURCE /* mkdtemp, setenv */
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

#include "tasmite/io/files.h"

struct fixture {
	char home[64];
	char path[128];
	struct err err;
};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	strcpy(f.home, "/tmp/tasmite-files.XXXXXX");
	assert_non_null(mkdtemp(f.home));
	snprintf(f.path, sizeof(f.path), "%s/file", f.home);
	setenv("HOME", f.home, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_STATE_HOME");
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	return rmdir(f->home);
}

static void expect_content(struct fixture *f, const char *want)
{
	uint8_t *data;
	size_t size;

	assert_int_equal(files_read(f->path, 4096, &data, &size, &f->err), ERR_OK);
	assert_int_equal(size, strlen(want));
	assert_string_equal((char *)data, want);
	free(data);
}

static void path__uses__xdg_then_home(void **state)
{
	struct fixture *f = *state;
	char got[256], want[256];

	assert_int_equal(files_path(FILES_CONFIG, "config", got, sizeof(got), &f->err), ERR_OK);
	snprintf(want, sizeof(want), "%s/.config/tasmite/config", f->home);
	assert_string_equal(got, want);
	assert_int_equal(files_path(FILES_STATE, "history", got, sizeof(got), &f->err), ERR_OK);
	snprintf(want, sizeof(want), "%s/.local/state/tasmite/history", f->home);
	assert_string_equal(got, want);
	setenv("XDG_CONFIG_HOME", "/x/c", 1);
	setenv("XDG_STATE_HOME", "/x/s", 1);
	assert_int_equal(files_path(FILES_CONFIG, "a", got, sizeof(got), &f->err), ERR_OK);
	assert_string_equal(got, "/x/c/tasmite/a");
	assert_int_equal(files_path(FILES_STATE, "a", got, sizeof(got), &f->err), ERR_OK);
	assert_string_equal(got, "/x/s/tasmite/a");
	assert_int_equal(files_path(FILES_DATA, "themes", got, sizeof(got), &f->err), ERR_OK);
	assert_non_null(strstr(got, "/tasmite/themes"));
}

static void path__ignores__a_relative_xdg_value(void **state)
{
	struct fixture *f = *state;
	char got[256], want[256];

	setenv("XDG_CONFIG_HOME", "relative", 1);
	assert_int_equal(files_path(FILES_CONFIG, "a", got, sizeof(got), &f->err), ERR_OK);
	snprintf(want, sizeof(want), "%s/.config/tasmite/a", f->home);
	assert_string_equal(got, want);
}

static void path__fails__without_home_or_room(void **state)
{
	struct fixture *f = *state;
	char got[16];

	assert_int_equal(files_path(FILES_STATE, "a", got, sizeof(got), &f->err), ERR_RANGE);
	unsetenv("HOME");
	assert_int_equal(files_path(FILES_STATE, "a", got, sizeof(got), &f->err), ERR_NOENT);
	assert_non_null(strstr(f->err.text, "HOME"));
	assert_int_equal(files_expand("~/x", got, sizeof(got), &f->err), ERR_NOENT);
}

static void path__refuses__a_state_folder_of_others(void **state)
{
	struct fixture *f = *state;
	char folder[128], got[256];

	setenv("XDG_STATE_HOME", f->home, 1);
	snprintf(folder, sizeof(folder), "%s/tasmite", f->home);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(files_path(FILES_STATE, "history", got, sizeof(got), &f->err), ERR_OK);
	assert_int_equal(chmod(folder, 0777), 0);
	assert_int_equal(files_path(FILES_STATE, "history", got, sizeof(got), &f->err), ERR_PERM);
	assert_non_null(strstr(f->err.text, "everybody can write"));
	assert_int_equal(chmod(folder, 01777), 0);
	assert_int_equal(files_path(FILES_STATE, "logs/a", got, sizeof(got), &f->err), ERR_PERM);
	assert_int_equal(chmod(folder, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(folder, 12345, (gid_t)-1), 0);
		assert_int_equal(
		    files_path(FILES_STATE, "history", got, sizeof(got), &f->err), ERR_PERM);
		assert_non_null(strstr(f->err.text, "another user"));
		/* It is only about what is kept. */
		setenv("XDG_CONFIG_HOME", f->home, 1);
		assert_int_equal(
		    files_path(FILES_CONFIG, "config", got, sizeof(got), &f->err), ERR_OK);
	}
	assert_int_equal(rmdir(folder), 0);
}

static void expand__knows__only_ones_own_home(void **state)
{
	struct fixture *f = *state;
	char got[256], want[256];

	assert_int_equal(files_expand("~/a/b", got, sizeof(got), &f->err), ERR_OK);
	snprintf(want, sizeof(want), "%s/a/b", f->home);
	assert_string_equal(got, want);
	assert_int_equal(files_expand("~", got, sizeof(got), &f->err), ERR_OK);
	snprintf(want, sizeof(want), "%s/", f->home);
	assert_string_equal(got, want);
	assert_int_equal(files_expand("~other/x", got, sizeof(got), &f->err), ERR_OK);
	assert_string_equal(got, "~other/x");
	assert_int_equal(files_expand("a~/x", got, sizeof(got), &f->err), ERR_OK);
	assert_string_equal(got, "a~/x");
	assert_int_equal(files_expand("", got, sizeof(got), &f->err), ERR_OK);
	assert_string_equal(got, "");
	assert_int_equal(files_expand("longer", got, 4, &f->err), ERR_RANGE);
}

static void make_parents__makes__private_folders_only(void **state)
{
	struct fixture *f = *state;
	char path[256], dir[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/a/b/c", f->home);
	assert_int_equal(files_make_parents(path, &f->err), ERR_OK);
	assert_int_equal(files_make_parents(path, &f->err), ERR_OK);
	assert_false(files_exists(path));
	snprintf(dir, sizeof(dir), "%s/a/b", f->home);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	rmdir(dir);
	snprintf(dir, sizeof(dir), "%s/a", f->home);
	rmdir(dir);
	assert_int_equal(files_make_parents("plain", &f->err), ERR_OK);
	assert_int_equal(files_make_parents("", &f->err), ERR_OK);
	snprintf(path, sizeof(path), "/dev/null/x/y");
	assert_true(files_make_parents(path, &f->err) < 0);
	assert_non_null(strstr(f->err.text, "/dev/null"));
}

static void read__returns__the_bytes_and_a_zero(void **state)
{
	struct fixture *f = *state;
	uint8_t *data;
	size_t size;

	assert_int_equal(files_replace(f->path, "a\0b", 3, 0600, &f->err), ERR_OK);
	assert_int_equal(files_read(f->path, 3, &data, &size, &f->err), ERR_OK);
	assert_int_equal(size, 3);
	assert_memory_equal(data, "a\0b", 4);
	free(data);
	assert_int_equal(files_replace(f->path, "", 0, 0600, &f->err), ERR_OK);
	assert_int_equal(files_read(f->path, 0, &data, &size, &f->err), ERR_OK);
	assert_int_equal(size, 0);
	assert_int_equal(data[0], 0);
	free(data);
}

static void read__refuses__more_than_max(void **state)
{
	struct fixture *f = *state;
	uint8_t *data;
	size_t size;

	assert_int_equal(files_replace(f->path, "abcd", 4, 0600, &f->err), ERR_OK);
	assert_int_equal(files_read(f->path, 3, &data, &size, &f->err), ERR_RANGE);
	assert_null(data);
	/* One whose size is not known beforehand. */
	assert_int_equal(files_read("/proc/self/maps", 10, &data, &size, &f->err), ERR_RANGE);
	assert_null(data);
	assert_int_equal(files_read("/proc/self/maps", 1 << 20, &data, &size, &f->err), ERR_OK);
	assert_true(size > 10);
	free(data);
}

static void read__refuses__what_is_no_file(void **state)
{
	struct fixture *f = *state;
	uint8_t *data;
	size_t size;

	assert_int_equal(files_read(f->path, 10, &data, &size, &f->err), ERR_NOENT);
	assert_non_null(strstr(f->err.text, f->path));
	assert_int_equal(files_read(f->home, 10, &data, &size, &f->err), ERR_INVAL);
	assert_int_equal(files_read("/dev/zero", 10, &data, &size, &f->err), ERR_INVAL);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	assert_int_equal(files_read(f->path, 10, &data, &size, &f->err), ERR_INVAL);
	assert_null(data);
}

static void count_names(void *ctx, const char *name, bool is_dir)
{
	(void)name;
	(void)is_dir;
	++*(int *)ctx;
}

static void replace__swaps__content_and_mode_and_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	int names = 0;

	assert_int_equal(files_replace(f->path, "one", 3, 0644, &f->err), ERR_OK);
	assert_int_equal(files_replace(f->path, "second", 6, 0600, &f->err), ERR_OK);
	expect_content(f, "second");
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(files_list(f->home, 100, count_names, &names, &f->err), ERR_OK);
	assert_int_equal(names, 1);
}

static void replace__follows__a_link(void **state)
{
	struct fixture *f = *state;
	char link[160];
	struct stat st;

	snprintf(link, sizeof(link), "%s/link", f->home);
	assert_int_equal(files_replace(f->path, "one", 3, 0600, &f->err), ERR_OK);
	assert_int_equal(symlink("file", link), 0);
	assert_int_equal(files_replace(link, "two", 3, 0600, &f->err), ERR_OK);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	unlink(link);
	expect_content(f, "two");
}

static void replace__keeps__the_old_file_when_the_disk_is_full(void **state)
{
	struct fixture *f = *state;
	struct rlimit r;
	int names = 0;

	assert_int_equal(files_replace(f->path, "old", 3, 0600, &f->err), ERR_OK);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = 4;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
	assert_true(files_replace(f->path, "much longer", 11, 0600, &f->err) < 0);
	assert_true(files_append(f->path, "much longer", 11, 0600, &f->err) < 0);
	r.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
	/* Neither a half record nor a temporary file. */
	expect_content(f, "old");
	assert_int_equal(files_list(f->home, 100, count_names, &names, &f->err), ERR_OK);
	assert_int_equal(names, 1);
}

static void replace__fails__in_a_folder_that_is_not_there(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(files_replace("/no/such/folder/x", "a", 1, 0600, &f->err), ERR_NOENT);
	assert_non_null(strstr(f->err.text, "/no/such/folder/x"));
	assert_int_equal(files_replace(f->home, "a", 1, 0600, &f->err), ERR_INVAL);
}

static void append__adds__records_and_creates_with_the_mode(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(files_append(f->path, "a\n", 2, 0600, &f->err), ERR_OK);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(files_append(f->path, "b\n", 2, 0600, &f->err), ERR_OK);
	expect_content(f, "a\nb\n");
}

struct seen {
	char text[256];
};

static void on_name(void *ctx, const char *name, bool is_dir)
{
	struct seen *s = ctx;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%s%s ", name, is_dir ? "/" : "");
}

static void list__gives__names_in_order_with_folders_told(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {""};
	char dir[128];
	int names = 0;

	snprintf(dir, sizeof(dir), "%s/B", f->home);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(files_append(f->path, "", 0, 0600, &f->err), ERR_OK);
	assert_int_equal(files_list(f->home, 10, on_name, &seen, &f->err), ERR_OK);
	assert_string_equal(seen.text, "B/ file ");
	assert_int_equal(files_list(f->home, 1, count_names, &names, &f->err), ERR_OK);
	assert_int_equal(names, 1);
	rmdir(dir);
	assert_int_equal(files_list("/no/such", 1, count_names, &names, &f->err), ERR_NOENT);
}

static void move__takes__the_place_of_what_is_there(void **state)
{
	struct fixture *f = *state;
	char from[160];

	snprintf(from, sizeof(from), "%s/unfinished", f->home);
	assert_int_equal(files_append(f->path, "old and longer", 14, 0600, &f->err), ERR_OK);
	assert_int_equal(files_append(from, "new", 3, 0600, &f->err), ERR_OK);
	assert_int_equal(files_move(from, f->path, &f->err), ERR_OK);
	expect_content(f, "new");
	assert_false(files_exists(from));
	/* What is not there leaves it alone. */
	assert_true(files_move(from, f->path, &f->err) < 0);
	assert_non_null(strstr(f->err.text, f->path));
	expect_content(f, "new");
	files_remove(from);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(path__uses__xdg_then_home),
	    T(path__ignores__a_relative_xdg_value),
	    T(path__fails__without_home_or_room),
	    T(path__refuses__a_state_folder_of_others),
	    T(expand__knows__only_ones_own_home),
	    T(make_parents__makes__private_folders_only),
	    T(read__returns__the_bytes_and_a_zero),
	    T(read__refuses__more_than_max),
	    T(read__refuses__what_is_no_file),
	    T(replace__swaps__content_and_mode_and_leaves_nothing_behind),
	    T(replace__follows__a_link),
	    T(replace__keeps__the_old_file_when_the_disk_is_full),
	    T(replace__fails__in_a_folder_that_is_not_there),
	    T(append__adds__records_and_creates_with_the_mode),
	    T(move__takes__the_place_of_what_is_there),
	    T(list__gives__names_in_order_with_folders_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
