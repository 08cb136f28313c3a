/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasmota's commands: every row, looking up, values, lines taken apart, completion, help, the man
 * page. Runs in the source folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/core/tasmota/catalog.h"

/* ---- the table ------------------------------------------------------------------------------- */

static void catalog_at__holds__each_row_of_the_file(void **state)
{
	FILE *f = fopen("src/core/tasmota/commands.tsv", "r");
	char line[512];
	size_t rows = 0;

	(void)state;
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f)); /* the head line */
	while (fgets(line, sizeof(line), f)) {
		char *field[8], *p = line;
		bool found = false;

		str_trim_end(line);
		for (int i = 0; i < 8; i++) {
			field[i] = p;
			p += strcspn(p, "\t");
			if (*p)
				*p++ = '\0';
		}
		if (str_ends(field[0], "<x>"))
			field[0][strlen(field[0]) - 3] = '\0';
		for (size_t i = 0; i < catalog_count(); i++) {
			const struct catalog_row *row = catalog_at(i);

			if (strcmp(row->name, field[0]) != 0 ||
			    row->index_min != (*field[1] ? atoi(field[1]) : -1))
				continue;
			found = true;
			assert_int_equal(row->index_max, *field[2] ? atoi(field[2]) : -1);
			assert_string_equal(row->group, field[3]);
			assert_string_equal(row->args, field[4]);
			assert_int_equal(row->secret, *field[5] == '1');
			assert_int_equal(row->restarts, *field[6] == '1');
			assert_string_equal(row->summary, field[7]);
		}
		if (!found)
			fail_msg("%s is not in the table", field[0]);
		rows++;
	}
	fclose(f);
	assert_int_equal(rows, catalog_count());
	assert_true(rows > 700);
}

static void catalog_at__is_in_order__of_names(void **state)
{
	(void)state;
	for (size_t i = 1; i < catalog_count(); i++) {
		const struct catalog_row *a = catalog_at(i - 1), *b = catalog_at(i);
		int c = str_casecmp(a->name, b->name);

		if (c > 0 || (c == 0 && a->index_min >= b->index_min))
			fail_msg("%s before %s", a->name, b->name);
	}
}

/* ---- looking up -------------------------------------------------------------------------------- */

static const struct catalog_row *find(const char *name, enum catalog_match *how, int *index)
{
	return catalog_find(name, strlen(name), how, index);
}

static void catalog_find__finds__each_row_by_its_name(void **state)
{
	char name[64], other[64];
	enum catalog_match how;
	int index;

	(void)state;
	for (size_t i = 0; i < catalog_count(); i++) {
		const struct catalog_row *row = catalog_at(i);
		int numbers[2] = {row->index_min, row->index_max};

		for (int k = 0; k < 2; k++) {
			if (row->index_max < 0)
				str_copy(name, sizeof(name), row->name);
			else
				str_fmt(name, sizeof(name), "%s%d", row->name, numbers[k]);
			for (size_t c = 0; c <= strlen(name); c++) /* any case */
				other[c] = name[c] >= 'a' && name[c] <= 'z'   ? (char)(name[c] - 32)
					   : name[c] >= 'A' && name[c] <= 'Z' ? (char)(name[c] + 32)
									      : name[c];
			/* I2CScan0 is a name, Rule0 too. */
			assert_ptr_equal(find(name, &how, &index), row);
			assert_int_equal(how, CATALOG_FOUND);
			assert_int_equal(index, row->index_max < 0 ? -1 : numbers[k]);
			assert_ptr_equal(find(other, NULL, NULL), row);
		}
	}
}

static void catalog_find__tells__what_is_wrong_with_a_number(void **state)
{
	enum catalog_match how;
	int index;

	(void)state;
	assert_string_equal(find("ssid3", &how, &index)->name, "SSId");
	assert_int_equal(how, CATALOG_OUT_OF_RANGE);
	assert_int_equal(index, 3);
	assert_string_equal(find("Password5", &how, &index)->name, "Password");
	assert_int_equal(how, CATALOG_OUT_OF_RANGE);
	assert_string_equal(find("Topic2", &how, &index)->name, "Topic");
	assert_int_equal(how, CATALOG_TAKES_NONE);
	assert_int_equal(find("gpio53", &how, NULL)->index_max, 52);
	assert_int_equal(how, CATALOG_OUT_OF_RANGE);
	assert_int_equal(find("gpio", &how, NULL)->index_max, -1);
	assert_int_equal(how, CATALOG_FOUND);
	assert_string_equal(find("Power", &how, &index)->name, "Power");
	assert_int_equal(how, CATALOG_FOUND);
	assert_int_equal(index, -1);
	assert_null(find("Powr1", &how, &index));
	assert_int_equal(how, CATALOG_UNKNOWN);
	assert_null(find("", &how, &index));
	assert_null(find("12", &how, &index));
	assert_string_equal(find("ssid99999999999999999999", &how, &index)->name, "SSId");
	assert_int_equal(how, CATALOG_OUT_OF_RANGE);
	assert_string_equal(find("SetOption3", NULL, NULL)->name, "SetOption3");
	assert_null(find("SetOption5", NULL, NULL));
	assert_null(find("SSId 1", NULL, NULL));
}

