/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the command line to the session or to a sub-command. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tasmite/app/app.h"
#include "tasmite/app/cli.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/options.h"

/* All that the command line can say. */
struct call {
	struct app_options app;
	struct cli_flash_options flash;
	bool quiet, keep_going, force;
	const char *minimal, *source, *address, *password_file;
	char **files; /* as many as words */
	int file_count;
	const char *plain_only; /* an option that makes sense with --plain alone */
	char port[512];		/* from the configuration */
	char sets[8][160];	/* options that are settings, as NAME=VALUE */
	int sets_used;
};

static int usage_error(const char *text)
{
	cli_say(stderr, "tasmite: %s\ntasmite: try tasmite --help\n", text);
	return 2;
}

static void print_help(enum options_command command)
{
	struct sbuf out;

	sbuf_init(&out, 64 * 1024);
	options_usage(command, &out);
	fputs(sbuf_str(&out), stdout);
	sbuf_fini(&out);
}

static bool add_set(struct call *c, const char *text, struct err *err)
{
	if (c->app.set_count == APP_MAX_SETS) {
		err_set(err, ERR_RANGE, 0, "at most %d settings on the command line", APP_MAX_SETS);
		return false;
	}
	c->app.sets[c->app.set_count++] = text;
	return true;
}

/* --baud, --format, --dtr and the like are settings by another name. */
static bool set_option(
    struct call *c, const struct option_row *row, const char *value, struct err *err)
{
	char *text = c->sets[c->sets_used % 8];

	if (c->sets_used == 8) {
		err_set(err, ERR_RANGE, 0, "--%s is given too often", row->name);
		return false;
	}
	c->sets_used++;
	str_fmt(text, sizeof(c->sets[0]), "%s=%s", row->name, value);
	return add_set(c, text, err);
}

static bool number(
    const struct option_row *row, const char *value, uint64_t max, uint64_t *n, struct err *err)
{
	if (str_parse_u64(value, max, n))
		return true;
	err_set(err, ERR_INVAL, 0, "--%s wants a number up to %llu, not %s", row->name,
	    (unsigned long long)max, value);
	return false;
}

/* What the flash request understands by itself. */
static bool flash_option(
    struct call *c, const struct option_row *row, const char *value, struct err *err)
{
	if (c->flash.option_count == CLI_FLASH_OPTIONS) {
		err_set(err, ERR_RANGE, 0, "--%s is given too often", row->name);
		return false;
	}
	c->flash.options[c->flash.option_count].name = row->name;
	c->flash.options[c->flash.option_count++].value = value;
	return true;
}

/* "2", "0.25": in thousandths. */
static bool thousandths(
    const struct option_row *row, const char *value, int64_t most, int64_t *n, struct err *err)
{
	size_t whole = strspn(value, "0123456789"), k = 0;
	int64_t v = 0;

	if (whole && whole < 9) {
		v = strtol(value, NULL, 10) * 1000;
		if (value[whole] == '.') {
			k = strspn(value + whole + 1, "0123456789");
			for (size_t i = 0, unit = 100; i < k && unit; i++, unit /= 10)
				v += (int64_t)unit * (value[whole + 1 + i] - '0');
		}
		if (!value[whole + (k ? k + 1 : 0)] && v <= most * 1000) {
			*n = v;
			return true;
		}
	}
	err_set(err, ERR_INVAL, 0, "--%s wants a number up to %lld, such as 2 or 0.5, not %s",
	    row->name, (long long)most, value);
	return false;
}

static bool seconds(const struct option_row *row, const char *value, int64_t *us, struct err *err)
{
	int64_t n;

	if (!thousandths(row, value, 1000000, &n, err))
		return false;
	if (!n) {
		err_set(err, ERR_INVAL, 0, "--%s wants more than 0 seconds", row->name);
		return false;
	}
	*us = n * 1000;
	return true;
}

/* On the screen colours are the usual thing, in a pipe escape codes come only when asked for. */
static bool color_option(
    struct call *c, const struct option_row *row, const char *value, struct err *err)
{
	bool always = !value || str_casecmp(value, "always") == 0;
	bool never = value && str_casecmp(value, "never") == 0;

	if (!always && !never && str_casecmp(value, "auto") != 0) {
		err_set(err, ERR_INVAL, 0, "--color wants always, never or auto, not %s", value);
		return false;
	}
	if (!value) /* it means the pipe */
		c->plain_only = row->name;
	c->app.plain.color = always || (!never && !c->app.no_color && isatty(STDOUT_FILENO));
	c->app.no_color = never || (!always && c->app.no_color);
	return true;
}

