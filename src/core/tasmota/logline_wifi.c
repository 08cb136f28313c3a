/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines whose words are translated and that carry what people ask for: the project line, the
 * joins, the set-up modes, the web server.
 */
#include "logline_int.h"
#include "tasmite/core/tasmota/logwords.h"

/* ---- the project line ---------------------------------------------------------------------------- */

/* "6.1.1", "14.2.0.4", "5.12.0a": two points at least. Returns its length. */
static size_t version_length(struct logtext t)
{
	size_t i = 0, points = 0;

	while (i < t.n && (lt_digit(t.p[i]) || (t.p[i] == '.' && i && lt_digit(t.p[i - 1])))) {
		points += t.p[i] == '.';
		i++;
	}
	if (points < 2 || points > 3 || !lt_digit(t.p[i - 1]))
		return 0;
	if (i < t.n && t.p[i] >= 'a' && t.p[i] <= 'z')
		i++;
	return i;
}

/* VERSION[-minimal][(IMAGE)][-CORE][(BUILT)], perhaps cut. */
static bool take_version(struct logtext w, struct logline *out)
{
	size_t n = version_length(w);

	if (!n)
		return false;
	out->version = lt_upto(w, n);
	w = lt_from(w, n);
	if (lt_starts(w, "-minimal")) {
		out->variant = lt_from(lt_upto(w, 8), 1);
		w = lt_from(w, 8);
	}
	if (lt_starts(w, "(")) {
		n = lt_find(w, ")");
		/* "6.2.1-minimal(sonoff)-2_3_0": what it lacks says more than what it was made of. */
		if (n < w.n && !out->variant.n)
			out->variant = lt_from(lt_upto(w, n), 1);
		if (lt_starts(out->variant, "release-"))
			out->variant = lt_from(out->variant, 8);
		w = lt_from(w, n + 1);
	}
	if (lt_starts(w, "-") && w.n > 1 && (lt_digit(w.p[1]) || w.p[1] == 'S')) {
		for (n = 1; n < w.n && (lt_alnum(w.p[n]) || w.p[n] == '_' || w.p[n] == '.'); n++)
			;
		out->core = lt_from(lt_upto(w, n), 1);
	}
	return true;
}

/* ... (Topic <topic>, <word> <fallback>, GroupTopic <group>) <word> <version>: 3.x to 6.7. */
static bool old_project(struct logtext t, struct logline *out)
{
	size_t at = lt_find(t, "(Topic ");
	struct logtext rest, word;

	if (at == t.n || at < 4)
		return false;
	rest = lt_from(t, at + 7);
	out->topic = lt_upto(rest, lt_find(rest, ","));
	if (!lt_has(rest, "DVES_") && !lt_has(rest, "roupTopic") && !lt_has(rest, "roup Topic"))
		return false;
	rest = lt_from(rest, lt_find(rest, ")"));
	while (rest.n) {
		word = lt_take_word(&rest);
		if (lt_digit(*word.p) && take_version(word, out))
			break;
	}
	out->num = 1;
	out->kind = LOGLINE_PROJECT;
	return true;
}

/* <word> <project> [- ]<name> <word> <version>(<image>)-<core>[(<built>)]: 6.7 to now. */
static bool new_project(struct logtext t, struct logline *out)
{
	struct logtext rest = t;
	unsigned words = 0;

	for (; rest.n; words++) {
		struct logtext w = lt_take_word(&rest);
		size_t n = lt_digit(*w.p) ? version_length(w) : 0;

		if (words < 3 || !n || n >= w.n || w.p[n] != '(')
			continue;
		/* The image's name may have blanks in it when somebody built it so. */
		w.n = (size_t)(t.p + t.n - w.p);
		(void)take_version(w, out);
		out->num = logtext_number(out->version, 0) < 7;
		out->kind = LOGLINE_PROJECT;
		return true;
	}
	return false;
}

bool logline_project(struct logtext t, bool sure, struct logline *out)
{
	size_t len;

	if (t.n < 20 || !memchr(t.p, '(', t.n))
		return false;
	if (!sure && !logwords_begin(t.p, t.n, WORD_PROJECT, &len))
		return false;
	return old_project(t, out) || new_project(t, out);
}

/* ---- joins --------------------------------------------------------------------------------------- */

