// Report commands: what the server computed, drawn as text, CSV or TSV. Knows no
// report by name; no figure is computed here. Main thread.
#include "client/cli/draw.h"

#include <string.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/page.h"
#include "client/cli/table.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

// --- cells ----------------------------------------------------------------------

static const enum field_as meant[] = {
    [SENDCO__REPORT__TYPE__TEXT] = AS_TEXT,    [SENDCO__REPORT__TYPE__NUMBER] = AS_NUMBER, [SENDCO__REPORT__TYPE__DAY] = AS_DATE,
    [SENDCO__REPORT__TYPE__INSTANT] = AS_TIME, [SENDCO__REPORT__TYPE__PENCE] = AS_MONEY,   [SENDCO__REPORT__TYPE__DURATION] = AS_MINUTES,
    [SENDCO__REPORT__TYPE__FLAG] = AS_BOOL,    [SENDCO__REPORT__TYPE__DECIMAL] = AS_TENTHS};

// A report's column is formatted as a record's field of the same nature is.
struct field column_field(const Sendco__Report__Column *column)
{
    size_t type = column->has_type ? (size_t)column->type : SENDCO__REPORT__TYPE__TEXT;

    return (struct field){.name = column->name ? column->name : "",
                          .label = column->label ? column->label : "",
                          .help = "",
                          .unit = "",
                          .as = type < sizeof meant / sizeof *meant ? meant[type] : AS_TEXT};
}

struct value cell_value(const Sendco__Report__Row *row, size_t at)
{
    const Sendco__Value *cell = at < row->n_cells ? row->cells[at] : NULL;

    if (cell && cell->text)
        return value_text(cell->text);
    return cell && cell->has_number ? value_number(cell->number) : (struct value){.type = VALUE_EMPTY};
}

struct field cell_field(const Sendco__Report__Column *column, struct value value)
{
    struct field field = column_field(column);

    // A cell may say in words what is no number: "none", "<5".
    if (value.type == VALUE_TEXT)
        field.as = AS_TEXT;
    return field;
}

// "12:30": hours and minutes, as people write them.
static const char *duration_text(struct cli *cli, int64_t minutes)
{
    unsigned long long whole = minutes < 0 ? -(unsigned long long)minutes : (unsigned long long)minutes;
    const char *text = arena_printf(&cli->arena, "%s%llu:%02llu", minutes < 0 ? "-" : "", whole / 60, whole % 60);

    return text ? text : "";
}

static const char *cell_text(struct cli *cli, const Sendco__Report__Column *column, const Sendco__Report__Row *row, size_t at)
{
    struct value value = cell_value(row, at);
    struct field field = cell_field(column, value);

    if (cli->human && field.as == AS_MINUTES && value.type == VALUE_NUMBER)
        return duration_text(cli, value.number);
    return fields_cell(&field, value, NULL, cli->human, &cli->arena);
}

const char *link_text(struct cli *cli, const Sendco__Report__Row *row)
{
    const struct kind *kind = row->link ? kind_by_number(row->link->kind) : NULL;
    char id[ID_TEXT_MAX];

    return kind ? arena_strdup(&cli->arena, id_format(kind, row->link->id, id)) : "";
}

bool section_has(const Sendco__Report__Section *section, const char *name)
{
    for (size_t i = 0; i < section->n_columns; i++)
        if (section->columns[i]->name && !strcmp(section->columns[i]->name, name))
            return true;
    return false;
}

// The record behind a row is a column of its own, unless the report shows it itself.
bool section_links(const Sendco__Report__Section *section)
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
    static const char *const first[] = {"pupil", "class",    "provision", "needs", "year",  "since",          "status", "due",
                                        "review_due", "minutes_planned", "minutes_actual", "cost_actual", "owner", "n", "gain", "ratio",
                                        "cost_per_month", "cost", "minutes", "days_overdue", "value", "pupils", "minutes_to_date",
                                        "until", "from", "met", "what", "who", "summary", "day"};
    static const char *const last[] = {"id", "born", "upn"};

    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if (!strcmp(first[i], name))
            return TABLE_DROP(i + 1);
    for (size_t i = 0; i < sizeof last / sizeof *last; i++)
        if (!strcmp(last[i], name))
            return TABLE_DROP(4 * TABLE_EXTRA + i);
    return TABLE_DROP(TABLE_EXTRA + at);
}

