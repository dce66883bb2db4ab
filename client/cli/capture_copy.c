// provision copy: a period's provision map goes on in the next: the same runs with those
// who still belong to them, as one batch that one undo takes back. Main thread.
#include <string.h>

#include "client/cli/capture_copy.h"
#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "common/date.h"
#include "common/kind.h"

enum { DECISION_STOP = 3 }; // as Provision numbers it

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

const char *member_not(const struct copying *copying, const struct record *member)
{
    const char *reason = record_text(member, "exit_reason");
    const char *title = reason ? fields_code_title(field_find(member->kind, "exit_reason"), reason) : NULL;

    if (record_has(member, "exit_reason"))
        return title ? title : reason;
    return on_roll(copying, record_number(member, "pupil")) ? NULL : "not on roll on the first day";
}

const struct record *member_next(const struct copying *copying, const struct copied *copy, size_t *at)
{
    while (*at < copying->members.n) {
        const struct record *member = copying->members.list[(*at)++];

        if (record_number(member, "provision") == copy->from->id && is_last(copying, member))
            return member;
    }
    return NULL;
}

static int copy_member(struct copying *copying, struct copied *copy, const struct record *old)
{
    struct capture *capture = &copying->capture;
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
    copying->placed++;
    return 0;
}

static bool same_group(const struct record *one, const struct record *other)
{
    return record_number(one, "type") == record_number(other, "type") && !strcmp(record_text(one, "name"), record_text(other, "name"));
}

static bool goes_on_in(const struct copying *copying, const struct copied *copy, int64_t pupil)
{
    const struct record *member;

    for (size_t at = 0; (member = member_next(copying, copy, &at));)
        if (record_number(member, "pupil") == pupil && !member_not(copying, member))
            return true;
    return false;
}

// The same group met twice in the period: a later run took its place, or has all its pupils as well.
static bool goes_on_later(const struct copying *copying, const struct copied *copy, const struct copied *other)
{
    const struct record *run = copy->from, *later = other->from, *member;
    int64_t starts = record_number(run, "starts"), laters = record_number(later, "starts");

    if (later == run || !same_group(run, later) || laters < starts || (laters == starts && later->id < run->id))
        return false;
    if (record_has(run, "ends") && laters > record_number(run, "ends"))
        return true;
    for (size_t at = 0; (member = member_next(copying, copy, &at));)
        if (!member_not(copying, member) && !goes_on_in(copying, other, record_number(member, "pupil")))
            return false;
    return true;
}

static const char *copy_there(struct copying *copying, const struct record *old)
{
    struct capture *capture = &copying->capture;

    for (size_t i = 0; i < copying->runs.n; i++) {
        const struct record *run = copying->runs.list[i];

        if (!same_group(run, old) || record_number(run, "starts") != copying->starts)
            continue;
        const char *id = capture_id_text(capture, run->kind, run->id);
        copying->there = copying->n_there++ ? arena_printf(&capture->cli->arena, "%s, %s", copying->there, id) : id;
        return arena_printf(&capture->cli->arena, "already copied as %s", id);
    }
    return NULL;
}

// Why a run that was not named is not copied; NULL: it may be.
static const char *copy_unfit(const struct copying *copying, const struct copied *copy)
{
    const struct record *old = copy->from;

    if (record_number(old, "decision") == DECISION_STOP)
        return "the decision is to stop it";
    if (record_has(old, "ends") && record_number(old, "ends") == record_number(old, "starts"))
        return "ran one day only";
    if (copy->pupils == 0)
        return "none of its pupils goes on";
    for (size_t i = 0; i < copying->n; i++)
        if (goes_on_later(copying, copy, &copying->copies[i]))
            return arena_printf(&copying->capture.cli->arena, "went on as %s",
                                capture_id_text(&copying->capture, old->kind, copying->copies[i].from->id));
    return NULL;
}

// Why a run is not copied; NULL: it is.
static const char *copy_not(struct copying *copying, const struct copied *copy)
{
    const char *why = copy_there(copying, copy->from);

    for (const struct copied *other = copying->copies; !why && other < copy; other++)
        if (other->from == copy->from)
            why = "named twice";
    return why || copying->capture.call->argc > 0 ? why : copy_unfit(copying, copy);
}

static int copy_fill(struct copying *copying, struct copied *copy)
{
    struct capture *capture = &copying->capture;
    const struct record *old = copy->from;

    if (!(copy->to = capture_add(capture, "Provision")))
        return ERR_NOMEM;
    capture_copy(capture, copy->to, old, "type name leader grade hourly room days minutes per_week planned group_size");
    capture_set(capture, copy->to, "starts", value_number(copying->starts));
    if (copying->ends != DATE_NONE)
        capture_set(capture, copy->to, "ends", value_number(copying->ends));
    else if (record_has(old, "ends"))
        capture_set(capture, copy->to, "ends", value_number(copying->starts + record_number(old, "ends") - record_number(old, "starts")));
    copying->made++;
    return 0;
}

static int copy_run(struct copying *copying, struct copied *copy)
{
    const struct record *member;
    int error = 0;

    for (size_t at = 0; (member = member_next(copying, copy, &at));)
        *(member_not(copying, member) ? &copy->gone : &copy->pupils) += 1;
    if ((copy->why = copy_not(copying, copy)))
        return 0;
    error = copy_fill(copying, copy);
    for (size_t at = 0; error == 0 && (member = member_next(copying, copy, &at));)
        if (!member_not(copying, member))
            error = copy_member(copying, copy, member);
    return error;
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
    return copying_done(&copying);
}
