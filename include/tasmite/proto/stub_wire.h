/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the program and its stub (a small program in the chip's RAM that writes the flash) say to
 * each other. This header is read by both sides: constants only, nothing that needs a library.
 *
 * Frames. SLIP as the ROM's (C0, DB DC, DB DD). Within a frame, little endian:
 *
 *	request   u8 op · u8 serial · payload · u32 crc          op 0x41..0x5F
 *	answer    u8 op | 0x80 · u8 serial · u8 status · u8 0 · payload · u32 crc
 *
 * crc is CRC-32 (the polynomial of zlib and Ethernet) of all before it, unescaped. A frame that
 * fails it is dropped. The serial of an answer is that of its request. A request that the stub has
 * answered already (same op and serial as the last one but DATA) is answered again and not carried
 * out again: a request may be resent after a lost answer.
 *
 * A stub that nobody speaks to for STUB_IDLE_MS, and that has nothing to do, goes back to the rate
 * that FLASH_SIZE names (the one that the ROM measured): whoever comes next finds it there.
 *
 * The stub also answers the ROM's SYNC (00 08 24 00 ... 07 07 12 20 ...) as a stub does: one reply
 * with the value 0. So other tools see what is there.
 *
 * Unasked, the stub sends STUB_BUSY while an operation takes longer than STUB_BUSY_MS, and
 * STUB_ACK and STUB_NAK while a stream is written.
 *
 * Writing. PLAN names the runs of flash to be written, in rising order, sector-aligned and not
 * overlapping; the bytes of all runs that have data, put together, are one stream, plain or
 * deflated (zlib's form with its Adler-32, window up to 32 KiB). The stream comes in DATA frames
 * numbered from 0. The stub takes number n only after n - 1:
 *
 *	n expected        taken: consumed, inflated, queued for the flash; acknowledged by ACK
 *	n below it        answered by ACK as it stands; nothing is written twice
 *	n above it        thrown away; NAK names the number expected (once per number, then again
 *	                  for each frame that comes STUB_NAK_MS later)
 *	crc wrong         the frame is thrown away, likewise NAK
 *
 * The host may have as many bytes under way (escaped, as they are on the wire, of all frames not
 * yet acknowledged) as HELLO's `window` says: the stub keeps them in a ring while the flash works,
 * so that neither USB latency nor flash work leaves the wire idle. ACK is cumulative. After
 * a time-out the host asks with STATUS and goes on at `expected`.
 * Blank sectors are not erased. A run with STUB_RUN_ERASE has no data: its sectors are made blank.
 * Erasing goes ahead of the data where the flash would be idle. END is answered when all is in the
 * flash. A failure stops the stream: every later DATA is thrown away, ACK carries the status and
 * the address and number that it belongs to, until the next PLAN.
 *
 * Differences. With STUB_PLAN_DELTA each sector of the stream is packed for itself, as what it is
 * less bytes that the flash held before: u8 how many parts it has (up to STUB_PARTS_MAX; 0: nothing is
 * taken off), for each u16 its length (together 4096), u16 where its old bytes begin (STUB_PART_PLAIN:
 * nothing is taken off); then a raw deflate stream (RFC 1951) to its last block, and zeros to the next
 * whole byte. What that makes plus the old bytes, each modulo 256, is the sector. Matches may reach
 * back into the sectors before this one, as they are when the old bytes are added. After the last
 * sector: Adler-32 of all of the stream, as in zlib's form.
 * The old bytes of the sector that goes to address x are counted from x - STUB_OLD_BACK (or 0) and end
 * STUB_OLD_KEPT from there at the latest. The stub reads them before it erases them and keeps them as
 * long as that lasts, however far the flash has come. That they are what the host thinks is for the
 * host to see to.
 *
 * Other requests may come between two DATA frames, as part of the same order, and count towards the
 * window until they are answered: MD5 and MD5_RANGES (of flash that ACK's `in the flash` has passed:
 * so what is written is proven while the stream still runs), STATUS, ECHO, BAUD (after which the
 * stream goes on at the new rate), READ_REG. They don't disturb the stream. HELLO does not either.
 *
 * Reading. READ streams frames STUB_CHUNK, each with its offset; the host acknowledges by
 * CHUNK_ACK the offset up to which it has everything; at most `window` bytes are unacknowledged;
 * 0: no bound. A hole is asked for again by another READ. Any other request ends a READ.
 */
#ifndef TASMITE_PROTO_STUB_WIRE_H
#define TASMITE_PROTO_STUB_WIRE_H

#include <stdint.h> /* for nothing but to be one of C's units of its own */

#define STUB_PROTOCOL 1u /* HELLO's first word; another one: not ours, or of another release */

#define STUB_BUSY_MS	 250u /* an operation that takes longer says so that often */
#define STUB_NAK_MS	 100u
#define STUB_FALLBACK_MS 1000u /* after BAUD: no good frame for that long at the new rate: back */
#define STUB_IDLE_MS	 4000u /* no good frame and no work for that long: back to the first rate */
#define STUB_DATA_MAX	 4096u /* bytes of a DATA frame's or a CHUNK's payload at most */
#define STUB_RUNS_MAX	 250u  /* runs of a PLAN (it may come in several frames) */
#define STUB_RANGES_MAX	 511u  /* ranges of an MD5 request: what a frame holds */
#define STUB_OLD_BACK	 12288u
#define STUB_OLD_KEPT	 49152u
#define STUB_PARTS_MAX	 64u
#define STUB_PART_PLAIN	 0xFFFFu
#define STUB_FRAME_MAX	 4112u /* longest frame, unescaped, either way */

/* op; payload of the request → payload of the answer (offsets and lengths in bytes, u32) */
#define STUB_HELLO 0x41u
/* – → protocol · window (bytes of the receive ring for DATA) · build (first 4 bytes of the MD5 of
 * the stub's own code, so that an older one still running is told apart) · clkdiv (UART_CLKDIV) ·
 * flash id (24 bits) · status registers (SR1 | SR2 << 8) · eFuse words 0..3 · received frames with a
 * wrong crc · UART overruns. 12 words. */
#define STUB_BAUD 0x42u
/* divider (UART_CLKDIV), 16 to 1048575 → divider, still at the old rate. The stub changes when the
 * answer has left, and goes back after STUB_FALLBACK_MS without a good frame; the first good frame
 * makes it stay. */
#define STUB_ECHO 0x43u
/* up to STUB_DATA_MAX bytes → the same bytes: a trial of the link, both ways */
#define STUB_READ_REG 0x44u
/* n addresses → n words */
#define STUB_WRITE_REG 0x45u
/* n × (address, value, mask) → – ; register = (register & ~mask) | (value & mask) */
#define STUB_FLASH_SIZE 0x46u
/* size: what the flash chip holds; operations beyond it are refused · and, where it is given, the
 * divider to go back to after STUB_IDLE_MS (else the one at the start) → – */
#define STUB_MD5 0x47u
/* offset · length (any number, also odd) · stride (a multiple of 4; the last piece may be shorter)
 * · digest bytes (8 or 16) → the MD5 of each stride, cut to that many bytes, one after the other; in as many answers as
 * needed, each with the serial, payload: index of its first digest (u32) · count (u32) · digests */
/* In the word of the digest's bytes: the flash is read at its full clock, which a slow one may not
 * stand. For who looks for what is right already: where a digest is wrong nothing is proven. */
#define STUB_DIGEST_FAST 0x100u
#define STUB_MD5_RANGES	 0x48u
/* digest bytes · n × (offset, length) → as STUB_MD5 */
#define STUB_PLAN 0x49u
/* first run's index · flags (STUB_PLAN_*) · n × (offset, length | STUB_RUN_ERASE) → –. A frame with
 * index 0 begins a new plan; STUB_PLAN_LAST starts it. Lengths are multiples of 4096, bit 0 is the
 * flag. Data of a run are as long as the run. */
#define STUB_DATA 0x4Au
/* number · bytes → ACK or NAK, unasked */
#define STUB_END 0x4Bu
/* – → as STUB_ACK's payload, when everything is in the flash. Before all of the stream is there:
 * STUB_E_SHORT, and the stream goes on. */
#define STUB_STATUS 0x4Cu
/* – → as STUB_ACK's payload, now */
#define STUB_ERASE 0x4Du
/* offset · length (multiples of 4096) → – ; blank sectors are left alone. In progress: BUSY */
#define STUB_ERASE_CHIP 0x4Eu
/* – → – ; by the chip's own command */
#define STUB_READ 0x4Fu
/* offset · length · bytes a frame (up to STUB_DATA_MAX) · window → – at its end, after the last
 * CHUNK: MD5 of all of it (16 bytes) */
#define STUB_CHUNK_ACK 0x50u
/* offset (all before it is here) → no answer */
#define STUB_RUN 0x51u
/* how: STUB_RUN_* → – , then the stub is gone */
#define STUB_PROVE 0x52u
/* offset · length · stride (a multiple of 64), after a PLAN: what is there after the writing is read
 * back from the flash as the write goes on, and hashed → – at once; then, unasked, with the serial of
 * the request: index · MD5 of each stride in turn. All of them have left before END is answered. The
 * reading is at the full flash clock (unless STUB_PLAN_SLOW), so where a digest is wrong MD5 decides. A
 * new PLAN ends it. */

/* Unasked, serial 0. */
#define STUB_ACK 0x60u
/* expected number · bytes of the stream consumed · bytes in the flash (of all runs, the erased ones
 * included) · bytes erased so far · flash address it stands at · number that the status belongs to.
 * 6 words; the status byte is that of the stream. */
#define STUB_NAK 0x61u
/* expected number · reason (a STUB_E_*) */
#define STUB_BUSY 0x62u
/* op under way · done · total (bytes) */
#define STUB_CHUNK 0x63u
/* offset · bytes; or offset · nothing but a count of blank bytes as one word with status
 * STUB_S_BLANK: that many FF */

#define STUB_PLAN_DEFLATE 1u /* the stream is zlib's form */
#define STUB_PLAN_LAST	  2u /* the plan is complete */
#define STUB_PLAN_SLOW \
	4u /* programs and reads at half the flash clock, 64 bytes a command: for a second try */
#define STUB_PLAN_ROUND \
	8u		    /* where what follows the last run in its block of 64 KiB is blank, the
			      * block may be erased as a whole */
#define STUB_PLAN_DELTA 16u /* with STUB_PLAN_DEFLATE: less what the flash held */
#define STUB_RUN_ERASE	1u  /* in a run's length: no data, make it blank */

#define STUB_RUN_RESET	0u /* RTC's software reset (register 0x60000700, bit 31) */
#define STUB_RUN_ROM	1u /* back to the ROM, which loads the application from the flash */
#define STUB_RUN_LOADER 2u /* back to the ROM's boot loader */

/* status */
#define STUB_OK		 0x00u
#define STUB_S_BLANK	 0x01u
#define STUB_E_OP	 0x81u /* no such request */
#define STUB_E_LENGTH	 0x82u /* payload of a wrong length */
#define STUB_E_RANGE	 0x83u /* beyond the flash, or not aligned, or not in order */
#define STUB_E_CRC	 0x84u
#define STUB_E_NUMBER	 0x85u /* not the number expected */
#define STUB_E_STATE	 0x86u /* DATA without a plan, or after a failure */
#define STUB_E_INFLATE	 0x87u /* the stream is no deflate stream, or its Adler-32 is wrong */
#define STUB_E_SHORT	 0x88u /* END before all bytes of the runs were there */
#define STUB_E_LONG	 0x89u /* more bytes than the runs hold */
#define STUB_E_ERASE	 0x8Au /* a sector is not blank after its erase */
#define STUB_E_WRITE	 0x8Bu /* what was written reads back differently */
#define STUB_E_TIMEOUT	 0x8Cu /* the flash stayed busy for longer than its worst case */
#define STUB_E_PROTECTED 0x8Du /* block protect bits are set and stay set */
#define STUB_E_NO_FLASH	 0x8Eu /* its id is 000000 or FFFFFF */

#endif
