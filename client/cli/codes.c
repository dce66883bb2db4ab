// A list of codes with its titles, read from the school: what a field takes that names
// the list. Rows that are over, or to come, say so. Main thread.
#include "client/cli/codes.h"

#include "client/cli/cli.h"
#include "client/cli/help.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

#define CODES_AT 13 // where titles begin

struct codes {
    struct cli *cli;
    const struct code_list *list;
    size_t n;
};

static const char *codes_when(const struct codes *codes, const struct record *record)
{
    char day[DATE_TEXT_MAX];
    const char *when = "";

    if (record_has(record, "valid_to") && record_number(record, "valid_to") < codes->cli->today)
        when = arena_printf(&codes->cli->arena, " (until %s)", date_human((int32_t)record_number(record, "valid_to"), day));
    else if (record_has(record, "valid_from") && record_number(record, "valid_from") > codes->cli->today)
        when = arena_printf(&codes->cli->arena, " (from %s)", date_human((int32_t)record_number(record, "valid_from"), day));
    return when ? when : "";
}

static int on_code(struct record *record, void *data)
{
    struct codes *codes = data;
    struct arena *arena = &codes->cli->arena;
    const char *code = text_safe(record_text(record, "code"), false, arena), *title = text_safe(record_text(record, "title"), false, arena);
    const char *text = arena_printf(arena, "%s%s", title ? title : "", codes_when(codes, record));

    if (codes->n++ == 0)
        fprintf(codes->cli->out, "%s: %s\n", codes->list->name, codes->list->title);
    help_entry(codes->cli, codes->cli->out, CODES_AT, code ? code : "", text ? text : "");
    return 0;
}

static void codes_query(struct cli_query *query, const struct kind *kind, const char *list)
{
    cli_query_init(query, kind);
    query->where[0].field = field_find(kind, "list");
    query->where[0].op = SENDCO__CONDITION__OP__EQ;
    query->where[0].value = value_text(list);
    query->n_where = 1;
    query->order[0].field = field_find(kind, "order");
    query->order[1].field = field_find(kind, "code");
    query->n_order = 2;
}

// Help asks for no password.
static bool codes_open(struct cli *cli, struct problem *problem)
{
    bool before = cli->no_input;

    cli->no_input = true;
    int error = cli_open(cli, problem);
    cli->no_input = before;
    return error == 0;
}

bool codes_help(struct cli *cli, const char *word)
{
    const struct kind *kind = kind_find("Code");
    struct codes codes = {.cli = cli};
    struct cli_query query;
    struct problem ignored;

    problem_init(&ignored, &cli->arena);
    for (size_t i = 0; i < n_code_lists; i++)
        codes.list = text_same(code_lists[i].name, word) ? &code_lists[i] : codes.list;
    if (!kind || !codes.list || !codes_open(cli, &ignored))
        return false;
    codes_query(&query, kind, codes.list->name);
    if (cli_list(cli, &query, on_code, &codes, NULL, &ignored) != 0 || codes.n == 0)
        return codes.n > 0;
    fprintf(cli->out, "\nTo change it: sendco help %s; sendco %s list --where list=%s\n", kind->noun, kind->noun, codes.list->name);
    return true;
}
