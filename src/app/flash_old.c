/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device's flash may hold. */
#include "flash_old.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/files.h"
#include "tasmite/io/infile.h"
#include "tasmite/proto/digest.h"

#define FOLDER	     "flashed"
#define FILES_MAX    200u /* looked at */
#define FILES_READ   24u  /* the newest of them are read */
#define FILE_LEAST   (64 * 1024)
#define FILE_LARGEST (4 * 1024 * 1024)
#define KEY	     8u /* bytes of a digest */
#define NAMES_MAX    4000
#define PIECE	     (64 * FLASH_OLD_SECTOR) /* read and summed up in one turn */

struct old_file {
	char path[512];
	struct timespec changed;
	bool kept; /* by this program */
};

struct old_entry {
	uint8_t key[KEY];
	uint16_t file;
	uint32_t offset;
};

struct flash_old {
	struct timer *timer;
	struct old_file *file;
	size_t files, next; /* next: the one that is read, or will be */
	struct infile *in;  /* it is open */
	size_t at;	    /* how far it is read */
	uint8_t *piece;
	struct old_entry *entry;
	size_t entries, room;
	bool sorted;
	const char *folder; /* while they are gathered */
	bool kept;
	uint8_t sector[FLASH_OLD_SECTOR];
};

/* ---- which files ---------------------------------------------------------------------------- */

