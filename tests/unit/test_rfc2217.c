/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The RFC 2217 client against what real servers sent (ser2net 4.3.11 with and without modem lines,
 * pyserial 3.5's and esptool 4.8.1's servers), each whole, byte by byte and cut at random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netpeer.h"

#include "tasmite/proto/rfc2217.h"

#define MAX_OUT 4096

struct peer {
	struct rfc2217 *r;
	char events[4096];
	uint8_t data[65536];
	size_t data_len;
	size_t data_total;
};

static void on_data(void *ctx, const uint8_t *bytes, size_t n)
{
	struct peer *p = ctx;

	p->data_total += n;
	assert_true(p->data_len + n <= sizeof(p->data));
	memcpy(p->data + p->data_len, bytes, n);
	p->data_len += n;
}

static void on_event(void *ctx, const struct rfc2217_event *ev)
{
	static const char *const names[] = {"agreed", "refused", "baud", "format", "control",
	    "modem", "line", "purged", "signature", "suspend", "resume", "broken"};
	struct peer *p = ctx;
	size_t len = strlen(p->events);
	char *at = p->events + len;
	size_t room = sizeof(p->events) - len;

	switch (ev->kind) {
	case RFC2217_BAUD:
		snprintf(at, room, "baud %u;", (unsigned)ev->value);
		break;
	case RFC2217_FORMAT:
		snprintf(
		    at, room, "format %u%c%u;", ev->bits, ev->parity ? ev->parity : '-', ev->stop);
		break;
	case RFC2217_CONTROL:
	case RFC2217_MODEM:
	case RFC2217_LINE:
	case RFC2217_PURGED:
		snprintf(at, room, "%s %02x;", names[ev->kind], (unsigned)ev->value);
		break;
	case RFC2217_SIGNATURE:
		snprintf(at, room, "signature %s;", ev->text);
		break;
	default:
		snprintf(at, room, "%s;", names[ev->kind]);
		break;
	}
}

static const struct rfc2217_ops ops = {on_data, on_event};

static void begin(struct peer *p)
{
	memset(p, 0, sizeof(*p));
	p->r = rfc2217_new(&ops, p, MAX_OUT);
}

static void end(struct peer *p)
{
	rfc2217_free(p->r);
}

/* What waits to be sent, as hex; taken. */
static const char *taken(struct peer *p)
{
	static char text[3 * 2048];
	struct buf *out = rfc2217_out(p->r);
	size_t n = buf_len(out);

	assert_true(n < 2048);
	text[0] = 0;
	for (size_t i = 0; i < n; i++)
		snprintf(text + 3 * i, 4, "%02x ", buf_bytes(out)[i]);
	if (n)
		text[3 * n - 1] = 0;
	buf_consume(out, n);
	return text;
}

enum cut { WHOLE, BYTES, RANDOM, CUTS };

static void feed_bytes(struct peer *p, const uint8_t *bytes, size_t n, enum cut cut)
{
	static unsigned seed = 2217;

	while (n) {
		size_t some = n;

		if (cut == BYTES)
			some = 1;
		if (cut == RANDOM) {
			seed = seed * 1103515245u + 12345u;
			some = 1 + (seed >> 16) % 7;
			some = some < n ? some : n;
		}
		rfc2217_rx(p->r, bytes, some);
		bytes += some;
		n -= some;
	}
}

static void feed(struct peer *p, const char *hex, enum cut cut)
{
	uint8_t bytes[1024];

	feed_bytes(p, bytes, netpeer_from_hex(hex, bytes, sizeof(bytes)), cut);
}

#define GREETING "ff fb 2c ff fd 2c ff fb 00 ff fd 00 ff fb 03 ff fd 03"

/* What one server says, what it must be taken for and what is answered. */
struct transcript {
	const char *name, *says, *events, *data, *answer;
};

