/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a user's word, or from an adapter's key, to the device path. */
#define _DEFAULT_SOURCE /* realpath */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ports_int.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

/* Longest word and path that a transport keeps. */
#define WORD_MAX 256

/* "there are: ttyUSB0 (FT232R USB UART), ttyUSB1 (...)" */
static const char *what_is_there(const struct port_info *list, size_t n, char *dst, size_t size)
{
	if (!n) {
		str_copy(dst, size, "no serial adapter is plugged in");
		return dst;
	}
	str_copy(dst, size, "there are: ");
	for (size_t i = 0; i < n; i++) {
		char one[256];

		str_fmt(one, sizeof(one), "%s%s (%s)", i ? ", " : "", list[i].name, list[i].about);
		if (strlen(dst) + strlen(one) + 8 > size) {
			str_cat(dst, size, ", ...");
			break;
		}
		str_cat(dst, size, one);
	}
	return dst;
}

/* ---- a word that is a path ------------------------------------------------------------------- */

static int take_path(const char *word, const char *full, char *path, size_t size, struct err *err)
{
	char real[PATH_MAX];

	if (!realpath(full, real)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return err_set(err, ERR_NOENT, errno,
			    "no such port: %s. Is the adapter plugged in, and is this its name?",
			    word);
		return err_sys(err, errno, "cannot look up %s", word);
	}
	if (!str_copy(path, size, real) || strlen(real) >= WORD_MAX)
		return err_set(err, ERR_INVAL, 0, "the path that %s leads to is too long", word);
	return ERR_OK;
}

/* "ttyUSB0": there are folders and much else in /dev, whose names may be part of a by-id name. */
static bool is_node_name(
    const struct ports_roots *r, const char *word, char full[PATH_MAX], bool *is_char)
{
	struct stat st;

	if (!str_fmt(full, PATH_MAX, "%s/%s", r->dev, word) || stat(full, &st) < 0)
		return false;
	*is_char = S_ISCHR(st.st_mode);
	return !S_ISDIR(st.st_mode);
}

/* ---- a word that describes ------------------------------------------------------------------- */

struct wanted {
	const char *word;
	bool usb; /* the word is VID:PID[:serial] */
	unsigned vid, pid;
	const char *serial; /* "" any */
};

static int hex4(const char *s)
{
	int n = 0;

	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *at =
		    s[i] ? strchr(digits, s[i] >= 'A' && s[i] <= 'F' ? s[i] + 32 : s[i]) : NULL;

		if (!at)
			return -1;
		n = n * 16 + (int)(at - digits);
	}
	return n;
}

static void read_word(const char *word, struct wanted *w)
{
	int vid = hex4(word), pid = -1;

	w->word = word;
	w->usb = false;
	w->serial = "";
	if (vid < 0 || word[4] != ':')
		return;
	pid = hex4(word + 5);
	if (pid < 0 || (word[9] && word[9] != ':'))
		return;
	w->usb = true;
	w->vid = (unsigned)vid;
	w->pid = (unsigned)pid;
	if (word[9])
		w->serial = word + 10;
}

static bool contains(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (; strlen(text) >= n; text++)
		if (str_ncasecmp(text, word, n) == 0)
			return true;
	return false;
}

static bool fits(const struct wanted *w, const struct port_info *info)
{
	if (w->usb)
		return info->usb && info->vid == w->vid && info->pid == w->pid &&
		       (!w->serial[0] || str_casecmp(info->serial, w->serial) == 0);
	return info->by_id[0] && contains(info->by_id, w->word);
}

static int take_fitting(
    const struct ports_roots *r, const char *word, char *path, size_t size, struct err *err)
{
	struct port_info *list = xcalloc(PORTS_MAX, sizeof(*list));
	size_t n = ports_list_at(r, list, PORTS_MAX), found = 0;
	char text[300];
	struct wanted w;
	int rc = ERR_OK;

	read_word(word, &w);
	/* What fits moves to the front; the others are not needed then. */
	for (size_t i = 0; i < n; i++)
		if (fits(&w, &list[i]))
			list[found++] = list[i];
	if (found == 1)
		str_copy(path, size, list[0].path);
	else if (found)
		rc = err_set(err, ERR_INVAL, 0, "%s fits several ports; %s", word,
		    what_is_there(list, found, text, sizeof(text)));
	else
		rc = err_set(err, ERR_NOENT, 0, "no such port: %s; %s", word,
		    what_is_there(list, n, text, sizeof(text)));
	free(list);
	return rc;
}

