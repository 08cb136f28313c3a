/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Line settings of a tty by struct termios2, which takes any rate. A file of its own, because the
 * kernel's <asm/termbits.h> and the C library's <termios.h> define the same names differently.
 */
#ifndef TASMITE_IO_TERMIOS2_H
#define TASMITE_IO_TERMIOS2_H

struct transport_line;

/* Raw mode with that rate and format, at once: what has arrived or is queued stays. HUPCL is
 * cleared. Returns 0 or an errno value. */
int termios2_apply(int fd, const struct transport_line *line);
/* After libserialport has set rate and format: flow control (0.1.1 sets RTS/CTS in the wrong word
 * of the settings), no IXANY, no HUPCL, breaks ignored, an empty read says EAGAIN. Changes nothing
 * where all is right. Returns 0 or an errno value. */
int termios2_finish(int fd, const struct transport_line *line);
/* Clears HUPCL alone: from now on a close, of a killed program too, leaves DTR and RTS as they are.
 * Returns 0 or an errno value. */
int termios2_keep_lines(int fd);
/* What the tty is set to now. Returns 0 or an errno value. */
int termios2_read(int fd, struct transport_line *line);

#endif
