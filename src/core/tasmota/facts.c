/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the log tells of the device. Lines are matched by their structure, since most words are
 * translated in other builds: the ROM's banner, Tasmota's project line, a few lines by their tag.
 * Most lines (results, MQTT, Wi-Fi) are put aside after a look at the four bytes of the tag.
 */
#include "tasmite/core/tasmota/facts.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"

/* Longer lines say nothing that is looked for behind this. */
#define LINE_MAX_LOOK 400
/* Garbage that a change of speed leaves before the first readable byte. */
#define GARBAGE_MAX 120
/* Bytes that has_marks looks at in one go. */
#define MARKS_BLOCK 64

/* A piece of a line. */
struct text {
	const char *p;
	size_t n;
};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Index of what in t, or t.n. */
static size_t find(struct text t, const char *what)
{
	size_t m = strlen(what);
	const char *p = t.p, *end = t.p + t.n;

	while ((size_t)(end - p) >= m) {
		p = memchr(p, what[0], (size_t)(end - p) - m + 1);
		if (!p)
			break;
		if (!memcmp(p, what, m))
			return (size_t)(p - t.p);
		p++;
	}
	return t.n;
}

static bool has(struct text t, const char *what)
{
	return find(t, what) < t.n;
}

static bool starts(struct text t, const char *what)
{
	size_t m = strlen(what);

	return t.n >= m && !memcmp(t.p, what, m);
}

static struct text from(struct text t, size_t at)
{
	at = at < t.n ? at : t.n;
	t.p += at;
	t.n -= at;
	return t;
}

static struct text upto(struct text t, size_t n)
{
	t.n = n < t.n ? n : t.n;
	return t;
}

static struct text trim(struct text t)
{
	while (t.n && (t.p[t.n - 1] == ' ' || t.p[t.n - 1] == '\r' || t.p[t.n - 1] == '\t'))
		t.n--;
	while (t.n && *t.p == ' ')
		t = from(t, 1);
	return t;
}

/* The last word; t becomes what stands before it. */
static struct text pop_word(struct text *t)
{
	struct text w;
	size_t i;

	*t = trim(*t);
	i = t->n;
	while (i && t->p[i - 1] != ' ')
		i--;
	w = from(*t, i);
	*t = trim(upto(*t, i));
	return w;
}

/* The first word; t becomes what stands behind it. */
static struct text take_word(struct text *t)
{
	struct text w;

	*t = trim(*t);
	w = upto(*t, find(*t, " "));
	*t = trim(from(*t, w.n));
	return w;
}

/* A decimal number of at most 7 digits at the start; -1 when there is none. */
static int number(struct text t, size_t *len)
{
	int v = 0;
	size_t i = 0;

	while (i < t.n && i < 7 && digit(t.p[i]))
		v = v * 10 + (t.p[i++] - '0');
	if (len)
		*len = i;
	return i && (i == t.n || !digit(t.p[i])) ? v : -1;
}

/* Copies printable bytes only; what the device sends is not trusted. True when dst changed. */
static bool set_text(char *dst, size_t size, struct text t)
{
	char tmp[128];
	size_t n = 0;

	for (size_t i = 0; i < t.n && n + 1 < sizeof(tmp); i++)
		if ((unsigned char)t.p[i] >= 0x20 && t.p[i] != 0x7f)
			tmp[n++] = t.p[i];
	tmp[n] = 0;
	if (size < sizeof(tmp))
		tmp[size - 1] = 0;
	if (!strcmp(dst, tmp))
		return false;
	(void)str_copy(dst, size, tmp); /* cut at a character's boundary */
	return true;
}

/* ---- boots ---------------------------------------------------------------------------------------- */

static void new_boot(struct facts *f, mono_t now)
{
	f->boots++;
	f->boot_time = now;
	f->address[0] = 0;
	f->not_tasmota = false;
	f->serial_log_off = false;
	f->in_loader = false;
	f->revision++;
}

/* Something but the loader has spoken. */
static void leave_loader(struct facts *f)
{
	if (!f->in_loader)
		return;
	f->in_loader = false;
	f->revision++;
}

