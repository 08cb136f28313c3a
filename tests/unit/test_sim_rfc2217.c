/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual device's RFC 2217 server: the requests and answers seen at ser2net 4.3.11
 * (rfc2217.md), whole, byte by byte and cut at random; its faults. */
#include "sim/rfc2217.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define ROOM  4096
#define PLUGS (SIM_MODEM_DCD | SIM_MODEM_DSR | SIM_MODEM_CTS)

/* What the client and the port saw. */
struct seen {
	struct sim_rfc r;
	uint8_t out[ROOM], data[ROOM];
	size_t out_len, data_len;
	char calls[ROOM]; /* "baud 74880;lines 1 0;..." */
};

static struct seen seen;

static void on_out(void *ctx, const uint8_t *bytes, size_t n)
{
	struct seen *s = ctx;

	assert_true(n <= ROOM - s->out_len);
	memcpy(s->out + s->out_len, bytes, n);
	s->out_len += n;
}

static void on_data(void *ctx, const uint8_t *bytes, size_t n)
{
	struct seen *s = ctx;

	assert_true(n <= ROOM - s->data_len);
	memcpy(s->data + s->data_len, bytes, n);
	s->data_len += n;
}

static void call(struct seen *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void call(struct seen *s, const char *fmt, ...)
{
	size_t n = strlen(s->calls);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->calls + n, ROOM - n, fmt, ap);
	va_end(ap);
}

static void on_baud(void *ctx, uint32_t baud)
{
	call(ctx, "baud %u;", baud);
}

static void on_lines(void *ctx, bool dtr, bool rts)
{
	call(ctx, "lines %d %d;", dtr, rts);
}

static void on_break(void *ctx, bool on)
{
	call(ctx, "break %d;", on);
}

static void on_purge(void *ctx, bool rx, bool tx)
{
	call(ctx, "purge %d %d;", rx, tx);
}

static void on_format(void *ctx, const char *what)
{
	call(ctx, "%s;", what);
}

static void forget(struct seen *s)
{
	s->out_len = 0;
	s->data_len = 0;
	s->calls[0] = '\0';
}

static struct seen *begin(unsigned faults, uint8_t modem)
{
	const struct sim_rfc_host host = {.ctx = &seen,
	    .data = on_data,
	    .out = on_out,
	    .baud = on_baud,
	    .lines = on_lines,
	    .brk = on_break,
	    .purge = on_purge,
	    .format = on_format};

	forget(&seen);
	sim_rfc_begin(&seen.r, &host, faults, modem);
	return &seen;
}

/* "ff fb 2c": bytes of a text. */
static size_t bytes_of(const char *hex, uint8_t *dst)
{
	size_t n = 0;
	char *end;

	for (;;) {
		unsigned long v = strtoul(hex, &end, 16);

		if (end == hex)
			return n;
		dst[n++] = (uint8_t)v;
		hex = end;
	}
}

enum cut { WHOLE, BYTES, RANDOM, CUTS };

static void feed(struct seen *s, const char *hex, enum cut cut)
{
	uint8_t bytes[256];
	size_t n = bytes_of(hex, bytes), i = 0;

	while (i < n) {
		size_t k = cut == WHOLE ? n : cut == BYTES ? 1 : 1 + (size_t)rand() % 4;

		if (k > n - i)
			k = n - i;
		sim_rfc_input(&s->r, bytes + i, k);
		i += k;
	}
}

static void expect(const struct seen *s, const char *hex, const char *after)
{
	uint8_t bytes[256];
	size_t n = bytes_of(hex, bytes);

	if (s->out_len != n || memcmp(s->out, bytes, n) != 0)
		fail_msg(
		    "after \"%s\": %zu bytes instead of \"%s\", first %02x %02x %02x %02x %02x",
		    after, s->out_len, hex, s->out[0], s->out[1], s->out[2], s->out[3], s->out[4]);
}

/* rfc2217.md, column "ser2net", in its order; but a break that has ended is told as such, and the
 * signature is our own. */
