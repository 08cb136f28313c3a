/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON in lines: where it stands, the rows of its tree, hostile lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/json.h"

static bool find(const char *line, struct json_part *part)
{
	return json_find((const uint8_t *)line, strlen(line), part);
}

static void json_find__finds__the_object_of_an_answer(void **state)
{
	static const struct {
		const char *line;
		int start, end, members;
	} cases[] = {
	    {"{\"POWER\":\"ON\"}", 0, 14, 1},
	    {"00:00:35 RSL: stat/x/STATUS5 = {\"a\":1,\"b\":{\"c\":[1,{}]}} (retained)", 31, 55, 2},
	    {"a {word} b {\"x\":\"}{\\\"\"}", 11, 23, 1},
	    {"{ \"a\" : 1 , \"b\" : null }", 0, 24, 2},
	    {"{\"n\":\"a\\u0000b\"}", 0, 16, 1},
	};
	static const char *const none[] = {"", "{", "}", "{}", "no JSON", "{\"a\":1", "{\"a\":1,}",
	    "{'a':1}", "[1,2]", "{\"a\":\"\xff\"}", "{\"a\":\"x}", "{{\"a\":1}}", "{\"a\":01}",
	    "{ cut {\"a\":1}", "{a}{b}{c}{d}{\"e\":1}"};
	struct json_part p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!find(cases[i].line, &p))
			fail_msg("not found: %s", cases[i].line);
		assert_int_equal(p.start, cases[i].start);
		assert_int_equal(p.end, cases[i].end);
		assert_int_equal(p.members, cases[i].members);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (find(none[i], &p))
			fail_msg("found in: %s", none[i]);
}

/* "depth:text|" of each row. */
static const char *tree(const char *line)
{
	static struct sbuf out;
	struct json_part p;
	struct json_walk w;
	struct json_row row;

	sbuf_fini(&out);
	sbuf_init(&out, 65536);
	if (!find(line, &p))
		return "none";
	json_walk_begin(&w, (const uint8_t *)line, &p);
	while (json_walk_next(&w, &row))
		sbuf_fmt(&out, "%u:%.*s|", row.depth, (int)(row.end - row.start), line + row.start);
	return sbuf_str(&out);
}

