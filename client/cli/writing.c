// What became of a change: as text, as a row, as JSON. Main thread.
#include "client/cli/writing.h"

#include "client/cli/command.h"
#include "client/cli/history.h"
#include "client/cli/shape.h"
#include "client/cli/table.h"
#include "client/cli/told.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

#define WRITING_PART  84 // exit code: a part was done
#define WRITING_LOOKS 10 // so many of what followed are looked at

static const Sendco__PutReply__Done *done_of(const struct writing *writing, const Sendco__PutReply *reply)
{
    for (size_t i = 0; writing->kind && i < reply->n_done; i++)
        if (reply->done[i]->kind == writing->kind->number && (reply->done[i]->id == writing->id || writing->id == 0) &&
            !reply->done[i]->caused)
            return reply->done[i];
    return reply->n_done > 0 ? reply->done[0] : NULL;
}

// The version that an undo took back: the one named, else the one before what it made.
static uint64_t version_undone(const struct writing *writing, const Sendco__PutReply__Done *done)
{
    return writing->version > 0 ? writing->version : done->version - (done->has_action ? 1 : 0);
}

// Of the record named, or of another that went with it.
static const struct field *merged_field(const struct writing *writing, const Sendco__PutReply__Merged *merged)
{
    const struct kind *kind = merged->has_kind ? kind_by_number(merged->kind) : writing->kind;

    return kind ? field_by_number(kind, merged->field) : NULL;
}

