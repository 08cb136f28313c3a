/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Boards that people flash. Pads and buttons as the community knows them; a maker changes boards
 * without telling, hence the advice to trust what is printed on the board.
 */
#include "tasmite/core/tasmota/boards.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define MAX_CAVEATS 3

/* How GPIO0 gets to GND while power comes. */
enum boot {
	BOOT_BUTTON, /* its own button is on GPIO0 */
	BOOT_PAD     /* a pad or test point is to be bridged to GND */
};

enum chip { CHIP_8266, CHIP_8285, CHIP_ESP32 };

struct board {
	const char *name;
	const char *aliases; /* separated by '|', in the form that normalise makes */
	enum chip chip;
	const char *chip_text;
	const char *pads;	/* in order, pin 1 first, separated by blanks; NULL unknown */
	const char *pads_where; /* "" nothing to add */
	enum boot boot;
	const char *boot_what; /* what is GPIO0: names the thing to hold or bridge */
	const char *module;    /* "1 (Sonoff Basic)"; NULL: a template */
	const char *caveats[MAX_CAVEATS];
};

#define EX_1M	   CHIP_8266, "ESP8266EX, 1 MB of flash"
#define ESP8285	   CHIP_8285, "ESP8285, 1 MB of flash inside"
#define ESP32_4M   CHIP_ESP32, "ESP32, 4 MB of flash"
#define THE_BUTTON BOOT_BUTTON, "its button"
#define MCU_19200                                                                                 \
	"a second chip shares the serial port at 19200 baud and speaks binary: no console while " \
	"it does"
#define FACTORY "takes tasmota32 files: a factory.bin at 0x0"
#define CSE7766                                                                               \
	"the power meter CSE7766 sits on RX (4800 baud): the console is gone as soon as the " \
	"module is set; set up Wi-Fi before, or work over the web page after"

