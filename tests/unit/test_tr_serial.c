/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial transport, and libserialport below it, on an adapter that the test plays: /dev/ttyTSM0
 * is a pseudo-terminal, its place in /sys a folder of the test's, and the requests that a
 * pseudo-terminal doesn't know (modem lines, exclusive use, break) are answered here and recorded.
 * The system's functions of the program's and the library's are therefore defined in this file.
 */
#define _GNU_SOURCE /* RTLD_NEXT, posix_openpt */
#undef _FORTIFY_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/serial.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../../src/io/ttyset.h"
#include "tasmite/io/ports.h"
#include "tasmite/io/transport.h"

#define NODE	    "/dev/ttyTSM0"
#define SYS	    "/sys/class/tty/ttyTSM0"
#define BOTH	    (MODEM_DTR | MODEM_RTS)
#define DEADLINE_MS 5000

static const struct transport_line line_115200 = {115200, 8, PARITY_NONE, 1, FLOW_NONE};

/* The adapter as it is, and what was asked of it. */
static struct {
	char root[64], slave[64];
	int master;
	int fd; /* of the open node */
	unsigned lines;
	bool seen[4]; /* states of DTR and RTS since the node was opened */
	bool has_modem;
	bool in_break;
	bool excl;
	int serial_flags;
	bool has_serial;
	int opens;
	int open_error;
	struct timespec changed; /* of the node */
	char trace[400];
	struct termios last; /* that tcsetattr was given */
} sim;

static void note(const char *what)
{
	size_t n = strlen(sim.trace);

	snprintf(sim.trace + n, sizeof(sim.trace) - n, "%s ", what);
}

/* ---- what the program and the library call --------------------------------------------------- */

int __open_2(const char *path, int flags);
int __lxstat(int version, const char *path, struct stat *st);
ssize_t __readlink_chk(const char *path, char *dst, size_t n, size_t size);
char *__realpath_chk(const char *path, char *dst, size_t size);

/* ISO C knows no conversion from an object pointer to one of a function. */
static void find_real(const char *name, void *f, size_t size)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (!symbol)
		abort();
	memcpy(f, &symbol, size);
}
#define NEXT(name, type, ...)      \
	type (*real)(__VA_ARGS__); \
	find_real(name, &real, sizeof(real))

/* The path that is meant by it. */
static const char *there(const char *path, char *dst, size_t size)
{
	if (strcmp(path, NODE) == 0)
		return sim.slave;
	if (strncmp(path, "/sys", 4) != 0 && strncmp(path, "/dev/serial", 11) != 0)
		return path;
	snprintf(dst, size, "%s%s", sim.root, path);
	return dst;
}

static int open_node(int flags)
{
	NEXT("open", int, const char *, int, ...);
	sim.opens++;
	if (sim.open_error) {
		note("refused");
		errno = sim.open_error;
		return -1;
	}
	note("open");
	sim.fd = real(sim.slave, flags);
	/* What the kernel does for each that opens. */
	sim.lines = BOTH;
	memset(sim.seen, 0, sizeof(sim.seen));
	return sim.fd;
}

int open(const char *path, int flags, ...)
{
	NEXT("open", int, const char *, int, ...);
	char buf[PATH_MAX];
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	if (strcmp(path, NODE) == 0)
		return open_node(flags);
	return real(there(path, buf, sizeof(buf)), flags, mode);
}

int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

FILE *fopen(const char *path, const char *mode)
{
	NEXT("fopen", FILE *, const char *, const char *);
	char buf[PATH_MAX];

	return real(there(path, buf, sizeof(buf)), mode);
}

DIR *opendir(const char *path)
{
	NEXT("opendir", DIR *, const char *);
	char buf[PATH_MAX];

	return real(there(path, buf, sizeof(buf)));
}

int access(const char *path, int mode)
{
	NEXT("access", int, const char *, int);
	char buf[PATH_MAX];

	return real(there(path, buf, sizeof(buf)), mode);
}