/* "11N", "11n", "HT20", "VHT20", "HE20" as a word: the radio's mode. */
static size_t phy_length(struct logtext t)
{
	size_t i = 0;

	if (lt_starts(t, "11")) {
		i = 2;
		if (i < t.n && t.p[i] == ' ' && i + 1 < t.n && strchr("BGNbgnax", t.p[i + 1]))
			i++;
		while (i < t.n && i < 5 && strchr("BGNbgnax", t.p[i]))
			i++;
	} else {
		i = lt_starts(t, "V") ? 1 : 0;
		if (!lt_starts(lt_from(t, i), "HT") && !lt_starts(lt_from(t, i), "HE"))
			return 0;
		i += 2;
		while (i < t.n && lt_digit(t.p[i]))
			i++;
	}
	return i == t.n || t.p[i] == ' ' || t.p[i] == '.' ? i : 0;
}

/* Length of the words for "in mode" that t ends with. */
static size_t in_mode_length(struct logtext t)
{
	static const size_t longest = 24;
	size_t n;

	while (t.n && t.p[t.n - 1] == ' ')
		t.n--;
	for (n = t.n < longest ? t.n : longest; n >= 3; n--)
		if ((n == t.n || t.p[t.n - n - 1] == ' ') &&
		    logwords_find(t.p + t.n - n, n) & WORD_IN_MODE)
			return n;
	return 0;
}

/* Where " in mode <phy>" begins, looked for from the end since an SSID can be anything; t.n when it
 * is not there. *behind is where the phy ends. */
static size_t find_mode(struct logtext t, size_t *behind)
{
	for (size_t i = t.n; i > 3; i--) {
		struct logtext before = lt_upto(t, i - 1);
		size_t phy, words;

		/* In some languages the word ends in ":" without a blank before the mode. */
		if (t.p[i - 1] != ' ' && t.p[i - 1] != ':')
			continue;
		if (t.p[i - 1] == ':')
			before = lt_upto(t, i);
		phy = phy_length(lt_from(t, i));
		if (!phy)
			continue;
		words = in_mode_length(before);
		if (!words)
			continue;
		before = lt_trim(before);
		*behind = i + phy;
		return (size_t)(before.p - t.p) + before.n - words;
	}
	return t.n;
}

/* The slot: the first number, with a blank behind it; the words before have no digit. */
static size_t find_slot(struct logtext t, struct logline *out)
{
	size_t i = 0, n;

	while (i < t.n && !lt_digit(t.p[i]))
		i++;
	for (n = i; n < t.n && n < i + 3 && lt_digit(t.p[n]); n++)
		;
	if (n == i || (n < t.n && t.p[n] != ' '))
		return t.n;
	out->num = logtext_number(lt_from(t, i), 0);
	return n;
}

/* "<ssid> Channel 11": the word may be translated, the number may not. */
static struct logtext without_channel(struct logtext t)
{
	struct logtext rest = t, number = lt_pop_word(&rest);

	if (!number.n || number.n > 3 || logtext_number(number, -1) < 0)
		return t;
	(void)lt_pop_word(&rest);
	/* The name keeps its own blanks at its beginning. */
	return lt_upto(t, (size_t)(rest.p - t.p) + rest.n);
}

/* The number stands right behind the words: not the one of a host's name. */
static bool slot_follows(struct logtext t, size_t words)
{
	t = lt_from(t, words);
	if (lt_starts(t, " "))
		t = lt_from(t, 1);
	return t.n && lt_digit(*t.p);
}

/* "<words>1 <ssid>[ Channel 11 BSSId aa:..] in mode 11N as <host>..." */
static bool connecting(struct logtext t, struct logline *out)
{
	size_t behind = 0, words, mode = find_mode(t, &behind), slot = find_slot(t, out), at;
	uint32_t begins = logwords_begin(t.p, t.n, WORD_CONNECTING, &words);
	struct logtext ssid, host;

	if (slot >= t.n && !begins)
		return false;
	/* Without a mode it is cut, or a whole line of another kind. */
	if (mode == t.n && (!begins || slot >= t.n || !slot_follows(t, words) ||
			       (lt_ends(t, "...") && lt_has(t, " as ")))) {
		out->num = 0;
		return false;
	}
	ssid = lt_from(lt_upto(t, mode), slot + 1);
	at = lt_find(ssid, " BSSId ");
	if (at < ssid.n)
		ssid = without_channel(lt_upto(ssid, at));
	while (ssid.n && ssid.p[ssid.n - 1] == ' ' && mode < t.n)
		ssid.n--;
	host = lt_trim(lt_from(t, mode < t.n ? behind : t.n));
	if (lt_ends(host, "..."))
		host.n -= 3;
	out->text2 = lt_pop_word(&host);
	out->text = ssid;
	out->num2 = mode < t.n;
	out->kind = LOGLINE_CONNECTING;
	return true;
}

