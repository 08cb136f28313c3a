/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For the tests of hotplug: another folder than /dev, and by the clock. */
#ifndef TASMITE_IO_HOTPLUG_INT_H
#define TASMITE_IO_HOTPLUG_INT_H

#include <stdbool.h>

#include "tasmite/io/hotplug.h"

/* dev: without a slash at the end. timer_only: as where notify can't be had. */
struct hotplug *hotplug_new_at(
    struct loop *l, const char *dev, bool timer_only, const char *path, hotplug_fn fn, void *ctx);

#endif