int stat(const char *restrict path, struct stat *restrict st)
{
	NEXT("stat", int, const char *, struct stat *);
	char buf[PATH_MAX];
	int rc = real(there(path, buf, sizeof(buf)), st);

	if (rc == 0 && strcmp(path, NODE) == 0) {
		st->st_rdev = makedev(188, 0);
		st->st_ctim = sim.changed;
	}
	return rc;
}

int __lxstat(int version, const char *path, struct stat *st)
{
	NEXT("lstat", int, const char *, struct stat *);
	char buf[PATH_MAX];

	(void)version;
	return real(there(path, buf, sizeof(buf)), st);
}

ssize_t readlink(const char *restrict path, char *restrict dst, size_t n)
{
	NEXT("readlink", ssize_t, const char *, char *, size_t);
	char buf[PATH_MAX];

	return real(there(path, buf, sizeof(buf)), dst, n);
}

ssize_t __readlink_chk(const char *path, char *dst, size_t n, size_t size)
{
	(void)size;
	return readlink(path, dst, n);
}

char *realpath(const char *restrict path, char *restrict dst)
{
	NEXT("realpath", char *, const char *, char *);
	char buf[PATH_MAX];
	size_t root = strlen(sim.root);
	char *found;

	if (strcmp(path, NODE) == 0)
		return strcpy(dst, NODE);
	found = real(there(path, buf, sizeof(buf)), dst);
	if (found && root && strncmp(found, sim.root, root) == 0)
		memmove(found, found + root, strlen(found + root) + 1);
	return found;
}

char *__realpath_chk(const char *path, char *dst, size_t size)
{
	(void)size;
	return realpath(path, dst);
}

int tcsetattr(int fd, int when, const struct termios *tio)
{
	NEXT("tcsetattr", int, int, int, const struct termios *);

	struct termios given = *tio;

	if (fd == sim.fd) {
		/* A pseudo-terminal has 8 bits and no parity whatever it is told, and the C library
		 * calls that an error. */
		sim.last = *tio;
		given.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD);
		given.c_cflag |= CS8;
	}
	return real(fd, when, &given);
}

int tcflush(int fd, int which)
{
	NEXT("tcflush", int, int, int);

	if (fd == sim.fd && which == TCOFLUSH)
		note("flush");
	return real(fd, which);
}

int close(int fd)
{
	NEXT("close", int, int);

	if (fd >= 0 && fd == sim.fd) {
		note("close");
		sim.fd = -1;
	}
	return real(fd);
}

static int set_lines(unsigned lines)
{
	char what[16];

	sim.lines = lines;
	sim.seen[lines & BOTH] = true;
	snprintf(what, sizeof(what), "%c%c", lines & MODEM_DTR ? 'D' : 'd',
	    lines & MODEM_RTS ? 'R' : 'r');
	note(what);
	return 0;
}

static unsigned from_bits(int bits)
{
	return (bits & TIOCM_DTR ? MODEM_DTR : 0u) | (bits & TIOCM_RTS ? MODEM_RTS : 0u);
}

static int modem_request(unsigned long request, int *bits)
{
	if (!sim.has_modem) {
		errno = ENOTTY;
		return -1;
	}
	switch (request) {
	case TIOCMSET:
		return set_lines(from_bits(*bits));
	case TIOCMBIS:
		return set_lines(sim.lines | from_bits(*bits));
	case TIOCMBIC:
		return set_lines(sim.lines & ~from_bits(*bits));
	default:
		*bits = TIOCM_CTS | TIOCM_CD | (sim.lines & MODEM_DTR ? TIOCM_DTR : 0) |
			(sim.lines & MODEM_RTS ? TIOCM_RTS : 0);
		return 0;
	}
}

