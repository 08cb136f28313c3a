/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that work with the boot loader, and the files meant for it. */
#include "app_int.h"
#include "flash_save.h"
#include "flash_words.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/boards.h"
#include "tasmite/core/tasmota/report.h"
#include "tasmite/io/files.h"
#include "tasmite/proto/image.h"

bool app_flashing(const struct app *a)
{
	return a->task && !flash_task_ended(a->task);
}

#define LOADER_BAUD 115200

/* ---- the running task ------------------------------------------------------------------------ */

/* The device's line that is arriving shall not be cut in two by a word of ours: what is said then
 * waits for the line's end, but not longer than this. */
#define HOLD_WORDS_US MONO_MS(60)

static bool device_is_speaking(const struct app *a)
{
	const struct lines *log = a->session->log;
	struct line_ref ref;

	return lines_end(log) > lines_first(log) && lines_get(log, lines_end(log) - 1, &ref) &&
	       ref.dir == LINE_RX && ref.partial && ref.len;
}

/* held_words: lines, the first character of each tells whether it is trouble. */
static void let_go_words(struct app *a)
{
	const char *p = sbuf_str(&a->held_words), *end;

	for (; *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		if (*p == '!')
			session_warn(a->session, a->now, "flash: %.*s", (int)(end - p - 1), p + 1);
		else
			session_say(a->session, a->now, "flash: %.*s", (int)(end - p - 1), p + 1);
	}
	sbuf_clear(&a->held_words);
	timer_disarm(a->words_timer);
}

static void words_due(void *ctx, mono_t now)
{
	struct app *a = ctx;

	a->now = now;
	let_go_words(a);
}

void app_flash_init(struct app *a)
{
	sbuf_init(&a->held_words, 64 * 1024);
	a->words_timer = timer_new(a->loop, words_due, a);
}

void app_flash_fini(struct app *a)
{
	app_choose_fini(a);
	app_report_fini(a);
	app_rescue_fini(a);
	app_upgrade_fini(a);
	app_upload_fini(a);
	timer_free(a->words_timer);
	sbuf_fini(&a->held_words);
}

static void task_say(void *ctx, bool bad, const char *text)
{
	struct app *a = ctx;
	size_t n;

	a->now = loop_now(a->loop); /* the task's timers come here past the session */
	for (; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		sbuf_add_char(&a->held_words, bad ? '!' : ' ');
		sbuf_add_n(&a->held_words, text, n);
		sbuf_add_char(&a->held_words, '\n');
	}
	if (!device_is_speaking(a))
		let_go_words(a);
	else if (!timer_armed(a->words_timer))
		timer_arm(a->words_timer, a->now + HOLD_WORDS_US);
}

static void task_heard(void *ctx, const uint8_t *bytes, size_t n, mono_t now)
{
	struct app *a = ctx;

	a->now = now;
	app_log_rx(a, bytes, n, now);
	if (!device_is_speaking(a))
		let_go_words(a);
}

static void task_ended(void *ctx, mono_t now)
{
	struct app *a = ctx;

	(void)now;
	a->task_over = true; /* the rest at the end of the turn: we are inside the task here */
	loop_again(a->loop); /* this turn may be past that already */
}

static const struct flash_task_ops task_ops = {
    .say = task_say, .heard = task_heard, .ended = task_ended};

/* What was done to the flash, and what held before, is part of the session's story. */
static void keep_story(struct app *a, enum engine_kind kind)
{
	struct session *s = a->session;
	const struct flash_view *v = &s->flash;
	bool bad = v->state != FLASH_DONE, touched = flash_task_failure(a->task)->flash_touched;

	if (kind == ENGINE_IDENTIFY || (v->state == FLASH_CANCELLED && !touched))
		return;
	if (touched && a->before[0])
		journal_add(&s->journal, JOURNAL_STATE, false, a->now, "%s", a->before);
	journal_add(&s->journal, JOURNAL_WORK, bad, a->now, "%s%s%s", a->work,
	    bad && v->text_count ? ": " : "", bad && v->text_count ? v->text[0] : "");
	if (kind != ENGINE_FLASH || !touched)
		return;
	str_copy(s->journal.written, sizeof(s->journal.written),
	    str_starts(a->work, "wrote ") ? a->work + 6 : a->work);
	s->journal.written_at = a->now;
	s->journal.written_bad = bad;
}

