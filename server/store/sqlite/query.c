// What a query asks for, as SQL: its conditions, its orders, the scope, spells as at a
// date, records as the log knew them, records about whoever is in something. On
// whichever thread owns the connection.
#include "server/store/sqlite/sqlite.h"

#include "common/text.h"

void query_init(struct query *query, const struct kind *kind)
{
    *query = (struct query){.kind = kind, .as_at = DATE_NONE, .since = DATE_NONE};
}

void query_where(struct query *query, const char *field, enum operator op, struct value value)
{
    if (query->n_where < QUERY_CONDITIONS)
        query->where[query->n_where++] = (struct condition){field_find(query->kind, field), op, value};
}

// --- in something ---

// The field of a dated spell about such a subject that says what they are in; NULL: this kind is no such spell.
static const struct field *in_field(const struct kind *kind, enum subject subject, const struct kind *of)
{
    if (!kind_is_spell(kind) || kind->about.subject != subject || kind->about.depth == 0 || kind->about.optional)
        return NULL;
    for (int i = 0; i < kind->n_fields; i++)
        if (kind->fields[i].ref == of && kind->fields[i].required && i != kind->about.path[0])
            return &kind->fields[i];
    return NULL;
}

bool query_about(struct query *query, const struct kind *of, int64_t id)
{
    enum subject subject = query->kind->about.subject;
    query->about = id;
    query->in = NULL;
    if (of->subject == SUBJECT_SCHOOL || subject == SUBJECT_SCHOOL)
        return false;
    if (subject == of->subject)
        return true;
    query->in = in_field(query->kind, subject, of); // the spells themselves
    for (size_t i = 0; !query->in && i < n_kinds; i++)
        query->in = in_field(&kinds[i], subject, of);
    return query->in != NULL;
}

// Which spells say who is in it.
static void query_spells(const struct view *view, const struct query *query, struct query *spells)
{
    query_init(spells, field_kind(query->in));
    spells->as_at = query->as_at != DATE_NONE ? query->as_at : view->today;
    spells->as_known = query->as_known;
    spells->where[spells->n_where++] = (struct condition){query->in, OP_EQ, value_number(query->about)};
}

// As another query with its own scope: who may not read the spells finds nobody by them.
static void where_about(struct sql *sql, struct view *view, const struct query *query, struct arena *arena)
{
    struct query spells;
    if (query->in && field_kind(query->in) != query->kind) {
        query_spells(view, query, &spells);
        sql_add(sql, " AND k._about IN (SELECT k._about");
        query_from(sql, &spells);
        query_conditions(sql, view, &spells, arena);
        sql_add(sql, ")");
        return;
    }
    sql_add(sql, " AND ");
    if (query->in)
        query_column(sql, query, query->in);
    else
        sql_add(sql, "k._about");
    sql_add(sql, " = ");
    sql_bind(sql, value_number(query->about));
}

// --- into SQL ---

static void reach_about(struct sql *sql, struct view *view, enum record_class class, enum subject subject, const char *about)
{
    int reach = view->reach->read[class][subject];
    if (reach == REACH_ALL || (reach == REACH_OWN && subject == SUBJECT_SCHOOL)) {
        sql_add(sql, "1");
        return;
    }
    if (reach == REACH_NONE) {
        sql_add(sql, "0");
        return;
    }
    sql_add(sql, "%s IN (SELECT value FROM json_each(", about);
    sql_bind(sql, value_text(view->own[subject]));
    sql_add(sql, "))");
}

// A record about nobody, of a kind whose records may be that, is the school's.
void select_scope(struct sql *sql, struct view *view, const struct kind *kind, const char *about)
{
    const uint8_t *read = view->reach->read[kind->class];
    if (read[kind->about.subject] == REACH_ALL && (!kind->about.optional || read[SUBJECT_SCHOOL] == REACH_ALL))
        return;
    sql_add(sql, kind->about.optional ? " AND CASE %s WHEN 0 THEN " : " AND ", about);
    if (kind->about.optional) {
        reach_about(sql, view, kind->class, SUBJECT_SCHOOL, about);
        sql_add(sql, " ELSE ");
    }
    reach_about(sql, view, kind->class, kind->about.subject, about);
    sql_add(sql, kind->about.optional ? " END" : "");
}

void query_column(struct sql *sql, const struct query *query, const struct field *field)
{
    const ProtobufCFieldDescriptor *described = protobuf_c_message_descriptor_get_field(query->kind->descriptor, field->number);
    if (query->as_known)
        sql_add(sql, "sendco_field(b.body, %u, %d)", field->number,
                described->type == PROTOBUF_C_TYPE_SINT32 || described->type == PROTOBUF_C_TYPE_SINT64);
    else
        sql_add(sql, "k.\"%s\"", field->name);
}

void query_from(struct sql *sql, const struct query *query)
{
    const struct kind *kind = query->kind;
    if (!query->as_known) {
        sql_add(sql, " FROM \"%s\" k", kind->table);
        return;
    }
    sql_add(sql, " FROM change c JOIN body b ON b.seq = c.seq JOIN \"%s\" k ON k.id = c.record", kind->table);
}

static const char *const operators[] = {[OP_EQ] = "IS", [OP_NE] = "IS NOT", [OP_LT] = "<", [OP_LE] = "<=", [OP_GT] = ">", [OP_GE] = ">="};

