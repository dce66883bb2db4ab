// What an import found and did, for people and for scripts. Stored and foreign
// text is made safe for a terminal. Main thread.
#include "client/exchange/import.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "client/cli/run.h"
#include "client/cli/told.h"
#include "common/date.h"
#include "common/text.h"

#define SHOW_MISSING 5
#define SHOW_FAULTS  200
#define SHOW_DETAILS 40 // changed details of pupils
#define SHOW_OTHERS  24 // lines of a terminal that the rest of the question takes

static int64_t real_id(const struct import *import, const struct record *record)
{
    if (record->id > 0)
        return record->id;
    for (size_t i = 0; import->reply && i < import->reply->n_done; i++) {
        const Sendco__PutReply__Done *done = import->reply->done[i];
        if (done->temporary == record->id && done->kind == record->kind->number)
            return done->id;
    }
    return 0;
}

// --- JSON ----------------------------------------------------------------------

// Text from a file may be anything; JSON must be UTF-8, and is after roll_read.
static json_t *text_json(const char *text)
{
    json_t *made = text ? json_string(text) : NULL;
    return made ? made : json_null();
}

static json_t *id_json(const struct import *import, const struct record *record)
{
    char id[ID_TEXT_MAX];
    int64_t real = record && (import->applied || record->id > 0) ? real_id(import, record) : 0;
    return real > 0 ? json_string(id_format(record->kind, real, id)) : json_null();
}

static json_t *value_json(const struct import *import, const struct field *field, struct value value)
{
    if (value.type == VALUE_EMPTY)
        return json_null();
    if (field->as == AS_BOOL)
        return json_boolean(value.number != 0);
    if (field->as == AS_NUMBER)
        return json_integer(value.number);
    if (field->as == AS_REF) {
        struct record *target = record_new(field->ref, &import->cli->arena);
        if (!target)
            return json_null();
        target->id = value.number;
        return id_json(import, target);
    }
    return text_json(value_format(field, value, VALUE_PLAIN, &import->cli->arena));
}

