/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside the flash engine: the state of the phases that work with the stub, and what they share. A
 * part of engine_int.h. A request to the stub is answered by a frame of its serial, and may be sent
 * again; a stream of DATA frames is acknowledged by frames unasked.
 */
#ifndef TASMITE_PROTO_ENGINE_STUB_INT_H
#define TASMITE_PROTO_ENGINE_STUB_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"
#include "tasmite/proto/digest.h"
#include "tasmite/proto/engine.h"

#include "chip.h"
#include "differ.h"
#include "engine_state.h"
#include "stub_cmd.h"

struct esp_reply;

/* ---- the stub -------------------------------------------------------------------------------- */
#define STUB_RATES 6
/* A busy machine may be late for one greeting, and who is late is not foreign yet. */
#define STUB_STRANGE 4u

/* The link to the stub; engine_stub.c, engine_stub_baud.c. */
struct engine_stub {
	bool on;	  /* it runs: its frames are read */
	bool given_up;	  /* the ROM does the rest */
	bool found;	  /* it ran already */
	unsigned strange; /* what runs did not greet so often: it is none of ours */
	bool leaves;	  /* it was told to, in the end */
	bool survey;	  /* the job has failed: what differs is still asked for */
	/* the upload */
	size_t segment;
	uint32_t done;	 /* bytes of the segment that have arrived */
	uint32_t number; /* of the next block, since MEM_BEGIN */
	uint32_t block;	 /* its size */
	unsigned restarts;
	bool quick;	       /* it was loaded so, and has not greeted */
	bool quick_tried;      /* the quick way of loading it */
	uint32_t quick_old;    /* the rate before */
	size_t quick_at;       /* bytes of it that are sent */
	mono_t began;	       /* when it was jumped to */
	enum engine_cause why; /* of ES_STUB_STATUS */
	bool backed_up;
	uint32_t window; /* bytes of DATA frames under way, at most */
	uint32_t status; /* the flash's status registers, as HELLO said last */
	uint8_t serial;	 /* of the last request */
	size_t asked;	 /* its length on the wire */
	unsigned tries;	 /* unanswered, of this request */
	int64_t patience;
	/* an answer that came before the request was reported as sent */
	uint8_t early[STUB_FRAME_MAX];
	size_t early_n;
	unsigned damaged,
	    damaged_before; /* frames from it with a wrong CRC; before it was started */
	/* the rate */
	uint32_t rate[STUB_RATES]; /* rising */
	size_t rates, at;
	uint32_t divider, target;  /* tried */
	uint32_t old, old_divider; /* in use before */
	bool able, fell;
	bool direct;		      /* the rate wanted at once, not one after the other */
	unsigned echoes, echo_failed; /* of the burst */
	unsigned echo_damaged;	      /* frames, before it */
	mono_t moved;		      /* when the stub changed its rate */
	enum engine_state back;
	size_t seek, seeks; /* rates tried to find it */
	uint32_t seek_rate[3];
	unsigned seek_round;
	uint32_t ceiling; /* a rate that failed; 0: none did */
};

#define PLAN_SECTORS   4096u /* 16 MB, the most an ESP8266 can address */
#define PLAN_DIGEST    8u
#define PLAN_PIECE     65536u
#define PLAN_PIECES    (PLAN_SECTORS / 16 + ENGINE_MAX_PARTS)
#define PLAN_SAMPLES   8u
#define PLAN_MAX_AREAS (ENGINE_MAX_KEEP + 1)

enum plan_flag {
	PLAN_DATA = 1,	/* of the job's data */
	PLAN_BLANK = 2, /* ... all FF */
	PLAN_SAME = 4,	/* the flash has it already */
	PLAN_ERASE = 8, /* no data, but to be blank */
	PLAN_KEEP = 16,
	PLAN_WRONG = 32, /* differs after the writing */
	PLAN_OLD = 64	 /* what the flash held is known */
};

enum plan_proof {
	PROOF_NONE, /* nothing of it was written */
	PROOF_WANTED,
	PROOF_LATER, /* the stub's proof of it was wrong */
	PROOF_GOOD,
	PROOF_BAD,
	PROOF_NARROWED
};

