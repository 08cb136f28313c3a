/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the virtual chip: what its rooms (device, rom_boot, rom_loader, rom_flash, regs,
 * app_host) share. Nobody else includes this. */
#ifndef SIM_SIMINT_H
#define SIM_SIMINT_H

#include "cpuint.h"
#include "device.h"
#include "lines.h"

#define SIM_UART_CLOCK 52000000u /* twice the 26 MHz crystal */
#define SIM_ROM_BAUD   74880u
#define SIM_MSG_SIZE   0x2000u
#define SIM_RING_SIZE  256u
#define SIM_DRAM_BASE  0x3FFE8000u
#define SIM_DRAM_SIZE  0x18000u
#define SIM_IRAM_BASE  0x40100000u
#define SIM_IRAM_SIZE  0x10000u
#define SIM_REGS_SPARE 64

/* A download into flash or RAM: both follow the same rules. */
struct sim_xfer {
	bool begun;
	uint32_t size, blocks, block_size, addr;
	uint32_t expected; /* number of the next block */
	uint32_t got;	   /* bytes stored */
};

enum sim_job { SIM_JOB_NONE, SIM_JOB_ERASE, SIM_JOB_PROGRAM, SIM_JOB_WRITE_REG };

struct sim_rom {
	/* SLIP reader; the buffer keeps what earlier frames left in it. */
	bool in_frame, escaped;
	uint8_t msg[SIM_MSG_SIZE];
	size_t len;
	/* The answer, parts of which outlive a command. */
	uint8_t op, status, code;
	uint32_t value;
	struct sim_xfer flash, mem;
	uint32_t chip_size; /* what the ROM believes: 4 MB until told */
	bool attached;	    /* the flash pins are routed to the SPI unit */
	/* Work that takes time; meanwhile the interrupt collects bytes in the ring. */
	enum sim_job job;
	sim_time busy_until;
	uint32_t erase_sector, erase_head, erase_rest; /* sectors to go: single, then both */
	uint32_t op_addr, op_len;		       /* the erase or program under way */
	unsigned quad;				       /* WRITE_REG: which one waits */
	uint8_t ring[SIM_RING_SIZE];
	size_t ring_len;
	/* Autobaud. */
	unsigned edges;
	int64_t last_edge_ps, min_low_ps, min_high_ps;
};

struct sim_regs {
	struct {
		uint32_t addr, value;
	} spare[SIM_REGS_SPARE];
	size_t spare_len;
	uint8_t dram[SIM_DRAM_SIZE];
	uint8_t iram[SIM_IRAM_SIZE];
};

struct sim_device {
	struct sim_device_config cfg;
	struct sim_wire *tx, *rx;
	struct sim_flash flash;
	struct sim_faults faults;
	uint64_t rng;
	sim_time now;
	/* board */
	bool power, button, gpio2, gpio15;
	struct sim_circuit circuit;
	bool power_lost;     /* power went while EN was held: the next start is a power-on */
	unsigned strap_mode; /* as latched: GPIO15, GPIO0, GPIO2 */
	unsigned resets;
	/* life */
	enum sim_mode mode, next_mode; /* next_mode: after the ROM's text has left */
	enum sim_cause cause;
	sim_time boot_at;	      /* the ROM starts, or the watchdog bites */
	enum sim_cause pending_reset; /* asked for from within a call; 0 is none */
	/* UART */
	int64_t bit_ps;
	uint32_t clkdiv;
	uint32_t pending_baud; /* the application's, once the queue has left; 0 is none */
	uint8_t *held;
	size_t held_len, held_cap;
	struct sim_rom rom;
	struct sim_regs regs;
	struct sim_spi spi;
	struct sim_cpu *cpu; /* made when code is first started in RAM */
	bool pending_dip;    /* the supply dips at the end of the present call */
	struct sim_app_host host;
	struct sim_app *app;
};

/* device.c */
/* The present moment, finer than dev->now while the processor runs. */
int64_t sim_device_ps(const struct sim_device *dev);
void sim_device_send(struct sim_device *dev, const void *bytes, size_t n);
void sim_device_set_clkdiv(struct sim_device *dev, uint32_t div);
void sim_device_set_mode(struct sim_device *dev, enum sim_mode mode);
void sim_device_restart(struct sim_device *dev, enum sim_cause cause, sim_time delay_us);
void sim_device_supply_dip(struct sim_device *dev);

/* rom_boot.c */
void sim_boot_start(struct sim_device *dev);
/* Loads the application from flash, printing; the end of the text starts it. */
void sim_boot_flash(struct sim_device *dev);

/* rom_loader.c */
void sim_loader_enter(struct sim_device *dev);
void sim_loader_autobaud(struct sim_device *dev, const struct sim_air *air);
void sim_loader_rx(struct sim_device *dev, uint8_t byte);
void sim_loader_tick(struct sim_device *dev);
/* Ends a command; the answer leaves and bytes from the ring are read on. */
void sim_loader_answer(struct sim_device *dev, uint8_t status, uint8_t code);
uint32_t sim_loader_word(const struct sim_device *dev, size_t index);

/* rom_flash.c; each ends in sim_loader_answer, now or from a tick. */
void sim_romflash_begin(struct sim_device *dev, uint16_t len);
void sim_romflash_data(struct sim_device *dev, uint16_t len);
void sim_romflash_end(struct sim_device *dev);
void sim_romflash_params(struct sim_device *dev, uint16_t len);
void sim_romflash_tick(struct sim_device *dev);
/* The power went while the flash was working. */
void sim_romflash_torn(struct sim_device *dev);
/* rom_mem.c */
void sim_rommem_begin(struct sim_device *dev, uint16_t len);
void sim_rommem_data(struct sim_device *dev, uint16_t len);
void sim_rommem_end(struct sim_device *dev);
/* The checks that both kinds of DATA share: 0 or an error code; advances the number. */
uint8_t sim_xfer_check(struct sim_device *dev, struct sim_xfer *x, uint16_t len);
uint8_t sim_xfer_xor(const uint8_t *bytes, size_t n);

/* regs.c */
void sim_regs_reset(struct sim_device *dev);
uint32_t sim_regs_read(struct sim_device *dev, uint32_t addr);
void sim_regs_write(struct sim_device *dev, uint32_t addr, uint32_t value);
/* The RAM behind an address range, or NULL when it is none. */
uint8_t *sim_regs_ram(struct sim_device *dev, uint32_t addr, size_t n);

/* app_host.c */
bool sim_apphost_init(struct sim_device *dev, char *err, size_t errsize);
void sim_apphost_boot(struct sim_device *dev);
/* Applies a rate that waited for the queue, then sends what was held back. */
void sim_apphost_drained(struct sim_device *dev);

/* little endian */
static inline uint32_t sim_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#endif
