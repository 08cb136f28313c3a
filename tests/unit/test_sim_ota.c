/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual device upgrades itself over the air: the test is its server. */
#include "test_sim_app_rig.h"

#include <stdbool.h>

#include <zlib.h>

#include "../sim/md5.h"

#define SERVER "http://127.0.0.1:4711/k3/"

struct server {
	struct rig *r;
	bool open, stop;
	unsigned opened, closed;
	uint32_t from, to;
	uint16_t port;
	char request[1100];
};

static struct server web;

static void net_open(void *ctx, uint32_t from, uint32_t to, uint16_t port)
{
	struct server *s = ctx;

	s->open = true;
	s->opened++;
	s->from = from;
	s->to = to;
	s->port = port;
	s->request[0] = 0;
}

static void net_send(void *ctx, const void *bytes, size_t n)
{
	struct server *s = ctx;

	assert_true(n < sizeof(s->request));
	memcpy(s->request, bytes, n);
	s->request[n] = 0;
}

static void net_close(void *ctx)
{
	struct server *s = ctx;

	s->open = false;
	s->closed++;
}

static size_t make(const char *build, uint8_t *dst)
{
	struct tas_image_spec spec = {build, 0, 3, 0x20};
	size_t n = tas_image_make(&spec, dst);

	assert_true(n > 0);
	return n;
}

/* Joined, and told to upgrade from that file of the server. Minimal builds keep no settings: a full
 * one was there before. */
static struct rig *upgrading_in(const char *world, const char *build, const char *file)
{
	struct rig *r = rig_new(*build == '6' ? "6.1.1-full" : "8.5.0-full", world);
	char line[128];

	memset(&web, 0, sizeof(web));
	web.r = r;
	r->radio = (struct sim_radio){&web, net_open, net_send, net_close};
	rig_power(r);
	rig_run(r, 2);
	rig_say(r, "Backlog SSId1 home; Password1 secret-key");
	rig_run(r, 20);
	(void)make(build, r->flash);
	rig_power(r);
	rig_run(r, 20);
	r->resets = 0;
	rig_say(r, "SerialLog 3");
	snprintf(line, sizeof(line), "OtaUrl " SERVER "%s", file);
	rig_say(r, line);
	rig_clear(r);
	rig_say(r, "Upgrade 1");
	rig_expect(r, "{\"Upgrade\":\"Version ");
	return r;
}

static struct rig *upgrading(const char *build, const char *file)
{
	return upgrading_in("network * rssi -50\nip 127.0.0.9\n", build, file);
}

/* Until it asks; the path of its request is that. */
static void asks_for(struct rig *r, const char *file)
{
	char want[80];

	for (int i = 0; i < 400 && !web.open; i++)
		rig_run(r, 0.1);
	assert_true(web.open);
	sim_app_radio(r->app, SIM_RADIO_UP, NULL, 0, r->now);
	snprintf(want, sizeof(want), "GET /k3/%s HTTP/1.0\r\n", file);
	if (strncmp(web.request, want, strlen(want)) != 0)
		fail_msg("asked for \"%.60s\", not %s", web.request, file);
}

static void answer(struct rig *r, const char *head)
{
	/* byte by byte */
	for (const char *p = head; *p && web.open; p++)
		sim_app_radio(r->app, SIM_RADIO_DATA, p, 1, r->now);
}

static void body(struct rig *r, const uint8_t *p, size_t n)
{
	for (size_t at = 0; at < n && web.open; at += 1460) {
		sim_app_radio(
		    r->app, SIM_RADIO_DATA, p + at, n - at < 1460 ? n - at : 1460, r->now);
		if (at / 1460 % 50 == 0)
			rig_run(r, 0.1);
	}
}

static void serve(struct rig *r, const uint8_t *p, size_t n)
{
	char head[200];
	uint8_t sum[16];
	char md5[33];

	sim_md5(p, n, sum);
	for (int i = 0; i < 16; i++)
		snprintf(md5 + 2 * i, 3, "%02x", sum[i]);
	snprintf(head, sizeof(head),
	    "HTTP/1.0 200 OK\r\nContent-Type: x\r\nContent-Length: %zu\r\nx-MD5: %s\r\n\r\n", n,
	    md5);
	answer(r, head);
	body(r, p, n);
}

