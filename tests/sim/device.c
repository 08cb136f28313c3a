/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual chip as a whole: power, straps, resets, and which of its rooms has the word. */
#include "simint.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From power to the ROM's first character, and from a reset to it. */
#define POWER_UP_US 30000
#define RESET_US    2000
/* EN's rise with the board's usual 0.1 uF at 10 kOhm. */
#define EN_RISE_US 1000

void sim_device_trace(struct sim_device *dev, sim_time now, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (!dev->cfg.trace)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	dev->cfg.trace(dev->cfg.trace_ctx, now, text);
}

struct sim_device *sim_device_new(const struct sim_device_config *cfg, struct sim_wire *tx,
    struct sim_wire *rx, char *err, size_t errsize)
{
	struct sim_device *dev = calloc(1, sizeof(*dev));

	if (!dev)
		abort();
	dev->cfg = *cfg;
	dev->row = sim_chip_row(cfg->chip);
	dev->tx = tx;
	dev->rx = rx;
	dev->rng = cfg->seed * 2654435761u + 1;
	dev->faults.rng = &dev->rng;
	dev->gpio2 = !dev->row->family || dev->row->second_high;
	dev->rom32.usb_back_at = SIM_NEVER;
	dev->rom32.wdt_at = SIM_NEVER;
	dev->rom32.swd_at = SIM_NEVER;
	sim_circuit_init(&dev->circuit, cfg->lines, cfg->en_us ? cfg->en_us : EN_RISE_US);
	dev->boot_at = SIM_NEVER;
	dev->rom.busy_until = SIM_NEVER;
	sim_flash_init(&dev->flash, cfg->flash_size ? cfg->flash_size : 0x100000, &cfg->times);
	sim_device_set_baud_now(dev, SIM_ROM_BAUD);
	if (!cfg->no_app && !sim_apphost_init(dev, err, errsize)) {
		sim_device_free(dev);
		return NULL;
	}
	return dev;
}

void sim_device_free(struct sim_device *dev)
{
	if (!dev)
		return;
	if (dev->app)
		sim_app_free(dev->app);
	sim_cpu_free(dev);
	sim_rom32_fini(dev);
	sim_flash_fini(&dev->flash);
	free(dev->held);
	free(dev);
}

static int64_t now_ps(const struct sim_device *dev)
{
	return dev->now * SIM_PS_PER_US;
}

int64_t sim_device_ps(const struct sim_device *dev)
{
	return sim_cpu_running(dev) ? sim_cpu_ps(dev->cpu) : now_ps(dev);
}

void sim_device_send(struct sim_device *dev, const void *bytes, size_t n)
{
	sim_wire_send(dev->tx, bytes, n, sim_device_ps(dev));
}

void sim_device_emit(struct sim_device *dev, const void *bytes, size_t n, sim_time now)
{
	dev->now = now;
	if (dev->power)
		sim_device_send(dev, bytes, n);
}

static void set_bit_ps(struct sim_device *dev, int64_t bit_ps)
{
	dev->bit_ps = bit_ps;
	if (sim_device_by_usb(dev))
		return; /* USB has its own */
	sim_wire_set_tx(dev->tx, bit_ps);
	sim_wire_set_rx(dev->rx, bit_ps);
}

/* The family's divider has sixteenths in bits 20 to 23. */
static void set_clkdiv32(struct sim_device *dev, uint32_t div)
{
	int64_t sixteenths = (int64_t)(div & 0xFFFFF) * 16 + (div >> 20 & 15);

	dev->clkdiv = div & 0xFFFFFF;
	if (sixteenths == 0)
		sixteenths = 1;
	set_bit_ps(dev, sixteenths * 62500000000 / sim_rom32_uart_hz(dev));
	sim_device_trace(dev, dev->now, "rate %u (divider %u %u/16)", sim_device_baud(dev),
	    div & 0xFFFFF, div >> 20 & 15);
}

void sim_device_set_clkdiv(struct sim_device *dev, uint32_t div)
{
	if (dev->row->family) {
		set_clkdiv32(dev, div);
		return;
	}
	dev->clkdiv = div & 0xFFFFF;
	if (dev->clkdiv == 0)
		dev->clkdiv = 1;
	set_bit_ps(dev, (int64_t)dev->clkdiv * 1000000000000 / SIM_UART_CLOCK);
	sim_device_trace(dev, dev->now, "rate %u (divider %u)", sim_device_baud(dev), dev->clkdiv);
}

void sim_device_set_baud_now(struct sim_device *dev, uint32_t baud)
{
	uint32_t div = baud ? (SIM_UART_CLOCK + baud / 2) / baud : 0;

	if (dev->row->family)
		div = sim_rom32_clkdiv(sim_rom32_uart_hz(dev), baud);
	sim_device_set_clkdiv(dev, div);
}

