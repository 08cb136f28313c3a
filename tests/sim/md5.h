/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MD5 (RFC 1321): its inner step, for the ROM's functions that have it, and the whole. */
#ifndef SIM_MD5_H
#define SIM_MD5_H

#include <stddef.h>
#include <stdint.h>

void sim_md5_step(uint32_t state[4], const uint8_t block[64]);
void sim_md5(const uint8_t *bytes, size_t n, uint8_t out[16]);

#endif
