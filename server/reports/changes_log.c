// Reads the change log as far as the reader may be told of it; see changes.h and, for
// what is told, changes.c. Reader thread.
#include "server/reports/changes.h"

#include <stdlib.h>
#include <string.h>

#include "server/store/store.h"

#define WALK_OVER 1 // ends the walk; no error

// --- the log -----------------------------------------------------------------------

struct probe {
    int64_t at;
    uint64_t to;
};

static int on_probe(struct commit *commit, void *data)
{
    *(struct probe *)data = (struct probe){commit->at, commit->to_seq};
    commit_unref(commit);
    return WALK_OVER;
}

// The newest change before that second: the log is in order of time, so it is sought by halves.
static int find_begin(struct changes *changes, int64_t begin, uint64_t *before)
{
    uint64_t low = changes->from, high = view_seq(changes->work->view); // the answer lies in low..high
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        struct probe probe = {INT64_MAX, high};
        int result = view_commits(changes->work->view, middle, 1, on_probe, &probe, changes->work->problem);
        if (result < 0)
            return result;
        if (probe.at >= begin)
            high = middle;
        else
            low = probe.to;
    }
    *before = low;
    return 0;
}

static bool takes(const struct changes *changes, const struct record *record)
{
    if (changes->kind && record->kind != changes->kind)
        return false;
    return !changes->pupil || (record->kind->about.subject == SUBJECT_PUPIL && record->about == changes->pupil->id);
}

static int told_room(struct changes *changes)
{
    if (changes->n < changes->room)
        return 0;
    size_t room = changes->room ? 2 * changes->room : 256;
    struct told *grown = arena_alloc(changes->work->arena, room * sizeof *grown);
    if (!grown)
        return ERR_NOMEM;
    if (changes->n)
        memcpy(grown, changes->told, changes->n * sizeof *grown);
    changes->told = grown;
    changes->room = room;
    return 0;
}

// As a push would: what the record is after the change decides, and an edit of nothing but withheld fields is not told.
static int take_row(struct changes *changes, const struct commit *commit, const struct change_row *row)
{
    struct record *record = row->record; // the commit is ours alone
    if (!takes(changes, record) || !scope_filter(view_scope(changes->work->view), record))
        return 0;
    uint64_t changed = row->changed & ~record->withheld;
    if (row->action == ACTION_EDIT && changed == 0)
        return 0;
    int result = told_room(changes);
    if (result == 0)
        changes->told[changes->n++] =
            (struct told){record->kind, record->id, record->about, commit->actor, commit->at, row->seq, changed, row->action};
    return result;
}

static int on_commit(struct commit *commit, void *data)
{
    struct changes *changes = data;
    int result = commit->at > changes->end || changes->upto >= changes->last ? WALK_OVER : 0;
    if (result == 0)
        changes->upto = commit->to_seq < changes->last ? commit->to_seq : changes->last;
    for (size_t i = 0; result == 0 && commit->at >= changes->begin && i < commit->n_rows && commit->rows[i].seq <= changes->last; i++)
        result = take_row(changes, commit, &commit->rows[i]);
    commit_unref(commit);
    return result;
}

static int read_log(struct changes *changes)
{
    struct view *view = changes->work->view;
    changes->last = view_seq(view);
    int result = changes->begin > INT64_MIN ? find_begin(changes, changes->begin, &changes->from) : 0;
    if (result == 0 && changes->end < INT64_MAX)
        result = find_begin(changes, changes->end + 1, &changes->last);
    if (result < 0)
        return result;
    if (changes->last > changes->from && changes->last - changes->from > CHANGES_MOST) {
        changes->last = changes->from + CHANGES_MOST;
        changes->cut = true;
    }
    changes->upto = changes->from;
    result = view_commits(view, changes->from, 0, on_commit, changes, changes->work->problem);
    return result == WALK_OVER ? 0 : result;
}

// --- runs --------------------------------------------------------------------------

static int by_record(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind->index > y->kind->index ? 1 : -1;
    if (x->id != y->id)
        return x->id > y->id ? 1 : -1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

static int by_oldest(const void *a, const void *b)
{
    const struct run *x = a, *y = b;
    return (x->oldest->seq > y->oldest->seq) - (x->oldest->seq < y->oldest->seq);
}

static bool same_run(const struct told *a, const struct told *b)
{
    return a->kind == b->kind && a->id == b->id && a->actor == b->actor;
}

// Only one author's; after all of them have parted the runs.
static void keep_who(struct changes *changes)
{
    size_t n = 0;
    for (size_t i = 0; i < changes->n_runs; i++)
        if (!changes->who || changes->runs[i].newest->actor == changes->who->id)
            changes->runs[n++] = changes->runs[i];
    changes->n_runs = n;
}

// The told lie in order of records.
static void make_runs(struct changes *changes)
{
    changes->n_runs = 0;
    for (size_t i = 0; i < changes->n; i++) {
        const struct told *told = &changes->told[i];
        if (i == 0 || !same_run(told - 1, told))
            changes->runs[changes->n_runs++] = (struct run){.oldest = told};
        struct run *run = &changes->runs[changes->n_runs - 1];
        run->newest = told;
        run->times++;
        run->added |= told->action == ACTION_ADD;
        run->restored |= told->action == ACTION_RESTORE;
        run->changed |= told->action == ACTION_EDIT ? told->changed : 0;
    }
    keep_who(changes);
    if (changes->n_runs)
        qsort(changes->runs, changes->n_runs, sizeof *changes->runs, by_oldest);
}

// What comes from the first run on that is not on the page is left to the next: of the runs on it, their later changes too.
static void make_page(struct changes *changes)
{
    uint64_t end = changes->runs[changes->limit].oldest->seq;
    size_t n = 0;
    for (size_t i = 0; i < changes->n; i++)
        if (changes->told[i].seq < end)
            changes->told[n++] = changes->told[i];
    changes->n = n;
    make_runs(changes);
    changes->upto = changes->from;
    for (size_t i = 0; i < changes->n_runs; i++)
        if (changes->runs[i].newest->seq > changes->upto)
            changes->upto = changes->runs[i].newest->seq;
}

int changes_read(struct changes *changes)
{
    int result = read_log(changes);
    changes->runs = result == 0 ? arena_zero(changes->work->arena, changes->n + 1, sizeof *changes->runs) : NULL;
    if (result < 0 || !changes->runs)
        return result < 0 ? result : ERR_NOMEM;
    if (changes->n)
        qsort(changes->told, changes->n, sizeof *changes->told, by_record);
    make_runs(changes);
    changes->n_all = changes->n_runs;
    if (changes->n_runs > changes->limit)
        make_page(changes);
    return 0;
}
