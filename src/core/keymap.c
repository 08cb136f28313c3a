/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and what they do: names of keys, the built-in bindings, look-up. */
#include "tasmite/core/keymap.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/secrets.h"
#include "tasmite/core/words.h"

#define KEYMAP_MAX 256

struct binding {
	struct key key;
	char name[24];
	char *text;
	char label[16];
	bool session; /* bound by the user since the start, not by a file */
};

struct keymap {
	struct binding *bindings;
	size_t count;
};

struct key_word {
	const char *name;
	uint32_t code;
};

/* The first name of a code is the one that is shown. */
static const struct key_word key_words[] = {
    {"Up", KEYS_UP},
    {"Down", KEYS_DOWN},
    {"Left", KEYS_LEFT},
    {"Right", KEYS_RIGHT},
    {"Home", KEYS_HOME},
    {"End", KEYS_END},
    {"PgUp", KEYS_PGUP},
    {"PageUp", KEYS_PGUP},
    {"PgDn", KEYS_PGDN},
    {"PageDown", KEYS_PGDN},
    {"Ins", KEYS_INSERT},
    {"Insert", KEYS_INSERT},
    {"Del", KEYS_DELETE},
    {"Delete", KEYS_DELETE},
    {"Backspace", KEYS_BACKSPACE},
    {"Tab", KEYS_TAB},
    {"Enter", KEYS_ENTER},
    {"Return", KEYS_ENTER},
    {"Esc", KEYS_ESC},
    {"Escape", KEYS_ESC},
    {"Space", ' '},
};

static const struct {
	const char *key, *text, *label;
} builtin_bindings[] = {
    {"F1", "/menu", "Help"},
    {"F2", "/port", "Port"},
    {"F3", "/find", "Find"},
    {"F4", "/filter", "Filter"},
    {"F5", "/flash ", "Flash"},
    {"F6", "/focus device", "Device"},
    {"F7", "/hex", "Hex"},
    {"F8", "/reset", "Reset"},
    {"F9", "/record", "Record"},
    {"F10", "/quit", "Quit"},
    {"Ctrl-Q", "/quit", NULL},
    {"Shift-Tab", "/focus next", NULL},
    {"Ctrl-L", "/redraw", NULL},
    {"Ctrl-Z", "/suspend", NULL},
    {"PgUp", "/page up", NULL},
    {"PgDn", "/page down", NULL},
    {"Ctrl-Home", "/page top", NULL},
    {"Ctrl-End", "/follow", NULL},
    {"Alt-e", "/echo", NULL},
    {"Alt-l", "/eol next", NULL},
    {"Alt-a", "/send --again", NULL},
    {"Alt-r", "/baud likely", NULL},
    {"Ctrl-]", "/direct", NULL},
    {"Alt-s", "/reveal", NULL},
};

/* Takes "Ctrl-", "Alt-", "Shift-" off. */
static const char *parse_mods(const char *name, uint8_t *mods)
{
	static const struct {
		const char *word;
		uint8_t mod;
	} words[] = {
	    {"Ctrl-", KEY_CTRL}, {"C-", KEY_CTRL}, {"Alt-", KEY_ALT}, {"Shift-", KEY_SHIFT}};
	size_t i = 0;

	*mods = 0;
	while (i < sizeof(words) / sizeof(words[0])) {
		if (str_starts_nocase(name, words[i].word) && !(*mods & words[i].mod)) {
			*mods |= words[i].mod;
			name += strlen(words[i].word);
			i = 0;
		} else {
			i++;
		}
	}
	return name;
}

static bool parse_function_key(const char *name, uint32_t *code)
{
	uint64_t n;

	if ((name[0] != 'F' && name[0] != 'f') || name[1] < '1' || name[1] > '9' ||
	    strlen(name) > 3 || !str_parse_u64(name + 1, 24, &n))
		return false;
	*code = KEYS_F1 + (uint32_t)n - 1;
	return true;
}

/* A terminal tells no difference between Shift and the capital letter, between Ctrl-a and Ctrl-A,
 * nor between Ctrl-I and Tab, Ctrl-M and Enter, Ctrl-[ and Esc. */
