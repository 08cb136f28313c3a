/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event loop, on pipes. Times are the loop's own; nothing here sleeps. */
#define _DEFAULT_SOURCE /* ualarm */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "tasmite/io/clock.h"
#include "tasmite/io/loop.h"

/* What was called, in order, as letters. */
struct trace {
	struct loop *l;
	char calls[64];
	int pipe[2];
	int other[2];
	struct watch *watch;
	struct watch *second;
	struct timer *timer;
	struct timer *timer2;
	mono_t now;
	int ready;
	int signo;
};

static void note(struct trace *t, char c)
{
	size_t n = strlen(t->calls);

	assert_true(n + 1 < sizeof(t->calls));
	t->calls[n] = c;
	t->calls[n + 1] = '\0';
}

static int setup(void **state)
{
	static struct trace t;
	struct err err;

	memset(&t, 0, sizeof(t));
	t.l = loop_new(&err);
	assert_non_null(t.l);
	assert_int_equal(pipe(t.pipe), 0);
	assert_int_equal(pipe(t.other), 0);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct trace *t = *state;

	loop_free(t->l);
	for (int i = 0; i < 2; i++) {
		close(t->pipe[i]);
		close(t->other[i]);
	}
	return 0;
}

/* One turn that doesn't wait. */
static void turn(struct trace *t)
{
	struct err err;

	assert_int_equal(loop_turn(t->l, loop_now(t->l), &err), ERR_OK);
}

