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

/* USER: a command is sent, bits are read. USER2: the command, eight bits of it. */
#define ID32_SPI_USER	0x90000000u
#define ID32_SPI_USER2	0x70000000u
#define ID32_SPI_GO	(1u << 18)
#define ID32_FLASH_RDID 0x9Fu
#define ID32_FLASH_RDSR 0x05u

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
	d->status = false;
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
		engine_go(e, ES32_ATTACH);
}

static void id32_magic(struct engine *e, uint32_t value, const struct esp_reply *r)
{
	const struct chip32 *c = chip32_by_magic(value);
	e->d32.reg[ID32_MAGIC] = value;
	if (value == chip_esp8266()->magic)
		identify_begin(e);
	else if (c && !c->security)
		id32_known(e, c);
	else if (r->status == 0 || c)
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
	if (r->data_n < ESP_SECURITY_LEN) {
		c = chip32_by_magic(CHIP32_MAGIC_S2);
	} else {
		c = chip32_by_id(get_le32(r->data + 12));
		chip->revision = (int)(get_le32(r->data + 16) & 0xFFFF);
	}
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
		engine_go(e, ES32_ATTACH);
}

/* ---- the flash's pins ------------------------------------------------------------------------- */
void id32_attach(struct engine *e)
{
	const uint32_t words[2] = {0, 0}; /* the usual pins */
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
		id32_magic(e, r->value, r);
		return;
	}
	d->reg[d->step++] = r->value;
	while (d->step < ID32_STEPS && id32_reg(e, d->step) == 0)
		d->step++;
	if (d->step < ID32_STEPS)
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
void id32_spi(struct engine *e)
{
	const struct chip32_spi *s = &e->c32->spi;
	const bool status = e->d32.status;
	const uint32_t all = UINT32_MAX;
	const struct esp_reg regs[5] = {
	    {.addr = s->miso_len, .value = status ? 7 : 23, .mask = all},
	    {.addr = s->user, .value = ID32_SPI_USER, .mask = all},
	    {.addr = s->user2,
		.value = ID32_SPI_USER2 | (status ? ID32_FLASH_RDSR : ID32_FLASH_RDID),
		.mask = all},
	    {.addr = s->w0, .value = 0, .mask = all},
	    {.addr = s->base, .value = ID32_SPI_GO, .mask = all},
	};
	e->d32.polls = 0;
	size_t n = esp_enc_write_regs(e->tx, sizeof e->tx, regs, 5);
	engine_command(e, ESP_OP_WRITE_REG, n, 0);
}

/* True when the state was left. */
static bool id32_spi_refused(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0)
		return false;
	if (++e->cmd.refused < ID32_REFUSALS)
		engine_go(e, ES32_SPI);
	else
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
	return true;
}

void id32_spi_reply(struct engine *e, const struct esp_reply *r)
{
	if (!id32_spi_refused(e, r))
		engine_go(e, ES32_SPI_POLL);
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
	if (!(r->value & ID32_SPI_GO))
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
	engine_go(e, ES32_SPI);
}

static void id32_flash(struct engine *e, uint32_t id)
{
	struct engine_chip *c = &e->chip;
	c->flash_id = id;
	c->flash_size = chip_flash_size(id);
	str_copy(c->flash_maker, sizeof c->flash_maker, chip_flash_maker(id));
}

void id32_spi_get_reply(struct engine *e, const struct esp_reply *r)
{
	uint32_t value = r->value & (e->d32.status ? 0xFF : 0xFFFFFF);
	if (id32_spi_refused(e, r))
		return;
	if (!id32_agree(e, value)) {
		if (!e->ended)
			engine_go(e, ES32_SPI);
		return;
	}
	if (!e->d32.status) {
		id32_flash(e, value);
		e->d32.status = true;
		engine_go(e, ES32_SPI);
		return;
	}
	e->chip.flash_status = value;
	engine_go(e, ES32_SPI_BACK);
}

/* The ROM goes on with the unit as it had it. */
void id32_spi_back(struct engine *e)
{
	const struct chip32_spi *s = &e->c32->spi;
	const struct esp_reg regs[2] = {
	    {.addr = s->user, .value = e->d32.reg[ID32_USER], .mask = UINT32_MAX},
	    {.addr = s->user2, .value = e->d32.reg[ID32_USER2], .mask = UINT32_MAX},
	};
	size_t n = esp_enc_write_regs(e->tx, sizeof e->tx, regs, 2);
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

bool id32_able(struct engine *e)
{
	const struct engine_job *job = &e->job;
	const uint32_t limit = PLAN_SECTORS * CHIP_SECTOR;
	bool reads = job->kind == ENGINE_READ || job->kind == ENGINE_VERIFY || job->backup;
	bool plans = job->kind == ENGINE_FLASH || job->kind == ENGINE_VERIFY;
	if (reads && id32_secure(e))
		engine_fail(e, ENGINE_CAUSE_SECURE, NULL);
	else if (plans &&
		 (id32_job_end(e) > limit || (job->erase_all && e->chip.flash_size > limit)))
		engine_fail(e, ENGINE_CAUSE_TOO_LARGE, NULL);
	else
		return true;
	return false;
}

/* What the ROM shall take the flash for: its size; where nobody can tell that, enough for the job. */
static uint32_t id32_size(const struct engine *e)
{
	uint32_t size = e->chip.flash_size, end = id32_job_end(e);
	if (size != 0)
		return size;
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
