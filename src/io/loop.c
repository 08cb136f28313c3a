/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one select(). A call of loop_turn begins with the wait that ends the turn before: the
 * deadlines are those that its timers and phase hooks left.
 */
#include "tasmite/io/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#include "tasmite/base/xalloc.h"
#include "tasmite/io/clock.h"

#define SIGNALS	   65 /* Linux: 1..64 */
#define GUESTS_MAX 8
/* So many waits in a row may fail for want of memory and the like before that is given up. */
#define FAILURES_MAX 100
/* Longest single wait: keeps the sum within a struct timeval on every platform. */
#define WAIT_MAX MONO_S(1000000)

struct watch {
	struct loop *loop;
	struct watch *next; /* by rank, then by creation */
	int fd;
	int rank;
	int interest;
	int ready; /* what select found for this watch, until it was served */
	bool dead;
	watch_fn fn;
	void *ctx;
};

struct timer {
	struct loop *loop;
	struct timer *next;
	mono_t at;    /* MONO_NEVER: not armed */
	uint64_t ran; /* the turn in which it ran last */
	bool dead;
	timer_fn fn;
	void *ctx;
};

struct route {
	signal_fn fn; /* NULL: not routed */
	void *ctx;
	struct sigaction before;
};

struct guest_slot {
	const struct loop_guest *guest; /* NULL: removed in this turn */
	bool asked;			/* its before() took part in this turn's sets */
};

struct hook {
	phase_fn fn;
	void *ctx;
};

struct sets {
	fd_set rd, wr, ex;
	int max_fd;
};

struct loop {
	struct watch *watches;
	struct timer *timers;
	struct guest_slot guests[GUESTS_MAX];
	int guest_count;
	struct hook hooks[LOOP_PHASES];
	struct route routes[SIGNALS];
	int pipe[2];
	mono_t now;
	mono_t hooks_at; /* when a phase hook wants to run again */
	uint64_t turn;
	bool in_turn;
	bool again;
	bool dirty;   /* something is marked dead */
	int failures; /* waits in a row that failed */
	bool stopping;
	int stop_code;
};

/* What the handler may touch. One loop per process owns it. */
static volatile sig_atomic_t signal_hit[SIGNALS];
static volatile sig_atomic_t signal_any;
static volatile sig_atomic_t signal_fd = -1;

static void on_signal(int signo)
{
	int saved = errno;
	int fd = signal_fd;

	signal_hit[signo] = 1;
	signal_any = 1;
	/* A full pipe is as good as a written byte: it wakes the loop. */
	if (fd >= 0 && write(fd, "", 1) < 0)
		errno = saved;
	errno = saved;
}

static int make_pipe(int fds[2], struct err *err)
{
	if (pipe(fds) < 0)
		return err_sys(err, errno, "cannot make the signal pipe");
	for (int i = 0; i < 2; i++) {
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
		fcntl(fds[i], F_SETFL, O_NONBLOCK);
	}
	if (fds[0] < FD_SETSIZE)
		return ERR_OK;
	close(fds[0]);
	close(fds[1]);
	return err_set(err, ERR_RANGE, 0, "too many open files for the event loop");
}

struct loop *loop_new(struct err *err)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	if (make_pipe(l->pipe, err) < 0) {
		free(l);
		return NULL;
	}
	l->now = clock_now();
	l->hooks_at = l->now; /* the first turn runs the hooks without waiting */
	return l;
}

static void restore_signals(struct loop *l)
{
	for (int signo = 1; signo < SIGNALS; signo++) {
		if (!l->routes[signo].fn)
			continue;
		sigaction(signo, &l->routes[signo].before, NULL);
		signal_hit[signo] = 0;
	}
	if (signal_fd == l->pipe[1]) {
		signal_fd = -1;
		signal_any = 0;
	}
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	assert(!l->in_turn);
	restore_signals(l);
	while (l->watches) {
		struct watch *w = l->watches;

		l->watches = w->next;
		free(w);
	}
	while (l->timers) {
		struct timer *t = l->timers;

		l->timers = t->next;
		free(t);
	}
	close(l->pipe[0]);
	close(l->pipe[1]);
	free(l);
}

/* ---- watches ---- */

struct watch *watch_new(
    struct loop *l, int fd, int rank, int interest, watch_fn fn, void *ctx, struct err *err)
{
	struct watch **at = &l->watches;
	struct watch *w;

	if (fd < 0 || fd >= FD_SETSIZE) {
		err_set(
		    err, ERR_RANGE, 0, "descriptor %d is beyond what the event loop can watch", fd);
		return NULL;
	}
	w = xcalloc(1, sizeof(*w));
	w->loop = l;
	w->fd = fd;
	w->rank = rank;
	w->interest = interest;
	w->fn = fn;
	w->ctx = ctx;
	while (*at && (*at)->rank <= rank)
		at = &(*at)->next;
	w->next = *at;
	*at = w;
	return w;
}

void watch_set(struct watch *w, int interest)
{
	w->interest = interest;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	w->dead = true;
	w->loop->dirty = true;
}

