/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plain port on pseudo-terminals that the test itself holds the other end of. */
#define _DEFAULT_SOURCE	    /* cfmakeraw */
#define _XOPEN_SOURCE	700 /* posix_openpt */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "../../src/io/ttyset.h"
#include "tasmite/base/platform.h"
#include "tasmite/io/loop.h"
#include "tasmite/io/ptymark.h"
#include "tasmite/io/transport.h"

#define DEADLINE_MS 5000

static const struct transport_line line_115200 = {115200, 8, PARITY_NONE, 1, FLOW_NONE};

struct fixture {
	int master;
	char path[128];
	struct err err;
};

static int setup(void **state)
{
	static struct fixture f;
	struct termios tio;

	memset(&f, 0, sizeof(f));
	f.master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(f.master >= 0);
	assert_int_equal(grantpt(f.master), 0);
	assert_int_equal(unlockpt(f.master), 0);
	snprintf(f.path, sizeof(f.path), "%s", ptsname(f.master));
	/* Raw from the start, as a device's end is: what is sent before the port is opened must
	 * not be edited or echoed. */
	assert_int_equal(tcgetattr(f.master, &tio), 0);
	cfmakeraw(&tio);
	assert_int_equal(tcsetattr(f.master, TCSANOW, &tio), 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->master >= 0)
		close(f->master);
	return 0;
}

static struct transport *open_port(struct fixture *f)
{
	struct transport *t = transport_open(f->path, &line_115200, &f->err);

	if (!t)
		print_error("%s\n", f->err.text);
	assert_non_null(t);
	return t;
}

static void await(int fd, short events)
{
	struct pollfd p = {fd, events, 0};

	assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
}

/* Reads until n bytes are there. */
static void read_n(struct transport *t, char *dst, size_t n)
{
	struct err err;
	size_t len = 0;

	while (len < n) {
		ssize_t got;

		await(t->ops->fd(t), POLLIN);
		got = t->ops->read(t, dst + len, n - len, &err);
		if (got == ERR_AGAIN)
			continue;
		assert_true(got > 0);
		len += (size_t)got;
	}
}

/* The number of a pseudo-terminal that has ended is given to the next one. */
static int again(const char *path)
{
	int masters[64], found = -1;
	size_t n = 0;

	while (n < sizeof(masters) / sizeof(masters[0]) && found < 0) {
		masters[n] = posix_openpt(O_RDWR | O_NOCTTY);
		assert_true(masters[n] >= 0);
		assert_int_equal(grantpt(masters[n]), 0);
		assert_int_equal(unlockpt(masters[n]), 0);
		if (strcmp(ptsname(masters[n]), path) == 0)
			found = masters[n];
		else
			n++;
	}
	while (n > 0)
		close(masters[--n]);
	return found;
}

static void mark__tells__a_stranger_with_the_same_number(void **state)
{
	struct fixture *f = *state;
	char dir[] = "/tmp/test_tr_pty.XXXXXX", link[64], outer[64], fresh[64];
	struct ptymark before, direct, now;
	char byte;
	int slave;

	if (!TASMITE_LINUX)
		skip();
	assert_non_null(mkdtemp(dir));
	snprintf(link, sizeof(link), "%s/link", dir);
	snprintf(outer, sizeof(outer), "%s/outer", dir);
	snprintf(fresh, sizeof(fresh), "%s/fresh", dir);
	assert_int_equal(symlink(f->path, link), 0);
	assert_int_equal(symlink("link", outer), 0);
	ptymark_take(outer, &before);
	ptymark_take(f->path, &direct);
	assert_true(before.pty);
	assert_true(direct.pty);
	assert_int_equal(before.node, direct.node);
	/* used, but not another */
	slave = open(f->path, O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(write(slave, "x", 1), 1);
	assert_int_equal(read(f->master, &byte, 1), 1);
	ptymark_take(outer, &now);
	assert_false(ptymark_is_another(&before, &now));
	close(slave);
	close(f->master);
	ptymark_take(outer, &now); /* nothing there */
	assert_false(now.pty);
	assert_false(ptymark_is_another(&before, &now));
	/* The clock of a node goes in ticks of the kernel. */
	poll(NULL, 0, 30);
	f->master = again(f->path);
	if (f->master < 0) /* somebody else on this machine has it now */
		skip();
	ptymark_take(outer, &now);
	assert_true(now.pty);
	assert_true(ptymark_is_another(&before, &now));
	ptymark_take(f->path, &now);
	assert_true(ptymark_is_another(&direct, &now));
	/* whoever made the link anew meant this one */
	assert_int_equal(symlink(f->path, fresh), 0);
	assert_int_equal(rename(fresh, link), 0);
	ptymark_take(outer, &now);
	assert_true(now.pty);
	assert_false(ptymark_is_another(&before, &now));
	unlink(link);
	unlink(outer);
	rmdir(dir);
}

static void mark__is_none__of_what_is_no_pseudo_terminal(void **state)
{
	static const char *const names[] = {"/dev/null", "/", "/nowhere/x", "null", "", "tests/x"};
	struct ptymark m;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ptymark_take(names[i], &m);
		assert_false(m.pty);
		assert_false(ptymark_is_another(&m, &m));
	}
}

