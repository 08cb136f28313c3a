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
/* What comes while the file is still looked over. */
#define WAITING_MAX (4u << 20)
/* Looked over at once: most files are not longer. */
#define FIRST_LOOK 65536

/* What is in the file already, read piece by piece. */
struct look {
	struct infile *f;
	struct rawlog_reader reader;
	struct buf b;
};

struct recorder {
	struct recorder_options o;
	struct capture *c;
	struct textlog text;
	struct buf encoded;
	mono_t last;	    /* RAW: time of the last record */
	mono_t now;	    /* while something is written */
	uint64_t limit;	    /* of the file's size, 0: none */
	bool line_open;	    /* what was given ends within a line */
	bool torn;	    /* what was taken of it does */
	char line[24];	    /* RAW: the last rate told */
	struct err told;    /* of the last rotation */
	struct look *look;  /* RAW: not looked over yet; NULL: done */
	struct err refused; /* what it found: nothing is written */
	struct buf waiting; /* until then */
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

/* What is to stand in the file where bytes were lost, once; false: none were, or more will be. */
static bool gap_words(struct recorder *r, mono_t now, char *text, size_t size)
{
	uint64_t lost = capture_gap(r->c, now);
	char much[24];

	return lost &&
	       str_fmt(text, size, "[%s are missing in this recording: the disk took nothing more]",
		   str_size(much, sizeof(much), lost));
}

static void put_record(struct recorder *r, char kind, const void *bytes, size_t n, mono_t at);

static void mark_gap(struct recorder *r, mono_t now)
{
	char text[160];

	if (!gap_words(r, now, text, sizeof(text)))
		return;
	if (r->o.kind == RECORDER_RAW) {
		put_record(r, 'N', text, strlen(text), r->now);
		return;
	}
	if (r->torn)
		(void)capture_write(r->c, "\n", 1, r->now, NULL);
	(void)capture_write(r->c, text, strlen(text), r->now, NULL);
	(void)capture_write(r->c, "\n", 1, r->now, NULL);
	r->line_open = r->torn = false;
}

/* How writing went is kept by the capture, and asked for there. */
static void put(struct recorder *r, const void *bytes, size_t n)
{
	uint64_t before, taken;

	mark_gap(r, r->now);
	before = capture_bytes(r->c);
	(void)capture_write(r->c, bytes, n, r->now, NULL);
	taken = capture_bytes(r->c) - before;
	if (taken)
		r->torn = ((const char *)bytes)[taken - 1] != '\n';
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

static int look_to_end(struct recorder *r, struct err *err);

/* Half a record would make what follows unreadable. One that is lost leaves its time to the next. */
static void keep_record(struct recorder *r, mono_t before)
{
	uint64_t lost = capture_lost(r->c);

	(void)capture_write_whole(r->c, buf_bytes(&r->encoded), buf_len(&r->encoded), r->now, NULL);
	if (capture_lost(r->c) != lost)
		r->last = before;
}

static void put_record(struct recorder *r, char kind, const void *bytes, size_t n, mono_t at)
{
	mono_t before;

	if (!r->look)
		mark_gap(r, r->now);
	before = r->last;
	while (rawlog_put(&r->encoded, kind, bytes, n, at, &r->last) < 0) {
		/* More than a piece: the first half, then the rest. */
		size_t half = n / 2;

		put_record(r, kind, bytes, half, at);
		bytes = (const uint8_t *)bytes + half;
		n -= half;
		before = r->last;
	}
	if (r->look && buf_space(&r->waiting) < buf_len(&r->encoded))
		(void)look_to_end(r, NULL); /* rather a moment's wait than bytes lost */
	if (r->look)
		(void)buf_append(&r->waiting, buf_bytes(&r->encoded), buf_len(&r->encoded));
	else if (!r->refused.code)
		keep_record(r, before);
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
	if (!r->look && is_full(r)) {
		rotate(r);
		if (!capture_file_size(r->c))
			begin_raw(r, at);
	}
	put_record(r, kind, bytes, n, at);
}

/* ---- what is there already ------------------------------------------------------------------- */

/* Text goes to no raw recording; the beginning tells. */
static int check_text(const char *path, struct err *err)
{
	struct err why = {0};
	struct infile *f = infile_open(path, &why);
	uint8_t head[MAGIC_LENGTH];
	size_t have = 0;
	ssize_t n = 0;

	/* Not there, or what opening it for writing will say. */
	if (!f && (why.code == ERR_NOENT || why.code == ERR_INVAL || why.code == ERR_PERM))
		return ERR_OK;
	if (!f) /* it may be of the other kind */
		return err_set(err, why.code, why.sys, "%s", why.text);
	while (
	    have < MAGIC_LENGTH && (n = infile_read(f, head + have, MAGIC_LENGTH - have, err)) > 0)
		have += (size_t)n;
	infile_close(f);
	if (n < 0)
		return (int)n;
	if (have == MAGIC_LENGTH && !memcmp(head, RAWLOG_MAGIC, MAGIC_LENGTH))
		return err_set(
		    err, ERR_FORMAT, 0, "%s is a raw recording: record text to another file", path);
	return ERR_OK;
}

static void look_free(struct look *l)
{
	if (!l)
		return;
	infile_close(l->f);
	buf_fini(&l->b);
	free(l);
}

static struct look *look_new(const char *path, struct err *err)
{
	struct infile *f = infile_open(path, err);
	struct look *l;

	if (!f)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	l->f = f;
	rawlog_reader_init(&l->reader);
	buf_init(&l->b, 2 * RAWLOG_MAX_RECORD);
	return l;
}

/* Reads on for so many bytes. 1: there is more; ERR_OK: it can be appended to. Every record has to
 * be looked at: they follow one another by their lengths alone, so only a walk from the start shows
 * whether the last one is whole. */
static int look_on(struct look *l, const char *path, size_t budget, struct err *err)
{
	struct rawlog_record rec;
	uint8_t piece[8192];
	size_t seen = 0, used;
	int rc = ERR_OK;

	while (seen < budget) {
		ssize_t n = infile_read(l->f, piece, sizeof(piece), err);

		if (n < 0)
			return (int)n;
		if (n == 0 && l->reader.cut)
			return err_set(err, ERR_FORMAT, 0,
			    "the end of %s is not whole: record to another file", path);
		if (n == 0)
			return ERR_OK;
		seen += (size_t)n;
		(void)buf_append(&l->b, piece, (size_t)n);
		while ((rc = rawlog_next(
			    &l->reader, buf_bytes(&l->b), buf_len(&l->b), &used, &rec, NULL)) > 0)
			buf_consume(&l->b, used);
		buf_consume(&l->b, used);
		if (rc < 0)
			return err_set(err, rc, 0, "%s is %s: record to another file", path,
			    l->reader.begun ? "a damaged raw recording" : "no raw recording");
	}
	return 1;
}

int recorder_step(struct recorder *r, size_t budget, struct err *err)
{
	int rc;

	if (!r->look)
		return r->refused.code;
	rc = look_on(r->look, capture_path(r->c), budget, err);
	if (rc > 0)
		return rc;
	look_free(r->look);
	r->look = NULL;
	if (rc < 0 && err)
		r->refused = *err;
	else if (rc == ERR_OK)
		(void)capture_write(
		    r->c, buf_bytes(&r->waiting), buf_len(&r->waiting), r->now, NULL);
	buf_fini(&r->waiting);
	buf_init(&r->waiting, WAITING_MAX);
	return rc;
}

static int look_to_end(struct recorder *r, struct err *err)
{
	struct err own = {0};
	int rc;

	while ((rc = recorder_step(r, (size_t)1 << 20, &own)) > 0)
		;
	if (rc < 0 && err)
		*err = own;
	return rc;
}

/* ---- from outside ---------------------------------------------------------------------------- */

struct recorder *recorder_open(
    const char *path, const struct recorder_options *o, mono_t now, struct err *err)
{
	struct recorder *r;
	struct capture *c;

	if (o->kind != RECORDER_RAW && check_text(path, err) < 0)
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
	buf_init(&r->waiting, WAITING_MAX);
	if (o->kind == RECORDER_RAW && capture_file_size(c)) {
		r->look = look_new(path, &r->refused);
		if (!r->look && err)
			*err = r->refused;
	}
	if (recorder_step(r, FIRST_LOOK, err) < 0) {
		(void)recorder_close(r, NULL);
		return NULL;
	}
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
	(void)capture_tick(r->c, now, NULL);
	mark_gap(r, now);
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

	struct err ignored = {0};

	if (!r)
		return ERR_OK;
	if (!err)
		err = &ignored;
	recorder_break(r);
	rc = look_to_end(r, err);
	if (rc == ERR_OK) /* the last try, whenever the one before was */
		mark_gap(r, mono_add(r->now, MONO_S(2)));
	if (rc < 0)
		(void)capture_close(r->c, &ignored); /* nothing was to be written */
	else
		rc = capture_close(r->c, err);
	look_free(r->look);
	buf_fini(&r->waiting);
	textlog_fini(&r->text);
	buf_fini(&r->encoded);
	free(r);
	return rc;
}
