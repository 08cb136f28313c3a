/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Firmware files: where one belongs in the flash of a device. What decides is read from the file
 * and from the device; where it doesn't suffice the answer is no.
 */
#include <assert.h>
#include <string.h>

#include "image_int.h"

#define SECTOR 4096u

/* All that the question is about. */
struct place {
	const struct image_info *info;
	const struct image_device *device;
	const uint32_t *asked;
	struct image_placement *out;
	int chip; /* the device's id; of the ESP32 family */
	char chip_name[16];
};

/* ---- refusals -------------------------------------------------------------------------------- */

/* "take tasmota32c3.factory.bin for 0x0, from http://..." */
static void take_words(const struct place *p, char *dst, size_t size)
{
	struct image_which which;

	if (image_which(p->device->chip, p->device->flash_size, p->device->single_core,
		p->device->psram, &which) == ERR_OK)
		str_fmt(dst, size, "take %s for 0x0, from %s", which.file, which.url);
	else
		str_fmt(dst, size, "take a file for the %s", p->chip_name);
}

static int refuse(
    const struct place *p, enum image_refusal code, const char *reason, const char *advice)
{
	char take[160];

	if (!advice) {
		take_words(p, take, sizeof(take));
		advice = take;
	}
	return image_refuse(&p->out->verdict, code, reason, advice);
}

static int refuse_chip(const struct place *p, const char *made_for)
{
	char reason[200];

	str_fmt(reason, sizeof(reason), "this is %s%s%s, the device is an %s",
	    image_kind_name(p->info->kind), made_for ? " for the " : "", made_for ? made_for : "",
	    p->chip_name);
	return refuse(p, IMAGE_NO_CHIP, reason, NULL);
}

/* ---- what it is and for which chip ----------------------------------------------------------- */

static bool is_data(const struct image_info *info)
{
	return info->kind == IMAGE_BLANK || info->kind == IMAGE_UNKNOWN;
}

static int check_kind(const struct place *p)
{
	const struct image_info *info = p->info;
	struct image_verdict *v = &p->out->verdict;

	switch (info->kind) {
	case IMAGE_ESP8266:
	case IMAGE_ESP8266_V2:
	case IMAGE_ESP8266_BACKUP:
		return refuse_chip(p, NULL);
	case IMAGE_ESP32_APP:
	case IMAGE_ESP32_LOADER:
	case IMAGE_ESP32_FACTORY:
	case IMAGE_ESP32_BACKUP:
		if (info->chip_id != p->chip) {
			const char *name = image_chip_name(info->chip_id);

			return refuse_chip(p, name ? name : "chip of an unknown number");
		}
		return ERR_OK;
	case IMAGE_ESP32_PARTITIONS:
	case IMAGE_ESP32_OTADATA:
		return ERR_OK;
	default:
		break;
	}
	if (is_data(info) && p->asked && *p->asked != 0)
		return ERR_OK;
	int rc = image_check_kind(info, v);
	if (v->refusal == IMAGE_NO_FIRMWARE)
		take_words(p, v->advice, sizeof(v->advice));
	return rc;
}

static int check_revision(const struct place *p)
{
	const struct image_header32 *h = &p->info->header;
	unsigned have = p->device->revision;
	unsigned need = h->min_revision ? h->min_revision : h->min_revision_old * 100u;
	char reason[200];

	if (have == IMAGE_REVISION_UNKNOWN || !image_is_firmware(p->info))
		return ERR_OK;
	if (have < need) {
		str_fmt(reason, sizeof(reason),
		    "it needs revision v%u.%u of the %s or later, this one is v%u.%u", need / 100,
		    need % 100, p->chip_name, have / 100, have % 100);
		return refuse(p, IMAGE_NO_REVISION, reason, "take a build for older revisions");
	}
	if (h->max_revision != 0 && h->max_revision != UINT16_MAX && have > h->max_revision)
		image_warn(&p->out->verdict,
		    "it was made for revisions up to v%u.%u of the chip, this one is v%u.%u",
		    h->max_revision / 100, h->max_revision % 100, have / 100, have % 100);
	return ERR_OK;
}

