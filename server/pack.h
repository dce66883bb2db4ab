// From the house's structs to the protocol's messages, in an arena. Any thread.
#ifndef SERVER_PACK_H
#define SERVER_PACK_H

#include <stdbool.h>

#include "common/record.h"
#include "protocol.pb-c.h"

struct arena;
struct problem;
struct view;

// Outcome and problem of a reply that says no. `packed` is the caller's, borrows the problem's words and is borrowed by the
// reply; only the fields ask for memory: without it they are left out, all of them.
void pack_failure(const struct problem *problem, Sendco__Problem *packed, Sendco__Reply *reply, struct arena *arena);
Sendco__Value *pack_value(struct value value, struct arena *arena); // NULL without memory
Sendco__Record *pack_record(const struct record *record, struct arena *arena);
Sendco__About *pack_about(const struct kind *kind, int64_t id, struct arena *arena); // NULL when it is about the school
// The numbers of a set of fields. 0 or ERR_NOMEM.
int pack_fields(const struct kind *kind, uint64_t set, struct arena *arena, uint32_t **numbers, size_t *n);

// A list of pointers that grows in an arena.
struct pile {
    void **items;
    size_t n, capacity;
};
int pile_add(struct pile *pile, void *item, struct arena *arena);
// How many of its messages, from `from` on, fit into one part of an answer; at least one of what is left.
size_t pile_part(const struct pile *pile, size_t from);

// What records refer to, each once, as far as the view's scope may see it.
struct labels {
    struct pile pile;         // of Sendco__Label
    struct label_slot *slots; // what has been asked, seen or not
    size_t n_slots, n_used;
    struct view *view;
    struct arena *arena;
};
void labels_init(struct labels *labels, struct view *view, struct arena *arena);
int labels_add(struct labels *labels, const struct kind *kind, int64_t id);
int labels_of(struct labels *labels, const struct record *record); // all its references

#endif
