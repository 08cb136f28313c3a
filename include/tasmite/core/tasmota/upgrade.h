/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An upgrade over the air, as a model: what the files and the device are in, whether and how it can go
 * out (the plan); then the device's lines and what the server saw in, the commands for its console, the
 * state of things and the end out (the follower). It sends nothing, serves nothing, reads no clock.
 *
 * Facts: Tasmota's source, 6.1.1 to 15.2 (commands OtaUrl, Upgrade and what follows them), the Arduino
 * cores' updaters (what they ask a server for, what they refuse), Tasmota's documentation (the steps
 * of old versions).
 */
#ifndef TASMITE_CORE_TASMOTA_UPGRADE_H
#define TASMITE_CORE_TASMOTA_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"
#include "tasmite/core/tasmota/logline.h"

/* ---- the plan -------------------------------------------------------------------------------- */

enum upgrade_form {
	UPGRADE_FORM_OTHER,   /* no firmware, or what no device takes over the air */
	UPGRADE_FORM_8266,    /* an image that starts at 0x0 */
	UPGRADE_FORM_ESP32,   /* an application of the ESP32 family */
	UPGRADE_FORM_FACTORY, /* all of an ESP32's flash: for the wire */
	UPGRADE_FORM_BACKUP   /* a copy of a flash: for the wire */
};

/* A file at hand. */
struct upgrade_file {
	bool have;
	bool packed;   /* with gzip */
	bool whole;    /* no fault was found in it */
	bool tasmota;  /* the firmware is Tasmota */
	bool safeboot; /* of an ESP32, that part alone */
	enum upgrade_form form;
	uint32_t size;	       /* bytes, as it is served */
	uint32_t version;      /* 0xMMmmpprr, exact; 0 not known */
	uint32_t at_least;     /* a lower bound of it; 0 not known */
	uint32_t flash_needed; /* bytes of flash that its header claims; 0 not known */
	char chip[24];	       /* "ESP8266", "ESP32-C3" */
	char variant[24];      /* "full", "minimal", "lite" ...; "" not known */
	char name[128];	       /* without folder */
};

/* What is served, in this order: names are made of it, never of a request. */
enum upgrade_part {
	UPGRADE_MAIN,	  /* NAME.bin */
	UPGRADE_MAIN_GZ,  /* NAME.bin.gz */
	UPGRADE_SMALL,	  /* NAME-minimal.bin */
	UPGRADE_SMALL_GZ, /* NAME-minimal.bin.gz */
	UPGRADE_PARTS
};

struct upgrade_device {
	char chip[24];	  /* "ESP8266EX", "ESP32-C3"; "" not known */
	uint32_t version; /* 0xMMmmpprr; 0 not known */
	char variant[32]; /* "minimal", "safeboot", "lite" ...; "" full or not known */
	int32_t free_kb;  /* `Free` of Status 4; -1 not known */
	int32_t flash_kb; /* `FlashSize` of it; -1 not known */
	char address[64]; /* in its network; "" none */
};

enum upgrade_reason {
	UPGRADE_GOOD,
	UPGRADE_NO_FILE, /* none, or no Tasmota, or no application */
	UPGRADE_NO_DAMAGED,
	UPGRADE_NO_CHIP,    /* for another chip */
	UPGRADE_NO_PACKED,  /* the running version takes no gzip */
	UPGRADE_NO_PATH,    /* versions between must be installed first */
	UPGRADE_NO_MINIMAL, /* it doesn't fit beside the running one, and there is no minimal */
	UPGRADE_NO_SPACE,   /* it never fits */
	UPGRADE_NO_ADDRESS, /* the device is in no network */
	UPGRADE_NO_NAME	    /* its address would be longer than OtaUrl may be */
};

#define UPGRADE_NOTES 4

struct upgrade_plan {
	enum upgrade_reason reason;
	bool insist;	  /* refused, but the user may insist */
	bool via_minimal; /* the device will fetch the minimal build first, by itself */
	bool stranded;	  /* it runs minimal or safeboot: half of the way is done */
	bool esp32;
	enum upgrade_part first; /* what OtaUrl names: UPGRADE_MAIN or UPGRADE_MAIN_GZ */
	enum upgrade_part small; /* via_minimal: which of the two */
	bool serve[UPGRADE_PARTS];
	char name[UPGRADE_PARTS][48]; /* as served; "" no such name */
	uint32_t expect;	      /* version that must come up; 0: not known */
	uint32_t at_least;	      /* ... then not below that */
	char expect_variant[24];      /* "" : any that is neither minimal nor safeboot */
	uint32_t next_step;	      /* NO_PATH: the version to be installed first */
	char text[200];		      /* refused: what is wrong */
	char advice[240];	      /* refused: what to do instead */
	char note[UPGRADE_NOTES][160];
	unsigned notes;
};

