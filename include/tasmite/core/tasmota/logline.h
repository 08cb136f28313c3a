/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One line of a device's log in, one typed event out: Tasmota from 3.x to 15.x in all its
 * languages, the boot ROMs, SDK and crash texts of ESP8266 and ESP32. Stamps that a terminal or a
 * syslog server put before the line, and garbage there, are passed over; a line that was cut at its
 * end is taken as far as it is unambiguous.
 * Most is matched by structure, since the words differ by language; the reasons of failures by the
 * words of logwords.h; ROM and crash texts by one automaton over a table of literals.
 */
#ifndef TASMITE_CORE_TASMOTA_LOGLINE_H
#define TASMITE_CORE_TASMOTA_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer lines are looked at as far as this. */
#define LOGLINE_MAX 6144

/* A piece of the line, not terminated. */
struct logtext {
	const char *p;
	size_t n;
};

/* X(ID, "id of log-patterns.tsv or an own name") and what the fields mean; fields not named are
 * empty, numbers 0. */
/* clang-format off */
#define LOGLINE_TABLE(X)                                                                          \
	X(NONE, "none")		       /* nothing that is known */                                \
	X(BLANK, "blank")                                                                         \
	X(GARBAGE, "garbage")	       /* num: unreadable characters */                           \
	X(PROJECT, "project")	       /* version variant core topic; num 1: of the sonoff era */ \
	X(MINIMAL, "minimal_warning")                                                             \
	X(HDW, "hdw")		       /* text: chip */                                           \
	X(DEFAULTS, "cfg_defaults")                                                               \
	X(LOADED, "cfg_loaded")	       /* num: count, -1 not told */                              \
	X(SAVED, "cfg_saved")                                                                     \
	X(OVERFLOW, "cfg_text_overflow")                                                          \
	X(FRC, "frc")		       /* num */                                                  \
	X(QPC_COUNT, "qpc_count")      /* num: count; of Flag XX: missing bits */                 \
	X(QPC_RESET, "qpc_reset")                                                                 \
	X(SET_BAUD, "set_baud")	       /* num: bit/s */                                           \
	X(SERIAL_OFF, "serial_off")                                                               \
	X(HW_SERIAL, "hw_serial")                                                                 \
	X(OVERRUN, "serial_overrun")                                                              \
	X(RESTARTING, "restarting")                                                               \
	X(BLOCKED, "blocked_loop")                                                                \
	X(ECHO, "cmd_echo")	       /* text: the command */                                    \
	X(PRESSES, "button_multi")     /* num: presses */                                         \
	X(CONNECTING, "wif_connecting") /* num: AP slot; text: SSID; text2: host; num2 1: whole */ \
	X(TESTING, "wif_test_connect") /* text: SSID */                                           \
	X(TIMEOUT, "wif_timeout")                                                                 \
	X(NOT_REACHED, "wif_not_reached")                                                         \
	X(WRONG_PASSWORD, "wif_wrong_pw_old")                                                     \
	X(FAILED, "wif_failed")                                                                   \
	X(NO_IP, "wif_no_ip")                                                                     \
	X(CONNECTED, "wif_connected")                                                             \
	X(TEST_OK, "wif_test_ok")      /* text: address */                                        \
	X(IPV4, "wif_ipv4")	       /* text: address */                                        \
	X(MANAGER, "wif_manager")                                                                 \
	X(MANAGER_FAILED, "wif_manager_failed")                                                   \
	X(SET_AP, "wif_ap_mode")                                                                  \
	X(NO_AP_MODE, "wif_no_ap_mode") /* text: Serial, SmartConfig, WPSConfig */                \
	X(WPS_FAILED, "wif_wps_failed")                                                           \
	X(SCANNED, "wif_scan_result")  /* text: SSID; num: RSSI dBm */                            \
	X(NO_NETWORKS, "wif_no_networks")                                                         \
	X(WIFI, "wif_other")	       /* another line of the Wi-Fi; num 1: it tries to join */   \
	X(WEB, "http_active")	       /* text: address, empty: "(IP unset)" */                   \
	X(WEB_STOPPED, "http_stopped")                                                            \
	X(CAPTIVE, "http_captive")                                                                \
	X(MQTT_TRY, "mqt_attempt")                                                                \
	X(MQTT_FAILED, "mqt_failed")   /* num: rc; text: host, text2: port */                     \
	X(MQTT_TLS, "mqt_tls_failed")                                                             \
	X(MQTT_OK, "mqt_connected")                                                               \
	X(MQTT_SEARCH, "mqt_mdns")     /* no host is set: a broker is searched */                 \
	X(GARBLED_TOPIC, "topic_garbage")                                                         \
	X(TIME, "time_sync")                                                                      \
	X(RESULT, "rsl_json")	       /* text: topic; text2: JSON or what stands behind "=" */   \
	X(UPGRADE_OK, "ota_done")                                                                 \
	X(UPGRADE_FAILED, "ota_failed") /* text: reason */                                        \
	X(UPGRADE_ERROR, "ota_error")  /* text: what it says */                                   \
	X(UPGRADE_URL, "ota_url_line") /* text: URL */                                            \
	X(UPGRADE_FILE, "ota_file")    /* text: file name */                                      \
	X(TASMOTA, "generic_tag")      /* another line of Tasmota */                              \
	X(ROM8266, "rom8266")	       /* num: reset cause; num2: boot mode */                    \
	X(ROM_WAIT, "rom8266_wait")    /* a loader waits for a host */                            \
	X(ROM_LOAD, "rom8266_load")                                                               \
	X(ROM_TAIL, "rom8266_tail")                                                               \
	X(APP_START, "rom8266_ld")     /* "~ld": the application is started */                    \
	X(CSUM_ERR, "rom8266_csumerr")                                                            \
	X(ETS_MAIN, "rom8266_etsmain")                                                            \
	X(WDT, "wdt8266")                                                                         \
	X(SOFT_WDT, "swdt8266")                                                                   \
	X(EXCEPTION, "exc8266")	       /* num: cause */                                           \
	X(EPC, "exc8266_epc")                                                                     \
	X(STACK, "stack8266")                                                                     \
	X(CTX, "ctx8266")                                                                         \
	X(ROM32, "rom32_ets")	       /* a ROM of the ESP32 family begins; text: chip, if told */ \
	X(RST32, "rom32_rst")	       /* num: reset; num2: boot; text, text2: their names */     \
	X(LOAD32, "rom32_load")	       /* num2 1: an application at the loader's place */         \
	X(INVALID32, "rom32_invalid")                                                             \
	X(FLASH_ERR, "rom32_flasherr")                                                            \
	X(MISC32, "rom32_misc")                                                                   \
	X(PARTS32, "boot32_part")                                                                 \
	X(SHA32, "sha32")                                                                         \
	X(GURU, "guru")		       /* text: why */                                            \
	X(BACKTRACE, "backtrace")                                                                 \
	X(REBOOTING, "rebooting")                                                                 \
	X(BROWNOUT, "brownout")                                                                   \
	X(ABORT, "abort32")                                                                       \
	X(CANARY, "stackcanary")                                                                  \
	X(FOREIGN, "not_tasmota")      /* another firmware speaks; text: its word */              \
	X(LOCAL_ECHO, "local_echo")    /* text: a command that a terminal showed */
