/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ports of this machine: the list, one port's description, and whether it may be opened. */
#define _DEFAULT_SOURCE /* realpath */
#include "tasmite/io/ports.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <libserialport.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ports_int.h"
#include "tasmite/base/platform.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

/* Names looked at; more ports than PORTS_MAX have PORTS_MAX of them shown. */
#define NAMES_MAX 256
#define NAME_SIZE sizeof(((struct port_info *)0)->name)

/* Where there is no sysfs, libserialport tells what it knows; where there is no /proc, nobody is known
 * to hold a port. */
#if TASMITE_LINUX
const struct ports_roots ports_here = {"/dev", "/sys", "/proc", true};
#else
const struct ports_roots ports_here = {"/dev", "/dev/no-sysfs", "/dev/no-proc", true};
#endif

struct names {
	char (*name)[NAME_SIZE];
	size_t n;
	int sys; /* why they could not be had, an errno value */
};

int ports_name_cmp(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			char *a_end, *b_end;
			unsigned long x = strtoul(a, &a_end, 10), y = strtoul(b, &b_end, 10);

			if (x != y)
				return x < y ? -1 : 1;
			a = a_end;
			b = b_end;
		} else if (*a != *b) {
			break;
		} else {
			a++;
			b++;
		}
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static int by_name(const void *a, const void *b)
{
	return ports_name_cmp(a, b);
}

static void add_name(struct names *names, const char *name)
{
	if (names->n < NAMES_MAX && str_copy(names->name[names->n], NAME_SIZE, name))
		names->n++;
}

/* The library leaves out virtual terminals and built-in ports that don't exist. */
static void names_of_library(struct names *names)
{
	struct sp_port **list;

	errno = 0;
	if (sp_list_ports(&list) != SP_OK) {
		names->sys = errno ? errno : EIO;
		return;
	}
	for (size_t i = 0; list[i]; i++) {
		const char *path = sp_get_port_name(list[i]);

		if (path && str_starts(path, "/dev/"))
			add_name(names, path + 5);
	}
	sp_free_port_list(list);
}

static void names_of_sysfs(const struct ports_roots *r, struct names *names)
{
	char path[PATH_MAX];
	const struct dirent *e;
	DIR *d;

	if (!str_fmt(path, sizeof(path), "%s/class/tty", r->sys))
		return;
	d = opendir(path);
	if (!d) { /* a system without serial ports has no such folder */
		names->sys = errno == ENOENT ? 0 : errno;
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' &&
		    str_fmt(path, sizeof(path), "%s/class/tty/%s/device", r->sys, e->d_name) &&
		    access(path, F_OK) == 0)
			add_name(names, e->d_name);
	closedir(d);
}

static bool has_sysfs(const struct ports_roots *r)
{
	char path[PATH_MAX];

	return str_fmt(path, sizeof(path), "%s/class/tty", r->sys) && access(path, F_OK) == 0;
}

/* A word of the library's, which is an adapter's: see ports_clean. */
static void take_word(char *dst, size_t size, const char *word)
{
	ports_clean(dst, size, word ? word : "", word ? strlen(word) : 0);
}

/* What the library knows of a port. */
static void fill_by_library(struct port_info *info)
{
	struct sp_port *port;
	int vid, pid;

	if (sp_get_port_by_name(info->path, &port) != SP_OK)
		return;
	if (sp_get_port_transport(port) == SP_TRANSPORT_USB) {
		info->usb = true;
		if (sp_get_port_usb_vid_pid(port, &vid, &pid) == SP_OK) {
			info->vid = (uint16_t)vid;
			info->pid = (uint16_t)pid;
		}
		(void)sp_get_port_usb_bus_address(port, &info->usb_bus, &info->usb_address);
		take_word(info->maker, sizeof(info->maker), sp_get_port_usb_manufacturer(port));
		take_word(info->product, sizeof(info->product), sp_get_port_usb_product(port));
		take_word(info->serial, sizeof(info->serial), sp_get_port_usb_serial(port));
	}
	if (info->product[0])
		str_copy(info->about, sizeof(info->about), info->product);
	else if (info->usb)
		str_copy(info->about, sizeof(info->about), "USB serial adapter");
	sp_free_port(port);
}

