/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scripts of completion: each row of the table of options stands in them, quoted as the shell wants it. */
#include "tasmite/core/completion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void completion_of_option__tells__what_the_value_may_be(void **state)
{
	static const struct {
		enum option_id id;
		enum completion_kind kind;
		const char *words;
	} cases[] = {
	    {OPTION_PORT, COMPLETION_PORT, ""},
	    {OPTION_FORMAT, COMPLETION_WORDS, "8N1 8E1 8O1 8N2 7E1"},
	    {OPTION_EOL, COMPLETION_WORDS, "none cr lf crlf"},
	    {OPTION_THEME, COMPLETION_THEME, ""},
	    {OPTION_SET, COMPLETION_SETTING, ""},
	    {OPTION_CONFIG, COMPLETION_FILE, ""},
	    {OPTION_LOG, COMPLETION_FILE, ""},
	    {OPTION_STAMP, COMPLETION_WORDS, "clock iso"},
	    {OPTION_SEND, COMPLETION_NONE, ""},
	    {OPTION_YES, COMPLETION_NONE, ""},
	    {OPTION_MODE, COMPLETION_WORDS, "keep qio qout dio dout"},
	    {OPTION_COMPLETION, COMPLETION_WORDS, "bash zsh fish"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *words = NULL;

		assert_int_equal(
		    completion_of_option(option_row(cases[i].id), &words), cases[i].kind);
		assert_string_equal(words, cases[i].words);
	}
}

static void completion_of_operand__tells__what_a_command_takes(void **state)
{
	static const struct {
		enum completion_kind kind;
		const char *words;
	} want[OPTIONS_COMMANDS] = {
	    [OPTIONS_SESSION] = {COMPLETION_TARGET, ""},
	    [OPTIONS_FLASH] = {COMPLETION_FIRMWARE, ""},
	    [OPTIONS_CHIP] = {COMPLETION_NONE, ""},
	    [OPTIONS_IMAGE] = {COMPLETION_FIRMWARE, ""},
	    [OPTIONS_ERASE] = {COMPLETION_WORDS, "all"},
	    [OPTIONS_BACKUP] = {COMPLETION_FILE, ""},
	    [OPTIONS_VERIFY] = {COMPLETION_FIRMWARE, ""},
	    [OPTIONS_LIST] = {COMPLETION_NONE, ""},
	    [OPTIONS_REPLAY] = {COMPLETION_FILE, ""},
	    [OPTIONS_DIAGNOSE] = {COMPLETION_FILE, ""},
	    [OPTIONS_UPGRADE] = {COMPLETION_FIRMWARE, ""},
	    [OPTIONS_SEND] = {COMPLETION_FILE, ""},
	    [OPTIONS_UPLOAD] = {COMPLETION_FIRMWARE, ""},
	};

	(void)state;
	for (int c = 0; c < OPTIONS_COMMANDS; c++) {
		const char *words = NULL;

		assert_int_equal(
		    completion_of_operand((enum options_command)c, &words), want[c].kind);
		assert_string_equal(words, want[c].words ? want[c].words : "");
	}
}

/* The script of a shell has each of these texts. */
static void has_all(const char *shell, const char *const *texts, size_t n)
{
	struct sbuf out;

	sbuf_init(&out, 1 << 20);
	assert_true(completion_script(shell, &out));
	assert_false(out.cut);
	for (size_t i = 0; i < n; i++)
		if (!strstr(sbuf_str(&out), texts[i]))
			fail_msg("%s has no: %s", shell, texts[i]);
	sbuf_fini(&out);
}

static void completion_script__makes__a_script_for_bash(void **state)
{
	static const char *const texts[] = {
	    ("commands=' flash chip image erase backup verify list replay diagnose upgrade send "
	     "upload'\n"),
	    "\tlist)\n\t\tnames=' --json --help'\n\t\toperand='none'\n\t\tlist=''\n\t\t;;\n",
	    "\tchip)\n\t\tnames=' --port --json --timeout --help'\n\t\toperand='none'\n",
	    "\t\toperand='words'\n\t\tlist='all'\n\t\t;;\n",
	    "\t*)\n\t\tnames=' --port --baud --format ",
	    "\t\toperand='targets'\n\t\tlist=''\n\t\t;;\n\tesac\n",
	    /* A value that may be left out is completed behind "=" alone. */
	    "\tyes--log) _tasmite_offer file; return ;;\n",
	    "\tyes--stamp) _tasmite_offer words 'clock iso'; return ;;\n",
	    "\tyes--format | --format) _tasmite_offer words '8N1 8E1 8O1 8N2 7E1'; return ;;\n",
	    "\tyes--port | --port) _tasmite_offer ports; return ;;\n",
	    "\tyes--theme | --theme) _tasmite_offer themes; return ;;\n",
	    "\tyes--set | --set) _tasmite_offer settings; return ;;\n",
	    "\tyes--until | --until) _tasmite_offer none; return ;;\n",
	};

	(void)state;
	has_all("bash", texts, sizeof(texts) / sizeof(texts[0]));
}

static void completion_script__quotes__the_help_for_zsh(void **state)
{
	static const char *const texts[] = {
	    "\tlist) shift words; (( CURRENT-- ))\n\t\t_arguments \\\n\t\t'*--json[result as JSON "
	    "on standard output]' \\\n\t\t'*--help[this help]' ;;\n",
	    "'*--baud=[rate in bit/s; of flash\\: rate to write at (0\\: the fastest that works)]"
	    ":baud:(9600 ",
	    "'*--plain[no screen\\: the device'\\''s lines on standard output, ",
	    "'*--log=-[record what the device sends from the start; without FILE\\: a name made of "
	    "port and time]::log:_files'",
	    "[colours of the screen]:theme: _tasmite_ask themes'",
	    "[port to open]:port: _tasmite_ask ports'",
	    ":set: _tasmite_ask settings'",
	    ":until: '",
	    "'*:\\[all | OFFSET LENGTH\\]:(all)'",
	    "'1:\\[PORT\\]: _tasmite_ask targets'",
	    "'1:FILE:_files'",
	    "'*:FILE...:_files -g \"*.(bin|gz)\"'",
	    "\n\t\t'upload:send firmware to the device'\\''s own web page')\n",
	};

	(void)state;
	has_all("zsh", texts, sizeof(texts) / sizeof(texts[0]));
}

static void completion_script__quotes__the_help_for_fish(void **state)
{
	static const char *const texts[] = {
	    "\tcontains -- \"$words[2]\" flash chip image ",
	    "complete -c tasmite -n '__fish_use_subcommand' -a upload -d 'send firmware to the "
	    "device\\'s own web page'\n",
	    "complete -c tasmite -n '__tasmite_command list' -l json -d 'result as JSON on "
	    "standard output'\n",
	    "complete -c tasmite -n '__tasmite_command erase' -x -a 'all'\n",
	    "complete -c tasmite -n '__tasmite_command backup' -F\n",
	    "complete -c tasmite -n '__tasmite_command image' -x -a '(__fish_complete_suffix .bin "
	    ".gz)'\n",
	    "complete -c tasmite -n 'not __tasmite_command' -x -a '(__tasmite_ask targets)'\n",
	    "complete -c tasmite -n 'not __tasmite_command' -l plain -d 'no screen: the "
	    "device\\'s ",
	    "complete -c tasmite -n 'not __tasmite_command' -l set -x -a '(__tasmite_ask settings "
	    "| string replace \\t =\\t)' -d ",
	    "complete -c tasmite -n 'not __tasmite_command' -l theme -x -a '(__tasmite_ask themes)"
	    "' -d ",
	    "complete -c tasmite -n 'not __tasmite_command' -l config -r -F -d ",
	    /* A value that may be left out: no word behind the option is taken for it. */
	    "complete -c tasmite -n 'not __tasmite_command' -l log -d ",
	    "complete -c tasmite -n 'not __tasmite_command' -l until -x -d ",
	};

	(void)state;
	has_all("fish", texts, sizeof(texts) / sizeof(texts[0]));
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what)) != NULL) {
		n++;
		text++;
	}
	return n;
}

