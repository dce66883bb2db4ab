// The kinds as kindgen reads them from protoc: what is common to reading,
// checking and writing. A build tool: it runs, writes and exits, so it keeps what
// it allocates.
#ifndef PROTO_KINDGEN_H
#define PROTO_KINDGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "google/protobuf/compiler/plugin.pb-c.h"
#include "schema.pb-c.h"

typedef Google__Protobuf__FieldDescriptorProto FieldProto;
typedef Google__Protobuf__DescriptorProto MessageProto;
typedef Google__Protobuf__FileDescriptorProto FileProto;

#define GEN_PATH 4

struct gen_field {
    const FieldProto *proto;
    const Sendco__Field *options;
    const char *as; // "AS_DATE"
    struct gen_kind *ref;
    int group; // index of the first field of its group
    int line;
};

struct gen_kind {
    const char *name;  // "SenStatus"
    const char *snake; // "sen_status", as protoc-c writes it
    const FileProto *file;
    const MessageProto *proto;
    const Sendco__Kind *options;
    struct gen_field *fields;
    size_t n_fields;
    int path[GEN_PATH];
    size_t depth;
    bool optional; // a link of `about` may be empty
    int subject;   // at the end of `about`
    int from, to;  // spell; -1: none
    int one_per[GEN_PATH], n_one_per;
    int unique[GEN_PATH], n_unique;
    int line;
    size_t index;
};

struct gen {
    struct gen_kind *kinds;
    size_t n_kinds;
    const Sendco__CodeList **lists;
    const FileProto **list_files;
    size_t n_lists;
    const char **files; // "records/people.proto", in order
    size_t n_files;
    char *errors; // one line each; NULL when all is well
};

// Adds a line "file:line: …" to the errors.
void gen_error(struct gen *gen, const FileProto *file, int line, const char *format, ...) __attribute__((format(printf, 4, 5)));
char *gen_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *gen_alloc(size_t size); // cleared; exits when memory is out
struct gen_kind *gen_kind_find(struct gen *gen, const char *name);
int gen_field_find(const struct gen_kind *kind, const char *name, size_t length); // index or -1
const char *gen_type(const FieldProto *field);                                    // "sint32"

// Resolves references, paths, groups, spells; says what is wrong. kindgen_check.c
void gen_check(struct gen *gen, const char *released);
// The text of kinds.c. kindgen_write.c
char *gen_write(struct gen *gen);
// One line a kind and a field, with all that must never change.
char *gen_numbers(const struct gen *gen);

#endif
