/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dumps of all forms: what is taken out of them, and how it is told. */
#include "tasmite/core/tasmota/crash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void feed(struct crash *c, const char *text)
{
	uint64_t number = 1;

	crash_init(c);
	while (*text) {
		size_t n = strcspn(text, "\n");

		(void)crash_line(c, text, n, number++);
		text += n + (text[n] == '\n');
	}
}

static void says(const char *log, const char *chip, const char *wanted)
{
	struct crash c;
	struct sbuf out;

	feed(&c, log);
	sbuf_init(&out, 10000);
	crash_describe(&c, crash_chip_of(chip), NULL, &out);
	assert_string_equal(sbuf_str(&out), wanted);
	sbuf_fini(&out);
}

static void crash__tells__an_esp8266_exception(void **state)
{
	(void)state;
	says("00:00:07 WIF: Connecting\n"
	     "\n"
	     "Exception (28):\r\n"
	     "epc1=0x4020e608 epc2=0x00000000 epc3=0x00000000 excvaddr=0x00000004 "
	     "depc=0x00000000\r\n"
	     "\n"
	     "ctx: cont \n"
	     "sp: 3fff47c0 end: 3fff4a90 offset: 01a0\n"
	     "\n"
	     ">>>stack>>>\n"
	     "3fff47e0:  40201234 00000004 0000001d 0200bce3  \n"
	     "3fff47f0:  40100abc 40201234 3ffe8500 4000044c  <\n"
	     "<<<stack<<<\n"
	     "3fff4800:  40209999 00000000 00000000 00000000\n",
	    "ESP8266EX",
	    "Exception (28):\n"
	    "cause 28: read through a null pointer\n"
	    "  epc1      0x4020e608  flash\n"
	    "  excvaddr  0x00000004  null pointer\n"
	    "code addresses in the stack, newest first (some are left over from before)\n"
	    "            0x40201234  flash\n"
	    "            0x40100abc  code in RAM\n");
}

static void crash__tells__an_esp32_panic(void **state)
{
	(void)state;
	says("Guru Meditation Error: Core  1 panic'ed (StoreProhibited). Exception was unhandled.\n"
	     "\n"
	     "Core  1 register dump:\n"
	     "PC      : 0x400d2b31  PS      : 0x00060530  A0      : 0x800d2c45  A1      : "
	     "0x3ffb1f90  \n"
	     "EXCVADDR: 0x00000000  LBEG    : 0x40085b8a  LEND    : 0x40085b95  LCOUNT  : "
	     "0xffffffff  \n"
	     "A14     : 0x00000003  A15     : 0x00000001  SAR     : 0x00000015  EXCCAUSE: "
	     "0x0000001d  \n"
	     "\n"
	     "Backtrace: 0x400d2b2e:0x3ffb1f90 0x800d2c42:0x3ffb1fb0 0x40088b9d:0x3ffb1fd0 "
	     "|<-CORRUPTED\n"
	     "Rebooting...\n",
	    "ESP32-D0WD-V3",
	    "Guru Meditation Error: Core  1 panic'ed (StoreProhibited). Exception was unhandled.\n"
	    "cause 29: write through a null pointer\n"
	    "  PC        0x400d2b31  flash\n"
	    "  EXCVADDR  0x00000000  null pointer\n"
	    "calls, newest first (corrupted, says the device)\n"
	    "            0x400d2b2e  flash\n"
	    "            0x400d2c42  flash\n"
	    "            0x40088b9d  code in RAM\n");
}

static void crash__tells__a_risc_v_panic(void **state)
{
	(void)state;
	says("Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was "
	     "unhandled.\n"
	     "Core  0 register dump:\n"
	     "MEPC    : 0x4200b3a2  RA      : 0x4200b39c  SP      : 0x3fc9b5d0  GP      : "
	     "0x3fc8d600\n"
	     "MSTATUS : 0x00001881  MTVEC   : 0x40380001  MCAUSE  : 0x00000005  MTVAL   : "
	     "0x50000a00\n"
	     "\n"
	     "Stack memory:\n"
	     "3fc9b5d0: 0x00000000 0x42001234 0x3fc9b600 0x40380abc 0x00000000\n",
	    "ESP32-C3",
	    "Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was "
	    "unhandled.\n"
	    "cause 5: read where no memory is\n"
	    "  MEPC      0x4200b3a2  flash\n"
	    "  MTVAL     0x50000a00  RTC RAM\n"
	    "calls, newest first\n"
	    "  RA        0x4200b39c  flash\n"
	    "code addresses in the stack, newest first (some are left over from before)\n"
	    "            0x42001234  flash\n"
	    "            0x40380abc  code in RAM\n");
}

