/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the session share. Only src/app includes this. */
#ifndef TASMITE_APP_INT_H
#define TASMITE_APP_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flash_task.h"
#include "link.h"
#include "plain.h"
#include "player.h"
#include "recorder.h"
#include "tasmite/app/app.h"
#include "tasmite/base/buf.h"
#include "tasmite/core/cmd.h"
#include "tasmite/core/session.h"
#include "tasmite/core/garble.h"
#include "tasmite/core/tasmota/bootwatch.h"
#include "tasmite/core/tasmota/secrets.h"
#include "tasmite/core/tasmota/rescue.h"
#include "tasmite/core/tasmota/symbols.h"
#include "tasmite/io/capture.h"
#include "tasmite/io/histfile.h"
#include "tasmite/io/hotplug.h"
#include "tasmite/io/loop.h"
#include "tasmite/ui/tui.h"

/* Recordings run beside each other: lines (bytes or text), and what can be played again. */
enum { APP_RECORD_LINES, APP_RECORD_RAW, APP_RECORDS };

struct app_record {
	struct recorder *r; /* NULL: off */
	bool bad;	    /* its trouble was told */
	bool losing;	    /* and that bytes are lost by now */
	uint64_t lost_told; /* of before */
	bool looking;	    /* what is in its file already is looked over */
	/* The scrollback is being written: until it is, what comes is taken from the log too. */
	bool scrolling;
	uint64_t scroll_next, scroll_skip; /* lines of the log */
};

/* What was entered in the edit line (TUI_ENTRY_NONE), searched for, filtered by: a file of each. */
struct app_book {
	struct app *app;
	enum tui_entry kind;
	struct histfile *file; /* NULL: not kept */
	struct sbuf held;      /* lines that wait for another session to let go the file */
};

/* Rates to try where bytes can't be read: the likeliest first, the one with which it began last. */
struct app_likely {
	uint32_t rates[GARBLE_RATES + 1];
	int count; /* 0: nothing unreadable was noticed */
};

struct app {
	const struct app_options *options;
	struct loop *loop;
	struct session *session;
	struct secrets *secrets;
	struct link *link;
	struct backend *screen;
	struct tui *tui;
	mono_t now; /* of the present turn */
	struct watch *keys;
	mono_t keys_due;   /* a pending ESC wants another look at the keys */
	mono_t last_frame; /* when the screen was drawn last */

	/* the funnel (app_rx.c) */
	struct buf masked;
	bool drop_told; /* that the log has begun to lose its oldest lines */
	struct timer *held_timer;

	/* what the session has read of the log (app_read.c) */
	uint64_t read_next;   /* number of the first line that it has not */
	uint64_t read_whole;  /* lines below it do not go on: the stream ended there */
	mono_t read_at;	      /* when the budget grew last */
	unsigned read_budget; /* lines that may be read while bytes come */
	bool read_behind;     /* there are more than that */
	mono_t read_last;     /* when bytes came last */

	/* instead of a screen, instead of a port */
	struct plain *plain;
	struct player *player;
	mono_t time_shift; /* from the present to the time of what is played */

	/* recording (act_record.c) */
	struct app_record record[APP_RECORDS];
	struct timer *record_timer;
	bool record_begun;	 /* what the command line wants recorded was begun */
	char record_failed[400]; /* why the last one could not begin */
	char record_missed[400]; /* the same of one that the command line wanted */
	uint64_t words_next;	 /* first line of the log whose words the recording has not seen */

	/* boots (app_boot.c) */
	struct bootwatch boot;
	uint32_t boot_count; /* boots seen when it was begun */
	const char
	    *boot_why; /* who asked: "watch", "reset"; NULL: a flash, which tells it itself */
	mono_t boot_until;
	struct garble garble;
	uint32_t garble_told; /* the rate at which unreadable bytes were told of */
	struct app_likely likely;
	struct timer *boot_timer;
	bool boot_awaited; /* when the port went away: goes on with its return */

