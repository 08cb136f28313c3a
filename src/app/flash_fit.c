/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the files of a request go on a chip of the ESP32 family. */
#include "flash_fit.h"

#include "tasmite/base/str.h"

/* Of an application until the device's table says better. */
#define FIT_PROVISIONAL 0x10000u

/* The table of a factory file that is written in the same go. */
static const struct partition_table *own_table(const struct flash_request *r)
{
	for (size_t i = 0; i < r->file_count; i++)
		if (r->files[i].info.kind == IMAGE_ESP32_FACTORY && r->files[i].info.has_table)
			return &r->files[i].info.table;
	return NULL;
}

static int place_alone(
    const struct flash_request *r, const struct flash_file *f, struct image_placement *out)
{
	struct image_device own = {.chip = image_chip_name(f->info.chip_id),
	    .revision = IMAGE_REVISION_UNKNOWN,
	    .table = own_table(r)};

	return image_place(&f->info, &own, f->asked ? &f->offset : NULL, out);
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
		if (f->unplaced)
			f->offset = FIT_PROVISIONAL;
	}
}

static int refuse(const struct flash_file *f, const struct image_verdict *v, struct err *err)
{
	return err_set(err, ERR_FORMAT, 0, "%s: %s%s%s%s", f->name, v->reason,
	    v->advice[0] ? "; " : "", v->advice,
	    v->overridable ? " (--force writes it all the same)" : "");
}

int flash_fit_alone(const struct flash_request *r, const struct flash_file *f, struct err *err)
{
	struct image_placement p;

	/* A table names no chip. */
	if (f->info.kind == IMAGE_ESP32_PARTITIONS || place_alone(r, f, &p) == ERR_OK ||
	    p.needs_table || (r->force && p.verdict.overridable))
		return ERR_OK;
	return refuse(f, &p.verdict, err);
}

int flash_fit_device(const struct flash_request *r, const struct flash_file *f,
    const struct engine *e, uint32_t *offset, struct sbuf *warnings, struct err *err)
{
	const struct engine_chip *chip = engine_chip_info(e);
	struct partition_table table;
	struct image_placement p;
	size_t n, otadata_n;
	const uint8_t *bytes = engine_partitions(e, &n), *otadata = engine_otadata(e, &otadata_n);
	struct image_device device = {.chip = chip->name,
	    .revision = IMAGE_REVISION_UNKNOWN,
	    .flash_size = chip->flash_size,
	    .table = own_table(r),
	    .otadata = otadata,
	    .otadata_size = otadata_n};

	if (!device.table && bytes && partition_parse(bytes, n, &table, NULL) == ERR_OK)
		device.table = &table;
	int rc = image_place(&f->info, &device, f->asked ? &f->offset : NULL, &p);

	if (rc != ERR_OK && !(r->force && p.verdict.overridable))
		return refuse(f, &p.verdict, err);
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
		if (f->unplaced || (f->info.kind == IMAGE_ESP32_APP && !own_table(r)))
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
