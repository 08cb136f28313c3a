/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session: creates every object, owns it, connects them, and runs until the user leaves. */
#ifndef TASMITE_APP_APP_H
#define TASMITE_APP_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APP_MAX_SETS 64

/* How a run without a screen is wanted. */
struct app_plain_options {
	bool on;	       /* --plain */
	bool stamp, stamp_iso; /* --stamp: the time of day; the date too */
	bool color;	       /* the device's colours go on */
	bool wait;	       /* a port that is away is waited for */
	const char *send[APP_MAX_SETS];
	int send_count;
	const char *until;
	int64_t timeout_us, exit_after_us; /* 0: none */
};

/* What the command line said; strings are borrowed, NULL or false where it said nothing. */
struct app_options {
	const char *port;		/* a device, a link to one, or a profile's name */
	const char *env_port;		/* ESPTOOL_PORT of the environment, where port is NULL */
	const char *config;		/* instead of the user's configuration file */
	const char *sets[APP_MAX_SETS]; /* "name=value", in order */
	int set_count;
	bool log;	      /* --log */
	const char *log_file; /* its FILE, or NULL: a name made of port and time */
	bool log_raw;	      /* --log-raw */
	const char *log_raw_file;
	struct app_plain_options plain;
	const char *replay;   /* a recording to be played instead of opening a port */
	int64_t replay_speed; /* in thousandths of its own; 0: as fast as it goes; -1: not said */
	bool show_secrets;
	bool no_color;
	const char *debug_log;
};

/* What the configuration says to runs without a screen. */
struct app_defaults {
	char port[512];
	uint32_t baud;
};

/* The port: `named`, which may be a profile (NULL: env_port, then the configuration's, then the only
 * adapter that is plugged in), and the rate. False when there is no port. Mistakes in the files are
 * told on standard error. value (may be NULL) gets the values for scripts, the profile's first. */
bool app_defaults(const char *named, const char *env_port, struct app_defaults *d,
    void (*value)(void *ctx, const char *name, const char *text), void *ctx);
/* The port that the configuration names, else the only adapter that is plugged in, for runs without
 * a screen; false when there is neither. */
bool app_default_port(char *port, size_t size);

/* Runs the session on the terminal, or without a screen. Returns the exit code: 0, 1 when it could
 * not start, 2 when an option's value is unusable; without a screen also 1 when --until was not seen, 4
 * when the port is not to be had, 5 when it was interrupted. When a signal ended it the terminal is restored and the process ends
 * by that signal. */
int app_run(const struct app_options *o);

#endif
