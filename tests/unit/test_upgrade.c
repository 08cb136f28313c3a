/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The upgrade over the air: the plan, and the follower fed with lines and requests. */
#include "tasmite/core/tasmota/upgrade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"

#define V(x, y, z) ((uint32_t)(x) << 24 | (uint32_t)(y) << 16 | (uint32_t)(z) << 8)
#define KB	   1024u
#define HERE	   "http://10.0.0.2:40001/k3x9/sonoff.bin"
#define OLD	   "http://thehackbox.org/tasmota/release/sonoff.bin"

/* ---- the plan ---------------------------------------------------------------------------------- */

static struct upgrade_file image(const char *name, uint32_t size, uint32_t version)
{
	struct upgrade_file f = {.have = true,
	    .whole = true,
	    .tasmota = true,
	    .form = UPGRADE_FORM_8266,
	    .size = size,
	    .version = version,
	    .packed = str_ends(name, ".gz")};

	str_copy(f.name, sizeof(f.name), name);
	str_copy(f.chip, sizeof(f.chip), "ESP8266");
	if (strstr(name, "minimal"))
		str_copy(f.variant, sizeof(f.variant), "minimal");
	return f;
}

static struct upgrade_device device(uint32_t version, int32_t free_kb)
{
	struct upgrade_device d = {.version = version, .free_kb = free_kb, .flash_kb = 1024};

	str_copy(d.address, sizeof(d.address), "10.0.0.7");
	return d;
}

static void upgrade_plan__goes_in_one_step__where_it_fits(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 502 * KB, V(6, 1, 1))};
	struct upgrade_device d = device(V(6, 1, 0), 502);
	struct upgrade_plan p;

	(void)state;
	assert_true(upgrade_plan(f, &d, false, &p));
	assert_false(p.via_minimal);
	assert_int_equal(p.first, UPGRADE_MAIN);
	assert_string_equal(p.name[UPGRADE_MAIN], "sonoff.bin");
	assert_true(p.serve[UPGRADE_MAIN]);
	assert_false(p.serve[UPGRADE_MAIN_GZ] || p.serve[UPGRADE_SMALL]);
	assert_int_equal(p.expect, V(6, 1, 1));
	f[0].size++; /* one byte too much */
	assert_false(upgrade_plan(f, &d, false, &p));
	assert_int_equal(p.reason, UPGRADE_NO_MINIMAL);
	assert_false(p.insist);
}

static void upgrade_plan__goes_via_minimal__as_the_device_will(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("tasmota-DE.bin", 600 * KB, V(8, 1, 0))};
	struct upgrade_device d = device(V(8, 1, 0), 388);
	struct upgrade_plan p;

	(void)state;
	f[UPGRADE_SMALL] = image("tasmota-minimal.bin", 386 * KB, V(8, 1, 0));
	f[UPGRADE_SMALL_GZ] = image("tasmota-minimal.bin.gz", 276 * KB, V(8, 1, 0));
	assert_true(upgrade_plan(f, &d, false, &p));
	assert_true(p.via_minimal);
	assert_int_equal(p.small, UPGRADE_SMALL);
	assert_string_equal(p.name[UPGRADE_SMALL], "tasmota-minimal.bin");
	assert_false(p.serve[UPGRADE_SMALL_GZ]); /* 8.1 takes none */
	d.free_kb = 300;
	assert_false(upgrade_plan(f, &d, false, &p));
	assert_int_equal(p.reason, UPGRADE_NO_SPACE);
	d.version = V(8, 2, 0);
	assert_true(upgrade_plan(f, &d, false, &p));
	assert_int_equal(p.small, UPGRADE_SMALL_GZ);
	/* beside minimal there must be room too */
	f[UPGRADE_MAIN].size = 620 * KB;
	assert_false(upgrade_plan(f, &d, false, &p));
	assert_int_equal(p.reason, UPGRADE_NO_SPACE);
}

static void upgrade_plan__takes_the_packed_one__where_only_that_fits(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("tasmota.bin", 610 * KB, V(9, 1, 0))};
	struct upgrade_device d = device(V(9, 1, 0), 440);
	struct upgrade_plan p;

	(void)state;
	f[UPGRADE_MAIN_GZ] = image("tasmota.bin.gz", 430 * KB, V(9, 1, 0));
	assert_true(upgrade_plan(f, &d, false, &p));
	assert_int_equal(p.first, UPGRADE_MAIN_GZ);
	memset(&f[UPGRADE_MAIN], 0, sizeof(f[0]));
	d.version = V(8, 1, 0);
	f[UPGRADE_MAIN_GZ].version = V(8, 1, 0);
	assert_false(upgrade_plan(f, &d, false, &p));
	assert_int_equal(p.reason, UPGRADE_NO_PACKED);
}

static void upgrade_plan__refuses__what_is_for_another_chip(void **state)
{
	static const struct {
		const char *file, *chip;
		enum upgrade_form form;
		uint32_t version;
		bool good;
	} rows[] = {
	    {"ESP8266", "ESP8266EX", UPGRADE_FORM_8266, V(14, 2, 0), true},
	    {"ESP8266", "ESP8285", UPGRADE_FORM_8266, V(14, 2, 0), true},
	    {"ESP32", "ESP8266EX", UPGRADE_FORM_ESP32, V(14, 2, 0), false},
	    {"ESP8266", "ESP32-D0WD-V3", UPGRADE_FORM_8266, V(14, 2, 0), false},
	    {"ESP32", "ESP32-D0WD-V3", UPGRADE_FORM_ESP32, V(14, 2, 0), true},
	    {"ESP32-C3", "ESP32-C3", UPGRADE_FORM_ESP32, V(14, 2, 0), true},
	    {"ESP32-C3", "ESP32-S3", UPGRADE_FORM_ESP32, V(14, 2, 0), false},
	    {"ESP32-C3", "ESP32-C3FN4", UPGRADE_FORM_ESP32, V(14, 2, 0), true},
	    {"ESP32-C6", "ESP32-C6FH4", UPGRADE_FORM_ESP32, V(14, 2, 0), true},
	    {"ESP32-C6", "ESP32-C61", UPGRADE_FORM_ESP32, V(14, 2, 0), false},
	    {"", "ESP32-C3", UPGRADE_FORM_ESP32, V(14, 2, 0), true}, /* the file does not say */
	    {"ESP32", "", UPGRADE_FORM_ESP32, V(6, 1, 1), false},    /* all of these are ESP8266s */
	    {"ESP32", "", UPGRADE_FORM_ESP32, V(14, 2, 0), true},
	};
	struct upgrade_plan p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct upgrade_file f[UPGRADE_PARTS] = {image("x.bin", 300 * KB, rows[i].version)};
		struct upgrade_device d = device(rows[i].version, 500);

		f[0].form = rows[i].form;
		str_copy(f[0].chip, sizeof(f[0].chip), rows[i].file);
		str_copy(d.chip, sizeof(d.chip), rows[i].chip);
		assert_int_equal(upgrade_plan(f, &d, true, &p), rows[i].good);
		if (!rows[i].good)
			assert_int_equal(p.reason, UPGRADE_NO_CHIP);
	}
}

