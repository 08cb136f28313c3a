/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The device's own web server, as far as an upgrade by its page needs it: /up, /u1, /u2, /u4, /cm
 * (tasmota.md section 7; Tasmota's source, webserver of 6.1.1, 9.4 and 15.2). One client at a time.
 * The file goes to the updater when all of it is there; so the answer comes at the end of the request,
 * as it does from a real one, whatever was wrong with it. Oddities of the real ones are played too:
 * builds up to 9.3 keep refusing after a failure until /up is asked for, and who gives no password
 * is told so at the end only, when the file has been taken.
 */
#include "tasmota_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MANAGER_IP 0xC0A80401u /* 192.168.4.1 */
#define BODY_MAX   (16u * 1024 * 1024)
#define PAGE_MAX   6000

static bool late(const struct sim_app *a)
{
	return tas_min(a, 9, 4, 0, 0);
}

/* ---- the way out -------------------------------------------------------------------------------- */

static void out(struct sim_app *a, const char *text, size_t n)
{
	a->host.web->send(a->host.web->ctx, text, n);
}

static void done(struct sim_app *a)
{
	struct tas_web *w = &a->web;

	free(w->data);
	w->data = NULL;
	w->client = w->body = w->told = false;
	w->head_n = w->size = w->got = 0;
	a->host.web->close(a->host.web->ctx);
}

static void answer(struct sim_app *a, const char *status, const char *type, const char *body)
{
	/* Pages are made while they are sent since 6.5: in pieces, or up to the connection's end. */
	bool pieces = tas_min(a, 6, 5, 0, 0) && strstr(a->web.head, " HTTP/1.1\r\n");
	char head[400], size[60];
	size_t n = strlen(body);

	*size = 0;
	if (pieces)
		snprintf(size, sizeof(size), "Transfer-Encoding: chunked\r\n");
	else if (!tas_min(a, 6, 5, 0, 0))
		snprintf(size, sizeof(size), "Content-Length: %zu\r\n", n);
	snprintf(head, sizeof(head),
	    "HTTP/1.%c %s\r\nContent-Type: %s\r\n%s%sConnection: close\r\n\r\n", pieces ? '1' : '0',
	    status, type, size,
	    !strncmp(status, "401", 3) ? "WWW-Authenticate: Basic realm=\"Login Required\"\r\n"
				       : "");
	out(a, head, strlen(head));
	for (size_t at = 0; at < n; at += 300) { /* not where words end */
		size_t part = n - at < 300 ? n - at : 300;

		snprintf(size, sizeof(size), "%zx\r\n", part);
		if (pieces)
			out(a, size, strlen(size));
		out(a, body + at, part);
		if (pieces)
			out(a, "\r\n", 2);
	}
	if (pieces)
		out(a, "0\r\n\r\n", 5);
	done(a);
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
page(struct sim_app *a, const char *fmt, ...)
{
	char body[3000], text[PAGE_MAX], version[40];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(body, sizeof(body), fmt, ap);
	va_end(ap);
	tas_version_text(a, version, sizeof(version));
	snprintf(text, sizeof(text),
	    "<!DOCTYPE html><html lang=\"en\"><head><meta charset='utf-8'><title>%s</title>"
	    "<script>var x=null;function eb(s){return document.getElementById(s);}</script>"
	    "<style>td{padding:0px;}</style></head><body>"
	    "<div style='text-align:left;display:inline-block;'>%s<h2>%s</h2>%s<br/>"
	    "<div style='text-align:right;font-size:11px;'><hr/><a href='#'>%s %s by Theo "
	    "Arends</a></div></div></body></html>",
	    a->hostname, a->b.minimal ? "<h3>MINIMAL firmware - please upgrade</h3>" : "",
	    a->hostname, body, tas_min(a, 7, 0, 0, 0) ? "Tasmota" : "Sonoff-Tasmota", version);
	answer(a, "200 OK", "text/html", text);
}

/* ---- what is asked for -------------------------------------------------------------------------- */

/* The value of a header, NULL: none. */
static const char *header(const struct tas_web *w, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = strstr(w->head, "\r\n"); p; p = strstr(p + 2, "\r\n"))
		if (!strncasecmp(p + 2, name, n) && p[2 + n] == ':')
			return p + 3 + n + strspn(p + 3 + n, " ");
	return NULL;
}

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

/* An argument of the request's address, decoded; false: it has none of that name. */
static bool argument(const struct tas_web *w, const char *name, char *dst, size_t size)
{
	const char *p = strpbrk(w->head, " "), *end = p ? strpbrk(p + 1, " \r") : NULL;
	size_t n = strlen(name), k = 0;

	*dst = 0;
	p = p ? strchr(p, '?') : NULL;
	for (; p && end && p < end; p = strchr(p + 1, '&'))
		if (!strncmp(p + 1, name, n) && (p[1 + n] == '=' || p + 1 + n == end))
			break;
	if (!p || !end || p >= end)
		return false;
	for (p += 1 + n + (p[1 + n] == '='); p < end && *p != '&' && k + 1 < size; p++) {
		if (*p == '%' && digit(p[1]) >= 0 && digit(p[2]) >= 0) {
			dst[k++] = (char)(digit(p[1]) << 4 | digit(p[2]));
			p += 2;
		} else {
			dst[k++] = *p == '+' ? ' ' : *p;
		}
	}
	dst[k] = 0;
	return true;
}

static bool asks_for(const struct tas_web *w, const char *method, const char *path)
{
	size_t m = strlen(method), n = strlen(path);

	return !strncmp(w->head, method, m) && w->head[m] == ' ' &&
	       !strncmp(w->head + m + 1, path, n) && strchr(" ?", w->head[m + 1 + n]);
}

static void base64(char *dst, const char *src)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t n = strlen(src); n; src += n < 3 ? n : 3, n -= n < 3 ? n : 3) {
		unsigned b = n > 1 ? (unsigned char)src[1] : 0;
		unsigned c = n > 2 ? (unsigned char)src[2] : 0;

		*dst++ = digits[(unsigned char)src[0] >> 2];
		*dst++ = digits[((unsigned char)src[0] & 3) << 4 | b >> 4];
		*dst++ = n > 1 ? digits[(b & 15) << 2 | c >> 6] : '=';
		*dst++ = n > 2 ? digits[c & 63] : '=';
	}
	*dst = 0;
}

