// Rules of where a pupil stands, of plans and targets, and of dealings with home, on a
// real store: each refused, accepted and warned of. Today is 27 May 2026.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/support/judging.h"

// --- needs ---

#define NEED(who, need, rank, from, ...) NEW("Need", "pupil", who, "need", need, "rank", rank, "starts", from, __VA_ARGS__)

static void test_ranks_are_held_once(void **state)
{
    (void)state;
    const char *who = new_pupil("Ranks");
    struct change change;
    int64_t first = storing_add(NEED(who, "ASD", "1", "2025-09-01", "note", "x"));
    int64_t second = storing_add(NEED(who, "SLCN", "2", "2025-09-01", "note", "x"));
    assert_int_equal(storing_put(NEED(who, "MLD", "2", "2026-01-01", "note", "x"), &change), ERR_CONFLICT);
    assert_non_null(strstr(change.problem.message, "SLCN holds rank 2"));
    assert_int_equal(change.problem.fields[0].id, -1);
    assert_int_equal(storing_put(EDIT("Need", second, "rank", "1"), &change), ERR_CONFLICT);
    struct put_item swap[] = {EDIT("Need", second, "rank", "1"), EDIT("Need", first, "rank", "2")};
    assert_int_equal(together(swap, 2, &change), 0);
    assert_int_equal(record_number(storing_get(kind_find("Need"), second), "rank"), 1);
}

static void test_lower_needs_stand_beside_a_first(void **state)
{
    (void)state;
    const char *who = new_pupil("Beside");
    struct change change;
    judge(NEED(who, "SLCN", "2", "2025-09-01", "note", "x"), REFUSED, "rank", "needs one of rank 1 beside it; on Mon 1 Sep 2025");
    int64_t first = storing_add(NEED(who, "ASD", "1", "2025-09-01", "ends", "2025-12-31"));
    judge(NEED(who, "SLCN", "2", "2025-09-01", "note", "x"), REFUSED, "rank", "on Thu 1 Jan 2026");
    int64_t next = storing_add(NEED(who, "MLD", "1", "2026-01-01", "note", "x"));
    int64_t lower = judge(NEED(who, "SLCN", "2", "2025-09-01", "note", "x"), ACCEPTED, "", "x");
    judge(EDIT("Need", next, "ends", "2026-03-01"), REFUSED, "rank",
          "SLCN, of rank 2, would be left without a need of rank 1 on Mon 2 Mar 2026");
    judge(EDIT("Need", next, "rank", "3"), REFUSED, "rank", "rank 1");
    judge(EDIT("Need", first, "starts", "2025-10-01"), REFUSED, "rank", "Mon 1 Sep 2025");
    assert_int_equal(removal(kind_find("Need"), first, &change), ERR_INVALID);
    assert_non_null(strstr(change.problem.hint, "sendco need order PUP-"));
    judge(EDIT("Need", next, "note", "only a word"), ACCEPTED, "", "x");
    struct put_item all[] = {EDIT("Need", next, "ends", "2026-03-01"), EDIT("Need", lower, "ends", "2026-03-01")};
    assert_int_equal(together(all, 2, &change), 0);
}

static void test_who_has_left_is_not_held_up(void **state)
{
    (void)state;
    const char *who = new_pupil("Left");
    int64_t first = storing_add(NEED(who, "ASD", "1", "2025-09-01", "note", "x"));
    int64_t lower = storing_add(NEED(who, "SLCN", "2", "2025-09-01", "note", "x"));
    int64_t id = storing_get(kind_find("Need"), first)->about;
    storing_add(EDIT("Pupil", id, "left", "2026-03-27"));
    judge(EDIT("Need", first, "ends", "2026-03-26"), REFUSED, "rank", "SLCN");
    judge(EDIT("Need", first, "ends", "2026-03-27"), ACCEPTED, "", "x");
    judge(EDIT("Need", lower, "ends", "2026-03-27"), ACCEPTED, "", "x");
}

