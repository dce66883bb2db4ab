// The one table of what can be typed: dispatch, help, man page and completion are
// read from it. Kinds come from kinds[], reports from report_infos[]. Main thread.
#ifndef CLIENT_CLI_COMMAND_H
#define CLIENT_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "client/cli/args.h"
#include "client/cli/cli.h"
#include "client/cli/run.h"
#include "common/report.h"

struct call;

struct command {
    const char *name;
    const char *words;                                    // what follows, for people: "ID [FIELD=VALUE …]"
    const char *help;                                     // a sentence
    const char *options;                                  // names it takes besides those that all take, separated by blanks
    const char *example;                                  // what follows "sendco"
    int least, most;                                      // words; most -1: any number
    bool pages;                                           // may be long: a terminal gets a pager
    int (*run)(struct cli *cli, const struct call *call); // the exit code
};

// One command as called.
struct call {
    const struct command *command;
    const struct kind *kind;          // for a verb
    const struct report_info *report; // for a report
    int argc;
    char **argv; // words after the command's own
};

// A verb that one kind has besides those that all have.
struct own_verb {
    const char *kind; // its message's name
    struct command command;
};

extern const struct command commands[], verbs[], report_command_row; // a command's name may be two words
extern const struct own_verb own_verbs[];
extern const size_t n_commands, n_verbs, n_own_verbs;
extern const struct option_info options[];
extern const size_t n_options;
extern const struct args_known command_options; // every option of every command
extern const char command_always[];             // options that all commands take

const struct command *command_find(const char *name); // may be NULL
// A verb of this kind, its own ones too; `kind` may be NULL: those that all kinds have.
const struct command *verb_find(const struct kind *kind, const char *name);
// All of them in turn; start with *at = 0. NULL at the end.
const struct command *verb_next(const struct kind *kind, size_t *at);
const char *verb_words(const struct kind *kind, char *text, size_t size); // their names with blanks between
// Its name alone calls it: no kind of record is called so.
bool report_is_command(const struct report_info *info);
const struct report_param *report_word(const struct report_info *info); // may be NULL
// The report that shows a record of this kind: of the noun's name, about it or about whom it is about. NULL: none.
const struct report_info *report_of_kind(const struct kind *kind);
#define CALL_TEXT 200
const char *call_words(const struct call *call, char text[CALL_TEXT]); // "target roll PLAN|PUPIL"
// Does the call take this option?
bool command_takes(const struct call *call, const char *option);
// Which command the words mean, its number of words and its options. 0 or ERR_USAGE.
int command_resolve(const struct args *args, struct call *call, struct problem *problem);
// The nearest of all words that may come first; NULL when none is near.
const char *command_suggest(const char *word);
// The nearest verb of a kind, report, field of a kind; NULL when none is near.
const char *verb_suggest(const struct kind *kind, const char *word);
const char *report_suggest(const char *word);
const char *field_suggest(const struct kind *kind, const char *word);
// Is `word` one of the blank-separated `list`?
bool command_lists(const char *list, const char *word);

// The rooms behind the table: all return an exit code.
int list_command(struct cli *cli, const struct call *call);
int show_command(struct cli *cli, const struct call *call);
int history_command(struct cli *cli, const struct call *call);
int find_command(struct cli *cli, const struct call *call);
int add_command(struct cli *cli, const struct call *call);
int edit_command(struct cli *cli, const struct call *call);
int remove_command(struct cli *cli, const struct call *call);
int undo_command(struct cli *cli, const struct call *call);
int watch_command(struct cli *cli, const struct call *call);
int report_command(struct cli *cli, const struct call *call);
int who_command(struct cli *cli, const struct call *call);
int status_command(struct cli *cli, const struct call *call);
int login_command(struct cli *cli, const struct call *call);
int logout_command(struct cli *cli, const struct call *call);
int help_command(struct cli *cli, const struct call *call);
int man_command(struct cli *cli, const struct call *call);
int completion_command(struct cli *cli, const struct call *call);
int version_command(struct cli *cli, const struct call *call);
int import_call(struct cli *cli, const struct call *call);
int log_contact_command(struct cli *cli, const struct call *call);
int log_session_command(struct cli *cli, const struct call *call);
int provision_start_command(struct cli *cli, const struct call *call);
int provision_close_command(struct cli *cli, const struct call *call);
int provision_copy_command(struct cli *cli, const struct call *call);
int target_roll_command(struct cli *cli, const struct call *call);
int need_order_command(struct cli *cli, const struct call *call);

const char *action_word(Sendco__Action action); // "edit"

extern const char help_topics[]; // what help knows besides kinds, commands and errors

// "sendco target add pupil=\"Aisha Khan\" aim=…": the least that adds one. Freed by the caller; NULL without memory.
char *help_form(const struct kind *kind);

// Help on a call (`sendco target edit --help`).
void help_call(struct cli *cli, const struct call *call);
void help_all(struct cli *cli, FILE *to);

#endif