static void catalog_nearest__names__what_was_meant(void **state)
{
	static const char *const cases[][2] = {{"SerialLg", "SerialLog"},
	    {"SerailLog", "SerialLog"}, {"pasword1", "Password1"}, {"SSDI2", "SSId2"},
	    {"statsu", "Status"}, {"xyzzy", ""}, {"q", ""}, {"SetOptoin3", "SetOption3"}, {"", ""},
	    {"averyveryverylongnamethatisinnotableatall", ""}};
	char near[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    catalog_nearest(cases[i][0], strlen(cases[i][0]), near, sizeof(near)),
		    cases[i][1]);
}

static void catalog_version__reads__versions(void **state)
{
	(void)state;
	assert_int_equal(catalog_version("6.1.1"), 0x06010100);
	assert_int_equal(catalog_version("14.2.0.4"), 0x0e020004);
	assert_int_equal(catalog_version("9.4"), 0x09040000);
	assert_int_equal(catalog_version("8.5.0(release)"), 0x08050000);
	assert_int_equal(catalog_version(""), 0);
	assert_int_equal(catalog_version("6"), 0);
	assert_int_equal(catalog_version("x.y"), 0);
	assert_int_equal(catalog_version("300.1.1"), 0);
}

/* ---- values -------------------------------------------------------------------------------------- */

static enum catalog_fit fits(const char *name, const char *value)
{
	return catalog_value_fits(find(name, NULL, NULL), value, strlen(value));
}

