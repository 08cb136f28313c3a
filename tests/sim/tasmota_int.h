/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state of the played application, shared by its rooms: log, console, commands, status, Wi-Fi,
 * and the turn of simapp.c.
 */
#ifndef SIM_TASMOTA_INT_H
#define SIM_TASMOTA_INT_H

#include "simapp.h"
#include "tasmota_ident.h"
#include "tasmota_scn.h"
#include "tasmota_set.h"

#define TAS_MS	   INT64_C(1000)
#define TAS_SECOND INT64_C(1000000)

/* Levels of the log. */
enum { TAS_NONE, TAS_ERROR, TAS_INFO, TAS_DEBUG, TAS_MORE };

/* States of the station as the SDK numbers them. */
enum { WL_IDLE = 0, WL_NO_SSID = 1, WL_CONNECTED = 3, WL_FAILED = 4, WL_DISCONNECTED = 6 };

/* WifiConfig values. */
enum { WCFG_RESTART, WCFG_SMART, WCFG_MANAGER, WCFG_WPS, WCFG_RETRY, WCFG_WAIT, WCFG_SERIAL };

#define TAS_RING    256 /* the UART's receive ring */
#define TAS_LINE    800
#define TAS_BL_RING 30	/* queued commands of the ring in 4.x..9.x */
#define TAS_BL_LIST 600 /* later: limited by memory */

struct tas_wire { /* bytes on their way, spaced by the wire's rate */
	uint8_t *p;
	size_t head, n, room;
	sim_time next;
};

struct tas_wifi {
	int counter, retry, retry_init, status;
	int config_type, config_counter, state_flag;
	int active; /* 0 = AP1, 1 = AP2 */
	bool begun; /* an attempt runs or has ended */
	sim_time begin_at;
	enum scn_result result;
	int64_t after;
	const struct scn_net *net;
	bool lost; /* the scenario took the link away */
	int web;   /* 0 off, 1 station, 2 manager */
	bool mdns;
	sim_time ntp_at;
	unsigned fails;
	sim_time wps_until;
	sim_time scan_at; /* when a scan that was asked for is done; 0: none */
};

struct tas_mqtt {
	bool connected, announced;
	int retry;
	sim_time fail_at; /* SIM_NEVER: no attempt hangs */
	int status_timer, tele;
	unsigned count;
};

struct tas_button {
	bool down, seen;
	unsigned presses, held; /* held in 50 ms steps */
	unsigned window;	/* the same */
};

/* An upgrade over the air. */
struct tas_ota {
	int flag;     /* seconds until the next attempt, 0: none is due */
	int tries;    /* that are left */
	int patience; /* seconds without a byte */
	bool busy;    /* a connection is open or being opened */
	bool loader;  /* minimal is fetched first; kept over restarts in the RTC's memory */
	char path[128];
	char head[1024];
	size_t head_n;
	bool body;
	uint8_t *image;
	uint32_t size, got;
	char md5[33], reason[48];
};

/* The web server, and its client's request. */
struct tas_web {
	uint32_t ip; /* it listens there; 0: it does not */
	bool client, body;
	char head[2048]; /* of the request, terminated */
	size_t head_n;
	uint8_t *data; /* its body */
	size_t size, got;
	bool told;     /* the file's name is in the log */
	int error;     /* of the last upload; stays in builds up to 9.3 until /up is asked for */
	char *capture; /* what commands answer goes there too, NULL: nowhere */
	size_t captured;
};

struct sim_app {
	struct sim_app_host host;
	struct scn scn;
	struct scn_now world;
	sim_time due[256]; /* events of the scenario */
	struct tas_build b;
	struct tas_set set;
	bool running, up; /* up: set-up is done */
	unsigned boots;
	enum sim_cause cause;
	char reason[40], next_reason[40];
	unsigned fast_boots;
	uint32_t rtc_baud;

	sim_time now, boot_at, state_at;
	uint64_t state; /* 50 ms steps since boot_at */
	uint32_t uptime;
	bool synced;
	sim_time synced_at;

	uint32_t baud;
	sim_time tx_busy;
	int log_level, log_timer;
	bool console_dead;

	struct tas_wire wire;
	uint8_t ring[TAS_RING];
	size_t ring_head, ring_n;
	sim_time loop_at;
	char line[TAS_LINE];
	size_t line_n;
	bool overrun;

