/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's look at the chip: magic, eFuse, the rate it measured, the flash. Answers
 * carry no checksum, so every register is read until two readings in a row agree.
 */
#include "engine_int.h"

#include <string.h>

#include "tasmite/base/str.h"

#define IDENTIFY_DISAGREE 12u /* readings that differed, before the link is given up */
#define IDENTIFY_REFUSALS 3u

enum identify_step {
	ID_MAGIC,
	ID_EFUSE0,
	ID_EFUSE1,
	ID_EFUSE2,
	ID_EFUSE3,
	ID_CLKDIV,
	ID_JEDEC,
	ID_STATUS
};

void identify_begin(struct engine *e)
{
	engine_stage_begin(e, ENGINE_ST_IDENTIFY);
	memset(&e->chip, 0, sizeof e->chip);
	e->id_step = ID_MAGIC;
	e->id_again = 0;
	e->id_have = false;
	engine_go(e, ES_ID_ALL);
}

static uint32_t identify_reg(const struct engine *e)
{
	const struct chip *c = e->type;
	switch (e->id_step) {
	case ID_MAGIC:
		return CHIP_REG_MAGIC;
	case ID_CLKDIV:
		return c->reg_clkdiv;
	case ID_JEDEC:
		return c->spi_w0;
	case ID_STATUS:
		return c->spi_status;
	default:
		return c->reg_efuse + 4 * (e->id_step - ID_EFUSE0);
	}
}

static void identify_chip(struct engine *e)
{
	struct engine_chip *c = &e->chip;
	c->is_8285 = chip_is_8285(c->efuse);
	str_copy(c->name, sizeof c->name, c->is_8285 ? "ESP8285" : "ESP8266EX");
	chip_mac(c->efuse, c->mac);
	c->crystal_khz = chip_crystal_khz(e->type, e->baud, c->clkdiv);
}

static void identify_flash(struct engine *e, uint32_t id)
{
	struct engine_chip *c = &e->chip;
	c->flash_id = id;
	c->flash_size = chip_flash_size(id);
	str_copy(c->flash_maker, sizeof c->flash_maker, chip_flash_maker(id));
}

static size_t identify_enc_ask(
    const struct engine *e, uint8_t *out, size_t cap, uint32_t result, uint32_t command)
{
	const struct esp_reg regs[2] = {
	    {.addr = result, .value = 0, .mask = UINT32_MAX},
	    {.addr = e->type->spi_cmd, .value = command, .mask = UINT32_MAX},
	};
	return esp_enc_write_regs(out, cap, regs, 2);
}

/* Has the flash say what the step is about. */
static size_t identify_put_ask(const struct engine *e, uint8_t *out, size_t cap)
{
	if (e->id_step == ID_STATUS)
		return identify_enc_ask(e, out, cap, e->type->spi_status, CHIP_SPI_RDSR);
	return identify_enc_ask(e, out, cap, e->type->spi_w0, CHIP_SPI_RDID);
}

/*
 * ---- all at once ---
 * The ROM keeps what it can't take yet in a ring of 256 bytes, so questions shorter than that may
 * go out together: where an adapter hands on answers every 16 ms only, that is what the look at the
 * chip would cost. Each register is asked for twice here too. Where the answers are not complete, or
 * not the same, all is asked again one by one.
 */
#define IDENTIFY_ALL  12u
#define IDENTIFY_REGS 6u

void identify_all(struct engine *e)
{
	size_t n = 0;
	e->id_got = 0;
	e->id_refused = false;
	for (unsigned i = 0; i < IDENTIFY_ALL; i++) {
		e->id_step = ID_MAGIC + i % IDENTIFY_REGS;
		n += esp_enc_read_reg(e->tx + n, sizeof e->tx - n, identify_reg(e));
	}
	e->id_step = ID_MAGIC;
	engine_commands(e, ESP_OP_READ_REG, n, IDENTIFY_ALL);
}

void identify_all_again(struct engine *e)
{
	e->id_step = ID_MAGIC;
	e->id_have = false;
	engine_go(e, ES_ID_READ);
}

