/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ${NAME} of a script stand for. */
#include "script_values.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

void script_values_fini(struct script_values *v)
{
	for (size_t i = 0; i < v->count; i++) {
		memset(v->list[i].text, 0, strlen(v->list[i].text));
		free(v->list[i].text);
	}
	v->count = 0;
}

void script_values_add(void *ctx, const char *name, const char *text)
{
	struct script_values *v = ctx;

	for (size_t i = 0; i < v->count; i++)
		if (!strcmp(v->list[i].name, name))
			return;
	if (v->count == SCRIPT_VALUES_MAX || strlen(name) >= SCRIPT_NAME)
		return;
	str_copy(v->list[v->count].name, SCRIPT_NAME, name);
	v->list[v->count++].text = xstrdup(text);
}

const char *script_values_get(void *ctx, const char *name)
{
	struct script_values *v = ctx;
	const char *value = getenv(name);

	for (size_t i = 0; !value && i < v->count; i++)
		if (!strcmp(v->list[i].name, name))
			value = v->list[i].text;
	/* Masked wherever it goes, in whatever command. */
	if (value && script_secret_name(name))
		secrets_add(v->secrets, value, strlen(value));
	return value;
}
