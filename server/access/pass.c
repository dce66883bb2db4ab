// Tickets in use (pass.h). Loop thread; the rows are written by the store's writer.
#include "server/access/pass.h"

#include <stdlib.h>

#include <sodium.h>

#include "server/store/store.h"

struct passes {
    struct store *store;
    struct pass *all; // hash by the ticket's hash
    bool stopping;
};

struct passes *passes_new(struct store *store)
{
    struct passes *passes = calloc(1, sizeof *passes);
    if (passes)
        passes->store = store;
    return passes;
}

static void pass_forget(struct pass *pass)
{
    HASH_DEL(pass->passes->all, pass);
    free(pass);
}

void passes_free(struct passes *passes)
{
    if (!passes)
        return;
    struct pass *pass, *next;
    HASH_ITER(hh, passes->all, pass, next)
    pass_forget(pass);
    free(passes);
}

// --- writing down, where nobody waits for it ---

static int keep_ticket(struct view *view, void *data)
{
    return ticket_put(view, data);
}

static int keep_end(struct view *view, void *data)
{
    const struct ticket *row = data;
    return ticket_remove(view, row->hash);
}

// `row` says how old is too old. What is kept of the last use lags behind by up to a minute.
static int keep_young(struct view *view, void *data)
{
    const struct ticket *row = data;
    return ticket_expire(view, row->used, row->issued);
}

static void on_kept(int result, void *data)
{
    (void)result; // its last use is then known less exactly: it ends sooner, never later
    free(data);
}

static void passes_write(struct passes *passes, store_read_fn *keep, const struct ticket *row)
{
    struct ticket *copy = malloc(sizeof *copy);
    if (!copy)
        return;
    *copy = *row;
    store_keep(passes->store, keep, on_kept, copy);
}

static void pass_write(struct pass *pass)
{
    pass->written = pass->row.used;
    pass->kept |= !store_readonly(pass->passes->store);
    passes_write(pass->passes, keep_ticket, &pass->row);
}

// --- one ---

void pass_hash(const uint8_t *ticket, size_t size, uint8_t hash[32])
{
    crypto_hash_sha256(hash, ticket, size);
}

bool ticket_alive(const struct ticket *row, int64_t now)
{
    return now - row->used < PASS_IDLE && now - row->issued < PASS_LIFE;
}

struct pass *pass_find(struct passes *passes, const uint8_t hash[32])
{
    struct pass *pass;
    HASH_FIND(hh, passes->all, hash, 32, pass);
    return pass;
}

struct pass *pass_take(struct passes *passes, const struct ticket *row)
{
    struct pass *pass = pass_find(passes, row->hash);
    if (!pass) {
        pass = calloc(1, sizeof *pass);
        if (!pass)
            return NULL;
        pass->passes = passes;
        pass->row = *row;
        pass->written = row->used;
        HASH_ADD(hh, passes->all, row.hash, sizeof pass->row.hash, pass);
        if (!TABLE_TOOK(pass)) {
            free(pass);
            return NULL;
        }
    }
    pass->refs++;
    return pass;
}

void pass_release(struct pass *pass)
{
    pass->refs--;
}

bool pass_alive(const struct pass *pass, int64_t now)
{
    return pass && !pass->ended && ticket_alive(&pass->row, now);
}

bool pass_use(struct pass *pass, int64_t now)
{
    if (!pass_alive(pass, now))
        return false;
    if (now > pass->row.used)
        pass->row.used = now;
    if (pass->row.used - pass->written >= PASS_WRITE && !pass->passes->stopping)
        pass_write(pass);
    return true;
}

int64_t pass_expires(const struct pass *pass)
{
    return pass->row.issued + PASS_LIFE;
}

void pass_end(struct pass *pass)
{
    pass->ended = true;
}

bool pass_stays(struct pass *pass)
{
    pass->stays = pass->kept;
    return pass->stays;
}

// --- all ---

void passes_sweep(struct passes *passes, int64_t now)
{
    struct pass *pass, *next;
    bool any = false;
    HASH_ITER(hh, passes->all, pass, next)
    {
        if (pass->stays && !passes->stopping)
            passes_write(passes, keep_end, &pass->row);
        // An end that the store does not know of is known here, for as long as the row would be good.
        if (ticket_alive(&pass->row, now) || pass->refs > 0)
            continue;
        // A row read before the end may still be on its way here: it must find that this has ended.
        if (pass->swept)
            pass_forget(pass);
        else
            any = pass->swept = true;
    }
    if (any && !passes->stopping)
        passes_write(passes, keep_young, &(struct ticket){.used = now - PASS_IDLE - PASS_WRITE, .issued = now - PASS_LIFE});
}

void passes_stop(struct passes *passes)
{
    struct pass *pass, *next;
    HASH_ITER(hh, passes->all, pass, next)
    {
        if (pass->stays)
            passes_write(passes, keep_end, &pass->row);
        else if (!pass->ended && pass->row.used > pass->written)
            pass_write(pass);
    }
    passes->stopping = true;
}