	uint64_t timeline_shown; /* revision of what the page of the starts shows (act_device.c) */

	/* flashing (act_flash.c) */
	struct flash_task *task;
	bool task_over;		    /* free it at the end of the turn */
	struct flash_request asked; /* waits for the answer */
	char asked_key[192];	    /* for what hangs on that adapter */
	struct chooser *chooser;    /* act_choose.c; NULL until it is used */
	bool loader_there;	    /* the loader answered and nothing was heard since */
	uint32_t loader_baud;
	struct engine_chip chip; /* as a loader told it last; known: it has */
	const struct board *board;
	struct sbuf held_words; /* words of the task that wait for the end of the device's line */
	struct timer *words_timer;

	/* lines (act_lines.c) */
	struct timer *modem_timer; /* looks at the modem inputs, where there are any */
	struct timer *line_timer;  /* next step of the sequence */
	struct timer *break_timer;
	const struct reset_sequence *sequence; /* under way, or NULL */
	size_t sequence_at;
	unsigned lines_before; /* DTR and RTS as they were before a flash */

	/* the open question and list */
	void (*on_answer)(struct app *a, bool yes);
	bool third; /* on_answer is called for the third answer */
	void (*on_chosen)(struct app *a, const char *value);
	void (*on_selected)(struct app *a, const char *value); /* a preview; NULL: none */

	/* configuration (conf_load.c): the system's file and the user's */
	char conf_path[2][512];
	char *conf_text[2]; /* as read last */
	struct hotplug *conf_watch[2];
	uint64_t sets_off; /* of the options: a profile that was taken later says otherwise */
	char port_opened[512];
	char adapter_key[192]; /* of what was opened last (link_adapter_key) */

	/* sending (app_send.c) */
	char *paste; /* waits for the answer */
	struct sender *sender;

	struct post *post;	 /* app_courier.c */
	char *typed_backlog;	 /* waits for the answer */
	struct script *script;	 /* act_script.c; NULL until it is used */
	struct form_run *form;	 /* act_setup.c; NULL until it is used */
	struct console *console; /* app_console.c */
	void (*on_form)(struct app *a, enum tui_form event, int field); /* of the open form */

	struct app_book books[TUI_ENTRY_KINDS]; /* history (app_history.c) */
	struct timer *history_timer;

	/* what was written last, /report, /elf, /rescue */
	char before[240];      /* what held when it began */
	char work[240];	       /* what the flash task does, for the journal */
	char work_variant[32]; /* the build of the file that it writes; "" not known */
	char report_file[512]; /* where the page is saved; "" a name is made */
	struct symbols *symbols;
	struct elf_run *elf;	     /* a file of them is being read */
	struct rescue *rescue;	     /* NULL: never begun */
	struct look *look;	     /* firmware files are looked into (act_choose.c) */
	struct file_look *image;     /* one is, for /image; NULL: none */
	struct timer *image_timer;   /* while it is */
	struct upload_run *upload;   /* act_upload.c: under way, or NULL */
	struct upgrade_run *upgrade; /* act_upgrade.c: under way, or NULL */
	uint64_t rescue_seen;	     /* revision of what was known when it last looked */
	char symbols_name[128];

	struct log_search *search; /* act_find.c */
	struct log_save *save;	   /* act_copy.c: under way, or NULL */

	unsigned tips; /* hints that were shown (tips.c) */

	struct timer *reveal_timer; /* hides the edit line's secrets again */

	mono_t away_since; /* when the port was lost or released */
	bool first_open;   /* the port was never open yet */
	bool screen_away;  /* suspended */
	int exit_code;
	int killed_by;	      /* signal */
	char last_words[400]; /* for standard error, when the screen is gone; "" none */
};

