// protoc plugin: the annotated messages of proto/records/ become build/gen/kinds.c,
// the table of kinds that all generic code walks.
//   protoc --plugin=protoc-gen-kinds=kindgen --kinds_out=RELEASED:DIR FILES
// RELEASED lists the numbers that are out in the world and may not change. This
// file reads; kindgen_check.c judges; kindgen_write.c writes.
#include "proto/kindgen.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTION_NUMBER 50701 // of all three extensions in schema.proto

void *gen_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory) {
        fprintf(stderr, "kindgen: out of memory\n");
        exit(1);
    }
    return memory;
}

static char *vprint(const char *format, va_list list)
{
    va_list again;
    va_copy(again, list);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = gen_alloc((size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, list);
    return text;
}

char *gen_printf(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *text = vprint(format, list);
    va_end(list);
    return text;
}

void gen_error(struct gen *gen, const FileProto *file, int line, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *text = vprint(format, list);
    va_end(list);
    gen->errors = gen_printf("%s%s%s:%d: %s", gen->errors ? gen->errors : "", gen->errors ? "\n" : "", file->name, line, text);
}

struct gen_kind *gen_kind_find(struct gen *gen, const char *name)
{
    for (size_t i = 0; i < gen->n_kinds; i++)
        if (!strcmp(gen->kinds[i].name, name))
            return &gen->kinds[i];
    return NULL;
}

int gen_field_find(const struct gen_kind *kind, const char *name, size_t length)
{
    for (size_t i = 0; i < kind->n_fields; i++)
        if (strlen(kind->fields[i].proto->name) == length && !strncmp(kind->fields[i].proto->name, name, length))
            return (int)i;
    return -1;
}

// protoc-c's own rule, so that its descriptor symbols are met.
static const char *snake(const char *name)
{
    char *out = gen_alloc(2 * strlen(name) + 1), *to = out;
    bool was_upper = true;
    for (; *name; name++) {
        bool upper = isupper((unsigned char)*name);
        if (upper && !was_upper)
            *to++ = '_';
        *to++ = (char)tolower((unsigned char)*name);
        was_upper = upper;
    }
    return out;
}

// An option may come in several unknown fields: protobuf merges them when they
// stand one behind the other.
static ProtobufCMessage *option_unpack(const ProtobufCMessage *options, const ProtobufCMessageDescriptor *type)
{
    if (!options)
        return NULL;
    size_t size = 0;
    uint8_t *bytes = NULL;
    for (unsigned i = 0; i < options->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *field = &options->unknown_fields[i];
        if (field->tag != OPTION_NUMBER || field->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
            continue;
        size_t skip = 0; // the length, a varint
        while (skip < field->len && field->data[skip] & 0x80)
            skip++;
        skip++;
        uint8_t *grown = gen_alloc(size + field->len);
        if (size)
            memcpy(grown, bytes, size);
        memcpy(grown + size, field->data + skip, field->len - skip);
        size += field->len - skip;
        bytes = grown;
    }
    return bytes ? protobuf_c_message_unpack(type, NULL, size, bytes) : NULL;
}

static int line_of(const FileProto *file, const int32_t *path, size_t depth)
{
    for (size_t i = 0; file->source_code_info && i < file->source_code_info->n_location; i++) {
        const Google__Protobuf__SourceCodeInfo__Location *at = file->source_code_info->location[i];
        if (at->n_path == depth && !memcmp(at->path, path, depth * sizeof *path))
            return at->span[0] + 1;
    }
    return 0;
}

static void read_kind(struct gen *gen, const FileProto *file, int32_t index)
{
    const MessageProto *message = file->message_type[index];
    int line = line_of(file, (int32_t[]){4, index}, 2);
    const ProtobufCMessage *options = message->options ? &message->options->base : NULL;
    const Sendco__Kind *kind_options = (const Sendco__Kind *)option_unpack(options, &sendco__kind__descriptor);
    if (!kind_options) {
        gen_error(gen, file, line, "message %s has no option (kind): every message here is a kind of record", message->name);
        return;
    }
    struct gen_kind *kind = &gen->kinds[gen->n_kinds++];
    *kind = (struct gen_kind){.name = message->name,
                              .snake = snake(message->name),
                              .file = file,
                              .proto = message,
                              .options = kind_options,
                              .line = line,
                              .from = -1,
                              .to = -1,
                              .n_fields = message->n_field};
    kind->fields = gen_alloc(message->n_field * sizeof *kind->fields);
    for (int32_t i = 0; i < (int32_t)message->n_field; i++) {
        const FieldProto *field = message->field[i];
        const ProtobufCMessage *field_options = field->options ? &field->options->base : NULL;
        static const Sendco__Field none = SENDCO__FIELD__INIT;
        const Sendco__Field *read = (const Sendco__Field *)option_unpack(field_options, &sendco__field__descriptor);
        kind->fields[i] =
            (struct gen_field){.proto = field, .options = read ? read : &none, .line = line_of(file, (int32_t[]){4, index, 2, i}, 4)};
    }
}

// Each list is one unknown field of its own: these are not merged.
static void read_lists(struct gen *gen, const FileProto *file)
{
    for (unsigned i = 0; file->options && i < file->options->base.n_unknown_fields; i++) {
        ProtobufCMessage one = {.descriptor = NULL, .n_unknown_fields = 1, .unknown_fields = &file->options->base.unknown_fields[i]};
        const Sendco__CodeList *list = (const Sendco__CodeList *)option_unpack(&one, &sendco__code_list__descriptor);
        if (!list)
            continue;
        gen->list_files[gen->n_lists] = file;
        gen->lists[gen->n_lists++] = list;
    }
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct gen_kind *)a)->options->number, y = ((const struct gen_kind *)b)->options->number;
    return x < y ? -1 : x > y;
}

