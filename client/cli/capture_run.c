// provision start: a run with its whole group in one Put. Main thread.
#include <string.h>

#include "client/cli/capture.h"
#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

static int start_member(struct capture *capture, const struct record *run, char *name)
{
    const char *score = capture_score(name);
    int64_t pupil = 0;
    int error = capture_resolve(capture, "Pupil", name, &pupil);

    for (size_t i = 0; error == 0 && i < capture->n; i++)
        if (!strcmp(capture->records[i]->kind->name, "ProvisionMember") && record_number(capture->records[i], "pupil") == pupil)
            return problem_set(&capture->problem, ERR_USAGE, "--pupils: \"%.100s\" is named twice.", name);
    struct record *member = error == 0 ? capture_add(capture, "ProvisionMember") : NULL;
    if (!member)
        return error != 0 ? error : ERR_NOMEM;
    capture_set(capture, member, "provision", value_number(run->id));
    capture_set(capture, member, "pupil", value_number(pupil));
    capture_set(capture, member, "starts", value_number(record_number(run, "starts")));
    error = capture_typed(capture, member, "entry_score", score);
    if (error == 0 && score && *score)
        capture_set(capture, member, "entry_day", value_number(record_number(run, "starts")));
    return error;
}

static int start_members(struct capture *capture, const struct record *run, size_t *n)
{
    const char *value;
    int error = 0;

    for (size_t at = 0; error == 0 && (value = cli_option_next(capture->cli, "pupils", &at));) {
        char *rest = arena_strdup(&capture->cli->arena, value), *name;

        for (; error == 0 && (name = capture_next(&rest)); (*n)++)
            error = start_member(capture, run, name);
    }
    return error;
}

static int start_type(struct capture *capture, int64_t *type)
{
    const char *text = capture->call->argv[0];
    int error = capture_resolve(capture, "ProvisionType", text, type);

    if (error == ERR_NOT_FOUND)
        problem_hint(&capture->problem, "What there is: sendco provision-type list; a new one: sendco provision-type add name='%.80s'",
                     text);
    return error;
}

static int start_fill(struct capture *capture, struct record *run)
{
    const struct call *call = capture->call;
    struct value empty = {.type = VALUE_EMPTY};
    int64_t type = 0;
    int32_t starts, ends;
    int error = capture_day(capture, "starts", capture->cli->today, &starts);

    if (error == 0)
        error = capture_day(capture, "ends", DATE_NONE, &ends);
    if (error == 0)
        error = start_type(capture, &type);
    if (error != 0)
        return error;
    capture_set(capture, run, "type", value_number(type));
    capture_set(capture, run, "starts", value_number(starts));
    capture_set(capture, run, "ends", ends == DATE_NONE ? empty : value_number(ends));
    error = capture_typed(capture, run, "name", call->argv[1]);
    if (error == 0)
        error = capture_option(capture, run, "leader", "leader");
    if (error == 0)
        error = capture_option(capture, run, "days", "days");
    return error == 0 ? capture_fields(capture, run, call->argc - 2, call->argv + 2) : error;
}

int provision_start_command(struct cli *cli, const struct call *call)
{
    struct capture capture;
    struct record *run = NULL;
    char day[DATE_TEXT_MAX];
    size_t n = 0;
    int error = capture_begin(&capture, cli, call, "Provision");

    if (error == 0 && !(run = capture_add(&capture, "Provision")))
        error = ERR_NOMEM;
    if (error == 0)
        error = start_fill(&capture, run);
    if (error == 0)
        error = start_members(&capture, run, &n);
    if (error == 0)
        error = capture_send(&capture);
    if (error != 0)
        return capture_failed(&capture, "start the provision");
    return capture_done(&capture, arena_printf(&cli->arena, "Provision %s \"%s\" from %s, with %s.", capture_id(&capture, run),
                                               record_text(run, "name"), date_human((int32_t)record_number(run, "starts"), day),
                                               n == 1 ? "1 pupil" : arena_printf(&cli->arena, "%zu pupils", n)));
}
