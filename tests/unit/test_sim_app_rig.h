/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A chip for the application of the virtual device: flash in memory, what is sent in a buffer,
 * resets answered as the chip does. Shared by the test_sim_app programs.
 */
#ifndef TEST_SIM_APP_RIG_H
#define TEST_SIM_APP_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../sim/simapp.h"
#include "../sim/tasmota_image.h"

#define RIG_FLASH  0x100000U
#define RIG_SECOND 1000000

struct rig {
	uint8_t flash[RIG_FLASH];
	char out[400000];
	size_t n;
	uint32_t baud;
	uint32_t seed;
	sim_time now;
	int reset;	 /* cause asked for, 0 = none */
	unsigned resets; /* so far */
	int last_cause;
	struct sim_app *app;
	struct sim_radio radio; /* set it before rig_new's result is started */
	struct sim_web web;	/* the same */
};

static inline void rig_tx(void *ctx, const void *bytes, size_t n)
{
	struct rig *r = ctx;

	assert_true(r->n + n < sizeof(r->out));
	memcpy(r->out + r->n, bytes, n);
	r->n += n;
	r->out[r->n] = 0;
}

static inline void rig_baud(void *ctx, uint32_t baud)
{
	((struct rig *)ctx)->baud = baud;
}

static inline void rig_read(void *ctx, uint32_t addr, void *dst, size_t n)
{
	struct rig *r = ctx;

	assert_true(addr <= RIG_FLASH && n <= RIG_FLASH - addr);
	memcpy(dst, r->flash + addr, n);
}

static inline void rig_program(void *ctx, uint32_t addr, const void *src, size_t n)
{
	struct rig *r = ctx;
	const uint8_t *p = src;

	assert_true(addr <= RIG_FLASH && n <= RIG_FLASH - addr);
	for (size_t i = 0; i < n; i++)
		r->flash[addr + i] &= p[i];
}

static inline void rig_erase(void *ctx, uint32_t addr)
{
	struct rig *r = ctx;

	assert_true(addr < RIG_FLASH);
	memset(r->flash + (addr & ~4095U), 0xFF, 4096);
}

static inline uint32_t rig_size(void *ctx)
{
	(void)ctx;
	return RIG_FLASH;
}

static inline void rig_reset(void *ctx, enum sim_cause cause)
{
	((struct rig *)ctx)->reset = (int)cause;
}

static inline uint32_t rig_rand(void *ctx)
{
	struct rig *r = ctx;
	r->seed = r->seed * 1664525U + 1013904223U;
	return r->seed >> 8;
}

/* A rig with the named build in flash, not yet started. Ends the test when the scenario is not
 * understood. */
static inline struct rig *rig_new(const char *build, const char *scenario)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct tas_image_spec spec = {build, 0, 3, 0x20};
	char err[160] = "";

	assert_non_null(r);
	memset(r->flash, 0xFF, sizeof(r->flash));
	assert_true(tas_image_make(&spec, r->flash) > 0);
	struct sim_app_host host = {r, rig_tx, rig_baud, rig_read, rig_program, rig_erase, rig_size,
	    rig_reset, rig_rand, 0x123456, "5C:CF:7F:12:34:56", NULL, 0, 0, &r->radio, &r->web,
	    NULL, NULL};
	r->app = sim_app_new(&host, scenario, err, sizeof(err));
	if (!r->app)
		fail_msg("scenario: %s", err);
	return r;
}

static inline void rig_free(struct rig *r)
{
	sim_app_free(r->app);
	free(r);
}

static inline void rig_clear(struct rig *r)
{
	r->n = 0;
	r->out[0] = 0;
}

static inline void rig_power(struct rig *r)
{
	sim_app_stop(r->app);
	r->now += RIG_SECOND;
	sim_app_boot(r->app, r->now, SIM_CAUSE_POWER_ON, 74880);
}

/* Virtual time goes by; resets are answered after the 100 ms that the ROM takes. */
static inline void rig_run(struct rig *r, double seconds)
{
	sim_time end = r->now + (sim_time)(seconds * RIG_SECOND);

	for (;;) {
		sim_time at = sim_app_deadline(r->app);
		if (at > end)
			break;
		if (at > r->now)
			r->now = at;
		sim_app_tick(r->app, r->now);
		if (!r->reset)
			continue;
		r->last_cause = r->reset;
		r->reset = 0;
		r->resets++;
		sim_app_stop(r->app);
		r->now += RIG_SECOND / 10;
		sim_app_boot(r->app, r->now, (enum sim_cause)r->last_cause, 74880);
	}
	if (end > r->now)
		r->now = end;
	sim_app_tick(r->app, r->now);
}

static inline struct rig *rig_started(const char *build, const char *scenario, double seconds)
{
	struct rig *r = rig_new(build, scenario);
	rig_power(r);
	rig_run(r, seconds);
	return r;
}

static inline void rig_bytes(struct rig *r, const void *p, size_t n)
{
	sim_app_rx(r->app, p, n, r->now);
}

/* A line with LF, and the time for its answer. */
static inline void rig_say(struct rig *r, const char *line)
{
	rig_bytes(r, line, strlen(line));
	rig_bytes(r, "\n", 1);
	rig_run(r, 0.15);
}

static inline unsigned rig_count(const struct rig *r, const char *text)
{
	unsigned n = 0;
	for (const char *p = strstr(r->out, text); p; p = strstr(p + 1, text))
		n++;
	return n;
}

#define rig_expect(r, text)                                                      \
	do {                                                                     \
		if (!strstr((r)->out, (text)))                                   \
			fail_msg("\"%s\" is missing in:\n%s", (text), (r)->out); \
	} while (0)
#define rig_expect_not(r, text)                                                   \
	do {                                                                      \
		if (strstr((r)->out, (text)))                                     \
			fail_msg("\"%s\" must not be in:\n%s", (text), (r)->out); \
	} while (0)

#endif
