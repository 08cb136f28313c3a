/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firmware files, with images made here. */
#include "tasmite/proto/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/bytes.h"
#include "tasmite/base/err.h"
#include "tasmite/base/xalloc.h"

/* ---- making images --------------------------------------------------------------------------- */

#define ROOM (2u * 1024 * 1024)

struct made {
	uint8_t *data;
	size_t n;
};

static struct made made_new(void)
{
	struct made m = {xcalloc(1, ROOM), 0};

	return m;
}

static void header(
    struct made *m, size_t at, unsigned segments, unsigned mode, unsigned flags, uint32_t entry)
{
	m->data[at] = 0xe9;
	m->data[at + 1] = (uint8_t)segments;
	m->data[at + 2] = (uint8_t)mode;
	m->data[at + 3] = (uint8_t)flags;
	put_le32(m->data + at + 4, entry);
	m->n = at + 8;
}

/* One segment of n bytes (a pattern, then text at its start). */
static void segment(struct made *m, uint32_t addr, const void *p, size_t n, uint8_t *sum)
{
	put_le32(m->data + m->n, addr);
	put_le32(m->data + m->n + 4, (uint32_t)n);
	m->n += 8;
	if (p)
		memcpy(m->data + m->n, p, n);
	for (size_t i = 0; i < n; i++)
		*sum ^= m->data[m->n + i];
	m->n += n;
}

static void close_chain(struct made *m, size_t at, uint8_t sum)
{
	while ((m->n - at) % 16 != 15)
		m->data[m->n++] = 0;
	m->data[m->n++] = sum;
}

/* What the application's mapped segment holds: code-like bytes and the strings given. */
struct content {
	uint8_t bytes[40000];
	size_t n;
};

static void content_init(struct content *c)
{
	memset(c->bytes, 0, sizeof(c->bytes));
	c->n = 4096;
	for (size_t i = 0; i < c->n; i++)
		c->bytes[i] = (uint8_t)(0x80 | (i * 37 & 0x7f));
}

static void content_string(struct content *c, const char *s)
{
	c->bytes[c->n++] = 0;
	memcpy(c->bytes + c->n, s, strlen(s) + 1);
	c->n += strlen(s) + 1;
	c->n = (c->n + 3) & ~(size_t)3;
}

static void content_word(struct content *c, uint32_t w)
{
	put_le32(c->bytes + c->n, w);
	c->n += 4;
}

/* eboot at 0, the application at 0x1000, as the Arduino core's linker script lays them out. */
static struct made make_8266(const struct content *c, unsigned mode, unsigned flags)
{
	struct made m = made_new();
	uint8_t boot[1384], sum = 0xef;

	memset(boot, 0x3c, sizeof(boot));
	header(&m, 0, 1, mode, flags, 0x4010f29c);
	segment(&m, 0x4010f000, boot, sizeof(boot), &sum);
	close_chain(&m, 0, sum);
	memset(m.data + m.n, 0xaa, 4096 - m.n);
	sum = 0xef;
	header(&m, 4096, 3, mode, flags, 0x401000b8);
	segment(&m, 0x40201010, c->bytes, c->n, &sum);
	segment(&m, 0x40100000, boot, 300, &sum);
	segment(&m, 0x3ffe8000, boot, 100, &sum);
	close_chain(&m, 4096, sum);
	return m;
}

static void tasmota_6(struct content *c)
{
	content_init(c);
	content_string(c, "{\"StatusFWR\":{\"Version\":\"%s\",\"BuildDateTime\":\"%s\"}}");
	content_string(c, "Project %s %s (Topic %s, Fallback %s, GroupTopic %s) Version %s-2_3_0");
	content_string(c, ",\"Features\":[\"%08X\",\"%08X\"]}}");
	content_string(c, "%s-minimal%s");
	content_string(c, "DOM: Idx %d");
	content_string(c, "IRR: Echo %d, RawLen %d");
	content_string(c, "RUL: %s performs %s");
	content_string(c, "APP: Serial logging disabled");
	content_string(c, "http://sonoff.maddox.co.uk/tasmota/sonoff.bin");
}

static struct made make_tasmota_6(unsigned mode, unsigned flags)
{
	struct content *c = xcalloc(1, sizeof(*c));
	struct made m;

	tasmota_6(c);
	m = make_8266(c, mode, flags);
	free(c);
	return m;
}

static struct made make_esp32(uint16_t chip, bool app)
{
	struct made m = made_new();
	uint8_t body[512] = {0}, sum = 0xef;

	header(&m, 0, 2, 2, 0x20, 0x40080400);
	m.data[8] = 0xee;
	put_le16(m.data + 12, chip);
	m.n = 24;
	if (app) {
		put_le32(body, 0xabcd5432);
		memcpy(body + 112, "v5.3.2", 7);
	}
	segment(&m, app ? 0x3f400020 : 0x3fff0020, body, sizeof(body), &sum);
	segment(&m, 0x40080000, body + 8, 64, &sum);
	close_chain(&m, 0, sum);
	return m;
}

static struct image_info inspect(const struct made *m, const char *name)
{
	struct image_info info;
	/* A copy of just that size, so that a sanitizer sees any read behind it. */
	uint8_t *exact = xmemdup(m->data, m->n ? m->n : 1);

	image_inspect(exact, m->n, name, &info);
	free(exact);
	return info;
}

static struct image_info inspect_bytes(const void *p, size_t n, const char *name)
{
	struct image_info info;
	uint8_t *exact = xmemdup(p, n ? n : 1);

	image_inspect(exact, n, name, &info);
	free(exact);
	return info;
}

static const struct image_target basic = {.flash_size = 1024 * 1024, .chip_known = true};

/* ---- structure ------------------------------------------------------------------------------- */

