/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads what is printed at a crash. */
#include "tasmite/core/tasmota/crash.h"

#include <string.h>

#include "logline_int.h"

/* ---- memory -------------------------------------------------------------------------------------- */

struct area {
	enum crash_chip chip;
	uint32_t from, to; /* to: behind */
	enum crash_memory memory;
};

/* Sources: the memory maps in Espressif's technical reference manuals and in soc/soc.h of ESP-IDF,
 * that of the ESP8266 from the linker scripts of its SDK. */
static const struct area areas[] = {
    {CRASH_ESP8266, 0x3ffe8000, 0x40000000, MEMORY_RAM},
    {CRASH_ESP8266, 0x3ff00000, 0x3ff20000, MEMORY_PERIPHERAL},
    {CRASH_ESP8266, 0x40000000, 0x40010000, MEMORY_ROM},
    {CRASH_ESP8266, 0x40100000, 0x40110000, MEMORY_IRAM},
    {CRASH_ESP8266, 0x40200000, 0x40300000, MEMORY_FLASH},
    {CRASH_ESP32, 0x3f400000, 0x3f800000, MEMORY_CONST},
    {CRASH_ESP32, 0x3f800000, 0x3fc00000, MEMORY_PSRAM},
    {CRASH_ESP32, 0x3ff00000, 0x3ff80000, MEMORY_PERIPHERAL},
    {CRASH_ESP32, 0x3ff80000, 0x3ff82000, MEMORY_RTC},
    {CRASH_ESP32, 0x3ff90000, 0x3ffa0000, MEMORY_ROM},
    {CRASH_ESP32, 0x3ffae000, 0x40000000, MEMORY_RAM},
    {CRASH_ESP32, 0x40000000, 0x40070000, MEMORY_ROM},
    {CRASH_ESP32, 0x40070000, 0x400c0000, MEMORY_IRAM},
    {CRASH_ESP32, 0x400c0000, 0x400c2000, MEMORY_RTC},
    {CRASH_ESP32, 0x400c2000, 0x40c00000, MEMORY_FLASH},
    {CRASH_ESP32, 0x50000000, 0x50002000, MEMORY_RTC},
    {CRASH_ESP32S2, 0x3f000000, 0x3f400000, MEMORY_CONST},
    {CRASH_ESP32S2, 0x3f400000, 0x3f500000, MEMORY_PERIPHERAL},
    {CRASH_ESP32S2, 0x3f500000, 0x3ff80000, MEMORY_PSRAM},
    {CRASH_ESP32S2, 0x3ff9e000, 0x3ffa0000, MEMORY_RTC},
    {CRASH_ESP32S2, 0x3ffa0000, 0x3ffb0000, MEMORY_ROM},
    {CRASH_ESP32S2, 0x3ffb0000, 0x40000000, MEMORY_RAM},
    {CRASH_ESP32S2, 0x40000000, 0x40020000, MEMORY_ROM},
    {CRASH_ESP32S2, 0x40020000, 0x40070000, MEMORY_IRAM},
    {CRASH_ESP32S2, 0x40070000, 0x40072000, MEMORY_RTC},
    {CRASH_ESP32S2, 0x40080000, 0x40800000, MEMORY_FLASH},
    {CRASH_ESP32S2, 0x50000000, 0x50002000, MEMORY_RTC},
    {CRASH_ESP32S3, 0x3c000000, 0x3e000000, MEMORY_CONST},
    {CRASH_ESP32S3, 0x3fc88000, 0x3fd00000, MEMORY_RAM},
    {CRASH_ESP32S3, 0x3ff00000, 0x3ff20000, MEMORY_ROM},
    {CRASH_ESP32S3, 0x40000000, 0x40060000, MEMORY_ROM},
    {CRASH_ESP32S3, 0x40370000, 0x403e0000, MEMORY_IRAM},
    {CRASH_ESP32S3, 0x42000000, 0x44000000, MEMORY_FLASH},
    {CRASH_ESP32S3, 0x50000000, 0x50002000, MEMORY_RTC},
    {CRASH_ESP32S3, 0x60000000, 0x600fe000, MEMORY_PERIPHERAL},
    {CRASH_ESP32S3, 0x600fe000, 0x60100000, MEMORY_RTC},
    {CRASH_ESP32C2, 0x3c000000, 0x3c400000, MEMORY_CONST},
    {CRASH_ESP32C2, 0x3fca0000, 0x3fce0000, MEMORY_RAM},
    {CRASH_ESP32C2, 0x3ff00000, 0x3ff50000, MEMORY_ROM},
    {CRASH_ESP32C2, 0x40000000, 0x40090000, MEMORY_ROM},
    {CRASH_ESP32C2, 0x4037c000, 0x403c0000, MEMORY_IRAM},
    {CRASH_ESP32C2, 0x42000000, 0x42400000, MEMORY_FLASH},
    {CRASH_ESP32C2, 0x60000000, 0x60100000, MEMORY_PERIPHERAL},
    {CRASH_ESP32C3, 0x3c000000, 0x3c800000, MEMORY_CONST},
    {CRASH_ESP32C3, 0x3fc80000, 0x3fce0000, MEMORY_RAM},
    {CRASH_ESP32C3, 0x3ff00000, 0x3ff20000, MEMORY_ROM},
    {CRASH_ESP32C3, 0x40000000, 0x40060000, MEMORY_ROM},
    {CRASH_ESP32C3, 0x4037c000, 0x403e0000, MEMORY_IRAM},
    {CRASH_ESP32C3, 0x42000000, 0x42800000, MEMORY_FLASH},
    {CRASH_ESP32C3, 0x50000000, 0x50002000, MEMORY_RTC},
    {CRASH_ESP32C3, 0x60000000, 0x60100000, MEMORY_PERIPHERAL},
    /* One window for code and data from here on. */
    {CRASH_ESP32C5, 0x40000000, 0x40050000, MEMORY_ROM},
    {CRASH_ESP32C5, 0x40800000, 0x40860000, MEMORY_RAM},
    {CRASH_ESP32C5, 0x42000000, 0x44000000, MEMORY_FLASH},
    {CRASH_ESP32C5, 0x50000000, 0x50004000, MEMORY_RTC},
    {CRASH_ESP32C5, 0x60000000, 0x60100000, MEMORY_PERIPHERAL},
    {CRASH_ESP32C6, 0x40000000, 0x40050000, MEMORY_ROM},
    {CRASH_ESP32C6, 0x40800000, 0x40880000, MEMORY_RAM},
    {CRASH_ESP32C6, 0x42000000, 0x43000000, MEMORY_FLASH},
    {CRASH_ESP32C6, 0x50000000, 0x50004000, MEMORY_RTC},
    {CRASH_ESP32C6, 0x60000000, 0x60100000, MEMORY_PERIPHERAL},
    {CRASH_ESP32H2, 0x40000000, 0x40020000, MEMORY_ROM},
    {CRASH_ESP32H2, 0x40800000, 0x40850000, MEMORY_RAM},
    {CRASH_ESP32H2, 0x42000000, 0x43000000, MEMORY_FLASH},
    {CRASH_ESP32H2, 0x50000000, 0x50001000, MEMORY_RTC},
    {CRASH_ESP32H2, 0x60000000, 0x60100000, MEMORY_PERIPHERAL},
    {CRASH_ESP32P4, 0x40000000, 0x44000000, MEMORY_FLASH},
    {CRASH_ESP32P4, 0x48000000, 0x4c000000, MEMORY_PSRAM},
    {CRASH_ESP32P4, 0x4fc00000, 0x4fc20000, MEMORY_ROM},
    {CRASH_ESP32P4, 0x4ff00000, 0x4ffc0000, MEMORY_RAM},
    {CRASH_ESP32P4, 0x50108000, 0x50110000, MEMORY_RTC},
};

