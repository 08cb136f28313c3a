/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A USB adapter in a folder; see adapter.h. The tree has the look that an adapter has under
 * /sys on Linux 6.1 (seen with `find` and `readlink`), as far as programs look at it. */
#define _GNU_SOURCE /* nftw */
#include "adapter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USB_ROOT "sys/devices/platform/shim-hcd/usb9"
#define BUS_PATH "platform-shim-hcd-usb-0"

struct maker {
	uint16_t vid;
	const char *driver, *maker, *product;
	bool acm, latency;
};

static const struct maker makers[] = {
    {0x0403, "ftdi_sio", "FTDI", "FT232R USB UART", false, true},
    {0x1A86, "ch341-uart", "1a86", "USB Serial", false, false},
    {0x10C4, "cp210x", "Silicon Labs", "CP2102 USB to UART Bridge Controller", false, false},
    {0x067B, "pl2303", "Prolific Technology Inc.", "USB-Serial Controller", false, false},
    {0x303A, "cdc_acm", "Espressif", "USB JTAG/serial debug unit", true, false},
    {0, "cdc_acm", "Nobody", "Serial", true, false},
};

static const struct maker *maker_of(const struct sim_adapter *a)
{
	uint16_t vid = a->opt->vid ? a->opt->vid : 0x0403;
	size_t i = 0;

	while (makers[i].vid && makers[i].vid != vid)
		i++;
	return &makers[i];
}

bool sim_adapter_has_latency(const struct sim_adapter *a)
{
	return maker_of(a)->latency;
}

/* --- files ------------------------------------------------------------------------------------ */

struct path {
	char text[PATH_MAX];
};

static struct path under(const struct sim_adapter *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static struct path under(const struct sim_adapter *a, const char *fmt, ...)
{
	struct path p;
	size_t n = (size_t)snprintf(p.text, sizeof(p.text), "%s/", a->dir);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p.text + n, sizeof(p.text) - n, fmt, ap);
	va_end(ap);
	return p;
}

/* All folders on the way; `file` leaves the last part out. */
static bool make_folders(const char *path, bool file)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n >= sizeof(part))
		return false;
	memcpy(part, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (part[i] != '/' && (part[i] != '\0' || file))
			continue;
		part[i] = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return false;
		part[i] = path[i];
	}
	return true;
}