static void upgrade_plan__refuses__what_is_no_firmware(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("x.bin", 300 * KB, V(9, 0, 0))};
	struct upgrade_device d = device(V(9, 0, 0), 500);
	struct upgrade_plan p;

	(void)state;
	f[0].whole = false;
	assert_false(upgrade_plan(f, &d, true, &p));
	assert_int_equal(p.reason, UPGRADE_NO_DAMAGED);
	f[0].whole = true;
	f[0].form = UPGRADE_FORM_FACTORY;
	assert_false(upgrade_plan(f, &d, true, &p));
	assert_non_null(strstr(p.advice, "factory"));
	f[0].form = UPGRADE_FORM_8266;
	f[0].tasmota = false;
	assert_false(upgrade_plan(f, &d, false, &p));
	assert_true(p.insist);
	assert_true(upgrade_plan(f, &d, true, &p));
	assert_int_equal(p.reason, UPGRADE_GOOD);
	d.address[0] = '\0';
	assert_false(upgrade_plan(f, &d, true, &p));
	assert_int_equal(p.reason, UPGRADE_NO_ADDRESS);
}

static void upgrade_step__names_the_next_one__of_old_versions(void **state)
{
	static const uint32_t rows[][3] = {
	    {V(6, 1, 1), V(6, 7, 1), 0},
	    {V(6, 1, 1), V(6, 3, 0), 0},
	    {V(6, 1, 1), V(7, 2, 0), V(6, 7, 1)},
	    {V(6, 1, 1), V(14, 2, 0), V(6, 7, 1)},
	    {V(5, 12, 0), V(6, 1, 1), V(5, 14, 0)},
	    {V(8, 5, 0), V(9, 1, 0), 0},
	    {V(8, 5, 1), V(15, 0, 0), V(9, 1, 0)},
	    {V(9, 1, 0), V(15, 0, 0), 0},
	    {V(9, 5, 0), V(15, 0, 0), 0},
	    {V(15, 0, 0), V(6, 1, 1), 0},
	    {0, V(15, 0, 0), 0},
	};
	struct upgrade_file f[UPGRADE_PARTS] = {image("x.bin", 300 * KB, V(14, 2, 0))};
	struct upgrade_device d = device(V(6, 1, 1), 500);
	struct upgrade_plan p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(upgrade_step(rows[i][0], rows[i][1]), rows[i][2]);
	assert_false(upgrade_plan(f, &d, false, &p));
	assert_int_equal(p.reason, UPGRADE_NO_PATH);
	assert_non_null(strstr(p.advice, "6.7.1"));
	assert_true(p.insist);
	assert_true(upgrade_plan(f, &d, true, &p));
}

static void upgrade_plan__makes_plain_names__of_any_file(void **state)
{
	static const char *const rows[][3] = {
	    {"sonoff-classic.bin", "sonoff-classic.bin", "sonoff-minimal.bin"},
	    {"tasmota 14 (1).bin", "tasmota141.bin", "tasmota141-minimal.bin"},
	    {"../..%2f.bin", "tasmota.bin", "tasmota-minimal.bin"},
	    {"tasmota32-.8.5.bin", "tasmota32.bin", "tasmota32-minimal.bin"},
	    {"sonoff-minimal.bin", "sonoff-minimal.bin", ""},
	};
	struct upgrade_device d = device(V(6, 1, 1), 500);
	struct upgrade_plan p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct upgrade_file f[UPGRADE_PARTS] = {image(rows[i][0], 300 * KB, V(6, 1, 1))};

		assert_true(upgrade_plan(f, &d, false, &p));
		assert_string_equal(p.name[UPGRADE_MAIN], rows[i][1]);
		assert_string_equal(p.name[UPGRADE_SMALL], rows[i][2]);
	}
}

/* ---- the follower ------------------------------------------------------------------------------ */

struct rig {
	struct loglines *reader;
	struct upgrade *u;
	mono_t now;
};

static void hear(struct rig *r, const char *line)
{
	struct logline ev;

	logline_read(r->reader, (const uint8_t *)line, strlen(line), &ev);
	upgrade_line(r->u, &ev, r->now);
}

static void expect_command(struct rig *r, const char *command)
{
	const char *c = upgrade_command(r->u, r->now);

	assert_non_null(c);
	assert_string_equal(c, command);
	assert_null(upgrade_command(r->u, r->now));
}

/* Time goes on in the steps that the follower asks for. */
static void wait_for(struct rig *r, mono_t span)
{
	mono_t end = r->now + span;

	while (upgrade_deadline(r->u) <= end) {
		if (upgrade_deadline(r->u) > r->now)
			r->now = upgrade_deadline(r->u);
		upgrade_tick(r->u, r->now);
		(void)upgrade_command(r->u, r->now);
	}
	r->now = end;
}

