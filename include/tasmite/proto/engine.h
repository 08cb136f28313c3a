/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine: the boot loader's client as a pure machine. It is fed bytes and times and
 * yields actions (in order), events and a deadline. It reads no clock, touches no descriptor,
 * prints nothing and allocates nothing after engine_new.
 *
 * The driver's loop: feed what was read (engine_rx), call engine_tick when the deadline has come,
 * then take actions with engine_next until it returns false; carry each out and report it with
 * engine_done before the next one is taken; then take events with engine_event until false.
 * An action that is not reported within 15 s (and twice its time on the wire) fails the job.
 */
#ifndef TASMITE_PROTO_ENGINE_H
#define TASMITE_PROTO_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"

struct engine;

enum engine_kind {
	ENGINE_IDENTIFY, /* connect, identify, stop: nothing on the device is changed */
	ENGINE_ERASE,	 /* connect, identify, erase */
	ENGINE_READ,	 /* connect, identify, read: parts (none: the whole chip) go to the driver
	                  * by ENGINE_TAKE_DATA */
	ENGINE_VERIFY,	 /* connect, identify, compare the parts with the flash */
	ENGINE_FLASH	 /* connect, identify, erase, write (checked block by block by the ROM's
	                  * XOR and, where the chip's registers allow it, a word read back; then all of it once more in stage CHECK) */
};

#define ENGINE_MAX_PARTS 8
#define ENGINE_MAX_KEEP	 4
#define ENGINE_BACKUP	 SIZE_MAX /* as `part` of TAKE_DATA */

/* A piece of data for the flash. The bytes stay with the driver (ENGINE_NEED_DATA). */
struct engine_part {
	uint32_t offset; /* in flash; a multiple of 4096 */
	uint32_t length; /* bytes, > 0 */
};

struct engine_job {
	enum engine_kind kind;
	struct engine_part
	    parts[ENGINE_MAX_PARTS]; /* FLASH: data; ERASE: areas (length mult. of 4096) */
	size_t part_count;	     /* ERASE with 0 parts: the whole chip */
	bool erase_all;		     /* FLASH: the whole chip is erased first */
	/* FLASH, ERASE: areas that stay as they are (the settings of --keep-settings): no sector of
	 * them is erased or written. They must not overlap the parts. */
	struct engine_part keep[ENGINE_MAX_KEEP];
	size_t keep_count;
	bool backup;	/* FLASH, ERASE: the whole chip is read first (ENGINE_TAKE_DATA, part
	                 * ENGINE_BACKUP); nothing is erased before the last byte was taken */
	bool no_stub;	/* the ROM alone */
	bool no_verify; /* no MD5 at the end; by the ROM: no stage CHECK, but after faults */
	bool old;	/* FLASH: the driver may know what the flash holds (ENGINE_NEED_OLD) */
	bool full;	/* write sectors that hold the right data already, too */
	bool run; /* FLASH: start the application in the end even where there are no lines (the
	                 * stub resets the chip; by hand is safer, see engine_in_loader) */
	uint32_t app_baud;   /* rate of the session: what the application is heard at */
	uint32_t baud;	     /* wanted rate of the transfer; 0: the fastest that works */
	bool no_baud_change; /* stay at 115200: no UART_CLKDIV trick */
	bool no_readback;    /* the ROM's XOR alone: no reading back by the SPI registers */
	bool connected;	     /* the loader has answered in this session already: try SYNC at once */
	uint32_t connected_baud; /* ... at this rate */
	bool maybe_raised;	 /* ... or, left in the midst of a run, at the one that is wanted */
	bool has_lines;	  /* the transport has DTR and RTS: the reset sequences (reset.h) are tried
	                   * before the user is asked, and start the application in the end */
	bool lines_whole; /* ... at a server's end of a network (RFC 2217): no sequence that needs
	                   * both lines changed at one moment, and none is cut short; a server may
	                   * also play one of its own when it sees DTR (esptool's does) */
	bool usb_jtag;	  /* the adapter is the chip's own USB (303A:1001): the sequence for that,
	                * watchdogs silenced, no change of rate */
	bool see_start;	  /* where the lines restart it in the end, the start is listened for, a
	                   * second at most: engine_started. Else who follows the boot hears it */
	bool want_table;  /* ESP32 family: the partition table (and which application starts) is
	                  * read before the identity is told: engine_partitions, engine_otadata */
	const char *reset_first; /* name of the sequence that worked on this adapter, or NULL; not
	                          * used after engine_new */
};

