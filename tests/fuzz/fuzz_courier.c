/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands on their way to a device that answers anything: up to a NUL the input is a script, behind
 * it bytes of the device, cut where 0x02 stands (a step of time), or the echo of what came (0x03).
 * What goes out is nothing but the planned lines, in pieces of the allowed size, and when the device
 * says no more the job comes to its end by itself.
 */
#include "fuzz.h"

#include "tasmite/core/tasmota/courier.h"
#include "tasmite/core/tasmota/script.h"

#define STEPS 20000

struct post {
	struct courier *c;
	mono_t now;
	unsigned dones;
	char sent[8192]; /* since the last echo */
	size_t sent_n;
};

static void on_event(void *ctx, const struct courier_event *e)
{
	struct post *p = ctx;

	p->dones += e->kind == COURIER_DONE;
	require(e->step <= BACKLOG_STEPS);
	require(!e->n || e->text != NULL);
	if (e->kind == COURIER_LINE)
		require(e->n > 0 && !memchr(e->text, '\n', e->n));
}

static void pull(struct post *p)
{
	char piece[64];
	size_t n;

	while ((n = courier_tx(p->c, "\r\n", piece, sizeof(piece), p->now))) {
		require(n <= sizeof(piece));
		if (p->sent_n + n > sizeof(p->sent))
			p->sent_n = 0;
		memcpy(p->sent + p->sent_n, piece, n);
		p->sent_n += n;
	}
}

static void turn(struct post *p, mono_t step)
{
	p->now += step;
	courier_tick(p->c, p->now);
	pull(p);
}

static void device(struct post *p, struct input *in)
{
	size_t from = in->at;

	if (in->p[from] == 2) {
		in->at++;
		turn(p, MONO_MS(100));
		return;
	}
	if (in->p[from] == 3) {
		in->at++;
		courier_rx(p->c, (const uint8_t *)"00:00:01 CMD: ", 14, p->now);
		courier_rx(p->c, (const uint8_t *)p->sent, p->sent_n, p->now);
		p->sent_n = 0;
		return;
	}
	while (input_more(in) && in->p[in->at] != 2 && in->p[in->at] != 3 && in->at - from < 600)
		in->at++;
	courier_rx(p->c, in->p + from, in->at - from, p->now);
	turn(p, MONO_MS(5));
}

/* Silence: it has to end. */
static void wait_for_end(struct post *p)
{
	for (int i = 0; courier_busy(p->c); i++) {
		mono_t due = courier_deadline(p->c);

		require(i < STEPS && due != MONO_NEVER);
		turn(p, due > p->now ? due - p->now : 0);
	}
	require(p->dones == 1);
}

static const char *value_of(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return "a value";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct courier_ops ops = {on_event};
	const uint8_t *nul = n > 1 ? memchr(data + 1, 0, n - 1) : NULL;
	size_t script = nul ? (size_t)(nul - data) - 1 : n ? n - 1 : 0;
	struct input in = {data, n, nul ? script + 2 : n};
	struct post p = {.now = MONO_S(1)};
	struct script_wants wants = {.count = 0};
	struct backlog b;
	struct err err;
	uint8_t how = n ? data[0] : 0;

	if (n < 2 || script > 2000)
		return 0;
	backlog_init(&b);
	if (script_read((const char *)data + 1, script, value_of, NULL, &b, &wants, &err) !=
		ERR_OK ||
	    b.count == 0) {
		backlog_fini(&b);
		return 0;
	}
	p.c = courier_new(&ops, &p);
	courier_begin(p.c, &b, backlog_fw(how & 4 ? "6.1.1" : "14.2.0"), how & 1, how & 2, p.now);
	pull(&p);
	while (input_more(&in) && courier_busy(p.c))
		device(&p, &in);
	if (how & 8)
		courier_lost(p.c);
	else if (how & 16)
		courier_cancel(p.c);
	wait_for_end(&p);
	if ((how & 32) && courier_again(p.c, p.now)) {
		p.dones = 0;
		pull(&p);
		wait_for_end(&p);
	}
	courier_free(p.c);
	backlog_fini(&b);
	return 0;
}
