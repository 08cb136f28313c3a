/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The upgrade in words: why a file can't go, what is asked when nothing is answered, how it ended. */
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
#define OLD	   "http://ota/sonoff.bin"

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
	return f;
}

static struct upgrade_device device(uint32_t version, int32_t free_kb)
{
	struct upgrade_device d = {.version = version, .free_kb = free_kb, .flash_kb = 1024};

	str_copy(d.address, sizeof(d.address), "10.0.0.7");
	return d;
}

/* ---- the plan ---------------------------------------------------------------------------------- */

static void refuses(const struct upgrade_file *f, const struct upgrade_device *d,
    enum upgrade_reason reason, const char *text, const char *advice)
{
	struct upgrade_plan p;

	assert_false(upgrade_plan(f, d, false, &p));
	assert_int_equal(p.reason, reason);
	assert_string_equal(p.text, text);
	assert_string_equal(p.advice, advice);
}

static void upgrade_plan__says__what_a_file_is(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("x.bin", 300 * KB, V(9, 0, 0))};
	struct upgrade_device d = device(V(9, 0, 0), 500);

	(void)state;
	f[0].form = UPGRADE_FORM_OTHER;
	refuses(f, &d, UPGRADE_NO_FILE, "x.bin is no firmware that a device takes over the air",
	    "Take the .bin file of a Tasmota release");
	f[0].form = UPGRADE_FORM_BACKUP;
	refuses(f, &d, UPGRADE_NO_FILE, "x.bin is a copy of a whole flash",
	    "Write it by wire, with /flash");
	f[0].form = UPGRADE_FORM_ESP32;
	f[0].safeboot = true;
	refuses(f, &d, UPGRADE_NO_FILE,
	    "x.bin is safeboot: it goes to another place than Upgrade 1 writes to",
	    "Take the application's file");
	f[0].safeboot = false;
	str_copy(f[0].chip, sizeof(f[0].chip), "ESP32-C3");
	str_copy(d.chip, sizeof(d.chip), "ESP8266EX");
	refuses(f, &d, UPGRADE_NO_CHIP, "x.bin is for ESP32-C3, the device is an ESP8266",
	    "Take the file for its chip");
	memset(&f[0], 0, sizeof(f[0]));
	f[1] = image("x.bin.gz", 300 * KB, V(7, 2, 0));
	d = device(V(7, 2, 0), 500);
	refuses(f, &d, UPGRADE_NO_PACKED,
	    "the running version takes no gzip file (8.2 and later do)", "Take the unpacked .bin");
}

static void upgrade_plan__says__what_there_is_no_room_for(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("x.bin", 600 * KB, V(9, 1, 0))};
	struct upgrade_device d = device(V(9, 1, 0), 300);
	struct upgrade_plan p;

	(void)state;
	refuses(f, &d, UPGRADE_NO_MINIMAL,
	    "x.bin has 600 KB, 300 KB are free: it needs the minimal build first",
	    "Put the minimal build beside it (NAME-minimal.bin.gz)");
	f[0].version = d.version = V(8, 1, 0);
	refuses(f, &d, UPGRADE_NO_MINIMAL,
	    "x.bin has 600 KB, 300 KB are free: it needs the minimal build first",
	    "Put the minimal build beside it (NAME-minimal.bin)");
	f[UPGRADE_SMALL] = image("x-minimal.bin", 350 * KB, V(8, 1, 0));
	refuses(f, &d, UPGRADE_NO_SPACE,
	    "neither x.bin nor the minimal build fits into the free 300 KB",
	    "Write it by wire with /flash, or take a smaller minimal build (its .gz)");
	f[UPGRADE_SMALL].form = UPGRADE_FORM_ESP32; /* and none of another family */
	d.free_kb = 400;
	refuses(f, &d, UPGRADE_NO_SPACE,
	    "neither x.bin nor the minimal build fits into the free 400 KB",
	    "Write it by wire with /flash, or take a smaller minimal build (its .gz)");
	memset(&f[UPGRADE_SMALL], 0, sizeof(f[0]));
	f[0].size = 700 * KB;
	refuses(f, &d, UPGRADE_NO_SPACE, "x.bin has 700 KB: too much even beside the minimal build",
	    "Take a smaller build (its .gz, or lite), or write it by wire with /flash");
	/* With more flash it is not. */
	d.flash_kb = 4096;
	assert_false(upgrade_plan(f, &d, false, &p));
	assert_int_equal(p.reason, UPGRADE_NO_MINIMAL);
	str_copy(d.variant, sizeof(d.variant), "minimal");
	refuses(f, &d, UPGRADE_NO_SPACE,
	    "x.bin has 700 KB, and 400 KB are free beside the minimal build",
	    "Take a smaller build (its .gz, or lite), or write it by wire with /flash");
}

