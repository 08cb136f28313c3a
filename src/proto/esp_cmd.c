/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The boot loader's packets: 8 bytes of header (direction, opcode, length, checksum), data. */
#include "esp_cmd.h"

#include <string.h>

#include "tasmite/base/bytes.h"

#include "slip.h"

#define ESP_HEADER    8u
#define ESP_DIR_REQ   0x00
#define ESP_DIR_REPLY 0x01

uint8_t esp_checksum(const uint8_t *bytes, size_t n)
{
	uint8_t x = 0xEF;
	for (size_t i = 0; i < n; i++)
		x ^= bytes[i];
	return x;
}

/* A request of a fixed part and a payload, which may be empty. */
static size_t esp_enc(uint8_t *out, size_t cap, uint8_t op, uint32_t check, const uint8_t *fixed,
    size_t fixed_n, const uint8_t *payload, size_t n)
{
	uint8_t head[ESP_HEADER];
	size_t used = 0;
	head[0] = ESP_DIR_REQ;
	head[1] = op;
	put_le16(head + 2, (uint16_t)(fixed_n + n));
	put_le32(head + 4, check);
	bool ok = slip_put_end(out, cap, &used) && slip_put(out, cap, &used, head, sizeof head) &&
		  slip_put(out, cap, &used, fixed, fixed_n) &&
		  (n == 0 || slip_put(out, cap, &used, payload, n)) &&
		  slip_put_end(out, cap, &used);
	return ok ? used : 0;
}

static void esp_put_words(uint8_t *out, const uint32_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_le32(out + 4 * i, words[i]);
}

size_t esp_enc_sync(uint8_t *out, size_t cap, uint32_t nonce)
{
	uint8_t data[ESP_SYNC_LEN];
	put_le32(data, nonce);
	/* The pattern the ROM measures the rate from. */
	memset(data + 4, 0x55, sizeof data - 4);
	return esp_enc(out, cap, ESP_OP_SYNC, 0, data, sizeof data, NULL, 0);
}

size_t esp_enc_read_reg(uint8_t *out, size_t cap, uint32_t addr)
{
	uint8_t data[4];
	put_le32(data, addr);
	return esp_enc(out, cap, ESP_OP_READ_REG, 0, data, sizeof data, NULL, 0);
}

size_t esp_enc_write_regs(uint8_t *out, size_t cap, const struct esp_reg *regs, size_t n)
{
	uint8_t data[9 * 16];
	if (n == 0 || n > sizeof data / 16)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const uint32_t words[4] = {
		    regs[i].addr, regs[i].value, regs[i].mask, regs[i].delay_us};
		esp_put_words(data + 16 * i, words, 4);
	}
	return esp_enc(out, cap, ESP_OP_WRITE_REG, 0, data, 16 * n, NULL, 0);
}

size_t esp_enc_begin(uint8_t *out, size_t cap, uint8_t op, uint32_t size, uint32_t blocks,
    uint32_t block_size, uint32_t offset)
{
	const uint32_t words[4] = {size, blocks, block_size, offset};
	uint8_t data[16];
	esp_put_words(data, words, 4);
	return esp_enc(out, cap, op, 0, data, sizeof data, NULL, 0);
}

size_t esp_enc_mem_end(uint8_t *out, size_t cap, uint32_t entry)
{
	const uint32_t words[2] = {0, entry};
	uint8_t data[8];
	esp_put_words(data, words, 2);
	return esp_enc(out, cap, ESP_OP_MEM_END, 0, data, sizeof data, NULL, 0);
}

size_t esp_enc_words(uint8_t *out, size_t cap, uint8_t op, const uint32_t *words, size_t n)
{
	uint8_t data[8 * 4];
	if (n > sizeof data / 4)
		return 0;
	esp_put_words(data, words, n);
	return esp_enc(out, cap, op, 0, data, 4 * n, NULL, 0);
}

size_t esp_enc_deflated(uint8_t *out, size_t cap, uint32_t seq, const uint8_t *payload, size_t n)
{
	const uint32_t words[4] = {(uint32_t)n, seq, 0, 0};
	uint8_t data[16];
	if (n == 0 || n > ESP_BLOCK_MAX)
		return 0;
	esp_put_words(data, words, 4);
	return esp_enc(
	    out, cap, ESP_OP_DEFL_DATA, esp_checksum(payload, n), data, sizeof data, payload, n);
}

size_t esp_enc_data(
    uint8_t *out, size_t cap, uint8_t op, uint32_t seq, const uint8_t *payload, size_t n)
{
	if (n == 0 || n % 4 != 0 || n > ESP_BLOCK_MAX)
		return 0;
	const uint32_t words[4] = {(uint32_t)n, seq, 0, 0};
	uint8_t data[16];
	esp_put_words(data, words, 4);
	return esp_enc(out, cap, op, esp_checksum(payload, n), data, sizeof data, payload, n);
}

