// One run of `sendco`: its options, its connection, what it knows of the school,
// and what commands need of them. Main thread only; asking waits for the answer.
#ifndef CLIENT_CLI_CLI_H
#define CLIENT_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <uv.h>

#include "client/link.h"
#include "client/profile.h"
#include "common/arena.h"
#include "common/error.h"
#include "common/record.h"
#include "protocol.pb-c.h"

struct args;

enum cli_format { CLI_TEXT, CLI_TSV, CLI_CSV, CLI_JSON, CLI_JSONL };

#define CLI_KEY 16

struct cli {
    const struct args *args; // see cli_option and cli_flag
    enum cli_format format;
    bool human; // aligned text for a person at a terminal; otherwise for a program
    bool colour, quiet, no_input, yes, dry_run, raw, excel;
    int width;          // of the terminal, in columns
    FILE *out;          // what was asked for: standard output or the pager
    FILE *err;          // talk
    struct arena arena; // lives as long as the command; answers are kept in it

    // Of the school, as the server said at Hello; good once cli_open returned 0.
    int32_t today; // civil date
    int64_t now;
    uint64_t epoch, seq; // seq: the newest this client has seen
    const char *school, *person, *server_name, *role;
    int64_t staff;
    bool readonly, demo;

    bool writing; // a name that fits only in part is then not taken without a word
    struct cli_named *named;
    size_t n_named;

    // Private to cli.c, asking.c and waiting.c.
    uv_loop_t loop;
    struct profile profile;
    struct tls_context *tls;
    struct link *link;
    bool loop_made, opened, lost, accept_epoch;
    bool again;            // what is waited for was lost once
    bool stuck;            // a name server has not answered: the loop cannot be closed
    uint64_t waits_since;  // ms; 0: nothing is waited for
    const char *waits_why; // as the server says it: it is busy, or how far it is; NULL: it only has not answered yet
    bool changing;         // a change was sent, and its outcome is not told yet
    bool marked;           // cli_mark was here
    bool reached;          // the last try got as far as talking to a server
    unsigned generation;   // how often a connection was made: a change means that the old one was lost
    struct problem lost_why;
    void (*on_push)(struct cli *cli, const Sendco__Push *push, void *data);
    void *push_data;
    FILE *paged; // what a pager will show; NULL: none
    char *page;
    size_t page_size;
};

// The value of an option of this command ("date" for --date), or NULL. The same
// option given twice: the last one; `cli_option_next` walks all (start with *at = 0).
const char *cli_option(const struct cli *cli, const char *name);
const char *cli_option_next(const struct cli *cli, const char *name, size_t *at);
bool cli_flag(const struct cli *cli, const char *name);

// Connects and logs in unless that is done: Hello, Resume by ticket, else password.
// 0 or an error. Every function below that asks the server does this by itself.
int cli_open(struct cli *cli, struct problem *problem);
// Today as the server says; opens the connection when needed, and falls back to this machine's.
int32_t cli_today(struct cli *cli);

// Sends a request and waits; fills in its id. `on_reply` (may be NULL) gets every
// reply with outcome OK, borrowed until it returns; a non-zero return ends with
// that value. 0, or the error of the reply, in `problem`. A lost connection is
// made again and the same request sent again for ten seconds, ninety when it changes
// something: such a request must therefore carry its key. ERR_UNKNOWN: perhaps done;
// so also when somebody interrupted the wait for its answer; ERR_INTERRUPTED: and it was surely not done.
typedef int cli_reply_fn(struct cli *cli, const Sendco__Reply *reply, void *data);
int cli_ask(struct cli *cli, Sendco__Request *request, cli_reply_fn *on_reply, void *data, struct problem *problem);

// A key for a request that changes something: time first, then random.
void cli_key_make(uint8_t key[CLI_KEY]);
const char *cli_key_text(const uint8_t key[CLI_KEY], char text[CLI_KEY * 2 + 1]);

// --- reading -----------------------------------------------------------------

struct cli_labels; // what the records that others refer to are called

#define CLI_CONDITIONS 16
#define CLI_ORDERS     4

struct cli_query {
    const struct kind *kind;
    struct {
        const struct field *field;
        Sendco__Condition__Op op;
        struct value value;
    } where[CLI_CONDITIONS];
    size_t n_where;
    const struct kind *about_kind; // only about this, or about whoever is in it (protocol.proto, List); NULL: all
    int64_t about;
    int32_t as_at;    // DATE_NONE: any
    int32_t since;    // of spells, those that end on this day or later, or not at all; DATE_NONE: any
    int64_t as_known; // 0: now
    struct {
        const struct field *field;
        bool about, descending;
    } order[CLI_ORDERS];
    size_t n_order;
    size_t limit; // 0: everything
    bool removed;
    bool bare;           // what the records refer to is not named: no labels
    const uint8_t *page; // go on from here; NULL: from the start
    size_t page_size;
};

struct cli_found {
    uint64_t total, epoch, seq; // total: of the first page; seq: of the snapshot that page was read from
    struct cli_labels *labels;
    uint8_t *next; // NULL: that was all
    size_t next_size;
};

