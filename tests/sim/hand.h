/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hand at the virtual device: a small menu, or one command, over the control socket. */
#ifndef SIM_HAND_H
#define SIM_HAND_H

/* Both return an exit status and speak on the standard streams. */
int sim_hand_once(const char *path, const char *command);
int sim_hand_menu(const char *path);

#endif
