/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firmware files of the ESP32 family, copies of whole flashes, packed files, with images made
 * here. */
#include "tasmite/proto/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "esp32maker.h"
#include "tasmite/base/bytes.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/proto/digest.h"

static struct image_info inspect(const struct made32 *m)
{
	struct image_info info;
	uint8_t *exact = xmemdup(m->data, m->n ? m->n : 1);

	image_inspect(exact, m->n, "x.bin", &info);
	free(exact);
	return info;
}

static const struct made32_app full = {
    .chip = 0, .sha = true, .text = make32_tasmota, .project = "tasmota"};
static const struct made32_app safeboot = {.chip = 0, .sha = true, .text = make32_safeboot};

/* ---- one application ------------------------------------------------------------------------- */

static void inspect__reads__application(void **state)
{
	(void)state;
	const struct made32_app app = {.chip = 5,
	    .min_revision = 3,
	    .max_revision = 199,
	    .sha = true,
	    .text = make32_tasmota,
	    .project = "tasmota32"};
	struct made32 m = make32_app(&app);
	struct image_info info = inspect(&m);

	assert_int_equal(info.kind, IMAGE_ESP32_APP);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);
	assert_int_equal(info.end, m.n);
	assert_int_equal(info.trailing, 0);
	assert_string_equal(image_chip_name(info.chip_id), "ESP32-C3");
	assert_int_equal(info.header.min_revision, 3);
	assert_int_equal(info.header.max_revision, 199);
	assert_int_equal(info.header.sha, IMAGE_SHA_RIGHT);
	assert_int_equal(info.flash_size, 4u << 20);
	assert_string_equal(image_freq_text(&info), "80 MHz");
	assert_true(info.description.present);
	assert_string_equal(info.description.project, "tasmota32");
	assert_string_equal(info.description.idf, "v5.3.2");
	assert_int_equal(strlen(info.description.elf_sha), 64);
	assert_memory_equal(info.description.elf_sha, "a7a7", 4);
	assert_string_equal(image_memory_text(&info, info.boot.seg[0].addr), "constants in flash");
	assert_string_equal(image_memory_text(&info, info.boot.seg[1].addr), "code in RAM");
	assert_int_equal(info.id.firmware, IMAGE_FW_TASMOTA);
	free(m.data);
}

static void inspect__finds__wrong_sha(void **state)
{
	(void)state;
	struct made32 m = make32_app(&full);

	/* Two flips that cancel out in the XOR. */
	m.data[200] ^= 1;
	m.data[201] ^= 1;
	struct image_info info = inspect(&m);
	assert_int_equal(info.fault, IMAGE_FAULT_SHA);
	assert_int_equal(info.header.sha, IMAGE_SHA_WRONG);
	m.data[200] ^= 1;
	m.data[201] ^= 1;
	/* The header is covered too. */
	m.data[3] ^= 0x10;
	assert_int_equal(inspect(&m).fault, IMAGE_FAULT_SHA);
	m.data[3] ^= 0x10;
	m.n -= 1;
	info = inspect(&m);
	assert_int_equal(info.fault, IMAGE_FAULT_TRUNCATED);
	assert_int_equal(info.header.sha, IMAGE_SHA_CUT);
	free(m.data);
}

static void inspect__finds__truncation_at_every_length(void **state)
{
	(void)state;
	struct made32 m = make32_app(&full);
	size_t whole = m.n;

	for (m.n = 0x24; m.n < whole; m.n += m.n < 300 ? 1 : 41) {
		struct image_info info = inspect(&m);

		assert_int_equal(info.kind, IMAGE_ESP32_APP);
		assert_int_equal(info.fault, IMAGE_FAULT_TRUNCATED);
	}
	m.n = whole;
	assert_int_equal(inspect(&m).fault, IMAGE_FAULT_NONE);
	free(m.data);
}

