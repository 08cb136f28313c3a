/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A firmware file, piece by piece. */
#include "file_look.h"

#include <stdlib.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/infile.h"
#include "tasmite/proto/deflate.h"

/* Bytes that are read, or unpacked, at a time: a millisecond. */
#define READ_PIECE   (256u * 1024)
#define UNPACK_PIECE (128u * 1024)

struct file_look {
	char *path;
	size_t largest;
	struct infile *in;
	uint8_t *data, *inner; /* inner: what is packed in it */
	size_t n, inner_n, room;
	struct gunzip *gz;
	struct image_info info;
	int (*step)(struct file_look *l, struct err *err);
};

static int step_none(struct file_look *l, struct err *err)
{
	(void)l;
	(void)err;
	return ERR_OK;
}

static int step_inner(struct file_look *l, struct err *err)
{
	(void)err;
	image_inspect_inner(l->inner, l->inner_n, l->path, &l->info);
	l->step = step_none;
	return ERR_OK;
}

static int step_unpack(struct file_look *l, struct err *err)
{
	int rc;

	(void)err;
	if (!l->gz)
		l->gz = gunzip_new(l->data, l->n, l->largest);
	rc = l->gz ? gunzip_step(l->gz, UNPACK_PIECE) : ERR_FORMAT;
	if (rc == ERR_AGAIN)
		return rc;
	if (rc == ERR_OK)
		l->inner = gunzip_take(l->gz, &l->inner_n);
	gunzip_free(l->gz);
	l->gz = NULL;
	l->step = rc == ERR_OK ? step_inner : step_none;
	if (rc == ERR_OK)
		return ERR_AGAIN;
	l->info.fault = IMAGE_FAULT_PACKING;
	return ERR_OK;
}

static int step_look(struct file_look *l, struct err *err)
{
	(void)err;
	image_inspect(l->data, l->n, l->path, &l->info);
	l->step = l->info.kind == IMAGE_GZIP ? step_unpack : step_none;
	return l->step == step_none ? ERR_OK : ERR_AGAIN;
}

static int too_big(const struct file_look *l, struct err *err)
{
	char limit[24];

	return err_set(err, ERR_RANGE, 0, "%s is too big: more than %s", l->path,
	    str_size(limit, sizeof(limit), l->largest));
}

/* It may grow meanwhile: what is read counts, not what its size was. */
static int step_read(struct file_look *l, struct err *err)
{
	size_t most;
	ssize_t got;

	if (l->n == l->room) {
		l->room += READ_PIECE;
		l->data = xrealloc(l->data, l->room);
	}
	most = l->room - l->n;
	got = infile_read(l->in, l->data + l->n, most < READ_PIECE ? most : READ_PIECE, err);
	if (got < 0)
		return (int)got;
	l->n += (size_t)got;
	if (l->n > l->largest)
		return too_big(l, err);
	if (got > 0)
		return ERR_AGAIN;
	infile_close(l->in);
	l->in = NULL;
	l->step = step_look;
	return ERR_AGAIN;
}

static int step_open(struct file_look *l, struct err *err)
{
	l->in = infile_open(l->path, err);
	if (!l->in)
		return err->code;
	if (infile_size(l->in) > l->largest)
		return too_big(l, err);
	l->room = (size_t)infile_size(l->in) + 1; /* one more, to see the end */
	l->data = xmalloc(l->room);
	l->step = step_read;
	return ERR_AGAIN;
}

struct file_look *file_look_new(const char *path, size_t largest)
{
	struct file_look *l = xcalloc(1, sizeof(*l));

	l->path = xstrdup(path);
	l->largest = largest;
	l->step = step_open;
	return l;
}

int file_look_step(struct file_look *l, struct err *err)
{
	return l->step(l, err);
}

const struct image_info *file_look_info(const struct file_look *l)
{
	return &l->info;
}

const uint8_t *file_look_bytes(const struct file_look *l, size_t *n)
{
	*n = l->n;
	return l->data;
}

const uint8_t *file_look_inner(const struct file_look *l, size_t *n)
{
	*n = l->inner_n;
	return l->inner;
}

uint8_t *file_look_take(struct file_look *l)
{
	uint8_t *data = l->data;

	l->data = NULL;
	return data;
}

void file_look_free(struct file_look *l)
{
	if (!l)
		return;
	infile_close(l->in);
	gunzip_free(l->gz);
	free(l->data);
	free(l->inner);
	free(l->path);
	free(l);
}
