/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firmware files: names and the words for a user. */
#include <assert.h>
#include <string.h>

#include "image_int.h"

struct kind_words {
	const char *key;
	const char *name;
};

static const struct kind_words kinds[IMAGE_KINDS] = {
    [IMAGE_EMPTY] = {"empty", "an empty file"},
    [IMAGE_BLANK] = {"blank", "blank flash (one byte value only)"},
    [IMAGE_ESP8266] = {"esp8266", "an ESP8266 application"},
    [IMAGE_ESP8266_V2] = {"esp8266-v2", "an ESP8266 application of the SDK's second form"},
    [IMAGE_ESP8266_BACKUP] = {"esp8266-backup", "a copy of a whole ESP8266 flash"},
    [IMAGE_ESP32_APP] = {"esp32-app", "an application"},
    [IMAGE_ESP32_LOADER] = {"esp32-loader", "a boot loader"},
    [IMAGE_ESP32_FACTORY] = {"esp32-factory", "a factory image"},
    [IMAGE_ESP32_BACKUP] = {"esp32-backup", "a copy of a whole flash"},
    [IMAGE_ESP32_PARTITIONS] = {"esp32-partitions", "a partition table"},
    [IMAGE_ESP32_OTADATA] = {"esp32-otadata", "a choice of the slot that starts (otadata)"},
    [IMAGE_ESP_DAMAGED] = {"esp-damaged", "a damaged firmware image"},
    [IMAGE_GZIP] = {"gzip", "a file packed with gzip"},
    [IMAGE_ZIP] = {"zip", "a zip archive"},
    [IMAGE_HTML] = {"html", "a web page"},
    [IMAGE_ELF] = {"elf", "an ELF file"},
    [IMAGE_IHEX] = {"ihex", "an Intel HEX file"},
    [IMAGE_TEXT] = {"text", "a text file"},
    [IMAGE_UNKNOWN] = {"unknown", "data of an unknown kind"},
};

const char *image_kind_name(enum image_kind kind)
{
	return kind < IMAGE_KINDS ? kinds[kind].name : "?";
}

const char *image_kind_key(enum image_kind kind)
{
	return kind < IMAGE_KINDS ? kinds[kind].key : "unknown";
}

const char *image_fault_name(enum image_fault fault)
{
	switch (fault) {
	case IMAGE_FAULT_NONE:
		return "none";
	case IMAGE_FAULT_TRUNCATED:
		return "cut off";
	case IMAGE_FAULT_CHECKSUM:
		return "wrong checksum";
	case IMAGE_FAULT_CRC:
		return "wrong CRC";
	case IMAGE_FAULT_SHA:
		return "wrong SHA-256";
	case IMAGE_FAULT_HEADER:
		return "bad header";
	case IMAGE_FAULT_LOADER:
		return "boot loader at the wrong place";
	case IMAGE_FAULT_TABLE:
		return "bad partition table";
	case IMAGE_FAULT_PACKING:
		return "can't be unpacked";
	}
	return "?";
}

const char *image_fault_key(enum image_fault fault)
{
	switch (fault) {
	case IMAGE_FAULT_NONE:
		return "none";
	case IMAGE_FAULT_TRUNCATED:
		return "truncated";
	case IMAGE_FAULT_CHECKSUM:
		return "checksum";
	case IMAGE_FAULT_CRC:
		return "crc";
	case IMAGE_FAULT_SHA:
		return "sha";
	case IMAGE_FAULT_HEADER:
		return "header";
	case IMAGE_FAULT_LOADER:
		return "loader";
	case IMAGE_FAULT_TABLE:
		return "table";
	case IMAGE_FAULT_PACKING:
		return "packing";
	}
	return "?";
}

const char *image_sha_key(enum image_sha sha)
{
	switch (sha) {
	case IMAGE_SHA_RIGHT:
		return "right";
	case IMAGE_SHA_WRONG:
		return "wrong";
	case IMAGE_SHA_CUT:
		return "cut";
	case IMAGE_SHA_NONE:
		break;
	}
	return "none";
}