static const struct transcript transcripts[] = {
    {"ser2net: greeting and both answers to ours",
	"ff fb 03 ff fd 03 ff fb 01 ff fe 01 ff fd 00 ff fb 00 ff fd 2c ff fc 2c "
	"ff fa 2c 6b bb ff f0",
	"agreed;modem bb;", "", "ff fe 01"},
    {"ser2net: the refusal of one direction comes first", "ff fc 2c ff fd 2c", "agreed;", "", ""},
    {"ser2net on a bare pty", "ff fd 2c ff fc 2c ff fa 2c 6b 00 ff f0", "agreed;modem 00;", "", ""},
    {"pyserial: greeting and answers",
	"ff fb 01 ff fb 03 ff fd 00 ff fb 2c ff fd 2c ff fa 2c 6b bb ff f0 ff fa 2c 6b b0 ff f0 "
	"ff fb 00",
	"agreed;modem bb;modem b0;", "", "ff fe 01"},
    {"esptool: the answers and boot text",
	"ff fb 01 ff fb 03 ff fd 00 ff fb 2c ff fd 2c ff fa 2c 6b bb ff f0 db c6 60 ff ff 0d 0a",
	"agreed;modem bb;", "db c6 60 ff 0d 0a", "ff fe 01"},
    {"settings at opening",
	"ff fa 2c 65 00 01 c2 00 ff f0 ff fa 2c 66 08 ff f0 ff fa 2c 67 01 ff f0 "
	"ff fa 2c 68 01 ff f0 ff fa 2c 69 01 ff f0 ff fa 2c 69 08 ff f0 ff fa 2c 69 0b ff f0 "
	"ff fa 2c 70 01 ff f0 ff fa 2c 70 02 ff f0",
	"agreed;baud 115200;format 8-0;format 8N0;format 8N1;control 01;control 08;control 0b;"
	"purged 01;purged 02;",
	"", ""},
    {"data between answers",
	"63 68 69 70 3a 48 0a ff fa 2c 65 00 01 24 80 ff f0 63 68 69 70 3a 00 0d 0a 0d 00 ff ff "
	"7f",
	"agreed;baud 74880;", "63 68 69 70 3a 48 0a 63 68 69 70 3a 00 0d 0a 0d 00 ff 7f", ""},
    {"a rate with every byte doubled", "ff fa 2c 65 ff ff ff ff ff ff ff ff ff f0",
	"agreed;baud 4294967295;", "", ""},
    {"signature", "ff fa 2c 64 73 65 72 32 6e 65 74 ff f0", "agreed;signature ser2net;", "", ""},
    {"break-off answered with break-on", "ff fa 2c 69 05 ff f0 ff fa 2c 69 05 ff f0",
	"agreed;control 05;control 05;", "", ""},
    {"masks answered with states",
	"ff fa 2c 6a 00 ff f0 ff fa 2c 6b 29 ff f0 ff fa 2c 6e 00 ff f0 ff fa 2c 6f ff ff ff f0",
	"agreed;line 00;modem 29;", "", ""},
    {"queries answered with themselves", "ff fa 2c 69 07 ff f0 ff fa 2c 69 0a ff f0",
	"agreed;control 07;control 0a;", "", ""},
    {"a purge that is none", "ff fa 2c 70 09 ff f0", "agreed;purged 09;", "", ""},
    {"odd formats",
	"ff fa 2c 66 07 ff f0 ff fa 2c 67 03 ff f0 ff fa 2c 68 02 ff f0 ff fa 2c 67 04 ff f0 "
	"ff fa 2c 68 03 ff f0",
	"agreed;format 7-0;format 7E0;format 7E2;format 7M2;format 7M3;", "", ""},
    {"ser2net without its adapter",
	"ff fd 2c 44 65 76 69 63 65 20 6f 70 65 6e 20 66 61 69 6c 75 72 65 0d 0a", "agreed;",
	"44 65 76 69 63 65 20 6f 70 65 6e 20 66 61 69 6c 75 72 65 0d 0a", ""},
    {"flow control", "ff fa 2c 6c ff f0 ff fa 2c 6d ff f0", "agreed;suspend;resume;", "", ""},
    {"refused both ways", "ff fc 2c ff fe 2c", "refused;", "", ""},
    {"plain telnet", "ff fb 01 ff fb 03 ff fc 2c ff fe 2c ff fd 18 6c 6f 67 69 6e 3a", "refused;",
	"6c 6f 67 69 6e 3a", "ff fe 01 ff fc 18"},
    {"plain TCP", "68 65 6c 6c 6f", "", "68 65 6c 6c 6f", ""},
    {"other options, each asked twice",
	"ff fd 63 ff fd 63 ff fb 1f ff fb 1f ff fe 63 ff fc 1f ff fd 63", "", "",
	"ff fc 63 ff fe 1f"},
    {"agreed, taken back, agreed", "ff fd 00 ff fd 00 ff fe 00 ff fe 00 ff fd 00", "", "",
	"ff fc 00 ff fb 00"},
    {"a question for our name", "ff fa 2c 64 ff f0 ff fa 2c 64 ff f0", "agreed;", "",
	"ff fa 2c 00 74 61 73 6d 69 74 65 ff f0"},
    {"AYT, NOP and BREAK", "61 ff f6 62 ff f1 63 ff f3 64", "", "61 62 63 64", ""},
    {"values too short, unknown, out of range",
	"ff fa 2c 65 00 01 ff f0 ff fa 2c 65 ff f0 ff fa 2c 66 09 ff f0 ff fa 2c 67 00 ff f0 "
	"ff fa 2c 67 06 ff f0 ff fa 2c 68 04 ff f0 ff fa 2c 69 ff f0 ff fa 2c 6b ff f0",
	"agreed;", "", ""},
    {"subnegotiations that are no answers",
	"ff fa 2c ff f0 ff fa 2c 4d 01 02 ff f0 ff fa 2c 07 ff f0 ff fa 2c ff ff 01 ff f0 "
	"ff fa 18 01 ff f0 ff fa 18 ff f0 ff fa 27 01 ff f0",
	"", "", ""},
    {"a subnegotiation that a command interrupts", "ff fa 2c 65 00 01 c2 00 ff fd 63 61",
	"agreed;baud 115200;", "61", "ff fc 63"},
};

