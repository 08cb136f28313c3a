/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session: creates every object, owns it, connects them, runs the loop. */
#include "app_int.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/clock.h"
#include "tasmite/io/debuglog.h"
#include "tasmite/io/ports.h"

/* ---- the link's word ------------------------------------------------------------------------- */

static void link_rx(void *ctx, const uint8_t *bytes, size_t n, mono_t now)
{
	struct app *a = ctx;

	a->now = now;
	if (app_flashing(a))
		flash_task_rx(a->task, bytes, n, now);
	else
		app_rx(a, bytes, n, now);
}

/* Under the old name there may be another device by now: neither its fault nor its copy. */
static void know_adapter(struct app *a)
{
	const char *key = link_adapter_key(a->link);

	if (ports_key_is_another(a->adapter_key, key))
		app_rescue_fini(a);
	str_copy(a->adapter_key, sizeof(a->adapter_key), key);
}

static void link_up(void *ctx, mono_t now)
{
	struct app *a = ctx;

	a->now = now;
	know_adapter(a);
	app_update_port(a);
	a->session->port.why[0] = '\0';
	if (a->first_open)
		session_say(a->session, now, "%s is open (%s)", a->session->port.name,
		    a->session->port.line);
	else
		session_say(a->session, now, "%s is open (%s): back again after %.1f s",
		    a->session->port.name, a->session->port.line,
		    (double)(now - a->away_since) / 1e6);
	app_record_note(a, 'C', "", now);
	a->first_open = false;
	app_lines_port_opened(a, now);
	if (a->plain)
		plain_port_open(a->plain, now);
	if (app_flashing(a))
		flash_task_port_back(a->task, now);
	app_upgrade_port_back(a, now);
	if (a->boot_awaited)
		app_boot_again(a, now);
	a->boot_awaited = false;
}

/* What goes on with the device hears that its port is away. */
static void work_waits(struct app *a, mono_t now)
{
	app_courier_lost(a);
	app_upgrade_port_away(a, now);
	app_upload_port_away(a, now);
}

static void link_down(void *ctx, const struct err *why, mono_t now)
{
	struct app *a = ctx;
	bool was_open = a->session->port.state == SESSION_PORT_OPEN;
	bool was_waiting = a->session->port.state == SESSION_PORT_WAITING;
	size_t unsent = app_flashing(a) ? 0 : link_dropped(a->link);

	a->now = now;
	if (app_flashing(a))
		app_flash_port_lost(a, now);
	if (was_open)
		a->away_since = now;
	/* Many boards get their power from the adapter: pulling it is how they are restarted. */
	if (was_open)
		a->boot_awaited = app_boot_away(a);
	else
		app_boot_stop(a);
	a->loader_there = false;
	app_log_break(a, now);
	if (was_open)
		session_device_gap(a->session, true);
	if (was_open)
		app_record_note(a, 'G', why->text, now);
	if (link_line(a->link)->baud != app_session_baud(a))
		link_set_baud(a->link, app_session_baud(a), NULL, NULL);
	a->session->port.state = SESSION_PORT_WAITING;
	str_copy(a->session->port.why, sizeof(a->session->port.why), why->text);
	if (a->plain) {
		work_waits(a, now);
		plain_port_lost(a->plain, why);
		return;
	}
	if (was_waiting && why->code == ERR_NOENT) { /* that it is not there was told */
		app_update_port(a);
		return;
	}
	/* Some reasons say it themselves. */
	session_warn(a->session, now, "%s%s",
	    was_open && !strstr(why->text, "went away") ? "the port went away: " : "", why->text);
	if (was_open && unsent)
		session_warn(a->session, now, "%zu bytes were not sent: send them again", unsent);
	app_send_lost(a);
	work_waits(a, now);
	if (!was_waiting)
		session_say(a->session, now, "waiting for %s: it is opened by itself",
		    a->session->port.name);
	app_update_port(a);
}