void sim_device_set_baud(struct sim_device *dev, uint32_t baud, sim_time now)
{
	dev->now = now;
	if (dev->power)
		sim_device_set_baud_now(dev, baud);
}

void sim_device_set_mode(struct sim_device *dev, enum sim_mode mode)
{
	dev->mode = mode;
	sim_wire_set_raw(dev->rx, mode == SIM_MODE_AUTOBAUD, now_ps(dev));
	sim_device_trace(dev, dev->now, "mode %s", sim_device_mode_name(mode));
}

/* The button and the circuit's transistor pull the same pin. */
static bool gpio0_low(const struct sim_device *dev)
{
	return dev->button || !dev->circuit.gpio0;
}

static void latch_straps(struct sim_device *dev)
{
	dev->strap_mode =
	    (dev->gpio15 ? 4u : 0u) | (gpio0_low(dev) ? 0u : 2u) | (dev->gpio2 ? 1u : 0u);
}

/* Everything that a reset forgets. */
static void stop_all(struct sim_device *dev)
{
	if (dev->row->family)
		sim_rom32_reset(dev);
	else
		sim_romflash_torn(dev);
	sim_spi_torn(dev);
	sim_cpu_halt(dev);
	if (dev->app && sim_app_running(dev->app))
		sim_app_stop(dev->app);
	dev->held_len = 0;
	dev->pending_baud = 0;
	dev->rom.job = SIM_JOB_NONE;
	dev->rom.busy_until = SIM_NEVER;
	dev->boot_at = SIM_NEVER;
	dev->pending_reset = 0;
	dev->pending_dip = false;
	sim_wire_cut(dev->tx, now_ps(dev));
}

void sim_device_restart(struct sim_device *dev, enum sim_cause cause, sim_time delay_us)
{
	stop_all(dev);
	/* Only power and the reset pin let the straps be read again; a restart by software finds
	 * the old latch (AR#4057: after loading by the loader's END it leads back into it). */
	if (cause == SIM_CAUSE_POWER_ON)
		latch_straps(dev);
	dev->cause = cause;
	dev->resets++;
	dev->boot_at = dev->now + delay_us;
	if (dev->row->family)
		sim_usb32_reset(dev, cause);
	sim_device_trace(dev, dev->now, "reset cause %d straps %u", cause, dev->strap_mode);
	sim_device_set_mode(dev, SIM_MODE_RESET);
}

void sim_device_power(struct sim_device *dev, bool on, sim_time now)
{
	dev->now = now;
	if (dev->power == on)
		return;
	dev->power = on;
	sim_device_trace(dev, now, "power %s", on ? "on" : "off");
	if (on && !dev->circuit.en) {
		dev->power_lost = true;
		sim_device_set_mode(dev, SIM_MODE_RESET);
		return;
	}
	if (on) {
		sim_device_restart(dev, SIM_CAUSE_POWER_ON, POWER_UP_US);
		return;
	}
	stop_all(dev);
	sim_device_set_mode(dev, SIM_MODE_OFF);
}

void sim_device_reset_pin(struct sim_device *dev, sim_time now)
{
	dev->now = now;
	if (!dev->power || !dev->circuit.en)
		return;
	latch_straps(dev);
	sim_device_restart(dev, SIM_CAUSE_EXT_RESET, RESET_US);
}

void sim_device_supply_dip(struct sim_device *dev)
{
	sim_device_trace(dev, dev->now, "supply dips");
	sim_device_restart(dev, SIM_CAUSE_POWER_ON, POWER_UP_US);
}

static void run_pending_reset(struct sim_device *dev)
{
	enum sim_cause cause = dev->pending_reset;

	if (dev->pending_dip)
		sim_device_supply_dip(dev);
	else if (cause == SIM_CAUSE_EXT_RESET && dev->row->family)
		sim_device_restart(dev, SIM_CAUSE_SOFTWARE, RESET_US); /* the SDK's restart */
	else if (cause)
		sim_device_restart(dev, cause, RESET_US);
}

/* A running application sees the pin, whoever pulls it. */
static void show_gpio0(struct sim_device *dev, bool was_low)
{
	if (gpio0_low(dev) != was_low && dev->mode == SIM_MODE_APP && dev->app) {
		sim_app_button(dev->app, !was_low, dev->now);
		run_pending_reset(dev);
	}
}

void sim_device_button(struct sim_device *dev, bool down, sim_time now)
{
	bool was_low = gpio0_low(dev);

	dev->now = now;
	if (dev->button == down)
		return;
	dev->button = down;
	sim_device_trace(dev, now, "button %s", down ? "down" : "up");
	show_gpio0(dev, was_low);
}

