// Report commands: what the server computed, drawn as text, CSV or JSON. Knows
// no report by name; no figure is computed here. Main thread.
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/shape.h"
#include "client/cli/table.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

#define DRAW_PARAMS  32
#define DRAW_COLUMNS 64

struct drawing {
    Sendco__Report *report; // whole, in the arena
    uint64_t epoch, seq;
    struct problem *problem;
};

// --- asking ---------------------------------------------------------------------

static Sendco__Report *report_copy(struct cli *cli, const Sendco__Report *report)
{
    size_t size = sendco__report__get_packed_size(report);
    uint8_t *bytes = arena_alloc(&cli->arena, size ? size : 1);

    if (!bytes)
        return NULL;
    sendco__report__pack(report, bytes);
    return sendco__report__unpack(&cli->arena.allocator, size, bytes);
}

static void *joined(struct cli *cli, void *a, size_t n, void *b, size_t more)
{
    void **list = arena_alloc(&cli->arena, (n + more + 1) * sizeof *list);

    if (list && n)
        memcpy(list, a, n * sizeof *list);
    if (list && more)
        memcpy(list + n, b, more * sizeof *list);
    return list;
}

// A section that goes on has the name of one there is already.
static bool report_join(struct cli *cli, Sendco__Report *whole, const Sendco__Report *more)
{
    for (size_t i = 0; i < more->n_sections; i++) {
        Sendco__Report__Section *section = more->sections[i], *old = NULL;

        for (size_t k = 0; k < whole->n_sections; k++)
            if (section->name && whole->sections[k]->name && !strcmp(section->name, whole->sections[k]->name))
                old = whole->sections[k];
        if (!old) {
            if (!(whole->sections = joined(cli, whole->sections, whole->n_sections, &section, 1)))
                return false;
            whole->n_sections++;
        } else {
            if (!(old->rows = joined(cli, old->rows, old->n_rows, section->rows, section->n_rows)))
                return false;
            old->n_rows += section->n_rows;
        }
    }
    if (!(whole->gaps = joined(cli, whole->gaps, whole->n_gaps, more->gaps, more->n_gaps)))
        return false;
    whole->n_gaps += more->n_gaps;
    return true;
}

static int on_report(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    struct drawing *drawing = data;
    Sendco__Report *report;

    if (reply->body_case != SENDCO__REPLY__BODY_REPORT)
        return problem_set(drawing->problem, ERR_PROTOCOL, "The server's answer holds no report.");
    drawing->epoch = reply->epoch;
    drawing->seq = reply->seq;
    report = report_copy(cli, reply->report);
    if (report && !drawing->report)
        drawing->report = report;
    else if (!report || !report_join(cli, drawing->report, report))
        return problem_set(drawing->problem, ERR_NOMEM, "There is not enough memory for the report.");
    return 0;
}

static int report_ask(struct cli *cli, const struct call *call, struct drawing *drawing)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__ReportRequest wire = SENDCO__REPORT_REQUEST__INIT;
    Sendco__ReportRequest__Param params[DRAW_PARAMS], *list[DRAW_PARAMS];
    int32_t as_at = DATE_NONE;
    int64_t as_known = 0;
    int error = cli_open(cli, drawing->problem);

    for (const struct report_param *param = call->report->params; error == 0 && param && param->name; param++) {
        const char *value = cli_option(cli, param->name);

        if (!value || wire.n_params == DRAW_PARAMS || !strcmp(param->name, "as-at") || !strcmp(param->name, "as-known"))
            continue;
        list[wire.n_params] = &params[wire.n_params];
        sendco__report_request__param__init(list[wire.n_params]);
        params[wire.n_params].name = (char *)param->name;
        params[wire.n_params++].value = (char *)value;
    }
    if (error == 0)
        error = fields_as_at(cli, &as_at, drawing->problem);
    if (error == 0)
        error = fields_as_known(cli, &as_known, drawing->problem);
    if (error != 0)
        return error;
    wire.name = (char *)call->report->name;
    wire.params = list;
    wire.has_as_at = as_at != DATE_NONE;
    wire.as_at = as_at;
    wire.has_as_known = as_known != 0;
    wire.as_known = as_known;
    request.body_case = SENDCO__REQUEST__BODY_REPORT;
    request.report = &wire;
    error = cli_ask(cli, &request, on_report, drawing, drawing->problem);
    return error == 0 && !drawing->report ? problem_set(drawing->problem, ERR_PROTOCOL, "The server sent no report.") : error;
}

