/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts and words about values that a firmware takes for something else. */
#include "traps.h"

#include <string.h>

#include "tasmite/base/str.h"

#define V7_0 0x07000000u /* OtaUrl has one character more */
#define V8_0 0x08000000u /* what is too long is cut, not refused */

const char *traps_text(enum traps_id id)
{
	static const char *const texts[] = {
#define X(id, text) [TRAPS_##id] = (text),
	    TRAPS_TABLE
#undef X
	};

	return texts[id];
}

static bool is_one_of(const char *text, size_t n, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(words[i]) == n && !str_ncasecmp(text, words[i], n))
			return true;
	return false;
}

static bool counts_to_one(const char *value, size_t n)
{
	bool minus = n && *value == '-';
	size_t first = n && (*value == '-' || *value == '+'), i = first;
	uint32_t v = 0;

	for (; i < n && value[i] >= '0' && value[i] <= '9'; i++) {
		if (v > 214748363) /* what is too large becomes the largest: -1 in 16 bits */
			return false;
		v = v * 10 + (uint32_t)(value[i] - '0');
	}
	return i > first && (uint16_t)(minus ? 0u - v : v) == 1;
}

bool traps_is_one(const char *value, size_t n)
{
	static const char *const words[] = {"on", "true", "start", "user", "fahrenheit"};

	return counts_to_one(value, n) ||
	       is_one_of(value, n, words, sizeof(words) / sizeof(words[0]));
}

size_t traps_most(const char *name, size_t n, uint32_t fw)
{
	static const char *const networks[] = {"SSId", "RgxSSId"};
	static const char *const keys[] = {"Password", "RgxPassword"};
	static const char *const urls[] = {"OtaUrl"};

	if (is_one_of(name, n, networks, 2))
		return 32;
	if (is_one_of(name, n, keys, 2))
		return 64;
	if (is_one_of(name, n, urls, 1))
		return fw && fw < V7_0 ? 99 : 100;
	return SIZE_MAX;
}

void traps_too_long(const char *name, size_t n, size_t most, uint32_t fw, char *dst, size_t size)
{
	(void)str_fmt(dst, size, "%zu characters, %s takes %zu: it is %s", n, name, most,
	    !fw		? "ignored or cut"
	    : fw < V8_0 ? "ignored"
			: "cut");
}
