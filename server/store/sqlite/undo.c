// Taking back: one version of one record, or a whole batch, as new versions. What
// others have built on since is left alone and named. Writer thread.
#include "server/store/sqlite/sqlite.h"

#include <string.h>

// Who takes back what they added themselves needs rights to no more than they filled in.
static bool is_own_addition(struct view *view, const struct record *now, uint64_t first, enum action action, uint64_t *filled)
{
    int64_t who = 0, when = 0;
    if (action != ACTION_ADD || first != 1)
        return false;
    struct record *then = log_image(view, now, 1, view->writing->work);
    if (!then || log_author(view, then, 0, NULL, &who, &when) || who != view->actor.staff)
        return false;
    *filled = present_fields(then);
    return true;
}

// Sets `after` to what the record was before version `first`; an edit, a removal
// or a restoring, whichever leads there.
static int put_back(struct view *view, const struct record *now, uint64_t first, enum action first_action, struct problem *problem)
{
    struct arena *arena = view->writing->work;
    struct record *after = record_copy(now, arena);
    enum action action = ACTION_EDIT;
    if (!after)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    if (first_action == ACTION_ADD) {
        if (now->removed)
            return 0;
        action = ACTION_REMOVE;
    } else {
        struct record *image = log_image(view, now, first - 1, arena);
        if (!image)
            return problem_set(problem, ERR_NOT_FOUND, "the version before is no longer in the log");
        memcpy(after->values, image->values, (size_t)now->kind->n_fields * sizeof *after->values);
        if (image->removed != now->removed)
            action = image->removed ? ACTION_REMOVE : ACTION_RESTORE;
        else if (!record_diff(now, after))
            return 0;
    }
    uint64_t filled = 0;
    int error = 0;
    if (action == ACTION_EDIT)
        error = check_rights(view, now, record_diff(now, after), problem);
    else if (action == ACTION_REMOVE && is_own_addition(view, now, first, first_action, &filled))
        error = check_rights(view, now, filled, problem);
    else
        error = check_whole_rights(view, now, problem);
    if (!error && action == ACTION_REMOVE)
        error = check_unreferenced(view, now, problem);
    if (!error)
        error = put_store(view, now, after, action, problem);
    return error;
}

