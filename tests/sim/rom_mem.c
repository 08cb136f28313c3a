/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ROM's download into RAM (esp-serial-protocol.md 2.2, 3.2 and 11). */
#include "simint.h"

#include <string.h>

#define ERR_FORMAT     5
#define ERR_RESULT     6
#define BLOCK_MAX      0x1800u
#define PAYLOAD	       24
#define FLASHCHIP_SIZE 0x3FFFC71Cu
#define USER_START     0x3FFFDCD0u

void sim_rommem_begin(struct sim_device *dev, uint16_t len)
{
	struct sim_xfer x = {.begun = true};

	x.size = sim_loader_word(dev, 0);
	x.blocks = sim_loader_word(dev, 1);
	x.block_size = sim_loader_word(dev, 2);
	x.addr = sim_loader_word(dev, 3);
	if (len != 16 || x.block_size > BLOCK_MAX) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	dev->rom.mem = x;
	sim_loader_answer(dev, 0, 0);
}

void sim_rommem_data(struct sim_device *dev, uint16_t len)
{
	struct sim_xfer *x = &dev->rom.mem;
	uint8_t err = sim_xfer_check(dev, x, len);
	uint32_t n = sim_loader_word(dev, 0);
	uint8_t *ram;

	if (err) {
		sim_loader_answer(dev, 1, err);
		return;
	}
	ram = sim_regs_ram(dev, x->addr, n);
	if (ram)
		memcpy(ram, dev->rom.msg + PAYLOAD, n);
	x->addr += n;
	x->got += n;
	sim_loader_answer(dev, 0, 0);
}

/* With an entry the ROM answers and jumps. What it has learned of the chip's size is in its data,
 * where the code finds it. */
void sim_rommem_end(struct sim_device *dev)
{
	struct sim_xfer *x = &dev->rom.mem;
	bool matches = x->begun && x->expected == x->blocks && x->got >= x->size;
	uint32_t stay = sim_loader_word(dev, 0), entry = sim_loader_word(dev, 1);

	sim_loader_answer(dev, matches ? 0 : 1, ERR_RESULT);
	x->begun = false;
	if (stay || sim_faults_find(&dev->faults, SIM_FAULT_NO_RAM_CODE))
		return;
	sim_device_trace(dev, dev->now, "ram entry %08x", entry);
	sim_regs_write(dev, FLASHCHIP_SIZE, dev->rom.chip_size);
	sim_regs_write(dev, USER_START, entry);
	sim_device_set_mode(dev, SIM_MODE_RAM);
	sim_cpu_start(dev, entry);
}