static void catalog_value_fits__knows__words_ranges_and_free_text(void **state)
{
	static const struct {
		const char *name, *value;
		enum catalog_fit want;
	} cases[] = {
	    {"SerialLog", "4", CATALOG_FITS},
	    {"SerialLog", "5", CATALOG_FITS_NOT},
	    {"SerialLog", "", CATALOG_FITS},
	    {"SerialLog", "?", CATALOG_FITS},
	    {"SerialLog", "3 ", CATALOG_FITS},
	    {"SerialLog", "high", CATALOG_FITS_NOT},
	    {"SetOption1", "on", CATALOG_FITS},
	    {"SetOption1", "TRUE", CATALOG_FITS},
	    {"SetOption1", "toggle", CATALOG_FITS_NOT},
	    {"Power1", "Toggle", CATALOG_FITS},
	    {"Power1", "5", CATALOG_FITS_NOT},
	    {"BlinkTime", "1", CATALOG_FITS_NOT},
	    {"BlinkTime", "3600", CATALOG_FITS},
	    {"BlinkTime", "3601", CATALOG_FITS_NOT},
	    {"Dimmer", "+", CATALOG_FITS},
	    {"Dimmer", "<", CATALOG_FITS},
	    {"Dimmer", "100.5", CATALOG_FITS_NOT},
	    {"SSId1", "anything at all", CATALOG_CANT_TELL},
	    {"SSId1", "1", CATALOG_FITS},
	    {"NoDelay", "7", CATALOG_CANT_TELL},
	    {"WifiConfig", "1", CATALOG_FITS_NOT},
	    {"WifiConfig", "0x2", CATALOG_CANT_TELL},
	    {"WifiPower", "20.5", CATALOG_FITS},
	    {"WifiPower", "21", CATALOG_FITS_NOT},
	    {"Power1", "1 2", CATALOG_CANT_TELL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (fits(cases[i].name, cases[i].value) != cases[i].want)
			fail_msg("%s %s: %d", cases[i].name, cases[i].value,
			    fits(cases[i].name, cases[i].value));
}

/* Every alternative of every row is one of its values, and every end of a range. */
static void catalog_choice__parses__each_row(void **state)
{
	size_t words = 0, ranges = 0, free_ones = 0;
	struct catalog_choice c;
	char value[64];

	(void)state;
	for (size_t r = 0; r < catalog_count(); r++) {
		const struct catalog_row *row = catalog_at(r);
		size_t len = 0, count = 0;

		for (; catalog_choice(row, count, &c); count++) {
			assert_true(c.text >= row->args);
			assert_true(c.len > 0);
			len += c.len + (count > 0);
			if (c.kind == CATALOG_WORD) {
				words++;
				assert_int_equal(
				    catalog_value_fits(row, c.text, c.len), CATALOG_FITS);
			} else if (c.kind == CATALOG_RANGE) {
				ranges++;
				assert_true(c.min < c.max);
				str_fmt(value, sizeof(value), "%g", c.min);
				assert_int_equal(
				    catalog_value_fits(row, value, strlen(value)), CATALOG_FITS);
			} else {
				free_ones++;
			}
		}
		assert_int_equal(len, strlen(row->args)); /* nothing between was lost */
	}
	assert_true(words > 600);
	assert_true(ranges > 150);
	assert_true(free_ones > 200);
}

/* ---- lines taken apart ----------------------------------------------------------------------------- */

/* "from-to name|value" of each command, backlog words as "B". */
static void apart(const char *line, bool braces, const char *want)
{
	struct catalog_split s;
	struct catalog_cmd c;
	char got[512] = "", one[160];

	catalog_split_init(&s, line, strlen(line), braces);
	while (catalog_split_next(&s, &c)) {
		assert_true(c.from <= c.name && c.name <= c.name_end && c.name_end <= c.value);
		assert_true(c.value <= c.value_end && c.value_end <= c.to);
		str_fmt(one, sizeof(one), "%s%.*s|%.*s]",
		    c.backlog  ? "B["
		    : c.inside ? "i["
			       : "[",
		    (int)(c.name_end - c.name), line + c.name, (int)(c.value_end - c.value),
		    line + c.value);
		str_cat(got, sizeof(got), one);
	}
	assert_string_equal(got, want);
}

static void catalog_split__takes_apart__as_the_device_does(void **state)
{
	(void)state;
	apart("", true, "[|]");
	apart("Power1 on", true, "[Power1|on]");
	apart("  Power1   on ", true, "[Power1|on ]");
	apart("cmnd/sonoff/POWER on", true, "[POWER|on]");
	apart("_Power1 on", true, "[Power1|on]");
	apart("Password1 a;b", true, "[Password1|a;b]");
	apart("Backlog", true, "B[Backlog|]i[|]");
	apart("backlog ", true, "B[backlog|]i[|]");
	apart("Backlog0 SSID1 x ; Password1 y;", true, "B[Backlog0|]i[SSID1|x ]i[Password1|y]i[|]");
	apart("Backlog a 1;;b", true, "B[Backlog|]i[a|1]i[|]i[b|]");
	apart("Backlog a;Backlog b;c", true, "B[Backlog|]i[a|]B[Backlog|]i[b|]i[c|]");
	apart("Backlog Template {\"a\":1;\"b\"};x", true,
	    "B[Backlog|]i[Template|{\"a\":1;\"b\"}]i[x|]");
	apart("Backlog Template {\"a\":1;\"b\"};x", false,
	    "B[Backlog|]i[Template|{\"a\":1]i[|\"b\"}]i[x|]");
	apart("BacklogX a;b", true, "[BacklogX|a;b]");
	apart("Rule1 on x do Backlog a;b endon", true, "[Rule1|on x do Backlog a;b endon]");
}

/* Any bytes: spans stay in order and within the line, every byte belongs to one command. */
static void catalog_split__bounds__spans_for_any_line(void **state)
{
	static const char bits[] = "Bbacklog ;{}_/1\t\xff\"PowerSSID";
	struct catalog_split s;
	struct catalog_cmd c;
	char line[64];

	(void)state;
	srand(7);
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)rand() % sizeof(line), at = 0, count = 0;

		if (round % 2)
			str_copy(line, sizeof(line), "Backlog ");
		for (size_t i = round % 2 ? 8 : 0; i < n; i++)
			line[i] = bits[(size_t)rand() % (sizeof(bits) - 1)];
		catalog_split_init(&s, line, n, round % 3 == 0);
		while (catalog_split_next(&s, &c)) {
			assert_int_equal(c.from, at);
			assert_true(c.name >= c.from && c.name_end >= c.name);
			assert_true(c.value >= c.name_end && c.value_end >= c.value);
			assert_true(c.to == c.value_end && c.to <= n);
			at = c.backlog ? c.to : c.to + 1;
			assert_true(++count <= n + 2);
		}
		assert_int_equal(at, n + 1);
	}
}

