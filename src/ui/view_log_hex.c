/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of the log as bytes: offset, 16 or fewer bytes by the width, what they are in ASCII. */
#include "tasmite/base/utf8.h"
#include "view_log.h"

#define OFFSET_W 6 /* "0000  " */

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

/* Cells of a row of that many bytes: each two digits and a blank, a gap in the middle of 16. */
static int row_width(int bytes)
{
	return OFFSET_W + bytes * 3 + (bytes == 16) + 1 + bytes;
}

int log_hex_bytes(int width)
{
	int n = 16;

	while (n > 1 && row_width(n) > width)
		n /= 2;
	return n;
}

size_t log_hex_rows(const struct view_log *v, const struct line_ref *ref)
{
	size_t n = log_full_len(ref), per = (size_t)v->hex_bytes;

	return n ? (n + per - 1) / per : 1;
}

static uint8_t byte_at(const struct line_ref *ref, size_t at)
{
	size_t n;

	return at < ref->len ? ref->bytes[at] : (uint8_t)log_eol(ref->eol, &n)[at - ref->len];
}

static void draw_row(const struct view_log *v, struct surface *to, const struct line_ref *ref,
    struct log_spans *spans, size_t at, int y)
{
	static const char digits[] = "0123456789abcdef";
	const struct rect *r = &v->base.r;
	struct rect clip = {v->text_x, r->y, v->text_w, r->h};
	enum style_id plain = log_text_style(ref->dir);
	size_t n = log_full_len(ref);
	int per = v->hex_bytes, x = v->text_x, ascii_x = x + row_width(per) - per;
	bool over;

	log_style_at(spans, SIZE_MAX, plain, &over);
	surface_fmt(to, clip, x, y, over ? STYLE_SELECTED : STYLE_STAMP, "%04zx", at);
	x += OFFSET_W;
	for (int i = 0; i < per && at < n; i++, at++, x += 3) {
		uint8_t b = byte_at(ref, at);
		enum style_id style = log_style_at(spans, at, plain, &over);
		bool shown = b >= 0x20 && b < 0x7f;

		if (per == 16 && i == 8)
			x++;
		surface_glyph(to, clip, x, y, style, NULL, (uint8_t)digits[b >> 4]);
		surface_glyph(to, clip, x + 1, y, style, NULL, (uint8_t)digits[b & 15]);
		surface_glyph(to, clip, ascii_x + i, y, shown || over ? style : STYLE_CONTROL, NULL,
		    shown ? b : '.');
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
