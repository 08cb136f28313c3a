/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A piece of work with the boot loader, from the user's request to the result: identify, read,
 * compare, erase or flash. It fills a struct flash_view (the flash panel, or the lines of a run without a screen)
 * and says what belongs into the log.
 */
#ifndef TASMITE_APP_FLASH_TASK_H
#define TASMITE_APP_FLASH_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "tasmite/core/session.h"
#include "tasmite/core/tasmota/boards.h"
#include "tasmite/proto/engine.h"
#include "tasmite/proto/image.h"

/* A file that is to be written. */
struct flash_file {
	char path[512];
	char name[128]; /* without folders */
	uint32_t offset;
	uint8_t *data; /* owned; unpacked where the file is a gzip */
	size_t size;
	bool unpacked;
	bool asked;    /* the user gave the offset */
	bool unplaced; /* where it goes the device's partition table will tell */
	struct image_info info;
};

/* A header byte that the user wants changed; FLASH_KEEP: as it is in the file. */
#define FLASH_KEEP   (-1)
#define FLASH_DETECT (-2) /* size: that of the chip */

struct flash_request {
	enum engine_kind kind;
	struct flash_file files[ENGINE_MAX_PARTS];
	size_t file_count;
	bool erase_all; /* FLASH: everything first; ERASE without an area: the whole chip */
	struct engine_part area; /* ERASE, READ: length 0: the whole chip */
	int area_words;		 /* of it that were given */
	uint32_t baud;		 /* 0: the fastest that works */
	bool no_clkdiv;
	bool no_stub;	    /* the ROM alone */
	bool no_verify;	    /* no MD5 at the end */
	bool full;	    /* write what is there already, too */
	bool force;	    /* what is refused, but can be written, is */
	char known_in[512]; /* one more folder with firmware that the device may hold; "" none */
	bool keep_settings; /* the sectors of the settings stay as they are */
	int mode, size_code, freq_code; /* of the header at offset 0, or FLASH_KEEP */
	char save
	    [512]; /* READ: where it goes; FLASH, ERASE: backup before anything is lost; "" none */
	uint32_t app_baud;
	bool see_start;	       /* whoever began it does not follow the boot: see engine_started */
	bool maybe_there;      /* a loader, or the stub of an earlier run, may answer at once */
	const char *cancel_by; /* what the user does to stop; NULL: the command /cancel */
	const struct board
	    *board; /* named by /device, for the steps of the waiting page; or NULL */
};

void flash_request_init(struct flash_request *r, enum engine_kind kind);
void flash_request_fini(struct flash_request *r);
/* Reads "FILE" or "FILE@OFFSET" and inspects it. */
int flash_request_add(struct flash_request *r, const char *word, struct err *err);
/* One option, without its "--": "erase", "keep-settings", "no-verify", "full", "no-stub", and with a
 * value "backup", "baud", "mode", "size", "freq" (value NULL: missing). 0: taken, without the value;
 * 1: taken with it; ERR_NOENT: no such option; ERR_INVAL with what was expected. */
int flash_request_option(
    struct flash_request *r, const char *name, const char *value, struct err *err);
/* The areas of --keep-settings on a flash of that size, those that no file covers; returns how many
 * (at most ENGINE_MAX_KEEP). */
size_t flash_request_keep(
    const struct flash_request *r, uint32_t flash_size, struct engine_part keep[ENGINE_MAX_KEEP]);
/* Checks that the files can be written at all (flash size as far as it is known); 0, or a negative
 * code with the reason and what to take instead. Warnings are appended as lines. */
int flash_request_check(const struct flash_request *r, const struct image_target *target,
    struct sbuf *warnings, struct err *err);
/* Files whose places are known must not overlap: 0, or ERR_INVAL with which ones do. */
int flash_request_overlap(const struct flash_request *r, struct err *err);
/* What the engine is to do for it; connected: the loader answers already, at that rate. */
void flash_request_job(
    const struct flash_request *r, bool connected, uint32_t connected_baud, struct engine_job *job);
/* The question before anything is lost; facts may be NULL (nothing known of the device). */
void flash_request_question(
    const struct flash_request *r, const struct facts *facts, struct session_ask *ask);

/* Something of the device that can't be had back will be lost. */
bool flash_request_loses(const struct flash_request *r);

struct flash_task_ops {
	/* A line for the log or the user: bad tells trouble. */
	void (*say)(void *ctx, bool bad, const char *text);
	/* Bytes that the device said and that are no part of the protocol. */
	void (*heard)(void *ctx, const uint8_t *bytes, size_t n, mono_t now);
	/* It is over; view->state tells how. Don't free the task from within: mark it. */
	void (*ended)(void *ctx, mono_t now);
};

struct flash_task;

/* Takes the content of r over (r is empty afterwards). view is filled from now on. NULL with err
 * when the request is unusable. */
struct flash_task *flash_task_new(struct loop *loop, struct link *link, struct flash_request *r,
    bool connected, uint32_t connected_baud, struct flash_view *view,
    const struct flash_task_ops *ops, void *ctx, mono_t now, struct err *err);
void flash_task_free(struct flash_task *t); /* NULL allowed */
void flash_task_rx(struct flash_task *t, const uint8_t *bytes, size_t n, mono_t now);
/* The port went away. While the boot loader is waited for the task waits on: boards that get their
 * power from the adapter are restarted by pulling it. Otherwise the task fails. */
void flash_task_port_lost(struct flash_task *t, mono_t now);
/* The port is open again: goes on waiting. */
void flash_task_port_back(struct flash_task *t, mono_t now);
void flash_task_cancel(struct flash_task *t, mono_t now);
void flash_task_turn(struct flash_task *t, mono_t now);
bool flash_task_ended(const struct flash_task *t);
/* After the end: the loader still answers (a next task needs no power-cycle), at *baud. */
bool flash_task_in_loader(const struct flash_task *t, uint32_t *baud);
/* The loader has answered at some time: the chip stays in it until a power-cycle. */
bool flash_task_connected(const struct flash_task *t);
/* Failed because the port was lost. */
bool flash_task_lost_port(const struct flash_task *t);
/* The backup's file and its MD5 once it is whole; NULL before. */
const char *flash_task_saved(const struct flash_task *t, const char **md5);
/* Identified chip, or NULL. */
const struct engine_chip *flash_task_chip(const struct flash_task *t);
const struct engine_failure *flash_task_failure(const struct flash_task *t);
enum engine_kind flash_task_kind(const struct flash_task *t);
/* "ESP8266EX, 1 MB flash" and the rows of /chip. */
void flash_chip_short(const struct engine_chip *chip, char *dst, size_t size);
void flash_chip_describe(const struct engine_chip *chip, struct sbuf *out);

#endif
