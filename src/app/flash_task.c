/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A piece of work with the boot loader, from the request to the result. */
#include "flash_task.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "adapters.h"
#include "flash_driver.h"
#include "flash_family.h"
#include "flash_fit.h"
#include "flash_old.h"
#include "flash_panel.h"
#include "flash_save.h"
#include "flash_words.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

/* Resets by lines that took the chip's own USB away, before it is left to the user. */
#define USB_RETURNS 4

struct flash_task {
	struct loop *loop;
	struct link *link;
	struct flash_driver *driver;
	struct flash_request req;
	struct flash_view *view;
	const struct flash_task_ops *ops;
	void *ctx;
	mono_t began, stage_began;
	bool connected; /* the loader has answered */
	bool working;	/* past connecting */
	bool ended;
	bool paused;		      /* the port is away while the boot loader is waited for */
	char refused[400];	      /* the job does not fit the chip: why */
	enum engine_heard last_heard; /* said already */
	mono_t boot_heard;	      /* the last start from the flash */
	uint32_t baud;		      /* of the link, for the share of the wire */
	struct adapter adapter;	      /* what is remembered of it */
	char key[192];		      /* which one it is (link_adapter_key) */
	struct flash_save *save;      /* the backup */
	struct flash_old *old;	      /* what the device may hold */
	uint64_t mismatch;	      /* bytes that differed */
	enum engine_retry last_retry;
	unsigned same_retries;
	bool slower;	  /* a rate was given up */
	unsigned returns; /* of the port, while the loader was waited for */
};

/* Where a loader that measured nothing yet is spoken to first, and where the stub is left. */
#define LOADER_BAUD 115200