static int serial_request(unsigned long request, struct serial_struct *serial)
{
	if (!sim.has_serial) {
		errno = ENOTTY;
		return -1;
	}
	if (request == TIOCSSERIAL) {
		sim.serial_flags = serial->flags;
		return 0;
	}
	memset(serial, 0, sizeof(*serial));
	serial->flags = sim.serial_flags;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	NEXT("ioctl", int, int, unsigned long, ...);
	va_list ap;
	void *arg;
	int n;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	/* Unplugged: every request fails. */
	if (fd != sim.fd || real(fd, FIONREAD, &n) < 0)
		return real(fd, request, arg);
	switch (request) {
	case TIOCMGET:
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		return modem_request(request, arg);
	case TIOCGSERIAL:
	case TIOCSSERIAL:
		return serial_request(request, arg);
	case TIOCEXCL:
	case TIOCNXCL:
		sim.excl = request == TIOCEXCL;
		note(sim.excl ? "excl" : "nxcl");
		return 0;
	case TIOCSBRK:
	case TIOCCBRK:
		sim.in_break = request == TIOCSBRK;
		return 0;
	default:
		return real(fd, request, arg);
	}
}

/* ---- the adapter ----------------------------------------------------------------------------- */

static void attribute(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/usb1/1-4/%s", name);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "%s\n", text);
	fclose(f);
}

static void link_to(const char *path, const char *to)
{
	char buf[PATH_MAX];

	assert_int_equal(symlink(to, there(path, buf, sizeof(buf))), 0);
}

static void plug(const char *vid, const char *pid)
{
	static const char *const folders[] = {"/sys", "/sys/class", "/sys/class/tty",
	    "/sys/devices", "/sys/devices/usb1", "/sys/devices/usb1/1-4",
	    "/sys/devices/usb1/1-4/1-4:1.0", "/sys/devices/usb1/1-4/1-4:1.0/ttyTSM0",
	    "/sys/devices/usb1/1-4/1-4:1.0/ttyTSM0/tty",
	    "/sys/devices/usb1/1-4/1-4:1.0/ttyTSM0/tty/ttyTSM0"};
	char buf[PATH_MAX];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(there(folders[i], buf, sizeof(buf)), 0700), 0);
	attribute("idVendor", vid);
	attribute("idProduct", pid);
	attribute("busnum", "1");
	attribute("devnum", "7");
	attribute("product", "Test UART");
	link_to("/sys/devices/usb1/1-4/1-4:1.0/ttyTSM0/tty/ttyTSM0/device", "../..");
	link_to(SYS, "../../devices/usb1/1-4/1-4:1.0/ttyTSM0/tty/ttyTSM0");
}

static int begin(const char *vid, const char *pid)
{
	memset(&sim, 0, sizeof(sim));
	sim.fd = -1;
	sim.has_modem = sim.has_serial = true;
	strcpy(sim.root, "/tmp/tasmite-serial.XXXXXX");
	assert_non_null(mkdtemp(sim.root));
	sim.master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(sim.master >= 0);
	assert_int_equal(grantpt(sim.master), 0);
	assert_int_equal(unlockpt(sim.master), 0);
	snprintf(sim.slave, sizeof(sim.slave), "%s", ptsname(sim.master));
	plug(vid, pid);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return begin("0403", "6001");
}

