/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log. A chunk is one allocation: the bytes of its lines grow from its front, one 64-bit entry
 * per line grows from its back, and it is full when they meet. Lines lie side by side with one line
 * feed between whatever their end was, so that a chunk can be searched as one text, and an entry
 * needs no length: 18 bits of offset, 3 of flags, 3 of how the line ended, 40
 * of time (in microseconds since the chunk's first line, which is 12 days; a later line opens a new
 * chunk).
 * A chunk never moves; only an unfinished line is copied on when its chunk is full.
 */
#include "tasmite/core/lines.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"

/* Small enough that a log of 1 MiB still consists of several; the bytes that malloc adds
 * leave it within whole pages. */
#define CHUNK_BYTES (256 * 1024)
#define CHUNK_ROOM  (CHUNK_BYTES - 64)
#define CHUNK_WORDS (CHUNK_ROOM / 8)
#define MEMORY_MIN  ((size_t)1024 * 1024)
#define OFFSET_BITS 18
#define OFFSET_MASK ((1u << OFFSET_BITS) - 1)
#define DIR_SHIFT   OFFSET_BITS
#define CONT_BIT    ((uint64_t)1 << (OFFSET_BITS + 2))
#define EOL_SHIFT   (OFFSET_BITS + 3)
#define EOL_MASK    ((uint64_t)7)
#define TIME_SHIFT  (OFFSET_BITS + 6)
#define TIME_MAX    (((int64_t)1 << (64 - TIME_SHIFT)) - 1)

struct chunk {
	uint64_t first; /* number of its first line */
	mono_t base;	/* time of its first line */
	uint32_t used;	/* bytes in use at the front */
	uint32_t count; /* entries in use at the back */
	uint64_t words[CHUNK_WORDS];
};

struct lines {
	struct chunk **chunks; /* oldest first */
	size_t count, cap;
	size_t max_chunks;
	size_t max_bytes;
	uint64_t end; /* number of the next line */
	uint64_t dropped;
	uint64_t revision;
	bool open;	  /* the newest line is the device's and has no end yet */
	bool set_aside;	  /* the device's line goes on after an interruption */
	uint8_t ended_by; /* CR or LF when that was the device's last byte and may be half a pair */
	uint64_t rx_line; /* the device's newest line: its end may yet come, or be half a pair */
	mono_t newest;	  /* time of the newest line */
};

static uint8_t *chunk_bytes(struct chunk *c)
{
	return (uint8_t *)c->words;
}

static uint64_t *chunk_entry(struct chunk *c, uint32_t i)
{
	return &c->words[CHUNK_WORDS - 1 - i];
}

/* Bytes that fit before the entries. */
static size_t chunk_room(const struct chunk *c)
{
	return (size_t)CHUNK_ROOM - (size_t)c->count * 8 - c->used;
}

static size_t overhead(const struct lines *l)
{
	return sizeof(*l) + l->cap * sizeof(struct chunk *);
}

static struct chunk *newest(const struct lines *l)
{
	assert(l->count > 0);
	return l->chunks[l->count - 1];
}

/* Takes the oldest chunk out; its memory may be used again. */
static struct chunk *take_oldest(struct lines *l)
{
	struct chunk *c = l->chunks[0];

	l->count--;
	memmove(l->chunks, l->chunks + 1, l->count * sizeof(struct chunk *));
	l->dropped += c->count;
	return c;
}

static void limit(struct lines *l)
{
	size_t room;

	/* The table grows in steps that are tiny beside a chunk: reckoned at its largest. */
	room = l->max_bytes - sizeof(*l);
	l->max_chunks = room / (sizeof(struct chunk) + 2 * sizeof(struct chunk *));
	assert(l->max_chunks >= 3);
	while (l->count > l->max_chunks)
		free(take_oldest(l));
	if (l->cap > l->max_chunks + 1) {
		l->cap = l->max_chunks + 1;
		l->chunks = xreallocarray(l->chunks, l->cap, sizeof(struct chunk *));
	}
}

