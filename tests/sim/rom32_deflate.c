/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ESP32 family's deflated writing in the ROM (esp-serial-protocol.md 2.4): a zlib stream in
 * blocks, unpacked as it comes and programmed before the answer. The announced size is what is
 * erased, rounded up by the host to its block size; more than that may not come out.
 */
#include "simint.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define ERR_FORMAT    5
#define ERR_RESULT    6
#define ERR_DEFLATE   0x0B
#define ERR_ADLER     0x0C
#define ERR_PARAMETER 0x0D
#define PAYLOAD	      24

struct sim_inflate {
	z_stream z;
	bool ended;
};

void sim_defl32_drop(struct sim_device *dev)
{
	struct sim_inflate *f = dev->rom32.inflate;

	if (!f)
		return;
	inflateEnd(&f->z);
	free(f);
	dev->rom32.inflate = NULL;
}

static struct sim_inflate *start(void)
{
	struct sim_inflate *f = calloc(1, sizeof(*f));

	if (!f || inflateInit(&f->z) != Z_OK)
		abort();
	return f;
}

void sim_defl32_begin(struct sim_device *dev, uint16_t len)
{
	struct sim_xfer x;

	if (!sim_flash32_accept(dev, len, &x))
		return;
	if (x.block_size == 0 || (x.size > 0 && x.blocks == 0)) {
		sim_loader_answer(dev, 1, ERR_PARAMETER);
		return;
	}
	dev->rom32.deflated = x;
	dev->rom32.inflate = start();
	sim_flash32_erase(dev, x.addr, x.size);
}

static uint8_t code_of(const z_stream *z)
{
	if (z->msg && strcmp(z->msg, "incorrect data check") == 0)
		return ERR_ADLER;
	return ERR_DEFLATE;
}

/* Unpacks a block into plain; 0 or an error code. */
static uint8_t unpack(struct sim_device *dev, uint8_t *bytes, uint32_t n)
{
	struct sim_rom32 *r = &dev->rom32;
	struct sim_inflate *f = r->inflate;
	uint32_t left = r->deflated.size - r->deflated.got;
	uint8_t beyond;
	int rc;

	if (f->ended)
		return n ? ERR_DEFLATE : 0;
	f->z.next_in = bytes;
	f->z.avail_in = n;
	f->z.next_out = r->plain;
	f->z.avail_out = left;
	rc = inflate(&f->z, Z_NO_FLUSH);
	r->plain_len = left - f->z.avail_out;
	if ((rc == Z_OK || rc == Z_BUF_ERROR) && f->z.avail_out == 0 && f->z.avail_in > 0) {
		/* All that was announced is out: what is left may only be the stream's end. */
		f->z.next_out = &beyond;
		f->z.avail_out = 1;
		rc = inflate(&f->z, Z_NO_FLUSH);
		if (f->z.avail_out == 0)
			return ERR_DEFLATE;
	}
	f->ended = rc == Z_STREAM_END;
	if (rc == Z_BUF_ERROR)
		rc = Z_OK; /* it wants the next block */
	if (rc != Z_OK && rc != Z_STREAM_END)
		return code_of(&f->z);
	return f->ended && f->z.avail_in > 0 ? ERR_DEFLATE : 0;
}

void sim_defl32_data(struct sim_device *dev, uint16_t len)
{
	struct sim_rom *rom = &dev->rom;
	struct sim_rom32 *r = &dev->rom32;
	uint32_t left = r->deflated.size - r->deflated.got;
	uint8_t err;

	/* The last block has any length. */
	err = sim_xfer_check_any(dev, &r->deflated, len);
	if (!err) {
		free(r->plain);
		r->plain = malloc(left + 1);
		if (!r->plain)
			abort();
		r->plain_len = 0;
		err = unpack(dev, rom->msg + PAYLOAD, sim_loader_word(dev, 0));
	}
	if (err) {
		sim_loader_answer(dev, 1, err);
		return;
	}
	rom->op_addr = r->deflated.addr;
	r->deflated.addr += (uint32_t)r->plain_len;
	r->deflated.got += (uint32_t)r->plain_len;
	sim_flash32_program(dev);
}

void sim_defl32_end(struct sim_device *dev, uint16_t len)
{
	struct sim_xfer *x = &dev->rom32.deflated;
	bool whole = x->begun && x->expected == x->blocks && dev->rom32.inflate &&
		     (dev->rom32.inflate->ended || x->size == 0);
	bool reset = sim_loader_word(dev, 0) == 0;

	if (len != 4) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	x->begun = false;
	sim_defl32_drop(dev);
	sim_loader_answer(dev, whole ? 0 : 1, ERR_RESULT);
	sim_flash32_leave(dev, reset);
}