static void inspect__reads__two_chained_images(void **state)
{
	(void)state;
	struct made m = make_tasmota_6(3, 0x20);
	struct image_info info = inspect(&m, "/home/x/sonoff.bin");

	assert_int_equal(info.kind, IMAGE_ESP8266);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);
	assert_string_equal(info.name, "sonoff.bin");
	assert_int_equal(info.boot.count, 1);
	assert_int_equal(info.boot.entry, 0x4010f29c);
	assert_int_equal(info.boot.seg[0].addr, 0x4010f000);
	assert_int_equal(info.boot.seg[0].offset, 16);
	assert_int_equal(info.boot.seg[0].length, 1384);
	assert_true(info.app.present);
	assert_int_equal(info.app.offset, 0x1000);
	assert_int_equal(info.app.count, 3);
	assert_int_equal(info.app.seg[1].addr, 0x40100000);
	assert_int_equal(info.end, m.n);
	assert_int_equal(info.trailing, 0);
	assert_int_equal(info.mode, 3);
	assert_int_equal(info.flash_size, 1024 * 1024);
	assert_int_equal(image_freq_mhz(info.freq_code), 40);
	assert_false(info.has_crc);
	free(m.data);
}

static void inspect__finds__wrong_checksum(void **state)
{
	(void)state;
	struct made m = make_tasmota_6(3, 0x20);

	m.data[6000] ^= 0x10;
	struct image_info info = inspect(&m, NULL);
	assert_int_equal(info.fault, IMAGE_FAULT_CHECKSUM);
	assert_int_not_equal(info.app.checksum_stored, info.app.checksum_computed);

	m.data[6000] ^= 0x10;
	m.data[500] ^= 1; /* within eboot */
	info = inspect(&m, NULL);
	assert_int_equal(info.fault, IMAGE_FAULT_CHECKSUM);
	free(m.data);
}

static void inspect__finds__truncation_at_every_length(void **state)
{
	(void)state;
	struct made m = make_tasmota_6(3, 0x20);
	size_t whole = m.n;

	for (m.n = 16; m.n < whole; m.n += m.n < 5000 ? 1 : 97) {
		struct image_info info = inspect(&m, NULL);
		assert_int_equal(info.kind, IMAGE_ESP8266);
		assert_int_equal(info.fault, IMAGE_FAULT_TRUNCATED);
		assert_true(info.end > m.n);
	}
	m.n = whole - 1;
	assert_int_equal(inspect(&m, NULL).fault, IMAGE_FAULT_TRUNCATED);
	m.n = whole;
	assert_int_equal(inspect(&m, NULL).fault, IMAGE_FAULT_NONE);
	free(m.data);
}

static void inspect__counts__trailing_bytes(void **state)
{
	(void)state;
	struct made m = make_tasmota_6(3, 0x20);
	size_t end = m.n;

	memset(m.data + m.n, 0xff, 100);
	m.n += 100;
	struct image_info info = inspect(&m, NULL);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);
	assert_int_equal(info.end, end);
	assert_int_equal(info.trailing, 100);
	assert_false(info.trailing_used);
	m.data[m.n - 1] = 'x';
	assert_true(inspect(&m, NULL).trailing_used);
	free(m.data);
}

/* Bit by bit, unlike the table in the code. */
static uint32_t slow_crc(const uint8_t *p, size_t n)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < n; i++)
		for (int bit = 7; bit >= 0; bit--) {
			bool one = ((crc >> 31) ^ (uint32_t)(p[i] >> bit & 1)) & 1;
			crc = (crc << 1) ^ (one ? 0x04c11db7u : 0);
		}
	return crc;
}

static void inspect__checks__crc_of_newer_cores(void **state)
{
	(void)state;
	struct made m = make_tasmota_6(3, 0x20);

	memset(m.data + 4088, 0, 8);
	uint32_t crc = slow_crc(m.data, m.n);
	put_le32(m.data + 4088, (uint32_t)m.n);
	put_le32(m.data + 4092, crc);
	struct image_info info = inspect(&m, NULL);
	assert_true(info.has_crc);
	assert_true(info.crc_ok);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);

	/* Two flips that cancel out in the XOR. */
	m.data[6000] ^= 1;
	m.data[6001] ^= 1;
	info = inspect(&m, NULL);
	assert_int_equal(info.fault, IMAGE_FAULT_CRC);
	free(m.data);
}

static void inspect__tells__damaged_headers(void **state)
{
	(void)state;
	struct made m = make_tasmota_6(3, 0x20);

	m.data[1] = 0; /* no segments */
	assert_int_equal(inspect(&m, NULL).kind, IMAGE_ESP_DAMAGED);
	m.data[1] = 17; /* the ROM takes 16 */
	assert_int_equal(inspect(&m, NULL).kind, IMAGE_ESP_DAMAGED);
	m.data[1] = 1;
	put_le32(m.data + 8, 0x12345678);
	assert_int_equal(inspect(&m, NULL).kind, IMAGE_ESP_DAMAGED);
	put_le32(m.data + 8, 0x4010f000);
	m.data[0x1000] = 0x00; /* no application behind eboot */
	assert_int_equal(inspect(&m, NULL).fault, IMAGE_FAULT_HEADER);
	free(m.data);
}

static void inspect__tells__backup_of_whole_flash(void **state)
{
	(void)state;
	struct made m = make_tasmota_6(3, 0x20);

	memset(m.data + m.n, 0xff, 1024 * 1024 - m.n);
	m.n = 1024 * 1024;
	/* The other slot's old firmware is not the one that boots. */
	memcpy(m.data + 0x80000,
	    "\0minimal\0tasmota\0"
	    "\x5a\xa5\x5a\xa5\1\0\5\x08\xa5\x5a\xa5\x5a",
	    29);
	m.data[0xf5000] = 0x55;
	struct image_info info = inspect(&m, NULL);
	assert_int_equal(info.kind, IMAGE_ESP8266_BACKUP);
	assert_true(info.trailing_used);
	assert_int_equal(info.id.firmware, IMAGE_FW_TASMOTA);
	assert_int_equal(info.id.certainty, IMAGE_VER_SERIES);
	assert_string_equal(info.id.variant, "full");
	free(m.data);
}

