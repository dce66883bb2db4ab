// Tickets in use: what the daemon knows of them between the rows it keeps in the
// store. One per ticket, shared by all connections that came with it, so that use on
// one keeps it alive on all, and its end ends it on all. Loop thread.
#ifndef SERVER_ACCESS_PASS_H
#define SERVER_ACCESS_PASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/table.h"
#include "server/store/account.h"

struct passes;
struct store;

#define PASS_TICKET 32          // bytes of a ticket; the store keeps their SHA-256
#define PASS_IDLE   600         // seconds without a request
#define PASS_LIFE   (12 * 3600) // at most
#define PASS_WRITE  60          // its last use is written down at most this often

struct pass {
    UT_hash_handle hh;
    struct passes *passes;
    struct ticket row;
    int64_t written; // row.used as the store has it
    unsigned refs;
    bool ended, swept;
    bool kept;  // the store has its row, or may have
    bool stays; // it has ended, but the store could not forget it yet
};

struct passes *passes_new(struct store *store);
void passes_free(struct passes *passes);
// Forgets those that have ended, here and in the store; here only when no row could be taken for good any more. Every
// half minute or so.
void passes_sweep(struct passes *passes, int64_t now);
// The daemon stops: writes down every last use, and every end that could not be.
void passes_stop(struct passes *passes);

void pass_hash(const uint8_t *ticket, size_t size, uint8_t hash[32]);
struct pass *pass_find(struct passes *passes, const uint8_t hash[32]); // in use here; may be NULL
// From its row, which the store has. NULL without memory. Returned with one more reference.
struct pass *pass_take(struct passes *passes, const struct ticket *row);
void pass_release(struct pass *pass);
bool pass_alive(const struct pass *pass, int64_t now); // false for NULL
// A request uses it: false when it has ended.
bool pass_use(struct pass *pass, int64_t now);
int64_t pass_expires(const struct pass *pass);
// For good. The caller has the store forget it, and keeps it until then.
void pass_end(struct pass *pass);
// The store could not: each sweep tries it again. False when that matters to nobody: there is no row.
bool pass_stays(struct pass *pass);
// Would a row from the store still be good?
bool ticket_alive(const struct ticket *row, int64_t now);

#endif
