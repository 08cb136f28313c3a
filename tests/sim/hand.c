/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hand at the virtual device; see hand.h. */
#define _DEFAULT_SOURCE /* cfmakeraw */
#include "hand.h"

#include "control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define REFRESH_MS   200
#define POWER_OFF_MS 500

static int no_device(const char *path)
{
	fprintf(stderr, "virtual-device: no device answers at %s: %s\n", path, strerror(errno));
	return 1;
}

int sim_hand_once(const char *path, const char *command)
{
	char answer[1024];
	int fd = sim_control_connect(path);
	bool ok;

	if (fd < 0)
		return no_device(path);
	ok = sim_control_ask(fd, command, answer, sizeof(answer));
	close(fd);
	if (!ok) {
		fprintf(stderr, "virtual-device: the device went away\n");
		return 1;
	}
	printf("%s\n", answer);
	return strncmp(answer, "error", 5) == 0;
}

struct hand {
	int fd;
	char state[1024];
	char shown[256];
};

static void nap(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static bool has(const struct hand *h, const char *text)
{
	return strstr(h->state, text) != NULL;
}

/* The value of a text field of the state's JSON. */
static void field(const struct hand *h, const char *name, char *dst, size_t size)
{
	char key[40];
	const char *at;
	size_t n = 0;

	snprintf(key, sizeof(key), "\"%s\":\"", name);
	at = strstr(h->state, key);
	for (at = at ? at + strlen(key) : ""; *at && *at != '"' && n + 1 < size; at++)
		dst[n++] = *at;
	dst[n] = '\0';
}

static bool refresh(struct hand *h)
{
	char mode[24], power[8], line[sizeof(h->shown)];

	if (!sim_control_ask(h->fd, "state", h->state, sizeof(h->state)))
		return false;
	field(h, "mode", mode, sizeof(mode));
	field(h, "power", power, sizeof(power));
	snprintf(line, sizeof(line), "button %-4s  power %-3s  %-9s  %s",
	    has(h, "\"button\":\"down\"") ? "DOWN" : "up", power,
	    has(h, "\"plugged\":true") ? "plugged" : "UNPLUGGED", mode);
	if (strcmp(line, h->shown) == 0)
		return true;
	strcpy(h->shown, line);
	printf("\r\033[K%s", line);
	fflush(stdout);
	return true;
}

static bool tell(struct hand *h, const char *line)
{
	char answer[1024];

	if (!sim_control_ask(h->fd, line, answer, sizeof(answer)))
		return false;
	if (strncmp(answer, "error", 5) == 0) {
		printf("\r\033[K%s\r\n", answer);
		h->shown[0] = '\0';
	}
	return true;
}

static bool enter_loader(struct hand *h)
{
	if (!tell(h, "button down") || !tell(h, "power off") || !refresh(h))
		return false;
	nap(POWER_OFF_MS);
	return tell(h, "power on");
}

static bool cycle_power(struct hand *h)
{
	if (!tell(h, "power off") || !refresh(h))
		return false;
	nap(POWER_OFF_MS);
	return tell(h, "power on");
}

/* False when the device is gone. */
static bool on_key(struct hand *h, char key)
{
	switch (key) {
	case 'b':
		return tell(h, has(h, "\"button\":\"down\"") ? "button up" : "button down");
	case 's':
		return tell(h, "press 1");
	case 'p':
		return tell(h, has(h, "\"power\":\"on\"") ? "power off" : "power on");
	case 'c':
		return cycle_power(h);
	case 'u':
		return tell(h, has(h, "\"plugged\":true") ? "unplug" : "replug");
	case 'l':
		return enter_loader(h);
	default:
		return true;
	}
}

static void menu_loop(struct hand *h)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	char key = 0;

	while (refresh(h)) {
		if (poll(&p, 1, REFRESH_MS) <= 0)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 3 || key == 4)
			return;
		if (!on_key(h, key))
			break;
	}
	printf("\r\n(the device is gone)");
}

int sim_hand_menu(const char *path)
{
	struct hand h = {.fd = sim_control_connect(path)};
	struct termios saved, raw;
	bool tty = tcgetattr(STDIN_FILENO, &saved) == 0;

	if (h.fd < 0)
		return no_device(path);
	if (tty) {
		raw = saved;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	printf("The hand at the virtual Sonoff\r\n"
	       "  l  hold the button and cycle the power (into the boot loader)\r\n"
	       "  b  button down / up        s  short press\r\n"
	       "  p  power off / on          c  cycle the power\r\n"
	       "  u  unplug / replug         q  leave\r\n");
	menu_loop(&h);
	printf("\r\n");
	fflush(stdout);
	if (tty)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	close(h.fd);
	return 0;
}
