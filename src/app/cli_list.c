/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tasmite list: the serial ports of this machine, for people or, with --json, for machines. */
#include "cli_list.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_out.h"
#include "tasmite/app/cli.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

enum { CLI_GOOD = 0, CLI_PROBLEM = 1, CLI_UNKNOWN = 3 };

#define COLUMNS	 7
#define CELL_MAX 208

/* ---- text ------------------------------------------------------------------------------------ */

static void state_text(const struct port_info *info, char *dst, size_t size)
{
	if (info->holder > 0)
		str_fmt(dst, size, "used by %s (%ld)", info->holder_name, (long)info->holder);
	else if (info->holder < 0)
		str_copy(dst, size, "in use");
	else
		str_copy(dst, size, info->readable ? "free" : "no permission");
}

static void row_cells(const struct port_info *info, char cells[COLUMNS][CELL_MAX])
{
	str_copy(cells[0], CELL_MAX, info->name);
	str_copy(cells[1], CELL_MAX, info->about);
	if (info->usb)
		str_fmt(cells[2], CELL_MAX, "%04x:%04x", info->vid, info->pid);
	else
		str_copy(cells[2], CELL_MAX, "-");
	str_copy(cells[3], CELL_MAX, info->serial[0] ? info->serial : "-");
	str_copy(cells[4], CELL_MAX, info->driver[0] ? info->driver : "-");
	state_text(info, cells[5], CELL_MAX);
	str_copy(cells[6], CELL_MAX, info->by_id[0] ? info->by_id : "-");
}

static void add_row(char cells[COLUMNS][CELL_MAX], const int *widths, struct sbuf *out)
{
	for (int c = 0; c < COLUMNS; c++) {
		int pad = c < COLUMNS - 1 ? widths[c] + 2 - utf8_str_width(cells[c]) : 0;

		sbuf_add(out, cells[c]);
		for (; pad > 0; pad--)
			sbuf_add_char(out, ' ');
	}
	sbuf_add_char(out, '\n');
}

void cli_list_table(const struct port_info *list, size_t n, struct sbuf *out)
{
	char cells[COLUMNS][CELL_MAX] = {
	    "NAME", "DESCRIPTION", "USB", "SERIAL", "DRIVER", "STATE", "BY-ID"};
	int widths[COLUMNS];

	for (int c = 0; c < COLUMNS; c++)
		widths[c] = utf8_str_width(cells[c]);
	for (size_t i = 0; i < n; i++) {
		char row[COLUMNS][CELL_MAX];

		row_cells(&list[i], row);
		for (int c = 0; c < COLUMNS; c++)
			if (utf8_str_width(row[c]) > widths[c])
				widths[c] = utf8_str_width(row[c]);
	}
	add_row(cells, widths, out);
	for (size_t i = 0; i < n; i++) {
		row_cells(&list[i], cells);
		add_row(cells, widths, out);
	}
}

void cli_list_hints(const struct port_info *list, size_t n, struct sbuf *out)
{
	char text[200];

	for (size_t i = 0; i < n; i++) {
		const struct port_info *info = &list[i];
		const char *advice = ports_holder_advice(info->holder_name);

		if (info->holder > 0 && *advice)
			sbuf_fmt(
			    out, "%s is in use by %s: %s\n", info->name, info->holder_name, advice);
		if (!info->readable)
			sbuf_fmt(out, "no permission for %s: %s\n", info->name,
			    ports_permission_advice(info, text, sizeof(text)));
	}
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void put_usb(json_t *o, const struct port_info *info)
{
	char text[8];

	str_fmt(text, sizeof(text), "%04x", info->vid);
	cli_out_known(o, "vid", text);
	str_fmt(text, sizeof(text), "%04x", info->pid);
	cli_out_known(o, "pid", text);
	cli_out_known(o, "serial", info->serial);
	cli_out_known(o, "manufacturer", info->maker);
	cli_out_known(o, "product", info->product);
	cli_out_known(o, "usb_path", info->usb_path);
	if (info->usb_bus >= 0)
		cli_out_put(o, "usb_bus", json_integer(info->usb_bus));
	if (info->usb_address >= 0)
		cli_out_put(o, "usb_address", json_integer(info->usb_address));
}

void cli_list_json(const struct port_info *info, struct sbuf *out)
{
	json_t *o = json_object();
	char *line;

	cli_out_known(o, "name", info->name);
	cli_out_known(o, "path", info->path);
	cli_out_known(o, "description", info->about);
	if (info->usb)
		put_usb(o, info);
	cli_out_known(o, "by_id", info->by_id);
	cli_out_known(o, "driver", info->driver);
	cli_out_put(o, "permitted", json_boolean(info->readable));
	cli_out_known(o, "group", info->group);
	cli_out_put(o, "busy", json_boolean(info->holder != 0));
	cli_out_known(o, "holder", info->holder_name);
	if (info->holder > 0)
		cli_out_put(o, "holder_pid", json_integer(info->holder));
	line = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(o);
	if (!line)
		xalloc_die("out of memory");
	sbuf_add(out, line);
	free(line);
}

/* ---- the command ----------------------------------------------------------------------------- */

static void print_text(const struct port_info *list, size_t n)
{
	struct sbuf table, hints;

	sbuf_init(&table, 64 * 1024);
	sbuf_init(&hints, 64 * 1024);
	cli_list_table(list, n, &table);
	cli_list_hints(list, n, &hints);
	fputs(sbuf_str(&table), stdout);
	fflush(stdout); /* before the hints where both go to the terminal */
	fputs(sbuf_str(&hints), stderr);
	sbuf_fini(&table);
	sbuf_fini(&hints);
}

static void print_json(const struct port_info *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sbuf line;

		sbuf_init(&line, 8192);
		cli_list_json(&list[i], &line);
		puts(sbuf_str(&line));
		sbuf_fini(&line);
	}
}

int cli_list(bool json)
{
	struct port_info *list = xcalloc(PORTS_MAX, sizeof(*list));
	size_t n = ports_list(list, PORTS_MAX);
	int sys = n ? 0 : errno;

	ports_find_holders(list, n);
	if (json)
		print_json(list, n);
	else if (n)
		print_text(list, n);
	else if (!sys)
		fprintf(stderr, "tasmite: no serial port is there\n");
	if (sys)
		fprintf(stderr,
		    "tasmite: which serial ports there are can't be known: %s (the system lists "
		    "them in /sys/class/tty)\n",
		    strerror(sys));
	free(list);
	if (sys)
		return CLI_PROBLEM;
	return n ? CLI_GOOD : CLI_UNKNOWN;
}
