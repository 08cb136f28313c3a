/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a firmware file: all questions that the program asks of one. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "tasmite/proto/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void ask_8266(const struct image_info *info, const uint8_t *data, size_t n)
{
	struct image_target target = {.flash_size = 1024 * 1024, .chip_known = true};
	struct image_verdict verdict;
	struct image_patch patch;

	target.is_8285 = n > 2 && (data[2] & 1);
	if (image_check(info, &target, &verdict) == 0)
		assert(info->fault == IMAGE_FAULT_NONE && n <= target.flash_size);
	image_patch_plan(info, &target, &patch);
	assert(!patch.needed || (patch.offset < n && data[patch.offset] == patch.old_byte));
}

/* The file's own table plays the device's. */
static void ask_place(const struct image_info *info, uint32_t asked, bool use_asked)
{
	struct image_device device = {.chip = image_chip_name(info->chip_id),
	    .revision = 100,
	    .flash_size = 4u << 20,
	    .table = info->has_table ? &info->table : NULL};
	struct image_placement p;

	if (image_place(info, &device, use_asked ? &asked : NULL, &p) == 0) {
		assert(p.offset % 4096 == 0 && p.verdict.refusal == IMAGE_OK);
		assert(info->size <= device.flash_size - p.offset);
		assert(info->fault == IMAGE_FAULT_NONE && (!use_asked || p.offset == asked));
	} else {
		assert(p.verdict.reason[0] && p.verdict.advice[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct image_info info;
	struct sbuf page;
	char line[256];
	uint8_t *inner;
	size_t inner_n;

	image_inspect(data, n, "fuzz-1.2.3.bin", &info);
	assert(info.boot.count <= IMAGE_MAX_SEGMENTS && info.app.count <= IMAGE_MAX_SEGMENTS);
	assert(info.end == 0 || info.end > n || info.end + info.trailing == n);
	assert(info.app_count <= IMAGE_MAX_APPS && info.starts <= IMAGE_MAX_APPS);
	assert(info.settings.copies == 0 || info.settings.offset < n);
	ask_8266(&info, data, n);
	ask_place(&info, 0, false);
	ask_place(&info, n > 3 ? (uint32_t)data[n - 1] << 12 : 0, true);
	image_inspect_packed(data, n, "fuzz.gz", 1u << 20, &info, &inner, &inner_n);
	assert(!inner || (info.packed && info.size == inner_n));
	free(inner);
	image_known_bad(&info.id, line, sizeof(line));
	image_summary(&info, line, sizeof(line));
	sbuf_init(&page, 16384);
	image_describe(&info, &page);
	sbuf_fini(&page);
	return 0;
}
