/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which old bytes a piece of new data is like: code that has moved is the same bytes but for some
 * addresses in it, so what it is less the old bytes at the right place is mostly zeros, and that
 * deflates to much less than any window makes of it.
 */
#ifndef TASMITE_PROTO_DIFFER_H
#define TASMITE_PROTO_DIFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIFFER_OLD_MAX 49152u /* bytes of old data */
#define DIFFER_NEW_MAX 4096u
#define DIFFER_UNIT    4096u   /* known or unknown */
#define DIFFER_NONE    0xFFFFu /* like nothing: the bytes themselves */

struct differ_part {
	uint16_t length; /* > 0 */
	uint16_t old;	 /* where the old bytes begin, or DIFFER_NONE */
};

struct differ;

struct differ *differ_new(void);
void differ_free(struct differ *d); /* NULL allowed */
/* Takes n bytes (n up to DIFFER_NEW_MAX) apart into at most `most` (2 and more) parts, together n
 * long; returns how many. Of the old bytes only units that `known` says are looked at. `hint` is
 * where the old bytes of what came before ended (DIFFER_NONE: nowhere). */
size_t differ_find(struct differ *d, const uint8_t *old, size_t old_n,
    const bool known[DIFFER_OLD_MAX / DIFFER_UNIT], const uint8_t *bytes, size_t n, uint16_t hint,
    struct differ_part *parts, size_t most);

#endif