struct plan_run {
	uint32_t first, sectors;
	bool erase;
};

/* What is to be written; engine_plan.c, engine_verify.c. */
struct engine_plan {
	uint8_t flag[PLAN_SECTORS];
	uint8_t digest[PLAN_SECTORS][PLAN_DIGEST]; /* of the job's data */
	uint8_t piece[PLAN_PIECES][DIGEST_MD5_SIZE];
	uint8_t proof[PLAN_PIECES];
	uint32_t piece_first[ENGINE_MAX_PARTS]; /* index of a part's first piece */
	uint32_t pieces;
	/* the scan */
	size_t part;
	uint32_t pos;
	struct digest_md5 md5;
	uint32_t try_in, try_out; /* how well it deflates */
	/* the comparison */
	uint32_t sample[PLAN_SAMPLES];
	uint32_t samples, matches;
	uint32_t base, count,
	    got; /* digests of the request under way: flash address of the first */
	uint8_t gone[PLAN_PIECES * 2]; /* bits: digest has come */
	uint32_t compare_done;
	/* the plan */
	struct plan_run run[STUB_RUNS_MAX];
	size_t runs;
	uint32_t to_write, to_erase, data_total;
	/* afterwards */
	unsigned rewritten; /* times that sectors were written once more */
	uint32_t asked_piece, asked_pieces;
	uint32_t narrow;   /* piece whose sectors are looked at */
	unsigned doubts;   /* a piece differed, and none of its sectors did */
	unsigned restarts; /* of the stream, in a row */
	uint32_t worn;	   /* address the last one failed at */
};

/* What the flash held; engine_delta.c. */
struct engine_delta {
	bool on;		    /* the plan is one of differences */
	uint8_t *old;		    /* of sectors with PLAN_OLD; NULL: nobody knows */
	uint32_t size;		    /* of it */
	uint8_t told[PLAN_SECTORS]; /* the stub has said this digest: */
	uint8_t was[PLAN_SECTORS][PLAN_DIGEST];
	uint32_t at, known; /* the sector that is asked for; how many the driver knew */
	uint32_t tries, try_in, try_out;
	struct differ *differ;
	uint32_t hint; /* flash address where the old bytes of the last sector ended */
	uint8_t last[32768];
	uint32_t fresh; /* bytes of the stream in last */
	uint8_t packed[CHIP_SECTOR + 64 + 4 * STUB_PARTS_MAX];
	uint32_t adler;
	bool summed;
};

#define STREAM_SLOTS 64u

struct stream_slot {
	uint8_t bytes[STUB_WIRE_MAX];
	uint32_t n;
	mono_t left; /* when it has left the wire, last time */
};

/* The stream of DATA frames; engine_stream.c. */
struct engine_stream {
	struct stream_slot slot[STREAM_SLOTS];
	uint32_t base, sent, next; /* numbers: first not acknowledged, to send, to build */
	uint32_t out;		   /* bytes under way */
	bool plain, ended;	   /* the last frame is built */
	size_t run;		   /* the source: where it stands */
	uint32_t run_pos;
	const uint8_t *in;
	size_t in_at, in_n; /* of in */
	uint8_t raw[STUB_DATA_MAX];
	uint32_t raw_n, frame;
	mono_t free;	 /* when the wire is */
	mono_t progress; /* last sign of life */
	bool asking;	 /* STATUS is out, or what proves a piece is to be asked for */
	uint8_t ask_serial;
	int64_t patience;
	unsigned mute, stuck; /* unanswered; gone back to the same number */
	bool broken, slower;  /* what is to be done when nothing is being sent */
	unsigned trouble, good;
	uint32_t stored, address, total; /* by ACK; bytes of all runs */
	uint8_t prove_serial;
	uint32_t prove_piece, proofs; /* the stub proves so many from that one on */
	uint8_t failed;		      /* status of the stream */
	uint32_t failed_at;
	enum { STREAM_OUT_NONE, STREAM_OUT_DATA, STREAM_OUT_ASK, STREAM_OUT_NEED } out_kind;
};

#define READ_BLOCK 65536u
#define READ_UNIT  64u

