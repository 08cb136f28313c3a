/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial ports of this machine: what they are, who holds them, whether they may be opened, and
 * how to find the same adapter again under another name. Linux: libserialport, sysfs, /proc.
 */
#ifndef TASMITE_IO_PORTS_H
#define TASMITE_IO_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tasmite/base/err.h"

#define PORTS_MAX 64

struct port_info {
	char name[64];         /* "ttyUSB0" */
	char path[128];        /* "/dev/ttyUSB0" */
	char about[128];       /* "FT232R USB UART" */
	char by_id[192];       /* name of its link in /dev/serial/by-id, "" none */
	char driver[32];       /* "ftdi_sio", "ch341-uart" */
	char maker[64], product[64], serial[64];
	bool usb;
	uint16_t vid, pid;
	int usb_bus, usb_address;
	char usb_path[64];     /* where it is plugged in: "1-4.2:1.0" */
	bool readable;         /* this user may open it */
	char group[32];        /* the group that may */
	pid_t holder;          /* who has it open; 0 nobody, -1 somebody who can't be seen */
	char holder_name[32];  /* "brltty" */
};

/* Fills list with at most max ports, USB adapters first, then by name; returns how many. */
size_t ports_list(struct port_info *list, size_t max);
/* What is known of one device path (links resolved); false when it is no tty that can be looked up
 * (a pseudo-terminal). */
bool ports_describe(const char *path, struct port_info *info);
/* Who holds the device: fills holder and holder_name of info (scan of /proc). */
void ports_find_holder(struct port_info *info);
/* What to do about a holder: one line with the command to type ("sudo systemctl stop ModemManager"),
 * "" for others. */
const char *ports_holder_advice(const char *holder_name);
/* The device path that a user's word stands for: a path, a link, a bare name ("ttyUSB0"), part of a
 * by-id name, VID:PID[:serial]. ERR_NOENT (with what is there), ERR_INVAL when several fit (named). */
int ports_resolve(const char *word, char *path, size_t size, struct err *err);
/* The only USB adapter that is plugged in, or ERR_NOENT / ERR_INVAL (several). */
int ports_only_one(char *path, size_t size, struct err *err);
/* A key by which an adapter is known again: USB serial number, else the place it is plugged in. */
void ports_key(const struct port_info *info, char *key, size_t size);
/* The path that the adapter with that key has now. */
int ports_find_key(const char *key, char *path, size_t size, struct err *err);

#endif
