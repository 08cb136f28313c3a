/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults of the virtual device; see faults.h. */
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLIP_END     0xC0
#define SLIP_ESC     0xDB
#define SLIP_ESC_END 0xDC

const char sim_faults_help[] =
    "A fault SPEC is NAME[:VALUE][,dir=tx|rx][,count=N][,after=BYTES]\n"
    "  drop:RATE        bytes are lost (RATE as 0.001, 1e-3 or 1/1000)\n"
    "  flip:RATE        one bit of a byte is turned\n"
    "  insert:RATE      a byte too many\n"
    "  delay:MS         everything reaches the host this much later\n"
    "  answer-lost:N    the Nth answer of the loader, or frame of code that it started, is not\n"
    "                   sent; a RATE below 1 works too\n"
    "  reset@BYTE:N     the reset pin is pulled at the Nth byte from the host\n"
    "  unplug@BYTE:N    the adapter is unplugged at the Nth byte from the host\n"
    "  unplug@REQUEST:OP  ... at the end of a request of that number: the loader's (0x13), or of\n"
    "                   code that it started, whose requests begin with theirs (0x47)\n"
    "  unplug@EN[:N]    ... when the lines pull EN low for the Nth time (default 1)\n"
    "  brownout-erase[:N]  the supply dips in the middle of the Nth erase (default 1)\n"
    "  write-protect    the flash takes no change\n"
    "  worn:SECTOR      a byte of this 4 KiB sector stays 0\n"
    "  no-spi-user      the SPI unit does no commands of the user's own\n"
    "  no-hold          the flash's chip select does not go low as a GPIO\n"
    "  short-hold       it does, but of what is programmed so only the first 64 bytes arrive\n"
    "  read-mhz:N       what is read from the flash at a faster clock is wrong now and then\n"
    "  no-ram-code      code in RAM is not started: the loader goes on instead\n"
    "  wifi-cut:N       its TCP connection breaks off when N bytes have come by it\n"
    "  wifi-stall:N     no more come after N bytes\n"
    "  wifi-reset:N     the reset pin is pulled after N bytes\n"
    "  wifi-refused     its connections are refused, and those to its web page\n"
    "  wifi-isolated    as access points keep their clients apart: nothing comes through\n"
    "  ota-room:BYTES   the updater finds only so much free, whatever Status 4 says\n"
    "  ota-magic        what the updater is given begins with another byte\n"
    "dir is seen from the host (tx: what it sends; default both). count: how often it strikes\n"
    "(default: no limit for rates, once for those with an N). after: bytes of its direction\n"
    "(requests, for @REQUEST) that pass first.\n";

enum value { VALUE_NONE, VALUE_RATE, VALUE_NUMBER, VALUE_EITHER, VALUE_OPTIONAL };

static const struct kind {
	const char *name;
	enum sim_fault_kind kind;
	enum value value;
	int64_t count;
} kinds[] = {
    {"drop", SIM_FAULT_DROP, VALUE_RATE, -1},
    {"flip", SIM_FAULT_FLIP, VALUE_RATE, -1},
    {"insert", SIM_FAULT_INSERT, VALUE_RATE, -1},
    {"delay", SIM_FAULT_DELAY, VALUE_NUMBER, -1},
    {"answer-lost", SIM_FAULT_ANSWER_LOST, VALUE_EITHER, -1},
    {"reset@BYTE", SIM_FAULT_RESET_AT, VALUE_NUMBER, 1},
    {"unplug@BYTE", SIM_FAULT_UNPLUG_AT, VALUE_NUMBER, 1},
    {"unplug@REQUEST", SIM_FAULT_UNPLUG_REQUEST, VALUE_NUMBER, 1},
    {"unplug@EN", SIM_FAULT_UNPLUG_EN, VALUE_OPTIONAL, 1},
    {"brownout-erase", SIM_FAULT_BROWNOUT_ERASE, VALUE_OPTIONAL, 1},
    {"write-protect", SIM_FAULT_WRITE_PROTECT, VALUE_NONE, -1},
    {"worn", SIM_FAULT_WORN, VALUE_NUMBER, -1},
    {"no-spi-user", SIM_FAULT_NO_SPI_USER, VALUE_NONE, -1},
    {"no-hold", SIM_FAULT_NO_HOLD, VALUE_NONE, -1},
    {"short-hold", SIM_FAULT_SHORT_HOLD, VALUE_NONE, -1},
    {"read-mhz", SIM_FAULT_READ_MHZ, VALUE_NUMBER, -1},
    {"no-ram-code", SIM_FAULT_NO_RAM_CODE, VALUE_NONE, -1},
    {"wifi-cut", SIM_FAULT_WIFI_CUT, VALUE_NUMBER, 1},
    {"wifi-stall", SIM_FAULT_WIFI_STALL, VALUE_NUMBER, 1},
    {"wifi-reset", SIM_FAULT_WIFI_RESET, VALUE_NUMBER, 1},
    {"wifi-refused", SIM_FAULT_WIFI_REFUSED, VALUE_NONE, -1},
    {"wifi-isolated", SIM_FAULT_WIFI_ISOLATED, VALUE_NONE, -1},
    {"ota-room", SIM_FAULT_OTA_ROOM, VALUE_NUMBER, -1},
    {"ota-magic", SIM_FAULT_OTA_MAGIC, VALUE_NONE, -1},
};