static const struct link_ops link_ops = {
    .rx = link_rx, .up = link_up, .down = link_down, .lines = app_lines_choose};

void app_open_port(struct app *a, const char *name)
{
	struct transport_line line = {
	    .bits = 8, .parity = PARITY_NONE, .stop = 1, .flow = FLOW_NONE};
	const char *base = strrchr(name, '/');

	line.baud = app_session_baud(a);
	if (!transport_line_parse_format(settings_text(a->session->settings, SET_FORMAT), &line))
		session_warn(a->session, a->now, "format %s is unusable, taking 8N1",
		    settings_text(a->session->settings, SET_FORMAT));
	line.flow = (uint8_t)settings_int(a->session->settings, SET_FLOW);
	a->first_open = true;
	a->away_since = a->now;
	a->boot_awaited = false;
	a->session->port.state = SESSION_PORT_NONE; /* the one before is left, not lost */
	str_copy(a->session->port.name, sizeof(a->session->port.name),
	    base && base[1] ? base + 1 : name);
	a->session->port.about[0] = '\0';
	app_lines_rest(a);
	if (strcmp(a->port_opened, name) != 0)
		app_rescue_fini(a); /* another device: neither its fault nor its copy */
	str_copy(a->port_opened, sizeof(a->port_opened), name);
	app_record_wanted(a); /* opening reads already */
	link_open(a->link, name, &line, a->now);
	app_update_port(a);
}

/* ---- the screen's word ----------------------------------------------------------------------- */

static void ui_line(void *ctx, const char *line)
{
	app_line(ctx, line);
}

static void ui_bound(void *ctx, const char *text)
{
	app_bound(ctx, text);
}

static void ui_answer(void *ctx, bool yes)
{
	struct app *a = ctx;
	void (*fn)(struct app *, bool) = a->on_answer;

	if (yes && app_page_key(a, a->third))
		return;
	a->on_answer = NULL;
	session_ask_close(a->session);
	if (fn)
		fn(a, yes);
}

static void ui_third(void *ctx)
{
	struct app *a = ctx;

	a->third = true;
	ui_answer(a, true);
	a->third = false;
}

static void ui_chosen(void *ctx, const char *value)
{
	struct app *a = ctx;
	void (*fn)(struct app *, const char *) = a->on_chosen;
	char *kept = value ? xstrdup(value) : NULL; /* the list's own string goes with the list */

	a->on_chosen = NULL;
	a->on_selected = NULL;
	session_list_close(a->session);
	if (fn)
		fn(a, kept);
	free(kept);
}

static void ui_selected(void *ctx, const char *value)
{
	struct app *a = ctx;
	char kept[256];

	str_copy(kept, sizeof(kept), value);
	if (a->on_selected)
		a->on_selected(a, kept);
}

static void ui_page_closed(void *ctx)
{
	struct app *a = ctx;

	session_page_close(a->session);
}

static void ui_choices(
    void *ctx, const char *const *words, const char *const *details, size_t count)
{
	struct app *a = ctx;

	session_list_open(a->session, "Choices", true);
	for (size_t i = 0; i < count; i++)
		session_list_add(a->session, words[i], details[i], words[i]);
}

static void ui_form(void *ctx, enum tui_form event, int field, const char *text)
{
	struct app *a = ctx;
	struct session_form *f = &a->session->form;

	if (event == TUI_FORM_CHANGED && field < f->count)
		str_copy(f->fields[field].value, sizeof(f->fields[field].value), text);
	if (a->on_form)
		a->on_form(a, event, field);
	else
		session_form_close(a->session);
	session_form_touch(a->session);
}

static void ui_paste(void *ctx, const char *text, size_t n)
{
	app_paste(ctx, text, n);
}

