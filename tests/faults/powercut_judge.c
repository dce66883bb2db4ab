// Whether a state of the disk is good. Two steps, for speed: a connection that stays
// open recovers every state and reads all of its pages, and pages never met before
// are looked at closely, through a connection that is opened for it. One thread.
#include "tests/faults/powercut.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/faults/powercut_look.h"
#include "tests/faults/vfs_memory.h"

#define COLD_EVERY 200 // states after which the standing connection is not believed

struct seen {
    uint64_t hash; // of all pages; 0: empty
    struct kept kept;
};

struct judged judged;
static struct seen *seen;
static size_t seen_room;
static sqlite3 *standing;

bool wrong(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(judged.why, sizeof judged.why, format, list);
    va_end(list);
    for (char *at = judged.why; *at; at++) // one line, whatever SQLite says
        *at = *at == '\n' ? ' ' : *at;
    return false;
}

sqlite3 *judge_open(void)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2("disk", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, MEMORY_VFS);
    if (code == SQLITE_OK) // what is in the WAL stays there: the state is looked at, not changed
        code = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        return db;
    wrong("it cannot be opened: %s", sqlite3_errmsg(db));
    sqlite3_close(db);
    return NULL;
}

static struct seen *find(uint64_t hash)
{
    size_t at = hash % seen_room;
    while (seen[at].hash && seen[at].hash != hash)
        at = (at + 1) % seen_room;
    return &seen[at];
}

static void remember(uint64_t hash, struct kept kept)
{
    if (2 * judged.views >= seen_room) {
        struct seen *old = seen;
        size_t n = seen_room;
        seen_room = n ? 2 * n : 4096;
        seen = calloc(seen_room, sizeof *seen);
        if (!seen)
            abort();
        for (size_t i = 0; i < n; i++)
            if (old[i].hash)
                *find(old[i].hash) = old[i];
        free(old);
    }
    *find(hash) = (struct seen){hash, kept};
    judged.views++;
}