static void inspect__tells__outer_header_of_sdk(void **state)
{
	(void)state;
	struct made m = made_new();
	uint8_t sum = 0xef, irom[64] = {1, 2, 3};

	m.data[0] = 0xea;
	m.data[1] = 4;
	m.data[2] = 0;
	m.data[3] = 0x40;
	put_le32(m.data + 12, sizeof(irom));
	memcpy(m.data + 16, irom, sizeof(irom));
	header(&m, 16 + sizeof(irom), 1, 0, 0x40, 0x40100004);
	segment(&m, 0x40100000, irom, sizeof(irom), &sum);
	close_chain(&m, 16 + sizeof(irom), sum);
	struct image_info info = inspect(&m, NULL);
	assert_int_equal(info.kind, IMAGE_ESP8266_V2);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);
	assert_int_equal(info.end, m.n);
	m.n -= 1;
	assert_int_equal(inspect(&m, NULL).fault, IMAGE_FAULT_TRUNCATED);
	m.n += 1;
	m.data[16 + sizeof(irom)] = 0; /* nothing that boots behind the mapped flash */
	info = inspect(&m, NULL);
	assert_int_equal(info.fault, IMAGE_FAULT_HEADER);
	assert_int_equal(info.end, 0);
	free(m.data);
}

static void inspect__tells__esp32_files(void **state)
{
	(void)state;
	struct made m = make_esp32(5, true);
	struct image_info info = inspect(&m, NULL);

	assert_int_equal(info.kind, IMAGE_ESP32_APP);
	assert_int_equal(info.fault, IMAGE_FAULT_NONE);
	assert_string_equal(image_chip_name(info.chip_id), "ESP32-C3");
	assert_string_equal(info.description.idf, "v5.3.2");
	m.data[23] = 1; /* promises a SHA-256 */
	assert_int_equal(inspect(&m, NULL).fault, IMAGE_FAULT_TRUNCATED);
	m.n += 32;
	assert_int_equal(inspect(&m, NULL).fault, IMAGE_FAULT_SHA);
	free(m.data);

	m = make_esp32(0, false);
	assert_int_equal(inspect(&m, NULL).kind, IMAGE_ESP32_LOADER);
	/* A factory file: blank, loader at 0x1000, table at 0x8000. */
	memmove(m.data + 0x1000, m.data, m.n);
	memset(m.data, 0xff, 0x1000);
	m.data[0x8000] = 0xaa;
	m.data[0x8001] = 0x50;
	m.n = 0x9000;
	assert_int_equal(inspect(&m, NULL).kind, IMAGE_ESP32_FACTORY);
	free(m.data);
}

static void inspect__tells__what_else_a_file_is(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum image_kind kind;
	} cases[] = {
	    {"", 0, IMAGE_EMPTY},
	    {"\x1f\x8b\x08\x00\0\0\0\0\0\x03 packed bytes here", 28, IMAGE_GZIP},
	    {"PK\x03\x04 and so on", 14, IMAGE_ZIP},
	    {"\x7f"
	     "ELF\x01\x01\x01",
		7, IMAGE_ELF},
	    {"\n\n <!DOCTYPE html>\n<html lang=\"en\">", 36, IMAGE_HTML},
	    {"<HTML><body>404</body>", 22, IMAGE_HTML},
	    {"\xef\xbb\xbf<!doctype html>", 18, IMAGE_HTML},
	    {":020000040000FA\r\n:00000001FF\r\n", 30, IMAGE_IHEX},
	    {":020000040000FB\r\n", 17, IMAGE_TEXT}, /* wrong sum */
	    {"Not Found", 9, IMAGE_TEXT},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff", 8, IMAGE_BLANK},
	    {"\0\0\0\0\0\0\0\0", 8, IMAGE_BLANK},
	    {"\x05\x00\x04\x02\x05\x05\x05\x02", 8, IMAGE_UNKNOWN},
	    {"\xe9", 1, IMAGE_ESP_DAMAGED},
	    {"\xea\x04\x00", 3, IMAGE_ESP_DAMAGED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info = inspect_bytes(cases[i].bytes, cases[i].n, "x.bin");

		assert_string_equal(image_kind_key(info.kind), image_kind_key(cases[i].kind));
		assert_int_equal(info.size, cases[i].n);
	}
}

/* An ELF file's symbols are tens of megabytes: what is far behind is not looked at, which keeps the time
 * of a look in bounds. */
static void inspect__looks_for__the_firmware_in_the_first_megabytes(void **state)
{
	static const struct {
		size_t at;
		enum image_firmware firmware;
	} cases[] = {
	    {64, IMAGE_FW_ESPEASY},
	    {4 * 1024 * 1024 - 7, IMAGE_FW_ESPEASY},
	    {4 * 1024 * 1024 - 6, IMAGE_FW_UNKNOWN},
	    {5 * 1024 * 1024, IMAGE_FW_UNKNOWN},
	};
	size_t n = 6 * 1024 * 1024;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *data = xcalloc(1, n);
		struct image_info info;

		memcpy(data,
		    "\x7f"
		    "ELF\x01\x01\x01",
		    7);
		memcpy(data + cases[i].at, "ESPEasy", 7);
		image_inspect(data, n, "firmware.elf", &info);
		assert_int_equal(info.kind, IMAGE_ELF);
		assert_int_equal(info.id.firmware, cases[i].firmware);
		free(data);
	}
}

static void inspect__reads__name_within_gzip(void **state)
{
	(void)state;
	static const char gz[] = "\x1f\x8b\x08\x08\0\0\0\0\0\x03"
				 "tasmota.bin\0.............\x00\x10\0";
	struct image_info info = inspect_bytes(gz, sizeof(gz), NULL);

	assert_int_equal(info.kind, IMAGE_GZIP);
	assert_string_equal(info.inner_name, "tasmota.bin");
	assert_int_equal(info.inner_size, 0x1000);
}

static void inspect__masks__control_bytes_in_names(void **state)
{
	(void)state;
	struct image_info info = inspect_bytes("x", 1, "a/b\x1b[31mred\n.bin");

	assert_string_equal(info.name, "b?[31mred?.bin");
}

/* ---- identity -------------------------------------------------------------------------------- */

