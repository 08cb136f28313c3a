/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a keyboard to keys. Sources: ECMA-48 (control sequences), xterm's ctlseqs. */
#include "keys.h"

#include <string.h>

#include "tasmite/base/utf8.h"

#define KEYS_IN_MAX 8192
#define CSI_MAX	    512 /* longer ones mean nothing */
#define ESC	    0x1b

/* What a look at the waiting bytes finds. */
enum found {
	FOUND_KEY,     /* *used bytes make a key */
	FOUND_NOTHING, /* *used bytes mean nothing to us */
	FOUND_BEGUN    /* more bytes may follow */
};

void keys_init(struct keys *k)
{
	memset(k, 0, sizeof(*k));
	buf_init(&k->in, KEYS_IN_MAX);
}

void keys_fini(struct keys *k)
{
	buf_fini(&k->in);
}

void keys_add(struct keys *k, const char *bytes, uint32_t code, uint8_t mods)
{
	struct keys_seq *s;
	size_t n = bytes ? strlen(bytes) : 0;

	if (!n || n >= sizeof(s->bytes) || k->seq_count == KEYS_SEQ_MAX)
		return;
	if (n == 1 && (uint8_t)bytes[0] >= 0x20 && bytes[0] != 0x7f)
		return;
	if (n == 1 && bytes[0] == ESC)
		return;
	s = &k->seqs[k->seq_count++];
	memcpy(s->bytes, bytes, n);
	s->len = n;
	s->code = code;
	s->mods = mods;
}

size_t keys_space(const struct keys *k)
{
	return buf_space(&k->in);
}

void keys_feed(struct keys *k, const uint8_t *bytes, size_t n, mono_t now)
{
	if (!n)
		return;
	/* Also restarts the patience with a sequence whose rest is on its way. */
	k->since = now;
	buf_append_some(&k->in, bytes, n);
}

static void set_key(struct key *key, uint32_t code, unsigned mods)
{
	memset(key, 0, sizeof(*key));
	key->code = code;
	key->mods = (uint8_t)mods;
}

static enum found table_key(
    const struct keys *k, const uint8_t *p, size_t n, struct key *key, size_t *used)
{
	bool begun = false;

	for (size_t i = 0; i < k->seq_count; i++) {
		const struct keys_seq *s = &k->seqs[i];

		if (n >= s->len && !memcmp(p, s->bytes, s->len)) {
			set_key(key, s->code, s->mods);
			*used = s->len;
			return FOUND_KEY;
		}
		if (n < s->len && !memcmp(p, s->bytes, n))
			begun = true;
	}
	return begun ? FOUND_BEGUN : FOUND_NOTHING;
}

/* Final letters of CSI and SS3 (xterm's cursor and PF keys). */
static uint32_t letter_key(uint8_t c)
{
	static const uint32_t upper[26] = {['A' - 'A'] = KEYS_UP,
	    ['B' - 'A'] = KEYS_DOWN,
	    ['C' - 'A'] = KEYS_RIGHT,
	    ['D' - 'A'] = KEYS_LEFT,
	    ['F' - 'A'] = KEYS_END,
	    ['H' - 'A'] = KEYS_HOME,
	    ['M' - 'A'] = KEYS_ENTER,
	    ['P' - 'A'] = KEYS_F1,
	    ['Q' - 'A'] = KEYS_F1 + 1,
	    ['R' - 'A'] = KEYS_F1 + 2,
	    ['S' - 'A'] = KEYS_F1 + 3};

	return c >= 'A' && c <= 'Z' ? upper[c - 'A'] : 0;
}

/* Numbers of CSI n ~ (VT220 and xterm). */
static uint32_t tilde_key(unsigned n)
{
	static const uint32_t low[9] = {0, KEYS_HOME, KEYS_INSERT, KEYS_DELETE, KEYS_END, KEYS_PGUP,
	    KEYS_PGDN, KEYS_HOME, KEYS_END};
	/* 11 to 15, 17 to 21, 23 to 26, 28, 29, 31 to 34 are F1 to F20. */
	static const uint8_t f[] = {
	    11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34};

	if (n < 9)
		return low[n];
	for (unsigned i = 0; i < sizeof(f); i++)
		if (f[i] == n)
			return KEYS_F1 + i;
	if (n == 200)
		return KEYS_PASTE_BEGIN;
	return n == 201 ? KEYS_PASTE_END : 0;
}