static bool knows_password(const struct sim_app *a)
{
	char password[64], plain[80], code[120];
	const char *given = header(&a->web, "Authorization");

	if (!*tas_get(a, "WebPassword", password, sizeof(password)))
		return true;
	snprintf(plain, sizeof(plain), "admin:%s", password);
	base64(code, plain);
	return given && !strncmp(given, "Basic ", 6) && !strncmp(given + 6, code, strlen(code)) &&
	       strchr("\r ", given[6 + strlen(code)]);
}

static bool refused(struct sim_app *a)
{
	if (knows_password(a))
		return false;
	answer(a, "401 Unauthorized", "text/html", "");
	return true;
}

/* ---- the upload --------------------------------------------------------------------------------- */

static const char *const ERRORS[] = {"", "No file selected", "Not enough space",
    "Magic byte is not 0xE9", "Program flash size is larger than real flash size",
    "Upload buffer miscompare", "Upload failed. Enable logging 3", "Upload aborted"};

static const char *error_text(const struct sim_app *a)
{
	return a->web.error == 3 && late(a) ? "Invalid file signature" : ERRORS[a->web.error];
}

struct part {
	const uint8_t *p;
	size_t n;
	char file[80];
};

static const uint8_t *find(const uint8_t *p, size_t n, const char *what, size_t m)
{
	for (; n >= m; p++, n--)
		if (!memcmp(p, what, m))
			return p;
	return NULL;
}

/* The file in a form's body, as far as it has come: n is without the end mark when all is there. */
static bool file_part(const struct tas_web *w, struct part *out_part)
{
	const char *type = header(w, "Content-Type"),
		   *mark = type ? strstr(type, "boundary=") : NULL;
	const uint8_t *start = w->data ? find(w->data, w->got, "\r\n\r\n", 4) : NULL, *name, *end;
	char text[90];

	memset(out_part, 0, sizeof(*out_part));
	if (!mark || !start)
		return false;
	snprintf(text, sizeof(text), "\r\n--%.*s", (int)strcspn(mark + 9, "\r;"), mark + 9);
	name = find(w->data, (size_t)(start - w->data), "filename=\"", 10);
	for (size_t i = 0; name && name + 10 + i < start && name[10 + i] != '"' && i < 79; i++)
		out_part->file[i] = (char)name[10 + i];
	out_part->p = start + 4;
	out_part->n = w->got - (size_t)(start + 4 - w->data);
	end = find(out_part->p, out_part->n, text, strlen(text));
	if (end)
		out_part->n = (size_t)(end - out_part->p);
	return true;
}

/* The updater begins with what is free less a sector. An ESP32 that runs from its only place has
 * nothing that it could write to (what a real one then does was not seen). */