static void inspect__tells__application_without_description(void **state)
{
	(void)state;
	struct made32 m = make32_app(&full);

	m.data[0x20] ^= 0x11; /* the magic; and what keeps the checksum */
	m.data[0x24] ^= 0x11;
	struct image_info info = inspect(&m);
	assert_int_equal(info.kind, IMAGE_ESP32_APP);
	assert_false(info.description.present);
	free(m.data);
	m = make32_loader(9);
	info = inspect(&m);
	assert_int_equal(info.kind, IMAGE_ESP32_LOADER);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);
	free(m.data);
}

/* ---- factory files --------------------------------------------------------------------------- */

static void inspect__reads__factory_file(void **state)
{
	(void)state;
	struct made32 m = make32_factory(0, 0x1000, make32_since_12, &safeboot, &full);
	struct image_info info = inspect(&m);

	assert_int_equal(info.kind, IMAGE_ESP32_FACTORY);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);
	assert_int_equal(info.boot.offset, 0x1000);
	assert_int_equal(info.header.sha, IMAGE_SHA_RIGHT);
	assert_true(info.has_table);
	assert_int_equal(info.table.count, 5);
	assert_int_equal(info.app_count, 2);
	assert_string_equal(info.table.entry[info.apps[0].partition].name, "safeboot");
	assert_true(info.apps[0].present);
	assert_string_equal(info.apps[0].id.variant, "safeboot");
	assert_string_equal(info.apps[1].id.variant, "full");
	assert_int_equal(info.apps[1].header.sha, IMAGE_SHA_RIGHT);
	assert_int_equal(info.apps[1].size, m.n - 0xe0000);
	assert_int_equal(info.starts, 1);
	/* The file is about the big one. */
	assert_string_equal(info.id.variant, "full");
	assert_string_equal(info.description.project, "tasmota");
	free(m.data);
}

static void inspect__reads__factory_of_newer_chips(void **state)
{
	(void)state;
	const struct made32_app app = {.chip = 5, .text = make32_tasmota};
	struct made32 m = make32_factory(5, 0, make32_since_12, NULL, &app);
	struct image_info info = inspect(&m);

	assert_int_equal(info.kind, IMAGE_ESP32_FACTORY);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);
	assert_int_equal(info.boot.offset, 0);
	assert_false(info.apps[0].present);
	assert_true(info.apps[1].present);
	free(m.data);
	/* An ESP32 does not look for its loader at 0. */
	m = make32_factory(0, 0, make32_since_12, NULL, &full);
	assert_int_equal(inspect(&m).fault, IMAGE_FAULT_LOADER);
	free(m.data);
}

static void inspect__finds__damage_in_factory_files(void **state)
{
	(void)state;
	struct made32 m = make32_factory(0, 0x1000, make32_since_12, &safeboot, &full);

	m.data[0xe0000 + 300] ^= 4;
	struct image_info info = inspect(&m);
	assert_int_equal(info.fault, IMAGE_FAULT_CHECKSUM);
	assert_int_equal(info.apps[0].fault, IMAGE_FAULT_NONE);
	m.data[0xe0000 + 300] ^= 4;
	m.data[0x8000 + 12] ^= 1;
	info = inspect(&m);
	assert_int_equal(info.fault, IMAGE_FAULT_TABLE);
	assert_non_null(strstr(info.table_fault, "MD5"));
	m.data[0x8000 + 12] ^= 1;
	m.data[0x1040] ^= 1;
	assert_int_equal(inspect(&m).fault, IMAGE_FAULT_CHECKSUM);
	m.data[0x1040] ^= 1;
	m.n -= 100;
	info = inspect(&m);
	assert_int_equal(info.fault, IMAGE_FAULT_TRUNCATED);
	assert_int_equal(info.apps[1].size, 0);
	free(m.data);
}

