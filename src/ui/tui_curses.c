/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The terminal. curses knows what it can and how it is begun and left; it does not get near the
 * terminal itself: it writes into a file in memory, and from there the bytes go to the terminal as
 * fast as that takes them, without ever blocking. While part of a frame waits, further frames are
 * skipped. (curses writing by itself would stop the program when a slow line has not taken the last
 * frame: poll and TIOCOUTQ tell only that there is room, not for how much.) Frames are made by
 * cellout.c with the terminal's strings: curses takes several times as long for one, and a log
 * that flows is nothing but frames. Keys are read here too and decoded in keys.c, since curses
 * waits for what may follow an ESC. So the terminal has one owner, with a descriptor of its own,
 * whose O_NONBLOCK no other program sees.
 */
#define _GNU_SOURCE	 /* wcwidth, SIGWINCH, cfmakeraw */
#define NCURSES_WIDECHAR 1
#include "tasmite/ui/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>
#include <term.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"
#include "cellout.h"
#include "color.h"
#include "keys.h"
#include "memfile.h"

#define OUT_MAX	   (8u << 20)
#define LOSSES_MAX 20
#define CELL_WCS   CCHARW_MAX

/* Bracketed paste and SGR mouse reports are xterm's; terminals without them ignore the modes. */
#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_ON  "\033[?1002h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1002l"
/* The wheel as arrow keys (xterm's alternate scroll). What it was before is kept and given back by the
 * terminals that know how; where they don't it is left on, as they mostly have it. */
#define WHEEL_KEEP "\033[?1007s"
#define WHEEL_ON   "\033[?1007h"
#define WHEEL_OFF  "\033[?1007l"
#define WHEEL_BACK "\033[?1007h\033[?1007r"

struct tui_curses {
	struct backend base;
	int tty; /* our own description of the terminal */
	int mem; /* curses writes here */
	FILE *memf, *null;
	SCREEN *screen;
	struct termios saved, raw;
	struct buf out; /* bytes on their way to the terminal */
	struct keys keys;
	struct cellout_caps *caps;
	struct cellout cellout;
	const struct theme *theme; /* of the frame that is being drawn */
	char *cup;		   /* moves the cursor, where that is not done as ECMA-48 says */
	bool whole;		   /* the terminal has to be told everything */
	bool active;		   /* the terminal is ours */
	bool gone;		   /* the terminal is */
	bool lost;		   /* what the last frame said did not get there */
	unsigned losses;	   /* in a row */
	bool mouse, wheel, utf8;
	enum theme_depth depth;
	unsigned no_color_attrs; /* what the terminal can't do together with colours */
	uint64_t theme_sum;
};

static struct tui_curses *curses_of(struct backend *b)
{
	return (struct tui_curses *)(void *)b;
}

static const struct tui_curses *curses_const(const struct backend *b)
{
	return (const struct tui_curses *)(const void *)b;
}

/* ---- output ------------------------------------------------------------------------------ */

/* The next frame tells everything. */
static void lose_frame(struct tui_curses *c)
{
	buf_clear(&c->out);
	c->whole = c->lost = true;
	c->losses++;
}

/* Writes what the terminal takes now. */
static void push_out(struct tui_curses *c)
{
	while (buf_len(&c->out)) {
		ssize_t n = write(c->tty, buf_bytes(&c->out), buf_len(&c->out));

		if (n > 0) {
			buf_consume(&c->out, (size_t)n);
		} else {
			/* Full for now, or a fault: what was to be shown is not, so that the next frame
			 * tells everything. */
			if (n < 0 && errno != EAGAIN && errno != EINTR) {
				lose_frame(c);
			}
			return;
		}
	}
	c->losses = 0;
}

static void queue_out(struct tui_curses *c, const char *bytes, size_t n)
{
	if (!buf_append(&c->out, bytes, n))
		lose_frame(c);
}

