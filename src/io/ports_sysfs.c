/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What sysfs and udev's links know of a port. Layout: Documentation/ABI/testing/sysfs-bus-usb and
 * sysfs-tty of Linux; /sys/class/tty/NAME/device leads into the tree of devices, where a USB
 * adapter's own folder (with idVendor) is at most a few steps above the port's.
 */
#define _DEFAULT_SOURCE /* realpath */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ports_int.h"
#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"

/* From a port to its USB device: usb-serial port, interface, device; one to spare. */
#define STEPS_UP 4
/* Links looked at in by-id. */
#define LINKS_MAX 256

/* Adapters say what they like: a control character must not reach a terminal. */
void ports_clean(char *dst, size_t size, const char *src, size_t n)
{
	size_t used = 0;

	while (n > 0) {
		uint32_t cp = 0;
		int len = utf8_decode((const uint8_t *)src, n, &cp);
		const char *from = src;
		size_t step = len > 0 ? (size_t)len : 1;

		if (len <= 0)
			from = "?";
		if (used + (len > 0 ? step : 1) >= size)
			break;
		if (len <= 0 || utf8_width(cp) >= 0) {
			memcpy(dst + used, from, len > 0 ? step : 1);
			used += len > 0 ? step : 1;
		}
		src += step;
		n -= step;
	}
	dst[used] = '\0';
	str_trim_end(dst);
}

bool ports_read_line(const char *path, char *dst, size_t size)
{
	char buf[512];
	ssize_t n;
	char *end;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	dst[0] = '\0';
	if (fd < 0)
		return false;
	n = read(fd, buf, sizeof(buf));
	close(fd);
	if (n <= 0)
		return false;
	end = memchr(buf, '\n', (size_t)n);
	ports_clean(dst, size, buf, end ? (size_t)(end - buf) : (size_t)n);
	return true;
}

bool ports_link_base(const char *path, char *dst, size_t size)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	char *slash;

	dst[0] = '\0';
	if (n <= 0)
		return false;
	target[n] = '\0';
	slash = strrchr(target, '/');
	ports_clean(dst, size, slash ? slash + 1 : target, strlen(slash ? slash + 1 : target));
	return true;
}

bool ports_sysfs_has(const struct ports_roots *r, const char *name)
{
	char path[PATH_MAX];

	return *name && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, "..") &&
	       str_fmt(path, sizeof(path), "%s/class/tty/%s", r->sys, name) &&
	       access(path, F_OK) == 0;
}

static bool attribute(const char *folder, const char *name, char *dst, size_t size)
{
	char path[PATH_MAX];

	dst[0] = '\0';
	return str_fmt(path, sizeof(path), "%s/%s", folder, name) &&
	       ports_read_line(path, dst, size);
}

static long number(const char *folder, const char *name, int base)
{
	char text[32], *end;
	long n;

	if (!attribute(folder, name, text, sizeof(text)))
		return -1;
	n = strtol(text, &end, base);
	return end == text || *end || n < 0 || n > 0xffff ? -1 : n;
}

/* Cuts the path's last part off; false at the top of sysfs. */
static bool go_up(const struct ports_roots *r, char *folder)
{
	char *slash = strrchr(folder, '/');

	if (!slash || slash <= folder + strlen(r->sys))
		return false;
	*slash = '\0';
	return true;
}

static void usb_device(const char *folder, struct port_info *info)
{
	info->usb = true;
	info->vid = (uint16_t)number(folder, "idVendor", 16);
	info->pid = (uint16_t)number(folder, "idProduct", 16);
	info->usb_bus = (int)number(folder, "busnum", 10);
	info->usb_address = (int)number(folder, "devnum", 10);
	attribute(folder, "manufacturer", info->maker, sizeof(info->maker));
	attribute(folder, "product", info->product, sizeof(info->product));
	attribute(folder, "serial", info->serial, sizeof(info->serial));
}

/* From the port's own folder upwards to a USB device. part: the text of the interface. */
static void find_usb(
    const struct ports_roots *r, char *folder, struct port_info *info, char *part, size_t size)
{
	char place[sizeof(info->usb_path)] = "", text[8];

	for (int i = 0; i < STEPS_UP; i++) {
		const char *base = strrchr(folder, '/') + 1;

		if (!place[0] && attribute(folder, "bInterfaceNumber", text, sizeof(text))) {
			str_copy(place, sizeof(place), base);
			attribute(folder, "interface", part, size);
		}
		if (number(folder, "idVendor", 16) >= 0 && number(folder, "idProduct", 16) >= 0) {
			usb_device(folder, info);
			str_copy(info->usb_path, sizeof(info->usb_path), place[0] ? place : base);
			return;
		}
		if (!go_up(r, folder))
			return;
	}
}

/* Since Linux 6.5 a built-in port has two devices of the serial core between it and its driver. */
static void skip_serial_core(const struct ports_roots *r, char *folder)
{
	char path[PATH_MAX], bus[32];

	while (str_fmt(path, sizeof(path), "%s/subsystem", folder) &&
	       ports_link_base(path, bus, sizeof(bus)) && strcmp(bus, "serial-base") == 0)
		if (!go_up(r, folder))
			return;
}

static void words(struct port_info *info, const char *part)
{
	if (!info->usb) {
		str_copy(info->about, sizeof(info->about),
		    str_starts(info->name, "ttyS") ? "built-in serial port" : "serial port");
		return;
	}
	str_copy(info->about, sizeof(info->about),
	    info->product[0] ? info->product : "USB serial adapter");
	/* Adapters with two ports name them; others repeat the product. */
	if (part[0] && strcmp(part, info->product) != 0) {
		str_cat(info->about, sizeof(info->about), ", ");
		str_cat(info->about, sizeof(info->about), part);
	}
}

static void find_by_id(const struct ports_roots *r, struct port_info *info)
{
	char path[PATH_MAX], base[sizeof(info->name)];
	const struct dirent *e;
	DIR *d;

	if (!str_fmt(path, sizeof(path), "%s/serial/by-id", r->dev))
		return;
	d = opendir(path);
	if (!d)
		return;
	for (int i = 0; i < LINKS_MAX && (e = readdir(d)) != NULL; i++) {
		if (str_fmt(path, sizeof(path), "%s/serial/by-id/%s", r->dev, e->d_name) &&
		    ports_link_base(path, base, sizeof(base)) && strcmp(base, info->name) == 0) {
			ports_clean(info->by_id, sizeof(info->by_id), e->d_name, strlen(e->d_name));
			break;
		}
	}
	closedir(d);
}

void ports_sysfs_fill(const struct ports_roots *r, struct port_info *info)
{
	char path[PATH_MAX], folder[PATH_MAX], part[64] = "";

	str_fmt(info->path, sizeof(info->path), "%s/%s", r->dev, info->name);
	info->usb_bus = info->usb_address = -1;
	if (str_fmt(path, sizeof(path), "%s/class/tty/%s/device", r->sys, info->name) &&
	    realpath(path, folder)) {
		skip_serial_core(r, folder);
		if (str_fmt(path, sizeof(path), "%s/driver", folder))
			ports_link_base(path, info->driver, sizeof(info->driver));
		find_usb(r, folder, info, part, sizeof(part));
	}
	words(info, part);
	find_by_id(r, info);
	ports_permission(info);
}
