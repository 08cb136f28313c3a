/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The masking funnel: by context, by what was sent, over any cut of the stream. */
#include "tasmite/core/tasmota/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void tx(struct secrets *s, const char *line, const char *want)
{
	struct buf out;

	buf_init(&out, 10000);
	secrets_tx_line(s, line, strlen(line), &out);
	(void)buf_append_byte(&out, 0);
	assert_string_equal((const char *)buf_bytes(&out), want);
	buf_fini(&out);
}

/* Feeds in pieces of `step` bytes (0: random), flushes; the result is terminated. */
static void feed(struct secrets *s, const uint8_t *in, size_t n, size_t step, struct buf *out)
{
	for (size_t i = 0; i < n;) {
		size_t take = step ? step : 1 + (size_t)rand() % 7;

		if (take > n - i)
			take = n - i;
		secrets_rx(s, in + i, take, 0, out);
		i += take;
	}
	secrets_flush(s, out);
	assert_int_equal(buf_len(out), n);
	(void)buf_append_byte(out, 0);
}

/* Whole, in pieces of every size, at random cuts, at every single cut. */
static void rx(struct secrets *s, const char *in, const char *want)
{
	size_t n = strlen(in);
	struct buf out;

	buf_init(&out, 100000);
	for (size_t step = 0; step <= n; step++) {
		buf_clear(&out);
		feed(s, (const uint8_t *)in, n, step, &out);
		assert_string_equal((const char *)buf_bytes(&out), want);
	}
	/* Every single cut. */
	for (size_t cut = 1; cut < n; cut++) {
		buf_clear(&out);
		secrets_rx(s, (const uint8_t *)in, cut, 0, &out);
		secrets_rx(s, (const uint8_t *)in + cut, n - cut, 0, &out);
		secrets_flush(s, &out);
		(void)buf_append_byte(&out, 0);
		assert_string_equal((const char *)buf_bytes(&out), want);
	}
	buf_fini(&out);
}

static void secrets_rx__masks__echo(void **state)
{
	struct secrets *s = secrets_new();

	(void)state;
	rx(s, "00:00:16 CMD: Password1 abc\n", "00:00:16 CMD: Password1 ***\n");
	rx(s, "CMD: password abc\r\nnext", "CMD: password ***\r\nnext");
	rx(s, "CMD: PASSWORD2   a b ;c\n", "CMD: PASSWORD2   ******\n");
	rx(s, "CMD: Backlog SSID1 home; Password1 abc; Module 1\n",
	    "CMD: Backlog SSID1 home; Password1 ***; Module 1\n");
	rx(s, "CMD: backlog0 password1 abc ;password2 xyz;topic t\nPassword1 a;b\n",
	    "CMD: backlog0 password1 ****;password2 ***;topic t\nPassword1 ***\n");
	rx(s, "CMD: Backlog Password1 a{b;c}d;Topic x\n",
	    "CMD: Backlog Password1 *******;Topic x\n");
	rx(s, "CMD: MqttPassword abc\n", "CMD: MqttPassword ***\n");
	rx(s, "CMD: MqttUser bob\nCMD: SSID1 home\n", "CMD: MqttUser bob\nCMD: SSID1 home\n");
	rx(s, "CMD: webpassword2 abc\nCMD: IfxToken t0k\nCMD: RgxPassword rr\n",
	    "CMD: webpassword2 ***\nCMD: IfxToken ***\nCMD: RgxPassword **\n");
	rx(s, "CMD: NRFKey 00aa\nCMD: NRFMjyd2s 11\nCMD: MI32Key 22\nCMD: MI32Keys aa=33\n",
	    "CMD: NRFKey ****\nCMD: NRFMjyd2s **\nCMD: MI32Key **\nCMD: MI32Keys *****\n");
	rx(s, "CMD: WiFiTest1 home+abc\nCMD: WiFiTest home\n",
	    "CMD: WiFiTest1 home+***\nCMD: WiFiTest home\n");
	rx(s, "CMD: WebSend [10.0.0.2:80,admin:abc] Power on\nCMD: WebSend [h] Power\n",
	    "CMD: WebSend [10.0.0.2:80,admin:***] Power on\nCMD: WebSend [h] Power\n");
	rx(s, "CMD: WebSend [h] Password1 abc\n", "CMD: WebSend [h] Password1 ***\n");
	rx(s, "CMD: ZbConfig {\"KeyL\":\"0x1\"}\n", "CMD: ZbConfig **************\n");
	rx(s, "CMD: cmnd/sonoff/Password abc\nCMD: _Password abc\n",
	    "CMD: cmnd/sonoff/Password ***\nCMD: _Password ***\n");
	secrets_free(s);
}

