/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one file that knows libconfuse; and what stands in a configuration file. */
#include "tasmite/core/conf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <confuse.h>

#include "conf_int.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/cmd.h"
#include "tasmite/core/pattern.h"
#include "tasmite/core/words.h"

#define MAX_FORMS 8
/* That can be left out of a file of which the rest is read. */
#define MAX_MISTAKES 100

/* libconfuse hands nothing of the caller's to its error function but the section at hand. So each
 * section gets a "simple" option, whose variable is ours, under a name that no file can have (the
 * scan refuses it): through it the error function finds where to put its words. */
#define ERROR_OPTION "|"
struct parse_error {
	long line; /* first member: the option's variable */
	char text[200];
};

static void keep_error(cfg_t *cfg, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void keep_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	struct parse_error *e = NULL;
	unsigned i;

	for (i = 0; cfg->opts[i].name && !e; i++)
		if (strcmp(cfg->opts[i].name, ERROR_OPTION) == 0)
			e = (struct parse_error *)(void *)cfg->opts[i].simple_value.number;
	if (!e || e->text[0])
		return;
	e->line = cfg->line;
	str_vfmt(e->text, sizeof(e->text), fmt, ap);
}

static cfg_opt_t section_option(const struct conf_form *form, cfg_opt_t *inner)
{
	cfg_opt_t section = CFG_SEC(form->name, inner, CFGF_NONE);
	cfg_flag_t flags = CFGF_KEYSTRVAL;

	if (form->titled)
		flags |= CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
	section.flags = flags;
	return section;
}

static cfg_t *parse_text(
    const struct conf_form *forms, char *text, struct parse_error *error, int *code)
{
	cfg_opt_t plain[] = {CFG_SIMPLE_INT(ERROR_OPTION, &error->line), CFG_END()};
	cfg_opt_t outer[MAX_FORMS + 2], nested[MAX_FORMS][MAX_FORMS + 2];
	cfg_t *cfg;
	size_t n = 0;

	for (; n < MAX_FORMS && forms[n].name; n++) {
		const struct conf_form *inner = forms[n].inner;
		size_t k = 0;

		for (; inner && k < MAX_FORMS && inner[k].name; k++)
			nested[n][k] = section_option(&inner[k], plain);
		nested[n][k++] = plain[0];
		nested[n][k] = plain[1];
		outer[n] = section_option(&forms[n], nested[n]);
	}
	outer[n++] = plain[0];
	outer[n] = plain[1];
	cfg = cfg_init(outer, CFGF_KEYSTRVAL);
	if (!cfg)
		xalloc_die("out of memory");
	cfg_set_error_function(cfg, keep_error);
	*code = cfg_parse_buf(cfg, text);
	return cfg;
}

static int line_of(
    const struct conf_scan *scan, const char *section, const char *title, const char *name)
{
	size_t i = scan->count;

	while (i-- > 0) {
		const struct conf_name *n = &scan->names[i];

		if (n->name && strcmp(n->name, name) == 0 && strcmp(n->section, section) == 0 &&
		    strcmp(n->title, title) == 0)
			return n->line;
	}
	return 0;
}

struct collect {
	struct conf_doc *doc;
	const char *file;
	struct conf_errors *errors;
};

/* Line feeds as \\n, for values that may have them; to be freed. */
static char *with_breaks(const char *value)
{
	char *out = xmalloc(2 * strlen(value) + 1), *p = out;

	for (; *value; value++) {
		if (*value == '\n')
			*p++ = '\\';
		*p++ = *value == '\n' ? 'n' : *value;
	}
	*p = '\0';
	return out;
}

static void collect_value(
    const struct collect *c, cfg_opt_t *opt, const char *section, const char *title, bool breaks)
{
	int line = line_of(&c->doc->scan, section, title, cfg_opt_name(opt));
	const char *text = cfg_opt_getnstr(opt, 0);
	char *value = breaks ? with_breaks(text) : xstrdup(text);
	struct conf_entry *e;

	if (!words_printable(cfg_opt_name(opt)) || !words_printable(value)) {
		conf_error(
		    c->errors, c->file, line, "expected UTF-8 text without control characters");
		free(value);
		return;
	}
	c->doc->entries =
	    xreallocarray(c->doc->entries, c->doc->count + 1, sizeof(*c->doc->entries));
	e = &c->doc->entries[c->doc->count++];
	e->section = section;
	e->title = xstrdup(title);
	e->name = xstrdup(cfg_opt_name(opt));
	e->value = value;
	e->line = line;
}

