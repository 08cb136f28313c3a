/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tasmite diagnose: logs of other terminals, read for people or, with --json, for machines. A file is
 * read in pieces and never held.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_out.h"
#include "tasmite/app/cli.h"
#include "tasmite/base/buf.h"
#include "tasmite/base/err.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/advice.h"
#include "tasmite/core/tasmota/doctor.h"
#include "tasmite/core/tasmota/secrets.h"
#include "tasmite/io/infile.h"

enum { CLI_GOOD = 0, CLI_PROBLEM = 1, CLI_UNKNOWN = 3 };

#define PIECE 65536
#define QUOTE 160

/* ---- JSON ---------------------------------------------------------------------------------------- */

static json_t *firmware_json(const struct doctor_view *v)
{
	json_t *o = json_object();

	cli_out_put(o, "name", json_string(v->name));
	cli_out_known(o, "version", v->version);
	cli_out_known(o, "variant", v->variant);
	cli_out_known(o, "core", v->core);
	cli_out_known(o, "chip", v->chip);
	return o;
}

static json_t *verdicts_json(const struct doctor_view *v)
{
	json_t *all = json_object();

	for (enum doctor_key k = 0; k < DOCTOR_KEYS; k++) {
		const struct doctor_verdict *r = &v->verdict[k];
		json_t *o = json_object();

		cli_out_put(o, "state", json_string(doctor_state_name(r->state)));
		cli_out_put(o, "reason", json_string(r->reason));
		if (r->line)
			cli_out_put(o, "line", json_integer((json_int_t)r->line));
		if (r->has_rc)
			cli_out_put(o, "rc", json_integer(r->rc));
		if (r->text[0])
			cli_out_put(o, k == DOCTOR_IP ? "address" : "text", cli_out_text(r->text));
		cli_out_put(all, doctor_key_name(k), o);
	}
	return all;
}

static json_t *findings_json(const struct doctor_view *v)
{
	json_t *all = json_array();

	for (enum doctor_finding_id id = 0; id < DOCTOR_FINDINGS; id++) {
		const struct doctor_finding *f = &v->finding[id];
		json_t *o, *lines;
		char text[256];

		if (!f->count)
			continue;
		o = json_object();
		lines = json_array();
		cli_out_put(o, "id", json_string(doctor_finding_name(id)));
		for (unsigned i = 0; i < f->kept; i++)
			if (json_array_append_new(lines, json_integer((json_int_t)f->lines[i])))
				xalloc_die("out of memory");
		cli_out_put(o, "lines", lines);
		if (f->cause >= 0 && id == DOCTOR_F_EXCEPTION)
			cli_out_put(o, "cause", json_integer(f->cause));
		advice_finding_text(v, id, text, sizeof(text));
		cli_out_put(o, "text", cli_out_text(text));
		if (json_array_append_new(all, o))
			xalloc_die("out of memory");
	}
	return all;
}

static json_t *steps_json(const struct doctor_view *v)
{
	struct advice_step steps[ADVICE_STEPS];
	unsigned n = advice_steps(v, steps);
	json_t *all = json_array();

	for (unsigned i = 0; i < n; i++) {
		json_t *o = json_object();

		cli_out_put(o, "action", json_string(advice_action_name(steps[i].action)));
		cli_out_put(o, "text", json_string(steps[i].text));
		if (steps[i].command[0])
			cli_out_put(o, "command", json_string(steps[i].command));
		cli_out_put(o, "cause", json_string(steps[i].cause));
		cli_out_put(o, "likelihood", json_integer(steps[i].likelihood));
		if (json_array_append_new(all, o))
			xalloc_die("out of memory");
	}
	return all;
}

static void print_json(const char *path, const struct doctor_view *v)
{
	json_t *o = json_object();
	char *line;

	cli_out_put(o, "file", cli_out_text(path));
	cli_out_put(o, "boots", json_integer((json_int_t)v->boots));
	cli_out_put(o, "firmware", firmware_json(v));
	cli_out_put(o, "verdicts", verdicts_json(v));
	cli_out_put(o, "findings", findings_json(v));
	cli_out_put(o, "next", steps_json(v));
	line = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(o);
	if (!line)
		xalloc_die("out of memory");
	cli_json(line);
	free(line);
}

/* ---- text ---------------------------------------------------------------------------------------- */

/* A line of the log for people: what is secret by `*`, what no terminal should get by '?'. */
static void print_quote(const struct secrets *secrets, const char *quote)
{
	struct buf out;
	char text[QUOTE + 1];
	size_t n;

	buf_init(&out, QUOTE);
	secrets_mask_line(secrets, quote, strlen(quote), &out);
	n = buf_len(&out) < QUOTE ? buf_len(&out) : QUOTE;
	if (n)
		memcpy(text, buf_bytes(&out), n);
	buf_fini(&out);
	secrets_mask_input(text, n);
	text[n] = '\0';
	str_clean(text, false);
	fputs(text, stdout);
	putchar('\n');
}