/* Reads on in what curses has written since the last rewind. */
static size_t fetch_part(struct tui_curses *c, char *part, size_t size, off_t at)
{
	off_t end = lseek(c->mem, 0, SEEK_CUR);
	ssize_t n = 0;

	do {
		if (end > at)
			n = pread(
			    c->mem, part, end - at < (off_t)size ? (size_t)(end - at) : size, at);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

/* The file keeps its length: it costs less to write over what is there than to cut it off. */
static void rewind_frame(struct tui_curses *c)
{
	lseek(c->mem, 0, SEEK_SET);
}

/* Takes over what curses has written. */
static void fetch_frame(struct tui_curses *c)
{
	char part[16384];
	off_t at = 0;
	size_t n;

	fflush(c->memf);
	while ((n = fetch_part(c, part, sizeof(part), at))) {
		queue_out(c, part, n);
		at += (off_t)n;
	}
	rewind_frame(c);
}

/* For leaving: to the end, but not longer than the terminal deserves. No allocation (die hook). */
static void write_through(int fd, const char *p, size_t n)
{
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};

	while (n) {
		ssize_t got = write(fd, p, n);

		if (got > 0) {
			p += got;
			n -= (size_t)got;
		} else if (got < 0 && errno != EAGAIN && errno != EINTR) {
			return;
		} else if (poll(&pfd, 1, 250) <= 0) {
			return;
		}
	}
}

/* False, errno set: the terminal stays as it was. */
static bool set_modes(const struct tui_curses *c, int when, const struct termios *modes)
{
	int rc;

	do {
		rc = tcsetattr(c->tty, when, modes);
	} while (rc < 0 && errno == EINTR);
	return rc == 0;
}

static void leave_screen(struct tui_curses *c)
{
	/* CAN ends a sequence that was cut in the middle. */
	static const char off[] = "\030" MOUSE_OFF PASTE_OFF WHEEL_BACK;
	char part[4096];
	off_t at = 0;
	size_t n;

	if (!c->active)
		return;
	c->active = false;
	buf_clear(&c->out);
	write_through(c->tty, off, sizeof(off) - 1);
	write_through(c->tty, c->caps->normal, strlen(c->caps->normal));
	write_through(c->tty, c->caps->plain, strlen(c->caps->plain));
	write_through(c->tty, c->caps->show, strlen(c->caps->show));
	endwin();
	fflush(c->memf);
	while ((n = fetch_part(c, part, sizeof(part), at))) {
		write_through(c->tty, part, n);
		at += (off_t)n;
	}
	rewind_frame(c);
	if (!at && exit_ca_mode) /* what curses says of it can't be had */
		write_through(c->tty, exit_ca_mode, strlen(exit_ca_mode));
	/* The Linux console has no second screen: the shell's prompt goes below ours, not into it. */
	if (!exit_ca_mode)
		write_through(c->tty, "\r\n", 2);
	/* Where it can't wait for what is on its way it does without. */
	if (!set_modes(c, TCSADRAIN, &c->saved))
		(void)set_modes(c, TCSANOW, &c->saved);
}

static bool enter_screen(struct tui_curses *c)
{
	bool good = set_modes(c, TCSANOW, &c->raw);

	c->active = true;
	c->whole = true;
	queue_out(c, PASTE_ON, sizeof(PASTE_ON) - 1);
	queue_out(c, WHEEL_KEEP, sizeof(WHEEL_KEEP) - 1);
	queue_out(c, c->wheel ? WHEEL_ON : WHEEL_OFF, sizeof(WHEEL_ON) - 1);
	if (c->mouse)
		queue_out(c, MOUSE_ON, sizeof(MOUSE_ON) - 1);
	return good;
}

/* ---- keys -------------------------------------------------------------------------------- */

static int curses_key_fd(const struct backend *b)
{
	return curses_const(b)->tty;
}

static bool curses_key(struct backend *b, struct key *key, mono_t now, mono_t *again)
{
	struct tui_curses *c = curses_of(b);
	uint8_t part[1024];
	size_t space = keys_space(&c->keys);
	ssize_t n = 0;

	if (c->active && space)
		n = read(c->tty, part, space < sizeof(part) ? space : sizeof(part));
	if (n > 0)
		keys_feed(&c->keys, part, (size_t)n, now);
	else if (c->active && space && !c->gone && (n == 0 || errno == EIO)) {
		/* The terminal is gone, and its descriptor would be ready for ever. The kernel tells
		 * only some processes so: make sure that we are one of them. */
		c->gone = true;
		raise(SIGHUP);
	}
	return keys_next(&c->keys, key, now, again);
}

/* Other terminals' sequences, by terminfo. Names with a number after them are the extended ones of
 * ncurses: 3 alt, 5 ctrl. */
static void learn_keys(struct keys *k)
{
	static const struct {
		char name[8];
		uint32_t code;
		uint8_t mods;
	} caps[] = {{"kcuu1", KEYS_UP, 0}, {"kcud1", KEYS_DOWN, 0}, {"kcub1", KEYS_LEFT, 0},
	    {"kcuf1", KEYS_RIGHT, 0}, {"khome", KEYS_HOME, 0}, {"kend", KEYS_END, 0},
	    {"kpp", KEYS_PGUP, 0}, {"knp", KEYS_PGDN, 0}, {"kich1", KEYS_INSERT, 0},
	    {"kdch1", KEYS_DELETE, 0}, {"kbs", KEYS_BACKSPACE, 0}, {"kcbt", KEYS_TAB, KEY_SHIFT},
	    {"kent", KEYS_ENTER, 0}, {"kUP5", KEYS_UP, KEY_CTRL}, {"kDN5", KEYS_DOWN, KEY_CTRL},
	    {"kLFT5", KEYS_LEFT, KEY_CTRL}, {"kRIT5", KEYS_RIGHT, KEY_CTRL},
	    {"kHOM5", KEYS_HOME, KEY_CTRL}, {"kEND5", KEYS_END, KEY_CTRL},
	    {"kPRV5", KEYS_PGUP, KEY_CTRL}, {"kNXT5", KEYS_PGDN, KEY_CTRL},
	    {"kUP3", KEYS_UP, KEY_ALT}, {"kDN3", KEYS_DOWN, KEY_ALT}, {"kLFT3", KEYS_LEFT, KEY_ALT},
	    {"kRIT3", KEYS_RIGHT, KEY_ALT}};
	char name[8];

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		const char *seq = tigetstr(caps[i].name);

		if (seq && seq != (const char *)-1)
			keys_add(k, seq, caps[i].code, caps[i].mods);
	}
	for (unsigned f = 1; f <= 24; f++) {
		const char *seq;

		snprintf(name, sizeof(name), "kf%u", f);
		seq = tigetstr(name);
		if (seq && seq != (const char *)-1)
			keys_add(k, seq, KEYS_F1 + f - 1, 0);
	}
}

