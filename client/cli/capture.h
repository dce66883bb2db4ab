// Quick capture: one line typed becomes several records in one Put. What its commands
// share: collecting the changes, finding people by name among those it can only be,
// sending, and telling what was done. Main thread.
#ifndef CLIENT_CLI_CAPTURE_H
#define CLIENT_CLI_CAPTURE_H

#include "client/cli/cli.h"
#include "client/cli/writing.h"

struct call;

#define CAPTURE_LATE 8

// Texts that come from files or standard input: read last, when all else was found good.
struct capture_late {
    struct record *record;
    const struct field *field; // NULL: FIELD=VALUE words
    const char *typed;
    int argc;
    char **argv;
};

struct capture {
    struct cli *cli;
    const struct call *call;
    struct problem problem;
    struct writing writing; // the record that the command is mostly about; its key
    struct cli_change *changes;
    struct record **records; // of the changes
    size_t n, size;
    const char *reason;   // of the Put; may be NULL
    const char *unsure;   // names that were given in part, and whom they were taken for
    const char *replaces; // what stands there and would be another; not done without a yes
    struct capture_late late[CAPTURE_LATE];
    size_t n_late;
    bool batch;              // one undo takes all of it back
    Sendco__PutReply *reply; // NULL: nothing had to change
};

// All memory is the run's arena; 0 or an error, whose sentence is in capture->problem.
int capture_begin(struct capture *capture, struct cli *cli, const struct call *call, const char *kind);

// A new record; NULL without memory.
struct record *capture_add(struct capture *capture, const char *kind);
// A change of one there is: nothing of it is sent that capture_set does not set otherwise than it is.
struct record *capture_edit(struct capture *capture, const struct record *record);
void capture_set(struct capture *capture, struct record *record, const char *field, struct value value);
// What was typed for a field; empty or NULL: leaves it. A text may be "-" or "@FILE": then
// it is in the record only when capture_send reads it.
int capture_typed(struct capture *capture, struct record *record, const char *field, const char *text);
int capture_option(struct capture *capture, struct record *record, const char *field, const char *option);
// FIELD=VALUE words.
int capture_fields(struct capture *capture, struct record *record, int argc, char **argv);
// Copies the fields named, with blanks between.
void capture_copy(struct capture *capture, struct record *to, const struct record *from, const char *fields);

// A record by id or name, without a question about it now: capture_send asks once about all.
int capture_resolve(struct capture *capture, const char *kind, const char *text, int64_t *id);
// Notes that `typed` was taken for what is called `label`, to be asked about when it is only a part of that.
void capture_unsure(struct capture *capture, const char *typed, const char *label);
// A run of a provision: of several that are called so, the one that runs on that day.
int capture_run(struct capture *capture, const char *text, int32_t day, int64_t *id);
// What a record is called, however it was named. Never NULL.
const char *capture_label(struct capture *capture, const char *kind, int64_t id);
int capture_day(struct capture *capture, const char *option, int32_t otherwise, int32_t *day);

// Records of a kind, kept: those where `field` is `id`, or all when it is NULL.
struct captured {
    struct record **list;
    size_t n, size;
    struct cli_labels *labels;
    size_t first; // of those that fit a name alike the first so many of the list come before the rest; 0: all are alike
};
// `as_at`: only spells that hold then; DATE_NONE: all. In the order of whom they are about.
int capture_list(struct capture *capture, const char *kind, const char *field, int64_t id, int32_t as_at, struct captured *found);
int capture_get(struct capture *capture, const char *kind, int64_t id, struct record **record);
const char *capture_name(struct captured *found, const struct record *record, const char *ref); // what a reference is called

// Which of `found` a person means, by what `ref` of it is called (NULL: by its own label) or by
// an id; `where` says among whom. A name is told back, and asked about by capture_send when it
// was given in part. 0, ERR_NOT_FOUND with the names there are, or ERR_AMBIGUOUS.
int capture_pick(struct capture *capture, struct captured *found, const char *ref, const char *text, const char *where, size_t *at);

// Asks once about names given in part, and whether what stands there shall be another. Only
// what was asked about since the last time; 0 or an error.
int capture_ask(struct capture *capture);
// Sends what there is to change, after asking about it and reading the texts that come from elsewhere.
int capture_send(struct capture *capture);
// The id a new record got, as text; "new" in a dry run.
const char *capture_id(const struct capture *capture, const struct record *record);
const char *capture_id_text(const struct capture *capture, const struct kind *kind, int64_t id);
// Tells it: `line` for people, with what names were taken for and what else happened; JSON and rows for programs.
// The exit code.
int capture_done(struct capture *capture, const char *line);
int capture_failed(struct capture *capture, const char *doing);

// "A; B; C" taken apart, in place; NULL at the end. Start with *rest = the text.
char *capture_next(char **rest);
// "Khan=92" taken apart, in place; NULL when nothing is given.
char *capture_score(char *name);

#endif