static uint8_t image[0x100000], packed[0x100000];

static void ota__replaces_the_program__where_it_fits(void **state)
{
	struct rig *r = upgrading("6.1.1-minimal", "sonoff.bin");
	size_t n = make("6.1.1-classic", image);

	(void)state;
	asks_for(r, "sonoff.bin");
	assert_int_equal(web.from, 0x7F000009);
	assert_int_equal(web.to, 0x7F000001);
	assert_int_equal(web.port, 4711);
	assert_non_null(strstr(web.request, "\r\nUser-Agent: ESP8266-http-Update\r\n"));
	assert_non_null(strstr(web.request, "\r\nx-ESP8266-free-space: 679936\r\n"));
	assert_non_null(strstr(web.request, "\r\nx-ESP8266-version: 6.1.1-minimal\r\n"));
	serve(r, image, n);
	rig_run(r, 5);
	rig_expect(r, "UPL: " SERVER "sonoff.bin");
	rig_expect(r, "UPGRADE = Successful. Restarting");
	rig_expect(r, "APP: Restarting");
	assert_int_equal(r->resets, 1);
	rig_expect_not(r, "persistent settings");
	assert_memory_equal(r->flash, image, n);
	rig_free(r);
}

static void ota__goes_via_minimal__by_itself(void **state)
{
	struct rig *r = upgrading("6.1.1-full", "sonoff-classic.bin");
	size_t n = make("6.1.1-classic", image);

	(void)state;
	asks_for(r, "sonoff-classic.bin");
	serve(r, image, n); /* 486 KB into 484 */
	assert_false(web.open);
	asks_for(r, "sonoff-minimal.bin");
	n = make("6.1.1-minimal", image);
	serve(r, image, n);
	rig_run(r, 3);
	rig_expect(r, "persistent settings");
	rig_clear(r);
	asks_for(r, "sonoff-classic.bin"); /* by itself */
	n = make("6.1.1-classic", image);
	serve(r, image, n);
	rig_run(r, 5);
	rig_expect(r, "UPGRADE = Successful. Restarting");
	rig_expect_not(r, "persistent settings");
	assert_memory_equal(r->flash, image, n);
	rig_free(r);
}

static void ota__strands_in_minimal__that_has_forgotten(void **state)
{
	struct rig *r = upgrading_in("network * rssi -50\nip 127.0.0.9\nupgrade forgets\n",
	    "6.1.1-full", "sonoff-classic.bin");
	size_t n = make("6.1.1-classic", image);

	(void)state;
	asks_for(r, "sonoff-classic.bin");
	serve(r, image, n);
	asks_for(r, "sonoff-minimal.bin");
	n = make("6.1.1-minimal", image);
	serve(r, image, n);
	rig_run(r, 120);
	rig_expect(r, "persistent settings");
	assert_int_equal(web.opened, 2);
	assert_memory_equal(r->flash, image, n);
	rig_free(r);
}

static void ota__takes_gzip__from_8_2_on(void **state)
{
	struct rig *r = upgrading("8.5.0-minimal", "tasmota.bin.gz");
	size_t n = make("8.5.0-full", image);
	z_stream z = {.next_in = image, .avail_in = (uInt)n};

	(void)state;
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	asks_for(r, "tasmota.bin.gz");
	serve(r, packed, z.total_out);
	rig_run(r, 5);
	rig_expect(r, "{\"Upgrade\":\"Successful. Restarting\"}");
	rig_expect_not(r, "persistent settings");
	assert_memory_equal(r->flash, image, n);
	rig_free(r);
	r = upgrading("6.1.1-minimal", "tasmota.bin.gz");
	for (int i = 0; i < 4; i++) {
		asks_for(r, "tasmota.bin.gz");
		serve(r, packed, z.total_out);
	}
	rig_run(r, 5);
	rig_expect(r, "UPGRADE = Failed Verify bin header failed");
	(void)deflateEnd(&z);
	rig_free(r);
}

