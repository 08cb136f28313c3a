/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The masking funnel: the one way from the session's bytes to everything that keeps or shows
 * them. It knows the secrets that were sent and the names of secret commands, and replaces secret
 * bytes by as many '*'. It works over any split of the stream.
 * Source of the places where a device repeats a secret: the line sent, the echo "CMD: ...", the
 * level-3 lines (RSL: Group..Data, CMD: Grp .. Data '..'), the JSON answer, the Input of an error.
 *
 * In these contexts any value is masked, known or not: a command's value up to the end of the line,
 * or up to ";" where a Backlog stands before it in the line ("Password1 a;b" alone is one value).
 * A secret that was sent is masked wherever it appears, in its own form and as JSON escapes it, and
 * its rest of at least 4 bytes where a line begins or what stands behind "CMD: ": the beginning may
 * have been lost. Kept are the 256 newest (8 KiB together); shorter than 4 bytes they are masked by
 * context only, since their letters are everywhere; of longer ones than SECRETS_HOLD_MAX the beginning
 * is known.
 */
#ifndef TASMITE_CORE_TASMOTA_SECRETS_H
#define TASMITE_CORE_TASMOTA_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/mono.h"

/* The longest tail that is ever held back. */
#define SECRETS_HOLD_MAX 1024

struct secrets;

/* Knows no secret yet; owned by the caller. */
struct secrets *secrets_new(void);
/* NULL is allowed. */
void secrets_free(struct secrets *s);
/* show: nothing is masked any more (--show-secrets); secrets_in_line still answers. */
void secrets_set_show(struct secrets *s, bool show);

/* A line that is sent to the device: learns the secrets in it (whole Backlogs, several commands),
 * appends the masked line to out, which must have room for n bytes. The values 0, 1, ", ? and
 * "off" are no secrets. line is without its line end, any bytes. */
void secrets_tx_line(struct secrets *s, const char *line, size_t n, struct buf *out);
/* A value that is a secret by its user's word, whatever command it is sent with: learns it. */
void secrets_add(struct secrets *s, const char *bytes, size_t n);
/* The masked form of a text that was not sent (history, edit line); learns nothing. out must have
 * room for n bytes. */
void secrets_mask_line(const struct secrets *s, const char *line, size_t n, struct buf *out);
/* Stars in place of each "Input":"..." of a text: in the answer to a command that failed it is what
 * was typed, whatever that was. */
void secrets_mask_input(char *text, size_t n);
/* Which bytes of line are secret: sets mask[i] to 1 for each such byte. For the edit line. */
void secrets_spans(const struct secrets *s, const char *line, size_t n, uint8_t *mask);
/* True when the line holds a secret: it must not be kept in the history as it is. */
bool secrets_in_line(const struct secrets *s, const char *line, size_t n);

/* Bytes of the device. Appends to out what may be kept and shown; a tail that may be the beginning
 * of a known secret, or whose next byte decides, is held back. out gets exactly as many bytes as
 * went in, over time; it must have room for n + SECRETS_HOLD_MAX. */
void secrets_rx(struct secrets *s, const uint8_t *bytes, size_t n, mono_t now, struct buf *out);
/* When secrets_tick must be called to let go a held tail; MONO_NEVER when nothing is held. */
mono_t secrets_deadline(const struct secrets *s);
/* Lets go what was held for 50 ms without another byte: masked when it may be a value in its context
 * or at least 4 bytes are the beginning of a known secret. Its rest is masked when it comes. */
void secrets_tick(struct secrets *s, mono_t now, struct buf *out);
/* The stream ends or changes (port lost, rate changed): lets go everything. */
void secrets_flush(struct secrets *s, struct buf *out);

#endif
