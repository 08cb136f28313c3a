/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands taken apart and put into lines. */
#include "tasmite/core/tasmota/backlog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/catalog.h"

/* What a 520-byte buffer takes, with some room; of the 800 bytes of later builds likewise. */
#define LINE_OLD 512
#define LINE_NEW 790

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

uint32_t backlog_fw(const char *version)
{
	uint32_t part[4] = {0};
	int count = 0;

	while (count < 4 && digit(*version)) {
		uint32_t v = 0;

		for (; digit(*version); version++)
			if (v < 1000)
				v = v * 10 + (uint32_t)(*version - '0');
		part[count++] = v > 255 ? 255 : v;
		if (*version != '.')
			break;
		version++;
	}
	return count < 2 ? 0 : BACKLOG_FW(part[0], part[1], part[2], part[3]);
}

size_t backlog_line_max(uint32_t fw)
{
	return fw >= BACKLOG_FW(12, 2, 0, 0) ? LINE_NEW : LINE_OLD;
}

/* ---- one command ----------------------------------------------------------------------------- */

void backlog_name(const char *text, struct backlog_name *out)
{
	const char *p, *end, *slash;

	text += strspn(text, " ");
	end = text + strcspn(text, " ");
	for (slash = end; slash > text && slash[-1] != '/';)
		slash--;
	p = slash; /* a path before the name is passed over */
	out->quiet = *p == '_' && letter(p[1]);
	p += out->quiet;
	out->p = p;
	while (p < end && letter(*p))
		p++;
	out->n = (size_t)(p - out->p);
	out->index = digit(*p) && p < end ? 0 : -1;
	while (p < end && digit(*p) && out->index < 100000)
		out->index = out->index * 10 + (*p++ - '0');
	out->value = end + strspn(end, " ");
}

bool backlog_is(const struct backlog_name *name, const char *what)
{
	return strlen(what) == name->n && !str_ncasecmp(name->p, what, name->n);
}

