// The connection of one run: made when first needed, made again when it is lost,
// and asked as if it were a function call. Main thread; it turns the loop itself.
#include "client/cli/cli.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/args.h"
#include "client/cli/run.h"
#include "common/clock.h"
#include "common/tls.h"

#define CLI_RETRY_MS 10000 // how long a lost request is tried again
#define CLI_BUSY_MS  3000  // how long a server that is busy is asked again
#define CLI_PAUSE_MS 50

struct wait {
    struct cli *cli;
    cli_reply_fn *on_reply;
    void *data;
    struct problem *problem;
    int error;
    bool done, lost, began;
};

static uint64_t now_ms(void)
{
    return clock_monotonic() / 1000000;
}

const char *cli_option(const struct cli *cli, const char *name)
{
    return args_value(cli->args, name);
}

const char *cli_option_next(const struct cli *cli, const char *name, size_t *at)
{
    return args_next(cli->args, name, at);
}

bool cli_flag(const struct cli *cli, const char *name)
{
    return args_value(cli->args, name) != NULL;
}

void cli_key_make(uint8_t key[CLI_KEY])
{
    struct timespec now;
    uint64_t ms;

    clock_gettime(CLOCK_REALTIME, &now);
    ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    if (RAND_bytes(key, CLI_KEY) != 1)
        memset(key, 0, CLI_KEY); // the server then refuses what another used; nothing is applied twice
    for (int i = 0; i < 6; i++)
        key[i] = (uint8_t)(ms >> (40 - 8 * i));
    key[6] = (uint8_t)(0x70 | (key[6] & 0x0f));
    key[8] = (uint8_t)(0x80 | (key[8] & 0x3f));
}

const char *cli_key_text(const uint8_t key[CLI_KEY], char text[CLI_KEY * 2 + 1])
{
    for (int i = 0; i < CLI_KEY; i++)
        snprintf(text + 2 * i, 3, "%02x", key[i]);
    return text;
}

// --- the link -------------------------------------------------------------------

static void on_open(struct link *link, void *data)
{
    struct cli *cli = data;

    (void)link;
    cli->opened = true;
}

static void on_push(struct link *link, const Sendco__Push *push, void *data)
{
    struct cli *cli = data;

    (void)link;
    if (cli->on_push)
        cli->on_push(cli, push, cli->push_data);
}

static void on_closed(struct link *link, const struct problem *why, void *data)
{
    struct cli *cli = data;

    (void)link;
    cli->link = NULL;
    cli->opened = false;
    cli->lost = true;
    cli->lost_why = *why;
}

static const struct link_events events = {on_open, on_push, on_closed};

static int lost_problem(const struct cli *cli, struct problem *problem)
{
    problem_set(problem, cli->lost_why.error != 0 ? cli->lost_why.error : ERR_UNREACHABLE, "%s", cli->lost_why.message);
    if (cli->lost_why.hint[0])
        problem_hint(problem, "%s", cli->lost_why.hint);
    return problem ? problem->error : cli->lost_why.error;
}

static const char *server_of(const struct cli *cli)
{
    const char *server = cli_option(cli, "server");

    if (!server || !*server)
        server = getenv("SENDCO_SERVER");
    return server && *server ? server : cli->profile.server;
}

// An address that cannot be is a mistake of whoever wrote it there.
static int check_server(const struct cli *cli, struct problem *problem)
{
    const char *option = cli_option(cli, "server"), *environment = getenv("SENDCO_SERVER");
    char host[256], port[8];

    if (link_address(server_of(cli), host, port, problem) == 0)
        return 0;
    if (option && *option) {
        problem_hint(problem, "As in --server records.school.example:7443");
        if (problem)
            problem->error = ERR_USAGE;
        return ERR_USAGE;
    }
    if (environment && *environment)
        problem_hint(problem, "That is what SENDCO_SERVER says; write it as HOST:PORT");
    else
        problem_hint(problem, "That is what \"server\" says in %s/profile.ini; write it as HOST:PORT", cli->profile.directory);
    return ERR_CONFIG;
}