static void rx__understands__every_transcript_in_any_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(transcripts) / sizeof(transcripts[0]); i++) {
		const struct transcript *t = &transcripts[i];

		for (int cut = WHOLE; cut < CUTS; cut++) {
			static struct peer p;
			uint8_t want[256];
			size_t n = netpeer_from_hex(t->data, want, sizeof(want));

			begin(&p);
			taken(&p);
			feed(&p, t->says, (enum cut)cut);
			assert_string_equal(p.events, t->events);
			assert_int_equal(p.data_len, n);
			assert_memory_equal(p.data, want, n);
			assert_string_equal(taken(&p), t->answer);
			end(&p);
		}
	}
}

static void new__greets__at_once(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	assert_string_equal(taken(&p), GREETING);
	assert_false(rfc2217_agreed(p.r));
	assert_string_equal(p.events, "");
	end(&p);
}

static void agreed__is_told_once__however_it_is_said(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	feed(&p, "ff fd 2c ff fb 2c ff fa 2c 69 01 ff f0", WHOLE);
	assert_string_equal(p.events, "agreed;control 01;");
	assert_true(rfc2217_agreed(p.r));
	end(&p);
}

/* ---- requests ---- */

static void set_baud__sends__four_bytes(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	taken(&p);
	assert_true(rfc2217_set_baud(p.r, 115200));
	assert_string_equal(taken(&p), "ff fa 2c 01 00 01 c2 00 ff f0");
	assert_true(rfc2217_set_baud(p.r, 74880));
	assert_string_equal(taken(&p), "ff fa 2c 01 00 01 24 80 ff f0");
	assert_true(rfc2217_set_baud(p.r, 4294967295));
	assert_string_equal(taken(&p), "ff fa 2c 01 ff ff ff ff ff ff ff ff ff f0");
	/* 0 would ask, not set. */
	assert_false(rfc2217_set_baud(p.r, 0));
	assert_string_equal(taken(&p), "");
	end(&p);
}

