// Finding what a quick capture is about: records by name or id, runs by the day they meet,
// people among those it can only be. Main thread.
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

static void unsure_add(struct capture *capture, const char *typed, const char *label)
{
    struct arena *arena = &capture->cli->arena;

    if (cli_name_fits(typed, label, arena) == 2)
        return;
    const char *all = arena_printf(arena, "%s%s\"%s\" is %s", capture->unsure, *capture->unsure ? "; " : "", typed, label);
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
        unsure_add(capture, text, named->label);
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
    unsure_add(capture, text, record_text(best, "name"));
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

// A record by itself goes by its codes as well: "Perpetua Quillfeather (Mother)".
static const char *own_label(struct capture *capture, struct captured *found, const struct record *record)
{
    struct arena *arena = &capture->cli->arena;
    const char *label = record_show(record, record->kind->shows, cli_label, found->labels, arena);

    for (size_t i = 0; label && i < record->kind->n_fields; i++) {
        const struct field *field = &record->kind->fields[i];
        const char *code = field->as == AS_CODE && record->values[i].type == VALUE_TEXT ? record->values[i].text : NULL;
        const char *title = code ? fields_code_title(field, code) : NULL;

        if (code)
            label = arena_printf(arena, "%s (%s)", label, title ? title : code);
    }
    return label ? label : "";
}

static const char *found_label(struct capture *capture, struct captured *found, size_t at, const char *ref)
{
    const struct record *record = found->list[at];

    return ref ? capture_name(found, record, ref) : own_label(capture, found, record);
}

// The name that one goes by is not in the label.
static int also_known_as(struct capture *capture, const struct record *record, const char *ref, const char *text, const char *label)
{
    const struct field *field = ref ? field_find(record->kind, ref) : NULL;
    struct record *person;
    struct problem ignored;

    problem_init(&ignored, NULL);
    if (!field || !field->ref || !field_find(field->ref, "known_as") ||
        cli_get(capture->cli, field->ref, record_number(record, ref), 0, &person, NULL, &ignored) != 0 || !record_has(person, "known_as"))
        return 0;
    const char *both = arena_printf(&capture->cli->arena, "%s %s", label, record_text(person, "known_as"));
    return both ? cli_name_fits(text, both, &capture->cli->arena) > 0 : 0;
}

static bool is_id(const struct record *record, const char *ref, const char *text)
{
    const struct field *field = ref ? field_find(record->kind, ref) : NULL;
    struct problem ignored;
    int64_t id;

    problem_init(&ignored, NULL);
    if (field && field->ref && id_parse(field->ref, text, NULL, &id, &ignored) == 0 && id == record_number(record, ref))
        return true;
    return id_parse(record->kind, text, NULL, &id, &ignored) == 0 && id == record->id;
}

// Those that fit best, by their place in `found`; the best fit: 3 by id, 2 and 1 by name.
static int pick_best(struct capture *capture, struct captured *found, const char *ref, const char *text, size_t *fits, size_t *n)
{
    int best = 0;

    for (int pass = 0; pass < 2 && best == 0; pass++)
        for (size_t i = 0; i < found->n; i++) {
            const char *label = found_label(capture, found, i, ref);
            int fit = is_id(found->list[i], ref, text) ? 3
                      : pass == 0                      ? cli_name_fits(text, label, &capture->cli->arena)
                                                       : also_known_as(capture, found->list[i], ref, text, label);

            if (fit == 0 || fit < best)
                continue;
            *n = fit > best ? 0 : *n;
            best = fit;
            fits[(*n)++] = i;
        }
    return best;
}

static int pick_none(struct capture *capture, struct captured *found, const char *ref, const char *text, const char *where)
{
    const char *names = "";

    for (size_t i = 0; i < found->n && names; i++)
        names = arena_printf(&capture->cli->arena, "%s%s%s", names, *names ? "; " : "", found_label(capture, found, i, ref));
    problem_set(&capture->problem, ERR_NOT_FOUND, "\"%.100s\" is nobody %.200s.", text, where);
    if (found->n > 0)
        problem_hint(&capture->problem, "There are: %.290s", names ? names : "");
    else
        problem_hint(&capture->problem, "There is nobody yet");
    return ERR_NOT_FOUND;
}

int capture_pick(struct capture *capture, struct captured *found, const char *ref, const char *text, const char *where, size_t *at)
{
    struct arena *arena = &capture->cli->arena;
    size_t *fits = arena_alloc(arena, (found->n + 1) * sizeof *fits), n = 0;
    const char **choices = arena_alloc(arena, (found->n + 1) * sizeof *choices);
    int chosen = 0;

    if (!fits || !choices)
        return no_memory(capture);
    if (pick_best(capture, found, ref, text, fits, &n) == 0)
        return pick_none(capture, found, ref, text, where);
    for (size_t i = 0; i < n; i++)
        choices[i] = found_label(capture, found, fits[i], ref);
    if (n > 1)
        chosen = cli_choose(capture->cli, arena_printf(arena, "Who is \"%s\"?", text), choices, n);
    if (chosen >= 0) {
        *at = fits[chosen];
        return 0;
    }
    problem_set(&capture->problem, ERR_AMBIGUOUS, "\"%.100s\" fits %zu %.200s: %s; %s%s.", text, n, where, choices[0], choices[1],
                n > 2 ? " …" : "");
    problem_hint(&capture->problem, "Say the whole name, or the id");
    return ERR_AMBIGUOUS;
}
