// who, status, login, logout, version: the commands about no kind of
// record in particular. Main thread.
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/run.h"
#include "client/cli/shape.h"
#include "client/cli/table.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/frame.h"
#include "common/kind.h"
#include "common/text.h"

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
    static const struct table_column columns[] = {{"name", "Name", false, TABLE_KEEP},
                                                  {"role", "Role", false, TABLE_KEEP},
                                                  {"device", "Device", false, TABLE_KEEP},
                                                  {"since", "Since", false, TABLE_KEEP},
                                                  {"self", "", false, 0},
                                                  {"looking_at", "Looking at", false, 0},
                                                  {"label", "", false, 0}};
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

// For a program: the same members as in JSON, one a line.
static void status_rows(struct cli *cli, json_t *json)
{
    const char *name;
    json_t *value;

    json_object_foreach(json, name, value)
    {
        if (!strcmp(name, "schema_version"))
            continue;
        fprintf(cli->out, "%s\t", name);
        if (json_is_string(value))
            fprintf(cli->out, "%s\n", text_safe(json_string_value(value), false, &cli->arena));
        else if (json_is_integer(value))
            fprintf(cli->out, "%lld\n", (long long)json_integer_value(value));
        else
            fprintf(cli->out, "%s\n", json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "");
    }
}

static void status_line(struct cli *cli, const char *label, const char *text)
{
    const char *padded = text_pad(label, 12, false, &cli->arena), *shown = text_safe(text ? text : "", false, &cli->arena);

    fprintf(cli->out, "%s%s\n", padded ? padded : label, shown ? shown : "");
}

// What a person wants of it; heads of chains and the like are --json's.
static void status_text(struct cli *cli, const Sendco__StatusReply *status)
{
    const char *person = status->person ? status->person : cli->person;
    char text[DATE_TEXT_MAX], when[32];

    cli_mark(cli);
    status_line(cli, "School", status->school);
    status_line(cli, "You", status->role && *status->role ? arena_printf(&cli->arena, "%s (%s)", person, status->role) : person);
    status_line(cli, "Server", status->server);
    status_line(cli, "Today", date_human(cli->today, text));
    status_line(cli, "Now", clock_text(status->now, when));
    status_line(cli, "Running", arena_printf(&cli->arena, "since %s", clock_text(status->started, when)));
    status_line(cli, "Connected", arena_printf(&cli->arena, "%u", status->sessions));
    status_line(cli, "Records", arena_printf(&cli->arena, "%llu", (unsigned long long)status->records));
    status_line(cli, "Changes", arena_printf(&cli->arena, "%llu", (unsigned long long)status->changes));
    status_line(cli, "Database", arena_printf(&cli->arena, "%.1f MB", (double)status->database_bytes / 1e6));
    if (status->readonly)
        status_line(cli, "Read only", "yes: the server takes no changes now");
    if (status->disk_full)
        status_line(cli, "Disk", "full: the server could not keep a change; ask the technician to make room on its disk");
}

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
    if (cli->human) {
        status_text(cli, status);
        return 0;
    }
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
    json_object_set_new(json, "disk_full", json_boolean(status->disk_full));
    return 0;
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
        if (!cli->human)
            status_rows(cli, asking.json);
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
    struct problem problem, ignored;
    int error;

    (void)call;
    problem_init(&problem, &cli->arena);
    problem_init(&ignored, NULL);
    request.body_case = SENDCO__REQUEST__BODY_LOGOUT;
    request.logout = &logout;
    error = cli_open_with(cli, false, &problem);
    if (error == 0)
        error = cli_ask(cli, &request, NULL, NULL, &problem);
    if (error == 0 || error == ERR_LOGIN)
        error = profile_ticket_keep(&cli->profile, NULL, 0, &problem); // one that has ended is no use either
    else if (error == ERR_READONLY || error == ERR_IO)
        (void)profile_ticket_keep(&cli->profile, NULL, 0, &ignored); // ended, though the server could not write that down
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
