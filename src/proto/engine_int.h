/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside the flash engine: the machine's state, and what its phases (one file each) share.
 *
 * A state has up to four handlers: enter (on the change to it), acted (all its actions were
 * carried out), reply (the command's answer came), expire (its deadline passed). A state sends at
 * most one command at a time; nothing is offered until the answer to the last one is known.
 */
#ifndef TASMITE_PROTO_ENGINE_INT_H
#define TASMITE_PROTO_ENGINE_INT_H

#include "tasmite/proto/deflate.h"
#include "tasmite/proto/engine.h"
#include "tasmite/proto/reset.h"

#include "chip.h"
#include "engine32_int.h"
#include "engine_state.h"
#include "engine_stub_int.h"
#include "esp_cmd.h"
#include "heard.h"
#include "slip.h"
#include "stub_cmd.h"

#define ENGINE_ACTIONS	 4
#define ENGINE_EVENTS	 128
#define ENGINE_TEXT_MAX	 65536
#define ENGINE_HEARD_MAX (ENGINE_HEARD_NO_RESET + 1)
#define ENGINE_RATES	 6

struct engine_ops {
	const char *name;
	bool
	    several; /* more than one command goes out at once: an answer that is late may be any's */
	bool listens; /* bytes are text: the SLIP reader is not asked */
	bool midway;  /* of a change of rate: a cancel waits until both sides have it */
	bool lenient; /* a rate the host can't set is no failure here */
	void (*enter)(struct engine *e);
	void (*acted)(struct engine *e);
	void (*reply)(struct engine *e, const struct esp_reply *r);
	/* Where several commands go out at once (engine_commands): an answer that is not the last. One
	 * that is late may be any's. */
	void (*part)(struct engine *e, const struct esp_reply *r);
	/* Deadline. NULL: an unanswered command; the link is found again, then recovered. */
	void (*expire)(struct engine *e);
	/* The link is sound, but what became of the command is not known. NULL: enter again. */
	void (*recovered)(struct engine *e);
	/* The stub's answer to the request under way. Several of one request may come where more is
	 * set: the handler then says itself when it was the last (stub_answered). */
	void (*answer)(struct engine *e, const struct stub_msg *m);
	bool more;
	/* Any other frame of the stub. */
	void (*unasked)(struct engine *e, const struct stub_msg *m);
	/* No answer to a request, after all tries. NULL: the stub is lost. */
	void (*unanswered)(struct engine *e);
};

/* Why SYNC is being tried. */
enum engine_hunt {
	HUNT_CONNECT, /* waiting for the user */
	HUNT_BANNER,  /* the loader's banner was seen */
	HUNT_RESET,   /* after a reset sequence */
	HUNT_HELD,    /* the loader answered earlier in the session */
	HUNT_BAUD,    /* after a rate that did not work */
	HUNT_RESYNC,  /* after an unanswered command */
	HUNT_LOST,    /* the same failed: did it restart into its loader? */
	HUNT_STUB,    /* the stub does not answer: did the chip restart into its loader? */
	HUNT_NO_STUB, /* the stub did not start: is the loader still there? */
	HUNT_QUICK    /* the quick way did not work: who is there, loader or stub? */
};

struct engine_queue {
	struct engine_action a[ENGINE_ACTIONS];
	size_t n;
	bool out;      /* the first was handed out and is not done */
	mono_t handed; /* when */
	mono_t sent;   /* when the last bytes written have left the wire, at the earliest */
	mono_t stuck;  /* when the one handed out should be done at the latest */
	bool baud_ok;  /* outcome of the last BAUD */
	uint32_t actual;
};

struct engine_cmd {
	uint8_t op;
	bool waiting;
	unsigned left;	 /* answers that are to come */
	unsigned others; /* good ones to other commands, since */
	bool early;	 /* the reply came before the write was done */
	struct esp_reply early_reply;
	int64_t patience; /* us after the last byte has left */
	unsigned tries;	  /* unanswered in a row */
	unsigned refused; /* refused in a row, where that is tried again */
};

struct engine_find {
	enum engine_hunt why;
	enum engine_state back; /* RESYNC: where to go on */
	uint32_t rate[ENGINE_RATES];
	size_t rates, at;
	unsigned each, tried; /* SYNCs per rate */
	int64_t wait;	      /* per SYNC */
	bool grow;
	uint8_t serial; /* of the last nonce */
	uint8_t first;	/* of the first nonce of this hunt */
	unsigned got;	/* replies to the newest nonce */
	mono_t sent[8]; /* when the last SYNCs were handed out, by serial */
	uint32_t from;	/* RESYNC: the rate the link had */
	bool stub, echo;
	bool plain; /* answered only to the usual payload, or with a value of its own */
	bool late;  /* the lost command's reply came after all */
	struct esp_reply late_reply;
};

struct engine_wait {
	mono_t began; /* the burst, or the slice at the application's rate */
	mono_t next_burst;
	mono_t app_next; /* earliest next slice at the application's rate */
	mono_t last_rx;
	unsigned bursts;
	bool loader; /* (1,x) was seen since the last hunt */
	bool said_nothing;
	bool garbage;
};

struct engine_reset {
	bool released;			    /* the sequence has let EN go */
	bool sure;			    /* it was RTS that restarted the chip */
	bool usable;			    /* there are lines, and they were not found useless */
	bool trying;			    /* the sequences are gone through */
	bool asserted;			    /* DTR or RTS */
	const struct reset_sequence *first; /* worked earlier, or NULL */
	const struct reset_sequence *seq;   /* under way, or the last one */
	const struct reset_sequence *worked;
	size_t step, next; /* in it; in the table */
	unsigned round, tries;
	int mode;	/* of the banner since EN was let go, -1: none */
	uint32_t cause; /* ... its reset cause */
	uint32_t bytes; /* heard since, before anything was sent */
	uint32_t rate;	/* of the loader, before the application is started */
	bool heard_out; /* what became of the last reset was listened for to the end */
	/* of any sequence: something was heard, a banner, the loader's banner */
	bool spoke, restarted, loader;
};

struct engine_speed {
	uint32_t rate[ENGINE_RATES]; /* falling; the last one is the safe one */
	size_t rates, at;
	uint32_t old; /* the host's rate before the change */
	uint32_t old_divider;
	uint32_t target; /* exact rate of the divider tried */
	uint32_t divider;
	unsigned probes, missed;
	mono_t told; /* when the trial's packet had left */
	bool fell;   /* a rate was given up */
	bool able;   /* the host can do the rate */
	bool undone; /* the chip was told blindly to return */
	enum engine_state back;
};

struct engine_area {
	uint32_t first, sectors;   /* what must be erased */
	uint32_t announce, really; /* what the ROM is told, what it then erases */
	bool by_register;	   /* one sector, which FLASH_BEGIN can't erase alone */
};

struct engine_write {
	struct engine_area area[2 * ENGINE_MAX_PARTS + 1];
	size_t areas, at;
	uint32_t erase_total, erase_done;
	mono_t sector_since;  /* when the sector's erase was asked for */
	bool sector_going;    /* the erase itself, not only the enabling */
	unsigned sector_mute; /* what it became of was asked in vain */
	uint32_t total, done; /* bytes of all parts; of the parts before this one */
	size_t part;
	uint32_t pos;		  /* confirmed within the part */
	uint32_t high;		  /* furthest trouble within the part */
	struct engine_area begin; /* of ES_BEGIN */
	uint32_t seq;
	uint32_t block;	  /* payload size in use */
	uint32_t n;	  /* payload of the block under way, padded */
	uint32_t fetched; /* bytes of it the driver supplies */
	bool have_data;
	bool params;	   /* the ROM knows the flash's size */
	unsigned again;	   /* tries of the present block */
	unsigned readback; /* 08 at the present block */
	unsigned trouble;  /* grows with faults, falls with good blocks */
	unsigned good;
	unsigned noise;		/* signs that bytes were lost or changed on the way to the chip */
	unsigned damaged;	/* blocks whose checksum was wrong */
	bool checking;		/* the second pass */
	uint32_t hole_to;	/* ... end of what was erased again in it */
	uint32_t full_to;	/* ... what the first pass had written */
	enum engine_cause last; /* what the last fault would be called */
};

/* Reading back what was written; engine_readback.c. */
struct engine_readback {
	bool off;    /* it does not work here */
	bool proven; /* it does */
	/* USER, USER1, USER2 as the ROM has them; each is read until two readings agree. */
	uint32_t user[3];
	size_t saving;
	bool have, saved;
	unsigned disagree;
	/* the block under way */
	uint32_t at[3]; /* the words to read, within the block */
	size_t words, next;
	unsigned differed; /* readings of the present word in a row */
	unsigned mute;	   /* unanswered or refused */
	bool wrong;	   /* a word differs */
	bool told;	   /* a word that says something came back right */
	unsigned doubts;   /* blocks before the proof of which nothing came back right */
};

struct engine {
	struct engine_job job;
	struct engine_chip chip;
	const struct chip *type;
	const struct chip32 *c32; /* a chip of the ESP32 family; its row is type, too */
	struct engine_failure fail;
	enum engine_state state;
	enum engine_stage stage;
	bool staged; /* a stage has begun */
	mono_t now, deadline, cancel_by;
	bool cancelling, ended, in_loader;
	bool alive; /* the loader answered last time */
	bool proceeded;
	bool finished;	 /* the job is done: only the application's start is left */
	uint32_t baud;	 /* the host's rate, as it really is */
	uint32_t asked;	 /* ... as it was asked for */
	int64_t lag;	 /* us: how late answers were, if more than usual */
	uint32_t linked; /* the rate SYNC was answered at first */

	struct engine_queue q;
	struct engine_cmd cmd;
	struct engine_find find;
	struct engine_wait wait;
	struct engine_reset reset;
	struct engine_speed speed;
	struct engine_write w;
	struct engine_readback rb;
	unsigned id_step;
	unsigned id_again, id_restarts;
	bool id_have;
	uint32_t id_seen;
	uint32_t id_value[12]; /* all at once */
	unsigned id_got;
	bool id_refused;

	struct slip slip;
	struct heard heard;
	uint32_t junk; /* bytes outside of packets since the last good reply */
	bool banner;   /* a boot banner among them */
	uint64_t tx_bytes, rx_bytes;

	struct engine_event ev[ENGINE_EVENTS];
	size_t ev_first, ev_count;
	uint32_t heard_count[ENGINE_HEARD_MAX];
	uint8_t text[ENGINE_TEXT_MAX];
	size_t text_len;

	struct engine32 d32;
	struct engine_stub st;
	struct engine_plan plan;
	struct engine_delta d;
	struct engine_stream s;
	struct engine_reading r;
	struct engine_clear clear;
	struct deflater *deflater;

	uint8_t data[ESP_BLOCK_MAX];
	uint8_t tx[ESP_FRAME_MAX + 64]; /* a block, and a short command behind it */
	uint8_t ack[40]; /* a CHUNK_ACK: the request in tx may have to be sent again */
};

_Static_assert(ESP_FRAME_MAX >= STUB_WIRE_MAX, "a request to the stub fits");

/* ---- engine.c: the machine ------------------------------------------------------------------- */
/* The one function that changes state. */
void engine_go(struct engine *e, enum engine_state s);
/* Back to a state whose command went unanswered, now that the link is sound again. late: its
 * answer, if that came after all, else NULL. */
void engine_resume(struct engine *e, enum engine_state s, const struct esp_reply *late);
/* Sends e->tx[0..n) as command op; its answer is waited for as the table of patience says, plus
 * extra_us. */
void engine_command(struct engine *e, uint8_t op, size_t n, int64_t extra_us);
/* ... of several commands, which are answered so many times by op. */
void engine_commands(struct engine *e, uint8_t op, size_t n, unsigned answers);
/* Sends e->tx[0..n) without waiting for an answer. */
void engine_send(struct engine *e, size_t n);
/* ... of bytes that stay where they are until it is done. */
void engine_write_bytes(struct engine *e, const uint8_t *bytes, size_t n);
void engine_take_data(
    struct engine *e, size_t part, uint32_t offset, const uint8_t *bytes, size_t n);
void engine_set_baud(struct engine *e, uint32_t baud);
void engine_lines(struct engine *e, bool dtr, bool rts);
void engine_need_data(struct engine *e, size_t part, uint32_t offset, uint32_t length);
/* The sector of that digest, into e->data, if the driver knows it (e->w.have_data). */
void engine_need_old(struct engine *e, uint32_t offset, const uint8_t *digest);
/* True when the present command may be tried once more after no answer. */
bool engine_may_retry(const struct engine *e);
void engine_finish(struct engine *e);
/* Nothing is left to do: ENGINE_EV_DONE. */
void engine_finished(struct engine *e);
void engine_fail(struct engine *e, enum engine_cause cause, const struct esp_reply *r);
void engine_stage_begin(struct engine *e, enum engine_stage s);
/* An answer took that long after its command had left: later ones are waited for accordingly. */
void engine_learn_lag(struct engine *e, int64_t us);
/* A boot banner was read, or as many bytes that make no sense as one gives at another rate. */
bool engine_restart_likely(const struct engine *e);
/* Wire time of n bytes at the present rate. */
int64_t engine_wire_us(const struct engine *e, size_t n);

/* Bytes that are no part of a packet. */
void engine_stray(struct engine *e, const uint8_t *bytes, size_t n);
/* Between two packets, as at the start; the longest that may come as the stub needs it. */
void engine_slip(struct engine *e);
void engine_cancelled(struct engine *e);
const struct engine_ops *engine_op(const struct engine *e);

/* engine_table.c, engine_job.c */
const struct engine_ops *engine_ops_of(enum engine_state s);
bool engine_job_ok(const struct engine_job *job);

/* engine_event.c: what goes to the driver. */
void engine_emit(struct engine *e, const struct engine_event *ev);
void engine_emit_retry(struct engine *e, enum engine_retry why, uint32_t value);
void engine_emit_progress(struct engine *e, uint32_t done, uint32_t total);
void engine_emit_heard(struct engine *e, enum engine_heard what, uint32_t value);
void engine_emit_text(struct engine *e, const uint8_t *bytes, size_t n);

/* ---- engine_connect.c ------------------------------------------------------------------------ */
void connect_start(struct engine *e);
void connect_listen(struct engine *e);
void connect_listen_acted(struct engine *e);
void connect_listen_expire(struct engine *e);
void connect_app(struct engine *e);
void connect_app_acted(struct engine *e);
void connect_app_expire(struct engine *e);
void connect_settle(struct engine *e);
void connect_settle_expire(struct engine *e);
void connect_hush(struct engine *e);
void connect_hush_expire(struct engine *e);
/* A byte that is no part of a packet. */
void connect_byte(struct engine *e, uint8_t byte);
/* After a run of bytes was taken: what does it sound like? */
void connect_heard(struct engine *e);
void connect_found(struct engine *e);
void connect_missed(struct engine *e);

/* ---- engine_reset.c: DTR and RTS -------------------------------------------------------------- */
void engine_reset_init(struct engine *e);
/* Into the loader: one sequence after the other, then listening as without lines. */
void engine_reset_begin(struct engine *e);
/* Out of it, after the job. */
void engine_reset_start_app(struct engine *e);
void engine_reset_rate(struct engine *e);
void engine_reset_rate_acted(struct engine *e);
void engine_reset_step(struct engine *e);
void engine_reset_step_acted(struct engine *e);
void engine_reset_step_expire(struct engine *e);
void engine_reset_hear(struct engine *e);
void engine_reset_hear_expire(struct engine *e);
void engine_reset_back(struct engine *e);
void engine_reset_back_acted(struct engine *e);
void engine_reset_clear(struct engine *e);
/* The transport can't set lines after all. */
void engine_reset_unable(struct engine *e);
/* A byte, a banner's boot mode; then, after a run of bytes: is that enough to go on? */
void engine_reset_byte(struct engine *e);
void engine_reset_banner(struct engine *e, int mode, uint32_t cause);
void engine_reset_heard(struct engine *e);
/* SYNC's outcome. */
void engine_reset_found(struct engine *e);
void engine_reset_missed(struct engine *e);

/* ---- engine_hunt.c: SYNC at one rate after another ------------------------------------------- */
void hunt_begin(struct engine *e, enum engine_hunt why, unsigned each, int64_t wait);
void hunt_add(struct engine *e, uint32_t rate);
void hunt_go(struct engine *e);
/* After an unanswered command of the present state. */
void hunt_resync(struct engine *e);
/* No answer at any rate. */
void hunt_failed(struct engine *e);
void hunt_rate(struct engine *e);
void hunt_rate_acted(struct engine *e);
void hunt_sync(struct engine *e);
void hunt_expire(struct engine *e);
void hunt_reply(struct engine *e, const struct esp_reply *r);
void hunt_drain_expire(struct engine *e);

/* ---- engine_identify.c ----------------------------------------------------------------------- */
void identify_begin(struct engine *e);
void identify_all(struct engine *e);
void identify_all_part(struct engine *e, const struct esp_reply *r);
void identify_all_reply(struct engine *e, const struct esp_reply *r);
void identify_all_again(struct engine *e);
void identify_flash_all(struct engine *e);
void identify_flash_all_reply(struct engine *e, const struct esp_reply *r);
void identify_flash_all_again(struct engine *e);
void identify_read(struct engine *e);
void identify_read_reply(struct engine *e, const struct esp_reply *r);
void identify_attach(struct engine *e);
void identify_attach_reply(struct engine *e, const struct esp_reply *r);
void identify_spi_ask(struct engine *e);
void identify_spi_ask_reply(struct engine *e, const struct esp_reply *r);
void identify_spi_read(struct engine *e);
void identify_spi_again(struct engine *e);
void identify_spi_read_reply(struct engine *e, const struct esp_reply *r);
void identify_params(struct engine *e);
void identify_params_reply(struct engine *e, const struct esp_reply *r);
void identify_proceed(struct engine *e);
/* The ROM knows the flash's size: on to the work, if the job fits the chip. */
void identify_ready(struct engine *e);
/* What the stub says of the chip takes the place of the readings. */
void identify_hello(struct engine *e, const struct stub_msg *m);
/* The ROM does the work from here on. */
void identify_by_rom(struct engine *e);
/* Encodes the reading of the flash's status register: first its start, then its result. */
size_t identify_enc_status(struct engine *e, bool ask);

/* ---- engine_baud.c --------------------------------------------------------------------------- */
/* Raises the rate as the job wants it, then goes on at back. */
void baud_raise(struct engine *e, enum engine_state back);
/* One rate down, then on at back; false when there is none. */
bool baud_lower(struct engine *e, enum engine_state back);
void baud_test(struct engine *e);
void baud_test_acted(struct engine *e);
void baud_return(struct engine *e);
void baud_return_acted(struct engine *e);
void baud_trial(struct engine *e);
void baud_trial_acted(struct engine *e);
void baud_trial_expire(struct engine *e);
void baud_trial_set_acted(struct engine *e);
void baud_trial_set_expire(struct engine *e);
void baud_trial_say(struct engine *e);
void baud_trial_say_acted(struct engine *e);
void baud_trial_say_expire(struct engine *e);
void baud_trial_end_acted(struct engine *e);
void baud_trial_end_reply(struct engine *e, const struct esp_reply *r);
void baud_trial_end_expire(struct engine *e);
void baud_ask(struct engine *e);
void baud_ask_acted(struct engine *e);
void baud_ask_expire(struct engine *e);
void baud_set(struct engine *e);
void baud_set_acted(struct engine *e);
void baud_set_reply(struct engine *e, const struct esp_reply *r);
void baud_set_expire(struct engine *e);
void baud_probe(struct engine *e);
void baud_probe_part(struct engine *e, const struct esp_reply *r);
void baud_probe_reply(struct engine *e, const struct esp_reply *r);
void baud_probe_expire(struct engine *e);
void baud_mem(struct engine *e);
void baud_mem_reply(struct engine *e, const struct esp_reply *r);
void baud_load(struct engine *e);
void baud_load_reply(struct engine *e, const struct esp_reply *r);
void baud_hunt(struct engine *e);
/* The rate is settled: on with what follows. */
void baud_over(struct engine *e);
void baud_give_up(struct engine *e);
void baud_undo(struct engine *e);
void baud_undo_acted(struct engine *e);
void baud_undo_expire(struct engine *e);
void baud_found(struct engine *e);
void baud_missed(struct engine *e);

/* ---- engine_erase.c -------------------------------------------------------------------------- */
/* Plans what the job needs erased; false when the chip's size is needed and not known. */
bool erase_plan(struct engine *e);
void erase_step(struct engine *e);
void erase_reply(struct engine *e, const struct esp_reply *r);
void erase_sector(struct engine *e);
void erase_sector_reply(struct engine *e, const struct esp_reply *r);
void erase_sector_go(struct engine *e);
void erase_sector_ask(struct engine *e);
void erase_sector_ask_reply(struct engine *e, const struct esp_reply *r);
void erase_sector_read(struct engine *e);
void erase_sector_read_reply(struct engine *e, const struct esp_reply *r);
void erase_sector_again(struct engine *e);
/* Fills announce and really. */
void erase_size(struct engine_area *a);
/* Notes in the failure record that an area is about to be erased. */
void erase_note(struct engine *e, const struct engine_area *a);
/* Encodes FLASH_BEGIN for an area and sends it with the patience it needs. */
void erase_send(struct engine *e, const struct engine_area *a, uint32_t length);
/* Was the answer "06" to be expected: the surplus sector lay past the chip's end. */
bool erase_tolerated(
    const struct engine *e, const struct engine_area *a, const struct esp_reply *r);

/* ---- engine_write.c -------------------------------------------------------------------------- */
/* The areas are erased; begun: the last FLASH_BEGIN was for the first part's start. */
void write_begin(struct engine *e, bool begun);
void write_begin_enter(struct engine *e);
void write_begin_reply(struct engine *e, const struct esp_reply *r);
void write_fetch(struct engine *e);
void write_fetch_acted(struct engine *e);
void write_data(struct engine *e);
void write_data_reply(struct engine *e, const struct esp_reply *r);
void write_data_recovered(struct engine *e);
void write_status_ask(struct engine *e);
void write_status_ask_reply(struct engine *e, const struct esp_reply *r);
void write_status_read(struct engine *e);
void write_status_again(struct engine *e);
void write_status_read_reply(struct engine *e, const struct esp_reply *r);
/* Flash address of the block under way. */
uint32_t write_address(const struct engine *e);
/* The block under way is in the flash: on to the next. */
void write_stored(struct engine *e);
/* ... is in the flash otherwise than it was sent: erased and written again. */
void write_misread(struct engine *e);
/* Erases the sectors of the block under way and writes on from there. */
void write_back(struct engine *e);

/* ---- engine_readback.c ----------------------------------------------------------------------- */
/* Begins to read back the block under way, which ends in write_stored, write_misread or write_back.
 * False when there is nothing to read or it is not to be done. */
bool readback_begin(struct engine *e);
void readback_save(struct engine *e);
void readback_save_reply(struct engine *e, const struct esp_reply *r);
void readback_ask(struct engine *e);
void readback_reply(struct engine *e, const struct esp_reply *r);
void readback_again(struct engine *e);

#endif