static const struct row {
	const char *request, *answer, *calls;
} rows[] = {
    {"ff fb 2c", "ff fa 2c 6b bb ff f0", ""},
    {"ff fd 2c", "ff fc 2c", ""},
    {"ff fd 00 ff fb 00 ff fd 03", "", ""},
    {"ff fd 01 ff fb 1f ff fd 63", "ff fe 1f ff fc 63", ""},
    {"ff fa 2c 01 00 00 00 00 ff f0", "ff fa 2c 65 00 01 c2 00 ff f0", ""},
    {"ff fa 2c 01 00 01 24 80 ff f0", "ff fa 2c 65 00 01 24 80 ff f0", "baud 74880;"},
    {"ff fa 2c 01 00 2d c6 c0 ff f0", "ff fa 2c 65 00 2d c6 c0 ff f0", "baud 3000000;"},
    {"ff fa 2c 01 00 00 30 39 ff f0", "ff fa 2c 65 00 00 30 39 ff f0", "baud 12345;"},
    {"ff fa 2c 01 00 00 00 00 ff f0", "ff fa 2c 65 00 00 30 39 ff f0", ""},
    {"ff fa 2c 02 00 ff f0", "ff fa 2c 66 08 ff f0", ""},
    {"ff fa 2c 02 07 ff f0", "ff fa 2c 66 07 ff f0", "7N1;"},
    {"ff fa 2c 02 08 ff f0", "ff fa 2c 66 08 ff f0", "8N1;"},
    {"ff fa 2c 02 09 ff f0", "", ""},
    {"ff fa 2c 03 00 ff f0", "ff fa 2c 67 01 ff f0", ""},
    {"ff fa 2c 03 03 ff f0", "ff fa 2c 67 03 ff f0", "8E1;"},
    {"ff fa 2c 03 04 ff f0", "ff fa 2c 67 04 ff f0", "8M1;"},
    {"ff fa 2c 03 01 ff f0", "ff fa 2c 67 01 ff f0", "8N1;"},
    {"ff fa 2c 04 00 ff f0", "ff fa 2c 68 01 ff f0", ""},
    {"ff fa 2c 04 02 ff f0", "ff fa 2c 68 02 ff f0", "8N2;"},
    {"ff fa 2c 04 03 ff f0", "", ""},
    {"ff fa 2c 04 01 ff f0", "ff fa 2c 68 01 ff f0", "8N1;"},
    {"ff fa 2c 05 00 ff f0", "ff fa 2c 69 01 ff f0", ""},
    {"ff fa 2c 05 02 ff f0", "ff fa 2c 69 02 ff f0", "flow 2;"},
    {"ff fa 2c 05 03 ff f0", "ff fa 2c 69 03 ff f0", "flow 3;"},
    {"ff fa 2c 05 01 ff f0", "ff fa 2c 69 01 ff f0", "flow 1;"},
    {"ff fa 2c 05 05 ff f0", "ff fa 2c 69 05 ff f0", "break 1;"},
    {"ff fa 2c 05 04 ff f0", "ff fa 2c 69 05 ff f0", ""},
    {"ff fa 2c 05 06 ff f0", "ff fa 2c 69 06 ff f0", "break 0;"},
    {"ff fa 2c 05 07 ff f0", "ff fa 2c 69 08 ff f0", ""},
    {"ff fa 2c 05 08 ff f0", "ff fa 2c 69 08 ff f0", "lines 1 1;"},
    {"ff fa 2c 05 09 ff f0", "ff fa 2c 69 09 ff f0", "lines 0 1;"},
    {"ff fa 2c 05 07 ff f0", "ff fa 2c 69 09 ff f0", ""},
    {"ff fa 2c 05 0a ff f0", "ff fa 2c 69 0b ff f0", ""},
    {"ff fa 2c 05 0c ff f0", "ff fa 2c 69 0c ff f0", "lines 0 0;"},
    {"ff fa 2c 05 0a ff f0", "ff fa 2c 69 0c ff f0", ""},
    {"ff fa 2c 05 0b ff f0", "ff fa 2c 69 0b ff f0", "lines 0 1;"},
    {"ff fa 2c 05 0d ff f0", "ff fa 2c 69 0e ff f0", ""},
    {"ff fa 2c 05 10 ff f0", "ff fa 2c 69 0e ff f0", ""},
    {"ff fa 2c 05 13 ff f0", "ff fa 2c 69 0e ff f0", ""},
    {"ff fa 2c 05 63 ff f0", "", ""},
    {"ff fa 2c 0a ff ff ff f0", "ff fa 2c 6a 00 ff f0", ""},
    {"ff fa 2c 0a 00 ff f0", "ff fa 2c 6a 00 ff f0", ""},
    {"ff fa 2c 0b 00 ff f0", "ff fa 2c 6b 00 ff f0", ""},
    {"ff fa 2c 0b ff ff ff f0", "ff fa 2c 6b bb ff f0", ""},
    {"ff fa 2c 0c 01 ff f0", "ff fa 2c 70 01 ff f0", "purge 1 0;"},
    {"ff fa 2c 0c 02 ff f0", "ff fa 2c 70 02 ff f0", "purge 0 1;"},
    {"ff fa 2c 0c 03 ff f0", "ff fa 2c 70 03 ff f0", "purge 1 1;"},
    {"ff fa 2c 0c 09 ff f0", "ff fa 2c 70 09 ff f0", ""},
    {"ff fa 2c 08 ff f0", "ff fa 2c 69 01 ff f0", ""},
    {"ff fa 2c 09 ff f0", "ff fa 2c 69 01 ff f0", ""},
    {"ff fa 2c 4d 01 02 ff f0", "", ""},
    {"ff fa 2c 07 ff f0", "", ""},
    {"ff f6", "", ""},
    {"ff f1", "", ""},
    {"ff f3", "", "break 1;break 0;"},
    {"ff fa 2c 01 ff ff ff ff ff ff ff ff ff f0", "ff fa 2c 65 ff ff ff ff ff ff ff ff ff f0",
	"baud 4294967295;"},
    /* A second WILL and a second refusal are answers to answers. */
    {"ff fb 2c ff fb 1f ff fd 63 ff fd 2c", "", ""},
};

