/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's change of rate by the ESP32 family's own command. The answer comes at the old
 * rate, then both change. What is asked for is not always what is meant: some ROMs judge their
 * crystal wrongly (chip32_ask_baud). A rate counts when it has carried answers; one that does not is
 * taken back blindly, and the loader is then looked for at both.
 */
#include "engine_int.h"

#define BAUD32_SETTLE MONO_MS(50)
#define BAUD32_PROBES 4u
#define BAUD32_MISSES 2u

size_t baud32_enc(struct engine *e, uint32_t rate)
{
	const struct engine32 *d = &e->d32;
	uint64_t word = d->reg[ID32_QUIRK0];
	if (e->c32->quirk == CHIP32_QUIRK_MEASURED)
		word = chip32_measured_hz(d->reg[ID32_QUIRK0], d->reg[ID32_QUIRK1]);
	const uint32_t words[2] = {chip32_ask_baud(e->c32, e->chip.crystal_khz, word, rate), 0};
	return esp_enc_words(e->tx, sizeof e->tx, ESP_OP_CHANGE_BAUD, words, 2);
}

void baud32_ask(struct engine *e)
{
	engine_command(e, ESP_OP_CHANGE_BAUD, baud32_enc(e, e->speed.target), 0);
}

void baud32_ask_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0) {
		engine_go(e, ES32_BAUD_SET);
		return;
	}
	e->speed.fell = true;
	baud_over(e);
}

/* Lost on its way there or on its way back: at which of the two rates is it now? */
void baud32_ask_expire(struct engine *e)
{
	e->cmd.waiting = false;
	e->speed.undone = true;
	baud_hunt(e);
}

void baud32_set_acted(struct engine *e)
{
	e->speed.missed = 0;
	e->deadline = e->now + BAUD32_SETTLE;
}

void baud32_set_expire(struct engine *e)
{
	engine_go(e, ES32_BAUD_PROBE);
}

/* Registers that are known; without them what little is allowed. */
void baud32_probe(struct engine *e)
{
	size_t n = 0;
	e->speed.probes = 0;
	if (e->chip.secure_download) {
		n = esp_enc_words(e->tx, sizeof e->tx, ESP_OP_SECURITY_INFO, NULL, 0);
		engine_command(e, ESP_OP_SECURITY_INFO, n, 0);
		return;
	}
	for (unsigned i = 0; i < BAUD32_PROBES; i++)
		n += esp_enc_read_reg(e->tx + n, sizeof e->tx - n, CHIP_REG_MAGIC);
	engine_commands(e, ESP_OP_READ_REG, n, BAUD32_PROBES);
}

void baud32_probe_part(struct engine *e, const struct esp_reply *r)
{
	e->speed.probes += r->status == 0 && r->value == e->d32.reg[ID32_MAGIC];
}

void baud32_probe_reply(struct engine *e, const struct esp_reply *r)
{
	baud32_probe_part(e, r);
	if (e->chip.secure_download ? r->status == 0 : e->speed.probes == BAUD32_PROBES)
		baud_over(e);
	else
		baud32_probe_expire(e);
}

void baud32_probe_expire(struct engine *e)
{
	e->cmd.waiting = false;
	if (++e->speed.missed < BAUD32_MISSES) {
		engine_go(e, ES32_BAUD_PROBE);
	} else if (engine_restart_likely(e)) {
		/* A loader that restarted takes its rate from what it hears first. */
		e->speed.undone = false;
		baud_hunt(e);
	} else {
		engine_go(e, ES32_BAUD_UNDO);
	}
}

/* It may hear well what it can't be heard saying. */
void baud32_undo(struct engine *e)
{
	e->speed.undone = true;
	if (e->asked != e->speed.target)
		engine_set_baud(e, e->speed.target);
	engine_send(e, baud32_enc(e, e->speed.old));
}

void baud32_undo_acted(struct engine *e)
{
	e->deadline = e->q.sent + BAUD32_SETTLE;
}

void baud32_undo_expire(struct engine *e)
{
	baud_hunt(e);
}

void baud32_reset(struct engine *e)
{
	struct engine_reset *r = &e->reset;
	engine_emit_retry(e, ENGINE_RETRY_SLOWER, chip_esp8266()->sync_baud);
	e->job.no_baud_change = true;
	e->c32 = NULL;
	e->type = chip_esp8266();
	engine_stage_begin(e, ENGINE_ST_CONNECT);
	r->round = 0;
	r->next = 0;
	r->tries = 0;
	engine_reset_begin(e);
}
