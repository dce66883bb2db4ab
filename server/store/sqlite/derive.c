// Makes every sort key and search row anew from the records. At open, before
// anybody else looks; main thread.
#include "server/store/sqlite/sqlite.h"

#define DERIVE_AT_ONCE 500 // records held in memory

static int ids_after(struct db *db, const struct kind *kind, int64_t after, int64_t ids[DERIVE_AT_ONCE])
{
    struct sql sql;
    sql_init(&sql);
    sql_add(&sql, "SELECT id FROM \"%s\" WHERE id > ", kind->table);
    sql_bind(&sql, value_number(after));
    sql_add(&sql, " ORDER BY id LIMIT %d", DERIVE_AT_ONCE);
    sqlite3_stmt *statement = sql_statement(&sql, db);
    int n = 0, code = SQLITE_NOMEM;
    while (statement && (code = db_next(statement)) == SQLITE_ROW && n < DERIVE_AT_ONCE)
        ids[n++] = sqlite3_column_int64(statement, 0);
    db_done(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? n : -1;
}

static int sort_update(struct view *view, const struct record *record)
{
    struct sql sql;
    sql_init(&sql);
    sql_add(&sql, "UPDATE \"%s\" SET _sort = ", record->kind->table);
    sql_bind(&sql, value_text(put_sort_key(record, view->writing->work)));
    sql_add(&sql, " WHERE id = ");
    sql_bind(&sql, value_number(record->id));
    sqlite3_stmt *statement = sql_statement(&sql, view->db);
    int code = statement ? db_next(statement) : SQLITE_NOMEM;
    db_done(statement);
    return code;
}

static int derive_record(struct view *view, const struct kind *kind, int64_t id)
{
    struct record *record = select_record(view, kind, id, view->writing->work);
    if (!record)
        return SQLITE_NOMEM;
    int code = sort_update(view, record);
    return code == SQLITE_DONE ? search_update(view, NULL, record) : code;
}

static int derive_kind(struct db *db, const struct kind *kind)
{
    int64_t ids[DERIVE_AT_ONCE], last = 0;
    int n = 0, code = SQLITE_DONE;
    while (code == SQLITE_DONE && (n = ids_after(db, kind, last, ids)) > 0) {
        struct arena arena;
        arena_init(&arena, 0);
        struct change change = {.arena = &arena};
        struct writing writing = {.change = &change, .work = &arena};
        struct view view = {.db = db, .scope = scope_all, .reach = &scope_all, .writing = &writing};
        for (int i = 0; i < n && code == SQLITE_DONE; i++)
            code = derive_record(&view, kind, ids[i]);
        last = ids[n - 1];
        arena_deinit(&arena);
    }
    return n < 0 ? SQLITE_IOERR : code;
}

int derive_all(struct db *db)
{
    int code = db_run(db, "DELETE FROM search");
    for (size_t i = 0; i < n_kinds && code == SQLITE_OK; i++) {
        code = derive_kind(db, &kinds[i]);
        code = code == SQLITE_DONE ? SQLITE_OK : code;
    }
    return code;
}
