/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the flash panel shows of the work: the row of stages, the chip. */
#include "flash_panel.h"

#include "flash_family.h"
#include "flash_which.h"

#include <string.h>

#include "tasmite/base/str.h"

/* ---- the chip -------------------------------------------------------------------------------- */

void flash_chip_short(const struct engine_chip *chip, char *dst, size_t size)
{
	char flash[24] = "flash unknown";

	if (chip->flash_size)
		str_size(flash, sizeof(flash), chip->flash_size);
	str_fmt(dst, size, "%s, %s%s", chip->name, flash, chip->flash_size ? " flash" : "");
}

void flash_chip_describe(const struct engine_chip *chip, struct sbuf *out)
{
	char size[24] = "unknown";

	if (chip->flash_size)
		str_size(size, sizeof(size), chip->flash_size);
	sbuf_fmt(out, "chip:     %s%s\n", chip->name,
	    chip->is_8285 ? " (flash inside, mode DOUT only)" : "");
	if (chip->family32) {
		if (chip->part[0])
			sbuf_fmt(out, "part:     %s%s\n", chip->part,
			    chip->single_core ? ", one core" : "");
		if (chip->revision >= 0)
			sbuf_fmt(
			    out, "revision: v%d.%d\n", chip->revision / 100, chip->revision % 100);
		flash_family_notes(chip, out);
		if (chip->secure_download) { /* nothing else can be known */
			flash_which_describe(chip, out);
			return;
		}
	}
	sbuf_fmt(out, "MAC:      %02X:%02X:%02X:%02X:%02X:%02X\n", chip->mac[0], chip->mac[1],
	    chip->mac[2], chip->mac[3], chip->mac[4], chip->mac[5]);
	sbuf_fmt(out, "crystal:  %u MHz\n", chip->crystal_khz / 1000);
	sbuf_fmt(out, "flash:    %s, id %06x%s%s%s\n", size, chip->flash_id,
	    chip->flash_maker[0] ? ", " : "", chip->flash_maker,
	    chip->flash_woken ? " (it had not started well, and was woken)" : "");
	if (chip->psram)
		sbuf_fmt(out, "PSRAM:    %s, in its package\n",
		    str_size(size, sizeof(size), chip->psram));
	sbuf_fmt(out, "protect:  %s (status register %02x)\n",
	    chip->flash_status & 0x1c ? "some areas are write-protected" : "none",
	    chip->flash_status & 0xff);
	flash_which_describe(chip, out);
}

/* ---- the stages ------------------------------------------------------------------------------ */

static const char *const stage_words[ENGINE_STAGES] = {
    [ENGINE_ST_CONNECT] = "connect",
    [ENGINE_ST_IDENTIFY] = "identify",
    [ENGINE_ST_STUB] = "stub",
    [ENGINE_ST_READ] = "backup",
    [ENGINE_ST_COMPARE] = "compare",
    [ENGINE_ST_ERASE] = "erase",
    [ENGINE_ST_WRITE] = "write",
    [ENGINE_ST_CHECK] = "checked",
    [ENGINE_ST_VERIFY] = "verify",
};

/* The stages that the panel shows ahead: with the stub, and by the ROM alone. Others appear when
 * they begin. */
static bool stage_ahead(const struct flash_request *r, enum engine_stage s, enum flash_by by)
{
	const bool stub = by != FLASH_BY_ROM;

	switch (s) {
	case ENGINE_ST_CONNECT:
	case ENGINE_ST_IDENTIFY:
		return true;
	case ENGINE_ST_STUB:
		return by == FLASH_BY_STUB && r->kind != ENGINE_IDENTIFY;
	case ENGINE_ST_READ:
		return r->kind == ENGINE_READ || r->save[0];
	case ENGINE_ST_COMPARE:
		return false;
	case ENGINE_ST_ERASE:
		return r->kind == ENGINE_ERASE || (r->kind == ENGINE_FLASH && !stub);
	case ENGINE_ST_WRITE:
		return r->kind == ENGINE_FLASH;
	case ENGINE_ST_CHECK:
		return r->kind == ENGINE_FLASH && !stub;
	case ENGINE_ST_VERIFY:
		return r->kind == ENGINE_VERIFY ||
		       (r->kind == ENGINE_FLASH && stub && !r->no_verify);
	case ENGINE_STAGES:
		break;
	}
	return false;
}

struct flash_stage *flash_panel_stage(struct flash_view *v, enum engine_stage s)
{
	const char *word = stage_words[s];
	int at = v->stage_count;

	for (int i = 0; i < v->stage_count; i++)
		if (strcmp(v->stages[i].name, word) == 0)
			return &v->stages[i];
	if ((size_t)at == sizeof(v->stages) / sizeof(v->stages[0]))
		return NULL;
	for (int i = v->stage_count; i-- > 0;)
		for (int later = (int)s + 1; later < ENGINE_STAGES; later++)
			if (strcmp(v->stages[i].name, stage_words[later]) == 0)
				at = i;
	memmove(&v->stages[at + 1], &v->stages[at],
	    (size_t)(v->stage_count - at) * sizeof(v->stages[0]));
	memset(&v->stages[at], 0, sizeof(v->stages[0]));
	str_copy(v->stages[at].name, sizeof(v->stages[0].name), word);
	v->stage_count++;
	return &v->stages[at];
}

void flash_panel_stages(const struct flash_request *r, struct flash_view *v, enum flash_by by)
{
	int kept = 0;

	for (int i = 0; i < v->stage_count; i++)
		if (v->stages[i].mark != MARK_TODO)
			v->stages[kept++] = v->stages[i];
	v->stage_count = kept;
	for (int s = 0; s < ENGINE_STAGES; s++)
		if (stage_ahead(r, (enum engine_stage)s, by))
			flash_panel_stage(v, (enum engine_stage)s);
}

void flash_panel_what(const struct flash_request *r, struct flash_view *v)
{
	char size[24];

	if (r->kind == ENGINE_IDENTIFY)
		str_copy(v->what, sizeof(v->what), "identify the chip");
	else if (r->kind == ENGINE_READ)
		str_fmt(v->what, sizeof(v->what), "flash → %s", r->save);
	else if (r->kind == ENGINE_ERASE && r->area.length)
		str_fmt(v->what, sizeof(v->what), "erase 0x%05x to 0x%05x", r->area.offset,
		    r->area.offset + r->area.length - 1);
	else if (r->kind == ENGINE_ERASE)
		str_copy(v->what, sizeof(v->what), "erase the whole flash");
	else if (r->files[0].unplaced)
		str_fmt(v->what, sizeof(v->what), "%s%s  %s %s its partition", r->files[0].name,
		    r->file_count > 1 ? " and more" : "",
		    str_size(size, sizeof(size), r->files[0].size),
		    r->kind == ENGINE_VERIFY ? "=" : "→");
	else
		str_fmt(v->what, sizeof(v->what), "%s%s  %s %s 0x%05x", r->files[0].name,
		    r->file_count > 1 ? " and more" : "",
		    str_size(size, sizeof(size), r->files[0].size),
		    r->kind == ENGINE_VERIFY ? "=" : "→", r->files[0].offset);
}

void flash_panel_failed(struct flash_view *v)
{
	for (int i = 0; i < v->stage_count; i++)
		if (v->stages[i].mark == MARK_RUNNING)
			v->stages[i].mark = MARK_FAILED;
}
