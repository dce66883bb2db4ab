// What the files of live share: a watch, and all of them. Loop thread.
#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H

#include "server/live.h"

enum watch_state { WATCH_READING, WATCH_WAITING, WATCH_LIVE };

struct watch {
    struct watch *prev, *next; // of all
    struct watch *sibling;     // of the session
    struct session *session;
    uint64_t id;
    struct filter filter;
    struct sight *sight;      // NULL until the first round is over
    uint64_t scope_seq;       // the scope is right up to here
    uint64_t covered, passed; // told; seen by us, told soon
    enum watch_state state;
    bool begun;   // told of a part of a large commit, and not yet that this was all
    bool again;   // this round will not do: another after it
    bool greeted; // it was told who looks at what
    struct commit **held;
    size_t n_held;
    struct telling *telling; // a commit of which a part was told; while WAITING
    size_t row;              // where it goes on
};

// A commit that is told piece by piece, as each of its watches takes it: here once for all of them.
struct telling {
    struct telling *prev, *next; // oldest first
    struct commit *commit;
    unsigned refs;
    bool late; // kept too long: who still reads it must begin again
};

struct live {
    struct server *server;
    struct watch *watches;
    struct sight *sights;
    struct telling *tellings;
    struct session *present; // sessions that look at something
    struct push_cache *cache;
    int32_t today;
};

// One scope for all whose scope is the same. NULL without memory.
struct sight *sight_take(struct live *live, const struct scope *scope);
void sight_drop(struct live *live, struct sight *sight); // may be NULL

struct watch *watch_find(const struct session *session, uint64_t id); // may be NULL
void watch_free(struct watch *watch);
void watch_resync(struct watch *watch, int why); // tells it to read again, and ends it
// Tells it of a commit; when the session takes no more, it waits, to be told the rest, or to
// read the commit from the log, later. False: the watch has ended over it.
bool watch_tell(struct watch *watch, struct commit *commit);
// The session takes more: a WAITING watch goes on where it was. It may end over it.
void watch_go_on(struct watch *watch);
// What slow readers keep is bounded: marks the oldest as late. Once a second.
void tellings_tick(struct live *live);
// A commit has come: tells it, holds it, or reads anew. `matters`: scopes may follow from it.
void watch_commit(struct watch *watch, struct commit *commit, bool matters);
bool watch_matters(const struct commit *commit);
// Reads the log from *from on (NULL: nothing) and the scope; with a request, the first round, which answers it.
void round_start(struct watch *watch, struct request *request, const uint64_t *from, uint64_t epoch);
// Whose ticket has ended looks at nothing. Once a second.
void presents_tick(struct live *live, int64_t now);
// Who else looks at what this new watch may see.
void presents_tell(struct live *live, struct watch *watch);

#endif
