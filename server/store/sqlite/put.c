// Applying a put: new records, edits on whatever is there now, removals. Every change of a
// record goes through put_store (put_row.c). Writer thread, inside the request's savepoint.
#include "server/store/sqlite/sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"

// --- small things ---

int64_t about_resolve(struct view *view, const struct record *record)
{
    const struct about *about = &record->kind->about;
    if (about->subject == SUBJECT_SCHOOL)
        return 0;
    if (about->depth == 0)
        return record->id;
    int64_t id = record->values[about->path[0]].number;
    const struct kind *kind = record->kind->fields[about->path[0]].ref;
    for (int i = 1; i < about->depth && id > 0; i++) {
        struct record *next = select_record(view, kind, id, view->writing ? view->writing->work : &view->arena);
        if (!next)
            return 0;
        id = next->values[about->path[i]].number;
        kind = kind->fields[about->path[i]].ref;
    }
    return id;
}

uint64_t present_fields(const struct record *record)
{
    uint64_t fields = 0;
    for (int i = 0; i < record->kind->n_fields; i++)
        if (record->values[i].type != VALUE_EMPTY)
            fields |= field_bit(&record->kind->fields[i]);
    return fields;
}

static int done_add(struct view *view, struct done_item done)
{
    struct change *change = view->writing->change;
    struct change_result *result = &change->result;
    if ((result->n_done & (result->n_done - 1)) == 0) { // grows by doubling
        struct done_item *grown = arena_alloc(change->arena, (result->n_done ? 2 * result->n_done : 1) * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        if (result->n_done)
            memcpy(grown, result->done, result->n_done * sizeof *grown);
        result->done = grown;
    }
    result->done[result->n_done++] = done;
    return 0;
}

// --- temporary ids of one request ---

// Where it is or may be put. Mostly they are -1, -2, -3 …, which lie side by side.
static struct temporary *id_slot(struct temporary *ids, size_t room, const struct kind *kind, int64_t temporary)
{
    size_t at = ((size_t) - (temporary + 1) + kind->index * (size_t)2654435761u) & (room - 1);
    while (ids[at].kind && (ids[at].kind != kind || ids[at].temporary != temporary))
        at = (at + 1) & (room - 1);
    return &ids[at];
}

static bool ids_grow(struct writing *writing)
{
    size_t room = writing->ids_room ? 4 * writing->ids_room : 32;
    struct temporary *grown = arena_zero(writing->change->arena, room, sizeof *grown);
    for (size_t i = 0; grown && i < writing->ids_room; i++)
        if (writing->ids[i].kind)
            *id_slot(grown, room, writing->ids[i].kind, writing->ids[i].temporary) = writing->ids[i];
    if (!grown)
        return false;
    writing->ids = grown;
    writing->ids_room = room;
    return true;
}

static int id_note(struct view *view, const struct kind *kind, int64_t temporary, int64_t id)
{
    struct writing *writing = view->writing;
    if (2 * writing->n_ids >= writing->ids_room && !ids_grow(writing))
        return ERR_NOMEM;
    *id_slot(writing->ids, writing->ids_room, kind, temporary) = (struct temporary){kind, temporary, id};
    writing->n_ids++;
    return 0;
}

static int64_t id_find(const struct view *view, const struct kind *kind, int64_t temporary)
{
    const struct writing *writing = view->writing;
    return writing->n_ids ? id_slot(writing->ids, writing->ids_room, kind, temporary)->id : 0;
}

static int resolve_temporaries(struct view *view, struct record *record, struct problem *problem)
{
    for (int i = 0; i < record->kind->n_fields; i++) {
        const struct field *field = &record->kind->fields[i];
        struct value *value = &record->values[i];
        if (field->as != AS_REF || value->type != VALUE_NUMBER || value->number >= 0)
            continue;
        int64_t id = id_find(view, field->ref, value->number);
        if (!id)
            return problem_in_field(problem, ERR_INVALID, record->kind, record->id, i,
                                    "refers to new record %lld, which is not in the request", (long long)value->number);
        value->number = id;
    }
    return 0;
}

static int64_t id_allot(struct view *view, const struct kind *kind)
{
    sqlite3_stmt *statement = db_statement(view->db, "UPDATE counter SET last = last + 1 WHERE kind = ?1 RETURNING last");
    int64_t id = 0;
    if (!statement)
        return 0;
    db_bind(statement, 1, value_number(kind->number));
    if (db_next(statement) == SQLITE_ROW)
        id = sqlite3_column_int64(statement, 0);
    db_done(statement);
    return id;
}

// --- the three verbs ---

static int put_new(struct view *view, const struct put_item *item, struct problem *problem)
{
    struct arena *arena = view->writing->work;
    struct record *record = record_copy(item->record, arena);
    if (!record)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    for (int i = 0; i < record->kind->n_fields; i++)
        if (!(item->set & field_bit(&record->kind->fields[i])))
            record->values[i] = (struct value){.type = VALUE_EMPTY};
    int error = resolve_temporaries(view, record, problem);
    if (error)
        return error;
    int64_t temporary = record->id;
    bool caused = view->writing->caused;
    record->id = id_allot(view, record->kind);
    if (!record->id)
        return problem_set(problem, ERR_IO, "no id could be allotted");
    if (touch_new(view->writing, record->kind, record->id, temporary))
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    record->about = about_resolve(view, record);
    error = record_check(record, problem); // before rights: a missing pupil is a missing pupil
    if (!error && !caused)
        error = check_path(view, record, problem); // and one out of sight, or nobody's meeting, reads like one that is not there
    if (!error && !caused)
        error = check_rights(view, record, present_fields(record), problem);
    if (!error)
        error = put_store(view, NULL, record, ACTION_ADD, problem);
    if (!error && temporary < 0)
        error = id_note(view, record->kind, temporary, record->id);
    return error ? error : done_add(view, (struct done_item){record->kind, record->id, temporary, record->version, ACTION_ADD, caused});
}

static int removed_conflict(struct view *view, const struct record *theirs, struct problem *problem)
{
    char when[32], id[ID_TEXT_MAX];
    int64_t who = 0, at = 0;
    struct arena *arena = view->writing->work;
    log_author(view, theirs, theirs->version - 1, NULL, &who, &at);
    const char *name = view_staff_name(view, who, arena);
    id_format(theirs->kind, theirs->id, id);
    problem_set(problem, ERR_CONFLICT, "%s was removed by %s on %s", id, name, clock_text(at, when));
    problem_hint(problem, "Bring it back with: sendco %s undo %s", theirs->kind->noun, id);
    problem_field_add(problem, &(struct problem_field){.kind = theirs->kind, .id = theirs->id, .field = -1, .who = name, .when = at});
    return ERR_CONFLICT;
}

// What is there now and may be changed by this person. 0, or NOT_FOUND, CONFLICT, INVALID.
static int find_theirs(struct view *view, const struct kind *kind, int64_t id, uint64_t version, struct record **theirs,
                       struct problem *problem)
{
    char text[ID_TEXT_MAX];
    *theirs = select_record(view, kind, id, view->writing->work);
    id_format(kind, id, text);
    if (!*theirs || !scope_reads_record(view->reach, kind, (*theirs)->about))
        return problem_set(problem, ERR_NOT_FOUND, "there is no %s %s, or you may not see it", kind->noun, text);
    if (version > (*theirs)->version)
        return problem_set(problem, ERR_INVALID, "%s has no version %llu yet; its newest is %llu", text, (unsigned long long)version,
                           (unsigned long long)(*theirs)->version);
    return 0;
}

static void apply_item(struct record *record, const struct put_item *item)
{
    for (int i = 0; i < record->kind->n_fields; i++) {
        uint64_t bit = field_bit(&record->kind->fields[i]);
        if (item->cleared & bit)
            record->values[i] = (struct value){.type = VALUE_EMPTY};
        else if (item->set & bit)
            record->values[i] = item->record->values[i];
    }
}

// Would the author's change alone have been good? Then what is wrong comes from
// merging, and that is a conflict, not a mistake of theirs.
static int blame_merge(struct view *view, const struct record *base, const struct put_item *item, const struct record *theirs, int error,
                       struct problem *problem)
{
    struct arena *arena = view->writing->work;
    struct record *alone = record_copy(base, arena);
    struct problem other;
    problem_init(&other, arena);
    if (!alone || error != ERR_INVALID || base->version == theirs->version)
        return error;
    apply_item(alone, item);
    if (check_record(view, base, alone, record_diff(base, alone), &other))
        return error;
    int64_t who = 0, when = 0;
    char text[32];
    log_author(view, theirs, base->version, NULL, &who, &when);
    char sentence[400];
    memcpy(sentence, problem->message, sizeof sentence - 1);
    sentence[sizeof sentence - 1] = 0;
    return problem_set(problem, ERR_CONFLICT, "with what %s changed on %s: %s", view_staff_name(view, who, arena), clock_text(when, text),
                       sentence);
}

static int put_edit(struct view *view, const struct put_item *item, struct problem *problem)
{
    const struct kind *kind = item->record->kind;
    struct arena *arena = view->writing->work;
    struct record *theirs, *base, *mine;
    uint64_t touched = item->set | item->cleared;
    int error = find_theirs(view, kind, item->record->id, item->record->version, &theirs, problem);
    if (error)
        return error;
    if (item->record->version == 0)
        return problem_set(problem, ERR_INVALID, "a change must say which version of the record its author saw");
    bool back = theirs->removed && item->restore && item->record->version == theirs->version;
    if (theirs->removed && !back)
        return removed_conflict(view, theirs, problem);
    if (kind->append_only && !back)
        return problem_set(problem, ERR_INVALID, "a %s is never changed; add a correcting one", kind->title);
    uint64_t unseen = touched & scope_withheld(view->reach, kind, theirs->about);
    if (unseen) {
        error = check_rights(view, theirs, unseen, problem);
        return error ? error : problem_set(problem, ERR_DENIED, "you may not see what you would change there");
    }
    base = item->record->version == theirs->version ? theirs : log_image(view, theirs, item->record->version, arena);
    mine = record_copy(theirs, arena);
    struct put_item resolved = *item;
    resolved.record = record_copy(item->record, arena);
    if (!base || !mine || !resolved.record)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    if ((error = resolve_temporaries(view, resolved.record, problem)))
        return error;
    apply_item(mine, &resolved);
    if ((error = merge_records(view, base, theirs, mine, touched, problem)))
        return error;
    uint64_t changed = record_diff(theirs, mine);
    if (!changed && !back)
        return done_add(view, (struct done_item){kind, theirs->id, 0, theirs->version, ACTION_NONE, view->writing->caused});
    if (!view->writing->caused)
        error = back ? check_whole_rights(view, theirs, problem) : check_rights(view, theirs, changed, problem);
    if (!error)
        error = put_store(view, theirs, mine, back ? ACTION_RESTORE : ACTION_EDIT, problem);
    if (error)
        return blame_merge(view, base, &resolved, theirs, error, problem);
    return done_add(view, (struct done_item){kind, mine->id, 0, mine->version, back ? ACTION_RESTORE : ACTION_EDIT, view->writing->caused});
}

int put_item(struct view *view, const struct put_item *item, struct problem *problem)
{
    return item->record->id > 0 ? put_edit(view, item, problem) : put_new(view, item, problem);
}

int put_remove(struct view *view, const struct kind *kind, int64_t id, uint64_t version, struct problem *problem)
{
    struct arena *arena = view->writing->work;
    struct record *theirs;
    int error = find_theirs(view, kind, id, version, &theirs, problem);
    if (error)
        return error;
    if (theirs->removed)
        return removed_conflict(view, theirs, problem);
    if ((error = check_whole_rights(view, theirs, problem)))
        return error;
    if (version && version < theirs->version) { // they do not know what they would remove
        struct record *base = log_image(view, theirs, version, arena);
        uint64_t newer = base ? record_diff(base, theirs) : present_fields(theirs);
        base = base ? base : record_new(kind, arena);
        if (!base)
            return problem_set(problem, ERR_NOMEM, "the server is short of memory");
        if (newer)
            return merge_records(view, base, theirs, record_copy(theirs, arena), 0, problem);
    }
    if ((error = check_unreferenced(view, theirs, problem)))
        return error;
    struct record *after = record_copy(theirs, arena);
    if (!after)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    error = put_store(view, theirs, after, ACTION_REMOVE, problem);
    return error ? error : done_add(view, (struct done_item){kind, id, 0, after->version, ACTION_REMOVE, view->writing->caused});
}

// What a rule changed out of the author's sight is none of theirs.
static void hide_unseen(struct view *view, const struct record *record)
{
    struct change_result *result = &view->writing->change->result;
    struct record *now = select_record(view, record->kind, result->done[result->n_done - 1].id, view->writing->work);
    if (now && !scope_reads_record(&view->scope, now->kind, now->about))
        result->n_done--;
}

int view_put(struct view *view, const struct record *record, uint64_t set, int64_t *id, struct problem *problem)
{
    struct writing *writing = view->writing;
    if (!writing)
        return problem_set(problem, ERR_INTERNAL, "a view that only reads was asked to change");
    bool before = writing->caused;
    size_t at = writing->change->result.n_done;
    writing->caused = true;
    struct put_item item = {.record = record_copy(record, writing->work), .set = set};
    int error = item.record ? put_item(view, &item, problem) : ERR_NOMEM;
    writing->caused = before;
    if (error || writing->change->result.n_done <= at)
        return error;
    if (id)
        *id = writing->change->result.done[writing->change->result.n_done - 1].id;
    hide_unseen(view, record);
    return 0;
}
