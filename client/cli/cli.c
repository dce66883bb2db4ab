// The connection of one run: its address, its link, its end. What is asked over it,
// and again when it is lost, is in asking.c. Main thread.
#include "client/cli/cli.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/args.h"
#include "client/cli/run.h"
#include "common/clock.h"
#include "common/tls.h"

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

int cli_lost(const struct cli *cli, struct problem *problem)
{
    if (cli->lost_why.error == 0) // it was closed from here
        return problem_set(problem, ERR_UNREACHABLE, "The connection was closed.");
    problem_set(problem, cli->lost_why.error, "%s", cli->lost_why.message);
    if (cli->lost_why.hint[0])
        problem_hint(problem, "%s", cli->lost_why.hint);
    return problem ? problem->error : cli->lost_why.error;
}

const char *cli_server(const struct cli *cli)
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

    if (link_address(cli_server(cli), host, port, problem) == 0)
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

int cli_prepare(struct cli *cli, struct problem *problem)
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
    if (!*cli_server(cli)) {
        problem_set(problem, ERR_CONFIG, "No server is named: profile.ini in %s has no \"server\" line.", cli->profile.directory);
        problem_hint(problem, "sendco --server HOST:PORT, or set SENDCO_SERVER");
        return ERR_CONFIG;
    }
    return check_server(cli, problem);
}

int cli_connect(struct cli *cli, struct problem *problem)
{
    cli->lost = false;
    cli->link = link_open(&cli->loop, cli->tls, cli_server(cli), &events, cli, problem);
    if (!cli->link)
        return problem->error;
    while (!cli->opened && !cli->lost)
        cli_turn(cli);
    return cli->lost ? cli_lost(cli, problem) : 0;
}

void cli_disconnect(struct cli *cli)
{
    if (cli->link)
        link_close(cli->link);
    while (cli->link)
        uv_run(&cli->loop, UV_RUN_ONCE);
}

// --- the end -----------------------------------------------------------------------

void cli_end(struct cli *cli)
{
    struct problem ignored;

    problem_init(&ignored, NULL);
    if (cli->loop_made) {
        cli_disconnect(cli);
        uv_run(&cli->loop, UV_RUN_NOWAIT);
        cli->stuck = uv_loop_close(&cli->loop) != 0;
    }
    if (cli->generation > 0 && cli->epoch != 0 && profile_state_keep(&cli->profile, cli->epoch, cli->seq, cli->accept_epoch, &ignored) != 0)
        cli_note(cli, "%s", ignored.message);
    tls_context_free(cli->tls);
    arena_deinit(&cli->arena);
}
