/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boot loader's packets: requests encoded ready for the wire, replies decoded. Facts:
 * esptool's serial-protocol.rst; the ESP8266 ROM's own rules from its disassembly
 * (trebisky/esp8266, UartDwnLdProc at 0x40003368) and from running it.
 */
#ifndef TASMITE_PROTO_ESP_CMD_H
#define TASMITE_PROTO_ESP_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum esp_op {
	ESP_OP_FLASH_BEGIN = 0x02,
	ESP_OP_FLASH_DATA = 0x03,
	ESP_OP_FLASH_END = 0x04,
	ESP_OP_MEM_BEGIN = 0x05,
	ESP_OP_MEM_END = 0x06,
	ESP_OP_MEM_DATA = 0x07,
	ESP_OP_SYNC = 0x08,
	ESP_OP_WRITE_REG = 0x09,
	ESP_OP_READ_REG = 0x0A,
	ESP_OP_SPI_SET_PARAMS = 0x0B,
	/* the ESP32 family's */
	ESP_OP_SPI_ATTACH = 0x0D,
	ESP_OP_READ_SLOW = 0x0E,
	ESP_OP_CHANGE_BAUD = 0x0F,
	ESP_OP_DEFL_BEGIN = 0x10,
	ESP_OP_DEFL_DATA = 0x11,
	ESP_OP_DEFL_END = 0x12,
	ESP_OP_FLASH_MD5 = 0x13,
	ESP_OP_SECURITY_INFO = 0x14
};

/* The ROM's error codes, meaningful only when the status byte is not 0. */
enum esp_code {
	ESP_CODE_PARAM = 0x01,
	ESP_CODE_FORMAT = 0x05,	  /* bad format, unknown command, wrong sequence number */
	ESP_CODE_FAILED = 0x06,	  /* understood, but the result is wrong */
	ESP_CODE_CHECKSUM = 0x07, /* the payload's XOR differs; the number is used up */
	ESP_CODE_WRITE = 0x08,	  /* what was read back from the flash differs in its XOR */
	ESP_CODE_DEFLATE = 0x0B,  /* the stream can't be unpacked ... */
	ESP_CODE_ADLER = 0x0C,	  /* ... its sum is wrong */
	ESP_CODE_DEFLATE_PARAM = 0x0D
};

#define ESP_BLOCK_MAX 0x1800u /* payload of a DATA packet the ESP8266 ROM takes */
/* A DATA packet at its worst: every byte escaped, two delimiters. */
#define ESP_FRAME_MAX (2u * (8u + 16u + ESP_BLOCK_MAX) + 2u)
#define ESP_SYNC_LEN  36u
/* Data of replies: what READ_FLASH_SLOW yields whatever was asked for, an MD5 in hexadecimal, the
 * security info (of the S2: without the chip's number). */
#define ESP_SLOW_LEN	  64u
#define ESP_MD5_LEN	  32u
#define ESP_SECURITY_LEN  20u
#define ESP_SECURITY_S2	  12u
#define ESP_STATUS_FAMILY 4u /* status bytes of the ESP32 family's ROMs; the ESP8266 has 2 */

struct esp_reg {
	uint32_t addr, value, mask;
	uint32_t delay_us; /* before the write; the ROM uses the low 16 bits */
};

struct esp_reply {
	uint8_t op;
	uint32_t value;
	uint8_t status; /* 0: done. Alone decisive: the code is stale after a success */
	uint8_t code;
	size_t n;		    /* bytes after the header, status included */
	uint8_t data[ESP_SLOW_LEN]; /* before the status, for the commands that yield any */
	size_t data_n;
};

enum esp_packet {
	ESP_PACKET_REPLY,
	ESP_PACKET_ECHO, /* a request: our own bytes coming back */
	ESP_PACKET_JUNK
};

/* XOR of the bytes, seed 0xEF. */
uint8_t esp_checksum(const uint8_t *bytes, size_t n);

/*
 * Encoders: write the framed packet to out[cap] and return its length, 0 when cap is too small or
 * an argument is out of range. ESP_FRAME_MAX is enough for any of them.
 */
/* The payload's first word is what an ESP8266 ROM gives back as value. */
size_t esp_enc_sync(uint8_t *out, size_t cap, uint32_t nonce);
size_t esp_enc_read_reg(uint8_t *out, size_t cap, uint32_t addr);
size_t esp_enc_write_regs(uint8_t *out, size_t cap, const struct esp_reg *regs, size_t n);
/* FLASH_BEGIN or MEM_BEGIN: bytes to erase (or total), number of blocks, their size, address. */
size_t esp_enc_begin(uint8_t *out, size_t cap, uint8_t op, uint32_t size, uint32_t blocks,
    uint32_t block_size, uint32_t offset);
/* FLASH_DATA or MEM_DATA: n a multiple of 4, at most ESP_BLOCK_MAX. */
size_t esp_enc_data(
    uint8_t *out, size_t cap, uint8_t op, uint32_t seq, const uint8_t *payload, size_t n);
/* MEM_END that jumps to entry. */
size_t esp_enc_mem_end(uint8_t *out, size_t cap, uint32_t entry);
/* 24 bytes: id 0, chip size, block 64K, sector 4K, page 256, status mask. */
size_t esp_enc_spi_params(uint8_t *out, size_t cap, uint32_t chip_size);
/* ---- the ESP32 family's ---- */
/* Words as they stand: SPI_ATTACH, READ_FLASH_SLOW, CHANGE_BAUDRATE, SPI_FLASH_MD5, and with n 0
 * GET_SECURITY_INFO. At most 8. */
size_t esp_enc_words(uint8_t *out, size_t cap, uint8_t op, const uint32_t *words, size_t n);
/* FLASH_DEFL_DATA: a block of any length up to ESP_BLOCK_MAX. */
size_t esp_enc_deflated(uint8_t *out, size_t cap, uint32_t seq, const uint8_t *payload, size_t n);

/* Looks at an unframed packet. A reply's declared length must be what came, with at least two
 * status bytes, else it is junk. */
enum esp_packet esp_decode(const uint8_t *packet, size_t n, struct esp_reply *reply);

/* "FLASH_DATA"; "command" for an unknown one. */
const char *esp_op_name(uint8_t op);
/* "checksum wrong": the ROM's code in words. */
const char *esp_code_text(uint8_t code);

#endif