const char *image_mode_name(uint8_t mode)
{
	static const char *const names[] = {"QIO", "QOUT", "DIO", "DOUT"};

	return mode < 4 ? names[mode] : "?";
}

uint32_t image_flash_bytes(uint8_t size_code)
{
	static const uint16_t kilobytes[16] = {
	    512, 256, 1024, 2048, 4096, 2048, 4096, 0, 8192, 16384};

	return size_code < 16 ? kilobytes[size_code] * 1024u : 0;
}

void image_version_text(uint32_t version, char *dst, size_t size)
{
	unsigned rest = version & 0xff;

	str_fmt(dst, size, "%u.%u.%u", (unsigned)(version >> 24), (unsigned)(version >> 16 & 0xff),
	    (unsigned)(version >> 8 & 0xff));
	if (rest != 0) {
		char tail[8];

		str_fmt(tail, sizeof(tail), ".%u", rest);
		str_cat(dst, size, tail);
	}
}

void image_version_words(const struct image_identity *id, char *dst, size_t size)
{
	char number[24];

	dst[0] = '\0';
	image_version_text(id->version, number, sizeof(number));
	switch (id->certainty) {
	case IMAGE_VER_EXACT:
		str_copy(dst, size, number);
		break;
	case IMAGE_VER_LIKELY:
		str_fmt(dst, size, "%s (likely)", number);
		break;
	case IMAGE_VER_AT_LEAST:
		str_fmt(dst, size, ">= %s", number);
		break;
	case IMAGE_VER_SERIES:
		str_copy(dst, size, id->series);
		break;
	case IMAGE_VER_NONE:
		break;
	}
}

void image_firmware_text(const struct image_info *info, char *dst, size_t size)
{
	char version[40];

	assert(info && dst && size > 0);
	if (info->id.firmware == IMAGE_FW_UNKNOWN) {
		str_copy(dst, size, "firmware of an unknown kind");
		return;
	}
	image_version_words(&info->id, version, sizeof(version));
	str_fmt(dst, size, "%s%s%s", image_firmware_name(info->id.firmware), version[0] ? " " : "",
	    version);
}

static bool is_8266(const struct image_info *info)
{
	return info->kind == IMAGE_ESP8266 || info->kind == IMAGE_ESP8266_V2 ||
	       info->kind == IMAGE_ESP8266_BACKUP;
}

/* ", fits 1 MB": where the code ends and what its header was built for. */
static void fits_words(const struct image_info *info, char *dst, size_t size)
{
	char flash[24];
	uint32_t need = 1024 * 1024;

	dst[0] = '\0';
	if (info->kind != IMAGE_ESP8266)
		return;
	if (info->flash_size > need) {
		str_fmt(dst, size, ", built for %s of flash",
		    str_size(flash, sizeof(flash), info->flash_size));
		return;
	}
	if (info->size <= IMAGE_ROOM_1M)
		str_copy(dst, size, ", fits 1 MB");
	else
		str_copy(dst, size, ", too large for 1 MB");
}

static void add_variant(const struct image_identity *id, char *dst, size_t size)
{
	if (id->variant[0] == '\0')
		return;
	str_cat(dst, size, ", ");
	str_cat(dst, size, id->variant);
	str_cat(dst, size, " build");
}

