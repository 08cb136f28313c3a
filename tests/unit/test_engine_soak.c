/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine under every fault of the virtual device, with the real stub, with an ESP8266's ROM
 * alone and with two ESP32s': never a wrong "done", and where it fails, what it names is what differs.
 * SEEDS=200 runs each that often and prints a table; ONLY=drop those whose specification begins so,
 * MODE=rom one of stub, rom, esp32 and esp32c3, FIRST=n from that seed on. VERBOSE=1 tells of each
 * failure. Virtual time.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enginesim.h"
#include "sim/faults.h"

#define KIB    1024u
#define IMAGE  (72u * KIB + 100)
#define CHIP   (1u << 20)
#define SECTOR 4096u
#define END    ((IMAGE + SECTOR - 1) / SECTOR * SECTOR)
#define MIN    (60 * (int64_t)1000000)

static uint8_t image[END], before[CHIP];
static struct rig rig;

/* What the runs of one fault came to. */
struct tally {
	unsigned runs, done, failed, named, mostly, wrong;
	unsigned retries;
};

struct fault {
	const char *spec; /* %u: a number that depends on the seed, from 1 to `most` */
	unsigned most;
	unsigned least_done; /* per cent of the runs that must end identical */
	const char *chip;    /* of the configuration of the flash: "slow" */
};

static const struct fault faults[] = {
    {"drop:1e-6", 0, 95, NULL},
    {"drop:1e-5", 0, 95, NULL},
    {"drop:1e-4", 0, 0, NULL},
    {"flip:1e-6", 0, 95, NULL},
    {"flip:1e-5", 0, 95, NULL},
    {"flip:1e-4", 0, 0, NULL},
    {"insert:1e-6", 0, 95, NULL},
    {"insert:1e-5", 0, 95, NULL},
    {"insert:1e-4", 0, 0, NULL},
    {"delay:%u", 400, 95, NULL},
    {"answer-lost:%u", 60, 95, NULL},
    {"answer-lost:1e-2", 0, 95, NULL},
    {"reset@BYTE:%u", 60000, 0, NULL},
    {"unplug@BYTE:%u", 60000, 0, NULL},
    {"unplug@REQUEST:%u", 0x50, 0, NULL}, /* the loaders' numbers and the stub's */
    {"brownout-erase:%u", 6, 0, NULL},
    {"worn:%u", END / SECTOR, 0, NULL},
    {"write-protect", 0, 0, NULL},
    {"no-spi-user", 0, 95, NULL},
    {"no-hold", 0, 95, NULL},
    {"short-hold", 0, 95, NULL},
    {"read-mhz:40", 0, 95, NULL},
    {"no-ram-code", 0, 95, NULL},
    {"delay:0", 0, 95, "slow"},
};

static unsigned number_of(unsigned seed, unsigned most)
{
	return 1 + (unsigned)((seed * 2654435761u >> 8) % most);
}

/* Who is written to. */
struct mode {
	const char *name;
	enum sim_chip chip;
	bool stub;
	bool weak; /* an XOR is all that stands behind what was written */
};

static const struct mode modes[] = {
    {"stub", SIM_ESP8266, true, false},
    {"rom", SIM_ESP8266, false, true},
    {"esp32", SIM_ESP32, true, false},
    {"esp32c3", SIM_ESP32C3, true, false},
};

static void begin(
    const struct fault *f, const struct mode *m, unsigned seed, char *spec, size_t size)
{
	static const uint32_t rates[] = {0, 921600, 460800, 1500000};
	struct rig_config c = {.button = true, .seed = seed, .data = {image}, .stub = m->stub};
	unsigned n = f->most ? number_of(seed, f->most) : 0;
	bool worn = strncmp(f->spec, "worn", 4) == 0;

	/* The format is one of the table above. */
	const char *at = strstr(f->spec, "%u");
	if (at)
		snprintf(spec, size, "%.*s%u", (int)(at - f->spec), f->spec, worn ? n - 1 : n);
	else
		snprintf(spec, size, "%s", f->spec);
	c.link.device.chip = m->chip;
	c.link.device.flash_size = CHIP;
	c.job.kind = ENGINE_FLASH;
	c.job.part_count = 1;
	c.job.parts[0].length = IMAGE;
	c.job.app_baud = 115200;
	c.job.baud = rates[seed % 4];
	c.link.usb_latency_us = seed % 3 * 1000;
	c.fault[0] = spec;
	/* Half of the faults of the wire begin with the first byte. */
	c.fault_after_identity = seed % 2 == 0 || strstr(spec, "protect");
	if (f->chip) {
		c.link.device.times.sector_us = 300000;
		c.link.device.times.block_us = 1000000;
		c.link.device.times.page_us = 3000;
	}
	rig_init(&rig, &c);
	rig_fill(before, CHIP, seed + 1000);
	/* A part of it is there already. */
	if (seed % 4 == 1)
		memcpy(before, image, 24 * KIB);
	sim_flash_load(rig_flash(&rig), 0, before, CHIP);
}

