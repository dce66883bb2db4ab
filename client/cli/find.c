// find: words in everything one may see, or the one record that an id names. Main thread.
#include <string.h>

#include "client/cli/apart.h"
#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/shape.h"
#include "client/cli/table.h"
#include "common/kind.h"
#include "common/text.h"

#define FIND_LIMIT 50
#define FIND_MAX   200
#define FIND_KINDS 64

#define FIND_CELLS 7
#define CELL_LABEL 2

struct finding_row {
    const struct kind *kind;
    int64_t id;
    const char *cells[FIND_CELLS];
};

struct finding {
    json_t *hits;
    struct finding_row rows[FIND_MAX];
    size_t n, n_rows;
    bool capped;
    uint64_t epoch, seq;
    struct problem *problem;
};

static const char *kept(struct cli *cli, const char *text)
{
    const char *copy = arena_strdup(&cli->arena, text ? text : "");

    return copy ? copy : "";
}

static const char *id_kept(struct cli *cli, const struct kind *kind, int64_t id)
{
    char text[ID_TEXT_MAX];

    return kind && id > 0 ? kept(cli, id_format(kind, id, text)) : "";
}

// For people a hit's text is worth showing where the record's name does not say it.
static bool says_more(struct cli *cli, const Sendco__SearchReply__Hit *hit)
{
    return hit->text && (!hit->label || cli_name_fits(hit->text, hit->label, &cli->arena) == 0);
}

static int finding_hit(struct cli *cli, const Sendco__SearchReply__Hit *hit, struct finding *finding)
{
    const struct kind *kind = kind_by_number(hit->kind), *about = hit->about ? kind_by_number(hit->about->kind) : NULL;
    const struct field *field = kind ? field_by_number(kind, hit->field) : NULL;

    finding->n++;
    if (finding->hits) {
        json_t *json = json_object();

        json_object_set_new(json, "kind", shape_text(kind ? kind->noun : NULL));
        json_object_set_new(json, "id", shape_id(kind, hit->id));
        json_object_set_new(json, "field", shape_text(field ? field->name : NULL));
        json_object_set_new(json, "label", shape_text(hit->label));
        json_object_set_new(json, "text", shape_text(hit->text));
        json_object_set_new(json, "about", shape_id(about, hit->about ? hit->about->id : 0));
        json_object_set_new(json, "about_label", shape_text(hit->about_label));
        json_array_append_new(finding->hits, json);
        return 0;
    }
    bool more = !cli->human || says_more(cli, hit);
    bool other = hit->about && (!cli->human || about != kind || hit->about->id != hit->id);

    const struct finding_row *last = finding->n_rows > 0 ? &finding->rows[finding->n_rows - 1] : NULL;

    if (finding->n_rows == FIND_MAX || (!more && last && last->kind == kind && last->id == hit->id)) {
        finding->n--; // found by its name, by its forename …: once is enough
        return 0;
    }
    finding->rows[finding->n_rows++] =
        (struct finding_row){kind,
                             hit->id,
                             {kind ? kind->noun : "", id_kept(cli, kind, hit->id), kept(cli, hit->label),
                              field && more ? (cli->human ? field->label : field->name) : "", more ? kept(cli, hit->text) : "",
                              id_kept(cli, about, other ? hit->about->id : 0), other ? kept(cli, hit->about_label) : ""}};
    return 0;
}

static bool has_namesake(const struct finding *finding, size_t at)
{
    const struct finding_row *row = &finding->rows[at];

    for (size_t i = 0; row->kind && *row->cells[CELL_LABEL] && i < finding->n_rows; i++)
        if (finding->rows[i].kind == row->kind && finding->rows[i].id != row->id &&
            !strcmp(finding->rows[i].cells[CELL_LABEL], row->cells[CELL_LABEL]))
            return true;
    return false;
}

// For people the namesakes among them are told apart; a program goes by the id.
static int finding_table(struct cli *cli, const struct finding *finding)
{
    static const struct table_column columns[FIND_CELLS] = {{"kind", "Kind", false, TABLE_KEEP | TABLE_FIRM},
                                                            {"id", "Id", false, TABLE_KEEP | TABLE_FIRM},
                                                            {"label", "Name", false, TABLE_KEEP},
                                                            {"field", "Field", false, 0},
                                                            {"text", "Text", false, 0},
                                                            {"about", "About", false, TABLE_FIRM},
                                                            {"about_name", "", false, 0}};
    struct table table;

    table_init(&table, columns, FIND_CELLS, &cli->arena);
    for (size_t i = 0; i < finding->n_rows; i++) {
        const struct finding_row *row = &finding->rows[i];
        const char *cells[FIND_CELLS];

        memcpy(cells, row->cells, sizeof cells);
        if (cli->human && has_namesake(finding, i))
            cells[CELL_LABEL] = apart_label(cli, row->kind, row->id, cells[CELL_LABEL]);
        if (table_add(&table, cells) != 0)
            return problem_set(finding->problem, ERR_NOMEM, "There is not enough memory for the hits.");
    }
    table_print(cli, &table);
    if (cli->human && !cli->quiet)
        fprintf(cli->out, "%zu found%s\n", finding->n, finding->capped ? "; there are more: say more words, or --limit" : "");
    return 0;
}

