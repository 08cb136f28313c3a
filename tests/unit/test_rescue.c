/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ladder: which rungs, which file, and what the log makes of them. */
#include "tasmite/core/tasmota/rescue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"

#define PROJECT                                                                                    \
	"00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_4B67BA, GroupTopic sonoffs) " \
	"Version 6.1.1-2_3_0\n"
#define TRY  "00:00:01 WIF: Connecting to AP1 cellar in mode 11N as sonoff-6074...\n"
#define FAIL "00:00:07 WIF: Connect failed as AP cannot be reached\n"
#define ROM \
	"ets Jan  8 2013,rst cause:2, boot mode:(3,6)\nload 0x4010f000, len 1384, room 16\n~ld\n"

static void say(struct doctor *d, const char *log)
{
	doctor_bytes(d, (const uint8_t *)log, strlen(log));
}

static void add_file(
    struct rescue *r, const char *path, const char *version, const char *variant, bool bad)
{
	struct rescue_file *f = &r->file[r->files++];

	memset(f, 0, sizeof(*f));
	str_copy(f->path, sizeof(f->path), path);
	str_copy(f->version, sizeof(f->version), version);
	str_copy(f->variant, sizeof(f->variant), variant);
	f->bad = bad;
	f->classic = strstr(path, "classic") != NULL;
	f->fits = true;
}

static struct rescue *fresh(void)
{
	static struct rescue r;

	memset(&r, 0, sizeof(r));
	return &r;
}

static void rescue_begin__refuses__where_nothing_is_wrong(void **state)
{
	struct doctor *d = doctor_new();
	struct rescue *r = fresh();
	const char *why = NULL;

	(void)state;
	assert_false(rescue_begin(r, doctor_view(d), &why));
	assert_non_null(strstr(why, "nothing was heard"));
	say(d, PROJECT TRY "00:00:05 WIF: Connected\n");
	assert_false(rescue_begin(r, doctor_view(d), &why));
	assert_non_null(strstr(why, "no fault"));
	doctor_free(d);
}

static void rescue__replaces__a_known_bad_build_first(void **state)
{
	struct doctor *d = doctor_new();
	struct rescue *r = fresh();
	struct rescue_words w;
	const char *why;

	(void)state;
	say(d, PROJECT TRY FAIL TRY FAIL);
	add_file(r, "a/sonoff.bin", "6.1.1", "", true);
	add_file(r, "a b/tasmota.bin", "14.2.0", "", false);
	add_file(r, "tasmota-minimal.bin", "15.0.0", "minimal", false);
	add_file(r, "old.bin", "9.1.0", "", false);
	add_file(r, "sonoff-classic.bin", "6.1.1", "", false);
	assert_true(rescue_begin(r, doctor_view(d), &why));
	assert_int_equal(r->plan[0], RUNG_CURRENT);
	rescue_words(r, &w);
	assert_string_equal(w.command, "/flash --erase --yes a\\ b/tasmota.bin");
	assert_non_null(strstr(w.text[0], "known for failing"));
	rescue_skip(r);
	rescue_words(r, &w);
	assert_string_equal(w.command, "/flash --erase --yes sonoff-classic.bin");
	rescue_works(r);
	rescue_done(r, false, doctor_view(d));
	assert_int_equal(r->state, RESCUE_LOOKS);
	doctor_free(d);
	/* The firmware is another one: what was known of it is gone. */
	d = doctor_new();
	say(d, ROM PROJECT);
	assert_int_equal(rescue_look(r, doctor_view(d)), SIGHT_NOTHING);
	say(d, "00:00:01 WIF: Connecting to AP1  in mode 11N as sonoff-6074...\n");
	assert_int_equal(rescue_look(r, doctor_view(d)), SIGHT_NEEDS_WIFI);
	assert_int_equal(rescue_look(r, doctor_view(d)), SIGHT_NOTHING); /* told once */
	say(d, TRY "00:00:05 WIF: Connected\n");
	assert_int_equal(rescue_look(r, doctor_view(d)), SIGHT_GONE);
	assert_int_equal(r->state, RESCUE_GONE);
	doctor_free(d);
}

static void rescue__climbs__while_the_fault_is_there(void **state)
{
	static const enum rescue_rung order[] = {
	    RUNG_BACKUP, RUNG_POWER, RUNG_SAME, RUNG_MINIMAL, RUNG_OTHER};
	struct doctor *d = doctor_new();
	struct rescue *r = fresh();
	struct rescue_words w;
	const char *why;
	unsigned i = 0;

	(void)state;
	say(d, PROJECT "Exception (28):\n" ROM PROJECT "Exception (28):\n" ROM PROJECT
		       "Exception (28):\n");
	assert_true(rescue_begin(r, doctor_view(d), &why));
	assert_int_equal(r->goal, RESCUE_STARTS);
	for (; i < 5; i++) {
		assert_int_equal(r->state, RESCUE_ASKS);
		assert_int_equal(r->plan[r->at], order[i]);
		rescue_words(r, &w);
		assert_true(w.count >= 2 && w.yes[0] == 'y');
		/* No file is at hand: none is named, and none is written. */
		assert_int_equal(w.again, i >= 2);
		assert_true(i == 0 || !w.command[0]);
		rescue_works(r);
		rescue_done(r, false, doctor_view(d));
		if (order[i] == RUNG_BACKUP)
			continue;
		assert_int_equal(rescue_look(r, doctor_view(d)), SIGHT_NOTHING);
		say(d, ROM PROJECT "Exception (28):\n" ROM PROJECT "Exception (28):\n" ROM PROJECT
				   "Exception (28):\n");
		assert_int_equal(rescue_look(r, doctor_view(d)), SIGHT_STILL);
	}
	assert_int_equal(r->state, RESCUE_ENDED);
	doctor_free(d);
}

static void rescue__asks_again__what_went_wrong(void **state)
{
	struct doctor *d = doctor_new();
	struct rescue *r = fresh();
	const char *why;

	(void)state;
	say(d, PROJECT TRY FAIL TRY FAIL);
	assert_true(rescue_begin(r, doctor_view(d), &why));
	rescue_works(r);
	rescue_done(r, true, doctor_view(d));
	assert_int_equal(r->state, RESCUE_ASKS);
	assert_int_equal(r->at, 0);
	doctor_free(d);
}

static void rescue__goes_on__when_minimal_works(void **state)
{
	struct doctor *d = doctor_new();
	struct rescue *r = fresh();
	const char *why;

	(void)state;
	say(d,
	    "00:00:00 Project tasmota - Tasmota Version 14.2.0(tasmota)-2_7_7\n" TRY FAIL TRY FAIL);
	assert_true(rescue_begin(r, doctor_view(d), &why));
	assert_int_equal(r->plan[0], RUNG_FIRST); /* look at the name first */
	while (r->plan[r->at] != RUNG_MINIMAL)
		rescue_skip(r);
	rescue_works(r);
	rescue_done(r, false, doctor_view(d));
	say(d, ROM TRY "00:00:05 WIF: Connected\n");
	assert_int_equal(rescue_look(r, doctor_view(d)), SIGHT_GONE);
	assert_int_equal(r->state, RESCUE_ASKS);
	assert_int_equal(r->plan[r->at], RUNG_OTHER);
	doctor_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rescue_begin__refuses__where_nothing_is_wrong),
	    cmocka_unit_test(rescue__replaces__a_known_bad_build_first),
	    cmocka_unit_test(rescue__climbs__while_the_fault_is_there),
	    cmocka_unit_test(rescue__asks_again__what_went_wrong),
	    cmocka_unit_test(rescue__goes_on__when_minimal_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
