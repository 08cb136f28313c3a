/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual device's command line. */
#define _GNU_SOURCE /* getopt_long */
#include "options.h"

#include "flash_file.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char sim_options_usage[] =
    "Usage: virtual-device --pty LINK [OPTION]...\n"
    "       virtual-device --hand PATH [-c COMMAND]\n"
    "A Sonoff in software: an ESP8266 with boot ROM, flash and Tasmota, on a pseudo-terminal.\n"
    "  --pty LINK             symbolic link to make to the serial port\n"
    "  --control PATH         socket for commands: button, power, unplug, fault, state ...\n"
    "  --chip NAME            esp8266 (default), esp8285, esp32, esp32s2, esp32s3, esp32c2,\n"
    "                         esp32c3, esp32c5, esp32c6, esp32h2, esp32p4\n"
    "  --crystal MHZ          the board's crystal: 26, 40, 48 (default: the chip's usual one)\n"
    "  --rom-crystal MHZ      what the ESP32's ROM takes it for (default: 1 % too much)\n"
    "  --in-package on|off    an ESP32-PICO-D4, with the flash at pins of its own (off)\n"
    "  --xmc-asleep on|off    an XMC flash that did not wake up well at power-on (off)\n"
    "  --revision N.N         of the chip, in its eFuses (1.0)\n"
    "  --secure-download on|off  the eFuse that leaves the loader a few commands only (off)\n"
    "  --usb-jtag on|off      the host comes by the chip's own USB, 303A:1001 (off)\n"
    "  --usb-gone-ms MS       how long a reset takes that USB away (400)\n"
    "  --usb-stays on|off     resets by DTR and RTS do not take it away (off)\n"
    "  --wdt-ms MS            when the watchdogs bite a loader spoken to by USB (5000)\n"
    "  --flash FILE           the flash's content, kept up to date; made blank when absent\n"
    "  --flash-size SIZE      1M (ESP32 family: 4M; or the file's size), 2M, 4M, 8M, 16M\n"
    "  --boot-image FILE[@OFFSET]  put into the flash at the start (may be repeated)\n"
    "  --power on|off         at the start (default on)\n"
    "  --button up|down       at the start (default up)\n"
    "  --usb-latency MS       the adapter's latency timer (FTDI: 16; default 0)\n"
    "  --speed FACTOR         how fast time passes (default 1; 0: no waiting for wire and flash)\n"
    "  --sector-ms, --block-ms, --page-ms MS   the flash's times (45, 150, 0.7)\n"
    "  --scenario NAME|FILE   the story that the application plays\n"
    "  --wifi-rate N          bytes per second that an upgrade comes at (default 0: no limit)\n"
    "  --web PORT             its web page can be reached at its address (a scenario's `ip'), "
    "says\n"
    "                         `web PORT' when it is there; 0: any port\n"
    "  --fault SPEC           a fault (may be repeated), see below\n"
    "  --seed N               for all that is random\n"
    "  --trace FILE           one line per event with its virtual time; - for standard error\n"
    "  --trace-rom on|off     it also tells what code in RAM calls of the ROM (off)\n"
    "  --lines on|off         DTR and RTS drive GPIO0 and EN by the usual two transistors (off)\n"
    "  --en-ms MS             how long EN takes to rise after a reset (default 1)\n"
    "  --rfc2217 PORT         listens on 127.0.0.1, says `rfc2217 PORT'; 0: any port\n"
    "  --tcp PORT             the same for bare bytes, at 115200\n"
    "  --rfc2217-mute control, --rfc2217-fault FAULT   what is wrong with that server:\n"
    "                         mute-control, stall, rubbish, break-stuck, deaf, die@byte:N\n"
    "  --adapter DIR          looks like a USB adapter to programs under the test shim\n"
    "  --adapter-name NAME    ttyUSB0, ...; else the lowest that is free\n"
    "  --usb VID:PID[:SERIAL[:PRODUCT]]  what adapter it is (0403:6001, an FT232R)\n"
    "  --settle-ms MS         how long a new node can't be opened yet (default 0)\n"
    "  --hand PATH            a small menu that talks to a running device's control socket\n"
    "  -c COMMAND             with --hand: one command, its answer, and out\n"
    "\n"
    "Commands of the control socket, one a line, each answered by `ok' or `error ...':\n"
    "  button down|up, power on|off, unplug, replug, press N (short presses), reset (the pin),\n"
    "  fault SPEC, fault clear, state (a line of JSON), quit;\n"
    "  lines [dtr=0|1] [rts=0|1], modem [cts=0|1] [dsr=..] [dcd=..] [ri=..], break on|off,\n"
    "  net FAULT, net clear, net kick (the network server's faults),\n"
    "  replug [name=NAME] [settle=MS] (the adapter's name may change),\n"
    "  opened, sync, purge rx|tx|both, backlog, latency MS, format TEXT (what the shim says),\n"
    "  baud N, emit FILE (the chip is made to send a file's bytes at that rate)\n"
    "\n";

