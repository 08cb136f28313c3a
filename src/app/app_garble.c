/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes that nobody can read: another rate, most likely. It is told once at each rate, and a key
 * (/baud likely) tries the likely ones in turn, then the one with which it began.
 */
#include <string.h>

#include "app_int.h"
#include "tasmite/base/str.h"

#define KEY "/baud likely"

/* "Alt-r", or the command where no key has it. */
static const char *key_name(const struct app *a)
{
	const char *key = keymap_key_of(a->session->keymap, KEY);

	return key ? key : KEY;
}

static bool in_turn(const struct app_likely *l, uint32_t baud)
{
	for (int i = 0; i < l->count; i++)
		if (l->rates[i] == baud)
			return true;
	return false;
}

/* The rate after that one, in the order in which they are tried; the last one is where it began. */
static uint32_t rate_after(const struct app_likely *l, uint32_t baud)
{
	for (int i = 0; i + 1 < l->count; i++)
		if (l->rates[i] == baud)
			return l->rates[i + 1];
	return l->rates[0];
}

static void remember(struct app *a, uint32_t baud)
{
	struct app_likely *l = &a->likely;
	uint32_t rates[GARBLE_RATES];

	if (l->count && in_turn(l, baud))
		return; /* one that was tried: on with those that were estimated first */
	garble_rates(&a->garble, rates);
	l->count = 0;
	for (int i = 0; i < GARBLE_RATES; i++)
		if (rates[i])
			l->rates[l->count++] = rates[i];
	l->rates[l->count++] = baud;
}

void app_garble_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now)
{
	uint32_t baud = link_line(a->link)->baud;
	const struct transport *t = link_transport(a->link);
	mono_t since = now;
	char others[64] = "";

	if (!t || !(t->caps & TRANSPORT_HAS_BAUD))
		return;
	if (!garble_rx(&a->garble, baud, bytes, n, now) || a->garble_told == baud)
		return;
	a->garble_told = baud;
	garble_unreadable(&a->garble, &since);
	remember(a, baud);
	if (a->likely.rates[0] && a->likely.rates[a->likely.count - 1] == baud)
		for (int i = 1; i + 1 < a->likely.count; i++) {
			char one[24];

			str_fmt(one, sizeof(one), "%s %u", i > 1 ? " or" : "",
			    (unsigned)a->likely.rates[i]);
			str_cat(others, sizeof(others), one);
		}
	session_warn(a->session, now,
	    "unreadable for %d s at %u baud: this looks like another rate: %s tries %u%s%s%s",
	    (int)((now - since) / MONO_S(1)), baud, key_name(a), rate_after(&a->likely, baud),
	    others[0] ? " (else" : "", others, others[0] ? ")" : "");
}

void app_garble_try(struct app *a)
{
	const struct app_likely *l = &a->likely;
	uint32_t baud = link_line(a->link)->baud, next, began;
	char text[16];

	if (!l->count) {
		session_notice(
		    a->session, true, "nothing unreadable was noticed: /baud N sets a rate");
		return;
	}
	began = l->rates[l->count - 1];
	next = in_turn(l, baud) ? rate_after(l, baud) : l->rates[0];
	str_fmt(text, sizeof(text), "%u", (unsigned)next);
	if (!app_set(a, SET_BAUD, text))
		return;
	if (next == began)
		session_say(a->session, a->now, "back at %u baud; %s tries %u", (unsigned)next,
		    key_name(a), (unsigned)l->rates[0]);
	else
		session_say(a->session, a->now, "trying %u baud: %s tries %u, /baud %u goes back",
		    (unsigned)next, key_name(a), (unsigned)rate_after(l, next), (unsigned)began);
}
