/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user enters: /commands, and lines for the device. */
#include "app_int.h"

#include <assert.h>
#include <string.h>

#include "tasmite/core/sendtext.h"

static const app_command commands[CMD_COUNT] = {
    [CMD_HELP] = act_help,
    [CMD_PORT] = act_port,
    [CMD_BAUD] = act_baud,
    [CMD_EOL] = act_eol,
    [CMD_FORMAT] = act_format,
    [CMD_FLOW] = act_flow,
    [CMD_DTR] = act_dtr,
    [CMD_RTS] = act_rts,
    [CMD_BREAK] = act_break,
    [CMD_RESET] = act_reset,
    [CMD_BOOTLOADER] = act_bootloader,
    [CMD_WATCH] = act_watch,
    [CMD_WHY] = act_why,
    [CMD_NEXT] = act_next,
    [CMD_TIMELINE] = act_timeline,
    [CMD_FLASH] = act_flash,
    [CMD_ERASE] = act_erase,
    [CMD_BACKUP] = act_backup,
    [CMD_VERIFY] = act_verify,
    [CMD_CHIP] = act_chip,
    [CMD_IMAGE] = act_image,
    [CMD_CANCEL] = act_cancel,
    [CMD_DEVICE] = act_device,
    [CMD_REPORT] = act_report,
    [CMD_ELF] = act_elf,
    [CMD_RESCUE] = act_rescue,
    [CMD_UPGRADE] = act_upgrade,
    [CMD_UPLOAD] = act_upload,
    [CMD_STAMP] = act_stamp,
    [CMD_ECHO] = act_echo,
    [CMD_WRAP] = act_wrap,
    [CMD_FIND] = act_find,
    [CMD_FILTER] = act_filter,
    [CMD_SPLIT] = act_split,
    [CMD_CLOSE] = act_close,
    [CMD_RESIZE] = act_resize,
    [CMD_HEX] = act_hex,
    [CMD_RAW] = act_raw,
    [CMD_VIEW] = act_view,
    [CMD_FOLD] = act_fold,
    [CMD_MARK] = act_mark,
    [CMD_GOTO] = act_goto,
    [CMD_COPY] = act_copy,
    [CMD_SAVE] = act_save,
    [CMD_CLEAR] = act_clear,
    [CMD_RECORD] = act_record,
    [CMD_PAUSE] = act_pause,
    [CMD_THEME] = act_theme,
    [CMD_SET] = act_set,
    [CMD_FOCUS] = act_focus,
    [CMD_MENU] = act_menu,
    [CMD_REVEAL] = act_reveal,
    [CMD_FOLLOW] = act_follow,
    [CMD_PAGE] = act_page,
    [CMD_REDRAW] = act_redraw,
    [CMD_SUSPEND] = act_suspend,
    [CMD_QUIT] = act_quit,
    [CMD_MACRO] = act_macro,
    [CMD_DIRECT] = act_direct,
    [CMD_SENDHEX] = act_sendhex,
    [CMD_SEND] = act_send,
    [CMD_SETUP] = act_setup,
    [CMD_PROFILE] = act_profile,
};

/* ---- /commands ------------------------------------------------------------------------------- */

/* What a command said into the log from that line on is told beside the edit line where the log
 * does not show it: it is held, or the filter hides it. */
static void show_answer(struct app *a, uint64_t from)
{
	const struct lines *log = a->session->log;
	const struct filter *f = app_pane(a)->filter;
	bool held = a->tui && !tui_log_following(a->tui), bad = false;
	unsigned count = 0;
	struct line_ref ref;
	char text[160];
	uint64_t at;

	for (; from < lines_end(log); from++) {
		if (!lines_get(log, from, &ref) || (ref.dir != LINE_OWN && ref.dir != LINE_WARN) ||
		    (!held &&
			(filter_off(f) || (filter_at_or_after(f, log, from, &at) && at == from))))
			continue;
		if (!count++)
			str_copy_n(text, sizeof(text), (const char *)ref.bytes, ref.len);
		bad |= ref.dir == LINE_WARN;
	}
	if (count == 1)
		session_notice(a->session, bad, "%s", text);
	else if (count)
		session_notice(a->session, bad, "%u lines of answer are %s", count,
		    held ? "at the end of the log" : "hidden by the filter");
}

static void run_command(struct app *a, const char *line)
{
	uint64_t from = lines_end(a->session->log);
	struct cmd_line c;
	struct err err = {0};

	if (cmd_parse(line, &c, &err) == ERR_OK) {
		assert(commands[c.row->id]); /* each row has its place in the table */
		commands[c.row->id](a, &c);
	} else {
		session_notice(a->session, true, "%s", err.text);
	}
	cmd_line_fini(&c);
	/* The filter looks at new lines a little later. */
	filter_step(app_pane(a)->filter, a->session->log, 4096);
	if (!a->session->notice[0])
		show_answer(a, from);
}

/* Into the history, but never the digits of a password. */
static void remember(struct app *a, const char *line, const char *hex)
{
	if (!hex || !app_hex_secret(a, hex))
		app_remember(a, line);
}

void app_line(struct app *a, const char *line)
{
	static const char sendhex[] = "/sendhex ";

	session_notice(a->session, false, "%s", "");
	app_reveal(a, false);
	app_tips_next(a);
	if (line[0] == '/' && line[1] != '/') {
		remember(a, line, str_starts(line, sendhex) ? line + strlen(sendhex) : NULL);
		run_command(a, line);
		return;
	}
	if (line[0] == '/' && !a->session->hex_entry)
		line++; /* "//" sends a slash */
	if (!(a->session->hex_entry ? app_send_hex(a, line) : app_send_line(a, line))) {
		tui_edit_set(a->tui, line); /* nothing typed is lost */
		return;
	}
	if (line[0])
		remember(a, line, a->session->hex_entry ? line : NULL);
	tui_follow(a->tui);
}

void app_bound(struct app *a, const char *text)
{
	size_t n = strlen(text);

	if (n && text[n - 1] == ' ')
		tui_edit_set(a->tui, text);
	else if (text[0] == '/' && text[1] != '/' && sendtext_lines(text) == 1)
		run_command(a, text);
	else
		app_send_macro(a, text);
}
