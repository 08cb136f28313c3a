/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The chooser of firmware files: what lies in this folder, in Downloads and in the configured
 * folder, newest first, each with what it is. The names stand there at once; what the files are is
 * found out a piece a turn, so that nothing waits.
 */
#include "app_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "file_look.h"
#include "flash_which.h"
#include "flash_words.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/files.h"
#include "tasmite/proto/image.h"

#define CHOOSE_MAX   200		 /* files in the list */
#define FILE_LARGEST (16u * 1024 * 1024) /* no flash is larger */

struct choice {
	char path[512];
	time_t changed;
};

struct chooser {
	struct choice file[CHOOSE_MAX];
	size_t count, next;	/* next: whose kind is found out in the next turn */
	struct file_look *look; /* while it is */
	const char *folder;	/* while they are gathered */
	char unread[512];	/* why a folder's files are not among them; "" all are */
	enum cmd_id command;
	char options[1200]; /* " --erase --backup x.bin" */
	uint64_t list;	    /* revision of the list it belongs to */
	struct timer *timer;
};

void act_wall_name(const struct app *a, char *dst, size_t size)
{
	time_t wall = (time_t)((a->now + a->session->wall_offset_us) / MONO_S(1));
	struct tm tm;

	if (!localtime_r(&wall, &tm) || !strftime(dst, size, "%Y%m%d-%H%M%S", &tm))
		str_copy(dst, size, "now");
}

