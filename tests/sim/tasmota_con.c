/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The console: from the wire into the UART's ring, from there by the program's loop into the line
 * buffer, and on LF into a command; the backlog.
 */
#include "tasmota_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIRE_MAX (1U << 20)

static size_t line_size(const struct sim_app *a)
{
	return tas_min(a, 12, 1, 1, 0) ? 800 : 520;
}

/* Time between two looks at the ring. Sleep counts where the build does not wake on input. */
static sim_time loop_pause(const struct sim_app *a)
{
	long sleep = tas_num(a, "Sleep");
	bool wakes = tas_min(a, 8, 4, 0, 0);
	return sleep > 0 && !wakes ? sleep * TAS_MS : TAS_MS;
}

void tas_con_rx(struct sim_app *a, const uint8_t *p, size_t n)
{
	struct tas_wire *w = &a->wire;

	if (w->n + n > WIRE_MAX)
		n = WIRE_MAX - w->n;
	if (!n)
		return;
	if (w->head && w->head + w->n + n > w->room) {
		memmove(w->p, w->p + w->head, w->n);
		w->head = 0;
	}
	if (w->n + n > w->room) {
		size_t room = (w->n + n) * 2;
		uint8_t *q = realloc(w->p, room);
		if (!q)
			abort();
		w->p = q;
		w->room = room;
	}
	if (!w->n && w->next < a->now)
		w->next = a->now;
	memcpy(w->p + w->head + w->n, p, n);
	w->n += n;
}

void tas_con_arrive(struct sim_app *a)
{
	struct tas_wire *w = &a->wire;
	uint8_t byte = w->p[w->head++];

	w->n--;
	if (!w->n)
		w->head = 0;
	w->next += 10 * TAS_SECOND / (a->baud ? a->baud : 115200);
	if (a->ring_n == TAS_RING)
		return; /* lost: nobody looked in time */
	a->ring[(a->ring_head + a->ring_n++) % TAS_RING] = byte;
	if (a->loop_at == SIM_NEVER) {
		sim_time pause = loop_pause(a);
		sim_time since = a->now - a->boot_at;
		a->loop_at = a->boot_at + (since / pause + 1) * pause;
		/* A print blocks the loop until all but the FIFO's 128 bytes have left. */
		sim_time fifo = 128 * 10 * TAS_SECOND / (a->baud ? a->baud : 115200);
		if (a->loop_at < a->tx_busy - fifo)
			a->loop_at = a->tx_busy - fifo;
	}
}

static void execute_line(struct sim_app *a)
{
	a->line[a->line_n] = 0;
	a->line_n = 0;
	long level = tas_num(a, "SerialLog");
	a->log_level = level < TAS_INFO ? TAS_INFO : (int)level;
	if (a->overrun) {
		a->overrun = false;
		tas_log(a, TAS_INFO, "CMD: Serial buffer overrun");
		return;
	}
	char line[TAS_LINE];
	memcpy(line, a->line, sizeof(line));
	tas_log(a, TAS_INFO, "CMD: %s", line);
	tas_con_execute(a, line, "Serial");
}

/* One byte; true when a line was executed and the loop has to come round again. */
static bool input(struct sim_app *a, uint8_t c)
{
	if (c > 127) { /* binary: what was collected is dropped */
		a->line_n = 0;
		return true;
	}
	if (isprint(c)) {
		if (a->line_n < line_size(a) - 1)
			a->line[a->line_n++] = (char)c;
		else if (tas_min(a, 8, 3, 0, 0))
			a->overrun = true;
		else
			a->line_n = 0; /* the tail will be taken for a command */
	}
	if (c != '\n')
		return false;
	execute_line(a);
	return true;
}

void tas_con_loop(struct sim_app *a)
{
	a->loop_at = SIM_NEVER;
	while (a->ring_n && a->reset_at == SIM_NEVER) {
		uint8_t c = a->ring[a->ring_head];
		a->ring_head = (a->ring_head + 1) % TAS_RING;
		a->ring_n--;
		if (a->console_dead || tas_set_has(&a->set, "_bridge"))
			continue;
		if (input(a, c))
			break;
	}
	if (!a->ring_n)
		return;
	/* Serial.flush() after a line waits for the transmitter. */
	a->loop_at = a->now + loop_pause(a);
	if (a->loop_at < a->tx_busy)
		a->loop_at = a->tx_busy;
}

static void parse_name(struct tas_arg *arg, const char *p, size_t n)
{
	size_t slash = n;

	while (slash && p[slash - 1] != '/')
		slash--;
	p += slash;
	n -= slash;
	if (n >= sizeof(arg->name))
		n = sizeof(arg->name) - 1;
	for (size_t i = 0; i < n; i++)
		arg->name[i] = (char)toupper((unsigned char)p[i]);
	arg->name[n] = 0;
	size_t d = n;
	while (d && isdigit((unsigned char)arg->name[d - 1]))
		d--;
	arg->has_index = d < n;
	arg->index = arg->has_index ? (unsigned)strtoul(arg->name + d, NULL, 10) : 1;
	arg->name[d] = 0;
}

static long state_number(const char *data)
{
	static const char *const words[][6] = {{"off", "false", "stop", "celsius", NULL, NULL},
	    {"on", "true", "start", "fahrenheit", "user", NULL},
	    {"toggle", "admin", NULL, NULL, NULL, NULL}, {"blink", NULL, NULL, NULL, NULL, NULL},
	    {"blinkoff", NULL, NULL, NULL, NULL, NULL}};
	char low[16];
	size_t i = 0;

	for (; data[i] && i + 1 < sizeof(low); i++)
		low[i] = (char)tolower((unsigned char)data[i]);
	if (data[i])
		return -1;
	low[i] = 0;
	for (int s = 0; s < 5; s++)
		for (int k = 0; words[s][k]; k++)
			if (!strcmp(low, words[s][k]))
				return s;
	return -1;
}

