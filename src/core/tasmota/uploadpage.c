/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device's web page says of an upload. */
#include "tasmite/core/tasmota/uploadpage.h"

#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/catalog.h"

#define ROOM	   "Take a smaller build or its .gz, or go through the minimal build first"
#define FILE_WRONG "Take the .bin for its chip; a factory file is for /flash"

static const struct failure {
	const char *text, *advice;
} failures[] = {
    {"No file selected", "Give the file a plain name: letters, digits, . - _"},
    {"Not enough space", ROOM},
    {"Magic byte is not 0xE9", FILE_WRONG},
    {"Invalid file signature", FILE_WRONG},
    {"Program flash size is larger than real flash size",
	"The file is built for a larger flash: take the build for this one"},
    {"Upload buffer miscompare", ROOM}, /* most often it does not fit */
    {"Upload failed. Enable logging 3", "Say SerialLog 3 and upload once more: the log tells why"},
    {"Upload aborted", "Try again, nearer to the device"},
    {"File invalid", FILE_WRONG},
    {"File too large", ROOM},
};

/* The page's text: tags, scripts and styles out, blanks in one. */
static void plain_text(const char *page, size_t n, char *dst, size_t size)
{
	const char *skip = NULL; /* "</script" or "</style" is awaited */
	bool tag = false;
	size_t k = 0;

	for (size_t i = 0; i < n && k + 1 < size; i++) {
		char c = page[i];

		if (!tag && c == '<') {
			tag = true;
			if (skip && n - i >= strlen(skip) &&
			    !str_ncasecmp(page + i, skip, strlen(skip)))
				skip = NULL;
			else if (!skip && n - i >= 7 && !str_ncasecmp(page + i, "<script", 7))
				skip = "</script";
			else if (!skip && n - i >= 6 && !str_ncasecmp(page + i, "<style", 6))
				skip = "</style";
			c = ' ';
		} else if (tag) {
			tag = c != '>';
			continue;
		}
		if (skip)
			continue;
		if ((unsigned char)c >= 0x7f)
			c = '?';
		else if (c < ' ')
			c = ' ';
		if (c != ' ' || (k && dst[k - 1] != ' '))
			dst[k++] = c;
	}
	while (k && dst[k - 1] == ' ')
		k--;
	dst[k] = '\0';
}

static enum upload_result by_text(const char *text, char *said, size_t size, const char **advice)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (strstr(text, failures[i].text)) {
			(void)str_copy(said, size, failures[i].text);
			*advice = failures[i].advice;
			return UPLOAD_REFUSED;
		}
	(void)str_copy(said, size, text);
	if (strstr(text, "Upload Failed") || strstr(text, "Upload failed"))
		return UPLOAD_REFUSED;
	return strstr(text, "Successful") ? UPLOAD_TAKEN : UPLOAD_UNKNOWN;
}

enum upload_result upload_page_read(
    unsigned status, const char *page, size_t n, char *said, size_t size, const char **advice)
{
	char text[4096];

	*advice = NULL;
	plain_text(page, n, text, sizeof(text));
	if (status == 401 || status == 403) {
		(void)str_copy(said, size, "it wants its password");
		*advice = "Give the device's WebPassword";
		return UPLOAD_LOGIN;
	}
	if (status == 404 || status == 405 || status == 501) {
		(void)str_copy(said, size, "it has no such page");
		*advice = "Is this address the device's, and is its web server on (Webserver 2)?";
		return UPLOAD_NO_PAGE;
	}
	return by_text(text, said, size, advice);
}

bool upload_page_form(const char *page)
{
	return strstr(page, "'u2'") || strstr(page, "\"u2\"");
}

bool upload_page_version(const char *page, uint32_t *version, char *variant, size_t size)
{
	char text[48], *end;

	variant[0] = '\0';
	for (const char *p = strstr(page, "Tasmota "); p; p = strstr(p + 1, "Tasmota ")) {
		(void)str_copy_n(text, sizeof(text), p + 8, strcspn(p + 8, " <&\r\n"));
		*version = text[0] >= '0' && text[0] <= '9' ? catalog_version(text) : 0;
		if (!*version)
			continue;
		end = strpbrk(text, "-(");
		if (end)
			(void)str_copy_n(variant, size, end + 1, strcspn(end + 1, ")"));
		if (strstr(page, "MINIMAL"))
			(void)str_copy(variant, size, "minimal");
		return true;
	}
	return false;
}
