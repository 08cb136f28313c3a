/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands behind each tag. Most words are translated, so structure decides where it can. */
#include "logline_int.h"
#include "tasmite/core/tasmota/logwords.h"

static bool known_baud(int32_t v)
{
	return v >= 300 && v <= 4000000;
}

static bool usual_baud(int32_t v)
{
	static const int32_t rates[] = {
	    1200, 2400, 4800, 9600, 19200, 38400, 57600, 74880, 115200, 230400, 460800, 921600};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (v == rates[i])
			return true;
	return false;
}

/* "(n)" at the end of t, -1 when it is not there. */
static int32_t in_parentheses(struct logtext t)
{
	size_t i = t.n;

	while (i && t.p[i - 1] != '(')
		i--;
	return i ? logtext_number(lt_from(t, i), -1) : -1;
}

static void app_line(struct logtext t, struct logline *out)
{
	uint32_t keys = logwords_find(t.p, t.n);
	struct logtext all = t, last;
	size_t len;

	if (!keys)
		keys = logwords_begin(t.p, t.n, WORD_RESTARTING | WORD_SERIAL_OFF, &len);
	if (!keys)
		keys = logwords_cut(t.p, t.n) & (WORD_SERIAL_OFF | WORD_RESTARTING);
	if (keys & WORD_RESTARTING)
		out->kind = LOGLINE_RESTARTING;
	else if (keys & WORD_SERIAL_OFF)
		out->kind = LOGLINE_SERIAL_OFF;
	else if (keys & WORD_BLOCKED)
		out->kind = LOGLINE_BLOCKED;
	else if (lt_starts(t, "Some settings have been reset"))
		out->kind = LOGLINE_FRC, out->num = in_parentheses(t);
	if (out->kind != LOGLINE_TASMOTA || logline_project(t, true, out))
		return;
	if (lt_starts(t, "(UTC)") || lt_starts(t, "UTC"))
		out->kind = LOGLINE_TIME;
	last = lt_pop_word(&t);
	out->num = logtext_number(last, 0);
	if (!lt_digit(last.n ? *last.p : ' '))
		return;
	if (logwords_begin(all.p, all.n, WORD_SET_BAUD, &len) || lt_has(all, "audrate"))
		out->kind = known_baud(out->num) ? LOGLINE_SET_BAUD : LOGLINE_TASMOTA;
	else if (lt_has(all, "press") || (out->num < 20 && logwords_find(t.p, t.n)))
		out->kind = LOGLINE_PRESSES;
	else if (usual_baud(out->num))
		out->kind = LOGLINE_SET_BAUD;
}

/* "Button1 multi-press 4"; the words between differ. */
static void button_line(struct logtext t, struct logline *out)
{
	struct logtext last = lt_pop_word(&t), first = lt_take_word(&t);
	bool numbered = first.n && lt_digit(first.p[first.n - 1]);

	if (!t.n || !last.n || !lt_digit(*last.p) || !numbered)
		return;
	if (!(logwords_find(t.p, t.n) & WORD_MULTI_PRESS) && !lt_has(t, "press") &&
	    !lt_has(t, "Press"))
		return;
	out->kind = LOGLINE_PRESSES;
	out->num = logtext_number(last, 0);
}

static void cfg_line(struct logtext t, struct logline *out)
{
	uint32_t keys = logwords_find(t.p, t.n);
	size_t len;

	if (keys & WORD_DEFAULTS || logwords_cut(t.p, t.n) & WORD_DEFAULTS) {
		out->kind = LOGLINE_DEFAULTS;
	} else if (lt_starts(t, "Loaded from ") || logwords_begin(t.p, t.n, WORD_LOADED, &len)) {
		out->kind = LOGLINE_LOADED;
		out->num = logtext_number(lt_pop_word(&t), -1);
	} else if (lt_starts(t, "Save") || logwords_begin(t.p, t.n, WORD_SAVED, &len)) {
		out->kind = LOGLINE_SAVED;
	} else if (lt_starts(t, "Text overflow")) {
		out->kind = LOGLINE_OVERFLOW;
	}
}

static void qpc_line(struct logtext t, struct logline *out)
{
	if (lt_starts(t, "Reset")) {
		out->kind = LOGLINE_QPC_RESET;
	} else if (lt_starts(t, "Count ")) {
		out->kind = LOGLINE_QPC_COUNT;
		out->num = logtext_number(lt_from(t, 6), 0);
	} else if (lt_starts(t, "Flag ")) {
		/* F0 ... one bit is taken away by each start: FE, FC, F8, F0. */
		unsigned flag = 0;

		for (size_t i = 5; i < t.n && i < 7; i++)
			flag = flag * 16 +
			       (unsigned)(lt_digit(t.p[i]) ? t.p[i] - '0' : (t.p[i] & 7) + 9);
		out->kind = LOGLINE_QPC_COUNT;
		for (unsigned bit = 0; bit < 8; bit++)
			out->num += !(flag >> bit & 1);
	}
}

/* "Using USB CDC" and the like are no echo. */
static void cmd_line(struct logtext t, struct logline *out)
{
	if (lt_starts(t, "Serial buffer overrun")) {
		out->kind = LOGLINE_OVERRUN;
	} else if (!lt_starts(t, "Gr") && !lt_starts(t, "Using ") && !lt_starts(t, "Fall back")) {
		out->kind = LOGLINE_ECHO;
		out->text = t;
	}
}

static bool garbled(struct logtext t)
{
	unsigned bad = 0;

	for (size_t i = 0; i < t.n && i < 40; i++) {
		if (t.p[i] > ' ' && t.p[i] < 0x7f)
			return false;
		bad++;
	}
	return bad >= 6;
}

