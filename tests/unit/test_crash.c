/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dumps of all forms: what is taken out of them, and how it is told. */
#include "tasmite/core/tasmota/crash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"

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

static void crash__tells__what_is_not_described(void **state)
{
	(void)state;
	says("Fatal exception 27(unknown):\nepc1=0x40201234\n", "ESP8266",
	    "Fatal exception 27(unknown):\n"
	    "cause 27: not described\n"
	    "  epc1      0x40201234  flash\n");
	/* A number that no cause has: none is told. */
	says("Exception (64):\nepc1=0x60000000\n", "ESP8266",
	    "Exception (64):\n"
	    "  epc1      0x60000000  no memory\n");
	/* A register that holds no number, and one whose name is another's end. */
	says("Soft WDT reset\nepc1=none myepc1=0x40201234 epc12=0x40201234\n", "ESP8266",
	    "Soft WDT reset\n");
}

/* The chip is not known: the form of the dump tells the family. */
static void crash__takes__the_family_from_the_form(void **state)
{
	(void)state;
	says("Panic core_esp8266_main.cpp:133 loop_wrapper\nepc1=0x40201234\n", "",
	    "Panic core_esp8266_main.cpp:133 loop_wrapper\n"
	    "  epc1      0x40201234  flash\n");
	says("Guru Meditation Error: Core  0 panic'ed (Illegal instruction)\n"
	     "MEPC    : 0x42001234  MCAUSE  : 0x00000002\n",
	    "",
	    "Guru Meditation Error: Core  0 panic'ed (Illegal instruction)\n"
	    "cause 2: illegal instruction\n"
	    "  MEPC      0x42001234  flash\n");
	says("Guru Meditation Error: Core  0 panic'ed (IllegalInstruction)\n"
	     "PC      : 0x400d1234\n",
	    "",
	    "Guru Meditation Error: Core  0 panic'ed (IllegalInstruction)\n"
	    "  PC        0x400d1234  flash\n");
}

static void crash__takes__an_abort_for_the_panic_before_it(void **state)
{
	struct crash c;

	(void)state;
	feed(&c, "Guru Meditation Error: Core  0 panic'ed (Unhandled debug exception)\n"
		 "\n"
		 "abort() was called at PC 0x400d1234 on core 1\n");
	assert_true(str_starts(c.why, "Guru Meditation"));
	assert_int_equal(c.first, 1);
	assert_int_equal(c.last, 3);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.word[0].value, 0x400d1234);
	/* Further away it is a crash of its own. */
	feed(&c, "Guru Meditation Error: Core  0 panic'ed (Unhandled debug exception)\n\n\n\n\n"
		 "abort() was called at PC 0x400d1234 on core 1\n");
	assert_true(str_starts(c.why, "abort()"));
	assert_int_equal(c.first, 6);
	/* The words in the middle of a long line are somebody's talk. */
	feed(&c, "0123456789012345678901234567890123456789012345678901234567890 Panic core\n");
	assert_false(c.any);
}

static void crash__begins__with_a_backtrace_alone(void **state)
{
	(void)state;
	says("Backtrace: 0x400d2b2e:0x3ffb1f90 cafe 0x40088b9d:0x3ffb1fd0\n", "ESP32",
	    "calls, newest first\n"
	    "            0x400d2b2e  flash\n"
	    "            0x40088b9d  code in RAM\n");
}

static void crash__leaves__lines_that_are_far_away(void **state)
{
	char log[2000] = "Exception (28):\n";
	struct crash c;

	(void)state;
	for (int i = 0; i < 60; i++)
		(void)str_cat(log, sizeof(log), "12:00:00 MQT: x\n");
	(void)str_cat(log, sizeof(log), "epc1=0x40201234\n");
	feed(&c, log);
	assert_true(c.any);
	assert_int_equal(c.count, 0);
	assert_int_equal(c.last, 1);
}

static void crash__reads__the_backtrace_that_an_esp32_kept(void **state)
{
	(void)state;
	says("RSL: STATUS12 = {\"StatusSTK\":{\"Exception\":70,\"EPC\":\"400d1234\","
	     "\"EXCVADDR\":\"3ff70000\",\"Backtrace\":[\"400d2b2e\",\"\",\"nonsense\","
	     "\"40088b9d\"]}}\n",
	    "ESP32",
	    "told by the firmware after the restart\n"
	    "  EPC       0x400d1234  flash\n"
	    "  EXCVADDR  0x3ff70000  peripheral\n"
	    "calls, newest first\n"
	    "            0x400d2b2e  flash\n"
	    "            0x40088b9d  code in RAM\n");
	/* Another object's member of that name is no crash. */
	says("RSL: RESULT = {\"Exception\":3}\n", "ESP32", "");
}

static const char *line_of(char *dst, size_t size, uint32_t at, uint32_t first)
{
	(void)str_fmt(dst, size, "%08x:  %08x %08x %08x %08x\n", (unsigned)at, (unsigned)first,
	    (unsigned)first + 4, (unsigned)first + 8, (unsigned)first + 12);
	return dst;
}