void sim_device_radio(
    struct sim_device *dev, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now)
{
	dev->now = now;
	if (dev->mode == SIM_MODE_APP && dev->app)
		sim_app_radio(dev->app, ev, bytes, n, now);
}

void sim_device_web(
    struct sim_device *dev, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now)
{
	dev->now = now;
	if (dev->mode == SIM_MODE_APP && dev->app)
		sim_app_web(dev->app, ev, bytes, n, now);
}

static void en_changed(struct sim_device *dev)
{
	bool lost = dev->power_lost;

	sim_device_trace(dev, dev->now, "EN %s", dev->circuit.en ? "high" : "low");
	if (!dev->power)
		return;
	if (!dev->circuit.en) {
		stop_all(dev);
		sim_device_set_mode(dev, SIM_MODE_RESET);
		return;
	}
	dev->power_lost = false;
	latch_straps(dev);
	sim_device_restart(
	    dev, lost ? SIM_CAUSE_POWER_ON : SIM_CAUSE_EXT_RESET, lost ? POWER_UP_US : RESET_US);
}

void sim_device_lines(struct sim_device *dev, bool dtr, bool rts, sim_time now)
{
	bool was_low = gpio0_low(dev);
	unsigned changed;

	dev->now = now;
	if (dev->circuit.dtr == dtr && dev->circuit.rts == rts)
		return;
	if (sim_device_by_usb(dev)) {
		dev->circuit.dtr = dtr;
		dev->circuit.rts = rts;
		sim_device_trace(dev, now, "lines DTR=%d RTS=%d", dtr, rts);
		sim_usb32_lines(dev, dtr, rts);
		return;
	}
	changed = sim_circuit_set(&dev->circuit, dtr, rts, now);
	sim_device_trace(dev, now, "lines DTR=%d RTS=%d", dtr, rts);
	if (changed & SIM_LINE_GPIO0)
		sim_device_trace(dev, now, "GPIO0 %s", dev->circuit.gpio0 ? "high" : "low");
	if (changed & SIM_LINE_EN)
		en_changed(dev);
	show_gpio0(dev, was_low);
}

void sim_device_lines_state(const struct sim_device *dev, struct sim_lines *s)
{
	s->dtr = dev->circuit.dtr;
	s->rts = dev->circuit.rts;
	s->gpio0 = !gpio0_low(dev);
	s->en = dev->circuit.en;
}

void sim_device_strap(struct sim_device *dev, enum sim_pin pin, bool level)
{
	if (pin == SIM_GPIO0)
		dev->button = !level;
	else if (pin == SIM_GPIO2)
		dev->gpio2 = level;
	else
		dev->gpio15 = level;
}

static void apply_lasting_faults(struct sim_device *dev)
{
	const struct sim_fault *worn = sim_faults_find(&dev->faults, SIM_FAULT_WORN);

	dev->flash.write_protect = sim_faults_find(&dev->faults, SIM_FAULT_WRITE_PROTECT) != NULL;
	dev->flash.worn_sector = worn ? (uint32_t)worn->n : SIM_FLASH_NO_WORN;
}

bool sim_device_fault(
    struct sim_device *dev, const char *spec, sim_time now, char *err, size_t errsize)
{
	if (!sim_faults_add(&dev->faults, spec, err, errsize))
		return false;
	apply_lasting_faults(dev);
	sim_device_trace(dev, now, "fault %s", spec);
	return true;
}

void sim_device_fault_clear(struct sim_device *dev, sim_time now)
{
	sim_faults_clear(&dev->faults);
	apply_lasting_faults(dev);
	sim_device_trace(dev, now, "fault clear");
}

void sim_device_rx(struct sim_device *dev, const struct sim_rxchar *c, sim_time now)
{
	dev->now = now;
	switch (dev->mode) {
	case SIM_MODE_AUTOBAUD:
		sim_loader_autobaud(dev, &c->air);
		break;
	case SIM_MODE_LOADER:
		sim_loader_rx(dev, c->byte);
		break;
	case SIM_MODE_APP:
		if (dev->app)
			sim_app_rx(dev->app, &c->byte, 1, now);
		break;
	case SIM_MODE_RAM:
		sim_cpu_rx(dev, c);
		break;
	default:
		break; /* nobody listens */
	}
	run_pending_reset(dev);
}

/* When the transmitter will be empty, if something waits for that. */
static sim_time drain_deadline(const struct sim_device *dev)
{
	if (dev->mode != SIM_MODE_ROM_TEXT && !dev->pending_baud && !dev->rom32.next_clkdiv)
		return SIM_NEVER;
	return (sim_wire_end(dev->tx) + SIM_PS_PER_US - 1) / SIM_PS_PER_US;
}

static sim_time earlier(sim_time a, sim_time b)
{
	return a < b ? a : b;
}