/* "ets Jan  8 2013,rst cause:2, boot mode:(3,6)" of the ESP8266, seen at 74880 baud. */
static bool rom_banner(struct facts *f, struct text t, mono_t now)
{
	size_t at = find(t, "rst cause:");
	struct text rest;
	int cause, mode;

	if (at == t.n)
		return false;
	rest = from(t, at + 10);
	cause = number(rest, NULL);
	at = find(rest, "boot mode:(");
	if (cause < 0 || at == rest.n)
		return false;
	mode = number(from(rest, at + 11), NULL);
	if (mode < 0)
		return false;
	new_boot(f, now);
	f->rom_seen = true;
	f->reset_cause = cause;
	f->boot_mode = mode;
	f->in_loader = mode == 1;
	return true;
}

/* The ROMs of the ESP32 family say "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)". */
static bool rom32_banner(struct facts *f, struct text t, mono_t now)
{
	size_t at = find(t, "rst:0x");

	if (at == t.n || !has(from(t, at), ",boot:0x"))
		return false;
	new_boot(f, now);
	f->rom_seen = true;
	f->reset_cause = -1;
	f->boot_mode = -1;
	return true;
}

/* ---- the project line -------------------------------------------------------------------------------- */

struct project {
	struct text name, topic, version, image, core;
	bool minimal;
};

/* "6.1.1", "14.2.0.4", "5.12.0a": two points at least. Returns its length. */
static size_t version_length(struct text t)
{
	size_t i = 0, points = 0;

	while (i < t.n && (digit(t.p[i]) || (t.p[i] == '.' && i && digit(t.p[i - 1])))) {
		points += t.p[i] == '.';
		i++;
	}
	if (points < 2 || points > 3 || !digit(t.p[i - 1]))
		return 0;
	if (i < t.n && t.p[i] >= 'a' && t.p[i] <= 'z')
		i++;
	return i;
}

/* VERSION[-minimal][(IMAGE)][-CORE][(BUILT)] as one word without blanks. */
static bool parse_version(struct text w, struct project *p)
{
	size_t n = version_length(w);

	if (!n)
		return false;
	p->version = upto(w, n);
	w = from(w, n);
	if (starts(w, "-minimal")) {
		p->minimal = true;
		w = from(w, 8);
	}
	if (starts(w, "(")) {
		n = find(w, ")");
		if (n == w.n)
			return false;
		p->image = from(upto(w, n), 1);
		w = from(w, n + 1);
	}
	if (starts(w, "-")) {
		n = find(w, "(");
		p->core = from(upto(w, n), 1);
		w = from(w, n);
	}
	return !w.n || starts(w, "(");
}

/* Behind the word for "project", which is one word but for the Vietnamese. */
static struct text project_name(struct text *t)
{
	struct text w = take_word(t);

	if (w.n == 4 && !memcmp(w.p, "D\xe1\xbb\xb1", 4))
		(void)take_word(t);
	return take_word(t);
}

/* <word> <project> <name> (Topic <topic>, <word> <fallback>, GroupTopic <group>) <word> <version>:
 * 4.x to 6.7. */
static bool project_old(struct text t, struct project *p)
{
	size_t at = find(t, " (Topic ");
	struct text head, inner, tail;

	if (at == t.n)
		return false;
	head = upto(t, at);
	inner = from(t, at + 8);
	at = find(inner, ")");
	if (at == inner.n || !has(upto(inner, at), "Group"))
		return false;
	tail = from(inner, at + 1);
	p->topic = upto(inner, find(inner, ","));
	if (!parse_version(pop_word(&tail), p) || !tail.n)
		return false;
	p->name = project_name(&head);
	return p->name.n > 0;
}

/* <word> <project> [- ]<name> <word> <version>(<image>)-<core>[(<built>)]: 6.7 to now. */
static bool project_new(struct text t, struct project *p)
{
	struct text word = pop_word(&t);

	if (!word.n || !digit(word.p[0]) || !parse_version(word, p) || !p->core.n || !p->image.p)
		return false;
	p->name = project_name(&t);
	return p->name.n > 0 && t.n > 0;
}

static void set_project(struct facts *f, const struct project *p, mono_t now)
{
	char version[sizeof(f->version)] = "";
	struct text minimal = {"minimal", 7};

	if (!f->rom_seen)
		new_boot(f, now); /* a software restart, or the banner came in at another speed */
	f->rom_seen = false;
	f->in_loader = false;
	f->not_tasmota = false;
	f->boot_time = now;
	(void)set_text(version, sizeof(version), p->version);
	(void)set_text(f->version, sizeof(f->version), p->version);
	(void)set_text(f->variant, sizeof(f->variant), p->minimal ? minimal : p->image);
	(void)set_text(f->core, sizeof(f->core), p->core);
	(void)set_text(f->project, sizeof(f->project), p->name);
	(void)set_text(f->topic, sizeof(f->topic), p->topic);
	/* It took its present name with 7.0. */
	(void)str_fmt(f->firmware, sizeof(f->firmware), "%s %s",
	    atoi(version) < 7 ? "Sonoff-Tasmota" : "Tasmota", version);
	f->revision++;
}