/* ---- colours ----------------------------------------------------------------------------- */

static unsigned device_attrs(unsigned attr)
{
	unsigned a = 0;

	a |= attr & ANSI_BOLD ? THEME_BOLD : 0;
	a |= attr & ANSI_DIM ? THEME_DIM : 0;
	a |= attr & ANSI_UNDERLINE ? THEME_UNDERLINE : 0;
	a |= attr & ANSI_REVERSE ? THEME_REVERSE : 0;
	a |= attr & ANSI_ITALIC ? THEME_ITALIC : 0;
	return a;
}

static void cell_look(void *ctx, const struct cell *cell, struct cellout_look *look)
{
	const struct tui_curses *c = ctx;
	const struct theme_cell *cells = c->theme->cells[c->depth];
	const struct theme_cell *t =
	    &cells[cell->style < STYLE_COUNT ? cell->style : STYLE_DEFAULT];
	unsigned attrs = t->attr;
	int fg = t->fg, bg = t->bg;
	bool bright = false;

	/* A style without a background of its own lets that of the bar or box shine through. */
	if (bg == cells[STYLE_DEFAULT].bg && cell->base < STYLE_COUNT)
		bg = cells[cell->base].bg;
	if (cell->has_color) {
		attrs |= device_attrs(cell->color.attr);
		if (cell->color.fg.kind != ANSI_DEFAULT)
			fg = color_reduce(&cell->color.fg, c->depth, &bright);
		attrs |= bright ? THEME_BOLD : 0;
		if (cell->color.bg.kind != ANSI_DEFAULT)
			bg = color_reduce(&cell->color.bg, c->depth, &bright);
	}
	if (c->depth == THEME_MONO)
		fg = bg = -1;
	if (fg >= 0 || bg >= 0)
		attrs &= ~c->no_color_attrs;
	look->fg = (int16_t)fg;
	look->bg = (int16_t)bg;
	look->attr = (uint8_t)attrs;
}

/* ---- drawing ----------------------------------------------------------------------------- */

/* The cell's characters, checked once more: what the C library does not hold for printable, of
 * another width than we do, or what the locale can't write, becomes a '?' of the same width. */
static void cell_chars(const struct tui_curses *c, const struct cell *cell, int width, wchar_t *wcs)
{
	const uint8_t *p = (const uint8_t *)cell->text;
	size_t n = strlen(cell->text), count = 0;
	char bytes[MB_LEN_MAX];
	uint32_t cp;
	int len;

	for (; n; p += len, n -= (size_t)len) {
		int got;

		len = utf8_decode(p, n, &cp);
		if (len <= 0)
			break;
		got = cp < 0x80 ? (cp >= 0x20 && cp < 0x7f ? 1 : -1) : wcwidth((wchar_t)cp);
		if (!c->utf8 && cp >= 0x80 && wctomb(bytes, (wchar_t)cp) < 0)
			got = -1;
		if (count == 0 && got != width)
			break;
		if (count > 0 && (got != 0 || count == CELL_WCS - 1))
			continue;
		wcs[count++] = (wchar_t)cp;
	}
	if (!count)
		wcs[count++] = L'?';
	wcs[count] = L'\0';
}

