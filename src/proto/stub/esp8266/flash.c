/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash chip, driven by the SPI controller's user commands (up to 64 bytes each way), so that
 * the processor is free while the chip programs or erases. flash_step() is called from every tick:
 * it looks whether the chip is ready and gives it the next thing to do, programming before erasing
 * ahead.
 *
 * A command may be longer than what the controller holds: while its pad is a GPIO that is low, the
 * chip stays selected between two transfers, of which only the first one has a command (the other
 * controller of this chip is used like that whenever a program drives the chip select by itself). So
 * a page is programmed at once: four quarters take the chip longer. Whether this chip can do that is
 * tried with its id; where it can't, or the write goes wrong, it is done without.
 */
#include "stub.h"

#define CMD_WRITE_STATUS 0x01u
#define CMD_PROGRAM	 0x02u
#define CMD_READ	 0x03u
#define CMD_READ_FAST	 0x0Bu
#define CMD_STATUS	 0x05u
#define CMD_WRITE_ENABLE 0x06u
#define CMD_STATUS_2	 0x35u
#define CMD_SECTOR	 0x20u
#define CMD_BLOCK	 0xD8u
#define CMD_CHIP	 0xC7u
#define CMD_ID		 0x9Fu
#define STATUS_WIP	 0x01u
#define STATUS_PROTECT	 0x3Cu /* BP0 to BP3; ROMs' SPILock sets three of them */
/* Worst cases of data sheets, doubled. */
#define LIMIT_PROGRAM 1000u
#define LIMIT_SECTOR  2000u
#define LIMIT_BLOCK   8000u
#define LIMIT_CHIP    400000u
#define READ_CYCLES   2200u /* a chunk on the wires */
#define POLL_CYCLES   300u
#define SHORT_CYCLES  4000u /* what is less than a page is looked at */
#define ERASE_CYCLES  10000u
#define BLOCK_WORTH   4u /* sectors to erase that make the block's command the faster one */

static void spi_wait(void)
{
	while (reg_get(SPI_CMD))
		;
}

/* Begins a command of 8 bits with what `user` adds; lengths of address, out and in are fixed by
 * `sizes` (the register's own form, 0: none). */
static void spi_begin(struct stub *s, uint32_t command, uint32_t user, uint32_t sizes)
{
	reg_set(SPI_USER, SPI_USER_COMMAND | user | s->spi_user);
	reg_set(SPI_USER1, sizes);
	reg_set(SPI_USER2, 7u << 28 | command);
	reg_set(SPI_CMD, SPI_CMD_USER);
}

#define SIZE_ADDR   (23u << 26)
#define SIZE_DUMMY  7u /* clocks less 1, of CMD_READ_FAST */
#define SIZE_IN(n)  (((n)*8u - 1u) << 8)
#define SIZE_OUT(n) (((n)*8u - 1u) << 17)

/* Goes on, with the chip held: out, or in. */
static void spi_more(struct stub *s, uint32_t user, uint32_t sizes)
{
	reg_set(SPI_USER, user | s->spi_user);
	reg_set(SPI_USER1, sizes);
}

static void spi_address(uint32_t addr)
{
	reg_set(SPI_ADDR, addr << 8);
}

static uint32_t spi_read(struct stub *s, uint32_t command, uint32_t bytes)
{
	reg_set(SPI_W0, 0);
	spi_begin(s, command, SPI_USER_MISO, SIZE_IN(bytes));
	spi_wait();
	return reg_get(SPI_W0) & (0xFFFFFFFFu >> (32u - bytes * 8u));
}

static void spi_plain(struct stub *s, uint32_t command)
{
	spi_begin(s, command, 0, 0);
	spi_wait();
}

/* The chip is selected until it is let go. As a GPIO the pad is low (flash_init), and as the
 * controller's it is high while no transfer runs. */
static void select_hold(struct stub *s)
{
	reg_set(PAD_SELECT, (s->pad & ~PAD_FUNCTION) | PAD_FUNCTION_IO);
}

static void select_release(struct stub *s)
{
	reg_set(PAD_SELECT, s->pad);
}

