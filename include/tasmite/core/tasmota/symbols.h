/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of functions by address, out of an ELF file of a build (32 bits, little-endian, Xtensa or
 * RISC-V) or out of the map file of GNU ld. Read piece by piece through a callback, since ELF files
 * with debug information have tens of megabytes: only the symbol table and its names are taken.
 * Sources: System V ABI, ELF chapter; the manual of GNU ld, section on map files; the Itanium C++
 * ABI for mangled names.
 */
#ifndef TASMITE_CORE_TASMOTA_SYMBOLS_H
#define TASMITE_CORE_TASMOTA_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"

/* Where the file's bytes come from. */
struct symbols_source {
	/* n bytes at offset into dst, all of them; false: they are not there, or could not be read. */
	bool (*read)(void *ctx, uint64_t offset, void *dst, size_t n);
	void *ctx;
	uint64_t size; /* bytes of the file */
};

struct symbols;
/* A file that is being read. */
struct symbols_reading;

/* Begins; what from->ctx is must live until symbols_end. */
struct symbols_reading *symbols_begin(const struct symbols_source *from);
/* A slice of the work, of a few ms at most. ERR_AGAIN: there is more; ERR_OK: *out has them, owned by
 * the caller; else err as of symbols_read. After these symbols_end must follow. */
int symbols_step(struct symbols_reading *r, struct symbols **out, struct err *err);
/* Also in the middle; NULL is allowed. */
void symbols_end(struct symbols_reading *r);
/* All at once. NULL with err: neither ELF nor map, for another machine, without a symbol table, damaged. Owned by
 * the caller. */
struct symbols *symbols_read(const struct symbols_source *from, struct err *err);
/* NULL is allowed. */
void symbols_free(struct symbols *s);
/* Functions that are known. */
size_t symbols_count(const struct symbols *s);
/* "ELF for Xtensa", "ELF for RISC-V", "map file". */
const char *symbols_kind(const struct symbols *s);
/* The function in which the address lies: its name, readable, and how far behind its start. False:
 * in none. s may be NULL. */
bool symbols_find(
    const struct symbols *s, uint32_t address, char *name, size_t size, uint32_t *behind);
/* "_Z12MqttReconnecti" as "MqttReconnect", "_ZN4Json5parseEv" as "Json::parse"; what is not mangled,
 * or in a form that is not read here, as it is. */
void symbols_readable(const char *mangled, char *dst, size_t size);

#endif