/* boot_what: the thing to hold or bridge comes first, what explains it behind a ":", "," or "(". */
static const struct board boards[] = {
    {"Sonoff Basic R1", "basic|basic r1|sonoff", EX_1M, "3V3 RX TX GND IO14",
	"in line near the button", THE_BUTTON, "1 (Sonoff Basic)",
	{"an R2 of the same look has an ESP8285 inside"}},
    {"Sonoff Basic R2", "basic r2", ESP8285, "3V3 RX TX GND IO14", "in line near the button",
	THE_BUTTON, "1 (Sonoff Basic)", {NULL}},
    {"Sonoff Basic R3", "basic r3|basicr3", ESP8285, "3V3 RX TX GND", "", THE_BUTTON, NULL,
	{"has a DIY mode of its maker"}},
    {"Sonoff RF R3", "rfr3|rf r3", ESP8285, "3V3 RX TX GND", "", THE_BUTTON, NULL, {NULL}},
    {"Sonoff Basic R4", "basic r4|basicr4", CHIP_ESP32, "ESP32-C3, 4 MB of flash", "3V3 RX TX GND",
	"the order is not certain: read it off the board", BOOT_BUTTON,
	"its button (on GPIO9: the strap of an ESP32-C3)", NULL,
	{"takes tasmota32c3 files: a factory.bin at 0x0"}},
    {"Sonoff RF", "rf|rf r1|rf r2", CHIP_8266, "ESP8266EX, 1 MB of flash (R2: ESP8285)",
	"3V3 RX TX GND", "in line near the button", THE_BUTTON, "2 (Sonoff RF)", {NULL}},
    {"Sonoff SV", "sv", EX_1M, "3V3 RX TX GND", "in line near the button", THE_BUTTON,
	"3 (Sonoff SV)", {NULL}},
    {"Sonoff Mini", "mini|mini r1|mini r2|minir2|mini diy", ESP8285, "3V3 RX TX GND",
	"on the back of the board", THE_BUTTON, NULL, {NULL}},
    {"Sonoff Mini R3", "mini r3|minir3|mini r4|minir4", ESP32_4M, "3V3 RX TX GND",
	"the order is not certain: read it off the board", THE_BUTTON, NULL, {FACTORY}},
    {"Sonoff S20", "s20", EX_1M, "3V3 RX TX GND", "", THE_BUTTON, "8 (Sonoff S2X)", {NULL}},
    {"Sonoff S26", "s26", EX_1M, "3V3 RX TX GND", "", THE_BUTTON, "8 (Sonoff S2X)", {NULL}},
    {"Sonoff S31", "s31", CHIP_8266, "ESP8266EX, 4 MB of flash", "VCC RX TX .. .. GND",
	"VCC is 3.3 V", THE_BUTTON, "41 (Sonoff S31)", {CSE7766}},
    {"Sonoff TH10/TH16", "th|th10|th16|th 10|th 16", EX_1M, "3V3 RX TX GND", "", THE_BUTTON,
	"4 (Sonoff TH)", {NULL}},
    {"Sonoff TH Elite", "th elite|thr3|thr320|thr316|th origin", ESP32_4M, "3V3 TX RX GND IO0",
	"TX before RX", BOOT_PAD, "IO0 of the header, or its button", NULL, {FACTORY}},
    {"Sonoff POW", "pow|pow r1", EX_1M, "3V3 RX TX GND", "", THE_BUTTON, "6 (Sonoff Pow)",
	{"its whole logic is live while it is on mains, also GND"}},
    {"Sonoff POW R2", "pow r2|powr2", ESP8285, "3V3 RX TX GND",
	"the order is not certain: read it off the board", THE_BUTTON, "43 (Sonoff Pow R2)",
	{CSE7766, "its logic is live while it is on mains"}},
    {"Sonoff POW Elite", "pow elite|powr3|pow r3|powr320d|powr316d", ESP32_4M, "3V3 TX RX GND IO0",
	"TX before RX", BOOT_PAD, "IO0 of the header, or its button", NULL,
	{FACTORY, "its logic is live while it is on mains"}},
    {"Sonoff Dual R1", "dual|dual r1", EX_1M, "3V3 RX TX GND",
	"the order is not certain: read it off the board", BOOT_PAD,
	"the GPIO0 pad: the button is not on GPIO0", "5 (Sonoff Dual)", {MCU_19200}},
    {"Sonoff Dual R2", "dual r2", ESP8285, "3V3 RX TX GND",
	"the order is not certain: read it off the board", BOOT_PAD, "the GPIO0 pad, or button 0",
	"39 (Sonoff Dual R2)", {NULL}},
    {"Sonoff 4CH R1", "4ch|4ch r1", CHIP_8266, "ESP8266", "3V3 RX TX GND",
	"the order is not certain: read it off the board", BOOT_PAD, "the GPIO0 pad",
	"7 (Sonoff 4CH)", {MCU_19200}},
    {"Sonoff 4CH R2", "4ch r2", ESP8285, "3V3 RX TX GND", "", BOOT_BUTTON, "button 1",
	"7 (Sonoff 4CH)", {NULL}},
    {"Sonoff 4CH Pro R2", "4ch pro|4ch pro r2|4chpro", ESP8285, "3V3 RX TX GND", "", BOOT_BUTTON,
	"button 1", "23 (Sonoff 4CH Pro)", {NULL}},
    {"Sonoff 4CH R3", "4ch r3|4chr3", ESP8285, "3V3 RX TX GND",
	"the order is not certain: read it off the board", BOOT_BUTTON, "button 1",
	"7 (Sonoff 4CH)", {NULL}},
    {"Sonoff 4CH Pro R3", "4ch pro r3|4chpror3", ESP8285, "3V3 RX TX GND",
	"the order is not certain: read it off the board", BOOT_PAD,
	"the GPIO0 pad: the buttons are on a chip of their own", "23 (Sonoff 4CH Pro)", {NULL}},
    {"Sonoff Touch", "touch", ESP8285, "3V3 RX TX GND", "", BOOT_PAD,
	"the GPIO0 pad: the touch key is a chip of its own", "10 (Sonoff Touch)",
	{"the LED is wired the other way round"}},
    {"Sonoff T1", "t1|t1 1ch|t1 2ch|t1 3ch|tx", ESP8285, "3V3 RX TX GND", "", BOOT_PAD,
	"the GPIO0 pad: the touch keys are a chip of their own",
	"28, 29 or 30 (Sonoff T1 with 1, 2, 3 channels)", {"the LED is wired the other way round"}},
    {"Sonoff RF Bridge", "rf bridge|bridge|bridge r1|bridge r2|rfbridge|rf bridge r2", ESP8285,
	"3V3 RX TX GND", "", THE_BUTTON, "25 (Sonoff Bridge)",
	{"its slide switch must be OFF while it is flashed, and ON again afterwards", MCU_19200}},
    {"Sonoff iFan02", "ifan02|ifan 02|ifan2", ESP8285, NULL, "", BOOT_PAD,
	"a GPIO0 pad, or a button", "44 (Sonoff iFan02)", {NULL}},
    {"Sonoff iFan03", "ifan03|ifan 03|ifan3", ESP8285, NULL, "", BOOT_PAD,
	"a GPIO0 pad, or a button", "71 (Sonoff iFan03)", {NULL}},
    {"Sonoff SC", "sc", ESP8285, NULL, "", BOOT_PAD, "a GPIO0 pad, or a button", NULL,
	{"an ATmega shares the serial port at 19200 baud: no console while it talks"}},
    {"Sonoff B1", "b1", ESP8285, NULL, "", BOOT_PAD, "the GPIO0 pad", NULL, {NULL}},
    {"Sonoff L1", "l1", ESP8285, NULL, "", BOOT_PAD, "a GPIO0 pad, or a button", NULL,
	{"a second chip shares the serial port (19200 or 9600 baud)"}},
    {"Sonoff D1", "d1|d1 dimmer", ESP8285, NULL, "", BOOT_PAD, "a GPIO0 pad, or a button", NULL,
	{"a second chip shares the serial port (19200 or 9600 baud)"}},
    {"Sonoff ZBBridge", "zbbridge|zb bridge|zigbee bridge", CHIP_8266,
	"ESP8266, 2 MB of flash, and an EFR32 for Zigbee", NULL, "", BOOT_PAD, "the GPIO0 pad",
	"75 (Sonoff ZbBridge)",
	{"takes tasmota-zbbridge.bin", "GPIO0 must be free again when the write is done"}},
    {"Sonoff NSPanel", "nspanel|ns panel", ESP32_4M, "3V3 TX RX GND IO0", "TX before RX", BOOT_PAD,
	"IO0 of the header", NULL, {"takes tasmota32-nspanel files"}},
    {"Generic ESP8266", "generic|esp8266|esp12|esp 12|esp 12f|esp 01|esp01", CHIP_8266,
	"ESP8266, flash as fitted", NULL, "3V3, GND, RXD, TXD as printed on it", BOOT_PAD,
	"GPIO0 (IO0)", "18 (Generic)",
	{"EN must be high, GPIO2 high or free, GPIO15 low: a bare module needs resistors"}},
};