static void fill(const struct ports_roots *r, const char *name, struct port_info *info)
{
	memset(info, 0, sizeof(*info));
	str_copy(info->name, sizeof(info->name), name);
	ports_sysfs_fill(r, info);
	if (r->library && !has_sysfs(r))
		fill_by_library(info);
}

/* Whether there is a port of that name; where there is no sysfs any terminal device in /dev that the
 * library takes is one. */
static bool is_port(const struct ports_roots *r, const char *name)
{
	struct sp_port *port;
	char path[PATH_MAX];

	if (has_sysfs(r))
		return ports_sysfs_has(r, name);
	if (!r->library || !*name || strchr(name, '/') ||
	    !str_fmt(path, sizeof(path), "%s/%s", r->dev, name) || access(path, F_OK) < 0 ||
	    sp_get_port_by_name(path, &port) != SP_OK)
		return false;
	sp_free_port(port);
	return true;
}

bool ports_known(const char *name)
{
	return is_port(&ports_here, name);
}

size_t ports_list_at(const struct ports_roots *r, struct port_info *list, size_t max)
{
	struct names names = {xcalloc(NAMES_MAX, NAME_SIZE), 0, 0};
	struct port_info *all;
	size_t count = 0;

	if (r->library)
		names_of_library(&names);
	else
		names_of_sysfs(r, &names);
	qsort(names.name, names.n, NAME_SIZE, by_name);
	all = xcalloc(names.n + 1, sizeof(*all));
	for (size_t i = 0; i < names.n; i++)
		fill(r, names.name[i], &all[i]);
	for (int usb = 1; usb >= 0; usb--)
		for (size_t i = 0; i < names.n && count < max; i++)
			if (all[i].usb == (usb == 1))
				list[count++] = all[i];
	free(all);
	free(names.name);
	errno = names.sys;
	return count;
}

bool ports_describe_at(const struct ports_roots *r, const char *path, struct port_info *info)
{
	char real[PATH_MAX];
	const char *name;
	size_t dev = strlen(r->dev);

	memset(info, 0, sizeof(*info));
	if (!realpath(path, real) || !str_starts(real, r->dev) || real[dev] != '/')
		return false;
	name = real + dev + 1;
	if (strlen(name) >= NAME_SIZE || !is_port(r, name))
		return false;
	fill(r, name, info);
	return true;
}

/* ---- permission ------------------------------------------------------------------------------ */

void ports_permission(struct port_info *info)
{
	struct stat st;
	const struct group *group;

	info->group[0] = '\0';
	info->readable = access(info->path, R_OK | W_OK) == 0;
	if (info->readable || stat(info->path, &st) < 0)
		return;
	/* Nobody is to be sent into root's group. */
	if ((st.st_mode & (S_IRGRP | S_IWGRP)) != (S_IRGRP | S_IWGRP) || st.st_gid == 0)
		return;
	group = getgrgid(st.st_gid);
	if (group)
		str_copy(info->group, sizeof(info->group), group->gr_name);
}

/* The user is in the group by now, but was not when this session began. */
static bool joined_since(const char *name)
{
	const struct passwd *user = getpwuid(getuid());
	const struct group *group;

	if (!user)
		return false;
	group = getgrnam(name);
	for (char **member = group ? group->gr_mem : NULL; member && *member; member++)
		if (strcmp(*member, user->pw_name) == 0)
			return true;
	return false;
}

const char *ports_permission_advice(const struct port_info *info, char *dst, size_t size)
{
	if (!info->group[0])
		str_fmt(dst, size, "it belongs to root: sudo chown $USER %s", info->path);
	else if (joined_since(info->group))
		str_fmt(dst, size,
		    "you were added to group %s after you had logged in: log out and in again",
		    info->group);
	else
		str_fmt(dst, size,
		    "add yourself to group %s: sudo adduser $USER %s, then log in again",
		    info->group, info->group);
	return dst;
}

/* ---- on this machine ------------------------------------------------------------------------- */

size_t ports_list(struct port_info *list, size_t max)
{
	return ports_list_at(&ports_here, list, max);
}

bool ports_describe(const char *path, struct port_info *info)
{
	return ports_describe_at(&ports_here, path, info);
}
