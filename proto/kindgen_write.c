// Writes kinds.c: plain tables with designated initialisers, read through
// common/kind.h.
#include "proto/kindgen.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct out {
    char *text;
    size_t size, capacity;
};

__attribute__((format(printf, 2, 3))) static void put(struct out *out, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int size = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (out->size + (size_t)size + 1 > out->capacity) {
        size_t capacity = 2 * (out->capacity + (size_t)size + 1);
        char *grown = gen_alloc(capacity);
        if (out->size)
            memcpy(grown, out->text, out->size);
        out->text = grown;
        out->capacity = capacity;
    }
    va_start(list, format);
    vsnprintf(out->text + out->size, (size_t)size + 1, format, list);
    va_end(list);
    out->size += (size_t)size;
}

// A C string literal. Octal escapes end by themselves.
static const char *quote(const char *text)
{
    if (!text)
        return "\"\"";
    char *out = gen_alloc(4 * strlen(text) + 3), *to = out;
    *to++ = '"';
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\' || c < 0x20 || c > 0x7e)
            to += sprintf(to, "\\%03o", c);
        else
            *to++ = (char)c;
    }
    *to = '"';
    return out;
}

static const char *null_or_quote(const char *text)
{
    return text ? quote(text) : "NULL";
}

static const char *const classes[] = {"", "C0", "C1", "C2", "C3", "C4", "M1", "M2", "S", "H1", "H2", "H3", "F", "G", "A", "W1", "W2"};
static const char *const subjects[] = {"SCHOOL", "PUPIL", "CLASS", "STAFF", "GROUP"};

// PARTLY_MET: typed "partly-met", shown "Partly met".
static void write_choices(struct out *out, const struct gen_kind *kind)
{
    for (size_t i = 0; i < kind->proto->n_enum_type; i++) {
        const Google__Protobuf__EnumDescriptorProto *type = kind->proto->enum_type[i];
        put(out, "static const struct choice %s_%s[] = {\n", kind->snake, type->name);
        for (size_t j = 0; j < type->n_value; j++) {
            char *name = gen_printf("%s", type->value[j]->name), *label = gen_printf("%s", type->value[j]->name);
            for (size_t k = 0; name[k]; k++) {
                name[k] = name[k] == '_' ? '-' : (char)tolower((unsigned char)name[k]);
                label[k] = label[k] == '_' ? ' ' : (char)(k ? tolower((unsigned char)label[k]) : label[k]);
            }
            put(out, "    {%d, %s, %s},\n", type->value[j]->number, quote(name), quote(label));
        }
        put(out, "};\n");
    }
}

static void write_field(struct out *out, const struct gen_kind *kind, size_t index)
{
    const struct gen_field *field = &kind->fields[index];
    const Sendco__Field *o = field->options;
    put(out, "    {.name = %s, .label = %s, .help = %s, .unit = %s,\n", quote(field->proto->name), quote(o->label), quote(o->help),
        quote(o->unit));
    put(out, "     .duty = %s, .codes = %s, ", quote(o->duty ? o->duty : kind->options->duty), null_or_quote(o->codes));
    if (field->ref)
        put(out, ".ref = &kinds[%zu], ", field->ref->index);
    if (!strcmp(field->as, "AS_ENUM")) {
        const char *type = strrchr(field->proto->type_name, '.') + 1;
        put(out, ".choices = %s_%s, .n_choices = sizeof %s_%s / sizeof(struct choice), ", kind->snake, type, kind->snake, type);
    }
    put(out, ".number = %d, .index = %zu, .group = %d,\n", field->proto->number, index, field->group);
    put(out, "     .as = %s, .class = CLASS_%s, ", field->as, classes[o->has_class_ ? o->class_ : kind->options->class_]);
    put(out, ".required = %d, .fixed = %d, .unique = %d, .search = %d, ", o->required, o->fixed, o->unique, o->search);
    bool is_text = !strcmp(gen_type(field->proto), "string");
    const char *low = is_text ? "0" : "INT64_MIN", *high = "INT64_MAX";
    put(out, ".ranged = %d, .min = %s, .max = %s},\n", o->has_min || o->has_max, o->has_min ? gen_printf("%lld", (long long)o->min) : low,
        o->has_max ? gen_printf("%lld", (long long)o->max) : high);
}

static void write_indexes(struct out *out, const char *name, const int *indexes, size_t n)
{
    put(out, ".%s = {", name);
    for (size_t i = 0; i < n; i++)
        put(out, "%s%d", i ? ", " : "", indexes[i]);
    put(out, "%s}, .n_%s = %zu", n ? "" : "0", name, n);
}