enum crash_chip crash_chip_of(const char *name)
{
	static const struct {
		const char *begins;
		enum crash_chip chip;
	} chips[] = {{"ESP8684", CRASH_ESP32C2}, {"ESP8685", CRASH_ESP32C3},
	    {"ESP82", CRASH_ESP8266}, {"ESP32-S2", CRASH_ESP32S2}, {"ESP32-S3", CRASH_ESP32S3},
	    {"ESP32-C2", CRASH_ESP32C2}, {"ESP32-C3", CRASH_ESP32C3}, {"ESP32-C5", CRASH_ESP32C5},
	    {"ESP32-C6", CRASH_ESP32C6}, {"ESP32-H2", CRASH_ESP32H2}, {"ESP32-P4", CRASH_ESP32P4},
	    {"ESP32", CRASH_ESP32}};

	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++)
		if (str_starts_nocase(name, chips[i].begins))
			return chips[i].chip;
	return CRASH_CHIP_UNKNOWN;
}

enum crash_memory crash_memory_of(enum crash_chip chip, uint32_t address)
{
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
		if (areas[i].chip == chip && address >= areas[i].from && address < areas[i].to)
			return areas[i].memory;
	return MEMORY_NONE;
}

const char *crash_memory_name(enum crash_memory m)
{
	static const char *const names[] = {"no memory", "flash", "code in RAM", "ROM", "RAM",
	    "data in flash", "PSRAM", "RTC RAM", "peripheral"};

	return names[m];
}