/* ---- its partition --------------------------------------------------------------------------- */

static bool is_safeboot(const struct image_info *info)
{
	return info->id.firmware == IMAGE_FW_TASMOTA && strcmp(info->id.variant, "safeboot") == 0;
}

static int refuse_no_table(const struct place *p)
{
	char take[160], advice[240];

	p->out->needs_table = true;
	take_words(p, take, sizeof(take));
	str_fmt(advice, sizeof(advice), "let the table be read from the device; or %s", take);
	return refuse(p, IMAGE_NO_TABLE,
	    "where an application belongs stands in the device's partition table, which was not "
	    "read",
	    advice);
}

/* The table is there and of use. */
static int check_table(const struct place *p)
{
	char reason[200];
	struct err err = {0};

	if (!p->device->table)
		return refuse_no_table(p);
	if (p->device->table->count == 0)
		return refuse(p, IMAGE_NO_TABLE, "the device has no partition table", NULL);
	if (partition_check(p->device->table, p->device->flash_size, &err) != ERR_OK) {
		str_fmt(reason, sizeof(reason), "the device's partition table is of no use: %s",
		    err.text);
		return refuse(p, IMAGE_NO_TABLE, reason, NULL);
	}
	return ERR_OK;
}

/* The row of the application slot that begins where the user says. */
static size_t asked_app(const struct place *p)
{
	const struct partition_table *t = p->device->table;
	size_t row = p->asked ? partition_at(t, *p->asked) : PARTITION_NO_SLOT;

	return row != PARTITION_NO_SLOT && t->entry[row].type == PARTITION_APP ? row
									       : PARTITION_NO_SLOT;
}

/* The row for an application; PARTITION_NO_SLOT after a refusal. */
static size_t app_slot(const struct place *p, int *rc)
{
	const struct partition_table *t = p->device->table;
	enum partition_layout layout = partition_layout(t);
	size_t factory = partition_find(t, PARTITION_APP, PARTITION_APP_FACTORY);
	size_t ota_0 = partition_find(t, PARTITION_APP, PARTITION_APP_OTA_0);

	*rc = ERR_OK;
	if (layout == PARTITION_LAYOUT_SAFEBOOT)
		return is_safeboot(p->info) ? factory : ota_0;
	if (layout == PARTITION_LAYOUT_NO_APP)
		*rc = refuse(
		    p, IMAGE_NO_SLOT, "the partition table has no place for an application", NULL);
	else if (is_safeboot(p->info))
		*rc = refuse(p, IMAGE_NO_SLOT,
		    "this is a safeboot image, and the device's partition table has no safeboot",
		    NULL);
	else if (layout == PARTITION_LAYOUT_SINGLE)
		return factory != PARTITION_NO_SLOT ? factory : ota_0;
	else if (p->device->otadata)
		return partition_starts(t, p->device->otadata, p->device->otadata_size);
	else if (asked_app(p) != PARTITION_NO_SLOT)
		return asked_app(p);
	else {
		p->out->needs_table = true;
		*rc = refuse(p, IMAGE_NO_SLOT,
		    "the partition table has several application slots; which one starts stands "
		    "in otadata, which was not read",
		    "let otadata be read from the device, or give the offset of a slot");
	}
	return PARTITION_NO_SLOT;
}