int ports_resolve_at(
    const struct ports_roots *r, const char *word, char *path, size_t size, struct err *err)
{
	char full[PATH_MAX];
	bool is_char = false;

	if (!*word)
		return err_set(err, ERR_INVAL, 0, "no port was named");
	if (strlen(word) >= WORD_MAX)
		return err_set(err, ERR_INVAL, 0, "the port's name is too long");
	if (strchr(word, '/'))
		return take_path(word, word, path, size, err);
	/* A node first; what else has that name only if nothing describes a port better. */
	if (is_node_name(r, word, full, &is_char) && (is_char || ports_sysfs_has(r, word)))
		return take_path(word, full, path, size, err);
	return take_fitting(r, word, path, size, err);
}

int ports_only_one_at(const struct ports_roots *r, char *path, size_t size, struct err *err)
{
	struct port_info *list = xcalloc(PORTS_MAX, sizeof(*list));
	size_t n = ports_list_at(r, list, PORTS_MAX), usb = 0;
	char text[300];
	int rc = ERR_OK;

	while (usb < n && list[usb].usb) /* they are in front */
		usb++;
	if (usb == 1)
		str_copy(path, size, list[0].path);
	else if (usb)
		rc = err_set(err, ERR_INVAL, 0, "which port? %s",
		    what_is_there(list, usb, text, sizeof(text)));
	else
		rc = err_set(err, ERR_NOENT, 0, "no USB serial adapter is plugged in");
	free(list);
	return rc;
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* Adapters that were never given a serial number of their own say "0001", "00000000" and the like. */
static bool tells_apart(const char *serial)
{
	const char *rest = serial + strspn(serial, "0");

	return *rest && strcmp(rest, "1") != 0;
}

void ports_key(const struct port_info *info, char *key, size_t size)
{
	const char *part = strchr(info->usb_path, ':');

	if (!info->usb)
		str_fmt(key, size, "port %s", info->name);
	else if (tells_apart(info->serial))
		/* The interface too: an adapter with two ports has one serial number. */
		str_fmt(key, size, "usb %04x:%04x%s serial %s", info->vid, info->pid,
		    part ? part : "", info->serial);
	else
		str_fmt(key, size, "usb %04x:%04x at %s", info->vid, info->pid, info->usb_path);
}

bool ports_key_is_another(const char *key, const char *now)
{
	const size_t model = sizeof("usb 0403:6001") - 1;

	if (!str_starts(key, "usb ") || !str_starts(now, "usb "))
		return false;
	if (strncmp(key, now, model) != 0)
		return true;
	return strstr(key, " serial ") && strstr(now, " serial ") && strcmp(key, now) != 0;
}

int ports_find_key_at(
    const struct ports_roots *r, const char *key, char *path, size_t size, struct err *err)
{
	struct port_info *list = xcalloc(PORTS_MAX, sizeof(*list));
	size_t n = ports_list_at(r, list, PORTS_MAX), found = 0;
	char own[256];
	int rc = ERR_OK;

	for (size_t i = 0; i < n; i++) {
		ports_key(&list[i], own, sizeof(own));
		if (strcmp(own, key) == 0 && found++ == 0)
			str_copy(path, size, list[i].path);
	}
	if (!found)
		rc = err_set(err, ERR_NOENT, 0, "the adapter is not plugged in");
	else if (found > 1)
		rc = err_set(err, ERR_INVAL, 0,
		    "%zu adapters give the same USB ids and serial number: name the port", found);
	free(list);
	return rc;
}

/* ---- on this machine ------------------------------------------------------------------------- */

int ports_resolve(const char *word, char *path, size_t size, struct err *err)
{
	return ports_resolve_at(&ports_here, word, path, size, err);
}

int ports_only_one(char *path, size_t size, struct err *err)
{
	return ports_only_one_at(&ports_here, path, size, err);
}

int ports_find_key(const char *key, char *path, size_t size, struct err *err)
{
	return ports_find_key_at(&ports_here, key, path, size, err);
}
