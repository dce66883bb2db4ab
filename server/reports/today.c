// What somebody has to see to today, on one page. Reader thread.
//
// D is the report's day. P is who asks, or, when a lead asks for somebody else (staff), that person; a lead is who
// may read what is written about every pupil's home (class W2). Theirs are the pupils whom an Assignment of
// P that holds on D names, or whose class on D it names. Pupils are on roll on D, but for meetings and actions.
// In force, open and overdue are as plan.h says. Each in order of its day, then time, then id:
//   meetings   day from D to D + 7, not cancelled, which P attends; for a lead's own page all of them
//   sessions   Provisions that P leads (all: everybody's) and which meet on D: D within their dates, not closed before D, and
//              `days` names D's weekday (Wed, Mon-Fri, daily). Held, lost, or not yet marked as
//              their ProvisionSession of D says. By the first time (09:30) in `days`; those of D - 7 to D - 1
//              which have no ProvisionSession are told as a gap
//   actions    P's, open, due by D + 7
//   targets    status empty or open, due from D to D + 14, owned by P or of a pupil of theirs
//   reviews    Plans in force with review_due by D + 14; for somebody else only those of their pupils
//   follow_up  ContactLog entries made by D with follow_up from D - 60 to D, after which, up to D, there is no entry
//              for that pupil; for somebody else only entries by P or about their pupils
//   concerns   only on a lead's own page: raised by D and not decided by D
// The first line counts them all. Of each part the first rows are shown: as many, the same for every part, as keep the
// page within two screens of 24 lines, 10 at most and 2 at least (a section takes 3 lines and its rows, one line more when it
// is cut; everything else 8). A part whose kind the reader may see nothing of is left out.
#include "server/reports/today.h"

#include <stdlib.h>
#include <string.h>

#include "server/reports/gaps_names.h"

#define ROWS_MOST   10
#define ROWS_LEAST  2
#define LINES       47
#define LINES_OTHER 8
#define WEEK        7

// --- reading -------------------------------------------------------------------

static int read_by_staff(struct today *today, const char *kind, unsigned how, struct rows *rows)
{
    struct query query;
    query_init(&query, kind_find(kind));
    query_where(&query, "staff", OP_EQ, value_number(today->staff));
    return rows_query(today->work, &query, how, rows);
}

static int read_sessions(struct today *today)
{
    struct query query;
    query_init(&query, kind_find("ProvisionSession"));
    query_where(&query, "day", OP_GE, value_number(today->day - WEEK));
    query_where(&query, "day", OP_LE, value_number(today->day));
    return rows_query(today->work, &query, ROWS_ALL, &today->sessions);
}

static int read_all(struct today *today)
{
    const struct {
        const char *kind;
        unsigned how;
        struct rows *rows;
    } reads[] = {
        {"Meeting", ROWS_ALL, &today->meetings}, {"Provision", ROWS_BY_NAME, &today->provisions},
        {"Action", ROWS_ALL, &today->actions},   {"Target", ROWS_ALL, &today->targets},
        {"Plan", ROWS_ALL, &today->plans},       {"ContactLog", ROWS_ALL, &today->logs},
        {"Concern", ROWS_ALL, &today->concerns},
    };
    int result = roll_make(today->work, true, &today->roll);
    for (size_t i = 0; result == 0 && i < sizeof reads / sizeof *reads; i++)
        result = rows_read(today->work, reads[i].kind, reads[i].how, reads[i].rows);
    if (result == 0)
        result = read_by_staff(today, "Assignment", ROWS_AS_AT, &today->assignments);
    if (result == 0)
        result = read_by_staff(today, "MeetingAttendee", ROWS_ALL, &today->attending);
    if (result == 0)
        result = read_sessions(today);
    return result == 0 ? rows_index(today->work, &today->logs, NULL, "day", &today->logs_of) : result;
}

// --- choosing --------------------------------------------------------------------

static int by_order(const void *a, const void *b)
{
    const struct today_item *x = a, *y = b;
    if (x->order != y->order)
        return x->order > y->order ? 1 : -1;
    if (x->then != y->then)
        return x->then > y->then ? 1 : -1;
    return (x->record->id > y->record->id) - (x->record->id < y->record->id);
}

static int choose(struct today *today, const struct today_kind *kind)
{
    const struct rows *rows = kind->rows(today);
    struct today_part part = {.kind = kind, .items = arena_zero(today->work->arena, rows->n + 1, sizeof *part.items)};
    if (!part.items)
        return ERR_NOMEM;
    for (size_t i = 0; i < rows->n; i++) {
        struct today_item item = {.record = rows->list[i]};
        if (!kind->takes(today, &item))
            continue;
        part.items[part.n++] = item;
        part.n_late += item.late;
    }
    if (part.n)
        qsort(part.items, part.n, sizeof *part.items, by_order);
    today->parts[today->n_parts++] = part;
    return 0;
}

// Concerns are decided by the leads; to anybody else an empty part would say that there are none.
static bool shows(const struct today *today, const struct today_kind *kind)
{
    return !kind->rows(today)->denied && (strcmp(kind->name, "concerns") != 0 || (today->lead && !today->other));
}

