// Rules of a run of a provision: what it takes from its type, and what follows when it
// is closed, closed on another day or opened again. What must hold then is judged in
// span.c. Writer thread.
#include "server/rules/rules.h"

#include "server/rules/judge.h"

static int check_provision(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)before;
    if (!after || !record_has(after, "closed"))
        return 0;
    int64_t closed = record_number(after, "closed");
    if (closed > view_today(view))
        return rule_refuse(problem, after, "closed", "Give the last day, today at the latest; what is planned goes into ends.",
                           "lies in the future");
    if (closed < record_number(after, "starts"))
        return rule_refuse(problem, after, "closed", "Give a day from the first on, or correct the first day.",
                           "is before the provision starts");
    return 0;
}

static int set_ends(struct view *view, struct record *record, struct value ends, struct problem *problem)
{
    const struct field *field = field_find(record->kind, "ends");
    if (value_equal(record->values[field->index], ends))
        return 0;
    record_set(record, "ends", ends);
    return view_put(view, record, field_bit(field), NULL, problem);
}

// --- what is left empty is taken from the type ---

static uint64_t take(struct record *provision, const char *field, int64_t number)
{
    const struct field *of = field_find(provision->kind, field);
    bool fits = !of->ranged || (number >= of->min && number <= of->max);
    if (record_has(provision, field) || !fits || (of->as == AS_DATE && number > DATE_MAX))
        return 0;
    record_set(provision, field, value_number(number));
    return field_bit(of);
}

static uint64_t take_from_type(struct record *provision, const struct record *type)
{
    static const char *const same[] = {"minutes", "per_week", "group_size"};
    uint64_t set = 0;
    for (size_t i = 0; type && i < sizeof same / sizeof *same; i++)
        if (record_has(type, same[i]))
            set |= take(provision, same[i], record_number(type, same[i]));
    int64_t starts = record_number(provision, "starts");
    if (type && record_has(type, "weeks"))
        set |= take(provision, "ends", starts + 7 * record_number(type, "weeks") - 1);
    if (record_has(provision, "ends") && record_has(provision, "per_week")) {
        int64_t weeks = (record_number(provision, "ends") - starts + 7) / 7; // a week begun counts
        set |= take(provision, "planned", record_number(provision, "per_week") * weeks);
    }
    return set;
}

// Of a new one only: one that is brought back is as somebody left it.
static int begin(struct view *view, const struct record *after, struct arena *arena, struct problem *problem)
{
    struct record *provision = record_copy(after, arena);
    if (!provision)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    uint64_t set = take_from_type(provision, rule_follow(view, after, "type", arena));
    if (record_has(provision, "closed") && rule_last_day(provision) > record_number(provision, "closed")) {
        record_set(provision, "ends", value_number(record_number(provision, "closed")));
        set |= field_bit(field_find(provision->kind, "ends"));
    }
    return set ? view_put(view, provision, set, NULL, problem) : 0;
}

// --- closing, and closing on another day ---

// What ended with the old last day ends with the new one; what would go on beyond it ends there.
static int end_record(struct view *view, struct record *record, int64_t was, int64_t closed, struct problem *problem)
{
    bool with_it = record_has(record, "ends") && record_number(record, "ends") == was;
    if (record_number(record, "starts") > closed || (!with_it && rule_last_day(record) <= closed))
        return 0;
    return set_ends(view, record, value_number(closed), problem);
}

static int close_all(struct view *view, const struct record *before, const struct record *after, struct arena *arena,
                     struct problem *problem)
{
    struct found members;
    int64_t closed = record_number(after, "closed"), was = record_has(before, "closed") ? record_number(before, "closed") : closed;
    struct record *provision = record_copy(after, arena);
    if (!provision)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    bool given = rule_changed(before, after, "ends"); // by the author, with the closing
    int error = given && rule_last_day(after) <= closed ? 0 : end_record(view, provision, was, closed, problem);
    if (!error)
        error = rule_find_by(view, "ProvisionMember", "provision", after->id, arena, &members, problem);
    for (size_t i = 0; !error && i < members.n; i++) // it may have been planned to end before
        error = end_record(view, members.records[i], was, rule_last_day(provision), problem);
    return error;
}

// --- opening again ---

struct closing {
    uint64_t seq; // of the change that closed it
    bool closed;
};

static int on_version(const struct entry *entry, void *data)
{
    struct closing *closing = data;
    bool closed = record_has(entry->record, "closed");
    if (closed && !closing->closed)
        closing->seq = entry->seq;
    closing->closed = closed;
    return 0;
}

// As it was planned before the closing, when it ended with that; empty when that is not known.
static int reopen_record(struct view *view, struct record *record, int64_t closed, uint64_t seq, struct arena *arena,
                         struct problem *problem)
{
    if (!record_has(record, "ends") || record_number(record, "ends") != closed)
        return 0;
    const struct record *then = rule_before(view, record, seq, arena);
    struct value none = {.type = VALUE_EMPTY};
    return set_ends(view, record, then ? then->values[field_find(record->kind, "ends")->index] : none, problem);
}

static int open_all(struct view *view, const struct record *before, const struct record *after, struct arena *arena,
                    struct problem *problem)
{
    struct found members;
    struct closing closing = {0};
    int64_t closed = record_number(before, "closed");
    struct record *provision = record_copy(after, arena);
    int error = provision ? 0 : problem_set(problem, ERR_NOMEM, "the server is short of memory");
    if (!error)
        error = view_history(view, after->kind, after->id, arena, on_version, &closing, problem);
    if (!error && !rule_changed(before, after, "ends"))
        error = reopen_record(view, provision, closed, closing.seq, arena, problem);
    if (!error)
        error = rule_find_by(view, "ProvisionMember", "provision", after->id, arena, &members, problem);
    for (size_t i = 0; !error && i < members.n; i++)
        error = reopen_record(view, members.records[i], rule_last_day(before), closing.seq, arena, problem);
    return error;
}

static int follow_up(struct view *view, const struct record *before, const struct record *after, struct arena *arena,
                     struct problem *problem)
{
    if (!before)
        return after->version == 1 ? begin(view, after, arena, problem) : 0;
    if (!rule_changed(before, after, "closed"))
        return 0;
    return record_has(after, "closed") ? close_all(view, before, after, arena, problem) : open_all(view, before, after, arena, problem);
}

static int effect_provision(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = follow_up(view, before, after, &arena, problem);
    arena_deinit(&arena);
    return error;
}

void provision_rules(struct store *store)
{
    store_on_put(store, kind_find("Provision"), check_provision, effect_provision);
}
