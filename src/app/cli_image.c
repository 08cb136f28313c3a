/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tasmite image: what firmware files are, for people or, with --json, for machines. */
#include "cli_out.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "tasmite/app/cli.h"
#include "tasmite/base/err.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/files.h"
#include "tasmite/proto/image.h"

enum { CLI_GOOD = 0, CLI_PROBLEM = 1, CLI_UNKNOWN = 3 };

/* Room for a backup of the largest flash, and for an ELF file to be told as one. */
#define MAX_FILE (4u * IMAGE_MAX_FLASH)
#define MAX_PAGE 16384

/* ---- JSON ------------------------------------------------------------------------------------ */

static void put_number(json_t *o, const char *key, uint64_t n)
{
	cli_out_put(o, key, json_integer((json_int_t)n));
}

static void put_bool(json_t *o, const char *key, bool b)
{
	cli_out_put(o, key, json_boolean(b));
}

static json_t *chain_json(const struct image_info *info, const struct image_chain *c)
{
	json_t *o = json_object(), *list = json_array();

	put_number(o, "offset", c->offset);
	put_number(o, "entry", c->entry);
	for (unsigned i = 0; i < c->count; i++) {
		json_t *s = json_object();

		put_number(s, "offset", c->seg[i].offset);
		put_number(s, "address", c->seg[i].addr);
		put_number(s, "length", c->seg[i].length);
		cli_out_known(s, "memory", image_memory_text(info, c->seg[i].addr));
		cli_out_append(list, s);
	}
	cli_out_put(o, "segments", list);
	put_bool(o, "truncated", c->truncated);
	if (c->checksum_known) {
		put_number(o, "checksum", c->checksum_stored);
		put_bool(o, "checksum_ok", c->checksum_stored == c->checksum_computed);
	}
	return o;
}

static const char *certainty_key(enum image_certainty certainty)
{
	switch (certainty) {
	case IMAGE_VER_EXACT:
		return "exact";
	case IMAGE_VER_LIKELY:
		return "likely";
	case IMAGE_VER_AT_LEAST:
		return "at-least";
	case IMAGE_VER_SERIES:
		return "series";
	case IMAGE_VER_NONE:
		break;
	}
	return "none";
}

static void identity_json(json_t *o, const struct image_identity *id)
{
	char text[32], advice[200];

	cli_out_known(o, "firmware", image_firmware_name(id->firmware));
	if (id->version != 0) {
		image_version_text(id->version, text, sizeof(text));
		cli_out_known(o, "version", text);
	}
	cli_out_known(o, "version_certainty", certainty_key(id->certainty));
	if (id->at_least != 0) {
		image_version_text(id->at_least, text, sizeof(text));
		cli_out_known(o, "version_at_least", text);
	}
	cli_out_known(o, "version_series", id->series);
	cli_out_known(o, "variant", id->variant);
	cli_out_known(o, "language", id->language);
	cli_out_known(o, "core", id->core);
	cli_out_known(o, "build", id->build);
	cli_out_known(o, "ota_url", id->ota_url);
	enum image_bad bad = image_known_bad(id, advice, sizeof(advice));
	if (bad != IMAGE_BAD_NO) {
		cli_out_known(o, "known_bad", bad == IMAGE_BAD_YES ? "yes" : "maybe");
		cli_out_known(o, "known_bad_text", advice);
	}
}

static void description_json(json_t *o, const struct image_description *d)
{
	cli_out_known(o, "project", d->project);
	cli_out_known(o, "project_version", d->version);
	cli_out_known(o, "compiled_date", d->date);
	cli_out_known(o, "compiled_time", d->time);
	cli_out_known(o, "idf", d->idf);
	cli_out_known(o, "elf_sha256", d->elf_sha);
}

static void header32_json(json_t *o, const struct image_header32 *h)
{
	unsigned min = h->min_revision ? h->min_revision : h->min_revision_old * 100u;

	put_number(o, "min_revision", min);
	if (h->max_revision != 0 && h->max_revision != UINT16_MAX)
		put_number(o, "max_revision", h->max_revision);
	cli_out_known(o, "sha256", image_sha_key(h->sha));
}

static json_t *table_json(const struct partition_table *t)
{
	json_t *list = json_array();
	char kind[40];

	for (size_t i = 0; i < t->count; i++) {
		const struct partition *p = &t->entry[i];
		json_t *o = json_object();

		partition_kind_text(p, kind, sizeof(kind));
		cli_out_known(o, "name", p->name);
		cli_out_known(o, "kind", kind);
		put_number(o, "offset", p->offset);
		put_number(o, "size", p->size);
		cli_out_append(list, o);
	}
	return list;
}

static json_t *apps_json(const struct image_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->app_count; i++) {
		const struct image_app *app = &info->apps[i];
		const struct partition *p = &info->table.entry[app->partition];
		json_t *o = json_object();

		cli_out_known(o, "partition", p->name);
		put_number(o, "offset", p->offset);
		put_bool(o, "present", app->present);
		put_bool(o, "starts", i == info->starts);
		if (app->present) {
			if (app->size)
				put_number(o, "size", app->size);
			cli_out_known(o, "chip", image_chip_name(app->header.chip_id));
			cli_out_known(o, "fault", image_fault_key(app->fault));
			header32_json(o, &app->header);
			identity_json(o, &app->id);
			description_json(o, &app->description);
		}
		cli_out_append(list, o);
	}
	return list;
}

