/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of the program and of the user. */
#define _DEFAULT_SOURCE /* flock */
#include "tasmite/io/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

#ifndef TASMITE_DATADIR
#define TASMITE_DATADIR "/usr/local/share/tasmite"
#endif

/* ---- names ---- */

/* An absolute path from the environment, NULL where there is none. The XDG Base Directory
 * Specification says that relative ones are to be ignored. */
static const char *env_folder(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] == '/' ? value : NULL;
}

static int too_long(const char *name, struct err *err)
{
	return err_set(err, ERR_RANGE, 0, "the path of %s is too long", name);
}

static int under_home(const char *below, const char *name, char *dst, size_t size, struct err *err)
{
	const char *home = env_folder("HOME");

	if (!home)
		return err_set(err, ERR_NOENT, 0,
		    "there is no place for %s: the variable HOME is not set", name);
	return str_fmt(dst, size, "%s/%s%s", home, below, name) ? ERR_OK : too_long(name, err);
}

/* Where others can make names, a link of theirs would lead what is written to any file of the user's,
 * and what is read would be theirs. What is not there yet is made for the user alone. */
static int check_private(const char *folder, struct err *err)
{
	struct stat st;

	if (stat(folder, &st) < 0)
		return ERR_OK;
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(
		    err, ERR_PERM, 0, "%s belongs to another user: nothing is kept there", folder);
	if (st.st_mode & S_IWOTH)
		return err_set(err, ERR_PERM, 0,
		    "everybody can write to %s: nothing is kept there; chmod 700 mends that",
		    folder);
	return ERR_OK;
}

int files_path(enum files_place place, const char *name, char *dst, size_t size, struct err *err)
{
	bool config = place == FILES_CONFIG;
	const char *xdg;
	int rc;

	if (place == FILES_DATA)
		return str_fmt(dst, size, "%s/%s", TASMITE_DATADIR, name) ? ERR_OK
									  : too_long(name, err);
	xdg = env_folder(config ? "XDG_CONFIG_HOME" : "XDG_STATE_HOME");
	if (!xdg)
		rc = under_home(
		    config ? ".config/tasmite" : ".local/state/tasmite", "", dst, size, err);
	else
		rc = str_fmt(dst, size, "%s/tasmite", xdg) ? ERR_OK : too_long(name, err);
	if (rc == ERR_OK && !config)
		rc = check_private(dst, err);
	if (rc == ERR_OK && (!str_cat(dst, size, "/") || !str_cat(dst, size, name)))
		rc = too_long(name, err);
	return rc;
}

int files_expand(const char *name, char *dst, size_t size, struct err *err)
{
	if (name[0] != '~' || (name[1] && name[1] != '/'))
		return str_copy(dst, size, name) ? ERR_OK : too_long(name, err);
	return under_home("", name[1] ? name + 2 : "", dst, size, err);
}

