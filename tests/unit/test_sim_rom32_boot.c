/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the virtual ESP32 family starts what is in its flash, and its own USB with the watchdogs:
 * esp-serial-protocol.md 4.3, 4.4, 5 and 8, tasmota.md 6. */
#include "sim_peer32.h"
#include "sim/sha256.h"
#include "sim/tasmota32_image.h"
#include "sim/tasmota_ident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct peer P;
static uint8_t IMAGE[TAS32_IMAGE_MAX];
static size_t SIZE;

static int teardown(void **state)
{
	(void)state;
	peer_fini(&P);
	return 0;
}

static struct peer *board(enum sim_chip chip)
{
	peer32_init(&P, chip,
	    &(struct sim_link_config){.device.scenario = "network * rssi -55 channel 6\n"});
	return &P;
}

static void make(enum sim_chip chip, enum tas32_kind kind, enum tas32_layout layout)
{
	struct tas32_spec s = {.chip = sim_chip_row(chip),
	    .kind = kind,
	    .layout = layout,
	    .version = TAS_V(15, 2, 0, 0),
	    .size = 0x20000,
	    .mode = 2,
	    .flash = 0x20};

	SIZE = tas32_image_make(&s, IMAGE);
	assert_true(SIZE > 0);
}

static void put(struct peer *p, uint32_t at)
{
	sim_flash_load(sim_device_flash(sim_link_device(p->l)), at, IMAGE, SIZE);
}

static void put_factory(struct peer *p, enum sim_chip chip, enum tas32_layout layout)
{
	make(chip, TAS32_FACTORY, layout);
	put(p, 0);
}

static void boot(struct peer *p)
{
	peer_forget(p);
	sim_link_power(p->l, true, p->now);
	peer_wait(p, 1000000);
}

/* --- images --------------------------------------------------------------------------------------- */

static void sha256__is_right__of_known_texts(void **state)
{
	/* FIPS 180-2, B.1 and B.2 */
	static const uint8_t abc[4] = {0xba, 0x78, 0x16, 0xbf}, two[4] = {0x24, 0x8d, 0x6a, 0x61};
	static const char text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	struct sim_sha256 h;
	uint8_t out[32];

	(void)state;
	sim_sha256_init(&h);
	sim_sha256_add(&h, "abc", 3);
	sim_sha256_end(&h, out);
	assert_memory_equal(out, abc, 4);
	sim_sha256_init(&h);
	for (size_t i = 0; text[i]; i++)
		sim_sha256_add(&h, text + i, 1);
	sim_sha256_end(&h, out);
	assert_memory_equal(out, two, 4);
}

static void factory_image__has_its_parts__where_the_chip_wants_them(void **state)
{
	(void)state;
	make(SIM_ESP32, TAS32_FACTORY, TAS32_LAYOUT_SAFEBOOT);
	assert_int_equal(IMAGE[0], 0xFF);
	assert_int_equal(IMAGE[0x1000], 0xE9);
	assert_memory_equal(IMAGE + 0x8000, "\xAA\x50\x01\x02", 4);
	assert_memory_equal(IMAGE + 0xE0000 + 0x20, "\x32\x54\xCD\xAB", 4);
	make(SIM_ESP32C3, TAS32_FACTORY, TAS32_LAYOUT_MOVED);
	assert_int_equal(IMAGE[0], 0xE9);
	assert_int_equal(IMAGE[12], 5);
	assert_int_equal(IMAGE[0x140000], 0xE9);
	assert_int_equal(IMAGE[0xE0000], 0xFF);
	assert_int_equal(tas32_app_offset(TAS32_LAYOUT_MOVED), 0x140000);
	make(SIM_ESP32C5, TAS32_FACTORY, TAS32_LAYOUT_TWO_SLOT);
	assert_int_equal(IMAGE[0x2000], 0xE9);
	assert_int_equal(IMAGE[0x10000 + 12], 23);
}

/* --- from flash ----------------------------------------------------------------------------------- */

