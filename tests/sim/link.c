/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The board, its wires and the USB adapter; see link.h. */
#include "link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USB_PACKET  62	       /* payload of a full-speed packet of an FTDI chip */
#define TO_CHIP_MAX (1u << 20) /* more than that in flight is lost, as in any real buffer */
#define TO_HOST_MAX (1u << 20)
#define ARRIVED_MAX (1u << 20)
#define FRAME_END   0xC0
#define USB_BAUD    6000000 /* as many bytes a second as full-speed USB carries, roughly */
#define RAM_WAKE_US 100	    /* between two looks at code that runs in RAM, in real time */

struct arrival {
	sim_time at;
	uint8_t byte;
};

struct sim_link {
	struct sim_device *dev;
	struct sim_wire to_chip, to_host;
	sim_time now;
	uint32_t latency_us, host_baud;
	bool open, plugged, power_wanted, in_break;
	/* the adapter's packet */
	uint8_t packet[USB_PACKET];
	size_t packet_len;
	sim_time last_flush, flush_at;
	/* what has arrived at the host, or will (a delay) */
	struct arrival *arrived;
	size_t head, len, cap;
	uint64_t lost;
	/* a frame of code in RAM on its way, for the fault that loses answers */
	bool in_answer, answer_lost;
	size_t answer_len;
	uint64_t sent, heard; /* characters on the wires, by the host and by the chip's side */
	int64_t wire_ps;
};

/* By USB no rate counts. */
static void set_both(struct sim_wire *w)
{
	sim_wire_set_tx(w, sim_wire_bit_ps(USB_BAUD));
	sim_wire_set_rx(w, sim_wire_bit_ps(USB_BAUD));
}

struct sim_link *sim_link_new(const struct sim_link_config *cfg, char *err, size_t errsize)
{
	struct sim_link *l = calloc(1, sizeof(*l));
	char spare[128];

	if (!l)
		abort();
	sim_wire_init(&l->to_chip, TO_CHIP_MAX);
	sim_wire_init(&l->to_host, TO_HOST_MAX);
	l->latency_us = cfg->usb_latency_us;
	l->open = true;
	l->plugged = true;
	l->flush_at = SIM_NEVER;
	l->dev = sim_device_new(&cfg->device, &l->to_host, &l->to_chip, err ? err : spare,
	    err ? errsize : sizeof(spare));
	if (!l->dev) {
		sim_link_free(l);
		return NULL;
	}
	if (sim_device_by_usb(l->dev)) {
		set_both(&l->to_chip);
		set_both(&l->to_host);
	}
	sim_link_baud(l, 115200, 0);
	return l;
}

void sim_link_free(struct sim_link *l)
{
	if (!l)
		return;
	sim_device_free(l->dev);
	sim_wire_fini(&l->to_chip);
	sim_wire_fini(&l->to_host);
	free(l->arrived);
	free(l);
}

struct sim_device *sim_link_device(struct sim_link *l)
{
	return l->dev;
}

/* --- towards the host ----------------------------------------------------------------------- */

static void grow_arrived(struct sim_link *l)
{
	size_t cap = l->cap ? l->cap * 2 : 1024;
	struct arrival *fresh = malloc(cap * sizeof(*fresh));

	if (!fresh)
		abort();
	for (size_t i = 0; i < l->len; i++)
		fresh[i] = l->arrived[(l->head + i) % l->cap];
	free(l->arrived);
	l->arrived = fresh;
	l->head = 0;
	l->cap = cap;
}

static void arrive(struct sim_link *l, uint8_t byte, sim_time at)
{
	const struct sim_fault *delay = sim_faults_find(sim_device_faults(l->dev), SIM_FAULT_DELAY);
	size_t last;

	if (!l->open || !sim_link_plugged(l))
		return;
	if (l->len == ARRIVED_MAX) {
		l->lost++;
		return;
	}
	if (l->len == l->cap)
		grow_arrived(l);
	if (delay)
		at += delay->n * 1000;
	last = (l->head + l->len + l->cap - 1) % l->cap;
	if (l->len > 0 && l->arrived[last].at > at)
		at = l->arrived[last].at;
	l->arrived[(l->head + l->len++) % l->cap] = (struct arrival){at, byte};
}

static void flush_packet(struct sim_link *l, sim_time at)
{
	for (size_t i = 0; i < l->packet_len; i++)
		arrive(l, l->packet[i], at);
	l->packet_len = 0;
	l->last_flush = at;
	l->flush_at = SIM_NEVER;
}

/* The adapter has a byte: it waits for the next tick of the latency timer, which runs on from
 * the last packet. */