static void say(struct flash_task *t, bool bad, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void say(struct flash_task *t, bool bad, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	str_vfmt(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->ops->say(t->ctx, bad, text);
}

/* ---- the view -------------------------------------------------------------------------------- */

static void show_steps(struct flash_task *t, bool by_lines)
{
	if (by_lines)
		flash_words_steps_lines(&t->req, t->view);
	else
		flash_words_steps(&t->req, t->view);
}

static void view_begin(struct flash_task *t, bool by_lines, mono_t now)
{
	const struct flash_request *r = &t->req;
	struct flash_view *v = t->view;
	uint64_t revision = v->revision;

	memset(v, 0, sizeof(*v));
	v->revision = revision + 1;
	v->state = FLASH_WAITING;
	v->left_s = -1;
	v->stage_began = now;
	flash_panel_stages(r, v, r->no_stub ? FLASH_BY_ROM : FLASH_BY_STUB);
	flash_panel_what(r, v);
	show_steps(t, by_lines);
}

static void on_stage(struct flash_task *t, const struct engine_event *ev, mono_t now)
{
	struct flash_view *v = t->view;
	struct flash_stage *row = flash_panel_stage(v, ev->stage);

	if (row)
		row->mark = ev->began ? MARK_RUNNING : MARK_DONE;
	if (ev->began) {
		t->stage_began = now;
		v->stage_began = now;
		v->done = v->total = 0;
		v->left_s = -1;
		v->rate[0] = '\0';
	}
	if (ev->began && ev->stage != ENGINE_ST_CONNECT && !t->working) {
		t->working = true;
		v->state = FLASH_WORKING;
		v->text_count = 0;
		v->heard[0] = '\0';
	}
}

/* Payload per second against what the wire carries: ten bits a byte. */
static void on_progress(struct flash_task *t, const struct engine_event *ev, mono_t now)
{
	struct flash_view *v = t->view;
	double seconds = (double)(now - t->stage_began) / 1e6;

	v->done = ev->done;
	v->total = ev->total;
	if (seconds < 0.2 || !ev->done || !t->baud ||
	    (ev->stage != ENGINE_ST_WRITE && ev->stage != ENGINE_ST_READ))
		return;
	double per_s = ev->done / seconds;

	str_fmt(v->rate, sizeof(v->rate), "%.1f KB/s (%.0f %% of the wire)", per_s / 1024,
	    per_s * 1000 / t->baud);
	v->left_s = (int)((ev->total - ev->done) / per_s + 0.5);
}

static void on_heard(struct flash_task *t, const struct engine_event *ev, mono_t now)
{
	char text[160];
	bool bad, again = false;

	if (flash_words_heard_better(t->last_heard, ev->heard))
		return;
	if (ev->heard == ENGINE_HEARD_FLASH_BOOT) {
		/* Each try with the button tells its result; the starts of a boot loop do not. */
		again = now - t->boot_heard >= MONO_S(3);
		t->boot_heard = now;
	}
	flash_words_heard(ev, text, sizeof(text), &bad);
	str_copy(t->view->heard, sizeof(t->view->heard), text);
	if ((again || ev->heard != t->last_heard) && ev->heard != ENGINE_HEARD_NOTHING)
		say(t, bad, "%s", text);
	t->last_heard = ev->heard;
	if (ev->heard == ENGINE_HEARD_NO_RESET)
		flash_words_steps(&t->req, t->view);
}

/* The next time on this adapter it is the first to be tried. */
static void remember_reset(struct flash_task *t, const char *name)
{
	const char *key = link_adapter_key(t->link);
	struct err err = {0};

	if (!key[0] || strcmp(t->adapter.reset, name) == 0)
		return;
	str_copy(t->adapter.reset, sizeof(t->adapter.reset), name);
	if (adapters_put(key, &t->adapter, &err) != ERR_OK)
		say(t, true, "the reset sequence is not remembered: %s", err.text);
}

static void on_reset(struct flash_task *t, const struct engine_event *ev)
{
	char text[160];
	bool bad;

	flash_words_reset(ev, text, sizeof(text), &bad);
	str_copy(t->view->heard, sizeof(t->view->heard), text);
	if (ev->ok)
		remember_reset(t, ev->name);
	/* Silence is told once, when all were tried. */
	if (ev->began ? ev->stage != ENGINE_ST_CONNECT : ev->value != ENGINE_RESET_SILENT)
		say(t, bad, "%s", text);
}

/* ---- between identity and the first change -------------------------------------------------- */

static void patch_files(struct flash_task *t, const struct image_target *target)
{
	for (size_t i = 0; i < t->req.file_count; i++) {
		struct flash_file *f = &t->req.files[i];
		struct image_target at = *target;
		struct image_patch p;

		at.offset = f->offset;
		image_patch_plan(&f->info, &at, &p);
		if (!p.needed || p.offset >= f->size)
			continue;
		f->data[p.offset] = p.new_byte;
		say(t, false, "%s: %s", f->name, p.text);
	}
}

/* The chip is known now: does the job fit it? False: t->refused says why not. */
static bool fits_chip(struct flash_task *t, const struct engine_chip *chip)
{
	struct image_target target = {
	    .flash_size = chip->flash_size, .is_8285 = chip->is_8285, .chip_known = true};
	struct sbuf warnings;
	struct err err = {0};
	int rc;

	if (t->req.kind == ENGINE_ERASE && t->req.area.length && chip->flash_size &&
	    t->req.area.offset + t->req.area.length > chip->flash_size) {
		str_fmt(t->refused, sizeof(t->refused), "the area ends beyond the flash (%u bytes)",
		    chip->flash_size);
		return false;
	}
	sbuf_init(&warnings, 4000);
	rc = flash_request_check(&t->req, &target, &warnings, &err);
	if (rc != ERR_OK)
		str_copy(t->refused, sizeof(t->refused), err.text);
	else if (warnings.len)
		t->ops->say(t->ctx, true, sbuf_str(&warnings));
	sbuf_fini(&warnings);
	if (rc == ERR_OK)
		patch_files(t, &target);
	return rc == ERR_OK;
}

/* What is written into the header of the file at 0, as the user asked; the chip is known. */
static bool set_header(struct flash_task *t, const struct engine_chip *chip)
{
	for (size_t i = 0; i < t->req.file_count; i++) {
		struct flash_file *f = &t->req.files[i];
		struct image_header want = {.mode = t->req.mode,
		    .size_code = t->req.size_code == FLASH_DETECT
				     ? image_size_code(chip->flash_size)
				     : t->req.size_code,
		    .freq_code = t->req.freq_code};
		char told[160];

		if (f->offset ||
		    !image_header_set(&f->info, &want, f->data, f->size, told, sizeof(told)))
			continue;
		say(t, false, "%s: %s", f->name, told);
		return true;
	}
	return false;
}

/* The sectors of the settings stay: which ones they are depends on the flash's size. */
static bool keep_settings(struct flash_task *t, const struct engine_chip *chip)
{
	struct engine_part keep[ENGINE_MAX_KEEP];
	size_t n = flash_request_keep(&t->req, chip->flash_size, keep);

	if (!t->req.keep_settings)
		return true;
	if (!n) {
		str_copy(t->refused, sizeof(t->refused),
		    "--keep-settings: the file covers the sectors of the settings");
		return false;
	}
	if (!flash_driver_keep(t->driver, keep, n)) {
		str_copy(t->refused, sizeof(t->refused),
		    "--keep-settings: the area is part of what is to be erased: leave one of both "
		    "out");
		return false;
	}
	for (size_t i = 0; i < n; i++)
		say(t, false, "0x%05x to 0x%05x stay as they are (settings)", keep[i].offset,
		    keep[i].offset + keep[i].length - 1);
	return true;
}

/* A chip of the ESP32 family: what it is told to do, it does by its ROM. */
static bool fits_family(struct flash_task *t, const struct engine_chip *chip)
{
	struct sbuf told;
	struct err err = {0};
	int rc = ERR_OK;

	if (chip->secure_download)
		t->req.no_verify = true;
	flash_panel_stages(&t->req, t->view, FLASH_BY_FAMILY);
	sbuf_init(&told, 4000);
	flash_family_notes(chip, &told);
	if (t->req.kind == ENGINE_FLASH || t->req.kind == ENGINE_VERIFY ||
	    t->req.kind == ENGINE_ERASE)
		rc = flash_family_fit(&t->req, t->driver, &told, &err);
	if (told.len)
		t->ops->say(t->ctx, true, sbuf_str(&told));
	sbuf_fini(&told);
	if (rc != ERR_OK)
		str_copy(t->refused, sizeof(t->refused), err.text);
	for (size_t i = 0; rc == ERR_OK && i < t->req.file_count; i++)
		say(t, false, "%s goes to 0x%05x", t->req.files[i].name, t->req.files[i].offset);
	return rc == ERR_OK;
}

/* Has the engine stopped to hear whether the job fits? */
static bool is_asked(const struct flash_task *t)
{
	return t->req.kind == ENGINE_FLASH || t->req.kind == ENGINE_ERASE ||
	       (t->req.kind == ENGINE_VERIFY && flash_fit_wants_table(&t->req));
}

static void on_identity(struct flash_task *t, mono_t now)
{
	const struct engine_chip *chip = engine_chip_info(flash_driver_engine(t->driver));
	char shown[80];

	flash_chip_short(chip, shown, sizeof(shown));
	str_fmt(t->view->chip, sizeof(t->view->chip), "%s  %02X:%02X:%02X:%02X:%02X:%02X", shown,
	    chip->mac[0], chip->mac[1], chip->mac[2], chip->mac[3], chip->mac[4], chip->mac[5]);
	say(t, false, "chip: %s", t->view->chip);
	bool asked = is_asked(t), fits = true; /* a file in its place wants no table any more */

	if (chip->family32) {
		fits = fits_family(t, chip);
	} else if (asked) {
		if (t->req.kind == ENGINE_FLASH)
			set_header(t, chip);
		fits = fits_chip(t, chip) && keep_settings(t, chip);
	}
	if (fits && asked)
		flash_driver_proceed(t->driver, now);
	else if (!fits)
		flash_driver_cancel(t->driver, now);
}

/* ---- the stub, and what it finds -------------------------------------------------------------- */

static void on_stub(struct flash_task *t, const struct engine_event *ev)
{
	flash_panel_stages(&t->req, t->view, ev->ok ? FLASH_BY_STUB : FLASH_BY_ROM);
	if (ev->ok)
		say(t, false, "the stub runs (%u KB under way at once)", ev->value / 1024);
	else
		say(t, true,
		    "the stub does not run: the ROM alone goes on, slower and with its own "
		    "checks");
}

/* What is sent may be less than what is written: said in the panel, too. */
static void on_plan(struct flash_task *t, const struct engine_event *ev)
{
	bool full =
	    t->req.full || engine_chip_info(flash_driver_engine(t->driver))->secure_download;
	char text[160];

	if (flash_words_plan(ev, full, text, sizeof(text)))
		say(t, false, "%s", text);
	if (!ev->differences)
		return;
	t->view->text_count = 0;
	flash_words_add(t->view, false, "%u of %u sectors sent as differences", ev->differences,
	    ev->done / FLASH_OLD_SECTOR);
	say(t, false, "what the device holds is known: %s", t->view->text[0]);
}

static void on_mismatch(struct flash_task *t, const struct engine_event *ev)
{
	t->mismatch += ev->total;
	say(t, true, "0x%05x to 0x%05x differ from the file%s", ev->value,
	    ev->value + ev->total - 1, ev->ok ? ": written once more, slower" : "");
}

/* What an adapter could not do is not tried again the next time; a higher rate that was asked for and
 * worked takes its place. */
static void remember_rate(struct flash_task *t)
{
	const char *key = link_adapter_key(t->link);
	struct err err = {0};

	if (!key[0] || !t->baud || t->adapter.baud == t->baud ||
	    (!t->slower && (!t->adapter.baud || t->baud < t->adapter.baud)))
		return;
	t->adapter.baud = t->baud;
	if (adapters_put(key, &t->adapter, &err) != ERR_OK)
		say(t, true, "the rate is not remembered: %s", err.text);
}

static void say_saved(struct flash_task *t)
{
	say(t, false, "the flash is copied to %s (it holds passwords; /flash writes it back)",
	    flash_save_path(t->save));
}

/* So many bytes are to be copied: only when they are on the disk anything may be erased. */
static uint64_t save_bytes(const struct flash_task *t)
{
	uint32_t area = t->req.kind == ENGINE_READ ? t->req.area.length : 0;

	return area ? area : engine_chip_info(flash_driver_engine(t->driver))->flash_size;
}

static int on_take(void *ctx, size_t part, uint32_t offset, const uint8_t *bytes, size_t n)
{
	struct flash_task *t = ctx;
	struct err err = {0};
	int rc = flash_save_take(&t->save, t->req.save, bytes, n, save_bytes(t), &err);

	(void)part;
	(void)offset;
	if (rc == ERR_OK && flash_save_md5(t->save)[0])
		say_saved(t);
	else if (rc != ERR_OK && rc != ERR_AGAIN)
		str_copy(t->refused, sizeof(t->refused), err.text);
	return rc;
}

/* The backup is whole when its stage ends, at the latest. */
static void close_save(struct flash_task *t)
{
	struct err err = {0};

	if (!t->save || flash_save_md5(t->save)[0])
		return;
	if (flash_save_finish(t->save, true, &err) == ERR_OK)
		say_saved(t);
	else
		say(t, true, "%s", err.text);
}

const char *flash_task_saved(const struct flash_task *t, const char **md5)
{
	*md5 = t->save ? flash_save_md5(t->save) : "";
	return (*md5)[0] ? flash_save_path(t->save) : NULL;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void say_result(struct flash_task *t, int from)
{
	const struct flash_view *v = t->view;

	for (int i = from; i < v->text_count; i++)
		say(t, v->text_bad[i], "%s", v->text[i]);
}

static void finish(struct flash_task *t, const struct engine_event *ev, mono_t now)
{
	const struct engine *e = flash_driver_engine(t->driver);
	struct flash_view *v = t->view;
	bool cancelled = ev->kind == ENGINE_EV_CANCELLED;
	struct err err = {0};
	int said = 0; /* lines of the panel that are in the log already */

	t->ended = true;
	v->left_s = -1;
	v->heard[0] = '\0';
	if (ev->kind == ENGINE_EV_DONE) {
		v->state = FLASH_DONE;
		close_save(t);
		remember_rate(t);
		if (flash_old_keep_request(&t->req, &err) != ERR_OK)
			say(t, true, "what was written is not kept for the next release: %s",
			    err.text);
		flash_words_done(&t->req, e, (double)(now - t->began) / 1e6, v);
	} else if (t->refused[0]) {
		v->state = FLASH_FAILED;
		flash_words_refused(t->refused, v);
		said = v->text_count;
		flash_words_add(v, false, "Nothing on the device was changed.");
		flash_words_leave(e, v);
	} else {
		v->state = cancelled ? FLASH_CANCELLED : FLASH_FAILED;
		flash_words_failed(&t->req, e, cancelled, v);
	}
	if (v->state != FLASH_DONE)
		flash_panel_failed(v);
	if (t->refused[0])
		say(t, true, "%s", t->refused); /* the panel's line may cut it */
	say_result(t, said);
	v->revision++;
	t->ops->ended(t->ctx, now);
}

/* A bad wire makes hundreds: the first ones are told, the panel counts all. */
#define RETRIES_TOLD 3

static void on_retry(struct flash_task *t, const struct engine_event *ev)
{
	char text[160];

	if (ev->retry != t->last_retry)
		t->same_retries = 0;
	t->last_retry = ev->retry;
	if (++t->same_retries > RETRIES_TOLD)
		return;
	flash_words_retry(ev, text, sizeof(text));
	say(t, true, "%s%s", text,
	    t->same_retries == RETRIES_TOLD ? " (further ones are only counted)" : "");
}

static void on_event(void *ctx, const struct engine_event *ev, mono_t now)
{
	struct flash_task *t = ctx;

	t->view->revision++;
	switch (ev->kind) {
	case ENGINE_EV_STAGE:
		on_stage(t, ev, now);
		if (ev->stage == ENGINE_ST_READ && !ev->began)
			close_save(t);
		break;
	case ENGINE_EV_STUB:
		on_stub(t, ev);
		break;
	case ENGINE_EV_PLAN:
		on_plan(t, ev);
		break;
	case ENGINE_EV_MISMATCH:
		on_mismatch(t, ev);
		break;
	case ENGINE_EV_HEARD:
		on_heard(t, ev, now);
		break;
	case ENGINE_EV_RESET:
		on_reset(t, ev);
		break;
	case ENGINE_EV_TEXT:
		t->ops->heard(t->ctx, ev->text, ev->n, now);
		break;
	case ENGINE_EV_SYNC:
		t->began = now; /* what the user's hand needed is no part of the time */
		t->baud = ev->value;
		t->connected = true;
		say(t, false, "the boot loader answers at %u", ev->value);
		break;
	case ENGINE_EV_IDENTITY:
		on_identity(t, now);
		break;
	case ENGINE_EV_BAUD:
		t->baud = ev->value;
		t->slower = t->slower || !ev->ok;
		say(t, !ev->ok, ev->ok ? "rate: %u baud" : "rate: fell back to %u baud", ev->value);
		break;
	case ENGINE_EV_PROGRESS:
		on_progress(t, ev, now);
		break;
	case ENGINE_EV_SLOW:
		say(t, false, "reading %u KB by the boot loader takes about %u:%02u minutes",
		    ev->total / 1024, ev->count / 60, ev->count % 60);
		break;
	case ENGINE_EV_RETRY:
		t->view->retries++;
		on_retry(t, ev);
		break;
	case ENGINE_EV_DONE:
	case ENGINE_EV_FAILED:
	case ENGINE_EV_CANCELLED:
		finish(t, ev, now);
		break;
	}
}

static const uint8_t *on_data(void *ctx, size_t part, uint32_t offset, uint32_t length)
{
	const struct flash_task *t = ctx;
	const struct flash_file *f;

	if (part >= t->req.file_count)
		return NULL;
	f = &t->req.files[part];
	if (offset > f->size || length > f->size - offset)
		return NULL;
	return f->data + offset;
}

static bool on_old(void *ctx, const uint8_t *digest, size_t n, const uint8_t **data)
{
	struct flash_task *t = ctx;

	*data = NULL;
	return !t->old || flash_old_sector(t->old, digest, n, data);
}

static const struct flash_driver_ops driver_ops = {
    .event = on_event, .data = on_data, .old = on_old, .take = on_take};

/* DTR and RTS, where the port has them, with what is known of the adapter. */
static void lines_of(struct flash_task *t, struct engine_job *job)
{
	const struct transport *port = link_transport(t->link);
	const char *key = link_adapter_key(t->link);

	if (!t->key[0])
		str_copy(t->key, sizeof(t->key), key);
	job->has_lines = port && (port->caps & TRANSPORT_HAS_MODEM);
	job->lines_whole = job->has_lines && strcmp(port->ops->kind, "rfc2217") == 0;
	memset(&t->adapter, 0, sizeof(t->adapter));
	if (job->has_lines && key[0])
		adapters_get(key, &t->adapter);
	/* A chip's own USB, by the maker's number for it. */
	job->usb_jtag = strncmp(key, "usb 303a:1001", 13) == 0;
	job->reset_first = t->adapter.reset[0] ? t->adapter.reset : NULL;
	if (!job->baud)
		job->baud = t->adapter.baud;
	/* Where lines reset it, it is reset. */
	if (t->req.maybe_there && !job->has_lines && !job->connected) {
		job->connected = true;
		job->connected_baud = LOADER_BAUD;
		job->maybe_raised = true;
	}
}

/* The ROM knows no other, whatever the application was set to. */
static const struct transport_line rom_format = {.bits = 8, .parity = PARITY_NONE, .stop = 1};

/* The link as the boot loader needs it: nothing of before, no pacing, 8N1. */
static void take_link(struct flash_task *t)
{
	link_drop_unsent(t->link);
	link_set_pace(t->link, 0, 0);
	link_set_format(t->link, &rom_format, NULL);
}

struct flash_task *flash_task_new(struct loop *loop, struct link *link, struct flash_request *r,
    bool connected, uint32_t connected_baud, struct flash_view *view,
    const struct flash_task_ops *ops, void *ctx, mono_t now, struct err *err)
{
	struct flash_task *t = xcalloc(1, sizeof(*t));
	struct engine_job job;

	t->loop = loop;
	t->link = link;
	t->view = view;
	t->ops = ops;
	t->ctx = ctx;
	t->began = now;
	t->connected = connected;
	t->req = *r;
	flash_request_job(&t->req, connected, connected_baud, &job);
	lines_of(t, &job);
	t->driver = flash_driver_new(loop, link, &job, &driver_ops, t, now);
	if (!t->driver) {
		free(t);
		err_set(err, ERR_INVAL, 0,
		    "this can't be done with the flash: offsets must be multiples "
		    "of 4096, and files must not overlap");
		return NULL;
	}
	memset(r, 0, sizeof(*r)); /* taken over */
	if (job.old)
		t->old = flash_old_new(loop, t->req.known_in, now);
	take_link(t);
	view_begin(t, job.has_lines, now);
	/* A port at the end of a network may still be on its way: what it can do is known then. */
	if (!link_is_open(link)) {
		t->paused = true;
		flash_driver_stop(t->driver);
	}
	return t;
}

void flash_task_free(struct flash_task *t)
{
	if (!t)
		return;
	flash_driver_free(t->driver);
	flash_save_free(t->save);
	flash_old_free(t->old);
	flash_request_fini(&t->req);
	free(t);
}

void flash_task_rx(struct flash_task *t, const uint8_t *bytes, size_t n, mono_t now)
{
	if (!t->ended)
		flash_driver_rx(t->driver, bytes, n, now);
}

void flash_task_port_lost(struct flash_task *t, mono_t now)
{
	if (t->ended || t->paused)
		return;
	if (t->working) {
		flash_driver_port_lost(t->driver, now);
		return;
	}
	t->paused = true;
	flash_driver_stop(t->driver);
	str_copy(
	    t->view->heard, sizeof(t->view->heard), "the port is away: it goes on when it is back");
	t->view->revision++;
}

/* What was begun for one device is done to no other. */
static void refuse_another(struct flash_task *t, mono_t now)
{
	const struct engine_event cancelled = {.kind = ENGINE_EV_CANCELLED};

	str_copy(t->refused, sizeof(t->refused),
	    "another adapter was plugged in, or into another socket: nothing is done to what hangs "
	    "on it. The same command again, if it is meant");
	finish(t, &cancelled, now);
}

void flash_task_port_back(struct flash_task *t, mono_t now)
{
	struct engine_job job;

	if (t->ended || !t->paused)
		return;
	if (t->key[0] && strcmp(t->key, link_adapter_key(t->link)) != 0) {
		refuse_another(t, now);
		return;
	}
	t->paused = false;
	flash_driver_free(t->driver);
	flash_request_job(&t->req, false, 0, &job);
	lines_of(t, &job);
	/* The reset into its loader takes a chip's own USB away: it is there already, perhaps. */
	job.connected = job.usb_jtag;
	job.connected_baud = LOADER_BAUD;
	if (++t->returns > USB_RETURNS && job.usb_jtag)
		job.has_lines = false;
	t->driver = flash_driver_new(t->loop, t->link, &job, &driver_ops, t, now);
	assert(t->driver); /* the same job was good before */
	t->last_heard = ENGINE_HEARD_NOTHING;
	t->view->heard[0] = '\0';
	show_steps(t, job.has_lines);
	t->view->revision++;
	take_link(t);
}

void flash_task_cancel(struct flash_task *t, mono_t now)
{
	const struct engine_event cancelled = {.kind = ENGINE_EV_CANCELLED};

	if (t->ended)
		return;
	if (t->paused)
		finish(t, &cancelled, now); /* nothing is under way that could end by itself */
	else
		flash_driver_cancel(t->driver, now);
}

void flash_task_turn(struct flash_task *t, mono_t now)
{
	if (!t->ended)
		flash_driver_turn(t->driver, now);
}

bool flash_task_ended(const struct flash_task *t)
{
	return t->ended;
}

bool flash_task_in_loader(const struct flash_task *t, uint32_t *baud)
{
	const struct engine *e = flash_driver_engine(t->driver);

	*baud = engine_baud(e);
	return t->ended && (t->view->state == FLASH_DONE ? engine_in_loader(e)
							 : engine_failure(e)->still_connected);
}

bool flash_task_connected(const struct flash_task *t)
{
	return t->connected;
}

bool flash_task_lost_port(const struct flash_task *t)
{
	return t->ended && t->view->state == FLASH_FAILED && !t->refused[0] &&
	       engine_failure(flash_driver_engine(t->driver))->cause == ENGINE_CAUSE_IO;
}

const struct engine_chip *flash_task_chip(const struct flash_task *t)
{
	const struct engine_chip *chip = engine_chip_info(flash_driver_engine(t->driver));

	return chip->known ? chip : NULL;
}

const struct engine_failure *flash_task_failure(const struct flash_task *t)
{
	return engine_failure(flash_driver_engine(t->driver));
}

enum engine_kind flash_task_kind(const struct flash_task *t)
{
	return t->req.kind;
}
