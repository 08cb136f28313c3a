/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The application's turn: what is due next, and the seconds of Tasmota's main loop in steps of
 * 50 ms. Virtual time only: everything happens inside the calls of simapp.h.
 */
#include "tasmota_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP	  (50 * TAS_MS)
#define IMAGE_MAX 0x400000u

static const char DEFAULT_SCENARIO[] = "network * rssi -55 channel 6\n";

struct sim_app *sim_app_new(
    const struct sim_app_host *host, const char *scenario, char *err, size_t errsize)
{
	struct sim_app *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->host = *host;
	if (!scn_parse(&a->scn, scenario ? scenario : DEFAULT_SCENARIO, err, errsize)) {
		sim_app_free(a);
		return NULL;
	}
	sim_app_stop(a);
	return a;
}

void sim_app_free(struct sim_app *a)
{
	if (!a)
		return;
	tas_ota_stop(a);
	free(a->web.data);
	tas_set_clear(&a->set);
	tas_con_clear(a);
	free(a->wire.p);
	scn_free(&a->scn);
	free(a);
}

void sim_app_stop(struct sim_app *a)
{
	a->running = a->up = false;
	a->reset_at = a->loop_at = SIM_NEVER;
	a->wire.n = a->wire.head = 0;
	a->wire.next = 0;
	a->ring_n = a->ring_head = a->line_n = 0;
	a->overrun = a->console_dead = false;
	a->restart_flag = 0;
	tas_ota_stop(a);
	tas_web_stop(a);
	a->synced = false;
	a->tx_busy = 0;
	memset(&a->button, 0, sizeof(a->button));
	for (size_t i = 0; i < 256; i++)
		a->due[i] = SIM_NEVER;
	tas_con_clear(a);
	tas_set_clear(&a->set);
}

bool sim_app_running(const struct sim_app *a)
{
	return a->running;
}

static void identify(struct sim_app *a)
{
	uint32_t n = a->host.flash_size(a->host.ctx);
	if (n > IMAGE_MAX)
		n = IMAGE_MAX;
	uint8_t *image = malloc(n ? n : 1);
	if (!image)
		abort();
	a->host.flash_read(a->host.ctx, 0, image, n);
	tas_ident(&a->b, image, n);
	free(image);
}

/* Why the chip was started, in Tasmota's words. */
static const char *reason(const struct sim_app *a, enum sim_cause cause)
{
	if (cause == SIM_CAUSE_POWER_ON)
		return "Power on";
	if (a->next_reason[0])
		return a->next_reason;
	switch (cause) {
	case SIM_CAUSE_WATCHDOG:
		return "Hardware Watchdog";
	case SIM_CAUSE_DEEP_SLEEP:
		return "Deep-Sleep Wake";
	case SIM_CAUSE_SOFTWARE:
		return "Software/System restart";
	default:
		return "External System";
	}
}

void sim_app_boot(struct sim_app *a, sim_time now, enum sim_cause cause, uint32_t baud)
{
	sim_app_stop(a);
	identify(a);
	a->boots++;
	scn_resolve(&a->world, &a->scn, &a->b, a->boots);
	a->running = true;
	a->cause = cause;
	snprintf(a->reason, sizeof(a->reason), "%s", reason(a, cause));
	a->next_reason[0] = 0;
	a->now = now;
	a->baud = baud;
	a->boot_at = now + 60 * TAS_MS + a->host.rand(a->host.ctx) % 20 * TAS_MS;
	a->state = 0;
	a->uptime = 0;
	a->state_at = SIM_NEVER;
	if (cause == SIM_CAUSE_POWER_ON) { /* the RTC's memory is gone */
		a->fast_boots = 0;
		a->rtc_baud = 0;
		a->ota.loader = false;
	}
	if (a->world.forgets)
		a->ota.loader = false;
	tas_anchor(a, SCN_AT_BOOT);
}

void tas_anchor(struct sim_app *a, enum scn_anchor anchor)
{
	for (size_t i = 0; i < a->scn.n; i++) {
		struct scn_rule *r = &a->scn.rule[i];
		if (!a->world.active[i] || r->kind != SCN_R_EVENT || r->event.anchor != anchor)
			continue;
		if (!r->event.times || r->fired < r->event.times)
			a->due[i] = a->now + r->event.delay;
	}
}

