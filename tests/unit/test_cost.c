// What provision takes and costs, on a real store: periods, runs without an end,
// rates that change, members who come and go, and every penny shared out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "server/reports/cost.h"
#include "tests/support/storing.h"

static const struct kind *type, *run, *member, *session, *mark, *rate;

static int open_all(void **state)
{
    if (storing_open(state))
        return -1;
    type = kind_find("ProvisionType");
    run = kind_find("Provision");
    member = kind_find("ProvisionMember");
    session = kind_find("ProvisionSession");
    mark = kind_find("Attendance");
    rate = kind_find("CostRate");
    return 0;
}

// --- a small school ------------------------------------------------------------

static const char *name_of(const struct kind *kind, int64_t id)
{
    char *text = arena_alloc(&arena, ID_TEXT_MAX);
    assert_non_null(text);
    return id_format(kind, id, text);
}

static int64_t add_type(const char *name, const char *resources)
{
    return storing_add(storing_item(type, -1, 0, "name", name, "minutes", "60", "resources", resources, NULL));
}

static int64_t add_run(int64_t of, const char *planned, const char *minutes, const char *starts, const char *ends, const char *grade,
                       const char *hourly)
{
    return storing_add(storing_item(run, -1, 0, "type", name_of(type, of), "name", "Run", "planned", planned, "minutes", minutes, "starts",
                                    starts, "ends", ends, "grade", grade, "hourly", hourly, NULL));
}

static int64_t add_member(int64_t in, int64_t of, const char *starts, const char *ends)
{
    return storing_add(
        storing_item(member, -1, 0, "provision", name_of(run, in), "pupil", name_of(pupil, of), "starts", starts, "ends", ends, NULL));
}

static int64_t add_session(int64_t of, const char *day, const char *held, const char *minutes)
{
    return storing_add(storing_item(session, -1, 0, "provision", name_of(run, of), "day", day, "held", held, "minutes", minutes, NULL));
}

static void add_mark(int64_t at, int64_t of, const char *as)
{
    storing_add(storing_item(mark, -1, 0, "session", name_of(session, at), "pupil", name_of(pupil, of), "mark", as, NULL));
}

static void add_rate(const char *grade, const char *hourly, const char *starts, const char *ends)
{
    storing_add(storing_item(rate, -1, 0, "grade", grade, "hourly", hourly, "starts", starts, "ends", ends, NULL));
}

static int32_t day_of(const char *iso)
{
    int32_t day = DATE_NONE;
    assert_int_equal(date_parse(iso, 20600, &day, NULL), 0);
    return day;
}

// --- asking --------------------------------------------------------------------

static struct asked {
    struct storing reading; // first
    int32_t from, to, as_at;
    int64_t pupil;
    struct costing costing;
} asked;

static int make(struct view *view, struct storing *reading)
{
    static const struct report_query query = {.why = NULL};
    struct report_work work = {.view = view, .arena = &arena, .problem = &reading->problem, .query = &query, .as_at = asked.as_at};
    return cost_make(&work, asked.from, asked.to, asked.pupil, &asked.costing);
}

static const struct costing *costing_by(int64_t staff, const char *from, const char *to, const char *as_at, int64_t of)
{
    asked = (struct asked){.from = day_of(from), .to = day_of(to), .as_at = day_of(as_at), .pupil = of};
    asked.reading.read = make;
    asked.reading.actor.staff = staff;
    assert_int_equal(storing_ask(&asked.reading), 0);
    return &asked.costing;
}

static const struct costing *costing(const char *from, const char *to, const char *as_at)
{
    return costing_by(1, from, to, as_at, 0);
}

static const struct cost_run *run_in(const struct costing *of, int64_t id)
{
    const struct cost_run *found = cost_run_find(of, id);
    assert_non_null(found);
    return found;
}

static const struct cost_member *member_in(const struct costing *of, int64_t id)
{
    for (size_t i = 0; i < of->n_members; i++)
        if (of->members[i].member->id == id)
            return &of->members[i];
    fail_msg("no such member");
    return NULL;
}

#define UNKNOWN (-1)

static void is_figure(const struct figure *figure, int64_t expected)
{
    assert_int_equal(figure->known, expected != UNKNOWN);
    if (expected != UNKNOWN)
        assert_int_equal(figure->amount, expected);
}

static void is_amounts(const struct cost_amounts *amounts, int64_t planned, int64_t to_date, int64_t actual)
{
    is_figure(&amounts->planned, planned);
    is_figure(&amounts->to_date, to_date);
    is_figure(&amounts->actual, actual);
}

// --- tests ---------------------------------------------------------------------

