/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's change of rate on a ROM that has no command for it: UART_CLKDIV is written
 * by WRITE_REG, with a delay before the write in which the host follows. Seen on the ESP8266 ROM:
 * with a delay of 60000 us and the host switched 4 ms after the frame has left, the answer comes
 * clean at the new rate. A rate counts only after it has carried registers and payload both ways.
 */
#include "engine_int.h"

#include <string.h>

#define BAUD_DELAY_US 60000u
/* Where a stub is loaded: a port too slow for this gets its rate from that one, which has time. */
#define BAUD_DELAY_STUB_US 36000u
#define BAUD_LEAVE	   MONO_MS(4)
#define BAUD_ANSWER	   MONO_MS(250)
#define BAUD_PROBES	   8u
#define BAUD_MISSES	   2u
#define BAUD_LOADS	   2u
#define BAUD_LOAD	   0x800u

static int64_t baud_delay(const struct engine *e)
{
	return stub_wanted(e) ? BAUD_DELAY_STUB_US : BAUD_DELAY_US;
}

/* A trial lasts from one delay to the second one's end: what is said in it, and when it is over. */
static int64_t baud_trial_say_at(const struct engine *e)
{
	return baud_delay(e) * 5 / 4;
}

static int64_t baud_trial_end_at(const struct engine *e)
{
	return baud_delay(e) * 7 / 4;
}

/* Within which part of a rate the host must be: a UART allows about 4 % for both sides. */
static bool baud_near(uint32_t a, uint32_t b)
{
	uint32_t diff = a > b ? a - b : b - a;
	return (uint64_t)diff * 1000 <= (uint64_t)b * 25;
}

static void baud_list(struct engine *e)
{
	static const uint32_t usual[] = {921600, 460800, 230400, 115200};
	struct engine_speed *s = &e->speed;
	uint32_t top = e->job.baud ? e->job.baud : usual[0];
	/* Where a stub follows it is the one that tries more: it can return by itself. */
	if (top > usual[0] && stub_wanted(e))
		top = usual[0];
	s->rates = 0;
	s->rate[s->rates++] = top;
	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
		if (usual[i] < top)
			s->rate[s->rates++] = usual[i];
}

void baud_over(struct engine *e)
{
	struct engine_speed *s = &e->speed;
	engine_emit(
	    e, &(struct engine_event){
		   .kind = ENGINE_EV_BAUD, .stage = e->stage, .value = e->baud, .ok = !s->fell});
	engine_go(e, s->back);
}

/* The rate at s->at, or the next one that can be tried. */
static void baud_try(struct engine *e)
{
	struct engine_speed *s = &e->speed;
	const uint32_t xtal = e->chip.crystal_khz;
	for (; s->at < s->rates; s->at++) {
		if (baud_near(e->baud, s->rate[s->at])) {
			baud_over(e);
			return;
		}
		if (e->c32) {
			s->target = s->rate[s->at];
			s->old = e->asked;
			engine_go(e, ES_BAUD_TEST);
			return;
		}
		s->divider = chip_divider(e->type, xtal, s->rate[s->at]);
		if (s->divider == 0)
			continue;
		s->target = chip_rate(e->type, xtal, s->divider);
		s->old = e->asked;
		s->old_divider = e->asked == e->linked && e->chip.clkdiv
				     ? e->chip.clkdiv
				     : chip_divider(e->type, xtal, e->asked);
		engine_go(e, ES_BAUD_TEST);
		return;
	}
	s->fell = true;
	baud_over(e);
}

void baud_raise(struct engine *e, enum engine_state back)
{
	struct engine_speed *s = &e->speed;
	s->back = back;
	s->at = 0;
	s->rates = 0;
	s->fell = false;
	/* By USB no rate counts. */
	if (e->job.no_baud_change || (e->c32 && e->job.usb_jtag)) {
		engine_go(e, back);
		return;
	}
	baud_list(e);
	baud_try(e);
}

bool baud_lower(struct engine *e, enum engine_state back)
{
	struct engine_speed *s = &e->speed;
	if (s->at + 1 >= s->rates)
		return false;
	s->at++;
	s->back = back;
	s->fell = true;
	engine_emit_retry(e, ENGINE_RETRY_SLOWER, s->rate[s->at]);
	baud_try(e);
	return true;
}

/* ---- can the host do it? Asked before the chip is told ------------------------------------------ */
void baud_test(struct engine *e)
{
	engine_set_baud(e, e->speed.target);
}

void baud_test_acted(struct engine *e)
{
	e->speed.able = e->q.baud_ok && baud_near(e->baud, e->speed.target);
	engine_go(e, ES_BAUD_RETURN);
}

void baud_return(struct engine *e)
{
	engine_set_baud(e, e->speed.old);
}

