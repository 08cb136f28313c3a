/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines as Tasmota writes them, each but once. */
#ifndef TASMITE_BENCH_METER_FEED_H
#define TASMITE_BENCH_METER_FEED_H

#include <stddef.h>
#include <stdint.h>

#define FEED_LINE_MAX 320

/* Line n, CR LF at its end; its length. */
size_t feed_line(unsigned n, char *dst);
/* One that fits into 60 columns, "#" and seven digits of n at its begin. */
size_t feed_short(unsigned n, char *dst);
/* size bytes of lines, the last one cut where it has to be; free() it. */
uint8_t *feed_make(size_t size);

#endif
