// add, edit, remove and undo, for any kind. Every request carries a key made
// once, so that a retry is never applied twice. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/told.h"
#include "client/cli/writing.h"
#include "common/kind.h"
#include "common/text.h"

int writing_key(struct cli *cli, struct writing *writing, struct problem *problem)
{
    const char *text = cli_option(cli, "key");

    if (!text)
        cli_key_make(writing->key);
    else if (fields_hex(text, writing->key, CLI_KEY) != CLI_KEY)
        return problem_set(problem, ERR_USAGE, "--key takes the %d hexadecimal digits of an earlier request.", CLI_KEY * 2);
    return 0;
}

// --- add and edit ------------------------------------------------------------------

// `argv`: the FIELD=VALUE words, for what is read from files and standard input only now.
static int writing_put(struct writing *writing, int argc, char **argv, Sendco__PutReply **reply, struct problem *problem)
{
    struct cli *cli = writing->cli;
    struct cli_change change = {.record = writing->record, .set = writing->set};
    struct cli_put put = {
        .changes = &change, .n = 1, .strict = cli_flag(cli, "strict"), .dry_run = cli->dry_run, .reason = cli_option(cli, "reason")};
    int error = fields_number(cli, "seen", 1, &put.seen, problem);

    if (error == 0)
        error = fields_set_late(cli, argc, argv, writing->record, problem);
    if (error != 0)
        return error;
    if (put.seen == 0)
        put.seen = cli->seq;
    writing->seen = put.seen;
    memcpy(put.key, writing->key, CLI_KEY);
    return cli_put(cli, &put, reply, problem);
}

static int writing_begin(struct cli *cli, const struct call *call, struct writing *writing, struct problem *problem)
{
    int error = writing_key(cli, writing, problem);

    cli->writing = true;
    if (error == 0)
        error = cli_open(cli, problem);
    if (error == 0 && !(writing->record = record_new(call->kind, &cli->arena)))
        error = problem_set(problem, ERR_NOMEM, "There is not enough memory for a record.");
    return error;
}

// What an add needs at least, when it was refused and nobody says better.
static void add_hint(const struct kind *kind, struct problem *problem)
{
    char *form = problem->error == ERR_INVALID ? help_form(kind) : NULL;
    bool missing = false;

    for (size_t i = 0; i < problem->n_fields; i++)
        missing |= problem->fields[i].message && strstr(problem->fields[i].message, "missing");
    // The server's own next step stands, unless it is the one it gives for every fault.
    if (form && missing && (!problem->hint[0] || !strcmp(problem->hint, error_info(ERR_INVALID)->hint)))
        problem_hint(problem, "At least: %.230s ; all fields: sendco help %s", form, kind->noun);
    free(form);
}

int add_command(struct cli *cli, const struct call *call)
{
    struct writing writing = {.cli = cli, .kind = call->kind, .verb = "added"};
    const char *doing = arena_printf(&cli->arena, "add %s", cli_kind_a(call->kind, &cli->arena));
    Sendco__PutReply *reply = NULL;
    struct problem problem;
    int error;

    problem_init(&problem, &cli->arena);
    error = writing_begin(cli, call, &writing, &problem);
    if (error == 0) {
        writing.record->id = -1;
        error = fields_set(cli, call->argc, call->argv, writing.record, &writing.set, &problem);
    }
    if (error == 0)
        error = writing_put(&writing, call->argc, call->argv, &reply, &problem);
    if (error != 0)
        add_hint(call->kind, &problem);
    return error != 0 ? writing_failed(&writing, doing, &problem) : writing_done(&writing, reply);
}

// Without --if-version the newest is the base: then only the fields named change.
static int base_version(struct cli *cli, const struct kind *kind, int64_t id, uint64_t *version, struct problem *problem)
{
    struct record *record;
    int error = fields_number(cli, "if-version", 1, version, problem);

    if (error != 0 || *version > 0)
        return error;
    error = cli_get(cli, kind, id, 0, &record, NULL, problem);
    if (error == 0)
        *version = record->version;
    return error;
}

