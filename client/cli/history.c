// history: who changed what from what to what, for any kind. Main thread.
#include "client/cli/history.h"

#include <string.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/shape.h"
#include "client/cli/table.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

#define HISTORY_VALUE 60 // columns of a value in a sentence

static const char *kept(struct cli *cli, const char *text)
{
    return text && *text ? arena_strdup(&cli->arena, text) : NULL;
}

static int version_add(struct cli *cli, const Sendco__HistoryReply__Entry *entry, struct versions *versions)
{
    struct version *version;

    if (versions->n == versions->size) {
        size_t size = versions->size ? versions->size * 2 : 32;
        struct version *more = arena_zero(&cli->arena, size, sizeof *more);

        if (!more)
            return problem_set(versions->problem, ERR_NOMEM, "There is not enough memory for the history.");
        if (versions->n > 0)
            memcpy(more, versions->list, versions->n * sizeof *more);
        versions->list = more;
        versions->size = size;
    }
    version = &versions->list[versions->n];
    *version = (struct version){.seq = entry->seq,
                                .version = entry->version,
                                .batch = entry->batch,
                                .at = entry->at,
                                .who = kept(cli, entry->who),
                                .on_behalf_of = kept(cli, entry->on_behalf_of),
                                .reason = kept(cli, entry->reason),
                                .action = entry->action};
    if (entry->record) {
        int error = cli_record(cli, entry->record, &version->record, versions->problem);

        if (error != 0)
            return error;
        for (size_t i = 0; i < entry->n_changed; i++) {
            const struct field *field = field_by_number(version->record->kind, entry->changed[i]);

            version->changed |= field ? field_bit(field) : 0;
        }
    }
    versions->n++;
    return 0;
}

static int on_history(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    struct versions *versions = data;
    const Sendco__HistoryReply *history = reply->body_case == SENDCO__REPLY__BODY_HISTORY ? reply->history : NULL;

    if (!history)
        return problem_set(versions->problem, ERR_PROTOCOL, "The server's answer holds no history.");
    cli_labels_add(versions->labels, history->n_labels, history->labels);
    for (size_t i = 0; i < history->n_entries; i++) {
        int error = version_add(cli, history->entries[i], versions);

        if (error != 0)
            return error;
    }
    return 0;
}

int history_get(struct cli *cli, const struct kind *kind, int64_t id, struct versions *versions, struct problem *problem)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__History history = SENDCO__HISTORY__INIT;

    *versions = (struct versions){.labels = cli_labels_new(cli), .problem = problem};
    history.has_kind = history.has_id = true;
    history.kind = kind->number;
    history.id = id;
    request.body_case = SENDCO__REQUEST__BODY_HISTORY;
    request.history = &history;
    return cli_ask(cli, &request, on_history, versions, problem);
}

const char *action_word(Sendco__Action action)
{
    switch (action) {
    case SENDCO__ACTION__ADD:
        return "add";
    case SENDCO__ACTION__EDIT:
        return "edit";
    case SENDCO__ACTION__REMOVE:
        return "remove";
    case SENDCO__ACTION__RESTORE:
        return "restore";
    default:
        return "change";
    }
}

struct value version_value(const struct version *version, const struct field *field)
{
    return version && version->record ? version->record->values[field->index] : (struct value){.type = VALUE_EMPTY};
}

static json_t *version_json(struct cli *cli, const struct version *version, const struct version *before, const struct kind *kind)
{
    json_t *json = json_object(), *changed = json_array();

    json_object_set_new(json, "seq", json_integer((json_int_t)version->seq));
    json_object_set_new(json, "version", json_integer((json_int_t)version->version));
    json_object_set_new(json, "at", shape_time(version->at));
    json_object_set_new(json, "who", shape_text(version->who));
    json_object_set_new(json, "on_behalf_of", shape_text(version->on_behalf_of));
    json_object_set_new(json, "action", json_string(action_word(version->action)));
    for (size_t i = 0; i < kind->n_fields; i++) {
        const struct field *field = &kind->fields[i];

        if (!(version->changed & field_bit(field)))
            continue;
        json_t *one = json_pack("{s:s}", "field", field->name);
        json_object_set_new(one, "from", shape_value(field, version_value(before, field), &cli->arena));
        json_object_set_new(one, "to", shape_value(field, version_value(version, field), &cli->arena));
        json_array_append_new(changed, one);
    }
    json_object_set_new(json, "changed", changed);
    json_object_set_new(json, "fields", version->record ? shape_fields(version->record, &cli->arena) : json_null());
    json_object_set_new(json, "batch", version->batch ? json_integer((json_int_t)version->batch) : json_null());
    json_object_set_new(json, "reason", shape_text(version->reason));
    return json;
}