static void secrets_rx__masks__echo_with_garbage_or_cut(void **state)
{
	struct secrets *s = secrets_new();

	(void)state;
	rx(s,
	    "\xff\x80\x01"
	    "CMD: Password1 abc\n",
	    "\xff\x80\x01"
	    "CMD: Password1 ***\n");
	rx(s, "log SSID1 x; Password1 abc; Module 1\n", "log SSID1 x; Password1 *************\n");
	rx(s, "xlog password abc;x\nBACKLOG2 password abc;x\n",
	    "xlog password abc;x\nBACKLOG2 password ***;x\n");
	rx(s, "1 x; Password abc\n", "1 x; Password ***\n");
	rx(s, "CMD: Passwod\nCMD: Pasword1 abc\n", "CMD: Passwod\nCMD: Pasword1 ***\n");
	rx(s, "CMD: Password1 abc", "CMD: Password1 ***");
	rx(s, "WIF: SmartConfigSSId1 home, Password1 abc\n",
	    "WIF: SmartConfigSSId1 home, Password1 ***\n");
	secrets_free(s);
}

static void secrets_rx__masks__level_3_lines(void **state)
{
	struct secrets *s = secrets_new();

	(void)state;
	rx(s, "CMD: Grp 0, Cmd 'PASSWORD', Idx 1, Len 3, Pld -99, Data 'abc'\nx",
	    "CMD: Grp 0, Cmd 'PASSWORD', Idx 1, Len 3, Pld -99, Data '***'\nx");
	rx(s, "CMD: Grp 0, Cmd 'PASSWORD', Idx 1, Len 3, Data 'a'b''\n",
	    "CMD: Grp 0, Cmd 'PASSWORD', Idx 1, Len 3, Data '****'\n");
	rx(s, "RSL: Group 0, Index 1, Command PASSWORD, Data abc;d\n",
	    "RSL: Group 0, Index 1, Command PASSWORD, Data *****\n");
	rx(s, "RSL: Gruppe 0, Index 1, Befehl MQTTPASSWORD, Daten abc\r\n",
	    "RSL: Gruppe 0, Index 1, Befehl MQTTPASSWORD, Daten ***\r\n");
	rx(s, "CMD: Group 0, Index 1, Command \"PASSWORD\", Data \"a\"c\"\n",
	    "CMD: Group 0, Index 1, Command \"PASSWORD\", Data \"***\"\n");
	rx(s, "CMD: Grp 0, Cmd 'WIFITEST', Idx 1, Len 8, Data 'home+abc'\n",
	    "CMD: Grp 0, Cmd 'WIFITEST', Idx 1, Len 8, Data 'home+***'\n");
	rx(s, "CMD: Grp 0, Cmd 'SSID', Idx 1, Len 4, Data 'home'\n",
	    "CMD: Grp 0, Cmd 'SSID', Idx 1, Len 4, Data 'home'\n");
	rx(s, "CMD: Grp 0, Cmd 'BACKLOG', Idx 1, Data 'SSID1 x;Password1 abc;Power'\n",
	    "CMD: Grp 0, Cmd 'BACKLOG', Idx 1, Data 'SSID1 x;Password1 ***;Power'\n");
	secrets_free(s);
}

