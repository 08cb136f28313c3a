/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page that answers an upload. */
#include "tasmite/core/tasmota/uploadpage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(upload_page_read__tells__taken_from_refused),
	    cmocka_unit_test(upload_page_version__reads_the_foot__of_each_era),
	    cmocka_unit_test(upload_page_read__survives__any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
