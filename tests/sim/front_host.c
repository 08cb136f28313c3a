/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the host comes to the virtual device; see front_host.h. */
#include "front_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool say(char *err, size_t errsize, const char *what)
{
	snprintf(err, errsize, "%s: %s", what, strerror(errno));
	return false;
}

/* --- the network's wishes --------------------------------------------------------------------- */

static void on_data(void *ctx, const uint8_t *bytes, size_t n)
{
	struct sim_front *f = ctx;

	sim_link_send(f->link, bytes, n, sim_front_now(f));
}

static void on_baud(void *ctx, uint32_t baud)
{
	struct sim_front *f = ctx;

	sim_link_baud(f->link, baud, sim_front_now(f));
}

static void on_lines(void *ctx, bool dtr, bool rts)
{
	struct sim_front *f = ctx;

	sim_link_lines(f->link, dtr, rts, sim_front_now(f));
}

static void on_break(void *ctx, bool on)
{
	struct sim_front *f = ctx;

	sim_link_break(f->link, on, sim_front_now(f));
}

static void on_purge(void *ctx, bool rx, bool tx)
{
	struct sim_front *f = ctx;

	if (rx)
		f->out_len = 0;
	sim_link_purge(f->link, rx, tx, sim_front_now(f));
}

static void on_format(void *ctx, const char *what)
{
	struct sim_front *f = ctx;

	sim_device_trace(sim_link_device(f->link), sim_front_now(f), "format %s", what);
}

/* --- opening ---------------------------------------------------------------------------------- */

static bool listen_at(struct sim_front *f, enum sim_net_kind kind, int port, char *err, size_t size)
{
	static const char *const names[] = {"rfc2217", "tcp"};
	unsigned actual;

	if (port < 0)
		return true;
	if (!sim_net_listen(&f->net, kind, (unsigned)port, &actual))
		return say(err, size, names[kind]);
	printf("%s %u\n", names[kind], actual);
	fflush(stdout);
	return true;
}

bool sim_host_plug(struct sim_front *f, const char *name, long settle_ms)
{
	const struct sim_options *o = f->opt;

	if ((o->pty || o->adapter.dir) && f->pty.fd < 0) {
		if (sim_pty_plug(&f->pty, o->pty) < 0)
			return false;
		if (settle_ms < 0)
			settle_ms = (long)o->adapter.settle_ms;
		if (o->adapter.dir &&
		    !sim_adapter_plug(&f->adapter, name, f->pty.target, settle_ms > 0)) {
			int saved = errno;

			sim_pty_unplug(&f->pty);
			errno = saved;
			return false;
		}
		f->settle_at = settle_ms > 0 ? sim_front_now(f) + settle_ms * 1000 : SIM_NEVER;
	}
	sim_net_plugged(&f->net, true);
	return true;
}

bool sim_host_open(struct sim_front *f, char *err, size_t errsize)
{
	const struct sim_options *o = f->opt;

	if (o->adapter.dir && !sim_adapter_open(&f->adapter, &o->adapter, o->control))
		return say(err, errsize, o->adapter.dir);
	for (size_t i = 0; i < o->net_faults; i++) {
		if (!sim_net_fault(&f->net, o->net_fault[i])) {
			snprintf(err, errsize, "'%s' is no fault of a server", o->net_fault[i]);
			return false;
		}
	}
	if (!listen_at(f, SIM_NET_RFC2217, o->rfc2217, err, errsize) ||
	    !listen_at(f, SIM_NET_TCP, o->tcp, err, errsize))
		return false;
	if (!sim_host_plug(f, o->adapter.name, -1))
		return say(err, errsize, o->pty ? o->pty : "adapter");
	return true;
}

void sim_host_close(struct sim_front *f)
{
	sim_adapter_close(&f->adapter);
	sim_pty_unplug(&f->pty);
	sim_net_close(&f->net);
}

void sim_host_init(struct sim_front *f)
{
	const struct sim_rfc_host host = {.ctx = f,
	    .data = on_data,
	    .baud = on_baud,
	    .lines = on_lines,
	    .brk = on_break,
	    .purge = on_purge,
	    .format = on_format};

	f->pty.fd = -1;
	f->settle_at = SIM_NEVER;
	sim_net_init(&f->net, &host);
}

void sim_host_unplugged(struct sim_front *f)
{
	if (sim_link_plugged(f->link))
		return;
	if (!sim_device_usb_there(sim_link_device(f->link)))
		f->gone = true;
	sim_net_plugged(&f->net, false);
	if (f->pty.fd < 0)
		return;
	sim_adapter_unplug(&f->adapter);
	sim_pty_unplug(&f->pty);
	f->pty_there = false;
	f->host_there = false;
	f->out_len = 0;
	f->settle_at = SIM_NEVER;
	sim_link_open(f->link, false, sim_front_now(f));
}

