/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's look at a chip of the ESP32 family: which one it is (register 0x40001000, then
 * the security info), what its eFuses forbid, watchdogs that would bite a session by USB, MAC,
 * crystal, and the flash behind the SPI unit's registers. Answers carry no checksum, so a register
 * is read until two readings in a row agree. Facts: esptool's loader.py and targets/.
 */
#include "engine_int.h"

#include <string.h>

#include "tasmite/base/bytes.h"
#include "tasmite/base/log.h"
#include "tasmite/base/str.h"

#define ID32_REFUSALS 3u
#define ID32_DISAGREE 12u
#define ID32_POLLS    10u

/* Flags of the security info; the count behind them is odd where the flash is encrypted. */
#define ID32_SECURE_BOOT     1u
#define ID32_SECURE_DOWNLOAD 4u

/* USER: a command is sent, and perhaps an address, eight clocks of nothing, bits are read. USER1:
 * the lengths of address and nothing. USER2: the command, eight bits of it. */
#define ID32_SPI_COMMAND 0x80000000u
#define ID32_SPI_ADDRESS 0x60000000u
#define ID32_SPI_READS	 0x10000000u
#define ID32_SPI_USER1	 (23u << 26 | 7u)
#define ID32_SPI_USER2	 0x70000000u
#define ID32_SPI_GO	 (1u << 18)
#define ID32_XMC	 0x20u
#define ID32_XMC_WAKE_US 2000u /* after its exit from deep sleep */

static bool id32_secure(const struct engine *e)
{
	return e->chip.secure_download;
}

void id32_begin(struct engine *e)
{
	struct engine32 *d = &e->d32;
	engine_stage_begin(e, ENGINE_ST_IDENTIFY);
	memset(&e->chip, 0, sizeof e->chip);
	e->chip.revision = -1;
	e->c32 = NULL;
	memset(d->reg, 0, sizeof d->reg);
	d->step = ID32_MAGIC;
	d->have_info = false;
	d->have_table = d->have_otadata = false;
	d->ask = SPI32_ID;
	d->at_once = SLOW32_AT_ONCE;
	e->id_again = 0;
	e->id_have = false;
	engine_go(e, ES32_READ_REG);
}

static void id32_unknown(struct engine *e, uint32_t id, const struct esp_reply *r)
{
	str_fmt(e->chip.name, sizeof e->chip.name, "unknown chip %u", (unsigned)id);
	engine_fail(e, ENGINE_CAUSE_NOT_8266, r);
}

/* ---- which one -------------------------------------------------------------------------------- */
/* The pins of a flash in the package stand in eFuses: they are read before the flash is attached. */
static void id32_pins(struct engine *e)
{
	if (e->c32->efuse && !id32_secure(e)) {
		e->d32.step = ID32_EFUSE0;
		engine_go(e, ES32_READ_REG);
	} else {
		engine_go(e, ES32_ATTACH);
	}
}

static void id32_known(struct engine *e, const struct chip32 *c)
{
	struct engine_chip *chip = &e->chip;
	e->c32 = c;
	e->type = &c->chip;
	chip->family32 = true;
	chip->chip_id = c->id;
	chip->boot_offset = c->boot;
	chip->boot_pin = c->boot_pin;
	chip->by_usb = e->job.usb_jtag;
	str_copy(chip->name, sizeof chip->name, c->chip.name);
	log_trace("engine", "it is an %s%s", c->chip.name,
	    id32_secure(e) ? " in secure download mode" : "");
	/* The watchdogs are registers, which that mode keeps to itself. */
	if (e->job.usb_jtag && c->wdt.config0 && !id32_secure(e))
		engine_go(e, ES32_WATCHDOG);
	else
		id32_pins(e);
}

static void id32_magic(struct engine *e, uint32_t value)
{
	const struct chip32 *c = chip32_by_magic(value);
	e->d32.reg[ID32_MAGIC] = value;
	if (value == chip_esp8266()->magic)
		identify_begin(e);
	else if (c && !c->security)
		id32_known(e, c);
	else
		engine_go(e, ES32_SECURITY);
}

