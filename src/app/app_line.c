/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user enters: /commands, and lines for the device. */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/files.h"

#define HISTORY_FILE_MAX (64u * 1024 * 1024)

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
    [CMD_FLASH] = act_flash,
    [CMD_ERASE] = act_erase,
    [CMD_CHIP] = act_chip,
    [CMD_IMAGE] = act_image,
    [CMD_CANCEL] = act_cancel,
    [CMD_DEVICE] = act_device,
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
    [CMD_MARK] = act_mark,
    [CMD_GOTO] = act_goto,
    [CMD_COPY] = act_copy,
    [CMD_SAVE] = act_save,
    [CMD_CLEAR] = act_clear,
    [CMD_RECORD] = act_record,
    [CMD_THEME] = act_theme,
    [CMD_SET] = act_set,
    [CMD_FOCUS] = act_focus,
    [CMD_MENU] = act_menu,
    [CMD_FOLLOW] = act_follow,
    [CMD_PAGE] = act_page,
    [CMD_REDRAW] = act_redraw,
    [CMD_SUSPEND] = act_suspend,
    [CMD_QUIT] = act_quit,
};

/* ---- history --------------------------------------------------------------------------------- */

/* The line as it may be kept on disk: secret values are left out, so that recalling it later asks
 * for the value again and never sends a row of asterisks as a password. */
static size_t without_secrets(const struct app *a, const char *line, char *dst)
{
	size_t n = strlen(line), k = 0;
	uint8_t *mask = xcalloc(n + 1, 1);

	secrets_spans(a->secrets, line, n, mask);
	for (size_t i = 0; i < n; i++)
		if (!mask[i])
			dst[k++] = line[i];
	free(mask);
	return k;
}

static void remember(struct app *a, const char *line)
{
	char path[512], *kept;
	struct err err = {0};
	size_t n;

	lineedit_history_add(tui_lineedit(a->tui), line);
	if (!settings_int(a->session->settings, SET_HISTORY) ||
	    files_path(FILES_STATE, "history", path, sizeof(path), &err) != ERR_OK)
		return;
	if (a->options->show_secrets && secrets_in_line(a->secrets, line, strlen(line)))
		return; /* shown on the screen is not kept on the disk */
	kept = xmalloc(strlen(line) + 2);
	n = without_secrets(a, line, kept);
	kept[n++] = '\n';
	if (files_make_parents(path, &err) != ERR_OK ||
	    files_append(path, kept, n, 0600, &err) != ERR_OK)
		session_notice(a->session, true, "history not saved: %s", err.text);
	free(kept);
}

/* Keeps the newest lines when the file has grown to twice of what is wanted. */
static void shorten(const char *path, const char *text, size_t n, size_t lines, size_t want)
{
	struct err err = {0};

	for (; lines > want && n; lines--) {
		const char *end = memchr(text, '\n', n);
		size_t len = end ? (size_t)(end - text) + 1 : n;

		text += len;
		n -= len;
	}
	(void)files_replace(path, text, n, 0600, &err); /* next start tries again */
}

void app_history_load(struct app *a)
{
	size_t want = (size_t)settings_int(a->session->settings, SET_HISTORY);
	struct lineedit *edit = tui_lineedit(a->tui);
	struct err err = {0};
	size_t size, lines = 0;
	char path[512];
	uint8_t *data;

	lineedit_history_limit(edit, (int)want);
	if (!want || files_path(FILES_STATE, "history", path, sizeof(path), &err) != ERR_OK ||
	    files_read(path, HISTORY_FILE_MAX, &data, &size, &err) != ERR_OK) {
		if (err.code && err.code != ERR_NOENT)
			session_warn(a->session, a->now, "history not read: %s", err.text);
		return;
	}
	for (char *p = (char *)data, *end; *p; p = end + 1) {
		end = strchr(p, '\n');
		if (!end)
			break; /* an unfinished last line is a torn write */
		*end = '\0';
		lineedit_history_add(edit, p);
		*end = '\n';
		lines++;
	}
	if (lines > 2 * want)
		shorten(path, (const char *)data, size, lines, want);
	free(data);
}

/* ---- lines for the device -------------------------------------------------------------------- */

