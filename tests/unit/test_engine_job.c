/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash engine's jobs: which can be done at all, what is kept, and where parts may move to. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "enginesim.h"

#define LIMIT (256u << 20)

static struct rig rig;
static uint8_t image[0x3000], before[1u << 20];

static bool usable(const struct engine_job *job)
{
	struct engine *e = engine_new(job, 0);
	bool ok = e != NULL;
	engine_free(e);
	return ok;
}

static void engine_new__judges__a_part(void **state)
{
	(void)state;
	static const struct {
		enum engine_kind kind;
		uint32_t offset, length;
		bool ok;
	} cases[] = {
	    {ENGINE_FLASH, 0, 1, true},
	    {ENGINE_FLASH, 0, 0, false},
	    {ENGINE_FLASH, 1, 1, false},
	    {ENGINE_FLASH, LIMIT, 1, false},
	    {ENGINE_FLASH, LIMIT - 4096, 4096, true},
	    {ENGINE_FLASH, LIMIT - 4096, 4097, false},
	    {ENGINE_FLASH, LIMIT + 4096, 1, false},
	    {ENGINE_READ, 4096, 5, true},
	    {ENGINE_READ, 4097, 5, false},
	    {ENGINE_VERIFY, 0, 5, true},
	    {ENGINE_ERASE, 0, 4096, true},
	    {ENGINE_ERASE, 0, 4095, false},
	    {ENGINE_ERASE, 0, 4097, false},
	    {(enum engine_kind)(ENGINE_FLASH + 1), 0, 4096, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct engine_job job = {.kind = cases[i].kind, .part_count = 1};
		job.parts[0] = (struct engine_part){cases[i].offset, cases[i].length};
		assert_int_equal(usable(&job), cases[i].ok);
	}
}

/* Without parts the whole chip is meant, where that makes sense. */
static void engine_new__judges__no_parts(void **state)
{
	(void)state;
	static const bool ok[] = {[ENGINE_IDENTIFY] = true,
	    [ENGINE_ERASE] = true,
	    [ENGINE_READ] = true,
	    [ENGINE_VERIFY] = false,
	    [ENGINE_FLASH] = false};
	for (int kind = ENGINE_IDENTIFY; kind <= ENGINE_FLASH; kind++) {
		struct engine_job job = {.kind = (enum engine_kind)kind};
		assert_int_equal(usable(&job), ok[kind]);
	}
}

/* Sectors are erased whole: two parts in one are one too many, in either order. */
static void engine_new__refuses__parts_that_overlap(void **state)
{
	(void)state;
	static const struct {
		struct engine_part a, b;
		bool ok;
	} cases[] = {
	    {{0, 4096}, {4096, 1}, true},
	    {{0, 4097}, {4096, 1}, false},
	    {{0, 4097}, {8192, 1}, true},
	    {{0x10000, 0x10000}, {0x14000, 0x1000}, false},
	    {{0x10000, 0x1000}, {0x10000, 0x1000}, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct engine_job job = {.kind = ENGINE_FLASH, .part_count = 2};
		job.parts[0] = cases[i].a;
		job.parts[1] = cases[i].b;
		assert_int_equal(usable(&job), cases[i].ok);
		job.parts[0] = cases[i].b;
		job.parts[1] = cases[i].a;
		assert_int_equal(usable(&job), cases[i].ok);
	}
}

static const struct {
	struct engine_part keep;
	bool ok;
} keeps[] = {
    {{0x8000, 0x1000}, true},  /* next to the part */
    {{0x5000, 0x1000}, false}, /* within it */
    {{0x7000, 0x2000}, false}, /* its last sector, of which it fills a byte */
    {{0x3000, 0x2000}, true},  /* before it */
    {{0x3000, 0x3000}, false}, /* ... and into it */
    {{0x8001, 0x1000}, false},
    {{0x8000, 0}, false},
    {{0x8000, 0x1001}, false},
    {{LIMIT - 0x1000, 0x1000}, true},
    {{LIMIT, 0x1000}, false},
    {{LIMIT - 0x1000, 0x2000}, false},
    {{LIMIT + 0x1000, 0x1000}, false},
};
#define KEEPS (sizeof keeps / sizeof keeps[0])

static struct engine_job job_at_5000(void)
{
	struct engine_job job = {.kind = ENGINE_FLASH, .part_count = 1, .erase_all = true};
	job.parts[0] = (struct engine_part){0x5000, 0x2001};
	return job;
}

static void engine_new__judges__what_is_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEEPS; i++) {
		struct engine_job job = job_at_5000();
		job.keep[0] = keeps[i].keep;
		job.keep_count = 1;
		assert_int_equal(usable(&job), keeps[i].ok);
	}
	struct engine_job job = job_at_5000();
	job.keep_count = ENGINE_MAX_KEEP + 1;
	assert_false(usable(&job));
}