void id32_security(struct engine *e)
{
	e->d32.unnamed = false;
	size_t n = esp_enc_words(e->tx, sizeof e->tx, ESP_OP_SECURITY_INFO, NULL, 0);
	engine_command(e, ESP_OP_SECURITY_INFO, n, 0);
}

static bool id32_odd(uint8_t v)
{
	bool odd = false;
	for (; v; v &= (uint8_t)(v - 1))
		odd = !odd;
	return odd;
}

void id32_security_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine_chip *chip = &e->chip;
	const struct chip32 *c = chip32_by_magic(e->d32.reg[ID32_MAGIC]);
	bool info = r->status == 0 && r->data_n >= ESP_SECURITY_S2;
	if (!info && ++e->cmd.refused < ID32_REFUSALS) {
		engine_go(e, ES32_SECURITY);
		return;
	}
	if (!info) {
		/* An S2 tells its number by the register; without info it is not locked. */
		if (c)
			id32_known(e, c);
		else
			id32_unknown(e, e->d32.reg[ID32_MAGIC], r);
		return;
	}
	e->d32.flags = get_le32(r->data);
	chip->secure_boot = (e->d32.flags & ID32_SECURE_BOOT) != 0;
	chip->secure_download = (e->d32.flags & ID32_SECURE_DOWNLOAD) != 0;
	chip->flash_encrypted = id32_odd(r->data[4]);
	if (r->data_n < ESP_SECURITY_LEN)
		c = chip32_by_magic(CHIP32_MAGIC_S2);
	else
		c = chip32_by_id(get_le32(r->data + 12));
	if (c)
		id32_known(e, c);
	else
		id32_unknown(e, get_le32(r->data + 12), r);
}

void id32_security_expire(struct engine *e)
{
	const struct esp_reply none = {.op = ESP_OP_SECURITY_INFO, .status = 1, .code = 5};
	if (!e->d32.unnamed) {
		hunt_resync(e);
		return;
	}
	e->cmd.refused = ID32_REFUSALS;
	id32_security_reply(e, &none);
}

/* ---- watchdogs -------------------------------------------------------------------------------- */
void id32_watchdog(struct engine *e)
{
	const struct chip32_wdt *w = &e->c32->wdt;
	const uint32_t all = UINT32_MAX;
	struct esp_reg regs[6] = {
	    {.addr = w->protect, .value = w->key, .mask = all},
	    {.addr = w->config0, .value = 0, .mask = all},
	    {.addr = w->protect, .value = 0, .mask = all},
	};
	size_t count = 3;
	if (w->swd_conf) {
		regs[count++] =
		    (struct esp_reg){.addr = w->swd_protect, .value = w->swd_key, .mask = all};
		regs[count++] = (struct esp_reg){
		    .addr = w->swd_conf, .value = w->swd_feed, .mask = w->swd_feed};
		regs[count++] = (struct esp_reg){.addr = w->swd_protect, .value = 0, .mask = all};
	}
	size_t n = esp_enc_write_regs(e->tx, sizeof e->tx, regs, count);
	engine_command(e, ESP_OP_WRITE_REG, n, 0);
}

void id32_watchdog_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status != 0 && ++e->cmd.refused < ID32_REFUSALS)
		engine_go(e, ES32_WATCHDOG);
	else if (r->status != 0)
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
	else
		id32_pins(e);
}

/* ---- the flash's pins ------------------------------------------------------------------------- */
static void id32_efuses(struct engine *e)
{
	struct engine_chip *chip = &e->chip;
	const uint32_t *reg = e->d32.reg;
	chip->single_core = (reg[ID32_EFUSE3] & 1) != 0;
	str_copy(chip->part, sizeof chip->part,
	    chip32_part(reg[ID32_EFUSE3] >> 9 & 7, chip->single_core));
	chip->flash_encrypted = id32_odd((uint8_t)(reg[ID32_EFUSE0] >> 20 & 0x7F));
	chip->secure_boot = (reg[ID32_EFUSE6] & 0x30) != 0;
	engine_go(e, ES32_ATTACH);
}

