// Numbers that know which records they come from. The reasons are kept only when
// somebody asks why; the figures themselves are made in the same way either way.
// Reader thread.
#include "server/reports/reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

// A figure that is shown: where, and what it is made of.
struct figure_note {
    const Sendco__Report__Section *section;
    size_t row, column;
    struct figure figure;
    struct figure_note *next;
};

int64_t figure_round(int64_t numerator, int64_t denominator)
{
    int64_t half = denominator / 2;
    return numerator >= 0 ? (numerator + half) / denominator : -((-numerator + half) / denominator);
}

static void part_add(struct report_work *work, struct figure *figure, int64_t amount, const struct record *because)
{
    struct figure_part *last = figure->parts;
    if (!work->query->why || !because)
        return;
    if (last && last->because == because) {
        last->amount += amount;
        return;
    }
    struct figure_part *part = arena_alloc(work->arena, sizeof *part);
    if (!part)
        return; // a reason less is no reason to refuse the report
    *part = (struct figure_part){because, amount, figure->parts};
    figure->parts = part;
}

void figure_add(struct report_work *work, struct figure *figure, int64_t amount, const struct record *because)
{
    figure->known = true;
    figure->amount += amount;
    part_add(work, figure, amount, because);
}

static void parts_join(struct report_work *work, struct figure *into, const struct figure_part *part)
{
    for (; part; part = part->next)
        part_add(work, into, part->amount, part->because);
}

void figure_join(struct report_work *work, struct figure *into, const struct figure *from)
{
    into->known |= from->known;
    into->amount += from->amount;
    parts_join(work, into, from->parts);
}

struct figure figure_of(struct report_work *work, bool known, int64_t amount, const struct figure *a, const struct figure *b)
{
    struct figure figure = {.known = known, .amount = amount};
    parts_join(work, &figure, a ? a->parts : NULL);
    parts_join(work, &figure, b ? b->parts : NULL);
    return figure;
}

void report_figure(struct report_work *work, Sendco__Report__Section *section, size_t row, size_t column, const struct figure *figure)
{
    if (figure->known)
        report_cell(section->rows[row], column, value_number(figure->amount));
    if (!work->query->why)
        return;
    struct figure_note *note = arena_alloc(work->arena, sizeof *note);
    if (!note)
        return;
    *note = (struct figure_note){section, row, column, *figure, work->noted};
    work->noted = note;
}

// --- why -----------------------------------------------------------------------

// "SECTION:ROW:COLUMN", the section left out when there is none of that name.
struct asked {
    const char *section, *row, *column; // section may be NULL
};

static int asked_parse(struct report_work *work, struct asked *asked)
{
    char *text = arena_strdup(work->arena, work->query->why);
    char *last = text ? strrchr(text, ':') : NULL;
    if (!text)
        return ERR_NOMEM;
    if (!last)
        return ERR_INVALID; // figure_why says so
    *last = 0;
    *asked = (struct asked){NULL, text, last + 1};
    for (size_t i = 0; i < work->out->n_sections; i++) {
        const char *name = work->out->sections[i]->name;
        size_t length = strlen(name);
        if (strncmp(text, name, length) == 0 && text[length] == ':')
            *asked = (struct asked){name, text + length + 1, last + 1};
    }
    return 0;
}

// By what the row is called, or by its number: year 3 is not the third row.
static bool row_is(const Sendco__Report__Section *section, size_t row, const char *given, bool by_number)
{
    char *end;
    unsigned long number = strtoul(given, &end, 10);
    const Sendco__Value *first = section->rows[row]->n_cells ? section->rows[row]->cells[0] : NULL;
    if (!by_number)
        return first && first->text && text_same(first->text, given);
    return *given && !*end && number == row + 1;
}

static bool column_is(const Sendco__Report__Section *section, size_t column, const char *given)
{
    const Sendco__Report__Column *of = section->columns[column];
    return text_same(of->name, given) || text_same(of->label, given);
}

static const struct figure_note *note_try(const struct report_work *work, const struct asked *asked, bool by_number)
{
    const struct figure_note *found = NULL;
    for (const struct figure_note *note = work->noted; note; note = note->next) {
        if (asked->section && strcmp(note->section->name, asked->section) != 0)
            continue;
        if (row_is(note->section, note->row, asked->row, by_number) && column_is(note->section, note->column, asked->column))
            found = note; // the first on the page is the last noted
    }
    return found;
}

static const struct figure_note *note_find(const struct report_work *work, const struct asked *asked)
{
    const struct figure_note *found = note_try(work, asked, false);
    return found ? found : note_try(work, asked, true);
}

