/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which call is to fail; see edge.h. */
#define _GNU_SOURCE /* syscall */
#include "edge.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PTS_FIRST 136 /* Documentation/admin-guide/devices.txt */
#define PTS_LAST  143
#define USB_TTY	  188

static struct {
	bool begun;
	char call[32], class[8];
	unsigned long n, seen;
	int what;
	bool on, fired;
	const char *full, *port, *home, *fired_path;
	bool cut; /* the first write onto the full disk was cut short */
	int trace;
} edge = {.trace = -1};

static const struct {
	const char *name;
	int what;
} words[] = {{"short", EDGE_SHORT}, {"end", EDGE_END}, {"EAGAIN", EAGAIN}, {"EINTR", EINTR},
    {"EIO", EIO}, {"ENODEV", ENODEV}, {"ENXIO", ENXIO}, {"ENOSPC", ENOSPC}, {"EMFILE", EMFILE},
    {"ENFILE", ENFILE}, {"ENOMEM", ENOMEM}, {"EACCES", EACCES}, {"EPERM", EPERM},
    {"ENOENT", ENOENT}, {"EROFS", EROFS}, {"EDQUOT", EDQUOT}, {"ENOTTY", ENOTTY},
    {"EINVAL", EINVAL}, {"EBUSY", EBUSY}, {"ENOLCK", ENOLCK}, {"EPIPE", EPIPE},
    {"ECONNREFUSED", ECONNREFUSED}, {"ECONNRESET", ECONNRESET}, {"ENETUNREACH", ENETUNREACH},
    {"ETIMEDOUT", ETIMEDOUT}, {"EXDEV", EXDEV}, {"ESTALE", ESTALE}};

/* Past all that stands in for libc: nothing here counts itself. */
static int raw_open(const char *path, int flags)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

static void raw_line(int fd, const char *text)
{
	if (syscall(SYS_write, fd, text, strlen(text)) < 0)
		return;
}

static void parse(const char *spec)
{
	char what[32] = "", on[8] = "";

	if (sscanf(spec, "%31[^,],%7[^,],%lu,%31[^,],%7s", edge.call, edge.class, &edge.n, what,
		on) < 4)
		goto bad;
	edge.on = strcmp(on, "on") == 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(what, words[i].name) == 0)
			edge.what = words[i].what;
	if (edge.what && edge.n)
		return;
bad:
	raw_line(2, "edge.so: EDGE_FAIL is not understood\n");
	_exit(99);
}

static void begin(void)
{
	const char *trace, *spec;

	if (!environ) /* a sanitizer that keeps a log is at work before the C library */
		return;
	trace = getenv("EDGE_TRACE");
	spec = getenv("EDGE_FAIL");
	edge.begun = true;
	edge.full = getenv("EDGE_FULL");
	edge.port = getenv("EDGE_PORT");
	edge.home = getenv("EDGE_HOME");
	edge.fired_path = getenv("EDGE_FIRED");
	if (spec)
		parse(spec);
	if (trace) {
		int fd = raw_open(trace, O_WRONLY | O_CREAT | O_APPEND);

		/* Out of the way of what the program counts on. */
		edge.trace = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900);
		syscall(SYS_close, fd);
	}
}

/* ---- classes --------------------------------------------------------------------------------- */

static bool is_port(const struct stat *st)
{
	struct stat port;

	return edge.port && S_ISCHR(st->st_mode) && stat(edge.port, &port) == 0 &&
	       port.st_rdev == st->st_rdev;
}

static const char *class_of_device(const struct stat *st)
{
	if (is_port(st) || major(st->st_rdev) == USB_TTY)
		return "port";
	if ((major(st->st_rdev) >= PTS_FIRST && major(st->st_rdev) <= PTS_LAST) ||
	    major(st->st_rdev) == 4 || major(st->st_rdev) == 5)
		return "tty";
	return "dev";
}

static bool is_standard(int fd, const struct stat *st)
{
	struct stat own;

	if (fd <= 2)
		return true;
	for (int i = 0; i <= 2; i++)
		if (fstat(i, &own) == 0 && own.st_ino == st->st_ino && own.st_dev == st->st_dev)
			return true;
	return false;
}

static bool begins(const char *path, const char *with)
{
	return with && strncmp(path, with, strlen(with)) == 0;
}

