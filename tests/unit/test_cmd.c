/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The /commands: parsing, what stands under the cursor, completion, hints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/core/cmd.h"
#include "tasmite/core/settings.h"

#define FLASH_USAGE                                                                         \
	"/flash [FILE[@OFFSET]]... [--erase] [--keep-settings] [--backup FILE] [--baud N] " \
	"[--no-verify] [--full] [--yes]"

/* "name|arg|arg" or the error's text. */
static const char *parsed(const char *line)
{
	static char out[2048];
	struct cmd_line c;
	struct err err;
	int i;

	if (cmd_parse(line, &c, &err) == ERR_OK) {
		str_copy(out, sizeof(out), c.row->name);
		for (i = 0; i < c.count; i++) {
			str_cat(out, sizeof(out), "|");
			str_cat(out, sizeof(out), c.args[i]);
		}
	} else {
		assert_int_equal(err.code, ERR_INVAL);
		str_fmt(out, sizeof(out), "! %s", err.text);
	}
	cmd_line_fini(&c);
	return out;
}

static void cmd_table__is_complete__in_every_row(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < CMD_COUNT; i++) {
		const struct cmd_row *row = cmd_row((enum cmd_id)i);
		char begin[40];

		assert_int_equal(row->id, i);
		str_fmt(begin, sizeof(begin), "/%s", row->name);
		assert_true(str_starts(row->usage, begin));
		assert_string_not_equal(row->summary, "");
		assert_string_not_equal(row->help, "");
		assert_ptr_equal(cmd_find(row->name, strlen(row->name)), row);
	}
}

static void cmd_find__takes__a_unique_prefix(void **state)
{
	(void)state;
	assert_int_equal(cmd_find("fla", 3)->id, CMD_FLASH);
	assert_null(cmd_find("fl", 2)); /* or /flow */
	assert_int_equal(cmd_find("QUIT", 4)->id, CMD_QUIT);
	assert_int_equal(cmd_find("flashy", 5)->id, CMD_FLASH);
	assert_null(cmd_find("c", 1));
	assert_null(cmd_find("", 0));
	assert_null(cmd_find("flashy", 6));
}

