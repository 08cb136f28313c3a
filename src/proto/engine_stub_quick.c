/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's quick way to load the stub: a program of some hundred bytes goes up at the
 * ROM's rate, changes the rate and takes the stub in without frames and answers. It checks a CRC and
 * returns to the loader at the old rate if that is wrong, and the stub returns to that rate if it
 * hears nothing good. So the change of rate, its trial and the upload are one, and where it fails
 * the ROM's way is left: the rate by UART_CLKDIV, the stub in the ROM's blocks.
 */
#include "engine_int.h"

#include <string.h>

#include "tasmite/base/bytes.h"
#include "tasmite/base/log.h"
#include "tasmite/proto/stub.h"

#define QUICK_TOP    921600u	/* where the job names no rate: more is tried by the stub */
#define QUICK_LEAVE  MONO_MS(4) /* the ROM's answer has left, and the rate has changed */
#define QUICK_SETTLE MONO_MS(2)
#define QUICK_PIECE  1024u /* sent at once */
#define QUICK_JUNK   8u	   /* bytes: less than any banner has */
#define QUICK_ADDED  12u   /* to the divider that the ROM measures */
#define QUICK_BEGIN  64u   /* a MEM_BEGIN on the wire, at most */
/* Until who has the last word is at the old rate: STUB_FALLBACK_MS and some more. */
#define QUICK_HUNTS 12u
#define QUICK_HUNT  MONO_MS(150)

static bool quick_able(struct engine *e)
{
	struct engine_speed *s = &e->speed;
	const uint32_t xtal = e->chip.crystal_khz;
	uint32_t rate = e->job.baud ? e->job.baud : QUICK_TOP;
	if (e->st.quick_tried || e->job.no_baud_change || stub_esp8266()->first_size == 0 ||
	    e->chip.clkdiv == 0 || e->asked != e->linked || stub_near(e->baud, rate))
		return false;
	s->divider = chip_divider(e->type, xtal, rate);
	s->target = s->divider ? chip_rate(e->type, xtal, s->divider) : 0;
	return s->divider != 0 && s->target > e->baud;
}

void quick_begin(struct engine *e)
{
	if (!quick_able(e)) {
		baud_raise(e, ES_STUB_MEM);
		return;
	}
	e->st.quick_tried = true;
	e->st.quick_old = e->asked;
	e->st.quick_at = 0;
	engine_stage_begin(e, ENGINE_ST_STUB);
	engine_go(e, ES_QUICK_TEST);
}

/* ---- can the host do it? ------------------------------------------------------------------------- */
void quick_test(struct engine *e)
{
	engine_set_baud(e, e->speed.target);
}

void quick_test_acted(struct engine *e)
{
	e->speed.able = e->q.baud_ok && stub_near(e->baud, e->speed.target);
	engine_go(e, ES_QUICK_RETURN);
}

void quick_return(struct engine *e)
{
	engine_set_baud(e, e->st.quick_old);
}

void quick_return_acted(struct engine *e)
{
	if (e->speed.able)
		engine_go(e, ES_QUICK_MEM);
	else
		baud_raise(e, ES_STUB_MEM);
}

/* ---- what takes it in ------------------------------------------------------------------------------ */
/* The stub's data, with the rate to return to. */
static void quick_data(const struct engine *e, uint8_t *out)
{
	const struct stub_blob *b = stub_esp8266();
	memcpy(out, b->data, b->data_size);
	put_le32(out + 4 * STUB_FALLBACK_WORD, e->chip.clkdiv);
}

static void quick_first(struct engine *e, uint8_t *out)
{
	const struct stub_blob *b = stub_esp8266();
	uint32_t crc;
	memcpy(out, b->first, b->first_size);
	quick_data(e, out + b->first_size);
	crc =
	    digest_crc32(digest_crc32(0, b->text, b->text_size), out + b->first_size, b->data_size);
	const uint32_t param[STUB_FIRST_WORDS] = {
	    [STUB_FIRST_DIVIDER] = e->speed.divider,
	    [STUB_FIRST_OLD_DIVIDER] = e->chip.clkdiv,
	    [STUB_FIRST_TEXT] = b->text_addr,
	    [STUB_FIRST_TEXT_WORDS] = (uint32_t)b->text_size / 4,
	    [STUB_FIRST_DATA] = b->data_addr,
	    [STUB_FIRST_DATA_WORDS] = (uint32_t)b->data_size / 4,
	    [STUB_FIRST_ENTRY] = b->entry,
	    [STUB_FIRST_CRC] = crc,
	};
	for (size_t i = 0; i < STUB_FIRST_WORDS; i++)
		put_le32(out + 4 * i, param[i]);
}

