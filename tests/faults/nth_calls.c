// See nth_calls.h. Any thread.
#include "tests/faults/nth_calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>
#include <uv.h>

#include "tests/faults/nth_count.h"

static struct nth_count count;
static _Atomic int code_of;
static _Atomic int gone_of;
static char where[200];

typedef void function(sqlite3_context *context, int argc, sqlite3_value **argv);
typedef void final_function(sqlite3_context *context);
typedef void destructor(void *data);

int __real_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags, sqlite3_stmt **statement, const char **tail);
int __real_sqlite3_step(sqlite3_stmt *statement);
int __real_sqlite3_bind_int64(sqlite3_stmt *statement, int index, sqlite3_int64 value);
int __real_sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *text, int size, destructor *end);
int __real_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *data, int size, destructor *end);
int __real_sqlite3_bind_null(sqlite3_stmt *statement, int index);
int __real_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *data, char **message);
int __real_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int __real_sqlite3_create_function_v2(sqlite3 *db, const char *name, int args, int flags, void *data, function *call, function *step,
                                      final_function *final, destructor *end);
const unsigned char *__real_sqlite3_column_text(sqlite3_stmt *statement, int column);
int __real_uv_thread_create(uv_thread_t *thread, uv_thread_cb entry, void *data);
int __real_uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb call);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags, sqlite3_stmt **statement, const char **tail);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_bind_int64(sqlite3_stmt *statement, int index, sqlite3_int64 value);
int __wrap_sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *text, int size, destructor *end);
int __wrap_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *data, int size, destructor *end);
int __wrap_sqlite3_bind_null(sqlite3_stmt *statement, int index);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *data, char **message);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int __wrap_sqlite3_create_function_v2(sqlite3 *db, const char *name, int args, int flags, void *data, function *call, function *step,
                                      final_function *final, destructor *end);
const unsigned char *__wrap_sqlite3_column_text(sqlite3_stmt *statement, int column);
int __wrap_uv_thread_create(uv_thread_t *thread, uv_thread_cb entry, void *data);
int __wrap_uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb call);

void nth_calls_arm(uint64_t nth, int code, enum nth_gone gone)
{
    atomic_store(&code_of, code);
    atomic_store(&gone_of, gone);
    nth_count_arm(&count, nth, false);
}

uint64_t nth_calls_disarm(void)
{
    return nth_count_disarm(&count);
}

uint64_t nth_calls_failed(void)
{
    return atomic_load(&count.failed);
}

const char *nth_calls_where(void)
{
    return where;
}

// SQLITE_OK, or what the call fails with.
static int failure(const char *name, sqlite3 *db, const char *sql)
{
    if (!nth_count_fails(&count))
        return SQLITE_OK;
    snprintf(where, sizeof where, "%s %s", name, sql ? sql : "");
    if (atomic_load(&gone_of) == NTH_GONE && db && !sqlite3_get_autocommit(db))
        __real_sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return atomic_load(&code_of);
}

// An error of the disk at a commit ends the process, which is tested with the failing disk.
static bool ends_process(const char *sql)
{
    return sql && strcmp(sql, "COMMIT") == 0 && (atomic_load(&code_of) & 0xff) == SQLITE_IOERR;
}

static int failure_of(const char *name, sqlite3_stmt *statement)
{
    const char *sql = sqlite3_sql(statement);
    bool commits = !sqlite3_stmt_readonly(statement) && sqlite3_get_autocommit(sqlite3_db_handle(statement));
    return ends_process(commits ? "COMMIT" : sql) ? SQLITE_OK : failure(name, sqlite3_db_handle(statement), sql);
}

int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags, sqlite3_stmt **statement, const char **tail)
{
    int code = failure("prepare", db, sql);
    *statement = NULL;
    return code == SQLITE_OK ? __real_sqlite3_prepare_v3(db, sql, size, flags, statement, tail) : code;
}

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    int code = failure_of("step", statement);
    return code == SQLITE_OK ? __real_sqlite3_step(statement) : code;
}

int __wrap_sqlite3_bind_int64(sqlite3_stmt *statement, int index, sqlite3_int64 value)
{
    int code = failure_of("bind_int64", statement);
    return code == SQLITE_OK ? __real_sqlite3_bind_int64(statement, index, value) : code;
}

int __wrap_sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *text, int size, destructor *end)
{
    int code = failure_of("bind_text", statement);
    return code == SQLITE_OK ? __real_sqlite3_bind_text(statement, index, text, size, end) : code;
}

int __wrap_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *data, int size, destructor *end)
{
    int code = failure_of("bind_blob", statement);
    return code == SQLITE_OK ? __real_sqlite3_bind_blob(statement, index, data, size, end) : code;
}

int __wrap_sqlite3_bind_null(sqlite3_stmt *statement, int index)
{
    int code = failure_of("bind_null", statement);
    return code == SQLITE_OK ? __real_sqlite3_bind_null(statement, index) : code;
}

int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *data, char **message)
{
    int code = ends_process(sql) ? SQLITE_OK : failure("exec", db, sql);
    return code == SQLITE_OK ? __real_sqlite3_exec(db, sql, row, data, message) : code;
}

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs)
{
    int code = failure("open", NULL, path);
    *db = NULL;
    return code == SQLITE_OK ? __real_sqlite3_open_v2(path, db, flags, vfs) : code;
}

int __wrap_sqlite3_create_function_v2(sqlite3 *db, const char *name, int args, int flags, void *data, function *call, function *step,
                                      final_function *final, destructor *end)
{
    int code = failure("create_function", NULL, name);
    return code == SQLITE_OK ? __real_sqlite3_create_function_v2(db, name, args, flags, data, call, step, final, end) : code;
}

const unsigned char *__wrap_sqlite3_column_text(sqlite3_stmt *statement, int column)
{
    return failure_of("column_text", statement) == SQLITE_OK ? __real_sqlite3_column_text(statement, column) : NULL;
}

int __wrap_uv_thread_create(uv_thread_t *thread, uv_thread_cb entry, void *data)
{
    return failure("thread_create", NULL, NULL) == SQLITE_OK ? __real_uv_thread_create(thread, entry, data) : UV_EAGAIN;
}

int __wrap_uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb call)
{
    return failure("async_init", NULL, NULL) == SQLITE_OK ? __real_uv_async_init(loop, async, call) : UV_EMFILE;
}
