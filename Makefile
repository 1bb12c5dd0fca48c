# SPDX-License-Identifier: ISC
# sv-tools: `make demo` shows it, `make test` proves it, `make help` lists the rest.

VERSION = 0.1.0

# What Debian packages are needed: to build, to test, to count lines, to package.
BUILD_DEPS = gcc libc6-dev libsqlite3-dev libpcre2-dev libfyaml-dev libcsv-dev
TEST_DEPS = bats bats-assert bats-support jq mandoc sqlite3 shellcheck cppcheck clang libclang-rt-dev strace python3 \
            bsdextrautils bsdutils bash-completion zsh fish zstd curl
COVERAGE_DEPS = lcov
CI_DEPS = prometheus prometheus-alertmanager
PACKAGE_DEPS = build-essential debhelper lintian

PREFIX ?= /usr/local
DESTDIR ?=
CFLAGS ?= -O2 -g
SAN ?=
T ?= 60
ifeq ($(origin CC),default)
CC = gcc
endif

# A sanitizer, or another compiler, builds into a folder of its own.
comma := ,
variant := $(strip $(subst $(comma),-,$(SAN))$(if $(filter-out gcc cc,$(notdir $(CC))),-$(notdir $(CC)))$(if $(findstring -m32,$(CFLAGS)),-m32))
B ?= build$(if $(variant),/$(patsubst -%,%,$(variant)))

warnings = -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Werror=format-security -Wstrict-prototypes -Wmissing-prototypes
# Hardening as far as this compiler knows it; fortifying needs an optimizer, and sanitizers do it better.
# Clang 14 fills variables with zeros only for one who says this long word, too.
zeros = -ftrivial-auto-var-init=zero
knowing = -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
knows = $(CC) -Werror $(filter-out --coverage,$(CFLAGS)) $(1) -S -x c -o /dev/null /dev/null 2>/dev/null
harden := -fPIE -fstack-protector-strong $(shell for f in -fstack-clash-protection -fcf-protection=full; do \
    $(call knows,$$f) && echo $$f; done; if $(call knows,$(zeros)); then echo $(zeros); elif $(call knows,$(zeros) $(knowing)); then echo $(zeros) $(knowing); fi)
