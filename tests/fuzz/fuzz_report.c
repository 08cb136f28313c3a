/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session with any device, up to the report: lines are read, judged and told. Of the input's bytes
 * 0x01 sends the line that follows, all else is said by the device. Nothing that a page is made of has
 * a control byte or broken UTF-8, and no secret that was sent stands in it.
 */
#include "fuzz.h"

#include "tasmite/base/utf8.h"
#include "tasmite/core/session.h"
#include "tasmite/core/tasmota/report.h"

static const char secret[] = "hunter22";

static void page_is_clean(const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t cp = 0;
		int len = utf8_decode((const uint8_t *)text + i, n - i, &cp);

		require(len > 0 && (cp == '\n' || utf8_width(cp) >= 0));
		i += (size_t)len;
	}
	require(!strstr(text, secret));
}

struct rig {
	struct session *s;
	struct secrets *secrets;
	struct buf out;
	uint64_t next;
	mono_t now;
};

static void read_lines(struct rig *r)
{
	struct line_ref ref;

	lines_rx(r->s->log, buf_bytes(&r->out), buf_len(&r->out), r->now);
	buf_clear(&r->out);
	if (r->next < lines_first(r->s->log))
		r->next = lines_first(r->s->log);
	for (; lines_get(r->s->log, r->next, &ref) && !ref.partial; r->next++)
		if (ref.dir == LINE_RX)
			session_device_line(r->s, ref.bytes, ref.len, r->next, ref.time);
}

static void send_line(struct rig *r, const char *line)
{
	size_t n = strlen(line);

	secrets_tx_line(r->secrets, line, n, &r->out);
	lines_put(r->s->log, LINE_TX, (const char *)buf_bytes(&r->out), n, r->now);
	journal_sent(&r->s->journal, (const char *)buf_bytes(&r->out), n, r->now);
	buf_clear(&r->out);
}

static void hear(struct rig *r, struct input *in)
{
	size_t from = in->at;

	while (input_more(in) && in->p[in->at] != 1 && in->at - from < 4096)
		in->at++;
	secrets_rx(r->secrets, in->p + from, in->at - from, r->now, &r->out);
	read_lines(r);
}

static void tell(struct rig *r)
{
	struct report_more more = {.version = "1", .secrets = r->secrets, .now = r->now};
	struct crash crash;
	struct sbuf page;
	struct line_ref ref;
	bool crashed = false;

	crash_init(&crash);
	for (uint64_t i = lines_first(r->s->log); lines_get(r->s->log, i, &ref); i++)
		crashed |= crash_line(&crash, (const char *)ref.bytes, ref.len, i + 1);
	more.crash = crashed ? &crash : NULL;
	session_judge(r->s);
	sbuf_init(&page, REPORT_MAX);
	report_write(r->s, &more, &page);
	require(page.len <= REPORT_MAX);
	page_is_clean(sbuf_str(&page), page.len);
	sbuf_clear(&page);
	report_marks(r->s, r->secrets, &page);
	page_is_clean(sbuf_str(&page), page.len);
	sbuf_fini(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = {data, n, 0};
	struct rig r = {.s = session_new(), .secrets = secrets_new(), .now = MONO_S(1)};

	if (n > 32768)
		in.n = 32768;
	buf_init(&r.out, 65536);
	send_line(&r, "Backlog SSID1 home; Password1 hunter22");
	while (input_more(&in)) {
		r.now += MONO_MS(70);
		if (in.p[in.at] == 1) {
			char *line;

			in.at++;
			line = input_line(&in, 1000);
			send_line(&r, line);
			free(line);
		} else {
			hear(&r, &in);
		}
		if (in.p[in.at - 1] == 2)
			session_device_gap(r.s, true);
		if (in.p[in.at - 1] == 3)
			session_device_reset(r.s, r.now);
	}
	secrets_flush(r.secrets, &r.out);
	read_lines(&r);
	tell(&r);
	buf_fini(&r.out);
	secrets_free(r.secrets);
	session_free(r.s);
	return 0;
}