enum opt {
	OPT_PTY = 256,
	OPT_CONTROL,
	OPT_CHIP,
	OPT_FLASH,
	OPT_FLASH_SIZE,
	OPT_BOOT_IMAGE,
	OPT_POWER,
	OPT_BUTTON,
	OPT_LATENCY,
	OPT_SPEED,
	OPT_SECTOR,
	OPT_BLOCK,
	OPT_PAGE,
	OPT_SCENARIO,
	OPT_WIFI_RATE,
	OPT_WEB,
	OPT_FAULT,
	OPT_SEED,
	OPT_TRACE,
	OPT_TRACE_ROM,
	OPT_HAND,
	OPT_LINES,
	OPT_EN,
	OPT_RFC2217,
	OPT_TCP,
	OPT_MUTE,
	OPT_NET_FAULT,
	OPT_ADAPTER,
	OPT_ADAPTER_NAME,
	OPT_USB,
	OPT_SETTLE,
	OPT_CRYSTAL,
	OPT_ROM_CRYSTAL,
	OPT_IN_PACKAGE,
	OPT_XMC,
	OPT_REVISION,
	OPT_SECURE,
	OPT_USB_JTAG,
	OPT_USB_GONE,
	OPT_USB_STAYS,
	OPT_WDT
};

static const struct option longopts[] = {
    {"pty", required_argument, NULL, OPT_PTY},
    {"control", required_argument, NULL, OPT_CONTROL},
    {"chip", required_argument, NULL, OPT_CHIP},
    {"flash", required_argument, NULL, OPT_FLASH},
    {"flash-size", required_argument, NULL, OPT_FLASH_SIZE},
    {"boot-image", required_argument, NULL, OPT_BOOT_IMAGE},
    {"power", required_argument, NULL, OPT_POWER},
    {"button", required_argument, NULL, OPT_BUTTON},
    {"usb-latency", required_argument, NULL, OPT_LATENCY},
    {"speed", required_argument, NULL, OPT_SPEED},
    {"sector-ms", required_argument, NULL, OPT_SECTOR},
    {"block-ms", required_argument, NULL, OPT_BLOCK},
    {"page-ms", required_argument, NULL, OPT_PAGE},
    {"scenario", required_argument, NULL, OPT_SCENARIO},
    {"wifi-rate", required_argument, NULL, OPT_WIFI_RATE},
    {"web", required_argument, NULL, OPT_WEB},
    {"fault", required_argument, NULL, OPT_FAULT},
    {"seed", required_argument, NULL, OPT_SEED},
    {"trace", required_argument, NULL, OPT_TRACE},
    {"trace-rom", required_argument, NULL, OPT_TRACE_ROM},
    {"hand", required_argument, NULL, OPT_HAND},
    {"lines", required_argument, NULL, OPT_LINES},
    {"en-ms", required_argument, NULL, OPT_EN},
    {"rfc2217", required_argument, NULL, OPT_RFC2217},
    {"tcp", required_argument, NULL, OPT_TCP},
    {"rfc2217-mute", required_argument, NULL, OPT_MUTE},
    {"rfc2217-fault", required_argument, NULL, OPT_NET_FAULT},
    {"adapter", required_argument, NULL, OPT_ADAPTER},
    {"adapter-name", required_argument, NULL, OPT_ADAPTER_NAME},
    {"usb", required_argument, NULL, OPT_USB},
    {"settle-ms", required_argument, NULL, OPT_SETTLE},
    {"crystal", required_argument, NULL, OPT_CRYSTAL},
    {"rom-crystal", required_argument, NULL, OPT_ROM_CRYSTAL},
    {"in-package", required_argument, NULL, OPT_IN_PACKAGE},
    {"xmc-asleep", required_argument, NULL, OPT_XMC},
    {"revision", required_argument, NULL, OPT_REVISION},
    {"secure-download", required_argument, NULL, OPT_SECURE},
    {"usb-jtag", required_argument, NULL, OPT_USB_JTAG},
    {"usb-gone-ms", required_argument, NULL, OPT_USB_GONE},
    {"usb-stays", required_argument, NULL, OPT_USB_STAYS},
    {"wdt-ms", required_argument, NULL, OPT_WDT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool parse_double(const char *text, double *out)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v >= 0 && v <= 1e6))
		return false;
	*out = v;
	return true;
}