static void open__describes__the_port(void **state)
{
	struct fixture *f = *state;
	struct transport *t = open_port(f);

	if (!TASMITE_LINUX)
		skip();
	assert_string_equal(t->name, f->path);
	assert_string_equal(t->path, f->path);
	assert_string_equal(t->about, "pseudo-terminal");
	assert_string_equal(t->ops->kind, "pty");
	assert_int_equal(t->caps, TRANSPORT_HAS_BAUD);
	assert_int_equal(t->ops->want(t), LOOP_READ);
	t->ops->close(t);
}

static void open__follows__a_link_but_keeps_the_name(void **state)
{
	struct fixture *f = *state;
	char folder[] = "/tmp/tasmite-pty.XXXXXX";
	char name[64];
	struct transport *t;

	assert_non_null(mkdtemp(folder));
	snprintf(name, sizeof(name), "%s/port", folder);
	assert_int_equal(symlink(f->path, name), 0);
	t = transport_open(name, &line_115200, &f->err);
	assert_non_null(t);
	assert_string_equal(t->name, name);
	assert_string_equal(t->path, f->path);
	t->ops->close(t);
	unlink(name);
	rmdir(folder);
}

static void open__keeps__what_arrived_before(void **state)
{
	static const char boot[] = "\x00\xff\r\nets Jan  8 2013\x03\x04\x11\x13\x1a\x7f";
	struct fixture *f = *state;
	struct transport *t;
	char got[sizeof(boot)];

	assert_int_equal(write(f->master, boot, sizeof(boot)), sizeof(boot));
	t = open_port(f);
	read_n(t, got, sizeof(boot));
	assert_memory_equal(got, boot, sizeof(boot));
	t->ops->close(t);
}

static void bytes__pass__unchanged_both_ways(void **state)
{
	struct fixture *f = *state;
	struct transport *t = open_port(f);
	uint8_t all[256], got[256];
	size_t len = 0;

	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	assert_int_equal(write(f->master, all, sizeof(all)), sizeof(all));
	read_n(t, (char *)got, sizeof(got));
	assert_memory_equal(got, all, sizeof(all));
	assert_int_equal(t->ops->read(t, got, sizeof(got), &f->err), ERR_AGAIN);

	assert_int_equal(t->ops->write(t, all, sizeof(all), &f->err), sizeof(all));
	while (len < sizeof(got)) {
		ssize_t n;

		await(f->master, POLLIN);
		n = read(f->master, got + len, sizeof(got) - len);
		assert_true(n > 0);
		len += (size_t)n;
	}
	assert_memory_equal(got, all, sizeof(all));
	t->ops->close(t);
}

static void write__says_again__when_the_other_end_is_full(void **state)
{
	struct fixture *f = *state;
	struct transport *t = open_port(f);
	static const uint8_t block[4096];
	ssize_t n;
	int rounds = 0;

	do {
		n = t->ops->write(t, block, sizeof(block), &f->err);
		rounds++;
	} while (n > 0 && rounds < 10000);
	assert_int_equal(n, ERR_AGAIN);
	t->ops->close(t);
}

static void set_line__takes__any_rate_and_reads_it_back(void **state)
{
	static const uint32_t rates[] = {
	    300, 31250, 74880, 115200, 230400, 460800, 921600, 1500000, 1234567, 3000000};
	struct fixture *f = *state;
	struct transport *t = open_port(f);
	struct transport_line want = line_115200, got, seen;

	if (!TASMITE_LINUX)
		skip();
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		want.baud = rates[i];
		assert_int_equal(t->ops->set_line(t, &want, &got, &f->err), ERR_OK);
		assert_int_equal(got.baud, rates[i]);
		assert_int_equal(got.bits, 8);
		assert_int_equal(got.parity, PARITY_NONE);
		assert_int_equal(got.stop, 1);
		/* What the device's end sees. */
		assert_int_equal(ttyset_read(f->master, &seen), 0);
		assert_int_equal(seen.baud, rates[i]);
	}
	t->ops->close(t);
}

