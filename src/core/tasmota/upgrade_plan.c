/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether and how a device takes a file over the air. */
#include "tasmite/core/tasmota/upgrade.h"

#include <stdio.h>
#include <string.h>

#include "tasmite/base/str.h"

#define V(x, y, z) ((uint32_t)(x) << 24 | (uint32_t)(y) << 16 | (uint32_t)(z) << 8)
#define KB	   1024u
/* Of 1 MB: what program and upgrade share; behind it are the settings. */
#define SHARED_1MB (1004u * KB)

const char *upgrade_version_text(uint32_t v, char *dst, size_t size)
{
	(void)str_fmt(dst, size, "%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255);
	if (v & 255) {
		char last[8];

		(void)str_fmt(last, sizeof(last), ".%u", v & 255);
		(void)str_cat(dst, size, last);
	}
	return dst;
}

/* The steps that Tasmota's documentation names. A device at 8.5.0 counts as one at 8.5.1: what is
 * converted changes with the minor number. */
uint32_t upgrade_step(uint32_t from, uint32_t to)
{
	static const uint32_t steps[] = {V(1, 0, 11), V(3, 9, 22), V(4, 2, 0), V(5, 14, 0),
	    V(6, 7, 1), V(7, 2, 0), V(8, 5, 1), V(9, 1, 0)};

	if (!from || !to)
		return 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i] >> 16 > from >> 16)
			return steps[i] >> 16 < to >> 16 ? steps[i] : 0;
	return 0;
}

size_t upgrade_url_max(uint32_t version)
{
	return version && version < V(7, 0, 0) ? 99 : 100;
}

/* Sonoff and Tasmota up to 8.1 take an image as it is only. */
static bool takes_packed(uint32_t version)
{
	return version >= V(8, 2, 0);
}

static bool is_small(const char *variant)
{
	return !strcmp(variant, "minimal") || strstr(variant, "safeboot");
}

__attribute__((format(printf, 4, 5))) static bool refuse(
    struct upgrade_plan *p, enum upgrade_reason reason, const char *advice, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)str_vfmt(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	(void)str_copy(p->advice, sizeof(p->advice), advice);
	p->reason = reason;
	return false;
}

__attribute__((format(printf, 2, 3))) static void note(struct upgrade_plan *p, const char *fmt, ...)
{
	va_list ap;

	if (p->notes == UPGRADE_NOTES)
		return;
	va_start(ap, fmt);
	(void)str_vfmt(p->note[p->notes++], sizeof(p->note[0]), fmt, ap);
	va_end(ap);
}

/* ---- names ------------------------------------------------------------------------------------- */

/* The file's own name as far as it is plain. Where the device looks for minimal it cuts at the first
 * dot, so there may be none in it. */
static void stem_of(const char *name, char *dst, size_t size)
{
	size_t n = 0;

	for (; *name && *name != '.' && n + 1 < size; name++) {
		char c = *name;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == '_' || (c == '-' && n))
			dst[n++] = c;
	}
	while (n && dst[n - 1] == '-')
		n--;
	dst[n] = '\0';
	if (!n)
		(void)str_copy(dst, size, "tasmota");
}

/* The device replaces what stands from the last "-" of the name to its type by "-minimal". */
static void make_names(struct upgrade_plan *p, const char *file)
{
	char stem[25];
	char *dash;

	stem_of(file, stem, sizeof(stem));
	(void)str_fmt(p->name[UPGRADE_MAIN], sizeof(p->name[0]), "%s.bin", stem);
	(void)str_fmt(p->name[UPGRADE_MAIN_GZ], sizeof(p->name[0]), "%s.bin.gz", stem);
	dash = strrchr(stem, '-');
	if (dash)
		*dash = '\0';
	(void)str_fmt(p->name[UPGRADE_SMALL], sizeof(p->name[0]), "%s-minimal.bin", stem);
	(void)str_fmt(p->name[UPGRADE_SMALL_GZ], sizeof(p->name[0]), "%s-minimal.bin.gz", stem);
	/* minimal itself is what is wanted: one name, one file */
	if (!strcmp(p->name[UPGRADE_MAIN], p->name[UPGRADE_SMALL]))
		p->name[UPGRADE_SMALL][0] = p->name[UPGRADE_SMALL_GZ][0] = '\0';
}

/* ---- checks ------------------------------------------------------------------------------------ */

