// The log as a feed: committed requests in their order, those of very many changes in pieces.
// A reader's thread, but for the counting of who holds a commit: the loop's.
#include "server/store/sqlite/sqlite.h"

#include <stdlib.h>
#include <string.h>

struct commit *commit_ref(struct commit *commit)
{
    commit->refs++;
    return commit;
}

void commit_unref(struct commit *commit)
{
    if (!commit || --commit->refs)
        return;
    arena_deinit(&commit->arena);
    free(commit);
}

static struct commit *commit_start(struct view *view, sqlite3_stmt *statement)
{
    struct commit *commit = calloc(1, sizeof *commit);
    if (!commit)
        return NULL;
    arena_init(&commit->arena, 0);
    commit->refs = 1;
    commit->from_seq = (uint64_t)sqlite3_column_int64(statement, 0);
    commit->batch = (uint64_t)sqlite3_column_int64(statement, 2);
    commit->at = sqlite3_column_int64(statement, 3);
    commit->actor = sqlite3_column_int64(statement, 4);
    commit->on_behalf_of = sqlite3_column_int64(statement, 5);
    commit->actor_name = view_staff_name(view, commit->actor, &commit->arena);
    if (sqlite3_column_bytes(statement, 12) == STORE_KEY)
        memcpy(commit->key, sqlite3_column_blob(statement, 12), STORE_KEY);
    return commit;
}

static int commit_add(struct view *view, sqlite3_stmt *statement, struct commit *commit)
{
    const struct kind *kind = kind_by_number((uint32_t)sqlite3_column_int(statement, 13));
    struct entry entry;
    commit->to_seq = (uint64_t)sqlite3_column_int64(statement, 0);
    if (!kind)
        return 0; // a kind of a newer sendcod
    int error = log_entry(view, statement, kind, sqlite3_column_int64(statement, 14), &commit->arena, &entry);
    if (error)
        return error;
    if ((commit->n_rows & (commit->n_rows - 1)) == 0) { // grows by doubling
        struct change_row *grown = arena_alloc(&commit->arena, (commit->n_rows ? 2 * commit->n_rows : 1) * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        if (commit->n_rows)
            memcpy(grown, commit->rows, commit->n_rows * sizeof *grown);
        commit->rows = grown;
    }
    commit->rows[commit->n_rows++] = (struct change_row){entry.seq, entry.action, entry.changed, entry.record};
    return 0;
}

// The last change of a request, from any of its changes on: requests lie in the log one behind the other.
static uint64_t request_end(struct view *view, uint64_t seq, int64_t request)
{
    sqlite3_stmt *statement = db_statement(view->db, "SELECT request FROM change WHERE seq = ?1");
    uint64_t low = seq, high = view->seq;
    while (statement && low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        db_bind(statement, 1, value_number((int64_t)middle));
        bool inside = db_next(statement) == SQLITE_ROW && sqlite3_column_int64(statement, 0) == request;
        sqlite3_reset(statement);
        low = inside ? middle : low;
        high = inside ? high : middle - 1;
    }
    db_done(statement);
    return low;
}

struct feed {
    struct view *view;
    struct commit *commit; // under way; NULL: none
    int64_t request;       // that it is of
    size_t limit, told;
    int (*on_commit)(struct commit *commit, void *data);
    void *data;
};

// Hands over what is under way. 0 to go on.
static int feed_tell(struct feed *feed, bool more)
{
    struct commit *commit = feed->commit;
    feed->commit = NULL;
    commit->more = more;
    commit->end_seq = more ? request_end(feed->view, commit->to_seq, feed->request) : commit->to_seq;
    return feed->on_commit(commit, feed->data); // takes it
}

// One row of the log. *over: there are as many as were asked for.
static int feed_row(struct feed *feed, sqlite3_stmt *statement, bool *over)
{
    int64_t request = sqlite3_column_int64(statement, 11);
    struct commit *commit = feed->commit;
    if (commit && (feed->request != request || commit->n_rows == COMMIT_ROWS)) {
        int error = feed_tell(feed, feed->request == request);
        *over = feed->limit && ++feed->told == feed->limit;
        if (error || *over)
            return error;
    }
    if (!feed->commit && !(feed->commit = commit_start(feed->view, statement)))
        return ERR_NOMEM;
    feed->request = request;
    return commit_add(feed->view, statement, feed->commit);
}

int view_commits(struct view *view, uint64_t from, size_t limit, int (*on_commit)(struct commit *commit, void *data), void *data,
                 struct problem *problem)
{
    if (from > view->seq)
        return problem_set(problem, ERR_RESYNC, "seq %llu is not there yet", (unsigned long long)from);
    sqlite3_stmt *statement = db_statement(view->db, "SELECT " LOG_ENTRY ", c.request, c.key, c.kind, c.record FROM change c"
                                                     " LEFT JOIN body b ON b.seq = c.seq WHERE c.seq > ?1 ORDER BY c.seq");
    if (!statement)
        return problem_set(problem, ERR_INTERNAL, "the log could not be read");
    db_bind(statement, 1, value_number((int64_t)from));
    struct feed feed = {.view = view, .limit = limit, .on_commit = on_commit, .data = data};
    int error = 0, code = SQLITE_DONE;
    bool over = false;
    while (!error && !over && (code = db_next(statement)) == SQLITE_ROW)
        error = feed_row(&feed, statement, &over);
    db_done(statement);
    if (!error && feed.commit && code == SQLITE_DONE)
        error = feed_tell(&feed, false);
    commit_unref(feed.commit);
    return error ? error : db_error(view->db, code, problem);
}