static void collect_section(
    const struct collect *c, cfg_t *cfg, const struct conf_form *form, const char *title)
{
	const char *section = !form ? "" : form->path ? form->path : form->name;
	unsigned i, n = cfg_num(cfg);

	for (i = 0; i < n; i++) {
		cfg_opt_t *opt = cfg_getnopt(cfg, i);

		if (opt->type == CFGT_STR && cfg_opt_size(opt) > 0)
			collect_value(c, opt, section, title, form && form->breaks);
	}
}

static void collect_forms(
    const struct collect *c, cfg_t *cfg, const struct conf_form *forms, const char *title)
{
	for (; forms->name; forms++) {
		unsigned i, n = cfg_size(cfg, forms->name);

		for (i = 0; i < n; i++) {
			cfg_t *section = cfg_getnsec(cfg, forms->name, i);
			char *own = !forms->titled ? xstrdup(title)
				    : forms->path  ? conf_inner_title(title, cfg_title(section))
						   : xstrdup(cfg_title(section));

			collect_section(c, section, forms, own);
			if (forms->inner)
				collect_forms(c, section, forms->inner, own);
			free(own);
		}
	}
}

/* What the scan has let through. */
static int parse_scanned(struct conf_doc *doc, const struct conf_form *forms, const char *file,
    struct conf_errors *errors)
{
	struct collect c = {doc, file, errors};
	struct parse_error error = {0};
	int before = errors->count, code;
	cfg_t *cfg = parse_text(forms, doc->scan.text, &error, &code);

	if (code == CFG_SUCCESS) {
		collect_section(&c, cfg, NULL, "");
		collect_forms(&c, cfg, forms, "");
	} else {
		conf_error(errors, file, (int)error.line, "%s",
		    error.text[0] ? error.text : "this is no configuration");
	}
	cfg_free(cfg);
	return errors->count == before ? ERR_OK : ERR_FORMAT;
}

int conf_doc_parse(struct conf_doc *doc, const struct conf_form *forms, const char *file,
    const char *text, struct conf_errors *errors)
{
	memset(doc, 0, sizeof(*doc));
	if (conf_scan(&doc->scan, forms, file, text, errors, NULL) != ERR_OK)
		return ERR_FORMAT;
	return parse_scanned(doc, forms, file, errors);
}

/* Blanks in place of what is bad; line feeds stay, so that lines keep their numbers. False when
 * nothing of it was left to be blanked. */
static bool leave_out(char *text, const struct conf_bad *bad)
{
	size_t i = bad->to, braces = (size_t)bad->keep_braces;
	bool changed = false;

	while (i-- > bad->from) {
		if (text[i] == '}' && braces > 0) {
			braces--;
			continue;
		}
		changed = changed || (text[i] != '\n' && text[i] != ' ');
		if (text[i] != '\n')
			text[i] = ' ';
	}
	return changed;
}

/* Whether more than its own line is lost. */
static bool loses_the_rest(const char *text, const struct conf_bad *bad)
{
	size_t end = bad->from + strcspn(text + bad->from, "\n");

	return bad->to == strlen(text) && end + strspn(text + end, " \t\r\n") < bad->to;
}

void conf_doc_parse_good(struct conf_doc *doc, const struct conf_form *forms, const char *file,
    const char *text, struct conf_errors *errors)
{
	char *copy = xstrdup(text);
	struct conf_bad bad;
	int tries = 0;

	memset(doc, 0, sizeof(*doc));
	while (conf_scan(&doc->scan, forms, file, copy, errors, &bad) != ERR_OK) {
		conf_scan_fini(&doc->scan);
		if (loses_the_rest(copy, &bad))
			conf_error(errors, file, 0, "what follows behind that is not read");
		if (++tries == MAX_MISTAKES || !leave_out(copy, &bad)) {
			conf_error(errors, file, 0, "too many mistakes: nothing of it is read");
			free(copy);
			return;
		}
	}
	(void)parse_scanned(doc, forms, file, errors); /* told in errors */
	free(copy);
}

