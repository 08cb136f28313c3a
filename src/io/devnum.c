/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device numbers of Linux: its Documentation/admin-guide/devices.txt. */
#define _DEFAULT_SOURCE /* major, minor */
#include "devnum.h"

#include "tasmite/base/platform.h"

#if TASMITE_LINUX
#include <sys/sysmacros.h>

#define MAJOR_PTS_FIRST 136
#define MAJOR_PTS_LAST	143
#define MAJOR_TTY_ALIAS 5

bool devnum_is_pty(dev_t dev)
{
	return major(dev) >= MAJOR_PTS_FIRST && major(dev) <= MAJOR_PTS_LAST;
}

bool devnum_is_tty_alias(dev_t dev)
{
	return major(dev) == MAJOR_TTY_ALIAS;
}

bool devnum_is(dev_t dev, unsigned maj, unsigned min)
{
	return major(dev) == maj && minor(dev) == min;
}

#else

bool devnum_is_pty(dev_t dev)
{
	(void)dev;
	return false;
}

bool devnum_is_tty_alias(dev_t dev)
{
	(void)dev;
	return false;
}

bool devnum_is(dev_t dev, unsigned maj, unsigned min)
{
	(void)dev, (void)maj, (void)min;
	return false;
}
#endif
