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

/* ---- a state made by hand ---------------------------------------------------------------------- */

static struct doctor_view blank(void)
{
	struct doctor_view v = {.name = "unknown", .recognised = true};

	for (int k = 0; k < DOCTOR_KEYS; k++)
		v.verdict[k].reason = "not_seen";
	for (int i = 0; i < DOCTOR_FINDINGS; i++)
		v.finding[i].cause = -1;
	return v;
}

static void verdict(
    struct doctor_view *v, enum doctor_key key, enum doctor_state state, const char *reason)
{
	v->verdict[key].state = state;
	v->verdict[key].reason = reason;
}

static void begins(struct rescue *r, const struct doctor_view *v)
{
	const char *why = "";

	if (!rescue_begin(r, v, &why))
		fail_msg("%s", why);
}

static void rescue_begin__names__the_fault(void **state)
{
	struct rescue *r = fresh();
	struct doctor_view v = blank();

	(void)state;
	/* A verdict without a finding: its own words. */
	verdict(&v, DOCTOR_BOOT, DOCTOR_BAD, "no_app");
	begins(r, &v);
	assert_int_equal(r->goal, RESCUE_STARTS);
	assert_string_equal(r->fault, "no app");
	/* A finding about the start, not the one about the network that is more important. */
	v.finding[DOCTOR_F_NOT_FOUND].count = 1;
	v.finding[DOCTOR_F_BOOT_LOOP].count = 1;
	begins(r, &v);
	assert_string_equal(r->fault, "it restarts again and again");
	v = blank();
	verdict(&v, DOCTOR_WIFI, DOCTOR_BAD, "timeout");
	v.verdict[DOCTOR_WIFI].tries = 3;
	v.finding[DOCTOR_F_BOOT_LOOP].count = 1;
	begins(r, &v);
	assert_int_equal(r->goal, RESCUE_JOINS);
	assert_string_equal(r->fault, "timeout, 3 tries");
	/* Nothing is bad now, but what runs is none of Tasmota's. */
	v = blank();
	v.finding[DOCTOR_F_NOT_TASMOTA].count = 1;
	begins(r, &v);
	assert_string_equal(r->fault, "another firmware runs, not Tasmota");
	/* ... or is known to fail, though the last join worked. */
	v = blank();
	v.finding[DOCTOR_F_KNOWN_BAD].count = 1;
	verdict(&v, DOCTOR_WIFI, DOCTOR_OK, "connected");
	begins(r, &v);
	assert_true(r->known_bad);
}

static void rescue_begin__asks_first__what_writes_nothing(void **state)
{
	struct rescue *r = fresh();
	struct rescue_words w;
	struct doctor_view v = blank();

	(void)state;
	verdict(&v, DOCTOR_WIFI, DOCTOR_BAD, "wrong_password");
	v.finding[DOCTOR_F_WRONG_PASSWORD].count = 1;
	begins(r, &v);
	assert_int_equal(r->plan[0], RUNG_FIRST);
	rescue_words(r, &w);
	assert_string_equal(w.title, "Rescue, step 1 of 6: The simple thing first");
	assert_string_equal(w.command, "Password1 KEY");
	assert_string_equal(w.yes, "y  do it");
	/* What is done by hand has no command. */
	v = blank();
	verdict(&v, DOCTOR_BOOT, DOCTOR_BAD, "download_mode");
	v.finding[DOCTOR_F_GPIO0_LOW].count = 1;
	begins(r, &v);
	assert_int_equal(r->plan[0], RUNG_FIRST);
	rescue_words(r, &w);
	assert_string_equal(w.command, "");
	assert_string_equal(w.yes, "y  it is done");
	/* Power has a rung of its own, an erase comes behind the copy. */
	v = blank();
	verdict(&v, DOCTOR_BOOT, DOCTOR_BAD, "boot_loop");
	v.finding[DOCTOR_F_BROWNOUT].count = 1;
	begins(r, &v);
	assert_int_equal(r->plan[0], RUNG_BACKUP);
	v = blank();
	verdict(&v, DOCTOR_BOOT, DOCTOR_BAD, "no_app");
	v.finding[DOCTOR_F_FLASH_CORRUPT].count = 1;
	begins(r, &v);
	assert_int_equal(r->plan[0], RUNG_BACKUP);
}

static struct rescue *failing(const char *version, const char *variant)
{
	struct doctor_view v = blank();
	struct rescue *r = fresh();

	verdict(&v, DOCTOR_BOOT, DOCTOR_BAD, "boot_loop");
	str_copy(v.version, sizeof(v.version), version);
	str_copy(v.variant, sizeof(v.variant), variant);
	begins(r, &v);
	return r;
}

static void to_rung(struct rescue *r, enum rescue_rung rung)
{
	while (r->at < r->count && r->plan[r->at] != rung)
		rescue_skip(r);
	assert_true(r->at < r->count);
	rescue_files_changed(r);
}

static const char *chosen(const struct rescue *r)
{
	return r->chosen < 0 ? "none" : r->file[r->chosen].path;
}

