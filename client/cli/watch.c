// watch: changes as they happen, line by line, with no gap and no repetition
// across restarts of the server. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/run.h"
#include "client/cli/shape.h"
#include "client/cli/watch_about.h"
#include "common/kind.h"

#define WATCH_KINDS        64
#define WATCH_PAUSE_MS     1000
#define WATCH_PAUSE_MAX_MS 30000

// A push that waits: nothing can be asked while one is being received.
struct waiting {
    struct waiting *next;
    size_t size;
    uint8_t bytes[];
};

struct watching {
    struct cli *cli;
    uint32_t kinds[WATCH_KINDS];
    size_t n_kinds;
    const struct kind *about_kind, *only_kind;
    int64_t about, only_id;
    uint64_t covered; // everything up to here was told; 0: nothing yet
    uint64_t told;    // the newest change told, perhaps in the middle of a request
    uint64_t epoch;
    bool resync, ended; // ended: nobody reads any more
    bool logged_out;    // the ticket has ended
    bool said;          // that one was logged out
    struct waiting *first, **last;
    struct watch_labels labels;
};

// --- one change -----------------------------------------------------------------

static bool change_wanted(const struct watching *watching, const Sendco__Change *change, const struct kind *kind, int64_t id)
{
    return change->seq > watching->covered && change->seq > watching->told &&
           (!watching->only_kind || (watching->only_kind == kind && watching->only_id == id));
}

// Each change carries the range its push covers. A range that a reconnection
// repeats begins where the last one ended.
static void watch_change(struct watching *watching, const Sendco__Push *push, const Sendco__Change *change, uint64_t covers_from)
{
    struct cli *cli = watching->cli;
    const struct kind *kind = change->record ? kind_by_number(change->record->kind) : NULL;
    int64_t id = change->record ? change->record->id : 0;
    struct record *record = NULL;
    struct problem problem;

    if (!change_wanted(watching, change, kind, id))
        return;
    watching->told = change->seq;
    if (kind)
        watch_label_forget(&watching->labels, kind, id); // it may have a new name
    problem_init(&problem, NULL);
    if (change->record && cli_record(cli, change->record, &record, &problem) != 0)
        cli_note(cli, "change %llu: %s", (unsigned long long)change->seq, problem.message);
    if (cli->format != CLI_JSON && cli->format != CLI_JSONL) {
        watch_change_line(cli, &watching->labels, change, record, kind, id);
        return;
    }
    json_t *json = watch_change_json(cli, change, record, kind, id);
    json_object_set_new(json, "covers_from", json_integer((json_int_t)covers_from));
    json_object_set_new(json, "covers_to", json_integer((json_int_t)push->covers_to));
    shape_print(cli, json, true);
}

static const char *resync_word(const Sendco__Resync *resync)
{
    static const char *const words[] = {"", "behind", "scope", "too-old", "epoch", "login"};

    return resync->why >= 1 && (size_t)resync->why < sizeof words / sizeof *words ? words[resync->why] : "";
}

static void watch_resync(struct watching *watching, const Sendco__Resync *resync)
{
    struct cli *cli = watching->cli;

    watching->resync = true;
    if (resync->why == SENDCO__RESYNC__WHY__LOGIN) {
        watching->logged_out = true; // nothing is lost: it goes on where it was
        return;
    }
    if (cli->format == CLI_JSON || cli->format == CLI_JSONL) {
        json_t *json = shape_new();

        json_object_set_new(json, "resync", json_string(resync_word(resync)));
        json_object_set_new(json, "seq", json_integer((json_int_t)resync->seq));
        shape_print(cli, json, true);
    }
    cli_note(cli, "Some changes cannot be told one by one (%s): read again what you need. Watching goes on from now.", resync_word(resync));
}

