/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page that answers an upload. */
#include "tasmite/core/tasmota/uploadpage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"

#define PAGE(color, what)                                                                         \
	"<!DOCTYPE html><html><head><title>Sonoff - Info</title><script>var x='Successful'"       \
	";</script><style>div{}</style></head><body><div>Upload <b><font color='" color "'>" what \
	"</div></body></html>"

static enum upload_result read_page(
    unsigned status, const char *page, char *said, const char **advice)
{
	return upload_page_read(status, page, strlen(page), said, 80, advice);
}

static void upload_page_read__tells__taken_from_refused(void **state)
{
	static const struct {
		const char *page, *said;
		enum upload_result result;
	} rows[] = {
	    {PAGE("green", "Successful</font></b><br/>Device will restart"),
		"Sonoff - Info Upload Successful Device will restart", UPLOAD_TAKEN},
	    {PAGE("red", "Failed</font></b><br/><br/>Not enough space"), "Not enough space",
		UPLOAD_REFUSED},
	    {PAGE("red", "Failed</font></b><br/>Magic byte is not 0xE9"), "Magic byte is not 0xE9",
		UPLOAD_REFUSED},
	    {PAGE("red", "Failed</font></b><br/>Upload error code 12"),
		"Sonoff - Info Upload Failed Upload error code 12", UPLOAD_REFUSED},
	    {PAGE("red", "fehlgeschlagen"), "Sonoff - Info Upload fehlgeschlagen", UPLOAD_UNKNOWN},
	    {"", "", UPLOAD_UNKNOWN},
	    {"<", "", UPLOAD_UNKNOWN},
	    {"<script>Successful", "", UPLOAD_UNKNOWN},
	};
	const char *advice;
	char said[80];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(read_page(200, rows[i].page, said, &advice), rows[i].result);
		assert_string_equal(said, rows[i].said);
	}
	assert_int_equal(
	    read_page(200, PAGE("x", "Not enough space"), said, &advice), UPLOAD_REFUSED);
	assert_non_null(strstr(advice, "minimal"));
	assert_int_equal(read_page(401, "x", said, &advice), UPLOAD_LOGIN);
	assert_int_equal(read_page(404, PAGE("x", "Successful"), said, &advice), UPLOAD_NO_PAGE);
}

static void upload_page_version__reads_the_foot__of_each_era(void **state)
{
	static const struct {
		const char *page, *variant;
		uint32_t version;
	} rows[] = {
	    {"<title>Tasmota - Up</title><a>Sonoff-Tasmota 6.1.1 by Theo Arends</a>", "",
		0x06010100},
	    {"<a>Sonoff-Tasmota 6.1.1-minimal by Theo Arends</a>", "minimal", 0x06010100},
	    {"<h3>MINIMAL firmware</h3><a>Tasmota 14.2.0 by Theo Arends</a>", "minimal",
		0x0E020000},
	    {"<a>Tasmota 9.5.0.8<br>", "", 0x09050008},
	    {"Tasmota 9.5.0(lite) by", "lite", 0x09050000},
	    {"Tasmota Tasmota 300.1 and Tasmota 9.5.0", "", 0x09050000},
	    {"<a>Tasmota x by", NULL, 0},
	    {"Tasmota ", NULL, 0},
	    {"", NULL, 0},
	};
	uint32_t version;
	char variant[16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool there = upload_page_version(rows[i].page, &version, variant, sizeof(variant));

		assert_int_equal(there, rows[i].variant != NULL);
		if (!there)
			continue;
		assert_int_equal(version, rows[i].version);
		assert_string_equal(variant, rows[i].variant);
	}
	assert_true(upload_page_form("<input type='file' name='u2'>"));
	assert_true(upload_page_form("<input name=\"u2\">"));
	assert_false(upload_page_form("<a href='/u1'>"));
}