static void fold_character(struct key *key)
{
	if (key->code >= KEY_SPECIAL)
		return;
	if ((key->mods & KEY_CTRL) && key->code >= 'A' && key->code <= 'Z')
		key->code += 'a' - 'A';
	else if ((key->mods & KEY_SHIFT) && key->code >= 'a' && key->code <= 'z' &&
		 !(key->mods & KEY_CTRL))
		key->code -= 'a' - 'A';
	key->mods &= (uint8_t)~KEY_SHIFT;
	if (!(key->mods & KEY_CTRL) || (key->code != 'i' && key->code != 'm' && key->code != '['))
		return;
	key->mods &= (uint8_t)~KEY_CTRL;
	key->code = key->code == 'i' ? KEYS_TAB : key->code == 'm' ? KEYS_ENTER : KEYS_ESC;
}

bool keymap_parse(const char *name, struct key *key)
{
	size_t i;

	memset(key, 0, sizeof(*key));
	name = parse_mods(name, &key->mods);
	if (!*name)
		return false;
	if (parse_function_key(name, &key->code))
		return true;
	for (i = 0; i < sizeof(key_words) / sizeof(key_words[0]); i++)
		if (str_casecmp(name, key_words[i].name) == 0)
			key->code = key_words[i].code;
	if (!key->code) {
		size_t n = strlen(name);

		if (utf8_decode((const uint8_t *)name, n, &key->code) != (int)n ||
		    utf8_width(key->code) < 0)
			return false;
	}
	fold_character(key);
	return true;
}

/* Whether the name needs no modifier put in words: the letters of Ctrl are shown as capitals. */
static void code_name(const struct key *key, char *dst, size_t size)
{
	char utf8[5] = "";
	size_t i;

	for (i = 0; i < sizeof(key_words) / sizeof(key_words[0]); i++)
		if (key_words[i].code == key->code) {
			str_cat(dst, size, key_words[i].name);
			return;
		}
	if (key->code >= KEYS_F1 && key->code <= KEYS_F24) {
		char number[16];

		str_fmt(number, sizeof(number), "F%u", (unsigned)(key->code - KEYS_F1 + 1));
		str_cat(dst, size, number);
	} else if (key->code < KEY_SPECIAL) {
		uint32_t c = key->code;

		if ((key->mods & KEY_CTRL) && c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		utf8[utf8_encode(c, utf8)] = '\0';
		str_cat(dst, size, utf8);
	}
}

const char *keymap_name(const struct key *key, char *dst, size_t size)
{
	dst[0] = '\0';
	if (key->mods & KEY_CTRL)
		str_cat(dst, size, "Ctrl-");
	if (key->mods & KEY_ALT)
		str_cat(dst, size, "Alt-");
	if (key->mods & KEY_SHIFT)
		str_cat(dst, size, "Shift-");
	code_name(key, dst, size);
	return dst;
}

static bool same_key(const struct key *a, const struct key *b)
{
	return a->code == b->code && a->mods == b->mods;
}

static struct binding *find(const struct keymap *k, const struct key *key)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		if (same_key(&k->bindings[i].key, key))
			return &k->bindings[i];
	return NULL;
}

struct keymap *keymap_new(void)
{
	struct keymap *k = xcalloc(1, sizeof(*k));
	size_t i;

	for (i = 0; i < sizeof(builtin_bindings) / sizeof(builtin_bindings[0]); i++)
		keymap_bind(k, builtin_bindings[i].key, builtin_bindings[i].text,
		    builtin_bindings[i].label, NULL);
	return k;
}

static void clear(struct keymap *k)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		free(k->bindings[i].text);
	free(k->bindings);
	k->bindings = NULL;
	k->count = 0;
}

void keymap_free(struct keymap *k)
{
	if (!k)
		return;
	clear(k);
	free(k);
}