static bool check_file(struct upgrade_plan *p, const struct upgrade_file *f)
{
	if (!f->have || f->form == UPGRADE_FORM_OTHER)
		return refuse(p, UPGRADE_NO_FILE, "Take the .bin file of a Tasmota release",
		    "%s is no firmware that a device takes over the air", f->name);
	if (f->form == UPGRADE_FORM_FACTORY)
		return refuse(p, UPGRADE_NO_FILE,
		    "Take the file of the same name without \".factory\"; this one is for /flash",
		    "%s is a whole flash with boot loader and partitions", f->name);
	if (f->form == UPGRADE_FORM_BACKUP)
		return refuse(p, UPGRADE_NO_FILE, "Write it by wire, with /flash",
		    "%s is a copy of a whole flash", f->name);
	if (!f->whole)
		return refuse(
		    p, UPGRADE_NO_DAMAGED, "Fetch it once more", "%s is damaged", f->name);
	if (f->safeboot)
		return refuse(p, UPGRADE_NO_FILE, "Take the application's file",
		    "%s is safeboot: it goes to another place than Upgrade 1 writes to", f->name);
	p->insist = true;
	if (!f->tasmota)
		return refuse(p, UPGRADE_NO_FILE,
		    "The device would be without Tasmota then, and without this way back",
		    "%s is not known as Tasmota", f->name);
	return true;
}

/* "ESP8266EX" and "ESP8285" are the same family; of the ESP32s each is its own: "ESP32-D0WDQ6" is an
 * ESP32, "ESP32-C3FN4" an ESP32-C3. */
static void family(const char *chip, char *dst, size_t size)
{
	static const char *const kinds[] = {"S2", "S3", "C2", "C3", "C5", "C6", "C61", "H2", "P4"};

	if (str_starts_nocase(chip, "ESP8")) {
		(void)str_copy(dst, size, "ESP8266");
		return;
	}
	(void)str_copy(dst, size, str_starts_nocase(chip, "ESP32") ? "ESP32" : chip);
	if (!str_starts_nocase(chip, "ESP32-"))
		return;
	/* The longest that fits stands last. */
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_starts_nocase(chip + 6, kinds[i]))
			(void)str_fmt(dst, size, "ESP32-%s", kinds[i]);
}

static bool check_chip(
    struct upgrade_plan *p, const struct upgrade_file *f, const struct upgrade_device *d)
{
	char file[24], dev[24];

	family(f->chip, file, sizeof(file));
	family(d->chip, dev, sizeof(dev));
	if (!d->chip[0] || !f->chip[0]) {
		/* Firmware before 8.4 doesn't tell it; all of that is for the ESP8266. */
		if (!d->version || d->version >= V(8, 4, 0) || f->form == UPGRADE_FORM_8266) {
			if (!d->version || d->version >= V(8, 4, 0))
				note(p, "The chip is not known: it is not checked");
			return true;
		}
		(void)str_copy(dev, sizeof(dev), "ESP8266");
	}
	if (!strcmp(file, dev))
		return true;
	p->insist = false;
	return refuse(p, UPGRADE_NO_CHIP, "Take the file for its chip",
	    "%s is for %s, the device is an %s", f->name, file, dev);
}

static bool check_path(struct upgrade_plan *p, const struct upgrade_file *f,
    const struct upgrade_device *d, bool insist)
{
	uint32_t to = f->version ? f->version : f->at_least;
	char from_text[24], to_text[24], step_text[24], advice[160];

	if (!d->version || !to) {
		note(p, "The %s version is not known: the way between versions is not checked",
		    d->version ? "file's" : "running");
		return true;
	}
	(void)upgrade_version_text(d->version, from_text, sizeof(from_text));
	(void)upgrade_version_text(to, to_text, sizeof(to_text));
	if (f->version && to < d->version)
		note(
		    p, "%s is older than the running %s: settings may be lost", to_text, from_text);
	p->next_step = upgrade_step(d->version, to);
	if (!p->next_step || insist)
		return true;
	(void)upgrade_version_text(p->next_step, step_text, sizeof(step_text));
	(void)str_fmt(advice, sizeof(advice),
	    "Install %s first; or write the file by wire with /flash --erase, which needs no steps",
	    step_text);
	return refuse(p, UPGRADE_NO_PATH, advice,
	    "%s is too far from the running %s: the settings would not survive it", to_text,
	    from_text);
}

/* ---- space ------------------------------------------------------------------------------------- */

static bool fits(const struct upgrade_file *f, int32_t free_kb)
{
	return f->have && free_kb >= 0 && f->size <= (uint32_t)free_kb * KB;
}

static bool may(const struct upgrade_file *f, const struct upgrade_device *d)
{
	return f->have && f->whole && (!f->packed || takes_packed(d->version));
}

/* Minimal fits now, and the file beside it later? */
static bool chain(
    struct upgrade_plan *p, const struct upgrade_file *file, const struct upgrade_device *d)
{
	static const enum upgrade_part small[] = {UPGRADE_SMALL, UPGRADE_SMALL_GZ};

	for (size_t i = 0; i < 2; i++) {
		const struct upgrade_file *s = &file[small[i]];

		if (!p->name[small[i]][0] || !may(s, d) || !fits(s, d->free_kb) ||
		    s->form != UPGRADE_FORM_8266)
			continue;
		p->small = small[i];
		p->via_minimal = true;
		return true;
	}
	return false;
}