static void notes(const struct upgrade_file *f, const struct upgrade_device *d, const char *note)
{
	struct upgrade_plan p;

	assert_true(upgrade_plan(f, d, false, &p));
	assert_int_equal(p.notes, *note ? 1 : 0);
	assert_string_equal(p.note[0], note);
}

static void upgrade_plan__notes__what_is_not_checked(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("x.bin", 300 * KB, V(9, 1, 0))};
	struct upgrade_device d = device(V(9, 1, 0), 500);
	struct upgrade_plan p;

	(void)state;
	str_copy(d.chip, sizeof(d.chip), "ESP8266EX");
	notes(f, &d, "");
	d.chip[0] = '\0';
	notes(f, &d, "The chip is not known: it is not checked");
	d.version = f[0].version = V(8, 3, 0); /* none but this chip then */
	notes(f, &d, "");
	f[0].version = V(9, 1, 0);
	str_copy(d.chip, sizeof(d.chip), "ESP8266EX");
	d.version = V(9, 1, 0);
	d.free_kb = -1;
	notes(f, &d, "How much is free is not known: the device decides");
	d.free_kb = 500;
	f[0].version = 0;
	notes(f, &d, "The file's version is not known: the way between versions is not checked");
	f[0].at_least = V(9, 1, 0); /* a bound is enough for the way */
	notes(f, &d, "");
	d.version = 0;
	notes(f, &d, "The running version is not known: the way between versions is not checked");
	d.version = V(9, 5, 0);
	f[0].version = V(9, 1, 0);
	notes(f, &d, "9.1.0 is older than the running 9.5.0: settings may be lost");
	/* Of no version: all of them. */
	d = device(0, -1);
	assert_true(upgrade_plan(f, &d, false, &p));
	assert_int_equal(p.notes, 3);
}

/* What the device may ask for: nothing else is served. */
static void upgrade_plan__serves__what_is_asked_for(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("x.bin", 300 * KB, V(9, 1, 0)),
	    image("x.bin.gz", 200 * KB, V(9, 1, 0)), image("x-minimal.bin", 250 * KB, V(9, 1, 0)),
	    image("x-minimal.bin.gz", 190 * KB, V(9, 1, 0))};
	struct upgrade_device d = device(V(9, 1, 0), 500);
	struct upgrade_plan p;

	(void)state;
	assert_true(upgrade_plan(f, &d, false, &p));
	assert_true(p.serve[UPGRADE_MAIN] && p.serve[UPGRADE_MAIN_GZ]);
	assert_true(p.serve[UPGRADE_SMALL] && p.serve[UPGRADE_SMALL_GZ]);
	f[UPGRADE_SMALL].whole = false;
	f[UPGRADE_SMALL_GZ].form = UPGRADE_FORM_ESP32;
	assert_true(upgrade_plan(f, &d, false, &p));
	assert_false(p.serve[UPGRADE_SMALL] || p.serve[UPGRADE_SMALL_GZ]);
	/* An ESP32 goes by its safeboot: free space says nothing, and minimal is none. */
	for (int i = 0; i < UPGRADE_PARTS; i++) {
		f[i].form = UPGRADE_FORM_ESP32;
		str_copy(f[i].chip, sizeof(f[i].chip), "ESP32");
	}
	str_copy(d.chip, sizeof(d.chip), "ESP32-D0WD");
	d.free_kb = 10;
	assert_true(upgrade_plan(f, &d, false, &p));
	assert_true(p.esp32 && p.serve[UPGRADE_MAIN]);
	assert_false(p.serve[UPGRADE_MAIN_GZ] || p.serve[UPGRADE_SMALL]);
}

