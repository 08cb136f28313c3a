/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The places where a device writes secrets, by their context. */
#include "sctx.h"

#include <string.h>

#include "tasmite/base/str.h"

enum kind {
	KIND_PASSWORD, /* whole value; the bare word is also plain language */
	KIND_WHOLE,    /* whole value */
	KIND_PLUS,     /* ssid+password: what follows the first "+" */
	KIND_BRACKET,  /* [host:port,user:password] command */
	KIND_KEY,      /* a JSON key */
	KIND_INPUT,    /* "Input":"NAME value": the name stays */
	KIND_URL,
	KIND_BACKLOG,
	KIND_START /* a line, or what is told of one that was received: what was sent may begin here */
};

/* The secret commands of Tasmota's catalogue, in lower case. "passw" and "pasw" stand for all the
 * ...Password commands and for their common misspellings, which the device echoes as well. */
static const struct {
	const char *text;
	enum kind kind;
} anchors[] = {
    {"passw", KIND_PASSWORD},
    {"pasw", KIND_PASSWORD},
    {"ifxtoken", KIND_WHOLE},
    {"nrfkey", KIND_WHOLE},
    {"nrfmjyd2s", KIND_WHOLE},
    {"mi32key", KIND_WHOLE},
    {"zbconfig", KIND_WHOLE},
    {"wifitest", KIND_PLUS},
    {"websend", KIND_BRACKET},
    {"\"keyl\"", KIND_KEY}, /* the answer of ZbConfig */
    {"\"keyh\"", KIND_KEY},
    {"\"input\"", KIND_INPUT},
    {"://", KIND_URL},
    {"backlog", KIND_BACKLOG},
    {"\n", KIND_START},
    {"cmd: ", KIND_START},
};
#define ANCHORS (sizeof(anchors) / sizeof(anchors[0]))

enum state {
	S_IDLE,
	S_NAME,	  /* in the rest of the name */
	S_GAP,	  /* blanks before the value */
	S_CLOSED, /* the quote behind a name has come */
	S_JSON,	  /* and the colon */
	S_SCAN,	  /* level 3: up to the quote that opens the value */
	S_COMMA,  /* level 3 without quotes: before the word "Data" */
	S_WORD,	  /* in it */
	S_VALUE,
	S_USER, /* URL: behind "://" */
	S_PASS, /* URL: behind the colon; a password or a port */
	S_LONG	/* URL: too long to be held, taken for a password */
};

enum phase { P_MASK, P_PLUS, P_OPEN, P_HOST, P_USER, P_BLANK };

static const struct sctx_mask NOTHING;

static bool is_end(uint8_t b)
{
	return b == '\n' || b == '\r';
}

static bool is_blank(uint8_t b)
{
	return b == ' ' || b == '\t';
}

static bool is_upper(uint8_t b)
{
	return b >= 'A' && b <= 'Z';
}

static bool is_alpha(uint8_t b)
{
	return is_upper(b) || (b >= 'a' && b <= 'z');
}

static bool is_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

static struct sctx_mask mask(size_t count, size_t back)
{
	struct sctx_mask m = {(uint16_t)count, (uint16_t)back};

	return m;
}

void sctx_init(struct sctx *c)
{
	memset(c, 0, sizeof(*c));
}

void sctx_anchors_init(struct acdfa *d)
{
	struct acdfa_pattern p[ANCHORS];

	for (size_t i = 0; i < ANCHORS; i++) {
		p[i].bytes = (const uint8_t *)anchors[i].text;
		p[i].len = strlen(anchors[i].text);
	}
	acdfa_init(d, p, ANCHORS, true);
}

bool sctx_is_start(unsigned id)
{
	return anchors[id].kind == KIND_START;
}

bool sctx_busy(const struct sctx *c)
{
	return c->state != S_IDLE || c->backlog;
}

/* ---- what an anchor means --------------------------------------------------------------------- */

/* window[0..n) ends in a Backlog word (or its index), any case. */
static bool ends_in_backlog(const uint8_t *w, size_t n)
{
	if (n && w[n - 1] >= '0' && w[n - 1] <= '3')
		n--;
	return n >= 7 && !str_ncasecmp((const char *)w + n - 7, "backlog", 7);
}

/* What stands before the bare word "password" says whether it is a command or plain language. */
static void look_before(struct sctx *c, const uint8_t *w, size_t n, size_t len)
{
	size_t at = n - len;
	size_t from = at;

	c->marked = is_upper(w[n - 1]);
	while (from && is_alpha(w[from - 1]))
		from--;
	if (at - from >= 2) { /* MqttPassword, WebPassword, ... */
		c->sure = true;
		return;
	}
	if (from && (w[from - 1] == '"' || w[from - 1] == '\''))
		c->marked = true;
	if (from && (w[from - 1] == '/' || w[from - 1] == '_')) { /* cmnd/topic/..., no result */
		c->sure = true;
		return;
	}
	while (from && is_blank(w[from - 1]))
		from--;
	if (!from)
		return;
	c->sure = is_end(w[from - 1]) || w[from - 1] == ';' || ends_in_backlog(w, from) ||
		  (from >= 4 && !memcmp(w + from - 4, "CMD:", 4));
}

