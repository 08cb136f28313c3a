/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connects the model of an upload with requests, timer and whoever has the link. */
#include "upload_task.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/http_post.h"
#include "upgrade_files.h"

#define LOOKS MONO_S(15) /* how long a page may take */
#define POLLS MONO_S(5)
#define POSTS MONO_S(30)

struct upload_task {
	struct loop *loop;
	struct upload_task_ops ops;
	void *ctx;
	struct upgrade_files files;
	struct upload *model;
	struct loglines *reader;
	struct http_post *post;
	bool connected; /* of post */
	char address[64], seen[64], password[128];
	uint16_t port;
	struct timer *timer;
	struct timer *load; /* goes on with the files, a piece a turn */
	struct buf line;
	bool overlong, was_ready, ended, pumping;
	uint64_t revision;
	enum upload_state state;
	int trouble; /* why no request could be made here, told once each */
};

static void pump(struct upload_task *t, mono_t now);

/* ---- requests ----------------------------------------------------------------------------------- */

static void on_event(void *ctx, const struct http_post_event *e, mono_t now)
{
	struct upload_task *t = ctx;
	struct http_post *post = t->post;

	switch (e->kind) {
	case HTTP_POST_CONNECTED:
		t->connected = true;
		break;
	case HTTP_POST_SENT:
		upload_sent(t->model, e->sent, now);
		break;
	case HTTP_POST_ANSWERED:
		t->post = NULL;
		http_post_free(post);
		upload_answered(t->model, e->status, e->page, e->page_n, now);
		break;
	case HTTP_POST_FAILED:
		t->post = NULL;
		http_post_free(post);
		upload_broken(t->model, t->connected, e->err->text, now);
		break;
	}
	pump(t, now);
}

/* What the user said; what the device says of itself; where the log has seen its page; else it can
 * only be its own access point. */
static void choose_address(struct upload_task *t)
{
	const char *own = upload_device(t->model)->address;

	if (t->address[0] && own[0] && strcmp(t->address, own) &&
	    strcmp(t->address, "192.168.4.1") && strcmp(own, "192.168.4.1")) {
		t->ops.say(t->ctx, true,
		    "the console's device has another address: only the page is gone by");
		upload_other(t->model);
	}
	if (t->address[0])
		return;
	(void)str_copy(t->address, sizeof(t->address), own[0] ? own : t->seen);
	if (!t->address[0])
		(void)str_copy(t->address, sizeof(t->address), "192.168.4.1");
}

static void request(
    struct upload_task *t, enum upload_want want, const char *path, int part, mono_t now)
{
	struct http_post_config cfg = {.loop = t->loop,
	    .address = t->address,
	    .port = t->port,
	    .password = t->password,
	    .event = on_event,
	    .ctx = t};
	struct err err = {0};

	choose_address(t);
	if (want == UPLOAD_WANT_POST) {
		cfg.name = t->files.file[part].name;
		cfg.data = t->files.data[part];
		cfg.size = t->files.file[part].size;
		cfg.patience = POSTS;
	} else {
		cfg.path = path;
		cfg.patience = upload_view(t->model)->state == UPLOAD_LOOKS ? LOOKS : POLLS;
	}
	t->connected = false;
	t->post = http_post_new(&cfg, &err);
	if (t->post)
		return;
	/* While its restart is waited for a device is away for a while: that says nothing. */
	if (upload_view(t->model)->state > UPLOAD_SENDS && err.sys != t->trouble) {
		t->trouble = err.sys;
		t->ops.say(t->ctx, true, err.text);
	}
	upload_broken(t->model, false, err.text, now);
}

/* ---- all that follows from what has just happened ------------------------------------------------ */

static void tell_state(struct upload_task *t)
{
	const struct upload_view *v = upload_view(t->model);
	char text[500];

	if (v->state == t->state)
		return;
	t->state = v->state;
	if (v->state == UPLOAD_ENDED) {
		upload_end_words(t->model, text, sizeof(text));
		t->ops.say(t->ctx, v->end != UPLOAD_END_DONE, text);
	} else if (v->state == UPLOAD_SENDS) {
		(void)str_fmt(
		    text, sizeof(text), "sends %s to %s", t->files.file[v->part].name, t->address);
		t->ops.say(t->ctx, false, text);
	} else if (v->state != UPLOAD_READY) {
		t->ops.say(t->ctx, false, upload_state_words(v->state));
	}
}

static void pump_requests(struct upload_task *t, mono_t now)
{
	enum upload_want want;
	const char *path, *command;
	int part;

	if (t->post && !upload_waits(t->model)) {
		http_post_free(t->post);
		t->post = NULL;
	}
	while ((command = upload_command(t->model)) != NULL)
		t->ops.send(t->ctx, command);
	while (!t->post && (want = upload_next(t->model, &path, &part, now)) != UPLOAD_WANT_NOTHING)
		request(t, want, path, part, now);
}

