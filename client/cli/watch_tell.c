// How one watched change is told: a line for people or programs, or a JSON object. Main
// thread.
#include "client/cli/command.h"
#include "client/cli/shape.h"
#include "client/cli/watch_about.h"
#include "common/clock.h"
#include "common/kind.h"
#include "common/text.h"

json_t *watch_change_json(struct cli *cli, const Sendco__Change *change, const struct record *record, const struct kind *kind, int64_t id)
{
    json_t *json = shape_new(), *changed = json_array();
    struct arena *arena = &cli->arena;

    json_object_set_new(json, "seq", json_integer((json_int_t)change->seq));
    json_object_set_new(json, "kind", shape_text(kind ? kind->noun : NULL));
    json_object_set_new(json, "id", shape_id(kind, id));
    json_object_set_new(json, "action", json_string(change->gone ? "gone" : action_word(change->action)));
    json_object_set_new(json, "version", record && !change->gone ? json_integer((json_int_t)record->version) : json_null());
    json_object_set_new(json, "who", shape_text(change->who));
    json_object_set_new(json, "at", shape_time(change->at));
    for (size_t i = 0; kind && i < change->n_changed; i++) {
        const struct field *field = field_by_number(kind, change->changed[i]);

        if (field)
            json_array_append_new(changed, json_string(field->name));
    }
    json_object_set_new(json, "changed", changed);
    json_object_set_new(json, "fields", record && !change->gone ? shape_fields(record, arena) : json_null());
    json_object_set_new(json, "withheld", record ? shape_field_names(kind, record->withheld) : json_array());
    json_object_set_new(json, "batch", change->batch ? json_integer((json_int_t)change->batch) : json_null());
    return json;
}

void watch_change_line(struct cli *cli, struct watch_labels *labels, const Sendco__Change *change, const struct record *record,
                       const struct kind *kind, int64_t id)
{
    const char *label = record ? record_show(record, kind->shows, NULL, NULL, &cli->arena) : "", *comma = "";
    char id_text[ID_TEXT_MAX] = "", when[32];

    if (kind)
        id_format(kind, id, id_text);
    if (!cli->human) {
        fprintf(cli->out, "%llu\t%s\t%s\t%s\t%s\t%s\t", (unsigned long long)change->seq, clock_iso(change->at, when),
                text_safe(change->who ? change->who : "", false, &cli->arena), change->gone ? "gone" : action_word(change->action),
                kind ? kind->noun : "", id_text);
    } else {
        label = text_cut(text_safe(label, false, &cli->arena), 40, &cli->arena);
        fprintf(cli->out, "%s  %s  %s  %s %s%s  %s%s", clock_text(change->at, when),
                text_safe(change->who ? change->who : "somebody", false, &cli->arena), change->gone ? "gone" : action_word(change->action),
                kind ? kind->noun : "", id_text, kind ? watch_about(cli, labels, change, kind, id) : "", label ? label : "",
                change->n_changed > 0 ? ": " : "");
    }
    for (size_t i = 0; kind && i < change->n_changed; i++) {
        const struct field *field = field_by_number(kind, change->changed[i]);

        if (field) {
            fprintf(cli->out, "%s%s", comma, cli->human ? field->label : field->name);
            comma = cli->human ? ", " : ",";
        }
    }
    fputc('\n', cli->out);
}