void conf_doc_fini(struct conf_doc *doc)
{
	size_t i;

	for (i = 0; i < doc->count; i++) {
		free(doc->entries[i].title);
		free(doc->entries[i].name);
		free(doc->entries[i].value);
	}
	free(doc->entries);
	conf_scan_fini(&doc->scan);
	memset(doc, 0, sizeof(*doc));
}

bool conf_doc_has(const struct conf_doc *doc, const char *section, const char *title)
{
	size_t i;

	for (i = 0; i < doc->scan.count; i++) {
		const struct conf_name *n = &doc->scan.names[i];

		if (!n->name && strcmp(n->section, section) == 0 && strcmp(n->title, title) == 0)
			return true;
	}
	return false;
}

/* ---- the configuration file ---------------------------------------------------------------- */

#define PROFILE_KEYS   "profile/keys"
#define PROFILE_MACROS "profile/macros"
#define PROFILE_LABELS "profile/labels"
#define PROFILE_VALUES "profile/values"
#define PROFILE_RULES  "profile/highlight"

static const struct conf_form profile_forms[] = {
    {.name = "keys", .path = PROFILE_KEYS},
    {.name = "macros", .path = PROFILE_MACROS, .breaks = true},
    {.name = "labels", .path = PROFILE_LABELS},
    {.name = "values", .path = PROFILE_VALUES},
    {.name = "highlight", .titled = true, .path = PROFILE_RULES},
    {.name = NULL},
};

static const struct conf_form conf_forms[] = {
    {.name = "profile", .titled = true, .inner = profile_forms},
    {.name = "keys"},
    {.name = "macros", .breaks = true},
    {.name = "labels"},
    {.name = "values"},
    {.name = "highlight", .titled = true},
    {.name = NULL},
};

/* One run over a file: the fresh tables, and what they are for. */
struct apply {
	const char *file;
	const char *profile;
	enum setting_origin origin;
	struct settings settings; /* becomes the new one */
	struct settings scratch;  /* checks the values of profiles that aren't asked for */
	struct keymap *keymap;
	struct keymap *scratch_keys;	     /* the same for their keys */
	struct highlight *highlight;	     /* NULL: no rules so far */
	struct highlight *scratch_highlight; /* those of profiles that aren't asked for */
	struct conf_errors *errors;
};

/* "line 12 of ~/.config/tasmite/config"; of a long path the end is kept. */
static void where_text(const struct apply *a, int line, char *dst, size_t size)
{
	size_t n = strlen(a->file), most = size - sizeof("line 2147483647 of ...");

	if (n > most)
		str_fmt(dst, size, "line %d of ...%s", line, a->file + n - most);
	else
		str_fmt(dst, size, "line %d of %s", line, a->file);
}

static void unknown_setting(const struct apply *a, const struct conf_entry *e)
{
	char text[64];

	conf_error(a->errors, a->file, e->line, "unknown setting '%.40s'%s", e->name,
	    setting_nearest(e->name, text, sizeof(text)));
}

static void apply_setting(struct apply *a, const struct conf_entry *e)
{
	char where[sizeof(a->settings.values[0].where)];
	struct settings *target = &a->settings;
	enum setting_origin origin = a->origin;
	struct err err;
	int id = setting_find(e->name);

	if (id < 0) {
		unknown_setting(a, e);
		return;
	}
	if (*e->section) {
		origin = ORIGIN_PROFILE;
		if (!a->profile || strcmp(e->title, a->profile) != 0)
			target = &a->scratch;
	}
	where_text(a, e->line, where, sizeof(where));
	if (settings_set(target, (enum setting_id)id, e->value, origin, where, &err) != ERR_OK)
		conf_error(a->errors, a->file, e->line, "%s", err.text);
}

/* The key map that the entry is for: that of a profile that isn't asked for is only checked. */
static struct keymap *keymap_for(const struct apply *a, const struct conf_entry *e)
{
	if (!str_starts(e->section, "profile/") ||
	    (a->profile && strcmp(e->title, a->profile) == 0))
		return a->keymap;
	return a->scratch_keys;
}