static void inspect__bounds__application_by_its_partition(void **state)
{
	static const struct made32_row tight[] = {{1, 0, 0xe000, 0x2000, "otadata"},
	    {0, 0x10, 0x10000, 0x1000, "a"}, {0, 0x11, 0x20000, 0x10000, "b"}, {0, 0, 0, 0, NULL}};
	struct made32 m = make32_factory(0, 0x1000, tight, NULL, &full);
	struct image_info info = inspect(&m);

	(void)state;
	assert_int_equal(info.apps[0].fault, IMAGE_FAULT_TRUNCATED);
	assert_int_equal(info.fault, IMAGE_FAULT_TRUNCATED);
	free(m.data);
}

static void inspect__reads__copy_of_esp32_flash(void **state)
{
	(void)state;
	struct made32 m = make32_factory(0, 0x1000, make32_since_12, &safeboot, &full);

	/* A slot that does not start may hold anything. */
	m.data[0x10000 + 300] ^= 1;
	m.n = 4u << 20;
	struct image_info info = inspect(&m);
	assert_int_equal(info.kind, IMAGE_ESP32_BACKUP);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);
	assert_int_equal(info.apps[0].fault, IMAGE_FAULT_CHECKSUM);
	assert_string_equal(info.id.variant, "full");
	m.data[0xe0000 + 300] ^= 1;
	assert_int_equal(inspect(&m).fault, IMAGE_FAULT_CHECKSUM);
	free(m.data);
}

/* ---- settings in NVS ---- */
/* One entry with its check sum, marked as written. */
static uint8_t *nvs_entry(uint8_t *page, unsigned i, uint8_t space, uint8_t type, uint8_t span,
    uint8_t chunk, const char *key)
{
	uint8_t *e = page + 64 + i * 32;

	memset(e, 0xff, 32);
	e[0] = space;
	e[1] = type;
	e[2] = span;
	e[3] = chunk;
	memset(e + 8, 0, 16);
	memcpy(e + 8, key, strlen(key));
	for (unsigned k = i; k < i + span; k++)
		page[32 + k / 4] &= (uint8_t) ~(1u << (k % 4 * 2));
	return e;
}

static void nvs_sum(uint8_t *e)
{
	put_le32(e + 4, digest_crc32(digest_crc32(UINT32_MAX, e, 4), e + 8, 24));
}

static void nvs_settings(uint8_t *page, unsigned i, uint8_t chunk, uint32_t saves, uint32_t version)
{
	uint8_t *e = nvs_entry(page, i, 3, 0x42, 3, chunk, "Settings");

	memset(e + 32, 0x5a, 64);
	put_le32(e + 36, saves);
	put_le32(e + 40, version);
	e[24] = 60;
	e[25] = 0;
	put_le32(e + 28, digest_crc32(UINT32_MAX, e + 32, 60));
	nvs_sum(e);
}

static void nvs_page(uint8_t *page)
{
	uint8_t *e;

	memset(page, 0xff, 4096);
	put_le32(page, 0xfffffffe);
	put_le32(page + 4, 7);
	put_le32(page + 28, digest_crc32(UINT32_MAX, page + 4, 24));
	e = nvs_entry(page, 0, 0, 1, 1, 0xff, "main");
	e[24] = 3;
	nvs_sum(e);
}

