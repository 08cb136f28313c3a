/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Faults of the virtual device: what goes wrong on the wire, in the chip and at the plug, parsed
 * from short specifications. Each can be limited in how often it strikes, so that a second try
 * meets a sound device.
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_fault_kind {
	SIM_FAULT_DROP,
	SIM_FAULT_FLIP,
	SIM_FAULT_INSERT,
	SIM_FAULT_DELAY,
	SIM_FAULT_ANSWER_LOST,
	SIM_FAULT_RESET_AT,
	SIM_FAULT_UNPLUG_AT,
	SIM_FAULT_UNPLUG_REQUEST,
	SIM_FAULT_UNPLUG_EN,
	SIM_FAULT_BROWNOUT_ERASE,
	SIM_FAULT_WRITE_PROTECT,
	SIM_FAULT_WORN,
	SIM_FAULT_NO_SPI_USER,
	SIM_FAULT_NO_HOLD,
	SIM_FAULT_SHORT_HOLD,
	SIM_FAULT_READ_MHZ,
	SIM_FAULT_NO_RAM_CODE,
	SIM_FAULT_WIFI_CUT,
	SIM_FAULT_WIFI_STALL,
	SIM_FAULT_WIFI_RESET,
	SIM_FAULT_WIFI_REFUSED,
	SIM_FAULT_WIFI_ISOLATED,
	SIM_FAULT_OTA_ROOM,
	SIM_FAULT_OTA_MAGIC
};

/* Seen from the host: tx is what the host sends. */
enum sim_fault_dir { SIM_DIR_BOTH, SIM_DIR_TX, SIM_DIR_RX };

struct sim_fault {
	enum sim_fault_kind kind;
	enum sim_fault_dir dir;
	double rate; /* 0..1 per byte or per answer; negative when `n` counts instead */
	int64_t n;
	int64_t count; /* how often it may still strike; negative: without limit */
	int64_t after; /* bytes (of its direction), or such requests, that pass before it begins */
	int64_t seen;
};

#define SIM_FAULTS_MAX 16

/* A frame from the host, as far as it is here. */
struct sim_frame {
	bool inside, escaped;
	size_t len;
	uint8_t head[4];
	uint32_t crc;
};

struct sim_faults {
	struct sim_fault item[SIM_FAULTS_MAX];
	size_t len;
	struct sim_frame frame;
	uint64_t *rng;
};

/* The grammar, for --help. */
extern const char sim_faults_help[];

/* One pseudo-random step (a 64-bit xorshift). */
uint32_t sim_rand(uint64_t *state);

/* Adds a fault; false and a message when the specification is not understood. */
bool sim_faults_add(struct sim_faults *f, const char *spec, char *err, size_t errsize);
void sim_faults_clear(struct sim_faults *f);

/* A byte passes in a direction: what comes out (0, 1 or 2 bytes into out) instead of it. */
size_t sim_faults_byte(struct sim_faults *f, enum sim_fault_dir dir, uint8_t byte, uint8_t out[2]);
/* A byte from the host reaches the board: whether this kind (RESET_AT, UNPLUG_AT) strikes now. */
bool sim_faults_at_byte(struct sim_faults *f, enum sim_fault_kind kind);
/* The same byte: whether UNPLUG_REQUEST strikes, since it ends the request that it waits for. */
bool sim_faults_request(struct sim_faults *f, uint8_t byte);
/* n bytes came by Wi-Fi: how many of them pass before this kind (WIFI_CUT, WIFI_STALL, WIFI_RESET)
 * strikes; n and *hit false: it does not. */
size_t sim_faults_pass(struct sim_faults *f, enum sim_fault_kind kind, size_t n, bool *hit);
/* Whether this event (an answer, an erase) is struck by this kind. */
bool sim_faults_event(struct sim_faults *f, enum sim_fault_kind kind);
/* The present fault of a kind that lasts, or NULL. */
const struct sim_fault *sim_faults_find(const struct sim_faults *f, enum sim_fault_kind kind);

#endif