void keymap_assign(struct keymap *k, const struct keymap *from)
{
	size_t i;

	if (k == from)
		return;
	clear(k);
	if (!from->count)
		return;
	k->bindings = xmemdup(from->bindings, from->count * sizeof(*from->bindings));
	k->count = from->count;
	for (i = 0; i < k->count; i++)
		k->bindings[i].text = xstrdup(from->bindings[i].text);
}

struct keymap *keymap_copy(const struct keymap *k)
{
	struct keymap *copy = xcalloc(1, sizeof(*copy));

	keymap_assign(copy, k);
	return copy;
}

/* What the edit line needs for itself can't be bound. */
static bool may_bind(const struct key *key)
{
	if (key->mods & (KEY_CTRL | KEY_ALT))
		return !(key->mods == KEY_CTRL && key->code == 't');
	if (key->code < KEY_SPECIAL)
		return false;
	return key->mods || (key->code != KEYS_ENTER && key->code != KEYS_TAB &&
				key->code != KEYS_ESC && key->code != KEYS_BACKSPACE);
}

/* The beginning of a text for the device. It is on the screen all the time: no password in it. */
static void macro_label(char *dst, size_t size, const char *text)
{
	struct secrets *secrets = secrets_new();
	size_t n = strlen(text);
	struct buf masked;

	buf_init(&masked, n + 1);
	secrets_mask_line(secrets, text, n, &masked);
	str_copy_n(dst, size, n ? (const char *)buf_bytes(&masked) : "", n);
	buf_fini(&masked);
	secrets_free(secrets);
}

static void make_label(char *dst, size_t size, const char *text, const char *label)
{
	if (label) {
		str_copy(dst, size, label);
		return;
	}
	if (text[0] != '/') {
		macro_label(dst, size, text);
		return;
	}
	str_copy_n(dst, size, text + 1, strcspn(text + 1, " "));
	if (dst[0] >= 'a' && dst[0] <= 'z')
		dst[0] = (char)(dst[0] - 'a' + 'A');
}

static void unbind(struct keymap *k, struct binding *b)
{
	size_t i = (size_t)(b - k->bindings);

	free(b->text);
	memmove(b, b + 1, (k->count - i - 1) * sizeof(*b));
	k->count--;
}

static int parse_bindable(const char *key_name, struct key *key, struct err *err)
{
	if (!keymap_parse(key_name, key))
		return err_set(err, ERR_INVAL, 0,
		    "'%s' is no key: expected a name as F5, Ctrl-B, Alt-1, PgUp, Shift-F3",
		    words_printable(key_name) ? key_name : "(control characters)");
	if (!may_bind(key))
		return err_set(err, ERR_INVAL, 0,
		    "%s can't be bound: characters, Enter, Tab, Esc and Backspace belong to the "
		    "edit "
		    "line, Ctrl-T is the prefix for function keys",
		    key_name);
	return ERR_OK;
}

/* The binding of the key, an empty one if there was none; NULL when there are too many. */
static struct binding *place_for(struct keymap *k, const struct key *key)
{
	struct binding *b = find(k, key);

	if (b || k->count == KEYMAP_MAX)
		return b;
	k->bindings = xreallocarray(k->bindings, k->count + 1, sizeof(*k->bindings));
	b = &k->bindings[k->count++];
	memset(b, 0, sizeof(*b));
	b->key = *key;
	keymap_name(key, b->name, sizeof(b->name));
	return b;
}

static int bind_key(struct keymap *k, const char *key_name, const char *text, const char *label,
    bool session, struct err *err)
{
	struct binding *b;
	struct key key;
	char *copy;
	int rc = parse_bindable(key_name, &key, err);

	if (rc != ERR_OK)
		return rc;
	if (!words_printable(text) || (label && !words_printable(label)))
		return err_set(err, ERR_INVAL, 0, "%s: the text has control characters", key_name);
	if (!*text) {
		b = find(k, &key);
		if (b)
			unbind(k, b);
		return ERR_OK;
	}
	/* The new text may be the old one: copied before the old one goes. */
	copy = xstrdup(text);
	b = place_for(k, &key);
	if (!b) {
		free(copy);
		return err_set(
		    err, ERR_NOMEM, 0, "%s: only %d keys can be bound", key_name, KEYMAP_MAX);
	}
	free(b->text);
	b->text = copy;
	b->session = session;
	make_label(b->label, sizeof(b->label), b->text, label);
	return ERR_OK;
}

