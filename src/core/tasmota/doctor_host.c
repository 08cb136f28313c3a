/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings, console, upgrades, and what the answers to commands tell. */
#include <stdlib.h>

#include "doctor_int.h"
#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/logwords.h"

/* ---- firmware --------------------------------------------------------------------------------------- */

static void minimal(struct doctor *d)
{
	bool safeboot = strstr(d->view.variant, "safeboot") || str_starts(d->view.chip, "ESP32");

	(void)doctor_note(d, safeboot ? DOCTOR_F_SAFEBOOT : DOCTOR_F_MINIMAL);
}

static void project(struct doctor *d)
{
	/* What runs now counts: minimal is a step of an upgrade too. */
	doctor_forget(d, DOCTOR_F_MINIMAL);
	doctor_forget(d, DOCTOR_F_SAFEBOOT);
	doctor_forget(d, DOCTOR_F_NOT_TASMOTA);
	if (strstr(d->view.variant, "minimal"))
		(void)doctor_note(d, DOCTOR_F_MINIMAL);
	else if (strstr(d->view.variant, "safeboot"))
		(void)doctor_note(d, DOCTOR_F_SAFEBOOT);
	if (strcmp(d->firmware, d->view.version)) {
		d->joins_failed = 0;
		(void)str_copy(d->firmware, sizeof(d->firmware), d->view.version);
	}
}

static void foreign(struct doctor *d, const struct logline *ev)
{
	struct doctor_finding *f;

	if (d->boot.tasmota) /* somebody's word between the lines */
		return;
	f = doctor_note(d, DOCTOR_F_NOT_TASMOTA);
	if (!f->detail[0])
		doctor_text(f->detail, sizeof(f->detail), ev->text);
	d->view.name = "other";
	d->view.version[0] = d->view.variant[0] = d->view.core[0] = '\0';
	d->heard = HEARD_APP;
	d->heard_line = d->number;
	d->boot.stage = STAGE_APP;
}

/* ---- settings --------------------------------------------------------------------------------------- */

/* Usual after an erase; not where settings were there before, and not again and again. */
static void defaults(struct doctor *d)
{
	bool lost = !d->reset_asked && (d->had_settings || d->defaults > 0);

	d->defaults++;
	d->reset_asked = false;
	d->had_settings = false;
	d->view.ssid[0] = '\0';
	(void)doctor_note(d, lost ? DOCTOR_F_SETTINGS_LOST : DOCTOR_F_DEFAULTS);
}

static void power_cycles(struct doctor *d, const struct logline *ev)
{
	if (ev->num > d->most_cycles)
		d->most_cycles = ev->num;
	if (ev->num < 3)
		return;
	doctor_note(d, DOCTOR_F_POWER_CYCLES)->cause = ev->num;
}

/* ---- upgrades ----------------------------------------------------------------------------------------- */

/* The reason of a failure may quote an address with a password in it. */
static void masked_text(const struct doctor *d, char *dst, size_t size, struct logtext t)
{
	char text[160];
	struct buf out;

	doctor_text(text, sizeof(text), t);
	buf_init(&out, sizeof(text));
	secrets_mask_line(d->secrets, text, strlen(text), &out);
	(void)str_copy_n(dst, size, buf_len(&out) ? (const char *)buf_bytes(&out) : "",
	    buf_len(&out) < size ? buf_len(&out) : size - 1);
	buf_fini(&out);
}

static void upgrade_failed(struct doctor *d, struct logtext reason)
{
	bool space = lt_has(reason, "space") || lt_has(reason, "Space") ||
		     lt_has(reason, "ERROR[4]") ||
		     logwords_find(reason.p, reason.n) & (WORD_NO_SPACE | WORD_MISCOMPARE);
	struct doctor_verdict *v = doctor_say(d, DOCTOR_UPGRADE, DOCTOR_BAD, "failed");
	struct doctor_finding *f;

	masked_text(d, v->text, sizeof(v->text), reason);
	f = doctor_note(d, space ? DOCTOR_F_UPGRADE_SPACE : DOCTOR_F_UPGRADE_FAILED);
	(void)str_copy(f->detail, sizeof(f->detail), v->text);
}

static void upgrade_runs(struct doctor *d)
{
	(void)doctor_say(d, DOCTOR_UPGRADE, DOCTOR_TRYING, "running");
}