static bool plain_option(
    struct app_plain_options *p, const struct option_row *row, const char *value, struct err *err)
{
	switch (row->id) {
	case OPTION_STAMP:
		p->stamp = true;
		p->stamp_iso = value && str_casecmp(value, "iso") == 0;
		if (!value || p->stamp_iso || str_casecmp(value, "clock") == 0)
			return true;
		err_set(err, ERR_INVAL, 0, "--stamp wants clock or iso, not %s", value);
		return false;
	case OPTION_SEND:
		if (p->send_count == APP_MAX_SETS) {
			err_set(err, ERR_RANGE, 0, "at most %d times --send", APP_MAX_SETS);
			return false;
		}
		p->send[p->send_count++] = value;
		return true;
	case OPTION_WAIT:
		p->wait = true;
		return true;
	case OPTION_UNTIL:
		p->until = value;
		return true;
	case OPTION_EXIT_AFTER:
		return seconds(row, value, &p->exit_after_us, err);
	default:
		return seconds(row, value, &p->timeout_us, err);
	}
}

/* The last one, or for `flash` all of them. */
static bool take_port(
    struct call *c, enum options_command command, const char *value, struct err *err)
{
	c->app.port = c->flash.port = value;
	if (command != OPTIONS_FLASH)
		return true;
	if (c->flash.port_count == CLI_FLASH_PORTS) {
		err_set(err, ERR_RANGE, 0, "at most %d ports at once", CLI_FLASH_PORTS);
		return false;
	}
	c->flash.ports[c->flash.port_count++] = value;
	return true;
}

/* One that is nothing but said; false: it is another. */
static bool take_flag(struct call *c, enum option_id id)
{
	bool *const flags[OPTION_COUNT] = {[OPTION_SHOW_SECRETS] = &c->app.show_secrets,
	    [OPTION_NO_COLOR] = &c->app.no_color,
	    [OPTION_YES] = &c->flash.yes,
	    [OPTION_JSON] = &c->flash.json,
	    [OPTION_QUIET] = &c->quiet,
	    [OPTION_KEEP_GOING] = &c->keep_going,
	    [OPTION_NO_CLKDIV] = &c->flash.no_clkdiv};

	if (!flags[id])
		return false;
	*flags[id] = true;
	return true;
}

static bool force_option(struct call *c, enum options_command command, const struct option_row *row,
    const char *value, struct err *err)
{
	c->force = true;
	return command == OPTIONS_UPGRADE || command == OPTIONS_UPLOAD ||
	       flash_option(c, row, value, err);
}

static bool upgrade_option(struct call *c, const struct option_row *row, const char *value)
{
	if (row->id == OPTION_MINIMAL)
		c->minimal = value;
	else if (row->id == OPTION_SOURCE)
		c->source = value;
	else if (row->id == OPTION_PASSWORD_FILE)
		c->password_file = value;
	else
		c->address = value;
	return true;
}

static bool take_option(struct call *c, enum options_command command, const struct option_row *row,
    const char *value, struct err *err)
{
	uint64_t n = 0;

	if (take_flag(c, row->id))
		return true;
	switch (row->id) {
	case OPTION_PORT:
		return take_port(c, command, value, err);
	case OPTION_BAUD:
		if (command == OPTIONS_SESSION)
			return set_option(c, row, value, err);
		/* 0: the fastest. A suffix k would mean 1024: not what "115k" is meant to be. */
		if (strpbrk(value, "kKmM") || !str_parse_u64(value, 4000000, &n) ||
		    (n && n < 300)) {
			err_set(err, ERR_INVAL, 0,
			    "--baud wants a rate from 300 to 4000000, not %s", value);
			return false;
		}
		c->flash.baud = (uint32_t)n;
		return true;
	case OPTION_FORMAT:
	case OPTION_DTR:
	case OPTION_RTS:
	case OPTION_EOL:
	case OPTION_THEME:
		return set_option(c, row, value, err);
	case OPTION_SET:
		return add_set(c, value, err);
	case OPTION_CONFIG:
		c->app.config = value;
		return true;
	case OPTION_LOG:
		c->app.log = true;
		c->app.log_file = value;
		return true;
	case OPTION_LOG_RAW:
		c->app.log_raw = true;
		c->app.log_raw_file = value;
		return true;
	case OPTION_PLAIN:
		c->app.plain.on = true;
		return true;
	case OPTION_COLOR:
		return color_option(c, row, value, err);
	case OPTION_STAMP:
	case OPTION_SEND:
	case OPTION_UNTIL:
	case OPTION_EXIT_AFTER:
	case OPTION_WAIT:
		c->plain_only = row->name;
		return plain_option(&c->app.plain, row, value, err);
	case OPTION_SPEED:
		return thousandths(row, value, 1000000, &c->app.replay_speed, err);
	case OPTION_DEBUG_LOG:
		c->app.debug_log = value;
		return true;
	case OPTION_FORCE:
		return force_option(c, command, row, value, err);
	case OPTION_ERASE:
	case OPTION_KEEP_SETTINGS:
	case OPTION_BACKUP:
	case OPTION_NO_VERIFY:
	case OPTION_FULL:
	case OPTION_NO_STUB:
	case OPTION_MODE:
	case OPTION_SIZE:
	case OPTION_FREQ:
		return flash_option(c, row, value, err);
	case OPTION_MINIMAL:
	case OPTION_PASSWORD_FILE:
	case OPTION_SOURCE:
	case OPTION_ADDRESS:
		return upgrade_option(c, row, value);
	case OPTION_TIMEOUT:
		if (command == OPTIONS_SESSION) {
			c->plain_only = row->name;
			return plain_option(&c->app.plain, row, value, err);
		}
		if (!number(row, value, 86400, &n, err))
			return false;
		c->flash.timeout_s = (int)n;
		return true;
	default: /* help, version and completion were seen to */
		break;
	}
	return true;
}