static void leave_task(struct app *a)
{
	const struct engine_chip *chip = flash_task_chip(a->task);
	bool done = a->session->flash.state == FLASH_DONE;
	bool connected = flash_task_connected(a->task);
	enum engine_kind kind = flash_task_kind(a->task);
	struct sbuf text;

	let_go_words(a);
	a->session->flash.boots = a->session->facts.boots;
	a->loader_there = flash_task_in_loader(a->task, &a->loader_baud);
	if (chip && done && kind == ENGINE_IDENTIFY) {
		sbuf_init(&text, 2000);
		flash_chip_describe(chip, &text);
		session_say(a->session, a->now, "%s", sbuf_str(&text));
		sbuf_fini(&text);
	}
	keep_story(a, kind);
	if (flash_task_failure(a->task)->flash_touched)
		session_device_rewritten(a->session);
	if (done && kind == ENGINE_FLASH)
		session_device_written(a->session, a->work_variant);
	flash_task_free(a->task);
	a->task = NULL;
	link_drop_unsent(a->link); /* the rest of a frame is for nobody now */
	app_log_break(a, a->now);
	app_apply_settings(a); /* pace and rate are the session's again */
	app_lines_again(a);
	/* Without a loader the application still runs, at its rate: what is typed must reach it. */
	if (link_is_open(a->link) && connected)
		app_await_boot(a, a->now);
	app_rescue_task_ended(a, done);
	session_touch(a->session);
}

/* The device panel knows the chip as soon as the loader has told it. */
static void show_chip(struct app *a)
{
	const struct engine_chip *chip = flash_task_chip(a->task);
	char text[sizeof(a->session->chip)];

	if (!chip)
		return;
	a->chip = *chip;
	flash_chip_short(chip, text, sizeof(text));
	if (strcmp(text, a->session->chip) == 0)
		return;
	str_copy(a->session->chip, sizeof(a->session->chip), text);
	session_touch(a->session);
}

/* What the panel asks for at the end is done when the firmware has named itself. */
static void see_start(struct app *a)
{
	const struct facts *f = &a->session->facts;
	struct flash_view *view = &a->session->flash;

	if (f->boots == view->boots || f->rom_seen || f->in_loader)
		return;
	view->boots = f->boots;
	flash_words_started(view, f->firmware);
}

void app_flash_loader(struct app *a)
{
	unsigned lines = a->session->port.modem & (MODEM_DTR | MODEM_RTS);

	if (!a->task)
		flash_words_loader(&a->session->flash, lines == MODEM_DTR);
}

void app_flash_turn(struct app *a)
{
	app_upgrade_turn(a);
	app_upload_turn(a);
	if (a->task)
		show_chip(a);
	else if (a->session->flash.state == FLASH_DONE)
		see_start(a);
	if (!a->task_over)
		return;
	a->task_over = false;
	leave_task(a);
}

void app_flash_port_lost(struct app *a, mono_t now)
{
	flash_task_port_lost(a->task, now);
}

void act_cancel(struct app *a, const struct cmd_line *c)
{
	(void)c;
	if (app_upgrade_cancel(a) || app_upload_cancel(a) || app_courier_cancel(a) ||
	    app_send_cancel(a))
		return;
	if (!app_flashing(a)) {
		if (a->session->flash.state == FLASH_IDLE || a->task) {
			session_notice(a->session, false, "nothing to cancel");
		} else {
			a->session->flash.state = FLASH_IDLE; /* puts the result away */
			a->session->flash.revision++;
		}
		return;
	}
	flash_task_cancel(a->task, a->now);
}

/* ---- from the command to the task ------------------------------------------------------------ */

static bool may_begin(struct app *a)
{
	if (app_flashing(a) || a->task || app_upgrading(a) || app_uploading(a)) {
		session_notice(a->session, true, "the flash panel is at work: /cancel stops it");
		return false;
	}
	if (app_sending(a) || app_courier_busy(a)) {
		session_notice(a->session, true, "lines are still being sent: /cancel stops them");
		return false;
	}
	if (!link_is_open(a->link)) {
		session_notice(a->session, true,
		    a->session->port.state == SESSION_PORT_WAITING
			? "the port is away: plug it in, then again"
			: "no port is open: /port NAME");
		return false;
	}
	return true;
}

/* The rate at which a loader may answer at once; 0: it has to be waited for. A loader that just
 * said so in the log has measured no rate yet: it takes the usual one. */
static uint32_t loader_rate(const struct app *a)
{
	if (a->loader_there)
		return a->loader_baud;
	return a->session->facts.in_loader ? LOADER_BAUD : 0;
}

/* "wrote tasmota.bin at 0x00000, all erased before: Tasmota 6.x, full build, ..." */
static void name_work(struct app *a, const struct flash_request *r)
{
	static const char *const does[] = {[ENGINE_IDENTIFY] = "identified the chip",
	    [ENGINE_ERASE] = "erased",
	    [ENGINE_READ] = "copied the flash to ",
	    [ENGINE_VERIFY] = "compared with ",
	    [ENGINE_FLASH] = "wrote "};
	char about[160] = "";

	str_copy(a->work_variant, sizeof(a->work_variant),
	    r->file_count ? r->files[0].info.id.variant : "");
	if (r->file_count)
		image_summary(&r->files[0].info, about, sizeof(about));
	str_fmt(a->work, sizeof(a->work), "%s%s%s%s%s", does[r->kind],
	    r->file_count	     ? r->files[0].name
	    : r->kind == ENGINE_READ ? "a file"
				     : "",
	    r->kind == ENGINE_FLASH && r->erase_all ? ", all erased before"
	    : r->kind == ENGINE_ERASE		    ? r->erase_all ? " the whole flash" : " an area"
						    : "",
	    about[0] ? ": " : "", about);
}