/* The user gave an offset: another slot of several will do, nothing else. */
static int check_asked_slot(const struct place *p, size_t *slot)
{
	const struct partition_table *t = p->device->table;
	const struct partition *right = &t->entry[*slot];
	char reason[200], advice[240], take[160];
	size_t other;

	if (!p->asked || *p->asked == right->offset)
		return ERR_OK;
	other = partition_at(t, *p->asked);
	if (asked_app(p) != PARTITION_NO_SLOT && partition_layout(t) == PARTITION_LAYOUT_SLOTS) {
		*slot = other;
		image_warn(&p->out->verdict,
		    "\"%s\" is not the slot that starts: the device will go on with \"%s\"",
		    t->entry[other].name, right->name);
		return ERR_OK;
	}
	str_fmt(advice, sizeof(advice), "leave the offset out: it goes to 0x%x (\"%s\")",
	    (unsigned)right->offset, right->name);
	if (*p->asked == 0) {
		str_copy(reason, sizeof(reason),
		    "this is an application alone; at 0x0 the device would find no boot loader");
		take_words(p, take, sizeof(take));
		str_cat(advice, sizeof(advice), "; or ");
		str_cat(advice, sizeof(advice), take);
	} else if (other != PARTITION_NO_SLOT) {
		char kind[40];

		partition_kind_text(&t->entry[other], kind, sizeof(kind));
		str_fmt(reason, sizeof(reason),
		    "0x%x is the place of \"%s\" (%s), not of this application",
		    (unsigned)*p->asked, t->entry[other].name, kind);
	} else {
		str_fmt(reason, sizeof(reason), "no partition for an application begins at 0x%x",
		    (unsigned)*p->asked);
	}
	return refuse(p, IMAGE_NO_OFFSET, reason, advice);
}

static void warn_of_start(const struct place *p, size_t slot)
{
	const struct image_device *d = p->device;

	if (!d->otadata || partition_layout(d->table) != PARTITION_LAYOUT_SAFEBOOT ||
	    is_safeboot(p->info))
		return;
	size_t starts = partition_starts(d->table, d->otadata, d->otadata_size);
	if (starts != slot && starts != PARTITION_NO_SLOT)
		image_warn(&p->out->verdict,
		    "the device is set to start \"%s\": it stays there until that one hands over",
		    d->table->entry[starts].name);
}

static int place_app(const struct place *p)
{
	char reason[200], have[24], room[24];
	int rc = check_table(p);

	if (rc != ERR_OK && p->asked && *p->asked == 0 && p->device->table == NULL)
		/* Wrong whatever the table says. */
		return refuse(p, IMAGE_NO_OFFSET,
		    "this is an application alone; at 0x0 the device would find no boot loader",
		    NULL);
	if (rc != ERR_OK)
		return rc;
	size_t slot = app_slot(p, &rc);
	if (rc != ERR_OK)
		return rc;
	p->out->offset = p->device->table->entry[slot].offset;
	rc = check_asked_slot(p, &slot);
	if (rc != ERR_OK)
		return rc;
	const struct partition *part = &p->device->table->entry[slot];
	p->out->offset = part->offset;
	p->out->room = part->size;
	str_copy(p->out->partition, sizeof(p->out->partition), part->name);
	if (p->info->size > part->size) {
		str_fmt(reason, sizeof(reason), "the file has %s, the partition \"%s\" only %s",
		    str_size(have, sizeof(have), p->info->size), part->name,
		    str_size(room, sizeof(room), part->size));
		return refuse(p, IMAGE_NO_SPACE, reason,
		    "take a smaller build; or the factory file, which brings its own partition "
		    "table");
	}
	warn_of_start(p, slot);
	return ERR_OK;
}

/* ---- everything with one place --------------------------------------------------------------- */

static int place_at(const struct place *p, uint32_t right, const char *what)
{
	char reason[200], advice[240];

	p->out->offset = right;
	if (p->asked && *p->asked != right) {
		str_fmt(reason, sizeof(reason), "%s belongs to 0x%x on the %s, not to 0x%x", what,
		    (unsigned)right, p->chip_name, (unsigned)*p->asked);
		str_copy(advice, sizeof(advice), "leave the offset out");
		return refuse(p, IMAGE_NO_OFFSET, reason, advice);
	}
	return ERR_OK;
}

/* The table that the file brings must suit the flash. */
static int check_own_table(const struct place *p)
{
	char reason[200];
	struct err err = {0};

	if (!p->info->has_table ||
	    partition_check(&p->info->table, p->device->flash_size, &err) == ERR_OK)
		return ERR_OK;
	str_fmt(
	    reason, sizeof(reason), "its partition table does not suit the device: %s", err.text);
	return refuse(p, IMAGE_NO_SPACE, reason, "take a build for this size of flash");
}

