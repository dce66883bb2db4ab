// Makes JSON. Main thread.
#include "client/cli/shape.h"

#include <unistd.h>

#include "client/cli/cli.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/kind.h"

#define SHAPE_DIGITS 15 // so that 94.1 is 94.1

json_t *shape_new(void)
{
    return json_pack("{s:i}", "schema_version", SHAPE_VERSION);
}

json_t *shape_text(const char *text)
{
    json_t *json = text ? json_string(text) : NULL;

    return json ? json : json_null();
}

json_t *shape_id(const struct kind *kind, int64_t id)
{
    char text[ID_TEXT_MAX];

    return kind && id > 0 ? json_string(id_format(kind, id, text)) : json_null();
}

json_t *shape_time(int64_t time)
{
    char text[32];

    return time ? json_string(clock_iso(time, text)) : json_null();
}

json_t *shape_date(int32_t date)
{
    char text[DATE_TEXT_MAX];

    return date != DATE_NONE ? json_string(date_iso(date, text)) : json_null();
}

json_t *shape_value(const struct field *field, struct value value, struct arena *arena)
{
    if (value.type == VALUE_EMPTY)
        return json_null();
    switch (field->as) {
    case AS_NUMBER:
    case AS_MINUTES:
        return json_integer(value.number);
    case AS_BOOL:
        return json_boolean(value.number != 0);
    case AS_MONEY:
        return json_real((double)value.number / 100);
    case AS_TENTHS:
        return json_real((double)value.number / 10);
    case AS_REF:
        return shape_id(field->ref, value.number);
    default:
        return shape_text(value_format(field, value, VALUE_PLAIN, arena));
    }
}

json_t *shape_fields(const struct record *record, struct arena *arena)
{
    json_t *fields = json_object();

    for (size_t i = 0; i < record->kind->n_fields; i++)
        if (!(record->withheld & UINT64_C(1) << i))
            json_object_set_new(fields, record->kind->fields[i].name, shape_value(&record->kind->fields[i], record->values[i], arena));
    return fields;
}

json_t *shape_field_names(const struct kind *kind, uint64_t mask)
{
    json_t *names = json_array();

    for (size_t i = 0; i < kind->n_fields; i++)
        if (mask & UINT64_C(1) << i)
            json_array_append_new(names, json_string(kind->fields[i].name));
    return names;
}

json_t *shape_record(const struct record *record, struct arena *arena)
{
    json_t *json = json_object();

    json_object_set_new(json, "id", shape_id(record->kind, record->id));
    json_object_set_new(json, "version", json_integer((json_int_t)record->version));
    json_object_set_new(json, "fields", shape_fields(record, arena));
    json_object_set_new(json, "withheld", shape_field_names(record->kind, record->withheld));
    if (record->removed)
        json_object_set_new(json, "removed", json_true());
    return json;
}

static json_t *shape_problem_field(const struct problem_field *in, struct arena *arena)
{
    const struct field *field = in->kind && in->field >= 0 && in->field < in->kind->n_fields ? &in->kind->fields[in->field] : NULL;
    json_t *json = json_object();

    json_object_set_new(json, "kind", shape_text(in->kind ? in->kind->noun : NULL));
    json_object_set_new(json, "id", shape_id(in->kind, in->id));
    json_object_set_new(json, "field", shape_text(field ? field->name : NULL));
    json_object_set_new(json, "message", shape_text(in->message));
    if (field) {
        json_object_set_new(json, "base", shape_value(field, in->base, arena));
        json_object_set_new(json, "theirs", shape_value(field, in->theirs, arena));
        json_object_set_new(json, "yours", shape_value(field, in->yours, arena));
    }
    json_object_set_new(json, "who", shape_text(in->who));
    json_object_set_new(json, "when", shape_time(in->when));
    return json;
}

json_t *shape_problem(const struct problem *problem, struct arena *arena)
{
    json_t *json = json_object(), *fields = json_array();

    json_object_set_new(json, "code", json_string(error_info(problem->error)->code));
    json_object_set_new(json, "message", shape_text(problem->message));
    json_object_set_new(json, "hint", shape_text(problem_next(problem)));
    for (size_t i = 0; i < problem->n_fields; i++)
        json_array_append_new(fields, shape_problem_field(&problem->fields[i], arena));
    json_object_set_new(json, "fields", fields);
    return json;
}

// On a terminal nothing but ASCII leaves: a name's bidi control cannot turn the line.
void shape_write(json_t *json, bool line, FILE *out)
{
    bool terminal = isatty(fileno(out));
    size_t flags = JSON_REAL_PRECISION(SHAPE_DIGITS) | (terminal ? JSON_ENSURE_ASCII : 0);

    flags |= terminal && !line ? JSON_INDENT(2) : JSON_COMPACT;
    json_dumpf(json, out, flags);
    fputc('\n', out);
    json_decref(json);
}

void shape_print(struct cli *cli, json_t *json, bool line)
{
    if (cli->demo && !line)
        json_object_set_new(json, "demo", json_true());
    shape_write(json, line, cli->out);
}
