/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tasmite image: what firmware files are, for people or, with --json, for machines. */
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

/* What is not known is left out, so that a key's presence means something. File names and strings
 * of the file may be no UTF-8: jansson then refuses them, and '?' takes their bytes' place. */
static void put_text(json_t *o, const char *key, const char *text)
{
	char clean[512];
	json_t *value;

	if (text == NULL || text[0] == '\0')
		return;
	value = json_string(text);
	if (!value) {
		str_copy(clean, sizeof(clean), text);
		for (char *p = clean; *p; p++)
			if ((unsigned char)*p >= 0x80)
				*p = '?';
		value = json_string(clean);
	}
	if (!value || json_object_set_new(o, key, value))
		xalloc_die("out of memory");
}

static void put_number(json_t *o, const char *key, uint64_t n)
{
	if (json_object_set_new(o, key, json_integer((json_int_t)n)))
		xalloc_die("out of memory");
}

static void put_bool(json_t *o, const char *key, bool b)
{
	if (json_object_set_new(o, key, json_boolean(b)))
		xalloc_die("out of memory");
}

static void put_new(json_t *o, const char *key, json_t *value)
{
	if (!value || json_object_set_new(o, key, value))
		xalloc_die("out of memory");
}

static json_t *chain_json(const struct image_chain *c)
{
	json_t *o = json_object(), *list = json_array();

	put_number(o, "offset", c->offset);
	put_number(o, "entry", c->entry);
	for (unsigned i = 0; i < c->count; i++) {
		json_t *s = json_object();

		put_number(s, "offset", c->seg[i].offset);
		put_number(s, "address", c->seg[i].addr);
		put_number(s, "length", c->seg[i].length);
		if (json_array_append_new(list, s))
			xalloc_die("out of memory");
	}
	put_new(o, "segments", list);
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
	char text[32];

	put_text(o, "firmware", image_firmware_name(id->firmware));
	if (id->version != 0) {
		image_version_text(id->version, text, sizeof(text));
		put_text(o, "version", text);
	}
	put_text(o, "version_certainty", certainty_key(id->certainty));
	if (id->at_least != 0) {
		image_version_text(id->at_least, text, sizeof(text));
		put_text(o, "version_at_least", text);
	}
	put_text(o, "version_series", id->series);
	put_text(o, "variant", id->variant);
	put_text(o, "language", id->language);
	put_text(o, "core", id->core);
	put_text(o, "ota_url", id->ota_url);
}

static void firmware_json(json_t *o, const struct image_info *info)
{
	bool esp32 = info->kind >= IMAGE_ESP32_APP && info->kind <= IMAGE_ESP32_PARTITIONS;

	if (esp32)
		put_text(o, "chip", image_chip_name(info->chip_id));
	else if (info->kind != IMAGE_ESP_DAMAGED)
		put_text(o, "chip", "ESP8266");
	put_text(o, "fault", image_fault_key(info->fault));
	identity_json(o, &info->id);
	put_text(o, "idf", info->idf);
	put_text(o, "flash_mode", image_mode_name(info->mode));
	if (!esp32 && info->flash_size != 0)
		put_number(o, "flash_size", info->flash_size);
	if (!esp32 && image_freq_mhz(info->freq_code) != 0)
		put_number(o, "flash_mhz", image_freq_mhz(info->freq_code));
	if (info->boot.present)
		put_new(o, "image", chain_json(&info->boot));
	if (info->app.present)
		put_new(o, "application", chain_json(&info->app));
	if (info->has_crc)
		put_bool(o, "crc_ok", info->crc_ok);
	put_number(o, "end", info->end);
	put_number(o, "trailing", info->trailing);
}

static void print_json(const char *path, const struct image_info *info)
{
	char summary[256];
	json_t *o = json_object();
	char *line;

	put_text(o, "file", path);
	put_number(o, "size", info->size);
	put_text(o, "kind", image_kind_key(info->kind));
	image_summary(info, summary, sizeof(summary));
	put_text(o, "summary", summary);
	put_text(o, "name_version", info->id.name_version);
	if (info->kind == IMAGE_GZIP) {
		put_text(o, "inner_name", info->inner_name);
		put_number(o, "inner_size", info->inner_size);
	}
	if (image_is_firmware(info))
		firmware_json(o, info);
	line = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(o);
	if (!line)
		xalloc_die("out of memory");
	printf("%s\n", line);
	free(line);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* What stands in the way of writing it to an ESP8266, in the words of the flasher. */
static void print_text(const struct image_info *info, bool first)
{
	struct image_target any = {0};
	struct image_verdict v;
	struct sbuf page;

	sbuf_init(&page, MAX_PAGE);
	image_describe(info, &page);
	printf("%s%s", first ? "" : "\n", sbuf_str(&page));
	sbuf_fini(&page);
	if (image_check(info, &any, &v) != ERR_OK)
		printf("to an ESP8266: no, %s\ninstead: %s\n", v.reason, v.advice);
	for (size_t i = 0; i < v.warning_count; i++)
		printf("note: %s\n", v.warnings[i]);
}

/* ---- the command ----------------------------------------------------------------------------- */

/* Reads and prints one file; CLI_GOOD, CLI_PROBLEM or CLI_UNKNOWN. */
static int one_file(const char *path, bool json, bool first)
{
	struct image_info info;
	struct err err;
	uint8_t *data;
	size_t size;

	if (files_read(path, MAX_FILE, &data, &size, &err) != ERR_OK) {
		fprintf(stderr, "tasmite: %s\n", err.text);
		return CLI_PROBLEM;
	}
	image_inspect(data, size, path, &info);
	free(data);
	if (json)
		print_json(path, &info);
	else
		print_text(&info, first);
	if (!image_is_firmware(&info))
		return CLI_UNKNOWN;
	return info.fault == IMAGE_FAULT_NONE ? CLI_GOOD : CLI_PROBLEM;
}

int cli_image(char *const *files, int count, bool json)
{
	bool problem = false, firmware = false;

	for (int i = 0; i < count; i++) {
		int rc = one_file(files[i], json, i == 0);

		problem = problem || rc == CLI_PROBLEM;
		firmware = firmware || rc == CLI_GOOD;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "tasmite: cannot write the result\n");
		return CLI_PROBLEM;
	}
	return problem ? CLI_PROBLEM : firmware ? CLI_GOOD : CLI_UNKNOWN;
}