static void application__is_found_by_the_table__every_layout(void **state)
{
	static const enum tas32_layout layouts[] = {
	    TAS32_LAYOUT_SAFEBOOT, TAS32_LAYOUT_TWO_SLOT, TAS32_LAYOUT_MOVED};
	static const char *const where[] = {"0xe0000", "0x10000", "0x140000"};
	char text[80];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct peer *p = board(SIM_ESP32C3);

		put_factory(p, SIM_ESP32C3, layouts[i]);
		boot(p);
		assert_true(peer_saw(p, "ESP-ROM:esp32c3-api1-20210207\r\n"));
		assert_true(peer_saw(p, "rst:0x1 (POWERON),boot:0xd (SPI_FAST_FLASH_BOOT)"));
		snprintf(text, sizeof(text), "Loaded app from partition at offset %s", where[i]);
		assert_true(peer_saw(p, text));
		assert_true(peer_saw(p, "HDW: ESP32-C3"));
		assert_true(peer_saw(p, "Version 15.2.0(release-tasmota32c3)-3_3_7"));
		if (i < 2)
			peer_fini(p);
	}
}

static void tasmota__starts__on_every_chip(void **state)
{
	(void)state;
	for (int c = SIM_ESP32; c < SIM_CHIPS; c++) {
		struct peer *p = board((enum sim_chip)c);

		put_factory(p, (enum sim_chip)c, TAS32_LAYOUT_SAFEBOOT);
		boot(p);
		assert_true(peer_saw(p, "Version 15.2.0(release-tasmota32"));
		if (c + 1 < SIM_CHIPS)
			peer_fini(p);
	}
}

static void settings__stay_in_their_partition__over_a_restart(void **state)
{
	struct peer *p = board(SIM_ESP32);
	struct sim_flash *f = sim_device_flash(sim_link_device(p->l));

	(void)state;
	put_factory(p, SIM_ESP32, TAS32_LAYOUT_SAFEBOOT);
	boot(p);
	peer_send(p, "FriendlyName1 Lamp\n", 19);
	peer_wait(p, 5000000);
	peer_forget(p);
	peer_send(p, "Restart 1\n", 10);
	peer_wait(p, 8000000);
	assert_true(peer_saw(p, "rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"));
	peer_forget(p);
	peer_send(p, "FriendlyName1\n", 14);
	peer_wait(p, 2000000);
	assert_true(peer_saw(p, "Lamp"));
	/* The image is what it was. */
	assert_memory_equal(f->mem + 0xE0000, IMAGE + 0xE0000, SIZE - 0xE0000);
	assert_memory_equal(f->mem + 0x10000, IMAGE + 0x10000, 0xD0000);
}

static void blank_flash__loops__with_invalid_header(void **state)
{
	struct peer *p = board(SIM_ESP32);

	(void)state;
	boot(p);
	peer_wait(p, 10000000);
	assert_true(peer_saw(p, "invalid header: 0xffffffff\r\n"));
	assert_true(peer_saw(p, "rst:0x10 (RTCWDT_RTC_RESET)"));
	assert_true(sim_device_resets(sim_link_device(p->l)) > 3);
}

static void application__alone_at_0__is_no_boot_loader(void **state)
{
	struct peer *p = board(SIM_ESP32);

	(void)state;
	make(SIM_ESP32, TAS32_APP, TAS32_LAYOUT_SAFEBOOT);
	put(p, 0);
	boot(p);
	assert_false(peer_saw(p, "Version 15"));
	assert_true(peer_saw(p, "invalid header: 0x"));
}

static void table__is_missing__told_by_the_boot_loader(void **state)
{
	struct peer *p = board(SIM_ESP32C6);

	(void)state;
	make(SIM_ESP32C6, TAS32_BOOTLOADER, TAS32_LAYOUT_SAFEBOOT);
	put(p, 0);
	boot(p);
	assert_true(peer_saw(p, "invalid magic number 0xffff"));
	assert_true(peer_saw(p, "load partition table error"));
}

static void application__damaged__falls_back_to_safeboot(void **state)
{
	struct peer *p = board(SIM_ESP32S3);
	uint32_t at;

	(void)state;
	put_factory(p, SIM_ESP32S3, TAS32_LAYOUT_SAFEBOOT);
	at = 0xE0000 + 0x8000;
	sim_device_flash(sim_link_device(p->l))->mem[at] ^= 1;
	boot(p);
	assert_true(peer_saw(p, "Checksum failed"));
	assert_true(peer_saw(p, "Loaded app from partition at offset 0x10000"));
	assert_true(peer_saw(p, "(release-safeboot)"));
	assert_true(peer_saw(p, "does not support persistent settings"));
}

