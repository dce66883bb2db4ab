// target roll: the unmet targets of a plan go on in the newer one, with where they stand
// now. The old ones keep their status. One batch. Main thread.
#include <string.h>

#include "client/cli/capture.h"
#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "common/date.h"
#include "common/kind.h"

// As the enums of Plan and Target number them.
enum { PLAN_DRAFT = 1, PLAN_LIVE = 3 };
enum { TARGET_OPEN = 1, TARGET_PARTLY_MET = 3, TARGET_NOT_MET = 4 };

struct rolling {
    struct capture capture;
    struct captured plans; // of the pupil
    const struct record *from, *into;
    struct captured targets;
    const char *why;
    int32_t due;
    size_t rolled, there; // there: in the newer plan already
};

// --- which plans ----------------------------------------------------------------

static const struct record *plan_by_id(const struct rolling *rolling, int64_t id)
{
    for (size_t i = 0; i < rolling->plans.n; i++)
        if (rolling->plans.list[i]->id == id)
            return rolling->plans.list[i];
    return NULL;
}

// The newest plan but `not`, that began before `before` (DATE_NONE: whenever); `takes`: live or draft.
static const struct record *plan_newest(const struct rolling *rolling, const struct record * not, int64_t before, bool takes)
{
    const struct record *best = NULL;

    for (size_t i = 0; i < rolling->plans.n; i++) {
        const struct record *plan = rolling->plans.list[i];
        int64_t status = record_number(plan, "status"), starts = record_number(plan, "starts");

        if (plan == not || (takes && (status < PLAN_DRAFT || status > PLAN_LIVE)) || (before != DATE_NONE && starts > before))
            continue;
        if (!best || starts > record_number(best, "starts") || (starts == record_number(best, "starts") && plan->id > best->id))
            best = plan;
    }
    return best;
}

static int plans_of(struct rolling *rolling, int64_t *from)
{
    struct capture *capture = &rolling->capture;
    const char *word = capture->call->argv[0];
    const struct kind *meant = NULL;
    struct problem ignored;
    struct record *plan;
    int64_t pupil = 0;
    int error;

    problem_init(&ignored, NULL);
    *from = 0;
    if (id_parse(NULL, word, &meant, from, &ignored) == 0 && meant == kind_find("Plan")) {
        error = capture_get(capture, "Plan", *from, &plan);
        pupil = error == 0 ? record_number(plan, "pupil") : 0;
    } else {
        *from = 0;
        error = capture_resolve(capture, "Pupil", word, &pupil);
    }
    return error == 0 ? capture_list(capture, "Plan", "pupil", pupil, DATE_NONE, &rolling->plans) : error;
}

static int plan_missing(struct rolling *rolling, const char *what, const char *next)
{
    problem_set(&rolling->capture.problem, ERR_NOT_FOUND, "%s", what);
    problem_hint(&rolling->capture.problem, "%s", next);
    return ERR_NOT_FOUND;
}

static int rolling_plans(struct rolling *rolling)
{
    struct capture *capture = &rolling->capture;
    const char *into = cli_option(capture->cli, "into");
    int64_t from, id = 0;
    int error = plans_of(rolling, &from);

    if (error == 0 && into)
        error = capture_resolve(capture, "Plan", into, &id);
    if (error != 0)
        return error;
    rolling->from = from ? plan_by_id(rolling, from) : NULL;
    rolling->into = into ? plan_by_id(rolling, id) : plan_newest(rolling, rolling->from, DATE_NONE, true);
    if (!rolling->into && into)
        return problem_set(&capture->problem, ERR_INVALID, "--into: that plan is another pupil's.");
    if (!rolling->into)
        return plan_missing(rolling, "The pupil has no other plan that is live or a draft.",
                            "Make the new plan first: sendco plan add pupil=… template=APDR status=draft starts=…");
    if (!rolling->from)
        rolling->from = plan_newest(rolling, rolling->into, record_number(rolling->into, "starts"), false);
    if (!rolling->from)
        return plan_missing(rolling, "The pupil has one plan only: there is no newer one that could take its targets.",
                            "Make the new plan first: sendco plan add pupil=… template=APDR status=draft starts=…");
    if (rolling->from == rolling->into)
        return problem_set(&capture->problem, ERR_INVALID, "A plan cannot take its own targets.");
    return 0;
}

// --- the targets ----------------------------------------------------------------

static bool target_unmet(const struct record *target)
{
    int64_t status = record_number(target, "status");

    return status == 0 || status == TARGET_OPEN || status == TARGET_PARTLY_MET || status == TARGET_NOT_MET;
}