static void engine_keep__judges__as_the_job(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEEPS; i++) {
		struct engine_job job = job_at_5000();
		struct engine *e = engine_new(&job, 0);
		assert_int_equal(engine_keep(e, &keeps[i].keep, 1), keeps[i].ok);
		engine_free(e);
	}
	/* All or none, and no more than there is room for. */
	static const struct engine_part several[ENGINE_MAX_KEEP + 1] = {{0x10000, 0x1000},
	    {0x20000, 0x1000}, {0x30000, 0x1000}, {0x40000, 0x1000}, {0x50000, 0x1000}};
	struct engine_job job = job_at_5000();
	struct engine *e = engine_new(&job, 0);
	assert_false(engine_keep(e, several, ENGINE_MAX_KEEP + 1));
	assert_true(engine_keep(e, several, ENGINE_MAX_KEEP - 1));
	assert_false(engine_keep(e, several, 2));
	assert_true(engine_keep(e, several + 4, 1));
	assert_false(engine_keep(e, several, 1));
	engine_free(e);
}

static struct rig_config config(enum engine_kind kind)
{
	struct rig_config c = {
	    .button = true, .seed = 3, .data = {image, image}, .no_proceed = true};
	c.stub = true;
	c.job.kind = kind;
	c.job.part_count = kind == ENGINE_IDENTIFY ? 0 : 2;
	c.job.parts[0] = (struct engine_part){0, 0x2000};
	c.job.parts[1] = (struct engine_part){0x10000, 0x1800};
	c.job.app_baud = 115200;
	return c;
}

static void begin(const struct rig_config *c)
{
	rig_init(&rig, c);
	rig_fill(before, sizeof before, 2);
	sim_flash_load(rig_flash(&rig), 0, before, sizeof before);
}

/* Only while the identity is looked at: neither before, nor when the job goes on. */
static void engine_move__moves__between_identity_and_work(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_FLASH);
	static const uint32_t to[2] = {0x20000, 0x40000}, odd[2] = {0x20000, 0x40001},
			      over[2] = {0x20000, 0x21000};
	begin(&c);
	assert_false(engine_move(rig.e, to, 2));
	assert_true(rig_until(&rig, ENGINE_EV_IDENTITY, -1, 10000000));
	assert_false(engine_move(rig.e, to, 1));
	assert_false(engine_move(rig.e, odd, 2));
	assert_false(engine_move(rig.e, over, 2));
	assert_true(engine_move(rig.e, to, 2));
	rig.cfg.job.parts[0].offset = to[0];
	rig.cfg.job.parts[1].offset = to[1];
	engine_proceed(rig.e, rig.now);
	assert_false(engine_move(rig.e, to, 2));
	assert_true(rig_run(&rig, 60000000));
	assert_int_equal(rig.end, ENGINE_EV_DONE);
	assert_true(rig_flash_is(&rig, 0x20000, image, 0x2000));
	assert_true(rig_flash_is(&rig, 0x40000, image, 0x1800));
	/* Where they would have gone all is as before. */
	assert_true(rig_flash_is(&rig, 0, before, 0x20000));
	assert_false(engine_move(rig.e, to, 2));
	rig_fini(&rig);
}

/* An area that is kept by the device's table is not written over by a part that is moved. */
static void engine_move__refuses__what_is_kept(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_FLASH);
	static const struct engine_part keep = {0x30000, 0x2000};
	static const uint32_t into[2] = {0x31000, 0x40000}, past[2] = {0x32000, 0x40000};
	begin(&c);
	assert_true(rig_until(&rig, ENGINE_EV_IDENTITY, -1, 10000000));
	assert_true(engine_keep(rig.e, &keep, 1));
	assert_false(engine_move(rig.e, into, 2));
	assert_true(engine_move(rig.e, past, 2));
	rig_fini(&rig);
}

/* Everything else that is asked at the wrong time does nothing. */
static void proceed__too_early__nothing_happens(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_FLASH);
	begin(&c);
	engine_proceed(rig.e, rig.now);
	engine_data(rig.e, image, sizeof image);
	engine_done(rig.e, -1, 0, rig.now);
	assert_true(rig_until(&rig, ENGINE_EV_IDENTITY, -1, 10000000));
	assert_false(rig_run(&rig, 10000000));
	assert_string_equal(engine_state_name(rig.e), "proceed");
	assert_true(rig_flash_is(&rig, 0, before, sizeof before));
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(engine_new__judges__a_part),
	    cmocka_unit_test(engine_new__judges__no_parts),
	    cmocka_unit_test(engine_new__refuses__parts_that_overlap),
	    cmocka_unit_test(engine_new__judges__what_is_kept),
	    cmocka_unit_test(engine_keep__judges__as_the_job),
	    cmocka_unit_test(engine_move__moves__between_identity_and_work),
	    cmocka_unit_test(engine_move__refuses__what_is_kept),
	    cmocka_unit_test(proceed__too_early__nothing_happens),
	};
	rig_fill(image, sizeof image, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
