/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys bound by any names to any texts: lines of key, text and label, the first byte what is done
 * with them. A name that is taken has one canonical form that means the same key; what was bound is
 * found; the list has each key once. Macros are walked over to their end.
 */
#include "fuzz.h"

#include "tasmite/core/keymap.h"
#include "tasmite/core/sendtext.h"
#include "tasmite/core/words.h"

static void check_name(const char *name, struct key *key)
{
	char canonical[40];
	struct key again;

	if (!keymap_parse(name, key))
		return;
	keymap_name(key, canonical, sizeof(canonical));
	require(words_printable(canonical) && keymap_parse(canonical, &again));
	require(again.code == key->code && again.mods == key->mods);
}

static void check_list(const struct keymap *k)
{
	const char *name, *text, *other, *ignored;
	struct key key;

	for (size_t i = 0; keymap_at(k, i, &name, &text); i++) {
		require(keymap_parse(name, &key) && keymap_lookup(k, &key) == text);
		require(text[0] && words_printable(text) && words_printable(keymap_label_at(k, i)));
		require(keymap_key_of(k, text) != NULL);
		for (size_t j = 0; j < i && keymap_at(k, j, &other, &ignored); j++)
			require(strcmp(other, name) != 0);
	}
	for (int f = 1; f <= 24; f++)
		require(strlen(keymap_bar_label(k, f)) <= 64);
}

static void walk_macro(const char *text)
{
	size_t lines = sendtext_lines(text), seen = 0, steps = 0, at = 0, n = strlen(text);
	char *copy = malloc(n + 1);
	struct sendtext_step step;

	require(copy != NULL);
	memcpy(copy, text, n + 1);
	while (sendtext_next(copy, &at, &step)) {
		require(++steps <= n + 1 && step.pause_ms <= SENDTEXT_PAUSE_MAX_MS);
		seen += step.pause_ms < 0;
		require(step.pause_ms >= 0 || !step.n ||
			(step.text >= copy && step.text + step.n <= copy + n));
	}
	require(seen == lines);
	memcpy(copy, text, n + 1);
	require(sendtext_unescape(copy) <= n);
	free(copy);
}

static void walk_paste(const char *text, size_t n)
{
	struct sendtext_step step;
	size_t at = 0, steps = 0;

	while (sendtext_paste_next(text, n, &at, &step)) {
		require(++steps <= n && step.pause_ms < 0 && step.n > 0);
		require(step.text >= text && step.text + step.n <= text + n);
		require(!memchr(step.text, '\r', step.n) && !memchr(step.text, '\n', step.n));
	}
}

static void one(struct keymap *k, struct input *in)
{
	uint8_t how = input_byte(in);
	char *name = input_line(in, 60), *text = input_line(in, 300), *label = input_line(in, 40);
	struct key key = {0};
	int rc;

	check_name(name, &key);
	if (how & 1)
		rc = keymap_bind(k, name, text, how & 4 ? label : NULL, NULL);
	else if (how & 2)
		rc = keymap_bind_session(k, name, text, how & 4 ? label : NULL, NULL);
	else
		rc = keymap_label(k, name, label, NULL);
	if (rc == ERR_OK && (how & 3)) {
		const char *found = keymap_lookup(k, &key);

		require(key.code != KEY_NONE && !text[0] == !found);
		require(!found || !strcmp(found, text));
	}
	walk_macro(text);
	walk_paste(text, strlen(text));
	free(name);
	free(text);
	free(label);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct keymap *k = keymap_new(), *copy, *fresh = keymap_new();
	struct input in = {data, n, 0};

	for (int i = 0; i < 40 && input_more(&in); i++)
		one(k, &in);
	check_list(k);
	copy = keymap_copy(k);
	check_list(copy);
	keymap_carry(fresh, k);
	check_list(fresh);
	keymap_assign(fresh, copy);
	check_list(fresh);
	keymap_free(copy);
	keymap_free(fresh);
	keymap_free(k);
	walk_paste((const char *)data, n);
	return 0;
}
