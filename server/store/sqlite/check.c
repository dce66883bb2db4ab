// What must hold of a record before it is written: codes and references exist,
// unique values are, fixed fields stay, rights reach, spells fit, rules agree.
// Writer thread.
#include "server/store/sqlite/sqlite.h"

#include <string.h>

#include "server/fault.h"

// The date on which a record's codes must be valid: the event's, not the typing's.
static int32_t event_date(const struct view *view, const struct record *record)
{
    const struct kind *kind = record->kind;
    if (kind_is_spell(kind) && record->values[kind->spell.from].type == VALUE_NUMBER)
        return (int32_t)record->values[kind->spell.from].number;
    return view->today;
}

#define CODES_TITLED 400 // bytes that codes with their titles may take in a sentence

// "CI Communication and interaction, …"; of a long list the codes alone.
static const char *codes_known(struct view *view, const char *list, int32_t on, struct arena *arena)
{
    sqlite3_stmt *statement =
        db_statement(view->db, "SELECT code, title FROM code WHERE list = ?1 AND _removed = 0 AND ifnull(valid_from, ?2) <= ?2"
                               " AND ifnull(valid_to, ?2) >= ?2 ORDER BY \"order\", code LIMIT 25");
    const char *codes = "", *titled = "";
    if (!statement)
        return codes;
    db_bind(statement, 1, value_text(list));
    db_bind(statement, 2, value_number(on));
    while (codes && titled && db_next(statement) == SQLITE_ROW) {
        const char *code = db_text(statement, 0), *title = db_text(statement, 1);
        if (!code)
            break;
        codes = arena_printf(arena, "%s%s%s", codes, *codes ? ", " : "", code);
        titled = arena_printf(arena, "%s%s%s %s", titled, *titled ? ", " : "", code, title ? title : "");
    }
    db_done(statement);
    if (!codes || !titled)
        return "many";
    return strlen(titled) <= CODES_TITLED ? titled : codes;
}