static size_t cell_bytes(void *ctx, const struct cell *cell, int width, char *dst)
{
	const struct tui_curses *c = ctx;
	wchar_t wcs[CELL_WCS + 1];
	size_t n = 0;

	cell_chars(c, cell, width, wcs);
	for (size_t i = 0; wcs[i]; i++) {
		int len = wctomb(dst + n, wcs[i]);

		n += len > 0 ? (size_t)len : 0;
	}
	/* A narrow stand-in for a wide character leaves a cell to fill. */
	if (width == 2 && wcs[0] == L'?')
		dst[n++] = ' ';
	return n;
}

static void move_cursor(void *ctx, int x, int y, struct buf *out)
{
	const struct tui_curses *c = ctx;
	const char *s;

	if (!c->cup) {
		cellout_csi(out, y + 1, x + 1, 'H');
		return;
	}
	s = tiparm(c->cup, y, x);
	buf_append(out, s, strlen(s));
}

/* A theme is part of what a frame looks like. */
static uint64_t theme_sum(const struct theme *t)
{
	const uint8_t *p = (const uint8_t *)t->cells;
	uint64_t sum = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < sizeof(t->cells); i++)
		sum = (sum ^ p[i]) * 1099511628211u;
	return sum;
}

static bool curses_blit(struct backend *b, const struct surface *s, const struct theme *theme)
{
	struct tui_curses *c = curses_of(b);
	uint64_t sum = theme_sum(theme);

	if (!c->active)
		return true;
	push_out(c);
	if (buf_len(&c->out))
		return false;
	if (c->whole) { /* curses' own screen is empty: it enters the screen and clears it */
		clearok(curscr, TRUE);
		wnoutrefresh(stdscr);
		doupdate();
		fetch_frame(c);
	}
	c->theme = theme;
	c->lost = false;
	cellout_frame(&c->cellout, s, c->whole || sum != c->theme_sum, &c->out);
	c->theme_sum = sum;
	c->whole = false;
	push_out(c);
	return true;
}

static bool curses_pending(struct backend *b)
{
	push_out(curses_of(b));
	return buf_len(&curses_of(b)->out) > 0;
}

/* A terminal that takes none is not tried for ever. */
static bool curses_lost(const struct backend *b)
{
	return curses_const(b)->lost && curses_const(b)->losses <= LOSSES_MAX;
}

static void curses_redraw(struct backend *b)
{
	curses_of(b)->whole = true;
}

static void curses_size(const struct backend *b, int *w, int *h)
{
	(void)b;
	*w = COLS;
	*h = LINES;
}

static void curses_resized(struct backend *b)
{
	struct tui_curses *c = curses_of(b);
	struct winsize ws;

	if (ioctl(c->tty, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0 && ws.ws_col > 0)
		resizeterm(ws.ws_row, ws.ws_col);
	c->whole = true;
}

static void curses_beep(struct backend *b)
{
	if (curses_of(b)->active)
		queue_out(curses_of(b), "\a", 1);
}

static void curses_set_mouse(struct backend *b, bool on)
{
	struct tui_curses *c = curses_of(b);

	if (on == c->mouse)
		return;
	c->mouse = on;
	if (c->active)
		queue_out(c, on ? MOUSE_ON : MOUSE_OFF,
		    on ? sizeof(MOUSE_ON) - 1 : sizeof(MOUSE_OFF) - 1);
}

static void curses_set_wheel(struct backend *b, bool on)
{
	struct tui_curses *c = curses_of(b);

	if (on != c->wheel && c->active)
		queue_out(c, on ? WHEEL_ON : WHEEL_OFF, sizeof(WHEEL_ON) - 1);
	c->wheel = on;
}

/* OSC 52 ; c ; base64 (xterm's ctlseqs), ended by BEL, which more terminals know than ST. tmux takes
 * it for itself and hands it on where its set-clipboard allows. */
static void curses_clipboard(struct backend *b, const char *bytes, size_t n)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct tui_curses *c = curses_of(b);
	const uint8_t *p = (const uint8_t *)bytes;
	size_t len = 7, i;
	char *out;

	if (!c->active)
		return;
	out = xmalloc((n + 2) / 3 * 4 + 16);
	memcpy(out, "\033]52;c;", len);
	for (i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)(i + 1 < n ? p[i + 1] : 0) << 8 |
			     (uint32_t)(i + 2 < n ? p[i + 2] : 0);

		out[len++] = digits[v >> 18];
		out[len++] = digits[v >> 12 & 63];
		out[len++] = i + 1 < n ? digits[v >> 6 & 63] : '=';
		out[len++] = i + 2 < n ? digits[v & 63] : '=';
	}
	out[len++] = '\a';
	queue_out(c, out, len);
	free(out);
	push_out(c);
}

