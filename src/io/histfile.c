/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of what was entered, shared by sessions. */
#define _DEFAULT_SOURCE /* flock */
#include "tasmite/io/histfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/files.h"

/* What is read at once; of more the end. */
#define READ_MAX (64 * 1024 * 1024)
/* The file was replaced between opening and locking: opened again. */
#define TRIES 4

struct histfile {
	char path[PATH_MAX];
	size_t limit;
	struct histfile_ops ops;
	void *ctx;
	bool known; /* the file below was read */
	dev_t dev;
	ino_t ino;
	off_t seen;   /* offset behind the last line that was handed on */
	size_t lines; /* counted so far */
};

struct histfile *histfile_new(
    const char *path, size_t limit, const struct histfile_ops *ops, void *ctx)
{
	struct histfile *h = xcalloc(1, sizeof(*h));

	str_copy(h->path, sizeof(h->path), path);
	h->limit = limit;
	h->ops = *ops;
	h->ctx = ctx;
	return h;
}

void histfile_free(struct histfile *h)
{
	free(h);
}

/* ---- folding ---------------------------------------------------------------------------------- */

static size_t hash(const char *s)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

/* Keeps of n lines the newest `limit`, each where it stands last; returns how many. */
static size_t fold(char **lines, size_t n, size_t limit)
{
	size_t size = 16, kept = 0, i;
	const char **set;

	if (!n)
		return 0;
	while (size < n * 2)
		size *= 2;
	set = xcalloc(size, sizeof(*set));
	for (i = n; i-- > 0 && kept < limit;) {
		size_t at = hash(lines[i]) & (size - 1);

		while (set[at] && strcmp(set[at], lines[i]) != 0)
			at = (at + 1) & (size - 1);
		if (set[at] || !*lines[i])
			continue;
		set[at] = lines[i];
		lines[n - ++kept] = lines[i];
	}
	free(set);
	memmove(lines, lines + n - kept, kept * sizeof(*lines));
	return kept;
}

/* Cuts the text into lines, in place; what follows the last line feed is none (it is being
 * written). */
static size_t split(char *text, size_t size, char ***lines, size_t *used)
{
	size_t n = 0, cap = 0;
	char *p = text, *end;

	*lines = NULL;
	while ((end = memchr(p, '\n', size - (size_t)(p - text))) != NULL) {
		*end = '\0';
		if (n == cap) {
			cap = cap ? cap * 2 : 256;
			*lines = xreallocarray(*lines, cap, sizeof(**lines));
		}
		(*lines)[n++] = p;
		p = end + 1;
	}
	*used = (size_t)(p - text);
	return n;
}

/* ---- reading ---------------------------------------------------------------------------------- */