/* ---- app_rx.c: from the wire to what is kept and shown ---- */
void app_rx_init(struct app *a);
void app_rx_fini(struct app *a);
/* Bytes of the device for log, capture and doctor: the masking funnel stands here. */
void app_log_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now);
/* The stream breaks (port lost, other rate): what the funnel holds is let go, the line ends. */
void app_log_break(struct app *a, mono_t now);
/* What the funnel still holds back goes on; the stream does not end by that. */
void app_log_let_go(struct app *a, mono_t now);
/* Bytes of the link while no flash task has it. */
void app_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now);
/* The rate of the session, as set by the user. */
uint32_t app_session_baud(const struct app *a);
void app_update_port(struct app *a);

/* ---- app_garble.c: bytes that can't be read ---- */
/* Looks at them, and tells of it. */
void app_garble_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now);
/* The next likely rate. */
void app_garble_try(struct app *a);

/* ---- app_read.c: what the session reads of the log ---- */
/* Bytes came: reads their lines, in a flood as many as do not hold up the port. */
void app_read_lines(struct app *a, mono_t now);
/* Reads on where lines have waited and no bytes come. Returns when it wants to be called again at the
 * latest. */
mono_t app_read_step(struct app *a, mono_t now);
/* Empties the log; what was not read yet is read before, as far as there is time for it. */
void app_read_clear(struct app *a);
/* The stream breaks: what has come is whole. */
void app_read_break(struct app *a, mono_t now);

/* ---- app_boot.c: the rate follows a boot ---- */
void app_boot_init(struct app *a);
void app_boot_fini(struct app *a);
/* Listens for the boot after a flash, however long it takes. */
void app_await_boot(struct app *a, mono_t now);
/* Listens for the boot after a reset by the lines; tells when none comes. */
void app_await_reset(struct app *a, mono_t now);
/* Bytes of the device while a boot is awaited. */
void app_boot_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now);
/* Ends it without a word; the rate is not changed by that. */
void app_boot_stop(struct app *a);
/* The port went away while a boot was awaited: true when it is to be gone on with at its return. */
bool app_boot_away(struct app *a);
void app_boot_again(struct app *a, mono_t now);

/* ---- act_record.c: recording; all that comes here is masked ---- */
void app_record_init(struct app *a);
void app_record_fini(struct app *a);
bool app_recording(const struct app *a);
/* Begins what the command line asked for, the first time it is called. */
void app_record_wanted(struct app *a);
/* file NULL: a name made of port and time; all: the scrollback first. Tells in the log how it went. */
bool app_start_record(struct app *a, enum recorder_kind kind, const char *file, bool all);
/* Ends one or both; a negative code when the last bytes could not be written (told in the log). */
int app_stop_record(struct app *a, enum recorder_kind kind, struct err *err);
int app_stop_records(struct app *a, struct err *err);
/* Bytes of the device. */
void app_record_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now);
/* A line that is sent, and the line end it is sent with. */
void app_record_tx(struct app *a, const char *line, size_t n, const char *eol, mono_t now);
/* The stream breaks. */
void app_record_break(struct app *a);
/* A record of another kind for the raw recording: 'B' rate, 'G' port gone, 'C' port is back. */
void app_record_note(struct app *a, char kind, const char *text, mono_t now);
/* Takes over the program's own words out of the log. */
void app_record_words(struct app *a, mono_t now);
/* A slice of what a recording has to do at its beginning; true when there is more. */
bool app_record_step(struct app *a);

/* ---- app.c: a screen in memory, for a run without one ---- */
void app_headless(struct app *a);
/* What the user's doings on the screen call, for those that do it otherwise. */
const struct tui_ops *app_ui_ops(void);
/* ---- app_line.c: what the user enters ---- */
void app_line(struct app *a, const char *line);
/* A line bound to a key: "/command", text for the device, or (ending in a blank) text for the edit
 * line. */
void app_bound(struct app *a, const char *text);

/* ---- app_history.c: what was entered, over sessions ---- */
void app_history_load(struct app *a);
void app_history_fini(struct app *a);
/* A line that was entered. */
void app_remember(struct app *a, const char *line);
/* The history is about to be used: what other sessions have entered is added. */
void app_history_recall(void *ctx);
/* The same for what is searched for and filtered by. One with a secret in it is not kept. */
void app_remember_entry(struct app *a, enum tui_entry kind, const char *text);
void app_recall_entries(struct app *a, enum tui_entry kind);

