// Which rows of a roll were asked for, and in what order. Reader thread.
#include "server/reports/roll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

const char *roll_needs(const struct roll_row *row, struct arena *arena)
{
    const char *text = NULL;
    for (size_t i = 0; i < row->n_needs; i++) {
        const char *code = record_text(row->needs[i], "need"), *longer = NULL;
        if (code)
            longer = arena_printf(arena, "%s%s%s", text ? text : "", text ? ", " : "", code);
        text = longer ? longer : text;
    }
    return text;
}

// --- filters -------------------------------------------------------------------

static bool has_need(const struct roll_row *row, const char *need)
{
    for (size_t i = 0; i < row->n_needs; i++) {
        const char *code = record_text(row->needs[i], "need");
        if (code && text_same(code, need))
            return true;
    }
    return false;
}

// Is `code` one of the words of "K,E"?
static bool word_in(const char *list, const char *code)
{
    size_t size = strlen(code);
    while (size && *list) {
        size_t span = strcspn(list, ", ");
        char word[24];
        snprintf(word, sizeof word, "%.*s", (int)(span < 20 ? span : 20), list);
        if (text_same(word, code))
            return true;
        list += span;
        list += strspn(list, ", ");
    }
    return false;
}

bool roll_passes(const struct roll *roll, const struct roll_row *row)
{
    const struct roll_filter *filter = &roll->filter;
    if (filter->class && (!row->school_class || row->school_class->id != filter->class))
        return false;
    if (filter->year && (!row->year || !text_same(row->year, filter->year)))
        return false;
    return !filter->need || has_need(row, filter->need);
}

bool roll_status_passes(const struct roll *roll, const struct roll_row *row)
{
    const char *provision = roll_provision(row);
    if (roll->filter.all)
        return true;
    if (roll->filter.status)
        return word_in(roll->filter.status, provision);
    return *provision && strcmp(provision, "N") != 0;
}

static int filter_status(struct roll *roll, const char *given)
{
    if (!given)
        return 0;
    if (text_same(given, "all")) {
        roll->filter.all = true;
        return 0;
    }
    for (const char *at = given + strspn(given, ", "); *at;) {
        size_t span = strcspn(at, ", ");
        char word[24];
        snprintf(word, sizeof word, "%.*s", (int)(span < 20 ? span : 20), at);
        if (!roll_code(roll, "sen-provision", word, NULL)) {
            problem_set(roll->work->problem, ERR_INVALID, "Status: “%s” is no SEN provision code.", word);
            problem_hint(roll->work->problem, "Take N, K or E, several with commas (K,E), or all.");
            return ERR_INVALID;
        }
        at += span;
        at += strspn(at, ", ");
    }
    roll->filter.status = given;
    roll->filter.all = false;
    return 0;
}

static int filter_class(struct roll *roll, const char *given)
{
    if (!given)
        return 0;
    for (size_t i = 0; i < roll->classes.n; i++) {
        const char *name = record_text(roll->classes.list[i], "name");
        if (name && text_same(name, given)) {
            roll->filter.class = roll->classes.list[i]->id;
            return 0;
        }
    }
    int64_t id = 0;
    struct problem ignored;
    problem_init(&ignored, NULL);
    if (id_parse(kind_find("SchoolClass"), given, NULL, &id, &ignored) == 0 && rows_find(&roll->classes, id)) {
        roll->filter.class = id;
        return 0;
    }
    problem_set(roll->work->problem, ERR_INVALID, "Class: there is no class “%.40s” that you may see.", given);
    problem_hint(roll->work->problem, "See the classes with: sendco class list");
    return ERR_INVALID;
}

static int filter_code(struct roll *roll, const char *label, const char *list, const char *given, const char **filter)
{
    if (!given)
        return 0;
    *filter = given;
    if (roll->codes.n == 0 || roll_code(roll, list, given, NULL))
        return 0;
    problem_set(roll->work->problem, ERR_INVALID, "%s: “%.40s” is no code of the list %s.", label, given, list);
    problem_hint(roll->work->problem, "See the codes with: sendco code list --where list=%s", list);
    return ERR_INVALID;
}

