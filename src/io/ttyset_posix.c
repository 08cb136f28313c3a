/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Line settings by termios, where there is no struct termios2: rates that have a name, and on systems
 * whose names are the rates themselves (the BSDs, macOS) any rate that the driver takes. */
#define _DEFAULT_SOURCE /* CRTSCTS, rates beyond POSIX */
#include "ttyset.h"

#include "tasmite/base/platform.h"

#if !TASMITE_LINUX
#include <errno.h>
#include <string.h>
#include <termios.h>

#include "tasmite/io/transport.h"

static const tcflag_t sizes[] = {CS5, CS6, CS7, CS8};

static const struct {
	uint32_t rate;
	speed_t name;
} rates[] = {
    {50, B50},
    {75, B75},
    {110, B110},
    {134, B134},
    {150, B150},
    {200, B200},
    {300, B300},
    {600, B600},
    {1200, B1200},
    {1800, B1800},
    {2400, B2400},
    {4800, B4800},
    {9600, B9600},
    {19200, B19200},
    {38400, B38400},
#ifdef B57600
    {57600, B57600},
#endif
#ifdef B115200
    {115200, B115200},
#endif
#ifdef B230400
    {230400, B230400},
#endif
#ifdef B460800
    {460800, B460800},
#endif
#ifdef B921600
    {921600, B921600},
#endif
#ifdef B1000000
    {1000000, B1000000},
#endif
#ifdef B1500000
    {1500000, B1500000},
#endif
#ifdef B2000000
    {2000000, B2000000},
#endif
#ifdef B3000000
    {3000000, B3000000},
#endif
};

/* Where B38400 is 38400, a rate is its own name. */
static bool name_of(uint32_t rate, speed_t *name)
{
	if (B38400 == 38400) {
		*name = (speed_t)rate;
		return true;
	}
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (rates[i].rate == rate) {
			*name = rates[i].name;
			return true;
		}
	return false;
}

static uint32_t rate_of(speed_t name)
{
	if (B38400 == 38400)
		return (uint32_t)name;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (rates[i].name == name)
			return rates[i].rate;
	return 0;
}

static void set_flow(struct termios *tio, const struct transport_line *line)
{
	tio->c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY);
	if (line->flow == FLOW_XONXOFF)
		tio->c_iflag |= IXON | IXOFF;
#ifdef CRTSCTS
	tio->c_cflag &= ~(tcflag_t)CRTSCTS;
	if (line->flow == FLOW_RTSCTS)
		tio->c_cflag |= CRTSCTS;
#endif
	/* With VMIN 1 a non-blocking read says EAGAIN when there is nothing. */
	tio->c_cc[VMIN] = 1;
	tio->c_cc[VTIME] = 0;
}

int ttyset_apply(int fd, const struct transport_line *line)
{
	struct termios tio;
	speed_t name;

	if (!name_of(line->baud, &name))
		return EINVAL;
	if (tcgetattr(fd, &tio) < 0)
		return errno;
	tio.c_iflag = IGNBRK;
	tio.c_oflag = 0;
	tio.c_lflag = 0;
	tio.c_cflag = CREAD | CLOCAL | sizes[line->bits - 5];
	if (line->stop == 2)
		tio.c_cflag |= CSTOPB;
	if (line->parity != PARITY_NONE)
		tio.c_cflag |= PARENB;
	if (line->parity == PARITY_ODD)
		tio.c_cflag |= PARODD;
	set_flow(&tio, line);
	if (cfsetispeed(&tio, name) < 0 || cfsetospeed(&tio, name) < 0)
		return errno;
	return tcsetattr(fd, TCSANOW, &tio) < 0 ? errno : 0;
}

int ttyset_finish(int fd, const struct transport_line *line)
{
	struct termios tio;

	if (tcgetattr(fd, &tio) < 0)
		return errno;
	tio.c_iflag |= IGNBRK;
	tio.c_cflag &= ~(tcflag_t)HUPCL;
	tio.c_cflag |= CREAD | CLOCAL;
	set_flow(&tio, line);
	return tcsetattr(fd, TCSANOW, &tio) < 0 ? errno : 0;
}

int ttyset_keep_lines(int fd)
{
	struct termios tio;

	if (tcgetattr(fd, &tio) < 0)
		return errno;
	if (!(tio.c_cflag & HUPCL))
		return 0;
	tio.c_cflag &= ~(tcflag_t)HUPCL;
	return tcsetattr(fd, TCSANOW, &tio) < 0 ? errno : 0;
}

int ttyset_read(int fd, struct transport_line *line)
{
	struct termios tio;

	if (tcgetattr(fd, &tio) < 0)
		return errno;
	memset(line, 0, sizeof(*line));
	line->baud = rate_of(cfgetospeed(&tio));
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if ((tio.c_cflag & CSIZE) == sizes[i])
			line->bits = (uint8_t)(5 + i);
	line->parity = PARITY_NONE;
	if (tio.c_cflag & PARENB)
		line->parity = tio.c_cflag & PARODD ? PARITY_ODD : PARITY_EVEN;
	line->stop = tio.c_cflag & CSTOPB ? 2 : 1;
	line->flow = tio.c_iflag & IXON ? FLOW_XONXOFF : FLOW_NONE;
#ifdef CRTSCTS
	if (tio.c_cflag & CRTSCTS)
		line->flow = FLOW_RTSCTS;
#endif
	return 0;
}

int ttyset_low_latency(int fd)
{
	(void)fd;
	return ENOTSUP;
}
#endif
