/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An upgrade followed over any log: the first byte says what the file is, then come lines of the
 * device, and what the server saw and how time goes (bytes below 0x10 at the start of a line). What is
 * said to the console is a line that the device can take, and when nothing happens any more it comes to
 * its end by itself.
 */
#include "fuzz.h"

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/upgrade.h"

static struct loglines *reader;

struct rig {
	struct upgrade *u;
	mono_t now;
	bool gone;
};

static void printable(const char *s)
{
	for (; *s; s++)
		require((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void commands(struct rig *r)
{
	const char *c;

	for (int i = 0; i < 20 && (c = upgrade_command(r->u, r->now)); i++) {
		require(c[0] && strlen(c) < 520);
		printable(c);
	}
	require(!upgrade_command(r->u, r->now));
}

static void look(struct rig *r)
{
	const struct upgrade_view *v = upgrade_view(r->u);

	require(v->state <= UPGRADE_ENDED && (v->state == UPGRADE_ENDED) == (v->end != 0));
	require(v->sent <= v->total || v->total == 0);
	require(strlen(v->said) < sizeof(v->said) && strlen(v->variant) < sizeof(v->variant));
	if (v->state == UPGRADE_READY) {
		const struct upgrade_plan *p = upgrade_planned(r->u);

		require(p->reason == UPGRADE_GOOD || (p->text[0] && p->advice[0]));
		if (p->reason != UPGRADE_GOOD && upgrade_insist(r->u, true))
			require(upgrade_planned(r->u)->reason == UPGRADE_GOOD);
		if (!upgrade_go(r->u, "http://10.0.0.2:40001/abcdefghij/f.bin", r->now))
			upgrade_cancel(r->u, r->now);
	}
	commands(r);
}

static void to_deadline(struct rig *r)
{
	mono_t due = upgrade_deadline(r->u);

	if (due != MONO_NEVER && due > r->now)
		r->now = due;
	upgrade_tick(r->u, r->now);
}

static void event(struct rig *r, uint8_t what, struct input *in)
{
	struct upgrade_request q = {.part = (int)(input_byte(in) % 5) - 1, .free_space = -1};

	q.total = q.part < 0 ? 0 : 500000;
	q.head = what == 9;
	if (what == 1 || what == 9)
		upgrade_asked(r->u, &q, r->now);
	else if (what == 2)
		upgrade_sent(r->u, 100000, r->now);
	else if (what == 3 || what == 4)
		upgrade_closed(r->u, what == 3, r->now);
	else if (what == 5)
		r->now += MONO_S(5);
	else if (what == 6)
		to_deadline(r);
	else if (what == 7)
		upgrade_cancel(r->u, r->now);
	else if (what == 8)
		upgrade_port_away(r->u, r->now);
	else
		upgrade_port_back(r->u, r->now);
	upgrade_tick(r->u, r->now);
}

static void line(struct rig *r, struct input *in)
{
	const uint8_t *from = in->p + in->at, *lf = memchr(from, '\n', in->n - in->at);
	size_t n = lf ? (size_t)(lf - from) : in->n - in->at;
	struct logline ev;

	logline_read(reader, from, n, &ev);
	upgrade_line(r->u, &ev, r->now);
	in->at += n + (lf != NULL);
}

static struct upgrade_file file_of(uint8_t how)
{
	struct upgrade_file f = {.have = true,
	    .whole = true,
	    .tasmota = true,
	    .form = how & 1 ? UPGRADE_FORM_ESP32 : UPGRADE_FORM_8266,
	    .size = how & 2 ? 620000 : 400000,
	    .version = how & 4 ? 0x0C020000 : 0x08050000,
	    .flash_needed = 1u << 20};

	(void)str_copy(f.chip, sizeof(f.chip), how & 1 ? "ESP32-C3" : "ESP8266");
	(void)str_copy(f.variant, sizeof(f.variant), how & 8 ? "lite" : "full");
	(void)str_copy(f.name, sizeof(f.name), "tasmota.bin");
	return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = {data, n, 0};
	uint8_t how = input_byte(&in);
	struct upgrade_file files[UPGRADE_PARTS] = {{.have = false}};
	struct upgrade_device known = {.free_kb = -1, .flash_kb = -1};
	struct rig r = {.now = MONO_S(10)};

	if (!reader)
		reader = loglines_new();
	files[UPGRADE_MAIN] = file_of(how);
	if (how & 16) {
		files[UPGRADE_SMALL] = file_of(how & 5);
		(void)str_copy(files[UPGRADE_SMALL].variant, sizeof(files[0].variant), "minimal");
	}
	r.u = upgrade_new(files, how & 32 ? "http://ota.example/f.bin" : NULL, &known, r.now);
	require(r.u != NULL);
	look(&r);
	while (input_more(&in) && !upgrade_view(r.u)->end) {
		uint8_t c = in.p[in.at];

		r.now += MONO_MS(200);
		if (c > 0 && c < 0x10 && c != '\n' && c != '\r') {
			in.at++;
			event(&r, c, &in);
		} else {
			line(&r, &in);
		}
		look(&r);
	}
	upgrade_port_back(r.u, r.now);
	for (int i = 0; i < 2000 && !upgrade_view(r.u)->end; i++) {
		look(&r);
		to_deadline(&r);
	}
	require(upgrade_view(r.u)->end != UPGRADE_END_NONE);
	upgrade_free(r.u);
	return 0;
}
