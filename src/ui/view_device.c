/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The device panel: what is known of the device, row by row, each with a mark, a reason and its
 * time; what to try next; what the device says of itself; how its starts went. Where there is not
 * room for all of it, what is known already elsewhere, and what is not known, is left out first.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/stamp.h"
#include "tasmite/core/tasmota/advice.h"
#include "paper.h"

#define LABEL_W 14
#define TIME_W	9 /* " 13:04:05" */

/* What can be chosen in the panel: a check, or a next step. */
struct device_item {
	int id; /* enum checklist_key, or CHECKLIST_KEYS + number of the step */
	int row, rows;
};

#define ITEMS_MAX (CHECKLIST_KEYS + ADVICE_STEPS)

struct view_device {
	struct view base;
	struct paper paper;
	struct device_item items[ITEMS_MAX];
	int count;
	int chosen; /* id of the item; kept when it is not there for a while */
	int w, h;   /* as drawn last */
	int filled; /* the width that device_rows has just filled it for; 0: none */
	struct advice_step steps[ADVICE_STEPS];
	unsigned step_count;
	uint64_t steps_of; /* revision of what they are for */
};

/* How much of it. */
enum density { DENSITY_ALL, DENSITY_TIGHT };

static struct view_device *device_of(struct view *v)
{
	return (struct view_device *)(void *)v;
}

static const char *mark_of(enum style_id style)
{
	return style == STYLE_OK       ? "✔"
	       : style == STYLE_BAD    ? "✘"
	       : style == STYLE_TRYING ? "▶"
				       : "·";
}

static int indent_of(const struct paper *p)
{
	return p->width >= LABEL_W + 12 ? LABEL_W + 3 : 2;
}

static void label(struct paper *p, enum style_id style, const char *text)
{
	paper_add(p, STYLE_LABEL, " ");
	paper_add(p, style, mark_of(style));
	paper_add(p, STYLE_LABEL, " ");
	paper_add(p, STYLE_LABEL, text);
}

static void entry(struct paper *p, enum style_id style, const char *name, const char *value)
{
	label(p, style, name);
	if (!*value)
		return;
	paper_tab(p, indent_of(p));
	paper_flow(p, indent_of(p), style == STYLE_BAD ? STYLE_BAD : STYLE_VALUE, value);
}

/* Where there is little room: what is good needs one row, whatever of it is seen. */
static void tight_entry(struct paper *p, enum style_id style, const char *name, const char *value)
{
	label(p, style, name);
	paper_tab(p, indent_of(p));
	paper_add(p, STYLE_VALUE, value);
}

static void plain_entry(struct paper *p, enum style_id style, const char *label, const char *value)
{
	entry(p, style, label, value);
	paper_nl(p);
}

static void item(struct view_device *d, int id, int row)
{
	if (d->count == ITEMS_MAX)
		return;
	d->items[d->count++] = (struct device_item){id, row, d->paper.row - row};
}

/* ---- what is known --------------------------------------------------------------------------- */

static void port_entry(struct paper *p, const struct session_port *port, enum density density)
{
	switch (port->state) {
	case SESSION_PORT_OPEN:
		if (density == DENSITY_ALL) /* the status line tells it too */
			plain_entry(p, STYLE_OK, "Port", port->name);
		break;
	case SESSION_PORT_WAITING:
		plain_entry(
		    p, STYLE_BAD, "Port", port->why[0] ? port->why : "away, waiting for it");
		break;
	default:
		plain_entry(p, STYLE_UNKNOWN, "Port", "none: F2 or /port NAME");
		break;
	}
}

static enum style_id style_of(enum doctor_state state)
{
	static const enum style_id styles[] = {STYLE_UNKNOWN, STYLE_OK, STYLE_BAD, STYLE_TRYING};

	return styles[state];
}

/* "13:04:05": when the line came that it rests on. */
static void time_text(
    const struct session *s, const struct session_proof *proof, char *dst, size_t size)
{
	const struct stamp_zone zone = {s->wall_offset_us, s->utc_offset_s};
	char stamp[STAMP_MAX];

	dst[0] = '\0';
	if (!proof->known)
		return;
	stamp_text(PANE_TIME_CLOCK, proof->time, 0, &zone, stamp, sizeof(stamp));
	str_copy_n(dst, size, stamp, strcspn(stamp, "."));
}

