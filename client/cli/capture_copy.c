// provision copy: a period's provision map goes on in the next: the same runs with those
// who still belong to them, as one batch that one undo takes back. Main thread.
#include <string.h>

#include "client/cli/capture.h"
#include "client/cli/command.h"
#include "client/cli/table.h"
#include "common/date.h"
#include "common/kind.h"

enum { DECISION_STOP = 3 }; // as Provision numbers it

struct copied {
    const struct record *from;
    struct record *to; // NULL: left out
    const char *why;   // why it was
    size_t pupils, gone;
};

struct copying {
    struct capture capture;
    int32_t from, until, starts, ends;
    struct captured runs, members, pupils;
    struct copied *copies;
    size_t n, made, placed; // placed: pupils in all
};

// --- what to copy ---------------------------------------------------------------

static int copying_dates(struct copying *copying)
{
    struct capture *capture = &copying->capture;
    static const char *const needed[] = {"from", "to", "starts"};
    int32_t *const days[] = {&copying->from, &copying->until, &copying->starts};
    bool named = capture->call->argc > 0;

    for (size_t i = 0; i < 3; i++) {
        int error = capture_day(capture, needed[i], DATE_NONE, days[i]);

        if (error != 0)
            return error;
        if (*days[i] != DATE_NONE || (named && i < 2))
            continue;
        problem_set(&capture->problem, ERR_USAGE, "--%s is missing: sendco provision copy --from DATE --to DATE --starts DATE", needed[i]);
        problem_hint(&capture->problem, "From and to: the period that is copied. Starts: the first day of the new runs");
        return ERR_USAGE;
    }
    if (copying->from != DATE_NONE && copying->until != DATE_NONE && copying->from > copying->until)
        return problem_set(&capture->problem, ERR_USAGE, "--to lies before --from.");
    int error = capture_day(capture, "ends", DATE_NONE, &copying->ends);
    if (error == 0 && copying->ends != DATE_NONE && copying->ends < copying->starts)
        return problem_set(&capture->problem, ERR_USAGE, "--ends lies before --starts.");
    return error;
}

static bool ran_then(const struct copying *copying, const struct record *run)
{
    return (copying->until == DATE_NONE || record_number(run, "starts") <= copying->until) &&
           (copying->from == DATE_NONE || !record_has(run, "ends") || record_number(run, "ends") >= copying->from);
}

static int copying_named(struct copying *copying)
{
    struct capture *capture = &copying->capture;

    for (int i = 0; i < capture->call->argc; i++) {
        int64_t id = 0;
        int32_t day = copying->until != DATE_NONE ? copying->until : capture->cli->today;
        int error = capture_run(capture, capture->call->argv[i], day, &id);

        if (error != 0)
            return error;
        for (size_t k = 0; k < copying->runs.n; k++)
            if (copying->runs.list[k]->id == id)
                copying->copies[copying->n++].from = copying->runs.list[k];
    }
    return 0;
}

static int copying_begin(struct copying *copying)
{
    struct capture *capture = &copying->capture;
    int error = copying_dates(copying);

    if (error == 0)
        error = capture_list(capture, "Provision", NULL, 0, DATE_NONE, &copying->runs);
    if (error == 0)
        error = capture_list(capture, "ProvisionMember", NULL, 0, DATE_NONE, &copying->members);
    if (error == 0)
        error = capture_list(capture, "Pupil", NULL, 0, DATE_NONE, &copying->pupils);
    if (error != 0)
        return error;
    size_t most = copying->runs.n + (size_t)capture->call->argc + 1;
    if (!(copying->copies = arena_zero(&capture->cli->arena, most, sizeof *copying->copies)))
        return ERR_NOMEM;
    if (capture->call->argc > 0)
        return copying_named(copying);
    for (size_t i = 0; i < copying->runs.n; i++)
        if (ran_then(copying, copying->runs.list[i]))
            copying->copies[copying->n++].from = copying->runs.list[i];
    return 0;
}

// --- copies ---------------------------------------------------------------------

static bool on_roll(const struct copying *copying, int64_t pupil)
{
    for (size_t i = 0; i < copying->pupils.n; i++)
        if (copying->pupils.list[i]->id == pupil)
            return !record_has(copying->pupils.list[i], "left") || record_number(copying->pupils.list[i], "left") >= copying->starts;
    return false;
}

// Of one pupil who was in the run several times, the last counts.
static bool is_last(const struct copying *copying, const struct record *member)
{
    for (size_t i = 0; i < copying->members.n; i++) {
        const struct record *other = copying->members.list[i];

        if (record_number(other, "provision") == record_number(member, "provision") &&
            record_number(other, "pupil") == record_number(member, "pupil") &&
            record_number(other, "starts") > record_number(member, "starts"))
            return false;
    }
    return true;
}

static int copy_member(struct copying *copying, struct copied *copy, const struct record *old)
{
    struct capture *capture = &copying->capture;

    if (record_has(old, "exit_reason") || !on_roll(copying, record_number(old, "pupil"))) {
        copy->gone++;
        return 0;
    }
    struct record *member = capture_add(capture, "ProvisionMember");
    if (!member)
        return ERR_NOMEM;
    capture_copy(capture, member, old, "pupil section_f");
    capture_set(capture, member, "provision", value_number(copy->to->id));
    capture_set(capture, member, "starts", value_number(copying->starts));
    if (record_has(old, "exit_score")) {
        capture_set(capture, member, "entry_score", value_number(record_number(old, "exit_score")));
        if (record_has(old, "exit_day"))
            capture_set(capture, member, "entry_day", value_number(record_number(old, "exit_day")));
    }
    copy->pupils++;
    copying->placed++;
    return 0;
}

