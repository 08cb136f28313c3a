/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings: one table row each (name, type, default, range, unit, help); each value knows where it
 * came from. Parser, completion, /set, help and the man page's list are made from the row.
 */
#ifndef TASMITE_CORE_SETTINGS_H
#define TASMITE_CORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"

enum setting_type { SETTING_BOOL, SETTING_INT, SETTING_CHOICE, SETTING_TEXT };

/* Later ones win. */
enum setting_origin {
	ORIGIN_BUILTIN,
	ORIGIN_SYSTEM,
	ORIGIN_USER,
	ORIGIN_PROFILE,
	ORIGIN_ENV,
	ORIGIN_COMMAND_LINE,
	ORIGIN_SESSION /* /set and the commands that change a setting */
};

/* X(ID, "name", type, default as text, min, max, "choice|choice" or unit, "help") */
/* clang-format off */
#define SETTINGS_TABLE(X)                                                                         \
	X(SET_PORT, "port", SETTING_TEXT, "", 0, 0, "", "port to open when none is named")        \
	X(SET_BAUD, "baud", SETTING_INT, "115200", 50, 4000000, "bit/s", "rate of the port")      \
	X(SET_FORMAT, "format", SETTING_TEXT, "8N1", 0, 0, "", "data bits, parity, stop bits")    \
	X(SET_FLOW, "flow", SETTING_CHOICE, "none", 0, 0, "none|rtscts|xonxoff", "flow control")  \
	X(SET_DTR, "dtr", SETTING_CHOICE, "auto", 0, 0, "auto|on|off|keep",                       \
	    "DTR when a port is opened (auto: off, on for native USB; what an adapter remembers wins)")\
	X(SET_RTS, "rts", SETTING_CHOICE, "auto", 0, 0, "auto|on|off|keep",                       \
	    "RTS when a port is opened")                                                          \
	X(SET_EOL, "eol", SETTING_CHOICE, "lf", 0, 0, "none|cr|lf|crlf",                          \
	    "line end sent after a line")                                                         \
	X(SET_STAMP, "stamp", SETTING_CHOICE, "clock", 0, 0, "off|clock|iso|start|delta|mark",     \
	    "time before each line")                                                              \
	X(SET_ECHO, "echo", SETTING_BOOL, "on", 0, 0, "", "show what is sent in the log")         \
	X(SET_WRAP, "wrap", SETTING_CHOICE, "words", 0, 0, "off|words|chars",                     \
	    "wrap long lines, at words or anywhere")                                              \
	X(SET_JSON, "json", SETTING_CHOICE, "line", 0, 0, "line|folded|tree",                     \
	    "JSON answers in the log: as they came, one line with the keys counted, a tree")      \
	X(SET_CLIPBOARD, "clipboard", SETTING_BOOL, "on", 0, 0, "",                               \
	    "put what is copied into the terminal's clipboard (OSC 52)")                          \
	X(SET_DOCTOR, "doctor", SETTING_BOOL, "on", 0, 0, "",                                     \
	    "read the device's log for the device panel")                                         \
	X(SET_THEME, "theme", SETTING_TEXT, "dark", 0, 0, "", "colours")                          \
	X(SET_MOUSE, "mouse", SETTING_BOOL, "off", 0, 0, "",                                      \
	    "use the mouse (selecting text then needs Shift)")                                    \
	X(SET_SCROLLBACK, "scrollback", SETTING_INT, "256", 1, 16384, "MB",                       \
	    "memory for the log")                                                                 \
	X(SET_HISTORY, "history", SETTING_INT, "1000", 0, 100000, "lines",                        \
	    "lines of history kept")                                                              \
	X(SET_PACE, "pace", SETTING_INT, "64", 0, 65536, "bytes",                                 \
	    "bytes sent at a time (0: no pacing)")                                                \
	X(SET_PACE_DELAY, "pace-delay", SETTING_INT, "15", 0, 10000, "ms", "pause after each")    \
	X(SET_FLASH_BAUD, "flash-baud", SETTING_INT, "0", 0, 4000000, "bit/s",                    \
	    "rate for flashing (0: the fastest that works)")                                      \
	X(SET_FLASH_CLKDIV, "flash-clkdiv", SETTING_BOOL, "on", 0, 0, "",                         \
	    "raise the boot loader's rate by its divider register")                               \
	X(SET_FLASH_STUB, "flash-stub", SETTING_BOOL, "on", 0, 0, "",                             \
	    "work by a program of our own in the chip's RAM (off: by its ROM alone)")             \
	X(SET_FIRMWARE_DIR, "firmware-dir", SETTING_TEXT, "", 0, 0, "",                           \
	    "one more folder in which firmware files are looked for")                             \
	X(SET_UPGRADE_SOURCE, "upgrade-source", SETTING_TEXT, "device", 0, 0, "",                 \
	    "whose requests the server of /upgrade hears: device (its own address alone), any, or" \
	    " addresses with commas between, beside its own")                                     \
	X(SET_UNICODE, "unicode", SETTING_CHOICE, "auto", 0, 0, "auto|on|off",                    \
	    "line drawing and marks beyond ASCII")                                                \
	X(SET_LOG_FORMAT, "log-format", SETTING_CHOICE, "bytes", 0, 0, "bytes|text|raw",          \
	    "what is recorded when nothing else is said: the device's bytes exactly, text, or raw"\
	    " (with times, for replay)")                                                          \
	X(SET_LOG_STAMP, "log-stamp", SETTING_CHOICE, "clock", 0, 0, "off|clock|iso",             \
	    "time before each line of a text recording")                                          \
	X(SET_LOG_SENT, "log-sent", SETTING_BOOL, "on", 0, 0, "",                                 \
	    "what is sent stands in a text recording too")                                        \
	X(SET_LOG_ROTATE, "log-rotate", SETTING_INT, "0", 0, 1048576, "MB",                       \
	    "a recording of that size goes on in a new file; the old one is FILE.1 (0: never)")   \
	X(SET_LOG_KEEP, "log-keep", SETTING_INT, "5", 0, 1000, "files",                           \
	    "older files kept of a recording")                                                    \
	X(SET_TIPS, "tips", SETTING_BOOL, "on", 0, 0, "",                                         \
	    "hints for newcomers in the empty edit line, each shown once")                        \
	X(SET_ESCAPES, "escapes", SETTING_BOOL, "off", 0, 0, "",                                  \
	    "\\xNN \\r \\n \\t \\e \\0 \\\\ in what is sent")                                             \
	X(SET_CHAR_DELAY, "char-delay", SETTING_INT, "0", 0, 10000, "ms",                         \
	    "pause after each byte that is sent")                                                 \
	X(SET_LINE_DELAY, "line-delay", SETTING_INT, "0", 0, 60000, "ms",                         \
	    "pause after each line that is sent")                                                 \
	X(SET_BACKLOG, "backlog", SETTING_BOOL, "on", 0, 0, "",                                   \
	    "take a Backlog that is entered apart, and see to it that each command arrives")      \
	X(SET_SERIAL_LOG, "serial-log", SETTING_CHOICE, "off", 0, 0, "off|1|2|3|4",               \
	    "SerialLog that is sent after each boot, so that the log does not end after 10 minutes")