/* ---- timers ---- */

struct timer *timer_new(struct loop *l, timer_fn fn, void *ctx)
{
	struct timer **at = &l->timers;
	struct timer *t = xcalloc(1, sizeof(*t));

	t->loop = l;
	t->at = MONO_NEVER;
	t->fn = fn;
	t->ctx = ctx;
	while (*at)
		at = &(*at)->next;
	*at = t;
	return t;
}

void timer_arm(struct timer *t, mono_t at)
{
	t->at = at;
}

void timer_disarm(struct timer *t)
{
	t->at = MONO_NEVER;
}

bool timer_armed(const struct timer *t)
{
	return t->at != MONO_NEVER && !t->dead;
}

void timer_free(struct timer *t)
{
	if (!t)
		return;
	t->dead = true;
	t->loop->dirty = true;
}

/* The armed timer that is due first among those that have not run in this turn yet. */
static struct timer *next_due(struct loop *l)
{
	struct timer *best = NULL;

	for (struct timer *t = l->timers; t; t = t->next) {
		if (t->dead || t->at > l->now || t->ran == l->turn)
			continue;
		if (!best || t->at < best->at)
			best = t;
	}
	return best;
}

static void run_timers(struct loop *l)
{
	struct timer *t;

	while ((t = next_due(l))) {
		/* One that arms itself for the past comes again in the next turn, so that it can't
		 * hold this one for ever. */
		t->ran = l->turn;
		t->at = MONO_NEVER;
		t->fn(t->ctx, l->now);
	}
}

/* ---- signals ---- */

int loop_signal(struct loop *l, int signo, signal_fn fn, void *ctx, struct err *err)
{
	struct sigaction sa;

	assert(signo > 0 && signo < SIGNALS && fn);
	if (signal_fd >= 0 && signal_fd != l->pipe[1])
		return err_set(err, ERR_BUSY, 0, "another event loop already receives the signals");
	signal_fd = l->pipe[1];
	if (!l->routes[signo].fn) {
		memset(&sa, 0, sizeof(sa));
		sa.sa_handler = on_signal;
		sa.sa_flags = SA_RESTART;
		sigemptyset(&sa.sa_mask);
		if (sigaction(signo, &sa, &l->routes[signo].before) < 0)
			return err_sys(err, errno, "cannot receive signal %d", signo);
	}
	l->routes[signo].fn = fn;
	l->routes[signo].ctx = ctx;
	return ERR_OK;
}

static void run_signals(struct loop *l)
{
	char drain[64];

	if (!signal_any || signal_fd != l->pipe[1])
		return;
	/* In this order: a signal that comes in between sets signal_any again, so that its byte is
	 * drained in the next turn at the latest. The other way round a byte could stay in the pipe
	 * with nothing to tell of it, and each select would return at once. */
	signal_any = 0;
	while (read(l->pipe[0], drain, sizeof(drain)) > 0)
		;
	for (int signo = 1; signo < SIGNALS; signo++) {
		if (!signal_hit[signo] || !l->routes[signo].fn)
			continue;
		signal_hit[signo] = 0;
		l->routes[signo].fn(l->routes[signo].ctx, signo, l->now);
	}
}

/* ---- guests and phases ---- */

void loop_guest_add(struct loop *l, const struct loop_guest *g)
{
	assert(l->guest_count < GUESTS_MAX);
	l->guests[l->guest_count].guest = g;
	l->guests[l->guest_count++].asked = false;
}

void loop_guest_remove(struct loop *l, const struct loop_guest *g)
{
	for (int i = 0; i < l->guest_count; i++)
		if (l->guests[i].guest == g)
			l->guests[i].guest = NULL;
	l->dirty = true;
}

static void run_guests(struct loop *l, struct sets *s)
{
	for (int i = 0; i < l->guest_count; i++) {
		struct guest_slot *slot = &l->guests[i];

		if (slot->guest && slot->asked)
			slot->guest->after(slot->guest->ctx, &s->rd, &s->wr, &s->ex, l->now);
	}
}

void loop_phase(struct loop *l, enum loop_phase phase, phase_fn fn, void *ctx)
{
	assert(phase < LOOP_PHASES);
	l->hooks[phase].fn = fn;
	l->hooks[phase].ctx = ctx;
}

static void run_hooks(struct loop *l)
{
	l->hooks_at = MONO_NEVER;
	for (int i = 0; i < LOOP_PHASES; i++)
		if (l->hooks[i].fn)
			l->hooks_at =
			    mono_min(l->hooks_at, l->hooks[i].fn(l->hooks[i].ctx, l->now));
}

/* ---- the turn ---- */

static mono_t earliest(const struct loop *l, mono_t until)
{
	mono_t at = mono_min(until, l->hooks_at);

	if (l->again || l->stopping)
		return l->now;
	for (const struct timer *t = l->timers; t; t = t->next)
		if (!t->dead)
			at = mono_min(at, t->at);
	return at;
}

