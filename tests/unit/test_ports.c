/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ports below roots of the test's own: a tree that looks like Linux's /dev, /sys and /proc. */
#define _XOPEN_SOURCE 700 /* mkdtemp, nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tasmite/base/platform.h"
#include "../../src/io/ports_int.h"

#define USB "sys/devices/pci0000:00/usb1"

struct fixture {
	char root[64];
	char dev[80], sys[80], proc[80];
	struct ports_roots r;
	struct port_info list[PORTS_MAX];
	struct err err;
};

static const char *in(const struct fixture *f, const char *name)
{
	static char path[8][320];
	static int next;

	next = (next + 1) % 8; /* enough for one call's arguments */
	snprintf(path[next], sizeof(path[next]), "%s/%s", f->root, name);
	return path[next];
}

/* With its folders; text NULL: a folder. */
static void make(const struct fixture *f, const char *name, const char *text)
{
	char path[320];
	FILE *out;

	snprintf(path, sizeof(path), "%s", in(f, name));
	for (char *p = path + strlen(f->root) + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	if (!text) {
		mkdir(path, 0700);
		return;
	}
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void make_link(const struct fixture *f, const char *name, const char *to)
{
	make(f, name, "");
	unlink(in(f, name));
	assert_int_equal(symlink(to, in(f, name)), 0);
}

struct adapter {
	const char *name, *place, *driver;
	const char *vid, *pid, *product, *serial, *interface, *by_id;
	int number; /* of the interface */
};

static void attribute(
    const struct fixture *f, const char *folder, const char *name, const char *text)
{
	char path[256], line[200];

	if (!text)
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(line, sizeof(line), "%s\n", text);
	make(f, path, line);
}

/* A USB serial adapter as the usb-serial drivers show it. */
static void plug(const struct fixture *f, const struct adapter *a)
{
	char device[160], part[200], port[256], text[600];

	snprintf(device, sizeof(device), USB "/%s", a->place);
	snprintf(part, sizeof(part), "%s/%s:1.%d", device, a->place, a->number);
	snprintf(port, sizeof(port), "%s/%s", part, a->name);
	attribute(f, device, "idVendor", a->vid);
	attribute(f, device, "idProduct", a->pid);
	attribute(f, device, "busnum", "1");
	attribute(f, device, "devnum", "17");
	attribute(f, device, "manufacturer", "Maker");
	attribute(f, device, "product", a->product);
	attribute(f, device, "serial", a->serial);
	attribute(f, part, "bInterfaceNumber", "00");
	attribute(f, part, "interface", a->interface);
	snprintf(text, sizeof(text), "%s/tty/%s/dev", port, a->name);
	make(f, text, "188:0\n");
	snprintf(text, sizeof(text), "%s/tty/%s/device", port, a->name);
	make_link(f, text, "../..");
	snprintf(text, sizeof(text), "%s/driver", port);
	make_link(f, text, a->driver);
	snprintf(port, sizeof(port), "sys/class/tty/%s", a->name);
	snprintf(text, sizeof(text), "../../devices/pci0000:00/usb1/%s/%s:1.%d/%s/tty/%s", a->place,
	    a->place, a->number, a->name, a->name);
	make_link(f, port, text);
	snprintf(port, sizeof(port), "dev/%s", a->name);
	make(f, port, "");
	if (a->by_id) {
		snprintf(port, sizeof(port), "dev/serial/by-id/%s", a->by_id);
		snprintf(text, sizeof(text), "../../%s", a->name);
		make_link(f, port, text);
	}
}

static const struct adapter ftdi = {"ttyUSB0", "1-4", "../drivers/ftdi_sio", "0403", "6001",
    "FT232R USB UART", "A50285BI", "FT232R USB UART",
    "usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0", 0};
static const struct adapter ch340 = {"ttyUSB1", "1-3", "../drivers/ch341-uart", "1a86", "7523",
    "USB Serial", NULL, NULL, "usb-1a86_USB_Serial-if00-port0", 0};
static const struct adapter cp2102_a = {"ttyUSB2", "1-2.1", "../drivers/cp210x", "10c4", "ea60",
    "CP2102", "0001", NULL, "usb-Silicon_Labs_CP2102_0001-if00-port0", 0};
static const struct adapter cp2102_b = {
    "ttyUSB10", "1-2.2", "../drivers/cp210x", "10c4", "ea60", "CP2102", "0001", NULL, NULL, 0};
static const struct adapter dual_a = {"ttyUSB3", "1-5", "../drivers/cp210x", "10c4", "ea70",
    "CP2105 Dual", "00A1", "Enhanced Com Port", "usb-CP2105_00A1-if00-port0", 0};
static const struct adapter dual_b = {"ttyUSB4", "1-5", "../drivers/cp210x", "10c4", "ea70",
    "CP2105 Dual", "00A1", "Standard Com Port", "usb-CP2105_00A1-if01-port0", 1};

/* ttyS0 as Linux 6.5 and later shows it, and a terminal of the kernel, which is no port. */
static void plug_builtin(const struct fixture *f)
{
	const char *port = "sys/devices/pnp0/00:00/00:00:0/00:00:0.0";
	char path[256];

	make(f, "sys/devices/pnp0/00:00/resources", "");
	make_link(f, "sys/devices/pnp0/00:00/driver", "../../../bus/pnp/drivers/serial");
	make_link(f, "sys/devices/pnp0/00:00/subsystem", "../../../bus/pnp");
	make_link(f, "sys/devices/pnp0/00:00/00:00:0/subsystem", "../../../../bus/serial-base");
	snprintf(path, sizeof(path), "%s/subsystem", port);
	make_link(f, path, "../../../../../bus/serial-base");
	snprintf(path, sizeof(path), "%s/driver", port);
	make_link(f, path, "../../../../../bus/serial-base/drivers/port");
	snprintf(path, sizeof(path), "%s/tty/ttyS0/device", port);
	make_link(f, path, "../..");
	make_link(f, "sys/class/tty/ttyS0", "../../devices/pnp0/00:00/00:00:0/00:00:0.0/tty/ttyS0");
	make(f, "dev/ttyS0", "");
	make(f, "sys/devices/virtual/tty/tty1/dev", "4:1\n");
	make_link(f, "sys/class/tty/tty1", "../../devices/virtual/tty/tty1");
	make(f, "dev/tty1", "");
}

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	strcpy(f.root, "/tmp/tasmite-ports.XXXXXX");
	assert_non_null(mkdtemp(f.root));
	snprintf(f.dev, sizeof(f.dev), "%s/dev", f.root);
	snprintf(f.sys, sizeof(f.sys), "%s/sys", f.root);
	snprintf(f.proc, sizeof(f.proc), "%s/proc", f.root);
	make(&f, "dev/pts", NULL);
	make(&f, "sys/class/tty", NULL);
	make(&f, "proc", NULL);
	f.r = (struct ports_roots){f.dev, f.sys, f.proc, false};
	*state = &f;
	return 0;
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
	struct fixture *f = *state;

	return nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- list ------------------------------------------------------------------------------------ */

static void list__tells__all_of_an_adapter(void **state)
{
	struct fixture *f = *state;
	const struct port_info *p = &f->list[0];

	plug(f, &ftdi);
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 1);
	assert_string_equal(p->name, "ttyUSB0");
	assert_string_equal(p->path, in(f, "dev/ttyUSB0"));
	assert_string_equal(p->about, "FT232R USB UART");
	assert_string_equal(p->by_id, "usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0");
	assert_string_equal(p->driver, "ftdi_sio");
	assert_string_equal(p->maker, "Maker");
	assert_string_equal(p->product, "FT232R USB UART");
	assert_string_equal(p->serial, "A50285BI");
	assert_string_equal(p->usb_path, "1-4:1.0");
	assert_true(p->usb);
	assert_true(p->readable);
	assert_int_equal(p->vid, 0x0403);
	assert_int_equal(p->pid, 0x6001);
	assert_int_equal(p->usb_bus, 1);
	assert_int_equal(p->usb_address, 17);
	assert_int_equal(p->holder, 0);
}

static void list__sorts__usb_first_then_by_number(void **state)
{
	static const char *const want[] = {"ttyUSB0", "ttyUSB1", "ttyUSB2", "ttyUSB10", "ttyS0"};
	struct fixture *f = *state;
	size_t n;

	plug_builtin(f);
	plug(f, &cp2102_b);
	plug(f, &cp2102_a);
	plug(f, &ch340);
	plug(f, &ftdi);
	n = ports_list_at(&f->r, f->list, PORTS_MAX);
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(f->list[i].name, want[i]);
	assert_string_equal(f->list[4].about, "built-in serial port");
	assert_string_equal(f->list[4].driver, "serial");
	assert_false(f->list[4].usb);
	/* With room for two the adapters are in it. */
	assert_int_equal(ports_list_at(&f->r, f->list, 2), 2);
	assert_string_equal(f->list[1].name, "ttyUSB1");
}

static void list__names__the_two_ports_of_one_adapter(void **state)
{
	struct fixture *f = *state;

	plug(f, &dual_a);
	plug(f, &dual_b);
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 2);
	assert_string_equal(f->list[0].about, "CP2105 Dual, Enhanced Com Port");
	assert_string_equal(f->list[1].about, "CP2105 Dual, Standard Com Port");
	assert_string_equal(f->list[1].usb_path, "1-5:1.1");
}

