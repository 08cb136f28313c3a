/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenarios: text files that say what the world around the device is like (networks, broker,
 * power) and what befalls it. The grammar is described at the head of scenarios/default.scn.
 */
#ifndef SIM_TASMOTA_SCN_H
#define SIM_TASMOTA_SCN_H

#include "simapp.h"
#include "tasmota_ident.h"

enum scn_result { SCN_JOIN, SCN_NOT_FOUND, SCN_TIMEOUT, SCN_WRONG_KEY, SCN_NO_ADDRESS };

enum scn_anchor { SCN_AT_BOOT, SCN_AT_WIFI, SCN_AT_JOINED, SCN_AT_MQTT, SCN_AT_AP };

enum scn_action {
	SCN_EXCEPTION,
	SCN_WATCHDOG,
	SCN_BROWNOUT,
	SCN_RESTART,
	SCN_SILENT_DEATH,
	SCN_SAY,
	SCN_LOSE_WIFI,
	SCN_VISIT,
	SCN_SAFEBOOT
};

enum scn_mqtt { SCN_MQTT_OK, SCN_MQTT_REFUSED, SCN_MQTT_UNREACHABLE };

struct scn_net {
	bool any; /* stands for every SSID that is not named elsewhere */
	char ssid[33];
	bool has_key;
	char key[65];
	int rssi;
	int channel;
	char bssid[18];
	bool hidden;
	enum scn_result result;
	int64_t after; /* microseconds from the attempt's begin; 0 = the result's usual time */
};

struct scn_event {
	enum scn_anchor anchor;
	int64_t delay;
	enum scn_action action;
	int number; /* of the exception */
	uint32_t epc, vaddr;
	char text[160];
	unsigned times; /* 0 = every boot */
};

struct scn_term {
	enum { SCN_T_VERSION, SCN_T_CORE, SCN_T_VARIANT, SCN_T_BOOT } kind;
	enum scn_op { SCN_LT, SCN_LE, SCN_EQ, SCN_NE, SCN_GE, SCN_GT } op;
	uint32_t value;
	char text[24];
	bool negate;
};

struct scn_rule {
	struct scn_term term[8];
	unsigned terms;
	enum {
		SCN_R_NET,
		SCN_R_JOINS,
		SCN_R_MQTT,
		SCN_R_SOFTAP,
		SCN_R_IP,
		SCN_R_NTP,
		SCN_R_TIME,
		SCN_R_UPGRADE,
		SCN_R_EVENT
	} kind;
	struct scn_net net; /* NET; JOINS uses result and after */
	struct scn_event event;
	bool flag; /* JOINS: overrides; SOFTAP: ok; NTP: on; UPGRADE: forgets */
	enum scn_mqtt mqtt;
	int rc;
	uint32_t ip;
	int64_t epoch;
	unsigned fired; /* EVENT: how often it has happened */
};

struct scn {
	struct scn_rule *rule;
	size_t n, room;
};

/* What holds for one boot of one build. */
struct scn_now {
	const struct scn *scn;
	bool active[256]; /* rule i applies */
	bool joins_set;
	enum scn_result joins;
	int64_t joins_after;
	enum scn_mqtt mqtt;
	int rc;
	bool softap;
	uint32_t ip;
	bool ntp;
	bool forgets; /* minimal and safeboot do not know what they were to fetch */
	int64_t epoch;
};

/* Reads a scenario. On error returns false with "line N: ..." in err. Freed by scn_free either
 * way. */
bool scn_parse(struct scn *s, const char *text, char *err, size_t errsize);
void scn_free(struct scn *s);
/* Which rules hold for this build at its `boot`-th start (from 1). */
void scn_resolve(
    struct scn_now *now, const struct scn *s, const struct tas_build *b, unsigned boot);
/* The network that answers to an SSID, or NULL. */
const struct scn_net *scn_network(const struct scn_now *now, const char *ssid);
/* What an attempt with these credentials ends in; *net may be NULL, *after in microseconds. */
enum scn_result scn_attempt(const struct scn_now *now, const char *ssid, const char *key,
    const struct scn_net **net, int64_t *after);

#endif
