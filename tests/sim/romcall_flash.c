/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ROM's flash functions for code in RAM: SPIRead, SPIWrite and the erases by way of 32 bytes
 * of the SPI unit's buffer (ROM 0x40004080 to 0x40004c2c), what they check, and how long they
 * take: bits on the wires, the flash's own time, and their instructions.
 */
#include "simint.h"

#define FLASHCHIP_PTR 0x3FFFC714u
#define CHUNK	      32u
#define WREN_CYCLES   150 /* WREN, its wait, and reading the status until it shows */
#define WREN_BITS     (8 + 16 + 8)
#define WORD_CYCLES   15 /* a word between memory and the unit's buffer */
#define CHUNK_CYCLES  40

struct chip {
	uint32_t size, block, sector, page;
};

static bool chip(struct sim_cpu *cpu, struct chip *f)
{
	uint32_t at;

	return sim_romcall_load(cpu, FLASHCHIP_PTR, 4, &at) &&
	       sim_romcall_load(cpu, at + 4, 4, &f->size) &&
	       sim_romcall_load(cpu, at + 8, 4, &f->block) &&
	       sim_romcall_load(cpu, at + 12, 4, &f->sector) &&
	       sim_romcall_load(cpu, at + 16, 4, &f->page);
}

static int64_t cycles(const struct sim_cpu *cpu, int64_t ps)
{
	return (ps * (cpu->hz / 1000000) + 999999) / 1000000;
}

static int64_t wire(const struct sim_cpu *cpu, unsigned bits)
{
	return cycles(cpu, sim_spi_bits_ps(cpu->dev, bits));
}

/* Wait_SPI_Idle: true when the flash is at rest; until then the piece is played again. */
static bool flash_idle(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;

	if (!sim_spi_flash_busy(cpu->dev))
		return true;
	(void)lx106_sleep(c, sim_cpu_cycle_of(cpu, cpu->dev->spi.busy_ps) + wire(cpu, 16) + 20);
	return false;
}

/* --- reading ------------------------------------------------------------------------------------ */

static void spi_read(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	struct chip f;

	if (!chip(cpu, &f))
		return;
	c->cycles += 40;
	if ((uint64_t)c->a[2] + c->a[4] > f.size)
		sim_romcall_return(cpu, 1, 10);
	else
		c->pc++;
}

/* a2: where in flash, a3: where to, a4: how much is left. */
static void spi_read_more(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t n = c->a[4] < CHUNK ? c->a[4] : CHUNK;
	uint8_t bytes[CHUNK + 4] = {0};

	if (!flash_idle(cpu))
		return;
	if ((int32_t)c->a[4] <= 0) {
		sim_romcall_return(cpu, 0, 10);
		return;
	}
	if (cpu->dev->rom.attached)
		sim_flash_read(&cpu->dev->flash, c->a[2] & 0xFFFFFF, bytes, n);
	for (uint32_t i = 0; i < n; i += 4)
		if (!sim_romcall_store(cpu, c->a[3] + i, 4, sim_le32(bytes + i)))
			return;
	c->cycles += CHUNK_CYCLES + wire(cpu, 8 + 24 + 8 * n) + (n + 3) / 4 * WORD_CYCLES;
	c->a[2] += n;
	c->a[3] += n;
	c->a[4] -= n;
}

/* --- writing ------------------------------------------------------------------------------------ */

static void spi_write(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	struct chip f;

	if (!chip(cpu, &f))
		return;
	c->cycles += 80;
	if ((uint64_t)c->a[2] + c->a[4] > f.size || c->a[4] % 4 != 0) {
		sim_romcall_return(cpu, 1, 10);
		return;
	}
	c->a[5] = f.page;
	c->pc++;
}

static void spi_write_more(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t left = c->a[5] - c->a[2] % (c->a[5] ? c->a[5] : 256);
	uint32_t n = c->a[4] < CHUNK ? c->a[4] : CHUNK, word;
	uint8_t bytes[CHUNK];

	if (!flash_idle(cpu))
		return;
	if (c->a[4] == 0) {
		sim_romcall_return(cpu, 0, 10);
		return;
	}
	n = n < left ? n : left;
	for (uint32_t i = 0; i < n; i += 4) {
		if (!sim_romcall_load(cpu, c->a[3] + i, 4, &word))
			return;
		for (uint32_t k = 0; k < 4; k++)
			bytes[i + k] = (uint8_t)(word >> (8 * k));
	}
	c->cycles += CHUNK_CYCLES + WREN_CYCLES + wire(cpu, WREN_BITS) + wire(cpu, 8 + 24 + 8 * n) +
		     n / 4 * WORD_CYCLES;
	sim_spi_start_program(cpu->dev, c->a[2] & 0xFFFFFF, bytes, n);
	c->a[2] += n;
	c->a[3] += n;
	c->a[4] -= n;
}

/* --- erasing ------------------------------------------------------------------------------------ */

/* A sector or block by its number, then on with the wait. */
static void erase_unit(struct sim_cpu *cpu, uint32_t unit, uint32_t size)
{
	struct lx106 *c = &cpu->core;

	c->cycles += 120 + WREN_CYCLES + wire(cpu, WREN_BITS + 32);
	if (unit == 0 || c->a[2] >= size / unit) {
		sim_romcall_return(cpu, 1, 10);
		return;
	}
	c->a[3] = c->a[2] * unit;
	c->a[4] = unit;
	c->pc++;
}

