/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The root of the model: all that the screen shows. app changes it, ui reads it through a const
 * pointer. Each part carries a revision number: "dirty" is a comparison.
 */
#ifndef TASMITE_CORE_SESSION_H
#define TASMITE_CORE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "tasmite/base/mono.h"
#include "tasmite/base/str.h"
#include "tasmite/core/highlight.h"
#include "tasmite/core/keymap.h"
#include "tasmite/core/lines.h"
#include "tasmite/core/panes.h"
#include "tasmite/core/settings.h"
#include "tasmite/core/tasmota/checklist.h"
#include "tasmite/core/tasmota/facts.h"
#include "tasmite/core/tasmota/journal.h"
#include "tasmite/core/tasmota/status.h"
#include "tasmite/core/tasmota/timeline.h"
#include "tasmite/core/theme.h"

enum session_port_state {
	SESSION_PORT_NONE, /* none named */
	SESSION_PORT_OPEN,
	SESSION_PORT_WAITING, /* it went away, or could not be opened: tried again by itself */
};

struct session_port {
	enum session_port_state state;
	char name[64];	 /* "ttyUSB0", "sonoff" */
	char about[128]; /* "FT232R USB UART" */
	char line[24];	 /* "115200 8N1" */
	bool has_modem;
	unsigned modem;	 /* bits as in the transport: DTR 1, RTS 2, CTS 4, DSR 8, DCD 16, RI 32 */
	uint64_t rx, tx; /* bytes */
	char why[256];	 /* state WAITING: what happened and what to do */
};

struct session_record {
	bool on;
	bool error; /* the disk refused */
	char name[128];
};

/* Lines on their way to the device. */
struct session_sending {
	bool on;	    /* more than one line, or pauses between them */
	char what[16];	    /* "paste", "macro" */
	size_t done, total; /* lines */
};

/* Flash panel. */
enum flash_state {
	FLASH_IDLE,
	FLASH_WAITING,
	FLASH_WORKING,
	FLASH_DONE,
	FLASH_FAILED,
	FLASH_CANCELLED,
	FLASH_TOLD /* no work at all: texts alone, such as which file to take */
};
enum flash_mark { MARK_TODO, MARK_RUNNING, MARK_DONE, MARK_FAILED };

struct flash_stage {
	char name[16]; /* "connect", "erase", "write", "checked" */
	enum flash_mark mark;
};

struct flash_view {
	uint64_t revision;
	enum flash_state state;
	char title[16]; /* of the panel; "": Flash */
	char what[96];	/* "sonoff.bin  502 KB → 0x00000" */
	char chip[96];	/* "ESP8266EX 1 MB 5C:CF:7F:12:34:56" */
	struct flash_stage stages[10];
	int stage_count;
	uint32_t done, total; /* bytes of the running stage; total 0: no bar */
	mono_t stage_began;
	char rate[80]; /* "11.2 KB/s (97 % of the wire)" */
	int left_s;    /* seconds left, -1 unknown */
	uint32_t retries;
	char heard[160];    /* waiting: what was heard last */
	char text[12][160]; /* steps while waiting; the result afterwards */
	int text_count;
	bool text_bad[12];
	uint32_t boots; /* seen before the result's steps, as in facts */
};

/* A page of text over the panes (help, a file's description, pads of a board). */
struct session_page {
	bool open;
	uint64_t revision;
	char title[96];
	struct sbuf text; /* lines separated by LF */
	bool take;	  /* y copies it, s saves it */
};

/* A question: answered by y or n (Esc is n). */
struct session_ask {
	bool open;
	char title[96];
	char text[12][200]; /* what happens, what is lost */
	int text_count;
	char yes[48]; /* "y  erase and write" */
	char no[48];
	char third[48]; /* another way, by its first letter; "" none */
};

/* A form: fields to fill in, with words below that app keeps up to date. */
#define SESSION_FIELDS	   20
#define SESSION_FIELD_SIZE 1024
struct session_field {
	char label[32];
	char value[SESSION_FIELD_SIZE];
	char hint[80]; /* what it is, what is wrong with it */
	bool secret;   /* shown as dots */
	bool bad;      /* hint says what is wrong */
};
struct session_form {
	bool open;
	uint64_t revision;
	char title[96];
	struct session_field fields[SESSION_FIELDS];
	int count;
	char done[48];	   /* what Enter does: "Enter: go on" */
	struct sbuf below; /* lines separated by LF */
};

/* A list to choose from (menu of commands, themes, completions). */
#define SESSION_LIST_MAX 4096
struct session_item {
	char *label;  /* shown */
	char *detail; /* shown at the right, dim */
	char *value;  /* what is chosen */
};
struct session_list {
	bool open;
	uint64_t revision;
	char title[96];
	struct session_item *items;
	size_t count;
	size_t at;	 /* the item that is selected first: what is in force now */
	bool completion; /* small, above the edit line; values go into it */
	bool paths;	 /* the labels are: what does not fit goes at their front */
};