/* Milliseconds, fractions too, to microseconds. */
static bool parse_ms(const char *text, uint32_t *out)
{
	double v;

	if (!parse_double(text, &v))
		return false;
	*out = (uint32_t)(v * 1000 + 0.5);
	return true;
}

/* Nought would mean the default. */
static bool parse_flash_ms(const char *text, uint32_t *out)
{
	if (!parse_ms(text, out))
		return false;
	if (*out == 0)
		*out = 1;
	return true;
}

static bool parse_size(const char *text, uint32_t *out)
{
	static const char *const names[] = {"1M", "2M", "4M", "8M", "16M"};

	for (unsigned i = 0; i < 5; i++) {
		if (strcmp(text, names[i]) == 0) {
			*out = 0x100000u << i;
			return true;
		}
	}
	return false;
}

static bool parse_rate(const char *text, uint32_t *out)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	*out = (uint32_t)v;
	return end != text && !*end && v <= 100000000;
}

static bool parse_choice(const char *text, const char *yes, const char *no, bool *out)
{
	*out = strcmp(text, yes) == 0;
	return *out || strcmp(text, no) == 0;
}

static bool parse_image(struct sim_options *o, const char *text)
{
	struct sim_boot_image *im = &o->image[o->images];
	char *at, *end;

	if (o->images == SIM_OPTIONS_MAX || strlen(text) >= sizeof(im->path))
		return false;
	strcpy(im->path, text);
	im->offset = 0;
	at = strrchr(im->path, '@');
	if (at) {
		unsigned long v = strtoul(at + 1, &end, 0);

		if (end != at + 1 && !*end) {
			im->offset = (uint32_t)v;
			*at = '\0';
		}
	}
	o->images++;
	return true;
}

static bool parse_seed(struct sim_options *o, const char *text)
{
	char *end;

	o->link.device.seed = strtoull(text, &end, 0);
	return end != text && !*end;
}

static bool take_name(const char **slot, const char *text)
{
	*slot = text;
	return *text != '\0';
}

static bool take_chip(struct sim_options *o, const char *text)
{
	const struct sim_chip_row *row = sim_chip_find(text);

	if (!row)
		return false;
	o->link.device.chip = row->chip;
	return true;
}

static bool take_fault(struct sim_options *o, const char *text)
{
	if (o->faults == SIM_OPTIONS_MAX)
		return false;
	o->fault[o->faults++] = text;
	return true;
}

static bool parse_port(const char *text, int *out)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (end == text || *end || v < 0 || v > 65535)
		return false;
	*out = (int)v;
	return true;
}

static bool take_net_fault(struct sim_options *o, const char *text)
{
	if (o->net_faults == SIM_OPTIONS_MAX)
		return false;
	o->net_fault[o->net_faults++] = text;
	return true;
}

/* A field up to a colon or the end. */
static const char *field(const char *from, char *dst, size_t size)
{
	size_t n = strcspn(from, ":");

	if (n >= size)
		return NULL;
	memcpy(dst, from, n);
	dst[n] = '\0';
	return from[n] ? from + n + 1 : from + n;
}

