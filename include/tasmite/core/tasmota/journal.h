/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was tried in this session, for the report: commands that were sent (masked already), work on
 * the flash, what was known before it; and how the joins of each network went. Bounded: the oldest
 * entries go.
 */
#ifndef TASMITE_CORE_TASMOTA_JOURNAL_H
#define TASMITE_CORE_TASMOTA_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"
#include "tasmite/core/tasmota/logline.h"

#define JOURNAL_ENTRIES 64
#define JOURNAL_NETS	6
#define JOURNAL_NAMES	24
/* An SSID has up to 32 bytes. */
#define JOURNAL_NAME 33

enum journal_kind {
	JOURNAL_SENT,  /* a line for the device */
	JOURNAL_WORK,  /* on the flash: written, erased, copied */
	JOURNAL_STATE, /* what held before that work */
	JOURNAL_STEP   /* of the recovery */
};

struct journal_entry {
	enum journal_kind kind;
	mono_t time;
	bool bad;	/* it did not work */
	unsigned times; /* the same again right after it */
	char text[240];
};

/* How a network's joins went with the present firmware. */
struct journal_net {
	char ssid[JOURNAL_NAME];
	unsigned not_found, timeout, refused, no_ip, joined;
	bool in_scan; /* a scan has seen it */
	bool good;    /* the last join worked */
};

struct journal {
	struct journal_entry entry[JOURNAL_ENTRIES]; /* a ring */
	unsigned count, next;
	uint64_t left_out; /* entries that are gone */
	struct journal_net net[JOURNAL_NETS];
	unsigned nets;
	int trying;	   /* net whose join runs, -1 none */
	bool scanned;	   /* a scan told networks */
	char written[240]; /* the file that was written last; "" none */
	mono_t written_at;
	bool written_bad;			 /* it went wrong */
	char names[JOURNAL_NAMES][JOURNAL_NAME]; /* of networks: what a report shortens */
	unsigned name_count;
};

/* Nothing was tried. */
void journal_init(struct journal *j);
void journal_add(struct journal *j, enum journal_kind kind, bool bad, mono_t now, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));
/* A line that was sent, masked. */
void journal_sent(struct journal *j, const char *line, size_t n, mono_t now);
/* A line of the device was read. */
void journal_event(struct journal *j, const struct logline *ev);
/* Other firmware is in the flash: joins are counted from anew. */
void journal_rewritten(struct journal *j);
/* The i-th entry, oldest first; NULL beyond. */
const struct journal_entry *journal_at(const struct journal *j, unsigned i);

#endif