static void set_format__sends__three_requests(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	taken(&p);
	assert_true(rfc2217_set_format(p.r, 8, 'N', 1));
	assert_string_equal(
	    taken(&p), "ff fa 2c 02 08 ff f0 ff fa 2c 03 01 ff f0 ff fa 2c 04 01 ff f0");
	assert_true(rfc2217_set_format(p.r, 7, 'E', 2));
	assert_string_equal(
	    taken(&p), "ff fa 2c 02 07 ff f0 ff fa 2c 03 03 ff f0 ff fa 2c 04 02 ff f0");
	assert_true(rfc2217_set_format(p.r, 5, 'O', 1));
	assert_string_equal(
	    taken(&p), "ff fa 2c 02 05 ff f0 ff fa 2c 03 02 ff f0 ff fa 2c 04 01 ff f0");
	assert_false(rfc2217_set_format(p.r, 9, 'N', 1));
	assert_false(rfc2217_set_format(p.r, 8, 'X', 1));
	assert_false(rfc2217_set_format(p.r, 8, 0, 1));
	assert_false(rfc2217_set_format(p.r, 8, 'N', 0));
	assert_string_equal(taken(&p), "");
	end(&p);
}

static void set_flow_break_purge__send__their_codes(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	taken(&p);
	assert_true(rfc2217_set_flow(p.r, 0));
	assert_string_equal(taken(&p), "ff fa 2c 05 01 ff f0");
	assert_true(rfc2217_set_flow(p.r, 1));
	assert_string_equal(taken(&p), "ff fa 2c 05 03 ff f0");
	assert_true(rfc2217_set_flow(p.r, 2));
	assert_string_equal(taken(&p), "ff fa 2c 05 02 ff f0");
	assert_false(rfc2217_set_flow(p.r, 3));
	assert_true(rfc2217_set_break(p.r, true));
	assert_true(rfc2217_set_break(p.r, false));
	assert_string_equal(taken(&p), "ff fa 2c 05 05 ff f0 ff fa 2c 05 06 ff f0");
	assert_true(rfc2217_purge(p.r, true, false));
	assert_string_equal(taken(&p), "ff fa 2c 0c 01 ff f0");
	assert_true(rfc2217_purge(p.r, false, true));
	assert_string_equal(taken(&p), "ff fa 2c 0c 02 ff f0");
	assert_true(rfc2217_purge(p.r, true, true));
	assert_string_equal(taken(&p), "ff fa 2c 0c 03 ff f0");
	assert_false(rfc2217_purge(p.r, false, false));
	end(&p);
}

#define DTR_ON	"ff fa 2c 05 08 ff f0"
#define DTR_OFF "ff fa 2c 05 09 ff f0"
#define RTS_ON	"ff fa 2c 05 0b ff f0"
#define RTS_OFF "ff fa 2c 05 0c ff f0"

static void ask__sends__the_queries(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	taken(&p);
	assert_true(rfc2217_ask_signature(p.r));
	assert_string_equal(taken(&p), "ff fa 2c 00 ff f0");
	assert_true(rfc2217_ask_dtr(p.r));
	assert_true(rfc2217_ask_rts(p.r));
	assert_string_equal(taken(&p), "ff fa 2c 05 07 ff f0 ff fa 2c 05 0a ff f0");
	end(&p);
}

static void set_lines__never_passes__through_reset(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	taken(&p);
	/* Unknown, both on at most servers: RTS first. */
	assert_true(rfc2217_set_lines(p.r, false, false));
	assert_string_equal(taken(&p), RTS_OFF " " DTR_OFF);
	assert_true(rfc2217_set_lines(p.r, true, true));
	assert_string_equal(taken(&p), DTR_ON " " RTS_ON);
	assert_true(rfc2217_set_lines(p.r, false, false));
	assert_string_equal(taken(&p), RTS_OFF " " DTR_OFF);
	/* Reset, then out of it with DTR on. */
	assert_true(rfc2217_set_lines(p.r, false, true));
	assert_string_equal(taken(&p), RTS_ON);
	assert_true(rfc2217_set_lines(p.r, true, false));
	assert_string_equal(taken(&p), RTS_OFF " " DTR_ON);
	assert_true(rfc2217_set_lines(p.r, true, false));
	assert_string_equal(taken(&p), "");
	end(&p);
}

