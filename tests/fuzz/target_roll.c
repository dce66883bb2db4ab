// A file that calls itself a school roll: its alphabet, lines, headings, cells and dates, and
// the plan that would be made of it for a school that has some of these pupils. Every fault is told in
// words, and what a plan without faults would send, the server takes.
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "client/exchange/plan.h"
#include "tests/fuzz/item.h"

#define TODAY 20780

#define HELD_MOST 64

static struct arena held;
static struct record *records[HELD_MOST]; // what the school has
static size_t n_records;

static struct value pick(const struct field *field, uint64_t random, void *data)
{
    (void)data;
    return field_is_text(field) ? (struct value){0} : value_number((int64_t)(1 + random % 4));
}

static void records_make(void)
{
    static const char *const names[][2] = {{"Ashdown", "Temiloluwa"}, {"ap Gwynfor", "Saoirse"}, {"Ashdown", "Temi"}, {"Okafor", "Ruby"}};
    arena_init(&held, 0);
    for (size_t i = 0; school_kinds[i]; i++) {
        const struct kind *kind = kind_find(school_kinds[i]);
        for (int64_t id = 1; id <= 4; id++) {
            struct record *record = record_sample(kind, (uint64_t)id, pick, NULL, &held);
            DEMAND(record != NULL);
            record->id = record->about = id;
            record->version = 1;
            if (strcmp(kind->name, "Pupil") == 0) {
                record_set(record, "surname", value_text(names[id - 1][0]));
                record_set(record, "forename", value_text(names[id - 1][1]));
                record_set(record, "born", value_number(17266)); // 10 April 2017
                record_set(record, "left", (struct value){0});
            }
            DEMAND(n_records < HELD_MOST);
            records[n_records++] = record;
        }
    }
}

// Of one run: a plan adds the classes that it would make.
static void school_fill(struct school *school, struct arena *arena)
{
    school_init(school, arena);
    for (size_t i = 0; i < n_records; i++)
        school_add(school, records[i]);
    DEMAND(school_ready(school) == 0 && !school->failed);
}

// Whoever shows it makes it safe; that takes good UTF-8.
static bool is_utf8(const char *text)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    utf8proc_int32_t letter;
    while (*at) {
        utf8proc_ssize_t used = utf8proc_iterate(at, -1, &letter);
        if (used <= 0)
            return false;
        at += used;
    }
    return true;
}

static void judge_faults(const struct roll_fault *faults, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        DEMAND(faults[i].message && faults[i].message[0] && faults[i].code && faults[i].code[0] && faults[i].column && faults[i].value);
        DEMAND(is_utf8(faults[i].message) && is_utf8(faults[i].column) && is_utf8(faults[i].value));
    }
}

static void judge_change(const struct plan_change *change)
{
    DEMAND(change->record && (change->held ? change->record->id > 0 && change->record->version > 0 : change->record->id < 0));
    for (size_t i = 0; i < change->record->kind->n_fields; i++) {
        const struct field *field = &change->record->kind->fields[i];
        if (change->set & field_bit(field))
            DEMAND(value_check(field, change->record->values[i], NULL) == 0);
    }
    if (!change->held)
        DEMAND(record_check(change->record, NULL) == 0);
}

static void run_plan(struct roll *roll, struct school *school, struct arena *arena)
{
    struct plan plan;
    DEMAND(plan_make(&plan, roll, school, TODAY, NULL, NULL, arena) == 0 && !plan.failed);
    DEMAND(plan.counts.rows == roll->n_rows);
    for (size_t i = 0; roll->n_faults == 0 && i < plan.n_changes; i++)
        judge_change(&plan.changes[i]);
}

static void run_roll(const char *bytes, size_t size, uint8_t how)
{
    struct arena arena;
    struct roll roll;
    struct school school;
    struct problem problem;
    arena_init(&arena, (size_t)64 << 20);
    school_fill(&school, &arena);
    problem_init(&problem, &arena);
    roll_init(&roll, &arena, school_codes(&school), TODAY, TODAY);
    int peeked = roll_peek(&roll, bytes, size, &problem);
    roll_init(&roll, &arena, school_codes(&school), TODAY, TODAY);
    roll.order = how % 3 == 0 ? ROLL_ORDER_SHOWN : how % 3 == 1 ? ROLL_DAY_FIRST : ROLL_MONTH_FIRST;
    int result = roll_read(&roll, bytes, size, &problem);
    DEMAND(result == 0 || (problem.message[0] && problem_next(&problem)[0]));
    DEMAND(result != 0 || peeked == 0);
    if (result == 0) {
        judge_faults(roll.faults, roll.n_faults);
        run_plan(&roll, &school, &arena);
        judge_faults(roll.faults, roll.n_faults);
        judge_faults(roll.notes, roll.n_notes);
    }
    arena_deinit(&arena);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    records_make();
    return 0;
}

// The first byte says how dates are to be read.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0)
        run_roll((const char *)data + 1, size - 1, data[0]);
    return 0;
}
