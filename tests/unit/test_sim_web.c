/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual device's own web page: the test is its client. */
#include "test_sim_app_rig.h"

#include <stdbool.h>

struct client {
	uint32_t ip;
	char page[20000];
	size_t n;
	bool closed;
};

static struct client web;
static uint8_t image[0x100000], before[0x100000];
static char body[0x110000];

static void on_listen(void *ctx, uint32_t ip)
{
	((struct client *)ctx)->ip = ip;
}

static void on_send(void *ctx, const void *bytes, size_t n)
{
	struct client *c = ctx;

	assert_true(c->n + n < sizeof(c->page));
	memcpy(c->page + c->n, bytes, n);
	c->n += n;
	c->page[c->n] = 0;
}

static void on_close(void *ctx)
{
	((struct client *)ctx)->closed = true;
}

static size_t make(const char *build, uint8_t *dst)
{
	struct tas_image_spec spec = {build, 0, 3, 0x20};
	size_t n = tas_image_make(&spec, dst);

	assert_true(n > 0);
	return n;
}

/* Joined, with that set; the build of `full` was there before, as minimal ones keep no settings. */
static struct rig *joined(const char *full, const char *build, const char *set)
{
	struct rig *r = rig_new(full, "network * rssi -50\nip 127.0.0.9\n");

	memset(&web, 0, sizeof(web));
	r->web = (struct sim_web){&web, on_listen, on_send, on_close};
	rig_power(r);
	rig_run(r, 2);
	if (set)
		rig_say(r, set);
	rig_say(r, "Backlog SSId1 home; Password1 secret-key");
	rig_run(r, 20);
	(void)make(build, r->flash);
	rig_power(r);
	rig_run(r, 20);
	rig_say(r, "SerialLog 3");
	assert_int_equal(web.ip, 0x7F000009);
	r->resets = 0;
	rig_clear(r);
	return r;
}

static void send_all(struct rig *r, const char *p, size_t n, size_t step)
{
	for (size_t at = 0; at < n && !web.closed; at += step)
		sim_app_web(r->app, SIM_RADIO_DATA, p + at, n - at < step ? n - at : step, r->now);
}

static void ask(struct rig *r, const char *text)
{
	web.n = 0;
	web.closed = false;
	sim_app_web(r->app, SIM_RADIO_UP, NULL, 0, r->now);
	send_all(r, text, strlen(text), 1);
	assert_true(web.closed);
}

/* As a browser sends it, up to `most` bytes of it. */
static void post(
    struct rig *r, const char *file, const uint8_t *p, size_t n, const char *more, size_t most)
{
	char head[400];
	int at = snprintf(body, sizeof(body),
	    "--MARK\r\nContent-Disposition: form-data; name=\"u2\"; filename=\"%s\"\r\n"
	    "Content-Type: application/octet-stream\r\n\r\n",
	    file);

	memcpy(body + at, p, n);
	n += (size_t)at;
	memcpy(body + n, "\r\n--MARK--\r\n", 12);
	n += 12;
	snprintf(head, sizeof(head),
	    "POST /u2?fsz=%zu HTTP/1.0\r\nHost: x\r\nContent-Type: multipart/form-data; "
	    "boundary=MARK\r\nContent-Length: %zu\r\n%s\r\n",
	    n, n, more);
	web.n = 0;
	web.closed = false;
	sim_app_web(r->app, SIM_RADIO_UP, NULL, 0, r->now);
	send_all(r, head, strlen(head), 7);
	send_all(r, body, n < most ? n : most, 1460);
}

#define page_has(text)                                                      \
	do {                                                                \
		if (!strstr(web.page, (text)))                              \
			fail_msg("\"%s\" is not in: %s", (text), web.page); \
	} while (0)

