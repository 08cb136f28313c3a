/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines without a tag: boot ROMs, loaders, SDK, crashes, other firmware. One table of literals, found
 * by one pass over the line; where several stand in a line, the row that comes first counts.
 * Sources: the texts of the ESP8266's and ESP32's ROMs, of eboot, of the cores' crash handlers and of
 * the second-stage loader of ESP-IDF, as collected in log-patterns.tsv.
 */
#include "logline_int.h"

enum how {
	ANYWHERE,
	AT_START /* the text of the line begins with it, but for noise */
};

struct plain_row {
	const char *text;
	enum how how;
	enum logline_kind kind;
};

static const struct plain_row rows[] = {
    /* the ROM of the ESP8266, seen at 74880 bit/s */
    {"2013,rst cause:", ANYWHERE, LOGLINE_ROM8266},
    {"2013, rst cause:", ANYWHERE, LOGLINE_ROM8266},
    {"rst cause:", AT_START, LOGLINE_ROM8266},
    {"ets Jan  8 2013", ANYWHERE, LOGLINE_ROM8266},
    {"ets Jan 8 2013", ANYWHERE, LOGLINE_ROM8266}, /* pasted where blanks are joined */
    {"waiting for host", ANYWHERE, LOGLINE_ROM_WAIT},
    {"csum err", ANYWHERE, LOGLINE_CSUM_ERR},
    {"ets_main.c", ANYWHERE, LOGLINE_ETS_MAIN},
    {"~ld", AT_START, LOGLINE_APP_START},
    {"load 0x", ANYWHERE, LOGLINE_ROM_LOAD},
    {"chksum 0x", AT_START, LOGLINE_ROM_TAIL},
    {"csum 0x", AT_START, LOGLINE_ROM_TAIL},
    {"tail ", AT_START, LOGLINE_ROM_TAIL},
    /* crashes of the ESP8266 */
    {"Soft WDT reset", ANYWHERE, LOGLINE_SOFT_WDT},
    {"wdt reset", ANYWHERE, LOGLINE_WDT},
    {"Fatal exception ", ANYWHERE, LOGLINE_EXCEPTION},
    {"Exception (", ANYWHERE, LOGLINE_EXCEPTION},
    {"epc1=0x", ANYWHERE, LOGLINE_EPC},
    {">>>stack>>>", ANYWHERE, LOGLINE_STACK},
    {"<<<stack<<<", ANYWHERE, LOGLINE_STACK},
    {"ctx: ", AT_START, LOGLINE_CTX},
    {"sp: ", AT_START, LOGLINE_CTX},
    {"last failed alloc", ANYWHERE, LOGLINE_CTX},
    /* the ESP32 family */
    {"rst:0x", ANYWHERE, LOGLINE_RST32},
    {"ets Jun  8 2016", ANYWHERE, LOGLINE_ROM32},
    {"ets Jun 8 2016", ANYWHERE, LOGLINE_ROM32},
    {"ets Jul 29 2019", ANYWHERE, LOGLINE_ROM32},
    {"ESP-ROM:", ANYWHERE, LOGLINE_ROM32},
    {"waiting for download", ANYWHERE, LOGLINE_ROM_WAIT},
    {"invalid header: 0x", ANYWHERE, LOGLINE_INVALID32},
    {"flash read err", ANYWHERE, LOGLINE_FLASH_ERR},
    {"No bootable app partitions", ANYWHERE, LOGLINE_PARTS32},
    {"Factory app partition is not bootable", ANYWHERE, LOGLINE_PARTS32},
    {"ota data partition invalid", ANYWHERE, LOGLINE_MISC32},
    {"flash_parts: partition", ANYWHERE, LOGLINE_PARTS32},
    {"Failed to verify partition table", ANYWHERE, LOGLINE_PARTS32},
    {"partition table is not", ANYWHERE, LOGLINE_PARTS32},
    {"Image hash failed", ANYWHERE, LOGLINE_PARTS32},
    {"image corrupted on flash", ANYWHERE, LOGLINE_PARTS32},
    {"SHA-256 comparison failed", ANYWHERE, LOGLINE_SHA32},
    {"Brownout detector was triggered", ANYWHERE, LOGLINE_BROWNOUT},
    {"Stack canary watchpoint triggered", ANYWHERE, LOGLINE_CANARY},
    {"Guru Meditation Error", ANYWHERE, LOGLINE_GURU},
    {"abort() was called at PC", ANYWHERE, LOGLINE_ABORT},
    {"assert failed:", ANYWHERE, LOGLINE_ABORT},
    {"***ERROR*** A stack overflow", ANYWHERE, LOGLINE_CANARY},
    {"Task watchdog got triggered", ANYWHERE, LOGLINE_SOFT_WDT},
    {"Backtrace:", ANYWHERE, LOGLINE_BACKTRACE},
    {"Rebooting...", ANYWHERE, LOGLINE_REBOOTING},
    {"load:0x", ANYWHERE, LOGLINE_LOAD32},
    {"configsip", ANYWHERE, LOGLINE_MISC32},
    {"clk_drv:", ANYWHERE, LOGLINE_MISC32},
    {"SPIWP:", ANYWHERE, LOGLINE_MISC32},
    {"Saved PC", ANYWHERE, LOGLINE_MISC32},
    {", clock div:", ANYWHERE, LOGLINE_MISC32},
    {"entry 0x", ANYWHERE, LOGLINE_MISC32},
    {"Build:", AT_START, LOGLINE_MISC32},
    {"ho ", AT_START, LOGLINE_MISC32},
    {"mmu set ", AT_START, LOGLINE_MISC32},
    {"ELF file SHA256", ANYWHERE, LOGLINE_BACKTRACE},
    {"Core  0 register dump", ANYWHERE, LOGLINE_BACKTRACE},
    {"Core  1 register dump", ANYWHERE, LOGLINE_BACKTRACE},
    {"Stack memory:", ANYWHERE, LOGLINE_BACKTRACE},
    {" found, reconnect after", ANYWHERE, LOGLINE_NOT_REACHED}, /* the SDK's own word */
    {"Blocked Loop", ANYWHERE, LOGLINE_BLOCKED},
    {"osWatch", ANYWHERE, LOGLINE_BLOCKED},
    {"Update error:", ANYWHERE, LOGLINE_UPGRADE_ERROR},
    {"ERROR[", AT_START, LOGLINE_UPGRADE_ERROR},
    /* what only other firmware says */
    {"ESPURNA", ANYWHERE, LOGLINE_FOREIGN},
    {"ESPEasy", ANYWHERE, LOGLINE_FOREIGN},
    {"ESP Easy", ANYWHERE, LOGLINE_FOREIGN},
    {"INIT : Booting version", ANYWHERE, LOGLINE_FOREIGN},
    {"ESPHome", ANYWHERE, LOGLINE_FOREIGN},
    {"[I][", ANYWHERE, LOGLINE_FOREIGN},
    {"[C][", ANYWHERE, LOGLINE_FOREIGN},
    {"[D][", ANYWHERE, LOGLINE_FOREIGN},
    {"[W][", ANYWHERE, LOGLINE_FOREIGN},
    {"Shelly", ANYWHERE, LOGLINE_FOREIGN},
    {"shelly", ANYWHERE, LOGLINE_FOREIGN},
    {"mgos_", ANYWHERE, LOGLINE_FOREIGN},
    {"eWeLink", ANYWHERE, LOGLINE_FOREIGN},
    {"coolkit", ANYWHERE, LOGLINE_FOREIGN},
    {"WLED", ANYWHERE, LOGLINE_FOREIGN},
    {"Ai-Thinker Technology", ANYWHERE, LOGLINE_FOREIGN},
    {"OpenBK", ANYWHERE, LOGLINE_FOREIGN},
    {"AT version:", ANYWHERE, LOGLINE_FOREIGN},
    {"NodeMCU", ANYWHERE, LOGLINE_FOREIGN},
    {"MicroPython", ANYWHERE, LOGLINE_FOREIGN},
    {"fw ver", ANYWHERE, LOGLINE_FOREIGN},
    {"fw_ver", ANYWHERE, LOGLINE_FOREIGN},
    {"sdk ver", ANYWHERE, LOGLINE_FOREIGN},
    {"SDK ver:", ANYWHERE, LOGLINE_FOREIGN},
    {"SDK version:", ANYWHERE, LOGLINE_FOREIGN},
    {"sonoffRF", ANYWHERE, LOGLINE_FOREIGN},
    {"iotgo", ANYWHERE, LOGLINE_FOREIGN},
    {"esp-link", ANYWHERE, LOGLINE_FOREIGN},
    {"[tuya", ANYWHERE, LOGLINE_FOREIGN},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void logline_plain_init(struct acdfa *plain)
{
	struct acdfa_pattern patterns[ROWS];

	for (size_t i = 0; i < ROWS; i++) {
		patterns[i].bytes = (const uint8_t *)rows[i].text;
		patterns[i].len = strlen(rows[i].text);
	}
	acdfa_init(plain, patterns, ROWS, false);
}

/* A hexadecimal number at the start. */
static uint32_t hex(struct logtext t)
{
	uint32_t v;

	(void)lt_hex(t, &v);
	return v;
}

/* "ets Jan  8 2013,rst cause:2, boot mode:(3,6)"; numbers are -1 where the line was cut. */
static void rom8266(struct logtext t, struct logline *out)
{
	out->num = logtext_number(lt_after(t, "rst cause:"), -1);
	out->num2 = logtext_number(lt_after(t, "boot mode:("), -1);
	if (lt_has(t, "boot mode:("))
		return;
	out->num2 = -1;
}

/* "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)" */
static void rst32(struct logtext t, struct logline *out)
{
	struct logtext boot = lt_from(t, lt_find(t, "boot:0x"));

	out->num = (int32_t)(hex(lt_after(t, "rst:0x")) & 0xffff);
	out->text = lt_from(t, lt_find(t, "("));
	out->text = lt_from(lt_upto(out->text, lt_find(out->text, ")")), 1);
	out->num2 = boot.n ? (int32_t)(hex(lt_from(boot, 7)) & 0xffff) : -1;
	out->text2 = lt_from(boot, lt_find(boot, "(") + 1);
}

/* "load:0x3f400020,len:350180" is the head of an application where the loader should be: its read
 * only data lies in the cache's window (esp-serial facts: 0x3f400000 of the ESP32, 0x3c000000 of the
 * C3, S3 and C6, 0x42000000). */
static void load32(struct logtext t, struct logline *out)
{
	uint32_t addr = hex(lt_after(t, "load:0x"));

	struct logtext len = lt_after(t, ",len:");

	out->num2 = (addr >> 20) == 0x3f4 || (addr >> 24) == 0x3c || (addr >> 24) == 0x42;
	/* Longer than any loader, or below nothing: no image at all. */
	if (!lt_starts(len, "0x") && (lt_starts(len, "-") || len.n > 6))
		out->num2 = 1;
}

static void fields(struct logtext t, struct logline *out)
{
	struct logtext rest;

	switch (out->kind) {
	case LOGLINE_ROM8266:
		rom8266(t, out);
		break;
	case LOGLINE_RST32:
		rst32(t, out);
		break;
	case LOGLINE_ROM32:
		out->text = lt_after(t, "ESP-ROM:");
		out->text = lt_upto(out->text, lt_find(out->text, "-"));
		break;
	case LOGLINE_LOAD32:
		load32(t, out);
		break;
	case LOGLINE_EXCEPTION:
		rest = lt_after(t, "xception (");
		if (!rest.n)
			rest = lt_after(t, "Fatal exception ");
		out->num = logtext_number(rest, -1);
		break;
	case LOGLINE_UPGRADE_ERROR:
		out->text = lt_trim(lt_from(t, lt_starts(t, "Update") ? 13 : 0));
		break;
	case LOGLINE_GURU:
		rest = lt_from(t, lt_find(t, "panic'ed ("));
		rest = lt_from(rest, 10);
		out->text = lt_upto(rest, lt_find(rest, ")"));
		break;
	default:
		break;
	}
}

/* "3fff47e0:  05a0fd27 00000004 ...", four words of the stack; "v09826c6d" of the ROM. */
static bool stack_words(struct logtext t, struct logline *out)
{
	size_t i = 0;

	while (i < t.n && i < 9 && (lt_digit(t.p[i]) || (t.p[i] >= 'a' && t.p[i] <= 'f')))
		i++;
	if (i == 8 && (t.p[0] == '3' || t.p[0] == '4') && t.n > 10 &&
	    (t.p[8] == ':' || t.p[8] == ' ') && t.p[9] == ' ') {
		out->kind = LOGLINE_STACK;
		return true;
	}
	if (t.n == 9 && t.p[0] == 'v') {
		for (i = 1; i < 9; i++)
			if (!lt_digit(t.p[i]) && (t.p[i] < 'a' || t.p[i] > 'f'))
				return false;
		out->kind = LOGLINE_ROM_TAIL;
		return true;
	}
	return false;
}

/* Only noise stands there. */
static bool noise(struct logtext t)
{
	for (size_t i = 0; i < t.n; i++)
		if (lt_alnum(t.p[i]))
			return false;
	return true;
}

bool logline_plain(const struct acdfa *plain, struct logtext t, struct logline *out)
{
	size_t best = ROWS, best_at = 0;
	uint32_t state = plain->start;

	if (stack_words(t, out))
		return true;
	for (size_t i = 0; i < t.n; i++) {
		const struct acdfa_info *info;

		state = acdfa_step(plain, state, (uint8_t)t.p[i]);
		if (state < plain->accept)
			continue;
		info = acdfa_at(plain, state);
		if (info->id >= best ||
		    (rows[info->id].how == AT_START && !noise(lt_upto(t, i + 1 - info->match))))
			continue;
		best = info->id;
		best_at = i + 1 - info->match;
	}
	if (best == ROWS)
		return false;
	out->kind = rows[best].kind;
	out->text.p = rows[best].text;
	out->text.n = out->kind == LOGLINE_FOREIGN ? strlen(rows[best].text) : 0;
	fields(lt_from(t, best_at), out);
	return true;
}
