// What one person may read and write just now, as plain data: `access` makes it,
// the store compiles it into its SQL, pushes are filtered by it.
#ifndef SERVER_STORE_SCOPE_H
#define SERVER_STORE_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/kind.h"
#include "common/record.h"

enum reach { REACH_NONE, REACH_OWN, REACH_ALL };

struct id_set {
    const int64_t *ids;
    size_t n;
}; // ascending

struct scope {
    uint8_t read[CLASS_COUNT][SUBJECT_COUNT]; // enum reach, by record class and subject
    uint8_t write[CLASS_COUNT][SUBJECT_COUNT];
    struct id_set own[SUBJECT_COUNT]; // what REACH_OWN reaches; memory of whoever made it
};

bool id_set_has(const struct id_set *set, int64_t id);
// May a record of this class about this subject be read (written)?
bool scope_reads(const struct scope *scope, enum record_class class, enum subject subject, int64_t about);
bool scope_writes(const struct scope *scope, enum record_class class, enum subject subject, int64_t about);
// Under which subject a record of this kind falls: one about nobody is the school's.
static inline enum subject scope_subject(const struct kind *kind, int64_t about)
{
    return about || !kind->about.optional ? kind->about.subject : SUBJECT_SCHOOL;
}
// Anything of the kind at all, about anyone?
bool scope_reads_kind(const struct scope *scope, const struct kind *kind);
// May a record of this kind about this one be read (added, removed)?
bool scope_reads_record(const struct scope *scope, const struct kind *kind, int64_t about);
bool scope_writes_record(const struct scope *scope, const struct kind *kind, int64_t about);
// The fields of a record of this kind about `about` that may (not) be read. Fields
// can be more private than their kind.
uint64_t scope_withheld(const struct scope *scope, const struct kind *kind, int64_t about);
// Those that may not be changed; adding and removing ask for the kind's own class as well.
uint64_t scope_unwritable(const struct scope *scope, const struct kind *kind, int64_t about);
// False: the whole record is out of scope. True: withheld fields are emptied and noted.
bool scope_filter(const struct scope *scope, struct record *record);
bool scope_equal(const struct scope *a, const struct scope *b);
// Everything; for the store's own work.
extern const struct scope scope_all;

#endif
