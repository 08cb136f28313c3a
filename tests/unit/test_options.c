/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: words taken apart, mistakes told, --help complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/core/options.h"

/* "flash: port=x (FILE) yes" or "... ! error". */
static const char *walk(const char *line)
{
	static char out[600];
	char words[200], *argv[40] = {0}, *save = words;
	const struct option_row *row;
	const char *value;
	struct options o;
	struct err err;
	int n = 0, code;

	str_copy(words, sizeof(words), line);
	while (*save && n < 39) {
		argv[n++] = save;
		save += strcspn(save, " ");
		if (*save)
			*save++ = '\0';
	}
	options_begin(&o, argv);
	str_fmt(out, sizeof(out), "%s:", options_command_row(o.command)->name);
	while ((code = options_next(&o, &row, &value, &err)) == 1) {
		str_cat(out, sizeof(out), row ? " " : " (");
		str_cat(out, sizeof(out), row ? row->name : value);
		if (!row)
			str_cat(out, sizeof(out), ")");
		if (!row || !value)
			continue;
		str_cat(out, sizeof(out), "=");
		str_cat(out, sizeof(out), value);
	}
	if (code < 0) {
		assert_int_equal(code, ERR_INVAL);
		str_cat(out, sizeof(out), " ! ");
		str_cat(out, sizeof(out), err.text);
	}
	return out;
}

static void options_next__takes_words_apart__of_every_command(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
	    {"tasmite", ":"},
	    {"", ":"},
	    {"tasmite /dev/ttyUSB0", ": (/dev/ttyUSB0)"},
	    {"tasmite --baud 74880 p --eol=cr", ": baud=74880 (p) eol=cr"},
	    {"tasmite --set a=b --set=c=d", ": set=a=b set=c=d"},
	    {"tasmite --log p", ": log (p)"},
	    {"tasmite --log=f p", ": log=f (p)"},
	    {"tasmite --log= p", ": log= (p)"},
	    {"tasmite --no-color --help", ": no-color help"},
	    {"tasmite -- --odd", ": (--odd)"},
	    {"tasmite -", ": (-)"},
	    {"tasmite p flash", ": (p) ! 'flash' is too much: tasmite [OPTION]... [PORT]"},
	    {"tasmite flash --port p a b@4k --yes", "flash: port=p (a) (b@4k) yes"},
	    {"tasmite flash -- --yes", "flash: (--yes)"},
	    {"tasmite chip --json --timeout 5", "chip: json timeout=5"},
	    {"tasmite image a b c", "image: (a) (b) (c)"},
	    {"tasmite list", "list:"},
	    {"tasmite list --json", "list: json"},
	    {"tasmite erase 0x1000 4096", "erase: (0x1000) (4096)"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(walk(cases[i].line), cases[i].want);
}

static void options_next__tells__what_is_wrong(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
	    {"tasmite --buad 1", ": ! tasmite has no option '--buad', did you mean '--baud'? "
				 "(tasmite --help lists them)"},
	    {"tasmite flash --theme x f", "flash: ! tasmite flash has no option '--theme' "
					  "(tasmite flash --help lists them)"},
	    {"tasmite --baud", ": ! --baud needs a value: --baud N"},
	    {"tasmite --help=x", ": ! --help takes no value"},
	    {"tasmite -b 9600", ": ! '-b': options begin with two dashes (tasmite --help lists "
				"them)"},
	    {"tasmite flash --yes", "flash: yes ! a word is missing: tasmite flash [OPTION]... "
				    "FILE[@OFFSET]..."},
	    {"tasmite flsh x.bin",
		": (flsh) ! there is no sub-command 'flsh', did you mean 'flash'?"},
	    {"tasmite --plain p q", ": plain (p) ! 'q' is too much: tasmite [OPTION]... [PORT]"},
	    {"tasmite list x", "list: ! 'x' is too much: tasmite list [OPTION]... "},
	    {"tasmite chip x", "chip: ! 'x' is too much: tasmite chip [OPTION]... "},
	    {"tasmite erase 1 2 3", "erase: (1) (2) ! '3' is too much: tasmite erase [OPTION]... "
				    "[all | OFFSET LENGTH]"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(walk(cases[i].line), cases[i].want);
}

static void options_usage__lists__each_option_of_the_command(void **state)
{
	int c, i;

	(void)state;
	for (c = 0; c < OPTIONS_COMMANDS; c++) {
		struct sbuf out;

		sbuf_init(&out, 16384);
		options_usage((enum options_command)c, &out);
		assert_false(out.cut);
		for (i = 0; sbuf_str(&out)[i]; i++)
			if (strcspn(sbuf_str(&out) + i, "\n") > 78 &&
			    (!i || sbuf_str(&out)[i - 1] == '\n'))
				fail_msg("a line is too long: %s", sbuf_str(&out) + i);
		for (i = 0; i < OPTION_COUNT; i++) {
			const struct option_row *row = option_row((enum option_id)i);
			char want[40];
			bool has;

			str_fmt(want, sizeof(want), "\n  --%s", row->name);
			has = strstr(sbuf_str(&out), want) != NULL;
			if (has != ((row->commands & OPTIONS_IN(c)) != 0))
				fail_msg("--%s in the help of '%s'", row->name,
				    options_command_row((enum options_command)c)->name);
		}
		sbuf_fini(&out);
	}
}

static void options_usage__shows__how_to_call(void **state)
{
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 16384);
	options_usage(OPTIONS_ERASE, &out);
	assert_true(str_starts(sbuf_str(&out), "Usage: tasmite erase [OPTION]... "
					       "[all | OFFSET LENGTH]\n\nErase the flash.\n\n"));
	sbuf_clear(&out);
	options_usage(OPTIONS_SESSION, &out);
	assert_non_null(strstr(sbuf_str(&out), "\n       tasmite chip [OPTION]...\n"));
	sbuf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options_next__takes_words_apart__of_every_command),
	    cmocka_unit_test(options_next__tells__what_is_wrong),
	    cmocka_unit_test(options_usage__lists__each_option_of_the_command),
	    cmocka_unit_test(options_usage__shows__how_to_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