void id32_attach(struct engine *e)
{
	const uint32_t *reg = e->d32.reg;
	/* 0: the usual pins */
	const uint32_t words[2] = {chip32_flash_pins(reg[ID32_EFUSE3], reg[ID32_EFUSE5]), 0};
	size_t n = esp_enc_words(e->tx, sizeof e->tx, ESP_OP_SPI_ATTACH, words, 2);
	engine_command(e, ESP_OP_SPI_ATTACH, n, 0);
}

static void id32_over(struct engine *e)
{
	e->chip.known = true;
	if (e->job.want_table && !id32_secure(e))
		table32_begin(e);
	else
		engine_go(e, ES_PROCEED);
}

void id32_attach_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status != 0 && ++e->cmd.refused < ID32_REFUSALS) {
		engine_go(e, ES32_ATTACH);
	} else if (r->status != 0) {
		engine_fail(e, ENGINE_CAUSE_NO_FLASH, r);
	} else if (id32_secure(e)) {
		id32_over(e); /* nothing more can be asked */
	} else {
		e->d32.step = ID32_MAC0;
		engine_go(e, ES32_READ_REG);
	}
}

/* ---- registers -------------------------------------------------------------------------------- */
/* 0: this chip has none such. */
static uint32_t id32_reg(const struct engine *e, unsigned step)
{
	const struct chip32 *c = e->c32;
	switch (step) {
	case ID32_MAGIC:
		return CHIP_REG_MAGIC;
	case ID32_EFUSE0:
		return c->efuse;
	case ID32_EFUSE3:
		return c->efuse ? c->efuse + 12 : 0;
	case ID32_EFUSE5:
		return c->efuse ? c->efuse + 20 : 0;
	case ID32_EFUSE6:
		return c->efuse ? c->efuse + 24 : 0;
	case ID32_WAFER0:
	case ID32_WAFER1:
	case ID32_WAFER2:
		return c->wafer[step - ID32_WAFER0];
	case ID32_PSRAM0:
		return c->psram;
	case ID32_PSRAM1:
		return c->psram ? c->psram + 4 : 0;
	case ID32_MAC0:
		return c->mac;
	case ID32_MAC1:
		return c->mac + 4;
	case ID32_CLKDIV:
		return c->xtal_khz ? 0 : c->chip.reg_clkdiv;
	case ID32_QUIRK0:
		if (c->quirk == CHIP32_QUIRK_MEASURED)
			return CHIP32_REG_CALI;
		return c->quirk == CHIP32_QUIRK_C5 ? CHIP32_REG_C5CLK : 0;
	case ID32_QUIRK1:
		return c->quirk == CHIP32_QUIRK_MEASURED ? CHIP32_REG_CK8M : 0;
	case ID32_USER:
		return c->spi.user;
	case ID32_USER1:
		return c->spi.user1;
	default:
		return c->spi.user2;
	}
}

void id32_read(struct engine *e)
{
	e->d32.unnamed = false;
	size_t n = esp_enc_read_reg(e->tx, sizeof e->tx, id32_reg(e, e->d32.step));
	engine_command(e, ESP_OP_READ_REG, n, 0);
}

/* All registers are read. */
static void id32_registers(struct engine *e)
{
	struct engine_chip *chip = &e->chip;
	chip32_mac(&e->d32.reg[ID32_MAC0], chip->mac);
	chip->clkdiv = e->d32.reg[ID32_CLKDIV] & e->type->clkdiv_mask;
	chip->crystal_khz = chip32_crystal_khz(e->c32, e->baud, chip->clkdiv);
	chip->revision = chip32_revision(e->c32->wafer_form, &e->d32.reg[ID32_WAFER0]);
	chip->psram = chip32_psram(e->d32.reg[ID32_PSRAM0], e->d32.reg[ID32_PSRAM1]);
	e->id_have = false;
	engine_go(e, ES32_SPI);
}

