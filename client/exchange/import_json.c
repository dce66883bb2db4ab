// What an import found and did, for scripts: one JSON object. Main thread.
#include "client/exchange/import.h"

#include <jansson.h>
#include <string.h>

#include "client/cli/told.h"
#include "common/text.h"

static int64_t real_id(const struct import *import, const struct record *record)
{
    if (record->id > 0)
        return record->id;
    const Sendco__PutReply__Done *done = import->reply ? import_done(import->reply, record) : NULL;
    return done ? done->id : 0;
}

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

static json_t *faults_json(const struct roll_fault *faults, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        const struct roll_fault *fault = &faults[i];
        json_t *one = json_object();
        json_object_set_new(one, "row", json_integer((json_int_t)fault->row));
        json_object_set_new(one, "line", fault->line ? json_integer((json_int_t)fault->line) : json_null());
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
        {"notes", import->roll.n_notes},
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

static json_t *headings_json(const struct roll *roll)
{
    static const char *const how[] = {[ROLL_GIVEN] = "given", [ROLL_REMEMBERED] = "remembered", [ROLL_NEAR] = "near"};
    json_t *list = json_array();
    for (size_t i = 0; i < roll->n_taken; i++) {
        const struct roll_map *map = &roll->taken[i];
        json_t *one = json_object();
        json_object_set_new(one, "heading", text_json(map->heading));
        json_object_set_new(one, "field", text_json(map->column < 0 ? "none" : roll_columns[map->column].name));
        json_object_set_new(one, "how", text_json(how[map->how]));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *unread_json(const struct roll *roll)
{
    json_t *list = json_array();
    for (size_t i = 0; i < roll->n_unread; i++)
        json_array_append_new(list, text_json(roll->unread[i]));
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
    json_object_set_new(root, "encoding", text_json(import->roll.encoding));
    json_object_set_new(root, "headings", headings_json(&import->roll));
    json_object_set_new(root, "not_imported", unread_json(&import->roll));
    json_object_set_new(root, "faults", faults_json(import->roll.faults, import->roll.n_faults));
    json_object_set_new(root, "notes", faults_json(import->roll.notes, import->roll.n_notes));
    for (size_t i = 0; import->roll.n_faults == 0 && i < import->plan.n_changes; i++)
        json_array_append_new(changes, change_json(import, &import->plan.changes[i]));
    json_object_set_new(root, "changes", changes);
    json_object_set_new(root, "missing", missing_json(import));
    json_object_set_new(root, "warnings", told_warnings_json(import->reply));
    json_dumpf(root, import->cli->out, JSON_INDENT(import->cli->format == CLI_JSONL ? 0 : 2));
    fputc('\n', import->cli->out);
    json_decref(root);
}