bool crash_is_code(enum crash_memory m)
{
	return m == MEMORY_FLASH || m == MEMORY_IRAM || m == MEMORY_ROM;
}

/* ---- causes --------------------------------------------------------------------------------------- */

/* Xtensa ISA reference, EXCCAUSE; RISC-V privileged specification, mcause. */
const char *crash_cause_text(int cause, bool riscv)
{
	static const char *const xtensa[] = {[0] = "illegal instruction",
	    [1] = "system call",
	    [2] = "instruction fetch",
	    [3] = "load or store error",
	    [4] = "level-1 interrupt",
	    [5] = "alloca",
	    [6] = "division by zero",
	    [8] = "privileged instruction",
	    [9] = "unaligned access",
	    [12] = "bus error, data of an instruction fetch",
	    [13] = "bus error, data of a load or store",
	    [14] = "bus error, address of an instruction fetch",
	    [15] = "bus error, address of a load or store",
	    [16] = "no mapping for an instruction fetch",
	    [18] = "instruction fetch not permitted",
	    [20] = "jump to where no code is",
	    [24] = "no mapping for a load or store",
	    [26] = "load or store not permitted",
	    [28] = "read through a null pointer",
	    [29] = "write through a null pointer"};
	static const char *const risc[] = {"jump to an odd address", "jump to where no code is",
	    "illegal instruction", "breakpoint", "unaligned read", "read where no memory is",
	    "unaligned write", "write where no memory is", "call of the environment"};
	const char *text = NULL;

	if (riscv && cause >= 0 && cause < (int)(sizeof(risc) / sizeof(risc[0])))
		text = risc[cause];
	else if (!riscv && cause >= 0 && cause < (int)(sizeof(xtensa) / sizeof(xtensa[0])))
		text = xtensa[cause];
	return text ? text : "";
}

/* ---- numbers ----------------------------------------------------------------------------------------- */

/* Up to eight hexadecimal digits, with or without 0x; how many characters, 0: there is none. */
static size_t hex_at(struct logtext t, uint32_t *value)
{
	size_t from = lt_starts(t, "0x") ? 2 : 0, i;

	t = lt_from(t, from);
	i = lt_hex(t, value);
	return i && (i == t.n || !lt_alnum(t.p[i])) ? from + i : 0;
}

static void add(struct crash *c, enum crash_role role, const char *name, uint32_t value)
{
	struct crash_word *w;

	if (c->count == CRASH_WORDS) {
		c->left_out++;
		return;
	}
	w = &c->word[c->count++];
	w->role = role;
	w->value = value;
	(void)str_copy(w->name, sizeof(w->name), name);
}

