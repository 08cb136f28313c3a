/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core's special registers, by their numbers in the instruction set's manual. */
#include "lx106.h"

enum {
	SR_SAR = 3,
	SR_LITBASE = 5,
	SR_IBREAKENABLE = 96,
	SR_DDR = 104,
	SR_IBREAKA = 128,
	SR_DBREAKA = 144,
	SR_DBREAKC = 160,
	SR_CONFIGID0 = 176,
	SR_EPC1 = 177, /* to 179 */
	SR_DEPC = 192,
	SR_EPS2 = 194, /* and 195 */
	SR_CONFIGID1 = 208,
	SR_EXCSAVE1 = 209,  /* to 211 */
	SR_INTERRUPT = 226, /* written: INTSET */
	SR_INTCLEAR = 227,
	SR_INTENABLE = 228,
	SR_PS = 230,
	SR_VECBASE = 231,
	SR_EXCCAUSE = 232,
	SR_DEBUGCAUSE = 233,
	SR_CCOUNT = 234,
	SR_PRID = 235,
	SR_ICOUNT = 236,
	SR_ICOUNTLEVEL = 237,
	SR_EXCVADDR = 238,
	SR_CCOMPARE0 = 240
};

/* core-isa.h of the core's configuration */
#define CONFIGID0 0xC28CDAFAu
#define CONFIGID1 0x1082B6F6u
#define EDGES	  0x3F00u

/* Those that are plain storage. */
static uint32_t *plain(struct lx106 *c, unsigned sr)
{
	switch (sr) {
	case SR_LITBASE:
		return &c->litbase;
	case SR_EPC1:
	case SR_EPC1 + 1:
	case SR_EPC1 + 2:
		return &c->epc[sr - SR_EPC1 + 1];
	case SR_EPS2:
	case SR_EPS2 + 1:
		return &c->eps[sr - SR_EPS2 + 2];
	case SR_EXCSAVE1:
	case SR_EXCSAVE1 + 1:
	case SR_EXCSAVE1 + 2:
		return &c->excsave[sr - SR_EXCSAVE1 + 1];
	case SR_DEPC:
		return &c->depc;
	case SR_VECBASE:
		return &c->vecbase;
	case SR_EXCCAUSE:
		return &c->exccause;
	case SR_EXCVADDR:
		return &c->excvaddr;
	case SR_SAR:
		return &c->sar;
	default:
		return NULL;
	}
}

bool lx106_rsr(struct lx106 *c, unsigned sr, uint32_t *value)
{
	const uint32_t *p = plain(c, sr);

	if (p) {
		*value = *p;
		return true;
	}
	switch (sr) {
	case SR_PS:
		*value = c->ps;
		return true;
	case SR_INTERRUPT:
		*value = c->lines | c->latched;
		return true;
	case SR_INTENABLE:
		*value = c->intenable;
		return true;
	case SR_CCOUNT:
		c->changes++; /* a loop that looks at it sees something new each time */
		*value = lx106_ccount(c);
		return true;
	case SR_CCOMPARE0:
		*value = c->ccompare;
		return true;
	case SR_CONFIGID0:
		*value = CONFIGID0;
		return true;
	case SR_CONFIGID1:
		*value = CONFIGID1;
		return true;
	case SR_PRID:
	case SR_DEBUGCAUSE:
	case SR_ICOUNT:
	case SR_ICOUNTLEVEL:
	case SR_DDR:
	case SR_IBREAKENABLE:
		*value = 0;
		return true;
	default:
		return false;
	}
}

static void set_ccompare(struct lx106 *c, uint32_t value)
{
	c->ccompare = value;
	c->latched &= ~(1u << LX106_INT_TIMER);
	/* In how many cycles CCOUNT gets there: 0 is a whole turn. */
	c->ccompare_at = c->cycles + (int64_t)(uint32_t)(value - lx106_ccount(c) - 1) + 1;
	if (c->ccompare_at < c->until)
		c->leave = true;
}

bool lx106_wsr(struct lx106 *c, unsigned sr, uint32_t value)
{
	uint32_t *p = plain(c, sr);

	if (p) {
		*p = sr == SR_SAR ? value & 63 : value;
		return true;
	}
	switch (sr) {
	case SR_PS:
		c->ps = value;
		break;
	case SR_INTERRUPT:
		c->latched |= value & (1u << LX106_INT_SOFT);
		break;
	case SR_INTCLEAR:
		c->latched &= ~(value & (EDGES | 1u << LX106_INT_SOFT));
		break;
	case SR_INTENABLE:
		c->intenable = value;
		break;
	case SR_CCOUNT:
		c->ccount_zero = c->cycles - value;
		set_ccompare(c, c->ccompare);
		break;
	case SR_CCOMPARE0:
		set_ccompare(c, value);
		break;
	case SR_DDR:
	case SR_IBREAKENABLE:
	case SR_IBREAKA:
	case SR_DBREAKA:
	case SR_DBREAKC:
	case SR_ICOUNT:
	case SR_ICOUNTLEVEL:
		break; /* for a debugger that is not there */
	default:
		return false;
	}
	lx106_look(c);
	return true;
}
