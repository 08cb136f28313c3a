/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The second boot loader of the ESP32 family, as far as it decides what runs: partition table at
 * 0x8000, otadata, the application that these name, its header, checksum and SHA-256. Its lines
 * look like ESP-IDF's at log level "info"; addresses and times in them are made up.
 */
#include "simint.h"

#include "sha256.h"

#include <stdio.h>
#include <string.h>

#define TABLE_AT      0x8000u
#define TABLE_MAX     95 /* entries of 32 bytes in 0xC00 */
#define ENTRY	      32u
#define OTA_SLOTS     16
#define IMAGE_MAGIC   0xE9
#define HEADER	      24u
#define SEGMENTS_MAX  16
#define CHECKSUM_SEED 0xEF

enum { TYPE_APP = 0, TYPE_DATA = 1 };
enum { APP_FACTORY = 0x00, APP_OTA0 = 0x10, DATA_OTA = 0x00, DATA_NVS = 0x02 };

struct part {
	uint32_t at, size;
};

struct table {
	struct part factory, ota[OTA_SLOTS], otadata, nvs;
	unsigned ota_count;
	unsigned entries;
};

static uint32_t word(const struct sim_device *dev, uint32_t at)
{
	uint8_t b[4];

	sim_flash_read(&dev->flash, at, b, 4);
	return sim_le32(b);
}

/* --- the partition table ---------------------------------------------------------------------- */

static void note(struct table *t, const uint8_t *e)
{
	struct part p = {sim_le32(e + 4), sim_le32(e + 8)};
	uint8_t type = e[2], sub = e[3];

	if (type == TYPE_APP && sub == APP_FACTORY)
		t->factory = p;
	else if (type == TYPE_APP && sub >= APP_OTA0 && sub < APP_OTA0 + OTA_SLOTS) {
		t->ota[sub - APP_OTA0] = p;
		if (t->ota_count < sub - APP_OTA0 + 1u)
			t->ota_count = sub - APP_OTA0 + 1u;
	} else if (type == TYPE_DATA && sub == DATA_OTA)
		t->otadata = p;
	else if (type == TYPE_DATA && sub == DATA_NVS && !t->nvs.size)
		t->nvs = p;
}

static const char *kind(const uint8_t *e)
{
	if (e[2] == TYPE_APP)
		return e[3] == APP_FACTORY ? "factory app" : "OTA app";
	if (e[2] != TYPE_DATA)
		return "unknown";
	return e[3] == DATA_OTA ? "OTA data" : e[3] == DATA_NVS ? "WiFi data" : "Unknown data";
}

static bool read_table(struct sim_device *dev, struct table *t)
{
	uint8_t e[ENTRY];

	memset(t, 0, sizeof(*t));
	for (unsigned i = 0; i < TABLE_MAX; i++) {
		sim_flash_read(&dev->flash, TABLE_AT + i * ENTRY, e, ENTRY);
		if (e[0] == 0xEB && e[1] == 0xEB)
			continue; /* the table's own MD5 */
		if (e[0] != 0xAA || e[1] != 0x50) {
			if (i == 0)
				sim_boot32_print(dev,
				    "E (41) flash_parts: partition 0 invalid magic number 0x%x\r\n",
				    e[0] | e[1] << 8);
			break;
		}
		if (i == 0)
			sim_boot32_print(dev,
			    "I (41) boot: Partition Table:\r\nI (44) boot: ## Label"
			    "            Usage          Type ST Offset   Length\r\n");
		sim_boot32_print(dev, "I (%u) boot: %2u %-16.16s %-16s %02x %02x %08x %08x\r\n",
		    51 + 7 * i, i, (const char *)e + 12, kind(e), e[2], e[3], sim_le32(e + 4),
		    sim_le32(e + 8));
		note(t, e);
		t->entries++;
	}
	return t->entries > 0;
}

/* --- which one -------------------------------------------------------------------------------- */

/* CRC-32 of the number, as ESP-IDF's bootloader_common_ota_select_crc has it. */
uint32_t sim_app32_crc(uint32_t seq)
{
	uint32_t crc = 0;

	for (int i = 0; i < 4; i++) {
		crc ^= seq >> (8 * i) & 0xFF;
		for (int k = 0; k < 8; k++)
			crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
	}
	return ~crc;
}

/* The slot that otadata names; -1: none, so the factory application. */
static int chosen(const struct sim_device *dev, const struct table *t)
{
	uint32_t best = 0;

	for (uint32_t i = 0; i < 2 && t->otadata.size; i++) {
		uint32_t at = t->otadata.at + i * 0x1000, seq = word(dev, at);

		if (seq != UINT32_MAX && seq > best && word(dev, at + 28) == sim_app32_crc(seq))
			best = seq;
	}
	return best && t->ota_count ? (int)((best - 1) % t->ota_count) : -1;
}

/* --- images ----------------------------------------------------------------------------------- */