static struct rig begin(const struct upgrade_file *f)
{
	struct upgrade_device none = {.free_kb = -1, .flash_kb = -1};
	struct rig r = {.reader = loglines_new(), .now = MONO_S(100)};

	r.u = upgrade_new(f, NULL, &none, r.now);
	return r;
}

static void end(struct rig *r)
{
	upgrade_free(r->u);
	loglines_free(r->reader);
}

static enum upgrade_state at(const struct rig *r)
{
	return upgrade_view(r->u)->state;
}

static void asks(struct rig *r, const char *version, int free_kb)
{
	char line[200];

	expect_command(r, "Status 2");
	str_fmt(line, sizeof(line),
	    "00:00:31 MQT: stat/s/STATUS2 = "
	    "{\"StatusFWR\":{\"Version\":\"%s\",\"Core\":\"2_3_0\"}}",
	    version);
	hear(r, line);
	expect_command(r, "Status 4");
	str_fmt(line, sizeof(line),
	    "00:00:31 RSL: stat/s/STATUS4 = {\"StatusMEM\":{\"ProgramSize\":489,\"Free\":%d,"
	    "\"Heap\":20,\"ProgramFlashSize\":1024,\"FlashSize\":1024}}",
	    free_kb);
	hear(r, line);
	expect_command(r, "Status 5");
	hear(r, "00:00:31 RSL: stat/s/STATUS5 = {\"StatusNET\":{\"Hostname\":\"s-1\",\"IPAddress\":"
		"\"10.0.0.7\",\"Gateway\":\"10.0.0.1\"}}");
	expect_command(r, "OtaUrl");
	hear(r, "00:00:32 RSL: stat/s/RESULT = {\"OtaUrl\":\"" OLD "\"}");
	assert_int_equal(at(r), UPGRADE_READY);
}

static void starts(struct rig *r)
{
	assert_true(upgrade_go(r->u, HERE, r->now));
	expect_command(r, "OtaUrl " HERE);
	hear(r, "00:00:33 RSL: stat/s/RESULT = {\"OtaUrl\":\"" HERE "\"}");
	expect_command(r, "Upgrade 1");
	hear(r, "00:00:33 RSL: stat/s/RESULT = {\"Upgrade\":\"Version 6.1.0 from " HERE "\"}");
	assert_int_equal(at(r), UPGRADE_AWAITS);
}

static void asked(struct rig *r, int part, uint32_t total)
{
	struct upgrade_request q = {.part = part, .total = total, .free_space = 520192};

	upgrade_asked(r->u, &q, r->now);
}

static void download(struct rig *r, int part, uint32_t total)
{
	asked(r, part, total);
	assert_int_equal(at(r), UPGRADE_SENDS);
	for (uint32_t n = 0; n < total; n += total / 4) {
		r->now += MONO_S(1);
		upgrade_sent(r->u, total / 4, r->now);
	}
	upgrade_closed(r->u, true, r->now);
	assert_int_equal(at(r), UPGRADE_WRITES);
}

static void restores(struct rig *r, enum upgrade_end outcome)
{
	const struct upgrade_view *v = upgrade_view(r->u);

	assert_int_equal(v->state, UPGRADE_RESTORES);
	assert_int_equal(v->outcome, outcome);
	assert_int_equal(v->end, UPGRADE_END_NONE);
	assert_true(upgrade_served(r->u));
	assert_null(upgrade_command(r->u, r->now)); /* it is just booting */
	r->now += MONO_S(4);
	expect_command(r, "OtaUrl " OLD);
	hear(r, "00:00:40 RSL: stat/s/RESULT = {\"OtaUrl\":\"" OLD "\"}");
	assert_int_equal(v->state, UPGRADE_ENDED);
	assert_int_equal(v->end, outcome);
	assert_true(v->restored);
	assert_int_equal(upgrade_deadline(r->u), MONO_NEVER);
}

#define ROM "ets Jan  8 2013,rst cause:2, boot mode:(3,6)"
#define PROJECT(v) \
	"00:00:00 Project sonoff Sonoff (Topic s, Fallback DVES_1, GroupTopic g) Version " v
#define DONE_LINE "00:00:35 MQT: stat/s/UPGRADE = Successful. Restarting"

static void upgrade__is_done__when_the_new_version_was_read(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);
	const struct upgrade_view *v = upgrade_view(r.u);

	(void)state;
	asks(&r, "6.1.0", 500);
	assert_int_equal(upgrade_planned(r.u)->reason, UPGRADE_GOOD);
	starts(&r);
	download(&r, UPGRADE_MAIN, 400 * KB);
	assert_int_equal(v->rate, 100 * KB);
	assert_int_equal(v->free_space, 520192);
	hear(&r, DONE_LINE);
	hear(&r, "00:00:36 APP: Restarting");
	assert_int_equal(at(&r), UPGRADE_RESTARTS);
	hear(&r, ROM);
	hear(&r, PROJECT("6.1.1-2_3_0"));
	assert_int_equal(v->restarts, 1);
	assert_int_equal(v->now, V(6, 1, 1));
	restores(&r, UPGRADE_END_DONE);
	end(&r);
}

static void upgrade__is_not_done__when_the_old_version_came_up(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);

	(void)state;
	asks(&r, "6.1.0", 500);
	starts(&r);
	download(&r, UPGRADE_MAIN, 400 * KB);
	hear(&r, ROM);
	hear(&r, PROJECT("6.1.0-2_3_0"));
	restores(&r, UPGRADE_END_SAME);
	end(&r);
}

