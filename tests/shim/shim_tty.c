/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The port behind a node: its pseudo-terminal for bytes and rate, and for all else the control
 * socket of the virtual device. Before each request the device takes in what was written before
 * it ("sync"), so that requests and data keep their order; see shim.h.
 */
#define _GNU_SOURCE /* TIOC, CMSPAR */
#include "shim.h"

#include <asm/termbits.h> /* TCGETS2 and struct termios2: no <termios.h> here */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <linux/tty_flags.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FDS	    1024
#define PATIENCE_MS 5000
/* What a pseudo-terminal does not keep. */
#define FRAME (CSIZE | PARENB)

struct port {
	bool used;
	struct shim_adapter a;
	dev_t rdev; /* of the pseudo-terminal */
	tcflag_t frame;
	bool has_frame;
	int flags; /* ASYNC_ */
};

static struct port ports[FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* --- the control socket ------------------------------------------------------------------------ */

static int real_close(int fd)
{
	NEXT(int, "close", int);
	return next(fd);
}

static bool exchange(int fd, const char *line, char *answer, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char text[256];
	size_t n = 0;
	int len = snprintf(text, sizeof(text), "%s\n", line);

	if (send(fd, text, (size_t)len, MSG_NOSIGNAL) != len)
		return false;
	while (n + 1 < size) {
		ssize_t got;

		if (poll(&p, 1, PATIENCE_MS) <= 0)
			return false;
		got = recv(fd, answer + n, size - 1 - n, 0);
		if (got <= 0)
			return false;
		n += (size_t)got;
		if (answer[n - 1] == '\n')
			break;
	}
	answer[n] = '\0';
	return strncmp(answer, "ok", 2) == 0;
}

/* A connection for each request: nothing is kept that fork, exec or a closing of all descriptors
 * could break. */
static bool ask(const struct port *p, const char *line, char *answer, size_t size)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int saved = errno, fd;
	bool ok;

	if (!p->a.control[0] || strlen(p->a.control) >= sizeof(a.sun_path))
		return false;
	strcpy(a.sun_path, p->a.control);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	ok = connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 &&
	     exchange(fd, line, answer, size);
	real_close(fd);
	errno = saved;
	return ok;
}

static bool tell(const struct port *p, const char *line)
{
	char answer[256];

	return ask(p, line, answer, sizeof(answer));
}

/* --- opening and closing ----------------------------------------------------------------------- */

static int real_ioctl(int fd, unsigned long request, void *arg)
{
	NEXT(int, "ioctl", int, unsigned long, ...);
	return next(fd, request, arg);
}

static int real_fstat(int fd, struct stat *st)
{
	NEXT(int, "fstat", int, struct stat *);
	return next(fd, st);
}

/* What this number, or a copy of it, is; NULL: no port of ours. */
static struct port *port_of(int fd)
{
	struct stat st;
	int saved = errno;

	if (!shim_dir() || fd < 0 || real_fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode)) {
		errno = saved;
		return NULL;
	}
	if (fd < FDS && ports[fd].used && ports[fd].rdev == st.st_rdev)
		return &ports[fd];
	for (size_t i = 0; i < FDS; i++)
		if (ports[i].used && ports[i].rdev == st.st_rdev)
			return &ports[i];
	return NULL;
}

bool shim_opened_as(dev_t rdev, char name[32])
{
	for (size_t i = 0; i < FDS; i++) {
		if (ports[i].used && ports[i].rdev == rdev) {
			strcpy(name, ports[i].a.name);
			return true;
		}
	}
	return false;
}

static void marker_of(const struct port *p, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/open/%s.%ld.%d", shim_dir(), p->a.name, (long)getpid(),
	    (int)(p - ports));
}

/* The device gives a name out again only when nobody has it open any more. A marker with
 * something in it says that its owner has forbidden others (TIOCEXCL): the pseudo-terminal would
 * keep that beyond the last close, and let root in. */
static void mark(const struct port *p, bool open)
{
	char path[PATH_MAX];
	int saved = errno, file;

	marker_of(p, path);
	if (!open) {
		unlink(path);
	} else {
		file = shim_real_open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (file >= 0)
			real_close(file);
	}
	errno = saved;
}