// --- on the page -----------------------------------------------------------------

static size_t rows_fitting(const struct today *today)
{
    size_t most = ROWS_MOST;
    for (; most > ROWS_LEAST; most--) {
        size_t lines = LINES_OTHER;
        for (size_t i = 0; i < today->n_parts; i++) {
            size_t n = today->parts[i].n;
            lines += 3 + (n > most ? most + 1 : n);
        }
        if (lines <= LINES)
            break;
    }
    return most;
}

// "2 meetings, 3 sessions (1 not yet marked), no actions."
static int brief(struct today *today)
{
    struct arena *arena = today->work->arena;
    const char *text = arena_printf(arena, "%s:", view_staff_name(today->work->view, today->staff, arena));
    for (size_t i = 0; text && i < today->n_parts; i++) {
        const struct today_part *part = &today->parts[i];
        const char *count = part->n ? arena_printf(arena, "%zu", part->n) : "no";
        text =
            arena_printf(arena, "%s%s %s %s", text, i ? "," : "", count ? count : "?", part->n == 1 ? part->kind->one : part->kind->many);
        if (text && part->n_late)
            text = arena_printf(arena, "%s (%zu %s)", text, part->n_late, part->kind->late);
    }
    text = text ? arena_printf(arena, "%s.", text) : NULL;
    return text ? report_text(today->work, "brief", "In short", text) : ERR_NOMEM;
}

static const char *more(const struct today *today, const struct today_part *part, size_t left)
{
    char id[ID_TEXT_MAX];
    if (today->other && strcmp(part->kind->name, "actions") == 0)
        return arena_printf(today->work->arena, "and %zu more: sendco actions --owner %s", left,
                            id_format(kind_of_subject(SUBJECT_STAFF), today->staff, id));
    return arena_printf(today->work->arena, "and %zu more: %s", left, part->kind->more);
}

static int show(struct today *today, const struct today_part *part, size_t most)
{
    const struct today_kind *kind = part->kind;
    size_t n = part->n < most ? part->n : most;
    Sendco__Report__Section *section = report_section(today->work, kind->name, kind->title, kind->columns, kind->n_columns, n);
    if (!section)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct record *record = part->items[i].record;
        kind->fill(today, section, i, &part->items[i]);
        report_link(section->rows[i], record->kind, record->id, today->work->arena);
    }
    if (n == part->n)
        return n ? 0 : gaps_text(today->work, section, NULL);
    const char *text = more(today, part, part->n - n);
    return text ? gaps_text(today->work, section, text) : ERR_NOMEM;
}

// Sessions of the last week that nobody has marked: oldest first.
static int tell_unmarked(struct today *today)
{
    struct gaps_names names = {.work = today->work};
    int result = 0;
    for (int32_t day = today->day - WEEK; day < today->day; day++) {
        for (size_t i = 0; result == 0 && !today->sessions.denied && i < today->provisions.n; i++) {
            const struct record *provision = today->provisions.list[i];
            char text[DATE_TEXT_MAX];
            if (!today_leads(today, provision) || !today_meets(provision, day) || today_session(today, provision->id, day))
                continue;
            const char *name = arena_printf(today->work->arena, "%s, %s", record_text(provision, "name"), date_human(day, text));
            result = name ? gaps_name(&names, name) : ERR_NOMEM;
        }
    }
    return result == 0 ? gaps_tell(&names, "Not marked as held or lost") : result;
}

static int fill(struct today *today)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < TODAY_PARTS; i++)
        if (shows(today, &today_kinds[i]))
            result = choose(today, &today_kinds[i]);
    if (result == 0 && today->n_parts == 0)
        return problem_set(today->work->problem, ERR_DENIED, "your role does not let you see any %s", today->actions.kind->plural);
    size_t most = rows_fitting(today);
    if (result == 0)
        result = brief(today);
    for (size_t i = 0; result == 0 && i < today->n_parts; i++)
        result = show(today, &today->parts[i], most);
    return result == 0 ? tell_unmarked(today) : result;
}

// --- whose -----------------------------------------------------------------------

static int take_params(struct today *today)
{
    struct report_work *work = today->work;
    struct record *staff;
    int result = report_record(work, "staff", &staff);
    today->lead = view_scope(work->view)->read[CLASS_W2][SUBJECT_PUPIL] == REACH_ALL;
    today->all = report_param(work->query, "all");
    today->staff = staff ? staff->id : work->query->reader;
    today->other = today->staff != work->query->reader;
    if (result < 0 || today->lead || !(today->other || today->all))
        return result;
    problem_set(work->problem, ERR_DENIED, "Only those who lead SEND may look at %s.",
                today->other ? "somebody else's day" : "everybody's sessions");
    problem_hint(work->problem, "See your own: sendco today");
    return ERR_DENIED;
}

static int today_compute(struct report_work *work)
{
    struct today today = {.work = work, .day = work->as_at, .now = view_today(work->view)};
    int result = take_params(&today);
    if (result == 0)
        result = read_all(&today);
    return result == 0 ? fill(&today) : result;
}

const struct report today_report = {"today", today_compute};
