/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules: what a finding or a verdict may come of, how likely, and what to do about it. To add
 * knowledge add a row; the order of the rows does not matter, the likelihood does.
 * "#n" are threads of the firmware's issue list; "docs" its documentation.
 */
#include "tasmite/core/tasmota/advice.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"

/* ---- builds that are known for a fault ------------------------------------------------------------- */

struct bad_build {
	uint32_t first, last; /* 0xMMmmppbb, both included */
	const char *cores;    /* beginnings of the core's name, a blank between */
	const char *but;      /* variants that work, a blank between */
};

static const struct bad_build bad_builds[] = {
    /* Released sonoff.bin of 6.1.0 to 6.2.1.15: many a Sonoff Basic never joins, though the same
     * settings work with minimal, classic, 5.14.0 or a build of one's own; a change of the layout
     * cures it, so it is the build. Mended in 6.2.1.16 by WiFi.persistent(false).
     * #3150 #3177 #3224 #3289 #3349 #3658 #3678 #3746 #4044 #4083 #4155 */
    {0x06010000, 0x0602010f, "2_3_0 2_4_", "minimal classic"},
};

static uint32_t version_number(const char *text)
{
	uint32_t v = 0;

	for (unsigned part = 0; part < 4; part++) {
		uint32_t n = 0;

		while (*text >= '0' && *text <= '9')
			n = n < 1000 ? n * 10 + (uint32_t)(*text++ - '0') : (text++, n);
		/* "6.1.1a": the letter is the fourth number of those days. */
		if (part == 3 && *text >= 'a' && *text <= 'z')
			n = (uint32_t)(*text - 'a') + 1;
		v = v << 8 | (n < 255 ? n : 255);
		if (*text == '.')
			text++;
	}
	return v;
}

/* Some versions of it are "6.1.1-minimal", some know what the file said. */
static bool is_variant(const char *variant, const char *words)
{
	char word[16];

	while (*words) {
		size_t n = strcspn(words, " ");

		if (str_copy_n(word, sizeof(word), words, n) && strstr(variant, word))
			return true;
		words += n + (words[n] == ' ');
	}
	return false;
}

static bool core_is(const char *core, const char *begins)
{
	while (*begins) {
		size_t n = strcspn(begins, " ");

		if (!strncmp(core, begins, n))
			return true;
		begins += n + (begins[n] == ' ');
	}
	return false;
}

bool advice_known_bad(const char *version, const char *core, const char *variant)
{
	uint32_t v = version_number(version);

	for (size_t i = 0; i < sizeof(bad_builds) / sizeof(bad_builds[0]); i++) {
		const struct bad_build *b = &bad_builds[i];

		if (v >= b->first && v <= b->last && core_is(core, b->cores) &&
		    !is_variant(variant, b->but))
			return true;
	}
	return false;
}

/* ---- rules: findings -------------------------------------------------------------------------------- */

struct rule {
	int when;	  /* a finding */
	const char *chip; /* only where the chip's name begins so; "": any */
	enum advice_action action;
	int likelihood; /* percent */
	const char *cause, *text, *command;
};