static void apply_key(struct apply *a, const struct conf_entry *e)
{
	struct cmd_line line = {0};
	struct err err;

	if (*e->value && e->value[0] != '/') {
		conf_error(a->errors, a->file, e->line,
		    "%.40s: expected a command as \"/flash\" (text for the device belongs into "
		    "macros)",
		    e->name);
		return;
	}
	/* Only the name is checked of what goes into the edit line to be completed there. */
	if (*e->value && cmd_parse(e->value, &line, &err) != ERR_OK &&
	    !(line.row && keymap_is_prefill(e->value)))
		conf_error(a->errors, a->file, e->line, "%.40s: %s", e->name, err.text);
	else if (keymap_bind(keymap_for(a, e), e->name, e->value, NULL, &err) != ERR_OK)
		conf_error(a->errors, a->file, e->line, "%s", err.text);
	cmd_line_fini(&line);
}

static void apply_macro(struct apply *a, const struct conf_entry *e)
{
	struct err err;

	if (e->value[0] == '/' && e->value[1] != '/')
		conf_error(a->errors, a->file, e->line,
		    "%.40s: expected text for the device (a command belongs into keys)", e->name);
	else if (keymap_bind(keymap_for(a, e), e->name, e->value, NULL, &err) != ERR_OK)
		conf_error(a->errors, a->file, e->line, "%s", err.text);
}

/* ---- highlight rules --------------------------------------------------------------------------- */

/* One section: its entries stand together. */
struct rule_entry {
	const struct conf_entry *pattern, *style, *on, *cases;
	int line; /* where the section begins */
};

static void unknown_style(const struct apply *a, const struct conf_entry *e)
{
	struct nearest near;
	char text[64];

	nearest_init(&near, e->value);
	for (int i = 0; i < STYLE_COUNT; i++)
		nearest_offer(&near, style_name((enum style_id)i));
	conf_error(a->errors, a->file, e->line, "style: unknown style '%.40s'%s", e->value,
	    nearest_text(&near, "", text, sizeof(text)));
}

static void rule_entry_take(const struct apply *a, struct rule_entry *r, const struct conf_entry *e)
{
	if (strcmp(e->name, "pattern") == 0)
		r->pattern = e;
	else if (strcmp(e->name, "style") == 0)
		r->style = e;
	else if (strcmp(e->name, "on") == 0)
		r->on = e;
	else if (strcmp(e->name, "case") == 0)
		r->cases = e;
	else
		conf_error(a->errors, a->file, e->line,
		    "expected pattern, style, on or case, not '%.40s'", e->name);
}

/* What "on" says; HIGHLIGHT_MATCH where nothing is said. */
static int rule_on(const struct apply *a, const struct conf_entry *e)
{
	if (!e || strcmp(e->value, "match") == 0)
		return HIGHLIGHT_MATCH;
	if (strcmp(e->value, "line") == 0)
		return HIGHLIGHT_LINE;
	if (e->value[0] >= '1' && e->value[0] <= '9' && !e->value[1])
		return e->value[0] - '0';
	conf_error(a->errors, a->file, e->line,
	    "on: expected line, match or a group's number from 1 to 9, not '%.40s'", e->value);
	return HIGHLIGHT_MATCH;
}

static unsigned rule_flags(const struct apply *a, const struct conf_entry *e)
{
	int i = e ? words_find("smart|on|off", e->value) : 0;

	if (i < 0)
		conf_error(a->errors, a->file, e->line,
		    "case: expected on, off or smart, not '%.40s'", e->value);
	return i == 1 ? 0 : i == 2 ? PATTERN_NOCASE : PATTERN_SMART;
}

static void apply_rule(
    const struct apply *a, struct highlight *h, const char *name, const struct rule_entry *r)
{
	unsigned flags = rule_flags(a, r->cases);
	int on = rule_on(a, r->on), style = STYLE_HL_MATCH;
	struct err err;

	if (r->style)
		style = style_find(r->style->value);
	if (style < 0)
		unknown_style(a, r->style);
	else if (!r->pattern)
		conf_error(a->errors, a->file, r->line,
		    "highlight %.40s: expected pattern = \"...\" (an empty one takes a rule out)",
		    name);
	else if (highlight_add(h, name, r->pattern->value, flags, (enum style_id)style, on, &err) !=
		 ERR_OK)
		conf_error(a->errors, a->file, r->pattern->line, "pattern: %s", err.text);
}