/* "Connecting to AP <ssid> as <host> ...": the set-up page tries what was typed there. Before 3.9
 * a join was told so, too, with the slot. */
static bool testing(struct logtext t, struct logline *out)
{
	size_t words, as;

	if (!logwords_begin(t.p, t.n, WORD_CONNECTING, &words) || !lt_ends(t, "..."))
		return false;
	as = lt_find(t, " as ");
	t = lt_from(lt_upto(t, as), words);
	if (t.n > 1 && (*t.p == '1' || *t.p == '2') && t.p[1] == ' ') {
		out->kind = LOGLINE_CONNECTING;
		out->num = *t.p - '0';
		out->num2 = 1;
		out->text = lt_trim(lt_from(t, 2));
		return true;
	}
	out->kind = LOGLINE_TESTING;
	out->text = lt_trim(t);
	return true;
}

/* The keys of a text; of one in Latin-1 too, as some terminals save it. */
static uint32_t find_words(struct logtext t)
{
	uint32_t keys = logwords_find(t.p, t.n);
	char utf8[240];
	size_t n = 0;

	if (keys || t.n > sizeof(utf8) / 2)
		return keys;
	for (size_t i = 0; i < t.n; i++) {
		uint8_t c = (uint8_t)t.p[i];

		if (c >= 0x80)
			utf8[n++] = (char)(0xc0 | c >> 6);
		utf8[n++] = (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
	}
	return n > t.n ? logwords_find(utf8, n) : 0;
}

/* Why a join failed. Words of releases that the table does not have still begin as those for a
 * failure do. */
static bool failure(struct logtext t, struct logline *out)
{
	uint32_t keys = find_words(t);
	size_t len;

	if (!keys)
		keys = logwords_cut(t.p, t.n);
	if (!keys)
		keys = logwords_begin(t.p, t.n, WORD_NO_IP | WORD_NOT_REACHED | WORD_TIMEOUT, &len);
	if (!keys)
		keys = logwords_begin(t.p, t.n, WORD_WRONG_PASSWORD | WORD_FAILED, &len);
	if (keys & WORD_TIMEOUT)
		out->kind = LOGLINE_TIMEOUT;
	else if (keys & WORD_NOT_REACHED)
		out->kind = LOGLINE_NOT_REACHED;
	else if (keys & WORD_NO_IP)
		out->kind = LOGLINE_NO_IP;
	else if (keys & WORD_WRONG_PASSWORD)
		out->kind = LOGLINE_WRONG_PASSWORD;
	else if (keys & WORD_FAILED)
		out->kind = LOGLINE_FAILED;
	return out->kind != LOGLINE_WIFI;
}

/* "WifiManager active for 3 minutes", "WPSConfigfailed to start", "Serial active for 3 minutes",
 * "SmartConfigSSId1 , Password1". The names are not translated. */
static bool set_up_mode(struct logtext t, struct logline *out)
{
	static const struct {
		const char *name;
		enum logline_kind active, failed;
	} modes[] = {
	    {"WifiManager", LOGLINE_MANAGER, LOGLINE_MANAGER_FAILED},
	    {"WPSConfig", LOGLINE_NO_AP_MODE, LOGLINE_WPS_FAILED},
	    {"WPSconfig", LOGLINE_NO_AP_MODE, LOGLINE_WPS_FAILED},
	    {"SmartConfig", LOGLINE_NO_AP_MODE, LOGLINE_WPS_FAILED},
	    {"Smartconfig", LOGLINE_NO_AP_MODE, LOGLINE_WPS_FAILED},
	    {"Serial", LOGLINE_NO_AP_MODE, LOGLINE_WPS_FAILED},
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct logtext rest;
		size_t len;

		if (!lt_starts(t, modes[i].name))
			continue;
		out->text = (struct logtext){t.p, strlen(modes[i].name)};
		rest = lt_trim(lt_from(t, out->text.n));
		if (logwords_begin(rest.p, rest.n, WORD_NO_START, &len) || lt_has(rest, "FAILED"))
			out->kind = modes[i].failed;
		else if (!lt_has(rest, "SSId") && rest.n)
			out->kind = modes[i].active;
		return true;
	}
	return false;
}

/* "[Network 1, AP1, ]SSId <ssid>, Channel 11, BSSId ..., RSSI -58"; "SSId <ssid>: Connected - IP
 * Address <ip>" of the set-up page. */
static bool scanned(struct logtext t, struct logline *out)
{
	size_t at = lt_find(t, "SSId "), ip;

	if (at == t.n || (at && !lt_starts(t, "Network")))
		return false;
	ip = lt_find(t, "IP Address ");
	if (ip < t.n) {
		out->kind = LOGLINE_TEST_OK;
		out->text = lt_after(t, "IP Address ");
		return true;
	}
	if (!lt_has(t, "RSSI "))
		return false;
	out->kind = LOGLINE_SCANNED;
	out->text = lt_from(t, at + 5);
	out->text = lt_upto(out->text, lt_find(out->text, ", "));
	out->num = logtext_number(lt_after(t, "RSSI "), 0);
	return true;
}

void logline_wifi(struct logtext t, struct logline *out)
{
	uint32_t keys = find_words(t);
	size_t len;

	out->kind = LOGLINE_WIFI;
	if (keys & WORD_CONNECTED)
		out->kind = LOGLINE_CONNECTED;
	else if (keys & WORD_NO_NETWORKS)
		out->kind = LOGLINE_NO_NETWORKS;
	else if (logwords_begin(t.p, t.n, WORD_SET_AP, &len))
		out->kind = LOGLINE_SET_AP;
	else if (keys & (WORD_ATTEMPTING | WORD_CHECKING))
		out->num = (keys & WORD_ATTEMPTING) != 0;
	else if (keys && failure(t, out))
		return;
	else if (lt_starts(t, "IPv4 "))
		out->kind = LOGLINE_IPV4, out->text = lt_after(t, "IPv4 ");
	else if (set_up_mode(t, out) || scanned(t, out) || connecting(t, out) || testing(t, out))
		return;
	else
		(void)failure(t, out);
}

/* ---- the web server ------------------------------------------------------------------------------- */

static unsigned words_in(struct logtext t)
{
	unsigned n = 0;

	while (lt_take_word(&t).n)
		n++;
	return n;
}

/* HTP: Web server active on <host>[.local] with IP address <a.b.c.d>; words in any language. */
void logline_web(struct logtext t, struct logline *out)
{
	uint32_t keys = logwords_find(t.p, t.n);
	struct logtext rest = t;

	if (keys & WORD_WEB_STOPPED)
		out->kind = LOGLINE_WEB_STOPPED;
	else if (keys & WORD_REDIRECTED)
		out->kind = LOGLINE_CAPTIVE;
	else if (keys & WORD_NO_NETWORKS)
		out->kind = LOGLINE_NO_NETWORKS;
	else if (logtext_is(t, "Upgrade started"))
		out->kind = LOGLINE_UPGRADE_FILE;
	if (out->kind != LOGLINE_TASMOTA)
		return;
	if (lt_has(t, "(IP unset)")) {
		out->kind = LOGLINE_WEB;
		return;
	}
	while (rest.n) {
		struct logtext w = lt_take_word(&rest);
		size_t colon = lt_find(w, ":");

		/* "IP address:192.168.1.5" where the words end without a blank. */
		if (colon < w.n && !logtext_is_address(w))
			w = lt_from(w, colon + 1);
		while (w.n && strchr(",;.", w.p[w.n - 1]))
			w.n--;
		if (w.n < 7 || !logtext_is_address(w) ||
		    words_in(lt_upto(t, (size_t)(w.p - t.p))) < 3)
			continue;
		out->kind = LOGLINE_WEB;
		out->text = w;
		return;
	}
}
