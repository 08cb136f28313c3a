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
#include "words.h"

#define MAX_FORMS 8

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

static cfg_t *parse_text(
    const struct conf_form *forms, char *text, struct parse_error *error, int *code)
{
	cfg_opt_t inner[] = {CFG_SIMPLE_INT(ERROR_OPTION, &error->line), CFG_END()};
	cfg_opt_t outer[MAX_FORMS + 2];
	cfg_t *cfg;
	size_t n = 0;

	for (; n < MAX_FORMS && forms[n].name; n++) {
		cfg_flag_t flags = CFGF_KEYSTRVAL;
		cfg_opt_t section = CFG_SEC(forms[n].name, inner, CFGF_NONE);

		if (forms[n].titled)
			flags |= CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
		section.flags = flags;
		outer[n] = section;
	}
	outer[n++] = inner[0];
	outer[n] = inner[1];
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

static void collect_section(const struct collect *c, cfg_t *cfg, const char *section)
{
	const char *title = cfg_title(cfg) ? cfg_title(cfg) : "";
	unsigned i, n = cfg_num(cfg);

	for (i = 0; i < n; i++) {
		cfg_opt_t *opt = cfg_getnopt(cfg, i);
		struct conf_entry *e;
		const char *value;
		int line;

		if (opt->type != CFGT_STR || cfg_opt_size(opt) == 0)
			continue;
		value = cfg_opt_getnstr(opt, 0);
		line = line_of(&c->doc->scan, section, title, cfg_opt_name(opt));
		if (!words_printable(cfg_opt_name(opt)) || !words_printable(value)) {
			conf_error(c->errors, c->file, line,
			    "expected UTF-8 text without control characters");
			continue;
		}
		c->doc->entries =
		    xreallocarray(c->doc->entries, c->doc->count + 1, sizeof(*c->doc->entries));
		e = &c->doc->entries[c->doc->count++];
		e->section = section;
		e->title = xstrdup(title);
		e->name = xstrdup(cfg_opt_name(opt));
		e->value = xstrdup(value);
		e->line = line;
	}
}

static void collect_all(const struct collect *c, cfg_t *cfg, const struct conf_form *forms)
{
	collect_section(c, cfg, "");
	for (; forms->name; forms++) {
		unsigned i, n = cfg_size(cfg, forms->name);

		for (i = 0; i < n; i++)
			collect_section(c, cfg_getnsec(cfg, forms->name, i), forms->name);
	}
}

int conf_doc_parse(struct conf_doc *doc, const struct conf_form *forms, const char *file,
    const char *text, struct conf_errors *errors)
{
	struct collect c = {doc, file, errors};
	struct parse_error error = {0};
	int before = errors->count, code;
	cfg_t *cfg;

	memset(doc, 0, sizeof(*doc));
	if (conf_scan(&doc->scan, forms, file, text, errors) != ERR_OK)
		return ERR_FORMAT;
	cfg = parse_text(forms, doc->scan.text, &error, &code);
	if (code == CFG_SUCCESS)
		collect_all(&c, cfg, forms);
	else
		conf_error(errors, file, (int)error.line, "%s",
		    error.text[0] ? error.text : "this is no configuration");
	cfg_free(cfg);
	return errors->count == before ? ERR_OK : ERR_FORMAT;
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

static const struct conf_form conf_forms[] = {
    {"profile", true},
    {"keys", false},
    {"macros", false},
    {"highlight", true},
    {NULL, false},
};

/* One run over a file: the fresh tables, and what they are for. */
struct apply {
	const char *file;
	const char *profile;
	enum setting_origin origin;
	struct settings settings; /* becomes the new one */
	struct settings scratch;  /* checks the values of profiles that aren't asked for */
	struct keymap *keymap;
	struct highlight *highlight;
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
	struct nearest near;
	char text[64];
	int i;

	nearest_init(&near, e->name);
	for (i = 0; i < SETTING_COUNT; i++)
		nearest_offer(&near, setting_row((enum setting_id)i)->name);
	conf_error(a->errors, a->file, e->line, "unknown setting '%.40s'%s", e->name,
	    nearest_text(&near, "", text, sizeof(text)));
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
	else if (keymap_bind(a->keymap, e->name, e->value, NULL, &err) != ERR_OK)
		conf_error(a->errors, a->file, e->line, "%s", err.text);
	cmd_line_fini(&line);
}

static void apply_macro(struct apply *a, const struct conf_entry *e)
{
	struct err err;

	if (e->value[0] == '/' && e->value[1] != '/')
		conf_error(a->errors, a->file, e->line,
		    "%.40s: expected text for the device (a command belongs into keys)", e->name);
	else if (keymap_bind(a->keymap, e->name, e->value, NULL, &err) != ERR_OK)
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

static void apply_rule(const struct apply *a, const char *name, const struct rule_entry *r)
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
	else if (highlight_add(a->highlight, name, r->pattern->value, flags, (enum style_id)style,
		     on, &err) != ERR_OK)
		conf_error(a->errors, a->file, r->pattern->line, "pattern: %s", err.text);
}

/* Most files have no rules: then none are copied. */
static void apply_rules(struct apply *a, const struct conf_doc *doc, const struct highlight *h)
{
	for (size_t i = 0; i < doc->scan.count; i++) {
		const struct conf_name *section = &doc->scan.names[i];
		struct rule_entry r = {.line = section->line};

		if (section->name || strcmp(section->section, "highlight") != 0)
			continue;
		if (!a->highlight)
			a->highlight = h ? highlight_copy(h) : highlight_new();
		for (size_t k = 0; k < doc->count; k++)
			if (strcmp(doc->entries[k].section, "highlight") == 0 &&
			    strcmp(doc->entries[k].title, section->title) == 0)
				rule_entry_take(a, &r, &doc->entries[k]);
		apply_rule(a, section->title, &r);
	}
}

static void apply_entry(struct apply *a, const struct conf_entry *e)
{
	if (strcmp(e->section, "keys") == 0)
		apply_key(a, e);
	else if (strcmp(e->section, "macros") == 0)
		apply_macro(a, e);
	else if (strcmp(e->section, "highlight") != 0)
		apply_setting(a, e);
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

int conf_apply(const char *file, const char *text, enum setting_origin origin, const char *profile,
    struct settings *s, struct keymap *k, struct highlight *h, struct conf_errors *errors)
{
	struct apply a = {.file = file, .profile = profile, .origin = origin, .errors = errors};
	int before = errors->count, code;
	struct conf_doc doc;
	size_t i;

	code = conf_doc_parse(&doc, conf_forms, file, text, errors);
	if (code != ERR_OK) {
		conf_doc_fini(&doc);
		return code;
	}
	settings_copy(&a.settings, s);
	settings_init(&a.scratch);
	a.keymap = keymap_copy(k);
	a.highlight = NULL;
	for (i = 0; i < doc.count; i++)
		apply_entry(&a, &doc.entries[i]);
	apply_rules(&a, &doc, h);
	if (profile && !conf_doc_has(&doc, "profile", profile)) {
		unknown_profile(&a, &doc);
		code = ERR_NOENT;
	}
	if (errors->count == before)
		take_over(&a, s, k, h);
	else
		settings_fini(&a.settings);
	settings_fini(&a.scratch);
	keymap_free(a.keymap);
	highlight_free(a.highlight);
	conf_doc_fini(&doc);
	return errors->count == before ? ERR_OK : code != ERR_OK ? code : ERR_FORMAT;
}

bool conf_has_profile(const char *text, const char *profile)
{
	struct conf_errors errors = {.count = 0};
	struct conf_doc doc;
	bool has;

	has = conf_doc_parse(&doc, conf_forms, "", text, &errors) == ERR_OK &&
	      conf_doc_has(&doc, "profile", profile);
	conf_doc_fini(&doc);
	return has;
}
