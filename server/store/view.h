// The synchronous door to data: one snapshot, one scope. Used on a reader thread
// (reports, handlers' reading) and inside the writer's transaction (checks,
// effects), there with view_put as well. Records are allotted from the caller's
// arena; nothing here outlives the call that got the view.
#ifndef SERVER_STORE_VIEW_H
#define SERVER_STORE_VIEW_H

#include "common/arena.h"
#include "common/date.h"
#include "common/error.h"
#include "common/record.h"
#include "server/store/scope.h"

struct view;

enum operator{ OP_EQ = 1, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_EMPTY, OP_SET, OP_CONTAINS }; // as Condition.Op

struct condition {
    const struct field *field;
    enum operator op;
    struct value value;
}; // CONTAINS compares folded text

struct order {
    const struct field *field;
    bool about;
    bool descending;
}; // field NULL: by the record's name, or, with about, by the name of whom it is about

#define QUERY_CONDITIONS 16
#define QUERY_ORDERS     4

struct query {
    const struct kind *kind;
    struct condition where[QUERY_CONDITIONS];
    size_t n_where;
    int64_t about;          // only records about this id (of the kind's subject); 0: any. Set by query_about:
    const struct field *in; // not NULL: about whoever is in that id on as_at, else today, as spells say in this field
    bool any_time;          // false and as_at set: only spells that hold then
    int32_t as_at;          // DATE_NONE: any
    int32_t since;          // DATE_NONE: any; else, of spells only, those that end on this day or later, or not at all
    int64_t as_known;       // 0: now; else as the log knew it at that second
    struct order order[QUERY_ORDERS];
    size_t n_order;
    size_t limit;        // 0: no limit
    size_t max_bytes;    // of packed bodies, about; 0: no limit
    const uint8_t *page; // from query_page.next of the page before; NULL: the first
    size_t page_size;
    bool removed; // the removed ones too
};

// next NULL: that was all; in the arena. first_seq: of the snapshot that gave the first page.
struct query_page {
    uint8_t *next;
    size_t next_size;
    uint64_t first_seq;
};

void query_init(struct query *query, const struct kind *kind); // everything, ordered by id
// Only records about this record of `of`; or, when they are about another subject and there is a kind of
// dated spells about that subject which must name an `of` (the class of a pupil), about whoever is in it. Of that
// kind itself: the spells that name it. False: they are about neither.
bool query_about(struct query *query, const struct kind *of, int64_t id);
// Adds "field = value"; the field must exist.
void query_where(struct query *query, const char *field, enum operator op, struct value value);

uint64_t view_seq(const struct view *view);
uint64_t view_epoch(const struct view *view);
int32_t view_today(const struct view *view); // of the request, not the clock
int64_t view_now(const struct view *view);
const struct scope *view_scope(const struct view *view);

// 0; ERR_NOT_FOUND for what is not there, removed (problem says by whom, when) or out of scope.
int view_get(struct view *view, const struct kind *kind, int64_t id, struct arena *arena, struct record **record, struct problem *problem);
// The same as the log knew it at that second.
int view_get_known(struct view *view, const struct kind *kind, int64_t id, int64_t as_known, struct arena *arena, struct record **record,
                   struct problem *problem);
// Calls back per record in order; a callback that returns non-zero ends the walk
// with that value. ERR_DENIED when kind, a condition or an order is out of reach. `page` may be NULL.
typedef int view_record_fn(struct record *record, void *data);
int view_list(struct view *view, const struct query *query, struct arena *arena, struct query_page *page, view_record_fn *on_record,
              void *data, struct problem *problem);
int view_count(struct view *view, const struct query *query, uint64_t *count, struct problem *problem);

struct hit {
    const struct kind *kind;
    int64_t id, about;
    const struct field *field;
    const char *text; // of the field
};
typedef int view_hit_fn(const struct hit *hit, void *data);
// Words, the last one as a prefix, all of them in one field or the name of one
// record; folded as text_fold. `kinds_mask` NULL: all. *capped: there are more.
int view_search(struct view *view, const char *text, const struct kind *const *only, size_t n_only, size_t limit, struct arena *arena,
                view_hit_fn *on_hit, void *data, bool *capped, struct problem *problem);

enum action { ACTION_NONE, ACTION_ADD, ACTION_EDIT, ACTION_REMOVE, ACTION_RESTORE }; // as Action in protocol.proto

struct entry { // one change, as history shows it
    uint64_t seq, version, batch;
    int64_t at, actor, on_behalf_of;
    enum action action;
    uint64_t changed;
    const char *reason;    // NULL: none
    struct record *record; // after it, filtered by scope
};
typedef int view_entry_fn(const struct entry *entry, void *data);
int view_history(struct view *view, const struct kind *kind, int64_t id, struct arena *arena, view_entry_fn *on_entry, void *data,
                 struct problem *problem);

// What a record is called ("Yılmaz, Aisha"), references resolved one level; NULL when it may not be
// seen or does not exist. By the actor's own scope, in a rule too, which else reads everything. Removed
// records keep their names.
const char *view_label(struct view *view, const struct kind *kind, int64_t id, struct arena *arena);
// From here on labels are as the log knew them at that second; 0: as they are.
void view_labels_known(struct view *view, int64_t as_known);
// A member of staff's name, whoever asks; never NULL ("somebody").
const char *view_staff_name(struct view *view, int64_t staff, struct arena *arena);
// A code's title, or the code itself.
const char *view_code_title(struct view *view, const char *list, const char *code, struct arena *arena);

// Inside the writer's transaction only, as part of the same request: the change
// is marked as caused, checked like any other, and its effects run, four deep at
// most. `set`: the fields to take from the record. For a new record id 0; *id tells it.
// Asks for no rights of the author's; what they may not see of it is not told to them.
int view_put(struct view *view, const struct record *record, uint64_t set, int64_t *id, struct problem *problem);
// Something to tell the author that is no reason to refuse; of a record out of their sight it is not told.
void view_warn(struct view *view, const struct record *record, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// Was this record changed, was this one made, by this very request? What the request made
// is gone when it is refused: a sentence names it by its label, never by its id.
bool view_changed(const struct view *view, const struct record *record);
bool view_made(const struct view *view, const struct kind *kind, int64_t id);
// True the first time that this request asks for this record: what concerns a group is
// then judged once, however many of its members change.
bool view_once(struct view *view, const struct record *record);
// What a rule found out about this record and wants to know again in this request: `size` bytes, the same in every call,
// zeroed at first, gone when the request is done. Not for a record that is asked of view_once. NULL without memory.
void *view_keep(struct view *view, const struct record *record, size_t size);

struct view_figures {
    uint64_t records, changes, database_bytes, wal_bytes;
    uint8_t chain[32];
};
int view_figures(struct view *view, struct view_figures *figures);

#endif