#define BOARDS (sizeof(boards) / sizeof(boards[0]))

/* ---- by name --------------------------------------------------------------------------------- */

/* Small letters, one blank for anything that is no letter or digit, the maker's name left out. */
static void normalise(const char *name, char *dst, size_t size)
{
	size_t n = 0;

	for (; *name && n + 1 < size; name++) {
		char c = *name;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			dst[n++] = c;
		else if (n > 0 && dst[n - 1] != ' ')
			dst[n++] = ' ';
	}
	while (n > 0 && dst[n - 1] == ' ')
		n--;
	dst[n] = '\0';
	if (str_starts(dst, "sonoff ") || str_starts(dst, "itead ")) {
		const char *rest = strchr(dst, ' ') + 1;
		memmove(dst, rest, strlen(rest) + 1);
	}
}

enum how { HOW_EXACT, HOW_PREFIX, HOW_PART };

static bool fits(const char *candidate, const char *name, enum how how)
{
	switch (how) {
	case HOW_EXACT:
		return strcmp(candidate, name) == 0;
	case HOW_PREFIX:
		return str_starts(candidate, name);
	case HOW_PART:
		return strstr(candidate, name) != NULL;
	}
	return false;
}

static bool board_fits(const struct board *b, const char *name, enum how how)
{
	char one[48];
	const char *p = b->aliases;

	normalise(b->name, one, sizeof(one));
	if (fits(one, name, how))
		return true;
	while (*p) {
		size_t len = strcspn(p, "|");

		str_copy_n(one, sizeof(one), p, len);
		if (fits(one, name, how))
			return true;
		p += len + (p[len] == '|');
	}
	return false;
}

const struct board *boards_find(const char *name)
{
	char wanted[48];

	assert(name);
	normalise(name, wanted, sizeof(wanted));
	if (wanted[0] == '\0')
		return NULL;
	for (enum how how = HOW_EXACT; how <= HOW_PART; how++) {
		const struct board *one = NULL;
		size_t count = 0;

		for (size_t i = 0; i < BOARDS; i++) {
			if (!board_fits(&boards[i], wanted, how))
				continue;
			one = &boards[i];
			count++;
		}
		if (count == 1)
			return one;
		if (count > 1)
			return NULL; /* a looser rule only makes it worse */
	}
	return NULL;
}