static void upload_page_read__survives__any_bytes(void **state)
{
	uint32_t seed = 5;
	char page[300], said[80];
	const char *advice;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		for (size_t i = 0; i < sizeof(page); i++) {
			seed = seed * 1664525 + 1013904223;
			page[i] = seed >> 30 ? (char)(seed >> 20) : "<>/s "[(seed >> 24) % 5];
		}
		(void)upload_page_read(200, page, sizeof(page), said, sizeof(said), &advice);
		assert_true(strlen(said) < sizeof(said));
		for (const char *p = said; *p; p++)
			assert_true(*p >= ' ' && *p < 0x7f);
	}
}

static void upload_page_read__advises__for_each_reason(void **state)
{
	static const struct {
		const char *text, *advice;
	} rows[] = {
	    {"No file selected", "plain name"},
	    {"Not enough space", "smaller build"},
	    {"Magic byte is not 0xE9", "Take the .bin for its chip"},
	    {"Invalid file signature", "Take the .bin for its chip"},
	    {"Program flash size is larger than real flash size", "the build for this one"},
	    {"Upload buffer miscompare", "smaller build"},
	    {"Upload failed. Enable logging 3", "SerialLog 3"},
	    {"Upload aborted", "nearer to the device"},
	    {"File invalid", "Take the .bin for its chip"},
	    {"File too large", "smaller build"},
	};
	const char *advice;
	char said[80], page[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)str_fmt(page, sizeof(page), "<b>Upload</b> Failed<br>%s</div>", rows[i].text);
		assert_int_equal(read_page(200, page, said, &advice), UPLOAD_REFUSED);
		assert_string_equal(said, rows[i].text);
		if (!strstr(advice, rows[i].advice))
			fail_msg("%s: %s", rows[i].text, advice);
	}
	/* Of a reason that is not known there is none to be given. */
	assert_int_equal(
	    read_page(200, "Upload <b>failed</b>: the moon", said, &advice), UPLOAD_REFUSED);
	assert_string_equal(said, "Upload failed : the moon");
	assert_null(advice);
}

static void upload_page_read__knows__what_a_status_means(void **state)
{
	static const struct {
		unsigned status;
		enum upload_result result;
		const char *said;
	} rows[] = {
	    {401, UPLOAD_LOGIN, "it wants its password"},
	    {403, UPLOAD_LOGIN, "it wants its password"},
	    {404, UPLOAD_NO_PAGE, "it has no such page"},
	    {405, UPLOAD_NO_PAGE, "it has no such page"},
	    {501, UPLOAD_NO_PAGE, "it has no such page"},
	    {500, UPLOAD_TAKEN, "Successful"}, /* what it says counts */
	};
	const char *advice;
	char said[80];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    read_page(rows[i].status, "Successful", said, &advice), rows[i].result);
		assert_string_equal(said, rows[i].said);
	}
}

static void upload_page_read__leaves_out__scripts_and_styles(void **state)
{
	static const char *const pages[] = {"<STYLE>Successful</STYLE>x",
	    "<script>'</style>' Successful</script>x", "<style><script>Successful</style>x",
	    "<b Successful>x", "x<script>Successful"};
	const char *advice;
	char said[80];

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		assert_int_equal(read_page(200, pages[i], said, &advice), UPLOAD_UNKNOWN);
		assert_string_equal(said[0] == ' ' ? said + 1 : said, "x");
	}
	assert_int_equal(read_page(200, "a\xc3\xbc\r\n\tb", said, &advice), UPLOAD_UNKNOWN);
	assert_string_equal(said, "a?? b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(upload_page_read__tells__taken_from_refused),
	    cmocka_unit_test(upload_page_version__reads_the_foot__of_each_era),
	    cmocka_unit_test(upload_page_read__survives__any_bytes),
	    cmocka_unit_test(upload_page_read__advises__for_each_reason),
	    cmocka_unit_test(upload_page_read__knows__what_a_status_means),
	    cmocka_unit_test(upload_page_read__leaves_out__scripts_and_styles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
