/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Knowing a pseudo-terminal again. When one has ended its number is free, and the next program that
 * wants a terminal gets it: what then has the name may be the shell in somebody's window, whose keys
 * would be read from under it.
 */
#ifndef TASMITE_IO_PTYMARK_H
#define TASMITE_IO_PTYMARK_H

#include <stdbool.h>
#include <stdint.h>

struct ptymark {
	bool pty;	/* the name leads to a pseudo-terminal; else the others are 0 */
	uint64_t links; /* the symbolic links on the way to it: which, and when they were made */
	uint64_t node;	/* its node, and when that was made */
};

/* Follows the name, of a file in /dev if there is no slash in it. */
void ptymark_take(const char *name, struct ptymark *m);
/* The name leads by the same links to another pseudo-terminal than before. Where a link was made anew
 * somebody meant the one that is there now. */
bool ptymark_is_another(const struct ptymark *before, const struct ptymark *now);

#endif