/* ---- app_send.c: lines, macros and pastes on their way to the device ---- */
void app_send_init(struct app *a);
void app_send_fini(struct app *a);
/* Sends a line with its end, behind what is being sent; false when it could not be (said in the
 * notice). */
bool app_send_line(struct app *a, const char *line);
/* A line that is sent goes to the log (shown: whatever the setting says) and the recordings, masked.
 */
void app_show_sent(struct app *a, const char *bytes, size_t n, bool shown);
/* Sends the lines and pauses of a macro. */
bool app_send_macro(struct app *a, const char *text);
/* Sends bytes as they are, without a line end; shown in the log where sent lines are. */
bool app_send_bytes(struct app *a, const uint8_t *bytes, size_t n);
/* Bytes as /sendhex takes them; false: told why, nothing was sent. */
bool app_send_hex(struct app *a, const char *text);
/* Do these bytes hold a secret? Then their digits are one too. */
bool app_hex_secret(const struct app *a, const char *text);
/* Several lines at once: asks, then sends them one by one. n 0: it was too much to be kept. */
void app_paste(struct app *a, const char *text, size_t n);
/* Lines are on their way, or pauses between them. */
bool app_sending(const struct app *a);
/* Stops that; false when there was nothing to stop. */
bool app_send_cancel(struct app *a);
/* The port went away: what is not sent is told. */
void app_send_lost(struct app *a);
/* In the loop's flush phase: hands on the next line. Returns when it wants to be called again at
 * the latest. */
mono_t app_send_turn(struct app *a, mono_t now);
/* A key of the direct mode. */
void app_direct_key(void *ctx, const char *bytes, size_t n);
/* A line is half typed in it: the device holds its beginning. */
bool app_direct_open(const struct app *a);
/* "\n" as the setting has it; "" none. */
const char *app_eol(const struct app *a);

/* May something be sent now, and is anything to be warned of? False: told why in the notice. */
bool app_send_ready(struct app *a);
/* The text as it may be shown; to be freed. */
char *app_masked(const struct app *a, const char *text);

/* ---- app_courier.c: commands on their way, ticked off (jobs: app_courier.h) ---- */
void app_courier_init(struct app *a);
void app_courier_fini(struct app *a);
bool app_courier_busy(const struct app *a);
/* A line of it is on its way, or its answers are awaited: nothing else may come between. */
bool app_courier_line(const struct app *a);
/* The device holds the beginning of one: what is sent now would be glued to it. */
bool app_courier_in_line(const struct app *a);
/* What a job is called that lets nothing between its lines at present; NULL: there is none that the
 * user knows of. */
const char *app_courier_job(const struct app *a);
/* A line went out beside the courier: one that was typed is looked after. */
void app_courier_sent(struct app *a, const char *line, size_t n, bool typed);
/* A line that was entered: taken when it is a Backlog that can be watched. */
bool app_courier_typed(struct app *a, const char *line);
bool app_courier_cancel(struct app *a);
void app_courier_lost(struct app *a);
/* Bytes of the device as they came. */
void app_courier_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now);
mono_t app_courier_turn(struct app *a, mono_t now);

/* ---- app_console.c: the console's own moods: level, rate, who else has it ---- */
void app_console_init(struct app *a);
void app_console_fini(struct app *a);
/* A whole line of the device (masked), after the facts have read it. */
void app_console_line(struct app *a, const uint8_t *line, size_t n, mono_t now);