static int on_found(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    struct finding *finding = data;
    const Sendco__SearchReply *search = reply->body_case == SENDCO__REPLY__BODY_SEARCH ? reply->search : NULL;

    if (!search)
        return problem_set(finding->problem, ERR_PROTOCOL, "The server's answer holds no hits.");
    finding->capped |= search->capped;
    finding->epoch = reply->epoch;
    finding->seq = reply->seq;
    for (size_t i = 0; i < search->n_hits; i++)
        if (finding_hit(cli, search->hits[i], finding) != 0)
            return problem_set(finding->problem, ERR_NOMEM, "There is not enough memory for the hits.");
    return 0;
}

static int find_ask(struct cli *cli, const char *text, struct finding *finding)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Search search = SENDCO__SEARCH__INIT;
    uint32_t only[FIND_KINDS];
    const char *word;
    uint64_t limit;
    size_t at = 0;
    int error = fields_number(cli, "limit", 1, &limit, finding->problem);

    if (error != 0)
        return error;
    search.kinds = only;
    while ((word = cli_option_next(cli, "kind", &at)) && search.n_kinds < FIND_KINDS) {
        const struct kind *kind = kind_find(word);

        if (!kind)
            return problem_set(finding->problem, ERR_USAGE, "--kind: there is no kind of record \"%.60s\".", word);
        only[search.n_kinds++] = kind->number;
    }
    search.text = (char *)text;
    search.has_limit = true;
    search.limit = (uint32_t)(limit == 0 ? FIND_LIMIT : limit < FIND_MAX ? limit : FIND_MAX);
    request.body_case = SENDCO__REQUEST__BODY_SEARCH;
    request.search = &search;
    return cli_ask(cli, &request, on_found, finding, finding->problem);
}

static bool kind_asked(struct cli *cli, const struct kind *kind)
{
    const char *word;
    size_t at = 0;
    bool any = false;

    while ((word = cli_option_next(cli, "kind", &at))) {
        if (kind_find(word) == kind)
            return true;
        any = true;
    }
    return !any;
}

// An id says by itself which record is meant. False: it is no id, or of no record
// that one may see; then it may still be a word.
static bool find_id(struct cli *cli, const char *text, struct finding *finding, int *error)
{
    Sendco__SearchReply__Hit hit = SENDCO__SEARCH_REPLY__HIT__INIT;
    struct cli_labels *labels = cli_labels_new(cli);
    const struct kind *kind = NULL;
    struct record *record;
    struct problem problem;
    int64_t id;

    problem_init(&problem, &cli->arena);
    if (id_parse(NULL, text, &kind, &id, &problem) != 0 || !kind || !kind_asked(cli, kind))
        return false;
    *error = cli_get(cli, kind, id, 0, &record, labels, &problem);
    if (*error == ERR_NOT_FOUND)
        return false;
    if (*error == 0) {
        hit.kind = kind->number;
        hit.id = id;
        hit.label = (char *)record_show(record, kind->shows, cli_label, labels, &cli->arena);
        finding->epoch = cli->epoch;
        finding->seq = cli->seq;
        *error = finding_hit(cli, &hit, finding);
    } else {
        *finding->problem = problem;
    }
    return true;
}

static void find_json(struct cli *cli, const char *text, const struct finding *finding)
{
    json_t *json = shape_new();

    json_object_set_new(json, "text", shape_text(text));
    json_object_set_new(json, "epoch", json_integer((json_int_t)finding->epoch));
    json_object_set_new(json, "seq", json_integer((json_int_t)finding->seq));
    json_object_set_new(json, "hits", finding->hits);
    json_object_set_new(json, "capped", json_boolean(finding->capped));
    shape_print(cli, json, false);
}

int find_command(struct cli *cli, const struct call *call)
{
    char *text = arena_strdup(&cli->arena, call->argv[0]);
    struct problem problem;
    struct finding finding = {.problem = &problem, .hits = cli->format == CLI_JSON ? json_array() : NULL};
    int error = 0;

    problem_init(&problem, &cli->arena);
    for (int i = 1; i < call->argc && text; i++)
        text = arena_printf(&cli->arena, "%s %s", text, call->argv[i]);
    if (text && find_id(cli, text, &finding, &error))
        text = call->argv[0];
    else
        error = text ? find_ask(cli, text, &finding) : problem_set(&problem, ERR_NOMEM, "There is not enough memory for the text.");
    if (error == 0 && finding.hits)
        find_json(cli, text, &finding);
    else if (error == 0)
        error = finding_table(cli, &finding);
    else
        json_decref(finding.hits);
    if (error != 0)
        return cli_fail(cli, "find that", &problem);
    return finding.n > 0 ? 0 : 1;
}
