/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash task and a chip of the ESP32 family: do the files fit it, and what it can't do. */
#include "flash_family.h"

#include "flash_fit.h"
#include "tasmite/base/str.h"

/* Boot loader and what belongs to it end here at the latest: the partition table. */
#define LOADER_END 0x8000u

void flash_family_notes(const struct engine_chip *chip, struct sbuf *out)
{
	if (chip->secure_download)
		sbuf_add(out,
		    "it is in secure download mode (burnt into it): it can be written, but "
		    "not read, compared or verified\n");
	if (chip->secure_boot)
		sbuf_add(
		    out, "secure boot is burnt into it: it starts only what its owner signed\n");
	if (chip->flash_encrypted)
		sbuf_add(
		    out, "its flash is encrypted: what is written as it is won't be understood\n");
}

/* Options that say something about an ESP8266. */
static int check_options(const struct flash_request *r, struct err *err)
{
	if (r->keep_settings)
		return err_set(err, ERR_INVAL, 0,
		    "--keep-settings is for the ESP8266: on the ESP32 family settings are in a "
		    "partition of their own, which an application file leaves alone");
	if (r->mode != FLASH_KEEP || r->size_code != FLASH_KEEP || r->freq_code != FLASH_KEEP)
		return err_set(err, ERR_INVAL, 0,
		    "--mode, --size and --freq are for the ESP8266: leave them out");
	return ERR_OK;
}

/* What can't be made good by writing once more is done only when it is insisted on (as esptool). */
static int check_locks(
    const struct flash_request *r, const struct engine_chip *chip, struct err *err)
{
	bool loader = r->erase_all || (r->kind == ENGINE_ERASE && r->area.offset < LOADER_END);

	for (size_t i = 0; i < r->file_count; i++)
		loader = loader || r->files[i].offset < LOADER_END;
	if (r->force || r->kind == ENGINE_VERIFY)
		return ERR_OK;
	if (chip->flash_encrypted)
		return err_set(err, ERR_INVAL, 0,
		    "the flash of this chip is encrypted: what is written as it is would never "
		    "start (--force does it all the same)");
	if (chip->secure_boot && loader)
		return err_set(err, ERR_INVAL, 0,
		    "secure boot is burnt into this chip: without the boot loader that its owner "
		    "signed it never starts again (--force does it all the same)");
	return ERR_OK;
}

int flash_family_fit(
    struct flash_request *r, struct flash_driver *driver, struct sbuf *warnings, struct err *err)
{
	const struct engine *e = flash_driver_engine(driver);
	uint32_t offset[ENGINE_MAX_PARTS];
	bool moved = false;
	int rc = check_options(r, err);

	for (size_t i = 0; rc == ERR_OK && i < r->file_count; i++)
		rc = flash_fit_device(r, &r->files[i], e, &offset[i], warnings, err);
	if (rc != ERR_OK)
		return rc;
	for (size_t i = 0; i < r->file_count; i++) {
		moved = moved || r->files[i].offset != offset[i];
		r->files[i].offset = offset[i];
		r->files[i].unplaced = false;
	}
	rc = flash_request_overlap(r, err);
	if (rc == ERR_OK)
		rc = check_locks(r, engine_chip_info(e), err);
	if (rc == ERR_OK && moved && !flash_driver_move(driver, offset, r->file_count))
		rc = err_set(err, ERR_INVAL, 0, "the files can't go where they belong");
	return rc;
}