/* ---- act_upgrade.c: over the air ---- */
bool app_upgrading(const struct app *a);
/* Bytes of the device as they came. */
void app_upgrade_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now);
/* At the end of the loop's turn. */
void app_upgrade_turn(struct app *a);
/* The port went away, or another program has it; it is back. */
void app_upgrade_port_away(struct app *a, mono_t now);
void app_upgrade_port_back(struct app *a, mono_t now);
/* False: there is none. */
bool app_upgrade_cancel(struct app *a);
/* Asks before the program is left; false: nothing to ask. */
bool app_upgrade_quit(struct app *a);
/* The program is to end: what was changed in the device is put back first, and the loop is stopped
 * then, with this code. False: nothing to wait for, or it was waited for already. */
bool app_upgrade_leave(struct app *a, int stop);
/* It ends now, nothing is waited for: what was not put back is told in the end. */
void app_upgrade_abandon(struct app *a);
void app_upgrade_fini(struct app *a);

/* ---- act_upload.c: to the device's web page ---- */
bool app_uploading(const struct app *a);
void app_upload_turn(struct app *a);
void app_upload_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now);
/* The port went away, or another program has it. */
void app_upload_port_away(struct app *a, mono_t now);
bool app_upload_cancel(struct app *a);
/* Asks before the program is left; false: nothing to ask. */
bool app_upload_quit(struct app *a);
void app_upload_fini(struct app *a);

/* ---- complete.c ---- */
size_t app_complete(void *ctx, const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg);

/* ---- act_*.c: the commands ---- */
typedef void (*app_command)(struct app *a, const struct cmd_line *c);
void act_upload(struct app *a, const struct cmd_line *c);
void act_upgrade(struct app *a, const struct cmd_line *c);
void act_help(struct app *a, const struct cmd_line *c);
void act_menu(struct app *a, const struct cmd_line *c);
void act_reveal(struct app *a, const struct cmd_line *c);
void act_stamp(struct app *a, const struct cmd_line *c);
void act_echo(struct app *a, const struct cmd_line *c);
void act_wrap(struct app *a, const struct cmd_line *c);
void act_clear(struct app *a, const struct cmd_line *c);
void act_theme(struct app *a, const struct cmd_line *c);
void act_set(struct app *a, const struct cmd_line *c);
void act_focus(struct app *a, const struct cmd_line *c);
void act_follow(struct app *a, const struct cmd_line *c);
void act_page(struct app *a, const struct cmd_line *c);
void act_redraw(struct app *a, const struct cmd_line *c);
void act_suspend(struct app *a, const struct cmd_line *c);
void act_quit(struct app *a, const struct cmd_line *c);
void act_port(struct app *a, const struct cmd_line *c);
void act_baud(struct app *a, const struct cmd_line *c);
void act_eol(struct app *a, const struct cmd_line *c);
void act_macro(struct app *a, const struct cmd_line *c);
void act_direct(struct app *a, const struct cmd_line *c);
void act_sendhex(struct app *a, const struct cmd_line *c);
void act_profile(struct app *a, const struct cmd_line *c);
void act_send(struct app *a, const struct cmd_line *c);
void app_script_fini(struct app *a);
void act_setup(struct app *a, const struct cmd_line *c);
void app_setup_fini(struct app *a);
/* Lines of the device while Status 0 is awaited. */
void app_setup_line(struct app *a, const uint8_t *line, size_t n);
void act_format(struct app *a, const struct cmd_line *c);
void act_flow(struct app *a, const struct cmd_line *c);
void act_dtr(struct app *a, const struct cmd_line *c);
void act_rts(struct app *a, const struct cmd_line *c);
void act_break(struct app *a, const struct cmd_line *c);
void act_reset(struct app *a, const struct cmd_line *c);
void act_watch(struct app *a, const struct cmd_line *c);
void act_why(struct app *a, const struct cmd_line *c);
void act_next(struct app *a, const struct cmd_line *c);
void act_timeline(struct app *a, const struct cmd_line *c);
/* The page of the starts follows them. */
void app_timeline_turn(struct app *a);
void act_bootloader(struct app *a, const struct cmd_line *c);
void act_record(struct app *a, const struct cmd_line *c);
void act_pause(struct app *a, const struct cmd_line *c);
void act_flash(struct app *a, const struct cmd_line *c);
void act_erase(struct app *a, const struct cmd_line *c);
void act_verify(struct app *a, const struct cmd_line *c);
void act_backup(struct app *a, const struct cmd_line *c);
/* A list of the firmware files at hand, for a command that was given none; the command goes on with
 * the one that is chosen. */