static bool put(struct path p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool put(struct path p, const char *fmt, ...)
{
	FILE *f;
	va_list ap;
	bool ok;

	if (!make_folders(p.text, true) || !(f = fopen(p.text, "w")))
		return false;
	va_start(ap, fmt);
	ok = vfprintf(f, fmt, ap) >= 0;
	va_end(ap);
	return fclose(f) == 0 && ok;
}

static bool point(struct path p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool point(struct path p, const char *fmt, ...)
{
	char target[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(target, sizeof(target), fmt, ap);
	va_end(ap);
	if (!make_folders(p.text, true))
		return false;
	unlink(p.text);
	return symlink(target, p.text) == 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	remove(path);
	return 0;
}

static void remove_tree(struct path p)
{
	nftw(p.text, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool exists(struct path p)
{
	struct stat st;

	return lstat(p.text, &st) == 0;
}

/* --- names ------------------------------------------------------------------------------------ */

/* Whether a living process has a device of that name open, as the shim noted it. */
static bool still_open(const struct sim_adapter *a, const char *name)
{
	DIR *dir = opendir(under(a, "open").text);
	const struct dirent *e;
	size_t n = strlen(name);
	bool open = false;

	while (dir && (e = readdir(dir)) != NULL) {
		long pid;

		if (strncmp(e->d_name, name, n) != 0 || e->d_name[n] != '.')
			continue;
		pid = strtol(e->d_name + n + 1, NULL, 10);
		if (pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM))
			open = true;
		else
			unlink(under(a, "open/%s", e->d_name).text);
	}
	if (dir)
		closedir(dir);
	return open;
}

static void choose_name(struct sim_adapter *a)
{
	for (unsigned i = 0; i < 256; i++) {
		snprintf(a->name, sizeof(a->name), "tty%s%u", maker_of(a)->acm ? "ACM" : "USB", i);
		if (!exists(under(a, "dev/%s", a->name)) && !still_open(a, a->name))
			return;
	}
}

/* As udev makes names of texts: what is no sound character becomes "_". */
static void udev_name(char *dst, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++)
		dst[n++] = *text == ' ' || *text == '/' ? '_' : *text;
	dst[n] = '\0';
}

static struct path by_id(const struct sim_adapter *a)
{
	const struct maker *m = maker_of(a);
	char text[256], name[256];

	snprintf(text, sizeof(text), "usb-%s_%s%s%s-if00%s", m->maker,
	    a->opt->product[0] ? a->opt->product : m->product, a->opt->serial[0] ? "_" : "",
	    a->opt->serial, m->acm ? "" : "-port0");
	udev_name(name, sizeof(name), text);
	return under(a, "dev/serial/by-id/%s", name);
}

static struct path by_path(const struct sim_adapter *a)
{
	return under(a, "dev/serial/by-path/" BUS_PATH ":%u:1.0%s", a->usb_port,
	    maker_of(a)->acm ? "" : "-port0");
}

/* --- the tree --------------------------------------------------------------------------------- */

static bool make_device(const struct sim_adapter *a)
{
	const struct maker *m = maker_of(a);
	struct path d = under(a, USB_ROOT "/9-%u", a->usb_port);
	struct sim_adapter at = {.opt = a->opt};

	if (strlen(d.text) >= sizeof(at.dir)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(at.dir, d.text);
	return put(under(&at, "idVendor"), "%04x\n", a->opt->vid ? a->opt->vid : 0x0403) &&
	       put(under(&at, "idProduct"), "%04x\n", a->opt->vid ? a->opt->pid : 0x6001) &&
	       put(under(&at, "busnum"), "9\n") && put(under(&at, "bNumInterfaces"), " 1\n") &&
	       put(under(&at, "devnum"), "%u\n", a->usb_port + 1) &&
	       put(under(&at, "manufacturer"), "%s\n", m->maker) &&
	       put(under(&at, "product"), "%s\n",
		   a->opt->product[0] ? a->opt->product : m->product) &&
	       (!a->opt->serial[0] || put(under(&at, "serial"), "%s\n", a->opt->serial)) &&
	       point(under(&at, "subsystem"), "../../../../../bus/usb") &&
	       point(under(a, "sys/bus/usb/devices/9-%u", a->usb_port),
		   "../../../devices/platform/shim-hcd/usb9/9-%u", a->usb_port);
}

/* A bridge's port is a device of its own, 9-1:1.0/ttyUSB0; CDC has its tty right below 9-1:1.0. */
static bool make_port(const struct sim_adapter *a)
{
	const struct maker *m = maker_of(a);
	unsigned k = a->usb_port;
	const char *name = a->name;

	if (m->acm)
		return true;
	return point(under(a, "sys/bus/usb-serial/devices/%s", name),
		   "../../../devices/platform/shim-hcd/usb9/9-%u/9-%u:1.0/%s", k, k, name) &&
	       point(under(a, USB_ROOT "/9-%u/9-%u:1.0/%s/driver", k, k, name),
		   "../../../../../../../bus/usb-serial/drivers/%s", m->driver) &&
	       point(under(a, USB_ROOT "/9-%u/9-%u:1.0/%s/subsystem", k, k, name),
		   "../../../../../../../bus/usb-serial") &&
	       (!m->latency ||
		   put(under(a, USB_ROOT "/9-%u/9-%u:1.0/%s/latency_timer", k, k, name), "16\n"));
}

static bool make_tty(const struct sim_adapter *a)
{
	bool acm = maker_of(a)->acm;
	unsigned k = a->usb_port, minor = (unsigned)strtoul(a->name + 6, NULL, 10);
	const char *name = a->name;
	char where[160];

	snprintf(where, sizeof(where), "9-%u/9-%u:1.0/%s%stty/%s", k, k, acm ? "" : name,
	    acm ? "" : "/", name);
	return put(under(a, USB_ROOT "/%s/dev", where), "%u:%u\n", acm ? 166 : 188, minor) &&
	       put(under(a, USB_ROOT "/%s/uevent", where), "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\n",
		   acm ? 166 : 188, minor, name) &&
	       (acm ? point(under(a, USB_ROOT "/%s/device", where), "../../../9-%u:1.0", k)
		    : point(under(a, USB_ROOT "/%s/device", where), "../../../%s", name)) &&
	       point(under(a, USB_ROOT "/%s/subsystem", where),
		   "../../../../../../../../%sclass/tty", acm ? "" : "../") &&
	       point(under(a, "sys/class/tty/%s", name), "../../devices/platform/shim-hcd/usb9/%s",
		   where);
}

static bool make_interface(const struct sim_adapter *a)
{
	unsigned k = a->usb_port;

	return put(under(a, USB_ROOT "/9-%u/9-%u:1.0/bInterfaceNumber", k, k), "00\n") &&
	       point(under(a, USB_ROOT "/9-%u/9-%u:1.0/driver", k, k),
		   "../../../../../../bus/usb/drivers/%s", maker_of(a)->driver) &&
	       point(under(a, USB_ROOT "/9-%u/9-%u:1.0/subsystem", k, k),
		   "../../../../../../bus/usb");
}

static bool make_drivers(const struct sim_adapter *a)
{
	const struct maker *m = maker_of(a);

	return make_folders(under(a, "sys/bus/usb/drivers/%s", m->driver).text, false) &&
	       make_folders(under(a, "sys/bus/usb-serial/drivers/%s", m->driver).text, false) &&
	       make_folders(under(a, "sys/class/tty").text, false) &&
	       make_folders(under(a, "adapters").text, false) &&
	       make_folders(under(a, "open").text, false) &&
	       make_folders(under(a, "dev").text, false);
}

/* The mode is the shim's only word on who may open it, whatever our umask. */
static bool make_node(const struct sim_adapter *a, bool settling)
{
	struct path node = under(a, "dev/%s", a->name);
	int fd = open(node.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	close(fd);
	return settling || chmod(node.text, 0660) == 0;
}

bool sim_adapter_open(
    struct sim_adapter *a, const struct sim_adapter_options *opt, const char *control)
{
	char real[PATH_MAX];

	memset(a, 0, sizeof(*a));
	a->opt = opt;
	if (!make_folders(opt->dir, false) || !realpath(opt->dir, real))
		return false;
	if (strlen(real) >= sizeof(a->dir)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(a->dir, real);
	if (control && realpath(control, real))
		snprintf(a->control, sizeof(a->control), "%.1000s", real);
	for (a->usb_port = 1; exists(under(a, "places/%u", a->usb_port)); a->usb_port++)
		;
	return make_drivers(a) && put(under(a, "places/%u", a->usb_port), "%ld\n", (long)getpid());
}

bool sim_adapter_plug(struct sim_adapter *a, const char *name, const char *pty, bool settling)
{
	if (a->name[0])
		return true;
	if (name)
		snprintf(a->name, sizeof(a->name), "%s", name);
	else
		choose_name(a);
	/* sysfs first, then the node, then udev's links. */
	if (make_device(a) && make_interface(a) && make_port(a) && make_tty(a) &&
	    put(under(a, "adapters/%s", a->name), "pty=%s\ncontrol=%s\ndriver=%s\n", pty,
		a->control, maker_of(a)->driver) &&
	    make_node(a, settling) && point(by_path(a), "../../%s", a->name) &&
	    point(by_id(a), "../../%s", a->name))
		return true;
	sim_adapter_unplug(a);
	return false;
}

void sim_adapter_settled(struct sim_adapter *a)
{
	if (a->name[0])
		chmod(under(a, "dev/%s", a->name).text, 0660);
}

/* Gone is what was there: folders of udev's links too, when they are empty. */
void sim_adapter_unplug(struct sim_adapter *a)
{
	int saved = errno;

	if (!a->name[0])
		return;
	unlink(under(a, "dev/%s", a->name).text);
	unlink(by_id(a).text);
	unlink(by_path(a).text);
	rmdir(under(a, "dev/serial/by-id").text);
	rmdir(under(a, "dev/serial/by-path").text);
	rmdir(under(a, "dev/serial").text);
	unlink(under(a, "adapters/%s", a->name).text);
	unlink(under(a, "sys/class/tty/%s", a->name).text);
	unlink(under(a, "sys/bus/usb-serial/devices/%s", a->name).text);
	unlink(under(a, "sys/bus/usb/devices/9-%u", a->usb_port).text);
	remove_tree(under(a, USB_ROOT "/9-%u", a->usb_port));
	a->name[0] = '\0';
	errno = saved;
}

void sim_adapter_close(struct sim_adapter *a)
{
	sim_adapter_unplug(a);
	if (a->usb_port)
		unlink(under(a, "places/%u", a->usb_port).text);
	a->usb_port = 0;
}
