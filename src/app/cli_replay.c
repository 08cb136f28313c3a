/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays a recording into the session. The recorded time is told by the lines' stamps: what is shown
 * is when it was, not when it is played.
 */
#include "player.h"

#include <stdlib.h>
#include <string.h>

#include "app_int.h"
#include "plain.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/rawlog.h"
#include "tasmite/io/infile.h"

#define MAGIC_LENGTH (sizeof(RAWLOG_MAGIC) - 1)
#define READ_SIZE    65536
#define HELD_MAX     (4 * READ_SIZE)
/* So much is played before keys and screen have their turn. */
#define TURN_BYTES 262144
/* A file without times comes in pieces of so long. */
#define PIECE_US MONO_MS(10)
/* Whatever a file says: times stay where they can be reckoned with. */
#define TIME_MAX (INT64_MAX / 4)

struct player {
	struct app *a;
	struct infile *file;
	char name[64];
	struct buf in;
	bool eof;
	bool known, raw; /* whether it has times is known; it has */
	struct rawlog_reader reader;
	struct rawlog_record rec; /* the next one, while `waiting` */
	size_t rec_used;
	bool waiting, ended, paused;
	int64_t speed;
	mono_t at;		  /* recorded time of the last record, on the session's scale */
	mono_t from_at, from_now; /* both scales, where the present pace began */
	bool wall_known;
	struct timer *timer;
};

/* ---- what the screen says -------------------------------------------------------------------- */

static void show_state(struct player *p)
{
	struct session_port *port = &p->a->session->port;

	p->a->session->replay = !p->ended;
	port->state = SESSION_PORT_OPEN;
	str_copy(port->name, sizeof(port->name), p->name);
	str_copy(port->about, sizeof(port->about),
	    p->ended	? "replay, ended"
	    : p->paused ? "replay, paused"
			: "replay");
	session_touch(p->a->session);
}

static void end(struct player *p, int code)
{
	struct app *a = p->a;

	p->ended = true;
	app_log_break(a, a->now);
	if (!code)
		session_say(a->session, a->now + a->time_shift, "the recording ends here");
	show_state(p);
	if (a->plain)
		plain_end(a->plain, code);
}

static void end_of_file(struct player *p)
{
	if (p->raw && p->reader.cut)
		session_warn(p->a->session, p->a->now,
		    "the recording was cut: its last record, at byte %llu, is not whole",
		    (unsigned long long)p->reader.offset);
	end(p, 0);
}