static const struct tui_ops ui_ops = {
    .line = ui_line,
    .bound = ui_bound,
    .answer = ui_answer,
    .third = ui_third,
    .chosen = ui_chosen,
    .selected = ui_selected,
    .page_closed = ui_page_closed,
    .complete = app_complete,
    .choices = ui_choices,
    .paste = ui_paste,
    .form = ui_form,
    .pane = app_pane_chosen,
    .weights = app_pane_weights,
    .entry = app_entry,
    .raw = app_direct_key,
    .recall = app_history_recall,
};

const struct tui_ops *app_ui_ops(void)
{
	return &ui_ops;
}

void app_ask(struct app *a, void (*fn)(struct app *a, bool yes))
{
	a->on_answer = fn;
	a->session->ask.open = true;
	session_touch(a->session);
}

/* ---- signals --------------------------------------------------------------------------------- */

static void on_winch(void *ctx, int signo, mono_t now)
{
	struct app *a = ctx;

	(void)signo;
	(void)now;
	if (!a->screen_away)
		tui_resized(a->tui);
}

static void on_term(void *ctx, int signo, mono_t now)
{
	struct app *a = ctx;

	a->now = now;
	a->killed_by = signo;
	if (signo == SIGHUP &&
	    a->keys) { /* the terminal is gone: nothing to read, nothing to draw */
		a->screen_away = true;
		watch_set(a->keys, LOOP_NONE);
	}
	if (!app_upgrade_leave(a, 1))
		loop_stop(a->loop, 1);
}

/* The keyboard sends no SIGINT (raw mode); one from outside is taken as Ctrl-C: nothing dies. */
static void on_int(void *ctx, int signo, mono_t now)
{
	struct app *a = ctx;

	(void)signo;
	(void)now;
	session_notice(a->session, false, "Ctrl-Q or F10 leaves");
}

static void on_tstp(void *ctx, int signo, mono_t now)
{
	(void)signo;
	(void)now;
	act_suspend(ctx, NULL);
}

void act_suspend(struct app *a, const struct cmd_line *c)
{
	struct sigaction dfl, old;

	(void)c;
	if (app_flashing(a) && a->session->flash.state == FLASH_WORKING) {
		session_notice(a->session, true,
		    "not while the flash panel works: nobody would read "
		    "the port");
		return;
	}
	if (app_upgrading(a) || app_uploading(a)) {
		session_notice(a->session, true,
		    "not while the device fetches or takes a file: nobody would serve it");
		return;
	}
	a->screen->ops->suspend(a->screen);
	a->screen_away = true;
	/* The default action stops us here until fg; where no shell could ever continue us the
	 * kernel ignores it. The loop's own handler must not see this one. */
	memset(&dfl, 0, sizeof(dfl));
	dfl.sa_handler = SIG_DFL;
	sigemptyset(&dfl.sa_mask);
	sigaction(SIGTSTP, &dfl, &old);
	kill(0, SIGTSTP);
	sigaction(SIGTSTP, &old, NULL);
	a->screen_away = false;
	a->screen->ops->resume(a->screen);
	tui_redraw(a->tui);
	loop_again(a->loop);
}

static void on_cont(void *ctx, int signo, mono_t now)
{
	struct app *a = ctx;

	(void)signo;
	(void)now;
	if (a->screen_away)
		return;
	tui_resized(a->tui); /* the window may have changed meanwhile */
	tui_redraw(a->tui);
}

/* Another tool may have the port for a while. */
static void on_usr1(void *ctx, int signo, mono_t now)
{
	struct app *a = ctx;

	(void)signo;
	a->now = now;
	if (app_flashing(a)) {
		session_warn(a->session, now, "asked to release the port, but a flash is running");
		return;
	}
	if (a->session->port.state == SESSION_PORT_NONE || link_is_released(a->link))
		return; /* nothing to give away */
	if (link_is_open(a->link))
		a->away_since = now;
	app_send_lost(a);
	work_waits(a, now);
	app_log_break(a, now);
	app_boot_stop(a);
	a->loader_there = false;
	a->boot_awaited = false;
	app_lines_rest(a);
	link_release(a->link);
	a->session->port.state = SESSION_PORT_WAITING;
	str_copy(
	    a->session->port.why, sizeof(a->session->port.why), "released for another program");
	session_say(a->session, now,
	    "the port is released for another program: SIGUSR2 or /port NAME "
	    "takes it back");
	app_update_port(a);
}