static void upgrade__follows_through_minimal__to_the_second_download(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 500 * KB, V(6, 2, 1))};
	struct rig r;

	(void)state;
	f[UPGRADE_SMALL] = image("sonoff-minimal.bin", 346 * KB, V(6, 2, 1));
	r = begin(f);
	asks(&r, "6.1.0", 480);
	assert_true(upgrade_planned(r.u)->via_minimal);
	starts(&r);
	asked(&r, UPGRADE_MAIN, 500 * KB); /* tried, and broken off by the device */
	upgrade_closed(r.u, false, r.now);
	assert_int_equal(at(&r), UPGRADE_AWAITS);
	download(&r, UPGRADE_SMALL, 346 * KB);
	hear(&r, DONE_LINE);
	hear(&r, ROM);
	hear(&r, "00:00:00 Project sonoff Sonoff (Topic s, Fallback DVES_1, GroupTopic g) Version "
		 "6.2.1(minimal)-2_3_0");
	hear(&r, "00:00:00 WARNING This version does not support persistent settings");
	assert_int_equal(at(&r), UPGRADE_BETWEEN);
	assert_null(upgrade_command(r.u, r.now));
	r.now += MONO_S(40);
	upgrade_tick(r.u, r.now);
	download(&r, UPGRADE_MAIN, 500 * KB);
	hear(&r, DONE_LINE);
	hear(&r, ROM);
	hear(&r, PROJECT("6.2.1-2_3_0"));
	assert_int_equal(upgrade_view(r.u)->restarts, 2);
	assert_int_equal(upgrade_view(r.u)->attempts, 3);
	restores(&r, UPGRADE_END_DONE);
	end(&r);
}

static void upgrade__ends_half_way__when_minimal_asks_for_nothing(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 500 * KB, V(6, 2, 1))};
	struct rig r;
	char words[300];

	(void)state;
	f[UPGRADE_SMALL] = image("sonoff-minimal.bin", 346 * KB, V(6, 2, 1));
	r = begin(f);
	asks(&r, "6.1.0", 480);
	starts(&r);
	download(&r, UPGRADE_SMALL, 346 * KB);
	hear(&r, ROM);
	/* no build in the project line: the warning behind it tells */
	hear(&r, PROJECT("6.2.1-2_3_0"));
	hear(&r, "00:00:00 WARNING This version does not support persistent settings");
	assert_int_equal(at(&r), UPGRADE_BETWEEN);
	wait_for(&r, MONO_S(91));
	assert_true(upgrade_view(r.u)->late);
	wait_for(&r, MONO_S(120));
	assert_int_equal(upgrade_view(r.u)->end, UPGRADE_END_HALF);
	assert_false(upgrade_view(r.u)->restored); /* nobody answered */
	upgrade_end_words(r.u, words, sizeof(words));
	assert_non_null(strstr(words, "minimal"));
	assert_non_null(strstr(words, "not put back"));
	end(&r);
}

static void upgrade__tells_late__then_gives_up_without_a_request(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);

	(void)state;
	asks(&r, "6.1.0", 500);
	starts(&r);
	wait_for(&r, MONO_S(19));
	assert_false(upgrade_view(r.u)->late);
	wait_for(&r, MONO_S(1));
	assert_true(upgrade_view(r.u)->late);
	hear(&r, "00:01:20 MQT: stat/s/UPGRADE = Failed HTTP error: connection refused");
	assert_string_equal(upgrade_view(r.u)->said, "HTTP error: connection refused");
	restores(&r, UPGRADE_END_NO_REQUEST);
	end(&r);
	r = begin(f);
	asks(&r, "6.1.0", 500);
	starts(&r);
	r.now += MONO_S(80);
	upgrade_tick(r.u, r.now);
	restores(&r, UPGRADE_END_NO_REQUEST);
	end(&r);
}

static void upgrade__tells_the_end__of_each_fault(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);

	(void)state;
	asks(&r, "6.1.0", 500); /* the device restarts while it downloads */
	starts(&r);
	asked(&r, UPGRADE_MAIN, 400 * KB);
	upgrade_sent(r.u, 1000, r.now);
	hear(&r, ROM);
	hear(&r, PROJECT("6.1.0-2_3_0"));
	restores(&r, UPGRADE_END_RESET);
	end(&r);
	r = begin(f); /* minimal does, which was there before: it has forgotten what it fetched */
	asks(&r, "6.1.1-minimal", 600);
	starts(&r);
	asked(&r, UPGRADE_MAIN, 400 * KB);
	hear(&r, ROM);
	hear(&r, PROJECT("6.1.1-2_3_0"));
	hear(&r, "00:00:00 WARNING This version does not support persistent settings");
	restores(&r, UPGRADE_END_RESET);
	end(&r);
	r = begin(f); /* the server's connections break */
	asks(&r, "6.1.0", 500);
	starts(&r);
	for (int i = 0; i < 3; i++) {
		asked(&r, UPGRADE_MAIN, 400 * KB);
		upgrade_sent(r.u, 1000, r.now);
		upgrade_closed(r.u, false, r.now);
	}
	assert_int_equal(upgrade_view(r.u)->broken, 3);
	r.now += MONO_S(80);
	upgrade_tick(r.u, r.now);
	restores(&r, UPGRADE_END_CUT);
	end(&r);
	r = begin(f); /* it does not take the file */
	asks(&r, "6.1.0", 500);
	starts(&r);
	asked(&r, UPGRADE_MAIN, 400 * KB);
	hear(&r, "00:01:20 MQT: stat/s/UPGRADE = Failed To less space");
	assert_string_equal(upgrade_view(r.u)->said, "To less space");
	restores(&r, UPGRADE_END_REFUSED);
	end(&r);
	r = begin(f); /* the user has enough of it */
	asks(&r, "6.1.0", 500);
	starts(&r);
	upgrade_cancel(r.u, r.now);
	hear(&r, "00:01:20 MQT: stat/s/UPGRADE = Failed HTTP error: connection refused");
	restores(&r, UPGRADE_END_CANCELLED);
	end(&r);
	r = begin(f); /* all is sent and nothing is heard again */
	asks(&r, "6.1.0", 500);
	starts(&r);
	download(&r, UPGRADE_MAIN, 400 * KB);
	wait_for(&r, MONO_S(400));
	assert_int_equal(upgrade_view(r.u)->end, UPGRADE_END_NOT_BACK);
	end(&r);
}

