/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The device panel: what is known so far. */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"
#include "paper.h"

#define LABEL_W 14

struct view_device {
	struct view base;
	struct paper paper;
};

static struct view_device *device_of(struct view *v)
{
	return (struct view_device *)(void *)v;
}

static void entry(struct paper *p, enum style_id style, const char *label, const char *value)
{
	const char *mark = style == STYLE_OK	   ? "✔"
			   : style == STYLE_BAD	   ? "✘"
			   : style == STYLE_TRYING ? "▶"
						   : "·";
	int indent = p->width >= LABEL_W + 12 ? LABEL_W + 3 : 2;

	paper_add(p, STYLE_LABEL, " ");
	paper_add(p, style, mark);
	paper_add(p, STYLE_LABEL, " ");
	paper_add(p, STYLE_LABEL, label);
	if (*value) {
		paper_tab(p, indent);
		paper_flow(p, indent, style == STYLE_BAD ? STYLE_BAD : STYLE_VALUE, value);
	}
	paper_nl(p);
}

static void port_entry(struct paper *p, const struct session_port *port)
{
	switch (port->state) {
	case SESSION_PORT_OPEN:
		entry(p, STYLE_OK, "Port", port->name);
		break;
	case SESSION_PORT_WAITING:
		entry(p, STYLE_BAD, "Port", port->why[0] ? port->why : "away, waiting for it");
		break;
	default:
		entry(p, STYLE_UNKNOWN, "Port", "none: F2 or /port NAME");
		break;
	}
}

static void boots_entry(struct paper *p, const struct facts *f)
{
	const char *cause = facts_cause_text(f->reset_cause);
	char text[128] = "";

	if (f->boots)
		str_copy(text, sizeof(text),
		    cause		  ? cause
		    : f->reset_cause >= 0 ? "unknown cause"
					  : "seen");
	if (f->boot_mode >= 0 && f->boots)
		str_cat(text, sizeof(text),
		    f->boot_mode == 3	? ", from flash"
		    : f->boot_mode == 1 ? ", boot loader"
					: ", odd straps");
	if (f->boots > 1) {
		size_t n = strlen(text);

		str_fmt(text + n, sizeof(text) - n, " (%u times)", (unsigned)f->boots);
	}
	entry(p, f->boots ? STYLE_OK : STYLE_UNKNOWN, "Boots", text);
}

static void firmware_entry(struct paper *p, const struct facts *f)
{
	char text[128];

	str_copy(text, sizeof(text), f->firmware);
	if (f->variant[0] && f->firmware[0]) {
		str_cat(text, sizeof(text), " ");
		str_cat(text, sizeof(text), f->variant);
	}
	if (f->not_tasmota && !f->firmware[0])
		str_copy(text, sizeof(text), "an application that is no Tasmota");
	entry(p, f->firmware[0] ? STYLE_OK : STYLE_UNKNOWN, "Firmware", text);
	if (f->core[0])
		entry(p, STYLE_OK, "Arduino core", f->core);
}

static void fill(struct paper *p, const struct session *s, int width)
{
	const struct facts *f = &s->facts;
	char text[128];

	paper_begin(p, width);
	port_entry(p, &s->port);
	entry(p, s->chip[0] ? STYLE_OK : STYLE_UNKNOWN, "Chip", s->chip);
	if (f->in_loader && s->flash.state != FLASH_WORKING)
		entry(p, STYLE_TRYING, "Boot loader",
		    s->flash.state == FLASH_DONE ? "runs until the power is off"
						 : "waits for a flash (release the button)");
	boots_entry(p, f);
	firmware_entry(p, f);
	str_copy(text, sizeof(text), f->address);
	if (f->hostname[0] && f->address[0]) {
		str_cat(text, sizeof(text), " ");
		str_cat(text, sizeof(text), f->hostname);
	}
	entry(p, f->address[0] ? STYLE_OK : STYLE_UNKNOWN, "IP address", text);
	if (f->topic[0])
		entry(p, STYLE_OK, "Topic", f->topic);
	if (f->serial_log_off)
		entry(p, STYLE_BAD, "Serial log", "switched off by the device: SerialLog 2");
}

static int device_rows(struct view *v, const struct session *s, int width, mono_t now)
{
	(void)now;
	fill(&device_of(v)->paper, s, width);
	return paper_rows(&device_of(v)->paper);
}

static void device_recalc(struct view *v, const struct session *s, mono_t now)
{
	(void)now;
	fill(&device_of(v)->paper, s, v->r.w);
	paper_clamp(&device_of(v)->paper, v->r.h);
}

static void device_draw(const struct view *v, const struct session *s, struct surface *to)
{
	const struct view_device *d = (const struct view_device *)(const void *)v;

	(void)s;
	paper_draw(&d->paper, to, v->r);
	paper_draw_more(&d->paper, to, v->r, v->area.x + v->area.w - 1);
}

static unsigned device_key(struct view *v, const struct session *s, const struct key *key)
{
	(void)s;
	return paper_key(&device_of(v)->paper, key, v->r.h) ? VIEW_DONE : VIEW_NOT_MINE;
}

static void device_free(struct view *v)
{
	paper_fini(&device_of(v)->paper);
	free(v);
}

struct view *view_device_new(void)
{
	static const struct view_ops ops = {.title = "Device",
	    .recalc = device_recalc,
	    .draw = device_draw,
	    .key = device_key,
	    .rows = device_rows,
	    .free = device_free};
	struct view_device *v = xcalloc(1, sizeof(*v));

	v->base.ops = &ops;
	paper_init(&v->paper);
	return &v->base;
}
