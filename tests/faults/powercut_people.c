// What people do in the recorded hour, by dice: most of it on few records, so that versions,
// merges and undoing come together. The loop's thread.
#include "tests/faults/powercut_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/date.h"
#include "server/store/account.h"
#include "tests/support/storing.h"

static int32_t spell_day = 15000;
static size_t tickets; // asked for until now

static void put(struct put_item *items, size_t n, bool batched)
{
    struct asked *asked = work_request(CHANGE_PUT);
    asked->change.items = arena_copy(&arena, items, n * sizeof *items);
    asked->change.n_items = n;
    asked->change.batched = batched;
    asked->change.dry_run = !batched && dice_below(&work.dice, 25) == 0;
    work.last = asked->change.dry_run ? work.last : asked;
    work_ask(asked);
}

// Text of any length up to `most`, now and then long enough for pages of its own.
static const char *words(unsigned most)
{
    size_t n = dice_below(&work.dice, 12) ? 1 + dice_below(&work.dice, 60) : most;
    char *text = arena_alloc(&arena, n + 24);
    if (!text)
        abort();
    int size = snprintf(text, 24, "%08x ", (unsigned)dice_next(&work.dice));
    for (size_t i = (size_t)size; i < n; i++)
        text[i] = (char)(i % 7 ? 'a' + (int)dice_below(&work.dice, 26) : ' ');
    text[n > (size_t)size ? n - 1 : (size_t)size - 1] = 'z';
    text[n > (size_t)size ? n : (size_t)size] = 0;
    return text;
}

static struct put_item new_target(int64_t temporary, int64_t of)
{
    struct put_item item = storing_item(target, temporary, 0, "aim", words(900), "baseline", words(900), NULL);
    record_set(item.record, "pupil", value_number(of));
    item.set |= field_bit(field_find(target, "pupil"));
    return item;
}

static int64_t one_of(const int64_t *ids, size_t n)
{
    return ids[dice_below(&work.dice, (unsigned)n)];
}

static int64_t busy_target(void)
{
    size_t busy = work.n_targets < 10 || dice_below(&work.dice, 5) == 0 ? work.n_targets : 10;
    return one_of(work.targets + work.n_targets - busy, busy);
}

static uint64_t version_of(const struct kind *kind, int64_t id)
{
    for (uint64_t seq = told_seq(); seq; seq--)
        if (told_row(seq)->kind == kind && told_row(seq)->id == id)
            return told_row(seq)->version;
    return 1;
}

static void add_pupil(void)
{
    struct put_item items[4] = {storing_item(pupil, -1, 0, "surname", words(50), "forename", words(50), "born", "2018-03-04", NULL)};
    size_t n = 1 + dice_below(&work.dice, 4);
    for (size_t i = 1; i < n; i++)
        items[i] = new_target(-1 - (int64_t)i, -1);
    put(items, n, false);
}

static void add_target(void)
{
    struct put_item item = new_target(-1, one_of(work.pupils, work.n_pupils));
    put(&item, 1, false);
}

// An old version now and then: a merge, or a conflict.
void work_edit(void)
{
    int64_t id = busy_target();
    uint64_t version = version_of(target, id);
    version -= version > 1 && dice_below(&work.dice, 3) == 0;
    const char *const fields[] = {"progress", "note", "measure"};
    struct put_item item =
        storing_item(target, id, version, fields[dice_below(&work.dice, 3)], dice_below(&work.dice, 6) ? words(950) : "", NULL);
    put(&item, 1, false);
}

static void add_status(void)
{
    static const char *const codes[] = {"N", "K", "E"};
    char day[DATE_TEXT_MAX], id[ID_TEXT_MAX];
    date_iso(spell_day += 1 + (int32_t)dice_below(&work.dice, 5), day);
    id_format(pupil, one_of(work.pupils, work.n_pupils), id);
    struct put_item item = storing_item(status, -1, 0, "pupil", id, "provision", codes[dice_below(&work.dice, 3)], "starts", day, NULL);
    put(&item, 1, false);
}

static void add_batch(void)
{
    struct put_item items[24];
    size_t n = 4 + dice_below(&work.dice, 20);
    for (size_t i = 0; i < n; i++)
        items[i] = new_target(-1 - (int64_t)i, one_of(work.pupils, work.n_pupils));
    put(items, n, true);
}

static void refer_to_nobody(void)
{
    struct put_item item = new_target(-1, 999999);
    put(&item, 1, false);
}

static void remove_target(void)
{
    struct asked *asked = work_request(CHANGE_REMOVE);
    asked->change.kind = target;
    asked->change.id = busy_target();
    asked->change.version = version_of(target, asked->change.id);
    asked->change.reason = words(40);
    work_ask(asked);
}

static void undo_target(void)
{
    struct asked *asked = work_request(CHANGE_UNDO);
    asked->change.kind = target;
    asked->change.id = busy_target();
    work_ask(asked);
}

static void undo_batch(void)
{
    struct asked *asked = work_request(CHANGE_UNDO);
    asked->change.batch = work.n_batches ? work.batches[dice_below(&work.dice, (unsigned)work.n_batches)] : 1;
    work_ask(asked);
}

// The answer was lost on the way: the very same request, with its key.
static void say_again(void)
{
    if (!work.last || !work.last->change.result.n_done)
        return;
    struct asked *asked = work_request(CHANGE_PUT);
    memcpy(asked->change.key, work.last->change.key, STORE_KEY);
    memcpy(asked->change.hash, work.last->change.hash, sizeof asked->change.hash);
    asked->change.items = work.last->change.items;
    asked->change.n_items = work.last->change.n_items;
    asked->is_again = true;
    work_ask(asked);
}

static int keep_ticket(struct view *view, void *data)
{
    const struct ticket *ticket = data;
    return ticket_put(view, ticket);
}

static void on_ticket(int result, void *data)
{
    (void)data;
    work.waiting--;
    if (result)
        work_give_up("a ticket was not kept", NULL);
    told_ticket();
    work.tally.tickets++;
}

static void add_ticket(void)
{
    struct ticket *ticket = arena_zero(&arena, 1, sizeof *ticket);
    if (!ticket)
        abort();
    told_ticket_hash(++tickets, ticket->hash);
    ticket->staff = 1;
    ticket->device = (int64_t)tickets;
    work.waiting++;
    store_keep(store, keep_ticket, on_ticket, ticket);
}

static int look_long(struct view *view, void *data)
{
    (void)view;
    (void)data;
    usleep(40000);
    return 0;
}

static void on_look(int result, void *data)
{
    (void)result;
    (void)data;
    work.waiting--;
}

// While somebody looks at a snapshot a checkpoint gets only half-way, and the WAL cannot begin anew.
static void hold_snapshot(void)
{
    static const struct actor somebody = {.staff = 1};
    work.waiting++;
    work.tally.held++;
    store_read(store, &somebody, look_long, on_look, NULL);
}

void work_some(void)
{
    static void (*const rare[])(void) = {undo_batch, say_again, refer_to_nobody, add_ticket, add_ticket, add_batch, hold_snapshot};
    static void (*const usual[])(void) = {work_edit, work_edit, work_edit, add_target, remove_target, undo_target, add_status};
    if (work.n_pupils < 4 || dice_below(&work.dice, 20) == 0)
        add_pupil();
    else if (!work.n_targets)
        add_target();
    else if (dice_below(&work.dice, 8) == 0)
        rare[dice_below(&work.dice, 7)]();
    else
        usual[dice_below(&work.dice, 7)]();
}