static void upgrade__asks_for_the_version__where_the_log_is_off(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);

	(void)state;
	asks(&r, "6.1.0", 500);
	starts(&r);
	download(&r, UPGRADE_MAIN, 400 * KB);
	r.now += MONO_S(60);
	upgrade_tick(r.u, r.now);
	upgrade_tick(r.u, r.now);
	expect_command(&r, "Status 2");
	hear(&r, "{\"StatusFWR\":{\"Version\":\"6.1.1\"}}");
	hear(
	    &r, "RSL: stat/s/STATUS2 = {\"StatusFWR\":{\"Version\":\"6.1.1\",\"Core\":\"2_3_0\"}}");
	restores(&r, UPGRADE_END_DONE);
	end(&r);
}

static void upgrade__repeats_commands__and_ends_where_nobody_answers(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);

	(void)state;
	for (int i = 0; i < 3; i++) {
		expect_command(&r, "Status 2");
		r.now += MONO_S(5);
		upgrade_tick(r.u, r.now);
	}
	assert_int_equal(upgrade_view(r.u)->end, UPGRADE_END_MUTE);
	assert_true(upgrade_view(r.u)->restored); /* nothing was changed */
	end(&r);
}

/* Right after a start it has none yet. */
static void upgrade__asks_again__for_the_address(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	static const char none[] =
	    "RSL: stat/s/STATUS5 = {\"StatusNET\":{\"IPAddress\":\"0.0.0.0\"}}";
	struct rig r = begin(f);

	(void)state;
	expect_command(&r, "Status 2");
	hear(&r, "RSL: stat/s/STATUS2 = {\"StatusFWR\":{\"Version\":\"6.1.0\"}}");
	expect_command(&r, "Status 4");
	hear(&r, "RSL: stat/s/STATUS4 = {\"StatusMEM\":{\"Free\":500,\"FlashSize\":1024}}");
	for (int i = 0; i < 3; i++) {
		expect_command(&r, "Status 5");
		hear(&r, none);
		r.now += MONO_S(5);
		upgrade_tick(r.u, r.now);
	}
	expect_command(&r, "OtaUrl"); /* it is in none */
	hear(&r, "RSL: stat/s/RESULT = {\"OtaUrl\":\"" OLD "\"}");
	assert_int_equal(upgrade_planned(r.u)->reason, UPGRADE_NO_ADDRESS);
	end(&r);
}

static void upgrade__leaves_a_masked_address_alone(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct upgrade_device known = device(V(6, 1, 0), 500);
	struct rig r = {.reader = loglines_new(), .now = MONO_S(1)};
	char words[300];

	(void)state;
	r.u = upgrade_new(f, NULL, &known, r.now);
	hear(&r, "RSL: stat/s/STATUS2 = {\"StatusFWR\":{\"Version\":\"6.1.0\"}}");
	hear(&r, "RSL: stat/s/STATUS4 = {\"StatusMEM\":{\"Free\":500,\"FlashSize\":1024}}");
	hear(&r, "RSL: stat/s/STATUS5 = {\"StatusNET\":{\"IPAddress\":\"10.0.0.7\"}}");
	hear(&r, "RSL: stat/s/RESULT = {\"OtaUrl\":\"http://me:*****@x/sonoff.bin\"}");
	assert_int_equal(at(&r), UPGRADE_READY);
	assert_null(upgrade_old_url(r.u));
	assert_true(upgrade_go(r.u, HERE, r.now));
	upgrade_cancel(r.u, r.now);
	assert_int_equal(upgrade_view(r.u)->end, UPGRADE_END_CANCELLED);
	upgrade_end_words(r.u, words, sizeof(words));
	assert_non_null(strstr(words, "not put back"));
	end(&r);
}

static void upgrade_go__refuses__a_longer_address_than_the_device_keeps(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);
	char url[102] = "http://10.0.0.2/";

	(void)state;
	asks(&r, "6.1.0", 500);
	memset(url + 16, 'x', 84);
	assert_false(upgrade_go(r.u, url, r.now)); /* 100: one more than 6.x keeps */
	assert_int_equal(upgrade_planned(r.u)->reason, UPGRADE_NO_NAME);
	url[99] = '\0';
	assert_true(upgrade_insist(r.u, false));
	assert_true(upgrade_go(r.u, url, r.now));
	end(&r);
}

static void upgrade__knows_a_stranded_device__and_goes_the_rest_of_the_way(void **state)
{
	static const char *const versions[] = {
	    "6.1.1-minimal", "8.5.0(minimal)", "14.2.0(release-minimal)", "14.2.0(safeboot)"};
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, 0)};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct rig r = begin(f);

		asks(&r, versions[i], 600);
		assert_true(upgrade_planned(r.u)->stranded);
		starts(&r);
		download(&r, UPGRADE_MAIN, 400 * KB);
		/* the same version, and not minimal any more: that is the end of the way */
		hear(&r, ROM);
		hear(&r, PROJECT("6.1.1-2_3_0"));
		restores(&r, UPGRADE_END_DONE);
		end(&r);
	}
}

static void upgrade__goes_by_the_log_alone__from_a_server_of_ones_own(void **state)
{
	struct upgrade_device none = {.free_kb = -1, .flash_kb = -1};
	struct rig r = {.reader = loglines_new(), .now = MONO_S(100)};

	(void)state;
	r.u = upgrade_new(NULL, HERE, &none, r.now);
	asks(&r, "6.1.0", 480);
	starts(&r);
	wait_for(&r, MONO_S(200));
	assert_false(upgrade_view(r.u)->late);
	hear(&r, DONE_LINE);
	hear(&r, ROM);
	hear(&r, PROJECT("6.2.1(minimal)-2_3_0"));
	assert_int_equal(at(&r), UPGRADE_BETWEEN);
	wait_for(&r, MONO_S(100));
	hear(&r, DONE_LINE);
	hear(&r, ROM);
	hear(&r, PROJECT("6.2.1-2_3_0"));
	restores(&r, UPGRADE_END_DONE);
	end(&r);
}

