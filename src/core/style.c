/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Semantic styles: names and purposes of the table. */
#include "tasmite/core/style.h"

#include <assert.h>
#include <stddef.h>

#include "tasmite/base/str.h"

struct style_row {
	const char *name;
	const char *about;
};

static const struct style_row style_rows[STYLE_COUNT] = {
#define STYLE_ROW(id, name, about) [id] = {name, about},
    STYLE_TABLE(STYLE_ROW)
#undef STYLE_ROW
};

const char *style_name(enum style_id id)
{
	assert((unsigned)id < STYLE_COUNT);
	return style_rows[id].name;
}

const char *style_about(enum style_id id)
{
	assert((unsigned)id < STYLE_COUNT);
	return style_rows[id].about;
}

int style_find(const char *name)
{
	int i;

	for (i = 0; i < STYLE_COUNT; i++)
		if (str_casecmp(style_rows[i].name, name) == 0)
			return i;
	return -1;
}
