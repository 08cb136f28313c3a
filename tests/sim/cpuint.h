/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The processor inside the virtual chip and what it finds there: what the rooms cpu, uart, timer,
 * spi and romcall* share. Nobody else includes this, but simint.h for the structures.
 */
#ifndef SIM_CPUINT_H
#define SIM_CPUINT_H

#include "lx106.h"
#include "wire.h"

struct sim_device;
struct sim_romcall;

/* The bus, and with it the SPI unit and the timers; the processor as the ROM leaves it, with the
 * usual 26 MHz crystal. */
#define SIM_CPU_HZ    52000000
#define SIM_UART_FIFO 128u
#define SIM_INT_UART  5
#define SIM_INT_FRC1  9
#define SIM_INT_FRC2  10

/* UART0's receiver and interrupts; the transmitter's FIFO is the wire's queue. */
struct sim_uart {
	uint8_t fifo[SIM_UART_FIFO];
	unsigned head, len;
	uint32_t sticky, enable, conf0, conf1;
	int64_t tout_at; /* the receiver's timeout, in cycles; LX106_NEVER is none */
	uint64_t lost;
};

/* FRC1 counts down from load and may reload, FRC2 counts up. */
struct sim_timer {
	uint32_t load, ctrl, alarm;
	int64_t since; /* cycle at which it was `load` (FRC1) or 0 plus load (FRC2) */
	int64_t fire_at;
};

struct sim_cpu {
	struct lx106 core;
	struct sim_device *dev;
	bool running;
	int64_t hz;		    /* its clock: SIM_CPU_HZ or twice that */
	int64_t start_ps, start_at; /* the moment of that cycle */
	struct sim_uart uart;
	struct sim_timer frc1, frc2;
	char print[512]; /* what ets_printf has still to send */
	size_t print_at, print_len;
	int64_t uart_next; /* when the UART may interrupt by itself, apart from the timers */
	const struct sim_romcall *calls[256];
	uint8_t entry[0x10000]; /* of a ROM address: its place in calls, or 0 */
};

/* --- spi.c: the flash controller, for the loader too ---------------------------------------- */

enum sim_spi_job { SIM_SPI_IDLE, SIM_SPI_ERASE, SIM_SPI_PROGRAM, SIM_SPI_STATUS };

/* The chip select as a GPIO: spi_hold.c. */
struct sim_hold {
	uint32_t pad, out, drive; /* registers: pad (when written), level and enable of the GPIOs */
	bool pad_set;
	/* the command under way */
	bool broken;	       /* the flash does not understand it */
	unsigned bytes, count; /* that have passed; that are to be programmed */
	uint8_t command, page[256];
	uint32_t addr;
};

struct sim_spi {
	struct sim_hold hold;
	uint32_t addr, ctrl, rd_status, user, user1, user2, w[16];
	bool write_enabled;
	/* a command on the wires: its results are seen when it is over */
	bool running;
	int64_t done_ps;
	uint32_t result[16], result_status;
	unsigned result_words;
	bool result_is_status;
	/* what the flash itself is busy with */
	enum sim_spi_job job;
	int64_t busy_ps;
	uint32_t job_addr, job_len;
	uint8_t job_bytes[256];
	int64_t busy_rest_ps; /* not yet counted as microseconds */
	unsigned xmc_steps;   /* of the cure of one that did not wake up well */
};

void sim_spi_reset(struct sim_device *dev);
/* Lets come to its end what is over by now. */
void sim_spi_settle(struct sim_device *dev);
/* A reset: what the flash was at is torn. */
void sim_spi_torn(struct sim_device *dev);
/* When settle has to be called next, in ps; SIM_WIRE_NEVER. */
int64_t sim_spi_deadline(const struct sim_device *dev);
bool sim_spi_owns(uint32_t addr);
uint32_t sim_spi_read(struct sim_device *dev, uint32_t addr);
void sim_spi_write(struct sim_device *dev, uint32_t addr, uint32_t value);
/* For the ROM's functions, which do the same through the registers: how long the wires take. */
int64_t sim_spi_bits_ps(const struct sim_device *dev, unsigned bits);
bool sim_spi_flash_busy(struct sim_device *dev);
/* Starts at `now`; false: protected, or not attached. */
bool sim_spi_start_erase(struct sim_device *dev, uint32_t addr, uint32_t len);
bool sim_spi_start_program(struct sim_device *dev, uint32_t addr, const uint8_t *bytes, size_t n);
bool sim_spi_start_status(struct sim_device *dev, uint8_t status);

/* For spi_hold.c. Bits that come back wrong, of a byte that is read. */
uint8_t sim_spi_read_error(struct sim_device *dev);
uint8_t sim_spi_held_status(struct sim_device *dev);
uint32_t sim_spi_held_id(struct sim_device *dev);
void sim_spi_held_program(struct sim_device *dev, uint32_t addr, const uint8_t *page, size_t n);
void sim_spi_held_erase(struct sim_device *dev, uint32_t addr, uint32_t len);

