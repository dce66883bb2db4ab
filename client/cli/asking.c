// Questions to the server, asked as if they were function calls: the loop is turned
// until the answer has come. A connection that is lost is made again, and the same
// request sent again. Main thread.
#include <string.h>

#include "client/cli/cli.h"
#include "client/cli/run.h"
#include "common/clock.h"

#define ASK_RETRY_MS  10000 // how long a lost question is asked again
#define ASK_UNSURE_MS 90000 // and a change of which nobody knows whether it was made
#define ASK_BUSY_MS   3000  // how long a server that is busy is asked again
#define ASK_WRITE_MS  30000 // and for a change, or what is sent ahead for one: another, of very much, may be under way
#define ASK_TAKEN_MS  1000  // who is put off again hears it sooner: after that the server is at work
#define ASK_PAUSE_MS  50

struct wait {
    struct cli *cli;
    cli_reply_fn *on_reply;
    void *data;
    struct problem *problem;
    int error;
    bool done, lost, began;
};

// What asking the same again has come to.
struct tries {
    uint64_t lost_until, busy_until; // when to give up; 0: it was not lost, or put off, yet
    unsigned pause;
    bool sent, unsure; // unsure: the server may have done it
};

static uint64_t now_ms(void)
{
    return clock_monotonic() / 1000000;
}

// --- one question -------------------------------------------------------------------

// What this client has seen; a database that is behind it was set back.
static void note_seq(struct cli *cli, const Sendco__Reply *reply)
{
    if (reply->has_epoch && reply->epoch == cli->epoch && reply->has_seq && reply->seq > cli->seq)
        cli->seq = reply->seq;
}

// Whether an outcome means: the same again in a moment.
static bool worth_asking_again(int error)
{
    return error == ERR_BUSY || error == ERR_RETRY || error == ERR_UNKNOWN;
}

// A part of an answer that only says how far the server is.
static bool is_sign(const Sendco__Reply *reply)
{
    return reply->body_case == SENDCO__REPLY__BODY_PUT && reply->put->has_steps;
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
    if (!is_sign(reply) && !worth_asking_again(wait->error))
        cli_wait_heard(wait->cli);
    if (wait->error == 0 && wait->on_reply)
        wait->error = wait->on_reply(wait->cli, reply, wait->data);
    wait->began |= !is_sign(reply); // a sign is not used: the question may be asked again
    wait->done = !(reply->has_more && reply->more);
}

static int ask_begin(struct wait *wait, Sendco__Request *request)
{
    struct cli *cli = wait->cli;

    wait->done = wait->lost = wait->began = false;
    wait->error = cli->link ? link_ask(cli->link, request, on_answer, wait, wait->problem) : cli_lost(cli, wait->problem);
    if (wait->error != 0) {
        wait->done = true;
        wait->lost = wait->error != ERR_TOO_LARGE && wait->error != ERR_NOMEM;
    }
    return wait->error;
}

static int ask_end(struct wait *wait)
{
    struct cli *cli = wait->cli;
    const char *before = cli->waits_why;
    uint64_t asked = now_ms();

    while (!wait->done) {
        cli_turn(cli);
        if (cli->waits_why == before && now_ms() - asked >= ASK_TAKEN_MS)
            cli->waits_why = NULL;
    }
    return wait->error;
}

int cli_ask_once(struct cli *cli, Sendco__Request *request, cli_reply_fn *on_reply, void *data, struct problem *problem, bool *lost)
{
    struct wait wait = {.cli = cli, .on_reply = on_reply, .data = data, .problem = problem};
    int error = ask_begin(&wait, request);

    if (error == 0)
        error = ask_end(&wait);
    if (lost)
        *lost = wait.lost;
    return error;
}

