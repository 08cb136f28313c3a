/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual flash chip. */
#include "sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct sim_flash f;

static int setup(void **state)
{
	(void)state;
	sim_flash_init(&f, 0x100000, &(struct sim_flash_times){0});
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sim_flash_fini(&f);
	return 0;
}

static void program__only_clears_bits(void **state)
{
	(void)state;
	assert_true(sim_flash_program(&f, 10, "\x0F", 1));
	assert_true(sim_flash_program(&f, 10, "\xF1", 1));
	assert_int_equal(f.mem[10], 0x01);
	assert_true(sim_flash_erase(&f, 10, SIM_SECTOR));
	assert_int_equal(f.mem[10], 0xFF);
}

static void protect__refuses_both__status_bits(void **state)
{
	(void)state;
	f.status = 0x1C;
	assert_false(sim_flash_program(&f, 0, "\0", 1));
	assert_int_equal(f.mem[0], 0xFF);
	f.status = 0;
	sim_flash_program(&f, 0, "\0", 1);
	f.write_protect = true;
	assert_false(sim_flash_erase(&f, 0, SIM_SECTOR));
	assert_int_equal(f.mem[0], 0);
}

static void worn_sector__keeps_a_byte_at_zero(void **state)
{
	(void)state;
	f.worn_sector = 3;
	sim_flash_erase(&f, 0x3000, SIM_SECTOR);
	assert_int_equal(f.mem[0x3010], 0);
	assert_int_equal(f.mem[0x3011], 0xFF);
}

static void address__wraps__at_the_chips_size(void **state)
{
	uint8_t b[2];

	(void)state;
	sim_flash_program(&f, 0xFFFFF, "\1\2", 2);
	assert_int_equal(f.mem[0xFFFFF], 1);
	assert_int_equal(f.mem[0], 2);
	sim_flash_read(&f, 0xFFFFF, b, 2);
	assert_memory_equal(b, "\1\2", 2);
}

struct told {
	uint32_t addr[8];
	size_t n[8], calls;
};

static void tell(void *ctx, uint32_t addr, const uint8_t *bytes, size_t n)
{
	struct told *t = ctx;

	(void)bytes;
	t->addr[t->calls] = addr;
	t->n[t->calls++] = n;
}

static void changed__names_both_areas__of_a_wrap(void **state)
{
	struct told t = {.calls = 0};

	(void)state;
	f.changed = tell;
	f.changed_ctx = &t;
	sim_flash_program(&f, 0xFFFFF, "\1\2\3", 3);
	assert_int_equal(t.calls, 2);
	assert_int_equal(t.addr[0], 0xFFFFF);
	assert_int_equal(t.n[1], 2);
}

static void time__counts_pages_touched(void **state)
{
	(void)state;
	assert_int_equal(sim_flash_program_us(&f, 0, 0), 0);
	assert_int_equal(sim_flash_program_us(&f, 0, 0x1800), 24 * 700);
	assert_int_equal(sim_flash_program_us(&f, 255, 2), 2 * 700);
}

static void jedec__tells_size(void **state)
{
	(void)state;
	assert_int_equal(sim_flash_jedec(&f), 0x1440EF);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(program__only_clears_bits),
	    T(protect__refuses_both__status_bits),
	    T(worn_sector__keeps_a_byte_at_zero),
	    T(address__wraps__at_the_chips_size),
	    T(changed__names_both_areas__of_a_wrap),
	    T(time__counts_pages_touched),
	    T(jedec__tells_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
