/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Device nodes that come and go, by the kernel's word (notify.h) or the clock. What is waited for may be in folders that don't
 * exist yet (/dev/serial/by-id comes with the first adapter): then the next part of the way is
 * waited for in the deepest folder that does.
 */
#include "hotplug_int.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/log.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "notify.h"

/* udev makes a node, its links and their permissions in one burst. */
#define COALESCE_US MONO_MS(20)
/* Without notify. */
#define LOOK_US MONO_S(1)
/* After the keyboard and the port. */
#define RANK 50
/* /dev, by-id, the path, what the path leads to. */
#define TARGETS_MAX 4
/* Something that is waited for: an entry of a folder. */
struct target {
	char folder[PATH_MAX];
	char leaf[NAME_MAX + 1]; /* "" any of those that ports have */
	int wd;			 /* of the deepest folder that is there; -1 none */
	char next[NAME_MAX + 1]; /* entry to be seen in it; "" as leaf */
};

struct hotplug {
	struct loop *loop;
	hotplug_fn fn;
	void *ctx;
	bool written; /* a file that is written to counts too */
	int fd;	      /* of notify; -1: by timer */
	struct watch *watch;
	struct timer *timer;
	mono_t due; /* of the timer, while it is armed */
	struct target targets[TARGETS_MAX];
	int count;
	bool changed; /* by what is being read */
};

/* ---- targets --------------------------------------------------------------------------------- */

/* path: absolute. leaf NULL: the path is the folder, any entry counts. */
static void add_target(struct hotplug *h, const char *folder, size_t n, const char *leaf)
{
	struct target *t = &h->targets[h->count];

	if (h->count == TARGETS_MAX)
		return;
	memset(t, 0, sizeof(*t));
	t->wd = -1;
	if (n >= sizeof(t->folder) || (leaf && strlen(leaf) >= sizeof(t->leaf)))
		return;
	str_copy_n(t->folder, sizeof(t->folder), n ? folder : "/", n ? n : 1);
	str_copy(t->leaf, sizeof(t->leaf), leaf ? leaf : "");
	h->count++;
}

static void add_path(struct hotplug *h, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash && slash[1])
		add_target(h, path, (size_t)(slash - path), slash + 1);
}

/* The path, made absolute, and one step further where it is a link: a link to a link of udev's, or
 * to a pseudo-terminal's. */
static void add_wanted(struct hotplug *h, const char *path)
{
	char full[PATH_MAX], to[PATH_MAX], whole[PATH_MAX];
	const char *slash;
	ssize_t n;

	if (path[0] == '/') {
		if (!str_copy(full, sizeof(full), path))
			return;
	} else if (!strchr(path, '/') || !getcwd(to, sizeof(to)) ||
		   !str_fmt(full, sizeof(full), "%s/%s", to, path)) {
		return; /* a name, not a path: it is in dev */
	}
	add_path(h, full);
	n = readlink(full, to, sizeof(to) - 1);
	if (n <= 0)
		return;
	to[n] = '\0';
	slash = strrchr(full, '/');
	if (to[0] == '/')
		add_path(h, to);
	else if (str_fmt(whole, sizeof(whole), "%.*s/%s", (int)(slash - full), full, to))
		add_path(h, whole);
}

/* Finds the deepest folder that is there and has it watched. Again and again: the kernel gives the
 * same number for a folder that is watched already. */
static void place(struct hotplug *h, struct target *t)
{
	char folder[PATH_MAX], *slash;

	str_copy(folder, sizeof(folder), t->folder);
	str_copy(t->next, sizeof(t->next), t->leaf);
	for (;;) {
		t->wd = notify_add(h->fd, folder, h->written);
		if (t->wd >= 0 || (errno != ENOENT && errno != ENOTDIR))
			return;
		slash = strrchr(folder, '/');
		if (!slash || !slash[1])
			return;
		str_copy(t->next, sizeof(t->next), slash + 1);
		if (slash == folder)
			slash++;
		*slash = '\0';
	}
}

static bool is_used(const struct hotplug *h, int wd)
{
	for (int i = 0; i < h->count; i++)
		if (h->targets[i].wd == wd)
			return true;
	return false;
}

/* False when some are beyond what the kernel gives. */
static bool place_all(struct hotplug *h)
{
	int old[TARGETS_MAX];
	bool good = true;

	for (int i = 0; i < h->count; i++)
		old[i] = h->targets[i].wd;
	for (int i = 0; i < h->count; i++) {
		place(h, &h->targets[i]);
		good = good && h->targets[i].wd >= 0;
	}
	/* A busy /tmp is left alone once the folder in it is there. */
	for (int i = 0; i < h->count; i++)
		if (old[i] >= 0 && !is_used(h, old[i]))
			notify_remove(h->fd, old[i]);
	return good;
}

