/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rate that the host has set on a pty's slave. Alone in its file: the kernel's struct
 * termios2, which holds rates of any size, cannot be had together with <termios.h>. */
#define _GNU_SOURCE /* asm/termbits.h's neighbours */
#include "pty_front.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <sys/ioctl.h>

bool sim_pty_hupcl(const struct sim_pty *p)
{
	struct termios2 t;

	return p->fd >= 0 && ioctl(p->fd, TCGETS2, &t) == 0 && (t.c_cflag & HUPCL);
}

uint32_t sim_pty_rate(const struct sim_pty *p)
{
	struct termios2 t;

	/* Asked of the master, the kernel tells the slave's settings. */
	if (p->fd < 0 || ioctl(p->fd, TCGETS2, &t) < 0)
		return 0;
	return t.c_ospeed;
}
