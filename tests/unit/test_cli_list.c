/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `tasmite list` prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../src/app/cli_list.h"

static const struct port_info ports[] = {
    {.name = "ttyUSB0",
	.path = "/dev/ttyUSB0",
	.about = "Adapt\xc3\xa9r",
	.by_id = "usb-X",
	.driver = "ftdi_sio",
	.maker = "FTDI",
	.product = "Adapt\xc3\xa9r",
	.serial = "A1",
	.usb = true,
	.vid = 0x403,
	.pid = 0x6001,
	.usb_bus = 1,
	.usb_address = 7,
	.usb_path = "1-4:1.0",
	.readable = true,
	.holder = 42,
	.holder_name = "ModemManager"},
    {.name = "ttyS0",
	.path = "/dev/ttyS0",
	.about = "built-in",
	.usb_bus = -1,
	.usb_address = -1,
	.group = "group-of-test"},
    {.name = "ttyS1", .path = "/dev/ttyS1", .about = "built-in", .readable = true, .holder = -1},
};

static void expect(struct sbuf *out, const char *want)
{
	assert_string_equal(sbuf_str(out), want);
	sbuf_fini(out);
}

static void table__aligns__by_cells_of_the_screen(void **state)
{
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 4096);
	cli_list_table(ports, 3, &out);
	expect(&out,
	    "NAME     DESCRIPTION  USB        SERIAL  DRIVER    STATE                      BY-ID\n"
	    "ttyUSB0  Adapt\xc3\xa9r      0403:6001  A1      ftdi_sio  used by ModemManager (42)  "
	    "usb-X\n"
	    "ttyS0    built-in     -          -       -         no permission              -\n"
	    "ttyS1    built-in     -          -       -         in use                     -\n");
}

static void hints__say__what_to_type(void **state)
{
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 4096);
	cli_list_hints(ports, 3, &out);
	expect(&out, "ttyUSB0 is in use by ModemManager: sudo systemctl stop ModemManager\n"
		     "no permission for ttyS0: add yourself to group group-of-test: sudo adduser "
		     "$USER group-of-test, then log in again\n");
	sbuf_init(&out, 4096);
	cli_list_hints(ports + 2, 1, &out);
	expect(&out, "");
}

static void json__tells__what_is_known_and_no_more(void **state)
{
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 4096);
	cli_list_json(&ports[0], &out);
	expect(&out,
	    "{\"name\":\"ttyUSB0\",\"path\":\"/dev/ttyUSB0\",\"description\":\"Adapt\xc3\xa9r\","
	    "\"vid\":\"0403\",\"pid\":\"6001\",\"serial\":\"A1\",\"manufacturer\":\"FTDI\","
	    "\"product\":\"Adapt\xc3\xa9r\",\"usb_path\":\"1-4:1.0\",\"usb_bus\":1,"
	    "\"usb_address\":7,\"by_id\":\"usb-X\",\"driver\":\"ftdi_sio\",\"permitted\":true,"
	    "\"busy\":true,\"holder\":\"ModemManager\",\"holder_pid\":42}");
	sbuf_init(&out, 4096);
	cli_list_json(&ports[1], &out);
	expect(&out, "{\"name\":\"ttyS0\",\"path\":\"/dev/ttyS0\",\"description\":\"built-in\","
		     "\"permitted\":false,\"group\":\"group-of-test\",\"busy\":false}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table__aligns__by_cells_of_the_screen),
	    cmocka_unit_test(hints__say__what_to_type),
	    cmocka_unit_test(json__tells__what_is_known_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