static bool parse_usb(struct sim_adapter_options *a, const char *text)
{
	unsigned vid, pid;
	int used = 0;

	if (sscanf(text, "%4x:%4x%n", &vid, &pid, &used) != 2 || vid == 0)
		return false;
	a->vid = (uint16_t)vid;
	a->pid = (uint16_t)pid;
	text += used;
	if (*text == '\0')
		return true;
	if (*text++ != ':')
		return false;
	text = field(text, a->serial, sizeof(a->serial));
	return text && strlen(text) < sizeof(a->product) && strcpy(a->product, text);
}

static bool parse_settle(const char *text, unsigned *out)
{
	double ms;

	if (!parse_double(text, &ms))
		return false;
	*out = (unsigned)ms;
	return true;
}

static bool parse_crystal(const char *text, double low, double high, double unit, uint32_t *out)
{
	double mhz;

	if (!parse_double(text, &mhz) || mhz < low || mhz > high)
		return false;
	*out = (uint32_t)(mhz * unit + 0.5);
	return true;
}

/* "0.3", "3.1" */
static bool parse_revision(const char *text, struct sim_device_config *d)
{
	char *end;
	unsigned long major = strtoul(text, &end, 10), minor;

	if (*end != '.' || major > 9)
		return false;
	minor = strtoul(end + 1, &end, 10);
	d->has_revision = true;
	d->revision = (uint32_t)(major * 100 + minor);
	return !*end && minor < 16;
}

/* What the ESP32 family has more. */
static bool take_family_option(struct sim_options *o, int opt, const char *arg)
{
	struct sim_device_config *d = &o->link.device;

	switch (opt) {
	case OPT_CRYSTAL:
		return parse_crystal(arg, 24, 48, 1, &d->crystal_mhz);
	case OPT_ROM_CRYSTAL:
		return parse_crystal(arg, 20, 60, 1000, &d->rom_khz);
	case OPT_IN_PACKAGE:
		return parse_choice(arg, "on", "off", &d->in_package);
	case OPT_XMC:
		return parse_choice(arg, "on", "off", &d->xmc_asleep);
	case OPT_REVISION:
		return parse_revision(arg, d);
	case OPT_SECURE:
		return parse_choice(arg, "on", "off", &d->secure_download);
	case OPT_USB_JTAG:
		return parse_choice(arg, "on", "off", &d->usb_jtag);
	case OPT_USB_GONE:
		return parse_flash_ms(arg, &d->usb_gone_us);
	case OPT_USB_STAYS:
		return parse_choice(arg, "on", "off", &d->usb_stays);
	case OPT_WDT:
		return parse_flash_ms(arg, &d->wdt_us);
	default:
		return false;
	}
}

/* How the host comes to the device other than by a pty, and its lines. */
static bool take_port_option(struct sim_options *o, int opt, const char *arg)
{
	switch (opt) {
	case OPT_LINES:
		return parse_choice(arg, "on", "off", &o->link.device.lines);
	case OPT_EN:
		return parse_flash_ms(arg, &o->link.device.en_us);
	case OPT_RFC2217:
		return parse_port(arg, &o->rfc2217);
	case OPT_TCP:
		return parse_port(arg, &o->tcp);
	case OPT_WEB:
		return parse_port(arg, &o->web);
	case OPT_MUTE:
		return strcmp(arg, "control") == 0 && take_net_fault(o, "mute-control");
	case OPT_NET_FAULT:
		return take_net_fault(o, arg);
	case OPT_ADAPTER:
		return take_name(&o->adapter.dir, arg);
	case OPT_ADAPTER_NAME:
		return take_name(&o->adapter.name, arg);
	case OPT_USB:
		return parse_usb(&o->adapter, arg);
	case OPT_SETTLE:
		return parse_settle(arg, &o->adapter.settle_ms);
	default:
		return take_family_option(o, opt, arg);
	}
}