size_t esp_enc_spi_params(uint8_t *out, size_t cap, uint32_t chip_size)
{
	const uint32_t words[6] = {0, chip_size, 0x10000, 0x1000, 0x100, 0xFFFF};
	uint8_t data[24];
	esp_put_words(data, words, 6);
	return esp_enc(out, cap, ESP_OP_SPI_SET_PARAMS, 0, data, sizeof data, NULL, 0);
}

/* Bytes of data that come before the status bytes of a reply of this length. A refusal has none. */
static size_t esp_data_len(uint8_t op, size_t len)
{
	size_t data = 0;
	if (op == ESP_OP_READ_SLOW)
		data = ESP_SLOW_LEN;
	else if (op == ESP_OP_FLASH_MD5)
		data = ESP_MD5_LEN;
	else if (op == ESP_OP_SECURITY_INFO)
		data = len >= ESP_SECURITY_LEN + 2 ? ESP_SECURITY_LEN : ESP_SECURITY_S2;
	return len >= data + 2 ? data : 0;
}

enum esp_packet esp_decode(const uint8_t *packet, size_t n, struct esp_reply *reply)
{
	if (n < ESP_HEADER)
		return ESP_PACKET_JUNK;
	size_t len = get_le16(packet + 2);
	if (len != n - ESP_HEADER)
		return ESP_PACKET_JUNK;
	if (packet[0] == ESP_DIR_REQ)
		return ESP_PACKET_ECHO;
	if (packet[0] != ESP_DIR_REPLY || len < 2)
		return ESP_PACKET_JUNK;
	reply->op = packet[1];
	reply->value = get_le32(packet + 4);
	/* The status bytes are the first ones behind the data, whether two (ESP8266 ROM, stubs) or
	 * four (later ROMs) come. */
	reply->data_n = esp_data_len(reply->op, len);
	memcpy(reply->data, packet + ESP_HEADER, reply->data_n);
	reply->status = packet[ESP_HEADER + reply->data_n];
	reply->code = packet[ESP_HEADER + reply->data_n + 1];
	reply->n = len;
	return ESP_PACKET_REPLY;
}

const char *esp_op_name(uint8_t op)
{
	static const char *const names[] = {
	    [ESP_OP_FLASH_BEGIN] = "FLASH_BEGIN",
	    [ESP_OP_FLASH_DATA] = "FLASH_DATA",
	    [ESP_OP_FLASH_END] = "FLASH_END",
	    [ESP_OP_MEM_BEGIN] = "MEM_BEGIN",
	    [ESP_OP_MEM_END] = "MEM_END",
	    [ESP_OP_MEM_DATA] = "MEM_DATA",
	    [ESP_OP_SYNC] = "SYNC",
	    [ESP_OP_WRITE_REG] = "WRITE_REG",
	    [ESP_OP_READ_REG] = "READ_REG",
	    [ESP_OP_SPI_SET_PARAMS] = "SPI_SET_PARAMS",
	    [ESP_OP_SPI_ATTACH] = "SPI_ATTACH",
	    [ESP_OP_READ_SLOW] = "READ_FLASH_SLOW",
	    [ESP_OP_CHANGE_BAUD] = "CHANGE_BAUDRATE",
	    [ESP_OP_DEFL_BEGIN] = "FLASH_DEFL_BEGIN",
	    [ESP_OP_DEFL_DATA] = "FLASH_DEFL_DATA",
	    [ESP_OP_DEFL_END] = "FLASH_DEFL_END",
	    [ESP_OP_FLASH_MD5] = "SPI_FLASH_MD5",
	    [ESP_OP_SECURITY_INFO] = "GET_SECURITY_INFO",
	};
	if (op >= sizeof names / sizeof names[0] || !names[op])
		return "command";
	return names[op];
}

const char *esp_code_text(uint8_t code)
{
	static const char *const texts[] = {
	    [0x00] = "undefined",
	    [0x01] = "bad parameter",
	    [0x02] = "out of memory",
	    [0x03] = "send failed",
	    [0x04] = "receive failed",
	    [0x05] = "bad format or unknown command",
	    [0x06] = "the result is wrong",
	    [0x07] = "checksum wrong",
	    [0x08] = "the flash reads back differently",
	    [0x09] = "flash read error",
	    [0x0A] = "flash read length error",
	    [0x0B] = "the data can't be unpacked",
	    [0x0C] = "the unpacked data's sum is wrong",
	    [0x0D] = "bad parameter of packed data",
	};
	return code < sizeof texts / sizeof texts[0] ? texts[code] : "unknown code";
}
