// What an import would change, pupil by pupil, as a person checks it by eye: from
// what to what. Main thread.
#include "client/exchange/import.h"

#include <stdlib.h>
#include <string.h>

#include "common/date.h"
#include "common/text.h"

static const char *value_words(const struct import *import, const struct field *field, struct value value)
{
    const char *text = value_format(field, value, VALUE_HUMAN, &import->cli->arena);
    return *text ? import_safe(import, text, 40) : "(empty)";
}

static const char *class_name(const struct import *import, int64_t id)
{
    const struct school_list *classes = &import->school.classes;
    for (size_t i = 0; i < classes->n; i++) {
        if (classes->records[i]->id == id)
            return record_text(classes->records[i], "name");
    }
    return "(empty)";
}

// What held of this kind before the import's date, in words.
static const char *before(const struct import *import, const struct plan_change *change, const char *field)
{
    size_t n = 0;
    struct record *const *spells =
        change->pupil->id > 0 ? school_spells(&import->school, change->record->kind->name, change->pupil->id, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        if (!school_holds(spells[i], import->date))
            continue;
        return strcmp(field, "class") == 0 ? class_name(import, record_number(spells[i], "class")) : record_text(spells[i], field);
    }
    return "(empty)";
}

// One line without its end; false: this change has a line of another kind.
static const char *spell_words(const struct import *import, const struct plan_change *change)
{
    struct arena *arena = &import->cli->arena;
    const struct record *record = change->record;
    char day[DATE_TEXT_MAX];
    if (strcmp(record->kind->name, "Need") == 0) {
        const char *was =
            change->held ? arena_printf(arena, "%s, rank %d", record_text(change->held, "need"), (int)record_number(change->held, "rank"))
                         : "(empty)";
        if (change->held && record_has(record, "ends"))
            return arena_printf(arena, "need %s -> ends on %s", was, date_human((int32_t)record_number(record, "ends"), day));
        return arena_printf(arena, "need %s -> %s, rank %d", was, record_text(record, "need"), (int)record_number(record, "rank"));
    }
    if (strcmp(record->kind->name, "SenStatus") == 0)
        return arena_printf(arena, "SEN status %s -> %s", before(import, change, "provision"), record_text(record, "provision"));
    if (strcmp(record->kind->name, "ClassMembership") == 0)
        return arena_printf(arena, "class %s -> %s", before(import, change, "class"), class_name(import, record_number(record, "class")));
    return NULL;
}

struct lines {
    const struct import *import;
    size_t n, most;
};

static void line(struct lines *lines, const struct record *pupil, const char *words)
{
    const struct import *import = lines->import;
    if (lines->n++ >= lines->most)
        return;
    fprintf(import->cli->out, "%s  %s: %s\n", lines->n == 1 ? "\nWhat changes:\n" : "",
            import_safe(import, school_name(pupil, &import->cli->arena), 40), import_safe(import, words ? words : "", 120));
}

static void details(struct lines *lines, const struct plan_change *change)
{
    const struct kind *kind = change->record->kind;
    for (size_t f = 0; f < kind->n_fields; f++) {
        const struct field *field = &kind->fields[f];
        if ((change->set & field_bit(field)) == 0 || value_equal(change->held->values[f], change->record->values[f]))
            continue;
        line(lines, change->pupil,
             arena_printf(&lines->import->cli->arena, "%s %s -> %s", field->label,
                          value_words(lines->import, field, change->held->values[f]),
                          value_words(lines->import, field, change->record->values[f])));
    }
}

static int by_row(const void *a, const void *b)
{
    const struct plan_change *x = *(const struct plan_change *const *)a, *y = *(const struct plan_change *const *)b;
    if (x->row != y->row)
        return x->row > y->row ? 1 : -1;
    return (x > y) - (x < y); // as they are sent
}

// Of a new pupil one line says all; of one who is known, each change has its own.
void import_show_changes(const struct import *import, size_t most)
{
    const struct plan *plan = &import->plan;
    struct lines lines = {import, 0, most};
    const struct plan_change **sorted = arena_zero(&import->cli->arena, plan->n_changes + 1, sizeof(const struct plan_change *));
    for (size_t i = 0; sorted && i < plan->n_changes; i++)
        sorted[i] = &plan->changes[i];
    if (sorted && plan->n_changes)
        qsort(sorted, plan->n_changes, sizeof(const struct plan_change *), by_row);
    for (size_t i = 0; sorted && i < plan->n_changes; i++) {
        const struct plan_change *change = sorted[i];
        if (!change->pupil)
            continue;
        if (change->pupil == change->record)
            line(&lines, change->pupil, "a new pupil");
        else if (change->restore)
            line(&lines, change->pupil, "was removed and comes back");
        else if (change->held && change->held == change->pupil)
            details(&lines, change);
        else if (change->pupil->id > 0)
            line(&lines, change->pupil, spell_words(import, change));
    }
    if (lines.n > most)
        fprintf(import->cli->out, "  and %zu more; all of them with --json\n", lines.n - most);
}