/* Before the boot loader is entered: that start is none of the firmware. */
static void note_state(struct app *a)
{
	struct sbuf marks;

	session_judge(a->session);
	sbuf_init(&marks, sizeof(a->before) - 1);
	report_marks(a->session, a->secrets, &marks);
	str_copy(a->before, sizeof(a->before),
	    a->session->device.view->recognised ? sbuf_str(&marks) : "");
	sbuf_fini(&marks);
}

static void begin(struct app *a, struct flash_request *r)
{
	struct err err = {0};
	uint32_t rate;

	if (!may_begin(a)) { /* the port may have gone while the question stood */
		flash_request_fini(r);
		return;
	}
	r->app_baud = app_session_baud(a);
	r->board = a->board;
	r->no_clkdiv = !settings_bool(a->session->settings, SET_FLASH_CLKDIV);
	r->no_stub = r->no_stub || !settings_bool(a->session->settings, SET_FLASH_STUB);
	if (!r->baud)
		r->baud = (uint32_t)settings_int(a->session->settings, SET_FLASH_BAUD);
	name_work(a, r);
	note_state(a);
	app_boot_stop(a);
	app_lines_rest(a);
	a->lines_before = a->session->port.modem & (MODEM_DTR | MODEM_RTS);
	app_log_break(a, a->now);
	rate = loader_rate(a);
	a->task = flash_task_new(
	    a->loop, a->link, r, rate != 0, rate, &a->session->flash, &task_ops, a, a->now, &err);
	a->loader_there = false;
	if (!a->task) {
		session_warn(a->session, a->now, "flash: %s", err.text);
		flash_request_fini(r);
	}
	session_touch(a->session);
}

/* "sonoff-backup-20181104-130405.bin" in the folder of the session. */
static void name_backup(const struct app *a, char *dst, size_t size)
{
	char stamp[24];

	act_wall_name(a, stamp, sizeof(stamp));
	str_fmt(dst, size, "%s-backup-%s.bin",
	    a->session->port.name[0] ? a->session->port.name : "device", stamp);
}

static void flash_answered(struct app *a, bool yes)
{
	struct flash_request r = a->asked;

	memset(&a->asked, 0, sizeof(a->asked));
	if (a->third)
		name_backup(a, r.save, sizeof(r.save));
	if (yes && link_is_open(a->link) && strcmp(a->asked_key, link_adapter_key(a->link)) != 0) {
		session_warn(a->session, a->now,
		    "another adapter was plugged in since the question: nothing is done to what "
		    "hangs on it. The same command again, if it is meant");
		yes = false;
	} else if (yes) {
		begin(a, &r);
		return;
	}
	flash_request_fini(&r);
	session_notice(a->session, false, "nothing was changed");
}

static void ask_or_begin(struct app *a, struct flash_request *r, bool yes)
{
	if (yes || !flash_request_loses(r)) {
		begin(a, r);
		return;
	}
	flash_request_fini(&a->asked);
	a->asked = *r;
	str_copy(a->asked_key, sizeof(a->asked_key), link_adapter_key(a->link));
	flash_request_question(&a->asked, &a->session->facts, &a->session->ask);
	app_ask(a, flash_answered);
}

/* Options; other words go to fn. False: told. */
static bool take_words(struct app *a, const struct cmd_line *c, struct flash_request *r, bool *yes,
    int (*fn)(struct flash_request *r, const char *word, struct err *err))
{
	struct err err = {0};

	for (int i = 0; i < c->count; i++) {
		const char *word = c->args[i];
		int rc;

		if (strcmp(word, "--yes") == 0) {
			*yes = true;
			continue;
		}
		rc = str_starts(word, "--") ? flash_request_option(r, word + 2,
						  i + 1 < c->count ? c->args[i + 1] : NULL, &err)
					    : fn(r, word, &err);
		if (rc == 1)
			i++;
		if (rc == ERR_NOENT && str_starts(word, "--"))
			session_notice(
			    a->session, true, "%s is not known here: %s", word, c->row->usage);
		else if (rc < 0)
			session_warn(a->session, a->now, "%s", err.text);
		if (rc < 0)
			return false;
	}
	return true;
}