static sim_time flash_deadline(const struct sim_device *dev)
{
	int64_t ps = sim_spi_deadline(dev);

	return ps == SIM_WIRE_NEVER ? SIM_NEVER : (ps + SIM_PS_PER_US - 1) / SIM_PS_PER_US;
}

sim_time sim_device_deadline(const struct sim_device *dev)
{
	sim_time t = earlier(dev->boot_at, drain_deadline(dev));

	t = earlier(t, dev->circuit.en_rise_at);
	t = earlier(t, dev->rom.busy_until);
	t = earlier(t, sim_usb32_deadline(dev));
	t = earlier(t, earlier(flash_deadline(dev), sim_cpu_deadline(dev)));
	if (dev->mode == SIM_MODE_APP && dev->app)
		t = earlier(t, sim_app_deadline(dev->app));
	return t;
}

sim_time sim_device_work_deadline(const struct sim_device *dev)
{
	sim_time t = earlier(drain_deadline(dev), flash_deadline(dev));

	t = earlier(t, sim_cpu_work_deadline(dev));
	/* A delay that the host asked for is its own clockwork, not labour. */
	if (dev->rom.job != SIM_JOB_WRITE_REG)
		t = earlier(t, dev->rom.busy_until);
	return t;
}

static void text_has_left(struct sim_device *dev)
{
	enum sim_mode next = dev->next_mode;

	if (next == SIM_MODE_AUTOBAUD)
		sim_loader_enter(dev);
	else if (next == SIM_MODE_RESET)
		sim_device_restart(dev, SIM_CAUSE_SOFTWARE, RESET_US);
	else if (next == SIM_MODE_APP)
		sim_apphost_boot(dev);
	else
		sim_device_set_mode(dev, next);
}

static void boot_time(struct sim_device *dev)
{
	dev->boot_at = SIM_NEVER;
	if (dev->mode == SIM_MODE_RESET && dev->row->family)
		sim_boot32_start(dev);
	else if (dev->mode == SIM_MODE_RESET)
		sim_boot_start(dev);
	else if (dev->row->family) /* the loop of a chip that finds nothing to start */
		sim_device_restart(dev,
		    dev->row->chip == SIM_ESP32 ? SIM_CAUSE_RTC_WDT : SIM_CAUSE_TIMER_WDT,
		    RESET_US);
	else /* a program that died: the watchdog starts the chip over */
		sim_device_restart(dev, SIM_CAUSE_EXT_RESET, RESET_US);
}

void sim_device_tick(struct sim_device *dev, sim_time now)
{
	dev->now = now;
	if (sim_circuit_tick(&dev->circuit, now))
		en_changed(dev);
	if (dev->boot_at <= now)
		boot_time(dev);
	sim_cpu_run(dev);
	sim_spi_settle(dev);
	if (dev->rom.busy_until <= now)
		sim_loader_tick(dev);
	sim_usb32_tick(dev);
	if (drain_deadline(dev) <= now) {
		if (dev->mode == SIM_MODE_ROM_TEXT)
			text_has_left(dev);
		else if (dev->rom32.next_clkdiv)
			sim_rom32_drained(dev);
		else
			sim_apphost_drained(dev);
	}
	if (dev->mode == SIM_MODE_APP && dev->app && sim_app_deadline(dev->app) <= now)
		sim_app_tick(dev->app, now);
	run_pending_reset(dev);
}

const struct sim_chip_row *sim_device_row(const struct sim_device *dev)
{
	return dev->row;
}

bool sim_device_by_usb(const struct sim_device *dev)
{
	return dev->cfg.usb_jtag && dev->row->usb_jtag;
}

bool sim_device_usb_there(const struct sim_device *dev)
{
	return !dev->rom32.usb_gone;
}

enum sim_mode sim_device_mode(const struct sim_device *dev)
{
	return dev->mode;
}

const char *sim_device_mode_name(enum sim_mode mode)
{
	static const char *const names[] = {
	    "off", "reset", "rom-text", "rom-autobaud", "rom-loader", "app", "hang", "ram"};

	assert((size_t)mode < sizeof(names) / sizeof(names[0]));
	return names[mode];
}

bool sim_device_powered(const struct sim_device *dev)
{
	return dev->power;
}

bool sim_device_button_down(const struct sim_device *dev)
{
	return dev->button;
}

uint32_t sim_device_baud(const struct sim_device *dev)
{
	return (uint32_t)((1000000000000 + dev->bit_ps / 2) / dev->bit_ps);
}

unsigned sim_device_resets(const struct sim_device *dev)
{
	return dev->resets;
}

struct sim_flash *sim_device_flash(struct sim_device *dev)
{
	return &dev->flash;
}

struct sim_faults *sim_device_faults(struct sim_device *dev)
{
	return &dev->faults;
}
