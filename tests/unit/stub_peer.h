/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A flash engine and a model of the stub's side of the protocol (written from stub_wire.h) on one
 * virtual clock, with faults that the real stub can't be asked for: lost, damaged and doubled frames,
 * a restart in the middle, flash that does not keep what it is told.
 */
#ifndef TESTS_STUB_PEER_H
#define TESTS_STUB_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

#include "tasmite/base/mono.h"
#include "tasmite/proto/engine.h"
#include "tasmite/proto/stub_wire.h"

#define PEER_FLASH  (1u << 20)
#define PEER_EVENTS 4096u
#define PEER_CHUNK  65536u

enum peer_cut { PEER_WHOLE, PEER_BYTES, PEER_RANDOM };
enum peer_mode { PEER_STUB, PEER_LOADER, PEER_GONE };

struct peer_faults {
	uint64_t seed;
	double flips;		   /* per byte, both ways */
	double lose_to, lose_from; /* per frame */
	double twice;		   /* an answer comes twice */
	bool nak_storm;		   /* NAK for every frame that can't be taken */
	unsigned restart_after;	   /* DATA frames until the chip restarts into its loader */
	unsigned die_after;	   /* ... until it is silent */
	unsigned die_reading;	   /* chunks until one is silent for ever */
	unsigned pause_after;	   /* DATA frames until nothing is answered for a while */
	int64_t pause;
	uint32_t spoil; /* flash address that is written wrong, so many times */
	unsigned spoils;
	uint32_t worn;	       /* address at which E_WRITE comes; 0: none */
	bool locked;	       /* PLAN's data are refused as protected */
	uint32_t broken_above; /* nothing good passes above this rate */
	bool foreign;	       /* another build */
	bool deaf;	       /* SYNC is answered, HELLO is not */
	unsigned lie_md5;      /* so many digests of 64 KiB are wrong */
};

/* What becomes of an answer, or of what the stub says unasked. */
enum peer_meddle {
	PEER_STATUS, /* its status is arg */
	PEER_CUT,    /* its payload has arg bytes at most */
	PEER_WORD,   /* word arg / 65536 of the payload is arg % 65536 */
	PEER_LOSE
};

/* Each message follows the first rule that wants it; those behind don't see it. */
struct peer_rule {
	enum peer_meddle what;
	uint8_t op;	      /* 0: no rule */
	unsigned from, times; /* from which of them on (0, 1: the first); how many (0: all) */
	uint32_t arg;
};
#define PEER_RULES 3

struct peer_config {
	struct engine_job job;
	const uint8_t *data[ENGINE_MAX_PARTS];
	enum peer_cut cut;
	uint32_t window;
	int64_t latency;   /* us, one way */
	int64_t erase_us;  /* of a sector */
	uint32_t host_max; /* rate the host can set at most; 0: any */
	uint32_t rate;	   /* the stub's, at the start; 0: 115200 */
	struct peer_rule rule[PEER_RULES];
	int64_t done_late; /* us after the last bit that a write is reported as done; 0: at once */
	unsigned no_data;  /* this so-manieth asking for data is in vain; 0: none */
	struct peer_faults fault;
};

struct peer_byte {
	mono_t at;
	uint32_t rate;
	uint8_t byte;
};

struct peer_pipe {
	struct peer_byte *b;
	size_t n, at, room;
	mono_t free;
};

struct peer_run {
	uint32_t at, length;
	bool erase;
};

struct stub_peer {
	struct peer_config cfg;
	struct engine *e;
	mono_t now, tx_free;
	uint64_t rng;
	uint32_t host; /* its rate */
	struct peer_pipe to, from;
	/* the chip */
	enum peer_mode mode;
	uint32_t rate, old_rate;
	mono_t fallback; /* 0: none */
	mono_t busy_until;
	uint8_t flash[PEER_FLASH];
	uint8_t status;
	uint8_t frame[2 * STUB_FRAME_MAX];
	size_t frame_n;
	bool escaped, skip;
	/* the stream */
	struct peer_run run[STUB_RUNS_MAX];
	size_t runs, run_at;
	uint32_t run_pos;
	bool plan, deflate, inflating;
	uint32_t expected, consumed, stored;
	uint8_t stream_status;
	uint32_t failed_at;
	z_stream z;
	uint8_t last_op, last_serial;
	unsigned data_frames, naks;
	uint32_t nak_number;
	mono_t nak_at;
	/* the reading */
	bool reading;
	uint32_t prove_at, prove_length, prove_stride;
	uint8_t prove_serial;
	uint32_t read_at, read_from, read_end, read_chunk, read_window, read_acked;
	uint8_t read_serial;
	unsigned chunks;
	/* seen */
	struct engine_event ev[PEER_EVENTS];
	size_t events;
	unsigned requests[256];
	unsigned said[PEER_RULES]; /* messages that each rule is about */
	uint8_t status_said;	   /* of the last message */
	bool written;		   /* a write that is not reported yet */
	mono_t done_at;
	unsigned asked_data;
	unsigned erased_sectors, written_sectors;
	uint32_t rates[64];
	size_t rate_count;
	uint8_t *taken; /* by TAKE_DATA, as addressed */
	uint32_t taken_n;
	size_t taken_part;
	unsigned chunks_taken;
	int take_result;
	bool ended;
	enum engine_event_kind end;
	mono_t ended_at, began_at;
};

/* Starts with the stub running (job.connected is set). */
void stub_peer_init(struct stub_peer *p, const struct peer_config *cfg);
void stub_peer_fini(struct stub_peer *p);
/* Until the engine has ended; false when it has not by then. */
bool stub_peer_play(struct stub_peer *p, int64_t limit_us);
/* Until the next event of this kind. */
bool stub_peer_until(struct stub_peer *p, enum engine_event_kind kind, int64_t limit_us);
size_t stub_peer_count(const struct stub_peer *p, enum engine_event_kind kind);
const struct engine_event *stub_peer_last(const struct stub_peer *p, enum engine_event_kind kind);

#endif