/* file has UPGRADE_PARTS entries; MAIN or MAIN_GZ is what the user named. insist: what may be
 * overridden is. False when refused; out tells all in both cases. */
bool upgrade_plan(const struct upgrade_file *file, const struct upgrade_device *dev, bool insist,
    struct upgrade_plan *out);
/* The next version that an old one must take on its way over the air to `to`; 0: it may go there at
 * once. */
uint32_t upgrade_step(uint32_t from, uint32_t to);
/* Longest OtaUrl that a version keeps, bytes. */
size_t upgrade_url_max(uint32_t version);
/* "8.5.1", "9.1.0.2" (a last part of 0 is left out). */
const char *upgrade_version_text(uint32_t version, char *dst, size_t size);

/* ---- the follower ---------------------------------------------------------------------------- */

enum upgrade_state {
	UPGRADE_ASKS,	  /* what the device is and what its OtaUrl was */
	UPGRADE_READY,	  /* all is known: upgrade_go or upgrade_cancel is awaited */
	UPGRADE_SETS,	  /* OtaUrl */
	UPGRADE_STARTS,	  /* Upgrade 1 */
	UPGRADE_AWAITS,	  /* the device's request */
	UPGRADE_SENDS,	  /* bytes are on their way */
	UPGRADE_WRITES,	  /* all are out: its word and its restart are awaited */
	UPGRADE_RESTARTS, /* it does; its version is awaited */
	UPGRADE_BETWEEN,  /* minimal or safeboot is up: its request is awaited */
	UPGRADE_RESTORES, /* the old OtaUrl */
	UPGRADE_ENDED
};

enum upgrade_end {
	UPGRADE_END_NONE, /* not yet */
	UPGRADE_END_DONE, /* the version that was to come has been read from the log */
	UPGRADE_END_CANCELLED,
	UPGRADE_END_MUTE,	/* the console answers nothing */
	UPGRADE_END_NOT_TAKEN,	/* OtaUrl or Upgrade was refused */
	UPGRADE_END_NO_REQUEST, /* the device never asked for the file */
	UPGRADE_END_REFUSED,	/* the device said Failed, or did not take the file */
	UPGRADE_END_CUT,	/* transfers broke off, and it asked no more */
	UPGRADE_END_RESET,	/* it restarted in the middle, with the old version */
	UPGRADE_END_SAME,	/* it came up with another version than the file's */
	UPGRADE_END_HALF,	/* minimal or safeboot runs and fetched nothing more */
	UPGRADE_END_NOT_BACK,	/* nothing was heard any more after its restart */
	UPGRADE_END_PORT	/* the port went away for good */
};

/* Why no request came: what can be said of each from here. Most likely first. */
enum upgrade_cause_id {
	UPGRADE_CAUSE_NETWORK,	 /* another network than this machine's */
	UPGRADE_CAUSE_ISOLATION, /* the access point keeps its clients apart */
	UPGRADE_CAUSE_FIREWALL,	 /* of this machine */
	UPGRADE_CAUSE_ADDRESS,	 /* the address in OtaUrl is not what it was set to */
	UPGRADE_CAUSES
};
enum upgrade_likely { UPGRADE_UNKNOWN, UPGRADE_UNLIKELY, UPGRADE_LIKELY };
struct upgrade_cause {
	enum upgrade_cause_id id;
	enum upgrade_likely likely;
	char text[160];
};

/* What the caller could find out about the way between the two. */
struct upgrade_reach {
	bool same_network; /* an interface of this machine is in the device's network */
	bool answers;	   /* something came from the device's address: it is reached from here */
	bool silent;	   /* it was called, and there is no way to it, or nobody at its address */
	char filter[24]; /* a packet filter that is known to be on here: "ufw"; "" none is known */
	char stranger[64]; /* somebody else came for the file; "" nobody */
	char device[64];   /* its address, as it told */
	unsigned port;	   /* of the server; 0 none */
};

/* A request that the server has answered. */
struct upgrade_request {
	int part;	    /* enum upgrade_part; -1: none of the names, it was refused */
	bool head;	    /* asks for no body */
	uint32_t total;	    /* bytes of the body; 0 when it was refused */
	int32_t free_space; /* bytes, as the device reports in its headers; -1 not told */
	char version[24];   /* as it reports; "" not told */
	char path[80];	    /* refused: what was asked for, made printable */
};