static void secrets_rx__masks__answers(void **state)
{
	struct secrets *s = secrets_new();

	(void)state;
	rx(s, "RSL: stat/x/RESULT = {\"Password1\":\"abc\"}\n",
	    "RSL: stat/x/RESULT = {\"Password1\":\"***\"}\n");
	rx(s, "{\"Password1\" : \"a\\\"b\",\"SSId1\":\"home\"}",
	    "{\"Password1\" : \"****\",\"SSId1\":\"home\"}");
	rx(s, "{\"Password1\":\"a\"b\"}", "{\"Password1\":\"***\"}");
	rx(s, "{\"Password1\":\"a\\\\\"}x", "{\"Password1\":\"***\"}x");
	rx(s, "{\"MqttPassword\":\"abc\",\"IfxToken\":\"x1\"}",
	    "{\"MqttPassword\":\"***\",\"IfxToken\":\"**\"}");
	rx(s, "{\"Password1\":\"********\"}", "{\"Password1\":\"********\"}");
	rx(s, "{\"ZbConfig\":{\"Channel\":11,\"KeyL\":\"0xF\",\"KeyH\":\"0xE\"}}",
	    "{\"ZbConfig\":{\"Channel\":11,\"KeyL\":\"***\",\"KeyH\":\"***\"}}");
	rx(s, "{\"WebSend\":\"Done\"} {\"WiFiTest\":\"Testing\"}",
	    "{\"WebSend\":\"Done\"} {\"WiFiTest\":\"Testing\"}");
	rx(s, "{\"Command\":\"Unknown\",\"Input\":\"Foo1 abc\"}\n",
	    "{\"Command\":\"Unknown\",\"Input\":\"Foo1 ***\"}\n");
	rx(s, "{\"Command\":\"Error\",\"Input\":\"FOO\"}\nx y",
	    "{\"Command\":\"Error\",\"Input\":\"FOO\"}\nx y");
	secrets_free(s);
}

static void secrets_rx__masks__passwords_in_urls(void **state)
{
	struct secrets *s = secrets_new();

	(void)state;
	rx(s, "OtaUrl http://bob:abc@host:8080/x.bin ok\n",
	    "OtaUrl http://bob:***@host:8080/x.bin ok\n");
	rx(s, "http://host:8080/a@b http://host:80\nx@y",
	    "http://host:8080/a@b http://host:80\nx@y");
	rx(s, "http://u:a@b@host/", "http://u:*@*@host/");
	rx(s, "http://u:ab@host\nhttp://u:ab@host:80 x", "http://u:**@host\nhttp://u:**@host:80 x");
	rx(s, "http://u:ab\nx http://u:ab x http://h:80\n",
	    "http://u:**\nx http://u:** x http://h:80\n");
	rx(s, "http://[fe80::ab]\n", "http://[fe80::ab]\n");
	rx(s, "http://[fe80::1]:80/x http://u@h/", "http://[fe80::1]:80/x http://u@h/");
	secrets_free(s);
}

/* A password of a URL that is longer than what may be held is masked without waiting for its end. */
static void secrets_rx__bounds__what_it_holds(void **state)
{
	struct secrets *s = secrets_new();
	char in[400], want[400];
	struct buf out;

	(void)state;
	memset(in, 'p', sizeof(in));
	memcpy(in, "http://u:", 9);
	memcpy(want, in, sizeof(in));
	memset(want + 9, '*', 300 - 9);
	memcpy(in + 300, "@host/x", 8);
	memcpy(want + 300, "@host/x", 8);
	rx(s, in, want);
	buf_init(&out, 1000);
	for (size_t i = 0; i < 300; i++) {
		secrets_rx(s, (const uint8_t *)in + i, 1, 0, &out);
		assert_true(i + 1 - buf_len(&out) <= 128);
	}
	assert_int_equal(buf_len(&out), 300);
	buf_fini(&out);
	secrets_free(s);
}

static void secrets_rx__leaves__plain_text(void **state)
{
	static const char *const lines[] = {
	    "00:00:09 WIF: Connect failed with AP incorrect password\n",
	    "00:00:09 WIF: Connessione fallita, password errata\n",
	    "00:00:09 WIF: falsches Passwort, bitte\n",
	    "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_4B67BA, GroupTopic "
	    "sonoffs) "
	    "Version 6.1.1-2_3_0\n",
	    "{\"Backlog\":\"Empty\"};x\n",
	    "CMD: Password1\n",
	    "CMD: Password1 1\n",
	    "CMD: Password1 off\n",
	    "CMD: Password1 ?\n",
	    "CMD: Password1 OFF\r\n",
	    "CMD: Backlog Password1 0;Password2 \";Topic t\n",
	};
	struct secrets *s = secrets_new();

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		rx(s, lines[i], lines[i]);
	secrets_free(s);
}

