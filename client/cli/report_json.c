// A report as JSON: every section, its columns with their types, and its rows. Main
// thread.
#include <string.h>

#include "client/cli/draw.h"
#include "client/cli/shape.h"
#include "common/date.h"
#include "common/kind.h"

static json_t *row_json(struct cli *cli, const Sendco__Report__Section *section, const Sendco__Report__Row *row, bool link)
{
    json_t *json = json_object();

    for (size_t i = 0; i < section->n_columns; i++) {
        struct value value = cell_value(row, i);
        struct field field = cell_field(section->columns[i], value);

        json_object_set_new(json, field.name, shape_value(&field, value, &cli->arena));
    }
    if (link)
        json_object_set_new(json, "id", row->link ? json_string(link_text(cli, row)) : json_null());
    return json;
}

static json_t *section_json(struct cli *cli, const Sendco__Report__Section *section)
{
    static const char *const types[] = {"text", "text", "number", "day", "instant", "pence", "duration", "flag", "decimal"};
    json_t *json = json_object(), *columns = json_array(), *rows = json_array();
    bool link = section_links(section);

    json_object_set_new(json, "name", shape_text(section->name));
    json_object_set_new(json, "title", shape_text(section->title));
    json_object_set_new(json, "text", shape_text(section->text));
    for (size_t i = 0; i < section->n_columns; i++) {
        size_t type = (size_t)section->columns[i]->type;
        json_t *column = json_object();

        json_object_set_new(column, "name", shape_text(section->columns[i]->name));
        json_object_set_new(column, "label", shape_text(section->columns[i]->label));
        json_object_set_new(column, "type",
                            json_string(section->columns[i]->has_type && type < sizeof types / sizeof *types ? types[type] : "text"));
        json_array_append_new(columns, column);
    }
    for (size_t i = 0; i < section->n_rows; i++)
        json_array_append_new(rows, row_json(cli, section, section->rows[i], link));
    json_object_set_new(json, "columns", columns);
    json_object_set_new(json, "rows", rows);
    return json;
}

void drawing_json(const struct drawing *drawing)
{
    const Sendco__Report *report = drawing->report;
    const Sendco__Report__Section *only = drawing_only(drawing);
    struct cli *cli = drawing->cli;
    json_t *json = shape_new(), *filters = json_object(), *sections = json_array(), *gaps = json_array();

    json_object_set_new(json, "report", shape_text(report->report));
    json_object_set_new(json, "title", shape_text(report->title));
    json_object_set_new(json, "as_at", report->has_as_at ? shape_date(report->as_at) : json_null());
    json_object_set_new(json, "as_known", report->has_as_known ? shape_time(report->as_known) : json_null());
    json_object_set_new(json, "epoch", json_integer((json_int_t)drawing->epoch));
    json_object_set_new(json, "seq", json_integer((json_int_t)drawing->seq));
    for (size_t i = 0; i < report->n_filters; i++)
        if (report->filters[i]->name)
            json_object_set_new(filters, report->filters[i]->name, shape_text(report->filters[i]->value));
    for (size_t i = 0; i < report->n_sections; i++)
        if (!only || only == report->sections[i])
            json_array_append_new(sections, section_json(cli, report->sections[i]));
    for (size_t i = 0; i < report->n_gaps; i++)
        json_array_append_new(gaps, shape_text(report->gaps[i]));
    json_object_set_new(json, "filters", filters);
    json_object_set_new(json, "sections", sections);
    json_object_set_new(json, "gaps", gaps);
    shape_print(cli, json, cli->format == CLI_JSONL);
}
