// Judges what kindgen read: every mistake in proto/records/ is named with its file
// and line before anything is built from it.
#include "proto/kindgen.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

static const struct {
    int type;
    const char *name;
    const char *as;
} types[] = {
    {TYPE(INT32), "int32", "AS_NUMBER"},   {TYPE(INT64), "int64", "AS_NUMBER"}, {TYPE(SINT32), "sint32", "AS_NUMBER"},
    {TYPE(SINT64), "sint64", "AS_NUMBER"}, {TYPE(BOOL), "bool", "AS_BOOL"},     {TYPE(ENUM), "enum", "AS_ENUM"},
    {TYPE(STRING), "string", "AS_TEXT"},
};
static const struct {
    Sendco__As as;
    const char *name;
    int type;
} meanings[] = {
    {SENDCO__AS__DATE, "AS_DATE", TYPE(SINT32)},    {SENDCO__AS__TIME, "AS_TIME", TYPE(INT64)},
    {SENDCO__AS__MONEY, "AS_MONEY", TYPE(INT64)},   {SENDCO__AS__MINUTES, "AS_MINUTES", TYPE(INT32)},
    {SENDCO__AS__TENTHS, "AS_TENTHS", TYPE(INT32)}, {SENDCO__AS__LONG_TEXT, "AS_LONG_TEXT", TYPE(STRING)},
    {SENDCO__AS__UPN, "AS_UPN", TYPE(STRING)},
};

#define fail(...) gen_error(gen, kind->file, line, __VA_ARGS__)

const char *gen_type(const FieldProto *field)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == (int)field->type)
            return types[i].name;
    return "another type";
}

static const char *plain_as(const FieldProto *field)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == (int)field->type)
            return types[i].as;
    return NULL;
}

static void check_meaning(struct gen *gen, struct gen_kind *kind, struct gen_field *field)
{
    const FieldProto *proto = field->proto;
    int line = field->line;
    field->as = plain_as(proto);
    if (proto->label != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL)
        fail("field %s.%s must be optional: \"many\" is another kind", kind->name, proto->name);
    if (!field->as)
        fail("field %s.%s: fields are int32, int64, sint32, sint64, bool, string or an enum", kind->name, proto->name);
    if (proto->default_value)
        fail("field %s.%s: a field has no default", kind->name, proto->name);
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (field->options->as != meanings[i].as || !field->options->has_as)
            continue;
        field->as = meanings[i].name;
        if ((int)proto->type != meanings[i].type)
            fail("field %s.%s: as %s needs another type than %s", kind->name, proto->name, meanings[i].name + 3, gen_type(proto));
    }
    if (field->options->codes) {
        bool known = false;
        for (size_t i = 0; i < gen->n_lists; i++)
            known |= !strcmp(gen->lists[i]->name, field->options->codes);
        if (!known)
            fail("field %s.%s: there is no list of codes \"%s\"", kind->name, proto->name, field->options->codes);
        if (proto->type != TYPE(STRING))
            fail("field %s.%s: a code is a string", kind->name, proto->name);
        field->as = "AS_CODE";
    }
    if (field->options->ref) {
        field->ref = gen_kind_find(gen, field->options->ref);
        if (!field->ref)
            fail("field %s.%s: there is no kind \"%s\" to refer to", kind->name, proto->name, field->options->ref);
        if (proto->type != TYPE(INT64))
            fail("field %s.%s: a reference is an int64", kind->name, proto->name);
        field->as = "AS_REF";
    }
}

