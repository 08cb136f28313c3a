/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sub-commands without a screen. Each gets its own name as argv[0] and returns the program's
 * exit code: 0 good, 1 a problem was found or the work failed, 2 usage, 3 nothing recognised,
 * 4 port, 5 cancelled. Results go to standard output, messages to standard error. */
#ifndef TASMITE_APP_CLI_H
#define TASMITE_APP_CLI_H

enum cli_exit {
	CLI_GOOD = 0,
	CLI_PROBLEM = 1,
	CLI_USAGE = 2,
	CLI_UNKNOWN = 3,
	CLI_PORT = 4,
	CLI_CANCELLED = 5
};

/* image [--json] FILE... : what each file is. With --json one object a file, a line each. */
int cli_image(int argc, char **argv);

#endif
