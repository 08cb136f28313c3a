/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line as a Backlog and the rest as a script of /send, for any firmware (the first byte): each
 * command of ASCII travels in exactly one line, no line is longer than the firmware takes or has a line end in
 * it, and what the trap says holds no value.
 */
#include "fuzz.h"

#include "tasmite/core/tasmota/backlog.h"
#include "tasmite/core/tasmota/script.h"

static const char *const versions[] = {
    "", "5.14.0", "6.1.1", "6.6.0", "7.2.0", "8.5.0", "9.4.0", "12.2.0", "15.2.0"};

static void check_part(const struct backlog *b, const struct backlog_part *p, uint32_t fw)
{
	require(p->count >= 1 && p->count <= BACKLOG_IN_LINE);
	require((p->kind == BACKLOG_COMMAND) == (p->line != NULL));
	require(p->kind == BACKLOG_COMMAND || p->count == 1);
	if (!p->line)
		return;
	require(p->line[0] && !strpbrk(p->line, "\r\n"));
	/* One command alone may be too long by itself: the trap says so. */
	require(p->count == 1 || strlen(p->line) <= backlog_line_max(fw));
	for (size_t i = 0; i < p->count; i++)
		require(strstr(p->line, b->steps[p->steps[i]].text) != NULL);
}

static void check_plan(struct backlog *b, uint32_t fw, bool packed)
{
	unsigned char *seen = calloc(b->count + 1, 1);

	require(seen != NULL);
	backlog_plan(b, fw, packed);
	for (size_t i = 0; i < b->part_count; i++) {
		check_part(b, &b->parts[i], fw);
		for (size_t k = 0; k < b->parts[i].count; k++) {
			size_t step = b->parts[i].steps[k];

			require(step < b->count && !seen[step]++);
			require(b->steps[step].kind == b->parts[i].kind);
		}
	}
	for (size_t i = 0; i < b->count; i++) {
		bool beyond = false;

		for (const char *p = b->steps[i].text; *p; p++)
			beyond |= (unsigned char)*p > 127;
		beyond = beyond && b->steps[i].kind == BACKLOG_COMMAND;
		require(seen[i] == !beyond);
		require(b->steps[i].state == (beyond ? BACKLOG_BEYOND : BACKLOG_QUEUED));
	}
	free(seen);
}

static void look(const struct backlog *b, uint32_t fw)
{
	struct backlog_name name;
	char why[300];

	for (size_t i = 0; i < b->count; i++) {
		const struct backlog_step *s = &b->steps[i];

		require(s->text && strlen(s->text) <= BACKLOG_TEXT && !strpbrk(s->text, "\r\n"));
		require(s->ms >= 0);
		backlog_name(s->text, &name);
		require(name.p >= s->text && name.value >= name.p &&
			name.value <= s->text + strlen(s->text));
		(void)backlog_facts(&name);
		why[0] = '\0';
		if (backlog_trap(s->text, fw, why, sizeof(why)))
			require(why[0]);
	}
}

static void typed(const char *line, uint32_t fw, bool packed)
{
	struct backlog b;
	long suspect = -1;

	(void)backlog_typed(line);
	if (strchr(line, '\r')) /* only who quotes it types one, and means it */
		return;
	backlog_init(&b);
	if (backlog_parse(&b, line, &suspect)) {
		require(suspect >= -1 && suspect < (long)b.count);
		look(&b, fw);
		if (suspect >= 0 && (size_t)suspect + 1 < b.count) {
			size_t before = b.count;

			backlog_join(&b, (size_t)suspect);
			require(b.count < before);
			look(&b, fw);
		}
		check_plan(&b, fw, packed);
	}
	backlog_fini(&b);
}

static const char *value_of(void *ctx, const char *name)
{
	(void)ctx;
	return name[0] == 'S' ? "home" : name[0] == 'K' ? "a b;c" : NULL;
}

static void scripted(const char *text, size_t n, uint32_t fw, bool packed)
{
	struct script_wants wants = {.count = 0};
	struct backlog b;
	struct err err = {0};
	int rc;

	backlog_init(&b);
	rc = script_read(text, n, value_of, NULL, &b, &wants, &err);
	require(wants.count <= SCRIPT_WANTS);
	if (rc == ERR_OK) {
		require(wants.count == 0);
		look(&b, fw);
		check_plan(&b, fw, packed);
	} else if (rc == ERR_AGAIN) {
		require(wants.count > 0);
		for (int i = 0; i < wants.count; i++)
			require(wants.names[i][0] && wants.lines[i] > 0);
	} else {
		require(err.text[0]);
	}
	backlog_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = {data, n, 0};
	uint8_t how = input_byte(&in);
	uint32_t fw = backlog_fw(versions[how % 9]);
	char *line = input_line(&in, 5000);

	typed(line, fw, how & 0x80);
	scripted((const char *)data + in.at, n - in.at, fw, how & 0x80);
	(void)backlog_fw(line);
	free(line);
	return 0;
}
