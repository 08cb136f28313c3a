/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual device on a real pty in real time; see front.h. */
#define _GNU_SOURCE /* ppoll */
#include "front.h"

#include "front_host.h"
#include "scenario_file.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* What the chip sends is handed on in slices of a millisecond. */
#define SLICE_US 1000
/* How often a pty that nobody has open is looked at. */
#define CLOSED_US  20000
#define FOREVER_US 1000000
/* How often the rate is looked at while the loader has something to do. */
#define RATE_US	  5000
#define BEHIND_US 20000 /* of code in RAM, what is made up for in one turn */
/* Without waiting: how much virtual labour one turn may do. */
#define WORK_PER_TURN 20000
/* How far ahead of the wire a file is read that the chip is made to send. */
#define EMIT_AHEAD 65536
#define PRESS_US   100000
#define RELEASE_US 200000

static volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
	(void)sig;
	stop_asked = 1;
}

/* Signals are let through only while ppoll waits, so that none is missed between. */
static void catch_signals(sigset_t *while_waiting)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal};
	sigset_t block;

	sigemptyset(&sa.sa_mask);
	sigemptyset(&block);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], &sa, NULL);
		sigaddset(&block, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &block, while_waiting);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigdelset(while_waiting, signals[i]);
	signal(SIGPIPE, SIG_IGN);
}

/* --- time ----------------------------------------------------------------------------------- */

static sim_time wall_now(const struct sim_front *f)
{
	struct timespec t;
	double us;

	clock_gettime(CLOCK_MONOTONIC, &t);
	us = (double)(t.tv_sec - f->start.tv_sec) * 1e6 +
	     (double)(t.tv_nsec - f->start.tv_nsec) / 1e3;
	return f->skipped + (sim_time)(us * f->speed);
}

/*
 * Code in RAM is computed instruction by instruction. On a machine that is too busy for that its clock
 * runs slower, rather than that the device catches up in ever longer turns and hears nobody.
 */
static sim_time latest(const struct sim_front *f)
{
	if (!f->link || sim_device_mode(sim_link_device(f->link)) != SIM_MODE_RAM)
		return SIM_NEVER;
	return sim_link_now(f->link) + BEHIND_US;
}

sim_time sim_front_now(const struct sim_front *f)
{
	sim_time now = wall_now(f), end = latest(f);

	return now < end ? now : end;
}

static void slow_down(struct sim_front *f)
{
	sim_time now = wall_now(f), end = latest(f);

	if (now > end)
		f->skipped -= now - end;
}

static void trace_line(void *ctx, sim_time at, const char *text)
{
	struct sim_front *f = ctx;

	if (f->trace)
		fprintf(f->trace, "%lld.%06lld %s\n", (long long)(at / 1000000),
		    (long long)(at % 1000000), text);
}

/* --- opening -------------------------------------------------------------------------------- */

static bool say(char *err, size_t errsize, const char *what)
{
	snprintf(err, errsize, "%s: %s", what, strerror(errno));
	return false;
}

static bool open_trace(struct sim_front *f, char *err, size_t errsize)
{
	const char *path = f->opt->trace;

	if (!path)
		return true;
	f->trace = strcmp(path, "-") == 0 ? stderr : fopen(path, "w");
	if (!f->trace)
		return say(err, errsize, path);
	setvbuf(f->trace, NULL, _IOLBF, 0);
	return true;
}

static bool open_link(struct sim_front *f, char *err, size_t errsize)
{
	struct sim_link_config cfg = f->opt->link;
	char *text = NULL;

	if (f->opt->scenario) {
		text = sim_scenario_load(f->opt->scenario, err, errsize);
		if (!text)
			return false;
	}
	cfg.device.scenario = text;
	cfg.device.radio = &f->radio.radio;
	cfg.device.web = &f->web.web;
	cfg.device.trace = f->trace ? trace_line : NULL;
	cfg.device.trace_ctx = f;
	f->link = sim_link_new(&cfg, err, errsize);
	free(text);
	if (f->link)
		f->radio.flow.faults = f->web.flow.faults =
		    sim_device_faults(sim_link_device(f->link));
	return f->link != NULL;
}

static bool open_flash(struct sim_front *f, char *err, size_t errsize)
{
	struct sim_flash *flash = sim_device_flash(sim_link_device(f->link));
	const struct sim_options *o = f->opt;

	if (o->flash && !sim_flash_file_open(&f->file, flash, o->flash, err, errsize))
		return false;
	for (size_t i = 0; i < o->images; i++)
		if (!sim_flash_file_load(flash, o->image[i].path, o->image[i].offset, err, errsize))
			return false;
	return true;
}

