/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One measurement of one serial terminal, whichever it is: it gets a screen of 120 x 40 that is
 * read at once, and a pty as its port that this program feeds. Both ends are in one place, so that
 * the time from the one to the other is known. One line of JSON comes out.
 *
 *   meter MODE [NAME=VALUE]... -- COMMAND...     @PORT@ and @LOG@ in the command are filled in
 *
 *   flood    bytes=N as fast as the port is read; log=FILE is compared with what was fed
 *   paced    at rate=BAUD for seconds=S, what is due each millisecond
 *   key      keys= typed meanwhile, samples= times, until the byte expect= leaves the port; rate=0:
 *            a flood without pause
 *   shown    lines at rate=, and when each stood on the screen; seconds=
 *   start    from exec to until=TEXT on the screen, and to the first line that was fed
 *   idle     what wakes it up while nothing happens; seconds=
 *
 *   settle=MS (1000) is waited before; quit= is typed at the end.
 *
 * How far behind: what lies in the port's input queue, looked at before each millisecond's bytes are
 * added. The queue holds 4095; what is behind it in the kernel is not counted, and can only be there
 * when the queue is full.
 */
#define _GNU_SOURCE /* ppoll, memmem, O_CLOEXEC and ptys without openpty's library */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tasmite/base/xalloc.h"

#include "meter_feed.h"
#include "meter_proc.h"
#include "unit/vt.h"

#define COLS 120
#define ROWS 40

struct meter {
	/* what was asked for */
	const char *mode, *log, *until;
	char keys[64], quit[64], expect[16];
	size_t bytes;
	unsigned rate, samples;
	double seconds, settle;
	char **command;
	/* the two ptys */
	int port, slave, screen;
	char port_name[64];
	pid_t child;
	struct vt vt;
	double screen_bytes;
	unsigned drawn;	 /* pieces of output */
	unsigned heard;	 /* how often the expected came out of the port */
	bool watch_text; /* the screen's text is of interest: it costs time */
	/* the feed */
	const uint8_t *feed;
	size_t fed, size;
	bool cyclic;
	double began; /* of a paced feed */
	double behind;
};

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void die(const char *what)
{
	fprintf(stderr, "meter: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- both ends ------------------------------------------------------------------------------- */

static int open_pair(int *slave, char *name, size_t size)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || grantpt(fd) || unlockpt(fd) || ptsname_r(fd, name, size))
		die("no pty");
	*slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0)
		die(name);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static char *filled(const struct meter *m, const char *word)
{
	const char *at = strstr(word, "@PORT@"), *with = m->port_name;
	char *all = NULL;

	if (!at) {
		at = strstr(word, "@LOG@");
		with = m->log ? m->log : "/dev/null";
	}
	if (!at)
		return xstrdup(word);
	if (asprintf(&all, "%.*s%s%s", (int)(at - word), word, with, strchr(at + 1, '@') + 1) < 0)
		die("memory");
	return all;
}

static void run_child(struct meter *m, const char *tty)
{
	int fd;

	setsid();
	fd = open(tty, O_RDWR); /* the first one becomes the controlling terminal */
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	for (char **w = m->command; *w; w++)
		*w = filled(m, *w);
	execvp(m->command[0], m->command);
	perror(m->command[0]);
	_exit(127);
}

