// Tells many things of a kind in one line. Main thread.
#include "client/cli/told.h"

#include <string.h>

#include "client/cli/shape.h"
#include "common/kind.h"
#include "common/text.h"

#define TOLD_IDS   3
#define TOLD_LABEL 60 // columns of what a record says

const char *told_count(struct cli *cli, size_t n, const char *one, const char *many)
{
    const char *text = arena_printf(&cli->arena, "%zu %s", n, n == 1 ? one : many);

    return text ? text : many;
}

const char *told_id(struct cli *cli, const char *text, size_t nth, const struct kind *kind, int64_t id)
{
    char one[ID_TEXT_MAX];

    if (nth >= TOLD_IDS || !kind || id <= 0)
        return text;
    const char *more = arena_printf(&cli->arena, "%s%s%s", text, *text ? ", " : "", id_format(kind, id, one));
    return more ? more : text;
}

const char *told_rest(struct cli *cli, const char *text, size_t n)
{
    const char *all = n > TOLD_IDS && *text ? arena_printf(&cli->arena, "%s and %zu more", text, n - TOLD_IDS) : text;

    return all ? all : text;
}

// Whom a record is about, from reference to reference; NULL: itself, the school, or not to be seen.
static const char *told_whose(struct cli *cli, struct record *record, struct cli_labels *labels)
{
    const struct about *about = &record->kind->about;
    struct problem ignored;

    problem_init(&ignored, NULL);
    for (int i = 0; i < about->depth; i++) {
        const struct field *field = &record->kind->fields[about->path[i]];
        int64_t id = record->values[field->index].number;

        if (field->as != AS_REF || record->values[field->index].type != VALUE_NUMBER)
            return NULL;
        if (i + 1 == about->depth)
            return cli_label(field->ref, id, labels);
        if (cli_get(cli, field->ref, id, 0, &record, labels, &ignored) != 0)
            return NULL;
    }
    return NULL;
}

const char *told_record(struct cli *cli, const struct kind *kind, int64_t id)
{
    struct cli_labels *labels = cli_labels_new(cli);
    struct record *record;
    struct problem ignored;

    problem_init(&ignored, NULL);
    if (!labels || id <= 0 || cli_get(cli, kind, id, 0, &record, labels, &ignored) != 0)
        return "";
    const char *label = text_safe(record_show(record, kind->shows, cli_label, labels, &cli->arena), false, &cli->arena);
    const char *whose = told_whose(cli, record, labels), *text = label ? text_cut(label, TOLD_LABEL, &cli->arena) : NULL;
    whose = whose ? text_safe(whose, false, &cli->arena) : NULL;
    if (text && whose && !strstr(label, whose))
        text = arena_printf(&cli->arena, "%s%sof %s", text, *text ? ", " : "", whose);
    return text ? text : "";
}

static const char *message_of(const Sendco__PutReply *reply, size_t i)
{
    return reply->warnings[i]->message ? reply->warnings[i]->message : "";
}

static void told_warning(struct cli *cli, FILE *to, const char *prefix, const Sendco__PutReply *reply, size_t first)
{
    const char *ids = "", *message = text_safe(message_of(reply, first), false, &cli->arena);
    size_t n = 0;

    for (size_t i = first; i < reply->n_warnings; i++)
        if (!strcmp(message_of(reply, first), message_of(reply, i)))
            ids = told_id(cli, ids, n++, kind_by_number(reply->warnings[i]->kind), reply->warnings[i]->id);
    ids = cli->dry_run ? "" : told_rest(cli, ids, n); // of records that there will not be
    fprintf(to, "%s%s", prefix, message ? message : "");
    if (n > 1)
        fprintf(to, " (%zu times%s%s)", n, *ids ? ": " : "", ids);
    fputc('\n', to);
}

void told_warnings(struct cli *cli, FILE *to, const char *prefix, const Sendco__PutReply *reply)
{
    size_t *heads = arena_alloc(&cli->arena, (reply->n_warnings + 1) * sizeof *heads), n = 0;

    for (size_t i = 0; heads && i < reply->n_warnings; i++) {
        size_t at = 0;

        while (at < n && strcmp(message_of(reply, heads[at]), message_of(reply, i)) != 0)
            at++;
        if (at < n)
            continue;
        heads[n++] = i;
        told_warning(cli, to, prefix, reply, i);
    }
}

json_t *told_warnings_json(const Sendco__PutReply *reply)
{
    json_t *list = json_array();

    for (size_t i = 0; reply && i < reply->n_warnings; i++) {
        const struct kind *kind = kind_by_number(reply->warnings[i]->kind);
        const struct field *field = kind ? field_by_number(kind, reply->warnings[i]->field) : NULL;
        json_t *one = json_object();

        json_object_set_new(one, "kind", shape_text(kind ? kind->noun : NULL));
        json_object_set_new(one, "id", shape_id(kind, reply->warnings[i]->id));
        json_object_set_new(one, "field", shape_text(field ? field->name : NULL));
        json_object_set_new(one, "message", shape_text(reply->warnings[i]->message));
        json_array_append_new(list, one);
    }
    return list;
}
