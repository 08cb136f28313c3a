/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The upload to a device's page: fed with lines, pages and times. */
#include "tasmite/core/tasmota/upload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"

#define V(x, y, z) ((uint32_t)(x) << 24 | (uint32_t)(y) << 16 | (uint32_t)(z) << 8)
#define KB	   1024u

struct rig {
	struct upload *u;
	struct loglines *reader;
	mono_t now;
};

static struct rig rig;

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

/* 14.2.0 of 500 KB, and its minimal build. */
static struct rig *start(bool console)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("tasmota.bin", 500 * KB, V(14, 2, 0))};

	f[UPGRADE_SMALL] = image("tasmota-minimal.bin", 300 * KB, V(14, 2, 0));
	rig = (struct rig){.reader = loglines_new(), .now = MONO_S(100)};
	rig.u = upload_new(f, console, false, rig.now);
	return &rig;
}

static struct rig *start32(void)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("tasmota32.bin", 1500 * KB, V(14, 2, 0))};

	f[0].form = UPGRADE_FORM_ESP32;
	str_copy(f[0].chip, sizeof(f[0].chip), "ESP32-C3");
	rig = (struct rig){.reader = loglines_new(), .now = MONO_S(100)};
	rig.u = upload_new(f, false, false, rig.now);
	return &rig;
}

static void stop(struct rig *r)
{
	upload_free(r->u);
	loglines_free(r->reader);
}

static void line(struct rig *r, const char *text)
{
	struct logline ev;

	logline_read(r->reader, (const uint8_t *)text, strlen(text), &ev);
	upload_line(r->u, &ev, r->now);
}

static void wait(struct rig *r, int seconds)
{
	for (int i = 0; i < seconds * 4; i++) {
		r->now = mono_add(r->now, MONO_MS(250));
		upload_tick(r->u, r->now);
	}
}

static void said(struct rig *r, const char *command)
{
	const char *c = upload_command(r->u);

	assert_non_null(c);
	assert_string_equal(c, command);
}

/* The request that is due within so many seconds. */
static void asks(struct rig *r, const char *want, int seconds)
{
	const char *path = "";
	int part = -1;
	enum upload_want w = UPLOAD_WANT_NOTHING;

	for (int i = 0; i <= seconds * 4 && w == UPLOAD_WANT_NOTHING; i++) {
		w = upload_next(r->u, &path, &part, r->now);
		if (w == UPLOAD_WANT_NOTHING)
			r->now = mono_add(r->now, MONO_MS(250));
		upload_tick(r->u, r->now);
	}
	assert_int_equal(w, UPLOAD_WANT_GET);
	assert_string_equal(path, want);
}

static void posts(struct rig *r, int want)
{
	const char *path;
	int part = -1;

	assert_int_equal(upload_next(r->u, &path, &part, r->now), UPLOAD_WANT_POST);
	assert_int_equal(part, want);
}

static void page(struct rig *r, unsigned status, const char *text)
{
	upload_answered(r->u, status, text, strlen(text), r->now);
}

static void form(struct rig *r, const char *version, bool minimal)
{
	char text[300];

	str_fmt(text, sizeof(text),
	    "<html>%s<form action='u2'><input type='file' name='u2'></form>"
	    "<a>Tasmota %s by Theo Arends</a></html>",
	    minimal ? "MINIMAL firmware" : "", version);
	page(r, 200, text);
}

static void lost(struct rig *r)
{
	upload_broken(r->u, true, "10.0.0.7: the connection broke off", r->now);
}