static uint32_t smallest_unpacked(const struct upgrade_file *file)
{
	return file[UPGRADE_SMALL].have ? file[UPGRADE_SMALL].size : 340 * KB;
}

static bool too_big(
    struct upgrade_plan *p, const struct upgrade_file *file, const struct upgrade_device *d)
{
	const struct upgrade_file *f = &file[p->first];
	uint32_t room = SHARED_1MB;
	char size[16], have[16];

	(void)str_size(size, sizeof(size), f->size);
	(void)str_size(have, sizeof(have), (uint64_t)d->free_kb * KB);
	p->insist = false;
	if (is_small(d->variant))
		return refuse(p, UPGRADE_NO_SPACE,
		    "Take a smaller build (its .gz, or lite), or write it by wire with /flash",
		    "%s has %s, and %s are free beside the minimal build", f->name, size, have);
	if (d->flash_kb > 1024)
		room += (uint32_t)(d->flash_kb - 1024) * KB;
	if (f->size + smallest_unpacked(file) > room)
		return refuse(p, UPGRADE_NO_SPACE,
		    "Take a smaller build (its .gz, or lite), or write it by wire with /flash",
		    "%s has %s: too much even beside the minimal build", f->name, size);
	if (chain(p, file, d))
		return true;
	if (may(&file[UPGRADE_SMALL], d) || may(&file[UPGRADE_SMALL_GZ], d))
		return refuse(p, UPGRADE_NO_SPACE,
		    "Write it by wire with /flash, or take a smaller minimal build (its .gz)",
		    "neither %s nor the minimal build fits into the free %s", f->name, have);
	return refuse(p, UPGRADE_NO_MINIMAL,
	    takes_packed(d->version) ? "Put the minimal build beside it (NAME-minimal.bin.gz)"
				     : "Put the minimal build beside it (NAME-minimal.bin)",
	    "%s has %s, %s are free: it needs the minimal build first", f->name, size, have);
}

/* Which of the two forms goes, and by which way. */
static bool check_space(
    struct upgrade_plan *p, const struct upgrade_file *file, const struct upgrade_device *d)
{
	static const enum upgrade_part order[] = {UPGRADE_MAIN, UPGRADE_MAIN_GZ};

	if (p->esp32) /* what is free beside the application says nothing there: safeboot writes */
		return true;
	if (d->free_kb < 0) {
		note(p, "How much is free is not known: the device decides");
		return true;
	}
	for (size_t i = 0; i < 2; i++)
		if (may(&file[order[i]], d) && fits(&file[order[i]], d->free_kb)) {
			p->first = order[i];
			return true;
		}
	return too_big(p, file, d);
}

static void set_serve(
    struct upgrade_plan *p, const struct upgrade_file *file, const struct upgrade_device *d)
{
	p->serve[p->first] = true;
	if (p->esp32)
		return;
	/* Newer ones append .gz by themselves when half of their tries are gone. */
	if (p->first == UPGRADE_MAIN && may(&file[UPGRADE_MAIN_GZ], d))
		p->serve[UPGRADE_MAIN_GZ] = true;
	for (enum upgrade_part i = UPGRADE_SMALL; i <= UPGRADE_SMALL_GZ; i++)
		p->serve[i] =
		    p->name[i][0] && may(&file[i], d) && file[i].form == UPGRADE_FORM_8266;
}

static void set_expected(struct upgrade_plan *p, const struct upgrade_file *f)
{
	p->expect = f->version;
	p->at_least = f->at_least;
	if (!strcmp(f->variant, "minimal"))
		(void)str_copy(p->expect_variant, sizeof(p->expect_variant), "minimal");
}

bool upgrade_plan(const struct upgrade_file *file, const struct upgrade_device *d, bool insist,
    struct upgrade_plan *p)
{
	const struct upgrade_file *f;

	memset(p, 0, sizeof(*p));
	p->first = file[UPGRADE_MAIN].have ? UPGRADE_MAIN : UPGRADE_MAIN_GZ;
	f = &file[p->first];
	p->esp32 = f->form == UPGRADE_FORM_ESP32;
	p->stranded = is_small(d->variant);
	make_names(p, f->name);
	if (!check_file(p, f) && !(insist && p->insist))
		return false;
	if (!check_chip(p, f, d) || (!check_path(p, f, d, insist)))
		return false;
	p->insist = false;
	if (f->packed && !takes_packed(d->version) && d->version)
		return refuse(p, UPGRADE_NO_PACKED, "Take the unpacked .bin",
		    "the running version takes no gzip file (8.2 and later do)");
	if (!check_space(p, file, d))
		return false;
	if (!d->address[0])
		return refuse(p, UPGRADE_NO_ADDRESS,
		    "Set its Wi-Fi first (/setup), or join its access point and use /upload",
		    "the device has no address in a network");
	set_serve(p, file, d);
	set_expected(p, &file[p->first]);
	p->reason = UPGRADE_GOOD;
	p->text[0] = p->advice[0] = '\0';
	return true;
}
