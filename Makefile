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
LIBS_PC  := ncursesw readline libconfuse jansson libserialport libtelnet libcares libmicrohttpd \
	zlib libmd libpcre2-8
LIBS_DEB := libncurses-dev libreadline-dev libconfuse-dev libjansson-dev libserialport-dev \
	libtelnet-dev libc-ares-dev libmicrohttpd-dev zlib1g-dev libmd-dev libpcre2-dev
TEST_PC  := cmocka

# What `make deps` sees to, PACKAGE=KIND:NAME as tests/deps.sh takes it.
DEPS := $(if $(findstring clang,$(CC)),clang,gcc)=cmd:$(firstword $(filter-out ccache,$(CC))) \
	libc6-dev=file:/usr/include/stdio.h pkg-config=cmd:$(PKG_CONFIG) \
	$(join $(addsuffix =pc:,$(LIBS_DEB)),$(LIBS_PC)) libcmocka-dev=pc:$(TEST_PC) \
	gawk=cmd:awk tmux=cmd:tmux python3=cmd:python3 picocom=cmd:picocom
STUB_DEPS := gcc-xtensa-lx106=cmd:xtensa-lx106-elf-gcc binutils-xtensa-lx106=cmd:xtensa-lx106-elf-ld
CI_DEPS := qemu-system-misc=cmd:qemu-system-xtensa
LINT_DEPS := clang-format=cmd:clang-format mandoc=cmd:mandoc cppcheck=cmd:cppcheck \
	shellcheck=cmd:shellcheck
DEB_DEPS := dpkg-dev=cmd:dpkg-buildpackage debhelper=cmd:dh fakeroot=cmd:fakeroot
PEER_DEPS := ser2net=cmd:ser2net nodejs=cmd:node npm=cmd:npm \
	python3-serial=file:/usr/lib/python3/dist-packages/serial/__init__.py

# Goals that need no library at hand.
NOLIB_GOALS := print-libs deps deps-ci stub demo story check check-peers clean help format format-check lint dist check-dist deb check-deb check-portable uninstall asan cov \
	reproducible
ifneq ($(filter-out $(NOLIB_GOALS),$(or $(MAKECMDGOALS),all)),)
ifeq ($(shell command -v $(PKG_CONFIG) 2>/dev/null),)
$(error pkg-config is not installed. Say: make deps   (or: apt-get install pkg-config))
endif
# The test library only for what tests.
ifneq ($(filter-out $(NOLIB_GOALS) all bench virtual-device install $(B)/tasmite,$(or $(MAKECMDGOALS),all)),)
NEEDS_TEST := yes
endif
missing := $(strip $(shell set -- $(LIBS_DEB) libcmocka-dev; \
	for m in $(LIBS_PC) $(if $(NEEDS_TEST),$(TEST_PC)); do \
	$(PKG_CONFIG) --exists $$m || printf '%s ' "$$1"; shift; done))
ifneq ($(missing),)
$(error Libraries are missing. Say: make deps   (or: apt-get install $(missing)))
endif
# ncursesw.pc asks for feature macros on behalf of all; a file says itself what it needs.
PC_CFLAGS := -DNCURSES_WIDECHAR=1 $(filter-out -D_DEFAULT_SOURCE -D_XOPEN_SOURCE=%, \
	$(shell $(PKG_CONFIG) --cflags $(LIBS_PC)))
