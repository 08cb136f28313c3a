/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file behind the virtual flash: read at the start, written on each change, so that a device
 * which is killed loses nothing. */
#ifndef SIM_FLASH_FILE_H
#define SIM_FLASH_FILE_H

#include "flash.h"

struct sim_flash_file {
	int fd;
	bool failed; /* a change could not be written; told once */
};

/* The size of an existing flash file; 0 when it does not exist or is no valid size. */
uint32_t sim_flash_file_size(const char *path);
/* Ties a flash to a file, which is created blank when it does not exist; a shorter one is filled
 * up. False and a message. */
bool sim_flash_file_open(
    struct sim_flash_file *ff, struct sim_flash *f, const char *path, char *err, size_t errsize);
void sim_flash_file_close(struct sim_flash_file *ff);
/* Puts a file into the flash at an offset. */
bool sim_flash_file_load(
    struct sim_flash *f, const char *path, uint32_t offset, char *err, size_t errsize);

#endif
