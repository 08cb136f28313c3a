/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial ports of this machine: what they are, who holds them, whether they may be opened, and
 * how to find the same adapter again under another name. Linux: libserialport, sysfs, /proc;
 * elsewhere what libserialport knows.
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
	char name[64];	 /* "ttyUSB0" */
	char path[128];	 /* "/dev/ttyUSB0" */
	char about[128]; /* "FT232R USB UART" */
	char by_id[192]; /* name of its link in /dev/serial/by-id, "" none */
	char driver[32]; /* "ftdi_sio", "ch341-uart" */
	char maker[64], product[64], serial[64];
	bool usb;
	uint16_t vid, pid;
	int usb_bus, usb_address;
	char usb_path[64]; /* where it is plugged in: "1-4.2:1.0" */
	bool readable;	   /* this user may open it */
	char group[32];	   /* the group that may, looked up only where this user may not; "" none */
	pid_t holder;	   /* who has it open; 0 nobody, -1 somebody who can't be seen */
	char holder_name[32]; /* "brltty" */
};

/* Fills list with at most max ports, USB adapters first, then by name; returns how many; of none errno
 * tells whether that could be known (0) or why not. Texts come from the adapters, without control characters and as valid UTF-8. */
size_t ports_list(struct port_info *list, size_t max);
/* What is known of one device path (links resolved); false when it is no tty that can be looked up
 * (a pseudo-terminal). */
bool ports_describe(const char *path, struct port_info *info);
/* Whether the system lists a port of that name ("ttyUSB0"). */
bool ports_known(const char *name);
/* Fills readable and, where it is not, group of info, whose path is given. */
void ports_permission(struct port_info *info);
/* What to do for a port that is not readable, one line with the command to type. Returns dst. */
const char *ports_permission_advice(const struct port_info *info, char *dst, size_t size);
/* Who holds the device: fills holder and holder_name of info, whose path is given. Looks through
 * /proc/locks, which tells of all users, and the open files of the processes that this user may look
 * into: some milliseconds, so not in a loop. This process itself is no holder. */
void ports_find_holder(struct port_info *info);
/* The same for n ports in one look; ports_list doesn't do it by itself. */
void ports_find_holders(struct port_info *list, size_t n);
/* For a port that is busy with a holder that can't be seen: sets holder -1, and holder_name when one
 * of those that are known to open every port is running. */
void ports_suspect(struct port_info *info);
/* What to do about a holder: one line with the command to type ("sudo systemctl stop ModemManager"),
 * "" for others. */
const char *ports_holder_advice(const char *holder_name);
/* The device path that a user's word stands for: a path, a link, a bare name ("ttyUSB0"), part of a
 * by-id name, VID:PID[:serial]. ERR_NOENT (with what is there), ERR_INVAL when several fit (named). */
int ports_resolve(const char *word, char *path, size_t size, struct err *err);
/* The only USB adapter that is plugged in, or ERR_NOENT / ERR_INVAL (several). */
int ports_only_one(char *path, size_t size, struct err *err);
/* A key by which an adapter is known again: USB serial number, else (none, or one like 0001, which
 * whole series of adapters share) the place it is plugged in; a built-in port: its name. */
void ports_key(const struct port_info *info, char *key, size_t size);
/* Whether these two are certainly of different adapters: another maker's or model's number, or both
 * with a serial number and not the same. Only the place tells others apart, and places change. */
bool ports_key_is_another(const char *key, const char *now);
/* The path that the adapter with that key has now; ERR_NOENT, ERR_INVAL when several have it. */
int ports_find_key(const char *key, char *path, size_t size, struct err *err);

#endif
