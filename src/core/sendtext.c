/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text for the device: escapes, and the steps of macros and pastes. */
#include "tasmite/core/sendtext.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t sendtext_unescape(char *s)
{
	static const char from[] = "rnte0\\", to[] = "\r\n\t\033\0\\";
	size_t k = 0;

	for (size_t i = 0; s[i]; i++) {
		const char *at;
		int hi, lo;

		if (s[i] != '\\' || !s[i + 1]) {
			s[k++] = s[i];
			continue;
		}
		if (s[i + 1] == 'x' && (hi = hex_value(s[i + 2])) >= 0 &&
		    (lo = hex_value(s[i + 3])) >= 0) {
			s[k++] = (char)(hi * 16 + lo);
			i += 3;
			continue;
		}
		at = strchr(from, s[i + 1]);
		s[k++] = at ? to[at - from] : s[i];
		i += at != NULL;
	}
	return k;
}

/* "{500ms}", "{2s}": how many bytes it has, 0 when it is none. */
static size_t pause_at(const char *s, int *ms)
{
	uint32_t value = 0;
	size_t i = 1;

	if (s[0] != '{')
		return 0;
	for (; s[i] >= '0' && s[i] <= '9'; i++) {
		value = value * 10 + (uint32_t)(s[i] - '0');
		if (value > SENDTEXT_PAUSE_MAX_MS)
			return 0;
	}
	if (i == 1)
		return 0;
	if (s[i] == 's') {
		if (value > SENDTEXT_PAUSE_MAX_MS / 1000)
			return 0;
		value *= 1000;
		i++;
	} else if (s[i] == 'm' && s[i + 1] == 's') {
		i += 2;
	} else {
		return 0;
	}
	*ms = (int)value;
	return s[i] == '}' ? i + 1 : 0;
}

/* How long the line break is that stands here, 0: none. */
static size_t break_at(const char *s)
{
	if (s[0] == '\n')
		return 1;
	return s[0] == '\\' && s[1] == 'n' ? 2 : 0;
}

/* Takes a line up to the next break, pause or the end; its escapes of the macro are undone in
 * place. */
static void take_line(char *text, size_t *at, struct sendtext_step *step)
{
	size_t i = *at, k = i;
	int ms;

	while (text[i] && !break_at(text + i) && !pause_at(text + i, &ms)) {
		if (text[i] == '\\' && (text[i + 1] == '\\' || text[i + 1] == '{'))
			i++;
		text[k++] = text[i++];
	}
	step->pause_ms = -1;
	step->text = text + *at;
	step->n = k - *at;
	/* The break belongs to the line that it ends. */
	*at = i + break_at(text + i);
}

bool sendtext_next(char *text, size_t *at, struct sendtext_step *step)
{
	size_t n;
	int ms;

	if (!text[*at])
		return false;
	n = pause_at(text + *at, &ms);
	if (!n && *at == 0)
		while (break_at(text + *at)) /* nothing stands before it */
			*at += break_at(text + *at);
	if (!n)
		n = pause_at(text + *at, &ms);
	if (!n) {
		if (!text[*at])
			return false;
		take_line(text, at, step);
		return true;
	}
	step->pause_ms = ms;
	step->text = text + *at;
	step->n = 0;
	*at += n;
	*at += break_at(text + *at);
	return true;
}

size_t sendtext_lines(const char *text)
{
	char *copy = xstrdup(text);
	struct sendtext_step step;
	size_t at = 0, lines = 0;

	while (sendtext_next(copy, &at, &step))
		lines += step.pause_ms < 0;
	free(copy);
	return lines;
}

bool sendtext_paste_next(const char *text, size_t n, size_t *at, struct sendtext_step *step)
{
	size_t i = *at;

	while (i < n && (text[i] == '\r' || text[i] == '\n'))
		i++;
	if (i == n)
		return false;
	step->pause_ms = -1;
	step->text = text + i;
	while (i < n && text[i] != '\r' && text[i] != '\n')
		i++;
	step->n = (size_t)(text + i - step->text);
	*at = i;
	return true;
}
