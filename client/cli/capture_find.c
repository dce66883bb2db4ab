// Finding what a quick capture is about: records by name or id, runs by the day they meet.
// Main thread.
#include "client/cli/capture.h"

#include <string.h>

#include "client/cli/fields.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

static int no_memory(struct capture *capture)
{
    return problem_set(&capture->problem, ERR_NOMEM, "There is not enough memory for the records.");
}

void capture_unsure(struct capture *capture, const char *typed, const char *label)
{
    struct arena *arena = &capture->cli->arena;

    if (cli_name_fits(typed, label, arena) == 2)
        return;
    const char *one = arena_printf(arena, "\"%s\" is %s", typed, label);
    if (!one || strstr(capture->unsure, one))
        return;
    const char *all = arena_printf(arena, "%s%s%s", capture->unsure, *capture->unsure ? "; " : "", one);
    capture->unsure = all ? all : capture->unsure;
}

int capture_resolve(struct capture *capture, const char *kind, const char *text, int64_t *id)
{
    const struct kind *of = kind_find(kind);
    bool writing = capture->cli->writing;

    capture->cli->writing = false;
    int error = cli_resolve(capture->cli, of, text, id, &capture->problem);
    capture->cli->writing = writing;
    const struct cli_named *named = error == 0 ? cli_named(capture->cli, of, *id) : NULL;
    if (named)
        capture_unsure(capture, text, named->label);
    return error;
}

struct gathering {
    struct capture *capture;
    struct captured *found;
};

static int on_captured(struct record *record, void *data)
{
    struct gathering *gathering = data;
    struct captured *found = gathering->found;

    if (found->n == found->size) {
        size_t size = found->size ? found->size * 2 : 64;
        struct record **list = arena_alloc(&gathering->capture->cli->arena, size * sizeof *list);

        if (!list)
            return no_memory(gathering->capture);
        if (found->n > 0)
            memcpy(list, found->list, found->n * sizeof *list);
        found->list = list;
        found->size = size;
    }
    found->list[found->n++] = record;
    return 0;
}

int capture_list(struct capture *capture, const char *kind, const char *field, int64_t id, int32_t as_at, struct captured *found)
{
    struct gathering gathering = {capture, found};
    struct cli_found all;
    struct cli_query query;

    *found = (struct captured){.n = 0};
    cli_query_init(&query, kind_find(kind));
    if (field) {
        query.where[0].field = field_find(query.kind, field);
        query.where[0].op = SENDCO__CONDITION__OP__EQ;
        query.where[0].value = value_number(id);
        query.n_where = 1;
    }
    query.as_at = as_at;
    query.order[0].about = query.kind->about.subject == SUBJECT_PUPIL;
    query.n_order = query.order[0].about;
    int error = cli_list(capture->cli, &query, on_captured, &gathering, &all, &capture->problem);
    found->labels = all.labels;
    return error;
}

// Groups keep their names from term to term; whoever takes a register means the one that meets.
int capture_run(struct capture *capture, const char *text, int32_t day, int64_t *id)
{
    const struct kind *kind = kind_find("Provision");
    const struct record *best = NULL;
    struct captured running;
    int fits = 0;
    size_t n = 0;
    int error = capture_list(capture, "Provision", NULL, 0, day, &running);

    for (size_t i = 0; error == 0 && i < running.n; i++) {
        int fit = cli_name_fits(text, record_text(running.list[i], "name"), &capture->cli->arena);

        if (fit == 0 || fit < fits)
            continue;
        n = fit > fits ? 1 : n + 1;
        fits = fit;
        best = running.list[i];
    }
    if (error != 0 || n != 1)
        return error != 0 ? error : capture_resolve(capture, "Provision", text, id);
    *id = best->id;
    cli_named_add(capture->cli, kind, *id, record_text(best, "name"));
    capture_unsure(capture, text, record_text(best, "name"));
    return 0;
}

int capture_get(struct capture *capture, const char *kind, int64_t id, struct record **record)
{
    return cli_get(capture->cli, kind_find(kind), id, 0, record, NULL, &capture->problem);
}

const char *capture_name(struct captured *found, const struct record *record, const char *ref)
{
    const struct field *field = field_find(record->kind, ref);

    return field->ref ? cli_label(field->ref, record->values[field->index].number, found->labels) : "";
}

const char *capture_label(struct capture *capture, const char *kind, int64_t id)
{
    const struct kind *of = kind_find(kind);
    const struct cli_named *named = cli_named(capture->cli, of, id);
    struct cli_labels *labels = cli_labels_new(capture->cli);
    struct record *record;
    struct problem ignored;

    problem_init(&ignored, NULL);
    if (named)
        return named->label;
    if (!labels || cli_get(capture->cli, of, id, 0, &record, labels, &ignored) != 0)
        return capture_id_text(capture, of, id);
    return record_show(record, of->shows, cli_label, labels, &capture->cli->arena);
}
