/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of Tasmota's published files a chip takes. */
#include "flash_which.h"

#include "flash_words.h"

int flash_which(const struct engine_chip *chip, struct image_which *out)
{
	return image_which(chip->name, chip->flash_size, chip->single_core, chip->psram, out);
}

void flash_which_describe(const struct engine_chip *chip, struct sbuf *out)
{
	struct image_which w;

	if (flash_which(chip, &w) != ERR_OK) {
		sbuf_fmt(out, "Tasmota:  no file for it: %s\n", w.note);
		return;
	}
	sbuf_fmt(out, "Tasmota:  %s, written to 0x0\n", w.file);
	sbuf_fmt(out, "          %s\n", w.url);
	if (w.small[0])
		sbuf_fmt(out, "smaller:  %s, of the same place\n", w.small);
	if (w.ota[0])
		sbuf_fmt(out, "upgrade:  %s, over Wi-Fi\n", w.ota);
	if (w.note[0])
		sbuf_fmt(out, "note:     %s\n", w.note);
}

void flash_which_show(const struct engine_chip *chip, struct flash_view *view)
{
	struct image_which w;

	if (flash_which(chip, &w) != ERR_OK) {
		flash_words_add(view, false, "No file of Tasmota's for it: %s.", w.note);
		return;
	}
	flash_words_add(view, false, "Its Tasmota is %s:", w.file);
	flash_words_add(view, false, "%s", w.url);
}