static bool target_there(const struct rolling *rolling, const struct record *target)
{
    for (size_t i = 0; i < rolling->targets.n; i++) {
        const struct record *other = rolling->targets.list[i];

        if (record_number(other, "plan") == rolling->into->id && !strcmp(record_text(other, "aim"), record_text(target, "aim")))
            return true;
    }
    return false;
}

// Where the pupil stood at the last review that says so; NULL: none does.
static int target_value(struct rolling *rolling, const struct record *target, const char **value)
{
    struct captured reviews;
    int64_t newest = DATE_NONE;
    int error = capture_list(&rolling->capture, "TargetReview", "target", target->id, DATE_NONE, &reviews);

    *value = NULL;
    for (size_t i = 0; error == 0 && i < reviews.n; i++)
        if (record_has(reviews.list[i], "value") && record_number(reviews.list[i], "day") >= newest) {
            newest = record_number(reviews.list[i], "day");
            *value = record_text(reviews.list[i], "value");
        }
    return error;
}

static int target_roll(struct rolling *rolling, const struct record *old)
{
    struct capture *capture = &rolling->capture;
    const char *value;
    int error = target_value(rolling, old, &value);
    struct record *target = error == 0 ? capture_add(capture, "Target") : NULL;

    if (!target)
        return error != 0 ? error : ERR_NOMEM;
    capture_copy(capture, target, old, "pupil area aim measure owner baseline");
    capture_set(capture, target, "plan", value_number(rolling->into->id));
    capture_set(capture, target, "status", value_number(TARGET_OPEN));
    if (value)
        capture_set(capture, target, "baseline", value_text(value));
    if (rolling->due != DATE_NONE)
        capture_set(capture, target, "due", value_number(rolling->due));
    const char *note =
        arena_printf(&capture->cli->arena, "Rolled over from %s: %s", capture_id_text(capture, old->kind, old->id), rolling->why);
    if (note)
        capture_set(capture, target, "note", value_text(note));
    rolling->rolled++;
    return 0;
}

static int rolling_targets(struct rolling *rolling)
{
    struct capture *capture = &rolling->capture;
    int64_t pupil = record_number(rolling->from, "pupil");
    int error = capture_list(capture, "Target", "pupil", pupil, DATE_NONE, &rolling->targets);

    for (size_t i = 0; error == 0 && i < rolling->targets.n; i++) {
        const struct record *target = rolling->targets.list[i];

        if (record_number(target, "plan") != rolling->from->id || !target_unmet(target))
            continue;
        if (target_there(rolling, target))
            rolling->there++;
        else
            error = target_roll(rolling, target);
    }
    return error;
}

static int rolling_begin(struct rolling *rolling)
{
    struct capture *capture = &rolling->capture;
    const char *why = cli_option(capture->cli, "message");

    why = why ? why : cli_option(capture->cli, "reason");
    if (!why || !*why) {
        problem_set(&capture->problem, ERR_USAGE, "Why do they go on? A reason is missing: sendco target roll PLAN|PUPIL -m REASON");
        problem_hint(&capture->problem, "It stands in each new target's note, and in the history");
        return ERR_USAGE;
    }
    capture->batch = true;
    int error = rolling_plans(rolling);
    if (error != 0)
        return error;
    int32_t otherwise = record_has(rolling->into, "review_due") ? (int32_t)record_number(rolling->into, "review_due") : DATE_NONE;
    error = capture_day(capture, "due", otherwise, &rolling->due);
    if (error == 0)
        error = capture_ask(capture);
    if (error == 0) // last: what was typed is not lost for a slip in a date
        error = fields_text(capture->cli, why, &rolling->why, &capture->problem);
    capture->reason = rolling->why;
    return error;
}

int target_roll_command(struct cli *cli, const struct call *call)
{
    struct rolling rolling = {.rolled = 0};
    struct capture *capture = &rolling.capture;
    int error = capture_begin(capture, cli, call, "Target");

    if (error == 0)
        error = rolling_begin(&rolling);
    if (error == 0)
        error = rolling_targets(&rolling);
    if (error == 0)
        error = capture_send(capture);
    if (error != 0)
        return capture_failed(capture, "roll the targets over");
    const char *there = rolling.there > 0 ? arena_printf(&cli->arena, "; %zu stood there already", rolling.there) : "";
    return capture_done(capture,
                        arena_printf(&cli->arena, "%zu unmet target%s of %s rolled over into %s, of %s%s.", rolling.rolled,
                                     rolling.rolled == 1 ? "" : "s", capture_id_text(capture, rolling.from->kind, rolling.from->id),
                                     capture_id_text(capture, rolling.into->kind, rolling.into->id),
                                     capture_label(capture, "Pupil", record_number(rolling.into, "pupil")), there ? there : ""));
}
