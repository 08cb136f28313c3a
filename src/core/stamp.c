/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times of lines as text, and moments as users write them. */
#include "tasmite/core/stamp.h"

#include <stdbool.h>
#include <string.h>

#include "tasmite/base/str.h"

#define US_PER_S   ((int64_t)1000000)
#define US_PER_DAY (86400 * US_PER_S)
/* More is no moment of a log's (and can't overflow what is reckoned with it). */
#define FIELD_MAX 999999

int stamp_width(enum pane_time how)
{
	switch (how) {
	case PANE_TIME_CLOCK:
		return 12;
	case PANE_TIME_ISO:
		return 23;
	case PANE_TIME_START:
	case PANE_TIME_DELTA:
	case PANE_TIME_MARK:
		return 10;
	default:
		return 0;
	}
}

/* Euclid's division: the remainder is never negative. */
static int64_t floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;

	return a % b < 0 ? q - 1 : q;
}

struct civil {
	int64_t year;
	int month, day;
};

/* Days before the first of a month in a year that begins in March: then the leap day is the last
 * one, and no year is special. */
static int days_before(int month)
{
	return (153 * month + 2) / 5;
}

static struct civil civil_of(int64_t days)
{
	struct civil c;
	int64_t era, rest, year;
	int month;

	days += 719468; /* from the first of March of the year 0 */
	era = floor_div(days, 146097);
	rest = days - era * 146097;
	year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	rest -= 365 * year + year / 4 - year / 100;
	for (month = 11; days_before(month) > rest; month--)
		;
	c.day = (int)rest - days_before(month) + 1;
	c.month = month < 10 ? month + 3 : month - 9;
	c.year = era * 400 + year + (c.month <= 2);
	return c;
}

static int64_t days_of(int64_t year, int month, int day)
{
	int64_t era;

	year -= month <= 2;
	era = floor_div(year, 400);
	year -= era * 400;
	return era * 146097 + year * 365 + year / 4 - year / 100 +
	       days_before(month > 2 ? month - 3 : month + 9) + day - 1 - 719468;
}

static int64_t local_us(mono_t t, const struct stamp_zone *zone)
{
	return t + zone->wall_offset_us + zone->utc_offset_s * US_PER_S;
}

static void clock_text(int64_t local, char *dst, size_t size)
{
	int64_t ms = (local - floor_div(local, US_PER_DAY) * US_PER_DAY) / 1000;

	str_fmt(dst, size, "%02d:%02d:%02d.%03d", (int)(ms / 3600000), (int)(ms / 60000 % 60),
	    (int)(ms / 1000 % 60), (int)(ms % 1000));
}

static void seconds_text(int64_t us, const char *plus, int width, char *dst, size_t size)
{
	uint64_t ms = (uint64_t)(us < 0 ? -us : us) / 1000;
	char text[STAMP_MAX];

	str_fmt(text, sizeof(text), "%s%llu.%03u", us < 0 && ms ? "-" : plus,
	    (unsigned long long)(ms / 1000), (unsigned)(ms % 1000));
	str_fmt(dst, size, "%*s", width, text);
}

void stamp_text(enum pane_time how, mono_t t, mono_t since, const struct stamp_zone *zone,
    char *dst, size_t size)
{
	int64_t local = local_us(t, zone);
	char clock[STAMP_MAX];
	struct civil c;

	dst[0] = '\0';
	switch (how) {
	case PANE_TIME_CLOCK:
		clock_text(local, dst, size);
		break;
	case PANE_TIME_ISO:
		c = civil_of(floor_div(local, US_PER_DAY));
		clock_text(local, clock, sizeof(clock));
		str_fmt(dst, size, "%04lld-%02d-%02dT%s", (long long)c.year, c.month, c.day, clock);
		break;
	case PANE_TIME_START:
		seconds_text(t - since, "", stamp_width(how), dst, size);
		break;
	case PANE_TIME_DELTA:
	case PANE_TIME_MARK:
		seconds_text(t - since, "+", stamp_width(how), dst, size);
		break;
	default:
		break;
	}
}

/* ---- moments --------------------------------------------------------------------------------- */

/* Digits at *p; false without any, or with too many. */
static bool number(const char **p, int64_t *n)
{
	const char *from = *p;

	for (*n = 0; **p >= '0' && **p <= '9'; (*p)++) {
		*n = *n * 10 + (**p - '0');
		if (*n > FIELD_MAX)
			return false;
	}
	return *p > from;
}

/* ".5" behind seconds, in microseconds. */
static int64_t fraction(const char **p)
{
	int64_t us = 0, unit = US_PER_S / 10;

	if (**p != '.')
		return 0;
	for ((*p)++; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
		us += (**p - '0') * unit;
	return us;
}

/* "13:04", "13:04:05", "13:04:05.120", to the end of the text. */
static bool time_of_day(const char *p, int64_t *us)
{
	int64_t h, m, s = 0;

	if (!number(&p, &h) || *p++ != ':' || !number(&p, &m) || h > 23 || m > 59)
		return false;
	if (*p == ':') {
		p++;
		if (!number(&p, &s) || s > 60)
			return false;
	}
	*us = ((h * 60 + m) * 60 + s) * US_PER_S + fraction(&p);
	return !*p;
}

/* "2026-11-22", then 'T' or a blank and a time of day, or nothing. */
static bool date_and_time(const char *p, int64_t *us)
{
	int64_t y, m, d, time = 0;

	if (!number(&p, &y) || *p++ != '-' || !number(&p, &m) || *p++ != '-' || !number(&p, &d) ||
	    m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	if ((*p == 'T' || *p == ' ') && !time_of_day(p + 1, &time))
		return false;
	if (*p && *p != 'T' && *p != ' ')
		return false;
	*us = days_of(y, (int)m, (int)d) * US_PER_DAY + time;
	return true;
}

/* "1h30m", "30s", "90" (seconds), "2.5s". */
static bool duration(const char *p, int64_t *us)
{
	if (!*p)
		return false;
	for (*us = 0; *p;) {
		int64_t n, part, unit = 1;

		if (!number(&p, &n))
			return false;
		part = fraction(&p);
		if (*p == 'd')
			unit = 86400;
		else if (*p == 'h')
			unit = 3600;
		else if (*p == 'm')
			unit = 60;
		else if (*p && *p != 's')
			return false;
		if (*p)
			p++;
		*us += (n * US_PER_S + part) * unit;
	}
	return true;
}

int stamp_parse(
    const char *text, mono_t now, const struct stamp_zone *zone, mono_t *t, struct err *err)
{
	int64_t offset = local_us(0, zone), us, local_now = local_us(now, zone);

	if (text[0] == '-' && duration(text + 1, &us)) {
		*t = now - us;
	} else if (time_of_day(text, &us)) {
		us += floor_div(local_now, US_PER_DAY) * US_PER_DAY;
		*t = us - offset - (us > local_now ? US_PER_DAY : 0);
	} else if (date_and_time(text, &us)) {
		*t = us - offset;
	} else {
		return err_set(err, ERR_INVAL, 0,
		    "'%s' is no moment: expected 13:04, 13:04:05, 2026-11-22T13:04 or -30s, -5m, "
		    "-1h",
		    text);
	}
	return ERR_OK;
}
