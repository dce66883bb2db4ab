# sendco: make          builds all programs into build/
#         make demo     installs what is missing, builds, sets up a demo school, shows a tour
#         make check    installs what is missing, builds, runs every test
#         make asan     the suite under AddressSanitizer and UBSan
#         make faults   the long runs of tests/faults/
#         make fuzz     tests/fuzz/ under libFuzzer, FUZZ_SECONDS each
#         make tsan     the suite under ThreadSanitizer
#         make tidy     clang-tidy and cppcheck    make coverage    branches that the suite reaches
#         make bench    speed beside its peers     make format, install, clean
#
# Sources are found, not listed: a new .c file in a room is built and linked.

B        ?= build
CC       ?= gcc
# make's own default is "cc"
ifeq ($(origin CC),default)
CC       := gcc
endif
OPT      ?= -O2
SAN      ?=
prefix   ?= /usr/local
PYTHON   ?= /usr/bin/python3

WARN     := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
HARDEN   := -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
CPPFLAGS += -I. -I$(B)/gen -D_GNU_SOURCE
# gcc guesses wrongly about poisoned memory
CFLAGS   += -std=c11 -g $(OPT) $(WARN) $(if $(SAN),-Wno-maybe-uninitialized -Wno-conversion) $(HARDEN) $(SAN) -pthread
# What protoc-c writes keeps to the warnings but for a few of its habits.
GENFLAGS  = -std=c11 -g $(OPT) -Wall -Wextra -Werror $(HARDEN) $(SAN)
LDFLAGS  += -pie -Wl,-z,relro,-z,now -pthread $(SAN)

# make fuzz only: protobuf-c's own source under the sanitizers (tests/fuzz/protobuf_c)
PROTOBUF_C  :=
LIBS_COMMON := $(or $(PROTOBUF_C),-lprotobuf-c) -lssl -lcrypto -lutf8proc
LIBS_SERVER := -luv -lsqlite3 -lsodium
LIBS_CLIENT := -luv -ljansson -lcsv -linih

find = $(sort $(foreach d,$(1),$(wildcard $(d)/*.c $(d)/*/*.c $(d)/*/*/*.c)))

# One line a step; V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' $(1) '$@')

# --- generated: one table of kinds from proto/records/ ---------------------

