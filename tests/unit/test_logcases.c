/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The logs of tests/data/logs, each with what must be found in it: NAME.log and NAME.json. What the
 * JSON has must be so; what it leaves out is not looked at. "findings" are all ids in order, "next"
 * are the first actions in order. Each log is fed whole, byte by byte and cut at random.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/advice.h"
#include "tasmite/core/tasmota/doctor.h"

#define FOLDER	  "tests/data/logs"
#define CASES_MIN 120

struct log_case {
	char name[80];
	uint8_t *bytes;
	size_t n;
	json_t *want;
};

static unsigned wrong;

static void complain(
    const struct log_case *c, const char *how, const char *what, const char *want, const char *is)
{
	print_error("%s (%s): %s is '%s', not '%s'\n", c->name, how, what, is, want);
	wrong++;
}

static void same_text(
    const struct log_case *c, const char *how, const char *what, const json_t *want, const char *is)
{
	if (want && strcmp(json_string_value(want) ? json_string_value(want) : "?", is))
		complain(c, how, what, json_string_value(want), is);
}

static void same_number(
    const struct log_case *c, const char *how, const char *what, const json_t *want, long long is)
{
	char a[24], b[24];

	if (!want || json_integer_value(want) == is)
		return;
	snprintf(a, sizeof(a), "%lld", (long long)json_integer_value(want));
	snprintf(b, sizeof(b), "%lld", is);
	complain(c, how, what, a, b);
}

static void check_verdicts(
    const struct log_case *c, const char *how, const struct doctor_view *v, const json_t *want)
{
	for (enum doctor_key k = 0; k < DOCTOR_KEYS; k++) {
		const struct doctor_verdict *is = &v->verdict[k];
		const json_t *o = json_object_get(want, doctor_key_name(k));
		char what[40];

		snprintf(what, sizeof(what), "%s", doctor_key_name(k));
		same_text(c, how, what, json_object_get(o, "state"), doctor_state_name(is->state));
		same_text(c, how, what, json_object_get(o, "reason"), is->reason);
		same_number(c, how, what, json_object_get(o, "line"), (long long)is->line);
		same_text(c, how, what, json_object_get(o, "address"), is->text);
		same_text(c, how, what, json_object_get(o, "text"), is->text);
		same_number(c, how, what, json_object_get(o, "rc"), is->rc);
		/* Never without evidence. */
		if (is->state == DOCTOR_BAD && !is->line)
			complain(c, how, what, "a line", "none");
	}
}

static void check_findings(
    const struct log_case *c, const char *how, const struct doctor_view *v, const json_t *want)
{
	char ids[600] = "", wanted[600] = "";
	size_t i;
	json_t *o;

	if (!want)
		return;
	json_array_foreach(want, i, o)
	{
		const char *id = json_string_value(json_object_get(o, "id"));

		str_cat(wanted, sizeof(wanted), id);
		str_cat(wanted, sizeof(wanted), " ");
		for (enum doctor_finding_id f = 0; f < DOCTOR_FINDINGS; f++) {
			if (strcmp(doctor_finding_name(f), id))
				continue;
			same_number(c, how, id, json_object_get(o, "cause"), v->finding[f].cause);
			same_number(c, how, id, json_array_get(json_object_get(o, "lines"), 0),
			    (long long)v->finding[f].lines[0]);
		}
	}
	for (enum doctor_finding_id f = 0; f < DOCTOR_FINDINGS; f++) {
		if (!v->finding[f].count)
			continue;
		str_cat(ids, sizeof(ids), doctor_finding_name(f));
		str_cat(ids, sizeof(ids), " ");
	}
	if (strcmp(ids, wanted))
		complain(c, how, "findings", wanted, ids);
}

static void check_next(
    const struct log_case *c, const char *how, const struct doctor_view *v, const json_t *want)
{
	struct advice_step steps[ADVICE_STEPS];
	unsigned n = advice_steps(v, steps);
	size_t i;
	json_t *o;

	json_array_foreach(want, i, o) same_text(c, how, "next", json_object_get(o, "action"),
	    i < n ? advice_action_name(steps[i].action) : "nothing");
}

static void check(const struct log_case *c, const char *how, const struct doctor_view *v)
{
	const json_t *firmware = json_object_get(c->want, "firmware");
	const json_t *exit_code = json_object_get(c->want, "exit");

	same_number(c, how, "boots", json_object_get(c->want, "boots"), (long long)v->boots);
	same_text(c, how, "name", json_object_get(firmware, "name"), v->name);
	same_text(c, how, "version", json_object_get(firmware, "version"), v->version);
	same_text(c, how, "variant", json_object_get(firmware, "variant"), v->variant);
	same_text(c, how, "core", json_object_get(firmware, "core"), v->core);
	same_text(c, how, "chip", json_object_get(firmware, "chip"), v->chip);
	same_number(c, how, "exit", exit_code, !v->recognised ? 3 : doctor_has_problem(v));
	check_verdicts(c, how, v, json_object_get(c->want, "verdicts"));
	check_findings(c, how, v, json_object_get(c->want, "findings"));
	check_next(c, how, v, json_object_get(c->want, "next"));
}

static size_t cut(unsigned *seed, int how, size_t left)
{
	size_t n = 1;

	if (how == 0)
		n = left;
	else if (how > 1)
		n = 1 + (*seed = *seed * 1103515245u + 12345u, *seed >> 16) % 97;
	return n < left ? n : left;
}

static void run_case(const struct log_case *c)
{
	static const char *const hows[] = {"whole", "byte by byte", "random", "random 2"};

	for (int how = 0; how < 4; how++) {
		struct doctor *d = doctor_new();
		unsigned seed = (unsigned)how * 77u + 1u;

		for (size_t at = 0; at < c->n;) {
			size_t n = cut(&seed, how, c->n - at);

			doctor_bytes(d, c->bytes + at, n);
			if (how == 3)
				(void)doctor_view(d); /* looking changes nothing */
			at += n;
		}
		doctor_end(d);
		check(c, hows[how], doctor_view(d));
		doctor_free(d);
	}
}

static uint8_t *read_whole(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = xmalloc(1 << 20);

	if (!f)
		fail_msg("no %s", path);
	*n = fread(bytes, 1, 1 << 20, f);
	fclose(f);
	return bytes;
}

static void doctor__finds__what_the_cases_say(void **state)
{
	DIR *dir = opendir(FOLDER);
	struct dirent *e;
	unsigned cases = 0;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		struct log_case c;
		char path[300];
		json_error_t err;

		if (!str_ends(e->d_name, ".log"))
			continue;
		str_copy_n(c.name, sizeof(c.name), e->d_name, strlen(e->d_name) - 4);
		snprintf(path, sizeof(path), FOLDER "/%s.json", c.name);
		c.want = json_load_file(path, 0, &err);
		if (!c.want)
			fail_msg("%s: %s", path, err.text);
		snprintf(path, sizeof(path), FOLDER "/%s.log", c.name);
		c.bytes = read_whole(path, &c.n);
		run_case(&c);
		free(c.bytes);
		json_decref(c.want);
		cases++;
	}
	closedir(dir);
	print_message("%u cases\n", cases);
	assert_true(cases >= CASES_MIN);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(doctor__finds__what_the_cases_say)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
