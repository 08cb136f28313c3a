/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stub's frames: op, serial, payload, CRC-32, in SLIP. */
#include "stub_cmd.h"

#include "tasmite/base/bytes.h"
#include "tasmite/proto/digest.h"

#include "slip.h"

#define STUB_OP_MASK	  0x7Fu
#define STUB_OP_ANSWER	  0x80u
#define STUB_OP_FIRST	  0x41u
#define STUB_OP_LAST	  0x63u
#define STUB_ANSWER_HEAD  4u
#define STUB_CRC	  4u
#define STUB_REQUEST_HEAD 2u

static bool enc_put(
    uint8_t *out, size_t cap, size_t *used, uint32_t *crc, const uint8_t *bytes, size_t n)
{
	*crc = digest_crc32(*crc, bytes, n);
	return slip_put(out, cap, used, bytes, n);
}

size_t stub_enc(uint8_t *out, size_t cap, uint8_t op, uint8_t serial, const uint32_t *words,
    size_t count, const uint8_t *bytes, size_t n)
{
	const uint8_t head[STUB_REQUEST_HEAD] = {op, serial};
	uint8_t word[4];
	size_t used = 0;
	uint32_t crc = 0;
	if (STUB_REQUEST_HEAD + 4 * count + n + STUB_CRC > STUB_FRAME_MAX)
		return 0;
	bool ok =
	    slip_put_end(out, cap, &used) && enc_put(out, cap, &used, &crc, head, sizeof head);
	for (size_t i = 0; i < count && ok; i++) {
		put_le32(word, words[i]);
		ok = enc_put(out, cap, &used, &crc, word, sizeof word);
	}
	ok = ok && (n == 0 || enc_put(out, cap, &used, &crc, bytes, n));
	put_le32(word, crc);
	ok = ok && slip_put(out, cap, &used, word, sizeof word) && slip_put_end(out, cap, &used);
	return ok ? used : 0;
}

enum stub_packet stub_decode(const uint8_t *packet, size_t n, struct stub_msg *msg)
{
	uint8_t op = n > 0 ? packet[0] & STUB_OP_MASK : 0;
	if (op < STUB_OP_FIRST || op > STUB_OP_LAST)
		return STUB_PACKET_JUNK;
	if (!(packet[0] & STUB_OP_ANSWER) && op < STUB_ACK)
		return STUB_PACKET_JUNK; /* a request: our own coming back, or text */
	if (n < STUB_ANSWER_HEAD + STUB_CRC ||
	    digest_crc32(0, packet, n - STUB_CRC) != get_le32(packet + n - STUB_CRC))
		return STUB_PACKET_DAMAGED;
	msg->op = op;
	msg->serial = packet[1];
	msg->status = packet[2];
	msg->data = packet + STUB_ANSWER_HEAD;
	msg->n = n - STUB_ANSWER_HEAD - STUB_CRC;
	return STUB_PACKET_MSG;
}

uint32_t stub_word(const struct stub_msg *m, size_t i)
{
	return 4 * i + 4 <= m->n ? get_le32(m->data + 4 * i) : 0;
}

const char *stub_op_name(uint8_t op)
{
	static const char *const names[] = {"HELLO", "BAUD", "ECHO", "READ_REG", "WRITE_REG",
	    "FLASH_SIZE", "MD5", "MD5_RANGES", "PLAN", "DATA", "END", "STATUS", "ERASE",
	    "ERASE_CHIP", "READ", "CHUNK_ACK", "RUN", "PROVE"};
	if (op < STUB_OP_FIRST || op - STUB_OP_FIRST >= sizeof names / sizeof names[0])
		return "request";
	return names[op - STUB_OP_FIRST];
}

const char *stub_status_text(uint8_t status)
{
	static const char *const texts[] = {
	    [STUB_E_OP & STUB_OP_MASK] = "unknown request",
	    [STUB_E_LENGTH & STUB_OP_MASK] = "a wrong length",
	    [STUB_E_RANGE & STUB_OP_MASK] = "beyond the flash",
	    [STUB_E_CRC & STUB_OP_MASK] = "arrived damaged",
	    [STUB_E_NUMBER & STUB_OP_MASK] = "out of order",
	    [STUB_E_STATE & STUB_OP_MASK] = "no write is under way",
	    [STUB_E_INFLATE & STUB_OP_MASK] = "the data can't be unpacked",
	    [STUB_E_SHORT & STUB_OP_MASK] = "too few data",
	    [STUB_E_LONG & STUB_OP_MASK] = "too many data",
	    [STUB_E_ERASE & STUB_OP_MASK] = "the sector does not get blank",
	    [STUB_E_WRITE & STUB_OP_MASK] = "the flash reads back differently",
	    [STUB_E_TIMEOUT & STUB_OP_MASK] = "the flash stays busy",
	    [STUB_E_PROTECTED & STUB_OP_MASK] = "the flash is write-protected",
	    [STUB_E_NO_FLASH & STUB_OP_MASK] = "the flash does not answer",
	};
	if (status == STUB_OK)
		return "done";
	status &= STUB_OP_MASK;
	return status < sizeof texts / sizeof texts[0] && texts[status] ? texts[status]
									: "unknown status";
}
