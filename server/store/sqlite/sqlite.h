// Inside the embedded engine: what its files share. Nothing outside store/sqlite
// includes this, and only store/sqlite includes sqlite3.h.
//
// One connection belongs to one thread: the writer's changes, the readers' only
// read. A view is a connection, a snapshot and a scope.
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

// What a table has no memory for is left out of it: whoever adds looks at hh.tbl.
#define HASH_NONFATAL_OOM            1
#define uthash_nonfatal_oom(element) shortage_note()

#include <sqlite3.h>
#include <stdatomic.h>
#include <uthash.h>
#include <uv.h>

#include "common/shortage.h"
#include "server/store/store.h"

struct statement;
struct db {
    sqlite3 *handle;
    struct statement *statements; // prepared, by their text
    uint64_t tick;
    sqlite3_stmt **by_id; // of each kind, a record by its id
    uint64_t epoch;
    int wal_pages; // in the WAL after the last commit; writer only
    int wal_moved; // as many at the last checkpoint
};

// A record that the request has changed, or added.
struct touch {
    UT_hash_handle hh;
    struct touch_key {
        uint64_t kind;
        int64_t id;
    } key;
    uint64_t first;              // the first version that the request made of it; 0: none yet
    uint64_t last;               // the newest
    const struct record *before; // as it was before the request; NULL when it was not there
    bool slim;                   // … without its values: the log has them
    int64_t temporary;           // of a new one: what its author calls it; 0 when a rule added it
    bool is_new;
};

// Those whom records are about, or records about nobody; ascending.
struct owners {
    struct owner {
        uint32_t kind; // of a record about nobody; else 0
        enum subject subject;
        int64_t id;
    } * list;
    size_t n, room;
};

// What one mutating request does while it is applied.
struct writing {
    struct change *change;
    struct commit *commit; // NULL when nobody will be told
    struct change_row *rows;
    size_t n_rows, rows_room;
    struct arena *work; // for one record at a time, and what refers to it
    struct temporary {  // new ones by their temporary ids: open addressing, half full at most
        const struct kind *kind;
        int64_t temporary, id;
    } * ids;
    size_t n_ids, ids_room;
    struct once { // a set of records: open addressing, half full at most
        const struct kind *kind;
        int64_t id;
        void *kept; // by view_keep
    } * once;
    size_t n_once, once_room;
    struct touch *touched; // by record
    struct owners left;    // in the undo of a batch: whose records stay as they are
    uint64_t from_seq, to_seq, batch;
    int depth;      // of effects
    bool caused;    // what is put now was not asked for
    bool undoing;   // spells are not closed on the way
    uint8_t *chain; // head so far; the writer keeps it after the commit
};

struct view {
    struct store *store;
    struct db *db;
    struct actor actor;
    struct scope scope;        // the actor's: rights, and what is told by name
    const struct scope *reach; // of what is read: that scope, or everything while a rule judges
    uint64_t seq;
    int64_t now;
    int64_t labels_known; // 0: labels as they are now
    uint64_t shortages;   // of memory on this thread, before it began
    int32_t today;
    struct arena arena;             // the scope's sets
    const char *own[SUBJECT_COUNT]; // those sets as JSON arrays, for SQL
    struct writing *writing;        // NULL on a reader
};

// --- db.c: a connection and its statements ---

// Opens with the unix-excl VFS and our settings. `writer` may change.
int db_open(struct db *db, const char *path, bool create, bool writer, struct problem *problem);
// From now on nothing is written, nor is the WAL moved when it is closed.
void db_only_look(struct db *db);
void db_close(struct db *db);
// A cached statement, reset and without bindings; NULL: out of memory or our own
// mistake in SQL (logged). Give it back with db_done.
sqlite3_stmt *db_statement(struct db *db, const char *sql);
void db_done(sqlite3_stmt *statement);
// One step of a statement, SQLite's code. Whatever fails here, in db_statement, db_bind or db_text is noted as trouble.
int db_next(sqlite3_stmt *statement);
// While true, on this thread: a change outside a transaction fails (SQLITE_ABORT). A failure can take the whole
// transaction back in the middle of a request, whose later statements would then be kept one by one.
void db_within(bool transaction);
int db_run(struct db *db, const char *sql);  // statements without results; SQLite's code
int db_step(struct db *db, const char *sql); // one such, prepared once
void db_bind(sqlite3_stmt *statement, int index, struct value value);
void db_bind_blob(sqlite3_stmt *statement, int index, const void *data, int size); // which must stay until db_done
const char *db_text(sqlite3_stmt *statement, int column);                          // NULL when it is NULL, or without memory
struct value db_value(sqlite3_stmt *statement, int column, const struct field *field, struct arena *arena);
// SQLite's code as ours: ERR_OK for ROW and DONE, else ERR_IO with a sentence.
int db_error(struct db *db, int code, struct problem *problem);
#define DISK_FULL_HINT "Ask the technician to make room on the server's disk; then send it again."
// The first failure on this thread's connection since db_calm, as SQLite's code; SQLITE_OK: none. Many who read or
// write one thing of many cannot say that it failed: whoever answers for the whole asks here.
int db_trouble(void);
void db_calm(void);
bool db_is_disk(int code); // the disk failed, not only memory
bool db_is_sync(int code); // … to keep what it had taken
// A single number; `otherwise` when there is no row or it is NULL.
int64_t db_number(struct db *db, const char *sql, int64_t otherwise);