static int set_exclusive(const struct port *p, bool on)
{
	char path[PATH_MAX];
	int file, rc;

	marker_of(p, path);
	file = shim_real_open(path, O_WRONLY | O_TRUNC | O_CLOEXEC, 0);
	if (file < 0)
		return -1;
	rc = on && write(file, "x", 1) != 1 ? -1 : 0;
	real_close(file);
	return rc;
}

static bool is_exclusive(const char *name)
{
	char path[PATH_MAX];
	size_t n = strlen(name);
	const struct dirent *e;
	bool found = false;
	struct stat st;
	DIR *d;

	snprintf(path, sizeof(path), "%s/open", shim_dir());
	d = opendir(path);
	while (d && !found && (e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, name, n) != 0 || e->d_name[n] != '.')
			continue;
		snprintf(path, sizeof(path), "%s/open/%s", shim_dir(), e->d_name);
		found =
		    shim_real_stat(path, &st) == 0 && st.st_size > 0 &&
		    (kill((pid_t)strtol(e->d_name + n + 1, NULL, 10), 0) == 0 || errno == EPERM);
	}
	if (d)
		closedir(d);
	return found;
}

static int remember(int fd, const struct shim_adapter *a)
{
	struct stat st;

	if (fd >= FDS || real_fstat(fd, &st) < 0) {
		real_close(fd);
		errno = EMFILE;
		return -1;
	}
	pthread_mutex_lock(&lock);
	memset(&ports[fd], 0, sizeof(ports[fd]));
	ports[fd].a = *a;
	ports[fd].rdev = st.st_rdev;
	ports[fd].used = true;
	pthread_mutex_unlock(&lock);
	mark(&ports[fd], true);
	tell(&ports[fd], "opened");
	return fd;
}

int shim_open_node(const char *name, int flags)
{
	struct shim_adapter a;
	int fd;

	if (!shim_permits(name)) {
		errno = EACCES;
		return -1;
	}
	if (!shim_adapter_read(name, &a)) {
		errno = ENODEV;
		return -1;
	}
	if (is_exclusive(name)) {
		errno = EBUSY;
		return -1;
	}
	fd = shim_real_open(a.pty, flags & ~(O_CREAT | O_TRUNC | O_EXCL), 0);
	if (fd < 0) {
		if (errno == ENOENT || errno == EIO)
			errno = ENODEV;
		return -1;
	}
	return remember(fd, &a);
}

int shim_forget(int fd)
{
	if (fd >= 0 && fd < FDS && ports[fd].used) {
		mark(&ports[fd], false);
		ports[fd].used = false;
	}
	return fd;
}

SHIM_SHOWN int close(int fd)
{
	struct port was = {.used = false};
	int rc;

	if (fd >= 0 && fd < FDS && ports[fd].used) {
		was = ports[fd];
		shim_forget(fd);
	}
	rc = real_close(fd);
	if (was.used)
		tell(&was, "sync"); /* it sees who is still there, and drops the lines */
	return rc;
}

__attribute__((destructor)) static void leave(void)
{
	for (int fd = 0; fd < FDS; fd++)
		shim_forget(fd);
}

/* --- requests ----------------------------------------------------------------------------------- */

static int fail(int code)
{
	errno = code;
	return -1;
}

/* An adapter that was pulled answers every request so. */
static bool is_gone(int fd)
{
	struct termios t;
	int saved = errno;
	bool gone = real_ioctl(fd, TCGETS, &t) < 0;

	errno = saved;
	return gone;
}

static int done(bool ok)
{
	return ok ? 0 : fail(EIO);
}

static int get_lines(const struct port *p, int *bits)
{
	static const struct {
		const char *word;
		int bit;
	} names[] = {{"dtr=1", TIOCM_DTR}, {"rts=1", TIOCM_RTS}, {"cts=1", TIOCM_CTS},
	    {"dsr=1", TIOCM_DSR}, {"ri=1", TIOCM_RI}, {"dcd=1", TIOCM_CD}};
	char answer[256];

	if (!ask(p, "lines", answer, sizeof(answer)))
		return fail(EIO);
	*bits = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strstr(answer, names[i].word))
			*bits |= names[i].bit;
	return 0;
}

static int set_lines(const struct port *p, unsigned long request, int bits)
{
	char line[64] = "lines";
	bool all = request == TIOCMSET, on = request == TIOCMBIS;

	if (all)
		snprintf(line, sizeof(line), "lines dtr=%d rts=%d", !!(bits & TIOCM_DTR),
		    !!(bits & TIOCM_RTS));
	else
		snprintf(line, sizeof(line), "lines%s%s",
		    bits & TIOCM_DTR ? on ? " dtr=1" : " dtr=0" : "",
		    bits & TIOCM_RTS ? on ? " rts=1" : " rts=0" : "");
	return done(tell(p, line));
}

