/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the reset to each thing that a device has to reach. */
#include "tasmite/core/tasmota/timeline.h"

#include <string.h>

#include "tasmite/core/stamp.h"

/* A reset that is not followed by a word for so long has not led to what comes then. */
#define ANSWER_US MONO_S(5)
/* A stage that comes later belongs to another story: the network went and came back. */
#define STAGE_MAX_US MONO_S(3600)

void timeline_init(struct timeline *t)
{
	memset(t, 0, sizeof(*t));
	t->reset_at = MONO_NEVER;
}

void timeline_reset(struct timeline *t, mono_t now)
{
	t->reset_at = now;
}

static struct timeline_boot *begin(struct timeline *t, uint64_t line, mono_t time)
{
	struct timeline_boot *b;

	t->newest = t->count ? (t->newest + 1) % TIMELINE_BOOTS : 0;
	if (t->count < TIMELINE_BOOTS)
		t->count++;
	b = &t->boot[t->newest];
	memset(b, 0, sizeof(*b));
	b->number = t->boots;
	b->line = line;
	b->start = time;
	for (unsigned i = 0; i < TIMELINE_STAGES; i++)
		b->ms[i] = -1;
	if (t->reset_at != MONO_NEVER && t->reset_at <= time && time - t->reset_at <= ANSWER_US) {
		b->start = t->reset_at;
		b->reset = true;
	}
	t->reset_at = MONO_NEVER;
	return b;
}

static void reach(struct timeline *t, enum timeline_stage stage, mono_t time)
{
	struct timeline_boot *b = &t->boot[t->newest];
	mono_t us = time > b->start ? time - b->start : 0;

	if (b->ms[stage] >= 0 || us > STAGE_MAX_US)
		return;
	b->ms[stage] = (int32_t)(us / MONO_MS(1));
	t->revision++;
}

void timeline_event(struct timeline *t, const struct logline *ev, const struct doctor_view *told,
    uint64_t line, mono_t time)
{
	enum logline_kind kind = ev->kind;

	if (told->boots != t->boots) {
		t->boots = told->boots;
		(void)begin(t, line, time);
		t->revision++;
		if (kind == LOGLINE_ROM8266 || kind == LOGLINE_ROM32 || kind == LOGLINE_RST32)
			reach(t, TIMELINE_ROM, time);
	}
	if (!t->count || kind == LOGLINE_NONE || kind == LOGLINE_TASMOTA)
		return;
	if (kind == LOGLINE_PROJECT)
		reach(t, TIMELINE_FIRMWARE, time);
	if (told->verdict[DOCTOR_WIFI].state == DOCTOR_OK)
		reach(t, TIMELINE_WIFI, time);
	if (told->verdict[DOCTOR_IP].state == DOCTOR_OK)
		reach(t, TIMELINE_ADDRESS, time);
	if (told->verdict[DOCTOR_MQTT].state == DOCTOR_OK)
		reach(t, TIMELINE_MQTT, time);
}

const struct timeline_boot *timeline_at(const struct timeline *t, unsigned back)
{
	if (back >= t->count)
		return NULL;
	return &t->boot[(t->newest + TIMELINE_BOOTS - back) % TIMELINE_BOOTS];
}

int32_t timeline_end(const struct timeline_boot *b)
{
	int32_t end = -1;

	for (unsigned i = 0; i < TIMELINE_STAGES; i++)
		end = b->ms[i] > end ? b->ms[i] : end;
	return end;
}

const char *timeline_stage_name(enum timeline_stage stage)
{
	static const char *const names[] = {"ROM", "firmware", "Wi-Fi", "address", "MQTT"};

	return names[stage];
}

void timeline_time_text(int32_t ms, char *dst, size_t size)
{
	if (ms < 0)
		(void)str_copy(dst, size, "-");
	else if (ms < 1000)
		(void)str_fmt(dst, size, "%d ms", (int)ms);
	else if (ms < 60000)
		(void)str_fmt(dst, size, "%d.%03d s", (int)(ms / 1000), (int)(ms % 1000));
	else
		(void)str_fmt(dst, size, "%d:%02d min", (int)(ms / 60000), (int)(ms / 1000 % 60));
}