static void server__answers_as_ser2net__every_request(void **state)
{
	(void)state;
	for (int cut = WHOLE; cut < CUTS; cut++) {
		struct seen *s = begin(0, PLUGS);

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			forget(s);
			feed(s, rows[i].request, (enum cut)cut);
			expect(s, rows[i].answer, rows[i].request);
			assert_string_equal(s->calls, rows[i].calls);
			assert_int_equal(s->data_len, 0);
		}
	}
}

static void server__greets_and_opens__client_comes(void **state)
{
	struct seen *s = begin(0, PLUGS);

	(void)state;
	expect(s, "ff fb 03 ff fd 03 ff fb 01 ff fe 01 ff fd 00 ff fb 00 ff fd 2c", "");
	assert_string_equal(s->calls, "baud 115200;lines 1 1;");
}

/* rfc2217.md, transcript A: the answer to what pyserial's client begins with. */
static void server__agrees_with_pyserial__its_opening(void **state)
{
	struct seen *s = begin(0, PLUGS);

	(void)state;
	forget(s);
	feed(s, "ff fd 01 ff fb 03 ff fd 03 ff fd 2c ff fb 2c", WHOLE);
	expect(s, "ff fc 2c ff fa 2c 6b bb ff f0", "opening");
	forget(s);
	feed(s, "ff fb 00 ff fd 00", WHOLE);
	expect(s, "", "binary");
	forget(s);
	feed(s,
	    "ff fa 2c 01 00 01 24 80 ff f0 ff fa 2c 02 08 ff f0 ff fa 2c 03 01 ff f0 "
	    "ff fa 2c 04 01 ff f0",
	    RANDOM);
	expect(s,
	    "ff fa 2c 65 00 01 24 80 ff f0 ff fa 2c 66 08 ff f0 ff fa 2c 67 01 ff f0 "
	    "ff fa 2c 68 01 ff f0",
	    "settings");
}

static void data__is_passed_as_it_is__iac_doubled(void **state)
{
	static const uint8_t plain[] = {0x00, 0x0d, 0x0a, 0x0d, 0x00, 0xff, 0x7f};

	(void)state;
	for (int cut = WHOLE; cut < CUTS; cut++) {
		struct seen *s = begin(0, 0);

		forget(s);
		feed(s, "00 0d 0a 0d 00 ff ff 7f", (enum cut)cut);
		assert_int_equal(s->data_len, sizeof(plain));
		assert_memory_equal(s->data, plain, sizeof(plain));
		assert_int_equal(s->out_len, 0);
		assert_true(sim_rfc_output(&s->r, plain, sizeof(plain)));
		expect(s, "00 0d 0a 0d 00 ff ff 7f", "output");
	}
}

static void data__stops_and_goes_on__suspended(void **state)
{
	struct seen *s = begin(0, 0);

	(void)state;
	feed(s, "ff fa 2c 08 ff f0", WHOLE);
	forget(s);
	assert_false(sim_rfc_output(&s->r, (const uint8_t *)"x", 1));
	assert_int_equal(s->out_len, 0);
	feed(s, "ff fa 2c 09 ff f0", WHOLE);
	forget(s);
	assert_true(sim_rfc_output(&s->r, (const uint8_t *)"x", 1));
	expect(s, "78", "resumed");
}

static void modem__is_told__when_it_changes(void **state)
{
	struct seen *s = begin(0, PLUGS);

	(void)state;
	forget(s);
	sim_rfc_modem(&s->r, PLUGS & ~SIM_MODEM_CTS);
	expect(s, "", "not yet negotiated");
	feed(s, "ff fb 2c", WHOLE);
	forget(s);
	sim_rfc_modem(&s->r, SIM_MODEM_DSR); /* CD falls */
	expect(s, "ff fa 2c 6b 28 ff f0", "CD fell");
	forget(s);
	sim_rfc_modem(&s->r, SIM_MODEM_DSR | SIM_MODEM_RI);
	expect(s, "ff fa 2c 6b 60 ff f0", "it rings");
	forget(s);
	sim_rfc_modem(&s->r, SIM_MODEM_DSR);
	expect(s, "ff fa 2c 6b 24 ff f0", "it rang");
	feed(s, "ff fa 2c 0b 10 ff f0", WHOLE);
	forget(s);
	sim_rfc_modem(&s->r, 0);
	expect(s, "", "masked");
}