static void crash__tells__what_the_firmware_kept(void **state)
{
	(void)state;
	says("18:31:04 MQT: stat/x/STATUS12 = "
	     "{\"StatusSTK\":{\"Exception\":29,\"Reason\":\"Exception\",\"EPC\":[\"40235070\","
	     "\"00000000\",\"00000000\"],\"EXCVADDR\":\"00000000\",\"DEPC\":\"00000000\","
	     "\"CallChain\":[\"40234f01\",\"40201000\"]}}\n",
	    "",
	    "told by the firmware after the restart\n"
	    "cause 29: write through a null pointer\n"
	    "  EPC       0x40235070  flash\n"
	    "  EXCVADDR  0x00000000  null pointer\n"
	    "calls, newest first\n"
	    "            0x40234f01  flash\n"
	    "            0x40201000  flash\n");
}

static void crash__keeps__the_newest_and_nothing_of_other_lines(void **state)
{
	struct crash c;

	(void)state;
	feed(&c, "00:00:00 MQT: PC : 0x40201234\nfoo\n3fff47e0: 40201234 40201234\n");
	assert_false(c.any);
	feed(&c, "Exception (0):\nepc1=0x40201234\nException (9):\nepc1=0x40209999\n");
	assert_int_equal(c.cause, 9);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.word[0].value, 0x40209999);
	assert_int_equal(c.first, 3);
	assert_int_equal(c.last, 4);
}

static void crash_memory_of__tells__chips_apart(void **state)
{
	(void)state;
	assert_int_equal(crash_memory_of(CRASH_ESP8266, 0x40201000), MEMORY_FLASH);
	assert_int_equal(crash_memory_of(CRASH_ESP8266, 0x402fffff), MEMORY_FLASH);
	assert_int_equal(crash_memory_of(CRASH_ESP8266, 0x40300000), MEMORY_NONE);
	assert_int_equal(crash_memory_of(CRASH_ESP32, 0x40201000), MEMORY_FLASH);
	assert_int_equal(crash_memory_of(CRASH_ESP8266, 0x400d2000), MEMORY_NONE);
	assert_int_equal(crash_memory_of(CRASH_ESP32, 0x40080000), MEMORY_IRAM);
	assert_int_equal(crash_memory_of(CRASH_ESP32C3, 0x42001000), MEMORY_FLASH);
	assert_int_equal(crash_memory_of(CRASH_ESP32, 0x42001000), MEMORY_NONE);
	assert_int_equal(crash_memory_of(CRASH_ESP32P4, 0x40001000), MEMORY_FLASH);
	assert_int_equal(crash_memory_of(CRASH_ESP32C6, 0x40810000), MEMORY_RAM);
	assert_int_equal(crash_chip_of("ESP8285N08"), CRASH_ESP8266);
	assert_int_equal(crash_chip_of("ESP32-S3 (QFN56)"), CRASH_ESP32S3);
	assert_int_equal(crash_chip_of("ESP32-U4WDH"), CRASH_ESP32);
	assert_int_equal(crash_chip_of("Z80"), CRASH_CHIP_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(crash__tells__an_esp8266_exception),
	    cmocka_unit_test(crash__tells__an_esp32_panic),
	    cmocka_unit_test(crash__tells__a_risc_v_panic),
	    cmocka_unit_test(crash__tells__what_the_firmware_kept),
	    cmocka_unit_test(crash__keeps__the_newest_and_nothing_of_other_lines),
	    cmocka_unit_test(crash_memory_of__tells__chips_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
