// What the store told whom, and how far the recording was when it did. The loop's
// thread while the work goes on, afterwards only read.
#include "tests/faults/powercut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "tests/faults/vfs_record.h"

static struct told_row *rows; // seq 1 is the first
static size_t n_rows, rows_room;
static struct promise *promises;
static size_t n_promises, promises_room, n_tickets;

uint64_t dice_next(struct dice *dice)
{
    dice->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = dice->state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned dice_below(struct dice *dice, unsigned most)
{
    return (unsigned)(dice_next(dice) % most);
}

static void *grown(void *list, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return list;
    *room = *room ? 2 * *room : 1024;
    list = realloc(list, *room * size);
    if (!list)
        abort();
    return list;
}

static void promise_now(void)
{
    promises = grown(promises, n_promises, &promises_room, sizeof *promises);
    promises[n_promises++] = (struct promise){recorder_position(), n_rows, n_tickets};
}

void told_content(const struct record *record, struct arena *arena, uint8_t content[CONTENT])
{
    uint8_t *body;
    size_t size;
    if (record_pack(record, ~UINT64_C(0), arena, &body, &size))
        abort();
    crypto_generichash(content, CONTENT, body, size, NULL, 0);
}

// This record's change before: one of the newest rows most often.
static struct told_row *newest(const struct kind *kind, int64_t id)
{
    for (size_t i = n_rows; i-- > 0;)
        if (rows[i].kind == kind && rows[i].id == id)
            return &rows[i];
    return NULL;
}

static void row_add(const struct commit *commit, const struct change_row *from, struct arena *memory)
{
    const struct record *record = from->record;
    struct told_row row = {
        record->kind, record->id, record->version, from->action, {0}, commit->from_seq, commit->to_seq, commit->batch, {0}, commit->at, 0};
    told_content(record, memory, row.content);
    memcpy(row.key, commit->key, sizeof row.key);
    struct told_row *before = newest(record->kind, record->id);
    if (from->seq != n_rows + 1 || record->version != (before ? before->version + 1 : 1)) {
        printf("red: seq %llu was told after %zu, version %llu\n", (unsigned long long)from->seq, n_rows,
               (unsigned long long)record->version);
        exit(1);
    }
    if (before)
        before->next = from->seq;
    rows = grown(rows, n_rows, &rows_room, sizeof *rows);
    rows[n_rows++] = row;
}

void told_opened(struct commit *commit)
{
    struct arena memory;
    arena_init(&memory, 0);
    for (size_t i = 0; i < commit->n_rows; i++)
        row_add(commit, &commit->rows[i], &memory);
    arena_deinit(&memory);
    promise_now();
}

void told_commit(struct commit *commit, void *unused)
{
    (void)unused;
    told_opened(commit);
}

void told_ticket(void)
{
    n_tickets++;
    promise_now();
}

void told_ticket_hash(size_t number, uint8_t hash[32])
{
    uint64_t salted = number;
    crypto_generichash(hash, 32, (const uint8_t *)&salted, sizeof salted, NULL, 0);
}

const struct told_row *told_row(uint64_t seq)
{
    return seq && seq <= n_rows ? &rows[seq - 1] : NULL;
}

void told_forget(void)
{
    n_rows = n_promises = n_tickets = 0;
}

uint64_t told_seq(void)
{
    return n_rows;
}

size_t told_promises(void)
{
    return n_promises;
}

// Promises come in the order of their positions.
struct promise told_promise(size_t position)
{
    size_t low = 0, high = n_promises;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (promises[middle].position <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? promises[low - 1] : (struct promise){0, 0, 0};
}