static void adapter_byte(struct sim_link *l, uint8_t byte, sim_time at)
{
	sim_time latency = l->latency_us;

	if (latency == 0) {
		arrive(l, byte, at);
		return;
	}
	l->packet[l->packet_len++] = byte;
	if (l->packet_len == USB_PACKET)
		flush_packet(l, at);
	else if (l->flush_at == SIM_NEVER)
		l->flush_at = l->last_flush + ((at - l->last_flush) / latency + 1) * latency;
}

/* The ROM's answers are lost where they are made; those of code in RAM here, frame by frame. Their
 * bytes take their time on the wire, all but the first delimiter come to nothing. */
static bool lost_answer(struct sim_link *l, uint8_t byte, sim_time at)
{
	bool lost = l->answer_lost;

	if (sim_device_mode(l->dev) != SIM_MODE_RAM) {
		l->in_answer = false;
		l->answer_lost = false;
		return false;
	}
	if (byte != FRAME_END) {
		if (l->in_answer && l->answer_len++ == 0)
			l->answer_lost = lost =
			    sim_faults_event(sim_device_faults(l->dev), SIM_FAULT_ANSWER_LOST);
		if (l->in_answer && lost && l->answer_len == 1)
			sim_device_trace(l->dev, at, "answer lost");
		return lost;
	}
	/* An end, or the beginning of the next. */
	l->in_answer = !l->in_answer || l->answer_len == 0;
	l->answer_len = 0;
	l->answer_lost = false;
	return lost;
}

static void from_chip(struct sim_link *l, uint8_t byte, sim_time at)
{
	uint8_t out[2];
	size_t n;

	if (lost_answer(l, byte, at))
		return;
	n = sim_faults_byte(sim_device_faults(l->dev), SIM_DIR_RX, byte, out);
	for (size_t i = 0; i < n; i++)
		adapter_byte(l, out[i], at);
}

/* --- towards the chip ----------------------------------------------------------------------- */

static void to_chip(struct sim_link *l, const struct sim_rxchar *c, sim_time at)
{
	struct sim_faults *faults = sim_device_faults(l->dev);
	struct sim_rxchar one = *c;
	uint8_t out[2];
	bool request;
	size_t n;

	if (!sim_device_usb_there(l->dev))
		return;
	request = sim_faults_request(faults, c->byte);
	if (sim_faults_at_byte(faults, SIM_FAULT_UNPLUG_AT) || request) {
		sim_link_unplug(l, at);
		return;
	}
	if (sim_faults_at_byte(faults, SIM_FAULT_RESET_AT)) {
		sim_device_reset_pin(l->dev, at);
		return;
	}
	n = sim_faults_byte(faults, SIM_DIR_TX, c->byte, out);
	for (size_t i = 0; i < n; i++) {
		one.byte = out[i];
		one.air.byte = out[i];
		sim_device_rx(l->dev, &one, at);
	}
}

/* --- time ----------------------------------------------------------------------------------- */

static sim_time up_us(int64_t ps)
{
	return ps == SIM_WIRE_NEVER ? SIM_NEVER : (ps + SIM_PS_PER_US - 1) / SIM_PS_PER_US;
}

static sim_time earlier(sim_time a, sim_time b)
{
	return a < b ? a : b;
}

static sim_time wires_next(const struct sim_link *l)
{
	sim_time t =
	    earlier(up_us(sim_wire_deadline(&l->to_chip)), up_us(sim_wire_deadline(&l->to_host)));

	return earlier(t, l->flush_at);
}

/* What is due inside the board; bytes that wait for the host are not its business. */
static sim_time inner_next(const struct sim_link *l)
{
	return earlier(wires_next(l), sim_device_deadline(l->dev));
}

static void step(struct sim_link *l, sim_time at)
{
	struct sim_rxchar c;

	while (sim_wire_take(&l->to_chip, at * SIM_PS_PER_US, &c)) {
		l->sent++;
		l->wire_ps += 10 * c.air.bit_ps;
		to_chip(l, &c, at);
	}
	while (sim_wire_take(&l->to_host, at * SIM_PS_PER_US, &c)) {
		l->heard++;
		l->wire_ps += 10 * c.air.bit_ps;
		from_chip(l, c.byte, at);
	}
	if (l->flush_at <= at)
		flush_packet(l, l->flush_at);
	if (sim_device_deadline(l->dev) <= at)
		sim_device_tick(l->dev, at);
}

void sim_link_advance(struct sim_link *l, sim_time now)
{
	sim_time t;

	while ((t = inner_next(l)) <= now) {
		if (t > l->now)
			l->now = t;
		step(l, l->now);
	}
	if (now > l->now)
		l->now = now;
}

sim_time sim_link_now(const struct sim_link *l)
{
	return l->now;
}

sim_time sim_link_next(const struct sim_link *l)
{
	sim_time t = inner_next(l);

	return l->len ? earlier(t, l->arrived[l->head].at) : t;
}

