/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images of the ESP32 family: header, description, SHA-256, and what factory files put together. */
#include <string.h>

#include "image_int.h"
#include "tasmite/base/bytes.h"
#include "tasmite/proto/digest.h"

/* The application description begins behind the first segment's header. */
#define DESC	     0x20u
#define DESC_MAGIC   0xabcd5432u
#define DESC_SIZE    256u
#define SHA_FLAG     23u
#define OTADATA_SIZE 0x2000u

/* ---- one image ------------------------------------------------------------------------------- */

static bool in_range(uint32_t addr, uint32_t first, uint32_t last)
{
	return addr >= first && addr <= last;
}

/* Load addresses of all members together. */
static bool addr_esp32(uint32_t addr)
{
	return in_range(addr, 0x30100000, 0x30101fff) || in_range(addr, 0x3c000000, 0x3fffffff) ||
	       in_range(addr, 0x40000000, 0x5010ffff) || in_range(addr, 0x60000000, 0x601fffff) ||
	       addr == 0;
}

static bool has_description(const uint8_t *data, size_t n, size_t base)
{
	return base < n && n - base >= DESC + 4 && get_le32(data + base + DESC) == DESC_MAGIC;
}

/* Applications of before IDF 3.2 have no description, but mapped flash as boot loaders never do. */
static bool maps_flash(const struct image_chain *c, uint16_t chip_id)
{
	struct image_info any = {.kind = IMAGE_ESP32_APP, .chip_id = chip_id};

	for (unsigned i = 0; i < c->count; i++)
		if (strstr(image_memory_text(&any, c->seg[i].addr), "flash"))
			return true;
	return false;
}

bool image_looks_esp32(const uint8_t *data, size_t n, const struct image_chain *c)
{
	if (!image_header_sane(c, addr_esp32))
		return false;
	if (has_description(data, n, c->offset))
		return true;
	const uint8_t *header = data + c->offset;
	return image_chip_name(get_le16(header + 12)) != NULL && header[SHA_FLAG] <= 1;
}

/* The bytes of a text field that can be shown. */
static void take_text(const uint8_t *p, size_t n, char *dst, size_t size)
{
	size_t len = 0;

	while (len < n && p[len] >= 0x20 && p[len] < 0x7f)
		len++;
	str_copy_n(dst, size, (const char *)p, len);
}

static void take_description(
    const uint8_t *data, size_t n, size_t base, struct image_description *out)
{
	static const uint8_t none[32];

	memset(out, 0, sizeof(*out));
	if (!has_description(data, n, base) || n - base < DESC + DESC_SIZE)
		return;
	const uint8_t *p = data + base + DESC;
	out->present = true;
	out->secure_version = get_le32(p + 4);
	take_text(p + 16, 32, out->version, sizeof(out->version));
	take_text(p + 48, 32, out->project, sizeof(out->project));
	take_text(p + 80, 16, out->time, sizeof(out->time));
	take_text(p + 96, 16, out->date, sizeof(out->date));
	take_text(p + 112, 32, out->idf, sizeof(out->idf));
	if (memcmp(p + 144, none, sizeof(none)) != 0)
		digest_hex(p + 144, 32, out->elf_sha);
}

/* Header fields behind the eighth byte, and the hash that may follow the checksum row. *end gets
 * the first byte behind it all. */
static enum image_fault take_header32(const uint8_t *data, size_t n, const struct image_chain *c,
    struct image_header32 *out, size_t *end)
{
	const uint8_t *h = data + c->offset;
	uint8_t sha[DIGEST_SHA256_SIZE];

	out->chip_id = get_le16(h + 12);
	out->min_revision_old = h[14];
	out->min_revision = get_le16(h + 15);
	out->max_revision = get_le16(h + 17);
	out->sha = IMAGE_SHA_NONE;
	*end = c->end;
	enum image_fault fault = image_chain_fault(c);
	if (h[SHA_FLAG] != 1)
		return fault;
	*end = c->end + sizeof(sha);
	out->sha = IMAGE_SHA_CUT;
	if (*end > n)
		return IMAGE_FAULT_TRUNCATED;
	digest_sha256(h, c->end - c->offset, sha);
	out->sha = memcmp(sha, data + c->end, sizeof(sha)) == 0 ? IMAGE_SHA_RIGHT : IMAGE_SHA_WRONG;
	if (fault == IMAGE_FAULT_NONE && out->sha == IMAGE_SHA_WRONG)
		fault = IMAGE_FAULT_SHA;
	return fault;
}

/* ESP32 family: 1 MB to 128 MB. */
static uint32_t flash_bytes(uint8_t size_code)
{
	return size_code <= 7 ? 0x100000u << size_code : 0;
}

/* ---- factory files --------------------------------------------------------------------------- */

/* The applications of the table that the file reaches to. */
static void read_app(
    const uint8_t *data, size_t n, struct image_app *app, const struct partition *p)
{
	struct image_chain c;
	size_t end, limit;

	if (p->offset >= n)
		return;
	/* Nothing of the next partition belongs to it. */
	limit = p->size < n - p->offset ? p->offset + p->size : n;
	image_chain_parse(data, limit, p->offset, IMAGE_HEADER_32, &c);
	if (!image_looks_esp32(data, limit, &c))
		return;
	app->present = true;
	app->fault = take_header32(data, limit, &c, &app->header, &end);
	app->size = end <= limit ? (uint32_t)(end - p->offset) : 0;
	take_description(data, limit, p->offset, &app->description);
	image_identify(
	    data + p->offset, (end < limit ? end : limit) - p->offset, IMAGE_ESP32_APP, &app->id);
}

