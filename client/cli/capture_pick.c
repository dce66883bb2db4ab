// Which of a few a person means: people among those it can only be. Main thread.
#include <string.h>

#include "client/cli/capture.h"
#include "client/cli/fields.h"
#include "common/kind.h"
#include "common/text.h"

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

// Those who come first come before others whose name fits as well.
static size_t pick_first(const struct captured *found, size_t *fits, size_t n)
{
    size_t first = 0;

    for (size_t i = 0; i < n; i++)
        if (fits[i] < found->first)
            fits[first++] = fits[i];
    return first > 0 ? first : n;
}

static const struct kind *pick_kind(const struct record *record, const char *ref, int64_t *id)
{
    const struct field *field = ref ? field_find(record->kind, ref) : NULL;

    *id = field && field->ref ? record_number(record, ref) : record->id;
    return field && field->ref ? field->ref : record->kind;
}

// "mother" says of a contact as much as a name.
static bool is_title(const struct record *record, const char *ref, const char *text)
{
    bool is = false;

    for (size_t i = 0; !ref && i < record->kind->n_fields; i++) {
        const struct field *field = &record->kind->fields[i];
        const char *code = field->as == AS_CODE && record->values[i].type == VALUE_TEXT ? record->values[i].text : NULL;
        const char *title = code ? fields_code_title(field, code) : NULL;

        is |= code && (text_same(code, text) || (title && text_same(title, text)));
    }
    return is;
}

// What a name was taken for is told back, and asked about before it is sent; what was
// chosen from a list, or said by its id, is sure.
static void pick_taken(struct capture *capture, struct captured *found, const char *ref, const char *text, size_t at, bool sure)
{
    const struct record *record = found->list[at];
    const char *label = found_label(capture, found, at, ref);
    int64_t id;
    const struct kind *kind = pick_kind(record, ref, &id);

    if (!cli_named(capture->cli, kind, id))
        cli_named_add(capture->cli, kind, id, label);
    if (!sure && !is_title(record, ref, text))
        capture_unsure(capture, text, label);
}

static int pick_choose(struct capture *capture, struct captured *found, const char *ref, const char *text, const size_t *fits, size_t n)
{
    struct arena *arena = &capture->cli->arena;
    const char **choices = arena_alloc(arena, (n + 1) * sizeof *choices);
    char one[ID_TEXT_MAX];

    for (size_t i = 0; choices && i < n; i++) {
        int64_t id;
        const struct kind *kind = pick_kind(found->list[fits[i]], ref, &id);

        choices[i] = arena_printf(arena, "%s  %s", id_format(kind, id, one), found_label(capture, found, fits[i], ref));
    }
    return choices ? cli_choose(capture->cli, arena_printf(arena, "Who is \"%s\"?", text), choices, n) : ERR_NOMEM;
}

int capture_pick(struct capture *capture, struct captured *found, const char *ref, const char *text, const char *where, size_t *at)
{
    size_t *fits = arena_alloc(&capture->cli->arena, (found->n + 1) * sizeof *fits), n = 0;
    int chosen = 0;

    if (!fits)
        return problem_set(&capture->problem, ERR_NOMEM, "There is not enough memory for the names.");
    int best = pick_best(capture, found, ref, text, fits, &n);
    if (best == 0)
        return pick_none(capture, found, ref, text, where);
    n = pick_first(found, fits, n);
    if (n > 1)
        chosen = pick_choose(capture, found, ref, text, fits, n);
    if (chosen >= 0) {
        *at = fits[chosen];
        if (best < 3)
            pick_taken(capture, found, ref, text, *at, n > 1);
        return 0;
    }
    problem_set(&capture->problem, ERR_AMBIGUOUS, "\"%.100s\" fits %zu %.200s: %s; %s%s.", text, n, where,
                found_label(capture, found, fits[0], ref), found_label(capture, found, fits[1], ref), n > 2 ? " …" : "");
    problem_hint(&capture->problem, "Say the whole name, or the id");
    return ERR_AMBIGUOUS;
}