/* MEM_BEGIN and the only block: the latter waits in the ROM's ring. */
void quick_mem(struct engine *e)
{
	const struct stub_blob *b = stub_esp8266();
	uint32_t size = (uint32_t)b->first_size;
	size_t n =
	    esp_enc_begin(e->tx, QUICK_BEGIN, ESP_OP_MEM_BEGIN, size, 1, size, b->first_addr);
	quick_first(e, e->data);
	n += esp_enc_data(e->tx + n, sizeof e->tx - n, ESP_OP_MEM_DATA, 0, e->data, size);
	engine_command(e, ESP_OP_MEM_DATA, n, 0);
}

void quick_mem_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0 && e->cmd.others == 1)
		engine_go(e, ES_QUICK_GO);
	else
		baud_raise(e, ES_STUB_MEM);
}

/* Its answer is not waited for: it comes at the old rate, the host is at the new one soon. */
void quick_go(struct engine *e)
{
	engine_send(e, esp_enc_mem_end(e->tx, sizeof e->tx, stub_esp8266()->first_entry));
}

void quick_go_acted(struct engine *e)
{
	e->deadline = e->q.sent + QUICK_LEAVE;
}

void quick_go_expire(struct engine *e)
{
	engine_go(e, ES_QUICK_SET);
}

void quick_set(struct engine *e)
{
	engine_set_baud(e, e->speed.target);
}

void quick_set_acted(struct engine *e)
{
	e->deadline = e->now + QUICK_SETTLE;
}

void quick_set_expire(struct engine *e)
{
	engine_go(e, ES_QUICK_LOAD);
}

/* ---- the stub ------------------------------------------------------------------------------------------ */
/* The next piece of what goes up: MAGIC, text, data. */
static size_t quick_piece(const struct engine *e, const uint8_t **bytes)
{
	static const uint8_t magic[] = STUB_FIRST_MAGIC;
	const struct stub_blob *b = stub_esp8266();
	size_t at = e->st.quick_at, n;
	if (at < sizeof magic) {
		*bytes = magic;
		return sizeof magic;
	}
	at -= sizeof magic;
	*bytes = at < b->text_size ? b->text + at : e->data + (at - b->text_size);
	n = at < b->text_size ? b->text_size - at : b->text_size + b->data_size - at;
	return n < QUICK_PIECE ? n : QUICK_PIECE;
}

static size_t quick_size(void)
{
	const struct stub_blob *b = stub_esp8266();
	return 4 + b->text_size + b->data_size;
}

void quick_load(struct engine *e)
{
	const uint8_t *bytes;
	size_t n;
	if (e->st.quick_at == 0) {
		e->st.began = e->now + engine_wire_us(e, quick_size());
		e->junk = 0;
		e->banner = false;
		quick_data(e, e->data);
	}
	n = quick_piece(e, &bytes);
	e->st.quick_at += n;
	engine_write_bytes(e, bytes, n);
}

/* Nobody speaks meanwhile, unless the chip has restarted: then what is sent would teach its loader a
 * wrong rate. */
void quick_load_acted(struct engine *e)
{
	if (e->junk > QUICK_JUNK) {
		quick_failed(e);
		return;
	}
	if (e->st.quick_at < quick_size()) {
		engine_go(e, ES_QUICK_LOAD);
		return;
	}
	e->st.on = true;
	e->st.quick = true;
	engine_slip(e);
	engine_go(e, ES_STUB_HELLO);
}

/* ---- it did not work -------------------------------------------------------------------------------------- */
void quick_failed(struct engine *e)
{
	log_trace("engine", "the stub did not come the quick way");
	e->st.on = false;
	e->st.quick = false;
	e->st.ceiling = e->speed.target;
	engine_emit_retry(e, ENGINE_RETRY_SLOWER, e->st.quick_old);
	engine_slip(e);
	hunt_begin(e, HUNT_QUICK, QUICK_HUNTS, QUICK_HUNT);
	hunt_add(e, e->st.quick_old);
	/* A loader that restarted meanwhile has measured what was sent: this is what it makes of it. */
	hunt_add(e, chip_rate(e->type, e->chip.crystal_khz, e->speed.divider + QUICK_ADDED));
	hunt_go(e);
}

void quick_found(struct engine *e)
{
	bool restarted = engine_restart_likely(e) || e->asked != e->st.quick_old;
	e->junk = 0;
	e->banner = false;
	e->st.ceiling = 0; /* whether it was the rate is not known */
	e->alive = true;
	if (restarted) {
		e->linked = e->asked;
		identify_begin(e);
	} else {
		baud_raise(e, ES_STUB_MEM);
	}
}
