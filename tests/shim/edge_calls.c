/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libc's calls, each of which may be told to fail; see edge.h. */
#define _GNU_SOURCE /* accept4, memfd_create, the 64-bit names */
#include "edge.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == sizeof(off64_t), "a machine of 64 bits");

static void *libc(const char *name)
{
	void *fn = dlsym(RTLD_NEXT, name);

	if (!fn)
		abort();
	return fn;
}

/* `next` is what would have been called. */
#define NEXT(type, name, ...)             \
	static type (*next)(__VA_ARGS__); \
	if (!next)                        \
	*(void **)&next = libc(name)

static int fail(int what)
{
	errno = what;
	return -1;
}

/* What is no error of this call is none. */
#define MAY_FAIL(what)  \
	if ((what) > 0) \
	return fail(what)

/* --- bytes ------------------------------------------------------------------------------------ */

static size_t read_size(int what, size_t n)
{
	return what == EDGE_SHORT && n ? 1 : n;
}

static size_t write_size(int what, size_t n)
{
	return what == EDGE_SHORT && n > 1 ? n / 2 : n;
}

EDGE_SHOWN ssize_t read(int fd, void *dst, size_t n)
{
	NEXT(ssize_t, "read", int, void *, size_t);
	int what = edge_fd("read", fd);

	MAY_FAIL(what);
	return what == EDGE_END ? 0 : next(fd, dst, read_size(what, n));
}

EDGE_SHOWN ssize_t pread(int fd, void *dst, size_t n, off_t at)
{
	NEXT(ssize_t, "pread", int, void *, size_t, off_t);
	int what = edge_fd("pread", fd);

	MAY_FAIL(what);
	return what == EDGE_END ? 0 : next(fd, dst, read_size(what, n), at);
}

EDGE_SHOWN ssize_t pread64(int fd, void *dst, size_t n, off64_t at)
{
	return pread(fd, dst, n, at);
}

EDGE_SHOWN ssize_t recv(int fd, void *dst, size_t n, int flags)
{
	NEXT(ssize_t, "recv", int, void *, size_t, int);
	int what = edge_fd("recv", fd);

	MAY_FAIL(what);
	return what == EDGE_END ? 0 : next(fd, dst, read_size(what, n), flags);
}

/* What fortified programs call. */
ssize_t __read_chk(int fd, void *dst, size_t n, size_t room);
ssize_t __pread_chk(int fd, void *dst, size_t n, off_t at, size_t room);
ssize_t __pread64_chk(int fd, void *dst, size_t n, off64_t at, size_t room);
ssize_t __recv_chk(int fd, void *dst, size_t n, size_t room, int flags);

static void check_room(size_t n, size_t room)
{
	if (n > room)
		abort();
}

EDGE_SHOWN ssize_t __read_chk(int fd, void *dst, size_t n, size_t room)
{
	check_room(n, room);
	return read(fd, dst, n);
}

EDGE_SHOWN ssize_t __pread_chk(int fd, void *dst, size_t n, off_t at, size_t room)
{
	check_room(n, room);
	return pread(fd, dst, n, at);
}

EDGE_SHOWN ssize_t __pread64_chk(int fd, void *dst, size_t n, off64_t at, size_t room)
{
	check_room(n, room);
	return pread(fd, dst, n, at);
}

EDGE_SHOWN ssize_t __recv_chk(int fd, void *dst, size_t n, size_t room, int flags)
{
	check_room(n, room);
	return recv(fd, dst, n, flags);
}

EDGE_SHOWN ssize_t write(int fd, const void *src, size_t n)
{
	NEXT(ssize_t, "write", int, const void *, size_t);
	int what = edge_write("write", fd);

	MAY_FAIL(what);
	return next(fd, src, write_size(what, n));
}

EDGE_SHOWN ssize_t pwrite(int fd, const void *src, size_t n, off_t at)
{
	NEXT(ssize_t, "pwrite", int, const void *, size_t, off_t);
	int what = edge_write("pwrite", fd);

	MAY_FAIL(what);
	return next(fd, src, write_size(what, n), at);
}

EDGE_SHOWN ssize_t pwrite64(int fd, const void *src, size_t n, off64_t at)
{
	return pwrite(fd, src, n, at);
}

EDGE_SHOWN ssize_t send(int fd, const void *src, size_t n, int flags)
{
	NEXT(ssize_t, "send", int, const void *, size_t, int);
	int what = edge_fd("send", fd);

	MAY_FAIL(what);
	return next(fd, src, write_size(what, n), flags);
}

