/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is served: files, and what is in them. */
#include "upgrade_files.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/io/files.h"
#include "tasmite/proto/deflate.h"
#include "tasmite/proto/digest.h"
#include "tasmite/proto/image.h"

#define FILE_MAX (16u * 1024 * 1024)

static enum upgrade_form form_of(enum image_kind kind)
{
	switch (kind) {
	case IMAGE_ESP8266:
		return UPGRADE_FORM_8266;
	case IMAGE_ESP32_APP:
		return UPGRADE_FORM_ESP32;
	case IMAGE_ESP32_FACTORY:
		return UPGRADE_FORM_FACTORY;
	case IMAGE_ESP8266_BACKUP:
	case IMAGE_ESP32_BACKUP:
		return UPGRADE_FORM_BACKUP;
	default:
		return UPGRADE_FORM_OTHER;
	}
}

static void describe(const struct image_info *info, size_t size, struct upgrade_file *f)
{
	const char *chip = image_is_esp32(info) ? image_chip_name(info->chip_id) : "ESP8266";

	memset(f, 0, sizeof(*f));
	f->have = true;
	f->packed = info->packed || info->kind == IMAGE_GZIP;
	f->whole = info->fault == IMAGE_FAULT_NONE;
	f->tasmota = info->id.firmware == IMAGE_FW_TASMOTA;
	f->safeboot = !strcmp(info->id.variant, "safeboot");
	f->form = info->kind == IMAGE_GZIP ? UPGRADE_FORM_OTHER : form_of(info->kind);
	f->size = (uint32_t)size;
	f->version = info->id.certainty == IMAGE_VER_EXACT ? info->id.version : 0;
	f->at_least = info->id.at_least;
	f->flash_needed = info->flash_size;
	(void)str_copy(f->chip, sizeof(f->chip), chip ? chip : "");
	(void)str_copy(f->variant, sizeof(f->variant), info->id.variant);
	(void)str_copy(f->name, sizeof(f->name), info->name);
}

/* The digest of what is inside: the two forms of a file must hold the same. */
static int read_one(const char *path, struct upgrade_file *f, uint8_t **data, char *md5,
    char *inside, struct err *err)
{
	const char *slash = strrchr(path, '/');
	uint8_t sum[DIGEST_MD5_SIZE], *inner = NULL;
	struct image_info info;
	size_t n, inner_n = 0;
	int rc = files_read(path, FILE_MAX, data, &n, err);

	if (rc != ERR_OK)
		return rc;
	image_inspect_packed(*data, n, slash ? slash + 1 : path, FILE_MAX, &info, &inner, &inner_n);
	describe(&info, n, f);
	digest_md5(*data, n, sum);
	digest_hex(sum, sizeof(sum), md5);
	digest_md5(inner ? inner : *data, inner ? inner_n : n, sum);
	digest_hex(sum, sizeof(sum), inside);
	free(inner);
	return ERR_OK;
}

static void drop(struct upgrade_files *f, enum upgrade_part part)
{
	free(f->data[part]);
	f->data[part] = NULL;
	memset(&f->file[part], 0, sizeof(f->file[part]));
}

static bool optional(
    struct upgrade_files *f, enum upgrade_part part, const char *path, char *inside)
{
	struct err err = {0};

	if (!files_exists(path))
		return false;
	if (read_one(path, &f->file[part], &f->data[part], f->md5[part], inside, &err) != ERR_OK)
		return false;
	if (f->file[part].packed == (part == UPGRADE_MAIN_GZ || part == UPGRADE_SMALL_GZ))
		return true;
	drop(f, part);
	return false;
}

/* NAME.bin and NAME.bin.gz, where both hold the same. */
static void other_form(struct upgrade_files *f, const char *path, bool packed, const char *inside)
{
	enum upgrade_part part = packed ? UPGRADE_MAIN : UPGRADE_MAIN_GZ;
	char other[1024], other_inside[33];

	(void)str_copy(other, sizeof(other), path);
	if (!packed && !str_cat(other, sizeof(other), ".gz"))
		return;
	if (packed && !str_ends(path, ".gz"))
		return;
	if (packed)
		other[strlen(other) - 3] = '\0';
	if (optional(f, part, other, other_inside) && strcmp(inside, other_inside))
		drop(f, part);
}

static void keep_minimal(struct upgrade_files *f, enum upgrade_part part)
{
	if (f->file[part].have && strcmp(f->file[part].variant, "minimal"))
		drop(f, part);
}

/* Where the device itself would look: NAME-DE.bin has NAME-minimal.bin beside it. */
static void beside(struct upgrade_files *f, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = strcspn(name, "."), dash = n;
	char small[1024], inside[33];

	for (size_t i = 0; i < n; i++)
		if (name[i] == '-')
			dash = i;
	for (int packed = 0; packed < 2; packed++) {
		enum upgrade_part part = packed ? UPGRADE_SMALL_GZ : UPGRADE_SMALL;

		if (!str_fmt(small, sizeof(small), "%.*s-minimal.bin%s",
			(int)((size_t)(name - path) + dash), path, packed ? ".gz" : "") ||
		    !strcmp(small, path))
			continue;
		(void)optional(f, part, small, inside);
		keep_minimal(f, part);
	}
}

static int load_small(struct upgrade_files *f, const char *path, struct err *err)
{
	struct upgrade_file one;
	uint8_t *data;
	char md5[33], inside[33], full[1024];
	enum upgrade_part part;
	int rc = files_expand(path, full, sizeof(full), err);

	if (rc == ERR_OK)
		rc = read_one(full, &one, &data, md5, inside, err);
	if (rc != ERR_OK)
		return rc;
	if (strcmp(one.variant, "minimal")) {
		free(data);
		return err_set(err, ERR_FORMAT, 0, "%s is no minimal build", path);
	}
	part = one.packed ? UPGRADE_SMALL_GZ : UPGRADE_SMALL;
	drop(f, part);
	f->file[part] = one;
	f->data[part] = data;
	memcpy(f->md5[part], md5, sizeof(md5));
	return ERR_OK;
}

int upgrade_files_load(
    struct upgrade_files *f, const char *path, const char *small, struct err *err)
{
	struct upgrade_file main;
	uint8_t *data;
	char md5[33], inside[33], full[1024];
	enum upgrade_part part;
	int rc = files_expand(path, full, sizeof(full), err);

	memset(f, 0, sizeof(*f));
	if (rc == ERR_OK)
		rc = read_one(full, &main, &data, md5, inside, err);
	if (rc != ERR_OK)
		return rc;
	part = main.packed ? UPGRADE_MAIN_GZ : UPGRADE_MAIN;
	f->file[part] = main;
	f->data[part] = data;
	memcpy(f->md5[part], md5, sizeof(md5));
	other_form(f, full, main.packed, inside);
	beside(f, full);
	rc = small ? load_small(f, small, err) : ERR_OK;
	if (rc != ERR_OK)
		upgrade_files_free(f);
	return rc;
}

void upgrade_files_free(struct upgrade_files *f)
{
	for (enum upgrade_part i = 0; i < UPGRADE_PARTS; i++)
		drop(f, i);
}