/* ---- actions --------------------------------------------------------------------------------- */
enum engine_action_kind {
	ENGINE_WRITE,	  /* send bytes; done when the system has taken all of them */
	ENGINE_LINES,	  /* set DTR and RTS at once (dtr, rts) */
	ENGINE_BAUD,	  /* host rate to baud; before that what was written must have left */
	ENGINE_PURGE,	  /* throw away what is queued for input */
	ENGINE_NEED_DATA, /* call engine_data with the bytes of part at offset, length */
	ENGINE_NEED_OLD,  /* call engine_data with the 4096 bytes whose MD5 begins with bytes[0..n),
	                   * if they are known: what the flash holds at offset. Else with nothing */
	ENGINE_TAKE_DATA  /* keep bytes[0..n) of part at offset: what was read, in rising order
	                   * without holes, each byte once and proven right. Done when it is safe
	                   * with the driver (in the file) */
};

struct engine_action {
	enum engine_action_kind kind;
	const uint8_t *bytes; /* WRITE: the engine's, valid until engine_done */
	size_t n;
	bool dtr, rts; /* LINES */
	uint32_t baud; /* BAUD */
	size_t part;   /* NEED_DATA: index into the job's parts, offset within that part */
	uint32_t offset;
	uint32_t length;
};

/* ---- what the engine knows of the chip ------------------------------------------------------- */
struct engine_chip {
	bool known;
	bool is_8285;
	char name[24]; /* "ESP8266EX", "ESP8285" */
	uint8_t mac[6];
	uint32_t crystal_khz; /* 26000 or 40000, estimated */
	uint32_t flash_id;    /* JEDEC id, 24 bits: maker in the low byte */
	uint32_t flash_size;  /* bytes; 0 when the id tells none */
	char flash_maker[24];
	uint32_t efuse[4];
	uint32_t clkdiv;       /* UART_CLKDIV as read after the first SYNC */
	uint32_t flash_status; /* status register, block protect bits 0x1C */
	/* The ESP32 family's; in secure download mode neither MAC, crystal nor flash are known. */
	bool family32;
	uint16_t chip_id;     /* as in images and in the security info */
	int revision;	      /* by its eFuses: major * 100 + minor; -1: not read */
	uint32_t boot_offset; /* of the second boot loader in the flash */
	const char *boot_pin; /* low at power-on: the loader; for ever valid */
	char part[24];	      /* ESP32: "ESP32-PICO-D4 or V3"; "" not told */
	bool single_core;     /* ESP32 */
	uint32_t psram;	      /* ESP32-S3: bytes in the package; 0: none, or not told */
	bool flash_woken;     /* it had not started well, and was made to (XMC) */
	bool by_usb;
	bool secure_boot, flash_encrypted;
	bool secure_download; /* writing and erasing only; nothing can be read or proven */
};

/* ---- events ---------------------------------------------------------------------------------- */
enum engine_stage {
	ENGINE_ST_CONNECT,
	ENGINE_ST_IDENTIFY,
	ENGINE_ST_STUB,	   /* the stub is loaded */
	ENGINE_ST_READ,	   /* READ, and the backup before a FLASH or ERASE */
	ENGINE_ST_COMPARE, /* which sectors differ */
	ENGINE_ST_ERASE,
	ENGINE_ST_WRITE,
	ENGINE_ST_CHECK,
	ENGINE_ST_VERIFY, /* the MD5 of what was written, per 64 KiB */
	ENGINE_STAGES
};

