/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session reads what the device said: each line once, in the order of the log. No serial port is
 * so fast that this would not be done at once. A flood is: then the port goes first, and what has
 * not been read waits in the log until there is time.
 */
#include "app_int.h"

#include <string.h>

/* A line costs about a microsecond: while bytes flow, a hundredth of the time. 3 Mbaud are 5 lines
 * of 60 characters in a millisecond. */
#define LINES_PER_MS 10
/* At one go, in any case: 1 ms. */
#define LINES_AT_ONCE 1000
/* No bytes for so long: there is time. A flood pauses too, for the time of the one who sends. */
#define QUIET_US MONO_MS(3)
/* What /clear has read before it takes it away, in slices of a millisecond. */
#define CLEAR_SLICES 5

/* The line that an own or a sent line cut in two, in one piece: the device's line before, and this
 * one. Longer ones than fit tell nothing more. */
static size_t join_line(
    const struct lines *log, uint64_t number, const struct line_ref *ref, uint8_t *dst, size_t size)
{
	struct line_ref before = {.len = 0};

	for (uint64_t back = 1; back <= 50 && back <= number; back++) {
		if (!lines_get(log, number - back, &before))
			return 0;
		if (before.dir == LINE_RX)
			break;
	}
	if (before.dir != LINE_RX || before.len + ref->len > size)
		return 0;
	memcpy(dst, before.bytes, before.len);
	memcpy(dst + before.len, ref->bytes, ref->len);
	return before.len + ref->len;
}

/* What follows a line that was cut in two. */
enum sequel { SEQUEL_UNKNOWN, SEQUEL_NONE, SEQUEL_GOES_ON };

static enum sequel sequel_of(const struct lines *log, uint64_t number)
{
	struct line_ref ref;

	for (uint64_t n = number + 1; n <= number + 50; n++) {
		if (!lines_get(log, n, &ref))
			return SEQUEL_UNKNOWN;
		if (ref.dir == LINE_RX)
			return ref.continued ? SEQUEL_GOES_ON : SEQUEL_NONE;
	}
	return SEQUEL_NONE;
}

/* One line of the device, or two halves of one. False: it may go on, nobody knows yet. */
static bool read_line(struct app *a, uint64_t number, const struct line_ref *ref)
{
	enum sequel sequel = SEQUEL_NONE;
	uint8_t joined[1024];
	size_t n;

	if (ref->eol == LINE_EOL_NONE && ref->len < LINES_MAX_LENGTH)
		sequel = sequel_of(a->session->log, number);
	/* Read twice, it would count twice. */
	if (sequel == SEQUEL_GOES_ON)
		return true;
	if (sequel == SEQUEL_UNKNOWN && number >= a->read_whole)
		return false;
	if (!ref->continued) {
		session_device_line(a->session, ref->bytes, ref->len, number, ref->time);
		app_console_line(a, ref->bytes, ref->len, a->now);
		return true;
	}
	n = join_line(a->session->log, number, ref, joined, sizeof(joined));
	if (n) {
		session_device_line(a->session, joined, n, number, ref->time);
		app_console_line(a, joined, n, a->now);
	}
	return true;
}

/* At most so many lines; answers how many it could not do for that. */
static uint64_t read_some(struct app *a, unsigned most)
{
	struct lines *log = a->session->log;
	uint64_t end = lines_end(log);
	struct line_ref ref;

	if (!settings_bool(a->session->settings, SET_DOCTOR)) {
		a->read_next = end;
		return 0;
	}
	if (a->read_next < lines_first(log)) {
		a->session->device.unread += lines_first(log) - a->read_next;
		a->read_next = lines_first(log);
	}
	for (; most && a->read_next < end; a->read_next++) {
		if (!lines_get(log, a->read_next, &ref))
			continue;
		if (ref.partial || (ref.dir == LINE_RX && !read_line(a, a->read_next, &ref)))
			return 0;
		most -= ref.dir == LINE_RX;
	}
	return end - a->read_next;
}

static void tell_dropped(struct app *a, mono_t now)
{
	if (!lines_dropped(a->session->log) || a->drop_told)
		return;
	a->drop_told = true;
	session_warn(a->session, now,
	    "the log's memory is full (/set scrollback, in MB): from now on the oldest lines are "
	    "dropped");
}

void app_read_lines(struct app *a, mono_t now)
{
	mono_t more = now > a->read_at ? (now - a->read_at) * LINES_PER_MS / MONO_MS(1) : 0;
	unsigned room = LINES_AT_ONCE - a->read_budget;
	uint64_t from;

	tell_dropped(a, now + a->time_shift);
	if (more) {
		a->read_budget += more < room ? (unsigned)more : room;
		a->read_at = now;
	}
	from = a->read_next;
	a->read_behind = read_some(a, a->read_budget) > 0;
	from = a->read_next - from;
	a->read_budget -= from < a->read_budget ? (unsigned)from : a->read_budget;
	a->read_last = now;
}

mono_t app_read_step(struct app *a, mono_t now)
{
	if (!a->read_behind)
		return MONO_NEVER;
	if (now < a->read_last + QUIET_US)
		return a->read_last + QUIET_US;
	a->read_behind = read_some(a, LINES_AT_ONCE) > 0;
	return a->read_behind ? now : MONO_NEVER;
}

void app_read_clear(struct app *a)
{
	struct lines *log = a->session->log;
	uint64_t behind = read_some(a, LINES_AT_ONCE);

	for (unsigned i = 1; behind && i < CLEAR_SLICES; i++)
		behind = read_some(a, LINES_AT_ONCE);
	lines_clear(log);
	/* Of what could be read all was: an unfinished line is nobody's loss. */
	a->session->device.unread += behind;
	a->read_next = lines_first(log);
	a->read_behind = false;
}

void app_read_break(struct app *a, mono_t now)
{
	a->read_whole = lines_end(a->session->log);
	a->read_behind = read_some(a, LINES_AT_ONCE) > 0;
	tell_dropped(a, now + a->time_shift);
	session_device_gap(a->session, false);
}
