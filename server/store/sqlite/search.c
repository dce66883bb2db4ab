// Full-text search over our own fold (common/text.h): one row per searchable
// field, and one that joins those of a person, so that "asha r" is found though
// the names are two fields. A row knows how private it is and whom it is about.
#include "server/store/sqlite/sqlite.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"

#define HITS_RANKED 1000 // more are not ranked: a common word must not cost a scan

// id, kind and field in one number: kindgen keeps kinds below 2^16 and fields below 2^8.
static int64_t row_id(const struct kind *kind, int64_t id, uint32_t field)
{
    return (int64_t)((uint64_t)id << 24 | (uint64_t)kind->number << 8 | field);
}

#define SUBJECTS 8 // room in a cell's number; search_stamp is of today's cells
_Static_assert(SUBJECT_COUNT <= SUBJECTS, "subjects fit into a cell");

static int cell(const struct record *record, enum record_class class)
{
    return (int)class * SUBJECTS + (int)scope_subject(record->kind, record->about);
}

// The text of one row: a field's, or, for field NULL, all a person is called by.
static const char *row_text(const struct record *record, const struct field *field, struct arena *arena)
{
    if (!record || record->removed)
        return NULL;
    if (field)
        return record->values[field->index].type == VALUE_TEXT ? text_fold_search(record->values[field->index].text, arena) : NULL;
    const char *joined = NULL;
    for (int i = 0; i < record->kind->n_fields; i++) {
        const struct field *part = &record->kind->fields[i];
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an address within the kind
        if (part->search && part->class == record->kind->class && record->values[i].type == VALUE_TEXT)
            joined = joined ? arena_printf(arena, "%s %s", joined, record->values[i].text) : record->values[i].text;
    }
    return joined ? text_fold_search(joined, arena) : NULL;
}

static int row_write(struct view *view, const struct record *record, const struct field *field, const char *old, const char *text)
{
    int64_t rowid = row_id(record->kind, record->id, field ? field->number : 0);
    int code = SQLITE_DONE;
    if (old) {
        sqlite3_stmt *statement = db_statement(view->db, "DELETE FROM search WHERE rowid = ?1");
        if (!statement)
            return SQLITE_NOMEM;
        db_bind(statement, 1, value_number(rowid));
        code = db_next(statement);
        db_done(statement);
    }
    if (text && code == SQLITE_DONE) {
        sqlite3_stmt *statement = db_statement(view->db, "INSERT INTO search (rowid, text, about, kind_cell, field_cell)"
                                                         " VALUES (?1, ?2, ?3, ?4, ?5)");
        if (!statement)
            return SQLITE_NOMEM;
        db_bind(statement, 1, value_number(rowid));
        db_bind(statement, 2, value_text(text));
        db_bind(statement, 3, value_number(record->about));
        db_bind(statement, 4, value_number(cell(record, record->kind->class)));
        db_bind(statement, 5, value_number(cell(record, field ? field->class : record->kind->class)));
        code = db_next(statement);
        db_done(statement);
    }
    return code;
}

int search_update(struct view *view, const struct record *before, const struct record *after)
{
    const struct kind *kind = after->kind;
    bool person = kind->subject != SUBJECT_SCHOOL;
    int code = SQLITE_DONE;
    for (int i = person ? -1 : 0; i < kind->n_fields && code == SQLITE_DONE; i++) {
        const struct field *field = i < 0 ? NULL : &kind->fields[i];
        if (field && (!field->search || (person && field->class == kind->class)))
            continue;
        if (field && before && before->removed == after->removed && value_equal(before->values[i], after->values[i]))
            continue; // the common case: nothing searchable changed
        struct arena *arena = view->writing->work;
        const char *old = row_text(before, field, arena), *text = row_text(after, field, arena);
        if (old == text || (old && text && !strcmp(old, text)))
            continue;
        code = row_write(view, after, field, old, text);
    }
    return code;
}

