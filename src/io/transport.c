/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a port's name to its transport, and a line's settings as text. */
#include "tasmite/io/transport.h"

#include <string.h>

#include "tasmite/base/str.h"

struct transport *transport_open(
    const char *name, const struct transport_line *line, struct err *err)
{
	if (!*name) {
		err_set(err, ERR_INVAL, 0, "no port was named");
		return NULL;
	}
	if (strstr(name, "://")) {
		err_set(err, ERR_NOTSUP, 0,
		    "%s: ports on the network are not supported; name a device such as "
		    "/dev/ttyUSB0",
		    name);
		return NULL;
	}
	return tr_pty_open(name, line, err);
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