static void rescue__chooses__a_file_for_each_rung(void **state)
{
	struct rescue *r = failing("9.1.0", "lite");
	struct rescue_words w;

	(void)state;
	to_rung(r, RUNG_SAME);
	assert_string_equal(chosen(r), "none");
	rescue_words(r, &w);
	assert_true(w.again);
	assert_string_equal(w.text[w.count - 1], "the file of this build");
	add_file(r, "full.bin", "9.1.0", "", false);
	add_file(r, "lite-bad.bin", "9.1.0", "lite", true);
	add_file(r, "lite-other-chip.bin", "9.1.0", "lite", false);
	r->file[2].fits = false;
	rescue_files_changed(r);
	assert_string_equal(chosen(r), "none"); /* lite ran: the full build is another one */
	add_file(r, "it's lite.bin", "9.1", "lite", false);
	rescue_files_changed(r);
	assert_string_equal(chosen(r), "it's lite.bin");
	rescue_words(r, &w);
	assert_false(w.again);
	assert_string_equal(w.command, "/flash --erase --yes it\\'s\\ lite.bin");
	assert_string_equal(w.text[1],
	    "The whole flash is erased, with leftovers of settings and radio, and 9.1.0 "
	    "is written again.");
	assert_non_null(strstr(w.text[5], "Not undone"));
	str_copy(r->backup, sizeof(r->backup), "copy.bin");
	rescue_words(r, &w);
	assert_string_equal(w.text[5], "Undone by: /flash copy.bin");
	add_file(r, "minimal.bin", "9.1.0", "minimal", false);
	add_file(r, "safeboot.bin", "12.0.0", "safeboot", false);
	to_rung(r, RUNG_MINIMAL);
	assert_string_equal(chosen(r), "safeboot.bin");
	add_file(r, "newer.bin", "14.2.0", "", false);
	add_file(r, "older.bin", "8.5.0", "", false);
	to_rung(r, RUNG_OTHER);
	assert_string_equal(chosen(r), "newer.bin");
	rescue_words(r, &w);
	assert_string_equal(w.text[1], "Another build: an older core, or lite.");
	/* Behind the last rung no file is chosen. */
	rescue_skip(r);
	assert_int_equal(r->state, RESCUE_ENDED);
	assert_int_equal(r->chosen, -1);
}

static void rescue_words__name__the_file_to_get(void **state)
{
	static const struct {
		enum rescue_rung rung;
		const char *file;
	} usual[] = {{RUNG_SAME, "the file of this build"}, {RUNG_MINIMAL, "tasmota-minimal.bin"},
	    {RUNG_OTHER, "tasmota-lite.bin, or a release before this one"}},
	  known[] = {
	      {RUNG_CURRENT, "tasmota.bin (http://ota.tasmota.com/tasmota/release/tasmota.bin)"},
	      {RUNG_CLASSIC, "sonoff-classic.bin of 6.1.1, or sonoff.bin of 5.14.0 (releases of "
			     "Tasmota on GitHub)"}};
	struct rescue *r = failing("", "");
	struct rescue_words w;
	struct doctor_view v = blank();

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		to_rung(r, usual[i].rung);
		rescue_words(r, &w);
		assert_string_equal(w.text[w.count - 1], usual[i].file);
		assert_string_equal(w.yes, "y  it is there now: look again");
		assert_string_equal(w.command, "");
		if (usual[i].rung == RUNG_SAME)
			assert_non_null(strstr(w.text[1], "the same build is written again"));
	}
	v.finding[DOCTOR_F_KNOWN_BAD].count = 1;
	begins(r, &v);
	for (size_t i = 0; i < 2; i++) {
		to_rung(r, known[i].rung);
		rescue_words(r, &w);
		assert_string_equal(w.text[w.count - 1], known[i].file);
	}
}

static void rescue_words__tell__of_copy_and_power(void **state)
{
	struct rescue *r = failing("9.1.0", "");
	struct rescue_words w;
	struct doctor_view v = blank();

	(void)state;
	rescue_words(r, &w);
	assert_string_equal(w.command, "/backup ");
	assert_string_equal(w.yes, "y  copy it");
	/* The copy mends nothing: the next rung follows at once. */
	rescue_works(r);
	rescue_done(r, false, &v);
	assert_int_equal(r->state, RESCUE_ASKS);
	assert_int_equal(r->plan[r->at], RUNG_POWER);
	rescue_words(r, &w);
	assert_string_equal(w.command, "");
	assert_string_equal(w.yes, "y  it is so, and was restarted");
	assert_string_equal(rescue_rung_name(RUNG_POWER), "power");
	assert_string_equal(rescue_rung_name(RUNG_OTHER), "other");
}

