// What the cells and columns of a report look like: its values as those of a record, and
// which columns a table has. Knows no report by name. Main thread.
#include "client/cli/draw.h"

#include <string.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/table.h"
#include "common/kind.h"

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

const char *cell_text(struct cli *cli, const Sendco__Report__Column *column, const Sendco__Report__Row *row, size_t at)
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

// --- columns --------------------------------------------------------------------

// What matters most of a report on a narrow terminal, and what one looks up
// elsewhere: columns of the same name mean the same in every report.
static unsigned column_how(const char *name, size_t at)
{
    static const char *const first[] = {"pupil",
                                        "amount",
                                        "about",
                                        "record",
                                        "class",
                                        "provision",
                                        "needs",
                                        "year",
                                        "since",
                                        "status",
                                        "due",
                                        "review_due",
                                        "minutes_planned",
                                        "minutes_actual",
                                        "cost_actual",
                                        "cost_planned",
                                        "owner",
                                        "n",
                                        "gain",
                                        "ratio",
                                        "cost_per_month",
                                        "cost",
                                        "minutes",
                                        "days_overdue",
                                        "value",
                                        "pupils",
                                        "minutes_to_date",
                                        "until",
                                        "from",
                                        "met",
                                        "what",
                                        "who",
                                        "summary",
                                        "day"};
    static const char *const last[] = {"born", "upn"};

    if (!strcmp(name, "id"))
        return TABLE_DROP(0); // every change needs it: it goes after all but the first

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

// A file has the same columns when there is nobody to list.
static bool drawn_links(const struct cli *cli, const Sendco__Report__Section *section)
{
    return section_links(section) || (!cli->human && section->n_rows == 0 && section->n_columns > 0 && !section_has(section, "id"));
}

static bool drawn_named(struct cli *cli, const Sendco__Report__Section *section, const char *name, struct drawn *drawn)
{
    for (size_t i = 0; i < section->n_columns; i++) {
        struct field field = column_field(section->columns[i]);
        bool firm = field.as == AS_DATE || field.as == AS_TIME || field.as == AS_BOOL;

        if (strcmp(field.name, name) != 0)
            continue;
        *drawn = (struct drawn){{field.name, field.label, field_is_figure(&field),
                                 column_how(name, i) | (firm || !strcmp(name, "id") ? TABLE_FIRM : 0) |
                                     (i == 0 || cli_option(cli, "columns") ? TABLE_KEEP : 0)},
                                i};
        return true;
    }
    if (strcmp(name, "id") != 0 || !drawn_links(cli, section))
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
    if (!names && n < DRAW_COLUMNS && drawn_links(cli, section))
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

int columns_check(struct cli *cli, const Sendco__Report *report, struct problem *problem)
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

int section_table(struct cli *cli, const Sendco__Report__Section *section)
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
