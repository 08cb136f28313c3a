/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SPI unit before the flash (esp-serial-protocol.md 3.5; bits 25, 26, 29 and 31 of CMD after
 * Espressif's spi_register.h for the ESP8266). A command takes the time of its bits on the wires:
 * the clock is the processor's, divided as CTRL says (ROM 0x40004568 writes it: bit 12 undivided,
 * else bits 8 to 11 plus 1; the loader's spi_flash_attach sets 4). Results are in the registers
 * when it is over, and only then. What the flash does afterwards by itself takes the times of
 * flash.h; meanwhile it answers the status register alone.
 */
#include "simint.h"

#include <string.h>

#define SPI0	      0x60000200u
#define SPI_SIZE      0x80u
#define REG_CMD	      0x00u
#define REG_ADDR      0x04u
#define REG_CTRL      0x08u
#define REG_RD_STATUS 0x10u
#define REG_USER      0x1Cu
#define REG_USER1     0x20u
#define REG_USER2     0x24u
#define REG_W0	      0x40u

#define CMD_USR	     (1u << 18)
#define CMD_CHIP     (1u << 22)
#define CMD_BLOCK    (1u << 23)
#define CMD_SECTOR   (1u << 24)
#define CMD_PROGRAM  (1u << 25)
#define CMD_WRSR     (1u << 26)
#define CMD_RDSR     (1u << 27)
#define CMD_RDID     (1u << 28)
#define CMD_WRDI     (1u << 29)
#define CMD_WREN     (1u << 30)
#define CMD_READ     (1u << 31)
#define USER_COMMAND (1u << 31)
#define USER_ADDRESS (1u << 30)
#define USER_DUMMY   (1u << 29)
#define USER_MISO    (1u << 28)
#define USER_MOSI    (1u << 27)
#define CTRL_FAST    (1u << 13)
#define CTRL_DOUT    (1u << 14)
#define CTRL_QOUT    (1u << 20)
#define CTRL_DIO     (1u << 23)
#define CTRL_QIO     (1u << 24)
#define ROM_CTRL     0x00288313u /* spi_flash_attach: slow reads, a quarter of the clock */
#define COMMAND_BITS 8
#define ADDRESS_BITS 24
#define NO_FLASH     0xFFFFFFu
#define XMC	     0x20u /* as the maker of a flash */
#define XMC_STEPS    4u
#define BUFFER	     64u
#define UNIT_CLOCKS  4	   /* until the unit has begun and ended; an estimate */
#define STATUS_US    10000 /* W25Q-class datasheets: tW */

void sim_spi_reset(struct sim_device *dev)
{
	memset(&dev->spi, 0, sizeof(dev->spi));
	dev->spi.ctrl = ROM_CTRL;
}

int64_t sim_spi_bits_ps(const struct sim_device *dev, unsigned bits)
{
	uint32_t ctrl = dev->spi.ctrl;
	int64_t divider = ctrl & (1u << 12) ? 1 : (int64_t)(ctrl >> 8 & 15) + 1;

	return (int64_t)bits * divider * 1000000 / (SIM_CPU_HZ / 1000000);
}

/* --- the flash's own work ----------------------------------------------------------------------- */

static void job_done(struct sim_device *dev)
{
	struct sim_spi *s = &dev->spi;
	enum sim_spi_job job = s->job;

	s->job = SIM_SPI_IDLE;
	if (job == SIM_SPI_ERASE)
		sim_flash_erase(&dev->flash, s->job_addr, s->job_len);
	else if (job == SIM_SPI_PROGRAM)
		sim_flash_program(&dev->flash, s->job_addr, s->job_bytes, s->job_len);
	else
		dev->flash.status = s->job_bytes[0];
}

void sim_spi_settle(struct sim_device *dev)
{
	struct sim_spi *s = &dev->spi;
	int64_t now = sim_device_ps(dev);

	if (s->running && s->done_ps <= now) {
		s->running = false;
		if (s->result_is_status)
			s->rd_status = s->result_status;
		memcpy(s->w, s->result, 4 * s->result_words);
	}
	if (s->job != SIM_SPI_IDLE && s->busy_ps <= now)
		job_done(dev);
}

void sim_spi_torn(struct sim_device *dev)
{
	struct sim_spi *s = &dev->spi;

	sim_spi_settle(dev);
	if (s->job == SIM_SPI_ERASE)
		sim_flash_erase_torn(&dev->flash, s->job_addr, s->job_len);
	else if (s->job == SIM_SPI_PROGRAM)
		sim_flash_program(&dev->flash, s->job_addr, s->job_bytes, s->job_len / 2);
	if (s->job != SIM_SPI_IDLE)
		sim_device_trace(dev, dev->now, "torn at %06x", s->job_addr);
	s->job = SIM_SPI_IDLE;
	s->running = false;
}

int64_t sim_spi_deadline(const struct sim_device *dev)
{
	return dev->spi.job != SIM_SPI_IDLE ? dev->spi.busy_ps : SIM_WIRE_NEVER;
}

bool sim_spi_flash_busy(struct sim_device *dev)
{
	sim_spi_settle(dev);
	return dev->spi.job != SIM_SPI_IDLE;
}

/* `after`: the command's own time on the wires, which comes first. */
static void begin_job(struct sim_device *dev, enum sim_spi_job job, uint32_t addr, uint32_t len,
    int64_t after, int64_t ps)
{
	struct sim_spi *s = &dev->spi;

	s->job = job;
	s->job_addr = addr;
	s->job_len = len;
	s->busy_ps = sim_device_ps(dev) + after + ps;
	s->busy_rest_ps += ps;
	dev->flash.busy_us += s->busy_rest_ps / SIM_PS_PER_US;
	s->busy_rest_ps %= SIM_PS_PER_US;
}

/* Every change wants WREN before it, and ends it. */
static bool may_change(struct sim_device *dev)
{
	struct sim_spi *s = &dev->spi;

	if (!dev->rom.attached || !s->write_enabled || sim_spi_flash_busy(dev))
		return false;
	s->write_enabled = false;
	return true;
}

static bool is_protected(const struct sim_device *dev)
{
	return dev->flash.write_protect || (dev->flash.status & SIM_FLASH_BP);
}

static int64_t erase_us(const struct sim_device *dev, uint32_t len)
{
	if (len == SIM_SECTOR)
		return dev->flash.times.sector_us;
	if (len == SIM_BLOCK)
		return dev->flash.times.block_us;
	return (int64_t)(len / SIM_BLOCK) * dev->flash.times.block_us;
}

static bool erase(struct sim_device *dev, uint32_t addr, uint32_t len, int64_t after)
{
	if (!may_change(dev))
		return false;
	addr &= (dev->flash.size - 1) & ~(len - 1);
	sim_device_trace(
	    dev, dev->now, "spi erase %06x %u%s", addr, len, is_protected(dev) ? " refused" : "");
	if (is_protected(dev))
		return false;
	begin_job(dev, SIM_SPI_ERASE, addr, len, after, erase_us(dev, len) * SIM_PS_PER_US);
	if (sim_faults_event(&dev->faults, SIM_FAULT_BROWNOUT_ERASE))
		dev->pending_dip = true;
	return true;
}

/* A page takes page_us. Datasheets of the W25Q class give 30 us for the first byte and 2.5 us
 * for each further one, together the page's 0.7 ms: a part of a page takes its share so. */
static int64_t program_ps(const struct sim_device *dev, size_t n)
{
	int64_t tenths = 300 + 25 * ((int64_t)n - 1), page = 300 + 25 * 255;

	return (int64_t)dev->flash.times.page_us * SIM_PS_PER_US / page * tenths;
}

static bool program(
    struct sim_device *dev, uint32_t addr, const uint8_t *bytes, size_t n, int64_t after)
{
	struct sim_spi *s = &dev->spi;
	uint32_t page = addr & ~(SIM_PAGE - 1);

	if (n == 0 || n > SIM_PAGE || !may_change(dev) || is_protected(dev))
		return false;
	memcpy(s->job_bytes, bytes, n);
	if ((addr & (SIM_PAGE - 1)) + n > SIM_PAGE) {
		/* The chip's address wraps within the page. */
		size_t first = SIM_PAGE - (addr & (SIM_PAGE - 1));

		sim_device_trace(dev, dev->now, "spi program %06x wraps in its page", addr);
		sim_flash_program(&dev->flash, page, bytes + first, n - first);
		n = first;
	}
	begin_job(dev, SIM_SPI_PROGRAM, addr, (uint32_t)n, after, program_ps(dev, n));
	return true;
}

static bool write_status(struct sim_device *dev, uint8_t status, int64_t after)
{
	if (!may_change(dev) || dev->flash.write_protect)
		return false;
	dev->spi.job_bytes[0] = status & 0xFC;
	begin_job(dev, SIM_SPI_STATUS, 0, 0, after, (int64_t)STATUS_US * SIM_PS_PER_US);
	return true;
}

bool sim_spi_start_erase(struct sim_device *dev, uint32_t addr, uint32_t len)
{
	dev->spi.write_enabled = dev->rom.attached;
	return erase(dev, addr, len, 0);
}

bool sim_spi_start_program(struct sim_device *dev, uint32_t addr, const uint8_t *bytes, size_t n)
{
	dev->spi.write_enabled = dev->rom.attached;
	return program(dev, addr, bytes, n, 0);
}

bool sim_spi_start_status(struct sim_device *dev, uint8_t status)
{
	dev->spi.write_enabled = dev->rom.attached;
	return write_status(dev, status, 0);
}

/* --- what the flash answers ----------------------------------------------------------------------- */

static uint8_t flash_status(struct sim_device *dev)
{
	uint8_t s = (uint8_t)(dev->flash.status | (sim_spi_flash_busy(dev) ? 1 : 0));

	if (!dev->rom.attached)
		return 0xFF;
	if (dev->flash.write_protect)
		s |= 0x80 | SIM_FLASH_BP;
	return (uint8_t)(s | (dev->spi.write_enabled ? 2 : 0));
}

static uint32_t jedec(struct sim_device *dev)
{
	if (!dev->rom.attached || sim_spi_flash_busy(dev))
		return NO_FLASH;
	if (!dev->cfg.xmc_asleep)
		return sim_flash_jedec(&dev->flash);
	if (dev->spi.xmc_steps < XMC_STEPS)
		return XMC | 0x70u << 8; /* not documented: neither its type nor a size */
	return (sim_flash_jedec(&dev->flash) & ~0xFFu) | XMC;
}

/* The cure of 4.2: these, in this order. */
static void xmc_command(struct sim_device *dev, uint8_t cmd)
{
	static const uint8_t cure[XMC_STEPS] = {0xB9, 0x79, 0xFF, 0xAB};
	struct sim_spi *s = &dev->spi;

	if (!dev->cfg.xmc_asleep || s->xmc_steps == XMC_STEPS)
		return;
	s->xmc_steps = cmd == cure[s->xmc_steps] ? s->xmc_steps + 1 : 0;
}

/* Of the table of parameters only what is looked at: "SFDP", and whose it is. */
static uint32_t sfdp(struct sim_device *dev, uint32_t addr)
{
	if (!dev->rom.attached || sim_spi_flash_busy(dev))
		return UINT32_MAX;
	return addr == 0 ? 0x50444653u : addr == 0x10 ? (dev->cfg.xmc_asleep ? XMC : 0xEFu) : 0;
}

static void answer(struct sim_device *dev, uint32_t word)
{
	dev->spi.result[0] = word;
	dev->spi.result_words = 1;
}

static void answer_flash(struct sim_device *dev, uint32_t addr, size_t n)
{
	struct sim_spi *s = &dev->spi;
	uint8_t bytes[BUFFER];

	n = n < BUFFER ? n : BUFFER;
	memset(bytes, 0xFF, sizeof(bytes));
	if (dev->rom.attached && !sim_spi_flash_busy(dev))
		sim_flash_read(&dev->flash, addr, bytes, n);
	for (size_t i = 0; i < n; i += 4)
		s->result[i / 4] = sim_le32(bytes + i);
	s->result[0] ^= sim_spi_read_error(dev);
	s->result_words = (unsigned)(n + 3) / 4;
}

/* --- for spi_hold.c ------------------------------------------------------------------------------- */

static unsigned clock_mhz(const struct sim_device *dev)
{
	return (unsigned)(SIM_CPU_HZ / 1000000 * SIM_PS_PER_US / sim_spi_bits_ps(dev, 52));
}

/* A flash that is too slow for the clock: one byte in some hundred has its last bit late. */
uint8_t sim_spi_read_error(struct sim_device *dev)
{
	const struct sim_fault *f = sim_faults_find(&dev->faults, SIM_FAULT_READ_MHZ);

	return f && clock_mhz(dev) > f->n && (sim_rand(&dev->rng) & 0xFF) == 0 ? 1 : 0;
}

uint8_t sim_spi_held_status(struct sim_device *dev)
{
	return flash_status(dev);
}

uint32_t sim_spi_held_id(struct sim_device *dev)
{
	return jedec(dev);
}

/* Of more than a page the last 256 bytes count, each at its place. */
void sim_spi_held_program(struct sim_device *dev, uint32_t addr, const uint8_t *page, size_t n)
{
	uint8_t bytes[SIM_PAGE];

	if (n > SIM_PAGE) {
		sim_device_trace(dev, dev->now, "spi program %06x longer than a page", addr);
		for (size_t i = 0; i < SIM_PAGE; i++)
			bytes[i] = page[(n + i) % SIM_PAGE];
		addr = (addr & ~(SIM_PAGE - 1)) | ((addr + (uint32_t)n) & (SIM_PAGE - 1));
		n = SIM_PAGE;
		page = bytes;
	}
	if (n > BUFFER && sim_faults_find(&dev->faults, SIM_FAULT_SHORT_HOLD))
		n = BUFFER;
	program(dev, addr, page, n, 0);
}

void sim_spi_held_erase(struct sim_device *dev, uint32_t addr, uint32_t len)
{
	erase(dev, addr, len, 0);
}

/* Transfers of the SPI unit go through W0..W15, lowest byte first. */
static void sent_bytes(const struct sim_spi *s, uint8_t bytes[BUFFER])
{
	for (size_t i = 0; i < BUFFER; i++)
		bytes[i] = (uint8_t)(s->w[i / 4] >> (8 * (i % 4)));
}

/* --- commands ------------------------------------------------------------------------------------- */

static unsigned user_bits(const struct sim_spi *s)
{
	unsigned bits = 0;

	if (s->user & USER_COMMAND)
		bits += (s->user2 >> 28) + 1;
	if (s->user & USER_ADDRESS)
		bits += (s->user1 >> 26) + 1;
	if (s->user & USER_DUMMY)
		bits += (s->user1 & 0xFF) + 1;
	if (s->user & USER_MISO)
		bits += (s->user1 >> 8 & 0x1FF) + 1;
	if (s->user & USER_MOSI)
		bits += (s->user1 >> 17 & 0x1FF) + 1;
	return bits;
}

/* A command of the user's own (bit 18): USER2 has it, ADDR holds the address left aligned. */
static void spi_user(struct sim_device *dev, int64_t ps)
{
	struct sim_spi *s = &dev->spi;
	uint32_t addr = s->addr >> 8;
	uint8_t bytes[BUFFER];

	if (!(s->user & USER_COMMAND) || (s->user2 >> 28) + 1 != COMMAND_BITS ||
	    sim_faults_find(&dev->faults, SIM_FAULT_NO_SPI_USER))
		return;
	sent_bytes(s, bytes);
	xmc_command(dev, s->user2 & 0xFF);
	switch (s->user2 & 0xFF) {
	case 0x9F:
		answer(dev, jedec(dev));
		break;
	case 0x05:
		answer(dev, flash_status(dev));
		break;
	case 0x5A:
		if (s->user & USER_ADDRESS)
			answer(dev, sfdp(dev, addr));
		break;
	case 0x35:
	case 0x15:
		answer(dev, dev->rom.attached ? 0 : 0xFF);
		break;
	case 0x06:
		s->write_enabled = dev->rom.attached && !sim_spi_flash_busy(dev);
		break;
	case 0x04:
		s->write_enabled = false;
		break;
	case 0x01:
		write_status(dev, bytes[0], ps);
		break;
	case 0x02:
		program(dev, addr, bytes, ((s->user1 >> 17 & 0x1FF) + 1) / 8, ps);
		break;
	case 0x03:
	case 0x0B:
		/* Without its address phase the flash would take what follows for one. */
		if ((s->user & USER_ADDRESS) && (s->user & USER_MISO) &&
		    (s->user1 >> 26) + 1 == ADDRESS_BITS)
			answer_flash(dev, addr, ((s->user1 >> 8 & 0x1FF) + 1) / 8);
		break;
	case 0x20:
		erase(dev, addr, SIM_SECTOR, ps);
		break;
	case 0xD8:
		erase(dev, addr, SIM_BLOCK, ps);
		break;
	case 0x60:
	case 0xC7:
		erase(dev, 0, dev->flash.size, ps);
		break;
	default:
		break;
	}
}

/* Bits on the wires of READ, in the mode that CTRL asks for. */
static unsigned read_bits(const struct sim_spi *s, unsigned n)
{
	unsigned data = 8 * n;

	if (s->ctrl & CTRL_QIO)
		return 8 + 6 + 6 + data / 4;
	if (s->ctrl & CTRL_DIO)
		return 8 + 12 + 4 + data / 2;
	if (s->ctrl & CTRL_QOUT)
		return 8 + 24 + 8 + data / 4;
	if (s->ctrl & CTRL_DOUT)
		return 8 + 24 + 8 + data / 2;
	return 8 + 24 + (s->ctrl & CTRL_FAST ? 8 : 0) + data;
}

static unsigned command_bits(const struct sim_spi *s, uint32_t cmd)
{
	unsigned n = s->addr >> 24;

	if (cmd & CMD_READ)
		return read_bits(s, n);
	if (cmd & CMD_PROGRAM)
		return 8 + 24 + 8 * n;
	if (cmd & (CMD_SECTOR | CMD_BLOCK | CMD_RDID))
		return 8 + 24;
	if (cmd & (CMD_RDSR | CMD_WRSR))
		return 8 + 8;
	return cmd & CMD_USR ? user_bits(s) : 8;
}

static void changing_command(struct sim_device *dev, uint32_t cmd, int64_t ps)
{
	struct sim_spi *s = &dev->spi;
	uint8_t bytes[BUFFER];

	if (cmd & CMD_SECTOR)
		erase(dev, s->addr & 0xFFFFFF, SIM_SECTOR, ps);
	if (cmd & CMD_BLOCK)
		erase(dev, s->addr & 0xFFFFFF, SIM_BLOCK, ps);
	if (cmd & CMD_CHIP)
		erase(dev, 0, dev->flash.size, ps);
	if (cmd & CMD_WRSR)
		write_status(dev, (uint8_t)s->rd_status, ps);
	if (cmd & CMD_PROGRAM) {
		sent_bytes(s, bytes);
		program(dev, s->addr & 0xFFFFFF, bytes, s->addr >> 24, ps);
	}
}

/* With the controller's own chip select. */
static void own_command(struct sim_device *dev, uint32_t cmd, int64_t ps)
{
	struct sim_spi *s = &dev->spi;

	if (cmd & CMD_WREN)
		s->write_enabled = dev->rom.attached && !sim_spi_flash_busy(dev);
	if (cmd & CMD_WRDI)
		s->write_enabled = false;
	if (cmd & CMD_RDID)
		answer(dev, jedec(dev));
	if (cmd & CMD_RDSR)
		s->result_status = flash_status(dev);
	if (cmd & CMD_READ)
		answer_flash(dev, s->addr & 0xFFFFFF, s->addr >> 24);
	changing_command(dev, cmd, ps);
	if (cmd & CMD_USR)
		spi_user(dev, ps);
}

/* With another one. */
static void held_command(struct sim_device *dev, uint32_t cmd)
{
	if (cmd & CMD_USR)
		sim_hold_user(dev);
	else
		sim_hold_other(dev);
}

static void command(struct sim_device *dev, uint32_t cmd)
{
	struct sim_spi *s = &dev->spi;
	int64_t ps;

	if (cmd == 0)
		return;
	if (s->running) {
		sim_device_trace(dev, dev->now, "spi command %08x while one runs: lost", cmd);
		return;
	}
	ps = sim_spi_bits_ps(dev, command_bits(s, cmd) + UNIT_CLOCKS);
	s->result_words = 0;
	s->result_is_status = (cmd & CMD_RDSR) != 0;
	if (sim_hold_takes(dev))
		held_command(dev, cmd);
	else
		own_command(dev, cmd, ps);
	s->running = true;
	s->done_ps = sim_device_ps(dev) + ps;
	/* The loader's own program takes longer to come back than any command. */
	if (!sim_cpu_running(dev)) {
		s->done_ps = sim_device_ps(dev);
		sim_spi_settle(dev);
	}
}

/* --- registers ------------------------------------------------------------------------------------- */

bool sim_spi_owns(uint32_t addr)
{
	return addr - SPI0 < SPI_SIZE && addr % 4 == 0 &&
	       (addr - SPI0 >= REG_W0 || addr - SPI0 <= REG_CTRL || addr - SPI0 == REG_RD_STATUS ||
		   (addr - SPI0 >= REG_USER && addr - SPI0 <= REG_USER2));
}

static uint32_t *spi_register(struct sim_spi *s, uint32_t offset)
{
	if (offset >= REG_W0)
		return &s->w[(offset - REG_W0) / 4];
	switch (offset) {
	case REG_ADDR:
		return &s->addr;
	case REG_CTRL:
		return &s->ctrl;
	case REG_RD_STATUS:
		return &s->rd_status;
	case REG_USER:
		return &s->user;
	case REG_USER1:
		return &s->user1;
	case REG_USER2:
		return &s->user2;
	default:
		return NULL;
	}
}

uint32_t sim_spi_read(struct sim_device *dev, uint32_t addr)
{
	const uint32_t *reg;

	sim_spi_settle(dev);
	reg = spi_register(&dev->spi, addr - SPI0);
	/* CMD: its bits fall when it is over; which of them is all the same to who waits. */
	return reg ? *reg : dev->spi.running ? CMD_USR : 0;
}

void sim_spi_write(struct sim_device *dev, uint32_t addr, uint32_t value)
{
	uint32_t *reg;

	sim_spi_settle(dev);
	reg = spi_register(&dev->spi, addr - SPI0);
	if (reg)
		*reg = value;
	else
		command(dev, value);
}
