/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any line: no token is a control character, every byte is accounted for once. */
#include <stdlib.h>

#include "tasmite/base/utf8.h"
#include "tasmite/core/ansi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(int ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ansi_token t;
	struct ansi a;
	size_t end = 0;

	ansi_begin(&a, data, n);
	while (ansi_next(&a, &t)) {
		require(t.at >= end && t.len > 0 && t.at + t.len <= n);
		end = t.at + t.len;
		if (t.kind == ANSI_CHAR)
			require(utf8_width(t.cp) > 0);
		else if (t.kind == ANSI_MARK)
			require(utf8_width(t.cp) == 0);
		else if (t.kind != ANSI_TAB)
			require(utf8_str_width(t.text) > 0);
	}
	require(a.pos == n);
	return 0;
}
