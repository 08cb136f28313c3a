/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any line for the device, at any cursor, for any version: taken apart, completed, explained and
 * checked, with all places within the line. The first three bytes choose cursor and version. */
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/catalog.h"
#include "tasmite/core/tasmota/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(int ok)
{
	if (!ok)
		abort();
}

static void take_apart(const char *line, size_t n, bool braces)
{
	struct catalog_split s;
	struct catalog_cmd c;
	size_t at = 0;

	catalog_split_init(&s, line, n, braces);
	while (catalog_split_next(&s, &c)) {
		require(c.from == at && c.to <= n && c.value_end == c.to);
		require(c.from <= c.name && c.name <= c.name_end);
		require(c.name_end <= c.value && c.value <= c.value_end);
		require((c.match == CATALOG_UNKNOWN) == (c.row == NULL));
		at = c.backlog ? c.to : c.to + 1;
	}
	require(at == n + 1);
}

static void word(void *arg, const char *text, const char *detail)
{
	size_t *count = arg;

	require(text[0] != '\0' && strlen(detail) < 200);
	require(++*count < 4096);
}

static void explain(const char *line, size_t n, size_t cursor)
{
	size_t count = 0;
	char hint[240];

	if (strlen(line) != n) /* these take strings */
		return;
	require(catalog_complete(line, cursor, word, &count) <= cursor);
	catalog_hint(line, cursor, hint, sizeof(hint));
	require(strlen(hint) < sizeof(hint));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const versions[] = {
	    "", "5.14.0", "6.1.1", "6.6.0", "7.2.0", "8.1.0", "8.5.0", "9.4.0", "12.2.0", "15.2.0"};
	struct check_warning w[CHECK_MAX];
	struct check_line in = {.n = 0};
	size_t count;
	char *line;

	if (n < 3)
		return 0;
	line = xmalloc(n - 2);
	memcpy(line, data + 3, n - 3);
	line[n - 3] = '\0';
	in.line = line;
	in.n = n - 3;
	in.cursor = data[0] & 1 ? SIZE_MAX : (data[1] | (size_t)data[2] << 8) % (in.n + 1);
	in.version = catalog_version(versions[(data[0] >> 1) % 10]);
	take_apart(line, in.n, data[0] & 0x80);
	explain(line, in.n, in.cursor == SIZE_MAX ? in.n : in.cursor);
	count = check_line(&in, w, CHECK_MAX);
	require(count <= CHECK_MAX);
	for (size_t i = 0; i < count; i++) {
		require(w[i].len > 0 && w[i].at + w[i].len <= in.n);
		require(w[i].text[0] != '\0' && w[i].kind < CHECK_KINDS);
	}
	require((check_choose(&in, w, count) == NULL) == (count == 0));
	free(line);
	return 0;
}