static void upgrade_plan__expects__minimal_where_that_was_named(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("x-minimal.bin", 300 * KB, 0)};
	struct upgrade_device d = device(V(9, 1, 0), 500);
	struct upgrade_plan p;

	(void)state;
	str_copy(f[0].variant, sizeof(f[0].variant), "minimal");
	f[0].at_least = V(9, 0, 0);
	assert_true(upgrade_plan(f, &d, false, &p));
	assert_string_equal(p.expect_variant, "minimal");
	assert_int_equal(p.expect, 0);
	assert_int_equal(p.at_least, V(9, 0, 0));
}

static void upgrade_version_text__leaves_out__a_last_zero(void **state)
{
	char text[24];

	(void)state;
	assert_string_equal(upgrade_version_text(V(8, 5, 1), text, sizeof(text)), "8.5.1");
	assert_string_equal(upgrade_version_text(V(9, 1, 0) | 2, text, sizeof(text)), "9.1.0.2");
}

/* ---- the follower ------------------------------------------------------------------------------ */

struct rig {
	struct loglines *reader;
	struct upgrade *u;
	mono_t now;
};

static struct rig begin(void)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("sonoff.bin", 400 * KB, V(6, 1, 1))};
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

static void hear(struct rig *r, const char *line)
{
	struct logline ev;

	logline_read(r->reader, (const uint8_t *)line, strlen(line), &ev);
	upgrade_line(r->u, &ev, r->now);
}

static const struct upgrade_view *seen(const struct rig *r)
{
	return upgrade_view(r->u);
}

/* The command that is due is sent so many times, and nobody answers. */
static void unheard(struct rig *r, const char *command, int times)
{
	for (int i = 0; i < times; i++) {
		const char *c = upgrade_command(r->u, r->now);

		assert_non_null(c);
		assert_string_equal(c, command);
		r->now += MONO_S(5);
		upgrade_tick(r->u, r->now);
	}
}

static void ready(struct rig *r, const char *old)
{
	char line[120];

	hear(r, "RSL: stat/s/STATUS2 = {\"StatusFWR\":{\"Version\":\"6.1.0\"}}");
	hear(r, "RSL: stat/s/STATUS4 = {\"StatusMEM\":{\"Free\":500,\"FlashSize\":1024}}");
	hear(r, "RSL: stat/s/STATUS5 = {\"StatusNET\":{\"IPAddress\":\"10.0.0.7\"}}");
	str_fmt(line, sizeof(line), "RSL: stat/s/RESULT = {\"OtaUrl\":\"%s\"}", old);
	hear(r, line);
	assert_int_equal(seen(r)->state, UPGRADE_READY);
}

static void starts(struct rig *r)
{
	ready(r, OLD);
	assert_true(upgrade_go(r->u, HERE, r->now));
	assert_string_equal(upgrade_command(r->u, r->now), "OtaUrl " HERE);
	hear(r, "RSL: stat/s/RESULT = {\"OtaUrl\":\"" HERE "\"}");
	assert_string_equal(upgrade_command(r->u, r->now), "Upgrade 1");
}

static void put_back(struct rig *r)
{
	r->now += MONO_S(60);
	upgrade_tick(r->u, r->now);
	if (upgrade_command(r->u, r->now))
		hear(r, "RSL: stat/s/RESULT = {\"OtaUrl\":\"" OLD "\"}");
	assert_int_equal(seen(r)->state, UPGRADE_ENDED);
}

static void says(struct rig *r, const char *want)
{
	char text[600];

	upgrade_end_words(r->u, text, sizeof(text));
	assert_string_equal(text, want);
}

static void upgrade__goes_on__where_only_a_detail_is_not_told(void **state)
{
	struct rig r = begin();

	(void)state;
	assert_string_equal(upgrade_command(r.u, r.now), "Status 2");
	hear(&r, "RSL: stat/s/STATUS2 = {\"StatusFWR\":{\"Version\":\"6.1.0\"}}");
	unheard(&r, "Status 4", 3);
	assert_string_equal(upgrade_command(r.u, r.now), "Status 5");
	hear(&r, "RSL: stat/s/STATUS5 = {\"StatusNET\":{\"IPAddress\":\"10.0.0.7\"}}");
	/* What OtaUrl was has to be known before it is changed. */
	unheard(&r, "OtaUrl", 3);
	assert_int_equal(seen(&r)->end, UPGRADE_END_MUTE);
	says(&r, "The console does not answer: SerialLog 2, speed, and whether Tasmota runs are "
		 "worth a look.");
	end(&r);
}

