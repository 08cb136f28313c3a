/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stub's one piece of state and what its files call of each other. What the parts say to the
 * program is in stub_wire.h.
 *
 * There is one thread and no interrupt: whatever computes or waits calls stub_tick() at least every
 * 600 us, which is what the UART's FIFO of 128 bytes holds at 2 Mbaud. The tick moves bytes between
 * the FIFOs and their rings and lets the flash go on.
 */
#ifndef STUB_ESP8266_STUB_H
#define STUB_ESP8266_STUB_H

#include "tasmite/proto/stub_wire.h"
#include "chip.h"

#include <stdbool.h>
#include <stdint.h>

#define RX_SIZE	     32768u
#define RX_SPARE     1024u /* of it for what is not DATA */
#define TX_SIZE	     2048u
#define DICT_SIZE    32768u
#define SECTOR	     4096u
#define BLOCK	     65536u
#define CHUNK	     64u /* what the SPI controller holds */
#define CHUNK_WORDS  16u
#define PAGE_CHUNKS  4u	 /* what a program command takes */
#define FRAME_SKIP   2u	 /* so that payloads, which follow two bytes, are whole words */
#define PIECE_CHUNKS 16u /* read at once for a digest while a stream is written */
/* Before a program is expected to be over: waited for. This and all other times in cycles but
 * CHIP_MS are of the double clock. */
#define NEAR_CYCLES  1400u
#define DIGEST_WORDS 256u
#define FLASH_MAX    0x1000000u /* what 24 address bits reach */

#define ROOT_LITLEN 10u
#define ROOT_DIST   8u
#define MAX_LITLEN  288u
#define MAX_DIST    32u

struct run {
	uint32_t addr, len; /* len | STUB_RUN_ERASE */
};

/* A set of Huffman codes: a table for the short ones, the canonical order for the others. */
struct huffman {
	uint16_t *table; /* by the next `root` bits: symbol << 4 | length, 0: longer or none */
	uint16_t *symbols;
	uint16_t count[16];
	uint32_t root;
};

struct md5 {
	uint32_t state[4];
	uint32_t bytes;
};

enum flash_state {
	FLASH_IDLE,
	FLASH_SCAN,  /* a chunk is read to see whether it is blank */
	FLASH_ERASE, /* the chip erases; then the chunk that was not blank is looked at */
	FLASH_CHECK,
	FLASH_WRITE /* the chip programs a chunk */
};

struct stub {
	/* The wire. Ring indices run free. */
	uint32_t rx_in, rx_out, tx_in, tx_out;
	uint32_t frame_len; /* so far, or of the whole frame */
	uint32_t frame_crc;
	bool frame_escape, frame_ready;
	uint32_t out_crc;
	uint32_t bad_frames, overruns;

	/* Time: milliseconds since the start, from the cycle counter. */
	uint32_t ms, ms_cycles;
	uint32_t ratio;	  /* the processor's clock to that of the bus: 1 or 2 */
	uint32_t tick_at; /* cycle of the next tick that does something */

	/* Speed. */
	uint32_t divider, divider_good, fallback_at;
	uint32_t divider_home, idle_at; /* where it goes back to when nobody speaks, and when */
	bool trial;

	/* Requests. */
	uint8_t last_op, last_serial, last_status;
	uint8_t busy_op;
	uint32_t busy_ms;

	/* The flash chip. */
	uint32_t spi_user; /* low bits of SPI_USER */
	uint32_t mux_rom;
	uint32_t spi_user_rom, spi_user1_rom, spi_user2_rom, spi_ctrl_rom;
	uint32_t flash_id, flash_size;
	enum flash_state flash;
	bool hold;		 /* begin nothing new */
	bool unlocked;		 /* since the last change of its status register */
	uint32_t flash_ms;	 /* since when it is busy */
	uint32_t flash_limit;	 /* it may be for so many ms */
	uint32_t flash_since;	 /* the same in cycles */
	uint32_t flash_due;	 /* no need to look at it before that cycle */
	uint32_t program_cycles; /* what programming a burst takes, as far as is known */
	bool status_set;	 /* the controller is set up to read the status */
	uint32_t burst;		 /* chunks that can be programmed at once: PAGE_CHUNKS, or 1 */
	uint32_t writing;	 /* ... that are */
	uint32_t pad;		 /* of the chip select, as the ROM has it */

	/* The plan, and how far its erasing is. */
	uint32_t run_count, plan_flags;
	uint32_t erase_run, erase_addr; /* all before it is blank or was written */
	uint32_t unit_left;  /* sectors of the unit that begins at erase_addr, 0: find the next */
	uint32_t unit_size;  /* 1 or 16 sectors */
	uint32_t unit_used;  /* bit n: sector n is not blank */
	uint32_t unit_count; /* how many of them */
	uint32_t scan_addr;  /* next chunk of the scan */
	uint32_t used_chunk[BLOCK / SECTOR]; /* of each sector, one that was not blank */
	uint32_t check_addr;		     /* that of the sector being erased */
	bool unit_known;		     /* the scan is over */
	bool unit_tail;		  /* the scan is still of what follows the last run in its block */
	uint32_t erased, flashed; /* bytes */