void baud_return_acted(struct engine *e)
{
	if (e->speed.able) {
		engine_go(e, e->c32 ? ES32_BAUD_ASK : ES_BAUD_TRIAL);
		return;
	}
	e->speed.at++;
	e->speed.fell = true;
	baud_try(e);
}

/*
 * ---- the trial: can the chip hear that rate? ---
 * One packet tells the chip to take the rate and, after a second delay, the old one again. What
 * is sent in between waits in the ROM's receive ring of 256 bytes, filled by interrupt, and is
 * answered at the old rate. So a rate that the link can't carry costs a moment, and not a power
 * cycle; and when only the way back turns out bad, the chip can still be told to return.
 */
static size_t baud_enc_trial(struct engine *e)
{
	const struct engine_speed *s = &e->speed;
	const uint32_t reg = e->type->reg_clkdiv, mask = e->type->clkdiv_mask;
	const struct esp_reg regs[2] = {
	    {.addr = reg, .value = s->divider, .mask = mask, .delay_us = (uint32_t)baud_delay(e)},
	    {.addr = reg,
		.value = s->old_divider,
		.mask = mask,
		.delay_us = (uint32_t)baud_delay(e)},
	};
	return esp_enc_write_regs(e->tx, sizeof e->tx, regs, 2);
}

void baud_trial(struct engine *e)
{
	engine_send(e, baud_enc_trial(e));
}

void baud_trial_acted(struct engine *e)
{
	e->speed.told = e->q.sent;
	e->deadline = e->q.sent + BAUD_LEAVE;
}

void baud_trial_expire(struct engine *e)
{
	engine_go(e, ES_BAUD_TRIAL_SET);
}

void baud_trial_set_acted(struct engine *e)
{
	e->deadline = e->speed.told + baud_trial_say_at(e);
}

void baud_trial_set_expire(struct engine *e)
{
	/* A port that took so long to change its rate has missed the moment. */
	bool late = e->now >= e->speed.told + baud_trial_end_at(e);
	engine_go(e, late ? ES_BAUD_TRIAL_END : ES_BAUD_TRIAL_SAY);
}

void baud_trial_say(struct engine *e)
{
	engine_send(e, esp_enc_read_reg(e->tx, sizeof e->tx, e->type->reg_clkdiv));
}

void baud_trial_say_acted(struct engine *e)
{
	/* An adapter sends later than it says: the rate stays until the window's end is near. */
	mono_t end = e->speed.told + baud_trial_end_at(e);
	e->deadline = end > e->q.sent ? end : e->q.sent;
}

void baud_trial_say_expire(struct engine *e)
{
	engine_go(e, ES_BAUD_TRIAL_END);
}

void baud_trial_end_acted(struct engine *e)
{
	e->cmd.op = ESP_OP_READ_REG;
	e->cmd.waiting = true;
	e->deadline = e->now + BAUD_ANSWER + e->lag;
}

void baud_trial_end_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0 && (r->value & e->type->clkdiv_mask) == e->speed.old_divider)
		engine_go(e, ES_BAUD_ASK);
	else
		baud_trial_end_expire(e);
}

void baud_trial_end_expire(struct engine *e)
{
	e->speed.undone = true; /* by the packet itself */
	baud_hunt(e);
}

/* ---- the change -------------------------------------------------------------------------------- */
static size_t baud_enc(struct engine *e, uint32_t divider)
{
	const struct esp_reg reg = {.addr = e->type->reg_clkdiv,
	    .value = divider,
	    .mask = e->type->clkdiv_mask,
	    .delay_us = (uint32_t)baud_delay(e)};
	return esp_enc_write_regs(e->tx, sizeof e->tx, &reg, 1);
}

void baud_ask(struct engine *e)
{
	engine_send(e, baud_enc(e, e->speed.divider));
}

void baud_ask_acted(struct engine *e)
{
	e->deadline = e->q.sent + BAUD_LEAVE;
}

void baud_ask_expire(struct engine *e)
{
	engine_go(e, ES_BAUD_SET);
}

void baud_set(struct engine *e)
{
	engine_set_baud(e, e->speed.target);
}

void baud_set_acted(struct engine *e)
{
	e->cmd.op = ESP_OP_WRITE_REG;
	e->cmd.waiting = true;
	e->deadline = e->now + BAUD_ANSWER + e->lag;
	e->speed.probes = 0;
	e->speed.missed = 0;
}

void baud_set_reply(struct engine *e, const struct esp_reply *r)
{
	(void)r;
	engine_go(e, ES_BAUD_PROBE);
}

void baud_set_expire(struct engine *e)
{
	/* The answer may have come while the host changed. The probes decide. */
	engine_go(e, ES_BAUD_PROBE);
}