static void secrets_rx__masks__known_secrets_anywhere(void **state)
{
	struct secrets *s = secrets_new();

	(void)state;
	tx(s, "Backlog SSID1 home; Password1 hunter22; MqttPassword a\"b\\c",
	    "Backlog SSID1 home; Password1 ********; MqttPassword *****");
	rx(s, "xhunter22x hunter2 hunterhunter22", "x********x hunter2 hunter********");
	rx(s, "WIF: x as hunter22...\n", "WIF: x as ********...\n");
	rx(s, "{\"x\":\"a\\\"b\\\\c\"}", "{\"x\":\"*******\"}");
	secrets_free(s);
}

static void secrets_rx__masks__rest_of_a_secret_where_a_line_begins(void **state)
{
	struct secrets *s = secrets_new();
	struct buf out;
	char line[400] = "Password1 ";

	(void)state;
	tx(s, "Backlog Password1 hunter22; MqttPassword abcabc9",
	    "Backlog Password1 ********; MqttPassword *******");
	rx(s, "nter22; x\nter22;\nr22\nunter2\nCMD: ter22\nx nter22\nbcabc9\ncabc9\n",
	    "******; x\n*****;\nr22\nunter2\nCMD: *****\nx nter22\n******\n*****\n");
	/* Half of it is let go masked, the rest follows. */
	buf_init(&out, 1000);
	secrets_rx(s, (const uint8_t *)"\nunter", 6, 0, &out);
	assert_int_equal(buf_len(&out), 1);
	secrets_tick(s, MONO_S(1), &out);
	secrets_rx(s, (const uint8_t *)"22\n", 3, MONO_S(2), &out);
	assert_memory_equal(buf_bytes(&out), "\n*******\n", 9);
	buf_fini(&out);
	/* A very long one. */
	for (int i = 0; i < 300; i++)
		line[10 + i] = (char)('A' + i * 7 % 57);
	line[310] = '\0';
	buf_init(&out, 2000);
	secrets_tx_line(s, line, 310, &out);
	buf_clear(&out);
	secrets_rx(s, (const uint8_t *)"\n", 1, 0, &out);
	secrets_rx(s, (const uint8_t *)line + 100, 210, 0, &out);
	secrets_flush(s, &out);
	assert_int_equal(buf_len(&out), 211);
	for (size_t i = 1; i <= 128; i++)
		assert_int_equal(buf_bytes(&out)[i], '*');
	buf_fini(&out);
	secrets_free(s);
}

static void secrets_tx_line__learns__values_as_sent(void **state)
{
	struct secrets *s = secrets_new();

	(void)state;
	tx(s, "Password1 one;two", "Password1 *******");
	rx(s, "one;two one two;", "******* one two;");
	tx(s, "bAcKlOg3 password1 three ; topic x;otaurl http://me:fourr@h/f",
	    "bAcKlOg3 password1 ******; topic x;otaurl http://me:*****@h/f");
	rx(s, "three fourr topic", "***** ***** topic");
	tx(s, "WebSend [h:80,admin:fiver] Power", "WebSend [h:80,admin:*****] Power");
	tx(s, "WiFiTest2 home+sixxx", "WiFiTest2 home+*****");
	rx(s, "home sixxx fiver", "home ***** *****");
	tx(s, "Password1 1", "Password1 1");
	tx(s, "Password1 off", "Password1 off");
	tx(s, "Password1 of", "Password1 **");
	tx(s, "Password1 xy", "Password1 **");
	tx(s, "Password1 x", "Password1 *");
	tx(s, "Password1 o", "Password1 *");
	tx(s, "Password1 10", "Password1 **");
	tx(s, "Backlog Password1 o;Password2 of;Password1 of",
	    "Backlog Password1 *;Password2 **;Password1 **");
	tx(s, "Backlog Password1 0;Password2 off;Topic x",
	    "Backlog Password1 0;Password2 off;Topic x");
	rx(s, "xy of 1 off", "xy of 1 off");
	tx(s, "Password1 ********", "Password1 ********");
	rx(s, "**** x", "**** x");
	tx(s, "Power on", "Power on");
	tx(s, "", "");
	secrets_free(s);
}

