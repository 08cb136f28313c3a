/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is served: files, and what is in them. */
#include "upgrade_files.h"

#include <stdlib.h>
#include <string.h>

#include "file_look.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/files.h"
#include "tasmite/proto/digest.h"
#include "tasmite/proto/image.h"

#define FILE_MAX (16u * 1024 * 1024)
#define PIECE	 (128u * 1024) /* bytes that are summed at a time: less than a millisecond */

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

static void drop(struct upgrade_files *f, enum upgrade_part part)
{
	free(f->data[part]);
	f->data[part] = NULL;
	memset(&f->file[part], 0, sizeof(f->file[part]));
}

/* ---- a file in pieces -------------------------------------------------------------------------- */

enum role { ROLE_NAMED, ROLE_OTHER, ROLE_BESIDE, ROLE_BESIDE_GZ, ROLE_SMALL, ROLES };
enum stage { STAGE_LOOK, STAGE_SUM, STAGE_SUM_INSIDE, STAGE_TAKE };

struct upgrade_loader {
	char path[ROLES][1024]; /* "" none */
	enum role role;
	enum stage stage;
	struct file_look *look; /* NULL: the file was not begun */
	size_t at;		/* so much of it is summed */
	struct digest_md5 sum;
	char md5[33], inside[33];
	char named_inside[33]; /* of the file that was named */
};

static void forget_file(struct upgrade_loader *l)
{
	file_look_free(l->look);
	l->look = NULL;
	l->at = 0;
	l->stage = STAGE_LOOK;
}

static const char *path_now(const struct upgrade_loader *l)
{
	return l->path[l->role];
}

static int look_piece(struct upgrade_loader *l, struct err *err)
{
	if (!l->look)
		l->look = file_look_new(path_now(l), FILE_MAX);
	return file_look_step(l->look, err);
}

static int sum_piece(struct upgrade_loader *l, const uint8_t *data, size_t n, char *hex)
{
	size_t most = n - l->at < PIECE ? n - l->at : PIECE;
	uint8_t sum[DIGEST_MD5_SIZE];

	if (!l->at)
		digest_md5_begin(&l->sum);
	digest_md5_add(&l->sum, data + l->at, most);
	l->at += most;
	if (l->at < n)
		return ERR_AGAIN;
	digest_md5_end(&l->sum, sum);
	digest_hex(sum, sizeof(sum), hex);
	l->at = 0;
	return ERR_OK;
}

/* ---- what it is taken for ---------------------------------------------------------------------- */

static void keep(struct upgrade_files *f, enum upgrade_part part)
{
	struct upgrade_loader *l = f->load;
	size_t n;

	drop(f, part);
	(void)file_look_bytes(l->look, &n);
	describe(file_look_info(l->look), n, &f->file[part]);
	f->data[part] = file_look_take(l->look);
	memcpy(f->md5[part], l->md5, sizeof(l->md5));
}

/* NAME.bin and NAME.bin.gz. */
static void name_other(struct upgrade_loader *l, bool packed)
{
	const char *path = l->path[ROLE_NAMED];
	char *other = l->path[ROLE_OTHER];

	if (packed && !str_ends(path, ".gz"))
		return;
	(void)str_copy(other, sizeof(l->path[0]), path);
	if (packed)
		other[strlen(other) - 3] = '\0';
	else if (!str_cat(other, sizeof(l->path[0]), ".gz"))
		other[0] = '\0';
}

/* Where the device itself would look: NAME-DE.bin has NAME-minimal.bin beside it. */
static void name_beside(struct upgrade_loader *l)
{
	const char *path = l->path[ROLE_NAMED], *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t n = strcspn(name, "."), dash = n;

	for (size_t i = 0; i < n; i++)
		if (name[i] == '-')
			dash = i;
	for (int packed = 0; packed < 2; packed++) {
		char *small = l->path[packed ? ROLE_BESIDE_GZ : ROLE_BESIDE];

		if (!str_fmt(small, sizeof(l->path[0]), "%.*s-minimal.bin%s",
			(int)((size_t)(name - path) + dash), path, packed ? ".gz" : "") ||
		    !strcmp(small, path))
			small[0] = '\0';
	}
}