/* ---- completion ------------------------------------------------------------------------------------ */

struct words {
	char all[4096];
	size_t count;
};

static void add(void *arg, const char *word, const char *detail)
{
	struct words *w = arg;

	assert_non_null(detail);
	str_cat(w->all, sizeof(w->all), w->count++ ? " " : "");
	str_cat(w->all, sizeof(w->all), word);
}

/* "|" in the line is the cursor. */
static void complete(const char *marked, const char *want)
{
	const char *bar = strchr(marked, '|');
	size_t cursor = (size_t)(bar - marked), start;
	struct words w = {.count = 0};
	char line[256];

	str_copy_n(line, sizeof(line), marked, cursor);
	str_cat(line, sizeof(line), bar + 1);
	start = catalog_complete(line, cursor, add, &w);
	assert_true(start <= cursor);
	assert_string_equal(w.all, want);
}

static void catalog_complete__offers__names_numbers_and_values(void **state)
{
	(void)state;
	complete("seriall|", "SerialLog");
	complete("SSI|", "SSId1 SSId2");
	complete("ssid2|", "SSId2");
	complete("powero|", "PowerOnFade PowerOnState");
	complete("Power3|", "Power3 Power30 Power31 Power32");
	complete("gpior|", "GPIORead");
	complete("WifiConfig |", "0 2 4 5 6 7");
	complete("Module 4|", "4 41 43 44");
	complete("Module |", "0 1 2 3 4 5 6 7 8 10 18 23 25 28 29 30 39 41 43 44 71 75");
	complete("seriallog |", "0 1 2 3 4");
	complete("power1 b|", "blink blinkoff");
	complete("Power1 B|", "blink blinkoff");
	complete("Backlog seriall|; Power on", "SerialLog");
	complete("Backlog SSID1 x; Power1 t|", "toggle");
	complete("Backlog SSID1 x;blinkt|", "BlinkTime");
	complete("Back|", "Backlog Backlog0 Backlog2 Backlog3");
	complete("Password1 0|", ""); /* nothing of a secret */
	complete("nosuch |", "");
	complete("BlinkTime 2|", "");
	complete("cmnd/x/seriall|", "SerialLog");
	/* what stands behind the cursor is not looked at */
	complete("seri|xx yy", "SerialBuffer SerialConfig SerialDelimiter SerialLog SerialSend");
}

/* Each beginning of each name leads to it. */
static void catalog_complete__offers__each_row_for_each_prefix(void **state)
{
	struct words w;

	(void)state;
	for (size_t i = 0; i < catalog_count(); i++) {
		const struct catalog_row *row = catalog_at(i);
		size_t n = strlen(row->name);

		for (size_t k = 1; k <= n; k++) {
			memset(&w, 0, sizeof(w));
			catalog_complete(row->name, k, add, &w);
			if (!strstr(w.all, row->name) && strlen(w.all) < sizeof(w.all) - 1)
				fail_msg("%.*s does not lead to %s", (int)k, row->name, row->name);
		}
	}
}

/* ---- hint and help ------------------------------------------------------------------------------------ */

static void hint(const char *marked, const char *want)
{
	const char *bar = strchr(marked, '|');
	size_t cursor = (size_t)(bar - marked);
	char line[256], got[200];

	str_copy_n(line, sizeof(line), marked, cursor);
	str_cat(line, sizeof(line), bar + 1);
	catalog_hint(line, cursor, got, sizeof(got));
	assert_string_equal(got, want);
}

static void catalog_hint__tells__the_command_under_the_cursor(void **state)
{
	(void)state;
	hint("SerialLog |", "SerialLog 0..4  log level on the serial console");
	hint("ssid2 ho|me", "SSId<1..2> <ssid>|0|1  network name of AP1/AP2 · restarts");
	hint("Back|log SSID1 x",
	    "Backlog <cmd>;<cmd>;...|(empty)  run commands in turn with pause; "
	    "empty clears queue");
	hint("Backlog SSID1 x|; Module 1",
	    "SSId<1..2> <ssid>|0|1  network name of AP1/AP2 · restarts");
	hint("Backlog SSID1 x; Mod|ule 12",
	    "Module <number>|0  select the device module (0 = template) · restarts");
	hint("Backlog SSID1 x; Mod|ule 1 ; x", "1: Sonoff Basic  Module <number>|0 · restarts");
	hint("WifiConfig 2|", "2: WifiManager: opens its own access point  WifiConfig 0|2|4|5|6|7");
	hint("Backlog Password3 x|",
	    "Password<3..4> <password>|0|1  same as 1/2 but the answer is masked (late builds) "
	    "· secret · restarts");
	hint("Backlog SSID1 x; |", "");
	hint("nosuch x|", "");
	hint("|", "");
}

