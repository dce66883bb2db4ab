// find, who, status, login, logout, version: the commands about no kind of
// record in particular. Main thread.
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/run.h"
#include "client/cli/shape.h"
#include "client/cli/table.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/frame.h"
#include "common/kind.h"
#include "common/text.h"

#define FIND_LIMIT 50
#define FIND_MAX   200
#define FIND_KINDS 64

// --- find -----------------------------------------------------------------------

struct finding {
    json_t *hits;
    struct table table;
    size_t n;
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
    const char *cells[] = {kind ? kind->noun : "",     id_kept(cli, kind, hit->id),
                           kept(cli, hit->label),      field ? (cli->human ? field->label : field->name) : "",
                           kept(cli, hit->text),       id_kept(cli, about, hit->about ? hit->about->id : 0),
                           kept(cli, hit->about_label)};
    return table_add(&finding->table, cells);
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
    static const struct table_column columns[] = {{"kind", "Kind", false, true},       {"id", "Id", false, true},
                                                  {"label", "Record", false, true},    {"field", "Field", false, true},
                                                  {"text", "Text", false, true},       {"about", "About", false, false},
                                                  {"about_name", "Name", false, false}};
    char *text = arena_strdup(&cli->arena, call->argv[0]);
    struct problem problem;
    struct finding finding = {.problem = &problem, .hits = cli->format == CLI_JSON ? json_array() : NULL};
    int error;

    problem_init(&problem, &cli->arena);
    for (int i = 1; i < call->argc && text; i++)
        text = arena_printf(&cli->arena, "%s %s", text, call->argv[i]);
    table_init(&finding.table, columns, sizeof columns / sizeof *columns, &cli->arena);
    error = text ? find_ask(cli, text, &finding) : problem_set(&problem, ERR_NOMEM, "There is not enough memory for the text.");
    if (error != 0) {
        json_decref(finding.hits);
        return cli_fail(cli, "find that", &problem);
    }
    if (finding.hits) {
        find_json(cli, text, &finding);
    } else {
        table_print(cli, &finding.table);
        if (cli->human && !cli->quiet)
            fprintf(cli->out, "%zu found%s\n", finding.n, finding.capped ? "; there are more: say more words, or --limit" : "");
    }
    return finding.n > 0 ? 0 : 1;
}

// --- who ------------------------------------------------------------------------

struct asking {
    json_t *json;
    struct table table;
    struct problem *problem;
};

static json_t *person_json(const Sendco__WhoReply__Person *person)
{
    const Sendco__Present *present = person->present;
    const struct kind *kind = present ? kind_by_number(present->kind) : NULL;
    const struct field *field = kind && present->has_field ? field_by_number(kind, present->field) : NULL;
    json_t *json = json_object(), *at = kind ? json_object() : json_null();

    json_object_set_new(json, "name", shape_text(person->name));
    json_object_set_new(json, "role", shape_text(person->role));
    json_object_set_new(json, "device", shape_text(person->device));
    json_object_set_new(json, "since", shape_time(person->since));
    json_object_set_new(json, "self", json_boolean(person->self));
    if (kind) {
        json_object_set_new(at, "kind", json_string(kind->noun));
        json_object_set_new(at, "id", shape_id(kind, present->id));
        json_object_set_new(at, "label", shape_text(person->present_label));
        json_object_set_new(at, "editing", shape_text(field ? field->name : NULL));
    }
    json_object_set_new(json, "looking_at", at);
    return json;
}

static int on_who(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    struct asking *asking = data;
    const Sendco__WhoReply *who = reply->body_case == SENDCO__REPLY__BODY_WHO ? reply->who : NULL;
    char when[32];

    if (!who)
        return problem_set(asking->problem, ERR_PROTOCOL, "The server's answer does not say who is there.");
    for (size_t i = 0; i < who->n_people; i++) {
        const Sendco__WhoReply__Person *person = who->people[i];
        const struct kind *kind = person->present ? kind_by_number(person->present->kind) : NULL;

        if (asking->json) {
            json_array_append_new(asking->json, person_json(person));
            continue;
        }
        const char *cells[] = {
            kept(cli, person->name),         kept(cli, person->role),
            kept(cli, person->device),       kept(cli, cli->human ? clock_text(person->since, when) : clock_iso(person->since, when)),
            person->self ? "you" : "",       kind ? id_kept(cli, kind, person->present->id) : "",
            kept(cli, person->present_label)};
        if (table_add(&asking->table, cells) != 0)
            return problem_set(asking->problem, ERR_NOMEM, "There is not enough memory for the answer.");
    }
    return 0;
}

int who_command(struct cli *cli, const struct call *call)
{
    static const struct table_column columns[] = {{"name", "Name", false, true},     {"role", "Role", false, true},
                                                  {"device", "Device", false, true}, {"since", "Since", false, true},
                                                  {"self", "", false, false},        {"looking_at", "Looking at", false, false},
                                                  {"label", "", false, false}};
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Who who = SENDCO__WHO__INIT;
    struct problem problem;
    struct asking asking = {.problem = &problem, .json = cli->format == CLI_JSON ? json_array() : NULL};

    (void)call;
    problem_init(&problem, &cli->arena);
    table_init(&asking.table, columns, sizeof columns / sizeof *columns, &cli->arena);
    request.body_case = SENDCO__REQUEST__BODY_WHO;
    request.who = &who;
    if (cli_ask(cli, &request, on_who, &asking, &problem) != 0) {
        json_decref(asking.json);
        return cli_fail(cli, "ask who is there", &problem);
    }
    if (asking.json) {
        json_t *json = shape_new();

        json_object_set_new(json, "people", asking.json);
        shape_print(cli, json, false);
    } else {
        table_print(cli, &asking.table);
    }
    return 0;
}