static void test_period_cuts_the_run(void **state)
{
    (void)state;
    add_rate("VOLUNTEER", "13.00", "2025-09-01", "");
    // 100 days
    int64_t id = add_run(add_type("Cut", "20.00"), "50", "30", "2026-01-01", "2026-04-10", "VOLUNTEER", "");
    const struct cost_run *found = run_in(costing("2026-03-02", "2026-08-31", "2026-03-21"), id); // 40 days, 20 by then
    assert_int_equal(found->planned_sessions, 20);
    assert_int_equal(found->to_date_sessions, 10);
    is_amounts(&found->minutes, 600, 300, 0);
    is_amounts(&found->pence, 13000, 6500, 0); // it began before: no resources
    found = run_in(costing("2025-09-01", "2026-08-31", "2026-03-21"), id);
    is_amounts(&found->pence, 50 * 650 + 2000, 40 * 650 + 2000, 2000);
    found = run_in(costing("2025-09-01", "2026-08-31", "2025-12-01"), id); // not begun by then
    is_amounts(&found->pence, 50 * 650 + 2000, 0, 0);
    found = run_in(costing("2025-09-01", "2026-02-02", "2026-12-01"), id); // 33 days: 16.5 sessions, and no more to date
    assert_int_equal(found->planned_sessions, 17);
    assert_int_equal(found->to_date_sessions, 17);
    found = run_in(costing("2026-02-01", "2026-08-31", "2026-01-15"), id); // asked before the period begins
    is_amounts(&found->minutes, 35 * 30, 0, 0);                            // 69 days: 34.5 sessions
    assert_null(cost_run_find(costing("2026-04-11", "2026-08-31", "2026-05-01"), id));
    assert_null(cost_run_find(costing("2025-09-01", "2025-12-31", "2026-05-01"), id));
}

// A run that was closed early is shorter, and its timetable no fuller for that.
static void test_a_week_holds_no_more_sessions(void **state)
{
    (void)state;
    int64_t of_type = storing_add(storing_item(type, -1, 0, "name", "Weekly", "minutes", "30", "per_week", "4", NULL));
    int64_t id = storing_add(storing_item(run, -1, 0, "type", name_of(type, of_type), "name", "Short", "planned", "44", "minutes", "30",
                                          "per_week", "4", "starts", "2026-01-05", "ends", "2026-01-05", "hourly", "10.00", NULL));
    int64_t in = add_member(id, storing_pupil("Weekly", "A"), "2026-01-05", "");
    const struct costing *of = costing("2025-09-01", "2026-08-31", "2026-02-01");
    assert_int_equal(run_in(of, id)->planned_sessions, 44);
    assert_int_equal(run_in(of, id)->to_date_sessions, 1); // 4 x 1 / 7, rounded up
    is_amounts(&run_in(of, id)->minutes, 44 * 30, 30, 0);
    is_amounts(&run_in(of, id)->pence, 44 * 500, 500, 0);
    is_amounts(&member_in(of, in)->minutes, 44 * 30, 30, 0);
    is_amounts(&member_in(of, in)->pence, 44 * 500, 500, 0);
    id = storing_add(storing_item(run, -1, 0, "type", name_of(type, of_type), "name", "Typed week", "planned", "44", "starts", "2026-01-05",
                                  "ends", "2026-01-18", NULL));                                           // four a week are the type's
    assert_int_equal(run_in(costing("2025-09-01", "2026-08-31", "2026-01-12"), id)->to_date_sessions, 5); // 32 / 7
    assert_int_equal(run_in(costing("2025-09-01", "2026-08-31", "2026-02-01"), id)->to_date_sessions, 8);
    id = storing_add(storing_item(run, -1, 0, "type", name_of(type, of_type), "name", "Sparse", "planned", "2", "starts", "2026-01-05",
                                  "ends", "2026-01-18", NULL));
    assert_int_equal(run_in(costing("2025-09-01", "2026-08-31", "2026-01-11"), id)->to_date_sessions, 1); // the cap adds none
}

static void test_run_without_end(void **state)
{
    (void)state;
    int64_t id = add_run(add_type("Open", ""), "20", "15", "2026-01-01", "", "", "6.00"), child = storing_pupil("Open", "A");
    int64_t in = add_member(id, child, "2026-02-20", "");
    const struct costing *of = costing("2025-09-01", "2026-04-10", "2026-02-19"); // the run counts 100 days
    is_amounts(&run_in(of, id)->minutes, 300, 150, 0);
    is_amounts(&run_in(of, id)->pence, 20 * 150, 10 * 150, 0);
    is_amounts(&member_in(of, in)->minutes, 150, 0, 0);
    is_amounts(&member_in(of, in)->pence, 3000, 0, 0); // nobody else: all of it, and nothing before joining
    is_amounts(&run_in(costing("2026-02-20", "2026-04-10", "2026-06-01"), id)->minutes, 150, 150, 0);
    // minutes left empty are the type's
    id = add_run(add_type("Typed", ""), "2", "", "2026-01-01", "2026-01-02", "", "6.00");
    is_amounts(&run_in(costing("2025-09-01", "2026-08-31", "2026-02-19"), id)->minutes, 120, 120, 0);
}

