// What people type about fields: field=value, conditions, orders, columns.
// Generic over kinds. Main thread.
#ifndef CLIENT_CLI_FIELDS_H
#define CLIENT_CLI_FIELDS_H

#include "client/cli/cli.h"

// A field by its name, or ERR_USAGE with the nearest one. NULL: see problem.
const struct field *fields_find(const struct kind *kind, const char *name, struct problem *problem);
// One typed value; references by id or by name.
int fields_value(struct cli *cli, const struct kind *kind, const struct field *field, const char *text, struct value *value,
                 struct problem *problem);
// field=value, field=@FILE, field=- (standard input), field= (empty). All faults
// are found, each a field of the problem. Nothing is read yet: a field that comes from a
// file or standard input is in `set`, its value comes with fields_set_late.
int fields_set(struct cli *cli, int argc, char **argv, struct record *record, uint64_t *set, struct problem *problem);
// The same words again, after everything else was found good: reads the files and standard input.
int fields_set_late(struct cli *cli, int argc, char **argv, struct record *record, struct problem *problem);
// --where, --sort, --pupil …, --as-at, --as-known, --limit, --page, --removed.
int fields_query(struct cli *cli, const struct kind *kind, struct cli_query *query, struct problem *problem);
// The number of an option; `least` is the smallest allowed. 0: not given, or an error.
int fields_number(const struct cli *cli, const char *option, uint64_t least, uint64_t *number, struct problem *problem);
// --pupil, --class, --provision or --staff: NULL kind when none is given.
int fields_about(struct cli *cli, const struct kind **kind, int64_t *id, struct problem *problem);
int fields_as_known(struct cli *cli, int64_t *as_known, struct problem *problem);
// A day that an option names, as people type it; `otherwise` when it is not given.
int fields_day(struct cli *cli, const char *option, int32_t otherwise, int32_t *day, struct problem *problem);
// What was typed for a text: itself, what @FILE holds, or, for "-", standard input.
int fields_text(struct cli *cli, const char *typed, const char **text, struct problem *problem);
bool fields_text_late(const char *typed); // it has to be read from somewhere: last of all
int fields_as_at(struct cli *cli, int32_t *as_at, struct problem *problem);
// Hex of even length into bytes: how many, or -1.
int fields_hex(const char *text, uint8_t *bytes, size_t size);
// In words: for people with labels of references, when there are labels.
const char *fields_shown(const struct field *field, struct value value, struct cli_labels *labels, bool human, struct arena *arena);
// The same for a column: dates without their weekday.
const char *fields_cell(const struct field *field, struct value value, struct cli_labels *labels, bool human, struct arena *arena);
const char *fields_code_title(const struct field *field, const char *code); // NULL: none known
const struct code_list *fields_codes(const struct field *field);            // as delivered; NULL: none

#endif