sim_time sim_link_next_work(const struct sim_link *l)
{
	return earlier(wires_next(l), sim_device_work_deadline(l->dev));
}

sim_time sim_link_wake(const struct sim_link *l, sim_time now, sim_time slice_us)
{
	sim_time t = sim_device_deadline(l->dev);

	/* Code that runs always has a next step; it does as well some steps at once. */
	if (sim_device_mode(l->dev) == SIM_MODE_RAM && t < now + RAM_WAKE_US)
		t = now + RAM_WAKE_US;
	t = earlier(t, l->flush_at);
	/* A burst to the chip matters when it ends; one to the host slice by slice. */
	if (sim_wire_deadline(&l->to_chip) != SIM_WIRE_NEVER)
		t = earlier(t, up_us(sim_wire_end(&l->to_chip)) + 1);
	if (sim_wire_deadline(&l->to_host) != SIM_WIRE_NEVER)
		t = earlier(t, earlier(now + slice_us, up_us(sim_wire_end(&l->to_host)) + 1));
	if (l->len)
		t = earlier(t, l->arrived[l->head].at);
	return t;
}

/* --- the host's side -------------------------------------------------------------------------- */

void sim_link_send(struct sim_link *l, const void *bytes, size_t n, sim_time now)
{
	sim_link_advance(l, now);
	if (l->plugged && !l->in_break)
		sim_wire_send(&l->to_chip, bytes, n, l->now * SIM_PS_PER_US);
}

void sim_link_baud(struct sim_link *l, uint32_t baud, sim_time now)
{
	if (baud == l->host_baud)
		return;
	sim_link_advance(l, now);
	l->host_baud = baud;
	if (!sim_device_by_usb(l->dev)) {
		sim_wire_set_tx(&l->to_chip, sim_wire_bit_ps(baud));
		sim_wire_set_rx(&l->to_host, sim_wire_bit_ps(baud));
	}
	sim_device_trace(l->dev, l->now, "host rate %u", baud);
}

uint32_t sim_link_host_baud(const struct sim_link *l)
{
	return l->host_baud;
}

bool sim_link_receive_at(struct sim_link *l, uint8_t *byte, sim_time *at, sim_time now)
{
	const struct arrival *a;

	sim_link_advance(l, now);
	if (l->len == 0)
		return false;
	a = &l->arrived[l->head];
	if (a->at > now)
		return false;
	*byte = a->byte;
	if (at)
		*at = a->at;
	l->head = (l->head + 1) % l->cap;
	l->len--;
	return true;
}

size_t sim_link_receive(struct sim_link *l, void *dst, size_t n, sim_time now)
{
	uint8_t *d = dst;
	size_t got = 0;

	while (got < n && sim_link_receive_at(l, &d[got], NULL, now))
		got++;
	return got;
}

static void forget_arrived(struct sim_link *l)
{
	l->len = 0;
	l->packet_len = 0;
	l->flush_at = SIM_NEVER;
}

void sim_link_open(struct sim_link *l, bool open, sim_time now)
{
	if (l->open == open)
		return;
	sim_link_advance(l, now);
	l->open = open;
	if (!open)
		forget_arrived(l);
	sim_device_trace(l->dev, l->now, "host %s", open ? "opens" : "closes");
}

size_t sim_link_backlog(const struct sim_link *l)
{
	return l->to_chip.len;
}

size_t sim_link_chip_backlog(const struct sim_link *l)
{
	return l->to_host.len;
}

/* --- the hand --------------------------------------------------------------------------------- */

void sim_link_power(struct sim_link *l, bool on, sim_time now)
{
	sim_link_advance(l, now);
	l->power_wanted = on;
	if (l->plugged)
		sim_device_power(l->dev, on, l->now);
}

void sim_link_button(struct sim_link *l, bool down, sim_time now)
{
	sim_link_advance(l, now);
	sim_device_button(l->dev, down, l->now);
}

void sim_link_radio(
    struct sim_link *l, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now)
{
	sim_link_advance(l, now);
	sim_device_radio(l->dev, ev, bytes, n, l->now);
}

void sim_link_web(
    struct sim_link *l, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now)
{
	sim_link_advance(l, now);
	sim_device_web(l->dev, ev, bytes, n, l->now);
}

void sim_link_lines(struct sim_link *l, bool dtr, bool rts, sim_time now)
{
	struct sim_lines before, after;

	sim_link_advance(l, now);
	if (!l->plugged)
		return;
	sim_device_lines_state(l->dev, &before);
	sim_device_lines(l->dev, dtr, rts, l->now);
	sim_device_lines_state(l->dev, &after);
	if (before.en && !after.en &&
	    sim_faults_event(sim_device_faults(l->dev), SIM_FAULT_UNPLUG_EN))
		sim_link_unplug(l, l->now);
}