static bool field_is_figure(const struct field *field)
{
    return field->as == AS_NUMBER || field->as == AS_MONEY || field->as == AS_MINUTES || field->as == AS_TENTHS;
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
        *drawn = (struct drawn){{field.name, field.label, field_is_figure(&field),
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

// --- for people -----------------------------------------------------------------

// "Field" and "Value": a page of its own, where nothing is cut.
static bool section_is_page(const Sendco__Report__Section *section)
{
    return section->n_columns == 2 && section->columns[0]->name && !strcmp(section->columns[0]->name, "field") &&
           section->columns[1]->name && !strcmp(section->columns[1]->name, "value");
}

static void section_page(struct cli *cli, const Sendco__Report__Section *section)
{
    int width = 0;

    for (size_t r = 0; r < section->n_rows; r++) {
        int wide = text_width(safe(cli, cell_text(cli, section->columns[0], section->rows[r], 0)));

        width = wide > width ? wide : width;
    }
    for (size_t r = 0; r < section->n_rows; r++)
        page_pair(cli, cell_text(cli, section->columns[0], section->rows[r], 0), width,
                  cell_text(cli, section->columns[1], section->rows[r], 1));
}

// How many columns did not fit, or ERR_NOMEM.
static int section_text(struct cli *cli, const Sendco__Report__Section *section)
{
    bool says = section->text && *section->text;

    fputc('\n', cli->out);
    if (section->title && *section->title)
        fprintf(cli->out, "%s%s%s\n", cli->colour ? "\033[1m" : "", safe(cli, section->title), cli->colour ? "\033[0m" : "");
    if (says)
        page_text(cli, section->text);
    if (section->n_columns == 0 || (section->n_rows == 0 && says))
        return 0;
    if (section_is_page(section)) {
        section_page(cli, section);
        return 0;
    }
    return section_table(cli, section);
}

static void report_head(struct cli *cli, const Sendco__Report *report)
{
    char date[DATE_TEXT_MAX], when[32];

    cli_mark(cli);
    fprintf(cli->out, "%s%s%s", cli->colour ? "\033[1m" : "", safe(cli, report->title), cli->colour ? "\033[0m" : "");
    if (report->has_as_at)
        fprintf(cli->out, ", as at %s", date_human(report->as_at, date));
    if (report->has_as_known)
        fprintf(cli->out, ", as known at %s", clock_text(report->as_known, when));
    for (size_t i = 0; i < report->n_filters; i++)
        fprintf(cli->out, "%s%s %s", i ? ", " : "; ", safe(cli, report->filters[i]->name), safe(cli, report->filters[i]->value));
    fputc('\n', cli->out);
}

static int report_text(const struct drawing *drawing)
{
    const Sendco__Report__Section *only = drawing_only(drawing);
    const Sendco__Report *report = drawing->report;
    struct cli *cli = drawing->cli;
    int dropped = 0, most = 0;

    report_head(cli, report);
    for (size_t i = 0; i < report->n_sections && dropped >= 0; i++) {
        if (only && only != report->sections[i])
            continue;
        dropped = section_text(cli, report->sections[i]);
        most = dropped > most ? dropped : most;
    }
    if (most > 0 && !cli->quiet)
        fprintf(cli->out, "\n%d more column%s: --columns or a wider window\n", most, most == 1 ? "" : "s");
    for (size_t i = 0; !only && i < report->n_gaps; i++) {
        fputs(i ? "" : "\n", cli->out);
        page_item(cli, "! ", report->gaps[i]);
    }
    return dropped < 0 ? dropped : 0;
}

// --- for programs ---------------------------------------------------------------

// One file holds one table: the one asked for, else the first whose rows are records,
// else the first.
static const Sendco__Report__Section *section_chosen(const struct drawing *drawing)
{
    const Sendco__Report__Section *only = drawing_only(drawing);
    const Sendco__Report *report = drawing->report;

    for (size_t i = 0; i < report->n_sections && !only; i++)
        if (section_links(report->sections[i]) || (report->sections[i]->n_columns > 0 && section_has(report->sections[i], "id")))
            only = report->sections[i];
    for (size_t i = 0; i < report->n_sections && !only; i++)
        if (report->sections[i]->n_columns > 0)
            only = report->sections[i];
    return only;
}

static void say_others(const struct drawing *drawing, const Sendco__Report__Section *chosen)
{
    const Sendco__Report *report = drawing->report;
    const char *others = "";

    for (size_t i = 0; i < report->n_sections; i++)
        if (report->sections[i] != chosen && report->sections[i]->n_columns > 0 && report->sections[i]->name && others)
            others = arena_printf(&drawing->cli->arena, "%s%s%s", others, *others ? ", " : "", report->sections[i]->name);
    if (others && *others && chosen && chosen->name)
        cli_note(drawing->cli, "This is the section \"%s\" only; with --section NAME: %s; all of it: --json.", chosen->name, others);
}

static int report_rows(const struct drawing *drawing)
{
    const Sendco__Report__Section *chosen = section_chosen(drawing);

    if (!drawing->section && !drawing->why)
        say_others(drawing, chosen);
    if (!chosen)
        return 0;
    if (chosen->n_columns == 0 && chosen->text)
        fprintf(drawing->cli->out, "%s\n", safe(drawing->cli, chosen->text));
    return section_table(drawing->cli, chosen);
}

// --- the report -----------------------------------------------------------------

static const Sendco__Report__Section *section_find(const Sendco__Report *report, const char *name)
{
    for (size_t i = 0; i < report->n_sections; i++)
        if (report->sections[i]->name && text_same(report->sections[i]->name, name))
            return report->sections[i];
    return NULL;
}

// What is asked for with --why is what one wants to see; JSON has all the rest as well.
const Sendco__Report__Section *drawing_only(const struct drawing *drawing)
{
    bool json = drawing->cli->format == CLI_JSON || drawing->cli->format == CLI_JSONL;
    const char *name = drawing->section ? drawing->section : drawing->why && !json ? "why" : NULL;

    return name ? section_find(drawing->report, name) : NULL;
}

static int section_check(const struct drawing *drawing)
{
    const char *names = "";

    if (!drawing->section || section_find(drawing->report, drawing->section))
        return 0;
    for (size_t i = 0; i < drawing->report->n_sections && names; i++)
        if (drawing->report->sections[i]->name)
            names = arena_printf(&drawing->cli->arena, "%s %s", names, drawing->report->sections[i]->name);
    problem_set(drawing->problem, ERR_USAGE, "--section: this report has no section \"%.60s\".", drawing->section);
    problem_hint(drawing->problem, "There are:%.280s", names ? names : "");
    return ERR_USAGE;
}

int drawing_draw(struct drawing *drawing)
{
    struct cli *cli = drawing->cli;
    int error = section_check(drawing);

    if (error == 0)
        error = columns_check(cli, drawing->report, drawing->problem);
    if (error == 0 && (cli->format == CLI_JSON || cli->format == CLI_JSONL))
        drawing_json(drawing);
    else if (error == 0 && (cli->human ? report_text(drawing) : report_rows(drawing)) != 0)
        error = problem_set(drawing->problem, ERR_NOMEM, "There is not enough memory for the report.");
    return error;
}

int report_command(struct cli *cli, const struct call *call)
{
    struct problem problem;
    struct drawing drawing;

    problem_init(&problem, &cli->arena);
    int error = drawing_prepare(&drawing, cli, call->report, call->argc > 0 ? call->argv[0] : NULL, &problem);
    if (error == 0 && cli_flag(cli, "watch")) {
        error = drawing_watch(&drawing);
    } else if (error == 0) {
        error = drawing_ask(&drawing, false, NULL);
        if (error == 0)
            error = drawing_draw(&drawing);
        if (error == 0)
            drawing_seen(&drawing);
    }
    return error != 0 ? cli_fail(cli, arena_printf(&cli->arena, "make the report %s", call->report->name), &problem) : 0;
}
