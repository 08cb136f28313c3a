/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What shall be done with the device: files, areas, and the question before anything is lost. */
#include "flash_task.h"

#include "flash_fit.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/io/files.h"
#include "tasmite/proto/deflate.h"

/* No ESP8266 flash is larger; a larger file is a mistake. */
#define FILE_MAX (16u * 1024 * 1024)

void flash_request_init(struct flash_request *r, enum engine_kind kind)
{
	memset(r, 0, sizeof(*r));
	r->kind = kind;
	r->mode = r->size_code = r->freq_code = FLASH_KEEP;
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
		f->asked = true;
		if (!str_copy_n(f->path, sizeof(f->path), word, (size_t)(at - word)))
			return err_set(err, ERR_RANGE, 0, "the file name is too long");
		return ERR_OK;
	}
	if (!str_copy(f->path, sizeof(f->path), word))
		return err_set(err, ERR_RANGE, 0, "the file name is too long");
	return ERR_OK;
}

/* A packed file is unpacked here: the flash takes the firmware itself. */
static int unpack(struct flash_file *f, struct err *err)
{
	uint8_t *out;
	size_t n;
	int rc;

	if (!gunzip_is(f->data, f->size))
		return ERR_OK;
	rc = gunzip(f->data, f->size, FILE_MAX, &out, &n, err);
	if (rc != ERR_OK)
		return rc;
	free(f->data);
	f->data = out;
	f->size = n;
	f->unpacked = true;
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
	rc = unpack(f, err);
	if (rc != ERR_OK) {
		free(f->data);
		return rc;
	}
	image_inspect(f->data, f->size, f->name, &f->info);
	r->file_count++;
	flash_fit_early(r);
	return ERR_OK;
}

/* ---- options --------------------------------------------------------------------------------- */

struct word {
	const char *word;
	int code;
};

/* The codes of the image header, as the table of the firmware format has them. */
static const struct word modes[] = {
    {"keep", FLASH_KEEP}, {"qio", 0}, {"qout", 1}, {"dio", 2}, {"dout", 3}, {NULL, 0}};
static const struct word sizes[] = {{"keep", FLASH_KEEP}, {"detect", FLASH_DETECT}, {"512KB", 0},
    {"256KB", 1}, {"1MB", 2}, {"2MB", 3}, {"4MB", 4}, {"8MB", 8}, {"16MB", 9}, {NULL, 0}};
static const struct word freqs[] = {
    {"keep", FLASH_KEEP}, {"40m", 0}, {"26m", 1}, {"20m", 2}, {"80m", 15}, {NULL, 0}};

static int take_word(
    const struct word *words, const char *name, const char *value, int *code, struct err *err)
{
	char list[120] = "";

	for (const struct word *w = words; w->word; w++) {
		if (value && str_casecmp(value, w->word) == 0) {
			*code = w->code;
			return 1;
		}
		str_cat(list, sizeof(list), w == words ? "" : ", ");
		str_cat(list, sizeof(list), w->word);
	}
	return err_set(err, ERR_INVAL, 0, "--%s wants one of %s", name, list);
}

static int take_baud(struct flash_request *r, const char *value, struct err *err)
{
	uint64_t n;

	/* A suffix k would mean 1024: not what "115k" is meant to be. */
	if (!value || strpbrk(value, "kKmM") || !str_parse_u64(value, 4000000, &n) ||
	    (n && n < 300))
		return err_set(err, ERR_INVAL, 0, "--baud wants a rate from 300 to 4000000");
	r->baud = (uint32_t)n;
	return 1;
}

static bool *flag_of(struct flash_request *r, const char *name)
{
	if (strcmp(name, "erase") == 0)
		return &r->erase_all;
	if (strcmp(name, "keep-settings") == 0)
		return &r->keep_settings;
	if (strcmp(name, "no-verify") == 0)
		return &r->no_verify;
	if (strcmp(name, "force") == 0)
		return &r->force;
	if (strcmp(name, "full") == 0)
		return &r->full;
	return strcmp(name, "no-stub") == 0 ? &r->no_stub : NULL;
}

int flash_request_option(
    struct flash_request *r, const char *name, const char *value, struct err *err)
{
	bool *flag = flag_of(r, name);

	if (flag) {
		*flag = true;
		return 0;
	}
	if (strcmp(name, "baud") == 0)
		return take_baud(r, value, err);
	if (strcmp(name, "mode") == 0)
		return take_word(modes, name, value, &r->mode, err);
	if (strcmp(name, "size") == 0)
		return take_word(sizes, name, value, &r->size_code, err);
	if (strcmp(name, "freq") == 0)
		return take_word(freqs, name, value, &r->freq_code, err);
	if (strcmp(name, "backup") != 0)
		return err_set(err, ERR_NOENT, 0, "--%s is not known here", name);
	if (!value || !value[0])
		return err_set(err, ERR_INVAL, 0, "--backup wants a file's name");
	if (!str_copy(r->save, sizeof(r->save), value))
		return err_set(err, ERR_RANGE, 0, "the name of the backup is too long");
	return 1;
}

static uint32_t end_of(const struct flash_file *f)
{
	return f->offset + (uint32_t)((f->size + 4095) & ~(size_t)4095);
}

