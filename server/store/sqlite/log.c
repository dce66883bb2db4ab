// The change log: appending to it, its chain of commitments, and reading a
// record's past. Writer thread for appending; any connection's thread for reading.
#include "server/store/sqlite/sqlite.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define SALT 32

static void chain_number(crypto_hash_sha256_state *state, uint64_t number)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    crypto_hash_sha256_update(state, bytes, sizeof bytes);
}

static void chain_bytes(crypto_hash_sha256_state *state, const void *bytes, size_t size)
{
    chain_number(state, size);
    crypto_hash_sha256_update(state, bytes, size);
}

// Field numbers, a byte each: kindgen keeps them below 256.
static size_t fields_pack(const struct kind *kind, uint64_t changed, uint8_t *out)
{
    size_t n = 0;
    for (int i = 0; i < kind->n_fields; i++)
        if (changed & field_bit(&kind->fields[i]))
            out[n++] = (uint8_t)kind->fields[i].number;
    return n;
}

static uint64_t fields_unpack(const struct kind *kind, const uint8_t *numbers, int n)
{
    uint64_t changed = 0;
    for (int i = 0; i < n; i++) {
        const struct field *field = field_by_number(kind, numbers[i]);
        changed |= field ? field_bit(field) : 0;
    }
    return changed;
}

struct line { // a row of the log as it is written
    uint64_t seq, request, batch;
    const struct record *record;
    enum action action;
    uint8_t fields[KIND_FIELDS_MAX];
    size_t n_fields;
    uint8_t commitment[32];
};

// SHA-256 over the chain so far and every column, each with its length.
static void chain_on(const struct line *line, const struct change *change, uint8_t chain[32])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)"sendco-change-1", 15);
    crypto_hash_sha256_update(&state, chain, 32);
    const uint64_t numbers[] = {line->seq,
                                line->request,
                                line->batch,
                                (uint64_t)change->now,
                                (uint64_t)change->actor.staff,
                                (uint64_t)change->actor.on_behalf_of,
                                (uint64_t)change->actor.device,
                                line->record->kind->number,
                                (uint64_t)line->record->id,
                                line->record->version,
                                (uint64_t)line->action};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        chain_number(&state, numbers[i]);
    chain_bytes(&state, change->key, sizeof change->key);
    chain_bytes(&state, line->fields, line->n_fields);
    chain_bytes(&state, change->reason ? change->reason : "", change->reason ? strlen(change->reason) : 0);
    chain_bytes(&state, line->commitment, sizeof line->commitment);
    crypto_hash_sha256_final(&state, chain);
}

static int insert_change(struct view *view, const struct line *line, const uint8_t *chain)
{
    const struct change *change = view->writing->change;
    sqlite3_stmt *statement =
        db_statement(view->db, "INSERT INTO change VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)");
    if (!statement)
        return SQLITE_NOMEM;
    db_bind(statement, 1, value_number((int64_t)line->seq));
    db_bind(statement, 2, value_number((int64_t)line->request));
    db_bind_blob(statement, 3, change->key, sizeof change->key);
    if (line->batch)
        db_bind(statement, 4, value_number((int64_t)line->batch));
    db_bind(statement, 5, value_number(change->now));
    db_bind(statement, 6, value_number(change->actor.staff));
    if (change->actor.on_behalf_of)
        db_bind(statement, 7, value_number(change->actor.on_behalf_of));
    db_bind(statement, 8, value_number(change->actor.device));
    db_bind(statement, 9, value_number(line->record->kind->number));
    db_bind(statement, 10, value_number(line->record->id));
    db_bind(statement, 11, value_number((int64_t)line->record->version));
    if (line->record->seq)
        db_bind(statement, 12, value_number((int64_t)line->record->seq));
    db_bind(statement, 13, value_number(line->action));
    db_bind_blob(statement, 14, line->fields, (int)line->n_fields);
    if (change->reason)
        db_bind(statement, 15, value_text(change->reason));
    db_bind_blob(statement, 16, line->commitment, 32);
    db_bind_blob(statement, 17, chain, 32);
    int code = db_next(statement);
    db_done(statement);
    return code;
}

static int insert_body(struct view *view, uint64_t seq, const uint8_t salt[SALT], const uint8_t *body, size_t size)
{
    sqlite3_stmt *statement = db_statement(view->db, "INSERT INTO body VALUES (?1, ?2, ?3)");
    if (!statement)
        return SQLITE_NOMEM;
    db_bind(statement, 1, value_number((int64_t)seq));
    db_bind_blob(statement, 2, salt, SALT);
    db_bind_blob(statement, 3, body ? (const void *)body : "", (int)size);
    int code = db_next(statement);
    db_done(statement);
    return code;
}