static void nap(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static int backlog(const struct port *p)
{
	char answer[64];
	int n = 0;

	if (ask(p, "backlog", answer, sizeof(answer)))
		sscanf(answer, "ok %d", &n);
	return n;
}

static int drain(int fd, const struct port *p)
{
	while (backlog(p) > 0) {
		if (is_gone(fd))
			return fail(EIO);
		nap(1);
	}
	return 0;
}

static int pulse_break(const struct port *p, long ms)
{
	bool ok = tell(p, "break on");

	nap(ms > 0 ? ms : 250);
	return done(tell(p, "break off") && ok);
}

static int purge(int fd, const struct port *p, int queue)
{
	static const char *const words[] = {"purge rx", "purge tx", "purge both"};

	if (queue < TCIFLUSH || queue > TCIOFLUSH)
		return fail(EINVAL);
	tell(p, words[queue]);
	return real_ioctl(fd, TCFLSH, (void *)(intptr_t)queue);
}

static int get_serial(const struct port *p, struct serial_struct *s)
{
	memset(s, 0, sizeof(*s));
	s->line = (int)strtoul(p->a.name + 6, NULL, 10);
	s->baud_base = 24000000;
	s->flags = p->flags;
	return 0;
}

/* Only FTDI's driver has something to set (ftdi_sio.c, set_serial_info). */
static int set_serial(struct port *p, const struct serial_struct *s)
{
	bool was = p->flags & ASYNC_LOW_LATENCY, wants = s->flags & ASYNC_LOW_LATENCY;

	if (strcmp(p->a.driver, "ftdi_sio") != 0)
		return fail(ENOTTY);
	p->flags = s->flags;
	if (was == wants)
		return 0;
	return done(tell(p, wants ? "latency 1" : "latency 16"));
}

/* --- settings ------------------------------------------------------------------------------------ */

static void say_format(const struct port *p, tcflag_t cflag)
{
	static const int bits[] = {5, 6, 7, 8};
	char line[40], parity;

	if (!(cflag & PARENB))
		parity = 'N';
	else if (cflag & CMSPAR)
		parity = cflag & PARODD ? 'M' : 'S';
	else
		parity = cflag & PARODD ? 'O' : 'E';
	snprintf(line, sizeof(line), "format %d%c%d%s", bits[(cflag & CSIZE) / CS6], parity,
	    cflag & CSTOPB ? 2 : 1, cflag & CRTSCTS ? " rtscts" : "");
	tell(p, line);
}

/* Before: what was written goes out by the old settings. The pseudo-terminal gets 8 bits. */
static void before_set(int fd, struct port *p, unsigned wait, tcflag_t *cflag)
{
	tcflag_t shape = *cflag & (FRAME | PARODD | CMSPAR | CSTOPB | CRTSCTS);

	if (wait)
		drain(fd, p);
	tell(p, "sync");
	if (!p->has_frame || p->frame != shape)
		say_format(p, shape);
	p->frame = shape;
	p->has_frame = true;
	*cflag = (*cflag & ~(tcflag_t)FRAME) | CS8;
	if (wait == 2)
		purge(fd, p, TCIFLUSH);
}

static void show_frame(const struct port *p, tcflag_t *cflag)
{
	if (p->has_frame)
		*cflag = (*cflag & ~(tcflag_t)FRAME) | (p->frame & FRAME);
}

static int set_termios(int fd, struct port *p, unsigned long request, const struct termios *t)
{
	struct termios copy = *t;
	int rc;

	before_set(fd, p, (unsigned)(request - TCSETS), &copy.c_cflag);
	rc = real_ioctl(fd, TCSETS, &copy);
	tell(p, "sync");
	return rc;
}

static int set_termios2(int fd, struct port *p, unsigned long request, const struct termios2 *t)
{
	struct termios2 copy = *t;
	int rc;

	before_set(fd, p, request == TCSETS2 ? 0 : request == TCSETSW2 ? 1 : 2, &copy.c_cflag);
	rc = real_ioctl(fd, TCSETS2, &copy);
	tell(p, "sync");
	return rc;
}

static int get_termios(int fd, const struct port *p, unsigned long request, void *arg)
{
	int rc = real_ioctl(fd, request, arg);

	if (rc == 0 && request == TCGETS)
		show_frame(p, &((struct termios *)arg)->c_cflag);
	else if (rc == 0)
		show_frame(p, &((struct termios2 *)arg)->c_cflag);
	return rc;
}

/* --- the call ------------------------------------------------------------------------------------ */

static int settings(int fd, struct port *p, unsigned long request, void *arg)
{
	switch (request) {
	case TCGETS:
	case TCGETS2:
		return get_termios(fd, p, request, arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(fd, p, request, arg);
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return set_termios2(fd, p, request, arg);
	case TIOCEXCL:
	case TIOCNXCL:
		return set_exclusive(p, request == TIOCEXCL);
	case TIOCGEXCL:
		*(int *)arg = is_exclusive(p->a.name);
		return 0;
	case TIOCGSERIAL:
		return get_serial(p, arg);
	case TIOCSSERIAL:
		return set_serial(p, arg);
	default:
		return real_ioctl(fd, request, arg);
	}
}

static int port_ioctl(int fd, struct port *p, unsigned long request, void *arg)
{
	int rc;

	if (is_gone(fd))
		return fail(EIO);
	switch (request) {
	case TIOCMGET:
		return get_lines(p, arg);
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		return set_lines(p, request, *(const int *)arg);
	case TIOCSBRK:
	case TIOCCBRK:
		return done(tell(p, request == TIOCSBRK ? "break on" : "break off"));
	case TCSBRK:
		return arg ? drain(fd, p) : pulse_break(p, 250);
	case TCSBRKP:
		return pulse_break(p, (long)(intptr_t)arg * 100);
	case TCFLSH:
		return purge(fd, p, (int)(intptr_t)arg);
	case TIOCOUTQ:
		rc = real_ioctl(fd, request, arg);
		if (rc == 0)
			*(int *)arg += backlog(p);
		return rc;
	case TIOCMIWAIT:
	case TIOCGICOUNT:
		return fail(ENOTTY);
	default:
		return settings(fd, p, request, arg);
	}
}

SHIM_SHOWN int ioctl(int fd, unsigned long request, ...)
{
	struct port *p = port_of(fd);
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return p ? port_ioctl(fd, p, request, arg) : real_ioctl(fd, request, arg);
}

/* libc's struct termios is another than the kernel's; its c_cflag is the same. */
struct libc_termios {
	tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
	cc_t c_line, c_cc[32];
	speed_t c_ispeed, c_ospeed;
};

int tcgetattr(int fd, struct libc_termios *t);
int tcsetattr(int fd, int when, const struct libc_termios *t);
int tcflush(int fd, int queue);
int tcdrain(int fd);
int tcsendbreak(int fd, int duration);

SHIM_SHOWN int tcgetattr(int fd, struct libc_termios *t)
{
	struct port *p = port_of(fd);
	int rc;

	NEXT(int, "tcgetattr", int, struct libc_termios *);
	rc = next(fd, t);
	if (rc == 0 && p)
		show_frame(p, &t->c_cflag);
	return rc;
}

SHIM_SHOWN int tcsetattr(int fd, int when, const struct libc_termios *t)
{
	struct port *p = port_of(fd);
	struct libc_termios copy;
	int rc;

	NEXT(int, "tcsetattr", int, int, const struct libc_termios *);
	if (!p || is_gone(fd) || when < 0 || when > 2)
		return next(fd, when, t);
	copy = *t;
	before_set(fd, p, (unsigned)when, &copy.c_cflag);
	rc = next(fd, 0, &copy);
	tell(p, "sync");
	return rc;
}

SHIM_SHOWN int tcflush(int fd, int queue)
{
	return ioctl(fd, TCFLSH, (void *)(intptr_t)queue);
}

SHIM_SHOWN int tcdrain(int fd)
{
	NEXT(int, "tcdrain", int);
	return port_of(fd) ? ioctl(fd, TCSBRK, (void *)(intptr_t)1) : next(fd);
}

SHIM_SHOWN int tcsendbreak(int fd, int duration)
{
	NEXT(int, "tcsendbreak", int, int);
	return port_of(fd) ? ioctl(fd, TCSBRKP, (void *)(intptr_t)(duration / 100))
			   : next(fd, duration);
}