static void read_apps(const uint8_t *data, size_t n, struct image_info *info)
{
	const struct partition_table *t = &info->table;
	size_t otadata = partition_find(t, PARTITION_DATA, PARTITION_DATA_OTADATA);
	size_t at = 0, length = 0;

	if (otadata != PARTITION_NO_SLOT && t->entry[otadata].offset < n) {
		at = t->entry[otadata].offset;
		length = n - at < OTADATA_SIZE ? n - at : OTADATA_SIZE;
	}
	size_t starts = partition_starts(t, data + at, length);
	for (size_t i = 0; i < t->count && info->app_count < IMAGE_MAX_APPS; i++) {
		if (t->entry[i].type != PARTITION_APP)
			continue;
		if (i == starts)
			info->starts = info->app_count;
		struct image_app *app = &info->apps[info->app_count++];
		app->partition = i;
		read_app(data, n, app, &t->entry[i]);
	}
}

/* The application that the file is about; NULL when it holds none. */
static const struct image_app *main_app(const struct image_info *info)
{
	const struct image_app *first = NULL;
	bool safeboot = partition_layout(&info->table) == PARTITION_LAYOUT_SAFEBOOT;

	for (size_t i = 0; i < info->app_count; i++) {
		const struct image_app *app = &info->apps[i];
		uint8_t subtype = info->table.entry[app->partition].subtype;

		if (!app->present)
			continue;
		if (safeboot ? subtype == PARTITION_APP_OTA_0 : i == info->starts)
			return app;
		if (!first)
			first = app;
	}
	return first;
}

/* What of the applications' state makes the file unfit. In a copy of a device's flash only what
 * starts has to be whole. */
static enum image_fault apps_fault(const struct image_info *info, const struct image_app *main)
{
	if (info->kind == IMAGE_ESP32_BACKUP)
		return main ? main->fault : IMAGE_FAULT_NONE;
	for (size_t i = 0; i < info->app_count; i++)
		if (info->apps[i].present && info->apps[i].fault != IMAGE_FAULT_NONE)
			return info->apps[i].fault;
	return IMAGE_FAULT_NONE;
}

static void read_table(const uint8_t *data, size_t n, size_t at, struct image_info *info)
{
	struct err err = {0};

	info->has_table = partition_parse(data + at, n - at, &info->table, &err) == ERR_OK;
	if (info->has_table)
		partition_check(&info->table, 0, &err);
	str_copy(info->table_fault, sizeof(info->table_fault), err.text);
}

/* The boot loader is read; what stands behind it. */
static void inspect_whole(const uint8_t *data, size_t n, struct image_info *info)
{
	info->kind = image_is_flash_size(n) ? IMAGE_ESP32_BACKUP : IMAGE_ESP32_FACTORY;
	info->end = n;
	read_table(data, n, PARTITION_TABLE_OFFSET, info);
	if (info->has_table)
		read_apps(data, n, info);
	if (info->kind == IMAGE_ESP32_BACKUP)
		image_inspect_nvs(data, n, info);
	const struct image_app *main = main_app(info);
	if (main) {
		char name_version[sizeof(info->id.name_version)];

		memcpy(name_version, info->id.name_version, sizeof(name_version));
		info->id = main->id;
		memcpy(info->id.name_version, name_version, sizeof(name_version));
		info->description = main->description;
	}
	if (info->fault == IMAGE_FAULT_NONE &&
	    image_loader_offset(info->chip_id) != info->boot.offset)
		info->fault = IMAGE_FAULT_LOADER;
	if (info->fault == IMAGE_FAULT_NONE && info->table_fault[0] != '\0')
		info->fault = IMAGE_FAULT_TABLE;
	if (info->fault == IMAGE_FAULT_NONE)
		info->fault = apps_fault(info, main);
}

static bool has_table(const uint8_t *data, size_t n)
{
	return n > PARTITION_TABLE_OFFSET &&
	       partition_is(data + PARTITION_TABLE_OFFSET, n - PARTITION_TABLE_OFFSET);
}

static void take_boot(
    const uint8_t *data, size_t n, const struct image_chain *c, struct image_info *info)
{
	info->boot = *c;
	image_take_header(c, info);
	info->fault = take_header32(data, n, c, &info->header, &info->end);
	info->chip_id = info->header.chip_id;
	info->flash_size = flash_bytes(info->size_code);
}

void image_inspect_esp32(
    const uint8_t *data, size_t n, const struct image_chain *c, struct image_info *info)
{
	bool app =
	    has_description(data, n, c->offset) || maps_flash(c, get_le16(data + c->offset + 12));

	take_boot(data, n, c, info);
	info->kind = app ? IMAGE_ESP32_APP : IMAGE_ESP32_LOADER;
	if (app)
		take_description(data, n, c->offset, &info->description);
	else if (has_table(data, n))
		inspect_whole(data, n, info);
	image_count_trailing(data, n, info);
}

/* ESP32 and S2 have their loader at 0x1000, P4 and C5 at 0x2000. */
bool image_inspect_factory(const uint8_t *data, size_t n, struct image_info *info)
{
	if (!has_table(data, n))
		return false;
	for (size_t at = 0x1000; at <= 0x2000; at += 0x1000) {
		struct image_chain c;

		image_chain_parse(data, n, at, IMAGE_HEADER_32, &c);
		if (!image_looks_esp32(data, n, &c))
			continue;
		take_boot(data, n, &c, info);
		inspect_whole(data, n, info);
		return true;
	}
	return false;
}

void image_inspect_table(const uint8_t *data, size_t n, struct image_info *info)
{
	read_table(data, n, 0, info);
	if (!info->has_table || info->table_fault[0] != '\0')
		info->fault = IMAGE_FAULT_TABLE;
}

bool image_is_esp32(const struct image_info *info)
{
	return info->kind >= IMAGE_ESP32_APP && info->kind <= IMAGE_ESP32_OTADATA;
}