// --- cells ----------------------------------------------------------------------

static const enum field_as meant[] = {
    [SENDCO__REPORT__TYPE__TEXT] = AS_TEXT,    [SENDCO__REPORT__TYPE__NUMBER] = AS_NUMBER, [SENDCO__REPORT__TYPE__DAY] = AS_DATE,
    [SENDCO__REPORT__TYPE__INSTANT] = AS_TIME, [SENDCO__REPORT__TYPE__PENCE] = AS_MONEY,   [SENDCO__REPORT__TYPE__DURATION] = AS_MINUTES,
    [SENDCO__REPORT__TYPE__FLAG] = AS_BOOL};

// A report's column is formatted as a record's field of the same nature is.
static struct field column_field(const Sendco__Report__Column *column)
{
    size_t type = column->has_type ? (size_t)column->type : SENDCO__REPORT__TYPE__TEXT;

    return (struct field){.name = column->name ? column->name : "",
                          .label = column->label ? column->label : "",
                          .help = "",
                          .unit = "",
                          .as = type < sizeof meant / sizeof *meant ? meant[type] : AS_TEXT};
}

static struct value cell_value(const Sendco__Report__Row *row, size_t at)
{
    const Sendco__Value *cell = at < row->n_cells ? row->cells[at] : NULL;

    if (cell && cell->text)
        return value_text(cell->text);
    return cell && cell->has_number ? value_number(cell->number) : (struct value){.type = VALUE_EMPTY};
}

static struct field cell_field(const Sendco__Report__Column *column, struct value value)
{
    struct field field = column_field(column);

    // A cell may say in words what is no number: "none", "<5".
    if (value.type == VALUE_TEXT)
        field.as = AS_TEXT;
    return field;
}

static const char *cell_text(struct cli *cli, const Sendco__Report__Column *column, const Sendco__Report__Row *row, size_t at)
{
    struct value value = cell_value(row, at);
    struct field field = cell_field(column, value);

    return fields_cell(&field, value, NULL, cli->human, &cli->arena);
}

static const char *link_text(struct cli *cli, const Sendco__Report__Row *row)
{
    const struct kind *kind = row->link ? kind_by_number(row->link->kind) : NULL;
    char id[ID_TEXT_MAX];

    return kind ? arena_strdup(&cli->arena, id_format(kind, row->link->id, id)) : "";
}

static bool section_has(const Sendco__Report__Section *section, const char *name)
{
    for (size_t i = 0; i < section->n_columns; i++)
        if (section->columns[i]->name && !strcmp(section->columns[i]->name, name))
            return true;
    return false;
}

// The record behind a row is a column of its own, unless the report shows it itself.
static bool section_links(const Sendco__Report__Section *section)
{
    bool linked = false;

    for (size_t i = 0; i < section->n_rows && !linked; i++)
        linked = section->rows[i]->link != NULL;
    return linked && !section_has(section, "id");
}

// --- drawing --------------------------------------------------------------------

// What matters most of a report on a narrow terminal, and what one looks up
// elsewhere: columns of the same name mean the same in every report.
static unsigned column_how(const char *name, size_t at)
{
    static const char *const first[] = {"pupil", "class", "provision", "needs", "year", "since"}, *const last[] = {"id", "born", "upn"};

    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if (!strcmp(first[i], name))
            return TABLE_DROP(i + 1);
    for (size_t i = 0; i < sizeof last / sizeof *last; i++)
        if (!strcmp(last[i], name))
            return TABLE_DROP(4 * TABLE_EXTRA + i);
    return TABLE_DROP(TABLE_EXTRA + at);
}

struct drawn {
    struct table_column column;
    size_t at; // in the section; n_columns: the record behind the row
};