unsigned backlog_facts(const struct backlog_name *name)
{
	static const struct {
		const char *name;
		unsigned facts;
	} rows[] = {
	    {"SSId", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"Password", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"Hostname", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"MqttHost", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"MqttUser", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"MqttPassword", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"MqttClient", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"Topic", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"GroupTopic", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"FullTopic", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"Prefix", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"NtpServer", BACKLOG_RESTARTS | BACKLOG_TEXTUAL},
	    {"ButtonTopic", BACKLOG_TEXTUAL},
	    {"SwitchTopic", BACKLOG_TEXTUAL},
	    {"FriendlyName", BACKLOG_TEXTUAL},
	    {"DeviceName", BACKLOG_TEXTUAL},
	    {"OtaUrl", BACKLOG_TEXTUAL},
	    {"WebPassword", BACKLOG_TEXTUAL},
	    {"LogHost", BACKLOG_TEXTUAL},
	    {"StateText", BACKLOG_TEXTUAL},
	    {"Var", BACKLOG_TEXTUAL},
	    {"Mem", BACKLOG_TEXTUAL},
	    {"MqttPort", BACKLOG_RESTARTS},
	    {"Emulation", BACKLOG_RESTARTS},
	    {"Ap", BACKLOG_RESTARTS | BACKLOG_ONCE},
	    {"Restart", BACKLOG_RESTARTS | BACKLOG_ONCE},
	    {"Reset", BACKLOG_RESTARTS | BACKLOG_ONCE},
	    {"Upgrade", BACKLOG_RESTARTS | BACKLOG_ONCE},
	    {"Upload", BACKLOG_RESTARTS | BACKLOG_ONCE},
	    {"Backlog", BACKLOG_ONCE},
	    {"Publish", BACKLOG_ONCE},
	    {"Event", BACKLOG_ONCE},
	    {"Add", BACKLOG_ONCE},
	    {"Sub", BACKLOG_ONCE},
	    {"Mult", BACKLOG_ONCE},
	    {"Delay", BACKLOG_ONCE},
	    {"WebSend", BACKLOG_ONCE},
	    {"WebQuery", BACKLOG_ONCE},
	    {"SerialSend", BACKLOG_ONCE},
	    {"SSerialSend", BACKLOG_ONCE},
	    {"IRsend", BACKLOG_ONCE},
	    {"RfSend", BACKLOG_ONCE},
	    {"ShutterToggle", BACKLOG_ONCE},
	    {"Buzzer", BACKLOG_ONCE},
	};
	const struct catalog_row *row;
	enum catalog_match match;
	unsigned facts = 0;
	size_t n = name->n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (backlog_is(name, rows[i].name))
			facts = rows[i].facts | BACKLOG_KNOWN;
	while (name->index >= 0 && name->p[n] >= '0' && name->p[n] <= '9')
		n++;
	row = catalog_find(name->p, n, &match, NULL);
	if (row && match == CATALOG_FOUND)
		facts |= BACKLOG_KNOWN | (row->restarts ? BACKLOG_RESTARTS : 0u);
	/* "+", "-" and 2 go on from what is; to ask changes nothing. */
	if (!strcmp(name->value, "+") || !strcmp(name->value, "-") ||
	    !str_casecmp(name->value, "toggle") ||
	    (!strcmp(name->value, "2") &&
		(backlog_is(name, "Power") || backlog_is(name, "LedPower"))))
		facts |= BACKLOG_ONCE;
	/* "Rule1 +on ..." is put behind what is there, "Counter1 +5" added to it. */
	if ((*name->value == '+' && backlog_is(name, "Rule")) ||
	    ((*name->value == '+' || *name->value == '-') && backlog_is(name, "Counter")))
		facts |= BACKLOG_ONCE;
	if (!name->value[0] || !strcmp(name->value, "?"))
		facts &= ~(unsigned)BACKLOG_RESTARTS;
	return facts;
}

/* ---- steps ----------------------------------------------------------------------------------- */

void backlog_init(struct backlog *b)
{
	memset(b, 0, sizeof(*b));
}

static void drop_parts(struct backlog *b)
{
	for (size_t i = 0; i < b->part_count; i++) {
		free(b->parts[i].steps);
		free(b->parts[i].line);
	}
	free(b->parts);
	b->parts = NULL;
	b->part_count = 0;
}

void backlog_fini(struct backlog *b)
{
	drop_parts(b);
	for (size_t i = 0; i < b->count; i++) {
		free(b->steps[i].text);
		free(b->steps[i].stored);
	}
	free(b->steps);
	backlog_init(b);
}

static struct backlog_step *add_step(
    struct backlog *b, enum backlog_kind kind, const char *text, size_t n, int line)
{
	struct backlog_step *s;

	if (b->count == BACKLOG_STEPS || n > BACKLOG_TEXT || memchr(text, '\0', n))
		return NULL;
	b->steps = xrealloc(b->steps, (b->count + 1) * sizeof(*b->steps));
	s = &b->steps[b->count++];
	*s = (struct backlog_step){.kind = kind, .text = xstrndup(text, n), .line = line};
	return s;
}

/* Since 9.4 a ';' between balanced braces stays; before it, and when nothing is known, it cuts. */
static bool cuts(const char *text, size_t n, uint32_t fw)
{
	bool braces = fw >= BACKLOG_FW(9, 4, 0, 0);
	int depth = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '{')
			depth++;
		else if (text[i] == '}' && depth)
			depth--;
		else if (text[i] == ';' && (!depth || !braces))
			return true;
	}
	return depth > 0; /* an open brace may take the next commands along */
}

