/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The edit line's table of commands: completing any beginning of any name, and checking a line, must
 * be done within 1 ms. Prints the slowest of each; fails beyond. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tasmite/core/tasmota/catalog.h"
#include "tasmite/core/tasmota/check.h"
#include "tasmite/ui/lineedit.h"

#define LIMIT_MS 1.0

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void count(void *arg, const char *word, const char *detail)
{
	*(size_t *)arg += strlen(word) + strlen(detail);
}

/* The best of some runs: the machine may have had something else to do in one. */
static double best_of(const char *line, size_t cursor, void (*run)(const char *line, size_t cursor))
{
	double best = 1e9;

	for (int i = 0; i < 5; i++) {
		double began = now_ms(), took;

		run(line, cursor);
		took = now_ms() - began;
		best = took < best ? took : best;
	}
	return best;
}

static size_t complete_line(void *ctx, const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg)
{
	(void)ctx;
	return catalog_complete(line, cursor, add, arg);
}

static void show_choices(void *ctx, const char *const *words, const char *const *details, size_t n)
{
	(void)ctx;
	(void)words;
	(void)details;
	(void)n;
}

static void run_complete(const char *line, size_t cursor)
{
	volatile size_t sink;
	size_t bytes = 0;

	(void)catalog_complete(line, cursor, count, &bytes);
	sink = bytes;
	(void)sink;
}

static void run_check(const char *line, size_t cursor)
{
	struct check_line in = {line, strlen(line), cursor, 0x0f000100};
	struct check_warning w[CHECK_MAX];

	(void)check_line(&in, w, CHECK_MAX);
}

/* The same from the key on: in the edit line, with all that is made of the words. */
static double slowest_tab(char *key)
{
	static const struct lineedit_ops ops = {.complete = complete_line, .choices = show_choices};
	static const struct key tab = {.code = KEYS_TAB};
	struct lineedit *e = lineedit_new(&ops, NULL);
	double worst = 0;

	for (char c = 'A'; c <= 'Z'; c++) {
		const char text[2] = {c, '\0'};
		double best = 1e9;

		for (int i = 0; i < 5; i++) {
			double began, took;

			lineedit_set(e, text);
			began = now_ms();
			lineedit_key(e, &tab);
			took = now_ms() - began;
			best = took < best ? took : best;
		}
		if (best > worst) {
			worst = best;
			*key = c;
		}
	}
	lineedit_free(e);
	return worst;
}

static int report(const char *what, double worst, const char *line, size_t n)
{
	printf("%-28s %8.4f ms  %.3f of %.0f ms  (%.*s)\n", what, worst, worst / LIMIT_MS, LIMIT_MS,
	    n > 40 ? 40 : (int)n, line);
	return worst > LIMIT_MS;
}

int main(void)
{
	static const char *const lines[] = {"SerialLg 2", "Topci 1", "SetOptoin3 1",
	    "Backlog SSId1 home;Password1 x;Topic a;MqttHost b;MqttUser c;MqttPassword d;Module 1;"
	    "Friendlyname1 x;Devicename x;Telepriod 10;Powr1 on;Statsu 0"};
	double worst = 0, worst_check = 0, tab;
	char key = '?';
	size_t worst_row = 0, worst_n = 0, worst_line = 0;

	for (size_t i = 0; i < catalog_count(); i++) {
		const char *name = catalog_at(i)->name;

		for (size_t n = 0; n <= strlen(name); n++) {
			double took = best_of(name, n, run_complete);

			if (took <= worst)
				continue;
			worst = took;
			worst_row = i;
			worst_n = n;
		}
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		double took = best_of(lines[i], strlen(lines[i]), run_check);

		if (took <= worst_check)
			continue;
		worst_check = took;
		worst_line = i;
	}
	tab = slowest_tab(&key);
	return report("Tab in the edit line", tab, &key, 1) |
	       report("completion, any beginning", worst, catalog_at(worst_row)->name, worst_n) |
	       report("warnings about a line", worst_check, lines[worst_line],
		   strlen(lines[worst_line]));
}
