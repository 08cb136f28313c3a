/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libc's functions that take a path, as a program under the shim sees them; see shim.h. */
#define _GNU_SOURCE /* statx, openat, the 64-bit names */
#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PTS_MAJOR 136

/* --- what a file looks like ------------------------------------------------------------------- */

/* The name of a node that stands for these: a file of ours, or a terminal behind one. */
static bool looks_like_node(const char *path, bool follow, const struct stat *st, char name[32])
{
	struct shim_adapter a;

	if (S_ISREG(st->st_mode) && path && follow && shim_node(path, name))
		return true;
	if (S_ISREG(st->st_mode) && path && !follow) {
		/* Not through a link: that is one itself. */
		return strncmp(path, "/dev/tty", 8) == 0 && shim_node(path, name);
	}
	if (!S_ISCHR(st->st_mode) || major(st->st_rdev) != PTS_MAJOR)
		return false;
	if (shim_opened_as(st->st_rdev, name))
		return true;
	if (!shim_adapter_of_pts(minor(st->st_rdev), &a))
		return false;
	strcpy(name, a.name);
	return true;
}

static int as_seen(int rc, const char *path, bool follow, struct stat *st)
{
	char name[32];

	if (rc < 0 || !shim_dir() || !looks_like_node(path, follow, st, name))
		return rc;
	/* The file's mode is the node's; a pseudo-terminal's own is not to be seen. */
	st->st_mode = S_IFCHR | (S_ISCHR(st->st_mode) ? 0660 : st->st_mode & 07777);
	st->st_rdev = shim_rdev(name);
	st->st_uid = 0;
	st->st_gid = 20; /* dialout */
	st->st_size = 0;
	return rc;
}

/* A link elsewhere may lead to a node of ours; then the node is asked. */
static const char *target_of(const char *path, bool follow, char buf[PATH_MAX])
{
	char name[32], node[64];
	const char *at = shim_map(path, buf);

	if (at == buf || !follow || !shim_dir() || !shim_node(path, name))
		return at;
	snprintf(node, sizeof(node), "/dev/%s", name);
	return shim_map(node, buf);
}

int shim_real_stat(const char *path, struct stat *st)
{
	char buf[PATH_MAX];
	NEXT(int, "stat", const char *, struct stat *);
	return next(shim_map(path, buf), st);
}

static int do_stat(const char *path, struct stat *st, bool follow)
{
	char buf[PATH_MAX];
	static int (*next[2])(const char *, struct stat *);

	if (!next[follow])
		*(void **)&next[follow] = shim_next(follow ? "stat" : "lstat");
	return as_seen(next[follow](target_of(path, follow, buf), st), path, follow, st);
}

SHIM_SHOWN int stat(const char *path, struct stat *st)
{
	return do_stat(path, st, true);
}

SHIM_SHOWN int lstat(const char *path, struct stat *st)
{
	return do_stat(path, st, false);
}

/* On 64-bit machines both structures are one. */
_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "a machine of 64 bits");

SHIM_SHOWN int stat64(const char *path, struct stat64 *st)
{
	return do_stat(path, (struct stat *)st, true);
}

SHIM_SHOWN int lstat64(const char *path, struct stat64 *st)
{
	return do_stat(path, (struct stat *)st, false);
}

/* The names before glibc 2.33, which libraries are still linked to. */
int __xstat(int version, const char *path, struct stat *st);
int __lxstat(int version, const char *path, struct stat *st);
int __fxstat(int version, int fd, struct stat *st);
int __xstat64(int version, const char *path, struct stat64 *st);
int __lxstat64(int version, const char *path, struct stat64 *st);
int __fxstat64(int version, int fd, struct stat64 *st);

SHIM_SHOWN int __xstat(int version, const char *path, struct stat *st)
{
	(void)version;
	return do_stat(path, st, true);
}

SHIM_SHOWN int __lxstat(int version, const char *path, struct stat *st)
{
	(void)version;
	return do_stat(path, st, false);
}

SHIM_SHOWN int __xstat64(int version, const char *path, struct stat64 *st)
{
	(void)version;
	return do_stat(path, (struct stat *)st, true);
}

SHIM_SHOWN int __lxstat64(int version, const char *path, struct stat64 *st)
{
	(void)version;
	return do_stat(path, (struct stat *)st, false);
}

