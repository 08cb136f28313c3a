/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Boots: what the ROM says, how far the application comes, and how it ends. A boot that ends with
 * neither a word of the firmware nor time enough was no good one; three in a row are a loop.
 */
#include "doctor_int.h"
#include "tasmite/base/str.h"

/* So long up, and the boot was a good one (the firmware's own count of quick restarts: 10 s). */
#define LONG_ENOUGH_S 20
#define AT_ONCE_S     5
/* A crash later than this is no boot loop. */
#define LOOP_S 120

/* ---- the end of a boot, and the next ------------------------------------------------------------ */

static int32_t uptime(const struct boot *b)
{
	return b->up;
}

static void remember(uint64_t lines[8], unsigned count, uint64_t line)
{
	lines[count < 8 ? count : 7] = line;
}

/* The radio's start is the moment of the highest current. */
static void supply_end(struct doctor *d, bool crash)
{
	const struct boot *b = &d->boot;

	if (b->deliberate || !b->radio_last || (b->crashed && !b->supply) || b->survived)
		return;
	/* Turned off and on by hand looks the same, and is counted by the firmware. */
	if (!crash && !b->crashed && d->most_cycles >= 3)
		return;
	remember(d->supply_lines, d->supply_ends++, d->number);
}

static void end_of_boot(struct doctor *d, bool crash)
{
	struct boot *b = &d->boot;
	bool bad;

	if (!b->line && !b->stage) {
		b->crashed = b->crashed || crash;
		if (!b->crashed)
			return;
	}
	supply_end(d, crash);
	crash = (crash || b->crashed) && uptime(b) < LOOP_S;
	/* Without a word it dies at once, or somebody has pulled the plug. */
	bad = crash || (b->line && !b->deliberate && !b->survived && !b->join_failed &&
			   uptime(b) < AT_ONCE_S);
	if (b->download && !b->stage)
		bad = false;
	if (!bad) {
		d->streak = d->crashes = 0;
		d->streak_stage = STAGE_ROM;
		d->supply_ends = 0;
		return;
	}
	remember(d->streak_lines, d->streak, b->line ? b->line : d->number);
	d->streak++;
	d->crashes += crash;
	if (b->stage > d->streak_stage)
		d->streak_stage = b->stage;
}

static void loop_findings(struct doctor *d)
{
	if (d->streak < 2 || (d->most_cycles >= 3 && !d->crashes && !d->boot.frc))
		return;
	for (unsigned i = 0; i < 8 && i < d->streak; i++)
		doctor_note_line(d, DOCTOR_F_BOOT_LOOP, d->streak_lines[i]);
	doctor_note_line(d, DOCTOR_F_BOOT_LOOP, d->boot.line);
}

/* What no line says but the sequence of them. */
static void sequence_findings(struct doctor *d)
{
	if (d->supply_ends >= 2)
		for (unsigned i = 0; i < 8 && i < d->supply_ends; i++)
			doctor_note_line(d, DOCTOR_F_POWER, d->supply_lines[i]);
	/* Nothing is even loaded: it falls over before (esp-serial facts, boot text). */
	if (d->no_load >= 2 && d->esp8266 && d->heard == HEARD_START) {
		doctor_note_line(d, DOCTOR_F_POWER, d->streak_lines[0]);
		doctor_note_line(d, DOCTOR_F_POWER, d->boot.line);
	} else if (d->rom_only >= 2 && d->esp8266 && d->heard == HEARD_START && d->boot.loaded) {
		/* The image starts and dies without a word: mode not DOUT, or damaged (#3323). */
		doctor_note_line(d, DOCTOR_F_WRONG_MODE, d->streak_lines[0]);
		doctor_note_line(d, DOCTOR_F_WRONG_MODE, d->boot.line);
	}
	if (d->rtcwdt >= 2 && d->rom_only >= 2)
		doctor_note_line(d, DOCTOR_F_WRONG_OFFSET, d->boot.line);
}

static void new_boot(struct doctor *d, bool crash)
{
	bool silent = !d->boot.stage && d->boot.line;
	bool crashed = crash || d->boot.crashed || !d->boot.deliberate;

	sequence_findings(d);
	end_of_boot(d, crash);
	if (!d->boot.stage && d->boot.banner && !d->boot.loaded && !d->boot.download)
		d->no_load++;
	else
		d->no_load = 0;
	d->rom_only = silent ? d->rom_only + 1 : 0;
	memset(&d->boot, 0, sizeof(d->boot));
	d->boot.last = -1;
	d->boot.line = d->number;
	d->view.boots++;
	d->view.baud = 0;
	doctor_forget(d, DOCTOR_F_SERIAL_OFF);
	doctor_forget(d, DOCTOR_F_SERIAL_TAKEN);
	loop_findings(d);
	d->boot_crashed = crashed;
	doctor_net_new_boot(d);
}

