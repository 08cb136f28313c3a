/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options of the command line: one row each, for the parser, --help and the man page.
 */
#ifndef TASMITE_CORE_OPTIONS_H
#define TASMITE_CORE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/base/err.h"
#include "tasmite/base/str.h"

/* What `tasmite` is called for; SESSION is the call without a sub-command. */
/* X(ID, "name", "operands", least operands, most (-1: any number), "what it does") */
/* clang-format off */
#define OPTIONS_COMMAND_TABLE(X)                                                                  \
	X(OPTIONS_SESSION, "", "[PORT]", 0, 1, "open the session on a port")                      \
	X(OPTIONS_FLASH, "flash", "FILE[@OFFSET]...", 1, -1,                                      \
	    "write firmware to the device")                                                       \
	X(OPTIONS_CHIP, "chip", "", 0, 0, "ask the boot loader what chip it is")                  \
	X(OPTIONS_IMAGE, "image", "FILE...", 1, -1, "tell what firmware files are")               \
	X(OPTIONS_ERASE, "erase", "[all | OFFSET LENGTH]", 0, 2, "erase the flash")               \
	X(OPTIONS_BACKUP, "backup", "FILE [OFFSET LENGTH]", 1, 3, "copy the flash to a file")     \
	X(OPTIONS_VERIFY, "verify", "FILE[@OFFSET]...", 1, -1, "compare the flash with files")    \
	X(OPTIONS_LIST, "list", "", 0, 0, "list the serial ports of this machine")                \
	X(OPTIONS_REPLAY, "replay", "FILE", 1, 1, "play a recording in the session's screen")     \
	X(OPTIONS_DIAGNOSE, "diagnose", "[FILE | -]...", 0, -1, "tell what logs of a device mean") \
	X(OPTIONS_UPGRADE, "upgrade", "FILE | URL", 1, 1, "upgrade a running device over the air") \
	X(OPTIONS_SEND, "send", "FILE | COMMAND...", 1, -1,                                       \
	    "send commands to Tasmota, each ticked off by its answer") \
	X(OPTIONS_UPLOAD, "upload", "FILE [ADDRESS]", 1, 2,                                       \
	    "send firmware to the device's own web page")

enum options_command {
#define OPTIONS_COMMAND_ENUM(id, ...) id,
	OPTIONS_COMMAND_TABLE(OPTIONS_COMMAND_ENUM)
#undef OPTIONS_COMMAND_ENUM
	OPTIONS_COMMANDS
};

/* For the rows' last column. */
#define OPTIONS_IN(command) (1u << (command))
#define OPTIONS_S OPTIONS_IN(OPTIONS_SESSION)
#define OPTIONS_F OPTIONS_IN(OPTIONS_FLASH)
#define OPTIONS_C OPTIONS_IN(OPTIONS_CHIP)
#define OPTIONS_I OPTIONS_IN(OPTIONS_IMAGE)
#define OPTIONS_E OPTIONS_IN(OPTIONS_ERASE)
#define OPTIONS_L OPTIONS_IN(OPTIONS_LIST)
#define OPTIONS_R OPTIONS_IN(OPTIONS_REPLAY)
#define OPTIONS_D OPTIONS_IN(OPTIONS_DIAGNOSE)
#define OPTIONS_U OPTIONS_IN(OPTIONS_UPGRADE)
#define OPTIONS_P OPTIONS_IN(OPTIONS_UPLOAD)
#define OPTIONS_UP (OPTIONS_U | OPTIONS_P)
#define OPTIONS_T OPTIONS_IN(OPTIONS_SEND)
#define OPTIONS_SR (OPTIONS_S | OPTIONS_R)
#define OPTIONS_B OPTIONS_IN(OPTIONS_BACKUP)
#define OPTIONS_V OPTIONS_IN(OPTIONS_VERIFY)
/* What talks with the boot loader. */
#define OPTIONS_LOADER (OPTIONS_F | OPTIONS_C | OPTIONS_E | OPTIONS_B | OPTIONS_V)
#define OPTIONS_ALL                                                                               \
	(OPTIONS_S | OPTIONS_LOADER | OPTIONS_I | OPTIONS_L | OPTIONS_R | OPTIONS_D |             \
	    OPTIONS_UP | OPTIONS_T)