void act_choose_firmware(struct app *a, const struct cmd_line *c);
void app_choose_fini(struct app *a);
/* "20181104-130405" of now, for names of files. */
void act_wall_name(const struct app *a, char *dst, size_t size);
void act_chip(struct app *a, const struct cmd_line *c);
void act_image(struct app *a, const struct cmd_line *c);
void act_cancel(struct app *a, const struct cmd_line *c);
void act_device(struct app *a, const struct cmd_line *c);

/* ---- act_report.c: the session as a page ---- */
void act_report(struct app *a, const struct cmd_line *c);
void act_elf(struct app *a, const struct cmd_line *c);
/* A key of an open page that can be taken away: copied, or saved. False: there is none. */
bool app_page_key(struct app *a, bool save);
void app_report_fini(struct app *a);

/* ---- act_rescue.c: the recovery ladder ---- */
void act_rescue(struct app *a, const struct cmd_line *c);
/* Looks at the log, where a step waits for it. */
void app_rescue_turn(struct app *a);
/* Work with the flash has ended. */
void app_rescue_task_ended(struct app *a, bool done);
void app_rescue_fini(struct app *a);
/* Calls fn with the firmware files at hand, the newest first, until it answers false; then done. They
 * are looked into a piece a turn. One that is under way is given up. */
void app_look_firmware(struct app *a,
    bool (*fn)(void *ctx, const char *path, const struct image_info *info),
    void (*done)(struct app *a), void *ctx);
/* Gives it up: neither fn nor done is called any more. */
void app_look_stop(struct app *a);

void act_find(struct app *a, const struct cmd_line *c);
void act_filter(struct app *a, const struct cmd_line *c);
void act_split(struct app *a, const struct cmd_line *c);
void act_close(struct app *a, const struct cmd_line *c);
void act_resize(struct app *a, const struct cmd_line *c);
void act_hex(struct app *a, const struct cmd_line *c);
void act_raw(struct app *a, const struct cmd_line *c);
void act_view(struct app *a, const struct cmd_line *c);
void act_fold(struct app *a, const struct cmd_line *c);
void act_mark(struct app *a, const struct cmd_line *c);
void act_goto(struct app *a, const struct cmd_line *c);
void act_copy(struct app *a, const struct cmd_line *c);
void act_save(struct app *a, const struct cmd_line *c);

/* ---- pieces of them that others need ---- */
/* Shows the secrets in the edit line for the moment, or hides them. */
void app_reveal(struct app *a, bool on);
/* Sets a setting for this session and applies it; tells a mistake. */
bool app_set(struct app *a, enum setting_id id, const char *text);
/* Takes settings over into what depends on them (theme, rate, pace, log size). */
void app_apply_settings(struct app *a);
/* Loads a theme by name into the session. */
int app_load_theme(struct app *a, const char *name, struct err *err);
/* Names of all themes that can be had. */
void app_each_theme(void (*fn)(void *ctx, const char *name), void *ctx);
/* Opens the named port with the session's line settings. */
void app_open_port(struct app *a, const char *name);
/* Leaves the present port for another. */
void app_change_port(struct app *a, const char *name);
/* The list of what is plugged in; false: there is nothing. That it can't be known is told. */
bool app_choose_port(struct app *a);
/* A question; fn gets the answer. session.ask is filled by the caller first. */
void app_ask(struct app *a, void (*fn)(struct app *a, bool yes));
/* Asks before something under way is left: title, what becomes of it, more or NULL. (act_view.c) */
void app_ask_leave(struct app *a, const char *title, const char *text, const char *more,
    void (*fn)(struct app *a, bool yes));