/* Half the processor's clock for what is read. Programming takes more, of every chip (plain reads
 * end at 33 MHz, the other commands at 50 to 104), and nothing has to come back in time. */
static void clock_half(struct stub *s)
{
	reg_set(PINS, s->mux_rom);
	reg_set(SPI_CTRL, (s->spi_ctrl_rom & ~SPI_CTRL_CLOCK) | SPI_CTRL_HALF);
}

static void clock_whole(struct stub *s)
{
	if (s->plan_flags & STUB_PLAN_SLOW)
		return;
	reg_set(PINS, s->mux_rom | PINS_SPI_WHOLE);
	reg_set(SPI_CTRL, (s->spi_ctrl_rom & ~SPI_CTRL_CLOCK) | SPI_CTRL_WHOLE);
}

static bool is_there(const struct stub *s)
{
	return s->flash_id != 0 && s->flash_id != 0xFFFFFFu;
}

/* Can it be held? Its id is asked for by one transfer and read by another, neither of which has a
 * command of the controller's. */
static void select_try(struct stub *s)
{
	s->burst = 1;
	s->pad = reg_get(PAD_SELECT);
	if ((s->pad & PAD_FUNCTION) != PAD_FUNCTION_SPI || !is_there(s))
		return;
	reg_set(GPIO_OUT_CLEAR, GPIO_SELECT);
	reg_set(GPIO_DRIVE, GPIO_SELECT);
	select_hold(s);
	reg_set(SPI_W0, CMD_ID);
	spi_more(s, SPI_USER_MOSI, SIZE_OUT(1));
	reg_set(SPI_CMD, SPI_CMD_USER);
	spi_wait();
	reg_set(SPI_W0, 0);
	spi_more(s, SPI_USER_MISO, SIZE_IN(3));
	reg_set(SPI_CMD, SPI_CMD_USER);
	spi_wait();
	select_release(s);
	if ((reg_get(SPI_W0) & 0xFFFFFFu) == s->flash_id)
		s->burst = PAGE_CHUNKS;
}

void flash_init(struct stub *s)
{
	uint32_t size;

	chip_attach_flash();
	s->program_cycles = 2000; /* it learns */
	s->spi_user_rom = reg_get(SPI_USER);
	s->spi_user1_rom = reg_get(SPI_USER1);
	s->spi_user2_rom = reg_get(SPI_USER2);
	s->spi_ctrl_rom = reg_get(SPI_CTRL);
	s->spi_user = s->spi_user_rom & SPI_USER_LOW;
	s->mux_rom = reg_get(PINS) & ~PINS_SPI_WHOLE;
	clock_half(s);
	s->flash_id = spi_read(s, CMD_ID, 3);
	size = s->flash_id >> 16;
	s->flash_size = size >= 0x12u && size <= 0x18u ? 1u << size : 0x400000u;
	select_try(s);
}

void flash_leave(struct stub *s)
{
	flash_hold(s);
	reg_set(CLOCKS, reg_get(CLOCKS) & ~CLOCKS_DOUBLE);
	reg_set(GPIO_DRIVE_NOT, GPIO_SELECT);
	reg_set(SPI_CTRL, s->spi_ctrl_rom);
	reg_set(SPI_USER, s->spi_user_rom);
	reg_set(SPI_USER1, s->spi_user1_rom);
	reg_set(SPI_USER2, s->spi_user2_rom);
}

bool flash_range(const struct stub *s, uint32_t addr, uint32_t n)
{
	return addr <= s->flash_size && n <= s->flash_size - addr;
}

void flash_hold(struct stub *s)
{
	s->hold = true;
	while (s->flash != FLASH_IDLE)
		stub_tick_busy(s, 0, 0);
	spi_wait();
}

void flash_release(struct stub *s)
{
	s->hold = false;
}

void flash_read_begin(struct stub *s, uint32_t addr)
{
	spi_address(addr);
	spi_begin(s, CMD_READ, SPI_USER_ADDR | SPI_USER_MISO, SIZE_ADDR | SIZE_IN(CHUNK));
}