static void set_line__keeps__queued_bytes(void **state)
{
	struct fixture *f = *state;
	struct transport *t = open_port(f);
	struct transport_line want = line_115200;
	char got[5];

	assert_int_equal(write(f->master, "hello", 5), 5);
	await(t->ops->fd(t), POLLIN);
	want.baud = 57600;
	assert_int_equal(t->ops->set_line(t, &want, NULL, &f->err), ERR_OK);
	read_n(t, got, 5);
	assert_memory_equal(got, "hello", 5);
	t->ops->close(t);
}

static void set_line__reads_back__flow_and_stop_bits(void **state)
{
	struct fixture *f = *state;
	struct transport *t = open_port(f);
	struct transport_line want = {9600, 8, PARITY_NONE, 2, FLOW_XONXOFF};
	struct transport_line got;

	assert_int_equal(t->ops->set_line(t, &want, &got, &f->err), ERR_OK);
	assert_int_equal(got.stop, 2);
	assert_int_equal(got.flow, FLOW_XONXOFF);
	want.flow = FLOW_RTSCTS;
	assert_int_equal(t->ops->set_line(t, &want, &got, &f->err), ERR_OK);
	assert_int_equal(got.flow, FLOW_RTSCTS);
	t->ops->close(t);
}

static void set_line__refuses__what_no_line_can_have(void **state)
{
	static const struct transport_line bad[] = {{0, 8, 'N', 1, 0}, {9600, 4, 'N', 1, 0},
	    {9600, 9, 'N', 1, 0}, {9600, 8, 'X', 1, 0}, {9600, 8, 'N', 3, 0}, {9600, 8, 'N', 0, 0}};
	struct fixture *f = *state;
	struct transport *t = open_port(f);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(t->ops->set_line(t, &bad[i], NULL, &f->err), ERR_RANGE);
		assert_null(transport_open(f->path, &bad[i], &f->err));
	}
	t->ops->close(t);
}

static void modem_lines__are_not_supported__on_a_pty(void **state)
{
	struct fixture *f = *state;
	struct transport *t = open_port(f);
	unsigned lines = 99;

	assert_int_equal(t->ops->set_modem(t, MODEM_DTR, &f->err), ERR_NOTSUP);
	assert_true(f->err.text[0] != '\0');
	assert_int_equal(t->ops->get_modem(t, &lines, &f->err), ERR_NOTSUP);
	assert_int_equal(lines, 0);
	assert_int_equal(t->ops->set_break(t, true, &f->err), ERR_NOTSUP);
	t->ops->close(t);
}

static void purge__discards__only_the_side_named(void **state)
{
	struct fixture *f = *state;
	struct transport *t = open_port(f);
	char got[4];
	size_t bytes;

	assert_int_equal(write(f->master, "old!", 4), 4);
	await(t->ops->fd(t), POLLIN);
	assert_int_equal(t->ops->purge(t, false, true, &f->err), ERR_OK);
	read_n(t, got, 4);
	assert_int_equal(write(f->master, "old!", 4), 4);
	await(t->ops->fd(t), POLLIN);
	assert_int_equal(t->ops->purge(t, true, false, &f->err), ERR_OK);
	assert_int_equal(t->ops->read(t, got, sizeof(got), &f->err), ERR_AGAIN);
	assert_int_equal(t->ops->purge(t, false, false, &f->err), ERR_OK);
	assert_int_equal(t->ops->pending(t, &bytes, &f->err), ERR_OK);
	assert_int_equal(bytes, 0);
	t->ops->close(t);
}

static void other_end_closed__makes_every_call_say__gone(void **state)
{
	struct fixture *f = *state;
	struct transport *t = open_port(f);
	struct transport_line got;
	char c;

	close(f->master);
	f->master = -1;
	await(t->ops->fd(t), POLLIN);
	assert_int_equal(t->ops->read(t, &c, 1, &f->err), ERR_GONE);
	assert_non_null(strstr(f->err.text, f->path));
	assert_int_equal(t->ops->read(t, &c, 1, &f->err), ERR_GONE);
	assert_int_equal(t->ops->write(t, "x", 1, &f->err), ERR_GONE);
	assert_int_equal(t->ops->set_line(t, &line_115200, &got, &f->err), ERR_GONE);
	assert_int_equal(t->ops->purge(t, true, true, &f->err), ERR_GONE);
	t->ops->close(t);
	/* And it can't be opened again as long as nobody holds the other end. */
	assert_null(transport_open(f->path, &line_115200, &f->err));
	assert_true(f->err.code == ERR_NOENT || f->err.code == ERR_GONE);
}

static void open__refuses__a_port_in_use_and_takes_it_when_free(void **state)
{
	struct fixture *f = *state;
	struct transport *t = open_port(f);

	assert_null(transport_open(f->path, &line_115200, &f->err));
	assert_int_equal(f->err.code, ERR_BUSY);
	assert_non_null(strstr(f->err.text, f->path));
	t->ops->close(t);
	t = open_port(f);
	t->ops->close(t);
}