/* What was heard while waiting for the loader. */
enum engine_heard {
	ENGINE_HEARD_NOTHING,	 /* silence so far */
	ENGINE_HEARD_FLASH_BOOT, /* boot mode (3,x): the button was not held */
	ENGINE_HEARD_LOADER,	 /* boot mode (1,x): goes on by itself */
	ENGINE_HEARD_STRAPS,  /* boot mode (0,x), (2,x), (4..7,x): wrong straps; number in value */
	ENGINE_HEARD_ECHO,    /* its own bytes: TX and RX are shorted */
	ENGINE_HEARD_APP,     /* text of an application, at another rate perhaps (value: rate) */
	ENGINE_HEARD_NOISE,   /* bytes without sense */
	ENGINE_HEARD_LOCKED,  /* a ROM that locked another rate was found; value: that rate */
	ENGINE_HEARD_STUB,    /* a stub of an earlier session answers: it can't be used; the chip
	                         * must be powered anew */
	ENGINE_HEARD_DEAF,    /* the loader's banner was seen, but it answers SYNC at no rate:
	                         * the chip must be powered anew */
	ENGINE_HEARD_NO_RESET /* DTR and RTS don't bring it into its loader: by hand from now on.
	                       * value 1: they restart it, but GPIO0 stays high; 0: nothing */
};

enum engine_event_kind {
	ENGINE_EV_STAGE, /* stage began (began true) or ended well (began false) */
	ENGINE_EV_HEARD, /* heard, value, count of such */
	ENGINE_EV_TEXT,	 /* bytes that are no part of the protocol: for the log (text, n, baud) */
	ENGINE_EV_SYNC,	 /* the loader answered (value: rate) */
	ENGINE_EV_IDENTITY, /* engine_chip_info is complete. FLASH and ERASE (and VERIFY with
	                      * want_table) now wait for
	                      * engine_proceed: the driver checks that the job fits the chip */
	ENGINE_EV_BAUD,	    /* the link runs at value now; ok false: fell back to it */
	ENGINE_EV_PROGRESS, /* done of total bytes of the stage (WRITE by stub: of what the plan
	                     * writes and erases) */
	ENGINE_EV_STUB, /* ok: it runs (value: its window in bytes). Not ok: it does not; the ROM
	                      * does the rest. Where the loader is gone too, stage CONNECT begins
	                      * again, and the job goes on when the loader is back */
	ENGINE_EV_PLAN, /* FLASH by stub: done of total bytes are to be written, the others are
	                      * there already; value: bytes of it that are only erased; count:
	                      * milliseconds that are saved by it, estimated; differences: sectors of
	                     * it that are sent as what differs from what the flash holds */
	ENGINE_EV_MISMATCH, /* VERIFY: total bytes at flash address value differ; ok: they are
	                      * written once more, at a lower rate */
	ENGINE_EV_RETRY,    /* something is tried again: retry; value: opcode (TIMEOUT), rate
	                      * (RESYNC, SLOWER), flash address (the others) */
	ENGINE_EV_RESET,    /* a reset sequence (name) began (began, count: which try), or is over:
	                      * ok: it brought the chip into its loader; value: boot mode of the
	                      * banner heard, or ENGINE_RESET_SILENT. The one that starts the
	                      * application in the end only begins */
	ENGINE_EV_SLOW, /* what is read now (total bytes) takes about count seconds: by the ROM, 64
	                 * bytes a question */
	ENGINE_EV_DONE, /* the job is done; terminal */
	ENGINE_EV_FAILED,   /* it is not: see engine_failure; terminal */
	ENGINE_EV_CANCELLED /* terminal */
};

enum engine_retry {
	ENGINE_RETRY_TIMEOUT,
	ENGINE_RETRY_CHECKSUM,
	ENGINE_RETRY_READBACK,
	ENGINE_RETRY_SEQUENCE,
	ENGINE_RETRY_RESYNC,
	ENGINE_RETRY_SLOWER,
	ENGINE_RETRY_ERASE
};

#define ENGINE_RESET_SILENT 8u

