/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a log: nothing is found without a line that shows it, no verdict is bad without one,
 * there is always a next step, and the log cut anywhere gives the same as whole.
 */
#include <stdlib.h>
#include <string.h>

#include "tasmite/core/tasmota/advice.h"
#include "tasmite/core/tasmota/doctor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(int ok)
{
	if (!ok)
		abort();
}

static void check(const struct doctor_view *v)
{
	struct advice_step steps[ADVICE_STEPS];
	char text[200];
	unsigned count = advice_steps(v, steps);

	require(count >= 1 && count <= ADVICE_STEPS);
	for (unsigned i = 1; i < count; i++)
		require(steps[i - 1].likelihood >= steps[i].likelihood);
	for (enum doctor_key k = 0; k < DOCTOR_KEYS; k++) {
		const struct doctor_verdict *o = &v->verdict[k];

		require(o->line <= v->lines);
		require(o->state != DOCTOR_BAD || o->line >= 1);
		advice_verdict_text(v, k, text, sizeof(text));
	}
	for (enum doctor_finding_id f = 0; f < DOCTOR_FINDINGS; f++) {
		const struct doctor_finding *o = &v->finding[f];

		require((o->count > 0) == (o->kept > 0) && o->kept <= DOCTOR_LINES);
		for (unsigned i = 0; i < o->kept; i++)
			require(o->lines[i] >= 1 && o->lines[i] <= v->lines);
		advice_finding_text(v, f, text, sizeof(text));
	}
	require(v->recognised || !doctor_has_problem(v));
}

/* step 0: whole, without looking in between. */
static struct doctor *read_log(const uint8_t *data, size_t n, size_t step)
{
	struct doctor *d = doctor_new();
	unsigned looks = 0;

	for (size_t i = 0; i < n;) {
		size_t take = step && step < n - i ? step : n - i;

		doctor_bytes(d, data + i, take);
		if (step && looks++ % 16 == 0) /* looking costs more than reading */
			check(doctor_view(d));
		i += take;
	}
	doctor_end(d);
	check(doctor_view(d));
	return d;
}

static void same(const struct doctor_view *a, const struct doctor_view *b)
{
	require(a->boots == b->boots && a->lines == b->lines);
	for (enum doctor_key k = 0; k < DOCTOR_KEYS; k++)
		require(a->verdict[k].state == b->verdict[k].state &&
			a->verdict[k].line == b->verdict[k].line &&
			!strcmp(a->verdict[k].reason, b->verdict[k].reason));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct doctor *whole = read_log(data, n, 0), *cut = read_log(data, n, n % 13 + 1);

	same(doctor_view(whole), doctor_view(cut));
	doctor_free(whole);
	doctor_free(cut);
	return 0;
}