static bool curses_unicode(const struct backend *b)
{
	return curses_const(b)->utf8;
}

static void curses_restore(struct backend *b)
{
	leave_screen(curses_of(b));
}

static void curses_resume(struct backend *b)
{
	struct tui_curses *c = curses_of(b);

	if (c->active)
		return;
	(void)enter_screen(c); /* it could before */
	curses_resized(b);
}

static void curses_free(struct backend *b)
{
	struct tui_curses *c = curses_of(b);

	leave_screen(c);
	if (c->screen)
		delscreen(c->screen);
	if (c->memf)
		fclose(c->memf);
	if (c->null)
		fclose(c->null);
	if (c->tty >= 0)
		close(c->tty);
	buf_fini(&c->out);
	keys_fini(&c->keys);
	cellout_fini(&c->cellout);
	free(c->caps);
	free(c->cup);
	free(c);
}

/* ---- beginning --------------------------------------------------------------------------- */

static int open_tty(struct tui_curses *c, struct err *err)
{
	const char *name = "/dev/tty";
	char own[128];

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ERR_INVAL, 0,
		    "a terminal is needed for the screen; standard input and output are not both "
		    "one");
	if (ttyname_r(STDOUT_FILENO, own, sizeof(own)) == 0)
		name = own;
	c->tty = open(name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	/* The node may belong to another user (su); the controlling terminal always opens. */
	if (c->tty < 0)
		c->tty = open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (c->tty < 0)
		return err_sys(err, errno, "the terminal %s can't be opened", name);
	if (tcgetattr(c->tty, &c->saved) < 0)
		return err_sys(err, errno, "the terminal %s does not tell its modes", name);
	c->raw = c->saved;
	cfmakeraw(&c->raw);
	return ERR_OK;
}

/* A string of terminfo without the pauses that terminals of old needed ($<5>). */
static void take_string(char *dst, size_t size, const char *s)
{
	size_t n = 0;

	for (; s && s != (const char *)-1 && *s && n + 1 < size; s++) {
		if (s[0] == '$' && s[1] == '<' && strchr(s, '>'))
			s = strchr(s, '>');
		else
			dst[n++] = *s;
	}
	dst[n] = '\0';
}

static void take_cap(char *dst, size_t size, const char *name)
{
	take_string(dst, size, tigetstr(name));
}

static bool cap_is(const char *name, const char *want)
{
	char text[64];

	take_cap(text, sizeof(text), name);
	return !strcmp(text, want);
}

static void learn_colors(struct tui_curses *c)
{
	/* By the bits of terminfo's ncv: 1 underline (1 << 1), reverse (2), dim (4), bold (5),
	 * italic (15). */
	static const struct {
		int ncv;
		unsigned attr;
	} bits[] = {{2, THEME_UNDERLINE}, {4, THEME_REVERSE}, {16, THEME_DIM}, {32, THEME_BOLD},
	    {32768, THEME_ITALIC}};
	const char *fg = tigetstr("setaf"), *bg = tigetstr("setab");
	int ncv = tigetnum("ncv");

	take_cap(c->caps->plain, sizeof(c->caps->plain), "op");
	for (size_t i = 0; ncv > 0 && i < sizeof(bits) / sizeof(bits[0]); i++)
		c->no_color_attrs |= ncv & bits[i].ncv ? bits[i].attr : 0;
	for (int i = 0; i < 256 && i < COLORS; i++) {
		take_string(c->caps->fg[i], sizeof(c->caps->fg[i]), tiparm(fg, i));
		take_string(c->caps->bg[i], sizeof(c->caps->bg[i]), tiparm(bg, i));
	}
}