static bool differs(uint32_t sector)
{
	uint32_t at = sector * SECTOR, n = IMAGE - at < SECTOR ? IMAGE - at : SECTOR;
	return memcmp(rig_flash(&rig)->mem + at, image + at, n) != 0;
}

/* The areas that a failed job names are those that differ, and no others. */
static bool names_exactly(void)
{
	struct engine_part a[64];
	size_t n = engine_mismatches(rig.e, a, 64);
	for (uint32_t s = 0; s < END / SECTOR; s++) {
		bool named = false;
		for (size_t i = 0; i < n && i < 64; i++)
			named = named || (s * SECTOR >= a[i].offset &&
					     s * SECTOR < a[i].offset + a[i].length);
		if (named != differs(s))
			return false;
	}
	return true;
}

/* Where the chip can't be asked any more: what it says was written is, and nothing outside of what
 * it says was erased has changed. */
static bool names_bounds(const struct mode *m)
{
	const struct engine_failure *f = engine_failure(rig.e);
	const uint8_t *mem = rig_flash(&rig)->mem;
	bool weak = m->weak && rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_CHECKSUM) > 2;
	for (uint32_t at = 0; at < CHIP; at += SECTOR) {
		bool erased = at >= f->erased_from && at < f->erased_to;
		if (!erased && memcmp(mem + at, before + at, SECTOR) != 0)
			return false;
		bool written = at >= f->written_from && at + SECTOR <= f->written_to;
		if (written && !weak && differs(at / SECTOR))
			return false;
	}
	return f->flash_touched || memcmp(mem, before, CHIP) == 0;
}

/* What was to be written is there, and nothing else has changed. */
static bool is_right(void)
{
	return rig_flash_is(&rig, 0, image, IMAGE) &&
	       memcmp(rig_flash(&rig)->mem + END, before + END, CHIP - END) == 0;
}

static void run(const struct fault *f, const struct mode *m, unsigned seed, struct tally *t)
{
	char spec[60];
	begin(f, m, seed, spec, sizeof spec);
	bool ended = rig_run(&rig, 10 * MIN);
	bool same = is_right();
	t->runs++;
	t->retries += (unsigned)rig_count(&rig, ENGINE_EV_RETRY, -1);
	if (ended && rig.end == ENGINE_EV_DONE) {
		t->done += same;
		t->wrong += !same;
		if (!same && getenv("VERBOSE")) {
			print_message("  %s seed %u: WRONG:", spec, seed);
			for (uint32_t i = 0; i < CHIP; i++) {
				uint8_t want = i < IMAGE ? image[i] : before[i];
				if ((i < IMAGE || i >= END) && rig_flash(&rig)->mem[i] != want)
					print_message(
					    " %x:%02x/%02x", i, rig_flash(&rig)->mem[i], want);
			}
			print_message("\n");
		}
	} else if (!ended) {
		t->mostly += names_bounds(m); /* still waits for a loader */
		t->failed++;
	} else {
		t->failed++;
		if (engine_mismatches(rig.e, NULL, 0) > 0)
			t->named += names_exactly();
		else
			t->mostly += names_bounds(m);
		if (getenv("VERBOSE"))
			print_message("  %s seed %u: cause %d (%02x) in %s, %zu areas named, exact "
				      "%d, bounds %d\n",
			    spec, seed, (int)engine_failure(rig.e)->cause,
			    engine_failure(rig.e)->status,
			    engine_stage_name(engine_failure(rig.e)->stage),
			    engine_mismatches(rig.e, NULL, 0), names_exactly(), names_bounds(m));
	}
	if (getenv("VERBOSE") && !names_bounds(m)) {
		const struct engine_failure *x = engine_failure(rig.e);
		print_message("    erased %05x-%05x written %05x-%05x, differ:", x->erased_from,
		    x->erased_to, x->written_from, x->written_to);
		for (uint32_t i = 0; i < END / SECTOR; i++)
			if (differs(i))
				print_message(" %x", i);
		print_message("\n");
	}
	rig_fini(&rig);
}