static void put(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

static void take(int fd)
{
	char c;

	assert_int_equal(read(fd, &c, 1), 1);
}

static void on_a(void *ctx, int ready, mono_t now)
{
	struct trace *t = ctx;

	note(t, 'a');
	t->ready = ready;
	t->now = now;
}

static void on_b(void *ctx, int ready, mono_t now)
{
	(void)ready;
	(void)now;
	note(ctx, 'b');
}

static void watch__calls__only_what_is_ready(void **state)
{
	struct trace *t = *state;

	watch_new(t->l, t->pipe[0], 0, LOOP_READ, on_a, t, NULL);
	watch_new(t->l, t->other[0], 0, LOOP_READ, on_b, t, NULL);
	turn(t);
	assert_string_equal(t->calls, "");
	put(t->pipe[1]);
	turn(t);
	assert_string_equal(t->calls, "a");
	assert_int_equal(t->ready, LOOP_READ);
	assert_int_equal(t->now, loop_now(t->l));
	take(t->pipe[0]);
	turn(t);
	assert_string_equal(t->calls, "a");
}

static void watch__is_served__by_rank_then_creation(void **state)
{
	struct trace *t = *state;

	put(t->pipe[1]);
	put(t->other[1]);
	watch_new(t->l, t->pipe[0], 5, LOOP_READ, on_b, t, NULL);
	watch_new(t->l, t->other[0], 1, LOOP_READ, on_a, t, NULL);
	watch_new(t->l, t->other[0], 5, LOOP_READ, on_a, t, NULL);
	turn(t);
	assert_string_equal(t->calls, "aba");
}

static void watch__reports_write__only_when_wanted(void **state)
{
	struct trace *t = *state;
	struct watch *w = watch_new(t->l, t->pipe[1], 0, LOOP_NONE, on_a, t, NULL);

	turn(t);
	assert_string_equal(t->calls, "");
	watch_set(w, LOOP_WRITE);
	turn(t);
	assert_string_equal(t->calls, "a");
	assert_int_equal(t->ready, LOOP_WRITE);
	watch_set(w, LOOP_NONE);
	turn(t);
	assert_string_equal(t->calls, "a");
}

static void on_free_both(void *ctx, int ready, mono_t now)
{
	struct trace *t = ctx;

	(void)ready;
	(void)now;
	note(t, 'f');
	watch_free(t->watch);
	watch_free(t->second);
}

static void watch_free__silences__itself_and_a_later_one_in_the_same_turn(void **state)
{
	struct trace *t = *state;

	put(t->pipe[1]);
	put(t->other[1]);
	t->watch = watch_new(t->l, t->pipe[0], 0, LOOP_READ, on_free_both, t, NULL);
	t->second = watch_new(t->l, t->other[0], 1, LOOP_READ, on_b, t, NULL);
	turn(t);
	turn(t);
	assert_string_equal(t->calls, "f");
}

/* Closes the second descriptor, which select found ready, and opens one with the same number that
 * has nothing to read. */
static void on_swap(void *ctx, int ready, mono_t now)
{
	struct trace *t = ctx;
	int fd = t->other[0];
	int fresh[2];

	(void)ready;
	(void)now;
	note(t, 's');
	take(t->pipe[0]);
	watch_free(t->second);
	close(fd);
	assert_int_equal(pipe(fresh), 0);
	assert_int_equal(fresh[0], fd);
	close(t->other[1]);
	t->other[1] = fresh[1];
	t->second = watch_new(t->l, fd, 1, LOOP_READ, on_b, t, NULL);
}

static void watch_new__ignores__readiness_of_a_reused_number(void **state)
{
	struct trace *t = *state;

	put(t->pipe[1]);
	put(t->other[1]);
	t->watch = watch_new(t->l, t->pipe[0], 0, LOOP_READ, on_swap, t, NULL);
	t->second = watch_new(t->l, t->other[0], 1, LOOP_READ, on_b, t, NULL);
	turn(t);
	turn(t);
	assert_string_equal(t->calls, "s");
	put(t->other[1]);
	turn(t);
	assert_string_equal(t->calls, "sb");
}

static void watch_new__refuses__a_number_beyond_the_set(void **state)
{
	struct trace *t = *state;
	struct err err = {0};

	assert_null(watch_new(t->l, FD_SETSIZE, 0, LOOP_READ, on_a, t, &err));
	assert_int_equal(err.code, ERR_RANGE);
	assert_null(watch_new(t->l, -1, 0, LOOP_READ, on_a, t, &err));
	assert_non_null(watch_new(t->l, FD_SETSIZE - 1, 0, LOOP_NONE, on_a, t, &err));
}

static void turn__reports__a_closed_descriptor(void **state)
{
	struct trace *t = *state;
	struct err err = {0};
	int fd = dup(t->pipe[0]);

	watch_new(t->l, fd, 0, LOOP_READ, on_a, t, NULL);
	close(fd);
	assert_true(loop_turn(t->l, loop_now(t->l), &err) < 0);
	assert_true(err.text[0] != '\0');
}

static void on_timer(void *ctx, mono_t now)
{
	struct trace *t = ctx;

	note(t, 't');
	t->now = now;
}

static void on_timer2(void *ctx, mono_t now)
{
	struct trace *t = ctx;

	(void)now;
	note(t, 'u');
	timer_free(t->timer);
}

static void on_rearm(void *ctx, mono_t now)
{
	struct trace *t = ctx;

	note(t, 'r');
	timer_arm(t->timer, now);
}

static void timer__fires__once_and_never_early(void **state)
{
	struct trace *t = *state;
	struct err err;
	mono_t at = loop_now(t->l) + MONO_MS(3);

	t->timer = timer_new(t->l, on_timer, t);
	assert_false(timer_armed(t->timer));
	timer_arm(t->timer, at);
	assert_true(timer_armed(t->timer));
	assert_int_equal(loop_turn(t->l, MONO_NEVER, &err), ERR_OK); /* first turn: no wait */
	assert_string_equal(t->calls, "");
	while (!t->calls[0])
		assert_int_equal(loop_turn(t->l, MONO_NEVER, &err), ERR_OK);
	assert_true(t->now >= at);
	assert_false(timer_armed(t->timer));
	turn(t);
	assert_string_equal(t->calls, "t");
}

static void timer__runs_earliest_first__and_may_free_another(void **state)
{
	struct trace *t = *state;

	t->timer = timer_new(t->l, on_timer, t);
	t->timer2 = timer_new(t->l, on_timer2, t);
	timer_arm(t->timer, loop_now(t->l));
	timer_arm(t->timer2, loop_now(t->l) - 1);
	turn(t);
	turn(t);
	assert_string_equal(t->calls, "u");
}

static void timer__armed_for_now_in_its_callback__waits_for_the_next_turn(void **state)
{
	struct trace *t = *state;
	struct err err;

	t->timer = timer_new(t->l, on_rearm, t);
	timer_arm(t->timer, loop_now(t->l));
	turn(t);
	assert_string_equal(t->calls, "r");
	/* It makes the next wait end at once. */
	assert_int_equal(loop_turn(t->l, MONO_NEVER, &err), ERR_OK);
	assert_string_equal(t->calls, "rr");
	timer_disarm(t->timer);
	turn(t);
	assert_string_equal(t->calls, "rr");
}

static void on_signal_note(void *ctx, int signo, mono_t now)
{
	struct trace *t = ctx;

	(void)now;
	note(t, 'S');
	t->signo = signo;
}

static void signal__wakes__the_wait_and_is_merged(void **state)
{
	struct trace *t = *state;
	struct err err;

	turn(t);
	assert_int_equal(loop_signal(t->l, SIGWINCH, on_signal_note, t, &err), ERR_OK);
	raise(SIGWINCH);
	raise(SIGWINCH);
	assert_int_equal(loop_turn(t->l, MONO_NEVER, &err), ERR_OK);
	assert_string_equal(t->calls, "S");
	assert_int_equal(t->signo, SIGWINCH);
	turn(t);
	assert_string_equal(t->calls, "S");
}

static void signal__comes_before__descriptors_and_timers(void **state)
{
	struct trace *t = *state;
	struct err err;

	put(t->pipe[1]);
	watch_new(t->l, t->pipe[0], -100, LOOP_READ, on_a, t, NULL);
	t->timer = timer_new(t->l, on_timer, t);
	timer_arm(t->timer, loop_now(t->l));
	assert_int_equal(loop_signal(t->l, SIGTERM, on_signal_note, t, &err), ERR_OK);
	raise(SIGTERM);
	turn(t);
	assert_string_equal(t->calls, "Sat");
}

/* An alarm that comes while select waits: EINTR, and nothing looks ready. */
static void signal__interrupts__a_wait_without_false_readiness(void **state)
{
	struct trace *t = *state;
	struct err err;

	turn(t);
	watch_new(t->l, t->pipe[0], 0, LOOP_READ, on_a, t, NULL);
	assert_int_equal(loop_signal(t->l, SIGALRM, on_signal_note, t, &err), ERR_OK);
	ualarm(2000, 0);
	while (!t->calls[0])
		assert_int_equal(loop_turn(t->l, MONO_NEVER, &err), ERR_OK);
	assert_string_equal(t->calls, "S");
	assert_int_equal(t->signo, SIGALRM);
}

static void loop_free__restores__the_earlier_disposition(void **state)
{
	struct sigaction before, after;
	struct loop *l = loop_new(NULL);
	struct loop *other;
	struct err err = {0};

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, NULL, &before), 0);
	assert_int_equal(loop_signal(l, SIGUSR1, on_signal_note, NULL, &err), ERR_OK);
	other = loop_new(NULL);
	assert_int_equal(loop_signal(other, SIGUSR2, on_signal_note, NULL, &err), ERR_BUSY);
	loop_free(other);
	loop_free(l);
	assert_int_equal(sigaction(SIGUSR1, NULL, &after), 0);
	assert_true(before.sa_handler == after.sa_handler);
	loop_free(NULL);
}

