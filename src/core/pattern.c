/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patterns: the one file that knows PCRE2.
 *
 * A pattern is compiled for bytes, which is faster and right for text that is ASCII (and for any, where
 * it can only match ASCII), and for UTF-8 when the first line comes that is not. PCRE2's own mode for invalid UTF-8 lets bad bytes match
 * nothing, not even a dot (pcre2unicode(3), 10.42); here a line with bad bytes is looked at in a
 * copy that has SUB in their place, so that `Volt.*=` finds its line in spite of a damaged byte.
 */
#include "tasmite/core/pattern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

/* JIT counts anew from each byte where a match may begin. So what is costly is found out with a
 * small limit first, and told by pattern_cost; then comes another try with a limit that falls with
 * the length of the line: some ms at the worst. */
#define PROBE_LIMIT 1000u
#define MATCH_LIMIT 25000u
#define SHORT_LINE  512u  /* up to here the whole limit counts */
#define STRIKE_LINE 4096u /* being too long is no fault of the pattern */
#define DEPTH_LIMIT 1000u
#define HEAP_LIMIT  4096u /* KiB; only where there is no JIT */
#define NEST_LIMIT  100u
/* A pattern's code; the code that JIT makes of it is some ten times as long. */
#define CODE_MAX  (24u * 1024)
#define STACK_MIN (32u * 1024)
#define STACK_MAX (512u * 1024)
#define STRIKES	  3
#define PAIRS	  10
#define BAD_BYTE  0x1a

struct code {
	pcre2_code *code; /* NULL: not compiled */
	bool tried;	  /* JIT was asked for */
	bool jit;
};

struct pattern {
	char *text;
	unsigned flags;
	struct code bytes, utf;
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack; /* only for patterns that need more than JIT's own */
	uint8_t *copy;		/* of a line with bad bytes */
	size_t copy_size;
	int strikes;
	bool told;
	uint64_t cost;
	bool lines_apart; /* matches stay in a line whatever stands around it */
	bool only_ascii;  /* matches are of ASCII, at least one byte: other bytes don't matter */
};

/* ---- making ------------------------------------------------------------------------------------ */

static bool all_ascii(const uint8_t *p, size_t n)
{
	uint64_t word, all = 0;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&word, p, 8);
		all |= word;
	}
	for (; n; n--)
		all |= *p++;
	return !(all & 0x8080808080808080u);
}

/* The alphabets of Tasmota's languages; in Latin Extended-A the cases alternate. */
static bool upper_case(uint32_t c)
{
	if (c >= 0x100 && c < 0x180)
		return (c < 0x139 || (c > 0x148 && c < 0x179)) ? !(c & 1) && c != 0x138 : c & 1;
	return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) ||
	       (c >= 0x391 && c <= 0x3A9) || (c >= 0x400 && c <= 0x42F);
}

/* Upper case in an escape (\S, \x{AB}, \p{Lu}) is no upper-case letter of the text. */
static const char *skip_escape(const char *p)
{
	char c = *p;

	if (!c)
		return p;
	p++;
	if (*p == '{' && strchr("xopPNgk", c))
		return p + strcspn(p, "}");
	if (c == 'x')
		return p + strspn(p, "0123456789abcdefABCDEF");
	return p;
}

static bool has_upper(const char *text, bool plain)
{
	const char *end = text + strlen(text);

	while (text < end) {
		uint32_t c;
		int n;

		if (*text == '\\' && !plain) {
			text = skip_escape(text + 1);
			continue;
		}
		n = utf8_decode((const uint8_t *)text, (size_t)(end - text), &c);
		if (n > 0 && upper_case(c))
			return true;
		text += n > 0 ? n : 1;
	}
	return false;
}

static bool without_case(const struct pattern *p)
{
	if (p->flags & PATTERN_NOCASE)
		return true;
	return (p->flags & PATTERN_SMART) && !has_upper(p->text, p->flags & PATTERN_PLAIN);
}

const char *pattern_trouble_news(struct pattern *p)
{
	if (p->told || p->strikes < STRIKES)
		return NULL;
	p->told = true;
	return pattern_trouble(p);
}

/* ---- may lines be searched together? ----------------------------------------------------------- */

/* Behind a backslash: what can neither match a line feed nor look at another line. */
static bool tame_escape(char c)
{
	bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

	/* A number may be a back reference or, as \12, an octal line feed. */
	return c >= ' ' && c != 0x7f && !(c >= '0' && c <= '9') &&
	       (!letter || strchr("dwbBSte", c));
}

/* Behind a bracket; NULL or the place of its end. A range may not begin below the line feed. */
static const char *tame_class(const char *p)
{
	if (*p == '^' || *p == ']')
		return NULL;
	for (; *p && *p != ']'; p++) {
		if (*p == '[')
			return NULL;
		if (*p == '\\' && (!tame_escape(*++p) || strchr("tbBS", *p)))
			return NULL;
	}
	return *p ? p : NULL;
}