/* Reading; engine_read.c. */
struct engine_reading {
	uint8_t data[2][READ_BLOCK];
	uint8_t have[READ_BLOCK / READ_UNIT]; /* of the block under way */
	unsigned at;			      /* which of the two */
	bool backup;
	size_t part;
	uint32_t offset, length; /* of the part */
	uint32_t pos;		 /* of the block in it */
	uint32_t n;		 /* its length */
	uint32_t from, want;	 /* of the request under way */
	uint32_t acked, high;
	bool acking;		   /* what is being sent is an acknowledgement */
	uint32_t taking, taken_at; /* a proven block for the driver: bytes, where */
	size_t part_taken;
	bool have_md5;
	uint8_t md5[DIGEST_MD5_SIZE];
	unsigned again, quiet;
	uint32_t done, total;
};

/* Erasing by the stub: engine_clear.c. */
struct engine_clear {
	struct engine_part area[ENGINE_MAX_PARTS + ENGINE_MAX_KEEP + 1];
	size_t areas, at;
	uint32_t pos, n; /* in the area, of the request */
	uint32_t done, total;
};

/* ---- engine_stub.c: the stub's upload, requests to it, its loss --------------------------------- */
/* Is it to be used, as far as is known by now? */
bool stub_wanted(const struct engine *e);
/* Sends a request; the answer goes to the state's handler. It is sent again after patience, and then
 * more patiently. */
void stub_ask(
    struct engine *e, uint8_t op, const uint32_t *words, size_t count, int64_t patience_us);
/* ... that is encoded in e->tx already. */
void stub_ask_encoded(struct engine *e, uint8_t op, size_t n, int64_t patience_us);
/* The last answer to the request under way was taken. */
void stub_answered(struct engine *e);
/* The request has left, and its answer was there before. */
void stub_acted(struct engine *e);
/* A whole packet came while the stub runs. False: it is none of its. */
bool stub_packet(struct engine *e);
/* The request went unanswered for now. */
void stub_expire(struct engine *e);
/* It does not answer any more. */
void stub_lost(struct engine *e);
void stub_lost_found(struct engine *e);
void stub_lost_missed(struct engine *e);
/* It did not start, and the loader is gone as well. */
void stub_missed(struct engine *e);
/* Refused: an answer with a status. */
void stub_refused(struct engine *e, const struct stub_msg *m);
/* The ROM goes on in its place. */
void stub_give_up(struct engine *e);
/* What is half read is text, if anything. */
void stub_flush(struct engine *e);
void stub_found(struct engine *e);
void stub_found_answer(struct engine *e, const struct stub_msg *m);
void stub_found_unanswered(struct engine *e);
void stub_mem(struct engine *e);
void stub_mem_reply(struct engine *e, const struct esp_reply *r);
void stub_load(struct engine *e);
void stub_load_reply(struct engine *e, const struct esp_reply *r);
void stub_load_expire(struct engine *e);
void stub_go(struct engine *e);
void stub_go_reply(struct engine *e, const struct esp_reply *r);
void stub_go_expire(struct engine *e);
void stub_hello(struct engine *e);
void stub_hello_answer(struct engine *e, const struct stub_msg *m);
void stub_hello_unasked(struct engine *e, const struct stub_msg *m);
void stub_hello_expire(struct engine *e);
void stub_size(struct engine *e);
void stub_size_answer(struct engine *e, const struct stub_msg *m);
/* What is next: backup, comparison, reading, erasing, the end. */
void stub_work(struct engine *e);
/* Why the flash does not keep what is written: its status registers are asked for, then it ends. */
void stub_status(struct engine *e);
/* Ends the job with the cause that was noted. */
void stub_blame(struct engine *e);
void stub_status_answer(struct engine *e, const struct stub_msg *m);
void stub_status_unanswered(struct engine *e);
/* All is done: the application is started, if it may be. */
void stub_done(struct engine *e);
void stub_leave(struct engine *e);
void stub_leave_answer(struct engine *e, const struct stub_msg *m);
void stub_left(struct engine *e);
void stub_step_down(struct engine *e);
/* The job is done: true when the stub's rate is put back first, which ends in engine_finished. */
bool stub_goes_home(struct engine *e);
/* The divider of the usual rate: as the ROM measured it, where it did. */
uint32_t stub_home_divider(const struct engine *e);
void stub_home(struct engine *e);
void stub_home_answer(struct engine *e, const struct stub_msg *m);
void stub_home_go(struct engine *e);
void stub_home_set(struct engine *e);
void stub_home_set_acted(struct engine *e);
void stub_home_set_expire(struct engine *e);
void stub_home_ask(struct engine *e);
void stub_home_asked(struct engine *e, const struct stub_msg *m);
void stub_run(struct engine *e);
void stub_run_answer(struct engine *e, const struct stub_msg *m);
void stub_run_unanswered(struct engine *e);