static json_t *faults_json(const struct import *import)
{
    json_t *list = json_array();
    for (size_t i = 0; i < import->roll.n_faults; i++) {
        const struct roll_fault *fault = &import->roll.faults[i];
        json_t *one = json_object();
        json_object_set_new(one, "row", json_integer((json_int_t)fault->row));
        json_object_set_new(one, "column", text_json(fault->column));
        json_object_set_new(one, "value", text_json(fault->value));
        json_object_set_new(one, "code", text_json(fault->code));
        json_object_set_new(one, "message", text_json(fault->message));
        json_object_set_new(one, "hint", text_json(fault->hint));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *change_json(const struct import *import, const struct plan_change *change)
{
    const struct record *record = change->record;
    json_t *one = json_object(), *fields = json_object(), *was = json_object();
    json_object_set_new(one, "row", change->row ? json_integer((json_int_t)change->row) : json_null());
    json_object_set_new(one, "kind", text_json(record->kind->noun));
    json_object_set_new(one, "id", id_json(import, record));
    json_object_set_new(one, "action", text_json(record->id < 0 ? "add" : "edit"));
    json_object_set_new(one, "pupil", change->pupil ? text_json(school_name(change->pupil, &import->cli->arena)) : json_null());
    json_object_set_new(one, "pupil_id", change->pupil ? id_json(import, change->pupil) : json_null());
    for (size_t i = 0; i < record->kind->n_fields; i++) {
        const struct field *field = &record->kind->fields[i];
        if ((change->set & field_bit(field)) == 0)
            continue;
        json_object_set_new(fields, field->name, value_json(import, field, record->values[i]));
        if (change->held)
            json_object_set_new(was, field->name, value_json(import, field, change->held->values[i]));
    }
    json_object_set_new(one, "fields", fields);
    json_object_set_new(one, "was", change->held ? was : json_null());
    if (!change->held)
        json_decref(was);
    return one;
}

static json_t *counts_json(const struct import *import)
{
    const struct plan_counts *counts = &import->plan.counts;
    const struct {
        const char *name;
        size_t n;
    } all[] = {
        {"rows", counts->rows},
        {"pupils_new", counts->pupils_new},
        {"pupils_restored", counts->pupils_restored},
        {"pupils_changed", counts->pupils_changed},
        {"pupils_unchanged", counts->pupils_unchanged},
        {"classes_new", counts->classes_new},
        {"memberships", counts->memberships},
        {"statuses", counts->statuses},
        {"needs", counts->needs},
        {"needs_ended", counts->needs_ended},
        {"missing", counts->missing},
        {"changes", import->plan.n_changes},
        {"faults", import->roll.n_faults},
    };
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        json_object_set_new(object, all[i].name, json_integer((json_int_t)all[i].n));
    return object;
}

static json_t *missing_json(const struct import *import)
{
    json_t *list = json_array();
    for (size_t i = 0; i < import->plan.n_missing; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "id", id_json(import, import->plan.missing[i]));
        json_object_set_new(one, "pupil", text_json(school_name(import->plan.missing[i], &import->cli->arena)));
        json_array_append_new(list, one);
    }
    return list;
}

void import_show_json(const struct import *import)
{
    bool batch = import->applied && import->reply->batch;
    json_t *root = json_object(), *changes = json_array();
    json_object_set_new(root, "schema_version", json_integer(1));
    json_object_set_new(root, "batch", batch ? json_integer((json_int_t)import->reply->batch) : json_null());
    json_object_set_new(root, "dry_run", json_boolean(import->dry_run));
    json_object_set_new(root, "applied", json_boolean(import->applied));
    json_object_set_new(root, "counts", counts_json(import));
    json_object_set_new(root, "faults", faults_json(import));
    for (size_t i = 0; import->roll.n_faults == 0 && i < import->plan.n_changes; i++)
        json_array_append_new(changes, change_json(import, &import->plan.changes[i]));
    json_object_set_new(root, "changes", changes);
    json_object_set_new(root, "missing", missing_json(import));
    json_object_set_new(root, "warnings", told_warnings_json(import->reply));
    json_dumpf(root, import->cli->out, JSON_INDENT(import->cli->format == CLI_JSONL ? 0 : 2));
    fputc('\n', import->cli->out);
    json_decref(root);
}

// --- text ----------------------------------------------------------------------

static const char *safe(const struct import *import, const char *text, int width)
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

static void show_faults(const struct import *import)
{
    const struct roll *roll = &import->roll;
    fprintf(import->cli->out, "\n%5s  %s  %s  %s\n", "Row", padded(import, "Column", 20), padded(import, "Value", 20), "Fault");
    for (size_t i = 0; i < roll->n_faults && i < SHOW_FAULTS; i++) {
        const struct roll_fault *fault = &roll->faults[i];
        fprintf(import->cli->out, "%5zu  %s  %s  %s%s%s\n", fault->row, padded(import, fault->column, 20), padded(import, fault->value, 20),
                safe(import, fault->message, 0), *fault->hint ? ". " : "", safe(import, fault->hint, 0));
    }
    if (roll->n_faults > SHOW_FAULTS)
        fprintf(import->cli->out, "       and %zu more; all of them with --json\n", roll->n_faults - SHOW_FAULTS);
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

static const char *value_words(const struct import *import, const struct field *field, struct value value)
{
    const char *text = value_format(field, value, VALUE_HUMAN, &import->cli->arena);
    return *text ? safe(import, text, 40) : "(empty)";
}

// Details that a person can check by eye; what is new is in the counts.
static void show_details(const struct import *import, size_t most)
{
    const struct plan *plan = &import->plan;
    size_t n = 0;
    for (size_t i = 0; i < plan->n_changes; i++) {
        const struct plan_change *change = &plan->changes[i];
        const struct kind *kind = change->record->kind;
        for (size_t f = 0; change->held && change->held == change->pupil && f < kind->n_fields; f++) {
            const struct field *field = &kind->fields[f];
            if ((change->set & field_bit(field)) == 0 || value_equal(change->held->values[f], change->record->values[f]))
                continue;
            if (n++ >= most)
                continue;
            fprintf(import->cli->out, "%s  %s, %s: %s -> %s\n", n == 1 ? "\nChanged details:\n" : "",
                    safe(import, school_name(change->held, &import->cli->arena), 40), field->label,
                    value_words(import, field, change->held->values[f]), value_words(import, field, change->record->values[f]));
        }
    }
    if (n > most)
        fprintf(import->cli->out, "  and %zu more; all of them with --json\n", n - most);
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
                safe(import, school_name(plan->missing[i], &import->cli->arena), 60));
    if (plan->n_missing > SHOW_MISSING)
        fprintf(import->cli->out, "  and %zu more; all of them with --json\n", plan->n_missing - SHOW_MISSING);
}

static void show_unread(const struct import *import)
{
    const struct roll *roll = &import->roll;
    for (size_t i = 0; i < roll->n_unread; i++)
        fprintf(import->cli->out, "%s%s", i ? ", " : "\nColumns that say nothing here: ", safe(import, roll->unread[i], 40));
    if (roll->n_unread)
        fputc('\n', import->cli->out);
}

static void show_plan(const struct import *import, size_t details)
{
    char day[DATE_TEXT_MAX];
    fprintf(import->cli->out, "%s, as at %s\n\n", safe(import, import->file, 0), date_human(import->date, day));
    show_counts(import);
    show_unread(import);
    if (import->roll.n_faults) {
        show_faults(import);
        return;
    }
    show_details(import, details);
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
        fprintf(out, "\nApplied as batch %" PRIu64 ". To take it all back: sendco undo %" PRIu64 "\n", import->reply->batch,
                import->reply->batch);
    else if (import->plan.n_changes == 0)
        fprintf(out, "\nThe school's records say the same already: nothing to do.\n");
    else if (import->dry_run)
        fprintf(out, "\nA dry run: nothing was applied. To apply it: sendco import %s\n", safe(import, import->file, 0));
}

void import_show_text(const struct import *import)
{
    show_plan(import, SHOW_DETAILS);
    if (import->roll.n_faults == 0)
        import_show_end(import);
}
