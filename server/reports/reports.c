// The table of reports and what all of them need to fill in an answer. Runs on a
// reader thread; everything comes from the request's arena.
#include "server/reports/reports.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/report.h"
#include "common/text.h"

static const struct report *const reports[] = {&register_report, &pupil_report,   &profile_report, &map_report,  &impact_report,
                                               &gaps_report,     &actions_report, &changes_report, &today_report};

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

// Every parameter is one of the report's own.
static int check_params(const struct report_query *query, const struct report_info *info, struct problem *problem)
{
    for (size_t i = 0; i < query->n_params; i++) {
        if (query->names[i] && param_find(info, query->names[i]))
            continue;
        char known[240] = "";
        for (const struct report_param *param = info->params; param->name; param++) {
            size_t at = strlen(known);
            snprintf(known + at, sizeof known - at, "%s%s", at ? ", " : "", param->name);
        }
        problem_set(problem, ERR_INVALID, "The report %s has no parameter “%.40s”.", info->name, query->names[i] ? query->names[i] : "");
        problem_hint(problem, "It takes: %s", *known ? known : "none");
        return ERR_INVALID;
    }
    for (const struct report_param *param = info->params; param->name; param++) {
        if (!(param->how & REPORT_REQUIRED) || report_param(query, param->name))
            continue;
        problem_set(problem, ERR_INVALID, "The report %s asks for %s.", info->name, param->name);
        problem_hint(problem, "sendco report %s %s", info->name, param->value);
        return ERR_INVALID;
    }
    return 0;
}

int report_record(struct report_work *work, const char *param, struct record **found)
{
    const struct report_info *info = report_info_find(work->out->report);
    const struct report_param *about = info ? param_find(info, param) : NULL;
    const char *given = report_param(work->query, param);
    int64_t id = 0;
    *found = NULL;
    if (!given || !about || !about->kind)
        return 0;
    const struct kind *kind = kind_find(about->kind);
    int result = id_parse(kind, given, NULL, &id, work->problem);
    if (result < 0)
        return result;
    return work->as_known ? view_get_known(work->view, kind, id, work->as_known, work->arena, found, work->problem)
                          : view_get(work->view, kind, id, work->arena, found, work->problem);
}

