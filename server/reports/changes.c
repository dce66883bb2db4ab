// What has happened since somebody last looked, from the change log, exactly as far
// as pushes would tell it them (server/push.c). Reader thread.
//
// Told are the changes after `since`: #SEQ, or a day and then from its first second (London); without it from seven
// days before the report's day; up to the end of the report's day when that is past, or to what was known at as_known. Of
// these, those whose record, as it was after the change, the reader may see, an edit only when it changed a
// field that they may see; and which pass pupil (records about that pupil), kind and who (the author).
//   changes  one row per run: changes of one record by one author that nobody else's change of that record parts.
//            when, of the newest; what: added and removed, removed, added, restored, or edited, the first that fits
//            (removed: the run ends in it); fields: what its edits changed, unless the run added the record; times:
//            how many changes. In order of their first changes, the oldest first; at most `limit` rows
//   upto     where this page ends, so that the next question is since=#that. When all are on the page: the newest change
//            that was looked at, whether it may be seen or not. Else the page ends before the first change of the first
//            run that is not on it, and upto is the last change shown: what follows is a run of the next page
// No more than the first 20,000 changes are looked through at a time; the text says when there were more.
#include "server/reports/changes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/clock.h"
#include "server/reports/gaps_names.h"

#define SINCE_DAYS   7
#define ROWS_USUALLY 200
#define ROWS_MOST    5000

// --- what was asked --------------------------------------------------------------

static int since_seq(struct changes *changes, const char *given)
{
    char *end;
    uint64_t seq = strtoull(given, &end, 10), newest = view_seq(changes->work->view);
    if (*end || end == given) {
        problem_set(changes->work->problem, ERR_INVALID, "Since: “#%.40s” is no number of a change.", given);
        problem_hint(changes->work->problem, "Take a day, or a number that a report of changes ended with: --since '#%" PRIu64 "'", newest);
        return ERR_INVALID;
    }
    if (seq > newest) {
        problem_set(changes->work->problem, ERR_INVALID, "Since: there is no change %" PRIu64 " yet; the newest is %" PRIu64 ".", seq,
                    newest);
        problem_hint(changes->work->problem, "The school may have restored its database; ask by day: --since yesterday");
        return ERR_INVALID;
    }
    changes->from = seq;
    return 0;
}

static int take_since(struct changes *changes)
{
    const char *given = report_param(changes->work->query, "since");
    if (given && *given == '#')
        return since_seq(changes, given + 1);
    int32_t day;
    int result = report_day(changes->work, "since", changes->work->as_at - SINCE_DAYS, &day);
    if (result == 0)
        changes->begin = clock_midnight(day);
    return result;
}

static int take_kind(struct changes *changes)
{
    const char *given = report_param(changes->work->query, "kind");
    if (!given || (changes->kind = kind_find(given)))
        return 0;
    problem_set(changes->work->problem, ERR_INVALID, "Kind: there is no kind of record “%.40s”.", given);
    problem_hint(changes->work->problem, "See the kinds there are: sendco help");
    return ERR_INVALID;
}

static int take_limit(struct changes *changes)
{
    const char *given = report_param(changes->work->query, "limit");
    char *end = NULL;
    unsigned long limit = given ? strtoul(given, &end, 10) : ROWS_USUALLY;
    changes->limit = limit;
    if (!given || (*end == 0 && *given != '-' && limit >= 1 && limit <= ROWS_MOST))
        return 0;
    problem_set(changes->work->problem, ERR_INVALID, "Limit: “%.40s” is no number of rows.", given);
    problem_hint(changes->work->problem, "Take 1 to %d; without it the first %d rows are shown.", ROWS_MOST, ROWS_USUALLY);
    return ERR_INVALID;
}

static int take_params(struct changes *changes)
{
    struct report_work *work = changes->work;
    int result = take_since(changes);
    if (result == 0)
        result = take_kind(changes);
    if (result == 0)
        result = take_limit(changes);
    if (result == 0)
        result = report_record(work, "pupil", &changes->pupil);
    if (result == 0)
        result = report_record(work, "who", &changes->who);
    changes->end = work->as_at < view_today(work->view) ? clock_midnight(work->as_at + 1) - 1 : INT64_MAX;
    if (work->as_known && work->as_known < changes->end)
        changes->end = work->as_known;
    return result;
}

// --- on the page -------------------------------------------------------------------

static const char *what_of(const struct run *run)
{
    if (run->newest->action == ACTION_REMOVE)
        return run->added ? "added and removed" : "removed";
    return run->added ? "added" : run->restored ? "restored" : "edited";
}

static const char *fields_of(const struct run *run, struct arena *arena)
{
    const char *text = NULL;
    for (int i = 0; !run->added && i < run->newest->kind->n_fields; i++)
        if (run->changed & field_bit(&run->newest->kind->fields[i]))
            text = arena_printf(arena, "%s%s%s", text ? text : "", text ? ", " : "", run->newest->kind->fields[i].label);
    return text;
}

// Who did it, when the reader may know; sendcod itself has no record. Their own changes everybody may.
static const char *author_of(struct report_work *work, int64_t actor)
{
    bool named = actor == 0 || actor == work->query->reader || scope_reads(view_scope(work->view), CLASS_C0, SUBJECT_STAFF, actor);
    return named ? view_staff_name(work->view, actor, work->arena) : NULL;
}