static void identity__is__series_when_no_number_stands_in_it(void **state)
{
	(void)state;
	char line[200];
	struct made m = make_tasmota_6(3, 0x20);
	struct image_info info = inspect(&m, "sonoff.bin");

	assert_int_equal(info.id.firmware, IMAGE_FW_TASMOTA);
	assert_int_equal(info.id.certainty, IMAGE_VER_SERIES);
	assert_string_equal(info.id.series, "6.x");
	assert_string_equal(info.id.core, "2_3_0");
	assert_string_equal(info.id.variant, "full");
	assert_string_equal(info.id.language, "en");
	assert_string_equal(info.id.build, "sonoff");
	image_summary(&info, line, sizeof(line));
	assert_string_equal(
	    line, "Tasmota 6.x, full build, core 2_3_0, 9 KB, for ESP8266, fits 1 MB");
	free(m.data);
}

static void identity__is__exact_by_marker(void **state)
{
	(void)state;
	struct content *c = xcalloc(1, sizeof(*c));
	char line[200];

	content_init(c);
	content_string(c, "Projekt %s %s Version %s%s-2_6_1(%s)");
	content_string(c, "lite");
	content_string(c, "APP: Serielles Logging deaktiviert");
	content_word(c, 0xa55aa55a ^ 0xffffffff); /* 5A A5 5A A5 alone is no marker */
	content_word(c, 0x5aa55aa5);
	content_word(c, 0x08050001);
	content_word(c, 0xa55aa55a);
	struct made m = make_8266(c, 3, 0x20);
	struct image_info info = inspect(&m, "x.bin");
	assert_int_equal(info.id.certainty, IMAGE_VER_EXACT);
	assert_int_equal(info.id.version, 0x08050001);
	assert_string_equal(info.id.language, "de");
	assert_string_equal(info.id.variant, "lite");
	image_firmware_text(&info, line, sizeof(line));
	assert_string_equal(line, "Tasmota 8.5.0.1");
	free(m.data);
	free(c);
}

/* A migration's constants, and version-like words at before and after. */
static struct made with_run(uint32_t before, uint32_t after, bool marker)
{
	static const uint32_t run[] = {0x08020002, 0x08020003, 0x08030000, 0x08040101, 0x09000003,
	    0x09010002, 0x09030000, 0x09050002, 0x0a010006, 0x0c000203};
	struct content *c = xcalloc(1, sizeof(*c));

	content_init(c);
	content_word(c, before);
	for (int i = 0; i < 20; i++)
		content_word(c, 0);
	for (size_t i = 0; i < sizeof(run) / sizeof(run[0]); i++) {
		content_word(c, run[i]);
		content_word(c, 0x3fff0000); /* other literals between them */
	}
	for (int i = 0; i < 20; i++)
		content_word(c, 0);
	content_word(c, after);
	if (marker) {
		content_word(c, 0x5aa55aa5);
		content_word(c, 0xffffffff);
		content_word(c, 0xa55aa55a);
	}
	content_string(c, "Project %s - %s Version %s%s-2_7_8(%s)");
	content_string(c, "APP: Serial logging disabled");
	content_string(c, "http://ota.tasmota.com/tasmota/release/tasmota-sensors.bin.gz");
	struct made m = make_8266(c, 3, 0x20);
	free(c);
	return m;
}

static void identity__is__lower_bound_by_run(void **state)
{
	(void)state;
	char line[64];
	/* What stands behind the run, or is no possible number, is no candidate. */
	struct made m = with_run(0x0c090c2d, 0x0c010106, true);
	struct image_info info = inspect(&m, NULL);

	assert_int_equal(info.id.certainty, IMAGE_VER_AT_LEAST);
	assert_int_equal(info.id.version, 0x0c000203);
	image_firmware_text(&info, line, sizeof(line));
	assert_string_equal(line, "Tasmota >= 12.0.2.3");
	assert_string_equal(info.id.build, "tasmota-sensors");
	assert_string_equal(info.id.variant, "sensors");
	free(m.data);
}

static void identity__is__likely_by_constant_before_run(void **state)
{
	(void)state;
	char line[64];
	struct made m = with_run(0x0c010106, 0x0c000204, true);
	struct image_info info = inspect(&m, NULL);

	assert_int_equal(info.id.certainty, IMAGE_VER_LIKELY);
	assert_int_equal(info.id.version, 0x0c010106);
	assert_int_equal(info.id.at_least, 0x0c000203);
	image_firmware_text(&info, line, sizeof(line));
	assert_string_equal(line, "Tasmota 12.1.1.6 (likely)");
	free(m.data);
}

