/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's word that something changed in a folder: inotify(7), in notify_inotify.c. Where there
 * is none notify_open says so and hotplug looks by the clock; the other calls are not made then.
 */
#ifndef TASMITE_IO_NOTIFY_H
#define TASMITE_IO_NOTIFY_H

#include <stdbool.h>

/* A descriptor that becomes readable with a change, non-blocking, to be closed; -1 and errno (ENOSYS)
 * where the system can't. */
int notify_open(void);
/* Entries of the folder that come, go or change; written: files that were written too. The number that
 * notify_read tells it by, the same one for a folder that is watched already; -1 and errno. */
int notify_add(int fd, const char *folder, bool written);
/* Ends that. */
void notify_remove(int fd, int folder);
/* Takes what there is, within bounds. fn gets the folder's number and the entry's name ("": the
 * folder itself: gone, moved, or closed to us); lost, with no name: changes were dropped, of any
 * folder. False: it will tell nothing any more. */
bool notify_read(int fd, void (*fn)(void *ctx, int folder, const char *name, bool lost), void *ctx);

#endif
