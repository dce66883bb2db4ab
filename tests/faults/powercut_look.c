// The close look: SQLite's own checks, the log and its chain computed again, every
// request all there or not at all, every record as its last change left it. One thread.
#include "tests/faults/powercut_look.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "protocol.pb-c.h"
#include "server/store/sqlite/sqlite.h"

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        wrong("\"%.80s\": %s", sql, sqlite3_errmsg(db));
    return statement;
}

static bool done(sqlite3_stmt *statement, int code, bool good)
{
    if (good && code != SQLITE_DONE)
        good = wrong("it cannot be read: %s", sqlite3_errmsg(sqlite3_db_handle(statement)));
    sqlite3_finalize(statement);
    return good;
}

static bool number(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = prepare(db, sql);
    if (!statement)
        return false;
    int code = sqlite3_step(statement);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    return done(statement, code == SQLITE_ROW ? SQLITE_DONE : code, true);
}

static bool is_whole(sqlite3 *db)
{
    sqlite3_stmt *statement = prepare(db, "PRAGMA integrity_check(1)");
    if (!statement)
        return false;
    bool good = true;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
        good = wrong("integrity_check: %s", (const char *)sqlite3_column_text(statement, 0));
    good = done(statement, code == SQLITE_ROW ? SQLITE_DONE : code, good);
    int64_t astray = 0;
    return good && number(db, "SELECT count(*) FROM pragma_foreign_key_check", &astray) &&
           (!astray || wrong("%lld references lead nowhere", (long long)astray));
}

static bool search_is_whole(sqlite3 *db)
{
    return sqlite3_exec(db, "INSERT INTO search (search) VALUES ('integrity-check')", NULL, NULL, NULL) == SQLITE_OK ||
           wrong("the search index: %s", sqlite3_errmsg(db));
}

// --- the log ---

#define CHANGE                                                                                                                             \
    "SELECT seq, request, batch, at, actor, behalf, device, kind, record, version, action, key, fields, reason, commitment, chain, salt,"  \
    " body FROM change LEFT JOIN body USING (seq) ORDER BY seq"
enum { SEQ, REQUEST, BATCH, KIND = 7, RECORD, VERSION, ACTION, KEY, COMMITMENT = 14, LINK, SALT, BODY };

static void add_number(crypto_hash_sha256_state *state, uint64_t one)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(one >> (56 - 8 * i));
    crypto_hash_sha256_update(state, bytes, sizeof bytes);
}

// As the design says it, not as the store does it: 11 numbers, then 4 texts with their lengths.
static void link_next(uint8_t chain[32], sqlite3_stmt *row)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)"sendco-change-1", 15);
    crypto_hash_sha256_update(&state, chain, 32);
    for (int i = SEQ; i <= ACTION; i++)
        add_number(&state, (uint64_t)sqlite3_column_int64(row, i)); // NULL reads as 0
    for (int i = KEY; i <= COMMITMENT; i++) {
        const void *bytes = sqlite3_column_blob(row, i);
        size_t size = (size_t)sqlite3_column_bytes(row, i);
        add_number(&state, size);
        crypto_hash_sha256_update(&state, bytes ? bytes : "", size);
    }
    crypto_hash_sha256_final(&state, chain);
}

static bool is_blob(sqlite3_stmt *row, int column, const void *bytes, size_t size)
{
    return sqlite3_column_bytes(row, column) == (int)size && memcmp(sqlite3_column_blob(row, column), bytes, size) == 0;
}

// The content is what its commitment says, and what people were told.
static bool content_holds(sqlite3_stmt *row, const struct told_row *told)
{
    uint8_t commitment[32], content[CONTENT];
    const uint8_t *body = sqlite3_column_blob(row, BODY);
    size_t size = (size_t)sqlite3_column_bytes(row, BODY);
    body = body ? body : (const uint8_t *)"";
    if (sqlite3_column_type(row, SALT) != SQLITE_BLOB || sqlite3_column_bytes(row, SALT) != crypto_auth_hmacsha256_KEYBYTES)
        return false;
    crypto_auth_hmacsha256(commitment, body, size, sqlite3_column_blob(row, SALT));
    crypto_generichash(content, sizeof content, body, size, NULL, 0);
    return is_blob(row, COMMITMENT, commitment, sizeof commitment) && memcmp(content, told->content, sizeof content) == 0;
}

