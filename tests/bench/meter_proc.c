/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc, and each process' own clock, which counts nanoseconds where /proc counts ticks. */
#include "meter_proc.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pid_t parent_of(pid_t pid)
{
	char path[64], text[512], *end;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	end = strrchr(text, ')'); /* the name before it may hold anything */
	return end && strlen(end) > 4 ? (pid_t)strtol(end + 4, NULL, 10) : 0;
}

static bool is_below(pid_t pid, pid_t root)
{
	for (int depth = 0; pid > 1 && depth < 32; depth++) {
		pid = parent_of(pid);
		if (pid == root)
			return true;
	}
	return false;
}

static double number_of(pid_t pid, const char *file, const char *key)
{
	char path[64], line[256];
	double n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			n = strtod(line + strlen(key), NULL);
	if (f)
		fclose(f);
	return n;
}

static double cpu_of(pid_t pid)
{
	clockid_t clock;
	struct timespec ts;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &ts))
		return 0;
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

void proc_look(struct proc_cost *c)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	memset(c, 0, sizeof(*c));
	while (d && (e = readdir(d))) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (!isdigit((unsigned char)e->d_name[0]) || c->count == PROC_MAX ||
		    !is_below(pid, getpid()))
			continue;
		c->pids[c->count] = pid;
		c->cpu[c->count++] = cpu_of(pid);
		c->rss_mb += number_of(pid, "status", "VmRSS:") / 1024;
		c->peak_mb += number_of(pid, "status", "VmHWM:") / 1024;
		c->wakes += number_of(pid, "status", "voluntary_ctxt_switches:");
		c->written += number_of(pid, "io", "wchar:");
		c->writes += number_of(pid, "io", "syscw:");
	}
	if (d)
		closedir(d);
}

double proc_cpu_between(const struct proc_cost *before, const struct proc_cost *after)
{
	double sum = 0;

	for (int i = 0; i < after->count; i++) {
		sum += after->cpu[i];
		for (int k = 0; k < before->count; k++)
			if (before->pids[k] == after->pids[i])
				sum -= before->cpu[k];
	}
	return sum;
}