/* The number of a variable, or what stands for it when it is not set. */
static unsigned asked(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);
	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

/* Of the chip select and the flash's clock: only our stub plays with these. */
static bool only_for_stub(const struct fault *f)
{
	return strstr(f->spec, "hold") || strncmp(f->spec, "read-mhz", 8) == 0;
}

static bool all_seeds(const struct fault *f, const struct mode *m)
{
	struct tally t = {0};
	unsigned last = asked("SEEDS", 2), least = f->least_done;
	/* An ESP32's flash is asked for its id by such a command: there it is a chip without flash. */
	if (m->chip != SIM_ESP8266 && strcmp(f->spec, "no-spi-user") == 0)
		least = 0;
	for (unsigned seed = asked("FIRST", 1); seed <= last; seed++)
		run(f, m, seed, &t);
	print_message("%-7s %-18s %4u runs: %4u done, %4u failed (%u by sectors, %u by areas), "
		      "%u wrong, %.1f retries a run\n",
	    m->name, f->chip ? f->chip : f->spec, t.runs, t.done, t.failed, t.named, t.mostly,
	    t.wrong, (double)t.retries / (t.runs ? t.runs : 1));
	return t.wrong == 0 && t.named + t.mostly == t.failed && t.done * 100 >= t.runs * least;
}

static void all_faults(const struct mode *m)
{
	const char *only = getenv("ONLY"), *mode = getenv("MODE");
	bool good = true;
	if (mode && strcmp(mode, m->name) != 0)
		return;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		if ((!only || strncmp(faults[i].spec, only, strlen(only)) == 0) &&
		    (m == &modes[0] || !only_for_stub(&faults[i])))
			good = all_seeds(&faults[i], m) && good;
	assert_true(good);
}

static void soak__never_a_wrong_done__stub(void **state)
{
	(void)state;
	all_faults(&modes[0]);
}

static void soak__never_a_wrong_done__rom(void **state)
{
	(void)state;
	all_faults(&modes[1]);
}

static void soak__never_a_wrong_done__esp32(void **state)
{
	(void)state;
	all_faults(&modes[2]);
}

static void soak__never_a_wrong_done__esp32c3(void **state)
{
	(void)state;
	all_faults(&modes[3]);
}

/* Each fault that the device's help lists, two blanks before its name, has a row above, but for those
 * of its radio and its own updater: no boot loader has them; and here no line pulls EN, the button is
 * pressed by hand. */
static void soak__has__every_fault_of_the_device(void **state)
{
	unsigned seen = 0;
	(void)state;
	for (const char *at = sim_faults_help; (at = strchr(at, '\n')) != NULL; at++) {
		bool there = false;
		if (strncmp(at + 1, "  ", 2) != 0 || at[3] == ' ')
			continue;
		size_t n = strcspn(at + 3, ":[ ");
		if (strncmp(at + 3, "wifi-", 5) == 0 || strncmp(at + 3, "ota-", 4) == 0 ||
		    strncmp(at + 3, "unplug@EN", n) == 0)
			continue;
		for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
			there = there || (strncmp(faults[i].spec, at + 3, n) == 0 &&
					     !isalnum((unsigned char)faults[i].spec[n]));
		if (!there)
			print_message("no row: %.*s\n", (int)n, at + 3);
		assert_true(there);
		seen++;
	}
	assert_int_equal(seen, 16);
}

static int setup(void **state)
{
	(void)state;
	rig_fill(image, IMAGE, 1);
	memset(image + 30 * KIB, 0xFF, 9 * KIB); /* a blank run */
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(soak__has__every_fault_of_the_device),
	    cmocka_unit_test(soak__never_a_wrong_done__stub),
	    cmocka_unit_test(soak__never_a_wrong_done__rom),
	    cmocka_unit_test(soak__never_a_wrong_done__esp32),
	    cmocka_unit_test(soak__never_a_wrong_done__esp32c3),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