static int judge(const struct sim_app *a, const struct part *f)
{
	struct sim_update_fault fault;
	uint32_t room = tas_ota_free(a);
	int wrong;

	tas_ota_fault(a, &fault);
	if (!f->file[0])
		return 1;
	if (a->host.slots && !room)
		return 6;
	wrong = f->n < 4 ? 3 : tas_ota_magic(a, f->p);
	if (wrong)
		return wrong;
	room = fault.room < room ? fault.room : room;
	if (!a->host.slots)
		room = room > 4096 ? (room - 4096) & ~4095u : 0;
	if (f->n > room)
		return late(a) ? 2 : 5;
	return 0;
}

static void told_file(struct sim_app *a)
{
	struct part f;

	if (a->web.told || !file_part(&a->web, &f))
		return;
	a->web.told = true;
	if (a->web.error && !late(a))
		return; /* it does not even look */
	a->web.error = 0;
	tas_log(a, TAS_INFO, tas_min(a, 8, 0, 0, 0) ? "UPL: File %s" : "UPL: File %s ...", f.file);
}

static void take_file(struct sim_app *a)
{
	struct part f;

	told_file(a);
	if (!a->web.error) {
		a->web.error = file_part(&a->web, &f) ? judge(a, &f) : 1;
		if (!a->web.error && !tas_ota_put(a, f.p, (uint32_t)f.n))
			a->web.error = 6;
		if (!a->web.error)
			tas_log(a, TAS_INFO, "UPL: Successful %zu bytes%s", f.n,
			    tas_min(a, 8, 0, 0, 0) ? "" : ". Restarting");
	}
	if (refused(a))
		return;
	tas_log(a, TAS_DEBUG, "HTP: Upload done");
	if (a->web.error) {
		tas_log(a, TAS_DEBUG, "Upload: %s", error_text(a));
		page(a,
		    "<div style='text-align:center;'><b>Upload <font color='red'>Failed</font></b>"
		    "<br/><br/>%s</div>",
		    error_text(a));
		if (late(a))
			a->web.error = 0;
		return;
	}
	page(a, "<div style='text-align:center;'><b>Upload <font color='green'>Successful</font>"
		"</b><br/>Device will restart in a few seconds</div>");
	a->restart_flag = 2;
}

/* ---- the other pages ---------------------------------------------------------------------------- */

static void upgrade_page(struct sim_app *a)
{
	char url[128];

	if (refused(a))
		return;
	tas_log(a, TAS_DEBUG, "HTP: Firmware Upgrade");
	a->web.error = 0;
	page(a,
	    "<form method='get' action='u1'><input id='o' name='o' value='%s'></form>"
	    "<form method='post' action='u2' enctype='multipart/form-data'>"
	    "<input type='file' name='u2'></form>",
	    tas_get(a, "OtaUrl", url, sizeof(url)));
}

static void upgrade_from(struct sim_app *a)
{
	char url[128], line[160];

	if (refused(a))
		return;
	tas_log(a, TAS_DEBUG, "HTP: Upgrade started");
	if (argument(&a->web, "o", url, sizeof(url)) && *url) {
		snprintf(line, sizeof(line), "OtaUrl %s", url);
		tas_con_execute(a, line, "WebGui");
	}
	page(a, "<b>Upgrade started ...</b>");
	tas_con_execute(a, "Upgrade 1", "WebGui");
}

/* Which program runs, and to safeboot for an upload: true, false (it restarts), none. */
static void which_program(struct sim_app *a)
{
	const struct sim_slots *s = a->host.slots;
	char want[8];
	bool single = s->has_safeboot(a->host.ctx), in = s->in_safeboot(a->host.ctx);

	if (refused(a))
		return;
	(void)argument(&a->web, "u4", want, sizeof(want));
	if (!strcmp(want, "fct") && single && !in) {
		answer(a, "200 OK", "text/plain", "false");
		s->to_safeboot(a->host.ctx);
		tas_restart(a);
		return;
	}
	answer(a, "200 OK", "text/plain", single ? "true" : "none");
}

void tas_web_note(struct sim_app *a, const char *payload)
{
	struct tas_web *w = &a->web;
	size_t n = strlen(payload);

	/* The members of all answers in one object. */
	if (!w->capture || n < 2 || *payload != '{' || w->captured + n + 2 >= PAGE_MAX)
		return;
	if (w->captured > 1)
		w->capture[w->captured++] = ',';
	memcpy(w->capture + w->captured, payload + 1, n - 2);
	w->captured += n - 2;
	w->capture[w->captured] = 0;
}

