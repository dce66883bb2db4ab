// Turns words into values, conditions and orders, and values into words. Main thread.
#include "client/cli/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/command.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

#define FIELD_FILE_MAX    ((size_t)64 << 10) // no field is longer
#define FIELD_CLOCK_SLACK 60                 // seconds

const struct field *fields_find(const struct kind *kind, const char *name, struct problem *problem)
{
    const struct field *field = field_find(kind, name);

    if (field)
        return field;
    for (size_t i = 0; i < kind->n_fields; i++)
        if (text_same(kind->fields[i].label, name))
            return &kind->fields[i];
    const char *near = field_suggest(kind, name);
    problem_set(problem, ERR_USAGE, "\"%.60s\" is no field of %s.", name, kind->noun);
    if (near)
        problem_hint(problem, "The most similar one is \"%s\"; all of them: sendco help %s", near, kind->noun);
    else
        problem_hint(problem, "All of them: sendco help %s", kind->noun);
    return NULL;
}

const struct code_list *fields_codes(const struct field *field)
{
    for (size_t i = 0; field->codes && i < n_code_lists; i++)
        if (!strcmp(code_lists[i].name, field->codes))
            return &code_lists[i];
    return NULL;
}

const char *fields_code_title(const struct field *field, const char *code)
{
    const struct code_list *list = fields_codes(field);

    for (size_t i = 0; list && i < list->n_rows; i++)
        if (text_same(list->rows[i].code, code))
            return list->rows[i].title;
    return NULL;
}

// "SEN support" for K: a title stands for its code.
static const char *code_of_title(const struct field *field, const char *text)
{
    const struct code_list *list = fields_codes(field);

    for (size_t i = 0; list && i < list->n_rows; i++)
        if (text_same(list->rows[i].title, text))
            return list->rows[i].code;
    return text;
}

int fields_value(struct cli *cli, const struct kind *kind, const struct field *field, const char *text, struct value *value,
                 struct problem *problem)
{
    *value = (struct value){.type = VALUE_EMPTY};
    if (!*text)
        return 0;
    if (field->as == AS_REF) {
        int64_t id;
        int error = cli_resolve(cli, field->ref, text, &id, problem);

        if (error == 0)
            *value = value_number(id);
        else if (error == ERR_INVALID || error == ERR_NOT_FOUND)
            problem_field_add(problem, &(struct problem_field){.kind = kind, .field = field->index, .message = problem->message});
        return error;
    }
    if (field->as == AS_CODE)
        text = code_of_title(field, text);
    return value_parse(field, text, cli->today, &cli->arena, value, problem);
}

// --- field=value ----------------------------------------------------------------

static int read_text(struct cli *cli, FILE *file, const char *name, const char **text, struct problem *problem)
{
    char *buffer = arena_alloc(&cli->arena, FIELD_FILE_MAX + 1);
    size_t n = buffer ? fread(buffer, 1, FIELD_FILE_MAX + 1, file) : 0;

    if (!buffer)
        return problem_set(problem, ERR_NOMEM, "There is not enough memory for %.200s.", name);
    if (ferror(file))
        return problem_set(problem, ERR_INPUT, "%.200s cannot be read: %s.", name, strerror(errno));
    if (n > FIELD_FILE_MAX)
        return problem_set(problem, ERR_TOO_LARGE, "%.200s is longer than the %zu KiB that a field may have.", name, FIELD_FILE_MAX >> 10);
    buffer[n] = '\0';
    if (strlen(buffer) != n)
        return problem_set(problem, ERR_INPUT, "%.200s holds a NUL byte: it is no text.", name);
    // Files of other systems; what is stored has plain line ends.
    size_t to = 0;
    for (size_t from = 0; from < n; from++)
        if (buffer[from] != '\r' || buffer[from + 1] != '\n')
            buffer[to++] = buffer[from];
    buffer[to] = '\0';
    *text = buffer;
    return 0;
}

int fields_text(struct cli *cli, const char *typed, const char **text, struct problem *problem)
{
    if (!strcmp(typed, "-"))
        return read_text(cli, stdin, "standard input", text, problem);
    if (typed[0] != '@') {
        *text = typed;
        return 0;
    }
    if (typed[1] == '@') { // a text that begins with @ itself
        *text = typed + 1;
        return 0;
    }
    FILE *file = fopen(typed + 1, "re");
    if (!file)
        return problem_set(problem, ERR_INPUT, "%.200s cannot be read: %s.", typed + 1, strerror(errno));
    int error = read_text(cli, file, typed + 1, text, problem);
    fclose(file);
    return error;
}

