/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SLIP framing: an incremental reader that never loses what lies between packets, and a writer. */
#include "slip.h"

void slip_init(struct slip *s)
{
	s->len = 0;
	s->limit = SLIP_MAX;
	s->inside = false;
	s->escaped = false;
}

static enum slip_result slip_store(struct slip *s, uint8_t byte)
{
	/* One packet's worth of room is kept free, so len never passes the end. */
	s->data[s->len++] = byte;
	if (s->len < s->limit && s->len < sizeof s->data)
		return SLIP_MORE;
	s->inside = false;
	s->escaped = false;
	return SLIP_SPILL;
}

enum slip_result slip_byte(struct slip *s, uint8_t byte)
{
	if (!s->inside) {
		if (byte != SLIP_END)
			return SLIP_STRAY;
		s->inside = true;
		s->escaped = false;
		s->len = 0;
		return SLIP_MORE;
	}
	if (byte == SLIP_END) {
		/* C0 C0: the first was a lost packet's end. The second begins one. */
		if (s->len == 0)
			return SLIP_MORE;
		s->inside = false;
		s->escaped = false;
		return SLIP_PACKET;
	}
	if (s->escaped) {
		s->escaped = false;
		if (byte == SLIP_ESC_END)
			byte = SLIP_END;
		else if (byte == SLIP_ESC_ESC)
			byte = SLIP_ESC;
		return slip_store(s, byte);
	}
	if (byte == SLIP_ESC) {
		s->escaped = true;
		return SLIP_MORE;
	}
	return slip_store(s, byte);
}

bool slip_put(uint8_t *out, size_t cap, size_t *used, const uint8_t *bytes, size_t n)
{
	size_t o = *used;
	for (size_t i = 0; i < n; i++) {
		uint8_t b = bytes[i];
		if (b == SLIP_END || b == SLIP_ESC) {
			if (cap - o < 2)
				return false;
			out[o++] = SLIP_ESC;
			out[o++] = b == SLIP_END ? SLIP_ESC_END : SLIP_ESC_ESC;
		} else {
			if (cap - o < 1)
				return false;
			out[o++] = b;
		}
	}
	*used = o;
	return true;
}

bool slip_put_end(uint8_t *out, size_t cap, size_t *used)
{
	if (*used >= cap)
		return false;
	out[(*used)++] = SLIP_END;
	return true;
}
