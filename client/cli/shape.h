// The promised shapes of JSON: what scripts read. Every object begins with
// schema_version; empty fields are null; ids are strings. Main thread.
#ifndef CLIENT_CLI_SHAPE_H
#define CLIENT_CLI_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/record.h"
#include "protocol.pb-c.h"

struct arena;
struct cli;
struct problem;

#define SHAPE_VERSION 1

// {"schema_version": 1}; NULL when memory is out, as with all of these: jansson
// then leaves the member out of what it is put into.
json_t *shape_new(void);
json_t *shape_text(const char *text);                  // null for NULL
json_t *shape_id(const struct kind *kind, int64_t id); // null for 0 or no kind
json_t *shape_time(int64_t time);                      // ISO, null for 0
json_t *shape_date(int32_t date);
json_t *shape_value(const struct field *field, struct value value, struct arena *arena);
// {name: value, …} of all fields but the withheld ones.
json_t *shape_fields(const struct record *record, struct arena *arena);
// {id, version, fields, withheld, removed when it is}.
json_t *shape_record(const struct record *record, struct arena *arena);
json_t *shape_field_names(const struct kind *kind, uint64_t mask);
// {code, message, hint, fields}.
json_t *shape_problem(const struct problem *problem, struct arena *arena);
// Writes and frees: one line for programs, indented on a terminal; `line`: always one line.
void shape_print(struct cli *cli, json_t *json, bool line);
void shape_write(json_t *json, bool line, FILE *out);

#endif