static void upgrade(struct doctor *d, const struct logline *ev)
{
	switch (ev->kind) {
	case LOGLINE_UPGRADE_URL:
	case LOGLINE_UPGRADE_FILE:
		upgrade_runs(d);
		break;
	case LOGLINE_UPGRADE_OK:
		(void)doctor_say(d, DOCTOR_UPGRADE, DOCTOR_OK, "ok");
		d->boot.deliberate = true;
		d->written[0] = '\0'; /* something else, by the air */
		break;
	case LOGLINE_UPGRADE_FAILED:
	case LOGLINE_UPGRADE_ERROR:
		upgrade_failed(d, ev->text);
		break;
	default:
		break;
	}
}

/* ---- what answers say --------------------------------------------------------------------------------- */

struct answer {
	struct logtext key, value;
};

static void command_answer(struct doctor *d, struct logtext value)
{
	if (logtext_is(value, "Unknown") && !d->empty_echo)
		(void)doctor_note(d, DOCTOR_F_CMD_UNKNOWN);
	else if (logtext_is(value, "Error"))
		(void)doctor_note(d, DOCTOR_F_CMD_ERROR);
	d->empty_echo = false;
}

/* "1 or >6.4.1 to upgrade", "Version 8.1.0 from http://...", "Failed ...", "Successful. ...": */
static void upgrade_answer(struct doctor *d, struct logtext value)
{
	if (lt_starts(value, "Version "))
		upgrade_runs(d);
	else if (lt_starts(value, "Failed"))
		upgrade_failed(d, lt_trim(lt_from(value, 6)));
	else if (lt_starts(value, "Successful"))
		(void)doctor_say(d, DOCTOR_UPGRADE, DOCTOR_OK, "ok");
}

/* {"WifiConfig":"WifiManager selected"}, {"WifiConfig":{"2":"WifiManager"}} */
static void wificonfig_answer(struct doctor *d, struct logtext value)
{
	static const char *const modes[] = {"Restart", "SmartConfig", "WifiManager", "WPSConfig",
	    "Retry", "Wait", "Serial", "ManagerReset"};
	struct logtext v = value;

	if (v.n > 5 && *v.p == '{')
		v = lt_from(v, lt_find(v, ":\"") + 2);
	for (int i = 0; i < 8; i++)
		if (lt_starts(v, modes[i]))
			doctor_wifi_mode(d, i);
}

/* "2 (Active 2)", {"2":{"Active":"2"}}, 2: from 1 on the log speaks again. */
static void seriallog_answer(struct doctor *d, struct logtext value)
{
	while (value.n && !lt_digit(*value.p) && *value.p != '}')
		value = lt_from(value, 1);
	if (logtext_number(value, 0) >= 1)
		doctor_forget(d, DOCTOR_F_SERIAL_OFF);
}

/* "Hardware Watchdog", "Exception", "Blocked Loop": of the run before this one. */
static void restart_reason(struct doctor *d, struct logtext value)
{
	struct doctor_finding *f;
	struct logtext n;

	if (value.n && *value.p == '{') {
		n = lt_from(value, lt_find(value, "\"Exception\":"));
		if (!n.n)
			return;
		f = doctor_note(d, DOCTOR_F_EXCEPTION);
		f->cause = logtext_number(lt_trim(lt_from(n, 12)), -1);
	} else if (lt_has(value, "Watchdog") || lt_has(value, "watchdog") ||
		   lt_has(value, "Blocked Loop")) {
		(void)doctor_note(d, DOCTOR_F_WATCHDOG);
	} else if (lt_starts(value, "Fatal exception:")) {
		/* "Fatal exception:0 flag:2 (EXCEPTION) epc1:..."; 1 and 3 are the watchdogs. */
		if (lt_has(value, "flag:2"))
			doctor_note(d, DOCTOR_F_EXCEPTION)->cause =
			    logtext_number(lt_from(value, 16), -1);
		else
			(void)doctor_note(d, DOCTOR_F_WATCHDOG);
	} else if (lt_starts(value, "Exception")) {
		(void)doctor_note(d, DOCTOR_F_EXCEPTION);
	} else if (lt_has(value, "Brown") || lt_has(value, "brown")) {
		(void)doctor_note(d, DOCTOR_F_BROWNOUT);
	}
}

