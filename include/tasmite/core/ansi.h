/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads a line's bytes for showing: characters, visible stand-ins for everything that must not
 * reach the user's terminal, and the colours that the device itself asks for (SGR). Nothing it
 * yields is a control character, changes the direction of writing or joins characters.
 *
 * Stand-ins: C0 the symbols U+2400.. (ESC is U+241B), DEL U+2421, C1 "<9B>", a byte that is no
 * UTF-8 "<C3>", format characters (direction marks, joiners, variation selectors, tags, soft
 * hyphen, byte order mark, line and paragraph separator, noncharacters) "<U+202E>", a combining
 * mark with nothing before it to stand on, or the ninth on one character, "<U+0301>".
 */
#ifndef TASMITE_CORE_ANSI_H
#define TASMITE_CORE_ANSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An SGR sequence longer than this (ESC to m) is none. */
#define ANSI_SGR_MAX 64

/* A colour as the device said it. */
enum ansi_color_kind { ANSI_DEFAULT, ANSI_INDEX, ANSI_RGB };
struct ansi_color {
	uint8_t kind;	     /* enum ansi_color_kind */
	uint8_t index, g, b; /* INDEX: index; RGB: index is red */
};

enum ansi_attr {
	ANSI_BOLD = 1,
	ANSI_DIM = 2,
	ANSI_ITALIC = 4,
	ANSI_UNDERLINE = 8,
	ANSI_REVERSE = 16
};

struct ansi_style {
	struct ansi_color fg, bg;
	uint8_t attr; /* enum ansi_attr */
};

enum ansi_token_kind {
	ANSI_CHAR,    /* a character: cp (printable, width 1 or 2) */
	ANSI_MARK,    /* a combining mark of the character before: cp, width 0 */
	ANSI_CONTROL, /* text is its stand-in: control byte or part of an escape sequence */
	ANSI_INVALID, /* text is "<C3>" */
	ANSI_TAB      /* up to the next multiple of 8 columns */
};

struct ansi_token {
	enum ansi_token_kind kind;
	uint32_t cp;
	/* CONTROL and INVALID: a UTF-8 string, static or inline_text of this very token (so a copy
	 * of the token must not outlive it). */
	const char *text;
	char inline_text[12];
	struct ansi_style style;
	size_t at;  /* offset of its first byte in the line */
	size_t len; /* bytes of the line it stands for (SGR before it not counted) */
};

struct ansi {
	const uint8_t *bytes;
	size_t n, pos;
	size_t escape_end; /* up to here the bytes are part of an escape sequence that is shown */
	struct ansi_style style;
	uint8_t marks; /* how many more may stand on the last character */
	bool raw;      /* set after ansi_begin: colours are not obeyed, tabs not widened: every
			* byte is shown */
};

/* Begins a line; the colours start at the default. */
void ansi_begin(struct ansi *a, const uint8_t *bytes, size_t n);
/* Next token, or false at the end. Well-formed SGR sequences (ESC [ ... m: digits, semicolons and
 * colons) change the style and yield nothing, whatever their values; every other escape sequence
 * yields stand-ins of its bytes (CONTROL; its printable bytes stand for themselves). Of sequences
 * that carry a string (OSC, DCS) only the introducer counts as the sequence. */
bool ansi_next(struct ansi *a, struct ansi_token *t);

#endif
