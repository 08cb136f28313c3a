/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of the log as bytes: offset, 16 or fewer bytes by the width, what they are in ASCII. */
#include "tasmite/core/hex.h"
#include "view_log.h"

#define OFFSET_DIGITS 4 /* of a line, which has 64 KiB at most */
#define PER_ROW_MAX   16

const char *log_eol(enum line_eol eol, size_t *n)
{
	static const char *const text[] = {[LINE_EOL_NONE] = "",
	    [LINE_EOL_LF] = "\n",
	    [LINE_EOL_CR] = "\r",
	    [LINE_EOL_CRLF] = "\r\n",
	    [LINE_EOL_LFCR] = "\n\r"};

	*n = eol == LINE_EOL_NONE ? 0 : eol == LINE_EOL_LF || eol == LINE_EOL_CR ? 1 : 2;
	return text[eol];
}

size_t log_full_len(const struct line_ref *ref)
{
	size_t n;

	log_eol(ref->eol, &n);
	return ref->len + n;
}

int log_hex_bytes(int width)
{
	int n = hex_per_row(width, OFFSET_DIGITS);

	return n > PER_ROW_MAX ? PER_ROW_MAX : n < 1 ? 1 : n;
}

size_t log_hex_rows(const struct view_log *v, const struct line_ref *ref)
{
	size_t n = log_full_len(ref), per = (size_t)v->hex_bytes;

	return n ? (n + per - 1) / per : 1;
}

/* The bytes of a row; its end may lie in the line's end. */
static size_t row_bytes(const struct line_ref *ref, size_t at, int per, uint8_t *dst)
{
	size_t full = log_full_len(ref), n = 0, eol_n;
	const char *eol = log_eol(ref->eol, &eol_n);

	for (; n < (size_t)per && at < full; n++, at++)
		dst[n] = at < ref->len ? ref->bytes[at] : (uint8_t)eol[at - ref->len];
	return n;
}

static void draw_row(const struct view_log *v, struct surface *to, const struct line_ref *ref,
    struct log_spans *spans, size_t at, int y)
{
	const struct rect *r = &v->base.r;
	struct rect clip = {v->text_x, r->y, v->text_w, r->h};
	enum style_id plain = log_text_style(ref->dir);
	uint8_t bytes[PER_ROW_MAX];
	size_t n = row_bytes(ref, at, v->hex_bytes, bytes);
	char text[HEX_ROW_SIZE];

	hex_row(text, at, OFFSET_DIGITS, bytes, n, v->hex_bytes);
	surface_text(to, clip, v->text_x, y, STYLE_STAMP, text);
	for (int i = 0; i < (int)n; i++) {
		int pair = v->text_x + hex_pair_column(i, OFFSET_DIGITS);
		int ch = v->text_x + hex_char_column(i, v->hex_bytes, OFFSET_DIGITS);
		bool over, shown = bytes[i] >= 0x20 && bytes[i] < 0x7f;
		enum style_id style = log_style_at(spans, at + (size_t)i, plain, &over);

		surface_restyle(to, rect_clip((struct rect){pair, y, 2, 1}, clip), style);
		surface_restyle(to, rect_clip((struct rect){ch, y, 1, 1}, clip),
		    shown || over ? style : STYLE_CONTROL);
	}
}

int log_hex_draw(const struct view_log *v, struct surface *to, const struct line_ref *ref,
    struct log_spans *spans, size_t row, int y)
{
	size_t rows = log_hex_rows(v, ref);

	for (; row < rows && y < v->base.r.y + v->base.r.h; row++)
		draw_row(v, to, ref, spans, row * (size_t)v->hex_bytes, y++);
	return y;
}