static void pump(struct upload_task *t, mono_t now)
{
	const struct upload_view *v = upload_view(t->model);

	if (t->pumping) /* a request that failed at once */
		return;
	t->pumping = true;
	pump_requests(t, now);
	t->pumping = false;
	tell_state(t);
	if (t->revision != v->revision) {
		t->revision = v->revision;
		t->ops.changed(t->ctx, now);
	}
	if (upload_deadline(t->model) == MONO_NEVER)
		timer_disarm(t->timer);
	else
		timer_arm(t->timer, upload_deadline(t->model));
	if (v->state == UPLOAD_READY && !t->was_ready && !t->files.load) {
		t->was_ready = true;
		t->ops.ready(t->ctx, now);
	} else if (v->state == UPLOAD_ENDED && !t->ended) {
		t->ended = true;
		t->ops.ended(t->ctx, now);
	}
}

static void on_timer(void *ctx, mono_t now)
{
	struct upload_task *t = ctx;

	upload_tick(t->model, now);
	pump(t, now);
}

/* The device is asked meanwhile. */
static void on_load(void *ctx, mono_t now)
{
	struct upload_task *t = ctx;
	struct err err = {0};
	int rc;

	if (t->ended)
		return;
	rc = upgrade_files_step(&t->files, &err);
	if (rc == ERR_AGAIN) {
		timer_arm(t->load, now);
		return;
	}
	if (rc == ERR_OK) {
		upload_take_files(t->model, t->files.file);
		pump(t, now);
		return;
	}
	t->ops.failed(t->ctx, &err, now);
	upload_refuse(t->model);
	pump(t, now);
}

/* ---- the device --------------------------------------------------------------------------------- */

static void whole_line(struct upload_task *t, mono_t now)
{
	struct logline ev;

	if (!t->overlong && buf_len(&t->line)) {
		logline_read(t->reader, buf_bytes(&t->line), buf_len(&t->line), &ev);
		upload_line(t->model, &ev, now);
	}
	buf_clear(&t->line);
	t->overlong = false;
}

void upload_task_rx(struct upload_task *t, const uint8_t *bytes, size_t n, mono_t now)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] == '\n')
			whole_line(t, now);
		else if (!buf_append_byte(&t->line, bytes[i]))
			t->overlong = true;
	pump(t, now);
}

void upload_task_port_away(struct upload_task *t, mono_t now)
{
	buf_clear(&t->line);
	t->overlong = false;
	upload_mute(t->model, now);
	pump(t, now);
}

bool upload_task_go(struct upload_task *t, mono_t now, struct err *err)
{
	const struct upgrade_plan *p = upload_planned(t->model);

	if (p->reason != UPGRADE_GOOD || !upload_go(t->model, now)) {
		(void)err_set(err, ERR_INVAL, 0, "%s. %s", p->text, p->advice);
		return false;
	}
	for (unsigned i = 0; i < p->notes; i++)
		t->ops.say(t->ctx, false, p->note[i]);
	pump(t, now);
	return true;
}

void upload_task_cancel(struct upload_task *t, mono_t now)
{
	upload_cancel(t->model);
	pump(t, now);
}

const struct upload *upload_task_model(const struct upload_task *t)
{
	return t->model;
}

const char *upload_task_address(const struct upload_task *t)
{
	return t->address;
}

/* ---- beginning and end -------------------------------------------------------------------------- */

static int take_address(struct upload_task *t, const char *word, struct err *err)
{
	uint64_t port = 80;
	char *colon;

	(void)str_copy(t->address, sizeof(t->address), word);
	colon = strchr(t->address, ':');
	if (colon)
		*colon = '\0';
	if (colon && (!str_parse_u64(colon + 1, 65535, &port) || !port))
		return err_set(err, ERR_INVAL, 0, "%s is no address: 192.168.4.1, say", word);
	t->port = (uint16_t)port;
	return ERR_OK;
}

struct upload_task *upload_task_new(struct loop *loop, const struct upload_wish *w,
    const struct upload_task_ops *ops, void *ctx, mono_t now, struct err *err)
{
	struct upload_task *t = xcalloc(1, sizeof(*t));

	if (take_address(t, w->address ? w->address : "", err) != ERR_OK ||
	    upgrade_files_begin(&t->files, w->path, w->small, err) != ERR_OK) {
		free(t);
		return NULL;
	}
	t->loop = loop;
	t->ops = *ops;
	t->ctx = ctx;
	(void)str_copy(t->seen, sizeof(t->seen), w->seen ? w->seen : "");
	(void)str_copy(t->password, sizeof(t->password), w->password ? w->password : "");
	t->reader = loglines_new();
	buf_init(&t->line, LOGLINE_MAX);
	t->timer = timer_new(loop, on_timer, t);
	t->load = timer_new(loop, on_load, t);
	t->model = upload_new(NULL, w->console, w->insist, now);
	t->state = UPLOAD_ENDED;
	return t;
}

void upload_task_start(struct upload_task *t, mono_t now)
{
	timer_arm(t->load, now);
	pump(t, now);
}

void upload_task_free(struct upload_task *t)
{
	if (!t)
		return;
	http_post_free(t->post);
	timer_free(t->timer);
	timer_free(t->load);
	upload_free(t->model);
	loglines_free(t->reader);
	buf_fini(&t->line);
	upgrade_files_free(&t->files);
	memset(t->password, 0, sizeof(t->password));
	free(t);
}