static void gather(void *ctx, const char *name, bool is_dir)
{
	struct chooser *c = ctx;
	struct choice *f = &c->file[c->count];
	struct stat st;

	if (is_dir || c->count == CHOOSE_MAX ||
	    (!str_ends(name, ".bin") && !str_ends(name, ".bin.gz")))
		return;
	if (!str_fmt(
		f->path, sizeof(f->path), "%s%s%s", c->folder, c->folder[0] ? "/" : "", name) ||
	    stat(f->path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_LARGEST)
		return;
	f->changed = st.st_mtime;
	c->count++;
}

static void gather_folder(struct chooser *c, const char *folder)
{
	char path[512];
	struct err err = {0};

	if (files_expand(folder, path, sizeof(path), &err) != ERR_OK)
		return;
	c->folder = strcmp(path, ".") == 0 ? "" : path;
	/* A folder that is not there has no files. */
	if (files_list(path, 4000, gather, c, &err) != ERR_OK && err.sys != ENOENT)
		str_copy(c->unread, sizeof(c->unread), err.text);
}

static int newest_first(const void *a, const void *b)
{
	const struct choice *x = a, *y = b;

	if (x->changed != y->changed)
		return x->changed < y->changed ? 1 : -1;
	return strcmp(x->path, y->path);
}

/* Can the chip that was identified run it at all? */
static bool is_for(const struct engine_chip *chip, const struct image_info *info)
{
	if (!chip->known || !(image_is_firmware(info) || image_is_esp32(info)) ||
	    info->kind == IMAGE_ESP_DAMAGED)
		return true; /* there is nothing to compare */
	if (!image_is_esp32(info))
		return !chip->family32;
	if (info->kind == IMAGE_ESP32_PARTITIONS || info->kind == IMAGE_ESP32_OTADATA)
		return chip->family32;
	return chip->family32 && info->chip_id == chip->chip_id;
}

/* What a file is, in one line. */
static void describe(
    const struct engine_chip *chip, const struct image_info *info, char *dst, size_t size)
{
	size_t k = 0;

	if (!is_for(chip, info)) {
		str_fmt(dst, size, "not for this %s: ", chip->name);
		k = strlen(dst);
	}
	image_summary(info, dst + k, size - k);
}

static void forget_look(struct chooser *c)
{
	file_look_free(c->look);
	c->look = NULL;
}

static void step(void *ctx, mono_t now)
{
	struct app *a = ctx;
	struct chooser *c = a->chooser;
	struct session_list *l = &a->session->list;
	struct err err = {0};
	char text[160] = "can't be read";
	int rc;

	if (!l->open || l->revision != c->list || c->next >= c->count) {
		forget_look(c);
		return;
	}
	if (!c->look)
		c->look = file_look_new(c->file[c->next].path, FILE_LARGEST);
	rc = file_look_step(c->look, &err);
	if (rc == ERR_AGAIN) {
		timer_arm(c->timer, now); /* keys and the port come between */
		return;
	}
	if (rc == ERR_OK)
		describe(&a->chip, file_look_info(c->look), text, sizeof(text));
	forget_look(c);
	free(l->items[c->next].detail);
	l->items[c->next].detail = xstrdup(text);
	c->next++;
	l->revision++;
	c->list = l->revision;
	timer_arm(c->timer, now + MONO_MS(1));
}

/* The flash panel names what to fetch. */
static void show_which(struct app *a)
{
	struct flash_view *v = &a->session->flash;
	uint64_t revision = v->revision;

	memset(v, 0, sizeof(*v));
	v->revision = revision + 1;
	v->state = FLASH_TOLD;
	v->left_s = -1;
	str_copy(v->what, sizeof(v->what), "firmware to fetch");
	if (a->chip.known) {
		flash_chip_short(&a->chip, v->chip, sizeof(v->chip));
		flash_which_show(&a->chip, v);
		flash_words_add(v, false, "Put it into this folder or Downloads, then /flash.");
	} else {
		flash_words_add(
		    v, false, "No .bin in this folder, in Downloads or in firmware-dir.");
		flash_words_add(v, false,
		    "Which file the device takes its chip tells: /chip names it, and where it is "
		    "published.");
	}
	session_touch(a->session);
}

/* Is what Tasmota publishes for the chip among them? */
static bool is_here(const struct chooser *c, const char *file)
{
	for (size_t i = 0; i < c->count; i++) {
		const char *slash = strrchr(c->file[i].path, '/');
		const char *name = slash ? slash + 1 : c->file[i].path;

		if (str_starts(name, file))
			return true;
	}
	return false;
}

/* Below the files that are here the one that would be right, where the chip is known. */
static void add_which(struct app *a)
{
	struct image_which w;
	char label[64], detail[256];

	if (!a->chip.known || flash_which(&a->chip, &w) != ERR_OK || is_here(a->chooser, w.file))
		return;
	str_fmt(label, sizeof(label), "(not here: %s)", w.file);
	str_fmt(detail, sizeof(detail), "for this %s: %s", a->chip.name, w.url);
	session_list_add(a->session, label, detail, "");
}

static void chosen(struct app *a, const char *value)
{
	char word[1100], line[2400];

	if (value && !value[0]) { /* the one that is not here */
		show_which(a);
		return;
	}
	if (!value || !cmd_quote(value, word, sizeof(word)))
		return;
	str_fmt(line, sizeof(line), "/%s%s %s", cmd_row(a->chooser->command)->name,
	    a->chooser->options, word);
	app_line(a, line);
}

/* What was said with the command besides the file holds for the one that is chosen. */
static void keep_options(struct chooser *c, const struct cmd_line *line)
{
	char word[600];

	c->options[0] = '\0';
	for (int i = 0; i < line->count; i++)
		if (cmd_quote(line->args[i], word, sizeof(word))) {
			str_cat(c->options, sizeof(c->options), " ");
			str_cat(c->options, sizeof(c->options),
			    str_starts(line->args[i], "--") ? line->args[i] : word);
		}
}

static void gather_all(struct app *a)
{
	struct chooser *c;
	const char *extra = settings_text(a->session->settings, SET_FIRMWARE_DIR);

	if (!a->chooser) {
		a->chooser = xcalloc(1, sizeof(*c));
		a->chooser->timer = timer_new(a->loop, step, a);
	}
	c = a->chooser;
	forget_look(c);
	c->count = c->next = 0;
	c->list = 0; /* a list that is open is not of these */
	c->unread[0] = '\0';
	gather_folder(c, ".");
	gather_folder(c, "~/Downloads");
	if (extra[0])
		gather_folder(c, extra);
	qsort(c->file, c->count, sizeof(c->file[0]), newest_first);
}

/* ---- looking into what is at hand -------------------------------------------------------------- */

/* So many are looked into. */
#define LOOK_MAX 24

struct look {
	char path[LOOK_MAX][512];
	size_t count, next;
	struct file_look *look; /* of the next, while it is looked into */
	bool (*fn)(void *ctx, const char *path, const struct image_info *info);
	void (*done)(struct app *a);
	void *ctx;
	struct timer *timer;
};

/* A piece; false: fn wants no more. */
static bool look_into(struct look *l)
{
	struct err err = {0};
	bool more = true;
	int rc;

	if (!l->look)
		l->look = file_look_new(l->path[l->next], FILE_LARGEST);
	rc = file_look_step(l->look, &err);
	if (rc == ERR_AGAIN)
		return true;
	if (rc == ERR_OK) /* else it is gone since */
		more = l->fn(l->ctx, l->path[l->next], file_look_info(l->look));
	file_look_free(l->look);
	l->look = NULL;
	l->next++;
	return more;
}

static void look_step(void *ctx, mono_t now)
{
	struct app *a = ctx;
	struct look *l = a->look;
	void (*done)(struct app *) = l->done;

	a->now = now;
	if (l->next < l->count && look_into(l)) {
		timer_arm(l->timer, now); /* keys and the port come between */
		return;
	}
	app_look_stop(a);
	done(a);
}

void app_look_stop(struct app *a)
{
	if (a->look) {
		timer_free(a->look->timer);
		file_look_free(a->look->look);
	}
	free(a->look);
	a->look = NULL;
}

void app_look_firmware(struct app *a,
    bool (*fn)(void *ctx, const char *path, const struct image_info *info),
    void (*done)(struct app *a), void *ctx)
{
	struct look *l;

	app_look_stop(a);
	gather_all(a);
	l = a->look = xcalloc(1, sizeof(*l));
	for (; l->count < a->chooser->count && l->count < LOOK_MAX; l->count++)
		str_copy(l->path[l->count], sizeof(l->path[0]), a->chooser->file[l->count].path);
	l->fn = fn;
	l->done = done;
	l->ctx = ctx;
	l->timer = timer_new(a->loop, look_step, a);
	timer_arm(l->timer, a->now);
}

/* ---- what one file is --------------------------------------------------------------------------- */

/* Room for a backup of the largest flash, and for an ELF file to be told as one. */
#define IMAGE_FILE_MAX (4u * IMAGE_MAX_FLASH)

static void image_shown(struct app *a, const struct image_info *info)
{
	session_page_open(a->session, info->name);
	image_describe(info, &a->session->page.text);
	image_describe_notes(info, &a->session->page.text);
	a->session->page.revision++;
}

static void image_stop(struct app *a)
{
	timer_free(a->image_timer);
	file_look_free(a->image);
	a->image_timer = NULL;
	a->image = NULL;
}

static void image_step(void *ctx, mono_t now)
{
	struct app *a = ctx;
	struct err err = {0};
	int rc = file_look_step(a->image, &err);

	a->now = now;
	if (rc == ERR_AGAIN) {
		timer_arm(a->image_timer, now); /* keys and the port come between */
		return;
	}
	if (rc == ERR_OK)
		image_shown(a, file_look_info(a->image));
	else
		session_warn(a->session, now, "%s", err.text);
	image_stop(a);
}

void act_image(struct app *a, const struct cmd_line *c)
{
	char path[1024];
	struct err err = {0};

	if (!c->count) {
		tui_edit_set(a->tui, "/image ");
		return;
	}
	if (files_expand(c->args[0], path, sizeof(path), &err) != ERR_OK) {
		session_warn(a->session, a->now, "%s", err.text);
		return;
	}
	image_stop(a);
	a->image = file_look_new(path, IMAGE_FILE_MAX);
	a->image_timer = timer_new(a->loop, image_step, a);
	image_step(a, a->now);
}

/* ---- the command ------------------------------------------------------------------------------- */

void act_choose_firmware(struct app *a, const struct cmd_line *line)
{
	struct chooser *c;
	char text[1300], title[160];

	gather_all(a);
	c = a->chooser;
	c->command = line->row->id;
	keep_options(c, line);
	if (c->unread[0])
		session_warn(a->session, a->now, "%s", c->unread);
	if (!c->count) {
		str_fmt(text, sizeof(text), "/%s%s ", line->row->name, c->options);
		tui_edit_set(a->tui, text);
		session_notice(a->session, false,
		    "no .bin in this folder, in Downloads or in firmware-dir: which file? Tab "
		    "lists");
		if (line->row->id == CMD_FLASH)
			show_which(a);
		return;
	}
	if (a->chip.known)
		str_fmt(title, sizeof(title), "Firmware at hand, for %s (type to narrow it)",
		    a->session->chip);
	session_list_open(
	    a->session, a->chip.known ? title : "Firmware at hand (type to narrow it)", false);
	a->session->list.paths = true;
	for (size_t i = 0; i < c->count; i++)
		session_list_add(a->session, c->file[i].path, "…", c->file[i].path);
	if (line->row->id == CMD_FLASH)
		add_which(a);
	c->list = a->session->list.revision;
	a->on_chosen = chosen;
	timer_arm(c->timer, a->now);
}

void app_choose_fini(struct app *a)
{
	app_look_stop(a);
	image_stop(a);
	if (a->chooser) {
		timer_free(a->chooser->timer);
		forget_look(a->chooser);
	}
	free(a->chooser);
	a->chooser = NULL;
}