// Why a run is not copied; NULL: it is.
static const char *copy_not(const struct copying *copying, const struct copied *copy)
{
    const struct record *old = copy->from;

    if (copying->capture.call->argc == 0 && record_number(old, "decision") == DECISION_STOP)
        return "left out: the decision is to stop it";
    for (size_t i = 0; i < copying->runs.n; i++) {
        const struct record *run = copying->runs.list[i];

        if (record_number(run, "type") == record_number(old, "type") && record_number(run, "starts") == copying->starts &&
            !strcmp(record_text(run, "name"), record_text(old, "name")))
            return "left out: it is there already";
    }
    for (const struct copied *other = copying->copies; other < copy; other++)
        if (other->from == old)
            return "left out: named twice";
    return NULL;
}

static int copy_run(struct copying *copying, struct copied *copy)
{
    struct capture *capture = &copying->capture;
    const struct record *old = copy->from;
    int error = 0;

    if ((copy->why = copy_not(copying, copy)))
        return 0;
    if (!(copy->to = capture_add(capture, "Provision")))
        return ERR_NOMEM;
    capture_copy(capture, copy->to, old, "type name leader grade hourly room days minutes per_week planned group_size");
    capture_set(capture, copy->to, "starts", value_number(copying->starts));
    if (copying->ends != DATE_NONE)
        capture_set(capture, copy->to, "ends", value_number(copying->ends));
    else if (record_has(old, "ends"))
        capture_set(capture, copy->to, "ends", value_number(copying->starts + record_number(old, "ends") - record_number(old, "starts")));
    copying->made++;
    for (size_t i = 0; error == 0 && i < copying->members.n; i++) {
        const struct record *member = copying->members.list[i];

        if (record_number(member, "provision") == old->id && is_last(copying, member))
            error = copy_member(copying, copy, member);
    }
    return error;
}

// --- telling --------------------------------------------------------------------

static const char *day_text(struct cli *cli, const struct record *run, const char *field)
{
    char day[DATE_TEXT_MAX];
    int32_t date = run && record_has(run, field) ? (int32_t)record_number(run, field) : DATE_NONE;
    const char *text = date == DATE_NONE ? NULL : cli->human ? strchr(date_human(date, day), ' ') + 1 : date_iso(date, day);
    const char *copy = text ? arena_strdup(&cli->arena, text) : NULL; // columns are narrow: without the weekday

    return copy ? copy : "";
}

static void copying_table(struct copying *copying)
{
    static const struct table_column columns[] = {{"provision", "Provision", false, TABLE_KEEP}, {"pupils", "Pupils", true, TABLE_KEEP},
                                                  {"left_out", "Left out", true, 0},             {"starts", "From", false, TABLE_FIRM},
                                                  {"ends", "Until", false, TABLE_FIRM},          {"note", "Note", false, 0}};
    struct cli *cli = copying->capture.cli;
    struct table table;

    table_init(&table, columns, 6, &cli->arena);
    for (size_t i = 0; i < copying->n; i++) {
        const struct copied *copy = &copying->copies[i];
        const char *cells[] = {record_text(copy->from, "name"), copy->to ? arena_printf(&cli->arena, "%zu", copy->pupils) : "",
                               copy->gone ? arena_printf(&cli->arena, "%zu", copy->gone) : "", day_text(cli, copy->to, "starts"),
                               day_text(cli, copy->to, "ends"), copy->why ? copy->why : ""};

        if (table_add(&table, cells) != 0)
            return;
    }
    if (table.n_rows > 0)
        table_print(cli, &table);
}

// 0 to go on, 1 not to, or an error: a script says --yes.
static int copying_agreed(struct copying *copying)
{
    struct capture *capture = &copying->capture;
    struct cli *cli = capture->cli;

    if (cli->human)
        copying_table(copying);
    capture->unsure = ""; // the table says whom names were taken for
    if (copying->made == 0 || cli->dry_run || cli->yes)
        return 0;
    if (cli_can_ask(cli))
        return cli_confirm(cli, arena_printf(&cli->arena, "Copy %zu provision%s with %zu pupil%s?", copying->made,
                                             copying->made == 1 ? "" : "s", copying->placed, copying->placed == 1 ? "" : "s"))
                   ? 0
                   : 1;
    problem_set(&capture->problem, ERR_USAGE, "%zu provisions with %zu pupils would be copied; nobody is here to say yes.", copying->made,
                copying->placed);
    problem_hint(&capture->problem, "The same with --yes; or first with --dry-run, to look at it");
    return ERR_USAGE;
}

int provision_copy_command(struct cli *cli, const struct call *call)
{
    struct copying copying = {.n = 0};
    struct capture *capture = &copying.capture;
    int error = capture_begin(capture, cli, call, "Provision");

    capture->batch = true;
    if (error == 0)
        error = copying_begin(&copying);
    for (size_t i = 0; error == 0 && i < copying.n; i++)
        error = copy_run(&copying, &copying.copies[i]);
    if (error == 0)
        error = copying_agreed(&copying);
    if (error == 1) {
        cli_note(cli, "Nothing was copied.");
        return 1;
    }
    if (error == 0)
        error = capture_send(capture);
    if (error != 0)
        return capture_failed(capture, "copy the provision");
    return capture_done(capture, arena_printf(&cli->arena, "%zu provision%s copied, with %zu pupil%s; %zu left out.", copying.made,
                                              copying.made == 1 ? "" : "s", copying.placed, copying.placed == 1 ? "" : "s",
                                              copying.n - copying.made));
}
