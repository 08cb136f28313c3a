/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A regular file, read from its start or by pieces. */
#include "tasmite/io/infile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/xalloc.h"
#include "tasmite/io/files.h"

struct infile {
	int fd;
	uint64_t size;
	char *path;
};

struct infile *infile_open(const char *path, struct err *err)
{
	struct infile *f;
	struct stat st;
	int fd = -1;

	/* Looked at before: opening alone moves the lines of a serial port. */
	if (stat(path, &st) < 0 ||
	    (S_ISREG(st.st_mode) &&
		(fd = files_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0)) < 0)) {
		err_sys(err, errno, "cannot read %s", path);
		return NULL;
	}
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		err_set(err, ERR_INVAL, 0, "cannot read %s: it is no regular file", path);
		return NULL;
	}
	f = xcalloc(1, sizeof(*f));
	f->fd = fd;
	f->size = (uint64_t)st.st_size;
	f->path = xstrdup(path);
	return f;
}

ssize_t infile_read(struct infile *f, void *dst, size_t n, struct err *err)
{
	ssize_t got;

	do {
		got = read(f->fd, dst, n);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? err_sys(err, errno, "cannot read %s", f->path) : got;
}

uint64_t infile_size(const struct infile *f)
{
	return f->size;
}

bool infile_read_at(struct infile *f, uint64_t offset, void *dst, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t got = pread(f->fd, (char *)dst + at, n - at, (off_t)(offset + at));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += (size_t)got;
	}
	return true;
}

void infile_close(struct infile *f)
{
	if (!f)
		return;
	close(f->fd);
	free(f->path);
	free(f);
}