static void gather(void *ctx, const char *name, bool is_dir)
{
	struct flash_old *o = ctx;
	struct old_file *f = &o->file[o->files];
	struct stat st;

	if (is_dir || o->files == FILES_MAX || !str_ends(name, ".bin"))
		return;
	if (!str_fmt(f->path, sizeof(f->path), "%s/%s", o->folder, name) ||
	    stat(f->path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < FILE_LEAST ||
	    st.st_size > FILE_LARGEST)
		return;
	f->changed = st.st_mtim;
	f->kept = o->kept;
	o->files++;
}

static void gather_folder(struct flash_old *o, const char *folder)
{
	char path[512];
	struct err err = {0};

	if (!folder[0] || files_expand(folder, path, sizeof(path), &err) != ERR_OK)
		return;
	o->folder = path;
	/* A folder that is not there has no files. */
	files_list(path, NAMES_MAX, gather, o, &err);
	o->folder = NULL;
}

static int newer(const struct timespec *x, const struct timespec *y)
{
	if (x->tv_sec != y->tv_sec)
		return x->tv_sec > y->tv_sec ? 1 : -1;
	return x->tv_nsec != y->tv_nsec ? x->tv_nsec > y->tv_nsec ? 1 : -1 : 0;
}

/* What was kept first, then the newest. */
static int likely_first(const void *a, const void *b)
{
	const struct old_file *x = a, *y = b;

	if (x->kept != y->kept)
		return x->kept ? -1 : 1;
	return newer(&y->changed, &x->changed);
}

/* ---- their sectors ---------------------------------------------------------------------------- */

static void add(struct flash_old *o, const uint8_t *sector, size_t file, size_t offset)
{
	uint8_t md5[DIGEST_MD5_SIZE];
	struct old_entry *e;

	if (o->entries == o->room) {
		o->room = o->room ? 2 * o->room : 1024;
		o->entry = xrealloc(o->entry, o->room * sizeof(*o->entry));
	}
	digest_md5(sector, FLASH_OLD_SECTOR, md5);
	e = &o->entry[o->entries++];
	memcpy(e->key, md5, KEY);
	e->file = (uint16_t)file;
	e->offset = (uint32_t)offset;
}

/* The last sector of a file is blank behind it, as the flash is. */
static void add_piece(struct flash_old *o, size_t n)
{
	memset(o->piece + n, 0xFF, PIECE - n);
	for (size_t i = 0; i < n; i += FLASH_OLD_SECTOR)
		add(o, o->piece + i, o->next, o->at + i);
	o->at += n;
	o->sorted = false;
}

static void close_file(struct flash_old *o)
{
	infile_close(o->in);
	o->in = NULL;
	o->at = 0;
	o->next++;
}

static bool all_read(const struct flash_old *o)
{
	return o->next >= o->files || o->next >= FILES_READ;
}

/* A slice; false: all is read. */
static bool read_next(struct flash_old *o)
{
	struct err err = {0};
	size_t n = 0;
	ssize_t got = 1;

	if (all_read(o))
		return false;
	if (!o->in && !(o->in = infile_open(o->file[o->next].path, &err))) {
		close_file(o); /* it is gone since */
		return !all_read(o);
	}
	while (n < PIECE && got > 0) {
		got = infile_read(o->in, o->piece + n, PIECE - n, &err);
		n += got > 0 ? (size_t)got : 0;
	}
	add_piece(o, n);
	if (n < PIECE || o->at >= FILE_LARGEST)
		close_file(o);
	return !all_read(o);
}

static void step(void *ctx, mono_t now)
{
	struct flash_old *o = ctx;

	if (read_next(o))
		timer_arm(o->timer, now + MONO_MS(1));
}

struct flash_old *flash_old_new(struct loop *loop, const char *folder, mono_t now)
{
	struct flash_old *o = xcalloc(1, sizeof(*o));
	char kept[512];
	struct err err = {0};

	o->file = xcalloc(FILES_MAX, sizeof(*o->file));
	o->piece = xmalloc(PIECE);
	o->kept = true;
	if (files_path(FILES_STATE, FOLDER, kept, sizeof(kept), &err) == ERR_OK)
		gather_folder(o, kept);
	o->kept = false;
	gather_folder(o, ".");
	gather_folder(o, "~/Downloads");
	gather_folder(o, folder);
	qsort(o->file, o->files, sizeof(*o->file), likely_first);
	o->timer = timer_new(loop, step, o);
	timer_arm(o->timer, now + MONO_MS(1));
	return o;
}

void flash_old_free(struct flash_old *o)
{
	if (!o)
		return;
	timer_free(o->timer);
	infile_close(o->in);
	free(o->piece);
	free(o->entry);
	free(o->file);
	free(o);
}

static int by_key(const void *a, const void *b)
{
	const struct old_entry *x = a, *y = b;

	return memcmp(x->key, y->key, KEY);
}

/* A file may have changed since: then what is read is wrong, and who asks finds that out. */
static const uint8_t *read_sector(struct flash_old *o, const struct old_entry *e)
{
	int fd = open(o->file[e->file].path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = pread(fd, o->sector, sizeof(o->sector), (off_t)e->offset);
	close(fd);
	if (n <= 0)
		return NULL;
	memset(o->sector + n, 0xFF, sizeof(o->sector) - (size_t)n);
	return o->sector;
}

bool flash_old_sector(struct flash_old *o, const uint8_t *digest, size_t n, const uint8_t **sector)
{
	struct old_entry key = {.file = 0};
	const struct old_entry *e;

	*sector = NULL;
	if (n < KEY)
		return true;
	if (!all_read(o))
		return false;
	if (!o->sorted && o->entries)
		qsort(o->entry, o->entries, sizeof(*o->entry), by_key);
	o->sorted = true;
	memcpy(key.key, digest, KEY);
	e = o->entries ? bsearch(&key, o->entry, o->entries, sizeof(*o->entry), by_key) : NULL;
	if (e)
		*sector = read_sector(o, e);
	return true;
}

/* ---- what is kept ------------------------------------------------------------------------------- */

/* The oldest go until there is room for one more. */
static void make_room(const char *folder)
{
	struct flash_old o = {.file = xcalloc(FILES_MAX, sizeof(*o.file))};

	gather_folder(&o, folder);
	qsort(o.file, o.files, sizeof(*o.file), likely_first);
	while (o.files >= FLASH_OLD_FILES)
		unlink(o.file[--o.files].path);
	free(o.file);
}

int flash_old_keep(const uint8_t *data, size_t n, struct err *err)
{
	uint8_t md5[DIGEST_MD5_SIZE];
	char folder[512], path[600], name[2 * DIGEST_MD5_SIZE + 1];
	int rc;

	if (n < FILE_LEAST || n > FILE_LARGEST)
		return ERR_OK;
	digest_md5(data, n, md5);
	digest_hex(md5, sizeof(md5), name);
	rc = files_path(FILES_STATE, FOLDER, folder, sizeof(folder), err);
	if (rc != ERR_OK)
		return rc;
	if (!str_fmt(path, sizeof(path), "%s/%s.bin", folder, name))
		return err_set(err, ERR_RANGE, 0, "the name is too long");
	if (utimensat(AT_FDCWD, path, NULL, 0) == 0)
		return ERR_OK; /* it is there: the newest now */
	rc = files_make_parents(path, err);
	if (rc != ERR_OK)
		return rc;
	make_room(folder);
	return files_store(path, data, n, 0600, err);
}

int flash_old_keep_request(const struct flash_request *r, struct err *err)
{
	int rc = ERR_OK;

	for (size_t i = 0; i < r->file_count && r->kind == ENGINE_FLASH && rc == ERR_OK; i++)
		/* What stands behind the firmware may be a device's settings. */
		if (r->files[i].info.kind == IMAGE_ESP8266 && !r->files[i].info.trailing_used)
			rc = flash_old_keep(r->files[i].data, r->files[i].size, err);
	return rc;
}