static void set_dtr__leaves__the_other_line(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	taken(&p);
	assert_true(rfc2217_set_dtr(p.r, true));
	assert_string_equal(taken(&p), DTR_ON);
	assert_true(rfc2217_set_rts(p.r, false));
	assert_string_equal(taken(&p), RTS_OFF);
	end(&p);
}

/* ---- data ---- */

static void send__doubles__ff_and_nothing_else(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x0d, 0x0a, 0x0d, 0x00, 0xff, 0x7f, 0xff};
	static struct peer p;

	(void)state;
	begin(&p);
	taken(&p);
	assert_true(rfc2217_send(p.r, bytes, sizeof(bytes)));
	assert_string_equal(taken(&p), "00 0d 0a 0d 00 ff ff 7f ff ff");
	end(&p);
}

static void send__round_trip__every_byte_in_any_cut(void **state)
{
	uint8_t all[512];

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)(i * 255 / 2);
	for (int cut = WHOLE; cut < CUTS; cut++) {
		static struct peer a, b;

		begin(&a);
		begin(&b);
		taken(&a);
		assert_true(rfc2217_send(a.r, all, sizeof(all)));
		feed_bytes(
		    &b, buf_bytes(rfc2217_out(a.r)), buf_len(rfc2217_out(a.r)), (enum cut)cut);
		assert_int_equal(b.data_len, sizeof(all));
		assert_memory_equal(b.data, all, sizeof(all));
		end(&a);
		end(&b);
	}
}

static void send__takes_all_or_nothing__and_leaves_room_for_requests(void **state)
{
	static struct peer p;
	uint8_t ff[100];
	size_t before;

	(void)state;
	memset(ff, 0xff, sizeof(ff));
	begin(&p);
	while (rfc2217_send(p.r, ff, sizeof(ff)))
		;
	before = buf_len(rfc2217_out(p.r));
	assert_true(before > MAX_OUT - 256 - 2 * sizeof(ff) && before <= MAX_OUT);
	assert_false(rfc2217_send(p.r, ff, sizeof(ff)));
	assert_int_equal(buf_len(rfc2217_out(p.r)), before);
	assert_true(rfc2217_set_baud(p.r, 9600));
	assert_true(rfc2217_set_lines(p.r, true, true));
	assert_int_equal(buf_len(rfc2217_out(p.r)), before + 10 + 14);
	while (rfc2217_set_break(p.r, true))
		assert_true(buf_len(rfc2217_out(p.r)) <= MAX_OUT);
	assert_string_equal(p.events, "");
	end(&p);
}

/* ---- hostile peers ---- */

static void feed_many(struct peer *p, const char *hex, size_t times)
{
	uint8_t bytes[64];
	size_t n = netpeer_from_hex(hex, bytes, sizeof(bytes));
	uint8_t *all = malloc(n * times);

	assert_non_null(all);
	for (size_t i = 0; i < times; i++)
		memcpy(all + i * n, bytes, n);
	rfc2217_rx(p->r, all, n * times);
	free(all);
}

static void rx__gives_up__on_a_command_without_end(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	feed(&p, "ff fa 2c 64", WHOLE);
	feed_many(&p, "41", 1 << 20);
	assert_string_equal(p.events, "broken;");
	assert_int_equal(p.data_total, 0);
	feed(&p, "ff f0 61 ff fd 2c", WHOLE);
	assert_string_equal(p.events, "broken;");
	assert_int_equal(p.data_total, 0);
	assert_false(rfc2217_set_baud(p.r, 9600));
	assert_false(rfc2217_send(p.r, (const uint8_t *)"a", 1));
	end(&p);
}

static void rx__gives_up__on_endless_negotiation(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	taken(&p);
	feed_many(&p, "ff fd 00 ff fe 00", 100000);
	assert_string_equal(p.events, "broken;");
	assert_true(buf_len(rfc2217_out(p.r)) <= 3 * 64);
	end(&p);
}

static void rx__answers_each_option_once__to_a_peer_that_repeats_itself(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	taken(&p);
	for (unsigned code = 4; code < 44; code++) {
		char hex[32];

		snprintf(hex, sizeof(hex), "ff fd %02x ff fb %02x", code, code);
		feed_many(&p, hex, 1000);
	}
	assert_int_equal(buf_len(rfc2217_out(p.r)), 40 * 2 * 3);
	assert_string_equal(p.events, "");
	end(&p);
}

