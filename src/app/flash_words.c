/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words for what the flash engine reports: what happened, what is changed, what to do next. */
#include "flash_words.h"

#include "flash_fit.h"
#include "flash_which.h"

#include <stdarg.h>
#include <string.h>

#include "tasmite/base/str.h"

#define TEXT_MAX \
	(sizeof(((struct flash_view *)0)->text) / sizeof(((struct flash_view *)0)->text[0]))

/* Bytes of text that fit one line of the panel: cut at a blank, or between characters. */
static size_t line_of(const char *text)
{
	size_t n = strlen(text), at = sizeof(((struct flash_view *)0)->text[0]) - 1;

	if (n <= at)
		return n;
	n = at;
	while (at && text[at] != ' ')
		at--;
	if (at)
		return at;
	while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void flash_words_add(struct flash_view *view, bool bad, const char *fmt, ...)
{
	char text[800];
	const char *rest = text;
	va_list ap;

	va_start(ap, fmt);
	str_vfmt(text, sizeof(text), fmt, ap);
	va_end(ap);
	do {
		size_t n = line_of(rest);

		if ((size_t)view->text_count >= TEXT_MAX)
			return;
		str_copy_n(view->text[view->text_count], sizeof(view->text[0]), rest, n);
		view->text_bad[view->text_count] = bad;
		view->text_count++;
		view->revision++;
		rest = str_skip_blank(rest + n);
	} while (*rest);
}

void flash_words_heard(const struct engine_event *ev, char *text, size_t size, bool *bad)
{
	*bad = true;
	switch (ev->heard) {
	case ENGINE_HEARD_NOTHING:
		*bad = false;
		str_fmt(text, size, "nothing heard: is the power on, RX to TX and TX to RX?");
		return;
	case ENGINE_HEARD_FLASH_BOOT:
		str_fmt(text, size,
		    "it started normally: the button was not held. Power off for 2 s, "
		    "hold the button, power on");
		return;
	case ENGINE_HEARD_LOADER:
		*bad = false;
		str_fmt(text, size, "the boot loader is there: connecting");
		return;
	case ENGINE_HEARD_STRAPS:
		str_fmt(text, size,
		    "boot mode %u: GPIO15 or GPIO2 is at the wrong level: check the "
		    "wiring, nothing may pull them",
		    ev->value);
		return;
	case ENGINE_HEARD_ECHO:
		str_fmt(text, size, "only its own echo: TX and RX of the adapter are connected");
		return;
	case ENGINE_HEARD_APP:
		str_fmt(text, size,
		    "the application is running%s: power off for 2 s, hold the button, "
		    "power on",
		    ev->value ? "" : " (at an unknown rate)");
		return;
	case ENGINE_HEARD_NOISE:
		*bad = false;
		str_fmt(text, size, "unreadable bytes: an application at another rate, or noise");
		return;
	case ENGINE_HEARD_LOCKED:
		*bad = false;
		str_fmt(
		    text, size, "the boot loader has locked %u baud: going on there", ev->value);
		return;
	case ENGINE_HEARD_STUB:
		str_fmt(text, size,
		    "the program of another flasher is still running in the chip: power "
		    "off for 2 s, hold the button, power on");
		return;
	case ENGINE_HEARD_DEAF:
		str_fmt(text, size,
		    "the boot loader is there but hears nothing from here: check the wire to the "
		    "chip's RX; then power off for 2 s, hold the button, power on");
		return;
	case ENGINE_HEARD_NO_RESET:
		*bad = false;
		str_fmt(text, size,
		    "%s: by hand, then. Power off for 2 s, hold the button, power on",
		    ev->value ? "RTS restarts it, but DTR does not hold GPIO0 low"
			      : "DTR and RTS do not reset it");
		return;
	}
	text[0] = '\0';
}

/* What a start from the flash is followed by says less than that start: it stays to be read. */
bool flash_words_heard_better(enum engine_heard before, enum engine_heard now)
{
	if (before == ENGINE_HEARD_FLASH_BOOT)
		return now == ENGINE_HEARD_APP || now == ENGINE_HEARD_NOISE;
	return before == ENGINE_HEARD_APP && now == ENGINE_HEARD_NOISE;
}

void flash_words_reset(const struct engine_event *ev, char *text, size_t size, bool *bad)
{
	*bad = false;
	if (ev->began && ev->stage == ENGINE_ST_CONNECT)
		str_fmt(text, size, "DTR and RTS: %s, try %u", ev->name, ev->count);
	else if (ev->began)
		str_fmt(text, size, "RTS: starting the application");
	else if (ev->ok)
		str_fmt(text, size, "DTR and RTS brought it into its boot loader (%s)", ev->name);
	else if (ev->value == 3)
		str_fmt(text, size, "%s: it restarted, but GPIO0 was not low in time", ev->name);
	else if (ev->value == 1)
		str_fmt(text, size, "%s: in its boot loader, but no answer", ev->name);
	else if (ev->value == ENGINE_RESET_SILENT)
		str_fmt(text, size, "%s: no restart was heard", ev->name);
	else
		str_fmt(text, size, "%s: it restarted in boot mode %u", ev->name, ev->value);
}

void flash_words_retry(const struct engine_event *ev, char *text, size_t size)
{
	switch (ev->retry) {
	case ENGINE_RETRY_TIMEOUT:
		str_fmt(
		    text, size, "no answer to %s: again", engine_command_name((uint8_t)ev->value));
		return;
	case ENGINE_RETRY_CHECKSUM:
		str_fmt(text, size, "a block arrived damaged (for 0x%05x): again", ev->value);
		return;
	case ENGINE_RETRY_READBACK:
		str_fmt(text, size, "the flash did not keep a block (at 0x%05x): again", ev->value);
		return;
	case ENGINE_RETRY_SEQUENCE:
		str_fmt(
		    text, size, "the block numbers got out of step (at 0x%05x): again", ev->value);
		return;
	case ENGINE_RETRY_RESYNC:
		str_fmt(
		    text, size, "the answers got out of step: in step again at %u baud", ev->value);
		return;
	case ENGINE_RETRY_SLOWER:
		str_fmt(text, size, "%u baud does not work here: slower", ev->value);
		return;
	case ENGINE_RETRY_ERASE:
		str_fmt(text, size, "erasing again (from 0x%05x)", ev->value);
		return;
	}
	str_copy(text, size, "again");
}

void flash_words_steps(const struct flash_request *r, struct flash_view *view)
{
	view->text_count = 0;
	if (r->board) {
		struct sbuf howto;
		const char *line, *end;

		sbuf_init(&howto, 2000);
		boards_howto_loader(r->board, &howto);
		for (line = sbuf_str(&howto); *line; line = *end ? end + 1 : end) {
			end = strchr(line, '\n');
			if (!end)
				end = line + strlen(line);
			flash_words_add(view, false, "%.*s", (int)(end - line), line);
		}
		sbuf_fini(&howto);
		return;
	}
	flash_words_add(view, true, "Mains unplugged! 3.3 V only.");
	flash_words_add(view, false, "1. power off for 2 s");
	flash_words_add(view, false, "2. hold the button (%s to GND)",
	    flash_fit_boot_pin(r) ? flash_fit_boot_pin(r) : "GPIO0");
	flash_words_add(view, false, "3. power on, release after 1-2 s");
	flash_words_add(view, false, "It goes on by itself. %s stops.",
	    r->cancel_by ? r->cancel_by : "/cancel");
}

void flash_words_steps_lines(const struct flash_request *r, struct flash_view *view)
{
	view->text_count = 0;
	flash_words_add(view, false, "DTR and RTS bring it into its boot loader,");
	flash_words_add(view, false, "if they are connected to GPIO0 and reset.");
	flash_words_add(view, false, "Nothing to do by hand yet. %s stops.",
	    r->cancel_by ? r->cancel_by : "/cancel");
}

#define LOADER_AGAIN "Its boot loader has started, not the firmware."

static void done_flash(
    const struct flash_request *r, const struct engine *e, double seconds, struct flash_view *view)
{
	if (engine_by_md5(e) && !r->no_verify)
		flash_words_add(view, false, "written in %.1f s and verified (MD5)", seconds);
	else if (engine_by_md5(e))
		flash_words_add(view, false, "written in %.1f s, not verified", seconds);
	else
		flash_words_add(view, false, "written in %.1f s, checked by the ROM's XOR%s",
		    seconds, engine_readback(e) ? " and words read back" : " alone");
}

void flash_words_done(
    const struct flash_request *r, const struct engine *e, double seconds, struct flash_view *view)
{
	view->text_count = 0;
	switch (r->kind) {
	case ENGINE_IDENTIFY:
		flash_words_add(view, false, "identified; nothing was changed");
		flash_which_show(engine_chip_info(e), view);
		break;
	case ENGINE_ERASE:
		flash_words_add(view, false, "erased in %.1f s", seconds);
		break;
	case ENGINE_READ:
		flash_words_add(view, false, "copied to %s in %.1f s", r->save, seconds);
		flash_words_add(view, false, "It holds passwords: keep it to yourself.");
		break;
	case ENGINE_VERIFY:
		flash_words_add(view, false, "the flash holds this file, byte for byte");
		break;
	case ENGINE_FLASH:
		done_flash(r, e, seconds, view);
		break;
	}
	if (engine_by_watchdog(e)) {
		flash_words_add(view, false, "It was reset by its watchdog.");
	} else if (engine_in_loader(e)) {
		if (engine_started(e) == ENGINE_STARTED_LOADER)
			flash_words_add(view, true, LOADER_AGAIN);
		flash_words_add(view, false, "Now release the button,");
		flash_words_add(view, false, "power off for 2 s and on again.");
	} else if (r->kind == ENGINE_FLASH && engine_started(e) == ENGINE_STARTED_APP) {
		flash_words_add(view, false, "It was reset by RTS and starts by itself.");
	} else {
		flash_words_add(view, false, "It was reset by RTS.");
		if (engine_started(e) == ENGINE_STARTED_SILENT)
			flash_words_add(view, false, "Nothing was heard of its start.");
	}
}

void flash_words_started(struct flash_view *view, const char *firmware)
{
	if (view->state != FLASH_DONE || view->text_count < 2)
		return;
	view->text_count = 1; /* what was done stays */
	flash_words_add(view, false, "It has started: %s", firmware);
}

void flash_words_loader(struct flash_view *view, bool by_dtr)
{
	if (view->state != FLASH_DONE || view->text_count < 2)
		return;
	view->text_count = 1;
	flash_words_add(view, true, LOADER_AGAIN);
	if (by_dtr)
		flash_words_add(view, false, "DTR holds GPIO0 low: /dtr off. Or the button:");
	flash_words_add(view, false, "Now release the button,");
	flash_words_add(view, false, "power off for 2 s and on again.");
}

static const char *cause_words(const struct engine_failure *f)
{
	switch (f->cause) {
	case ENGINE_CAUSE_NONE:
		break;
	case ENGINE_CAUSE_NO_ANSWER:
		return "the chip stopped answering: power, a loose wire, or it was reset";
	case ENGINE_CAUSE_REFUSED:
		return "the chip refused a command";
	case ENGINE_CAUSE_CHECKSUM:
		return "blocks arrive damaged again and again: a bad wire or too fast (try --baud "
		       "115200)";
	case ENGINE_CAUSE_READBACK:
		return "the flash does not keep what is written there: a worn sector, or weak "
		       "power";
	case ENGINE_CAUSE_PROTECTED:
		return "the flash chip is write-protected (protect bits in its status register)";
	case ENGINE_CAUSE_RESET:
		return "the chip restarted in the middle: weak power (3.3 V, 250 mA and more) or a "
		       "touch "
		       "of its reset";
	case ENGINE_CAUSE_NO_FLASH:
		return "the flash chip does not answer: a bad joint, or GPIO6 to 11 are loaded";
	case ENGINE_CAUSE_NOT_8266:
		return "this chip is not known here: ESP8266, ESP8285 and ESP32, S2, S3, C2, C3, "
		       "C5, "
		       "C6, H2, P4 are";
	case ENGINE_CAUSE_TOO_LARGE:
		return "it does not fit the flash that was found: take a smaller build";
	case ENGINE_CAUSE_IO:
		return "the port went away";
	case ENGINE_CAUSE_DATA:
		return "the file could not be read";
	case ENGINE_CAUSE_VERIFY:
		return "the flash does not hold what it should";
	case ENGINE_CAUSE_WORN:
		return "the flash does not get blank or does not keep what is written there: a "
		       "worn sector, or weak power";
	case ENGINE_CAUSE_STUB:
		return "the stub does not run in the chip, and the ROM can't do this";
	case ENGINE_CAUSE_SECURE:
		return "the chip is in secure download mode (burnt into it): it can be written, "
		       "but "
		       "not read, compared or verified";
	case ENGINE_CAUSE_BEYOND:
		return "the boot loader of this chip reaches the first 16 MB of its flash: what "
		       "lies "
		       "behind it can't read, erase or write";
	case ENGINE_CAUSE_SIZE_UNKNOWN:
		return "the flash chip does not tell its size: erase an area instead (/erase "
		       "OFFSET "
		       "LENGTH)";
	}
	return "it did not work";
}

/* Which sectors differ from the file: those, and no others. */
static void what_differs(const struct engine *e, struct flash_view *view)
{
	struct engine_part areas[6];
	size_t n = engine_mismatches(e, areas, 6);

	for (size_t i = 0; i < n && i < 5; i++)
		flash_words_add(view, true, "Differs: 0x%05x to 0x%05x", areas[i].offset,
		    areas[i].offset + areas[i].length - 1);
	if (n > 5)
		flash_words_add(view, true, "... and %zu more areas", n - 5);
}

/* What the flash chip itself says of writing. */
static void what_status(const struct engine *e, struct flash_view *view)
{
	const struct engine_chip *chip = engine_chip_info(e);

	flash_words_add(view, false, "(status register %02x: %s)", chip->flash_status & 0xff,
	    chip->flash_status & 0x1c ? "areas are write-protected" : "no write protection");
}

static void what_changed(
    const struct flash_request *r, const struct engine_failure *f, struct flash_view *view)
{
	if (!f->flash_touched) {
		flash_words_add(view, false, "Nothing on the device was changed.");
		return;
	}
	if (f->erased_to > f->erased_from)
		flash_words_add(view, true, "Erased (or partly): 0x%05x to 0x%05x", f->erased_from,
		    f->erased_to - 1);
	if (f->written_to > f->written_from)
		flash_words_add(view, false, "New and checked: 0x%05x to 0x%05x", f->written_from,
		    f->written_to - 1);
	else if (r->kind == ENGINE_FLASH)
		flash_words_add(view, true, "Nothing new was written yet.");
	if (f->all_written)
		flash_words_add(view, true,
		    "All was written, but a second look could not confirm it: write again.");
	else if (r->kind == ENGINE_FLASH || !r->area.length)
		flash_words_add(view, true, "It will not start until the flash is written whole.");
}

void flash_words_refused(const char *why, struct flash_view *view)
{
	const char *advice = strstr(why, "; "), *force;

	view->text_count = 0;
	if (!advice) {
		flash_words_add(view, true, "%s", why);
		return;
	}
	flash_words_add(view, true, "%.*s", (int)(advice - why), why);
	advice += 2;
	force = strstr(advice, " (--");
	if (!force)
		force = advice + strlen(advice);
	flash_words_add(view, false, "%.*s", (int)(force - advice), advice);
	if (*force)
		flash_words_add(view, false, "%s", force + 1);
}

void flash_words_leave(const struct engine *e, struct flash_view *view)
{
	const struct engine_failure *f = engine_failure(e);

	if (!f->still_connected || f->flash_touched)
		return;
	if (engine_reset_name(e))
		flash_words_add(view, false, "It stands in its boot loader: /reset starts it.");
	else
		flash_words_add(view, false,
		    "To start what is on it: release the button, power off for 2 s and on again.");
}

/* What the same command would only find again: no advice is better than that one. */
static bool lasts(enum engine_cause cause)
{
	return cause == ENGINE_CAUSE_NOT_8266 || cause == ENGINE_CAUSE_TOO_LARGE ||
	       cause == ENGINE_CAUSE_SIZE_UNKNOWN || cause == ENGINE_CAUSE_SECURE ||
	       cause == ENGINE_CAUSE_PROTECTED || cause == ENGINE_CAUSE_BEYOND;
}

void flash_words_failed(
    const struct flash_request *r, const struct engine *e, bool cancelled, struct flash_view *view)
{
	const struct engine_failure *f = engine_failure(e);

	view->text_count = 0;
	if (cancelled)
		flash_words_add(view, false, "cancelled in \"%s\"", engine_stage_name(f->stage));
	else
		flash_words_add(
		    view, true, "%s failed: %s", engine_stage_name(f->stage), cause_words(f));
	if (!cancelled && f->command && (f->status || f->code))
		flash_words_add(view, false, "(%s, status %02x %02x, at 0x%05x)",
		    engine_command_name(f->command), f->status, f->code, f->offset);
	else if (!cancelled && f->command && f->cause != ENGINE_CAUSE_IO)
		flash_words_add(
		    view, false, "(%s, at 0x%05x)", engine_command_name(f->command), f->offset);
	what_differs(e, view);
	if (!cancelled && (f->cause == ENGINE_CAUSE_VERIFY || f->cause == ENGINE_CAUSE_WORN) &&
	    r->kind == ENGINE_FLASH)
		what_status(e, view);
	what_changed(r, f, view);
	if (!cancelled && f->cause == ENGINE_CAUSE_VERIFY && r->kind == ENGINE_VERIFY)
		return;
	if (cancelled ? !f->flash_touched : lasts(f->cause)) {
		flash_words_leave(e, view);
		return;
	}
	if (f->cause == ENGINE_CAUSE_IO && !cancelled)
		flash_words_add(
		    view, false, "Next: plug the adapter in, then the same command again.");
	else if (f->still_connected)
		flash_words_add(
		    view, false, "Next: the same command again (the loader still answers).");
	else if (engine_reset_name(e))
		flash_words_add(view, false, "Next: the same command again.");
	else
		flash_words_add(view, false,
		    "Next: the same command again, then power off for 2 s, "
		    "hold the button, power on.");
}

bool flash_words_plan(const struct engine_event *ev, bool full, char *text, size_t size)
{
	char differ[24], total[24];

	if (ev->done == ev->total)
		return false;
	str_size(differ, sizeof(differ), ev->done);
	str_size(total, sizeof(total), ev->total);
	if (!ev->done)
		str_fmt(text, size,
		    "all of it is there already: nothing has to be written (%.1f s saved)",
		    ev->count / 1000.0);
	else if (full)
		str_fmt(text, size,
		    "%s of %s are written, the others are blank and only erased (%.1f s saved)",
		    differ, total, ev->count / 1000.0);
	else
		str_fmt(text, size, "%s of %s differ, only they are written (%.1f s saved)", differ,
		    total, ev->count / 1000.0);
	return true;
}