const struct board *boards_at(size_t i)
{
	return i < BOARDS ? &boards[i] : NULL;
}

const char *boards_name(const struct board *board)
{
	return board->name;
}

/* ---- the page -------------------------------------------------------------------------------- */

/* Pin by pin:   [3V3]  RX    TX    GND   the first one is the square pad. */
static void draw_pads(const struct board *b, struct sbuf *out)
{
	const char *p = b->pads;
	bool first = true;

	if (!p) {
		sbuf_add(out, "Pads:    look for 3V3, RX, TX, GND on the board");
		sbuf_fmt(out, "%s%s\n", b->pads_where[0] ? "; " : "", b->pads_where);
		return;
	}
	sbuf_add(out, "Pads:    ");
	while (*p) {
		int len = (int)strcspn(p, " ");

		sbuf_fmt(out, first ? "[%.*s]" : "--(%.*s)", len, p);
		first = false;
		p += len;
		p += *p == ' ';
	}
	sbuf_add(out, "\n         [ ] is the square pad, pin 1");
	sbuf_fmt(out, "%s%s\n", b->pads_where[0] ? "; " : "", b->pads_where);
}

static void add_wiring(const struct board *b, struct sbuf *out)
{
	bool vcc = b->pads && str_starts(b->pads, "VCC");

	sbuf_fmt(out,
	    "Wires:   adapter 3.3 V to %s, adapter TX to RX, adapter RX to TX, GND to GND\n",
	    vcc ? "VCC" : "3V3");
}

static const char *mode_text(enum chip chip)
{
	switch (chip) {
	case CHIP_8266:
		return "DOUT (what Tasmota's files have; others may work)";
	case CHIP_8285:
		return "DOUT, no other works";
	case CHIP_ESP32:
		break;
	}
	return "as the factory file says";
}

static void add_warnings(struct sbuf *out)
{
	sbuf_add(out,
	    "\n"
	    "Mains:   UNPLUG IT. Never connect an adapter to a board that is on mains, not even "
	    "for a moment.\n"
	    "Power:   3.3 V only. 5 V on the supply or on RX or TX kills the chip.\n"
	    "         The adapter must give 250 mA and more at peaks; the 3V3 pin of an FT232RL "
	    "gives 50 mA,\n"
	    "         a usual cause of resets while it joins Wi-Fi.\n"
	    "After:   no reset wire here: after the write take the power off and on again, with "
	    "GPIO0 free,\n"
	    "         else it waits in the boot loader.\n"
	    "Trust what is printed on the board more than this page.\n");
}

void boards_describe(const struct board *board, struct sbuf *out)
{
	assert(board && out);
	sbuf_fmt(out, "%s\n\n", board->name);
	sbuf_fmt(out, "Chip:    %s\n", board->chip_text);
	draw_pads(board, out);
	add_wiring(board, out);
	sbuf_fmt(out, "GPIO0:   %s\n", board->boot_what);
	sbuf_fmt(out, "Mode:    %s\n", mode_text(board->chip));
	if (board->module)
		sbuf_fmt(out, "Module:  %s\n", board->module);
	else
		sbuf_add(out, "Module:  none is known here; use a template\n");
	for (size_t i = 0; i < MAX_CAVEATS && board->caveats[i]; i++)
		sbuf_fmt(out, "Note:    %s\n", board->caveats[i]);
	sbuf_add(out, "\nInto the boot loader:\n");
	boards_howto_loader(board, out);
	add_warnings(out);
}

/* The lines are short: the waiting page is a narrow panel. */
void boards_howto_loader(const struct board *board, struct sbuf *out)
{
	assert(board && out);
	bool button = board->boot == BOOT_BUTTON;
	/* The thing itself; what follows it explains. */
	int len = (int)strcspn(board->boot_what, ":(,");

	while (len > 0 && board->boot_what[len - 1] == ' ')
		len--;
	sbuf_add(out, "1. Mains unplugged! 3.3 V only.\n"
		      "2. Take the 3.3 V off for 2 s or more.\n");
	sbuf_fmt(out, button ? "3. Hold %.*s down.\n" : "3. Bridge %.*s to GND.\n", len,
	    board->boot_what);
	sbuf_add(out, button ? "4. While you hold it, give it 3.3 V.\n"
			     : "4. With the bridge on, give it 3.3 V.\n");
	sbuf_add(out, button ? "5. After 1 to 2 s release the button.\n"
			     : "5. After 1 to 2 s take the bridge off.\n");
}