/* At the right, where the reason leaves room; what is bad or under way has a row more for it. */
static void add_time(struct paper *p, const char *text, bool may_grow)
{
	int x = p->width - TIME_W + 1;

	if (!*text)
		return;
	if (p->x >= x) {
		if (!may_grow)
			return;
		paper_nl(p);
		p->x = indent_of(p);
	} else {
		p->x = x;
	}
	paper_add(p, STYLE_STAMP, text);
}

static bool troubled(const struct checklist_row *c)
{
	return c->state == DOCTOR_BAD || c->state == DOCTOR_TRYING;
}

static bool shown(const struct checklist_row *c, enum density density)
{
	if (troubled(c))
		return true;
	if (c->key == CHECKLIST_UPGRADE || c->key == CHECKLIST_WEB || c->key == CHECKLIST_CONSOLE)
		return density == DENSITY_ALL && c->state != DOCTOR_UNKNOWN;
	return density == DENSITY_ALL || c->text[0] || c->key == CHECKLIST_FIRMWARE;
}

/* The loader is where the flash wants the device: nothing is wrong with that. */
static bool wanted(const struct session *s, const struct checklist_row *c)
{
	return c->key == CHECKLIST_BOOTS &&
	       (s->flash.state == FLASH_WAITING || s->flash.state == FLASH_WORKING) &&
	       strcmp(s->device.view->verdict[DOCTOR_BOOT].reason, "download_mode") == 0;
}

static void check_entry(struct view_device *d, const struct session *s,
    const struct checklist_row *c, enum density density)
{
	struct paper *p = &d->paper;
	enum style_id style = wanted(s, c) ? STYLE_TRYING : style_of(c->state);
	int row = p->row;
	char time[STAMP_MAX];

	if (density == DENSITY_TIGHT && !troubled(c))
		tight_entry(p, style, c->label, c->text);
	else
		entry(p, style, c->label, c->text);
	time_text(s, &s->device.proof[c->key], time, sizeof(time));
	add_time(p, time, density == DENSITY_ALL && troubled(c));
	paper_nl(p);
	item(d, c->key, row);
}

static void loader_entry(struct paper *p, const struct session *s)
{
	if (!s->facts.in_loader || s->flash.state == FLASH_WORKING)
		return;
	plain_entry(p, STYLE_TRYING, "Boot loader",
	    s->flash.state == FLASH_DONE ? "runs until the power is off"
					 : "waits for a flash (release the button)");
}

/* ---- what to try next ------------------------------------------------------------------------ */

static void think(struct view_device *d, const struct session *s)
{
	if (d->steps_of == s->device.revision)
		return;
	d->steps_of = s->device.revision;
	d->step_count = s->device.view->recognised ? advice_steps(s->device.view, d->steps) : 0;
}

static void steps(struct view_device *d, const struct session *s, enum density density)
{
	struct paper *p = &d->paper;
	unsigned most = density == DENSITY_ALL ? 3 : 1;

	if (s->flash.state == FLASH_WAITING || s->flash.state == FLASH_WORKING)
		return;
	if (!doctor_has_problem(s->device.view))
		return;
	for (unsigned i = 0; i < d->step_count && i < most; i++) {
		const struct advice_step *step = &d->steps[i];
		int row = p->row;

		if (step->action == ADVICE_NONE && !step->command[0] && i)
			continue;
		paper_add(p, STYLE_LABEL, " ");
		paper_add(p, i ? STYLE_LABEL : STYLE_TRYING, "→");
		paper_add(p, STYLE_LABEL, " ");
		paper_flow(p, 3, i ? STYLE_LABEL : STYLE_VALUE, step->text);
		if (step->command[0] && !i) {
			paper_add(p, STYLE_LABEL, " ");
			paper_flow(p, 3, STYLE_KEY, "(/next)");
		}
		paper_nl(p);
		item(d, CHECKLIST_KEYS + (int)i, row);
	}
}

/* ---- what the device says of itself ----------------------------------------------------------- */

static void head(struct paper *p, const char *title)
{
	paper_nl(p);
	paper_add(p, STYLE_LABEL, " ");
	paper_add(p, STYLE_TITLE, title);
}