static uint64_t hash_of(const uint8_t *data, size_t size)
{
    uint64_t lanes[4] = {size, ~size, 3, 4}, words[4];
    for (; size >= sizeof words; data += sizeof words, size -= sizeof words) {
        memcpy(words, data, sizeof words);
        for (int i = 0; i < 4; i++) {
            lanes[i] = (lanes[i] ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
            lanes[i] ^= lanes[i] >> 29;
        }
    }
    struct dice mixed = {lanes[0] + 5 * lanes[1] + 7 * lanes[2] + 11 * lanes[3]};
    uint64_t hash = dice_next(&mixed);
    return hash ? hash : 1;
}

// All pages as SQLite sees them after recovery. 0: it could not read them.
static uint64_t pages_now(void)
{
    uint64_t hash = 0;
    if (!standing && !(standing = judge_open()))
        return 0;
    sqlite3_int64 size = 0;
    uint8_t *pages = NULL;
    if (sqlite3_exec(standing, "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL) == SQLITE_OK)
        pages = sqlite3_serialize(standing, "main", &size, 0);
    if (pages && size > 0)
        hash = hash_of(pages, (size_t)size);
    sqlite3_free(pages);
    if (sqlite3_exec(standing, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        hash = 0;
    return hash;
}

static void drop_standing(void)
{
    sqlite3_close(standing);
    standing = NULL;
}

static bool keeps(struct kept kept, struct promise promise)
{
    if (kept.seq < promise.seq)
        return wrong("change %llu was acknowledged and is lost: the log ends with %llu", (unsigned long long)promise.seq,
                     (unsigned long long)kept.seq);
    if (kept.tickets < promise.tickets)
        return wrong("ticket %zu was acknowledged and is lost: there are %zu", promise.tickets, kept.tickets);
    return true;
}

static bool is_wal_mode(void)
{
    uint8_t modes[2];
    return image_read(&memory_disk[IMAGE_DB], 18, modes, 2) == 2 && modes[0] == 2 && modes[1] == 2;
}

// While the database is being made: no WAL yet, perhaps no file.
static bool judge_early(struct promise promise)
{
    struct kept kept = {0, 0};
    drop_standing();
    if (memory_disk[IMAGE_DB].exists && !look_closely(&kept))
        return false;
    return keeps(kept, promise);
}

// The same state, opened by nobody before, must look the same.
static bool judge_cold(uint64_t hash)
{
    judged.cold++;
    drop_standing();
    memory_restart();
    return pages_now() == hash || wrong("a connection opened anew sees other pages");
}

bool judge_state(struct promise promise)
{
    struct kept kept = {0, 0};
    judged.states++;
    memory_restart();
    if (!is_wal_mode() || memory_disk[IMAGE_JOURNAL].exists)
        return judge_early(promise);
    uint64_t hash = pages_now();
    const struct seen *known = hash && seen_room ? find(hash) : NULL;
    if (known && known->hash) {
        if (judged.states % COLD_EVERY == 0 && !judge_cold(hash))
            return false;
        return keeps(known->kept, promise);
    }
    memory_restart();
    if (!look_closely(&kept))
        return false;
    if (!hash)
        return wrong("its pages could not be read");
    remember(hash, kept);
    return keeps(kept, promise);
}

// --- the judge judged ---

static const char *const damages[] = {
    "DELETE FROM change WHERE seq = (SELECT max(seq) FROM change)",
    "DELETE FROM change WHERE seq = 100",
    "UPDATE change SET at = at + 1 WHERE seq = 50",
    "UPDATE change SET chain = zeroblob(32) WHERE seq = (SELECT max(seq) FROM change)",
    "DELETE FROM change WHERE request = (SELECT request FROM change ORDER BY seq DESC LIMIT 1)",
    "DELETE FROM body WHERE seq = (SELECT max(seq) FROM body)",
    "UPDATE body SET body = zeroblob(length(body)) WHERE seq = 60",
    "DELETE FROM request WHERE key = (SELECT key FROM change ORDER BY seq DESC LIMIT 1)",
    "UPDATE target SET _version = _version + 1 WHERE id = 1",
    "UPDATE target SET aim = 'half' WHERE id = 2",
    "UPDATE pupil SET _removed = 1 - _removed WHERE id = 1",
    "DELETE FROM target WHERE id = (SELECT max(id) FROM target)",
    "DELETE FROM ticket WHERE hash = (SELECT max(hash) FROM ticket)",
    "DELETE FROM search_docsize WHERE id = (SELECT max(id) FROM search_docsize)",
    "DELETE FROM counter WHERE kind = 22",
};

static bool is_found(const char *damage)
{
    struct kept kept = {0, 0};
    memory_restart();
    sqlite3 *db = judge_open();
    if (!db || sqlite3_exec(db, damage, NULL, NULL, NULL) != SQLITE_OK || !sqlite3_changes(db))
        return wrong("cannot plant \"%s\": %s", damage, db ? sqlite3_errmsg(db) : "");
    sqlite3_close(db);
    memory_restart();
    bool good = look_closely(&kept) && keeps(kept, told_promise(SIZE_MAX));
    return !good || wrong("not found: %s", damage);
}

static bool is_found_on_page(int64_t page)
{
    static const uint8_t zeros[512];
    struct kept kept = {0, 0};
    image_write(&memory_disk[IMAGE_DB], page * IMAGE_PAGE, zeros, sizeof zeros);
    memory_restart();
    return !look_closely(&kept) || wrong("not found: a sector of zeros on page %lld", (long long)page + 1);
}

int judge_itself(void)
{
    struct image good[IMAGE_FILES] = {{.n = 0}};
    int n = (int)(sizeof damages / sizeof *damages);
    drop_standing();
    for (int f = 0; f < IMAGE_FILES; f++)
        image_copy(&good[f], &memory_disk[f]);
    bool found = true;
    for (int i = 0; i < n + 4 && found; i++) {
        for (int f = 0; f < IMAGE_FILES; f++)
            image_copy(&memory_disk[f], &good[f]);
        found = i < n ? is_found(damages[i]) : is_found_on_page(i - n + 1);
    }
    for (int f = 0; f < IMAGE_FILES; f++) {
        image_copy(&memory_disk[f], &good[f]);
        image_clear(&good[f]);
    }
    if (found)
        judged.why[0] = 0;
    return found ? n + 4 : -1;
}