static const char *eol_bytes(const struct app *a)
{
	const char *eol = settings_text(a->session->settings, SET_EOL);

	if (strcmp(eol, "cr") == 0)
		return "\r";
	if (strcmp(eol, "crlf") == 0)
		return "\r\n";
	return strcmp(eol, "none") == 0 ? "" : "\n";
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \xNN \r \n \t \\ in place; other backslashes stay as they are. Returns the length. */
static size_t unescape(char *s)
{
	size_t k = 0;

	for (size_t i = 0; s[i]; i++) {
		int hi, lo;

		if (s[i] != '\\' || !s[i + 1]) {
			s[k++] = s[i];
			continue;
		}
		if (s[i + 1] == 'x' && (hi = hex_value(s[i + 2])) >= 0 &&
		    (lo = hex_value(s[i + 3])) >= 0) {
			s[k++] = (char)(hi * 16 + lo);
			i += 3;
			continue;
		}
		const char *from = "rnt\\", *to = "\r\n\t\\", *at = strchr(from, s[i + 1]);

		if (at) {
			s[k++] = to[at - from];
			i++;
		} else {
			s[k++] = s[i];
		}
	}
	return k;
}

static void show_sent(struct app *a, const char *bytes, size_t n)
{
	struct buf shown;

	buf_init(&shown, n + 1);
	secrets_tx_line(a->secrets, bytes, n, &shown); /* learns, whether it is shown or not */
	if (settings_bool(a->session->settings, SET_ECHO))
		lines_put(a->session->log, LINE_TX,
		    buf_len(&shown) ? (const char *)buf_bytes(&shown) : "", buf_len(&shown),
		    a->now);
	buf_fini(&shown);
}

/* Sends a line with its end; false when it could not be sent (and says why). */
static bool send_line(struct app *a, const char *line)
{
	const char *eol = eol_bytes(a);
	size_t n = strlen(line), le = strlen(eol);
	char *bytes;
	bool sent;

	if (app_flashing(a)) {
		session_notice(a->session, true, "the flash panel has the port: /cancel first");
		return false;
	}
	if (!link_is_open(a->link)) {
		session_notice(a->session, true, "not sent: the port is not open");
		return false;
	}
	if (a->session->facts.in_loader)
		session_warn(a->session, a->now,
		    "the chip is in its boot loader: what is typed now can spoil its speed "
		    "detection; power-cycle it to run the firmware");
	/* Who writes to the device sees it run: the boot was missed, its rate is the session's. */
	if (a->boot.state != BOOTWATCH_OFF) {
		bootwatch_stop(&a->boot);
		app_apply_settings(a);
	}
	bytes = xmalloc(n + le + 1);
	memcpy(bytes, line, n + 1);
	if (settings_bool(a->session->settings, SET_ESCAPES))
		n = unescape(bytes);
	memcpy(bytes + n, eol, le);
	sent = link_send(a->link, bytes, n + le);
	if (sent)
		show_sent(a, bytes, n);
	else
		session_notice(a->session, true, "not sent: too much is waiting to be sent");
	free(bytes);
	return sent;
}

/* ---- /commands ------------------------------------------------------------------------------- */

static void run_command(struct app *a, const char *line)
{
	struct cmd_line c;
	struct err err = {0};

	if (cmd_parse(line, &c, &err) == ERR_OK)
		commands[c.row->id](a, &c);
	else
		session_notice(a->session, true, "%s", err.text);
	cmd_line_fini(&c);
}

void app_line(struct app *a, const char *line)
{
	session_notice(a->session, false, "%s", "");
	app_tips_next(a);
	if (line[0] == '/' && line[1] != '/') {
		remember(a, line);
		run_command(a, line);
		return;
	}
	if (line[0] == '/')
		line++; /* "//" sends a slash */
	if (!send_line(a, line)) {
		tui_edit_set(a->tui, line); /* nothing typed is lost */
		return;
	}
	if (line[0])
		remember(a, line);
	tui_follow(a->tui);
}

void app_bound(struct app *a, const char *text)
{
	size_t n = strlen(text);

	if (n && text[n - 1] == ' ')
		tui_edit_set(a->tui, text);
	else if (text[0] == '/' && text[1] != '/')
		run_command(a, text);
	else
		send_line(a, text[0] == '/' ? text + 1 : text);
}

/* ---- a paste of several lines ---------------------------------------------------------------- */

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (text += strspn(text, "\r\n"); *text; text += strspn(text, "\r\n")) {
		text += strcspn(text, "\r\n");
		lines++;
	}
	return lines;
}

static void send_paste(struct app *a, bool yes)
{
	char *text = a->paste, *end;

	a->paste = NULL;
	for (char *p = text; yes && p && *p; p = end) {
		end = p + strcspn(p, "\r\n");
		if (*end)
			*end++ = '\0';
		if (*p == '/') {
			app_line(a, p);
		} else if (*p && !send_line(a, p)) {
			session_warn(a->session, a->now, "paste: stopped (%s); lines not sent: %zu",
			    a->session->notice, 1 + count_lines(end));
			break;
		}
	}
	free(text);
}

void app_paste(struct app *a, const char *text, size_t n)
{
	struct session_ask *ask = &a->session->ask;

	free(a->paste);
	a->paste = xstrndup(text, n);
	memset(ask, 0, sizeof(*ask));
	str_copy(ask->title, sizeof(ask->title), "Paste");
	str_fmt(ask->text[0], sizeof(ask->text[0]),
	    "%zu lines (%zu bytes) would be sent, one by one, "
	    "each as if entered.",
	    count_lines(a->paste), n);
	ask->text_count = 1;
	str_copy(ask->yes, sizeof(ask->yes), "y  send them");
	str_copy(ask->no, sizeof(ask->no), "n  send nothing");
	app_ask(a, send_paste);
}