/* An ESP8266, or a chip that is not known yet. */
static int check_file(const struct flash_request *r, const struct flash_file *f,
    const struct image_target *target, struct sbuf *warnings, struct err *err)
{
	struct image_target at = *target;
	struct image_verdict v;
	int rc;

	at.offset = f->offset;
	if (!target->chip_known && image_is_esp32(&f->info))
		return flash_fit_alone(r, f, err);
	rc = image_check(&f->info, &at, &v);
	if (f->unplaced)
		v.overridable = false; /* where to is not said */
	if (rc != ERR_OK && !(r->force && v.overridable))
		return flash_fit_refuse(r, f, &v, err);
	if (rc != ERR_OK)
		sbuf_fmt(warnings, "%s: %s; written all the same, as asked\n", f->name, v.reason);
	for (size_t k = 0; k < v.warning_count; k++)
		sbuf_fmt(warnings, "%s: %s\n", f->name, v.warnings[k]);
	return ERR_OK;
}

int flash_request_overlap(const struct flash_request *r, struct err *err)
{
	for (size_t i = 0; i < r->file_count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct flash_file *a = &r->files[i], *b = &r->files[k];

			if (a->unplaced || b->unplaced)
				continue;
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
		int rc = check_file(r, &r->files[i], target, warnings, err);

		if (rc != ERR_OK)
			return rc;
	}
	return flash_request_overlap(r, err);
}

/* ---- what stays ------------------------------------------------------------------------------ */

/* Builds for 1 MB keep their settings in the eight sectors below 0xFC000 ("Loaded from flash at F4"
 * to FB), the SDK's calibration and Wi-Fi data behind them up to 1 MB; builds for larger flashes
 * have the same at the end of the flash. Which one it is the device's log may not have told: both
 * stay. */
#define SETTINGS_BYTES 0xc000u
#define ONE_MB	       0x100000u

static bool covered(const struct flash_request *r, const struct engine_part *p)
{
	for (size_t i = 0; i < r->file_count; i++)
		if (r->files[i].offset < p->offset + p->length && p->offset < end_of(&r->files[i]))
			return true;
	return false;
}

size_t flash_request_keep(
    const struct flash_request *r, uint32_t flash_size, struct engine_part keep[ENGINE_MAX_KEEP])
{
	uint32_t ends[2] = {ONE_MB, flash_size};
	size_t n = 0;

	for (size_t i = 0; r->keep_settings && i < 2; i++) {
		struct engine_part p = {ends[i] - SETTINGS_BYTES, SETTINGS_BYTES};

		if (ends[i] < SETTINGS_BYTES || ends[i] > flash_size || (i && ends[i] == ends[0]) ||
		    covered(r, &p))
			continue;
		keep[n++] = p;
	}
	return n;
}

bool flash_request_loses(const struct flash_request *r)
{
	return r->kind == ENGINE_FLASH || r->kind == ENGINE_ERASE;
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
		if (r->files[i].unplaced)
			str_fmt(line, sizeof(line), "%s where the partition table says: %s",
			    r->files[i].name, summary);
		else
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
		if (r->files[i].info.kind == IMAGE_ESP8266_BACKUP ||
		    r->files[i].info.kind == IMAGE_ESP32_BACKUP ||
		    r->files[i].info.kind == IMAGE_ESP32_FACTORY)
			return true;
	return r->erase_all && !r->keep_settings;
}

/* What speaks against keeping the settings, for the versions at hand. */
static void ask_settings(
    const struct flash_request *r, const struct facts *facts, struct session_ask *ask)
{
	if (!r->keep_settings)
		return;
	if (!facts || !facts->version[0])
		ask_add(ask,
		    "The settings' sectors stay, but no Tasmota was seen on it: what is in "
		    "them may be another firmware's.");
	else
		ask_add(ask,
		    "The settings' sectors stay. A build that is older than what wrote them, "
		    "or newer by several years, may not understand them.");
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
	ask_settings(r, facts, ask);
	if (r->save[0]) {
		str_fmt(line, sizeof(line), "First all of it is copied to %s (it holds passwords).",
		    r->save);
		ask_add(ask, line);
	} else if (!facts || !facts->version[0]) {
		ask_add(ask, "No Tasmota was seen on it: what is there now can't be brought back "
			     "without a copy (b makes one first).");
	}
	str_copy(ask->yes, sizeof(ask->yes), r->kind == ENGINE_FLASH ? "y  write" : "y  erase");
	str_copy(ask->no, sizeof(ask->no), "n  leave it as it is");
	if (!r->save[0] && !r->no_stub)
		str_copy(ask->third, sizeof(ask->third), "b  copy all of it to a file first");
}

/* ---- the job --------------------------------------------------------------------------------- */

void flash_request_job(
    const struct flash_request *r, bool connected, uint32_t connected_baud, struct engine_job *job)
{
	memset(job, 0, sizeof(*job));
	job->kind = r->kind;
	job->erase_all = r->erase_all;
	job->app_baud = r->app_baud;
	job->baud = r->baud;
	job->no_baud_change = r->no_clkdiv;
	job->no_stub = r->no_stub;
	job->want_table = flash_fit_wants_table(r);
	job->no_verify = r->no_verify;
	job->full = r->full;
	job->old = r->kind == ENGINE_FLASH && !r->full && !r->no_stub;
	job->backup = r->save[0] && r->kind != ENGINE_READ;
	job->see_start = r->see_start;
	job->connected = connected;
	job->connected_baud = connected_baud;
	if ((r->kind == ENGINE_ERASE || r->kind == ENGINE_READ) && r->area.length)
		job->parts[job->part_count++] = r->area;
	for (size_t i = 0;
	     (r->kind == ENGINE_FLASH || r->kind == ENGINE_VERIFY) && i < r->file_count; i++) {
		job->parts[i].offset = r->files[i].offset;
		job->parts[i].length = (uint32_t)r->files[i].size;
		job->part_count++;
	}
}