// Whoever left and came back, with an old gap in the ranks: only what a change makes worse is its fault.
static void test_an_old_gap_holds_nobody_up(void **state)
{
    (void)state;
    const char *who = new_pupil("Back");
    int64_t first = storing_add(NEED(who, "ASD", "1", "2025-01-01", "note", "x"));
    int64_t lower = storing_add(NEED(who, "SLCN", "2", "2025-01-01", "note", "x"));
    int64_t id = storing_get(kind_find("Need"), first)->about;
    storing_add(EDIT("Pupil", id, "left", "2026-01-31"));
    storing_add(EDIT("Need", first, "ends", "2026-01-31"));
    storing_add(EDIT("Pupil", id, "left", ""));
    judge(NEED(who, "MLD", "3", "2026-05-01", "note", "x"), REFUSED, "rank", "needs one of rank 1 beside it; on Fri 1 May 2026");
    int64_t again = judge(NEED(who, "ASD", "1", "2026-05-01", "note", "x"), ACCEPTED, "", "x");
    judge(NEED(who, "MLD", "3", "2026-05-01", "note", "x"), ACCEPTED, "", "x");
    judge(EDIT("Need", lower, "rank", "4"), ACCEPTED, "", "x");
    judge(EDIT("Need", lower, "ends", "2026-05-20"), ACCEPTED, "", "x");
    judge(EDIT("Need", again, "starts", "2026-05-02"), REFUSED, "rank", "on Fri 1 May 2026");
    judge(EDIT("Need", again, "starts", "2026-04-01"), ACCEPTED, "", "x");
}

static void test_what_is_new_is_named_by_no_id(void **state)
{
    (void)state;
    struct change change;
    struct put_item both[] = {NEW("Pupil", "surname", "Brand-new", "born", "2018-01-01"), NEED("1", "ASD", "2", "2026-01-01", "note", "x")};
    record_set(both[1].record, "pupil", value_number(-1));
    assert_int_equal(together(both, 2, &change), ERR_INVALID);
    assert_non_null(strstr(change.problem.hint, "sendco need order …"));
    assert_null(strstr(change.problem.hint, "PUP-"));
    assert_int_equal(change.problem.fields[0].id, -1);
}

// --- status and concerns ---

static void test_status_tells_what_is_missing(void **state)
{
    (void)state;
    const char *who = new_pupil("Status");
    struct change change;
    judge(NEW("SenStatus", "pupil", who, "provision", "K", "starts", "2024-09-01", "ends", "2025-07-31"), ACCEPTED, "", "no live plan");
    judge(NEW("SenStatus", "pupil", who, "provision", "K", "starts", "2025-09-01"), WARNED, "", "no live plan");
    int64_t plan = storing_add(NEW("Plan", "pupil", who, "template", "APDR", "starts", "2026-04-20", "status", "live"));
    judge(NEW("SenStatus", "pupil", who, "provision", "E", "starts", "2026-05-01"), ACCEPTED, "", "no live plan");
    storing_add(NEED(who, "ASD", "1", "2025-09-01", "note", "x"));
    judge(NEW("SenStatus", "pupil", who, "provision", "N", "starts", "2026-05-20"), WARNED, "", "1 of the pupil's needs still runs");
    judge(NEW("SenStatus", "pupil", who, "provision", "K", "starts", "2026-05-21"), ACCEPTED, "", "no live plan");
    judge(EDIT("Plan", plan, "status", "draft"), WARNED, "", "last live plan");
    struct put_item both[] = {NEW("SenStatus", "pupil", new_pupil("Both"), "provision", "K", "starts", "2026-05-01"),
                              NEW("Plan", "pupil", who, "template", "APDR", "starts", "2026-05-01", "status", "live")};
    both[1].record->values[field_find(kind_find("Plan"), "pupil")->index] =
        both[0].record->values[field_find(kind_find("SenStatus"), "pupil")->index];
    assert_int_equal(together(both, 2, &change), 0);
    assert_false(is_warned(&change, "no live plan"));
}