/* Behind a parenthesis: groups of all kinds, (?i). Other options change what a dot is, verbs what
 * a failure is. */
static bool tame_group(const char *p)
{
	if (*p == '*')
		return false;
	return *p != '?' || (p[1] && strchr(":=!<>|", p[1])) ||
	       (p[1] == 'i' && (p[2] == ')' || p[2] == ':'));
}

/* Where no part can match a line feed, nothing can look beyond one. What is not understood is not
 * tame. */
static bool tame_regex(const char *p, bool *only_ascii)
{
	for (*only_ascii = true; *p; p++) {
		if ((unsigned char)*p < ' ')
			return false;
		if (*p == '(' && !tame_group(p + 1))
			return false;
		if (*p == '\\') {
			if (!tame_escape(*++p))
				return false;
			*only_ascii &= *p != 'S' && *p != 'B';
		} else if (*p == '.') {
			*only_ascii = false;
		} else if (*p == '[') {
			p = tame_class(p + 1);
			if (!p)
				return false;
		}
	}
	return true;
}

static pcre2_code *compile(const struct pattern *p, bool utf, int *error, size_t *at)
{
	pcre2_compile_context *ctx = pcre2_compile_context_create(NULL);
	uint32_t options = PCRE2_NEVER_BACKSLASH_C;
	pcre2_code *code;

	if (!ctx)
		xalloc_die("out of memory");
	pcre2_set_newline(ctx, PCRE2_NEWLINE_ANYCRLF);
	pcre2_set_parens_nest_limit(ctx, NEST_LIMIT);
	if (p->flags & PATTERN_PLAIN)
		options = PCRE2_LITERAL;
	else
		options |= PCRE2_MULTILINE | PCRE2_ALT_CIRCUMFLEX | (utf ? 0 : PCRE2_NEVER_UTF);
	if (without_case(p))
		options |= PCRE2_CASELESS;
	if (utf)
		options |= PCRE2_UTF;
	code = pcre2_compile((PCRE2_SPTR)p->text, strlen(p->text), options, error, at, ctx);
	pcre2_compile_context_free(ctx);
	return code;
}

static int check_code(const struct pattern *p, int error, size_t at, struct err *err)
{
	size_t size = 0;
	char why[160] = "";

	if (p->utf.code) {
		pcre2_pattern_info(p->utf.code, PCRE2_INFO_SIZE, &size);
		if (size <= CODE_MAX)
			return ERR_OK;
		return err_set(err, ERR_RANGE, 0,
		    "the pattern '%.60s' is too big when its repetitions are written out", p->text);
	}
	pcre2_get_error_message(error, (PCRE2_UCHAR *)why, sizeof(why));
	if (error == PCRE2_ERROR_NOMEMORY)
		xalloc_die("out of memory");
	return err_set(err, error == 120 ? ERR_RANGE : ERR_FORMAT, 0,
	    "'%.60s': at character %zu: %s", p->text, at + 1, why);
}

static void find_traits(struct pattern *p)
{
	uint32_t empty = 1;

	if (!p->bytes.code)
		return;
	p->only_ascii = true;
	p->lines_apart = p->flags & PATTERN_PLAIN ? !strpbrk(p->text, "\r\n")
						  : tame_regex(p->text, &p->only_ascii);
	pcre2_pattern_info(p->bytes.code, PCRE2_INFO_MATCHEMPTY, &empty);
	p->only_ascii &= p->lines_apart && !empty;
}

struct pattern *pattern_new(const char *text, unsigned flags, struct err *err)
{
	struct pattern *p;
	size_t at = 0;
	int error = 0;