void identify_all_part(struct engine *e, const struct esp_reply *r)
{
	if (e->id_got < IDENTIFY_ALL)
		e->id_value[e->id_got++] = r->value;
	e->id_refused = e->id_refused || r->status != 0;
}

void identify_all_reply(struct engine *e, const struct esp_reply *r)
{
	bool same = true;
	identify_all_part(e, r);
	for (unsigned i = 0; i < IDENTIFY_REGS; i++)
		same = same && e->id_value[i] == e->id_value[i + IDENTIFY_REGS];
	if (!same || e->id_refused || e->id_value[0] != e->type->magic) {
		identify_all_again(e);
		return;
	}
	memcpy(e->chip.efuse, e->id_value + 1, sizeof e->chip.efuse);
	e->chip.clkdiv = e->id_value[5] & e->type->clkdiv_mask;
	identify_chip(e);
	engine_go(e, ES_ID_ATTACH);
}

/* The flash's id twice, and its status twice. */
void identify_flash_all(struct engine *e)
{
	size_t n = 0;
	e->id_got = 0;
	e->id_refused = false;
	for (unsigned i = 0; i < 4; i++) {
		e->id_step = i < 2 ? ID_JEDEC : ID_STATUS;
		n += identify_put_ask(e, e->tx + n, sizeof e->tx - n);
		n += esp_enc_read_reg(e->tx + n, sizeof e->tx - n, identify_reg(e));
	}
	e->id_step = ID_JEDEC;
	e->d32.unnamed = false;
	/* The answers to the askings are passed over, unless they are refusals. */
	engine_commands(e, ESP_OP_READ_REG, n, 4);
}

void identify_flash_all_again(struct engine *e)
{
	e->id_step = ID_JEDEC;
	e->id_have = false;
	engine_go(e, ES_ID_SPI_ASK);
}

void identify_flash_all_reply(struct engine *e, const struct esp_reply *r)
{
	const uint32_t *v = e->id_value;
	identify_all_part(e, r);
	if (e->id_refused || e->d32.unnamed || v[0] != v[1] || v[2] != v[3] ||
	    !chip_flash_present(v[0])) {
		identify_flash_all_again(e);
		return;
	}
	identify_flash(e, v[0] & 0xFFFFFF);
	e->chip.flash_status = v[2] & 0xFF;
	e->chip.known = true;
	engine_go(e, ES_PROCEED);
}

void identify_read(struct engine *e)
{
	size_t n = esp_enc_read_reg(e->tx, sizeof e->tx, identify_reg(e));
	engine_command(e, ESP_OP_READ_REG, n, 0);
}

/* A refused command may have arrived damaged: tried again some times. */
static bool identify_refused(struct engine *e, const struct esp_reply *r, enum engine_cause cause)
{
	if (r->status == 0)
		return false;
	if (++e->cmd.refused < IDENTIFY_REFUSALS)
		engine_go(e, e->state);
	else
		engine_fail(e, cause, r);
	return true;
}

/* True when the value is the same twice running; otherwise it is read again or the engine fails. */
static bool identify_agree(struct engine *e, const struct esp_reply *r)
{
	if (identify_refused(e, r, ENGINE_CAUSE_REFUSED))
		return false;
	if (e->id_have && e->id_seen == r->value) {
		e->id_have = false;
		return true;
	}
	if (e->id_have && ++e->id_again > IDENTIFY_DISAGREE) {
		engine_fail(e, ENGINE_CAUSE_NO_ANSWER, r);
		return false;
	}
	e->id_have = true;
	e->id_seen = r->value;
	/* A flash register is read again by asking the flash again. */
	engine_go(e, e->state == ES_ID_SPI_READ ? ES_ID_SPI_ASK : e->state);
	return false;
}