static bool project_line(struct facts *f, struct text t, mono_t now)
{
	struct project p;

	t = trim(t);
	/* Both forms have something in parentheses. */
	if (t.n < 20 || !memchr(t.p, '(', t.n))
		return false;
	if (starts(t, "APP: ")) /* 2017 */
		t = from(t, 5);
	memset(&p, 0, sizeof(p));
	if (!project_old(t, &p)) {
		memset(&p, 0, sizeof(p));
		if (!project_new(t, &p))
			return false;
	}
	set_project(f, &p, now);
	return true;
}

/* ---- lines by tag ------------------------------------------------------------------------------------- */

/* Length of the dotted address that t begins with, and that is a word of its own. */
static size_t address_length(struct text t)
{
	size_t i = 0;

	for (unsigned part = 0; part < 4; part++) {
		size_t len;
		int v = number(from(t, i), &len);

		if (v < 0 || v > 255)
			return 0;
		i += len;
		if (part < 3 && (i >= t.n || t.p[i++] != '.'))
			return 0;
	}
	return i == t.n || t.p[i] == ' ' || t.p[i] == ',' ? i : 0;
}

static void set_address(struct facts *f, struct text t)
{
	if (set_text(f->address, sizeof(f->address), t))
		f->revision++;
}

/* The host is the word that ends in ".local", or holds a digit or "-" (sonoff-1234); a name of
 * letters only is found behind the English words. */
static struct text find_host(struct text before)
{
	static const char english[] = "active on ";
	struct text rest = before, none = {"", 0};

	while (rest.n) {
		struct text w = take_word(&rest);

		if (w.n > 6 && !memcmp(w.p + w.n - 6, ".local", 6))
			return upto(w, w.n - 6);
	}
	if (has(before, english)) {
		rest = from(before, find(before, english) + sizeof(english) - 1);
		return take_word(&rest);
	}
	for (rest = before; rest.n;) {
		struct text w = take_word(&rest);
		bool named = false;

		for (size_t i = 0; i < w.n; i++)
			named = named || digit(w.p[i]);
		if (named && w.p[0] != '(')
			return w;
	}
	return none;
}

static size_t words(struct text t)
{
	size_t n = 0;

	while (take_word(&t).n)
		n++;
	return n;
}

/* HTP: Web server active on <host>[.local] with IP address <a.b.c.d>; words in any language. */
static void web_line(struct facts *f, struct text t)
{
	struct text host;
	size_t at = 0, len = 0;

	for (at = 1; at < t.n && !len; at++)
		if (digit(t.p[at]) && strchr(" :", t.p[at - 1]))
			len = address_length(from(t, at));
	if (!len) {
		if (has(t, "(IP unset)") && f->address[0])
			set_address(f, upto(t, 0));
		return;
	}
	at--;
	if (words(upto(t, at)) < 3)
		return; /* some other line of the web server */
	set_address(f, upto(from(t, at), len));
	host = find_host(upto(t, at));
	if (host.n && set_text(f->hostname, sizeof(f->hostname), host))
		f->revision++;
}

static void set_baud(struct facts *f, int baud)
{
	if (baud < 300 || baud > 4000000)
		return;
	f->device_baud = (uint32_t)baud;
	f->rate_lines++;
	f->revision++; /* said again is news too: the port has to follow again */
}

/* "Serial logging disabled" in the languages that the releases were built in. */
static const char *const log_off_words[] = {
    "Journalisation série désactivée",
    "Log serial deshabilitado",
    "Log seriale disabilitato",
    "Logare serială dezactivată",
    "Logovanie na sériovom porte ukončené",
    "Logování na sériovém portu ukončeno",
    "Registre Sèrie deshabilitat",
    "Registro Serial desabilitado",
    "Registro attività seriale disabilitato",
    "Registro de porta série desabilitado",
    "Registro em serie desabilitado",
    "Registro em série desabilitado",
    "Seri port loglaması kapalı",
    "Serial log 사용 안함",
    "Serial logging disabled",
    "Serial logging útskeakele",
    "Serial logging вимкнений",
    "Serial logging отключен",
    "Serial logolás kikapcsolva",
    "Serial журнал вимкнений",
    "Serial логирование выключено",
    "Serieel logging uitgeschakeld",
    "Seriell loggning inaktiverad",
    "Serielles Logging deaktiviert",
    "Serijinis logging išjungtas",
    "Soros naplózás kikapcsolva",
    "Syslog-logging is uitgeskakel",
    "Wyłączony dziennik na porcie szeregowym",
    "Η καταγραφή σειριακής θύρας είναι απενεργοποιημένη",
    "Η σειριακής καταγραφή απενεργοποιήθηκε",
    "Серийния логинг изключен",
    "Серийният дневник е изключен",
    "Серийният лог изключен",
    "רישום טורי מושבת",
    "串口日志已禁用",
    "串口日誌已禁用",
    "已停用序列埠日誌",
};

