/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sub-commands without a screen. Each returns the exit code: 0 good, 1 a problem was found or
 * the work failed, 2 usage, 3 nothing recognised, 4 port, 5 cancelled. */
#ifndef TASMITE_APP_CLI_H
#define TASMITE_APP_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tasmite/proto/engine.h"

#define CLI_FLASH_OPTIONS 16
#define CLI_FLASH_PORTS	  16

struct cli_flash_options {
	enum engine_kind kind;
	const char *port;
	/* FLASH: several devices at once, where port_count is more than 1 (port is the last). */
	const char *ports[CLI_FLASH_PORTS];
	int port_count;
	char *const *files; /* "FILE[@OFFSET]" */
	int file_count;
	uint32_t baud; /* of the transfer; 0: the fastest that works */
	uint32_t app_baud;
	bool erase_all, yes, json, no_clkdiv;
	uint32_t area_offset, area_length; /* ERASE; length 0: the whole chip */
	const char *save;		   /* READ: the file */
	/* Others, as they were given ("backup", "FILE"); value NULL where there is none. */
	struct {
		const char *name, *value;
	} options[CLI_FLASH_OPTIONS];
	int option_count;
	int timeout_s; /* for the boot loader to appear; 0: as long as the user needs */
};

/* Up to 4 KiB of text to people, who may sit at a terminal: names in it may be anybody's, control
 * characters but line feeds become '?'. */
void cli_say(FILE *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* JSON to standard output, and a line feed. What a terminal would obey is escaped where JSON itself does not
 * ask for it (DEL, C1). */
void cli_json(const char *text);

/* `tasmite flash`, `erase`, `chip`, `backup`, `verify`: progress on standard error, results on
 * standard output. */
int cli_flash(const struct cli_flash_options *o);
/* `tasmite image [--json] FILE...`. With --json one object a file, a line
 * each. 1 also for a file that can't be read; 3 when none of the files is firmware. */
int cli_image(char *const *files, int count, bool json);
struct cli_upgrade_options {
	const char *port, *file; /* file: also "http://...", a server of one's own */
	const char *small;	 /* the minimal build; NULL: as it lies beside file */
	const char *source;	 /* whose requests are heard; NULL: the device's */
	const char *address;	 /* of this machine, to serve at; NULL: in the device's network */
	uint32_t baud;		 /* of the console; 0: 115200 */
	bool yes, force, json;
};
/* `upgrade`: over the air. Returns the exit code. */
int cli_upgrade(const struct cli_upgrade_options *o);

struct cli_upload_options {
	const char *file, *address; /* address: NULL: its own, or 192.168.4.1 */
	const char *port;	    /* of the console; NULL: only the page is there */
	const char *small;	    /* the minimal build; NULL: as it lies beside file */
	const char *password_file;  /* of the page; NULL: none, "-": standard input */
	uint32_t baud;		    /* of the console; 0: 115200 */
	bool yes, force, json;
};
/* `upload`: to the device's own page. Returns the exit code. */
int cli_upload(const struct cli_upload_options *o);
struct cli_diagnose_options {
	char *const *files; /* "-": the standard input, as without any */
	int file_count;
	bool json, quiet;
};

/* `tasmite diagnose [--json] [--quiet] [FILE|-]...`: 0 healthy, 1 a problem was found or a file
 * can't be read, 3 nothing of a device was recognised in any. With --json one object a file, a line
 * each, also with --quiet. */
int cli_diagnose(const struct cli_diagnose_options *o);
/* `tasmite list [--json]`: the serial ports; with --json one object a port, a line each. 3 when
 * there is none. */
int cli_list(bool json);
/* `tasmite --completion WHAT`: the completion script of bash, zsh or fish; or the words for it, a line
 * each, what they are behind a tab: ports, profiles, targets (both), themes, settings. 2 for others. */
int cli_completion(const char *what);

struct cli_send_options {
	const char *port, *env_port; /* as app_defaults takes them */
	char *const *words;	     /* FILE ("-": standard input), or commands, one a word */
	int count;
	uint32_t baud; /* 0: the configuration's */
	bool keep_going, yes, json, quiet;
	int timeout_s; /* to end when nothing arrived for so long; 0: as the courier has patience */
};

/* `tasmite send`: commands to the console, ticked off by what the device answers. The answers on
 * standard output, what happens on standard error. 0 all have arrived, 1 some have not, 3 the console
 * said nothing at all, 4 the port, 5 interrupted. */
int cli_send(const struct cli_send_options *o);

#endif
