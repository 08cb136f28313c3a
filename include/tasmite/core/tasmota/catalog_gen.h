/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasmota's commands as src/core/tasmota/catalog.awk writes them from commands.tsv into
 * build/gen/catalog.c, in the order of their names. For catalog.c only: everybody else asks
 * catalog_count and catalog_at. */
#ifndef TASMITE_CORE_TASMOTA_CATALOG_GEN_H
#define TASMITE_CORE_TASMOTA_CATALOG_GEN_H

#include <stddef.h>

#include "tasmite/core/tasmota/catalog.h"

extern const size_t catalog_gen_count;
extern const struct catalog_row catalog_gen_rows[];

#endif
