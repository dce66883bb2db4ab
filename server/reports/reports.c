// The table of reports and what all of them need to fill in an answer. Runs on a
// reader thread; everything comes from the request's arena.
#include "server/reports/reports.h"

#include <stdio.h>
#include <string.h>

#include "common/report.h"
#include "common/text.h"

static const struct report *const reports[] = {&register_report};

const struct report *report_find(const char *name)
{
    for (size_t i = 0; name && i < sizeof reports / sizeof reports[0]; i++) {
        if (text_same(reports[i]->name, name))
            return reports[i];
    }
    return NULL;
}

const char *report_param(const struct report_query *query, const char *name)
{
    for (size_t i = 0; i < query->n_params; i++) {
        if (text_same(query->names[i], name) && query->values[i] && *query->values[i])
            return query->values[i];
    }
    return NULL;
}

static const struct report_param *param_find(const struct report_info *info, const char *name)
{
    for (const struct report_param *param = info->params; param->name; param++) {
        if (text_same(param->name, name))
            return param;
    }
    return NULL;
}

int report_check(const struct report_query *query, const char *report, struct problem *problem)
{
    const struct report_info *info = report_info_find(report);
    if (!info)
        return problem_set(problem, ERR_INVALID, "There is no report called “%.40s”.", report);
    for (size_t i = 0; i < query->n_params; i++) {
        if (query->names[i] && param_find(info, query->names[i]))
            continue;
        char known[240] = "";
        for (const struct report_param *param = info->params; param->name; param++) {
            size_t at = strlen(known);
            snprintf(known + at, sizeof known - at, "%s%s", at ? ", " : "", param->name);
        }
        problem_set(problem, ERR_INVALID, "The report %s has no parameter “%.40s”.", info->name, query->names[i] ? query->names[i] : "");
        problem_hint(problem, "It takes: %s", known);
        return ERR_INVALID;
    }
    return 0;
}

static int report_reads(Sendco__Report *out, const struct report_info *info, struct arena *arena)
{
    size_t n = 0;
    while (info->reads[n])
        n++;
    out->reads = arena_zero(arena, n + 1, sizeof *out->reads);
    if (!out->reads)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct kind *kind = kind_find(info->reads[i]);
        if (kind)
            out->reads[out->n_reads++] = kind->number;
    }
    return 0;
}

int report_head(Sendco__Report *out, const char *report, const struct report_query *query, int32_t as_at, struct arena *arena)
{
    const struct report_info *info = report_info_find(report);
    out->report = arena_strdup(arena, report);
    out->title = arena_strdup(arena, info ? info->title : report);
    out->has_as_at = 1;
    out->as_at = as_at;
    out->has_as_known = query->as_known != 0;
    out->as_known = query->as_known;
    out->filters = arena_zero(arena, query->n_params + 1, sizeof *out->filters);
    if (!out->report || !out->title || !out->filters)
        return ERR_NOMEM;
    for (size_t i = 0; i < query->n_params; i++) {
        if (!query->values[i] || !*query->values[i])
            continue;
        Sendco__ReportRequest__Param *filter = arena_alloc(arena, sizeof *filter);
        if (!filter)
            return ERR_NOMEM;
        sendco__report_request__param__init(filter);
        filter->name = arena_strdup(arena, query->names[i]);
        filter->value = arena_strdup(arena, query->values[i]);
        if (!filter->name || !filter->value)
            return ERR_NOMEM;
        out->filters[out->n_filters++] = filter;
    }
    return info ? report_reads(out, info, arena) : 0;
}

static int section_columns(Sendco__Report__Section *section, const struct report_column *columns, size_t n, struct arena *arena)
{
    Sendco__Report__Column *made = arena_zero(arena, n, sizeof *made);
    section->columns = arena_zero(arena, n, sizeof *section->columns);
    if (!made || !section->columns)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        sendco__report__column__init(&made[i]);
        made[i].name = arena_strdup(arena, columns[i].name);
        made[i].label = arena_strdup(arena, columns[i].label);
        made[i].has_type = made[i].has_width = 1;
        made[i].type = columns[i].type;
        made[i].width = columns[i].width;
        if (!made[i].name || !made[i].label)
            return ERR_NOMEM;
        section->columns[section->n_columns++] = &made[i];
    }
    return 0;
}

// One allotment for all rows and one for all cells: a register is some thousands of them.
static int section_rows(Sendco__Report__Section *section, size_t n_rows, struct arena *arena)
{
    size_t n = section->n_columns;
    Sendco__Report__Row *rows = arena_zero(arena, n_rows + 1, sizeof *rows);
    Sendco__Value *cells = arena_zero(arena, n_rows * n + 1, sizeof *cells);
    Sendco__Value **pointers = arena_zero(arena, n_rows * n + 1, sizeof(Sendco__Value *));
    section->rows = arena_zero(arena, n_rows + 1, sizeof *section->rows);
    if (!rows || !cells || !pointers || !section->rows)
        return ERR_NOMEM;
    for (size_t i = 0; i < n_rows; i++) {
        sendco__report__row__init(&rows[i]);
        rows[i].cells = pointers + i * n;
        rows[i].n_cells = n;
        for (size_t j = 0; j < n; j++) {
            sendco__value__init(&cells[i * n + j]);
            rows[i].cells[j] = &cells[i * n + j];
        }
        section->rows[section->n_rows++] = &rows[i];
    }
    return 0;
}

Sendco__Report__Section *report_section(Sendco__Report *out, const char *name, const char *title, const struct report_column *columns,
                                        size_t n_columns, size_t n_rows, struct arena *arena)
{
    Sendco__Report__Section **sections = arena_zero(arena, out->n_sections + 1, sizeof(Sendco__Report__Section *));
    Sendco__Report__Section *section = arena_alloc(arena, sizeof *section);
    if (!sections || !section)
        return NULL;
    sendco__report__section__init(section);
    section->name = arena_strdup(arena, name);
    section->title = arena_strdup(arena, title);
    if (!section->name || !section->title || section_columns(section, columns, n_columns, arena) < 0 ||
        section_rows(section, n_rows, arena) < 0)
        return NULL;
    if (out->n_sections)
        memcpy(sections, out->sections, out->n_sections * sizeof(Sendco__Report__Section *));
    sections[out->n_sections++] = section;
    out->sections = sections;
    return section;
}

void report_link(Sendco__Report__Row *row, const struct kind *kind, int64_t id, struct arena *arena)
{
    Sendco__About *link = arena_alloc(arena, sizeof *link);
    if (!link)
        return;
    sendco__about__init(link);
    link->has_kind = link->has_id = 1;
    link->kind = kind->number;
    link->id = id;
    row->link = link;
}

void report_cell(Sendco__Report__Row *row, size_t column, struct value value)
{
    Sendco__Value *cell = row->cells[column];
    if (value.type == VALUE_NUMBER) {
        cell->has_number = 1;
        cell->number = value.number;
    } else if (value.type == VALUE_TEXT) {
        // A message's strings are not const in protobuf-c; packing only reads them.
        union {
            const char *borrowed;
            char *text;
        } cast = {.borrowed = value.text};
        cell->text = cast.text;
    }
}