/* "6.1.1", "14.2.0(release-tasmota)", "6.1.0-minimal", "6.1.1-2_3_0(minimal)" */
static void version_answer(struct doctor *d, struct logtext value)
{
	struct logtext v = value, variant = lt_upto(value, 0), core = lt_upto(value, 0);
	size_t n = 0, at = lt_find(value, "(");

	while (n < v.n && (lt_digit(v.p[n]) || v.p[n] == '.'))
		n++;
	if (n < 5 || n > 15)
		return;
	if (at < v.n)
		variant = lt_upto(lt_from(v, at + 1), lt_find(lt_from(v, at + 1), ")"));
	if (lt_starts(variant, "release-"))
		variant = lt_from(variant, 8);
	if (lt_has(v, "-minimal"))
		variant = lt_upto(lt_from(v, lt_find(v, "-minimal") + 1), 7);
	if (d->view.version[0] && !strncmp(d->view.version, v.p, n) && !d->view.version[n])
		return; /* the project line said more */
	doctor_firmware(d, lt_upto(v, n), variant, core);
	d->view.project_line = d->number;
}

/* [<name>,<name>] of Status 3: two empty names. */
static void status_names(struct doctor *d, struct logtext value)
{
	if (lt_starts(value, "[\"\",\"\"]")) {
		if (d->view.verdict[DOCTOR_WIFI].state == DOCTOR_OK)
			return;
		(void)doctor_say(d, DOCTOR_WIFI, DOCTOR_BAD, "no_ssid");
		(void)doctor_note(d, DOCTOR_F_NO_SSID);
	}
}

/* Quality in percent: twice the distance to -100 dBm. */
static void quality(struct doctor *d, struct logtext value)
{
	int q = logtext_number(value, 100);

	if (q < 0)
		doctor_wifi_signal(d, q);
	else if (q > 0 && q <= 100 && !d->signal_told) /* 0: of no network */
		doctor_wifi_signal(d, q / 2 - 100);
}

static void baud_answer(struct doctor *d, struct logtext value)
{
	int32_t baud = logtext_number(value, 0);

	if (baud >= 300 && baud <= 4000000)
		d->view.baud = (uint32_t)baud;
}

static void members(struct doctor *d, const struct answer *a)
{
	if (logtext_is(a->key, "Command"))
		command_answer(d, a->value);
	else if (logtext_is(a->key, "Upgrade") || logtext_is(a->key, "Upload"))
		upgrade_answer(d, a->value);
	else if (logtext_is(a->key, "WifiConfig"))
		wificonfig_answer(d, a->value);
	else if (logtext_is(a->key, "SerialLog"))
		seriallog_answer(d, a->value);
	else if (logtext_is(a->key, "RestartReason"))
		restart_reason(d, a->value);
	else if (logtext_is(a->key, "Version"))
		version_answer(d, a->value);
	else if (logtext_is(a->key, "Core") && !d->view.core[0] && d->view.version[0])
		doctor_text(d->view.core, sizeof(d->view.core), a->value);
	else if (logtext_is(a->key, "Hardware") && !d->view.chip[0])
		doctor_text(d->view.chip, sizeof(d->view.chip), a->value);
	else if (logtext_is(a->key, "SSId") && a->value.n && *a->value.p == '[')
		status_names(d, a->value);
	else if (logtext_is(a->key, "IPAddress"))
		doctor_address(d, a->value);
	else if (logtext_is(a->key, "Reset"))
		d->reset_asked = d->boot.deliberate = true;
	else if (logtext_is(a->key, "Restart"))
		d->boot.deliberate = true;
	else if (logtext_is(a->key, "RSSI"))
		quality(d, a->value);
	else if (logtext_is(a->key, "Baudrate"))
		baud_answer(d, a->value);
	else
		return;
	d->view.recognised = true;
}

/* Keys that say something: three letters are enough to pass over most. */
static bool of_interest(struct logtext key)
{
	switch (key.n ? *key.p : 0) {
	case 'C':
	case 'U':
	case 'W':
	case 'S':
	case 'R':
	case 'V':
	case 'H':
	case 'I':
	case 'B':
		return true;
	default:
		return false;
	}
}

void doctor_result(struct doctor *d, struct logtext json)
{
	struct answer a;
	size_t at = 0;
	/* Old firmware gives the quality alone, later ones the level too: the level is exact. */
	bool wifi = lt_has(json, "\"Wifi\":");

	if (!json.n || (*json.p != '{' && *json.p != '"'))
		return;
	d->signal_told = lt_has(json, "\"Signal\":");
	while (logline_member(json, &at, &a.key, &a.value)) {
		if (logtext_is(a.key, "RSSI") && !wifi)
			continue; /* of some sensor */
		if (wifi && logtext_is(a.key, "Signal"))
			doctor_wifi_signal(d, logtext_number(a.value, 0));
		if (wifi && logtext_is(a.key, "RSSI") && logtext_number(a.value, 0)) {
			if (d->view.verdict[DOCTOR_WIFI].state == DOCTOR_UNKNOWN)
				doctor_connected(d);
		}
		if (of_interest(a.key))
			members(d, &a);
	}
}