static void learn_caps(struct tui_curses *c)
{
	static const char *const attrs[CELLOUT_ATTRS] = {"bold", "dim", "smul", "rev", "sitm"};
	struct cellout_caps *caps = c->caps;
	char cup[64];

	take_cap(caps->normal, sizeof(caps->normal), "sgr0");
	caps->normal_all = strstr(caps->normal, "\033[m") || strstr(caps->normal, "\033[0");
	for (int i = 0; i < CELLOUT_ATTRS; i++)
		take_cap(caps->on[i], sizeof(caps->on[i]), attrs[i]);
	take_cap(caps->hide, sizeof(caps->hide), "civis");
	take_cap(caps->show, sizeof(caps->show), "cnorm");
	take_cap(caps->end_of_row, sizeof(caps->end_of_row), "el");
	caps->erase = cap_is("ech", "\033[%p1%dX");
	caps->erase_colored = tigetflag("bce") > 0;
	caps->column = cap_is("hpa", "\033[%i%p1%dG");
	caps->corner = tigetflag("am") <= 0 || tigetflag("xenl") > 0;
	take_cap(cup, sizeof(cup), "cup");
	if (strcmp(cup, "\033[%i%p1%d;%p2%dH") != 0)
		c->cup = xstrdup(cup);
	if (c->depth != THEME_MONO)
		learn_colors(c);
}

/* newterm installs handlers for these; signals are the loop's. */
static void start_curses(struct tui_curses *c, const char *term)
{
	static const int sigs[] = {SIGTSTP, SIGINT, SIGTERM, SIGWINCH, SIGQUIT};
	struct sigaction was[sizeof(sigs) / sizeof(sigs[0])];

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], NULL, &was[i]);
	c->screen = newterm(term, c->memf, c->null);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &was[i], NULL);
}

static void setup_curses(struct tui_curses *c, bool color)
{
	raw();
	noecho();
	nonl();
	typeahead(-1);
	keypad(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	scrollok(stdscr, FALSE);
	idlok(stdscr, FALSE);
	c->depth = THEME_MONO;
	if (color && has_colors() && start_color() == OK) {
		use_default_colors();
		c->depth = COLORS >= 256 ? THEME_256 : COLORS >= 16 ? THEME_16 : THEME_8;
	}
	learn_keys(&c->keys);
	learn_caps(c);
}

static int start(struct tui_curses *c, bool color, struct err *err)
{
	const char *term = getenv("TERM");
	int rc = open_tty(c, err);

	if (rc != ERR_OK)
		return rc;
	c->memf = memfile_new();
	c->mem = c->memf ? fileno(c->memf) : -1;
	c->null = fopen("/dev/null", "r");
	if (!c->memf || !c->null)
		return err_sys(err, errno, "no memory for the screen");
	start_curses(c, term);
	if (!c->screen || !tigetstr("cup"))
		return err_set(err, ERR_NOTSUP, 0,
		    "the terminal type '%.60s' (TERM) is unknown or can't draw a screen; try "
		    "TERM=xterm",
		    term ? term : "");
	setup_curses(c, color);
	/* Without them no key would come before Enter, not even the one that leaves. */
	if (!enter_screen(c)) {
		int sys = errno;

		leave_screen(c);
		return err_sys(err, sys, "the modes of the terminal can't be set");
	}
	curses_resized(&c->base);
	return ERR_OK;
}

struct backend *tui_curses_new(bool color, struct err *err)
{
	static const struct backend_ops ops = {.key_fd = curses_key_fd,
	    .key = curses_key,
	    .size = curses_size,
	    .resized = curses_resized,
	    .blit = curses_blit,
	    .pending = curses_pending,
	    .lost = curses_lost,
	    .redraw = curses_redraw,
	    .beep = curses_beep,
	    .set_mouse = curses_set_mouse,
	    .set_wheel = curses_set_wheel,
	    .clipboard = curses_clipboard,
	    .suspend = curses_restore,
	    .resume = curses_resume,
	    .unicode = curses_unicode,
	    .restore = curses_restore,
	    .free = curses_free};
	static const struct cellout_ops cell_ops = {
	    .look = cell_look, .chars = cell_bytes, .move = move_cursor};
	struct tui_curses *c = xcalloc(1, sizeof(*c));

	c->base.ops = &ops;
	c->tty = c->mem = -1;
	buf_init(&c->out, OUT_MAX);
	keys_init(&c->keys);
	c->caps = xcalloc(1, sizeof(*c->caps));
	cellout_init(&c->cellout, c->caps, &cell_ops, c);
	c->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (start(c, color, err) != ERR_OK) {
		curses_free(&c->base);
		return NULL;
	}
	return &c->base;
}