static void catalog_help__tells__of_names_and_words(void **state)
{
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 1 << 20);
	assert_int_equal(catalog_help("Password1", &out), 1);
	assert_non_null(strstr(sbuf_str(&out), "WiFi key of AP1/AP2"));
	assert_non_null(strstr(sbuf_str(&out), "secret"));
	assert_non_null(strstr(sbuf_str(&out), "restarts"));
	sbuf_clear(&out);
	assert_true(catalog_help("password", &out) > 4); /* 1-2 and 3-4, and others */
	assert_non_null(strstr(sbuf_str(&out), "Password<1..2>"));
	assert_non_null(strstr(sbuf_str(&out), "Password<3..4>"));
	assert_non_null(strstr(sbuf_str(&out), "  MqttPassword "));
	sbuf_clear(&out);
	assert_true(catalog_help("gpio", &out) > 2);
	sbuf_clear(&out);
	assert_true(catalog_help("mqtt", &out) > 20);
	assert_non_null(strstr(sbuf_str(&out), "MqttHost"));
	assert_non_null(strstr(sbuf_str(&out), "Topic")); /* by its group */
	sbuf_clear(&out);
	assert_int_equal(catalog_help("nosuchthing", &out), 0);
	assert_string_equal(sbuf_str(&out), "");
	/* One row each. */
	for (size_t i = 0; i < catalog_count(); i++) {
		sbuf_clear(&out);
		assert_true(catalog_help(catalog_at(i)->name, &out) >= 1);
		assert_non_null(strstr(sbuf_str(&out), catalog_at(i)->summary));
	}
	sbuf_fini(&out);
}

/* ---- the man page ---------------------------------------------------------------------------------------- */

static void man_page__has__each_row(void **state)
{
	static char page[256 * 1024];
	FILE *f = fopen("man/tasmite-commands.7", "r");
	size_t n;

	(void)state;
	assert_non_null(f);
	n = fread(page, 1, sizeof(page) - 1, f);
	fclose(f);
	assert_true(n > 20000 && n < sizeof(page) - 1);
	for (size_t i = 0; i < catalog_count(); i++) {
		const struct catalog_row *row = catalog_at(i);
		char name[64], want[128], *at;

		catalog_name(row, name, sizeof(name));
		str_fmt(want, sizeof(want), "\n.It Ic \"\\&%s\"", name);
		at = strstr(page, want);
		if (!at)
			fail_msg("%s is not in the man page", name);
		at = strchr(at + 1, '\n') + 1;
		*strchr(at, '\n') = '\0';
		assert_int_equal(strstr(at, "restarts)") != NULL, row->restarts);
		assert_int_equal(strstr(at, "(secret") != NULL, row->secret);
		at[strlen(at)] = '\n';
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(catalog_at__holds__each_row_of_the_file),
	    cmocka_unit_test(catalog_at__is_in_order__of_names),
	    cmocka_unit_test(catalog_find__finds__each_row_by_its_name),
	    cmocka_unit_test(catalog_find__tells__what_is_wrong_with_a_number),
	    cmocka_unit_test(catalog_nearest__names__what_was_meant),
	    cmocka_unit_test(catalog_version__reads__versions),
	    cmocka_unit_test(catalog_value_fits__knows__words_ranges_and_free_text),
	    cmocka_unit_test(catalog_choice__parses__each_row),
	    cmocka_unit_test(catalog_split__takes_apart__as_the_device_does),
	    cmocka_unit_test(catalog_split__bounds__spans_for_any_line),
	    cmocka_unit_test(catalog_complete__offers__names_numbers_and_values),
	    cmocka_unit_test(catalog_complete__offers__each_row_for_each_prefix),
	    cmocka_unit_test(catalog_hint__tells__the_command_under_the_cursor),
	    cmocka_unit_test(catalog_help__tells__of_names_and_words),
	    cmocka_unit_test(man_page__has__each_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