static const struct rule rules[] = {
    /* the 2018 builds, see above: not one of the usual causes of a failed join */
    {DOCTOR_F_KNOWN_BAD, "", ADVICE_FLASH_OTHER, 98, "this release fails to join on some boards",
	"write another build: the current tasmota.bin, sonoff-classic, 5.14.0 or 6.3.0 and later; "
	"the credentials are not at fault",
	"/flash --erase tasmota.bin"},
    {DOCTOR_F_KNOWN_BAD, "", ADVICE_ERASE_FLASH, 30, "leftovers in the flash",
	"erase the whole flash before writing", "/flash --erase FILE"},

    /* boot: what the ROM says (esp-serial facts: boot text; #2699 #3323 #12293 #18964) */
    {DOCTOR_F_NOT_TASMOTA, "", ADVICE_FLASH_FULL, 80, "another firmware runs",
	"back up the flash, then write Tasmota", "/flash --erase --backup stock.bin tasmota.bin"},
    {DOCTOR_F_GPIO0_LOW, "", ADVICE_RELEASE_GPIO0, 96, "GPIO0 is low at the start",
	"release the button (GPIO0) and power the board again", ""},
    {DOCTOR_F_WRONG_OFFSET, "", ADVICE_USE_FACTORY, 95, "no loader where the ROM looks for it",
	"write the .factory.bin of this chip family at 0x0",
	"/flash --erase tasmota32.factory.bin@0"},
    {DOCTOR_F_FLASH_CORRUPT, "", ADVICE_ERASE_FLASH, 85, "what is in the flash is damaged",
	"erase and write again, then verify", "/flash --erase FILE"},
    {DOCTOR_F_FLASH_CORRUPT, "ESP32", ADVICE_USE_FACTORY, 90,
	"partition table or firmware is damaged",
	"erase and write the .factory.bin of this chip family at 0x0",
	"/flash --erase tasmota32.factory.bin@0"},
    {DOCTOR_F_FLASH_CORRUPT, "ESP8", ADVICE_USE_DOUT, 45, "wrong flash mode", "write in mode DOUT",
	"/flash --erase FILE"},
    {DOCTOR_F_FLASH_CORRUPT, "", ADVICE_CHECK_POWER, 30, "bad power while writing",
	"use a 3.3 V supply of at least 500 mA", ""},
    {DOCTOR_F_WRONG_MODE, "", ADVICE_USE_DOUT, 88, "the image is not in mode DOUT",
	"write an image in mode DOUT (byte 2 of its header is 3)", "/flash --erase FILE"},
    {DOCTOR_F_WRONG_MODE, "", ADVICE_ERASE_FLASH, 60, "the image is damaged",
	"erase and write again, then verify", "/flash --erase FILE"},

    /* supply: FT232RL's 3V3 pin gives 50 mA, the radio takes peaks of 300 (#570 #1864 #11443
     * #15856 #24963) */
    {DOCTOR_F_BROWNOUT, "", ADVICE_CHECK_POWER, 97, "the supply is too weak",
	"use a separate 3.3 V supply of at least 500 mA and short leads, with common ground", ""},
    {DOCTOR_F_POWER, "", ADVICE_CHECK_POWER, 92, "the supply breaks down when the radio starts",
	"use a separate 3.3 V supply of at least 500 mA and short leads, with common ground", ""},
    {DOCTOR_F_WATCHDOG, "", ADVICE_CHECK_POWER, 60, "the supply is too weak",
	"use a separate 3.3 V supply of at least 500 mA", ""},
    {DOCTOR_F_WATCHDOG, "", ADVICE_ERASE_FLASH, 50, "damaged settings or image",
	"erase and write again, then verify", "/flash --erase FILE"},

    /* crashes (#681 #4576 #5883 #6956 #10283 #19603 #19976 #24963) */
    {DOCTOR_F_EXCEPTION, "", ADVICE_ERASE_FLASH, 75, "damaged settings or image",
	"erase and write again, then verify", "/flash --erase FILE"},
    {DOCTOR_F_EXCEPTION, "", ADVICE_FLASH_OTHER, 50, "a fault of this build", "write another build",
	"/flash --erase FILE"},
    {DOCTOR_F_PANIC, "", ADVICE_ERASE_FLASH, 75, "damaged settings or image",
	"erase and write again, then verify", "/flash --erase FILE"},
    {DOCTOR_F_PANIC, "", ADVICE_FLASH_OTHER, 50, "a fault of this build", "write another build",
	"/flash --erase FILE"},
    {DOCTOR_F_BOOT_LOOP, "", ADVICE_ERASE_FLASH, 58, "damaged settings or image",
	"erase and write again, then verify", "/flash --erase FILE"},
    {DOCTOR_F_BOOT_LOOP, "", ADVICE_CHECK_POWER, 55, "the supply is too weak",
	"use a separate 3.3 V supply of at least 500 mA", ""},

    /* console (#4127 #4044 #8316; facts: serial console) */
    {DOCTOR_F_WRONG_BAUD, "", ADVICE_SET_BAUD, 90, "the device sends at another speed",
	"listen at another speed: 115200 for Tasmota, 74880 for the ROM of the ESP8266",
	"/baud 115200"},
    {DOCTOR_F_SERIAL_OFF, "", ADVICE_SERIALLOG_ON, 70, "the log goes off 600 s after a start",
	"switch the serial log on again", "SerialLog 2"},
    {DOCTOR_F_SERIAL_TAKEN, "", ADVICE_NONE, 40, "a driver uses the serial pins",
	"this console ends here: use the web console, or change the module there", ""},
    {DOCTOR_F_POWER_CYCLES, "", ADVICE_STOP_CYCLING, 82, "quick starts are counted",
	"leave the power on for 10 s: the settings are erased after 7 quick starts (4 before 8.4)",
	""},

    /* settings (#222 #681 #972 #44 #6956) */
    {DOCTOR_F_SETTINGS_LOST, "", ADVICE_ERASE_FLASH, 68, "damaged settings",
	"erase and write again, then set the device up anew", "/flash --erase FILE"},
    {DOCTOR_F_SETTINGS_LOST, "", ADVICE_SET_WIFI, 48, "the settings are gone", "set Wi-Fi again",
	"Backlog SSID1 NAME; Password1 KEY"},
    {DOCTOR_F_OVERFLOW, "", ADVICE_SEND_STATUS, 30, "the texts together are too long",
	"shorten names and topics, then send the command again", "Status 0"},

    /* joins (#44 #762 #1366 #2914 #3224 #3637 #3746 #4155 #4369 #11080 #22268) */
    {DOCTOR_F_NO_SSID, "", ADVICE_SET_WIFI, 93, "no network name is stored",
	"send the name and the key", "Backlog SSID1 NAME; Password1 KEY"},
    {DOCTOR_F_NO_SSID, "", ADVICE_WIFICONFIG_2, 50, "no network name is stored",
	"open the set-up access point", "WifiConfig 2"},
    {DOCTOR_F_NOT_FOUND, "", ADVICE_CHECK_SSID, 80, "no such network in reach",
	"check the name (case, blanks), that it is on 2.4 GHz, channel 1 to 11, and near",
	"Backlog SSID1 NAME; Password1 KEY"},
    {DOCTOR_F_NOT_FOUND, "", ADVICE_CHECK_POWER, 25, "the supply is too weak for the radio",
	"use a 3.3 V supply of at least 500 mA", ""},
    {DOCTOR_F_WRONG_PASSWORD, "", ADVICE_CHECK_PASSWORD, 88, "the router refuses the key",
	"set the key again (mind blanks, 0 and O, a leading 1); WPA2 or WPA2/WPA3 mixed",
	"Password1 KEY"},
    {DOCTOR_F_WEAK, "", ADVICE_CHECK_SSID, 20, "far from the router",
	"move the device or the router nearer", "Status 11"},
    {DOCTOR_F_NO_IP, "", ADVICE_CHECK_SSID, 60, "the router gave no address",
	"look at the router's DHCP server, or set a fixed address", "IPAddress1 192.168.1.50"},

    /* the set-up access point (#3177 #3224 #7562 #4433 #5575 #2712) */
    {DOCTOR_F_AP_IP_UNSET, "", ADVICE_ERASE_FLASH, 84, "leftovers of another firmware",
	"erase the whole flash and write again", "/flash --erase FILE"},
    {DOCTOR_F_FALLBACK, "", ADVICE_WIFICONFIG_2, 78, "this mode opens no access point",
	"ask for the access point", "WifiConfig 2"},

    /* upgrades (#1662 #2284 #2874 #3222 #5715 #7963 #15018 #18551 #21807) */
    {DOCTOR_F_UPGRADE_SPACE, "", ADVICE_FREE_SPACE, 90,
	"the image does not fit beside the running one",
	"upgrade to minimal first, then to the full build", "/upgrade tasmota-minimal.bin"},
    {DOCTOR_F_UPGRADE_FAILED, "", ADVICE_FLASH_FULL, 45, "the upgrade did not come through",
	"check address and name of the file, or write the build by wire", "/upgrade tasmota.bin"},
    {DOCTOR_F_MINIMAL, "", ADVICE_FLASH_FULL, 86, "minimal is only a step of an upgrade",
	"load the full build", "/upgrade tasmota.bin"},
    {DOCTOR_F_SAFEBOOT, "", ADVICE_FLASH_FULL, 86, "safeboot only loads the real firmware",
	"load the full build", "/upgrade tasmota32.bin"},

    /* MQTT (#448 #1385 #2084 #6335 #6428 #7432 #8617 #13196) */
    {DOCTOR_F_MQTT_REFUSED, "", ADVICE_MQTT_LOGIN, 85, "the broker refuses user or password",
	"set user and password as the broker has them", "Backlog MqttUser NAME; MqttPassword KEY"},
    {DOCTOR_F_MQTT_UNREACHABLE, "", ADVICE_MQTT_HOST, 85, "no broker answers there",
	"check host, port, and the firewall of the broker", "Backlog MqttHost HOST; MqttPort 1883"},

    /* commands (#2712 #3222 #4369 #5575) */
    {DOCTOR_F_CMD_UNKNOWN, "", ADVICE_SEND_STATUS, 22, "not a command of this build",
	"check the spelling; some builds lack it", "Status 0"},
    {DOCTOR_F_CMD_ERROR, "", ADVICE_SEND_STATUS, 20, "index or value is refused",
	"check index and range of the value", "Status 0"},
};