/* xterm's modifier parameter: 1 + shift 1, alt 2, ctrl 4. */
static unsigned modifiers(unsigned param)
{
	unsigned bits = param > 1 ? param - 1 : 0;

	return (bits & 1 ? KEY_SHIFT : 0u) | (bits & 2 ? KEY_ALT : 0u) | (bits & 4 ? KEY_CTRL : 0u);
}

/* CSI < button ; column ; row M or m (xterm's SGR mouse mode): presses, releases, moves with a
 * button down (32 is added), the wheel (64). */
static bool mouse_key(const unsigned *param, uint8_t final, struct key *key)
{
	unsigned b = param[0];

	if ((final != 'M' && final != 'm') || param[1] < 1 || param[2] < 1)
		return false;
	if ((b & 64) && (final == 'm' || (b & 32))) /* a wheel has but one kind of event */
		return false;
	set_key(key, KEYS_MOUSE, 0);
	key->mouse = final == 'm' ? KEY_MOUSE_RELEASE : b & 32 ? KEY_MOUSE_DRAG : KEY_MOUSE_PRESS;
	key->button = (uint8_t)(b & 64 ? (b & 3) + 4 : (b & 3) + 1);
	key->x = (int16_t)(param[1] > 4096 ? 4096 : param[1] - 1);
	key->y = (int16_t)(param[2] > 4096 ? 4096 : param[2] - 1);
	return true;
}

static bool csi_key(const unsigned *param, uint8_t private, uint8_t final, struct key *key)
{
	uint32_t code = 0;
	unsigned mods = modifiers(param[1]);

	if (private == '<')
		return mouse_key(param, final, key);
	if (private)
		return false;
	if (final == '~')
		code = tilde_key(param[0]);
	else if (final == 'Z') {
		code = KEYS_TAB;
		mods = KEY_SHIFT;
	} else if (final == 'u' && param[0] >= 0x20 && param[0] < KEY_SPECIAL && param[0] != 0x7f)
		code = param[0];
	else if (final == 'u')
		code = param[0] == 13	  ? KEYS_ENTER
		       : param[0] == 9	  ? KEYS_TAB
		       : param[0] == 27	  ? KEYS_ESC
		       : param[0] == 0x7f ? KEYS_BACKSPACE
					  : 0;
	else if (final != 'M')
		code = letter_key(final);
	if (!code)
		return false;
	if (code < KEY_SPECIAL && mods == KEY_SHIFT)
		mods = 0;
	set_key(key, code, mods);
	return true;
}

/* ESC [ parameters intermediates final, as ECMA-48 section 5.4 has it. */
static enum found csi(const uint8_t *p, size_t n, struct key *key, size_t *used)
{
	unsigned param[3] = {0, 0, 0};
	uint8_t private = 0;
	size_t i = 2, count = 0;

	/* The Linux console says ESC [ [ A for F1 to F5. */
	if (n > 2 && p[2] == '[') {
		if (n < 4)
			return FOUND_BEGUN;
		*used = 4;
		if (p[3] < 'A' || p[3] > 'E')
			return FOUND_NOTHING;
		set_key(key, KEYS_F1 + (uint32_t)(p[3] - 'A'), 0);
		return FOUND_KEY;
	}
	for (; i < n && i < CSI_MAX; i++) {
		if (p[i] >= '0' && p[i] <= '9') {
			if (count < 3 && param[count] < 100000000)
				param[count] = param[count] * 10 + (unsigned)(p[i] - '0');
		} else if (p[i] == ';' || p[i] == ':') {
			count++;
		} else if (p[i] >= 0x3c && p[i] <= 0x3f) {
			private = p[i];
		} else if (p[i] < 0x20 || p[i] > 0x2f) {
			break;
		}
	}
	if (i == n && n < CSI_MAX)
		return FOUND_BEGUN;
	*used = i + 1;
	if (i == n || i == CSI_MAX || p[i] < 0x40 || p[i] > 0x7e) {
		*used = i; /* what broke it off begins something new */
		return FOUND_NOTHING;
	}
	return csi_key(param, private, p[i], key) ? FOUND_KEY : FOUND_NOTHING;
}

static enum found ss3(const uint8_t *p, size_t n, struct key *key, size_t *used)
{
	uint32_t code;

	if (n < 3)
		return FOUND_BEGUN;
	code = letter_key(p[2]);
	*used = code ? 3 : 2;
	if (!code) {
		set_key(key, 'O', KEY_ALT);
		return FOUND_KEY;
	}
	set_key(key, code, 0);
	return FOUND_KEY;
}