static struct chunk *add_chunk(struct lines *l, uint64_t first, mono_t now)
{
	struct chunk *c;

	if (l->count == l->max_chunks)
		c = take_oldest(l);
	else
		c = xmalloc(sizeof(*c));
	if (l->count == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 8;
		if (l->cap > l->max_chunks + 1)
			l->cap = l->max_chunks + 1;
		l->chunks = xreallocarray(l->chunks, l->cap, sizeof(struct chunk *));
	}
	c->first = first;
	c->base = now;
	c->used = c->count = 0;
	l->chunks[l->count++] = c;
	return c;
}

static void add_entry(struct chunk *c, mono_t at, enum line_dir dir, bool continued)
{
	uint64_t delta = at > c->base ? (uint64_t)(at - c->base) : 0;

	assert(c->used <= OFFSET_MASK);
	*chunk_entry(c, c->count) =
	    c->used | (uint64_t)dir << DIR_SHIFT | (continued ? CONT_BIT : 0) | delta << TIME_SHIFT;
	c->count++;
}

/* A new line at the end, empty as yet. */
static void begin_line(struct lines *l, enum line_dir dir, bool continued, mono_t now)
{
	struct chunk *c = l->count ? newest(l) : add_chunk(l, l->end, now);

	/* The line feed before, the entry, and at least one byte: a line is begun for its first. */
	if (chunk_room(c) < 10 || now - c->base > TIME_MAX)
		c = add_chunk(l, l->end, now);
	if (c->count > 0)
		chunk_bytes(c)[c->used++] = '\n';
	add_entry(c, now, dir, continued);
	l->newest = now;
	l->end++;
}

static size_t newest_length(const struct lines *l)
{
	struct chunk *c = newest(l);

	return c->used - (size_t)(*chunk_entry(c, c->count - 1) & OFFSET_MASK);
}

/* The newest line goes to a chunk of its own: it has to stay in one piece. */
static void move_newest(struct lines *l)
{
	struct chunk *from = newest(l), *to;
	size_t n = newest_length(l);
	uint64_t e = *chunk_entry(from, from->count - 1);
	mono_t at = from->base + (mono_t)(e >> TIME_SHIFT);

	from->count--;
	from->used -= (uint32_t)n;
	/* With three chunks or more, what is taken for the new one is never `from`. */
	to = add_chunk(l, l->end - 1, at);
	memcpy(chunk_bytes(to), chunk_bytes(from) + from->used, n);
	if (from->count > 0)
		from->used--; /* no line feed behind the last one */
	add_entry(to, at, (enum line_dir)(e >> DIR_SHIFT & 3), (e & CONT_BIT) != 0);
	to->used = (uint32_t)n;
}

/* Bytes without line ends to the newest line; it goes on in another one at the maximum. */
static void add_bytes(struct lines *l, const uint8_t *p, size_t n, enum line_dir dir, mono_t now)
{
	while (n) {
		size_t len = newest_length(l);
		size_t take = n;
		struct chunk *c;

		if (len == LINES_MAX_LENGTH) {
			begin_line(l, dir, true, now);
			len = 0;
		}
		if (take > LINES_MAX_LENGTH - len)
			take = LINES_MAX_LENGTH - len;
		if (take > chunk_room(newest(l)))
			move_newest(l);
		c = newest(l);
		assert(take <= chunk_room(c));
		memcpy(chunk_bytes(c) + c->used, p, take);
		c->used += (uint32_t)take;
		p += take;
		n -= take;
	}
}

struct lines *lines_new(size_t max_bytes)
{
	struct lines *l = xcalloc(1, sizeof(*l));

	lines_set_max(l, max_bytes);
	return l;
}

void lines_free(struct lines *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		free(l->chunks[i]);
	free(l->chunks);
	free(l);
}