static void inspect__finds__settings_in_nvs(void **state)
{
	struct made32 m = make32_factory(0, 0x1000, make32_since_12, &safeboot, &full);
	uint8_t *page = m.data + 0xb000; /* the third of five */
	struct image_info info;

	(void)state;
	m.n = 4u << 20;
	nvs_page(page);
	assert_int_equal(inspect(&m).settings.copies, 0);
	nvs_settings(page, 5, 0x80, 41, 0x0e030004);
	info = inspect(&m);
	assert_int_equal(info.kind, IMAGE_ESP32_BACKUP);
	assert_int_equal(info.settings.copies, 1);
	assert_int_equal(info.settings.saves, 41);
	assert_int_equal(info.settings.version, 0x0e030004);
	assert_int_equal(info.settings.offset, 0xb000 + 64 + 6 * 32);
	/* the one that was saved last; a later part of a blob is none */
	nvs_settings(page, 20, 0, 42, 0x0f020000);
	nvs_settings(page, 40, 1, 99, 0x0f020000);
	info = inspect(&m);
	assert_int_equal(info.settings.copies, 2);
	assert_int_equal(info.settings.version, 0x0f020000);
	/* damaged bytes, an erased entry, another namespace, a page that doesn't count */
	page[64 + 21 * 32 + 50] ^= 1;
	assert_int_equal(inspect(&m).settings.saves, 41);
	page[32 + 5 / 4] &= (uint8_t) ~(3u << (5 % 4 * 2));
	assert_int_equal(inspect(&m).settings.copies, 0);
	nvs_settings(page, 60, 0, 43, 0x0f020000);
	assert_int_equal(inspect(&m).settings.saves, 43);
	page[64 + 24] = 4;
	nvs_sum(page + 64);
	assert_int_equal(inspect(&m).settings.copies, 0);
	page[64 + 24] = 3;
	nvs_sum(page + 64);
	page[28] ^= 1;
	assert_int_equal(inspect(&m).settings.copies, 0);
	page[28] ^= 1;
	/* a span beyond the page, and one of nothing */
	page[64 + 60 * 32 + 2] = 200;
	nvs_sum(page + 64 + 60 * 32);
	assert_int_equal(inspect(&m).settings.copies, 0);
	page[64 + 60 * 32 + 2] = 0;
	nvs_sum(page + 64 + 60 * 32);
	assert_int_equal(inspect(&m).settings.copies, 0);
	free(m.data);
}

static void inspect__reads__table_alone(void **state)
{
	(void)state;
	struct made32 m = {xcalloc(1, 0xc00), 0xc00};

	make32_table(m.data, make32_before_12);
	struct image_info info = inspect(&m);
	assert_int_equal(info.kind, IMAGE_ESP32_PARTITIONS);
	assert_int_equal(info.table.count, 5);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);
	m.data[4] ^= 0xff;
	assert_int_equal(inspect(&m).fault, IMAGE_FAULT_TABLE);
	free(m.data);
}

/* ---- copies of an ESP8266's flash ------------------------------------------------------------ */

#define FLASH_1M (1u << 20)

/* A whole image with eboot, then a flash. */
static struct made32 make_backup(void)
{
	struct made32 m = {xcalloc(1, FLASH_1M), FLASH_1M};
	uint8_t sum = 0xef;

	memset(m.data, 0xff, FLASH_1M);
	for (size_t base = 0; base <= 0x1000; base += 0x1000) {
		uint8_t *p = m.data + base;

		memcpy(p, "\xe9\x01\x03\x20\x9c\xf2\x10\x40", 8);
		put_le32(p + 8, base ? 0x40201010 : 0x4010f000);
		put_le32(p + 12, 127 - 16);
		memset(p + 16, 0x11, 111);
		p[127] = sum ^ 0x11;
	}
	return m;
}

static void put_settings(uint8_t *p, uint32_t version, uint32_t saves, uint16_t size, bool crc)
{
	uint16_t sum = 0;

	memset(p, 0, size);
	put_le16(p, 0x1209);
	put_le16(p + 2, size);
	put_le32(p + 4, saves);
	put_le32(p + 8, version);
	memcpy(p + 100, "some host name", 14);
	if (crc) {
		/* The project's own way: zero bits to begin with. */
		uint32_t x = 0;

		for (size_t i = 0; i < 4092; i++) {
			x ^= p[i];
			for (int bit = 0; bit < 8; bit++)
				x = (x >> 1) ^ (x & 1 ? 0xedb88320u : 0);
		}
		put_le32(p + 4092, ~x);
		return;
	}
	for (size_t i = 0; i < size; i++)
		if (i != 14 && i != 15)
			sum = (uint16_t)(sum + p[i] * (i + 1));
	put_le16(p + 14, sum);
}