static void fill_sets(struct loop *l, struct sets *s, mono_t *deadline)
{
	FD_ZERO(&s->rd);
	FD_ZERO(&s->wr);
	FD_ZERO(&s->ex);
	FD_SET(l->pipe[0], &s->rd);
	s->max_fd = l->pipe[0];
	for (const struct watch *w = l->watches; w; w = w->next) {
		if (w->dead || !w->interest)
			continue;
		if (w->interest & LOOP_READ)
			FD_SET(w->fd, &s->rd);
		if (w->interest & LOOP_WRITE)
			FD_SET(w->fd, &s->wr);
		if (w->fd > s->max_fd)
			s->max_fd = w->fd;
	}
	for (int i = 0; i < l->guest_count; i++) {
		struct guest_slot *slot = &l->guests[i];

		slot->asked = slot->guest != NULL;
		if (slot->asked)
			slot->guest->before(
			    slot->guest->ctx, &s->rd, &s->wr, &s->ex, &s->max_fd, deadline);
	}
}

/* The rest of the wait, NULL for ever. */
static struct timeval *wait_for(struct timeval *tv, const struct loop *l, mono_t deadline)
{
	mono_t us = 0;

	if (deadline == MONO_NEVER)
		return NULL;
	/* The turn's own `now` may be old by the time its work took: what remains is counted from
	 * the present. This reading goes nowhere else. */
	if (deadline > l->now)
		us = deadline - clock_now();
	if (us < 0)
		us = 0;
	us = mono_min(us, WAIT_MAX);
	tv->tv_sec = us / 1000000;
	tv->tv_usec = us % 1000000;
	return tv;
}

static int wait_ready(struct loop *l, struct sets *s, mono_t until, struct err *err)
{
	mono_t deadline = earliest(l, until);
	struct timeval tv;

	fill_sets(l, s, &deadline);
	if (select(s->max_fd + 1, &s->rd, &s->wr, &s->ex, wait_for(&tv, l, deadline)) >= 0) {
		l->failures = 0;
		return ERR_OK;
	}
	/* What is short now may be there again in the next turn. */
	if (errno != EINTR &&
	    ((errno != ENOMEM && errno != EAGAIN) || ++l->failures > FAILURES_MAX))
		return err_sys(err, errno, "waiting for input failed");
	/* A signal: the sets say nothing (and SA_RESTART doesn't restart select). */
	FD_ZERO(&s->rd);
	FD_ZERO(&s->wr);
	FD_ZERO(&s->ex);
	return ERR_OK;
}

/* Readiness is kept per watch and not looked up while serving: a callback may close a descriptor
 * and open another with the same number, which select has said nothing about. */
static void mark_ready(struct loop *l, const struct sets *s)
{
	for (struct watch *w = l->watches; w; w = w->next) {
		w->ready = 0;
		if (w->dead)
			continue;
		if (FD_ISSET(w->fd, &s->rd))
			w->ready |= LOOP_READ;
		if (FD_ISSET(w->fd, &s->wr))
			w->ready |= LOOP_WRITE;
	}
}

static void run_watches(struct loop *l)
{
	for (struct watch *w = l->watches; w; w = w->next) {
		int ready = w->ready & w->interest;

		w->ready = 0;
		if (ready && !w->dead)
			w->fn(w->ctx, ready, l->now);
	}
}

static void bury(struct loop *l)
{
	struct watch **w = &l->watches;
	struct timer **t = &l->timers;
	int kept = 0;

	if (!l->dirty)
		return;
	l->dirty = false;
	while (*w) {
		struct watch *next = (*w)->next;

		if (!(*w)->dead) {
			w = &(*w)->next;
			continue;
		}
		free(*w);
		*w = next;
	}
	while (*t) {
		struct timer *next = (*t)->next;

		if (!(*t)->dead) {
			t = &(*t)->next;
			continue;
		}
		free(*t);
		*t = next;
	}
	for (int i = 0; i < l->guest_count; i++)
		if (l->guests[i].guest)
			l->guests[kept++] = l->guests[i];
	l->guest_count = kept;
}

int loop_turn(struct loop *l, mono_t until, struct err *err)
{
	struct sets s;
	int rc;

	assert(!l->in_turn);
	l->in_turn = true;
	rc = wait_ready(l, &s, until, err);
	if (rc == ERR_OK) {
		l->now = clock_now();
		l->turn++;
		l->again = false;
		mark_ready(l, &s);
		run_signals(l);
		run_watches(l);
		run_guests(l, &s);
		run_timers(l);
		run_hooks(l);
	}
	bury(l);
	l->in_turn = false;
	return rc;
}

int loop_run(struct loop *l, struct err *err)
{
	int rc;

	do {
		rc = loop_turn(l, MONO_NEVER, err);
	} while (rc == ERR_OK && !l->stopping);
	l->stopping = false;
	return rc == ERR_OK ? l->stop_code : rc;
}

void loop_stop(struct loop *l, int code)
{
	l->stopping = true;
	l->stop_code = code;
}

void loop_again(struct loop *l)
{
	l->again = true;
}

mono_t loop_now(const struct loop *l)
{
	return l->now;
}