static void identity__claims__nothing_between_two_candidates(void **state)
{
	static const struct {
		uint32_t before;
		enum image_certainty certainty;
	} cases[] = {
	    {0x0d000000, IMAGE_VER_AT_LEAST}, /* a word of other meanings too */
	    {0x0c020400, IMAGE_VER_AT_LEAST}, /* there is no 12.2.4 */
	    {0x0e000001, IMAGE_VER_AT_LEAST}, /* two majors away */
	    {0x0c020004, IMAGE_VER_LIKELY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m = with_run(cases[i].before, 0, true);
		assert_int_equal(inspect(&m, NULL).id.certainty, cases[i].certainty);
		/* A second one, in the boot loader's padding. */
		put_le32(m.data + 2048, 0x0c010106);
		struct image_info info = inspect(&m, NULL);
		assert_int_equal(info.id.certainty,
		    cases[i].certainty == IMAGE_VER_LIKELY || cases[i].before == 0x0d000000
			? IMAGE_VER_AT_LEAST
			: IMAGE_VER_LIKELY);
		free(m.data);
	}
}

static void identity__tells__variant_by_its_parts(void **state)
{
	static const struct {
		const char *parts[6];
		const char *variant;
	} cases[] = {
	    {{"DOM: Idx", "IRR: Echo", "RUL: ", "TYA: "}, "full"},
	    {{"DOM: Idx", "IRR: Echo", "RUL: ", "TYA: ", "action='kn'"}, "knx"},
	    {{"DOM: Idx", "IRR: Echo", "RUL: ", "TYA: ", "TSL2561"}, "sensors"},
	    {{"DOM: Idx"}, "classic"},
	    {{"RUL: ", "TYA: "}, "basic"},
	    {{"RUL: ", "TYA: ", "EPD: HardSPI"}, "display"},
	    {{"RUL: ", "IRHVAC", "DOM: Idx", "IrReceived"}, "ir"},
	    {{"RUL: "}, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct content *c = xcalloc(1, sizeof(*c));
		content_init(c);
		content_string(c, "{\"StatusFWR\":{\"Version\"");
		for (size_t k = 0; k < 6 && cases[i].parts[k]; k++)
			content_string(c, cases[i].parts[k]);
		struct made m = make_8266(c, 3, 0x20);
		assert_string_equal(inspect(&m, NULL).id.variant, cases[i].variant);
		free(m.data);
		free(c);
	}
}

static void identity__tells__minimal_build(void **state)
{
	(void)state;
	struct content *c = xcalloc(1, sizeof(*c));

	tasmota_6(c);
	content_string(c, "WARNING This version does not support persistent settings");
	struct made m = make_8266(c, 3, 0x20);
	/* A build that can fetch a minimal one is none. */
	assert_string_equal(inspect(&m, NULL).id.variant, "full");
	free(m.data);

	content_init(c);
	content_string(c, "Project %s %s Version %s%s-2_5_2");
	content_string(c, "WARNING This version does not support persistent settings");
	content_string(c, "{\"StatusFWR\":{\"Version\"");
	content_string(c, "http://thehackbox.org/tasmota/release/sonoff.bin");
	m = make_8266(c, 3, 0x20);
	struct image_info info = inspect(&m, NULL);
	assert_string_equal(info.id.variant, "minimal");
	assert_string_equal(info.id.series, "6.4 to 7.0");
	free(m.data);
	free(c);
}

static void identity__names__other_firmware(void **state)
{
	static const struct {
		const char *text;
		enum image_firmware fw;
	} cases[] = {
	    {"ESPHome version 2023.1 compiled on", IMAGE_FW_ESPHOME},
	    {"ESPURNA", IMAGE_FW_ESPURNA},
	    {"Host: iotgo.iteadstudio.com", IMAGE_FW_EWELINK},
	    {"Resetting HomeKit Config", IMAGE_FW_HOMEKIT},
	    {"nothing that is known, %s-2_3_0", IMAGE_FW_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct content *c = xcalloc(1, sizeof(*c));
		content_init(c);
		content_string(c, cases[i].text);
		struct made m = make_8266(c, 3, 0x20);
		struct image_info info = inspect(&m, NULL);
		assert_string_equal(
		    image_firmware_name(info.id.firmware), image_firmware_name(cases[i].fw));
		assert_string_equal(info.id.core, "");
		free(m.data);
		free(c);
	}
}

static void identity__hints__version_of_name(void **state)
{
	static const struct {
		const char *name, *version;
	} cases[] = {
	    {"sonoff.ino.6.6.0.20-1k.bin", "6.6.0.20"},
	    {"sonoff.ino.6.6.0.1kflash.bin", "6.6.0"},
	    {"sonoff.ino.6.4.1.14.1kflash.bin", "6.4.1.14"},
	    {"sonoff-6.4.1.bin", "6.4.1"},
	    {"tasmota-v12.1.1.bin", "12.1.1"},
	    {"tasmota32.bin", ""},
	    {"a1.2.3.bin", ""},
	    {"x-9999.1.2.bin", ""},
	    {"7.2.bin", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    inspect_bytes("x", 1, cases[i].name).id.name_version, cases[i].version);
}

/* ---- may it be written ----------------------------------------------------------------------- */

static enum image_refusal judge(
    const struct image_info *info, const struct image_target *target, struct image_verdict *v)
{
	int rc = image_check(info, target, v);

	assert_int_equal(rc == 0, v->refusal == IMAGE_OK);
	assert_int_equal(v->reason[0] == '\0', v->refusal == IMAGE_OK);
	assert_int_equal(v->advice[0] == '\0', v->refusal == IMAGE_OK);
	return v->refusal;
}

static void check__takes__good_image_without_warning(void **state)
{
	(void)state;
	struct image_verdict v;
	struct made m = make_tasmota_6(3, 0x20);
	struct image_info info = inspect(&m, NULL);
	struct image_target unknown = {0};

	str_copy(info.id.series, sizeof(info.id.series), "6.4 to 7.0"); /* not known as bad */
	assert_int_equal(judge(&info, &basic, &v), IMAGE_OK);
	assert_int_equal(v.warning_count, 0);
	assert_int_equal(judge(&info, &unknown, &v), IMAGE_OK);
	assert_int_equal(v.warning_count, 0);
	free(m.data);
}

static void check__refuses__what_is_no_firmware(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum image_refusal refusal;
		const char *word; /* in the advice */
	} cases[] = {
	    {"", 0, IMAGE_NO_EMPTY, "download"},
	    {"\x1f\x8b\x08\x00\0\0\0\0\0\x03 packed bytes here", 28, IMAGE_NO_PACKED, "gunzip"},
	    {"PK\x03\x04 and so on", 14, IMAGE_NO_PACKED, "unpack"},
	    {"<!DOCTYPE html>", 15, IMAGE_NO_HTML, "raw"},
	    {"\x7f"
	     "ELF\x01\x01\x01",
		7, IMAGE_NO_FIRMWARE, ".bin"},
	    {":020000040000FA\r\n", 17, IMAGE_NO_FIRMWARE, ".bin"},
	    {"hello", 5, IMAGE_NO_FIRMWARE, ".bin"},
	    {"\xff\xff\xff\xff", 4, IMAGE_NO_FIRMWARE, ".bin"},
	    {"\x05\x00\x04\x02", 4, IMAGE_NO_FIRMWARE, ".bin"},
	    {"\xe9\x01\x02", 3, IMAGE_NO_HEADER, "again"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_verdict v;
		struct image_info info = inspect_bytes(cases[i].bytes, cases[i].n, NULL);

		assert_int_equal(judge(&info, &basic, &v), cases[i].refusal);
		assert_non_null(strstr(v.advice, cases[i].word));
	}
}

static void check__refuses__esp32_image(void **state)
{
	(void)state;
	struct image_verdict v;
	struct made m = make_esp32(9, true);
	struct image_info info = inspect(&m, NULL);

	assert_int_equal(judge(&info, &basic, &v), IMAGE_NO_ESP32);
	assert_non_null(strstr(v.reason, "ESP32-S3"));
	free(m.data);
}

static void check__refuses__damage(void **state)
{
	(void)state;
	struct image_verdict v;
	struct made m = make_tasmota_6(3, 0x20);

	m.n -= 10;
	struct image_info info = inspect(&m, NULL);
	assert_int_equal(judge(&info, &basic, &v), IMAGE_NO_TRUNCATED);
	m.n += 10;
	m.data[7000] ^= 4;
	info = inspect(&m, NULL);
	assert_int_equal(judge(&info, &basic, &v), IMAGE_NO_CHECKSUM);
	m.data[7000] ^= 4;
	m.data[0x1000] = 0;
	info = inspect(&m, NULL);
	assert_int_equal(judge(&info, &basic, &v), IMAGE_NO_HEADER);
	free(m.data);
}

static void check__refuses__wrong_places(void **state)
{
	(void)state;
	struct image_verdict v;
	struct made m = make_tasmota_6(3, 0x20);
	struct image_info info = inspect(&m, NULL);
	struct image_target t = basic;

	t.offset = 0x1000;
	assert_int_equal(judge(&info, &t, &v), IMAGE_NO_OFFSET);
	t.offset = 0x123;
	assert_int_equal(judge(&info, &t, &v), IMAGE_NO_OFFSET);
	t.offset = 0x100000 - 0x1000;
	assert_int_equal(judge(&info, &t, &v), IMAGE_NO_SPACE);
	t.offset = 0xfffff000;
	assert_int_equal(judge(&info, &t, &v), IMAGE_NO_SPACE);
	t.offset = 0;
	t.flash_size = (uint32_t)m.n - 1;
	assert_int_equal(judge(&info, &t, &v), IMAGE_NO_SPACE);
	t.flash_size = (uint32_t)m.n;
	assert_int_equal(judge(&info, &t, &v), IMAGE_OK);
	free(m.data);
}

static void check__refuses__sdk_application_at_0(void **state)
{
	(void)state;
	struct image_verdict v;
	struct image_info info = {.kind = IMAGE_ESP8266_V2, .size = 1000};
	struct image_target t = basic;

	assert_int_equal(judge(&info, &t, &v), IMAGE_NO_OFFSET);
	t.offset = 0x1000;
	assert_int_equal(judge(&info, &t, &v), IMAGE_OK);
}

static void check__warns__of_header_for_larger_flash(void **state)
{
	(void)state;
	struct image_verdict v;
	struct made m = make_tasmota_6(0, 0x40); /* QIO, 4 MB */
	struct image_info info = inspect(&m, NULL);
	struct image_target t = basic;

	str_copy(info.id.series, sizeof(info.id.series), "6.4 to 7.0"); /* not known as bad */
	assert_int_equal(judge(&info, &t, &v), IMAGE_OK);
	assert_int_equal(v.warning_count, 1);
	assert_non_null(strstr(v.warnings[0], "4 MB of flash, the chip has 1 MB"));
	t.is_8285 = true;
	assert_int_equal(judge(&info, &t, &v), IMAGE_OK);
	assert_int_equal(v.warning_count, 2);
	assert_non_null(strstr(v.warnings[1], "DOUT"));
	free(m.data);
}

static void check__warns__of_unknown_firmware(void **state)
{
	(void)state;
	struct image_verdict v;
	struct content *c = xcalloc(1, sizeof(*c));

	content_init(c);
	content_string(c, "ESPURNA");
	struct made m = make_8266(c, 3, 0x20);
	struct image_info info = inspect(&m, NULL);
	assert_int_equal(judge(&info, &basic, &v), IMAGE_OK);
	assert_int_equal(v.warning_count, 1);
	assert_non_null(strstr(v.warnings[0], "ESPurna"));
	free(m.data);
	free(c);
}

static void patch__changes__mode_of_an_8285_alone(void **state)
{
	(void)state;
	struct image_patch p;
	struct made m = make_tasmota_6(0, 0x40);
	struct image_info info = inspect(&m, NULL);
	struct image_target t = {.flash_size = 1024 * 1024, .is_8285 = true, .chip_known = true};

	image_patch_plan(&info, &t, &p);
	assert_true(p.needed);
	assert_int_equal(p.offset, 2);
	assert_int_equal(p.old_byte, 0);
	assert_int_equal(p.new_byte, 3);
	assert_int_equal(m.data[p.offset], p.old_byte);

	/* The checksum holds with the new byte, size and frequency are as before. */
	m.data[p.offset] = p.new_byte;
	struct image_info patched = inspect(&m, NULL);
	assert_int_equal(patched.fault, IMAGE_FAULT_NONE);
	assert_int_equal(patched.flash_size, info.flash_size);
	image_patch_plan(&patched, &t, &p);
	assert_false(p.needed);

	t.is_8285 = false;
	image_patch_plan(&info, &t, &p);
	assert_false(p.needed);
	t.is_8285 = true;
	t.offset = 0x1000;
	image_patch_plan(&info, &t, &p);
	assert_false(p.needed);
	free(m.data);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void describe__tells__rows_for_a_page(void **state)
{
	(void)state;
	struct sbuf out;
	struct made m = make_tasmota_6(3, 0x20);
	struct image_info info = inspect(&m, "sonoff.bin");

	sbuf_init(&out, 8192);
	image_describe(&info, &out);
	assert_non_null(strstr(sbuf_str(&out), "file: sonoff.bin\n"));
	assert_non_null(strstr(sbuf_str(&out), "version: 6.x ("));
	assert_non_null(strstr(sbuf_str(&out), "flash in the header: DOUT, 1 MB, 40 MHz\n"));
	assert_non_null(strstr(sbuf_str(&out), ", right\n"));
	assert_false(out.cut);
	sbuf_fini(&out);
	free(m.data);
}

/* ---- hostile files --------------------------------------------------------------------------- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void all_of_it(const uint8_t *data, size_t n)
{
	struct image_info info;
	struct image_verdict v;
	struct image_patch p;
	struct sbuf out;
	char line[200];

	image_inspect(data, n, "x", &info);
	assert_true(info.boot.count <= IMAGE_MAX_SEGMENTS && info.app.count <= IMAGE_MAX_SEGMENTS);
	assert_true(info.end == 0 || info.end > n || info.end + info.trailing == n);
	image_check(&info, &basic, &v);
	image_patch_plan(&info, &basic, &p);
	image_summary(&info, line, sizeof(line));
	sbuf_init(&out, 16384);
	image_describe(&info, &out);
	sbuf_fini(&out);
}

static void inspect__survives__mutations(void **state)
{
	(void)state;
	uint32_t seed = 20181;
	struct made sources[] = {
	    make_tasmota_6(3, 0x20), make_esp32(0, true), with_run(0x0c010106, 0, true)};

	for (int round = 0; round < 600; round++) {
		const struct made *m = &sources[round % 3];
		size_t n = m->n - (round % 5 == 0 ? next_random(&seed) % m->n : 0);
		uint8_t *copy = xmemdup(m->data, n ? n : 1);
		for (int k = 0; k < 8 && n > 0; k++) {
			/* Half of the changes hit the headers. */
			size_t at = next_random(&seed) % (k % 2 ? n : n < 48 ? n : 48);
			if (k % 4 == 2 && n > 4200)
				at = 4080 + next_random(&seed) % 64;
			copy[at] = (uint8_t)next_random(&seed);
		}
		if (n > 0 && round % 3 == 0)
			copy[0] = 0xe9;
		all_of_it(copy, n);
		free(copy);
	}
	for (size_t i = 0; i < 3; i++)
		free(sources[i].data);
}

static void inspect__survives__noise_behind_each_magic(void **state)
{
	static const uint8_t magic[] = {0xe9, 0xea, 0x1f, 0x00, 0xff, 'P', 0x7f, ':', '<'};
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 900; round++) {
		size_t n = next_random(&seed) % 300;
		uint8_t *p = xcalloc(1, n + 1);
		for (size_t i = 0; i < n; i++)
			p[i] = (uint8_t)next_random(&seed);
		if (n > 1) {
			p[0] = magic[(size_t)round % sizeof(magic)];
			if (p[0] == 0x1f)
				p[1] = 0x8b;
		}
		uint8_t *exact = xmemdup(p, n ? n : 1);
		all_of_it(exact, n);
		free(exact);
		free(p);
	}
}

static void image_check__takes_data__behind_the_firmware(void **state)
{
	uint8_t data[4096];
	struct image_info info;
	struct image_target t = {.flash_size = 1024 * 1024, .offset = 0xfc000};
	struct image_verdict v;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 3);
	image_inspect(data, sizeof(data), "esp_init_data.bin", &info);
	assert_int_equal(image_check(&info, &t, &v), 0);
	assert_non_null(strstr(v.warnings[0], "no firmware"));
	t.offset = 0;
	assert_int_not_equal(image_check(&info, &t, &v), 0);
	t.offset = 0x100000;
	assert_int_not_equal(image_check(&info, &t, &v), 0);
	/* A web page or a packed file is a mistake anywhere. */
	t.offset = 0xfc000;
	image_inspect((const uint8_t *)"<!DOCTYPE html><html>", 21, "x.bin", &info);
	assert_int_not_equal(image_check(&info, &t, &v), 0);
}

