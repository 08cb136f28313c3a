/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Follows a device through its log: events in (see logline.h), a state out. No I/O, no clock: a
 * line is known by its number. Verdicts are never bad without a line that shows it; the last state
 * counts, earlier troubles stay as findings. Memory is bounded whatever comes.
 */
#ifndef TASMITE_CORE_TASMOTA_DOCTOR_H
#define TASMITE_CORE_TASMOTA_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/core/tasmota/logline.h"

enum doctor_state { DOCTOR_UNKNOWN, DOCTOR_OK, DOCTOR_BAD, DOCTOR_TRYING };

enum doctor_key {
	DOCTOR_BOOT,
	DOCTOR_WIFI,
	DOCTOR_AP,
	DOCTOR_IP,
	DOCTOR_WEB,
	DOCTOR_MQTT,
	DOCTOR_UPGRADE,
	DOCTOR_KEYS
};

/* X(ID, "name", key it is about (DOCTOR_KEYS: none), 1: a trouble, 0: only a notice); the most
 * important first: causes before what follows from them. */
/* clang-format off */
#define DOCTOR_FINDINGS_TABLE(X)                                                                  \
	X(KNOWN_BAD, "known_bad_build", DOCTOR_WIFI, 1)                                           \
	X(NOT_TASMOTA, "not_tasmota", DOCTOR_KEYS, 1)                                             \
	X(GPIO0_LOW, "gpio0_low", DOCTOR_BOOT, 1)                                                 \
	X(WRONG_OFFSET, "wrong_flash_offset", DOCTOR_BOOT, 1)                                     \
	X(FLASH_CORRUPT, "flash_corrupt", DOCTOR_BOOT, 1)                                         \
	X(WRONG_MODE, "wrong_flash_mode", DOCTOR_BOOT, 1)                                         \
	X(BROWNOUT, "brownout", DOCTOR_BOOT, 1)                                                   \
	X(POWER, "power_supply_suspected", DOCTOR_BOOT, 1)                                        \
	X(EXCEPTION, "exception", DOCTOR_BOOT, 1)                                                 \
	X(PANIC, "panic", DOCTOR_BOOT, 1)                                                         \
	X(WATCHDOG, "watchdog", DOCTOR_BOOT, 1)                                                   \
	X(BOOT_LOOP, "boot_loop", DOCTOR_BOOT, 1)                                                 \
	X(WRONG_BAUD, "wrong_baud", DOCTOR_BOOT, 1)                                               \
	X(SETTINGS_LOST, "settings_lost", DOCTOR_KEYS, 1)                                         \
	X(NO_SSID, "no_ssid", DOCTOR_WIFI, 1)                                                     \
	X(WRONG_PASSWORD, "wrong_password", DOCTOR_WIFI, 1)                                       \
	X(NOT_FOUND, "ap_not_found", DOCTOR_WIFI, 1)                                              \
	X(WEAK, "weak_signal", DOCTOR_KEYS, 1)                                                    \
	X(NO_IP, "no_ip", DOCTOR_IP, 1)                                                           \
	X(AP_IP_UNSET, "ap_ip_unset", DOCTOR_AP, 1)                                               \
	X(FALLBACK, "fallback_opens_no_ap", DOCTOR_AP, 1)                                         \
	X(UPGRADE_SPACE, "upgrade_no_space", DOCTOR_UPGRADE, 1)                                   \
	X(UPGRADE_FAILED, "upgrade_failed", DOCTOR_UPGRADE, 1)                                    \
	X(MINIMAL, "minimal_running", DOCTOR_KEYS, 1)                                             \
	X(SAFEBOOT, "safeboot_running", DOCTOR_KEYS, 1)                                           \
	X(MQTT_REFUSED, "mqtt_refused", DOCTOR_MQTT, 1)                                           \
	X(MQTT_UNREACHABLE, "mqtt_unreachable", DOCTOR_MQTT, 1)                                   \
	X(POWER_CYCLES, "quick_power_cycles", DOCTOR_KEYS, 1)                                     \
	X(SERIAL_TAKEN, "serial_taken", DOCTOR_KEYS, 1)                                           \
	X(SERIAL_OFF, "serial_log_off", DOCTOR_KEYS, 1)                                           \
	X(OVERFLOW, "text_overflow", DOCTOR_KEYS, 1)                                              \
	X(CMD_UNKNOWN, "command_unknown", DOCTOR_KEYS, 1)                                         \
	X(CMD_ERROR, "command_error", DOCTOR_KEYS, 1)                                             \
	X(DEFAULTS, "settings_defaults", DOCTOR_KEYS, 0)