static bool row_holds(sqlite3_stmt *row, uint64_t wanted, uint8_t chain[32])
{
    uint64_t seq = (uint64_t)sqlite3_column_int64(row, SEQ);
    const struct told_row *told = told_row(seq);
    if (seq != wanted)
        return wrong("change %llu is missing: %llu follows", (unsigned long long)wanted, (unsigned long long)seq);
    if (!told)
        return wrong("change %llu is there, and nobody was ever told", (unsigned long long)seq);
    link_next(chain, row);
    if (!is_blob(row, LINK, chain, 32))
        return wrong("the chain breaks at change %llu", (unsigned long long)seq);
    if ((uint64_t)sqlite3_column_int64(row, REQUEST) != told->from || (uint64_t)sqlite3_column_int64(row, BATCH) != told->batch ||
        !is_blob(row, KEY, told->key, sizeof told->key))
        return wrong("change %llu is not of the request that people were told", (unsigned long long)seq);
    if (sqlite3_column_int64(row, KIND) != told->kind->number || sqlite3_column_int64(row, RECORD) != told->id ||
        (uint64_t)sqlite3_column_int64(row, VERSION) != told->version || (unsigned)sqlite3_column_int(row, ACTION) != told->action)
        return wrong("change %llu is not the one that people were told", (unsigned long long)seq);
    return content_holds(row, told) || wrong("change %llu has other content", (unsigned long long)seq);
}

static bool log_holds(sqlite3 *db, struct kept *kept)
{
    uint8_t chain[32] = {0};
    bool good = true;
    int code = SQLITE_DONE;
    sqlite3_stmt *row = prepare(db, CHANGE);
    if (!row)
        return false;
    kept->seq = 0;
    while (good && (code = sqlite3_step(row)) == SQLITE_ROW)
        good = row_holds(row, ++kept->seq, chain);
    if (!done(row, code, good))
        return false;
    const struct told_row *last = told_row(kept->seq);
    if (last && last->to != kept->seq)
        return wrong("half a request is there: changes %llu to %llu of %llu", (unsigned long long)last->from, (unsigned long long)kept->seq,
                     (unsigned long long)last->to);
    int64_t bodies = 0;
    return number(db, "SELECT count(*) FROM body", &bodies) &&
           ((uint64_t)bodies == kept->seq || wrong("there are %lld bodies", (long long)bodies));
}

// --- keys, tickets, counters ---

// The answer kept under a key is about changes that are there.
static bool answer_holds(sqlite3_stmt *row, uint64_t seq, bool *has_key)
{
    Sendco__PutReply *reply = sendco__put_reply__unpack(NULL, (size_t)sqlite3_column_bytes(row, 1), sqlite3_column_blob(row, 1));
    if (!reply)
        return wrong("the answer under a key cannot be read");
    const struct told_row *told = told_row(reply->from_seq);
    bool good = !reply->from_seq || (told && reply->to_seq == told->to && reply->to_seq <= seq && is_blob(row, 0, told->key, STORE_KEY));
    if (good)
        has_key[reply->from_seq] = true;
    sendco__put_reply__free_unpacked(reply, NULL);
    return good || wrong("a key is kept for changes that are not there");
}

// Every request that made changes has its key, but for the oldest of those whose week is over.
static bool all_have_keys(uint64_t seq, const bool *has_key)
{
    int64_t week_ago = told_row(told_seq())->at - STORE_KEY_KEPT;
    size_t forgotten = 0, kept = 0;
    for (uint64_t from = 1; from <= seq; from = told_row(from)->to + 1) {
        bool is_old = told_row(from)->at < week_ago;
        kept += is_old && has_key[from];
        forgotten += !has_key[from];
        if (!has_key[from] && (!is_old || kept))
            return wrong("the key of changes %llu to %llu is lost", (unsigned long long)from, (unsigned long long)told_row(from)->to);
    }
    if (forgotten > judged.forgotten)
        judged.forgotten = forgotten;
    return true;
}