static void write_kind(struct out *out, const struct gen_kind *kind)
{
    const Sendco__Kind *o = kind->options;
    char *noun = gen_printf("%s", o->noun ? o->noun : kind->snake);
    for (char *c = noun; *c; c++)
        if (*c == '_')
            *c = '-';
    put(out, "    {.name = %s, .noun = %s, .table = %s, .prefix = %s,\n", quote(kind->name), quote(noun), quote(kind->snake),
        quote(o->prefix));
    put(out, "     .title = %s, .plural = %s, .shows = %s,\n", quote(o->title), quote(o->plural ? o->plural : gen_printf("%ss", o->title)),
        quote(o->shows));
    put(out, "     .sort = %s, .help = %s, .duty = %s, .retention = %s,\n", quote(o->sort ? o->sort : o->shows), quote(o->help),
        quote(o->duty), quote(o->retention));
    put(out, "     .number = %u, .index = %zu, .class = CLASS_%s, .subject = SUBJECT_%s,\n", o->number, kind->index, classes[o->class_],
        subjects[o->subject]);
    put(out, "     .about = {.path = {");
    for (size_t i = 0; i < kind->depth; i++)
        put(out, "%s%d", i ? ", " : "", kind->path[i]);
    put(out, "%s}, .depth = %zu, .subject = SUBJECT_%s, .optional = %s},\n", kind->depth ? "" : "0", kind->depth, subjects[kind->subject],
        kind->optional ? "true" : "false");
    put(out, "     .spell = {.from = %d, .to = %d, ", kind->from, kind->to);
    write_indexes(out, "one_per", kind->one_per, (size_t)kind->n_one_per);
    put(out, "},\n     ");
    write_indexes(out, "unique", kind->unique, (size_t)kind->n_unique);
    put(out, ", .append_only = %d,\n     .fields = %s_fields, .n_fields = %zu, .descriptor = &sendco__records__%s__descriptor},\n",
        o->append_only, kind->snake, kind->n_fields, kind->snake);
}

static const char *date_or_none(const char *iso)
{
    struct tm tm = {0};
    if (!iso || sscanf(iso, "%d-%d-%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
        return "DATE_NONE";
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return gen_printf("%lld", (long long)timegm(&tm) / 86400);
}

static void write_lists(struct out *out, const struct gen *gen)
{
    for (size_t i = 0; i < gen->n_lists; i++) {
        put(out, "\nstatic const struct code_row list_%zu[] = {\n", i);
        for (size_t j = 0; j < gen->lists[i]->n_row; j++) {
            const Sendco__CodeList__Row *row = gen->lists[i]->row[j];
            put(out, "    {%s, %s, %s, %s, %s, %s},\n", quote(row->code), quote(row->title), null_or_quote(row->area),
                null_or_quote(row->census), date_or_none(row->valid_from), date_or_none(row->valid_to));
        }
        put(out, "};\n");
    }
    put(out, "\nconst struct code_list code_lists[] = {\n");
    for (size_t i = 0; i < gen->n_lists; i++)
        put(out, "    {%s, %s, list_%zu, %zu},\n", quote(gen->lists[i]->name), quote(gen->lists[i]->title), i, gen->lists[i]->n_row);
    put(out, "};\nconst size_t n_code_lists = %zu;\n", gen->n_lists);
}

char *gen_numbers(const struct gen *gen)
{
    struct out out = {0};
    for (size_t i = 0; i < gen->n_kinds; i++) {
        const struct gen_kind *kind = &gen->kinds[i];
        put(&out, "kind %u %s %s\n", kind->options->number, kind->name, kind->options->prefix);
        for (size_t j = 0; j < kind->n_fields; j++)
            put(&out, "field %u.%d %s %s %s\n", kind->options->number, kind->fields[j].proto->number, kind->fields[j].proto->name,
                gen_type(kind->fields[j].proto), kind->fields[j].as + 3);
        for (size_t j = 0; j < kind->proto->n_enum_type; j++)
            for (size_t k = 0; k < kind->proto->enum_type[j]->n_value; k++)
                put(&out, "choice %u.%s %d %s\n", kind->options->number, kind->proto->enum_type[j]->name,
                    kind->proto->enum_type[j]->value[k]->number, kind->proto->enum_type[j]->value[k]->name);
    }
    return out.text;
}

char *gen_write(struct gen *gen)
{
    struct out out = {0};
    put(&out, "// Made by kindgen from proto/records/; do not edit.\n#include \"common/kind.h\"\n#include \"common/date.h\"\n\n");
    for (size_t i = 0; i < gen->n_files; i++)
        put(&out, "#include \"%.*s.pb-c.h\"\n", (int)(strlen(gen->files[i]) - strlen(".proto")), gen->files[i]);
    for (size_t i = 0; i < gen->n_kinds; i++) {
        const struct gen_kind *kind = &gen->kinds[i];
        put(&out, "\n// %s:%d\n", kind->file->name, kind->line);
        write_choices(&out, kind);
        put(&out, "static const struct field %s_fields[] = {\n", kind->snake);
        for (size_t j = 0; j < kind->n_fields; j++)
            write_field(&out, kind, j);
        put(&out, "};\n");
    }
    put(&out, "\nconst struct kind kinds[] = {\n");
    for (size_t i = 0; i < gen->n_kinds; i++)
        write_kind(&out, &gen->kinds[i]);
    put(&out, "};\nconst size_t n_kinds = %zu;\n", gen->n_kinds);
    write_lists(&out, gen);
    uint64_t hash = UINT64_C(14695981039346656037); // FNV-1a over what may not change
    for (const char *c = gen_numbers(gen); *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    put(&out, "\nconst uint64_t kinds_hash = UINT64_C(%llu);\n", (unsigned long long)hash);
    return out.text;
}