/* The servers' and the resolver's: of several pieces a short one writes the first. */

EDGE_SHOWN ssize_t writev(int fd, const struct iovec *v, int n)
{
	NEXT(ssize_t, "writev", int, const struct iovec *, int);
	int what = edge_write("writev", fd);

	MAY_FAIL(what);
	return next(fd, v, what == EDGE_SHORT && n > 1 ? 1 : n);
}

EDGE_SHOWN ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	NEXT(ssize_t, "sendmsg", int, const struct msghdr *, int);
	int what = edge_fd("sendmsg", fd);
	struct msghdr copy = *m;
	struct iovec first;

	MAY_FAIL(what);
	if (what == EDGE_SHORT && copy.msg_iovlen > 0) {
		first = copy.msg_iov[0];
		if (copy.msg_iovlen == 1)
			first.iov_len = write_size(what, first.iov_len);
		copy.msg_iov = &first;
		copy.msg_iovlen = 1;
	}
	return next(fd, &copy, flags);
}

EDGE_SHOWN ssize_t sendto(
    int fd, const void *src, size_t n, int flags, __CONST_SOCKADDR_ARG to, socklen_t size)
{
	NEXT(ssize_t, "sendto", int, const void *, size_t, int, __CONST_SOCKADDR_ARG, socklen_t);
	int what = edge_fd("sendto", fd);

	MAY_FAIL(what);
	return next(fd, src, write_size(what, n), flags, to, size);
}

EDGE_SHOWN ssize_t sendfile(int to, int from, off_t *at, size_t n)
{
	NEXT(ssize_t, "sendfile", int, int, off_t *, size_t);
	int what = edge_fd("sendfile", to);

	MAY_FAIL(what);
	return next(to, from, at, write_size(what, n));
}

EDGE_SHOWN ssize_t sendfile64(int to, int from, off64_t *at, size_t n)
{
	return sendfile(to, from, at, n);
}

EDGE_SHOWN ssize_t recvfrom(
    int fd, void *dst, size_t n, int flags, __SOCKADDR_ARG from, socklen_t *size)
{
	NEXT(ssize_t, "recvfrom", int, void *, size_t, int, __SOCKADDR_ARG, socklen_t *);
	int what = edge_fd("recvfrom", fd);

	MAY_FAIL(what);
	return what == EDGE_END ? 0 : next(fd, dst, read_size(what, n), flags, from, size);
}

/* --- names ------------------------------------------------------------------------------------ */

#define WITH_MODE(flags, mode)                 \
	mode_t mode = 0;                       \
	if ((flags) & (O_CREAT | O_TMPFILE)) { \
		va_list ap;                    \
		va_start(ap, flags);           \
		mode = va_arg(ap, mode_t);     \
		va_end(ap);                    \
	}

static int do_open(const char *path, int flags, mode_t mode)
{
	NEXT(int, "open", const char *, int, ...);
	int what = edge_path(flags & O_CREAT ? "create" : "open", path);

	MAY_FAIL(what);
	return next(path, flags, mode);
}

EDGE_SHOWN int open(const char *path, int flags, ...)
{
	WITH_MODE(flags, mode);
	return do_open(path, flags, mode);
}