static void cmd_parse__takes_words_apart__with_quotes(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
	    {"/quit", "quit"},
	    {"/quit  ", "quit"},
	    {"/q", "quit"},
	    {"/baud 74880", "baud|74880"},
	    {"/baud\t74880\t", "baud|74880"},
	    {"/flash a.bin b.bin@0x1000", "flash|a.bin|b.bin@0x1000"},
	    {"/flash 'my file.bin'", "flash|my file.bin"},
	    {"/flash \"my file.bin\" --yes", "flash|my file.bin|--yes"},
	    {"/flash my\\ file.bin", "flash|my file.bin"},
	    {"/flash a\\b\\\\c", "flash|a\\b\\c"},
	    {"/flash 'a\\ b'", "flash|a\\ b"},
	    {"/flash \"a\\\"b\"", "flash|a\"b"},
	    {"/flash it\\'s", "flash|it's"},
	    {"/flash pre'mid dle'post", "flash|premid dlepost"},
	    {"/flash ''", "flash|"},
	    {"/flash '' x", "flash||x"},
	    {"/flash --baud 460800 x.bin", "flash|--baud|460800|x.bin"},
	    {"/flash '--odd name'", "flash|--odd name"},
	    {"/flash x\\", "flash|x\\"},
	    {"/set baud?", "set|baud?"},
	    {"/set", "set"},
	    {"/erase 0x1000 4096 --yes", "erase|0x1000|4096|--yes"},
	    {"/image -", "image|-"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(parsed(cases[i].line), cases[i].want);
}

static void cmd_parse__tells_what_is_wrong__and_what_was_meant(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
	    {"/flsh x", "! there is no command /flsh, did you mean '/flash'?"},
	    {"/abud 9600", "! there is no command /abud, did you mean '/baud'?"},
	    {"/zzzzzz", "! there is no command /zzzzzz: /help lists them"},
	    {"/c", "! /c can be /chip, /cancel, /close, /copy, /clear"},
	    {"/", "! no command is named: /help lists them"},
	    {"/ quit", "! no command is named: /help lists them"},
	    {"/\033[31m", "! no command is named: /help lists them"},
	    {"//x", "! a command begins with one /"},
	    {"quit", "! a command begins with one /"},
	    {"", "! a command begins with one /"},
	    {"/flash 'x", "! a quote is open: " FLASH_USAGE},
	    {"/flash \"x\\\"", "! a quote is open: " FLASH_USAGE},
	    {"/quit now", "! too many words: /quit"},
	    {"/baud 1 2", "! too many words: /baud [N|likely]"},
	    {"/image", "! a word is missing: /image FILE"},
	    {"/page", "! a word is missing: /page up|down|top"},
	    {"/flash x --earse",
		"! /flash has no option '--earse', did you mean '--erase'?: " FLASH_USAGE},
	    {"/flash x --baud", "! --baud needs a value: " FLASH_USAGE},
	    {"/chip --yes", "! /chip has no option '--yes': /chip"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(parsed(cases[i].line), cases[i].want);
}

static void cmd_parse__refuses__more_words_than_it_holds(void **state)
{
	char line[256] = "/flash";
	int i;

	(void)state;
	for (i = 0; i < CMD_MAX_ARGS; i++)
		str_cat(line, sizeof(line), " x");
	assert_int_equal(parsed(line)[0], 'f');
	str_cat(line, sizeof(line), " x");
	assert_string_equal(parsed(line), "! too many words (more than 32)");
}

/* Any bytes: no crash, and the words fit their store (the sanitizers watch). */
static void cmd_parse__survives__noise(void **state)
{
	static const char alphabet[] = "/ \t'\"\\-abflsh=\xff\x1b@";
	unsigned seed = 12345;
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		char line[40] = "/flash ", hint[64];
		size_t n = 7, i, len = 7 + (size_t)(round % 30);
		struct cmd_spot spot;
		struct cmd_line c;

		for (; n < len; n++) {
			seed = seed * 1103515245u + 12345u;
			line[n] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		line[n] = '\0';
		if (cmd_parse(line, &c, NULL) == ERR_OK)
			for (i = 0; i < (size_t)c.count; i++)
				assert_true(c.args[i] + strlen(c.args[i]) < c.store + n + 1);
		cmd_line_fini(&c);
		cmd_spot(line, (size_t)round % (n + 3), &spot);
		assert_true(spot.start <= n);
		cmd_hint(line, n, hint, sizeof(hint));
	}
}

static void spot_at_end(const char *line, struct cmd_spot *spot)
{
	cmd_spot(line, strlen(line), spot);
}

static void cmd_spot__tells_kind_start_and_word__at_the_cursor(void **state)
{
	static const struct {
		const char *line;
		char kind;
		size_t start;
		const char *word, *prev;
	} cases[] = {
	    {"hello", 0, 5, "", ""},
	    {"", 0, 0, "", ""},
	    {"//x", 0, 3, "", ""},
	    {"/", 'c', 0, "/", ""},
	    {"/fla", 'c', 0, "/fla", ""},
	    {"/flash", 'c', 0, "/flash", ""},
	    {"/flash ", 'F', 7, "", ""},
	    {"/flash so", 'F', 7, "so", ""},
	    {"/flash 'my fi", 'F', 7, "my fi", ""},
	    {"/flash my\\ fi", 'F', 7, "my fi", ""},
	    {"/flash a.bin  b", 'F', 14, "b", "a.bin"},
	    {"/flash --", '-', 7, "--", ""},
	    {"/flash a.bin --er", '-', 13, "--er", "a.bin"},
	    {"/flash --baud ", 'b', 14, "", "--baud"},
	    {"/flash --baud 46", 'b', 14, "46", "--baud"},
	    {"/flash --baud 460800 a", 'F', 21, "a", "460800"},
	    {"/flash --yes a", 'F', 13, "a", "--yes"},
	    {"/image --baud a", 'f', 14, "a", "--baud"},
	    {"/set ba", 's', 5, "ba", ""},
	    {"/set baud 9", 'v', 10, "9", "baud"},
	    {"/set baud 9600 x", 0, 15, "x", "9600"},
	    {"/theme d", 't', 7, "d", ""},
	    {"/help fl", 'k', 6, "fl", ""},
	    {"/q x", 0, 3, "x", ""},
	    {"/nosuch x", 0, 9, "", ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cmd_spot spot;

		spot_at_end(cases[i].line, &spot);
		if (spot.kind != cases[i].kind || spot.start != cases[i].start ||
		    strcmp(spot.word, cases[i].word) != 0 || strcmp(spot.prev, cases[i].prev) != 0)
			fail_msg("'%s': kind '%c', start %zu, word '%s', prev '%s'", cases[i].line,
			    spot.kind ? spot.kind : '0', spot.start, spot.word, spot.prev);
	}
}

static void cmd_spot__looks_only__before_the_cursor(void **state)
{
	struct cmd_spot spot;

	(void)state;
	cmd_spot("/set baud 9600", 7, &spot);
	assert_int_equal(spot.kind, 's');
	assert_string_equal(spot.word, "ba");
	assert_int_equal(spot.row->id, CMD_SET);
	cmd_spot("/flash x", 3, &spot);
	assert_int_equal(spot.kind, 'c');
	assert_string_equal(spot.word, "/fl");
	assert_null(spot.row);
}

static void collect(void *ctx, const char *word)
{
	str_cat(ctx, 1024, word);
	str_cat(ctx, 1024, " ");
}

static const char *words(const char *line)
{
	static char out[1024];
	struct cmd_spot spot;

	out[0] = '\0';
	spot_at_end(line, &spot);
	cmd_words(&spot, collect, out);
	return out;
}

static void cmd_words__offers__what_fits(void **state)
{
	(void)state;
	assert_string_equal(
	    words("/f"), "/format /flow /flash /find /filter /fold /focus /follow ");
	assert_string_equal(
	    words("/F"), "/format /flow /flash /find /filter /fold /focus /follow ");
	assert_string_equal(words("/help fl"), "flow flash ");
	assert_string_equal(words("/record "), "bytes text raw off ");
	assert_string_equal(words("/record r"), "raw ");
	assert_string_equal(words("/flash --"),
	    "--erase --keep-settings --backup --baud --no-verify --full --force --no-stub --mode "
	    "--size --freq --yes ");
	assert_string_equal(words("/flash --baud 4"), "460800 ");
	assert_string_equal(words("/baud 7"), "74880 ");
	assert_string_equal(words("/eol c"), "cr crlf ");
	assert_string_equal(words("/echo "), "on off ");
	assert_string_equal(words("/theme "),
	    "colour-blind dark high-contrast light mono solarized-dark solarized-light "
	    "termite ");
	assert_string_equal(words("/set flash-"), "flash-baud flash-clkdiv flash-stub ");
	assert_string_equal(words("/set eol l"), "lf ");
	assert_string_equal(words("/set echo "), "on off ");
	assert_string_equal(words("/set theme l"), "light ");
	assert_string_equal(words("/set port "), "");
	assert_string_equal(words("/set nosuch "), "");
	assert_string_equal(words("/erase "), "all ");
	assert_string_equal(words("/focus d"), "device ");
	assert_string_equal(words("/page "), "up down top ");
	assert_string_equal(words("/flash x"), "");
	assert_string_equal(words("text"), "");
	assert_string_equal(words("/flow "), "none rtscts xonxoff ");
	assert_string_equal(words("/macro Alt-1"), "Alt-1 ");
	assert_string_equal(words("/macro f"), "F11 F12 ");
	assert_string_equal(words("/stamp "), "off clock iso start delta mark on next ");
	assert_string_equal(words("/wrap "), "off words chars on next ");
	assert_string_equal(words("/view "), "text hex raw ");
	assert_string_equal(words("/fold "), "line folded tree next ");
	assert_string_equal(words("/goto next"), "next-mark next-reset ");
	assert_string_equal(words("/watch "), "off ");
	assert_string_equal(
	    words("/why "), "boots firmware wifi access_point ip web mqtt upgrade console off ");
	assert_string_equal(words("/baud l"), "likely ");
	assert_string_equal(words("/flash --baud l"), ""); /* of a command alone */
	assert_string_equal(words("/set baud 7"), "74880 ");
	assert_string_equal(words("/set flash-baud 46"), "460800 ");
	assert_string_equal(words("/set scrollback "), "");
	assert_string_equal(words("/flash --backup c"), ""); /* files are the caller's */
}

static void cmd_quote__yields__what_parses_back(void **state)
{
	static const char *const names[] = {"plain.bin", "my file.bin", "it's", "a\"b",
	    "back\\slash", "", " ", "a\tb", "--odd name"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char quoted[64], line[80], want[80];

		assert_true(cmd_quote(names[i], quoted, sizeof(quoted)));
		str_fmt(line, sizeof(line), "/image %s", quoted);
		str_fmt(want, sizeof(want), "image|%s", names[i]);
		assert_string_equal(parsed(line), want);
	}
	assert_true(cmd_quote("plain", (char[6]){0}, 6));
	assert_true(cmd_quote("a b", (char[5]){0}, 5));
	assert_false(cmd_quote("a b", (char[4]){0}, 4));
}

static const char *hint(const char *line)
{
	static char out[200];

	cmd_hint(line, strlen(line), out, sizeof(out));
	return out;
}

static void cmd_hint__explains__the_command_under_the_cursor(void **state)
{
	(void)state;
	assert_string_equal(hint("/baud"), "/baud [N|likely]  show or change the rate");
	assert_string_equal(hint("/ba"), "/baud /backup");
	assert_string_equal(hint("/baud 96"), "/baud [N|likely]  show or change the rate");
	assert_string_equal(hint("/f"), "/format /flow /flash /find /filter /fold /focus /follow");
	assert_string_equal(hint("/"), "Tab shows all commands");
	assert_string_equal(hint("/flsh"), "no such command, did you mean '/flash'?");
	assert_string_equal(hint("/zzzzzz"), "no such command");
	assert_string_equal(
	    hint("/set baud "), "baud: rate of the port (a number from 50 to 4000000 (bit/s))");
	assert_string_equal(hint("/set nosuch "), "/set [NAME [VALUE]]  show or change a setting");
	assert_string_equal(hint("Status 5"), "");
	assert_string_equal(hint("//x"), "");
	assert_string_equal(hint(""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cmd_table__is_complete__in_every_row),
	    cmocka_unit_test(cmd_find__takes__a_unique_prefix),
	    cmocka_unit_test(cmd_parse__takes_words_apart__with_quotes),
	    cmocka_unit_test(cmd_parse__tells_what_is_wrong__and_what_was_meant),
	    cmocka_unit_test(cmd_parse__refuses__more_words_than_it_holds),
	    cmocka_unit_test(cmd_parse__survives__noise),
	    cmocka_unit_test(cmd_spot__tells_kind_start_and_word__at_the_cursor),
	    cmocka_unit_test(cmd_spot__looks_only__before_the_cursor),
	    cmocka_unit_test(cmd_words__offers__what_fits),
	    cmocka_unit_test(cmd_quote__yields__what_parses_back),
	    cmocka_unit_test(cmd_hint__explains__the_command_under_the_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