	/* The stream: bytes made, bytes on the flash, and where the latter go. */
	uint32_t made, done, total;
	uint32_t write_run, write_addr;
	uint32_t expected; /* DATA's number */
	uint32_t consumed;
	uint32_t status, status_addr, status_number;
	uint32_t nak_number, nak_ms;
	bool streaming, taken, planning, tell;
	const uint8_t *in, *in_end;

	/* A plan of differences: the sector that is being unpacked, and what the flash held before. */
	uint32_t make_run, make_addr; /* where the next one goes to */
	uint32_t piece_end;	      /* of the sector, or of all: no more is made before that */
	uint32_t ready;		      /* of it, the old bytes are added */
	uint32_t parts, part[STUB_PARTS_MAX]; /* length | old << 16 */
	uint32_t old_from;		      /* address from which these are counted */
	uint32_t old_to, old_limit;	      /* addresses: read up to there; to be read */
	uint32_t old_lap;		      /* address of the store's first word */

	/* The proof of what is written. */
	uint32_t proof_serial, proof_index, proof_stride;
	uint32_t proof_addr, proof_left,
	    proof_piece;     /* to be read; to be hashed: all, of a stride */
	uint32_t proof_have; /* chunks that are read and not hashed */
	uint32_t *proof_at;  /* the first of them */
	bool proof_ready;    /* a digest is there to be told */
	bool proof_hold;     /* its buffer is in use */
	struct md5 proof_md5;

	/* Inflate. */
	uint32_t hold_bits, hold_count;
	uint32_t adler_a, adler_b, adler_to;
	struct huffman litlen, dist;

	uint32_t crc_table[256];
	struct run runs[STUB_RUNS_MAX];
	uint32_t digests[DIGEST_WORDS];
	uint32_t frame[(STUB_FRAME_MAX + 16u) / 4u]; /* from FRAME_SKIP on */
	uint32_t chunk[CHUNK_WORDS];
	uint32_t piece[PIECE_CHUNKS * CHUNK_WORDS];
	uint16_t litlen_table[1u << ROOT_LITLEN], dist_table[1u << ROOT_DIST];
	uint16_t litlen_symbols[MAX_LITLEN], dist_symbols[MAX_DIST];
	uint8_t lengths[MAX_LITLEN + MAX_DIST];
	uint8_t tx[TX_SIZE];
	uint8_t rx[RX_SIZE];
	uint32_t dict[DICT_SIZE / 4u];
};

static inline const uint8_t *frame_of(const struct stub *s)
{
	return (const uint8_t *)s->frame + FRAME_SKIP;
}
/* A word of a payload. All of them are aligned. */
static inline uint32_t get_word(const uint8_t *p)
{
	return *(const uint32_t *)(const void *)p;
}

/* What a request's handler returns: a STUB_* status, or that it has answered itself. */
#define STUB_ANSWERED 0x100u

/* stub.c */
STUB_CALL void stub_init(struct stub *s);
/* One turn of the main loop. */
STUB_CALL void stub_step(struct stub *s);
/* Keeps UART, flash and clock going; to be called as often as possible: it knows when there may be
 * something to do. */
STUB_CALL void stub_work(struct stub *s, uint32_t now);
static inline bool stub_due(const struct stub *s, uint32_t now)
{
	return (int32_t)(now - s->tick_at) >= 0;
}
static inline void stub_tick(struct stub *s)
{
	uint32_t now = chip_cycles();

	if (stub_due(s, now))
		stub_work(s, now);
}
/* The same while an operation lasts: says BUSY from time to time. */
STUB_CALL void stub_tick_busy(struct stub *s, uint32_t done, uint32_t total);
/* Does what the request in the frame says and drops it. False: it is one that ends the stream that
 * is under way; it is left for the main loop. */
STUB_CALL bool stub_request(struct stub *s);

/* Somebody is there, or something is done for him. */
static inline void stub_awake(struct stub *s)
{
	s->idle_at = s->ms + STUB_IDLE_MS;
}

/* link.c */
STUB_CALL void link_init(struct stub *s);
STUB_CALL void link_poll(struct stub *s);
/* Looks for the next good frame in the ring; it is in s->frame until link_drop(). */
STUB_CALL bool link_take(struct stub *s);
STUB_CALL void link_drop(struct stub *s);
STUB_CALL void link_begin(struct stub *s, uint32_t op, uint32_t serial, uint32_t status);
STUB_CALL void link_bytes(struct stub *s, const void *bytes, uint32_t n);
STUB_CALL void link_word(struct stub *s, uint32_t word);
STUB_CALL void link_end(struct stub *s);
STUB_CALL void link_raw(struct stub *s, const uint8_t *bytes, uint32_t n);
/* Until the last bit has left. */
STUB_CALL void link_flush(struct stub *s);

