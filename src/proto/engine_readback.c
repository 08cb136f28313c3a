/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's own look at what was written. The ROM checks a block by an 8-bit XOR alone: a
 * byte too many on the wire shifts the rest of the block, and one such fault in 256 goes unseen.
 * So a word near the block's end, where a shift must show, is read from the flash by the SPI
 * registers: command 03 as a command of the user's own, in the way esptool asks for the flash's id
 * (loader.py, run_spiflash_command), all in one WRITE_REG packet that also puts the registers
 * back, and a READ_REG of what came. Both go out together: they are shorter than the ROM's receive
 * ring of 256 bytes, so the second waits there while the first is carried out.
 *
 * Whether the registers do this is proven on the first block that can tell; where they don't, the
 * session goes on with the ROM's XOR alone.
 */
#include "engine_int.h"

#include "tasmite/base/bytes.h"
#include "tasmite/base/log.h"

#define READBACK_USER  0xD0000000u /* command, address, data in */
#define READBACK_USER1 (23u << 26 | 31u << 8)
#define READBACK_USER2 0x70000003u /* eight bits of command: 03, read */
#define READBACK_GO    (1u << 18)
/* The transfer takes 64 bits of a clock of some MHz. */
#define READBACK_DELAY 10u
/* Three bytes of address. */
#define READBACK_REACH (1u << 24)
/* Readings that must differ before a word is called wrong: neither requests nor answers carry a
 * checksum here. */
#define READBACK_READS 2u
/* Questions of one block that may go unanswered or be refused, before and after the proof. */
#define READBACK_MUTE_UNPROVEN 2u
#define READBACK_MUTE	       6u
#define READBACK_DISAGREE      8u

static uint32_t readback_want(const struct engine *e, uint32_t at)
{
	return get_le32(e->data + at);
}

/* A bus that is dead gives such words too. */
static bool readback_tells(uint32_t word)
{
	return word != 0 && word != UINT32_MAX;
}

static void readback_off(struct engine *e)
{
	e->rb.off = true;
	log_trace("engine", "the flash can't be read by the registers: the ROM's XOR alone");
	write_stored(e);
}

/* ---- where a shift shows ---------------------------------------------------------------------- */
/*
 * The block ends in a run of one value c from r on (of one byte at least). One byte too many
 * before the run puts the byte before it, which is not c, at r; one too few puts c at r - 1. So
 * both places are read. Within the run an added or a lost byte changes nothing but the XOR, or
 * nothing at all. The last word is read besides: a frame cut short leaves there what the ROM's
 * buffer held before.
 */
static void readback_plan(struct engine *e)
{
	struct engine_readback *rb = &e->rb;
	const uint8_t *data = e->data;
	uint32_t last = e->w.n - 4, r = e->w.n - 1;
	while (r > 0 && data[r - 1] == data[e->w.n - 1])
		r--;
	rb->words = 0;
	if (r > 0 && r - 1 < last)
		rb->at[rb->words++] = r - 1;
	rb->at[rb->words++] = last;
	if (rb->proven)
		return;
	/* For the proof one more word, another one. */
	uint32_t first = readback_want(e, rb->at[0]);
	for (uint32_t q = 0; q < last; q++) {
		uint32_t word = readback_want(e, q);
		if (readback_tells(word) && word != first) {
			rb->at[rb->words++] = q;
			return;
		}
	}
	if (!readback_tells(first))
		rb->words = 0;
}

bool readback_begin(struct engine *e)
{
	struct engine_readback *rb = &e->rb;
	if (e->job.no_readback || rb->off || write_address(e) + e->w.n > READBACK_REACH)
		return false;
	readback_plan(e);
	if (rb->words == 0)
		return false;
	rb->next = 0;
	rb->differed = 0;
	rb->mute = 0;
	rb->wrong = false;
	rb->told = false;
	engine_go(e, rb->saved ? ES_READBACK : ES_READBACK_SAVE);
	return true;
}

/* ---- the registers as the ROM has them ---------------------------------------------------------- */
static uint32_t readback_reg(const struct engine *e, size_t i)
{
	return e->type->spi_user + 4 * (uint32_t)i;
}