void tas_reset(struct sim_app *a, enum sim_cause cause, const char *why)
{
	if (a->reset_at != SIM_NEVER)
		return;
	snprintf(a->next_reason, sizeof(a->next_reason), "%s", why);
	a->reset_cause = cause;
	a->reset_at = (a->tx_busy > a->now ? a->tx_busy : a->now) + 10 * TAS_MS;
}

void tas_restart(struct sim_app *a)
{
	if (a->host.slots)
		tas_reset(a, SIM_CAUSE_SOFTWARE, "Software reset CPU");
	else
		tas_reset(a, SIM_CAUSE_EXT_RESET, "Software/System restart");
}

/* The block that the core prints, as far as a log shows it; the stack is made up. */
static void exception(struct sim_app *a, const struct scn_event *e)
{
	char text[200];
	uint32_t sp = 0x3FFF1D50;

	if (a->b.core[0] == '2' && a->b.core[2] >= '6')
		tas_tx(a, "\r\n--------------- CUT HERE FOR EXCEPTION DECODER ---------------\r\n");
	snprintf(text, sizeof(text),
	    "\r\nException (%d):\r\nepc1=0x%08x epc2=0x00000000 epc3=0x00000000 excvaddr=0x%08x "
	    "depc=0x00000000\r\n",
	    e->number, e->epc, e->vaddr);
	tas_tx(a, text);
	snprintf(text, sizeof(text),
	    "\r\nctx: cont \r\nsp: %08x end: %08x offset: 01a0\r\n\r\n>>>stack>>>\r\n", sp,
	    sp + 0x260);
	tas_tx(a, text);
	for (uint32_t i = 0; i < 12; i++) {
		uint32_t w[4];
		for (int k = 0; k < 4; k++)
			w[k] = a->host.rand(a->host.ctx) & 1
				   ? 0x40200000U + (a->host.rand(a->host.ctx) & 0xFFFFF)
				   : 0x3FFF0000U + (a->host.rand(a->host.ctx) & 0x3FFC);
		snprintf(text, sizeof(text), "%08x:  %08x %08x %08x %08x  \r\n",
		    sp + 0x1A0 + 16 * i, w[0], w[1], w[2], w[3]);
		tas_tx(a, text);
	}
	tas_tx(a, "<<<stack<<<\r\n");
	tas_reset(a, SIM_CAUSE_EXT_RESET, "Exception");
}

static void happen(struct sim_app *a, size_t i)
{
	struct scn_rule *r = &a->scn.rule[i];

	a->due[i] = SIM_NEVER;
	r->fired++;
	switch (r->event.action) {
	case SCN_EXCEPTION:
		exception(a, &r->event);
		break;
	case SCN_WATCHDOG:
		tas_reset(a, SIM_CAUSE_WATCHDOG, "Hardware Watchdog");
		break;
	case SCN_BROWNOUT:
		tas_reset(a, SIM_CAUSE_POWER_ON, "Power on");
		break;
	case SCN_RESTART:
	case SCN_SILENT_DEATH:
		tas_reset(a, SIM_CAUSE_EXT_RESET, "Software/System restart");
		break;
	case SCN_SAY:
		tas_tx(a, r->event.text);
		tas_tx(a, tas_eol(a));
		break;
	case SCN_LOSE_WIFI:
		tas_wifi_lose(a);
		break;
	case SCN_VISIT:
		tas_wifi_visit(a);
		break;
	case SCN_SAFEBOOT:
		if (a->host.slots && a->host.slots->has_safeboot(a->host.ctx) &&
		    !a->host.slots->in_safeboot(a->host.ctx)) {
			a->host.slots->to_safeboot(a->host.ctx);
			tas_restart(a);
		}
		break;
	}
}

/* Builds that write no settings: minimal ones up to 9.0. */
bool tas_saves(const struct sim_app *a)
{
	return !a->b.minimal || tas_min(a, 9, 1, 0, 0);
}

