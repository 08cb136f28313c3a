/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ${NAME} of a script stand for: the environment's word, else what was given. */
#ifndef TASMITE_APP_SCRIPT_VALUES_H
#define TASMITE_APP_SCRIPT_VALUES_H

#include <stddef.h>

#include "tasmite/core/tasmota/script.h"
#include "tasmite/core/tasmota/secrets.h"

#define SCRIPT_VALUES_MAX 200

struct script_values {
	struct {
		char name[SCRIPT_NAME];
		char *text;
	} list[SCRIPT_VALUES_MAX];
	size_t count;
	struct secrets *secrets; /* borrowed: values that are called like secrets are masked */
};

/* Wipes what it holds; then it is empty. */
void script_values_fini(struct script_values *v);
/* Keeps a value; the first one of a name counts. ctx: struct script_values. */
void script_values_add(void *ctx, const char *name, const char *text);
/* As script_read asks for it; ctx: struct script_values. */
const char *script_values_get(void *ctx, const char *name);

#endif