void image_summary(const struct image_info *info, char *dst, size_t size)
{
	char text[64], bytes[24];
	const struct image_identity *id = &info->id;

	assert(info && dst && size > 0);
	str_size(bytes, sizeof(bytes), info->size);
	if (!image_is_firmware(info) || info->kind == IMAGE_ESP_DAMAGED) {
		str_fmt(dst, size, "%s, %s", image_kind_name(info->kind), bytes);
		return;
	}
	if (info->kind == IMAGE_ESP32_LOADER)
		str_copy(dst, size, image_kind_name(info->kind));
	else
		image_firmware_text(info, dst, size);
	add_variant(id, dst, size);
	if (id->core[0] != '\0') {
		str_cat(dst, size, ", core ");
		str_cat(dst, size, id->core);
	}
	str_cat(dst, size, ", ");
	str_cat(dst, size, bytes);
	const char *chip = image_chip_name(info->chip_id);
	str_cat(dst, size, ", for ");
	str_cat(dst, size, is_8266(info) ? "ESP8266" : chip ? chip : "ESP32 family");
	if (info->kind != IMAGE_ESP8266 && info->kind != IMAGE_ESP32_APP &&
	    info->kind != IMAGE_ESP32_LOADER) {
		str_cat(dst, size, ", ");
		str_cat(dst, size, image_kind_name(info->kind));
	}
	fits_words(info, text, sizeof(text));
	str_cat(dst, size, text);
	if (info->packed)
		str_cat(dst, size, ", packed with gzip");
	if (info->fault != IMAGE_FAULT_NONE) {
		str_cat(dst, size, ", DAMAGED: ");
		str_cat(dst, size, image_fault_name(info->fault));
	}
}

/* ---- the page -------------------------------------------------------------------------------- */

