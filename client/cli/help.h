// Pieces of help that its files share. Main thread.
#ifndef CLIENT_CLI_HELP_H
#define CLIENT_CLI_HELP_H

#include <stdbool.h>
#include <stdio.h>

struct call;
struct cli;
struct field;
struct kind;

extern const char help_of_fields[]; // how FIELD=VALUE is typed

// Words from column `at` on, each line after the first beginning at `indent`.
void help_wrapped(const struct cli *cli, FILE *to, int at, int indent, const char *text);
// "  name        what it does", the latter under itself when it is long.
void help_entry(const struct cli *cli, FILE *to, int indent, const char *name, const char *help);
// "a b" and "c" are "a b c": takes the list (NULL at first) and gives the longer one, freed by the caller.
char *help_word_add(char *list, const char *word);

void help_kind(const struct cli *cli, FILE *to, const struct kind *kind);
void help_field(const struct cli *cli, FILE *to, const struct field *field);
// The codes and titles of a list ("need-area"). False: there is no such list.
bool help_codes(const struct cli *cli, FILE *to, const char *word);
// All options, or those that a call takes.
void help_options(const struct cli *cli, FILE *to, const struct call *call, bool always);
// Every code that a run may end with, rising: an error's, or with `code` NULL one of no error. What `sendco help exit` and
// the manual page say of them is this.
typedef void help_exit_fn(void *data, int exit, const char *code, const char *help);
void help_exits(help_exit_fn *on_exit, void *data);
// False: the word is no such topic, or no error's code.
bool help_topic(const struct cli *cli, FILE *to, const char *topic);
bool help_error(const struct cli *cli, FILE *to, const char *topic);

#endif
