/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way in from the ROM's boot loader and the ways back. */
#include "stub.h"

/* ROM: spi_flash_attach, UartDwnLdProc; and where its main loads the application. */
#define ROM_FLASH_ATTACH 0x40004644u
#define ROM_LOADER	 0x40003368u
#define ROM_LOAD_APP	 0x400010A8u
#define ROM_BUFFER	 0x3FFFA000u
#define ROM_BUFFER_SIZE	 0x2000u
#define ROM_USER_START	 0x3FFFDCD0u

/* Set by the build to the first bytes of the MD5 of all, with this word as it stands here. */
const volatile uint32_t stub_build __attribute__((section(".build"))) = 0x444C5542u;

/* Set by the program where the rate is one that has not carried anything yet: the one before. */
const volatile uint32_t stub_fallback __attribute__((section(".build.fallback"))) = 0;

/* The ROM's stack as it was at the entry. */
static uint32_t rom_stack;
extern uint32_t stub_bss[], stub_bss_end[];
static struct stub state;

void stub_entry(void);
void stub_begin(uint32_t stack);

/* The ROM calls the entry like a function and keeps its stack, of which several KiB are left. */
__asm__(".section .text.entry,\"ax\"\n"
	".global stub_entry\n"
	".align 4\n"
	"stub_entry:\n"
	"	mov a2, a1\n"
	"	j stub_begin\n"
	".previous\n");

void __attribute__((noreturn, used)) stub_begin(uint32_t stack)
{
	uint32_t *p;

	for (p = stub_bss; (uintptr_t)p < (uintptr_t)stub_bss_end; p++)
		*p = 0;
	rom_stack = stack;
	stub_init(&state);
	for (;;)
		stub_step(&state);
}

/* The linker script ends the text before it. */
uint32_t *chip_store(void)
{
	return (uint32_t *)(uintptr_t)0x40104000u;
}

uint32_t chip_build(void)
{
	return stub_build;
}

uint32_t chip_fallback(void)
{
	return stub_fallback;
}

/* A function of the ROM. The compiler must not see the address: it would call it directly, and the
 * ROM is too far away for that. */
static uint32_t rom(uint32_t addr)
{
	__asm__("" : "+r"(addr));
	return addr;
}

void chip_attach_flash(void)
{
	((void (*)(void))rom(ROM_FLASH_ATTACH))();
}

static void __attribute__((noreturn)) leave(uint32_t where)
{
	__asm__ volatile("mov a1, %0\n	jx %1" : : "r"(rom_stack), "r"(where));
	__builtin_unreachable();
}

void chip_run_flash(void)
{
	leave(ROM_LOAD_APP);
}

/* As the ROM's main goes on after its loader: what was uploaded, or else the flash. */
void chip_run_loader(void)
{
	volatile uint32_t *start = (volatile uint32_t *)ROM_USER_START;

	*start = 0;
	((int (*)(uint32_t, uint32_t, volatile uint32_t *))rom(ROM_LOADER))(
	    ROM_BUFFER, ROM_BUFFER_SIZE, start);
	leave(*start ? *start : ROM_LOAD_APP);
}
