// Made-up records of any kind, from its annotations and a seed: for the demo
// school's fillers and for tests that send every kind through everything. Nobody
// real is in here. Any thread.
#include "common/record.h"

#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/date.h"
#include "common/text.h"

struct sample {
    uint64_t state;
    int32_t day; // dates of one record follow each other, as events do
    struct arena *arena;
};

// A counter through a mixing function whose constants are odd and well spread:
// every state has a different output and neighbours look unrelated.
static uint64_t sample_random(struct sample *sample)
{
    sample->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = sample->state;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

static uint64_t sample_below(struct sample *sample, uint64_t n)
{
    return n ? sample_random(sample) % n : sample_random(sample);
}

static int64_t sample_between(struct sample *sample, int64_t least, int64_t most)
{
    return (int64_t)((uint64_t)least + sample_below(sample, (uint64_t)most - (uint64_t)least + 1));
}

// Words in several scripts, so that whatever handles text meets them.
static const char *const sample_words[] = {
    "reading", "phonics", "turn-taking", "Siân", "Niamh", "Łukasz", "Ṣadé", "Nguyễn", "O’Brien",   "D'Souza", "李明", "عائشة",
    "Işıl",    "Ægir",    "counts",      "to",   "ten",   "with",   "a",    "visual", "timetable", "calmly",  "café", "Zoë",
};

// "reading counts 17d3": words, then something that makes it differ from its like.
static const char *sample_text(struct sample *sample, int64_t least, int64_t most)
{
    char tail[12];
    snprintf(tail, sizeof tail, "%x", (unsigned)sample_below(sample, 1u << 30));
    int64_t left = (most < 60 ? most : 60) - (int64_t)strlen(tail);
    const char *text = "";
    while (text && left > 0) {
        const char *word = sample_words[sample_below(sample, sizeof sample_words / sizeof *sample_words)];
        left -= (int64_t)text_length(word) + 1;
        if (left >= 0) {
            text = arena_printf(sample->arena, "%s%s ", text, word);
        }
    }
    if (most < (int64_t)strlen(tail)) {
        tail[most] = '\0';
    }
    text = text ? arena_printf(sample->arena, "%s%s", text, tail) : NULL;
    while (text && (int64_t)text_length(text) < least) {
        text = arena_printf(sample->arena, "%s%.*s", text, (int)(least - (int64_t)text_length(text)), "and so on and so on");
        // A blank at the end would not be in normal form.
        size_t size = text ? strlen(text) : 0;
        if (size && text[size - 1] == ' ') {
            text = arena_printf(sample->arena, "%.*sx", (int)size - 1, text);
        }
    }
    return text;
}

static const char *sample_long_text(struct sample *sample, int64_t least, int64_t most)
{
    const char *first = sample_text(sample, least, most);
    if (!first || most < 200) {
        return first;
    }
    const char *second = sample_text(sample, 0, 80);
    return second ? arena_printf(sample->arena, "%s\n\t%s", first, second) : NULL;
}

static const char *sample_upn(struct sample *sample)
{
    char upn[14] = "?";
    for (int i = 1; i < 13; i++) {
        upn[i] = (char)('0' + sample_below(sample, 10));
    }
    upn[0] = upn_letter(upn + 1);
    return arena_strdup(sample->arena, upn);
}

static int64_t sample_number(struct sample *sample, const struct field *field)
{
    int64_t least = 0, most = 1000;
    switch (field->as) {
    case AS_BOOL:
        return (int64_t)sample_below(sample, 2);
    case AS_ENUM:
        return field->choices[sample_below(sample, field->n_choices)].number;
    case AS_DATE:
        sample->day += (int32_t)sample_below(sample, 120) + 1;
        if (field->ranged) {
            break;
        }
        return sample->day;
    case AS_TIME:
        return (int64_t)sample->day * 86400 + (int64_t)sample_below(sample, 86400);
    case AS_MONEY:
        most = 5000000;
        break;
    default:
        break;
    }
    if (field->ranged) {
        least = field->min == INT64_MIN ? (field->max < 0 ? field->max - 1000 : 0) : field->min;
        most = field->max == INT64_MAX ? least + 1000 : field->max;
    }
    return sample_between(sample, least, most);
}

static struct value sample_of_text(struct sample *sample, const struct field *field)
{
    int64_t least = field->ranged ? field->min : 0;
    int64_t most = field->ranged && field->max != INT64_MAX ? field->max : 200;
    const char *text = field->as == AS_UPN         ? sample_upn(sample)
                       : field->as == AS_LONG_TEXT ? sample_long_text(sample, least, most)
                                                   : sample_text(sample, least, most);
    return text ? value_text(text) : (struct value){.type = VALUE_EMPTY};
}

// A code that has no end nor beginning is good on every record's date.
static struct value sample_code(struct sample *sample, const struct field *field)
{
    for (size_t i = 0; i < n_code_lists; i++) {
        const struct code_list *list = &code_lists[i];
        if (strcmp(list->name, field->codes) != 0) {
            continue;
        }
        size_t start = (size_t)sample_below(sample, list->n_rows);
        for (size_t j = 0; j < list->n_rows; j++) {
            const struct code_row *row = &list->rows[(start + j) % list->n_rows];
            if (row->valid_from == DATE_NONE && row->valid_to == DATE_NONE) {
                return value_text(row->code);
            }
        }
    }
    return (struct value){.type = VALUE_EMPTY};
}

struct record *record_sample(const struct kind *kind, uint64_t seed, record_pick_fn *pick, void *data, struct arena *arena)
{
    struct sample sample = {.state = seed ^ (uint64_t)kind->number << 48, .arena = arena};
    struct record *record = record_new(kind, arena);
    sample.day = date_make(2014, 9, 1) + (int32_t)sample_below(&sample, 1500);
    for (size_t i = 0; record && i < kind->n_fields; i++) {
        const struct field *field = &kind->fields[i];
        if ((field->as == AS_REF || field->as == AS_CODE) && pick) {
            record->values[i] = value_copy(pick(field, sample_random(&sample), data), arena);
        } else if (field->as == AS_CODE) {
            record->values[i] = sample_code(&sample, field);
        } else if (field_is_text(field)) {
            record->values[i] = sample_of_text(&sample, field);
        } else if (field->as != AS_REF) {
            record->values[i] = value_number(sample_number(&sample, field));
        }
    }
    return record;
}
