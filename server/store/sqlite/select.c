// Reading records: one, a page, a count. The scope, spells as at a date, and the
// records as the log knew them at a time all become part of one SQL statement,
// before LIMIT and counting. On whichever thread owns the connection.
#include "server/store/sqlite/sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"

// --- one record ---

#define SELECT_FIXED 5 // columns before the fields

void select_columns(struct sql *sql, const struct kind *kind, const char *alias)
{
    sql_add(sql, "%s.id, %s._version, %s._about, %s._removed, %s._seq", alias, alias, alias, alias, alias);
    for (int i = 0; i < kind->n_fields; i++)
        sql_add(sql, ", %s.\"%s\"", alias, kind->fields[i].name);
}

struct record *select_read(sqlite3_stmt *statement, const struct kind *kind, struct arena *arena)
{
    struct record *record = record_new(kind, arena);
    if (!record)
        return NULL;
    record->id = sqlite3_column_int64(statement, 0);
    record->version = (uint64_t)sqlite3_column_int64(statement, 1);
    record->about = sqlite3_column_int64(statement, 2);
    record->removed = sqlite3_column_int(statement, 3) != 0;
    record->seq = (uint64_t)sqlite3_column_int64(statement, 4);
    for (int i = 0; i < kind->n_fields; i++) {
        record->values[i] = db_value(statement, i + SELECT_FIXED, &kind->fields[i], arena);
        if (record->values[i].type == VALUE_EMPTY && sqlite3_column_type(statement, i + SELECT_FIXED) != SQLITE_NULL)
            return NULL; // no memory: better no record than one with a hole
    }
    return record;
}

// The commonest statement of all: kept per kind, so that no text need be made.
static sqlite3_stmt *by_id(struct db *db, const struct kind *kind)
{
    if (!db->by_id && !(db->by_id = calloc(n_kinds, sizeof *db->by_id))) {
        shortage_note();
        return NULL;
    }
    if (db->by_id[kind->index])
        return db->by_id[kind->index];
    struct sql sql;
    sql_init(&sql);
    sql_add(&sql, "SELECT ");
    select_columns(&sql, kind, "k");
    sql_add(&sql, " FROM \"%s\" k WHERE k.id = ?1", kind->table);
    return db->by_id[kind->index] = sql_statement(&sql, db);
}

struct record *select_record(struct view *view, const struct kind *kind, int64_t id, struct arena *arena)
{
    sqlite3_stmt *statement = by_id(view->db, kind);
    if (statement)
        db_bind(statement, 1, value_number(id));
    struct record *record = statement && db_next(statement) == SQLITE_ROW ? select_read(statement, kind, arena) : NULL;
    db_done(statement);
    return record;
}

static int not_found(const struct kind *kind, int64_t id, struct problem *problem)
{
    char text[ID_TEXT_MAX];
    return problem_set(problem, ERR_NOT_FOUND, "there is no %s %s, or you may not see it", kind->noun, id_format(kind, id, text));
}

int view_get(struct view *view, const struct kind *kind, int64_t id, struct arena *arena, struct record **out, struct problem *problem)
{
    struct record *record = select_record(view, kind, id, arena);
    if (!record || !scope_filter(view->reach, record))
        return not_found(kind, id, problem);
    if (record->removed) {
        char text[ID_TEXT_MAX], when[32];
        int64_t who = 0, at = 0;
        log_author(view, record, record->version - 1, NULL, &who, &at);
        problem_set(problem, ERR_NOT_FOUND, "%s %s was removed by %s on %s", kind->title, id_format(kind, id, text),
                    view_staff_name(view, who, arena), clock_text(at, when));
        problem_hint(problem, "See what it was: sendco %s history %s; bring it back: sendco %s undo %s", kind->noun, text, kind->noun,
                     text);
        return ERR_NOT_FOUND;
    }
    *out = record;
    return 0;
}

// --- pages ---

// A page's key: the first page's seq, then the last row's order values and its id.
struct page_key {
    uint64_t seq;
    struct value values[QUERY_ORDERS];
    int64_t id;
};

