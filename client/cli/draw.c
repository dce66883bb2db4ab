// Report commands: what the server computed, drawn as text, CSV or TSV. Knows no
// report by name; no figure is computed here. Main thread.
#include "client/cli/draw.h"

#include <string.h>

#include "client/cli/command.h"
#include "client/cli/page.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

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

// A page of one record says its id, as every change needs it. "": it is of several, or of none.
static const char *page_id(struct cli *cli, const Sendco__Report__Section *section)
{
    const char *id = section->n_rows > 0 ? link_text(cli, section->rows[0]) : "";

    for (size_t r = 1; r < section->n_rows; r++)
        if (strcmp(id, link_text(cli, section->rows[r])) != 0)
            return "";
    return id;
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
    const char *id = page_id(cli, section);
    if (*id)
        page_pair(cli, "Id", width, id);
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

static const Sendco__Report__Section *section_find(const Sendco__Report *report, const char *name)
{
    for (size_t i = 0; name && i < report->n_sections; i++)
        if (report->sections[i]->name && text_same(report->sections[i]->name, name))
            return report->sections[i];
    return NULL;
}

// Does it have all of --columns?
static bool section_suits(const struct drawing *drawing, const Sendco__Report__Section *section)
{
    const char *names = cli_option(drawing->cli, "columns");
    char *list = names ? arena_strdup(&drawing->cli->arena, names) : NULL, *rest = NULL;
    bool suits = section->n_columns > 0;

    for (char *name = list ? strtok_r(list, ",", &rest) : NULL; name && suits; name = strtok_r(NULL, ",", &rest))
        suits = !strcmp(name, "id") || section_has(section, name);
    return suits;
}

// One file holds one table: the one asked for, else the one that stands for the report, and
// without that, or when it lacks a column asked for, the first. Never which of them has rows
// today: what reads the file relies on its columns.
static const Sendco__Report__Section *section_chosen(const struct drawing *drawing)
{
    const Sendco__Report__Section *chosen = drawing_only(drawing);
    const Sendco__Report *report = drawing->report;

    if (chosen)
        return chosen;
    if (!(chosen = section_find(report, drawing->info->name)))
        chosen = section_find(report, drawing->info->table);
    if (chosen && section_suits(drawing, chosen))
        return chosen;
    for (size_t i = 0; i < report->n_sections; i++)
        if (section_suits(drawing, report->sections[i]))
            return report->sections[i];
    return chosen;
}

static void say_others(const struct drawing *drawing, const Sendco__Report__Section *chosen)
{
    const Sendco__Report *report = drawing->report;
    const char *others = "";

    for (size_t i = 0; i < report->n_sections; i++)
        if (report->sections[i] != chosen && report->sections[i]->n_columns > 0 && report->sections[i]->name && others)
            others = arena_printf(&drawing->cli->arena, "%s%s%s", others, *others ? ", " : "", report->sections[i]->name);
    if (others && *others && chosen && chosen->name)
        cli_note(drawing->cli,
                 "This is the section \"%s\" only. All of it, to print or read: --table; for programs: --json; "
                 "one more section: --section NAME (%s).",
                 chosen->name, others);
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