void lines_set_max(struct lines *l, size_t max_bytes)
{
	l->max_bytes = max_bytes < MEMORY_MIN ? MEMORY_MIN : max_bytes;
	limit(l);
	l->revision++;
}

/* The chunk that holds the line; the number is known to exist. */
static struct chunk *find_chunk(const struct lines *l, uint64_t number)
{
	size_t lo = 0, hi = l->count;

	while (hi - lo > 1) {
		size_t mid = (lo + hi) / 2;

		if (l->chunks[mid]->first <= number)
			lo = mid;
		else
			hi = mid;
	}
	return l->chunks[lo];
}

/* How the device's newest line ended; it may be gone already. */
static void set_eol(struct lines *l, enum line_eol eol)
{
	struct chunk *c;
	uint64_t *e;

	if (l->rx_line < lines_first(l) || l->rx_line >= l->end)
		return;
	c = newest(l);
	if (l->rx_line < c->first)
		c = find_chunk(l, l->rx_line);
	e = chunk_entry(c, (uint32_t)(l->rx_line - c->first));
	*e = (*e & ~(EOL_MASK << EOL_SHIFT)) | (uint64_t)eol << EOL_SHIFT;
}

static void rx_text(struct lines *l, const uint8_t *p, size_t n, mono_t now)
{
	if (!n)
		return;
	if (!l->open) {
		begin_line(l, LINE_RX, l->set_aside, now);
		l->open = true;
		l->set_aside = false;
	}
	add_bytes(l, p, n, LINE_RX, now);
	l->rx_line = l->end - 1;
	l->ended_by = 0;
}

static void rx_end(struct lines *l, uint8_t byte, mono_t now)
{
	/* The second half of CR LF or LF CR belongs to the end that was already counted. */
	if (l->ended_by && l->ended_by != byte) {
		set_eol(l, byte == '\n' ? LINE_EOL_CRLF : LINE_EOL_LFCR);
		l->ended_by = 0;
		return;
	}
	/* What was set aside ends here; an empty rest of it would be a line that never was. */
	if (!l->open && !l->set_aside) {
		begin_line(l, LINE_RX, false, now);
		l->rx_line = l->end - 1;
	}
	set_eol(l, byte == '\n' ? LINE_EOL_LF : LINE_EOL_CR);
	l->open = false;
	l->set_aside = false;
	l->ended_by = byte;
}

static const uint8_t *find(const uint8_t *p, const uint8_t *end, int byte)
{
	const uint8_t *hit = memchr(p, byte, (size_t)(end - p));

	return hit ? hit : end;
}

void lines_rx(struct lines *l, const uint8_t *bytes, size_t n, mono_t now)
{
	lines_rx_over(l, bytes, n, now, now);
}

void lines_rx_over(struct lines *l, const uint8_t *bytes, size_t n, mono_t since, mono_t now)
{
	const uint8_t *p = bytes, *end, *lf, *cr;
	mono_t span;

	if (!n)
		return; /* bytes may be NULL then */
	end = bytes + n;
	span = now - (l->end && since < l->newest ? l->newest
						  : since); /* times in the log never go back */
	span = span > 0 ? span : 0;
	/* Either is looked for again only once it is passed, so the work is linear whatever comes. */
	lf = find(p, end, '\n');
	cr = find(p, end, '\r');
	while (p < end) {
		const uint8_t *stop = lf < cr ? lf : cr;
		mono_t at = now - span * (mono_t)(end - p - 1) / (mono_t)n;

		rx_text(l, p, (size_t)(stop - p), at);
		if (stop == end)
			break;
		rx_end(l, *stop, at);
		p = stop + 1;
		if (lf < p)
			lf = find(p, end, '\n');
		if (cr < p)
			cr = find(p, end, '\r');
	}
	l->revision++;
}