/* ---- rules: verdicts --------------------------------------------------------------------------------- */

struct verdict_rule {
	enum doctor_key key;
	const char *reason;
	enum advice_action action;
	int likelihood;
	const char *cause, *text, *command;
};

static const struct verdict_rule verdict_rules[] = {
    /* A wrong key very often ends as a timeout (facts: Wi-Fi). */
    {DOCTOR_WIFI, "timeout", ADVICE_CHECK_PASSWORD, 74, "a wrong key often ends so",
	"set the key again; WPA2 or WPA2/WPA3 mixed", "Password1 KEY"},
    {DOCTOR_WIFI, "timeout", ADVICE_CHECK_POWER, 46, "the supply is too weak for the radio",
	"use a 3.3 V supply of at least 500 mA", ""},
    {DOCTOR_WIFI, "timeout", ADVICE_CHECK_SSID, 40, "far from the router",
	"try nearer to the router, 2.4 GHz, channel 1 to 11", ""},
    /* 6.1.1 restarts when it is asked while it joins; the access point comes after the joins have
     * failed (facts: Wi-Fi, "6.1.1 trap"). */
    {DOCTOR_AP, "asked_not_started", ADVICE_WAIT_FOR_AP, 76, "it comes after the joins have failed",
	"wait a minute for the access point", ""},
    {DOCTOR_AP, "asked_not_started", ADVICE_WIFICONFIG_2, 52, "the button was not counted",
	"ask for it over serial", "WifiConfig 2"},
    {DOCTOR_AP, "crashed", ADVICE_CHECK_POWER, 95, "the supply breaks down when the radio starts",
	"use a separate 3.3 V supply of at least 500 mA", ""},
    {DOCTOR_BOOT, "silent", ADVICE_SEND_STATUS, 35, "too little was heard",
	"ask the device what it is", "Status 0"},
    {DOCTOR_BOOT, "no_app", ADVICE_ERASE_FLASH, 50, "nothing that could run is in the flash",
	"erase and write again, then verify", "/flash --erase FILE"},
    {DOCTOR_BOOT, "crash", ADVICE_CHECK_POWER, 28, "the supply is too weak",
	"use a 3.3 V supply of at least 500 mA", ""},
};

