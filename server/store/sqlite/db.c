// One SQLite connection: opening with the settings we trust, statements by their
// text, values in and out. Runs in whichever thread owns the connection.
#include "server/store/sqlite/sqlite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/log.h"
#include "common/text.h"
#include "server/fault.h"

struct statement {
    sqlite3_stmt *prepared;
    UT_hash_handle hh;
    uint64_t used; // the tick of its last use
    char sql[];
};

// sendco_field(body, number): one field of a packed record, so that the log can be
// asked with the same SQL as the tables.
static void sql_field(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    const uint8_t *at = sqlite3_value_blob(argv[0]), *end = at + sqlite3_value_bytes(argv[0]);
    uint64_t wanted = (uint64_t)sqlite3_value_int64(argv[1]);
    bool zigzag = sqlite3_value_int(argv[2]) != 0;
    while (at && at < end) {
        uint64_t words[2] = {0, 0}; // tag, then number or length
        for (int i = 0; i < 2; i++)
            for (unsigned shift = 0; at < end; shift += 7) {
                words[i] |= (uint64_t)(*at & 0x7f) << (shift & 63);
                if (!(*at++ & 0x80))
                    break;
            }
        bool is_text = (words[0] & 7) == 2;
        if (is_text && words[1] > (uint64_t)(end - at))
            return;
        if (words[0] >> 3 == wanted) {
            if (is_text)
                sqlite3_result_text(context, (const char *)at, (int)words[1], SQLITE_TRANSIENT);
            else
                sqlite3_result_int64(context, zigzag ? (int64_t)(words[1] >> 1) ^ -(int64_t)(words[1] & 1) : (int64_t)words[1]);
            return;
        }
        at += is_text ? words[1] : 0;
    }
}

static void sql_fold(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    const char *text = (const char *)sqlite3_value_text(argv[0]);
    struct arena arena;
    arena_init(&arena, 0);
    char *folded = text ? text_fold(text, &arena) : NULL;
    if (folded)
        sqlite3_result_text(context, folded, -1, SQLITE_TRANSIENT);
    else if (sqlite3_value_type(argv[0]) != SQLITE_NULL) // a row that is not compared would be a row left out
        sqlite3_result_error_nomem(context);
    arena_deinit(&arena);
}

// --- what failed ---

// A connection belongs to one thread, and so does what went wrong with it.
static _Thread_local int trouble;

void db_calm(void)
{
    trouble = SQLITE_OK;
}

int db_trouble(void)
{
    return trouble;
}

// Every code that SQLite returns passes here: the first that tells of a failure is kept.
static int noted(int code)
{
    int main_code = code & 0xff;
    if (trouble == SQLITE_OK && main_code != SQLITE_OK && main_code != SQLITE_ROW && main_code != SQLITE_DONE)
        trouble = code;
    return code;
}

bool db_is_disk(int code)
{
    return (code & 0xff) == SQLITE_IOERR && code != SQLITE_IOERR_NOMEM;
}