static bool keys_hold(sqlite3 *db, uint64_t seq)
{
    bool good = true, *has_key = calloc(seq + 1, sizeof *has_key);
    int code = SQLITE_DONE;
    sqlite3_stmt *row = prepare(db, "SELECT key, answer FROM request");
    if (!has_key)
        abort();
    while (row && good && (code = sqlite3_step(row)) == SQLITE_ROW)
        good = answer_holds(row, seq, has_key);
    good = row && done(row, code, good) && all_have_keys(seq, has_key);
    free(has_key);
    return good;
}

static bool tickets_hold(sqlite3 *db, struct kept *kept)
{
    uint8_t hash[32];
    int64_t n = 0, found;
    char sql[128], hex[2 * sizeof hash + 1];
    if (!number(db, "SELECT count(*) FROM ticket", &n))
        return false;
    kept->tickets = (size_t)n;
    for (size_t i = 1; i <= kept->tickets; i++) {
        told_ticket_hash(i, hash);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM ticket WHERE hash = x'%s'", sodium_bin2hex(hex, sizeof hex, hash, sizeof hash));
        if (!number(db, sql, &found))
            return false;
        if (!found)
            return wrong("ticket %zu of %zu is missing", i, kept->tickets);
    }
    return true;
}

// --- the records themselves ---

static bool record_holds(const struct record *record, uint64_t seq, struct arena *arena)
{
    uint8_t content[CONTENT];
    const struct told_row *told = told_row(record->seq);
    if (!told || record->seq > seq || (told->next && told->next <= seq) || told->kind != record->kind || told->id != record->id ||
        told->version != record->version || (told->action == ACTION_REMOVE) != record->removed)
        return wrong("%s %lld is not as change %llu left it", record->kind->name, (long long)record->id, (unsigned long long)record->seq);
    told_content(record, arena, content);
    return memcmp(content, told->content, sizeof content) == 0 ||
           wrong("%s %lld has other content than change %llu gave it", record->kind->name, (long long)record->id,
                 (unsigned long long)record->seq);
}

static bool kind_holds(sqlite3 *db, const struct kind *kind, uint64_t seq, struct arena *arena, size_t *n)
{
    struct sql sql;
    bool good = true;
    int code = SQLITE_DONE;
    int64_t highest = 0, counter = 0;
    sql_init(&sql);
    select_columns(&sql, kind, "k");
    char text[13000];
    snprintf(text, sizeof text, "SELECT %s FROM \"%s\" k ORDER BY k.id", sql.text, kind->table);
    sqlite3_stmt *row = prepare(db, text);
    if (!row)
        return false;
    while (good && (code = sqlite3_step(row)) == SQLITE_ROW) {
        struct record *record = select_read(row, kind, arena);
        good = record ? record_holds(record, seq, arena) : wrong("a record cannot be read");
        highest = record ? record->id : highest;
        ++*n;
    }
    if (!done(row, code, good))
        return false;
    snprintf(text, sizeof text, "SELECT coalesce((SELECT last FROM counter WHERE kind = %u), -1)", kind->number);
    return number(db, text, &counter) && (counter >= highest || wrong("%s %lld is there, and ids are given from %lld on", kind->name,
                                                                      (long long)highest, (long long)counter));
}

static bool records_hold(sqlite3 *db, uint64_t seq)
{
    struct arena arena;
    arena_init(&arena, 0);
    size_t n = 0, wanted = 0;
    bool good = true;
    for (size_t i = 0; i < n_kinds && good; i++) {
        good = kind_holds(db, &kinds[i], seq, &arena, &n);
        arena_reset(&arena);
    }
    arena_deinit(&arena);
    for (uint64_t i = 1; i <= seq; i++)
        wanted += !told_row(i)->next || told_row(i)->next > seq;
    return good && (n == wanted || wrong("there are %zu records, and the log knows %zu", n, wanted));
}

// --- all of it ---

static bool look(sqlite3 *db, struct kept *kept)
{
    int64_t made = 0;
    if (!is_whole(db) || !number(db, "SELECT count(*) FROM sqlite_schema", &made))
        return false;
    if (!made)
        return true; // cut off while it was being made
    return log_holds(db, kept) && keys_hold(db, kept->seq) && tickets_hold(db, kept) && records_hold(db, kept->seq) && search_is_whole(db);
}

bool look_closely(struct kept *kept)
{
    *kept = (struct kept){0, 0};
    judged.why[0] = 0;
    sqlite3 *db = judge_open();
    bool good = db && look(db, kept);
    sqlite3_close(db);
    return good;
}
