/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the files of a request go on a chip of the ESP32 family. */
#include "flash_fit.h"

#include <string.h>

#include "tasmite/base/str.h"

/* Of applications until the device's table says better: the first of them, and from one try to the
 * next. */
#define FIT_PROVISIONAL 0x10000u

/* What of the request tells where an application goes, as the device will have it afterwards. */
struct own {
	const struct partition_table *table; /* of a factory file, or written by itself */
	const uint8_t *otadata;
	size_t otadata_n;
};

/* A factory file holds its otadata, or has blank flash there. */
static void own_otadata(const struct flash_file *f, struct own *own)
{
	static const uint8_t blank[1] = {0xff};
	size_t row = partition_find(own->table, PARTITION_DATA, PARTITION_DATA_OTADATA);
	const struct partition *p = row == PARTITION_NO_SLOT ? NULL : &own->table->entry[row];

	own->otadata = blank;
	own->otadata_n = sizeof(blank);
	if (!p || p->offset >= f->size)
		return;
	own->otadata = f->data + p->offset;
	own->otadata_n = f->size - p->offset < p->size ? f->size - p->offset : p->size;
}

static struct own own_of(const struct flash_request *r)
{
	struct own own = {0};

	for (size_t i = 0; i < r->file_count && !own.table; i++) {
		const struct flash_file *f = &r->files[i];

		if (!f->info.has_table ||
		    (f->info.kind != IMAGE_ESP32_FACTORY && f->info.kind != IMAGE_ESP32_PARTITIONS))
			continue;
		own.table = &f->info.table;
		if (f->info.kind == IMAGE_ESP32_FACTORY)
			own_otadata(f, &own);
	}
	for (size_t i = 0; own.table && i < r->file_count; i++) {
		const struct flash_file *f = &r->files[i];

		if (f->info.kind != IMAGE_ESP32_OTADATA)
			continue;
		own.otadata = f->data;
		own.otadata_n = f->size;
	}
	return own;
}

static int place_alone(
    const struct flash_request *r, const struct flash_file *f, struct image_placement *out)
{
	struct own mine = own_of(r);
	struct image_device own = {.chip = image_chip_name(f->info.chip_id),
	    .revision = IMAGE_REVISION_UNKNOWN,
	    .table = mine.table,
	    .otadata = mine.otadata,
	    .otadata_size = mine.otadata_n};

	return image_place(&f->info, &own, f->asked ? &f->offset : NULL, out);
}

/* Any room that no other file has: the engine wants parts that don't overlap. */
static void place_provisionally(struct flash_request *r, struct flash_file *f)
{
	uint32_t size = (uint32_t)(f->size + FIT_PROVISIONAL - 1) & ~(FIT_PROVISIONAL - 1);

	f->offset = FIT_PROVISIONAL;
	for (size_t i = 0; i < r->file_count; i++) {
		const struct flash_file *o = &r->files[i];

		if (o == f || (o->unplaced && o > f) || o->offset >= f->offset + size ||
		    o->offset + o->size <= f->offset)
			continue;
		f->offset =
		    (uint32_t)(o->offset + o->size + FIT_PROVISIONAL - 1) & ~(FIT_PROVISIONAL - 1);
		i = SIZE_MAX; /* it may be in the way of one that was looked at */
	}
}

void flash_fit_early(struct flash_request *r)
{
	struct image_placement p;

	for (size_t i = 0; i < r->file_count; i++) {
		struct flash_file *f = &r->files[i];

		if (f->asked || !image_is_esp32(&f->info))
			continue;
		f->unplaced = false;
		if (f->info.kind == IMAGE_ESP32_PARTITIONS)
			f->offset = PARTITION_TABLE_OFFSET;
		else if (place_alone(r, f, &p) == ERR_OK)
			f->offset = p.offset;
		else
			f->unplaced = p.needs_table;
	}
	for (size_t i = 0; i < r->file_count; i++)
		if (r->files[i].unplaced)
			place_provisionally(r, &r->files[i]);
}

int flash_fit_refuse(const struct flash_request *r, const struct flash_file *f,
    const struct image_verdict *v, struct err *err)
{
	const char *force = v->overridable ? " (--force writes it all the same)" : "";

	if (r->force)
		force = " (--force writes only what has a place and fits)";
	return err_set(err, ERR_FORMAT, 0, "%s: %s%s%s%s", f->name, v->reason,
	    v->advice[0] ? "; " : "", v->advice, force);
}