// What one may not see one may not ask by either: nobody would then read as "none".
static int filter_seen(const struct roll *roll, const char *param, const struct rows *rows)
{
    if (!rows->denied || !report_param(roll->work->query, param))
        return 0;
    return problem_set(roll->work->problem, ERR_DENIED, "your role does not let you see any %s, so you cannot filter by %s",
                       rows->kind->plural, param);
}

int roll_filters(struct roll *roll)
{
    int result = filter_seen(roll, "status", &roll->statuses);
    if (result == 0)
        result = filter_seen(roll, "need", &roll->needs);
    if (result == 0)
        result = filter_status(roll, report_param(roll->work->query, "status"));
    if (result == 0)
        result = filter_class(roll, report_param(roll->work->query, "class"));
    const char *year = report_param(roll->work->query, "year");
    if (year && strlen(year) > 5 && strncmp(year, "Year ", 5) == 0)
        year += 5;
    if (result == 0)
        result = filter_code(roll, "Year", "year-group", year, &roll->filter.year);
    if (result == 0)
        result = filter_code(roll, "Need", "need-type", report_param(roll->work->query, "need"), &roll->filter.need);
    return result;
}

// --- order ---------------------------------------------------------------------

static int tie(const struct roll_row *a, const struct roll_row *b)
{
    return (a->place > b->place) - (a->place < b->place);
}

static int text_order(const char *a, const char *b)
{
    if (!a || !b)
        return (a == NULL) - (b == NULL);
    return strcmp(a, b);
}

static int order_name(const void *a, const void *b)
{
    return tie(a, b);
}

static int order_year(const void *a, const void *b)
{
    const struct roll_row *x = a, *y = b;
    return x->year_order != y->year_order ? (x->year_order > y->year_order ? 1 : -1) : tie(x, y);
}

static int order_class(const void *a, const void *b)
{
    const struct roll_row *x = a, *y = b;
    int order = text_order(x->school_class ? record_text(x->school_class, "name") : NULL,
                           y->school_class ? record_text(y->school_class, "name") : NULL);
    return order ? order : tie(x, y);
}

static int order_status(const void *a, const void *b)
{
    int order = strcmp(roll_provision(a), roll_provision(b));
    return order ? order : tie(a, b);
}

static int order_since(const void *a, const void *b)
{
    const struct roll_row *x = a, *y = b;
    int64_t p = x->status ? record_number(x->status, "starts") : INT64_MAX, q = y->status ? record_number(y->status, "starts") : INT64_MAX;
    return p != q ? (p > q ? 1 : -1) : tie(x, y);
}

static int order_need(const void *a, const void *b)
{
    const struct roll_row *x = a, *y = b;
    int order = text_order(x->n_needs ? record_text(x->needs[0], "need") : NULL, y->n_needs ? record_text(y->needs[0], "need") : NULL);
    return order ? order : tie(x, y);
}

static const struct {
    const char *name;
    int (*compare)(const void *, const void *);
} orders[] = {{"name", order_name},     {"class", order_class}, {"year", order_year},
              {"status", order_status}, {"since", order_since}, {"need", order_need}};

int roll_sort(struct roll *roll, const char *given)
{
    if (!given)
        return 0;
    bool descending = *given == '-';
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (!text_same(orders[i].name, given + descending))
            continue;
        qsort(roll->rows, roll->n_rows, sizeof *roll->rows, orders[i].compare);
        for (size_t j = 0; descending && j < roll->n_rows / 2; j++) {
            struct roll_row held = roll->rows[j];
            roll->rows[j] = roll->rows[roll->n_rows - 1 - j];
            roll->rows[roll->n_rows - 1 - j] = held;
        }
        return 0;
    }
    problem_set(roll->work->problem, ERR_INVALID, "Sort: the register has no order “%.40s”.", given);
    problem_hint(roll->work->problem, "Take one of: name, class, year, status, since, need; with a minus in front from the end.");
    return ERR_INVALID;
}