int files_open(const char *path, int flags, mode_t mode)
{
	int fd;

	do {
		fd = open(path, flags, mode);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

bool files_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int files_make_parents(const char *path, struct err *err)
{
	char part[PATH_MAX];

	if (!str_copy(part, sizeof(part), path))
		return too_long(path, err);
	for (char *p = part + 1; part[0] && (p = strchr(p, '/')); p++) {
		int sys;

		*p = '\0';
		sys = mkdir(part, 0700) < 0 ? errno : 0;
		if (sys && !is_folder(part))
			return err_sys(err, sys, "cannot make the folder %s", part);
		*p = '/';
	}
	return ERR_OK;
}

/* ---- reading ---- */

/* Opens a regular file; anything else is refused before it can block or act. */
static int open_regular(const char *path, struct stat *st, struct err *err)
{
	int fd;

	/* Looked at before, since opening alone moves the lines of a serial port. */
	memset(st, 0, sizeof(*st));
	if (stat(path, st) < 0)
		return err_sys(err, errno, "cannot open %s", path);
	if (S_ISREG(st->st_mode)) {
		fd = files_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
		if (fd < 0)
			return err_sys(err, errno, "cannot open %s", path);
		if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
			return fd;
		close(fd);
	}
	return err_set(err, ERR_INVAL, 0, "%s is %s, not a file", path,
	    S_ISDIR(st->st_mode) ? "a folder" : "a device");
}

/* Returns 0 or an errno value; what is bigger than max is told by *size > max. */
static int read_all(int fd, size_t max, struct stat *st, uint8_t **data, size_t *size)
{
	/* What stat says is where the buffer starts; the file may have another size by now. One
	 * byte more than max tells "too big", one more holds the zero. */
	size_t cap = st->st_size > 0 && (uint64_t)st->st_size < max ? (size_t)st->st_size : max;
	uint8_t *buf;
	size_t len = 0;

	if (st->st_size == 0 && cap > 65536)
		cap = 65536;
	buf = xmalloc(cap + 2);
	for (;;) {
		ssize_t n = read(fd, buf + len, cap + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int sys = errno;

			free(buf);
			return sys;
		}
		len += (size_t)n;
		if (n == 0 || len > max)
			break;
		if (len > cap) {
			cap = cap < max / 2 ? cap * 2 + 1 : max;
			buf = xrealloc(buf, cap + 2);
		}
	}
	buf[len] = 0;
	*data = buf;
	*size = len;
	return 0;
}

int files_read(const char *path, size_t max, uint8_t **data, size_t *size, struct err *err)
{
	struct stat st;
	int fd, sys = 0;
	char limit[24];

	*data = NULL;
	*size = 0;
	fd = open_regular(path, &st, err);
	if (fd < 0)
		return fd;
	if (st.st_size <= 0 || (uint64_t)st.st_size <= max) {
		sys = read_all(fd, max, &st, data, size);
	} else {
		*size = max + 1;
	}
	close(fd);
	if (sys)
		return err_sys(err, sys, "cannot read %s", path);
	if (*size <= max)
		return ERR_OK;
	free(*data);
	*data = NULL;
	*size = 0;
	return err_set(err, ERR_RANGE, 0, "%s is too big: more than %s", path,
	    str_size(limit, sizeof(limit), max));
}

/* ---- writing ---- */

/* Returns 0 or an errno value. */
static int write_all(int fd, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : ENOSPC;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

/* The name itself must reach the disk as well, else a power cut may bring the old file back. Not
 * every file system can do this to a folder; the file is whole either way. */
static void sync_folder_of(const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	int fd;

	str_copy(folder, sizeof(folder), path);
	slash = strrchr(folder, '/');
	if (!slash)
		str_copy(folder, sizeof(folder), ".");
	else
		slash[slash == folder] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* Returns 0 or an errno value. */
static int sync_file(int fd)
{
	int rc;

	do {
		rc = fsync(fd);
	} while (rc < 0 && errno == EINTR);
	return rc < 0 ? errno : 0;
}

/* Returns 0 or an errno value. */
static int fill_temporary(int fd, const void *data, size_t size, mode_t mode, bool sync)
{
	int sys = write_all(fd, data, size);

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (!sys && fchmod(fd, mode) < 0)
		sys = errno;
	if (!sys && sync)
		sys = sync_file(fd);
	/* Interrupted it is closed all the same. */
	if (close(fd) < 0 && errno != EINTR && !sys)
		sys = errno;
	return sys;
}

static int replace(
    const char *path, const void *data, size_t size, mode_t mode, bool sync, struct err *err)
{
	char target[PATH_MAX], temporary[PATH_MAX];
	int fd, sys;

	/* A link is followed: people keep their configuration elsewhere and link to it. */
	if (!realpath(path, target) && !str_copy(target, sizeof(target), path))
		return too_long(path, err);
	if (!str_fmt(temporary, sizeof(temporary), "%s.XXXXXX", target))
		return too_long(path, err);
	if (is_folder(target))
		return err_set(err, ERR_INVAL, 0, "%s is a folder, not a file", path);
	fd = mkstemp(temporary);
	if (fd < 0)
		return err_sys(err, errno, "cannot write %s", path);
	sys = fill_temporary(fd, data, size, mode, sync);
	if (!sys && rename(temporary, target) < 0)
		sys = errno;
	if (sys) {
		unlink(temporary);
		return err_sys(err, sys, "cannot write %s", path);
	}
	if (sync)
		sync_folder_of(target);
	return ERR_OK;
}

int files_move(const char *from, const char *to, struct err *err)
{
	char target[PATH_MAX];
	int fd, sys;

	if (!realpath(to, target) && !str_copy(target, sizeof(target), to))
		return too_long(to, err);
	fd = files_open(from, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	sys = fd < 0 ? errno : sync_file(fd);
	if (fd >= 0)
		close(fd);
	if (!sys && rename(from, target) < 0)
		sys = errno;
	if (sys)
		return err_sys(err, sys, "cannot write %s", to);
	sync_folder_of(target);
	return ERR_OK;
}

void files_remove(const char *path)
{
	if (unlink(path) < 0)
		return;
}

int files_replace(const char *path, const void *data, size_t size, mode_t mode, struct err *err)
{
	return replace(path, data, size, mode, true, err);
}

int files_store(const char *path, const void *data, size_t size, mode_t mode, struct err *err)
{
	return replace(path, data, size, mode, false, err);
}

int files_append(const char *path, const void *data, size_t size, mode_t mode, struct err *err)
{
	int fd = files_open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, mode);
	bool torn = false;
	struct stat st;
	int sys;

	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	/* Never waits: whoever holds it is another instance, which may be stopped. */
	do {
		sys = flock(fd, LOCK_EX | LOCK_NB) < 0 ? errno : 0;
	} while (sys == EINTR);
	if (!sys && fstat(fd, &st) < 0)
		sys = errno;
	if (!sys) {
		sys = write_all(fd, data, size);
		/* A record is there as a whole or not at all; if not even that, why it began to
		 * fail is what helps. */
		if (sys && S_ISREG(st.st_mode) && ftruncate(fd, st.st_size) < 0)
			torn = true;
	}
	if (close(fd) < 0 && !sys)
		sys = errno;
	return sys ? err_sys(err, sys, "cannot append to %s%s", path,
			 torn ? " (the end of the file is not whole now)" : "")
		   : ERR_OK;
}

/* ---- folders ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* sys: 0, or why there may be more of them. */
static size_t gather(DIR *d, size_t max, char ***names, int *sys)
{
	size_t count = 0, cap = 0;
	struct dirent *e;

	*names = NULL;
	*sys = 0;
	while (count < max) {
		errno = 0;
		e = readdir(d);
		if (!e) {
			*sys = errno;
			break;
		}
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (count == cap) {
			cap = cap ? cap * 2 : 64;
			*names = xreallocarray(*names, cap, sizeof(**names));
		}
		(*names)[count++] = xstrdup(e->d_name);
	}
	return count;
}

int files_list(const char *dir, size_t max, void (*fn)(void *ctx, const char *name, bool is_dir),
    void *ctx, struct err *err)
{
	DIR *d = opendir(dir);
	struct stat st;
	char **names;
	size_t count;
	int sys;

	if (!d)
		return err_sys(err, errno, "cannot read the folder %s", dir);
	count = gather(d, max, &names, &sys);
	if (count)
		qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++) {
		bool folder = fstatat(dirfd(d), names[i], &st, 0) == 0 && S_ISDIR(st.st_mode);

		fn(ctx, names[i], folder);
		free(names[i]);
	}
	free(names);
	closedir(d);
	return sys ? err_sys(err, sys, "cannot read all of the folder %s", dir) : ERR_OK;
}