/* The controller's words, from a register: else each of their addresses would be loaded. */
static uint32_t words_at(void)
{
	uint32_t addr = SPI_W0;

	__asm__("" : "+r"(addr));
	return addr;
}

static void words_take(uint32_t *words)
{
	uint32_t addr = words_at(), end = addr + CHUNK;

	for (; addr != end; addr += 32u, words += 8) {
		words[0] = reg_get(addr);
		words[1] = reg_get(addr + 4u);
		words[2] = reg_get(addr + 8u);
		words[3] = reg_get(addr + 12u);
		words[4] = reg_get(addr + 16u);
		words[5] = reg_get(addr + 20u);
		words[6] = reg_get(addr + 24u);
		words[7] = reg_get(addr + 28u);
	}
}

static void words_load(const uint32_t *words)
{
	uint32_t addr = words_at(), end = addr + CHUNK;

	for (; addr != end; addr += 32u, words += 8) {
		reg_set(addr, words[0]);
		reg_set(addr + 4u, words[1]);
		reg_set(addr + 8u, words[2]);
		reg_set(addr + 12u, words[3]);
		reg_set(addr + 16u, words[4]);
		reg_set(addr + 20u, words[5]);
		reg_set(addr + 24u, words[6]);
		reg_set(addr + 28u, words[7]);
	}
}

uint32_t flash_time(struct stub *s)
{
	uint32_t since;

	flash_read_begin(s, 0);
	since = chip_cycles();
	spi_wait();
	return chip_cycles() - since;
}

void flash_read_end(uint32_t *words)
{
	spi_wait();
	words_take(words);
}

/* How many chunks a command may have. */
static uint32_t burst_most(const struct stub *s)
{
	return s->plan_flags & STUB_PLAN_SLOW ? 1u : s->burst;
}

void flash_fast_begin(struct stub *s, uint32_t addr)
{
	clock_whole(s);
	spi_address(addr);
	if (burst_most(s) > 1u)
		select_hold(s);
	spi_begin(s, CMD_READ_FAST, SPI_USER_ADDR | SPI_USER_DUMMY | SPI_USER_MISO,
	    SIZE_ADDR | SIZE_IN(CHUNK) | SIZE_DUMMY);
}

void flash_fast_next(struct stub *s, uint32_t addr)
{
	if (burst_most(s) > 1u)
		spi_more(s, SPI_USER_MISO, SIZE_IN(CHUNK));
	else
		spi_address(addr);
	reg_set(SPI_CMD, SPI_CMD_USER);
}

void flash_fast_end(struct stub *s)
{
	select_release(s);
	clock_half(s);
}

void flash_read_fast(struct stub *s, uint32_t addr, uint32_t *words, uint32_t count)
{
	flash_fast_begin(s, addr);
	for (;; words += CHUNK_WORDS) {
		flash_read_end(words);
		if (!--count)
			break;
		flash_fast_next(s, addr += CHUNK);
	}
	flash_fast_end(s);
}

static bool is_blank(const uint32_t *words)
{
	uint32_t i, all = ~0u;

	for (i = 0; i < CHUNK_WORDS; i++)
		all &= words[i];
	return all == ~0u;
}

/* --- the status register ------------------------------------------------------------------- */

uint32_t flash_status(struct stub *s)
{
	return spi_read(s, CMD_STATUS, 1) | spi_read(s, CMD_STATUS_2, 1) << 8;
}

/* Until the chip is ready, saying so from time to time; false: it isn't after limit_ms. */
static bool wait_ready(struct stub *s, uint32_t limit_ms)
{
	uint32_t since = s->ms;

	while (spi_read(s, CMD_STATUS, 1) & STATUS_WIP) {
		if (s->ms - since > limit_ms)
			return false;
		stub_tick_busy(s, 0, 0);
	}
	return true;
}

static uint32_t write_status(struct stub *s, uint32_t value)
{
	spi_plain(s, CMD_WRITE_ENABLE);
	reg_set(SPI_W0, value & 0xFFu);
	spi_begin(s, CMD_WRITE_STATUS, SPI_USER_MOSI, SIZE_OUT(1));
	spi_wait();
	s->unlocked = false;
	return wait_ready(s, LIMIT_PROGRAM) ? STUB_OK : STUB_E_TIMEOUT;
}