/* "NAME=0x..", "NAME : 0x..", "NAME:0x..", "NAME":"40.." */
static bool named(struct crash *c, struct logtext t, const char *name, enum crash_role role)
{
	size_t at = lt_find(t, name);
	uint32_t v;

	if (at == t.n || (at && lt_alnum(t.p[at - 1])))
		return false;
	t = lt_from(t, at + strlen(name));
	if (t.n && lt_alnum(*t.p))
		return false;
	while (t.n && strchr(" :=\"[", *t.p))
		t = lt_from(t, 1);
	if (!hex_at(t, &v))
		return false;
	add(c, role, name, v);
	return true;
}

/* ---- lines ------------------------------------------------------------------------------------------- */

void crash_init(struct crash *c)
{
	memset(c, 0, sizeof(*c));
	c->cause = -1;
}

static void begin(struct crash *c, struct logtext t, uint64_t number)
{
	crash_init(c);
	c->any = true;
	c->first = c->last = number;
	(void)str_copy_n(c->why, sizeof(c->why), t.p, t.n);
	str_trim_end(c->why);
}

/* The line that says what happened. */
static bool begins(struct crash *c, struct logtext t, uint64_t number)
{
	static const char *const heads[] = {"Exception (", "Fatal exception", "Soft WDT reset",
	    "Guru Meditation Error", "abort() was called", "assert failed:", "Panic ",
	    "***ERROR*** A stack overflow"};
	size_t at = t.n;
	int32_t n;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]) && at == t.n; i++)
		at = lt_find(t, heads[i]);
	if (at == t.n || at > 60)
		return false;
	t = lt_from(t, at);
	/* "abort() was called" stands behind a watchdog's or panic's own line. */
	if (c->any && number - c->last <= 3 && !c->count && lt_starts(t, "abort()")) {
		c->last = number;
	} else {
		begin(c, t, number);
	}
	c->esp8266 = lt_starts(t, "Exception (") || lt_starts(t, "Fatal exc") ||
		     lt_starts(t, "Soft WDT") || lt_starts(t, "Panic ");
	t = lt_from(t, lt_starts(t, "Exception (") ? 11 : lt_starts(t, "Fatal exc") ? 16 : t.n);
	n = logtext_number(t, -1);
	if (n >= 0 && n < 64)
		c->cause = n;
	return true;
}

/* {"RestartReason":{"Exception":29,"Reason":"Exception","EPC":["40235070",..],"CallChain":[..]}} */
static bool restart_reason(struct crash *c, struct logtext t, uint64_t number)
{
	size_t at = lt_find(t, "\"Exception\":");
	struct logtext chain;
	uint32_t v;
	size_t n;

	if (at == t.n || !lt_has(t, "\"EPC\":"))
		return false;
	begin(c, lt_upto(lt_from(t, at), 0), number);
	(void)str_copy(c->why, sizeof(c->why), "told by the firmware after the restart");
	n = (size_t)logtext_number(lt_from(t, at + 12), 64);
	c->cause = n < 64 ? (int)n : -1;
	c->esp8266 = lt_has(t, "EXCVADDR") && !lt_has(t, "\"Backtrace\"");
	(void)named(c, t, "EPC", CRASH_WHERE);
	(void)named(c, t, "EXCVADDR", CRASH_DATA);
	chain = lt_from(t, lt_find(t, "\"CallChain\":["));
	if (!chain.n)
		chain = lt_from(t, lt_find(t, "\"Backtrace\":["));
	chain = lt_from(lt_upto(chain, lt_find(chain, "]")), lt_find(chain, "[") + 1);
	while (chain.n) {
		if (*chain.p == '"' && (n = hex_at(lt_from(chain, 1), &v)) != 0) {
			add(c, CRASH_CALL, "", v);
			chain = lt_from(chain, n + 1);
		}
		chain = lt_from(chain, 1);
	}
	return true;
}