	char *bl[TAS_BL_LIST];
	unsigned bl_in, bl_out;
	sim_time bl_at;
	bool bl_nodelay, bl_quiet;

	int restart_flag;
	sim_time reset_at;
	enum sim_cause reset_cause;
	struct tas_ota ota;
	struct tas_web web;

	struct tas_wifi wifi;
	struct tas_mqtt mqtt;
	struct tas_button button;
	char topic[64], hostname[128], client[64]; /* as composed at the start */
	int block_gpio0;
	bool power;
	const char *source; /* of the running command */
};

/* True when the running build is at least this version. */
static inline bool tas_min(const struct sim_app *a, unsigned x, unsigned y, unsigned z, unsigned r)
{
	return a->b.version >= TAS_V(x, y, z, r);
}

/* Commands and answers were rewritten in 2019, in the development versions after 6.6.0. */
static inline bool tas_rewritten(const struct sim_app *a)
{
	return tas_min(a, 6, 6, 0, 1);
}

/* tasmota_log.c */
enum tas_word {
	W_CONNECTING,
	W_IN_MODE,
	W_AS,
	W_CONNECTED,
	W_NO_IP,
	W_NOT_REACHED,
	W_WRONG_KEY,
	W_TIMEOUT,
	W_ATTEMPT,
	W_ACTIVE_3,
	W_WEB_ACTIVE,
	W_WITH_IP,
	W_WEB_STOPPED,
	W_RESTARTING,
	W_SERIAL_OFF,
	W_SET_BAUD,
	W_DEFAULTS,
	W_LOADED,
	W_SAVED,
	W_COUNT,
	W_CONNECT_FAILED_TO,
	W_RETRY_IN,
	W_WORDS
};
const char *tas_word(const struct sim_app *a, enum tas_word w);
void tas_tx(struct sim_app *a, const char *text);
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void tas_log(struct sim_app *a, int level, const char *fmt, ...);
const char *tas_eol(const struct sim_app *a);
/* "2018-08-11T17:06:40" of seconds since 1970. */
void tas_iso(char *dst, size_t size, int64_t epoch);
int64_t tas_epoch(const struct sim_app *a, bool local);
void tas_uptime(const struct sim_app *a, char *dst, size_t size);
void tas_version_text(const struct sim_app *a, char *dst, size_t size);
/* A message under prefix ("stat") and name ("RESULT"): "MQT: topic = payload" or "RSL: ...". */
void tas_publish(
    struct sim_app *a, const char *prefix, const char *name, const char *payload, bool retained);
void tas_result(struct sim_app *a, const char *name, const char *payload);
void tas_topic(
    const struct sim_app *a, const char *prefix, const char *name, char *dst, size_t size);
/* Composes topic, host name and client from the settings; changes count after a restart only. */
void tas_names(struct sim_app *a);
void tas_set_baud(struct sim_app *a, uint32_t baud, bool announce);

/* tasmota_con.c */
void tas_con_rx(struct sim_app *a, const uint8_t *p, size_t n);
void tas_con_arrive(struct sim_app *a); /* the next byte of the wire */
void tas_con_loop(struct sim_app *a);	/* the program's loop looks at the ring */
void tas_con_execute(struct sim_app *a, const char *line, const char *source);
void tas_con_backlog(struct sim_app *a); /* one queued command */
void tas_con_queue(struct sim_app *a, const char *data, unsigned index);
bool tas_con_queued(const struct sim_app *a);
void tas_con_clear(struct sim_app *a);