static uint32_t unlock(struct stub *s)
{
	uint32_t status = spi_read(s, CMD_STATUS, 1), error;

	if (!is_there(s))
		return STUB_E_NO_FLASH;
	if (status & STATUS_PROTECT) {
		error = write_status(s, status & ~STATUS_PROTECT & 0xFFu);
		if (error)
			return error;
		if (spi_read(s, CMD_STATUS, 1) & STATUS_PROTECT)
			return STUB_E_PROTECTED;
	}
	s->unlocked = true;
	return STUB_OK;
}

void flash_erase_chip(struct stub *s)
{
	s->status = unlock(s);
	if (s->status)
		return;
	spi_plain(s, CMD_WRITE_ENABLE);
	spi_plain(s, CMD_CHIP);
	if (!wait_ready(s, LIMIT_CHIP))
		s->status = STUB_E_TIMEOUT;
}

/* --- erasing ------------------------------------------------------------------------------- */

static void change_begin(struct stub *s, enum flash_state state, uint32_t limit_ms)
{
	s->flash = state;
	s->flash_ms = s->ms;
	s->flash_limit = limit_ms;
	s->flash_since = chip_cycles();
	s->flash_due = s->flash_since + ERASE_CYCLES;
	if (state == FLASH_WRITE)
		s->flash_due = s->flash_since +
			       (s->writing == burst_most(s) ? s->program_cycles : SHORT_CYCLES);
	s->status_set = false;
}

static void erase_begin(struct stub *s, uint32_t command, uint32_t addr, uint32_t limit_ms)
{
	spi_plain(s, CMD_WRITE_ENABLE);
	spi_address(addr);
	spi_begin(s, command, SPI_USER_ADDR, SIZE_ADDR);
	change_begin(s, FLASH_ERASE, limit_ms);
}

/* A chunk is on its way; what it is for. */
static void chunk_begin(struct stub *s, enum flash_state state, uint32_t addr)
{
	flash_read_begin(s, addr);
	s->flash = state;
	s->flash_due = chip_cycles() + READ_CYCLES;
}

/* The cursor goes on by n sectors of its unit. */
static void erase_advance(struct stub *s, uint32_t n)
{
	s->erase_addr += n * SECTOR;
	s->erased += n * SECTOR;
	s->unit_left -= n;
	s->unit_used >>= n;
	if (s->runs[s->erase_run].len & STUB_RUN_ERASE)
		s->flashed += n * SECTOR;
}

/* The next block or sector of the plan: what it is, not yet what is in it. False: there is none. */
static bool unit_next(struct stub *s)
{
	const struct run *r;
	uint32_t left;

	for (;;) {
		if (s->erase_run >= s->run_count)
			return false;
		r = &s->runs[s->erase_run];
		left = r->addr + (r->len & ~STUB_RUN_ERASE) - s->erase_addr;
		if (left)
			break;
		if (++s->erase_run < s->run_count)
			s->erase_addr = s->runs[s->erase_run].addr;
	}
	s->unit_size = s->erase_addr % BLOCK == 0 && left >= BLOCK ? BLOCK / SECTOR : 1u;
	s->unit_tail = s->plan_flags & STUB_PLAN_ROUND && s->erase_run + 1u == s->run_count &&
		       s->erase_addr % BLOCK == 0 && left < BLOCK && left >= BLOCK_WORTH * SECTOR &&
		       flash_range(s, s->erase_addr, BLOCK);
	s->unit_left = s->unit_size;
	s->unit_used = s->unit_count = 0;
	s->unit_known = false;
	s->scan_addr = s->erase_addr + (s->unit_tail ? left : 0);
	return true;
}