/* Whatever the firmware: it loses something in a Backlog, or takes something away. */
static bool goes_alone(const char *text)
{
	struct backlog_name name;
	size_t n = strlen(text);

	backlog_name(text, &name);
	return (n && text[n - 1] == ' ') || backlog_is(&name, "Reset") ||
	       (name.n >= 7 && !str_ncasecmp(name.p, "backlog", 7)) || backlog_is(&name, "Rule") ||
	       backlog_is(&name, "SerialSend") ||
	       (name.n >= 5 && !str_ncasecmp(name.p, "reset", 5));
}

bool backlog_add(struct backlog *b, const char *text, size_t n, int line)
{
	struct backlog_step *s;

	while (n && *text == ' ') {
		text++;
		n--;
	}
	s = n ? add_step(b, BACKLOG_COMMAND, text, n, line) : NULL;
	if (!s)
		return false;
	s->alone = goes_alone(s->text);
	return true;
}

bool backlog_add_wait(struct backlog *b, const char *text, size_t n, int64_t ms, int line)
{
	struct backlog_step *s = add_step(b, BACKLOG_WAIT, text, n, line);

	if (s)
		s->ms = ms;
	return s != NULL;
}

bool backlog_add_delay(struct backlog *b, int64_t ms, int line)
{
	struct backlog_step *s = add_step(b, BACKLOG_DELAY, "", 0, line);

	if (s)
		s->ms = ms;
	return s != NULL;
}

/* ---- a typed Backlog ------------------------------------------------------------------------- */

/* Behind "Backlog" or "Backlog0" and the blanks; NULL when the line is none. */
static const char *behind_backlog(const char *line)
{
	line += strspn(line, " ");
	if (str_ncasecmp(line, "backlog", 7) != 0)
		return NULL;
	line += 7;
	line += *line == '0' || *line == '1';
	return *line == ' ' ? line + strspn(line, " ") : NULL;
}

bool backlog_typed(const char *line)
{
	const char *rest = behind_backlog(line);

	return rest && rest[strspn(rest, " ;")];
}

static size_t piece_length(const char *p)
{
	int depth = 0;
	size_t i;

	for (i = 0; p[i]; i++) {
		if (p[i] == '{')
			depth++;
		else if (p[i] == '}' && depth)
			depth--;
		else if (p[i] == ';' && !depth)
			break;
	}
	/* Braces that never close hold nothing together. */
	return depth ? strcspn(p, ";") : i;
}

/* A value may hold what looks like a command; what can't be one: an odd name, or none. */
static bool looks_like_command(const char *text)
{
	struct backlog_name name;
	const char *end;

	backlog_name(text, &name);
	if (backlog_facts(&name) & BACKLOG_KNOWN)
		return true;
	end = text + strcspn(text, " ");
	for (const char *p = text; p < end; p++)
		if (!letter(*p) && !digit(*p) && *p != '/')
			return false;
	/* Without a value it is a question, or the rest of a password. */
	return name.n >= 2 && (name.value[0] || name.index >= 0);
}

/* The value of step i may go on in the one behind it. */
static bool goes_on(const struct backlog *b, size_t i)
{
	struct backlog_name name;

	if (looks_like_command(b->steps[i + 1].text))
		return false;
	backlog_name(b->steps[i].text, &name);
	return name.value[0] && (backlog_facts(&name) & BACKLOG_TEXTUAL);
}

bool backlog_parse(struct backlog *b, const char *line, long *suspect)
{
	const char *p = behind_backlog(line);

	if (suspect)
		*suspect = -1;
	if (!p)
		return backlog_add(b, line, strlen(line), 0);
	while (*p) {
		size_t n = piece_length(p);
		const char *q = p;
		size_t m = n, before, behind = 0;
		const char *inner;

		while (m && *q == ' ') {
			q++;
			m--;
		}
		before = (size_t)(q - p);
		if ((inner = behind_backlog(q)) && (size_t)(inner - q) <= m) {
			m -= (size_t)(inner - q); /* a second Backlog inside is passed over */
			q = inner;
		}
		for (; m && q[m - 1] == ' '; m--)
			behind++;
		if (m && !backlog_add(b, q, m, 0))
			return false;
		if (m) {
			b->steps[b->count - 1].before = before;
			b->steps[b->count - 1].behind = behind;
		}
		if (m && suspect && *suspect < 0 && b->count > 1 && goes_on(b, b->count - 2))
			*suspect = (long)b->count - 2;
		p += n + (p[n] == ';');
	}
	return true;
}