static int do_fstat(int fd, struct stat *st)
{
	NEXT(int, "fstat", int, struct stat *);
	return as_seen(next(fd, st), NULL, true, st);
}

SHIM_SHOWN int fstat(int fd, struct stat *st)
{
	return do_fstat(fd, st);
}

SHIM_SHOWN int fstat64(int fd, struct stat64 *st)
{
	return do_fstat(fd, (struct stat *)st);
}

SHIM_SHOWN int __fxstat(int version, int fd, struct stat *st)
{
	(void)version;
	return do_fstat(fd, st);
}

SHIM_SHOWN int __fxstat64(int version, int fd, struct stat64 *st)
{
	(void)version;
	return do_fstat(fd, (struct stat *)st);
}

/* Relative to a folder: the name in our folder is as good as another, an absolute path is ours to
 * map. */
static int do_fstatat(int fd, const char *path, struct stat *st, int flags)
{
	NEXT(int, "fstatat", int, const char *, struct stat *, int);
	if (path && (path[0] == '/' || fd == AT_FDCWD) && !(flags & AT_EMPTY_PATH))
		return do_stat(path, st, !(flags & AT_SYMLINK_NOFOLLOW));
	return as_seen(next(fd, path, st, flags), NULL, true, st);
}

SHIM_SHOWN int fstatat(int fd, const char *path, struct stat *st, int flags)
{
	return do_fstatat(fd, path, st, flags);
}

SHIM_SHOWN int fstatat64(int fd, const char *path, struct stat64 *st, int flags)
{
	return do_fstatat(fd, path, (struct stat *)st, flags);
}

SHIM_SHOWN int statx(int fd, const char *path, int flags, unsigned mask, struct statx *sx)
{
	bool follow = !(flags & AT_SYMLINK_NOFOLLOW);
	char buf[PATH_MAX];
	struct stat st;
	int rc;

	NEXT(int, "statx", int, const char *, int, unsigned, struct statx *);
	if (path[0] != '/')
		return next(fd, path, flags, mask, sx);
	rc = next(fd, target_of(path, follow, buf), flags, mask, sx);
	if (rc == 0 && do_stat(path, &st, follow) == 0 && S_ISCHR(st.st_mode)) {
		sx->stx_mode = (uint16_t)st.st_mode;
		sx->stx_rdev_major = major(st.st_rdev);
		sx->stx_rdev_minor = minor(st.st_rdev);
		sx->stx_uid = st.st_uid;
		sx->stx_gid = st.st_gid;
		sx->stx_size = (uint64_t)st.st_size;
	}
	return rc;
}

/* --- whether one may -------------------------------------------------------------------------- */

static int do_access(const char *path, int mode, int (*real)(const char *, int))
{
	char name[32], buf[PATH_MAX];

	if ((mode & (R_OK | W_OK)) && shim_node(path, name) && !shim_permits(name)) {
		errno = EACCES;
		return -1;
	}
	return real(target_of(path, true, buf), mode);
}

SHIM_SHOWN int access(const char *path, int mode)
{
	NEXT(int, "access", const char *, int);
	return do_access(path, mode, next);
}

SHIM_SHOWN int euidaccess(const char *path, int mode)
{
	NEXT(int, "euidaccess", const char *, int);
	return do_access(path, mode, next);
}

SHIM_SHOWN int eaccess(const char *path, int mode)
{
	return euidaccess(path, mode);
}

SHIM_SHOWN int faccessat(int fd, const char *path, int mode, int flags)
{
	NEXT(int, "faccessat", int, const char *, int, int);
	if (path[0] == '/')
		return access(path, mode);
	return next(fd, path, mode, flags);
}

/* --- links ------------------------------------------------------------------------------------ */

/* /proc/PID/fd/N of a terminal behind a node shows the node. */
static ssize_t as_linked(ssize_t n, char *dst, size_t size)
{
	struct shim_adapter a;
	char text[32], node[64];
	unsigned pts;
	char rest;

	if (n <= 0 || n >= (ssize_t)sizeof(text) || !shim_dir())
		return n;
	memcpy(text, dst, (size_t)n);
	text[n] = '\0';
	if (sscanf(text, "/dev/pts/%u%c", &pts, &rest) != 1 || !shim_adapter_of_pts(pts, &a))
		return n;
	n = snprintf(node, sizeof(node), "/dev/%s", a.name);
	if ((size_t)n > size)
		n = (ssize_t)size;
	memcpy(dst, node, (size_t)n);
	return n;
}

