// Asking the rules of server/rules/ on a real store (storing.h): what each change comes
// to. One thread; today is 27 May 2026.
#ifndef TESTS_SUPPORT_JUDGING_H
#define TESTS_SUPPORT_JUDGING_H

#include "tests/support/storing.h"

enum verdict { ACCEPTED, REFUSED, WARNED };

int open_with_rules(void **state); // cmocka group fixture, with storing_close

// REFUSED names the field and has a next step; WARNED and ACCEPTED are both done, with and
// without a warning of these words. The id of what was put, 0 when refused.
int64_t judge(struct put_item item, enum verdict verdict, const char *field, const char *words);
bool is_warned(const struct change *change, const char *words);

// Several in one request; removing; undoing: 0 or the error.
int together(struct put_item *items, size_t n, struct change *change);
int removal(const struct kind *kind, int64_t id, struct change *change);
int undo(const struct kind *kind, int64_t id, struct change *change);

const char *text_id(const char *kind, int64_t id); // as it is typed, in the arena
const char *new_pupil(const char *surname);        // the id of one more
const char *has_choice(const char *kind, int64_t id, const char *field);
struct value has(const char *kind, int64_t id, const char *field);

#define NEW(kind, ...) storing_item(kind_find(kind), -1, 0, __VA_ARGS__, NULL)
// An edit of what is there now.
#define EDIT(kind, id, ...) storing_item(kind_find(kind), id, storing_get(kind_find(kind), id)->version, __VA_ARGS__, NULL)

#endif