/* tasmota_cmd.c */
struct tas_arg {
	char name[32]; /* upper case, without index */
	unsigned index;
	bool has_index;
	char data[TAS_LINE];
	size_t len;
	long payload;	/* -99: none */
	long payload32; /* as strtol read it */
};
struct tas_cmd {
	const char *name;
	enum { K_TEXT, K_SECRET, K_NUM, K_ONOFF, K_FN } kind;
	unsigned imin, imax; /* 0, 0: no index in the answer */
	long lo, hi;	     /* numbers: range; texts: longest in hi */
	const char *def;     /* default, or NULL */
	unsigned flags;	     /* CF_ */
	uint32_t since;	     /* first version that has it, 0 = all */
	void (*fn)(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
};
#define CF_RESTART 1U  /* takes effect by a restart */
#define CF_FULL	   2U  /* not in minimal builds */
#define CF_RULES   4U  /* not in classic builds either */
#define CF_DEF1	   8U  /* the value 1 means the default */
#define CF_CLEAR0  16U /* "0" clears, in 6.1 already */
#define CF_QUOTED  32U /* 6.x answers the number as a text */
#define CF_AP	   64U /* makes its AP the active one */
void tas_cmd_run(struct sim_app *a, struct tas_arg *arg);
/* A setting with its default; dst keeps formatted defaults. */
const char *tas_get(const struct sim_app *a, const char *key, char *dst, size_t size);
long tas_num(const struct sim_app *a, const char *key);
long tas_option(const struct sim_app *a, unsigned n);
void tas_power(struct sim_app *a, int payload, bool answer);

/* tasmota_cmdfn.c: handlers of single commands */
void tas_fn_backlog(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_delay(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_status(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_state(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_upgrade(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_seriallog(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_restart(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_reset(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_baudrate(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_wificonfig(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_ipaddress(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_power(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_template(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_module(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_setoption(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_timezone(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_nodelay(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_serialsend(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_ap(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
/* Answers {"Name":value} or {"Name<index>":value}; the format gives the JSON value. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void tas_reply(struct sim_app *a, const struct tas_cmd *c, const struct tas_arg *arg,
    const char *fmt, ...);
void tas_error(struct sim_app *a, const struct tas_arg *arg, const char *what);

/* tasmota_cmdmore.c: the same */
const char *tas_module_name(long module);
void tas_fn_rule(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_wifiscan(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);
void tas_fn_modules(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg);

/* tasmota_status.c */
void tas_status(struct sim_app *a, long which);
void tas_state_json(const struct sim_app *a, char *dst, size_t size);

/* tasmota_wifi.c */
void tas_wifi_start(struct sim_app *a);
void tas_wifi_second(struct sim_app *a); /* phase .6 */
int tas_wifi_status(const struct sim_app *a);
bool tas_wifi_up(const struct sim_app *a);
void tas_wifi_lose(struct sim_app *a);
void tas_wifi_visit(struct sim_app *a);
void tas_mqtt_second(struct sim_app *a); /* phase .8 */
void tas_mqtt_fail(struct sim_app *a);
void tas_mqtt_every(struct sim_app *a); /* phase 0 */
void tas_ip_text(uint32_t ip, char *dst, size_t size);

/* tasmota_ota.c */
void tas_ota_start(struct sim_app *a);
void tas_ota_stop(struct sim_app *a); /* the chip stops: all but what the RTC keeps is gone */
void tas_ota_second(struct sim_app *a);
/* What is free for an upgrade, in bytes. */
uint32_t tas_ota_free(const struct sim_app *a);
/* Whether an image may go in by these first bytes (at least 4): 0 yes, 3 no image, 4 for a larger
 * flash, as the web page numbers them. */
int tas_ota_magic(const struct sim_app *a, const uint8_t *p);
/* Puts a whole image in, packed or not; false: it is damaged. */
bool tas_ota_put(struct sim_app *a, const uint8_t *p, uint32_t n);
void tas_ota_fault(const struct sim_app *a, struct sim_update_fault *out);

/* tasmota_web.c */
/* Opens or closes it as Wi-Fi and settings say. */
void tas_web_second(struct sim_app *a);
void tas_web_stop(struct sim_app *a);
/* A command's answer. */
void tas_web_note(struct sim_app *a, const char *payload);

/* simapp_boot.c, simapp_button.c */
void tas_boot_setup(struct sim_app *a);
void tas_button_step(struct sim_app *a);

/* simapp.c */
void tas_anchor(struct sim_app *a, enum scn_anchor anchor);
/* Waits until the transmitter is empty, then resets the chip. */
void tas_reset(struct sim_app *a, enum sim_cause cause, const char *reason);
/* The program's own restart. */
void tas_restart(struct sim_app *a);
void tas_defaults(struct sim_app *a);
void tas_save(struct sim_app *a, bool first);
bool tas_saves(const struct sim_app *a);

#endif
