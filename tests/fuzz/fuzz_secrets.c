/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The funnel: the input up to its first NUL is a line that is sent, the rest what the device says.
 * The stream whole and cut give the same; bytes are what went in or stars, as many; a known secret
 * does not come through, with time-outs in between either.
 */
#include <stdlib.h>
#include <string.h>

#include "tasmite/core/tasmota/secrets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char fixed[] = "Backlog Password1 hunter22;MqttPassword abababac";

static void require(int ok)
{
	if (!ok)
		abort();
}

static void contains_none(const struct buf *b, const char *secret)
{
	const uint8_t *p = buf_bytes(b);
	size_t m = strlen(secret), n = buf_len(b);

	for (size_t i = 0; i + m <= n; i++)
		require(memcmp(p + i, secret, m) != 0);
}

/* step 0: whole; tick: time runs out after every piece. */
static void stream(
    struct secrets *s, const uint8_t *p, size_t n, size_t step, bool tick, struct buf *out)
{
	for (size_t i = 0; i < n;) {
		size_t take = step && step < n - i ? step : n - i;

		secrets_rx(s, p + i, take, 0, out);
		if (tick)
			secrets_tick(s, MONO_S(1), out);
		i += take;
	}
	secrets_flush(s, out);
	require(buf_len(out) == n);
	require(secrets_deadline(s) == MONO_NEVER);
	for (size_t i = 0; i < n; i++)
		require(buf_bytes(out)[i] == p[i] || buf_bytes(out)[i] == '*');
	contains_none(out, "hunter22");
	contains_none(out, "abababac");
}

static void send(struct secrets *s, const void *line, size_t n)
{
	struct buf out;

	buf_init(&out, n + 1);
	secrets_tx_line(s, line, n, &out);
	require(buf_len(&out) == n);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *nul = n ? memchr(data, 0, n) : NULL;
	size_t line = nul ? (size_t)(nul - data) : 0;
	const uint8_t *rest = nul ? nul + 1 : data;
	size_t rest_len = nul ? n - line - 1 : n;
	struct secrets *s = secrets_new();
	struct buf a, b;

	send(s, fixed, sizeof(fixed) - 1);
	send(s, data, line);
	buf_init(&a, rest_len + SECRETS_HOLD_MAX);
	buf_init(&b, rest_len + SECRETS_HOLD_MAX);
	stream(s, rest, rest_len, 0, false, &a);
	for (size_t step = 1; step < 8; step += 3) {
		buf_clear(&b);
		stream(s, rest, rest_len, step, false, &b);
		require(!rest_len || !memcmp(buf_bytes(&a), buf_bytes(&b), rest_len));
		buf_clear(&b);
		stream(s, rest, rest_len, step, true, &b);
	}
	buf_fini(&a);
	buf_fini(&b);
	secrets_free(s);
	return 0;
}
