/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firmware files: may one be written to this device, and which byte changes when it is. */
#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "image_int.h"

#define SECTOR	  4096u
#define MODE_DOUT 3

int image_refuse(
    struct image_verdict *out, enum image_refusal code, const char *reason, const char *advice)
{
	out->refusal = code;
	out->overridable = code != IMAGE_NO_EMPTY;
	str_copy(out->reason, sizeof(out->reason), reason);
	str_copy(out->advice, sizeof(out->advice), advice);
	return code == IMAGE_NO_SPACE || code == IMAGE_NO_OFFSET ? ERR_RANGE : ERR_FORMAT;
}

void image_warn(struct image_verdict *out, const char *fmt, ...)
{
	va_list ap;

	/* Of all that there are no file earns more than five. */
	assert(out->warning_count < IMAGE_MAX_WARNINGS);
	va_start(ap, fmt);
	str_vfmt(out->warnings[out->warning_count++], sizeof(out->warnings[0]), fmt, ap);
	va_end(ap);
}

/* ---- what the file is ------------------------------------------------------------------------ */

static int refuse_gzip(const struct image_info *info, struct image_verdict *out)
{
	char advice[sizeof(out->advice)];

	if (info->fault == IMAGE_FAULT_PACKING)
		return image_refuse(out, IMAGE_NO_PACKED,
		    "this file is packed with gzip, but damaged or cut short",
		    "download it again and compare its size with the one on the web page");
	str_fmt(advice, sizeof(advice),
	    "gunzip it first: the boot loader can't unpack. (An upgrade over Wi-Fi may send it "
	    "packed.)%s%s",
	    info->inner_name[0] ? " Inside is " : "", info->inner_name);
	return image_refuse(out, IMAGE_NO_PACKED, "this file is packed with gzip", advice);
}

static int refuse_esp32(const struct image_info *info, struct image_verdict *out)
{
	const char *chip = image_chip_name(info->chip_id);
	char reason[sizeof(out->reason)];

	str_fmt(reason, sizeof(reason), "this is %s for the %s, not for an ESP8266",
	    image_kind_name(info->kind), chip ? chip : "ESP32 family");
	return image_refuse(out, IMAGE_NO_ESP32, reason,
	    "take the file without \"32\" in its name: tasmota.bin, or tasmota-lite.bin and the "
	    "like");
}

/* Data for an area behind the firmware: settings, a file system, radio calibration. At 0x0 it would
 * take the firmware's place. */
static bool is_data(const struct image_info *info, const struct image_target *target)
{
	return target->offset != 0 && (info->kind == IMAGE_BLANK || info->kind == IMAGE_UNKNOWN);
}

int image_check_kind(const struct image_info *info, struct image_verdict *out)
{
	static const char take[] = "take the .bin file of a release, for a first try tasmota.bin";
	char reason[sizeof(out->reason)];

	switch (info->kind) {
	case IMAGE_EMPTY:
		return image_refuse(out, IMAGE_NO_EMPTY, "the file is empty",
		    "download it again; the last download brought nothing");
	case IMAGE_GZIP:
		return refuse_gzip(info, out);
	case IMAGE_ZIP:
		return image_refuse(out, IMAGE_NO_PACKED, "this file is a zip archive",
		    "unpack it and take the .bin file from it");
	case IMAGE_HTML:
		return image_refuse(out, IMAGE_NO_HTML, "that is a web page, not firmware",
		    "use the 'raw' or 'download' link of the page: the browser saved the page "
		    "around the file");
	case IMAGE_ESP32_APP:
	case IMAGE_ESP32_LOADER:
	case IMAGE_ESP32_FACTORY:
	case IMAGE_ESP32_BACKUP:
	case IMAGE_ESP32_PARTITIONS:
	case IMAGE_ESP32_OTADATA:
		return refuse_esp32(info, out);
	case IMAGE_ESP_DAMAGED:
		return image_refuse(out, IMAGE_NO_HEADER,
		    "it begins like firmware, but its header makes no sense",
		    "download it again; this one is damaged or of a kind that is not known");
	case IMAGE_ELF:
		return image_refuse(out, IMAGE_NO_FIRMWARE,
		    "this is an ELF file: what the linker made, with its symbols",
		    "take the .bin file that was built from it");
	case IMAGE_IHEX:
		return image_refuse(out, IMAGE_NO_FIRMWARE,
		    "this is an Intel HEX file, meant for another kind of chip (an RF bridge's, "
		    "perhaps)",
		    take);
	case IMAGE_BLANK:
	case IMAGE_TEXT:
	case IMAGE_UNKNOWN:
		str_fmt(reason, sizeof(reason), "this is %s: firmware begins with the byte E9",
		    image_kind_name(info->kind));
		return image_refuse(out, IMAGE_NO_FIRMWARE, reason, take);
	default:
		return 0;
	}
}