static void watch_push(struct watching *watching, const Sendco__Push *push)
{
    struct cli *cli = watching->cli;
    uint64_t from = push->covers_from > watching->covered ? push->covers_from : watching->covered + 1;
    bool covers = push->has_covers_to && push->covers_to > watching->covered;

    for (size_t i = 0; i < push->n_changes; i++)
        watch_change(watching, push, push->changes[i], from);
    if (covers && push->n_changes == 0 && (cli->format == CLI_JSON || cli->format == CLI_JSONL)) {
        json_t *json = shape_new();

        json_object_set_new(json, "covers_from", json_integer((json_int_t)from));
        json_object_set_new(json, "covers_to", json_integer((json_int_t)push->covers_to));
        shape_print(cli, json, true);
    }
    // A request told in several pushes is covered when its last one has come.
    if (covers && !(push->has_more && push->more)) {
        watching->covered = push->covers_to;
        cli->seq = push->covers_to > cli->seq ? push->covers_to : cli->seq;
    }
    if (push->resync)
        watch_resync(watching, push->resync);
    if (fflush(cli->out) != 0)
        watching->ended = true;
}

static void on_push(struct cli *cli, const Sendco__Push *push, void *data)
{
    struct watching *watching = data;
    size_t size = sendco__push__get_packed_size(push);
    struct waiting *waiting = malloc(sizeof *waiting + size);

    (void)cli;
    if (!waiting) {
        watching->resync = true; // a change that was not kept is a gap: begin again
        return;
    }
    *waiting = (struct waiting){.size = size};
    sendco__push__pack(push, waiting->bytes);
    *watching->last = waiting;
    watching->last = &waiting->next;
}

// A watch may last for weeks: what one push needs is given back with it.
static void watch_told(struct watching *watching, bool tell)
{
    struct cli *cli = watching->cli;
    struct waiting *waiting;

    while ((waiting = watching->first)) {
        struct arena lasting = cli->arena;

        if (!(watching->first = waiting->next))
            watching->last = &watching->first;
        arena_init(&cli->arena, 0);
        Sendco__Push *push = tell ? sendco__push__unpack(&cli->arena.allocator, waiting->size, waiting->bytes) : NULL;
        if (push)
            watch_push(watching, push);
        arena_deinit(&cli->arena);
        cli->arena = lasting;
        free(waiting);
    }
}

static int on_watch(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    struct watching *watching = data;
    bool again = watching->covered > 0;

    if (!again && !cli_option(cli, "from"))
        watching->covered = reply->seq;
    watching->epoch = reply->has_epoch ? reply->epoch : cli->epoch;
    cli_note(cli, again ? "Watching again from change %llu." : "Watching from change %llu on; end with Ctrl-C.",
             (unsigned long long)(again ? watching->covered : reply->seq));
    return 0;
}

static int watch_ask(struct watching *watching, struct problem *problem)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Watch wire = SENDCO__WATCH__INIT;
    Sendco__About about = SENDCO__ABOUT__INIT;

    wire.n_kinds = watching->n_kinds;
    wire.kinds = watching->kinds;
    if (watching->about_kind) {
        about.has_kind = about.has_id = true;
        about.kind = watching->about_kind->number;
        about.id = watching->about;
        wire.about = &about;
    }
    wire.has_from = watching->covered > 0;
    wire.from = watching->covered;
    wire.has_epoch = watching->epoch != 0;
    wire.epoch = watching->epoch;
    request.body_case = SENDCO__REQUEST__BODY_WATCH;
    request.watch = &wire;
    return cli_ask(watching->cli, &request, on_watch, watching, problem);
}

static int watch_what(struct cli *cli, const struct call *call, struct watching *watching, struct problem *problem)
{
    const char *word;
    size_t at = 0;
    int error = cli_open(cli, problem);

    if (error == 0)
        error = fields_about(cli, &watching->about_kind, &watching->about, problem);
    if (error == 0)
        error = fields_number(cli, "from", 1, &watching->covered, problem);
    if (error == 0 && call->kind)
        watching->kinds[watching->n_kinds++] = call->kind->number;
    if (error == 0 && call->kind && call->argc > 0) {
        watching->only_kind = call->kind;
        error = cli_resolve(cli, call->kind, call->argv[0], &watching->only_id, problem);
    }
    while (error == 0 && (word = cli_option_next(cli, "kind", &at)) && watching->n_kinds < WATCH_KINDS) {
        const struct kind *kind = kind_find(word);

        if (!kind) {
            problem_set(problem, ERR_USAGE, "--kind: there is no kind of record \"%.60s\".", word);
            problem_hint(problem, "All of them: sendco help");
            return ERR_USAGE;
        }
        watching->kinds[watching->n_kinds++] = kind->number;
    }
    return error;
}