static void print_head(const char *path, const struct doctor_view *v)
{
	cli_say(stdout, "%s: %s%s%s%s%s%s%s, %llu boot%s in %llu lines\n", path,
	    strcmp(v->name, "unknown") == 0 ? "firmware unknown" : v->name,
	    v->version[0] ? " " : "", v->version, v->variant[0] ? " " : "", v->variant,
	    v->core[0] ? ", core " : "", v->core, (unsigned long long)v->boots,
	    v->boots == 1 ? "" : "s", (unsigned long long)v->lines);
}

static void print_verdicts(const struct doctor_view *v)
{
	static const char *const marks[] = {" ·", "ok", "!!", ".."};
	static const char *const names[] = {
	    "Boots", "Wi-Fi", "Access point", "IP address", "Web server", "MQTT", "Upgrade"};

	for (enum doctor_key k = 0; k < DOCTOR_KEYS; k++) {
		char text[160];

		advice_verdict_text(v, k, text, sizeof(text));
		cli_say(stdout, "  %s %-13s %s", marks[v->verdict[k].state], names[k], text);
		if (v->verdict[k].line)
			printf("  (line %llu)", (unsigned long long)v->verdict[k].line);
		putchar('\n');
	}
}

static void print_findings(const struct doctor_view *v, const struct secrets *secrets)
{
	bool any = false;

	for (enum doctor_finding_id id = 0; id < DOCTOR_FINDINGS; id++) {
		const struct doctor_finding *f = &v->finding[id];
		char text[256];

		if (!f->count)
			continue;
		if (!any)
			printf("Found\n");
		any = true;
		advice_finding_text(v, id, text, sizeof(text));
		cli_say(stdout, "  - %s; line", text);
		for (unsigned i = 0; i < f->kept && i < 6; i++)
			printf(" %llu", (unsigned long long)f->lines[i]);
		printf("%s\n", f->count > 6 ? " ..." : "");
		if (f->quote[0]) {
			printf("      ");
			print_quote(secrets, f->quote);
		}
	}
}

static void print_steps(const struct doctor_view *v)
{
	struct advice_step steps[ADVICE_STEPS];
	unsigned n = advice_steps(v, steps);

	printf("Next\n");
	for (unsigned i = 0; i < n; i++) {
		printf("  %u. %s", i + 1, steps[i].text);
		if (steps[i].action != ADVICE_NONE)
			printf(" (%s, %d %%)", steps[i].cause, steps[i].likelihood);
		printf("%s%s\n", steps[i].command[0] ? "\n       " : "", steps[i].command);
	}
}

static void print_text(const char *path, const struct doctor_view *v, bool first)
{
	struct secrets *secrets = secrets_new();

	if (!first)
		putchar('\n');
	print_head(path, v);
	print_verdicts(v);
	print_findings(v, secrets);
	print_steps(v);
	secrets_free(secrets);
}

/* ---- the command ----------------------------------------------------------------------------------- */

static bool read_stdin(struct doctor *d, uint8_t *piece)
{
	size_t n;

	while ((n = fread(piece, 1, PIECE, stdin)) > 0)
		doctor_bytes(d, piece, n);
	if (!ferror(stdin))
		return true;
	fprintf(stderr, "tasmite: cannot read the standard input: %s\n", strerror(errno));
	return false;
}

static bool read_file(struct doctor *d, const char *path, uint8_t *piece)
{
	struct err err;
	struct infile *f = infile_open(path, &err);
	ssize_t n = -1;

	while (f && (n = infile_read(f, piece, PIECE, &err)) > 0)
		doctor_bytes(d, piece, (size_t)n);
	infile_close(f);
	if (n < 0)
		fprintf(stderr, "tasmite: %s\n", err.text);
	return n == 0;
}

static int one_file(const char *path, const struct cli_diagnose_options *o, bool first)
{
	struct doctor *d = doctor_new();
	const struct doctor_view *v;
	uint8_t *piece = xmalloc(PIECE);
	bool read = strcmp(path, "-") == 0 ? read_stdin(d, piece) : read_file(d, path, piece);
	int rc = CLI_PROBLEM;

	free(piece);
	if (read) {
		doctor_end(d);
		v = doctor_view(d);
		if (o->json)
			print_json(path, v);
		else if (!o->quiet)
			print_text(path, v, first);
		rc = !v->recognised ? CLI_UNKNOWN : doctor_has_problem(v) ? CLI_PROBLEM : CLI_GOOD;
	}
	doctor_free(d);
	return rc;
}

int cli_diagnose(const struct cli_diagnose_options *o)
{
	char standard_input[] = "-";
	char *none[] = {standard_input};
	char *const *files = o->file_count ? o->files : none;
	int count = o->file_count ? o->file_count : 1;
	bool problem = false, healthy = false;

	for (int i = 0; i < count; i++) {
		int rc = one_file(files[i], o, i == 0);

		problem = problem || rc == CLI_PROBLEM;
		healthy = healthy || rc == CLI_GOOD;
	}
	return cli_out_end(problem, healthy);
}
