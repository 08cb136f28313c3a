/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for the disk beside the loop: POSIX's asynchronous fsync. */
#include "tasmite/io/syncfile.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tasmite/base/xalloc.h"

struct syncfile {
	struct aiocb cb;
	int result; /* errno, once it is over */
	bool over;
};

struct syncfile *syncfile_begin(int fd)
{
	struct syncfile *s = xcalloc(1, sizeof(*s));

	s->cb.aio_fildes = fd;
	s->cb.aio_sigevent.sigev_notify = SIGEV_NONE;
	if (aio_fsync(O_SYNC, &s->cb) == 0)
		return s;
	/* A system that can't: then it is waited for. */
	s->over = true;
	s->result = fsync(fd) < 0 ? errno : 0;
	return s;
}

int syncfile_done(struct syncfile *s, bool wait, struct err *err)
{
	const struct aiocb *list[1] = {&s->cb};

	while (!s->over) {
		int rc = aio_error(&s->cb);

		if (rc == EINPROGRESS && !wait)
			return ERR_AGAIN;
		if (rc == EINPROGRESS) {
			(void)aio_suspend(list, 1, NULL); /* a signal: once more */
			continue;
		}
		(void)aio_return(&s->cb);
		s->over = true;
		s->result = rc;
	}
	return s->result ? err_sys(err, s->result, "the disk did not take it") : ERR_OK;
}

void syncfile_free(struct syncfile *s)
{
	if (!s)
		return;
	(void)syncfile_done(s, true, NULL); /* the system still writes into it */
	free(s);
}