int cli_ask_together(struct cli *cli, struct cli_question *list, size_t n)
{
    struct wait waits[CLI_TOGETHER];
    int error = 0;

    for (size_t i = 0; i < n; i++) {
        waits[i] = (struct wait){.cli = cli, .on_reply = list[i].on_reply, .data = list[i].data, .problem = list[i].problem};
        ask_begin(&waits[i], list[i].request);
    }
    for (size_t i = 0; i < n; i++) {
        list[i].error = ask_end(&waits[i]);
        error = error != 0 ? error : list[i].error;
    }
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
    switch (request->body_case) {
    case SENDCO__REQUEST__BODY_PUT:
        return !request->put->dry_run;
    case SENDCO__REQUEST__BODY_UNDO:
        return !request->undo->dry_run;
    default:
        return request->body_case == SENDCO__REQUEST__BODY_REMOVE;
    }
}

// What the writer does, or what is sent ahead for it: a trial, too, stands where the changes stand.
static bool is_work(const Sendco__Request *request)
{
    return request->body_case == SENDCO__REQUEST__BODY_STAGE || request->body_case == SENDCO__REQUEST__BODY_PUT ||
           request->body_case == SENDCO__REQUEST__BODY_REMOVE || request->body_case == SENDCO__REQUEST__BODY_UNDO;
}

// Whether an outcome says what became of the key. Whoever is short of memory, or takes no
// changes, did not look it up.
static bool settles(int error)
{
    return !worth_asking_again(error) && error != ERR_NOMEM && error != ERR_READONLY && error != ERR_IO && error != ERR_INTERNAL;
}

static bool worth_connecting_again(int error)
{
    return error == ERR_UNREACHABLE || error == ERR_TIMEOUT || worth_asking_again(error);
}

static unsigned longer(unsigned pause)
{
    return pause < 16 * ASK_PAUSE_MS ? pause * 2 : pause;
}

static void problem_forget(struct problem *problem)
{
    problem->error = 0;
    problem->hint[0] = '\0';
    problem->n_fields = 0;
}

int cli_unknown(struct problem *problem)
{
    char why[sizeof problem->message];

    memcpy(why, problem->message, sizeof why);
    problem_forget(problem);
    return problem_set(problem, ERR_UNKNOWN, "The answer was lost, and with it whether this was saved: %.400s", why);
}

// What is told of a change that was not answered by yes or no.
static int ask_untold(const struct tries *tries, int error, struct problem *problem)
{
    bool interrupted = error == ERR_INTERRUPTED || people_interrupted();

    if (tries->unsure && !interrupted) // of UNKNOWN the server itself said why
        return error == ERR_UNKNOWN ? error : cli_unknown(problem);
    if (!tries->unsure && (!interrupted || !(error == ERR_INTERRUPTED || worth_connecting_again(error))))
        return error;
    problem_forget(problem);
    if (tries->unsure)
        return problem_set(problem, ERR_UNKNOWN, "Interrupted before the answer came: whether this was saved is not known.");
    return problem_set(problem, ERR_INTERRUPTED, "Interrupted; nothing was changed.");
}

// A server that was there and went away in the middle is waited for; one that
// never was there is not.
static int open_again(struct cli *cli, bool may_ask, struct problem *problem)
{
    uint64_t until = 0;

    for (unsigned pause = ASK_PAUSE_MS;; cli_sleep(cli, pause), pause = longer(pause)) {
        int error = open_once(cli, may_ask, problem);

        if (error == 0 || !worth_connecting_again(error) || (until == 0 && !cli->reached))
            return error;
        cli->again = true;
        until = until == 0 ? now_ms() + ASK_RETRY_MS : until;
        if (now_ms() >= until)
            return error;
        problem_forget(problem);
    }
}

