// provision start and close: a run with its whole group in one Put, and its end with
// what was measured. Main thread.
#include <ctype.h>
#include <string.h>

#include "client/cli/capture.h"
#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

static const char *count_text(struct capture *capture, size_t n)
{
    return arena_printf(&capture->cli->arena, "%zu pupil%s", n, n == 1 ? "" : "s");
}

// "Khan=92": NULL when nothing is given.
static char *score_of(char *name)
{
    char *equals = strrchr(name, '=');

    if (equals)
        *equals = '\0';
    return equals ? equals + 1 : NULL;
}

// --- start ----------------------------------------------------------------------

static int start_member(struct capture *capture, const struct record *run, char *name)
{
    const char *score = score_of(name);
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
        problem_hint(&capture->problem, "What there is: sendco provision-type list; a new one: sendco provision-type add name='%.80s'", text);
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
                                               count_text(&capture, n)));
}

// --- close ----------------------------------------------------------------------

struct closing {
    struct capture capture;
    struct record *run;
    struct captured members; // on that day or before, one for each pupil: the newest
    struct record **edits;   // of the members
    int32_t day;
    size_t left, measured;
};

static void members_newest(struct captured *members, int32_t day)
{
    size_t n = 0;

    for (size_t i = 0; i < members->n; i++) {
        struct record *member = members->list[i];
        size_t at = 0;

        if (record_number(member, "starts") > day)
            continue;
        while (at < n && record_number(members->list[at], "pupil") != record_number(member, "pupil"))
            at++;
        if (at == n)
            members->list[n++] = member;
        else if (record_number(members->list[at], "starts") < record_number(member, "starts"))
            members->list[at] = member;
    }
    members->n = n;
}

static int closing_begin(struct closing *closing)
{
    struct capture *capture = &closing->capture;
    struct record *run;
    int64_t id = 0;
    int error = capture_day(capture, "day", capture->cli->today, &closing->day);

    if (error == 0)
        error = capture_run(capture, capture->call->argv[0], closing->day, &id);
    if (error == 0)
        error = capture_get(capture, "Provision", id, &run);
    if (error == 0)
        error = capture_list(capture, "ProvisionMember", "provision", id, DATE_NONE, &closing->members);
    if (error != 0)
        return error;
    capture->writing.id = id;
    capture->writing.version = run->version;
    members_newest(&closing->members, closing->day);
    closing->run = capture_edit(capture, run);
    closing->edits = arena_zero(&capture->cli->arena, closing->members.n + 1, sizeof *closing->edits);
    for (size_t i = 0; closing->edits && i < closing->members.n; i++)
        if (!(closing->edits[i] = capture_edit(capture, closing->members.list[i])))
            return ERR_NOMEM;
    return closing->run && closing->edits ? 0 : ERR_NOMEM;
}

static bool ends_later(const struct record *record, int32_t day)
{
    return !record_has(record, "ends") || record_number(record, "ends") > day;
}

static int closing_run(struct closing *closing)
{
    struct capture *capture = &closing->capture;

    capture_set(capture, closing->run, "closed", value_number(closing->day));
    if (ends_later(closing->run, closing->day))
        capture_set(capture, closing->run, "ends", value_number(closing->day));
    for (size_t i = 0; i < closing->members.n; i++)
        if (ends_later(closing->edits[i], closing->day)) {
            capture_set(capture, closing->edits[i], "ends", value_number(closing->day));
            closing->left++;
        }
    int error = capture_option(capture, closing->run, "decision", "decision");
    return error == 0 ? capture_option(capture, closing->run, "close_reason", "reason") : error;
}

// A score, or the code of a reason why there is none.
static int closing_exit(struct closing *closing, struct record *member, const char *name, const char *given)
{
    struct capture *capture = &closing->capture;

    if (!given || !*given) {
        problem_set(&capture->problem, ERR_USAGE, "What of %.100s? A score or a reason belongs there: %.100s=92 or %.100s=LEFT", name, name,
                    name);
        return ERR_USAGE;
    }
    closing->measured++;
    if (!isdigit((unsigned char)*given))
        return capture_typed(capture, member, "exit_reason", given);
    capture_set(capture, member, "exit_day", value_number(closing->day));
    return capture_typed(capture, member, "exit_score", given);
}

static int closing_members(struct closing *closing)
{
    struct capture *capture = &closing->capture;
    const struct call *call = capture->call;
    int error = 0;

    for (int i = 1; error == 0 && i < call->argc; i++) {
        char *name = arena_strdup(&capture->cli->arena, call->argv[i]);
        const char *given = name ? score_of(name) : NULL;
        size_t at = 0;

        if (!name)
            return ERR_NOMEM;
        error = capture_pick(capture, &closing->members, "pupil", name, "in this group", &at);
        if (error == 0)
            error = closing_exit(closing, closing->edits[at], name, given);
    }
    return error;
}

int provision_close_command(struct cli *cli, const struct call *call)
{
    struct closing closing = {.left = 0};
    struct capture *capture = &closing.capture;
    char day[DATE_TEXT_MAX], id[ID_TEXT_MAX];
    int error = capture_begin(capture, cli, call, "Provision");

    if (error == 0)
        error = closing_begin(&closing);
    if (error == 0)
        error = closing_run(&closing);
    if (error == 0)
        error = closing_members(&closing);
    if (error == 0)
        error = capture_send(capture);
    if (error != 0)
        return capture_failed(capture, "close the provision");
    return capture_done(capture,
                        arena_printf(&cli->arena, "Provision %s \"%s\" closed on %s%s: %s left with it, exit data given for %zu.",
                                     id_format(closing.run->kind, closing.run->id, id), record_text(closing.run, "name"),
                                     date_human((int32_t)record_number(closing.run, "closed"), day),
                                     capture->reply ? "" : ", nothing had to change", count_text(capture, closing.left), closing.measured));
}