static void upgrade_causes__puts_first__what_speaks_for_it(void **state)
{
	struct upgrade_reach reach = {
	    .same_network = true, .filter = "ufw", .device = "10.0.0.7", .port = 40001};
	struct upgrade_cause c[UPGRADE_CAUSES];

	(void)state;
	upgrade_causes(&reach, c);
	assert_int_equal(c[0].id, UPGRADE_CAUSE_FIREWALL);
	assert_int_equal(c[1].id, UPGRADE_CAUSE_ISOLATION);
	assert_int_equal(c[3].id, UPGRADE_CAUSE_NETWORK);
	assert_non_null(strstr(c[0].text, "ufw allow from 10.0.0.7 to any port 40001"));
	reach.same_network = false;
	reach.filter[0] = '\0';
	upgrade_causes(&reach, c);
	assert_int_equal(c[0].id, UPGRADE_CAUSE_NETWORK);
	assert_int_equal(c[0].likely, UPGRADE_LIKELY);
	assert_int_equal(c[1].id, UPGRADE_CAUSE_ISOLATION); /* in the order in which they are met */
	assert_int_equal(c[2].id, UPGRADE_CAUSE_FIREWALL);
	assert_int_equal(c[3].id, UPGRADE_CAUSE_ADDRESS);
	reach.same_network = reach.answers = true;
	upgrade_causes(&reach, c);
	assert_int_equal(c[0].id, UPGRADE_CAUSE_FIREWALL);
	reach.answers = false;
	reach.silent = true;
	upgrade_causes(&reach, c);
	assert_int_equal(c[0].id, UPGRADE_CAUSE_ISOLATION);
	assert_int_equal(c[0].likely, UPGRADE_LIKELY);
	reach.silent = false;
	str_copy(reach.stranger, sizeof(reach.stranger), "10.0.0.9");
	upgrade_causes(&reach, c);
	assert_int_equal(c[0].id, UPGRADE_CAUSE_ADDRESS);
	assert_non_null(strstr(c[0].text, "/set upgrade-source 10.0.0.9"));
}

/* ---- stopped, unplugged ------------------------------------------------------------------------ */

static void now_is(struct rig *r, const char *words)
{
	char text[120];

	upgrade_now_words(upgrade_view(r->u), text, sizeof(text));
	assert_string_equal(text, words);
}

/* It reads OtaUrl for each attempt: the old one would be fetched by those that are left. */
static void upgrade_cancel__puts_the_address_back__when_the_device_has_given_up(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);

	(void)state;
	asks(&r, "6.1.0", 500);
	starts(&r);
	asked(&r, UPGRADE_MAIN, 400 * KB);
	upgrade_cancel(r.u, r.now);
	assert_true(upgrade_served(r.u)); /* the server ends at once: it is soon refused */
	assert_true(upgrade_view(r.u)->quiet);
	now_is(&r, "waits until the device tries no more, then puts OtaUrl back");
	r.now += MONO_S(20);
	upgrade_tick(r.u, r.now);
	assert_null(upgrade_command(r.u, r.now));
	hear(&r, "00:01:20 MQT: stat/s/UPGRADE = Failed HTTP error: connection refused");
	assert_false(upgrade_view(r.u)->quiet);
	restores(&r, UPGRADE_END_CANCELLED);
	end(&r);
	r = begin(f); /* a start says as much */
	asks(&r, "6.1.0", 500);
	starts(&r);
	asked(&r, UPGRADE_MAIN, 400 * KB);
	upgrade_cancel(r.u, r.now);
	hear(&r, PROJECT("6.1.0-2_3_0"));
	restores(&r, UPGRADE_END_CANCELLED);
	end(&r);
	r = begin(f); /* minimal that was there before has forgotten what it was to fetch */
	asks(&r, "6.1.1-minimal", 600);
	starts(&r);
	asked(&r, UPGRADE_MAIN, 400 * KB);
	upgrade_cancel(r.u, r.now);
	hear(&r, PROJECT("6.1.1-2_3_0"));
	hear(&r, "00:00:00 WARNING This version does not support persistent settings");
	restores(&r, UPGRADE_END_CANCELLED);
	end(&r);
	r = begin(f); /* and without a word it is waited for long enough */
	asks(&r, "6.1.0", 500);
	starts(&r);
	asked(&r, UPGRADE_MAIN, 400 * KB);
	upgrade_cancel(r.u, r.now);
	r.now += MONO_S(44);
	upgrade_tick(r.u, r.now);
	assert_null(upgrade_command(r.u, r.now));
	r.now += MONO_S(1);
	upgrade_tick(r.u, r.now);
	expect_command(&r, "OtaUrl " OLD);
	assert_false(upgrade_view(r.u)->quiet);
	end(&r);
}

static void upgrade_cancel__waits__while_minimal_tries_by_itself(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {
	    image("sonoff.bin", 600 * KB, V(6, 1, 1)), [UPGRADE_SMALL] = image("sonoff-minimal.bin",
							   340 * KB, V(6, 1, 1))};
	struct rig r = begin(f);

	(void)state;
	asks(&r, "6.1.0", 400);
	starts(&r);
	download(&r, UPGRADE_SMALL, 340 * KB);
	hear(&r, DONE_LINE);
	upgrade_cancel(r.u, r.now);
	hear(&r, ROM);
	hear(&r, PROJECT("6.1.1-2_3_0"));
	hear(&r, "00:00:00 WARNING This version does not support persistent settings");
	assert_true(upgrade_view(r.u)->quiet);
	assert_int_equal(upgrade_view(r.u)->now, V(6, 1, 1));
	r.now += MONO_S(60);
	upgrade_tick(r.u, r.now);
	assert_null(upgrade_command(r.u, r.now));
	hear(&r, "00:01:20 MQT: stat/s/UPGRADE = Failed HTTP error: connection refused");
	restores(&r, UPGRADE_END_CANCELLED);
	end(&r);
}