static int take(struct upgrade_files *f, struct err *err)
{
	struct upgrade_loader *l = f->load;
	const struct image_info *info = file_look_info(l->look);
	bool packed = info->packed || info->fault == IMAGE_FAULT_PACKING;
	bool minimal = !strcmp(info->id.variant, "minimal");

	switch (l->role) {
	case ROLE_NAMED:
		memcpy(l->named_inside, l->inside, sizeof(l->inside));
		keep(f, packed ? UPGRADE_MAIN_GZ : UPGRADE_MAIN);
		name_other(l, packed);
		name_beside(l);
		break;
	case ROLE_OTHER: /* only where both hold the same */
		if (packed != f->file[UPGRADE_MAIN_GZ].have && !strcmp(l->inside, l->named_inside))
			keep(f, packed ? UPGRADE_MAIN_GZ : UPGRADE_MAIN);
		break;
	case ROLE_BESIDE:
	case ROLE_BESIDE_GZ:
		if (minimal && packed == (l->role == ROLE_BESIDE_GZ))
			keep(f, packed ? UPGRADE_SMALL_GZ : UPGRADE_SMALL);
		break;
	case ROLE_SMALL:
		if (!minimal)
			return err_set(err, ERR_FORMAT, 0, "%s is no minimal build", path_now(l));
		keep(f, packed ? UPGRADE_SMALL_GZ : UPGRADE_SMALL);
		break;
	case ROLES:
		break;
	}
	return ERR_OK;
}

/* ERR_AGAIN: the stage is not over. */
static int stage(struct upgrade_files *f, struct err *err)
{
	struct upgrade_loader *l = f->load;
	const uint8_t *bytes;
	size_t n;

	switch (l->stage) {
	case STAGE_LOOK:
		return look_piece(l, err);
	case STAGE_SUM:
		bytes = file_look_bytes(l->look, &n);
		return sum_piece(l, bytes, n, l->md5);
	case STAGE_SUM_INSIDE:
		bytes = file_look_inner(l->look, &n);
		if (bytes)
			return sum_piece(l, bytes, n, l->inside);
		memcpy(l->inside, l->md5, sizeof(l->md5));
		return ERR_OK;
	case STAGE_TAKE:
		return take(f, err);
	}
	return ERR_OK;
}

static void loader_free(struct upgrade_files *f)
{
	if (!f->load)
		return;
	forget_file(f->load);
	free(f->load);
	f->load = NULL;
}

int upgrade_files_step(struct upgrade_files *f, struct err *err)
{
	struct upgrade_loader *l = f->load;
	bool needed;
	int rc;

	while (l && l->role < ROLES && !path_now(l)[0])
		l->role++;
	if (!l || l->role == ROLES) {
		loader_free(f);
		return ERR_OK;
	}
	needed = l->role == ROLE_NAMED || l->role == ROLE_SMALL;
	rc = !needed && !l->look && !files_exists(path_now(l)) ? ERR_NOENT : stage(f, err);
	if (rc == ERR_OK && l->stage < STAGE_TAKE) {
		l->stage++;
	} else if (rc != ERR_AGAIN) {
		forget_file(l);
		l->role++;
	}
	return rc == ERR_OK || rc == ERR_AGAIN || !needed ? ERR_AGAIN : rc;
}

int upgrade_files_begin(
    struct upgrade_files *f, const char *path, const char *small, struct err *err)
{
	struct upgrade_loader *l = xcalloc(1, sizeof(*l));
	int rc;

	memset(f, 0, sizeof(*f));
	f->load = l;
	rc = files_expand(path, l->path[ROLE_NAMED], sizeof(l->path[0]), err);
	if (rc == ERR_OK && small)
		rc = files_expand(small, l->path[ROLE_SMALL], sizeof(l->path[0]), err);
	if (rc == ERR_OK && small && !files_exists(l->path[ROLE_SMALL]))
		rc = err_set(err, ERR_NOENT, 0, "%s: there is no such file", small);
	if (rc == ERR_OK)
		rc = upgrade_files_step(f, err); /* it can be read */
	if (rc == ERR_AGAIN)
		return ERR_OK;
	upgrade_files_free(f);
	return rc;
}

void upgrade_files_free(struct upgrade_files *f)
{
	loader_free(f);
	for (enum upgrade_part i = 0; i < UPGRADE_PARTS; i++)
		drop(f, i);
}