static void hash_flash(const struct sim_device *dev, uint32_t at, uint32_t n, uint8_t out[32])
{
	struct sim_sha256 h;
	uint8_t chunk[256];

	sim_sha256_init(&h);
	while (n > 0) {
		uint32_t part = n < sizeof(chunk) ? n : (uint32_t)sizeof(chunk);

		sim_flash_read(&dev->flash, at, chunk, part);
		sim_sha256_add(&h, chunk, part);
		at += part;
		n -= part;
	}
	sim_sha256_end(&h, out);
}

static bool hash_right(struct sim_device *dev, uint32_t at, uint32_t n)
{
	uint8_t want[32], got[32];

	hash_flash(dev, at, n, got);
	sim_flash_read(&dev->flash, at + n, want, sizeof(want));
	return memcmp(want, got, sizeof(want)) == 0;
}

/* Bytes of the segments and the checksum's row; 0 when these are not right. */
static uint32_t whole(const struct sim_device *dev, const struct part *p, unsigned segments)
{
	uint32_t at = HEADER, len;
	uint8_t sum = CHECKSUM_SEED, byte;

	for (unsigned i = 0; i < segments; i++) {
		if (at + 8 > p->size)
			return 0;
		len = word(dev, p->at + at + 4);
		at += 8;
		if (len > p->size - at)
			return 0;
		for (uint32_t k = 0; k < len; k++) {
			sim_flash_read(&dev->flash, p->at + at + k, &byte, 1);
			sum ^= byte;
		}
		at += len;
	}
	at |= 15;
	sim_flash_read(&dev->flash, p->at + at, &byte, 1);
	return byte == sum ? at + 1 : 0;
}

static bool image_right(struct sim_device *dev, const struct part *p)
{
	uint8_t head[HEADER];
	uint32_t n;

	if (p->size < HEADER)
		return false;
	sim_flash_read(&dev->flash, p->at, head, sizeof(head));
	if (head[0] != IMAGE_MAGIC || head[1] > SEGMENTS_MAX) {
		sim_boot32_print(dev,
		    "E (97) esp_image: image at 0x%x has invalid magic byte (nothing flashed "
		    "here?)\r\n",
		    p->at);
		return false;
	}
	if ((head[12] | head[13] << 8) != dev->row->id) {
		sim_boot32_print(dev,
		    "E (97) boot_comm: mismatch chip ID, expected %u, found %u\r\n", dev->row->id,
		    (unsigned)(head[12] | head[13] << 8));
		return false;
	}
	n = whole(dev, p, head[1]);
	if (!n) {
		sim_boot32_print(dev, "E (97) esp_image: Checksum failed\r\n");
		return false;
	}
	if (head[23] == 1 && (n + 32 > p->size || !hash_right(dev, p->at, n))) {
		sim_boot32_print(dev, "E (97) esp_image: Image hash failed - image is corrupt\r\n");
		return false;
	}
	return true;
}

static bool take(struct sim_device *dev, const struct table *t, const struct part *p)
{
	if (!p->size || !image_right(dev, p))
		return false;
	sim_boot32_print(dev, "I (312) boot: Loaded app from partition at offset 0x%x\r\n", p->at);
	sim_device_trace(dev, dev->now, "boot application at %06x", p->at);
	dev->rom32.app_at = p->at;
	dev->rom32.app_size = p->size;
	dev->rom32.nvs_at = t->nvs.at;
	dev->rom32.nvs_size = t->nvs.size;
	return true;
}

/* What the application may come to need. */
static void keep(struct sim_rom32 *r, const struct table *t)
{
	r->otadata_at = t->otadata.at;
	r->safeboot_at = t->factory.at;
	r->safeboot_size = t->factory.size;
	r->slots = t->ota_count < 2 ? t->ota_count : 2;
	for (unsigned i = 0; i < r->slots; i++) {
		r->slot_at[i] = t->ota[i].at;
		r->slot_size[i] = t->ota[i].size;
	}
}

bool sim_app32_find(struct sim_device *dev)
{
	struct table t;
	int slot;

	sim_boot32_print(dev,
	    "I (24) boot: ESP-IDF 5.3 2nd stage bootloader\r\n"
	    "I (24) boot: chip %s\r\n",
	    dev->row->label);
	if (!read_table(dev, &t)) {
		sim_boot32_print(dev, "E (47) boot: Failed to verify partition table\r\n"
				      "E (52) boot: load partition table error!\r\n");
		return false;
	}
	sim_boot32_print(dev, "I (93) boot: End of partition table\r\n");
	keep(&dev->rom32, &t);
	slot = chosen(dev, &t);
	if (slot >= 0 && take(dev, &t, &t.ota[slot]))
		return true;
	if (take(dev, &t, &t.factory))
		return true;
	for (unsigned i = 0; i < t.ota_count; i++)
		if ((int)i != slot && take(dev, &t, &t.ota[i]))
			return true;
	sim_boot32_print(
	    dev, "E (120) boot: No bootable app partitions in the partition table\r\n");
	return false;
}
