// What `sendco help` says of a kind of record: examples, verbs and fields, all read from
// the tables. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/help.h"
#include "common/kind.h"
#include "common/text.h"

#define HELP_VERB  33
#define HELP_FIELD 40
#define HELP_CODES 13

static const char *nothing(const char *text)
{
    return text && *text ? text : "-";
}

static const char *field_takes(const struct field *field)
{
    switch (field->as) {
    case AS_DATE:
        return "date";
    case AS_TIME:
        return "time";
    case AS_BOOL:
        return "yes or no";
    case AS_MONEY:
        return "pounds";
    case AS_MINUTES:
        return "minutes, 1h30";
    case AS_TENTHS:
        return "number, 94.1";
    case AS_NUMBER:
        return "number";
    case AS_REF:
        return field->ref->noun;
    case AS_CODE:
        return field->codes;
    case AS_UPN:
        return "UPN";
    case AS_ENUM:
        return "one of";
    default:
        return "text";
    }
}

void help_field(const struct cli *cli, FILE *to, const struct field *field)
{
    char *text = NULL, name[96], padded[80];
    bool both = field->required && field->fixed;

    snprintf(padded, sizeof padded, "%-20s %-16s", field->name, field_takes(field));
    snprintf(name, sizeof name, "%s", padded);
    if (asprintf(&text, "%s%s%s%s%s%s%s%s", field->label, *field->help ? ": " : "", field->help,
                 field->required || field->fixed ? " (" : "", field->required ? "required" : "", both ? ", " : "",
                 field->fixed ? "never changes" : "", field->required || field->fixed ? ")" : "") < 0)
        return;
    help_entry(cli, to, HELP_FIELD, name, text);
    free(text);
    text = NULL;
    for (size_t i = 0; field->as == AS_ENUM && i < field->n_choices; i++)
        text = help_word_add(text, field->choices[i].name);
    if (text) {
        fprintf(to, "%*s", HELP_FIELD, "");
        help_wrapped(cli, to, HELP_FIELD, HELP_FIELD, text);
    }
    free(text);
}

// A list of codes as delivered; a school's own rows are records.
bool help_codes(const struct cli *cli, FILE *to, const char *word)
{
    const struct kind *kind = kind_find("Code");

    for (size_t i = 0; i < n_code_lists; i++) {
        const struct code_list *list = &code_lists[i];

        if (!text_same(list->name, word))
            continue;
        fprintf(to, "%s: %s\n", list->name, list->title);
        for (size_t k = 0; k < list->n_rows; k++)
            help_entry(cli, to, HELP_CODES, list->rows[k].code, list->rows[k].title);
        if (kind)
            fprintf(to, "The school's own: sendco %s list --where list=%s\n", kind->noun, list->name);
        return true;
    }
    return false;
}

// What a field of an example holds.
static const char *example_value(const struct field *field)
{
    const struct code_list *codes = fields_codes(field);
    static char text[64];

    if (field->as == AS_REF && field->ref == kind_of_subject(SUBJECT_PUPIL))
        return "\"Aisha Khan\"";
    if (field->as == AS_REF)
        snprintf(text, sizeof text, "%s-04K7", field->ref->prefix);
    else if (field->as == AS_DATE)
        return strcmp(field->name, "born") != 0 ? "today" : "14/9/2018";
    else if (field->as == AS_BOOL)
        return "yes";
    else if (field->as == AS_ENUM && field->n_choices > 0)
        return field->choices[0].name;
    else if (codes && codes->n_rows > 0)
        return codes->rows[0].code;
    else
        return field_is_text(field) ? "…" : "1";
    return text;
}

char *help_form(const struct kind *kind)
{
    char *text = NULL;

    if (asprintf(&text, "sendco %s add", kind->noun) < 0)
        return NULL;
    for (size_t i = 0; text && i < kind->n_fields; i++) {
        char one[160];

        if (!kind->fields[i].required)
            continue;
        snprintf(one, sizeof one, "%s=%s", kind->fields[i].name, example_value(&kind->fields[i]));
        text = help_word_add(text, one);
    }
    return text;
}

static void help_examples(const struct cli *cli, FILE *to, const struct kind *kind)
{
    char *form = help_form(kind);
    const struct command *verb;

    fprintf(to, "\nExamples:\n  ");
    help_wrapped(cli, to, 2, 6, form ? form : "");
    free(form);
    for (size_t at = n_verbs; (verb = verb_next(kind, &at));) {
        fprintf(to, "  sendco ");
        help_wrapped(cli, to, 9, 6, verb->example);
    }
    fprintf(to, "  sendco %s list --sort %s\n  sendco %s show %s-04K7\n", kind->noun, kind->fields[0].name, kind->noun, kind->prefix);
    fprintf(to, "  sendco %s edit %s-04K7 %s=…\n", kind->noun, kind->prefix, kind->fields[kind->n_fields - 1].name);
}

void help_kind(const struct cli *cli, FILE *to, const struct kind *kind)
{
    const struct report_info *info = report_info_find(kind->noun);
    const struct command *verb;

    fprintf(to, "%s: sendco %s VERB …   ids look like %s-04K7\n", kind->title, kind->noun, kind->prefix);
    if (kind->help && *kind->help)
        help_wrapped(cli, to, 0, 0, kind->help);
    help_examples(cli, to, kind);
    fprintf(to, "\nVerbs:\n");
    for (size_t at = 0; (verb = verb_next(kind, &at));) {
        char name[64];

        snprintf(name, sizeof name, "%-8s %s", verb->name, verb->words);
        help_entry(cli, to, HELP_VERB, name, verb->help);
    }
    if (info) {
        fprintf(to, "\nThe report of that name: sendco help report %s\n", info->name);
        help_wrapped(cli, to, 0, 0, info->help);
    }
    fprintf(to, "\nFields:\n");
    for (size_t i = 0; i < kind->n_fields; i++)
        help_field(cli, to, &kind->fields[i]);
    fprintf(to, "\nDuties: %s\n", nothing(kind->duty));
}
