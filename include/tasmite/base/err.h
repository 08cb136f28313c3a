/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors of the environment: a negative code as return value, and the words for the user in a
 * struct err. A message says what happened, to which object, why, and what to try.
 */
#ifndef TASMITE_BASE_ERR_H
#define TASMITE_BASE_ERR_H

enum err_code {
	ERR_OK = 0,
	ERR_FAIL = -1,	 /* did not work, see the text */
	ERR_NOTSUP = -2, /* this object can't do that */
	ERR_AGAIN = -3,	 /* not now; nothing was changed */
	ERR_INVAL = -4,	 /* the caller's argument or the user's input is unusable */
	ERR_RANGE = -5,	 /* a number or size is out of its range */
	ERR_NOENT = -6,	 /* no such file, port, name */
	ERR_PERM = -7,	 /* not permitted */
	ERR_BUSY = -8,	 /* held by somebody else */
	ERR_GONE = -9,	 /* the port or peer went away */
	ERR_IO = -10,	 /* the system reported a fault; see sys */
	ERR_NOMEM = -11, /* a bounded container is full */
	ERR_TIMEOUT = -12,
	ERR_CANCELLED = -13,
	ERR_FORMAT = -14 /* data does not have the expected form */
};

struct err {
	int code; /* enum err_code */
	int sys;  /* errno at the time, or 0 */
	char text[400];
};

/* Fills e (which may be NULL) and returns code. Names in the text may be anybody's: control characters
 * and what is no UTF-8 become '?', so that a terminal can be shown it. sys is an errno value or 0; its text is not
 * appended by itself. Overlong text is cut at a UTF-8 boundary. */
int err_set(struct err *e, int code, int sys, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The enum err_code that fits an errno value best. */
int err_from_errno(int sys);

/* Like err_set with the code of err_from_errno(sys) and ": <strerror>" appended. */
int err_sys(struct err *e, int sys, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
