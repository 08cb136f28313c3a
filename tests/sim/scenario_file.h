/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds and reads scenario files. */
#ifndef SIM_SCENARIO_FILE_H
#define SIM_SCENARIO_FILE_H

#include <stddef.h>

/* The text of a scenario given as a file or by its name (NAME.scn in tests/sim/scenarios of the
 * folder that the program was built in, or of the current one). The caller frees it. NULL and a
 * message. */
char *sim_scenario_load(const char *name, char *err, size_t errsize);

#endif