static void upgrade_port_away__ends_it__where_nothing_has_begun(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);
	char words[600];

	(void)state;
	expect_command(&r, "Status 2");
	upgrade_port_away(r.u, r.now);
	assert_int_equal(upgrade_view(r.u)->end, UPGRADE_END_PORT);
	assert_true(upgrade_view(r.u)->restored);
	end(&r);
	r = begin(f);
	asks(&r, "6.1.0", 500);
	upgrade_port_away(r.u, r.now);
	assert_int_equal(upgrade_view(r.u)->end, UPGRADE_END_PORT);
	upgrade_end_words(r.u, words, sizeof(words));
	assert_non_null(strstr(words, "before anything was begun"));
	assert_null(strstr(words, "put back"));
	assert_false(upgrade_go(r.u, HERE, r.now));
	end(&r);
}

static void upgrade_port_back__puts_the_address_back__where_it_was_only_set(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);

	(void)state;
	asks(&r, "6.1.0", 500);
	assert_true(upgrade_go(r.u, HERE, r.now));
	expect_command(&r, "OtaUrl " HERE);
	upgrade_port_away(r.u, r.now);
	now_is(&r, "sets OtaUrl; the port is away");
	r.now += MONO_S(30);
	upgrade_tick(r.u, r.now);
	assert_null(upgrade_command(r.u, r.now));
	assert_int_equal(at(&r), UPGRADE_SETS);
	upgrade_port_back(r.u, r.now);
	restores(&r, UPGRADE_END_PORT);
	end(&r);
	r = begin(f); /* Upgrade 1 was not sent yet */
	asks(&r, "6.1.0", 500);
	assert_true(upgrade_go(r.u, HERE, r.now));
	expect_command(&r, "OtaUrl " HERE);
	hear(&r, "00:00:33 RSL: stat/s/RESULT = {\"OtaUrl\":\"" HERE "\"}");
	upgrade_port_away(r.u, r.now);
	upgrade_port_back(r.u, r.now);
	restores(&r, UPGRADE_END_PORT);
	end(&r);
	r = begin(f); /* it was: its request will tell */
	asks(&r, "6.1.0", 500);
	assert_true(upgrade_go(r.u, HERE, r.now));
	expect_command(&r, "OtaUrl " HERE);
	hear(&r, "00:00:33 RSL: stat/s/RESULT = {\"OtaUrl\":\"" HERE "\"}");
	expect_command(&r, "Upgrade 1");
	upgrade_port_away(r.u, r.now);
	upgrade_port_back(r.u, r.now);
	assert_int_equal(at(&r), UPGRADE_AWAITS);
	end(&r);
}

/* The device has its own supply: it goes on, and the server sees it. */
static void upgrade_port_away__does_not_stop__what_goes_over_the_network(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);

	(void)state;
	asks(&r, "6.1.0", 500);
	starts(&r);
	upgrade_port_away(r.u, r.now);
	download(&r, UPGRADE_MAIN, 400 * KB);
	r.now += MONO_S(30);
	upgrade_tick(r.u, r.now);
	assert_int_equal(at(&r), UPGRADE_WRITES);
	upgrade_port_back(r.u, r.now);
	r.now += MONO_S(20); /* its start was not heard */
	upgrade_tick(r.u, r.now);
	upgrade_tick(r.u, r.now);
	expect_command(&r, "Status 2");
	hear(
	    &r, "RSL: stat/s/STATUS2 = {\"StatusFWR\":{\"Version\":\"6.1.1\",\"Core\":\"2_3_0\"}}");
	restores(&r, UPGRADE_END_DONE);
	end(&r);
	r = begin(f); /* with USB of its own each restart takes the port away */
	asks(&r, "6.1.0", 500);
	starts(&r);
	download(&r, UPGRADE_MAIN, 400 * KB);
	hear(&r, DONE_LINE);
	upgrade_port_away(r.u, r.now);
	r.now += MONO_S(3);
	upgrade_port_back(r.u, r.now);
	assert_int_equal(at(&r), UPGRADE_RESTARTS);
	hear(&r, PROJECT("6.1.1-2_3_0"));
	restores(&r, UPGRADE_END_DONE);
	end(&r);
}

static void upgrade_port_gone__tells_what_to_type(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct rig r = begin(f);
	char words[600];

	(void)state;
	asks(&r, "6.1.0", 500);
	starts(&r);
	download(&r, UPGRADE_MAIN, 400 * KB);
	upgrade_port_away(r.u, r.now);
	wait_for(&r, MONO_S(500)); /* what is to be put back waits as long as it takes */
	assert_int_equal(at(&r), UPGRADE_RESTORES);
	assert_int_equal(upgrade_view(r.u)->outcome, UPGRADE_END_PORT);
	now_is(&r, "the port is away: OtaUrl is put back when it returns");
	upgrade_port_gone(r.u);
	assert_int_equal(upgrade_view(r.u)->end, UPGRADE_END_PORT);
	assert_false(upgrade_view(r.u)->restored);
	upgrade_end_words(r.u, words, sizeof(words));
	assert_non_null(strstr(words, "type OtaUrl " OLD));
	end(&r);
}

static void upgrade_restore_words__hides_a_login(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	struct upgrade_device known = device(V(6, 1, 0), 500);
	struct rig r = {.reader = loglines_new(), .now = MONO_S(1)};
	char words[300];

	(void)state;
	r.u = upgrade_new(f, NULL, &known, r.now);
	assert_false(upgrade_restore_words(r.u, words, sizeof(words)));
	hear(&r, "RSL: stat/s/STATUS2 = {\"StatusFWR\":{\"Version\":\"6.1.0\"}}");
	hear(&r, "RSL: stat/s/STATUS4 = {\"StatusMEM\":{\"Free\":500,\"FlashSize\":1024}}");
	hear(&r, "RSL: stat/s/STATUS5 = {\"StatusNET\":{\"IPAddress\":\"10.0.0.7\"}}");
	hear(&r, "RSL: stat/s/RESULT = {\"OtaUrl\":\"http://me:se@cret@x/a@b.bin\"}");
	assert_true(upgrade_restore_words(r.u, words, sizeof(words)));
	assert_string_equal(words, "OtaUrl http://****@x/a@b.bin");
	end(&r);
}

