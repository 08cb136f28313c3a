/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ESP8266 as the stub sees it: registers, a cycle counter and the few ways back into the ROM.
 * With STUB_NATIVE the same code runs in a test, which plays the registers.
 *
 * Register addresses and bits: the mask ROM's own use of them (its UART and SPI routines), and for
 * the SPI flash commands the sequences that flashing tools send to read the flash id. The ROM
 * leaves the processor and the bus at 52 MHz (26 MHz crystal), its flash clock at a quarter of it.
 *
 * Watchdogs: nothing in the ROM's way from reset to the boot loader turns one on (it has the
 * routine, nobody calls it), and the loader itself may wait for its host for ever. So the stub has
 * none to feed.
 */
#ifndef STUB_ESP8266_CHIP_H
#define STUB_ESP8266_CHIP_H

#include <stdint.h>

/* What the files call of each other: in a test they are one unit, and none of it is seen outside. */
#ifndef STUB_CALL
#ifdef STUB_NATIVE
#define STUB_CALL static
#else
#define STUB_CALL
#endif
#endif

#define UART_FIFO    0x60000000u
#define UART_INT_RAW 0x60000004u
#define UART_INT_CLR 0x60000010u
#define UART_CLKDIV  0x60000014u
#define UART_STATUS  0x6000001Cu /* bytes in the receive FIFO: bits 0-7, in the other: 16-23 */

#define UART_INT_OVERFLOW (1u << 4)
#define UART_FIFO_SIZE	  128u
#define UART_DIV_MASK	  0xFFFFFu

#define SPI_CMD	  0x60000200u
#define SPI_ADDR  0x60000204u
#define SPI_CTRL  0x60000208u
#define SPI_USER  0x6000021Cu
#define SPI_USER1 0x60000220u
#define SPI_USER2 0x60000224u
#define SPI_W0	  0x60000240u /* 16 words */

#define SPI_CMD_USER	 (1u << 18)
#define SPI_USER_COMMAND (1u << 31)
#define SPI_USER_ADDR	 (1u << 30)
#define SPI_USER_DUMMY	 (1u << 29)
#define SPI_USER_MISO	 (1u << 28)
#define SPI_USER_MOSI	 (1u << 27)
#define SPI_USER_LOW	 0xFEu	/* edges and chip select, as the ROM sets them */
#define SPI_CTRL_CLOCK	 0xFFFu /* divider, as (n-1) << 8 | (n/2-1) << 4 | n-1 */
#define SPI_CTRL_HALF	 0x101u /* 26 MHz of 52: within every chip's plain read (03) */

#define SPI_CTRL_WHOLE 0x1000u /* undivided; the register of the pins has to know, too */
#define PINS	       0x60000800u
#define PINS_SPI_WHOLE 0x100u

/* The pad of the flash's chip select (SD_CMD, GPIO11), and that GPIO. Pads and their functions:
 * Espressif's eagle_soc.h and pin list; GPIO registers: its gpio_register.h. */
#define PAD_SELECT	 0x60000830u
#define PAD_FUNCTION	 0x130u
#define PAD_FUNCTION_SPI 0x10u
#define PAD_FUNCTION_IO	 0x30u
#define GPIO_OUT_CLEAR	 0x60000308u
#define GPIO_DRIVE	 0x60000310u
#define GPIO_DRIVE_NOT	 0x60000314u
#define GPIO_SELECT	 (1u << 11)

/* Bit 0: the processor runs at twice the bus's clock, here 104 MHz of 52; it is made for 160. The bus
 * keeps its own, and with it UART, SPI and timers. That it does so with the PLL as the ROM leaves it is
 * known from programs that run without the SDK (github.com/cnlohr/nosdk8266, its table of clocks). */
#define CLOCKS	      0x3FF00014u
#define CLOCKS_DOUBLE 1u

#define EFUSE	  0x3FF00050u
#define RTC_RESET 0x60000700u /* bit 31: software reset */

#ifdef STUB_NATIVE
STUB_CALL uint32_t reg_get(uint32_t addr);
STUB_CALL void reg_set(uint32_t addr, uint32_t value);
STUB_CALL uint32_t chip_cycles(void);
#else
static inline uint32_t reg_get(uint32_t addr)
{
	return *(volatile uint32_t *)(uintptr_t)addr;
}
static inline void reg_set(uint32_t addr, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)addr = value;
}
static inline uint32_t chip_cycles(void)
{
	uint32_t n;

	__asm__ volatile("rsr %0, ccount" : "=a"(n));
	return n;
}
#endif

#define CHIP_MS 52000u /* clocks of the bus in a millisecond, with the 26 MHz crystal */

/* Connects the flash to its pins and sets the controller up for the slowest reads. */
STUB_CALL void chip_attach_flash(void);
/* Back to the ROM, which loads the application from the flash. Doesn't return. */
STUB_CALL void chip_run_flash(void);
/* Back to the ROM's boot loader. Doesn't return. */
STUB_CALL void chip_run_loader(void);
/* The first word of the stub's data: which build it is. */
STUB_CALL uint32_t chip_build(void);
/* Instruction RAM behind the text, STUB_OLD_KEPT bytes: to be read and written by words. */
STUB_CALL uint32_t *chip_store(void);
/* The second: the divider that holds if this one's rate turns out bad; 0: there is none. */
STUB_CALL uint32_t chip_fallback(void);

#endif
