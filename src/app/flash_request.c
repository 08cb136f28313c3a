/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What shall be done with the device: files, areas, and the question before anything is lost. */
#include "flash_task.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/io/files.h"

/* No ESP8266 flash is larger; a larger file is a mistake. */
#define FILE_MAX (16u * 1024 * 1024)

void flash_request_init(struct flash_request *r, enum engine_kind kind)
{
	memset(r, 0, sizeof(*r));
	r->kind = kind;
}

void flash_request_fini(struct flash_request *r)
{
	for (size_t i = 0; i < r->file_count; i++)
		free(r->files[i].data);
	r->file_count = 0;
}

/* "name@0x1000": the offset is what follows the last '@', if it is a number and no such file is
 * there. */
static int split_offset(const char *word, struct flash_file *f, struct err *err)
{
	const char *at = strrchr(word, '@');
	uint64_t offset;

	f->offset = 0;
	if (at && at[1] && !files_exists(word)) {
		if (!str_parse_u64(at + 1, FILE_MAX - 1, &offset))
			return err_set(err, ERR_INVAL, 0,
			    "%s: the offset after @ must be a number such as 0x1000, below 16M",
			    word);
		if (offset % 4096)
			return err_set(err, ERR_INVAL, 0,
			    "%s: the offset must be a multiple of 4096 (0x1000)", word);
		f->offset = (uint32_t)offset;
		if (!str_copy_n(f->path, sizeof(f->path), word, (size_t)(at - word)))
			return err_set(err, ERR_RANGE, 0, "the file name is too long");
		return ERR_OK;
	}
	if (!str_copy(f->path, sizeof(f->path), word))
		return err_set(err, ERR_RANGE, 0, "the file name is too long");
	return ERR_OK;
}

int flash_request_add(struct flash_request *r, const char *word, struct err *err)
{
	struct flash_file *f = &r->files[r->file_count];
	char path[sizeof(f->path)];
	const char *slash;
	int rc;

	if (r->file_count == ENGINE_MAX_PARTS)
		return err_set(err, ERR_RANGE, 0, "at most %d files at once", ENGINE_MAX_PARTS);
	memset(f, 0, sizeof(*f));
	rc = split_offset(word, f, err);
	if (rc == ERR_OK)
		rc = files_expand(f->path, path, sizeof(path), err);
	if (rc == ERR_OK)
		rc = files_read(path, FILE_MAX, &f->data, &f->size, err);
	if (rc != ERR_OK)
		return rc;
	str_copy(f->path, sizeof(f->path), path);
	slash = strrchr(path, '/');
	str_copy(f->name, sizeof(f->name), slash ? slash + 1 : path);
	image_inspect(f->data, f->size, f->name, &f->info);
	r->file_count++;
	return ERR_OK;
}

static uint32_t end_of(const struct flash_file *f)
{
	return f->offset + (uint32_t)((f->size + 4095) & ~(size_t)4095);
}

static int check_overlap(const struct flash_request *r, struct err *err)
{
	for (size_t i = 0; i < r->file_count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct flash_file *a = &r->files[i], *b = &r->files[k];

			if (a->offset < end_of(b) && b->offset < end_of(a))
				return err_set(err, ERR_INVAL, 0,
				    "%s and %s overlap in the flash: give them other offsets",
				    b->name, a->name);
		}
	return ERR_OK;
}

int flash_request_check(const struct flash_request *r, const struct image_target *target,
    struct sbuf *warnings, struct err *err)
{
	for (size_t i = 0; i < r->file_count; i++) {
		const struct flash_file *f = &r->files[i];
		struct image_target at = *target;
		struct image_verdict v;
		int rc;

		at.offset = f->offset;
		rc = image_check(&f->info, &at, &v);
		if (rc != ERR_OK)
			return err_set(err, rc, 0, "%s: %s%s%s", f->name, v.reason,
			    v.advice[0] ? "; " : "", v.advice);
		for (size_t k = 0; k < v.warning_count; k++)
			sbuf_fmt(warnings, "%s: %s\n", f->name, v.warnings[k]);
	}
	return check_overlap(r, err);
}

static void ask_add(struct session_ask *ask, const char *text)
{
	if ((size_t)ask->text_count < sizeof(ask->text) / sizeof(ask->text[0]))
		str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]), text);
}

static void ask_files(const struct flash_request *r, struct session_ask *ask)
{
	char summary[160], line[200];

	for (size_t i = 0; i < r->file_count; i++) {
		image_summary(&r->files[i].info, summary, sizeof(summary));
		str_fmt(line, sizeof(line), "%s at 0x%05x: %s", r->files[i].name,
		    r->files[i].offset, summary);
		ask_add(ask, line);
	}
}

/* Nothing of before stays: everything is erased, or a copy of a whole flash is put over it. */
static bool loses_all(const struct flash_request *r)
{
	if (r->kind == ENGINE_ERASE)
		return !r->area.length;
	for (size_t i = 0; i < r->file_count; i++)
		if (r->files[i].info.kind == IMAGE_ESP8266_BACKUP)
			return true;
	return r->erase_all;
}

void flash_request_question(
    const struct flash_request *r, const struct facts *facts, struct session_ask *ask)
{
	char line[200];
	bool all = loses_all(r);

	memset(ask, 0, sizeof(*ask));
	if (r->kind == ENGINE_FLASH) {
		str_copy(ask->title, sizeof(ask->title), "Write firmware?");
		ask_files(r, ask);
	} else {
		str_copy(ask->title, sizeof(ask->title), "Erase the flash?");
	}
	if (facts && facts->firmware[0])
		str_fmt(line, sizeof(line), "Lost: the firmware on the device (%s)%s.",
		    facts->firmware, all ? " and all its settings: Wi-Fi, MQTT, names" : "");
	else
		str_fmt(line, sizeof(line), "Lost: the firmware on the device%s.",
		    all ? " and all its settings" : "");
	if (r->kind == ENGINE_ERASE && r->area.length)
		str_fmt(line, sizeof(line), "Lost: what is at 0x%05x to 0x%05x.", r->area.offset,
		    r->area.offset + r->area.length - 1);
	ask_add(ask, line);
	if (!all && r->kind == ENGINE_FLASH)
		ask_add(ask,
		    "The settings stay where the new file doesn't reach them; other firmware "
		    "may not understand them (then: --erase).");
	if (!facts || !facts->version[0])
		ask_add(ask,
		    "No Tasmota was seen on it: what is there now can't be brought back. A "
		    "backup would need the stub, which this version does not have.");
	str_copy(ask->yes, sizeof(ask->yes), r->kind == ENGINE_FLASH ? "y  write" : "y  erase");
	str_copy(ask->no, sizeof(ask->no), "n  leave it as it is");
}