static void rx__gives_up__on_a_peer_that_never_reads(void **state)
{
	static struct peer p;
	uint8_t a[64];

	(void)state;
	memset(a, 'a', sizeof(a));
	begin(&p);
	while (rfc2217_send(p.r, a, sizeof(a)))
		;
	for (unsigned code = 50; code < 250; code++) {
		char hex[32];

		snprintf(hex, sizeof(hex), "ff fd %02x", code);
		feed(&p, hex, WHOLE);
	}
	assert_string_equal(p.events, "broken;");
	assert_true(buf_len(rfc2217_out(p.r)) <= MAX_OUT);
	end(&p);
}

static void rx__gives_up__on_compression(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	/* The marker, then the beginning of a zlib stream. */
	feed(&p, "61 ff fa 56 ff f0 78 9c 4b 4c 4c 4c 04 00", WHOLE);
	assert_string_equal(p.events, "broken;");
	assert_int_equal(p.data_len, 1);
	end(&p);
}

/* The library calls itself for each of these: with all of them at once the stack would not do. */
static void rx__survives__a_flood_of_environment_variables(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	feed_many(&p, "ff fa 27 00 ff f0", 100000);
	feed(&p, "61", WHOLE);
	assert_string_equal(p.events, "");
	assert_int_equal(p.data_len, 1);
	end(&p);
}

static void rx__survives__random_bytes(void **state)
{
	static const uint8_t likely[] = {0xff, 0xff, 0xfa, 0xf0, 0x2c, 0xfb, 0xfd, 0x65, 0, 0x56};
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		static struct peer p;
		uint8_t bytes[256];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1103515245u + 12345u;
			bytes[i] = (seed >> 8 & 3) ? likely[(seed >> 16) % sizeof(likely)]
						   : (uint8_t)(seed >> 16);
		}
		begin(&p);
		taken(&p);
		feed_bytes(&p, bytes, sizeof(bytes), RANDOM);
		assert_true(p.data_total <= sizeof(bytes));
		assert_true(buf_len(rfc2217_out(p.r)) <= sizeof(bytes) + 13);
		end(&p);
	}
}

/* Values that no RFC knows are passed over; each that it knows is told. */
static void rx__takes__formats_that_there_are(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	for (unsigned command = 102; command <= 104; command++)
		for (unsigned value = 0; value < 12; value++) {
			uint8_t bytes[] = {
			    0xff, 0xfa, 44, (uint8_t)command, (uint8_t)value, 0xff, 0xf0};

			feed_bytes(&p, bytes, sizeof(bytes), WHOLE);
		}
	assert_string_equal(p.events, "agreed;format 5-0;format 6-0;format 7-0;format 8-0;"
				      "format 8N0;format 8O0;format 8E0;format 8M0;format 8S0;"
				      "format 8S1;format 8S2;format 8S3;");
	end(&p);
}

/* A server that asks for nothing, or for commands that it has not: no answer, no event. */
static void rx__passes_over__commands_that_say_nothing(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	feed(&p, "ff fa 2c ff f0", WHOLE);	 /* nothing */
	feed(&p, "ff fa 2c 01 05 ff f0", WHOLE); /* a client's */
	feed(&p, "ff fa 2c 71 05 ff f0", WHOLE); /* beyond the last */
	assert_string_equal(p.events, "");
	feed(&p, "ff fa 2c 65 00 00 ff f0", WHOLE); /* half a rate */
	feed(&p, "ff fa 2c 6b ff f0", WHOLE);	    /* modem lines, and not which */
	feed(&p, "ff fa 2c 6f 05 ff f0", WHOLE);    /* a mask as it was set */
	feed(&p, "ff fa 18 01 ff f0", WHOLE);	    /* another option's */
	assert_string_equal(p.events, "agreed;");
	end(&p);
}