static void fail(struct player *p, const struct err *err)
{
	session_warn(
	    p->a->session, p->a->now, "%s: %s; what follows can't be played", p->name, err->text);
	end(p, 1);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* More of the file; false at its end, or when it can't be read. */
static bool read_more(struct player *p)
{
	struct err err = {0};
	uint8_t bytes[READ_SIZE];
	ssize_t n = 0;

	if (!p->eof)
		n = infile_read(p->file, bytes, sizeof(bytes), &err);
	if (n < 0) {
		fail(p, &err);
		return false;
	}
	p->eof = n == 0;
	if (n)
		(void)buf_append(&p->in, bytes, (size_t)n);
	return n > 0;
}

static void find_kind(struct player *p)
{
	while (buf_len(&p->in) < MAGIC_LENGTH && read_more(p))
		;
	p->known = true;
	p->raw = buf_len(&p->in) >= MAGIC_LENGTH &&
		 memcmp(buf_bytes(&p->in), RAWLOG_MAGIC, MAGIC_LENGTH) == 0;
}

/* A piece of a file that has no times, as a record of as long as it takes at the session's rate. */
static bool next_piece(struct player *p)
{
	size_t want = app_session_baud(p->a) / 10 / (MONO_S(1) / PIECE_US);

	want = want ? want : 1;
	while (buf_len(&p->in) < want && read_more(p))
		;
	if (p->ended || !buf_len(&p->in))
		return false;
	p->rec.kind = 'R';
	p->rec.bytes = buf_bytes(&p->in);
	p->rec.n = buf_len(&p->in) < want ? buf_len(&p->in) : want;
	p->rec.delta_us = PIECE_US;
	p->rec_used = p->rec.n;
	return true;
}

static bool next_record(struct player *p)
{
	struct err err = {0};
	size_t used;
	int rc;

	do {
		rc = rawlog_next(
		    &p->reader, buf_bytes(&p->in), buf_len(&p->in), &used, &p->rec, &err);
		if (rc > 0) {
			p->rec_used = used;
			return true;
		}
		buf_consume(&p->in, used);
	} while (rc == 0 && read_more(p));
	if (rc < 0)
		fail(p, &err);
	return false;
}

static bool take_next(struct player *p)
{
	if (p->waiting)
		return true;
	if (!p->known)
		find_kind(p);
	if (!p->ended)
		p->waiting = p->raw ? next_record(p) : next_piece(p);
	if (!p->waiting && !p->ended)
		end_of_file(p);
	if (p->waiting && p->rec.delta_us < TIME_MAX - p->at)
		p->at += p->rec.delta_us;
	return p->waiting;
}

/* ---- playing --------------------------------------------------------------------------------- */

/* From here on the pace begins anew. */
static void rebase(struct player *p, mono_t now)
{
	p->from_at = p->at;
	p->from_now = now;
}

static void play_wall(struct player *p, mono_t now)
{
	char text[24];
	uint64_t wall;

	str_copy_n(text, sizeof(text), (const char *)p->rec.bytes, p->rec.n);
	if (strspn(text, "0123456789") != strlen(text) || !str_parse_u64(text, TIME_MAX, &wall))
		return;
	if (!p->wall_known)
		app_set_wall(p->a, (int64_t)wall - p->at);
	else /* another session of the same file: nobody waits for what lies between */
		p->at = (int64_t)wall - p->a->session->wall_offset_us;
	p->wall_known = true;
	p->a->time_shift = p->at - now;
	rebase(p, now);
}

static void play_sent(struct player *p, mono_t now)
{
	size_t n = p->rec.n;

	while (n && (p->rec.bytes[n - 1] == '\n' || p->rec.bytes[n - 1] == '\r'))
		n--;
	app_log_let_go(p->a, now);
	app_show_sent(p->a, (const char *)p->rec.bytes, n, true);
}

static void play(struct player *p, mono_t now)
{
	struct app *a = p->a;
	struct session_port *port = &a->session->port;
	char text[512];

	a->time_shift = p->at - now;
	str_copy_n(text, sizeof(text), (const char *)p->rec.bytes, p->rec.n);
	switch (p->rec.kind) {
	case 'R':
		port->rx += p->rec.n;
		app_log_rx(a, p->rec.bytes, p->rec.n, now);
		break;
	case 'T':
		port->tx += p->rec.n;
		play_sent(p, now);
		break;
	case 'B':
		app_log_break(a, now);
		str_copy(port->line, sizeof(port->line), text);
		session_touch(a->session);
		break;
	case 'W':
		app_log_break(a, now);
		play_wall(p, now);
		break;
	case 'N':
		app_log_let_go(a, now);
		session_say(a->session, now + a->time_shift, "%s", text);
		break;
	case 'G':
	case 'C':
		app_log_break(a, now);
		session_device_gap(a->session, true);
		break;
	default:
		break;
	}
	a->session->revision++; /* counters */
}

static mono_t due_at(const struct player *p, mono_t now)
{
	double us;

	if (!p->speed)
		return now;
	us = (double)(p->at - p->from_at) * 1000.0 / (double)p->speed;
	return p->from_now + (us < (double)TIME_MAX ? (mono_t)us : TIME_MAX);
}

static void due(void *ctx, mono_t now)
{
	struct player *p = ctx;
	size_t played = 0;

	p->a->now = now;
	if (p->a->plain && plain_is_full(p->a->plain)) {
		timer_arm(p->timer, now + PIECE_US);
		return;
	}
	while (!p->paused && !p->ended && played < TURN_BYTES && take_next(p)) {
		mono_t when = due_at(p, now);

		if (when > now) {
			timer_arm(p->timer, when);
			return;
		}
		play(p, now);
		p->waiting = false;
		played += p->rec.n + 16;
		buf_consume(&p->in, p->rec_used);
	}
	if (!p->paused && !p->ended)
		timer_arm(p->timer, now);
}

/* ---- from outside ---------------------------------------------------------------------------- */

struct player *player_new(struct app *a, const char *path, int64_t speed, struct err *err)
{
	struct infile *file = infile_open(path, err);
	const char *slash = strrchr(path, '/');
	struct player *p;

	if (!file)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->a = a;
	p->file = file;
	p->speed = speed;
	str_copy(p->name, sizeof(p->name), slash ? slash + 1 : path);
	buf_init(&p->in, HELD_MAX);
	rawlog_reader_init(&p->reader);
	p->at = a->now;
	rebase(p, a->now);
	p->timer = timer_new(a->loop, due, p);
	timer_arm(p->timer, a->now);
	str_copy(a->session->port.line, sizeof(a->session->port.line), "");
	show_state(p);
	return p;
}

void player_free(struct player *p)
{
	if (!p)
		return;
	p->a->time_shift = 0;
	timer_free(p->timer);
	infile_close(p->file);
	buf_fini(&p->in);
	free(p);
}

bool player_pause(struct player *p)
{
	if (p->ended)
		return false;
	p->paused = !p->paused;
	if (!p->paused) {
		/* The record that waited has its whole pause before it again: nobody minds. */
		p->from_now = p->a->now;
		p->from_at = p->waiting ? p->at - p->rec.delta_us : p->at;
		timer_arm(p->timer, p->a->now);
	}
	show_state(p);
	return p->paused;
}

bool player_ended(const struct player *p)
{
	return p->ended;
}

void act_pause(struct app *a, const struct cmd_line *c)
{
	(void)c;
	if (!a->player)
		session_notice(a->session, true, "there is no replay to pause");
	else if (player_ended(a->player))
		session_notice(a->session, true, "the replay is over");
	else
		session_notice(a->session, false,
		    player_pause(a->player) ? "paused: Space in the log, or /pause, goes on"
					    : "goes on");
}
