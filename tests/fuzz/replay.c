/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds files to a fuzzer's entry: how `make check` replays the corpora without a fuzzing compiler. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MAX (1u << 20)

int main(int argc, char **argv)
{
	uint8_t *data = malloc(FILE_MAX);
	int files = 0;

	if (!data)
		return 1;
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t n;

		if (!f) {
			perror(argv[i]);
			free(data);
			return 1;
		}
		n = fread(data, 1, FILE_MAX, f);
		fclose(f);
		LLVMFuzzerTestOneInput(data, n);
		for (size_t cut = n / 2; cut; cut /= 2) /* and cut short */
			LLVMFuzzerTestOneInput(data, cut);
		files++;
	}
	LLVMFuzzerTestOneInput(data, 0);
	free(data);
	printf("%d files\n", files);
	return 0;
}
