/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as a configuration, and as each of its profiles: with a mistake nothing is changed and it
 * is told where; without one the forgiving reader makes the same of it; what was taken over can be
 * said again and means the same.
 */
#include "fuzz.h"

#include "tasmite/base/xalloc.h"
#include "tasmite/core/conf.h"
#include "tasmite/core/words.h"

struct tables {
	struct settings settings;
	struct keymap *keymap;
	struct highlight *highlight;
	struct conf_errors errors;
};

static void tables_init(struct tables *t)
{
	settings_init(&t->settings);
	t->keymap = keymap_new();
	t->highlight = highlight_new();
	t->errors.count = 0;
}

static void tables_fini(struct tables *t)
{
	settings_fini(&t->settings);
	keymap_free(t->keymap);
	highlight_free(t->highlight);
}

static bool same_keys(const struct keymap *a, const struct keymap *b)
{
	const char *name[2] = {NULL, NULL}, *text[2] = {NULL, NULL};

	for (size_t i = 0;; i++) {
		bool more = keymap_at(a, i, &name[0], &text[0]);

		if (more != keymap_at(b, i, &name[1], &text[1]))
			return false;
		if (!more)
			return true;
		if (strcmp(name[0], name[1]) || strcmp(text[0], text[1]) ||
		    strcmp(keymap_label_at(a, i), keymap_label_at(b, i)))
			return false;
	}
}

static bool same_rules(const struct highlight *a, const struct highlight *b)
{
	const char *name[2] = {NULL, NULL}, *pattern[2] = {NULL, NULL};
	enum style_id style[2];
	bool builtin[2];
	int on[2];

	for (size_t i = 0;; i++) {
		bool more =
		    highlight_at(a, i, &name[0], &pattern[0], &style[0], &on[0], &builtin[0]);

		if (more !=
		    highlight_at(b, i, &name[1], &pattern[1], &style[1], &on[1], &builtin[1]))
			return false;
		if (!more)
			return true;
		if (strcmp(name[0], name[1]) || strcmp(pattern[0], pattern[1]) || on[0] != on[1] ||
		    style[0] != style[1] || builtin[0] != builtin[1])
			return false;
	}
}

static bool same(const struct tables *a, const struct tables *b)
{
	for (int id = 0; id < SETTING_COUNT; id++)
		if (strcmp(a->settings.values[id].text, b->settings.values[id].text) ||
		    a->settings.values[id].number != b->settings.values[id].number ||
		    a->settings.values[id].origin != b->settings.values[id].origin)
			return false;
	return same_keys(a->keymap, b->keymap) && same_rules(a->highlight, b->highlight);
}

/* What is in the tables, said once more, is taken and stays what it is. */
static void check(const struct tables *t)
{
	struct settings again;
	struct key key;
	const char *name, *text;
	char canonical[40];

	settings_init(&again);
	for (int id = 0; id < SETTING_COUNT; id++) {
		const struct setting_value *v = &t->settings.values[id];

		require(words_printable(v->text));
		require(settings_set(&again, (enum setting_id)id, v->text, ORIGIN_SESSION, NULL,
			    NULL) == ERR_OK);
		require(!strcmp(again.values[id].text, v->text));
		require(again.values[id].number == v->number);
	}
	settings_fini(&again);
	for (size_t i = 0; keymap_at(t->keymap, i, &name, &text); i++) {
		require(keymap_parse(name, &key));
		require(!strcmp(keymap_name(&key, canonical, sizeof(canonical)), name));
		require(text == keymap_lookup(t->keymap, &key) && words_printable(text));
		require(words_printable(keymap_label_at(t->keymap, i)));
	}
	for (int i = 0; i < t->errors.count && i < 16; i++)
		require(
		    !strncmp(t->errors.text[i], "FILE", 4) && words_printable(t->errors.text[i]));
}

static void apply(const char *text, const char *profile)
{
	struct tables strict, good, fresh;
	int rc;

	tables_init(&strict);
	tables_init(&good);
	tables_init(&fresh);
	rc = conf_apply("FILE", text, ORIGIN_USER, profile, &strict.settings, strict.keymap,
	    strict.highlight, &strict.errors);
	conf_apply_good("FILE", text, ORIGIN_USER, profile, &good.settings, good.keymap,
	    good.highlight, &good.errors);
	check(&strict);
	check(&good);
	if (rc == ERR_OK) {
		require(strict.errors.count == 0 && good.errors.count == 0);
		require(same(&strict, &good));
	} else {
		require(rc < 0 && strict.errors.count > 0);
		require(same(&strict, &fresh));
	}
	tables_fini(&strict);
	tables_fini(&good);
	tables_fini(&fresh);
}

struct profiles {
	char *names[4];
	size_t count;
};

static void keep_profile(void *ctx, const char *name)
{
	struct profiles *p = ctx;

	require(words_printable(name));
	if (p->count < 4)
		p->names[p->count++] = xstrdup(name);
}

static void check_value(void *ctx, const char *name, const char *value)
{
	(void)ctx;
	require(words_printable(name) && words_printable(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = {data, n, 0};
	char *text = input_text(&in), near[80];
	struct profiles p = {.count = 0};

	apply(text, NULL);
	conf_each_value(text, NULL, check_value, NULL);
	conf_each_profile(text, keep_profile, &p);
	for (size_t i = 0; i < p.count; i++) {
		require(conf_has_profile(text, p.names[i]));
		apply(text, p.names[i]);
		conf_each_value(text, p.names[i], check_value, NULL);
		free(p.names[i]);
	}
	conf_nearest_profile(text, "sonoff", near, sizeof(near));
	require(words_printable(near));
	free(text);
	return 0;
}
