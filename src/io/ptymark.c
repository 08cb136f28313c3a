/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which pseudo-terminal a name leads to, and by which links. */
#define _DEFAULT_SOURCE /* st_ctim */
#include "tasmite/io/ptymark.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tty.h"

#define LINKS_MAX 16

/* FNV-1a of what a node is and when it became that. Using a terminal changes the other times of its
 * node, but not this one. */
static uint64_t mix(uint64_t hash, const struct stat *st)
{
	const uint64_t words[] = {(uint64_t)st->st_dev, (uint64_t)st->st_ino,
	    (uint64_t)st->st_ctim.tv_sec, (uint64_t)st->st_ctim.tv_nsec};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (unsigned shift = 0; shift < 64; shift += 8)
			hash = (hash ^ (words[i] >> shift & 0xFF)) * 0x100000001B3u;
	return hash;
}

/* What a link at `path` names, in its place; false: nothing, or too much. */
static bool follow(char path[PATH_MAX])
{
	char target[PATH_MAX], folder[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	char *slash;

	if (n <= 0)
		return false;
	target[n] = '\0';
	if (target[0] == '/')
		return str_copy(path, PATH_MAX, target);
	(void)str_copy(folder, sizeof(folder), path);
	slash = strrchr(folder, '/');
	slash[1] = '\0';
	return str_fmt(path, PATH_MAX, "%s%s", folder, target);
}

void ptymark_take(const char *name, struct ptymark *m)
{
	uint64_t links = 0xCBF29CE484222325u;
	char path[PATH_MAX];
	struct stat st;

	memset(m, 0, sizeof(*m));
	if (!str_fmt(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : "/dev/", name))
		return;
	for (int i = 0; i < LINKS_MAX; i++) {
		if (lstat(path, &st) < 0)
			return;
		if (!S_ISLNK(st.st_mode))
			break;
		links = mix(links, &st);
		if (!follow(path))
			return;
	}
	if (!S_ISCHR(st.st_mode) || !tty_is_pty(st.st_rdev))
		return;
	m->pty = true;
	m->links = links;
	m->node = mix(0xCBF29CE484222325u, &st);
}

bool ptymark_is_another(const struct ptymark *before, const struct ptymark *now)
{
	return before->pty && now->pty && before->links == now->links && before->node != now->node;
}