/* ---- engine_stub_quick.c -------------------------------------------------------------------------- */
/* Loads the stub the quick way, or where that is not to be had as the ROM does. */
void quick_begin(struct engine *e);
void quick_test(struct engine *e);
void quick_test_acted(struct engine *e);
void quick_return(struct engine *e);
void quick_return_acted(struct engine *e);
void quick_mem(struct engine *e);
void quick_mem_reply(struct engine *e, const struct esp_reply *r);
void quick_go(struct engine *e);
void quick_go_acted(struct engine *e);
void quick_go_expire(struct engine *e);
void quick_set(struct engine *e);
void quick_set_acted(struct engine *e);
void quick_set_expire(struct engine *e);
void quick_load(struct engine *e);
void quick_load_acted(struct engine *e);
/* It did not work: who is there? */
void quick_failed(struct engine *e);
/* The loader is: the ROM's way. */
void quick_found(struct engine *e);

/* ---- engine_stub_baud.c ------------------------------------------------------------------------- */
/* Two rates that are the same for a UART. */
bool stub_near(uint32_t a, uint32_t b);
/* As fast as the job wants it, then on at ES_STUB_WORK. */
void stub_raise(struct engine *e);
/* One rate down, then on at back; false when there is none. */
bool stub_lower(struct engine *e, enum engine_state back);
void stub_test(struct engine *e);
void stub_test_acted(struct engine *e);
void stub_return(struct engine *e);
void stub_return_acted(struct engine *e);
void stub_baud(struct engine *e);
void stub_baud_answer(struct engine *e, const struct stub_msg *m);
void stub_baud_unanswered(struct engine *e);
void stub_set(struct engine *e);
void stub_set_acted(struct engine *e);
void stub_set_expire(struct engine *e);
void stub_echo(struct engine *e);
void stub_echo_answer(struct engine *e, const struct stub_msg *m);
void stub_echo_expire(struct engine *e);
void stub_undo(struct engine *e);
void stub_undo_acted(struct engine *e);
void stub_wait(struct engine *e);
void stub_wait_acted(struct engine *e);
void stub_wait_expire(struct engine *e);
void stub_seek_rate(struct engine *e);
void stub_seek_rate_acted(struct engine *e);
void stub_seek(struct engine *e);
void stub_seek_answer(struct engine *e, const struct stub_msg *m);
void stub_seek_expire(struct engine *e);

/* ---- engine_plan.c: what differs, and what is written therefore ---------------------------------- */
void plan_begin(struct engine *e);
void plan_scan(struct engine *e);
void plan_scan_acted(struct engine *e);
void plan_sample(struct engine *e);
void plan_sample_answer(struct engine *e, const struct stub_msg *m);
/* Takes an answer with digests apart. False: it is unusable, or the job has failed. */
bool plan_digests(struct engine *e, const struct stub_msg *m, size_t size, uint32_t *first,
    const uint8_t **digests, uint32_t *count);
/* Digest i of the request had not come before. */
bool plan_first_time(struct engine *e, uint32_t i);
/* Everything is compared (again). */
void plan_compare_all(struct engine *e);
void plan_compare(struct engine *e);
void plan_compare_answer(struct engine *e, const struct stub_msg *m);
/* Plans what the flags say and sends it. */
void plan_make(struct engine *e);
void plan_send(struct engine *e);
/* What the plan is about to erase, for the record. */
void plan_note(struct engine *e);
void plan_send_answer(struct engine *e, const struct stub_msg *m);
/* The part that holds this flash address; ENGINE_MAX_PARTS when none does. */
size_t plan_part_at(const struct engine *e, uint32_t address);
uint32_t plan_part_end(const struct engine_part *p);