static void check_field(struct gen *gen, struct gen_kind *kind, size_t index)
{
    struct gen_field *field = &kind->fields[index];
    const Sendco__Field *options = field->options;
    const char *name = field->proto->name;
    int line = field->line;
    check_meaning(gen, kind, field);
    if (!strcmp(name, "base") || !strcmp(name, "id") || !strcmp(name, "version"))
        fail("field %s.%s: this name is taken", kind->name, name);
    for (const char *c = name; *c; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_') {
            fail("field %s.%s: names are lower_case", kind->name, name);
            break;
        }
    if (field->proto->number < 1 || field->proto->number > 255)
        fail("field %s.%s: field numbers go from 1 to 255", kind->name, name);
    if (!options->label || !*options->label)
        fail("field %s.%s has no label", kind->name, name);
    if (options->has_min && options->has_max && options->min > options->max)
        fail("field %s.%s: min is above max", kind->name, name);
    field->group = (int)index;
    for (size_t i = 0; options->group && i < index; i++)
        if (kind->fields[i].options->group && !strcmp(kind->fields[i].options->group, options->group)) {
            field->group = (int)i;
            break;
        }
}

// "surname forename": indexes of own fields.
static int check_names(struct gen *gen, struct gen_kind *kind, const char *what, const char *names, int *out)
{
    int n = 0, line = kind->line;
    for (const char *at = names; at && *at;) {
        size_t length = strcspn(at, " ");
        int index = gen_field_find(kind, at, length);
        if (index < 0)
            fail("kind %s: %s names no field \"%.*s\"", kind->name, what, (int)length, at);
        else if (n == GEN_PATH)
            fail("kind %s: %s names more than %d fields", kind->name, what, GEN_PATH);
        else
            out[n++] = index;
        at += length;
        at += strspn(at, " ");
    }
    return n;
}

static void check_spell(struct gen *gen, struct gen_kind *kind)
{
    const Sendco__Spell *spell = kind->options->spell;
    int line = kind->line, found[GEN_PATH];
    if (!spell)
        return;
    if (!spell->from || !spell->to) {
        fail("kind %s: a spell says from and to", kind->name);
        return;
    }
    if (check_names(gen, kind, "spell.from", spell->from, found) == 1)
        kind->from = found[0];
    if (check_names(gen, kind, "spell.to", spell->to, found) == 1)
        kind->to = found[0];
    kind->n_one_per = check_names(gen, kind, "spell.one_per", spell->one_per, kind->one_per);
    if (kind->from < 0 || kind->to < 0)
        return;
    if (strcmp(kind->fields[kind->from].as, "AS_DATE") != 0 || strcmp(kind->fields[kind->to].as, "AS_DATE") != 0)
        fail("kind %s: a spell begins and ends with a DATE", kind->name);
    if (!kind->fields[kind->from].options->required || kind->fields[kind->to].options->required)
        fail("kind %s: a spell's from is required and its to is not", kind->name);
    if (kind->fields[kind->from].group != kind->fields[kind->to].group)
        fail("kind %s: from and to of a spell belong to one group", kind->name);
}

static void check_template(struct gen *gen, struct gen_kind *kind, const char *what, const char *template)
{
    int line = kind->line;
    for (const char *at = template; at && (at = strchr(at, '{')); at++) {
        size_t length = strcspn(at + 1, "}");
        if (gen_field_find(kind, at + 1, length) < 0)
            fail("kind %s: %s names no field \"%.*s\"", kind->name, what, (int)length, at + 1);
    }
}

// Links on the way may never change, so that whom a record is about never does.
static void check_about(struct gen *gen, struct gen_kind *kind)
{
    const char *about = kind->options->about;
    int line = kind->line;
    if (!about || !*about) {
        fail("kind %s does not say whom it is about", kind->name);
        return;
    }
    kind->subject = (int)SENDCO__SUBJECT__SCHOOL;
    if (!strcmp(about, "school"))
        return;
    if (!strcmp(about, "self")) {
        kind->subject = (int)kind->options->subject;
        if (!kind->options->has_subject)
            fail("kind %s is about itself but is no subject", kind->name);
        return;
    }
    struct gen_kind *at = kind;
    for (const char *step = about; *step;) {
        size_t length = strcspn(step, ".?");
        bool optional = step[length] == '?';
        int index = gen_field_find(at, step, length);
        if (index < 0 || !at->fields[index].options->ref) {
            fail("kind %s: about \"%s\": %s has no reference \"%.*s\"", kind->name, about, at->name, (int)length, step);
            return;
        }
        const struct gen_field *field = &at->fields[index];
        if (!field->options->fixed || !field->options->required != optional)
            fail("kind %s: about \"%s\": %s.%s must be fixed and %s", kind->name, about, at->name, field->proto->name,
                 optional ? "not required" : "required, or written with a ? behind it");
        kind->optional |= optional;
        if (kind->depth == GEN_PATH) {
            fail("kind %s: about \"%s\" is deeper than %d", kind->name, about, GEN_PATH);
            return;
        }
        kind->path[kind->depth++] = index;
        at = gen_kind_find(gen, field->options->ref);
        if (!at)
            return; // said already
        step += length + optional;
        step += *step == '.';
    }
    kind->subject = (int)at->options->subject;
    if (!at->options->has_subject)
        fail("kind %s: about \"%s\" ends in %s, which is no subject", kind->name, about, at->name);
}