static int fields_set_one(struct cli *cli, const char *word, struct record *record, uint64_t *set, struct problem *problem)
{
    const char *equals = strchr(word, '='), *text;

    if (!equals || equals == word) {
        problem_set(problem, ERR_USAGE, "\"%.60s\" is not FIELD=VALUE.", word);
        problem_hint(problem, "All fields: sendco help %s", record->kind->noun);
        return ERR_USAGE;
    }
    const char *name = arena_strndup(&cli->arena, word, (size_t)(equals - word));
    const struct field *field = name ? fields_find(record->kind, name, problem) : NULL;
    if (!field)
        return ERR_USAGE;
    if (*set & field_bit(field))
        return problem_set(problem, ERR_USAGE, "The field \"%s\" is given twice.", field->name);
    int error = fields_text(cli, equals + 1, &text, problem);
    if (error == 0)
        error = fields_value(cli, record->kind, field, text, &record->values[field->index], problem);
    if (error == 0)
        *set |= field_bit(field);
    return error;
}

static int fields_from_input(int argc, char **argv)
{
    int n = 0;

    for (int i = 0; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');

        n += equals && !strcmp(equals, "=-");
    }
    return n;
}

int fields_set(struct cli *cli, int argc, char **argv, struct record *record, uint64_t *set, struct problem *problem)
{
    int invalid = 0;

    *set = 0;
    if (fields_from_input(argc, argv) > 1) {
        problem_set(problem, ERR_USAGE, "Only one field can come from standard input.");
        problem_hint(problem, "Put the other text into a file: FIELD=@FILE");
        return ERR_USAGE;
    }
    for (int i = 0; i < argc; i++) {
        int error = fields_set_one(cli, argv[i], record, set, problem);

        if (error != 0 && error != ERR_INVALID)
            return error;
        invalid += error != 0;
    }
    if (invalid > 1)
        return problem_set(problem, ERR_INVALID, "%d fields are wrong.", invalid);
    return invalid ? ERR_INVALID : 0;
}

// --- options --------------------------------------------------------------------

int fields_number(const struct cli *cli, const char *option, uint64_t least, uint64_t *number, struct problem *problem)
{
    const char *text = cli_option(cli, option);
    char *end;

    *number = 0;
    if (!text)
        return 0;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno || *number < least)
        return problem_set(problem, ERR_USAGE, "--%s takes a number from %llu on, not \"%.40s\".", option, (unsigned long long)least, text);
    return 0;
}