static void upgrade__ends__where_the_address_is_not_taken(void **state)
{
	struct rig r = begin();

	(void)state;
	ready(&r, OLD);
	assert_true(upgrade_go(r.u, HERE, r.now));
	for (int i = 0; i < 3; i++) {
		assert_string_equal(upgrade_command(r.u, r.now), "OtaUrl " HERE);
		hear(&r, "RSL: stat/s/RESULT = {\"OtaUrl\":\"http://10.0.0.2:4000\"}"); /* cut */
		r.now += MONO_S(5);
		upgrade_tick(r.u, r.now);
	}
	assert_int_equal(seen(&r)->outcome, UPGRADE_END_NOT_TAKEN);
	put_back(&r);
	says(&r, "The device did not take the command. It runs 6.1.0.");
	end(&r);
}

static void upgrade__tells__why_the_device_refuses(void **state)
{
	struct rig r = begin();

	(void)state;
	starts(&r);
	hear(&r, "RSL: stat/s/RESULT = {\"Upgrade\":\"Option 1 to upgrade\"}");
	put_back(&r);
	says(
	    &r, "The device did not take the command. It said: Option 1 to upgrade It runs 6.1.0.");
	end(&r);
}

static void upgrade__waits_for_the_request__where_no_answer_came(void **state)
{
	struct upgrade_request other = {.part = -1, .free_space = -1};
	struct rig r = begin();

	(void)state;
	starts(&r);
	r.now += MONO_S(5);
	upgrade_tick(r.u, r.now);
	unheard(&r, "Upgrade 1", 2);
	assert_int_equal(seen(&r)->state, UPGRADE_AWAITS);
	/* It asks for what is not there: it is reached at least, and that is not late. */
	upgrade_asked(r.u, &other, r.now);
	assert_int_equal(seen(&r)->refused, 1);
	r.now += MONO_S(30);
	upgrade_tick(r.u, r.now);
	assert_false(seen(&r)->late);
	r.now += MONO_S(60);
	upgrade_tick(r.u, r.now);
	put_back(&r);
	assert_int_equal(seen(&r)->end, UPGRADE_END_REFUSED);
	says(&r, "The device asked, and took none of the files. It runs 6.1.0.");
	end(&r);
}

/* A look at the head is no transfer. */
static void upgrade_asked__counts__a_head_as_a_request(void **state)
{
	struct upgrade_request head = {.part = 0, .head = true, .total = 9, .free_space = 77};
	struct rig r = begin();

	(void)state;
	upgrade_asked(r.u, &head, r.now);
	assert_int_equal(seen(&r)->requests, 0); /* nobody was told to ask yet */
	starts(&r);
	upgrade_asked(r.u, &head, r.now);
	assert_int_equal(seen(&r)->requests, 1);
	assert_int_equal(seen(&r)->attempts, 0);
	assert_int_equal(seen(&r)->free_space, 77);
	assert_int_equal(seen(&r)->state, UPGRADE_STARTS);
	end(&r);
}

static void upgrade__tells__what_was_not_put_back(void **state)
{
	struct rig r = begin();

	(void)state;
	starts(&r);
	hear(&r, "RSL: stat/s/RESULT = {\"Upgrade\":\"Version 6.1.0 from x\"}");
	hear(&r, "MQT: stat/s/UPGRADE = Failed");
	assert_int_equal(seen(&r)->outcome, UPGRADE_END_NO_REQUEST);
	assert_string_equal(seen(&r)->said, "Failed");
	r.now += MONO_S(5);
	unheard(&r, "OtaUrl " OLD, 3);
	assert_int_equal(seen(&r)->end, UPGRADE_END_NO_REQUEST);
	says(&r, "The device never asked for the file. It runs 6.1.0. Its OtaUrl was not put back: "
		 "type OtaUrl " OLD);
	end(&r);
}

