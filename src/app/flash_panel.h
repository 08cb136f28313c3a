/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The row of stages of the flash panel. Private to the flashing rooms. */
#ifndef TASMITE_APP_FLASH_PANEL_H
#define TASMITE_APP_FLASH_PANEL_H

#include "flash_task.h"

/* The row of a stage in the panel, in the engine's order; added where it is missing. NULL: there is
 * no room. */
struct flash_stage *flash_panel_stage(struct flash_view *v, enum engine_stage s);
/* Who does the work in the chip. */
enum flash_by { FLASH_BY_ROM, FLASH_BY_STUB, FLASH_BY_FAMILY };

/* The row of stages for what is known now: with the stub, or by the ROM alone. Stages that began
 * stay with their marks. */
void flash_panel_stages(const struct flash_request *r, struct flash_view *v, enum flash_by by);
/* What is done, in a line. */
void flash_panel_what(const struct flash_request *r, struct flash_view *v);
/* What was running has failed. */
void flash_panel_failed(struct flash_view *v);

#endif