/* clang-format on */

enum setting_id {
#define SETTING_ENUM(id, ...) id,
	SETTINGS_TABLE(SETTING_ENUM)
#undef SETTING_ENUM
	    SETTING_COUNT
};

/* Longest value as text, with its terminator. */
#define SETTING_TEXT_MAX 512

struct setting_row {
	const char *name;
	enum setting_type type;
	const char *fallback; /* default, as text */
	int64_t min, max;     /* INT */
	const char *extra;    /* CHOICE: "a|b|c"; INT: unit */
	const char *help;
};

struct setting_value {
	char *text;	/* canonical text ("on", "115200") */
	int64_t number; /* BOOL 0/1, INT, CHOICE index */
	enum setting_origin origin;
	char where[96]; /* "line 12 of .../config", "" otherwise */
};

struct settings {
	uint64_t revision;
	struct setting_value values[SETTING_COUNT];
};

/* The row; the id must be below SETTING_COUNT. */
const struct setting_row *setting_row(enum setting_id id);
/* -1 when there is none of that name. */
int setting_find(const char *name);
/* ", did you mean 'baud'?" or "". Returns dst. */
const char *setting_nearest(const char *name, char *dst, size_t size);
/* "a number from 50 to 4000000 (bit/s)", "one of none, cr, lf, crlf", for messages and hints. */
void setting_expected(enum setting_id id, char *dst, size_t size);

/* All values built in. */
void settings_init(struct settings *s);
/* Frees the values. */
void settings_fini(struct settings *s);
/* dst becomes a copy of its own; settings_fini it. */
void settings_copy(struct settings *dst, const struct settings *src);
/* Checks and stores a value given as text; the error says what was expected. Letter case of words doesn't matter; "on" also says the second choice
 * where the first is "off". A value of a lower origin than the present one is checked and then
 * ignored (ERR_OK). where (may be NULL) says where exactly: "line 12 of ~/.config/tasmite/config".
 */
int settings_set(struct settings *s, enum setting_id id, const char *text,
    enum setting_origin origin, const char *where, struct err *err);
const char *settings_text(const struct settings *s, enum setting_id id);
int64_t settings_int(const struct settings *s, enum setting_id id);
bool settings_bool(const struct settings *s, enum setting_id id);
/* "user file, line 12 of ~/.config/tasmite/config", for `/set NAME?`. */
void settings_origin_text(const struct settings *s, enum setting_id id, char *dst, size_t size);

#endif