static void hear(struct doctor *d, enum boot_heard what)
{
	d->heard = what;
	d->heard_line = d->number;
}

/* ---- the ROM of the ESP8266 ------------------------------------------------------------------------ */

static void rom8266(struct doctor *d, const struct logline *ev)
{
	new_boot(d, ev->num == 4);
	d->boot.banner = true;
	d->esp8266 = true;
	if (!d->view.chip[0])
		(void)str_copy(d->view.chip, sizeof(d->view.chip), "ESP8266");
	if (ev->num == 4)
		(void)doctor_note(d, DOCTOR_F_WATCHDOG);
	if (ev->num2 < 0 || ev->num2 == 3) {
		hear(d, HEARD_START);
		return;
	}
	/* (GPIO15 << 2) | (GPIO0 << 1) | GPIO2: only 3 runs what is in the flash. */
	d->boot.download = true;
	hear(d, ev->num2 & 2 ? HEARD_NO_APP : HEARD_DOWNLOAD);
	if (!(ev->num2 & 2))
		(void)doctor_note(d, DOCTOR_F_GPIO0_LOW);
}

/* ---- the ROMs of the ESP32 family ------------------------------------------------------------------ */

static void chip32(struct doctor *d, struct logtext chip)
{
	char name[24], out[32];
	size_t n = 0;

	doctor_text(name, sizeof(name), chip);
	if (!str_starts(name, "esp32")) {
		if (!d->view.chip[0])
			(void)str_copy(d->view.chip, sizeof(d->view.chip), "ESP32");
		return;
	}
	n = (size_t)(name[5] >= 'a' && name[5] <= 'z');
	(void)str_fmt(out, sizeof(out), "ESP32%s%c%s", n ? "-" : "", n ? name[5] - 32 : ' ',
	    n ? name + 6 : "");
	str_trim_end(out);
	if (!d->view.chip[0] || str_starts(d->view.chip, "ESP8266") ||
	    !strcmp(d->view.chip, "ESP32"))
		(void)str_copy(d->view.chip, sizeof(d->view.chip), out);
}

static void rom32(struct doctor *d, const struct logline *ev)
{
	new_boot(d, false);
	d->boot.ets32 = d->boot.banner = true;
	chip32(d, ev->text);
	hear(d, HEARD_START);
}

/* Reset reasons as in the header rom/rtc.h of ESP-IDF. 0x10, of the loader's own watchdog, is what a
 * chip without a loader says again and again. */
static bool watchdog32(int32_t rst)
{
	return rst == 4 || (rst >= 7 && rst <= 9) || rst == 11 || rst == 13 || rst == 17 ||
	       rst == 18;
}

static void rst32(struct doctor *d, const struct logline *ev)
{
	bool brown = ev->num == 15 || lt_has(ev->text, "BROWN");
	bool dog = !brown && watchdog32(ev->num) && !d->view.finding[DOCTOR_F_PANIC].count;
	bool app = d->boot.stage > STAGE_ROM; /* of the boot before, without "ets" */

	if (!d->boot.ets32) {
		new_boot(d, brown || dog);
		chip32(d, lt_upto(d->raw, 0));
	} else if (brown || dog) {
		d->crashes += d->streak > 0;
	}
	d->boot.ets32 = false;
	d->boot.banner = true;
	if (brown)
		(void)doctor_note(d, DOCTOR_F_BROWNOUT);
	else if (dog || (ev->num == 16 && app))
		(void)doctor_note(d, DOCTOR_F_WATCHDOG);
	else if (ev->num == 19 || ev->num == 23)
		(void)doctor_note(d, DOCTOR_F_POWER);
	d->rtcwdt = ev->num == 16 ? d->rtcwdt + 1 : 0;
	if (!lt_has(ev->text2, "DOWNLOAD")) {
		hear(d, HEARD_START);
		return;
	}
	d->boot.download = true;
	hear(d, HEARD_DOWNLOAD);
	(void)doctor_note(d, DOCTOR_F_GPIO0_LOW);
}

/* ---- what goes wrong ---------------------------------------------------------------------------------- */