/* "<topic> = <payload>[ (retained)]" */
bool logline_result(struct logtext t, struct logline *out)
{
	size_t at = lt_find(t, " =");

	if (at == t.n)
		return false;
	out->kind = LOGLINE_RESULT;
	out->text = lt_upto(t, at);
	out->text2 = lt_trim(lt_from(t, at + 2));
	if (garbled(out->text))
		out->kind = LOGLINE_GARBLED_TOPIC;
	return true;
}

/* "..., rc -2. Retry in 10 sec": the words before differ. */
static bool mqtt_failed(struct logtext t, struct logline *out)
{
	size_t at = lt_find(t, ", rc "), i;
	struct logtext to;

	if (at == t.n)
		return false;
	out->num = logtext_number(lt_from(t, at + 5), 0);
	if (!out->num)
		return false;
	to = lt_upto(t, at);
	to = lt_pop_word(&to);
	for (i = to.n; i && to.p[i - 1] != ':'; i--)
		;
	out->kind = LOGLINE_MQTT_FAILED;
	out->text = lt_upto(to, i ? i - 1 : to.n);
	out->text2 = i ? lt_from(to, i) : lt_upto(to, 0);
	return true;
}

static void mqtt_line(struct logtext t, struct logline *out)
{
	uint32_t keys = logwords_find(t.p, t.n);

	if (keys & WORD_CONNECTED)
		out->kind = LOGLINE_MQTT_OK;
	else if (keys & WORD_ATTEMPTING || logwords_cut(t.p, t.n) & WORD_ATTEMPTING)
		out->kind = LOGLINE_MQTT_TRY;
	else if (mqtt_failed(t, out))
		return;
	else if (lt_starts(t, "TLS ") && (lt_has(t, "failed") || lt_has(t, "error")))
		out->kind = LOGLINE_MQTT_TLS;
	else
		(void)logline_result(t, out);
}

static void upload_line(struct logtext t, struct logline *out)
{
	size_t len, end;

	if (lt_starts(t, "http://") || lt_starts(t, "https://")) {
		out->kind = LOGLINE_UPGRADE_URL;
		out->text = lt_upto(t, lt_find(t, " "));
	} else if (logwords_begin(t.p, t.n, WORD_FILE, &len) && len < t.n && t.p[len] == ' ') {
		out->kind = LOGLINE_UPGRADE_FILE;
		t = lt_from(t, len + 1);
		end = lt_find(t, " ...");
		out->text = lt_upto(t, end < lt_find(t, " (") ? end : lt_find(t, " ("));
	} else if (lt_has(t, "ERROR[") || lt_has(t, "rror:")) {
		out->kind = LOGLINE_UPGRADE_ERROR;
		out->text = t;
	}
}

static void ota_line(struct logtext t, struct logline *out)
{
	if (!lt_has(t, "imeout") && !lt_has(t, "error") && !lt_has(t, "unsupported"))
		return;
	out->kind = LOGLINE_UPGRADE_ERROR;
	out->text = t;
}

static void ser_line(struct logtext t, struct logline *out)
{
	if (!lt_starts(t, "Set to ") || !lt_has(t, " bit/s"))
		return;
	t = lt_from(t, 7);
	(void)lt_take_word(&t);
	out->num = logtext_number(t, 0);
	if (known_baud(out->num))
		out->kind = LOGLINE_SET_BAUD;
}

/* "MQTT services found 0", "with 0 mqtt services found" */
static void dns_line(struct logtext t, struct logline *out)
{
	if (lt_has(t, "Query done") && (lt_has(t, "found 0") || lt_has(t, "with 0")))
		out->kind = LOGLINE_MQTT_SEARCH;
}

void logline_tagged(enum logline_tag id, struct logtext t, struct logline *out)
{
	switch (id) {
	case TAG_APP:
		app_line(t, out);
		break;
	case TAG_CFG:
		cfg_line(t, out);
		break;
	case TAG_CMD:
		cmd_line(t, out);
		break;
	case TAG_FRC:
		app_line(t, out);
		break;
	case TAG_HDW:
		out->kind = lt_starts(t, "ESP") ? LOGLINE_HDW : LOGLINE_TASMOTA;
		out->text = lt_upto(t, lt_find(t, " (PSRAM"));
		break;
	case TAG_HTP:
		logline_web(t, out);
		break;
	case TAG_MQT:
		mqtt_line(t, out);
		break;
	case TAG_NTP:
		out->kind = lt_has(t, "UTC") ? LOGLINE_TIME : LOGLINE_TASMOTA;
		break;
	case TAG_OTA:
		ota_line(t, out);
		break;
	case TAG_QPC:
		qpc_line(t, out);
		break;
	case TAG_RSL:
		(void)logline_result(t, out);
		break;
	case TAG_SER:
		ser_line(t, out);
		break;
	case TAG_SNS:
		out->kind = lt_starts(t, "Hardware Serial") ? LOGLINE_HW_SERIAL : LOGLINE_TASMOTA;
		break;
	case TAG_UPL:
		upload_line(t, out);
		break;
	case TAG_WIF:
		logline_wifi(t, out);
		break;
	case TAG_DNS:
		dns_line(t, out);
		break;
	case TAG_WPS: /* 2017: "WPSconfig: Active for 1 minute" */
		out->kind = lt_has(t, "ctive") ? LOGLINE_NO_AP_MODE : LOGLINE_WPS_FAILED;
		break;
	case TAG_MANAGER: /* 2017: "Wifimanager: Active for 1 minute" */
		out->kind = lt_has(t, "ctive") ? LOGLINE_MANAGER : LOGLINE_MANAGER_FAILED;
		break;
	case TAG_BTN:
		button_line(t, out);
		break;
	case TAG_OTHER:
	case TAG_NONE:
		break;
	}
}
