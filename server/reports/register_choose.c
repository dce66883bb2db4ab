// Which rows of the register were asked for, and in what order. Reader thread.
#include "server/reports/register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

// --- filters -------------------------------------------------------------------

static bool has_need(const struct register_row *row, const char *need)
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

bool register_passes(const struct register_work *work, const struct register_row *row)
{
    const struct register_filter *filter = &work->filter;
    if (filter->class && (!row->school_class || row->school_class->id != filter->class))
        return false;
    if (filter->year && (!row->year || !text_same(row->year, filter->year)))
        return false;
    return !filter->need || has_need(row, filter->need);
}

bool register_status_passes(const struct register_work *work, const struct register_row *row)
{
    const char *provision = register_provision(row);
    if (work->filter.all)
        return true;
    if (work->filter.status)
        return word_in(work->filter.status, provision);
    return *provision && strcmp(provision, "N") != 0;
}

static int filter_status(struct register_work *work, const char *given)
{
    if (!given)
        return 0;
    if (text_same(given, "all")) {
        work->filter.all = true;
        return 0;
    }
    for (const char *at = given + strspn(given, ", "); *at;) {
        size_t span = strcspn(at, ", ");
        char word[24];
        snprintf(word, sizeof word, "%.*s", (int)(span < 20 ? span : 20), at);
        if (!register_code(work, "sen-provision", word, NULL)) {
            problem_set(work->problem, ERR_INVALID, "Status: “%s” is no SEN provision code.", word);
            problem_hint(work->problem, "Take N, K or E, several with commas (K,E), or all.");
            return ERR_INVALID;
        }
        at += span;
        at += strspn(at, ", ");
    }
    work->filter.status = given;
    return 0;
}

static int filter_class(struct register_work *work, const char *given)
{
    if (!given)
        return 0;
    for (size_t i = 0; i < work->classes.n; i++) {
        const char *name = record_text(work->classes.records[i], "name");
        if (name && text_same(name, given)) {
            work->filter.class = work->classes.records[i]->id;
            return 0;
        }
    }
    int64_t id = 0;
    struct problem ignored;
    problem_init(&ignored, NULL);
    if (id_parse(kind_find("SchoolClass"), given, NULL, &id, &ignored) == 0 && register_class(&work->classes, id)) {
        work->filter.class = id;
        return 0;
    }
    problem_set(work->problem, ERR_INVALID, "Class: there is no class “%.40s” that you may see.", given);
    problem_hint(work->problem, "See the classes with: sendco class list");
    return ERR_INVALID;
}

static int filter_code(struct register_work *work, const char *label, const char *list, const char *given, const char **filter)
{
    if (!given)
        return 0;
    *filter = given;
    if (work->codes.n == 0 || register_code(work, list, given, NULL))
        return 0;
    problem_set(work->problem, ERR_INVALID, "%s: “%.40s” is no code of the list %s.", label, given, list);
    problem_hint(work->problem, "See the codes with: sendco code list --where list=%s", list);
    return ERR_INVALID;
}

int register_filters(struct register_work *work, const struct report_query *query)
{
    int result = filter_status(work, report_param(query, "status"));
    if (result == 0)
        result = filter_class(work, report_param(query, "class"));
    const char *year = report_param(query, "year");
    if (year && strlen(year) > 5 && strncmp(year, "Year ", 5) == 0)
        year += 5;
    if (result == 0)
        result = filter_code(work, "Year", "year-group", year, &work->filter.year);
    if (result == 0)
        result = filter_code(work, "Need", "need-type", report_param(query, "need"), &work->filter.need);
    return result;
}

// --- order ---------------------------------------------------------------------

static int tie(const struct register_row *a, const struct register_row *b)
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
    const struct register_row *x = a, *y = b;
    return x->year_order != y->year_order ? (x->year_order > y->year_order ? 1 : -1) : tie(x, y);
}

static int order_class(const void *a, const void *b)
{
    const struct register_row *x = a, *y = b;
    int order = text_order(x->school_class ? record_text(x->school_class, "name") : NULL,
                           y->school_class ? record_text(y->school_class, "name") : NULL);
    return order ? order : tie(x, y);
}

static int order_status(const void *a, const void *b)
{
    int order = strcmp(register_provision(a), register_provision(b));
    return order ? order : tie(a, b);
}

static int order_since(const void *a, const void *b)
{
    const struct register_row *x = a, *y = b;
    int64_t p = x->status ? record_number(x->status, "starts") : INT64_MAX, q = y->status ? record_number(y->status, "starts") : INT64_MAX;
    return p != q ? (p > q ? 1 : -1) : tie(x, y);
}

static int order_need(const void *a, const void *b)
{
    const struct register_row *x = a, *y = b;
    int order = text_order(x->n_needs ? record_text(x->needs[0], "need") : NULL, y->n_needs ? record_text(y->needs[0], "need") : NULL);
    return order ? order : tie(x, y);
}

static const struct {
    const char *name;
    int (*compare)(const void *, const void *);
} orders[] = {{"name", order_name},     {"class", order_class}, {"year", order_year},
              {"status", order_status}, {"since", order_since}, {"need", order_need}};

int register_sort(struct register_work *work, const char *given)
{
    if (!given)
        return 0;
    bool descending = *given == '-';
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (!text_same(orders[i].name, given + descending))
            continue;
        qsort(work->rows, work->n_rows, sizeof *work->rows, orders[i].compare);
        for (size_t j = 0; descending && j < work->n_rows / 2; j++) {
            struct register_row held = work->rows[j];
            work->rows[j] = work->rows[work->n_rows - 1 - j];
            work->rows[work->n_rows - 1 - j] = held;
        }
        return 0;
    }
    problem_set(work->problem, ERR_INVALID, "Sort: the register has no order “%.40s”.", given);
    problem_hint(work->problem, "Take one of: name, class, year, status, since, need; with a minus in front from the end.");
    return ERR_INVALID;
}