SHIM_SHOWN ssize_t readlink(const char *path, char *dst, size_t size)
{
	char buf[PATH_MAX];
	NEXT(ssize_t, "readlink", const char *, char *, size_t);
	return as_linked(next(shim_map(path, buf), dst, size), dst, size);
}

ssize_t __readlink_chk(const char *path, char *dst, size_t size, size_t room);

SHIM_SHOWN ssize_t __readlink_chk(const char *path, char *dst, size_t size, size_t room)
{
	if (size > room)
		abort();
	return readlink(path, dst, size);
}

SHIM_SHOWN ssize_t readlinkat(int fd, const char *path, char *dst, size_t size)
{
	char buf[PATH_MAX];
	NEXT(ssize_t, "readlinkat", int, const char *, char *, size_t);
	return as_linked(next(fd, shim_map(path, buf), dst, size), dst, size);
}

SHIM_SHOWN char *realpath(const char *path, char *dst)
{
	const char *dir = shim_dir();
	char buf[PATH_MAX], *real;
	size_t n;

	NEXT(char *, "realpath", const char *, char *);
	real = next(target_of(path, true, buf), dst);
	if (!real || !dir)
		return real;
	n = strlen(dir);
	/* The folder is not to be seen, where it stands for / itself. */
	if (strncmp(real, dir, n) == 0 &&
	    (strncmp(real + n, "/dev", 4) == 0 || strncmp(real + n, "/sys", 4) == 0))
		memmove(real, real + n, strlen(real + n) + 1);
	return real;
}

char *__realpath_chk(const char *path, char *dst, size_t room);

SHIM_SHOWN char *__realpath_chk(const char *path, char *dst, size_t room)
{
	if (dst && room < PATH_MAX)
		abort();
	return realpath(path, dst);
}

SHIM_SHOWN char *canonicalize_file_name(const char *path)
{
	return realpath(path, NULL);
}

/* --- opening ---------------------------------------------------------------------------------- */

static int do_open(const char *path, int flags, mode_t mode)
{
	char name[32], buf[PATH_MAX];

	if (shim_node(path, name))
		return shim_open_node(name, flags);
	return shim_forget(shim_real_open(shim_map(path, buf), flags, mode));
}

#define WITH_MODE(flags, mode)                 \
	mode_t mode = 0;                       \
	if ((flags) & (O_CREAT | O_TMPFILE)) { \
		va_list ap;                    \
		va_start(ap, flags);           \
		mode = va_arg(ap, mode_t);     \
		va_end(ap);                    \
	}

SHIM_SHOWN int open(const char *path, int flags, ...)
{
	WITH_MODE(flags, mode);
	return do_open(path, flags, mode);
}

SHIM_SHOWN int open64(const char *path, int flags, ...)
{
	WITH_MODE(flags, mode);
	return do_open(path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

SHIM_SHOWN int __open_2(const char *path, int flags)
{
	return do_open(path, flags, 0);
}

SHIM_SHOWN int __open64_2(const char *path, int flags)
{
	return do_open(path, flags, 0);
}

static int do_openat(int fd, const char *path, int flags, mode_t mode)
{
	NEXT(int, "openat", int, const char *, int, ...);
	if (path[0] == '/' || fd == AT_FDCWD)
		return do_open(path, flags, mode);
	return shim_forget(next(fd, path, flags, mode));
}

SHIM_SHOWN int openat(int fd, const char *path, int flags, ...)
{
	WITH_MODE(flags, mode);
	return do_openat(fd, path, flags, mode);
}

SHIM_SHOWN int openat64(int fd, const char *path, int flags, ...)
{
	WITH_MODE(flags, mode);
	return do_openat(fd, path, flags, mode);
}

SHIM_SHOWN FILE *fopen(const char *path, const char *mode)
{
	char buf[PATH_MAX];
	NEXT(FILE *, "fopen", const char *, const char *);
	return next(shim_map(path, buf), mode);
}

SHIM_SHOWN FILE *fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

SHIM_SHOWN DIR *opendir(const char *path)
{
	char buf[PATH_MAX];
	NEXT(DIR *, "opendir", const char *);
	return next(shim_map(path, buf));
}

SHIM_SHOWN int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	char buf[PATH_MAX];
	NEXT(int, "inotify_add_watch", int, const char *, uint32_t);
	return next(fd, shim_map(path, buf), mask);
}
