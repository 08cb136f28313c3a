/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether what only Linux has may be used. Each such thing stands in one file, beside a fallback that
 * needs no more than POSIX; -DTASMITE_PORTABLE takes the fallbacks on Linux too, so that they are
 * built and tested.
 */
#ifndef TASMITE_BASE_PLATFORM_H
#define TASMITE_BASE_PLATFORM_H

#include <stddef.h> /* a header that declares nothing would not compile alone */

#if defined(__linux__) && !defined(TASMITE_PORTABLE)
#define TASMITE_LINUX 1
#else
#define TASMITE_LINUX 0
#endif

#endif
