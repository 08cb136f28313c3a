/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a device prints when its firmware crashes, taken apart: the cause in words, each address with
 * the memory it lies in, and with symbols of the build the function. Reads the texts of the
 * ESP8266's core (">>>stack>>>"), of ESP-IDF on Xtensa ("Backtrace: 0x..:0x..") and on RISC-V
 * ("MEPC", "Stack memory:"), and what Tasmota tells of a crash after the restart
 * ({"RestartReason":{"Exception":..).
 */
#ifndef TASMITE_CORE_TASMOTA_CRASH_H
#define TASMITE_CORE_TASMOTA_CRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/symbols.h"

/* What an address belongs to. */
enum crash_memory {
	MEMORY_NONE,
	MEMORY_FLASH, /* code in flash */
	MEMORY_IRAM,  /* code in RAM */
	MEMORY_ROM,
	MEMORY_RAM,
	MEMORY_CONST, /* data in flash */
	MEMORY_PSRAM,
	MEMORY_RTC,
	MEMORY_PERIPHERAL
};

enum crash_chip {
	CRASH_CHIP_UNKNOWN,
	CRASH_ESP8266,
	CRASH_ESP32,
	CRASH_ESP32S2,
	CRASH_ESP32S3,
	CRASH_ESP32C2,
	CRASH_ESP32C3,
	CRASH_ESP32C5,
	CRASH_ESP32C6,
	CRASH_ESP32H2,
	CRASH_ESP32P4
};

/* "ESP8266", "ESP32-C3", "ESP32-D0WD-V3 v3.1" ... */
enum crash_chip crash_chip_of(const char *name);
enum crash_memory crash_memory_of(enum crash_chip chip, uint32_t address);
/* "flash", "RAM", "ROM" ... */
const char *crash_memory_name(enum crash_memory m);
bool crash_is_code(enum crash_memory m);
/* The cause of an exception in words, "" when it has none: EXCCAUSE of Xtensa, mcause of RISC-V. */
const char *crash_cause_text(int cause, bool riscv);

#define CRASH_WORDS 128

enum crash_role { CRASH_WHERE, CRASH_DATA, CRASH_CALL, CRASH_STACK };

struct crash_word {
	enum crash_role role;
	uint32_t value;
	char name[12]; /* "epc1", "PC", "excvaddr"; "" of stack and calls */
};

struct crash {
	bool any;
	bool riscv;
	bool esp8266;	      /* its form is that of the ESP8266's core */
	uint64_t first, last; /* lines, as given */
	int cause;	      /* -1: not told */
	char why[120];	      /* the line that says what happened, as the device said it */
	struct crash_word word[CRASH_WORDS];
	unsigned count;
	unsigned left_out; /* words beyond */
	bool corrupted;	   /* the device says so of its backtrace */
	bool in_stack;	   /* lines of the stack are coming */
};

/* Nothing was read. */
void crash_init(struct crash *c);
/* A line of the device; true when it belongs to a crash. A crash that begins takes the place of the
 * one before. */
bool crash_line(struct crash *c, const char *line, size_t n, uint64_t number);
/* In words, lines of text; symbols may be NULL. */
void crash_describe(
    const struct crash *c, enum crash_chip chip, const struct symbols *symbols, struct sbuf *out);

#endif