/* Erases what the present unit needs, one command at a time. */
static void unit_erase(struct stub *s)
{
	uint32_t first = s->unit_size - s->unit_left;

	if (s->unit_count >= BLOCK_WORTH) {
		while (!(s->unit_used >> first & 1u))
			first++;
		s->check_addr = s->used_chunk[first];
		erase_begin(s, CMD_BLOCK, s->erase_addr, LIMIT_BLOCK);
		return;
	}
	while (s->unit_left && !(s->unit_used & 1u))
		erase_advance(s, 1);
	if (!s->unit_left)
		return;
	s->check_addr = s->used_chunk[s->unit_size - s->unit_left];
	erase_begin(s, CMD_SECTOR, s->erase_addr, LIMIT_SECTOR);
}

/* What follows the last run in its block: where that is blank to its end the block's command may be
 * used for the run as well. */
static void scan_tail(struct stub *s)
{
	const struct run *r = &s->runs[s->erase_run];
	bool blank = is_blank(s->chunk);

	s->scan_addr += CHUNK;
	if (blank && s->scan_addr % BLOCK)
		return;
	s->unit_tail = false;
	if (blank)
		s->unit_left = s->unit_size =
		    (r->addr + (r->len & ~STUB_RUN_ERASE) - s->erase_addr) / SECTOR;
	s->scan_addr = s->erase_addr;
}

/* A chunk of the scan is here. */
static void scan_end(struct stub *s)
{
	uint32_t sector = (s->scan_addr - s->erase_addr) / SECTOR;

	s->flash = FLASH_IDLE;
	flash_read_end(s->chunk);
	if (s->unit_tail) {
		scan_tail(s);
		return;
	}
	if (is_blank(s->chunk)) {
		s->scan_addr += CHUNK;
	} else {
		s->used_chunk[sector] = s->scan_addr;
		s->unit_used |= 1u << sector;
		s->unit_count++;
		s->scan_addr = s->erase_addr + (sector + 1u) * SECTOR;
	}
	if (s->unit_count >= BLOCK_WORTH || s->scan_addr == s->erase_addr + s->unit_size * SECTOR)
		s->unit_known = true;
}

static void check_end(struct stub *s)
{
	s->flash = FLASH_IDLE;
	flash_read_end(s->chunk);
	if (is_blank(s->chunk))
		erase_advance(s, s->unit_count >= BLOCK_WORTH ? s->unit_size : 1u);
	else
		write_fail(s,
		    spi_read(s, CMD_STATUS, 1) & STATUS_PROTECT ? STUB_E_PROTECTED : STUB_E_ERASE,
		    s->check_addr);
}

/* --- programming --------------------------------------------------------------------------- */

/* Where the next byte of the stream goes; false: nowhere (yet), its sector is not ready. */
static bool write_target(struct stub *s)
{
	const struct run *r;

	for (; s->write_run < s->run_count; s->write_addr = s->runs[s->write_run].addr) {
		r = &s->runs[s->write_run];
		if (!(r->len & STUB_RUN_ERASE) && s->write_addr < r->addr + r->len)
			return s->write_run < s->erase_run ||
			       (s->write_run == s->erase_run && s->write_addr < s->erase_addr);
		if (++s->write_run == s->run_count)
			break;
	}
	return false;
}

static void write_advance(struct stub *s, uint32_t chunks)
{
	s->done += chunks * CHUNK;
	s->write_addr += chunks * CHUNK;
	s->flashed += chunks * CHUNK;
}

static void write_begin(struct stub *s, const uint32_t *words, uint32_t count)
{
	uint32_t left = count;

	spi_plain(s, CMD_WRITE_ENABLE);
	clock_whole(s);
	spi_address(s->write_addr);
	if (count > 1u)
		select_hold(s);
	words_load(words);
	spi_begin(s, CMD_PROGRAM, SPI_USER_ADDR | SPI_USER_MOSI, SIZE_ADDR | SIZE_OUT(CHUNK));
	while (--left) {
		spi_wait();
		words_load(words += CHUNK_WORDS);
		spi_more(s, SPI_USER_MOSI, SIZE_OUT(CHUNK));
		reg_set(SPI_CMD, SPI_CMD_USER);
	}
	if (count > 1u) {
		spi_wait();
		select_release(s);
	}
	s->writing = count;
	change_begin(s, FLASH_WRITE, LIMIT_PROGRAM);
}