/* Of a boot of which nothing but the first word was heard no time is known. */
void timeline_end_text(const struct timeline_boot *b, char *dst, size_t size)
{
	int32_t end = timeline_end(b);
	unsigned last = 0;

	for (unsigned i = 0; i < TIMELINE_STAGES; i++)
		last = b->ms[i] >= 0 ? i : last;
	if (end == 0 || (end > 0 && last == TIMELINE_ROM))
		(void)str_fmt(dst, size, "%s only", timeline_stage_name((enum timeline_stage)last));
	else
		timeline_time_text(end, dst, size);
}

/* ---- bars ----------------------------------------------------------------------------------------- */

/* Cells of the page's bars. */
#define PAGE_CELLS 60

const char *timeline_stage_mark(enum timeline_stage stage)
{
	static const char *const marks[] = {"░", "▒", "▓", "█", "▪"};

	return marks[stage];
}

int32_t timeline_longest(const struct timeline *t)
{
	int32_t longest = -1;

	for (unsigned back = 0; timeline_at(t, back); back++) {
		int32_t end = timeline_end(timeline_at(t, back));

		longest = end > longest ? end : longest;
	}
	return longest;
}

void timeline_bar(
    const struct timeline_boot *b, int32_t scale_ms, int cells, char *dst, size_t size)
{
	int at = 0;

	dst[0] = '\0';
	if (scale_ms <= 0)
		return;
	for (unsigned i = 0; i < TIMELINE_STAGES; i++) {
		int end;

		if (b->ms[i] <= 0)
			continue;
		end = (int)((int64_t)b->ms[i] * cells / scale_ms);
		/* However short the way was: it is seen, where there is room. */
		end = end <= at ? at + 1 : end;
		end = end > cells ? cells : end;
		for (; at < end; at++)
			if (!str_cat(dst, size, timeline_stage_mark((enum timeline_stage)i)))
				return;
	}
}

void timeline_stages_text(const struct timeline_boot *b, char *dst, size_t size)
{
	char text[24];

	dst[0] = '\0';
	for (unsigned i = 0; i < TIMELINE_STAGES; i++) {
		if (b->ms[i] < 0 || (i == TIMELINE_ROM && !b->ms[i]))
			continue;
		timeline_time_text(b->ms[i], text, sizeof(text));
		if (dst[0])
			(void)str_cat(dst, size, " · ");
		(void)str_cat(dst, size, timeline_stage_name((enum timeline_stage)i));
		(void)str_cat(dst, size, " ");
		(void)str_cat(dst, size, text);
	}
}

void timeline_page(
    const struct timeline *t, int64_t wall_offset_us, int utc_offset_s, struct sbuf *out)
{
	const struct stamp_zone zone = {wall_offset_us, utc_offset_s};
	int32_t longest = timeline_longest(t);
	const struct timeline_boot *b;
	char stamp[STAMP_MAX], bar[PAGE_CELLS * 4], text[200];

	if (!t->count)
		sbuf_add(out,
		    "No start of a device was seen yet: /watch awaits one, /reset makes one "
		    "where the lines are wired.\n");
	for (unsigned back = 0; (b = timeline_at(t, back)) != NULL; back++) {
		stamp_text(PANE_TIME_CLOCK, b->start, 0, &zone, stamp, sizeof(stamp));
		timeline_bar(b, longest, PAGE_CELLS, bar, sizeof(bar));
		timeline_stages_text(b, text, sizeof(text));
		sbuf_fmt(out, "boot %llu  %s  %s\n", (unsigned long long)b->number, stamp,
		    b->reset ? "from the reset by tasmite" : "from its first word");
		sbuf_fmt(out, "  %s\n  %s\n", bar, text[0] ? text : "nothing more was reached");
	}
	if (!t->count)
		return;
	sbuf_add(out, "\nThe way to:");
	for (unsigned i = 0; i < TIMELINE_STAGES; i++)
		sbuf_fmt(out, "  %s %s", timeline_stage_mark((enum timeline_stage)i),
		    timeline_stage_name((enum timeline_stage)i));
	sbuf_add(out, "\n");
}