/* "all", nothing, or OFFSET LENGTH, from the given word on. */
static bool take_area(struct call *c, const char *who, int from, struct err *err)
{
	int count = c->file_count - from;
	uint64_t n[2] = {0};

	if (!count || (count == 1 && strcmp(c->files[from], "all") == 0)) {
		c->flash.erase_all = c->flash.kind == ENGINE_ERASE;
		return true;
	}
	for (int i = 0; i < 2; i++)
		if (count != 2 || !str_parse_u64(c->files[from + i], 16u << 20, &n[i]) ||
		    n[i] % 4096) {
			err_set(err, ERR_INVAL, 0,
			    "%s wants all, or OFFSET LENGTH in multiples "
			    "of 4096, such as 0x1000 4k",
			    who);
			return false;
		}
	if (!n[1]) {
		err_set(err, ERR_INVAL, 0, "%s: the length must not be 0", who);
		return false;
	}
	c->flash.area_offset = (uint32_t)n[0];
	c->flash.area_length = (uint32_t)n[1];
	return true;
}

static int run_flash(struct call *c, enum options_command command, struct err *err)
{
	static const enum engine_kind kinds[OPTIONS_COMMANDS] = {
	    [OPTIONS_FLASH] = ENGINE_FLASH,
	    [OPTIONS_ERASE] = ENGINE_ERASE,
	    [OPTIONS_CHIP] = ENGINE_IDENTIFY,
	    [OPTIONS_BACKUP] = ENGINE_READ,
	    [OPTIONS_VERIFY] = ENGINE_VERIFY,
	};

	c->flash.kind = kinds[command];
	c->flash.app_baud = 115200;
	if (command == OPTIONS_ERASE && !take_area(c, "erase", 0, err))
		return usage_error(err->text);
	if (command == OPTIONS_BACKUP && !take_area(c, "backup", 1, err))
		return usage_error(err->text);
	if (!c->flash.port)
		c->flash.port = c->app.env_port;
	if (!c->flash.port && app_default_port(c->port, sizeof(c->port)))
		c->flash.port = c->port;
	if (!c->flash.port)
		return usage_error("which port? --port NAME (tasmite list shows them), or "
				   "port = ... in the configuration");
	if (command == OPTIONS_BACKUP)
		c->flash.save = c->files[0];
	if (command == OPTIONS_FLASH || command == OPTIONS_VERIFY) {
		c->flash.files = c->files;
		c->flash.file_count = c->file_count;
	}
	return cli_flash(&c->flash);
}

static int run_session(struct call *c, struct err *err)
{
	const struct app_plain_options *p = &c->app.plain;

	if (c->plain_only && !p->on)
		err_set(err, ERR_INVAL, 0, "--%s needs --plain", c->plain_only);
	else if (p->timeout_us && !p->until)
		err_set(err, ERR_INVAL, 0,
		    "--timeout needs --until; --exit-after ends when it is quiet");
	return err->code ? usage_error(err->text) : app_run(&c->app);
}

static int run_diagnose(const struct call *c)
{
	struct cli_diagnose_options o = {.files = c->files,
	    .file_count = c->file_count,
	    .json = c->flash.json,
	    .quiet = c->quiet};

	return cli_diagnose(&o);
}