/* Twice the same: taken. */
static bool id32_agree(struct engine *e, uint32_t value)
{
	if (e->id_have && e->id_seen == value) {
		e->id_have = false;
		return true;
	}
	if (e->id_have && ++e->id_again > ID32_DISAGREE) {
		engine_fail(e, ENGINE_CAUSE_NO_ANSWER, NULL);
		return false;
	}
	e->id_have = true;
	e->id_seen = value;
	return false;
}

static void id32_measure(struct engine *e)
{
	int64_t took = e->now - e->q.sent;
	if (took > 0 && (e->d32.rtt == 0 || took < e->d32.rtt))
		e->d32.rtt = took;
}

void id32_read_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine32 *d = &e->d32;
	id32_measure(e);
	if (r->status != 0 && ++e->cmd.refused < ID32_REFUSALS) {
		engine_go(e, ES32_READ_REG);
		return;
	}
	if (r->status != 0 && d->step == ID32_MAGIC) {
		/* Secure download mode keeps the registers to itself, but tells who it is. */
		e->cmd.refused = 0;
		engine_go(e, ES32_SECURITY);
		return;
	}
	if (r->status != 0) {
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
		return;
	}
	if (!id32_agree(e, r->value)) {
		if (!e->ended)
			engine_go(e, ES32_READ_REG);
		return;
	}
	if (d->step == ID32_MAGIC) {
		id32_magic(e, r->value);
		return;
	}
	bool pins = d->step == ID32_EFUSE6;
	d->reg[d->step++] = r->value;
	while (d->step < ID32_STEPS && id32_reg(e, d->step) == 0)
		d->step++;
	if (pins)
		id32_efuses(e);
	else if (d->step < ID32_STEPS)
		engine_go(e, ES32_READ_REG);
	else
		id32_registers(e);
}

void id32_read_expire(struct engine *e)
{
	const struct esp_reply none = {.op = ESP_OP_READ_REG, .status = 1, .code = 5};
	if (e->d32.unnamed && e->d32.step == ID32_MAGIC) {
		e->cmd.refused = ID32_REFUSALS;
		id32_read_reply(e, &none);
	} else {
		hunt_resync(e);
	}
}

/* ---- the flash -------------------------------------------------------------------------------- */
static const struct {
	uint8_t command, bits; /* bits of the answer */
	bool address;
} id32_asks[] = {
    [SPI32_ID] = {0x9F, 24, false},
    [SPI32_SFDP] = {0x5A, 8, true}, /* the first maker's number in it, at 0x10 */
    [SPI32_DOWN] = {0xB9, 0, false},
    [SPI32_DEEPER] = {0x79, 0, false},
    [SPI32_EXIT] = {0xFF, 0, false},
    [SPI32_WAKE] = {0xAB, 0, false},
    [SPI32_ID_AGAIN] = {0x9F, 24, false},
    [SPI32_STATUS] = {0x05, 8, false},
};

void id32_spi(struct engine *e)
{
	const struct chip32_spi *s = &e->c32->spi;
	const enum spi32_ask ask = e->d32.ask;
	const uint8_t bits = id32_asks[ask].bits;
	const bool address = id32_asks[ask].address;
	const uint32_t all = UINT32_MAX;
	const uint32_t user =
	    ID32_SPI_COMMAND | (bits ? ID32_SPI_READS : 0) | (address ? ID32_SPI_ADDRESS : 0);
	const struct esp_reg regs[7] = {
	    {.addr = s->user,
		.value = user,
		.mask = all,
		.delay_us = ask == SPI32_WAKE ? ID32_XMC_WAKE_US : 0},
	    {.addr = s->user2, .value = ID32_SPI_USER2 | id32_asks[ask].command, .mask = all},
	    {.addr = s->miso_len, .value = bits ? bits - 1u : 0, .mask = all},
	    {.addr = s->user1, .value = ID32_SPI_USER1, .mask = all},
	    {.addr = s->base + 4, .value = e->c32->spi.addr_left ? 0x1000 : 0x10, .mask = all},
	    {.addr = s->w0, .value = 0, .mask = all},
	    {.addr = s->base, .value = ID32_SPI_GO, .mask = all},
	};
	e->d32.polls = 0;
	size_t n = esp_enc_write_regs(e->tx, sizeof e->tx, regs, 7);
	engine_command(e, ESP_OP_WRITE_REG, n, 0);
}