static void web__names_its_version__on_each_page(void **state)
{
	static const struct {
		const char *full, *build, *foot;
		bool minimal;
	} rows[] = {
	    {"6.1.1-full", "6.1.1-full", "Sonoff-Tasmota 6.1.1 by Theo Arends", false},
	    {"6.1.1-full", "6.1.1-minimal", "Sonoff-Tasmota 6.1.1-minimal by", true},
	    {"14.2.0-full", "14.2.0-minimal", ">Tasmota 14.2.0 by Theo Arends", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig *r = joined(rows[i].full, rows[i].build, NULL);

		ask(r, "GET /up HTTP/1.0\r\n\r\n");
		page_has("HTTP/1.0 200 OK\r\n");
		page_has(rows[i].foot);
		page_has("name='u2'");
		assert_int_equal(strstr(web.page, "MINIMAL") != NULL, rows[i].minimal);
		ask(r, "GET /nothing HTTP/1.0\r\n\r\n");
		page_has("HTTP/1.0 404 ");
		rig_free(r);
	}
}

static void web__sends_in_pieces__what_newer_builds_send(void **state)
{
	struct rig *r = joined("14.2.0-full", "14.2.0-full", NULL);

	(void)state;
	ask(r, "GET /up HTTP/1.1\r\nHost: x\r\n\r\n");
	page_has("Transfer-Encoding: chunked\r\n");
	page_has("\r\n0\r\n\r\n");
	rig_free(r);
	r = joined("6.1.1-full", "6.1.1-full", NULL);
	ask(r, "GET /up HTTP/1.1\r\nHost: x\r\n\r\n");
	page_has("Content-Length: ");
	assert_null(strstr(web.page, "chunked"));
	rig_free(r);
}

static void web__takes_a_file__and_restarts_with_it(void **state)
{
	struct rig *r = joined("6.1.1-full", "6.1.1-minimal", NULL);
	size_t n = make("6.1.1-classic", image);

	(void)state;
	post(r, "sonoff.bin", image, n, "", SIZE_MAX);
	assert_true(web.closed);
	page_has("Successful");
	rig_expect(r, "UPL: File sonoff.bin ...");
	rig_run(r, 5);
	rig_expect(r, "APP: Restarting");
	assert_int_equal(r->resets, 1);
	assert_memory_equal(r->flash, image, n);
	rig_expect_not(r, "persistent settings");
	rig_free(r);
}

/* What each refuses, in its words; nothing is changed by it. */
static void web__refuses__in_the_words_of_its_version(void **state)
{
	static const struct {
		const char *full, *build, *file, *image, *words;
	} rows[] = {
	    {"6.1.1-full", "6.1.1-minimal", "", "6.1.1-classic", "No file selected"},
	    {"6.1.1-full", "6.1.1-full", "x.bin", "6.1.1-classic", "Upload buffer miscompare"},
	    {"14.2.0-full", "14.2.0-full", "x.bin", "15.2.0-full", "Not enough space"},
	    {"6.1.1-full", "6.1.1-minimal", "x.bin", NULL, "Magic byte is not 0xE9"},
	    {"14.2.0-full", "14.2.0-minimal", "x.bin", NULL, "Invalid file signature"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig *r = joined(rows[i].full, rows[i].build, NULL);
		size_t n = 50000;

		memset(image, 'x', n);
		if (rows[i].image)
			n = make(rows[i].image, image);
		memcpy(body, r->flash, 4096);
		post(r, rows[i].file, image, n, "", SIZE_MAX);
		page_has("Failed");
		page_has(rows[i].words);
		rig_run(r, 10);
		assert_int_equal(r->resets, 0);
		assert_int_equal(r->flash[0], 0xE9);
		rig_free(r);
	}
}

static void web__takes_no_packed_file__below_8_2(void **state)
{
	static const uint8_t gzip[64] = {0x1F, 0x8B, 8};
	struct rig *r = joined("6.1.1-full", "6.1.1-minimal", NULL);

	(void)state;
	post(r, "x.bin.gz", gzip, sizeof(gzip), "", SIZE_MAX);
	page_has("Magic byte is not 0xE9");
	rig_free(r);
	r = joined("14.2.0-full", "14.2.0-minimal", NULL);
	post(r, "x.bin.gz", gzip, sizeof(gzip), "", SIZE_MAX); /* taken, and damaged */
	page_has("Upload failed. Enable logging 3");
	rig_free(r);
}

static void web__keeps_refusing__until_its_page_is_asked_for(void **state)
{
	static const char *const builds[] = {"6.1.1-full", "14.2.0-full"};

	(void)state;
	for (int late = 0; late < 2; late++) {
		struct rig *r =
		    joined(builds[late], late ? "14.2.0-minimal" : "6.1.1-minimal", NULL);
		size_t n = make(late ? "15.2.0-full" : "6.1.1-classic", image);

		post(r, "x.bin", (const uint8_t *)"nothing", 7, "", SIZE_MAX);
		page_has("Failed");
		post(r, "x.bin", image, n, "", SIZE_MAX);
		if (!late) {
			page_has("Failed");
			ask(r, "GET /up HTTP/1.0\r\n\r\n");
			post(r, "x.bin", image, n, "", SIZE_MAX);
		}
		page_has("Successful");
		rig_free(r);
	}
}

static void web__wants_its_password__at_the_end_of_an_upload(void **state)
{
	struct rig *r = joined("14.2.0-full", "14.2.0-full", "WebPassword joker");

	(void)state;
	ask(r, "GET /up HTTP/1.0\r\n\r\n");
	page_has("HTTP/1.0 401 ");
	page_has("WWW-Authenticate: Basic");
	ask(r, "GET /up HTTP/1.0\r\nAuthorization: Basic YWRtaW46d3Jvbmc=\r\n\r\n");
	page_has("401");
	ask(r, "GET /up HTTP/1.0\r\nAuthorization: Basic YWRtaW46am9rZXI=\r\n\r\n");
	page_has("200 OK");
	post(r, "x.bin", (const uint8_t *)"nothing", 7, "", SIZE_MAX);
	page_has("401");
	post(r, "x.bin", (const uint8_t *)"nothing", 7, "Authorization: Basic YWRtaW46am9rZXI=\r\n",
	    SIZE_MAX);
	page_has("Invalid file signature");
	rig_free(r);
}

static void web__answers_commands__as_one_object(void **state)
{
	struct rig *r = joined("14.2.0-full", "14.2.0-full", NULL);

	(void)state;
	ask(r, "GET /cm?cmnd=Status%202 HTTP/1.0\r\n\r\n");
	page_has("{\"StatusFWR\":{\"Version\":\"14.2.0(release-tasmota)\"");
	ask(r, "GET /cm?cmnd=Status%204 HTTP/1.0\r\n\r\n");
	page_has("\"Free\":");
	ask(r, "GET /cm HTTP/1.0\r\n\r\n");
	page_has("WARNING");
	rig_free(r);
}

static void web__shows_the_main_page_alone__to_users(void **state)
{
	struct rig *r = joined("14.2.0-full", "14.2.0-full", "Webserver 1");

	(void)state;
	ask(r, "GET /up HTTP/1.0\r\n\r\n");
	page_has("200 OK");
	assert_null(strstr(web.page, "u2"));
	rig_free(r);
}

static void web__forgets_an_upload__that_breaks_off(void **state)
{
	struct rig *r = joined("6.1.1-full", "6.1.1-minimal", NULL);
	size_t n = make("6.1.1-classic", image);

	(void)state;
	memcpy(before, r->flash, sizeof(before));
	post(r, "x.bin", image, n, "", n / 2);
	assert_false(web.closed);
	sim_app_web(r->app, SIM_RADIO_END, NULL, 0, r->now);
	assert_memory_equal(r->flash, before, 0x50000); /* the settings are behind that */
	ask(r, "GET /up HTTP/1.0\r\n\r\n");
	page_has("6.1.1-minimal");
	post(r, "x.bin", image, n, "", n / 2);
	rig_power(r); /* it takes no more part in it */
	assert_int_equal(web.ip, 0);
	rig_run(r, 20);
	rig_expect(r, "persistent settings");
	rig_free(r);
}

static void web__is_where_the_device_is__in_a_network_or_its_own(void **state)
{
	struct rig *r = rig_new("14.2.0-full", "# no network\n");

	(void)state;
	memset(&web, 0, sizeof(web));
	r->web = (struct sim_web){&web, on_listen, on_send, on_close};
	rig_power(r);
	rig_run(r, 10);
	rig_expect(r, "with IP address 192.168.4.1");
	assert_int_equal(web.ip, 0xC0A80401);
	ask(r, "GET /up HTTP/1.0\r\n\r\n");
	page_has("name='u2'");
	rig_free(r);
}

/* Whatever comes: it answers or hangs up, and takes the next. */
static void web__stands__what_is_no_request(void **state)
{
	struct rig *r = joined("14.2.0-full", "14.2.0-full", NULL);
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 200; i++) {
		char text[3000];
		size_t n = 1 + (seed >> 8) % sizeof(text);

		for (size_t k = 0; k < n; k++) {
			seed = seed * 1664525u + 1013904223u;
			text[k] = "POST /u2?= \r\n:%GETcm1&9A\"-"[(seed >> 16) % 27];
		}
		memcpy(text, i & 1 ? "POST /u2 HT" : "GET /cm?cm", n < 10 ? n : 10);
		web.n = 0;
		web.closed = false;
		sim_app_web(r->app, SIM_RADIO_UP, NULL, 0, r->now);
		send_all(r, text, n, 1 + (seed >> 20) % 700);
		if (!web.closed)
			send_all(r, "\r\n\r\n", 4, 4);
		if (!web.closed)
			sim_app_web(r->app, SIM_RADIO_END, NULL, 0, r->now);
	}
	ask(r, "GET /up HTTP/1.0\r\n\r\n");
	page_has("200 OK");
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(web__names_its_version__on_each_page),
	    cmocka_unit_test(web__sends_in_pieces__what_newer_builds_send),
	    cmocka_unit_test(web__takes_a_file__and_restarts_with_it),
	    cmocka_unit_test(web__refuses__in_the_words_of_its_version),
	    cmocka_unit_test(web__takes_no_packed_file__below_8_2),
	    cmocka_unit_test(web__keeps_refusing__until_its_page_is_asked_for),
	    cmocka_unit_test(web__wants_its_password__at_the_end_of_an_upload),
	    cmocka_unit_test(web__answers_commands__as_one_object),
	    cmocka_unit_test(web__shows_the_main_page_alone__to_users),
	    cmocka_unit_test(web__forgets_an_upload__that_breaks_off),
	    cmocka_unit_test(web__is_where_the_device_is__in_a_network_or_its_own),
	    cmocka_unit_test(web__stands__what_is_no_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
