/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who holds a port. /proc/locks (proc(5)) shows to everybody who has locked what, by device and
 * inode; /proc/PID/fd shows what a process has open, to its own user and to root.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devnum.h"
#include "ports_int.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

/* So much is looked at at most; about a microsecond each. */
#define PROCESSES_MAX 4096
#define OPEN_MAX_SEEN 65536
#define LOCKS_MAX     4096

/* A port as the kernel tells it apart. */
struct node {
	bool there;
	struct stat st;
};

struct scan {
	const struct ports_roots *r;
	struct port_info *list;
	struct node *nodes;
	size_t n;
	long budget; /* open files still to be looked at */
};

static const struct {
	const char *name, *advice;
} grabbers[] = {
    {"ModemManager", "sudo systemctl stop ModemManager"},
    {"brltty", "sudo systemctl mask --now brltty-udev brltty"},
    {"gpsd", "sudo systemctl stop gpsd.socket gpsd"},
    {"agetty", "sudo systemctl stop 'serial-getty@*'"},
};

const char *ports_holder_advice(const char *holder_name)
{
	for (size_t i = 0; i < sizeof(grabbers) / sizeof(grabbers[0]); i++)
		if (strcmp(grabbers[i].name, holder_name) == 0)
			return grabbers[i].advice;
	return "";
}

static void set_holder(const struct scan *s, struct port_info *info, pid_t pid)
{
	char path[PATH_MAX];

	info->holder = pid;
	if (!str_fmt(path, sizeof(path), "%s/%ld/comm", s->r->proc, (long)pid) ||
	    !ports_read_line(path, info->holder_name, sizeof(info->holder_name)))
		str_copy(info->holder_name, sizeof(info->holder_name), "another program");
}

/* "1: FLOCK  ADVISORY  WRITE 708 00:06:1234 0 EOF" */
static void take_lock_line(const struct scan *s, const char *line)
{
	unsigned maj, min;
	unsigned long ino;
	long pid;

	if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%lu", &pid, &maj, &min, &ino) != 4)
		return;
	if (pid == (long)getpid())
		return;
	for (size_t i = 0; i < s->n; i++) {
		const struct node *node = &s->nodes[i];

		if (!node->there || s->list[i].holder > 0 || node->st.st_ino != ino ||
		    !devnum_is(node->st.st_dev, maj, min))
			continue;
		if (pid > 0)
			set_holder(s, &s->list[i], (pid_t)pid);
		else
			s->list[i].holder = -1; /* outside of this container */
	}
}

static void scan_locks(const struct scan *s)
{
	char path[PATH_MAX], line[256];
	FILE *f;

	if (!str_fmt(path, sizeof(path), "%s/locks", s->r->proc))
		return;
	f = fopen(path, "re");
	if (!f)
		return;
	for (int i = 0; i < LOCKS_MAX && fgets(line, sizeof(line), f); i++)
		take_lock_line(s, line);
	fclose(f);
}

/* link: /proc/PID/fd/N. By name first; then by device number, since the process may know the node
 * by another name. Only what is below dev is asked, so that no dead network file system is. */
static bool same_port(const struct scan *s, size_t i, const char *link, const char *target)
{
	const struct node *node = &s->nodes[i];
	struct stat st;

	if (strcmp(target, s->list[i].path) == 0)
		return true;
	return node->there && S_ISCHR(node->st.st_mode) && str_starts(target, s->r->dev) &&
	       stat(link, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == node->st.st_rdev;
}

static void look_at(const struct scan *s, const char *link, pid_t pid)
{
	char target[PATH_MAX];
	ssize_t n = readlink(link, target, sizeof(target) - 1);

	if (n <= 0)
		return;
	target[n] = '\0';
	if (target[0] != '/' || !str_starts(target, s->r->dev))
		return;
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].holder <= 0 && same_port(s, i, link, target))
			set_holder(s, &s->list[i], pid);
}

static void scan_process(struct scan *s, const char *name)
{
	pid_t pid = (pid_t)strtol(name, NULL, 10);
	char path[PATH_MAX];
	const struct dirent *e;
	DIR *d;

	if (pid == getpid() || !str_fmt(path, sizeof(path), "%s/%s/fd", s->r->proc, name))
		return;
	d = opendir(path);
	if (!d)
		return; /* another user's */
	while (s->budget > 0 && (e = readdir(d)) != NULL) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		s->budget--;
		if (str_fmt(path, sizeof(path), "%s/%s/fd/%s", s->r->proc, name, e->d_name))
			look_at(s, path, pid);
	}
	closedir(d);
}

/* Calls fn with each process's folder name until it returns false. */
static void each_process(
    const struct ports_roots *r, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	const struct dirent *e;
	DIR *d = opendir(r->proc);
	int left = PROCESSES_MAX;

	if (!d)
		return;
	while (left > 0 && (e = readdir(d)) != NULL) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		left--;
		if (!fn(ctx, e->d_name))
			break;
	}
	closedir(d);
}

static bool on_process(void *ctx, const char *name)
{
	struct scan *s = ctx;

	scan_process(s, name);
	return s->budget > 0;
}

void ports_find_holders_at(const struct ports_roots *r, struct port_info *list, size_t n)
{
	struct scan s = {r, list, xcalloc(n + 1, sizeof(struct node)), n, OPEN_MAX_SEEN};

	for (size_t i = 0; i < n; i++) {
		list[i].holder = 0;
		list[i].holder_name[0] = '\0';
		s.nodes[i].there = stat(list[i].path, &s.nodes[i].st) == 0;
	}
	scan_locks(&s);
	each_process(r, on_process, &s);
	free(s.nodes);
}

/* ---- suspects -------------------------------------------------------------------------------- */

struct suspect {
	const struct ports_roots *r;
	struct port_info *info;
};

static bool on_suspect(void *ctx, const char *name)
{
	struct suspect *s = ctx;
	char path[PATH_MAX], comm[32];

	if (str_fmt(path, sizeof(path), "%s/%s/comm", s->r->proc, name) &&
	    ports_read_line(path, comm, sizeof(comm)) && *ports_holder_advice(comm) &&
	    strcmp(comm, "agetty") != 0) { /* runs everywhere, on the consoles */
		str_copy(s->info->holder_name, sizeof(s->info->holder_name), comm);
		return false;
	}
	return true;
}

void ports_suspect_at(const struct ports_roots *r, struct port_info *info)
{
	struct suspect s = {r, info};

	info->holder = -1;
	info->holder_name[0] = '\0';
	each_process(r, on_suspect, &s);
}

/* ---- on this machine ------------------------------------------------------------------------- */

void ports_find_holders(struct port_info *list, size_t n)
{
	ports_find_holders_at(&ports_here, list, n);
}

void ports_find_holder(struct port_info *info)
{
	ports_find_holders_at(&ports_here, info, 1);
}

void ports_suspect(struct port_info *info)
{
	ports_suspect_at(&ports_here, info);
}