/* --- spi_hold.c: the flash's chip select as a GPIO --------------------------------------------- */
bool sim_hold_owns(uint32_t addr);
uint32_t sim_hold_read(const struct sim_device *dev, uint32_t addr);
void sim_hold_write(struct sim_device *dev, uint32_t addr, uint32_t value);
/* The controller's own chip select is not connected. */
bool sim_hold_takes(const struct sim_device *dev);
/* A transfer of the controller then: a user's, and any other. */
void sim_hold_user(struct sim_device *dev);
void sim_hold_other(struct sim_device *dev);

/* --- uart.c ---------------------------------------------------------------------------------- */

void sim_uart_init(struct sim_cpu *cpu);
void sim_uart_rx(struct sim_cpu *cpu, uint8_t byte, bool framing);
bool sim_uart_owns(uint32_t addr);
uint32_t sim_uart_read(struct sim_cpu *cpu, uint32_t addr);
void sim_uart_write(struct sim_cpu *cpu, uint32_t addr, uint32_t value);
void sim_uart_reset_fifos(struct sim_cpu *cpu);
/* Characters in the transmitter's FIFO, without the one that leaves. */
unsigned sim_uart_tx_count(struct sim_cpu *cpu);
void sim_uart_tx(struct sim_cpu *cpu, uint8_t byte);
/* The cycle at which the transmitter's FIFO has at most n characters. */
int64_t sim_uart_tx_at_most(struct sim_cpu *cpu, unsigned n);
/* Sets the interrupt's line; the next cycle at which it may change by itself. */
int64_t sim_uart_event(struct sim_cpu *cpu);

/* --- timer.c --------------------------------------------------------------------------------- */

bool sim_timer_owns(uint32_t addr);
uint32_t sim_timer_read(struct sim_cpu *cpu, uint32_t addr);
void sim_timer_write(struct sim_cpu *cpu, uint32_t addr, uint32_t value);
void sim_timer_init(struct sim_cpu *cpu);
int64_t sim_timer_event(struct sim_cpu *cpu);
/* The processor's clock changes from `was`: theirs does not. */
void sim_timer_clock(struct sim_cpu *cpu, int64_t was);

/* --- cpu.c: the processor's place in the chip -------------------------------------------------- */

/* RAM code is started as the ROM's loader does it. */
void sim_cpu_start(struct sim_device *dev, uint32_t entry);
void sim_cpu_halt(struct sim_device *dev);
void sim_cpu_free(struct sim_device *dev);
bool sim_cpu_running(const struct sim_device *dev);
/* Runs it up to dev->now. */
void sim_cpu_run(struct sim_device *dev);
void sim_cpu_rx(struct sim_device *dev, const struct sim_rxchar *c);
/* In microseconds; _work without timers that only wait. */
int64_t sim_cpu_deadline(const struct sim_device *dev);
int64_t sim_cpu_work_deadline(const struct sim_device *dev);
/* The core's present moment. */
int64_t sim_cpu_ps(const struct sim_cpu *cpu);
int64_t sim_cpu_cycle_of(const struct sim_cpu *cpu, int64_t ps);
/* A register's bit makes it the double clock, or no longer. */
void sim_cpu_clock(struct sim_cpu *cpu);
/* The cycle of the same moment, which was `cycle` at another clock; of that which never is, never. */
int64_t sim_cpu_scaled(const struct sim_cpu *cpu, int64_t cycle, int64_t was);
/* A device's state that interrupts or time depend on has changed. */
void sim_cpu_schedule(struct sim_cpu *cpu);

/* --- romcall*.c --------------------------------------------------------------------------------- */

void sim_romcall_init(struct sim_cpu *cpu);
/* The ROM's own data in RAM, as it stands when the loader waits. */
void sim_romcall_data(struct sim_device *dev);
/* Plays what is at the core's pc; false when nothing is known there. */
bool sim_romcall_play(struct sim_cpu *cpu);
const char *sim_romcall_name(uint32_t addr);

struct sim_romcall {
	uint32_t addr;
	const char *name;
	void (*play)(struct sim_cpu *cpu);
};
extern const struct sim_romcall sim_romcall_flash[], sim_romcall_uart[], sim_romcall_lib[],
    sim_romcall_system[];

/* Ends a played function: a2, the cycles it took, back to a0. */
void sim_romcall_return(struct sim_cpu *cpu, uint32_t value, int64_t cycles);
/* Memory for a played function; a fault is raised for the caller's address and false returned. */
bool sim_romcall_load(struct sim_cpu *cpu, uint32_t addr, unsigned bytes, uint32_t *value);
bool sim_romcall_store(struct sim_cpu *cpu, uint32_t addr, unsigned bytes, uint32_t value);

#endif