/* One section, its name is the i-th; title: of the rule alone. */
static void apply_rules_of(struct apply *a, const struct conf_doc *doc,
    const struct conf_name *section, struct highlight *h, const char *title)
{
	struct rule_entry r = {.line = section->line};

	for (size_t k = 0; k < doc->count; k++)
		if (strcmp(doc->entries[k].section, section->section) == 0 &&
		    strcmp(doc->entries[k].title, section->title) == 0)
			rule_entry_take(a, &r, &doc->entries[k]);
	apply_rule(a, h, title, &r);
}

/* Most files have no rules: then none are copied. */
static struct highlight *made(struct highlight **h, const struct highlight *from)
{
	if (!*h)
		*h = from ? highlight_copy(from) : highlight_new();
	return *h;
}

/* The rules of the file, then those of the profile over them. */
static void apply_rules(struct apply *a, const struct conf_doc *doc, const struct highlight *h)
{
	size_t n = a->profile ? strlen(a->profile) : 0;

	for (int inner = 0; inner < 2; inner++)
		for (size_t i = 0; i < doc->scan.count; i++) {
			const struct conf_name *s = &doc->scan.names[i];
			const char *title = inner ? strchr(s->title, '\n') : s->title;
			bool asked =
			    !inner || (a->profile && title && (size_t)(title - s->title) == n &&
					  !memcmp(s->title, a->profile, n));

			if (s->name || !title ||
			    strcmp(s->section, inner ? PROFILE_RULES : "highlight") != 0)
				continue;
			apply_rules_of(a, doc, s,
			    asked ? made(&a->highlight, h) : made(&a->scratch_highlight, h),
			    title + inner);
		}
}

static void apply_label(struct apply *a, const struct conf_entry *e)
{
	struct err err;

	if (keymap_label(keymap_for(a, e), e->name, e->value, &err) != ERR_OK)
		conf_error(a->errors, a->file, e->line, "%s", err.text);
}

static void apply_entry(struct apply *a, const struct conf_entry *e)
{
	const char *kind =
	    str_starts(e->section, "profile/") ? e->section + strlen("profile/") : e->section;

	if (strcmp(kind, "keys") == 0)
		apply_key(a, e);
	else if (strcmp(kind, "macros") == 0)
		apply_macro(a, e);
	else if (strcmp(kind, "labels") == 0)
		apply_label(a, e);
	else if (strcmp(kind, "highlight") != 0 && strcmp(kind, "values") != 0)
		apply_setting(a, e);
}

/* Labels when all keys are bound, a profile's keys over those of the file. */
static void apply_entries(struct apply *a, const struct conf_doc *doc)
{
	for (int pass = 0; pass < 4; pass++)
		for (size_t i = 0; i < doc->count; i++) {
			const struct conf_entry *e = &doc->entries[i];
			int inner = str_starts(e->section, "profile/");
			int label = str_ends(e->section, "labels");

			if (pass == label * 2 + inner)
				apply_entry(a, e);
		}
}

static void unknown_profile(const struct apply *a, const struct conf_doc *doc)
{
	struct nearest near;
	char text[64];
	size_t i;

	nearest_init(&near, a->profile);
	for (i = 0; i < doc->scan.count; i++)
		if (strcmp(doc->scan.names[i].section, "profile") == 0)
			nearest_offer(&near, doc->scan.names[i].title);
	conf_error(a->errors, a->file, 0, "there is no profile '%.40s'%s", a->profile,
	    nearest_text(&near, "", text, sizeof(text)));
}

/* The fresh tables take the old ones' place. */
static void take_over(struct apply *a, struct settings *s, struct keymap *k, struct highlight *h)
{
	settings_fini(s);
	*s = a->settings;
	s->revision++;
	keymap_assign(k, a->keymap);
	if (h && a->highlight)
		highlight_assign(h, a->highlight);
}