/* ---- events ---------------------------------------------------------------------------------- */

/* Terminals of the kernel (tty1 ...) change hands at each login; they are no ports. */
static bool port_like(const char *name)
{
	if (str_starts(name, "tty"))
		return name[3] < '0' || name[3] > '9';
	return str_starts(name, "rfcomm") || strcmp(name, "serial") == 0;
}

static bool concerns(const struct hotplug *h, int folder, const char *name)
{
	for (int i = 0; i < h->count; i++) {
		const struct target *t = &h->targets[i];

		if (t->wd != folder)
			continue;
		if (!*name)
			return true;
		if (t->next[0] ? strcmp(name, t->next) == 0 : i > 0 || port_like(name))
			return true;
	}
	return false;
}

static void on_change(void *ctx, int folder, const char *name, bool lost)
{
	struct hotplug *h = ctx;

	h->changed = h->changed || lost || concerns(h, folder, name);
}

/* The timer, at that time or earlier. */
static void look_at(struct hotplug *h, mono_t at)
{
	if (timer_armed(h->timer) && h->due <= at)
		return;
	h->due = at;
	timer_arm(h->timer, at);
}

/* The kernel's word is no more to be had. */
static void by_clock(struct hotplug *h)
{
	log_trace("hotplug", "the kernel's word ended (errno %d): looking once a second", errno);
	watch_free(h->watch);
	h->watch = NULL;
	close(h->fd);
	h->fd = -1;
}

static void on_events(void *ctx, int ready, mono_t now)
{
	struct hotplug *h = ctx;

	(void)ready;
	h->changed = false;
	if (!notify_read(h->fd, on_change, h)) {
		by_clock(h);
		look_at(h, now + COALESCE_US);
		return;
	}
	if (!h->changed)
		return;
	/* A folder may have come, or been replaced. What came into it before it was watched is seen
	 * when fn looks. */
	place_all(h);
	look_at(h, now + COALESCE_US);
}

static void on_timer(void *ctx, mono_t now)
{
	struct hotplug *h = ctx;

	if (h->fd < 0 || !place_all(h)) /* not all can be watched: by the clock as well */
		look_at(h, now + LOOK_US);
	h->fn(h->ctx, now); /* may free h */
}

/* ---- */

/* A descriptor of notify on the loop, or -1. */
static void begin(struct hotplug *h)
{
	struct err err;

	h->fd = notify_open();
	if (h->fd < 0) {
		log_trace(
		    "hotplug", "no word of the kernel (errno %d): looking once a second", errno);
		return;
	}
	h->watch = watch_new(h->loop, h->fd, RANK, LOOP_READ, on_events, h, &err);
	if (h->watch)
		return;
	close(h->fd);
	h->fd = -1;
}

static struct hotplug *new_object(struct loop *l, hotplug_fn fn, void *ctx)
{
	struct hotplug *h = xcalloc(1, sizeof(*h));

	h->loop = l;
	h->fn = fn;
	h->ctx = ctx;
	h->fd = -1;
	h->timer = timer_new(l, on_timer, h);
	return h;
}

static void start(struct hotplug *h, bool timer_only)
{
	if (!timer_only)
		begin(h);
	if (h->fd < 0 || !place_all(h))
		look_at(h, loop_now(h->loop) + LOOK_US);
}

struct hotplug *hotplug_new_at(
    struct loop *l, const char *dev, bool timer_only, const char *path, hotplug_fn fn, void *ctx)
{
	struct hotplug *h = new_object(l, fn, ctx);
	char by_id[PATH_MAX];

	add_target(h, dev, strlen(dev), NULL); /* the first: see concerns */
	if (str_fmt(by_id, sizeof(by_id), "%s/serial/by-id", dev))
		add_target(h, by_id, strlen(by_id), NULL);
	add_wanted(h, path);
	start(h, timer_only);
	return h;
}

struct hotplug *hotplug_new_file(struct loop *l, const char *path, hotplug_fn fn, void *ctx)
{
	struct hotplug *h = new_object(l, fn, ctx);

	h->written = true;
	add_wanted(h, path);
	start(h, false);
	return h;
}

struct hotplug *hotplug_new(struct loop *l, const char *path, hotplug_fn fn, void *ctx)
{
	return hotplug_new_at(l, "/dev", false, path, fn, ctx);
}

void hotplug_free(struct hotplug *h)
{
	if (!h)
		return;
	watch_free(h->watch);
	timer_free(h->timer);
	if (h->fd >= 0)
		close(h->fd);
	free(h);
}
