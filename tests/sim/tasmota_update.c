/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The updater: what it takes, how much, and where it puts it. Over the air and by the web page it is
 * the same. On the ESP8266 the image is put into the flash when it is whole, where the boot loader of
 * a real one copies it at the next start: what is read of it by then is the same.
 */
#include "tasmota_int.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define SHARED	(1004u * 1024u)
#define LARGEST 0x400000u
#define SECTOR	4096u

void tas_ota_fault(const struct sim_app *a, struct sim_update_fault *out)
{
	*out = (struct sim_update_fault){.room = UINT32_MAX};
	if (a->host.update_fault)
		a->host.update_fault(a->host.ctx, out);
}

uint32_t tas_ota_free(const struct sim_app *a)
{
	uint32_t used = (a->b.size + SECTOR - 1) / SECTOR * SECTOR;

	if (a->host.slots)
		return a->host.slots->room(a->host.ctx);
	return used < SHARED ? SHARED - used : 0;
}

/* gzip: by the ESP8266's boot loader alone. */
static bool takes_packed(const struct sim_app *a)
{
	return tas_min(a, 8, 2, 0, 0) && !a->host.slots;
}

int tas_ota_magic(const struct sim_app *a, const uint8_t *p)
{
	static const uint8_t sizes[] = {19, 18, 20, 21, 22}; /* bits: 512K, 256K, 1M, 2M, 4M */
	unsigned code = p[3] >> 4;
	struct sim_update_fault fault;

	tas_ota_fault(a, &fault);
	if (fault.magic)
		return 3;
	if (p[0] == 0x1F && takes_packed(a))
		return 0;
	if (p[0] != 0xE9)
		return 3;
	if (!a->host.slots && code < sizeof(sizes) &&
	    1u << sizes[code] > a->host.flash_size(a->host.ctx))
		return 4;
	return 0;
}

static void write_flash(struct sim_app *a, const uint8_t *p, uint32_t n)
{
	uint32_t size = a->host.flash_size(a->host.ctx);

	if (a->host.slots) {
		a->host.slots->write(a->host.ctx, p, n);
		return;
	}
	for (uint32_t at = 0; at < n && at < size; at += SECTOR)
		a->host.flash_erase_sector(a->host.ctx, at);
	a->host.flash_program(a->host.ctx, 0, p, n < size ? n : size);
	if (n > 2 && p[0] == 0xE9) {
		uint8_t dout = 3; /* the updater makes it so */

		a->host.flash_program(a->host.ctx, 2, &dout, 1);
	}
}

/* As the boot loader unpacks it. NULL: damaged; for free(). */
static uint8_t *unpack(const uint8_t *p, uint32_t n, uint32_t *size)
{
	uint8_t *out = malloc(LARGEST);
	z_stream z = {.next_in = (Bytef *)(uintptr_t)p, .avail_in = n};
	bool good;

	if (!out || inflateInit2(&z, 15 + 16) != Z_OK)
		abort();
	z.next_out = out;
	z.avail_out = LARGEST;
	good = inflate(&z, Z_FINISH) == Z_STREAM_END;
	*size = (uint32_t)z.total_out;
	inflateEnd(&z);
	if (!good) {
		free(out);
		return NULL;
	}
	return out;
}

bool tas_ota_put(struct sim_app *a, const uint8_t *p, uint32_t n)
{
	uint8_t *plain;

	if (p[0] != 0x1F) {
		write_flash(a, p, n);
		return true;
	}
	plain = unpack(p, n, &n);
	if (!plain)
		return false;
	write_flash(a, plain, n);
	free(plain);
	return true;
}
