/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firmware files looked into piece by piece: what is found is what a look at the whole finds. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../../src/app/file_look.h"
#include "sim/tasmota_image.h"

#define LARGEST (2u * 1024 * 1024)

struct fixture {
	char dir[64], path[96];
	uint8_t image[TAS_IMAGE_MAX];
	size_t n;
};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	strcpy(f.dir, "/tmp/tasmite-look.XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.path, sizeof(f.path), "%s/tasmota.bin", f.dir);
	f.n = tas_image_make(
	    &(struct tas_image_spec){.build = "8.5.0-minimal", .flash = 0x20}, f.image);
	assert_true(f.n > 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	return rmdir(f->dir);
}

static void store(const struct fixture *f, const uint8_t *data, size_t n)
{
	FILE *out = fopen(f->path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
}

static size_t pack(const uint8_t *data, size_t n, uint8_t *dst, size_t room)
{
	z_stream z = {.next_in = (uint8_t *)(uintptr_t)data,
	    .avail_in = (uInt)n,
	    .next_out = dst,
	    .avail_out = (uInt)room};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(deflateEnd(&z), Z_OK);
	return room - z.avail_out;
}

/* To its end; how many pieces that took. */
static int look(struct file_look *l, size_t *pieces, struct err *err)
{
	int rc;

	for (*pieces = 1; (rc = file_look_step(l, err)) == ERR_AGAIN; (*pieces)++)
		assert_true(*pieces < 1000);
	return rc;
}

static void look__reads__in_pieces(void **state)
{
	struct fixture *f = *state;
	struct file_look *l = file_look_new(f->path, 16u << 20);
	uint8_t *big = calloc(1, 8u << 20);
	struct err err = {0};
	size_t n, pieces;

	store(f, big, 8u << 20);
	assert_int_equal(look(l, &pieces, &err), ERR_OK);
	assert_true(pieces > 8);
	(void)file_look_bytes(l, &n);
	assert_int_equal(n, 8u << 20);
	file_look_free(l);
	free(big);
}

static void look__finds__what_a_file_is(void **state)
{
	struct fixture *f = *state;
	struct file_look *l = file_look_new(f->path, LARGEST);
	struct image_info whole;
	struct err err = {0};
	size_t n, pieces;
	uint8_t *taken;

	store(f, f->image, f->n);
	image_inspect(f->image, f->n, "tasmota.bin", &whole);
	assert_int_equal(whole.kind, IMAGE_ESP8266);
	assert_int_equal(look(l, &pieces, &err), ERR_OK);
	assert_memory_equal(file_look_info(l), &whole, sizeof(whole));
	assert_memory_equal(file_look_bytes(l, &n), f->image, f->n);
	assert_int_equal(n, f->n);
	assert_null(file_look_inner(l, &n));
	/* once more is nothing more */
	assert_int_equal(file_look_step(l, &err), ERR_OK);
	taken = file_look_take(l);
	assert_memory_equal(taken, f->image, f->n);
	free(taken);
	file_look_free(l);
	file_look_free(NULL);
}

static void look__unpacks__in_pieces(void **state)
{
	struct fixture *f = *state;
	static uint8_t packed[TAS_IMAGE_MAX];
	size_t packed_n = pack(f->image, f->n, packed, sizeof(packed)), n, pieces;
	struct file_look *l = file_look_new(f->path, LARGEST);
	const struct image_info *info;
	struct image_info whole;
	struct err err = {0};
	uint8_t *inner;

	store(f, packed, packed_n);
	image_inspect_packed(packed, packed_n, "tasmota.bin", LARGEST, &whole, &inner, &n);
	free(inner);
	assert_int_equal(look(l, &pieces, &err), ERR_OK);
	assert_true(pieces > f->n / (128 * 1024)); /* what is unpacked in one is bounded */
	info = file_look_info(l);
	assert_memory_equal(info, &whole, sizeof(whole));
	assert_true(info->packed);
	assert_int_equal(info->packed_size, packed_n);
	assert_memory_equal(file_look_inner(l, &n), f->image, f->n);
	assert_int_equal(n, f->n);
	file_look_free(l);

	/* given up in the middle */
	l = file_look_new(f->path, LARGEST);
	for (size_t i = 0; i < pieces / 2; i++)
		assert_int_equal(file_look_step(l, &err), ERR_AGAIN);
	file_look_free(l);
}

static void look__tells__what_cannot_be_unpacked(void **state)
{
	struct fixture *f = *state;
	static uint8_t packed[TAS_IMAGE_MAX];
	size_t packed_n = pack(f->image, f->n, packed, sizeof(packed)), n, pieces;
	struct err err = {0};
	struct file_look *l;

	for (int i = 0; i < 3; i++) { /* cut short, damaged, more than is taken */
		l = file_look_new(f->path, i == 2 ? packed_n : LARGEST);
		if (i == 1)
			packed[packed_n - 6] ^= 1;
		store(f, packed, i == 0 ? packed_n / 2 : packed_n);
		assert_int_equal(look(l, &pieces, &err), ERR_OK);
		assert_int_equal(file_look_info(l)->kind, IMAGE_GZIP);
		assert_int_equal(file_look_info(l)->fault, IMAGE_FAULT_PACKING);
		assert_null(file_look_inner(l, &n));
		file_look_free(l);
		packed[packed_n - 6] ^= i == 1;
	}
}

static void look__tells__why_a_file_cannot_be_read(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	size_t pieces;
	struct file_look *l = file_look_new(f->path, LARGEST);

	assert_int_equal(look(l, &pieces, &err), ERR_NOENT);
	assert_non_null(strstr(err.text, f->path));
	file_look_free(l);

	store(f, f->image, f->n);
	l = file_look_new(f->path, f->n - 1);
	assert_int_equal(look(l, &pieces, &err), ERR_RANGE);
	assert_non_null(strstr(err.text, "is too big: more than "));
	file_look_free(l);

	l = file_look_new(f->dir, LARGEST);
	assert_int_equal(look(l, &pieces, &err), ERR_INVAL);
	assert_non_null(strstr(err.text, "no regular file"));
	file_look_free(l);
}

/* Its size was what it had when it was opened. */
static void look__follows__a_file_that_grows(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	size_t n, pieces;
	struct file_look *l = file_look_new(f->path, f->n);

	store(f, f->image, 70000);
	assert_int_equal(file_look_step(l, &err), ERR_AGAIN);
	store(f, f->image, f->n);
	assert_int_equal(look(l, &pieces, &err), ERR_OK);
	assert_memory_equal(file_look_bytes(l, &n), f->image, f->n);
	assert_int_equal(n, f->n);
	file_look_free(l);

	/* but not beyond what is taken */
	l = file_look_new(f->path, f->n - 1);
	store(f, f->image, 70000);
	assert_int_equal(file_look_step(l, &err), ERR_AGAIN);
	store(f, f->image, f->n);
	assert_int_equal(look(l, &pieces, &err), ERR_RANGE);
	file_look_free(l);

	/* or that is empty */
	store(f, f->image, 0);
	l = file_look_new(f->path, LARGEST);
	assert_int_equal(look(l, &pieces, &err), ERR_OK);
	assert_int_equal(file_look_info(l)->kind, IMAGE_EMPTY);
	file_look_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(look__finds__what_a_file_is, setup, teardown),
	    cmocka_unit_test_setup_teardown(look__reads__in_pieces, setup, teardown),
	    cmocka_unit_test_setup_teardown(look__unpacks__in_pieces, setup, teardown),
	    cmocka_unit_test_setup_teardown(look__tells__what_cannot_be_unpacked, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		look__tells__why_a_file_cannot_be_read, setup, teardown),
	    cmocka_unit_test_setup_teardown(look__follows__a_file_that_grows, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