/* What is ready goes on its way, up to the end of its page, less what is blank at both ends. False:
 * there is not enough of it yet. */
static bool write_next(struct stub *s)
{
	const uint32_t *words;
	uint32_t most = burst_most(s), count;

	while (delta_ready(s) - s->done >= CHUNK && write_target(s)) {
		words = &s->dict[s->done % DICT_SIZE / 4u];
		if (is_blank(words)) {
			write_advance(s, 1);
			continue;
		}
		count = most - (s->write_addr / CHUNK & (most - 1u));
		if (delta_ready(s) - s->done < count * CHUNK)
			return false;
		while (is_blank(words + (count - 1u) * CHUNK_WORDS))
			count--;
		write_begin(s, words, count);
		return true;
	}
	return false;
}

/* --- what next ----------------------------------------------------------------------------- */

static void flash_next(struct stub *s)
{
	uint32_t error;

	if (!s->unlocked && s->run_count) {
		s->hold = true; /* waiting ticks, and a tick would come back here */
		error = unlock(s);
		s->hold = false;
		if (error) {
			write_fail(s, error, s->erase_addr);
			return;
		}
	}
	proof_read(s);
	if (delta_read(s))
		return; /* the UART's turn */
	if (write_next(s))
		return;
	if (!s->unit_left && !unit_next(s))
		return;
	if (!s->unit_known)
		chunk_begin(s, FLASH_SCAN, s->scan_addr);
	else if (delta_may_erase(s))
		unit_erase(s);
}

/* Whether the chip is still at it. Set up once, looked at again and again. Where it will be ready in
 * a moment that is waited for: of the thousands of programs each one's gap counts. */
static bool is_busy(struct stub *s)
{
	uint32_t since = chip_cycles();

	if (!s->status_set) {
		clock_half(s);
		spi_begin(s, CMD_STATUS, SPI_USER_MISO, SIZE_IN(1));
		spi_wait();
		if (!(reg_get(SPI_W0) & STATUS_WIP))
			return false;
	}
	s->status_set = true;
	do {
		reg_set(SPI_CMD, SPI_CMD_USER);
		spi_wait();
		if (!(reg_get(SPI_W0) & STATUS_WIP))
			return false;
	} while (s->flash == FLASH_WRITE && chip_cycles() - since < 2u * NEAR_CYCLES);
	return true;
}

/* Not ready when it was expected to be. */
static void busy_still(struct stub *s)
{
	bool write = s->flash == FLASH_WRITE;

	s->flash_due = chip_cycles() + (write ? POLL_CYCLES : ERASE_CYCLES);
	s->tick_at = s->flash_due;
	if (s->ms - s->flash_ms > s->flash_limit) {
		s->flash = FLASH_IDLE;
		write_fail(s, STUB_E_TIMEOUT, write ? s->write_addr : s->erase_addr);
	}
}

/* A burst is programmed. The next one is looked at when this one's time is nearly over: sooner and
 * sooner where it was ready at the first look. Shorter ones tell nothing. */
static void write_end(struct stub *s)
{
	if (s->writing == burst_most(s))
		s->program_cycles = s->status_set
					? chip_cycles() - s->flash_since - 2u * POLL_CYCLES
					: s->program_cycles - s->program_cycles / 32u;
	s->flash = FLASH_IDLE;
	write_advance(s, s->writing);
	if (!s->hold)
		flash_next(s);
}

void flash_step(struct stub *s)
{
	if (s->flash == FLASH_IDLE) {
		if (!s->hold && !s->status && s->run_count && !s->planning)
			flash_next(s);
		return;
	}
	if (reg_get(SPI_CMD))
		return;
	if (s->flash == FLASH_SCAN)
		scan_end(s);
	else if (s->flash == FLASH_CHECK)
		check_end(s);
	else if (is_busy(s))
		busy_still(s);
	else if (s->flash == FLASH_ERASE)
		chunk_begin(s, FLASH_CHECK, s->check_addr);
	else
		write_end(s);
}