/* The active log pane; after a change of any: app_panes_touch. */
struct log_pane *app_pane(struct app *a);
void app_panes_touch(struct app *a);
/* The words of a command from the i-th on, with blanks between; whether it has that option. */
void app_words(const struct cmd_line *c, int from, char *dst, size_t size);
bool app_option(const struct cmd_line *c, const char *name);
/* The words of a command, without options, as the text of a filter. */
void app_terms(const struct cmd_line *c, char *dst, size_t size);
/* Its --context, if it has one; false: told what is wrong with it. */
bool app_context(struct app *a, const struct cmd_line *c, int *context);
void app_find_init(struct app *a);
void app_find_fini(struct app *a);
/* A slice of searching, filtering and saving; true when there is more to do. */
bool app_log_step(struct app *a);
bool app_save_step(struct app *a);
/* Writes what is still to be saved. */
void app_save_finish(struct app *a);
/* The screen's words about log panes and the line of a search (struct tui_ops). */
void app_pane_chosen(void *ctx, int index);
void app_pane_weights(void *ctx, const int *rows, int count);
void app_entry(void *ctx, enum tui_entry kind, enum tui_entry_event event, const char *text);
void app_lines_init(struct app *a);
void app_lines_fini(struct app *a);
/* A port was opened: its lines are shown, and looked at now and then. */
void app_lines_port_opened(struct app *a, mono_t now);
/* Ends a reset sequence that is under way, with both lines cleared: the port is left or taken. */
void app_lines_rest(struct app *a);
/* After a flash: DTR and RTS as they were before it. */
void app_lines_again(struct app *a);
/* What DTR and RTS shall be when the adapter is opened: as it remembers, else as the settings say. */
void app_lines_choose(void *ctx, const char *key, enum opener_line *dtr, enum opener_line *rts);
void app_flash_init(struct app *a);
void app_flash_fini(struct app *a);
/* The flash task's turn at the end of the loop's turn. */
void app_flash_turn(struct app *a);
/* The ROM said that its boot loader starts: what the panel says of the end of a flash may be wrong. */
void app_flash_loader(struct app *a);
void app_flash_port_lost(struct app *a, mono_t now);
bool app_flashing(const struct app *a);
void app_quit(struct app *a, int code);
/* Wall clock = time of the session + offset, from now on. */
void app_set_wall(struct app *a, int64_t offset_us);

/* ---- conf_load.c ---- */
/* Reads the configuration files and the options into the session. False: told on standard error. */
bool app_load_config(struct app *a, char *port, size_t size);
/* From now on changes of the files are taken over. */
void app_conf_watch(struct app *a);
void app_conf_fini(struct app *a);
/* Takes the profile, and opens its port; false with a notice when there is none of that name. What
 * it says wins over what was /set before and over the options. */
bool app_take_profile(struct app *a, const char *name);
/* The user's file; "" where there is no place for it. */
const char *app_conf_path(const struct app *a);
/* Appends a line of the configuration, the text in quotes. */
void app_conf_value(struct sbuf *out, const char *tabs, const char *name, const char *text);
/* Calls fn with the name of each profile. */
void app_each_profile(struct app *a, void (*fn)(void *ctx, const char *name), void *ctx);
/* The values of the configuration; of the profile (NULL: those of none). */
void app_each_value(struct app *a, const char *profile,
    void (*fn)(void *ctx, const char *name, const char *value), void *ctx);

/* ---- tips.c ---- */
/* How many hints were shown in earlier sessions; shows the next one. */
void app_tips_load(struct app *a);
/* The user did something: the hint has been seen. */
void app_tips_next(struct app *a);

/* ---- crash.c ---- */
/* Remembers the terminal's modes, before curses changes them. */
void crash_remember(void);
/* Saves the recordings on fatal signals and x* failures, and gives the terminal back if the program
 * has a screen. */
void crash_guard(bool screen);
void crash_unguard(void);
/* The recordings whose queue is to be written then; NULL: none in that slot (below APP_RECORDS). */
void crash_keep(int slot, struct capture *c);

#endif