	if (strlen(text) > PATTERN_TEXT_MAX) {
		err_set(err, ERR_RANGE, 0, "the pattern is longer than %d bytes", PATTERN_TEXT_MAX);
		return NULL;
	}
	p = xcalloc(1, sizeof(*p));
	p->text = xstrdup(text);
	p->flags = flags;
	p->utf.code = compile(p, true, &error, &at);
	if (check_code(p, error, at, err) != ERR_OK) {
		pattern_free(p);
		return NULL;
	}
	/* `é?` means two things; and what only UTF has can't be compiled for bytes. */
	if (all_ascii((const uint8_t *)text, strlen(text)))
		p->bytes.code = compile(p, false, &error, &at);
	find_traits(p);
	p->data = pcre2_match_data_create(PAIRS, NULL);
	p->context = pcre2_match_context_create(NULL);
	if (!p->data || !p->context)
		xalloc_die("out of memory");
	pcre2_set_depth_limit(p->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(p->context, HEAP_LIMIT);
	return p;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	pcre2_code_free(p->bytes.code);
	pcre2_code_free(p->utf.code);
	pcre2_match_data_free(p->data);
	pcre2_match_context_free(p->context);
	pcre2_jit_stack_free(p->stack);
	free(p->copy);
	free(p->text);
	free(p);
}

const char *pattern_text(const struct pattern *p)
{
	return p->text;
}

unsigned pattern_flags(const struct pattern *p)
{
	return p->flags;
}

const char *pattern_trouble(const struct pattern *p)
{
	return p->strikes >= STRIKES ? "too costly: switched off" : "";
}

uint64_t pattern_cost(const struct pattern *p)
{
	return p->cost;
}

/* ---- searching --------------------------------------------------------------------------------- */

/* The line with SUB in place of each byte that is no UTF-8, or the line itself. */
static const uint8_t *readable(struct pattern *p, const uint8_t *bytes, size_t n)
{
	bool copied = false;
	size_t i = 0;

	while (i < n) {
		uint32_t c;
		int len = bytes[i] < 0x80 ? 1 : utf8_decode(bytes + i, n - i, &c);

		if (len > 0) {
			i += (size_t)len;
			continue;
		}
		if (!copied) {
			if (n > p->copy_size)
				p->copy = xrealloc(p->copy, p->copy_size = n);
			memcpy(p->copy, bytes, n);
			copied = true;
		}
		p->copy[i++] = BAD_BYTE;
	}
	return copied ? p->copy : bytes;
}

static int run(struct pattern *p, struct code *c, const uint8_t *bytes, size_t n, size_t from)
{
	if (!c->tried) {
		c->tried = true;
		c->jit = pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE) == 0;
	}
	if (c->jit)
		return pcre2_jit_match(c->code, bytes, n, from, 0, p->data, p->context);
	return pcre2_match(c->code, bytes, n, from, PCRE2_NO_UTF_CHECK, p->data, p->context);
}

/* Once more with a bigger stack where JIT's own was too small. */
static int run_deep(struct pattern *p, struct code *c, const uint8_t *bytes, size_t n, size_t from)
{
	int rc = run(p, c, bytes, n, from);

	if (rc == PCRE2_ERROR_JIT_STACKLIMIT && !p->stack) {
		p->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
		if (p->stack) {
			pcre2_jit_stack_assign(p->context, NULL, p->stack);
			rc = run(p, c, bytes, n, from);
		}
	}
	return rc;
}

static int run_bounded(
    struct pattern *p, struct code *c, const uint8_t *bytes, size_t n, size_t from)
{
	uint32_t limit = n <= SHORT_LINE ? MATCH_LIMIT : MATCH_LIMIT / (uint32_t)(n / SHORT_LINE);
	int rc;

	pcre2_set_match_limit(p->context, PROBE_LIMIT);
	rc = run_deep(p, c, bytes, n, from);
	if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
		return rc;
	p->cost++;
	if (rc == PCRE2_ERROR_MATCHLIMIT && limit > PROBE_LIMIT) {
		pcre2_set_match_limit(p->context, limit);
		rc = run_deep(p, c, bytes, n, from);
	}
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH && n <= STRIKE_LINE)
		p->strikes++;
	return rc;
}

static void take_match(const struct pattern *p, int rc, struct pattern_match *m)
{
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(p->data);

	m->groups = rc ? rc : PAIRS; /* 0: more groups than are told */
	for (int i = 0; i < PAIRS; i++) {
		bool set = i < m->groups && v[2 * i] != PCRE2_UNSET;

		m->from[i] = set ? v[2 * i] : SIZE_MAX;
		m->to[i] = set ? v[2 * i + 1] : SIZE_MAX;
	}
	/* \K in a lookahead can put the start behind the end. */
	if (m->from[0] > m->to[0])
		m->from[0] = m->to[0];
	m->start = m->from[0];
	m->end = m->to[0];
}

bool pattern_find(
    struct pattern *p, const uint8_t *bytes, size_t n, size_t from, struct pattern_match *m)
{
	struct code *c = &p->bytes;
	int rc;

	if (p->strikes >= STRIKES || from > n)
		return false;
	if (!n)
		bytes = (const uint8_t *)""; /* NULL is allowed for no bytes */
	if (!p->only_ascii && (!c->code || !all_ascii(bytes, n))) {
		c = &p->utf;
		bytes = readable(p, bytes, n);
		while (from < n && (bytes[from] & 0xC0) == 0x80)
			from++;
	}
	rc = run_bounded(p, c, bytes, n, from);
	if (rc >= 0 && m)
		take_match(p, rc, m);
	return rc >= 0;
}

bool pattern_begin_text(struct pattern *p, const uint8_t *text, size_t n)
{
	return p->lines_apart && p->strikes < STRIKES && (p->only_ascii || all_ascii(text, n)) &&
	       (!n || !memchr(text, '\r', n));
}

int pattern_find_in_text(
    struct pattern *p, const uint8_t *text, size_t n, size_t from, size_t *start)
{
	int rc;

	pcre2_set_match_limit(p->context, PROBE_LIMIT);
	rc = run_deep(p, &p->bytes, text, n, from);
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		p->cost++;
	if (rc < 0)
		return rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
	*start = pcre2_get_ovector_pointer(p->data)[0];
	return 1;
}
