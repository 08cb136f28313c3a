/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page with which a device answers an upload to its web page: whether it took the file. Texts:
 * Tasmota's source, 6.1.1 to 15.2 (English; other languages are told as they are).
 */
#ifndef TASMITE_CORE_TASMOTA_UPLOADPAGE_H
#define TASMITE_CORE_TASMOTA_UPLOADPAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum upload_result {
	UPLOAD_UNKNOWN, /* it says neither: its log and its restart tell */
	UPLOAD_TAKEN,
	UPLOAD_REFUSED,
	UPLOAD_LOGIN,  /* it wants its password */
	UPLOAD_NO_PAGE /* this is no Tasmota, or it has no such page (minimal web server) */
};

/* Reads the answer (n bytes, hostile). said becomes what it says, without tags, in printable
 * characters, cut where it is long; *advice what to do, NULL nothing. */
enum upload_result upload_page_read(
    unsigned status, const char *page, size_t n, char *said, size_t size, const char **advice);
/* Whether a page (terminated, hostile) has the form for uploads on it. */
bool upload_page_form(const char *page);
/* The version at the foot of each page ("Tasmota 14.2.0 by ..."), as 0xMMmmpprr; variant becomes
 * "minimal" where it warns of that (a safeboot does so too), else what stands behind the version.
 * False: there is none. */
bool upload_page_version(const char *page, uint32_t *version, char *variant, size_t size);

#endif