static bool key_read(const struct query *query, struct arena *arena, struct page_key *key)
{
    const uint8_t *at = query->page, *end = at + query->page_size;
    uint64_t word;
    memset(key, 0, sizeof *key);
#define WORD() (end - at < 8 ? false : (memcpy(&word, at, 8), at += 8, true))
    if (!WORD())
        return false;
    key->seq = word;
    for (size_t i = 0; i < query->n_order; i++) {
        if (at == end)
            return false;
        bool is_text = *at++ == VALUE_TEXT;
        if (!WORD() || (is_text && word > (uint64_t)(end - at)))
            return false;
        if (is_text) {
            char *text = arena_strndup(arena, (const char *)at, word);
            if (!text || text_fault(text, word, true))
                return false;
            key->values[i] = value_text(text);
            at += word;
        } else {
            key->values[i] = value_number((int64_t)word);
        }
    }
    if (!WORD() || at != end)
        return false;
    key->id = (int64_t)word;
    return true;
#undef WORD
}

static int key_write(const struct query *query, const struct page_key *key, struct arena *arena, struct query_page *page)
{
    size_t size = 16;
    for (size_t i = 0; i < query->n_order; i++)
        size += 9 + (key->values[i].type == VALUE_TEXT ? strlen(key->values[i].text) : 0);
    uint8_t *at = page->next = arena_alloc(arena, size);
    if (!at)
        return ERR_NOMEM;
    page->next_size = size;
    memcpy(at, &key->seq, 8);
    at += 8;
    for (size_t i = 0; i < query->n_order; i++) {
        const struct value *value = &key->values[i];
        uint64_t word = value->type == VALUE_TEXT ? strlen(value->text) : (uint64_t)value->number;
        *at++ = (uint8_t)value->type;
        memcpy(at, &word, 8);
        at += 8;
        if (value->type == VALUE_TEXT) {
            memcpy(at, value->text, word);
            at += word;
        }
    }
    memcpy(at, &key->id, 8);
    return 0;
}

// Rows behind the key: (a > x) OR (a = x AND ((b > y) OR (b = y AND id > z)))
static void where_page(struct sql *sql, const struct query *query, const struct page_key *key)
{
    sql_add(sql, " AND (");
    for (size_t i = 0; i < query->n_order; i++) {
        query_order(sql, query, &query->order[i]);
        sql_add(sql, query->order[i].descending ? " < " : " > ");
        sql_bind(sql, key->values[i]);
        sql_add(sql, " OR (");
        query_order(sql, query, &query->order[i]);
        sql_add(sql, " = ");
        sql_bind(sql, key->values[i]);
        sql_add(sql, " AND (");
    }
    sql_add(sql, "k.id > ");
    sql_bind(sql, value_number(key->id));
    for (size_t i = 0; i < query->n_order; i++)
        sql_add(sql, "))");
    sql_add(sql, ")");
}

// --- lists ---

static int build(struct sql *sql, struct view *view, const struct query *query, struct arena *arena, const struct page_key *key)
{
    const struct kind *kind = query->kind;
    sql_init(sql);
    sql_add(sql, "SELECT ");
    if (query->as_known) {
        sql_add(sql, "c.record, c.version, k._about, c.action = %d, c.seq", ACTION_REMOVE);
        for (int i = 0; i < kind->n_fields; i++) {
            sql_add(sql, ", ");
            query_column(sql, query, &kind->fields[i]);
        }
    } else {
        select_columns(sql, kind, "k");
    }
    for (size_t i = 0; i < query->n_order; i++) {
        sql_add(sql, ", ");
        query_order(sql, query, &query->order[i]);
    }
    query_from(sql, query);
    if (query_by_subject(query))
        sql_add(sql, " LEFT JOIN \"%s\" s ON s.id = k._about", kind_of_subject(kind->about.subject)->table);
    query_conditions(sql, view, query, arena);
    if (key)
        where_page(sql, query, key);
    sql_add(sql, " ORDER BY ");
    for (size_t i = 0; i < query->n_order; i++) {
        query_order(sql, query, &query->order[i]);
        sql_add(sql, query->order[i].descending ? " DESC, " : ", ");
    }
    sql_add(sql, "k.id");
    if (query->limit)
        sql_add(sql, " LIMIT %zu", query->limit + 1);
    return sql->overflow ? ERR_TOO_LARGE : 0;
}