static void application__hash_wrong__is_corrupt(void **state)
{
	struct peer *p = board(SIM_ESP32S3);
	struct sim_flash *f = sim_device_flash(sim_link_device(p->l));

	(void)state;
	put_factory(p, SIM_ESP32S3, TAS32_LAYOUT_SAFEBOOT);
	/* Complementary errors that the checksum does not see. */
	f->mem[0xE8000] ^= 1;
	f->mem[0xE8001] ^= 1;
	boot(p);
	assert_true(peer_saw(p, "Image hash failed"));
}

static void application__of_another_chip__is_told(void **state)
{
	struct peer *p = board(SIM_ESP32C3);

	(void)state;
	put_factory(p, SIM_ESP32C3, TAS32_LAYOUT_TWO_SLOT);
	make(SIM_ESP32S3, TAS32_APP, TAS32_LAYOUT_TWO_SLOT);
	put(p, 0x10000);
	boot(p);
	assert_true(peer_saw(p, "mismatch chip ID, expected 5, found 9"));
	assert_true(peer_saw(p, "No bootable app partitions"));
}

static void banner__comes_at_74880__c2_with_26_mhz(void **state)
{
	struct peer *p = board(SIM_ESP32C2);

	(void)state;
	put_factory(p, SIM_ESP32C2, TAS32_LAYOUT_SAFEBOOT);
	sim_link_baud(p->l, 74880, 0);
	boot(p);
	assert_true(peer_saw(p, "ESP-ROM:esp8684-api2-20220127"));
}

/* --- USB-JTAG-serial ------------------------------------------------------------------------------ */

static struct peer *usb(enum sim_chip chip, bool stays)
{
	peer32_init(
	    &P, chip, &(struct sim_link_config){.device = {.usb_jtag = true, .usb_stays = stays}});
	sim_link_power(P.l, true, 0);
	peer_wait(&P, 600000);
	return &P;
}

static void lines(struct peer *p, bool dtr, bool rts, sim_time wait)
{
	sim_link_lines(p->l, dtr, rts, p->now);
	peer_wait(p, wait);
}

/* Section 5: R0 D0, D1 R0, R1 D0 R1, D0 R0. */
static void into_the_loader(struct peer *p)
{
	lines(p, false, false, 100000);
	lines(p, true, false, 100000);
	lines(p, true, true, 1000);
	peer_forget(p);
	lines(p, false, true, 100000);
	lines(p, false, false, 1000);
}

static void usb_lines__lead_into_the_loader__by_their_sequence(void **state)
{
	struct peer *p = usb(SIM_ESP32C3, true);

	(void)state;
	into_the_loader(p);
	assert_true(peer_saw(p, "rst:0x15 (USB_UART_CHIP_RESET),boot:0x5"));
	assert_true(peer_saw(p, "waiting for download"));
	/* RTS alone: a plain reset. */
	peer_forget(p);
	lines(p, false, true, 100000);
	lines(p, false, false, 100000);
	assert_true(peer_saw(p, "boot:0xd (SPI_FAST_FLASH_BOOT)"));
}

static void usb_lines__do_nothing__both_or_dtr_alone(void **state)
{
	struct peer *p = usb(SIM_ESP32C6, true);
	unsigned resets;

	(void)state;
	lines(p, false, false, 1000);
	resets = peer_trace_count(p, "reset cause 21");
	lines(p, true, false, 1000);
	lines(p, true, true, 1000);
	lines(p, true, false, 1000);
	assert_int_equal(peer_trace_count(p, "reset cause 21"), resets);
}

static void usb__knows_no_rate__and_answers_the_first_sync(void **state)
{
	struct peer *p = usb(SIM_ESP32S3, true);

	(void)state;
	into_the_loader(p);
	sim_link_baud(p->l, 9600, p->now);
	assert_true(peer32_words(p, 8, 1, (uint32_t[]){0x20120707}).times == 8);
	assert_int_equal(peer32_read_reg(p, 0x3FCEF14C), 4);
}

static void usb__goes_and_comes__with_a_reset(void **state)
{
	struct peer *p = usb(SIM_ESP32C3, false);

	(void)state;
	assert_true(sim_link_plugged(p->l));
	lines(p, false, true, 1000);
	assert_false(sim_link_plugged(p->l));
	peer_wait(p, 450000);
	assert_true(sim_link_plugged(p->l));
	assert_true(peer_traced(p, "usb goes"));
	assert_true(peer_traced(p, "usb comes"));
}

