/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A backup on its way into a file. */
#include "flash_save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/files.h"
#include "tasmite/io/syncfile.h"
#include "tasmite/proto/digest.h"

struct flash_save {
	char path[512];
	char part[520];
	int fd;
	uint64_t bytes;
	bool finished;
	struct syncfile *sync; /* on its way to the disk */
	bool piece;	       /* the one that flash_save_take is called with is in it already */
	struct digest_md5 md5;
	char hex[2 * DIGEST_MD5_SIZE + 1];
};

static int open_part(struct flash_save *s, struct err *err)
{
	struct stat st;

	/* A link in its place would lead the flash's passwords elsewhere. */
	s->fd = files_open(
	    s->part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	if (s->fd < 0)
		return err_sys(err, errno, "the backup can't be written to %s", s->part);
	if (fstat(s->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_PERM, 0, "%s is no regular file", s->part);
	if (fchmod(s->fd, 0600) < 0) /* it may be there from before, with another mode */
		return err_sys(err, errno, "%s can't be kept from others' eyes", s->part);
	return ERR_OK;
}

struct flash_save *flash_save_open(const char *path, struct err *err)
{
	struct flash_save *s = xcalloc(1, sizeof(*s));
	int rc;

	s->fd = -1;
	rc = files_expand(path, s->path, sizeof(s->path), err);
	if (rc == ERR_OK && !str_fmt(s->part, sizeof(s->part), "%s.part", s->path))
		rc = err_set(err, ERR_RANGE, 0, "the name of the backup is too long");
	if (rc == ERR_OK && files_exists(s->path))
		rc = err_set(err, ERR_BUSY, 0,
		    "%s is there already and is not overwritten: take another name", s->path);
	if (rc == ERR_OK)
		rc = open_part(s, err);
	if (rc != ERR_OK) {
		flash_save_free(s);
		return NULL;
	}
	digest_md5_begin(&s->md5);
	return s;
}

bool flash_save_taken(const char *path)
{
	char full[512];

	return files_expand(path, full, sizeof(full), NULL) == ERR_OK && files_exists(full);
}

int flash_save_add(struct flash_save *s, const uint8_t *bytes, size_t n, struct err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t rc = write(s->fd, bytes + done, n - done);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0)
			return err_sys(err, rc < 0 ? errno : ENOSPC,
			    "the backup can't be written to %s", s->part);
		done += (size_t)rc;
	}
	digest_md5_add(&s->md5, bytes, n);
	s->bytes += n;
	return ERR_OK;
}

int flash_save_rewind(struct flash_save *s, struct err *err)
{
	if (ftruncate(s->fd, 0) < 0 || lseek(s->fd, 0, SEEK_SET) < 0)
		return err_sys(err, errno, "the backup can't be begun anew in %s", s->part);
	s->bytes = 0;
	digest_md5_begin(&s->md5);
	return ERR_OK;
}

/* In the form that `md5sum -c` reads. */
static int write_md5(const struct flash_save *s, struct err *err)
{
	const char *name = strrchr(s->path, '/');
	char path[520], text[600];

	if (!str_fmt(path, sizeof(path), "%s.md5", s->path) ||
	    !str_fmt(text, sizeof(text), "%s  %s\n", s->hex, name ? name + 1 : s->path))
		return err_set(err, ERR_RANGE, 0, "the name of the backup is too long");
	return files_store(path, text, strlen(text), 0600, err);
}

/* It is on the disk: its name. */
static int name_it(struct flash_save *s, struct err *err)
{
	uint8_t md5[DIGEST_MD5_SIZE];

	/* link() does not replace what came there meanwhile; where it is not possible (a FAT
	 * stick), rename() has to do. */
	if (link(s->part, s->path) == 0) {
		unlink(s->part);
	} else if (errno == EEXIST) {
		return err_set(err, ERR_BUSY, 0,
		    "%s has come into being meanwhile: the backup is %s", s->path, s->part);
	} else if (rename(s->part, s->path) < 0) {
		return err_sys(err, errno, "the backup can't get its name; it is %s", s->part);
	}
	s->finished = true;
	digest_md5_end(&s->md5, md5);
	digest_hex(md5, sizeof(md5), s->hex);
	return write_md5(s, err);
}

int flash_save_finish(struct flash_save *s, bool wait, struct err *err)
{
	int rc;

	if (!s->sync)
		s->sync = syncfile_begin(s->fd);
	rc = syncfile_done(s->sync, wait, err);
	if (rc == ERR_AGAIN)
		return rc;
	syncfile_free(s->sync);
	s->sync = NULL;
	if (rc != ERR_OK)
		return err_sys(err, err->sys, "the backup did not reach the disk (%s)", s->part);
	return name_it(s, err);
}

int flash_save_take(struct flash_save **s, const char *path, const uint8_t *bytes, size_t n,
    uint64_t whole, struct err *err)
{
	int rc = ERR_OK;

	if (!*s && !(*s = flash_save_open(path, err)))
		return err->code;
	if (!(*s)->piece)
		rc = flash_save_add(*s, bytes, n, err);
	(*s)->piece = rc == ERR_OK;
	if (rc == ERR_OK && (*s)->bytes >= whole)
		rc = flash_save_finish(*s, false, err);
	if (rc != ERR_AGAIN)
		(*s)->piece = false;
	return rc;
}

const char *flash_save_path(const struct flash_save *s)
{
	return s->finished ? s->path : s->part;
}

uint64_t flash_save_bytes(const struct flash_save *s)
{
	return s->bytes;
}

const char *flash_save_md5(const struct flash_save *s)
{
	return s->hex;
}

void flash_save_free(struct flash_save *s)
{
	if (!s)
		return;
	syncfile_free(s->sync);
	if (s->fd >= 0)
		close(s->fd);
	if (s->fd >= 0 && !s->finished && !s->bytes)
		unlink(s->part);
	free(s);
}
