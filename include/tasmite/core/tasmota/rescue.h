/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The recovery ladder: what the doctor knows and what the user answers in; the next rung, in words
 * and as a command, out. After each rung the log tells whether the fault went with it. A model only:
 * it writes nothing and asks nobody.
 * The order of the rungs: facts on recovery. A build that is known to fail is replaced first, since
 * neither a new key nor an erase cures it (#3289 #3349 #3658); otherwise nothing is lost before it is
 * copied, and the supply is looked at before any firmware is blamed (#1864 #570 #11443).
 */
#ifndef TASMITE_CORE_TASMOTA_RESCUE_H
#define TASMITE_CORE_TASMOTA_RESCUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/core/tasmota/doctor.h"

/* What shall work in the end. */
enum rescue_goal { RESCUE_STARTS, RESCUE_JOINS };

/* X(ID, "name") */
#define RESCUE_TABLE(X)                                                                  \
	X(FIRST, "first")     /* what the log advises, where nothing is written by it */ \
	X(CURRENT, "current") /* the current build, by wire */                           \
	X(CLASSIC, "classic") /* sonoff-classic or 5.14.0 */                             \
	X(BACKUP, "backup")                                                              \
	X(POWER, "power")                                                                \
	X(SAME, "same") /* all erased, the same build again */                           \
	X(MINIMAL, "minimal")                                                            \
	X(OTHER, "other") /* another build: older core, lite */

enum rescue_rung {
#define RESCUE_ENUM(id, name) RUNG_##id,
	RESCUE_TABLE(RESCUE_ENUM)
#undef RESCUE_ENUM
	    RUNGS
};

enum rescue_state {
	RESCUE_IDLE,
	RESCUE_ASKS,  /* the rung is shown: done, skipped or put off */
	RESCUE_WORKS, /* its command runs */
	RESCUE_LOOKS, /* at the log */
	RESCUE_GONE,  /* the fault is */
	RESCUE_ENDED  /* there is no other rung */
};

/* What the log has told since the rung. */
enum rescue_sight {
	SIGHT_NOTHING,
	SIGHT_NEEDS_WIFI, /* it runs, and has no network set: name and key first */
	SIGHT_GONE,
	SIGHT_STILL
};

/* A firmware file at hand, as far as it matters here. */
struct rescue_file {
	char path[512];
	char about[160];
	char version[24], variant[24], core[24];
	bool bad;     /* known to fail */
	bool classic; /* sonoff-classic, or 5.14 */
	bool fits;    /* is for that chip */
};

#define RESCUE_FILES 24

struct rescue {
	enum rescue_state state;
	enum rescue_goal goal;
	bool known_bad;
	char fault[160]; /* in words */
	enum rescue_rung plan[RUNGS];
	unsigned count, at;
	struct rescue_file file[RESCUE_FILES]; /* the newest first */
	unsigned files;
	int chosen;			    /* file of the rung, -1: none is at hand */
	char version[24], variant[32];	    /* that ran at the beginning */
	char first[200], first_command[80]; /* of RUNG_FIRST */
	char backup[512];		    /* the copy of the flash, "" none */
	char ssid[48];
	uint64_t boots; /* of the doctor, when the rung was done */
	unsigned tries; /* failed joins, then */
	bool wifi_told; /* that name and key are needed */
};

struct rescue_words {
	char title[96];
	char text[8][200];
	int count;
	char yes[48];
	char command[640]; /* of the program, or for the device; "" done by hand */
	bool again;	   /* no file is at hand: yes looks again */
};

/* A fault that a ladder is for? Fills r with the first rung to be asked; false: there is none, and
 * *why tells so. files: r->file and r->files are to be set before by the caller. */
bool rescue_begin(struct rescue *r, const struct doctor_view *v, const char **why);
/* The rung in words. */
void rescue_words(const struct rescue *r, struct rescue_words *out);
/* It is being done now. */
void rescue_works(struct rescue *r);
/* It was done: from here on the log is looked at (or the next rung is asked, where there is nothing
 * to be seen). bad: it went wrong, so it is asked again. */
void rescue_done(struct rescue *r, bool bad, const struct doctor_view *v);
/* Not this one. */
void rescue_skip(struct rescue *r);
/* What the log tells by now; moves r on where that is clear. */
enum rescue_sight rescue_look(struct rescue *r, const struct doctor_view *v);
/* Files were looked for again. */
void rescue_files_changed(struct rescue *r);
const char *rescue_rung_name(enum rescue_rung rung);

#endif
