// Large puts that go up in pieces: kept in memory under their person and key until
// applied, or for an hour. Loop thread; while applied, the writer reads them.
#ifndef SERVER_HANDLERS_STAGE_H
#define SERVER_HANDLERS_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <sodium.h>

#include "server/store/store.h"
#include "protocol.pb-c.h"

struct stages;

#define STAGE_BYTES   ((size_t)64 << 20) // per person
#define STAGE_SECONDS 3600
#define STAGES_MAX    16 // per person

struct stage_part {
    uint8_t hash[32];
};

struct stage {
    struct stage *next;
    int64_t staff;
    uint8_t key[STORE_KEY];
    uint64_t since;     // ms
    struct arena arena; // the records, packed
    struct put_item *items;
    size_t n_items, capacity;
    struct stage_part *parts;
    size_t n_parts, parts_capacity;
    crypto_hash_sha256_state hash; // over all records, whatever the parts
    bool applying, applied;
    bool answered; // with whatever came of it: it may give way to what is new
};

struct stages *stages_new(void);
void stages_free(struct stages *stages);
void stages_sweep(struct stages *stages, uint64_t now); // ms; drops what is too old

struct stage *stage_find(const struct stages *stages, int64_t staff, const uint8_t key[STORE_KEY]); // may be NULL
// One part more. 0, ERR_INVALID (out of order, other content, empty), ERR_TOO_LARGE, ERR_NOMEM.
int stage_add(struct stages *stages, int64_t staff, const uint8_t key[STORE_KEY], uint32_t part, size_t n, Sendco__Record *const *records,
              uint64_t now, struct stage **stage, struct problem *problem);
// The put of it was answered, with `result`: a trial is over and dropped. What was applied stays for a
// lost answer to be told again, what was refused for another try, each until there is no room.
void stage_answered(struct stages *stages, int64_t staff, const uint8_t key[STORE_KEY], int result, bool dry_run);
// Adds one record, as it came, to a hash.
int stage_hash_record(crypto_hash_sha256_state *state, const Sendco__Record *record, struct arena *scratch);

#endif
