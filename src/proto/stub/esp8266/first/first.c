/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What takes the stub in: small enough to be uploaded at the ROM's slow rate, it changes the rate,
 * takes the stub as it comes, without frames and answers, and runs it when its CRC is right. Where
 * nothing comes for a while, or something else, it returns to the old rate and the ROM's loader, as
 * if it had never been there. The program sets its parameters in the bytes that it sends.
 */
#include "chip.h"

#include <stdbool.h>

#define PARAM		__attribute__((section(".param"), used))
#define ROM_LOADER	0x40003368u
#define ROM_LOAD_APP	0x400010A8u
#define ROM_BUFFER	0x3FFFA000u
#define ROM_BUFFER_SIZE 0x2000u
#define ROM_USER_START	0x3FFFDCD0u
#define MAGIC		0x32C5A36Cu /* the last of what precedes the stub, first byte lowest */
#define CRC_POLY	0xEDB88320u
#define QUIET		(CHIP_MS * 400u) /* nothing for so long: it won't come */
#define SKIP_MAX	4096u		 /* bytes before MAGIC */

/* stub.h of the program's side names them in this order. */
static const struct param {
	uint32_t divider, old_divider;
	uint32_t text, text_words, data, data_words;
	uint32_t entry, crc;
} values PARAM = {1, 0, 0, 0, 0, 0, 0, 0};

/* The compiler must not take the values above for what they are. */
static const struct param *params(void)
{
	const struct param *p = &values;

	__asm__("" : "+r"(p));
	return p;
}

void first_entry(void);
void first_begin(uint32_t stack);

__asm__(".section .text.entry,\"ax\"\n"
	".global first_entry\n"
	".align 4\n"
	"first_entry:\n"
	"	mov a2, a1\n"
	"	j first_begin\n"
	".previous\n");

static void __attribute__((noreturn, noinline)) leave(uint32_t stack, uint32_t where)
{
	__asm__ volatile("mov a1, %0\n	jx %1" : : "r"(stack), "r"(where));
	__builtin_unreachable();
}

/* When the last bit of what was said at the old rate has left. */
static void __attribute__((noinline)) set_rate(uint32_t old, uint32_t divider)
{
	uint32_t since;

	while (reg_get(UART_STATUS) >> 16 & 0xFFu)
		;
	since = chip_cycles();
	while (chip_cycles() - since < old * 12u)
		;
	reg_set(UART_CLKDIV, divider);
}

/* The next byte; above 255: there is none. */
static uint32_t __attribute__((noinline)) take(void)
{
	uint32_t since = chip_cycles();

	while (!(reg_get(UART_STATUS) & 0xFFu))
		if (chip_cycles() - since > QUIET)
			return ~0u;
	return reg_get(UART_FIFO) & 0xFFu;
}

static bool __attribute__((noinline)) take_stub(void)
{
	volatile uint32_t *p = (volatile uint32_t *)params()->text;
	uint32_t left = params()->text_words, more = params()->data_words, crc = ~0u, word = 0,
		 byte, i;

	for (i = 0; word != MAGIC; i++) {
		byte = take();
		if (byte > 255u || i == SKIP_MAX)
			return false;
		word = word >> 8 | byte << 24;
	}
	for (i = 1;; i++) {
		byte = take();
		if (byte > 255u)
			return false;
		word = word >> 8 | byte << 24;
		crc ^= byte;
		for (byte = 8; byte; byte--)
			crc = crc >> 1 ^ (CRC_POLY & (0u - (crc & 1u)));
		if (i % 4u)
			continue;
		*p++ = word;
		if (--left)
			continue;
		if (!more)
			return ~crc == params()->crc;
		p = (volatile uint32_t *)params()->data;
		left = more;
		more = 0;
	}
}

/* As the ROM's main goes on after its loader: what was uploaded, or else the flash. */
static uint32_t load_again(void)
{
	volatile uint32_t *start = (volatile uint32_t *)ROM_USER_START;
	uint32_t loader = ROM_LOADER;

	__asm__("" : "+r"(loader)); /* too far away for a direct call */
	*start = 0;
	((int (*)(uint32_t, uint32_t, volatile uint32_t *))loader)(
	    ROM_BUFFER, ROM_BUFFER_SIZE, start);
	return *start ? *start : ROM_LOAD_APP;
}

void __attribute__((noreturn, used)) first_begin(uint32_t stack)
{
	set_rate(params()->old_divider, params()->divider);
	if (take_stub())
		leave(stack, params()->entry);
	set_rate(params()->divider, params()->old_divider);
	leave(stack, load_again());
}
