/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of each adapter. */
#include "adapters.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/io/files.h"

#define FILE_MAX    (256u * 1024)
#define ADAPTER_MAX 200 /* beyond that the file begins anew: nobody has so many */

/* The file's object; a new one when there is none, or what is there can't be understood. NULL never;
 * err has a code when something may be there and can't be read now. */
static json_t *load(char *path, size_t size, struct err *err)
{
	json_t *all = NULL;
	uint8_t *data;
	size_t n;

	if (files_path(FILES_STATE, "adapters.json", path, size, err) != ERR_OK) {
		path[0] = '\0';
		return json_object();
	}
	if (files_read(path, FILE_MAX, &data, &n, err) == ERR_OK) {
		all = json_loadb((const char *)data, n, 0, NULL);
		free(data);
	} else if (err->code == ERR_NOENT || err->code == ERR_RANGE) {
		memset(err, 0, sizeof(*err));
	}
	if (json_is_object(all) && json_object_size(all) <= ADAPTER_MAX)
		return all;
	json_decref(all);
	return json_object();
}

static void take(const json_t *o, const char *name, char *dst, size_t size)
{
	const char *text = json_string_value(json_object_get(o, name));

	str_copy(dst, size, text ? text : "");
}

void adapters_get(const char *key, struct adapter *a)
{
	char path[512];
	struct err none = {0};
	json_t *all = load(path, sizeof(path), &none);
	const json_t *one = json_object_get(all, key);

	json_int_t baud = json_integer_value(json_object_get(one, "baud"));

	take(one, "dtr", a->dtr, sizeof(a->dtr));
	take(one, "rts", a->rts, sizeof(a->rts));
	take(one, "reset", a->reset, sizeof(a->reset));
	a->baud = baud >= 300 && baud <= 4000000 ? (uint32_t)baud : 0;
	json_decref(all);
}

int adapters_put(const char *key, const struct adapter *a, struct err *err)
{
	char path[512], *text;
	struct err why = {0};
	json_t *all = load(path, sizeof(path), &why);
	int rc;

	if (path[0] && why.code) { /* writing it anew would forget the others */
		json_decref(all);
		return err_set(err, why.code, why.sys, "%s", why.text);
	}

	json_object_set_new(all, key,
	    json_pack("{s:s, s:s, s:s, s:I}", "dtr", a->dtr, "rts", a->rts, "reset", a->reset,
		"baud", (json_int_t)a->baud));
	text = json_dumps(all, JSON_INDENT(1) | JSON_SORT_KEYS);
	json_decref(all);
	if (!text || !path[0]) {
		free(text);
		return err_set(err, ERR_FAIL, 0, "what is known of the adapter can't be kept");
	}
	rc = files_make_parents(path, err);
	if (rc == ERR_OK)
		rc = files_store(path, text, strlen(text), 0600, err);
	free(text);
	return rc;
}