static void backup__finds__newest_settings(void **state)
{
	(void)state;
	struct made32 m = make_backup();
	struct image_info info = inspect(&m);

	assert_int_equal(info.kind, IMAGE_ESP8266_BACKUP);
	assert_int_equal(info.settings.copies, 0);
	put_settings(m.data + 0xf6000, 0x06020100, 20, 3584, false);
	put_settings(m.data + 0xf5000, 0x06020100, 21, 3584, false);
	info = inspect(&m);
	assert_int_equal(info.settings.copies, 2);
	assert_int_equal(info.settings.offset, 0xf5000);
	assert_int_equal(info.settings.saves, 21);
	assert_int_equal(info.settings.version, 0x06020100);
	put_settings(m.data + 0xfa000, 0x0e030004, 300, 4096, true);
	info = inspect(&m);
	assert_int_equal(info.settings.copies, 3);
	assert_int_equal(info.settings.offset, 0xfa000);
	assert_int_equal(info.settings.version, 0x0e030004);
	/* Not believed when the sum is wrong. */
	m.data[0xfa000 + 101] ^= 1;
	m.data[0xf5000 + 101] ^= 1;
	info = inspect(&m);
	assert_int_equal(info.settings.copies, 1);
	assert_int_equal(info.settings.offset, 0xf6000);
	free(m.data);
}

/* ---- packed files ---------------------------------------------------------------------------- */

/* gzip with a stored block. */
static size_t pack(const uint8_t *p, size_t n, uint8_t *dst)
{
	memcpy(dst, "\x1f\x8b\x08\0\0\0\0\0\0\x03\x01", 11);
	put_le16(dst + 11, (uint16_t)n);
	put_le16(dst + 13, (uint16_t)~n);
	memcpy(dst + 15, p, n);
	put_le32(dst + 15 + n, digest_crc32(0, p, n));
	put_le32(dst + 19 + n, (uint32_t)n);
	return n + 23;
}

static void inspect_packed__looks__inside(void **state)
{
	(void)state;
	struct made32 m = make32_app(&full);
	uint8_t packed[8192], *inner;
	size_t n = pack(m.data, m.n, packed), inner_n;
	struct image_info info;

	image_inspect_packed(packed, n, "a/tasmota32.bin.gz", 1u << 20, &info, &inner, &inner_n);
	assert_int_equal(info.kind, IMAGE_ESP32_APP);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);
	assert_true(info.packed);
	assert_int_equal(info.packed_size, n);
	assert_int_equal(info.size, m.n);
	assert_string_equal(info.name, "tasmota32.bin.gz");
	assert_int_equal(inner_n, m.n);
	assert_memory_equal(inner, m.data, m.n);
	free(inner);
	/* Cut short, and larger than allowed. */
	image_inspect_packed(packed, n - 5, NULL, 1u << 20, &info, &inner, &inner_n);
	assert_int_equal(info.kind, IMAGE_GZIP);
	assert_int_equal(info.fault, IMAGE_FAULT_PACKING);
	assert_null(inner);
	image_inspect_packed(packed, n, NULL, m.n - 1, &info, &inner, &inner_n);
	assert_int_equal(info.fault, IMAGE_FAULT_PACKING);
	assert_null(inner);
	/* What is not packed is looked at as it is. */
	image_inspect_packed(m.data, m.n, NULL, 1u << 20, &info, &inner, &inner_n);
	assert_int_equal(info.kind, IMAGE_ESP32_APP);
	assert_false(info.packed);
	assert_null(inner);
	free(m.data);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void describe__tells__partitions_and_applications(void **state)
{
	(void)state;
	static const char *const rows[] = {"goes to: 0x0\n", "chip: ESP32\n",
	    "boot loader: at 0x1000", "  SHA-256: right\n",
	    "partition table: 5 partitions, MD5 right, safeboot layout\n",
	    "  partition: 0x0e0000, 2.8 MB, app0, app ota_0\n", "in \"safeboot\": Tasmota",
	    "in \"app0\": Tasmota", "  starts: this one", "project: tasmota\n", "damage: none\n"};
	struct made32 m = make32_factory(0, 0x1000, make32_since_12, &safeboot, &full);
	struct image_info info = inspect(&m);
	struct sbuf out;

	sbuf_init(&out, 8192);
	image_describe(&info, &out);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strstr(sbuf_str(&out), rows[i]))
			fail_msg("no \"%s\" in:\n%s", rows[i], sbuf_str(&out));
	assert_false(out.cut);
	sbuf_fini(&out);
	free(m.data);
}