static bool drawn_named(struct cli *cli, const Sendco__Report__Section *section, const char *name, struct drawn *drawn)
{
    for (size_t i = 0; i < section->n_columns; i++) {
        struct field field = column_field(section->columns[i]);
        bool firm = field.as == AS_DATE || field.as == AS_TIME || field.as == AS_BOOL;

        if (strcmp(field.name, name) != 0)
            continue;
        *drawn = (struct drawn){{field.name, field.label, field.as == AS_NUMBER || field.as == AS_MONEY,
                                 column_how(name, i) | (firm ? TABLE_FIRM : 0) | (i == 0 || cli_option(cli, "columns") ? TABLE_KEEP : 0)},
                                i};
        return true;
    }
    if (strcmp(name, "id") != 0 || !section_links(section))
        return false;
    *drawn = (struct drawn){{"id", "Id", false, column_how("id", 0) | TABLE_FIRM | (cli_option(cli, "columns") ? TABLE_KEEP : 0)},
                            section->n_columns};
    return true;
}

// The columns that were asked for, in that order; else all.
static size_t section_drawn(struct cli *cli, const Sendco__Report__Section *section, struct drawn *drawn)
{
    const char *names = cli_option(cli, "columns");
    char *list = names ? arena_strdup(&cli->arena, names) : NULL, *rest = NULL;
    size_t n = 0;

    for (char *name = list ? strtok_r(list, ",", &rest) : NULL; name && n < DRAW_COLUMNS; name = strtok_r(NULL, ",", &rest))
        n += drawn_named(cli, section, name, &drawn[n]);
    for (size_t i = 0; !names && i < section->n_columns && n < DRAW_COLUMNS; i++)
        n += drawn_named(cli, section, section->columns[i]->name ? section->columns[i]->name : "", &drawn[n]);
    if (!names && n < DRAW_COLUMNS && section_links(section))
        n += drawn_named(cli, section, "id", &drawn[n]);
    return n;
}

static bool report_has(struct cli *cli, const Sendco__Report *report, const char *name)
{
    struct drawn drawn;

    for (size_t i = 0; i < report->n_sections; i++)
        if (drawn_named(cli, report->sections[i], name, &drawn))
            return true;
    return false;
}

static int columns_check(struct cli *cli, const Sendco__Report *report, struct problem *problem)
{
    const char *names = cli_option(cli, "columns"), *there = "";
    char *list = names ? arena_strdup(&cli->arena, names) : NULL, *rest = NULL;

    for (char *name = list ? strtok_r(list, ",", &rest) : NULL; name; name = strtok_r(NULL, ",", &rest)) {
        if (report_has(cli, report, name))
            continue;
        for (size_t i = 0; i < report->n_sections; i++)
            for (size_t c = 0; c < report->sections[i]->n_columns; c++)
                if (!command_lists(there, report->sections[i]->columns[c]->name))
                    there = arena_printf(&cli->arena, "%s %s", there, report->sections[i]->columns[c]->name);
        problem_set(problem, ERR_USAGE, "--columns: this report has no column \"%.60s\".", name);
        problem_hint(problem, "There are:%s%s", there, report_has(cli, report, "id") && !command_lists(there, "id") ? " id" : "");
        return ERR_USAGE;
    }
    return 0;
}

// How many columns did not fit, or ERR_NOMEM.
static int section_table(struct cli *cli, const Sendco__Report__Section *section)
{
    struct drawn *drawn = arena_zero(&cli->arena, DRAW_COLUMNS, sizeof *drawn);
    struct table_column *columns = arena_zero(&cli->arena, DRAW_COLUMNS, sizeof *columns);
    const char **cells = arena_zero(&cli->arena, DRAW_COLUMNS, sizeof *cells);
    struct table table;

    if (!drawn || !columns || !cells)
        return ERR_NOMEM;
    size_t n = section_drawn(cli, section, drawn);
    for (size_t i = 0; i < n; i++)
        columns[i] = drawn[i].column;
    table_init(&table, columns, n, &cli->arena);
    for (size_t r = 0; r < section->n_rows; r++) {
        for (size_t i = 0; i < n; i++)
            cells[i] = drawn[i].at == section->n_columns ? link_text(cli, section->rows[r])
                                                         : cell_text(cli, section->columns[drawn[i].at], section->rows[r], drawn[i].at);
        if (table_add(&table, cells) != 0)
            return ERR_NOMEM;
    }
    return n > 0 ? (int)table_print(cli, &table) : 0;
}