static bool usual_baud(int v)
{
	static const int rates[] = {
	    9600, 19200, 38400, 57600, 74880, 115200, 230400, 460800, 921600};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (v == rates[i])
			return true;
	return false;
}

/* t is what follows "APP: ". */
static void app_line(struct facts *f, struct text t)
{
	struct text all = t;
	int baud;

	for (size_t i = 0; i < sizeof(log_off_words) / sizeof(log_off_words[0]); i++) {
		if (t.n != strlen(log_off_words[i]) || !starts(t, log_off_words[i]))
			continue;
		if (!f->serial_log_off)
			f->revision++;
		f->serial_log_off = true;
		return;
	}
	/* "Set Baudrate to N": the word "baudrate" stays in most languages, and the number is last.
	 * In the others only a usual rate tells it from a count. */
	baud = number(pop_word(&t), NULL);
	if (has(all, "audrate") || usual_baud(baud))
		set_baud(f, baud);
}

/* SER: Set to 8N1 115200 bit/s */
static void ser_line(struct facts *f, struct text t)
{
	size_t at = find(t, "Set to ");
	struct text format;

	if (at == t.n)
		return;
	t = from(t, at + 7);
	format = take_word(&t);
	if (!has(t, " bit/s"))
		return;
	(void)set_text(f->device_format, sizeof(f->device_format), format);
	set_baud(f, number(t, NULL));
}

/* {"SerialLog":"2 (Active 2)"}, {"SerialLog":{"2":{"Active":"2"}}}, {"SerialLog":2}: from 1 on the
 * log speaks again. */
static void serial_log_answer(struct facts *f, struct text t)
{
	size_t at = find(t, "{\"SerialLog\":");

	if (at == t.n)
		return;
	t = from(t, at + 13);
	while (t.n && !digit(*t.p) && *t.p != '}')
		t = from(t, 1);
	if (number(t, NULL) < 1)
		return;
	f->serial_log_off = false;
	f->revision++;
}

/* A tag is three capitals (or "mDN"), a colon and a blank. True when the line is dealt with. */
static bool tagged_line(struct facts *f, struct text t, mono_t now)
{
	if (starts(t, "HTTP: ")) /* 2017 */
		t = from(t, 1);
	if (t.n < 5 || t.p[3] != ':' || t.p[4] != ' ')
		return false;
	leave_loader(f);
	switch (t.p[0]) {
	case 'R':
	case 'M':
		if (f->serial_log_off)
			serial_log_answer(f, t);
		break;
	case 'A':
		if (starts(t, "APP: ") && !project_line(f, t, now))
			app_line(f, trim(from(t, 5)));
		break;
	case 'S':
		if (starts(t, "SER: "))
			ser_line(f, from(t, 5));
		break;
	case 'H':
	case 'T': /* what is left of HTTP */
		if (starts(t, "HTP: ") || starts(t, "TTP: "))
			web_line(f, from(t, 4));
		break;
	case 'W':
		if (starts(t, "WIF: IPv4 ") && address_length(from(t, 10)))
			set_address(f, upto(from(t, 10), address_length(from(t, 10))));
		break;
	default:
		break;
	}
	return true;
}

/* ---- lines ---------------------------------------------------------------------------------------------- */

/* Length of "HH:MM:SS[.mmm][-HHH[/FF]] " at the start (the device's clock), 0 when it is not. */
static size_t clock_length(struct text t)
{
	static const char shape[] = "00:00:00";
	size_t i;

	if (t.n < 9)
		return 0;
	for (i = 0; i < 8; i++)
		if (shape[i] == '0' ? !digit(t.p[i]) : t.p[i] != shape[i])
			return 0;
	while (
	    i < t.n && i < 20 && (digit(t.p[i]) || t.p[i] == '.' || t.p[i] == '-' || t.p[i] == '/'))
		i++;
	return i < t.n && t.p[i] == ' ' ? i + 1 : 0;
}

