// Sentences with names, sections without rows; see gaps_names.h. Reader thread.
#include "server/reports/gaps_names.h"

#include "common/text.h"

#define NAMES_TOLD 5
#define NAME_WIDTH 100 // columns; an action may be long

int gaps_name(struct gaps_names *names, const char *name)
{
    if (++names->n > NAMES_TOLD)
        return 0;
    const char *cut = text_cut(name, NAME_WIDTH, names->work->arena);
    names->text = cut ? arena_printf(names->work->arena, "%s%s%s", names->text ? names->text : "", names->text ? "; " : "", cut) : NULL;
    return names->text ? 0 : ERR_NOMEM;
}

int gaps_tell(struct gaps_names *names, const char *sentence)
{
    if (names->n == 0)
        return 0;
    if (names->n > NAMES_TOLD)
        return report_gap(names->work, "%s: %s; and %zu more.", sentence, names->text, names->n - NAMES_TOLD);
    return report_gap(names->work, "%s: %s.", sentence, names->text);
}

int gaps_text(struct report_work *work, Sendco__Report__Section *section, const char *text)
{
    section->text = arena_strdup(work->arena, text ? text : "None.");
    return section->text ? 0 : ERR_NOMEM;
}

struct value gaps_person(struct report_work *work, const struct record *person)
{
    const char *name = person ? record_show(person, person->kind->shows, NULL, NULL, work->arena) : NULL;
    return name ? value_text(name) : (struct value){0};
}

struct value gaps_code(struct report_work *work, const struct record *record, const char *field)
{
    if (!record_has(record, field))
        return (struct value){0};
    return value_text(view_code_title(work->view, field_find(record->kind, field)->codes, record_text(record, field), work->arena));
}

void gaps_figure(struct report_work *work, Sendco__Report__Section *section, size_t row, size_t column, int64_t amount,
                 const struct record *because)
{
    struct figure figure = {0};
    figure_add(work, &figure, amount, because);
    report_figure(work, section, row, column, &figure);
}
