# Builds the extension with PGXS; `make help` lists what else there is.
#
#   make PG_CONFIG=/usr/lib/postgresql/16/bin/pg_config     chooses the server to build for
#   make WERROR=1                                           treats warnings as errors (the tests do)
#   make SANITIZE=address,undefined                         for a server that runs with the sanitizers' libraries preloaded
#   make -f ../segment/Makefile                             builds out of tree, in the current directory

EXTENSION  := segment
MODULE_big := $(EXTENSION)
PG_CONFIG  ?= pg_config

root    := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
version := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(root)/$(EXTENSION).control)

ifneq ($(root),.)
override VPATH := $(root)
endif

# ------------------------------------------------------------------------------------------------------------ sources

core_sources := $(wildcard $(root)/src/core/*.cpp $(root)/src/core/*/*.cpp)
glue_sources := $(wildcard $(root)/src/pg/*.cpp)
unit_sources := $(wildcard $(root)/test/unit/*.cpp $(root)/test/unit/*/*.cpp)
fuzz_targets := $(patsubst $(root)/test/fuzz/%.cpp,%,$(wildcard $(root)/test/fuzz/*.cpp))
test_modules := $(patsubst $(root)/test/modules/%/,%,$(wildcard $(root)/test/modules/*/))

# $(call objects,directory,sources): where the sources' objects go; build/ mirrors the tree.
objects = $(patsubst $(root)/%.cpp,build/$(1)/%.o,$(2))