static bool check_files(struct app *a, const struct flash_request *r)
{
	struct image_target target = {0};
	struct err err = {0};
	struct sbuf warnings;
	bool good;

	sbuf_init(&warnings, 4000);
	good = flash_request_check(r, &target, &warnings, &err) == ERR_OK;
	if (!good)
		session_warn(a->session, a->now, "%s", err.text);
	else if (warnings.len)
		session_warn(a->session, a->now, "%s", sbuf_str(&warnings));
	sbuf_fini(&warnings);
	return good;
}

static void flash_files(struct app *a, const struct cmd_line *c, enum engine_kind kind)
{
	struct flash_request r;
	bool yes = false;

	flash_request_init(&r, kind);
	str_copy(
	    r.known_in, sizeof(r.known_in), settings_text(a->session->settings, SET_FIRMWARE_DIR));
	if (take_words(a, c, &r, &yes, flash_request_add)) {
		if (!r.file_count)
			act_choose_firmware(a, c);
		else if (kind == ENGINE_VERIFY || check_files(a, &r)) {
			ask_or_begin(a, &r, yes);
			return;
		}
	}
	flash_request_fini(&r);
}

void act_flash(struct app *a, const struct cmd_line *c)
{
	if (may_begin(a))
		flash_files(a, c, ENGINE_FLASH);
}

void act_verify(struct app *a, const struct cmd_line *c)
{
	if (may_begin(a))
		flash_files(a, c, ENGINE_VERIFY);
}

/* "all", or OFFSET LENGTH. */
static int take_area(struct flash_request *r, const char *word, struct err *err)
{
	uint64_t n;
	bool all = strcmp(word, "all") == 0;

	if (!all && (!str_parse_u64(word, 16u << 20, &n) || n % 4096 || r->erase_all))
		return err_set(err, ERR_INVAL, 0,
		    "%s: offset and length are multiples of 4096, such as 0x1000 or 4k", word);
	if (all)
		r->erase_all = true;
	else if (!r->area_words++)
		r->area.offset = (uint32_t)n;
	else
		r->area.length = (uint32_t)n;
	return ERR_OK;
}

static int take_save(struct flash_request *r, const char *word, struct err *err)
{
	if (r->save[0])
		return take_area(r, word, err);
	if (!str_copy(r->save, sizeof(r->save), word))
		return err_set(err, ERR_RANGE, 0, "the name of the file is too long");
	return ERR_OK;
}

static bool area_good(struct app *a, const struct cmd_line *c, const struct flash_request *r)
{
	bool good = r->area_words == 0 || (r->area_words == 2 && r->area.length && !r->erase_all);

	if (!good)
		session_notice(a->session, true, "%s", c->row->usage);
	return good;
}

void act_erase(struct app *a, const struct cmd_line *c)
{
	struct flash_request r;
	bool yes = false;

	flash_request_init(&r, ENGINE_ERASE);
	if (!take_words(a, c, &r, &yes, take_area) || !area_good(a, c, &r))
		return;
	r.erase_all = !r.area_words;
	if (may_begin(a))
		ask_or_begin(a, &r, yes);
}

void act_backup(struct app *a, const struct cmd_line *c)
{
	struct flash_request r;
	bool yes = false;

	flash_request_init(&r, ENGINE_READ);
	if (!take_words(a, c, &r, &yes, take_save) || !area_good(a, c, &r) || !may_begin(a))
		return;
	if (flash_save_taken(r.save)) {
		session_warn(a->session, a->now,
		    "%s is there already and is not overwritten: take another name", r.save);
		return;
	}
	begin(a, &r);
}

void act_chip(struct app *a, const struct cmd_line *c)
{
	struct flash_request r;

	(void)c;
	if (!may_begin(a))
		return;
	flash_request_init(&r, ENGINE_IDENTIFY);
	begin(a, &r);
}

/* ---- what needs no device -------------------------------------------------------------------- */

static void device_chosen(struct app *a, const char *value);

static void show_board(struct app *a, const char *name)
{
	const struct board *board = boards_find(name);

	if (!board) {
		session_notice(a->session, true, "no board \"%s\": /device lists them", name);
		return;
	}
	a->board = board;
	session_page_open(a->session, boards_name(board));
	boards_describe(board, &a->session->page.text);
	a->session->page.revision++;
}

static void device_chosen(struct app *a, const char *value)
{
	if (value)
		show_board(a, value);
}

void act_device(struct app *a, const struct cmd_line *c)
{
	if (c->count) {
		char name[128] = "";

		for (int i = 0; i < c->count; i++) {
			if (i)
				str_cat(name, sizeof(name), " ");
			str_cat(name, sizeof(name), c->args[i]);
		}
		show_board(a, name);
		return;
	}
	session_list_open(a->session, "Boards", false);
	for (size_t i = 0; boards_at(i); i++)
		session_list_add(
		    a->session, boards_name(boards_at(i)), "", boards_name(boards_at(i)));
	a->on_chosen = device_chosen;
}
