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
/* Where an application of the ESP32 family finds its settings. */
#define SIM_APP32_SETTINGS 0x80000000u

struct sim_inflate;

/* A download into flash or RAM: both follow the same rules. */
struct sim_xfer {
	bool begun;
	uint32_t size, blocks, block_size, addr;
	uint32_t expected; /* number of the next block */
	uint32_t got;	   /* bytes stored */
};

enum sim_job { SIM_JOB_NONE, SIM_JOB_ERASE, SIM_JOB_PROGRAM, SIM_JOB_WRITE_REG, SIM_JOB_MD5 };

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

/* What the ESP32 family has more. */
struct sim_rom32 {
	uint8_t data[64]; /* goes before the status bytes of the answer under way */
	size_t data_len;
	struct sim_xfer deflated;    /* its block numbers and place count compressed bytes */
	struct sim_inflate *inflate; /* the stream under way */
	uint8_t *plain;		     /* the bytes to program, and what of them is due */
	size_t plain_len;
	uint32_t next_clkdiv; /* after the answer has left; 0 is none */
	struct {
		uint32_t user, user1, user2, mosi_len, miso_len;
	} spi;
	/* the chip's own USB */
	bool usb_gone, download_flag, line_dtr, line_rts;
	sim_time usb_back_at;
	sim_time wdt_at, swd_at;
	/* the application found by the second boot loader */
	uint32_t app_at, app_size, nvs_at, nvs_size;
	/* what else the partition table has: slots for the application, safeboot */
	uint32_t otadata_at, safeboot_at, safeboot_size;
	uint32_t slot_at[2], slot_size[2];
	unsigned slots;
};

struct sim_device {
	struct sim_device_config cfg;
	const struct sim_chip_row *row;
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
	struct sim_rom32 rom32;
	struct sim_regs regs;
	struct sim_spi spi;
	struct sim_cpu *cpu; /* made when code is first started in RAM */
	bool pending_dip;    /* the supply dips at the end of the present call */
	struct sim_app_host host;
	struct sim_slots app_slots; /* of host, in the ESP32 family */
	struct sim_app *app;
};

/* device.c */
/* The present moment, finer than dev->now while the processor runs. */
int64_t sim_device_ps(const struct sim_device *dev);
void sim_device_send(struct sim_device *dev, const void *bytes, size_t n);
void sim_device_set_clkdiv(struct sim_device *dev, uint32_t div);
/* By the nearest divider of the chip's clock. */
void sim_device_set_baud_now(struct sim_device *dev, uint32_t baud);
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
/* The same for blocks of any length, not only of whole words. */
uint8_t sim_xfer_check_any(struct sim_device *dev, struct sim_xfer *x, uint16_t len);
uint8_t sim_xfer_xor(const uint8_t *bytes, size_t n);

/* regs.c */
void sim_regs_reset(struct sim_device *dev);
uint32_t sim_regs_read(struct sim_device *dev, uint32_t addr);
void sim_regs_write(struct sim_device *dev, uint32_t addr, uint32_t value);
/* Registers that keep what is written; NULL when it is not there (and is not to be made). */
uint32_t *sim_regs_spare(struct sim_regs *r, uint32_t addr, bool create);
/* The RAM behind an address range, or NULL when it is none. */
uint8_t *sim_regs_ram(struct sim_device *dev, uint32_t addr, size_t n);

/* app_host.c */
bool sim_apphost_init(struct sim_device *dev, char *err, size_t errsize);
void sim_apphost_boot(struct sim_device *dev);
/* Applies a rate that waited for the queue, then sends what was held back. */
void sim_apphost_drained(struct sim_device *dev);

/* rom32.c: the family's commands */
uint32_t sim_rom32_uart_hz(const struct sim_device *dev);
/* The pins of a flash in the package, as SPI_ATTACH wants them; 0: it is at the usual ones. */
uint32_t sim_rom32_flash_pins(const struct sim_device *dev);
uint32_t sim_rom32_believed_hz(const struct sim_device *dev);
/* The divider register's value, with its sixteenths, for a rate from a clock. */
uint32_t sim_rom32_clkdiv(uint32_t hz, uint32_t baud);
/* Whether the operation is one of this chip's, in its present mode. */
bool sim_rom32_knows(const struct sim_device *dev, uint8_t op);
void sim_rom32_dispatch(struct sim_device *dev, uint8_t op, uint16_t len);
/* A flash or other job is over. */
void sim_rom32_tick(struct sim_device *dev);
/* Everything that a reset forgets; what the flash was at is torn. */
void sim_rom32_reset(struct sim_device *dev);
void sim_rom32_fini(struct sim_device *dev);
/* The answer has left: the new rate counts. */
void sim_rom32_drained(struct sim_device *dev);

/* rom32_flash.c */
void sim_flash32_begin(struct sim_device *dev, uint16_t len);
void sim_flash32_data(struct sim_device *dev, uint16_t len);
void sim_flash32_end(struct sim_device *dev, uint16_t len);
void sim_flash32_params(struct sim_device *dev, uint16_t len);
void sim_flash32_md5(struct sim_device *dev, uint16_t len);
void sim_flash32_read(struct sim_device *dev, uint16_t len);
void sim_flash32_tick(struct sim_device *dev);
/* The checks of both BEGINs; answers when it is not right. */
bool sim_flash32_accept(struct sim_device *dev, uint16_t len, struct sim_xfer *x);
/* Erases what was announced and answers. */
void sim_flash32_erase(struct sim_device *dev, uint32_t start, uint32_t size);
/* Programs plain[0..plain_len) at op_addr and answers. */
void sim_flash32_program(struct sim_device *dev);
/* The loader is left: with a reset, or straight to the application. */
void sim_flash32_leave(struct sim_device *dev, bool reset);

/* rom32_deflate.c */
void sim_defl32_begin(struct sim_device *dev, uint16_t len);
void sim_defl32_data(struct sim_device *dev, uint16_t len);
void sim_defl32_end(struct sim_device *dev, uint16_t len);
void sim_defl32_drop(struct sim_device *dev);

/* rom32_regs.c */
uint32_t sim_regs32_read(struct sim_device *dev, uint32_t addr);
void sim_regs32_write(struct sim_device *dev, uint32_t addr, uint32_t value);

/* rom32_boot.c */
void sim_boot32_start(struct sim_device *dev);
void sim_boot32_flash(struct sim_device *dev);
void sim_boot32_print(struct sim_device *dev, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Nothing to start: the watchdog will bite once the text has left. */
void sim_boot32_die(struct sim_device *dev, const char *why);

/* rom32_app.c: the second boot loader; false when it found nothing to start */
bool sim_app32_find(struct sim_device *dev);
/* The checksum of a number in otadata. */
uint32_t sim_app32_crc(uint32_t seq);

/* rom32_slots.c */
void sim_slots_init(struct sim_slots *s);

/* rom32_usb.c: the chip's own USB-JTAG-serial unit */
void sim_usb32_reset(struct sim_device *dev, enum sim_cause cause);
void sim_usb32_lines(struct sim_device *dev, bool dtr, bool rts);
/* The loader begins to listen: the watchdogs' time runs. */
void sim_usb32_loader(struct sim_device *dev);
/* Whether a watchdog's register is open, and what a write to it does. */
bool sim_usb32_may_write(struct sim_device *dev, uint32_t addr);
void sim_usb32_written(struct sim_device *dev, uint32_t addr, uint32_t value);
sim_time sim_usb32_deadline(const struct sim_device *dev);
void sim_usb32_tick(struct sim_device *dev);

/* little endian */
static inline uint32_t sim_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#endif
