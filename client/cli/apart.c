// Namesakes told apart (apart.h). Main thread.
#include "client/cli/apart.h"

#include <string.h>

#include "client/cli/fields.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

#define APART_WORDS 3 // of one date or one class: "14 Mar 2018"

// The spells of which each of `kind` has one at a time, and the field that says what it is then in; NULL: there are none.
static const struct field *apart_spell(const struct kind *kind)
{
    for (size_t i = 0; kind->subject != SUBJECT_SCHOOL && i < n_kinds; i++) {
        const struct kind *spell = &kinds[i];

        if (!kind_is_spell(spell) || spell->about.subject != kind->subject || spell->about.depth != 1 || spell->spell.n_one_per != 1 ||
            spell->spell.one_per[0] != spell->about.path[0])
            continue;
        for (size_t f = 0; f < spell->n_fields; f++)
            if (spell->fields[f].required && spell->fields[f].ref && spell->fields[f].ref->subject != SUBJECT_SCHOOL &&
                f != spell->about.path[0])
                return &spell->fields[f];
    }
    return NULL;
}

// What every record of the kind has and its name does not show.
static bool apart_field(const struct kind *kind, const struct field *field)
{
    char name[80];

    snprintf(name, sizeof name, "{%s}", field->name);
    return field->required && !strstr(kind->shows, name);
}

bool apart_can(const struct kind *kind)
{
    for (size_t i = 0; i < kind->n_fields; i++)
        if (apart_field(kind, &kind->fields[i]))
            return true;
    return apart_spell(kind) != NULL;
}

struct spelt {
    const struct field *field;
    int64_t id;
};

static int on_spelt(struct record *record, void *data)
{
    struct spelt *spelt = data;

    spelt->id = record->values[spelt->field->index].number;
    return 0;
}

static int apart_in(struct cli *cli, int64_t id, struct spelt *spelt, struct apart *apart, struct problem *problem)
{
    struct cli_query query;
    struct cli_found found;

    cli_query_init(&query, field_kind(spelt->field));
    query.about_kind = apart->record->kind;
    query.about = id;
    query.as_at = cli->today;
    int error = cli_list(cli, &query, on_spelt, spelt, &found, problem);
    if (error == 0 && spelt->id > 0)
        apart->in = cli_label(spelt->field->ref, spelt->id, found.labels);
    return error;
}

int apart_get(struct cli *cli, const struct kind *kind, int64_t id, struct apart *apart, struct problem *problem)
{
    struct spelt spelt = {.field = apart_spell(kind)};
    struct record *record;

    *apart = (struct apart){.labels = cli_labels_new(cli)};
    int error = cli_get(cli, kind, id, 0, &record, apart->labels, problem);
    if (error != 0)
        return error;
    apart->record = record;
    return spelt.field ? apart_in(cli, id, &spelt, apart, problem) : 0;
}

const char *apart_text(struct cli *cli, const struct apart *apart)
{
    const struct kind *kind = apart->record->kind;
    const char *text = apart->in ? apart->in : "";

    for (size_t i = 0; i < kind->n_fields; i++) {
        const struct field *field = &kind->fields[i];
        struct value value = apart->record->values[i];

        if (value.type == VALUE_EMPTY || !apart_field(kind, field))
            continue;
        const char *shown = fields_cell(field, value, apart->labels, true, &cli->arena);
        const char *label = field->as == AS_REF ? "" : text_fold(field->label, &cli->arena);
        const char *more =
            arena_printf(&cli->arena, "%s%s%s%s%s", text, *text ? ", " : "", label ? label : "", label && *label ? " " : "", shown);
        text = more ? more : text;
    }
    return text;
}

static bool apart_is(struct cli *cli, const struct apart *apart, const char *text)
{
    const struct kind *kind = apart->record->kind;
    const char *typed = text_fold(text, &cli->arena), *in = apart->in ? text_fold(apart->in, &cli->arena) : NULL;
    struct problem ignored;
    int32_t day;

    problem_init(&ignored, NULL);
    if (typed && in && !strcmp(typed, in))
        return true;
    if (date_parse(text, cli->today, &day, &ignored) != 0)
        return false;
    for (size_t i = 0; i < kind->n_fields; i++)
        if (kind->fields[i].as == AS_DATE && apart_field(kind, &kind->fields[i]) && apart->record->values[i].type == VALUE_NUMBER &&
            apart->record->values[i].number == day)
            return true;
    return false;
}

// "born" before the date.
static bool apart_names(const struct apart *apart, const char *word)
{
    const struct kind *kind = apart->record->kind;

    for (size_t i = 0; i < kind->n_fields; i++)
        if (apart_field(kind, &kind->fields[i]) && text_same(kind->fields[i].label, word))
            return true;
    return false;
}

bool apart_fits(struct cli *cli, const struct apart *apart, const char *const *words, size_t n)
{
    const char *text = n > 0 ? words[0] : "";

    if (n == 0)
        return true;
    if (n > 1 && apart_names(apart, words[0]))
        return apart_fits(cli, apart, words + 1, n - 1);
    for (size_t take = 1; text && take <= n && take <= APART_WORDS; take++) {
        if (apart_is(cli, apart, text) && apart_fits(cli, apart, words + take, n - take))
            return true;
        text = take < n ? arena_printf(&cli->arena, "%s %s", text, words[take]) : NULL;
    }
    return false;
}

const char *apart_label(struct cli *cli, const struct kind *kind, int64_t id, const char *label)
{
    struct apart apart;
    struct problem ignored;

    problem_init(&ignored, NULL);
    if (!apart_can(kind) || apart_get(cli, kind, id, &apart, &ignored) != 0)
        return label; // then the id must do
    const char *text = apart_text(cli, &apart);
    const char *both = *text ? arena_printf(&cli->arena, "%s  %s", label, text) : label;
    return both ? both : label;
}