void sim_link_break(struct sim_link *l, bool on, sim_time now)
{
	struct sim_rxchar nul = {.framing = true};
	enum sim_mode mode = sim_device_mode(l->dev);

	sim_link_advance(l, now);
	if (!l->plugged || l->in_break == on)
		return;
	l->in_break = on;
	sim_device_trace(l->dev, l->now, "break %s", on ? "on" : "off");
	if (!on)
		return;
	sim_wire_cut(&l->to_chip, l->now * SIM_PS_PER_US);
	nul.at_ps = l->now * SIM_PS_PER_US;
	if (mode == SIM_MODE_LOADER || mode == SIM_MODE_APP || mode == SIM_MODE_RAM)
		sim_device_rx(l->dev, &nul, l->now);
}

void sim_link_purge(struct sim_link *l, bool rx, bool tx, sim_time now)
{
	sim_link_advance(l, now);
	if (rx)
		forget_arrived(l);
	if (tx)
		sim_wire_cut(&l->to_chip, l->now * SIM_PS_PER_US);
	sim_device_trace(l->dev, l->now, "purge%s%s", rx ? " rx" : "", tx ? " tx" : "");
}

void sim_link_latency(struct sim_link *l, uint32_t us, sim_time now)
{
	sim_link_advance(l, now);
	if (l->packet_len)
		flush_packet(l, l->now);
	l->latency_us = us;
	sim_device_trace(l->dev, l->now, "latency %u us", us);
}

/* No advance here: a fault may call this from within one. */
void sim_link_unplug(struct sim_link *l, sim_time now)
{
	if (!l->plugged)
		return;
	sim_device_trace(l->dev, now, "unplugged");
	l->plugged = false;
	l->in_break = false;
	sim_device_power(l->dev, false, now);
	sim_device_lines(l->dev, false, false, now);
	sim_wire_cut(&l->to_chip, now * SIM_PS_PER_US);
	sim_wire_cut(&l->to_host, now * SIM_PS_PER_US);
	forget_arrived(l);
}

void sim_link_replug(struct sim_link *l, sim_time now)
{
	if (l->plugged)
		return;
	sim_link_advance(l, now);
	l->plugged = true;
	sim_device_trace(l->dev, l->now, "plugged in");
	sim_device_power(l->dev, l->power_wanted, l->now);
}

bool sim_link_plugged(const struct sim_link *l)
{
	return l->plugged && sim_device_usb_there(l->dev);
}

bool sim_link_fault(struct sim_link *l, const char *spec, sim_time now, char *err, size_t errsize)
{
	sim_link_advance(l, now);
	return sim_device_fault(l->dev, spec, l->now, err, errsize);
}

void sim_link_fault_clear(struct sim_link *l, sim_time now)
{
	sim_link_advance(l, now);
	sim_device_fault_clear(l->dev, l->now);
}

void sim_link_totals(struct sim_link *l, struct sim_link_totals *t)
{
	t->to_chip = l->sent;
	t->to_host = l->heard;
	t->wire_us = l->wire_ps / SIM_PS_PER_US;
	t->flash_us = sim_device_flash(l->dev)->busy_us;
}

void sim_link_state(struct sim_link *l, char *dst, size_t size)
{
	struct sim_device *d = l->dev;
	const struct sim_flash *f = sim_device_flash(d);
	struct sim_link_totals t;
	struct sim_lines s;

	sim_link_totals(l, &t);
	sim_device_lines_state(d, &s);
	snprintf(dst, size,
	    "{\"plugged\":%s,\"power\":\"%s\",\"button\":\"%s\",\"mode\":\"%s\",\"baud\":%u,"
	    "\"host_baud\":%u,\"resets\":%u,\"flash_writes\":%llu,\"flash_erases\":%llu,"
	    "\"flash_status\":%u,\"bytes_to_chip\":%llu,\"bytes_to_host\":%llu,"
	    "\"wire_us\":%lld,\"flash_us\":%lld,\"dtr\":%d,\"rts\":%d,\"gpio0\":%d,\"en\":%d,"
	    "\"time_us\":%lld}",
	    sim_link_plugged(l) ? "true" : "false", sim_device_powered(d) ? "on" : "off",
	    sim_device_button_down(d) ? "down" : "up", sim_device_mode_name(sim_device_mode(d)),
	    sim_device_baud(d), l->host_baud, sim_device_resets(d), (unsigned long long)f->programs,
	    (unsigned long long)f->erases, f->status, (unsigned long long)t.to_chip,
	    (unsigned long long)t.to_host, (long long)t.wire_us, (long long)t.flash_us, s.dtr,
	    s.rts, s.gpio0, s.en, (long long)l->now);
}
