/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tasmite --completion WHAT: a shell's script, or words that only this machine knows. */
#include "tasmite/app/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_int.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/completion.h"
#include "tasmite/io/ports.h"

/* A word and, behind a tab, what it is. */
static void say(const char *word, const char *about)
{
	cli_say(stdout, "%s", word);
	putchar('\t');
	cli_say(stdout, "%s\n", about);
}

static void say_theme(void *ctx, const char *name)
{
	(void)ctx;
	say(name, "");
}

static void say_profile(void *ctx, const char *name)
{
	(void)ctx;
	say(name, "profile");
}

static void say_ports(void)
{
	struct port_info *list = xcalloc(PORTS_MAX, sizeof(*list));
	size_t n = ports_list(list, PORTS_MAX);

	for (size_t i = 0; i < n; i++)
		say(list[i].path, list[i].about);
	free(list);
}

static void say_settings(void)
{
	for (int i = 0; i < SETTING_COUNT; i++)
		say(setting_row((enum setting_id)i)->name, setting_row((enum setting_id)i)->help);
}

/* Of the system's and the user's files; mistakes in them are told elsewhere. */
static void say_profiles(void)
{
	const struct app_options none = {.port = NULL};
	struct app a = {.options = &none};
	char port[512];

	a.session = session_new();
	(void)app_load_config(&a, port, sizeof(port));
	app_each_profile(&a, say_profile, NULL);
	app_conf_fini(&a);
	session_free(a.session);
}

int cli_completion(const char *what)
{
	struct sbuf out;
	bool script;

	sbuf_init(&out, 256 * 1024);
	script = completion_script(what, &out);
	if (script)
		fputs(sbuf_str(&out), stdout);
	sbuf_fini(&out);
	if (script)
		return 0;
	if (strcmp(what, "ports") == 0 || strcmp(what, "targets") == 0)
		say_ports();
	if (strcmp(what, "profiles") == 0 || strcmp(what, "targets") == 0)
		say_profiles();
	else if (strcmp(what, "themes") == 0)
		app_each_theme(say_theme, NULL);
	else if (strcmp(what, "settings") == 0)
		say_settings();
	else if (strcmp(what, "ports") != 0)
		return 2;
	return 0;
}