static void list__disarms__what_an_adapter_says(void **state)
{
	struct fixture *f = *state;
	struct adapter bad = ftdi;

	bad.product = "\x1b]0;title\x07 \xff\xc3\xa4\x9b";
	bad.serial = "";
	plug(f, &bad);
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 1);
	assert_string_equal(f->list[0].product, "]0;title ?\xc3\xa4?");
	assert_string_equal(f->list[0].serial, "");
}

static void list__is_empty__without_sysfs(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 0);
	f->r.sys = "/nonexistent";
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 0);
}

static void list__of_this_machine__has_no_pseudo_terminals(void **state)
{
	struct fixture *f = *state;
	size_t n = ports_list(f->list, PORTS_MAX);

	for (size_t i = 0; i < n; i++) {
		assert_null(strstr(f->list[i].path, "/pts/"));
		assert_int_equal(strncmp(f->list[i].path, "/dev/", 5), 0);
	}
}

static void describe__follows__links_and_refuses_other_things(void **state)
{
	struct fixture *f = *state;
	struct port_info info;

	plug(f, &ftdi);
	make(f, "dev/pts/3", "");
	assert_true(ports_describe_at(
	    &f->r, in(f, "dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"), &info));
	assert_string_equal(info.name, "ttyUSB0");
	assert_string_equal(info.serial, "A50285BI");
	assert_false(ports_describe_at(&f->r, in(f, "dev/pts/3"), &info));
	assert_false(ports_describe_at(&f->r, in(f, "dev/ttyUSB7"), &info));
	assert_false(ports_describe_at(&f->r, in(f, "dev"), &info));
	assert_false(ports_describe_at(&f->r, f->root, &info));
	assert_false(ports_describe_at(&f->r, "", &info));
}

