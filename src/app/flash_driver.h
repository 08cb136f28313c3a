/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pumps the flash engine through the link: the only place where the engine's actions meet a
 * transport.
 */
#ifndef TASMITE_APP_FLASH_DRIVER_H
#define TASMITE_APP_FLASH_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "tasmite/proto/engine.h"

struct flash_driver;

struct flash_driver_ops {
	/* Each event of the engine, in order; a terminal one is the last. */
	void (*event)(void *ctx, const struct engine_event *ev, mono_t now);
	/* The bytes of a part at an offset; NULL when they can't be had. Valid until the next call. */
	const uint8_t *(*data)(void *ctx, size_t part, uint32_t offset, uint32_t length);
	/* What the flash may hold: *data gets the 4096 bytes whose MD5 begins so, or NULL; valid until
	 * the next call. False: not known yet, it is asked again. */
	bool (*old)(void *ctx, const uint8_t *digest, size_t n, const uint8_t **data);
	/* What was read from the device: 0 when it is safe; ERR_AGAIN: not yet, it is called again with
	 * the same; another negative code ends the job. */
	int (*take)(void *ctx, size_t part, uint32_t offset, const uint8_t *bytes, size_t n);
};

/* Starts the job on the link; NULL when the engine refuses it. Borrows link and loop. */
struct flash_driver *flash_driver_new(struct loop *loop, struct link *link,
    const struct engine_job *job, const struct flash_driver_ops *ops, void *ctx, mono_t now);
/* NULL allowed. Must not be called from within ops->event. */
void flash_driver_free(struct flash_driver *d);
/* What the link received belongs to the engine while the driver lives. */
void flash_driver_rx(struct flash_driver *d, const uint8_t *bytes, size_t n, mono_t now);
void flash_driver_port_lost(struct flash_driver *d, mono_t now);
/* As engine_keep, before flash_driver_proceed. */
bool flash_driver_keep(struct flash_driver *d, const struct engine_part *keep, size_t n);
/* As engine_move. */
bool flash_driver_move(struct flash_driver *d, const uint32_t *offset, size_t n);
void flash_driver_proceed(struct flash_driver *d, mono_t now);
void flash_driver_cancel(struct flash_driver *d, mono_t now);
/* Does nothing any more, without an event: the port is away and a new driver will begin anew. May be
 * called from anywhere. */
void flash_driver_stop(struct flash_driver *d);
const struct engine *flash_driver_engine(const struct flash_driver *d);
/* The loop's command phase: goes on where an action waited for the link. */
mono_t flash_driver_turn(struct flash_driver *d, mono_t now);

#endif
