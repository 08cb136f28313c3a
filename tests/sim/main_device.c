/* SPDX-License-Identifier: GPL-3.0-or-later */
/* virtual-device: a Sonoff in software on a pseudo-terminal. */
#include "front.h"
#include "hand.h"

#include <stdlib.h>

static int run(const struct sim_options *o)
{
	struct sim_front *f = malloc(sizeof(*f));
	char err[512] = "";

	if (!f)
		return 1;
	if (!sim_front_open(f, o, err, sizeof(err))) {
		fprintf(stderr, "virtual-device: %s\n", err);
		free(f);
		return 1;
	}
	sim_front_run(f);
	sim_front_close(f);
	free(f);
	return 0;
}

int main(int argc, char **argv)
{
	struct sim_options *o = malloc(sizeof(*o));
	char err[4400] = "";
	int rc;

	if (!o)
		return 1;
	if (!sim_options_parse(o, argc, argv, err, sizeof(err))) {
		fprintf(stderr, "virtual-device: %s\nTry virtual-device --help\n", err);
		rc = 2;
	} else if (o->help) {
		fputs(sim_options_usage, stdout);
		fputs(sim_faults_help, stdout);
		rc = 0;
	} else if (o->hand) {
		rc = o->command ? sim_hand_once(o->hand, o->command) : sim_hand_menu(o->hand);
	} else {
		rc = run(o);
	}
	free(o);
	return rc;
}
