/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside the flash engine: the phases that speak to a ROM of the ESP32 family, which can deflate,
 * digest, change its rate and read by itself. A part of engine_int.h. Where the stub's phases end
 * in a question to the flash (digests, reading, erasing) they ask here when e->c32 is set; the
 * plan, its runs, what differs and what is read are theirs.
 */
#ifndef TASMITE_PROTO_ENGINE32_INT_H
#define TASMITE_PROTO_ENGINE32_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"
#include "tasmite/proto/engine.h"

#include "chip32.h"

struct esp_reply;

#define CHUNK32_MAX    65536u /* bytes that one FLASH_DEFL_BEGIN announces */
#define CHUNK32_ROOM   (CHUNK32_MAX + 2048u)
#define TABLE32_AT     0x8000u
#define TABLE32_SIZE   0xC00u
#define OTADATA32_MAX  0x2000u
#define SLOW32_AT_ONCE 4u /* questions under way: together they fit into a FIFO of 128 bytes */

enum id32_step {
	ID32_MAGIC,
	ID32_EFUSE0, /* of a chip whose flash may be in its package, before the pins are named */
	ID32_EFUSE3,
	ID32_EFUSE5,
	ID32_EFUSE6,
	ID32_MAC0,
	ID32_MAC1,
	ID32_WAFER0, /* the chip's revision */
	ID32_WAFER1,
	ID32_WAFER2,
	ID32_PSRAM0,
	ID32_PSRAM1,
	ID32_CLKDIV,
	ID32_QUIRK0,
	ID32_QUIRK1,
	ID32_USER,
	ID32_USER1,
	ID32_USER2,
	ID32_STEPS
};

/* What the flash is asked or told, in this order; SFDP and what follows only where its id is none of
 * XMC's. */
enum spi32_ask {
	SPI32_ID,
	SPI32_SFDP, /* whose it is by its table of parameters */
	SPI32_DOWN, /* an XMC that did not wake up well: down, further down, and up again */
	SPI32_DEEPER,
	SPI32_EXIT,
	SPI32_WAKE,
	SPI32_ID_AGAIN,
	SPI32_STATUS
};

/* What the areas read before the identity are. */
enum table32_step { TABLE32_TABLE, TABLE32_OTA0, TABLE32_OTA1, TABLE32_OVER };

struct engine32 {
	bool family;  /* SYNC was answered with four status bytes */
	bool unnamed; /* a refusal in another command's name came, or of one sent along */
	/* identity */
	unsigned step;
	uint32_t reg[ID32_STEPS];
	unsigned polls;
	bool have_info;
	uint32_t flags;
	enum spi32_ask ask;
	int64_t rtt; /* shortest answer to a register's reading; 0: none measured */
	/* the device's partition table */
	enum table32_step table_step;
	uint32_t table_at, table_n, table_got; /* of the area under way */
	unsigned table_again;
	bool have_table, have_otadata;
	uint8_t table[TABLE32_SIZE];
	uint32_t otadata_at;
	uint8_t otadata[OTADATA32_MAX];
	/* comparison and proof */
	uint32_t piece, sector; /* looked at */
	bool narrowing;
	unsigned poor; /* pieces in a row in whose sectors nothing was right */
	/* writing */
	size_t run;
	uint32_t run_pos;
	uint32_t address, n, fed; /* of the chunk; bytes of it that are here */
	uint32_t chunk;		  /* length of the next ones at most */
	bool erase, deflated, prove, plain_only;
	uint32_t packed_n, sent, block_n;
	uint32_t block, number, shift; /* size of blocks; of the one under way, and how far off */
	unsigned resent, shifted, damaged, again, good, attached;
	uint32_t done, total;
	uint8_t packed[CHUNK32_ROOM];
	/* slow reading */
	unsigned at_once, asked, got;
	bool slow_bad;
	bool restarted; /* by its watchdog, in the end */
};

/* ---- engine32_identify.c ------------------------------------------------------------------------ */
/* After SYNC, where the answer was that of the family. */
void id32_begin(struct engine *e);
void id32_read(struct engine *e);
void id32_read_reply(struct engine *e, const struct esp_reply *r);
void id32_read_expire(struct engine *e);
void id32_security(struct engine *e);
void id32_security_reply(struct engine *e, const struct esp_reply *r);
void id32_security_expire(struct engine *e);
void id32_watchdog(struct engine *e);
void id32_watchdog_reply(struct engine *e, const struct esp_reply *r);
void id32_attach(struct engine *e);
void id32_attach_reply(struct engine *e, const struct esp_reply *r);
void id32_spi(struct engine *e);
void id32_spi_reply(struct engine *e, const struct esp_reply *r);
void id32_spi_poll(struct engine *e);
void id32_spi_poll_reply(struct engine *e, const struct esp_reply *r);
void id32_spi_get(struct engine *e);
void id32_spi_get_reply(struct engine *e, const struct esp_reply *r);
void id32_spi_again(struct engine *e);
void id32_spi_back(struct engine *e);
void id32_spi_back_reply(struct engine *e, const struct esp_reply *r);
void id32_params(struct engine *e);
void id32_params_reply(struct engine *e, const struct esp_reply *r);