static int edit_prepare(struct cli *cli, const struct call *call, struct writing *writing, struct problem *problem)
{
    int error = writing_begin(cli, call, writing, problem);

    if (error == 0 && call->argc < 2) {
        problem_set(problem, ERR_USAGE, "No field is named that should change.");
        problem_hint(problem, "sendco %s edit %s FIELD=VALUE …; all fields: sendco help %s", call->kind->noun, call->argv[0],
                     call->kind->noun);
        return ERR_USAGE;
    }
    if (error == 0)
        error = cli_resolve(cli, call->kind, call->argv[0], &writing->id, problem);
    if (error == 0)
        error = base_version(cli, call->kind, writing->id, &writing->version, problem);
    if (error == 0)
        error = fields_set(cli, call->argc - 1, call->argv + 1, writing->record, &writing->set, problem);
    if (error == 0) {
        writing->record->id = writing->id;
        writing->record->version = writing->version;
    }
    return error;
}

int edit_command(struct cli *cli, const struct call *call)
{
    struct writing writing = {.cli = cli, .kind = call->kind, .verb = "saved"};
    const char *doing = arena_printf(&cli->arena, "save %s %s", cli_kind_word(call->kind, &cli->arena), call->argv[0]);
    Sendco__PutReply *reply = NULL;
    struct problem problem;
    int error;

    problem_init(&problem, &cli->arena);
    error = edit_prepare(cli, call, &writing, &problem);
    if (error == 0)
        error = writing_put(&writing, call->argc - 1, call->argv + 1, &reply, &problem);
    return error != 0 ? writing_failed(&writing, doing, &problem) : writing_done(&writing, reply);
}

// --- remove and undo -----------------------------------------------------------------

static int remove_ask(struct writing *writing, Sendco__PutReply **reply, struct problem *problem)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Remove wire = SENDCO__REMOVE__INIT;

    wire.has_key = wire.has_kind = wire.has_id = wire.has_version = true;
    wire.key = (ProtobufCBinaryData){CLI_KEY, writing->key};
    wire.kind = writing->kind->number;
    wire.id = writing->id;
    wire.version = writing->version;
    wire.reason = (char *)cli_option(writing->cli, "reason");
    request.body_case = SENDCO__REQUEST__BODY_REMOVE;
    request.remove = &wire;
    return cli_put_request(writing->cli, &request, reply, problem);
}

// A person is asked, with what it is; a script has said it by calling.
static bool remove_agreed(const struct writing *writing)
{
    struct cli *cli = writing->cli;
    char id[ID_TEXT_MAX];

    if (!cli_can_ask(cli) || cli->yes)
        return true;
    return cli_confirm(cli, arena_printf(&cli->arena, "Remove %s %s: %s?", cli_kind_word(writing->kind, &cli->arena),
                                         id_format(writing->kind, writing->id, id), writing->what));
}

int remove_command(struct cli *cli, const struct call *call)
{
    struct writing writing = {.cli = cli, .kind = call->kind, .verb = "removed"};
    const char *doing = arena_printf(&cli->arena, "remove %s %s", cli_kind_word(call->kind, &cli->arena), call->argv[0]);
    Sendco__PutReply *reply = NULL;
    struct problem problem;
    int error;

    problem_init(&problem, &cli->arena);
    error = writing_key(cli, &writing, &problem);
    if (error == 0)
        error = cli_resolve(cli, call->kind, call->argv[0], &writing.id, &problem);
    if (error == 0)
        error = base_version(cli, call->kind, writing.id, &writing.version, &problem);
    if (error == 0) // once it is gone nobody can read what it was
        writing.what = cli->human || cli_can_ask(cli) ? told_record(cli, call->kind, writing.id) : "";
    if (error == 0 && !remove_agreed(&writing)) {
        cli_note(cli, "Nothing was removed.");
        return 1;
    }
    if (error == 0)
        error = remove_ask(&writing, &reply, &problem);
    return error != 0 ? writing_failed(&writing, doing, &problem) : writing_done(&writing, reply);
}