static void crash(struct doctor *d, enum doctor_finding_id id, const struct logline *ev)
{
	struct doctor_finding *f = doctor_note(d, id);

	if (ev->kind == LOGLINE_EXCEPTION && ev->num >= 0) {
		f->cause = ev->num;
	} else if (ev->text.n) {
		doctor_text(f->detail, sizeof(f->detail), ev->text);
	}
	d->boot.crashed = true;
	d->boot.supply = id == DOCTOR_F_WATCHDOG || id == DOCTOR_F_BROWNOUT;
	d->boot.survived = d->boot.survived && uptime(&d->boot) >= LOOP_S;
	hear(d, HEARD_CRASH);
}

static void crash_rest(struct doctor *d, const struct logline *ev)
{
	if (ev->kind == LOGLINE_EPC)
		crash(d, DOCTOR_F_EXCEPTION, ev);
	else if (ev->kind == LOGLINE_REBOOTING)
		crash(d, DOCTOR_F_PANIC, ev);
	else
		hear(d, HEARD_CRASH);
}

/* "wdt reset" stands behind the banner that follows it; else it is the end of this boot. */
static void wdt(struct doctor *d, const struct logline *ev)
{
	if (d->boot.banner && !d->boot.stage)
		(void)doctor_note(d, DOCTOR_F_WATCHDOG);
	else
		crash(d, DOCTOR_F_WATCHDOG, ev);
}

static void no_app(struct doctor *d, enum doctor_finding_id id)
{
	(void)doctor_note(d, id);
	hear(d, HEARD_NO_APP);
}

static bool loader_event(struct doctor *d, const struct logline *ev)
{
	switch (ev->kind) {
	case LOGLINE_ROM8266:
		rom8266(d, ev);
		return true;
	case LOGLINE_ROM32:
		rom32(d, ev);
		return true;
	case LOGLINE_RST32:
		rst32(d, ev);
		return true;
	case LOGLINE_ROM_WAIT:
		d->boot.download = true;
		hear(d, HEARD_DOWNLOAD);
		(void)doctor_note(d, DOCTOR_F_GPIO0_LOW);
		return true;
	case LOGLINE_ROM_LOAD:
	case LOGLINE_APP_START:
		d->boot.loaded = true;
		if (!d->heard)
			hear(d, HEARD_START);
		return true;
	case LOGLINE_LOAD32:
		d->boot.loaded = true;
		if (ev->num2)
			no_app(d, DOCTOR_F_WRONG_OFFSET);
		return true;
	case LOGLINE_CSUM_ERR:
	case LOGLINE_ETS_MAIN:
	case LOGLINE_FLASH_ERR:
	case LOGLINE_PARTS32:
		no_app(d, DOCTOR_F_FLASH_CORRUPT);
		return true;
	case LOGLINE_INVALID32:
		no_app(d, DOCTOR_F_WRONG_OFFSET);
		return true;
	case LOGLINE_ROM_TAIL:
	case LOGLINE_MISC32:
	case LOGLINE_SHA32:
		return true;
	default:
		return false;
	}
}

bool doctor_boot_event(struct doctor *d, const struct logline *ev)
{
	switch (ev->kind) {
	case LOGLINE_WDT:
		wdt(d, ev);
		return true;
	case LOGLINE_SOFT_WDT:
		crash(d, DOCTOR_F_WATCHDOG, ev);
		return true;
	case LOGLINE_EXCEPTION:
		crash(d, DOCTOR_F_EXCEPTION, ev);
		return true;
	case LOGLINE_GURU:
	case LOGLINE_ABORT:
	case LOGLINE_CANARY:
		crash(d, DOCTOR_F_PANIC, ev);
		return true;
	case LOGLINE_BACKTRACE:
		if (d->heard != HEARD_CRASH)
			crash(d, DOCTOR_F_PANIC, ev);
		return true;
	case LOGLINE_BROWNOUT:
		crash(d, DOCTOR_F_BROWNOUT, ev);
		return true;
	case LOGLINE_EPC:
	case LOGLINE_STACK:
	case LOGLINE_CTX:
	case LOGLINE_REBOOTING:
		/* The log begins in the middle of it, or the line that says what it was is damaged. */
		if (d->heard != HEARD_CRASH)
			crash_rest(d, ev);
		return true;
	default:
		return loader_event(d, ev);
	}
}

/* ---- the application ------------------------------------------------------------------------------------ */

static void project(struct doctor *d, const struct logline *ev)
{
	/* Since 8.5 this is told shortly before the project line. */
	uint64_t frc = d->number - d->boot.frc <= 10 ? d->boot.frc : 0;

	/* One banner, one project line; a loader's banner is another start. */
	if (!d->boot.banner || d->boot.stage > STAGE_APP || d->boot.download)
		if (!d->boot.line || d->boot.stage || d->boot.download || d->boot.crashed)
			new_boot(d, false);
	d->boot.frc = frc;
	d->boot.banner = false;
	d->view.project_line = d->view.start_line = d->number;
	doctor_firmware(d, ev->version, ev->variant, ev->core);
}