EDGE_SHOWN int open64(const char *path, int flags, ...)
{
	WITH_MODE(flags, mode);
	return do_open(path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

EDGE_SHOWN int __open_2(const char *path, int flags)
{
	return do_open(path, flags, 0);
}

EDGE_SHOWN int __open64_2(const char *path, int flags)
{
	return do_open(path, flags, 0);
}

EDGE_SHOWN FILE *fopen(const char *path, const char *mode)
{
	NEXT(FILE *, "fopen", const char *, const char *);
	int what = edge_path("fopen", path);

	if (what > 0) {
		errno = what;
		return NULL;
	}
	return next(path, mode);
}

EDGE_SHOWN FILE *fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

EDGE_SHOWN int mkstemp(char *template)
{
	NEXT(int, "mkstemp", char *);
	int what = edge_path("mkstemp", template);

	MAY_FAIL(what);
	return next(template);
}

EDGE_SHOWN int mkstemp64(char *template)
{
	return mkstemp(template);
}

EDGE_SHOWN int mkdir(const char *path, mode_t mode)
{
	NEXT(int, "mkdir", const char *, mode_t);
	int what = edge_path("mkdir", path);

	MAY_FAIL(what);
	return next(path, mode);
}

EDGE_SHOWN int rename(const char *from, const char *to)
{
	NEXT(int, "rename", const char *, const char *);
	int what = edge_path("rename", to);

	MAY_FAIL(what);
	return next(from, to);
}

EDGE_SHOWN int link(const char *from, const char *to)
{
	NEXT(int, "link", const char *, const char *);
	int what = edge_path("link", to);

	MAY_FAIL(what);
	return next(from, to);
}

EDGE_SHOWN int unlink(const char *path)
{
	NEXT(int, "unlink", const char *);
	int what = edge_path("unlink", path);

	MAY_FAIL(what);
	return next(path);
}

EDGE_SHOWN DIR *opendir(const char *path)
{
	NEXT(DIR *, "opendir", const char *);
	int what = edge_path("opendir", path);

	if (what > 0) {
		errno = what;
		return NULL;
	}
	return next(path);
}

EDGE_SHOWN struct dirent *readdir(DIR *dir)
{
	NEXT(struct dirent *, "readdir", DIR *);
	int what = edge_fd("readdir", dirfd(dir));

	if (what > 0) {
		errno = what;
		return NULL;
	}
	return next(dir);
}

EDGE_SHOWN struct dirent64 *readdir64(DIR *dir)
{
	NEXT(struct dirent64 *, "readdir64", DIR *);
	int what = edge_fd("readdir", dirfd(dir));

	if (what > 0) {
		errno = what;
		return NULL;
	}
	return next(dir);
}

EDGE_SHOWN int inotify_init1(int flags)
{
	NEXT(int, "inotify_init1", int);
	int what = edge_call("inotify_init1");

	MAY_FAIL(what);
	return next(flags);
}

EDGE_SHOWN int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	NEXT(int, "inotify_add_watch", int, const char *, uint32_t);
	int what = edge_path("inotify_add_watch", path);

	MAY_FAIL(what);
	return next(fd, path, mask);
}

EDGE_SHOWN int memfd_create(const char *name, unsigned flags)
{
	NEXT(int, "memfd_create", const char *, unsigned);
	int what = edge_call("memfd_create");

	MAY_FAIL(what);
	return next(name, flags);
}

EDGE_SHOWN int pipe(int fds[2])
{
	NEXT(int, "pipe", int *);
	int what = edge_call("pipe");

	MAY_FAIL(what);
	return next(fds);
}

/* --- descriptors ------------------------------------------------------------------------------ */

EDGE_SHOWN int close(int fd)
{
	NEXT(int, "close", int);
	int what = edge_fd("close", fd);

	/* Linux has closed it in any case. */
	next(fd);
	MAY_FAIL(what);
	return 0;
}

EDGE_SHOWN int dup(int fd)
{
	NEXT(int, "dup", int);
	int what = edge_fd("dup", fd);

	MAY_FAIL(what);
	return next(fd);
}

EDGE_SHOWN int fcntl(int fd, int cmd, ...)
{
	NEXT(int, "fcntl", int, int, ...);
	int what = edge_fd("fcntl", fd);
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	MAY_FAIL(what);
	return next(fd, cmd, arg);
}

EDGE_SHOWN int fcntl64(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	return fcntl(fd, cmd, arg);
}

EDGE_SHOWN int fsync(int fd)
{
	NEXT(int, "fsync", int);
	int what = edge_fd("fsync", fd);

	MAY_FAIL(what);
	return next(fd);
}

EDGE_SHOWN int ftruncate(int fd, off_t size)
{
	NEXT(int, "ftruncate", int, off_t);
	int what = edge_fd("ftruncate", fd);

	MAY_FAIL(what);
	return next(fd, size);
}

EDGE_SHOWN int ftruncate64(int fd, off64_t size)
{
	return ftruncate(fd, size);
}

EDGE_SHOWN int fchmod(int fd, mode_t mode)
{
	NEXT(int, "fchmod", int, mode_t);
	int what = edge_fd("fchmod", fd);

	MAY_FAIL(what);
	return next(fd, mode);
}

EDGE_SHOWN int flock(int fd, int how)
{
	NEXT(int, "flock", int, int);
	int what = edge_fd("flock", fd);

	MAY_FAIL(what);
	return next(fd, how);
}

EDGE_SHOWN int ioctl(int fd, unsigned long request, ...)
{
	NEXT(int, "ioctl", int, unsigned long, ...);
	int what = edge_fd("ioctl", fd);
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	MAY_FAIL(what);
	return next(fd, request, arg);
}

EDGE_SHOWN int tcgetattr(int fd, struct termios *t)
{
	NEXT(int, "tcgetattr", int, struct termios *);
	int what = edge_fd("tcgetattr", fd);

	MAY_FAIL(what);
	return next(fd, t);
}

EDGE_SHOWN int tcsetattr(int fd, int when, const struct termios *t)
{
	NEXT(int, "tcsetattr", int, int, const struct termios *);
	int what = edge_fd("tcsetattr", fd);

	MAY_FAIL(what);
	return next(fd, when, t);
}

EDGE_SHOWN int tcflush(int fd, int which)
{
	NEXT(int, "tcflush", int, int);
	int what = edge_fd("tcflush", fd);

	MAY_FAIL(what);
	return next(fd, which);
}

/* --- waiting ---------------------------------------------------------------------------------- */

EDGE_SHOWN int select(int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *tv)
{
	NEXT(int, "select", int, fd_set *, fd_set *, fd_set *, struct timeval *);
	int what = edge_call("select");

	MAY_FAIL(what);
	return next(n, r, w, x, tv);
}

EDGE_SHOWN int pselect(
    int n, fd_set *r, fd_set *w, fd_set *x, const struct timespec *ts, const sigset_t *mask)
{
	NEXT(int, "pselect", int, fd_set *, fd_set *, fd_set *, const struct timespec *,
	    const sigset_t *);
	int what = edge_call("pselect");

	MAY_FAIL(what);
	return next(n, r, w, x, ts, mask);
}

EDGE_SHOWN int poll(struct pollfd *fds, nfds_t n, int ms)
{
	NEXT(int, "poll", struct pollfd *, nfds_t, int);
	int what = edge_call("poll");

	MAY_FAIL(what);
	return next(fds, n, ms);
}

/* --- sockets ---------------------------------------------------------------------------------- */

/* glibc takes any kind of address where a GNU program asks for it. */

EDGE_SHOWN int socket(int domain, int type, int protocol)
{
	NEXT(int, "socket", int, int, int);
	int what = edge_call("socket");

	MAY_FAIL(what);
	return next(domain, type, protocol);
}

EDGE_SHOWN int bind(int fd, __CONST_SOCKADDR_ARG to, socklen_t n)
{
	NEXT(int, "bind", int, __CONST_SOCKADDR_ARG, socklen_t);
	int what = edge_fd("bind", fd);

	MAY_FAIL(what);
	return next(fd, to, n);
}

EDGE_SHOWN int listen(int fd, int n)
{
	NEXT(int, "listen", int, int);
	int what = edge_fd("listen", fd);

	MAY_FAIL(what);
	return next(fd, n);
}

EDGE_SHOWN int setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
	NEXT(int, "setsockopt", int, int, int, const void *, socklen_t);
	int what = edge_fd("setsockopt", fd);

	MAY_FAIL(what);
	return next(fd, level, name, value, n);
}

