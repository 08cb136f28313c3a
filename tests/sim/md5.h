/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MD5's inner step (RFC 1321), for the ROM's functions that have it. */
#ifndef SIM_MD5_H
#define SIM_MD5_H

#include <stdint.h>

void sim_md5_step(uint32_t state[4], const uint8_t block[64]);

#endif