/* The goal is a start: a start that got as far as its network. */
static void rescue_look__waits__for_a_start(void **state)
{
	struct rescue *r = failing("9.1.0", "");
	struct doctor_view v = blank();

	(void)state;
	to_rung(r, RUNG_POWER);
	v.boots = 7;
	verdict(&v, DOCTOR_BOOT, DOCTOR_OK, "runs");
	verdict(&v, DOCTOR_WIFI, DOCTOR_TRYING, "connecting");
	assert_int_equal(rescue_look(r, &v), SIGHT_NOTHING); /* nothing was done yet */
	rescue_done(r, false, &v);
	assert_int_equal(r->state, RESCUE_LOOKS);
	assert_int_equal(rescue_look(r, &v), SIGHT_NOTHING); /* it has not started since */
	v.boots = 8;
	verdict(&v, DOCTOR_WIFI, DOCTOR_UNKNOWN, "not_seen");
	assert_int_equal(rescue_look(r, &v), SIGHT_NOTHING);
	/* Two starts that fail may be the supply that was just switched on; three are the fault. */
	verdict(&v, DOCTOR_BOOT, DOCTOR_BAD, "crash");
	v.boots = 9;
	assert_int_equal(rescue_look(r, &v), SIGHT_NOTHING);
	verdict(&v, DOCTOR_BOOT, DOCTOR_TRYING, "starts");
	verdict(&v, DOCTOR_AP, DOCTOR_OK, "started");
	assert_int_equal(rescue_look(r, &v), SIGHT_NOTHING);
	verdict(&v, DOCTOR_BOOT, DOCTOR_OK, "runs");
	assert_int_equal(rescue_look(r, &v), SIGHT_GONE);
	assert_int_equal(r->state, RESCUE_GONE);
}

static void rescue_look__climbs__behind_three_failed_starts(void **state)
{
	struct rescue *r = failing("9.1.0", "");
	struct doctor_view v = blank();

	(void)state;
	to_rung(r, RUNG_POWER);
	v.boots = 7;
	rescue_done(r, false, &v);
	verdict(&v, DOCTOR_BOOT, DOCTOR_BAD, "crash");
	/* The count of another log, begun anew, is no number of starts. */
	v.boots = 2;
	assert_int_equal(rescue_look(r, &v), SIGHT_NOTHING);
	v.boots = 10;
	assert_int_equal(rescue_look(r, &v), SIGHT_STILL);
	assert_int_equal(r->plan[r->at], RUNG_SAME);
	assert_int_equal(r->state, RESCUE_ASKS);
}

static void rescue_look__counts__joins_since_the_rung(void **state)
{
	struct doctor_view v = blank();
	struct rescue *r = fresh();

	(void)state;
	verdict(&v, DOCTOR_BOOT, DOCTOR_OK, "runs");
	verdict(&v, DOCTOR_WIFI, DOCTOR_BAD, "timeout");
	v.verdict[DOCTOR_WIFI].tries = 4;
	begins(r, &v);
	to_rung(r, RUNG_POWER);
	rescue_done(r, false, &v);
	assert_int_equal(rescue_look(r, &v), SIGHT_NOTHING);
	v.verdict[DOCTOR_WIFI].tries = 5;
	assert_int_equal(rescue_look(r, &v), SIGHT_NOTHING);
	verdict(&v, DOCTOR_WIFI, DOCTOR_TRYING, "connecting");
	assert_int_equal(rescue_look(r, &v), SIGHT_NOTHING);
	verdict(&v, DOCTOR_WIFI, DOCTOR_BAD, "timeout");
	v.verdict[DOCTOR_WIFI].tries = 6;
	assert_int_equal(rescue_look(r, &v), SIGHT_STILL);
	/* Behind another start two are enough, whatever was before. */
	to_rung(r, RUNG_SAME);
	rescue_done(r, false, &v);
	v.boots++;
	v.verdict[DOCTOR_WIFI].tries = 1;
	assert_int_equal(rescue_look(r, &v), SIGHT_NOTHING);
	v.verdict[DOCTOR_WIFI].tries = 2;
	assert_int_equal(rescue_look(r, &v), SIGHT_STILL);
	assert_int_equal(r->plan[r->at], RUNG_MINIMAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rescue_begin__refuses__where_nothing_is_wrong),
	    cmocka_unit_test(rescue__replaces__a_known_bad_build_first),
	    cmocka_unit_test(rescue__climbs__while_the_fault_is_there),
	    cmocka_unit_test(rescue__asks_again__what_went_wrong),
	    cmocka_unit_test(rescue__goes_on__when_minimal_works),
	    cmocka_unit_test(rescue_begin__names__the_fault),
	    cmocka_unit_test(rescue_begin__asks_first__what_writes_nothing),
	    cmocka_unit_test(rescue__chooses__a_file_for_each_rung),
	    cmocka_unit_test(rescue_words__name__the_file_to_get),
	    cmocka_unit_test(rescue_words__tell__of_copy_and_power),
	    cmocka_unit_test(rescue_look__waits__for_a_start),
	    cmocka_unit_test(rescue_look__climbs__behind_three_failed_starts),
	    cmocka_unit_test(rescue_look__counts__joins_since_the_rung),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
