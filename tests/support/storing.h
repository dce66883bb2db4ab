// A real store in a directory of its own, for unit tests: its questions and changes
// as plain calls that wait for the answer. One thread.
#ifndef TESTS_SUPPORT_STORING_H
#define TESTS_SUPPORT_STORING_H

#include "server/store/store.h"

extern struct store *store;
extern struct arena arena;
extern const struct kind *pupil, *status, *target;
extern struct scope storing_narrow; // what staff 99 may see; everybody else sees all
extern int64_t storing_narrow_pupils[4];
extern unsigned storing_readers; // 0: as many as a store has by itself

int storing_open(void **state); // cmocka group fixtures
int storing_close(void **state);
void storing_reopen(const char *sql); // closes the store, runs this on its database, opens it again (without its rules)

struct change storing_change(enum change_verb verb); // by staff 1, with a new key
int storing_run(struct change *change);
// "field", "value" …, NULL
struct put_item storing_item(const struct kind *kind, int64_t id, uint64_t version, ...);
int storing_put(struct put_item made, struct change *change);
int64_t storing_add(struct put_item made); // must succeed; the new id

struct storing { // a question to a view, and its answer
    struct actor actor;
    int (*read)(struct view *view, struct storing *reading);
    const struct kind *kind;
    int64_t id, known;
    const char *text;
    struct query query;
    struct query_page page;
    struct problem problem;
    struct record *record, *records[512];
    size_t n;
    uint64_t total, covered, changed[64];
};

int storing_ask(struct storing *reading);                     // by staff 1 unless it says who
int storing_read(struct view *view, struct storing *reading); // one record, perhaps as known
int storing_list(struct view *view, struct storing *reading);
struct record *storing_get(const struct kind *kind, int64_t id); // must be there
int64_t storing_pupil(const char *surname, const char *forename);
int64_t storing_target(int64_t of);

#endif
