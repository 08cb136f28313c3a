/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file in memory; where there is no memfd_create(2), one without a name in /tmp. */
#define _GNU_SOURCE /* memfd_create */
#include "memfile.h"

#include <unistd.h>

#include "tasmite/base/platform.h"

#if TASMITE_LINUX
#include <sys/mman.h>

FILE *memfile_new(void)
{
	int fd = memfd_create("tasmite", MFD_CLOEXEC);
	FILE *f = fd >= 0 ? fdopen(fd, "w+") : NULL;

	if (fd >= 0 && !f)
		close(fd);
	return f;
}

#else
#include <fcntl.h>

FILE *memfile_new(void)
{
	FILE *f = tmpfile();

	if (f)
		(void)fcntl(fileno(f), F_SETFD, FD_CLOEXEC);
	return f;
}
#endif