static void row(struct sbuf *out, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void row(struct sbuf *out, const char *name, const char *fmt, ...)
{
	char value[256];
	va_list ap;

	va_start(ap, fmt);
	str_vfmt(value, sizeof(value), fmt, ap);
	va_end(ap);
	sbuf_fmt(out, "%s: %s\n", name, value);
}

static const char *certainty_words(enum image_certainty certainty)
{
	switch (certainty) {
	case IMAGE_VER_EXACT:
		return "written in the file";
	case IMAGE_VER_LIKELY:
		return "from the constants in the code, not from a text";
	case IMAGE_VER_AT_LEAST:
		return "the newest settings it knows to convert; its own version may be later";
	case IMAGE_VER_SERIES:
		return "from the wording; the file holds no number";
	case IMAGE_VER_NONE:
		break;
	}
	return "the file does not tell";
}

static void describe_identity(const struct image_info *info, struct sbuf *out)
{
	const struct image_identity *id = &info->id;
	char version[40], bad[200];

	if (info->kind == IMAGE_ESP32_LOADER)
		return;
	row(out, "firmware", "%s", image_firmware_name(id->firmware));
	if (id->firmware == IMAGE_FW_TASMOTA) {
		image_version_words(id, version, sizeof(version));
		row(out, "version", "%s (%s)", version[0] ? version : "unknown",
		    certainty_words(id->certainty));
		if (id->certainty == IMAGE_VER_LIKELY) {
			image_version_text(id->at_least, version, sizeof(version));
			row(out, "version at least", "%s", version);
		}
	}
	if (id->name_version[0])
		row(out, "version in the file's name", "%s (not checked)", id->name_version);
	if (id->variant[0])
		row(out, "variant", "%s", id->variant);
	if (id->language[0])
		row(out, "language", "%s", id->language);
	if (id->core[0])
		row(out, "Arduino core", "%s", id->core);
	if (id->build[0])
		row(out, "build", "%s", id->build);
	if (id->ota_url[0])
		row(out, "default OTA address", "%s", id->ota_url);
	if (image_known_bad(id, bad, sizeof(bad)) != IMAGE_BAD_NO)
		row(out, "known bad", "%s", bad);
}

static void describe_description(const struct image_description *d, struct sbuf *out)
{
	if (d->project[0])
		row(out, "project", "%s", d->project);
	if (d->version[0])
		row(out, "its version", "%s", d->version);
	if (d->date[0])
		row(out, "compiled", "%s%s%s", d->date, d->time[0] ? " " : "", d->time);
	if (d->idf[0])
		row(out, "IDF", "%s", d->idf);
	if (d->elf_sha[0])
		row(out, "SHA-256 of its ELF", "%s", d->elf_sha);
}

static void describe_revision(const struct image_header32 *h, struct sbuf *out)
{
	unsigned min = h->min_revision ? h->min_revision : h->min_revision_old * 100u;

	if (h->max_revision != 0 && h->max_revision != UINT16_MAX)
		row(out, "chip revision", "v%u.%u to v%u.%u", min / 100, min % 100,
		    h->max_revision / 100, h->max_revision % 100);
	else if (min != 0)
		row(out, "chip revision", "v%u.%u or later", min / 100, min % 100);
}

static void describe_header(const struct image_info *info, struct sbuf *out)
{
	char flash[24];

	row(out, "flash in the header", "%s, %s, %s", image_mode_name(info->mode),
	    info->flash_size ? str_size(flash, sizeof(flash), info->flash_size) : "unknown size",
	    image_freq_text(info));
}

static const char *sha_words(enum image_sha sha)
{
	switch (sha) {
	case IMAGE_SHA_RIGHT:
		return "right";
	case IMAGE_SHA_WRONG:
		return "WRONG";
	case IMAGE_SHA_CUT:
		return "the file ends before it";
	case IMAGE_SHA_NONE:
		break;
	}
	return "none";
}

static void describe_chain(
    const struct image_info *info, const struct image_chain *c, const char *name, struct sbuf *out)
{
	if (!c->present)
		return;
	row(out, name, "at 0x%x, entry 0x%08x, %u of %u segments", (unsigned)c->offset,
	    (unsigned)c->entry, c->count, c->declared);
	for (unsigned i = 0; i < c->count; i++)
		row(out, "  segment", "0x%08x, %u bytes, in the file at 0x%x, %s",
		    (unsigned)c->seg[i].addr, (unsigned)c->seg[i].length,
		    (unsigned)c->seg[i].offset, image_memory_text(info, c->seg[i].addr));
	if (!c->checksum_known)
		row(out, "  checksum", "the file ends before it");
	else if (c->checksum_stored == c->checksum_computed)
		row(out, "  checksum", "%02x, right", c->checksum_stored);
	else
		row(out, "  checksum", "%02x stored, %02x computed: WRONG", c->checksum_stored,
		    c->checksum_computed);
	if (image_is_esp32(info))
		row(out, "  SHA-256", "%s", sha_words(info->header.sha));
}

/* ---- what factory files and copies of a flash put together ------------------------------------ */

static void describe_table(const struct image_info *info, struct sbuf *out)
{
	char kind[40], size[24];

	if (!info->has_table) {
		if (info->table_fault[0])
			row(out, "partition table", "%s", info->table_fault);
		return;
	}
	row(out, "partition table", "%zu partitions, MD5 %s%s", info->table.count,
	    info->table.sum == PARTITION_SUM_RIGHT   ? "right"
	    : info->table.sum == PARTITION_SUM_WRONG ? "WRONG"
						     : "none",
	    partition_layout(&info->table) == PARTITION_LAYOUT_SAFEBOOT ? ", safeboot layout" : "");
	if (info->table_fault[0])
		row(out, "  fault", "%s", info->table_fault);
	for (size_t i = 0; i < info->table.count; i++) {
		const struct partition *p = &info->table.entry[i];

		partition_kind_text(p, kind, sizeof(kind));
		row(out, "  partition", "0x%06x, %s, %s, %s", (unsigned)p->offset,
		    str_size(size, sizeof(size), p->size), p->name, kind);
	}
}

static void describe_app(
    const struct image_info *info, const struct image_app *app, bool starts, struct sbuf *out)
{
	char label[40], text[80], version[40], size[24];
	const struct partition *p = &info->table.entry[app->partition];
	const struct image_identity *id = &app->id;

	str_fmt(label, sizeof(label), "in \"%s\"", p->name);
	if (!app->present) {
		row(out, label, "no application");
		return;
	}
	image_version_words(id, version, sizeof(version));
	str_fmt(text, sizeof(text), "%s%s%s%s%s",
	    id->firmware == IMAGE_FW_UNKNOWN ? "firmware of an unknown kind"
					     : image_firmware_name(id->firmware),
	    version[0] ? " " : "", version, id->variant[0] ? ", " : "", id->variant);
	/* One that is cut has no size of its own; the fault says so. */
	row(out, label, "%s%s%s, %s%s%s%s", text, app->size ? ", " : "",
	    app->size ? str_size(size, sizeof(size), app->size) : "",
	    app->fault == IMAGE_FAULT_NONE ? "whole" : image_fault_name(app->fault),
	    app->header.sha == IMAGE_SHA_RIGHT ? ", SHA-256 right" : "",
	    app->description.idf[0] ? ", IDF " : "", app->description.idf);
	if (starts)
		row(out, "  starts", "this one, as otadata says");
}

static void describe_apps(const struct image_info *info, struct sbuf *out)
{
	for (size_t i = 0; i < info->app_count; i++)
		describe_app(info, &info->apps[i], i == info->starts, out);
}

/* Only what is proven: blocks with a right check sum. */
static void describe_backup(const struct image_info *info, struct sbuf *out)
{
	const struct image_settings *s = &info->settings;
	char version[24];

	if (info->kind == IMAGE_ESP32_BACKUP && s->copies == 0) {
		row(out, "settings",
		    "none of Tasmota's found in nvs (its file system is not read)");
		return;
	}
	if (info->kind != IMAGE_ESP8266_BACKUP && info->kind != IMAGE_ESP32_BACKUP)
		return;
	if (info->sdk_app)
		row(out, "application", "at 0x%x, of the SDK's second form (EA)",
		    (unsigned)info->sdk_app);
	if (s->copies == 0) {
		row(out, "settings", "none of Tasmota's found");
		return;
	}
	image_version_text(s->version, version, sizeof(version));
	row(out, "settings", "Tasmota's at 0x%x, saved %u times, last by %s, check sum right",
	    (unsigned)s->offset, (unsigned)s->saves, version);
	if (s->copies > 1)
		row(out, "  older copies", "%u", s->copies - 1);
}

/* Where it goes, as far as the file alone tells. */
static void describe_place(const struct image_info *info, struct sbuf *out)
{
	switch (info->kind) {
	case IMAGE_ESP8266:
	case IMAGE_ESP8266_BACKUP:
	case IMAGE_ESP32_FACTORY:
	case IMAGE_ESP32_BACKUP:
		row(out, "goes to", "0x0");
		break;
	case IMAGE_ESP32_APP:
		row(out, "goes to", "the application partition of the device's table, never 0x0");
		break;
	case IMAGE_ESP8266_V2:
		row(out, "goes to", "behind a boot loader (rBoot or the SDK's) that is not in it");
		break;
	case IMAGE_ESP32_LOADER:
		if (image_chip_name(info->chip_id))
			row(out, "goes to", "0x%x", (unsigned)image_loader_offset(info->chip_id));
		break;
	case IMAGE_ESP32_PARTITIONS:
		row(out, "goes to", "0x%x", PARTITION_TABLE_OFFSET);
		break;
	case IMAGE_ESP32_OTADATA:
		row(out, "goes to", "the otadata partition of the device's table");
		break;
	default:
		break;
	}
}

static void describe_end(const struct image_info *info, struct sbuf *out)
{
	if (info->has_crc)
		row(out, "CRC", "over %u bytes, %s", (unsigned)info->crc_length,
		    info->crc_length > info->size ? "more than the file has"
		    : info->crc_ok		  ? "right"
						  : "WRONG");
	if (info->trailing > 0)
		row(out, "behind the firmware", "%zu bytes, %s", info->trailing,
		    info->trailing_used ? "in use" : "blank");
	row(out, "damage", "%s", image_fault_name(info->fault));
}

static void describe_packing(const struct image_info *info, struct sbuf *out)
{
	char size[24];

	if (info->packed)
		row(out, "packed",
		    "with gzip, %zu bytes (%s)%s%s; the rest is about what is inside",
		    info->packed_size, str_size(size, sizeof(size), info->packed_size),
		    info->inner_name[0] ? ", as " : "", info->inner_name);
	else
		row(out, "unpacked", "%u bytes%s%s", (unsigned)info->inner_size,
		    info->inner_name[0] ? ", packed as " : "", info->inner_name);
	if (info->fault == IMAGE_FAULT_PACKING)
		row(out, "damage", "%s: damaged or cut short", image_fault_name(info->fault));
}

void image_describe(const struct image_info *info, struct sbuf *out)
{
	char line[256], size[24];

	assert(info && out);
	image_summary(info, line, sizeof(line));
	row(out, "file", "%s", info->name[0] ? info->name : "(no name)");
	row(out, "what", "%s", line);
	row(out, "kind", "%s", image_kind_name(info->kind));
	row(out, "size", "%zu bytes (%s)", info->size, str_size(size, sizeof(size), info->size));
	if (info->kind == IMAGE_GZIP || info->packed)
		describe_packing(info, out);
	if (info->kind == IMAGE_ESP32_PARTITIONS)
		describe_table(info, out);
	describe_place(info, out);
	if (!image_is_firmware(info))
		return;
	if (image_is_esp32(info) && image_chip_name(info->chip_id))
		row(out, "chip", "%s", image_chip_name(info->chip_id));
	else if (is_8266(info))
		row(out, "chip", "ESP8266, ESP8285");
	if (image_is_esp32(info))
		describe_revision(&info->header, out);
	describe_identity(info, out);
	describe_description(&info->description, out);
	describe_header(info, out);
	bool loader = info->app.present || info->has_table;
	describe_chain(info, &info->boot, loader ? "boot loader" : "image", out);
	if (info->kind == IMAGE_ESP8266_V2 && info->app.present)
		row(out, "outer header", "EA, %u bytes of code in flash at 0x%x",
		    (unsigned)info->app.offset - IMAGE_V2_HEADER, IMAGE_V2_HEADER);
	describe_chain(info, &info->app, "application", out);
	if (image_is_esp32(info))
		describe_table(info, out);
	describe_apps(info, out);
	describe_backup(info, out);
	describe_end(info, out);
}

/* The notes on an ESP32's image are those for its own chip: what lacks there is only the table of
 * the device, which no file tells. */
static void judge(const struct image_info *info, struct image_verdict *v)
{
	struct image_device own = {
	    .chip = image_chip_name(info->chip_id), .revision = IMAGE_REVISION_UNKNOWN};
	struct image_target any = {0};
	struct image_placement placement;

	if (!image_is_esp32(info)) {
		image_check(info, &any, v);
		return;
	}
	image_place(info, &own, NULL, &placement);
	*v = placement.verdict;
	if (placement.needs_table)
		memset(v, 0, sizeof(*v));
}

void image_describe_notes(const struct image_info *info, struct sbuf *out)
{
	struct image_verdict v;
	char bad[sizeof(v.warnings[0])];

	assert(info && out);
	judge(info, &v);
	if (v.refusal != IMAGE_OK) {
		row(out, "to write it", "no, %s", v.reason);
		row(out, "instead", "%s", v.advice);
	}
	/* The page has said it already. */
	image_known_bad(&info->id, bad, sizeof(bad));
	for (size_t i = 0; i < v.warning_count; i++)
		if (strcmp(v.warnings[i], bad) != 0)
			row(out, "note", "%s", v.warnings[i]);
}