// Which columns hold figures, for somebody who guessed wrong.
static int why_unknown(struct report_work *work)
{
    char known[280] = "";
    for (const struct figure_note *note = work->noted; note; note = note->next) {
        char one[100];
        snprintf(one, sizeof one, "%s:ROW:%s", note->section->name, note->section->columns[note->column]->name);
        size_t at = strlen(known);
        if (!strstr(known, one) && at + strlen(one) + 3 < sizeof known)
            snprintf(known + at, sizeof known - at, "%s%s", at ? ", " : "", one);
    }
    problem_set(work->problem, ERR_INVALID, "Why: the report has no figure “%.80s”.", work->query->why);
    problem_hint(work->problem,
                 *known ? "ROW is the row's number or its first word. Ask for one of: %s" : "This report has no figures to explain.",
                 known);
    return ERR_INVALID;
}

struct reasons {
    const struct figure_part **list;
    size_t n;
};

static int by_record(const void *a, const void *b)
{
    const struct record *x = (*(const struct figure_part *const *)a)->because, *y = (*(const struct figure_part *const *)b)->because;
    if (x->kind != y->kind)
        return x->kind->index > y->kind->index ? 1 : -1;
    return (x->id > y->id) - (x->id < y->id);
}

// In order of kind and id; what one record gave in several parts becomes one line.
static int reasons_sort(struct report_work *work, const struct figure *figure, struct reasons *reasons)
{
    size_t n = 0, kept = 0;
    for (const struct figure_part *part = figure->parts; part; part = part->next)
        n++;
    *reasons = (struct reasons){arena_zero(work->arena, n + 1, sizeof(struct figure_part *)), n};
    struct figure_part *sums = arena_zero(work->arena, n + 1, sizeof *sums);
    if (!reasons->list || !sums)
        return ERR_NOMEM;
    n = 0;
    for (const struct figure_part *part = figure->parts; part; part = part->next)
        reasons->list[n++] = part;
    if (n)
        qsort(reasons->list, n, sizeof *reasons->list, by_record);
    for (size_t i = 0; i < n; i++) {
        if (kept && sums[kept - 1].because->kind == reasons->list[i]->because->kind &&
            sums[kept - 1].because->id == reasons->list[i]->because->id)
            sums[kept - 1].amount += reasons->list[i]->amount;
        else
            sums[kept++] = *reasons->list[i];
    }
    for (size_t i = 0; i < kept; i++)
        reasons->list[i] = &sums[i];
    reasons->n = kept;
    return 0;
}

static int why_section(struct report_work *work, const struct figure_note *note)
{
    const Sendco__Report__Column *shown = note->section->columns[note->column];
    const Sendco__Value *first = note->section->rows[note->row]->cells[0];
    const struct report_column columns[] = {
        {"kind", "Kind", SENDCO__REPORT__TYPE__TEXT, 20},
        {"record", "Record", SENDCO__REPORT__TYPE__TEXT, 40},
        {"about", "About", SENDCO__REPORT__TYPE__TEXT, 24},
        {"amount", "Amount", shown->type, 8},
    };
    const char *title = arena_printf(work->arena, "Why %s of %s", shown->label, first && first->text ? first->text : "this row");
    struct reasons reasons;
    if (!title || reasons_sort(work, &note->figure, &reasons) < 0)
        return ERR_NOMEM;
    Sendco__Report__Section *section = report_section(work, "why", title, columns, 4, reasons.n);
    for (size_t i = 0; section && i < reasons.n; i++) {
        const struct record *because = reasons.list[i]->because;
        const struct kind *about = because->kind->about.depth && because->about ? kind_of_subject(because->kind->about.subject) : NULL;
        const char *label = view_label(work->view, because->kind, because->id, work->arena);
        const char *whose = about ? view_label(work->view, about, because->about, work->arena) : NULL;
        report_cell(section->rows[i], 0, value_text(because->kind->title));
        report_cell(section->rows[i], 1, value_text(label ? label : "?"));
        if (whose)
            report_cell(section->rows[i], 2, value_text(whose));
        report_cell(section->rows[i], 3, value_number(reasons.list[i]->amount));
        report_link(section->rows[i], because->kind, because->id, work->arena);
    }
    return section ? 0 : ERR_NOMEM;
}

int figure_why(struct report_work *work)
{
    struct asked asked = {NULL, NULL, NULL};
    int result = asked_parse(work, &asked);
    if (result < 0)
        return result == ERR_INVALID ? why_unknown(work) : result;
    const struct figure_note *note = note_find(work, &asked);
    return note ? why_section(work, note) : why_unknown(work);
}