static bool open_rest(struct sim_front *f, char *err, size_t errsize)
{
	const struct sim_options *o = f->opt;

	for (size_t i = 0; i < o->faults; i++)
		if (!sim_link_fault(f->link, o->fault[i], 0, err, errsize))
			return false;
	if (o->control && !sim_control_open(&f->control, o->control))
		return say(err, errsize, o->control);
	return sim_host_open(f, err, errsize);
}

bool sim_front_open(struct sim_front *f, const struct sim_options *o, char *err, size_t errsize)
{
	memset(f, 0, sizeof(*f));
	f->opt = o;
	f->file.fd = -1;
	f->press_at = SIM_NEVER;
	/* Without waiting, timers still run with the world's clock; only labour is jumped over. */
	f->speed = o->speed > 0 ? o->speed : 1;
	sim_control_init(&f->control);
	sim_host_init(f);
	sim_radio_init(&f->radio, o->wifi_rate);
	sim_web_init(&f->web, o->web, o->wifi_rate);
	if (!open_trace(f, err, errsize) || !open_link(f, err, errsize) ||
	    !open_flash(f, err, errsize) || !open_rest(f, err, errsize)) {
		sim_front_close(f);
		return false;
	}
	sim_link_open(f->link, false, 0);
	clock_gettime(CLOCK_MONOTONIC, &f->start);
	sim_link_button(f->link, o->button, 0);
	sim_link_power(f->link, o->power, 0);
	return true;
}

void sim_front_close(struct sim_front *f)
{
	sim_host_close(f);
	sim_radio_fini(&f->radio);
	sim_control_close(&f->control);
	sim_link_free(f->link);
	f->link = NULL;
	sim_web_fini(&f->web);
	sim_flash_file_close(&f->file);
	if (f->emit)
		fclose(f->emit);
	f->emit = NULL;
	if (f->trace && f->trace != stderr)
		fclose(f->trace);
	f->trace = NULL;
}

/* --- commands --------------------------------------------------------------------------------- */

static void unplug(struct sim_front *f, sim_time now)
{
	sim_link_unplug(f->link, now);
	sim_host_unplugged(f);
}

static bool command_hand(struct sim_front *f, const char *line, sim_time now)
{
	if (strcmp(line, "button down") == 0)
		sim_link_button(f->link, true, now);
	else if (strcmp(line, "button up") == 0)
		sim_link_button(f->link, false, now);
	else if (strcmp(line, "power on") == 0)
		sim_link_power(f->link, true, now);
	else if (strcmp(line, "power off") == 0)
		sim_link_power(f->link, false, now);
	else if (strcmp(line, "reset") == 0)
		sim_device_reset_pin(sim_link_device(f->link), now);
	else if (strcmp(line, "unplug") == 0)
		unplug(f, now);
	else if (strcmp(line, "quit") == 0)
		f->quit = true;
	else if (strcmp(line, "fault clear") == 0)
		sim_link_fault_clear(f->link, now);
	else
		return false;
	return true;
}

static bool command_press(struct sim_front *f, const char *arg, sim_time now)
{
	char *end;
	long n = strtol(arg, &end, 10);

	if (end == arg || *end || n < 1 || n > 100 || f->presses)
		return false;
	f->presses = (unsigned)n;
	f->press_at = now;
	return true;
}

/* The file is fed to the chip as it goes out: its queue is bounded. */
static void run_emit(struct sim_front *f)
{
	uint8_t bytes[4096];
	size_t n;

	while (f->emit && sim_link_chip_backlog(f->link) < EMIT_AHEAD) {
		n = fread(bytes, 1, sizeof(bytes), f->emit);
		if (n > 0) {
			sim_device_emit(sim_link_device(f->link), bytes, n, sim_link_now(f->link));
		} else {
			fclose(f->emit);
			f->emit = NULL;
		}
	}
}

static bool command_emit(struct sim_front *f, const char *path, char *err, size_t errsize)
{
	if (f->emit) {
		snprintf(err, errsize, "busy");
		return false;
	}
	f->emit = fopen(path, "rb");
	if (!f->emit)
		return say(err, errsize, path);
	return true;
}

static bool command_baud(struct sim_front *f, const char *arg, sim_time now)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (end == arg || *end || n < 50 || n > 5000000)
		return false;
	sim_device_set_baud(sim_link_device(f->link), (uint32_t)n, now);
	return true;
}

void sim_front_command(struct sim_front *f, const char *line, char *answer, size_t size)
{
	sim_time now = sim_front_now(f);
	char err[200] = "not understood";
	bool ok = true;
	enum sim_host_did did;

	sim_link_advance(f->link, now);
	if (strcmp(line, "state") == 0) {
		sim_link_state(f->link, answer, size);
		return;
	}
	did = sim_host_command(f, line, answer, size);
	if (did == SIM_HOST_ANSWERED)
		return;
	if (did != SIM_HOST_UNKNOWN) {
		ok = did == SIM_HOST_OK;
	} else if (strncmp(line, "press ", 6) == 0) {
		ok = command_press(f, line + 6, now);
	} else if (strncmp(line, "baud ", 5) == 0) {
		ok = command_baud(f, line + 5, now);
	} else if (strncmp(line, "emit ", 5) == 0) {
		ok = command_emit(f, line + 5, err, sizeof(err));
	} else if (!command_hand(f, line, now)) {
		ok = strncmp(line, "fault ", 6) == 0 &&
		     sim_link_fault(f->link, line + 6, now, err, sizeof(err));
	}
	if (ok)
		snprintf(answer, size, "ok");
	else
		snprintf(answer, size, "error %s: %s", err, line);
}

