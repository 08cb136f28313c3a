/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the console answers, byte for byte: the echo of a line and the JSON of a result. The log
 * reader (logline.h) tells what a line means; here nothing of a value may be trimmed. Answers are as
 * hostile as anything from the wire: old firmware writes values into its JSON as they are.
 */
#ifndef TASMITE_CORE_TASMOTA_ANSWER_H
#define TASMITE_CORE_TASMOTA_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/core/tasmota/backlog.h"

enum answer_kind {
	ANSWER_NONE,
	ANSWER_ECHO,	/* "CMD: " and the line */
	ANSWER_OVERRUN, /* the line was longer than the buffer: nothing was run */
	ANSWER_JSON,	/* an answer to a command */
	ANSWER_STATUS	/* of Status, in its own topics */
};

struct answer {
	enum answer_kind kind;
	const char *text; /* the echoed line, the JSON; not terminated */
	size_t n;
};

/* Reads one line of the device, without its end. Telemetry is none of these. */
void answer_read(const char *line, size_t n, struct answer *out);
/* {"Command":"Unknown"}, {"Command":"Error"}: the state, else BACKLOG_ANSWERED. */
enum backlog_state answer_refusal(const struct answer *a);
/* Whether this is the answer to that command, and what it says of the value: STORED, ANSWERED or
 * DIFFERENT, and in stored (terminated, may be cut) the value that it holds instead. False: it
 * answers something else. */
bool answer_judge(const struct answer *a, const char *command, enum backlog_state *state,
    char *stored, size_t size);

#endif