static void begin(struct meter *m)
{
	struct winsize size = {.ws_row = ROWS, .ws_col = COLS};
	struct termios raw;
	char tty[64];
	int slave;

	m->port = open_pair(&m->slave, m->port_name, sizeof(m->port_name));
	tcgetattr(m->slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(m->slave, TCSANOW, &raw);
	m->screen = open_pair(&slave, tty, sizeof(tty));
	ioctl(slave, TIOCSWINSZ, &size);
	vt_init(&m->vt, COLS, ROWS);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	m->child = fork();
	if (m->child < 0)
		die("fork");
	if (m->child == 0)
		run_child(m, tty);
	close(slave);
}

static void read_screen(struct meter *m)
{
	uint8_t part[65536];
	ssize_t n = read(m->screen, part, sizeof(part));

	if (n <= 0)
		return;
	m->screen_bytes += (double)n;
	m->drawn++;
	if (m->watch_text)
		vt_feed(&m->vt, part, (size_t)n);
}

static void read_port(struct meter *m)
{
	char part[4096];
	ssize_t n = read(m->port, part, sizeof(part));

	if (n > 0 && m->expect[0] && memmem(part, (size_t)n, m->expect, strlen(m->expect)))
		m->heard++;
}

static size_t feed_some(struct meter *m, size_t most)
{
	size_t n = m->size - m->fed;
	ssize_t put;

	if (n > most)
		n = most;
	put = n ? write(m->port, m->feed + m->fed, n) : 0;
	if (put > 0)
		m->fed += (size_t)put;
	if (m->cyclic && m->fed == m->size)
		m->fed = 0;
	return put > 0 ? (size_t)put : 0;
}

/* One look at both ends, waiting until then at most. flooding: feeds all that the port takes. */
static void look(struct meter *m, double until, bool flooding)
{
	struct pollfd fds[2] = {{.fd = m->screen, .events = POLLIN},
	    {.fd = m->port, .events = (short)(flooding ? POLLIN | POLLOUT : POLLIN)}};
	double left = until - now_s();
	struct timespec ts = {0};

	if (left > 0) {
		ts.tv_sec = (time_t)left;
		ts.tv_nsec = (long)((left - (double)ts.tv_sec) * 1e9);
	}
	if (ppoll(fds, 2, &ts, NULL) <= 0)
		return;
	if (fds[1].revents & POLLIN)
		read_port(m);
	if (fds[0].revents & POLLIN)
		read_screen(m);
	if (fds[1].revents & POLLOUT)
		feed_some(m, 65536);
}

static int unread(const struct meter *m)
{
	int n = 0;

	ioctl(m->slave, FIONREAD, &n);
	return n;
}

static void rest(struct meter *m, double seconds)
{
	double end = now_s() + seconds;

	while (now_s() < end)
		look(m, end, false);
}

/* It is ready when it has read what was sent, and the time it gets for its first screen is over. */
static void await_ready(struct meter *m)
{
	double end = now_s() + 15;

	rest(m, m->settle);
	if (write(m->port, "\r\n", 2) != 2)
		die("the port");
	while (unread(m)) {
		if (now_s() > end) {
			errno = ETIME;
			die("it does not read its port");
		}
		rest(m, 0.01);
	}
	rest(m, 0.2);
}

/* What is due, each millisecond once; when the next is. */
static double pace(struct meter *m)
{
	double t = now_s(), per_s = m->rate / 10.0;
	double due = (t - m->began) * per_s, waiting = unread(m);
	static const double tick = 0.001;

	if (m->behind < waiting)
		m->behind = waiting;
	if (due >= (double)m->size)
		due = (double)m->size;
	while (due >= (double)m->fed + 1)
		if (!feed_some(m, (size_t)(due - (double)m->fed)))
			break; /* the kernel's buffers are full: far behind */
	return m->began + ((double)(long)((t - m->began) / tick) + 1) * tick;
}

/* Asks it to leave, by what was asked for or by a signal, then with less courtesy. */
static void leave(struct meter *m)
{
	static const int signals[] = {0, SIGTERM, SIGKILL};
	struct proc_cost left;

	if (m->quit[0] && write(m->screen, m->quit, strlen(m->quit)) < 0)
		perror("meter: quit");
	for (int i = m->quit[0] ? 0 : 1; i < 3; i++) {
		double end = now_s() + 3;

		proc_look(&left);
		for (int k = 0; k < left.count && signals[i]; k++)
			kill(left.pids[k], signals[i]);
		do {
			rest(m, 0.02);
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
			proc_look(&left);
		} while (left.count && now_s() < end);
		if (!left.count)
			return;
	}
}

/* ---- figures --------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void print_times(const char *what, double *ms, size_t n)
{
	qsort(ms, n, sizeof(*ms), by_size);
	printf(", \"%s\": %zu", what, n);
	if (n)
		printf(", \"%s_median\": %.3f, \"%s_p99\": %.3f, \"%s_worst\": %.3f", what,
		    ms[n / 2], what, ms[(n * 99) / 100 < n ? (n * 99) / 100 : n - 1], what,
		    ms[n - 1]);
}

static void print_costs(const struct meter *m, const struct proc_cost *before, double seconds)
{
	struct proc_cost after;

	proc_look(&after);
	printf("{\"mode\": \"%s\", \"fed\": %zu, \"seconds\": %.4f, \"cpu\": %.4f, "
	       "\"rss_mb\": %.1f, \"peak_mb\": %.1f, \"wakes\": %.0f, \"writes\": %.0f, "
	       "\"screen_bytes\": %.0f, \"drawn\": %u",
	    m->mode, m->fed, seconds, proc_cpu_between(before, &after), after.rss_mb, after.peak_mb,
	    after.wakes - before->wakes, after.writes - before->writes, m->screen_bytes, m->drawn);
}

/* The two bytes that asked whether it reads come first. */
static const char *compared(const struct meter *m)
{
	FILE *f = fopen(m->log, "rb");
	uint8_t part[65536], first[2];
	size_t at = 0, n;
	bool same;

	if (!f)
		return "missing";
	same = fread(first, 1, 2, f) == 2 && !memcmp(first, "\r\n", 2);
	while (same && (n = fread(part, 1, sizeof(part), f)) > 0) {
		same = n <= m->size - at && !memcmp(part, m->feed + at, n);
		at += n;
	}
	fclose(f);
	return same && at == m->size ? "identical" : "different";
}

/* ---- the modes ------------------------------------------------------------------------------- */

static void mode_flood(struct meter *m)
{
	struct proc_cost before;
	double t0, read_at = 0;

	m->feed = feed_make(m->bytes);
	m->size = m->bytes;
	await_ready(m);
	proc_look(&before);
	m->screen_bytes = 0;
	t0 = now_s();
	for (;;) {
		bool more = m->fed < m->size;
		double t;

		look(m, now_s() + 0.002, more);
		t = now_s();
		if (more || unread(m))
			read_at = 0;
		else if (read_at == 0)
			read_at = t;
		else if (t - read_at > 0.1) /* nothing came after it: that was the end */
			break;
		if (t - t0 > 300) {
			errno = ETIME;
			die("the flood");
		}
	}
	print_costs(m, &before, read_at - t0);
	leave(m);
	if (m->log)
		printf(", \"log\": \"%s\"", compared(m));
}

static void mode_paced(struct meter *m)
{
	struct proc_cost before;
	double next;

	m->size = (size_t)(m->seconds * m->rate / 10);
	m->feed = feed_make(m->size);
	await_ready(m);
	proc_look(&before);
	m->screen_bytes = 0;
	m->began = next = now_s();
	while (m->fed < m->size) {
		if (now_s() >= next)
			next = pace(m);
		look(m, next, false);
	}
	print_costs(m, &before, now_s() - m->began);
	printf(", \"behind\": %.0f", m->behind);
	leave(m);
	if (m->log)
		printf(", \"log\": \"%s\"", compared(m));
}

/* From the writing of the keys to the byte; negative: it did not come in five seconds. */
static double one_key(struct meter *m, double *next)
{
	double t0 = now_s();

	m->heard = 0;
	if (write(m->screen, m->keys, strlen(m->keys)) < 0)
		die("the keys");
	while (!m->heard && now_s() < t0 + 5) {
		if (m->rate && now_s() >= *next)
			*next = pace(m);
		look(m, m->rate ? *next : t0 + 5, !m->rate);
	}
	return m->heard ? (now_s() - t0) * 1000 : -1;
}

static void mode_key(struct meter *m)
{
	double *ms = xcalloc(m->samples, sizeof(*ms)), next, end = now_s() + 120;
	size_t n = 0, lost = 0;
	struct proc_cost before;

	m->size = m->rate ? (size_t)m->rate / 10 * 130 : (size_t)8 << 20;
	m->cyclic = !m->rate;
	m->feed = feed_make(m->size);
	await_ready(m);
	proc_look(&before);
	srand(1);
	m->began = next = now_s();
	while (n + lost < m->samples && now_s() < end && lost < 3) {
		double gap = now_s() + 0.010 + rand() / (double)RAND_MAX * 0.025;

		while (now_s() < gap) {
			if (m->rate && now_s() >= next)
				next = pace(m);
			look(m, m->rate && next < gap ? next : gap, !m->rate);
		}
		ms[n] = one_key(m, &next);
		if (ms[n] >= 0)
			n++;
		else
			lost++;
	}
	print_costs(m, &before, now_s() - m->began);
	printf(", \"lost\": %zu", lost);
	print_times("key_ms", ms, n);
	free(ms);
	leave(m);
}

/* ---- when a line stands on the screen ---- */

struct shown {
	double *ended;		      /* of each line: when its last byte was sent */
	double *seen;		      /* 0: not yet */
	unsigned lines, sent, newest; /* newest: one more than the last that was seen */
	size_t *ends;		      /* of each line in the feed */
	double *ages;
	size_t samples, room;
};

static void make_short_lines(struct meter *m, struct shown *s, size_t size)
{
	uint8_t *all = xcalloc(1, size + FEED_LINE_MAX);
	size_t at = 0;

	s->ends = xcalloc(size / 32 + 1, sizeof(*s->ends));
	while (at < size) {
		at += feed_short(s->lines, (char *)all + at);
		s->ends[s->lines++] = at;
	}
	s->ended = xcalloc(s->lines, sizeof(*s->ended));
	s->seen = xcalloc(s->lines, sizeof(*s->seen));
	s->room = (size_t)(m->seconds * 2000) + 10000;
	s->ages = xcalloc(s->room, sizeof(*s->ages));
	m->feed = all;
	m->size = at;
}

static void find_lines(const struct meter *m, struct shown *s, double t)
{
	char line[FEED_LINE_MAX];

	for (int y = 0; y < ROWS; y++) {
		const char *row = vt_row(&m->vt, y), *at = memchr(row, '#', COLS);
		unsigned n;
		size_t len;

		if (!at || at - row > COLS - 9 || at[8] != ' ')
			continue;
		n = (unsigned)strtoul(at + 1, NULL, 10);
		if (n >= s->sent || s->seen[n] > 0)
			continue;
		len = feed_short(n, line) - 2;
		if (len > (size_t)(row + COLS - at) || memcmp(at, line, len) != 0)
			continue;
		s->seen[n] = t;
		if (n + 1 > s->newest)
			s->newest = n + 1;
	}
}

/* Since when the screen lacks a line that is newer than all it shows. */
static void note_age(struct shown *s, double t)
{
	if (s->samples < s->room && s->sent)
		s->ages[s->samples++] = s->newest < s->sent ? (t - s->ended[s->newest]) * 1000 : 0;
}

static void show_some(struct meter *m, struct shown *s, double until)
{
	unsigned drawn = m->drawn;
	double t;

	look(m, until, false);
	if (m->drawn == drawn)
		return;
	t = now_s();
	note_age(s, t);
	find_lines(m, s, t);
}

static void print_shown(struct shown *s)
{
	size_t n = 0, never = 0, late = 0;
	double *ms = xcalloc(s->lines, sizeof(*ms));

	for (unsigned i = 0; i < s->sent; i++) {
		if (s->seen[i] > 0)
			ms[n++] = (s->seen[i] - s->ended[i]) * 1000;
		else
			never++;
	}
	for (size_t i = 0; i < n; i++)
		late += ms[i] > 25;
	printf(", \"late\": %zu, \"never\": %zu, \"last_seen\": %s", late, never,
	    s->newest == s->sent ? "true" : "false");
	print_times("line_ms", ms, n);
	print_times("age_ms", s->ages, s->samples);
	free(ms);
}

static void mode_shown(struct meter *m)
{
	struct shown s = {0};
	struct proc_cost before;
	double next, end;

	m->watch_text = true;
	make_short_lines(m, &s, (size_t)(m->seconds * m->rate / 10));
	await_ready(m);
	proc_look(&before);
	m->began = next = now_s();
	while (m->fed < m->size) {
		if (now_s() >= next) {
			double t;

			next = pace(m);
			t = now_s();
			while (s.sent < s.lines && s.ends[s.sent] <= m->fed)
				s.ended[s.sent++] = t;
			note_age(&s, t);
		}
		show_some(m, &s, next);
	}
	for (end = now_s() + 0.5; now_s() < end;)
		show_some(m, &s, end);
	print_costs(m, &before, now_s() - m->began);
	print_shown(&s);
	leave(m);
}

/* ---- start and rest ---- */

static void mode_start(struct meter *m)
{
	double t0 = now_s(), screen_at = 0, first_at = 0, next = t0, line_at = 0;
	struct proc_cost before = {0};
	unsigned sent = 0;
	char line[FEED_LINE_MAX];

	while (now_s() < t0 + 5 && (!line_at || (m->until && !screen_at))) {
		unsigned drawn = m->drawn;
		double t = now_s();

		if (t >= next && sent < 2000) {
			size_t n = feed_short(sent++, line);

			if (write(m->port, line, n) != (ssize_t)n)
				sent = 2000; /* nobody reads: the buffers are full */
			next += 0.002;
		}
		look(m, next, false);
		if (m->drawn == drawn)
			continue;
		t = now_s();
		first_at = first_at > 0 ? first_at : t;
		if (!screen_at && m->until && vt_has(&m->vt, m->until))
			screen_at = t;
		if (!line_at && vt_has(&m->vt, "#00"))
			line_at = t;
	}
	rest(m, 0.5);
	print_costs(m, &before, now_s() - t0);
	printf(", \"first_byte_ms\": %.2f, \"screen_ms\": %.2f, \"line_ms\": %.2f",
	    first_at > 0 ? (first_at - t0) * 1000 : -1,
	    screen_at > 0 ? (screen_at - t0) * 1000 : -1, line_at > 0 ? (line_at - t0) * 1000 : -1);
	leave(m);
}

static void mode_idle(struct meter *m)
{
	struct proc_cost before;
	double t0;

	await_ready(m);
	rest(m, 1);
	proc_look(&before);
	m->screen_bytes = 0;
	t0 = now_s();
	rest(m, m->seconds);
	print_costs(m, &before, now_s() - t0);
	leave(m);
}

/* ---- what is asked for ----------------------------------------------------------------------- */

/* \r, \n, \e and \xNN, as a shell's $'' has them. */
static void unescape(char *dst, size_t size, const char *s)
{
	size_t n = 0;

	for (; *s && n + 1 < size; s++) {
		char hex[3] = {0};

		if (*s != '\\' || !s[1]) {
			dst[n++] = *s;
			continue;
		}
		s++;
		if (*s == 'x' && s[1] && s[2]) {
			memcpy(hex, s + 1, 2);
			dst[n++] = (char)strtoul(hex, NULL, 16);
			s += 2;
		} else {
			dst[n++] = *s == 'r' ? '\r' : *s == 'n' ? '\n' : *s == 'e' ? '\033' : *s;
		}
	}
	dst[n] = '\0';
}

static void take_option(struct meter *m, const char *word)
{
	const char *value = strchr(word, '=');
	size_t n = value ? (size_t)(value - word) : 0;

	if (!value) {
		fprintf(stderr, "meter: %s: NAME=VALUE is expected\n", word);
		exit(2);
	}
	value++;
#define IS(name) (n == strlen(name) && !strncmp(word, name, n))
	if (IS("bytes"))
		m->bytes = strtoul(value, NULL, 10);
	else if (IS("rate"))
		m->rate = (unsigned)strtoul(value, NULL, 10);
	else if (IS("samples"))
		m->samples = (unsigned)strtoul(value, NULL, 10);
	else if (IS("seconds"))
		m->seconds = strtod(value, NULL);
	else if (IS("settle"))
		m->settle = strtod(value, NULL) / 1000;
	else if (IS("log"))
		m->log = value;
	else if (IS("until"))
		m->until = value;
	else if (IS("keys"))
		unescape(m->keys, sizeof(m->keys), value);
	else if (IS("expect"))
		unescape(m->expect, sizeof(m->expect), value);
	else if (IS("quit"))
		unescape(m->quit, sizeof(m->quit), value);
	else
		n = 0;
#undef IS
	if (!n) {
		fprintf(stderr, "meter: %s: no such option\n", word);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct meter *m);
	} modes[] = {{"flood", mode_flood}, {"paced", mode_paced}, {"key", mode_key},
	    {"shown", mode_shown}, {"start", mode_start}, {"idle", mode_idle}};
	struct meter m = {.samples = 200, .seconds = 10, .settle = 1, .bytes = 5000000};
	int i = 2;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		take_option(&m, argv[i]);
	if (i + 1 >= argc) {
		fprintf(stderr, "meter MODE [NAME=VALUE]... -- COMMAND...\n");
		return 2;
	}
	m.mode = argv[1];
	m.command = argv + i + 1;
	m.watch_text = !strcmp(m.mode, "start");
	for (size_t k = 0; k < sizeof(modes) / sizeof(modes[0]); k++) {
		if (strcmp(modes[k].name, m.mode) != 0)
			continue;
		begin(&m);
		modes[k].run(&m);
		printf("}\n");
		return 0;
	}
	fprintf(stderr, "meter: %s: no such mode\n", m.mode);
	return 2;
}