static int undo_ask(struct writing *writing, bool dry_run, Sendco__PutReply **reply, struct problem *problem)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Undo wire = SENDCO__UNDO__INIT;

    wire.has_key = true;
    wire.key = (ProtobufCBinaryData){CLI_KEY, writing->key};
    if (writing->kind) {
        wire.has_kind = wire.has_id = true;
        wire.kind = writing->kind->number;
        wire.id = writing->id;
        wire.has_version = writing->version > 0;
        wire.version = writing->version;
    } else {
        wire.has_batch = true;
        wire.batch = writing->batch;
    }
    wire.has_dry_run = wire.dry_run = dry_run;
    request.body_case = SENDCO__REQUEST__BODY_UNDO;
    request.undo = &wire;
    return cli_put_request(writing->cli, &request, reply, problem);
}

static int undo_what(struct cli *cli, const struct call *call, struct writing *writing, struct problem *problem)
{
    char *end;

    if (call->kind) {
        int error = cli_resolve(cli, call->kind, call->argv[0], &writing->id, problem);

        return error != 0 ? error : fields_number(cli, "version", 1, &writing->version, problem);
    }
    writing->batch = strtoull(call->argv[0], &end, 10);
    if (call->argv[0][0] >= '1' && call->argv[0][0] <= '9' && *end == '\0')
        return 0;
    const struct kind *kind = NULL;
    if (id_parse(NULL, call->argv[0], &kind, &writing->id, NULL) == 0 && kind) {
        writing->kind = kind; // an id says by itself what it is
        return 0;
    }
    problem_set(problem, ERR_USAGE, "\"%.60s\" is no number of a batch, and no id of a record.", call->argv[0]);
    problem_hint(problem, "An import, a copied provision map and rolled targets say their batch; an id stands in: sendco KIND history ID");
    return ERR_USAGE;
}

// Hundreds of records may go with a batch; one record comes back by one more undo.
static bool undo_agreed(struct cli *cli, struct writing *writing)
{
    Sendco__PutReply *would = NULL;
    struct problem problem;

    if (writing->kind || !cli_can_ask(cli) || cli->dry_run)
        return true;
    problem_init(&problem, &cli->arena);
    if (undo_ask(writing, true, &would, &problem) != 0)
        return true; // the real one says what is wrong
    return cli_confirm(cli, arena_printf(&cli->arena, "Take back batch %llu, %zu %s in all?", (unsigned long long)writing->batch,
                                         would->n_done, would->n_done == 1 ? "record" : "records"));
}

int undo_command(struct cli *cli, const struct call *call)
{
    struct writing writing = {.cli = cli, .kind = call->kind, .verb = "taken back", .undo = true};
    const char *doing = arena_printf(&cli->arena, "undo %s", call->argv[0]);
    Sendco__PutReply *reply = NULL;
    struct problem problem;
    int error;

    problem_init(&problem, &cli->arena);
    cli->writing = true;
    error = writing_key(cli, &writing, &problem);
    if (error == 0)
        error = undo_what(cli, call, &writing, &problem);
    if (error == 0 && !undo_agreed(cli, &writing)) {
        cli_note(cli, "Nothing was taken back.");
        return 1;
    }
    if (error == 0)
        error = undo_ask(&writing, cli->dry_run, &reply, &problem);
    if (error == ERR_NOT_FOUND && !writing.kind)
        problem_hint(&problem, "An import says the number of its batch, and so does: sendco pupil history ID");
    return error != 0 ? writing_failed(&writing, doing, &problem) : writing_done(&writing, reply);
}
