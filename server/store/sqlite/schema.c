// The tables: one per kind, made and widened from the table of kinds, and the
// store's own (log, bodies, keys, search, accounts). Main thread, at open.
#include "server/store/sqlite/sqlite.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "common/clock.h"

#define APPLICATION_ID 0x53454e44 // "SEND"
#define SCHEMA_VERSION 2          // of how the tables are laid out; a migration each

// The log: who did what when, and the hash chain over it. A record's content after
// a change lies in `body`, so that lawful erasure can remove it and its salt and
// the chain still holds. `before` is the record's change before this one: a
// record's past is a list, walked from its row, so that writing only appends.
static const char own_tables[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) STRICT, WITHOUT ROWID;"
    "CREATE TABLE counter (kind INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;"
    "CREATE TABLE change (seq INTEGER PRIMARY KEY, request INTEGER NOT NULL, key BLOB, batch INTEGER, at INTEGER NOT NULL,"
    " actor INTEGER NOT NULL, behalf INTEGER, device INTEGER NOT NULL, kind INTEGER NOT NULL, record INTEGER NOT NULL,"
    " version INTEGER NOT NULL, before INTEGER, action INTEGER NOT NULL, fields BLOB NOT NULL, reason TEXT, commitment BLOB NOT NULL,"
    " chain BLOB NOT NULL) STRICT;"
    "CREATE INDEX change_batch ON change (batch) WHERE batch IS NOT NULL;"
    "CREATE TABLE body (seq INTEGER PRIMARY KEY, salt BLOB NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE request (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, at INTEGER NOT NULL, actor INTEGER NOT NULL,"
    " hash BLOB NOT NULL, answer BLOB NOT NULL) STRICT;"
    "CREATE VIRTUAL TABLE search USING fts5 (text, about UNINDEXED, kind_cell UNINDEXED, field_cell UNINDEXED,"
    " tokenize=\"unicode61 remove_diacritics 0\");"
    "CREATE TABLE account (staff INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, role INTEGER NOT NULL, password TEXT NOT NULL,"
    " blocked INTEGER NOT NULL) STRICT;"
    "CREATE TABLE device (id INTEGER PRIMARY KEY, staff INTEGER NOT NULL, fingerprint BLOB NOT NULL UNIQUE, name TEXT NOT NULL,"
    " issued INTEGER NOT NULL, revoked INTEGER NOT NULL) STRICT;"
    "CREATE TABLE ticket (hash BLOB PRIMARY KEY, staff INTEGER NOT NULL, device INTEGER NOT NULL, issued INTEGER NOT NULL,"
    " used INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

static void add_column(struct sql *sql, const struct field *field)
{
    sql_add(sql, "\"%s\" %s", field->name, field_is_text(field) ? "TEXT" : "INTEGER");
    if (field->as == AS_REF)
        sql_add(sql, " REFERENCES \"%s\" (id)", field->ref->table);
}

static int table_create(struct db *db, const struct kind *kind)
{
    struct sql sql;
    sql_init(&sql);
    sql_add(&sql,
            "CREATE TABLE \"%s\" (id INTEGER PRIMARY KEY, _version INTEGER NOT NULL, _seq INTEGER NOT NULL, _about INTEGER NOT NULL,"
            " _removed INTEGER NOT NULL DEFAULT 0, _sort TEXT NOT NULL DEFAULT ''",
            kind->table);
    for (int i = 0; i < kind->n_fields; i++) {
        sql_add(&sql, ", ");
        add_column(&sql, &kind->fields[i]);
    }
    sql_add(&sql, ") STRICT; INSERT INTO counter VALUES (%u, 0) ON CONFLICT DO NOTHING", kind->number);
    return sql.overflow ? SQLITE_TOOBIG : db_run(db, sql.text);
}