/* A row of its own below the value; with the label where there is no value now. */
static void curve(
    struct paper *p, const struct status *st, enum status_curve which, const char *name)
{
	int32_t values[STATUS_SAMPLES];
	char text[STATUS_SAMPLES * 4];
	int room = p->width - indent_of(p);
	unsigned n, most = room < 1 ? 0 : room < STATUS_SAMPLES ? (unsigned)room : STATUS_SAMPLES;

	n = status_curve(st, which, values, most);
	if (n < 2)
		return;
	status_curve_text(values, n, text, sizeof(text));
	paper_add(p, STYLE_LABEL, "   ");
	paper_add(p, STYLE_LABEL, name);
	paper_tab(p, indent_of(p));
	paper_add(p, STYLE_BAR_DONE, text);
	paper_nl(p);
}

static void signal_text(const struct status *st, char *dst, size_t size)
{
	char more[40];

	dst[0] = '\0';
	if (st->dbm)
		str_fmt(dst, size, "%d dBm", st->dbm);
	if (st->quality >= 0) {
		str_fmt(more, sizeof(more), st->dbm ? ", %d %%" : "%d %%", st->quality);
		str_cat(dst, size, more);
	}
	if (st->channel && dst[0]) {
		str_fmt(more, sizeof(more), ", channel %d", (int)st->channel);
		str_cat(dst, size, more);
	}
}

static void status_row(struct paper *p, const char *label, const char *text)
{
	if (!*text)
		return;
	paper_add(p, STYLE_LABEL, "   ");
	paper_add(p, STYLE_LABEL, label);
	paper_tab(p, indent_of(p));
	paper_flow(p, indent_of(p), STYLE_VALUE, text);
	paper_nl(p);
}

static void status_table(struct paper *p, const struct session *s)
{
	const struct status *st = &s->device.status;
	struct session_proof at = {.known = true, .time = st->time};
	char text[160];

	if (!st->any)
		return;
	head(p, "Status");
	time_text(s, &at, text, sizeof(text));
	add_time(p, text, false);
	paper_nl(p);
	str_fmt(text, sizeof(text), "%s%s%s", st->version, st->core[0] ? ", core " : "", st->core);
	status_row(p, "Firmware", st->version[0] ? text : "");
	status_row(p, "Network", st->ssid);
	signal_text(st, text, sizeof(text));
	status_row(p, "Signal", text);
	curve(p, st, STATUS_SIGNAL, text[0] ? "" : "Signal");
	status_row(p, "Address", st->address);
	if (st->mqtt_port)
		str_fmt(text, sizeof(text), "%s:%d", st->mqtt_host, (int)st->mqtt_port);
	else
		str_copy(text, sizeof(text), st->mqtt_host);
	status_row(p, "MQTT host", st->mqtt_host[0] ? text : "");
	status_row(p, "Uptime", st->uptime);
	if (st->heap_kb >= 0)
		str_fmt(text, sizeof(text), "%d kB", (int)st->heap_kb);
	status_row(p, "Free memory", st->heap_kb >= 0 ? text : "");
	curve(p, st, STATUS_HEAP, st->heap_kb >= 0 ? "" : "Free memory");
}

/* ---- how the starts went ---------------------------------------------------------------------- */

#define STARTS_SHOWN 4

static void starts(struct paper *p, const struct timeline *t)
{
	int32_t longest = timeline_longest(t);
	char bar[400], text[40];
	int cells = p->width - indent_of(p) - 10;

	if (longest <= 0 || cells < 8)
		return;
	head(p, "Starts");
	paper_nl(p);
	for (unsigned back = 0; back < STARTS_SHOWN && timeline_at(t, back); back++) {
		const struct timeline_boot *b = timeline_at(t, back);

		str_fmt(text, sizeof(text), "boot %llu", (unsigned long long)b->number);
		paper_add(p, STYLE_LABEL, "   ");
		paper_add(p, STYLE_LABEL, text);
		paper_tab(p, indent_of(p));
		timeline_bar(b, longest, cells < 90 ? cells : 90, bar, sizeof(bar));
		paper_add(p, STYLE_BAR_DONE, bar);
		timeline_end_text(b, text, sizeof(text));
		paper_add(p, STYLE_VALUE, bar[0] ? " " : "");
		paper_add(p, STYLE_VALUE, text);
		paper_nl(p);
	}
}

