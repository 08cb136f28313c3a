/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Line settings by struct termios2: see ioctl_tty(2), TCGETS2 and BOTHER. Linux only. */
#include "ttyset.h"

#include "tasmite/base/platform.h"

#if TASMITE_LINUX
#include <asm/termbits.h>
#include <errno.h>
#include <linux/serial.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tasmite/io/transport.h"

static const tcflag_t sizes[] = {CS5, CS6, CS7, CS8};

static tcflag_t control_flags(const struct transport_line *line)
{
	/* CLOCAL: modem inputs never hang up or block. No HUPCL: a close leaves DTR and RTS, and
	 * with them the board's reset circuit, alone. */
	tcflag_t flags = BOTHER | CREAD | CLOCAL | sizes[line->bits - 5];

	if (line->stop == 2)
		flags |= CSTOPB;
	if (line->parity != PARITY_NONE)
		flags |= PARENB;
	if (line->parity == PARITY_ODD)
		flags |= PARODD;
	if (line->flow == FLOW_RTSCTS)
		flags |= CRTSCTS;
	return flags;
}

int ttyset_apply(int fd, const struct transport_line *line)
{
	struct termios2 tio;

	memset(&tio, 0, sizeof(tio));
	if (ioctl(fd, TCGETS2, &tio) < 0)
		return errno;
	tio.c_iflag = IGNBRK;
	if (line->flow == FLOW_XONXOFF)
		tio.c_iflag |= IXON | IXOFF;
	tio.c_oflag = 0;
	tio.c_lflag = 0;
	tio.c_cflag = control_flags(line);
	tio.c_ispeed = line->baud;
	tio.c_ospeed = line->baud;
	/* With VMIN 1 a non-blocking read says EAGAIN when there is nothing, so that 0 is left to
	 * mean a tty that was hung up. */
	tio.c_cc[VMIN] = 1;
	tio.c_cc[VTIME] = 0;
	return ioctl(fd, TCSETS2, &tio) < 0 ? errno : 0;
}

int ttyset_finish(int fd, const struct transport_line *line)
{
	struct termios2 tio, was;

	if (ioctl(fd, TCGETS2, &tio) < 0)
		return errno;
	was = tio;
	tio.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY | CRTSCTS);
	tio.c_iflag |= IGNBRK;
	if (line->flow == FLOW_XONXOFF)
		tio.c_iflag |= IXON | IXOFF;
	tio.c_cflag &= ~(tcflag_t)(CRTSCTS | HUPCL);
	tio.c_cflag |= CREAD | CLOCAL;
	if (line->flow == FLOW_RTSCTS)
		tio.c_cflag |= CRTSCTS;
	tio.c_cc[VMIN] = 1;
	tio.c_cc[VTIME] = 0;
	if (tio.c_iflag == was.c_iflag && tio.c_cflag == was.c_cflag &&
	    tio.c_cc[VMIN] == was.c_cc[VMIN] && tio.c_cc[VTIME] == was.c_cc[VTIME])
		return 0;
	return ioctl(fd, TCSETS2, &tio) < 0 ? errno : 0;
}

int ttyset_keep_lines(int fd)
{
	struct termios2 tio;

	if (ioctl(fd, TCGETS2, &tio) < 0)
		return errno;
	if (!(tio.c_cflag & HUPCL))
		return 0;
	tio.c_cflag &= ~(tcflag_t)HUPCL;
	return ioctl(fd, TCSETS2, &tio) < 0 ? errno : 0;
}

int ttyset_read(int fd, struct transport_line *line)
{
	struct termios2 tio;

	if (ioctl(fd, TCGETS2, &tio) < 0)
		return errno;
	memset(line, 0, sizeof(*line));
	line->baud = tio.c_ospeed;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if ((tio.c_cflag & CSIZE) == sizes[i])
			line->bits = (uint8_t)(5 + i);
	line->parity = PARITY_NONE;
	if (tio.c_cflag & PARENB)
		line->parity = tio.c_cflag & PARODD ? PARITY_ODD : PARITY_EVEN;
	line->stop = tio.c_cflag & CSTOPB ? 2 : 1;
	line->flow = FLOW_NONE;
	if (tio.c_cflag & CRTSCTS)
		line->flow = FLOW_RTSCTS;
	else if (tio.c_iflag & IXON)
		line->flow = FLOW_XONXOFF;
	return 0;
}

int ttyset_low_latency(int fd)
{
	struct serial_struct serial;

	if (ioctl(fd, TIOCGSERIAL, &serial) < 0)
		return errno;
	if (serial.flags & ASYNC_LOW_LATENCY)
		return 0;
	serial.flags |= ASYNC_LOW_LATENCY;
	return ioctl(fd, TIOCSSERIAL, &serial) < 0 ? errno : 0;
}
#endif
