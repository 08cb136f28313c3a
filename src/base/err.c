/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors of the environment: code, errno and the words for the user. */
#include "tasmite/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "tasmite/base/str.h"

int err_set(struct err *e, int code, int sys, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		e->code = code;
		e->sys = sys;
		va_start(ap, fmt);
		str_vfmt(e->text, sizeof(e->text), fmt, ap);
		va_end(ap);
		str_clean(e->text, false);
	}
	return code;
}

int err_from_errno(int sys)
{
	switch (sys) {
	case 0:
		return ERR_OK;
	case ENOENT:
	case ENOTDIR:
		return ERR_NOENT;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_PERM;
	case EBUSY:
		return ERR_BUSY;
	case EAGAIN:
	case EINTR:
		return ERR_AGAIN;
	case EINVAL:
		return ERR_INVAL;
	case ENOTTY:
	case ENOSYS:
	case EOPNOTSUPP:
		return ERR_NOTSUP;
	case ENODEV:
	case ENXIO:
	case EPIPE:
	case ECONNRESET:
		return ERR_GONE;
	case ETIMEDOUT:
		return ERR_TIMEOUT;
	default:
		return ERR_IO;
	}
}

int err_sys(struct err *e, int sys, const char *fmt, ...)
{
	va_list ap;
	int code = err_from_errno(sys);

	if (e) {
		e->code = code;
		e->sys = sys;
		va_start(ap, fmt);
		str_vfmt(e->text, sizeof(e->text), fmt, ap);
		va_end(ap);
		str_cat(e->text, sizeof(e->text), ": ");
		str_cat(e->text, sizeof(e->text), strerror(sys));
		str_clean(e->text, false);
	}
	return code;
}
