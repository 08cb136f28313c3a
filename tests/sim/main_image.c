/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * make-image: writes a made-up firmware image for the virtual device.
 */
#include "tasmota32_image.h"
#include "tasmota_ident.h"
#include "tasmota_image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wish {
	struct tas_image_spec old; /* for the ESP8266 */
	struct tas32_spec family;
	const char *file;
};

static const char *const kinds[] = {"factory", "app", "safeboot", "bootloader", "partitions", NULL};
static const char *const layout_names[] = {"safeboot", "two-slot", "moved", NULL};

static int usage(FILE *to)
{
	fprintf(to, "usage: make-image --build NAME [--size BYTES|NK] [--mode qio|qout|dio|dout]\n"
		    "                  [--flash-size 512K|256K|1M|2M|4M] -o FILE\n"
		    "       make-image --chip esp32|esp32c3|... [--kind KIND] [--layout LAYOUT]\n"
		    "                  [--build VERSION|other] [--size ...] [--mode ...]\n"
		    "                  [--flash-size 1M|2M|4M|8M|16M]\n"
		    "                  [--min-revision MAJOR*100+MINOR] -o FILE\n"
		    "Builds:");
	for (size_t i = 0; tas_image_name(i); i++)
		fprintf(to, " %s", tas_image_name(i));
	fputs("\nKinds:", to);
	for (size_t i = 0; kinds[i]; i++)
		fprintf(to, " %s", kinds[i]);
	fputs("\nLayouts:", to);
	for (size_t i = 0; layout_names[i]; i++)
		fprintf(to, " %s", layout_names[i]);
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

static int take_size(struct wish *w, const char *value)
{
	char *end;
	size_t n = strtoul(value, &end, 0);

	if (end == value)
		return -1;
	if (*end == 'K' && !end[1])
		n *= 1024;
	else if (*end)
		return -1;
	w->old.size = n;
	w->family.size = n;
	return 0;
}

/* The families count flash sizes differently (esp-serial-protocol.md 8). */
static int take_flash_size(struct wish *w, const char *value)
{
	static const char *const old[] = {"512K", "256K", "1M", "2M", "4M", NULL};
	static const char *const family[] = {"1M", "2M", "4M", "8M", "16M", NULL};
	int a = word_of(old, value), b = word_of(family, value);

	if (a >= 0)
		w->old.flash = (uint8_t)(a << 4);
	if (b >= 0)
		w->family.flash = (uint8_t)(b << 4 | (w->family.flash & 15));
	return a >= 0 || b >= 0 ? 0 : -1;
}

static int take_mode(struct wish *w, const char *value)
{
	static const char *const modes[] = {"qio", "qout", "dio", "dout", NULL};
	int n = word_of(modes, value);

	w->old.mode = (uint8_t)n;
	w->family.mode = (uint8_t)n;
	return n;
}

static int take_chip(struct wish *w, const char *value)
{
	const struct sim_chip_row *row = sim_chip_find(value);

	if (!row)
		return -1;
	w->family.chip = row->family ? row : NULL;
	return 0;
}

/* "15.2.0", "14.2.0", "other" */
static int take_version(struct wish *w)
{
	unsigned a, b, c;

	if (!w->old.build || !strcmp(w->old.build, "other"))
		w->family.version = w->old.build ? 0 : TAS_V(15, 2, 0, 0);
	else if (sscanf(w->old.build, "%3u.%3u.%3u", &a, &b, &c) == 3 && a < 256 && b < 256 &&
		 c < 256)
		w->family.version = TAS_V(a, b, c, 0);
	else
		return -1;
	return 0;
}

static int option(struct wish *w, const char *name, const char *value)
{
	int n = 0;

	if (!strcmp(name, "--build")) {
		w->old.build = value;
	} else if (!strcmp(name, "--chip")) {
		n = take_chip(w, value);
	} else if (!strcmp(name, "--kind")) {
		n = word_of(kinds, value);
		w->family.kind = (enum tas32_kind)n;
	} else if (!strcmp(name, "--layout")) {
		n = word_of(layout_names, value);
		w->family.layout = (enum tas32_layout)n;
	} else if (!strcmp(name, "--size")) {
		n = take_size(w, value);
	} else if (!strcmp(name, "--mode")) {
		n = take_mode(w, value);
	} else if (!strcmp(name, "--flash-size")) {
		n = take_flash_size(w, value);
	} else if (!strcmp(name, "--min-revision")) {
		char *end;
		unsigned long v = strtoul(value, &end, 10);

		w->family.revision = (uint16_t)v;
		n = *end || v > 999 ? -1 : 0;
	} else if (!strcmp(name, "-o")) {
		w->file = value;
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

static size_t make(const struct wish *w, uint8_t *image)
{
	size_t n;

	if (w->family.chip) {
		n = tas32_image_make(&w->family, image);
		if (!n)
			fprintf(stderr, "make-image: a size below 64K or above the partition's\n");
	} else {
		n = tas_image_make(&w->old, image);
		if (!n)
			fprintf(stderr,
			    "make-image: unknown build, or a size below 64K or above 1024K\n");
	}
	return n;
}

int main(int argc, char **argv)
{
	/* DOUT and 1 MB; DIO, 4 MB and 40 MHz. */
	struct wish w = {.old = {NULL, 0, 3, 0x20}, .family = {.mode = 2, .flash = 0x20}};

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return usage(stderr);
		if (option(&w, argv[i], argv[i + 1]))
			return 2;
	}
	if (!w.file || (!w.family.chip && !w.old.build) || (w.family.chip && take_version(&w)))
		return usage(stderr);
	uint8_t *image = malloc(TAS32_IMAGE_MAX);
	if (!image)
		abort();
	size_t n = make(&w, image);
	int rc = n ? write_file(w.file, image, n) : 2;
	free(image);
	return rc;
}
