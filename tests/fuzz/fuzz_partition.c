/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a partition table and, behind it, as otadata. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tasmite/proto/partition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct partition_table t;
	struct err err;
	char text[40];

	if (partition_parse(data, n, &t, &err) != ERR_OK) {
		assert(t.count == 0);
		return 0;
	}
	assert(t.count > 0 && t.count <= PARTITION_MAX && t.count * 32 <= n);
	if (partition_check(&t, 4u << 20, &err) == ERR_OK)
		assert(partition_end(&t) <= 4u << 20);
	size_t used = t.count * 32, slot = partition_starts(&t, data + used, n - used);
	assert(
	    slot == PARTITION_NO_SLOT || (slot < t.count && t.entry[slot].type == PARTITION_APP));
	if (slot == PARTITION_NO_SLOT)
		assert(partition_layout(&t) == PARTITION_LAYOUT_NO_APP);
	for (size_t i = 0; i < t.count; i++) {
		partition_kind_text(&t.entry[i], text, sizeof(text));
		assert(strlen(t.entry[i].name) <= 16 && text[0]);
	}
	return 0;
}
