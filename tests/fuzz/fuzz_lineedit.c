/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The edit line under any keys: readline between them. Two bytes a key. The cursor stays within the
 * text, what is set is what stands there, however the line was left, and the program never waits.
 */
#include "fuzz.h"

#include "tasmite/base/str.h"
#include "tasmite/ui/lineedit.h"

/* readline 8.2 itself loses undo records in vi's mode. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libreadline\n";
}

struct rig {
	struct lineedit *e;
	unsigned lines;
	bool power; /* the line entered last was "Power" */
};

static void on_line(void *ctx, const char *line)
{
	struct rig *r = ctx;

	r->lines++;
	r->power = !strcmp(line, "Power");
	lineedit_history_add(r->e, line);
}

static void on_recall(void *ctx)
{
	lineedit_history_add(((struct rig *)ctx)->e, "Status 0");
}

static size_t on_complete(void *ctx, const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg)
{
	static const char *const words[] = {"/flash", "/focus", "my file", "f\303\274", "a/"};
	size_t start = cursor;

	(void)ctx;
	require(cursor <= strlen(line));
	while (start && line[start - 1] != ' ')
		start--;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(words[i], line + start, cursor - start))
			add(arg, words[i], "");
	return start;
}

static void on_choices(
    void *ctx, const char *const *words, const char *const *details, size_t count)
{
	(void)ctx;
	for (size_t i = 0; i < count; i++)
		require(words[i][0] && details[i]);
}

static void check(const struct lineedit *e)
{
	const char *text = lineedit_text(e);
	size_t at = lineedit_cursor(e);

	require(at <= strlen(text) && strlen(lineedit_prompt(e)) < 256);
}

static void press(struct rig *r, struct input *in)
{
	uint8_t how = input_byte(in), what = input_byte(in);
	struct key key = {.code = what, .mods = how & 7};

	if (how & 0x80) /* one that is no character */
		key.code = KEYS_F1 + what % (KEYS_ESC + 1 - KEYS_F1);
	else if (how & 0x40)
		key.code = what * 0x0101u; /* beyond ASCII */
	if ((key.mods & KEY_CTRL) && key.code < 128 && key.code >= 'A' && key.code <= 'Z')
		key.code += 32;
	if (how == 8 || how == 16) {
		char *text = input_line(in, what);

		if (how == 8) {
			lineedit_insert(r->e, text, strlen(text));
		} else {
			lineedit_set(r->e, text);
			require(lineedit_cursor(r->e) == strlen(lineedit_text(r->e)));
		}
		free(text);
	} else if (how == 32) {
		lineedit_choose(r->e, "my file");
	} else {
		lineedit_key(r->e, &key);
	}
	check(r->e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct lineedit_ops ops = {
	    .line = on_line, .complete = on_complete, .choices = on_choices, .recall = on_recall};
	struct input in = {data, n, 0};
	struct rig r = {.lines = 0};
	unsigned lines;

	setenv("INPUTRC", "/dev/null", 1);
	r.e = lineedit_new(&ops, &r);
	lineedit_history_limit(r.e, 5);
	for (int i = 0; i < 400 && input_more(&in); i++)
		press(&r, &in);
	/* However it was left, by this input or one before: a line can be put there and entered. */
	lines = r.lines;
	lineedit_set(r.e, "Power");
	require(!strcmp(lineedit_text(r.e), "Power") && r.lines == lines);
	lineedit_key(r.e, &(struct key){.code = KEYS_ENTER});
	require(r.lines == lines + 1 && r.power && !lineedit_text(r.e)[0]);
	lineedit_free(r.e);
	return 0;
}