static void control_key(uint8_t c, struct key *key)
{
	if (c == '\r')
		set_key(key, KEYS_ENTER, 0);
	else if (c == '\t')
		set_key(key, KEYS_TAB, 0);
	else if (c == 0x7f)
		set_key(key, KEYS_BACKSPACE, 0);
	else if (c == 0)
		set_key(key, ' ', KEY_CTRL);
	else if (c <= 26)
		set_key(key, (uint32_t)('a' + c - 1), KEY_CTRL);
	else
		set_key(key, (uint32_t)(c + 0x40), KEY_CTRL);
}

/* A character or a control byte. */
static enum found plain(const uint8_t *p, size_t n, struct key *key, size_t *used)
{
	uint32_t cp;
	int len;

	*used = 1;
	if (p[0] < 0x20 || p[0] == 0x7f) {
		control_key(p[0], key);
		return FOUND_KEY;
	}
	len = utf8_decode(p, n, &cp);
	if (len == UTF8_PARTIAL)
		return FOUND_BEGUN;
	if (len == UTF8_INVALID || utf8_width(cp) < 0)
		return FOUND_NOTHING;
	*used = (size_t)len;
	set_key(key, cp, 0);
	return FOUND_KEY;
}

static enum found escape(const uint8_t *p, size_t n, struct key *key, size_t *used)
{
	enum found f;

	if (n == 1)
		return FOUND_BEGUN;
	if (p[1] == '[' && n > 2)
		return csi(p, n, key, used);
	if (p[1] == 'O' && n > 2)
		return ss3(p, n, key, used);
	if (p[1] == '[' || p[1] == 'O')
		return FOUND_BEGUN;
	if (p[1] == ESC) {
		set_key(key, KEYS_ESC, 0);
		*used = 1;
		return FOUND_KEY;
	}
	f = plain(p + 1, n - 1, key, used);
	*used += 1;
	key->mods |= f == FOUND_KEY ? KEY_ALT : 0;
	return f;
}

static enum found pasted(const uint8_t *p, size_t n, struct key *key, size_t *used)
{
	static const char end[] = "\033[201~";
	size_t len = n < 6 ? n : 6;
	uint32_t cp = 0;
	int got;

	if (p[0] == ESC && !memcmp(p, end, len)) {
		*used = len;
		set_key(key, KEYS_PASTE_END, 0);
		return len == 6 ? FOUND_KEY : FOUND_BEGUN;
	}
	got = utf8_decode(p, n, &cp);
	*used = got > 0 ? (size_t)got : 1;
	set_key(key, cp, 0);
	return got > 0 ? FOUND_KEY : got == UTF8_PARTIAL ? FOUND_BEGUN : FOUND_NOTHING;
}

static enum found look(const struct keys *k, struct key *key, size_t *used)
{
	const uint8_t *p = buf_bytes(&k->in);
	size_t n = buf_len(&k->in);
	enum found f;

	if (k->pasting)
		return pasted(p, n, key, used);
	f = table_key(k, p, n, key, used);
	if (f != FOUND_NOTHING)
		return f;
	return p[0] == ESC ? escape(p, n, key, used) : plain(p, n, key, used);
}

/* The rest of a sequence did not come in time: its first byte stands for itself. */
static enum found give_up(const struct keys *k, struct key *key, size_t *used)
{
	const uint8_t *p = buf_bytes(&k->in);
	size_t n = buf_len(&k->in);

	*used = 1;
	if (k->pasting || p[0] != ESC)
		return FOUND_NOTHING;
	if (n > 2 && p[1] == '[') { /* half a sequence: not for the edit line */
		*used = n;
		return FOUND_NOTHING;
	}
	if (n == 2) {
		*used = 2;
		return plain(p + 1, 1, key, &n) == FOUND_KEY ? (key->mods |= KEY_ALT, FOUND_KEY)
							     : FOUND_NOTHING;
	}
	set_key(key, KEYS_ESC, 0);
	return FOUND_KEY;
}

bool keys_next(struct keys *k, struct key *key, mono_t now, mono_t *again)
{
	*again = MONO_NEVER;
	while (buf_len(&k->in)) {
		size_t used = 0;
		enum found f = look(k, key, &used);

		if (f == FOUND_BEGUN) {
			mono_t until = mono_add(k->since, KEYS_ESC_DELAY);

			if (now < until) {
				*again = until;
				return false;
			}
			f = give_up(k, key, &used);
		}
		buf_consume(&k->in, used);
		if (f != FOUND_KEY)
			continue;
		if (key->code == KEYS_PASTE_BEGIN || key->code == KEYS_PASTE_END)
			k->pasting = key->code == KEYS_PASTE_BEGIN;
		return true;
	}
	return false;
}