/* X(ID, "name", "value" ("" none, "[=V]" may be left out), "help", commands that have it) */
#define OPTIONS_TABLE(X)                                                                          \
	X(OPTION_PORT, "port", "P", "port to open",                                               \
	    OPTIONS_S | OPTIONS_LOADER | OPTIONS_UP | OPTIONS_T)                                   \
	X(OPTION_BAUD, "baud", "N",                                                               \
	    "rate in bit/s; of flash: rate to write at (0: the fastest that works)",              \
	    OPTIONS_S | OPTIONS_F | OPTIONS_E | OPTIONS_B | OPTIONS_V | OPTIONS_UP | OPTIONS_T)    \
	X(OPTION_FORMAT, "format", "8N1", "data bits, parity, stop bits", OPTIONS_S)              \
	X(OPTION_DTR, "dtr", "V",                                                                 \
	    "DTR when the port is opened: auto, on, off or keep; what the adapter remembers is not" \
	    " used then", OPTIONS_S)                                                              \
	X(OPTION_RTS, "rts", "V", "RTS when the port is opened, likewise", OPTIONS_S)             \
	X(OPTION_EOL, "eol", "E", "line end sent after a line: none, cr, lf or crlf", OPTIONS_S)  \
	X(OPTION_THEME, "theme", "T", "colours of the screen", OPTIONS_SR)                        \
	X(OPTION_SET, "set", "NAME=VALUE", "set a setting; may be given several times",           \
	    OPTIONS_SR)                                                                            \
	X(OPTION_CONFIG, "config", "FILE", "configuration file instead of the user's own",        \
	    OPTIONS_SR)                                                                            \
	X(OPTION_LOG, "log", "[=FILE]",                                                           \
	    "record what the device sends from the start; without FILE: a name made of port and"  \
	    " time", OPTIONS_SR)                                                                  \
	X(OPTION_LOG_RAW, "log-raw", "[=FILE]",                                                   \
	    "record what comes and is sent with its times, for replay", OPTIONS_S)                \
	X(OPTION_PLAIN, "plain", "",                                                              \
	    "no screen: the device's lines on standard output, lines to send on standard input",  \
	    OPTIONS_SR)                                                                           \
	X(OPTION_STAMP, "stamp", "[=iso]", "with --plain: the time before each line", OPTIONS_SR) \
	X(OPTION_COLOR, "color", "[=WHEN]",                                                       \
	    "always, never or auto; with --plain the colours that the device sends (auto: on a"   \
	    " terminal; without WHEN: always)",                                                   \
	    OPTIONS_SR)                                                                           \
	X(OPTION_SEND, "send", "LINE",                                                            \
	    "with --plain: send this line when the port is open; may be given several times",     \
	    OPTIONS_S)                                                                            \
	X(OPTION_UNTIL, "until", "REGEX", "with --plain: end with 0 when a line matches",         \
	    OPTIONS_S)                                                                            \
	X(OPTION_EXIT_AFTER, "exit-after", "S",                                                   \
	    "with --plain: end when nothing was received or sent for S seconds",                  \
	    OPTIONS_S)                                                                            \
	X(OPTION_WAIT, "wait", "",                                                                \
	    "with --plain: wait for a port that is not there or goes away", OPTIONS_S)            \
	X(OPTION_SPEED, "speed", "N",                                                             \
	    "play N times as fast (0: as fast as it goes)", OPTIONS_R)                            \
	X(OPTION_SHOW_SECRETS, "show-secrets", "",                                                \
	    "do not mask passwords on the screen, in recordings and in the history", OPTIONS_SR)   \
	X(OPTION_NO_COLOR, "no-color", "", "attributes only, no colours", OPTIONS_SR)             \
	X(OPTION_DEBUG_LOG, "debug-log", "FILE",                                                  \
	    "write the program's own trace to FILE; never what the port says", OPTIONS_SR)        \
	X(OPTION_ERASE, "erase", "", "erase the whole chip before writing", OPTIONS_F)            \
	X(OPTION_KEEP_SETTINGS, "keep-settings", "", "leave the settings' sectors as they are",   \
	    OPTIONS_F | OPTIONS_E)                                                                \
	X(OPTION_BACKUP, "backup", "FILE", "copy the whole flash to FILE first",                  \
	    OPTIONS_F | OPTIONS_E)                                                                \
	X(OPTION_NO_VERIFY, "no-verify", "", "do not verify by MD5 in the end", OPTIONS_F)        \
	X(OPTION_FULL, "full", "", "write also what is there already", OPTIONS_F)                 \
	X(OPTION_FORCE, "force", "", "write also what is refused but can be done",                \
	    OPTIONS_F | OPTIONS_UP)                                                                \
	X(OPTION_MINIMAL, "minimal", "FILE",                                                      \
	    "the minimal build to go through, where it does not lie beside FILE", OPTIONS_UP)      \
	X(OPTION_SOURCE, "source", "WHO",                                                         \
	    "whose requests are heard: device (its address alone), any, or addresses beside its"  \
	    " own, with commas between", OPTIONS_U)                                               \
	X(OPTION_ADDRESS, "address", "ADDRESS",                                                   \
	    "address of this machine to serve at, where none is in the device's network",          \
	    OPTIONS_U)     \
	X(OPTION_PASSWORD_FILE, "password-file", "FILE",                                          \
	    "the page's password (WebPassword) is its first line; -: standard input", OPTIONS_P)  \
	X(OPTION_NO_STUB, "no-stub", "", "use the chip's boot ROM alone",                         \
	    OPTIONS_F | OPTIONS_E)                                                                \
	X(OPTION_MODE, "mode", "M", "flash mode in the header: keep, qio, qout, dio, dout",       \
	    OPTIONS_F)                                                                            \
	X(OPTION_SIZE, "size", "S", "flash size in the header: keep, detect, 512KB to 16MB",      \
	    OPTIONS_F)                                                                            \
	X(OPTION_FREQ, "freq", "F", "flash frequency in the header: keep, 20m, 26m, 40m, 80m",    \
	    OPTIONS_F)                                                                            \
	X(OPTION_KEEP_GOING, "keep-going", "", "go on behind a command that fails", OPTIONS_T)    \
	X(OPTION_YES, "yes", "",                                                                  \
	    "do not ask before something is lost, or a value will be stored otherwise",           \
	    OPTIONS_F | OPTIONS_E | OPTIONS_UP | OPTIONS_T)                                       \
	X(OPTION_JSON, "json", "", "result as JSON on standard output",                           \
	    OPTIONS_LOADER | OPTIONS_I | OPTIONS_L | OPTIONS_D | OPTIONS_UP | OPTIONS_T)           \
	X(OPTION_QUIET, "quiet", "", "nothing for people: the exit code tells",                   \
	    OPTIONS_D | OPTIONS_T)                                                                \
	X(OPTION_NO_CLKDIV, "no-clkdiv", "",                                                      \
	    "do not raise the boot loader's rate by its divider register",                        \
	    OPTIONS_F | OPTIONS_E | OPTIONS_B | OPTIONS_V)                                        \
	X(OPTION_TIMEOUT, "timeout", "S",                                                         \
	    "give up when no boot loader has answered (with --until: nothing has matched; of"     \
	    " send: nothing has arrived) for S seconds",                                          \
	    OPTIONS_S | OPTIONS_LOADER | OPTIONS_T)                                               \
	X(OPTION_COMPLETION, "completion", "SHELL",                                               \
	    "print what bash, zsh or fish has to know to complete a command line", OPTIONS_S)     \
	X(OPTION_HELP, "help", "", "this help", OPTIONS_ALL)                                      \
	X(OPTION_VERSION, "version", "", "version of the program", OPTIONS_S)
