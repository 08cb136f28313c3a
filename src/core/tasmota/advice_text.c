/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings and verdicts in words. */
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/advice.h"
#include "tasmite/core/tasmota/crash.h"

/* %s is the finding's detail. */
static const char *const words[DOCTOR_FINDINGS] = {
    [DOCTOR_F_KNOWN_BAD] = "this build is known for failing to join Wi-Fi on some boards",
    [DOCTOR_F_NOT_TASMOTA] = "another firmware runs, not Tasmota",
    [DOCTOR_F_GPIO0_LOW] = "GPIO0 was low at the start: the boot loader waits",
    [DOCTOR_F_WRONG_OFFSET] = "no loader where the ROM looks for it: wrong file or offset",
    [DOCTOR_F_FLASH_CORRUPT] = "nothing that can run is in the flash: empty or damaged",
    [DOCTOR_F_WRONG_MODE] = "the image starts and dies without a word: flash mode or damage",
    [DOCTOR_F_BROWNOUT] = "the supply voltage broke down",
    [DOCTOR_F_POWER] = "it restarts when the radio starts: the supply is suspected",
    [DOCTOR_F_EXCEPTION] = "the firmware crashed",
    [DOCTOR_F_PANIC] = "the firmware panicked",
    [DOCTOR_F_WATCHDOG] = "a watchdog restarted the chip",
    [DOCTOR_F_BOOT_LOOP] = "it restarts again and again",
    [DOCTOR_F_WRONG_BAUD] = "unreadable: the device sends at another speed",
    [DOCTOR_F_SETTINGS_LOST] = "the settings were lost or are damaged",
    [DOCTOR_F_NO_SSID] = "no network name is stored",
    [DOCTOR_F_WRONG_PASSWORD] = "the router refused the join: mostly a wrong key",
    [DOCTOR_F_NOT_FOUND] = "the network was not found",
    [DOCTOR_F_WEAK] = "the signal is weak",
    [DOCTOR_F_NO_IP] = "joined, but the router gave no address",
    [DOCTOR_F_AP_IP_UNSET] = "the set-up access point did not really start",
    [DOCTOR_F_FALLBACK] = "the fallback mode opens no access point",
    [DOCTOR_F_UPGRADE_SPACE] = "the new image does not fit",
    [DOCTOR_F_UPGRADE_FAILED] = "the upgrade failed",
    [DOCTOR_F_MINIMAL] = "the minimal build runs: meant for an upgrade only",
    [DOCTOR_F_SAFEBOOT] = "safeboot runs: meant to load the real firmware only",
    [DOCTOR_F_MQTT_REFUSED] = "the broker refused the device",
    [DOCTOR_F_MQTT_UNREACHABLE] = "the broker was not reached",
    [DOCTOR_F_POWER_CYCLES] = "it was switched on and off quickly; 7 times erase the settings",
    [DOCTOR_F_SERIAL_TAKEN] = "a driver took the serial pins: the console ends here",
    [DOCTOR_F_SERIAL_OFF] = "the serial log was switched off after 10 minutes",
    [DOCTOR_F_OVERFLOW] = "the texts together are too long: a value was not stored",
    [DOCTOR_F_CMD_UNKNOWN] = "a command is not known to this build",
    [DOCTOR_F_CMD_ERROR] = "a command was refused",
    [DOCTOR_F_DEFAULTS] = "started with default settings: usual after an erase",
};

void advice_finding_text(
    const struct doctor_view *v, enum doctor_finding_id id, char *dst, size_t size)
{
	const struct doctor_finding *f = &v->finding[id];
	const char *more = f->detail;

	if (id == DOCTOR_F_KNOWN_BAD) {
		(void)str_fmt(dst, size, "%s (%s, core %s)", words[id], v->version, v->core);
	} else if (id == DOCTOR_F_EXCEPTION && f->cause >= 0) {
		const char *cause = crash_cause_text(f->cause, false);

		(void)str_fmt(dst, size, "%s: exception %d%s%s", words[id], f->cause,
		    *cause ? ", " : "", cause);
	} else if (id == DOCTOR_F_MQTT_REFUSED || id == DOCTOR_F_MQTT_UNREACHABLE) {
		(void)str_fmt(
		    dst, size, "%s%s%s%s", words[id], *more ? " (" : "", more, *more ? ")" : "");
	} else {
		(void)str_fmt(dst, size, "%s%s%s", words[id], *more ? ": " : "", more);
	}
}

void advice_verdict_text(const struct doctor_view *v, enum doctor_key key, char *dst, size_t size)
{
	const struct doctor_verdict *o = &v->verdict[key];
	char reason[32];

	(void)str_copy(reason, sizeof(reason), o->reason);
	for (char *p = reason; *p; p++)
		if (*p == '_')
			*p = ' ';
	(void)str_copy(dst, size, reason);
	if (o->text[0]) {
		(void)str_cat(dst, size, ": ");
		(void)str_cat(dst, size, o->text);
	}
	if (o->has_rc) {
		(void)str_fmt(reason, sizeof(reason), ", rc %d", o->rc);
		(void)str_cat(dst, size, reason);
	}
	if (key == DOCTOR_WIFI && o->state == DOCTOR_BAD && o->tries > 1) {
		(void)str_fmt(reason, sizeof(reason), ", %u tries", o->tries);
		(void)str_cat(dst, size, reason);
	}
	if (key == DOCTOR_WIFI && v->ssid[0] && o->state != DOCTOR_UNKNOWN &&
	    strcmp(o->reason, "no_ssid")) {
		(void)str_cat(dst, size, ", network \"");
		(void)str_cat(dst, size, v->ssid);
		(void)str_cat(dst, size, "\"");
	}
}
