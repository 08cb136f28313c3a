/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the doctor share. */
#ifndef TASMITE_CORE_TASMOTA_DOCTOR_INT_H
#define TASMITE_CORE_TASMOTA_DOCTOR_INT_H

#include "logline_int.h"
#include "tasmite/core/tasmota/doctor.h"
#include "tasmite/core/tasmota/secrets.h"

/* How far a boot has come. */
enum boot_stage { STAGE_ROM, STAGE_APP, STAGE_WIFI, STAGE_JOINED, STAGE_MQTT };

/* What was heard last of the boot. */
enum boot_heard {
	HEARD_NOTHING,
	HEARD_START,	/* the ROM starts what is in the flash */
	HEARD_DOWNLOAD, /* the ROM waits for a host */
	HEARD_NO_APP,	/* there is nothing it could start */
	HEARD_CRASH,
	HEARD_APP
};

/* The present boot. */
struct boot {
	uint64_t line;	   /* where it began; 0: before the log */
	bool banner;	   /* the ROM was heard, its project line is to come */
	bool ets32;	   /* "ets ..." or "ESP-ROM:" came, its "rst:" is to come */
	bool download;	   /* the banner was of the loader */
	bool loaded;	   /* "load ..." or "~ld" came */
	bool crashed;	   /* an exception, a watchdog, a panic */
	bool supply;	   /* the crash may come of the supply: no exception in the code */
	bool deliberate;   /* the firmware said that it restarts */
	bool survived;	   /* it has been up for long enough, or further than those before */
	bool radio_last;   /* the radio was switched on and nothing else has come since */
	bool tasmota;	   /* a line with its tag came */
	bool connect_seen; /* a join was begun */
	bool join_failed;  /* since the last one that worked */
	enum boot_stage stage;
	int32_t last; /* its clock, -1 none */
	int32_t up;   /* seconds that it has been up, as far as the clock tells */
	uint64_t frc; /* line of "Some settings have been reset" */
};

struct doctor {
	struct loglines *reader;
	struct secrets *secrets;  /* knows none: for masking by context */
	struct doctor_view view;  /* what lines have told */
	struct doctor_view shown; /* with what follows from it */
	/* the line that is arriving */
	uint8_t buf[LOGLINE_MAX];
	size_t len;
	bool after_cr;
	/* where the present line stands */
	uint64_t number;
	struct logline event;
	const struct logline *ev; /* it, while it is judged */
	struct logtext raw;

	enum boot_heard heard;
	uint64_t heard_line;
	struct boot boot;
	unsigned streak;  /* boots in a row that ended badly */
	unsigned crashes; /* of them with a crash told */
	enum boot_stage streak_stage;
	uint64_t streak_lines[8];
	unsigned rom_only;    /* boots in a row without a word of the application */
	unsigned rtcwdt;      /* of them by the watchdog of the loader */
	unsigned no_load;     /* power-on resets in a row without a load */
	unsigned supply_ends; /* boots that ended when the radio came on */
	uint64_t supply_lines[8];
	int32_t most_cycles;
	bool esp8266;

	bool bad_build;
	unsigned joins_failed; /* with an SSID, in a row, of this firmware */
	uint64_t failed_lines[8];
	bool had_settings; /* a name or a load of settings was seen */
	unsigned defaults;
	bool reset_asked; /* settings are reset on purpose */
	bool ssid_empty;

	uint64_t ap_asked; /* line, 0 not asked */
	int32_t ap_asked_up;
	uint64_t ap_claimed;
	int32_t ap_claimed_up; /* seconds after the start */
	bool boot_crashed;     /* the boot before this one */
	bool ap_up;	       /* its address was seen, or somebody came */

	bool attempt; /* a join was begun and has not ended */
	int32_t attempt_up;
	uint64_t attempt_word; /* line that came of the Wi-Fi since, in words that are not known */
	bool joined;	       /* by "Connected" of the Wi-Fi */
	uint64_t joined_line;
	char firmware[24]; /* whose joins are counted */
	char written[32];  /* variant of the file that was written */
	bool signal_told;
	bool empty_echo; /* the last command was an empty line */

	uint64_t garbage; /* unreadable characters since the last line that was known */
	uint64_t garbage_line, garbage_first;
	uint64_t garbage_all, known_lines;
	char garbage_quote[160];
	uint64_t odd_lines;
};

/* Adds the present line to a finding. */
struct doctor_finding *doctor_note(struct doctor *d, enum doctor_finding_id id);
/* Adds a line of the past, without its text. */
void doctor_note_line(struct doctor *d, enum doctor_finding_id id, uint64_t line);
void doctor_forget(struct doctor *d, enum doctor_finding_id id);
/* Sets a verdict that rests on the present line. */
struct doctor_verdict *doctor_say(
    struct doctor *d, enum doctor_key key, enum doctor_state state, const char *reason);
/* Printable characters only; cut at a character's boundary. */
void doctor_text(char *dst, size_t size, struct logtext t);

/* Boots and what ends them. */
bool doctor_boot_event(struct doctor *d, const struct logline *ev);
/* A line of the application came. */
void doctor_alive(struct doctor *d, const struct logline *ev);
/* Restarting on purpose. */
void doctor_judge_boot(struct doctor *d);
/* Wi-Fi, access point, address, web server, MQTT. */
void doctor_net_event(struct doctor *d, const struct logline *ev);
void doctor_net_new_boot(struct doctor *d);
void doctor_judge_net(struct doctor *d);
/* Upgrades, settings, console, results. */
void doctor_host_event(struct doctor *d, const struct logline *ev);
void doctor_result(struct doctor *d, struct logtext json);
/* A set-up access point was asked for. */
void doctor_ask_ap(struct doctor *d);
void doctor_wifi_mode(struct doctor *d, int mode);
void doctor_wifi_signal(struct doctor *d, int dbm);
void doctor_address(struct doctor *d, struct logtext address);
void doctor_connected(struct doctor *d);
void doctor_firmware(
    struct doctor *d, struct logtext version, struct logtext variant, struct logtext core);

#endif