static void set_aside(struct lines *l)
{
	if (!l->open)
		return;
	l->open = false;
	l->set_aside = true;
}

void lines_put(struct lines *l, enum line_dir dir, const char *text, size_t n, mono_t now)
{
	const uint8_t *p = (const uint8_t *)text, *end;

	set_aside(l);
	end = n ? p + n : p;
	do {
		const uint8_t *stop = n ? find(p, end, '\n') : end;

		begin_line(l, dir, false, now);
		add_bytes(l, p, (size_t)(stop - p), dir, now);
		p = stop < end ? stop + 1 : end;
	} while (p < end);
	l->revision++;
}

void lines_break(struct lines *l, mono_t now)
{
	(void)now; /* the line keeps the time of its first byte */
	l->open = false;
	l->set_aside = false;
	l->ended_by = 0;
	l->revision++;
}

void lines_clear(struct lines *l)
{
	set_aside(l);
	for (size_t i = 0; i < l->count; i++)
		free(l->chunks[i]);
	l->count = 0;
	l->revision++;
}

uint64_t lines_first(const struct lines *l)
{
	return l->count ? l->chunks[0]->first : l->end;
}

uint64_t lines_end(const struct lines *l)
{
	return l->end;
}

bool lines_get(const struct lines *l, uint64_t number, struct line_ref *ref)
{
	struct chunk *c;
	uint64_t e;
	uint32_t i, stop;

	if (number < lines_first(l) || number >= l->end)
		return false;
	c = find_chunk(l, number);
	i = (uint32_t)(number - c->first);
	assert(i < c->count);
	e = *chunk_entry(c, i);
	stop = i + 1 < c->count ? (uint32_t)(*chunk_entry(c, i + 1) & OFFSET_MASK) - 1 : c->used;
	ref->number = number;
	ref->bytes = chunk_bytes(c) + (e & OFFSET_MASK);
	ref->len = stop - (size_t)(e & OFFSET_MASK);
	ref->time = c->base + (mono_t)(e >> TIME_SHIFT);
	ref->dir = (enum line_dir)(e >> DIR_SHIFT & 3);
	ref->partial = l->open && number == l->end - 1;
	ref->continued = (e & CONT_BIT) != 0;
	ref->eol = (enum line_eol)(e >> EOL_SHIFT & EOL_MASK);
	return true;
}

bool lines_block(const struct lines *l, uint64_t number, struct lines_block *b)
{
	struct chunk *c;

	if (number < lines_first(l) || number >= l->end)
		return false;
	c = find_chunk(l, number);
	b->first = c->first;
	b->count = c->count;
	b->bytes = chunk_bytes(c);
	b->n = c->used;
	b->entries = chunk_entry(c, 0);
	return true;
}

size_t lines_block_start(const struct lines_block *b, uint32_t i)
{
	assert(i <= b->count);
	return i < b->count ? (size_t)(*(b->entries - i) & OFFSET_MASK) : b->n + 1;
}

uint32_t lines_block_line(const struct lines_block *b, size_t offset)
{
	uint32_t lo = 0, hi = b->count;

	assert(b->count > 0 && offset <= b->n);
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (lines_block_start(b, mid) <= offset)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

enum line_dir lines_block_dir(const struct lines_block *b, uint32_t i)
{
	assert(i < b->count);
	return (enum line_dir)(*(b->entries - i) >> DIR_SHIFT & 3);
}

uint64_t lines_at_time(const struct lines *l, mono_t time)
{
	uint64_t lo = lines_first(l), hi = l->end;

	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;
		struct line_ref ref;

		if (lines_get(l, mid, &ref) && ref.time < time)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

uint64_t lines_dropped(const struct lines *l)
{
	return l->dropped;
}

size_t lines_memory(const struct lines *l)
{
	return l->count * sizeof(struct chunk) + overhead(l);
}

uint64_t lines_revision(const struct lines *l)
{
	return l->revision;
}