void sctx_anchor(struct sctx *c, unsigned id, const uint8_t *window, size_t n)
{
	bool backlog = c->backlog;

	if (anchors[id].kind == KIND_START)
		return;
	if (anchors[id].kind == KIND_BACKLOG) {
		c->backlog = true;
		return;
	}
	sctx_init(c);
	c->backlog = backlog;
	c->kind = (uint8_t)anchors[id].kind;
	c->sure = true;
	c->state = S_NAME;
	if (c->kind == KIND_URL) {
		c->state = S_USER;
	} else if (c->kind == KIND_KEY || c->kind == KIND_INPUT) {
		c->state = S_CLOSED;
	} else if (c->kind == KIND_PASSWORD) {
		c->sure = false;
		look_before(c, window, n, strlen(anchors[id].text));
	}
}

/* ---- the value --------------------------------------------------------------------------------- */

static void leave(struct sctx *c)
{
	c->state = S_IDLE;
	c->held = 0;
	c->pending = false;
}

static void begin_value(struct sctx *c, uint8_t quote, bool json)
{
	c->state = S_VALUE;
	c->quote = quote;
	c->json = json;
	c->brief = !quote;
	c->phase = P_MASK;
	if (c->kind == KIND_PLUS)
		c->phase = P_PLUS;
	else if (c->kind == KIND_BRACKET)
		c->phase = P_OPEN;
	else if (c->kind == KIND_INPUT)
		c->phase = P_BLANK;
}

/* The values 0, 1, " and ? ask or clear, "off" too: as long as it may be one of these it is held. */
static struct sctx_mask brief_byte(struct sctx *c, uint8_t b)
{
	size_t n = c->held;
	bool off = n < 3 && (b | 0x20) == "off"[n];
	bool sign = !n && (b == '0' || b == '1' || b == '"' || b == '?');

	c->digits = n ? c->digits && off : off; /* here: all so far is the beginning of "off" */
	if (!sign && !c->digits) {
		c->brief = false;
		c->held = 0;
		return mask(n + 1, 0);
	}
	c->held++;
	return NOTHING;
}

/* [host:port,user:password] */
static struct sctx_mask bracket_byte(struct sctx *c, uint8_t b)
{
	if (b == ']' || (c->phase == P_OPEN && b != '['))
		leave(c);
	else if (c->phase == P_OPEN)
		c->phase = P_HOST;
	else if (c->phase == P_HOST && b == ',')
		c->phase = P_USER;
	else if (c->phase == P_USER && b == ':')
		c->phase = P_MASK;
	return NOTHING;
}

static struct sctx_mask content_byte(struct sctx *c, uint8_t b)
{
	switch (c->phase) {
	case P_MASK:
		if (c->kind == KIND_BRACKET && b == ']') {
			leave(c);
			return NOTHING;
		}
		return c->brief ? brief_byte(c, b) : mask(1, 0);
	case P_PLUS:
		if (b == '+')
			c->phase = P_MASK;
		return NOTHING;
	case P_BLANK:
		if (is_blank(b))
			c->phase = P_MASK;
		return NOTHING;
	default:
		return bracket_byte(c, b);
	}
}

/* The value is over with this byte, which is no part of it. */
static struct sctx_mask end_value(struct sctx *c)
{
	/* "o" and "of" are not "off". */
	bool part = c->brief && c->digits && c->held < 3;
	struct sctx_mask m = part && !c->pending ? mask(c->held, 1) : NOTHING;

	leave(c);
	return m;
}

static bool ends_backlog_value(struct sctx *c, uint8_t b)
{
	if (!c->semicolon)
		return false;
	if (b == '{')
		c->depth++;
	else if (b == '}' && c->depth)
		c->depth--;
	return b == ';' && !c->depth;
}

/* The byte behind a quote that may have been the closing one. A device writes quotes of the value
 * as they are (old firmware does so even in JSON), so only what follows can tell. */
static bool confirms_quote(const struct sctx *c, uint8_t b)
{
	return c->json && (b == ',' || b == '}' || b == ']' || is_blank(b));
}

static struct sctx_mask value_byte(struct sctx *c, uint8_t b)
{
	struct sctx_mask m;
	size_t quote = 0;

	if (is_end(b))
		return end_value(c);
	if (c->pending) {
		if (confirms_quote(c, b)) {
			leave(c);
			return NOTHING;
		}
		c->pending = false;
		quote = c->phase == P_MASK ? c->held : 0;
		c->held = 0;
	}
	if (c->escaped) {
		c->escaped = false;
	} else if (c->json && b == '\\') {
		c->escaped = true;
	} else if (c->quote && b == c->quote) {
		c->pending = true;
		c->held = 1;
		return quote ? mask(1, 1) : NOTHING;
	} else if (!c->quote && ends_backlog_value(c, b)) {
		return end_value(c);
	}
	m = content_byte(c, b);
	if (quote)
		return m.count ? mask(2, 0) : mask(1, 1);
	return m;
}