int report_day(struct report_work *work, const char *param, int32_t otherwise, int32_t *day)
{
    const char *given = report_param(work->query, param);
    *day = otherwise;
    struct problem why;
    problem_init(&why, NULL);
    if (!given || date_parse(given, view_today(work->view), day, &why) == 0)
        return 0;
    problem_set(work->problem, ERR_INVALID, "%s: %s", param, why.message);
    problem_hint(work->problem, "%s", why.hint);
    return ERR_INVALID;
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

static int head_filters(struct report_work *work)
{
    const struct report_query *query = work->query;
    Sendco__Report *out = work->out;
    out->filters = arena_zero(work->arena, query->n_params + 1, sizeof *out->filters);
    for (size_t i = 0; out->filters && i < query->n_params; i++) {
        if (!query->values[i] || !*query->values[i])
            continue;
        Sendco__ReportRequest__Param *filter = arena_alloc(work->arena, sizeof *filter);
        if (!filter)
            return ERR_NOMEM;
        sendco__report_request__param__init(filter);
        filter->name = arena_strdup(work->arena, query->names[i]);
        filter->value = arena_strdup(work->arena, query->values[i]);
        if (!filter->name || !filter->value)
            return ERR_NOMEM;
        out->filters[out->n_filters++] = filter;
    }
    return out->filters ? 0 : ERR_NOMEM;
}

// Title, date, filters and the kinds read.
static int report_head(struct report_work *work, const struct report_info *info)
{
    Sendco__Report *out = work->out;
    out->report = arena_strdup(work->arena, info->name);
    out->title = arena_strdup(work->arena, info->title);
    out->has_as_at = 1;
    out->as_at = work->as_at;
    out->has_as_known = work->as_known != 0;
    out->as_known = work->as_known;
    if (!out->report || !out->title || head_filters(work) < 0)
        return ERR_NOMEM;
    return report_reads(out, info, work->arena);
}

int report_run(const struct report *report, struct view *view, const struct report_query *query, struct arena *arena, Sendco__Report *out,
               struct problem *problem)
{
    const struct report_info *info = report_info_find(report->name);
    struct report_work work = {.view = view, .arena = arena, .problem = problem, .query = query, .out = out, .as_known = query->as_known};
    work.as_at = query->as_at == DATE_NONE ? view_today(view) : query->as_at;
    if (!info)
        return problem_set(problem, ERR_INTERNAL, "The report %s is in no table.", report->name);
    view_labels_known(view, query->as_known);
    int result = check_params(query, info, problem);
    if (result == 0)
        result = report_head(&work, info);
    if (result == 0)
        result = report->compute(&work);
    if (result == 0 && query->why)
        result = figure_why(&work);
    if (result == ERR_NOMEM && problem->error == 0)
        return problem_set(problem, ERR_NOMEM, "The report %s needs more memory than this server has.", info->name);
    return result;
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

static int section_join(Sendco__Report *out, Sendco__Report__Section *section, struct arena *arena)
{
    Sendco__Report__Section **sections = arena_zero(arena, out->n_sections + 1, sizeof(Sendco__Report__Section *));
    if (!sections)
        return ERR_NOMEM;
    if (out->n_sections)
        memcpy(sections, out->sections, out->n_sections * sizeof(Sendco__Report__Section *));
    sections[out->n_sections++] = section;
    out->sections = sections;
    return 0;
}

Sendco__Report__Section *report_section(struct report_work *work, const char *name, const char *title, const struct report_column *columns,
                                        size_t n_columns, size_t n_rows)
{
    struct arena *arena = work->arena;
    Sendco__Report__Section *section = arena_alloc(arena, sizeof *section);
    if (!section)
        return NULL;
    sendco__report__section__init(section);
    section->name = arena_strdup(arena, name);
    section->title = arena_strdup(arena, title);
    if (!section->name || !section->title || section_columns(section, columns, n_columns, arena) < 0 ||
        section_rows(section, n_rows, arena) < 0 || section_join(work->out, section, arena) < 0)
        return NULL;
    return section;
}

int report_text(struct report_work *work, const char *name, const char *title, const char *text)
{
    Sendco__Report__Section *section = report_section(work, name, title, NULL, 0, 0);
    if (!section || !(section->text = arena_strdup(work->arena, text)))
        return ERR_NOMEM;
    return 0;
}

int report_gap(struct report_work *work, const char *format, ...)
{
    Sendco__Report *out = work->out;
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int size = vsnprintf(NULL, 0, format, again) + 1; // whole: a cut might go through a letter
    va_end(again);
    char **gaps = arena_zero(work->arena, out->n_gaps + 1, sizeof *gaps);
    char *text = gaps && size > 0 ? arena_alloc(work->arena, (size_t)size) : NULL;
    if (text)
        vsnprintf(text, (size_t)size, format, list);
    va_end(list);
    if (!text)
        return ERR_NOMEM;
    gaps[out->n_gaps] = text;
    if (out->n_gaps)
        memcpy(gaps, out->gaps, out->n_gaps * sizeof *gaps);
    out->gaps = gaps;
    out->n_gaps++;
    return 0;
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

static const char *choice_label(const struct field *field, int64_t number)
{
    for (size_t i = 0; i < field->n_choices; i++)
        if (field->choices[i].number == number)
            return field->choices[i].label;
    return "?";
}

struct value report_field(const struct record *record, const char *name)
{
    if (!record || !record_has(record, name))
        return (struct value){0};
    const struct field *field = field_find(record->kind, name);
    struct value value = record->values[field->index];
    return field->as == AS_ENUM ? value_text(choice_label(field, value.number)) : value;
}

struct value report_ref(struct report_work *work, const struct record *record, const char *name)
{
    if (!record || !record_has(record, name))
        return (struct value){0};
    const char *label = view_label(work->view, field_find(record->kind, name)->ref, record_number(record, name), work->arena);
    return label ? value_text(label) : (struct value){0};
}