int cli_open_with(struct cli *cli, bool may_ask, struct problem *problem)
{
    bool began = cli_wait_begin(cli);

    return cli_wait_end(cli, began, open_again(cli, may_ask, problem));
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

// Work that is under way is not given up as soon as a question is.
static uint64_t patience(const Sendco__Request *request)
{
    return is_change(request) || request->body_case == SENDCO__REQUEST__BODY_STAGE ? ASK_UNSURE_MS : ASK_RETRY_MS;
}

// Until when the same is asked again: since it was lost, or since the server, which did
// nothing of it, first put it off.
static uint64_t ask_until(struct tries *tries, const Sendco__Request *request, bool put_off)
{
    uint64_t *until = put_off ? &tries->busy_until : &tries->lost_until;

    if (*until == 0)
        *until = now_ms() + (!put_off ? patience(request) : is_work(request) ? ASK_WRITE_MS : ASK_BUSY_MS);
    return *until;
}

// Whether to ask once more; pauses before it.
static bool ask_more(struct wait *wait, const Sendco__Request *request, int error, bool put_off, struct tries *tries)
{
    struct cli *cli = wait->cli;

    if (!worth_connecting_again(error) || people_interrupted())
        return false;
    cli->again = true;
    if (now_ms() >= ask_until(tries, request, put_off))
        return false;
    cli->waits_why = error == ERR_BUSY ? arena_printf(&cli->arena, "Waiting: %.250s", wait->problem->message) : NULL;
    cli_sleep(cli, tries->pause);
    tries->pause = longer(tries->pause);
    if (people_interrupted())
        return false;
    problem_forget(wait->problem);
    return true;
}

static int ask_try(struct wait *wait, Sendco__Request *request, struct tries *tries)
{
    tries->sent = true;
    if (is_change(request)) {
        people_hold();
        wait->cli->changing = true;
    }
    int error = ask_begin(wait, request) == 0 ? ask_end(wait) : wait->error;
    tries->unsure = wait->lost || error == ERR_UNKNOWN || (tries->unsure && error != 0 && !settles(error));
    return error;
}

static int ask_again(struct wait *wait, Sendco__Request *request, struct tries *tries)
{
    struct cli *cli = wait->cli;

    for (;;) {
        int error = open_once(cli, true, wait->problem);
        bool put_off = false;

        if (error == 0) {
            error = ask_try(wait, request, tries);
            if (error == 0 || (wait->lost && wait->began)) // half an answer was already used
                return error;
            put_off = !tries->unsure;
        } else if (!tries->sent && !cli->reached) {
            return error; // there is nobody, so nothing can have been lost
        }
        if (!ask_more(wait, request, error, put_off, tries))
            return error;
    }
}

// `sent`: it was on its way before, and was lost or put off: a server that is not there now went away.
static int ask(struct cli *cli, const struct cli_question *question, bool sent)
{
    struct wait wait = {.cli = cli, .on_reply = question->on_reply, .data = question->data, .problem = question->problem};
    struct tries tries = {.pause = ASK_PAUSE_MS, .sent = sent};
    bool began = cli_wait_begin(cli);
    int error = ask_again(&wait, question->request, &tries);

    if (error != 0 && is_change(question->request))
        error = ask_untold(&tries, error, question->problem);
    cli->changing = false;
    people_release();
    return cli_wait_end(cli, began, error);
}

int cli_ask_all(struct cli *cli, struct cli_question *list, size_t n, struct problem *problem)
{
    bool began = cli_wait_begin(cli), again = false;
    int error = cli_open(cli, problem);

    if (error != 0)
        return cli_wait_end(cli, began, error);
    cli_ask_together(cli, list, n);
    for (size_t i = 0; i < n && error == 0; i++) {
        again |= worth_connecting_again(list[i].error);
        if (list[i].error != 0 && again) {
            cli->again = true;
            problem_forget(list[i].problem);
            if (list[i].anew)
                list[i].anew(list[i].data);
            list[i].error = ask(cli, &list[i], true);
        }
        error = list[i].error;
        if (error != 0)
            *problem = *list[i].problem;
    }
    return cli_wait_end(cli, began, error);
}

int cli_ask(struct cli *cli, Sendco__Request *request, cli_reply_fn *on_reply, void *data, struct problem *problem)
{
    struct cli_question question = {.request = request, .on_reply = on_reply, .data = data, .problem = problem};

    return ask(cli, &question, false);
}