// Something for `why` to point to: which record it was is all it asks.
static const struct record *because(const struct told *told, struct arena *arena)
{
    struct record *record = record_new(told->kind, arena);
    if (record) {
        record->id = told->id;
        record->about = told->about;
    }
    return record;
}

enum { COL_WHEN, COL_WHO, COL_WHAT, COL_ABOUT, COL_RECORD, COL_KIND, COL_FIELDS, COL_TIMES, COL_COUNT };
static const struct report_column columns[COL_COUNT] = {
    [COL_WHEN] = {"when", "When", SENDCO__REPORT__TYPE__INSTANT, 17},     [COL_WHO] = {"who", "Who", SENDCO__REPORT__TYPE__TEXT, 18},
    [COL_WHAT] = {"what", "What", SENDCO__REPORT__TYPE__TEXT, 8},         [COL_ABOUT] = {"about", "About", SENDCO__REPORT__TYPE__TEXT, 22},
    [COL_RECORD] = {"record", "Record", SENDCO__REPORT__TYPE__TEXT, 30},  [COL_KIND] = {"kind", "Kind", SENDCO__REPORT__TYPE__TEXT, 14},
    [COL_FIELDS] = {"fields", "Changed", SENDCO__REPORT__TYPE__TEXT, 24}, [COL_TIMES] = {"times", "Times", SENDCO__REPORT__TYPE__NUMBER, 4},
};

static void cell_text(Sendco__Report__Row *row, size_t column, const char *text)
{
    if (text)
        report_cell(row, column, value_text(text));
}

static void fill_row(struct report_work *work, Sendco__Report__Section *section, size_t at, const struct run *run)
{
    const struct told *told = run->newest;
    Sendco__Report__Row *row = section->rows[at];
    const struct kind *about = told->kind->about.depth && told->about ? kind_of_subject(told->kind->about.subject) : NULL;
    char id[ID_TEXT_MAX];
    const char *label = view_label(work->view, told->kind, told->id, work->arena);
    struct figure times = {0};
    figure_add(work, &times, run->times, because(told, work->arena));
    report_cell(row, COL_WHEN, value_number(told->at));
    cell_text(row, COL_WHO, author_of(work, told->actor));
    cell_text(row, COL_WHAT, what_of(run));
    cell_text(row, COL_RECORD, label && *label ? label : arena_strdup(work->arena, id_format(told->kind, told->id, id)));
    cell_text(row, COL_KIND, told->kind->title);
    cell_text(row, COL_ABOUT, about ? view_label(work->view, about, told->about, work->arena) : NULL);
    cell_text(row, COL_FIELDS, fields_of(run, work->arena));
    report_figure(work, section, at, COL_TIMES, &times);
    report_link(row, told->kind, told->id, work->arena);
}

static const char *text_above(const struct changes *changes)
{
    struct arena *arena = changes->work->arena;
    const char *text =
        arena_printf(arena, "%sUp to change %" PRIu64 ".", changes->n_runs ? "" : "Nothing that you may see. ", changes->upto);
    if (text && changes->n_runs < changes->n_all)
        text = arena_printf(arena, "%s The first %zu of %s%zu: ask again for the next.", text, changes->n_runs,
                            changes->cut ? "more than " : "", changes->n_all);
    else if (text && changes->cut)
        text = arena_printf(arena, "%s Only the first %d changes were looked through: ask again for the next.", text, CHANGES_MOST);
    return text;
}

static int fill(struct changes *changes)
{
    static const struct report_column seq_column[] = {{"seq", "Up to change", SENDCO__REPORT__TYPE__NUMBER, 12}};
    size_t n = changes->n_runs;
    const char *text = text_above(changes);
    Sendco__Report__Section *section = report_section(changes->work, "changes", "Changes", columns, COL_COUNT, n);
    Sendco__Report__Section *upto = report_section(changes->work, "upto", "Up to", seq_column, 1, 1);
    if (!text || !section || !upto)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        fill_row(changes->work, section, i, &changes->runs[i]);
    report_cell(upto->rows[0], 0, value_number((int64_t)changes->upto));
    return gaps_text(changes->work, section, text);
}

// It reads whatever kinds there are, as far as the reader may see anything of them.
static int reads_all(struct report_work *work)
{
    Sendco__Report *out = work->out;
    out->n_reads = 0;
    out->reads = arena_zero(work->arena, n_kinds + 1, sizeof *out->reads);
    for (size_t i = 0; out->reads && i < n_kinds; i++)
        if (scope_reads_kind(view_scope(work->view), &kinds[i]))
            out->reads[out->n_reads++] = kinds[i].number;
    return out->reads ? 0 : ERR_NOMEM;
}

static int changes_compute(struct report_work *work)
{
    struct changes changes = {.work = work, .begin = INT64_MIN, .end = INT64_MAX};
    int result = reads_all(work);
    if (result == 0)
        result = take_params(&changes);
    if (result == 0)
        result = changes_read(&changes);
    return result == 0 ? fill(&changes) : result;
}

const struct report changes_report = {"changes", changes_compute};