/* The clock starts at 0 and jumps when the time is known, and back at the next start: only steps that
 * a log has count. */
static void clock_of(struct boot *b, int32_t seconds)
{
	int32_t step = seconds - b->last;

	if (seconds < 0)
		return;
	if (b->last < 0)
		b->up = seconds <= 60 ? seconds : 0;
	else if (step > 0 && step <= 300)
		b->up += step;
	b->last = seconds;
}

static void stage(struct doctor *d, enum boot_stage stage)
{
	if (stage > d->boot.stage)
		d->boot.stage = stage;
}

static bool radio(enum logline_kind kind)
{
	return kind == LOGLINE_CONNECTING || kind == LOGLINE_MANAGER || kind == LOGLINE_WIFI ||
	       kind == LOGLINE_SET_AP || kind == LOGLINE_TESTING;
}

void doctor_alive(struct doctor *d, const struct logline *ev)
{
	struct boot *b = &d->boot;

	if (ev->kind == LOGLINE_PROJECT)
		project(d, ev);
	b->tasmota = b->tasmota || ev->tagged;
	if (ev->tagged && !strcmp(d->view.name, "other")) {
		d->view.name = "unknown";
		doctor_forget(d, DOCTOR_F_NOT_TASMOTA);
	}
	if (d->heard != HEARD_APP || ev->kind == LOGLINE_PROJECT)
		hear(d, HEARD_APP);
	stage(d, STAGE_APP);
	clock_of(b, ev->seconds);
	if (radio(ev->kind))
		stage(d, STAGE_WIFI);
	if (uptime(b) > 3 || ev->kind == LOGLINE_CONNECTED || ev->kind == LOGLINE_WEB)
		b->radio_last = false;
	else if (radio(ev->kind))
		b->radio_last = true;
	if (ev->kind == LOGLINE_CONNECTED)
		stage(d, STAGE_JOINED);
	else if (ev->kind == LOGLINE_MQTT_OK)
		stage(d, STAGE_MQTT);
	else if (ev->kind == LOGLINE_RESTARTING)
		b->deliberate = true;
	else if (ev->kind == LOGLINE_FRC)
		b->frc = d->number, doctor_note(d, DOCTOR_F_BOOT_LOOP);
	if (ev->kind == LOGLINE_QPC_RESET || uptime(b) >= LONG_ENOUGH_S ||
	    (b->stage >= STAGE_JOINED && b->stage > d->streak_stage))
		b->survived = true;
	/* Settings, file system and button lines come before the project line of the same start. */
	if (b->survived && uptime(b) < LOOP_S && d->streak && b->stage <= d->streak_stage &&
	    d->crashes >= 2 && ev->kind != LOGLINE_QPC_RESET)
		b->survived = false;
}

/* ---- the verdict ------------------------------------------------------------------------------------------ */

static void verdict(struct doctor *d, enum doctor_state state, const char *reason, uint64_t line)
{
	struct doctor_verdict *v = &d->view.verdict[DOCTOR_BOOT];

	memset(v, 0, sizeof(*v));
	v->state = state;
	v->reason = reason;
	v->line = line;
}

void doctor_judge_boot(struct doctor *d)
{
	bool cycles = d->most_cycles >= 3 && !d->crashes;
	bool loop =
	    (d->streak >= 2 && !d->boot.survived && !cycles) || (d->boot.frc && !d->boot.survived);

	loop_findings(d);
	sequence_findings(d);
	if (d->heard == HEARD_DOWNLOAD)
		verdict(d, DOCTOR_BAD, "download_mode", d->heard_line);
	else if (d->heard == HEARD_NO_APP || (d->rtcwdt >= 2 && d->rom_only >= 2))
		verdict(d, DOCTOR_BAD, "no_app", d->heard_line);
	else if (loop)
		verdict(d, DOCTOR_BAD, "boot_loop", d->boot.line ? d->boot.line : d->heard_line);
	else if (d->heard == HEARD_CRASH)
		verdict(d, DOCTOR_BAD, "crash", d->heard_line);
	else if (d->heard == HEARD_APP)
		verdict(d, DOCTOR_OK, "running", d->heard_line);
	else
		verdict(d, DOCTOR_UNKNOWN, "silent", d->heard_line);
}