struct engine_event {
	enum engine_event_kind kind;
	enum engine_stage stage;
	bool began;
	bool ok;
	enum engine_heard heard;
	enum engine_retry retry;
	uint32_t value;
	uint32_t count;
	const uint8_t *text; /* the engine's, valid until the next engine_* call */
	size_t n;
	uint32_t baud;
	uint32_t done, total;
	uint32_t differences; /* PLAN */
	const char *name;     /* RESET; for ever valid */
};

enum engine_cause {
	ENGINE_CAUSE_NONE,
	ENGINE_CAUSE_NO_ANSWER,	   /* the chip stopped answering */
	ENGINE_CAUSE_REFUSED,	   /* a command was refused: command, status */
	ENGINE_CAUSE_CHECKSUM,	   /* blocks arrive damaged again and again */
	ENGINE_CAUSE_READBACK,	   /* the flash does not keep what is written (worn sector) */
	ENGINE_CAUSE_PROTECTED,	   /* the flash's protect bits are set and stay set */
	ENGINE_CAUSE_RESET,	   /* the chip restarted in the middle: its boot text was seen */
	ENGINE_CAUSE_NO_FLASH,	   /* the flash chip does not answer */
	ENGINE_CAUSE_NOT_8266,	   /* a chip answers that is not known: its name in engine_chip */
	ENGINE_CAUSE_TOO_LARGE,	   /* does not fit the flash found */
	ENGINE_CAUSE_IO,	   /* the driver reported a failed action or a lost port */
	ENGINE_CAUSE_DATA,	   /* the driver could not supply or keep the data */
	ENGINE_CAUSE_VERIFY,	   /* differs from the file after a second writing too, or job
	                           * VERIFY found differences: engine_mismatches tells where */
	ENGINE_CAUSE_WORN,	   /* a sector does not get blank, or not hold what is written */
	ENGINE_CAUSE_STUB,	   /* the stub was needed (READ, VERIFY) and did not run */
	ENGINE_CAUSE_SIZE_UNKNOWN, /* the whole chip was to be erased, but its id tells no size */
	ENGINE_CAUSE_SECURE,	   /* secure download mode: this can't be done */
	ENGINE_CAUSE_BEYOND	   /* behind the 16 MB that this chip's ROM reaches */
};

/* What to tell after a failure or a cancel: where it stood and what is changed on the device. */
struct engine_failure {
	enum engine_cause cause;
	enum engine_stage stage;
	uint8_t command;		   /* opcode, 0 if none */
	uint8_t status, code;		   /* the chip's answer */
	uint32_t part;			   /* index */
	uint32_t offset;		   /* flash address it stood at */
	bool flash_touched;		   /* something was or may have been erased or written */
	uint32_t erased_from, erased_to;   /* area that is or may be erased; from == to: none */
	uint32_t written_from, written_to; /* area that holds new, checked data */
	bool all_written; /* stage CHECK: everything is in the flash, as far as the ROM's XOR and
	                   * the words read back tell; the second pass could not confirm it */
	bool still_connected; /* the loader still answers: a second try needs no power-cycle */
};

/* Checks the job (offsets aligned, lengths > 0, no overlap) and starts; NULL when it is unusable.
 * The engine owns all its memory. */
struct engine *engine_new(const struct engine_job *job, mono_t now);
void engine_free(struct engine *e); /* NULL allowed */

/* At most 16 KiB at a time, events taken in between: text beyond what is kept for them is lost. */
void engine_rx(struct engine *e, const uint8_t *bytes, size_t n, mono_t now);
/* Next action, or false when there is none now. */
bool engine_next(struct engine *e, struct engine_action *a, mono_t now);
/* The action taken last was carried out (result 0), or failed (a negative enum err_code).
 * BAUD: actual is the rate that was really set. */