static void where_condition(struct sql *sql, const struct query *query, const struct condition *condition, struct arena *arena)
{
    sql_add(sql, " AND ");
    if (condition->op == OP_CONTAINS) {
        char *folded = condition->value.type == VALUE_TEXT ? text_fold(condition->value.text, arena) : NULL;
        sql_add(sql, "instr(sendco_fold(");
        query_column(sql, query, condition->field);
        sql_add(sql, "), ");
        sql_bind(sql, folded ? value_text(folded) : (struct value){.type = VALUE_EMPTY});
        sql_add(sql, ") > 0");
        return;
    }
    const struct about *about = &query->kind->about;
    if (!query->as_known && condition->op == OP_EQ && about->depth == 1 && about->path[0] == condition->field->index)
        sql_add(sql, "k._about"); // the same, and it has the index
    else
        query_column(sql, query, condition->field);
    if (condition->op == OP_EMPTY || condition->op == OP_SET) {
        sql_add(sql, condition->op == OP_EMPTY ? " IS NULL" : " IS NOT NULL");
        return;
    }
    sql_add(sql, " %s ", operators[condition->op]);
    sql_bind(sql, condition->value);
}

// That a spell had not ended before that day.
static void where_goes_on(struct sql *sql, const struct query *query, int32_t day)
{
    sql_add(sql, " AND ifnull(");
    query_column(sql, query, &query->kind->fields[query->kind->spell.to]);
    sql_add(sql, ", %d) >= ", INT32_MAX);
    sql_bind(sql, value_number(day));
}

void query_conditions(struct sql *sql, struct view *view, const struct query *query, struct arena *arena)
{
    const struct kind *kind = query->kind;
    if (query->as_known) {
        // the newest change of each record that was known by then
        sql_add(sql, " WHERE c.seq IN (SELECT max(seq) FROM change WHERE kind = %u AND at <= ", kind->number);
        sql_bind(sql, value_number(query->as_known));
        sql_add(sql, " GROUP BY record)");
        if (!query->removed)
            sql_add(sql, " AND c.action <> %d", ACTION_REMOVE);
    } else {
        sql_add(sql, query->removed ? " WHERE 1" : " WHERE k._removed = 0");
    }
    if (query->about)
        where_about(sql, view, query, arena);
    if (query->as_at != DATE_NONE && !query->any_time && kind_is_spell(kind)) {
        sql_add(sql, " AND ");
        query_column(sql, query, &kind->fields[kind->spell.from]);
        sql_add(sql, " <= ");
        sql_bind(sql, value_number(query->as_at));
        where_goes_on(sql, query, query->as_at);
    }
    if (query->since != DATE_NONE)
        where_goes_on(sql, query, query->since);
    for (size_t i = 0; i < query->n_where; i++)
        where_condition(sql, query, &query->where[i], arena);
    select_scope(sql, view, kind, "k._about");
}

void query_order(struct sql *sql, const struct query *query, const struct order *order)
{
    if (!order->field) {
        sql_add(sql, order->about && query->kind->about.subject != SUBJECT_SCHOOL ? "ifnull(s._sort, '')" : "k._sort");
        return;
    }
    sql_add(sql, "ifnull(");
    query_column(sql, query, order->field);
    sql_add(sql, field_is_text(order->field) ? ", '')" : ", -9223372036854775807)");
}

bool query_by_subject(const struct query *query)
{
    for (size_t i = 0; i < query->n_order; i++)
        if (query->order[i].about && query->kind->about.subject != SUBJECT_SCHOOL)
            return true;
    return false;
}

// Is a class less in reach than the kind itself is, for some of its records?
static bool farther(const struct view *view, const struct kind *kind, enum record_class class, enum subject of)
{
    uint8_t whole = view->reach->read[kind->class][kind->about.subject], school = view->reach->read[kind->class][SUBJECT_SCHOOL];
    return view->reach->read[class][of] < whole || (kind->about.optional && view->reach->read[class][SUBJECT_SCHOOL] < school);
}

// What one may not read one may not filter or sort by either.
int query_allowed(struct view *view, const struct query *query, struct problem *problem)
{
    const struct kind *kind = query->kind;
    enum subject subject = kind->about.subject;
    if (!scope_reads_kind(view->reach, kind))
        return problem_set(problem, ERR_DENIED, "your role does not let you see any %s", kind->plural);
    for (size_t i = 0; i < query->n_where + query->n_order; i++) {
        const struct field *field = i < query->n_where ? query->where[i].field : query->order[i - query->n_where].field;
        if (i < query->n_where && !field)
            return problem_set(problem, ERR_INVALID, "a condition names no field of %s", kind->title);
        if (field && field->class != kind->class && farther(view, kind, field->class, subject))
            return problem_in_field(problem, ERR_DENIED, kind, 0, field->index,
                                    "your role does not let you see it, so you cannot filter or sort by it");
    }
    const struct kind *about = kind_of_subject(subject);
    if (query_by_subject(query) && about && farther(view, kind, about->class, subject))
        return problem_set(problem, ERR_DENIED, "your role does not let you sort by that name");
    if (!query->about || !query->in)
        return 0;
    struct query spells;
    query_spells(view, query, &spells);
    return query_allowed(view, &spells, problem);
}
