/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's reading by READ_FLASH_SLOW: 64 bytes a question, a few questions under way at
 * once. The answers name no address, so they count only when the MD5 of what they make up is the
 * flash's; after a fault the questions go out one by one.
 */
#include "engine_int.h"

#include <string.h>

#include "tasmite/proto/partition.h"

#define SLOW32_QUESTION 18u /* bytes on the wire, few of them escaped */
#define SLOW32_ANSWER	86u
#define TABLE32_AGAIN	3u
/* What tells of an otadata sector stands in its first bytes. */
#define OTADATA32_ENTRY 64u

/* One question for n (up to 64) bytes at address, encoded to out. */
static size_t slow32_enc(uint8_t *out, size_t cap, uint32_t address, uint32_t n)
{
	const uint32_t words[2] = {address, n};
	return esp_enc_words(out, cap, ESP_OP_READ_SLOW, words, 2);
}

/* Questions for [address, address + n), as many as go out at once; *asked is how many. */
static size_t slow32_put(struct engine *e, uint32_t address, uint32_t n)
{
	struct engine32 *d = &e->d32;
	size_t len = 0;
	d->asked = 0;
	d->got = 0;
	d->slow_bad = false;
	while (n > 0 && d->asked < d->at_once) {
		uint32_t k = n < ESP_SLOW_LEN ? n : ESP_SLOW_LEN;
		len += slow32_enc(e->tx + len, sizeof e->tx - len, address, k);
		address += k;
		n -= k;
		d->asked++;
	}
	return len;
}

static void slow32_alone(struct engine *e)
{
	e->d32.at_once = 1;
}

/* ---- a block ------------------------------------------------------------------------------------ */
void slow32_tell(struct engine *e, uint32_t bytes)
{
	const struct engine32 *d = &e->d32;
	int64_t wire = engine_wire_us(e, SLOW32_QUESTION + SLOW32_ANSWER);
	/* What an answer takes beyond its bytes is shared by those under way. */
	int64_t each = wire + (d->rtt + e->lag) / d->at_once;
	int64_t us = (int64_t)(bytes / ESP_SLOW_LEN) * each;
	engine_emit(e, &(struct engine_event){.kind = ENGINE_EV_SLOW,
			   .stage = ENGINE_ST_READ,
			   .total = bytes,
			   .count = (uint32_t)(us / MONO_S(1)) + 1});
}

void slow32_ask(struct engine *e)
{
	struct engine_reading *r = &e->r;
	size_t n = slow32_put(e, read_address(e) + r->from, r->want);
	engine_commands(e, ESP_OP_READ_SLOW, n, e->d32.asked);
	read_give(e);
}

void slow32_part(struct engine *e, const struct esp_reply *r)
{
	struct engine_reading *rd = &e->r;
	struct engine32 *d = &e->d32;
	uint32_t at = d->got * ESP_SLOW_LEN, left = rd->want - at;
	d->got++;
	d->slow_bad = d->slow_bad || r->status != 0 || r->data_n < ESP_SLOW_LEN;
	if (!d->slow_bad && at < rd->want)
		read_store(e, rd->from + at, r->data, left < ESP_SLOW_LEN ? left : ESP_SLOW_LEN);
}

void slow32_reply(struct engine *e, const struct esp_reply *r)
{
	slow32_part(e, r);
	if (!e->d32.slow_bad) {
		e->cmd.refused = 0;
	} else if (++e->cmd.refused < 3) {
		slow32_alone(e);
	} else {
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
		return;
	}
	engine_emit_progress(e, e->r.done + e->r.high, e->r.total);
	engine_go(e, ES_READ);
}

void slow32_recovered(struct engine *e)
{
	slow32_alone(e);
	engine_go(e, ES_READ);
}

void slow32_prove_reply(struct engine *e, const struct esp_reply *r)
{
	uint8_t md5[16];
	if (digest32_take(r, md5)) {
		if (e->r.again > 0)
			slow32_alone(e);
		read_judge(e, md5);
	} else if (++e->cmd.refused < 3) {
		engine_go(e, ES_PROVE);
	} else {
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
	}
}

