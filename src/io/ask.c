/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A question on the terminal. */
#include "tasmite/io/ask.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static void on_interrupt(int signo)
{
	(void)signo; /* that read() returns is all that it is for */
}

static void tell(const char *text)
{
	/* A prompt that can't be written is no reason not to read the answer. */
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

/* In a terminal's line mode the line ends with its line feed, or with none at Ctrl-D. */
static int read_line(char *dst, size_t size, struct err *err)
{
	bool over = false, any = false;
	size_t n = 0;
	char c = '\0';

	dst[0] = '\0';
	while (c != '\n') {
		ssize_t got = read(STDIN_FILENO, &c, 1);

		if (got < 0 || (got == 0 && !any))
			return err_set(err, ERR_CANCELLED, got < 0 ? errno : 0, "cancelled");
		if (got == 0 || c == '\n')
			break;
		any = true;
		over = over || n + 1 == size;
		if (!over) {
			dst[n++] = c;
			dst[n] = '\0';
		}
	}
	return over ? err_set(err, ERR_RANGE, 0, "that is too long") : ERR_OK;
}

int ask_line(const char *prompt, bool hidden, char *dst, size_t size, struct err *err)
{
	struct sigaction act, old_int, old_term;
	struct termios was, quiet;
	int rc;

	if (tcgetattr(STDIN_FILENO, &was) < 0)
		return err_sys(err, errno, "standard input is no terminal to ask on");
	memset(&act, 0, sizeof(act));
	act.sa_handler = on_interrupt; /* without SA_RESTART */
	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, &old_int);
	sigaction(SIGTERM, &act, &old_term);
	quiet = was;
	if (hidden)
		quiet.c_lflag &= ~(tcflag_t)ECHO;
	tell(prompt);
	if (hidden && tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) < 0)
		rc = err_sys(err, errno, "the terminal can't hide what is typed");
	else
		rc = read_line(dst, size, err);
	if (hidden) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
		tell("\n");
	}
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	return rc;
}