int fields_hex(const char *text, uint8_t *bytes, size_t size)
{
    size_t length = strlen(text);

    if (length % 2 || length / 2 > size || strspn(text, "0123456789abcdefABCDEF") != length)
        return -1;
    for (size_t i = 0; i < length / 2; i++) {
        char two[3] = {text[2 * i], text[2 * i + 1], '\0'};

        bytes[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    return (int)(length / 2);
}

int fields_about(struct cli *cli, const struct kind **kind, int64_t *id, struct problem *problem)
{
    static const struct {
        const char *option;
        enum subject subject;
    } abouts[] = {{"pupil", SUBJECT_PUPIL}, {"class", SUBJECT_CLASS}, {"provision", SUBJECT_GROUP}, {"staff", SUBJECT_STAFF}};

    *kind = NULL;
    for (size_t i = 0; i < sizeof abouts / sizeof *abouts; i++) {
        const char *text = cli_option(cli, abouts[i].option);

        if (!text)
            continue;
        if (*kind)
            return problem_set(problem, ERR_USAGE, "Only one of --pupil, --class, --provision and --staff may be given.");
        *kind = kind_of_subject(abouts[i].subject);
        int error = *kind ? cli_resolve(cli, *kind, text, id, problem) : ERR_USAGE;
        if (error != 0)
            return error;
    }
    return 0;
}

int fields_as_known(struct cli *cli, int64_t *as_known, struct problem *problem)
{
    const char *text = cli_option(cli, "as-known");

    *as_known = 0;
    if (!text)
        return 0;
    *as_known = clock_parse(text, cli->today);
    if (*as_known <= 0) {
        problem_set(problem, ERR_USAGE, "--as-known: \"%.60s\" is neither a date nor a time.", text);
        problem_hint(problem, "As in --as-known 2026-09-14 or --as-known 2026-09-14T10:42:00Z");
        return ERR_USAGE;
    }
    // "today" means its last second, which is to come; a laptop's clock may be a little ahead.
    if (*as_known <= cli->now + FIELD_CLOCK_SLACK || *as_known == clock_midnight(cli->today + 1) - 1)
        return 0;
    problem_set(problem, ERR_USAGE, "--as-known: \"%.60s\" lies in the future; nobody knows what will have been entered by then.", text);
    problem_hint(problem, "What holds on a day to come is asked with --as-at");
    return ERR_USAGE;
}

int fields_day(struct cli *cli, const char *option, int32_t otherwise, int32_t *day, struct problem *problem)
{
    const char *text = cli_option(cli, option);

    *day = otherwise;
    if (!text)
        return 0;
    int error = date_parse(text, cli->today, day, problem);
    if (error != 0) {
        const char *why = arena_strdup(&cli->arena, problem->message);

        problem_set(problem, ERR_USAGE, "--%s: %.600s", option, why ? why : "");
        problem_hint(problem, "How dates are typed: sendco help dates");
        return ERR_USAGE;
    }
    return 0;
}

int fields_as_at(struct cli *cli, int32_t *as_at, struct problem *problem)
{
    return fields_day(cli, "as-at", DATE_NONE, as_at, problem);
}

// Only what lasts from a day until a day holds on one; or who is in a class then.
static int fields_lasts(struct cli *cli, const struct cli_query *query, struct problem *problem)
{
    const struct kind *kind = query->kind;
    const char *text = cli_option(cli, "as-at");

    if (!text || kind_is_spell(kind) || (query->about_kind && query->about_kind->subject != kind->about.subject))
        return 0;
    problem_set(problem, ERR_USAGE, "--as-at asks for what lasts from one day until another, and %s does not.",
                cli_kind_a(kind, &cli->arena));
    problem_hint(problem, "What had been entered by then: sendco %s list --as-known %.40s", kind->noun, text);
    return ERR_USAGE;
}

// --- conditions and orders --------------------------------------------------------

static const struct {
    const char *sign;
    Sendco__Condition__Op op;
} signs[] = { // longer ones first
    {"!=", SENDCO__CONDITION__OP__NE},     {"<=", SENDCO__CONDITION__OP__LE}, {">=", SENDCO__CONDITION__OP__GE},
    {"=", SENDCO__CONDITION__OP__EQ},      {"<", SENDCO__CONDITION__OP__LT},  {">", SENDCO__CONDITION__OP__GT},
    {"~", SENDCO__CONDITION__OP__CONTAINS}};

static int fields_where(struct cli *cli, const char *text, struct cli_query *query, struct problem *problem)
{
    size_t at = strcspn(text, "!<>=~"), sign = 0;

    while (sign < sizeof signs / sizeof *signs && strncmp(text + at, signs[sign].sign, strlen(signs[sign].sign)) != 0)
        sign++;
    if (at == 0 || sign == sizeof signs / sizeof *signs) {
        problem_set(problem, ERR_USAGE, "--where: \"%.60s\" is no condition.", text);
        problem_hint(problem, "FIELD=VALUE, or with != < <= > >= or ~ (contains), as in --where 'due<today'");
        return ERR_USAGE;
    }
    if (query->n_where == CLI_CONDITIONS)
        return problem_set(problem, ERR_USAGE, "--where may be given %d times at most.", CLI_CONDITIONS);
    const char *name = arena_strndup(&cli->arena, text, at), *value = text + at + strlen(signs[sign].sign);
    const struct field *field = name ? fields_find(query->kind, name, problem) : NULL;
    if (!field)
        return ERR_USAGE;
    Sendco__Condition__Op op = signs[sign].op;
    if (!*value && op != SENDCO__CONDITION__OP__EQ && op != SENDCO__CONDITION__OP__NE)
        return problem_set(problem, ERR_USAGE, "--where: \"%.60s\" compares with nothing.", text);
    query->where[query->n_where].field = field;
    query->where[query->n_where].op = *value                            ? op
                                      : op == SENDCO__CONDITION__OP__EQ ? SENDCO__CONDITION__OP__EMPTY
                                                                        : SENDCO__CONDITION__OP__SET;
    struct value *to = &query->where[query->n_where++].value;
    if (op == SENDCO__CONDITION__OP__CONTAINS && *value) {
        if (!field_is_text(field))
            return problem_set(problem, ERR_USAGE, "--where: ~ looks into texts, and \"%s\" is none.", field->name);
        *to = value_text(value);
        return 0;
    }
    return fields_value(cli, query->kind, field, value, to, problem);
}

static int fields_order(struct cli *cli, const char *text, struct cli_query *query, struct problem *problem)
{
    char *list = arena_strdup(&cli->arena, text), *rest = NULL;

    for (char *word = list ? strtok_r(list, ",", &rest) : NULL; word; word = strtok_r(NULL, ",", &rest)) {
        bool descending = *word == '-';
        const struct field *field = NULL;
        bool about = false;

        word += descending;
        if (query->n_order == CLI_ORDERS)
            return problem_set(problem, ERR_USAGE, "--sort takes %d fields at most.", CLI_ORDERS);
        if (!text_same(word, "name") || field_find(query->kind, "name")) {
            if (!(field = fields_find(query->kind, word, problem)))
                return ERR_USAGE;
            // Whom it is about sorts by name, not by number.
            about = query->kind->about.depth == 1 && query->kind->about.path[0] == field->index;
        }
        query->order[query->n_order].field = about ? NULL : field;
        query->order[query->n_order].about = about;
        query->order[query->n_order++].descending = descending;
    }
    return 0;
}

static int fields_page(struct cli *cli, struct cli_query *query, struct problem *problem)
{
    const char *text = cli_option(cli, "page");
    uint64_t limit;
    int error = fields_number(cli, "limit", 1, &limit, problem);

    query->limit = (size_t)limit;
    if (error != 0 || !text)
        return error;
    uint8_t *bytes = arena_alloc(&cli->arena, strlen(text) / 2 + 1);
    int size = bytes ? fields_hex(text, bytes, strlen(text) / 2 + 1) : -1;
    if (size <= 0)
        return problem_set(problem, ERR_USAGE, "--page takes the \"next\" of the list before, unchanged.");
    query->page = bytes;
    query->page_size = (size_t)size;
    return 0;
}

int fields_query(struct cli *cli, const struct kind *kind, struct cli_query *query, struct problem *problem)
{
    const char *text;
    size_t at = 0;
    int error = cli_open(cli, problem);

    cli_query_init(query, kind);
    while (error == 0 && (text = cli_option_next(cli, "where", &at)))
        error = fields_where(cli, text, query, problem);
    if (error == 0 && cli_option(cli, "sort"))
        error = fields_order(cli, cli_option(cli, "sort"), query, problem);
    else if (error == 0 && kind->subject != SUBJECT_SCHOOL)
        query->n_order = 1; // people and classes: by name
    if (error == 0)
        error = fields_about(cli, &query->about_kind, &query->about, problem);
    if (error == 0)
        error = fields_lasts(cli, query, problem);
    if (error == 0)
        error = fields_as_at(cli, &query->as_at, problem);
    if (error == 0)
        error = fields_as_known(cli, &query->as_known, problem);
    if (error == 0)
        error = fields_page(cli, query, problem);
    query->removed = cli_flag(cli, "removed");
    return error;
}

// --- out --------------------------------------------------------------------------

const char *fields_shown(const struct field *field, struct value value, struct cli_labels *labels, bool human, struct arena *arena)
{
    if (value.type == VALUE_EMPTY)
        return "";
    if (human && field->as == AS_REF && labels)
        return cli_label(field->ref, value.number, labels);
    return value_format(field, value, human ? VALUE_HUMAN : VALUE_PLAIN, arena);
}

// Columns are narrow: a date stands there without its weekday.
const char *fields_cell(const struct field *field, struct value value, struct cli_labels *labels, bool human, struct arena *arena)
{
    const char *text = fields_shown(field, value, labels, human, arena);
    const char *blank = human && field->as == AS_DATE ? strchr(text, ' ') : NULL;

    return blank ? blank + 1 : text;
}
