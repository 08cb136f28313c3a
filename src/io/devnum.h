/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device's number tells: Linux' in devnum.c; elsewhere nothing is known by it. */
#ifndef TASMITE_IO_DEVNUM_H
#define TASMITE_IO_DEVNUM_H

#include <stdbool.h>
#include <sys/types.h>

/* The slave of a pseudo-terminal. */
bool devnum_is_pty(dev_t dev);
/* /dev/tty, /dev/console, /dev/ptmx: other names of terminals. */
bool devnum_is_tty_alias(dev_t dev);
/* Has that major and minor number, as /proc/locks tells them. */
bool devnum_is(dev_t dev, unsigned maj, unsigned min);

#endif