static void secrets_tx_line__forgets__oldest(void **state)
{
	struct secrets *s = secrets_new();
	struct buf out;
	char line[64];

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		snprintf(line, sizeof(line), "Password1 key-%04u", i);
		tx(s, line, "Password1 ********");
		if (i == 250)
			tx(s, "Password1 key-0001", "Password1 ********");
	}
	rx(s, "key-0000 key-0001 key-0299 key-0100", "key-0000 ******** ******** ********");
	for (unsigned i = 0; i < 40; i++) {
		char longer[800];

		memset(longer, 'a' + (int)(i % 26), sizeof(longer));
		memcpy(longer, "Password1 ", 10);
		longer[sizeof(longer) - 2] = (char)('0' + i % 10);
		longer[sizeof(longer) - 1] = 0;
		buf_init(&out, 2000);
		secrets_tx_line(s, longer, strlen(longer), &out);
		assert_int_equal(buf_len(&out), strlen(longer));
		buf_fini(&out);
	}
	rx(s, "key-0299", "key-0299");
	secrets_free(s);
}

static void secrets_spans__marks__edit_line(void **state)
{
	struct secrets *s = secrets_new();
	uint8_t mask[100];
	const char *line = "Backlog Password1 ab;SSID1 x";

	(void)state;
	secrets_spans(s, line, strlen(line), mask);
	for (size_t i = 0; i < strlen(line); i++)
		assert_int_equal(mask[i], i == 18 || i == 19);
	assert_true(secrets_in_line(s, line, strlen(line)));
	assert_false(secrets_in_line(s, "Backlog SSID1 x", 15));
	assert_false(secrets_in_line(s, "", 0));
	/* It did not learn. */
	rx(s, "ab", "ab");
	tx(s, "Password1 abcd", "Password1 ****");
	assert_true(secrets_in_line(s, "Topic abcd", 10));
	secrets_set_show(s, true);
	secrets_spans(s, "Topic abcd", 10, mask);
	assert_int_equal(mask[6], 0);
	assert_true(secrets_in_line(s, "Topic abcd", 10));
	tx(s, "Password1 efgh", "Password1 efgh");
	rx(s, "CMD: Password1 abcd\n", "CMD: Password1 abcd\n");
	secrets_set_show(s, false);
	rx(s, "abcd efgh\n", "**** ****\n");
	secrets_free(s);
}

static void secrets_tick__lets_go__held_tail(void **state)
{
	struct secrets *s = secrets_new();
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	tx(s, "Password1 hunter22", "Password1 ********");
	assert_int_equal(secrets_deadline(s), MONO_NEVER);
	secrets_rx(s, (const uint8_t *)"> hun", 5, 1000, &out);
	assert_int_equal(buf_len(&out), 2);
	assert_int_equal(secrets_deadline(s), 1000 + MONO_MS(50));
	secrets_tick(s, 999 + MONO_MS(50), &out);
	assert_int_equal(buf_len(&out), 2);
	secrets_tick(s, 1000 + MONO_MS(50), &out);
	assert_int_equal(secrets_deadline(s), MONO_NEVER);
	secrets_rx(s, (const uint8_t *)"ter22!hunte", 11, 100000, &out);
	secrets_tick(s, 200000, &out);
	secrets_rx(s, (const uint8_t *)"r22", 3, 300000, &out);
	assert_int_equal(buf_len(&out), 19);
	assert_memory_equal(buf_bytes(&out), "> hun*****!********", 19);
	/* A value by context: a first byte that may be all of it waits, then it is masked. */
	buf_clear(&out);
	secrets_rx(s, (const uint8_t *)"\nCMD: Password1 1", 17, 400000, &out);
	assert_int_equal(buf_len(&out), 16);
	secrets_tick(s, 500000, &out);
	secrets_rx(s, (const uint8_t *)"y\n", 2, 600000, &out);
	assert_memory_equal(buf_bytes(&out), "\nCMD: Password1 **\n", 19);
	/* What may be the closing quote is let go as it is; a port number too. */
	buf_clear(&out);
	secrets_rx(s, (const uint8_t *)"{\"Password1\":\"x\"", 16, 700000, &out);
	assert_int_equal(buf_len(&out), 15);
	secrets_tick(s, 800000, &out);
	secrets_rx(s, (const uint8_t *)"}\nhttp://h:80", 13, 900000, &out);
	secrets_tick(s, 1000000, &out);
	secrets_rx(s, (const uint8_t *)"/ http://h:p", 12, 1100000, &out);
	secrets_tick(s, 1200000, &out);
	assert_int_equal(buf_len(&out), 41);
	assert_memory_equal(buf_bytes(&out), "{\"Password1\":\"*\"}\nhttp://h:80/ http://h:*", 41);
	buf_fini(&out);
	secrets_free(s);
}

