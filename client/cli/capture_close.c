// provision close: the end of a run, with what was measured of each of its pupils. Main
// thread.
#include <ctype.h>
#include <string.h>

#include "client/cli/capture.h"
#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "common/date.h"
#include "common/kind.h"

struct closing {
    struct capture capture;
    struct record *run;
    struct captured members; // on that day or before, one for each pupil: the newest; first those who are in it still
    struct record **edits;   // of the members
    bool *named;             // of the members
    int32_t day;
    size_t left, measured;
    const char *replaced; // what was measured before and is another now
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

static bool ends_later(const struct record *record, int32_t day)
{
    return !record_has(record, "ends") || record_number(record, "ends") > day;
}

// Who is in it until that day comes before who left: a name means whoever is there.
static int members_in_first(struct closing *closing)
{
    struct captured *members = &closing->members;
    struct record **list = arena_alloc(&closing->capture.cli->arena, (members->n + 1) * sizeof *list);
    size_t n = 0;

    if (!list)
        return problem_set(&closing->capture.problem, ERR_NOMEM, "There is not enough memory for the group.");
    for (int gone = 0; gone < 2; gone++) {
        for (size_t i = 0; i < members->n; i++)
            if (ends_later(members->list[i], closing->day - 1) == !gone)
                list[n++] = members->list[i];
        members->first = gone ? members->first : n;
    }
    members->list = list;
    return 0;
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
    if ((error = members_in_first(closing)) != 0)
        return error;
    closing->run = capture_edit(capture, run);
    closing->edits = arena_zero(&capture->cli->arena, closing->members.n + 1, sizeof *closing->edits);
    closing->named = arena_zero(&capture->cli->arena, closing->members.n + 1, sizeof *closing->named);
    for (size_t i = 0; closing->edits && i < closing->members.n; i++)
        if (!(closing->edits[i] = capture_edit(capture, closing->members.list[i])))
            return ERR_NOMEM;
    return closing->run && closing->edits && closing->named ? 0 : ERR_NOMEM;
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

static const char *exit_text(struct capture *capture, const struct record *member, const char *name)
{
    const struct field *field = field_find(member->kind, name);

    return fields_shown(field, member->values[field->index], NULL, true, &capture->cli->arena);
}

// What was measured once is not lost for what is measured now unless somebody says so.
static int exit_set(struct closing *closing, size_t at, const char *name, const char *given)
{
    struct capture *capture = &closing->capture;
    const struct record *old = closing->members.list[at];
    struct record *member = closing->edits[at];
    const struct field *field = field_find(member->kind, name);
    int error = capture_typed(capture, member, name, given);

    if (error != 0 || !record_has(old, name) || value_equal(old->values[field->index], member->values[field->index]))
        return error;
    const char *all =
        arena_printf(&capture->cli->arena, "%s%s%s of %s, %s by %s", capture->replaces, *capture->replaces ? "; " : "", field->label,
                     capture_name(&closing->members, old, "pupil"), exit_text(capture, old, name), exit_text(capture, member, name));
    if (!all)
        return problem_set(&capture->problem, ERR_NOMEM, "There is not enough memory for the group.");
    capture->replaces = closing->replaced = all;
    return 0;
}

// A score, or the code of a reason why there is none.
static int closing_exit(struct closing *closing, size_t at, const char *name, const char *given)
{
    struct capture *capture = &closing->capture;
    struct record *member = closing->edits[at];

    if (!given || !*given) {
        problem_set(&capture->problem, ERR_USAGE, "What of %.100s? A score or a reason belongs there: %.100s=92 or %.100s=LEFT", name, name,
                    name);
        return ERR_USAGE;
    }
    if (closing->named[at])
        return problem_set(&capture->problem, ERR_USAGE, "%.200s is named twice.",
                           capture_name(&closing->members, closing->members.list[at], "pupil"));
    closing->named[at] = true;
    closing->measured++;
    if (!isdigit((unsigned char)*given))
        return exit_set(closing, at, "exit_reason", given);
    int error = exit_set(closing, at, "exit_score", given);
    const struct field *score = field_find(member->kind, "exit_score");
    // The same score once more was not measured again.
    if (error == 0 &&
        (!record_has(member, "exit_day") || !value_equal(closing->members.list[at]->values[score->index], member->values[score->index])))
        capture_set(capture, member, "exit_day", value_number(closing->day));
    return error;
}

static int closing_members(struct closing *closing)
{
    struct capture *capture = &closing->capture;
    const struct call *call = capture->call;
    int error = 0;

    for (int i = 1; error == 0 && i < call->argc; i++) {
        char *name = arena_strdup(&capture->cli->arena, call->argv[i]);
        const char *given = name ? capture_score(name) : NULL;
        size_t at = 0;

        if (!name)
            return ERR_NOMEM;
        error = capture_pick(capture, &closing->members, "pupil", name, "in this group", &at);
        if (error == 0)
            error = closing_exit(closing, at, name, given);
    }
    return error;
}

static const char *closing_line(struct closing *closing)
{
    struct capture *capture = &closing->capture;
    struct arena *arena = &capture->cli->arena;
    char day[DATE_TEXT_MAX], id[ID_TEXT_MAX];
    const char *line =
        arena_printf(arena, "Provision %s \"%s\" closed on %s%s: %zu pupil%s left with it, exit data given for %zu.",
                     id_format(closing->run->kind, closing->run->id, id), record_text(closing->run, "name"),
                     date_human((int32_t)record_number(closing->run, "closed"), day), capture->reply ? "" : ", nothing had to change",
                     closing->left, closing->left == 1 ? "" : "s", closing->measured);

    return line && closing->replaced ? arena_printf(arena, "%s\n  Replaced: %s.", line, closing->replaced) : line;
}

int provision_close_command(struct cli *cli, const struct call *call)
{
    struct closing closing = {.replaced = NULL};
    struct capture *capture = &closing.capture;
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
    return capture_done(capture, closing_line(&closing));
}