/* ---- what holds -------------------------------------------------------------------------------------- */

/* A trouble that is over needs no step: its verdict is good by now. */
static bool cured(const struct doctor_view *v, enum doctor_finding_id id)
{
	enum doctor_key key = doctor_finding_key(id);

	if (id == DOCTOR_F_KNOWN_BAD || key == DOCTOR_KEYS)
		return id == DOCTOR_F_SETTINGS_LOST && v->verdict[DOCTOR_WIFI].state == DOCTOR_OK;
	if (v->verdict[key].state == DOCTOR_OK)
		return true;
	/* Once found, then another reason took its place. */
	if (key != DOCTOR_WIFI || v->verdict[key].state != DOCTOR_BAD)
		return false;
	return (id == DOCTOR_F_NO_SSID && strcmp(v->verdict[key].reason, "no_ssid")) ||
	       (id != DOCTOR_F_NO_SSID && !strcmp(v->verdict[key].reason, "no_ssid"));
}

static bool known_bad(const struct doctor_view *v)
{
	return v->finding[DOCTOR_F_KNOWN_BAD].count > 0;
}

/* Where the build is at fault nobody should type credentials again. */
static bool pointless(const struct doctor_view *v, enum advice_action action)
{
	return known_bad(v) && (action == ADVICE_CHECK_SSID || action == ADVICE_CHECK_PASSWORD ||
				   action == ADVICE_SET_WIFI);
}

