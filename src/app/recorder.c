/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recording of the session to a file. */
#include "recorder.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/rawlog.h"
#include "tasmite/io/infile.h"

#define MAGIC_LENGTH (sizeof(RAWLOG_MAGIC) - 1)
/* A piece of the link, its records' heads included. */
#define ENCODED_MAX (4 * RAWLOG_MAX_RECORD)

struct recorder {
	struct recorder_options o;
	struct capture *c;
	struct textlog text;
	struct buf encoded;
	mono_t last;	 /* RAW: time of the last record */
	mono_t now;	 /* while something is written */
	uint64_t limit;	 /* of the file's size, 0: none */
	bool line_open;	 /* the file ends within a line */
	char line[24];	 /* RAW: the last rate told */
	struct err told; /* of the last rotation */
};

static const char *eol_of(enum line_eol eol)
{
	static const char *const names[] = {[LINE_EOL_NONE] = "",
	    [LINE_EOL_LF] = "\n",
	    [LINE_EOL_CR] = "\r",
	    [LINE_EOL_CRLF] = "\r\n",
	    [LINE_EOL_LFCR] = "\n\r"};

	return names[eol];
}

/* ---- the file -------------------------------------------------------------------------------- */

/* How writing went is kept by the capture, and asked for there. */
static void put(struct recorder *r, const void *bytes, size_t n)
{
	(void)capture_write(r->c, bytes, n, r->now, NULL);
}

static bool is_full(const struct recorder *r)
{
	return r->limit && capture_file_size(r->c) >= r->limit;
}

static void rotate(struct recorder *r)
{
	if (capture_rotate(r->c, r->o.keep, r->now, &r->told) == ERR_OK)
		r->limit = r->o.rotate;
	else /* not again with each byte */
		r->limit = capture_file_size(r->c) + r->o.rotate;
}

/* Lines: a file ends with a whole one. */
static void put_lines(struct recorder *r, const uint8_t *bytes, size_t n)
{
	const uint8_t *end;

	while (n && is_full(r)) {
		if (r->line_open) {
			size_t k;

			end = memchr(bytes, '\n', n);
			if (!end)
				break;
			k = (size_t)(end - bytes) + 1;
			put(r, bytes, k);
			r->line_open = false;
			bytes += k;
			n -= k;
		}
		rotate(r);
	}
	if (!n)
		return;
	put(r, bytes, n);
	r->line_open = bytes[n - 1] != '\n';
}

static void text_out(void *ctx, const void *text, size_t n)
{
	put_lines(ctx, text, n);
}

/* ---- raw ------------------------------------------------------------------------------------- */

static void put_record(struct recorder *r, char kind, const void *bytes, size_t n, mono_t at)
{
	while (rawlog_put(&r->encoded, kind, bytes, n, at, &r->last) < 0) {
		/* More than a piece: the first half, then the rest. */
		size_t half = n / 2;

		put_record(r, kind, bytes, half, at);
		bytes = (const uint8_t *)bytes + half;
		n -= half;
	}
	/* Half a record would make what follows unreadable. */
	(void)capture_write_whole(r->c, buf_bytes(&r->encoded), buf_len(&r->encoded), r->now, NULL);
	buf_clear(&r->encoded);
}

static void begin_raw(struct recorder *r, mono_t at)
{
	char wall[32];

	if (!capture_file_size(r->c))
		put(r, RAWLOG_MAGIC, MAGIC_LENGTH);
	r->last = at;
	str_fmt(wall, sizeof(wall), "%lld", (long long)(at + r->o.wall_offset_us));
	put_record(r, 'W', wall, strlen(wall), at);
	if (r->line[0])
		put_record(r, 'B', r->line, strlen(r->line), at);
}

static void put_raw(struct recorder *r, char kind, const void *bytes, size_t n, mono_t at)
{
	if (is_full(r)) {
		rotate(r);
		if (!capture_file_size(r->c))
			begin_raw(r, at);
	}
	put_record(r, kind, bytes, n, at);
}

/* ---- what is there already ------------------------------------------------------------------- */

static int look_over(struct infile *f, bool raw, const char *path, struct err *err)
{
	struct rawlog_reader reader;
	struct rawlog_record rec;
	struct buf b;
	uint8_t piece[8192];
	ssize_t n;
	int rc = ERR_OK;

	rawlog_reader_init(&reader);
	buf_init(&b, 2 * RAWLOG_MAX_RECORD);
	while (rc == ERR_OK && (n = infile_read(f, piece, sizeof(piece), err)) != 0) {
		size_t used;

		if (n < 0) {
			rc = (int)n;
			break;
		}
		(void)buf_append(&b, piece, (size_t)n);
		if (!raw && buf_len(&b) >= MAGIC_LENGTH)
			break;
		while (raw && (rc = rawlog_next(
				   &reader, buf_bytes(&b), buf_len(&b), &used, &rec, NULL)) > 0)
			buf_consume(&b, used);
		if (raw)
			buf_consume(&b, used);
	}
	if (rc == ERR_FORMAT)
		err_set(err, rc, 0, "%s is %s: record to another file", path,
		    reader.begun ? "a damaged raw recording" : "no raw recording");
	else if (rc == ERR_OK && raw && reader.cut)
		rc = err_set(
		    err, ERR_FORMAT, 0, "the end of %s is not whole: record to another file", path);
	else if (rc == ERR_OK && !raw && buf_len(&b) >= MAGIC_LENGTH &&
		 !memcmp(buf_bytes(&b), RAWLOG_MAGIC, MAGIC_LENGTH))
		rc = err_set(
		    err, ERR_FORMAT, 0, "%s is a raw recording: record text to another file", path);
	buf_fini(&b);
	return rc;
}