static void test_every_penny_is_shared(void **state)
{
    (void)state;
    int64_t id = add_run(add_type("Pennies", ""), "3", "60", "2026-01-01", "2026-01-30", "", "10.01");
    int64_t a = storing_pupil("Penny", "A"), b = storing_pupil("Penny", "B"), c = storing_pupil("Penny", "C"),
            d = storing_pupil("Penny", "D");
    int64_t late = add_member(id, d, "2026-02-10", ""); // after its end: the lowest id, and no penny
    int64_t all = add_member(id, a, "2026-01-01", ""), joined = add_member(id, b, "2026-01-11", "");
    int64_t left = add_member(id, c, "2026-01-01", "2026-01-10");
    int64_t first = add_session(id, "2026-01-05", "yes", ""), second = add_session(id, "2026-01-12", "yes", "30");
    add_session(id, "2026-01-20", "no", "");
    add_mark(first, a, "present");
    add_mark(first, c, "present");
    add_mark(second, a, "present");
    add_mark(second, b, "refused");
    const struct costing *of = costing("2025-09-01", "2026-08-31", "2026-01-10");
    is_amounts(&run_in(of, id)->pence, 3003, 1001, 1001);
    is_amounts(&member_in(of, all)->pence, 1502, 501, 501); // 30, 20 and 10 days of 60; then 10 and 10
    is_amounts(&member_in(of, joined)->pence, 1001, 0, 0);
    is_amounts(&member_in(of, left)->pence, 500, 500, 500);
    is_amounts(&member_in(of, late)->pence, 0, 0, 0);
    is_amounts(&member_in(of, all)->minutes, 180, 60, 60);
    is_amounts(&member_in(of, joined)->minutes, 120, 0, 0);
    of = costing("2025-09-01", "2026-08-31", "2026-03-01");
    assert_int_equal(run_in(of, id)->held, 2);
    assert_int_equal(run_in(of, id)->lost, 1);
    is_amounts(&run_in(of, id)->minutes, 180, 180, 90);
    is_amounts(&run_in(of, id)->pence, 3003, 3003, 1502); // half an hour is 500.5, which is 501
    is_amounts(&member_in(of, all)->pence, 1502, 1502, 501 + 251);
    is_amounts(&member_in(of, joined)->pence, 1001, 1001, 250);
    is_amounts(&member_in(of, left)->pence, 500, 500, 500);
    is_amounts(&member_in(of, all)->minutes, 180, 180, 90);
    is_amounts(&member_in(of, joined)->minutes, 120, 120, 0);
    is_amounts(&member_in(of, left)->minutes, 60, 60, 60);
    assert_int_equal(member_in(of, all)->present, 2);
    assert_int_equal(member_in(of, joined)->absent, 1);
    of = costing_by(1, "2025-09-01", "2026-08-31", "2026-03-01", b);
    assert_int_equal(of->n_runs, 1);
    is_amounts(&member_in(of, joined)->pence, 1001, 1001, 250);
    assert_int_equal(member_in(of, joined)->absent, 1);
}

static void test_resources_are_shared_by_days(void **state)
{
    (void)state;
    int64_t id = add_run(add_type("Bought", "1.01"), "0", "60", "2026-01-01", "2026-01-30", "", "10.00");
    int64_t a = add_member(id, storing_pupil("Bought", "A"), "2026-01-01", "");
    int64_t b = add_member(id, storing_pupil("Bought", "B"), "2026-01-16", "");
    const struct costing *of = costing("2025-09-01", "2026-08-31", "2026-01-15");
    is_amounts(&member_in(of, a)->pence, 68, 101, 101); // 67.33, and the penny that is left
    is_amounts(&member_in(of, b)->pence, 33, 0, 0);
}

