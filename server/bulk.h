// Writing to a store before anything is served: the asynchronous door, waited for.
// Used by `sendcod init` on the main thread, which drives the loop itself.
#ifndef SERVER_BULK_H
#define SERVER_BULK_H

#include "server/store/store.h"

#define BULK_MAX 500 // records in one request: small enough to keep memory flat, large enough to be fast

// Where keys and salts come from: real randomness, or a demo's seed.
typedef void bulk_random_fn(void *data, uint8_t *bytes, size_t size);

struct bulk {
    uv_loop_t loop;
    struct store *store;
    bulk_random_fn *random;
    void *random_data;
    bool made; // the loop is
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
// One transaction. `on_done` hears of every record: its temporary and its real id and version.
typedef void bulk_done_fn(const struct done_item *done, void *data);
int bulk_write(struct bulk *bulk, const struct bulk_put *put, bulk_done_fn *on_done, void *data, struct problem *problem);
// account_put and the like, in a transaction of their own.
int bulk_keep(struct bulk *bulk, store_read_fn *keep, void *data);

#endif