/* A chip with USB of its own comes back by itself after a reset, under whatever name is free. */
bool sim_host_returned(struct sim_front *f, char *err, size_t errsize)
{
	if (f->gone && sim_link_plugged(f->link)) {
		f->gone = false;
		if (!sim_host_plug(f, NULL, -1))
			return say(err, errsize, "plugging in again");
	}
	return true;
}

void sim_host_settle(struct sim_front *f, sim_time now)
{
	if (f->settle_at > now)
		return;
	f->settle_at = SIM_NEVER;
	sim_adapter_settled(&f->adapter);
}

size_t sim_host_poll(const struct sim_front *f, struct pollfd *fds, size_t max)
{
	size_t n = 0;

	if (f->pty_there && max > 0) {
		fds[n].fd = f->pty.fd;
		fds[n++].events =
		    (short)(POLLIN | (f->out_len && !sim_net_there(&f->net) ? POLLOUT : 0));
	}
	return n + sim_net_poll(&f->net, fds + n, max - n);
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* A pty does not tell when its rate changes. It is looked at before the board moves on, and a
 * change counts from where the board stands: an answer that was not yet due at the last look is
 * heard at the new rate. */
void sim_host_rate(struct sim_front *f)
{
	uint32_t rate = f->pty_there && !sim_net_there(&f->net) ? sim_pty_rate(&f->pty) : 0;

	if (rate)
		sim_link_baud(f->link, rate, sim_link_now(f->link));
}

static void drain_pty(struct sim_front *f)
{
	uint8_t bytes[4096];
	size_t n;

	/* The pty would hold the writer back where a UART does not: take all there is. */
	while ((n = sim_pty_read(&f->pty, bytes, sizeof(bytes))) > 0) {
		sim_host_rate(f);
		if (!sim_net_there(&f->net))
			sim_link_send(f->link, bytes, n, sim_front_now(f));
	}
}

void sim_host_read(struct sim_front *f)
{
	if (f->pty_there)
		drain_pty(f);
}

static void pty_left(struct sim_front *f)
{
	sim_time now = sim_front_now(f);

	drain_pty(f); /* what was written before the close still goes out */
	sim_link_break(f->link, false, now);
	if (f->opt->adapter.dir && sim_pty_hupcl(&f->pty))
		sim_link_lines(f->link, false, false, now);
	f->out_len = 0;
	sim_pty_flush(&f->pty);
}

void sim_host_look(struct sim_front *f)
{
	bool pty = sim_pty_host_there(&f->pty), there;

	if (f->pty_there && !pty)
		pty_left(f);
	f->pty_there = pty;
	there = pty || sim_net_there(&f->net);
	if (there != f->host_there)
		sim_link_open(f->link, there, sim_front_now(f));
	if (!there)
		f->out_len = 0;
	f->host_there = there;
}

void sim_host_sync(struct sim_front *f)
{
	sim_host_look(f);
	sim_host_rate(f);
	sim_host_read(f);
}

static size_t hand_over(struct sim_front *f)
{
	if (sim_net_there(&f->net))
		return sim_net_write(&f->net, f->out, f->out_len);
	return sim_pty_write(&f->pty, f->out, f->out_len);
}

void sim_host_write(struct sim_front *f, sim_time now)
{
	size_t n;

	for (;;) {
		f->out_len += sim_link_receive(
		    f->link, f->out + f->out_len, sizeof(f->out) - f->out_len, now);
		if (f->out_len == 0 || !f->host_there)
			return;
		n = hand_over(f);
		if (n == 0)
			break;
		memmove(f->out, f->out + n, f->out_len - n);
		f->out_len -= n;
	}
	/* The host does not read: as in a UART without flow control, the newest is lost. */
	if (f->out_len == sizeof(f->out)) {
		uint8_t spill[256];

		while ((n = sim_link_receive(f->link, spill, sizeof(spill), now)) > 0)
			f->out_lost += n;
		sim_device_trace(sim_link_device(f->link), now, "overrun: %llu bytes lost so far",
		    (unsigned long long)f->out_lost);
	}
}

/* --- commands --------------------------------------------------------------------------------- */

/* "name=0" and "name=1" among the words; false when it is there with another value. */
static bool switch_word(const char *line, const char *name, bool *value)
{
	size_t n = strlen(name);
	const char *at = line;

	while ((at = strstr(at, name)) != NULL) {
		if (at > line && at[-1] == ' ' && at[n] == '=') {
			*value = at[n + 1] == '1';
			return (at[n + 1] == '0' || at[n + 1] == '1') &&
			       (at[n + 2] == ' ' || at[n + 2] == '\0');
		}
		at += n;
	}
	return true;
}

static const char *lines_text(struct sim_front *f, char *answer, size_t size)
{
	struct sim_lines s;

	sim_device_lines_state(sim_link_device(f->link), &s);
	snprintf(answer, size, "ok dtr=%d rts=%d cts=%d dsr=%d ri=%d dcd=%d", s.dtr, s.rts,
	    !!(f->modem & SIM_MODEM_CTS), !!(f->modem & SIM_MODEM_DSR), !!(f->modem & SIM_MODEM_RI),
	    !!(f->modem & SIM_MODEM_DCD));
	return answer;
}

static enum sim_host_did command_lines(struct sim_front *f, const char *line)
{
	struct sim_lines s;

	sim_device_lines_state(sim_link_device(f->link), &s);
	if (!switch_word(line, "dtr", &s.dtr) || !switch_word(line, "rts", &s.rts))
		return SIM_HOST_BAD;
	sim_link_lines(f->link, s.dtr, s.rts, sim_front_now(f));
	return SIM_HOST_OK;
}

static enum sim_host_did command_modem(struct sim_front *f, const char *line)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} inputs[] = {{"cts", SIM_MODEM_CTS}, {"dsr", SIM_MODEM_DSR}, {"ri", SIM_MODEM_RI},
	    {"dcd", SIM_MODEM_DCD}};
	uint8_t modem = f->modem;

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		bool on = modem & inputs[i].bit;

		if (!switch_word(line, inputs[i].name, &on))
			return SIM_HOST_BAD;
		modem = (uint8_t)((modem & ~inputs[i].bit) | (on ? inputs[i].bit : 0));
	}
	f->modem = modem;
	sim_net_modem(&f->net, modem);
	return SIM_HOST_OK;
}

