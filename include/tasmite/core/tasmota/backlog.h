/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands for Tasmota's console and the lines that they travel in: a typed Backlog is taken apart,
 * and what is to be sent is put together again so that the firmware takes all of it. Pure.
 *
 * Facts of the firmware that bind here (Tasmota's source, 6.1 to 15.2): a line holds 519 bytes, from
 * 12.2 on 799; a Backlog takes 29 commands; it has no way to escape ';', from 9.4 on one inside
 * braces stays; it keeps blanks before ';' up to 6.5 and drops them later; from 9.4 on "Reset..." in
 * it is left out; a command that needs a restart has it when the queue is empty.
 */
#ifndef TASMITE_CORE_TASMOTA_BACKLOG_H
#define TASMITE_CORE_TASMOTA_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/base/str.h"

#define BACKLOG_IN_LINE 29   /* commands that are safe in one Backlog */
#define BACKLOG_STEPS	2000 /* at most so many commands, waits and delays in one job */
#define BACKLOG_TEXT	4096 /* longest command */

/* 0xMMmmpprr; 0: not known. */
#define BACKLOG_FW(x, y, z, r) \
	((uint32_t)(x) << 24 | (uint32_t)(y) << 16 | (uint32_t)(z) << 8 | (uint32_t)(r))

/* "6.1.1", "14.2.0.4", "5.12.0a"; 0 for what is none. */
uint32_t backlog_fw(const char *version);
/* How many bytes a line for this firmware may have, without its end. */
size_t backlog_line_max(uint32_t fw);

/* A command taken apart. */
struct backlog_name {
	const char *p; /* the name's letters, without a topic and "_" before them */
	size_t n;
	long index;	   /* -1: none */
	bool quiet;	   /* "_" before it: no result is shown */
	const char *value; /* behind the blanks; "" asks */
};
/* The pieces point into text. */
void backlog_name(const char *text, struct backlog_name *out);
/* Is it called that? */
bool backlog_is(const struct backlog_name *name, const char *what);

/* What is known of a command beyond its name. */
enum {
	BACKLOG_RESTARTS = 1, /* takes effect by a restart */
	BACKLOG_TEXTUAL = 2,  /* keeps its value as a text and answers with it; 1 is the default */
	BACKLOG_ONCE = 4,     /* is no setting: to send it twice is not the same as once */
	BACKLOG_KNOWN = 8
};
/* BACKLOG_RESTARTS and the like; a question never restarts anything. */
unsigned backlog_facts(const struct backlog_name *name);

enum backlog_kind { BACKLOG_COMMAND, BACKLOG_WAIT, BACKLOG_DELAY };

/* What has become of a command. The courier writes it. */
enum backlog_state {
	BACKLOG_QUEUED,
	BACKLOG_SENT,
	BACKLOG_STORED,	   /* the answer holds the very value, or it was a question */
	BACKLOG_ANSWERED,  /* answered in a form that can't be compared with the value */
	BACKLOG_DIFFERENT, /* the answer holds another value */
	BACKLOG_UNKNOWN,   /* {"Command":"Unknown"} */
	BACKLOG_ERROR,	   /* {"Command":"Error"} */
	BACKLOG_NO_ANSWER,
	BACKLOG_UNSURE, /* answered, but the device may have lost its power before it saved it */
	BACKLOG_BEYOND, /* never sent: of a line with bytes above 127 the console throws away what it
			 * has collected by then, and runs the rest */
	BACKLOG_STATES
};

struct backlog_step {
	enum backlog_kind kind;
	char *text;	       /* the command as it is meant, byte for byte; the text to wait for */
	int64_t ms;	       /* of a delay; of a wait its deadline */
	int line;	       /* of the script, 0 none */
	size_t before, behind; /* blanks around it that were trimmed off a typed Backlog */
	bool alone;	       /* never in a Backlog with others */
	enum backlog_state state;
	char *stored;	/* DIFFERENT: what the answer says; owned; NULL */
	unsigned alike; /* so often in a row, each time to a line that had arrived rightly */
	unsigned tries;
	bool alive;   /* something came back the last time it was sent: an echo, an answer */
	bool settled; /* what came is the last word on it */
	int64_t answered_at;
};

/* A line on its way, or a wait. */
struct backlog_part {
	enum backlog_kind kind;
	size_t *steps; /* indexes; one for a wait, a delay and a command of its own */
	size_t count;
	char *line; /* what is sent, without its end; NULL for waits and delays */
	bool restarts;
};

struct backlog {
	struct backlog_step *steps;
	size_t count;
	struct backlog_part *parts;
	size_t part_count;
};

/* Empty; fini frees all, and makes it empty again. */
void backlog_init(struct backlog *b);
void backlog_fini(struct backlog *b);
/* A command as it is; blanks before it go, all else stays. False: too many, too long, empty. */
bool backlog_add(struct backlog *b, const char *text, size_t n, int line);
bool backlog_add_wait(struct backlog *b, const char *text, size_t n, int64_t ms, int line);
bool backlog_add_delay(struct backlog *b, int64_t ms, int line);
/* Is this line a Backlog with commands in it that can be told apart and watched? "Backlog2" and
 * "Backlog3" show no results and are none, a path ("cmnd/x/backlog ...") neither. */
bool backlog_typed(const char *line);
/* Takes a typed line apart: split at ';' (not inside braces), trimmed, inner "Backlog" left out.
 * False: too many. suspect (may be NULL) gets the step whose value may go on behind a ';' (what
 * stands there is no command that is known), or -1. */
bool backlog_parse(struct backlog *b, const char *line, long *suspect);
/* Puts the step behind it, and the ';' between them with its blanks, back into the value of that step;
 * so too for whatever follows that is no command. */
void backlog_join(struct backlog *b, size_t step);

/* Makes the parts of all steps that are QUEUED; those that no console takes become BEYOND. Within a run of commands (between waits): first
 * those that need no restart, in their order, then those that do, as few lines as it takes, network
 * and broker together. packed: those without a restart share Backlogs too; else each is a line of
 * its own, which is quicker and safer. */
void backlog_plan(struct backlog *b, uint32_t fw, bool packed);

/* Why this command can't do as it is meant on that firmware (0 not known: on any), or why it may
 * not. True: it can't, whatever happens on the wire. why is "" when nothing is to be said. Values
 * are not repeated in why. */
bool backlog_trap(const char *text, uint32_t fw, char *why, size_t size);

/* "stored", "unknown to this firmware", for people. */
const char *backlog_state_text(enum backlog_state state);

#endif