static json_t *merged_json(const struct writing *writing, const Sendco__PutReply *reply)
{
    json_t *list = json_array();

    for (size_t i = 0; i < reply->n_merged; i++) {
        const struct field *field = merged_field(writing, reply->merged[i]);
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

// What names were taken for: the record's own and those of references.
static json_t *named_json(const struct writing *writing)
{
    json_t *list = json_array();

    for (size_t i = 0; i < writing->cli->n_named; i++) {
        const struct cli_named *named = &writing->cli->named[i];
        json_t *one = json_object();

        json_object_set_new(one, "kind", json_string(named->kind->noun));
        json_object_set_new(one, "id", shape_id(named->kind, named->id));
        json_object_set_new(one, "label", shape_text(named->label));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *also_json(const struct writing *writing, const Sendco__PutReply *reply, const Sendco__PutReply__Done *done)
{
    json_t *also = json_array();

    for (size_t i = 0; i < reply->n_done; i++)
        if (reply->done[i] != done || !writing->kind)
            json_array_append_new(also, done_json(reply->done[i]));
    return also;
}

static json_t *skipped_json(const struct writing *writing, const Sendco__PutReply *reply)
{
    const bool *back = reply->n_skipped > 0 ? skipped_back(writing->cli, reply) : NULL;
    json_t *skipped = json_array();

    for (size_t i = 0; i < reply->n_skipped; i++) {
        json_t *one = done_json(reply->skipped[i]);

        json_object_set_new(one, "why", json_string(back && back[i] ? "taken-back" : "changed"));
        json_array_append_new(skipped, one);
    }
    return skipped;
}

json_t *writing_shape(const struct writing *writing, const Sendco__PutReply *answer)
{
    static const Sendco__PutReply nothing = SENDCO__PUT_REPLY__INIT;
    const Sendco__PutReply *reply = answer ? answer : &nothing;
    const Sendco__PutReply__Done *done = done_of(writing, reply);
    json_t *json = shape_new();
    char key[CLI_KEY * 2 + 1];

    json_object_set_new(json, "id", shape_id(writing->kind, done ? done->id : writing->id));
    json_object_set_new(json, "version", json_integer(done ? (json_int_t)done->version : (json_int_t)writing->version));
    json_object_set_new(json, "outcome", json_string("OK"));
    json_object_set_new(json, "merged", merged_json(writing, reply));
    json_object_set_new(json, "key", json_string(cli_key_text(writing->key, key)));
    json_object_set_new(json, "seq", json_integer(answer ? (json_int_t)reply->to_seq : (json_int_t)writing->cli->seq));
    json_object_set_new(json, "batch", reply->batch ? json_integer((json_int_t)reply->batch) : json_null());
    json_object_set_new(json, "changed", done ? json_boolean(done->has_action) : json_false());
    json_object_set_new(json, "replayed", json_boolean(reply->replayed));
    json_object_set_new(json, "dry_run", json_boolean(writing->cli->dry_run));
    json_object_set_new(json, "warnings", told_warnings_json(reply));
    json_object_set_new(json, "named", named_json(writing));
    if (writing->undo && writing->kind && done)
        json_object_set_new(json, "taken_back", json_integer((json_int_t)version_undone(writing, done)));
    json_object_set_new(json, "also", also_json(writing, reply, done));
    json_object_set_new(json, "skipped", skipped_json(writing, reply));
    return json;
}

// Dates and names are said back: "fri" or "xu" may have been meant otherwise.
static void tell_typed(const struct writing *writing)
{
    struct cli *cli = writing->cli;
    const struct kind *kind = writing->kind;
    const struct cli_named *named = kind ? cli_named(cli, kind, writing->id) : NULL;
    char text[DATE_TEXT_MAX], id[ID_TEXT_MAX];

    if (named)
        fprintf(cli->out, "  %s: %s (%s)\n", kind->title, text_safe(named->label, false, &cli->arena), id_format(kind, named->id, id));
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a record has a kind
    for (size_t i = 0; writing->record && i < kind->n_fields; i++) {
        const struct field *field = &kind->fields[i];
        struct value value = writing->record->values[i];

        if (!(writing->set & field_bit(field)) || value.type != VALUE_NUMBER)
            continue;
        if (field->as == AS_DATE)
            fprintf(cli->out, "  %s: %s\n", field->label, date_human((int32_t)value.number, text));
        else if (field->as == AS_REF && (named = cli_named(cli, field->ref, value.number)))
            fprintf(cli->out, "  %s: %s (%s)\n", field->label, text_safe(named->label, false, &cli->arena),
                    id_format(field->ref, named->id, id));
    }
}

// What followed by itself: a spell that ended, when another began.
static void tell_caused(struct cli *cli, const Sendco__PutReply__Done *done, bool look)
{
    const struct kind *kind = kind_by_number(done->kind);
    const struct version *version = NULL;
    struct versions versions;
    struct problem ignored;
    char id[ID_TEXT_MAX], day[DATE_TEXT_MAX];

    if (!kind)
        return;
    problem_init(&ignored, NULL);
    if (look && history_get(cli, kind, done->id, &versions, &ignored) == 0)
        for (size_t i = 0; i < versions.n; i++)
            if (versions.list[i].version == done->version)
                version = &versions.list[i];
    fprintf(cli->out, "  also: %s %s", kind->title, id_format(kind, done->id, id));
    const struct field *to = kind_is_spell(kind) ? &kind->fields[kind->spell.to] : NULL;
    struct value ends = to ? version_value(version, to) : (struct value){.type = VALUE_EMPTY};
    if (done->action == SENDCO__ACTION__REMOVE)
        fprintf(cli->out, " was removed\n");
    else if (version && to && (version->changed & field_bit(to)) && ends.type == VALUE_NUMBER)
        fprintf(cli->out, " %s on %s\n", ends.number < cli->today ? "ended" : "ends", date_human((int32_t)ends.number, day));
    else if (version && *history_changes(cli, &versions, version))
        fprintf(cli->out, ": %s\n", history_changes(cli, &versions, version));
    else
        fprintf(cli->out, ", version %llu\n", (unsigned long long)done->version);
}

void writing_more(const struct writing *writing, const Sendco__PutReply *reply)
{
    struct cli *cli = writing->cli;
    size_t caused = 0;
    char when[32];

    for (size_t i = 0; i < reply->n_merged; i++) {
        const struct field *field = merged_field(writing, reply->merged[i]);

        fprintf(cli->out, "  merged with a change of %s by %s, %s\n", field ? field->label : "another field",
                text_safe(reply->merged[i]->who ? reply->merged[i]->who : "somebody", false, &cli->arena),
                clock_text(reply->merged[i]->when, when));
    }
    for (size_t i = 0; i < reply->n_done; i++)
        if (reply->done[i]->caused || (writing->undo && writing->kind && reply->done[i] != done_of(writing, reply)))
            tell_caused(cli, reply->done[i], caused++ < WRITING_LOOKS && !cli->dry_run);
    if (reply->n_skipped > 0)
        skipped_text(cli, reply, skipped_back(cli, reply));
    told_warnings(cli, cli->out, "  note: ", reply);
}

// Taking back a second time brings back what the first took away: so it says which.
static void tell_undone(const struct writing *writing, const Sendco__PutReply__Done *done)
{
    struct cli *cli = writing->cli;
    const struct version *last = NULL;
    struct versions versions;
    struct problem ignored;
    const char *what = "";
    char id[ID_TEXT_MAX];

    problem_init(&ignored, NULL);
    if (history_get(cli, writing->kind, done->id, &versions, &ignored) == 0)
        for (size_t i = 0; i < versions.n; i++)
            if (versions.list[i].version == done->version)
                last = &versions.list[i];
    if (last && last->action == SENDCO__ACTION__REMOVE)
        what = "it is removed";
    else if (last && last->action == SENDCO__ACTION__RESTORE)
        what = "it is there again";
    else if (last)
        what = history_changes(cli, &versions, last);
    fprintf(cli->out, "Taken back: version %llu of %s%s%s\n", (unsigned long long)version_undone(writing, done),
            id_format(writing->kind, done->id, id), *what ? ": " : "", what);
}

// "Need NED-06QF saved, version 2: SPLD rank 2, of O'Hanrahan, Róisín"
static void tell_saved(const struct writing *writing, const Sendco__PutReply__Done *done)
{
    struct cli *cli = writing->cli;
    const char *what = writing->what ? writing->what : told_record(cli, writing->kind, done->id);
    char id[ID_TEXT_MAX];

    fprintf(cli->out, "%s %s %s, version %llu%s%s\n", writing->kind->title, id_format(writing->kind, done->id, id), writing->verb,
            (unsigned long long)done->version, *what ? ": " : "", what);
}

// What an undo would take back, without doing it.
static void tell_would(const struct writing *writing)
{
    struct cli *cli = writing->cli;
    const struct version *last = NULL;
    struct versions versions;
    struct problem ignored;
    char id[ID_TEXT_MAX];

    problem_init(&ignored, NULL);
    if (history_get(cli, writing->kind, writing->id, &versions, &ignored) == 0)
        for (size_t i = 0; i < versions.n; i++)
            if (writing->version == 0 || versions.list[i].version == writing->version)
                last = &versions.list[i];
    const char *what = last ? history_changes(cli, &versions, last) : "", *record = told_record(cli, writing->kind, writing->id);
    fprintf(cli->out, "%s %s%s%s\n", writing->kind->title, id_format(writing->kind, writing->id, id), *record ? ": " : "", record);
    if (last)
        fprintf(cli->out, "  would be taken back: version %llu, %s by %s%s%s\n", (unsigned long long)last->version,
                action_word(last->action), text_safe(last->who ? last->who : "somebody", false, &cli->arena), *what ? ": " : "", what);
    fprintf(cli->out, "A dry run: nothing was changed.\n");
}

static void tell_batch(const struct writing *writing, const Sendco__PutReply *reply)
{
    struct cli *cli = writing->cli;

    fprintf(cli->out, "Batch %llu: %s %staken back, %zu left alone.\n%s", (unsigned long long)writing->batch,
            told_count(cli, reply->n_done, "record", "records"), cli->dry_run ? "would be " : "", reply->n_skipped,
            cli->dry_run ? "A dry run: nothing was changed.\n" : "");
}

static void writing_text(const struct writing *writing, const Sendco__PutReply *reply)
{
    const Sendco__PutReply__Done *done = done_of(writing, reply);
    struct cli *cli = writing->cli;
    char id[ID_TEXT_MAX];

    if (!writing->kind)
        tell_batch(writing, reply);
    else if (cli->dry_run && writing->undo)
        tell_would(writing);
    else if (cli->dry_run)
        fprintf(cli->out, "%s: all is well; nothing was changed.\n", writing->kind->title);
    else if (done && !done->has_action)
        fprintf(cli->out, "%s %s: nothing had to change, version %llu.\n", writing->kind->title, id_format(writing->kind, done->id, id),
                (unsigned long long)done->version);
    else if (done && writing->undo)
        tell_undone(writing, done);
    else if (done)
        tell_saved(writing, done);
    tell_typed(writing);
    writing_more(writing, reply);
}

void writing_named(struct cli *cli)
{
    char id[ID_TEXT_MAX];

    for (size_t i = 0; i < cli->n_named; i++)
        cli_note(cli, "%s: %s (%s)", cli->named[i].kind->title, cli->named[i].label, id_format(cli->named[i].kind, cli->named[i].id, id));
}

void writing_row(const struct writing *writing, const Sendco__PutReply *reply)
{
    static const struct table_column columns[] = {
        {"id", "Id", false, TABLE_KEEP}, {"version", "Version", true, TABLE_KEEP}, {"outcome", "Outcome", false, TABLE_KEEP}};
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
    writing_named(cli);
    if (!cli->quiet)
        told_warnings(cli, cli->err, "note: ", reply);
}

int writing_done(const struct writing *writing, const Sendco__PutReply *reply)
{
    if (writing->cli->format == CLI_JSON || writing->cli->format == CLI_JSONL)
        shape_print(writing->cli, writing_shape(writing, reply), false);
    else if (writing->cli->human || !writing->kind)
        writing_text(writing, reply);
    else
        writing_row(writing, reply);
    return reply->n_skipped > 0 ? WRITING_PART : 0;
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
                     writing->seen > 0 ? arena_printf(&cli->arena, " --seen %llu", (unsigned long long)writing->seen) : "",
                     writing->version ? arena_printf(&cli->arena, " --if-version %llu", (unsigned long long)writing->version) : "");
    return cli_fail(cli, doing, problem);
}