/* Where the queue is full nothing more is asked for, and it is told. */
static void requests__are_refused__where_there_is_no_room(void **state)
{
	static struct peer p;
	uint8_t fill[] = "0123456789";

	(void)state;
	begin(&p);
	while (rfc2217_send(p.r, fill, 10))
		;
	while (rfc2217_set_break(p.r, true))
		;
	size_t before = buf_len(rfc2217_out(p.r));
	assert_false(rfc2217_set_baud(p.r, 9600));
	assert_false(rfc2217_set_format(p.r, 8, 'N', 1));
	assert_false(rfc2217_set_format(p.r, 8, 'N', 4));
	assert_false(rfc2217_set_format(p.r, 4, 'N', 1));
	assert_false(rfc2217_set_flow(p.r, 0));
	assert_false(rfc2217_set_flow(p.r, -1));
	assert_false(rfc2217_set_flow(p.r, 3));
	assert_false(rfc2217_set_dtr(p.r, true));
	assert_false(rfc2217_set_rts(p.r, true));
	assert_false(rfc2217_set_lines(p.r, true, true));
	assert_false(rfc2217_purge(p.r, true, false));
	assert_false(rfc2217_ask_signature(p.r));
	assert_false(rfc2217_ask_dtr(p.r));
	assert_false(rfc2217_ask_rts(p.r));
	assert_int_equal(buf_len(rfc2217_out(p.r)), before);
	assert_string_equal(p.events, "");
	/* The lines were not set: asked for anew when there is room. */
	buf_consume(rfc2217_out(p.r), before);
	assert_true(rfc2217_set_dtr(p.r, true));
	assert_string_equal(taken(&p), "ff fa 2c 05 08 ff f0");
	end(&p);
	rfc2217_free(NULL);
}

/* One direction agreed on, then taken back: the session goes on, and is not refused any more. */
static void rx__stays_agreed__refused_later(void **state)
{
	static struct peer p;

	(void)state;
	begin(&p);
	feed(&p, "ff fd 2c ff fb 2c", WHOLE);
	assert_string_equal(p.events, "agreed;");
	feed(&p, "ff fe 2c ff fc 2c", WHOLE);
	assert_string_equal(p.events, "agreed;");
	assert_true(rfc2217_agreed(p.r));
	end(&p);
	/* Refused both ways, twice: told once. */
	begin(&p);
	feed(&p, "ff fe 2c ff fc 2c ff fe 2c ff fc 2c", WHOLE);
	assert_string_equal(p.events, "refused;");
	assert_false(rfc2217_agreed(p.r));
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(new__greets__at_once),
	    cmocka_unit_test(rx__understands__every_transcript_in_any_cut),
	    cmocka_unit_test(agreed__is_told_once__however_it_is_said),
	    cmocka_unit_test(set_baud__sends__four_bytes),
	    cmocka_unit_test(set_format__sends__three_requests),
	    cmocka_unit_test(set_flow_break_purge__send__their_codes),
	    cmocka_unit_test(ask__sends__the_queries),
	    cmocka_unit_test(set_lines__never_passes__through_reset),
	    cmocka_unit_test(set_dtr__leaves__the_other_line),
	    cmocka_unit_test(send__doubles__ff_and_nothing_else),
	    cmocka_unit_test(send__round_trip__every_byte_in_any_cut),
	    cmocka_unit_test(send__takes_all_or_nothing__and_leaves_room_for_requests),
	    cmocka_unit_test(rx__gives_up__on_a_command_without_end),
	    cmocka_unit_test(rx__gives_up__on_endless_negotiation),
	    cmocka_unit_test(rx__answers_each_option_once__to_a_peer_that_repeats_itself),
	    cmocka_unit_test(rx__gives_up__on_a_peer_that_never_reads),
	    cmocka_unit_test(rx__gives_up__on_compression),
	    cmocka_unit_test(rx__survives__a_flood_of_environment_variables),
	    cmocka_unit_test(rx__survives__random_bytes),
	    cmocka_unit_test(rx__takes__formats_that_there_are),
	    cmocka_unit_test(rx__passes_over__commands_that_say_nothing),
	    cmocka_unit_test(requests__are_refused__where_there_is_no_room),
	    cmocka_unit_test(rx__stays_agreed__refused_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