/* For the panel. */
struct upgrade_view {
	enum upgrade_state state;
	enum upgrade_end end;
	enum upgrade_end
	    outcome;	      /* as end, but known while the old OtaUrl is still being put back */
	bool late;	      /* nothing came within 20 s: see upgrade_causes */
	bool changed;	      /* OtaUrl was set to another, or that was tried */
	bool restored;	      /* OtaUrl is what it was */
	bool quiet;	      /* RESTORES: the device may still be trying: it gives up first */
	bool away;	      /* the port is: nothing is heard, nothing can be said */
	bool was_away;	      /* it was, for a while: not all was heard */
	int part;	      /* that is on its way, or was last; -1 none yet */
	uint32_t sent, total; /* bytes of it */
	uint32_t rate;	      /* bytes per second of this transfer; 0 not known */
	unsigned requests, refused, attempts, restarts, broken;
	int32_t free_space; /* as the device told, bytes; -1 not */
	uint32_t from, now; /* versions: before, and the last one read */
	char variant[32];   /* of the last one read */
	char said[120];	    /* the device's reason, as it said it */
	uint64_t revision;
};

struct upgrade;

/* An upgrade by files (url NULL: upgrade_serve follows), or from a server of one's own. The strings
 * are copied. known: what is known of the device already; it is asked all the same. */
struct upgrade *upgrade_new(const struct upgrade_file *file, const char *url,
    const struct upgrade_device *known, mono_t now);
/* The files, where they were not known when it was made (file NULL). */
void upgrade_take_files(struct upgrade *u, const struct upgrade_file *file);
/* NULL allowed. */
void upgrade_free(struct upgrade *u);
/* READY: what the device is by now, and the plan for the files. */
const struct upgrade_device *upgrade_device(const struct upgrade *u);
const struct upgrade_plan *upgrade_planned(const struct upgrade *u);
/* Takes the plan as it is, or with what may be overridden; false when it is refused. */
bool upgrade_insist(struct upgrade *u, bool insist);
/* READY: goes. url: the address of plan.name[plan.first] that the server made (own server: NULL).
 * False when it is too long for the device, or the plan is refused. */
bool upgrade_go(struct upgrade *u, const char *url, mono_t now);
/* Ends the work; the old OtaUrl is put back, as soon as the device tries no more: it reads OtaUrl anew
 * for each attempt, and would fetch what the old one names. */
void upgrade_cancel(struct upgrade *u, mono_t now);
/* The port went away, and may come back: nothing is sent meanwhile. What the device does over its
 * network goes on, and is followed as far as the server sees it. What was to be put back waits. */
void upgrade_port_away(struct upgrade *u, mono_t now);
void upgrade_port_back(struct upgrade *u, mono_t now);
/* Ends it at once (the port is gone for good, the user does not want to wait): what was not put back
 * stays so. */
void upgrade_port_gone(struct upgrade *u);

/* A line of the device was read: as it came, before any masking, else a password in the old OtaUrl
 * could not be put back (it is then left alone, and view.restored stays false). */
void upgrade_line(struct upgrade *u, const struct logline *ev, mono_t now);
/* The server: a request was answered; n bytes more of its body went out; it ended, whole or not. */
void upgrade_asked(struct upgrade *u, const struct upgrade_request *r, mono_t now);
void upgrade_sent(struct upgrade *u, uint32_t n, mono_t now);
void upgrade_closed(struct upgrade *u, bool whole, mono_t now);
/* Deadlines. */
void upgrade_tick(struct upgrade *u, mono_t now);
mono_t upgrade_deadline(const struct upgrade *u);
/* The next command for the console, once each; NULL: none now. It is sent again when no answer comes.
 * Valid until the next call. */
const char *upgrade_command(struct upgrade *u, mono_t now);
/* The server is needed no more. */
bool upgrade_served(const struct upgrade *u);
/* What the device's OtaUrl was; NULL not known. May hold a password. */
const char *upgrade_old_url(const struct upgrade *u);

/* What it has come to. Valid as long as u. */
const struct upgrade_view *upgrade_view(const struct upgrade *u);
/* Why no request came, most likely first; fills out[UPGRADE_CAUSES]. */
void upgrade_causes(const struct upgrade_reach *reach, struct upgrade_cause *out);
/* The end in words: what happened, what state the device is in, what to do. */
void upgrade_end_words(const struct upgrade *u, char *dst, size_t size);
/* The state in a few words: "waits for the device's request". */
const char *upgrade_state_words(enum upgrade_state s);
/* What it does now, in a line: the state, and what it waits for. */
void upgrade_now_words(const struct upgrade_view *v, char *dst, size_t size);
/* The command that puts the old OtaUrl back, for the user to type; a login in it is shown as stars.
 * False: what it was is not known. */
bool upgrade_restore_words(const struct upgrade *u, char *dst, size_t size);
/* For machines: "done", "no-request" ... */
const char *upgrade_end_name(enum upgrade_end e);

#endif
