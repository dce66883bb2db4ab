// What a list is asked for: --where, --sort, --as-at and its pages become a query. Main
// thread.
#include "client/cli/fields.h"

#include <string.h>

#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

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