// --- status ---------------------------------------------------------------------

static void status_number(json_t *json, const char *name, uint64_t number)
{
    json_object_set_new(json, name, json_integer((json_int_t)number));
}

static int on_status(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    struct asking *asking = data;
    const Sendco__StatusReply *status = reply->body_case == SENDCO__REPLY__BODY_STATUS ? reply->status : NULL;
    json_t *json = asking->json;
    char *chain;

    if (!status)
        return problem_set(asking->problem, ERR_PROTOCOL, "The server's answer holds no status.");
    chain = arena_zero(&cli->arena, status->chain.len * 2 + 1, 1);
    for (size_t i = 0; chain && i < status->chain.len; i++)
        snprintf(chain + 2 * i, 3, "%02x", status->chain.data[i]);
    json_object_set_new(json, "school", shape_text(status->school));
    json_object_set_new(json, "person", shape_text(status->person ? status->person : cli->person));
    json_object_set_new(json, "role", shape_text(status->role));
    json_object_set_new(json, "server", shape_text(status->server));
    json_object_set_new(json, "now", shape_time(status->now));
    json_object_set_new(json, "today", shape_date(cli->today));
    json_object_set_new(json, "started", shape_time(status->started));
    status_number(json, "sessions", status->sessions);
    status_number(json, "records", status->records);
    status_number(json, "changes", status->changes);
    status_number(json, "epoch", reply->epoch);
    status_number(json, "seq", reply->seq);
    json_object_set_new(json, "chain", shape_text(chain));
    status_number(json, "database_bytes", status->database_bytes);
    status_number(json, "wal_bytes", status->wal_bytes);
    json_object_set_new(json, "readonly", json_boolean(status->readonly));
    return 0;
}

// The same members as in JSON, one a line.
static void status_text(struct cli *cli, json_t *json)
{
    const char *name;
    json_t *value;

    json_object_foreach(json, name, value)
    {
        if (!strcmp(name, "schema_version"))
            continue;
        const char *padded = cli->human ? text_pad(name, 16, false, &cli->arena) : name;

        fprintf(cli->out, "%s%s", padded ? padded : name, cli->human ? "" : "\t");
        if (json_is_string(value))
            fprintf(cli->out, "%s\n", text_safe(json_string_value(value), false, &cli->arena));
        else if (json_is_integer(value))
            fprintf(cli->out, "%lld\n", (long long)json_integer_value(value));
        else
            fprintf(cli->out, "%s\n", json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "");
    }
}

int status_command(struct cli *cli, const struct call *call)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Status status = SENDCO__STATUS__INIT;
    struct problem problem;
    struct asking asking = {.problem = &problem, .json = shape_new()};

    (void)call;
    problem_init(&problem, &cli->arena);
    request.body_case = SENDCO__REQUEST__BODY_STATUS;
    request.status = &status;
    if (cli_ask(cli, &request, on_status, &asking, &problem) != 0) {
        json_decref(asking.json);
        return cli_fail(cli, "ask for the status", &problem);
    }
    if (cli->format == CLI_JSON) {
        shape_print(cli, asking.json, false);
    } else {
        status_text(cli, asking.json);
        json_decref(asking.json);
    }
    return 0;
}

// --- login, logout, version --------------------------------------------------------

int login_command(struct cli *cli, const struct call *call)
{
    struct problem problem;
    int error;

    (void)call;
    problem_init(&problem, &cli->arena);
    error = profile_load(&cli->profile, cli_option(cli, "profile"), &problem);
    if (error == 0)
        error = profile_ticket_keep(&cli->profile, NULL, 0, &problem); // logging in means: by password
    if (error == 0)
        error = cli_open(cli, &problem);
    if (error != 0)
        return cli_fail(cli, "log in", &problem);
    if (cli->format == CLI_JSON) {
        json_t *json = shape_new();

        json_object_set_new(json, "school", shape_text(cli->school));
        json_object_set_new(json, "person", shape_text(cli->person));
        json_object_set_new(json, "role", shape_text(cli->role));
        shape_print(cli, json, false);
    } else if (!cli->quiet) {
        fprintf(cli->out, "Logged in at %s as %s (%s).\n", text_safe(cli->school, false, &cli->arena),
                text_safe(cli->person, false, &cli->arena), text_safe(cli->role, false, &cli->arena));
    }
    return 0;
}

int logout_command(struct cli *cli, const struct call *call)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Logout logout = SENDCO__LOGOUT__INIT;
    struct problem problem;
    int error;

    (void)call;
    problem_init(&problem, &cli->arena);
    request.body_case = SENDCO__REQUEST__BODY_LOGOUT;
    request.logout = &logout;
    error = cli_open_with(cli, false, &problem);
    if (error == 0)
        error = cli_ask(cli, &request, NULL, NULL, &problem);
    if (error == 0 || error == ERR_LOGIN)
        error = profile_ticket_keep(&cli->profile, NULL, 0, &problem); // one that has ended is no use either
    if (error != 0)
        return cli_fail(cli, "log out", &problem);
    if (cli->human)
        cli_note(cli, "Logged out.");
    return 0;
}

int version_command(struct cli *cli, const struct call *call)
{
    (void)call;
    if (cli->format == CLI_JSON) {
        json_t *json = shape_new();

        json_object_set_new(json, "version", json_string(SENDCO_RELEASE));
        json_object_set_new(json, "protocol", json_integer(PROTOCOL_VERSION));
        shape_print(cli, json, false);
    } else {
        fprintf(cli->out, "sendco %s, protocol %d\n", SENDCO_RELEASE, PROTOCOL_VERSION);
    }
    return 0;
}

int import_call(struct cli *cli, const struct call *call)
{
    return import_command(cli, call->argc, call->argv);
}