/* Lines and events in any order: it ends, and never in an odd state. */
static void upgrade__survives__events_in_any_order(void **state)
{
	static const char *const lines[] = {ROM, PROJECT("6.1.0-2_3_0"), PROJECT("6.1.1-2_3_0"),
	    DONE_LINE, "APP: Restarting", "MQT: stat/s/UPGRADE = Failed Wrong HTTP code",
	    "RSL: stat/s/STATUS2 = {\"StatusFWR\":{\"Version\":\"6.1.0\"}}",
	    "RSL: stat/s/STATUS2 = {\"StatusFWR\":{\"Version\":\"",
	    "RSL: stat/s/STATUS4 = {\"StatusMEM\":{\"Free\":500}}",
	    "RSL: stat/s/STATUS5 = {\"StatusNET\":{\"IPAddress\":\"10.0.0.7\"}}",
	    "RSL: stat/s/RESULT = {\"OtaUrl\":\"" OLD "\"}",
	    "RSL: stat/s/RESULT = {\"OtaUrl\":\"" HERE "\"}",
	    "RSL: stat/s/RESULT = {\"Upgrade\":\"Version 6.1.0 from x\"}",
	    "WARNING This version does not support persistent settings"};
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
	uint32_t seed = 7;
	unsigned ends[UPGRADE_END_PORT + 1] = {0};

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct rig r = begin(f);

		for (int i = 0; i < 400 && at(&r) != UPGRADE_ENDED; i++) {
			seed = seed * 1664525 + 1013904223;
			r.now += (mono_t)(seed >> 12);
			upgrade_tick(r.u, r.now);
			(void)upgrade_command(r.u, r.now);
			if (seed >> 28 < 12)
				hear(&r, lines[(seed >> 16) % (sizeof(lines) / sizeof(lines[0]))]);
			else if (seed >> 28 == 12)
				asked(&r, (int)(seed >> 20 & 3) - 1, 400 * KB);
			else if (seed >> 28 == 13)
				upgrade_sent(r.u, seed >> 8, r.now);
			else if (seed >> 28 == 14)
				upgrade_closed(r.u, seed >> 27 & 1, r.now);
			else if (seed & 0x800000)
				(void)upgrade_go(r.u, HERE, r.now);
			else if (upgrade_view(r.u)->away)
				upgrade_port_back(r.u, r.now);
			else if (at(&r) > UPGRADE_READY)
				upgrade_port_away(r.u, r.now);
			assert_true(upgrade_view(r.u)->sent <= upgrade_view(r.u)->total);
		}
		if (at(&r) == UPGRADE_READY)
			upgrade_cancel(r.u, r.now);
		upgrade_port_back(r.u, r.now);
		wait_for(&r, MONO_S(2000));
		if (at(&r) == UPGRADE_READY)
			upgrade_cancel(r.u, r.now);
		assert_int_equal(at(&r), UPGRADE_ENDED);
		ends[upgrade_view(r.u)->end]++;
		end(&r);
	}
	assert_true(ends[UPGRADE_END_DONE] > 0);
	assert_int_equal(ends[UPGRADE_END_NONE], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(upgrade_plan__goes_in_one_step__where_it_fits),
	    cmocka_unit_test(upgrade_plan__goes_via_minimal__as_the_device_will),
	    cmocka_unit_test(upgrade_plan__takes_the_packed_one__where_only_that_fits),
	    cmocka_unit_test(upgrade_plan__refuses__what_is_for_another_chip),
	    cmocka_unit_test(upgrade_plan__refuses__what_is_no_firmware),
	    cmocka_unit_test(upgrade_step__names_the_next_one__of_old_versions),
	    cmocka_unit_test(upgrade_plan__makes_plain_names__of_any_file),
	    cmocka_unit_test(upgrade__is_done__when_the_new_version_was_read),
	    cmocka_unit_test(upgrade__is_not_done__when_the_old_version_came_up),
	    cmocka_unit_test(upgrade__follows_through_minimal__to_the_second_download),
	    cmocka_unit_test(upgrade__ends_half_way__when_minimal_asks_for_nothing),
	    cmocka_unit_test(upgrade__tells_late__then_gives_up_without_a_request),
	    cmocka_unit_test(upgrade__tells_the_end__of_each_fault),
	    cmocka_unit_test(upgrade__asks_for_the_version__where_the_log_is_off),
	    cmocka_unit_test(upgrade__repeats_commands__and_ends_where_nobody_answers),
	    cmocka_unit_test(upgrade__asks_again__for_the_address),
	    cmocka_unit_test(upgrade__leaves_a_masked_address_alone),
	    cmocka_unit_test(upgrade_go__refuses__a_longer_address_than_the_device_keeps),
	    cmocka_unit_test(upgrade__knows_a_stranded_device__and_goes_the_rest_of_the_way),
	    cmocka_unit_test(upgrade__goes_by_the_log_alone__from_a_server_of_ones_own),
	    cmocka_unit_test(upgrade_causes__puts_first__what_speaks_for_it),
	    cmocka_unit_test(upgrade_cancel__puts_the_address_back__when_the_device_has_given_up),
	    cmocka_unit_test(upgrade_cancel__waits__while_minimal_tries_by_itself),
	    cmocka_unit_test(upgrade_port_away__ends_it__where_nothing_has_begun),
	    cmocka_unit_test(upgrade_port_back__puts_the_address_back__where_it_was_only_set),
	    cmocka_unit_test(upgrade_port_away__does_not_stop__what_goes_over_the_network),
	    cmocka_unit_test(upgrade_port_gone__tells_what_to_type),
	    cmocka_unit_test(upgrade_restore_words__hides_a_login),
	    cmocka_unit_test(upgrade__survives__events_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
