// Dated spells, both ends inclusive: of one owner no two overlap. When a new one
// opens while another still runs, that one ends the day before, unless it is news
// to the author: then they are told of it instead. Writer thread.
#include "server/store/sqlite/sqlite.h"

#include "common/clock.h"

#define OVERLAPS 4

static int overlapping(struct view *view, const struct record *record, int64_t ids[OVERLAPS])
{
    const struct kind *kind = record->kind;
    const struct spell *spell = &kind->spell;
    struct value from = record->values[spell->from], to = record->values[spell->to];
    struct sql sql;
    bool by_about = kind->about.subject != SUBJECT_SCHOOL; // the fewest: a pupil has few spells, a group may have had hundreds
    sql_init(&sql);
    sql_add(&sql, "SELECT id FROM \"%s\" WHERE ", kind->table);
    for (int i = 0; i < spell->n_one_per; i++) {
        sql_add(&sql, "%s\"%s\" IS ", by_about ? "+" : "", kind->fields[spell->one_per[i]].name); // "+": not by its index
        sql_bind(&sql, record->values[spell->one_per[i]]);
        sql_add(&sql, " AND ");
    }
    if (by_about) { // says nothing new, but has an index
        sql_add(&sql, "_about = ");
        sql_bind(&sql, value_number(record->about));
        sql_add(&sql, " AND ");
    }
    sql_add(&sql, "_removed = 0 AND id <> ");
    sql_bind(&sql, value_number(record->id));
    sql_add(&sql, " AND \"%s\" <= ", kind->fields[spell->from].name);
    sql_bind(&sql, to.type == VALUE_NUMBER ? to : value_number(INT32_MAX));
    sql_add(&sql, " AND ifnull(\"%s\", %d) >= ", kind->fields[spell->to].name, INT32_MAX);
    sql_bind(&sql, from);
    sql_add(&sql, " ORDER BY \"%s\" LIMIT %d", kind->fields[spell->from].name, OVERLAPS);
    sqlite3_stmt *statement = sql_statement(&sql, view->db);
    if (!statement)
        return ERR_NOMEM;
    int n = 0, code;
    while ((code = db_next(statement)) == SQLITE_ROW && n < OVERLAPS)
        ids[n++] = sqlite3_column_int64(statement, 0);
    db_done(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? n : ERR_IO; // what could not be read is not "none"
}

static int overlap_conflict(struct view *view, const struct record *other, const struct record *record, struct problem *problem)
{
    struct arena *arena = view->writing->work;
    const struct kind *kind = record->kind;
    int64_t who = 0, when = 0;
    char text[32], noun_id[ID_TEXT_MAX];
    log_author(view, other, 0, NULL, &who, &when);
    const char *name = view_staff_name(view, who, arena);
    problem_field_add(problem, &(struct problem_field){.kind = kind, .id = other->id, .field = -1, .who = name, .when = when});
    problem_set(problem, ERR_CONFLICT, "%s: these dates overlap with %s, entered by %s on %s", kind->title, put_name(view, other, arena),
                name, clock_text(when, text));
    id_format(kind, other->id, noun_id);
    const struct touch *touch = touch_find(view->writing, kind, other->id);
    if (touch && touch->is_new) // nobody can look at it
        problem_hint(problem, "Both are new in this request: give one of them other dates, or leave it out.");
    else
        problem_hint(problem, "Look at it: sendco %s show %s; then give other dates, or end or correct that one first.", kind->noun,
                     noun_id);
    return ERR_CONFLICT;
}

static int close_running(struct view *view, const struct record *other, const struct record *next, struct problem *problem)
{
    struct writing *writing = view->writing;
    const struct spell *spell = &other->kind->spell;
    struct record *closed = record_copy(other, writing->work);
    if (!closed)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    closed->values[spell->to] = value_number(next->values[spell->from].number - 1);
    uint64_t set = field_bit(&other->kind->fields[spell->to]);
    bool caused = writing->caused;
    writing->caused = true;
    struct put_item item = {.record = closed, .set = set};
    int error = put_item(view, &item, problem);
    writing->caused = caused;
    return error;
}

int spell_fit(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    struct writing *writing = view->writing;
    const struct spell *spell = &after->kind->spell;
    int64_t ids[OVERLAPS];
    uint64_t places = field_bit(&after->kind->fields[spell->from]) | field_bit(&after->kind->fields[spell->to]);
    for (int i = 0; i < spell->n_one_per; i++)
        places |= field_bit(&after->kind->fields[spell->one_per[i]]);
    if (before && !(record_diff(before, after) & places))
        return 0;
    int n = overlapping(view, after, ids);
    if (n < 0)
        return problem_set(problem, n, "the spells could not be read");
    for (int i = 0; i < n; i++) {
        struct record *other = select_record(view, after->kind, ids[i], writing->work);
        if (!other)
            return problem_set(problem, ERR_NOMEM, "the server is short of memory");
        bool runs = other->values[spell->to].type == VALUE_EMPTY && other->values[spell->from].number < after->values[spell->from].number;
        const struct change *change = writing->change;
        uint64_t changed_at = other->seq;
        bool own = writing->from_seq && changed_at >= writing->from_seq;
        bool news = change->has_seen && changed_at > change->seen && !own;
        if (before || writing->undoing || !runs || news)
            return overlap_conflict(view, other, after, problem);
        int error = close_running(view, other, after, problem);
        if (error)
            return error;
    }
    return 0;
}