static bool take_option(struct sim_options *o, int opt, const char *arg)
{
	struct sim_flash_times *times = &o->link.device.times;

	switch (opt) {
	case OPT_PTY:
		return take_name(&o->pty, arg);
	case OPT_CONTROL:
		return take_name(&o->control, arg);
	case OPT_CHIP:
		return take_chip(o, arg);
	case OPT_FLASH:
		return take_name(&o->flash, arg);
	case OPT_FLASH_SIZE:
		return parse_size(arg, &o->link.device.flash_size);
	case OPT_BOOT_IMAGE:
		return parse_image(o, arg);
	case OPT_POWER:
		return parse_choice(arg, "on", "off", &o->power);
	case OPT_BUTTON:
		return parse_choice(arg, "down", "up", &o->button);
	case OPT_LATENCY:
		return parse_ms(arg, &o->link.usb_latency_us);
	case OPT_SPEED:
		return parse_double(arg, &o->speed);
	case OPT_SECTOR:
		return parse_flash_ms(arg, &times->sector_us);
	case OPT_BLOCK:
		return parse_flash_ms(arg, &times->block_us);
	case OPT_PAGE:
		return parse_flash_ms(arg, &times->page_us);
	case OPT_SCENARIO:
		return take_name(&o->scenario, arg);
	case OPT_WIFI_RATE:
		return parse_rate(arg, &o->wifi_rate);
	case OPT_FAULT:
		return take_fault(o, arg);
	case OPT_SEED:
		return parse_seed(o, arg);
	case OPT_TRACE:
		return take_name(&o->trace, arg);
	case OPT_TRACE_ROM:
		return parse_choice(arg, "on", "off", &o->link.device.trace_rom);
	case OPT_HAND:
		return take_name(&o->hand, arg);
	case 'c':
		return take_name(&o->command, arg);
	case 'h':
		o->help = true;
		return true;
	default:
		return take_port_option(o, opt, arg);
	}
}

/* Which chips have what was asked for, and what the adapter then is. */
static bool check_family(struct sim_options *o, char *err, size_t errsize)
{
	const struct sim_device_config *d = &o->link.device;
	const struct sim_chip_row *row = sim_chip_row(d->chip);

	if (d->usb_jtag && !row->usb_jtag) {
		snprintf(err, errsize, "%s has no USB-JTAG-serial unit", row->label);
		return false;
	}
	if (!row->family && (d->crystal_mhz || d->secure_download)) {
		snprintf(err, errsize, "%s has no secure download mode and no other crystal here",
		    row->label);
		return false;
	}
	if (d->in_package && d->chip != SIM_ESP32) {
		snprintf(err, errsize, "--in-package is for the ESP32 alone");
		return false;
	}
	if (d->usb_jtag && !o->adapter.vid) {
		o->adapter.vid = 0x303A;
		o->adapter.pid = 0x1001;
	}
	return true;
}

/* What the options want of one another. */
static bool check(struct sim_options *o, char *err, size_t errsize)
{
	uint32_t size;

	if (o->help || o->hand)
		return true;
	if (!o->pty && !o->adapter.dir && o->rfc2217 < 0 && o->tcp < 0) {
		snprintf(err, errsize,
		    "--pty LINK or --hand PATH is needed (or --rfc2217, --tcp, --adapter)");
		return false;
	}
	if (!check_family(o, err, errsize))
		return false;
	size = o->flash ? sim_flash_file_size(o->flash) : 0;
	if (size && !o->link.device.flash_size)
		o->link.device.flash_size = size;
	if (!o->link.device.flash_size && sim_chip_row(o->link.device.chip)->family)
		o->link.device.flash_size = 0x400000;
	if (size && size > o->link.device.flash_size) {
		snprintf(err, errsize, "%s is longer than --flash-size", o->flash);
		return false;
	}
	return true;
}

bool sim_options_parse(struct sim_options *o, int argc, char **argv, char *err, size_t errsize)
{
	int opt;

	memset(o, 0, sizeof(*o));
	o->power = true;
	o->rfc2217 = -1;
	o->tcp = -1;
	o->web = -1;
	o->speed = 1;
	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, "c:h", longopts, NULL)) != -1) {
		if (opt == '?') {
			snprintf(err, errsize, "%s: unknown option or no value", argv[optind - 1]);
			return false;
		}
		if (!take_option(o, opt, optarg)) {
			snprintf(err, errsize, "'%s' is no value for this option", optarg);
			return false;
		}
	}
	if (optind < argc) {
		snprintf(err, errsize, "'%s' is not understood", argv[optind]);
		return false;
	}
	return check(o, err, errsize);
}