int image_check_fault(const struct image_info *info, struct image_verdict *out)
{
	char reason[sizeof(out->reason)], want[24], have[24];

	switch (info->fault) {
	case IMAGE_FAULT_LOADER:
		return image_refuse(out, IMAGE_NO_HEADER,
		    "its boot loader is not where its chip looks for it",
		    "take the factory file of a release");
	case IMAGE_FAULT_TABLE:
		str_fmt(reason, sizeof(reason), "its partition table: %s", info->table_fault);
		return image_refuse(
		    out, IMAGE_NO_TABLE, reason, "take the factory file of a release");
	case IMAGE_FAULT_NONE:
		return 0;
	case IMAGE_FAULT_TRUNCATED:
		str_fmt(reason, sizeof(reason), "the file is cut off: it has %s of at least %s",
		    str_size(have, sizeof(have), info->size),
		    str_size(want, sizeof(want), info->end));
		return image_refuse(out, IMAGE_NO_TRUNCATED, reason,
		    "download it again and compare its size with the one on the web page");
	case IMAGE_FAULT_HEADER:
		return image_refuse(out, IMAGE_NO_HEADER,
		    "the header of the application in it makes no sense",
		    "download it again; a write of this one would not boot");
	default:
		break;
	}
	str_fmt(reason, sizeof(reason), "the file is damaged: %s", image_fault_name(info->fault));
	return image_refuse(out, IMAGE_NO_CHECKSUM, reason,
	    "download it again, as a binary file; a write of this one would not boot");
}

/* ---- where it shall go ----------------------------------------------------------------------- */

static int check_place(
    const struct image_info *info, const struct image_target *target, struct image_verdict *out)
{
	uint64_t flash = target->flash_size ? target->flash_size : IMAGE_MAX_FLASH;
	char reason[sizeof(out->reason)], size[24], room[24];

	if (target->offset % SECTOR != 0) {
		str_fmt(reason, sizeof(reason), "offset 0x%x is not the start of a sector",
		    (unsigned)target->offset);
		image_refuse(out, IMAGE_NO_OFFSET, reason,
		    "give a multiple of 4096 (0x1000); firmware goes to 0x0");
		out->overridable = false;
		return ERR_RANGE;
	}
	str_size(size, sizeof(size), info->size);
	str_size(room, sizeof(room), flash);
	if (info->size > flash) {
		str_fmt(reason, sizeof(reason), "the file has %s, the flash only %s", size, room);
		image_refuse(out, IMAGE_NO_SPACE, reason,
		    flash <= 1024 * 1024 ? "take a smaller build: tasmota-lite.bin, or one for 1 MB"
					 : "take a build for this size of flash");
		out->overridable = false;
		return ERR_RANGE;
	}
	if (info->size > flash - (target->offset < flash ? target->offset : flash)) {
		str_fmt(reason, sizeof(reason),
		    "%s at offset 0x%x would run past the end of the flash (%s)", size,
		    (unsigned)target->offset, room);
		image_refuse(out, IMAGE_NO_SPACE, reason, "firmware goes to offset 0x0");
		out->overridable = false;
		return ERR_RANGE;
	}
	if (target->offset != 0 && info->kind != IMAGE_ESP8266_V2 && !is_data(info, target)) {
		str_fmt(reason, sizeof(reason), "%s boots from offset 0x0 only, not from 0x%x",
		    image_kind_name(info->kind), (unsigned)target->offset);
		return image_refuse(out, IMAGE_NO_OFFSET, reason, "leave the offset out");
	}
	if (target->offset == 0 && info->kind == IMAGE_ESP8266_V2)
		return image_refuse(out, IMAGE_NO_OFFSET,
		    "it begins with EA: it needs a boot loader before it and can't boot from 0x0",
		    "write the boot loader of its project to 0x0 and this file behind it, or take "
		    "tasmota.bin");
	return 0;
}