static mono_t hook_commands(void *ctx, mono_t now)
{
	note(ctx, 'c');
	(void)now;
	return MONO_NEVER;
}

static mono_t hook_flush(void *ctx, mono_t now)
{
	note(ctx, 'f');
	(void)now;
	return MONO_NEVER;
}

static mono_t hook_draw(void *ctx, mono_t now)
{
	note(ctx, 'd');
	return strlen(((struct trace *)ctx)->calls) < 12 ? now + MONO_MS(2) : MONO_NEVER;
}

static void phase__runs__each_turn_in_order_and_its_deadline_wakes(void **state)
{
	struct trace *t = *state;
	struct err err;
	mono_t first;

	loop_phase(t->l, LOOP_DRAW, hook_draw, t);
	loop_phase(t->l, LOOP_COMMANDS, hook_commands, t);
	loop_phase(t->l, LOOP_FLUSH, hook_flush, t);
	t->timer = timer_new(t->l, on_timer, t);
	timer_arm(t->timer, loop_now(t->l));
	turn(t);
	assert_string_equal(t->calls, "tcfd");
	first = loop_now(t->l);
	/* Nothing else can end this wait than the draw hook's deadline. */
	assert_int_equal(loop_turn(t->l, MONO_NEVER, &err), ERR_OK);
	assert_string_equal(t->calls, "tcfdcfd");
	assert_true(loop_now(t->l) >= first + MONO_MS(2));
}

struct guest {
	struct trace *t;
	int fd;
	mono_t deadline;
};

static void guest_before(void *ctx, void *rd, void *wr, void *ex, int *max_fd, mono_t *deadline)
{
	struct guest *g = ctx;

	(void)wr;
	(void)ex;
	FD_SET(g->fd, (fd_set *)rd);
	if (g->fd > *max_fd)
		*max_fd = g->fd;
	*deadline = mono_min(*deadline, g->deadline);
}

