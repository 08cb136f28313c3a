/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From what was found to causes, with their likelihood, and to next steps, most useful first: a
 * table of rules, and a table of builds that are known for a fault.
 */
#ifndef TASMITE_CORE_TASMOTA_ADVICE_H
#define TASMITE_CORE_TASMOTA_ADVICE_H

#include <stdbool.h>

#include "tasmite/core/tasmota/doctor.h"

/* X(ID, "name") of the actions. */
#define ADVICE_TABLE(X)                       \
	X(FLASH_OTHER, "flash_other_build")   \
	X(ERASE_FLASH, "erase_and_flash")     \
	X(FLASH_FULL, "flash_full_build")     \
	X(SET_WIFI, "set_wifi")               \
	X(CHECK_SSID, "check_ssid")           \
	X(CHECK_PASSWORD, "check_password")   \
	X(CHECK_POWER, "check_power")         \
	X(SET_BAUD, "set_baud")               \
	X(RELEASE_GPIO0, "release_gpio0")     \
	X(USE_FACTORY, "use_factory_image")   \
	X(USE_DOUT, "use_dout")               \
	X(WIFICONFIG_2, "wificonfig_2")       \
	X(WAIT_FOR_AP, "wait_for_ap")         \
	X(MQTT_HOST, "check_mqtt_host")       \
	X(MQTT_LOGIN, "check_mqtt_login")     \
	X(SERIALLOG_ON, "seriallog_on")       \
	X(STOP_CYCLING, "stop_power_cycling") \
	X(SEND_STATUS, "send_status_0")       \
	X(FREE_SPACE, "free_space_minimal")   \
	X(NONE, "none")

enum advice_action {
#define ADVICE_ENUM(id, name) ADVICE_##id,
	ADVICE_TABLE(ADVICE_ENUM)
#undef ADVICE_ENUM
	    ADVICE_ACTIONS
};

struct advice_step {
	enum advice_action action;
	int likelihood;	   /* percent: how likely it is that this helps */
	const char *cause; /* what would be the matter */
	char text[200];	   /* what to do */
	char command[80];  /* that does it, "" when it is done by hand */
};

#define ADVICE_STEPS 6

/* Writes the steps, best first; returns how many (at least one: "none" when nothing is to do). */
unsigned advice_steps(const struct doctor_view *v, struct advice_step steps[ADVICE_STEPS]);
const char *advice_action_name(enum advice_action action);
/* The finding in words, for people. */
void advice_finding_text(
    const struct doctor_view *v, enum doctor_finding_id id, char *dst, size_t size);
/* The verdict in words. */
void advice_verdict_text(const struct doctor_view *v, enum doctor_key key, char *dst, size_t size);
/* Whether that build is in the table of bad ones; core and variant as the project line has them. */
bool advice_known_bad(const char *version, const char *core, const char *variant);
/* Failed joins after which it is named. */
#define ADVICE_BAD_JOINS 2

#endif
