/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reset sequences. "tight" sets both lines in single calls so that no edge in between reaches the
 * circuit; "classic" releases reset and asserts GPIO0 one after the other, as adapters do whose
 * driver has no common call. The long variants give a slow EN (large capacitor) time to rise.
 * Source: esp-serial-protocol section 5.
 */
#include "tasmite/proto/reset.h"

#include <string.h>

static const struct reset_step tight_50[] = {
    {false, false, 0}, {true, true, 0}, {false, true, 100}, {true, false, 50}, {false, false, 0}};
static const struct reset_step tight_550[] = {
    {false, false, 0}, {true, true, 0}, {false, true, 100}, {true, false, 550}, {false, false, 0}};
static const struct reset_step classic_50[] = {
    {false, true, 100}, {true, true, 0}, {true, false, 50}, {false, false, 0}};
static const struct reset_step classic_550[] = {
    {false, true, 100}, {true, true, 0}, {true, false, 550}, {false, false, 0}};
/* The lines are words to the chip's own USB unit: it remembers DTR alone, resets on RTS alone, and
 * forgets on neither, so that the way leads through both. */
static const struct reset_step usb_jtag[] = {{false, false, 100}, {true, false, 100},
    {true, true, 0}, {false, true, 100}, {false, false, 0}};
static const struct reset_step run_100[] = {
    {false, false, 0}, {false, true, 100}, {false, false, 0}};

#define SEQUENCE(name, steps)                                   \
	{                                                       \
		name, steps, sizeof(steps) / sizeof((steps)[0]) \
	}

static const struct reset_sequence loader[] = {
    SEQUENCE("tight-50", tight_50),
    SEQUENCE("tight-550", tight_550),
    SEQUENCE("classic-50", classic_50),
    SEQUENCE("classic-550", classic_550),
};
static const struct reset_sequence usb = SEQUENCE("usb-jtag", usb_jtag);
static const struct reset_sequence run = SEQUENCE("run", run_100);

#define LOADERS (sizeof(loader) / sizeof(loader[0]))

const struct reset_sequence *reset_into_loader(size_t i)
{
	return i < LOADERS ? &loader[i] : NULL;
}

const struct reset_sequence *reset_run(void)
{
	return &run;
}

const struct reset_sequence *reset_usb_jtag(void)
{
	return &usb;
}

const struct reset_sequence *reset_find(const char *name)
{
	for (size_t i = 0; i < LOADERS; i++)
		if (strcmp(loader[i].name, name) == 0)
			return &loader[i];
	if (strcmp(usb.name, name) == 0)
		return &usb;
	return strcmp(run.name, name) == 0 ? &run : NULL;
}
