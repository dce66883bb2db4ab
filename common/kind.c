// Looking things up in the table of kinds, which kindgen makes. There are some
// dozens of kinds and fields, so every search is a plain walk. Any thread.
#include "common/kind.h"

#include <string.h>

#define KIND_WORD_MAX 64

const struct kind *kind_by_number(uint32_t number)
{
    for (size_t i = 0; i < n_kinds; i++) {
        if (kinds[i].number == number) {
            return &kinds[i];
        }
    }
    return NULL;
}

// Only letters and digits count, in lower case: "SEN-Status" is "senstatus".
// False when nothing or too much is left.
static bool kind_squeeze(const char *word, char out[KIND_WORD_MAX])
{
    size_t used = 0;
    for (; *word; word++) {
        char c = *word >= 'A' && *word <= 'Z' ? (char)(*word - 'A' + 'a') : *word;
        if (c == '-' || c == '_' || c == ' ') {
            continue;
        }
        if (used + 1 >= KIND_WORD_MAX) {
            return false;
        }
        out[used++] = c;
    }
    out[used] = '\0';
    return used > 0;
}

static bool kind_matches(const struct kind *kind, const char *squeezed)
{
    const char *const names[] = {kind->noun, kind->name, kind->title, kind->plural, kind->table};
    char name[KIND_WORD_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (kind_squeeze(names[i], name) && strcmp(name, squeezed) == 0) {
            return true;
        }
    }
    return false;
}

static const struct kind *kind_search(const char *squeezed)
{
    for (size_t i = 0; i < n_kinds; i++) {
        if (kind_matches(&kinds[i], squeezed)) {
            return &kinds[i];
        }
    }
    return NULL;
}

// Nouns that are no title have plurals nobody wrote down: "memberships", "classes".
static const struct kind *kind_search_plural(char *word)
{
    static const struct ending {
        const char *plural, *singular;
    } endings[] = {{"ies", "y"}, {"es", ""}, {"s", ""}};
    size_t length = strlen(word);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t cut = strlen(endings[i].plural);
        if (length <= cut || strcmp(word + length - cut, endings[i].plural) != 0) {
            continue;
        }
        char singular[KIND_WORD_MAX];
        memcpy(singular, word, length - cut);
        strcpy(singular + length - cut, endings[i].singular);
        const struct kind *kind = kind_search(singular);
        if (kind) {
            return kind;
        }
    }
    return NULL;
}

const struct kind *kind_find(const char *word)
{
    char squeezed[KIND_WORD_MAX];
    if (!kind_squeeze(word, squeezed)) {
        return NULL;
    }
    const struct kind *kind = kind_search(squeezed);
    return kind ? kind : kind_search_plural(squeezed);
}

const struct kind *kind_of_subject(enum subject subject)
{
    for (size_t i = 0; i < n_kinds && subject != SUBJECT_SCHOOL; i++) {
        if (kinds[i].subject == subject) {
            return &kinds[i];
        }
    }
    return NULL;
}

const struct field *field_by_number(const struct kind *kind, uint32_t number)
{
    // Fields are mostly numbered as they stand.
    if (number >= 1 && number <= kind->n_fields && kind->fields[number - 1].number == number) {
        return &kind->fields[number - 1];
    }
    for (size_t i = 0; i < kind->n_fields; i++) {
        if (kind->fields[i].number == number) {
            return &kind->fields[i];
        }
    }
    return NULL;
}

const struct field *field_find(const struct kind *kind, const char *name)
{
    char wanted[KIND_WORD_MAX], squeezed[KIND_WORD_MAX];
    if (!kind_squeeze(name, wanted)) {
        return NULL;
    }
    for (size_t i = 0; i < kind->n_fields; i++) {
        if (kind_squeeze(kind->fields[i].name, squeezed) && strcmp(squeezed, wanted) == 0) {
            return &kind->fields[i];
        }
    }
    return NULL;
}

const struct kind *field_kind(const struct field *field)
{
    for (size_t i = 0; i < n_kinds; i++) {
        if (field->index < kinds[i].n_fields && &kinds[i].fields[field->index] == field) {
            return &kinds[i];
        }
    }
    return NULL;
}

uint64_t field_group_bits(const struct kind *kind, const struct field *field)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < kind->n_fields; i++) {
        if (kind->fields[i].group == field->group) {
            bits |= field_bit(&kind->fields[i]);
        }
    }
    return bits;
}