/* clang-format on */

enum option_id {
#define OPTIONS_ENUM(id, ...) id,
	OPTIONS_TABLE(OPTIONS_ENUM)
#undef OPTIONS_ENUM
	    OPTION_COUNT
};

struct option_row {
	enum option_id id;
	const char *name; /* without "--" */
	const char *value;
	const char *help;
	unsigned commands; /* OPTIONS_IN(...) of each that has it */
};

struct options_command_row {
	const char *name;
	const char *operands;
	int least, most;
	const char *about;
};

/* The rows; the ids must be below their counts. */
const struct option_row *option_row(enum option_id id);
const struct options_command_row *options_command_row(enum options_command command);
/* The sub-command of that exact name, OPTIONS_SESSION when it is none (then it is a port). */
enum options_command options_command_find(const char *name);
/* The command's option of that exact name (without "--"), NULL when it has none. */
const struct option_row *options_find(enum options_command command, const char *name);
/* Help for --help. */
void options_usage(enum options_command command, struct sbuf *out);

/* Goes over the words of a command line. */
struct options {
	enum options_command command;
	char *const *argv; /* borrowed; NULL at the end */
	int next;	   /* index in argv of the next word */
	int operands;	   /* seen so far */
	bool plain;	   /* "--" was seen: only operands follow */
};

/* argv as main has it. The first word names the sub-command, if it is one. */
void options_begin(struct options *o, char *const *argv);
/* One step: 1 with an option (*row, *value; NULL where it has none) or an operand (*row NULL, *value
 * the word), 0 at the end, ERR_INVAL on a mistake (unknown option, with the nearest name; value
 * missing or not wanted; too many or too few operands). The strings are those of argv. */
int options_next(
    struct options *o, const struct option_row **row, const char **value, struct err *err);

#endif
