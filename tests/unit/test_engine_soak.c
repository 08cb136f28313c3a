/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine and the real stub under every fault of the virtual device: never a wrong "done",
 * and where it fails, what it names is what differs. SEEDS=200 runs each that often and prints a
 * table; ONLY=drop those whose specification begins so. Virtual time.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enginesim.h"

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
    {"brownout-erase:%u", 6, 0, NULL},
    {"worn:%u", END / SECTOR, 0, NULL},
    {"write-protect", 0, 0, NULL},
    {"no-spi-user", 0, 95, NULL},
    {"delay:0", 0, 95, "slow"},
};

static unsigned number_of(unsigned seed, unsigned most)
{
	return 1 + (unsigned)((seed * 2654435761u >> 8) % most);
}

static void begin(const struct fault *f, unsigned seed, char *spec, size_t size)
{
	static const uint32_t rates[] = {0, 921600, 460800, 1500000};
	struct rig_config c = {.button = true, .seed = seed, .data = {image}, .stub = true};
	unsigned n = f->most ? number_of(seed, f->most) : 0;
	bool worn = strncmp(f->spec, "worn", 4) == 0;

	/* The format is one of the table above. */
	const char *at = strstr(f->spec, "%u");
	if (at)
		snprintf(spec, size, "%.*s%u", (int)(at - f->spec), f->spec, worn ? n - 1 : n);
	else
		snprintf(spec, size, "%s", f->spec);
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
static bool names_bounds(void)
{
	const struct engine_failure *f = engine_failure(rig.e);
	const uint8_t *mem = rig_flash(&rig)->mem;
	for (uint32_t at = 0; at < CHIP; at += SECTOR) {
		bool erased = at >= f->erased_from && at < f->erased_to;
		if (!erased && memcmp(mem + at, before + at, SECTOR) != 0)
			return false;
		if (at >= f->written_from && at + SECTOR <= f->written_to && differs(at / SECTOR))
			return false;
	}
	return f->flash_touched || memcmp(mem, before, CHIP) == 0;
}

static void run(const struct fault *f, unsigned seed, struct tally *t)
{
	char spec[60];
	begin(f, seed, spec, sizeof spec);
	bool ended = rig_run(&rig, 10 * MIN);
	bool same = rig_flash_is(&rig, 0, image, IMAGE);
	t->runs++;
	t->retries += (unsigned)rig_count(&rig, ENGINE_EV_RETRY, -1);
	if (ended && rig.end == ENGINE_EV_DONE) {
		t->done += same;
		t->wrong += !same;
	} else if (!ended) {
		t->mostly += names_bounds(); /* still waits for a loader */
		t->failed++;
	} else {
		t->failed++;
		if (engine_mismatches(rig.e, NULL, 0) > 0)
			t->named += names_exactly();
		else
			t->mostly += names_bounds();
		if (getenv("VERBOSE"))
			print_message("  %s seed %u: cause %d (%02x) in %s, %zu areas named, exact "
				      "%d, bounds %d\n",
			    spec, seed, (int)engine_failure(rig.e)->cause,
			    engine_failure(rig.e)->status,
			    engine_stage_name(engine_failure(rig.e)->stage),
			    engine_mismatches(rig.e, NULL, 0), names_exactly(), names_bounds());
	}
	if (getenv("VERBOSE") && !names_bounds()) {
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

static void soak__never_a_wrong_done__all_faults(void **state)
{
	const char *seeds = getenv("SEEDS"), *only = getenv("ONLY");
	unsigned count = seeds ? (unsigned)strtoul(seeds, NULL, 10) : 2;
	unsigned first = getenv("FIRST") ? (unsigned)strtoul(getenv("FIRST"), NULL, 10) : 1;
	bool good = true;
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		const struct fault *f = &faults[i];
		struct tally t = {0};
		if (only && strncmp(f->spec, only, strlen(only)) != 0)
			continue;
		for (unsigned seed = first; seed <= count; seed++)
			run(f, seed, &t);
		print_message("%-20s %4u runs: %4u done, %4u failed (%u by sectors, %u by areas), "
			      "%u wrong, %.1f retries a run\n",
		    f->chip ? f->chip : f->spec, t.runs, t.done, t.failed, t.named, t.mostly,
		    t.wrong, (double)t.retries / (t.runs ? t.runs : 1));
		good = good && t.wrong == 0 && t.named + t.mostly == t.failed &&
		       t.done * 100 >= t.runs * f->least_done;
	}
	assert_true(good);
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
	    cmocka_unit_test(soak__never_a_wrong_done__all_faults),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