/* Length and CRC of newer cores: believed only where the length can be that of the whole. */
static void inspect__believes__lengths_that_can_be(void **state)
{
	(void)state;
	struct made m = make_tasmota_6(3, 0x20);
	struct {
		uint32_t length;
		bool has_crc;
	} cases[] = {
	    {0x1000, false},
	    {0xaaaaaaaa, false},
	    {16u * 1024 * 1024 + 1, false},
	    {(uint32_t)m.n - 1, false},
	    {(uint32_t)m.n, true},
	    {(uint32_t)m.n + 4096, true}, /* a signature behind it */
	    {(uint32_t)m.n + 4097, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_le32(m.data + 4088, cases[i].length);
		struct image_info info = inspect(&m, NULL);
		assert_int_equal(info.has_crc, cases[i].has_crc);
		/* What it promises and the file has not proves a cut. */
		assert_int_equal(info.fault, !cases[i].has_crc	     ? IMAGE_FAULT_NONE
					     : cases[i].length > m.n ? IMAGE_FAULT_TRUNCATED
								     : IMAGE_FAULT_CRC);
		assert_int_equal(info.end, cases[i].has_crc ? cases[i].length : m.n);
	}
	free(m.data);
}

static void inspect__finds__cut_of_the_sdks_form(void **state)
{
	(void)state;
	uint8_t data[100] = {0xea, 4, 0, 0x40};

	put_le32(data + 12, 1000);
	struct image_info info = inspect_bytes(data, sizeof(data), NULL);
	assert_int_equal(info.kind, IMAGE_ESP8266_V2);
	assert_int_equal(info.fault, IMAGE_FAULT_TRUNCATED);
	assert_int_equal(info.end, 16 + 1000 + 8);
	/* A length beyond any flash, or another number of segments: no such header. */
	put_le32(data + 12, 16u * 1024 * 1024 + 1);
	assert_int_equal(inspect_bytes(data, sizeof(data), NULL).kind, IMAGE_ESP_DAMAGED);
	put_le32(data + 12, 1000);
	data[1] = 3;
	assert_int_equal(inspect_bytes(data, sizeof(data), NULL).kind, IMAGE_ESP_DAMAGED);
	/* An application behind it whose header makes no sense. */
	data[1] = 4;
	put_le32(data + 12, 16);
	data[32] = 0xe9;
	data[33] = 1;
	put_le32(data + 40, 0x12345678);
	put_le32(data + 44, 4);
	info = inspect_bytes(data, sizeof(data), NULL);
	assert_int_equal(info.kind, IMAGE_ESP8266_V2);
	assert_int_equal(info.fault, IMAGE_FAULT_HEADER);
}

/* Addresses at the edges of the ESP8266's memory. */
static void inspect__takes__addresses_that_there_are(void **state)
{
	(void)state;
	static const struct {
		uint32_t addr;
		bool ok;
	} cases[] = {{0x40100000, true}, {0x4010ffff, true}, {0x40110000, false},
	    {0x400fffff, false}, {0x3ffe8000, true}, {0x3ffe7fff, false}, {0x40200000, true},
	    {0x403fffff, true}, {0x40400000, false}, {0, true}, {4, false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t data[48] = {0xe9, 1, 0, 0x20};

		/* What an ESP32's header would have is none. */
		memset(data + 8, 0x77, sizeof(data) - 8);
		put_le32(data + 8, cases[i].addr);
		put_le32(data + 12, 16);
		struct image_info info = inspect_bytes(data, sizeof(data), NULL);
		assert_int_equal(info.kind, cases[i].ok ? IMAGE_ESP8266 : IMAGE_ESP_DAMAGED);
	}
}

/* Intel HEX: the first record whole, its digits in either case, and its sum right. */
static void inspect__tells__intel_hex(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		enum image_kind kind;
	} cases[] = {
	    {":020000040000fa\n", IMAGE_IHEX},
	    {":020000040000FA", IMAGE_IHEX}, /* without a line's end */
	    {":020000040000F9", IMAGE_TEXT},
	    {":020000040000FA  ", IMAGE_TEXT},
	    {":020000040000FA0\n", IMAGE_TEXT}, /* half a byte */
	    {":0200000400\n", IMAGE_TEXT},
	    {":00000001FF\n", IMAGE_IHEX},
	    {":0000001FF\n", IMAGE_TEXT},
	    {":02000004000gFA\n", IMAGE_TEXT},
	    {"\t\r\n<!-- x -->", IMAGE_HTML},
	    {"<?xml version", IMAGE_HTML},
	    {"a\x7f", IMAGE_UNKNOWN},
	    {"a\x01", IMAGE_UNKNOWN},
	    {"a\xfe", IMAGE_UNKNOWN},
	    {"a\x1b[0m\x0c", IMAGE_TEXT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info =
		    inspect_bytes(cases[i].bytes, strlen(cases[i].bytes), NULL);

		if (info.kind != cases[i].kind)
			print_message("case %zu\n", i);
		assert_string_equal(image_kind_key(info.kind), image_kind_key(cases[i].kind));
	}
}

static void freq__is_told__by_its_code(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 16; code++) {
		unsigned mhz = code == 0    ? 40
			       : code == 1  ? 26
			       : code == 2  ? 20
			       : code == 15 ? 80
					    : 0;

		assert_int_equal(image_freq_mhz((uint8_t)code), mhz);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(image_check__takes_data__behind_the_firmware),
	    cmocka_unit_test(inspect__reads__two_chained_images),
	    cmocka_unit_test(inspect__finds__wrong_checksum),
	    cmocka_unit_test(inspect__finds__truncation_at_every_length),
	    cmocka_unit_test(inspect__counts__trailing_bytes),
	    cmocka_unit_test(inspect__checks__crc_of_newer_cores),
	    cmocka_unit_test(inspect__tells__damaged_headers),
	    cmocka_unit_test(inspect__tells__backup_of_whole_flash),
	    cmocka_unit_test(inspect__tells__outer_header_of_sdk),
	    cmocka_unit_test(inspect__tells__esp32_files),
	    cmocka_unit_test(inspect__tells__what_else_a_file_is),
	    cmocka_unit_test(inspect__looks_for__the_firmware_in_the_first_megabytes),
	    cmocka_unit_test(inspect__reads__name_within_gzip),
	    cmocka_unit_test(inspect__masks__control_bytes_in_names),
	    cmocka_unit_test(identity__is__series_when_no_number_stands_in_it),
	    cmocka_unit_test(identity__is__exact_by_marker),
	    cmocka_unit_test(identity__is__lower_bound_by_run),
	    cmocka_unit_test(identity__is__likely_by_constant_before_run),
	    cmocka_unit_test(identity__claims__nothing_between_two_candidates),
	    cmocka_unit_test(identity__tells__variant_by_its_parts),
	    cmocka_unit_test(identity__tells__minimal_build),
	    cmocka_unit_test(identity__names__other_firmware),
	    cmocka_unit_test(identity__hints__version_of_name),
	    cmocka_unit_test(check__takes__good_image_without_warning),
	    cmocka_unit_test(check__refuses__what_is_no_firmware),
	    cmocka_unit_test(check__refuses__esp32_image),
	    cmocka_unit_test(check__refuses__damage),
	    cmocka_unit_test(check__refuses__wrong_places),
	    cmocka_unit_test(check__refuses__sdk_application_at_0),
	    cmocka_unit_test(check__warns__of_header_for_larger_flash),
	    cmocka_unit_test(check__warns__of_unknown_firmware),
	    cmocka_unit_test(patch__changes__mode_of_an_8285_alone),
	    cmocka_unit_test(describe__tells__rows_for_a_page),
	    cmocka_unit_test(inspect__survives__mutations),
	    cmocka_unit_test(inspect__survives__noise_behind_each_magic),
	    cmocka_unit_test(inspect__believes__lengths_that_can_be),
	    cmocka_unit_test(inspect__finds__cut_of_the_sdks_form),
	    cmocka_unit_test(inspect__takes__addresses_that_there_are),
	    cmocka_unit_test(inspect__tells__intel_hex),
	    cmocka_unit_test(freq__is_told__by_its_code),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
