/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connects the follower of an upgrade with server, timer and whoever has the link. */
#include "upgrade_task.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/httpd.h"
#include "tasmite/io/reach.h"
#include "upgrade_files.h"

struct upgrade_task {
	struct loop *loop;
	struct upgrade_task_ops ops;
	void *ctx;
	struct upgrade_files files;
	struct timer *load; /* goes on with them, a piece a turn */
	struct err load_err;
	bool has_files, insist;
	char source[160], address[64];
	struct upgrade *model;
	struct loglines *reader;
	struct httpd *server;
	int part[HTTPD_FILES]; /* of the plan, for each file of the server */
	int transfer;	       /* the one that is followed, -1 none */
	char stranger[64];     /* the last one who was turned away */
	struct reach *reach;   /* while it is found out whether the device is reached */
	struct reach_result reached;
	bool probed, same_network, has_causes;
	bool troubled; /* the server here is the cause */
	struct upgrade_cause cause[UPGRADE_CAUSES];
	struct timer *timer;
	struct buf line; /* what has come of the device's line */
	bool overlong;
	bool was_ready, was_late, ended;
	uint64_t revision;
	char told[120]; /* the state, as told last */
};

static void say(struct upgrade_task *t, bool bad, const char *text)
{
	t->ops.say(t->ctx, bad, text);
}

/* ---- what is told ------------------------------------------------------------------------------ */

/* The web server of a device is at port 80; a device without one refuses, which is an answer too. */
#define CALLED	   80
#define CALLED_FOR MONO_S(10)

static void on_reach(void *ctx, const struct reach_result *result, mono_t now)
{
	struct upgrade_task *t = ctx;

	(void)now;
	t->reached = *result;
	reach_free(t->reach);
	t->reach = NULL;
}

/* While its request is awaited, so that the answer is there when it does not come. */
static void probe(struct upgrade_task *t)
{
	const char *address = upgrade_device(t->model)->address;
	struct err err;

	if (t->probed || !t->server || upgrade_view(t->model)->state != UPGRADE_AWAITS)
		return;
	t->probed = true;
	t->reach = reach_new(t->loop, address, CALLED, CALLED_FOR, on_reach, t, &err);
}

static void find_causes(struct upgrade_task *t)
{
	const struct upgrade_device *d = upgrade_device(t->model);
	struct upgrade_reach r = {.same_network = t->same_network,
	    .answers = t->reached.answers || upgrade_view(t->model)->requests,
	    .silent = t->reached.silent,
	    .port = t->server ? httpd_port(t->server) : 0};

	(void)str_copy(r.device, sizeof(r.device), d->address);
	(void)str_copy(r.stranger, sizeof(r.stranger), t->stranger);
	(void)reach_filter("", r.filter, sizeof(r.filter));
	upgrade_causes(&r, t->cause);
	t->has_causes = true;
}

static void tell_causes(struct upgrade_task *t)
{
	const char *trouble = t->server ? httpd_trouble(t->server) : "";
	char text[240];

	if (trouble[0]) {
		t->has_causes = t->troubled = true;
		(void)str_fmt(text, sizeof(text), "no request came so far: %s", trouble);
		say(t, true, text);
		return;
	}
	find_causes(t);
	say(t, true, "no request came so far. Likely causes, in this order:");
	for (unsigned i = 0; i < UPGRADE_CAUSES; i++) {
		if (t->cause[i].likely == UPGRADE_UNLIKELY)
			continue;
		(void)str_fmt(text, sizeof(text), "  %s", t->cause[i].text);
		say(t, true, text);
	}
}

const struct upgrade_cause *upgrade_task_causes(const struct upgrade_task *t)
{
	const struct upgrade_view *v = upgrade_view(t->model);

	return t->has_causes && !t->troubled && (v->late || v->outcome == UPGRADE_END_NO_REQUEST)
		   ? t->cause
		   : NULL;
}

