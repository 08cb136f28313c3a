/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A preloaded library, for tests only: shows a program the USB adapters of a folder (environment
 * TASMITE_SHIM; tests/sim/adapter.h says what is in it) as /dev/ttyUSB0 and the like, with /sys,
 * links, modem lines and permissions. Behind a node is a virtual device's pseudo-terminal; what a
 * pseudo-terminal can't do goes to the device's control socket, in order with the data.
 *
 * What can't be shown: libc's own glob, scandir, statically linked programs, and what a program
 * does by syscall().
 */
#ifndef TESTS_SHIM_SHIM_H
#define TESTS_SHIM_SHIM_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The library's own names stay in it; only what stands in for libc's is seen. */
#define SHIM_HIDDEN __attribute__((visibility("hidden")))
#define SHIM_SHOWN  __attribute__((visibility("default")))

/* What comes next in the search order: libc's, or a sanitizer's. */
SHIM_HIDDEN void *shim_next(const char *name);
#define NEXT(type, name, ...)             \
	static type (*next)(__VA_ARGS__); \
	if (!next)                        \
	*(void **)&next = shim_next(name)

struct shim_adapter {
	char name[32];	    /* "ttyUSB0" */
	char pty[64];	    /* "/dev/pts/5" */
	char control[1024]; /* "": none */
	char driver[32];
};

/* The folder, without a slash at its end; NULL: the shim does nothing. */
SHIM_HIDDEN const char *shim_dir(void);
/* Where a path really is: in buf, or the path itself when it is none of ours. */
SHIM_HIDDEN const char *shim_map(const char *path, char buf[PATH_MAX]);
/* The name of the node that a path (links followed) stands for; false: none. */
SHIM_HIDDEN bool shim_node(const char *path, char name[32]);
SHIM_HIDDEN bool shim_adapter_read(const char *name, struct shim_adapter *a);
/* The adapter behind /dev/pts/N. */
SHIM_HIDDEN bool shim_adapter_of_pts(unsigned n, struct shim_adapter *a);
SHIM_HIDDEN dev_t shim_rdev(const char *name);
/* Whether the node may be opened: its mode says so (the test may be run by root). */
SHIM_HIDDEN bool shim_permits(const char *name);

/* shim_tty.c: opens a node; -1 and errno. */
SHIM_HIDDEN int shim_open_node(const char *name, int flags);
/* A descriptor that is new: what was known of that number is past. */
SHIM_HIDDEN int shim_forget(int fd);
/* The name under which this process opened a terminal with that device number. */
SHIM_HIDDEN bool shim_opened_as(dev_t rdev, char name[32]);

/* stat of libc. */
SHIM_HIDDEN int shim_real_stat(const char *path, struct stat *st);
SHIM_HIDDEN int shim_real_open(const char *path, int flags, mode_t mode);

#endif