// "asha*" "r*": every word as a phrase, the last one as a prefix.
static const char *match_text(const char *text, struct arena *arena)
{
    char *folded = text_fold(text, arena);
    if (!folded || !*folded)
        return NULL;
    const char *match = "";
    for (char *word = folded; *word;) {
        size_t length = strcspn(word, " ");
        bool last = !word[length + strspn(word + length, " ")];
        match = arena_printf(arena, "%s\"%.*s\"%s ", match, (int)length, word, last ? "*" : "");
        if (!match)
            return NULL;
        word += length;
        word += strspn(word, " ");
    }
    return match;
}

// "(cell IN (…all) OR (cell IN (…own) AND about IN …))" for one column of cells.
static void scope_cells(struct sql *sql, struct view *view, const char *column)
{
    sql_add(sql, " AND (%s IN (-1", column);
    for (int class = 1; class < CLASS_COUNT; class ++)
        for (int subject = 0; subject < SUBJECT_COUNT; subject++) {
            int reach = view->reach->read[class][subject];
            if (reach == REACH_ALL || (reach == REACH_OWN && subject == SUBJECT_SCHOOL))
                sql_add(sql, ",%d", class * SUBJECTS + subject);
        }
    sql_add(sql, ")");
    for (int subject = 1; subject < SUBJECT_COUNT; subject++) {
        sql_add(sql, " OR (%s IN (-1", column);
        for (int class = 1; class < CLASS_COUNT; class ++)
            if (view->reach->read[class][subject] == REACH_OWN)
                sql_add(sql, ",%d", class * SUBJECTS + subject);
        sql_add(sql, ") AND about IN (SELECT value FROM json_each(");
        sql_bind(sql, view->own[subject] ? value_text(view->own[subject]) : value_text("[]"));
        sql_add(sql, ")))");
    }
    sql_add(sql, ")");
}

static bool hit_read(struct view *view, sqlite3_stmt *statement, struct arena *arena, struct hit *hit)
{
    uint64_t rowid = (uint64_t)sqlite3_column_int64(statement, 0);
    hit->kind = kind_by_number((uint32_t)(rowid >> 8 & 0xffff));
    if (!hit->kind)
        return false;
    hit->id = (int64_t)(rowid >> 24);
    hit->field = field_by_number(hit->kind, (uint32_t)(rowid & 0xff));
    struct record *record = select_record(view, hit->kind, hit->id, arena);
    if (!record || !scope_filter(view->reach, record))
        return false;
    hit->about = record->about;
    hit->text = hit->field ? record->values[hit->field->index].text : record_show(record, hit->kind->shows, NULL, NULL, arena);
    return hit->text != NULL;
}

int view_search(struct view *view, const char *text, const struct kind *const *only, size_t n_only, size_t limit, struct arena *arena,
                view_hit_fn *on_hit, void *data, bool *capped, struct problem *problem)
{
    const char *match = match_text(text, arena);
    *capped = false;
    if (!match)
        return problem_set(problem, ERR_INVALID, "there is nothing to search for in \"%.80s\": type a letter or a number", text);
    struct sql sql;
    sql_init(&sql);
    sql_add(&sql, "SELECT rowid FROM (SELECT rowid, rank AS ranked FROM search WHERE search MATCH ");
    sql_bind(&sql, value_text(match));
    scope_cells(&sql, view, "kind_cell");
    scope_cells(&sql, view, "field_cell");
    if (n_only) {
        sql_add(&sql, " AND (rowid >> 8 & 65535) IN (-1");
        for (size_t i = 0; i < n_only; i++)
            sql_add(&sql, ",%u", only[i]->number);
        sql_add(&sql, ")");
    }
    sql_add(&sql, " LIMIT %d) ORDER BY ranked, rowid LIMIT %zu", HITS_RANKED, limit + 1);
    sqlite3_stmt *statement = sql_statement(&sql, view->db);
    if (!statement)
        return problem_set(problem, ERR_INTERNAL, "the search could not be made");
    int error = 0, code = SQLITE_DONE;
    size_t told = 0;
    while (!error && (code = db_next(statement)) == SQLITE_ROW) {
        struct hit hit;
        if (told == limit) {
            *capped = true;
            code = SQLITE_DONE;
            break;
        }
        if (hit_read(view, statement, arena, &hit)) {
            told++;
            error = on_hit(&hit, data);
        }
    }
    db_done(statement);
    return error ? error : db_error(view->db, code, problem);
}