/* "Backtrace: 0x40088538:0x3ffd4460 0x40088637:0x3ffd4480 |<-CORRUPTED" */
static bool backtrace(struct crash *c, struct logtext t)
{
	size_t at = lt_find(t, "Backtrace:"), n;
	uint32_t v;

	if (at == t.n)
		return false;
	c->corrupted = c->corrupted || lt_has(t, "CORRUPTED");
	for (t = lt_from(t, at + 10); t.n;) {
		struct logtext word = lt_take_word(&t);

		n = hex_at(word, &v);
		/* An address without 0x may be a word: "cafe". */
		if (n && lt_starts(word, "0x"))
			add(c, CRASH_CALL, "", v);
	}
	return true;
}

/* "3fff47e0:  05a0fd27 00000004 0000001d 0200bce3", "3fc9b5d0: 0x00000000 0x42001234 ...", and
 * the registers of a dump look like it only at first. */
static bool stack_line(struct crash *c, struct logtext t)
{
	uint32_t at, v;
	size_t n = hex_at(t, &at);
	unsigned words = 0;

	if (n < 8 || (at >> 24 != 0x3f && at >> 24 != 0x40 && at >> 24 != 0x4f && at >> 24 != 0x50))
		return false;
	t = lt_from(t, n);
	if (t.n && *t.p == ':')
		t = lt_from(t, 1);
	else if (!lt_starts(t, " "))
		return false;
	while (t.n && words < 8) {
		struct logtext word = lt_take_word(&t);

		n = hex_at(word, &v);
		if (n != word.n || n < 8)
			break;
		add(c, CRASH_STACK, "", v);
		words++;
	}
	return words > 0;
}

/* Registers, in the words of the three kinds of dump. */
static bool registers(struct crash *c, struct logtext t)
{
	static const struct {
		const char *name;
		enum crash_role role;
	} names[] = {{"epc1", CRASH_WHERE}, {"PC", CRASH_WHERE}, {"MEPC", CRASH_WHERE},
	    {"RA", CRASH_CALL}, {"excvaddr", CRASH_DATA}, {"EXCVADDR", CRASH_DATA},
	    {"MTVAL", CRASH_DATA}, {"last failed alloc call", CRASH_CALL}};
	struct logtext cause;
	bool any = false;
	uint32_t v;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		any |= named(c, t, names[i].name, names[i].role);
	cause = lt_from(t, lt_find(t, "EXCCAUSE"));
	if (!cause.n) {
		cause = lt_from(t, lt_find(t, "MCAUSE"));
		c->riscv = c->riscv || cause.n;
	}
	cause = lt_from(cause, lt_find(cause, "0x"));
	if (cause.n && hex_at(cause, &v)) {
		c->cause = v < 64 ? (int)v : -1;
		any = true;
	}
	/* "abort() was called at PC 0x400d1234 on core 1" was taken by its PC. */
	return any;
}

bool crash_line(struct crash *c, const char *line, size_t n, uint64_t number)
{
	struct logtext t = lt_trim((struct logtext){line, n < LOGLINE_MAX ? n : LOGLINE_MAX});
	bool mine = begins(c, t, number);

	if (mine && lt_has(t, "PC 0x"))
		(void)named(c, t, "PC", CRASH_WHERE);
	if (!mine && restart_reason(c, t, number))
		return true;
	if (mine)
		return true;
	if (lt_has(t, "Backtrace:") && !c->any)
		begin(c, lt_upto(t, 0), number);
	/* Far from the rest it is another matter. */
	if (!c->any || number - c->last > 60)
		return false;
	if (lt_has(t, ">>>stack>>>") || lt_has(t, "Stack memory:")) {
		c->in_stack = true;
		c->esp8266 = c->esp8266 || lt_has(t, ">>>stack>>>");
		mine = true;
	} else if (lt_has(t, "<<<stack<<<")) {
		c->in_stack = false;
		mine = true;
	} else {
		mine = backtrace(c, t) || (c->in_stack && stack_line(c, t)) || registers(c, t);
	}
	if (mine)
		c->last = number;
	return mine;
}

/* ---- in words ------------------------------------------------------------------------------------------- */

/* Return addresses of the windowed calls of Xtensa carry the size of the window in their two highest
 * bits (Xtensa ISA, CALL4 to CALL12): those of the code stand in their place. */