/* Opens the file; *fd -1: there is none. */
static int open_file(const struct histfile *h, int flags, int *fd, struct stat *st, struct err *err)
{
	*fd = files_open(h->path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (*fd < 0 && errno == ENOENT && !(flags & O_CREAT))
		return ERR_OK;
	if (*fd < 0)
		return err_sys(err, errno, "cannot open %s", h->path);
	if (fstat(*fd, st) == 0 && S_ISREG(st->st_mode))
		return ERR_OK;
	close(*fd);
	*fd = -1;
	return err_set(err, ERR_INVAL, 0, "%s is no file", h->path);
}

/* From offset up to n bytes, a zero behind; returns how many there were. *sys: an errno value when
 * that is not all. */
static size_t read_at(int fd, off_t offset, size_t n, char **text, int *sys)
{
	size_t got = 0;

	*sys = 0;

	*text = xmalloc(n + 1);
	while (got < n) {
		ssize_t r = pread(fd, *text + got, n - got, offset + (off_t)got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			*sys = errno;
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	(*text)[got] = '\0';
	return got;
}

/* Hands on the lines between what was seen and the present end. Returns 0, or the errno value when
 * they can't all be read: the rest is for the next time. */
static int take_news(struct histfile *h, int fd, const struct stat *st)
{
	bool same =
	    h->known && st->st_dev == h->dev && st->st_ino == h->ino && st->st_size >= h->seen;
	off_t from = same ? h->seen : 0;
	size_t n, used, size;
	char *text, **lines;
	int sys;

	if (!same) {
		h->lines = 0;
		/* The first line of all makes the file: nothing comes of it that could be known. */
		if (h->known || st->st_size)
			h->ops.anew(h->ctx);
	}
	h->known = true;
	h->dev = st->st_dev;
	h->ino = st->st_ino;
	if (st->st_size - from > READ_MAX)
		from = st->st_size - READ_MAX;
	size = read_at(fd, from, (size_t)(st->st_size - from), &text, &sys);
	n = split(text, size, &lines, &used);
	h->lines += n;
	if (!same)
		n = fold(lines, n, h->limit);
	for (size_t i = 0; i < n; i++)
		if (*lines[i])
			h->ops.line(h->ctx, lines[i], !same);
	h->seen = from + (off_t)used;
	free(lines);
	free(text);
	return sys;
}

int histfile_read(struct histfile *h, struct err *err)
{
	struct stat st;
	int fd, sys, rc = open_file(h, O_RDONLY, &fd, &st, err);

	if (rc != ERR_OK || fd < 0)
		return rc;
	sys = take_news(h, fd, &st);
	close(fd);
	return sys ? err_sys(err, sys, "cannot read %s", h->path) : ERR_OK;
}

/* ---- writing ---------------------------------------------------------------------------------- */

/* Opens the file and locks it; it is then the one that the path leads to. */
static int open_locked(
    const struct histfile *h, int flags, int *fd, struct stat *st, struct err *err)
{
	struct stat now;
	int rc, sys;

	for (int i = 0; i < TRIES; i++) {
		rc = open_file(h, O_RDWR | flags, fd, st, err);
		if (rc != ERR_OK || *fd < 0)
			return rc;
		do {
			sys = flock(*fd, LOCK_EX | LOCK_NB) < 0 ? errno : 0;
		} while (sys == EINTR);
		if (!sys && fstat(*fd, st) == 0 && stat(h->path, &now) == 0 &&
		    now.st_ino == st->st_ino && now.st_dev == st->st_dev)
			return ERR_OK;
		close(*fd);
		*fd = -1;
		if (sys)
			return err_sys(err, sys, "cannot lock %s", h->path);
	}
	return err_set(err, ERR_AGAIN, 0, "%s is being replaced", h->path);
}

/* A record is there as a whole or not at all. Returns 0 or an errno value. */
static int write_record(int fd, const char *record, size_t n, off_t end)
{
	size_t done = 0;

	while (done < n) {
		ssize_t w = pwrite(fd, record + done, n - done, end + (off_t)done);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0) {
			int sys = w < 0 ? errno : EIO;

			return ftruncate(fd, end) < 0 ? errno : sys;
		}
		done += (size_t)w;
	}
	return 0;
}

/* What a crash has left behind the last line feed would swallow the next line. */
static off_t end_of_lines(int fd, off_t size)
{
	char last;

	while (size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n')
		size--;
	return size;
}

int histfile_append(struct histfile *h, const char *line, struct err *err)
{
	size_t n = strlen(line);
	char *record;
	struct stat st;
	off_t end;
	int fd, sys = 0, rc = open_locked(h, O_CREAT, &fd, &st, err);

	if (rc != ERR_OK)
		return rc;
	if ((st.st_mode & 077) && fchmod(fd, 0600) < 0)
		sys = errno; /* others could read it: not written */
	record = xmalloc(n + 1);
	memcpy(record, line, n);
	record[n] = '\n';
	if (!sys) {
		bool known = take_news(h, fd, &st) == 0;

		end = end_of_lines(fd, st.st_size);
		if (end < st.st_size && ftruncate(fd, end) < 0)
			sys = errno;
		if (!sys)
			sys = write_record(fd, record, n + 1, end);
		if (!sys && known) {
			h->seen = end + (off_t)n + 1;
			h->lines++;
		}
	}
	free(record);
	close(fd);
	return sys ? err_sys(err, sys, "cannot append to %s", h->path) : ERR_OK;
}

/* The folded lines as one text. */
static char *folded_text(char *text, size_t size, size_t limit, size_t *length)
{
	size_t used, n, at = 0;
	char **lines, *out = xmalloc(size + 1);

	n = split(text, size, &lines, &used);
	n = fold(lines, n, limit);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(lines[i]);

		memcpy(out + at, lines[i], len);
		out[at + len] = '\n';
		at += len + 1;
	}
	free(lines);
	*length = at;
	return out;
}

int histfile_shorten(struct histfile *h, struct err *err)
{
	char *text, *out;
	struct stat st;
	size_t size, length;
	int fd, rc, sys;

	if (h->lines <= h->limit * 2)
		return ERR_OK;
	rc = open_locked(h, 0, &fd, &st, err);
	if (rc != ERR_OK || fd < 0)
		return rc;
	/* Under the lock nobody appends: all that is in it is read here. */
	size = read_at(fd, st.st_size > READ_MAX ? st.st_size - READ_MAX : 0,
	    (size_t)(st.st_size > READ_MAX ? READ_MAX : st.st_size), &text, &sys);
	out = folded_text(text, size, h->limit, &length);
	/* What could not be read must not be lost. */
	rc = sys ? err_sys(err, sys, "cannot read %s", h->path)
		 : files_replace(h->path, out, length, 0600, err);
	free(out);
	free(text);
	close(fd);
	h->known = false;
	return rc;
}