static void command(struct sim_app *a)
{
	char line[200], user[40], password[64], mine[64], text[PAGE_MAX] = "{";
	bool may =
	    knows_password(a) && (tas_min(a, 9, 0, 0, 0) || header(&a->web, "Authorization"));

	(void)argument(&a->web, "user", user, sizeof(user));
	(void)argument(&a->web, "password", password, sizeof(password));
	tas_get(a, "WebPassword", mine, sizeof(mine));
	if (!may && *mine && (strcmp(user, "admin") || strcmp(password, mine))) {
		answer(a, late(a) ? "401 Unauthorized" : "200 OK", "application/json",
		    "{\"WARNING\":\"Need user=<username>&password=<password>\"}");
		return;
	}
	if (!argument(&a->web, "cmnd", line, sizeof(line)) || !*line) {
		answer(a, "200 OK", "application/json", "{\"WARNING\":\"Enter command cmnd=\"}");
		return;
	}
	a->web.capture = text;
	a->web.captured = 1;
	tas_con_execute(a, line, "WebCommand");
	a->web.capture = NULL;
	snprintf(text + a->web.captured, sizeof(text) - a->web.captured, "}");
	answer(a, "200 OK", "application/json", text);
}

static void request(struct sim_app *a)
{
	struct tas_web *w = &a->web;

	if (tas_num(a, "Webserver") == 1 && a->wifi.web == 1)
		page(a, "<div id='l1' name='l1'></div>"); /* for users: the main page alone */
	else if (asks_for(w, "POST", "/u2"))
		take_file(a);
	else if (asks_for(w, "GET", "/up"))
		upgrade_page(a);
	else if (asks_for(w, "GET", "/u1"))
		upgrade_from(a);
	else if (asks_for(w, "GET", "/u4") && a->host.slots && tas_min(a, 12, 0, 0, 0))
		which_program(a);
	else if (asks_for(w, "GET", "/cm"))
		command(a);
	else if (!asks_for(w, "GET", "/"))
		answer(a, "404 Not Found", "text/plain", "File Not Found\n\nURI: ?\n");
	else if (!refused(a))
		page(a, "<div id='l1' name='l1'></div>");
}

/* ---- the client --------------------------------------------------------------------------------- */

static void body_begins(struct sim_app *a)
{
	struct tas_web *w = &a->web;
	const char *length = header(w, "Content-Length");
	unsigned long n = length ? strtoul(length, NULL, 10) : 0;

	if (strncmp(w->head, "POST ", 5) || !n) {
		request(a);
		return;
	}
	if (n > BODY_MAX) {
		done(a);
		return;
	}
	w->size = n;
	w->data = malloc(n);
	if (!w->data)
		abort();
	w->body = true;
}

static void body_grows(struct sim_app *a, const uint8_t *p, size_t n)
{
	struct tas_web *w = &a->web;

	if (n > w->size - w->got)
		n = w->size - w->got;
	memcpy(w->data + w->got, p, n);
	w->got += n;
	if (w->got < 4096 || w->got == w->size)
		told_file(a);
	if (w->got == w->size)
		request(a);
}

static void data(struct sim_app *a, const uint8_t *p, size_t n)
{
	struct tas_web *w = &a->web;

	for (; n && w->client && !w->body; p++, n--) {
		if (w->head_n == sizeof(w->head) - 1) {
			done(a);
			return;
		}
		w->head[w->head_n++] = (char)*p;
		w->head[w->head_n] = 0;
		if (w->head_n > 3 && !memcmp(w->head + w->head_n - 4, "\r\n\r\n", 4))
			body_begins(a);
	}
	if (n && w->client)
		body_grows(a, p, n);
}

void sim_app_web(
    struct sim_app *a, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now)
{
	struct tas_web *w = &a->web;

	sim_app_tick(a, now);
	if (!a->running || !a->up || !w->ip)
		return;
	if (ev == SIM_RADIO_UP) {
		w->client = true;
		w->head_n = 0;
	} else if (ev == SIM_RADIO_DATA && w->client) {
		data(a, bytes, n);
	} else if (ev == SIM_RADIO_END && w->client) {
		if (w->body && asks_for(w, "POST", "/u2") && w->told)
			w->error = 7;
		done(a);
	}
}

/* ---- where it is -------------------------------------------------------------------------------- */

static bool there(const struct sim_app *a)
{
	return a->host.web && a->host.web->listen;
}

static void listen_at(struct sim_app *a, uint32_t ip)
{
	if (a->web.ip == ip || !there(a))
		return;
	a->web.ip = ip;
	if (a->web.client)
		done(a);
	a->host.web->listen(a->host.web->ctx, ip);
}

void tas_web_stop(struct sim_app *a)
{
	listen_at(a, 0);
	a->web.error = 0;
}

void tas_web_second(struct sim_app *a)
{
	uint32_t ip = 0;

	if (a->wifi.web == 2 && a->world.softap)
		ip = MANAGER_IP;
	else if (a->wifi.web == 1 && tas_wifi_up(a))
		ip = a->world.ip;
	listen_at(a, ip);
}