static void check_kind(struct gen *gen, struct gen_kind *kind)
{
    const Sendco__Kind *options = kind->options;
    int line = kind->line;
    if (!options->has_number || !options->number || options->number > 65535)
        fail("kind %s: a kind has a number from 1 to 65535", kind->name);
    if (!options->prefix || strlen(options->prefix) != 3)
        fail("kind %s: a prefix has three letters", kind->name);
    if (!options->title || !options->has_class_ || !options->duty || !options->shows)
        fail("kind %s must say title, class, duty (\"-\" when it serves all) and shows", kind->name);
    if (kind->n_fields > 62)
        fail("kind %s has more than 62 fields", kind->name);
    if (kind->proto->n_nested_type || kind->proto->n_oneof_decl)
        fail("kind %s: fields are scalars or one reference", kind->name);
    for (size_t i = 0; i < kind->n_fields; i++)
        check_field(gen, kind, i);
    for (size_t i = 0; i < kind->index; i++) {
        const struct gen_kind *other = &gen->kinds[i];
        if (other->options->number == options->number)
            fail("kinds %s and %s have the same number %u", other->name, kind->name, options->number);
        if (other->options->prefix && options->prefix && !strcmp(other->options->prefix, options->prefix))
            fail("kinds %s and %s have the same prefix %s", other->name, kind->name, options->prefix);
        if (!strcmp(other->snake, kind->snake))
            fail("kinds %s and %s have the same name", other->name, kind->name);
    }
    check_template(gen, kind, "shows", options->shows);
    check_template(gen, kind, "sort", options->sort);
    kind->n_unique = check_names(gen, kind, "unique", options->unique, kind->unique);
}

// Numbers that are out in the world: each line must still be among today's.
static void check_released(struct gen *gen, const char *released)
{
    FILE *file = released && *released ? fopen(released, "r") : NULL;
    if (!file || !gen->n_kinds)
        return;
    char *now = gen_printf("\n%s", gen_numbers(gen)), text[512];
    for (int line = 1; fgets(text, sizeof text, file); line++) {
        text[strcspn(text, "\n")] = 0;
        if (*text && *text != '#' && !strstr(now, gen_printf("\n%s\n", text)))
            gen->errors = gen_printf("%s%s%s:%d: \"%s\" is released and may not change or go", gen->errors ? gen->errors : "",
                                     gen->errors ? "\n" : "", released, line, text);
    }
    fclose(file);
}

void gen_check(struct gen *gen, const char *released)
{
    for (size_t i = 0; i < gen->n_lists; i++) {
        for (size_t j = 0; j < i; j++)
            if (!strcmp(gen->lists[i]->name, gen->lists[j]->name))
                gen_error(gen, gen->list_files[i], 0, "two lists of codes are called \"%s\"", gen->lists[i]->name);
    }
    for (size_t i = 0; i < gen->n_kinds; i++)
        check_kind(gen, &gen->kinds[i]);
    if (gen->errors)
        return; // what follows leans on it
    for (size_t i = 0; i < gen->n_kinds; i++) {
        check_spell(gen, &gen->kinds[i]);
        check_about(gen, &gen->kinds[i]);
    }
    if (!gen->errors)
        check_released(gen, released);
}