/* flash.c */
STUB_CALL void flash_init(struct stub *s);
STUB_CALL void flash_leave(struct stub *s);
/* Cycles that a transfer takes. */
STUB_CALL uint32_t flash_time(struct stub *s);
STUB_CALL void flash_step(struct stub *s);
/* Waits until the chip is idle and keeps it so until flash_release(). */
STUB_CALL void flash_hold(struct stub *s);
STUB_CALL void flash_release(struct stub *s);
STUB_CALL uint32_t flash_status(struct stub *s);
STUB_CALL void flash_erase_chip(struct stub *s);
/* Reading, with the chip held: begin, then take its 64 bytes, the next one begun meanwhile. */
STUB_CALL void flash_read_begin(struct stub *s, uint32_t addr);
STUB_CALL void flash_read_end(uint32_t *words);
/* The same at the full clock, by the command that is made for it: begin, take (flash_read_end), next,
 * take ..., end. One command for all of it, where the chip select can be held. */
STUB_CALL void flash_fast_begin(struct stub *s, uint32_t addr);
STUB_CALL void flash_fast_next(struct stub *s, uint32_t addr);
STUB_CALL void flash_fast_end(struct stub *s);
/* count chunks so. */
STUB_CALL void flash_read_fast(struct stub *s, uint32_t addr, uint32_t *words, uint32_t count);
/* Whether a range is within the chip. */
STUB_CALL bool flash_range(const struct stub *s, uint32_t addr, uint32_t n);

/* write.c. Of a request: p, bytes: its payload. */
STUB_CALL uint32_t write_plan(struct stub *s, const uint8_t *p, uint32_t bytes);
STUB_CALL uint32_t write_erase(struct stub *s, uint32_t addr, uint32_t n);
STUB_CALL uint32_t write_finish(struct stub *s);
/* The plan and its stream are no more. */
STUB_CALL void write_stop(struct stub *s);
STUB_CALL void write_stream(struct stub *s);
STUB_CALL void write_late(struct stub *s);
STUB_CALL void write_fail(struct stub *s, uint32_t status, uint32_t addr);
/* Says what failed, when something has that nobody was told of. */
STUB_CALL void write_tell(struct stub *s);
STUB_CALL void write_ack(struct stub *s, uint32_t op, uint32_t serial, uint32_t status);
STUB_CALL void write_nak(struct stub *s, uint32_t reason);
/* More input for the stream, in s->in; false: there is none, the stream is over. */
STUB_CALL bool write_more(struct stub *s);
/* Waits until n (up to 258) bytes may be made; false: they may not. */
STUB_CALL bool write_wait(struct stub *s, uint32_t n);
static inline bool write_room(struct stub *s, uint32_t n)
{
	return (n <= s->piece_end - s->made && n <= DICT_SIZE - (s->made - s->done)) ||
	       write_wait(s, n);
}

/* delta.c */
STUB_CALL void delta_begin(struct stub *s);
/* The unit at erase_addr is no longer needed. */
STUB_CALL bool delta_may_erase(const struct stub *s);
/* Reads some more, with the chip idle. False: there is nothing to be read. */
STUB_CALL bool delta_read(struct stub *s);
/* The next sector begins, of so many parts. False: there can't be such a one. */
STUB_CALL bool delta_sector(struct stub *s, uint32_t parts);
/* It is unpacked: the old bytes are added. */
STUB_CALL void delta_add(struct stub *s);
/* Bytes of the stream that are as they go into the flash. */
static inline uint32_t delta_ready(const struct stub *s)
{
	return s->plan_flags & STUB_PLAN_DELTA ? s->ready : s->made;
}

/* inflate.c */
STUB_CALL bool inflate_stream(struct stub *s);

/* md5.c */
STUB_CALL void md5_begin(struct md5 *m);
STUB_CALL void md5_block(struct md5 *m, const uint32_t *words);
/* The last n (up to 63) bytes, in a block that has room; the digest is in state. */
STUB_CALL void md5_end(struct md5 *m, uint32_t *words, uint32_t n);

/* proof.c */
STUB_CALL uint32_t proof_ask(struct stub *s, uint32_t serial, const uint8_t *p, uint32_t bytes);
STUB_CALL void proof_stop(struct stub *s);
/* Reads some more, with the chip idle; hashes a chunk of it; says what is proven. */
STUB_CALL void proof_read(struct stub *s);
STUB_CALL void proof_hash(struct stub *s);
STUB_CALL void proof_tell(struct stub *s);
/* Is there something left of it? */
STUB_CALL bool proof_open(const struct stub *s);

/* read.c: requests */
STUB_CALL uint32_t read_md5(struct stub *s, const uint8_t *p, uint32_t bytes, bool ranges);
STUB_CALL uint32_t read_flash(struct stub *s, const uint8_t *p, uint32_t bytes);

#endif
