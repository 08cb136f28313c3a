/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of the tables: the nearest one to a mistyped one, lists "a|b|c", what may be kept as text. */
#include "tasmite/core/words.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static int min3(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment: three rows of the table are enough. */
int words_distance(const char *a, const char *b)
{
	int rows[3][WORDS_LONGEST + 1];
	int *before = rows[0], *last = rows[1], *row = rows[2];
	size_t n = strlen(a), m = strlen(b), i, j;

	if (n > WORDS_LONGEST || m > WORDS_LONGEST)
		return INT_MAX;
	for (j = 0; j <= m; j++)
		last[j] = (int)j;
	for (i = 1; i <= n; i++) {
		int *spare = before;

		row[0] = (int)i;
		for (j = 1; j <= m; j++) {
			int same = lower(a[i - 1]) == lower(b[j - 1]);

			row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + !same);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]) && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[m];
}

void nearest_init(struct nearest *n, const char *word)
{
	n->word = word;
	n->best = NULL;
	n->distance = INT_MAX;
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	size_t len = strlen(n->word);
	int distance = words_distance(n->word, candidate);

	/* What begins like the candidate was not mistyped but cut short. */
	if (len >= 2 && str_starts_nocase(candidate, n->word))
		distance = 1;
	/* Half of the word wrong is no slip any more. */
	if (distance > 3 || (size_t)distance * 2 > len || distance >= n->distance)
		return;
	n->best = candidate;
	n->distance = distance;
}

const char *nearest_text(const struct nearest *n, const char *prefix, char *dst, size_t size)
{
	dst[0] = '\0';
	if (n->best)
		str_fmt(dst, size, ", did you mean '%s%s'?", prefix, n->best);
	return dst;
}

bool words_of_list(const char *list, size_t i, char *dst, size_t size)
{
	const char *end;

	while (i > 0 && (list = strchr(list, '|')) != NULL) {
		list++;
		i--;
	}
	if (!list || !*list)
		return false;
	end = list + strcspn(list, "|");
	str_copy_n(dst, size, list, (size_t)(end - list));
	return true;
}

int words_find(const char *list, const char *word)
{
	char choice[64];
	int i;

	for (i = 0; words_of_list(list, (size_t)i, choice, sizeof(choice)); i++)
		if (str_casecmp(choice, word) == 0)
			return i;
	return -1;
}

bool words_printable(const char *s)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t n = strlen(s);

	while (n > 0) {
		uint32_t cp;
		int len = utf8_decode(p, n, &cp);

		if (len <= 0 || utf8_width(cp) < 0)
			return false;
		p += len;
		n -= (size_t)len;
	}
	return true;
}