static enum sim_host_did command_purge(struct sim_front *f, const char *what)
{
	bool both = strcmp(what, "both") == 0;
	bool rx = both || strcmp(what, "rx") == 0, tx = both || strcmp(what, "tx") == 0;

	if (!rx && !tx)
		return SIM_HOST_BAD;
	if (rx)
		f->out_len = 0;
	sim_link_purge(f->link, rx, tx, sim_front_now(f));
	return SIM_HOST_OK;
}

static enum sim_host_did command_latency(struct sim_front *f, const char *arg)
{
	char *end;
	long ms = strtol(arg, &end, 10);

	if (end == arg || *end || ms < 0 || ms > 255)
		return SIM_HOST_BAD;
	sim_link_latency(f->link, (uint32_t)ms * 1000, sim_front_now(f));
	return SIM_HOST_OK;
}

static enum sim_host_did command_replug(
    struct sim_front *f, const char *line, char *answer, size_t size)
{
	const char *name = strstr(line, " name="), *settle = strstr(line, " settle=");
	char word[32] = "";
	long ms = settle ? strtol(settle + 8, NULL, 10) : -1;

	if (name && sscanf(name, " name=%31s", word) != 1)
		return SIM_HOST_BAD;
	if (!sim_host_plug(f, name ? word : NULL, ms)) {
		snprintf(answer, size, "error %s", strerror(errno));
		return SIM_HOST_ANSWERED;
	}
	sim_link_replug(f->link, sim_front_now(f));
	return SIM_HOST_OK;
}

/* What the shim says of the port: each counts after all that was done to the pty before it. */
static enum sim_host_did command_port(
    struct sim_front *f, const char *line, char *answer, size_t size)
{
	sim_time now = sim_front_now(f);

	if (strcmp(line, "opened") == 0) {
		sim_link_lines(f->link, true, true, now); /* as the kernel does */
	} else if (strcmp(line, "lines") == 0) {
		lines_text(f, answer, size);
		return SIM_HOST_ANSWERED;
	} else if (strcmp(line, "backlog") == 0) {
		snprintf(answer, size, "ok %zu", sim_link_backlog(f->link));
		return SIM_HOST_ANSWERED;
	} else if (strncmp(line, "lines ", 6) == 0) {
		return command_lines(f, line);
	} else if (strcmp(line, "break on") == 0 || strcmp(line, "break off") == 0) {
		sim_link_break(f->link, line[7] == 'n', now);
	} else if (strncmp(line, "purge ", 6) == 0) {
		return command_purge(f, line + 6);
	} else if (strncmp(line, "latency ", 8) == 0) {
		return command_latency(f, line + 8);
	} else if (strncmp(line, "format ", 7) == 0) {
		on_format(f, line + 7);
	} else {
		return strcmp(line, "sync") == 0 ? SIM_HOST_OK : SIM_HOST_UNKNOWN;
	}
	return SIM_HOST_OK;
}

enum sim_host_did sim_host_command(struct sim_front *f, const char *line, char *answer, size_t size)
{
	if (strcmp(line, "replug") == 0 || strncmp(line, "replug ", 7) == 0)
		return command_replug(f, line, answer, size);
	if (strncmp(line, "modem ", 6) == 0)
		return command_modem(f, line);
	if (strncmp(line, "net ", 4) == 0)
		return sim_net_fault(&f->net, line + 4) ? SIM_HOST_OK : SIM_HOST_BAD;
	sim_host_sync(f);
	return command_port(f, line, answer, size);
}
