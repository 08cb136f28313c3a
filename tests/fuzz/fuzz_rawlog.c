/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A raw recording: hostile files are read within their bounds, whole and in pieces alike; what is read
 * can be written again and reads the same. The bytes of what was received go through the text form.
 */
#include <stdlib.h>
#include <string.h>

#include "tasmite/core/rawlog.h"
#include "tasmite/core/textlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(int ok)
{
	if (!ok)
		abort();
}

static void text_out(void *ctx, const void *text, size_t n)
{
	const uint8_t *p = text;

	/* Nothing that a terminal would obey gets through. */
	for (size_t i = 0; i < n; i++)
		require((p[i] >= 0x20 && p[i] != 0x7f) || p[i] == '\n' || p[i] == '\t');
	*(size_t *)ctx += n;
}

/* Reads in steps of `step`; appends each record to out, written anew. */
static int read_all(const uint8_t *p, size_t n, size_t step, struct buf *out, bool *cut)
{
	struct rawlog_reader r;
	struct rawlog_record rec;
	struct textlog text;
	size_t at = 0, have = 0, used = 0, told = 0;
	mono_t now = 0, last = 0;
	int rc = 0;

	rawlog_reader_init(&r);
	textlog_init(&text, text_out, &told);
	while (have < n && rc >= 0) {
		have = step && step < n - have ? have + step : n;
		while ((rc = rawlog_next(&r, p + at, have - at, &used, &rec, NULL)) > 0) {
			require(rec.bytes >= p + at && rec.bytes + rec.n == p + at + used);
			require(rec.n <= RAWLOG_MAX_RECORD && rec.delta_us >= 0);
			now = rec.delta_us < INT64_MAX - now ? now + rec.delta_us : now;
			require(rawlog_put(out, rec.kind, rec.bytes, rec.n, now, &last) == ERR_OK);
			textlog_rx(&text, rec.bytes, rec.n, 0);
			at += used;
		}
		require(used <= have - at);
		at += used;
	}
	textlog_break(&text);
	textlog_fini(&text);
	require(rc < 0 || r.offset == at);
	*cut = r.cut;
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const size_t steps[] = {0, 1, 7};
	struct buf out[3], again;
	bool cut[3], c;
	int rc[3];

	if (n > 65536)
		return 0;
	for (int i = 0; i < 3; i++) {
		buf_init(&out[i], 16 * 65536);
		rc[i] = read_all(data, n, steps[i], &out[i], &cut[i]);
		require(rc[i] == rc[0] && cut[i] == cut[0]);
		require(buf_len(&out[i]) == buf_len(&out[0]) &&
			(!buf_len(&out[0]) ||
			    !memcmp(buf_bytes(&out[i]), buf_bytes(&out[0]), buf_len(&out[0]))));
	}
	if (buf_len(&out[0])) {
		struct buf whole;

		buf_init(&whole, 17 * 65536);
		buf_init(&again, 16 * 65536);
		require(buf_append(&whole, RAWLOG_MAGIC, strlen(RAWLOG_MAGIC)) &&
			buf_append(&whole, buf_bytes(&out[0]), buf_len(&out[0])));
		require(read_all(buf_bytes(&whole), buf_len(&whole), 0, &again, &c) == 0 && !c);
		require(buf_len(&again) == buf_len(&out[0]) &&
			!memcmp(buf_bytes(&again), buf_bytes(&out[0]), buf_len(&again)));
		buf_fini(&whole);
		buf_fini(&again);
	}
	for (int i = 0; i < 3; i++)
		buf_fini(&out[i]);
	return 0;
}