/* ---- engine32_end.c ------------------------------------------------------------------------------- */
/* All is done: what this chip wants before it is left. False: nothing, and the caller goes on. */
bool end32_begin(struct engine *e);
void end32_unforce(struct engine *e);
void end32_unforce_reply(struct engine *e, const struct esp_reply *r);
void end32_unforce_expire(struct engine *e);
void end32_restart(struct engine *e);
void end32_restart_reply(struct engine *e, const struct esp_reply *r);
void end32_home(struct engine *e);
void end32_home_reply(struct engine *e, const struct esp_reply *r);
void end32_home_set(struct engine *e);
/* ... in the end no answer is an answer, too. */
void end32_over(struct engine *e);
/* The job against what this chip's loader can do; false: the engine has failed. */
bool id32_able(struct engine *e);

/* ---- engine32_baud.c ------------------------------------------------------------------------------ */
/* The command for that rate, in e->tx; returns its length. */
size_t baud32_enc(struct engine *e, uint32_t rate);
void baud32_ask(struct engine *e);
void baud32_ask_reply(struct engine *e, const struct esp_reply *r);
void baud32_ask_expire(struct engine *e);
void baud32_set_acted(struct engine *e);
void baud32_set_expire(struct engine *e);
void baud32_probe(struct engine *e);
void baud32_probe_part(struct engine *e, const struct esp_reply *r);
void baud32_probe_reply(struct engine *e, const struct esp_reply *r);
void baud32_probe_expire(struct engine *e);
void baud32_undo(struct engine *e);
void baud32_undo_acted(struct engine *e);
void baud32_undo_expire(struct engine *e);
/* It has a rate at which it can't be reached: a reset by the lines, and no more of this. */
void baud32_reset(struct engine *e);

/* ---- engine32_digest.c ---------------------------------------------------------------------------- */
/* Asks for the MD5 of an area of the flash. */
void digest32_ask(struct engine *e, uint32_t address, uint32_t n);
/* The 16 bytes of an answer; false: it was refused, or is none. */
bool digest32_take(const struct esp_reply *r, uint8_t md5[16]);
void compare32_begin(struct engine *e);
void compare32_step(struct engine *e);
void compare32_reply(struct engine *e, const struct esp_reply *r);
void verify32_step(struct engine *e, uint32_t piece);
void verify32_reply(struct engine *e, const struct esp_reply *r);
void verify32_narrow(struct engine *e);
void verify32_narrow_reply(struct engine *e, const struct esp_reply *r);

/* ---- engine32_write.c ----------------------------------------------------------------------------- */
void write32_begin(struct engine *e);
/* The next chunk of the plan's runs, or the end of it. */
void write32_chunk(struct engine *e);
void write32_chunk_acted(struct engine *e);
void write32_start(struct engine *e);
void write32_start_reply(struct engine *e, const struct esp_reply *r);
/* The loader knows the flash's pins again, and its size. */
void write32_attached(struct engine *e, const struct esp_reply *r);
void write32_told(struct engine *e, const struct esp_reply *r);
void write32_data(struct engine *e);
void write32_data_reply(struct engine *e, const struct esp_reply *r);
void write32_recovered(struct engine *e);
void write32_proof(struct engine *e);
void write32_proof_reply(struct engine *e, const struct esp_reply *r);
void clear32_step(struct engine *e, uint32_t address, uint32_t n);
void clear32_reply(struct engine *e, const struct esp_reply *r);

/* ---- engine32_read.c ------------------------------------------------------------------------------ */
/* The job's wish for the partition table, then the identity is complete. */
void table32_begin(struct engine *e);
void table32_read(struct engine *e);
void table32_part(struct engine *e, const struct esp_reply *r);
void table32_reply(struct engine *e, const struct esp_reply *r);
void table32_recovered(struct engine *e);
void table32_proof(struct engine *e);
void table32_proof_reply(struct engine *e, const struct esp_reply *r);
/* How long reading takes: told before it begins. */
void slow32_tell(struct engine *e, uint32_t bytes);
/* Asks for what is missing first of the block under way. */
void slow32_ask(struct engine *e);
void slow32_part(struct engine *e, const struct esp_reply *r);
void slow32_reply(struct engine *e, const struct esp_reply *r);
void slow32_recovered(struct engine *e);
void slow32_prove_reply(struct engine *e, const struct esp_reply *r);

#endif