static int cli_prepare(struct cli *cli, struct problem *problem)
{
    if (!cli->loop_made) {
        if (uv_loop_init(&cli->loop) != 0)
            return problem_set(problem, ERR_NOMEM, "There is not enough memory for an event loop.");
        cli->loop_made = true;
    }
    if (!cli->profile.directory[0] && profile_load(&cli->profile, cli_option(cli, "profile"), problem) != 0) {
        cli->profile.directory[0] = '\0';
        return ERR_CONFIG;
    }
    if (!cli->tls && !(cli->tls = profile_tls(&cli->profile, problem)))
        return problem->error;
    if (!*server_of(cli)) {
        problem_set(problem, ERR_CONFIG, "No server is named: profile.ini in %s has no \"server\" line.", cli->profile.directory);
        problem_hint(problem, "sendco --server HOST:PORT, or set SENDCO_SERVER");
        return ERR_CONFIG;
    }
    return check_server(cli, problem);
}

int cli_connect(struct cli *cli, struct problem *problem)
{
    cli->lost = false;
    cli->link = link_open(&cli->loop, cli->tls, server_of(cli), &events, cli, problem);
    if (!cli->link)
        return problem->error;
    while (!cli->opened && !cli->lost)
        uv_run(&cli->loop, UV_RUN_ONCE);
    return cli->lost ? lost_problem(cli, problem) : 0;
}

void cli_disconnect(struct cli *cli)
{
    if (cli->link)
        link_close(cli->link);
    while (cli->link)
        uv_run(&cli->loop, UV_RUN_ONCE);
}

// --- one question -----------------------------------------------------------------

// What this client has seen; a database that is behind it was set back.
static void note_seq(struct cli *cli, const Sendco__Reply *reply)
{
    if (reply->has_epoch && reply->epoch == cli->epoch && reply->has_seq && reply->seq > cli->seq)
        cli->seq = reply->seq;
}

static void on_answer(struct link *link, const Sendco__Reply *reply, const struct problem *lost, void *data)
{
    struct wait *wait = data;

    (void)link;
    if (!reply) {
        wait->done = wait->lost = true;
        problem_set(wait->problem, lost->error, "%s", lost->message);
        wait->error = lost->error;
        return;
    }
    note_seq(wait->cli, reply);
    if (wait->error == 0)
        wait->error = link_problem(reply, wait->problem);
    if (wait->error == 0 && wait->on_reply)
        wait->error = wait->on_reply(wait->cli, reply, wait->data);
    wait->began = true;
    wait->done = !(reply->has_more && reply->more);
}

static int ask_once(struct wait *wait, Sendco__Request *request)
{
    struct cli *cli = wait->cli;

    wait->done = wait->lost = wait->began = false;
    wait->error = cli->link ? link_ask(cli->link, request, on_answer, wait, wait->problem) : lost_problem(cli, wait->problem);
    if (wait->error != 0) {
        wait->lost = wait->error != ERR_TOO_LARGE && wait->error != ERR_NOMEM;
        return wait->error;
    }
    while (!wait->done)
        uv_run(&cli->loop, UV_RUN_ONCE);
    return wait->error;
}

int cli_ask_once(struct cli *cli, Sendco__Request *request, cli_reply_fn *on_reply, void *data, struct problem *problem, bool *lost)
{
    struct wait wait = {.cli = cli, .on_reply = on_reply, .data = data, .problem = problem};
    int error = ask_once(&wait, request);

    if (lost)
        *lost = wait.lost;
    return error;
}

// --- asking, and asking again ---------------------------------------------------------

static int open_once(struct cli *cli, bool may_ask, struct problem *problem)
{
    int error;

    if (cli->link && cli->opened)
        return 0;
    cli->reached = false;
    error = cli_prepare(cli, problem);
    if (error == 0)
        error = cli_connect(cli, problem);
    cli->reached = error == 0;
    if (error == 0)
        error = signin(cli, may_ask, problem);
    if (error != 0)
        cli_disconnect(cli);
    else
        cli->generation++;
    return error;
}

static bool is_change(const Sendco__Request *request)
{
    return request->body_case == SENDCO__REQUEST__BODY_PUT || request->body_case == SENDCO__REQUEST__BODY_REMOVE ||
           request->body_case == SENDCO__REQUEST__BODY_UNDO;
}