/* ---- the partition table, before the identity is told --------------------------------------------- */
static void table32_area(struct engine *e, enum table32_step step)
{
	struct engine32 *d = &e->d32;
	d->table_step = step;
	d->table_got = 0;
	if (step == TABLE32_TABLE) {
		d->table_at = TABLE32_AT;
		d->table_n = TABLE32_SIZE;
	} else {
		d->table_at = d->otadata_at + (step == TABLE32_OTA1 ? CHIP_SECTOR : 0);
		d->table_n = OTADATA32_ENTRY;
	}
	engine_go(e, ES32_TABLE);
}

void table32_begin(struct engine *e)
{
	e->d32.table_again = 0;
	memset(e->d32.otadata, 0xFF, sizeof e->d32.otadata);
	table32_area(e, TABLE32_TABLE);
}

static uint8_t *table32_bytes(struct engine *e)
{
	struct engine32 *d = &e->d32;
	if (d->table_step == TABLE32_TABLE)
		return d->table;
	return d->otadata + (d->table_step == TABLE32_OTA1 ? CHIP_SECTOR : 0);
}

void table32_read(struct engine *e)
{
	struct engine32 *d = &e->d32;
	size_t n = slow32_put(e, d->table_at + d->table_got, d->table_n - d->table_got);
	engine_commands(e, ESP_OP_READ_SLOW, n, d->asked);
}

void table32_part(struct engine *e, const struct esp_reply *r)
{
	struct engine32 *d = &e->d32;
	uint32_t at = d->table_got + d->got * ESP_SLOW_LEN;
	d->got++;
	d->slow_bad = d->slow_bad || r->status != 0 || r->data_n < ESP_SLOW_LEN;
	if (!d->slow_bad && at + ESP_SLOW_LEN <= d->table_n)
		memcpy(table32_bytes(e) + at, r->data, ESP_SLOW_LEN);
}

void table32_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine32 *d = &e->d32;
	table32_part(e, r);
	if (d->slow_bad) {
		slow32_alone(e);
		if (++e->cmd.refused < 3)
			engine_go(e, ES32_TABLE);
		else
			engine_go(e, ES_PROCEED); /* without: who needs it says so */
		return;
	}
	d->table_got += d->asked * ESP_SLOW_LEN;
	engine_go(e, d->table_got < d->table_n ? ES32_TABLE : ES32_TABLE_PROOF);
}

void table32_recovered(struct engine *e)
{
	slow32_alone(e);
	engine_go(e, e->state);
}

void table32_proof(struct engine *e)
{
	digest32_ask(e, e->d32.table_at, e->d32.table_n);
}

/* Where the table says that the choice between applications is kept; false: nowhere. */
static bool table32_otadata(struct engine *e)
{
	struct partition_table t;
	if (partition_parse(e->d32.table, TABLE32_SIZE, &t, NULL) != ERR_OK)
		return false;
	size_t i = partition_find(&t, PARTITION_DATA, PARTITION_DATA_OTADATA);
	if (i == PARTITION_NO_SLOT || t.entry[i].size < OTADATA32_MAX)
		return false;
	e->d32.otadata_at = t.entry[i].offset;
	return true;
}

void table32_proof_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine32 *d = &e->d32;
	uint8_t want[16], md5[16];
	digest_md5(table32_bytes(e), d->table_n, md5);
	if (!digest32_take(r, want) || memcmp(want, md5, sizeof md5) != 0) {
		slow32_alone(e);
		if (++d->table_again < TABLE32_AGAIN)
			table32_area(e, d->table_step);
		else
			engine_go(e, ES_PROCEED);
		return;
	}
	if (d->table_step == TABLE32_TABLE) {
		d->have_table = true;
		if (table32_otadata(e))
			table32_area(e, TABLE32_OTA0);
		else
			engine_go(e, ES_PROCEED);
	} else if (d->table_step == TABLE32_OTA0) {
		table32_area(e, TABLE32_OTA1);
	} else {
		d->have_otadata = true;
		engine_go(e, ES_PROCEED);
	}
}

const uint8_t *engine_partitions(const struct engine *e, size_t *n)
{
	*n = e->d32.have_table ? TABLE32_SIZE : 0;
	return e->d32.have_table ? e->d32.table : NULL;
}

const uint8_t *engine_otadata(const struct engine *e, size_t *n)
{
	*n = e->d32.have_otadata ? OTADATA32_MAX : 0;
	return e->d32.have_otadata ? e->d32.otadata : NULL;
}