/* rfc2217.md, column "ser2net on a bare pty". */
static void mute__answers_no_line__queries_unknown(void **state)
{
	struct seen *s = begin(SIM_RFC_MUTE_CONTROL, 0);

	(void)state;
	forget(s);
	feed(s, "ff fb 2c", WHOLE);
	expect(s, "ff fa 2c 6b 00 ff f0", "modem state");
	forget(s);
	feed(s, "ff fa 2c 05 09 ff f0 ff fa 2c 05 0b ff f0", WHOLE);
	expect(s, "", "lines");
	assert_string_equal(s->calls, "lines 0 1;lines 0 1;");
	feed(s, "ff fa 2c 05 07 ff f0", WHOLE);
	expect(s, "ff fa 2c 69 07 ff f0", "query");
	forget(s);
	feed(s, "ff fa 2c 05 01 ff f0", WHOLE);
	expect(s, "ff fa 2c 69 01 ff f0", "flow is answered");
}

static void stall__says_nothing__does_all(void **state)
{
	struct seen *s = begin(SIM_RFC_STALL, PLUGS);

	(void)state;
	feed(s, "ff fb 2c ff fa 2c 01 00 01 24 80 ff f0 41", WHOLE);
	assert_true(sim_rfc_output(&s->r, (const uint8_t *)"x", 1));
	assert_int_equal(s->out_len, 0);
	assert_int_equal(s->data_len, 1);
	assert_string_equal(s->calls, "baud 115200;lines 1 1;baud 74880;");
}

static void rubbish__is_never_the_right_answer(void **state)
{
	static const uint8_t right[] = {0xff, 0xfa, 0x2c, 0x65, 0x00, 0x01, 0x24, 0x80, 0xff, 0xf0};
	struct seen *s = begin(SIM_RFC_RUBBISH, 0);

	(void)state;
	for (int i = 0; i < 8; i++) {
		forget(s);
		feed(s, "ff fa 2c 01 00 01 24 80 ff f0", WHOLE);
		assert_true(s->out_len > 0);
		assert_false(
		    s->out_len == sizeof(right) && memcmp(s->out, right, sizeof(right)) == 0);
	}
}

static void break_stuck__says_on__as_ser2net(void **state)
{
	struct seen *s = begin(SIM_RFC_BREAK_STUCK, 0);

	(void)state;
	feed(s, "ff fa 2c 05 05 ff f0", WHOLE);
	forget(s);
	feed(s, "ff fa 2c 05 06 ff f0", WHOLE);
	expect(s, "ff fa 2c 69 05 ff f0", "break off");
	assert_string_equal(s->calls, "break 0;");
}

static void input__is_survived__hostile(void **state)
{
	struct seen *s = begin(0, 0);
	uint8_t bytes[64];

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)(rand() % 3 ? 0xf0 + rand() % 16 : rand() % 64);
		forget(s);
		sim_rfc_input(&s->r, bytes, sizeof(bytes));
	}
	/* An endless subnegotiation is dropped, and what follows is heard. */
	s = begin(0, 0);
	forget(s);
	feed(s, "ff fa 2c 01", WHOLE);
	memset(bytes, 0x11, sizeof(bytes));
	for (int i = 0; i < 100; i++)
		sim_rfc_input(&s->r, bytes, sizeof(bytes));
	feed(s, "ff f0 ff fa 2c 02 00 ff f0", WHOLE);
	expect(s, "ff fa 2c 66 08 ff f0", "overlong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(server__answers_as_ser2net__every_request),
	    cmocka_unit_test(server__greets_and_opens__client_comes),
	    cmocka_unit_test(server__agrees_with_pyserial__its_opening),
	    cmocka_unit_test(data__is_passed_as_it_is__iac_doubled),
	    cmocka_unit_test(data__stops_and_goes_on__suspended),
	    cmocka_unit_test(modem__is_told__when_it_changes),
	    cmocka_unit_test(mute__answers_no_line__queries_unknown),
	    cmocka_unit_test(stall__says_nothing__does_all),
	    cmocka_unit_test(rubbish__is_never_the_right_answer),
	    cmocka_unit_test(break_stuck__says_on__as_ser2net),
	    cmocka_unit_test(input__is_survived__hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
