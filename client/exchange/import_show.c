// What an import found and did, for people. Stored and foreign text is made safe
// for a terminal. Main thread.
#include "client/exchange/import.h"

#include <inttypes.h>
#include <string.h>

#include "client/cli/run.h"
#include "client/cli/told.h"
#include "common/date.h"
#include "common/text.h"

#define SHOW_MISSING 5
#define SHOW_FAULTS  200
#define SHOW_NOTES   10
#define SHOW_DETAILS 40 // lines of changes
#define SHOW_OTHERS  24 // lines of a terminal that the rest of the question takes

const char *import_safe(const struct import *import, const char *text, int width)
{
    char *made = text_safe(text, false, &import->cli->arena);
    made = made && width ? text_cut(made, width, &import->cli->arena) : made;
    return made ? made : "";
}

static const char *padded(const struct import *import, const char *text, int width)
{
    char *made = text_safe(text, false, &import->cli->arena);
    made = made ? text_pad(made, width, false, &import->cli->arena) : NULL;
    return made ? made : "";
}

// "4", or "4 (line 7)" where titles or cells of several lines put the two apart.
static const char *place(const struct import *import, const struct roll_fault *fault)
{
    bool two = fault->line && fault->line != fault->row;
    const char *text = two ? arena_printf(&import->cli->arena, "%zu (line %zu)", fault->row, fault->line)
                           : arena_printf(&import->cli->arena, "%zu", fault->row);
    return text ? text : "?";
}

static int place_width(const struct roll_fault *faults, size_t n, size_t most)
{
    for (size_t i = 0; i < n && i < most; i++) {
        if (faults[i].line && faults[i].line != faults[i].row)
            return 14;
    }
    return 5;
}

static void show_list(const struct import *import, const struct roll_fault *faults, size_t n, const char *what, size_t most)
{
    int width = place_width(faults, n, most);
    fprintf(import->cli->out, "\n%*s  %s  %s  %s\n", width, "Row", padded(import, "Column", 20), padded(import, "Value", 20), what);
    for (size_t i = 0; i < n && i < most; i++) {
        const struct roll_fault *fault = &faults[i];
        fprintf(import->cli->out, "%*s  %s  %s  %s%s%s\n", width, place(import, fault), padded(import, fault->column, 20),
                padded(import, fault->value, 20), import_safe(import, fault->message, 0), *fault->hint ? ". " : "",
                import_safe(import, fault->hint, 0));
    }
    if (n > most)
        fprintf(import->cli->out, "       and %zu more; all of them with --json\n", n - most);
}

static void show_counts(const struct import *import)
{
    const struct plan_counts *counts = &import->plan.counts;
    const struct {
        const char *one, *many;
        size_t n;
    } lines[] = {
        {"row read", "rows read", counts->rows},
        {"new pupil", "new pupils", counts->pupils_new},
        {"pupil brought back", "pupils brought back", counts->pupils_restored},
        {"pupil with changed details", "pupils with changed details", counts->pupils_changed},
        {"pupil with the same details", "pupils with the same details", counts->pupils_unchanged},
        {"new class", "new classes", counts->classes_new},
        {"change of class", "changes of class", counts->memberships},
        {"change of SEN status", "changes of SEN status", counts->statuses},
        {"need that begins or changes", "needs that begin or change", counts->needs},
        {"need that ends", "needs that end", counts->needs_ended},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        fprintf(import->cli->out, "%7zu  %s\n", lines[i].n, lines[i].n == 1 ? lines[i].one : lines[i].many);
}

static void show_missing(const struct import *import)
{
    const struct plan *plan = &import->plan;
    char id[ID_TEXT_MAX];
    if (plan->n_missing == 0)
        return;
    fprintf(import->cli->out, "\n%zu on roll here %s not in the file, and left as %s:\n", plan->n_missing,
            plan->n_missing == 1 ? "is" : "are", plan->n_missing == 1 ? "it is" : "they are");
    for (size_t i = 0; i < plan->n_missing && i < SHOW_MISSING; i++)
        fprintf(import->cli->out, "  %-10s %s\n", id_format(plan->missing[i]->kind, plan->missing[i]->id, id),
                import_safe(import, school_name(plan->missing[i], &import->cli->arena), 60));
    if (plan->n_missing > SHOW_MISSING)
        fprintf(import->cli->out, "  and %zu more; all of them with --json\n", plan->n_missing - SHOW_MISSING);
}

static void show_headings(const struct import *import)
{
    static const char *const how[] = {
        [ROLL_GIVEN] = "as you say", [ROLL_REMEMBERED] = "as you said before; --forget-map drops that", [ROLL_NEAR] = "a near miss"};
    const struct roll *roll = &import->roll;
    for (size_t i = 0; i < roll->n_taken; i++) {
        const struct roll_map *map = &roll->taken[i];
        fprintf(import->cli->out, "%sThe heading “%s” is %s %s (%s).\n", i ? "" : "\n", import_safe(import, map->heading, 40),
                map->column < 0 ? "not read" : "read as", map->column < 0 ? "" : roll_columns[map->column].label, how[map->how]);
    }
    for (size_t i = 0; i < roll->n_unread; i++)
        fprintf(import->cli->out, "%s%s",
                i ? ", " : "\nColumns that say nothing here, not imported: ", import_safe(import, roll->unread[i], 40));
    if (roll->n_unread)
        fputc('\n', import->cli->out);
}

static void show_plan(const struct import *import, size_t details)
{
    char day[DATE_TEXT_MAX];
    fprintf(import->cli->out, "%s, read as %s, as at %s\n\n", import_safe(import, import->file, 0), import->roll.encoding,
            date_human(import->date, day));
    show_counts(import);
    show_headings(import);
    if (import->roll.n_faults)
        show_list(import, import->roll.faults, import->roll.n_faults, "Fault", SHOW_FAULTS);
    if (import->roll.n_notes)
        show_list(import, import->roll.notes, import->roll.n_notes, "Worth a look, and not in the way", SHOW_NOTES);
    if (import->roll.n_faults)
        return;
    import_show_changes(import, details);
    show_missing(import);
}

void import_show_question(const struct import *import)
{
    int room = people_height() - SHOW_OTHERS;
    show_plan(import, room < SHOW_MISSING ? SHOW_MISSING : room < SHOW_DETAILS ? (size_t)room : SHOW_DETAILS);
    fputc('\n', import->cli->out);
}

void import_show_end(const struct import *import)
{
    FILE *out = import->cli->out;
    if (import->reply && import->reply->n_warnings) {
        fprintf(out, "\nThe server notes:\n");
        told_warnings(import->cli, out, "  ", import->reply);
    }
    if (import->applied)
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what was applied was answered
        fprintf(out, "\nApplied as batch %" PRIu64 ". To take it all back: sendco undo %" PRIu64 "\n", import->reply->batch,
                import->reply->batch);
    else if (import->plan.n_changes == 0)
        fprintf(out, "\nThe school's records say the same already: nothing to do.\n");
    else if (import->dry_run)
        fprintf(out, "\nA dry run: nothing was applied. To apply it: sendco import %s\n", import_safe(import, import->file, 0));
}

void import_show_text(const struct import *import)
{
    show_plan(import, SHOW_DETAILS);
    if (import->roll.n_faults == 0)
        import_show_end(import);
}