static const char *safe(struct cli *cli, const char *text)
{
    const char *shown = text_safe(text ? text : "", true, &cli->arena);

    return shown ? shown : "";
}

static int report_text(struct cli *cli, const Sendco__Report *report)
{
    char date[DATE_TEXT_MAX], when[32];
    int dropped = 0, most = 0;

    fprintf(cli->out, "%s%s%s", cli->colour ? "\033[1m" : "", safe(cli, report->title), cli->colour ? "\033[0m" : "");
    if (report->has_as_at)
        fprintf(cli->out, ", as at %s", date_human(report->as_at, date));
    if (report->has_as_known)
        fprintf(cli->out, ", as known at %s", clock_text(report->as_known, when));
    for (size_t i = 0; i < report->n_filters; i++)
        fprintf(cli->out, "%s%s %s", i ? ", " : "; ", safe(cli, report->filters[i]->name), safe(cli, report->filters[i]->value));
    fputc('\n', cli->out);
    for (size_t i = 0; i < report->n_sections && dropped >= 0; i++) {
        const Sendco__Report__Section *section = report->sections[i];

        fputc('\n', cli->out);
        if (section->title && *section->title)
            fprintf(cli->out, "%s\n", safe(cli, section->title));
        if (section->text && *section->text)
            fprintf(cli->out, "%s\n", safe(cli, section->text));
        if (section->n_columns > 0)
            dropped = section_table(cli, section);
        most = dropped > most ? dropped : most;
    }
    if (most > 0 && !cli->quiet)
        fprintf(cli->out, "\n%d more column%s: --columns or a wider window\n", most, most == 1 ? "" : "s");
    for (size_t i = 0; i < report->n_gaps; i++)
        fprintf(cli->out, "%s! %s\n", i ? "" : "\n", safe(cli, report->gaps[i]));
    return dropped < 0 ? dropped : 0;
}

// One file holds one table: the first whose rows are records, else the first.
static int report_rows(struct cli *cli, const Sendco__Report *report)
{
    const Sendco__Report__Section *chosen = NULL;

    for (size_t i = 0; i < report->n_sections && !chosen; i++)
        if (section_links(report->sections[i]) || (report->sections[i]->n_columns > 0 && section_has(report->sections[i], "id")))
            chosen = report->sections[i];
    for (size_t i = 0; i < report->n_sections && !chosen; i++)
        if (report->sections[i]->n_columns > 0)
            chosen = report->sections[i];
    return chosen ? section_table(cli, chosen) : 0;
}

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
    static const char *const types[] = {"text", "text", "number", "day", "instant", "pence", "duration", "flag"};
    json_t *json = json_object(), *columns = json_array(), *rows = json_array();

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
        json_array_append_new(rows, row_json(cli, section, section->rows[i], section_links(section)));
    json_object_set_new(json, "columns", columns);
    json_object_set_new(json, "rows", rows);
    return json;
}

static void report_json(struct cli *cli, const struct drawing *drawing)
{
    const Sendco__Report *report = drawing->report;
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
        json_array_append_new(sections, section_json(cli, report->sections[i]));
    for (size_t i = 0; i < report->n_gaps; i++)
        json_array_append_new(gaps, shape_text(report->gaps[i]));
    json_object_set_new(json, "filters", filters);
    json_object_set_new(json, "sections", sections);
    json_object_set_new(json, "gaps", gaps);
    shape_print(cli, json, false);
}

int report_command(struct cli *cli, const struct call *call)
{
    struct problem problem;
    struct drawing drawing = {.problem = &problem};
    int error;

    problem_init(&problem, &cli->arena);
    error = report_ask(cli, call, &drawing);
    if (error == 0)
        error = columns_check(cli, drawing.report, &problem);
    if (error == 0 && cli->format == CLI_JSON)
        report_json(cli, &drawing);
    else if (error == 0 && (cli->human ? report_text(cli, drawing.report) : report_rows(cli, drawing.report)) != 0)
        error = problem_set(&problem, ERR_NOMEM, "There is not enough memory for the report.");
    return error != 0 ? cli_fail(cli, arena_printf(&cli->arena, "make the report %s", call->report->name), &problem) : 0;
}