static void on_usr2(void *ctx, int signo, mono_t now)
{
	struct app *a = ctx;

	(void)signo;
	a->now = now;
	link_retake(a->link, now);
}

static bool take_signals(struct app *a, struct err *err)
{
	static const struct {
		int signo;
		signal_fn fn;
	} rows[] = {{SIGWINCH, on_winch}, {SIGTERM, on_term}, {SIGHUP, on_term}, {SIGINT, on_int},
	    {SIGTSTP, on_tstp}, {SIGCONT, on_cont}, {SIGUSR1, on_usr1}, {SIGUSR2, on_usr2}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (loop_signal(a->loop, rows[i].signo, rows[i].fn, a, err) != ERR_OK)
			return false;
	return true;
}

/* ---- the turn -------------------------------------------------------------------------------- */

/* Between two frames of a burst: what comes in the meantime is on the screen within 25 ms. */
#define FRAME_US      MONO_MS(20)
#define FRAME_FAST_US MONO_MS(24) /* lines that go by faster than one a millisecond */

static int64_t frame_us(const struct app *a)
{
	return link_fast(a->link) ? FRAME_FAST_US : FRAME_US;
}

static void on_keys(void *ctx, int ready, mono_t now)
{
	struct app *a = ctx;

	(void)ready;
	a->now = now;
	if (a->session->notice[0]) /* it has been seen: the next key takes it away */
		session_notice(a->session, false, "%s", "");
	a->keys_due = tui_keys(a->tui, now);
}

static mono_t phase_commands(void *ctx, mono_t now)
{
	struct app *a = ctx;
	mono_t due;

	a->now = now;
	if (now >= a->keys_due)
		a->keys_due = tui_keys(a->tui, now);
	app_flash_turn(a);
	app_rescue_turn(a);
	app_timeline_turn(a);
	/* More to search: on at once, after a look at keys and port. */
	due = mono_min(app_read_step(a, now), a->keys_due);
	return app_log_step(a) ? now : due;
}

static mono_t phase_flush(void *ctx, mono_t now)
{
	struct app *a = ctx;
	struct session_port *p = &a->session->port;
	mono_t next, due, frame = a->last_frame + frame_us(a);
	/* The chip's answers are waited for while it is flashed, and the rate follows its boot. */
	bool patient = !app_flashing(a) && a->boot.state == BOOTWATCH_OFF;

	link_gather(a->link, patient ? frame_us(a) : 0, frame > now ? frame : now + frame_us(a));
	if (now >= frame) /* one that is drawn now shows the newest */
		link_catch_up(a->link, now);
	next = link_flush(a->link, now);
	due = mono_min(app_send_turn(a, now), app_courier_turn(a, now));
	if (app_flashing(a))
		flash_task_turn(a->task, now);
	app_record_words(a, now);
	if (!a->player) {
		p->rx = link_rx_bytes(a->link);
		p->tx = link_tx_bytes(a->link);
	}
	return mono_min(next, due);
}

/* Draws at once when the last frame is old enough; a burst is held to the frame rate. */
static mono_t phase_draw(void *ctx, mono_t now)
{
	struct app *a = ctx;
	bool early = now - a->last_frame < frame_us(a);

	if (a->screen_away)
		return MONO_NEVER;
	if (!early)
		session_judge(a->session);
	if (!tui_dirty(a->tui, now)) /* what was read since the last frame may still change it */
		return a->session->device.fresh ? a->last_frame + frame_us(a)
						: tui_deadline(a->tui, now);
	if (early)
		return a->last_frame + frame_us(a);
	a->last_frame = now;
	if (!tui_draw(a->tui, now))
		return now + frame_us(a); /* the terminal has not taken the last one yet */
	return tui_deadline(a->tui, now);
}

#define PORT_NAME_MAX 512

/* ---- start and end --------------------------------------------------------------------------- */

void app_quit(struct app *a, int code)
{
	loop_stop(a->loop, 0);
	a->exit_code = code;
}

void app_set_wall(struct app *a, int64_t offset_us)
{
	a->session->wall_offset_us = offset_us;
	if (a->plain)
		plain_set_wall(a->plain, offset_us);
	session_touch(a->session);
}

static void stamp_clock(struct app *a)
{
	int64_t wall = clock_wall_us();

	app_set_wall(a, wall - a->now);
	a->session->utc_offset_s = clock_utc_offset_s(wall);
}

/* Without a screen: what the terminal does for others is not for a script. */
static bool open_plain(struct app *a, struct err *err)
{
	static const int signals[] = {SIGTERM, SIGHUP};

	crash_guard(false);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (loop_signal(a->loop, signals[i], on_term, a, err) != ERR_OK)
			return false;
	/* The log is but a way through; what falls out of it was told. */
	(void)settings_set(a->session->settings, SET_SCROLLBACK, "1", ORIGIN_SESSION, "", NULL);
	a->drop_told = true;
	a->plain = plain_new(a, err);
	return a->plain != NULL;
}

void app_headless(struct app *a)
{
	a->screen = tui_mem_new(100, 40);
	a->tui = tui_new(a->session, a->secrets, a->screen, &ui_ops, a);
}

static bool open_screen(struct app *a, struct err *err)
{
	crash_remember();
	a->screen = tui_curses_new(!a->options->no_color, err);
	if (!a->screen)
		return false;
	crash_guard(true);
	if (!take_signals(a, err)) /* after curses, which installs handlers of its own */
		return false;
	a->tui = tui_new(a->session, a->secrets, a->screen, &ui_ops, a);
	a->keys =
	    watch_new(a->loop, a->screen->ops->key_fd(a->screen), 1, LOOP_READ, on_keys, a, err);
	if (!a->keys)
		return false;
	a->keys_due = MONO_NEVER;
	loop_phase(a->loop, LOOP_COMMANDS, phase_commands, a);
	loop_phase(a->loop, LOOP_FLUSH, phase_flush, a);
	loop_phase(a->loop, LOOP_DRAW, phase_draw, a);
	return true;
}

/* Without a name: the only adapter that is plugged in, else a list. */
static void find_port(struct app *a)
{
	char path[256];

	if (ports_only_one(path, sizeof(path), NULL) == ERR_OK)
		app_open_port(a, path);
	else if (!app_choose_port(a))
		session_say(a->session, a->now,
		    "no serial port is plugged in: /port NAME opens one (also tcp://host:port and "
		    "rfc2217://host:port), F1 helps");
}

static void first_words(struct app *a, const char *port)
{
	if (port[0])
		app_open_port(a, port);
	else
		find_port(a);
	app_record_wanted(a); /* no port was opened yet, and what is said now counts too */
	app_update_port(a);
}

static void close_all(struct app *a, struct err *err)
{
	struct err lost = {0};

	if (app_stop_records(a, &lost) < 0 && !err->code)
		err_set(
		    err, lost.code, lost.sys, "the end of the recording is lost: %s", lost.text);
	if (a->record_missed[0] && !err->code)
		err_set(err, ERR_FAIL, 0, "nothing was recorded: %s", a->record_missed);
	flash_task_free(a->task);
	flash_request_fini(&a->asked);
	app_save_finish(a);
	app_find_fini(a);
	app_script_fini(a);
	app_setup_fini(a);
	app_history_fini(a);
	app_conf_fini(a);
	plain_free(a->plain);
	player_free(a->player);
	tui_free(a->tui);
	if (a->screen) {
		a->screen->ops->restore(a->screen);
		crash_unguard();
		a->screen->ops->free(a->screen);
	}
	if (a->loop) {
		app_lines_rest(a);
		link_free(a->link);
		app_boot_fini(a);
		app_rx_fini(a);
		app_record_fini(a);
		app_flash_fini(a);
		app_lines_fini(a);
		app_send_fini(a);
		app_courier_fini(a);
		app_console_fini(a);
		timer_free(a->reveal_timer);
		loop_free(a->loop);
	}
	secrets_free(a->secrets);
	session_free(a->session);
	debuglog_close();
}

static bool start_player(struct app *a, int64_t speed, struct err *err)
{
	if (a->options->replay_speed >= 0)
		speed = a->options->replay_speed;
	app_record_wanted(a);
	a->player = player_new(a, a->options->replay, speed, err);
	return a->player != NULL;
}

static bool start_plain(struct app *a, char *port, struct err *err)
{
	if (!open_plain(a, err)) {
		a->exit_code = err->code == ERR_FORMAT || err->code == ERR_RANGE ? 2 : 1;
		return false;
	}
	app_apply_settings(a);
	if (a->options->replay)
		return start_player(a, 0, err);
	if (!port[0] && ports_only_one(port, PORT_NAME_MAX, NULL) != ERR_OK) {
		a->exit_code = 2;
		err_set(err, ERR_NOENT, 0,
		    "which port? tasmite --plain PORT (tasmite list shows them)");
		return false;
	}
	app_open_port(a, port);
	return true;
}

static bool start_screen(struct app *a, const char *port, struct err *err)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		err_set(err, ERR_NOTSUP, 0,
		    "the session needs a terminal (for scripts: --plain, and tasmite flash, "
		    "chip, image, erase)");
		return false;
	}
	if (!open_screen(a, err))
		return false;
	app_apply_settings(a);
	app_history_load(a);
	app_tips_load(a);
	app_conf_watch(a);
	if (a->options->replay)
		return start_player(a, 1000, err);
	first_words(a, port);
	return true;
}