static void test_rates_change(void **state)
{
    (void)state;
    add_rate("HLTA", "12.00", "2026-01-05", "2026-01-15");
    add_rate("HLTA", "15.00", "2026-01-16", "");
    int64_t of_type = add_type("Rates", "");
    int64_t id = add_run(of_type, "10", "60", "2026-01-06", "2026-01-25", "HLTA", "");
    int64_t agreed = add_run(of_type, "10", "60", "2026-01-06", "2026-01-25", "HLTA", "9.00");
    int64_t early = add_run(of_type, "10", "60", "2026-01-01", "2026-01-20", "HLTA", ""),
            gradeless = add_run(of_type, "1", "60", "2026-01-06", "", "", "");
    int64_t one = add_member(early, storing_pupil("Rates", "A"), "2026-01-01", "");
    const int64_t runs[] = {id, agreed, early};
    for (size_t i = 0; i < 3; i++) {
        add_session(runs[i], "2026-01-10", "yes", "");
        add_session(runs[i], "2026-01-17", "yes", "");
    }
    const struct costing *of = costing("2025-09-01", "2026-08-31", "2026-06-01");
    is_amounts(&run_in(of, id)->pence, 12000, 12000, 2700); // planned: the rate of the first day throughout
    assert_false(run_in(of, id)->unpriced);
    assert_int_equal(run_in(of, id)->unshared, 2);
    is_amounts(&run_in(of, agreed)->pence, 9000, 9000, 1800);
    is_amounts(&run_in(of, early)->pence, UNKNOWN, UNKNOWN, 2700); // no rate on its first day
    is_amounts(&member_in(of, one)->pence, UNKNOWN, UNKNOWN, 2700);
    assert_true(run_in(of, early)->unpriced);
    assert_true(run_in(of, gradeless)->unpriced);
    is_amounts(&run_in(of, gradeless)->pence, UNKNOWN, UNKNOWN, 0);
    add_session(early, "2026-01-02", "yes", "");
    of = costing("2025-09-01", "2026-08-31", "2026-06-01");
    is_amounts(&run_in(of, early)->pence, UNKNOWN, UNKNOWN, UNKNOWN); // a part of it would mislead
    is_amounts(&member_in(of, one)->pence, UNKNOWN, UNKNOWN, UNKNOWN);
    is_amounts(&run_in(of, early)->minutes, 600, 600, 180);
}

static void test_unplanned(void **state)
{
    (void)state;
    int64_t bare = storing_add(storing_item(type, -1, 0, "name", "Bare", NULL));
    int64_t id = add_run(bare, "", "30", "2026-01-01", "", "", "9.00"), timeless = add_run(bare, "9", "", "2026-01-01", "", "", "9.00");
    add_session(timeless, "2026-01-02", "yes", "20");
    const struct costing *of = costing("2025-09-01", "2026-08-31", "2026-06-01");
    is_amounts(&run_in(of, id)->minutes, UNKNOWN, UNKNOWN, 0);
    is_amounts(&run_in(of, timeless)->minutes, UNKNOWN, UNKNOWN, 20);
    is_amounts(&run_in(of, timeless)->pence, UNKNOWN, UNKNOWN, 300);
    add_session(timeless, "2026-01-03", "yes", "");
    of = costing("2025-09-01", "2026-08-31", "2026-06-01");
    is_amounts(&run_in(of, timeless)->minutes, UNKNOWN, UNKNOWN, UNKNOWN);
    is_amounts(&run_in(of, timeless)->pence, UNKNOWN, UNKNOWN, UNKNOWN);
}

static void test_without_sight_of_costs(void **state)
{
    (void)state;
    int64_t id = add_run(add_type("Hidden", "5.00"), "10", "60", "2026-01-01", "2026-01-20", "", "9.00");
    int64_t in = add_member(id, storing_pupil("Hidden", "A"), "2026-01-01", "");
    add_session(id, "2026-01-02", "yes", "");
    storing_narrow = scope_all;
    memset(storing_narrow.read[CLASS_F], REACH_NONE, sizeof storing_narrow.read[CLASS_F]);
    const struct costing *of = costing_by(99, "2025-09-01", "2026-08-31", "2026-06-01", 0);
    assert_false(of->priced);
    is_amounts(&run_in(of, id)->minutes, 600, 600, 60);
    is_amounts(&run_in(of, id)->pence, UNKNOWN, UNKNOWN, UNKNOWN);
    is_amounts(&member_in(of, in)->pence, UNKNOWN, UNKNOWN, UNKNOWN);
    memset(storing_narrow.read[CLASS_W1], REACH_NONE, sizeof storing_narrow.read[CLASS_W1]);
    of = costing_by(99, "2025-09-01", "2026-08-31", "2026-06-01", 0);
    is_amounts(&run_in(of, id)->minutes, 600, 600, UNKNOWN); // whoever sees no session is told nothing, not 0
    is_amounts(&member_in(of, in)->minutes, 600, 600, UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_period_cuts_the_run),
        cmocka_unit_test(test_run_without_end),
        cmocka_unit_test(test_a_week_holds_no_more_sessions),
        cmocka_unit_test(test_every_penny_is_shared),
        cmocka_unit_test(test_resources_are_shared_by_days),
        cmocka_unit_test(test_rates_change),
        cmocka_unit_test(test_unplanned),
        cmocka_unit_test(test_without_sight_of_costs),
    };
    return cmocka_run_group_tests(tests, open_all, storing_close);
}
