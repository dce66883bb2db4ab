// Who one is: Hello, then the ticket of an earlier run, else the password. Main thread.
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/run.h"
#include "common/clock.h"
#include "common/frame.h"
#include "common/kind.h"

#define SIGNIN_TRIES 3 // of a password typed at a terminal

static char *keep(struct cli *cli, const char *text)
{
    return arena_strdup(&cli->arena, text ? text : "");
}

static int on_hello(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    const Sendco__HelloReply *hello = reply->body_case == SENDCO__REPLY__BODY_HELLO ? reply->hello : NULL;

    if (!hello)
        return problem_set(data, ERR_PROTOCOL, "The server did not answer Hello with its own.");
    cli->school = keep(cli, hello->school);
    cli->person = keep(cli, hello->person);
    cli->server_name = keep(cli, hello->server);
    cli->today = hello->has_today ? hello->today : clock_today();
    cli->now = hello->has_now ? hello->now : clock_now();
    cli->readonly = hello->readonly;
    cli->demo = hello->demo;
    if (reply->has_epoch) {
        cli->epoch = reply->epoch;
        cli->seq = reply->seq;
    }
    return 0;
}

static int on_login(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    const Sendco__LoginReply *login = reply->body_case == SENDCO__REPLY__BODY_LOGIN ? reply->login : NULL;
    struct problem ignored;

    if (!login)
        return problem_set(data, ERR_PROTOCOL, "The server did not answer the login as one.");
    cli->role = keep(cli, login->role);
    cli->staff = login->staff;
    if (login->name && *login->name)
        cli->person = keep(cli, login->name);
    problem_init(&ignored, NULL);
    if (login->has_ticket && login->ticket.len > 0 &&
        profile_ticket_keep(&cli->profile, login->ticket.data, login->ticket.len, &ignored) != 0)
        cli_note(cli, "The ticket was not kept: %s", ignored.message);
    return 0;
}

static int check_epoch(struct cli *cli, uint64_t epoch, uint64_t seq, struct problem *problem)
{
    if (cli->epoch == 0 || epoch == 0 || cli->accept_epoch)
        return 0;
    if (cli->epoch != epoch)
        return problem_set(problem, ERR_EPOCH,
                           "The server's database is not the one that this profile last saw: it was restored from a backup.");
    if (cli->seq < seq)
        return problem_set(problem, ERR_EPOCH,
                           "The server's database is older than what this profile has already seen: change %llu, not %llu.",
                           (unsigned long long)cli->seq, (unsigned long long)seq);
    return 0;
}

// How far this client has seen the school: it refuses to go back.
static int signin_seen(struct cli *cli, uint64_t *epoch, uint64_t *seq, struct problem *problem)
{
    *epoch = cli->epoch;
    *seq = cli->seq;
    if (*epoch != 0)
        return 0;
    int error = profile_state(&cli->profile, epoch, seq, problem);
    return error < 0 ? error : 0;
}

static void hello_fill(const struct cli *cli, uint64_t epoch, uint64_t seq, Sendco__Hello *hello)
{
    static char name[] = "sendco " SENDCO_RELEASE;

    hello->has_protocol = hello->has_schema = true;
    hello->protocol = PROTOCOL_VERSION;
    hello->schema = kinds_hash;
    hello->client = name;
    if (epoch == 0 || cli->accept_epoch)
        return;
    hello->has_epoch = hello->has_seq = true;
    hello->epoch = epoch;
    hello->seq = seq;
}

