// Writing to a store before anything is served: the asynchronous door, waited for.
// Used by `sendcod init` on the main thread, which drives the loop itself.
#ifndef SERVER_BULK_H
#define SERVER_BULK_H

#include "server/store/store.h"

#define BULK_MAX   500 // records in one request: small enough to keep memory flat, large enough to be fast
#define BULK_AHEAD 64  // requests that are sent and not answered yet

// Where keys and salts come from: real randomness, or a demo's seed.
typedef void bulk_random_fn(void *data, uint8_t *bytes, size_t size);

struct bulk {
    uv_loop_t loop;
    struct store *store;
    bulk_random_fn *random;
    void *random_data;
    size_t n_ahead;         // sent, and not answered yet
    struct problem refused; // the first that was: its error is 0 while there was none
    bool made;              // the loop is
    bool failed;            // once it is closed: the disk did, and what was made is worth nothing
};

// Makes the database in options->directory. The scope of everything it writes is everything.
int bulk_open(struct bulk *bulk, struct store_options options, bulk_random_fn *random, void *data, struct problem *problem);
// Waits until all is on disk and closed. Harmless when it was never opened.
void bulk_close(struct bulk *bulk);

struct bulk_put {
    struct actor actor;
    int64_t now; // UTC seconds
    struct put_item *items;
    size_t n;
};
// One transaction, when nothing else was sent. `on_done` hears of every record: its temporary and its real id and version.
typedef void bulk_done_fn(const struct done_item *done, void *data);
int bulk_write(struct bulk *bulk, const struct bulk_put *put, bulk_done_fn *on_done, void *data, struct problem *problem);
// The same without waiting: what is sent is written in its order, and the store commits several at once. The records, not
// the items, must live until on_done has heard of them, within bulk_send or bulk_wait. 0, or as bulk_wait.
int bulk_send(struct bulk *bulk, const struct bulk_put *put, bulk_done_fn *on_done, void *data, struct problem *problem);
// Waits until no more than so many are unanswered. 0, or the first error that there was in anything sent.
int bulk_wait(struct bulk *bulk, size_t most, struct problem *problem);
// account_put and the like, in a transaction of their own.
int bulk_keep(struct bulk *bulk, store_read_fn *keep, void *data);

#endif