static void name_of(int fd, char *name, size_t size)
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlinkat, AT_FDCWD, link, name, size - 1);
	name[n > 0 ? n : 0] = '\0';
}

static const char *class_of_file(int fd)
{
	char name[PATH_MAX];

	name_of(fd, name, sizeof(name));
	return begins(name, getenv("TASMITE_SHIM")) ? "shim" : "file";
}

static const char *class_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return "bad";
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return st.st_nlink ? class_of_file(fd) : "mem";
	case S_IFCHR:
		return class_of_device(&st);
	case S_IFIFO:
		return is_standard(fd, &st) ? "std" : "pipe";
	case S_IFSOCK:
		return is_standard(fd, &st) ? "std" : "sock";
	case S_IFDIR:
		return "dir";
	default:
		return "anon";
	}
}

static const char *class_of_path(const char *path)
{
	const char *shim = getenv("TASMITE_SHIM");
	struct stat st;

	if (begins(path, shim))
		return "shim";
	if (begins(path, "/dev/fd/"))
		return "std";
	if (stat(path, &st) == 0 && S_ISCHR(st.st_mode) &&
	    strcmp(class_of_device(&st), "port") == 0)
		return "port";
	if (begins(path, "/dev/") || begins(path, "/sys/") || begins(path, "/proc/"))
		return "sys";
	return begins(path, edge.home) || path[0] != '/' ? "file" : "other";
}

/* ---- counting -------------------------------------------------------------------------------- */

static void tell(int fd, const char *call, const char *class, const char *name)
{
	char line[PATH_MAX + 64];

	snprintf(line, sizeof(line), "%s %s %s\n", call, class, name);
	raw_line(fd, line);
}

static void fire(const char *call, const char *class, const char *name)
{
	int fd;

	if (edge.fired || !edge.fired_path)
		return;
	edge.fired = true;
	fd = raw_open(edge.fired_path, O_WRONLY | O_CREAT | O_APPEND);
	if (fd < 0)
		return;
	tell(fd, call, class, name);
	syscall(SYS_close, fd);
}

/* fd -1: it goes by its path, or by nothing. */
static int count(const char *call, const char *class, int fd, const char *path)
{
	char name[PATH_MAX] = "";
	bool mine = edge.n && strcmp(call, edge.call) == 0 && strcmp(class, edge.class) == 0;
	int what = EDGE_GO;

	if (mine && (++edge.seen == edge.n || (edge.on && edge.seen > edge.n)))
		what = edge.what;
	if (edge.trace < 0 && what == EDGE_GO)
		return what;
	if (path)
		snprintf(name, sizeof(name), "%s", path);
	else if (fd >= 0)
		name_of(fd, name, sizeof(name));
	if (edge.trace >= 0)
		tell(edge.trace, call, class, name);
	if (what != EDGE_GO)
		fire(call, class, name);
	return what;
}

static bool is_idle(void)
{
	if (!edge.begun)
		begin();
	return !edge.n && edge.trace < 0;
}

int edge_fd(const char *call, int fd)
{
	int saved = errno, what;

	if (is_idle())
		return EDGE_GO;
	what = count(call, class_of(fd), fd, NULL);
	errno = saved;
	return what;
}

int edge_path(const char *call, const char *path)
{
	int saved = errno, what;

	if (is_idle())
		return EDGE_GO;
	what = count(call, class_of_path(path), -1, path);
	errno = saved;
	return what;
}

int edge_call(const char *call)
{
	return is_idle() ? EDGE_GO : count(call, "-", -1, NULL);
}

static bool is_on_disk(int fd)
{
	char name[PATH_MAX];

	if (strcmp(class_of(fd), "file") != 0)
		return false;
	name_of(fd, name, sizeof(name));
	return !edge.home || begins(name, edge.home);
}

int edge_write(const char *call, int fd)
{
	int saved = errno, what = edge_fd(call, fd);

	if (what == EDGE_GO && edge.full) {
		if (syscall(SYS_faccessat, AT_FDCWD, edge.full, F_OK) < 0) {
			edge.cut = false;
		} else if (is_on_disk(fd)) {
			what = edge.cut ? ENOSPC : EDGE_SHORT;
			edge.cut = true;
		}
	}
	errno = saved;
	return what;
}