static void read_files(struct gen *gen, const Google__Protobuf__Compiler__CodeGeneratorRequest *request)
{
    size_t messages = 0, options = 0;
    for (size_t i = 0; i < request->n_proto_file; i++) {
        messages += request->proto_file[i]->n_message_type;
        options += request->proto_file[i]->options ? request->proto_file[i]->options->base.n_unknown_fields : 0;
    }
    gen->kinds = gen_alloc(messages * sizeof *gen->kinds);
    gen->lists = gen_alloc(options * sizeof *gen->lists);
    gen->list_files = gen_alloc(options * sizeof *gen->list_files);
    gen->files = gen_alloc(request->n_proto_file * sizeof *gen->files);
    for (size_t i = 0; i < request->n_proto_file; i++) {
        const FileProto *file = request->proto_file[i];
        bool wanted = false;
        for (size_t j = 0; j < request->n_file_to_generate; j++)
            wanted |= !strcmp(request->file_to_generate[j], file->name);
        if (!wanted)
            continue;
        gen->files[gen->n_files++] = file->name;
        read_lists(gen, file);
        for (int32_t j = 0; j < (int32_t)file->n_message_type; j++)
            read_kind(gen, file, j);
    }
    qsort(gen->kinds, gen->n_kinds, sizeof *gen->kinds, by_number);
    for (size_t i = 0; i < gen->n_kinds; i++)
        gen->kinds[i].index = i;
}

static uint8_t *read_all(FILE *in, size_t *size)
{
    size_t capacity = 1 << 16;
    uint8_t *data = gen_alloc(capacity);
    *size = 0;
    for (size_t n; (n = fread(data + *size, 1, capacity - *size, in)) > 0;) {
        *size += n;
        if (*size < capacity)
            continue;
        uint8_t *grown = gen_alloc(2 * capacity);
        memcpy(grown, data, capacity);
        data = grown;
        capacity *= 2;
    }
    return data;
}

int main(void)
{
    size_t size;
    uint8_t *data = read_all(stdin, &size);
    Google__Protobuf__Compiler__CodeGeneratorRequest *request =
        google__protobuf__compiler__code_generator_request__unpack(NULL, size, data);
    if (!request) {
        fprintf(stderr, "kindgen: is run by protoc, as a plugin\n");
        return 1;
    }
    struct gen gen = {0};
    read_files(&gen, request);
    gen_check(&gen, request->parameter);

    Google__Protobuf__Compiler__CodeGeneratorResponse response = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__INIT;
    Google__Protobuf__Compiler__CodeGeneratorResponse__File files[2], *list[2] = {&files[0], &files[1]};
    google__protobuf__compiler__code_generator_response__file__init(&files[0]);
    google__protobuf__compiler__code_generator_response__file__init(&files[1]);
    if (gen.errors) {
        response.error = gen.errors;
    } else {
        files[0].name = gen_printf("kinds.c");
        files[0].content = gen_write(&gen);
        files[1].name = gen_printf("numbers.txt"); // what a release appends to proto/released.txt
        files[1].content = gen_numbers(&gen);
        response.n_file = 2;
        response.file = list;
    }
    size_t length = google__protobuf__compiler__code_generator_response__get_packed_size(&response);
    uint8_t *out = gen_alloc(length);
    google__protobuf__compiler__code_generator_response__pack(&response, out);
    return fwrite(out, 1, length, stdout) == length && fflush(stdout) == 0 ? 0 : 1;
}
