// Whether the store answered truly while something failed under it: what it did must be
// what it said, and what it said either what it says when nothing fails, or that something
// failed. The loop's thread.
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/store/sqlite/sqlite.h"
#include "tests/faults/nth_store.h"
#include "tests/faults/powercut_look.h"
#include "tests/support/storing.h"

struct judged judged;

bool wrong(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(judged.why, sizeof judged.why, format, list);
    va_end(list);
    for (char *at = judged.why; *at; at++)
        *at = *at == '\n' ? ' ' : *at;
    return false;
}

// --- outcomes as texts ---

struct text {
    char *to;
    size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int size = vsnprintf(text->to + text->used, text->size - text->used, format, list);
    va_end(list);
    text->used += size > 0 ? (size_t)size : 0;
    if (text->used >= text->size)
        text->used = text->size - 1;
}

// Ids, dates and times are of one run: any word with a digit becomes "#".
static void add_words(struct text *text, const char *words)
{
    while (*words) {
        size_t size = 0;
        bool digit = false;
        while (isalnum((unsigned char)words[size]) || (words[size] && strchr("-:", words[size])))
            digit |= isdigit((unsigned char)words[size++]) != 0;
        if (digit)
            add(text, "#");
        else
            add(text, "%.*s", (int)(size ? size : 1), words);
        words += size ? size : 1;
    }
}

static void add_done(struct text *text, const char *name, const struct done_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(text, "; %s %s v%llu action %d%s", name, items[i].kind->name, (unsigned long long)items[i].version, items[i].action,
            items[i].caused ? " caused" : "");
}

void play_outcome(const struct change *change, int result, bool done_only, char *to, size_t size)
{
    struct text text = {to, size, 0};
    const struct change_result *told = &change->result;
    add(&text, "%s", result ? error_info(result)->code : "OK");
    if (result) {
        add(&text, ": ");
        add_words(&text, change->problem.message);
        for (size_t i = 0; i < change->problem.n_fields; i++) {
            const struct problem_field *field = &change->problem.fields[i];
            add(&text, "; field %d ", field->field);
            add_words(&text, field->message ? field->message : field->who ? field->who : "");
            add(&text, " %s/%s", field->theirs.type == VALUE_TEXT ? field->theirs.text : "",
                field->yours.type == VALUE_TEXT ? field->yours.text : "");
        }
        return;
    }
    add_done(&text, "done", told->done, told->n_done);
    add_done(&text, "skipped", told->skipped, told->n_skipped);
    for (size_t i = 0; i < told->n_merged; i++)
        add(&text, "; merged %s %d by %s", told->merged[i].kind->name, told->merged[i].field, told->merged[i].who_name);
    for (size_t i = 0; i < told->n_warnings && !done_only; i++) {
        add(&text, "; warning ");
        add_words(&text, told->warnings[i].message);
    }
}

// --- one play ---

static bool is_failure(int error)
{
    return error == ERR_NOMEM || error == ERR_READONLY || error == ERR_IO || error == ERR_RETRY || error == ERR_UNKNOWN;
}

static bool change_holds(const struct scenario *scenario, const struct play *play, const struct play *clean, size_t i)
{
    static char said[8192], wanted[8192];
    const struct change *change = &play->changes[i];
    int result = play->results[i];
    if (result == ERR_UNKNOWN && play_ended())
        return true;
    if (is_failure(result))
        return change->problem.message[0] ? true : wrong("%s: request %zu failed without a sentence", scenario->name, i);
    play_outcome(change, result, change->result.replayed, said, sizeof said);
    play_outcome(&clean->changes[i], clean->results[i], change->result.replayed, wanted, sizeof wanted);
    if (strcmp(said, wanted) != 0)
        return wrong("%s: request %zu was answered \"%.160s\", and \"%.160s\" is true", scenario->name, i, said, wanted);
    uint64_t seq = change->result.to_seq;
    if (result || !seq || change->result.replayed)
        return true;
    return (seq <= told_seq() && memcmp(told_row(seq)->key, change->key, STORE_KEY) == 0) ||
           wrong("%s: request %zu was answered before its commit was told", scenario->name, i);
}

// What was answered stays so; what was not is done now, once.
static bool again_holds(const struct scenario *scenario, const struct play *play, const struct play *again, const struct play *clean,
                        size_t i)
{
    int first = play->results[i];
    bool replayed = again->changes[i].result.replayed, before = clean->changes[i].result.replayed;
    if (is_failure(again->results[i]))
        return wrong("%s: request %zu fails after all is well: %s", scenario->name, i, again->changes[i].problem.message);
    if (first == 0 && !replayed)
        return wrong("%s: request %zu was answered, and its key is not known", scenario->name, i);
    if (is_failure(first) && first != ERR_UNKNOWN && replayed && !before)
        return wrong("%s: request %zu was refused (%s), and is there", scenario->name, i, play->changes[i].problem.message);
    return change_holds(scenario, again, clean, i);
}

static bool reading_holds(const struct scenario *scenario, const struct play *play, const struct play *clean, bool may_fail)
{
    if (play->read_result && may_fail && is_failure(play->read_result))
        return true;
    if (play->read_result)
        return wrong("%s: the reading ended with %s: %s", scenario->name, error_info(play->read_result)->code, play->problem.message);
    return strcmp(play->text, clean->text) == 0 ||
           wrong("%s: \"%.200s\" was read where \"%.200s\" is true", scenario->name, play->text, clean->text);
}

bool judge_answers(const struct scenario *scenario, const struct play *play, const struct play *clean)
{
    for (size_t i = 0; i < play->n_changes; i++)
        if (!change_holds(scenario, play, clean, i))
            return false;
    for (size_t i = 0; i < play->tickets; i++)
        if (play->ticket_results[i] && !is_failure(play->ticket_results[i]))
            return wrong("%s: a ticket was answered with %d", scenario->name, play->ticket_results[i]);
    return !play->read || reading_holds(scenario, play, clean, true);
}

bool judge_again(const struct scenario *scenario, const struct play *play, const struct play *clean)
{
    static struct play again;
    play_again(play, &again);
    if (!play_run(&again, scenario, NULL))
        return wrong("%s: the store ended when all was well again", scenario->name);
    for (size_t i = 0; i < play->n_changes; i++)
        if (!again_holds(scenario, play, &again, clean, i))
            return false;
    for (size_t i = 0; i < play->tickets; i++)
        if (again.ticket_results[i])
            return wrong("%s: a ticket is not kept after all is well", scenario->name);
    return !play->read || reading_holds(scenario, &again, clean, false);
}

// --- the database ---

sqlite3 *judge_open(void)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(store->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, "unix-excl");
    if (code == SQLITE_OK)
        code = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "PRAGMA busy_timeout=5000; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        return db;
    wrong("it cannot be opened: %s", sqlite3_errmsg(db));
    sqlite3_close(db);
    return NULL;
}

bool judge_all(void)
{
    struct kept kept;
    if (!look_closely(&kept))
        return false;
    if (kept.seq != told_seq())
        return wrong("%llu changes are there, and %llu were told", (unsigned long long)kept.seq, (unsigned long long)told_seq());
    return store_seq(store) == told_seq() || wrong("the store thinks that it is at seq %llu", (unsigned long long)store_seq(store));
}
