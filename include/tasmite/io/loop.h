/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one select(). A turn has a fixed order: the clock is read once; signals; descriptors;
 * guests; due timers; phase hooks (commands, flush, draw); deferred destruction; wait.
 * Callbacks change state and set flags. An object is freed at the end of the turn in which its
 * free function was called, so that a callback may free anything, itself included; its callback
 * is not called any more from that moment on.
 */
#ifndef TASMITE_IO_LOOP_H
#define TASMITE_IO_LOOP_H

#include <stdbool.h>
#include <sys/types.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"

struct loop;
struct watch;
struct timer;

enum loop_interest { LOOP_NONE = 0, LOOP_READ = 1, LOOP_WRITE = 2 };

/* The phases after descriptors and timers, in this order, each turn. A hook returns the time at
 * which it wants to run again at the latest (MONO_NEVER: only when something else wakes the
 * loop; `now`: at once). */
enum loop_phase { LOOP_COMMANDS, LOOP_FLUSH, LOOP_DRAW, LOOP_PHASES };

/* Sets up the self-pipe. NULL and err on failure. One loop per process may own signals. */
struct loop *loop_new(struct err *err);
/* Frees all watches, timers and restores signal dispositions. NULL is allowed. */
void loop_free(struct loop *l);

/* ready is a set of enum loop_interest. */
typedef void (*watch_fn)(void *ctx, int ready, mono_t now);
/* fd stays the caller's; it must stay open until watch_free. NULL with err when fd >= FD_SETSIZE.
 * Watches are served in the order of `rank` (low first), then of creation: the port before keys. */
struct watch *watch_new(
    struct loop *l, int fd, int rank, int interest, watch_fn fn, void *ctx, struct err *err);
void watch_set(struct watch *w, int interest);
/* Deferred; the descriptor may be closed right after the call. NULL is allowed. */
void watch_free(struct watch *w);

typedef void (*timer_fn)(void *ctx, mono_t now);
/* Not armed yet. Due timers run earliest first, each at most once per turn. */
struct timer *timer_new(struct loop *l, timer_fn fn, void *ctx);
/* One shot at an absolute time; arming again moves it. */
void timer_arm(struct timer *t, mono_t at);
void timer_disarm(struct timer *t);
bool timer_armed(const struct timer *t);
void timer_free(struct timer *t); /* deferred; NULL is allowed */

/* Called once per turn for each delivery of signo (deliveries may be merged). */
typedef void (*signal_fn)(void *ctx, int signo, mono_t now);
/* Routes signo through the self-pipe; the earlier disposition returns with loop_free. */
int loop_signal(struct loop *l, int signo, signal_fn fn, void *ctx, struct err *err);

/* A library that brings its own descriptor sets (libmicrohttpd, c-ares). The sets are passed as
 * void* so that <sys/select.h> stays in loop.c and the guests' own files. */
struct loop_guest {
	/* Adds to the sets (fd_set *), raises *max_fd, lowers *deadline. */
	void (*before)(void *ctx, void *rd, void *wr, void *ex, int *max_fd, mono_t *deadline);
	/* After select, with the sets as select left them. */
	void (*after)(void *ctx, void *rd, void *wr, void *ex, mono_t now);
	void *ctx;
};
/* g must outlive its registration. */
void loop_guest_add(struct loop *l, const struct loop_guest *g);
void loop_guest_remove(struct loop *l, const struct loop_guest *g);

typedef mono_t (*phase_fn)(void *ctx, mono_t now);
/* Sets the phase's one hook; NULL removes it. */
void loop_phase(struct loop *l, enum loop_phase phase, phase_fn fn, void *ctx);

/* The time of the present turn. */
mono_t loop_now(const struct loop *l);
/* Turns until loop_stop. Returns the stop code, or a negative enum err_code with err. */
int loop_run(struct loop *l, struct err *err);
/* One turn that waits at most until `until` (tests; nested use is forbidden). */
int loop_turn(struct loop *l, mono_t until, struct err *err);
/* Ends loop_run after this turn. */
void loop_stop(struct loop *l, int code);
/* The next wait does not block (something was queued for the next turn). */
void loop_again(struct loop *l);

#endif
