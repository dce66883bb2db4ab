// One record of any kind: an array of values beside its id and version. Generic
// code works on this; rules that want names use record_number() and friends.
#ifndef COMMON_RECORD_H
#define COMMON_RECORD_H

#include "common/kind.h"
#include "common/value.h"

struct arena;
struct problem;

struct record {
    const struct kind *kind;
    int64_t id;       // negative while new in a request
    uint64_t version; // 0 while new
    int64_t about;    // id of whom it is about, 0 for the school; set by the store
    uint64_t seq;     // of its newest change; 0 while new
    bool removed;
    uint64_t withheld;     // fields the reader may not see; their values are empty
    struct value values[]; // kind->n_fields of them
};

// All values empty. NULL when memory is out. The arena owns it.
struct record *record_new(const struct kind *kind, struct arena *arena);
struct record *record_copy(const struct record *record, struct arena *arena);
// From a kind's packed message; checks the bytes first (guard_check), then the
// values' type, range and text, field by field. Absent fields are empty.
int record_unpack(const struct kind *kind, const uint8_t *data, size_t size, struct arena *arena, struct record **record,
                  struct problem *problem);
// The same from somebody trusted, who may know more: an older client reads what a newer
// server says, and the log what was good when it was written. Fields not known here are
// left out, values are not judged.
int record_read(const struct kind *kind, const uint8_t *data, size_t size, struct arena *arena, struct record **record,
                struct problem *problem);
// As that kind's packed message, in the arena. Only fields in `mask` that are not
// empty; ~0 for all. The same record always gives the same bytes. 0 or ERR_NOMEM.
int record_pack(const struct record *record, uint64_t mask, struct arena *arena, uint8_t **data, size_t *size);
// Required fields are there, ranges, lengths, spell's order. Every fault found is
// a field of the problem. 0 or ERR_INVALID.
int record_check(const struct record *record, struct problem *problem);
// The fields that differ, as a bitmask.
uint64_t record_diff(const struct record *a, const struct record *b);
// The template ("{surname}, {forename}") with the record's values; an empty field
// takes the punctuation beside it along. References by `label`, which may be
// NULL (they then show as ids). Never NULL.
typedef const char *record_label_fn(const struct kind *kind, int64_t id, void *data);
const char *record_show(const struct record *record, const char *template, record_label_fn *label, void *data, struct arena *arena);

// By field name, for rules and reports: 0, NULL when empty. The name must exist.
int64_t record_number(const struct record *record, const char *field);
const char *record_text(const struct record *record, const char *field);
bool record_has(const struct record *record, const char *field);
void record_set(struct record *record, const char *field, struct value value);

// "TGT-04K7": prefix, Crockford base32 of at least three digits, check character.
// The buffer holds at least ID_TEXT_MAX bytes.
#define ID_TEXT_MAX 32
const char *id_format(const struct kind *kind, int64_t id, char *buffer);
// Any case, with or without the dash and with O, I, L for 0, 1, 1. A plain
// number is taken as well. `kind` may be NULL: the prefix then says which, and
// *kind_out (may be NULL) tells. 0 or ERR_INVALID.
int id_parse(const struct kind *kind, const char *text, const struct kind **kind_out, int64_t *id, struct problem *problem);

// Fills every field with a valid value made from its annotations and `seed`;
// the same seed gives the same record. References and codes come from `pick`
// (returns an empty value when there is none to refer to).
typedef struct value record_pick_fn(const struct field *field, uint64_t random, void *data);
struct record *record_sample(const struct kind *kind, uint64_t seed, record_pick_fn *pick, void *data, struct arena *arena);

#endif
