// Requests are answered once: a key's first answer is kept for a week, in the same
// transaction as its changes, and given again when the request comes again. The
// answer is kept as the PutReply it was. Writer thread.
#include "server/store/sqlite/sqlite.h"

#include <string.h>

#include "protocol.pb-c.h"

static int replay(struct change *change, const uint8_t *data, size_t size)
{
    Sendco__PutReply *reply = sendco__put_reply__unpack(&change->arena->allocator, size, data);
    struct change_result *result = &change->result;
    if (!reply)
        return ERR_NOMEM;
    *result = (struct change_result){.batch = reply->batch, .from_seq = reply->from_seq, .to_seq = reply->to_seq, .replayed = true};
    result->done = arena_zero(change->arena, reply->n_done + 1, sizeof *result->done);
    result->skipped = arena_zero(change->arena, reply->n_skipped + 1, sizeof *result->skipped);
    result->merged = arena_zero(change->arena, reply->n_merged + 1, sizeof *result->merged);
    if (!result->done || !result->skipped || !result->merged)
        return ERR_NOMEM;
    for (size_t i = 0; i < reply->n_done + reply->n_skipped; i++) {
        bool skipped = i >= reply->n_done;
        const Sendco__PutReply__Done *from = skipped ? reply->skipped[i - reply->n_done] : reply->done[i];
        struct done_item *to = skipped ? &result->skipped[result->n_skipped++] : &result->done[result->n_done++];
        *to = (struct done_item){kind_by_number(from->kind),
                                 from->id,
                                 from->temporary,
                                 from->version,
                                 from->has_action ? (enum action)from->action : ACTION_NONE,
                                 from->caused};
    }
    for (size_t i = 0; i < reply->n_merged; i++) {
        const Sendco__PutReply__Merged *from = reply->merged[i];
        const struct kind *kind = kind_by_number(from->kind);
        const struct field *field = kind ? field_by_number(kind, from->field) : NULL;
        if (field)
            result->merged[result->n_merged++] = (struct merged_item){kind, from->id, field->index, 0, from->when, from->who};
    }
    return 1;
}

int keys_find(struct view *view, struct change *change)
{
    sqlite3_stmt *statement = db_statement(view->db, "SELECT actor, hash, answer FROM request WHERE key = ?1");
    if (!statement)
        return ERR_NOMEM;
    db_bind_blob(statement, 1, change->key, sizeof change->key);
    int code = db_next(statement);
    int found = code == SQLITE_DONE ? 0 : ERR_IO;
    if (code == SQLITE_ROW) {
        bool same = sqlite3_column_int64(statement, 0) == change->actor.staff && sqlite3_column_bytes(statement, 1) == 32 &&
                    !memcmp(sqlite3_column_blob(statement, 1), change->hash, 32);
        found = same ? replay(change, sqlite3_column_blob(statement, 2), (size_t)sqlite3_column_bytes(statement, 2))
                     : problem_set(&change->problem, ERR_INVALID, "this key was used before, for another request");
        if (!same)
            problem_hint(&change->problem, "Make a new key for every new request; send only the very same request again with its key.");
    }
    db_done(statement);
    if (found < 0 && !change->problem.error)
        problem_set(&change->problem, found, "the answer given before could not be read");
    return found;
}

static Sendco__PutReply__Done *pack_done(struct arena *arena, const struct done_item *item)
{
    Sendco__PutReply__Done *done = arena_alloc(arena, sizeof *done);
    if (!done)
        return NULL;
    sendco__put_reply__done__init(done);
    done->has_kind = done->has_id = done->has_version = true;
    done->kind = item->kind->number;
    done->id = item->id;
    done->version = item->version;
    done->has_temporary = item->temporary != 0;
    done->temporary = item->temporary;
    done->has_action = item->action != ACTION_NONE;
    done->action = item->action != ACTION_NONE ? (Sendco__Action)item->action : SENDCO__ACTION__ADD;
    done->has_caused = done->caused = item->caused;
    return done;
}

static Sendco__PutReply__Merged *pack_merged(struct arena *arena, const struct merged_item *item)
{
    Sendco__PutReply__Merged *merged = arena_alloc(arena, sizeof *merged);
    if (!merged)
        return NULL;
    sendco__put_reply__merged__init(merged);
    merged->has_kind = merged->has_id = merged->has_field = merged->has_when = true;
    merged->kind = item->kind->number;
    merged->id = item->id;
    merged->field = item->kind->fields[item->field].number;
    merged->when = item->when;
    merged->who = (char *)(uintptr_t)item->who_name;
    return merged;
}

static int insert(struct view *view, const struct change *change, const uint8_t *answer, size_t size)
{
    sqlite3_stmt *statement = db_statement(view->db, "INSERT INTO request (key, at, actor, hash, answer) VALUES (?1, ?2, ?3, ?4, ?5)");
    if (!statement)
        return SQLITE_NOMEM;
    db_bind_blob(statement, 1, change->key, sizeof change->key);
    db_bind(statement, 2, value_number(change->now));
    db_bind(statement, 3, value_number(change->actor.staff));
    db_bind_blob(statement, 4, change->hash, sizeof change->hash);
    db_bind_blob(statement, 5, answer, (int)size);
    int code = db_next(statement);
    db_done(statement);
    return code;
}

int keys_keep(struct view *view, const struct change *change)
{
    struct arena *arena = view->writing->work;
    const struct change_result *result = &change->result;
    Sendco__PutReply reply = SENDCO__PUT_REPLY__INIT;
    reply.done = arena_zero(arena, result->n_done + 1, sizeof *reply.done);
    reply.skipped = arena_zero(arena, result->n_skipped + 1, sizeof *reply.skipped);
    reply.merged = arena_zero(arena, result->n_merged + 1, sizeof *reply.merged);
    if (!reply.done || !reply.skipped || !reply.merged)
        return SQLITE_NOMEM;
    for (size_t i = 0; i < result->n_done; i++)
        if (!(reply.done[reply.n_done++] = pack_done(arena, &result->done[i])))
            return SQLITE_NOMEM;
    for (size_t i = 0; i < result->n_skipped; i++)
        if (!(reply.skipped[reply.n_skipped++] = pack_done(arena, &result->skipped[i])))
            return SQLITE_NOMEM;
    for (size_t i = 0; i < result->n_merged; i++)
        if (!(reply.merged[reply.n_merged++] = pack_merged(arena, &result->merged[i])))
            return SQLITE_NOMEM;
    reply.has_batch = result->batch != 0;
    reply.batch = result->batch;
    reply.has_from_seq = reply.has_to_seq = result->from_seq != 0;
    reply.from_seq = result->from_seq;
    reply.to_seq = result->to_seq;
    size_t size = sendco__put_reply__get_packed_size(&reply);
    uint8_t *answer = arena_alloc(arena, size ? size : 1);
    if (!answer)
        return SQLITE_NOMEM;
    sendco__put_reply__pack(&reply, answer);
    return insert(view, change, answer, size);
}

// The oldest are first by id; a few at a time, so that nobody waits for it.
int keys_prune(struct db *db, int64_t before)
{
    sqlite3_stmt *statement = db_statement(db, "DELETE FROM request WHERE id < (SELECT min(id) + 500 FROM request) AND at < ?1");
    if (!statement)
        return SQLITE_NOMEM;
    db_bind(statement, 1, value_number(before));
    int code = db_next(statement);
    db_done(statement);
    return code;
}
