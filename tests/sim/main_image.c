/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * make-image: writes a made-up firmware image for the virtual device.
 */
#include "tasmota_image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(FILE *to)
{
	fprintf(to, "usage: make-image --build NAME [--size BYTES|NK] [--mode qio|qout|dio|dout]\n"
		    "                  [--flash-size 512K|256K|1M|2M|4M] -o FILE\n"
		    "Builds:");
	for (size_t i = 0; tas_image_name(i); i++)
		fprintf(to, " %s", tas_image_name(i));
	fputc('\n', to);
	return to == stdout ? 0 : 2;
}

static int word_of(const char *const *names, const char *word)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], word))
			return i;
	return -1;
}

static int option(struct tas_image_spec *s, const char **file, const char *name, const char *value)
{
	static const char *const modes[] = {"qio", "qout", "dio", "dout", NULL};
	static const char *const sizes[] = {"512K", "256K", "1M", "2M", "4M", NULL};
	char *end;
	int n = 0;

	if (!strcmp(name, "--build")) {
		s->build = value;
	} else if (!strcmp(name, "--size")) {
		s->size = strtoul(value, &end, 0);
		if (*end == 'K' && !end[1])
			s->size *= 1024;
		else if (*end || end == value)
			n = -1;
	} else if (!strcmp(name, "--mode")) {
		n = word_of(modes, value);
		s->mode = (uint8_t)n;
	} else if (!strcmp(name, "--flash-size")) {
		n = word_of(sizes, value);
		s->flash = (uint8_t)(n << 4);
	} else if (!strcmp(name, "-o")) {
		*file = value;
	} else {
		n = -1;
	}
	if (n < 0)
		fprintf(stderr, "make-image: %s %s is not understood\n", name, value);
	return n < 0 ? -1 : 0;
}

static int write_file(const char *file, const uint8_t *p, size_t n)
{
	FILE *f = fopen(file, "wb");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f)) {
		fprintf(stderr, "make-image: %s: %s\n", file, strerror(errno));
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct tas_image_spec s = {NULL, 0, 3, 0x20};
	const char *file = NULL;

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return usage(stderr);
		if (option(&s, &file, argv[i], argv[i + 1]))
			return 2;
	}
	if (!s.build || !file)
		return usage(stderr);
	uint8_t *image = malloc(TAS_IMAGE_MAX);
	if (!image)
		abort();
	size_t n = tas_image_make(&s, image);
	int rc = 2;
	if (!n)
		fprintf(stderr, "make-image: unknown build, or a size below 64K or above 1024K\n");
	else
		rc = write_file(file, image, n);
	free(image);
	return rc;
}