void tas_save(struct sim_app *a, bool first)
{
	if (!tas_saves(a)) {
		a->set.dirty = false;
		return;
	}
	tas_set_save(&a->set, &a->host, first);
	tas_log(a, TAS_DEBUG, "CFG: %s %X, %s %u, Bytes %d", tas_word(a, W_SAVED), a->set.sector,
	    tas_word(a, W_COUNT), a->set.count, tas_min(a, 7, 0, 0, 0) ? 4096 : 2608);
}

static void erase_from(struct sim_app *a, uint32_t addr)
{
	uint32_t size = a->host.flash_size(a->host.ctx);

	for (addr = (addr + 4095) & ~4095U; addr < size; addr += 4096)
		a->host.flash_erase_sector(a->host.ctx, addr);
}

/* Reset 4..6 keep some of the settings. */
static void reset_settings(struct sim_app *a, int level)
{
	static const char *const wifi[] = {"SSId1", "SSId2", "Password1", "Password2"};
	static const char *const mqtt[] = {
	    "MqttHost", "MqttPort", "MqttUser", "MqttPassword", "MqttClient", "Topic", "FullTopic"};
	char keep[11][128];
	bool had[11] = {false};

	for (size_t i = 0; i < 11; i++) {
		const char *key = i < 4 ? wifi[i] : mqtt[i - 4];
		had[i] = level >= 4 && (i < 4 || level == 6) && tas_set_has(&a->set, key);
		if (had[i])
			snprintf(keep[i], sizeof(keep[i]), "%s", tas_set_get(&a->set, key));
	}
	if (level == 2 || level >= 5)
		erase_from(a, a->b.size);
	tas_defaults(a);
	for (size_t i = 0; i < 11; i++)
		if (had[i])
			tas_set_put(&a->set, i < 4 ? wifi[i] : mqtt[i - 4], keep[i]);
}

static void phase_restart(struct sim_app *a)
{
	if (!a->restart_flag || tas_con_queued(a) || a->reset_at != SIM_NEVER)
		return;
	if (a->restart_flag == 213) { /* the radio's area only; the settings stay */
		erase_from(a, a->host.flash_size(a->host.ctx) - 0x4000);
		a->restart_flag = 2;
	} else if (a->restart_flag > 210) {
		reset_settings(a, a->restart_flag - 210);
		a->restart_flag = 2;
	}
	if (a->set.dirty)
		tas_save(a, false);
	if (--a->restart_flag > 0)
		return;
	tas_log(a, TAS_INFO, "APP: %s", tas_word(a, W_RESTARTING));
	tas_restart(a);
}

static void every_second(struct sim_app *a)
{
	a->uptime++;
	if (a->block_gpio0)
		a->block_gpio0--;
	if (a->log_timer && !--a->log_timer) {
		if (a->log_level)
			tas_log(a, TAS_INFO, "APP: %s", tas_word(a, W_SERIAL_OFF));
		a->log_level = 0;
	}
	if (a->uptime == 10) {
		a->fast_boots = 0;
		if (tas_min(a, 7, 0, 0, 0) && !a->b.minimal) {
			tas_set_putn(&a->set, "_cycles", 0);
			if (tas_min(a, 8, 4, 0, 2))
				tas_log(a, TAS_INFO, "QPC: Reset");
		}
	}
	tas_mqtt_every(a);
}

static bool button_busy(const struct sim_app *a)
{
	return a->button.down || a->button.seen || a->button.window || a->button.presses;
}

/* One step of 50 ms; quiet steps between the phases of a second are left out. */
static void state_step(struct sim_app *a)
{
	switch (a->state % 20) {
	case 4:
		tas_ota_second(a);
		tas_web_second(a);
		phase_restart(a);
		break;
	case 8:
		if (a->set.dirty && !tas_con_queued(a))
			tas_save(a, false);
		break;
	case 12:
		tas_wifi_second(a);
		break;
	case 16:
		tas_mqtt_second(a);
		break;
	case 0:
		if (a->state)
			every_second(a);
		break;
	default:
		break;
	}
	tas_button_step(a);
	uint64_t next = button_busy(a) ? a->state + 1 : (a->state / 4 + 1) * 4;
	a->state_at += (sim_time)(next - a->state) * STEP;
	a->state = next;
}