// Everything of the kind, in order of id.
void cli_query_init(struct cli_query *query, const struct kind *kind);
// Page after page. Records, labels and `next` live in cli->arena. `found` may be
// NULL. A callback that returns non-zero ends the walk with that value.
typedef int cli_record_fn(struct record *record, void *data);
int cli_list(struct cli *cli, const struct cli_query *query, cli_record_fn *on_record, void *data, struct cli_found *found,
             struct problem *problem);
// Several lists at once (not more than CLI_TOGETHER), in as many round trips as the longest has pages. The first error
// in their order.
struct cli_reading {
    const struct cli_query *query;
    cli_record_fn *on_record;
    void *data;
};
int cli_list_together(struct cli *cli, const struct cli_reading *list, size_t n, struct problem *problem);
// All records of a kind that one may see.
int cli_list_all(struct cli *cli, const struct kind *kind, cli_record_fn *on_record, void *data, struct problem *problem);
int cli_get(struct cli *cli, const struct kind *kind, int64_t id, int64_t as_known, struct record **record, struct cli_labels *labels,
            struct problem *problem);

struct cli_labels *cli_labels_new(struct cli *cli);
void cli_labels_add(struct cli_labels *labels, size_t n, Sendco__Label *const *list);
// What a record is called; its id when nobody said. A record_label_fn: data is the labels.
const char *cli_label(const struct kind *kind, int64_t id, void *labels);

// A wire record as struct record in cli->arena.
int cli_record(struct cli *cli, const Sendco__Record *wire, struct record **record, struct problem *problem);

// The one record of `kind` that `text` means: an id, else a name or UPN or the
// like, looked up. Several: asks on a terminal, otherwise ERR_AMBIGUOUS with the list.
int cli_resolve(struct cli *cli, const struct kind *kind, const char *text, int64_t *id, struct problem *problem);

// Whom a name may have meant that nobody has, with ids, in cli->arena: "Adebayo, Oluwaseun (PUP-0017)". NULL: nobody is near.
const char *cli_near(struct cli *cli, const struct kind *kind, const char *text);

// What a name was taken for, to be said back: NULL when `id` was not given by name.
struct cli_named {
    const struct kind *kind;
    int64_t id;
    const char *label;
};
const struct cli_named *cli_named(const struct cli *cli, const struct kind *kind, int64_t id);
// Notes it; the label is borrowed.
void cli_named_add(struct cli *cli, const struct kind *kind, int64_t id, const char *label);
// How well `name` fits what a record is called: 2 is called so, 1 by the beginning
// of each word, 0 not.
int cli_name_fits(const char *name, const char *label, struct arena *arena);
// "SEN status", "member of staff": a kind within a sentence; and with "a" or "an".
const char *cli_kind_word(const struct kind *kind, struct arena *arena);
const char *cli_kind_a(const struct kind *kind, struct arena *arena);

// --- writing -----------------------------------------------------------------

struct cli_change {
    const struct record *record; // id negative and of your choosing for a new one; else id and version you saw
    uint64_t set;                // the fields to send: those of them that are empty are cleared
    bool restore;                // it was removed: bring it back
};

struct cli_put {
    uint8_t key[CLI_KEY];
    const struct cli_change *changes;
    size_t n;
    bool strict, dry_run;
    bool batch;         // staged however small, so that it has a number and one undo takes all of it back
    const char *reason; // may be NULL
    uint64_t seen;      // how far the author's view went; 0: as far as this run's
};

// All of them or none, as one transaction; what does not fit into one frame is
// staged in pieces first. *reply (may be NULL) is in cli->arena.
int cli_put(struct cli *cli, const struct cli_put *put, Sendco__PutReply **reply, struct problem *problem);

// --- people ------------------------------------------------------------------

// A question on the terminal; `yes` at once with --yes. Without a terminal, or with
// --no-input, false.
bool cli_confirm(struct cli *cli, const char *question);
// A numbered choice: 0 … n-1, or ERR_AMBIGUOUS when there is nobody to ask or no answer.
int cli_choose(struct cli *cli, const char *question, const char *const *choices, size_t n);
bool cli_can_ask(const struct cli *cli);
// The first line of every page for people, once, that shows a made-up school, so that nobody
// takes it for a real one; nothing otherwise.
void cli_mark(struct cli *cli);
// A line of talk on standard error, unless --quiet.
void cli_note(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Shows on a terminal's standard error how far long work has come, from half a
// second on. total 0: unknown. Ends with cli_progress_end.
void cli_progress(struct cli *cli, const char *what, uint64_t done, uint64_t total);
void cli_progress_end(struct cli *cli);

// Prints the problem as text or, with --json, as JSON on standard error. The exit code.
int cli_fail(struct cli *cli, const char *doing, const struct problem *problem);

// Another room's command: client/exchange. argv holds what is neither option nor
// the word "import": argv[0] is the file. Options by cli_option: "date". The exit code.
int import_command(struct cli *cli, int argc, char **argv);

#endif