void readback_save(struct engine *e)
{
	size_t n = esp_enc_read_reg(e->tx, sizeof e->tx, readback_reg(e, e->rb.saving));
	engine_command(e, ESP_OP_READ_REG, n, 0);
}

void readback_save_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine_readback *rb = &e->rb;
	bool same = r->status == 0 && rb->have && rb->user[rb->saving] == r->value;
	if (!same) {
		if (rb->have || r->status != 0)
			rb->disagree++;
		rb->have = r->status == 0;
		rb->user[rb->saving] = r->value;
	} else {
		rb->have = false;
		rb->saving++;
	}
	rb->saved = rb->saving == sizeof rb->user / sizeof rb->user[0];
	if (rb->disagree > READBACK_DISAGREE)
		readback_off(e);
	else
		engine_go(e, rb->saved ? ES_READBACK : ES_READBACK_SAVE);
}

/* ---- one word ----------------------------------------------------------------------------------- */
void readback_ask(struct engine *e)
{
	const struct engine_readback *rb = &e->rb;
	const uint32_t value[] = {READBACK_USER, READBACK_USER1, READBACK_USER2};
	struct esp_reg regs[9];
	for (size_t i = 0; i < 3; i++) {
		regs[i] = (struct esp_reg){
		    .addr = readback_reg(e, i), .value = value[i], .mask = UINT32_MAX};
		regs[6 + i] = (struct esp_reg){.addr = readback_reg(e, i),
		    .value = rb->user[i],
		    .mask = UINT32_MAX,
		    .delay_us = i == 0 ? READBACK_DELAY : 0};
	}
	regs[3] = (struct esp_reg){.addr = e->type->spi_addr,
	    .value = (write_address(e) + rb->at[rb->next]) << 8,
	    .mask = UINT32_MAX};
	regs[4] = (struct esp_reg){.addr = e->type->spi_w0, .value = 0, .mask = UINT32_MAX};
	regs[5] =
	    (struct esp_reg){.addr = e->type->spi_cmd, .value = READBACK_GO, .mask = UINT32_MAX};
	size_t n = esp_enc_write_regs(e->tx, sizeof e->tx, regs, 9);
	n += esp_enc_read_reg(e->tx + n, sizeof e->tx - n, e->type->spi_w0);
	e->d32.unnamed = false;
	/* The answer to the first is passed over, unless it is a refusal. */
	engine_command(e, ESP_OP_READ_REG, n, 0);
}

/* No answer, or a refusal: it says nothing of the data. */
static void readback_mute(struct engine *e)
{
	struct engine_readback *rb = &e->rb;
	rb->mute++;
	if (rb->mute < (rb->proven ? READBACK_MUTE : READBACK_MUTE_UNPROVEN))
		engine_go(e, e->state);
	else if (!rb->proven)
		readback_off(e);
	else
		write_misread(e);
}

void readback_again(struct engine *e)
{
	readback_mute(e);
}

static void readback_judge(struct engine *e)
{
	struct engine_readback *rb = &e->rb;
	if (!rb->proven && !rb->told) {
		/* Not one word is right. The block may be shifted from its start: once more. */
		if (++rb->doubts < 2)
			write_back(e);
		else
			readback_off(e);
		return;
	}
	if (!rb->proven && rb->doubts > 0)
		e->w.noise++; /* so it was shifted */
	rb->proven = true;
	if (rb->wrong)
		write_misread(e);
	else
		write_stored(e);
}

void readback_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine_readback *rb = &e->rb;
	uint32_t want = readback_want(e, rb->at[rb->next]);
	/* Refused, or the asking was: then what is read is anything. */
	if (r->status != 0 || e->d32.unnamed) {
		readback_mute(e);
		return;
	}
	if (r->value != want && ++rb->differed < READBACK_READS) {
		engine_go(e, ES_READBACK);
		return;
	}
	rb->wrong = rb->wrong || r->value != want;
	rb->told = rb->told || (r->value == want && readback_tells(want));
	rb->differed = 0;
	rb->next++;
	if (rb->next == rb->words || (rb->wrong && rb->proven))
		readback_judge(e);
	else
		engine_go(e, ES_READBACK);
}