static void setup(struct sim_app *a)
{
	a->up = true;
	a->state_at = a->boot_at + 4 * STEP;
	a->state = 4;
	tas_boot_setup(a);
}

enum todo { T_NONE, T_RESET, T_SETUP, T_ARRIVE, T_LOOP, T_BACKLOG, T_MQTT, T_STATE, T_EVENT };

static void earlier(sim_time at, enum todo what, sim_time *best, enum todo *todo)
{
	if (at < *best) {
		*best = at;
		*todo = what;
	}
}

static sim_time backlog_at(const struct sim_app *a)
{
	if (!tas_con_queued(a))
		return SIM_NEVER;
	/* Up to 6.6 the queue is looked at every 100 ms. */
	sim_time tick = tas_min(a, 6, 7, 0, 0) ? TAS_MS : 100 * TAS_MS;
	sim_time since = a->bl_at - a->boot_at + tick - 1;
	return a->boot_at + since / tick * tick;
}

static enum todo next_todo(const struct sim_app *a, sim_time *at, size_t *event)
{
	enum todo todo = T_NONE;
	sim_time best = SIM_NEVER;

	if (!a->running)
		return T_NONE;
	earlier(a->reset_at, T_RESET, &best, &todo);
	if (a->reset_at == SIM_NEVER) {
		if (!a->up) {
			earlier(a->boot_at, T_SETUP, &best, &todo);
		} else if (a->b.tasmota) {
			if (a->wire.n)
				earlier(a->wire.next, T_ARRIVE, &best, &todo);
			earlier(a->loop_at, T_LOOP, &best, &todo);
			earlier(backlog_at(a), T_BACKLOG, &best, &todo);
			earlier(a->mqtt.fail_at, T_MQTT, &best, &todo);
			earlier(a->state_at, T_STATE, &best, &todo);
		}
		for (size_t i = 0; i < a->scn.n; i++)
			if (a->due[i] < best) {
				best = a->due[i];
				todo = T_EVENT;
				*event = i;
			}
	}
	*at = best;
	return todo;
}

static void act(struct sim_app *a, enum todo todo, size_t event)
{
	switch (todo) {
	case T_RESET:
		a->running = a->up = false;
		a->reset_at = SIM_NEVER;
		a->host.reset(a->host.ctx, a->reset_cause);
		break;
	case T_SETUP:
		setup(a);
		break;
	case T_ARRIVE:
		tas_con_arrive(a);
		break;
	case T_LOOP:
		tas_con_loop(a);
		break;
	case T_BACKLOG:
		tas_con_backlog(a);
		break;
	case T_MQTT:
		tas_mqtt_fail(a);
		break;
	case T_STATE:
		state_step(a);
		break;
	case T_EVENT:
		happen(a, event);
		break;
	case T_NONE:
		break;
	}
}

void sim_app_tick(struct sim_app *a, sim_time now)
{
	for (;;) {
		sim_time at = SIM_NEVER;
		size_t event = 0;
		enum todo todo = next_todo(a, &at, &event);
		if (todo == T_NONE || at > now)
			break;
		if (at > a->now)
			a->now = at;
		act(a, todo, event);
	}
	if (a->running && now > a->now)
		a->now = now;
}

sim_time sim_app_deadline(const struct sim_app *a)
{
	sim_time at = SIM_NEVER;
	size_t event;

	return next_todo(a, &at, &event) == T_NONE ? SIM_NEVER : at;
}

void sim_app_rx(struct sim_app *a, const uint8_t *bytes, size_t n, sim_time now)
{
	sim_app_tick(a, now);
	if (!a->running || !a->up || !a->b.tasmota)
		return; /* nobody has opened the port yet */
	tas_con_rx(a, bytes, n);
	sim_app_tick(a, now);
}

void sim_app_button(struct sim_app *a, bool down, sim_time now)
{
	sim_app_tick(a, now);
	if (!a->running || !a->up || a->button.down == down)
		return;
	a->button.down = down;
	/* The next step sees it, however short the press. */
	if (down)
		a->button.seen = true;
	uint64_t next = (uint64_t)((now - a->boot_at) / STEP) + 1;
	if (next < a->state) {
		a->state = next;
		a->state_at = a->boot_at + (sim_time)next * STEP;
	}
}