static int tell(struct view *view, const struct record *record, bool skipped)
{
    struct change *change = view->writing->change;
    struct change_result *result = &change->result;
    struct done_item **list = skipped ? &result->skipped : &result->done;
    size_t *n = skipped ? &result->n_skipped : &result->n_done;
    if ((*n & (*n - 1)) == 0) {
        struct done_item *grown = arena_alloc(change->arena, (*n ? 2 * *n : 1) * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        if (*n)
            memcpy(grown, *list, *n * sizeof *grown);
        *list = grown;
    }
    struct record *now = select_record(view, record->kind, record->id, view->writing->work);
    (*list)[(*n)++] = (struct done_item){.kind = record->kind,
                                         .id = record->id,
                                         .version = now ? now->version : record->version,
                                         .action = skipped               ? ACTION_NONE
                                                   : now && now->removed ? ACTION_REMOVE
                                                   : record->removed     ? ACTION_RESTORE
                                                                         : ACTION_EDIT};
    return 0;
}

// An older version is taken back by an edit that its fields' later changes meet
// as in any merge.
static int undo_older(struct view *view, const struct record *now, uint64_t version, struct problem *problem)
{
    struct arena *arena = view->writing->work;
    struct record *then = log_image(view, now, version, arena), *before = log_image(view, now, version - 1, arena);
    if (!then || !before || then->removed || before->removed)
        return problem_set(problem, ERR_INVALID,
                           "only the newest version can be taken back when a record was added, removed or brought back");
    struct put_item item = {.record = before};
    uint64_t changed = record_diff(before, then);
    for (int i = 0; i < now->kind->n_fields; i++) {
        uint64_t bit = field_bit(&now->kind->fields[i]) & changed;
        item.set |= before->values[i].type != VALUE_EMPTY ? bit : 0;
        item.cleared |= before->values[i].type == VALUE_EMPTY ? bit : 0;
    }
    before->version = version;
    return put_item(view, &item, problem);
}

// A new spell closed the one that ran, in the same request and just before it: taking
// the new one back lets the other run again, unless somebody changed it since.
static int reopen_closed(struct view *view, const struct record *spell, struct problem *problem)
{
    struct arena *arena = view->writing->work;
    const struct kind *kind = spell->kind;
    int64_t closed[4];
    int n = 0, error = 0;
    sqlite3_stmt *statement = db_statement(view->db, "SELECT c.record FROM change a JOIN change c ON c.seq >= a.request AND c.seq < a.seq"
                                                     " AND c.kind = a.kind AND c.action = ?2 WHERE a.seq = ?1 ORDER BY c.seq DESC");
    if (!statement)
        return ERR_NOMEM;
    db_bind(statement, 1, value_number((int64_t)spell->seq));
    db_bind(statement, 2, value_number(ACTION_EDIT));
    while (n < 4 && db_next(statement) == SQLITE_ROW)
        closed[n++] = sqlite3_column_int64(statement, 0);
    db_done(statement);
    for (int i = 0; i < n && !error; i++) {
        struct record *other = select_record(view, kind, closed[i], arena);
        bool by_it = other && !other->removed && other->seq < spell->seq && other->about == spell->about &&
                     value_equal(other->values[kind->spell.to], value_number(spell->values[kind->spell.from].number - 1));
        if (by_it && !(error = put_back(view, other, other->version, ACTION_EDIT, problem)))
            error = tell(view, other, false);
    }
    return error;
}

// The first version that the newest change's request made of the record, and how: what
// followed from a change in the record itself is taken back with it.
static uint64_t first_of_request(struct view *view, const struct record *now, enum action *action)
{
    uint64_t version = 0;
    sqlite3_stmt *statement =
        db_statement(view->db, "SELECT version, action FROM change WHERE seq >= (SELECT request FROM change WHERE seq = ?1)"
                               " AND seq <= ?1 AND kind = ?2 AND record = ?3 ORDER BY seq LIMIT 1");
    if (!statement)
        return 0;
    db_bind(statement, 1, value_number((int64_t)now->seq));
    db_bind(statement, 2, value_number(now->kind->number));
    db_bind(statement, 3, value_number(now->id));
    if (db_next(statement) == SQLITE_ROW) {
        version = (uint64_t)sqlite3_column_int64(statement, 0);
        *action = (enum action)sqlite3_column_int(statement, 1);
    }
    db_done(statement);
    return version;
}

static int undo_record(struct view *view, struct problem *problem)
{
    struct change *change = view->writing->change;
    struct record *now = select_record(view, change->kind, change->id, change->arena);
    char text[ID_TEXT_MAX];
    id_format(change->kind, change->id, text);
    if (!now || !scope_reads_record(&view->scope, now->kind, now->about))
        return problem_set(problem, ERR_NOT_FOUND, "there is no %s %s, or you may not see it", change->kind->noun, text);
    uint64_t version = change->version ? change->version : now->version;
    if (version > now->version)
        return problem_set(problem, ERR_INVALID, "%s has no version %llu", text, (unsigned long long)version);
    if (version < now->version)
        return undo_older(view, now, version, problem);
    enum action action = ACTION_NONE;
    uint64_t first = first_of_request(view, now, &action);
    if (!first)
        return problem_set(problem, ERR_IO, "the log could not be read");
    int error = put_back(view, now, first, action, problem);
    if (!error)
        error = tell(view, now, false);
    return error || action != ACTION_ADD || !kind_is_spell(now->kind) ? error : reopen_closed(view, now, problem);
}

struct touched {
    const struct kind *kind;
    int64_t id;
    uint64_t first, last;
    enum action action;
    bool removed;    // before it was taken back
    uint64_t undone; // the version that taking it back led to; 0: it was left alone
};

// What the batch did to each record, the last made first: so members go before
// what they refer to.
static int batch_read(struct view *view, uint64_t batch, struct touched **list, size_t *n)
{
    struct arena *arena = view->writing->change->arena;
    sqlite3_stmt *statement = db_statement(
        view->db,
        "SELECT g.kind, g.record, g.first, g.last, f.action FROM (SELECT kind, record, min(version) AS first, max(version) AS last,"
        " min(seq) AS began FROM change WHERE batch = ?1 GROUP BY kind, record) g"
        " JOIN change f ON f.seq = g.began ORDER BY g.began DESC");
    size_t room = 0;
    *n = 0;
    if (!statement)
        return ERR_NOMEM;
    db_bind(statement, 1, value_number((int64_t)batch));
    int error = 0, code = SQLITE_DONE;
    while (!error && (code = db_next(statement)) == SQLITE_ROW) {
        if (*n == room) {
            room = room ? 2 * room : 64;
            struct touched *grown = arena_alloc(arena, room * sizeof *grown);
            if (!grown) {
                error = ERR_NOMEM;
                break;
            }
            if (*n)
                memcpy(grown, *list, *n * sizeof *grown);
            *list = grown;
        }
        const struct kind *kind = kind_by_number((uint32_t)sqlite3_column_int(statement, 0));
        if (kind)
            (*list)[(*n)++] = (struct touched){kind,
                                               sqlite3_column_int64(statement, 1),
                                               (uint64_t)sqlite3_column_int64(statement, 2),
                                               (uint64_t)sqlite3_column_int64(statement, 3),
                                               (enum action)sqlite3_column_int(statement, 4),
                                               false,
                                               0};
    }
    db_done(statement);
    return error ? error : db_error(view->db, code, NULL);
}

// Has anybody changed it since the batch? What rules changed in this very undoing does not count.
static bool is_built_on(const struct view *view, const struct record *now, uint64_t last)
{
    const struct touch *touch = touch_find(view->writing, now->kind, now->id);
    return (touch ? touch->first - 1 : now->version) != last;
}

static int undo_one(struct view *view, struct touched *one, struct problem *problem)
{
    struct change *change = view->writing->change;
    struct record *now = select_record(view, one->kind, one->id, view->writing->work);
    if (!now)
        return problem_set(problem, ERR_IO, "a record of the batch could not be read");
    if (!scope_reads_record(&view->scope, now->kind, now->about))
        return problem_set(problem, ERR_DENIED, "the batch holds records that you may not see");
    one->removed = now->removed;
    if (settle_is_left(view->writing, now) || is_built_on(view, now, one->last))
        return 0;
    struct problem why;
    problem_init(&why, change->arena);
    uint64_t before = view->seq;
    int error = put_back(view, now, one->first, one->action, &why);
    bool left_alone = (error == ERR_CONFLICT || error == ERR_INVALID) && view->seq == before;
    if (error && !left_alone) { // failed, perhaps half-way: all or nothing
        *problem = why;
        return error;
    }
    now = left_alone ? NULL : select_record(view, one->kind, one->id, view->writing->work);
    one->undone = now ? now->version : 0;
    return 0;
}

// Taking back another record may have let a rule change this one again.
static int undo_again(struct view *view, const struct touched *one, struct problem *problem)
{
    struct record *now = select_record(view, one->kind, one->id, view->writing->work);
    if (!now)
        return problem_set(problem, ERR_IO, "a record of the batch could not be read");
    int error = one->undone && now->version != one->undone ? put_back(view, now, one->first, one->action, problem) : 0;
    now->removed = one->removed; // as it was before: says whether it was brought back
    return error ? error : tell(view, now, !one->undone);
}

static int undo_batch(struct view *view, struct problem *problem)
{
    struct change *change = view->writing->change;
    struct touched *list = NULL;
    size_t n;
    int error = batch_read(view, change->batch, &list, &n);
    if (error)
        return problem_set(problem, error, "the batch could not be read");
    if (!n)
        return problem_set(problem, ERR_NOT_FOUND, "there is no batch %llu", (unsigned long long)change->batch);
    change->steps = n; // each is met twice
    for (size_t i = 0; i < n && !error; change->progress += i++ % 2) {
        error = undo_one(view, &list[i], problem);
        arena_reset(view->writing->work);
    }
    for (size_t i = 0; i < n && !error; change->progress += i++ % 2) {
        error = undo_again(view, &list[i], problem);
        arena_reset(view->writing->work);
    }
    return error;
}

int put_undo(struct view *view, struct problem *problem)
{
    struct change *change = view->writing->change;
    view->writing->undoing = true;
    return change->batch ? undo_batch(view, problem) : undo_record(view, problem);
}