uint32_t sim_rand(uint64_t *state)
{
	uint64_t x = *state ? *state : 0x9E3779B97F4A7C15u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return (uint32_t)(x >> 32);
}

static bool fail(char *err, size_t errsize, const char *what, const char *spec)
{
	snprintf(err, errsize, "fault '%s': %s", spec, what);
	return false;
}

static bool parse_number(const char *text, int64_t *out)
{
	char *end;
	long long v = strtoll(text, &end, 0);

	if (end == text || *end || v < 0)
		return false;
	*out = v;
	return true;
}

static bool parse_rate(const char *text, double *out)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text)
		return false;
	if (*end == '/') {
		const char *den = end + 1;
		double d = strtod(den, &end);

		if (end == den || !(d > 0))
			return false;
		v /= d;
	}
	if (*end || !(v >= 0 && v <= 1))
		return false;
	*out = v;
	return true;
}

static bool parse_value(struct sim_fault *f, enum value value, const char *text)
{
	switch (value) {
	case VALUE_NONE:
		return text == NULL;
	case VALUE_RATE:
		return text && parse_rate(text, &f->rate);
	case VALUE_NUMBER:
		return text && parse_number(text, &f->n);
	case VALUE_OPTIONAL:
		f->n = 1;
		return !text || (parse_number(text, &f->n) && f->n > 0);
	case VALUE_EITHER:
		if (text && parse_number(text, &f->n) && f->n > 0) {
			f->count = 1;
			return true;
		}
		return text && parse_rate(text, &f->rate) && f->rate > 0;
	}
	return false;
}

