/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The terminal is given back whatever happens: fatal signals and x* failures come here. Only
 * async-signal-safe calls.
 */
#include "app_int.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tasmite/base/xalloc.h"

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
static struct termios saved;
static volatile sig_atomic_t armed;
static struct capture *recording[APP_RECORDS]; /* what is to be written at the last moment */

static void say(const char *s)
{
	if (write(STDERR_FILENO, s, strlen(s)) < 0)
		return;
}

/* Leaves the alternate screen, shows the cursor, plain colours, no mouse, no bracketed paste, the
 * plain cursor keys: the sequences that every terminal this program runs on understands or ignores (xterm's set). */
static void give_back(void)
{
	if (!armed)
		return;
	armed = 0;
	say("\033[?1002l\033[?1006l\033[?1007h\033[?1007r\033[?2004l\033[?1l\033>\033[0m\033[?"
	    "25h\033[?1049l\r\n");
	tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

static void rescue(void)
{
	for (int i = 0; i < APP_RECORDS; i++) {
		struct capture *c = recording[i];

		recording[i] = NULL; /* once, even if it ends in another signal */
		if (c)
			capture_rescue(c);
	}
}

static void on_fatal(int signo)
{
	give_back();
	rescue();
	say("tasmite: internal error, the session ends here (the recording is kept). Please report "
	    "it.\n");
	signal(signo, SIG_DFL);
	raise(signo);
}

static void on_die(void *ctx)
{
	(void)ctx;
	give_back();
	rescue();
}

void crash_keep(int slot, struct capture *c)
{
	recording[slot] = c;
}

void crash_guard(bool screen)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_fatal;
	sigemptyset(&sa.sa_mask);
	sa.sa_flags = (int)SA_RESETHAND;
	armed = screen;
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		sigaction(fatal[i], &sa, NULL);
	xalloc_set_die_hook(on_die, NULL);
}

void crash_unguard(void)
{
	armed = 0;
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], SIG_DFL);
	xalloc_set_die_hook(NULL, NULL);
}

void crash_remember(void)
{
	if (tcgetattr(STDIN_FILENO, &saved) != 0)
		memset(&saved, 0, sizeof(saved));
}