static bool worth_waiting(int error)
{
    return error == ERR_UNREACHABLE || error == ERR_TIMEOUT || error == ERR_BUSY || error == ERR_RETRY;
}

// The ticket has ended: by the password that a file holds one logs in again, and goes
// on where one was. Nobody sits in front of a watch to be asked.
static int watch_login(struct watching *watching, int error, struct problem *problem)
{
    struct cli *cli = watching->cli;

    if (error == ERR_LOGIN && cli->link && !watching->said) {
        cli_note(cli, "The ticket has ended. Logging in again.");
        watching->said = true;
        cli_disconnect(cli);
        watch_told(watching, false); // what came last comes again
        return 0;
    }
    if (error == ERR_LOGIN) {
        problem_set(problem, ERR_LOGIN, "The ticket has ended, and there is no password file to log in again with.");
        problem_hint(problem, "sendco login, then watch again; or watch with --password-file FILE");
    }
    return error;
}

// Until the connection is lost or the watch must begin again.
static void watch_wait(struct watching *watching)
{
    struct cli *cli = watching->cli;
    unsigned generation = cli->generation;

    watch_told(watching, true);
    while (cli->link && cli->generation == generation && !watching->resync && !watching->ended) {
        uv_run(&cli->loop, UV_RUN_ONCE);
        watch_told(watching, true);
    }
    if (watching->logged_out && !watching->said) {
        cli_note(cli, "The ticket has ended. Logging in again.");
        watching->said = true;
        cli_disconnect(cli);
        watch_told(watching, false); // what came last comes again
    } else if (watching->resync) {
        watching->covered = 0;
    } else if (!watching->ended) {
        cli_note(cli, "%s Connecting again.", cli->lost_why.message);
    }
}

// A server that restarts is waited for, longer each time, for as long as it takes.
static int watch_on(struct watching *watching, struct problem *problem)
{
    struct cli *cli = watching->cli;
    unsigned pause = WATCH_PAUSE_MS;
    bool begun = false;

    while (!watching->ended) {
        int error;

        problem_init(problem, &cli->arena);
        watching->resync = watching->logged_out = false;
        error = watch_ask(watching, problem);
        if (error == ERR_RESYNC) {
            cli_note(cli, "%s", problem->message);
            watching->covered = 0;
            continue;
        }
        if (error != 0 && begun && (error = watch_login(watching, error, problem)) == 0)
            continue;
        if (error != 0 && !(begun && worth_waiting(error)))
            return error;
        if (error != 0) {
            cli_note(cli, "%s Trying again in %u s.", problem->message, pause / 1000);
            cli_sleep(cli, pause);
            pause = pause * 2 < WATCH_PAUSE_MAX_MS ? pause * 2 : WATCH_PAUSE_MAX_MS;
            continue;
        }
        begun = true;
        watching->said = false;
        cli->no_input = true;
        pause = WATCH_PAUSE_MS;
        watch_wait(watching);
    }
    return 0;
}

static void watch_free(struct watching *watching)
{
    watch_told(watching, false);
    watch_labels_free(&watching->labels);
    free(watching);
}

int watch_command(struct cli *cli, const struct call *call)
{
    struct watching *watching = calloc(1, sizeof *watching);
    struct problem problem;
    int error;

    problem_init(&problem, &cli->arena);
    if (!watching)
        return cli_fail(cli, "watch", (problem_set(&problem, ERR_NOMEM, "There is not enough memory to watch."), &problem));
    watching->cli = cli;
    watching->last = &watching->first;
    error = watch_what(cli, call, watching, &problem);
    if (error == 0) {
        cli->on_push = on_push;
        cli->push_data = watching;
        error = watch_on(watching, &problem);
        cli->on_push = NULL;
    }
    watch_free(watching);
    return error != 0 ? cli_fail(cli, "watch", &problem) : 0;
}
