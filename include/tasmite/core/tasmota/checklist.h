/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of a device as a list with marks, in the words of the screen and of reports: does it
 * start, what runs, does it join, and so on.
 */
#ifndef TASMITE_CORE_TASMOTA_CHECKLIST_H
#define TASMITE_CORE_TASMOTA_CHECKLIST_H

#include <stdint.h>

#include "tasmite/core/tasmota/doctor.h"
#include "tasmite/core/tasmota/facts.h"

/* X(ID, "word for commands", "label") in the order of the list. */
/* clang-format off */
#define CHECKLIST_TABLE(X)                             \
	X(CHECKLIST_BOOTS, "boots", "Boots")               \
	X(CHECKLIST_FIRMWARE, "firmware", "Firmware")      \
	X(CHECKLIST_WIFI, "wifi", "Wi-Fi")                 \
	X(CHECKLIST_AP, "access_point", "Access point")    \
	X(CHECKLIST_IP, "ip", "IP address")                \
	X(CHECKLIST_WEB, "web", "Web server")              \
	X(CHECKLIST_MQTT, "mqtt", "MQTT")                  \
	X(CHECKLIST_UPGRADE, "upgrade", "Upgrade")         \
	X(CHECKLIST_CONSOLE, "console", "Console")
/* clang-format on */

enum checklist_key {
#define CHECKLIST_ENUM(id, word, label) id,
	CHECKLIST_TABLE(CHECKLIST_ENUM)
#undef CHECKLIST_ENUM
	    CHECKLIST_KEYS
};

struct checklist_row {
	enum checklist_key key;
	enum doctor_state state;
	char label[24]; /* "Wi-Fi", `Wi-Fi "home"` where the name is short */
	char text[128]; /* the reason; "" nothing is known */
	uint64_t line;	/* it rests on, as the doctor counts; 0 none */
};

/* Fills all rows, in the order of enum checklist_key. */
void checklist(
    const struct doctor_view *v, const struct facts *f, struct checklist_row rows[CHECKLIST_KEYS]);
/* Lines that a row rests on, rising and each once, at most max; returns how many. Those of its
 * verdict and of the findings about the same thing. */
unsigned checklist_lines(
    const struct doctor_view *v, enum checklist_key key, uint64_t *lines, unsigned max);
/* The word for commands; the key of a word, CHECKLIST_KEYS when there is none such. */
const char *checklist_word(enum checklist_key key);
enum checklist_key checklist_find(const char *word);

#endif