static void permission__is_told__with_its_remedy(void **state)
{
	struct fixture *f = *state;
	struct port_info info = {.name = "ttyUSB0"};
	bool root = geteuid() == 0;
	char text[200];

	strcpy(info.path, "/dev/ttyUSB0");
	strcpy(info.group, "dialout-of-test");
	assert_string_equal(ports_permission_advice(&info, text, sizeof(text)),
	    "add yourself to group dialout-of-test: sudo adduser $USER dialout-of-test, then log "
	    "in "
	    "again");
	info.group[0] = '\0';
	assert_string_equal(ports_permission_advice(&info, text, sizeof(text)),
	    "it belongs to root: sudo chown $USER /dev/ttyUSB0");
	plug(f, &ftdi);
	assert_int_equal(chmod(in(f, "dev/ttyUSB0"), 0), 0);
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 1);
	assert_int_equal(f->list[0].readable, root); /* root may all */
	assert_string_equal(f->list[0].group, "");
}

/* ---- holders --------------------------------------------------------------------------------- */

static void holder__is_found__by_what_it_has_open(void **state)
{
	struct fixture *f = *state;

	plug(f, &ftdi);
	plug(f, &ch340);
	make(f, "proc/self-is-no-number/fd/3", "");
	make(f, "proc/77/comm", "bash\n");
	make_link(f, "proc/77/fd/0", "/dev/null");
	make_link(f, "proc/77/fd/1", "socket:[1]");
	make(f, "proc/4711/comm", "brltty\n");
	make_link(f, "proc/4711/fd/9", in(f, "dev/ttyUSB1"));
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 2);
	assert_int_equal(f->list[1].holder, 0); /* the list doesn't look */
	ports_find_holders_at(&f->r, f->list, 2);
	assert_int_equal(f->list[0].holder, 0);
	assert_string_equal(f->list[0].holder_name, "");
	assert_int_equal(f->list[1].holder, 4711);
	assert_string_equal(f->list[1].holder_name, "brltty");
	/* Looked at again when it has let go. */
	assert_int_equal(unlink(in(f, "proc/4711/fd/9")), 0);
	ports_find_holders_at(&f->r, f->list, 2);
	assert_int_equal(f->list[1].holder, 0);
	assert_string_equal(f->list[1].holder_name, "");
}

