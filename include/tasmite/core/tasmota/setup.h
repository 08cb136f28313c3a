/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The set-up of a device as a form: what it has now (from Status 0), what it shall have, and the
 * commands that lead from the one to the other. Pure.
 */
#ifndef TASMITE_CORE_TASMOTA_SETUP_H
#define TASMITE_CORE_TASMOTA_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/core/tasmota/backlog.h"

/* X(ID, "label", "command", secret, "what it is") */
/* clang-format off */
#define SETUP_TABLE(X)                                                                  \
	X(SETUP_SSID1, "Wi-Fi 1", "SSId1", false, "network name")                       \
	X(SETUP_KEY1, "  password", "Password1", true, "")                              \
	X(SETUP_SSID2, "Wi-Fi 2", "SSId2", false, "tried when the first fails")         \
	X(SETUP_KEY2, "  password", "Password2", true, "")                              \
	X(SETUP_HOST, "MQTT host", "MqttHost", false, "name or address")                \
	X(SETUP_PORT, "  port", "MqttPort", false, "")                                  \
	X(SETUP_USER, "  user", "MqttUser", false, "")                                  \
	X(SETUP_PASS, "  password", "MqttPassword", true, "")                           \
	X(SETUP_TOPIC, "  topic", "Topic", false, "of this device alone")               \
	X(SETUP_NAME, "Device name", "FriendlyName1", false, "")                        \
	X(SETUP_MODULE, "Module", "Module", false, "number; 0: the template")           \
	X(SETUP_TEMPLATE, "Template", "Template", false, "{\"NAME\":...}, from 6.5 on") \
	X(SETUP_ZONE, "Time zone", "Timezone", false, "-13 to 14; 99: by its rules")

/* clang-format on */

enum setup_field {
#define SETUP_ENUM(id, ...) id,
	SETUP_TABLE(SETUP_ENUM)
#undef SETUP_ENUM
	    SETUP_FIELDS
};

#define SETUP_SIZE 1024

struct setup {
	char now[SETUP_FIELDS][SETUP_SIZE];  /* "" unknown or empty; secrets never */
	char want[SETUP_FIELDS][SETUP_SIZE]; /* "" of a secret: leave it */
	uint32_t fw;			     /* its version, 0 not known */
	bool known;			     /* the device has told something */
	bool named;			     /* it has a DeviceName of its own (8.4) */
};

/* Of the table; the field must be below SETUP_FIELDS. */
const char *setup_label(enum setup_field f);
/* Its value is a password. */
bool setup_secret(enum setup_field f);
/* What belongs into it, "" nothing to say. */
const char *setup_hint(enum setup_field f);
/* The command that sets it; the device's name has two. */
const char *setup_command(const struct setup *s, enum setup_field f);
/* The field of that command ("SSId1"), any case; SETUP_FIELDS: none. */
enum setup_field setup_find(const char *command);

/* A line of the device: one of the answers to Status 0 adds to `now`. True when it was one. */
bool setup_status(struct setup *s, const char *line, size_t n);
/* What is to be set becomes what is. */
void setup_start(struct setup *s);

/* Why what the field holds can't be set (true), or what is to be known of it. */
bool setup_trap(const struct setup *s, enum setup_field f, char *why, size_t size);
/* Adds the commands for what is to change; all: for all that is not empty. Returns how many. */
size_t setup_backlog(const struct setup *s, bool all, struct backlog *b);

/* A template as Tasmota takes it: {"NAME":"x","GPIO":[...],"FLAG":n,"BASE":n}. False with a reason. */
bool setup_template_ok(const char *json, char *why, size_t size);

#endif