static void tell_end(struct upgrade_task *t)
{
	char text[600];

	upgrade_end_words(t->model, text, sizeof(text));
	say(t, upgrade_view(t->model)->end != UPGRADE_END_DONE, text);
}

static void tell_state(struct upgrade_task *t)
{
	const struct upgrade_view *v = upgrade_view(t->model);
	char text[120];

	if ((v->late && !t->was_late) ||
	    (v->outcome == UPGRADE_END_NO_REQUEST && !t->has_causes && t->has_files))
		tell_causes(t);
	t->was_late = v->late;
	upgrade_now_words(v, text, sizeof(text));
	if (!strcmp(text, t->told))
		return;
	(void)str_copy(t->told, sizeof(t->told), text);
	if (v->state == UPGRADE_ENDED)
		tell_end(t);
	else if (v->state != UPGRADE_READY && v->state != UPGRADE_ASKS)
		say(t, v->away, text);
}

static void tell_more(struct upgrade_task *t, const struct httpd_event *e)
{
	char text[120];

	(void)str_fmt(text, sizeof(text), "%u more %s refused, the last from %s", e->n,
	    e->n == 1 ? "request was" : "requests were", e->path);
	say(t, true, text);
}

static void end_server(struct upgrade_task *t)
{
	struct httpd_event e;

	if (httpd_untold(t->server, &e))
		tell_more(t, &e);
	httpd_free(t->server);
	t->server = NULL;
}

/* All that follows from what has just happened. */
static void pump(struct upgrade_task *t, mono_t now)
{
	const struct upgrade_view *v = upgrade_view(t->model);
	const char *command;

	probe(t);
	tell_state(t);
	while ((command = upgrade_command(t->model, now)) != NULL)
		t->ops.send(t->ctx, command);
	if (t->revision != v->revision) {
		t->revision = v->revision;
		t->ops.changed(t->ctx, now);
	}
	if (upgrade_served(t->model) && t->server)
		end_server(t);
	if (upgrade_deadline(t->model) == MONO_NEVER)
		timer_disarm(t->timer);
	else
		timer_arm(t->timer, upgrade_deadline(t->model));
	if (v->state == UPGRADE_READY && !t->was_ready && !t->files.load) {
		t->was_ready = true;
		if (t->insist)
			(void)upgrade_insist(t->model, true);
		t->ops.ready(t->ctx, now);
	} else if (v->state == UPGRADE_ENDED && !t->ended) {
		t->ended = true;
		t->ops.ended(t->ctx, now);
	}
}

static void on_timer(void *ctx, mono_t now)
{
	struct upgrade_task *t = ctx;

	upgrade_tick(t->model, now);
	pump(t, now);
}

/* The device is asked meanwhile. */
static void on_load(void *ctx, mono_t now)
{
	struct upgrade_task *t = ctx;
	int rc = upgrade_files_step(&t->files, &t->load_err);

	if (rc == ERR_AGAIN) {
		timer_arm(t->load, now);
		return;
	}
	if (rc == ERR_OK)
		upgrade_take_files(t->model, t->files.file);
	else
		upgrade_files_free(&t->files); /* told by upgrade_task_go */
	pump(t, now);
}

/* ---- the server -------------------------------------------------------------------------------- */

/* Updaters say what is free, and their version. A browser that tries the address, or whoever else
 * shares the device's, is answered and told, but is not what is followed. */
static bool by_updater(const struct httpd_event *e)
{
	return e->free_space >= 0 || e->version[0];
}

static void asked(struct upgrade_task *t, const struct httpd_event *e, mono_t now)
{
	struct upgrade_request q = {.part = e->file < 0 ? -1 : t->part[e->file],
	    .head = e->head,
	    .total = e->total,
	    .free_space = e->free_space};
	char text[200], size[16] = "";

	(void)str_copy(q.version, sizeof(q.version), e->version);
	(void)str_copy(q.path, sizeof(q.path), e->path);
	if (by_updater(e))
		upgrade_asked(t->model, &q, now);
	if (e->free_space >= 0)
		(void)str_size(size, sizeof(size), (uint64_t)e->free_space);
	(void)str_fmt(text, sizeof(text), "asked for %s%s%s%s%s", e->path,
	    e->file < 0 ? ": there is no such file here" : "", size[0] ? ", free: " : "", size,
	    by_updater(e) ? "" : " (not by a device's updater)");
	say(t, e->file < 0, text);
	if (!e->head && e->file >= 0 && by_updater(e))
		t->transfer = (int)e->transfer;
}

