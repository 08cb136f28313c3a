/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The application's settings: a small map of names to texts, and its place in the eight settings
 * sectors of the flash (F4..FB), written in turn, with a save counter.
 */
#ifndef SIM_TASMOTA_SET_H
#define SIM_TASMOTA_SET_H

#include "simapp.h"

#define TAS_SET_TOP   0xFBU
#define TAS_SET_SLOTS 8U
#define TAS_SET_MAX   160 /* entries */

struct tas_set_entry {
	char key[24];
	char *val;
};

struct tas_set {
	struct tas_set_entry e[TAS_SET_MAX + 1];
	size_t n;
	uint32_t sector; /* number of the sector last read or written */
	uint32_t count;	 /* saves */
	bool dirty;
};

void tas_set_clear(struct tas_set *s);
/* "" when there is none. */
const char *tas_set_get(const struct tas_set *s, const char *key);
bool tas_set_has(const struct tas_set *s, const char *key);
long tas_set_num(const struct tas_set *s, const char *key, long def);
/* Marks the map dirty when the value differs. */
void tas_set_put(struct tas_set *s, const char *key, const char *val);
void tas_set_putn(struct tas_set *s, const char *key, long val);
void tas_set_del(struct tas_set *s, const char *key);
/* Bytes of text that SSIDs, keys, names and topics take (for the text area's limit). */
size_t tas_set_text(const struct tas_set *s);

/* Takes the newest valid copy; false when no sector holds one. */
bool tas_set_load(struct tas_set *s, const struct sim_app_host *host);
/* Writes the next sector down; with `first`, FB, and the other sectors are erased. */
void tas_set_save(struct tas_set *s, const struct sim_app_host *host, bool first);

#endif
