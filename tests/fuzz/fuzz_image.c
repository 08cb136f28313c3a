/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a firmware file: all questions that the program asks of one. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/proto/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct image_target target = {.flash_size = 1024 * 1024, .chip_known = true};
	struct image_info info;
	struct image_verdict verdict;
	struct image_patch patch;
	struct sbuf page;
	char line[200];

	image_inspect(data, n, "fuzz-1.2.3.bin", &info);
	assert(info.boot.count <= IMAGE_MAX_SEGMENTS && info.app.count <= IMAGE_MAX_SEGMENTS);
	assert(info.end == 0 || info.end > n || info.end + info.trailing == n);
	target.is_8285 = n > 2 && (data[2] & 1);
	if (image_check(&info, &target, &verdict) == 0)
		assert(info.fault == IMAGE_FAULT_NONE && n <= target.flash_size);
	image_patch_plan(&info, &target, &patch);
	assert(!patch.needed || (patch.offset < n && data[patch.offset] == patch.old_byte));
	image_summary(&info, line, sizeof(line));
	sbuf_init(&page, 16384);
	image_describe(&info, &page);
	sbuf_fini(&page);
	return 0;
}