/* An application on a flash that is erased before has nothing left that starts it. */
static bool is_stranded(const struct flash_request *r, const struct flash_file *f)
{
	return r->erase_all && r->kind == ENGINE_FLASH && f->info.kind == IMAGE_ESP32_APP &&
	       !own_of(r).table;
}

static int refuse_stranded(const struct flash_request *r, const struct flash_file *f,
    const char *chip, uint32_t flash_size, struct err *err)
{
	struct image_which which;
	struct image_verdict v = {.overridable = f->asked};

	str_copy(v.reason, sizeof(v.reason),
	    "this is an application alone, and --erase takes what starts it: boot loader and "
	    "partition table");
	if (image_which(chip, flash_size, false, 0, &which) == ERR_OK)
		str_fmt(v.advice, sizeof(v.advice), "leave --erase out, or take %s, from %s",
		    which.file, which.url);
	else
		str_copy(v.advice, sizeof(v.advice), "leave --erase out, or take a factory file");
	return r->force && v.overridable ? ERR_OK : flash_fit_refuse(r, f, &v, err);
}

int flash_fit_alone(const struct flash_request *r, const struct flash_file *f, struct err *err)
{
	struct image_placement p;

	if (is_stranded(r, f))
		return refuse_stranded(r, f, image_chip_name(f->info.chip_id), 0, err);
	/* A table names no chip; nor does otadata, whose place is the device's table to tell. */
	if (f->info.kind == IMAGE_ESP32_PARTITIONS || f->info.kind == IMAGE_ESP32_OTADATA ||
	    place_alone(r, f, &p) == ERR_OK || p.needs_table || (r->force && p.verdict.overridable))
		return ERR_OK;
	return flash_fit_refuse(r, f, &p.verdict, err);
}

/* The device as it will be when the files are written. */
static void device_of(const struct flash_request *r, const struct engine *e,
    struct partition_table *room, struct image_device *out)
{
	const struct engine_chip *chip = engine_chip_info(e);
	struct own own = own_of(r);
	size_t n;
	const uint8_t *bytes = engine_partitions(e, &n);

	memset(out, 0, sizeof(*out));
	out->chip = chip->name;
	out->revision = chip->family32 && chip->revision >= 0 ? (uint16_t)chip->revision
							      : IMAGE_REVISION_UNKNOWN;
	out->flash_size = chip->flash_size;
	out->single_core = chip->single_core;
	out->psram = chip->psram;
	out->table = own.table;
	out->otadata = own.otadata;
	out->otadata_size = own.otadata_n;
	if (out->table || !bytes || partition_parse(bytes, n, room, NULL) != ERR_OK)
		return;
	out->table = room;
	out->otadata = engine_otadata(e, &out->otadata_size);
}

int flash_fit_device(const struct flash_request *r, const struct flash_file *f,
    const struct engine *e, uint32_t *offset, struct sbuf *warnings, struct err *err)
{
	struct partition_table table;
	struct image_device device;
	struct image_placement p;

	device_of(r, e, &table, &device);
	int rc = image_place(&f->info, &device, f->asked ? &f->offset : NULL, &p);

	if (rc != ERR_OK && !(r->force && p.verdict.overridable))
		return flash_fit_refuse(r, f, &p.verdict, err);
	if (rc != ERR_OK)
		sbuf_fmt(warnings, "%s: %s; written all the same, as asked\n", f->name,
		    p.verdict.reason);
	for (size_t k = 0; k < p.verdict.warning_count; k++)
		sbuf_fmt(warnings, "%s: %s\n", f->name, p.verdict.warnings[k]);
	*offset = f->asked ? f->offset : p.offset;
	return ERR_OK;
}

bool flash_fit_wants_table(const struct flash_request *r)
{
	for (size_t i = 0; i < r->file_count; i++) {
		const struct flash_file *f = &r->files[i];

		/* An offset that the user gave is judged by the table, too. */
		bool judged =
		    f->info.kind == IMAGE_ESP32_APP || (f->asked && !image_is_firmware(&f->info));

		if (f->unplaced || (judged && !own_of(r).table))
			return true;
	}
	return false;
}

const char *flash_fit_boot_pin(const struct flash_request *r)
{
	for (size_t i = 0; i < r->file_count; i++)
		if (image_is_esp32(&r->files[i].info) &&
		    r->files[i].info.kind != IMAGE_ESP32_PARTITIONS)
			return engine_boot_pin(r->files[i].info.chip_id);
	return NULL;
}
