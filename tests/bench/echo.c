// A bare TLS 1.3 echo server on libuv: what read-echo is measured against. It uses
// the product's own TLS and nothing else of it: no frames, login, store or rules.
// One loop, one thread. Prints "listening on HOST:PORT"; ends with SIGTERM.
#include <netinet/in.h>
#include <signal.h>

#include "tests/bench/wire.h"

static struct tls_context *context;

static void echo_on_ready(struct wire *wire)
{
    (void)wire;
}

static void echo_on_bytes(struct wire *wire)
{
    size_t size = buffer_size(&wire->plain);
    wire_put(wire, buffer_head(&wire->plain), size);
    if (!wire->closing)
        buffer_consume(&wire->plain, size);
}

static void echo_on_lost(struct wire *wire, const char *why)
{
    (void)wire;
    (void)why;
}

static void echo_on_closed(struct wire *wire)
{
    free(wire);
}

static void echo_on_connection(uv_stream_t *listener, int status)
{
    if (status < 0)
        return;
    struct wire *wire = calloc(1, sizeof *wire);
    if (wire == NULL)
        return;
    wire->on_ready = echo_on_ready;
    wire->on_bytes = echo_on_bytes;
    wire->on_lost = echo_on_lost;
    wire->on_closed = echo_on_closed;
    wire_init(wire, listener->loop, context, NULL);
    if (uv_accept(listener, (uv_stream_t *)&wire->tcp) < 0)
        wire_close(wire);
    else
        wire_begin(wire);
}

static void echo_on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    uv_stop(handle->loop);
}

static void echo_listen(uv_tcp_t *tcp, uv_loop_t *loop)
{
    struct sockaddr_in address;
    int size = sizeof address;
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(loop, tcp);
    int rc = uv_tcp_bind(tcp, (const struct sockaddr *)&address, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)tcp, 1024, echo_on_connection);
    if (rc == 0)
        rc = uv_tcp_getsockname(tcp, (struct sockaddr *)&address, &size);
    if (rc < 0)
        fail("cannot listen: %s", uv_strerror(rc));
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uv_loop_t loop;
    uv_tcp_t tcp;
    uv_signal_t signals;
    struct problem problem;
    char path[3][600];
    static const char *const names[] = {"ca.pem", "cert.pem", "key.pem"};
    problem_init(&problem, NULL);
    if (argc != 2)
        fail("usage: echo DIRECTORY-WITH-CA-CERT-KEY");
    for (int i = 0; i < 3; i++)
        snprintf(path[i], sizeof path[i], "%s/%s", argv[1], names[i]);
    context = tls_context_new(TLS_SERVER, path[0], path[1], path[2], &problem);
    if (context == NULL)
        fail("%s", problem.message);
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&loop);
    uv_signal_init(&loop, &signals);
    uv_signal_start(&signals, echo_on_signal, SIGTERM);
    echo_listen(&tcp, &loop);
    uv_run(&loop, UV_RUN_DEFAULT);
    return 0;
}