/* Each is asked for four times, and the program stays what it was. */
static void ota__fails__with_the_words_of_its_version(void **state)
{
	static const struct {
		const char *build, *head, *words;
	} rows[] = {
	    {"6.1.1-minimal", "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n",
		"UPGRADE = Failed File not Found (404)"},
	    {"14.2.0-full", "HTTP/1.1 404 Not Found\r\n\r\n",
		"{\"Upgrade\":\"Failed File Not Found (404)\"}"},
	    {"14.2.0-full", "HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n", "Wrong HTTP Code"},
	    {"14.2.0-full", "HTTP/1.1 200 OK\r\n\r\n", "Server Did Not Report Size"},
	    {"6.1.1-minimal", "HTTP/1.0 200 OK\r\nContent-Length: 999999\r\n\r\n",
		"UPGRADE = Failed To less space"},
	    {"14.2.0-full", "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n<html>...",
		"Verify Bin Header Failed"},
	    {"14.2.0-full",
		"HTTP/1.0 200 OK\r\nContent-Length: 9\r\nX-md5: "
		"0123456789abcdef0123456789abcdef\r\n"
		"\r\n\xe9\x01\x03\x20\x01\x01\x01\x01\x01",
		"Wrong MD5"},
	};
	struct rig *r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = upgrading(rows[i].build, "x.img");
		memcpy(image, r->flash, sizeof(image));
		for (int k = 0; k < 4; k++) {
			asks_for(r, "x.img");
			answer(r, rows[i].head);
			assert_false(web.open);
		}
		rig_run(r, 5);
		rig_expect(r, rows[i].words);
		assert_int_equal(web.opened, 4);
		assert_memory_equal(r->flash, image, 300 * 1024);
		rig_free(r);
	}
}

static void ota__tries_again__when_the_server_breaks_off(void **state)
{
	struct rig *r = upgrading("6.1.1-minimal", "sonoff.bin");
	size_t n = make("6.1.1-classic", image);
	char head[80];

	(void)state;
	snprintf(head, sizeof(head), "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
	asks_for(r, "sonoff.bin");
	answer(r, head);
	body(r, image, n / 2);
	sim_app_radio(r->app, SIM_RADIO_END, NULL, 0, r->now);
	assert_false(web.open);
	asks_for(r, "sonoff.bin"); /* nothing comes any more */
	answer(r, head);
	rig_run(r, 9);
	assert_int_equal(web.closed, 2);
	for (int i = 0; i < 100 && web.opened < 3; i++)
		rig_run(r, 0.1);
	sim_app_radio(r->app, SIM_RADIO_REFUSED, NULL, 0, r->now);
	asks_for(r, "sonoff.bin");
	serve(r, image, n);
	rig_run(r, 5);
	rig_expect(r, "UPGRADE = Successful. Restarting");
	rig_free(r);
}

static void ota__ends__with_a_restart_in_the_middle(void **state)
{
	struct rig *r = upgrading("6.1.1-minimal", "sonoff.bin");
	size_t n = make("6.1.1-classic", image);
	char head[80];

	(void)state;
	snprintf(head, sizeof(head), "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
	asks_for(r, "sonoff.bin");
	answer(r, head);
	body(r, image, n / 2);
	rig_power(r);
	assert_false(web.open);
	rig_clear(r);
	rig_run(r, 60);
	rig_expect(r, "persistent settings"); /* the old one, and it asks no more */
	assert_int_equal(web.opened, 1);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ota__replaces_the_program__where_it_fits),
	    cmocka_unit_test(ota__goes_via_minimal__by_itself),
	    cmocka_unit_test(ota__strands_in_minimal__that_has_forgotten),
	    cmocka_unit_test(ota__takes_gzip__from_8_2_on),
	    cmocka_unit_test(ota__fails__with_the_words_of_its_version),
	    cmocka_unit_test(ota__tries_again__when_the_server_breaks_off),
	    cmocka_unit_test(ota__ends__with_a_restart_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
