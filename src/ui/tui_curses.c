/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The terminal. curses knows how to draw; it does not get near the terminal itself: it writes each
 * frame into a file in memory, and from there the bytes go to the terminal as fast as that takes
 * them, without ever blocking. While part of a frame waits, further frames are skipped. (curses
 * writing by itself would stop the program when a slow line has not taken the last frame:
 * poll and TIOCOUTQ tell only that there is room, not for how much.) Keys are read here too and
 * decoded in keys.c, since curses waits for what may follow an ESC. So the terminal has one owner,
 * with a descriptor of its own, whose O_NONBLOCK no other program sees.
 */
#define _GNU_SOURCE	 /* memfd_create, wcwidth, SIGWINCH, cfmakeraw */
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
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>
#include <term.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"
#include "color.h"
#include "keys.h"

#define OUT_MAX	 (8u << 20)
#define CELL_WCS CCHARW_MAX

/* Bracketed paste and SGR mouse reports are xterm's; terminals without them ignore the modes. */
#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_ON  "\033[?1002h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1002l"

struct tui_curses {
	struct backend base;
	int tty; /* our own description of the terminal */
	int mem; /* curses writes here */
	FILE *memf, *null;
	SCREEN *screen;
	struct termios saved, raw;
	struct buf out; /* bytes on their way to the terminal */
	struct keys keys;
	struct surface last; /* what curses was told */
	cchar_t *row;	     /* a row of it */
	bool whole;	     /* tell it everything */
	bool active;	     /* the terminal is ours */
	bool gone;	     /* the terminal is */
	bool mouse, utf8;
	enum theme_depth depth;
	uint64_t theme_sum;
	uint16_t *pairs; /* by (fg + 1) * 257 + bg + 1; 0: not yet */
	int pair_count;
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

/* Writes what the terminal takes now. */
static void push_out(struct tui_curses *c)
{
	while (buf_len(&c->out)) {
		ssize_t n = write(c->tty, buf_bytes(&c->out), buf_len(&c->out));

		if (n > 0) {
			buf_consume(&c->out, (size_t)n);
		} else {
			/* Full for now, or gone for good: then nothing is to be kept either. */
			if (n < 0 && errno != EAGAIN && errno != EINTR)
				buf_clear(&c->out);
			return;
		}
	}
}

static void queue_out(struct tui_curses *c, const char *bytes, size_t n)
{
	if (!buf_append(&c->out, bytes, n))
		buf_clear(&c->out);
}

/* Reads on in what curses has written since the last rewind. */
static size_t fetch_part(struct tui_curses *c, char *part, size_t size, off_t at)
{
	off_t end = lseek(c->mem, 0, SEEK_CUR);
	ssize_t n = 0;

	if (end > at)
		n = pread(c->mem, part, end - at < (off_t)size ? (size_t)(end - at) : size, at);
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

static void leave_screen(struct tui_curses *c)
{
	/* CAN ends a sequence that was cut in the middle. */
	static const char off[] = "\030" MOUSE_OFF PASTE_OFF;
	char part[4096];
	off_t at = 0;
	size_t n;

	if (!c->active)
		return;
	c->active = false;
	buf_clear(&c->out);
	write_through(c->tty, off, sizeof(off) - 1);
	endwin();
	fflush(c->memf);
	while ((n = fetch_part(c, part, sizeof(part), at))) {
		write_through(c->tty, part, n);
		at += (off_t)n;
	}
	rewind_frame(c);
	/* The Linux console has no second screen: the shell's prompt goes below ours, not into it. */
	if (!exit_ca_mode)
		write_through(c->tty, "\r\n", 2);
	tcsetattr(c->tty, TCSADRAIN, &c->saved);
}

static void enter_screen(struct tui_curses *c)
{
	tcsetattr(c->tty, TCSANOW, &c->raw);
	c->active = true;
	c->whole = true;
	queue_out(c, PASTE_ON, sizeof(PASTE_ON) - 1);
	if (c->mouse)
		queue_out(c, MOUSE_ON, sizeof(MOUSE_ON) - 1);
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

/* A curses pair for two colours; pairs are made when first used. Without a free one the
 * background is given up, then the colour. */
static int pair_of(struct tui_curses *c, int fg, int bg)
{
	uint16_t *slot = &c->pairs[(fg + 1) * 257 + bg + 1];

	if ((fg < 0 && bg < 0) || c->depth == THEME_MONO)
		return 0;
	if (*slot)
		return *slot;
	if (c->pair_count + 1 >= COLOR_PAIRS || c->pair_count + 1 >= UINT16_MAX ||
	    init_extended_pair(c->pair_count + 1, fg, bg) == ERR)
		return bg >= 0 ? pair_of(c, fg, -1) : 0;
	*slot = (uint16_t)++c->pair_count;
	return *slot;
}

static attr_t theme_attrs(unsigned attr)
{
	attr_t a = A_NORMAL;

	a |= attr & THEME_BOLD ? A_BOLD : 0;
	a |= attr & THEME_DIM ? A_DIM : 0;
	a |= attr & THEME_UNDERLINE ? A_UNDERLINE : 0;
	a |= attr & THEME_REVERSE ? A_REVERSE : 0;
	a |= attr & THEME_ITALIC ? A_ITALIC : 0;
	return a;
}

static attr_t device_attrs(unsigned attr)
{
	attr_t a = A_NORMAL;

	a |= attr & ANSI_BOLD ? A_BOLD : 0;
	a |= attr & ANSI_DIM ? A_DIM : 0;
	a |= attr & ANSI_UNDERLINE ? A_UNDERLINE : 0;
	a |= attr & ANSI_REVERSE ? A_REVERSE : 0;
	a |= attr & ANSI_ITALIC ? A_ITALIC : 0;
	return a;
}

static attr_t cell_look(
    struct tui_curses *c, const struct theme *theme, const struct cell *cell, int *pair)
{
	const struct theme_cell *t =
	    &theme->cells[c->depth][cell->style < STYLE_COUNT ? cell->style : STYLE_DEFAULT];
	attr_t attrs = theme_attrs(t->attr);
	int fg = t->fg, bg = t->bg;
	bool bright = false;

	/* A style without a background of its own lets that of the bar or box shine through. */
	if (bg == theme->cells[c->depth][STYLE_DEFAULT].bg && cell->base < STYLE_COUNT)
		bg = theme->cells[c->depth][cell->base].bg;
	if (cell->has_color) {
		attrs |= device_attrs(cell->color.attr);
		if (cell->color.fg.kind != ANSI_DEFAULT)
			fg = color_reduce(&cell->color.fg, c->depth, &bright);
		attrs |= bright ? A_BOLD : 0;
		if (cell->color.bg.kind != ANSI_DEFAULT)
			bg = color_reduce(&cell->color.bg, c->depth, &bright);
	}
	*pair = pair_of(c, fg, bg);
	return attrs;
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

/* Cells that look alike stand beside each other: the one before is what most of them need. */
struct look {
	const struct cell *of;
	cchar_t cc;
	attr_t attrs;
	int pair;
};

static bool looks_like(const struct cell *a, const struct cell *b)
{
	return a->style == b->style && a->base == b->base && a->has_color == b->has_color &&
	       (!a->has_color || !memcmp(&a->color, &b->color, sizeof(a->color)));
}

/* One cell for curses; how many it fills. */
static int make_cell(struct tui_curses *c, const struct surface *s, const struct theme *theme,
    int x, int y, struct look *look, cchar_t *cc)
{
	const struct cell *cell = surface_cell(s, x, y);
	const struct cell *right = surface_cell(s, x + 1, y);
	int width = right && !right->text[0] ? 2 : 1;
	wchar_t wcs[CELL_WCS + 1];

	if (!look->of || !looks_like(look->of, cell)) {
		look->attrs = cell_look(c, theme, cell, &look->pair);
		setcchar(&look->cc, L" ", look->attrs, 0, &look->pair);
		look->of = cell;
	}
	cc[0] = cc[1] = look->cc;
	if (cell->text[0] >= 0x20 && cell->text[0] < 0x7f && !cell->text[1] && width == 1) {
		cc[0].chars[0] = cell->text[0];
		return 1;
	}
	cell_chars(c, cell, width, wcs);
	setcchar(&cc[0], wcs, look->attrs, 0, &look->pair);
	/* A narrow stand-in for a wide character leaves a cell to fill. */
	return width == 2 && wcs[0] == L'?' ? 2 : 1;
}

static bool same_cells(const struct surface *a, const struct surface *b, int y, int x, int n)
{
	size_t at = (size_t)y * (size_t)a->w + (size_t)x;

	return !memcmp(a->cells + at, b->cells + at, (size_t)n * sizeof(*a->cells));
}

/* Tells curses what differs in a row from what it was told: the first to the last such cell. */
static void draw_row(
    struct tui_curses *c, const struct surface *s, const struct theme *theme, int y, bool whole)
{
	struct look look = {.of = NULL};
	int from = 0, to = s->w < COLS ? s->w : COLS, n = 0;
	size_t at = (size_t)y * (size_t)s->w;

	if (!whole && same_cells(s, &c->last, y, 0, s->w))
		return;
	while (!whole && from < to && same_cells(s, &c->last, y, from, 1))
		from++;
	while (!whole && to > from && same_cells(s, &c->last, y, to - 1, 1))
		to--;
	while (from > 0 && !surface_cell(s, from, y)->text[0])
		from--;
	for (int x = from; x < to; x++)
		if (surface_cell(s, x, y)->text[0])
			n += make_cell(c, s, theme, x, y, &look, c->row + n);
	mvadd_wchnstr(y, from, c->row, n);
	if (!whole)
		memcpy(c->last.cells + at, s->cells + at, (size_t)s->w * sizeof(*s->cells));
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

static void tell_curses(struct tui_curses *c, const struct surface *s, const struct theme *theme)
{
	bool fits = c->last.w == s->w && c->last.h == s->h;
	uint64_t sum = theme_sum(theme);

	if (!fits) /* and one more, for what a wide character's stand-in may fill */
		c->row = xreallocarray(c->row, (size_t)s->w + 1, sizeof(*c->row));
	if (c->whole) {
		clearok(curscr, TRUE);
		fits = false;
	}
	if (sum != c->theme_sum) {
		int pair = pair_of(c, theme->cells[c->depth][STYLE_DEFAULT].fg,
		    theme->cells[c->depth][STYLE_DEFAULT].bg);
		cchar_t blank;

		if (setcchar(&blank, L" ", A_NORMAL, 0, &pair) == OK)
			bkgrndset(&blank);
		fits = false;
	}
	c->theme_sum = sum;
	c->whole = false;
	for (int y = 0; y < s->h && y < LINES; y++)
		draw_row(c, s, theme, y, !fits);
	if (!fits)
		surface_copy(&c->last, s);
}

static bool curses_blit(struct backend *b, const struct surface *s, const struct theme *theme)
{
	struct tui_curses *c = curses_of(b);
	bool cursor =
	    s->cursor_x >= 0 && s->cursor_x < s->w && s->cursor_y >= 0 && s->cursor_y < s->h;

	if (!c->active)
		return true;
	push_out(c);
	if (buf_len(&c->out))
		return false;
	tell_curses(c, s, theme);
	curs_set(cursor ? 1 : 0);
	if (cursor)
		move(s->cursor_y, s->cursor_x);
	wnoutrefresh(stdscr);
	doupdate();
	fetch_frame(c);
	push_out(c);
	return true;
}

static bool curses_pending(struct backend *b)
{
	push_out(curses_of(b));
	return buf_len(&curses_of(b)->out) > 0;
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
	enter_screen(c);
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
	surface_fini(&c->last);
	free(c->pairs);
	free(c->row);
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
}

/* Before a first endwin each movement of the cursor is followed by a write of its own. What it says
 * is not for the terminal. */
static void settle_curses(struct tui_curses *c)
{
	endwin();
	fflush(c->memf);
	rewind_frame(c);
}

static int start(struct tui_curses *c, bool color, struct err *err)
{
	const char *term = getenv("TERM");
	int rc = open_tty(c, err);

	if (rc != ERR_OK)
		return rc;
	c->mem = memfd_create("tasmite-screen", MFD_CLOEXEC);
	c->memf = c->mem >= 0 ? fdopen(c->mem, "w+") : NULL;
	c->null = fopen("/dev/null", "r");
	if (!c->memf || !c->null)
		return err_sys(err, errno, "no memory for the screen");
	start_curses(c, term);
	if (!c->screen || !tigetstr("cup"))
		return err_set(err, ERR_NOTSUP, 0,
		    "the terminal type '%s' (TERM) is unknown or can't draw a screen; try "
		    "TERM=xterm",
		    term ? term : "");
	setup_curses(c, color);
	settle_curses(c);
	enter_screen(c);
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
	    .redraw = curses_redraw,
	    .beep = curses_beep,
	    .set_mouse = curses_set_mouse,
	    .clipboard = curses_clipboard,
	    .suspend = curses_restore,
	    .resume = curses_resume,
	    .unicode = curses_unicode,
	    .restore = curses_restore,
	    .free = curses_free};
	struct tui_curses *c = xcalloc(1, sizeof(*c));

	c->base.ops = &ops;
	c->tty = c->mem = -1;
	buf_init(&c->out, OUT_MAX);
	keys_init(&c->keys);
	surface_init(&c->last, 1, 1);
	c->pairs = xcalloc((size_t)257 * 257, sizeof(*c->pairs));
	c->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (start(c, color, err) != ERR_OK) {
		curses_free(&c->base);
		return NULL;
	}
	return &c->base;
}