static void parse_value(struct tas_arg *arg, const char *p)
{
	char *end;

	while (isspace((unsigned char)*p))
		p++;
	snprintf(arg->data, sizeof(arg->data), "%s", p);
	arg->len = strlen(arg->data);
	if (!strcmp(arg->data, "?"))
		arg->len = 0;
	arg->payload = -99;
	arg->payload32 = strtol(arg->data, &end, 10);
	if (end != arg->data)
		arg->payload = (int16_t)arg->payload32;
	else
		arg->payload32 = 0;
	long state = state_number(arg->data);
	if (state >= 0)
		arg->payload = state;
}

void tas_con_execute(struct sim_app *a, const char *line, const char *source)
{
	struct tas_arg arg;

	a->source = source;
	tas_log(a, TAS_DEBUG, "SRC: %s", source);
	while (*line == ' ')
		line++;
	size_t n = strcspn(line, " ");
	parse_name(&arg, line, n);
	parse_value(&arg, line + n);
	if (!tas_rewritten(a))
		tas_log(a, TAS_DEBUG, "RSL: Group 0, Index %u, Command %s, Data %s", arg.index,
		    arg.name, arg.data);
	else if (!tas_min(a, 9, 2, 0, 0))
		tas_log(a, TAS_DEBUG, "CMD: Group 0, Index %u, Command \"%s\", Data \"%s\"",
		    arg.index, arg.name, arg.data);
	else
		tas_log(a, TAS_DEBUG, "CMD: Grp 0, Cmd '%s', Idx %u, Len %zu, Pld %ld, Data '%s'",
		    arg.name, arg.index, arg.len, arg.payload, arg.data);
	/* Each command starts the pause of the backlog anew. */
	if (!a->bl_nodelay) {
		long pause = tas_min(a, 6, 7, 0, 0) ? tas_option(a, 34) : 200;
		a->bl_at = a->now + pause * TAS_MS;
	}
	tas_cmd_run(a, &arg);
}

static bool is_ring(const struct sim_app *a)
{
	return !tas_min(a, 10, 0, 0, 0);
}

static unsigned bl_size(const struct sim_app *a)
{
	return is_ring(a) ? TAS_BL_RING : TAS_BL_LIST;
}

bool tas_con_queued(const struct sim_app *a)
{
	return a->bl_in != a->bl_out;
}

void tas_con_clear(struct sim_app *a)
{
	for (unsigned i = 0; i < TAS_BL_LIST; i++) {
		free(a->bl[i]);
		a->bl[i] = NULL;
	}
	a->bl_in = a->bl_out = 0;
	a->bl_nodelay = a->bl_quiet = false;
}

static void push(struct sim_app *a, const char *p, size_t n)
{
	char *copy = malloc(n + 1);

	if (!copy)
		abort();
	memcpy(copy, p, n);
	copy[n] = 0;
	free(a->bl[a->bl_in]);
	a->bl[a->bl_in] = copy;
	a->bl_in = (a->bl_in + 1) % bl_size(a);
}

/* Where this part of a backlog ends: at ';', since 9.4 not inside braces. */
static size_t part_length(const struct sim_app *a, const char *p)
{
	size_t i = 0;
	int depth = 0;

	for (; p[i]; i++) {
		if (p[i] == '{')
			depth++;
		else if (p[i] == '}' && depth)
			depth--;
		else if (p[i] == ';' && (!depth || !tas_min(a, 9, 4, 0, 0)))
			break;
	}
	return i;
}

static bool same_prefix(const char *p, size_t n, const char *word)
{
	for (size_t i = 0; word[i]; i++)
		if (i >= n || tolower((unsigned char)p[i]) != word[i])
			return false;
	return true;
}

void tas_con_queue(struct sim_app *a, const char *p, unsigned index)
{
	/* The ring keeps one slot free, and one more while it reads from slot 0. */
	unsigned stop = (a->bl_out ? a->bl_out : bl_size(a) - 1) - 1;

	a->bl_nodelay = tas_min(a, 9, 0, 0, 0) && (index == 0 || index == 2);
	a->bl_quiet = tas_min(a, 14, 1, 0, 3) && (index == 2 || index == 3);
	while (*p && a->bl_in != stop) {
		size_t n = part_length(a, p);
		const char *q = p;
		size_t m = n;
		for (;;) {
			while (m && isspace((unsigned char)*q))
				q++, m--;
			if (!same_prefix(q, m, "backlog"))
				break;
			q += 7, m -= 7;
		}
		while (tas_min(a, 6, 6, 0, 0) && m && isspace((unsigned char)q[m - 1]))
			m--;
		if (m && !(tas_min(a, 9, 4, 0, 0) && same_prefix(q, m, "reset")))
			push(a, q, m);
		p += n + (p[n] == ';');
	}
	if (tas_min(a, 6, 7, 0, 0))
		a->bl_at = a->now;
}

void tas_con_backlog(struct sim_app *a)
{
	char *line = a->bl[a->bl_out];

	a->bl[a->bl_out] = NULL;
	a->bl_out = (a->bl_out + 1) % bl_size(a);
	a->bl_at = a->now;
	tas_con_execute(a, line, "Backlog");
	free(line);
	if (!tas_con_queued(a))
		a->bl_nodelay = a->bl_quiet = false;
}