static void on_server(void *ctx, const struct httpd_event *e, mono_t now)
{
	struct upgrade_task *t = ctx;
	char text[120];

	switch (e->kind) {
	case HTTPD_ASKED:
	case HTTPD_REFUSED:
		asked(t, e, now);
		break;
	case HTTPD_SENT:
		if ((int)e->transfer == t->transfer)
			upgrade_sent(t->model, e->n, now);
		break;
	case HTTPD_CLOSED:
		if ((int)e->transfer == t->transfer && !e->head) {
			t->transfer = -1;
			upgrade_closed(t->model, e->whole, now);
		}
		break;
	case HTTPD_STRANGER:
		(void)str_copy(t->stranger, sizeof(t->stranger), e->path);
		(void)str_fmt(text, sizeof(text), "%s is not the device: turned away", e->path);
		say(t, true, text);
		break;
	case HTTPD_MORE:
		tell_more(t, e);
		break;
	}
	pump(t, now);
}

/* "" : anybody's. */
static bool source_addresses(const struct upgrade_task *t, char *dst, size_t size, struct err *err)
{
	const char *own = upgrade_device(t->model)->address;

	dst[0] = '\0';
	if (!str_casecmp(t->source, "any"))
		return true;
	if (!t->source[0] || !str_casecmp(t->source, "device"))
		return str_copy(dst, size, own);
	if (str_fmt(dst, size, "%s,%s", own, t->source))
		return true;
	(void)err_set(err, ERR_RANGE, 0, "upgrade-source is too long");
	return false;
}

/* Of the plan. Returns the index of the one that OtaUrl names. */
static unsigned add_files(struct upgrade_task *t, struct httpd_file *file, unsigned *count)
{
	const struct upgrade_plan *p = upgrade_planned(t->model);
	unsigned first = 0;

	for (enum upgrade_part i = 0; i < UPGRADE_PARTS; i++) {
		struct httpd_file *f = &file[*count];

		if (!p->serve[i])
			continue;
		if (i == p->first)
			first = *count;
		*f = (struct httpd_file){
		    .name = p->name[i], .data = t->files.data[i], .size = t->files.file[i].size};
		(void)str_copy(f->md5, sizeof(f->md5), t->files.md5[i]);
		t->part[(*count)++] = (int)i;
	}
	return first;
}

/* Serves what the plan names; url becomes the address of the first of them. */
static int serve(struct upgrade_task *t, char *url, size_t size, struct err *err)
{
	const char *device = upgrade_device(t->model)->address;
	struct httpd_file file[HTTPD_FILES];
	char address[64], source[256];
	struct httpd_config cfg = {
	    .loop = t->loop, .files = file, .event = on_server, .ctx = t, .peer = source};
	int rc = httpd_local_address(device, address, sizeof(address), err);
	unsigned first;

	t->same_network = rc == ERR_OK;
	cfg.address = t->address[0] ? t->address : address;
	if (rc != ERR_OK && !t->address[0])
		return rc;
	err->code = ERR_OK;
	if (!source_addresses(t, source, sizeof(source), err))
		return err->code;
	first = add_files(t, file, &cfg.count);
	t->server = httpd_new(&cfg, err);
	if (!t->server)
		return err->code ? err->code : ERR_FAIL;
	if (!httpd_url(t->server, first, url, size))
		return err_set(err, ERR_RANGE, 0, "the address is too long");
	return ERR_OK;
}