static void watchdogs__bite_a_session_by_usb__one_after_the_other(void **state)
{
	struct peer *p = usb(SIM_ESP32C3, true);

	(void)state;
	into_the_loader(p);
	peer_wait(p, 4500000);
	assert_int_equal(peer_trace_count(p, "reset cause 16"), 0);
	peer_wait(p, 1000000);
	assert_int_equal(peer_trace_count(p, "reset cause 16"), 1);
}

static void write_reg(struct peer *p, uint32_t addr, uint32_t value)
{
	peer32_assert(peer32_words(p, 9, 4, (uint32_t[]){addr, value, UINT32_MAX, 0}), 0, 0);
}

/* The registers typed in once more from 4.3. */
static const struct {
	enum sim_chip chip;
	uint32_t protect, config0, swd, swd_protect, swd_key, bit;
} dogs[] = {
    {SIM_ESP32C3, 0x600080A8, 0x60008090, 0x600080AC, 0x600080B0, 0x8F1D312A, 31},
    {SIM_ESP32S3, 0x600080B0, 0x60008098, 0x600080B4, 0x600080B8, 0x8F1D312A, 31},
    {SIM_ESP32C6, 0x600B1C18, 0x600B1C00, 0x600B1C1C, 0x600B1C20, 0x50D83AA1, 18},
    {SIM_ESP32H2, 0x600B1C1C, 0x600B1C00, 0x600B1C20, 0x600B1C24, 0x50D83AA1, 18},
    {SIM_ESP32P4, 0x50116018, 0x50116000, 0x5011601C, 0x50116020, 0x50D83AA1, 18},
};

static void watchdogs__are_silenced__by_the_registers_of_4_3(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dogs) / sizeof(dogs[0]); i++) {
		struct peer *p = usb(dogs[i].chip, true);

		into_the_loader(p);
		/* Without the key nothing is taken. */
		write_reg(p, dogs[i].config0, 0);
		assert_false(peer_traced(p, "watchdog off"));
		write_reg(p, dogs[i].protect, 0x50D83AA1);
		write_reg(p, dogs[i].config0, 0);
		write_reg(p, dogs[i].protect, 0);
		write_reg(p, dogs[i].swd_protect, dogs[i].swd_key);
		write_reg(p, dogs[i].swd, peer32_read_reg(p, dogs[i].swd) | 1u << dogs[i].bit);
		write_reg(p, dogs[i].swd_protect, 0);
		peer_wait(p, 20000000);
		assert_int_equal(peer_trace_count(p, "reset cause 16"), 0);
		assert_int_equal(peer_trace_count(p, "reset cause 18"), 0);
		if (i + 1 < sizeof(dogs) / sizeof(dogs[0]))
			peer_fini(p);
	}
}

static void watchdog__resets_the_chip__when_asked_to(void **state)
{
	struct peer *p = usb(SIM_ESP32S3, true);

	(void)state;
	into_the_loader(p);
	write_reg(p, 0x600080B0, 0x50D83AA1);
	write_reg(p, 0x6000809C, 2000);
	peer_forget(p);
	write_reg(p, 0x60008098, 1u << 31 | 5u << 28 | 1u << 8 | 2);
	peer_wait(p, 700000);
	assert_int_equal(peer_trace_count(p, "reset cause 16"), 1);
}

#define CASE(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sha256__is_right__of_known_texts),
	    cmocka_unit_test(factory_image__has_its_parts__where_the_chip_wants_them),
	    CASE(application__is_found_by_the_table__every_layout),
	    CASE(tasmota__starts__on_every_chip),
	    CASE(settings__stay_in_their_partition__over_a_restart),
	    CASE(blank_flash__loops__with_invalid_header),
	    CASE(application__alone_at_0__is_no_boot_loader),
	    CASE(table__is_missing__told_by_the_boot_loader),
	    CASE(application__damaged__falls_back_to_safeboot),
	    CASE(application__hash_wrong__is_corrupt),
	    CASE(application__of_another_chip__is_told),
	    CASE(banner__comes_at_74880__c2_with_26_mhz),
	    CASE(usb_lines__lead_into_the_loader__by_their_sequence),
	    CASE(usb_lines__do_nothing__both_or_dtr_alone),
	    CASE(usb__knows_no_rate__and_answers_the_first_sync),
	    CASE(usb__goes_and_comes__with_a_reset),
	    CASE(watchdogs__bite_a_session_by_usb__one_after_the_other),
	    CASE(watchdogs__are_silenced__by_the_registers_of_4_3),
	    CASE(watchdog__resets_the_chip__when_asked_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
