// Asking for a report: what was typed becomes its parameters, and an answer in pieces
// becomes one report. Knows no report by name. Main thread.
#include <string.h>

#include "client/cli/draw.h"
#include "client/cli/fields.h"
#include "client/cli/run.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

// --- parameters -----------------------------------------------------------------

static int param_day(struct cli *cli, const struct report_param *param, const char *given, const char **value, struct problem *problem)
{
    char iso[DATE_TEXT_MAX];
    int32_t day;

    if (given[0] == '#') { // a number of the log, which some reports take for a day
        *value = given;
        return 0;
    }
    if (date_parse(given, cli->today, &day, problem) != 0) {
        const char *why = arena_strdup(&cli->arena, problem->message);

        problem_set(problem, ERR_USAGE, "--%s: %.600s", param->name, why ? why : "");
        problem_hint(problem, "How dates are typed: sendco help dates");
        return ERR_USAGE;
    }
    *value = arena_strdup(&cli->arena, date_iso(day, iso));
    return 0;
}

static int param_record(struct cli *cli, const struct report_param *param, const char *given, const char **value, struct problem *problem)
{
    const struct kind *kind = kind_find(param->kind);
    char text[ID_TEXT_MAX];
    int64_t id = 0;
    int error = kind ? cli_resolve(cli, kind, given, &id, problem)
                     : problem_set(problem, ERR_INTERNAL, "The report names a kind that there is not: %s.", param->kind);

    if (error == 0)
        *value = arena_strdup(&cli->arena, id_format(kind, id, text));
    return error;
}

static int param_value(struct cli *cli, const struct report_param *param, const char *given, const char **value, struct problem *problem)
{
    *value = given;
    if (param->how & REPORT_FLAG)
        *value = "yes";
    else if (param->how & REPORT_DAY)
        return param_day(cli, param, given, value, problem);
    else if (param->kind)
        return param_record(cli, param, given, value, problem);
    return 0;
}

static int drawing_param(struct drawing *drawing, const struct report_param *param, const char *given, struct problem *problem)
{
    Sendco__ReportRequest__Param *wire = &drawing->params[drawing->n_params];
    const char *value = NULL;
    int error = param_value(drawing->cli, param, given, &value, problem);

    if (error == 0 && !value)
        error = problem_set(problem, ERR_NOMEM, "There is not enough memory for the report.");
    if (error != 0)
        return error;
    sendco__report_request__param__init(wire);
    wire->name = (char *)param->name;
    wire->value = (char *)value;
    drawing->n_params++;
    return 0;
}

static int drawing_params(struct drawing *drawing, const char *word, struct problem *problem)
{
    for (const struct report_param *param = drawing->info->params; param && param->name; param++) {
        const char *given = (param->how & REPORT_WORD) && word ? word : cli_option(drawing->cli, param->name);

        if (!given && !strcmp(param->name, "since")) {
            drawing->follows = drawing->as_at == DATE_NONE && drawing->as_known == 0;
            given = drawing->follows ? drawing_since(drawing) : NULL;
        }
        if (!given || drawing->n_params == DRAW_PARAMS || !strcmp(param->name, "as-at") || !strcmp(param->name, "as-known"))
            continue;
        int error = drawing_param(drawing, param, given, problem);
        if (error != 0)
            return error;
        drawing->part |= strcmp(param->name, "since") != 0 && strcmp(param->name, "limit") != 0;
    }
    return 0;
}

int drawing_prepare(struct drawing *drawing, struct cli *cli, const struct report_info *info, const char *word, struct problem *problem)
{
    *drawing = (struct drawing){.cli = cli,
                                .info = info,
                                .why = cli_option(cli, "why"),
                                .section = cli_option(cli, "section"),
                                .as_at = DATE_NONE,
                                .problem = problem};
    int error = cli_open(cli, problem);

    if (error == 0)
        error = fields_as_at(cli, &drawing->as_at, problem);
    if (error == 0)
        error = fields_as_known(cli, &drawing->as_known, problem);
    return error == 0 ? drawing_params(drawing, word, problem) : error;
}

// --- the answer -----------------------------------------------------------------

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

int drawing_ask(struct drawing *drawing, bool once, bool *lost)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__ReportRequest wire = SENDCO__REPORT_REQUEST__INIT;
    Sendco__ReportRequest__Param *list[DRAW_PARAMS];
    struct cli *cli = drawing->cli;

    for (size_t i = 0; i < drawing->n_params; i++)
        list[i] = &drawing->params[i];
    wire.name = (char *)drawing->info->name;
    wire.n_params = drawing->n_params;
    wire.params = list;
    wire.has_as_at = drawing->as_at != DATE_NONE;
    wire.as_at = drawing->as_at;
    wire.has_as_known = drawing->as_known != 0;
    wire.as_known = drawing->as_known;
    wire.why = (char *)drawing->why;
    request.body_case = SENDCO__REQUEST__BODY_REPORT;
    request.report = &wire;
    drawing->report = NULL;
    int error = once ? cli_ask_once(cli, &request, on_report, drawing, drawing->problem, lost)
                     : cli_ask(cli, &request, on_report, drawing, drawing->problem);
    return error == 0 && !drawing->report ? problem_set(drawing->problem, ERR_PROTOCOL, "The server sent no report.") : error;
}
