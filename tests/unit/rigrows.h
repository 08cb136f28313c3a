/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A case each: what becomes of some answers of the boot loader (enginesim.h), and of the job. */
#ifndef TESTS_UNIT_RIGROWS_H
#define TESTS_UNIT_RIGROWS_H

#include "enginesim.h"

/* The loader's commands. */
enum {
	OP_BEGIN = 0x02,
	OP_DATA = 0x03,
	OP_MEM_BEGIN = 0x05,
	OP_MEM_END = 0x06,
	OP_MEM_DATA = 0x07,
	OP_WRITE = 0x09,
	OP_READ = 0x0A,
	OP_PARAMS = 0x0B,
	OP_ATTACH = 0x0D,
	OP_SLOW = 0x0E,
	OP_BAUD = 0x0F,
	OP_DEFL = 0x10,
	OP_PACKED = 0x11,
	OP_MD5 = 0x13,
	OP_SECURITY = 0x14
};

#define ROW_MIN	  (60 * (int64_t)1000000)
#define ROW_FLASH (1u << 20)
#define ROW_IMAGE 20000u

/* Without a cause it is done. */
struct rig_row {
	struct rig_rule rule[2];
	enum engine_cause cause;
	uint8_t command, code; /* named in the failure */
	enum sim_chip chip;
	const char *name; /* of the chip; NULL: not looked at */
};

/* The job's data, and what the flash holds before. */
extern uint8_t row_image[ROW_IMAGE], row_before[ROW_FLASH];
/* To be called once, before anything else. */
void row_fill(void);
/* One part of n bytes (0: none), for a FLASH at 0x10000 (an ESP8266's: 0), else at 0. */
struct rig_config row_config(const struct rig_row *row, enum engine_kind kind, uint32_t n);
void row_begin(struct rig *r, const struct rig_config *c);
/* ... by the chip's own USB: the port is there when the chip is. */
void row_begin_usb(struct rig *r, const struct rig_config *c);
/* Runs to the end, which must be the row's; i is told where it is not. Its first rule was met. */
void row_finish(struct rig *r, const struct rig_row *row, size_t i);
/* The flash there is as it was. */
bool row_kept(struct rig *r, uint32_t from, uint32_t to);

#endif