static void join_one(struct backlog *b, size_t step)
{
	struct backlog_step *s = &b->steps[step];
	struct sbuf text;

	sbuf_init(&text, strlen(s->text) + s->behind + s[1].before + strlen(s[1].text) + 2);
	sbuf_fmt(
	    &text, "%s%*s;%*s%s", s->text, (int)s->behind, "", (int)s[1].before, "", s[1].text);
	free(s->text);
	s->text = xstrdup(sbuf_str(&text));
	s->behind = s[1].behind;
	sbuf_fini(&text);
	s->alone = goes_alone(s->text);
	free(s[1].text);
	free(s[1].stored);
	b->count--;
	memmove(s + 1, s + 2, (b->count - step - 1) * sizeof(*s));
}

void backlog_join(struct backlog *b, size_t step)
{
	assert(step + 1 < b->count);
	join_one(b, step);
	for (size_t i = step; i + 1 < b->count;)
		if (goes_on(b, i))
			join_one(b, i);
		else
			i++;
}

/* ---- the plan -------------------------------------------------------------------------------- */

static struct backlog_part *add_part(struct backlog *b, enum backlog_kind kind, size_t step)
{
	struct backlog_part *p;

	b->parts = xrealloc(b->parts, (b->part_count + 1) * sizeof(*b->parts));
	p = &b->parts[b->part_count++];
	*p = (struct backlog_part){.kind = kind, .count = 1};
	p->steps = xmalloc(sizeof(*p->steps));
	p->steps[0] = step;
	if (kind == BACKLOG_COMMAND)
		p->line = xstrdup(b->steps[step].text);
	return p;
}

static bool restarts(const struct backlog *b, size_t i)
{
	struct backlog_name name;

	backlog_name(b->steps[i].text, &name);
	return backlog_facts(&name) & BACKLOG_RESTARTS;
}

static const char head[] = "Backlog ";

static size_t part_bytes(const struct backlog *b, const struct backlog_part *p)
{
	size_t n = sizeof(head) - 1;

	for (size_t i = 0; i < p->count; i++)
		n += strlen(b->steps[p->steps[i]].text) + 1;
	return n;
}

static void write_line(struct backlog *b, struct backlog_part *p)
{
	struct sbuf line;

	if (p->kind != BACKLOG_COMMAND || p->count < 2)
		return;
	sbuf_init(&line, 2 * BACKLOG_TEXT);
	sbuf_add(&line, head);
	for (size_t i = 0; i < p->count; i++) {
		sbuf_add(&line, i ? ";" : "");
		sbuf_add(&line, b->steps[p->steps[i]].text);
	}
	free(p->line);
	p->line = xstrdup(sbuf_str(&line));
	sbuf_fini(&line);
}

/* Behind the last part while there is room, else in a new one. open: the part may take more. */
static void put(struct backlog *b, size_t step, uint32_t fw, bool shares, bool *open)
{
	const char *text = b->steps[step].text;
	struct backlog_part *p = b->part_count ? &b->parts[b->part_count - 1] : NULL;

	shares = shares && !b->steps[step].alone && !cuts(text, strlen(text), fw);
	if (shares && *open && p->count < BACKLOG_IN_LINE &&
	    part_bytes(b, p) + strlen(text) <= backlog_line_max(fw)) {
		p->steps = xrealloc(p->steps, (p->count + 1) * sizeof(*p->steps));
		p->steps[p->count++] = step;
	} else {
		p = add_part(b, BACKLOG_COMMAND, step);
		*open = shares;
	}
	p->restarts = p->restarts || restarts(b, step);
}

