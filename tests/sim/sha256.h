/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4), for images of the ESP32 family. */
#ifndef SIM_SHA256_H
#define SIM_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sim_sha256 {
	uint32_t state[8];
	uint8_t block[64];
	uint64_t total; /* bytes */
};

void sim_sha256_init(struct sim_sha256 *h);
void sim_sha256_add(struct sim_sha256 *h, const void *bytes, size_t n);
void sim_sha256_end(struct sim_sha256 *h, uint8_t out[32]);

#endif
