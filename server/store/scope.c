// Scopes as data; see scope.h. Any thread.
#include "server/store/scope.h"

#include <stdlib.h>
#include <string.h>

#define ROW                                                                                                                                \
    {                                                                                                                                      \
        REACH_ALL, REACH_ALL, REACH_ALL, REACH_ALL, REACH_ALL                                                                              \
    }
#define ROWS                                                                                                                               \
    {                                                                                                                                      \
        ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW                                                \
    }
_Static_assert(CLASS_COUNT == 17 && SUBJECT_COUNT == 5, "a row for each class, a column for each subject");
const struct scope scope_all = {.read = ROWS, .write = ROWS};

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

bool id_set_has(const struct id_set *set, int64_t id)
{
    return set->n && bsearch(&id, set->ids, set->n, sizeof id, compare_ids);
}

static bool reaches(const struct scope *scope, uint8_t reach, enum subject subject, int64_t about)
{
    return reach == REACH_ALL || (reach == REACH_OWN && (subject == SUBJECT_SCHOOL || id_set_has(&scope->own[subject], about)));
}

bool scope_reads(const struct scope *scope, enum record_class class, enum subject subject, int64_t about)
{
    return reaches(scope, scope->read[class][subject], subject, about);
}

bool scope_writes(const struct scope *scope, enum record_class class, enum subject subject, int64_t about)
{
    return reaches(scope, scope->write[class][subject], subject, about);
}

bool scope_reads_kind(const struct scope *scope, const struct kind *kind)
{
    return scope->read[kind->class][kind->about.subject] != REACH_NONE ||
           (kind->about.optional && scope->read[kind->class][SUBJECT_SCHOOL] != REACH_NONE);
}

bool scope_reads_record(const struct scope *scope, const struct kind *kind, int64_t about)
{
    return scope_reads(scope, kind->class, scope_subject(kind, about), about);
}

bool scope_writes_record(const struct scope *scope, const struct kind *kind, int64_t about)
{
    return scope_writes(scope, kind->class, scope_subject(kind, about), about);
}

uint64_t scope_withheld(const struct scope *scope, const struct kind *kind, int64_t about)
{
    uint64_t withheld = 0;
    for (int i = 0; i < kind->n_fields; i++)
        if (kind->fields[i].class != kind->class && !scope_reads(scope, kind->fields[i].class, scope_subject(kind, about), about))
            withheld |= field_bit(&kind->fields[i]);
    return withheld;
}

uint64_t scope_unwritable(const struct scope *scope, const struct kind *kind, int64_t about)
{
    uint64_t unwritable = 0;
    for (int i = 0; i < kind->n_fields; i++)
        if (!scope_writes(scope, kind->fields[i].class, scope_subject(kind, about), about))
            unwritable |= field_bit(&kind->fields[i]);
    return unwritable;
}

bool scope_filter(const struct scope *scope, struct record *record)
{
    const struct kind *kind = record->kind;
    if (!scope_reads_record(scope, kind, record->about))
        return false;
    record->withheld = scope_withheld(scope, kind, record->about);
    for (int i = 0; i < kind->n_fields; i++)
        if (record->withheld & field_bit(&kind->fields[i]))
            record->values[i] = (struct value){.type = VALUE_EMPTY};
    return true;
}

bool scope_equal(const struct scope *a, const struct scope *b)
{
    if (memcmp(a->read, b->read, sizeof a->read) || memcmp(a->write, b->write, sizeof a->write))
        return false;
    for (int i = 0; i < SUBJECT_COUNT; i++)
        if (a->own[i].n != b->own[i].n || (a->own[i].n && memcmp(a->own[i].ids, b->own[i].ids, a->own[i].n * sizeof(int64_t))))
            return false;
    return true;
}