/* clang-format on */

enum logline_kind {
#define LOGLINE_ENUM(id, name) LOGLINE_##id,
	LOGLINE_TABLE(LOGLINE_ENUM)
#undef LOGLINE_ENUM
	    LOGLINE_KINDS
};

struct logline {
	enum logline_kind kind;
	int32_t seconds; /* of the clock before the text, -1: there is none */
	bool tagged;	 /* has a tag of Tasmota ("WIF: ") or is its project line */
	int32_t num, num2;
	struct logtext text, text2;
	struct logtext version, variant, core, topic; /* of PROJECT */
};

struct loglines;

/* The reader: its tables. Owned by the caller. */
struct loglines *loglines_new(void);
/* NULL is allowed. */
void loglines_free(struct loglines *r);
/* Reads one line (without LF; a CR at its end is allowed). The texts of *out are pieces of it. */
void logline_read(const struct loglines *r, const uint8_t *line, size_t n, struct logline *out);
/* The name of a kind, as in the table. */
const char *logline_name(enum logline_kind kind);
/* What lines of that kind mean and what to do, for people; NULL where the table says nothing. */
const char *logline_meaning(enum logline_kind kind);

/* Goes over the members of a JSON text, nested ones too, in any depth: 1 with key and value (without
 * its quotes; of an object or list its beginning), 0 at the end. at begins with 0. A text that was
 * cut yields what is there. */
int logline_member(struct logtext json, size_t *at, struct logtext *key, struct logtext *value);
/* Whether t is exactly that. */
bool logtext_is(struct logtext t, const char *s);
/* A decimal number at the start of t, with a sign; `other` when there is none. */
int32_t logtext_number(struct logtext t, int32_t other);
/* a.b.c.d: a whole address; parts that somebody has made unreadable by x or * count too. */
bool logtext_is_address(struct logtext t);

#endif