/* Asked anew from the beginning, by other commands than the one that failed: so that is counted here,
 * too. False: too often. */
static bool id32_spi_anew(struct engine *e)
{
	if (++e->id_again > ID32_DISAGREE)
		return false;
	engine_go(e, ES32_SPI);
	return true;
}

/* True when the state was left. */
static bool id32_spi_refused(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0)
		return false;
	if (++e->cmd.refused >= ID32_REFUSALS || !id32_spi_anew(e))
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
	return true;
}

void id32_spi_reply(struct engine *e, const struct esp_reply *r)
{
	if (!id32_spi_refused(e, r))
		engine_go(e, ES32_SPI_POLL);
}

static void id32_spi_next(struct engine *e, enum spi32_ask ask)
{
	e->d32.ask = ask;
	engine_go(e, ES32_SPI);
}

void id32_spi_poll(struct engine *e)
{
	size_t n = esp_enc_read_reg(e->tx, sizeof e->tx, e->c32->spi.base);
	engine_command(e, ESP_OP_READ_REG, n, 0);
}

void id32_spi_poll_reply(struct engine *e, const struct esp_reply *r)
{
	if (id32_spi_refused(e, r))
		return;
	if (!(r->value & ID32_SPI_GO) && !id32_asks[e->d32.ask].bits)
		id32_spi_next(e, (enum spi32_ask)(e->d32.ask + 1));
	else if (!(r->value & ID32_SPI_GO))
		engine_go(e, ES32_SPI_GET);
	else if (++e->d32.polls < ID32_POLLS)
		engine_go(e, ES32_SPI_POLL);
	else
		engine_fail(e, ENGINE_CAUSE_NO_FLASH, r);
}

void id32_spi_get(struct engine *e)
{
	size_t n = esp_enc_read_reg(e->tx, sizeof e->tx, e->c32->spi.w0);
	engine_command(e, ESP_OP_READ_REG, n, 0);
}

void id32_spi_again(struct engine *e)
{
	if (!id32_spi_anew(e))
		engine_fail(e, ENGINE_CAUSE_NO_ANSWER, NULL);
}

static void id32_flash(struct engine *e, uint32_t id)
{
	struct engine_chip *c = &e->chip;
	c->flash_id = id;
	c->flash_size = chip_flash_size(id);
	str_copy(c->flash_maker, sizeof c->flash_maker, chip_flash_maker(id));
}

/* Chips of XMC at times start half awake; then their id is none of theirs, but their table of
 * parameters names them (esptool's attach_flash). */
static bool id32_is_xmc(uint32_t id)
{
	uint32_t type = id >> 8 & 0xFF, size = id >> 16 & 0xFF;
	if ((id & 0xFF) != ID32_XMC)
		return false;
	return (type == 0x40 && size >= 0x13 && size <= 0x20) ||
	       (type == 0x41 && size >= 0x17 && size <= 0x20) ||
	       (type == 0x50 && size >= 0x15 && size <= 0x16);
}

static void id32_answered(struct engine *e, uint32_t value)
{
	switch (e->d32.ask) {
	case SPI32_ID:
		id32_flash(e, value);
		id32_spi_next(e, id32_is_xmc(value) ? SPI32_STATUS : SPI32_SFDP);
		break;
	case SPI32_SFDP:
		id32_spi_next(e, value == ID32_XMC ? SPI32_DOWN : SPI32_STATUS);
		break;
	case SPI32_ID_AGAIN:
		e->chip.flash_woken = true;
		id32_flash(e, value);
		id32_spi_next(e, SPI32_STATUS);
		break;
	default:
		e->chip.flash_status = value;
		engine_go(e, ES32_SPI_BACK);
		break;
	}
}

