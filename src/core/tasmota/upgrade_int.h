/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the follower share: its state, and the steps from one to the next. */
#ifndef TASMITE_CORE_TASMOTA_UPGRADE_INT_H
#define TASMITE_CORE_TASMOTA_UPGRADE_INT_H

#include "tasmite/core/tasmota/upgrade.h"

#define ANSWER	      MONO_S(5)	 /* to a command */
#define TRIES	      3		 /* of a command */
#define LATE	      MONO_S(20) /* then causes are shown */
#define REQUEST	      MONO_S(75) /* four attempts of a device that reaches nobody take about a minute */
#define UNSEEN	      MONO_S(300) /* ... a whole download from a server that isn't ours */
#define STALL	      MONO_S(45)  /* nothing goes out any more */
#define WRITING	      MONO_S(60)
#define BACK	      MONO_S(90)  /* until its version is heard after a restart */
#define ASK_AFTER     MONO_S(15)  /* it is asked for it then: its log may be off */
#define BETWEEN	      MONO_S(180) /* minimal joins the network first */
#define IN_NETWORK    MONO_S(60)  /* ... and asks within seconds then, or never */
#define SETTLE	      MONO_S(4)	  /* after a boot or a failure, before OtaUrl is put back */
#define GIVE_UP	      MONO_S(45)  /* four attempts that reach nobody */
#define MINIMAL_TRIES MONO_S(75)  /* ... and joins the network before */
#define AWAY	      MONO_S(90)  /* without the port, where only the console can tell */
#define WRITTEN	      MONO_S(20)  /* all was sent before the port came back */

/* What is asked at the beginning, in this order. */
enum question { Q_VERSION, Q_SPACE, Q_ADDRESS, Q_URL, QUESTIONS };

struct upgrade {
	struct upgrade_file file[UPGRADE_PARTS];
	struct upgrade_device dev;
	struct upgrade_plan plan;
	struct upgrade_view v;
	bool own_server; /* the user's: what it does is not seen here */
	char url[256], old_url[256];
	bool old_known; /* what OtaUrl was */
	enum question q;
	char command[280]; /* that awaits its answer */
	bool send;	   /* ... it is to be sent (again) */
	int tries;
	mono_t answer_by;   /* MONO_NEVER: none is awaited */
	mono_t by, late_at; /* of the state */
	mono_t ask_at;	    /* RESTARTS: Status 2 */
	mono_t began;	    /* of the transfer */
	mono_t hold;	    /* nothing is sent before */
	bool main_out;	    /* the main file went out as a whole */
	bool said_done;	    /* "Successful" */
	bool boot_seen;	    /* ROM or project line since the state began */
};

/* A state, with its deadline; all others are off. */
void upgrade_enter(struct upgrade *u, enum upgrade_state s, mono_t by);
/* AWAITS. */
void upgrade_awaits(struct upgrade *u, mono_t now);
/* A command whose answer is awaited; none is any more. */
void upgrade_say(struct upgrade *u, const char *command, mono_t now);
void upgrade_answered(struct upgrade *u);
/* The outcome is known; what was changed is put back. Ended, as it was found out. */
void upgrade_finish(struct upgrade *u, enum upgrade_end end, mono_t now);
void upgrade_over(struct upgrade *u);
/* RESTORES: says OtaUrl again, not before hold; the device has given up, or started. */
void upgrade_put_back(struct upgrade *u, mono_t now);
void upgrade_gave_up(struct upgrade *u, mono_t now);
/* What OtaUrl is set to for that. */
const char *upgrade_old_value(const struct upgrade *u);
/* Ends that come while the device may still be trying. */
bool upgrade_still_may(enum upgrade_end end);
bool upgrade_replan(struct upgrade *u, bool insist);
/* Between Upgrade 1 and the version that comes up. */
bool upgrade_under_way(const struct upgrade *u);
/* The device restarts, or may have done so. */
void upgrade_restarts(struct upgrade *u, mono_t now);
/* One of the questions at the beginning; the next of them. */
void upgrade_ask(struct upgrade *u, enum question q, mono_t now);
void upgrade_next_question(struct upgrade *u, mono_t now);

#endif
