/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells when device nodes come, go or become usable (inotify): waiting costs nothing. */
#ifndef TASMITE_IO_HOTPLUG_H
#define TASMITE_IO_HOTPLUG_H

#include "tasmite/base/mono.h"
#include "tasmite/io/loop.h"

struct hotplug;

/* Something changed among the ports in /dev, in /dev/serial/by-id, or at the watched path (created,
 * removed, permissions): look again. Changes within 20 ms are told once. It may free the hotplug. */
typedef void (*hotplug_fn)(void *ctx, mono_t now);
/* path: the port that is waited for ("" : /dev only). Where inotify can't be had it looks once a
 * second instead. Never NULL. */
struct hotplug *hotplug_new(struct loop *l, const char *path, hotplug_fn fn, void *ctx);
/* The same for a file: it was written and closed, replaced, or came (the folders above it may come
 * later, too), or what the path leads to as a link was. Other files beside it wake nobody up for
 * long. path: absolute, or with a slash in it. */
struct hotplug *hotplug_new_file(struct loop *l, const char *path, hotplug_fn fn, void *ctx);
void hotplug_free(struct hotplug *h); /* NULL allowed */

#endif