/* Behind the clock, and behind garbage before it; false when there is no clock. */
static bool skip_clock(struct text *t)
{
	for (size_t i = 0; i < t->n && i < GARBAGE_MAX; i++) {
		size_t n = t->p[i] >= '0' && t->p[i] <= '9' ? clock_length(from(*t, i)) : 0;

		if (n) {
			*t = from(*t, i + n);
			if (starts(*t, "-> ")) /* that was a terminal's stamp */
				*t = from(*t, 3);
			*t = from(*t, clock_length(*t));
			return true;
		}
	}
	return false;
}

/* Words that only other firmware says at its start. Each is looked for by three of its letters, see
 * has_marks. */
static bool foreign_line(struct text t)
{
	static const char *const words[] = {"ESPURNA", "ESPEasy", "INIT : Booting version",
	    "ESPHome version", "Shelly", "eWeLink", "WLED", "Ai-Thinker Technology", "fw ver",
	    "sdk ver", "sonoffRF"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has(t, words[i]))
			return true;
	return false;
}

/* Three letters of each word that plain_line looks for stand in the line. Most lines end here: no
 * branch within a block, so that the compiler takes many bytes at a time. */
static bool has_marks(struct text t)
{
	uint8_t line[LINE_MAX_LOOK + MARKS_BLOCK + 2];

	memcpy(line, t.p, t.n);
	memset(line + t.n, 0, MARKS_BLOCK + 2);
	for (size_t at = 0; at < t.n; at += MARKS_BLOCK) {
		const uint8_t *a = line + at, *b = a + 1, *c = a + 2;
		uint8_t hit = 0;

#define MARK(x, y, z) ((a[i] == (x)) & (b[i] == (y)) & (c[i] == (z)))
		for (size_t i = 0; i < MARKS_BLOCK; i++)
			hit |= (uint8_t)(MARK('r', 's', 't') | MARK('E', 'S', 'P') |
					 MARK('I', 'N', 'I') | MARK('S', 'h', 'e') |
					 MARK('e', 'W', 'e') | MARK('W', 'L', 'E') |
					 MARK('A', 'i', '-') | MARK('f', 'w', ' ') |
					 MARK('d', 'k', ' ') | MARK('f', 'R', 'F'));
#undef MARK
		if (hit)
			return true;
	}
	return false;
}

static void plain_line(struct facts *f, struct text t, mono_t now)
{
	size_t printable = 0;

	if (!f->in_loader && !has_marks(t))
		return;
	if (rom_banner(f, t, now) || rom32_banner(f, t, now))
		return;
	if (!f->not_tasmota && foreign_line(t)) {
		f->not_tasmota = true;
		f->revision++;
	}
	if (!f->in_loader || has(t, "waiting for host"))
		return;
	for (size_t i = 0; i < t.n; i++)
		printable += t.p[i] > 0x20 && t.p[i] < 0x7f;
	if (printable >= 4)
		leave_loader(f);
}

void facts_forget_firmware(struct facts *f)
{
	f->firmware[0] = f->version[0] = f->variant[0] = f->core[0] = '\0';
	f->project[0] = f->topic[0] = f->address[0] = f->hostname[0] = '\0';
	f->not_tasmota = f->serial_log_off = false;
	f->device_baud = 0;
	f->revision++;
}

void facts_init(struct facts *f)
{
	memset(f, 0, sizeof(*f));
	f->reset_cause = -1;
	f->boot_mode = -1;
}

void facts_line(struct facts *f, const uint8_t *line, size_t n, mono_t now)
{
	struct text t = {(const char *)line, n < LINE_MAX_LOOK ? n : LINE_MAX_LOOK};

	t = trim(t);
	if (!t.n)
		return;
	if (skip_clock(&t)) {
		leave_loader(f);
		if (!tagged_line(f, t, now) && !project_line(f, t, now))
			plain_line(f, t, now);
	} else if (!tagged_line(f, t, now)) {
		plain_line(f, t, now);
	}
}

const char *facts_cause_text(int cause)
{
	/* The ESP8266's ROM, also as the SDK's boots show it. */
	switch (cause) {
	case 1:
		return "power on";
	case 2:
		return "external reset";
	case 3:
		return "software reset";
	case 4:
		return "hardware watchdog";
	default:
		return NULL;
	}
}