static void on_command(void *ctx, const char *line, char *answer, size_t size)
{
	sim_front_command(ctx, line, answer, size);
}

static void run_presses(struct sim_front *f, sim_time now)
{
	bool down;

	if (f->press_at > now)
		return;
	down = sim_device_button_down(sim_link_device(f->link));
	sim_link_button(f->link, !down, now);
	if (!down) {
		f->press_at = now + PRESS_US;
	} else {
		f->presses--;
		f->press_at = f->presses ? now + RELEASE_US : SIM_NEVER;
	}
}

/* --- the loop --------------------------------------------------------------------------------- */

/* Jumps over labour; false when there is more to do at once. */
static bool skip_work(struct sim_front *f, sim_time now)
{
	sim_time end = now + WORK_PER_TURN, t;

	while ((t = sim_link_next_work(f->link)) != SIM_NEVER && f->out_len < SIM_OUT_MAX / 2) {
		if (t > end)
			t = end;
		if (t > now) {
			f->skipped += t - now;
			now = t;
		}
		sim_link_advance(f->link, now);
		if (now >= end)
			return false;
	}
	return true;
}

static void wait_for(struct sim_front *f, sim_time until, const sigset_t *mask)
{
	struct pollfd fds[SIM_CONTROL_CLIENTS + 1 + SIM_NET_KINDS + 2 + 3];
	sim_time left = until - sim_front_now(f);
	struct timespec ts = {0, 0};
	size_t n = sim_control_poll(&f->control, fds, SIM_CONTROL_CLIENTS + 1);
	int64_t ns;

	n += sim_host_poll(f, fds + n, SIM_NET_KINDS + 2);
	n += sim_radio_poll(&f->radio, fds + n, 1);
	n += sim_web_poll(&f->web, fds + n, 2);
	if (left > 0) {
		ns = (int64_t)((double)left * 1000 / f->speed);
		ts.tv_sec = (time_t)(ns / 1000000000);
		ts.tv_nsec = (long)(ns % 1000000000);
	}
	ppoll(fds, n, &ts, mask);
}

static sim_time next_wake(struct sim_front *f, sim_time now)
{
	sim_time slice = (sim_time)(SLICE_US * f->speed) + 1;
	enum sim_mode mode = sim_device_mode(sim_link_device(f->link));
	sim_time limit = f->pty_there || f->pty.fd < 0 ? FOREVER_US : CLOSED_US;
	sim_time wake = sim_link_wake(f->link, now, slice);

	if (f->host_there && mode != SIM_MODE_APP && sim_link_next(f->link) != SIM_NEVER)
		limit = RATE_US;
	if (wake > f->press_at)
		wake = f->press_at;
	if (wake > f->settle_at)
		wake = f->settle_at;
	if (f->radio.failed || (f->radio.up && f->radio.flow.rate) ||
	    (f->web.fd >= 0 && f->web.flow.rate)) /* no descriptor tells when */
		limit = RATE_US;
	limit = (sim_time)((double)limit * f->speed);
	return wake < now + limit ? wake : now + limit;
}

void sim_front_run(struct sim_front *f)
{
	sigset_t while_waiting;
	char err[256];

	catch_signals(&while_waiting);
	prctl(PR_SET_TIMERSLACK, 1); /* the default of 50 us a turn would add up */
	while (!f->quit && !stop_asked) {
		sim_time now = sim_front_now(f);
		bool idle = true;

		slow_down(f);
		sim_net_serve(&f->net);
		sim_host_sync(f);
		now = sim_front_now(f);
		sim_host_settle(f, now);
		run_presses(f, now);
		sim_link_advance(f->link, now);
		sim_radio_serve(&f->radio, f->link, now);
		sim_web_serve(&f->web, f->link, now);
		run_emit(f);
		if (f->opt->speed <= 0)
			idle = skip_work(f, now);
		now = sim_front_now(f);
		sim_host_write(f, now);
		sim_host_unplugged(f);
		if (!sim_host_returned(f, err, sizeof(err)))
			fprintf(stderr, "virtual-device: %s\n", err);
		wait_for(f, idle ? next_wake(f, now) : now, &while_waiting);
		sim_control_serve(&f->control, on_command, f);
	}
}