/* ---- the panel -------------------------------------------------------------------------------- */

static void chip_entry(struct paper *p, const struct session *s)
{
	plain_entry(p, s->chip[0] ? STYLE_OK : STYLE_UNKNOWN, "Chip", s->chip);
}

static void fill_all(struct view_device *d, const struct session *s)
{
	struct paper *p = &d->paper;

	port_entry(p, &s->port, DENSITY_ALL);
	chip_entry(p, s);
	loader_entry(p, s);
	for (int k = 0; k < CHECKLIST_KEYS; k++)
		if (shown(&s->device.checks[k], DENSITY_ALL))
			check_entry(d, s, &s->device.checks[k], DENSITY_ALL);
	if (s->facts.topic[0])
		plain_entry(p, STYLE_OK, "Topic", s->facts.topic);
	steps(d, s, DENSITY_ALL);
}

/* What is wrong, or under way, first. */
static void fill_tight(struct view_device *d, const struct session *s)
{
	const struct checklist_row *checks = s->device.checks;

	port_entry(&d->paper, &s->port, DENSITY_TIGHT);
	loader_entry(&d->paper, s);
	for (int k = 0; k < CHECKLIST_KEYS; k++)
		if (troubled(&checks[k]))
			check_entry(d, s, &checks[k], DENSITY_TIGHT);
	steps(d, s, DENSITY_TIGHT);
	for (int k = 0; k < CHECKLIST_KEYS; k++)
		if (!troubled(&checks[k]) && shown(&checks[k], DENSITY_TIGHT))
			check_entry(d, s, &checks[k], DENSITY_TIGHT);
	if (s->chip[0])
		chip_entry(&d->paper, s);
}

static void tell_unread(struct paper *p, const struct session *s)
{
	char text[80];

	if (!s->device.unread)
		return;
	str_fmt(text, sizeof(text), "%llu lines: gone from the log too soon",
	    (unsigned long long)s->device.unread);
	plain_entry(p, STYLE_BAD, "Not read", text);
}

static void fill(struct view_device *d, const struct session *s, int width, enum density density)
{
	think(d, s);
	d->count = 0;
	paper_begin(&d->paper, width);
	if (density == DENSITY_ALL)
		fill_all(d, s);
	else
		fill_tight(d, s);
	tell_unread(&d->paper, s);
	status_table(&d->paper, s);
	starts(&d->paper, &s->device.timeline);
}

static int device_rows(struct view *v, const struct session *s, int width, mono_t now)
{
	(void)now;
	fill(device_of(v), s, width, DENSITY_ALL);
	device_of(v)->filled = width;
	return paper_rows(&device_of(v)->paper);
}

static const struct device_item *chosen_item(const struct view_device *d)
{
	const struct device_item *near = NULL;

	for (int i = 0; i < d->count; i++)
		if (d->items[i].id == d->chosen)
			return &d->items[i];
	/* It is not there now: the one before it. */
	for (int i = 0; i < d->count; i++)
		if (!near || (d->items[i].id < d->chosen && d->items[i].id > near->id))
			near = &d->items[i];
	return near;
}

static void bring_into_sight(struct view_device *d, int height)
{
	const struct device_item *it = chosen_item(d);

	if (!it)
		return;
	if (it->row + it->rows > d->paper.top + height)
		d->paper.top = it->row + it->rows - height;
	if (it->row < d->paper.top)
		d->paper.top = it->row;
}

static void device_recalc(struct view *v, const struct session *s, mono_t now)
{
	struct view_device *d = device_of(v);

	(void)now;
	if (d->filled != v->r.w) /* the same frame asked how many rows it takes */
		fill(d, s, v->r.w, DENSITY_ALL);
	d->filled = 0;
	if (paper_rows(&d->paper) > v->r.h)
		fill(d, s, v->r.w, DENSITY_TIGHT);
	/* What is chosen stays in sight when the room changes. */
	if (v->focused && (d->w != v->r.w || d->h != v->r.h))
		bring_into_sight(d, v->r.h);
	d->w = v->r.w;
	d->h = v->r.h;
	paper_clamp(&d->paper, v->r.h);
}