RECORDS  := $(sort $(wildcard proto/records/*.proto))
PROTOS   := protocol schema google/protobuf/descriptor $(RECORDS:proto/%.proto=%)
GEN_H    := $(PROTOS:%=$(B)/gen/%.pb-c.h)
GEN_O    := $(patsubst %,$(B)/gen/%.pb-c.o,protocol $(RECORDS:proto/%.proto=%)) $(B)/gen/kinds.o
PROTOINC := -Iproto -I/usr/include

# --- rooms ------------------------------------------------------------------

COMMON_O := $(patsubst %.c,$(B)/%.o,$(call find,common)) $(GEN_O)
CERTS_O  := $(patsubst %.c,$(B)/%.o,$(call find,certs))
SERVER_O := $(patsubst %.c,$(B)/%.o,$(filter-out server/main.c server/fault_off.c,$(call find,server))) $(CERTS_O)
CLIENT_O := $(patsubst %.c,$(B)/%.o,$(call find,client/exchange) $(filter-out client/cli/main.c,$(call find,client/cli)) $(wildcard client/*.c))
SUPPORT_O:= $(patsubst %.c,$(B)/%.o,$(filter-out tests/support/fault_on.c,$(call find,tests/support)))
UNIT     := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
# tests/faults/: each program of several files, its name's first
POWERCUT := $(patsubst %.c,$(B)/%.o,$(wildcard tests/faults/powercut*.c tests/faults/vfs_*.c) tests/support/storing.c)
FAULTS   := $(B)/faults/powercut $(B)/faults/network_link $(B)/faults/slowdisk.so $(B)/faults/network_clock.so $(B)/faults/nthwire $(B)/faults/siege $(B)/faults/siege_honest $(B)/faults/sendcod-siege $(B)/faults/nth_store $(B)/faults/nthdisk.so
# tests/fuzz/: each target with libFuzzer, and as a test of its seeds without
FUZZ     := $(patsubst tests/fuzz/target_%.c,%,$(sort $(wildcard tests/fuzz/target_*.c)))
FUZZ_ALL := $(B)/tests/fuzz/item.o $(B)/tests/fuzz/ground.o $(B)/server/fault_off.o
# sessions without sockets: in place of session_io.c, server.c and TLS
FUZZ_session := $(B)/tests/fuzz/no_socket.o $(B)/tests/fuzz/remember.o $(filter-out $(B)/server/session_io.o $(B)/server/server.o,$(SERVER_O))
$(foreach f,$(filter-out session,$(FUZZ)),$(eval FUZZ_$f := $(SERVER_O)))
FUZZ_roll += $(CLIENT_O)
# once more in little memory, and a second schema for the guard
FUZZ_frame += $(B)/tests/fuzz/scarce.o $(B)/gen/google/protobuf/descriptor.pb-c.o
# whose time goes as the input says
FUZZ_LINK_session := -Wl,--wrap=uv_now
# those that take messages change them field by field
$(foreach f,frame session list,$(eval FUZZ_WITH_$f := $(B)/tests/fuzz/mutate.o $(B)/tests/fuzz/tree.o))
# faults planted behind the seeds' tests
FUZZ_PLANTED := frame_next guard_check value_fault value_copy query_conditions query_order pack_failure session_gate date_parse text_cut plan_make
FUZZ_TEST := $(FUZZ:%=$(B)/tests/test_fuzz_%)
FUZZ_BIN  := $(FUZZ:%=$(B)/bin/fuzz-%)
FUZZ_SECONDS ?= 300
BENCH    := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))
PROGRAMS := $(B)/bin/sendcod $(B)/bin/sendco
# sendcod with a clock that tests set and faults that they plant
TESTD    := $(B)/tests/sendcod-test

all: $(PROGRAMS)

$(B)/bin/sendcod: $(B)/server/main.o $(B)/server/fault_off.o $(SERVER_O) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_SERVER) $(LIBS_COMMON)

$(TESTD): $(B)/server/main.o $(B)/tests/support/fault_on.o $(SERVER_O) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_SERVER) $(LIBS_COMMON)

$(B)/bin/sendco: $(B)/client/cli/main.o $(CLIENT_O) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_CLIENT) $(LIBS_COMMON)

$(B)/libcommon.a: $(COMMON_O)
	@rm -f $@
	$(call say,ar)
	$(Q)$(AR) rcs $@ $^

$(UNIT): $(B)/tests/%: $(B)/tests/unit/%.o $(SUPPORT_O) $(B)/server/fault_off.o $(SERVER_O) $(CLIENT_O) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_SERVER) $(LIBS_CLIENT) $(LIBS_COMMON)

$(B)/faults/powercut: $(POWERCUT) $(SERVER_O) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_SERVER) $(LIBS_COMMON)

# The store whose memory, SQLite and disk fail when a test says so.
NTH_STORE      := $(patsubst %.c,$(B)/%.o,$(wildcard tests/faults/nth_*.c) \
                  $(addprefix tests/faults/,powercut_told.c powercut_look.c powercut_fault.c vfs_record.c) tests/support/storing.c)
NTH_STORE_WRAP := malloc calloc realloc strdup strndup _exit uv_thread_create uv_async_init \
                  $(addprefix sqlite3_,prepare_v3 step bind_int64 bind_text bind_blob bind_null exec open_v2 create_function_v2 column_text)
$(B)/faults/nth_store: $(NTH_STORE) $(SERVER_O) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) $(NTH_STORE_WRAP:%=-Wl,--wrap=%) -o $@ $^ -lcmocka $(LIBS_SERVER) $(LIBS_COMMON)

# Preloaded, as slowdisk.so is.
$(B)/faults/nthdisk.so: tests/faults/nthdisk.c
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) -std=c11 -g -O2 -D_GNU_SOURCE $(WARN) -fPIC -shared -pthread -o $@ $< -ldl

# The daemon whose memory, sockets and libuv fail when a test says so.
NTHWIRE      := $(patsubst %.c,$(B)/%.o,$(wildcard tests/faults/nthwire*.c) tests/faults/nth_alloc.c tests/support/fault_on.c server/main.c)
NTHWIRE_WRAP := malloc calloc realloc strdup strndup live_new live_stop uv_tcp_init uv_accept uv_read_start uv_try_write uv_write uv_shutdown \
                uv_queue_work uv_tcp_getpeername uv_tcp_nodelay uv_tcp_keepalive uv_send_buffer_size \
                $(addprefix arena_,alloc zero copy strdup strndup printf)
$(B)/faults/nthwire: $(NTHWIRE) $(SERVER_O) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) $(NTHWIRE_WRAP:%=-Wl,--wrap=%) -o $@ $^ $(LIBS_SERVER) $(LIBS_COMMON)

# Attackers, honest people, and the daemon between them, in which a device can be withdrawn.
SIEGE    := $(patsubst %.c,$(B)/%.o,$(filter-out %/siege_honest.c %/siege_yardstick.c %/siege_daemon.c,$(wildcard tests/faults/siege*.c)))
$(B)/faults/siege: $(SIEGE) $(B)/libcommon.a
$(B)/faults/siege_honest: $(B)/tests/faults/siege_honest.o $(B)/tests/faults/siege_yardstick.o $(B)/libcommon.a
$(B)/faults/siege $(B)/faults/siege_honest:
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_SERVER) $(LIBS_COMMON)

$(B)/faults/sendcod-siege: $(B)/server/main.o $(B)/tests/support/fault_on.o $(B)/tests/faults/siege_daemon.o $(SERVER_O) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) -Wl,--wrap=access_tick -o $@ $^ $(LIBS_SERVER) $(LIBS_COMMON)

# make tsan only
$(B)/faults/race: $(B)/tests/faults/race.o
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -luv

$(B)/faults/network_link: $(B)/tests/faults/network_link.o $(B)/tests/faults/network_machine.o
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

# Preloaded into programs of any build: not under the sanitizers.
$(B)/faults/%.so: tests/faults/%.c
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) -std=c11 -g -O2 -D_GNU_SOURCE $(WARN) -fPIC -shared -pthread -o $@ $< -ldl

.SECONDEXPANSION:
$(FUZZ_TEST): $(B)/tests/test_fuzz_%: $(B)/tests/fuzz/replay.o $(B)/tests/fuzz/planted.o $(B)/tests/fuzz/target_%.o $(FUZZ_ALL) $$(FUZZ_$$*) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) $(FUZZ_LINK_$*) $(FUZZ_PLANTED:%=-Wl,--wrap=%) -o $@ $^ $(LIBS_SERVER) $(LIBS_CLIENT) $(LIBS_COMMON)

$(FUZZ_BIN): $(B)/bin/fuzz-%: $(B)/tests/fuzz/target_%.o $(FUZZ_ALL) $$(FUZZ_WITH_$$*) $$(FUZZ_$$*) $(B)/libcommon.a $(PROTOBUF_C)
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) $(FUZZ_LINK_$*) -fsanitize=fuzzer -o $@ $(filter-out $(PROTOBUF_C),$^) $(LIBS_SERVER) $(LIBS_CLIENT) $(LIBS_COMMON)

$(B)/protobuf-c/protobuf-c.c:
	$(call say,source)
	$(Q)./tests/fuzz/protobuf_c $(@D)

# It adds nothing to null pointers and copies nothing from them, which harms nobody: empty messages and bytes.
$(B)/protobuf-c/protobuf-c.o: $(B)/protobuf-c/protobuf-c.c
	$(call say,cc)
	$(Q)$(CC) -g $(OPT) $(SAN) -fno-sanitize=pointer-overflow,nonnull-attribute -fPIE -I/usr/include/protobuf-c -w -c -o $@ $<

$(BENCH): $(B)/bench/%: $(B)/tests/bench/%.o $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_SERVER) $(LIBS_COMMON)

# Generated headers come first; after that the .d files know who needs which.
$(B)/%.o: %.c | $(GEN_H) $(B)/gen/kinds.c
	@mkdir -p $(@D)
	$(call say,cc)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/kinds.o: $(B)/gen/kinds.c | $(GEN_H)
	$(call say,cc)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/%.pb-c.o: $(B)/gen/%.pb-c.c | $(GEN_H)
	$(call say,cc)
	$(Q)$(CC) -I$(B)/gen $(GENFLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/google/protobuf/%.pb-c.c $(B)/gen/google/protobuf/%.pb-c.h &: /usr/include/google/protobuf/%.proto
	@mkdir -p $(B)/gen
	$(call say,proto)
	$(Q)protoc-c $(PROTOINC) --c_out=$(B)/gen google/protobuf/$*.proto

$(B)/gen/%.pb-c.c $(B)/gen/%.pb-c.h &: proto/%.proto
	@mkdir -p $(B)/gen
	$(call say,proto)
	$(Q)protoc-c $(PROTOINC) --c_out=$(B)/gen $<

# The set of record files is itself an input: a new or removed one makes the table anew.
$(B)/gen/records.list: FORCE
	@mkdir -p $(@D)
	@echo '$(RECORDS)' | cmp -s - $@ || echo '$(RECORDS)' > $@

$(B)/gen/kinds.c: $(RECORDS) proto/schema.proto proto/released.txt $(B)/bin/kindgen $(B)/gen/records.list
	$(call say,kinds)
	$(Q)protoc $(PROTOINC) --plugin=protoc-gen-kinds=$(B)/bin/kindgen --kinds_out=proto/released.txt:$(B)/gen $(RECORDS)
	@touch $@

# A build tool that keeps what it allocates: not under the sanitizers.
KINDGEN_GEN := schema google/protobuf/descriptor google/protobuf/compiler/plugin
$(B)/bin/kindgen: proto/kindgen.h $(wildcard proto/kindgen*.c) $(KINDGEN_GEN:%=$(B)/gen/%.pb-c.c)
	@mkdir -p $(@D)
	$(call say,link)
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -Werror $(SAN),$(CFLAGS)) $(filter-out $(SAN),$(LDFLAGS)) -o $@ $(filter %.c,$^) -lprotobuf-c

$(B)/gen/google/protobuf/compiler/plugin.pb-c.c: | $(B)/gen/google/protobuf/descriptor.pb-c.h
$(B)/gen/schema.pb-c.c: | $(B)/gen/google/protobuf/descriptor.pb-c.h

# --- doing things -----------------------------------------------------------

tests: $(PROGRAMS) $(TESTD) $(UNIT) $(FAULTS) $(FUZZ_TEST)
fuzz-programs: $(FUZZ_BIN)
bench-programs: $(PROGRAMS) $(BENCH)

demo:
	@./tests/support/need build
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@./tests/support/demo $(B)

check:
	@./tests/support/need build test
	@$(MAKE) --no-print-directory -j$$(nproc) tests
	@$(PYTHON) tests/run.py --build $(B)

asan:
	@./tests/support/need build test
	@$(MAKE) --no-print-directory -j$$(nproc) B=build/asan OPT=-O1 SAN='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' tests
	@$(PYTHON) tests/run.py --build build/asan --short

faults:
	@./tests/support/need build test
	@$(MAKE) --no-print-directory -j$$(nproc) tests
	@$(PYTHON) tests/run.py --build $(B) --long --only 'faults/'

FUZZ_SAN := -fsanitize=address,undefined -fsanitize=fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer \
            -fprofile-instr-generate -fcoverage-mapping -Wno-unknown-warning-option
fuzz:
	@./tests/support/need build fuzz
	@$(MAKE) --no-print-directory -j$$(nproc) B=$(B)/fuzz CC=clang OPT=-O1 SAN='$(FUZZ_SAN)' PROTOBUF_C=$(B)/fuzz/protobuf-c/protobuf-c.o \
	    fuzz-programs
	@$(PYTHON) tests/fuzz/run.py --build $(B)/fuzz --seconds $(FUZZ_SECONDS)

bench:
	@./tests/support/need build bench
	@$(MAKE) --no-print-directory -j$$(nproc) bench-programs
	@$(PYTHON) tests/bench/bench.py --build $(B)

# Each file anew when its object is, so that a second run looks only at what was changed.
TIDY_C  := $(filter-out tests/%,$(call find,common server client certs))
TIDY_OK := $(TIDY_C:%.c=$(B)/tidy/%.ok) $(patsubst %.c,$(B)/tidy/%.ok,$(wildcard proto/kindgen*.c))
TIDY     = mkdir -p $(@D) && { clang-tidy --quiet $< -- $(CPPFLAGS) -std=c11 2>$@.said || { cat $@.said; false; }; } && touch $@
$(TIDY_C:%.c=$(B)/tidy/%.ok): $(B)/tidy/%.ok: %.c $(B)/%.o .clang-tidy
	$(call say,tidy)
	$(Q)$(TIDY)
$(B)/tidy/proto/%.ok: proto/%.c $(B)/bin/kindgen .clang-tidy
	$(call say,tidy)
	$(Q)$(TIDY)
tidy-files: $(TIDY_OK)
# It knows neither gcc nor where headers lie; those whose macros we use it is told.
CPPCHECK := --quiet --std=c11 --platform=unix64 --enable=warning,performance,portability --inline-suppr --library=posix \
            --suppressions-list=tests/support/cppcheck.supp --error-exitcode=1 -D__GNUC__=12 \
            --include=/usr/include/protobuf-c/protobuf-c.h --include=/usr/include/uthash.h
tidy:
	@./tests/support/need build test tidy
	@$(MAKE) --no-print-directory -k -j$$(nproc) tidy-files
	@mkdir -p $(B)/cppcheck
	cppcheck $(CPPCHECK) --cppcheck-build-dir=$(B)/cppcheck -j$$(nproc) $(CPPFLAGS) common server client certs proto

tsan:
	@./tests/support/need build test
	@$(MAKE) --no-print-directory -j$$(nproc) B=build/tsan OPT=-O1 SAN='-fsanitize=thread -fno-omit-frame-pointer' tests build/tsan/faults/race
	@$(PYTHON) tests/support/threads.py --build build/tsan --only unit/ --only integration/ --only faults/history --only faults/kill9 \
	    --only faults/powercut

# What counts is added to what earlier runs counted: each begins at nothing. Of failing memory, SQLite and disks the
# suite tries samples; here some more.
coverage:
	@./tests/support/need build test
	@$(MAKE) --no-print-directory -j$$(nproc) B=build/coverage OPT=-O0 SAN='--coverage -fprofile-update=atomic' tests
	@find build/coverage -name '*.gcda' -delete
	@$(PYTHON) tests/run.py --build build/coverage; failed=$$?; \
	for how in 'once --limit 150' 'on --limit 60' 'calls --limit 20' 'open --limit 60'; do \
	    build/coverage/faults/nth_store $$how >build/coverage/more 2>/dev/null || failed=1; tail -n 1 build/coverage/more; done; \
	$(PYTHON) tests/coverage.py --build build/coverage && exit $$failed

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

install: all
	install -D -m 0755 $(B)/bin/sendcod $(DESTDIR)$(prefix)/sbin/sendcod
	install -D -m 0755 $(B)/bin/sendco $(DESTDIR)$(prefix)/bin/sendco
	@mkdir -p $(DESTDIR)$(prefix)/share/man/man1 $(DESTDIR)$(prefix)/share/bash-completion/completions
	$(B)/bin/sendco man > $(DESTDIR)$(prefix)/share/man/man1/sendco.1
	$(B)/bin/sendco completion bash > $(DESTDIR)$(prefix)/share/bash-completion/completions/sendco

clean:
	rm -rf $(B)

FORCE:
.PHONY: all tests fuzz-programs bench-programs demo check asan faults fuzz bench tidy tidy-files tsan coverage format install clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:

-include $(shell find $(B) -name '*.d' 2>/dev/null)
