# A thin front for meson and ninja; `make help` lists what there is.

BUILD      ?= build
MINUTES    ?= 5
prefix     ?= /usr/local
sysconfdir ?= /etc
DESTDIR    ?=

# Undefined behaviour ends the program, and the report of AddressSanitizer has the line. With texts of
# their own for each of the checks the program is much larger, and slower to start; without them the library
# of UndefinedBehaviorSanitizer is not needed, either.
UNDEFINED  := -fsanitize=undefined -fsanitize-undefined-trap-on-error -g1

all: $(BUILD)/build.ninja ## build the program, build/bgpd
	ninja -C $(BUILD) bgpd

$(BUILD)/build.ninja:
	meson setup $(BUILD) --buildtype=release --prefix=$(prefix) --sysconfdir=$(sysconfdir)

run: ## install what is missing, build, and show two daemons that talk to each other
	tools/quickstart

test: ## build the tests as well and run them: unit, client, interoperability, documents, load
	tools/install-deps test
	$(MAKE) all
	ninja -C $(BUILD)
	tools/run-tests $(BUILD)

# gold links the tests, one program each, in half the time.
asan: ## the same tests with AddressSanitizer and UndefinedBehaviorSanitizer
	tools/install-deps test
	test -f build-asan/build.ninja || CC_LD=gold CXX_LD=gold meson setup build-asan -Doptimization=1 \
		-Ddebug=true -Db_sanitize=address -Dc_args="$(UNDEFINED)" -Dcpp_args="$(UNDEFINED)"
	ninja -C build-asan
	tools/run-tests build-asan

truth: ## random sequences against a model, for MINUTES=5 (tests/truth)
	tools/install-deps test
	$(MAKE) all
	tests/truth/search.py --minutes $(MINUTES)

fuzz: ## every fuzz target for 60 seconds
	tools/install-deps dev
	fuzz/run.sh

bench: ## measure (bench/README.md)
	tools/install-deps bench
	bench/run

bench-quick: ## measure a little
	tools/install-deps bench
	bench/run --quick

guard: ## instructions per prefix against the recorded ones (bench/README.md)
	tools/install-deps bench
	bench/guard/run $(GUARD)

fmt: ## format the sources
	tools/sources c | xargs clang-format -i

lint: ## formatting, layers, headers, warnings of gcc and clang, clang-tidy
	tools/install-deps dev
	tools/lint

install: $(BUILD)/build.ninja ## install to $(DESTDIR)$(prefix)
	tools/check-install "$(DESTDIR)" "$(prefix)"
	meson configure $(BUILD) --prefix=$(prefix) --sysconfdir=$(sysconfdir)
	ninja -C $(BUILD) bgpd completions
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

clean: ## remove all build folders
	rm -rf $(BUILD) build-asan build-bench build-fuzz build-guard build-lint-gcc build-lint-clang

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

.PHONY: all run test asan truth fuzz bench bench-quick guard fmt lint install clean help
