/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file behind the virtual flash; see flash_file.h. */
#include "flash_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MIN  0x100000
#define SIZE_MAX_ 0x1000000

uint32_t sim_flash_file_size(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 || st.st_size < SIZE_MIN || st.st_size > SIZE_MAX_)
		return 0;
	if (st.st_size & (st.st_size - 1))
		return 0;
	return (uint32_t)st.st_size;
}

static bool fail(char *err, size_t errsize, const char *path)
{
	snprintf(err, errsize, "%s: %s", path, strerror(errno));
	return false;
}

static bool write_all(int fd, uint32_t at, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		ssize_t w = pwrite(fd, bytes, n, (off_t)at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		at += (uint32_t)w;
		bytes += w;
		n -= (size_t)w;
	}
	return true;
}

static void changed(void *ctx, uint32_t addr, const uint8_t *bytes, size_t n)
{
	struct sim_flash_file *ff = ctx;

	if (write_all(ff->fd, addr, bytes, n) || ff->failed)
		return;
	ff->failed = true;
	fprintf(stderr, "virtual-device: flash file: %s\n", strerror(errno));
}

/* Reads up to n bytes from the start; the count, or -1. */
static ssize_t read_some(int fd, uint8_t *dst, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(fd, dst + got, n - got, (off_t)got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

bool sim_flash_file_open(
    struct sim_flash_file *ff, struct sim_flash *f, const char *path, char *err, size_t errsize)
{
	ssize_t got;

	ff->failed = false;
	ff->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (ff->fd < 0)
		return fail(err, errsize, path);
	got = read_some(ff->fd, f->mem, f->size);
	if (got < 0 || !write_all(ff->fd, (uint32_t)got, f->mem + got, f->size - (size_t)got)) {
		fail(err, errsize, path);
		sim_flash_file_close(ff);
		return false;
	}
	f->changed = changed;
	f->changed_ctx = ff;
	return true;
}

void sim_flash_file_close(struct sim_flash_file *ff)
{
	if (ff->fd >= 0)
		close(ff->fd);
	ff->fd = -1;
}

bool sim_flash_file_load(
    struct sim_flash *f, const char *path, uint32_t offset, char *err, size_t errsize)
{
	uint8_t chunk[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return fail(err, errsize, path);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		if (offset > f->size || (size_t)n > f->size - offset) {
			snprintf(err, errsize, "%s: does not fit into the flash", path);
			close(fd);
			return false;
		}
		sim_flash_load(f, offset, chunk, (size_t)n);
		offset += (uint32_t)n;
	}
	if (n < 0)
		fail(err, errsize, path);
	close(fd);
	return n == 0;
}