OBJS       := $(call objects,module,$(core_sources) $(glue_sources))
DATA       := $(patsubst $(root)/%,%,$(wildcard $(root)/sql/upgrade/*.sql))
DATA_built := $(EXTENSION)--$(version).sql

# ------------------------------------------------------------------------------------------------------------- options

# g++ 16 takes a memory resource for another kind of one, and warns about what that would do.
false_alarms := $(if $(filter 16,$(shell $(CXX) -dumpversion 2>/dev/null)),-Wno-error=array-bounds)
# Options of the compiler that built the server come from pg_config; another compiler need not know them.
foreign_options := $(if $(findstring clang,$(shell $(CXX) --version 2>/dev/null)),-Wno-unknown-warning-option)
warnings := -Wall -Wextra $(foreign_options) $(if $(WERROR),-Werror $(false_alarms))
# Eigen is a system directory: g++ 12 warns inside its headers. Contraction to FMA would make printed numbers depend on the machine.
language := -std=c++20 -ffp-contract=off -I$(root)/src -isystem /usr/include/eigen3

# PostgreSQL 15 neither hides the symbols of a module nor marks its own entry points; its headers still say `register`.
PG_CXXFLAGS  := $(language) $(warnings) -Wno-register -fvisibility=hidden -fvisibility-inlines-hidden
PG_CPPFLAGS  := -DSEGMENT_VERSION='"$(version)"' -DPGDLLEXPORT='__attribute__((visibility("default")))'
SHLIB_LINK   := -lstdc++
ifdef SANITIZE
# PostgreSQL defines signed overflow, which would keep the sanitizer silent about it; in what is instrumented g++ takes variables for
# uninitialized that are not.
sanitizers   := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-wrapv -fno-omit-frame-pointer -O1 -Wno-maybe-uninitialized
PG_CXXFLAGS  += $(sanitizers)
SHLIB_LINK   += $(sanitizers)
endif
SHLIB_EXPORTS := build/exports.txt

REGRESS        := $(patsubst $(root)/test/sql/%.sql,%,$(wildcard $(root)/test/sql/*.sql))
REGRESS_OPTS   := --inputdir=$(root)/test --load-extension=$(EXTENSION) --dlpath=$(CURDIR)/build/modules
ISOLATION      := $(patsubst $(root)/test/isolation/specs/%.spec,%,$(wildcard $(root)/test/isolation/specs/*.spec))
ISOLATION_OPTS := --inputdir=$(root)/test/isolation --load-extension=$(EXTENSION)
EXTRA_CLEAN    := build results log tmp_check output_iso

all:

# Bitcode would compile every file a second time, with clang, for a JIT that gains nothing here.
override with_llvm := no
PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))
ifneq ($(PGXS),)
include $(PGXS)
else
# The core and its tests need no PostgreSQL.
CXXFLAGS := -g -O2 $(PG_CXXFLAGS)
all install installcheck clean:
	@echo "$(PG_CONFIG) finds no PostgreSQL to build for: install its development files, or say PG_CONFIG=/path/to/pg_config" >&2; exit 1
endif

# PostgreSQL's headers are C; -Wextra finds unused parameters in them.
override CPPFLAGS := $(patsubst -I$(includedir_server),-isystem $(includedir_server),$(CPPFLAGS))

# Only the control file may be looked up in the source tree: build/ exists there too, with other objects.
srcdir := $(root)
override VPATH :=
vpath %.control $(root)

# ----------------------------------------------------------------------------------------------------------- extension

compile = @mkdir -p $(@D); echo "  CXX   $@"; $(1) -MMD -MP -c -o $@ $<

$(OBJS): build/module/%.o: $(root)/%.cpp build/options
	$(call compile,$(CXX) $(CXXFLAGS) $(CPPFLAGS))

# Objects of another server, compiler or set of options are not reused.
options := $(CXX) $(CXXFLAGS) $(CPPFLAGS) $(PG_CONFIG) $(VERSION)
build/options: always
	@mkdir -p build; echo '$(subst ','\'',$(options))' | cmp -s - $@ || echo '$(subst ','\'',$(options))' > $@

$(MODULE_big)$(DLSUFFIX): build/options

sql_parts := $(addprefix $(root)/sql/,$(shell sed 's/\#.*//' $(root)/sql/ORDER 2>/dev/null))
sql_unlisted := $(filter-out $(sql_parts),$(wildcard $(root)/sql/*.sql))
$(EXTENSION)--$(version).sql: $(root)/sql/ORDER $(sql_parts) $(root)/$(EXTENSION).control $(root)/Makefile
	$(if $(sql_unlisted),$(error sql/ORDER does not name $(notdir $(sql_unlisted))))
	@echo "  SQL   $@"
	@{ printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; cat $(sql_parts); } > $@.new && mv $@.new $@

# The linker keeps every other symbol private: templates of the standard library are visible whatever the compiler is told.
# Databases that were not updated yet call what older scripts name.
build/exports.txt: $(EXTENSION)--$(version).sql $(addprefix $(root)/,$(DATA)) $(root)/scripts/exports.sh $(root)/test/exports.allow
	@mkdir -p build; $(root)/scripts/exports.sh list $(root)/test/exports.allow $(filter %.sql,$^) > $@.new && mv $@.new $@

exports-check: all
	@$(root)/scripts/exports.sh check build/exports.txt $(MODULE_big)$(DLSUFFIX)

# ---------------------------------------------------------------------------------------------------------- unit tests

unit_flags_plain := $(warnings) -O1 -g
# At -O1 the compiler would take twice as long.
unit_flags_asan  := -Og -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

# The plain tests run the objects of the extension itself.
unit_core_plain := $(call objects,module,$(core_sources))
unit_core_asan  := $(call objects,unit/asan,$(core_sources))

define unit_binary
unit_compiled_$(1) := $$(filter build/unit/%,$$(unit_core_$(1))) $$(call objects,unit/$(1),$$(unit_sources))
$$(unit_compiled_$(1)): build/unit/$(1)/%.o: $$(root)/%.cpp
	$$(call compile,$$(CXX) $$(language) $$(unit_flags_$(1)))
build/unit/$(1)/unit: $$(unit_core_$(1)) $$(call objects,unit/$(1),$$(unit_sources))
	@echo "  LINK  $$@"; $$(CXX) $$(unit_flags_$(1)) -o $$@ $$^ -lgtest_main -lgtest -lpthread
endef
$(eval $(call unit_binary,plain))
$(eval $(call unit_binary,asan))

unit: build/unit/plain/unit
	$< --gtest_brief=1
unit-asan: build/unit/asan/unit
	$< --gtest_brief=1

# ------------------------------------------------------------------------------------------------------------- fuzzing

FUZZ_CXX ?= clang++
SECONDS  ?= 30
fuzz_flags   := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
fuzz_core    := $(call objects,fuzz,$(core_sources))
fuzz_objects := $(fuzz_core) $(patsubst %,build/fuzz/test/fuzz/%.o,$(fuzz_targets))

$(fuzz_objects): build/fuzz/%.o: $(root)/%.cpp
	$(call compile,$(FUZZ_CXX) $(language) $(warnings) $(fuzz_flags))
$(addprefix build/fuzz/,$(fuzz_targets)): build/fuzz/%: build/fuzz/test/fuzz/%.o $(fuzz_core)
	@echo "  LINK  $@"; $(FUZZ_CXX) -fsanitize=fuzzer,address,undefined -o $@ $^

# test/fuzz/<target>.cpp, with a <target>.dict if there is one. What the fuzzer finds stays under build/; inputs worth keeping belong to
# test/fuzz/corpus/<target>/.
fuzz_inputs := $(abspath $(root))/test/fuzz
fuzz: $(addprefix fuzz-,$(fuzz_targets))
$(addprefix fuzz-,$(fuzz_targets)): fuzz-%: build/fuzz/%
	@mkdir -p build/fuzz/corpus/$*
	cd build/fuzz && ./$* -max_total_time=$(SECONDS) -timeout=5 -print_final_stats=1 \
	    $(addprefix -dict=,$(wildcard $(fuzz_inputs)/$*.dict)) corpus/$* $(wildcard $(fuzz_inputs)/corpus/$*)

# --------------------------------------------------------------------------------------------------------- test modules

# test/modules/<name>/*.cpp make build/modules/segment_<name>_test.so, a library of its own that may use all of the extension's code.
# pg_regress tells the tests its directory as PG_LIBDIR.
module_objects = $(call objects,module,$(wildcard $(root)/test/modules/$(1)/*.cpp))

$(foreach m,$(test_modules),$(call module_objects,$(m))): build/module/%.o: $(root)/%.cpp build/options
	$(call compile,$(CXX) $(CXXFLAGS) $(CPPFLAGS))
build/module/segment.a: $(OBJS)
	@rm -f $@; $(AR) rcs $@ $^

test_library = build/modules/$(EXTENSION)_$(1)_test$(DLSUFFIX)

define test_module
$(call test_library,$(1)): $(call module_objects,$(1)) build/module/segment.a
	@mkdir -p $$(@D); echo "  LINK  $$@"; $$(CXX) $$(CXXFLAGS) -shared -o $$@ $$^ $$(LDFLAGS) $$(LDFLAGS_SL)
endef
$(foreach m,$(test_modules),$(eval $(call test_module,$(m))))

test-modules: $(foreach m,$(test_modules),$(call test_library,$(m))) ;
installcheck: test-modules

# ------------------------------------------------------------------------------------------------------ demo and tests

ROUNDS  ?= 200
CALLS   ?= 20000
MINUTES ?= 10

test:
	@PG_CONFIG='$(PG_CONFIG)' $(root)/scripts/test.sh $(SUITES)
# Random definitions against a translation to plain SQL, from SEED=1 on, as many as DEFINITIONS=10000 says, in FUZZ_JOBS=2 processes;
# fuzz-refreshes does the same with fewer of them, each refreshed three times with all that a refresh writes.
DEFINITIONS ?= 10000
SEED        ?= 1
FUZZ_JOBS   ?= 1
fuzz-differential:
	@PG_CONFIG='$(PG_CONFIG)' TESTS=010_differential_batches BATCH=1000 SEED='$(SEED)' DEFINITIONS='$(DEFINITIONS)' FUZZ_JOBS='$(FUZZ_JOBS)' $(root)/scripts/test.sh tap
fuzz-refreshes:
	@PG_CONFIG='$(PG_CONFIG)' TESTS=010_differential SEED='$(SEED)' DEFINITIONS='$(DEFINITIONS)' $(root)/scripts/test.sh tap
test-matrix:
	@$(root)/scripts/matrix.sh $(SUITES)
test-asan test-valgrind: test-%:
	@$(root)/scripts/checked.sh $* $(SUITES)
test-instructions:
	@PG_CONFIG='$(PG_CONFIG)' $(root)/scripts/test.sh instructions
# As many faults as a change of the refresh deserves; the tests do with a few.
test-faults:
	@PG_CONFIG='$(PG_CONFIG)' ROUNDS=$(ROUNDS) CALLS=$(CALLS) MINUTES=$(MINUTES) $(root)/scripts/test.sh faults
test-sqlsmith:
	@MINUTES=$(MINUTES) PG_CONFIG='$(PG_CONFIG)' $(root)/scripts/test.sh sqlsmith
test-concurrency:
	@PG_CONFIG='$(PG_CONFIG)' MINUTES=$(MINUTES) TESTS=005_concurrency $(root)/scripts/test.sh faults
test-upgrade:
	@$(root)/scripts/upgrade.sh
bench:
	@PG_CONFIG='$(PG_CONFIG)' $(root)/scripts/bench.sh $(WORKLOADS)
demo:
	@PG_CONFIG='$(PG_CONFIG)' $(root)/scripts/demo.sh run
demo-psql:
	@PG_CONFIG='$(PG_CONFIG)' $(root)/scripts/demo.sh psql
demo-clean:
	@PG_CONFIG='$(PG_CONFIG)' $(root)/scripts/demo.sh clean

format-check:
	@clang-format --dry-run -Werror $(shell find $(root)/src $(root)/test -name '*.cpp' -o -name '*.hpp')
	@! LC_ALL=C grep -rnP '^(?!\s*//)([^"]*"[^"]*")*[^"]*"[^"]*[\x80-\xff]' $(root)/src || { echo 'servers have other encodings than UTF-8: messages are in ASCII' >&2; exit 1; }

help:
	@sed -n 's/^## //p' $(root)/Makefile

## make             builds the extension          make test        builds, then runs every test suite
## make install     installs it                   make unit        the core's unit tests (unit-asan: under ASan and UBSan)
## make demo        shows it on example data      make fuzz        fuzzes the core, SECONDS=30 per target
## make demo-psql   a prompt in the demo          make installcheck runs the SQL tests in a running server
## make demo-clean  removes the demo              make test-matrix tests with each supported server (root)
## make fuzz-differential  compares random definitions with plain SQL, SEED=1 DEFINITIONS=10000 FUZZ_JOBS=2
## make bench WORKLOADS="w1 w3"  measures them against plain SQL (docs/performance.md)
## make format-check, make exports-check

.PHONY: always all exports-check unit unit-asan fuzz test-modules test fuzz-differential fuzz-refreshes test-matrix test-asan test-valgrind test-instructions test-faults test-concurrency test-sqlsmith test-upgrade bench demo demo-psql demo-clean format-check help

-include $(shell find build/module build/unit build/fuzz -name '*.d' 2>/dev/null)