static uint32_t code_address(enum crash_chip chip, uint32_t v)
{
	bool windowed = chip == CRASH_ESP32 || chip == CRASH_ESP32S2 || chip == CRASH_ESP32S3;

	return windowed && v >> 30 >= 2 ? (v & 0x3fffffffu) | 0x40000000u : v;
}

static void describe_word(const struct crash_word *w, const char *indent, enum crash_chip chip,
    const struct symbols *symbols, struct sbuf *out)
{
	uint32_t v = w->role == CRASH_DATA ? w->value : code_address(chip, w->value), behind;
	enum crash_memory m = crash_memory_of(chip, v);
	char name[200];

	sbuf_fmt(out, "%s%-9s 0x%08x  %s", indent, w->name, v,
	    w->role == CRASH_DATA && v < 0x1000 ? "null pointer" : crash_memory_name(m));
	if (symbols_find(symbols, v, name, sizeof(name), &behind))
		sbuf_fmt(out, "  %s + 0x%x", name, behind);
	else if (symbols && crash_is_code(m) && m != MEMORY_ROM)
		sbuf_add(out, "  not a function of that file");
	sbuf_add_char(out, '\n');
}

static bool seen_before(const struct crash *c, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (c->word[k].role == CRASH_STACK && c->word[k].value == c->word[i].value)
			return true;
	return false;
}

/* Words of the stack that may be return addresses: in code, and with symbols behind the beginning of
 * a function. */
static bool may_be_call(
    const struct crash_word *w, enum crash_chip chip, const struct symbols *symbols)
{
	uint32_t v = code_address(chip, w->value), behind = 0;
	enum crash_memory m = crash_memory_of(chip, v);
	char name[200];

	if (!crash_is_code(m) || (m == MEMORY_ROM && !symbols))
		return false;
	if (!symbols)
		return true;
	return symbols_find(symbols, v, name, sizeof(name), &behind) && behind > 0;
}

#define STACK_SHOWN 32

static void describe_stack(
    const struct crash *c, enum crash_chip chip, const struct symbols *symbols, struct sbuf *out)
{
	unsigned shown = 0, more = 0;

	for (unsigned i = 0; i < c->count; i++) {
		if (c->word[i].role != CRASH_STACK || seen_before(c, i) ||
		    !may_be_call(&c->word[i], chip, symbols))
			continue;
		if (shown == STACK_SHOWN) {
			more++;
			continue;
		}
		if (!shown++)
			sbuf_add(out,
			    "code addresses in the stack, newest first (some are left over from "
			    "before)\n");
		describe_word(&c->word[i], "  ", chip, symbols, out);
	}
	if (more + c->left_out)
		sbuf_fmt(out, "  and %u more words\n", more + c->left_out);
}

void crash_describe(
    const struct crash *c, enum crash_chip chip, const struct symbols *symbols, struct sbuf *out)
{
	bool calls = false;

	if (!c->any)
		return;
	if (chip == CRASH_CHIP_UNKNOWN)
		chip = c->esp8266 ? CRASH_ESP8266 : c->riscv ? CRASH_ESP32C3 : CRASH_ESP32;
	if (c->why[0])
		sbuf_fmt(out, "%s\n", c->why);
	if (c->cause >= 0)
		sbuf_fmt(out, "cause %d: %s\n", c->cause,
		    *crash_cause_text(c->cause, c->riscv) ? crash_cause_text(c->cause, c->riscv)
							  : "not described");
	for (unsigned i = 0; i < c->count; i++)
		if (c->word[i].role == CRASH_WHERE || c->word[i].role == CRASH_DATA)
			describe_word(&c->word[i], "  ", chip, symbols, out);
	for (unsigned i = 0; i < c->count; i++) {
		if (c->word[i].role != CRASH_CALL)
			continue;
		if (!calls)
			sbuf_fmt(out, "calls, newest first%s\n",
			    c->corrupted ? " (corrupted, says the device)" : "");
		calls = true;
		describe_word(&c->word[i], "  ", chip, symbols, out);
	}
	describe_stack(c, chip, symbols, out);
}
