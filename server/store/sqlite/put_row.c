// The way of every change of a record into the database: checked, its row written, logged,
// indexed, followed by its effects. Writer thread, inside the request's savepoint.
#include "server/store/sqlite/sqlite.h"

#include <string.h>

#include "common/text.h"

#define EFFECTS_DEEP 4
#define SORT_FIELDS  64 // a kind has no more fields, and no template names one twice

// Numbers of one field, dates and references too, in the order of their value.
static const char *sort_value(struct value value, struct arena *arena)
{
    if (value.type == VALUE_TEXT)
        return value.text;
    if (value.type == VALUE_EMPTY)
        return "";
    return arena_printf(arena, "%016llx", (unsigned long long)value.number ^ 1ull << 63);
}

// The fields of the template one by one: what stands between them is for readers.
const char *put_sort_key(const struct record *record, struct arena *arena)
{
    const struct kind *kind = record->kind;
    const char *parts[SORT_FIELDS], *at = kind->sort;
    size_t n = 0;
    while (n < SORT_FIELDS && (at = strchr(at, '{'))) {
        size_t size = strcspn(++at, "}");
        for (int i = 0; i < kind->n_fields; i++) {
            if (strlen(kind->fields[i].name) != size || strncmp(kind->fields[i].name, at, size) != 0)
                continue;
            parts[n++] = sort_value(record->values[i], arena);
            break;
        }
    }
    const char *key = text_sort_key(parts, n, arena);
    return key ? key : "";
}

static int row_insert(struct view *view, const struct record *record)
{
    const struct kind *kind = record->kind;
    struct sql sql;
    const struct value fixed[] = {value_number((int64_t)record->version), value_number((int64_t)view->seq + 1), value_number(record->about),
                                  value_number(record->removed), value_text(put_sort_key(record, view->writing->work))};
    // columns by name: a widened table has them in another order than the kind
    sql_init(&sql);
    sql_add(&sql, "INSERT INTO \"%s\" (id, _version, _seq, _about, _removed, _sort", kind->table);
    for (int i = 0; i < kind->n_fields; i++)
        sql_add(&sql, ", \"%s\"", kind->fields[i].name);
    sql_add(&sql, ") VALUES (");
    sql_bind(&sql, value_number(record->id));
    for (int i = 0; i < 5 + kind->n_fields; i++) {
        sql_add(&sql, ", ");
        sql_bind(&sql, i < 5 ? fixed[i] : record->values[i - 5]);
    }
    sql_add(&sql, ")");
    sqlite3_stmt *statement = sql_statement(&sql, view->db);
    int code = statement ? db_next(statement) : SQLITE_NOMEM;
    db_done(statement);
    return code;
}

// Only columns that change are named: SQLite then leaves other indexes alone.
static int row_update(struct view *view, const struct record *before, const struct record *after, uint64_t changed)
{
    const struct kind *kind = after->kind;
    struct sql sql;
    sql_init(&sql);
    sql_add(&sql, "UPDATE \"%s\" SET _version = ", kind->table);
    sql_bind(&sql, value_number((int64_t)after->version));
    sql_add(&sql, ", _seq = ");
    sql_bind(&sql, value_number((int64_t)view->seq + 1)); // the log's next
    if (before->removed != after->removed) {
        sql_add(&sql, ", _removed = ");
        sql_bind(&sql, value_number(after->removed));
    }
    bool sorted = false;
    for (int i = 0; i < kind->n_fields; i++) {
        if (!(changed & field_bit(&kind->fields[i])))
            continue;
        sql_add(&sql, ", \"%s\" = ", kind->fields[i].name);
        sql_bind(&sql, after->values[i]);
        sorted |= strstr(kind->sort, kind->fields[i].name) != NULL;
    }
    if (sorted) {
        sql_add(&sql, ", _sort = ");
        sql_bind(&sql, value_text(put_sort_key(after, view->writing->work)));
    }
    sql_add(&sql, " WHERE id = ");
    sql_bind(&sql, value_number(after->id));
    sql_add(&sql, " AND _version = ");
    sql_bind(&sql, value_number((int64_t)before->version));
    sqlite3_stmt *statement = sql_statement(&sql, view->db);
    int code = statement ? db_next(statement) : SQLITE_NOMEM;
    db_done(statement);
    return code == SQLITE_DONE && sqlite3_changes(view->db->handle) != 1 ? SQLITE_INTERNAL : code;
}

static bool has_effects(const struct store *store, const struct kind *kind)
{
    for (size_t i = 0; i < store->n_rules; i++)
        if (store->rules[i].kind == kind && store->rules[i].effect)
            return true;
    return false;
}

static int run_effects(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    struct store *store = view->store;
    struct writing *writing = view->writing;
    const struct record *now = after->removed ? NULL : after;
    for (size_t i = 0; i < store->n_rules; i++) {
        const struct rule *rule = &store->rules[i];
        if (rule->kind != after->kind || !rule->effect)
            continue;
        if (writing->depth == EFFECTS_DEEP)
            return problem_set(problem, ERR_INTERNAL, "changes follow from changes more than %d deep", EFFECTS_DEEP);
        writing->depth++;
        int error = rule_run(view, rule->effect, before, now, problem);
        writing->depth--;
        if (error)
            return error;
    }
    return 0;
}

int put_store(struct view *view, const struct record *before, struct record *after, enum action action, struct problem *problem)
{
    uint64_t changed = before ? record_diff(before, after) : present_fields(after);
    const struct record *was = before && !before->removed ? before : NULL;
    after->version = before ? before->version + 1 : 1;
    after->removed = action == ACTION_REMOVE;
    uint64_t doubtful = changed;
    for (int i = 0; i < after->kind->n_fields && action == ACTION_RESTORE; i++) // what it refers to may be gone meanwhile
        doubtful |= after->kind->fields[i].as == AS_REF ? field_bit(&after->kind->fields[i]) : 0;
    int error = action == ACTION_REMOVE ? check_rules(view, was, NULL, problem) : check_record(view, was, after, doubtful, problem);
    if (error)
        return error;
    int code = before ? row_update(view, before, after, changed) : row_insert(view, after);
    if (code != SQLITE_DONE)
        return db_error(view->db, code, problem);
    error = log_append(view, after, action, changed, problem);
    if (!error && touch_note(view->writing, before, after))
        error = problem_set(problem, ERR_NOMEM, "the server is short of memory");
    if (error)
        return error;
    code = search_update(view, before, after);
    if (code != SQLITE_DONE)
        return db_error(view->db, code, problem);
    error = run_effects(view, was, after, problem);
    // an effect may have changed this very record: its author is told the version that there is now
    struct record *now =
        error || !has_effects(view->store, after->kind) ? NULL : select_record(view, after->kind, after->id, view->writing->work);
    if (now)
        after->version = now->version;
    return error;
}
