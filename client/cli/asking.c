// Questions to the server, asked as if they were function calls: the loop is turned
// here until the answer has come, and a person who waits is told so. A connection that
// is lost is made again, and the same request sent again. Main thread.
#include <stdio.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/cli/run.h"
#include "common/clock.h"

#define ASK_RETRY_MS  10000 // how long a lost question is asked again
#define ASK_UNSURE_MS 90000 // and a change of which nobody knows whether it was made
#define ASK_BUSY_MS   3000  // how long a server that is busy is asked again
#define ASK_WRITE_MS  30000 // and for a change: another, of very much, may be under way
#define ASK_PAUSE_MS  50

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

// --- waiting ------------------------------------------------------------------------

void cli_turn(struct cli *cli)
{
    char what[320];

    uv_run(&cli->loop, UV_RUN_ONCE);
    if (people_interrupted() && cli->link)
        link_close(cli->link); // who interrupts does not wait for the answer: it is lost
    if (cli->waits_since == 0)
        return;
    if (cli->waits_why) {
        people_waiting(cli, cli->waits_since, cli->waits_why);
        return;
    }
    snprintf(what, sizeof what, "%s%.250s",
             cli->opened  ? "Waiting for the answer of "
             : cli->again ? "The connection was lost. Connecting again to "
                          : "Connecting to ",
             cli_server(cli));
    people_waiting(cli, cli->waits_since, what);
}

// True: this call began the wait, and ends it.
static bool wait_begin(struct cli *cli)
{
    if (cli->waits_since != 0)
        return false;
    cli->waits_since = now_ms();
    return true;
}

static int wait_end(struct cli *cli, bool began, int error)
{
    if (!began)
        return error;
    cli->waits_since = 0;
    cli->again = false;
    cli->waits_why = NULL;
    people_waited(cli);
    return error;
}

// What comes may be shown at once: the words of waiting make way. The next part is waited for anew.
static void wait_heard(struct cli *cli)
{
    people_waited(cli);
    if (cli->waits_since != 0)
        cli->waits_since = now_ms();
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
        cli_turn(cli);
    uv_close((uv_handle_t *)&timer, on_timer_closed);
    while (timer.data)
        uv_run(&cli->loop, UV_RUN_ONCE);
}

// --- one question -------------------------------------------------------------------

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
    wait_heard(wait->cli);
    if (wait->error == 0)
        wait->error = link_problem(reply, wait->problem);
    if (wait->error == 0 && wait->on_reply)
        wait->error = wait->on_reply(wait->cli, reply, wait->data);
    // a part that only says how far the server is was not used: the question may be asked again
    wait->began |= reply->body_case != SENDCO__REPLY__BODY_PUT || !reply->put->has_steps;
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
    while (!wait->done)
        cli_turn(wait->cli);
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

int cli_ask_both(struct cli *cli, struct cli_question *first, struct cli_question *second)
{
    struct wait one = {.cli = cli, .on_reply = first->on_reply, .data = first->data, .problem = first->problem};
    struct wait two = {.cli = cli, .on_reply = second->on_reply, .data = second->data, .problem = second->problem};

    ask_begin(&one, first->request);
    ask_begin(&two, second->request);
    first->error = ask_end(&one);
    second->error = ask_end(&two);
    return first->error != 0 ? first->error : second->error;
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
    return pause < 16 * ASK_PAUSE_MS ? pause * 2 : pause;
}

static void problem_forget(struct problem *problem)
{
    problem->error = 0;
    problem->hint[0] = '\0';
    problem->n_fields = 0;
}

static int ask_unknown(struct problem *problem)
{
    char why[sizeof problem->message];

    memcpy(why, problem->message, sizeof why);
    problem_forget(problem);
    if (people_interrupted())
        return problem_set(problem, ERR_UNKNOWN, "Interrupted before the answer came: whether this was saved is not known.");
    return problem_set(problem, ERR_UNKNOWN, "The answer was lost, and with it whether this was saved: %.400s", why);
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
    bool began = wait_begin(cli);

    return wait_end(cli, began, open_again(cli, may_ask, problem));
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

// Whether to ask once more. *until: when to give up; 0: not yet known.
static bool ask_more(struct wait *wait, const Sendco__Request *request, int error, uint64_t *until)
{
    if (!worth_connecting_again(error) || people_interrupted())
        return false;
    wait->cli->again = true;
    *until = *until == 0 ? now_ms() + patience(request) : *until;
    if (now_ms() >= *until)
        return false;
    wait->cli->waits_why = error == ERR_BUSY ? arena_printf(&wait->cli->arena, "Waiting: %.250s", wait->problem->message) : NULL;
    problem_forget(wait->problem);
    return true;
}

// *unsure: the server may have done it.
static int ask_again(struct wait *wait, Sendco__Request *request, bool *unsure)
{
    uint64_t lost_until = 0, busy_until = now_ms() + (is_change(request) ? ASK_WRITE_MS : ASK_BUSY_MS);
    struct cli *cli = wait->cli;
    bool sent = false;

    for (unsigned pause = ASK_PAUSE_MS;; cli_sleep(cli, pause), pause = longer(pause)) {
        int error = open_once(cli, true, wait->problem);

        if (error == 0) {
            sent = true;
            if (is_change(request))
                people_hold();
            error = ask_begin(wait, request) == 0 ? ask_end(wait) : wait->error;
            // An answer to the key settles what was lost before, unless it only puts one off.
            *unsure = wait->lost || (*unsure && worth_asking_again(error));
            if (error == 0 || (!wait->lost && (!worth_asking_again(error) || now_ms() >= busy_until)))
                return error;
            if (wait->lost && wait->began)
                return error; // half an answer was already used
        } else if (!sent && !cli->reached) {
            return error; // there is nobody, so nothing can have been lost
        }
        if (!ask_more(wait, request, error, &lost_until))
            return error;
    }
}

int cli_ask(struct cli *cli, Sendco__Request *request, cli_reply_fn *on_reply, void *data, struct problem *problem)
{
    struct wait wait = {.cli = cli, .on_reply = on_reply, .data = data, .problem = problem};
    bool unsure = false, began = wait_begin(cli);
    int error = ask_again(&wait, request, &unsure);

    if (error != 0 && unsure && is_change(request))
        error = ask_unknown(problem);
    people_release();
    return wait_end(cli, began, error);
}
