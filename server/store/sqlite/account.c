// Accounts, devices, tickets: plain tables. On whichever thread owns the view's
// connection; changes only on the writer's.
#include "server/store/account.h"

#include <stdio.h>
#include <string.h>

#include "server/store/sqlite/sqlite.h"

static sqlite3_stmt *ask(struct view *view, const char *sql)
{
    return db_statement(view->db, sql);
}

static int changed(struct view *view, sqlite3_stmt *statement)
{
    int code = db_next(statement);
    db_done(statement);
    return code == SQLITE_DONE ? 0 : db_error(view->db, code, NULL);
}

static void copy_text(sqlite3_stmt *statement, int column, char *to, size_t size)
{
    const char *text = db_text(statement, column);
    snprintf(to, size, "%s", text ? text : "");
}

static bool copy_blob(sqlite3_stmt *statement, int column, uint8_t *to, int size)
{
    if (sqlite3_column_bytes(statement, column) != size)
        return false;
    memcpy(to, sqlite3_column_blob(statement, column), (size_t)size);
    return true;
}

int account_get(struct view *view, int64_t staff, struct account *account)
{
    sqlite3_stmt *statement = ask(view, "SELECT staff, login, role, password, blocked FROM account WHERE staff = ?1");
    if (!statement)
        return ERR_NOMEM;
    db_bind(statement, 1, value_number(staff));
    int error = ERR_NOT_FOUND;
    if (db_next(statement) == SQLITE_ROW) {
        account->staff = sqlite3_column_int64(statement, 0);
        copy_text(statement, 1, account->login, sizeof account->login);
        account->role = sqlite3_column_int(statement, 2);
        copy_text(statement, 3, account->password, sizeof account->password);
        account->blocked = sqlite3_column_int(statement, 4) != 0;
        error = 0;
    }
    db_done(statement);
    return error;
}

int account_put(struct view *view, const struct account *account)
{
    sqlite3_stmt *statement =
        ask(view, "INSERT INTO account VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (staff) DO UPDATE SET login = excluded.login,"
                  " role = excluded.role, password = excluded.password, blocked = excluded.blocked");
    if (!statement)
        return ERR_NOMEM;
    db_bind(statement, 1, value_number(account->staff));
    db_bind(statement, 2, value_text(account->login));
    db_bind(statement, 3, value_number(account->role));
    db_bind(statement, 4, value_text(account->password));
    db_bind(statement, 5, value_number(account->blocked));
    return changed(view, statement);
}

int device_find(struct view *view, const uint8_t fingerprint[32], struct device *device)
{
    sqlite3_stmt *statement = ask(view, "SELECT id, staff, fingerprint, name, issued, revoked FROM device WHERE fingerprint = ?1");
    if (!statement)
        return ERR_NOMEM;
    db_bind_blob(statement, 1, fingerprint, 32);
    int error = ERR_NOT_FOUND;
    if (db_next(statement) == SQLITE_ROW && copy_blob(statement, 2, device->fingerprint, 32)) {
        device->id = sqlite3_column_int64(statement, 0);
        device->staff = sqlite3_column_int64(statement, 1);
        copy_text(statement, 3, device->name, sizeof device->name);
        device->issued = sqlite3_column_int64(statement, 4);
        device->revoked = sqlite3_column_int64(statement, 5);
        error = 0;
    }
    db_done(statement);
    return error;
}

int device_put(struct view *view, struct device *device)
{
    sqlite3_stmt *statement = ask(view, "INSERT OR REPLACE INTO device VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    if (!statement)
        return ERR_NOMEM;
    if (device->id)
        db_bind(statement, 1, value_number(device->id));
    db_bind(statement, 2, value_number(device->staff));
    db_bind_blob(statement, 3, device->fingerprint, 32);
    db_bind(statement, 4, value_text(device->name));
    db_bind(statement, 5, value_number(device->issued));
    db_bind(statement, 6, value_number(device->revoked));
    int error = changed(view, statement);
    if (!error && !device->id)
        device->id = sqlite3_last_insert_rowid(view->db->handle);
    return error;
}

int ticket_find(struct view *view, const uint8_t hash[32], struct ticket *ticket)
{
    sqlite3_stmt *statement = ask(view, "SELECT hash, staff, device, issued, used FROM ticket WHERE hash = ?1");
    if (!statement)
        return ERR_NOMEM;
    db_bind_blob(statement, 1, hash, 32);
    int error = ERR_NOT_FOUND;
    if (db_next(statement) == SQLITE_ROW && copy_blob(statement, 0, ticket->hash, 32)) {
        ticket->staff = sqlite3_column_int64(statement, 1);
        ticket->device = sqlite3_column_int64(statement, 2);
        ticket->issued = sqlite3_column_int64(statement, 3);
        ticket->used = sqlite3_column_int64(statement, 4);
        error = 0;
    }
    db_done(statement);
    return error;
}

int ticket_put(struct view *view, const struct ticket *ticket)
{
    sqlite3_stmt *statement = ask(view, "INSERT OR REPLACE INTO ticket VALUES (?1, ?2, ?3, ?4, ?5)");
    if (!statement)
        return ERR_NOMEM;
    db_bind_blob(statement, 1, ticket->hash, 32);
    db_bind(statement, 2, value_number(ticket->staff));
    db_bind(statement, 3, value_number(ticket->device));
    db_bind(statement, 4, value_number(ticket->issued));
    db_bind(statement, 5, value_number(ticket->used));
    return changed(view, statement);
}

int ticket_remove(struct view *view, const uint8_t hash[32])
{
    sqlite3_stmt *statement = ask(view, "DELETE FROM ticket WHERE hash = ?1");
    if (!statement)
        return ERR_NOMEM;
    db_bind_blob(statement, 1, hash, 32);
    return changed(view, statement);
}

int ticket_expire(struct view *view, int64_t used_before, int64_t issued_before)
{
    sqlite3_stmt *statement = ask(view, "DELETE FROM ticket WHERE used < ?1 OR issued < ?2");
    if (!statement)
        return ERR_NOMEM;
    db_bind(statement, 1, value_number(used_before));
    db_bind(statement, 2, value_number(issued_before));
    return changed(view, statement);
}