void identify_read_reply(struct engine *e, const struct esp_reply *r)
{
	if (!identify_agree(e, r))
		return;
	if (e->id_step == ID_MAGIC && r->value != e->type->magic) {
		const struct chip *other = chip_by_magic(r->value);
		str_copy(e->chip.name, sizeof e->chip.name, other ? other->name : "unknown chip");
		engine_fail(e, ENGINE_CAUSE_NOT_8266, r);
		return;
	}
	if (e->id_step >= ID_EFUSE0 && e->id_step <= ID_EFUSE3)
		e->chip.efuse[e->id_step - ID_EFUSE0] = r->value;
	if (e->id_step == ID_CLKDIV) {
		e->chip.clkdiv = r->value & e->type->clkdiv_mask;
		identify_chip(e);
		engine_go(e, ES_ID_ATTACH);
		return;
	}
	e->id_step++;
	engine_go(e, ES_ID_READ);
}

/* The flash's pins are attached by a FLASH_BEGIN that erases nothing. The ROM clears the flash's
 * protect bits on the way, and waits for ever when no flash says that it is ready. */
void identify_attach(struct engine *e)
{
	size_t n = esp_enc_begin(e->tx, sizeof e->tx, ESP_OP_FLASH_BEGIN, 0, 0, 0x400, 0);
	engine_command(e, ESP_OP_FLASH_BEGIN, n, 0);
}

void identify_attach_reply(struct engine *e, const struct esp_reply *r)
{
	if (identify_refused(e, r, ENGINE_CAUSE_NO_FLASH))
		return;
	engine_go(e, ES_ID_FLASH_ALL);
}

size_t identify_enc_status(struct engine *e, bool ask)
{
	if (ask)
		return identify_enc_ask(e, e->tx, sizeof e->tx, e->type->spi_status, CHIP_SPI_RDSR);
	return esp_enc_read_reg(e->tx, sizeof e->tx, e->type->spi_status);
}

void identify_spi_ask(struct engine *e)
{
	size_t n = identify_put_ask(e, e->tx, sizeof e->tx);
	engine_command(e, ESP_OP_WRITE_REG, n, 0);
}

void identify_spi_ask_reply(struct engine *e, const struct esp_reply *r)
{
	if (!identify_refused(e, r, ENGINE_CAUSE_REFUSED))
		engine_go(e, ES_ID_SPI_READ);
}

void identify_spi_read(struct engine *e)
{
	size_t n = esp_enc_read_reg(e->tx, sizeof e->tx, identify_reg(e));
	engine_command(e, ESP_OP_READ_REG, n, 0);
}

/* The asking is answered each time, and the tries are those of one command: counted here. */
void identify_spi_again(struct engine *e)
{
	if (++e->id_again > IDENTIFY_DISAGREE)
		engine_fail(e, ENGINE_CAUSE_NO_ANSWER, NULL);
	else
		engine_go(e, ES_ID_SPI_ASK);
}

void identify_spi_read_reply(struct engine *e, const struct esp_reply *r)
{
	if (!identify_agree(e, r))
		return;
	if (e->id_step == ID_JEDEC) {
		if (!chip_flash_present(r->value)) {
			engine_fail(e, ENGINE_CAUSE_NO_FLASH, r);
			return;
		}
		identify_flash(e, r->value & 0xFFFFFF);
		e->id_step = ID_STATUS;
		engine_go(e, ES_ID_SPI_ASK);
		return;
	}
	e->chip.flash_status = r->value & 0xFF;
	e->chip.known = true;
	engine_go(e, ES_PROCEED);
}

void identify_hello(struct engine *e, const struct stub_msg *m)
{
	struct engine_chip *c = &e->chip;
	memset(c, 0, sizeof *c);
	for (size_t i = 0; i < 4; i++)
		c->efuse[i] = stub_word(m, 6 + i);
	c->clkdiv = stub_word(m, 3) & e->type->clkdiv_mask;
	identify_chip(e);
	identify_flash(e, stub_word(m, 4) & 0xFFFFFF);
	c->flash_status = stub_word(m, 5) & 0xFF;
	c->known = true;
	if (chip_flash_present(c->flash_id))
		engine_go(e, ES_PROCEED);
	else
		engine_fail(e, ENGINE_CAUSE_NO_FLASH, NULL);
}

