/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of Tasmota's published files a device takes, and which builds are known to fail.
 * Names and places: release notes of Tasmota 14.x and 15.x, its OTA server, and the repository of
 * special builds (Jason2866/Tasmota-specials).
 */
#include <assert.h>
#include <string.h>

#include "image_int.h"

#define SERVER_8266  "http://ota.tasmota.com/tasmota/release/"
#define SERVER_ESP32 "http://ota.tasmota.com/tasmota32/release/"
#define SPECIALS     "https://github.com/Jason2866/Tasmota-specials"
#define MB	     (1024u * 1024u)
#define V	     IMAGE_VERSION

/* ---- which file ------------------------------------------------------------------------------ */

static int none(struct image_which *out, const char *note)
{
	str_copy(out->note, sizeof(out->note), note);
	return ERR_NOENT;
}

static int which_8266(uint32_t flash_size, struct image_which *out)
{
	if (flash_size != 0 && flash_size < MB)
		return none(out, "Tasmota needs 1 MB of flash or more");
	str_copy(out->file, sizeof(out->file), "tasmota.bin");
	str_copy(out->url, sizeof(out->url), SERVER_8266 "tasmota.bin");
	str_copy(out->small, sizeof(out->small), "tasmota-lite.bin");
	str_copy(out->ota, sizeof(out->ota), "tasmota-minimal.bin.gz, then tasmota.bin.gz");
	if (flash_size >= 4 * MB) {
		str_copy(out->ota, sizeof(out->ota), "tasmota.bin.gz");
		str_copy(out->note, sizeof(out->note),
		    "tasmota-4M.bin of the same place has a file system besides, in the 4 MB");
	}
	if (flash_size == 0)
		str_copy(out->note, sizeof(out->note),
		    "fits 1 MB, the least there is; the flash's size is not known");
	return ERR_OK;
}

struct which_row {
	uint16_t chip;
	const char *name; /* of the file, without its ending; NULL: nothing is published */
	const char *note;
};

static const struct which_row rows[] = {
    {0, "tasmota32", "uses PSRAM where there is some; not for an ESP32 with one core"},
    {2, "tasmota32s2",
	"console on the serial pins; tasmota32s2cdc.factory.bin has it on the chip's own USB"},
    {5, "tasmota32c3", "console on the chip's own USB, else on the serial pins"},
    {9, "tasmota32s3", "console on the chip's own USB, else on the serial pins"},
    {12, "tasmota32c2", "console on the serial pins"},
    {13, "tasmota32c6", "console on the chip's own USB, else on the serial pins"},
    {16, NULL, "Tasmota has no build for the ESP32-H2: the chip has no Wi-Fi"},
    {18, "tasmota32p4",
	"console on the chip's own USB, else on the serial pins; Wi-Fi comes from a second chip"},
    {23, "tasmota32c5", "console on the chip's own USB, else on the serial pins"},
};

static const struct which_row *which_row(int chip)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].chip == chip)
			return &rows[i];
	return NULL;
}

static int which_esp32(
    const struct which_row *row, uint32_t flash_size, uint32_t psram, struct image_which *out)
{
	if (flash_size != 0 && flash_size < 4 * MB)
		return none(out, row->chip == 5 || row->chip == 12
				     ? "the released builds need 4 MB of flash; a build for 2 MB "
				       "is among " SPECIALS
				     : "the released builds need 4 MB of flash");
	str_fmt(out->file, sizeof(out->file), "%s.factory.bin", row->name);
	str_fmt(out->url, sizeof(out->url), SERVER_ESP32 "%s", out->file);
	str_fmt(out->ota, sizeof(out->ota), "%s.bin", row->name);
	str_copy(out->note, sizeof(out->note), row->note);
	/* Octal PSRAM needs a build of its own on the S3. */
	if (row->chip == 9 && psram >= 8 * MB)
		str_copy(out->note, sizeof(out->note),
		    "without the PSRAM when that is octal: tasmota32s3-qio_opi of " SPECIALS
		    " uses it");
	return ERR_OK;
}

