/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file behind the program's own trace. */
#include "tasmite/io/debuglog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/log.h"
#include "tasmite/io/clock.h"
#include "tasmite/io/files.h"

static void sink(void *ctx, const char *room, const char *text)
{
	mono_t now = clock_now();

	fprintf(
	    ctx, "%" PRId64 ".%06" PRId64 " %s: %s\n", now / 1000000, now % 1000000, room, text);
}

/* The one file that the trace goes to. */
static FILE *trace;

int debuglog_open(const char *path, struct err *err)
{
	int fd = files_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, errno, "%s can't be opened for the trace", path);
	trace = fdopen(fd, "a");
	if (!trace) {
		int sys = errno;

		close(fd);
		return err_sys(err, sys, "%s can't be opened for the trace", path);
	}
	setvbuf(trace, NULL, _IOLBF, 0);
	log_set_sink(sink, trace);
	return ERR_OK;
}

void debuglog_close(void)
{
	log_set_sink(NULL, NULL);
	if (trace)
		fclose(trace);
	trace = NULL;
}