static void secrets_rx__knows__secret_learned_in_mid_stream(void **state)
{
	struct secrets *s = secrets_new();
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	secrets_rx(s, (const uint8_t *)"echo: hunt", 10, 0, &out);
	tx(s, "Password1 hunter22", "Password1 ********");
	secrets_rx(s, (const uint8_t *)"er22\n", 5, 0, &out);
	secrets_flush(s, &out);
	assert_int_equal(buf_len(&out), 15);
	assert_memory_equal(buf_bytes(&out), "echo: hunt****\n", 15);
	buf_fini(&out);
	secrets_free(s);
}

static bool contains(const uint8_t *p, size_t n, const char *what)
{
	size_t m = strlen(what);

	for (size_t i = 0; i + m <= n; i++)
		if (!memcmp(p + i, what, m))
			return true;
	return false;
}

static const char *const known[] = {
    "aaab", "aabaab", "baaa", "abcabcabd", "cabd", "Secret 12;3", "12;3", "bcab"};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static size_t random_stream(uint8_t *in, size_t max)
{
	static const char *const bits[] = {"CMD: ", "Password1 ", "Backlog ", ";", "\n", "\r\n",
	    "\"", "':", "http://", "u:p@", "{\"Password\":\"", "\"}", "\"Input\":\"",
	    "Cmd 'PASSWORD', Data '", ", ", "WebSend [a,b:", "]", "WiFiTest ", "+", "a", "b", "c",
	    "ab", "abcabc", "off", "\\"};
	size_t n = 0;

	while (n + 32 < max) {
		const char *bit = rand() % 4
				      ? bits[(size_t)rand() % (sizeof(bits) / sizeof(bits[0]))]
				      : known[(size_t)rand() % KNOWN];

		if (rand() % 20 == 0) {
			in[n++] = (uint8_t)rand();
			continue;
		}
		memcpy(in + n, bit, strlen(bit));
		n += strlen(bit);
	}
	return n;
}

/* Any cut gives what the whole gives; lengths are equal; no secret comes through; every byte is the
 * one that went in, or a star. With ticks in between still none comes through. */
static void secrets_rx__is_same__for_any_cut(void **state)
{
	struct secrets *s = secrets_new();
	uint8_t in[400];
	struct buf whole, cut, ticked;
	char line[64];

	(void)state;
	srand(11);
	for (size_t i = 0; i < KNOWN; i++) {
		snprintf(line, sizeof(line), "Password1 %s", known[i]);
		buf_init(&whole, 100);
		secrets_tx_line(s, line, strlen(line), &whole);
		buf_fini(&whole);
	}
	buf_init(&whole, 5000);
	buf_init(&cut, 5000);
	buf_init(&ticked, 5000);
	for (unsigned round = 0; round < 20000; round++) {
		size_t n = random_stream(in, sizeof(in));

		buf_clear(&whole);
		buf_clear(&cut);
		buf_clear(&ticked);
		feed(s, in, n, n, &whole);
		feed(s, in, n, round % 3, &cut);
		assert_memory_equal(buf_bytes(&whole), buf_bytes(&cut), n);
		for (size_t i = 0; i < n; i++)
			if (buf_bytes(&whole)[i] != in[i] && buf_bytes(&whole)[i] != '*')
				fail();
		for (size_t i = 0; i < n;) {
			size_t take = 1 + (size_t)rand() % 9;

			if (take > n - i)
				take = n - i;
			secrets_rx(s, in + i, take, 0, &ticked);
			if (rand() % 2)
				secrets_tick(s, MONO_S(1), &ticked);
			i += take;
		}
		secrets_flush(s, &ticked);
		assert_int_equal(buf_len(&ticked), n);
		for (size_t i = 0; i < KNOWN; i++) {
			assert_false(contains(buf_bytes(&whole), n, known[i]));
			assert_false(contains(buf_bytes(&ticked), n, known[i]));
		}
	}
	buf_fini(&whole);
	buf_fini(&cut);
	buf_fini(&ticked);
	secrets_free(s);
}