static int run_upgrade(struct call *c)
{
	struct cli_upgrade_options o = {.file = c->files[0],
	    .small = c->minimal,
	    .source = c->source,
	    .address = c->address,
	    .port = c->flash.port,
	    .baud = c->flash.baud,
	    .yes = c->flash.yes,
	    .force = c->force,
	    .json = c->flash.json};

	if (!o.port)
		o.port = c->app.env_port;
	if (!o.port && app_default_port(c->port, sizeof(c->port)))
		o.port = c->port;
	if (!o.port)
		return usage_error("which port? --port NAME (tasmite list shows them), or "
				   "port = ... in the configuration");
	return cli_upgrade(&o);
}

/* Without a port that was named only the page is there. */
static int run_upload(const struct call *c)
{
	struct cli_upload_options o = {.file = c->files[0],
	    .address = c->file_count > 1 ? c->files[1] : NULL,
	    .port = c->flash.port,
	    .small = c->minimal,
	    .password_file = c->password_file,
	    .baud = c->flash.baud,
	    .yes = c->flash.yes,
	    .force = c->force,
	    .json = c->flash.json};

	return cli_upload(&o);
}

static int run_send(const struct call *c)
{
	struct cli_send_options o = {.port = c->flash.port,
	    .env_port = c->app.env_port,
	    .words = c->files,
	    .count = c->file_count,
	    .baud = c->flash.baud,
	    .keep_going = c->keep_going,
	    .yes = c->flash.yes,
	    .json = c->flash.json,
	    .quiet = c->quiet,
	    .timeout_s = c->flash.timeout_s};

	return cli_send(&o);
}

static int completion(const char *what)
{
	int code = cli_completion(what);

	return code == 2 ? usage_error("--completion wants bash, zsh or fish") : code;
}

/* Reads the whole command line; -1 go on, else the exit code. */
static int read_words(struct call *c, struct options *o)
{
	const struct option_row *row;
	const char *value;
	struct err err = {0};
	int rc;

	while ((rc = options_next(o, &row, &value, &err)) > 0) {
		if (!row) {
			if (o->command == OPTIONS_SESSION)
				c->app.port = value;
			else
				c->files[c->file_count++] = o->argv[o->next - 1];
		} else if (row->id == OPTION_HELP) {
			print_help(o->command);
			return 0;
		} else if (row->id == OPTION_VERSION) {
			puts("tasmite " TASMITE_VERSION);
			return 0;
		} else if (row->id == OPTION_COMPLETION) {
			return completion(value);
		} else if (!take_option(c, o->command, row, value, &err)) {
			return usage_error(err.text);
		}
	}
	return rc < 0 ? usage_error(err.text) : -1;
}

static int run(struct call *c, char **argv)
{
	struct options o;
	struct err err = {0};
	int code;

	options_begin(&o, argv);
	code = read_words(c, &o);
	if (code >= 0)
		return code;
	switch (o.command) {
	case OPTIONS_FLASH:
	case OPTIONS_CHIP:
	case OPTIONS_ERASE:
	case OPTIONS_BACKUP:
	case OPTIONS_VERIFY:
		return run_flash(c, o.command, &err);
	case OPTIONS_IMAGE:
		return cli_image(c->files, c->file_count, c->flash.json);
	case OPTIONS_LIST:
		return cli_list(c->flash.json);
	case OPTIONS_DIAGNOSE:
		return run_diagnose(c);
	case OPTIONS_UPGRADE:
		return run_upgrade(c);
	case OPTIONS_UPLOAD:
		return run_upload(c);
	case OPTIONS_SEND:
		return run_send(c);
	case OPTIONS_REPLAY:
		c->app.replay = c->files[0];
		break;
	case OPTIONS_SESSION:
	case OPTIONS_COMMANDS:
		break;
	}
	return run_session(c, &err);
}

/* What did not reach standard output must not pass for a result. */
static int said_all(int code)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	/* Who read it may have seen enough: that is how a pipe ends. */
	if (errno == EPIPE)
		return code;
	fprintf(stderr, "tasmite: cannot write to standard output%s%s: the result is not whole\n",
	    errno ? ": " : "", errno ? strerror(errno) : "");
	return code > 3 ? code : 1;
}

int main(int argc, char **argv)
{
	struct call c = {.file_count = 0, .app.replay_speed = -1};
	const char *no_color = getenv("NO_COLOR");
	int code;

	/* A descriptor that is closed would become that of something else. */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return 1;
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* what is written for machines has points */
	signal(SIGXFSZ, SIG_IGN);   /* a file that gets too big is an error like a full disk */
	c.app.no_color = no_color && no_color[0];
	c.app.env_port = getenv("ESPTOOL_PORT");
	c.files = xcalloc((size_t)argc + 1, sizeof(*c.files));
	code = said_all(run(&c, argv));
	free(c.files);
	return code;
}