static int setup_native(void **state)
{
	(void)state;
	return begin("303a", "1001");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	char root[64];

	(void)state;
	if (sim.master >= 0)
		close(sim.master);
	strcpy(root, sim.root);
	memset(&sim, 0, sizeof(sim));
	sim.fd = -1;
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct transport *open_lines(enum opener_line dtr, enum opener_line rts)
{
	struct err err = {0};
	struct transport *t = tr_serial_open("my port", NODE, &line_115200, dtr, rts, &err);

	if (!t)
		print_error("%s\n", err.text);
	assert_non_null(t);
	return t;
}

static struct transport *open_auto(void)
{
	return open_lines(OPENER_AUTO, OPENER_AUTO);
}

static bool pulsed(void)
{
	return sim.seen[MODEM_DTR] || sim.seen[MODEM_RTS];
}

/* ---- opening --------------------------------------------------------------------------------- */

static void open__describes__the_adapter(void **state)
{
	struct transport *t = open_auto();

	(void)state;
	assert_string_equal(t->name, "my port");
	assert_string_equal(t->path, NODE);
	assert_string_equal(t->about, "Test UART");
	assert_string_equal(t->ops->kind, "serial");
	assert_int_equal(t->caps, TRANSPORT_HAS_BAUD | TRANSPORT_HAS_MODEM | TRANSPORT_HAS_BREAK);
	assert_int_equal(t->ops->fd(t), sim.fd);
	assert_true(fcntl(sim.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(sim.fd, F_GETFD) & FD_CLOEXEC);
	t->ops->close(t);
	assert_int_equal(sim.fd, -1);
}

static void open__of_a_bridge__clears_both_lines_without_a_pulse(void **state)
{
	struct transport *t = open_auto();

	(void)state;
	assert_int_equal(sim.lines & BOTH, 0);
	assert_false(pulsed());
	/* Taken before anything is set. */
	assert_non_null(strstr(sim.trace, "excl dr"));
	t->ops->close(t);
	assert_int_equal(sim.lines & BOTH, 0);
	assert_false(pulsed());
	assert_non_null(strstr(sim.trace, "flush nxcl close"));
}

static void open__of_native_usb__asserts_both_lines(void **state)
{
	struct transport *t = open_auto();

	(void)state;
	assert_int_equal(sim.lines & BOTH, BOTH);
	assert_false(pulsed());
	assert_false(sim.seen[0]);
	t->ops->close(t);
	assert_int_equal(sim.lines & BOTH, BOTH);
}

static void open__obeys__what_is_said_of_each_line(void **state)
{
	static const struct {
		enum opener_line dtr, rts;
		unsigned want;
	} cases[] = {{OPENER_ON, OPENER_OFF, MODEM_DTR}, {OPENER_OFF, OPENER_ON, MODEM_RTS},
	    {OPENER_ON, OPENER_ON, BOTH}, {OPENER_OFF, OPENER_OFF, 0},
	    {OPENER_KEEP, OPENER_KEEP, BOTH}, {OPENER_KEEP, OPENER_OFF, MODEM_DTR},
	    {OPENER_AUTO, OPENER_KEEP, MODEM_RTS}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct transport *t = open_lines(cases[i].dtr, cases[i].rts);

		assert_int_equal(sim.lines & BOTH, cases[i].want);
		for (unsigned s = 0; s < BOTH; s++)
			assert_true(!sim.seen[s] || s == cases[i].want);
		t->ops->close(t);
	}
}

static void open__with_rts_cts__lets_the_device_send(void **state)
{
	struct transport_line line = line_115200;
	struct termios tio;
	struct transport *t;
	struct err err;

	(void)state;
	line.flow = FLOW_RTSCTS;
	t = tr_serial_open("p", NODE, &line, OPENER_AUTO, OPENER_AUTO, &err);
	assert_non_null(t);
	assert_int_equal(sim.lines & BOTH, MODEM_RTS);
	assert_int_equal(tcgetattr(sim.fd, &tio), 0);
	assert_true(tio.c_cflag & CRTSCTS);
	t->ops->close(t);
}

static void open__sets__raw_mode_for_good(void **state)
{
	struct transport *t = open_auto();
	struct termios tio;

	(void)state;
	assert_int_equal(tcgetattr(sim.fd, &tio), 0);
	assert_int_equal(tio.c_lflag & (ICANON | ECHO | ISIG | IEXTEN), 0);
	assert_int_equal(tio.c_oflag & OPOST, 0);
	assert_int_equal(tio.c_iflag & (ICRNL | INLCR | IGNCR | ISTRIP | IXON | IXOFF | IXANY), 0);
	assert_int_equal(tio.c_cflag & (HUPCL | CRTSCTS), 0);
	assert_int_equal(tio.c_cflag & (CLOCAL | CREAD), CLOCAL | CREAD);
	t->ops->close(t);
}

static void open__asks__for_low_latency_where_there_is_such(void **state)
{
	struct transport *t = open_auto();

	(void)state;
	assert_true(sim.serial_flags & ASYNC_LOW_LATENCY);
	t->ops->close(t);
	sim.has_serial = false;
	t = open_auto();
	t->ops->close(t);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void open__refuses__a_second_time(void **state)
{
	struct transport *t = open_auto();
	struct err err = {0};

	(void)state;
	assert_null(tr_serial_open("p", NODE, &line_115200, OPENER_AUTO, OPENER_AUTO, &err));
	assert_int_equal(err.code, ERR_BUSY);
	t->ops->close(t);
	t = open_auto();
	t->ops->close(t);
}

static void open__does_not_touch__what_another_program_has(void **state)
{
	int ready[2], done[2];
	struct transport *t;
	struct err err = {0};
	pid_t child;
	char c;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	child = fork();
	if (child == 0) {
		int fd = open(sim.slave, O_RDWR | O_NOCTTY);

		close(done[1]);
		if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(read(done[0], &c, 1) < 0);
	}
	assert_true(child > 0);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_null(tr_serial_open("p", NODE, &line_115200, OPENER_AUTO, OPENER_AUTO, &err));
	assert_int_equal(err.code, ERR_BUSY);
	assert_non_null(strstr(err.text, "p is in use by test_tr_serial (process "));
	assert_int_equal(sim.opens, 0);
	/* Who wants to share it, may. */
	t = tr_serial_open_shared("p", NODE, &line_115200, OPENER_KEEP, OPENER_KEEP, &err);
	assert_non_null(t);
	assert_false(sim.excl);
	t->ops->close(t);
	close(done[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ready[0]);
	close(done[0]);
}

static void open__calls_a_refusal_final__only_after_a_second(void **state)
{
	struct err err = {0};

	(void)state;
	sim.open_error = EACCES;
	clock_gettime(CLOCK_REALTIME, &sim.changed);
	assert_null(tr_serial_open("p", NODE, &line_115200, OPENER_AUTO, OPENER_AUTO, &err));
	assert_int_equal(err.code, ERR_AGAIN);
	assert_int_equal(err.sys, EACCES);
	sim.changed.tv_sec -= 2;
	assert_null(tr_serial_open("p", NODE, &line_115200, OPENER_AUTO, OPENER_AUTO, &err));
	assert_int_equal(err.code, ERR_PERM);
	assert_non_null(strstr(err.text, "not permitted to use p: "));
	/* A clock that was set back since. */
	sim.changed.tv_sec += 1000;
	assert_null(tr_serial_open("p", NODE, &line_115200, OPENER_AUTO, OPENER_AUTO, &err));
	assert_int_equal(err.code, ERR_PERM);
}

static void open__refuses__what_no_line_can_have(void **state)
{
	struct transport_line bad = line_115200;
	struct err err;

	(void)state;
	bad.bits = 9;
	assert_null(tr_serial_open("p", NODE, &bad, OPENER_AUTO, OPENER_AUTO, &err));
	assert_int_equal(err.code, ERR_RANGE);
	assert_int_equal(sim.opens, 0);
}

static void open__of_a_pty__is_not_for_the_library(void **state)
{
	struct err err;

	(void)state;
	assert_null(tr_serial_open("p", sim.slave, &line_115200, OPENER_AUTO, OPENER_AUTO, &err));
	assert_int_equal(err.code, ERR_NOTSUP);
	assert_false(tr_serial_knows(sim.slave));
	assert_false(tr_serial_knows("/dev/ttyNONE0"));
	assert_false(tr_serial_knows("/dev/"));
	assert_true(tr_serial_knows(NODE));
}

static void transport_open__chooses__by_what_the_system_lists(void **state)
{
	struct err err;
	struct transport *t = transport_open(NODE, &line_115200, &err);

	(void)state;
	assert_non_null(t);
	assert_string_equal(t->ops->kind, "serial");
	t->ops->close(t);
	t = transport_open(sim.slave, &line_115200, &err);
	assert_non_null(t);
	assert_string_equal(t->ops->kind, "pty");
	t->ops->close(t);
	/* Without modem lines the library gives up; the port works all the same. */
	sim.has_modem = false;
	t = transport_open(NODE, &line_115200, &err);
	assert_non_null(t);
	assert_string_equal(t->ops->kind, "pty");
	assert_int_equal(t->caps & TRANSPORT_HAS_MODEM, 0);
	t->ops->close(t);
}

/* ---- the open port --------------------------------------------------------------------------- */

static void set_line__sets__rate_and_format_and_moves_no_line(void **state)
{
	static const uint32_t rates[] = {300, 9600, 74880, 115200, 31250, 460800, 921600, 3000000};
	struct transport *t = open_lines(OPENER_ON, OPENER_OFF);
	struct transport_line line = {0, 7, PARITY_EVEN, 2, FLOW_NONE}, got, seen;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		line.baud = rates[i];
		assert_int_equal(t->ops->set_line(t, &line, &got, &err), ERR_OK);
		assert_int_equal(got.baud, rates[i]);
		assert_int_equal(got.stop, 2);
		assert_int_equal(ttyset_read(sim.master, &seen), 0);
		assert_int_equal(seen.baud, rates[i]);
	}
	assert_int_equal(sim.last.c_cflag & CSIZE, CS7);
	assert_int_equal(sim.last.c_cflag & (PARENB | PARODD), PARENB);
	line.parity = PARITY_ODD;
	assert_int_equal(t->ops->set_line(t, &line, &got, &err), ERR_OK);
	assert_int_equal(sim.last.c_cflag & (PARENB | PARODD), PARENB | PARODD);
	for (unsigned s = 0; s <= BOTH; s++)
		assert_int_equal(sim.seen[s], s == MODEM_DTR || s == BOTH);
	t->ops->close(t);
}

static void set_line__changes__flow_control_both_ways(void **state)
{
	struct transport *t = open_auto();
	struct transport_line line = line_115200, got;
	struct termios tio;
	struct err err;

	(void)state;
	line.flow = FLOW_XONXOFF;
	assert_int_equal(t->ops->set_line(t, &line, &got, &err), ERR_OK);
	assert_int_equal(got.flow, FLOW_XONXOFF);
	assert_int_equal(tcgetattr(sim.fd, &tio), 0);
	assert_int_equal(tio.c_iflag & (IXON | IXOFF | IXANY), IXON | IXOFF);
	line.flow = FLOW_RTSCTS;
	assert_int_equal(t->ops->set_line(t, &line, &got, &err), ERR_OK);
	assert_int_equal(got.flow, FLOW_RTSCTS);
	line.flow = FLOW_NONE;
	assert_int_equal(t->ops->set_line(t, &line, &got, &err), ERR_OK);
	assert_int_equal(got.flow, FLOW_NONE);
	assert_int_equal(tcgetattr(sim.fd, &tio), 0);
	assert_int_equal(tio.c_iflag & (IXON | IXOFF | IXANY), 0);
	assert_int_equal(tio.c_cflag & CRTSCTS, 0);
	t->ops->close(t);
}

static void modem_lines__are_set__in_one_call(void **state)
{
	struct transport *t = open_auto();
	unsigned lines;
	struct err err;

	(void)state;
	sim.trace[0] = '\0';
	assert_int_equal(t->ops->set_modem(t, BOTH, &err), ERR_OK);
	assert_int_equal(t->ops->set_modem(t, MODEM_RTS, &err), ERR_OK);
	assert_string_equal(sim.trace, "DR dR ");
	assert_int_equal(t->ops->get_modem(t, &lines, &err), ERR_OK);
	assert_int_equal(lines, MODEM_RTS | MODEM_CTS | MODEM_DCD);
	t->ops->close(t);
}

static void break__is_begun_and_ended__and_ends_with_the_port(void **state)
{
	struct transport *t = open_auto();
	struct err err;

	(void)state;
	assert_int_equal(t->ops->set_break(t, true, &err), ERR_OK);
	assert_true(sim.in_break);
	assert_int_equal(t->ops->set_break(t, false, &err), ERR_OK);
	assert_false(sim.in_break);
	assert_int_equal(t->ops->set_break(t, true, &err), ERR_OK);
	t->ops->close(t);
	assert_false(sim.in_break);
}

static void bytes__pass__unchanged_both_ways(void **state)
{
	struct transport *t = open_auto();
	struct pollfd p = {sim.fd, POLLIN, 0};
	uint8_t all[256], got[300];
	struct err err;
	size_t pending;

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	assert_int_equal(t->ops->read(t, got, sizeof(got), &err), ERR_AGAIN);
	assert_int_equal(write(sim.master, all, sizeof(all)), sizeof(all));
	assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
	assert_int_equal(t->ops->read(t, got, sizeof(got), &err), sizeof(all));
	assert_memory_equal(got, all, sizeof(all));
	assert_int_equal(t->ops->write(t, all, sizeof(all), &err), sizeof(all));
	p.fd = sim.master;
	assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
	assert_int_equal(read(sim.master, got, sizeof(got)), sizeof(all));
	assert_memory_equal(got, all, sizeof(all));
	assert_int_equal(t->ops->pending(t, &pending, &err), ERR_OK);
	assert_int_equal(write(sim.master, "old", 3), 3);
	p.fd = sim.fd;
	assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
	assert_int_equal(t->ops->purge(t, true, false, &err), ERR_OK);
	assert_int_equal(t->ops->read(t, got, sizeof(got), &err), ERR_AGAIN);
	t->ops->close(t);
}

static void unplugged__makes_every_call_say__gone(void **state)
{
	struct transport *t = open_auto();
	struct transport_line got;
	struct err err = {0};
	unsigned lines;
	char c;

	(void)state;
	close(sim.master);
	sim.master = -1;
	assert_int_equal(t->ops->read(t, &c, 1, &err), ERR_GONE);
	assert_non_null(strstr(err.text, "my port"));
	assert_int_equal(t->ops->read(t, &c, 1, &err), ERR_GONE);
	assert_int_equal(t->ops->write(t, "x", 1, &err), ERR_GONE);
	assert_int_equal(t->ops->set_line(t, &line_115200, &got, &err), ERR_GONE);
	assert_int_equal(t->ops->set_modem(t, 0, &err), ERR_GONE);
	assert_int_equal(t->ops->get_modem(t, &lines, &err), ERR_GONE);
	assert_int_equal(t->ops->set_break(t, true, &err), ERR_GONE);
	assert_int_equal(t->ops->purge(t, true, true, &err), ERR_GONE);
	t->ops->close(t);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(open__describes__the_adapter),
	    T(open__of_a_bridge__clears_both_lines_without_a_pulse),
	    cmocka_unit_test_setup_teardown(
		open__of_native_usb__asserts_both_lines, setup_native, teardown),
	    T(open__obeys__what_is_said_of_each_line),
	    T(open__with_rts_cts__lets_the_device_send),
	    T(open__sets__raw_mode_for_good),
	    T(open__asks__for_low_latency_where_there_is_such),
	    T(open__refuses__a_second_time),
	    T(open__does_not_touch__what_another_program_has),
	    T(open__calls_a_refusal_final__only_after_a_second),
	    T(open__refuses__what_no_line_can_have),
	    T(open__of_a_pty__is_not_for_the_library),
	    T(transport_open__chooses__by_what_the_system_lists),
	    T(set_line__sets__rate_and_format_and_moves_no_line),
	    T(set_line__changes__flow_control_both_ways),
	    T(modem_lines__are_set__in_one_call),
	    T(break__is_begun_and_ended__and_ends_with_the_port),
	    T(bytes__pass__unchanged_both_ways),
	    T(unplugged__makes_every_call_say__gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