/* Data at an offset of the user's choice: never over what boots. */
static int place_data(const struct place *p)
{
	const struct partition_table *t = p->device->table;
	char reason[200];
	size_t slot = t ? partition_at(t, *p->asked) : PARTITION_NO_SLOT;

	p->out->offset = *p->asked;
	if (*p->asked < PARTITION_TABLE_OFFSET + SECTOR ||
	    (slot != PARTITION_NO_SLOT && t->entry[slot].type == PARTITION_APP)) {
		str_fmt(reason, sizeof(reason), "this is %s, and what starts the device is at 0x%x",
		    image_kind_name(p->info->kind), (unsigned)*p->asked);
		return refuse(p, IMAGE_NO_FIRMWARE, reason, NULL);
	}
	if (slot != PARTITION_NO_SLOT) {
		str_copy(p->out->partition, sizeof(p->out->partition), t->entry[slot].name);
		p->out->room = t->entry[slot].size;
		if (p->info->size > t->entry[slot].size) {
			str_fmt(reason, sizeof(reason), "it is larger than the partition \"%s\"",
			    t->entry[slot].name);
			return refuse(p, IMAGE_NO_SPACE, reason, "make it anew in that size");
		}
	}
	image_warn(&p->out->verdict, "it is no firmware: it is written as it is to 0x%x",
	    (unsigned)*p->asked);
	return ERR_OK;
}

/* Which slot starts is chosen where the table says. */
static int place_otadata(const struct place *p)
{
	int rc = check_table(p);

	if (rc != ERR_OK)
		return rc;
	size_t row = partition_find(p->device->table, PARTITION_DATA, PARTITION_DATA_OTADATA);
	if (row == PARTITION_NO_SLOT)
		return refuse(
		    p, IMAGE_NO_SLOT, "the partition table has no otadata to put it in", NULL);
	const struct partition *part = &p->device->table->entry[row];
	p->out->room = part->size;
	str_copy(p->out->partition, sizeof(p->out->partition), part->name);
	return place_at(p, part->offset, "otadata");
}