/* As often as commands have it: none is left out, and none is offered where it is refused. */
static void completion_script__offers__an_option_where_it_is_taken(void **state)
{
	static const struct {
		const char *shell, *before, *after[2];
	} forms[] = {
	    {"bash", " --", {" --", "'\n"}},
	    {"zsh", "'*--", {"=", "["}},
	    {"fish", " -l ", {" -", " -"}},
	};

	(void)state;
	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		struct sbuf out;

		sbuf_init(&out, 1 << 20);
		assert_true(completion_script(forms[f].shell, &out));
		for (int i = 0; i < OPTION_COUNT; i++) {
			const struct option_row *row = option_row((enum option_id)i);
			size_t want = 0, have = 0;
			char text[64];

			for (int c = 0; c < OPTIONS_COMMANDS; c++)
				want += (row->commands & OPTIONS_IN(c)) != 0;
			for (int k = 0; k < (f == 2 ? 1 : 2); k++) {
				str_fmt(text, sizeof(text), "%s%s%s", forms[f].before, row->name,
				    forms[f].after[k]);
				have += count(sbuf_str(&out), text);
			}
			if (have != want)
				fail_msg("%s: --%s %zu times, not %zu", forms[f].shell, row->name,
				    have, want);
		}
		sbuf_fini(&out);
	}
}

static void completion_script__refuses__another_shell(void **state)
{
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 100);
	assert_false(completion_script("tcsh", &out));
	assert_false(completion_script("", &out));
	assert_int_equal(out.len, 0);
	sbuf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(completion_of_option__tells__what_the_value_may_be),
	    cmocka_unit_test(completion_of_operand__tells__what_a_command_takes),
	    cmocka_unit_test(completion_script__makes__a_script_for_bash),
	    cmocka_unit_test(completion_script__quotes__the_help_for_zsh),
	    cmocka_unit_test(completion_script__quotes__the_help_for_fish),
	    cmocka_unit_test(completion_script__offers__an_option_where_it_is_taken),
	    cmocka_unit_test(completion_script__refuses__another_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
