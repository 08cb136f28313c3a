/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session as a page to paste in a forum: Markdown. What a device or a user has said goes
 * through report_private: secrets masked, names of networks and addresses of devices shortened.
 */
#ifndef TASMITE_CORE_TASMOTA_REPORT_H
#define TASMITE_CORE_TASMOTA_REPORT_H

#include <stdbool.h>

#include "tasmite/base/mono.h"
#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/crash.h"
#include "tasmite/core/tasmota/journal.h"
#include "tasmite/core/tasmota/secrets.h"

struct session;

/* A report is no longer. */
#define REPORT_MAX 65536

struct report_more {
	const char *version;	       /* of the program */
	const struct secrets *secrets; /* known in this session */
	const struct crash *crash;     /* the newest one, or NULL */
	const struct symbols *symbols; /* of /elf, or NULL */
	const char *elf;	       /* their file's name, or NULL */
	mono_t now;
};

/* The whole page. session_judge has to have been called. */
void report_write(const struct session *s, const struct report_more *more, struct sbuf *out);
/* "Device flashed ✔ · Firmware runs ✔ · Joins "ho…" ✘ AP not found (3)" */
void report_marks(const struct session *s, const struct secrets *secrets, struct sbuf *out);
/* The dump of a crash, as the page of /elf and the report have it. */
void report_crash(const struct session *s, const struct report_more *more, struct sbuf *out);
/* Text as it may be shown to everybody; one line, control bytes and what is no UTF-8 as "?". secrets
 * may be NULL. */
void report_private(const struct journal *j, const struct secrets *secrets, const char *text,
    size_t n, struct sbuf *out);
/* A network's name, shortened: "ho…". */
void report_ssid(const char *ssid, char *dst, size_t size);

#endif