static void backup_json(json_t *o, const struct image_info *info)
{
	const struct image_settings *s = &info->settings;
	json_t *settings;
	char version[24];

	if (info->sdk_app)
		put_number(o, "sdk_application", info->sdk_app);
	if (s->copies == 0)
		return;
	settings = json_object();
	image_version_text(s->version, version, sizeof(version));
	put_number(settings, "offset", s->offset);
	put_number(settings, "copies", s->copies);
	put_number(settings, "saves", s->saves);
	cli_out_known(settings, "version", version);
	cli_out_put(o, "settings", settings);
}

static void firmware_json(json_t *o, const struct image_info *info)
{
	bool esp32 = image_is_esp32(info);

	if (esp32)
		cli_out_known(o, "chip", image_chip_name(info->chip_id));
	else if (info->kind != IMAGE_ESP_DAMAGED)
		cli_out_known(o, "chip", "ESP8266");
	cli_out_known(o, "fault", image_fault_key(info->fault));
	if (esp32)
		header32_json(o, &info->header);
	identity_json(o, &info->id);
	description_json(o, &info->description);
	cli_out_known(o, "flash_mode", image_mode_name(info->mode));
	if (info->flash_size != 0)
		put_number(o, "flash_size", info->flash_size);
	if (!esp32 && image_freq_mhz(info->freq_code) != 0)
		put_number(o, "flash_mhz", image_freq_mhz(info->freq_code));
	cli_out_known(o, "flash_frequency", image_freq_text(info));
	if (info->boot.present)
		cli_out_put(o, "image", chain_json(info, &info->boot));
	if (info->app.present)
		cli_out_put(o, "application", chain_json(info, &info->app));
	if (info->has_crc)
		put_bool(o, "crc_ok", info->crc_ok);
	put_number(o, "end", info->end);
	put_number(o, "trailing", info->trailing);
	backup_json(o, info);
}

static void whole_json(json_t *o, const struct image_info *info)
{
	if (info->has_table) {
		cli_out_put(o, "partitions", table_json(&info->table));
		put_bool(o, "safeboot_layout",
		    partition_layout(&info->table) == PARTITION_LAYOUT_SAFEBOOT);
	}
	cli_out_known(o, "partition_fault", info->table_fault);
	if (info->app_count > 0)
		cli_out_put(o, "applications", apps_json(info));
}

static void print_json(const char *path, const struct image_info *info)
{
	char summary[256];
	json_t *o = json_object();
	char *line;

	cli_out_known(o, "file", path);
	put_number(o, "size", info->size);
	cli_out_known(o, "kind", image_kind_key(info->kind));
	image_summary(info, summary, sizeof(summary));
	cli_out_known(o, "summary", summary);
	cli_out_known(o, "name_version", info->id.name_version);
	if (info->packed)
		put_number(o, "packed_size", info->packed_size);
	if (info->kind == IMAGE_GZIP || info->packed) {
		cli_out_known(o, "inner_name", info->inner_name);
		put_number(o, "inner_size", info->inner_size);
	}
	if (image_is_firmware(info))
		firmware_json(o, info);
	else if (info->fault != IMAGE_FAULT_NONE)
		cli_out_known(o, "fault", image_fault_key(info->fault));
	whole_json(o, info);
	line = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(o);
	if (!line)
		xalloc_die("out of memory");
	cli_json(line);
	free(line);
}

/* ---- text ------------------------------------------------------------------------------------ */

static void print_text(const struct image_info *info, bool first)
{
	struct sbuf page;

	sbuf_init(&page, MAX_PAGE);
	image_describe(info, &page);
	image_describe_notes(info, &page);
	printf("%s%s", first ? "" : "\n", sbuf_str(&page));
	sbuf_fini(&page);
}

/* ---- the command ----------------------------------------------------------------------------- */

/* Reads and prints one file; CLI_GOOD, CLI_PROBLEM or CLI_UNKNOWN. */
static int one_file(const char *path, bool json, bool first)
{
	struct image_info info;
	struct err err;
	uint8_t *data, *inner;
	size_t size, inner_size;

	if (files_read(path, MAX_FILE, &data, &size, &err) != ERR_OK) {
		fprintf(stderr, "tasmite: %s\n", err.text);
		return CLI_PROBLEM;
	}
	image_inspect_packed(data, size, path, MAX_FILE, &info, &inner, &inner_size);
	free(inner);
	free(data);
	if (json)
		print_json(path, &info);
	else
		print_text(&info, first);
	if (info.fault != IMAGE_FAULT_NONE)
		return CLI_PROBLEM;
	return image_is_firmware(&info) || image_is_esp32(&info) ? CLI_GOOD : CLI_UNKNOWN;
}

int cli_image(char *const *files, int count, bool json)
{
	bool problem = false, firmware = false;

	for (int i = 0; i < count; i++) {
		int rc = one_file(files[i], json, i == 0);

		problem = problem || rc == CLI_PROBLEM;
		firmware = firmware || rc == CLI_GOOD;
	}
	return cli_out_end(problem, firmware);
}