/* clang-format on */

enum doctor_finding_id {
#define DOCTOR_FINDING_ENUM(id, name, key, trouble) DOCTOR_F_##id,
	DOCTOR_FINDINGS_TABLE(DOCTOR_FINDING_ENUM)
#undef DOCTOR_FINDING_ENUM
	    DOCTOR_FINDINGS
};

struct doctor_verdict {
	enum doctor_state state;
	const char *reason; /* a word of the contract, never NULL */
	uint64_t line;	    /* that it rests on, 0: none */
	bool has_rc;
	int rc;		/* of MQTT */
	unsigned tries; /* failures of that kind in a row */
	char text[64];	/* address; reason of a failed upgrade */
};

/* Lines kept of a finding: the first ones and the newest. */
#define DOCTOR_LINES 16

struct doctor_finding {
	uint64_t count; /* lines it rests on; 0: it was not found */
	uint64_t lines[DOCTOR_LINES];
	unsigned kept;
	int cause;	 /* of an exception, -1 none */
	char detail[64]; /* what goes into its words: an SSID, a host, a reason; may be empty */
	char quote[160]; /* the newest line, not masked */
};

/* What is known. */
struct doctor_view {
	uint64_t boots, lines;
	bool recognised;  /* a line of a device was among them */
	const char *name; /* "tasmota", "sonoff", "other", "unknown" */
	char version[24], variant[32], core[16], chip[32];
	char ssid[48];
	uint32_t baud;	       /* that the device said it would use; 0 none */
	uint64_t project_line; /* that told the firmware; 0 none */
	uint64_t start_line; /* since then nothing was missed: of the last start, or behind a gap */
	struct doctor_verdict verdict[DOCTOR_KEYS];
	struct doctor_finding finding[DOCTOR_FINDINGS];
};

struct doctor;

/* Knows nothing; owned by the caller. */
struct doctor *doctor_new(void);
/* NULL is allowed. */
void doctor_free(struct doctor *d);
/* Bytes of a log as they come, cut anywhere. Lines are counted by LF, from 1; a CR ends one too. */
void doctor_bytes(struct doctor *d, const uint8_t *bytes, size_t n);
/* The log ends: what stands behind the last line end is a line too. */
void doctor_end(struct doctor *d);
/* One line without its end, with its number: the same for who has lines already. */
void doctor_line(struct doctor *d, const uint8_t *line, size_t n, uint64_t number);
/* The same, and what kind of line it was: valid until the next call with d, its texts as long as the
 * line. */
const struct logline *doctor_read(struct doctor *d, const uint8_t *line, size_t n, uint64_t number);
/* What lines alone have told, without what follows from all of them: for who follows each line. It
 * stays where it is and changes with each line. */
const struct doctor_view *doctor_told(const struct doctor *d);
/* What comes next is read at another rate, or after a pause: what was unreadable so far counts no
 * more. */
void doctor_gap(struct doctor *d);
/* Somebody restarts the device on purpose, now: that it stops without a word is no fault. */
void doctor_restarted(struct doctor *d);
/* What was written over or erased is gone: only boots, chip and numbers stay. */
void doctor_forget_firmware(struct doctor *d);
/* What the file that was written tells of its build ("classic"; "": nothing): the log of old firmware
 * does not say it. In force until other firmware is written. */
void doctor_written(struct doctor *d, const char *variant);
/* What is known now; valid until the next call with d. */
const struct doctor_view *doctor_view(struct doctor *d);

/* The words of the contract. */
const char *doctor_key_name(enum doctor_key key);
const char *doctor_state_name(enum doctor_state state);
const char *doctor_finding_name(enum doctor_finding_id id);
/* The key that a finding is about, DOCTOR_KEYS: none. */
enum doctor_key doctor_finding_key(enum doctor_finding_id id);
/* Something is wrong: a bad verdict, or a finding that is a trouble. */
bool doctor_has_problem(const struct doctor_view *v);

#endif