static void add_warnings(
    const struct image_info *info, const struct image_target *target, struct image_verdict *out)
{
	char a[24], b[24], text[200];

	if (is_data(info, target)) {
		image_warn(out, "it is no firmware: it is written as it is to 0x%x",
		    (unsigned)target->offset);
		return;
	}
	if (target->flash_size && info->flash_size > target->flash_size)
		image_warn(out,
		    "its header says %s of flash, the chip has %s: the firmware may keep its "
		    "settings where there is none",
		    str_size(a, sizeof(a), info->flash_size),
		    str_size(b, sizeof(b), target->flash_size));
	if (target->chip_known && target->is_8285 && info->mode != MODE_DOUT)
		image_warn(out, "its header says %s, an ESP8285 needs DOUT: that byte is changed",
		    image_mode_name(info->mode));
	else if (!target->chip_known && info->mode != MODE_DOUT)
		image_warn(out, "its header says %s: an ESP8285 would need DOUT",
		    image_mode_name(info->mode));
	if (info->kind == IMAGE_ESP8266_BACKUP) {
		image_warn(out,
		    "it is a copy of a whole flash: settings and all are overwritten with "
		    "what is in it");
		if (target->flash_size && info->size != target->flash_size)
			image_warn(out, "the copy was made of a flash of another size (%s)",
			    str_size(a, sizeof(a), info->size));
	} else if (info->trailing > 0 && info->trailing_used) {
		image_warn(out,
		    "%s of unknown data follow the firmware in the file and are written too",
		    str_size(a, sizeof(a), info->trailing));
	}
	if (image_known_bad(&info->id, text, sizeof(text)) != IMAGE_BAD_NO)
		image_warn(out, "%s", text);
	if (info->kind != IMAGE_ESP8266_BACKUP && info->id.firmware != IMAGE_FW_TASMOTA)
		image_warn(out, "nothing in it says that it is Tasmota%s%s",
		    info->id.firmware == IMAGE_FW_UNKNOWN ? "" : "; it looks like ",
		    info->id.firmware == IMAGE_FW_UNKNOWN ? ""
							  : image_firmware_name(info->id.firmware));
}

int image_check(
    const struct image_info *info, const struct image_target *target, struct image_verdict *out)
{
	assert(info && target && out);
	memset(out, 0, sizeof(*out));

	int rc = is_data(info, target) ? 0 : image_check_kind(info, out);
	if (rc == 0)
		rc = image_check_fault(info, out);
	if (rc == 0)
		rc = check_place(info, target, out);
	if (rc == 0)
		add_warnings(info, target, out);
	return rc;
}

void image_patch_plan(
    const struct image_info *info, const struct image_target *target, struct image_patch *out)
{
	assert(info && target && out);
	memset(out, 0, sizeof(*out));
	if (info->kind != IMAGE_ESP8266 && info->kind != IMAGE_ESP8266_BACKUP)
		return;
	if (!target->chip_known || !target->is_8285 || target->offset != 0 ||
	    info->mode == MODE_DOUT)
		return;
	out->needed = true;
	out->offset = 2;
	out->old_byte = info->mode;
	out->new_byte = MODE_DOUT;
	str_fmt(out->text, sizeof(out->text),
	    "flash mode %s (%02X) becomes DOUT (03) in byte 2: an ESP8285 knows no other",
	    image_mode_name(info->mode), info->mode);
}

int image_size_code(uint32_t bytes)
{
	for (uint8_t code = 0; code < 16; code++)
		if (bytes && image_flash_bytes(code) == bytes)
			return code;
	return -1;
}

static void tell(char *told, size_t size, const char *what, const char *from, const char *to)
{
	if (told[0])
		str_cat(told, size, ", ");
	str_cat(told, size, what);
	str_cat(told, size, " ");
	str_cat(told, size, from);
	str_cat(told, size, " becomes ");
	str_cat(told, size, to);
}

bool image_header_set(const struct image_info *info, const struct image_header *want, uint8_t *data,
    size_t n, char *told, size_t size)
{
	int freq = want->freq_code < 0 ? info->freq_code : want->freq_code;
	int code = want->size_code < 0 ? info->size_code : want->size_code;
	char a[24], b[24];

	told[0] = '\0';
	if ((info->kind != IMAGE_ESP8266 && info->kind != IMAGE_ESP8266_BACKUP) || n < 4)
		return false;
	if (want->mode >= 0 && want->mode != info->mode)
		tell(told, size, "flash mode", image_mode_name(info->mode),
		    image_mode_name((uint8_t)want->mode));
	if (code != info->size_code)
		tell(told, size, "flash size",
		    str_size(a, sizeof(a), image_flash_bytes(info->size_code)),
		    str_size(b, sizeof(b), image_flash_bytes((uint8_t)code)));
	if (freq != info->freq_code) {
		str_fmt(a, sizeof(a), "%u MHz", image_freq_mhz(info->freq_code));
		str_fmt(b, sizeof(b), "%u MHz", image_freq_mhz((uint8_t)freq));
		tell(told, size, "flash frequency", a, b);
	}
	if (!told[0])
		return false;
	if (want->mode >= 0)
		data[2] = (uint8_t)want->mode;
	data[3] = (uint8_t)((unsigned)code << 4 | (unsigned)freq);
	return true;
}