PC_LIBS   := $(shell $(PKG_CONFIG) --libs $(LIBS_PC))
TEST_LIBS := $(if $(NEEDS_TEST),$(shell $(PKG_CONFIG) --libs $(TEST_PC)))
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
# Fortified to the degree that the packager says, if one does.
HARDEN := $(if $(findstring -O,$(filter-out -O0,$(CFLAGS))),$(if $(findstring \
	_FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)) \
	-fstack-protector-strong -fPIE
HARDEN_LD := -pie -Wl,-z,relro,-z,now
endif
ifneq ($(FUZZING),)
SAN_FLAGS += -fsanitize=fuzzer-no-link
FUZZ_MAIN = -fsanitize=fuzzer
else
FUZZ_MAIN = $(B)/obj/tests/fuzz/replay.o
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
GEN_OBJ  := $(B)/obj/gen/themes.o $(B)/obj/gen/logwords.o $(B)/obj/gen/catalog.o
SIM_SRC  := $(sort $(filter-out tests/sim/main_%.c,$(wildcard tests/sim/*.c)))
SIM_OBJ  := $(SIM_SRC:tests/%.c=$(B)/obj/tests/%.o)
SIM_PROG := $(if $(wildcard tests/sim/main_device.c),$(B)/virtual-device) \
	$(if $(wildcard tests/sim/main_image.c),$(B)/make-image) \
	$(if $(wildcard tests/sim/main_lx106.c),$(B)/lx106-program) \
	$(if $(wildcard tests/shim/*.c),$(B)/shim.so $(B)/edge.so) $(B)/fastclock.so
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT     := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)
# What the tests share: tests/unit/*.c that are no test themselves.
UNIT_LIB := $(patsubst tests/%.c,$(B)/obj/tests/%.o,$(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c)))
BENCH    := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/bench_*.c))
# Fuzzers: with a driver that replays their corpora, or (make fuzz) with the compiler's.
FUZZ     := $(patsubst tests/%.c,$(B)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
THEMES   := $(sort $(wildcard themes/*.theme))
MANS     := $(sort $(wildcard man/*.[1-9]))

all: $(B)/tasmite $(SIM_PROG) ## the program and the simulator
virtual-device: $(SIM_PROG) ## the simulated Sonoff (tests/sim)

# A changed flag rebuilds: the command line is kept in a file that changes only with it.
$(B)/flags: FORCE
	@mkdir -p $(B)
	@echo '$(subst ','\'',$(COMPILE) $(P_LDFLAGS) $(LDFLAGS))' | cmp -s - $@ || \
		echo '$(subst ','\'',$(COMPILE) $(P_LDFLAGS) $(LDFLAGS))' > $@
FORCE:
.PHONY: FORCE print-libs all virtual-device deps deps-ci stub man pictures completions deb check-deb check-portable portable-run demo check check-run check-peers story asan lint lint-run format format-check \
	bench install uninstall dist check-dist clean help unit fuzz fuzz-run cov cov-run endurance reproducible

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
	$(Q)$(COMPILE) -ffile-prefix-map=$(B)/=build/ -MMD -MP -c $< -o $@

# Shipped themes are compiled in too, so that an uninstalled binary has them.
$(B)/gen/themes.c: $(THEMES) src/core/themes.awk
	@mkdir -p $(@D)
	$(Q)awk -f src/core/themes.awk $(THEMES) > $@

# The log reader's words in all languages, and what its lines mean.
LOGDATA  := src/core/tasmota/log
$(B)/gen/logwords.c: $(LOGDATA)words.awk $(LOGDATA)-strings.tsv $(LOGDATA)-patterns.tsv
	@mkdir -p $(@D)
	$(Q)awk -v pass=1 -f $(LOGDATA)words.awk $(LOGDATA)-strings.tsv | LC_ALL=C sort -u | \
		awk -v pass=2 -v patterns=$(LOGDATA)-patterns.tsv -f $(LOGDATA)words.awk > $@

# Tasmota's commands: the table, and its man page, which is checked in.
CATALOG  := src/core/tasmota/commands
$(B)/gen/catalog.c: $(CATALOG).tsv src/core/tasmota/catalog.awk
	@mkdir -p $(@D)
	$(Q)LC_ALL=C awk -v to=c -f src/core/tasmota/catalog.awk $(CATALOG).tsv > $@
man: $(B)/manlists ## writes the man pages' lists anew from the program's tables
	@mkdir -p $(B)/gen
	$(Q)LC_ALL=C awk -v to=man -v head_file=$(CATALOG).mdoc -f src/core/tasmota/catalog.awk \
		$(CATALOG).tsv > $(B)/gen/tasmite-commands.7
	$(Q)set -e; for m in tasmite.1 tasmite.conf.5 tasmite-themes.5; do \
		$(B)/manlists < man/$$m > $(B)/gen/$$m; done
	$(Q)cd $(B)/gen && cp tasmite.1 tasmite.conf.5 tasmite-themes.5 tasmite-commands.7 '$(CURDIR)/man/'
pictures: $(B)/unit/test_story ## draws the pictures of README.md anew (tests/golden/*.svg)
	$(Q)GOLDEN=update $(B)/unit/test_story

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
$(B)/lx106-program: $(B)/obj/tests/sim/main_lx106.o $(B)/libsim.a
	$(if $(Q),@echo "  LD   $@")
	$(Q)$(LINK) -o $@ $^ $(LIBS)
# Preloaded into programs that are not ours too: neither sanitized nor fortified, and of all their names
# only libc's are seen.
EDGE_SRC := $(wildcard tests/shim/edge*.c)
PRELOAD  = $(CC) -D_POSIX_C_SOURCE=200809L $(CPPFLAGS) $(CFLAGS) -std=c11 $(WARN) $(WERROR) \
	-fvisibility=hidden -fPIC -shared $(LDFLAGS) -o $@ $(filter %.c,$^) -ldl
$(B)/shim.so: $(filter-out $(EDGE_SRC),$(wildcard tests/shim/*.c)) $(wildcard tests/shim/shim*.h) $(B)/flags
	$(if $(Q),@echo "  LD   $@")
	$(Q)$(PRELOAD)
$(B)/edge.so: $(EDGE_SRC) $(wildcard tests/shim/edge*.h) $(B)/flags
	$(if $(Q),@echo "  LD   $@")
	$(Q)$(PRELOAD)
# Preloaded: clocks that run faster.
$(B)/fastclock.so: tests/endurance/fastclock.c $(B)/flags
	$(if $(Q),@echo "  LD   $@")
	$(Q)$(PRELOAD)
$(B)/manlists: $(B)/obj/tests/docs/manlists.o $(B)/libtasmite.a
	$(Q)$(LINK) -o $@ $^ $(PC_LIBS) $(LIBS)
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(UNIT_LIB) $(B)/libsim.a $(B)/libtasmite.a
	@mkdir -p $(@D)
	$(if $(Q),@echo "  LD   $@")
	$(Q)$(LINK) -o $@ $^ $(TEST_LIBS) $(PC_LIBS) $(LIBS)
# A screen that tmux tells, as a picture: for the recording of the story.
$(B)/screen-svg: $(B)/obj/tests/e2e/screen_svg.o $(B)/obj/tests/unit/svg.o $(B)/libtasmite.a
	$(if $(Q),@echo "  LD   $@")
	$(Q)$(LINK) -o $@ $^ $(PC_LIBS) $(LIBS)
# Measures any terminal on ptys; bench_peers.py runs it.
$(B)/bench/meter: $(patsubst tests/%.c,$(B)/obj/tests/%.o,$(wildcard tests/bench/meter*.c) tests/unit/vt.c) $(B)/libtasmite.a
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(LIBS)
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(B)/libsim.a $(B)/libtasmite.a
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(PC_LIBS) $(LIBS)
$(B)/fuzz/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/fuzz/replay.o $(B)/libtasmite.a
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $< $(FUZZ_MAIN) $(B)/libtasmite.a $(PC_LIBS) $(LIBS)
unit: $(UNIT) ## builds the unit tests

-include $(wildcard $(B)/obj/*.d $(B)/obj/*/*.d $(B)/obj/*/*/*.d)
.SECONDARY:

# ---- what people say ---------------------------------------------------------------------------
# Libraries may have come with `deps` a moment ago, hence a make of its own for what follows it. It
# takes as many jobs as there are processors unless the user chose.
SUB = $(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$$(nproc 2>/dev/null || echo 2))

deps: ## installs what is missing to build and test (apt-get)
	@PKG_CONFIG='$(PKG_CONFIG)' sh tests/deps.sh $(DEPS)
deps-ci: deps
	@sh tests/deps.sh clang=cmd:clang $(CI_DEPS) $(LINT_DEPS) $(STUB_DEPS)
stub: ## compiles the stub (src/proto/stub) anew into the C file that is checked in
	@sh tests/deps.sh $(STUB_DEPS) python3=cmd:python3
	@sh src/proto/stub/build.sh $(B)/stub
	@cmp -s $(B)/stub/stub_esp8266_gen.c src/proto/stub_esp8266_gen.c || \
		cp $(B)/stub/stub_esp8266_gen.c src/proto/stub_esp8266_gen.c
demo: deps ## the session on a simulated Sonoff
	@$(SUB) all
	@sh tests/demo.sh $(B)
check: deps ## builds and runs all tests, or TESTS="test_cmd session"; KINDS=all: the slow ones on every kind of port too
	@+$(SUB) check-run
# With TESTS only what they need is built.
CHECKED := $(if $(TESTS),$(filter $(addprefix %/,$(TESTS)),$(UNIT) $(FUZZ)),$(UNIT) $(FUZZ))
check-run: all $(CHECKED)
	@tests/run.sh $(B) $(TESTS)
story: deps ## records the story of the program anew (tests/golden/story)
	@+$(SUB) all $(B)/screen-svg
	@STORY=record tests/run.sh $(B) story_recorded
check-peers: deps ## programs of others against the program and the simulator
	@sh tests/peerdeps.sh '$(B)' $(PEER_DEPS)
	@+$(SUB) all
	@SCRIPTS=tests/peers tests/run.sh $(B) $(TESTS)
asan: deps ## the same with address and undefined behaviour sanitizers
	@+TEST_TIMEOUT=$${TEST_TIMEOUT:-600} $(SUB) B=build/asan SAN=1 CC=gcc CFLAGS='-O1 -g' WERROR= check-run
fuzz: deps ## runs the fuzzers, SECONDS=30 each, on top of their corpora
	@sh tests/deps.sh clang=cmd:clang
	@+$(SUB) B=build/fuzzing CC=clang SAN=1 FUZZING=1 CFLAGS='-O1 -g' WERROR= fuzz-run
fuzz-run: $(FUZZ)
	@rc=0; for f in $(FUZZ); do n=$$(basename $$f); n=$${n#fuzz_}; echo "== $$n"; \
		mkdir -p $(B)/found/$$n; \
		$$f -max_total_time=$(or $(SECONDS),30) -timeout=60 -print_final_stats=1 \
		    -artifact_prefix=$(B)/found/$$n- $(B)/found/$$n tests/fuzz/corpus/$$n \
		    >$(B)/found/$$n.log 2>&1 || { rc=1; echo "FOUND: see $(B)/found/$$n.log"; }; \
		tail -n 6 $(B)/found/$$n.log; done; exit $$rc
lint: deps ## layers, headers, format, man pages and more
	@sh tests/deps.sh $(LINT_DEPS)
	@+$(SUB) lint-run
lint-run: all $(B)/manlists
	@CC='$(CC)' CPPFLAGS='$(subst ','\'',$(P_CPPFLAGS))' tests/lint.sh $(B)
bench: all $(BENCH) $(B)/bench/meter ## ratios of speed to their limits; BENCH_STRICT=1 fails on a missed one
	@B='$(abspath $(B))' tests/bench/run.sh $(BENCH) $(wildcard tests/bench/*.py)

endurance: $(B)/tasmite $(B)/fastclock.so ## HOURS=8 of a log with RECONNECTS=24, FACTOR=240 times as fast
	@B='$(abspath $(B))' python3 tests/endurance/endurance.py $(or $(HOURS),8) $(or $(FACTOR),240) \
		$(or $(RECONNECTS),24)
reproducible: deps ## builds the program twice, in two places: both have to be the same
	@rm -rf build/twice && mkdir -p build/twice/a build/twice/b
	@set -e; for d in a b; do git archive HEAD | tar -x -C build/twice/$$d; \
		CCACHE_DISABLE=1 $(SUB) -C build/twice/$$d B=build CFLAGS='$(CFLAGS) -ffile-prefix-map=$(CURDIR)/build/twice/'$$d=. \
		build/tasmite; done
	@cmp build/twice/a/build/tasmite build/twice/b/build/tasmite && sha256sum build/twice/*/build/tasmite

C_FILES = $(shell find src include tests -name '*.[ch]' | sort)
format: ## formats all sources
	clang-format -i $(C_FILES)
format-check: ## fails where format would change something
	clang-format --dry-run -Werror $(C_FILES)

# Without asserts: the branch of one that fails is taken by no test.
cov: deps ## coverage of core and proto by the unit tests
	@+$(SUB) B=build/cov CC=gcc CFLAGS='-O0 -g --coverage -DNDEBUG' WERROR= cov-run
cov-run: $(UNIT)
	@find $(B) -name '*.gcda' -delete
	@rc=0; tests/run.sh $(B) $(notdir $(UNIT)) || rc=1; sh tests/cov.sh $(B) && exit $$rc

# Where the shells look; Debian's zsh looks in vendor-completions.
bashdir ?= $(datadir)/bash-completion/completions
zshdir  ?= $(datadir)/zsh/site-functions
fishdir ?= $(datadir)/fish/vendor_completions.d
appdir  ?= $(datadir)/applications
icondir ?= $(datadir)/icons/hicolor/scalable/apps
# FILE>FOLDER/NAME of all that is installed, but for the program.
SHARED := $(foreach t,$(THEMES),$(t)>$(datadir)/tasmite/themes/$(notdir $(t))) \
	$(foreach m,$(MANS),$(m)>$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m))) \
	$(B)/tasmite.bash>$(bashdir)/tasmite $(B)/tasmite.zsh>$(zshdir)/_tasmite \
	$(B)/tasmite.fish>$(fishdir)/tasmite.fish \
	man/tasmite.desktop>$(appdir)/tasmite.desktop man/tasmite.svg>$(icondir)/tasmite.svg
# Folders that may be the program's own in PREFIX; removed when nothing is left in them.
OWN_DIRS := $(datadir)/tasmite/themes $(datadir)/tasmite $(bashdir) $(dir $(bashdir)) $(zshdir) \
	$(dir $(zshdir)) $(fishdir) $(dir $(fishdir)) $(icondir) $(dir $(icondir)) \
	$(dir $(patsubst %/,%,$(dir $(icondir))))

# Made by the program itself; for a build that can't run here put them there by another one.
$(B)/tasmite.bash $(B)/tasmite.zsh $(B)/tasmite.fish: $(B)/tasmite.%: $(B)/tasmite
	$(Q)$(B)/tasmite --completion $* > $@
completions: $(B)/tasmite.bash $(B)/tasmite.zsh $(B)/tasmite.fish ## of bash, zsh and fish
install: $(B)/tasmite completions ## into PREFIX (/usr/local), below DESTDIR
	install -d '$(DESTDIR)$(bindir)'
	install -m 755 $(B)/tasmite '$(DESTDIR)$(bindir)/tasmite'
	@set -e; for f in $(foreach s,$(SHARED),'$(s)'); do \
		to='$(DESTDIR)'"$${f#*>}"; install -d "$${to%/*}"; install -m 644 "$${f%%>*}" "$$to"; done
uninstall: ## removes what install put there
	rm -f '$(DESTDIR)$(bindir)/tasmite'
	@for f in $(foreach s,$(SHARED),'$(s)'); do rm -f '$(DESTDIR)'"$${f#*>}"; done
	@for d in $(foreach d,$(OWN_DIRS),'$(DESTDIR)$(d)'); do rmdir "$$d" 2>/dev/null || :; done
dist: ## build/tasmite-VERSION.tar.gz of the last commit
	@mkdir -p build
	git archive --prefix=tasmite-$(VERSION)/ -o build/tasmite-$(VERSION).tar.gz HEAD
check-dist: deps ## the tarball outside of git: builds, passes the unit tests, installs
	@+$(SUB) all
	@DIST=all CC='$(CC)' TEST_TIMEOUT=$${TEST_TIMEOUT:-1800} tests/run.sh $(B) dist
deb: dist ## a Debian source package and the package, in build/deb
	@sh tests/deps.sh $(DEB_DEPS)
	@sh tests/deb/make.sh $(VERSION) build/tasmite-$(VERSION).tar.gz build/deb
check-deb: ## installs, runs and purges what make deb made, in a fresh Debian (root, network)
	@sh tests/deps.sh debootstrap=cmd:debootstrap
	@sh tests/deb/check.sh build/deb
check-portable: deps ## what only Linux has left out: builds, and runs the tests concerned
	@+$(SUB) B=build/portable CPPFLAGS='$(CPPFLAGS) -DTASMITE_PORTABLE' portable-run
PORTABLE_TESTS := test_hotplug test_loop test_opener test_ports test_tr_pty test_tr_tcp test_tui test_files \
	test_capture test_histfile
portable-run: all $(PORTABLE_TESTS:%=$(B)/unit/%)
	@tests/run.sh $(B) $(PORTABLE_TESTS) session plain
compile_commands.json: FORCE ## for editors
	@sh tests/compdb.sh '$(CURDIR)' '$(subst ','\'',$(COMPILE)) -Itests' $(SRC) src/main.c $(SIM_SRC) $(UNIT_SRC) > $@

print-libs:
	@echo $(LIBS_DEB)
clean: ## removes build/
	rm -rf build compile_commands.json
help: ## this list
	@grep -hE '^[a-z_.-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 24