static void holder__is_not__this_process(void **state)
{
	struct fixture *f = *state;
	char name[64];

	plug(f, &ftdi);
	snprintf(name, sizeof(name), "proc/%ld/fd/9", (long)getpid());
	make_link(f, name, in(f, "dev/ttyUSB0"));
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 1);
	ports_find_holders_at(&f->r, f->list, 1);
	assert_int_equal(f->list[0].holder, 0);
}

static void holder__of_another_user__is_found_by_its_lock(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	char locks[400];

	if (!TASMITE_LINUX)
		skip();
	plug(f, &ftdi);
	assert_int_equal(stat(in(f, "dev/ttyUSB0"), &st), 0);
	snprintf(locks, sizeof(locks),
	    "1: POSIX  ADVISORY  WRITE 5 %02x:%02x:%lu 0 EOF\n"
	    "2: FLOCK  ADVISORY  WRITE 6 %02x:%02x:%lu 0 EOF\n"
	    "rubbish\n"
	    "3: FLOCK  ADVISORY  WRITE 815 %02x:%02x:%lu 0 EOF\n",
	    major(st.st_dev), minor(st.st_dev), (unsigned long)st.st_ino, major(st.st_dev),
	    minor(st.st_dev), (unsigned long)st.st_ino + 1000000, major(st.st_dev),
	    minor(st.st_dev), (unsigned long)st.st_ino);
	make(f, "proc/locks", locks);
	make(f, "proc/815/comm", "picocom\n");
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 1);
	ports_find_holders_at(&f->r, f->list, 1);
	assert_int_equal(f->list[0].holder, 815);
	assert_string_equal(f->list[0].holder_name, "picocom");
	/* Its name can't be read any more. */
	assert_int_equal(unlink(in(f, "proc/815/comm")), 0);
	ports_find_holders_at(&f->r, f->list, 1);
	assert_int_equal(f->list[0].holder, 815);
	assert_string_equal(f->list[0].holder_name, "another program");
	/* A process outside of this container has no number here. */
	snprintf(locks, sizeof(locks), "1: FLOCK  ADVISORY  WRITE 0 %02x:%02x:%lu 0 EOF\n",
	    major(st.st_dev), minor(st.st_dev), (unsigned long)st.st_ino);
	make(f, "proc/locks", locks);
	ports_find_holders_at(&f->r, f->list, 1);
	assert_int_equal(f->list[0].holder, -1);
}

