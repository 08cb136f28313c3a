/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes in folders by inotify(7) of Linux; elsewhere there is no such word. */
#include "notify.h"

#include <errno.h>
#include <unistd.h>

#include "tasmite/base/platform.h"

#if TASMITE_LINUX
#include <stdint.h>
#include <sys/inotify.h>

/* Reads per turn; the kernel merges equal events and drops all beyond its own limit. */
#define READS_MAX 8

#define MASK                                                                                \
	(IN_CREATE | IN_ATTRIB | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | \
	    IN_MOVE_SELF | IN_ONLYDIR)

int notify_open(void)
{
	return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

int notify_add(int fd, const char *folder, bool written)
{
	return inotify_add_watch(fd, folder, MASK | (written ? IN_CLOSE_WRITE : 0));
}

void notify_remove(int fd, int folder)
{
	inotify_rm_watch(fd, folder);
}

bool notify_read(int fd, void (*fn)(void *ctx, int folder, const char *name, bool lost), void *ctx)
{
	_Alignas(struct inotify_event) char buf[4096];

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = read(fd, buf, sizeof(buf)), at = 0;

		while (at + (ssize_t)sizeof(struct inotify_event) <= n) {
			const struct inotify_event *ev = (const void *)(buf + at);

			fn(ctx, ev->wd, ev->len ? ev->name : "", ev->mask & IN_Q_OVERFLOW);
			at += (ssize_t)(sizeof(*ev) + ev->len);
		}
		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR);
	}
	return true;
}

#else

int notify_open(void)
{
	errno = ENOSYS;
	return -1;
}

int notify_add(int fd, const char *folder, bool written)
{
	(void)fd, (void)folder, (void)written;
	errno = ENOSYS;
	return -1;
}

void notify_remove(int fd, int folder)
{
	(void)fd, (void)folder;
}

bool notify_read(int fd, void (*fn)(void *ctx, int folder, const char *name, bool lost), void *ctx)
{
	(void)fd, (void)fn, (void)ctx;
	return false;
}
#endif