static void ends(struct rig *r, enum upload_end e, const char *words)
{
	char text[500];

	assert_string_equal(upload_end_name(upload_view(r->u)->end), upload_end_name(e));
	upload_end_words(r->u, text, sizeof(text));
	if (!strstr(text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, text);
	assert_int_equal(upload_view(r->u)->state, UPLOAD_ENDED);
	assert_true(upload_deadline(r->u) == MONO_NEVER);
	stop(r);
}

/* Everything up to READY without a console. */
static void looked(struct rig *r, const char *version, bool minimal, const char *status4)
{
	asks(r, "/up", 0);
	form(r, version, minimal);
	asks(r, "/cm?cmnd=Status%202", 0);
	page(r, 404, "");
	asks(r, "/cm?cmnd=Status%204", 0);
	page(r, 200, status4);
	assert_int_equal(upload_view(r->u)->state, UPLOAD_READY);
}

#define FREE_600 "{\"StatusMEM\":{\"ProgramSize\":400,\"Free\":600,\"FlashSize\":1024}}"
#define FREE_400 "{\"StatusMEM\":{\"ProgramSize\":600,\"Free\":400,\"FlashSize\":1024}}"

static void answers(struct rig *r, const char *question, const char *answer)
{
	char text[300];

	said(r, question);
	str_fmt(text, sizeof(text), "00:00:09 RSL: stat/x/STATUS%c = %s", question[7], answer);
	line(r, text);
}

static void console_says_all(struct rig *r, const char *version, const char *room, const char *ip)
{
	char text[200];

	str_fmt(text, sizeof(text), "{\"StatusFWR\":{\"Version\":\"%s\",\"Boot\":31}}", version);
	answers(r, "Status 2", text);
	answers(r, "Status 4", room);
	str_fmt(
	    text, sizeof(text), "{\"StatusNET\":{\"Hostname\":\"x\",\"IPAddress\":\"%s\"}}", ip);
	answers(r, "Status 5", text);
	asks(r, "/up", 0);
}

#define BOOTS(v) "00:00:00 Project tasmota Tasmota Version " v "-2_7_7(2024-08-14T12:36:22)"

static void upload__asks_the_console__and_takes_its_word(void **state)
{
	struct rig *r = start(true);

	(void)state;
	console_says_all(r, "12.4.0(minimal)", FREE_600, "10.0.0.7");
	form(r, "12.4.0", true);
	assert_string_equal(upload_device(r->u)->address, "10.0.0.7");
	assert_int_equal(upload_view(r->u)->state, UPLOAD_READY);
	assert_true(upload_planned(r->u)->stranded);
	assert_true(upload_go(r->u, r->now));
	posts(r, UPGRADE_MAIN);
	upload_sent(r->u, 500 * KB, r->now);
	page(r, 200, "Upload <b>Successful</b>");
	wait(r, 2);
	line(r, BOOTS("14.2.0(tasmota)"));
	wait(r, 2);
	ends(r, UPLOAD_END_DONE, "It runs 14.2.0 (tasmota).");
}

static void upload__takes_its_access_point__where_it_is_in_no_network(void **state)
{
	struct rig *r = start(true);

	(void)state;
	console_says_all(r, "14.2.0(minimal)", FREE_600, "0.0.0.0");
	assert_string_equal(upload_device(r->u)->address, "192.168.4.1");
	upload_broken(r->u, false, "192.168.4.1: no answer", r->now);
	ends(r, UPLOAD_END_AWAY, "192.168.4.1");
}

static void upload__goes_on_without__a_console_that_is_mute(void **state)
{
	struct rig *r = start(true);

	(void)state;
	said(r, "Status 2");
	wait(r, 5);
	said(r, "Status 2");
	wait(r, 5);
	looked(r, "14.1.0", true, FREE_600);
	assert_int_equal(upload_device(r->u)->version, V(14, 1, 0));
	assert_string_equal(upload_device(r->u)->variant, "minimal");
	upload_cancel(r->u);
	ends(r, UPLOAD_END_CANCELLED, "It runs 14.1.0 (minimal).");
}

/* What the console has said counts, the rest is asked of the page at once. */
static void upload__goes_on_by_the_page__when_the_port_is_away(void **state)
{
	struct rig *r = start(true);

	(void)state;
	said(r, "Status 2");
	upload_mute(r->u, r->now);
	assert_null(upload_command(r->u));
	looked(r, "14.1.0", true, FREE_600);
	assert_string_equal(upload_device(r->u)->variant, "minimal");
	upload_mute(r->u, r->now); /* the question stands */
	assert_int_equal(upload_view(r->u)->state, UPLOAD_READY);
	upload_cancel(r->u);
	upload_mute(r->u, r->now);
	ends(r, UPLOAD_END_CANCELLED, "It runs 14.1.0 (minimal).");

	r = start(true);
	answers(r, "Status 2", "{\"StatusFWR\":{\"Version\":\"12.4.0(minimal)\",\"Boot\":31}}");
	said(r, "Status 4");
	upload_mute(r->u, r->now);
	looked(r, "12.4.0", true, FREE_600);
	assert_int_equal(upload_device(r->u)->version, V(12, 4, 0));
	upload_cancel(r->u);
	ends(r, UPLOAD_END_CANCELLED, "It runs 12.4.0 (minimal).");
}

/* Else the log has the first word for a while. */
static void upload__asks_the_page_early__when_the_port_is_away(void **state)
{
	for (int back = 0; back < 2; back++) {
		struct rig *r = start(true);
		const char *path;
		int part;

		(void)state;
		console_says_all(r, "12.4.0(minimal)", FREE_600, "10.0.0.7");
		form(r, "12.4.0", true);
		assert_true(upload_go(r->u, r->now));
		posts(r, UPGRADE_MAIN);
		upload_sent(r->u, 500 * KB, r->now);
		page(r, 200, "Upload <b>Successful</b>");
		wait(r, 5);
		assert_int_equal(upload_next(r->u, &path, &part, r->now), UPLOAD_WANT_NOTHING);
		upload_mute(r->u, r->now);
		if (back) { /* and its lines count again */
			line(r, BOOTS("14.2.0(tasmota)"));
			wait(r, 1);
		} else {
			asks(r, "/up", 2);
			upload_mute(r->u, r->now);
			form(r, "14.2.0", false);
		}
		ends(r, UPLOAD_END_DONE, "It runs 14.2.0");
	}
}

static void upload__refuses__what_does_not_fit(void **state)
{
	struct rig *r = start(false);

	(void)state;
	looked(r, "14.1.0", true, FREE_400); /* minimal itself runs: no way around */
	assert_int_equal(upload_planned(r->u)->reason, UPGRADE_NO_SPACE);
	assert_false(upload_go(r->u, r->now));
	stop(r);
	/* A sector less than Status 4 says: 500 KB into 503 do not go. */
	r = start(false);
	looked(r, "14.1.0", true, "{\"StatusMEM\":{\"Free\":503,\"FlashSize\":1024}}");
	assert_int_equal(upload_planned(r->u)->reason, UPGRADE_NO_SPACE);
	stop(r);
	r = start(false);
	looked(r, "14.1.0", true, "{\"StatusMEM\":{\"Free\":504,\"FlashSize\":1024}}");
	assert_int_equal(upload_planned(r->u)->reason, UPGRADE_GOOD);
	stop(r);
}

/* The files are looked through while the device is asked: whichever comes first. */
static void upload__takes_the_files__when_they_are_known(void **state)
{
	struct upgrade_file f[UPGRADE_PARTS] = {image("tasmota.bin", 500 * KB, V(14, 2, 0))};

	(void)state;
	for (int late = 0; late < 2; late++) {
		struct rig *r = &rig;

		*r = (struct rig){.reader = loglines_new(), .now = MONO_S(100)};
		r->u = upload_new(NULL, false, false, r->now);
		if (!late)
			upload_take_files(r->u, f);
		looked(r, "14.1.0", true, FREE_600);
		if (late) {
			assert_int_equal(upload_planned(r->u)->reason, UPGRADE_NO_FILE);
			upload_take_files(r->u, f);
		}
		assert_int_equal(upload_planned(r->u)->reason, UPGRADE_GOOD);
		assert_true(upload_go(r->u, r->now));
		posts(r, UPGRADE_MAIN);
		assert_int_equal(upload_view(r->u)->total, 500 * KB);
		stop(r);
	}
}

static void upload__ends__when_a_file_is_none(void **state)
{
	struct rig *r = start(true);

	(void)state;
	said(r, "Status 2");
	upload_refuse(r->u);
	assert_null(upload_command(r->u));
	ends(r, UPLOAD_END_PLAN, "Not begun.");
}

static void upload__sends_minimal_first__where_it_must(void **state)
{
	struct rig *r = start(false);

	(void)state;
	looked(r, "14.1.0", false, FREE_400);
	assert_true(upload_planned(r->u)->via_minimal);
	assert_true(upload_go(r->u, r->now));
	posts(r, UPGRADE_SMALL);
	page(r, 200, "Upload <b>Successful</b>");
	asks(r, "/up", 3);
	form(r, "14.1.0", false); /* not restarted yet */
	asks(r, "/up", 3);
	lost(r);
	asks(r, "/up", 3);
	form(r, "14.2.0", true);
	posts(r, UPGRADE_MAIN);
	page(r, 200, "Upload <b>Successful</b>");
	asks(r, "/up", 3);
	form(r, "14.2.0", false);
	assert_true(upload_view(r->u)->by_page);
	ends(r, UPLOAD_END_DONE, "It runs 14.2.0, says its page.");
}

static void same_again(bool away)
{
	struct rig *r = start(false);

	looked(r, "14.2.0", false, FREE_600);
	assert_true(upload_go(r->u, r->now));
	posts(r, UPGRADE_MAIN);
	page(r, 200, "Upload <b>Successful</b>");
	for (int i = 0; i < 5 && !upload_view(r->u)->end; i++) {
		asks(r, "/up", 3);
		if (away && i == 1)
			lost(r);
		else
			form(r, "14.2.0", false);
	}
	if (away) {
		ends(r, UPLOAD_END_DONE, "It runs 14.2.0");
		return;
	}
	assert_int_equal(upload_view(r->u)->state, UPLOAD_RESTARTS);
	wait(r, 200);
	ends(r, UPLOAD_END_SAME, "not known to be the new version");
}

static void upload__believes_the_page__when_it_was_away(void **state)
{
	(void)state;
	same_again(true);
	same_again(false);
}

static void upload__tells__what_the_page_says(void **state)
{
	struct rig *r = start(false);

	(void)state;
	looked(r, "14.1.0", true, FREE_600);
	assert_true(upload_go(r->u, r->now));
	posts(r, UPGRADE_MAIN);
	page(r, 200, "Upload <b>Failed</b><br>Not enough space");
	ends(r, UPLOAD_END_REFUSED, "did not take it: Not enough space. Take a smaller build");
	r = start(false); /* in another language: it does not restart */
	looked(r, "14.1.0", true, FREE_600);
	assert_true(upload_go(r->u, r->now));
	posts(r, UPGRADE_MAIN);
	page(r, 200, "Upload <b>fehlgeschlagen</b>");
	for (int i = 0; i < 20 && !upload_view(r->u)->end; i++) {
		asks(r, "/up", 3);
		form(r, "14.1.0", true);
	}
	ends(r, UPLOAD_END_REFUSED, "Upload fehlgeschlagen. It runs 14.1.0 (minimal).");
}

static void upload__tells__what_is_no_page_for_uploads(void **state)
{
	struct rig *r = start(false);

	(void)state;
	asks(r, "/up", 0);
	page(r, 401, "");
	ends(r, UPLOAD_END_LOGIN, "password");
	r = start(false);
	asks(r, "/up", 0);
	page(r, 404, "nothing");
	ends(r, UPLOAD_END_NO_PAGE, "no such page");
	r = start(false); /* for users only */
	asks(r, "/up", 0);
	page(r, 200, "<html>Tasmota 14.1.0 by Theo Arends</html>");
	ends(r, UPLOAD_END_NO_PAGE, "Webserver 2");
	r = start(false);
	asks(r, "/up", 0);
	upload_broken(r->u, false, "10.0.0.7: its web page can't be reached", r->now);
	ends(r, UPLOAD_END_AWAY, "can't be reached");
}

/* It has one client at a time: where another one was there, it is asked again soon. */
static void upload__looks_again__at_a_page_that_breaks_off(void **state)
{
	struct rig *r = start(false);

	(void)state;
	asks(r, "/up", 0);
	lost(r);
	asks(r, "/up", 2);
	lost(r);
	asks(r, "/up", 2);
	form(r, "14.1.0", true);
	assert_int_equal(upload_view(r->u)->state, UPLOAD_LOOKS);
	stop(r);

	r = start(false);
	for (int i = 0; i < 3; i++) {
		asks(r, "/up", 2);
		lost(r);
	}
	ends(r, UPLOAD_END_AWAY, "broke off");

	r = start(false); /* who says nothing for long is mute */
	asks(r, "/up", 0);
	wait(r, 8);
	lost(r);
	ends(r, UPLOAD_END_AWAY, "broke off");
}

static void upload__tells__a_connection_that_breaks_off(void **state)
{
	struct rig *r = start(false);

	(void)state;
	looked(r, "14.1.0", true, FREE_600);
	assert_true(upload_go(r->u, r->now));
	posts(r, UPGRADE_MAIN);
	upload_sent(r->u, 100 * KB, r->now);
	lost(r);
	asks(r, "/up", 3);
	form(r, "14.1.0", true);
	ends(r, UPLOAD_END_CUT, "broke off. It runs 14.1.0 (minimal).");
	r = start(false); /* and it is not there any more */
	looked(r, "14.1.0", true, FREE_600);
	assert_true(upload_go(r->u, r->now));
	posts(r, UPGRADE_MAIN);
	lost(r);
	for (int i = 0; i < 40 && !upload_view(r->u)->end; i++) {
		const char *path;
		int part;

		wait(r, 2);
		if (upload_next(r->u, &path, &part, r->now))
			lost(r);
	}
	ends(r, UPLOAD_END_CUT, "Which version runs is not known.");
}

static void upload__tells__a_restart_in_the_middle(void **state)
{
	struct rig *r;

	(void)state;
	for (int all = 0; all < 2; all++) {
		r = start(true);
		console_says_all(r, "14.1.0(minimal)", FREE_600, "10.0.0.7");
		form(r, "14.1.0", true);
		assert_true(upload_go(r->u, r->now));
		posts(r, UPGRADE_MAIN);
		upload_sent(r->u, all ? 500 * KB : 100 * KB, r->now);
		if (all) /* only the answer was lost: what runs tells */
			lost(r);
		line(r, all ? BOOTS("14.2.0(tasmota)") : BOOTS("14.1.0(minimal)"));
		wait(r, 2);
		assert_false(upload_waits(r->u));
		if (all)
			ends(r, UPLOAD_END_DONE, "It runs 14.2.0");
		else
			ends(r, UPLOAD_END_RESET, "restarted in the middle");
	}
}

/* 6.1.1's project line may not name the build; the warning behind it does. */
static void upload__waits_for_the_warning__behind_a_project_line(void **state)
{
	struct rig *r = start(true);

	(void)state;
	console_says_all(r, "14.1.0(tasmota)", FREE_400, "10.0.0.7");
	form(r, "14.1.0", false);
	assert_true(upload_go(r->u, r->now));
	posts(r, UPGRADE_SMALL);
	page(r, 200, "Upload <b>Successful</b>");
	line(r, "00:00:00 Project tasmota Tasmota (Topic x, Fallback DVES_123456, GroupTopic y) "
		"Version 14.2.0-2_3_0");
	line(r, "00:00:00 WARNING This version does not support persistent settings");
	wait(r, 1);
	asks(r, "/up", 3);
	lost(r);
	asks(r, "/up", 3);
	form(r, "14.2.0", true);
	posts(r, UPGRADE_MAIN);
	stop(r);
}

static void an_esp32(const char *there)
{
	struct rig *r = start32();

	asks(r, "/up", 0);
	form(r, "14.1.0", false);
	asks(r, "/cm?cmnd=Status%202", 0);
	page(r, 200,
	    "{\"StatusFWR\":{\"Version\":\"14.1.0(release-tasmota32)\",\"Hardware\":\"ESP32-C3\"}"
	    "}");
	asks(r, "/cm?cmnd=Status%204", 0);
	page(r, 200, FREE_400);
	assert_int_equal(upload_planned(r->u)->reason, UPGRADE_GOOD);
	assert_true(upload_go(r->u, r->now));
	asks(r, "/u4?u4=fct&api=", 0);
	page(r, 200, "false");
	if (!there) {
		wait(r, 200);
		ends(r, UPLOAD_END_NOT_BACK, "Nothing was heard");
		return;
	}
	asks(r, "/u4?u4=fct&api=", 3);
	lost(r);
	asks(r, "/u4?u4=fct&api=", 3);
	page(r, 200, there);
	posts(r, UPGRADE_MAIN);
	page(r, 200, "Upload <b>Successful</b>");
	asks(r, "/up", 3);
	lost(r);
	asks(r, "/up", 3);
	form(r, "14.2.0", false);
	ends(r, UPLOAD_END_DONE, "It runs 14.2.0");
}

static void upload__brings_an_esp32_to_safeboot__before(void **state)
{
	(void)state;
	an_esp32("true");
	an_esp32("none");
	an_esp32(NULL); /* it never comes back */
}

/* ---- whatever comes ---------------------------------------------------------------------------- */

static uint32_t seed;

static unsigned chance(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void something(struct rig *r)
{
	static const char *const texts[] = {"<a>Tasmota 14.2.0 by", "'u2' Tasmota 14.1.0 MINIMAL",
	    "Successful", "Failed", "false", "true", "{\"StatusFWR\":{\"Version\":\"1\"}}", "", "<",
	    "Tasmota 9", FREE_600, FREE_400};
	static const char *const lines[] = {BOOTS("14.2.0(tasmota)"), BOOTS("14.2.0(minimal)"),
	    "00:00:09 RSL: stat/x/STATUS2 = {\"StatusFWR\":{\"Version\":\"14.1.0\"}}",
	    ("00:00:09 RSL: stat/x/STATUS4 = " FREE_600), "rubbish"};
	unsigned what = chance(8);

	if (upload_waits(r->u) && what < 4)
		page(r, chance(9) ? 200 : 401, texts[chance(12)]);
	else if (upload_waits(r->u) && what == 4)
		upload_broken(r->u, chance(2), "away", r->now);
	else if (what == 5)
		line(r, lines[chance(5)]);
	else
		wait(r, (int)chance(12));
}

/* It ends some time, and asks one thing at a time. */
static void upload__ends__whatever_comes(void **state)
{
	const char *path;
	int part;

	(void)state;
	seed = 1;
	for (int round = 0; round < 1000; round++) {
		struct rig *r = round & 1 ? start(round & 2) : start32();

		for (int i = 0; i < 3000 && upload_view(r->u)->state != UPLOAD_ENDED; i++) {
			bool waits = upload_waits(r->u);

			(void)upload_command(r->u);
			if (upload_next(r->u, &path, &part, r->now))
				assert_false(waits);
			something(r);
			if (upload_view(r->u)->state == UPLOAD_READY && !upload_go(r->u, r->now))
				upload_cancel(r->u);
		}
		assert_int_equal(upload_view(r->u)->state, UPLOAD_ENDED);
		assert_int_not_equal(upload_view(r->u)->end, UPLOAD_END_NONE);
		stop(r);
	}
}

/* ---- words alone ------------------------------------------------------------------------------- */

static void upload_words__name__each_state_and_end(void **state)
{
	(void)state;
	for (int i = 0; i <= UPLOAD_ENDED; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(upload_state_words((enum upload_state)i),
			    upload_state_words((enum upload_state)k));
	for (int i = 0; i <= UPLOAD_END_NOT_BACK; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(upload_end_name((enum upload_end)i),
			    upload_end_name((enum upload_end)k));
	assert_string_equal(upload_end_name(UPLOAD_END_NOT_BACK), "not-back");
	assert_string_equal(upload_state_words(UPLOAD_SENDS), "sends");
}

/* The file goes to another device than the console's: what that says counts no more. */
static void upload_other__believes__the_page_alone(void **state)
{
	struct rig *r = start(true);

	(void)state;
	console_says_all(r, "12.4.0(minimal)", FREE_600, "10.0.0.7");
	upload_other(r->u);
	assert_string_equal(upload_device(r->u)->address, "");
	form(r, "13.1.0", true);
	assert_int_equal(upload_device(r->u)->version, V(13, 1, 0));
	asks(r, "/cm?cmnd=Status%202", 0);
	upload_broken(r->u, true, "it broke off", r->now); /* it may have no such command */
	asks(r, "/cm?cmnd=Status%204", 0);
	page(r, 200, FREE_600);
	assert_int_equal(upload_view(r->u)->state, UPLOAD_READY);
	assert_true(upload_go(r->u, r->now));
	posts(r, UPGRADE_MAIN);
	line(r, BOOTS("12.4.0(minimal)"));
	wait(r, 2);
	assert_int_equal(upload_view(r->u)->state, UPLOAD_SENDS);
	upload_cancel(r->u);
	ends(r, UPLOAD_END_CANCELLED, "Cancelled. It runs 13.1.0 (minimal).");
}

/* What it is to be called after the restart: the version of the file, or none below its bound. */
static void upload__judges__the_version_that_comes_up(void **state)
{
	static const struct {
		uint32_t version, at_least;
		const char *file, *runs;
		bool minimal;
		enum upload_end end;
	} rows[] = {
	    {V(14, 2, 0), 0, "x.bin", "14.2.0", false, UPLOAD_END_DONE},
	    {V(14, 2, 0), 0, "x.bin", "14.2.1", false, UPLOAD_END_SAME},
	    {V(14, 2, 0), 0, "x.bin", "14.2.0", true, UPLOAD_END_HALF},
	    {V(14, 2, 0), 0, "x-minimal.bin", "14.2.0", true, UPLOAD_END_DONE},
	    {V(14, 2, 0), 0, "x-minimal.bin", "14.2.0", false, UPLOAD_END_SAME},
	    {0, V(14, 0, 0), "x.bin", "14.2.1", false, UPLOAD_END_DONE},
	    {0, V(14, 0, 0), "x.bin", "13.9.0", false, UPLOAD_END_SAME},
	    {0, 0, "x.bin", "12.0.0", false, UPLOAD_END_DONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct upgrade_file f[UPGRADE_PARTS] = {
		    image(rows[i].file, 300 * KB, rows[i].version)};
		struct rig *r = &rig;

		f[0].at_least = rows[i].at_least;
		rig = (struct rig){.reader = loglines_new(), .now = MONO_S(100)};
		rig.u = upload_new(f, false, true, rig.now);
		looked(r, "11.0.0", false, FREE_600);
		if (!upload_go(r->u, r->now))
			fail_msg("%zu: %s", i, upload_planned(r->u)->text);
		posts(r, UPGRADE_MAIN);
		page(r, 200, "Upload <b>Successful</b>");
		asks(r, "/up", 3);
		lost(r);
		asks(r, "/up", 3);
		form(r, rows[i].runs, rows[i].minimal);
		ends(r, rows[i].end, "");
	}
}

static void upload_sent__tells__the_rate(void **state)
{
	struct rig *r = start(false);

	(void)state;
	upload_sent(r->u, 1000, r->now); /* nothing goes yet */
	assert_int_equal(upload_view(r->u)->sent, 0);
	looked(r, "14.1.0", true, FREE_600);
	assert_true(upload_go(r->u, r->now));
	posts(r, UPGRADE_MAIN);
	upload_sent(r->u, 1000, r->now);
	assert_int_equal(upload_view(r->u)->rate, 0); /* in no time */
	r->now = mono_add(r->now, MONO_S(2));
	upload_sent(r->u, 100 * KB, r->now);
	assert_int_equal(upload_view(r->u)->rate, 50 * KB);
	upload_sent(r->u, 501 * KB, r->now); /* with the form about it */
	assert_int_equal(upload_view(r->u)->sent, 500 * KB);
	/* Page and login: also at the end of the file. */
	page(r, 401, "");
	ends(r, UPLOAD_END_LOGIN, "wants its password");
	r = start(false);
	looked(r, "14.1.0", true, FREE_600);
	assert_true(upload_go(r->u, r->now));
	posts(r, UPGRADE_MAIN);
	page(r, 404, "");
	ends(r, UPLOAD_END_NO_PAGE, "no such page");
}

static struct rig *sent_whole(bool console)
{
	struct rig *r = start(console);

	if (console) {
		console_says_all(r, "14.1.0(minimal)", FREE_600, "10.0.0.7");
		form(r, "14.1.0", true);
	} else {
		looked(r, "14.1.0", true, FREE_600);
	}
	assert_true(upload_go(r->u, r->now));
	assert_false(upload_go(r->u, r->now)); /* once */
	posts(r, UPGRADE_MAIN);
	upload_sent(r->u, 500 * KB, r->now);
	return r;
}

static void upload__gives_up__a_device_that_does_not_come_back(void **state)
{
	struct rig *r = sent_whole(false);
	const char *path;
	int part;

	(void)state;
	page(r, 200, "Upload <b>Successful</b>");
	for (int i = 0; i < 100 && !upload_view(r->u)->end; i++) {
		wait(r, 2);
		if (upload_next(r->u, &path, &part, r->now))
			lost(r);
	}
	ends(r, UPLOAD_END_NOT_BACK, "Nothing was heard after the restart.");
}

/* It restarted while the last bytes went: what comes up tells whether it had them all. */
static void upload__judges__a_start_before_the_answer(void **state)
{
	struct rig *r = sent_whole(true);

	(void)state;
	line(r, BOOTS("14.1.0(tasmota)")); /* neither the file's nor what ran */
	wait(r, 2);
	ends(r, UPLOAD_END_RESET, "restarted in the middle");
	r = sent_whole(true);
	line(r, BOOTS("14.1.0(minimal)")); /* what ran before */
	wait(r, 2);
	ends(r, UPLOAD_END_RESET, "restarted in the middle");
}

/* What comes late, or out of its turn, changes nothing. */
static void upload__passes_over__what_is_out_of_turn(void **state)
{
	struct rig *r = start(false);

	(void)state;
	line(r, BOOTS("14.2.0(tasmota)")); /* nothing has gone yet */
	line(r, "00:00:00 WARNING This version does not support persistent settings");
	looked(r, "14.1.0(lite)", false, FREE_600);
	assert_string_equal(upload_device(r->u)->variant, "lite");
	form(r, "9.9.9", false);
	lost(r);
	wait(r, 300);
	assert_int_equal(upload_view(r->u)->state, UPLOAD_READY);
	assert_int_equal(upload_device(r->u)->version, V(14, 1, 0));
	upload_cancel(r->u);
	upload_cancel(r->u);
	line(r, BOOTS("14.2.0(tasmota)"));
	assert_int_equal(upload_view(r->u)->now, V(14, 1, 0));
	ends(r, UPLOAD_END_CANCELLED, "It runs 14.1.0 (lite).");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(upload__asks_the_console__and_takes_its_word),
	    cmocka_unit_test(upload__takes_its_access_point__where_it_is_in_no_network),
	    cmocka_unit_test(upload__goes_on_without__a_console_that_is_mute),
	    cmocka_unit_test(upload__goes_on_by_the_page__when_the_port_is_away),
	    cmocka_unit_test(upload__asks_the_page_early__when_the_port_is_away),
	    cmocka_unit_test(upload__refuses__what_does_not_fit),
	    cmocka_unit_test(upload__takes_the_files__when_they_are_known),
	    cmocka_unit_test(upload__ends__when_a_file_is_none),
	    cmocka_unit_test(upload__sends_minimal_first__where_it_must),
	    cmocka_unit_test(upload__believes_the_page__when_it_was_away),
	    cmocka_unit_test(upload__tells__what_the_page_says),
	    cmocka_unit_test(upload__tells__what_is_no_page_for_uploads),
	    cmocka_unit_test(upload__looks_again__at_a_page_that_breaks_off),
	    cmocka_unit_test(upload__tells__a_connection_that_breaks_off),
	    cmocka_unit_test(upload__tells__a_restart_in_the_middle),
	    cmocka_unit_test(upload__waits_for_the_warning__behind_a_project_line),
	    cmocka_unit_test(upload__brings_an_esp32_to_safeboot__before),
	    cmocka_unit_test(upload__ends__whatever_comes),
	    cmocka_unit_test(upload_words__name__each_state_and_end),
	    cmocka_unit_test(upload_other__believes__the_page_alone),
	    cmocka_unit_test(upload__judges__the_version_that_comes_up),
	    cmocka_unit_test(upload_sent__tells__the_rate),
	    cmocka_unit_test(upload__gives_up__a_device_that_does_not_come_back),
	    cmocka_unit_test(upload__judges__a_start_before_the_answer),
	    cmocka_unit_test(upload__passes_over__what_is_out_of_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
