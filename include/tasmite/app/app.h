/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session: creates every object, owns it, connects them, and runs until the user leaves. */
#ifndef TASMITE_APP_APP_H
#define TASMITE_APP_APP_H

#include <stdbool.h>
#include <stddef.h>

#define APP_MAX_SETS 64

/* What the command line said; strings are borrowed, NULL or false where it said nothing. */
struct app_options {
	const char *port;		/* a device, a link to one, or a profile's name */
	const char *env_port;		/* ESPTOOL_PORT of the environment, where port is NULL */
	const char *config;		/* instead of the user's configuration file */
	const char *sets[APP_MAX_SETS]; /* "name=value", in order */
	int set_count;
	bool log;	      /* --log */
	const char *log_file; /* its FILE, or NULL: a name made of port and time */
	bool show_secrets;
	bool no_color;
	const char *debug_log;
};

/* The port that the configuration names, else the only adapter that is plugged in, for runs without
 * a screen; false when there is neither. */
bool app_default_port(char *port, size_t size);

/* Runs the session on the terminal. Returns the exit code: 0, 1 when it could not start, 2 when an
 * option's value is unusable. When a signal ended it the terminal is restored and the process ends
 * by that signal. */
int app_run(const struct app_options *o);

#endif