/* Answers that go to the log instead of to a broker, while the network is up. */
static void without_mqtt(struct doctor *d, const struct logline *ev)
{
	if (d->view.verdict[DOCTOR_WIFI].state != DOCTOR_OK || !ev->text.n ||
	    d->view.verdict[DOCTOR_MQTT].state != DOCTOR_UNKNOWN || !lt_has(d->raw, "RSL: "))
		return;
	(void)doctor_say(d, DOCTOR_MQTT, DOCTOR_UNKNOWN, "disabled_or_no_host");
}

/* ---- the console ---------------------------------------------------------------------------------------- */

static bool command_is(struct logtext t, const char *name, const char *value)
{
	char text[40];

	doctor_text(text, sizeof(text), lt_upto(t, sizeof(text) - 1));
	str_trim_end(text);
	return !str_ncasecmp(text, name, strlen(name)) &&
	       !strcmp(str_skip_blank(text + strlen(name)), value);
}

static void echo(struct doctor *d, struct logtext command)
{
	d->empty_echo = !lt_trim(command).n;
	if (command_is(command, "wificonfig", "2"))
		doctor_ask_ap(d);
	else if (command_is(command, "restart", "1") || command_is(command, "restart", "99"))
		d->boot.deliberate = true;
	else if (command.n >= 5 && !str_ncasecmp(command.p, "reset", 5))
		d->boot.deliberate = d->reset_asked = true;
}

/* The count that opens the access point: 4 up to 8.2, 6 since 8.3 (facts: recovery). */
static void presses(struct doctor *d, int32_t n)
{
	int major = atoi(d->view.version), minor = 0;
	const char *point = strchr(d->view.version, '.');

	if (point)
		minor = atoi(point + 1);
	if (!major)
		return;
	if (n == (major > 8 || (major == 8 && minor >= 3) ? 6 : 4))
		doctor_ask_ap(d);
}

static void console(struct doctor *d, const struct logline *ev)
{
	switch (ev->kind) {
	case LOGLINE_ECHO:
		echo(d, ev->text);
		break;
	case LOGLINE_PRESSES:
		presses(d, ev->num);
		break;
	case LOGLINE_SET_BAUD:
		d->view.baud = (uint32_t)ev->num;
		break;
	case LOGLINE_SERIAL_OFF:
		(void)doctor_note(d, DOCTOR_F_SERIAL_OFF);
		break;
	case LOGLINE_HW_SERIAL:
		(void)doctor_note(d, DOCTOR_F_SERIAL_TAKEN);
		break;
	case LOGLINE_OVERRUN:
		(void)doctor_note(d, DOCTOR_F_CMD_ERROR);
		break;
	case LOGLINE_OVERFLOW:
		(void)doctor_note(d, DOCTOR_F_OVERFLOW);
		break;
	default:
		break;
	}
}

void doctor_host_event(struct doctor *d, const struct logline *ev)
{
	switch (ev->kind) {
	case LOGLINE_PROJECT:
		project(d);
		break;
	case LOGLINE_MINIMAL:
		minimal(d);
		break;
	case LOGLINE_HDW:
		doctor_text(
		    d->view.chip, sizeof(d->view.chip), lt_upto(ev->text, lt_find(ev->text, " ")));
		break;
	case LOGLINE_FOREIGN:
		foreign(d, ev);
		break;
	case LOGLINE_DEFAULTS:
		defaults(d);
		break;
	case LOGLINE_LOADED:
		d->had_settings = true;
		break;
	case LOGLINE_GARBLED_TOPIC:
		(void)doctor_note(d, DOCTOR_F_SETTINGS_LOST);
		break;
	case LOGLINE_QPC_COUNT:
		power_cycles(d, ev);
		break;
	case LOGLINE_BLOCKED:
		(void)doctor_note(d, DOCTOR_F_WATCHDOG);
		break;
	case LOGLINE_RESULT:
		doctor_result(d, ev->text2);
		without_mqtt(d, ev);
		break;
	default:
		upgrade(d, ev);
		console(d, ev);
		break;
	}
}