static bool is_last(const struct backlog *b, size_t i)
{
	struct backlog_name name;

	backlog_name(b->steps[i].text, &name);
	return backlog_is(&name, "Restart") || backlog_is(&name, "Reset") ||
	       backlog_is(&name, "Upgrade") || backlog_is(&name, "Upload");
}

/* The second pass of a run: what restarts the device. Those that go alone come first, so that the
 * Backlog behind them holds the restart back; a Module (another rate, other pins) near the end; what
 * is nothing but a restart at the very end. */
static int rank(const struct backlog *b, size_t i, uint32_t fw)
{
	const struct backlog_step *s = &b->steps[i];
	struct backlog_name name;

	backlog_name(s->text, &name);
	if (!restarts(b, i))
		return 0;
	if (is_last(b, i))
		return 5;
	if (backlog_is(&name, "Module") || backlog_is(&name, "Template"))
		return 4;
	if (s->alone || cuts(s->text, strlen(s->text), fw))
		return 1;
	/* SSId, Password, Mqtt...: what is needed to be reached at all, before the rest. */
	if (backlog_is(&name, "SSId") || backlog_is(&name, "Password") ||
	    (name.n > 4 && !str_ncasecmp(name.p, "mqtt", 4)) || backlog_is(&name, "Topic"))
		return 2;
	return 3;
}

static void plan_run(struct backlog *b, size_t from, size_t to, uint32_t fw, bool packed)
{
	bool open = false;

	for (int r = 0; r <= 5; r++)
		for (size_t i = from; i < to; i++)
			if (b->steps[i].state == BACKLOG_QUEUED && rank(b, i, fw) == r) {
				if (r == 5 && is_last(b, i) && goes_alone(b->steps[i].text))
					open = false;
				put(b, i, fw, packed || r > 0, &open);
				if (r == 0 && !packed)
					open = false;
			}
}

static bool gets_through(const char *text)
{
	while (*text && (unsigned char)*text < 128)
		text++;
	return !*text;
}

void backlog_plan(struct backlog *b, uint32_t fw, bool packed)
{
	size_t from = 0;

	drop_parts(b);
	for (size_t i = 0; i < b->count; i++)
		if (b->steps[i].kind == BACKLOG_COMMAND && b->steps[i].state == BACKLOG_QUEUED &&
		    !gets_through(b->steps[i].text))
			b->steps[i].state = BACKLOG_BEYOND;
	for (size_t i = 0; i <= b->count; i++) {
		if (i < b->count && b->steps[i].kind == BACKLOG_COMMAND)
			continue;
		plan_run(b, from, i, fw, packed);
		if (i < b->count && b->steps[i].state == BACKLOG_QUEUED)
			add_part(b, b->steps[i].kind, i);
		from = i + 1;
	}
	for (size_t i = 0; i < b->part_count; i++)
		write_line(b, &b->parts[i]);
}

const char *backlog_state_text(enum backlog_state state)
{
	static const char *const texts[BACKLOG_STATES] = {[BACKLOG_QUEUED] = "not sent",
	    [BACKLOG_SENT] = "sent, not answered yet",
	    [BACKLOG_STORED] = "stored",
	    [BACKLOG_ANSWERED] = "answered",
	    [BACKLOG_DIFFERENT] = "stored differently",
	    [BACKLOG_UNKNOWN] = "unknown to this firmware",
	    [BACKLOG_ERROR] = "refused by the device",
	    [BACKLOG_NO_ANSWER] = "never answered",
	    [BACKLOG_UNSURE] = "answered, but perhaps not saved yet",
	    [BACKLOG_BEYOND] = "not sent: characters beyond ASCII do not get through the console"};

	assert((unsigned)state < BACKLOG_STATES);
	return texts[state];
}
