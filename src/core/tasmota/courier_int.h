/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the courier: courier.c (jobs, lines, time) and courier_rx.c (what the device says). */
#ifndef TASMITE_CORE_TASMOTA_COURIER_INT_H
#define TASMITE_CORE_TASMOTA_COURIER_INT_H

#include "tasmite/core/tasmota/courier.h"
#include "tasmite/core/tasmota/logline.h"

/* Pacing, see the header. */
#define PIECE	 64
#define PIECE_US MONO_MS(15)
#define SLOWEST	 8 /* times slower at most */
/* An answer that is not there by then was lost: 2 s as the document has it, and some for slow ports
 * (RFC 2217). The pauses of a Backlog (200 ms, 255 at most) are far within. */
#define ANSWER_US MONO_MS(2500)
/* After the last answer: the device has finished printing (Status 0 is many lines) when it has been
 * silent that long; a device that never is silent is not waited for. */
#define QUIET_US  MONO_MS(30)
#define QUIET_MAX MONO_S(1)
/* From the last answer to the project line: 2 to 3 s, the ROM, the boot; to listening: less than 1 s. */
#define RESTART_US MONO_S(12)
#define SETTLE_US  MONO_MS(1200)
/* Lines read of a millisecond while nothing is under way: at 3 Mbaud 5 of 60 characters come. */
#define IDLE_LINES 16
/* Settings go to the flash once a second, and not while a Backlog runs: what was answered within that
 * time before the line that met a crash may be lost. */
#define UNSAVED_US MONO_S(3)
#define CRASHES	   3
/* So often in a row the answer has to hold the same other value. */
#define ALIKE	    3
#define LINE_MAX_RX 8192

struct courier {
	struct courier_ops ops;
	void *ctx;
	struct backlog b;
	size_t part; /* index; the one that is under way */
	enum courier_state state;
	uint32_t fw;
	bool packed, stop;

	/* the line that goes out */
	char *line;
	size_t *steps; /* of the line */
	size_t count;
	size_t at;	 /* bytes of it that are out, its end included */
	bool told;	 /* COURIER_LINE was */
	mono_t line_at;	 /* when its turn came */
	mono_t next_at;	 /* no byte before this */
	mono_t quiet_by; /* silence is not waited for beyond this */
	unsigned slow;	 /* times slower than usual, 1 at first */

	mono_t deadline; /* of the present state */
	bool echoed;	 /* the echo came, whole and right */
	bool damaged;	 /* ... and was not what was sent */
	bool echoes;	 /* an echo has come in this job: where none does it was lost */
	bool other;	 /* an answer came that is none of those awaited */
	bool restart_due;
	mono_t heard_at; /* the last echo or answer to the line */
	mono_t boot_at;	 /* the device began to run */
	unsigned crashes;
	unsigned vain; /* restarts in a row that cut a line off, though one was to be expected */

	char rx[LINE_MAX_RX];
	size_t rx_n;
	bool rx_over;
	mono_t last_rx;
	mono_t idle_at; /* while nothing is under way: lines that are read of this millisecond */
	unsigned idle_lines;
	struct loglines *reader;
	bool rom_seen; /* the banner of this boot came: its project line is no other */
};

/* Of a step. */
struct backlog_step *courier_step(struct courier *c, size_t i);
void courier_set(struct courier *c, size_t i, enum backlog_state state);
unsigned courier_facts(const struct courier *c, size_t i);
bool courier_may_repeat(const struct courier *c, size_t i);
/* STORED or ANSWERED. */
bool courier_is_over(enum backlog_state s);
/* Answered so shortly before a crash, or a loss of power, that it may not be in the flash. */
bool courier_may_be_unsaved(const struct courier *c, size_t i);
/* A command that shows no result, or none that could be told from others. */
bool courier_is_mute(const char *text);

void courier_tell(struct courier *c, enum courier_event_kind kind, size_t step, const char *text);
void courier_drop_line(struct courier *c);
void courier_stop_at(struct courier *c, size_t step, const char *why);
void courier_next_part(struct courier *c, mono_t now);
/* All has come for the present line that will come. */
void courier_line_over(struct courier *c, mono_t now);
/* How long the next answer to the present line may take. */
int64_t courier_patience(const struct courier *c);

#endif
