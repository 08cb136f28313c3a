# SPDX-License-Identifier: GPL-3.0-or-later
# tasmite: plain GNU make, no configure. `make help` lists the targets.

B       ?= build
CC      ?= cc
AR      ?= ar
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
DESTDIR ?=
bindir  ?= $(PREFIX)/bin
datadir ?= $(PREFIX)/share
mandir  ?= $(datadir)/man
PKG_CONFIG ?= pkg-config
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)

VERSION := 0.1.0

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# ---- libraries: module of pkg-config, Debian package -------------------------------------------
LIBS_PC  := ncursesw readline libconfuse jansson libpcre2-8 zlib libmd
LIBS_DEB := libncurses-dev libreadline-dev libconfuse-dev libjansson-dev libpcre2-dev zlib1g-dev libmd-dev
TEST_PC  := cmocka
TOOLS_DEB := gcc make pkg-config libcmocka-dev tmux python3

# Goals that need no library at hand.
NOLIB_GOALS := deps demo check clean help format format-check lint dist uninstall asan check-peers deb \
	compile_commands.json
ifneq ($(filter-out $(NOLIB_GOALS),$(or $(MAKECMDGOALS),all)),)
ifeq ($(shell command -v $(PKG_CONFIG) 2>/dev/null),)
$(error pkg-config is not installed. Say: make deps   (or: apt-get install pkg-config))
endif
missing := $(strip $(shell i=0; set -- $(LIBS_DEB) libcmocka-dev; for m in $(LIBS_PC) $(TEST_PC); do \
	$(PKG_CONFIG) --exists $$m || printf '%s ' "$$1"; shift; done))
ifneq ($(missing),)
$(error Libraries are missing. Say: make deps   (or: apt-get install $(missing)))
endif
# ncursesw.pc asks for feature macros on behalf of all; a file says itself what it needs.
PC_CFLAGS := -DNCURSES_WIDECHAR=1 $(filter-out -D_DEFAULT_SOURCE -D_XOPEN_SOURCE=%, \
	$(shell $(PKG_CONFIG) --cflags $(LIBS_PC)))
PC_LIBS   := $(shell $(PKG_CONFIG) --libs $(LIBS_PC))
TEST_LIBS := $(shell $(PKG_CONFIG) --libs $(TEST_PC))
endif

# ---- flags: the user's stay as they are, the project's are appended ----------------------------
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wformat=2 -Wundef -Wvla -Wcast-qual -Wnull-dereference
WARN_PURE := -Wconversion
WERROR ?=
ifneq ($(CI),)
WERROR := -Werror
endif
ifneq ($(SAN),)
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
HARDEN :=
else
HARDEN := $(if $(findstring -O,$(filter-out -O0,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2) \
	-fstack-protector-strong -fPIE
HARDEN_LD := -pie -Wl,-z,relro,-z,now
endif
P_CPPFLAGS := -D_POSIX_C_SOURCE=200809L -DTASMITE_VERSION='"$(VERSION)"' \
	-DTASMITE_DATADIR='"$(datadir)/tasmite"' -Iinclude $(PC_CFLAGS)
P_CFLAGS   := -std=c11 $(WARN) $(WERROR) $(HARDEN) $(SAN_FLAGS)
P_LDFLAGS  := $(HARDEN_LD) $(SAN_FLAGS)
COMPILE = $(CC) $(P_CPPFLAGS) $(CPPFLAGS) $(CFLAGS) $(P_CFLAGS)
LINK    = $(CC) $(CFLAGS) $(P_CFLAGS) $(P_LDFLAGS) $(LDFLAGS)

# ---- sources by wildcard -----------------------------------------------------------------------
SRC      := $(sort $(wildcard src/*/*.c src/*/*/*.c))
OBJ      := $(SRC:src/%.c=$(B)/obj/%.o)
GEN_OBJ  := $(B)/obj/gen/themes.o
SIM_SRC  := $(sort $(filter-out tests/sim/main_%.c,$(wildcard tests/sim/*.c)))
SIM_OBJ  := $(SIM_SRC:tests/%.c=$(B)/obj/tests/%.o)
SIM_PROG := $(if $(wildcard tests/sim/main_device.c),$(B)/virtual-device) \
	$(if $(wildcard tests/sim/main_image.c),$(B)/make-image)
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT     := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)
# What the tests share: tests/unit/*.c that are no test themselves.
UNIT_LIB := $(patsubst tests/%.c,$(B)/obj/tests/%.o,$(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c)))
BENCH    := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))
THEMES   := $(sort $(wildcard themes/*.theme))

all: $(B)/tasmite $(SIM_PROG)
virtual-device: $(SIM_PROG) ## the simulated Sonoff (tests/sim)

# A changed flag rebuilds: the command line is kept in a file that changes only with it.
$(B)/flags: FORCE
	@mkdir -p $(B)
	@echo '$(subst ','\'',$(COMPILE) $(P_LDFLAGS) $(LDFLAGS))' | cmp -s - $@ || \
		echo '$(subst ','\'',$(COMPILE) $(P_LDFLAGS) $(LDFLAGS))' > $@
FORCE:
.PHONY: FORCE all virtual-device deps demo check check-run asan lint format format-check bench \
	install uninstall dist clean help unit fuzz cov deb check-peers

$(B)/obj/base/%.o $(B)/obj/core/%.o $(B)/obj/proto/%.o: P_CFLAGS += $(WARN_PURE)
$(B)/obj/%.o: src/%.c $(B)/flags
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC   $<")
	$(Q)$(COMPILE) -MMD -MP -c $< -o $@
$(B)/obj/tests/%.o: tests/%.c $(B)/flags
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC   $<")
	$(Q)$(COMPILE) -MMD -MP -Itests -c $< -o $@
$(B)/obj/gen/%.o: $(B)/gen/%.c $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MMD -MP -c $< -o $@

# Shipped themes are compiled in too, so that an uninstalled binary has them.
$(B)/gen/themes.c: $(THEMES) src/core/themes.awk
	@mkdir -p $(@D)
	$(Q)awk -f src/core/themes.awk $(THEMES) > $@

$(B)/libtasmite.a: $(OBJ) $(GEN_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(B)/libsim.a: $(SIM_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/tasmite: $(B)/obj/main.o $(B)/libtasmite.a
	$(if $(Q),@echo "  LD   $@")
	$(Q)$(LINK) -o $@ $^ $(PC_LIBS) $(LIBS)
$(B)/virtual-device: $(B)/obj/tests/sim/main_device.o $(B)/libsim.a $(B)/libtasmite.a
	$(if $(Q),@echo "  LD   $@")
	$(Q)$(LINK) -o $@ $^ $(PC_LIBS) $(LIBS)
$(B)/make-image: $(B)/obj/tests/sim/main_image.o $(B)/libsim.a $(B)/libtasmite.a
	$(if $(Q),@echo "  LD   $@")
	$(Q)$(LINK) -o $@ $^ $(PC_LIBS) $(LIBS)
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(UNIT_LIB) $(B)/libsim.a $(B)/libtasmite.a
	@mkdir -p $(@D)
	$(if $(Q),@echo "  LD   $@")
	$(Q)$(LINK) -o $@ $^ $(TEST_LIBS) $(PC_LIBS) $(LIBS)
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(B)/libsim.a $(B)/libtasmite.a
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(PC_LIBS) $(LIBS)
unit: $(UNIT)

-include $(wildcard $(B)/obj/*.d $(B)/obj/*/*.d $(B)/obj/*/*/*.d)
.SECONDARY:

clean: ## removes build/
	rm -rf build
help: ## this list
	@grep -hE '^[a-z_.-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 20
