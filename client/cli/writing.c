// What became of a change: as text, as a row, as JSON. Main thread.
#include "client/cli/writing.h"

#include "client/cli/command.h"
#include "client/cli/shape.h"
#include "client/cli/table.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

#define WRITING_PART 84 // exit code: a part was done

static const Sendco__PutReply__Done *done_of(const struct writing *writing, const Sendco__PutReply *reply)
{
    for (size_t i = 0; writing->kind && i < reply->n_done; i++)
        if (reply->done[i]->kind == writing->kind->number && (reply->done[i]->id == writing->id || writing->id == 0) &&
            !reply->done[i]->caused)
            return reply->done[i];
    return reply->n_done > 0 ? reply->done[0] : NULL;
}

static json_t *merged_json(const struct writing *writing, const Sendco__PutReply *reply)
{
    json_t *list = json_array();

    for (size_t i = 0; i < reply->n_merged; i++) {
        const struct field *field = writing->kind ? field_by_number(writing->kind, reply->merged[i]->field) : NULL;
        json_t *one = json_object();

        json_object_set_new(one, "field", shape_text(field ? field->name : NULL));
        json_object_set_new(one, "who", shape_text(reply->merged[i]->who));
        json_object_set_new(one, "when", shape_time(reply->merged[i]->when));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *done_json(const Sendco__PutReply__Done *done)
{
    const struct kind *kind = kind_by_number(done->kind);
    json_t *json = json_object();

    json_object_set_new(json, "kind", shape_text(kind ? kind->noun : NULL));
    json_object_set_new(json, "id", shape_id(kind, done->id));
    json_object_set_new(json, "version", json_integer((json_int_t)done->version));
    json_object_set_new(json, "action", done->has_action ? json_string(action_word(done->action)) : json_null());
    return json;
}

static json_t *warnings_json(const Sendco__PutReply *reply)
{
    json_t *list = json_array();

    for (size_t i = 0; i < reply->n_warnings; i++) {
        const struct kind *kind = kind_by_number(reply->warnings[i]->kind);
        const struct field *field = kind ? field_by_number(kind, reply->warnings[i]->field) : NULL;
        json_t *one = json_object();

        json_object_set_new(one, "field", shape_text(field ? field->name : NULL));
        json_object_set_new(one, "message", shape_text(reply->warnings[i]->message));
        json_array_append_new(list, one);
    }
    return list;
}

static void writing_json(const struct writing *writing, const Sendco__PutReply *reply)
{
    const Sendco__PutReply__Done *done = done_of(writing, reply);
    json_t *json = shape_new(), *also = json_array(), *skipped = json_array();
    char key[CLI_KEY * 2 + 1];

    json_object_set_new(json, "id", shape_id(writing->kind, done ? done->id : writing->id));
    json_object_set_new(json, "version", json_integer(done ? (json_int_t)done->version : 0));
    json_object_set_new(json, "outcome", json_string("OK"));
    json_object_set_new(json, "merged", merged_json(writing, reply));
    json_object_set_new(json, "key", json_string(cli_key_text(writing->key, key)));
    json_object_set_new(json, "seq", json_integer((json_int_t)reply->to_seq));
    json_object_set_new(json, "batch", reply->batch ? json_integer((json_int_t)reply->batch) : json_null());
    json_object_set_new(json, "changed", done ? json_boolean(done->has_action) : json_false());
    json_object_set_new(json, "replayed", json_boolean(reply->replayed));
    json_object_set_new(json, "dry_run", json_boolean(writing->cli->dry_run));
    json_object_set_new(json, "warnings", warnings_json(reply));
    for (size_t i = 0; i < reply->n_done; i++)
        if (reply->done[i] != done || !writing->kind)
            json_array_append_new(also, done_json(reply->done[i]));
    for (size_t i = 0; i < reply->n_skipped; i++)
        json_array_append_new(skipped, done_json(reply->skipped[i]));
    json_object_set_new(json, "also", also);
    json_object_set_new(json, "skipped", skipped);
    shape_print(writing->cli, json, false);
}

// Dates are said back with their weekday: "fri" may have been meant otherwise.
static void tell_dates(const struct writing *writing)
{
    const struct kind *kind = writing->kind;
    char text[DATE_TEXT_MAX];

    for (size_t i = 0; writing->record && i < kind->n_fields; i++)
        if ((writing->set & UINT64_C(1) << i) && kind->fields[i].as == AS_DATE && writing->record->values[i].type == VALUE_NUMBER)
            fprintf(writing->cli->out, "  %s: %s\n", kind->fields[i].label, date_human((int32_t)writing->record->values[i].number, text));
}

static void tell_more(const struct writing *writing, const Sendco__PutReply *reply)
{
    struct cli *cli = writing->cli;
    char id[ID_TEXT_MAX], when[32];

    for (size_t i = 0; i < reply->n_merged; i++) {
        const struct field *field = writing->kind ? field_by_number(writing->kind, reply->merged[i]->field) : NULL;

        fprintf(cli->out, "  merged with a change of %s by %s, %s\n", field ? field->label : "another field",
                text_safe(reply->merged[i]->who ? reply->merged[i]->who : "somebody", false, &cli->arena),
                clock_text(reply->merged[i]->when, when));
    }
    for (size_t i = 0; i < reply->n_done; i++) {
        const struct kind *kind = kind_by_number(reply->done[i]->kind);

        if (kind && reply->done[i]->caused)
            fprintf(cli->out, "  also: %s %s, version %llu\n", kind->title, id_format(kind, reply->done[i]->id, id),
                    (unsigned long long)reply->done[i]->version);
    }
    for (size_t i = 0; i < reply->n_skipped; i++) {
        const struct kind *kind = kind_by_number(reply->skipped[i]->kind);

        if (kind)
            fprintf(cli->out, "  left alone, changed since: %s %s\n", kind->title, id_format(kind, reply->skipped[i]->id, id));
    }
    for (size_t i = 0; i < reply->n_warnings; i++)
        fprintf(cli->out, "  note: %s\n", text_safe(reply->warnings[i]->message ? reply->warnings[i]->message : "", false, &cli->arena));
}

static void writing_text(const struct writing *writing, const Sendco__PutReply *reply)
{
    const Sendco__PutReply__Done *done = done_of(writing, reply);
    struct cli *cli = writing->cli;
    char id[ID_TEXT_MAX];

    if (!writing->kind)
        fprintf(cli->out, "Batch %llu: %zu records taken back, %zu left alone.\n", (unsigned long long)writing->batch, reply->n_done,
                reply->n_skipped);
    else if (cli->dry_run)
        fprintf(cli->out, "%s: all is well; nothing was changed.\n", writing->kind->title);
    else if (done && !done->has_action)
        fprintf(cli->out, "%s %s: nothing had to change, version %llu.\n", writing->kind->title, id_format(writing->kind, done->id, id),
                (unsigned long long)done->version);
    else if (done)
        fprintf(cli->out, "%s %s %s, version %llu.\n", writing->kind->title, id_format(writing->kind, done->id, id), writing->verb,
                (unsigned long long)done->version);
    tell_dates(writing);
    tell_more(writing, reply);
}

static void writing_row(const struct writing *writing, const Sendco__PutReply *reply)
{
    static const struct table_column columns[] = {
        {"id", "Id", false, true}, {"version", "Version", true, true}, {"outcome", "Outcome", false, true}};
    const Sendco__PutReply__Done *done = done_of(writing, reply);
    struct cli *cli = writing->cli;
    const struct kind *kind = done ? kind_by_number(done->kind) : NULL;
    struct table table;
    char id[ID_TEXT_MAX];
    const char *cells[] = {kind && done->id > 0 ? id_format(kind, done->id, id) : "",
                           arena_printf(&cli->arena, "%llu", done ? (unsigned long long)done->version : 0), "OK"};

    table_init(&table, columns, 3, &cli->arena);
    if (table_add(&table, cells) == 0)
        table_print(cli, &table);
    if (!cli->quiet)
        for (size_t i = 0; i < reply->n_warnings; i++)
            cli_note(cli, "note: %s", reply->warnings[i]->message ? reply->warnings[i]->message : "");
}

int writing_done(const struct writing *writing, const Sendco__PutReply *reply)
{
    if (writing->cli->format == CLI_JSON || writing->cli->format == CLI_JSONL)
        writing_json(writing, reply);
    else if (writing->cli->human || !writing->kind)
        writing_text(writing, reply);
    else
        writing_row(writing, reply);
    return reply->n_skipped > 0 ? 84 : 0; // a part of it was done
}

// What to type next depends on the command, so it is said here.
int writing_failed(const struct writing *writing, const char *doing, struct problem *problem)
{
    struct cli *cli = writing->cli;
    char id[ID_TEXT_MAX], key[CLI_KEY * 2 + 1];

    if (problem->error == ERR_CONFLICT && writing->kind && writing->id > 0 && !problem->hint[0]) {
        id_format(writing->kind, writing->id, id);
        problem_hint(problem, "sendco %s show %s\nsendco %s edit %s FIELD=VALUE …   to change it as it is now\nsendco %s history %s",
                     writing->kind->noun, id, writing->kind->noun, id, writing->kind->noun, id);
    }
    if (problem->error == ERR_UNKNOWN)
        problem_hint(problem, "The same command again with --key %s%s%s; it is not applied twice.", cli_key_text(writing->key, key),
                     writing->record ? arena_printf(&cli->arena, " --seen %llu", (unsigned long long)writing->seen) : "",
                     writing->version ? arena_printf(&cli->arena, " --if-version %llu", (unsigned long long)writing->version) : "");
    return cli_fail(cli, doing, problem);
}