// SQL as it is put together, and what is bound to it.
#define SQL_BINDS 96
struct sql {
    char text[12288];
    size_t size;
    struct value binds[SQL_BINDS];
    int n_binds;
    bool overflow;
};
void sql_init(struct sql *sql);
void sql_add(struct sql *sql, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sql_bind(struct sql *sql, struct value value);          // adds "?" and its value
sqlite3_stmt *sql_statement(struct sql *sql, struct db *db); // prepared and bound

// --- schema.c ---

int schema_open(struct db *db, const struct store_options *options, struct problem *problem); // creates, adds columns
char *schema_meta(struct db *db, const char *key, char *buffer, size_t size);                 // NULL when absent
int schema_seed_lists(struct store *store, struct db *db, struct problem *problem);

// --- view.c, select.c: reading ---

int view_begin(struct view *view, struct store *store, struct db *db, const struct actor *actor); // scope included
void view_end(struct view *view);
// What kept anything in this view from being read or written since it began, memory included: what was found there must
// then not be told, whatever it was. 0: nothing did.
int view_trouble(struct view *view, struct problem *problem);
// Whatever the scope; NULL when there is none. Removed ones too.
struct record *select_record(struct view *view, const struct kind *kind, int64_t id, struct arena *arena);
struct record *select_read(sqlite3_stmt *statement, const struct kind *kind, struct arena *arena); // a row of select_columns
void select_columns(struct sql *sql, const struct kind *kind, const char *alias);

// --- query.c: what a query asks for, as SQL; its kind's table goes by k ---

// "AND …" for what the view may read of this kind.
void select_scope(struct sql *sql, struct view *view, const struct kind *kind, const char *about);
// ERR_DENIED for what one may neither see nor therefore filter or sort by.
int query_allowed(struct view *view, const struct query *query, struct problem *problem);
void query_from(struct sql *sql, const struct query *query);                                               // FROM …
void query_conditions(struct sql *sql, struct view *view, const struct query *query, struct arena *arena); // WHERE …, scope included
void query_column(struct sql *sql, const struct query *query, const struct field *field); // a field, now or as the log knew it
// An order's expression never is NULL, so that a page can begin behind any value.
void query_order(struct sql *sql, const struct query *query, const struct order *order);
bool query_by_subject(const struct query *query); // sorted by the name of whom it is about, whose table then goes by s

// --- log.c: the change log ---

struct log_entry {
    struct entry entry;
    const struct kind *kind;
    int64_t id;
    uint64_t fields;
};
// Appends one change of the request and its body; moves the chain on. record->seq is
// the record's change before this one, then this one.
int log_append(struct view *view, struct record *record, enum action action, uint64_t changed, struct problem *problem);
int log_chain(struct db *db, uint8_t chain[32]); // its end; SQLite's code
// One line of it, selected as LOG_ENTRY from change c and body b, with its record in the arena.
#define LOG_ENTRY "c.seq, c.version, c.batch, c.at, c.actor, c.behalf, c.action, c.fields, c.reason, b.body, c.before"
int log_entry(struct view *view, sqlite3_stmt *statement, const struct kind *kind, int64_t id, struct arena *arena, struct entry *entry);
// The record as it was at that version, or at that time; NULL when it was not, or the
// log has it no more. `now` is as select_record gave it.
struct record *log_image(struct view *view, const struct record *now, uint64_t version, struct arena *arena);
struct record *log_image_at(struct view *view, const struct record *now, int64_t at, struct arena *arena);
// Who last changed the field (NULL: anything) after version `base`.
int log_author(struct view *view, const struct record *now, uint64_t base, const struct field *field, int64_t *who, int64_t *when);

// --- search.c ---

int search_update(struct view *view, const struct record *before, const struct record *after);

// --- touch.c: what the request has changed so far ---

int touch_new(struct writing *writing, const struct kind *kind, int64_t id, int64_t temporary); // 0 or ERR_NOMEM
// As it is stored, and as it was before that (NULL when new); 0 or ERR_NOMEM.
int touch_note(struct writing *writing, const struct record *before, const struct record *record);
const struct touch *touch_find(const struct writing *writing, const struct kind *kind, int64_t id);
void touch_clear(struct writing *writing);
// New records of a refused request are spoken of as new, and by their temporary ids: their author knows no
// other, and the real ones, which are not taken, would tell how many there are.
void touch_tell(const struct writing *writing, struct problem *problem);

// --- settle.c: judging a request when it is done ---

// One rule. It sees everything: it judges what there is, not what the author may see of it.
int rule_run(struct view *view, store_rule_fn *rule, const struct record *before, const struct record *after, struct problem *problem);
// Asks the settled rules. With `gather` all refusals go to writing->left, and the problem is the first one's.
int settle(struct view *view, bool gather, struct problem *problem);
bool settle_is_left(const struct writing *writing, const struct record *record);

// --- put.c, merge.c, check.c, spell.c, undo.c: changing ---

// What a record is ordered by; in the arena.
const char *put_sort_key(const struct record *record, struct arena *arena);
int put_items(struct view *view, const struct change *change, struct problem *problem); // items.c: all of a put
int put_item(struct view *view, const struct put_item *item, struct problem *problem);
int put_remove(struct view *view, const struct kind *kind, int64_t id, uint64_t version, struct problem *problem);
// Writes `after` as a new version of `before` (NULL: a new record), checked, logged,
// followed by its effects.
int put_store(struct view *view, const struct record *before, struct record *after, enum action action, struct problem *problem);
int put_undo(struct view *view, struct problem *problem);
// Three images: as its author saw it, as it is, and with the author's fields set.
// Leaves what to store in `mine`; the result's merged list grows. 0 or ERR_CONFLICT.
int merge_records(struct view *view, const struct record *base, const struct record *theirs, struct record *mine, uint64_t touched,
                  struct problem *problem);
int check_record(struct view *view, const struct record *before, const struct record *after, uint64_t changed, struct problem *problem);
int check_rules(struct view *view, const struct record *before, const struct record *after, struct problem *problem);
int check_unreferenced(struct view *view, const struct record *record, struct problem *problem);
int check_rights(struct view *view, const struct record *record, uint64_t changed, struct problem *problem);
// Removing, and bringing back, ask for every field that the kind has: whether a hidden one is filled must not show.
int check_whole_rights(struct view *view, const struct record *record, struct problem *problem);
// Is what a new record is about there, as far as its author sees?
int check_path(struct view *view, const struct record *record, struct problem *problem);
// No two spells of one owner overlap. Closes a running one where a new one opens.
int spell_fit(struct view *view, const struct record *before, const struct record *after, struct problem *problem);
uint64_t present_fields(const struct record *record);
int64_t about_resolve(struct view *view, const struct record *record);
const char *put_name(struct view *view, const struct record *record, struct arena *arena); // label, or id when out of scope

// --- keys.c: requests answered once ---

// 1: answered before, result filled; 0: new; ERR_INVALID: same key, other content.
int keys_find(struct view *view, struct change *change);
int keys_keep(struct view *view, const struct change *change);
int keys_prune(struct db *db, int64_t before);

// --- derive.c ---

int derive_all(struct db *db); // SQLite's code; within the caller's transaction

// --- apply.c, writer.c, reader.c: threads; store.c, open.c: the loop's side ---

struct rule {
    const struct kind *kind;
    store_rule_fn *check, *effect, *settle;
};

enum job_type { JOB_READ, JOB_WRITE, JOB_KEEP, JOB_REFUSED };
struct job {
    enum job_type type;
    struct actor actor;
    store_read_fn *read;
    store_done_fn *done;
    void *data;
    struct change *change;
    struct commit *commit;
    int result;
    uint64_t took; // of a reader's processor, ns
    struct job *next;
};
struct queue {
    struct job *first, *last;
    size_t size;
};
void queue_push(struct queue *queue, struct job *job);
struct job *queue_pop(struct queue *queue);

// --- turns.c: whoever asks is served in turn, however much each asks. Under the lane's mutex ---

// What one person waits with. No more of them than wait, or have asked in the last seconds, are in use.
#define TURNS 256
struct turn {
    int64_t staff; // whose it is, or was last; 0: nobody's yet, and the server's own
    struct queue queue;
    uint64_t cost, used; // of readers: what an answer, and all answers, took lately, ns
};
struct turns {
    struct turn turn[TURNS];
    size_t n; // jobs in all of them
    unsigned next;
};

struct lane { // jobs on their way to a thread
    uv_mutex_t mutex;
    uv_cond_t filled;
    struct queue queue;    // under the mutex, as is what follows: handed over
    struct turns turns;    // … and sorted by the threads
    struct queue gathered; // by the loop in this turn: handed over at once
    size_t waiting;        // not answered yet, as the loop counts
    bool stopping;
};

struct turn *turn_of(struct turns *turns, const struct job *job);
// What the loop has handed over joins what its people wait for.
void turns_sort_in(struct lane *lane);
// What there was no time for goes back to the front, in its order.
void turns_give_back(struct turns *turns, struct queue *jobs);
// One change of each who waits, and round again, in each one's order. A change of very many records comes alone.
void turns_take(struct turns *turns, struct queue *jobs, size_t most);
// All that waits, in any order of people.
void turns_take_all(struct lane *lane, struct queue *jobs);
// An import, or an undo of one: it may take many seconds.
bool job_is_bulk(const struct job *job);

#define STORE_READERS 8
#define JOBS_SPARE    256
struct store {
    uv_loop_t *loop;
    uv_async_t async;
    uv_prepare_t turn;   // before the loop waits: what it gathered goes to the threads
    uv_idle_t gathering; // keeps the loop from waiting while there is something gathered
    int open_handles;
    char path[4096], directory[4096], school[256];
    bool demo;
    uint64_t seed;
    store_scope_fn *scope;
    struct rule *rules;
    size_t n_rules;
    struct {
        store_commit_fn *fn;
        void *data;
    } followers[8];
    size_t n_followers;
    uint64_t epoch, seq; // as the loop knows them
    bool readonly;

    struct lane writing, reading;
    _Atomic uint64_t longest_read; // ns of processor time
    unsigned next_long;            // under reading's mutex, as is what follows: whose turn it is among those whose questions are long
    unsigned n_long;               // … readers that answer such
    uint64_t aged;                 // … when what was used was last halved, ns
    uv_thread_t writer, readers[STORE_READERS];
    bool has_writer;
    bool fresh;       // it is being made: there is nothing yet that could be lost
    bool *failed;     // its disk failed while it was; NULL: nobody takes it away then
    unsigned n_begun; // of the readers
    unsigned n_readers;
    struct db db;                // the writer's
    uint8_t chain[32];           // the writer's
    int trouble;                 // the writer's: what kept the last job from being done and judged; 0: nothing did
    int lost_code;               // the writer's: why the last transaction was lost, as SQLite's code
    int64_t last_write, pruned;  // the writer's: times of requests
    unsigned batches;            // the writer's: since the last checkpoint
    atomic_bool slow;            // the WAL is long: admit no more for a moment
    atomic_bool disk_full;       // something was refused for it, and no change was kept since
    _Atomic uint64_t bulk_since; // the writer is at a change of very many records since then (ns); 0: it is not

    uv_mutex_t out_mutex;
    struct queue out;
    struct queue spare; // the loop's: jobs for when there is no memory for one
    struct job spares[JOBS_SPARE];
    void (*on_closed)(void *data);
    void *closed_data;
};

void store_finish(struct store *store, struct queue *jobs);   // from a thread: hands answered jobs to the loop
int store_join(struct store *store, struct problem *problem); // the loop: what is answered comes back there
// One change: 0, and *commit when something changed; `chain` goes on with it. The caller's savepoint undoes a failure.
int apply_change(struct store *store, struct change *change, struct commit **commit, uint8_t chain[32]);
int apply_keep(struct store *store, struct job *job); // bookkeeping that is no record
void change_more_room(struct change *change);
void writer_main(void *store);
void reader_main(void *store);
// Applies one change at once, in a transaction of its own, before the threads run.
int writer_apply(struct store *store, struct change *change);
// The next start is read-only, because of SQLite's code `code`; a fresh store is only noted to have failed.
void writer_mark(const struct store *store, int code);

#endif
