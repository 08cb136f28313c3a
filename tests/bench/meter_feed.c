/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same on each run: what looks random comes from the line's number. */
#include "meter_feed.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tasmite/base/xalloc.h"

/* $1 to $4: numbers of two digits, four, two and three. */
static const char *const templates[] = {
    "WIF: Connecting to AP1 home Channel 6 BSSId 74:83:C2:1F:0A:$1 in mode 11n as sonoff-$2...",
    "WIF: Connect failed as AP cannot be reached, attempt $1 of 99",
    "WIF: Checking connection... rssi -$1 dBm, signal $3",
    "WIF: Connected, address 192.168.178.$4, gateway 192.168.178.1, mask 255.255.255.0",
    "HTP: Web server active on sonoff-$2 with IP address 192.168.178.$4",
    "MQT: Attempting connection to 192.168.178.20:1883 as DVES_12$2 (attempt $1)...",
    "MQT: Connect failed to 192.168.178.20:1883, rc -$1. Retry in $3 sec",
    "MQT: tele/sonoff/LWT = Online (retained)",
    "MQT: tele/sonoff/STATE = {\"Time\":\"2024-09-12T13:41:$1\",\"Uptime\":\"0T00:$3:12\","
    "\"Heap\":$1,\"SleepMode\":\"Dynamic\",\"Sleep\":50,\"LoadAvg\":19,\"MqttCount\":1,"
    "\"POWER\":\"OFF\",\"Wifi\":{\"AP\":1,\"RSSI\":$3,\"Signal\":-$1}}",
    "MQT: tele/sonoff/SENSOR = {\"Time\":\"2024-09-12T13:41:$1\",\"DS18B20\":"
    "{\"Id\":\"01131F7F$2\",\"Temperature\":$3.4},\"TempUnit\":\"C\"}",
    "RSL: RESULT = {\"Time\":\"2024-09-12T13:41:$1\",\"ENERGY\":{\"Total\":1.$4,\"Power\":$3,"
    "\"Voltage\":$4,\"Current\":0.$4}}",
    "RSL: stat/sonoff/POWER = ON",
    "CMD: Group 0, Index 1, Command \"DIMMER\", Data \"$1\"",
    "CFG: Saved to flash at F$3, Count $2, Bytes 4096",
    "APP: Boot count $2, free heap $2, fragmentation $1%",
    "SRC: Restart, uptime before 0T04:$1:33, reason: Software/System restart",
    "RTC: UTC 2024-09-12T$3:41:07, DST 2024-03-31T02:00:00, STD 2024-10-27T03:00:00",
};

static unsigned scramble(unsigned n)
{
	n = (n ^ 61) ^ (n >> 16);
	n *= 9;
	n ^= n >> 4;
	n *= 0x27d4eb2d;
	return n ^ (n >> 15);
}

static size_t words(char *dst, size_t size, const char *template, unsigned r)
{
	const unsigned numbers[] = {
	    10 + r % 50, 1000 + r / 7 % 9000, 10 + r / 11 % 14, 100 + r / 13 % 150};
	size_t n = 0;

	for (const char *t = template; *t && n + 5 < size; t++) {
		if (*t == '$')
			n += (size_t)snprintf(dst + n, size - n, "%u", numbers[*++t - '1']);
		else
			dst[n++] = *t;
	}
	return n;
}

static size_t stamp(char *dst, size_t size, unsigned ms)
{
	return (size_t)snprintf(dst, size, "%02u:%02u:%02u.%03u", ms / 3600000 % 100,
	    ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

/* The time goes on by eight milliseconds a line, so that no two lines of a day are alike. */
size_t feed_line(unsigned n, char *dst)
{
	unsigned r = scramble(n);
	size_t at = stamp(dst, FEED_LINE_MAX, n * 8 + r % 8);

	dst[at++] = ' ';
	at += words(dst + at, FEED_LINE_MAX - at - 3,
	    templates[r / 16 % (sizeof(templates) / sizeof(templates[0]))], r);
	memcpy(dst + at, "\r\n", 3);
	return at + 2;
}

size_t feed_short(unsigned n, char *dst)
{
	unsigned r = scramble(n);
	size_t at = (size_t)snprintf(dst, FEED_LINE_MAX, "#%07u ", n % 10000000);
	int k = 2 + (int)(r % 2);

	at += words(dst + at, 50, templates[k], r);
	if (at > 58)
		at = 58;
	memcpy(dst + at, "\r\n", 3);
	return at + 2;
}

uint8_t *feed_make(size_t size)
{
	uint8_t *all = xcalloc(1, size + FEED_LINE_MAX);
	size_t at = 0;

	for (unsigned n = 0; at < size; n++)
		at += feed_line(n, (char *)all + at);
	return all;
}