fortify = $(if $(SAN)$(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,$(if $(filter -O -O1 -O2 -O3 -Os -Og,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3))
sanitize = $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
# Small structures are written field by field and soon read again: copied as vectors they would wait for the smaller stores.
tune := $(shell $(call knows,-fno-tree-slp-vectorize) && echo -fno-tree-slp-vectorize)
reproducible = -ffile-prefix-map=$(CURDIR)=.
told_flags = $(subst ",,$(subst ',,$(filter-out -ffile-prefix-map=% -fdebug-prefix-map=% -fmacro-prefix-map=%,$(CFLAGS))))
cppflags = -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -Ilibcore -Icmd -DSV_VERSION='"$(VERSION)"' \
    -DSV_PREFIX='"$(PREFIX)"' -DSV_SOURCE_DATE='"$(SOURCE_DATE_EPOCH)"' -DSV_CFLAGS='"$(told_flags)"'
# What every event goes through.
hot = $(addprefix libcore/,$(addsuffix /%,base json cel event input policy))
faster = $(if $(filter $(hot),$<),$(if $(filter -O2,$(CFLAGS)),-O3))
compile = $(CC) -std=c11 $(cppflags) $(warnings) $(harden) $(tune) $(fortify) $(sanitize) $(reproducible) $(CPPFLAGS) $(CFLAGS)
link = $(CC) $(CFLAGS) $(sanitize) -pie -Wl,-z,relro,-z,now,-z,noexecstack $(LDFLAGS)
say = $(if $(V),,@echo '  $(1)';)
libs = -lsqlite3 -lpcre2-8 -lfyaml -lcsv -lm -pthread

floors := $(shell cat libcore/LAYERS)
sources := $(wildcard $(addprefix libcore/,$(addsuffix /*.c,$(floors))) libcore/*/*/*.c)
lib := $(B)/libsv.a
front := $(patsubst %.c,$(B)/obj/%.o,$(wildcard cmd/cli*.c))
programs := $(patsubst cmd/%.c,$(B)/bin/%,$(wildcard cmd/sv-*.c))
parts = $(patsubst %.c,$(B)/obj/%.o,$(wildcard cmd/$(patsubst sv-%,%,$(notdir $(1)))_*.c))
units := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))
helpers := $(patsubst tests/conformance/%.c,$(B)/conformance/%,$(wildcard tests/conformance/*.c))
fuzzers := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
faulty := $(B)/fault/shim.so $(B)/fault/behind
benches := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c))
parallel = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

all: $(programs) ## build the programs into build/bin

everything: $(programs) $(units) $(helpers) $(fuzzers) $(benches) $(faulty)

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14
	@echo 'Variables: CC CPPFLAGS CFLAGS LDFLAGS PREFIX DESTDIR SAN=address,undefined SV_DEPS=no SV_SHARED T=60 (seconds a fuzz target) ONLY=tests/unit (some tests) POINTS=30 (faults) V=1 (show commands)'

deps: ## install what is missing: to build, then to test
	@.ci/deps $(BUILD_DEPS)
	@.ci/deps $(TEST_DEPS)

demo: ## install what is needed, build, show the programs at work on example logs
	@.ci/deps $(BUILD_DEPS)
	@+$(MAKE) --no-print-directory $(parallel) all
	@B=$(B) .ci/demo

# What starts a server where it is installed: for machines that are thrown away; elsewhere those tests are skipped.
ci-deps:
	@.ci/deps $(CI_DEPS)

# Without a tool for testing its tests are skipped; without one for building there is nothing to test.
test: ## install what is missing, build, run every test
	@.ci/deps $(BUILD_DEPS)
	@.ci/deps $(TEST_DEPS) || { [ "$$SV_DEPS" != no ] && echo 'test: going on without them, their tests are skipped' >&2; }
	@+$(MAKE) --no-print-directory $(parallel) everything
	@B=$(B) SV_TEST_BUILT=yes SV_TEST_CC='$(CC)' SV_TEST_CFLAGS='$(CFLAGS)' SV_TEST_CPPFLAGS='$(CPPFLAGS)' SV_TEST_LDFLAGS='$(LDFLAGS)' \
	    SV_TEST_SAN='$(SAN)' SV_TEST_PREFIX='$(PREFIX)' tests/run $(ONLY)

check: ## test, lint, count instructions, and test again under sanitizers, by another compiler, with 32 bits, as a package
	@+$(MAKE) --no-print-directory test
	@+$(MAKE) --no-print-directory lint
	@+$(MAKE) --no-print-directory bench-count
	@+$(MAKE) --no-print-directory SAN=address,undefined test
	@+$(MAKE) --no-print-directory CC=clang test
	@+$(MAKE) --no-print-directory check32
	@+$(MAKE) --no-print-directory deb

# CPPFLAGS and LDFLAGS may name a place where 32-bit libraries lie.
check32: ## build and test with 32-bit words, where compiler and libraries for that are installed
	@if echo 'int main(void) { return 0; }' | $(CC) -m32 $(CPPFLAGS) $(LDFLAGS) -include stdio.h -x c - -o /dev/null $(libs) 2>/dev/null; then \
	    $(MAKE) --no-print-directory $(parallel) CFLAGS='$(CFLAGS) -m32' everything && \
	    B=build/m32 tests/run tests/unit tests/fuzz tests/cli tests/conformance; \
	else echo 'check32: skipped: $(CC) -m32 cannot link $(libs) here (gcc-multilib, and the libraries for i386)'; fi

# Lines are counted where nothing is optimized away. The tests that kill the program, and those of the house, are left out: the
# first count nothing, the second run nothing.
coverage: ## lines of libcore that the tests run, 85 % at least; build/coverage/html shows which
	@.ci/deps $(BUILD_DEPS)
	@if .ci/deps $(COVERAGE_DEPS); then \
	    $(MAKE) --no-print-directory $(parallel) CC=gcc B=build/coverage CFLAGS='-O0 -g --coverage -fprofile-update=atomic' reproducible= everything && \
	    B=build/coverage tests/coverage; \
	else echo 'coverage: skipped: without lcov nothing is counted' >&2; fi

lint: ## warnings of two compilers, cppcheck, shellcheck, mandoc
	@+MAKE='$(MAKE)' tests/lint $(parallel)

conformance: $(helpers) $(programs) ## run the public test suites below SV_SHARED, counts per file
	@B=$(B) tests/conformance/run

fault: $(programs) $(faulty) ## kill and fail the program at POINTS=30 places of each kind of system call, rotate and cut logs, and count what is stored
	@B=$(B) tests/fault/sweep $(or $(POINTS),30)
	@B=$(B) tests/fault/keep
	@B=$(B) tests/fault/deliver
	@B=$(B) tests/conformance/run resume

bench: $(programs) $(benches) ## measure beside jq and DuckDB on a million events
	@B=$(B) bench/compare

gate: $(programs) ## measure in short what users asked for, and hold it to their bounds; bench/gate full takes minutes
	@B=$(B) bench/gate

bench-count: $(programs) ## count instructions of small jobs with valgrind, beside bench/counts; off by 3 %: fails
	@B=$(B) CC='$(CC)' bench/count

# Own objects, instrumented for libFuzzer; what was found stays in build/fuzz-corpus between runs. NULL + 0, which an empty slice
# may come to, is what clang 14 minds and C2y (N3322) allows.
fuzz: ## look for crashes with libFuzzer, T=60 seconds a parser, and beside jq; TARGETS='json time' for some
	@+$(MAKE) --no-print-directory $(parallel) CC=clang SAN=fuzzer-no-link,address,undefined B=build/libfuzzer \
	    CFLAGS='$(CFLAGS) -fno-sanitize=pointer-overflow' replay= LDFLAGS=-fsanitize=fuzzer fuzzers
	@+$(MAKE) --no-print-directory build/conformance/jq
	@B=build/libfuzzer tests/fuzz/run $(T) $(TARGETS)

fuzzers: $(fuzzers)

units: $(units)

install: all ## programs, manuals, completions and share, below DESTDIR PREFIX
	@set -e; to='$(DESTDIR)$(PREFIX)'; put() { install -d -m 755 "$$(dirname "$$3")"; install -m "$$1" "$$2" "$$3"; }; \
	for f in $(programs); do put 755 $$f "$$to/bin/$${f##*/}"; done; \
	for f in man/*.[1-9]; do [ ! -e $$f ] || put 644 $$f "$$to/share/man/man$${f##*.}/$${f##*/}"; done; \
	for f in completions/*.bash; do [ ! -e $$f ] || { n=$${f##*/}; put 644 $$f "$$to/share/bash-completion/completions/$${n%.bash}"; }; done; \
	for f in completions/_*; do [ ! -e $$f ] || put 644 $$f "$$to/share/zsh/site-functions/$${f##*/}"; done; \
	for f in completions/*.fish; do [ ! -e $$f ] || put 644 $$f "$$to/share/fish/vendor_completions.d/$${f##*/}"; done; \
	find share -type f ! -name '*.js' | while read -r f; do m=644; [ ! -x $$f ] || m=755; put $$m $$f "$$to/share/sv-tools/$${f#share/}"; done

# The last commit, and its time; gzip says neither name nor time. A tree without git has been a tarball once.
dist: ## the source as build/sv-tools-VERSION.tar.gz, the same bytes from every clone
	@mkdir -p build
	@git rev-parse --is-inside-work-tree >/dev/null 2>&1 || { echo 'dist: a git checkout is needed; this is none' >&2; exit 3; }
	@git diff --quiet HEAD 2>/dev/null || echo 'dist: what is not committed is left out' >&2
	@git -c tar.umask=0022 -c core.autocrlf=false archive --format=tar --prefix=sv-tools-$(VERSION)/ HEAD >build/dist.tar
	@gzip -9 -n -c build/dist.tar >build/sv-tools-$(VERSION).tar.gz; rm build/dist.tar
	@echo build/sv-tools-$(VERSION).tar.gz

deb: ## the Debian package in build/deb: built twice, the same bytes both times, looked at by lintian
	@if .ci/deps $(PACKAGE_DEPS); then tests/package build/deb; else echo 'deb: skipped' >&2; fi

prices: ## make share/prices.csv anew (needs node, npm and a network)
	@mkdir -p build/prices
	npm install --prefix build/prices --silent --no-audit --no-fund --ignore-scripts @pydantic/genai-prices
	node share/make-prices.js build/prices > build/prices/prices.csv
	mv build/prices/prices.csv share/prices.csv

clean: ## remove what was built
	rm -rf build

# Everything is built again when the way it is compiled has changed.
$(B)/flags: always
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(compile) $(link))' >$@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(B)/obj/%.o: %.c Makefile $(B)/flags
	@mkdir -p $(@D)
	$(call say,cc $<)$(compile) $(faster) -MMD -MP -c -o $@ $<

$(lib): $(sources:%.c=$(B)/obj/%.o)
	@rm -f $@
	$(call say,ar $@)ar rcsD $@ $^

$(B)/bin/%: $(B)/obj/cmd/%.o $(front) $(lib)
	@mkdir -p $(@D)
	$(call say,ld $@)$(link) -o $@ $(filter %.o,$^) $(lib) $(libs)

# What of a program has no room in its file: cmd/index_*.c are parts of sv-index.
$(foreach p,$(programs),$(eval $(p): $(call parts,$(p))))

# A fuzz target is libFuzzer's entry; with the replay driver it runs its seeds in the normal tests.
replay = $(B)/obj/tests/fuzz/replay/main.o
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(replay) $(lib)
	@mkdir -p $(@D)
	$(call say,ld $@)$(link) -o $@ $^ $(libs)

$(B)/unit/%: $(B)/obj/tests/unit/%.o $(lib)
	@mkdir -p $(@D)
	$(call say,ld $@)$(link) -o $@ $^ $(libs)

$(B)/conformance/%: $(B)/obj/tests/conformance/%.o $(lib)
	@mkdir -p $(@D)
	$(call say,ld $@)$(link) -o $@ $^ $(libs)

$(B)/bench/%: $(B)/obj/bench/%.o $(lib)
	@mkdir -p $(@D)
	$(call say,ld $@)$(link) -o $@ $^ $(libs)

$(B)/fault/%: $(B)/obj/tests/fault/%.o $(lib)
	@mkdir -p $(@D)
	$(call say,ld $@)$(link) -o $@ $^ $(libs)

# Preloaded into programs: neither hardened nor sanitized.
$(B)/fault/%.so: tests/fault/%.c Makefile $(B)/flags
	@mkdir -p $(@D)
	$(call say,ld $@)$(CC) -std=c11 $(warnings) $(CPPFLAGS) $(filter-out --coverage,$(CFLAGS)) -fPIC -shared -o $@ $< $(LDFLAGS) -ldl

.SECONDARY:
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

.PHONY: all everything help deps ci-deps demo test check lint conformance fault bench gate bench-count fuzz fuzzers install prices clean always
.DELETE_ON_ERROR:
