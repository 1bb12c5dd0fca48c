# SPDX-License-Identifier: ISC
# sv-tools: `make demo` shows it, `make test` proves it, `make help` lists the rest.

VERSION = 0.1.0

# What Debian packages are needed, in two lists: to build, and to test.
BUILD_DEPS = gcc libc6-dev libsqlite3-dev libpcre2-dev libfyaml-dev
TEST_DEPS = bats bats-assert bats-support jq mandoc sqlite3 shellcheck cppcheck clang libclang-rt-14-dev strace python3 \
            bsdextrautils bsdutils bash-completion

PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
ifeq ($(origin CC),default)
CC = gcc
endif
CFLAGS ?= -O2 -g
SAN ?=
# A sanitizer, or another compiler, builds into a folder of its own.
comma := ,
variant := $(strip $(subst $(comma),-,$(SAN))$(if $(filter-out gcc cc,$(notdir $(CC))),-$(notdir $(CC)))$(if $(findstring -m32,$(CFLAGS)),-m32))
B ?= build$(if $(variant),/$(patsubst -%,%,$(variant)))

warnings = -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Werror=format-security -Wstrict-prototypes -Wmissing-prototypes
harden = -fstack-protector-strong -fPIE -ftrivial-auto-var-init=zero $(if $(SAN),,-D_FORTIFY_SOURCE=2) \
         $(if $(findstring -m32,$(CFLAGS)),,$(if $(filter x86_64,$(shell uname -m)),-fstack-clash-protection -fcf-protection=full))
harden_ld = -pie -Wl,-z,relro,-z,now,-z,noexecstack
sanitize = $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
override CPPFLAGS += -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -Ilibcore -Icmd -DSV_VERSION='"$(VERSION)"' \
    -DSV_PREFIX='"$(PREFIX)"' -DSV_SOURCE_DATE='"$(SOURCE_DATE_EPOCH)"'
compile = $(CC) -std=c11 $(CPPFLAGS) $(warnings) $(harden) $(sanitize) $(CFLAGS) -MMD -MP
libs = -lsqlite3 -lpcre2-8 -lfyaml -lm

floors := $(shell cat libcore/LAYERS)
sources := $(wildcard $(addprefix libcore/,$(addsuffix /*.c,$(floors))) libcore/*/*/*.c)
lib := $(B)/libsv.a
programs := $(patsubst cmd/%.c,$(B)/bin/%,$(wildcard cmd/sv-*.c))
units := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))
fuzzers := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
helpers := $(patsubst tests/conformance/%.c,$(B)/conformance/%,$(wildcard tests/conformance/*.c))
benches := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c))

all: $(programs)

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(compile) -c -o $@ $<

$(lib): $(sources:%.c=$(B)/obj/%.o)
	@rm -f $@
	ar rcsD $@ $^

$(B)/bin/%: $(B)/obj/cmd/%.o $(B)/obj/cmd/cli.o $(lib)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(sanitize) $(harden_ld) $(LDFLAGS) -o $@ $^ $(libs)

define test_program
$(B)/$(1)/%: $(B)/obj/$(2)/%.o $(lib)
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $$(sanitize) $$(harden_ld) $$(LDFLAGS) -o $$@ $$(filter %.o %.a,$$^) $$(libs)
endef
$(eval $(call test_program,unit,tests/unit))
$(eval $(call test_program,conformance,tests/conformance))
$(eval $(call test_program,bench,bench))
# A fuzz target is a libFuzzer entry; linked with the corpus driver it replays its seeds in the normal tests.
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(B)/obj/tests/fuzz/replay/main.o $(lib)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(sanitize) $(harden_ld) $(LDFLAGS) -o $@ $^ $(libs)

.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)

clean: ## remove what was built
	rm -rf build

.PHONY: all help clean
.DELETE_ON_ERROR:
