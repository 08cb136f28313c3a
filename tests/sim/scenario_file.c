/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds and reads scenario files; see scenario_file.h. */
#include "scenario_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCENARIO_MAX 262144

static FILE *open_in(const char *dir, const char *name, const char *suffix)
{
	char path[2 * PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffix) >= (int)sizeof(path))
		return NULL;
	return fopen(path, "r");
}

/* build/virtual-device belongs to the tests/sim/scenarios beside build. */
static FILE *open_beside(const char *name, const char *suffix)
{
	char exe[PATH_MAX], dir[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	snprintf(dir, sizeof(dir), "%s/../tests/sim/scenarios", exe);
	return open_in(dir, name, suffix);
}

static FILE *find(const char *name)
{
	static const char *const suffix[] = {"", ".scn"};
	FILE *fp;

	if (strchr(name, '/'))
		return fopen(name, "r");
	for (size_t i = 0; i < 2; i++) {
		if ((fp = open_in("tests/sim/scenarios", name, suffix[i])))
			return fp;
		if ((fp = open_beside(name, suffix[i])))
			return fp;
	}
	return fopen(name, "r");
}

char *sim_scenario_load(const char *name, char *err, size_t errsize)
{
	FILE *fp = find(name);
	char *text;
	size_t n;

	if (!fp) {
		snprintf(err, errsize, "scenario '%s': %s", name, strerror(errno));
		return NULL;
	}
	text = malloc(SCENARIO_MAX + 1);
	if (!text)
		abort();
	n = fread(text, 1, SCENARIO_MAX + 1, fp);
	if (ferror(fp) || n > SCENARIO_MAX) {
		snprintf(err, errsize, "scenario '%s': %s", name,
		    n > SCENARIO_MAX ? "too long" : strerror(errno));
		free(text);
		text = NULL;
	} else {
		text[n] = '\0';
	}
	fclose(fp);
	return text;
}
