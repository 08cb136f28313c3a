/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the files of ports, and for their tests: the same look-ups below other roots than /dev,
 * /sys and /proc.
 */
#ifndef TASMITE_IO_PORTS_INT_H
#define TASMITE_IO_PORTS_INT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "tasmite/base/err.h"
#include "tasmite/io/ports.h"

struct ports_roots {
	const char *dev, *sys, *proc; /* without a slash at the end, links resolved */
	bool library;		      /* names from libserialport; else all of sys/class/tty */
};

/* This machine. */
extern const struct ports_roots ports_here;

size_t ports_list_at(const struct ports_roots *r, struct port_info *list, size_t max);
bool ports_describe_at(const struct ports_roots *r, const char *path, struct port_info *info);
void ports_find_holders_at(const struct ports_roots *r, struct port_info *list, size_t n);
void ports_suspect_at(const struct ports_roots *r, struct port_info *info);
int ports_resolve_at(
    const struct ports_roots *r, const char *word, char *path, size_t size, struct err *err);
int ports_only_one_at(const struct ports_roots *r, char *path, size_t size, struct err *err);
int ports_find_key_at(
    const struct ports_roots *r, const char *key, char *path, size_t size, struct err *err);

/* Fills the rest of info (its name is given) from sysfs and the by-id links. */
void ports_sysfs_fill(const struct ports_roots *r, struct port_info *info);
/* Whether sys/class/tty has that name. */
bool ports_sysfs_has(const struct ports_roots *r, const char *name);
/* n bytes of what an adapter says, as valid UTF-8 without control characters. */
void ports_clean(char *dst, size_t size, const char *src, size_t n);
/* A file's first line, without control characters; false when there is none. */
bool ports_read_line(const char *path, char *dst, size_t size);
/* The last part of the link's target; false when it is no link. */
bool ports_link_base(const char *path, char *dst, size_t size);
/* Order for people: ttyUSB2 before ttyUSB10. */
int ports_name_cmp(const char *a, const char *b);

#endif