/* Bytes that belong to no context and no secret come out as they are, all values. */
static void secrets_rx__passes__all_byte_values(void **state)
{
	struct secrets *s = secrets_new();
	uint8_t in[256];
	struct buf out;

	(void)state;
	buf_init(&out, 5000);
	for (unsigned i = 0; i < 256; i++)
		in[i] = (uint8_t)i;
	feed(s, in, sizeof(in), 3, &out);
	assert_memory_equal(buf_bytes(&out), in, sizeof(in));
	buf_fini(&out);
	secrets_free(s);
}

static const char *masked_line(const struct secrets *s, const char *line)
{
	static char text[2000];
	struct buf out;
	size_t n = strlen(line);

	buf_init(&out, n + 1);
	secrets_mask_line(s, line, n, &out);
	assert_int_equal(buf_len(&out), n);
	memcpy(text, buf_bytes(&out), n);
	text[n] = '\0';
	buf_fini(&out);
	return text;
}

static void secrets_add__trims__and_keeps_a_beginning(void **state)
{
	struct secrets *s = secrets_new();
	static char longer[1200];
	uint32_t seed = 1;

	(void)state;
	secrets_add(s, " \thunter22\t ", 12);
	assert_string_equal(masked_line(s, "x hunter22 y"), "x ******** y");
	secrets_add(s, "   ", 3);      /* nothing */
	secrets_add(s, "hunter22", 8); /* known */
	assert_string_equal(masked_line(s, "x    y"), "x    y");
	for (size_t i = 0; i < 1100; i++) {
		seed = seed * 1664525u + 1013904223u;
		longer[i] = (char)('a' + (seed >> 20) % 26);
	}
	secrets_add(s, longer, 1100);
	assert_int_equal(strspn(masked_line(s, longer), "*"), SECRETS_HOLD_MAX);
	secrets_free(s);
	secrets_free(NULL);
}

/* What is held when somebody wants to see it all goes out as it is. */
static void secrets_tick__lets_go__what_is_shown_from_now_on(void **state)
{
	(void)state;
	for (int show = 0; show < 2; show++) {
		struct secrets *s = secrets_new();
		struct buf out;

		buf_init(&out, 4096);
		secrets_add(s, "hunter22", 8);
		secrets_rx(s, (const uint8_t *)"\nx hunt", 7, 0, &out);
		assert_int_equal(buf_len(&out), 3);
		secrets_rx(s, NULL, 0, 0, &out); /* no byte is no news */
		assert_int_equal(secrets_deadline(s), MONO_MS(50));
		secrets_set_show(s, show);
		secrets_tick(s, MONO_MS(49), &out);
		assert_int_equal(buf_len(&out), 3);
		secrets_tick(s, MONO_MS(50), &out);
		assert_int_equal(buf_len(&out), 7);
		assert_memory_equal(buf_bytes(&out), show ? "\nx hunt" : "\nx ****", 7);
		assert_int_equal(secrets_deadline(s), MONO_NEVER);
		buf_fini(&out);
		secrets_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(secrets_rx__masks__echo),
	    cmocka_unit_test(secrets_rx__masks__echo_with_garbage_or_cut),
	    cmocka_unit_test(secrets_rx__masks__level_3_lines),
	    cmocka_unit_test(secrets_rx__masks__answers),
	    cmocka_unit_test(secrets_rx__masks__passwords_in_urls),
	    cmocka_unit_test(secrets_rx__bounds__what_it_holds),
	    cmocka_unit_test(secrets_rx__leaves__plain_text),
	    cmocka_unit_test(secrets_rx__masks__known_secrets_anywhere),
	    cmocka_unit_test(secrets_rx__masks__rest_of_a_secret_where_a_line_begins),
	    cmocka_unit_test(secrets_tx_line__learns__values_as_sent),
	    cmocka_unit_test(secrets_tx_line__forgets__oldest),
	    cmocka_unit_test(secrets_spans__marks__edit_line),
	    cmocka_unit_test(secrets_tick__lets_go__held_tail),
	    cmocka_unit_test(secrets_rx__knows__secret_learned_in_mid_stream),
	    cmocka_unit_test(secrets_rx__is_same__for_any_cut),
	    cmocka_unit_test(secrets_rx__passes__all_byte_values),
	    cmocka_unit_test(secrets_add__trims__and_keeps_a_beginning),
	    cmocka_unit_test(secrets_tick__lets_go__what_is_shown_from_now_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