static int check_code(struct view *view, const struct record *record, const struct field *field, struct problem *problem)
{
    struct arena *arena = view->writing->work;
    const char *code = record->values[field->index].text;
    int32_t on = event_date(view, record);
    sqlite3_stmt *statement =
        db_statement(view->db, "SELECT valid_from, valid_to FROM code WHERE list = ?1 AND code = ?2 AND _removed = 0");
    if (!statement)
        return ERR_NOMEM;
    db_bind(statement, 1, value_text(field->codes));
    db_bind(statement, 2, value_text(code));
    bool known = db_next(statement) == SQLITE_ROW, valid = known;
    if (known && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        valid &= sqlite3_column_int(statement, 0) <= on;
    if (known && sqlite3_column_type(statement, 1) != SQLITE_NULL)
        valid &= sqlite3_column_int(statement, 1) >= on;
    db_done(statement);
    if (valid)
        return 0;
    char date[DATE_TEXT_MAX];
    problem_in_field(problem, ERR_INVALID, record->kind, record->id, field->index, "\"%.40s\" is %s on %s; codes are %s", code,
                     known ? "not a valid code" : "no code", date_human(on, date), codes_known(view, field->codes, on, arena));
    problem_hint(problem, "What they mean: sendco help %s; then send it again.", field->codes);
    return ERR_INVALID;
}

// Whom a record that is there is about; ERR_NOT_FOUND for one that is not, or is removed.
static int reference_about(struct view *view, const struct kind *kind, int64_t id, int64_t *about)
{
    struct sql sql;
    sql_init(&sql);
    sql_add(&sql, "SELECT _about FROM \"%s\" WHERE _removed = 0 AND id = ", kind->table);
    sql_bind(&sql, value_number(id));
    sqlite3_stmt *statement = sql_statement(&sql, view->db);
    int code = statement ? db_next(statement) : SQLITE_NOMEM;
    if (code == SQLITE_ROW)
        *about = sqlite3_column_int64(statement, 0);
    db_done(statement);
    return code == SQLITE_DONE ? ERR_NOT_FOUND : db_error(view->db, code, NULL);
}

static int check_reference(struct view *view, const struct record *record, const struct field *field, struct problem *problem)
{
    int64_t id = record->values[field->index].number, about = 0;
    const struct kind *kind = field->ref;
    char text[ID_TEXT_MAX];
    int error = reference_about(view, kind, id, &about);
    if (error && error != ERR_NOT_FOUND)
        return problem_set(problem, error, "what %s refers to could not be read", field->label);
    // what one may not see reads exactly like what does not exist
    if (!error && scope_reads_record(view->reach, kind, about))
        return 0;
    return problem_in_field(problem, ERR_INVALID, record->kind, record->id, field->index, "there is no %s %s, or you may not see it",
                            kind->noun, id_format(kind, id, text));
}

// `fields`: indexes that together must not stand in another record.
static int check_unique(struct view *view, const struct record *record, const uint8_t *fields, int n, struct problem *problem)
{
    const struct kind *kind = record->kind;
    struct sql sql;
    sql_init(&sql);
    sql_add(&sql, "SELECT id FROM \"%s\" WHERE ", kind->table);
    for (int i = 0; i < n; i++) {
        if (record->values[fields[i]].type == VALUE_EMPTY)
            return 0;
        sql_add(&sql, "%s\"%s\" = ", i ? " AND " : "", kind->fields[fields[i]].name);
        sql_bind(&sql, record->values[fields[i]]);
    }
    sql_add(&sql, " AND id <> ");
    sql_bind(&sql, value_number(record->id));
    sqlite3_stmt *statement = sql_statement(&sql, view->db);
    if (!statement)
        return ERR_NOMEM;
    int64_t other = db_next(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    db_done(statement);
    if (!other)
        return 0;
    struct record *taken = select_record(view, kind, other, view->writing->work);
    return problem_in_field(problem, ERR_INVALID, kind, record->id, fields[n - 1], "is already that of %s%s",
                            taken ? put_name(view, taken, view->writing->work) : "another record",
                            taken && taken->removed ? ", which was removed" : "");
}

int check_rights(struct view *view, const struct record *record, uint64_t changed, struct problem *problem)
{
    const struct kind *kind = record->kind;
    uint64_t unwritable = scope_unwritable(&view->scope, kind, record->about) & changed;
    // editing asks for the rights to what changes; a new record, for those to its kind as well
    if (!scope_writes_record(&view->scope, kind, record->about) && (unwritable == changed || record->version == 0))
        return problem_set(problem, ERR_DENIED, "your role does not let you change %s", kind->plural);
    if (!unwritable)
        return 0;
    for (int i = 0; i < kind->n_fields; i++)
        if (unwritable & field_bit(&kind->fields[i]))
            return problem_in_field(problem, ERR_DENIED, kind, record->id, i, "your role does not let you change it");
    return 0;
}

int check_whole_rights(struct view *view, const struct record *record, struct problem *problem)
{
    const struct kind *kind = record->kind;
    char id[ID_TEXT_MAX];
    if (scope_writes_record(&view->scope, kind, record->about) && !scope_unwritable(&view->scope, kind, record->about))
        return 0;
    problem_set(problem, ERR_DENIED, "your role does not let you remove %s, or bring them back", kind->plural);
    problem_hint(problem, "Ask the SENDCO. What you added yourself and nobody has changed since, you can take back: sendco %s undo %s",
                 kind->noun, id_format(kind, record->id, id));
    return ERR_DENIED;
}

int check_path(struct view *view, const struct record *record, struct problem *problem)
{
    const struct kind *kind = record->kind;
    if (!kind->about.depth || record->values[kind->about.path[0]].type == VALUE_EMPTY)
        return 0;
    return check_reference(view, record, &kind->fields[kind->about.path[0]], problem);
}

int check_rules(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    const struct kind *kind = before ? before->kind : after->kind;
    for (size_t i = 0; i < view->store->n_rules; i++) {
        const struct rule *rule = &view->store->rules[i];
        int error = rule->kind == kind && rule->check ? rule_run(view, rule->check, before, after, problem) : 0;
        if (error)
            return error;
    }
    return 0;
}

static int check_field(struct view *view, const struct record *before, const struct record *after, const struct field *field,
                       struct problem *problem)
{
    const struct kind *kind = after->kind;
    uint8_t index = field->index;
    if (before && field->fixed)
        return problem_in_field(problem, ERR_INVALID, kind, after->id, index,
                                "is set when the record is made and cannot change; add a new one");
    if (after->values[index].type == VALUE_EMPTY)
        return 0;
    if (field->as == AS_CODE)
        return check_code(view, after, field, problem);
    if (field->as == AS_REF)
        return check_reference(view, after, field, problem);
    return field->unique ? check_unique(view, after, &index, 1, problem) : 0;
}

int check_record(struct view *view, const struct record *before, const struct record *after, uint64_t changed, struct problem *problem)
{
    const struct kind *kind = after->kind;
    int error = record_check(after, problem);
    bool moved = kind_is_spell(kind) && (changed & field_bit(&kind->fields[kind->spell.from])); // codes are judged on that day
    for (int i = 0; i < kind->n_fields && !error; i++)
        if (changed & field_bit(&kind->fields[i]) || (moved && kind->fields[i].as == AS_CODE))
            error = check_field(view, before, after, &kind->fields[i], problem);
    uint64_t together = 0;
    for (int i = 0; i < kind->n_unique; i++)
        together |= field_bit(&kind->fields[kind->unique[i]]);
    if (!error && (changed & together))
        error = check_unique(view, after, kind->unique, kind->n_unique, problem);
    if (!error && kind_is_spell(kind) && kind->spell.n_one_per && !fault_on("spell-unchecked"))
        error = spell_fit(view, before, after, problem);
    return error ? error : check_rules(view, before, after, problem);
}

// Removing what others refer to is refused, with the list.
int check_unreferenced(struct view *view, const struct record *record, struct problem *problem)
{
    struct arena *arena = view->writing->work;
    const char *list = "";
    int n = 0;
    for (size_t k = 0; k < n_kinds; k++)
        for (int i = 0; i < kinds[k].n_fields; i++) {
            const struct field *field = &kinds[k].fields[i];
            if (field->as != AS_REF || field->ref != record->kind)
                continue;
            bool is_about = kinds[k].about.depth == 1 && kinds[k].about.path[0] == i;
            struct sql sql;
            sql_init(&sql);
            sql_add(&sql, "SELECT id FROM \"%s\" WHERE \"%s\" = ", kinds[k].table, is_about ? "_about" : field->name);
            sql_bind(&sql, value_number(record->id));
            sql_add(&sql, " AND _removed = 0 ORDER BY id LIMIT 6");
            sqlite3_stmt *statement = sql_statement(&sql, view->db);
            int64_t ids[6];
            int found = 0, code = SQLITE_NOMEM;
            while (statement && (code = db_next(statement)) == SQLITE_ROW && found < 6)
                ids[found++] = sqlite3_column_int64(statement, 0);
            db_done(statement);
            if (code != SQLITE_ROW && code != SQLITE_DONE)
                return problem_set(problem, ERR_IO, "what refers to it could not be read");
            for (int j = 0; j < found; j++, n++) {
                struct record *other = select_record(view, &kinds[k], ids[j], arena);
                char text[ID_TEXT_MAX];
                if (n < 8 && other && scope_reads_record(&view->scope, other->kind, other->about))
                    if (!(list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", id_format(&kinds[k], ids[j], text))))
                        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
            }
        }
    if (!n)
        return 0;
    char text[ID_TEXT_MAX];
    problem_set(problem, ERR_INVALID, "%s cannot be removed: other records refer to it: %s%s", id_format(record->kind, record->id, text),
                *list ? list : "some you may not see", n > 8 ? " and more" : "");
    problem_hint(problem, "Remove those first, or leave it and give it an end date.");
    return ERR_INVALID;
}