bool db_is_sync(int code)
{
    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

// --- opening and closing ---

static int on_wal(void *data, sqlite3 *handle, const char *name, int pages)
{
    (void)handle;
    (void)name;
    struct db *db = data;
    if (pages < db->wal_pages)
        db->wal_moved = 0; // it began anew
    db->wal_pages = pages;
    return SQLITE_OK;
}

int db_open(struct db *db, const char *path, bool create, bool writer, struct problem *problem)
{
    *db = (struct db){.handle = NULL};
    // unix-excl: no -shm file, and no second process can join, not even to read.
    // One that writes or checkpoints beside us could meet SQLite's WAL-reset bug.
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (create ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(path, &db->handle, flags, "unix-excl");
    if (code == SQLITE_OK)
        code = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    const int utf8 = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    if (code == SQLITE_OK)
        code = sqlite3_create_function_v2(db->handle, "sendco_field", 3, utf8, NULL, sql_field, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_create_function_v2(db->handle, "sendco_fold", 1, utf8, NULL, sql_fold, NULL, NULL, NULL);
    const char *settings = fault_on("sync-off") ? "PRAGMA synchronous=OFF" : "PRAGMA synchronous=FULL";
    if (code == SQLITE_OK)
        code = db_run(db, "PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;"
                          "PRAGMA foreign_keys=ON; PRAGMA busy_timeout=2000; PRAGMA cache_size=-32768");
    if (code == SQLITE_OK && writer)
        code = db_run(db, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864");
    if (code == SQLITE_OK)
        code = db_run(db, writer ? settings : "PRAGMA query_only=ON");
    if (code != SQLITE_OK) {
        int main_code = code & 0xff, error = main_code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM ? ERR_NOMEM : ERR_IO;
        if (main_code == SQLITE_BUSY || main_code == SQLITE_LOCKED) {
            problem_set(problem, error, "the database %s is in use by another process", path);
            problem_hint(problem, "Stop that one, then start this again; fuser names it.");
        } else
            problem_set(problem, error, "the database %s cannot be opened: %s", path, sqlite3_errstr(code));
        noted(code);
        db_close(db);
        return error;
    }
    if (writer)
        sqlite3_wal_hook(db->handle, on_wal, db);
    return 0;
}

void db_only_look(struct db *db)
{
    db_run(db, "PRAGMA query_only=ON");
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

void db_close(struct db *db)
{
    struct statement *statement, *next;
    HASH_ITER(hh, db->statements, statement, next)
    {
        HASH_DEL(db->statements, statement);
        sqlite3_finalize(statement->prepared);
        free(statement);
    }
    free(db->by_id);
    sqlite3_close(db->handle);
    *db = (struct db){.handle = NULL};
}

#define STATEMENTS_MOST 512

static bool is_by_id(const struct db *db, const sqlite3_stmt *prepared)
{
    for (size_t i = 0; db->by_id && i < n_kinds; i++)
        if (db->by_id[i] == prepared)
            return true;
    return false;
}

// Clients choose conditions, orders and limits: the forms of a query are without number.
static void forget_oldest(struct db *db)
{
    struct statement *oldest = NULL;
    for (struct statement *one = db->statements; one; one = one->hh.next)
        if ((!oldest || one->used < oldest->used) && !sqlite3_stmt_busy(one->prepared) && !is_by_id(db, one->prepared))
            oldest = one;
    if (!oldest)
        return;
    HASH_DEL(db->statements, oldest);
    sqlite3_finalize(oldest->prepared);
    free(oldest);
}

sqlite3_stmt *db_statement(struct db *db, const char *sql)
{
    struct statement *statement;
    size_t size = strlen(sql);
    HASH_FIND(hh, db->statements, sql, size, statement);
    if (statement) {
        statement->used = ++db->tick;
        return statement->prepared;
    }
    if (HASH_COUNT(db->statements) >= STATEMENTS_MOST)
        forget_oldest(db);
    statement = malloc(sizeof *statement + size + 1);
    if (!statement) {
        noted(SQLITE_NOMEM);
        return NULL;
    }
    memcpy(statement->sql, sql, size + 1);
    int code = noted(sqlite3_prepare_v3(db->handle, sql, (int)size + 1, SQLITE_PREPARE_PERSISTENT, &statement->prepared, NULL));
    if (code != SQLITE_OK) {
        if ((code & 0xff) == SQLITE_ERROR) // a mistake of ours
            log_write(LOG_ERROR, "cannot prepare \"%.300s\": %s", sql, sqlite3_errmsg(db->handle));
        free(statement);
        return NULL;
    }
    statement->used = ++db->tick;
    HASH_ADD(hh, db->statements, sql, size, statement);
    if (statement->hh.tbl)
        return statement->prepared;
    noted(SQLITE_NOMEM);
    sqlite3_finalize(statement->prepared);
    free(statement);
    return NULL;
}

void db_done(sqlite3_stmt *statement)
{
    if (!statement)
        return;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

static _Thread_local bool within;

void db_within(bool transaction)
{
    within = transaction;
}

int db_next(sqlite3_stmt *statement)
{
    // SQLite took the whole transaction back: what the request still writes would be kept, each statement by itself
    if (within && sqlite3_get_autocommit(sqlite3_db_handle(statement)) && !sqlite3_stmt_readonly(statement) && !fault_on("rollback-unseen"))
        return noted(SQLITE_ABORT);
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE && fault_on("error-as-end"))
        return SQLITE_DONE;
    return noted(code);
}

int db_step(struct db *db, const char *sql)
{
    sqlite3_stmt *statement = db_statement(db, sql);
    if (!statement)
        return SQLITE_NOMEM;
    int code = db_next(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

int db_run(struct db *db, const char *sql)
{
    return noted(sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

void db_bind(sqlite3_stmt *statement, int index, struct value value)
{
    if (value.type == VALUE_NUMBER)
        noted(sqlite3_bind_int64(statement, index, value.number));
    else if (value.type == VALUE_TEXT)
        noted(sqlite3_bind_text(statement, index, value.text, -1, SQLITE_STATIC));
    else
        noted(sqlite3_bind_null(statement, index));
}

void db_bind_blob(sqlite3_stmt *statement, int index, const void *data, int size)
{
    noted(sqlite3_bind_blob(statement, index, data, size, SQLITE_STATIC));
}

const char *db_text(sqlite3_stmt *statement, int column)
{
    bool empty = sqlite3_column_type(statement, column) == SQLITE_NULL; // afterwards it would say so for want of memory, too
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (!text && !empty)
        noted(SQLITE_NOMEM);
    return text;
}

struct value db_value(sqlite3_stmt *statement, int column, const struct field *field, struct arena *arena)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return (struct value){.type = VALUE_EMPTY};
    if (!field_is_text(field))
        return value_number(sqlite3_column_int64(statement, column));
    const char *text = db_text(statement, column);
    char *copy = text ? arena_strndup(arena, text, (size_t)sqlite3_column_bytes(statement, column)) : NULL;
    return copy ? value_text(copy) : (struct value){.type = VALUE_EMPTY};
}

int db_error(struct db *db, int code, struct problem *problem)
{
    int main_code = code & 0xff;
    if (main_code == SQLITE_OK || main_code == SQLITE_ROW || main_code == SQLITE_DONE)
        return 0;
    if (main_code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory; nothing was changed");
    if (main_code == SQLITE_FULL) {
        problem_set(problem, ERR_READONLY, "the server's disk is full; nothing was changed");
        problem_hint(problem, DISK_FULL_HINT);
        return ERR_READONLY;
    }
    bool is_last = sqlite3_extended_errcode(db->handle) == code;
    log_write(LOG_ERROR, "database: %s (%d)", is_last ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code), code);
    return problem_set(problem, ERR_IO, "the database could not be read or written");
}

int64_t db_number(struct db *db, const char *sql, int64_t otherwise)
{
    sqlite3_stmt *statement = db_statement(db, sql);
    int64_t number = otherwise;
    if (statement && db_next(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        number = sqlite3_column_int64(statement, 0);
    db_done(statement);
    return number;
}

void sql_init(struct sql *sql)
{
    sql->size = 0;
    sql->text[0] = 0;
    sql->n_binds = 0;
    sql->overflow = false;
}

void sql_add(struct sql *sql, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int size = vsnprintf(sql->text + sql->size, sizeof sql->text - sql->size, format, list);
    va_end(list);
    if (size < 0 || (size_t)size >= sizeof sql->text - sql->size)
        sql->overflow = true;
    else
        sql->size += (size_t)size;
}

void sql_bind(struct sql *sql, struct value value)
{
    if (sql->n_binds == SQL_BINDS) {
        sql->overflow = true;
        return;
    }
    sql->binds[sql->n_binds++] = value;
    sql_add(sql, "?%d", sql->n_binds);
}

sqlite3_stmt *sql_statement(struct sql *sql, struct db *db)
{
    if (sql->overflow)
        return NULL;
    sqlite3_stmt *statement = db_statement(db, sql->text);
    for (int i = 0; statement && i < sql->n_binds; i++)
        db_bind(statement, i + 1, sql->binds[i]);
    return statement;
}