static void test_concerns(void **state)
{
    (void)state;
    const char *who = new_pupil("Concern");
#define CONCERN(...) NEW("Concern", "pupil", who, "concern", "Slow to settle", "raised", __VA_ARGS__)
    const struct {
        struct put_item item;
        enum verdict verdict;
        const char *field, *words;
    } table[] = {
        {CONCERN("2026-05-28"), REFUSED, "raised", "future"},
        {CONCERN("2026-05-27"), ACCEPTED, "", "x"},
        {CONCERN("2026-05-01", "decided", "2026-05-10"), REFUSED, "outcome", "what was decided"},
        {CONCERN("2026-05-01", "outcome", "MONITOR"), REFUSED, "decided", "on which day"},
        {CONCERN("2026-05-01", "outcome", "MONITOR", "decided", "2026-04-30"), REFUSED, "decided", "before the concern"},
        {CONCERN("2026-05-01", "outcome", "MONITOR", "decided", "2026-05-28"), REFUSED, "decided", "future"},
        {CONCERN("2020-05-01", "outcome", "MONITOR", "decided", "2020-05-01"), ACCEPTED, "", "x"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        judge(table[i].item, table[i].verdict, table[i].field, table[i].words);
}

// --- plans, targets, reviews ---

static int64_t new_plan(const char *who, const char *starts)
{
    return storing_add(NEW("Plan", "pupil", who, "template", "APDR", "starts", starts, "review_due", "2026-07-10", "status", "live"));
}

static int64_t new_target(const char *who, int64_t plan)
{
    return storing_add(
        NEW("Target", "pupil", who, "plan", text_id("Plan", plan), "aim", "Reads ten words", "baseline", "Two", "due", "2026-07-01"));
}

#define REVIEW(target, day, judgement, ...)                                                                                                \
    NEW("TargetReview", "target", text_id("Target", target), "day", day, "judgement", judgement, __VA_ARGS__)

static void test_a_plan_closes_with_its_reviews(void **state)
{
    (void)state;
    const char *who = new_pupil("Plan");
    struct change change;
    int64_t plan = new_plan(who, "2026-01-05"), targets[5];
    for (size_t i = 0; i < 5; i++)
        targets[i] = new_target(who, plan);
    judge(EDIT("Plan", plan, "status", "reviewed"), REFUSED, "status", "5 of the plan's targets have no review");
    assert_int_equal(storing_put(EDIT("Plan", plan, "status", "closed"), &change), ERR_INVALID);
    assert_non_null(strstr(change.problem.message, "and 2 more"));
    assert_non_null(strstr(change.problem.message, "Reads ten words"));
    assert_non_null(strstr(change.problem.hint, "target-review add"));
    for (size_t i = 0; i < 3; i++)
        storing_add(REVIEW(targets[i], "2026-05-01", "met", "value", "Ten"));
    storing_add(EDIT("Target", targets[3], "status", "stopped"));
    judge(EDIT("Plan", plan, "status", "reviewed"), REFUSED, "status", "1 of the plan's targets has no review");
    struct put_item both[] = {EDIT("Plan", plan, "status", "reviewed"), REVIEW(targets[4], "2026-05-02", "not-met", "value", "Two")};
    assert_int_equal(together(both, 2, &change), 0); // in either order
    assert_true(is_warned(&change, "without the pupil's views") && is_warned(&change, "without the parent's views"));
    judge(EDIT("Plan", plan, "status", "closed"), ACCEPTED, "", "views");
    judge(NEW("Plan", "pupil", who, "template", "APDR", "starts", "2026-05-01", "review_due", "2026-04-30", "status", "live"), REFUSED,
          "review_due", "before the plan starts");
}

static void test_a_finished_plan_keeps_its_reviews(void **state)
{
    (void)state;
    const char *who = new_pupil("Finished");
    struct change change;
    int64_t plan = new_plan(who, "2026-01-05"), aim = new_target(who, plan), stopped = new_target(who, plan);
    int64_t review = storing_add(REVIEW(aim, "2026-05-01", "met", "value", "Ten"));
    storing_add(EDIT("Target", stopped, "status", "stopped"));
    storing_add(EDIT("Plan", plan, "status", "closed"));
    assert_int_equal(removal(kind_find("TargetReview"), review, &change), ERR_INVALID);
    assert_non_null(strstr(change.problem.message, "the only review"));
    assert_non_null(strstr(change.problem.hint, "status=live"));
    assert_string_equal(has_choice("Target", aim, "status"), "met");
    judge(NEW("Target", "pupil", who, "plan", text_id("Plan", plan), "aim", "Late"), REFUSED, "plan", "takes no more targets");
    judge(EDIT("Target", stopped, "status", "open"), REFUSED, "status", "no review since the plan began");
    judge(EDIT("Plan", plan, "starts", "2026-05-02"), REFUSED, "status", "no review since it began");
    storing_add(REVIEW(aim, "2026-05-10", "met", "value", "Ten"));
    assert_int_equal(removal(kind_find("TargetReview"), review, &change), 0);
    storing_add(EDIT("Plan", plan, "status", "live"));
    judge(EDIT("Target", stopped, "status", "open"), ACCEPTED, "", "x");
    struct put_item late[] = {NEW("Plan", "pupil", who, "template", "APDR", "starts", "2026-01-05", "status", "closed"),
                              NEW("Target", "pupil", who, "plan", "1", "aim", "Late", "baseline", "x"),
                              NEW("TargetReview", "target", "1", "day", "2026-05-01", "judgement", "met")};
    record_set(late[1].record, "plan", value_number(-1));
    record_set(late[2].record, "target", value_number(-1));
    assert_int_equal(together(late, 2, &change), ERR_INVALID);
    assert_null(strstr(change.problem.message, "TGT-"));
    assert_non_null(strstr(change.problem.message, "\"Late\""));
    assert_int_equal(together(late, 3, &change), 0);
}

static void test_a_status_set_by_hand_holds(void **state)
{
    (void)state;
    const char *who = new_pupil("By hand");
    int64_t aim = new_target(who, new_plan(who, "2026-01-05"));
    int64_t first = storing_add(REVIEW(aim, "2026-02-01", "partly-met", "value", "x"));
    int64_t second = storing_add(REVIEW(aim, "2026-03-01", "not-met", "value", "x"));
    storing_add(EDIT("Target", aim, "status", "met"));
    judge(EDIT("TargetReview", first, "judgement", "exceeded"), ACCEPTED, "", "x");
    judge(EDIT("TargetReview", second, "day", "2026-03-02"), ACCEPTED, "", "x");
    judge(REVIEW(aim, "2026-02-10", "not-met", "value", "x"), ACCEPTED, "", "x");
    assert_string_equal(has_choice("Target", aim, "status"), "met");
    judge(EDIT("TargetReview", second, "day", "2026-01-20"), ACCEPTED, "", "x"); // now another is the newest
    assert_string_equal(has_choice("Target", aim, "status"), "not-met");
}

static void test_a_second_cycle_with_little_progress(void **state)
{
    (void)state;
    const char *who = new_pupil("Cycles");
    static const char *const begun[] = {"2025-09-01", "2026-01-05"};
    for (size_t cycle = 0; cycle < 2; cycle++) {
        int64_t plan = new_plan(who, begun[cycle]);
        for (size_t i = 0; i < 3; i++)
            storing_add(REVIEW(new_target(who, plan), "2026-05-01", i ? "partly-met" : "met", "value", "Five"));
        judge(EDIT("Plan", plan, "status", "reviewed"), cycle ? WARNED : ACCEPTED, "", "specialist");
    }
}

static void test_reviews_say_how_a_target_stands(void **state)
{
    (void)state;
    const char *who = new_pupil("Review");
    struct change change;
    int64_t plan = new_plan(who, "2026-01-05"), aim = new_target(who, plan);
    judge(REVIEW(aim, "2026-01-04", "met", "value", "x"), REFUSED, "day", "before the target's plan began");
    judge(REVIEW(aim, "2026-05-28", "met", "value", "x"), REFUSED, "day", "future");
    judge(REVIEW(aim, "2026-02-01", "not-assessed", "value", "x"), REFUSED, "evidence", "reason");
    int64_t none = judge(REVIEW(aim, "2026-02-01", "not-assessed", "evidence", "Absent"), ACCEPTED, "", "x");
    assert_string_equal(has_choice("Target", aim, "status"), "");
    int64_t first = judge(REVIEW(aim, "2026-02-10", "partly-met", "value", "5"), ACCEPTED, "", "x");
    assert_string_equal(has_choice("Target", aim, "status"), "partly-met");
    int64_t newest = judge(REVIEW(aim, "2026-03-10", "exceeded", "value", "12"), ACCEPTED, "", "x");
    judge(REVIEW(aim, "2026-01-10", "not-met", "value", "2"), ACCEPTED, "", "x"); // typed late
    assert_string_equal(has_choice("Target", aim, "status"), "met");
    assert_int_equal(undo(kind_find("TargetReview"), newest, &change), 0);
    assert_string_equal(has_choice("Target", aim, "status"), "partly-met");
    judge(EDIT("TargetReview", first, "judgement", "not-met"), ACCEPTED, "", "x");
    assert_string_equal(has_choice("Target", aim, "status"), "not-met");
    assert_int_equal(removal(kind_find("TargetReview"), none, &change), 0);
    assert_string_equal(has_choice("Target", aim, "status"), "not-met");
    int64_t other = new_target(who, plan), only = storing_add(REVIEW(other, "2026-02-10", "met", "value", "x"));
    assert_int_equal(removal(kind_find("TargetReview"), only, &change), 0);
    assert_string_equal(has_choice("Target", other, "status"), "open");
}

static void test_targets_and_strategies(void **state)
{
    (void)state;
    const char *who = new_pupil("Target"), *other = new_pupil("Other");
    const char *plan = text_id("Plan", new_plan(who, "2026-01-05"));
#define TARGET(of, ...) NEW("Target", "pupil", of, "aim", "Reads", __VA_ARGS__)
    judge(TARGET(other, "plan", plan), REFUSED, "plan", "another pupil's plan");
    judge(TARGET(who, "plan", plan, "due", "2026-07-11"), WARNED, "", "after the day on which its plan");
    judge(TARGET(who, "plan", plan, "due", "2026-07-10"), ACCEPTED, "", "after the day on which its plan");
    judge(TARGET(who, "due", "2026-07-10"), WARNED, "", "No baseline");
    judge(TARGET(who, "baseline", "Two"), ACCEPTED, "", "No baseline");
    const char *library = text_id("Strategy", storing_add(NEW("Strategy", "what", "Coloured overlay")));
    const char *own = text_id("Strategy", judge(NEW("Strategy", "pupil", who, "what", "Overlay", "origin", library), ACCEPTED, "", "x"));
    judge(NEW("Strategy", "pupil", who, "what", "Overlay", "origin", own), REFUSED, "origin", "of one pupil");
    judge(NEW("Strategy", "what", "x", "starts", "2026-02-01", "ends", "2026-01-31"), REFUSED, "ends", "before");
    judge(NEW("Profile", "pupil", who, "starts", "2026-02-01", "ends", "2026-01-31"), REFUSED, "ends", "before");
    judge(NEW("Placement", "pupil", who, "place", "sen-unit", "starts", "2026-02-01", "ends", "2026-01-31"), REFUSED, "ends", "before");
}

// --- contact ---

static void test_the_contact_log(void **state)
{
    (void)state;
    const char *who = new_pupil("Log"), *other = new_pupil("Other");
    const char *mother = text_id("Contact", storing_add(NEW("Contact", "pupil", who, "name", "Mrs Log")));
    const char *never = text_id("Contact", storing_add(NEW("Contact", "pupil", who, "name", "Mr Log", "do_not_contact", "yes")));
#define LOG(of, on, with) NEW("ContactLog", "pupil", of, "day", on, "channel", "phone", "summary", "Spoke", "contact", with)
    judge(LOG(who, "2026-05-28", mother), REFUSED, "day", "future");
    judge(LOG(other, "2026-05-27", mother), REFUSED, "contact", "another pupil");
    judge(LOG(who, "2026-05-27", mother), ACCEPTED, "", "DO NOT CONTACT");
    judge(LOG(who, "2026-05-27", never), WARNED, "", "DO NOT CONTACT");
}

static void test_meetings(void **state)
{
    (void)state;
    const char *who = new_pupil("Meeting");
    const char *class = text_id("SchoolClass", storing_add(NEW("SchoolClass", "name", "3R")));
#define MEETING(purpose, on, ...) NEW("Meeting", "purpose", purpose, "day", on, __VA_ARGS__)
    const struct {
        struct put_item item;
        enum verdict verdict;
        const char *field, *words;
    } table[] = {
        {MEETING("PPM", "2026-05-01", "pupil", who, "class", class), REFUSED, "class", "both"},
        {MEETING("PPM", "2026-05-28", "class", class, "status", "held"), REFUSED, "status", "not held yet"},
        {MEETING("PPM", "2026-05-28", "class", class, "status", "planned"), ACCEPTED, "", "parents"},
        {MEETING("PPM", "2026-05-28", "time", "9:30"), REFUSED, "time", "no time"},
        {MEETING("PPM", "2026-05-28", "time", "24:00"), REFUSED, "time", "no time"},
        {MEETING("PPM", "2026-05-28", "time", "23:59"), ACCEPTED, "", "parents"},
        {MEETING("PARENT", "2026-05-26", "pupil", who, "status", "held"), WARNED, "", "parents=yes"},
        {MEETING("EVENING", "2026-05-26", "pupil", who), WARNED, "", "parents=yes"},
        {MEETING("EVENING", "2026-05-28", "pupil", who), ACCEPTED, "", "parents=yes"},
        {MEETING("STRUCTURED", "2026-05-26", "pupil", who, "parents", "no"), ACCEPTED, "", "parents=yes"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        judge(table[i].item, table[i].verdict, table[i].field, table[i].words);
}

static void test_attendees(void **state)
{
    (void)state;
    const char *who = new_pupil("Attendee"), *other = new_pupil("Other");
    const char *mother = text_id("Contact", storing_add(NEW("Contact", "pupil", who, "name", "Mrs A")));
    const char *stranger = text_id("Contact", storing_add(NEW("Contact", "pupil", other, "name", "Mr O")));
    const char *staff = text_id("Staff", storing_add(NEW("Staff", "surname", "Ames")));
    const char *about = text_id("Meeting", storing_add(MEETING("TAF", "2026-05-01", "pupil", who)));
    const char *school = text_id("Meeting", storing_add(MEETING("STAFF", "2026-05-01", "place", "Hall")));
#define ATTENDEE(of, ...) NEW("MeetingAttendee", "meeting", of, __VA_ARGS__)
    judge(ATTENDEE(about, "role", "chair"), REFUSED, "staff", "names nobody");
    judge(ATTENDEE(about, "staff", staff, "name", "Ames"), REFUSED, "name", "more than one");
    judge(ATTENDEE(about, "contact", stranger), REFUSED, "contact", "another pupil");
    judge(ATTENDEE(school, "contact", mother), REFUSED, "contact", "about no pupil");
    judge(ATTENDEE(about, "contact", mother), ACCEPTED, "", "x");
    judge(ATTENDEE(about, "staff", staff), ACCEPTED, "", "x");
    judge(ATTENDEE(school, "name", "Dr Who"), ACCEPTED, "", "x");
}

static void test_actions_end_with_an_outcome(void **state)
{
    (void)state;
    const struct kind *kind = kind_find("Action");
    const char *staff = text_id("Staff", storing_add(NEW("Staff", "surname", "Owner")));
    struct change change;
#define ACTION(...) NEW("Action", "what", "Ring home", "owner", staff, __VA_ARGS__)
    judge(ACTION("due", "2026-06-01"), ACCEPTED, "", "Nobody is named");
    judge(ACTION("status", "open"), WARNED, "", "No date says by when");
    judge(NEW("Action", "what", "Ring home", "due", "2026-06-01"), WARNED, "", "Nobody is named");
    judge(ACTION("status", "done"), REFUSED, "outcome", "only with its outcome");
    judge(ACTION("status", "cancelled"), REFUSED, "outcome", "only with its outcome");
    judge(ACTION("status", "done", "outcome", "Rang", "closed", "2026-05-28"), REFUSED, "closed", "future");
    judge(ACTION("closed", "2026-05-01"), REFUSED, "closed", "not done or cancelled");
    int64_t id = judge(ACTION("due", "2026-06-01", "status", "in-progress"), ACCEPTED, "", "x");
    judge(EDIT("Action", id, "status", "done", "outcome", "Rang"), ACCEPTED, "", "x");
    assert_int_equal(record_number(storing_get(kind, id), "closed"), 20600);
    assert_int_equal(undo(kind, id, &change), 0); // the day goes with the status
    assert_string_equal(has_choice("Action", id, "status"), "in-progress");
    assert_false(record_has(storing_get(kind, id), "closed"));
    judge(EDIT("Action", id, "status", "done", "outcome", "Rang", "closed", "2026-05-01"), ACCEPTED, "", "x");
    assert_true(record_number(storing_get(kind, id), "closed") < 20600);
    judge(EDIT("Action", id, "status", "open"), ACCEPTED, "", "x");
    assert_false(record_has(storing_get(kind, id), "closed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_are_held_once),
        cmocka_unit_test(test_lower_needs_stand_beside_a_first),
        cmocka_unit_test(test_who_has_left_is_not_held_up),
        cmocka_unit_test(test_an_old_gap_holds_nobody_up),
        cmocka_unit_test(test_what_is_new_is_named_by_no_id),
        cmocka_unit_test(test_status_tells_what_is_missing),
        cmocka_unit_test(test_concerns),
        cmocka_unit_test(test_a_plan_closes_with_its_reviews),
        cmocka_unit_test(test_a_finished_plan_keeps_its_reviews),
        cmocka_unit_test(test_a_status_set_by_hand_holds),
        cmocka_unit_test(test_a_second_cycle_with_little_progress),
        cmocka_unit_test(test_reviews_say_how_a_target_stands),
        cmocka_unit_test(test_targets_and_strategies),
        cmocka_unit_test(test_the_contact_log),
        cmocka_unit_test(test_meetings),
        cmocka_unit_test(test_attendees),
        cmocka_unit_test(test_actions_end_with_an_outcome),
    };
    return cmocka_run_group_tests_name("rules", tests, open_with_rules, storing_close);
}
