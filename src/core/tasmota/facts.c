/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the log tells of the device, kept in the words of the screen. */
#include "tasmite/core/tasmota/facts.h"

#include <string.h>

#include "tasmite/base/str.h"

/* Copies printable bytes only; what the device sends is not trusted. True when dst changed. */
static bool set_text(char *dst, size_t size, const char *p, size_t n)
{
	char tmp[128];
	size_t len = 0;

	for (size_t i = 0; i < n && len + 1 < sizeof(tmp); i++)
		if ((unsigned char)p[i] >= 0x20 && p[i] != 0x7f)
			tmp[len++] = p[i];
	tmp[len] = 0;
	if (size < sizeof(tmp))
		tmp[size - 1] = 0;
	if (!strcmp(dst, tmp))
		return false;
	(void)str_copy(dst, size, tmp); /* cut at a character's boundary */
	return true;
}

static bool take(char *dst, size_t size, const char *text)
{
	return strcmp(dst, text) != 0 && set_text(dst, size, text, strlen(text));
}

/* ---- boots ---------------------------------------------------------------------------------------- */

static bool of_rom(enum logline_kind kind)
{
	return kind == LOGLINE_ROM8266 || kind == LOGLINE_ROM32 || kind == LOGLINE_RST32;
}

static void new_boot(struct facts *f, const struct logline *ev, uint64_t boots, mono_t now)
{
	f->boots = (uint32_t)boots;
	f->boot_time = now;
	f->rom_seen = of_rom(ev->kind);
	f->in_loader = ev->kind == LOGLINE_ROM8266 && ev->num2 == 1;
	if (!f->rom_seen)
		return; /* a software restart, or the banner came in at another speed */
	f->reset_cause = ev->kind == LOGLINE_ROM8266 ? ev->num : -1;
	f->boot_mode = ev->kind == LOGLINE_ROM8266 ? ev->num2 : -1;
}

/* Something but the loader has spoken. */
static bool spoken(const struct logline *ev, struct logtext line)
{
	size_t printable = 0;

	if (ev->kind == LOGLINE_BLANK || ev->kind == LOGLINE_ROM_WAIT)
		return false;
	if (ev->kind != LOGLINE_NONE && ev->kind != LOGLINE_GARBAGE)
		return true;
	for (size_t i = 0; i < line.n && printable < 4; i++)
		printable += line.p[i] > 0x20 && line.p[i] < 0x7f;
	return printable >= 4;
}

/* ---- what runs ------------------------------------------------------------------------------------ */

static bool firmware(struct facts *f, const struct doctor_view *told)
{
	char text[sizeof(f->firmware)] = "";
	bool changed = false;

	/* It took its present name with 7.0. */
	if (told->version[0])
		(void)str_fmt(text, sizeof(text), "%s %s",
		    told->name[0] == 's' ? "Sonoff-Tasmota" : "Tasmota", told->version);
	changed |= take(f->firmware, sizeof(f->firmware), text);
	changed |= take(f->version, sizeof(f->version), told->version);
	changed |= take(f->variant, sizeof(f->variant), told->variant);
	changed |= take(f->core, sizeof(f->core), told->core);
	return changed;
}

static bool baud(struct facts *f, const struct logline *ev, const struct doctor_view *told)
{
	/* Said again is news too: the port has to follow again. */
	if (!told->baud || (told->baud == f->device_baud && ev->kind != LOGLINE_SET_BAUD))
		return false;
	f->device_baud = told->baud;
	f->rate_lines += ev->kind == LOGLINE_SET_BAUD;
	return true;
}

static bool by_kind(struct facts *f, const struct logline *ev, const struct doctor_view *told)
{
	bool changed = false;

	switch (ev->kind) {
	case LOGLINE_PROJECT:
		f->rom_seen = false;
		changed |=
		    ev->topic.n && set_text(f->topic, sizeof(f->topic), ev->topic.p, ev->topic.n);
		return firmware(f, told) || changed;
	case LOGLINE_FOREIGN:
		return firmware(f, told);
	case LOGLINE_RESULT:
		changed = firmware(f, told);
		return baud(f, ev, told) || changed;
	case LOGLINE_CONNECTING:
		return ev->text2.n &&
		       set_text(f->hostname, sizeof(f->hostname), ev->text2.p, ev->text2.n);
	case LOGLINE_SET_BAUD:
		return baud(f, ev, told);
	default:
		return false;
	}
}

void facts_event(struct facts *f, const struct logline *ev, struct logtext line,
    const struct doctor_view *told, mono_t now)
{
	const struct doctor_verdict *ip = &told->verdict[DOCTOR_IP];
	bool log_off = told->finding[DOCTOR_F_SERIAL_OFF].count > 0, other = told->name[0] == 'o';
	bool changed = false;

	if (told->boots != f->boots) {
		new_boot(f, ev, told->boots, now);
		changed = true;
	} else if (f->in_loader && spoken(ev, line)) {
		f->in_loader = false;
		changed = true;
	}
	if (ev->kind != LOGLINE_NONE && ev->kind != LOGLINE_TASMOTA)
		changed |= by_kind(f, ev, told);
	changed |= take(f->address, sizeof(f->address), ip->state == DOCTOR_OK ? ip->text : "");
	changed |= log_off != f->serial_log_off || other != f->not_tasmota;
	f->serial_log_off = log_off;
	f->not_tasmota = other;
	f->revision += changed;
}

void facts_forget_firmware(struct facts *f)
{
	f->firmware[0] = f->version[0] = f->variant[0] = f->core[0] = '\0';
	f->topic[0] = f->address[0] = f->hostname[0] = '\0';
	f->not_tasmota = f->serial_log_off = false;
	f->device_baud = 0;
	f->revision++;
}

void facts_init(struct facts *f)
{
	memset(f, 0, sizeof(*f));
	f->reset_cause = -1;
	f->boot_mode = -1;
}

const char *facts_cause_text(int cause)
{
	/* The ESP8266's ROM, also as the SDK's boots show it. */
	switch (cause) {
	case 1:
		return "power on";
	case 2:
		return "external reset";
	case 3:
		return "software reset";
	case 4:
		return "hardware watchdog";
	default:
		return NULL;
	}
}