static void on_slept(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle->data = NULL;
}

void cli_sleep(struct cli *cli, unsigned ms)
{
    uv_timer_t timer;
    bool slept = false;

    uv_timer_init(&cli->loop, &timer);
    timer.data = &slept;
    uv_timer_start(&timer, on_slept, ms, 0);
    while (!slept)
        uv_run(&cli->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, on_timer_closed);
    while (timer.data)
        uv_run(&cli->loop, UV_RUN_ONCE);
}

// Whether an outcome means: the same again in a moment.
static bool worth_asking_again(int error)
{
    return error == ERR_BUSY || error == ERR_RETRY || error == ERR_UNKNOWN;
}

static bool worth_connecting_again(int error)
{
    return error == ERR_UNREACHABLE || error == ERR_TIMEOUT || worth_asking_again(error);
}

static unsigned longer(unsigned pause)
{
    return pause < 16 * CLI_PAUSE_MS ? pause * 2 : pause;
}

static void ask_unknown(struct problem *problem)
{
    char why[sizeof problem->message];

    memcpy(why, problem->message, sizeof why);
    problem_set(problem, ERR_UNKNOWN, "The answer was lost, and with it whether this was saved: %.400s", why);
}

static void problem_forget(struct problem *problem)
{
    problem->error = 0;
    problem->hint[0] = '\0';
    problem->n_fields = 0;
}

// A server that was there and went away in the middle is waited for; one that
// never was there is not.
int cli_open_with(struct cli *cli, bool may_ask, struct problem *problem)
{
    uint64_t until = 0;

    for (unsigned pause = CLI_PAUSE_MS;; cli_sleep(cli, pause), pause = longer(pause)) {
        int error = open_once(cli, may_ask, problem);

        if (error == 0 || !worth_connecting_again(error) || (until == 0 && !cli->reached))
            return error;
        until = until == 0 ? now_ms() + CLI_RETRY_MS : until;
        if (now_ms() >= until)
            return error;
        problem_forget(problem);
    }
}

int cli_open(struct cli *cli, struct problem *problem)
{
    return cli_open_with(cli, true, problem);
}

int32_t cli_today(struct cli *cli)
{
    struct problem ignored;

    problem_init(&ignored, NULL);
    return cli_open(cli, &ignored) == 0 ? cli->today : clock_today();
}

int cli_ask(struct cli *cli, Sendco__Request *request, cli_reply_fn *on_reply, void *data, struct problem *problem)
{
    struct wait wait = {.cli = cli, .on_reply = on_reply, .data = data, .problem = problem};
    uint64_t lost_until = 0, busy_until = now_ms() + CLI_BUSY_MS;
    unsigned pause = CLI_PAUSE_MS;
    bool sent = false;

    for (;; cli_sleep(cli, pause), pause = longer(pause)) {
        bool had = sent;
        int error = open_once(cli, true, problem);

        if (error == 0) {
            error = ask_once(&wait, request);
            sent = true;
            if (error == 0 || (!wait.lost && (!worth_asking_again(error) || now_ms() >= busy_until)))
                return error;
            if (wait.lost && wait.began)
                break; // half an answer was already used
        } else if (!had && !cli->reached) {
            break; // there is nobody, so nothing can have been lost
        }
        if (!worth_connecting_again(error))
            break;
        lost_until = lost_until == 0 ? now_ms() + CLI_RETRY_MS : lost_until;
        if (now_ms() >= lost_until)
            break;
        problem_forget(problem);
    }
    if (sent && is_change(request))
        ask_unknown(problem);
    return problem->error;
}

void cli_end(struct cli *cli)
{
    struct problem ignored;

    problem_init(&ignored, NULL);
    if (cli->loop_made) {
        cli_disconnect(cli);
        uv_run(&cli->loop, UV_RUN_DEFAULT);
        uv_loop_close(&cli->loop);
    }
    if (cli->generation > 0 && cli->epoch != 0 && profile_state_keep(&cli->profile, cli->epoch, cli->seq, cli->accept_epoch, &ignored) != 0)
        cli_note(cli, "%s", ignored.message);
    tls_context_free(cli->tls);
    arena_deinit(&cli->arena);
}