/* The kernel's own account, of a lock that another process takes on a file. */
static void holder__is_found__in_the_real_proc(void **state)
{
	struct fixture *f = *state;
	int ready[2], done[2];
	struct port_info info = {.name = "x"};
	char c;
	pid_t child;

	if (!TASMITE_LINUX)
		skip();
	make(f, "dev/x", "");
	snprintf(info.path, sizeof(info.path), "%s", in(f, "dev/x"));
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	child = fork();
	if (child == 0) {
		FILE *file = fopen(info.path, "r");

		close(done[1]);
		if (!file || flock(fileno(file), LOCK_EX | LOCK_NB) < 0)
			_exit(1);
		if (write(ready[1], "x", 1) != 1 || read(done[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	assert_true(child > 0);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	ports_find_holder(&info);
	close(done[1]);
	assert_int_equal(info.holder, child);
	assert_string_equal(info.holder_name, "test_ports");
	close(ready[0]);
	close(done[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void suspect__is_named__when_it_runs(void **state)
{
	struct fixture *f = *state;
	struct port_info info = {.name = ""};

	make(f, "proc/50/comm", "agetty\n");
	ports_suspect_at(&f->r, &info);
	assert_int_equal(info.holder, -1);
	assert_string_equal(info.holder_name, "");
	make(f, "proc/51/comm", "ModemManager\n");
	ports_suspect_at(&f->r, &info);
	assert_string_equal(info.holder_name, "ModemManager");
	assert_string_equal(
	    ports_holder_advice(info.holder_name), "sudo systemctl stop ModemManager");
	assert_string_equal(ports_holder_advice("picocom"), "");
	assert_non_null(strstr(ports_holder_advice("brltty"), "brltty"));
}

/* ---- words ----------------------------------------------------------------------------------- */

static void resolve__understands__each_kind_of_word(void **state)
{
	static const char *const words[] = {"ttyUSB0", "ft232r", "FTDI_FT232R", "a50285bi",
	    "0403:6001", "0403:6001:A50285BI", "0403:6001:a50285bi"};
	struct fixture *f = *state;
	char path[256];

	plug_builtin(f);
	plug(f, &ftdi);
	plug(f, &ch340);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		path[0] = '\0';
		assert_int_equal(
		    ports_resolve_at(&f->r, words[i], path, sizeof(path), &f->err), ERR_OK);
		assert_string_equal(path, in(f, "dev/ttyUSB0"));
	}
	assert_int_equal(
	    ports_resolve_at(&f->r, in(f, "dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"), path,
		sizeof(path), &f->err),
	    ERR_OK);
	assert_string_equal(path, in(f, "dev/ttyUSB1"));
	assert_int_equal(ports_resolve_at(&f->r, "1A86:7523", path, sizeof(path), &f->err), ERR_OK);
	assert_string_equal(path, in(f, "dev/ttyUSB1"));
}

static void resolve__says__what_there_is_instead(void **state)
{
	static const char *const words[] = {"ttyUSB7", "0403:6002", "0403:6001:OTHER", "cp2102",
	    "pts", "0403:600", "0403:60011", "serial/by-id"};
	struct fixture *f = *state;
	char path[256];

	assert_int_equal(
	    ports_resolve_at(&f->r, "ttyUSB7", path, sizeof(path), &f->err), ERR_NOENT);
	assert_string_equal(f->err.text, "no such port: ttyUSB7; no serial adapter is plugged in");
	plug(f, &ftdi);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(
		    ports_resolve_at(&f->r, words[i], path, sizeof(path), &f->err), ERR_NOENT);
		assert_non_null(strstr(f->err.text, "no such port: "));
		if (!strchr(words[i], '/'))
			assert_non_null(strstr(f->err.text, "ttyUSB0 (FT232R USB UART)"));
	}
	assert_int_equal(
	    ports_resolve_at(&f->r, in(f, "dev/none"), path, sizeof(path), &f->err), ERR_NOENT);
	assert_int_equal(ports_resolve_at(&f->r, "", path, sizeof(path), &f->err), ERR_INVAL);
}

static void resolve__names__all_that_fit(void **state)
{
	struct fixture *f = *state;
	char path[256];

	plug(f, &ftdi);
	plug(f, &ch340);
	plug(f, &dual_a);
	assert_int_equal(ports_resolve_at(&f->r, "usb-", path, sizeof(path), &f->err), ERR_INVAL);
	assert_non_null(strstr(f->err.text, "usb- fits several ports"));
	assert_non_null(strstr(f->err.text, "ttyUSB0"));
	assert_non_null(strstr(f->err.text, "ttyUSB1"));
	assert_non_null(strstr(f->err.text, "ttyUSB3"));
}

static void resolve__refuses__what_is_too_long(void **state)
{
	struct fixture *f = *state;
	char word[400], path[256];

	memset(word, 'x', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	assert_int_equal(ports_resolve_at(&f->r, word, path, sizeof(path), &f->err), ERR_INVAL);
	plug(f, &ftdi);
	assert_int_equal(
	    ports_resolve_at(&f->r, in(f, "dev/ttyUSB0"), path, 8, &f->err), ERR_INVAL);
}

static void only_one__is__the_single_usb_adapter(void **state)
{
	struct fixture *f = *state;
	char path[256];

	plug_builtin(f);
	assert_int_equal(ports_only_one_at(&f->r, path, sizeof(path), &f->err), ERR_NOENT);
	plug(f, &ch340);
	assert_int_equal(ports_only_one_at(&f->r, path, sizeof(path), &f->err), ERR_OK);
	assert_string_equal(path, in(f, "dev/ttyUSB1"));
	plug(f, &ftdi);
	assert_int_equal(ports_only_one_at(&f->r, path, sizeof(path), &f->err), ERR_INVAL);
	assert_non_null(strstr(f->err.text, "ttyUSB0 (FT232R USB UART), ttyUSB1 (USB Serial)"));
	assert_null(strstr(f->err.text, "ttyS0"));
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void unplug(const struct fixture *f, const struct adapter *a)
{
	char path[160];

	snprintf(path, sizeof(path), "sys/class/tty/%s", a->name);
	assert_int_equal(unlink(in(f, path)), 0);
}

static void key__finds__the_adapter_under_another_name(void **state)
{
	struct fixture *f = *state;
	struct adapter moved = ftdi;
	char key[256], path[256];

	plug(f, &ftdi);
	plug(f, &ch340);
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 2);
	ports_key(&f->list[0], key, sizeof(key));
	unplug(f, &ftdi);
	assert_int_equal(ports_find_key_at(&f->r, key, path, sizeof(path), &f->err), ERR_NOENT);
	moved.name = "ttyUSB5";
	moved.place = "1-7"; /* another socket */
	plug(f, &moved);
	assert_int_equal(ports_find_key_at(&f->r, key, path, sizeof(path), &f->err), ERR_OK);
	assert_string_equal(path, in(f, "dev/ttyUSB5"));
}

static void key__without_a_serial_number__is_the_place(void **state)
{
	struct fixture *f = *state;
	struct adapter moved = ch340;
	char key[256], path[256];

	plug(f, &ch340);
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 1);
	ports_key(&f->list[0], key, sizeof(key));
	unplug(f, &ch340);
	moved.name = "ttyUSB6";
	plug(f, &moved);
	assert_int_equal(ports_find_key_at(&f->r, key, path, sizeof(path), &f->err), ERR_OK);
	assert_string_equal(path, in(f, "dev/ttyUSB6"));
	unplug(f, &moved);
	moved.place = "1-9";
	plug(f, &moved);
	assert_int_equal(ports_find_key_at(&f->r, key, path, sizeof(path), &f->err), ERR_NOENT);
}

static void key__tells__adapters_apart_that_look_alike(void **state)
{
	struct fixture *f = *state;
	struct adapter twin = ftdi;
	char a[256], b[256], path[256];

	plug(f, &cp2102_a);
	plug(f, &cp2102_b);
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 2);
	ports_key(&f->list[0], a, sizeof(a));
	ports_key(&f->list[1], b, sizeof(b));
	assert_string_not_equal(a, b); /* both say serial number 0001 */
	assert_int_equal(ports_find_key_at(&f->r, b, path, sizeof(path), &f->err), ERR_OK);
	assert_string_equal(path, in(f, "dev/ttyUSB10"));
	/* Two ports of one adapter. */
	plug(f, &dual_a);
	plug(f, &dual_b);
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 4);
	ports_key(&f->list[1], a, sizeof(a));
	ports_key(&f->list[2], b, sizeof(b));
	assert_string_not_equal(a, b);
	/* Copies with one real serial number can't be told apart: no guess. */
	plug(f, &ftdi);
	twin.name = "ttyUSB8";
	twin.place = "1-8";
	plug(f, &twin);
	assert_int_equal(ports_list_at(&f->r, f->list, PORTS_MAX), 6);
	ports_key(&f->list[0], a, sizeof(a));
	assert_int_equal(ports_find_key_at(&f->r, a, path, sizeof(path), &f->err), ERR_INVAL);
}

static void key_is_another__only__where_that_is_certain(void **state)
{
	static const char first[] = "usb 0403:6001:1.0 serial A50285BI";

	(void)state;
	assert_false(ports_key_is_another(first, first));
	assert_true(ports_key_is_another(first, "usb 0403:6001:1.0 serial A10KXYZ3"));
	assert_true(ports_key_is_another(first, "usb 10c4:ea60 at 1-2:1.0"));
	assert_true(ports_key_is_another("usb 1a86:7523 at 1-2:1.0", "usb 1a86:5523 at 1-2:1.0"));
	/* The same kind in another socket may be the same one; and a serial number may be read late. */
	assert_false(ports_key_is_another("usb 1a86:7523 at 1-2:1.0", "usb 1a86:7523 at 1-3:1.0"));
	assert_false(ports_key_is_another(first, "usb 0403:6001 at 1-3:1.0"));
	/* Nothing is known of the one, or of the other. */
	assert_false(ports_key_is_another("", first));
	assert_false(ports_key_is_another(first, ""));
	assert_false(ports_key_is_another("port ttyS0", first));
	assert_false(ports_key_is_another(first, "port ttyS0"));
}

static void name_cmp__orders__numbers_as_numbers(void **state)
{
	(void)state;
	assert_true(ports_name_cmp("ttyUSB2", "ttyUSB10") < 0);
	assert_true(ports_name_cmp("ttyUSB10", "ttyUSB2") > 0);
	assert_true(ports_name_cmp("ttyACM9", "ttyUSB0") < 0);
	assert_true(ports_name_cmp("ttyUSB", "ttyUSB0") < 0);
	assert_int_equal(ports_name_cmp("ttyUSB0", "ttyUSB0"), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(list__tells__all_of_an_adapter),
	    T(list__sorts__usb_first_then_by_number),
	    T(list__names__the_two_ports_of_one_adapter),
	    T(list__disarms__what_an_adapter_says),
	    T(list__is_empty__without_sysfs),
	    T(list__of_this_machine__has_no_pseudo_terminals),
	    T(describe__follows__links_and_refuses_other_things),
	    T(permission__is_told__with_its_remedy),
	    T(holder__is_found__by_what_it_has_open),
	    T(holder__is_not__this_process),
	    T(holder__of_another_user__is_found_by_its_lock),
	    T(holder__is_found__in_the_real_proc),
	    T(suspect__is_named__when_it_runs),
	    T(resolve__understands__each_kind_of_word),
	    T(resolve__says__what_there_is_instead),
	    T(resolve__names__all_that_fit),
	    T(resolve__refuses__what_is_too_long),
	    T(only_one__is__the_single_usb_adapter),
	    T(key__finds__the_adapter_under_another_name),
	    T(key__without_a_serial_number__is_the_place),
	    T(key__tells__adapters_apart_that_look_alike),
	    cmocka_unit_test(key_is_another__only__where_that_is_certain),
	    cmocka_unit_test(name_cmp__orders__numbers_as_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
