/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What carries bytes to and from a device. Every function is implemented by every transport:
 * what it can't do is ERR_NOTSUP, never a NULL pointer. Nothing here blocks.
 */
#ifndef TASMITE_IO_TRANSPORT_H
#define TASMITE_IO_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tasmite/base/err.h"

enum transport_cap {
	TRANSPORT_HAS_BAUD = 1,	 /* the rate means something */
	TRANSPORT_HAS_MODEM = 2, /* DTR, RTS and the inputs exist */
	TRANSPORT_HAS_BREAK = 4
};

/* A bit of want() beside enum loop_interest: the other side asked for no more data, and will say when
 * it takes some again. A write that answers ERR_AGAIN is then tried again after the next read;
 * waiting for room would not wait at all. */
#define TRANSPORT_HELD 4

enum transport_parity { PARITY_NONE = 'N', PARITY_EVEN = 'E', PARITY_ODD = 'O' };
enum transport_flow { FLOW_NONE, FLOW_RTSCTS, FLOW_XONXOFF };

struct transport_line {
	uint32_t baud; /* bits per second, any value */
	uint8_t bits;  /* 5..8 */
	char parity;   /* enum transport_parity */
	uint8_t stop;  /* 1 or 2 */
	uint8_t flow;  /* enum transport_flow */
};

/* Bits of the modem lines. */
enum transport_modem {
	MODEM_DTR = 1,
	MODEM_RTS = 2,
	MODEM_CTS = 4,
	MODEM_DSR = 8,
	MODEM_DCD = 16,
	MODEM_RI = 32
};

/* What to do with DTR or RTS when a port is opened. */
enum opener_line {
	OPENER_AUTO, /* cleared; on native USB (vendor 303A), where set lines are "idle": asserted */
	OPENER_ON,
	OPENER_OFF,
	OPENER_KEEP /* as the system left it */
};

struct transport;

struct transport_ops {
	const char *kind; /* "pty", "serial", "tcp", "rfc2217" */
	/* The descriptor for the loop, and what to watch it for now (enum loop_interest bits):
	 * LOOP_WRITE when the transport itself holds something to be sent, which any read or write
	 * pushes on. */
	int (*fd)(const struct transport *t);
	int (*want)(const struct transport *t);
	/* Bytes read (> 0), ERR_AGAIN when there are none now, ERR_GONE when the device went away,
	 * another enum err_code with err. Never 0. */
	ssize_t (*read)(struct transport *t, void *dst, size_t n, struct err *err);
	/* Bytes taken (> 0), ERR_AGAIN, ERR_GONE, another enum err_code. */
	ssize_t (*write)(struct transport *t, const void *src, size_t n, struct err *err);
	/* Sets rate and format; *got (may be NULL) is what the system reports afterwards. */
	int (*set_line)(struct transport *t, const struct transport_line *line,
	    struct transport_line *got, struct err *err);
	/* Both output lines in one call; bits of MODEM_DTR|MODEM_RTS that are asserted. */
	int (*set_modem)(struct transport *t, unsigned lines, struct err *err);
	int (*get_modem)(struct transport *t, unsigned *lines, struct err *err);
	/* Throws away what is queued in the system, for input and/or output. */
	int (*purge)(struct transport *t, bool input, bool output, struct err *err);
	/* Bytes that the system still holds for sending (0 where that can't be known). */
	int (*pending)(struct transport *t, size_t *bytes, struct err *err);
	/* Begins or ends a break (the line held at 0); whoever begins one ends it, by a timer of the
	 * loop: nothing here waits. Closing ends it too. */
	int (*set_break)(struct transport *t, bool on, struct err *err);
	/* Closes and frees. */
	void (*close)(struct transport *t);
};

/* Every transport begins with this. */
struct transport {
	const struct transport_ops *ops;
	unsigned caps;	 /* enum transport_cap */
	char name[256];	 /* as the user named it */
	char path[256];	 /* what was opened, links resolved */
	char about[128]; /* description for people ("pseudo-terminal") */
};

/* Opens what the name stands for on this machine (see ports_resolve): a tty by tr_serial, a
 * pseudo-terminal by tr_pty; lines as OPENER_AUTO has them. The error text says what it is and what
 * to do. ERR_AGAIN: the node came a moment ago and the system hasn't set its permissions yet: try
 * again soon; after a second it is ERR_PERM. ERR_NOTSUP for names with "://". */
struct transport *transport_open(
    const char *name, const struct transport_line *line, struct err *err);

/* The same with a say on the lines, and (exclusive false) without a lock. */
struct transport *transport_open_as(const char *name, const struct transport_line *line,
    enum opener_line dtr, enum opener_line rts, bool exclusive, struct err *err);

/* tr_pty.c: opens a pseudo-terminal or any tty node raw (no library), any rate (Linux). */
struct transport *tr_pty_open(const char *name, const struct transport_line *line, struct err *err);

/* tr_serial.c: opens the tty at path (no link, listed in /sys/class/tty) by libserialport, takes it
 * for this program alone (flock, TIOCEXCL) and sets both lines in one call. name: as the user named
 * it. Errors as transport_open; ERR_BUSY says who holds it. */
struct transport *tr_serial_open(const char *name, const char *path,
    const struct transport_line *line, enum opener_line dtr, enum opener_line rts, struct err *err);
/* The same without a lock, beside other programs that have it open. */
struct transport *tr_serial_open_shared(const char *name, const char *path,
    const struct transport_line *line, enum opener_line dtr, enum opener_line rts, struct err *err);
/* Whether tr_serial opens that path (no link): it is in /sys/class/tty. */
bool tr_serial_knows(const char *path);

/* "115200 8N1" */
const char *transport_line_text(const struct transport_line *line, char *dst, size_t size);
/* "8N1", "7e2" → fields of line; false when it can't be understood. */
bool transport_line_parse_format(const char *s, struct transport_line *line);

#endif