static void guest_after(void *ctx, void *rd, void *wr, void *ex, mono_t now)
{
	struct guest *g = ctx;

	(void)wr;
	(void)ex;
	(void)now;
	note(g->t, FD_ISSET(g->fd, (fd_set *)rd) ? 'G' : 'g');
}

static void guest__brings__its_descriptor_and_deadline(void **state)
{
	struct trace *t = *state;
	struct guest g = {t, t->pipe[0], MONO_NEVER};
	struct loop_guest guest = {guest_before, guest_after, &g};
	struct err err;

	turn(t);
	loop_guest_add(t->l, &guest);
	put(t->pipe[1]);
	assert_int_equal(loop_turn(t->l, MONO_NEVER, &err), ERR_OK);
	assert_string_equal(t->calls, "G");
	take(t->pipe[0]);
	g.deadline = loop_now(t->l) + MONO_MS(1);
	assert_int_equal(loop_turn(t->l, MONO_NEVER, &err), ERR_OK);
	assert_string_equal(t->calls, "Gg");
	loop_guest_remove(t->l, &guest);
	turn(t);
	assert_string_equal(t->calls, "Gg");
}

static void on_stop(void *ctx, int ready, mono_t now)
{
	struct trace *t = ctx;

	(void)ready;
	(void)now;
	note(t, 'x');
	loop_stop(t->l, 7);
}

static void run__ends__with_the_stop_code_after_the_whole_turn(void **state)
{
	struct trace *t = *state;
	struct err err;

	put(t->pipe[1]);
	watch_new(t->l, t->pipe[0], 0, LOOP_READ, on_stop, t, NULL);
	loop_phase(t->l, LOOP_FLUSH, hook_flush, t);
	assert_int_equal(loop_run(t->l, &err), 7);
	assert_string_equal(t->calls, "xf");
}

static void again__keeps__the_next_wait_from_blocking(void **state)
{
	struct trace *t = *state;
	struct err err;

	turn(t);
	loop_again(t->l);
	/* Would hang for ever. */
	assert_int_equal(loop_turn(t->l, MONO_NEVER, &err), ERR_OK);
}

/* A pipe whose numbers don't fit the set is refused when the loop is made, not overrun. */
static void loop_new__refuses__when_too_many_files_are_open(void **state)
{
	struct rlimit was, want;
	struct err err = {0};
	int fds[FD_SETSIZE];
	int count = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	want = was;
	want.rlim_cur = FD_SETSIZE + 16;
	if (was.rlim_max < want.rlim_cur || setrlimit(RLIMIT_NOFILE, &want) < 0)
		skip();
	while (count < FD_SETSIZE) {
		int fd = open("/dev/null", O_RDONLY);

		assert_true(fd >= 0);
		if (fd >= FD_SETSIZE) {
			close(fd);
			break;
		}
		fds[count++] = fd;
	}
	assert_null(loop_new(&err));
	assert_int_equal(err.code, ERR_RANGE);
	while (count)
		close(fds[--count]);
	setrlimit(RLIMIT_NOFILE, &was);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(watch__calls__only_what_is_ready),
	    T(watch__is_served__by_rank_then_creation),
	    T(watch__reports_write__only_when_wanted),
	    T(watch_free__silences__itself_and_a_later_one_in_the_same_turn),
	    T(watch_new__ignores__readiness_of_a_reused_number),
	    T(watch_new__refuses__a_number_beyond_the_set),
	    T(turn__reports__a_closed_descriptor),
	    T(timer__fires__once_and_never_early),
	    T(timer__runs_earliest_first__and_may_free_another),
	    T(timer__armed_for_now_in_its_callback__waits_for_the_next_turn),
	    T(signal__wakes__the_wait_and_is_merged),
	    T(signal__comes_before__descriptors_and_timers),
	    T(signal__interrupts__a_wait_without_false_readiness),
	    cmocka_unit_test(loop_free__restores__the_earlier_disposition),
	    T(phase__runs__each_turn_in_order_and_its_deadline_wakes),
	    T(guest__brings__its_descriptor_and_deadline),
	    T(run__ends__with_the_stop_code_after_the_whole_turn),
	    T(again__keeps__the_next_wait_from_blocking),
	    cmocka_unit_test(loop_new__refuses__when_too_many_files_are_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