/* Bytes of the job's data in a sector. */
uint32_t plan_bytes(const struct engine *e, uint32_t sector);

/* ---- engine_delta.c ------------------------------------------------------------------------------ */
/* Takes the memory for what the flash held, where the driver may know it. */
void delta_init(struct engine *e);
/* Differences might be the quicker way, if the driver knew what the flash holds. */
bool delta_hope(const struct engine *e);
/* Does it know the sample? Ends in plan_compare_all or plan_make. */
void delta_sample_begin(struct engine *e);
void delta_sample(struct engine *e);
void delta_sample_acted(struct engine *e);
/* After the comparison: decides how it is sent; ends in plan_make. */
void delta_begin(struct engine *e);
void delta_fetch(struct engine *e);
void delta_fetch_acted(struct engine *e);
void delta_try(struct engine *e);
void delta_try_acted(struct engine *e);
/* Sectors of the plan that are sent as differences. */
uint32_t delta_count(const struct engine *e);
void delta_stream_begin(struct engine *e);
/* The sector in e->data, which goes to that place: into e->d.packed; its size. */
size_t delta_sector(struct engine *e, uint32_t sector);
/* The end of the stream, likewise; 0: it was there. */
size_t delta_sum(struct engine *e);

/* ---- engine_stream.c ----------------------------------------------------------------------------- */
void stream_begin(struct engine *e);
void stream_enter(struct engine *e);
void stream_acted(struct engine *e);
void stream_msg(struct engine *e, const struct stub_msg *m);
void stream_on(struct engine *e);
void stream_expire(struct engine *e);
void stream_finish(struct engine *e);
void stream_finish_answer(struct engine *e, const struct stub_msg *m);
void stream_finish_unasked(struct engine *e, const struct stub_msg *m);

/* ---- engine_verify.c ----------------------------------------------------------------------------- */
void verify_begin(struct engine *e);
/* What differs, of all, after a failure; ends in stub_blame. */
void verify_survey(struct engine *e);
void verify_step(struct engine *e);
void verify_answer(struct engine *e, const struct stub_msg *m);
void verify_narrow(struct engine *e);
void verify_narrow_answer(struct engine *e, const struct stub_msg *m);
/* All sectors of the piece under suspicion were looked at: those from sector base on. */
void verify_narrowed(struct engine *e, uint32_t base, uint32_t count);
/* Flash address and length of a piece. */
struct engine_part verify_piece(const struct engine *e, uint32_t piece);

/* ---- engine_read.c ------------------------------------------------------------------------------- */
void read_begin(struct engine *e, bool backup);
void read_ask(struct engine *e);
void read_answer(struct engine *e, const struct stub_msg *m);
void read_chunk(struct engine *e, const struct stub_msg *m);
void read_acted(struct engine *e);
void read_expire(struct engine *e);
/* Cancelled: nothing more is to come. */
void read_stop(struct engine *e);
void read_stop_answer(struct engine *e, const struct stub_msg *m);
void read_prove(struct engine *e);
void read_prove_answer(struct engine *e, const struct stub_msg *m);
/* The first hole in the block under way, [from, to); false when there is none. */
bool read_hole(const struct engine_reading *r, uint32_t *from, uint32_t *to);
/* Flash address of the block under way. */
uint32_t read_address(const struct engine *e);
/* Bytes of it that have come; NULL: n times FF. */
void read_store(struct engine *e, uint32_t at, const uint8_t *bytes, uint32_t n);
void read_give(struct engine *e);
/* The flash's digest of it, against what has come. */
void read_judge(struct engine *e, const uint8_t want[DIGEST_MD5_SIZE]);
void read_take(struct engine *e);
void read_take_acted(struct engine *e);

/* ---- engine_clear.c ------------------------------------------------------------------------------ */
void clear_begin(struct engine *e);
void clear_step(struct engine *e);
void clear_answer(struct engine *e, const struct stub_msg *m);
/* The step under way is erased. */
void clear_went(struct engine *e);
void clear_unasked(struct engine *e, const struct stub_msg *m);

#endif
