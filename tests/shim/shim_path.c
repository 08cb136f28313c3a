/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where things really are; see shim.h. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "shim.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void *shim_next(const char *name)
{
	void *fn = dlsym(RTLD_NEXT, name);

	if (!fn) {
		static const char text[] = "shim: libc lacks a function\n";

		if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
			_exit(126);
		_exit(127);
	}
	return fn;
}

static ssize_t real_readlink(const char *path, char *dst, size_t size)
{
	NEXT(ssize_t, "readlink", const char *, char *, size_t);
	return next(path, dst, size);
}

int shim_real_open(const char *path, int flags, mode_t mode)
{
	NEXT(int, "open", const char *, int, ...);
	return next(path, flags, mode);
}

static char *real_realpath(const char *path, char *dst)
{
	NEXT(char *, "realpath", const char *, char *);
	return next(path, dst);
}

static DIR *real_opendir(const char *path)
{
	NEXT(DIR *, "opendir", const char *);
	return next(path);
}

const char *shim_dir(void)
{
	static char dir[PATH_MAX];
	static bool known;

	if (!known) {
		const char *env = getenv("TASMITE_SHIM");

		if (!env || !*env || !real_realpath(env, dir))
			dir[0] = '\0';
		known = true;
	}
	return dir[0] ? dir : NULL;
}

/* The part of /dev and /sys that is ours. What begins like these is, too: ttyUSB0, usb-serial. */
static bool is_ours(const char *path)
{
	static const char *const begin[] = {"/dev/ttyUSB", "/dev/ttyACM", "/sys/class/tty",
	    "/sys/bus/usb", "/sys/devices/platform/shim-hcd"};

	if (strcmp(path, "/dev") == 0 || strcmp(path, "/dev/") == 0)
		return true;
	if (strncmp(path, "/dev/serial", 11) == 0 && (path[11] == '/' || !path[11]))
		return true;
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (strncmp(path, begin[i], strlen(begin[i])) == 0)
			return true;
	return false;
}

const char *shim_map(const char *path, char buf[PATH_MAX])
{
	const char *dir = shim_dir();

	if (!dir || !path || !is_ours(path))
		return path;
	if ((size_t)snprintf(buf, PATH_MAX, "%s%s", dir, path) >= PATH_MAX)
		return path;
	return buf;
}

/* A link elsewhere that points to a node of ours: the kernel would look for the real one. */
static const char *follow(const char *path, char target[PATH_MAX])
{
	ssize_t n = real_readlink(path, target, PATH_MAX - 1);

	if (n <= 0)
		return path;
	target[n] = '\0';
	return is_ours(target) ? target : path;
}

bool shim_node(const char *path, char name[32])
{
	char target[PATH_MAX], mapped[PATH_MAX], real[PATH_MAX];
	const char *dir = shim_dir(), *at;
	size_t n;
	int saved = errno;

	if (!dir || !path)
		return false;
	if (!is_ours(path))
		path = follow(path, target);
	at = shim_map(path, mapped);
	if (at != mapped || !real_realpath(at, real)) {
		errno = saved;
		return false;
	}
	n = strlen(dir);
	if (strncmp(real, dir, n) != 0 || strncmp(real + n, "/dev/tty", 8) != 0 ||
	    strlen(real + n + 5) >= 32)
		return false;
	strcpy(name, real + n + 5);
	return strchr(name, '/') == NULL;
}

static void take_line(struct shim_adapter *a, char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "pty=", 4) == 0)
		snprintf(a->pty, sizeof(a->pty), "%s", line + 4);
	else if (strncmp(line, "control=", 8) == 0)
		snprintf(a->control, sizeof(a->control), "%s", line + 8);
	else if (strncmp(line, "driver=", 7) == 0)
		snprintf(a->driver, sizeof(a->driver), "%s", line + 7);
}

bool shim_adapter_read(const char *name, struct shim_adapter *a)
{
	char path[PATH_MAX], text[2048], *save, *line;
	const char *dir = shim_dir();
	ssize_t n;
	int fd;

	if (!dir ||
	    (size_t)snprintf(path, sizeof(path), "%s/adapters/%s", dir, name) >= sizeof(path))
		return false;
	fd = shim_real_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	memset(a, 0, sizeof(*a));
	snprintf(a->name, sizeof(a->name), "%s", name);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_line(a, line);
	return a->pty[0] != '\0';
}

bool shim_adapter_of_pts(unsigned n, struct shim_adapter *a)
{
	char path[PATH_MAX], pty[64];
	const char *dir = shim_dir();
	const struct dirent *e;
	bool found = false;
	int saved = errno;
	DIR *d;

	if (!dir || (size_t)snprintf(path, sizeof(path), "%s/adapters", dir) >= sizeof(path))
		return false;
	snprintf(pty, sizeof(pty), "/dev/pts/%u", n);
	d = real_opendir(path);
	while (d && !found && (e = readdir(d)) != NULL)
		found = e->d_name[0] != '.' && shim_adapter_read(e->d_name, a) &&
			strcmp(a->pty, pty) == 0;
	if (d)
		closedir(d);
	errno = saved;
	return found;
}

/* Documentation/admin-guide/devices.txt: 188 are USB serial adapters, 166 CDC-ACM. */
dev_t shim_rdev(const char *name)
{
	return makedev(strncmp(name, "ttyACM", 6) == 0 ? 166 : 188,
	    (unsigned)strtoul(name + strcspn(name, "0123456789"), NULL, 10));
}

bool shim_permits(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "/dev/%.31s", name);
	return shim_real_stat(path, &st) == 0 && (st.st_mode & 0060) == 0060;
}
