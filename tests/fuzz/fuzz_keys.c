/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes from a terminal, with a sequence of the terminal's own from the input too: at once and in pieces
 * they are the same keys, never more than bytes, and in the end nothing waits. What direct mode makes
 * of each is bounded.
 */
#include "fuzz.h"

#include "../../src/ui/keys.h"
#include "../../src/ui/rawkeys.h"

#define KEYS 4096

struct seen {
	struct key key[KEYS];
	size_t n;
};

static void take(struct keys *k, struct seen *s, mono_t now)
{
	char name[40], raw[RAWKEYS_MAX];
	mono_t again;
	struct key key;

	while (keys_next(k, &key, now, &again)) {
		require(s->n < KEYS);
		s->key[s->n++] = key;
		(void)keymap_name(&key, name, sizeof(name));
		require(rawkeys_bytes(&key, raw) <= sizeof(raw));
	}
	require(again == MONO_NEVER || again > now);
}

static void read_keys(struct input in, size_t piece, struct seen *s)
{
	struct keys k;

	s->n = 0;
	keys_init(&k);
	/* One: of two the first might be the other's beginning. */
	if (input_byte(&in) & 1) {
		char *seq = input_line(&in, 12);

		keys_add(&k, seq, KEYS_F1, KEY_CTRL);
		free(seq);
	}
	while (input_more(&in)) {
		size_t n = in.n - in.at, space = keys_space(&k);

		require(space > 0);
		n = piece && piece < n ? piece : n;
		n = n < space ? n : space;
		keys_feed(&k, in.p + in.at, n, 0);
		in.at += n;
		take(&k, s, 0);
	}
	/* What waits for more comes when no more comes. */
	for (int i = 0; i < 8; i++)
		take(&k, s, (i + 1) * MONO_S(1));
	require(buf_len(&k.in) == 0);
	keys_fini(&k);
}

static bool same(const struct key *a, const struct key *b)
{
	return a->code == b->code && a->mods == b->mods && a->button == b->button &&
	       a->mouse == b->mouse && a->x == b->x && a->y == b->y;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const size_t pieces[] = {0, 1, 5};
	struct input in = {data, n, 0};
	static struct seen seen[3];

	if (n > 2048)
		return 0;
	for (int i = 0; i < 3; i++) {
		read_keys(in, pieces[i], &seen[i]);
		require(seen[i].n <= n && seen[i].n == seen[0].n);
		for (size_t k = 0; k < seen[i].n; k++)
			require(same(&seen[i].key[k], &seen[0].key[k]));
	}
	return 0;
}