EDGE_SHOWN int getsockname(int fd, __SOCKADDR_ARG to, socklen_t *n)
{
	NEXT(int, "getsockname", int, __SOCKADDR_ARG, socklen_t *);
	int what = edge_fd("getsockname", fd);

	MAY_FAIL(what);
	return next(fd, to, n);
}

EDGE_SHOWN int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t n)
{
	NEXT(int, "connect", int, __CONST_SOCKADDR_ARG, socklen_t);
	int what = edge_fd("connect", fd);

	MAY_FAIL(what);
	return next(fd, to, n);
}

EDGE_SHOWN int getsockopt(int fd, int level, int name, void *value, socklen_t *n)
{
	NEXT(int, "getsockopt", int, int, int, void *, socklen_t *);
	int what = edge_fd("getsockopt", fd);

	MAY_FAIL(what);
	return next(fd, level, name, value, n);
}

EDGE_SHOWN int accept(int fd, __SOCKADDR_ARG from, socklen_t *n)
{
	NEXT(int, "accept", int, __SOCKADDR_ARG, socklen_t *);
	int what = edge_fd("accept", fd);

	MAY_FAIL(what);
	return next(fd, from, n);
}

EDGE_SHOWN int accept4(int fd, __SOCKADDR_ARG from, socklen_t *n, int flags)
{
	NEXT(int, "accept4", int, __SOCKADDR_ARG, socklen_t *, int);
	int what = edge_fd("accept4", fd);

	MAY_FAIL(what);
	return next(fd, from, n, flags);
}