static void history_json(struct cli *cli, const struct kind *kind, int64_t id, const struct versions *versions)
{
    json_t *json = shape_new(), *entries = json_array();

    json_object_set_new(json, "kind", json_string(kind->noun));
    json_object_set_new(json, "id", shape_id(kind, id));
    for (size_t i = 0; i < versions->n; i++)
        json_array_append_new(entries, version_json(cli, &versions->list[i], i ? &versions->list[i - 1] : NULL, kind));
    json_object_set_new(json, "entries", entries);
    shape_print(cli, json, false);
}

// "23 Nov 26 14:09", London: the narrowest that still says it all.
static const char *short_time(int64_t time, char text[32])
{
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int seconds, year, month, day;

    date_split(clock_civil(time, &seconds), &year, &month, &day);
    snprintf(text, 32, "%d %s %02d %02d:%02d", day, months[month - 1], year % 100, seconds / 3600 % 24, seconds / 60 % 60);
    return text;
}

// One row per changed field: what a script filters and a person reads down.
static int history_table(struct cli *cli, const struct kind *kind, const struct versions *versions)
{
    static const struct table_column columns[] = {{"version", "Ver", true, TABLE_KEEP},
                                                  {"at", "When", false, TABLE_KEEP | TABLE_FIRM},
                                                  {"who", "Who", false, TABLE_KEEP},
                                                  {"on_behalf_of", "For", false, 0},
                                                  {"action", "Did", false, TABLE_KEEP | TABLE_FIRM},
                                                  {"field", "Field", false, TABLE_KEEP},
                                                  {"from", "From", false, TABLE_KEEP},
                                                  {"to", "To", false, TABLE_KEEP},
                                                  {"batch", "Batch", true, 0},
                                                  {"reason", "Reason", false, 0}};
    struct table table;

    table_init(&table, columns, sizeof columns / sizeof *columns, &cli->arena);
    for (size_t v = 0; v < versions->n; v++) {
        const struct version *version = &versions->list[v], *before = v ? version - 1 : NULL;
        char when[32];
        bool first = true;

        for (size_t i = 0; i <= kind->n_fields; i++) {
            const struct field *field = i < kind->n_fields ? &kind->fields[i] : NULL;
            bool repeat = !first && cli->human;

            if (field ? !(version->changed & field_bit(field)) : !first)
                continue;
            const char *cells[] = {
                repeat ? "" : arena_printf(&cli->arena, "%llu", (unsigned long long)version->version),
                repeat ? "" : arena_strdup(&cli->arena, cli->human ? short_time(version->at, when) : clock_iso(version->at, when)),
                repeat ? "" : version->who,
                repeat ? "" : version->on_behalf_of,
                repeat ? "" : action_word(version->action),
                field ? (cli->human ? field->label : field->name) : "",
                field ? fields_cell(field, version_value(before, field), versions->labels, cli->human, &cli->arena) : "",
                field ? fields_cell(field, version_value(version, field), versions->labels, cli->human, &cli->arena) : "",
                version->batch && !repeat ? arena_printf(&cli->arena, "%llu", (unsigned long long)version->batch) : "",
                repeat ? "" : version->reason};

            if (table_add(&table, cells) != 0)
                return ERR_NOMEM;
            first = false;
        }
    }
    table_print(cli, &table);
    return 0;
}

const char *history_changes(struct cli *cli, const struct versions *versions, const struct version *version)
{
    const struct kind *kind = version->record ? version->record->kind : NULL;
    const struct version *before = NULL;
    const char *text = "";

    for (size_t i = 0; i < versions->n; i++)
        if (versions->list[i].version + 1 == version->version)
            before = &versions->list[i];
    for (size_t i = 0; kind && i < kind->n_fields && text; i++) {
        const struct field *field = &kind->fields[i];
        const char *old = fields_shown(field, version_value(before, field), versions->labels, true, &cli->arena);
        const char *new = fields_shown(field, version_value(version, field), versions->labels, true, &cli->arena);

        if (!(version->changed & field_bit(field)))
            continue;
        old = *old ? text_cut(text_safe(old, false, &cli->arena), HISTORY_VALUE, &cli->arena) : "(empty)";
        new = *new ? text_cut(text_safe(new, false, &cli->arena), HISTORY_VALUE, &cli->arena) : "(empty)";
        text = arena_printf(&cli->arena, "%s%s%s %s -> %s", text, *text ? "; " : "", field->label, old ? old : "", new ? new : "");
    }
    return text ? text : "";
}

int history_command(struct cli *cli, const struct call *call)
{
    struct versions versions;
    struct problem problem;
    int64_t id;
    int error;

    problem_init(&problem, &cli->arena);
    error = cli_resolve(cli, call->kind, call->argv[0], &id, &problem);
    if (error == 0)
        error = history_get(cli, call->kind, id, &versions, &problem);
    if (error == 0 && cli->format == CLI_JSON)
        history_json(cli, call->kind, id, &versions);
    else if (error == 0 && history_table(cli, call->kind, &versions) != 0)
        error = problem_set(&problem, ERR_NOMEM, "There is not enough memory for the table.");
    return error ? cli_fail(cli, arena_printf(&cli->arena, "show the history of %s", call->argv[0]), &problem) : 0;
}