bool upgrade_task_go(struct upgrade_task *t, mono_t now, struct err *err)
{
	const struct upgrade_plan *p = upgrade_planned(t->model);
	char url[256] = "";

	if (t->load_err.code) {
		*err = t->load_err;
		return false;
	}
	if (p->reason != UPGRADE_GOOD) {
		(void)err_set(err, ERR_INVAL, 0, "%s. %s", p->text, p->advice);
		return false;
	}
	for (unsigned i = 0; i < p->notes; i++)
		say(t, false, p->note[i]);
	if (t->has_files && serve(t, url, sizeof(url), err) != ERR_OK)
		return false;
	if (!upgrade_go(t->model, url[0] ? url : NULL, now)) {
		(void)err_set(err, ERR_INVAL, 0, "%s. %s", p->text, p->advice);
		return false;
	}
	pump(t, now);
	return true;
}

/* ---- the device -------------------------------------------------------------------------------- */

static void whole_line(struct upgrade_task *t, mono_t now)
{
	struct logline ev;

	if (!t->overlong && buf_len(&t->line)) {
		logline_read(t->reader, buf_bytes(&t->line), buf_len(&t->line), &ev);
		upgrade_line(t->model, &ev, now);
	}
	buf_clear(&t->line);
	t->overlong = false;
}

void upgrade_task_rx(struct upgrade_task *t, const uint8_t *bytes, size_t n, mono_t now)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] == '\n')
			whole_line(t, now);
		else if (!buf_append_byte(&t->line, bytes[i]))
			t->overlong = true;
	pump(t, now);
}

void upgrade_task_cancel(struct upgrade_task *t, mono_t now)
{
	upgrade_cancel(t->model, now);
	pump(t, now);
}

void upgrade_task_port_away(struct upgrade_task *t, mono_t now)
{
	/* What had come of a line will not be gone on with. */
	buf_clear(&t->line);
	t->overlong = false;
	upgrade_port_away(t->model, now);
	pump(t, now);
}

void upgrade_task_port_back(struct upgrade_task *t, mono_t now)
{
	upgrade_port_back(t->model, now);
	pump(t, now);
}

void upgrade_task_port_gone(struct upgrade_task *t, mono_t now)
{
	upgrade_port_gone(t->model);
	pump(t, now);
}

const struct upgrade *upgrade_task_model(const struct upgrade_task *t)
{
	return t->model;
}

/* ---- beginning and end ------------------------------------------------------------------------- */

struct upgrade_task *upgrade_task_new(struct loop *loop, const struct upgrade_wish *w,
    const struct upgrade_task_ops *ops, void *ctx, mono_t now, struct err *err)
{
	struct upgrade_task *t = xcalloc(1, sizeof(*t));

	if (w->path && upgrade_files_begin(&t->files, w->path, w->small, err) != ERR_OK) {
		free(t);
		return NULL;
	}
	t->loop = loop;
	t->ops = *ops;
	t->ctx = ctx;
	t->has_files = w->path != NULL;
	t->insist = w->insist;
	(void)str_copy(t->source, sizeof(t->source), w->source ? w->source : "");
	(void)str_copy(t->address, sizeof(t->address), w->address ? w->address : "");
	t->transfer = -1;
	t->reader = loglines_new();
	buf_init(&t->line, LOGLINE_MAX);
	t->timer = timer_new(loop, on_timer, t);
	t->load = timer_new(loop, on_load, t);
	if (t->has_files)
		timer_arm(t->load, now);
	t->model = upgrade_new(NULL, t->has_files ? NULL : w->url, &w->known, now);
	pump(t, now);
	return t;
}

void upgrade_task_free(struct upgrade_task *t)
{
	if (!t)
		return;
	httpd_free(t->server);
	reach_free(t->reach);
	timer_free(t->timer);
	timer_free(t->load);
	upgrade_free(t->model);
	loglines_free(t->reader);
	buf_fini(&t->line);
	upgrade_files_free(&t->files);
	free(t);
}