static void json_walk__makes__rows_of_members(void **state)
{
	static const char *const cases[][2] = {
	    {"{\"a\":1}", "1:\"a\":1}|"},
	    {"{ \t\"a\" : 1 ,\t\r\n\"b\":2 } ", "1:\"a\" : 1 ,|1:\"b\":2 }|"},
	    {"x = {\"a\":1,\"b\":\"c, {d\"} y", "1:\"a\":1,|1:\"b\":\"c, {d\"}|"},
	    {"{\"a\":{\"b\":1,\"c\":2},\"d\":[1,2,3]}",
		"1:\"a\":{|2:\"b\":1,|2:\"c\":2},|1:\"d\":[1,2,3]}|"},
	    {"{\"a\":{},\"b\":[],\"c\":[{\"d\":1},{\"e\":2,\"f\":3}]}",
		"1:\"a\":{},|1:\"b\":[],|1:\"c\":[{|2:\"d\":1},|1:{|2:\"e\":2,|2:\"f\":3}]}|"},
	    {"{ \"a\" : { \"b\" : 1 } , \"c\" : 2 }", "1:\"a\" : {|2:\"b\" : 1 } ,|1:\"c\" : 2 }|"},
	    {"{\"a\":\"\\\\\",\"b\":\"\\\"{\"}", "1:\"a\":\"\\\\\",|1:\"b\":\"\\\"{\"}|"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(tree(cases[i][0]), cases[i][1]);
}

/* ---- hostile --------------------------------------------------------------------------------- */

struct count {
	size_t now, most;
};
static struct count used;

/* Each block has its size before it. */
static void *counting_malloc(size_t n)
{
	size_t *p = malloc(n + 16);

	if (!p)
		return NULL;
	*p = n;
	used.now += n;
	if (used.now > used.most)
		used.most = used.now;
	return (char *)p + 16;
}

static void counting_free(void *q)
{
	size_t *p;

	if (!q)
		return;
	p = (size_t *)(void *)((char *)q - 16);
	used.now -= *p;
	free(p);
}

/* Repeats a piece up to that length, between a beginning and an end. */
static char *made(const char *begin, const char *piece, const char *end, size_t n)
{
	struct sbuf out;
	char *text;

	sbuf_init(&out, 1 << 20);
	sbuf_add(&out, begin);
	while (out.len + strlen(piece) + strlen(end) <= n)
		sbuf_add(&out, piece);
	sbuf_add(&out, end);
	text = xstrdup(sbuf_str(&out));
	sbuf_fini(&out);
	return text;
}

static void json_find__bounds__what_it_costs(void **state)
{
	static const char *const pieces[][3] = {{"{\"a\":[", "[],", "1]}"},
	    {"{\"a\":[", "{},", "1]}"}, {"{\"a\":[", "1,", "1]}"}, {"{\"a\":[", "\"\",", "1]}"},
	    {"{\"a\":[", "{\"\":{}},", "1]}"}, {"{", "\"a\":{},", "\"b\":1}"},
	    {"{\"a\":[", "[[[[]]]],", "1]}"}};
	struct json_part p;

	(void)state;
	json_set_alloc_funcs(counting_malloc, counting_free);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		char *line = made(pieces[i][0], pieces[i][1], pieces[i][2], JSON_MAX_BYTES);
		char *longer = made(pieces[i][0], pieces[i][1], pieces[i][2], 65536);

		used = (struct count){0, 0};
		assert_true(find(line, &p));
		if (used.now)
			fail_msg("%s: %zu bytes are kept", pieces[i][1], used.now);
		if (used.most > 100 * JSON_MAX_BYTES)
			fail_msg("%s: %zu bytes", pieces[i][1], used.most);
		used.most = 0;
		assert_false(find(longer, &p));
		assert_int_equal(used.most, 0); /* not even looked at */
		free(line);
		free(longer);
	}
	json_set_alloc_funcs(malloc, free);
}

static void json_find__leaves__what_is_too_deep(void **state)
{
	char deep[200];
	struct json_part p;
	size_t n = 0;
	char *all = made("", "{\"a\":", "", 65536), *arrays = made("{\"a\":", "[", "", 65536);

	(void)state;
	assert_false(find(all, &p));
	assert_false(find(arrays, &p));
	free(all);
	free(arrays);
	for (int depth = JSON_MAX_DEPTH; depth <= JSON_MAX_DEPTH + 1; depth++) {
		struct json_walk w;
		struct json_row row;
		int rows = 0;

		str_copy(deep, sizeof(deep), "{\"a\":");
		n = strlen(deep);
		for (int i = 0; i < depth - 1; i++)
			deep[n++] = '[';
		for (int i = 0; i < depth - 1; i++)
			deep[n++] = ']';
		deep[n++] = '}';
		deep[n] = '\0';
		assert_int_equal(find(deep, &p), depth <= JSON_MAX_DEPTH);
		if (depth > JSON_MAX_DEPTH)
			break;
		json_walk_begin(&w, (const uint8_t *)deep, &p);
		while (json_walk_next(&w, &row))
			rows++;
		assert_int_equal(rows, 1);
	}
}

/* Cut anywhere it is none; changed anywhere its rows are still in order and within it. */
static void json_walk__stays__within_the_line(void **state)
{
	static const char good[] =
	    "RSL: S = {\"a\":{\"b\":\"x\\\"y\",\"c\":[1,{\"d\":null}]},\"e\":-1.5e3}";
	static const char signs[] = "{}[]\",:\\ a\xff";
	uint32_t x = 1;

	(void)state;
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		struct json_part p;

		assert_false(json_find((const uint8_t *)good, n, &p));
	}
	for (int i = 0; i < 20000; i++) {
		uint8_t *line =
		    xmemdup(good, sizeof(good) - 1); /* so that a sanitizer sees its end */
		struct json_part p;
		struct json_walk w;
		struct json_row row;
		uint32_t at = 0;

		for (int k = 0; k < 2; k++) {
			x = x * 1664525 + 1013904223;
			line[(x >> 8) % (sizeof(good) - 1)] = (uint8_t)signs[(x >> 20) % 11];
		}
		if (json_find(line, sizeof(good) - 1, &p)) {
			at = p.start + 1;
			json_walk_begin(&w, line, &p);
			while (json_walk_next(&w, &row)) {
				assert_true(row.start >= at && row.end > row.start);
				assert_true(row.depth >= 1 && row.depth <= JSON_MAX_DEPTH);
				at = row.end;
			}
			assert_int_equal(at, p.end);
		}
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(json_find__finds__the_object_of_an_answer),
	    cmocka_unit_test(json_walk__makes__rows_of_members),
	    cmocka_unit_test(json_find__bounds__what_it_costs),
	    cmocka_unit_test(json_find__leaves__what_is_too_deep),
	    cmocka_unit_test(json_walk__stays__within_the_line),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
