/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the transports on a tty node (tr_pty, tr_serial) have in common: looking at the node before
 * it is opened, taking it for this program alone, and calls on the open descriptor with errors in
 * the user's words.
 */
#ifndef TASMITE_IO_TTY_H
#define TASMITE_IO_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "tasmite/base/err.h"
#include "tasmite/io/transport.h"

/* Whether that device number is the slave of a pseudo-terminal. */
bool tty_is_pty(dev_t dev);
/* What a line can't have: ERR_RANGE. */
int tty_check_line(const struct transport_line *line, struct err *err);
/* Looks at the node before it is opened, since opening alone makes some devices act: it must be a
 * character device and not the terminal the user sits at. Fills st. name: for the error text. */
int tty_check_node(const char *name, const char *path, struct stat *st, struct err *err);
/* An open that failed with errno sys, in words. st: what stat said of the node. ERR_AGAIN instead of
 * ERR_PERM while the node is younger than a second. */
int tty_not_opened(
    const char *name, const char *path, const struct stat *st, int sys, struct err *err);
/* ERR_BUSY with the name of who holds path, as far as that can be seen. */
int tty_busy(const char *name, const char *path, int sys, struct err *err);
/* Takes the open port for this program alone: flock, and TIOCEXCL except on a pty. */
int tty_take(int fd, const char *name, const char *path, const struct stat *st, struct err *err);

/* A call on the open port that failed with errno sys, as the code that the caller acts on. */
int tty_failed(const struct transport *t, int sys, const char *doing, struct err *err);
/* The ops of a transport, on its descriptor. */
ssize_t tty_read(struct transport *t, int fd, void *dst, size_t n, struct err *err);
ssize_t tty_write(struct transport *t, int fd, const void *src, size_t n, struct err *err);
int tty_set_modem(struct transport *t, int fd, unsigned lines, struct err *err);
int tty_get_modem(struct transport *t, int fd, unsigned *lines, struct err *err);
int tty_purge(struct transport *t, int fd, bool input, bool output, struct err *err);
int tty_pending(struct transport *t, int fd, size_t *bytes, struct err *err);

#endif