// Hello and, in the same round trip, the ticket; size 0: none. ERR_LOGIN: Hello went
// well, but there is no ticket, it has ended, or it is none: how long one is the server knows.
// NOLINTNEXTLINE(readability-non-const-parameter): protobuf's bytes are not const
static int signin_both(struct cli *cli, uint8_t *ticket, size_t size, struct problem *problem)
{
    Sendco__Request first = SENDCO__REQUEST__INIT, second = SENDCO__REQUEST__INIT;
    Sendco__Hello hello = SENDCO__HELLO__INIT;
    Sendco__Resume resume = SENDCO__RESUME__INIT;
    struct problem of_resume;
    struct cli_question both[] = {{.request = &first, .on_reply = on_hello, .data = problem, .problem = problem},
                                  {.request = &second, .on_reply = on_login, .data = &of_resume, .problem = &of_resume}};
    struct cli_question *hi = &both[0], *who = &both[1];
    uint64_t epoch, seq;

    if (signin_seen(cli, &epoch, &seq, problem) != 0)
        return problem->error;
    problem_init(&of_resume, &cli->arena);
    hello_fill(cli, epoch, seq, &hello);
    resume.has_ticket = true;
    resume.ticket = (ProtobufCBinaryData){size, ticket};
    first.body_case = SENDCO__REQUEST__BODY_HELLO;
    first.hello = &hello;
    second.body_case = SENDCO__REQUEST__BODY_RESUME;
    second.resume = &resume;
    if (size > 0)
        cli_ask_together(cli, both, 2);
    else
        hi->error = cli_ask_once(cli, &first, on_hello, problem, problem, NULL);
    if (hi->error == 0 && (hi->error = check_epoch(cli, epoch, seq, problem)) != 0) {
        cli->epoch = epoch; // what was refused is not kept
        cli->seq = seq;
    }
    if (hi->error != 0)
        return hi->error;
    if (size == 0)
        return problem_set(problem, ERR_LOGIN, "Nobody is logged in with this profile.");
    if (who->error == 0)
        return 0;
    *problem = of_resume;
    return who->error == ERR_INVALID ? problem_set(problem, ERR_LOGIN, "The profile's ticket is damaged.") : who->error;
}

static int signin_ask(struct cli *cli, char *password, size_t size, struct problem *problem)
{
    people_waited(cli);
    enum people_answer answer = people_password(cli, password, size);

    cli->waits_since = clock_monotonic() / 1000000; // until now it was the server that waited
    if (answer == PEOPLE_TYPED)
        return 0;
    if (answer == PEOPLE_INTERRUPTED && !cli->changing) // as at any other question: at once, and without a word
        exit(EXIT_INTERRUPTED);
    if (answer == PEOPLE_INTERRUPTED)
        return problem_set(problem, ERR_INTERRUPTED, "Interrupted at the question for the password.");
    if (answer == PEOPLE_NOTHING)
        problem_set(problem, ERR_LOGIN, "No password was typed.");
    else
        problem_set(problem, ERR_LOGIN, "Nobody is logged in with this profile, and there is no terminal to ask for the password.");
    problem_hint(problem, "Log in at a terminal with: sendco login; or give --password-file FILE");
    return ERR_LOGIN;
}

static int signin_password(struct cli *cli, struct problem *problem)
{
    char password[512];
    int got = profile_password(&cli->profile, cli_option(cli, "password-file"), password, sizeof password, problem);
    bool typed = got == 0;

    for (int tries = 1; got >= 0; tries++) {
        int error = typed ? signin_ask(cli, password, sizeof password, problem) : 0;

        if (error != 0)
            return error;
        Sendco__Request request = SENDCO__REQUEST__INIT;
        Sendco__Login login = SENDCO__LOGIN__INIT;
        bool lost;

        login.password = password;
        request.body_case = SENDCO__REQUEST__BODY_LOGIN;
        request.login = &login;
        got = cli_ask_once(cli, &request, on_login, problem, problem, &lost);
        OPENSSL_cleanse(password, sizeof password);
        if (got != ERR_PASSWORD || !typed || tries >= SIGNIN_TRIES || lost)
            return got;
        cli_note(cli, "%s", problem->message);
        got = 0;
    }
    return got;
}

// A refused ticket may cost the connection; then it is made once more.
int signin(struct cli *cli, bool may_ask, struct problem *problem)
{
    uint8_t ticket[PROFILE_TICKET];
    int size = profile_ticket(&cli->profile, ticket, problem);

    if (size < 0)
        return size;
    int error = signin_both(cli, ticket, (size_t)size, problem);
    if (error != ERR_LOGIN || !may_ask)
        return error;
    if (!cli->link) {
        error = cli_connect(cli, problem);
        if (error == 0 && (error = signin_both(cli, NULL, 0, problem)) == ERR_LOGIN)
            error = 0;
        if (error != 0)
            return error;
    }
    return signin_password(cli, problem);
}