int keymap_bind(
    struct keymap *k, const char *key_name, const char *text, const char *label, struct err *err)
{
	return bind_key(k, key_name, text, label, false, err);
}

int keymap_bind_session(
    struct keymap *k, const char *key_name, const char *text, const char *label, struct err *err)
{
	return bind_key(k, key_name, text, label, true, err);
}

void keymap_carry(struct keymap *k, const struct keymap *from)
{
	size_t i;

	for (i = 0; i < from->count; i++) {
		const struct binding *b = &from->bindings[i];
		struct err err;

		if (b->session) /* it was good once; one too many is left out */
			(void)bind_key(k, b->name, b->text, b->label, true, &err);
	}
}

int keymap_label(struct keymap *k, const char *key_name, const char *label, struct err *err)
{
	struct binding *b;
	struct key key;
	int rc = parse_bindable(key_name, &key, err);

	if (rc != ERR_OK)
		return rc;
	if (!words_printable(label) || strlen(label) >= sizeof(b->label))
		return err_set(err, ERR_INVAL, 0,
		    "%s: expected a label of at most %zu bytes without control characters",
		    key_name, sizeof(b->label) - 1);
	b = find(k, &key);
	if (!b)
		return err_set(err, ERR_NOENT, 0, "%s: nothing is bound to that key", key_name);
	make_label(b->label, sizeof(b->label), b->text, *label ? label : NULL);
	return ERR_OK;
}

const char *keymap_lookup(const struct keymap *k, const struct key *key)
{
	const struct binding *b = find(k, key);

	return b ? b->text : NULL;
}

bool keymap_is_prefill(const char *text)
{
	return str_ends(text, " ");
}

static size_t trimmed_length(const char *s)
{
	size_t n = strlen(s);

	while (n > 0 && s[n - 1] == ' ')
		n--;
	return n;
}

static bool is_function_key(const struct binding *b)
{
	return !b->key.mods && b->key.code >= KEYS_F1 && b->key.code <= KEYS_F24;
}

const char *keymap_key_of(const struct keymap *k, const char *text)
{
	const struct binding *found = NULL;
	size_t n = trimmed_length(text), i;

	for (i = 0; i < k->count; i++) {
		const struct binding *b = &k->bindings[i];

		if (trimmed_length(b->text) != n || memcmp(b->text, text, n) != 0)
			continue;
		if (!found || (is_function_key(b) && !is_function_key(found)))
			found = b;
	}
	return found ? found->name : NULL;
}

const char *keymap_bar_label(const struct keymap *k, int f_number)
{
	struct key key = {.code = KEYS_F1 + (uint32_t)f_number - 1};
	const struct binding *b;

	if (f_number < 1 || f_number > 24)
		return "";
	b = find(k, &key);
	return b ? b->label : "";
}

/* The i-th binding in the order of help. */
static const struct binding *nth(const struct keymap *k, size_t i)
{
	size_t f, j;

	for (f = 0; f < 24; f++) {
		struct key key = {.code = KEYS_F1 + (uint32_t)f};
		const struct binding *b = find(k, &key);

		if (b && i-- == 0)
			return b;
	}
	for (j = 0; j < k->count; j++)
		if (!is_function_key(&k->bindings[j]) && i-- == 0)
			return &k->bindings[j];
	return NULL;
}

bool keymap_at(const struct keymap *k, size_t i, const char **key_name, const char **text)
{
	const struct binding *b = nth(k, i);

	if (!b)
		return false;
	*key_name = b->name;
	*text = b->text;
	return true;
}

const char *keymap_label_at(const struct keymap *k, size_t i)
{
	const struct binding *b = nth(k, i);

	return b ? b->label : "";
}

bool keymap_session_at(const struct keymap *k, size_t i)
{
	const struct binding *b = nth(k, i);

	return b && b->session;
}