/* ---- URLs --------------------------------------------------------------------------------------- */

static bool ends_authority(uint8_t b)
{
	return b <= ' ' || b == '/' || b == '?' || b == '#' || b == '"' || b == '\'' || b == '<' ||
	       b == '>' || b == 0x7f;
}

static struct sctx_mask url_byte(struct sctx *c, uint8_t b)
{
	size_t held = c->held;

	if (ends_authority(b)) {
		/* Broken off: what is no port, nor the address of IPv6, was to be a password. */
		bool cut = c->state == S_PASS && !(c->digits && held <= 5) && !c->quote;

		leave(c);
		return cut ? mask(held, 1) : NOTHING;
	}
	if (b == '@') { /* a second one is possible when the password holds one */
		bool open = c->state != S_USER;

		c->held = 0;
		c->state = S_PASS;
		c->digits = true;
		c->quote = b;
		return open ? mask(held, 1) : NOTHING;
	}
	if (c->state == S_USER) {
		if (b == '[')
			c->quote = b;
		if (b == ':') {
			c->state = S_PASS;
			c->digits = true;
		}
		return NOTHING;
	}
	if (c->state == S_LONG)
		return mask(1, 0);
	c->digits = c->digits && is_digit(b);
	if (held == SCTX_HELD_MAX) {
		c->state = S_LONG;
		c->held = 0;
		return mask(held + 1, 0);
	}
	c->held++;
	return NOTHING;
}

/* ---- the name and what stands between it and the value ------------------------------------------- */

static void name_byte(struct sctx *c, uint8_t b)
{
	bool command = c->sure || c->indexed;

	if (is_alpha(b) || b == '_')
		return;
	if (is_digit(b)) {
		c->indexed = true;
		return;
	}
	c->state = S_IDLE;
	c->semicolon = false;
	if (b == '"') {
		c->state = S_CLOSED;
	} else if (b == '\'') {
		c->state = S_SCAN;
		c->quote = '\'';
	} else if (b == ',' && (c->sure || c->marked)) {
		c->state = S_COMMA;
	} else if ((is_blank(b) && command) || b == ':' || b == '=') {
		c->state = S_GAP;
		c->semicolon = c->backlog;
	}
}

static void closed_byte(struct sctx *c, uint8_t b)
{
	if (is_blank(b))
		return;
	if (c->state == S_CLOSED && b == ':') {
		c->state = S_JSON;
	} else if (c->state == S_CLOSED && b == ',') {
		c->state = S_SCAN;
		c->quote = '"';
	} else if (c->state == S_JSON && b == '"' && c->kind != KIND_PLUS &&
		   c->kind != KIND_BRACKET) {
		begin_value(c, '"', true); /* WebSend and WiFiTest answer with a state, no secret */
	} else {
		c->state = S_IDLE;
	}
}

static struct sctx_mask gap_byte(struct sctx *c, uint8_t b)
{
	if (is_blank(b))
		return NOTHING;
	if (c->semicolon && b == ';') {
		c->state = S_IDLE;
		return NOTHING;
	}
	begin_value(c, 0, false);
	return value_byte(c, b);
}

static void between_byte(struct sctx *c, uint8_t b)
{
	if (c->state == S_SCAN && b == c->quote)
		begin_value(c, b, false);
	else if (c->state == S_COMMA && !is_blank(b))
		c->state = S_WORD;
	else if (c->state == S_WORD && is_blank(b))
		c->state = S_GAP;
}

struct sctx_mask sctx_byte(struct sctx *c, uint8_t b)
{
	struct sctx_mask m = NOTHING;

	switch (c->state) {
	case S_VALUE:
		m = value_byte(c, b);
		break;
	case S_USER:
	case S_PASS:
	case S_LONG:
		m = url_byte(c, b);
		break;
	case S_GAP:
		if (!is_end(b))
			m = gap_byte(c, b);
		break;
	case S_NAME:
		name_byte(c, b);
		break;
	case S_CLOSED:
	case S_JSON:
		closed_byte(c, b);
		break;
	default:
		between_byte(c, b);
		break;
	}
	if (is_end(b)) {
		leave(c);
		c->backlog = false;
	}
	return m;
}

bool sctx_release(struct sctx *c)
{
	bool secret = c->held > 0;

	if (c->state == S_VALUE) {
		secret = secret && !c->pending;
		c->brief = false;
	} else if (c->state == S_PASS) {
		secret = secret && !(c->digits && c->held <= 5) && c->quote != '[';
	}
	c->held = 0;
	return secret;
}