void engine_done(struct engine *e, int result, uint32_t actual, mono_t now);
/* Answers ENGINE_NEED_DATA, before engine_done; n must be the length asked for. */
void engine_data(struct engine *e, const uint8_t *bytes, size_t n);
bool engine_event(struct engine *e, struct engine_event *ev);
mono_t engine_deadline(const struct engine *e);
void engine_tick(struct engine *e, mono_t now);
/* After ENGINE_EV_IDENTITY of a FLASH or ERASE job: go on. */
void engine_proceed(struct engine *e, mono_t now);
/* Before engine_proceed: areas that stay as they are, where they depend on the chip's size. Added to
 * those of the job; false when they overlap a part, are not aligned or too many (none is taken). */
bool engine_keep(struct engine *e, const struct engine_part *keep, size_t n);
/* Between ENGINE_EV_IDENTITY and engine_proceed: the n parts, all of them, go there (multiples of
 * 4096), as the device's partition table says. False: two would overlap, and all stay where they
 * were. */
bool engine_move(struct engine *e, const uint32_t *offset, size_t n);
/* What want_table brought, proven by its MD5: the bytes at 0x8000; those of the otadata partition
 * (of each of its sectors the beginning, FF behind). NULL and *n 0: not read. Belong to e. */
const uint8_t *engine_partitions(const struct engine *e, size_t *n);
const uint8_t *engine_otadata(const struct engine *e, size_t *n);
/* Stops at the next safe point: at once while waiting; between two commands while working.
 * ENGINE_EV_CANCELLED comes within a second; ENGINE_EV_DONE if nothing was left to do but to start
 * the application. Lines that a sequence has asserted are cleared first. */
void engine_cancel(struct engine *e, mono_t now);
/* The port is gone: ends with ENGINE_EV_FAILED, ENGINE_CAUSE_IO. */
void engine_port_lost(struct engine *e, mono_t now);

/* What is known of the chip so far; belongs to e. */
const struct engine_chip *engine_chip_info(const struct engine *e);
/* Why it failed, after ENGINE_EV_FAILED; belongs to e. */
const struct engine_failure *engine_failure(const struct engine *e);
/* After DONE: true when the chip is still in the loader (a button release and power-cycle are
 * needed to run the application); false when RTS has started the application. The rate the link
 * has. */
bool engine_in_loader(const struct engine *e);
uint32_t engine_baud(const struct engine *e);
/* What RTS has made the chip start. */
enum engine_started {
	ENGINE_STARTED_UNKNOWN, /* it was not listened for, or what came could not be read */
	ENGINE_STARTED_APP,	/* from the flash */
	ENGINE_STARTED_LOADER,	/* the loader again: GPIO0 is low still */
	ENGINE_STARTED_SILENT	/* nothing was heard */
};
/* After DONE: as far as it was listened for (see_start). */
enum engine_started engine_started(const struct engine *e);
/* It was the chip's watchdog that started the application. */
bool engine_by_watchdog(const struct engine *e);
/* What has to be low at power-on for the loader of this chip of the ESP32 family: "GPIO9"; NULL: a
 * chip that is not known. */
const char *engine_boot_pin(uint16_t chip_id);
/* The reset sequence that brought the chip into its loader, to be given as reset_first the next
 * time; NULL when none did. */
const char *engine_reset_name(const struct engine *e);
/* True when words of the blocks written are read back from the flash, which has been seen to work
 * in this session; false: the ROM's XOR is the only check. */
bool engine_readback(const struct engine *e);
/* What was written was proven by the flash's MD5, by stub or ROM (unless the job said no_verify). */
bool engine_by_md5(const struct engine *e);
/* The stub runs (or ran last). */
bool engine_has_stub(const struct engine *e);
/* Areas (sector-aligned flash addresses) that differ from the job's data, as the last comparison
 * found them; at most max are filled in; returns how many there are. */
size_t engine_mismatches(const struct engine *e, struct engine_part *areas, size_t max);
/* Bytes sent and received over the wire so far. */
void engine_wire(const struct engine *e, uint64_t *tx, uint64_t *rx);
/* Names for traces and messages: "erase", "FLASH_DATA", "connect:listen". */
const char *engine_stage_name(enum engine_stage s);
const char *engine_command_name(uint8_t opcode);
const char *engine_state_name(const struct engine *e);

#endif
