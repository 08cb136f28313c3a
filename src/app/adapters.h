/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of each adapter: its lines, the reset sequence that worked. One small JSON
 * file in the state folder; adapters are known by USB serial number or place. */
#ifndef TASMITE_APP_ADAPTERS_H
#define TASMITE_APP_ADAPTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "tasmite/base/err.h"

struct adapter {
	char dtr[8]; /* "on", "off", or "" nothing remembered */
	char rts[8];
	uint32_t baud;	/* the rate that worked where a faster one did not; 0 nothing remembered */
	char reset[24]; /* name of a sequence, or "" */
};

/* What is remembered of key; all empty when nothing is. Unreadable files count as empty. */
void adapters_get(const char *key, struct adapter *a);
/* Remembers; the file is replaced atomically, mode 0600. */
int adapters_put(const char *key, const struct adapter *a, struct err *err);

#endif
