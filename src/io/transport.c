/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a port's name to its transport, and a line's settings as text. */
#include "tasmite/io/transport.h"

#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/io/ports.h"

struct transport *transport_open(
    const char *name, const struct transport_line *line, struct err *err)
{
	return transport_open_as(name, line, OPENER_AUTO, OPENER_AUTO, true, err);
}

struct transport *transport_open_as(const char *name, const struct transport_line *line,
    enum opener_line dtr, enum opener_line rts, bool exclusive, struct err *err)
{
	char path[sizeof(((struct transport *)0)->path)];
	struct transport *t;
	struct err why = {0};

	if (strstr(name, "://")) {
		err_set(err, ERR_NOTSUP, 0,
		    "%s is a port on the network: it can't be opened at once", name);
		return NULL;
	}
	if (ports_resolve(name, path, sizeof(path), err) < 0)
		return NULL;
	if (tr_serial_knows(path)) {
		t = exclusive ? tr_serial_open(name, path, line, dtr, rts, &why)
			      : tr_serial_open_shared(name, path, line, dtr, rts, &why);
		if (t || why.code != ERR_NOTSUP) {
			if (!t && err)
				*err = why;
			return t;
		}
		/* A tty that is none for the library, such as a USB gadget's: openly then. */
	}
	/* It follows links by itself; its errors are to speak of what the user wrote. */
	t = tr_pty_open(strchr(name, '/') ? name : path, line, err);
	if (t)
		str_copy(t->name, sizeof(t->name), name);
	return t;
}

const char *transport_line_text(const struct transport_line *line, char *dst, size_t size)
{
	str_fmt(dst, size, "%lu %u%c%u", (unsigned long)line->baud, line->bits, line->parity,
	    line->stop);
	return dst;
}

bool transport_line_parse_format(const char *s, struct transport_line *line)
{
	static const char parities[] = "NEOneo";
	const char *parity;

	if (strlen(s) != 3 || s[0] < '5' || s[0] > '8' || (s[2] != '1' && s[2] != '2'))
		return false;
	parity = strchr(parities, s[1]);
	if (!parity)
		return false;
	line->bits = (uint8_t)(s[0] - '0');
	line->parity = parities[(parity - parities) % 3];
	line->stop = (uint8_t)(s[2] - '0');
	return true;
}