static bool start(struct app *a, struct err *err)
{
	char port[PORT_NAME_MAX];

	a->session = session_new();
	a->secrets = secrets_new();
	secrets_set_show(a->secrets, a->options->show_secrets);
	a->loop = loop_new(err);
	if (!a->loop)
		return false;
	a->now = clock_now();
	a->session->began = a->now;
	stamp_clock(a);
	app_rx_init(a);
	app_boot_init(a);
	app_record_init(a);
	app_flash_init(a);
	app_lines_init(a);
	app_find_init(a);
	app_send_init(a);
	app_courier_init(a);
	app_console_init(a);
	a->link = link_new(a->loop, &link_ops, a);
	if (a->options->debug_log && debuglog_open(a->options->debug_log, err) != ERR_OK)
		return false;
	if (!app_load_config(a, port, sizeof(port))) {
		a->exit_code = 2;
		return false;
	}
	return a->options->plain.on ? start_plain(a, port, err) : start_screen(a, port, err);
}

int app_run(const struct app_options *o)
{
	struct app *a = xcalloc(1, sizeof(*a));
	struct err err = {0};
	char last_words[sizeof(a->last_words)];
	int code, killed_by;

	a->options = o;
	a->exit_code = 0;
	if (start(a, &err)) {
		if (loop_run(a->loop, &err) < 0)
			a->exit_code = 1;
	} else if (!a->exit_code) {
		a->exit_code = 1;
	}
	code = a->exit_code;
	killed_by = a->killed_by;
	str_copy(last_words, sizeof(last_words), a->last_words);
	close_all(a, &err);
	free(a);
	if (last_words[0])
		fprintf(stderr, "tasmite: %s\n", last_words);
	if (err.code) {
		fprintf(stderr, "tasmite: %s\n", err.text);
		code = code ? code : 1;
	}
	if (killed_by) { /* end by the signal, so that the parent sees it */
		signal(killed_by, SIG_DFL);
		raise(killed_by);
	}
	return code;
}
