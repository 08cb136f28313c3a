/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pseudo-terminal that plays the USB adapter; see pty_front.h. */
#define _GNU_SOURCE /* cfmakeraw, ptsname_r */
#include "pty_front.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* A port begins raw, so that nothing is echoed to the chip before the host has set it up. The
 * slave is not kept open: its last close must be seen. */
static int make_raw(const char *slave)
{
	struct termios t;
	int fd = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC), rc;

	if (fd < 0)
		return -1;
	rc = tcgetattr(fd, &t);
	if (rc == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B115200);
		t.c_cflag |= HUPCL; /* as an adapter has it at first; a pty alone does not care */
		rc = tcsetattr(fd, TCSANOW, &t);
	}
	close(fd);
	return rc;
}

static int make_link(const struct sim_pty *p)
{
	char tmp[4096];
	struct stat st;

	if (!p->link)
		return 0;
	if (lstat(p->link, &st) == 0 && !S_ISLNK(st.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	if (snprintf(tmp, sizeof(tmp), "%s.%ld", p->link, (long)getpid()) >= (int)sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (symlink(p->target, tmp) < 0)
		return -1;
	if (rename(tmp, p->link) < 0) {
		int saved = errno;

		unlink(tmp);
		errno = saved;
		return -1;
	}
	return 0;
}

int sim_pty_plug(struct sim_pty *p, const char *link)
{
	int saved;

	p->link = link;
	p->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->fd < 0)
		return -1;
	if (grantpt(p->fd) == 0 && unlockpt(p->fd) == 0 &&
	    ptsname_r(p->fd, p->target, sizeof(p->target)) == 0 && make_raw(p->target) == 0 &&
	    fcntl(p->fd, F_SETFL, O_NONBLOCK) == 0 && make_link(p) == 0)
		return 0;
	saved = errno;
	close(p->fd);
	p->fd = -1;
	errno = saved;
	return -1;
}

void sim_pty_unplug(struct sim_pty *p)
{
	char target[sizeof(p->target)];
	ssize_t n;

	if (p->fd < 0)
		return;
	/* Another device may have taken the name over meanwhile. */
	n = p->link ? readlink(p->link, target, sizeof(target) - 1) : 0;
	if (n > 0) {
		target[n] = '\0';
		if (strcmp(target, p->target) == 0)
			unlink(p->link);
	}
	close(p->fd);
	p->fd = -1;
}

bool sim_pty_host_there(const struct sim_pty *p)
{
	struct pollfd f = {.fd = p->fd};

	if (p->fd < 0)
		return false;
	return poll(&f, 1, 0) >= 0 && !(f.revents & POLLHUP);
}

void sim_pty_flush(const struct sim_pty *p)
{
	if (p->fd >= 0)
		tcflush(p->fd, TCIOFLUSH);
}

size_t sim_pty_read(const struct sim_pty *p, void *dst, size_t n)
{
	ssize_t r = p->fd < 0 ? -1 : read(p->fd, dst, n);

	/* EAGAIN: nothing there; EIO: nobody has the slave open. */
	return r > 0 ? (size_t)r : 0;
}

size_t sim_pty_write(const struct sim_pty *p, const void *src, size_t n)
{
	ssize_t r = p->fd < 0 ? -1 : write(p->fd, src, n);

	return r > 0 ? (size_t)r : 0;
}