static int place_by_kind(const struct place *p)
{
	int rc;

	switch (p->info->kind) {
	case IMAGE_ESP32_APP:
		return place_app(p);
	case IMAGE_ESP32_OTADATA:
		return place_otadata(p);
	case IMAGE_ESP32_LOADER:
		return place_at(p, image_loader_offset((uint16_t)p->chip), "the boot loader");
	case IMAGE_ESP32_PARTITIONS:
		rc = place_at(p, PARTITION_TABLE_OFFSET, "a partition table");
		break;
	case IMAGE_ESP32_FACTORY:
		rc = place_at(p, 0, "a factory image");
		break;
	case IMAGE_ESP32_BACKUP:
		rc = place_at(p, 0, "a copy of a whole flash");
		break;
	default:
		return place_data(p);
	}
	return rc == ERR_OK ? check_own_table(p) : rc;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* What is no sector's start or does not fit the flash is never written, whatever the user insists
 * on. An earlier refusal keeps its words. */
static int check_room(const struct image_info *info, const struct image_device *device,
    const uint32_t *asked, struct image_placement *out)
{
	uint64_t flash = device->flash_size ? device->flash_size : UINT32_MAX;
	uint32_t at = asked ? *asked : out->offset;
	struct image_verdict *v = &out->verdict;
	char reason[200], have[24], room[24];
	bool refused = v->refusal != IMAGE_OK;

	if (at % SECTOR != 0) {
		if (!refused) {
			str_fmt(reason, sizeof(reason), "offset 0x%x is not the start of a sector",
			    (unsigned)at);
			image_refuse(v, IMAGE_NO_OFFSET, reason, "leave the offset out");
		}
	} else if (at >= flash || info->size > flash - at) {
		if (!refused) {
			str_fmt(reason, sizeof(reason),
			    "%s at 0x%x run past the end of the flash (%s)",
			    str_size(have, sizeof(have), info->size), (unsigned)at,
			    str_size(room, sizeof(room), flash));
			image_refuse(
			    v, IMAGE_NO_SPACE, reason, "take a build for this size of flash");
		}
	} else {
		return ERR_OK;
	}
	v->overridable = false;
	return ERR_RANGE;
}

static void add_warnings(const struct place *p)
{
	const struct image_info *info = p->info;
	struct image_verdict *v = &p->out->verdict;
	char text[200], size[24];

	if (info->kind == IMAGE_ESP32_BACKUP) {
		image_warn(v,
		    "it is a copy of a whole flash: settings and all are overwritten with "
		    "what is in it");
		return;
	}
	if (info->kind == IMAGE_ESP32_APP && info->trailing > 0 && info->trailing_used)
		image_warn(v,
		    "%s of unknown data follow the firmware in the file and are written too",
		    str_size(size, sizeof(size), info->trailing));
	if ((info->kind == IMAGE_ESP32_APP || info->kind == IMAGE_ESP32_FACTORY) &&
	    info->id.firmware != IMAGE_FW_TASMOTA)
		image_warn(v, "nothing in it says that it is Tasmota%s%s",
		    info->id.firmware == IMAGE_FW_UNKNOWN ? "" : "; it looks like ",
		    info->id.firmware == IMAGE_FW_UNKNOWN ? ""
							  : image_firmware_name(info->id.firmware));
	if (image_known_bad(&info->id, text, sizeof(text)) != IMAGE_BAD_NO)
		image_warn(v, "%s", text);
}

static int place_8266(const struct image_info *info, const struct image_device *device,
    const uint32_t *asked, struct image_placement *out)
{
	struct image_target target = {.flash_size = device->flash_size,
	    .offset = asked ? *asked : 0,
	    .is_8285 = device->is_8285,
	    .chip_known = device->chip_known};
	int rc = image_check(info, &target, &out->verdict);

	out->offset = target.offset;
	if (device->flash_size > target.offset)
		out->room = device->flash_size - target.offset;
	if (rc != ERR_OK)
		check_room(info, device, asked, out);
	return rc;
}

int image_place(const struct image_info *info, const struct image_device *device,
    const uint32_t *asked, struct image_placement *out)
{
	struct place p = {.info = info, .device = device, .asked = asked, .out = out};

	assert(info && device && out);
	memset(out, 0, sizeof(*out));
	if (device->chip && str_starts_nocase(device->chip, "esp82"))
		return place_8266(info, device, asked, out);
	p.chip = image_chip_id(device->chip);
	if (p.chip < 0)
		return image_refuse(&out->verdict, IMAGE_NO_CHIP,
		    "the device's chip is not known, and with it where the file belongs",
		    "connect to the device first, so that its chip is read");
	str_copy(p.chip_name, sizeof(p.chip_name), image_chip_name((uint16_t)p.chip));

	int rc = check_kind(&p);
	if (rc == ERR_OK)
		rc = image_check_fault(info, &out->verdict);
	if (rc == ERR_OK)
		rc = place_by_kind(&p);
	/* Last: who insists on it writes to the place that is known by then. */
	if (rc == ERR_OK)
		rc = check_revision(&p);
	int fits = check_room(info, device, asked, out);
	/* Without a place that is known there is nothing to insist on. */
	if (rc != ERR_OK && !asked && out->offset == 0 &&
	    (info->kind == IMAGE_ESP32_APP || info->kind == IMAGE_ESP32_OTADATA))
		out->verdict.overridable = false;
	if (rc != ERR_OK || fits != ERR_OK)
		return rc != ERR_OK ? rc : fits;
	if (out->room == 0 && device->flash_size > out->offset)
		out->room = device->flash_size - out->offset;
	add_warnings(&p);
	return ERR_OK;
}
