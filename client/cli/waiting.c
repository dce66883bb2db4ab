// Waiting for the server: the loop is turned here, and a person who waits is told for
// what, and for how long already. Main thread.
#include <stdio.h>

#include "client/cli/cli.h"
#include "client/cli/run.h"
#include "common/clock.h"

static uint64_t now_ms(void)
{
    return clock_monotonic() / 1000000;
}

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

bool cli_wait_begin(struct cli *cli)
{
    if (cli->waits_since != 0)
        return false;
    cli->waits_since = now_ms();
    return true;
}

int cli_wait_end(struct cli *cli, bool began, int error)
{
    if (!began)
        return error;
    cli->waits_since = 0;
    cli->again = false;
    cli->waits_why = NULL;
    people_waited(cli);
    return error;
}

void cli_wait_heard(struct cli *cli)
{
    people_waited(cli);
    cli->waits_why = NULL;
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
    while (!slept && !people_interrupted())
        cli_turn(cli);
    uv_close((uv_handle_t *)&timer, on_timer_closed);
    while (timer.data)
        uv_run(&cli->loop, UV_RUN_ONCE);
}
