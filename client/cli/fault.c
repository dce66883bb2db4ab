// How a problem is told: what could not be done and why, field by field, and what
// to type next; or the same as JSON. Main thread.
#include <string.h>

#include "client/cli/cli.h"
#include "client/cli/fields.h"
#include "client/cli/run.h"
#include "client/cli/shape.h"
#include "common/clock.h"
#include "common/kind.h"
#include "common/text.h"

#define FAULT_VALUE 60 // columns of a value in a message

static const char *fault_value(struct cli *cli, const struct field *field, struct value value)
{
    if (value.type == VALUE_EMPTY)
        return "empty";
    const char *shown = text_safe(fields_shown(field, value, NULL, true, &cli->arena), false, &cli->arena);
    const char *cut = shown ? text_cut(shown, FAULT_VALUE, &cli->arena) : NULL;
    return arena_printf(&cli->arena, "\"%s\"", cut ? cut : "");
}

static void fault_conflict(struct cli *cli, const struct problem_field *in, const struct field *field)
{
    char when[32];

    fprintf(cli->err, "  %s: %s%s%s", field ? field->label : "The record", in->who ? "changed by " : "changed",
            in->who ? text_safe(in->who, false, &cli->arena) : "", in->when ? ", " : "");
    fprintf(cli->err, "%s\n", in->when ? clock_text(in->when, when) : "");
    if (!field)
        return;
    fprintf(cli->err, "    when you looked: %s\n", fault_value(cli, field, in->base));
    fprintf(cli->err, "    now:             %s\n", fault_value(cli, field, in->theirs));
    fprintf(cli->err, "    yours:           %s\n", fault_value(cli, field, in->yours));
}

static void fault_field(struct cli *cli, const struct problem *problem, const struct problem_field *in)
{
    const struct field *field = in->kind && in->field >= 0 && in->field < in->kind->n_fields ? &in->kind->fields[in->field] : NULL;
    const char *message = in->message ? text_safe(in->message, false, &cli->arena) : NULL;
    char id[ID_TEXT_MAX] = "";

    if (in->kind && in->id > 0)
        id_format(in->kind, in->id, id);
    if (!in->message || (in->who && in->when)) {
        fault_conflict(cli, in, field);
        if (message && !strstr(problem->message, in->message))
            fprintf(cli->err, "    %s\n", message);
    } else if (!field || !strstr(problem->message, in->message)) {
        fprintf(cli->err, "  %s%s%s%s%s\n", id, *id ? "  " : "", field ? field->label : "", field ? ": " : "", message ? message : "");
    }
}

static void fault_text(struct cli *cli, const char *doing, const struct problem *problem)
{
    const char *hint = problem_next(problem), *message = text_safe(problem->message, false, &cli->arena);

    if (doing)
        fprintf(cli->err, "sendco: cannot %s: %s [%s]\n", text_safe(doing, false, &cli->arena), message, error_info(problem->error)->code);
    else
        fprintf(cli->err, "sendco: %s [%s]\n", message, error_info(problem->error)->code);
    for (size_t i = 0; i < problem->n_fields; i++)
        fault_field(cli, problem, &problem->fields[i]);
    if (!hint || !*hint)
        return;
    const char *next = text_safe(hint, true, &cli->arena);
    fprintf(cli->err, "  next: ");
    for (; *next; next++) {
        fputc(*next, cli->err);
        if (*next == '\n')
            fputs("        ", cli->err);
    }
    fputc('\n', cli->err);
}

int cli_fail(struct cli *cli, const char *doing, const struct problem *problem)
{
    struct problem ignored;

    cli_progress_end(cli);
    problem_init(&ignored, NULL);
    if (cli->out)
        people_pager_end(cli, &ignored); // an error is not written over an open pager
    if (cli->format == CLI_JSON || cli->format == CLI_JSONL)
        shape_write(shape_problem(problem, &cli->arena), true, cli->err);
    else
        fault_text(cli, doing, problem);
    fflush(cli->err);
    return error_info(problem->error)->exit;
}