void id32_spi_get_reply(struct engine *e, const struct esp_reply *r)
{
	uint32_t value = r->value & ((1u << id32_asks[e->d32.ask].bits) - 1);
	if (id32_spi_refused(e, r))
		return;
	if (id32_agree(e, value))
		id32_answered(e, value);
	else if (!e->ended)
		engine_go(e, ES32_SPI);
}

/* The ROM goes on with the unit as it had it. */
void id32_spi_back(struct engine *e)
{
	const struct chip32_spi *s = &e->c32->spi;
	const struct esp_reg regs[3] = {
	    {.addr = s->user, .value = e->d32.reg[ID32_USER], .mask = UINT32_MAX},
	    {.addr = s->user1, .value = e->d32.reg[ID32_USER1], .mask = UINT32_MAX},
	    {.addr = s->user2, .value = e->d32.reg[ID32_USER2], .mask = UINT32_MAX},
	};
	size_t n = esp_enc_write_regs(e->tx, sizeof e->tx, regs, 3);
	engine_command(e, ESP_OP_WRITE_REG, n, 0);
}

void id32_spi_back_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status != 0 && ++e->cmd.refused < ID32_REFUSALS)
		engine_go(e, ES32_SPI_BACK);
	else if (r->status != 0)
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
	else if (!chip_flash_present(e->chip.flash_id))
		engine_fail(e, ENGINE_CAUSE_NO_FLASH, NULL);
	else
		id32_over(e);
}

/* ---- the job ---------------------------------------------------------------------------------- */
static uint32_t id32_job_end(const struct engine *e)
{
	uint32_t end = 0;
	for (size_t i = 0; i < e->job.part_count; i++)
		if (e->job.parts[i].offset + e->job.parts[i].length > end)
			end = e->job.parts[i].offset + e->job.parts[i].length;
	return end;
}

/* These ROMs address a flash by three bytes. What is behind would wrap round to its beginning. */
#define ID32_REACH (16u << 20)

static bool id32_beyond(const struct engine *e)
{
	const struct engine_job *job = &e->job;
	bool whole =
	    (job->part_count == 0 && job->kind != ENGINE_IDENTIFY) || job->backup || job->erase_all;
	return id32_job_end(e) > ID32_REACH || (whole && e->chip.flash_size > ID32_REACH);
}

bool id32_able(struct engine *e)
{
	const struct engine_job *job = &e->job;
	bool reads = job->kind == ENGINE_READ || job->kind == ENGINE_VERIFY || job->backup;
	if (reads && id32_secure(e))
		engine_fail(e, ENGINE_CAUSE_SECURE, NULL);
	else if (id32_beyond(e))
		engine_fail(e, ENGINE_CAUSE_BEYOND, NULL);
	else
		return true;
	return false;
}

/* What the ROM shall take the flash for: its size; where nobody can tell that, enough for the job. */
static uint32_t id32_size(const struct engine *e)
{
	uint32_t size = e->chip.flash_size, end = id32_job_end(e);
	if (size != 0)
		return size < ID32_REACH ? size : ID32_REACH;
	for (size = 4u << 20; size < end; size *= 2)
		;
	return size;
}

void id32_params(struct engine *e)
{
	size_t n = esp_enc_spi_params(e->tx, sizeof e->tx, id32_size(e));
	engine_command(e, ESP_OP_SPI_SET_PARAMS, n, 0);
}

void id32_params_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status != 0 && ++e->cmd.refused < ID32_REFUSALS) {
		engine_go(e, ES_PARAMS);
		return;
	}
	e->w.params = r->status == 0;
	if (e->w.params)
		identify_ready(e);
	else
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
}

const char *engine_boot_pin(uint16_t chip_id)
{
	const struct chip32 *c = chip32_by_id(chip_id);
	return c ? c->boot_pin : NULL;
}