/* One core: solo parts, and names that say so. */
static bool is_single(const char *chip)
{
	return strstr(chip, "S0WD") || strstr(chip, "SOLO") || strstr(chip, "solo") ||
	       strstr(chip, "ingle");
}

int image_which(const char *chip, uint32_t flash_size, bool single_core, uint32_t psram,
    struct image_which *out)
{
	static const struct which_row solo = {
	    0, "tasmota32solo1", "for an ESP32 with one core, where the usual build does not run"};

	assert(out);
	memset(out, 0, sizeof(*out));
	if (!chip)
		return none(out, "the chip is not known yet");
	if (str_starts_nocase(chip, "esp82"))
		return which_8266(flash_size, out);
	int id = image_chip_id(chip);
	const struct which_row *row = which_row(id);
	if (!row)
		return none(out, "no build of Tasmota for this chip is known");
	if (!row->name)
		return none(out, row->note);
	if (id == 0 && (single_core || is_single(chip)))
		row = &solo;
	return which_esp32(row, flash_size, psram, out);
}

/* ---- known-bad builds ------------------------------------------------------------------------ */

/* 6.1.0 to 6.2.1.15 built on core 2.3.0 or 2.4.x: some devices never join their network (reports
 * of 2018, cured in 6.2.1.16 by a change of the Wi-Fi start). The minimal and classic builds of
 * the same releases worked. */
static bool bad_core(const struct image_identity *id)
{
	return strcmp(id->core, "2_3_0") == 0 || str_starts(id->core, "2_4_");
}

static bool is_variant(const struct image_identity *id, const char *variant)
{
	return strcmp(id->variant, variant) == 0;
}

/* The file does not tell its number, and nothing speaks against one of those. */
static bool may_be_6(const struct image_identity *id)
{
	if (id->certainty == IMAGE_VER_AT_LEAST)
		return id->version >= V(6, 0, 0, 0) && id->version <= V(6, 2, 1, 15);
	return id->certainty == IMAGE_VER_SERIES &&
	       (strcmp(id->series, "6.x") == 0 || strcmp(id->series, "6.2 or 6.3") == 0);
}

enum image_bad image_known_bad(const struct image_identity *id, char *text, size_t size)
{
	static const char instead[] =
	    "take 6.3.0 or later (best the current one), sonoff-classic 6.1.1 or 5.14.0";
	bool number = id->certainty == IMAGE_VER_EXACT || id->certainty == IMAGE_VER_LIKELY;
	char version[24];

	assert(text && size > 0);
	text[0] = '\0';
	if (id->firmware != IMAGE_FW_TASMOTA)
		return IMAGE_BAD_NO;
	image_version_text(id->version, version, sizeof(version));
	if (is_variant(id, "minimal") && number && id->version == V(6, 1, 0, 0)) {
		str_copy(text, size,
		    "the minimal build of 6.1.0 has no commands SSId and Password: take 6.1.1 or "
		    "later");
		return IMAGE_BAD_YES;
	}
	if (is_variant(id, "minimal") || is_variant(id, "classic") || !bad_core(id))
		return IMAGE_BAD_NO;
	if (number && id->version >= V(6, 1, 0, 0) && id->version <= V(6, 2, 1, 15)) {
		str_fmt(text, size,
		    "%s%s on core %s is known to fail to join Wi-Fi on some devices: %s", version,
		    id->certainty == IMAGE_VER_LIKELY ? " (likely)" : "", id->core, instead);
		return IMAGE_BAD_YES;
	}
	if (!may_be_6(id))
		return IMAGE_BAD_NO;
	str_fmt(text, size,
	    "if it is one of 6.1.0 to 6.2.1, it is known to fail to join Wi-Fi on some devices: %s",
	    instead);
	return IMAGE_BAD_MAYBE;
}