/* Whether it can be appended to: what is in it has to be of the same kind. */
static int check_file(const char *path, bool raw, struct err *err)
{
	struct err none = {0};
	struct infile *f = infile_open(path, &none);
	int rc;

	if (!f) /* not there, or what opening it for writing will say */
		return ERR_OK;
	rc = look_over(f, raw, path, err);
	infile_close(f);
	return rc;
}

/* ---- from outside ---------------------------------------------------------------------------- */

struct recorder *recorder_open(
    const char *path, const struct recorder_options *o, mono_t now, struct err *err)
{
	struct recorder *r;
	struct capture *c;

	if (check_file(path, o->kind == RECORDER_RAW, err) < 0)
		return NULL;
	c = capture_open_as(path,
	    (o->own_name ? CAPTURE_OWN_NAME : 0u) | (o->kind == RECORDER_RAW ? CAPTURE_ALONE : 0u),
	    err);
	if (!c)
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->o = *o;
	r->c = c;
	r->now = now;
	r->limit = o->rotate;
	textlog_init(&r->text, text_out, r);
	r->text.stamp = o->stamp;
	r->text.wall_offset_us = o->wall_offset_us;
	r->text.utc_offset_s = o->utc_offset_s;
	buf_init(&r->encoded, ENCODED_MAX);
	if (o->kind == RECORDER_RAW)
		begin_raw(r, now);
	return r;
}

void recorder_rx(struct recorder *r, const uint8_t *bytes, size_t n, mono_t now)
{
	r->now = now;
	if (r->o.kind == RECORDER_BYTES)
		put_lines(r, bytes, n);
	else if (r->o.kind == RECORDER_TEXT)
		textlog_rx(&r->text, bytes, n, now);
	else
		put_raw(r, 'R', bytes, n, now);
}

static void sent(struct recorder *r, const char *line, size_t n, const char *eol, mono_t at)
{
	struct buf whole;

	if (r->o.kind == RECORDER_TEXT && r->o.sent)
		textlog_put(&r->text, "> ", line, n, at);
	if (r->o.kind != RECORDER_RAW)
		return;
	buf_init(&whole, n + 3);
	(void)buf_append(&whole, line, n);
	(void)buf_append(&whole, eol, strlen(eol));
	if (buf_len(&whole))
		put_raw(r, 'T', buf_bytes(&whole), buf_len(&whole), at);
	buf_fini(&whole);
}

void recorder_tx(struct recorder *r, const char *line, size_t n, const char *eol, mono_t now)
{
	r->now = now;
	sent(r, line, n, eol, now);
}

void recorder_break(struct recorder *r)
{
	if (r->o.kind == RECORDER_TEXT)
		textlog_break(&r->text);
}

void recorder_note(struct recorder *r, char kind, const char *text, mono_t now)
{
	if (r->o.kind != RECORDER_RAW)
		return;
	if (kind == 'B') {
		if (strcmp(text, r->line) == 0)
			return;
		str_copy(r->line, sizeof(r->line), text);
	}
	r->now = now;
	put_raw(r, kind, text, strlen(text), now);
}

void recorder_line(struct recorder *r, const struct line_ref *line)
{
	const char *eol = eol_of(line->eol);

	if (line->dir == LINE_RX && r->o.kind == RECORDER_RAW) {
		put_raw(r, 'R', line->bytes, line->len, line->time);
		if (eol[0])
			put_raw(r, 'R', eol, strlen(eol), line->time);
	} else if (line->dir == LINE_RX && r->o.kind == RECORDER_TEXT) {
		textlog_rx(&r->text, line->bytes, line->len, line->time);
		textlog_rx(&r->text, (const uint8_t *)eol, strlen(eol), line->time);
	} else if (line->dir == LINE_RX) {
		put_lines(r, line->bytes, line->len);
		put_lines(r, (const uint8_t *)eol, strlen(eol));
	} else if (line->dir == LINE_TX) {
		sent(r, (const char *)line->bytes, line->len, "\n", line->time);
	} else if (r->o.kind == RECORDER_RAW) {
		put_raw(r, 'N', line->bytes, line->len, line->time);
	}
}

mono_t recorder_tick(struct recorder *r, mono_t now)
{
	r->now = now;
	/* A prompt has no end, and belongs into the file all the same. */
	if (r->o.kind == RECORDER_TEXT)
		textlog_let_go(&r->text);
	return capture_tick(r->c, now, NULL);
}

enum recorder_kind recorder_kind(const struct recorder *r)
{
	return r->o.kind;
}

struct capture *recorder_capture(const struct recorder *r)
{
	return r->c;
}

int recorder_trouble(struct recorder *r, struct err *err)
{
	int rc = r->told.code;

	if (rc)
		*err = r->told;
	memset(&r->told, 0, sizeof(r->told));
	return rc;
}

int recorder_close(struct recorder *r, struct err *err)
{
	int rc;

	if (!r)
		return ERR_OK;
	recorder_break(r);
	rc = capture_close(r->c, err);
	textlog_fini(&r->text);
	buf_fini(&r->encoded);
	free(r);
	return rc;
}