static void erase_sector(struct sim_cpu *cpu)
{
	struct chip f;

	if (chip(cpu, &f))
		erase_unit(cpu, f.sector, f.size);
}

static void erase_block(struct sim_cpu *cpu)
{
	struct chip f;

	if (chip(cpu, &f))
		erase_unit(cpu, f.block, f.size);
}

static void erase_chip(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;

	c->cycles += 60 + WREN_CYCLES + wire(cpu, WREN_BITS + 8);
	c->a[3] = 0;
	c->a[4] = 0; /* all */
	c->pc++;
}

static void erase_begin(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;

	if (!flash_idle(cpu))
		return;
	sim_spi_start_erase(cpu->dev, c->a[3], c->a[4] ? c->a[4] : cpu->dev->flash.size);
	c->pc++;
}

static void wait_idle(struct sim_cpu *cpu)
{
	if (flash_idle(cpu))
		sim_romcall_return(cpu, 0, 20 + wire(cpu, 16));
}

/* --- status and the rest -------------------------------------------------------------------------- */

static void write_status(struct sim_cpu *cpu, uint8_t value)
{
	struct lx106 *c = &cpu->core;

	if (!flash_idle(cpu))
		return;
	c->cycles += 100 + WREN_CYCLES + wire(cpu, WREN_BITS + 16);
	sim_spi_start_status(cpu->dev, value);
	sim_romcall_return(cpu, 0, 10);
}

static void unlock(struct sim_cpu *cpu)
{
	write_status(cpu, 0);
}

static void lock(struct sim_cpu *cpu)
{
	write_status(cpu, SIM_FLASH_BP);
}

/* (chip, status): after SPI_write_enable, which has been called or nothing happens. */
static void spi_write_status(struct sim_cpu *cpu)
{
	if (!cpu->dev->spi.write_enabled) {
		wait_idle(cpu);
		return;
	}
	write_status(cpu, (uint8_t)cpu->core.a[3]);
}

static void write_enable(struct sim_cpu *cpu)
{
	if (!flash_idle(cpu))
		return;
	cpu->dev->spi.write_enabled = cpu->dev->rom.attached;
	sim_romcall_return(cpu, 0, WREN_CYCLES + wire(cpu, WREN_BITS));
}

/* (chip, where to): waits until the flash is at rest, too. */
static void read_status(struct sim_cpu *cpu)
{
	uint8_t s = cpu->dev->flash.status;

	if (!flash_idle(cpu))
		return;
	if (cpu->dev->flash.write_protect)
		s |= 0x80 | SIM_FLASH_BP;
	if (cpu->dev->spi.write_enabled)
		s |= 2;
	if (sim_romcall_store(cpu, cpu->core.a[3], 4, s))
		sim_romcall_return(cpu, 0, 30 + wire(cpu, 16));
}

static void attach(struct sim_cpu *cpu)
{
	cpu->dev->rom.attached = true;
	sim_romcall_return(cpu, 0, 200);
}

/* (id, chip size, block, sector, page, mask) */
static void param_cfg(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t at;

	if (!sim_romcall_load(cpu, FLASHCHIP_PTR, 4, &at))
		return;
	for (uint32_t i = 0; i < 6; i++)
		if (!sim_romcall_store(cpu, at + 4 * i, 4, c->a[2 + i]))
			return;
	sim_romcall_return(cpu, 0, 30);
}

/* Reading through the cache is not played; switching it is without effect. */
static void cache(struct sim_cpu *cpu)
{
	sim_romcall_return(cpu, 0, 60);
}

const struct sim_romcall sim_romcall_flash[] = {
    {0x40003F58, "SelectSpiFunction", attach},
    {0x40004400, "SPI_write_status", spi_write_status},
    {0x400043C8, "SPI_read_status", read_status},
    {0x4000443C, "SPI_write_enable", write_enable},
    {0x4000448C, "Wait_SPI_Idle", wait_idle},
    {0x40004644, "spi_flash_attach", attach},
    {0x40004678, "Cache_Read_Enable", cache},
    {0x400047F0, "Cache_Read_Disable", cache},
    {0x40004878, "SPIUnlock", unlock},
    {0x400048A8, "SPILock", lock},
    {0x40004984, "SPIEraseChip", erase_chip},
    {0x40004985, ".SPIEraseChip", erase_begin},
    {0x40004986, ".SPIEraseChip", wait_idle},
    {0x400049B4, "SPIEraseBlock", erase_block},
    {0x400049B5, ".SPIEraseBlock", erase_begin},
    {0x400049B6, ".SPIEraseBlock", wait_idle},
    {0x40004A00, "SPIEraseSector", erase_sector},
    {0x40004A01, ".SPIEraseSector", erase_begin},
    {0x40004A02, ".SPIEraseSector", wait_idle},
    {0x40004A4C, "SPIWrite", spi_write},
    {0x40004A4D, ".SPIWrite", spi_write_more},
    {0x40004B1C, "SPIRead", spi_read},
    {0x40004B1D, ".SPIRead", spi_read_more},
    {0x40004C2C, "SPIParamCfg", param_cfg},
    {0, NULL, NULL},
};
