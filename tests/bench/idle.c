// N clients that log in and then do nothing, so that the server's memory and time
// per client can be seen from outside. Says "ready N" when all are logged in; ends
// when its standard input does. Pings only as often as the server wants a sign of
// life. One thread.
#include "tests/bench/client.h"

#define IDLE_PING_MS 60000u // the server cuts a client after 75 s without a word

static struct fleet fleet;
static uv_timer_t ping;
static uv_pipe_t input;

static void idle_on_ping(uv_timer_t *timer)
{
    (void)timer;
    for (unsigned i = 0; i < fleet.n; i++) {
        Sendco__Request request = SENDCO__REQUEST__INIT;
        Sendco__Ping body = SENDCO__PING__INIT;
        request.body_case = SENDCO__REQUEST__BODY_PING;
        request.ping = &body;
        client_ask(&fleet.clients[i], &request);
        client_flush(&fleet.clients[i]);
    }
}

static void idle_on_reply(struct client *client, const Sendco__Reply *reply)
{
    (void)client;
    client_expect_ok(reply, "Ping");
}

static void idle_on_input(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    (void)buf;
    if (n >= 0)
        return;
    uv_close((uv_handle_t *)stream, NULL);
    uv_close((uv_handle_t *)&ping, NULL);
    fleet_end(&fleet);
}

static void idle_on_ready(struct fleet *all)
{
    uv_timer_start(&ping, idle_on_ping, IDLE_PING_MS, IDLE_PING_MS);
    printf("ready %u\n", all->n);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 6)
        fail("usage: idle ADDRESS:PORT PROFILE TICKET-FILE CLIENTS SECONDS-AT-MOST");
    unsigned clients = (unsigned)strtoul(argv[4], NULL, 10), seconds = (unsigned)strtoul(argv[5], NULL, 10);
    if (clients == 0 || seconds == 0)
        fail("clients and seconds are numbers of at least 1");
    fleet.on_ready = idle_on_ready;
    fleet.on_reply = idle_on_reply;
    fleet_init(&fleet, argv[1], argv[2], argv[3], clients, seconds);
    uv_timer_init(&fleet.loop, &ping);
    uv_pipe_init(&fleet.loop, &input, 0);
    if (uv_pipe_open(&input, 0) < 0)
        fail("standard input must be a pipe");
    uv_read_start((uv_stream_t *)&input, wire_alloc, idle_on_input);
    fleet_run(&fleet);
    return 0;
}
