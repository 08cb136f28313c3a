/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images of the ESP32 family made for tests: applications, boot loaders, tables, factory files. */
#ifndef TESTS_UNIT_ESP32MAKER_H
#define TESTS_UNIT_ESP32MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct made32 {
	uint8_t *data; /* of malloc */
	size_t n;
};

/* What an application holds. */
struct made32_app {
	uint16_t chip;
	uint16_t min_revision, max_revision;
	bool sha;	     /* append a SHA-256 */
	const char *text;    /* strings separated by '\n', NULL none */
	const char *project; /* of the description; NULL none */
};

/* An application with a description and segments in flash, at the start of the buffer. */
struct made32 make32_app(const struct made32_app *app);
/* A boot loader: RAM alone, no description. */
struct made32 make32_loader(uint16_t chip);
/* Tasmota's words, for made32_app.text: full, and the safeboot build. */
extern const char make32_tasmota[], make32_safeboot[];

struct made32_row {
	uint8_t type, subtype;
	uint32_t offset, size;
	const char *name;
};

/* A table of 0xc00 bytes at p: rows up to one without a name, and their MD5. */
void make32_table(uint8_t *p, const struct made32_row *rows);
/* The layout of Tasmota since 12.0, and the two slots of before. */
extern const struct made32_row make32_since_12[], make32_before_12[];
/* An otadata record at p: sequence, state. */
void make32_otadata(uint8_t *p, uint32_t sequence, uint32_t state);

/* Boot loader, table, otadata choosing ota_0, and applications where the rows put them; each may
 * be NULL. Ends behind the last one. */
struct made32 make32_factory(uint16_t chip, uint32_t loader_offset, const struct made32_row *rows,
    const struct made32_app *factory, const struct made32_app *ota_0);

#endif