/* ---- does it carry? ------------------------------------------------------------------------------ */
/* All go out at once: they fit into the ROM's ring, and one round trip is enough. */
void baud_probe(struct engine *e)
{
	size_t n = 0;
	e->speed.probes = 0;
	for (unsigned i = 0; i < BAUD_PROBES; i++)
		n += esp_enc_read_reg(e->tx + n, sizeof e->tx - n, e->type->reg_clkdiv);
	engine_commands(e, ESP_OP_READ_REG, n, BAUD_PROBES);
}

void baud_probe_expire(struct engine *e)
{
	if (++e->speed.missed >= BAUD_MISSES)
		baud_give_up(e);
	else
		engine_go(e, ES_BAUD_PROBE);
}

void baud_probe_part(struct engine *e, const struct esp_reply *r)
{
	struct engine_speed *s = &e->speed;
	s->probes += r->status == 0 && (r->value & e->type->clkdiv_mask) == s->divider;
}

void baud_probe_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine_speed *s = &e->speed;
	baud_probe_part(e, r);
	if (s->probes < BAUD_PROBES) {
		baud_probe_expire(e);
		return;
	}
	s->probes = 0;
	/* The stub's upload is such a test itself. */
	if (stub_wanted(e))
		baud_over(e);
	else
		engine_go(e, ES_BAUD_MEM);
}

/* MEM_DATA carries a checksum, and RAM that the loader does not use takes it: a real test of
 * long frames that leaves the flash alone. */
void baud_mem(struct engine *e)
{
	size_t n = esp_enc_begin(e->tx, sizeof e->tx, ESP_OP_MEM_BEGIN, BAUD_LOADS * BAUD_LOAD,
	    BAUD_LOADS, BAUD_LOAD, e->type->ram_probe);
	engine_command(e, ESP_OP_MEM_BEGIN, n, 0);
}

void baud_mem_reply(struct engine *e, const struct esp_reply *r)
{
	/* A loader that won't take it is judged by the registers alone. */
	if (r->status == 0)
		engine_go(e, ES_BAUD_LOAD);
	else
		baud_over(e);
}

void baud_load(struct engine *e)
{
	/* Single bits, long runs, everything between. */
	for (size_t i = 0; i < BAUD_LOAD; i++) {
		uint8_t v = (uint8_t)(i * 167 + (i >> 8) * 59 + e->speed.probes);
		if (i % 256 < 64)
			v = (uint8_t)(i % 64 < 32 ? 0x55 : 0x00);
		e->data[i] = v;
	}
	size_t n =
	    esp_enc_data(e->tx, sizeof e->tx, ESP_OP_MEM_DATA, e->speed.probes, e->data, BAUD_LOAD);
	engine_command(e, ESP_OP_MEM_DATA, n, 0);
}

void baud_load_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status != 0)
		baud_give_up(e);
	else if (++e->speed.probes < BAUD_LOADS)
		engine_go(e, ES_BAUD_LOAD);
	else
		baud_over(e);
}

/* ---- it does not ---------------------------------------------------------------------------------- */
void baud_hunt(struct engine *e)
{
	hunt_begin(e, HUNT_BAUD, 3, MONO_MS(100));
	e->find.grow = true;
	hunt_add(e, e->speed.old);
	if (e->speed.undone) {
		hunt_add(e, e->speed.target);
		hunt_add(e, e->type->sync_baud);
	}
	hunt_go(e);
}

void baud_give_up(struct engine *e)
{
	/* A chip that restarted must hear the old rate first, since that is what it measures. */
	e->speed.undone = false;
	if (engine_restart_likely(e))
		baud_hunt(e);
	else
		engine_go(e, ES_BAUD_UNDO);
}

/* The chip may hear well what it can't be heard saying: it is told to return, blindly. */
void baud_undo(struct engine *e)
{
	e->speed.undone = true;
	if (e->asked != e->speed.target)
		engine_set_baud(e, e->speed.target);
	engine_send(e, baud_enc(e, e->speed.old_divider));
}

void baud_undo_acted(struct engine *e)
{
	e->deadline = e->q.sent + baud_delay(e) + MONO_MS(10);
}

void baud_undo_expire(struct engine *e)
{
	baud_hunt(e);
}

void baud_found(struct engine *e)
{
	struct engine_speed *s = &e->speed;
	e->junk = 0;
	s->at++;
	s->fell = true;
	if (s->at < s->rates)
		engine_emit_retry(e, ENGINE_RETRY_SLOWER, s->rate[s->at]);
	baud_try(e);
}

void baud_missed(struct engine *e)
{
	if (e->c32 && e->reset.usable && !e->job.no_baud_change)
		baud32_reset(e);
	else if (!e->speed.undone)
		engine_go(e, e->c32 ? ES32_BAUD_UNDO : ES_BAUD_UNDO);
	else
		engine_fail(e,
		    engine_restart_likely(e) ? ENGINE_CAUSE_RESET : ENGINE_CAUSE_NO_ANSWER, NULL);
}