/* A look at the chip and nothing that changes it waits for nobody. */
void identify_proceed(struct engine *e)
{
	bool again = e->proceeded;
	if (!again)
		engine_emit(
		    e, &(struct engine_event){.kind = ENGINE_EV_IDENTITY, .stage = e->stage});
	if (e->job.kind == ENGINE_READ || (e->job.kind == ENGINE_VERIFY && !e->job.want_table))
		e->proceeded = true;
	if (e->job.kind == ENGINE_IDENTIFY)
		engine_finish(e);
	else if (e->proceeded)
		engine_go(e, ES_PARAMS);
}

/* ---- the job against the chip --------------------------------------------------------------- */
static uint32_t identify_job_end(const struct engine *e)
{
	uint32_t end = 0;
	for (size_t i = 0; i < e->job.part_count; i++) {
		const struct engine_part *p = &e->job.parts[i];
		if (p->offset + p->length > end)
			end = p->offset + p->length;
	}
	return end;
}

/* Must the size of the flash be known? */
static bool identify_needs_size(const struct engine *e)
{
	const struct engine_job *job = &e->job;
	return job->backup || job->erase_all ||
	       ((job->kind == ENGINE_READ || job->kind == ENGINE_ERASE) && job->part_count == 0);
}

/* What the ROM can't do. */
static bool identify_needs_stub(const struct engine *e)
{
	const struct engine_job *job = &e->job;
	return job->kind == ENGINE_READ || job->kind == ENGINE_VERIFY || job->backup;
}

static bool identify_writes(const struct engine *e)
{
	return e->job.kind == ENGINE_FLASH || e->job.kind == ENGINE_ERASE;
}

void identify_ready(struct engine *e)
{
	uint32_t size = e->chip.flash_size, end = identify_job_end(e);
	/* Without a look at the flash the user answers for its size. */
	bool blind = e->chip.secure_download && size == 0;
	if (e->c32 && !id32_able(e))
		return;
	if (!blind && ((size != 0 && end > size) || (size == 0 && end > e->type->rom_flash_size)))
		engine_fail(e, ENGINE_CAUSE_TOO_LARGE, NULL);
	else if (!e->c32 && identify_writes(e) && (e->chip.flash_status & CHIP_FLASH_BP))
		/* They were cleared a moment ago, and are set: the flash's WP pin holds them. */
		engine_fail(e, ENGINE_CAUSE_PROTECTED, NULL);
	else if (size == 0 && identify_needs_size(e))
		engine_fail(e, ENGINE_CAUSE_SIZE_UNKNOWN, NULL);
	else if (e->c32)
		baud_raise(e, ES_STUB_WORK); /* its ROM does what the stub does */
	else if (e->st.on)
		engine_go(e, ES_STUB_SIZE);
	else if (stub_wanted(e))
		quick_begin(e);
	else if (identify_needs_stub(e))
		engine_fail(e, ENGINE_CAUSE_STUB, NULL);
	else if (!erase_plan(e))
		engine_fail(e, ENGINE_CAUSE_SIZE_UNKNOWN, NULL);
	else
		baud_raise(e, ES_ERASE);
}

/* The ROM takes any flash for 4 MB. Told the truth it reaches what lies above, and on a smaller
 * chip does not wrap round to its start. */
void identify_params(struct engine *e)
{
	uint32_t size = e->chip.flash_size;
	if (e->c32) {
		id32_params(e);
		return;
	}
	if (e->st.on || stub_wanted(e)) {
		identify_ready(e);
		return;
	}
	if (size == 0 || size == e->type->rom_flash_size) {
		e->w.params = size != 0;
		identify_ready(e);
		return;
	}
	size_t n = esp_enc_spi_params(e->tx, sizeof e->tx, size);
	engine_command(e, ESP_OP_SPI_SET_PARAMS, n, 0);
}

void identify_params_reply(struct engine *e, const struct esp_reply *r)
{
	if (e->c32) {
		id32_params_reply(e, r);
		return;
	}
	if (r->status != 0 && ++e->cmd.refused < IDENTIFY_REFUSALS) {
		engine_go(e, e->state);
		return;
	}
	e->w.params = r->status == 0;
	if (!e->w.params && identify_job_end(e) > e->type->rom_flash_size)
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
	else
		identify_ready(e);
}