/* A line of the log that something rests on, kept for when the log has dropped it. */
struct session_proof {
	uint64_t line; /* as the doctor counts: number in the log + 1; 0: none */
	mono_t time;   /* when it came */
	bool known;    /* time and text are: it was still in the log when it was looked for */
	char text[160];
};

/* What is known of the device: each line of it was read once, by session_device_line. The doctor
 * counts lines as the log does, from 1: number in the log + 1. */
struct session_device {
	struct doctor *doctor;
	const struct doctor_view *view; /* as judged last, by session_judge; never NULL */
	struct checklist_row checks[CHECKLIST_KEYS];
	struct session_proof proof[CHECKLIST_KEYS];  /* of the checks */
	struct session_proof found[DOCTOR_FINDINGS]; /* the first line of each finding */
	struct timeline timeline;
	struct status status;
	uint64_t revision; /* grows with every change of what is above */
	uint64_t unread;   /* lines that the log dropped before they could be read */
	bool fresh;	   /* something came since it was judged */
	uint64_t seen;	   /* of facts, timeline and status, as judged */
};

/* Lines of the log that are marked as the proof of a verdict; as the log counts. */
#define SESSION_MARKED_MAX 32
struct session_marked {
	uint64_t line[SESSION_MARKED_MAX]; /* rising */
	unsigned count, at;		   /* where one stands */
	enum checklist_key key;
};

struct session {
	struct lines *log;
	struct panes panes;
	struct highlight *highlight;
	struct settings *settings;
	struct keymap *keymap;
	struct theme theme;
	uint64_t theme_revision;
	struct facts facts;
	struct session_device device;
	struct session_marked marked;
	struct journal journal;
	char chip[64]; /* "ESP8266EX, 1 MB flash", "" unknown */
	struct session_port port;
	struct session_record record;
	struct session_sending sending;
	bool direct;	  /* each key goes to the device */
	bool hex_entry;	  /* what is entered are bytes in hex */
	bool reveal;	  /* the secrets in the edit line are shown, for the moment */
	bool replay;	  /* a recording is being played, and its end is not reached */
	char profile[64]; /* in force; "" none */
	struct flash_view flash;
	struct session_page page;
	struct session_ask ask;
	struct session_list list;
	struct session_form form;
	uint64_t revision;	/* of everything here that has no revision of its own */
	mono_t began;		/* when the program started */
	int64_t wall_offset_us; /* wall clock = mono time + this (UTC) */
	int utc_offset_s;
	char watching[96]; /* a start of the device is awaited: what is to be done; "" none */
	char tip[120];	   /* what stands in the empty edit line; "" nothing */
	char notice[160];  /* a short word in the edit line's row (until the next key) */
	bool notice_bad;
};

/* An empty session with built-in settings, keys and the "dark" theme. */
struct session *session_new(void);
void session_free(struct session *s);
/* Lines of the program's own in the log; line feeds make several. Up to 4095 bytes a call, the rest
 * is cut. */
void session_say(struct session *s, mono_t now, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void session_warn(struct session *s, mono_t now, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The notice; an empty text takes it away. */
void session_notice(struct session *s, bool bad, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void session_touch(struct session *s);
/* ---- session_device.c: what lines of the device tell ---- */
/* Knows nothing. What it holds goes by session_free. */
void session_device_init(struct session_device *d);
/* A line of the device without its end: its number in the log, and when it came. */
void session_device_line(
    struct session *s, const uint8_t *line, size_t n, uint64_t number, mono_t time);
/* The program lets the chip start, now. */
void session_device_reset(struct session *s, mono_t now);
/* The stream breaks: another rate, the port went away (then the device may have lost its power). */
void session_device_gap(struct session *s, bool away);
/* The firmware was written over or erased: what was known of it is true no more. */
void session_device_rewritten(struct session *s);
/* ... by a file whose build is this: "classic"; "" not known. */
void session_device_written(struct session *s, const char *variant);
/* Whether that line of the log is marked. */
bool session_is_marked(const struct session *s, uint64_t number);
/* Takes over into device.view what the lines since the last call mean: before each drawing, and
 * before somebody asks. True when something has changed. */
bool session_judge(struct session *s);
/* Page, question and list: open with an empty content, close. The page's text is written by sbuf_*
 * after session_page_open. detail and value of an item may be NULL: "", the label. What is beyond
 * SESSION_LIST_MAX items is left out. */
void session_page_open(struct session *s, const char *title);
void session_page_close(struct session *s);
void session_list_open(struct session *s, const char *title, bool completion);
void session_list_add(struct session *s, const char *label, const char *detail, const char *value);
void session_list_close(struct session *s);
void session_ask_close(struct session *s);
/* An empty form; its fields are added, then form.open is true. What was entered is wiped by close. */
void session_form_open(struct session *s, const char *title, const char *done);
/* Returns the field, NULL when there is no room. */
struct session_field *session_form_add(struct session *s, const char *label, bool secret);
void session_form_touch(struct session *s);
void session_form_close(struct session *s);

#endif