// For whoever follows: the record as it is now, kept until the commit is told. Of a large one only what settling
// asks of each is kept, not the values.
static int note_row(struct writing *writing, const struct line *line, uint64_t changed)
{
    if (!writing->commit)
        return 0;
    if (writing->n_rows == writing->rows_room) {
        size_t room = writing->rows_room ? 2 * writing->rows_room : 4;
        struct change_row *grown = arena_alloc(&writing->commit->arena, room * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        if (writing->n_rows)
            memcpy(grown, writing->rows, writing->n_rows * sizeof *grown);
        writing->rows = grown;
        writing->rows_room = room;
    }
    struct arena *arena = &writing->commit->arena;
    writing->commit->large = writing->n_rows >= COMMIT_ROWS;
    struct record *copy = writing->commit->large ? arena_copy(arena, line->record, sizeof *line->record) : record_copy(line->record, arena);
    if (!copy)
        return ERR_NOMEM;
    writing->rows[writing->n_rows++] = (struct change_row){line->seq, line->action, changed, copy};
    return 0;
}

int log_append(struct view *view, struct record *record, enum action action, uint64_t changed, struct problem *problem)
{
    struct writing *writing = view->writing;
    struct change *change = writing->change;
    struct line line = {.seq = view->seq + 1, .batch = writing->batch, .record = record, .action = action};
    uint8_t salt[SALT], *body;
    size_t size;
    line.request = writing->from_seq ? writing->from_seq : line.seq;
    if (change->batched && !line.batch)
        line.batch = writing->batch = line.seq;
    line.n_fields = fields_pack(record->kind, changed, line.fields);
    if (record_pack(record, ~UINT64_C(0), writing->work, &body, &size) || note_row(writing, &line, changed))
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    // salt and commitment follow from the request, so the same log can be made again from the same requests
    crypto_generichash(salt, sizeof salt, (const uint8_t *)&line.seq, sizeof line.seq, change->entropy, sizeof change->entropy);
    crypto_auth_hmacsha256(line.commitment, body, size, salt);
    chain_on(&line, change, writing->chain);
    int code = insert_change(view, &line, writing->chain);
    if (code == SQLITE_DONE)
        code = insert_body(view, line.seq, salt, body, size);
    if (code != SQLITE_DONE)
        return db_error(view->db, code, problem);
    view->seq = record->seq = line.seq;
    writing->from_seq = line.request;
    writing->to_seq = line.seq;
    return 0;
}

int log_chain(struct db *db, uint8_t chain[32])
{
    sqlite3_stmt *statement = db_statement(db, "SELECT chain FROM change ORDER BY seq DESC LIMIT 1");
    int code = statement ? db_next(statement) : SQLITE_NOMEM;
    memset(chain, 0, 32); // where it begins
    if (code == SQLITE_ROW && sqlite3_column_bytes(statement, 0) == 32)
        memcpy(chain, sqlite3_column_blob(statement, 0), 32);
    db_done(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

// --- the past of one record ---

// A record's past is a list: each change names the one before. Walks it, newest
// first, until the callback returns other than 0.
typedef int step_fn(sqlite3_stmt *statement, void *data);

static int walk(struct view *view, uint64_t seq, step_fn *step, void *data)
{
    sqlite3_stmt *statement =
        db_statement(view->db, "SELECT " LOG_ENTRY " FROM change c LEFT JOIN body b ON b.seq = c.seq WHERE c.seq = ?1");
    int stop = 0;
    if (!statement)
        return ERR_NOMEM;
    while (seq && !stop) {
        db_bind(statement, 1, value_number((int64_t)seq));
        int code = db_next(statement);
        seq = 0;
        if (code == SQLITE_ROW) {
            stop = step(statement, data);
            seq = (uint64_t)sqlite3_column_int64(statement, 10);
        } else if (code != SQLITE_DONE) {
            stop = db_error(view->db, code, NULL);
        }
        sqlite3_reset(statement);
    }
    db_done(statement);
    return stop;
}

struct image {
    struct view *view;
    const struct record *now;
    struct arena *arena;
    uint64_t version;
    int64_t at;
    struct record *found;
};

static int image_step(sqlite3_stmt *statement, void *data)
{
    struct image *image = data;
    uint64_t version = (uint64_t)sqlite3_column_int64(statement, 1);
    if (version > image->version || sqlite3_column_int64(statement, 3) > image->at)
        return 0;
    struct record *record;
    if (sqlite3_column_type(statement, 9) == SQLITE_NULL) // erased
        return 1;
    if (record_read(image->now->kind, sqlite3_column_blob(statement, 9), (size_t)sqlite3_column_bytes(statement, 9), image->arena, &record,
                    NULL))
        return 1;
    record->id = image->now->id;
    record->version = version;
    record->seq = (uint64_t)sqlite3_column_int64(statement, 0);
    record->removed = sqlite3_column_int(statement, 6) == ACTION_REMOVE;
    record->about = image->now->about; // never changes: see `fixed`
    image->found = record;
    return 1;
}

struct record *log_image(struct view *view, const struct record *now, uint64_t version, struct arena *arena)
{
    struct image image = {view, now, arena, version, INT64_MAX, NULL};
    walk(view, now->seq, image_step, &image);
    return image.found && image.found->version == version ? image.found : NULL;
}

struct record *log_image_at(struct view *view, const struct record *now, int64_t at, struct arena *arena)
{
    struct image image = {view, now, arena, UINT64_MAX, at, NULL};
    walk(view, now->seq, image_step, &image);
    return image.found;
}

struct author {
    const struct record *now;
    uint64_t base;
    const struct field *field;
    int64_t who, when;
};

static int author_step(sqlite3_stmt *statement, void *data)
{
    struct author *author = data;
    if ((uint64_t)sqlite3_column_int64(statement, 1) <= author->base)
        return 2;
    uint64_t changed = fields_unpack(author->now->kind, sqlite3_column_blob(statement, 7), sqlite3_column_bytes(statement, 7));
    if (author->field && !(changed & field_bit(author->field)))
        return 0;
    author->who = sqlite3_column_int64(statement, 4);
    author->when = sqlite3_column_int64(statement, 3);
    return 1;
}

int log_author(struct view *view, const struct record *now, uint64_t base, const struct field *field, int64_t *who, int64_t *when)
{
    struct author author = {now, base, field, 0, 0};
    int stop = walk(view, now->seq, author_step, &author);
    *who = author.who;
    *when = author.when;
    return stop == 1 ? 0 : ERR_NOT_FOUND;
}

int log_entry(struct view *view, sqlite3_stmt *statement, const struct kind *kind, int64_t id, struct arena *arena, struct entry *entry)
{
    *entry = (struct entry){.seq = (uint64_t)sqlite3_column_int64(statement, 0),
                            .version = (uint64_t)sqlite3_column_int64(statement, 1),
                            .batch = (uint64_t)sqlite3_column_int64(statement, 2),
                            .at = sqlite3_column_int64(statement, 3),
                            .actor = sqlite3_column_int64(statement, 4),
                            .on_behalf_of = sqlite3_column_int64(statement, 5),
                            .action = (enum action)sqlite3_column_int(statement, 6)};
    entry->changed = fields_unpack(kind, sqlite3_column_blob(statement, 7), sqlite3_column_bytes(statement, 7));
    const char *reason = db_text(statement, 8);
    entry->reason = reason ? arena_strdup(arena, reason) : NULL;
    struct record *record;
    if (sqlite3_column_type(statement, 9) == SQLITE_NULL) // erased by law: who and when stay
        record = record_new(kind, arena);
    else if (record_read(kind, sqlite3_column_blob(statement, 9), (size_t)sqlite3_column_bytes(statement, 9), arena, &record, NULL))
        return ERR_IO;
    if (!record)
        return ERR_NOMEM;
    record->id = id;
    record->version = entry->version;
    record->removed = entry->action == ACTION_REMOVE;
    record->about = about_resolve(view, record);
    entry->record = record;
    return 0;
}

struct past {
    struct view *view;
    const struct record *now;
    struct arena *arena;
    struct entry *entries;
    size_t n;
};

static int past_step(sqlite3_stmt *statement, void *data)
{
    struct past *past = data;
    if ((past->n & (past->n - 1)) == 0) { // grows by doubling
        struct entry *grown = arena_alloc(past->arena, (past->n ? 2 * past->n : 1) * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        if (past->n)
            memcpy(grown, past->entries, past->n * sizeof *grown);
        past->entries = grown;
    }
    return log_entry(past->view, statement, past->now->kind, past->now->id, past->arena, &past->entries[past->n++]);
}

int view_history(struct view *view, const struct kind *kind, int64_t id, struct arena *arena, view_entry_fn *on_entry, void *data,
                 struct problem *problem)
{
    // today's rights count, so the record as it is now decides
    struct record *now = select_record(view, kind, id, arena);
    char text[ID_TEXT_MAX];
    if (!now || !scope_reads_record(view->reach, kind, now->about))
        return problem_set(problem, ERR_NOT_FOUND, "there is no %s %s, or you may not see it", kind->noun, id_format(kind, id, text));
    uint64_t withheld = scope_withheld(view->reach, kind, now->about);
    struct past past = {view, now, arena, NULL, 0};
    int error = walk(view, now->seq, past_step, &past);
    if (error)
        return problem_set(problem, error, "the history could not be read");
    for (size_t i = past.n; i-- > 0 && !error;) { // oldest first
        struct entry *entry = &past.entries[i];
        entry->record->about = now->about;
        entry->changed &= ~withheld;
        scope_filter(view->reach, entry->record);
        // a version that changed only what one may not see is not told at all
        if (entry->changed || entry->action != ACTION_EDIT)
            error = on_entry(entry, data);
    }
    return error;
}