/* What concerns the network comes after the start: while a device does not run nothing can be set. */
static int weight(const struct doctor_view *v, enum doctor_key key, int likelihood)
{
	const struct doctor_verdict *boot = &v->verdict[DOCTOR_BOOT];

	if (boot->state != DOCTOR_BAD || key == DOCTOR_BOOT || key == DOCTOR_KEYS ||
	    !strcmp(boot->reason, "garbage"))
		return likelihood;
	return likelihood / 2;
}

static void offer(struct advice_step steps[ADVICE_STEPS], unsigned *count,
    enum advice_action action, int likelihood, const char *cause, const char *text,
    const char *command)
{
	unsigned i;

	for (i = 0; i < *count; i++)
		if (steps[i].action == action && steps[i].likelihood >= likelihood)
			return;
	for (i = 0; i < *count; i++)
		if (steps[i].action == action) {
			memmove(steps + i, steps + i + 1, (*count - i - 1) * sizeof(*steps));
			--*count;
		}
	for (i = *count; i && steps[i - 1].likelihood < likelihood; i--)
		;
	if (i == ADVICE_STEPS)
		return;
	if (*count == ADVICE_STEPS)
		--*count;
	memmove(steps + i + 1, steps + i, (*count - i) * sizeof(*steps));
	++*count;
	steps[i].action = action;
	steps[i].likelihood = likelihood;
	steps[i].cause = cause;
	(void)str_copy(steps[i].text, sizeof(steps[i].text), text);
	(void)str_copy(steps[i].command, sizeof(steps[i].command), command);
}

/* The speed that the device told of; else the one that is not in use is anybody's guess. */
static void fit(const struct doctor_view *v, struct advice_step *s)
{
	if (s->action == ADVICE_SET_BAUD && v->baud)
		(void)str_fmt(s->command, sizeof(s->command), "/baud %u", (unsigned)v->baud);
	if (s->action == ADVICE_USE_FACTORY || !str_starts(v->chip, "ESP32"))
		return;
	if (s->action == ADVICE_ERASE_FLASH || s->action == ADVICE_FLASH_OTHER)
		(void)str_copy(s->command, sizeof(s->command), "/flash --erase FILE.factory.bin@0");
}

unsigned advice_steps(const struct doctor_view *v, struct advice_step steps[ADVICE_STEPS])
{
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if (!str_starts(v->chip, r->chip))
			continue;
		if (v->finding[r->when].count && !cured(v, (enum doctor_finding_id)r->when) &&
		    !pointless(v, r->action))
			offer(steps, &count, r->action,
			    weight(v, doctor_finding_key((enum doctor_finding_id)r->when),
				r->likelihood),
			    r->cause, r->text, r->command);
	}
	for (size_t i = 0; i < sizeof(verdict_rules) / sizeof(verdict_rules[0]); i++) {
		const struct verdict_rule *r = &verdict_rules[i];

		if (!strcmp(v->verdict[r->key].reason, r->reason) && !pointless(v, r->action))
			offer(steps, &count, r->action, weight(v, r->key, r->likelihood), r->cause,
			    r->text, r->command);
	}
	if (!count)
		offer(steps, &count, ADVICE_NONE, 0, "nothing is wrong as far as the log tells",
		    "nothing to do", "");
	for (unsigned i = 0; i < count; i++)
		fit(v, &steps[i]);
	return count;
}

const char *advice_action_name(enum advice_action action)
{
	static const char *const names[] = {
#define ADVICE_NAME(id, name) name,
	    ADVICE_TABLE(ADVICE_NAME)
#undef ADVICE_NAME
	};

	return names[action];
}
