/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Line settings of a tty. On Linux by struct termios2, which takes any rate (termios2.c; a file of its
 * own, because the kernel's <asm/termbits.h> and the C library's <termios.h> define the same names
 * differently); elsewhere by termios (ttyset_posix.c), with the rates that the system has names for.
 */
#ifndef TASMITE_IO_TTYSET_H
#define TASMITE_IO_TTYSET_H

struct transport_line;

/* Raw mode with that rate and format, at once: what has arrived or is queued stays. HUPCL is
 * cleared. Returns 0 or an errno value. */
int ttyset_apply(int fd, const struct transport_line *line);
/* After libserialport has set rate and format: flow control (0.1.1 sets RTS/CTS in the wrong word
 * of the settings), no IXANY, no HUPCL, breaks ignored, an empty read says EAGAIN. Changes nothing
 * where all is right. Returns 0 or an errno value. */
int ttyset_finish(int fd, const struct transport_line *line);
/* Clears HUPCL alone: from now on a close, of a killed program too, leaves DTR and RTS as they are.
 * Returns 0 or an errno value. */
int ttyset_keep_lines(int fd);
/* What the tty is set to now. Returns 0 or an errno value. */
int ttyset_read(int fd, struct transport_line *line);
/* Has an adapter hand over bytes at once where its driver can: an FTDI keeps short answers for up to
 * 16 ms otherwise. Returns 0 (also where it is so already) or an errno value. */
int ttyset_low_latency(int fd);

#endif