static void device_draw(const struct view *v, const struct session *s, struct surface *to)
{
	const struct view_device *d = (const struct view_device *)(const void *)v;
	const struct device_item *it = chosen_item(d);

	(void)s;
	paper_draw(&d->paper, to, v->r);
	if (v->focused && it) {
		struct rect r = rect_clip(
		    (struct rect){v->r.x, v->r.y + it->row - d->paper.top, v->r.w, it->rows}, v->r);

		if (r.h > 0) {
			surface_restyle(to, r, STYLE_SELECTED);
			surface_text(to, r, r.x, r.y, STYLE_SELECTED, "▸");
		}
	}
	paper_draw_more(&d->paper, to, v->r, v->area.x + v->area.w - 1);
}

/* ---- keys ------------------------------------------------------------------------------------- */

static bool move(struct view_device *d, int by)
{
	const struct device_item *it = chosen_item(d);
	int i = it ? (int)(it - d->items) + by : -1;

	if (i < 0 || i >= d->count)
		return false;
	d->chosen = d->items[i].id;
	return true;
}

static unsigned command(struct view *v, const char *text)
{
	str_copy(v->command, sizeof(v->command), text);
	return VIEW_COMMAND | VIEW_DONE;
}

static unsigned enter(struct view *v)
{
	struct view_device *d = device_of(v);
	const struct device_item *it = chosen_item(d);
	char text[40];

	if (!it)
		return VIEW_DONE;
	if (it->id >= CHECKLIST_KEYS)
		str_fmt(text, sizeof(text), "/next %d", it->id - CHECKLIST_KEYS + 1);
	else
		str_fmt(text, sizeof(text), "/why %s", checklist_word((enum checklist_key)it->id));
	return command(v, text);
}

static unsigned device_key(struct view *v, const struct session *s, const struct key *key)
{
	struct view_device *d = device_of(v);
	int by = key->code == KEYS_UP || key->code == 'k'     ? -1
		 : key->code == KEYS_DOWN || key->code == 'j' ? 1
							      : 0;

	(void)s;
	if (!key->mods && by && move(d, by)) {
		bring_into_sight(d, v->r.h);
		return VIEW_DONE;
	}
	if (!key->mods && key->code == KEYS_ENTER)
		return enter(v);
	if (!key->mods && key->code == 'n')
		return command(v, "/next");
	if (!key->mods && key->code == 't')
		return command(v, "/timeline");
	return paper_key(&d->paper, key, v->r.h) ? VIEW_DONE : VIEW_NOT_MINE;
}

#define PROOF_SHOWN 60

/* "13:04:12 00:00:07 WIF: Connect failed as...": what the row rests on. */
static void proof_hint(
    const struct session *s, const struct session_proof *proof, char *dst, size_t size)
{
	char time[STAMP_MAX], text[PROOF_SHOWN + 4];
	const char *from = str_skip_blank(proof->text);
	size_t n = strlen(from);

	time_text(s, proof, time, sizeof(time));
	str_copy_n(text, sizeof(text), from, utf8_cut(from, n, PROOF_SHOWN));
	if (n > PROOF_SHOWN)
		str_cat(text, sizeof(text), "…");
	str_fmt(dst, size, "%s %s   Enter: in the log   n: next step   Esc: back", time, text);
}

void view_device_hint(const struct view *v, const struct session *s, char *dst, size_t size)
{
	const struct view_device *d = (const struct view_device *)(const void *)v;
	const struct device_item *it = chosen_item(d);
	const struct advice_step *step;

	if (it && it->id >= CHECKLIST_KEYS && (unsigned)(it->id - CHECKLIST_KEYS) < d->step_count) {
		step = &d->steps[it->id - CHECKLIST_KEYS];
		str_fmt(dst, size, "%s (%d %%)   Enter: %s   Esc: back", step->cause,
		    step->likelihood, step->command[0] ? step->command : "what to do");
		return;
	}
	if (it && s->device.proof[it->id].known)
		proof_hint(s, &s->device.proof[it->id], dst, size);
	else
		str_copy(dst, size,
		    it && s->device.checks[it->id].line
			? "↑ ↓   Enter: its lines   n: next step   t: timeline   Esc: back"
			: "↑ ↓   n: next step   t: timeline   Esc: back");
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