static bool has_column(struct db *db, const struct kind *kind, const struct field *field)
{
    sqlite3_stmt *statement = db_statement(db, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2");
    if (!statement)
        return false;
    db_bind(statement, 1, value_text(kind->table));
    db_bind(statement, 2, value_text(field->name));
    bool found = db_next(statement) == SQLITE_ROW;
    db_done(statement);
    return found;
}

static int table_widen(struct db *db, const struct kind *kind)
{
    int code = SQLITE_OK;
    for (int i = 0; i < kind->n_fields && code == SQLITE_OK; i++) {
        if (has_column(db, kind, &kind->fields[i]))
            continue;
        struct sql sql;
        sql_init(&sql);
        sql_add(&sql, "ALTER TABLE \"%s\" ADD COLUMN ", kind->table);
        add_column(&sql, &kind->fields[i]);
        code = db_run(db, sql.text);
    }
    return code;
}

// Indexes follow the annotations: whom it is about (which serves that reference
// too), other references, unique values.
static int table_index(struct db *db, const struct kind *kind)
{
    struct sql sql;
    sql_init(&sql);
    if (kind->about.subject != SUBJECT_SCHOOL && kind->about.depth)
        sql_add(&sql, "CREATE INDEX IF NOT EXISTS \"%s__about\" ON \"%s\" (_about);", kind->table, kind->table);
    if (kind->subject != SUBJECT_SCHOOL)
        sql_add(&sql, "CREATE INDEX IF NOT EXISTS \"%s__sort\" ON \"%s\" (_sort, id);", kind->table, kind->table);
    for (int i = 0; i < kind->n_fields; i++) {
        const struct field *field = &kind->fields[i];
        bool is_about = kind->about.depth == 1 && kind->about.path[0] == i;
        if (field->unique || (field->as == AS_REF && !is_about))
            // A dot, which no table's name has: Provision's "type" is not the table of ProvisionType.
            sql_add(&sql, "CREATE %sINDEX IF NOT EXISTS \"%s.%s\" ON \"%s\" (\"%s\");", field->unique ? "UNIQUE " : "", kind->table,
                    field->name, kind->table, field->name);
    }
    if (kind->n_unique) {
        sql_add(&sql, "CREATE UNIQUE INDEX IF NOT EXISTS \"%s__unique\" ON \"%s\" (", kind->table, kind->table);
        for (int i = 0; i < kind->n_unique; i++)
            sql_add(&sql, "%s\"%s\"", i ? ", " : "", kind->fields[kind->unique[i]].name);
        sql_add(&sql, ");");
    }
    return sql.overflow ? SQLITE_TOOBIG : db_run(db, sql.text);
}

static int tables(struct db *db)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < n_kinds && code == SQLITE_OK; i++) {
        sqlite3_stmt *statement = db_statement(db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1");
        if (!statement)
            return SQLITE_NOMEM;
        db_bind(statement, 1, value_text(kinds[i].table));
        bool found = db_next(statement) == SQLITE_ROW;
        db_done(statement);
        code = found ? table_widen(db, &kinds[i]) : table_create(db, &kinds[i]);
        if (code == SQLITE_OK)
            code = table_index(db, &kinds[i]);
    }
    return code;
}