/* Fills a with fresh tables made of the file's. */
static int apply_doc(struct apply *a, const struct conf_doc *doc, const struct settings *s,
    const struct keymap *k, const struct highlight *h)
{
	int before = a->errors->count;

	settings_copy(&a->settings, s);
	settings_init(&a->scratch);
	a->keymap = keymap_copy(k);
	a->scratch_keys = keymap_copy(k);
	a->highlight = a->scratch_highlight = NULL;
	apply_entries(a, doc);
	apply_rules(a, doc, h);
	if (a->profile && !conf_doc_has(doc, "profile", a->profile)) {
		unknown_profile(a, doc);
		return ERR_NOENT;
	}
	return a->errors->count == before ? ERR_OK : ERR_FORMAT;
}

static void apply_fini(struct apply *a, bool taken)
{
	if (!taken)
		settings_fini(&a->settings);
	settings_fini(&a->scratch);
	keymap_free(a->keymap);
	keymap_free(a->scratch_keys);
	highlight_free(a->highlight);
	highlight_free(a->scratch_highlight);
}

int conf_apply(const char *file, const char *text, enum setting_origin origin, const char *profile,
    struct settings *s, struct keymap *k, struct highlight *h, struct conf_errors *errors)
{
	struct apply a = {.file = file, .profile = profile, .origin = origin, .errors = errors};
	struct conf_doc doc;
	int code;

	code = conf_doc_parse(&doc, conf_forms, file, text, errors);
	if (code == ERR_OK) {
		code = apply_doc(&a, &doc, s, k, h);
		if (code == ERR_OK)
			take_over(&a, s, k, h);
		apply_fini(&a, code == ERR_OK);
	}
	conf_doc_fini(&doc);
	return code;
}

void conf_apply_good(const char *file, const char *text, enum setting_origin origin,
    const char *profile, struct settings *s, struct keymap *k, struct highlight *h,
    struct conf_errors *errors)
{
	struct apply a = {.file = file, .profile = profile, .origin = origin, .errors = errors};
	struct conf_doc doc;

	conf_doc_parse_good(&doc, conf_forms, file, text, errors);
	(void)apply_doc(&a, &doc, s, k, h); /* told in errors */
	take_over(&a, s, k, h);
	apply_fini(&a, true);
	conf_doc_fini(&doc);
}

void conf_each_profile(const char *text, void (*fn)(void *ctx, const char *name), void *ctx)
{
	struct conf_errors errors = {.count = 0};
	struct conf_doc doc;
	size_t i;

	conf_doc_parse_good(&doc, conf_forms, "", text, &errors);
	for (i = 0; i < doc.scan.count; i++) {
		const struct conf_name *n = &doc.scan.names[i];

		if (!n->name && strcmp(n->section, "profile") == 0)
			fn(ctx, n->title);
	}
	conf_doc_fini(&doc);
}

void conf_each_value(const char *text, const char *profile,
    void (*fn)(void *ctx, const char *name, const char *value), void *ctx)
{
	struct conf_errors errors = {.count = 0};
	struct conf_doc doc;

	conf_doc_parse_good(&doc, conf_forms, "", text, &errors);
	for (size_t i = 0; i < doc.count; i++) {
		const struct conf_entry *e = &doc.entries[i];

		if (profile
			? strcmp(e->section, PROFILE_VALUES) == 0 && strcmp(e->title, profile) == 0
			: strcmp(e->section, "values") == 0)
			fn(ctx, e->name, e->value);
	}
	conf_doc_fini(&doc);
}

struct look_for {
	const char *name;
	bool found;
};

static void look(void *ctx, const char *name)
{
	struct look_for *l = ctx;

	l->found = l->found || strcmp(name, l->name) == 0;
}

bool conf_has_profile(const char *text, const char *profile)
{
	struct look_for l = {.name = profile};

	conf_each_profile(text, look, &l);
	return l.found;
}

struct look_near {
	struct nearest near;
	char best[WORDS_LONGEST * 4];
};

/* The names go with the text: the best one is kept. */
static void look_near(void *ctx, const char *name)
{
	struct look_near *l = ctx;
	int before = l->near.distance;

	nearest_offer(&l->near, name);
	if (l->near.distance < before)
		str_copy(l->best, sizeof(l->best), name);
	l->near.best = l->best[0] ? l->best : NULL;
}

const char *conf_nearest_profile(const char *text, const char *name, char *dst, size_t size)
{
	struct look_near l = {.best = ""};

	nearest_init(&l.near, name);
	conf_each_profile(text, look_near, &l);
	return nearest_text(&l.near, "", dst, size);
}