static size_t weight(const struct record *record)
{
    size_t bytes = 24;
    for (int i = 0; i < record->kind->n_fields; i++)
        bytes += record->values[i].type == VALUE_TEXT ? strlen(record->values[i].text) + 4 : record->values[i].type ? 8 : 0;
    return bytes;
}

static void key_note(const struct query *query, sqlite3_stmt *statement, const struct record *record, struct arena *arena,
                     struct page_key *key)
{
    key->id = record->id;
    for (size_t i = 0; i < query->n_order; i++) {
        int at = record->kind->n_fields + SELECT_FIXED + (int)i;
        if (sqlite3_column_type(statement, at) == SQLITE_TEXT) {
            const char *text = db_text(statement, at), *copy = text ? arena_strdup(arena, text) : NULL;
            key->values[i] = value_text(copy ? copy : "");
        } else {
            key->values[i] = value_number(sqlite3_column_int64(statement, at));
        }
    }
}

int view_list(struct view *view, const struct query *query, struct arena *arena, struct query_page *page, view_record_fn *on_record,
              void *data, struct problem *problem)
{
    struct sql sql;
    struct page_key key = {.seq = view->seq}, last = {.seq = view->seq};
    int error = query_allowed(view, query, problem);
    if (error)
        return error;
    if (query->page && !key_read(query, arena, &key))
        return problem_set(problem, ERR_INVALID, "the page to go on from is not one this list gave");
    last.seq = key.seq;
    if (page)
        *page = (struct query_page){.first_seq = key.seq};
    if (build(&sql, view, query, arena, query->page ? &key : NULL))
        return problem_set(problem, ERR_TOO_LARGE, "the query is too long");
    sqlite3_stmt *statement = sql_statement(&sql, view->db);
    if (!statement)
        return problem_set(problem, ERR_INTERNAL, "the list could not be read");
    int code;
    size_t rows = 0, bytes = 0;
    while (!error && (code = db_next(statement)) == SQLITE_ROW) {
        if (page && rows && ((query->limit && rows == query->limit) || (query->max_bytes && bytes >= query->max_bytes))) {
            error = key_write(query, &last, arena, page);
            code = SQLITE_DONE;
            break;
        }
        struct record *record = select_read(statement, query->kind, arena);
        if (!record) {
            error = problem_set(problem, ERR_NOMEM, "the server is short of memory");
            break;
        }
        rows++;
        bytes += weight(record);
        if (page)
            key_note(query, statement, record, arena, &last);
        if (scope_filter(view->reach, record))
            error = on_record(record, data);
        if (!page && query->limit && rows == query->limit)
            break;
    }
    db_done(statement);
    return error ? error : db_error(view->db, code, problem);
}

int view_count(struct view *view, const struct query *query, uint64_t *count, struct problem *problem)
{
    struct sql sql;
    struct arena arena;
    int error = query_allowed(view, query, problem);
    if (error)
        return error;
    arena_init(&arena, 0);
    sql_init(&sql);
    sql_add(&sql, "SELECT count(*)");
    query_from(&sql, query);
    query_conditions(&sql, view, query, &arena);
    sqlite3_stmt *statement = sql_statement(&sql, view->db);
    int code = statement ? db_next(statement) : SQLITE_NOMEM;
    if (code == SQLITE_ROW)
        *count = (uint64_t)sqlite3_column_int64(statement, 0);
    db_done(statement);
    arena_deinit(&arena);
    return db_error(view->db, code, problem);
}

int view_get_known(struct view *view, const struct kind *kind, int64_t id, int64_t as_known, struct arena *arena, struct record **record,
                   struct problem *problem)
{
    if (!as_known)
        return view_get(view, kind, id, arena, record, problem);
    struct record *known = NULL, *now = select_record(view, kind, id, arena);
    if (now)
        known = log_image_at(view, now, as_known, arena);
    if (!known || known->removed || !scope_filter(view->reach, known))
        return not_found(kind, id, problem);
    *record = known;
    return 0;
}