static int meta_put(struct db *db, const char *key, const char *value)
{
    sqlite3_stmt *statement = db_statement(db, "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value");
    if (!statement)
        return SQLITE_NOMEM;
    db_bind(statement, 1, value_text(key));
    db_bind(statement, 2, value_text(value));
    int code = db_next(statement);
    db_done(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

char *schema_meta(struct db *db, const char *key, char *buffer, size_t size)
{
    sqlite3_stmt *statement = db_statement(db, "SELECT value FROM meta WHERE key = ?1");
    if (!statement)
        return NULL;
    db_bind(statement, 1, value_text(key));
    char *found = NULL;
    if (db_next(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        const char *text = db_text(statement, 0);
        snprintf(buffer, size, "%s", text ? text : "");
        found = text ? buffer : NULL;
    }
    db_done(statement);
    return found;
}

static uint64_t stamped(uint64_t stamp, const char *text)
{
    for (; *text; text++)
        stamp = (stamp ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return (stamp ^ 0xff) * UINT64_C(1099511628211);
}

#define DERIVED_VERSION "3" // of how sort keys and search rows are made: common/text.h, search.c

// What derived rows depend on: who sees what, what is searched, what is sorted by.
static const char *derived_stamp(char *buffer, size_t size)
{
    uint64_t stamp = stamped(UINT64_C(14695981039346656037), DERIVED_VERSION);
    char text[64];
    for (size_t i = 0; i < n_kinds; i++) {
        snprintf(text, sizeof text, "%u %d %d %d", kinds[i].number, kinds[i].class, kinds[i].about.subject, kinds[i].about.optional);
        stamp = stamped(stamped(stamp, text), kinds[i].sort);
        for (int f = 0; f < kinds[i].n_fields; f++) {
            const struct field *field = &kinds[i].fields[f];
            snprintf(text, sizeof text, "%u %d %d", field->number, field->class, field->search);
            stamp = stamped(stamp, text);
        }
    }
    snprintf(buffer, size, "%016llx", (unsigned long long)stamp);
    return buffer;
}

// Sort keys and the search index follow from the records and from the table of kinds:
// made anew when that, or the way they are made, is another than when the database was
// last open.
static int derive(struct db *db, bool fresh)
{
    char now[32], before[32];
    derived_stamp(now, sizeof now);
    if (schema_meta(db, "derived", before, sizeof before) && !strcmp(now, before))
        return SQLITE_OK;
    int code = fresh ? SQLITE_OK : derive_all(db);
    return code == SQLITE_OK ? meta_put(db, "derived", now) : code;
}

static int create(struct db *db, const struct store_options *options)
{
    char text[64];
    int code = db_run(db, own_tables);
    if (code == SQLITE_OK)
        code = meta_put(db, "school", options->school ? options->school : "School");
    if (code == SQLITE_OK && options->demo)
        code = meta_put(db, "demo", "1");
    if (code == SQLITE_OK)
        code = meta_put(db, "epoch", "1");
    snprintf(text, sizeof text, "%llu", (unsigned long long)options->seed);
    if (code == SQLITE_OK)
        code = meta_put(db, "seed", text);
    snprintf(text, sizeof text, "PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID, SCHEMA_VERSION);
    return code == SQLITE_OK ? db_run(db, text) : code;
}

// Version 1 called a field's index "table_field", which could be the name of a table. Those
// of kinds go; table_index makes them again under today's names.
static int migrate_2(struct db *db)
{
    char drops[16384] = "";
    sqlite3_stmt *statement = db_statement(
        db, "SELECT group_concat('DROP INDEX \"' || name || '\"', ';') FROM sqlite_schema"
            " WHERE type = 'index' AND sql IS NOT NULL AND instr(name, '_') AND name NOT LIKE 'change%' AND name NOT LIKE '%.%'");
    if (!statement)
        return SQLITE_NOMEM;
    int code = db_next(statement);
    if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) == SQLITE_TEXT) {
        if (sqlite3_column_bytes(statement, 0) >= (int)sizeof drops)
            code = SQLITE_TOOBIG;
        else
            snprintf(drops, sizeof drops, "%s", db_text(statement, 0));
        if (db_trouble())
            code = db_trouble();
    }
    db_done(statement);
    return code != SQLITE_ROW ? code : db_run(db, drops);
}

static int migrate(struct db *db, int64_t version)
{
    char text[48];
    int code = version < 2 ? migrate_2(db) : SQLITE_OK;
    snprintf(text, sizeof text, "PRAGMA user_version=%d", SCHEMA_VERSION);
    return code == SQLITE_OK && version < SCHEMA_VERSION ? db_run(db, text) : code;
}

static int needs_change(struct problem *problem)
{
    problem_set(problem, ERR_READONLY, "this sendcod must bring the database into its own form first, and it takes no changes now");
    problem_hint(problem,
                 "Start the sendcod that served it before; or check the disk, remove the file readonly beside the database, and start"
                 " this one.");
    return ERR_READONLY;
}

int schema_open(struct db *db, const struct store_options *options, struct problem *problem)
{
    db_calm();
    int64_t version = db_number(db, "PRAGMA user_version", 0), application = db_number(db, "PRAGMA application_id", 0);
    if (db_trouble())
        return db_error(db, db_trouble(), problem);
    if (!options->create && application != APPLICATION_ID)
        return problem_set(problem, ERR_CONFIG, "this is not a sendco database");
    if (version > SCHEMA_VERSION)
        return problem_set(problem, ERR_VERSION, "the database was made by a newer sendcod (schema %lld, this one knows %d)",
                           (long long)version, SCHEMA_VERSION);
    bool only_look = db_number(db, "PRAGMA query_only", 0) != 0;
    int code = db_run(db, only_look ? "BEGIN" : "BEGIN IMMEDIATE");
    if (code == SQLITE_OK && options->create)
        code = create(db, options);
    else if (code == SQLITE_OK)
        code = migrate(db, version);
    if (code == SQLITE_OK)
        code = tables(db);
    if (code == SQLITE_OK)
        code = derive(db, options->create);
    if (code == SQLITE_OK)
        code = db_trouble(); // what could not be read is not "absent"
    if (code == SQLITE_OK)
        code = db_run(db, "COMMIT");
    if (code == SQLITE_OK)
        return 0;
    int error = (code & 0xff) == SQLITE_READONLY ? needs_change(problem) : db_error(db, code, problem);
    db_run(db, "ROLLBACK");
    return error;
}

// Rows of lists that the database has not met yet, as one change by sendcod itself.
int schema_seed_lists(struct store *store, struct db *db, struct problem *problem)
{
    const struct kind *code = kind_find("Code");
    struct arena arena;
    arena_init(&arena, 0);
    size_t room = 0, n = 0;
    uint64_t shortages = shortage_count();
    for (size_t i = 0; i < n_code_lists; i++)
        room += code_lists[i].n_rows;
    struct put_item *items = arena_zero(&arena, room + 1, sizeof *items);
    for (size_t i = 0; items && code && i < n_code_lists; i++) {
        const struct code_list *list = &code_lists[i];
        sqlite3_stmt *statement = db_statement(db, "SELECT 1 FROM code WHERE list = ?1 LIMIT 1");
        if (!statement)
            continue;
        db_bind(statement, 1, value_text(list->name));
        bool known = db_next(statement) == SQLITE_ROW;
        db_done(statement);
        for (size_t j = 0; !known && j < list->n_rows; j++) {
            const struct code_row *row = &list->rows[j];
            struct record *record = record_new(code, &arena);
            if (!record)
                break;
            record->id = -(int64_t)(n + 1);
            record_set(record, "list", value_text(list->name));
            record_set(record, "code", value_text(row->code));
            record_set(record, "title", value_text(row->title));
            record_set(record, "order", value_number((int64_t)j + 1));
            if (row->area)
                record_set(record, "area", value_text(row->area));
            if (row->census)
                record_set(record, "census_code", value_text(row->census));
            if (row->valid_from != DATE_NONE)
                record_set(record, "valid_from", value_number(row->valid_from));
            if (row->valid_to != DATE_NONE)
                record_set(record, "valid_to", value_number(row->valid_to));
            items[n++] = (struct put_item){.record = record, .set = ~UINT64_C(0)};
        }
    }
    int error = db_error(db, db_trouble(), problem);
    if (!error && shortage_count() != shortages)
        error = problem_set(problem, ERR_NOMEM, "there is not enough memory for the lists of codes");
    if (!error && n) {
        struct change change = {.verb = CHANGE_PUT,
                                .items = items,
                                .n_items = n,
                                .now = clock_now(),
                                .today = clock_today(),
                                .arena = &arena,
                                .reason = "lists of codes"};
        uint64_t mixed[2] = {store->seed, n};
        if (store->seed) {
            crypto_generichash(change.key, sizeof change.key, (const uint8_t *)mixed, sizeof mixed, NULL, 0);
            crypto_generichash(change.entropy, sizeof change.entropy, (const uint8_t *)mixed, sizeof mixed, NULL, 0);
        } else {
            randombytes_buf(change.key, sizeof change.key);
            randombytes_buf(change.entropy, sizeof change.entropy);
        }
        problem_init(&change.problem, &arena);
        error = writer_apply(store, &change);
        if (error)
            problem_set(problem, error, "lists of codes: %s", change.problem.message);
    }
    arena_deinit(&arena);
    return error;
}