static void chip_id__takes__names_of_parts(void **state)
{
	static const struct {
		const char *name;
		int id;
	} cases[] = {{"ESP32", 0}, {"esp32c3", 5}, {"ESP32-C3 (QFN32)", 5}, {"ESP32-C3FH4", 5},
	    {"ESP32-D0WD-V3", 0}, {"ESP32-U4WDH", 0}, {"ESP32-PICO-D4", 0}, {"ESP32-S0WD", 0},
	    {"ESP32-S2", 2}, {"ESP32-S2FNR2", 2}, {"ESP32-S3", 9}, {"ESP32-C6", 13},
	    {"ESP32-C61", 20}, {"ESP32-H2", 16}, {"ESP32-P4", 18}, {"ESP32-C5", 23},
	    {"ESP32-C2", 12}, {"ESP32-X9", -1}, {"ESP8266", -1}, {"", -1}, {NULL, -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (image_chip_id(cases[i].name) != cases[i].id)
			fail_msg("%s: %d", cases[i].name, image_chip_id(cases[i].name));
	assert_int_equal(image_loader_offset(0), 0x1000);
	assert_int_equal(image_loader_offset(13), 0);
	assert_int_equal(image_loader_offset(18), 0x2000);
	assert_int_equal(image_loader_offset(99), UINT32_MAX);
}

/* ---- hostile files --------------------------------------------------------------------------- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void inspect__survives__mutations_of_factory_files(void **state)
{
	static const struct made32_row near[] = {{1, 0, 0xe000, 0x2000, "otadata"},
	    {0, 0, 0x10000, 0x10000, "safeboot"}, {0, 0x10, 0x20000, 0x10000, "app0"},
	    {0, 0, 0, 0, NULL}};
	struct made32 m = make32_factory(0, 0x1000, near, &safeboot, &full);
	static const size_t spots[] = {0x1000, 0x8000, 0xe000, 0x10000, 0x20000};
	uint32_t seed = 4711;
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 16384);
	for (int round = 0; round < 300; round++) {
		size_t n = round % 4 == 0 ? next_random(&seed) % m.n + 1 : m.n;
		uint8_t *copy = xmemdup(m.data, n);
		struct image_info info;

		for (int k = 0; k < 6; k++) {
			size_t at = spots[next_random(&seed) % 5] + next_random(&seed) % 192;
			if (at < n)
				copy[at] = (uint8_t)next_random(&seed);
		}
		image_inspect(copy, n, "x", &info);
		assert_true(info.app_count <= IMAGE_MAX_APPS);
		assert_true(info.starts == IMAGE_MAX_APPS || info.starts < info.app_count);
		sbuf_clear(&out);
		image_describe(&info, &out);
		free(copy);
	}
	sbuf_fini(&out);
	free(m.data);
}

/* Settings in a page that is full, or being freed, count; those that can't be Tasmota's don't. */
static void inspect__believes__settings_in_nvs_that_can_be(void **state)
{
	struct made32 m = make32_factory(0, 0x1000, make32_since_12, &safeboot, &full);
	uint8_t *page = m.data + 0x9000, *e;
	static const uint32_t states[] = {0xfffffffe, 0xfffffffc, 0xfffffff8, 0xffffffff, 0};

	(void)state;
	m.n = 4u << 20;
	nvs_page(page);
	nvs_settings(page, 5, 0, 41, 0x0e030004);
	for (size_t i = 0; i < 5; i++) {
		put_le32(page, states[i]);
		assert_int_equal(inspect(&m).settings.copies, i < 3);
	}
	put_le32(page, states[0]);
	/* The one that was saved last, also where it comes first. */
	nvs_settings(page, 20, 0, 40, 0x0f020000);
	assert_int_equal(inspect(&m).settings.copies, 2);
	assert_int_equal(inspect(&m).settings.saves, 41);
	nvs_settings(page, 20, 0, 0x01000001, 0x0f020000); /* more than any flash outlives */
	assert_int_equal(inspect(&m).settings.copies, 1);
	nvs_settings(page, 20, 0, 42, 0x01020304); /* no version of Tasmota's */
	assert_int_equal(inspect(&m).settings.copies, 1);
	/* Another key, a key without its end, another type, a blob of older versions. */
	nvs_settings(page, 20, 0, 42, 0x0f020000);
	e = page + 64 + 20 * 32;
	e[8] = 's';
	nvs_sum(e);
	assert_int_equal(inspect(&m).settings.copies, 1);
	e[8] = 'S';
	e[23] = 'x';
	nvs_sum(e);
	assert_int_equal(inspect(&m).settings.copies, 1);
	e[23] = 0;
	e[1] = 0x21;
	nvs_sum(e);
	assert_int_equal(inspect(&m).settings.copies, 1);
	e[1] = 0x41;
	e[3] = 1; /* which has no parts */
	nvs_sum(e);
	assert_int_equal(inspect(&m).settings.copies, 2);
	/* Too short for a beginning, longer than its entries. */
	e[24] = 11;
	put_le32(e + 28, digest_crc32(UINT32_MAX, e + 32, 11));
	nvs_sum(e);
	assert_int_equal(inspect(&m).settings.copies, 1);
	e[24] = 65;
	put_le32(e + 28, digest_crc32(UINT32_MAX, e + 32, 65));
	nvs_sum(e);
	assert_int_equal(inspect(&m).settings.copies, 1);
	/* No namespace of that name. */
	page[64 + 1] = 2;
	nvs_sum(page + 64);
	assert_int_equal(inspect(&m).settings.copies, 0);
	free(m.data);
}

/* A table that names no nvs, or one that begins behind the file, or ends there. */
static void inspect__looks__for_nvs_where_the_table_says(void **state)
{
	static const struct made32_row none[] = {
	    {1, 0, 0xe000, 0x2000, "otadata"}, {0, 0, 0x10000, 0xd0000, "app"}, {0}};
	static const struct made32_row behind[] = {
	    {0, 0, 0x10000, 0xd0000, "app"}, {1, 2, 0x400000, 0x5000, "nvs"}, {0}};
	static const struct made32_row across[] = {
	    {0, 0, 0x10000, 0xd0000, "app"}, {1, 2, 0x3fe000, 0x5000, "nvs"}, {0}};
	const struct made32_row *const tables[] = {none, behind, across};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct made32 m = make32_factory(0, 0x1000, tables[i], &full, NULL);
		uint8_t *page = m.data + 0x3fe000;

		m.n = 4u << 20;
		nvs_page(page);
		nvs_settings(page, 5, 0, 41, 0x0e030004);
		struct image_info info = inspect(&m);
		assert_int_equal(info.kind, IMAGE_ESP32_BACKUP);
		assert_int_equal(info.settings.copies, i == 2);
		free(m.data);
	}
}

/* Settings of an ESP8266: sums over what the block says, or over what older releases had. */
static void backup__believes__blocks_with_a_right_sum(void **state)
{
	(void)state;
	struct made32 m = make_backup();
	uint8_t *block = m.data + 0xf5000;

	/* Longer than the old ones, the sum over their length. */
	put_settings(block, 0x06020100, 20, 3584, false);
	memset(block + 3584, 0x77, 100);
	put_le16(block + 2, 3700);
	uint16_t sum = 0;
	for (size_t i = 0; i < 3584; i++)
		if (i != 14 && i != 15)
			sum = (uint16_t)(sum + block[i] * (i + 1));
	put_le16(block + 14, sum);
	assert_int_equal(inspect(&m).settings.copies, 1);
	block[14] ^= 1;
	assert_int_equal(inspect(&m).settings.copies, 0);
	/* Lengths, counts and versions that can't be. */
	put_settings(block, 0x06020100, 20, 511, false);
	assert_int_equal(inspect(&m).settings.copies, 0);
	put_settings(block, 0x06020100, 20, 512, false);
	assert_int_equal(inspect(&m).settings.copies, 1);
	put_settings(block, 0x06020100, 0x01000001, 512, false);
	assert_int_equal(inspect(&m).settings.copies, 0);
	put_settings(block, 0x04020100, 20, 512, false);
	assert_int_equal(inspect(&m).settings.copies, 0);
	put_le16(block + 2, 4097);
	assert_int_equal(inspect(&m).settings.copies, 0);
	/* The older copy stands behind the newer one. */
	put_settings(block, 0x06020100, 21, 3584, false);
	put_settings(block + 0x1000, 0x06010100, 20, 3584, false);
	assert_int_equal(inspect(&m).settings.version, 0x06020100);
	free(m.data);
}

/* No application of the usual form behind the boot loader, but one of the SDK's. */
static void backup__finds__application_of_the_sdk(void **state)
{
	(void)state;
	struct made32 m = make_backup();

	assert_int_equal(inspect(&m).sdk_app, 0);
	put_le32(m.data + 8, 0x40100000); /* rBoot is no eboot */
	m.data[0x1000] = 0xea;
	m.data[0x1001] = 4;
	struct image_info info = inspect(&m);
	assert_int_equal(info.kind, IMAGE_ESP8266_BACKUP);
	assert_int_equal(info.sdk_app, 0x1000);
	m.data[0x1001] = 3;
	assert_int_equal(inspect(&m).sdk_app, 0);
	free(m.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(inspect__reads__application),
	    cmocka_unit_test(inspect__finds__wrong_sha),
	    cmocka_unit_test(inspect__finds__truncation_at_every_length),
	    cmocka_unit_test(inspect__tells__application_without_description),
	    cmocka_unit_test(inspect__reads__factory_file),
	    cmocka_unit_test(inspect__reads__factory_of_newer_chips),
	    cmocka_unit_test(inspect__finds__damage_in_factory_files),
	    cmocka_unit_test(inspect__bounds__application_by_its_partition),
	    cmocka_unit_test(inspect__reads__copy_of_esp32_flash),
	    cmocka_unit_test(inspect__finds__settings_in_nvs),
	    cmocka_unit_test(inspect__reads__table_alone),
	    cmocka_unit_test(backup__finds__newest_settings),
	    cmocka_unit_test(inspect_packed__looks__inside),
	    cmocka_unit_test(describe__tells__partitions_and_applications),
	    cmocka_unit_test(chip_id__takes__names_of_parts),
	    cmocka_unit_test(inspect__survives__mutations_of_factory_files),
	    cmocka_unit_test(inspect__believes__settings_in_nvs_that_can_be),
	    cmocka_unit_test(inspect__looks__for_nvs_where_the_table_says),
	    cmocka_unit_test(backup__believes__blocks_with_a_right_sum),
	    cmocka_unit_test(backup__finds__application_of_the_sdk),
	};

	return cmocka_run_group_tests_name("image_esp32", tests, NULL, NULL);
}