static bool parse_option(struct sim_fault *f, const char *text)
{
	if (strcmp(text, "dir=tx") == 0)
		f->dir = SIM_DIR_TX;
	else if (strcmp(text, "dir=rx") == 0)
		f->dir = SIM_DIR_RX;
	else if (strcmp(text, "dir=both") == 0)
		f->dir = SIM_DIR_BOTH;
	else if (strncmp(text, "count=", 6) == 0)
		return parse_number(text + 6, &f->count);
	else if (strncmp(text, "after=", 6) == 0)
		return parse_number(text + 6, &f->after);
	else
		return false;
	return true;
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

bool sim_faults_add(struct sim_faults *f, const char *spec, char *err, size_t errsize)
{
	struct sim_fault item = {.rate = -1, .count = -1};
	char text[128], *opt, *value, *save = NULL;
	const struct kind *k;

	if (f->len == SIM_FAULTS_MAX)
		return fail(err, errsize, "too many faults", spec);
	if (strlen(spec) >= sizeof(text))
		return fail(err, errsize, "too long", spec);
	strcpy(text, spec);
	opt = strtok_r(text, ",", &save);
	if (!opt)
		return fail(err, errsize, "empty", spec);
	value = strchr(opt, ':');
	if (value)
		*value++ = '\0';
	k = find_kind(opt);
	if (!k)
		return fail(err, errsize, "unknown name", spec);
	item.kind = k->kind;
	item.count = k->count;
	if (!parse_value(&item, k->value, value))
		return fail(err, errsize, "bad value", spec);
	while ((opt = strtok_r(NULL, ",", &save)))
		if (!parse_option(&item, opt))
			return fail(err, errsize, "bad option", spec);
	f->item[f->len++] = item;
	return true;
}

void sim_faults_clear(struct sim_faults *f)
{
	f->len = 0;
}

static bool chance(struct sim_faults *f, double rate)
{
	return (double)sim_rand(f->rng) < rate * 4294967296.0;
}

static bool strike(struct sim_fault *item)
{
	if (item->count == 0)
		return false;
	if (item->count > 0)
		item->count--;
	return true;
}

size_t sim_faults_byte(struct sim_faults *f, enum sim_fault_dir dir, uint8_t byte, uint8_t out[2])
{
	bool dropped = false;
	size_t extra = 0;

	out[0] = byte;
	for (size_t i = 0; i < f->len; i++) {
		struct sim_fault *it = &f->item[i];

		if (it->kind > SIM_FAULT_INSERT || (it->dir != SIM_DIR_BOTH && it->dir != dir))
			continue;
		if (it->seen++ < it->after || !chance(f, it->rate) || !strike(it))
			continue;
		if (it->kind == SIM_FAULT_DROP)
			dropped = true;
		else if (it->kind == SIM_FAULT_FLIP)
			out[0] ^= (uint8_t)(1u << (sim_rand(f->rng) & 7));
		else
			extra = 1;
	}
	if (dropped)
		return 0;
	if (extra)
		out[1] = (uint8_t)sim_rand(f->rng);
	return 1 + extra;
}

bool sim_faults_at_byte(struct sim_faults *f, enum sim_fault_kind kind)
{
	bool hit = false;

	for (size_t i = 0; i < f->len; i++) {
		struct sim_fault *it = &f->item[i];

		if (it->kind != kind || it->count == 0 || ++it->seen < it->n + it->after)
			continue;
		it->seen = 0;
		hit |= strike(it);
	}
	return hit;
}

static void frame_byte(struct sim_frame *frame, uint8_t byte)
{
	if (frame->len < sizeof(frame->head))
		frame->head[frame->len] = byte;
	frame->len++;
	frame->crc ^= byte;
	for (int i = 0; i < 8; i++)
		frame->crc = frame->crc & 1 ? frame->crc >> 1 ^ 0xEDB88320u : frame->crc >> 1;
}

/* What is loaded into RAM byte by byte may look like a frame: the loader's tells its length, the others
 * end with their CRC-32, which over all of it leaves this. */
static int request_of(const struct sim_frame *frame)
{
	const uint8_t *h = frame->head;

	if (frame->len < sizeof(frame->head))
		return -1;
	if (h[0] == 0 && frame->len == 8u + h[2] + 256u * h[3])
		return h[1];
	return h[0] && frame->crc == 0xDEBB20E3u ? h[0] : -1;
}

/* The number of the request that this byte ends; -1: it ends none. (esp-serial-protocol.md 2: a SLIP
 * frame, the loader's with a 0 before the number.) */
static int request_ended(struct sim_frame *frame, uint8_t byte)
{
	int op = -1;

	if (byte != SLIP_END) {
		if (!frame->inside)
			return -1;
		if (frame->escaped)
			byte = byte == SLIP_ESC_END ? SLIP_END : SLIP_ESC;
		else if (byte == SLIP_ESC) {
			frame->escaped = true;
			return -1;
		}
		frame->escaped = false;
		frame_byte(frame, byte);
		return -1;
	}
	if (frame->inside)
		op = request_of(frame);
	/* An end, or the beginning of the next. */
	*frame =
	    (struct sim_frame){.inside = !frame->inside || frame->len == 0, .crc = 0xFFFFFFFFu};
	return op;
}

bool sim_faults_request(struct sim_faults *f, uint8_t byte)
{
	int op = request_ended(&f->frame, byte);
	bool hit = false;

	for (size_t i = 0; op >= 0 && i < f->len; i++) {
		struct sim_fault *it = &f->item[i];

		if (it->kind != SIM_FAULT_UNPLUG_REQUEST || it->n != op || it->count == 0 ||
		    it->seen++ < it->after)
			continue;
		it->seen = 0;
		hit |= strike(it);
	}
	return hit;
}

size_t sim_faults_pass(struct sim_faults *f, enum sim_fault_kind kind, size_t n, bool *hit)
{
	*hit = false;
	for (size_t i = 0; i < f->len; i++) {
		struct sim_fault *it = &f->item[i];
		int64_t left = it->n + it->after - it->seen;

		if (it->kind != kind || it->count == 0)
			continue;
		if ((int64_t)n < left) {
			it->seen += (int64_t)n;
			continue;
		}
		it->seen = 0;
		*hit = strike(it);
		return left > 0 ? (size_t)left : 0;
	}
	return n;
}

bool sim_faults_event(struct sim_faults *f, enum sim_fault_kind kind)
{
	bool hit = false;

	for (size_t i = 0; i < f->len; i++) {
		struct sim_fault *it = &f->item[i];

		if (it->kind != kind || it->count == 0)
			continue;
		it->seen++;
		if (it->rate >= 0) {
			if (chance(f, it->rate))
				hit |= strike(it);
		} else if (it->seen >= it->n) {
			it->seen = 0;
			hit |= strike(it);
		}
	}
	return hit;
}

const struct sim_fault *sim_faults_find(const struct sim_faults *f, enum sim_fault_kind kind)
{
	for (size_t i = 0; i < f->len; i++)
		if (f->item[i].kind == kind)
			return &f->item[i];
	return NULL;
}
