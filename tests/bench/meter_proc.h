/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the processes below this one cost: CPU, memory, wake-ups. */
#ifndef TASMITE_BENCH_METER_PROC_H
#define TASMITE_BENCH_METER_PROC_H

#include <stddef.h>
#include <sys/types.h>

#define PROC_MAX 32

struct proc_cost {
	int count;
	pid_t pids[PROC_MAX];
	double cpu[PROC_MAX]; /* seconds, user and system */
	double rss_mb;	      /* of all, now */
	double peak_mb;	      /* of all, the sum of each one's highest */
	double wakes;	      /* voluntary context switches */
	double written;	      /* bytes and calls of write(2) */
	double writes;
};

/* All that this process started, and what they started; a server that left its parent counts too,
 * if this process is their subreaper. */
void proc_look(struct proc_cost *c);
/* Seconds of CPU between two looks. */
double proc_cpu_between(const struct proc_cost *before, const struct proc_cost *after);

#endif