/* 128 words are kept, 32 of them shown. */
static void crash__ends__a_stack_that_is_too_long(void **state)
{
	char log[8000] = "Exception (28):\n>>>stack>>>\n", line[80];
	struct sbuf out;
	struct crash c;

	(void)state;
	for (uint32_t i = 0; i < 40; i++)
		(void)str_cat(log, sizeof(log),
		    line_of(line, sizeof(line), 0x3fff0000 + 16 * i, 0x40201000 + 16 * i));
	feed(&c, log);
	assert_int_equal(c.count, CRASH_WORDS);
	assert_int_equal(c.left_out, 40 * 4 - CRASH_WORDS);
	sbuf_init(&out, 10000);
	crash_describe(&c, CRASH_ESP8266, NULL, &out);
	assert_non_null(strstr(sbuf_str(&out), "  0x4020107c  flash\n  and 128 more words\n"));
	sbuf_fini(&out);
}

static void crash__takes__no_other_line_for_a_stack(void **state)
{
	static const char *const others[] = {
	    "3fff47e:  40201234 00000004", /* seven digits */
	    "12345678:  40201234",	   /* not where a stack is */
	    "3fff47e0;  40201234",
	    "3fff47e0:",
	    "3fff47e0:  4020123 0000",
	    "3fff47e0:  x40201234",
	};
	struct crash c;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char log[200];

		(void)str_fmt(log, sizeof(log), "Exception (28):\n>>>stack>>>\n%s\n", others[i]);
		feed(&c, log);
		if (c.count)
			fail_msg("'%s' was taken for a stack", others[i]);
	}
	feed(&c, "Exception (28):\n>>>stack>>>\n3fff47e0 40201234\n");
	assert_int_equal(c.count, 1);
	/* Before the stack begins such a line is none. */
	feed(&c, "Exception (28):\n3fff47e0:  40201234\n");
	assert_int_equal(c.count, 0);
}

static bool read_text(void *ctx, uint64_t offset, void *dst, size_t n)
{
	memcpy(dst, (const char *)ctx + offset, n);
	return true;
}

static void crash_describe__names__functions_of_the_build(void **state)
{
	char map[] = " .text.setup    0x40201000      0x100 a.o\n"
		     " .text.loop     0x40201100      0x100 a.o\n"
		     "                0x40002400                ets_printf\n";
	struct symbols_source from = {.read = read_text, .ctx = map, .size = sizeof(map) - 1};
	struct err err = {0};
	struct symbols *s = symbols_read(&from, &err);
	struct sbuf out;
	struct crash c;

	(void)state;
	assert_non_null(s);
	feed(&c, "Exception (28):\nepc1=0x40201234 excvaddr=0x3fff0010\n>>>stack>>>\n"
		 "3fff47e0:  40201014 40201100 40201234 40002410\n"
		 "3fff47f0:  40201014 40001000 3fff0000 00000000\n");
	sbuf_init(&out, 10000);
	crash_describe(&c, CRASH_ESP8266, s, &out);
	assert_string_equal(sbuf_str(&out),
	    "Exception (28):\n"
	    "cause 28: read through a null pointer\n"
	    "  epc1      0x40201234  flash  not a function of that file\n"
	    "  excvaddr  0x3fff0010  RAM\n"
	    "code addresses in the stack, newest first (some are left over from before)\n"
	    "            0x40201014  flash  setup + 0x14\n"
	    "            0x40002410  ROM  ets_printf + 0x10\n");
	sbuf_fini(&out);
	symbols_free(s);
}

static void crash_describe__says_nothing__without_a_crash(void **state)
{
	struct crash c;
	struct sbuf out;

	(void)state;
	crash_init(&c);
	sbuf_init(&out, 100);
	crash_describe(&c, CRASH_ESP32, NULL, &out);
	assert_int_equal(out.len, 0);
	sbuf_fini(&out);
}

static void crash_cause_text__is_empty__beyond_the_tables(void **state)
{
	(void)state;
	assert_string_equal(crash_cause_text(0, false), "illegal instruction");
	assert_string_equal(crash_cause_text(29, false), "write through a null pointer");
	assert_string_equal(crash_cause_text(30, false), "");
	assert_string_equal(crash_cause_text(7, false), ""); /* a gap */
	assert_string_equal(crash_cause_text(-1, false), "");
	assert_string_equal(crash_cause_text(0, true), "jump to an odd address");
	assert_string_equal(crash_cause_text(8, true), "call of the environment");
	assert_string_equal(crash_cause_text(9, true), "");
	assert_string_equal(crash_cause_text(-1, true), "");
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
	    cmocka_unit_test(crash__tells__what_is_not_described),
	    cmocka_unit_test(crash__takes__the_family_from_the_form),
	    cmocka_unit_test(crash__takes__an_abort_for_the_panic_before_it),
	    cmocka_unit_test(crash__begins__with_a_backtrace_alone),
	    cmocka_unit_test(crash__leaves__lines_that_are_far_away),
	    cmocka_unit_test(crash__reads__the_backtrace_that_an_esp32_kept),
	    cmocka_unit_test(crash__ends__a_stack_that_is_too_long),
	    cmocka_unit_test(crash__takes__no_other_line_for_a_stack),
	    cmocka_unit_test(crash_describe__names__functions_of_the_build),
	    cmocka_unit_test(crash_describe__says_nothing__without_a_crash),
	    cmocka_unit_test(crash_cause_text__is_empty__beyond_the_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