static void upgrade_restore_words__clears__what_was_empty(void **state)
{
	static const struct {
		const char *version, *want;
	} rows[] = {{"6.1.0", "OtaUrl 1"}, {"6.2.0", "OtaUrl 0"}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig r = begin();
		char text[100];

		str_fmt(text, sizeof(text),
		    "RSL: stat/s/STATUS2 = {\"StatusFWR\":{\"Version\":\"%s\"}}", rows[i].version);
		hear(&r, text);
		hear(&r, "RSL: stat/s/STATUS4 = {\"StatusMEM\":{\"Free\":500}}");
		hear(&r, "RSL: stat/s/STATUS5 = {\"StatusNET\":{\"IPAddress\":\"10.0.0.7\"}}");
		hear(&r, "RSL: stat/s/RESULT = {\"OtaUrl\":\"\"}");
		assert_int_equal(seen(&r)->state, UPGRADE_READY);
		assert_true(upgrade_restore_words(r.u, text, sizeof(text)));
		assert_string_equal(text, rows[i].want);
		end(&r);
	}
}

static void upgrade_restore_words__leaves__what_is_no_login(void **state)
{
	struct rig r = begin();
	char text[100];

	(void)state;
	ready(&r, "ota/me@home.bin");
	assert_true(upgrade_restore_words(r.u, text, sizeof(text)));
	assert_string_equal(text, "OtaUrl ota/me@home.bin");
	end(&r);
	r = begin();
	ready(&r, "me:word@ota/x.bin");
	assert_true(upgrade_restore_words(r.u, text, sizeof(text)));
	assert_string_equal(text, "OtaUrl ****@ota/x.bin");
	end(&r);
}

static void upgrade_end_words__tell__what_was_heard_last(void **state)
{
	struct upgrade_request q = {.part = UPGRADE_MAIN, .total = 400 * KB, .free_space = -1};
	struct rig r = begin();

	(void)state;
	starts(&r);
	hear(&r, "RSL: stat/s/RESULT = {\"Upgrade\":\"Version 6.1.0 from x\"}");
	says(&r, "Not ended. It runs 6.1.0.");
	upgrade_asked(r.u, &q, r.now);
	upgrade_port_away(r.u, r.now);
	upgrade_port_back(r.u, r.now);
	upgrade_cancel(r.u, r.now);
	put_back(&r);
	says(&r, "Cancelled. What it told last was 6.1.0. The port was away for a while: not all "
		 "was heard.");
	end(&r);
}

static void upgrade_take_files__plans__for_what_came_later(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("big.bin", 900 * KB, V(6, 1, 1))};
	struct rig r = begin();
	uint64_t revision;

	(void)state;
	upgrade_take_files(r.u, f); /* nothing is known of the device yet */
	assert_int_equal(upgrade_planned(r.u)->reason, UPGRADE_GOOD);
	ready(&r, OLD);
	assert_int_equal(upgrade_planned(r.u)->reason, UPGRADE_NO_SPACE);
	assert_false(upgrade_go(r.u, HERE, r.now));
	f[0] = image("small.bin", 300 * KB, V(6, 1, 1));
	revision = seen(&r)->revision;
	upgrade_take_files(r.u, f);
	assert_true(seen(&r)->revision > revision);
	assert_int_equal(upgrade_planned(r.u)->reason, UPGRADE_GOOD);
	end(&r);
}

/* ---- words alone --------------------------------------------------------------------------------- */

static void upgrade_causes__name__any_filter(void **state)
{
	struct upgrade_reach reach = {
	    .same_network = true, .filter = "nftables", .device = "10.0.0.7", .port = 40001};
	struct upgrade_cause c[UPGRADE_CAUSES];

	(void)state;
	upgrade_causes(&reach, c);
	assert_string_equal(
	    c[0].text, "nftables is on here: let 10.0.0.7 come in to port 40001 (TCP)");
	assert_int_equal(c[0].likely, UPGRADE_LIKELY);
	reach.filter[0] = '\0';
	reach.answers = true;
	upgrade_causes(&reach, c);
	assert_string_equal(
	    c[0].text, "a firewall of this machine may keep 10.0.0.7 out of port 40001 (TCP)");
	assert_string_equal(c[3].text, "the device is reached from here");
}