static void open__refuses__what_is_no_port(void **state)
{
	static const struct {
		const char *name;
		int code;
		const char *says;
	} cases[] = {{"/no/such/port", ERR_NOENT, "no such port: /no/such/port"},
	    {"ttyNOSUCH99", ERR_NOENT, "no such port: ttyNOSUCH99"},
	    {"/tmp", ERR_INVAL, "/tmp is a folder"}, {"/etc/passwd", ERR_INVAL, "is a file"},
	    {"/dev/null", ERR_INVAL, "not a serial port"}, {"/dev/tty", ERR_INVAL, "working at"},
	    {"/dev/ptmx", ERR_INVAL, ""}, {"", ERR_INVAL, "no port"},
	    {"tcp://host:23", ERR_NOTSUP, "on the network"}};
	struct err err;

	if (!TASMITE_LINUX)
		skip();
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&err, 0, sizeof(err));
		assert_null(transport_open(cases[i].name, &line_115200, &err));
		assert_int_equal(err.code, cases[i].code);
		assert_non_null(strstr(err.text, cases[i].says));
	}
}

static void open__refuses__an_overlong_name(void **state)
{
	char name[5000];
	struct err err = {0};

	(void)state;
	memset(name, 'x', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	assert_null(transport_open(name, &line_115200, &err));
	assert_int_equal(err.code, ERR_INVAL);
	name[300] = '\0';
	assert_null(transport_open(name, &line_115200, &err));
	assert_int_equal(err.code, ERR_INVAL);
}

static void open__names__the_missing_permission(void **state)
{
	struct fixture *f = *state;
	uid_t uid = geteuid();
	struct transport *t;

	if (!TASMITE_LINUX)
		skip();
	assert_int_equal(chmod(f->path, 0), 0);
	if (uid == 0)
		assert_int_equal(seteuid(65534), 0);
	t = transport_open(f->path, &line_115200, &f->err);
	if (uid == 0)
		assert_int_equal(seteuid(uid), 0);
	assert_null(t);
	assert_int_equal(f->err.code, ERR_PERM);
	assert_non_null(strstr(f->err.text, "not permitted to use"));
}

static void line_text__shows__rate_and_format(void **state)
{
	struct transport_line line = {74880, 7, PARITY_EVEN, 2, FLOW_NONE};
	char text[32];

	(void)state;
	assert_string_equal(transport_line_text(&line, text, sizeof(text)), "74880 7E2");
}

static void parse_format__takes__only_whole_formats(void **state)
{
	static const char *const bad[] = {
	    "", "8", "8N", "8N11", "9N1", "4N1", "8X1", "8N0", "8N3", " 8N1", "N81"};
	struct transport_line line = {9600, 5, PARITY_ODD, 2, FLOW_RTSCTS};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(transport_line_parse_format(bad[i], &line));
	assert_int_equal(line.bits, 5);
	assert_true(transport_line_parse_format("7e1", &line));
	assert_int_equal(line.bits, 7);
	assert_int_equal(line.parity, PARITY_EVEN);
	assert_int_equal(line.stop, 1);
	assert_int_equal(line.baud, 9600);
	assert_int_equal(line.flow, FLOW_RTSCTS);
	assert_true(transport_line_parse_format("8N2", &line));
	assert_int_equal(line.parity, PARITY_NONE);
	assert_int_equal(line.stop, 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(open__describes__the_port),
	    T(open__follows__a_link_but_keeps_the_name),
	    T(open__keeps__what_arrived_before),
	    T(bytes__pass__unchanged_both_ways),
	    T(write__says_again__when_the_other_end_is_full),
	    T(set_line__takes__any_rate_and_reads_it_back),
	    T(set_line__keeps__queued_bytes),
	    T(set_line__reads_back__flow_and_stop_bits),
	    T(set_line__refuses__what_no_line_can_have),
	    T(modem_lines__are_not_supported__on_a_pty),
	    T(purge__discards__only_the_side_named),
	    T(other_end_closed__makes_every_call_say__gone),
	    T(open__refuses__a_port_in_use_and_takes_it_when_free),
	    cmocka_unit_test(open__refuses__what_is_no_port),
	    cmocka_unit_test(open__refuses__an_overlong_name),
	    T(open__names__the_missing_permission),
	    T(mark__tells__a_stranger_with_the_same_number),
	    cmocka_unit_test(mark__is_none__of_what_is_no_pseudo_terminal),
	    cmocka_unit_test(line_text__shows__rate_and_format),
	    cmocka_unit_test(parse_format__takes__only_whole_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