static void upgrade_words__name__each_state_and_end(void **state)
{
	(void)state;
	for (int i = 0; i <= UPGRADE_ENDED; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(upgrade_state_words((enum upgrade_state)i),
			    upgrade_state_words((enum upgrade_state)k));
	for (int i = 0; i <= UPGRADE_END_PORT; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(upgrade_end_name((enum upgrade_end)i),
			    upgrade_end_name((enum upgrade_end)k));
	assert_string_equal(upgrade_end_name(UPGRADE_END_PORT), "port-gone");
	assert_string_equal(upgrade_state_words(UPGRADE_RESTORES), "puts the old OtaUrl back");
}

/* ---- what is heard on the way ---------------------------------------------------------------------- */

#define PROJECT(v) \
	"00:00:00 Project sonoff Sonoff (Topic s, Fallback DVES_1, GroupTopic g) Version " v

static struct rig begin_with(struct upgrade_file file)
{
	struct upgrade_file f[UPGRADE_PARTS] = {file};
	struct upgrade_device none = {.free_kb = -1, .flash_kb = -1};
	struct rig r = {.reader = loglines_new(), .now = MONO_S(100)};

	r.u = upgrade_new(f, NULL, &none, r.now);
	return r;
}

static void whole(struct rig *r, int part)
{
	struct upgrade_request q = {.part = part, .total = 400 * KB, .free_space = -1};

	upgrade_asked(r->u, &q, r->now);
	upgrade_sent(r->u, 400 * KB, r->now);
	upgrade_closed(r->u, true, r->now);
	assert_int_equal(seen(r)->state, UPGRADE_WRITES);
}

static void upgrade_line__takes__the_chip_and_odd_addresses(void **state)
{
	struct rig r = begin();
	char line[400];

	(void)state;
	hear(&r, "RSL: stat/s/STATUS2 = {\"StatusFWR\":{\"Version\":\"8.5.0\",\"Hardware\":"
		 "\"ESP8285\"}}");
	assert_string_equal(upgrade_device(r.u)->chip, "ESP8285");
	hear(&r, "RSL: stat/s/STATUS4 = {\"StatusMEM\":{\"Free\":500}}");
	hear(&r, "RSL: stat/s/STATUS5 = {\"StatusNET\":{\"IPAddress\":\"10.0.0.7\"}}");
	/* No address that a device keeps is that long. */
	str_copy(line, sizeof(line), "RSL: stat/s/RESULT = {\"OtaUrl\":\"");
	memset(line + strlen(line), 'x', 300);
	str_cat(line, sizeof(line), "\"}");
	hear(&r, line);
	assert_int_equal(seen(&r)->state, UPGRADE_ASKS);
	/* Damaged on its way: it must not be written back. */
	hear(&r, "RSL: stat/s/RESULT = {\"OtaUrl\":\"http://h/\x01.bin\"}");
	assert_int_equal(seen(&r)->state, UPGRADE_READY);
	assert_null(upgrade_old_url(r.u));
	end(&r);
}

static void upgrade__judges__the_version_that_comes_up(void **state)
{
	static const struct {
		const char *file, *variant;
		uint32_t version, at_least;
		const char *project;
		enum upgrade_end end;
	} rows[] = {
	    {"x-minimal.bin", "minimal", V(6, 1, 1), 0, PROJECT("6.1.1(minimal)-2_3_0"),
		UPGRADE_END_DONE},
	    {"x-minimal.bin", "minimal", V(6, 1, 1), 0, PROJECT("6.1.1-2_3_0"), UPGRADE_END_SAME},
	    {"x.bin", "", V(6, 1, 1), 0, PROJECT("6.1.1(minimal)-2_3_0"), UPGRADE_END_SAME},
	    {"x.bin", "", 0, V(6, 1, 1), PROJECT("6.2.1-2_3_0"), UPGRADE_END_DONE},
	    {"x.bin", "", 0, V(6, 2, 1), PROJECT("6.1.1-2_3_0"), UPGRADE_END_SAME},
	    {"x.bin", "", 0, 0, PROJECT("6.1.1-2_3_0"), UPGRADE_END_DONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct upgrade_file f = image(rows[i].file, 400 * KB, rows[i].version);
		struct rig r;

		f.at_least = rows[i].at_least;
		str_copy(f.variant, sizeof(f.variant), rows[i].variant);
		r = begin_with(f);
		starts(&r);
		whole(&r, UPGRADE_MAIN);
		hear(&r, rows[i].project);
		if (seen(&r)->outcome != rows[i].end)
			fail_msg("%zu: %s", i, upgrade_end_name(seen(&r)->outcome));
		end(&r);
	}
}

/* The log's own words, before the line that ends it. */
static void upgrade_line__keeps__the_reason_that_was_told(void **state)
{
	struct rig r = begin();

	(void)state;
	hear(&r, "OTA: Connection timeout after -1 ms"); /* of something else */
	assert_string_equal(seen(&r)->said, "");
	starts(&r);
	hear(&r, "RSL: stat/s/RESULT = {\"Upgrade\":\"Version 6.1.0 from x\"}");
	hear(&r, "OTA: Connection timeout after -1 ms");
	assert_string_equal(seen(&r)->said, "Connection timeout after -1 ms");
	end(&r);
}

/* Minimal that is in its network asks within seconds, or never. */
static void upgrade_line__shortens__the_wait_of_minimal_in_its_network(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {
	    image("x.bin", 500 * KB, V(6, 2, 1)), [UPGRADE_SMALL] =
						      image("x-minimal.bin", 300 * KB, V(6, 2, 1))};
	struct upgrade_device none = {.free_kb = -1, .flash_kb = -1};

	(void)state;
	for (int web = 0; web < 2; web++) {
		struct rig r = {.reader = loglines_new(), .now = MONO_S(100)};

		r.u = upgrade_new(f, NULL, &none, r.now);
		starts(&r);
		whole(&r, UPGRADE_SMALL);
		hear(&r, PROJECT("6.2.1(minimal)-2_3_0"));
		assert_int_equal(seen(&r)->state, UPGRADE_BETWEEN);
		if (web)
			hear(&r, "HTP: Web server active on s with IP address 10.0.0.7");
		r.now += MONO_S(61);
		upgrade_tick(r.u, r.now);
		assert_int_equal(seen(&r)->outcome, web ? UPGRADE_END_HALF : UPGRADE_END_NONE);
		end(&r);
	}
}

/* An OtaUrl that was empty is back when it is not ours any more. */
static void upgrade__restores__an_empty_address(void **state)
{
	struct rig r = begin();

	(void)state;
	ready(&r, "");
	assert_true(upgrade_go(r.u, HERE, r.now));
	upgrade_cancel(r.u, r.now);
	r.now += MONO_S(5);
	assert_string_equal(upgrade_command(r.u, r.now), "OtaUrl 1");
	hear(&r, "RSL: stat/s/RESULT = {\"OtaUrl\":\"" HERE "\"}"); /* a late answer */
	assert_int_equal(seen(&r)->state, UPGRADE_RESTORES);
	hear(&r, "RSL: stat/s/RESULT = {\"OtaUrl\":\"http://default/x.bin\"}");
	assert_int_equal(seen(&r)->state, UPGRADE_ENDED);
	assert_true(seen(&r)->restored);
	end(&r);
}

static void upgrade__ends__where_a_transfer_stalls(void **state)
{
	struct upgrade_request q = {.part = UPGRADE_MAIN, .total = 400 * KB, .free_space = -1};
	struct upgrade_request empty = {.part = UPGRADE_MAIN, .free_space = -1};
	struct rig r = begin();

	(void)state;
	assert_false(upgrade_served(r.u));
	starts(&r);
	hear(&r, "RSL: stat/s/RESULT = {\"Upgrade\":\"Version 6.1.0 from x\"}");
	upgrade_asked(r.u, &empty, r.now); /* it was refused */
	assert_int_equal(seen(&r)->state, UPGRADE_AWAITS);
	upgrade_sent(r.u, 5, r.now); /* of nothing */
	upgrade_asked(r.u, &q, r.now);
	upgrade_sent(r.u, 0, r.now);
	assert_int_equal(seen(&r)->sent, 0);
	r.now += MONO_S(46);
	upgrade_tick(r.u, r.now);
	assert_int_equal(seen(&r)->outcome, UPGRADE_END_CUT);
	assert_true(seen(&r)->quiet); /* nobody has seen it give up */
	upgrade_cancel(r.u, r.now);   /* it is over: the outcome stays */
	assert_int_equal(seen(&r)->outcome, UPGRADE_END_CUT);
	put_back(&r);
	says(&r, "The transfer broke off, and the device asked no more. Try again nearer to the "
		 "access point. It runs 6.1.0.");
	upgrade_port_away(r.u, r.now);
	upgrade_port_gone(r.u);
	assert_int_equal(seen(&r)->end, UPGRADE_END_CUT);
	end(&r);
}

/* Nothing of such a server is seen: the log alone tells, and is waited for longer. */
static void upgrade__gives_up__on_a_server_of_ones_own(void **state)
{
	struct upgrade_device safeboot = {.free_kb = -1, .flash_kb = -1, .variant = "safeboot"};
	struct rig r = {.reader = loglines_new(), .now = MONO_S(100)};

	(void)state;
	r.u = upgrade_new(NULL, HERE, &safeboot, r.now);
	ready(&r, OLD);
	assert_true(upgrade_planned(r.u)->stranded);
	assert_true(upgrade_go(r.u, NULL, r.now));
	assert_string_equal(upgrade_command(r.u, r.now), "OtaUrl " HERE);
	hear(&r, "RSL: stat/s/RESULT = {\"OtaUrl\":\"" HERE "\"}");
	assert_string_equal(upgrade_command(r.u, r.now), "Upgrade 1");
	hear(&r, "RSL: stat/s/RESULT = {\"Upgrade\":\"Version 6.1.0 from x\"}");
	r.now += MONO_S(299);
	upgrade_tick(r.u, r.now);
	assert_int_equal(seen(&r)->state, UPGRADE_AWAITS);
	r.now += MONO_S(1);
	upgrade_tick(r.u, r.now);
	assert_int_equal(seen(&r)->outcome, UPGRADE_END_NOT_BACK);
	end(&r);
}

static void upgrade_port_gone__ends__what_was_under_way(void **state)
{
	struct rig r = begin();

	(void)state;
	starts(&r);
	upgrade_port_gone(r.u);
	assert_int_equal(seen(&r)->end, UPGRADE_END_PORT);
	says(&r, "The port went away in the middle; the device may have gone on by itself. It runs "
		 "6.1.0. Its OtaUrl was not put back: type OtaUrl " OLD);
	upgrade_port_back(r.u, r.now);
	assert_int_equal(seen(&r)->state, UPGRADE_ENDED);
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(upgrade_plan__says__what_a_file_is),
	    cmocka_unit_test(upgrade_plan__says__what_there_is_no_room_for),
	    cmocka_unit_test(upgrade_plan__notes__what_is_not_checked),
	    cmocka_unit_test(upgrade_plan__serves__what_is_asked_for),
	    cmocka_unit_test(upgrade_plan__expects__minimal_where_that_was_named),
	    cmocka_unit_test(upgrade_version_text__leaves_out__a_last_zero),
	    cmocka_unit_test(upgrade__goes_on__where_only_a_detail_is_not_told),
	    cmocka_unit_test(upgrade__ends__where_the_address_is_not_taken),
	    cmocka_unit_test(upgrade__tells__why_the_device_refuses),
	    cmocka_unit_test(upgrade__waits_for_the_request__where_no_answer_came),
	    cmocka_unit_test(upgrade_asked__counts__a_head_as_a_request),
	    cmocka_unit_test(upgrade__tells__what_was_not_put_back),
	    cmocka_unit_test(upgrade_restore_words__clears__what_was_empty),
	    cmocka_unit_test(upgrade_restore_words__leaves__what_is_no_login),
	    cmocka_unit_test(upgrade_end_words__tell__what_was_heard_last),
	    cmocka_unit_test(upgrade_take_files__plans__for_what_came_later),
	    cmocka_unit_test(upgrade_causes__name__any_filter),
	    cmocka_unit_test(upgrade_words__name__each_state_and_end),
	    cmocka_unit_test(upgrade_line__takes__the_chip_and_odd_addresses),
	    cmocka_unit_test(upgrade__judges__the_version_that_comes_up),
	    cmocka_unit_test(upgrade_line__keeps__the_reason_that_was_told),
	    cmocka_unit_test(upgrade_line__shortens__the_wait_of_minimal_in_its_network),
	    cmocka_unit_test(upgrade__restores__an_empty_address),
	    cmocka_unit_test(upgrade__ends__where_a_transfer_stalls),
	    cmocka_unit_test(upgrade__gives_up__on_a_server_of_ones_own),
	    cmocka_unit_test(upgrade_port_gone__ends__what_was_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
